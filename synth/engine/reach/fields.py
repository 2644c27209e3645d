"""Linear algebra over the integers modulo a prime, on the columns that some programs have.

Numbers are kept as float64, whose products and sums are exact below 2**53: a prime may have up to
20 bits.  Matrices are small (some thousand rows, about a hundred columns), so this is plain NumPy.
"""

import numpy as np


def is_prime(p):
    """Whether a whole number is a prime."""
    return p > 1 and all(p % d for d in range(2, int(p**0.5) + 1))


class Echelon:
    """Independent columns of a matrix, the first ones preferred.

    Parameters
    ----------
    matrix : ndarray of int64, shape (rows, columns)
    p : int
        A prime below 2**20.
    most : int
        The most independent columns that are taken.
    must_stop : callable, optional
        Whether to leave out the other columns.

    Attributes
    ----------
    pivots : list of int
        The independent columns; each is independent of all columns before it.
    rows : list of int
        As many rows on which they are independent.
    """

    def __init__(self, matrix, p, most, must_stop=None):
        self.p, self.matrix = p, np.asarray(matrix % p, float)
        n, count = self.matrix.shape
        self.pivots, self.rows = [], []
        basis = np.zeros((n, min(most, n, count)))
        for k in range(count):
            size = len(self.rows)
            told = must_stop is not None and k % 16 == 15 and must_stop()
            if told or size == basis.shape[1]:
                break
            column = self.matrix[:, k]
            left = (column - basis[:, :size] @ column[self.rows]) % p
            at = int(np.argmax(left != 0))
            if left[at] == 0:
                continue
            left = left * pow(int(left[at]), -1, p) % p
            basis[:, :size] = (basis[:, :size] - np.outer(left, basis[at, :size])) % p
            basis[:, size] = left
            self.pivots.append(k)
            self.rows.append(at)
        self.basis = basis[:, : len(self.rows)]
        self._inverse = None

    def holds(self, columns):
        """Which columns (rows, k) are combinations of the independent ones, bool (k,)."""
        columns = np.asarray(columns % self.p, float)
        return ((self.basis @ columns[self.rows] - columns) % self.p == 0).all(axis=0)

    def coordinates(self, columns):
        """The coefficients of columns (rows, k) that are combinations: int64 (pivots, k)."""
        if self._inverse is None:
            square = self.matrix[np.ix_(self.rows, self.pivots)]
            self._inverse = inverse(square, self.p)
        columns = np.asarray(columns % self.p, float)
        return (self._inverse @ columns[self.rows] % self.p).astype(np.int64)


def inverse(square, p):
    """The inverse of a matrix (k, k) modulo a prime, float64; None if there is none."""
    k = len(square)
    both = np.concatenate([square % p, np.eye(k)], axis=1)
    for j in range(k):
        at = j + int(np.argmax(both[j:, j] != 0))
        if both[at, j] == 0:
            return None
        both[[j, at]] = both[[at, j]]
        both[j] = both[j] * pow(int(both[j, j]), -1, p) % p
        factors = both[:, j].copy()
        factors[j] = 0
        both = (both - np.outer(factors, both[j])) % p
    return both[:, k:]


def null_vectors(matrix, p):
    """Combinations of columns that vanish on all rows, one for each dependent column.

    Parameters
    ----------
    matrix : ndarray of int64, shape (rows, columns)
    p : int

    Returns
    -------
    ndarray of int64, shape (vectors, columns)
    """
    count = matrix.shape[1]
    found = Echelon(matrix, p, count)
    rest = [k for k in range(count) if k not in set(found.pivots)]
    vectors = np.zeros((len(rest), count), np.int64)
    if rest:
        vectors[:, found.pivots] = -found.coordinates(matrix[:, rest]).T % p
        vectors[np.arange(len(rest)), rest] = 1
    return vectors


