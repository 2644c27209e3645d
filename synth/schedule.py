"""The schedule: which costs there are to work off, and which operands make them.

Costs are whole numbers, and a program exceeds its parts by at least
`grammar.width`.  So all programs within a window of that width are made of
finished rows; their numbers by exact cost are known before any is made.  A window
is cut into bands: one cost where it holds enough candidates to be worth the calls,
several where levels are tiny.
"""

import numpy as np

from synth import curry

#: A band of several costs closes when it holds this many candidates.
BAND_CANDIDATES = 2**16


class Schedule:
    """Cuts windows into bands, and names the operands of each rule within a band.

    grammar; rules: those of use; banks: by type, which the engine fills; most: the
    greatest cost of a program that is wanted, or None.  `bands` ends by itself;
    `ended` then says why: "max_bits" or "exhausted".
    """

    def __init__(self, grammar, rules, banks, reach, most):
        self.width = grammar.width
        self.rules = rules
        self.banks = banks
        self.reach = reach
        self.most = most
        self.ended = None

    def bands(self):
        """Yields bands: their first cost, the costs above it that occur, and the next's cost."""
        frontier = 0
        while True:
            start = self._next_cost(frontier)
            if start is None or (self.most is not None and start > self.most):
                self.ended = "exhausted" if start is None else "max_bits"
                return
            stop = start + self.width
            if self.most is not None:
                stop = min(stop, self.most + 1)
            counts = sum(self._counts(rule, start, stop) for rule in self.rules)
            costs = np.flatnonzero(counts)
            cut = 0
            while cut < len(costs):
                end, held = cut + 1, counts[costs[cut]]
                while end < len(costs) and held + counts[costs[end]] <= BAND_CANDIDATES:
                    held += counts[costs[end]]
                    end += 1
                first = int(costs[cut])
                after = start + int(costs[end]) if end < len(costs) else stop
                yield start + first, costs[cut:end] - first, after
                cut = end
            frontier = stop

    def _sums(self, rule):
        """The distinct total costs of a rule's fixed operands, and how many tuples have each."""
        sums, numbers = np.zeros(1, np.int64), np.ones(1, np.int64)
        for type_ in rule.fixed_types:
            costs, sizes = self._sizes(type_)
            total = (sums[:, None] + costs).ravel()
            sums, inverse = np.unique(total, return_inverse=True)
            weights = (numbers[:, None] * sizes).ravel()
            numbers = np.zeros(len(sums), np.int64)
            np.add.at(numbers, inverse.ravel(), weights)
        return sums, numbers

    def _sizes(self, type_):
        bank = self.banks[type_]
        return np.array(bank.costs, np.int64), np.diff([0, *bank.ends]).astype(np.int64)

    def _canonical(self, rule):
        # A primitive's tuples are counted once, not once for each of its rules.
        return rule.free == len(rule.item.arguments) - 1

    def _next_cost(self, least):
        """The least cost, at least `least`, at which some rule has a candidate."""
        found, beyond = [], []
        for rule in self.rules:
            units, most = rule.production.cost, self.reach[rule.result]
            if rule.kind == curry.LEAF:
                found += [units] if least <= units <= most else []
                beyond += [units] if units > most else []
            elif self._canonical(rule):
                sums, _ = self._sums(rule)
                costs, _ = self._sizes(rule.free_type)
                at = np.searchsorted(costs, least - units - sums)
                some = at < len(costs)
                if some.any():
                    cost = int((units + sums[some] + costs[at[some]]).min())
                    (found if cost <= most else beyond).append(cost)
        # What lies beyond reach is of no use, but says that there is more.
        return min(found, default=self.most + 1 if beyond else None)

    def _counts(self, rule, start, stop):
        """How many candidates a rule's primitive has at each cost start..stop."""
        counts = np.zeros(stop - start, np.int64)
        units = rule.production.cost
        stop = min(stop, self.reach[rule.result] + 1)
        if rule.kind == curry.LEAF:
            if start <= units < stop:
                counts[units - start] = 1
            return counts
        if not self._canonical(rule):
            return counts
        costs, sizes = self._sizes(rule.free_type)
        for total, number in zip(*self._sums(rule), strict=True):
            at = costs + (units + total - start)
            inside = (at >= 0) & (at < stop - start)
            counts[at[inside]] += number * sizes[inside]
        if rule.item.commutative:
            at = 2 * costs + units - start
            inside = (at >= 0) & (at < stop - start)
            counts[at[inside]] += sizes[inside]
            counts //= 2
        return counts

    def terms(self, rule, start, stop, most):
        """The fixed operands of a rule with the free operand's range, at most `most` a time."""
        free = self.banks[rule.free_type]
        free_costs = np.array(free.costs, np.int64)
        starts = np.array([0, *free.ends], np.int64)
        units = rule.production.cost
        prefixes = self._prefixes(rule)
        for rows, total, bound in prefixes:
            if not rule.fixed:
                fixed, sums, bounds = np.zeros((1, 0), np.uint32), np.zeros(1, np.int64), bound
            else:
                bank = self.banks[rule.fixed_types[-1]]
                costs, sizes = self._sizes(bank.type)
                sums = total + costs
                bounds = np.maximum(bound, costs + (rule.fixed[-1] > rule.free))
            low = np.searchsorted(free_costs, np.maximum(start - units - sums, bounds))
            high = np.searchsorted(free_costs, stop - units - sums)
            low, high = starts[low], starts[high]
            base = units + sums - start
            if rule.fixed:
                # Of all levels, few have partners; rows of the open band are in none.
                some = low < high
                first, counts = (np.cumsum(sizes) - sizes)[some], sizes[some]
                low, high, base = (np.repeat(a[some], counts) for a in (low, high, base))
                last = np.arange(len(low)) + np.repeat(first - np.cumsum(counts) + counts, counts)
                if rule.item.commutative:
                    low = np.maximum(low, last)
                some = low < high
                last, low, high, base = last[some], low[some], high[some], base[some]
                fixed = np.empty((len(rows) * len(last), len(rule.fixed)), np.uint32)
                fixed[:, :-1] = np.repeat(rows, len(last), axis=0)
                fixed[:, -1] = np.tile(last, len(rows))
                low, high, base = (np.tile(a, len(rows)) for a in (low, high, base))
            for k in range(0, len(low), most):
                part = slice(k, k + most)
                if (low[part] < high[part]).any():
                    yield fixed[part], base[part], low[part], high[part]

    def _prefixes(self, rule):
        """Rows of all fixed operands but the last: (rows (m, F - 1), their cost, bound)."""
        banks = [self.banks[t] for t in rule.fixed_types[:-1]]
        yield from self._prefix(rule, banks, np.zeros((1, 0), np.uint32), 0, 0)

    def _prefix(self, rule, banks, rows, total, bound):
        if not banks:
            for k in range(0, len(rows), 1024):
                yield rows[k : k + 1024], total, bound
            return
        position = rule.fixed[rows.shape[1]]
        for level, cost in enumerate(banks[0].costs):
            some = np.arange(banks[0].start(level), banks[0].ends[level], dtype=np.uint32)
            grown = np.empty((len(rows) * len(some), rows.shape[1] + 1), np.uint32)
            grown[:, :-1] = np.repeat(rows, len(some), axis=0)
            grown[:, -1] = np.tile(some, len(rows))
            least = max(bound, cost + (position > rule.free))
            yield from self._prefix(rule, banks[1:], grown, total + cost, least)


def reach(grammar, root, most):
    """The greatest cost of a program of each type that can still be part of a root's."""
    far = 2**62 if most is None else most
    reach = {root: far}
    grown = True
    while grown:
        grown = False
        for production in grammar:
            arguments = production.item.arguments
            if production.item.result not in reach:
                continue
            least = [grammar.cheapest[a] for a in arguments]
            for k, type_ in enumerate(arguments):
                rest = reach[production.item.result] - production.cost - sum(least) + least[k]
                if rest > reach.get(type_, -1):
                    reach[type_] = rest
                    grown = True
    return reach
