"""Least squares for columns of very different lengths, and for two that are nearly parallel.

Columns are divided by a power of two, and their first values subtracted.  Both is exact where
values have 40 bits and are near each other, as years are.  A second column then loses its multiple
of the first, in steps that are exact too.  What is left are two orthogonal columns, in floats that
are as exact as if the given columns had been orthogonal.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Bits of the multiples that are subtracted: a product with a difference of two numbers of 40 bits
#: is exact.
_BITS = 12


class LeastSquares:
    """The least squares fit of labels by a constant and multiples of up to two columns.

    Parameters
    ----------
    columns : array_like of float64, shape (t, n)
        Up to two columns.  None is a constant, and the second is not a constant and a multiple of
        the first.
    labels : array_like of float64, shape (n,)

    Attributes
    ----------
    rss : float
        The sum of squares that is left.
    intercept : float
    slopes : ndarray of float64, shape (t,)
    """

    rss: float
    intercept: float
    slopes: NDArray[np.float64]

    def __init__(self, columns: ArrayLike, labels: ArrayLike) -> None:
        labels = np.asarray(labels, float)
        self._rows = len(labels)
        columns = np.reshape(
            np.asarray(columns, float), (-1 if np.size(columns) else 0, self._rows)
        )
        self._most = np.abs(columns).max(axis=1)
        shares, self._exponents = scaled(columns)
        self._firsts = shares[:, :1].copy()
        parts = shares - self._firsts
        self._steps = _multiples(*parts) if len(parts) == 2 else []
        self._middles, self._lengths = np.zeros((len(parts), 1)), np.ones((len(parts), 1))
        parts = self._coordinates(columns)
        self._middles = parts.mean(axis=1, keepdims=True)
        parts -= self._middles
        self._lengths = np.sqrt(np.square(parts).sum(axis=1, keepdims=True))
        axes = parts / self._lengths
        left = labels - labels.mean()
        weights = np.zeros(len(axes))
        for _ in range(2):  # once more, for what rounding leaves
            more = axes @ left
            weights, left = weights + more, left - more @ axes
        self.rss = float(left @ left)
        slopes = weights @ self._transform()
        self.slopes = np.ldexp(slopes, -self._exponents)
        self.intercept = float(labels.mean() - slopes @ shares.mean(axis=1))

    def leverages(self, columns: ArrayLike) -> NDArray[np.float64]:
        """The variances of predictions in squares of the noise, float64 (m,).

        Parameters
        ----------
        columns : array_like of float64, shape (t, m)
            The values of the columns on other rows.
        """
        axes = self._coordinates(np.asarray(columns, float))
        spread: NDArray[np.float64] = 1 / self._rows + np.square(axes).sum(axis=0)
        return spread

    def errors(self, deviation: float) -> list[float]:
        """The standard errors of the constant and of each slope.

        Parameters
        ----------
        deviation : float
            The standard deviation of the noise.
        """
        about = self.leverages(np.zeros((len(self.slopes), 1)))
        lengths = np.ldexp(np.sqrt(np.square(self._transform()).sum(axis=0)), -self._exponents)
        return [float(e) * deviation for e in (*np.sqrt(about), *lengths)]

    def within(self, deviation: float) -> list[float]:
        """By how much the constant and each slope may be off where they are shown.

        It is a twentieth of the standard error, so that the second digit of that is shown, or less:
        all together change no prediction of a given row by more than a tenth of the noise.

        Parameters
        ----------
        deviation : float
            The standard deviation of the noise.
        """
        share = deviation / 10 / (1 + len(self._most))
        sizes = [1.0, *self._most.tolist()]
        errors = self.errors(deviation)
        return [min(e / 20, share / size) for e, size in zip(errors, sizes, strict=True)]

    def _coordinates(self, columns: NDArray[np.float64]) -> NDArray[np.float64]:
        """Columns on the orthogonal axes, (t, m)."""
        parts = np.ldexp(columns, -self._exponents[:, None]) - self._firsts
        for step in self._steps:
            parts[1] -= step * parts[0]
        return (parts - self._middles) / self._lengths

    def _transform(self) -> NDArray[np.float64]:
        """What multiples of the scaled columns each axis is, (t, t)."""
        made = np.eye(len(self._lengths))
        if self._steps:
            made[1, 0] = -math.fsum(self._steps)
        return made / self._lengths


def scaled(columns: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Columns (t, n) divided by the power of two above their greatest value, and its exponents."""
    exponents = np.frexp(np.abs(columns).max(axis=1))[1]
    return np.ldexp(columns, -exponents[:, None]), exponents


def _multiples(one: NDArray[np.float64], other: NDArray[np.float64]) -> list[float]:
    """Multiples of one column to subtract from another in turn, so that they are orthogonal.

    Columns count less their means.
    """
    centred = one - one.mean()
    square = float(centred @ centred)
    steps: list[float] = []
    while len(steps) < _BITS:
        about = other - other.mean()
        share, exponent = math.frexp(float(centred @ about) / square)
        step = math.ldexp(round(math.ldexp(share, _BITS)), exponent - _BITS)
        if step * step * square <= 2.0**-104 * float(about @ about):
            break
        steps.append(step)
        other = other - step * one
    return steps
