"""Labels without noise: they are the values of a + b f, rounded to their precision.

Of all labellings, a and b allow one.  So the probability of labels is that of the pairs (a, b)
which allow them.  The pair is said by the two predictions at the least and at the greatest value of
f, each of which is uniform in the range.  All other predictions are between these two, and each
label puts its prediction between two parallel lines.  So the pairs that allow the labels are a
convex polygon, and its area is the probability, in squares of the range: nothing is asymptotic.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Predictions are told apart by so many bits of a step where a polygon is taken for the origin.
_BITS = 60


@dataclass(frozen=True)
class RoundedLine:
    """The lines a + b f whose values are labels but for rounding: a convex polygon of them.

    Parameters
    ----------
    bits : float
        Bits of the labels: 2 log2 cells, less log2 of the area in squares of a step.
    intercept, slope : float
        The mean of all these lines.
    covariance : ndarray of float64, shape (2, 2)
        That of their values at the least and at the greatest f, about the mean.
    ends : tuple of float
        The least and the greatest f.
    """

    bits: float
    intercept: float
    slope: float
    covariance: NDArray[np.float64]
    ends: tuple[float, float]

    def variances(self, column: ArrayLike) -> NDArray[np.float64]:
        """The variances of the values where f has these values, float64 (m,)."""
        low, high = self.ends
        t = (np.asarray(column, float) - low) / (high - low)
        shares = np.stack([1 - t, t])
        return np.asarray(np.einsum("im,ij,jm->m", shares, self.covariance, shares))

    @property
    def slope_error(self) -> float:
        """The standard deviation of the slope."""
        change = np.array([-1.0, 1.0])
        return float(np.sqrt(change @ self.covariance @ change)) / (self.ends[1] - self.ends[0])


#: The least area of a polygon whose corners are 1 from its middle at most: rounding moves these by
#: up to 2**-53, which may make a thinner one of nothing.
THINNEST = 2.0**-24


def rounding_floor(cells: int) -> float:
    """What labels cost at least, whatever the program: two of them are at the ends.

    Parameters
    ----------
    cells : int
        How many labels the range has.
    """
    return 2 * math.log2(cells)


def rounded_line(column: ArrayLike, places: ArrayLike, scale: Any) -> RoundedLine | None:
    """The lines a + b f that say labels but for rounding; None if there are none.

    Parameters
    ----------
    column : array_like of float64, shape (n,)
        The values of f.
    places : array_like of int, shape (n,)
        The cells of the labels: see `synth.codes.real.Scale.place`.
    scale : synth.codes.real.Scale
        Their scale.
    """
    column, cells = np.asarray(column, float), np.asarray(places).tolist()
    low, high = int(column.argmin()), int(column.argmax())
    steps, whole = _whole(column - 0.0, low)
    if not whole:
        return None
    # About a line that is nearly right, and then about the middle of the polygon, so that all of
    # its corners are near 0 and as exact as floats can be.
    ends = [cells[low] << _BITS, cells[high] << _BITS]
    moved = (0.0, 0.0)
    for _ in range(2):
        ends = [end + round(math.ldexp(d, _BITS)) for end, d in zip(ends, moved, strict=True)]
        corners = _polygon(steps, whole, cells, ends, (low, high))
        area, middle, covariance = _moments(corners)
        if not area > THINNEST * np.abs(corners - middle).max(initial=0) ** 2:
            return None
        moved = middle
    at = [math.ldexp(end, -_BITS) + d for end, d in zip(ends, moved, strict=True)]
    ends_of_f = float(column[low]), float(column[high])
    slope = scale.precision * (at[1] - at[0]) / (ends_of_f[1] - ends_of_f[0])
    first = scale.middle + scale.precision * (at[0] - (scale.cells - 1) / 2)
    return RoundedLine(
        bits=rounding_floor(scale.cells) - math.log2(area),
        intercept=first - slope * ends_of_f[0],
        slope=slope,
        covariance=scale.precision**2 * covariance,
        ends=ends_of_f,
    )


def _whole(column, low):
    """How far values are above the least, as whole numbers, and the greatest of them."""
    ratios = [value.as_integer_ratio() for value in column.tolist()]
    most = max(below for _, below in ratios)  # a power of two, as they all are
    values = [above * (most // below) for above, below in ratios]
    above = [value - values[low] for value in values]
    return above, max(above)


def _polygon(steps, whole, cells, ends, rows):
    """The corners (m, 2) of the pairs of changes at both ends that keep all predictions in cells.

    Predictions are (1 - t) p + t q beside those of the line through `ends`.  It begins with the
    square that the two rows at the ends allow, and the line that a corner is farthest beyond cuts
    off the next piece.
    """
    first, last = ends
    half, below = whole << (_BITS - 1), whole << _BITS
    left = [
        (cell << _BITS) * whole - (whole - step) * first - step * last
        for cell, step in zip(cells, steps, strict=True)
    ]
    # Python divides whole numbers of any size to the nearest float.
    upper = np.array([(each + half) / below for each in left])
    lower = np.array([(each - half) / below for each in left])
    t = np.array([step / whole for step in steps])
    sides = np.column_stack([1 - t, t])
    sides, most = np.concatenate([sides, -sides]), np.concatenate([upper, -lower])
    low, high = rows
    corners = np.array(
        [(p, q) for p, q in ((lower[low], lower[high]), (upper[low], lower[high]),
                             (upper[low], upper[high]), (lower[low], upper[high]))]
    )  # fmt: skip
    for _ in range(len(most)):
        beyond = (corners @ sides.T).max(axis=0) - most
        worst = int(beyond.argmax())
        if not beyond[worst] > 0:
            break
        corners = _cut(corners, corners @ sides[worst] - most[worst])
        most[worst] = np.inf
        if len(corners) < 3:
            break
    return corners


def _cut(corners, beyond):
    """The part of a polygon where a linear function, given at its corners, is at most 0."""
    kept = []
    for k, (corner, value) in enumerate(zip(corners, beyond, strict=True)):
        before, last = corners[k - 1], beyond[k - 1]
        if (value > 0) != (last > 0):
            kept.append(before + (corner - before) * (last / (last - value)))
        if value <= 0:
            kept.append(corner)
    return np.array(kept).reshape(-1, 2)


def _moments(corners):
    """The area of a polygon, its middle, and the covariance of its points."""
    if len(corners) < 3:
        return 0.0, (0.0, 0.0), np.zeros((2, 2))
    origin = corners[0]
    one, other = (corners - origin)[1:-1], (corners - origin)[2:]
    areas = (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0]) / 2
    area = float(areas.sum())
    if not area > 0:
        return 0.0, (0.0, 0.0), np.zeros((2, 2))
    middle = (areas[:, None] * (one + other)).sum(axis=0) / (3 * area)
    # Of a triangle with the corners 0, u, v: the mean of x x' is (uu' + vv' + (u+v)(u+v)') / 12.
    both = one + other
    squares = sum(np.einsum("k,ki,kj->ij", areas, part, part) for part in (one, other, both)) / (
        12 * area
    )
    return area, tuple(origin + middle), squares - np.outer(middle, middle)
