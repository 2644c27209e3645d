"""Features: programs that together determine the labels, and what can replace some of them.

A feature is a program of any type.  Only the partition of the rows that it makes counts: rows
with equal values stay together.  Several features divide the rows into cells.
"""

import math
from dataclasses import dataclass, field

import numpy as np

from synth.engine.reach.inner import PART, Inner, over
from synth.kernels import cells as kernels
from synth.language import UNIT, Input, Program

#: Values (rows times programs) that one inner enumeration makes, and the bounds on programs:
#: two digits (100 parts) take 0.05 s; three booleans are exhausted after 0.02 s.
INNER_VALUES, LEAST_PROGRAMS, MOST_PROGRAMS = 5_000_000, 5_000, 100_000
#: The most candidates, cheapest first, that replace the same features.
CANDIDATES = 2048
#: The rows of each bank that are looked at for them: many make the same partition.
LOOKED_AT = 4 * CANDIDATES
#: Joint values are numbered by a table if it has at most so many places for each row: sorting
#: takes as long as 16.
SPARSE = 16


@dataclass(frozen=True, eq=False)
class Feature:
    """A program and the partition that it makes.

    Parameters
    ----------
    program : Program
    units : int
        Its cost.
    values : ndarray, shape (rows,)
    others : tuple of Program
        Programs that make the same partition, where none can be made of the feature for less.
    """

    program: Program
    units: int
    values: np.ndarray
    others: tuple = ()
    #: The number of each row's value, int64 (rows,), in order of the values.
    ids: np.ndarray = field(init=False)
    #: How many values there are.
    width: int = field(init=False)

    def __post_init__(self):
        distinct, ids = np.unique(self.values, return_inverse=True)
        object.__setattr__(self, "ids", ids.astype(np.int64))
        object.__setattr__(self, "width", len(distinct))

    @classmethod
    def of(cls, problem, program, others=()):
        """A program as a feature; None if it lacks a value on some row."""
        values = problem.values(program)
        if values is None:
            return None
        return cls(program, problem.units(program), values, tuple(others))


def inner_prices(problem, parts):
    """What parts cost in an inner enumeration of candidates, in units.

    Parts of many bits would come long after all programs of leaves alone, which say little.  So
    a part costs as much as an input, and somewhat more if it is dearer.
    """
    grammar = problem.grammar
    least = min((grammar.units(item) for item in grammar.inputs), default=UNIT)
    return [compressed(problem.units(part), least) for part in parts]


def compressed(units, least):
    """A price that grows with the logarithm of a cost, in steps: few prices differ."""
    return int(max(least, 1) * (1 + round(2 * math.log2(max(units, 1) / max(least, 1))) / 2))


