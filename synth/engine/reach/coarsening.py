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

from synth.engine.reach.features import PAIRED, WIDTH, Candidates, Feature
from synth.engine.reach.inner import Inner, distinct_rows
from synth.kernels import cells as kernels
from synth.language import UNIT, Program

#: Bits for each cell beyond those of its label: while there are many cells, only what the data
#: say counts; the fewer are left, the more a program for the rest would cost for each.
PRESSURES = (0.0, 1.0, 3.0, 7.0)
#: The most entries (see `kernels.cells`) that one descent reads: 1e9 take about 3 s.
ENTRIES = 1_000_000_000
#: The most joint values of the features that a move replaces.
PARTS = 4096
#: The most cells, and features, that the last enumeration takes, and its programs.
CELLS, FEATURES = 256, 6
PROGRAMS = 300_000


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
    inputs = [Program(item) for item in problem.grammar.inputs]
    start = [Feature(p, problem.units(p), problem.values(p)) for p in inputs]
    for exact in (True, False):
        descent = Descent(problem, must_stop, exact)
        for state in descent.run(start):
            if must_stop():
                break
            ending(problem, state, found, must_stop)
    return sorted(found, key=lambda p: (found[p], p.text))


class Descent:
    """Steepest descents, one for each pressure, each from where the last one ended.

    Parameters
    ----------
    problem : Problem
    must_stop : callable
    exact : bool
        Whether to make no exceptions at all.
    """

    def __init__(self, problem, must_stop, exact):
        self.problem, self.must_stop, self.exact = problem, must_stop, exact
        n = problem.n
        self.labels = np.unique(problem.compared, return_inverse=True)[1].astype(np.int64)
        self.k = int(self.labels.max(initial=0)) + 1
        self.code = problem.code.copy()
        if exact:
            self.code[1:] = np.inf
        self.read = 0
        self.known = {}
        self.seen = np.zeros(WIDTH * self.k, np.int64)
        self.most = np.zeros(WIDTH, np.int64)

    def run(self, features):
        """The states at the end of each descent."""
        state = list(features)
        if not np.isfinite(self.energy(state, 0.0)):
            return
        for pressure in PRESSURES:
            while not self.must_stop() and self.read < ENTRIES:
                better = self.step(state, pressure)
                if better is None:
                    break
                state = better
                self.trace(state, pressure)
            yield state

    def trace(self, state, pressure):
        pass

    def energy(self, features, pressure):
        """The energy of a state in bits."""
        rest = self.cells(features)
        cells, wrong = self.counts(rest, np.zeros(self.problem.n, np.int64), [[0]], [1], [[0, -1]])
        bits = sum(f.units for f in features) / UNIT
        return float(bits + self.price(pressure) * cells[0] + self.code[wrong[0]])

    def price(self, pressure):
        return math.log2(max(self.k, 2)) + pressure

    def cells(self, features):
        """The cell of each training row."""
        n = self.problem.n
        if not features:
            return np.zeros(n, np.int64)
        return distinct_rows([f.ids[:n] for f in features])[1]

    def counts(self, rest, parts, values, widths, pairs):
        """The cells and the exceptions of candidates in place of some features."""
        k = self.k
        order, counts = np.unique(
            (rest * (int(parts.max()) + 1) + parts) * k + self.labels, return_counts=True
        )
        labels, order = order % k, order // k
        parts, groups = order % (int(parts.max()) + 1), order // (int(parts.max()) + 1)
        starts = np.flatnonzero(np.diff(groups, prepend=-1, append=groups[-1] + 1))
        pairs = np.asarray(pairs, np.int64)
        out = np.empty((len(pairs), 2), np.int64)
        values, widths = np.asarray(values, np.uint16), np.asarray(widths, np.int64)
        step = max(1, 20_000_000 // len(order))
        for first in range(0, len(pairs), step):
            some = slice(first, first + step)
            kernels.merged(
                starts, parts, labels, counts, values, widths, pairs[some], k,
                self.seen, self.most, out[some],
            )
            if self.must_stop():
                out[first + step:] = self.problem.n
                break
        self.read += len(pairs) * len(order)
        return out[:, 0], out[:, 1]

    def step(self, state, pressure):
        """The best neighbour of a state by the cheapest kind of move that has one; or None."""
        now = self.energy(state, pressure) - 1e-6
        for replaced, pair in (((1, 2), False), ((3,), False), ((1, 2, 3), True)):
            best = (now, None)
            if not pair and 1 in replaced:
                for k in range(len(state)):
                    rest = state[:k] + state[k + 1:]
                    best = min(best, (self.energy(rest, pressure), rest), key=lambda b: b[0])
            for m in replaced:
                for chosen in itertools.combinations(range(len(state)), m):
                    if self.must_stop() or self.read > ENTRIES:
                        return best[1]
                    best = self.replace(state, chosen, pair, pressure, best)
            if best[1] is not None:
                return best[1]
        return None

    def replace(self, state, chosen, pair, pressure, best):
        """The better of what is known and of replacing some features."""
        features = [state[k] for k in chosen]
        rest = [f for k, f in enumerate(state) if k not in chosen]
        first, parts = distinct_rows([f.ids for f in features])
        if len(first) > PARTS:
            return best
        candidates = self.candidates(features, first)
        room = best[0] - sum(f.units for f in rest) / UNIT - self.code[0]
        pairs = self.pairs(candidates, pair, room, len(first))
        if not len(pairs):
            return best
        cells, wrong = self.counts(
            self.cells(rest), parts[: self.problem.n], candidates.values, candidates.widths, pairs
        )
        units = candidates.units[pairs[:, 0]] + np.where(
            pairs[:, 1] >= 0, candidates.units[pairs[:, 1]], 0
        )
        bits = (units + sum(f.units for f in rest)) / UNIT
        energy = bits + self.price(pressure) * cells + self.code[wrong]
        at = int(np.argmin(energy))
        if energy[at] >= best[0]:
            return best
        made = [candidates.feature(self.problem, features, k) for k in pairs[at]
                if k >= 0 and candidates.widths[k] > 1]
        if None in made:
            return best
        return float(energy[at]), rest + made

    def candidates(self, features, first):
        key = tuple((f.program.type, f.units, f.values[first].tobytes()) for f in features)
        if key not in self.known:
            self.known[key] = Candidates.over(self.problem, features, first)
        return self.known[key]

    def pairs(self, candidates, pair, room, parts):
        count = len(candidates.units)
        if not pair:
            alone = np.flatnonzero(
                (candidates.widths <= WIDTH) & (candidates.units < room * UNIT)
            )
            return np.stack([alone, np.full(len(alone), -1)], axis=1)
        useful = np.flatnonzero((candidates.widths > 1) & (candidates.widths < parts))[:PAIRED]
        a, b = np.triu_indices(len(useful), 1)
        a, b = useful[a], useful[b]
        keep = candidates.widths[a] * candidates.widths[b] <= WIDTH
        keep &= candidates.units[a] + candidates.units[b] < room * UNIT
        return np.stack([a[keep], b[keep]], axis=1)


def ending(problem, state, found, must_stop):
    """Put the best programs over the features of a state into `found`, with their totals."""
    if not state or len(state) > FEATURES:
        return
    n = problem.n
    first, cell = distinct_rows([f.ids for f in state])
    if len(first) > CELLS:
        return
    parts, columns = [], []
    for f in state:
        for program in (f.program, *f.others):
            values = problem.values(program)
            if values is not None:
                parts.append(program)
                columns.append(values[first])
    inner = Inner(problem, parts, problem.root, columns, max_programs=PROGRAMS)
    labels, ids = np.unique(problem.compared, return_inverse=True)
    counts = np.zeros((len(first), len(labels)), np.int64)
    np.add.at(counts, (cell[:n], ids), 1)
    answers = problem.root.coarse(inner.values)
    right = np.zeros(len(answers), np.int64)
    for k, label in enumerate(labels):
        right += (answers == label) @ counts[:, k]
    totals = inner.units / UNIT + problem.code[n - right]
    for row in np.argsort(totals, kind="stable")[:3]:
        program = inner.program(row)
        if program not in found:
            found[program] = problem.total(program)
