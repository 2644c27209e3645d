"""What is likelier, and what is most likely, where masses are known up to rounding.

Two sums of masses that are equal in truth differ by rounding when computed: which of them is
the greater says nothing.  Here is what counts as equal, for every prediction from masses: what
the bounds of their errors (`Prior.margin`) leave possible, and no fixed number of digits.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_EPSILON = float(np.finfo(float).eps)


def chance_error(mass: ArrayLike, margin: ArrayLike, count: ArrayLike) -> NDArray[np.float64]:
    """How far from ½ the computed chance of a label can be that is even in truth.

    mass: of all functions that agree with the training labels; margin: the sum of what each
    of their masses can be off; count: how many they are.  Masses a and b of the two labels
    are off by no more than the margin together, so where they are equal in truth a / (a + b)
    is within half of margin / mass of ½; the additions and the division add less than
    half a unit in the last place each.  inf where there is no mass.
    """
    mass = np.asarray(mass, float)
    off = np.divide(margin, mass, out=np.full(mass.shape, np.inf), where=mass > 0)
    return (off + (np.asarray(count) + 3) * _EPSILON) / 2


def likelier(chances: ArrayLike, error: ArrayLike) -> NDArray[np.float64]:
    """1 where a label is likelier true than false, 0 where false, ½ where it may be even.

    error: how far from ½ a chance can be computed that is even in truth.
    """
    chances = np.asarray(chances, float)
    return np.where(np.abs(chances - 0.5) <= error, 0.5, chances > 0.5)


def may_be_most(
    masses: NDArray[np.float64], margin: NDArray[np.float64], least: Any
) -> NDArray[np.bool_]:
    """Which functions may have the most mass, for all that is known: bool.

    least: what the most is at least: the greatest of all masses less their margins.  All
    tie whose mass may reach it.
    """
    return ((masses > 0) | (margin > 0)) & (masses + margin >= least)
