"""Pairs of operands whose counts are multiplied: jobs, what waits, and what is remembered."""

import numpy as np

from synth.kernels import products as kernels

#: Jobs that are made at a time.
JOBS = 2**16


class Memo:
    """What a primitive makes of behaviours: `made` int32 (known**(k-1), known) for k operands.

    For one operand (known, 1).  It grows with the number of behaviours up to its bytes.
    """

    def __init__(self, arity, most_bytes):
        self.arity = arity
        self.limit = int((most_bytes / 4) ** (1 / arity))
        self.known = 0
        self._shaped(np.zeros((0,) * arity, np.int32))

    @property
    def nbytes(self):
        return self.made.nbytes

    def fit(self, count):
        """Makes room for so many behaviours, as far as allowed."""
        if count <= self.known or self.known == self.limit:
            return
        known = min(self.limit, max(64, 2 * self.known, count))
        made = np.full((known,) * self.arity, kernels.UNKNOWN, np.int32)
        made[(slice(self.known),) * self.arity] = self.made.reshape((self.known,) * self.arity)
        self.known = known
        self._shaped(made)

    def _shaped(self, made):
        self.flat = made.reshape(-1)
        width = self.known if self.arity > 1 else 1
        self.made = self.flat.reshape(self.known ** max(1, self.arity - 1), width)

    def bases(self, prefixes):
        """Where in the memo's rows prefixes of operands (n, k - 2) start; -1 where nowhere."""
        place = np.zeros(len(prefixes), np.int64)
        for column in prefixes.T:
            place = place * self.known + column
        return np.where((prefixes < self.known).all(axis=1), place * self.known, -1)


class Waiting:
    """Pairs of operands that wait to be evaluated; see `kernels.counting.walk`."""

    def __init__(self, size, dtype):
        self.cursor = np.zeros(4, np.int64)
        self.arrays = (
            np.empty(size, np.int64),
            np.empty(size, np.int32),
            np.empty(size, np.int32),
            np.empty(size, dtype),
            np.empty(size, np.int64),
        )


def prefixed(splits, operands, dtype, commutative):
    """Jobs of one split each, but for the last two operands: (places, prefixes, factors).

    places (n, 1 or 2): the levels of the last two operands; prefixes int32 (n, k - 2):
    behaviours of the others; factors (n,): the product of their counts, and 2 where a
    commutative primitive's operands stand for both of their orders.
    """
    if not operands:
        factors = np.ones(len(splits), dtype)
        if commutative:
            splits = splits[splits[:, 0] <= splits[:, 1]]
            factors = np.where(splits[:, 0] < splits[:, 1], 2, 1).astype(dtype)
        yield splits, np.zeros((len(splits), 0), np.int32), factors
        return
    parts, size = [], 0
    for split in splits:
        prefixes, factors = np.zeros((1, 0), np.int32), np.ones(1, dtype)
        for level, operand in zip(split, operands, strict=False):
            part = slice(operand.starts[level], operand.starts[level + 1])
            ids, counts = operand.ids[part], operand.counts[dtype][part]
            n = len(prefixes)
            prefixes = np.column_stack([np.repeat(prefixes, len(ids), 0), np.tile(ids, n)])
            factors = np.repeat(factors, len(ids)) * np.tile(counts, n)
        parts.append((np.tile(split[-2:], (len(prefixes), 1)), prefixes, factors))
        size += len(prefixes)
        if size >= JOBS:
            yield tuple(map(np.concatenate, zip(*parts, strict=True)))
            parts, size = [], 0
    if parts:
        yield tuple(map(np.concatenate, zip(*parts, strict=True)))
