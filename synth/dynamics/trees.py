"""Every syntax tree of a grammar up to some bits, as arrays, with what each computes.

Trees are made from smaller ones, by their number of nodes.  All trees of one behaviour are
kept, since here programs are counted and joined, not searched.  A tree without a value on some
row has no behaviour and is dropped, and so is everything that contains it.
"""

from dataclasses import dataclass, field

import numpy as np

from synth.errors import SettingError
from synth.language import UNIT, Input, Program, Type, checked_columns, root_type

#: The most values that a primitive is called on at a time.
BLOCK_VALUES = 2**20


@dataclass(frozen=True, eq=False)
class Trees:
    """The trees of a root type within a budget, and all their parts.

    They are in order of units, and arguments come before the trees that use them.

    Parameters
    ----------
    type : Type
        The root type.
    items : tuple
        The grammar's inputs, constants and primitives.
    head : int32 (N,)
        The place in `items` of each tree's root.
    arguments : int32 (N, A)
        The numbers of each tree's arguments, padded with -1.
    units : int64 (N,)
        The cost in 1/1024 bit.
    sizes : int64 (N,)
        The number of nodes.
    root : bool (N,)
        Whether a tree is of the root type and within the budget.
    behaviour : int32 (N,)
        The number of its behaviour among those of its type.
    values : dict of Type to array (behaviours, rows)
    dropped : int
        How many trees had no value on some row though their arguments had.
    """

    type: Type
    items: tuple = field(repr=False)
    head: np.ndarray = field(repr=False)
    arguments: np.ndarray = field(repr=False)
    units: np.ndarray = field(repr=False)
    sizes: np.ndarray = field(repr=False)
    root: np.ndarray = field(repr=False)
    behaviour: np.ndarray = field(repr=False)
    values: dict = field(repr=False)
    dropped: int

    def __len__(self):
        return len(self.head)

    def program(self, i):
        """Tree i as a `Program`."""
        item = self.items[self.head[i]]
        parts = self.arguments[i, : len(item.arguments)].tolist()
        return Program(item, [self.program(a) for a in parts])


def all_trees(grammar, columns, *, max_bits, type=None, most=2_000_000):
    """The `Trees` of a type of at most `max_bits` bits, with their values on some rows.

    Parameters
    ----------
    grammar : Grammar
    columns : mapping of str to array (rows,)
        The inputs by name.
    max_bits : float
    type : Type, optional
        By default the only type of the grammar.
    most : int, optional
        The most trees, parts included.

    Raises
    ------
    SettingError
        If there is no tree, or there are more than `most`.
    """
    return _Maker(grammar, columns, max_bits, root_type(grammar, type), most).trees()


def tree_counts(grammar, max_bits, *, type=None):
    """How many syntax trees of a type there are of each cost: {units: Python int}, ascending.

    Trees are counted by their costs alone: those without a value on some row count too.
    """
    root, items = root_type(grammar, type), [(p.item, p.units) for p in grammar]
    budgets = _budgets(items, root, int(max_bits * UNIT))
    found = {t: {} for t in budgets}
    while True:  # each round adds the trees that are one level deeper
        new = {t: {} for t in budgets}
        for item, units in items:
            budget = budgets.get(item.result, -1)
            ways = {units: 1} if units <= budget else {}
            for argument in item.arguments if ways else ():
                ways = _sums(ways, found.get(argument, {}), budget)
            for cost, count in ways.items():
                new[item.result][cost] = new[item.result].get(cost, 0) + count
        if new == found:
            return dict(sorted(found[root].items()))
        found = new


def _sums(ways, counts, budget):
    """The counts of pairs of a cost from each of two counts, within a budget."""
    found = {}
    for cost, count in ways.items():
        for more, times in counts.items():
            if cost + more <= budget:
                found[cost + more] = found.get(cost + more, 0) + count * times
    return found


