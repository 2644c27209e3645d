"""The cells of some features: which labels meet in each, and what each other division costs."""

import math

import numpy as np

from synth.engine.reach.features import Candidates, dense, first_rows, joined
from synth.kernels import cells as kernels
from synth.language import UNIT

#: Entries (see `kernels.cells`) between two looks at the clock: about 0.05 s.
READ = 10_000_000
#: What else costs time, in entries: a move (0.3 ms), and an inner enumeration (10 ms).
MOVE, INNER = 10**5, 4 * 10**6
#: The mean of what chance adds to an energy, in bits, so that others than the best are taken.
HEAT = 4.0
#: The most values of a candidate, or of a pair of them.
WIDTH = 2**12
#: The most joint values of the features that a move replaces.
PARTS = 4096
#: The most candidates that are paired.  Three booleans have 126 partitions besides the trivial.
PAIRED = 128


class Labels:
    """The training labels, what cells and exceptions cost, and how much was done.

    Parameters
    ----------
    problem : Problem
    must_stop : callable
        Says whether to stop.
    exact : bool
        Whether to make no exceptions at all.
    known : dict, optional
        Candidates that were enumerated.

    Attributes
    ----------
    work : int
        What was done, in entries that were read.
    """

    def __init__(self, problem, must_stop, exact=False, known=None):
        self.problem, self.must_stop, self.exact = problem, must_stop, exact
        self.values, labels = np.unique(problem.compared, return_inverse=True)
        self.numbers, self.k = labels.astype(np.int64), len(self.values)
        # Fewer rows are wrong if the most frequent label of a cell is said, and the code rises.
        self.code = np.maximum.accumulate(problem.code)
        if exact:
            self.code[1:] = np.inf
        self.work, self.allowed = 0, 0
        self.known = {} if known is None else known
        self._merits = {}
        self._seen = np.zeros(WIDTH * self.k, np.int64)
        self._most = np.zeros(WIDTH, np.int64)

    def over(self):
        """Whether to end."""
        return self.work > self.allowed or self.must_stop()

    def price(self, pressure):
        """Bits of a cell."""
        return math.log2(max(self.k, 2)) + pressure

    def merit(self, feature):
        """How many bits of a label a feature alone says, on average."""
        if feature.program not in self._merits:
            n = self.problem.n
            at = feature.ids[:n] * self.k + self.numbers
            counts = np.bincount(at, minlength=feature.width * self.k).reshape(-1, self.k)
            cells, labels = counts.sum(axis=1), counts.sum(axis=0)
            bits = [(c[c > 0] * np.log2(c[c > 0] / n)).sum() for c in (counts, cells, labels)]
            self._merits[feature.program] = float(bits[0] - bits[1] - bits[2]) / n
        return self._merits[feature.program]

    def least(self, entries, candidates, pairs, bits, price, limit):
        """The place of the pair of least energy below a limit, or None, and the energy.

        Parameters
        ----------
        entries : tuple of ndarray
            As `kernels.cells.replaced` takes them: starts, parts, labels, counts.
        candidates : (ndarray, ndarray)
            Values and widths.
        pairs, bits, price, limit
            As the kernel takes them.
        """
        values, widths = candidates
        joint = np.empty(values.shape[1], np.uint64)
        out, found = np.empty(4, np.int64), None
        step = max(1, READ // max(len(entries[1]), values.shape[1]))
        for at in range(0, len(pairs), step):
            if self.over():
                break
            some = slice(at, at + step)
            limit = kernels.replaced(
                *entries, values, widths, pairs[some], bits[some], price, self.code, self.k,
                limit, self._seen, self._most, joint, out,
            )  # fmt: skip
            self.work += int(out[3])
            if out[0] >= 0:
                found = at + int(out[0])
        return found, limit


class State:
    """Some features, and the labels in their cells.

    Parameters
    ----------
    labels : Labels
    features : list of Feature

    Attributes
    ----------
    width : int
        The number of cells that occur on training rows.
    wrong : int
        The number of exceptions.
    """

    def __init__(self, labels, features):
        self.labels, self.features = labels, list(features)
        n, k = labels.problem.n, labels.k
        cell, count = joined([(f.ids, f.width) for f in features], labels.problem.rows)
        #: A row of each cell, held-out ones too, and the features' values there.
        self.rows = first_rows(cell, count)
        self.ids = [(f.ids[self.rows], f.width) for f in features]
        #: The cell, the label and the number of training rows of each entry.
        code = cell[:n] * k + labels.numbers
        code, found = dense(code, count * k)
        first = first_rows(code, found)
        self.at, self.label = cell[:n][first], labels.numbers[first]
        self.count = np.bincount(code, minlength=found)
        self.width, self.wrong = self._counted(np.arange(count))
        self.units = sum(f.units for f in features)

    def _counted(self, cell):
        """The number of cells and of exceptions if the cells are joined as told."""
        k = self.labels.k
        size = int(cell.max(initial=0)) + 1
        counts = np.bincount(cell[self.at] * k + self.label, self.count, size * k)
        most = counts.reshape(size, k).max(axis=1)
        return int(np.count_nonzero(most)), self.labels.problem.n - int(most.sum())

    def energy(self, pressure):
        """The energy in bits."""
        return self._energy(self.units, self.width, self.wrong, pressure)

    def _energy(self, units, width, wrong, pressure):
        return units / UNIT + self.labels.price(pressure) * width + float(self.labels.code[wrong])

    def without(self, pressure):
        """The energy without each feature, and the exceptions.

        Of equal ones, that without the feature that says least by itself is the least.
        """
        found = []
        for k, f in enumerate(self.features):
            rest = joined(self.ids[:k] + self.ids[k + 1 :], len(self.rows))[0]
            width, wrong = self._counted(rest)
            energy = self._energy(self.units - f.units, width, wrong, pressure)
            found.append((energy + 1e-5 * self.labels.merit(f), wrong))
        self.labels.work += MOVE * len(found)
        return found

    def replaced(self, places, pair, pressure, limit, generator=None):
        """The features of the best state with others at some places, or None, and its energy.

        Parameters
        ----------
        places : sequence of int
        pair : bool
            Whether to put two features there rather than one.
        pressure : float
        limit : float
            Energies from here on do not count.
        generator : numpy.random.Generator, optional
            If given, chance adds to the energies.
        """
        labels = self.labels
        labels.work += MOVE
        features = [self.features[k] for k in places]
        others = [k for k in range(len(self.features)) if k not in places]
        part, width = joined([self.ids[k] for k in places], len(self.rows))
        if width > PARTS:
            return None, limit
        candidates = self._candidates(features, first_rows(part, width))
        rest, groups = joined([self.ids[k] for k in others], len(self.rows))
        units = self.units - sum(f.units for f in features)
        room = limit - units / UNIT - labels.code[0]
        pairs = promising(candidates, pair, room, width)
        bits = (units + np.append(candidates.units, 0)[pairs].sum(axis=1)) / UNIT
        if generator is not None:
            bits += generator.exponential(HEAT, len(bits))
        group = rest[self.at]
        order = np.argsort(group, kind="stable")
        starts = np.flatnonzero(np.diff(group[order], prepend=-1, append=groups))
        entries = starts, part[self.at][order], self.label[order], self.count[order]
        table = candidates.values, candidates.widths
        at, energy = labels.least(entries, table, pairs, bits, labels.price(pressure), limit)
        if at is None:
            return None, limit
        chosen = [k for k in pairs[at] if k >= 0 and candidates.widths[k] > 1]
        made = [candidates.feature(labels.problem, features, k) for k in chosen]
        if any(f is None for f in made):
            return None, limit
        return [self.features[k] for k in others] + made, energy

    def _candidates(self, features, first):
        """What can replace some features; `first` is a cell of each of their joint values."""
        rows = self.rows[first]
        known = self.labels.known
        key = tuple((f.program.type, f.units, f.values[rows].tobytes()) for f in features)
        if key not in known:
            self.labels.work += INNER
            known[key] = Candidates.over(self.labels.problem, features, rows)
        return known[key]


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
