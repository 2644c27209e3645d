"""Which sums of one, two or three columns say most of labels for their bits, by dot products.

Columns are of length 1 and have nothing of what is free.  All pairs up to some bits together are
scored.  Sums that say more than chance does are extended by one column more, out of all.
"""

from typing import Any

import numpy as np

from synth.engine.pool import ROUNDING
from synth.kernels import pairs

#: How many sums are kept.
KEPT = 40
#: Columns as alike as this are no pair; and the first columns of pairs that are made at a time.
ALIKE, BLOCK = 1e-7, 64
#: How many sums are extended by one more column, and how many extensions of each are kept.
EXTENDED, EXTENSIONS = 12, 8
#: So many sums of one column, and of two, are kept in any case.
STARTS = 2
#: An extension needs this share of a column to be apart from the sum.
APART = 1e-6


def orthogonal(values, axes):
    """Rows without what axes (n, k) say of them, of length 1; and which are more than rounding.

    Those that are only rounding are left out.
    """
    size = np.abs(values).max(axis=1)
    some = np.flatnonzero((size > 0) & np.isfinite(size))
    values = values[some] / size[some, None]
    for _ in range(2):  # once more, for what rounding leaves
        values -= (values @ axes) @ axes.T
    length = np.sqrt(np.einsum("ij,ij->i", values, values))
    apart = length > ROUNDING * np.sqrt(values.shape[1])
    return values[apart] / length[apart, None], some[apart]


def best_sums(units, goal, bits, most, look=lambda: None):
    """The sums of one to three columns of fewest estimated bits: tuples of indices, the best first.

    The estimate is n/2 log2 of the squares that are left, and the bits.

    Parameters
    ----------
    units : ndarray of float64, shape (m, n)
        Columns of length 1.
    goal : ndarray of float64, shape (n,)
        The labels.
    bits : ndarray of float64, shape (m,)
        The bits of each column, in order.
    most : int
        How many pairs there may be.
    look : callable
        Called about every 0.1 s of work.
    """
    n, whole = len(goal), float(goal @ goal)
    goal = goal / np.sqrt(whole) if whole else goal
    dots = units @ goal
    scores = estimate(dots**2, n) + bits
    kept = [(float(scores[k]), (int(k),)) for k in np.argsort(scores, kind="stable")[:KEPT]]
    found = kept + _pairs(units, (dots, bits), most, kept, look)
    for terms in (1, 2):
        some = [each for each in found if len(each[1]) == terms]
        found += _extended(units, goal, bits, some, look)
    found = sorted(set(found))
    kept = found[: 2 * KEPT]
    for terms in (1, 2):  # these may get a part that is no column
        kept += [each for each in found if len(each[1]) == terms][:STARTS]
    return [chosen for _, chosen in sorted(set(kept))]


def estimate(explained, n):
    """Bits of n labels, up to a constant, of which a share is explained."""
    return n / 2 * np.log2(np.maximum(1 - explained, ROUNDING**2))


def _pairs(units, scores, most, singles, look):
    """The best pairs up to some bits: (estimate, pair); scores: their dot products and bits."""
    dots, bits = scores
    n, ends, kept = len(units.T), staircase(bits, most), list(singles)
    bound = kept[-1][0] if len(kept) == KEPT else np.inf
    found = np.empty(BLOCK * int((ends - np.arange(len(bits))).max(initial=1)), np.int64)
    for first in range(0, len(bits), BLOCK):
        look()
        stop = int(ends[first])
        if stop <= first + 1:
            break
        block = slice(first, first + BLOCK)
        likeness = units[block] @ units[first:stop].T
        with np.errstate(over="ignore"):
            limits = np.exp2(np.minimum((bound / 2 - bits[first:stop]) * 2 / n, 100.0))
        rest = ALIKE, ends[block] - first, found
        own = dots[block], dots[first:stop]
        count = pairs.explaining(likeness, own, (limits[: len(likeness)], limits), *rest)
        i, j = np.divmod(found[:count], stop - first)
        if not len(i):
            continue
        one, other, alike = dots[first + i], dots[first + j], likeness[i, j]
        explained = (one**2 + other**2 - 2 * alike * one * other) / (1 - alike**2)
        scores = estimate(explained, n) + bits[first + i] + bits[first + j]
        some = np.flatnonzero(scores < bound)
        some = some[np.argsort(scores[some], kind="stable")[: 2 * KEPT]]
        kept += [(float(scores[k]), (first + int(i[k]), first + int(j[k]))) for k in some]
        if len(kept) > 2 * KEPT:
            kept = sorted(kept)[: 2 * KEPT]
            bound = kept[-1][0]
    return [each for each in kept if len(each[1]) == 2]


def _extended(units, goal, bits, sums, look):
    """The best of some sums with one column more, of all there are: (estimate, sum).

    Only sums with an estimate below 0 are extended: by chance, one is below -s with a probability
    of about 2^-s.
    """
    n, found = len(goal), []
    for _, chosen in sorted(each for each in sums if each[0] < 0)[:EXTENDED]:
        look()
        axes = np.linalg.qr(units[list(chosen)].T)[0]
        left = goal - axes @ (axes.T @ goal)
        apart = 1 - np.square(units @ axes).sum(axis=1)
        gain = np.square(units @ left) / np.maximum(apart, APART)
        scores = estimate(1 - float(left @ left) + gain, n) + bits + bits[list(chosen)].sum()
        scores[apart <= APART] = np.inf
        for k in np.argsort(scores, kind="stable")[:EXTENSIONS]:
            if scores[k] < np.inf:
                # Rounded, so that a sum that is found in two ways is one.
                found.append((round(float(scores[k]), 6), tuple(sorted((*chosen, int(k))))))
    return found


def staircase(bits: Any, most: int) -> Any:
    """By the first of a pair, up to where the second goes, so that there are at most so many pairs.

    They are all pairs of at most some bits together.
    """
    low, high = 2 * float(bits[0]) - 1, 2 * float(bits[-1])
    for _ in range(40):
        middle = (low + high) / 2
        later = np.searchsorted(bits, middle - bits, side="right") - np.arange(len(bits)) - 1
        if np.maximum(later, 0).sum() <= most:
            low = middle
        else:
            high = middle
    return np.searchsorted(bits, low - bits, side="right")
