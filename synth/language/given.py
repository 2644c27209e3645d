"""What people give as columns: arrays, masked arrays, series and data frames of any library.

Everything that becomes values of a type goes through `array_of`, and every table through
`columns_of`.  No library of data frames is imported: their objects are known by what they offer.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from synth.errors import TypeMismatchError, one_line, quoted


def array_of(values: Any, what: str) -> np.ndarray:
    """The array of some values, if none is missing or hidden.

    Masked values, and missing values among floating-point numbers, become NaN, which types refuse
    or accept themselves.

    Parameters
    ----------
    values : array_like
        Values of any shape: an array, a masked array, a list, or a series of pandas, polars or
        pyarrow, nullable and categorical ones too.
    what : str
        What the values are, for messages.

    Raises
    ------
    TypeMismatchError
        If values other than floating-point numbers are missing, or the values are no array.
    """
    if type(values) is np.ndarray and values.dtype.kind != "O":
        return values
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise TypeMismatchError(f"{what}: {one_line(error)}; allowed: an array") from None
    gaps = _gaps(values, array)
    if gaps is None:
        return _unboxed(array) if array.dtype.kind == "O" else array
    if not _inexact(getattr(values, "dtype", array.dtype)):
        count = f"{gaps.sum()} of {gaps.size} values are missing"
        raise TypeMismatchError(f"{what}: {count}; fill them in, or leave out their rows")
    return _unboxed(np.where(gaps, np.nan, array))


def columns_of(table: Any, what: str) -> dict[str, Any]:
    """The columns of a mapping or a data frame by name.

    Raises
    ------
    TypeMismatchError
        If it is neither, or a name appears twice.
    """
    if isinstance(table, Mapping):
        pairs = list(table.items())
    elif hasattr(table, "columns") and hasattr(table, "__getitem__"):
        names = list(table.columns)
        twice = [n for k, n in enumerate(names) if n in names[:k]]
        if twice:
            raise TypeMismatchError(f"{what}: column {twice[0]} appears twice; allowed: once")
        pairs = [(name, table[name]) for name in names]
    else:
        raise TypeMismatchError(
            f"{what}: {quoted(table)}; allowed: a mapping of names to arrays, or a data frame"
        )
    return dict(pairs)


def refuse_other_index(parts: Mapping[str, Any]) -> None:
    """Refuse series whose rows have different labels, since rows are paired by position.

    Parameters
    ----------
    parts : mapping of str to object
        What is paired, by the names that messages use; objects without an index are passed over.

    Raises
    ------
    TypeMismatchError
        If two indices differ.
    """
    first: tuple[str, Any] | None = None
    for what, values in parts.items():
        index = getattr(values, "index", None)
        if not hasattr(index, "equals"):
            continue
        if first is None:
            first = what, index
        elif not first[1].equals(index):
            raise TypeMismatchError(
                f"{what} has another index than {first[0]}; align them, or pass arrays, whose "
                "rows are paired by position (.to_numpy())"
            )


def _gaps(values: Any, array: np.ndarray) -> np.ndarray | None:
    """Which values are masked or missing, bool of the array's shape; None if none is."""
    if isinstance(values, np.ma.MaskedArray):
        gaps = np.ma.getmaskarray(values)
    elif array.dtype.kind == "O":
        # pandas.NA is equal to nothing, and says so with another NA.
        gaps = np.array([_is_gap(v) for v in array.ravel()], bool).reshape(array.shape)
    elif array.dtype.kind == "f" and not _inexact(getattr(values, "dtype", array.dtype)):
        gaps = np.isnan(array)  # a series of integers with gaps gives floats
    else:
        return None
    return gaps if gaps.any() else None


def _is_gap(value: Any) -> bool:
    if isinstance(value, (float, complex)):
        return value != value
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _inexact(dtype: Any) -> bool:
    """Whether a dtype, of NumPy or of a library of data frames, is of floating-point numbers."""
    return getattr(dtype, "kind", None) in ("f", "c") or str(dtype).lower().startswith("float")


def _unboxed(array: np.ndarray) -> np.ndarray:
    """Numbers and truth values kept as objects, as an array of numbers; others as they are."""
    kinds = {type(value) for value in array.ravel().tolist()}
    for one, dtype in ((bool, bool), (int, np.int64), (float, np.float64), (complex, complex)):
        if kinds and all(_fits(kind, one) for kind in kinds):
            try:
                return array.astype(dtype)
            except OverflowError:
                return array
    return array


def _fits(kind: type, number: type) -> bool:
    """Whether values of a Python type are numbers of another: ints are floats, bools are not."""
    if kind is bool or number is bool:
        return kind is number
    wider = {int: (int,), float: (int, float), complex: (int, float, complex)}
    return issubclass(kind, wider[number])
