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
