"""Comparing masses that are known only up to rounding: which label is likelier, what is a tie.

Two sums of masses that are exactly equal may differ by rounding when computed, and then their
order means nothing. Every prediction from masses uses the rules of this module for what counts
as equal: whatever the error bounds (`Prior.margin`) leave possible, instead of a fixed number of
digits.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_EPSILON = float(np.finfo(float).eps)


def chance_error(mass: ArrayLike, margin: ArrayLike, count: ArrayLike) -> NDArray[np.float64]:
    """The largest distance from ½ at which a computed chance can lie if it is exactly ½.

    Let a and b be the masses of the two labels. Their errors add up to no more than the margin.
    If they are equal, a / (a + b) is therefore within margin / mass / 2 of ½. Each addition and
    the division add at most half a unit in the last place.

    Parameters
    ----------
    mass : array
        The mass of all functions that agree with the training labels.
    margin : array
        The sum of the error bounds of their masses.
    count : array
        The number of these functions.

    Returns
    -------
    float64
        inf if the mass is 0.
    """
    mass = np.asarray(mass, float)
    off = np.divide(margin, mass, out=np.full(mass.shape, np.inf), where=mass > 0)
    return (off + (np.asarray(count) + 3) * _EPSILON) / 2


def likelier(chances: ArrayLike, error: ArrayLike) -> NDArray[np.float64]:
    """1 if a label is more likely true, 0 if more likely false, ½ if the two may be equally likely.

    Parameters
    ----------
    chances : array
        The computed chance that each label is true.
    error : array
        The largest distance from ½ of a chance that is exactly ½; see `chance_error`.

    Returns
    -------
    float64
    """
    chances = np.asarray(chances, float)
    return np.where(np.abs(chances - 0.5) <= error, 0.5, chances > 0.5)


def may_be_most(
    masses: NDArray[np.float64], margin: NDArray[np.float64], least: Any
) -> NDArray[np.bool_]:
    """Which functions may have the largest mass, given the error bounds.

    Parameters
    ----------
    masses : float64
        The mass of each function.
    margin : float64
        The error bound of each mass.
    least : float
        A lower bound of the largest mass: the maximum of mass minus margin.

    Returns
    -------
    bool
        True for every function whose mass may reach `least`.
    """
    return ((masses > 0) | (margin > 0)) & (masses + margin >= least)
