"""Coarsening: from a look-up table to a program, by features that divide the rows ever less.

The state is a set of features that together determine the labels: at first the inputs.  Its
energy is the bits of the features, a price for each cell (a joint value of the features that
occurs on training rows) and the code of the exceptions (rows whose label is not the most
frequent one of their cell).  So there is a signal before there is a program.  A move replaces
one to three features by one or two programs over them.  At last, all programs over the features
left are enumerated over the cells, where a feature costs its own bits.
"""

import itertools
import math

import numpy as np

from synth.engine.reach.features import (
    Candidates,
    Feature,
    dense,
    first_rows,
    joined,
    over,
    rows_of,
)
from synth.engine.reach.inner import Inner
from synth.kernels import cells as kernels
from synth.language import UNIT, Program

#: Bits for each cell beyond those of its label, one descent after the other.  With none, only
#: what the data say counts.  The fewer cells are left, the more a program for the rest would
#: cost for each: the parities of pairs pay for themselves from 1 on, where 32 cells are left.
SCHEDULES = ((0.0, 1.0, 3.0, 7.0), (1.0, 3.0, 7.0), (3.0, 7.0))
#: Training rows for each cell from which on cells may have a price of more than their labels.
ROWS_A_CELL = 2
#: The most entries (see `kernels.cells`) that the descents read: 1e9 take about 3 s.
ENTRIES = 1_000_000_000
#: Entries between two looks at the clock: 0.05 s.
READ = 20_000_000
#: The most joint values of the features that a move replaces.
PARTS = 4096
#: The most values of a candidate, or of a pair of them.
WIDTH = 2**12
#: The most candidates that are paired.  Three booleans have 126 partitions besides the trivial.
PAIRED = 128
#: The most cells, and features, that the last enumeration takes, and its programs.
CELLS, FEATURES = 256, 6
PROGRAMS = 300_000
#: The programs that are proposed of each.
BEST = 3
#: The rows of each bank from which a state is chosen forwards, and its most features.
ROWS, CHOSEN = 4096, 6


def propose(problem, pools, must_stop):
    """Programs found by coarsening, best first.

    Parameters
    ----------
    problem : Problem
    pools : dict of Type to Pool
    must_stop : callable
        Says whether to stop.

    Returns
    -------
    list of Program
    """
    found = {}
    table = Table(problem, must_stop)
    inputs = [Feature.of(problem, Program(item)) for item in problem.grammar.inputs]
    seen = set()
    for exact in (True, False):
        table.exact(exact)
        starts = [inputs] if exact else [inputs, chosen(table)]
        for start in starts:
            for state in states(table, start):
                key = frozenset(f.program for f in state)
                if key not in seen and not must_stop():
                    seen.add(key)
                    ending(table, state, found)
    return sorted(found, key=lambda p: (found[p], p.text))


