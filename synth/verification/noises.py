"""The noises of real labels once more, from `docs/codes.md`, and what each costs at least.

For labels that are said but for rounding, the polygon of lines is computed in exact fractions.  A
line is said by its values at the least and at the greatest value of the program, in steps.
"""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.verification.numbers import Fit, Labels

Point = tuple[Fraction, Fraction]


def is_noise(entry: dict[str, Any], labels: Labels) -> bool:
    """Whether the noise of a sum is one that it can have, and its exceptions are rows in order."""
    rows = entry["exceptions"]
    if entry["noise"] != "exceptions":
        count = {"normal": range(3), "rounding": range(1, 2)}.get(entry["noise"], ())
        return len(entry["terms"]) in count and not rows
    whole = all(type(row) is int and 0 <= row < labels.n for row in rows)
    return whole and 0 < len(rows) < labels.n and rows == sorted(set(rows))


def constant_bits(labels: Labels, stated: list[int]) -> float:
    """The total of the constant."""
    if not stated:
        return labels.constant_bits()
    return labels.without(stated).constant_bits() + labels.stated_bits(len(stated))


def least_bits(labels: Labels, bits: float, count: int) -> float:
    """What sums of so many programs of so many bits cost at least, without exceptions."""
    normal = labels.sum_bits([bits, *[0.0] * (count - 1)], 0.0) - labels.language_bits
    if count > 1:
        return normal
    named = labels.named_bits([bits]) - labels.language_bits
    return min(normal, named + 2 + 2 * math.log2(labels.cells))


def rounded_fit(labels: Labels, column: NDArray[np.float64]) -> tuple[float, Fit] | None:
    """The bits of labels that are a line's values but for rounding, and the mean of all such lines.

    Parameters
    ----------
    labels : Labels
    column : ndarray of float64, shape (n,)
        The values of the program.

    Returns
    -------
    bits : float
    fit : Fit
        The mean of the lines, and their standard deviations in parts of that of rounding.

    None if there are no such lines.
    """
    values = [Fraction(value) for value in column.tolist()]
    low, wide = min(values), max(values) - min(values)
    if not wide:
        return None
    half, last = Fraction(1, 2), Fraction(int(labels.cells)) - Fraction(1, 2)
    corners: list[Point] = [(-half, -half), (last, -half), (last, last), (-half, last)]
    for value, place in zip(values, labels.places.tolist(), strict=True):
        t = (value - low) / wide
        for side in (1, -1):
            corners = _cut(corners, side * (1 - t), side * t, side * int(place) + half)
            if len(corners) < 3:
                return None
    area, middle, spread = _moments(corners)
    if not area:
        return None
    bits = 2 * math.log2(labels.cells) - _log2(area)
    slope = (middle[1] - middle[0]) / wide
    first = middle[0] - Fraction(int(labels.cells) - 1, 2) - slope * low
    at = -low / wide  # where the constant is
    variances = [
        (1 - at) ** 2 * spread[0] + 2 * at * (1 - at) * spread[1] + at**2 * spread[2],
        (spread[0] - 2 * spread[1] + spread[2]) / wide**2,
    ]
    errors = [math.sqrt(12 * float(variance)) for variance in variances]
    coefficients = [labels.middle + labels.step * float(first), labels.step * float(slope)]
    return bits, Fit(0.0, coefficients, errors)


def _cut(corners: Sequence[Point], a: Fraction, b: Fraction, most: Fraction) -> list[Point]:
    """The part of a polygon where a p + b q is at most so much."""
    beyond = [a * p + b * q - most for p, q in corners]
    kept: list[Point] = []
    for k, (corner, value) in enumerate(zip(corners, beyond, strict=True)):
        before, other = corners[k - 1], beyond[k - 1]
        if value * other < 0:
            share = other / (other - value)
            kept.append(
                (before[0] + share * (corner[0] - before[0]),
                 before[1] + share * (corner[1] - before[1]))
            )  # fmt: skip
        if value <= 0:
            kept.append(corner)
    return kept


def _moments(corners: Sequence[Point]) -> tuple[Fraction, Point, tuple[Fraction, ...]]:
    """The area of a polygon, its middle, and variance, covariance, variance of its points."""
    area = p = q = pp = pq = qq = Fraction(0)
    for k, (x, y) in enumerate(corners):
        u, v = corners[k - 1]
        cross = u * y - x * v
        area += cross / 2
        p, q = p + cross * (u + x) / 6, q + cross * (v + y) / 6
        pp += cross * (u * u + u * x + x * x) / 12
        qq += cross * (v * v + v * y + y * y) / 12
        pq += cross * (2 * u * v + u * y + x * v + 2 * x * y) / 24
    if not area:
        return area, (area, area), (area, area, area)
    p, q = p / area, q / area
    return area, (p, q), (pp / area - p * p, pq / area - p * q, qq / area - q * q)


def _log2(value: Fraction) -> float:
    """The logarithm of a fraction of whole numbers of any size."""
    return math.log2(value.numerator) - math.log2(value.denominator)
