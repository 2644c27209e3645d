"""Normal noise with exceptions: some labels are stated one by one, and the others have the noise.

Noise with heavy tails, and labels that are wrong, are of this kind.  The exceptions cost how many
they are, which, and each its cell in the range.  Any choice of them makes a code, and so the choice
may be a good one that is quickly found: labels that are far from a fit become exceptions, the rest
is fitted once more, and so on (the concentration steps of Rousseeuw and Van Driessen 1999).
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammaln

from synth.codes.values import log2_binomial

#: How often labels are fitted anew, and how many steps the fit of least absolute values takes.
_ROUNDS, _ABSOLUTE = 20, 20

_LN2 = math.log(2)


def exceptions_bits(count: int, n: int, cells: int) -> float:
    """Bits of the labels that are stated one by one: how many, which, and each in its cell.

    They are log2 n + log2 C(n, e) + e log2 cells, since their number e is one of 1..n.

    Parameters
    ----------
    count : int
        Their number, 1 or more.
    n : int
        The number of all labels.
    cells : int
        How many labels the range has.
    """
    return math.log2(n) + log2_binomial(n, count) + count * math.log2(cells)


def exceptional(
    columns: ArrayLike, labels: ArrayLike, precision: float, cells: int
) -> NDArray[np.bool_]:
    """Which labels to state one by one, so that the others have fewer bits.

    Parameters
    ----------
    columns : array_like, shape (t, n)
        The columns of the fit beside the constant; none for a constant.
    labels : array_like, shape (n,)
        The training labels.
    precision : float
        The step of which labels are multiples.
    cells : int
        How many labels the range has.

    Returns
    -------
    ndarray of bool, shape (n,)
        Fewer than half of them; none if none pays.
    """
    labels = np.asarray(labels, float)
    n = len(labels)
    axes = _axes(np.reshape(np.asarray(columns, float), (-1, n)) if np.size(columns) else None, n)
    best, found = math.inf, np.zeros(n, bool)
    if n < 2 * (axes.shape[1] + 2):
        return found
    for left in (_residuals(axes, labels), _least_absolute(axes, labels)):
        for _ in range(_ROUNDS):
            bits, some = _farthest(left, precision, cells)
            if bits >= best - 1e-9:
                break
            best, found = bits, some
            left = _residuals(axes, labels, ~some)
    return found


def _which_bits(n, e):
    """log2 C(n, e) of an array of e."""
    return (gammaln(n + 1) - gammaln(e + 1) - gammaln(n - e + 1)) / _LN2


def _axes(columns, n):
    """An orthogonal basis of the constant and columns, (n, p)."""
    one = np.full((n, 1), 1 / math.sqrt(n))
    if columns is None:
        return one
    size = np.abs(columns).max(axis=1, keepdims=True)
    parts = columns / np.where(size > 0, size, 1)
    parts = parts - parts.mean(axis=1, keepdims=True)
    return np.hstack([one, np.linalg.qr(parts.T)[0]])


def _residuals(axes, labels, kept=None):
    """What a fit to some of the labels leaves of all of them, (n,)."""
    some = slice(None) if kept is None else kept
    middle = labels[some].mean()
    fit = np.linalg.lstsq(axes[some], labels[some] - middle, rcond=None)[0]
    return labels - middle - axes @ fit


def _least_absolute(axes, labels):
    """What the fit of least absolute values leaves, by least squares with weights, (n,)."""
    left = _residuals(axes, labels)
    for _ in range(_ABSOLUTE):
        size = np.abs(left)
        roots = 1 / np.sqrt(np.maximum(size, 1e-6 * size.mean() + 1e-300))
        fit = np.linalg.lstsq(axes * roots[:, None], labels * roots, rcond=None)[0]
        left = labels - axes @ fit
    return left


def _farthest(left, precision, cells):
    """About the least bits, and which labels are exceptions: those that are left the most of.

    Bits are those of a normal law with the scale of the others, so that no integral is needed.
    """
    n = len(left)
    order = np.argsort(-np.abs(left), kind="stable")
    tails = np.cumsum(np.square(left[order])[::-1])[::-1]
    e = np.arange((n + 1) // 2)
    variance = np.maximum(tails[e] / (n - e), precision**2)
    noise = (n - e) * np.log2(2 * math.pi * variance / precision**2) / 2
    noise += tails[e] / variance / (2 * _LN2)
    bits = noise + _which_bits(n, e) + e * math.log2(cells)
    bits[1:] += math.log2(n)
    best = int(bits.argmin())
    some = np.zeros(n, bool)
    some[order[:best]] = True
    return float(bits[best]), some
