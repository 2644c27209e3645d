"""The behaviours of one type as they are counted: rows, an index, and a count a level."""

import numpy as np

from synth.kernels import products as kernels

#: int64 counts are exact up to here; beyond, counts are float64.
EXACT = 2**63


class Behaviours:
    """Distinct behaviours of `type` on `rows` rows, numbered in the order first met.

    Of every closed level, which is a cost that the type has trees of: ids int32 and
    counts int64 (0 where the level is not exact) and float64, one after the other from
    `starts` on; `totals`: the number of trees, a Python integer; `held`: the number of
    behaviours; `trees`: by dtype, (3, L): trees in all, with a value on every row, without.
    """

    def __init__(self, type, rows):
        self.type = type
        self.rows = rows
        self.width = type.words(rows)
        self.words = np.empty((1024, self.width), np.uint64)
        self.slots = np.zeros(4096, np.int64)
        self.state = np.zeros(2, np.int64)
        self.sums = {d: np.zeros(1024, d) for d in (np.int64, np.float64)}
        self.met = np.empty(1024, np.int32)
        self.ids = np.empty(1024, np.int32)
        self.counts = {d: np.empty(1024, d) for d in (np.int64, np.float64)}
        self._starts = np.zeros(64, np.int64)
        self._trees = {d: np.zeros((3, 64), d) for d in (np.int64, np.float64)}
        self.partial = False
        self.held = []
        self.totals = []

    def __len__(self):
        return int(self.state[kernels.HELD])

    @property
    def starts(self):
        return self._starts[: len(self.totals) + 1]

    def trees(self, dtype):
        return self._trees[dtype][:, : len(self.totals)]

    @property
    def nbytes(self):
        """Bytes of memory taken by rows, index and counts."""
        arrays = [self.words, self.slots, self.met, self.ids]
        arrays += [*self.sums.values(), *self.counts.values()]
        return sum(a.nbytes for a in arrays)

    def reserve(self, more):
        """Makes room for so many behaviours more."""
        need = len(self) + more
        if need > len(self.words):
            size = _enough(len(self.words), need)
            self.words = _grown(self.words, size)
            self.met = _grown(self.met, size)
            for dtype, sums in self.sums.items():
                self.sums[dtype] = np.zeros(size, dtype)
                self.sums[dtype][: len(sums)] = sums
        if 2 * need > len(self.slots):
            self.slots = np.zeros(_enough(len(self.slots), 2 * need), np.int64)
            kernels.index_behaviours(self.words, len(self), self.slots)

    def close(self, total, dtype, undefined):
        """Ends a level: keeps the sums of what it has met as its counts."""
        met = np.sort(self.met[: self.state[kernels.MET]])
        k = len(self.totals)
        if k + 2 > len(self._starts):
            self._starts = _grown(self._starts, 2 * (k + 2))
            self._trees = {d: _grown(t.T, 2 * (k + 2)).T for d, t in self._trees.items()}
        start = self._starts[k]
        stop = start + len(met)
        if stop > len(self.ids):
            size = _enough(len(self.ids), stop)
            self.ids = _grown(self.ids, size)
            self.counts = {d: _grown(c, size) for d, c in self.counts.items()}
        sums = self.sums[dtype][met]
        self.ids[start:stop] = met
        self.counts[np.int64][start:stop] = sums if dtype == np.int64 else 0
        self.counts[np.float64][start:stop] = sums
        self.sums[dtype][met] = 0
        self.state[kernels.MET] = 0
        self._starts[k + 1] = stop
        exact = dtype == np.int64
        tree = total if exact else float(total), sums.sum(), undefined
        self._trees[np.int64][:, k] = tree if exact else 0
        self._trees[np.float64][:, k] = tree
        self.partial |= undefined > 0
        self.totals.append(total)
        self.held.append(len(self))

    def level(self, k):
        """(ids int32 (n,), counts int64 or, where that is not exact, float64 (n,))."""
        part = slice(self._starts[k], self._starts[k + 1])
        return self.ids[part], self.counts[self.dtype(k)][part]

    def undefined(self, k):
        """How many trees have no value on some row, a Python integer where that is exact."""
        return self._trees[self.dtype(k)][2, k].item()

    def dtype(self, k):
        """Of a level's counts."""
        return np.int64 if self.totals[k] < EXACT else np.float64

    def values(self, ids):
        """Values of the type's dtype, (n, rows)."""
        return self.type.unpack(self.words[ids], self.rows)


def _enough(size, need):
    while size < need:
        size *= 2
    return size


def _grown(array, size):
    grown = np.empty((size, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
