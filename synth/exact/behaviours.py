"""The distinct behaviours of one type, with an index to find them and their counts at each cost."""

import numpy as np

from synth.kernels import products as kernels

#: Counts below this are exact in int64; larger counts are float64.
EXACT = 2**63


class Behaviours:
    """Distinct behaviours of a type, numbered in the order in which they were first met.

    The counts are kept level by level. A level is a cost that the type has trees of; `close`
    ends the current level.

    Parameters
    ----------
    type : Type
        The type of the values.
    rows : int
        The number of rows.

    Attributes
    ----------
    words : uint64 (capacity, W)
        The packed values of each behaviour.
    slots : int64
        The hash index; see `synth.kernels.products`.
    state : int64 (2,)
        The number of behaviours held, and the number met at the current level.
    sums : dict
        By dtype, the counts of the current level.
    met : int32
        The behaviours met at the current level.
    ids, counts
        Behaviours (int32) and their counts, the closed levels one after the other: level k fills
        the places starts[k] to starts[k + 1]. Counts are kept both as int64 (0 if the level is
        not exact) and as float64.
    totals : list of int
        The number of trees at each level.
    held : list of int
        The number of behaviours known after each level.
    partial : bool
        Whether some tree has no value on some row.
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
        """The number of trees at each level, (3, L): all, with a value on every row, the others."""
        return self._trees[dtype][:, : len(self.totals)]

    @property
    def nbytes(self):
        """Bytes of memory taken by the rows, the index and the counts."""
        arrays = [self.words, self.slots, self.met, self.ids]
        arrays += [*self.sums.values(), *self.counts.values()]
        return sum(a.nbytes for a in arrays)

    def reserve(self, more):
        """Makes room for `more` further behaviours."""
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
        """Ends the current level: its sums become the level's counts.

        Parameters
        ----------
        total : int
            The number of trees at this level.
        dtype : type
            np.int64 if the counts are exact, else np.float64.
        undefined : int or float
            The number of trees without a value on some row.
        """
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
        """The behaviours of level k, int32 (n,), and their counts (n,) in its `dtype`."""
        part = slice(self._starts[k], self._starts[k + 1])
        return self.ids[part], self.counts[self.dtype(k)][part]

    def undefined(self, k):
        """The number of trees of level k without a value on some row, an int if exact."""
        return self._trees[self.dtype(k)][2, k].item()

    def dtype(self, k):
        """The dtype of the counts of level k."""
        return np.int64 if self.totals[k] < EXACT else np.float64

    def values(self, ids):
        """The values of the given behaviours, (n, rows), in the type's dtype."""
        return self.type.unpack(self.words[ids], self.rows)


def _enough(size, need):
    while size < need:
        size *= 2
    return size


def _grown(array, size):
    grown = np.empty((size, *array.shape[1:]), array.dtype)
    grown[: len(array)] = array
    return grown
