"""Pairs of columns that say much of labels, found among their dot products."""

from numba import njit


@njit(cache=True, nogil=True)
def explaining(likeness, dots, limits, alike, ends, found):
    """Find the pairs whose least squares fit leaves little enough.

    Columns and labels have length 1.  A pair with dot products d and e and likeness r leaves
    1 - (d^2 + e^2 - 2 r d e) / (1 - r^2) of the labels.

    Parameters
    ----------
    likeness : ndarray of float64, shape (r, m)
        The dot products of the first r of m columns with all of them.
    dots : tuple of ndarray of float64, shapes (r,) and (m,)
        The dot products of both with the labels.
    limits : tuple of ndarray of float64, shapes (r,) and (m,)
        A pair that leaves less than the product of both is found.
    alike : float
        Pairs with 1 - r^2 up to this are none.
    ends : ndarray of int64, shape (r,)
        The number after the last second column, by the first one.
    found : ndarray of int64, shape (k,)
        Takes i * m + j of each pair, i < j.

    Returns
    -------
    int
        How many pairs there are.  `found` has the first k of them.
    """
    count, columns = 0, likeness.shape[1]
    one, other = dots
    limit, further = limits
    for i in range(likeness.shape[0]):
        d, own = one[i], limit[i]
        rest = 1.0 - d * d
        for j in range(i + 1, min(ends[i], columns)):
            r, e = likeness[i, j], other[j]
            square = r * r
            # (1 - r^2) times what is left
            left = rest - square - e * (e - 2.0 * r * d)
            if left < own * further[j] * (1.0 - square) and 1.0 - square > alike:
                if count < found.size:
                    found[count] = i * columns + j
                count += 1
    return count


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def moments(values, labels, dots, squares, apart):
    """Sums over rows of what least squares fits of columns need, in one pass.

    Parameters
    ----------
    values : ndarray of float32 or float64, shape (m, n)
        The columns.
    labels : ndarray of the same type, shape (t, n)
        Labels less their mean.
    dots : ndarray of the same type, shape (m, t)
        Receives the dot products of both.
    squares, apart : ndarray of the same type, shape (m,)
        Receive the squares of a column, and those about its mean.
    """
    n, zero = values.shape[1], values.dtype.type(0)
    for i in range(values.shape[0]):
        total, square, dot = zero, zero, zero
        for r in range(n):
            total += values[i, r]
            square += values[i, r] * values[i, r]
            dot += values[i, r] * labels[0, r]
        squares[i] = square
        apart[i] = square - total * total / values.dtype.type(n)
        dots[i, 0] = dot
        for t in range(1, labels.shape[0]):
            dot = zero
            for r in range(n):
                dot += values[i, r] * labels[t, r]
            dots[i, t] = dot
