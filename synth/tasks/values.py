"""Values of columns as their types store them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from synth.language import INT_LIMIT, Int, Type, array_of


def checked(type_: Type, name: str, column: ArrayLike) -> np.ndarray:
    """A column as its type stores it; NaN in a Real column is a missing value, and stays."""
    given = array_of(column, f"column {name}")
    if type_.family != "Real" or given.dtype.kind != "f" or not np.isnan(given).any():
        return type_.check(given, f"column {name}")
    gaps = np.isnan(given)
    values = type_.check(np.where(gaps, 0, given), f"column {name}")
    values[gaps] = np.nan
    return values


def wide(type_: Type) -> Type:
    """The type of further values of a column: those of an Int column may leave its range."""
    return Int(-INT_LIMIT, INT_LIMIT) if type_.family == "Int" else type_


def type_text(given: Any) -> str:
    """The name of something given as a type, such as `int` or `Int`, or its repr."""
    return str(getattr(given, "__name__", repr(given)))
