"""Experts of a mixture that learn from the columns of a table as they are.

The others, sums over trees and draws of scorecards, take the tests of a table: see `synth.exact`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from synth.learners.baselines import LogisticRegression
from synth.tasks import RowCells

#: A standardised number counts as at most this far from the mean.
FAR = 5.0
#: The most steps of each regression: more change no probability by 0.00001, on three tables.
STEPS = 60
#: The strength of the Dirichlet of equal rows: the middle one of those that leaves of trees have.
STRENGTH = 0.5


@dataclass(frozen=True)
class Points:
    """Columns as numbers of mean 0 and variance 1; a missing number is at the mean.

    Parameters
    ----------
    means, deviations : dict of str to float
        Of the training rows, by column.
    """

    means: dict[str, float]
    deviations: dict[str, float]

    @classmethod
    def of(cls, columns: Mapping[str, np.ndarray]) -> "Points":
        """As some rows have them."""
        means, deviations = {}, {}
        for name, column in columns.items():
            values = np.asarray(column, float)
            held = values[np.isfinite(values)]
            if held.size and (held != held[0]).any():
                means[name], deviations[name] = float(held.mean()), float(held.std())
        return cls(means, deviations)

    def __call__(self, columns: Mapping[str, np.ndarray]) -> NDArray[np.float64]:
        """The columns of some rows, float64 (rows, columns that vary)."""
        rows = len(next(iter(columns.values())))
        out = np.zeros((rows, len(self.means)))
        for place, (name, mean) in enumerate(self.means.items()):
            far = (np.asarray(columns[name], float) - mean) / self.deviations[name]
            out[:, place] = np.clip(np.nan_to_num(far, nan=0.0), -FAR, FAR)
        return out


@dataclass(frozen=True)
class Seen:
    """Some rows as the experts see them.

    Parameters
    ----------
    tests : RowCells
        The tests that they pass.
    fine : RowCells or None
        Those with more cuts.
    points : ndarray of float64, shape (rows, columns that vary)
        Their standardised columns.
    keys : ndarray of bytes, shape (rows,), or None
        Equal rows, and only such, have the same.
    """

    tests: RowCells
    fine: RowCells | None
    points: NDArray[np.float64]
    keys: NDArray[np.void] | None

    def __getitem__(self, rows: np.ndarray) -> "Seen":
        fine = None if self.fine is None else self.fine[rows]
        keys = None if self.keys is None else self.keys[rows]
        return Seen(self.tests[rows], fine, self.points[rows], keys)


def keys_of(columns: Mapping[str, np.ndarray]) -> NDArray[np.void]:
    """The values of each row as bytes; missing numbers are equal."""
    table = np.column_stack([np.asarray(column, float) for column in columns.values()]) + 0.0
    table[np.isnan(table)] = np.nan
    return np.ascontiguousarray(table).view(f"V{8 * table.shape[1]}")[:, 0]


class EqualRows:
    """The labels of equal rows, as a look-up table predicts them.

    A row without an equal one has the shares of the labels.  They count in others as half a row
    does.

    Parameters
    ----------
    keys : ndarray of bytes, shape (rows,)
        See `keys_of`.
    labels : ndarray of int, shape (rows,)
        The labels, 0..k-1.
    shares : ndarray of float64, shape (k,)
        How often each label is expected.
    """

    def __init__(self, keys: np.ndarray, labels: np.ndarray, shares: np.ndarray) -> None:
        self._places: dict[bytes, int] = {}
        places = [self._places.setdefault(key, len(self._places)) for key in keys.tolist()]
        counts = np.zeros((len(self._places) + 1, len(shares)))  # the last: without an equal row
        np.add.at(counts, (np.array(places, int), labels), 1)
        counts += STRENGTH * shares
        self._said = counts / counts.sum(axis=1, keepdims=True)

    def predict(self, keys: np.ndarray) -> NDArray[np.float64]:
        """The probability of each label, float64 (rows, k)."""
        return self._said[np.array([self._places.get(key, -1) for key in keys.tolist()], int)]


@dataclass(frozen=True)
class Logistic:
    """A logistic regression, mixed with the shares of the labels as if by one more row."""

    fitted: LogisticRegression | None
    shares: NDArray[np.float64]
    rows: int

    @classmethod
    def of(
        cls, points: np.ndarray, labels: np.ndarray, shares: np.ndarray, penalty: float
    ) -> "Logistic":
        """Fitted to some rows; to none, it says the shares."""
        fitted = None
        if len(labels):
            fitted = LogisticRegression(points, labels, penalty=penalty, steps=STEPS)
        return cls(fitted, shares, len(labels))

    def predict(self, points: np.ndarray) -> NDArray[np.float64]:
        """The probability of each label, float64 (rows, k)."""
        out = np.tile(self.shares, (len(points), 1))
        if self.fitted is not None:
            scores = self.fitted.scores(points)
            found = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
            out[:, self.fitted.values] += self.rows * found
        return out / (self.rows + 1)
