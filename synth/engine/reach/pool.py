"""Pools: what can fill a hole of one type, the rows of its bank, as one pass reads them.

Only training rows count in a pass.  Booleans are read as they are packed.  Values of a type of
at most 256 are cells of one byte.  Of any other type, the values that some row takes on a
training row are numbered in order, row by row, and the numbers are the cells.
"""

import numpy as np

from synth.language import UNIT

#: Bytes of the rows of a pool: what one pass reads.
POOL_BYTES = 2**24
#: The most values of a type whose values are numbers already.
FEW = 256


class Pool:
    """The cheapest rows of a bank.

    Parameters
    ----------
    engine : Enumerator
        The enumerator that holds the bank.
    type : Type
        The bank's type.
    n : int
        The number of training rows, which come first.

    Attributes
    ----------
    count : int
        The number of rows.
    ends, costs : ndarray of int64
        One past the last row of each level, and its cost in units of 1/1024 bit.
    cells : ndarray
        The rows: uint64 (count, W) for booleans, otherwise uint8 or uint16 (count, n).
    width : int
        How many values the cells of a training row can stand for.
    uniform : bool
        Whether the cells of all training rows stand for the same values.
    """

    def __init__(self, engine, type, n):
        self.engine, self.type, self.n = engine, type, n
        bank = engine.banks[type]
        held = bank.ends[-1] if bank.ends else 0
        self.bits = type.storage is None
        self._few = not self.bits and type.storage == np.uint8 and type.size <= FEW
        size = 8 * type.words(n) if self.bits else n * (1 if self._few else 2)
        self.count = int(min(held, max(1024, POOL_BYTES // size)))
        ends = np.minimum(bank.ends, self.count).astype(np.int64)
        some = np.flatnonzero(np.diff(ends, prepend=0) > 0)
        self.ends = ends[some]
        self.costs = np.array(bank.costs, np.int64)[some] >> engine.grammar.shift
        self.uniform = self.bits or self._few
        self._at = self._values = self._ids = None
        if self.bits:
            self.words = type.words(n)
            self.cells = bank.behaviours[: self.count]
            self.width = 2
        elif self._few:
            self.cells = bank.behaviours[: self.count].view(np.uint8)[:, :n]
            self.width = int(type.size)
        else:
            self._number(bank)

    def _number(self, bank):
        """Number the values of each training row, in order."""
        n, count = self.n, self.count
        cells = np.empty((n, count), np.uint16)
        values, sizes = [], []
        for first in range(0, n, 256):
            stop = min(first + 256, n)
            block = np.empty((stop - first, count), self.type.dtype)
            for k in range(0, count, 4096):
                part = self.engine.banks[self.type].values(k, min(k + 4096, count))
                block[:, k : k + len(part)] = part[:, first:stop].T
            for r, row in enumerate(block):
                distinct, numbers = np.unique(row, return_inverse=True)
                cells[first + r] = numbers
                values.append(distinct)
                sizes.append(len(distinct))
        self.cells = np.ascontiguousarray(cells.T)
        self.width = max(sizes, default=1)
        self._at = np.repeat(np.arange(n), sizes)
        self._values = np.concatenate(values)
        self._ids = np.concatenate([np.arange(s) for s in sizes])

    def points(self):
        """All values that a hole can have on a training row: (row, value) pairs.

        Returns
        -------
        at : ndarray of int64, shape (points,)
            Training rows.
        values : ndarray, shape (points,)
            Of the type's dtype.
        ids : ndarray of int64, shape (points,)
            What stands for the value in `cells`.
        """
        if self._at is None:
            n, width = self.n, self.width
            self._at = np.tile(np.arange(n), width)
            self._ids = np.repeat(np.arange(width), n)
            self._values = (self._ids + int(self.type.low)).astype(self.type.dtype)
        return self._at, self._values, self._ids

    def cost(self, row):
        """A row's cost in units."""
        return int(self.costs[np.searchsorted(self.ends, row, side="right")])

    def program(self, row):
        """A row's program."""
        return self.engine.program(int(row), self.type)

    def few(self, generator):
        """The number of a row, cheap ones more often: its logarithm is uniform."""
        return int(self.count ** generator.random()) - 1 if self.count else None


def bits_of(units):
    """Units as bits."""
    return units / UNIT
