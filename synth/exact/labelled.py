"""Rows of tests with labels, as sums over trees and draws of scorecards take them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingError
from synth.tasks import RowCells


def labelled(
    tests: ArrayLike | RowCells,
    columns: ArrayLike | None,
    labels: ArrayLike,
    k: int,
    shares: ArrayLike | None,
    *,
    least: int = 0,
) -> tuple[RowCells, NDArray[np.int64], NDArray[np.float64]]:
    """The rows, their labels, and the share of each label that is expected; all checked.

    Parameters
    ----------
    tests : array_like of bool, shape (n, T), or RowCells
        Which tests each row passes.
    columns : array_like of int, shape (T,), optional
        The column of each test.
    labels : array_like of int, shape (n,)
        One of `least`..k-1 for each row.
    k : int
        The number of labels.
    shares : array_like of float, shape (k,), optional
        By default all labels are expected equally often.
    least : int
        The least label: 0, or -1 if some labels are unknown.

    Raises
    ------
    SettingError
        If a shape or a value is not allowed.
    """
    read = tests if isinstance(tests, RowCells) else RowCells.of(tests, columns)
    given = np.asarray(labels, np.int64)
    if given.shape != (len(read),):
        raise SettingError(
            f"{len(read)} rows of tests and labels of shape {given.shape}; allowed: one label "
            "for each row"
        )
    if k < 1 or (given.size and not least <= given.min() <= given.max() < k):
        raise SettingError(f"k={k!r}: labels are outside {least}..k-1")
    means = np.full(k, 1 / k) if shares is None else np.asarray(shares, float)
    if means.shape != (k,) or not (means > 0).all() or abs(means.sum() - 1) > 1e-9:
        raise SettingError(f"shares={shares!r}; allowed: {k} numbers above 0 that add up to 1")
    return read, given, means