class Table:
    """The training labels as a table over features: cells, exceptions, energies.

    Parameters
    ----------
    problem : Problem
    must_stop : callable
        Says whether to stop.

    Attributes
    ----------
    read : int
        The entries that were read.
    """

    def __init__(self, problem, must_stop):
        self.problem, self.must_stop = problem, must_stop
        found, labels = np.unique(problem.compared, return_inverse=True)
        self.labels, self.k = labels.astype(np.int64), len(found)
        self.values = found
        self.read = 0
        self._known = {}
        self._seen = np.zeros(WIDTH * self.k, np.int64)
        self._most = np.zeros(WIDTH, np.int64)
        self.exact(False)

    def exact(self, exact):
        """Whether to make no exceptions at all."""
        self.code = self.problem.code.copy()
        if exact:
            self.code[1:] = np.inf

    def over(self):
        """Whether to end."""
        return self.read > ENTRIES or self.must_stop()

    def price(self, pressure):
        """Bits of a cell."""
        return math.log2(max(self.k, 2)) + pressure

    def counts(self, rest, parts, values, widths, pairs):
        """The cells and the exceptions of candidates in place of some features.

        Parameters
        ----------
        rest, parts : (ndarray of int64 (n,), int)
            The joint values of the other features and of those in question, and how many.
        values, widths, pairs : ndarray
            As `kernels.cells.merged` takes them.

        Returns
        -------
        cells, wrong : ndarray of int64, shape (pairs,)
        """
        k, size = self.k, rest[1] * parts[1] * self.k
        code = (rest[0] * parts[1] + parts[0]) * k + self.labels
        code, entries = dense(code, size), code
        first = first_rows(*code)
        counts = np.bincount(code[0])
        groups = rest[0][first]
        starts = np.flatnonzero(np.diff(groups, prepend=-1, append=rest[1]))
        out = np.full((len(pairs), 2), self.problem.n, np.int64)
        step = max(1, READ // len(first))
        for at in range(0, len(pairs), step):
            if self.over():
                break
            some = slice(at, at + step)
            kernels.merged(
                starts, parts[0][first], self.labels[first], counts, values, widths,
                pairs[some], k, self._seen, self._most, out[some],
            )  # fmt: skip
            self.read += len(out[some]) * len(first)
        return out[:, 0], out[:, 1]

    def energy(self, state, pressure):
        """The energy of a state in bits."""
        cell, width = joined(state, self.problem.n)
        counts = np.bincount(cell * self.k + self.labels, minlength=width * self.k)
        right = int(counts.reshape(width, self.k).max(axis=1).sum())
        bits = sum(f.units for f in state) / UNIT
        return bits + self.price(pressure) * width + float(self.code[self.problem.n - right])

    def candidates(self, features, cell):
        """What can replace some features."""
        first = first_rows(*cell)
        key = tuple((f.program.type, f.units, f.values[first].tobytes()) for f in features)
        if key not in self._known:
            self._known[key] = Candidates.over(self.problem, features, first)
        return self._known[key]


def states(table, start):
    """The states at the end of each descent from a start."""
    if not start or not np.isfinite(table.energy(start, 0.0)):
        return
    n = table.problem.n
    bare = descended(table, start, 0.0, removed)
    for schedule in SCHEDULES:
        state = bare if schedule[0] else start
        for pressure in schedule:
            if table.over() or (pressure and joined(state, n)[1] * ROWS_A_CELL > n):
                break
            state = descended(table, state, pressure, stepped)
            yield state


def descended(table, state, pressure, step):
    """A state from which no step leads to a lower energy."""
    while not table.over():
        better = step(table, state, pressure)
        if better is None:
            break
        state = better
        trace(table, state, pressure)
    return state


def trace(table, state, pressure):
    pass


def removed(table, state, pressure):
    """The best state with one feature less, if it is better."""
    others = [state[:k] + state[k + 1 :] for k in range(len(state))]
    energies = [table.energy(o, pressure) for o in others]
    now = table.energy(state, pressure) - 1e-6
    if not energies or min(energies) >= now:
        return None
    return others[int(np.argmin(energies))]


def stepped(table, state, pressure):
    """The best neighbour by the first kind of move that has a better one; or None."""
    now = table.energy(state, pressure) - 1e-6
    crowded = joined(state, table.problem.n)[1] * ROWS_A_CELL > table.problem.n
    for sizes, pair in (((1, 2), False), ((3,), False), ((1, 2, 3), True)):
        if pair and crowded:
            break
        best = (now, None)
        if 1 in sizes and not pair:
            fewer = removed(table, state, pressure)
            if fewer is not None:
                best = table.energy(fewer, pressure), fewer
        for m in sizes:
            for places in itertools.combinations(range(len(state)), m):
                if table.over():
                    return best[1]
                best = replaced(table, state, places, (pair, pressure), best)
        if best[1] is not None:
            return best[1]
    return None


def replaced(table, state, places, how, best):
    """The better one of the best state so far and those with other features at some places."""
    pair, pressure = how
    features = [state[k] for k in places]
    rest = [f for k, f in enumerate(state) if k not in places]
    cell, width = joined(features, table.problem.rows)
    if width > PARTS:
        return best
    candidates = table.candidates(features, (cell, width))
    bits = sum(f.units for f in rest) / UNIT
    pairs = promising(candidates, pair, best[0] - bits - table.code[0], width)
    if not len(pairs):
        return best
    n = table.problem.n
    cells, wrong = table.counts(
        joined(rest, n), (cell[:n], width), candidates.values, candidates.widths, pairs
    )
    units = np.append(candidates.units, 0)[pairs].sum(axis=1)
    energies = bits + units / UNIT + table.price(pressure) * cells + table.code[wrong]
    at = int(np.argmin(energies))
    if energies[at] >= best[0]:
        return best
    made = [
        candidates.feature(table.problem, features, k)
        for k in pairs[at]
        if k >= 0 and candidates.widths[k] > 1
    ]
    return best if None in made else (float(energies[at]), rest + made)


def promising(candidates, pair, room, parts):
    """The candidates, or pairs of them, that cost less than there is room for."""
    units, widths = candidates.units, candidates.widths
    if not pair:
        alone = np.flatnonzero((widths <= WIDTH) & (units < room * UNIT))
        return np.stack([alone, np.full(len(alone), -1)], axis=1)
    useful = np.flatnonzero((widths > 1) & (widths < parts))[:PAIRED]
    a, b = useful[np.stack(np.triu_indices(len(useful), 1))]
    keep = (widths[a] * widths[b] <= WIDTH) & (units[a] + units[b] < room * UNIT)
    return np.stack([a[keep], b[keep]], axis=1)


def chosen(table):
    """A state chosen forwards from the cheapest rows of the banks, one feature after another."""
    problem, state = table.problem, []
    n = problem.n
    if n > 2**16:
        return state
    units, origins, values, widths = rows_of(problem.engine, ROWS, n)
    alone = np.flatnonzero((widths > 1) & (widths <= WIDTH))
    pairs = np.stack([alone, np.full(len(alone), -1)], axis=1)
    now = table.energy(state, 0.0)
    while len(state) < CHOSEN and len(alone) and not table.over():
        cells, wrong = table.counts(
            joined(state, n), (np.arange(n), n), values, widths, pairs
        )
        bits = (sum(f.units for f in state) + units[alone]) / UNIT
        energies = bits + table.price(0.0) * cells + table.code[wrong]
        at = int(np.argmin(energies))
        if energies[at] >= now - 1e-6:
            break
        type_, row = origins[alone[at]]
        state.append(Feature.of(problem, problem.engine.program(row, type_)))
        now = float(energies[at])
        trace(table, state, 0.0)
    return state


def ending(table, state, found):
    """Put the best programs over the features of a state into `found`, with their totals."""
    problem = table.problem
    n = problem.n
    cell, width = joined(state, problem.rows)
    if not state or len(state) > FEATURES or width > CELLS:
        return
    first = first_rows(cell, width)
    parts = [p for f in state for p in (f.program, *f.others)]
    parts = [p for p in parts if problem.values(p) is not None]
    columns = [problem.values(p)[first] for p in parts]
    most = problem.table_bits - float(problem.code[0])
    inner = Inner(
        problem, parts, problem.root, columns, max_programs=PROGRAMS, max_bits=max(most, 0.0)
    )
    answers = problem.root.coarse(inner.values)
    right = np.zeros(len(answers), np.int64)
    for k, label in enumerate(table.values):
        counts = np.bincount(cell[:n][table.labels == k], minlength=width)
        right += (answers == label) @ counts
    totals = inner.units / UNIT + problem.code[n - right]
    for row in np.argsort(totals, kind="stable")[:BEST]:
        if totals[row] < problem.table_bits:
            program = inner.program(row)
            found.setdefault(program, problem.total(program))
