"""The enumerator: every program in order of cost, one bank a type, nothing made twice.

Costs are whole numbers, and a program exceeds its parts by at least
`grammar.width`.  So all programs within a window of that width are made of
finished rows; their numbers by exact cost are known before any is made.  A window
is worked off in bands: one cost where it holds enough candidates to be worth the
calls, several where levels are tiny.  Within a band a behaviour that is met again
keeps its cheapest program, and the band is put in order when it closes, so that
rows, counts and certificates do not depend on how the window was cut.
"""

import time
from dataclasses import dataclass

import numpy as np

from synth import curry
from synth.bank import CURRIED_WORDS, Bank
from synth.grammar import UNIT
from synth.program import Program

#: A band of several costs closes when it holds this many candidates.
BAND_CANDIDATES = 2**16
#: Words that one call may make before limits are looked at: some milliseconds.
CALL_WORDS = 2**22


@dataclass(frozen=True)
class Level:
    """What was made at one exact cost, over all types.

    bits; candidates made; distinct behaviours among them that were new; dropped:
    candidates without a value on some row.
    """

    bits: float
    candidates: int
    distinct: int
    dropped: int


class Enumerator:
    """Enumerates a grammar on columns of one length, band by band.

    columns: a mapping of input names to arrays (rows,); root: the type that is
    sought; limits: a `Limits`; interrupted: a function that says whether to stop.

    After each `advance`, programs of every cost below `frontier` (in units) are
    in the banks; `stop_reason` is None while there is more to do.
    """

    def __init__(self, grammar, columns, root, limits, interrupted=lambda: False):
        self.grammar = grammar
        self.columns = columns
        self.root = root
        self.limits = limits
        self.interrupted = interrupted
        self.rows = len(next(iter(columns.values())))
        self.rules = curry.rules(grammar)
        self.most = None
        if limits.max_bits is not None:
            self.most = ((int(limits.max_bits * UNIT) + 1) << grammar.shift) - 1
        self.reach = _reach(grammar, root, self.most)
        self.banks = {
            t: Bank(t, self.rows, _arity(self.rules, t), limits.memory) for t in self.reach
        }
        self.rules = [r for r in self.rules if r.result in self.reach]
        self.behaviours = _behaviours(root, columns)
        self.frontier = 0
        self.candidates = 0
        self.levels = {}
        self.stop_reason = None
        self.started = time.monotonic()
        self._bands = self._cut()
        # Rules with three fixed operands and more do not run in canonical order.
        self._unordered = any(len(r.fixed) > 2 for r in self.rules)

    @property
    def bank(self):
        """The bank of the root type."""
        return self.banks[self.root]

    @property
    def seconds(self):
        return time.monotonic() - self.started

    @property
    def nbytes(self):
        return sum(bank.nbytes for bank in self.banks.values())

    def advance(self):
        """Works off one band; returns the rows of the root's bank that are new, as a range.

        A band that a limit cuts short is closed as it is, and `frontier` stays at
        its start.
        """
        first = len(self.bank)
        band = next(self._bands, None)
        if band is None:
            return range(first, first)
        *work, after = band
        self._work_off(*work)
        if not self.stop_reason:
            self.frontier = after
        if not self.stop_reason and len(self.bank) == self.behaviours:
            self._stop("exhausted")
        return range(first, len(self.bank))

    def level_records(self):
        """The levels so far, cheapest first."""
        merged = {}
        for cost in sorted(self.levels):
            held = merged.get(cost >> self.grammar.shift, (0, 0, 0))
            merged[cost >> self.grammar.shift] = tuple(
                map(sum, zip(held, self.levels[cost], strict=True))
            )
        return tuple(Level(units / UNIT, *counts) for units, counts in merged.items())

    @property
    def certified_bits(self):
        """Programs of up to so many bits are in the banks; None: all programs."""
        if self.stop_reason == "exhausted":
            return None
        if self.stop_reason == "max_bits":
            return float(self.limits.max_bits)
        return max(0, (self.frontier >> self.grammar.shift) - 1) / UNIT

    def row_bits(self, first, stop):
        """The bits of rows first..stop of the root's bank, float64."""
        return (self.bank.row_costs(first, stop) >> self.grammar.shift) / UNIT

    def program(self, row, type=None):
        """The cheapest program of a row of a bank."""
        made, stack = {}, [(type or self.root, row)]
        while stack:
            key = stack[-1]
            number, operands = self.banks[key[0]].origin(key[1])
            rule = self._by_number[number]
            if rule.kind == curry.LEAF:
                made[key] = Program(rule.item)
            else:
                types = (*rule.fixed_types, rule.free_type)
                keys = list(zip(types, operands[: len(types)], strict=True))
                missing = [k for k in keys if k not in made]
                if missing:
                    stack += missing
                    continue
                made[key] = Program(rule.item, rule.in_order([made[k] for k in keys]))
            stack.pop()
        return made[type or self.root, row]

    @property
    def _by_number(self):
        if not hasattr(self, "_numbered"):
            self._numbered = {r.number: r for r in self.rules}
        return self._numbered

    def _stop(self, reason):
        self.stop_reason = reason

    # -- windows and bands ------------------------------------------------------

    def _cut(self):
        """Yields bands: their first cost, the costs above it that occur, and the next's cost."""
        width = self.grammar.width
        while True:
            start = self._next_cost(self.frontier)
            if start is None:
                self._stop("exhausted")
                return
            if self.most is not None and start > self.most:
                self._stop("max_bits")
                return
            stop = start + width
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

    # -- one band ---------------------------------------------------------------

    def _work_off(self, start, costs):
        width, many = int(costs[-1]) + 1, len(costs) > 1 or self._unordered
        before = {t: len(bank) for t, bank in self.banks.items()}
        for bank in self.banks.values():
            bank.open_band(width, many)
        for rule in self.rules:
            if self.stop_reason:
                break
            self._apply(rule, start, start + width)
        for bank in self.banks.values():
            bank.close_band(start, int(costs[-1]))
        self._record(start, before)

    def _record(self, start, before):
        made = sum(bank.store.tally for bank in self.banks.values())
        new = {}
        for type_, bank in self.banks.items():
            for level in reversed(range(len(bank.costs))):
                if bank.ends[level] <= before[type_]:
                    break
                cost = bank.costs[level]
                new[cost] = new.get(cost, 0) + bank.ends[level] - bank.start(level)
        for above in np.flatnonzero(made[0]):
            cost = start + int(above)
            self.levels[cost] = int(made[0, above]), new.get(cost, 0), int(made[1, above])

    def _apply(self, rule, start, stop):
        """Makes a rule's candidates of cost start..stop."""
        bank = self.banks[rule.result]
        stop = min(stop, self.reach[rule.result] + 1)
        units = rule.production.cost
        if rule.kind == curry.LEAF:
            if start <= units < stop:
                self.candidates += bank.add_leaf(rule, self._leaf(rule.item), units - start)
                self._check(bank)
            return
        operands = [self.banks[t] for t in rule.fixed_types]
        free = self.banks[rule.free_type]
        most = int(np.clip(CURRIED_WORDS // bank.words, 1, 4096))
        for terms in self._terms(rule, start, stop, most):
            bank.begin()
            done = False
            while not done:
                budget = max(1, CALL_WORDS // (bank.words + 3))
                if self.limits.max_programs is not None:
                    budget = min(budget, self.limits.max_programs - self.candidates)
                made, done = bank.extend(rule, operands, free, terms, budget)
                self.candidates += made
                self._check(bank)
                if self.stop_reason:
                    return

    def _leaf(self, item):
        if hasattr(item, "value"):
            return np.full(self.rows, item.value, item.type.dtype)
        return item.type.check(self.columns[item.name], f"column {item.name}")

    def _check(self, bank):
        limits = self.limits
        if self.interrupted():
            self._stop("interrupted")
        elif limits.max_programs is not None and self.candidates >= limits.max_programs:
            self._stop("max_programs")
        elif limits.seconds is not None and self.seconds >= limits.seconds:
            self._stop("seconds")
        elif bank.full or self.nbytes + bank.index_growth() > limits.memory:
            self._stop("memory")

    def _terms(self, rule, start, stop, most):
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
                last = np.arange(sizes.sum())  # not the open band's
                low, high, base = (np.repeat(a, sizes) for a in (low, high, base))
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


def _arity(rules, type_):
    return max(
        [len(r.fixed) + 1 for r in rules if r.result == type_ and r.kind != curry.LEAF], default=1
    )


def _behaviours(root, columns):
    """How many behaviours the root type can have on these rows."""
    stacked = np.stack([np.asarray(c).astype(np.int64) for c in columns.values()])
    distinct = np.unique(stacked, axis=1).shape[1]
    return root.size ** min(distinct, 64)


def _reach(grammar, root, most):
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
