"""What a hypothesis about real labels predicts for new rows, with its standard deviation."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.records.least_squares import LeastSquares
from synth.records.linear import LinearSum
from synth.records.rounded import RoundedFit

#: With fewer rows the noise has no mean square.
LEAST_ROWS = 3


class Forecast:
    """Predictions of a sum of programs, with the noise that it has; exceptions are not foreseen.

    Parameters
    ----------
    found : LinearSum
        The sum: of no programs for a constant.
    terms : array_like of float64, shape (t, n)
        The values of its programs on the training rows.
    labels : array_like of float64, shape (n,)
        The training labels.
    precision : float, optional
        The step of labels; by default the place of their last decimal.
    is_normal : bool
        Whether the labels have noise about the sum.  A histogram has none: it predicts the mean of
        the labels, and its deviation is theirs.

    Attributes
    ----------
    deviation : float
        The scale of the noise: the root of its mean square, given the labels.
    """

    deviation: float

    def __init__(
        self,
        found: LinearSum,
        terms: ArrayLike,
        labels: ArrayLike,
        precision: float | None,
        is_normal: bool,
    ) -> None:
        labels = np.asarray(labels, float)
        columns = np.reshape(np.asarray(terms, float), (len(found.terms), len(labels)))
        self._intercept, self._slopes = found.intercept, np.array(found.slopes, float)
        self._mean, self._about_mean = float(labels.mean()), float(labels.std())
        if not is_normal:
            self._intercept = self._mean
        kept = np.ones(len(labels), bool)
        kept[list(found.exceptions)] = False
        self._fit = LeastSquares(columns[:, kept], labels[kept])
        self.deviation = self._about_mean
        if is_normal and len(labels) >= LEAST_ROWS:
            from synth.codes import real  # a saved run is verified without them

            scale = real.Scale.of(labels, precision)
            if found.noise == "rounding":
                self._be_rounded(columns, labels, scale)
                return
            rounded = scale.rounded(labels[kept])
            rss = float(np.square(rounded - self._values(columns[:, kept])).sum())
            about, count = real.squares(rounded, scale), 1 + len(columns)
            square = real.noise_variance(rss, about, int(kept.sum()), count, scale)
            self.deviation = float(np.sqrt(square))

    def _be_rounded(self, columns: Any, labels: Any, scale: Any) -> None:
        """Take the lines whose values are the labels but for rounding."""
        from synth.codes.real_rounding import rounded_line

        line = rounded_line(columns[0], scale.place(labels), scale)
        fit = RoundedFit(columns, scale.rounded(labels), line, scale.precision)
        self._fit, self.deviation = fit, fit.deviation

    def of(
        self, terms: ArrayLike, defined: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The values of some rows, and the standard deviations of their labels.

        These are of the noise and of the coefficients.  Where a program has no value, they are the
        mean and the standard deviation of the training labels.

        Parameters
        ----------
        terms : array_like of float64, shape (t, m)
            The values of the programs.
        defined : ndarray of bool, shape (m,)

        Returns
        -------
        values, deviations : ndarray of float64, shape (m,)
        """
        columns = np.reshape(np.asarray(terms, float), (len(self._slopes), len(defined)))
        values = np.where(defined, self._values(columns), self._mean)
        spread = 1 + self._fit.leverages(columns)
        return values, np.where(defined, self.deviation * np.sqrt(spread), self._about_mean)

    def _values(self, columns: NDArray[np.float64]) -> Any:
        return self._intercept + self._slopes @ columns