def largest_budget(grammar, most, *, type=None):
    """The most bits, among the costs of trees, at which there are at most `most` trees.

    Raises
    ------
    SettingError
        If there are more even of the shortest.
    """
    bits, cost = 1.0, None
    while True:
        total, counts = 0, tree_counts(grammar, bits, type=type)
        for units, count in counts.items():
            total += count
            if total > most:
                if cost is None:
                    raise SettingError(
                        f"{most:,} programs; allowed: {total:,} and more, which is how many "
                        f"have {units / UNIT:g} bits"
                    )
                return cost / UNIT
            cost = units
        if bits > 2**12:
            return cost / UNIT  # there are no more trees
        bits *= 1.5


class _Maker:
    """Makes all trees, by their number of nodes."""

    def __init__(self, grammar, columns, max_bits, root, most):
        self.columns = checked_columns(grammar, columns)
        self.rows = len(next(iter(self.columns.values())))
        self.items = [(p.item, p.units) for p in grammar]
        self.max_bits, self.root, self.most = max_bits, root, most
        self.budgets = _budgets(self.items, root, int(max_bits * UNIT))
        self.behaviours = {t: _Behaviours(t, self.rows) for t in grammar.types}
        self.made = 0
        self.dropped = 0
        #: {(type, nodes): (numbers, units, behaviours)} of trees, ascending in units.
        self.groups = {}
        self.parts = []

    def trees(self):
        widest = max((len(item.arguments) for item, _ in self.items), default=1)
        nodes = last = 1
        # A tree of n nodes has an argument of at least (n - 1) / widest nodes.
        while nodes <= 1 + widest * last:
            if self._make(nodes):
                last = nodes
            nodes += 1
        return self._finish(widest)

    def _make(self, nodes):
        """Makes all trees of `nodes` nodes; returns whether there are any."""
        found = {}
        for place, (item, units) in enumerate(self.items):
            budget = self.budgets.get(item.result, -1) - units
            if bool(item.arguments) == (nodes == 1) or budget < 0:
                continue
            arguments, cost = self._tuples(item.arguments, nodes - 1, budget)
            behaviour, defined = self._computed(item, arguments)
            self.dropped += int((~defined).sum())
            arguments, cost, behaviour = arguments[defined], cost[defined], behaviour[defined]
            numbers = np.arange(self.made, self.made + len(cost))
            self.made += len(cost)
            self._limit(0)
            self.parts.append((place, arguments, cost + units, behaviour, nodes))
            found.setdefault(item.result, []).append((numbers, cost + units, behaviour))
        for type_, groups in found.items():
            numbers, units, behaviour = (np.concatenate(part) for part in zip(*groups, strict=True))
            order = np.argsort(units, kind="stable")
            if len(order):
                self.groups[type_, nodes] = numbers[order], units[order], behaviour[order]
        return any(nodes == key[1] for key in self.groups)

    def _tuples(self, types, nodes, budget):
        """Numbers (m, types) and units (m,) of trees of these types with `nodes` nodes in all."""
        if not types:
            empty = int(nodes == 0)  # one way to have no argument
            return np.zeros((empty, 0), np.int64), np.zeros(empty, np.int64)
        found = [(np.zeros((0, len(types)), np.int64), np.zeros(0, np.int64))]
        for size in range(1, nodes + 1):
            if (types[0], size) not in self.groups:
                continue
            first, cost, _ = self.groups[types[0], size]
            rest, more = self._tuples(types[1:], nodes - size, budget - int(cost[0]))
            order = np.argsort(more, kind="stable")
            rest, more = rest[order], more[order]
            fitting = np.searchsorted(more, budget - cost, side="right")
            self._limit(int(fitting.sum()))
            a = np.repeat(np.arange(len(first)), fitting)
            b = np.arange(len(a)) - np.repeat(np.cumsum(fitting) - fitting, fitting)
            found.append((np.column_stack([first[a], rest[b]]), cost[a] + more[b]))
        return tuple(np.concatenate(part) for part in zip(*found, strict=True))

    def _limit(self, more):
        if self.made + more > self.most:
            raise SettingError(
                f"max_bits={self.max_bits:g}: more than {self.most:,} syntax trees; "
                "allowed: fewer bits, or a higher limit on syntax trees"
            )

    def _computed(self, item, arguments):
        """Behaviours (m,) of an item's trees, and which trees have a value on every row."""
        store = self.behaviours[item.result]
        if not item.arguments:
            given = self.columns[item.name] if isinstance(item, Input) else item.value
            values = np.broadcast_to(np.asarray(given, item.result.dtype), (1, self.rows))
            return store.numbers(values), np.ones(1, bool)
        if not len(arguments):
            return np.zeros(0, np.int64), np.zeros(0, bool)
        known = self._behaviour_of()[arguments]
        different, place = np.unique(known, axis=0, return_inverse=True)
        number = np.zeros(len(different), np.int64)
        defined = np.ones(len(different), bool)
        step = max(1, BLOCK_VALUES // self.rows)
        for start in range(0, len(different), step):
            block = different[start : start + step]
            operands = [
                self.behaviours[t].values[block[:, k]].ravel() for k, t in enumerate(item.arguments)
            ]
            values, legal = item.evaluate(*operands)
            values = values.reshape(len(block), self.rows)
            part = slice(start, start + len(block))
            if legal is not None:
                defined[part] = legal.reshape(values.shape).all(axis=1)
            number[part][defined[part]] = store.numbers(values[defined[part]])
        place = place.reshape(-1)
        return number[place], defined[place]

    def _behaviour_of(self):
        """The behaviour of every tree with fewer nodes than those being made, by number."""
        found = np.zeros(self.made, np.int64)
        for numbers, _, behaviour in self.groups.values():
            found[numbers] = behaviour
        return found

    def _finish(self, widest):
        heads, arguments, units, behaviours, sizes = [], [], [], [], []
        for place, parts, cost, behaviour, nodes in self.parts:
            heads.append(np.full(len(cost), place))
            arguments.append(np.full((len(cost), widest), -1))
            arguments[-1][:, : parts.shape[1]] = parts
            units.append(cost)
            behaviours.append(behaviour)
            sizes.append(np.full(len(cost), nodes))
        result = np.array([item.result == self.root for item, _ in self.items])
        if not any(result[h].any() for h in heads):
            raise SettingError(
                f"max_bits={self.max_bits:g}: no program has so few bits; allowed: more"
            )
        cost = np.concatenate(units)
        order = np.argsort(cost, kind="stable")
        rank = np.empty(len(order) + 1, np.int64)  # the last one stays -1
        rank[order], rank[-1] = np.arange(len(order)), -1
        head = np.concatenate(heads)[order]
        return Trees(
            type=self.root,
            items=tuple(item for item, _ in self.items),
            head=head.astype(np.int32),
            arguments=rank[np.concatenate(arguments)[order]].astype(np.int32),
            units=cost[order],
            sizes=np.concatenate(sizes)[order],
            root=result[head],
            behaviour=np.concatenate(behaviours)[order].astype(np.int32),
            values={t: b.values for t, b in self.behaviours.items()},
            dropped=self.dropped,
        )


class _Behaviours:
    """Distinct rows of values of one type, numbered in order of appearance."""

    def __init__(self, type_, rows):
        self.type = type_
        self.values = np.zeros((0, rows), type_.dtype)
        self.known = {}

    def numbers(self, values):
        """The number of each row of values (m, rows), int64 (m,)."""
        before, known = len(self.known), self.known
        found = [known.setdefault(row.tobytes(), len(known)) for row in self.type.pack(values)]
        found = np.array(found, np.int64)
        new, first = np.unique(found, return_index=True)
        self.values = np.concatenate([self.values, values[first[new >= before]]])
        return found


def _budgets(items, root, budget):
    """The most units that a tree of each type may have as a part of one of the root type."""
    cheapest, budgets, changed = {}, {root: budget}, True
    while changed:
        changed = False
        for item, units in items:
            if all(a in cheapest for a in item.arguments):
                cost = units + sum(cheapest[a] for a in item.arguments)
                if cost < cheapest.get(item.result, cost + 1):
                    cheapest[item.result] = cost
                    changed = True
    changed = True
    while changed:
        changed = False
        for item, units in items:
            if item.result not in budgets:
                continue
            left = budgets[item.result] - units - sum(cheapest[a] for a in item.arguments)
            for argument in item.arguments:
                if left + cheapest[argument] > budgets.get(argument, -1):
                    budgets[argument] = left + cheapest[argument]
                    changed = True
    return budgets
