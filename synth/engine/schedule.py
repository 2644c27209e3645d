"""The schedule: the costs that are still to be worked through, and the operands that make them.

Costs are integers, and a program costs at least `grammar.width` more than each of its parts.
So all programs within a window of that width are made of finished rows, and their numbers
by exact cost are known before any is made.  A window is cut into bands: a single cost if it
has enough candidates to be worth the calls, several if levels are tiny.
"""

import math

import numpy as np

from synth.engine import curry
from synth.records import StopReason

#: A band of several costs ends before it has more than so many candidates, or words of them.
BAND_CANDIDATES = 2**16
BAND_WORDS = 2**21
#: It spans fewer costs than this, since candidates are counted in arrays by cost: if explicit
#: costs are large, these would take all memory.
BAND_COSTS = 2**16


class Schedule:
    """Cuts windows into bands, and lists the operands of each rule within a band.

    Parameters
    ----------
    grammar : Grammar
        The grammar.
    rules : list of curry.Rule
        The rules that can be part of a program of the root type within `most`.
    banks : dict of Type to Bank
        The banks, which the enumerator fills.
    extents : dict of Type to int
        The greatest cost of a program of each type: see `extents`.
    most : int or None
        The greatest cost of a program that is asked for; None for no limit.
    beyond : bool
        Whether there are other rules, which only dearer programs use.

    When `bands` has ended, `ended` says why: "max_bits" or "exhausted".
    """

    def __init__(self, grammar, rules, banks, extents, most, beyond):
        self.width = grammar.width
        self.rules = rules
        self.banks = banks
        self.extents = extents
        self.most = most
        self.beyond = beyond
        self.ended = None
        self._of_types = {}
        #: The first cost of the window that is cut into bands.
        self.window = 0
        widest = max(bank.words for bank in banks.values())
        self.most_in_band = min(BAND_CANDIDATES, max(1024, BAND_WORDS // widest))

    def bands(self):
        """Yield bands: first cost, costs above it, number of candidates, the next band's cost."""
        frontier = self.window
        while True:
            self.window = start = self._next_cost(frontier)
            if start is None or (self.most is not None and start > self.most):
                self.ended = StopReason.EXHAUSTED if start is None else StopReason.MAX_BITS
                return
            stop = start + self.width
            if self.most is not None:
                stop = min(stop, self.most + 1)
            costs, counts = _summed([self._counts(rule, start, stop) for rule in self.rules])
            cut = 0
            while cut < len(costs):
                end, held = cut + 1, counts[cut]
                while (
                    end < len(costs)
                    and held + counts[end] <= self.most_in_band
                    and costs[end] - costs[cut] < BAND_COSTS
                ):
                    held += counts[end]
                    end += 1
                after = int(costs[end]) if end < len(costs) else stop
                yield int(costs[cut]), costs[cut:end] - costs[cut], int(held), after
                cut = end
            frontier = stop

    def _sums(self, rule):
        """The distinct total costs of a rule's fixed operands, and the number of tuples of each."""
        return self._kept(rule.fixed_types, Schedule._added_up)

    def _kept(self, types, found):
        """found(self, types), made once for all rules while the banks' levels are the same.

        A search of a millisecond asks for it a thousand times.
        """
        levels = [len(self.banks[t].costs) for t in types]
        kept = self._of_types.get((found, types))
        if kept is None or kept[0] != levels:
            kept = self._of_types[found, types] = levels, found(self, types)
        return kept[1]

    def _added_up(self, types):
        sums, numbers = np.zeros(1, np.int64), np.ones(1, np.int64)
        for type_ in types:
            costs, sizes = self._sizes(type_)
            total = (sums[:, None] + costs).ravel()
            sums, inverse = np.unique(total, return_inverse=True)
            weights = (numbers[:, None] * sizes).ravel()
            numbers = np.zeros(len(sums), np.int64)
            np.add.at(numbers, inverse.ravel(), weights)
        return sums, numbers

    def _sizes(self, type_):
        """The costs of a bank's levels, and how many rows each has."""
        return self._kept((type_,), Schedule._levels)

    def _levels(self, types):
        bank = self.banks[types[0]]
        return np.array(bank.costs, np.int64), np.diff(np.array([0, *bank.ends], np.int64))

    def _canonical(self, rule):
        # The tuples of a primitive are counted once, and not for each of its rules.
        return rule.free == len(rule.item.arguments) - 1

    def _next_cost(self, least):
        """The least cost from `least` on at which some rule has a candidate within its extent.

        If there is none: `most + 1` if there are programs beyond it, else None.
        """
        found = []
        for rule in self.rules:
            cost, most = rule.production.cost, self.extents[rule.result]
            if rule.kind == curry.LEAF:
                found += [cost] if least <= cost <= most else []
            elif self._canonical(rule):
                sums, _ = self._sums(rule)
                costs, _ = self._sizes(rule.free_type)
                at = np.searchsorted(costs, least - cost - sums)
                some = at < len(costs)
                if some.any():
                    total = int((cost + sums[some] + costs[at[some]]).min())
                    found += [total] if total <= most else []
        return min(found, default=self.most + 1 if self._goes_on() else None)

    def _goes_on(self):
        """Whether some program of held rows costs more than the extent of its type.

        All held rows are asked, however far the work is: rows beyond the extent of a type are
        never made, so no later cost would show that there are some.
        """
        if self.beyond:
            return True
        for rule in self.rules:
            arguments = [self.banks[t].costs for t in rule.item.arguments]
            dearest = rule.production.cost + sum(costs[-1] for costs in arguments if costs)
            if all(arguments) and dearest > self.extents[rule.result]:
                return True
        return False

    def _counts(self, rule, start, stop):
        """The costs from start to stop at which a rule's primitive has candidates, and how many.

        Returns two int64 arrays of one length: costs, increasing, and counts above 0.
        """
        cost = rule.production.cost
        stop = min(stop, self.extents[rule.result] + 1)
        if rule.kind == curry.LEAF:
            here = np.full(int(start <= cost < stop), cost, np.int64)
            return here, np.ones_like(here)
        if not self._canonical(rule):
            return np.zeros((2, 0), np.int64)
        costs, sizes = self._sizes(rule.free_type)
        sums, numbers = self._sums(rule)
        low = np.searchsorted(costs, start - cost - sums)
        high = np.searchsorted(costs, stop - cost - sums)
        parts = [
            (cost + sums[k] + costs[low[k] : high[k]], numbers[k] * sizes[low[k] : high[k]])
            for k in np.flatnonzero(low < high)
        ]
        if rule.item.commutative:
            twice = cost + 2 * costs
            inside = (twice >= start) & (twice < stop)
            found, counts = _summed([*parts, (twice[inside], sizes[inside])])
            return found, counts // 2
        return _summed(parts)

    def terms(self, rule, start, stop, most):
        """Yield the fixed operands of a rule with the ranges of the free one, `most` at a time."""
        free = self.banks[rule.free_type]
        free_costs, _ = self._sizes(rule.free_type)
        starts = np.array([0, *free.ends], np.int64)
        cost = rule.production.cost
        for prefix, total, bound in self._prefixes(rule, 0, stop - cost):
            if not rule.fixed:
                sums, bounds = np.zeros(1, np.int64), 0
            else:
                costs, sizes = self._sizes(rule.fixed_types[-1])
                sums = total + costs
                bounds = np.maximum(bound, costs + (rule.fixed[-1] > rule.free))
            low = np.searchsorted(free_costs, np.maximum(start - cost - sums, bounds))
            high = np.searchsorted(free_costs, stop - cost - sums)
            low, high = starts[low], starts[high]
            base = cost + sums - start
            some = low < high
            if not some.any():
                continue
            if rule.fixed:
                # Few levels have partners, and rows of the open band are in no level.
                first, counts = (np.cumsum(sizes) - sizes)[some], sizes[some]
                low, high, base = (np.repeat(a[some], counts) for a in (low, high, base))
                last = np.arange(len(low)) + np.repeat(first - np.cumsum(counts) + counts, counts)
                if rule.item.commutative:
                    low = np.maximum(low, last)
                    some = low < high
                    last, low, high, base = last[some], low[some], high[some], base[some]
            else:
                last = None
            yield from _meshed(prefix, last, base, low, high, most)

    def _prefixes(self, rule, position, room):
        """Yield levels of all fixed operands but the last whose costs sum to less than `room`.

        Each as (ranges of rows, their cost, the least cost of the free operand).
        """
        if position >= len(rule.fixed) - 1:
            yield (), 0, 0
            return
        bank = self.banks[rule.fixed_types[position]]
        for level, cost in enumerate(bank.costs):
            if cost >= room:
                return
            least = cost + (rule.fixed[position] > rule.free)
            rows = range(bank.start(level), bank.ends[level])
            for ranges, total, bound in self._prefixes(rule, position + 1, room - cost):
                yield (rows, *ranges), cost + total, max(bound, least)


class Horizon:
    """Up to which cost programs still count, and what that lets the engine leave out.

    Parameters
    ----------
    grammar : Grammar
        The grammar.
    root : Type
        The type that is sought.
    most : int or None
        The greatest cost that was asked for; None for no limit.

    `bound` falls from `most` as better hypotheses are found.  `left_out` says whether
    programs beyond it were left out; `frozen`, if memory has run out, is the cost up to which
    programs can still be made of what is held.
    """

    def __init__(self, grammar, root, most):
        self.grammar, self.root, self.most = grammar, root, most
        self.left_out = False
        self.frozen = None
        self.set_bound(most)

    def set_bound(self, bound):
        """Let programs of more than this cost count no longer."""
        self.bound = bound
        self.operands = operand_extents(self.grammar, self.root, bound)

    def narrow(self, bound):
        """The same, unless the bound is as low already."""
        if self.bound is None or bound < self.bound:
            self.set_bound(bound)

    @property
    def narrowed(self):
        """Whether the bound is below what was asked for."""
        return self.bound is not None and (self.most is None or self.bound < self.most)

    def unneeded(self, type_, cost):
        """Whether programs of a type and at least this cost are operands of none that counts."""
        found = self.frozen is not None or cost > self.operands.get(type_, -1)
        self.left_out |= found
        return found

    def complete_below(self):
        """The cost below which nothing that a program needs was left out."""
        if self.frozen is not None:
            return self.frozen + 1
        return self.bound + 1 if self.left_out and self.bound is not None else 2**62


def _summed(parts):
    """Several pairs of (costs, counts) as one, each cost once, in order."""
    costs, counts = np.concatenate([np.zeros((2, 0), np.int64), *map(np.array, parts)], axis=1)
    order = np.argsort(costs, kind="stable")
    costs, counts = costs[order], counts[order]
    first = np.flatnonzero(np.diff(costs, prepend=-1))
    return costs[first], np.add.reduceat(counts, first) if len(first) else counts


def _meshed(prefix, last, base, low, high, most):
    """Yield all rows of the prefix's ranges with all of `last`, `most` terms at a time."""
    sizes = [len(rows) for rows in prefix]
    count, many = math.prod(sizes), max(1, most // max(1, len(low)))
    for first in range(0, count, many):
        index = np.arange(first, min(first + many, count))
        places = np.unravel_index(index, sizes) if sizes else ()
        fixed = np.empty((len(index) * len(low), len(sizes) + (last is not None)), np.uint32)
        for column, (rows, place) in enumerate(zip(prefix, places, strict=True)):
            fixed[:, column] = np.repeat(rows.start + place, len(low))
        if last is not None:
            fixed[:, -1] = np.tile(last, len(index))
        terms = fixed, *(np.tile(a, len(index)) for a in (base, low, high))
        for k in range(0, len(fixed), most):
            yield tuple(a[k : k + most] for a in terms)


def operand_extents(grammar, root, most):
    """By type, the greatest cost of a program that is an operand of one of the root type.

    The latter costs at most `most`.  For other types than the root's this is their extent; -1
    for the root type if its programs are no operands.
    """
    own, found = extents(grammar, root, most), -1
    for production in grammar:
        arguments = production.item.arguments
        if production.item.result in own and root in arguments:
            least = sum(grammar.cheapest[a] for a in arguments) - grammar.cheapest[root]
            found = max(found, own[production.item.result] - production.cost - least)
    return {**own, root: found}


def extents(grammar, root, most):
    """By type, the greatest cost of a program that is part of one of the root type.

    The latter costs at most `most`.
    """
    far = 2**62 if most is None else most
    found = {root: far}
    grown = True
    while grown:
        grown = False
        for production in grammar:
            arguments = production.item.arguments
            if production.item.result not in found:
                continue
            least = [grammar.cheapest[a] for a in arguments]
            for k, type_ in enumerate(arguments):
                rest = found[production.item.result] - production.cost - sum(least) + least[k]
                if rest > found.get(type_, -1):
                    found[type_] = rest
                    grown = True
    return found
