"""Laws fitted to points, with their standard errors: power laws, waits, ranks, medians."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike


def power_law(points: Iterable[tuple[float, float]]) -> dict[str, float | None]:
    """The exponent b of a power law y = a x**b, by least squares of ln y on ln x.

    Parameters
    ----------
    points : iterable of (float, float)
        Points (x, y); those with x or y at most 0 are left out.

    Returns
    -------
    dict
        exponent : float or None
            b; None if there are fewer than two different x.
        error : float or None
            Standard error of b, sqrt(SSR / (n - 2) / Σ (ln x - mean)**2), as for any regression
            line (Draper and Smith, "Applied regression analysis", 3rd edition 1998, chapter 1).
            None with two points, or if the exponent is None.
        points : int
            The number of points used.
    """
    points = [(x, y) for x, y in points if x > 0 and y > 0]
    if len({x for x, _ in points}) < 2:
        return {"exponent": None, "error": None, "points": len(points)}
    x, y = np.log(np.array(points)).T
    slope, height = np.polyfit(x, y, 1)
    left = np.square(y - slope * x - height).sum()
    error = None
    if len(points) > 2:
        error = float(np.sqrt(left / (len(points) - 2) / np.square(x - x.mean()).sum()))
    return {"exponent": float(slope), "error": error, "points": len(points)}


def doubling_rate(waits: Iterable[tuple[float, float, bool]]) -> dict[str, float | None]:
    """How many times a waiting time doubles with each extra bit, by maximum likelihood.

    Waiting times are taken as exponential with mean 2**(a + b bits).  A wait of time t adds
    ln 2 (a + b bits) + t 2**-(a + b bits) to the negative log-likelihood, the first term only if
    it ended (Cox and Oakes, "Analysis of survival data", 1984, section 6).

    Parameters
    ----------
    waits : iterable of (float, float, bool)
        (bits, time, ended) of each wait; if it had not ended, it is longer than that time.

    Returns
    -------
    dict
        doublings : float or None
            b; None if the waits that ended have fewer than two different numbers of bits.
        error : float or None
            Standard error of b, from the observed information.
    """
    from scipy.optimize import minimize

    waits = list(waits)
    if len({bits for bits, _, ended in waits if ended}) < 2:
        return {"doublings": None, "error": None}
    x, t, ended = np.array(waits, float).T
    middle = x.mean()
    design = np.column_stack([np.ones_like(x), x - middle]) * np.log(2)

    def loss(both):
        shifted = design @ both
        return float((ended * shifted + t * np.exp(-shifted)).sum())

    start = np.array([np.log2(t.sum() / ended.sum()), 1.0])
    best = minimize(loss, start, method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-9}).x
    weights = t * np.exp(-design @ best)
    information = design.T @ (design * weights[:, None])
    error = float(np.sqrt(np.linalg.inv(information)[1, 1]))
    return {"doublings": float(best[1]), "error": error}


def median_time(times: Iterable[float | None]) -> float:
    """The median of times, where None counts as later than all others; nan if it is None."""
    middle = float(np.median([np.inf if t is None else t for t in times]))
    return middle if np.isfinite(middle) else np.nan


def rank_correlation(x: ArrayLike, y: ArrayLike) -> float | None:
    """Spearman's rank correlation, the correlation of ranks; ties have their mean rank.

    Source: Kendall, "Rank correlation methods", 4th edition 1970, chapter 3.

    Parameters
    ----------
    x, y : array_like, (n,)
        The values.

    Returns
    -------
    float or None
        None if x or y is constant.
    """
    from scipy.stats import spearmanr

    # `synth.learners.correlations` has the same for many pairs at once.  It differs in the last
    # digit, and the tables made with this one are to stay as they are.
    several = np.ptp(x) > 0 and np.ptp(y) > 0  # a constant has no ranks
    return float(spearmanr(x, y).statistic) if several else None
