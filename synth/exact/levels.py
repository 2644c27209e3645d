"""The number of syntax trees of each type and exact cost, by recursion over costs alone.

Costs are the engine's (see `Grammar.shift`). In these, every program costs more than any of its
parts, so the costs can be completed one after the other.
"""

import heapq

import numpy as np


class Levels:
    """The costs that programs have, in increasing order, up to `most`.

    Iterating gives one cost after the other; at each step, `trees` is complete for that cost.

    Parameters
    ----------
    grammar : Grammar
        The grammar of the trees.
    most : int
        The largest cost.

    Attributes
    ----------
    trees : dict
        By type, a dict from each cost to the number of syntax trees, a Python integer.
    costs : dict
        By type, the list of the costs that it has trees of.
    """

    def __init__(self, grammar, most):
        self.grammar = grammar
        self.most = most
        self.trees = {t: {} for t in grammar.types}
        self.costs = {t: [] for t in grammar.types}
        self._ways = {}
        # The tuples of types that argument lists end with, and the sums of costs that they can
        # have.
        signatures = [p.item.arguments for p in grammar]
        ends = {s[k:] for s in signatures for k in range(len(s))}
        self._sums = {end: set() for end in ends | {(t,) for t in grammar.types}}
        self._waiting = sorted({p.cost for p in grammar if not p.item.arguments})
        self._seen = set(self._waiting)

    def __iter__(self):
        while self._waiting and self._waiting[0] <= self.most:
            cost = heapq.heappop(self._waiting)
            for type_, group in self.grammar.productions.items():
                total = 0
                for production in group:
                    if production.item.arguments:
                        total += self.ways(production.item.arguments, cost - production.cost)
                    else:
                        total += production.cost == cost
                if total:
                    self.trees[type_][cost] = total
                    self.costs[type_].append(cost)
            yield cost
            for type_ in self.grammar.types:
                if cost in self.trees[type_]:
                    self._arrive((type_,), {cost})

    def ways(self, types, total):
        """The number of tuples of trees of these types that cost `total` together."""
        if len(types) == 1:
            return self.trees[types[0]].get(total, 0)
        if total not in self._sums[types]:
            return 0
        key = types, total
        if key not in self._ways:
            parts = [(cost, n) for cost, n in self.trees[types[0]].items() if cost <= total]
            if len(types) == 2:
                last = self.trees[types[1]]
                ways = sum(n * last.get(total - cost, 0) for cost, n in parts)
            else:
                ways = sum(n * self.ways(types[1:], total - cost) for cost, n in parts)
            self._ways[key] = ways
        return self._ways[key]

    def splits(self, types, total):
        """All ways to split `total` into costs of these types: places in `costs`, int64 (n, k)."""
        places = np.zeros((1, 0), np.int64)
        left = np.array([total], np.int64)
        for type_ in types[:-1]:
            costs = np.array(self.costs[type_], np.int64)
            rest = left[:, None] - costs
            row, place = np.nonzero(rest >= 0)
            places = np.column_stack([places[row], place])
            left = rest[row, place]
        costs = np.array(self.costs[types[-1]], np.int64)
        if not len(costs):
            return np.zeros((0, len(types)), np.int64)
        place = np.minimum(np.searchsorted(costs, left), len(costs) - 1)
        right = costs[place] == left
        return np.column_stack([places[right], place[right]])

    def _arrive(self, end, sums):
        """Notes that arguments of these types can now have these total costs."""
        new = {s for s in sums if s <= self.most} - self._sums[end]
        if not new:
            return
        self._sums[end] |= new
        for production in self.grammar:
            if production.item.arguments == end:
                for cost in {production.cost + s for s in new} - self._seen:
                    self._seen.add(cost)
                    heapq.heappush(self._waiting, cost)
        for longer in self._sums:
            if longer[1:] == end:
                self._arrive(longer, {a + s for a in self._sums[longer[:1]] for s in new})
            if len(longer) > 1 and longer[:1] == end:
                self._arrive(longer, {s + b for s in new for b in self._sums[longer[1:]]})
