"""A line whose values are labels but for rounding, in place of a least squares fit."""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.records.least_squares import LeastSquares


class RoundedFit(LeastSquares):
    """The mean of all lines a + b f whose values are the labels but for rounding.

    Parameters
    ----------
    columns : array_like of float64, shape (1, n)
        The values of f.
    labels : array_like of float64, shape (n,)
    line : synth.codes.real_rounding.RoundedLine
        All these lines.
    precision : float
        The step of which labels are multiples.

    Attributes
    ----------
    deviation : float
        The standard deviation of rounding.
    """

    deviation: float

    def __init__(self, columns: ArrayLike, labels: ArrayLike, line: Any, precision: float) -> None:
        super().__init__(columns, labels)
        self.intercept, self.slopes = float(line.intercept), np.array([line.slope])
        self.deviation = precision / math.sqrt(12)
        self._line = line

    def leverages(self, columns: ArrayLike) -> NDArray[np.float64]:
        """The variances of predictions in squares of that of rounding, float64 (m,)."""
        (column,) = np.asarray(columns, float)
        found: NDArray[np.float64] = self._line.variances(column) / self.deviation**2
        return found

    def errors(self, deviation: float) -> list[float]:
        """The standard deviations of the constant and of the slope."""
        return [math.sqrt(self._line.variances([0.0])[0]), self._line.slope_error]
