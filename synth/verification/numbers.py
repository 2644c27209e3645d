"""The code of real labels once more, from `docs/codes.md`: quadrature in place of closed forms.

What least squares leave is computed from sums of whole numbers, and so it is exact.
"""

import math
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from operator import mul
from typing import Any

import numpy as np
from numpy.polynomial.legendre import leggauss
from numpy.typing import NDArray

#: Points and weights of a quadrature between -1 and 1.
_POINTS, _WEIGHTS = leggauss(100)
#: Where the range of log s is cut, in widths of the integrand's peak about its maximum.
_CUTS = (-40, -20, -10, -5, 0, 5, 10, 20, 40, 80, 160)


@dataclass(frozen=True)
class Fit:
    """A least squares fit, from exact sums.

    Parameters
    ----------
    left : float
        The sum of squares that it leaves, in squares of the step.
    coefficients : list of float
        The constant, and what each column is multiplied by.
    errors : list of float
        Their standard errors, divided by the standard deviation of the noise.
    """

    left: float
    coefficients: list[float]
    errors: list[float]


class Labels:
    """Labels on the training rows, in steps of their precision about the middle of their range.

    Parameters
    ----------
    given : ndarray, shape (n,)
        The labels.
    step : float or None
        Their precision; None for the place of their last decimal.

    Attributes
    ----------
    language_bits : float
        What every sum of programs is charged, since its language has to be named.
    """

    def __init__(self, given: NDArray[np.float64], step: float | None) -> None:
        self.n, self.language_bits = len(given), 0.0
        self.low, self.high = float(given.min()), float(given.max())
        self.step = last_decimal(given) if step is None else step
        self.cells = round((self.high - self.low) / self.step) + 1
        self.middle = (self.low + self.high) / 2
        # The range is that of whole steps about the middle.
        first = self.middle - self.step * (self.cells - 1) / 2
        self.places = np.rint((given - first) / self.step)
        self.steps = self.places - (self.cells - 1) / 2
        self.values = self.middle + self.step * self.steps
        self.about_mean = self.steps - self.steps.mean()

    def fit(self, columns: Sequence[NDArray[np.float64]]) -> "Fit | None":
        """The least squares fit by a constant and columns; None if one adds nothing to others."""
        sides = [_whole(np.ones(self.n)), *map(_whole, columns)]
        steps = _whole(2 * self.steps)
        products = [[_dot(one, other) for other in sides] for one in sides]
        inverse = _inverse(products)
        if inverse is None:
            return None
        moments = [_dot(side, steps) / 2 for side in sides]
        found = [sum(map(mul, row, moments)) for row in inverse]
        left = _dot(steps, steps) / 4 - sum(map(mul, found, moments))
        coefficients = [self.step * float(each) for each in found]
        coefficients[0] += self.middle
        errors = [math.sqrt(row[i]) for i, row in enumerate(inverse)]
        return Fit(float(left), coefficients, errors)

    def noise_bits(self, left: float, coefficients: int) -> float:
        """The bits of the labels, given what a fit with so many coefficients leaves."""
        n, total = self.n, float(self.steps @ self.steps)
        logs = []
        for k in range(math.ceil(math.log2(self.cells)) + 1):
            g = n * 4.0**k
            squares = max(left + (total - left) / (1 + g), 0.0)
            logs.append(self._log_integral(squares) - coefficients / 2 * math.log(1 + g))
        mean = _log_sum(logs) - math.log(len(logs))
        constant = n / 2 * math.log(2 * math.pi) + math.log(math.log(self.cells))
        return (constant - mean) / math.log(2)

    def _log_integral(self, squares: float) -> float:
        """ln of the integral over log s of s^-n e^(-squares / 2 s^2), s from 1 to all cells."""
        top = math.log(self.cells)
        peak = min(max(math.log(squares / self.n) / 2, 0.0), top) if squares else 0.0
        width = 1 / math.sqrt(2 * self.n)
        ends = sorted({min(max(peak + width * cut, 0.0), top) for cut in _CUTS} | {0.0, top})
        logs = []
        for first, last in pairwise(ends):
            u = (last + first) / 2 + (last - first) / 2 * _POINTS
            inside = -self.n * u - squares / 2 * np.exp(-2 * u)
            logs += (inside + np.log(_WEIGHTS * (last - first) / 2)).tolist()
        return _log_sum(logs)

    def sum_bits(self, prices: Sequence[float], left: float) -> float:
        """The total of a sum of programs of these bits that leaves so much, with normal noise."""
        return self.named_bits(prices) + 1 + self.noise_bits(left, 1 + len(prices))

    def named_bits(self, prices: Sequence[float]) -> float:
        """What says a sum of programs of these bits, but for its noise and the labels."""
        count = len(prices)
        named = count - math.log2(math.factorial(count))
        return 1 + self.language_bits + named + math.fsum(prices)

    def constant_bits(self) -> float:
        """The total of a constant with normal noise."""
        return 2 + 1 + self.noise_bits(float(self.about_mean @ self.about_mean), 1)

    def without(self, rows: Sequence[int]) -> "Labels":
        """The same labels but for some rows; the range stays that of all."""
        other, kept = copy(self), np.ones(self.n, bool)
        kept[list(rows)] = False
        other.places, other.steps, other.values = (
            part[kept] for part in (self.places, self.steps, self.values)
        )
        other.n = int(kept.sum())
        other.about_mean = other.steps - other.steps.mean()
        return other

    def stated_bits(self, count: int) -> float:
        """The bits of so many exceptions: how many, which rows, and the cell of each."""
        which = math.log2(math.comb(self.n, count))
        return math.log2(self.n) + which + count * math.log2(self.cells)

    def table_bits(self) -> tuple[float, int]:
        """The total of the best histogram, and the number of its bins."""
        found = []
        for bins in (2, 4, 8, 16, 32):
            if bins > self.cells:
                continue
            ends = [-(-self.cells * b // bins) for b in range(bins + 1)]
            counts, bits = [0] * bins, 0.0
            for seen, place in enumerate(self.places.tolist()):
                bin_ = next(b for b in range(bins) if ends[b] <= place < ends[b + 1])
                bits += math.log2((seen + bins / 2) / (counts[bin_] + 1 / 2))
                bits += math.log2(ends[bin_ + 1] - ends[bin_])
                counts[bin_] += 1
            found.append((2 + math.log2(5) + bits, bins))
        return min(found)


def _whole(values: NDArray[np.float64]) -> tuple[list[int], int]:
    """Numbers as whole numbers, and what all of them are divided by."""
    ratios = [value.as_integer_ratio() for value in values.tolist()]
    scale = max(below for _, below in ratios)  # a power of two, as they all are
    return [above * (scale // below) for above, below in ratios], scale


def _dot(one: tuple[list[int], int], other: tuple[list[int], int]) -> Fraction:
    return Fraction(sum(map(mul, one[0], other[0])), one[1] * other[1])


def _inverse(matrix: list[list[Fraction]]) -> list[list[Fraction]] | None:
    """The inverse of a matrix, by Gauss and Jordan; None if there is none.

    It is that of products of columns, so that the next pivot is 0 only if there is none.
    """
    size = len(matrix)
    rows = [[*row, *(Fraction(i == j) for j in range(size))] for i, row in enumerate(matrix)]
    for i in range(size):
        if not rows[i][i]:
            return None
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(size):
            if k != i:
                rows[k] = [a - rows[k][i] * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[size:] for row in rows]


def last_decimal(given: NDArray[np.float64]) -> float:
    """The place of the last decimal of labels that are known to 40 bits of the largest."""
    most = float(np.abs(given).max())
    place = math.floor(math.log10(most))
    for step in range(-place, -place + 13):
        near = [round(value, step) for value in given.tolist()]
        if np.abs(np.array(near) - given).max() <= most / 2**40:
            break
    return float(f"1e{-step}")


def _log_sum(logs: Any) -> float:
    """ln of the sum of numbers whose logarithms are given."""
    array = np.array(logs)
    most = float(array.max())
    return most + math.log(math.fsum(np.exp(array - most).tolist()))
