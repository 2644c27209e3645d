"""Thresholds between the values of a column, with as few digits as keep them there."""

from decimal import ROUND_FLOOR, Decimal, localcontext
from functools import lru_cache

import numpy as np


def quantile_thresholds(values, most, rounding=None):
    """Thresholds that separate values at their quantiles.

    Parameters
    ----------
    values : ndarray, shape (n,)
        Finite numbers.
    most : int
        The most thresholds.
    rounding : callable, optional
        How the values are rounded: they are separated if they are not, too.

    Returns
    -------
    list of float
        Each is above a value and at most the next larger one.  These two are chosen so that the
        share of rows below the threshold is nearest to j / (most + 1), for j = 1..most.
    """
    distinct, counts = np.unique(values, return_counts=True)
    below = np.cumsum(counts)[:-1]
    cuts = np.arange(len(below))
    if len(cuts) > most:
        wanted = len(values) * np.arange(1, most + 1)
        cuts = np.unique(np.argmin(np.abs(below * (most + 1) - wanted[:, None]), axis=1))
    rounding = rounding if values.dtype.kind == "f" else None
    return [separating(*distinct[c : c + 2].tolist(), rounding) for c in cuts]


def around_zero(distinct, rounding):
    """The thresholds that separate numbers below 0 from others, and those above 0 from others.

    distinct: the different numbers, in order.
    """
    first, after = (int(np.searchsorted(distinct, 0, side)) for side in ("left", "right"))
    found = [0.0] * (0 < first < len(distinct))
    if 0 < after < len(distinct) and first < after:
        is_whole = distinct.dtype.kind != "f"
        found.append(1.0 if is_whole else separating(0.0, float(distinct[after]), rounding))
    return found


@lru_cache(maxsize=2**16, typed=True)
def separating(low, high, rounding=None):
    """The middle of two numbers, rounded to the fewest digits that keep it between them.

    Parameters
    ----------
    low, high : float or int
        The threshold is above `low` and at most `high`.
    rounding : callable, optional
        How `low` and `high` were rounded; the threshold is between them if it is rounded as well.

    Returns
    -------
    float
        An integer if the numbers are of type int.
    """
    with localcontext(prec=2000):  # more digits than any sum of two floats has
        low_, high_ = Decimal(low), Decimal(high)
        middle, exponent = (low_ + high_) * Decimal("0.5"), (high_ - low_).adjusted() - 1
        if middle:
            exponent = max(exponent, middle.adjusted())
        if isinstance(low, int):
            exponent = max(exponent, 0)
        while True:
            unit = Decimal(1).scaleb(exponent)
            down = middle.scaleb(-exponent).to_integral_value(ROUND_FLOOR) * unit
            between = [c for c in (down + unit, down) if low < _as(rounding, float(c)) <= high]
            if between:
                return float(min(between, key=lambda c: abs(c - middle)))
            exponent -= 1


def _as(rounding, number):
    return number if rounding is None else rounding(np.array(number)).item()
