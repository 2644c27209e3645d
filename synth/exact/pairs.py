"""Pairs of operands whose counts are multiplied: the kernel's jobs, its memo, and waiting pairs."""

import numpy as np

from synth.kernels import products as kernels

#: The number of jobs made at a time.
JOBS = 2**16


class Memo:
    """The results of a primitive that are already known, by the numbers of its operands.

    The memo grows with the number of behaviours until it takes `most_bytes`.

    Parameters
    ----------
    arity : int
        The number k of operands.
    most_bytes : float
        The memory that it may take.

    Attributes
    ----------
    known : int
        Operands numbered below this are in the memo.
    made : int32 (known**(k-1), known)
        The behaviours of the results, (known, 1) for one operand; see `synth.kernels.products`.
    flat : int32
        The same memory in one dimension.
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
        """Makes room for `count` behaviours, as far as the limit allows."""
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
        """The row of the memo where each prefix of operands (n, k - 2) starts; -1 if none."""
        place = np.zeros(len(prefixes), np.int64)
        for column in prefixes.T:
            place = place * self.known + column
        return np.where((prefixes < self.known).all(axis=1), place * self.known, -1)


class Waiting:
    """Pairs of operands that wait to be evaluated; see `synth.kernels.products.walk`.

    Parameters
    ----------
    size : int
        The largest number of pairs.
    dtype : type
        The dtype of the weights.

    Attributes
    ----------
    cursor : int64 (4,)
        Where the walk continues, and how many pairs wait.
    arrays : tuple of arrays (size,)
        For each pair its job, both operands, its weight and its place in the memo.
    """

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
    """Jobs for the kernel, in portions: all operands but the last two are fixed in each.

    Parameters
    ----------
    splits : int64 (n, k)
        The levels of the operands, one split of the cost a row.
    operands : list of Behaviours
        The operands except the last two.
    dtype : type
        The dtype of the counts.
    commutative : bool
        Whether the primitive is commutative; of two orders of operands one is then made.

    Yields
    ------
    places : (n, 1 or 2)
        The levels of the last two operands.
    prefixes : int32 (n, k - 2)
        The behaviours of the other operands.
    factors : (n,)
        The product of their counts, doubled if a pair stands for both orders.
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
