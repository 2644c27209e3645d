"""Features: programs that together determine the labels, and what can replace some of them.

A feature is a program of any type.  Only the partition of the rows that it makes counts: rows
with equal values stay together.  Several features divide the rows into cells.
"""

from dataclasses import dataclass, field

import numpy as np

from synth.engine.reach.inner import PART, Inner
from synth.language import Program

#: Values (rows times programs) that one inner enumeration makes, and the bounds on programs:
#: two digits (100 parts) take 0.07 s, three booleans are exhausted at 0.02 s.
INNER_VALUES, LEAST_PROGRAMS, MOST_PROGRAMS = 5_000_000, 5_000, 100_000
#: The most candidates, cheapest first, that replace the same features.
CANDIDATES = 2048
#: The most of them that are paired.  Three booleans have 126 partitions besides the trivial ones.
PAIRED = 128
#: The most values of a candidate or a pair.
WIDTH = 2**12


@dataclass(frozen=True, eq=False)
class Feature:
    """A program and its values.

    Parameters
    ----------
    program : Program
    units : int
        Its cost.
    values : ndarray, shape (rows,)
    others : tuple of Program
        Programs that make the same partition, no dearer than a step over the program.
    ids : ndarray of int64, shape (rows,)
        The number of each row's value.
    """

    program: Program
    units: int
    values: np.ndarray
    others: tuple = ()
    ids: np.ndarray = field(init=False)

    def __post_init__(self):
        ids = np.unique(self.values, return_inverse=True)[1].astype(np.int64)
        object.__setattr__(self, "ids", ids)


@dataclass(frozen=True, eq=False)
class Candidates:
    """What can replace some features, cheapest first; each makes another partition.

    Parameters
    ----------
    inner : Inner
        What enumerated them.
    found : list of list of (Type, int)
        The bank and the row of each, and of others that make the same partition.
    units : ndarray of int64, shape (candidates,)
        What each costs; nothing for a constant, which is no feature.
    values : ndarray of uint16, shape (candidates, parts)
        The number of the value that each gives to a joint value of the features.
    widths : ndarray of int64, shape (candidates,)
        The number of values.
    """

    inner: Inner
    found: list
    units: np.ndarray
    values: np.ndarray
    widths: np.ndarray

    @classmethod
    def over(cls, problem, features, first):
        """The candidates for some features whose joint values occur on the rows `first`."""
        columns = [f.values[first] for f in features]
        programs = int(np.clip(INNER_VALUES // len(first), LEAST_PROGRAMS, MOST_PROGRAMS))
        parts = [f.program for f in features]
        inner = Inner(problem, parts, problem.root, columns, max_programs=programs)
        units, origins, values = [], [], []
        for type_, bank in inner.engine.banks.items():
            held = min(bank.ends[-1] if bank.ends else 0, 4 * CANDIDATES)
            if held:
                units.append(bank.row_costs(0, held) >> inner.engine.grammar.shift)
                origins += [(type_, row) for row in range(held)]
                values.append(numbered(bank.values(0, held)))
        units, values = np.concatenate(units), np.concatenate(values)
        step = min(
            (p.units for p in problem.grammar if p.item.arguments), default=0
        )
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
        widths = values[kept].max(axis=1).astype(np.int64) + 1
        units = np.where(widths > 1, units[kept], 0)
        return cls(inner, found, units, values[kept], widths)

    def feature(self, problem, features, k):
        """A candidate as a feature in place of some features."""
        texts = []
        for type_, row in self.found[k]:
            written = self.inner.engine.program(int(row), type_)
            texts.append(over(written, [f.program for f in features]))
        program = texts[0]
        values = problem.values(program)
        if values is None:
            return None
        return Feature(program, problem.units(program), values, tuple(texts[1:]))


def over(program, parts):
    """A program of an inner enumeration, over other parts than it was made with."""
    named = {PART.format(k): part for k, part in enumerate(parts)}
    made = {}
    for node in program.parts():
        if node.head.arguments:
            made[node] = Program(node.head, [made[a] for a in node.arguments])
        else:
            made[node] = named.get(node.head.name, node)
    return made[program]


def numbered(values):
    """Each row's values, numbered in order of their first occurrence: uint16."""
    count, parts = values.shape
    out = np.empty((count, parts), np.uint16)
    for k, row in enumerate(values):
        _, first, ids = np.unique(row, return_index=True, return_inverse=True)
        rank = np.empty(len(first), np.int64)
        rank[np.argsort(first)] = np.arange(len(first))
        out[k] = rank[ids]
    return out
