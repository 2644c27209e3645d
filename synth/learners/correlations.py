"""Correlations of numbers and of ranks, for many pairs of samples at once."""

import math

import numpy as np
from scipy.stats import rankdata


def correlation(x, y, constant=math.nan):
    """Pearson's correlation along the last axis.

    Parameters
    ----------
    x, y : float64 (..., n)
        Samples; leading axes broadcast.
    constant : float, optional
        The value if x or y is constant, which leaves the correlation undefined.

    Returns
    -------
    float64 (...)
    """
    x, y = (each - each.mean(axis=-1, keepdims=True) for each in (x, y))
    size = np.sqrt((x * x).sum(axis=-1) * (y * y).sum(axis=-1))
    undefined = np.full_like(size, constant)
    return np.divide((x * y).sum(axis=-1), size, out=undefined, where=size > 1e-12)


def rank_correlation(x, y, constant=math.nan):
    """Spearman's correlation along the last axis; tied values share their mean rank.

    (Kendall, "Rank correlation methods", 4th edition 1970, chapter 3.)

    Parameters
    ----------
    x, y : float64 (..., n)
        Samples; leading axes broadcast.
    constant : float, optional
        The value if x or y is constant, which leaves the correlation undefined.

    Returns
    -------
    float64 (...)
    """
    return correlation(rankdata(x, axis=-1), rankdata(y, axis=-1), constant)