@dataclass(frozen=True, eq=False)
class Candidates:
    """What can replace some features, cheapest first; each makes another partition.

    Parameters
    ----------
    engine : Enumerator
        What enumerated them.
    found : list of list of (Type, int)
        The bank and the row of each, and of others that make the same partition.
    costs : ndarray of int64, shape (candidates, 1 + features)
        The units of the nodes of each that are no features, and how often it uses each feature.
        A constant costs nothing, as it is no feature.
    values : ndarray of uint16, shape (candidates, parts)
        The number of the value that each gives to a joint value of the features.
    widths : ndarray of int64, shape (candidates,)
        The number of values.
    """

    engine: object
    found: list
    costs: np.ndarray
    values: np.ndarray
    widths: np.ndarray

    @classmethod
    def over(cls, problem, parts, columns):
        """The candidates for some programs with some joint values, one in each row."""
        rows = len(columns[0])
        if not makeable(problem, parts):
            nothing = np.empty((0, rows), np.uint16)
            return cls(None, [], np.empty((0, 1 + len(parts)), np.int64), nothing, np.empty(0, int))
        programs = int(np.clip(INNER_VALUES // rows, LEAST_PROGRAMS, MOST_PROGRAMS))
        prices = inner_prices(problem, parts)
        inner = Inner(problem, parts, problem.root, columns, max_programs=programs, prices=prices)
        engine = inner.engine
        units, origins, values, widths = rows_of(engine, LOOKED_AT, rows)
        step = least_step(problem.grammar)
        known, kept, found = {}, [], []
        for k in np.argsort(units, kind="stable"):
            at = known.setdefault(values[k].tobytes(), len(kept))
            if at < len(kept):
                if units[k] < units[kept[at]] + step and len(found[at]) < 2:
                    found[at].append(origins[k])
            elif len(kept) < CANDIDATES:
                kept.append(k)
                found.append([origins[k]])
            else:
                break
        widths = widths[kept]
        costs = used(engine, problem.grammar, [f[0] for f in found], len(parts))
        costs[widths == 1] = 0
        return cls(engine, found, costs, values[kept], widths)

    def on(self, some):
        """The candidates where only some of the joint values occur."""
        values, widths = partitions(self.values[:, some])
        _, kept = np.unique(values, axis=0, return_index=True)
        kept.sort()
        costs = np.where(widths[kept, None] > 1, self.costs[kept], 0)
        found = [self.found[k] for k in kept]
        return Candidates(self.engine, found, costs, values[kept], widths[kept])

    def units(self, features):
        """What each costs over some features."""
        return self.costs @ np.array([1, *(f.units for f in features)], np.int64)

    def feature(self, problem, features, k):
        """A candidate as a feature in place of some features; None if it has no value somewhere."""
        parts = [f.program for f in features]
        made = [over(self.engine.program(row, t), parts) for t, row in self.found[k]]
        return Feature.of(problem, made[0], made[1:])


def makeable(problem, parts):
    """Whether some program over the parts, and over constants, has the type of the labels."""
    types, more = {part.type for part in parts}, True
    items = [p.item for p in problem.grammar if not isinstance(p.item, Input)]
    while more:
        made = {i.result for i in items if types.issuperset(i.arguments)}
        more = not made <= types
        types |= made
    return problem.root in types


def used(engine, grammar, origins, parts):
    """The units of the other nodes of some rows, and how often they use each part."""
    names = {PART.format(k): k for k in range(parts)}
    made = {}
    for origin in origins:
        stack = [origin]
        while stack:
            key = stack[-1]
            rule, operands = engine.origin(*key)
            missing = [k for k in operands if k not in made]
            if missing:
                stack += missing
                continue
            stack.pop()
            cost = np.zeros(1 + parts, np.int64)
            if not operands and rule.item.name in names:
                cost[1 + names[rule.item.name]] = 1
            else:
                cost[0] = grammar.units(rule.item)
            made[key] = sum((made[k] for k in operands), cost)
    return np.array([made[origin] for origin in origins]).reshape(-1, 1 + parts)


def least_step(grammar):
    """The cost of the cheapest primitive in units: what a program costs at least over a part."""
    return min((p.units for p in grammar if p.item.arguments), default=0)


def rows_of(engine, most, n):
    """The first rows of every bank, as partitions of the first n values.

    Returns
    -------
    units : ndarray of int64, shape (rows,)
    origins : list of (Type, int)
    values : ndarray of uint16, shape (rows, n)
    widths : ndarray of int64, shape (rows,)
        How many values each has.
    """
    units, origins, values, widths = [], [], [], []
    for type_, bank in engine.banks.items():
        held = min(bank.ends[-1] if bank.ends else 0, most)
        if held:
            units.append(bank.row_costs(0, held) >> engine.grammar.shift)
            origins += [(type_, row) for row in range(held)]
            found = partitions(bank.values(0, held)[:, :n])
            values.append(found[0])
            widths.append(found[1])
    return np.concatenate(units), origins, np.concatenate(values), np.concatenate(widths)


def partitions(values):
    """Each row's values, numbered in order of their first occurrence, and how many there are."""
    m, n = values.shape
    if values.dtype.kind == "c":
        values = np.unique(values, return_inverse=True)[1].reshape(m, n)
    elif values.dtype.kind == "f":
        values = (values.astype(np.float64) + 0.0).view(np.int64)
    out, widths = np.empty((m, n), np.uint16), np.empty(m, np.int64)
    slots = np.empty(2 ** (2 * n - 1).bit_length(), np.int64)
    kernels.numbered(values.astype(np.int64), slots, out, widths)
    return out, widths


def joined(columns, rows):
    """The number of each row's joint value, in order, and how many there are.

    Parameters
    ----------
    columns : sequence of (ndarray of int64 (rows,), int)
        Numbers, and how many values there may be.
    rows : int
    """
    cell, width = np.zeros(rows, np.int64), 1
    for ids, count in columns:
        cell, width = dense(cell * count + ids, width * count)
    return cell, width


def dense(codes, size):
    """Codes below `size`, numbered in order without gaps, and how many there are."""
    if size > SPARSE * len(codes):
        found, codes = np.unique(codes, return_inverse=True)
        return codes.astype(np.int64), len(found)
    occurs = np.zeros(size, bool)
    occurs[codes] = True
    rank = np.cumsum(occurs)
    return rank[codes] - 1, int(rank[-1]) if size else 0


def first_rows(cell, width):
    """A row of each cell: the first."""
    first = np.empty(width, np.int64)
    first[cell[::-1]] = np.arange(len(cell))[::-1]
    return first