def null_of_each(batch, p):
    """The combination of columns that vanishes on the rows of each of many small matrices.

    Parameters
    ----------
    batch : ndarray of int64, shape (matrices, k - 1, k)
    p : int

    Returns
    -------
    vectors : ndarray of int64, shape (matrices, k)
    known : ndarray of bool, shape (matrices,)
        Whether the combination is unique, up to a factor.
    """
    # All matrices at once: one by one, 600 of 11 by 12 took 1 s, and together they take 0.03 s.
    left, (count, most, k) = batch % p, batch.shape
    every, rank, free = np.arange(count), np.zeros(count, np.int64), np.full(count, k - 1)
    for j in range(k):
        able = (left[:, :, j] != 0) & (np.arange(most) >= rank[:, None])
        has = able.any(axis=1)
        at, to = np.argmax(able, axis=1), np.minimum(rank, most - 1)
        at = np.where(has, at, to)
        pivot = left[every, at]
        left[every, at] = left[every, to]
        pivot = np.where(has[:, None], pivot * inverses(pivot[:, j], p)[:, None] % p, pivot)
        left[every, to] = pivot
        factors = np.where(has[:, None], left[:, :, j], 0)
        factors[every, to] = 0
        left = (left - factors[:, :, None] * pivot[:, None, :]) % p
        free = np.where(has, free, j)
        rank += has
    vectors = np.zeros((count, k), np.int64)
    rows = np.arange(most)
    places = rows + (rows >= free[:, None])
    vectors[every[:, None], places] = -left[every[:, None], rows, free[:, None]] % p
    vectors[every, free] = 1
    return vectors, rank == k - 1


def inverses(numbers, p):
    """The inverses of some numbers modulo a prime, 0 for 0."""
    made, power, left = np.ones_like(numbers), numbers % p, p - 2
    while left:
        if left & 1:
            made = made * power % p
        power, left = power * power % p, left >> 1
    return np.where(numbers % p, made, 0)


def sparser(coordinates, target, weights, basis, p, most):
    """Makes a combination cheaper: columns of the basis are exchanged while that helps.

    Parameters
    ----------
    coordinates : ndarray of int64, shape (r, columns)
        All columns as combinations of the basis.
    target : ndarray of int64, shape (r,)
        The combination.
    weights : ndarray of float64, shape (columns,)
        What a column costs if its coefficient is not 0.
    basis : sequence of int
        Which column each of the r is.
    p : int
    most : int
        The most exchanges.

    Returns
    -------
    dict of int to int
        The coefficients that are not 0, by column.
    """
    table, b, basis = coordinates % p, target % p, np.array(basis)
    for _ in range(most):
        cost = weights[basis] @ (b != 0)
        best = (cost - 1e-9, None)
        for i in np.flatnonzero(b):
            factors = b[i] * inverses(table[i], p) % p
            left = (b[:, None] - table * factors) % p != 0
            costs = weights[basis] @ left + weights
            costs[factors == 0] = np.inf
            j = int(np.argmin(costs))
            if costs[j] < best[0]:
                best = (costs[j], (i, j))
        if best[1] is None:
            break
        i, j = best[1]
        scale = pow(int(table[i, j]), -1, p)
        pivot, share = table[i] * scale % p, b[i] * scale % p
        column = table[:, j].copy()
        column[i] = 0
        table = (table - np.outer(column, pivot)) % p
        b = (b - column * share) % p
        table[i], b[i], basis[i] = pivot, share, j
    return {int(basis[i]): int(b[i]) for i in np.flatnonzero(b)}


def combination_modulo(matrix, labels, m, wrong, tries=8):
    """Coefficients of columns whose sum the labels are modulo any number.

    Rows are eliminated with pivots that have an inverse modulo m; a column without one gets the
    coefficient 0.  Wrong labels: rows are taken in several random orders.

    Parameters
    ----------
    matrix : ndarray of int64, shape (n, k)
        The columns.
    labels : ndarray of int64, shape (n,)
        The labels.
    m : int
        The modulus, 2..4095.
    wrong : float
        The share of rows that may be wrong.
    tries : int
        The number of orders.

    Returns
    -------
    ndarray of int64, shape (k,), or None
        None if no such sum is right on enough rows.
    """
    n, k = matrix.shape
    both = np.column_stack([matrix, labels]).astype(np.int64) % m
    for seed in range(tries):
        left = both[np.random.default_rng(seed).permutation(n)]
        pivots = []
        for column in range(k):
            usable = np.gcd(left[len(pivots) :, column], m) == 1
            if not usable.any():
                continue
            row, to = len(pivots) + int(np.argmax(usable)), len(pivots)
            left[[to, row]] = left[[row, to]]
            left[to] = left[to] * pow(int(left[to, column]), -1, m) % m
            factors = left[:, column].copy()
            factors[to] = 0
            left = (left - factors[:, None] * left[to]) % m
            pivots.append(column)
        found = np.zeros(k, np.int64)
        found[pivots] = left[: len(pivots), -1]
        # As many rows as coefficients are right whatever the labels are.
        errors = int((matrix @ found % m != labels % m).sum())
        if pivots and errors < wrong * (n - len(pivots)):
            return found
    return None
