"""The columns that an estimator is given: masks, the kinds of their dtypes, missing values."""

import numpy as np

from synth.errors import SettingError, TypeMismatchError
from synth.language import array_of, refuse_other_index


def without_masks(X, y=None):  # noqa: N803
    """X and y without masks; raises SettingError if a value is masked or the rows do not fit."""
    try:
        refuse_other_index({"y": y, "X": X})
        # scikit-learn takes what lies below a mask.
        given = (("X", X), ("y", y))
        return [array_of(v, w) if isinstance(v, np.ma.MaskedArray) else v for w, v in given]
    except TypeMismatchError as error:
        raise SettingError(str(error)) from None


def kinds_of(X):  # noqa: N803
    """The kinds of the dtypes of a data frame's columns, None for texts; None if X is no frame."""
    if not (hasattr(X, "columns") and hasattr(X, "dtypes")) or len(set(X.columns)) < X.shape[1]:
        return None
    dtypes = zip(X.columns, X.dtypes, strict=True)
    return [_kind(dtype) or _numeric(X[name]) for name, dtype in dtypes]


def gaps_of(column):
    """Which values of a column are missing, bool (rows,)."""
    return np.isnan(column) if column.dtype.kind == "f" else np.zeros(len(column), bool)


def _numeric(column):
    """ "f" if a column of objects holds numbers only, as texts or as they are; otherwise None."""
    if np.asarray(column).dtype.kind in "mM":  # dates
        return None
    try:
        return "f" if np.asarray(column, float).ndim == 1 else None
    except (TypeError, ValueError):
        return None


def _kind(dtype):
    """The kind of numbers of a data frame's column, as NumPy writes it; None for others."""
    dtype = getattr(getattr(dtype, "categories", None), "dtype", dtype)
    kind, name = getattr(dtype, "kind", None), str(dtype)
    if kind is None:  # polars says it by name
        kind = next((k for k in ("bool", "int", "uint", "float") if name.lower().startswith(k)), "")
    return kind[:1] if kind[:1] in ("b", "i", "u", "f") else None
