"""Counting exceptions: the number of places in which rows differ from labellings."""

import numpy as np
from numba import njit

ZERO, ONE = np.uint64(0), np.uint64(1)


@njit(cache=True, nogil=True)
def errors_bits(rows, labels, mask, out):
    """Counts the masked bits in which each row differs from each labelling.

    Parameters
    ----------
    rows : uint64 (n, W)
        The rows.
    labels : uint64 (L, W)
        The labellings.
    mask : uint64 (W,)
        The bits that count.
    out : int32 (L, n)
        The counts.
    """
    for i in range(np.uint64(rows.shape[0])):
        for k in range(np.uint64(labels.shape[0])):
            wrong = ZERO
            for w in range(np.uint64(rows.shape[1])):
                x = (rows[i, w] ^ labels[k, w]) & mask[w]
                x -= (x >> ONE) & np.uint64(0x5555555555555555)
                x = (x & np.uint64(0x3333333333333333)) + (
                    (x >> np.uint64(2)) & np.uint64(0x3333333333333333)
                )
                x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
                wrong += (x * np.uint64(0x0101010101010101)) >> np.uint64(56)
            out[k, i] = np.int32(wrong)


@njit(cache=True, nogil=True)
def errors_cells(rows, labels, out):
    """The same for rows of cells (n, cells) and labels (L, training rows)."""
    for i in range(np.uint64(rows.shape[0])):
        for k in range(np.uint64(labels.shape[0])):
            wrong = 0
            for r in range(np.uint64(labels.shape[1])):
                wrong += rows[i, r] != labels[k, r]
            out[k, i] = wrong
