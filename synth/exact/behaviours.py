"""The behaviours of one type as they are counted: rows, an index, and a count a level."""

import numpy as np

from synth.kernels import counting as kernels

#: int64 counts are exact up to here; beyond, counts are float64.
EXACT = 2**63


class Behaviours:
    """Distinct behaviours of `type` on `rows` rows, numbered in the order first met.

    Of every closed level, which is a cost that the type has trees of: ids int32 and
    counts int64 (0 where the level is not exact) and float64, one after the other from
    `starts` on; `totals` and `defined`: the number of trees, in all and with a value, a
    Python integer where the level is exact, else `defined` is a float.
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
        self.starts = [0]
        self.held = []
        self.totals = []
        self.defined = []
        self.undefined = []

    def __len__(self):
        return int(self.state[kernels.HELD])

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
        start, stop = self.starts[-1], self.starts[-1] + len(met)
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
        self.starts.append(stop)
        self.held.append(len(self))
        self.totals.append(total)
        self.defined.append(sum(sums.tolist()) if dtype == np.int64 else float(sums.sum()))
        self.undefined.append(undefined)

    def level(self, k):
        """(ids int32 (n,), counts int64 or, where that is not exact, float64 (n,))."""
        part = slice(self.starts[k], self.starts[k + 1])
        dtype = np.int64 if self.totals[k] < EXACT else np.float64
        return self.ids[part], self.counts[dtype][part]

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
