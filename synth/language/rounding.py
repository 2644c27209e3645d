"""Rounding of floating-point numbers to fewer bits of mantissa; see `synth.language.types`."""

import numpy as np
from numpy.typing import ArrayLike

#: How many bits of a float64's mantissa Real and Complex values drop.
DROPPED = 12


def rounded(values: ArrayLike, dropped: int = DROPPED) -> np.ndarray:
    """Round numbers to the nearest with fewer bits of mantissa, ties to even; -0 becomes 0.

    Subnormal numbers are rounded to multiples of 2**(dropped - 1074), and the largest numbers
    to infinity; infinities and NaN stay.  The larger part of a complex number is rounded this
    way, and the smaller part to a multiple of the larger part's last place.

    Parameters
    ----------
    values : array_like of float64 or complex128
        Numbers of any shape.
    dropped : int
        How many of the 52 bits to drop.

    Returns
    -------
    ndarray
        A new array of the same shape and dtype.
    """
    flat = np.array(values).reshape(-1)
    parts, bits = flat.view(np.float64), flat.view(np.uint64)
    finite = np.isfinite(parts)
    # The addition below would carry from the mantissa of a NaN of all ones into its sign.
    special = None if finite.all() else parts[~finite]
    # Adding one less than half of the last kept place, plus that place's bit, rounds ties to
    # even; a mantissa that overflows carries into the exponent, as it should.
    bits += ((bits >> np.uint64(dropped)) & np.uint64(1)) + np.uint64(2 ** (dropped - 1) - 1)
    bits &= np.uint64(2**64 - 2**dropped)
    if special is not None:
        parts[~finite] = special
    if flat.dtype.kind == "c":
        _share_last_place(parts.reshape(-1, 2), np.array(values).reshape(-1), dropped)
    parts += 0.0  # -0 + 0 is 0
    return flat.reshape(np.shape(values))


def _share_last_place(parts: np.ndarray, values: np.ndarray, dropped: int) -> None:
    """Round values (m,) to the last place of the larger of their rounded parts (m, 2)."""
    largest = np.abs(parts).max(axis=1)
    exponent = largest.view(np.uint64) & np.uint64(0x7FF << 52)
    place = exponent.view(np.float64) * 2.0 ** (dropped - 52)
    # Numbers that are not finite, 0 or nearly 0 stay as they are.
    some = np.isfinite(largest) & (place >= np.finfo(np.float64).tiny)
    place = place[some, None]
    parts[some] = np.rint(values[some].view(np.float64).reshape(-1, 2) / place) * place
