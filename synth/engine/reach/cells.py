"""The cells of some features: which labels meet in each, and what each other division costs."""

import math

import numpy as np

from synth.engine.reach.features import Candidates, dense, first_rows, inner_prices, joined
from synth.kernels import cells as kernels
from synth.language import UNIT

#: Entries (see `kernels.cells`) between two looks at the clock: about 0.05 s.
READ = 10_000_000
#: What else costs time, in entries: a move (0.3 ms), and an inner enumeration (10 ms).
MOVE, INNER = 10**5, 4 * 10**6
#: What a bit counts that a feature says by itself, among candidates of nearly equal energy.
MERIT = 0.1
#: The mean of what chance adds to an energy, in bits, so that others than the best are taken.
HEAT = 8.0
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
        self._seen = np.zeros(WIDTH * self.k, np.int64)
        self._most = np.zeros(WIDTH, np.int64)

    def over(self):
        """Whether to end."""
        return self.work > self.allowed or self.must_stop()

    def price(self, pressure):
        """Bits of a cell."""
        return math.log2(max(self.k, 2)) + pressure

    def merit(self, ids, width):
        """How many bits of the labels the value of each training row says by itself."""
        at = ids[: self.problem.n] * self.k + self.numbers
        counts = np.bincount(at, minlength=width * self.k).reshape(-1, self.k)
        cells, labels = counts.sum(axis=1), counts.sum(axis=0)
        bits = [c[c > 0] @ np.log2(c[c > 0]) for c in (counts, cells, labels)]
        return float(bits[0] - bits[1] - bits[2] + cells.sum() * np.log2(cells.sum()))

    def energies(self, entries, candidates, pairs, bits, price, limits):
        """The energies of pairs of candidates; infinite where they do not count.

        Parameters
        ----------
        entries : tuple of ndarray
            As `kernels.cells.replaced` takes them: starts, parts, labels, counts.
        candidates : Candidates
        pairs, bits, price
            As the kernel takes them.
        limits : (float, float)
            Energies count below the first, and up to the second above the least.
        """
        joint, out = np.empty(candidates.values.shape[1], np.uint64), np.empty(2, np.int64)
        found = np.full(len(pairs), np.inf)
        limit, slack = limits
        step = max(1, READ // max(len(entries[1]), len(joint)))
        for at in range(0, len(pairs), step):
            if self.over():
                break
            some = slice(at, at + step)
            kernels.replaced(
                *entries, candidates.values, candidates.widths, pairs[some], bits[some], price,
                self.code, self.k, limit, slack, self._seen, self._most, joint, found[some], out,
            )  # fmt: skip
            self.work += int(out[1])
            limit = min(limit, float(found[some].min()) + slack)
        return found


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
        # In order of their prices: then other features of equal prices have equal candidates.
        self.labels = labels
        self.features = features = sorted(features, key=lambda f: f.units)
        n, k = labels.problem.n, labels.k
        cell, count = joined([(f.ids, f.width) for f in features], labels.problem.rows)
        #: The cell of each training row.
        self.cell = cell[:n]
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
        rows, found = len(self.rows), []
        before = [(np.zeros(rows, np.int64), 1)]
        for ids, width in self.ids:
            before.append(dense(before[-1][0] * width + ids, before[-1][1] * width))
        after = [before[0]]
        for ids, width in reversed(self.ids):
            after.append(dense(after[-1][0] * width + ids, after[-1][1] * width))
        after.reverse()
        for k, f in enumerate(self.features):
            cell, count = (
                before[k][0] * after[k + 1][1] + after[k + 1][0],
                before[k][1] * after[k + 1][1],
            )
            width, wrong = self._counted(dense(cell, count)[0])
            energy = self._energy(self.units - f.units, width, wrong, pressure)
            found.append((energy + 1e-6 * self.labels.merit(f.ids, f.width), wrong))
        self.labels.work += MOVE * len(found)
        return found

    def least(self, places, pair, pressure, limit):
        """The least energy below a limit of a state with others at some places, or the limit.

        Parameters
        ----------
        places : sequence of int
        pair : bool
            Whether to put two features there rather than one.
        pressure : float
        limit : float
        """
        self.labels.work += MOVE
        _, _, energies = self._replaced(places, pair, pressure, (limit, 0.0))
        return min(limit, float(energies.min(initial=np.inf)))

    def replaced(self, places, pair, pressure, limits, generator=None):
        """The features with others at some places: of those within the limits, a good choice.

        Of two pairs that make the same cells, that one leads on whose features say more by
        themselves: the carry of an adder rather than "not all are equal".
        """
        labels = self.labels
        candidates, pairs, energies = self._replaced(places, pair, pressure, limits)
        good = np.flatnonzero(energies <= energies.min(initial=limits[0]) + limits[1])
        if not len(good):
            return None
        part, _ = joined([self.ids[k] for k in places], len(self.rows))
        part = part[self.cell]
        merit = {-1: 0.0}
        for k in set(pairs[good].ravel().tolist()) - {-1}:
            ids = candidates.values[k].astype(np.int64)[part]
            merit[k] = labels.merit(ids, int(candidates.widths[k]))
        score = energies[good] - MERIT * np.array([merit[a] + merit[b] for a, b in pairs[good]])
        if generator is not None:
            score += generator.exponential(HEAT, len(good))
        features = [self.features[k] for k in places]
        made = []
        for k in pairs[good[int(np.argmin(score))]]:
            if k >= 0 and candidates.widths[k] > 1:
                made.append(candidates.feature(labels.problem, features, k))
        rest = [f for k, f in enumerate(self.features) if k not in places]
        return None if None in made else rest + made

    def _replaced(self, places, pair, pressure, limits):
        """Candidates for some places, pairs of them, and the energies of all within limits."""
        labels = self.labels
        features = [self.features[k] for k in places]
        part, width = joined([self.ids[k] for k in places], len(self.rows))
        if width > PARTS:
            return None, None, np.empty(0)
        others = [ids for k, ids in enumerate(self.ids) if k not in places]
        rest, groups = joined(others, len(self.rows))
        candidates = self._candidates(features, first_rows(part, width))
        units = self.units - sum(f.units for f in features)
        costs = candidates.units(features)
        room = limits[0] * UNIT - units - labels.code[0] * UNIT
        pairs = promising(candidates.widths, costs, pair, room, width)
        bits = (units + np.append(costs, 0)[pairs].sum(axis=1)) / UNIT
        group = rest[self.at]
        order = np.argsort(group, kind="stable")
        starts = np.flatnonzero(np.diff(group[order], prepend=-1, append=groups))
        entries = starts, part[self.at][order], self.label[order], self.count[order]
        price = labels.price(pressure)
        return candidates, pairs, labels.energies(entries, candidates, pairs, bits, price, limits)

    def _candidates(self, features, first):
        """What can replace some features; `first` is a cell of each of their joint values."""
        labels, rows = self.labels, self.rows[first]
        parts = [f.program for f in features]
        prices = inner_prices(labels.problem, parts)
        kind = tuple((part.type, price) for part, price in zip(parts, prices, strict=True))
        columns = [f.values[rows] for f in features]
        if any(part.type.storage is not None for part in parts):
            key = (kind, *(column.tobytes() for column in columns))
            return self._enumerated(key, parts, columns)
        # Booleans are enumerated over all their joint values, once for equal prices.
        at = np.zeros(len(rows), np.int64)
        for column in columns:
            at = 2 * at + column
        key = kind, at.tobytes()
        if key not in labels.known:
            every = np.indices((2,) * len(parts)).reshape(len(parts), -1).astype(bool)
            labels.known[key] = self._enumerated(kind, parts, every).on(at)
        return labels.known[key]

    def _enumerated(self, key, parts, columns):
        labels = self.labels
        if key not in labels.known:
            labels.work += INNER
            labels.known[key] = Candidates.over(labels.problem, parts, columns)
        return labels.known[key]


def promising(widths, units, pair, room, parts):
    """The candidates, or pairs of them, that cost less than there is room for."""
    if not pair:
        alone = np.flatnonzero((widths <= WIDTH) & (units < room))
        return np.stack([alone, np.full(len(alone), -1)], axis=1)
    useful = np.flatnonzero((widths > 1) & (widths < parts))[:PAIRED]
    a, b = useful[np.stack(np.triu_indices(len(useful), 1))]
    keep = (widths[a] * widths[b] <= WIDTH) & (units[a] + units[b] < room)
    return np.stack([a[keep], b[keep]], axis=1)
