"""The columns that an estimator is given: masks, the kinds of their dtypes, missing values."""

import numpy as np

from synth.errors import SettingError, TypeMismatchError, quoted
from synth.language import INT_LIMIT, Bool, Int, Label, Mod, Real, array_of, refuse_other_index
from synth.tasks import missing_name

#: Up to so many classes whose numbers are further apart than this are names: 100, 200 and 300.
FEW, WIDE = 16, 31


def without_masks(X, y=None):
    """X and y without masks; raises SettingError if a value is masked or the rows do not fit."""
    try:
        refuse_other_index({"y": y, "X": X})
        # scikit-learn takes what lies below a mask.
        given = (("X", X), ("y", y))
        return [array_of(v, w) if isinstance(v, np.ma.MaskedArray) else v for w, v in given]
    except TypeMismatchError as error:
        raise SettingError(str(error)) from None


def kinds_of(X):
    """The kinds of the dtypes of a data frame's columns, None for texts; None if X is no frame."""
    if not (hasattr(X, "columns") and hasattr(X, "dtypes")) or len(set(X.columns)) < X.shape[1]:
        return None
    dtypes = zip(X.columns, X.dtypes, strict=True)
    return [_kind(dtype) or _numeric(X[name]) for name, dtype in dtypes]


def refuse_texts(X, what):
    """Raises SettingError if a column of a data frame is not of numbers; what: what needs them."""
    kinds = kinds_of(X)
    if kinds is None:
        return
    for name, kind in zip(X.columns, kinds, strict=True):
        if kind is None:
            raise SettingError(
                f"column {name} has {quoted(next(iter(X[name])))}, which is no number; {what} "
                "takes columns of numbers; leave the column out, or give a column of 0 and 1 for "
                "each of its values (pandas.get_dummies)"
            )


def gaps_of(column):
    """Which values of a column are missing, bool (rows,)."""
    return np.isnan(column) if column.dtype.kind == "f" else np.zeros(len(column), bool)


def array_types(X, kinds, names, modulus):
    """The types of an array's columns, and Bool for those that have missing values, by name."""
    names = [f"x{i}" for i in range(X.shape[1])] if names is None else list(map(str, names))
    types = dict(zip(names, _column_types(X, kinds, modulus), strict=True))
    if len(types) < X.shape[1]:
        raise SettingError(f"{X.shape[1]} columns, {len(types)} names; allowed: one each")
    for name, column in zip(names, X.T, strict=True):
        if gaps_of(column).any():
            types[missing_name(name)] = Bool
    return types


def typed(X, types):
    """The columns of an array by name, of the types that they had in training.

    Integers may come as floats, as from a data frame that has columns of floats as well.
    """
    columns = {}
    for (name, type_), column in zip(types.items(), X.T, strict=False):
        gaps = gaps_of(column)
        if missing_name(name) in types:
            columns[missing_name(name)] = gaps
        if gaps.any() and type_.family == "Real":
            columns[name] = np.where(gaps, np.nan, type_.check(np.where(gaps, 0, column), name))
            continue
        if not type_.inexact and column.dtype.kind == "f" and (column % 1 == 0).all():
            column = column.astype(np.int64)
        # A training set is only a sample: other rows may have numbers outside its range.
        wide = Int(-INT_LIMIT, INT_LIMIT) if type_.family == "Int" else type_
        columns[name] = wide.check(column, f"column {name}")
    return {name: columns[name] for name in types}


def label_types(classes, modulus):
    """The types that labels can be of, the best first, each with the value of each class."""
    k, kind = len(classes), classes.dtype.kind
    whole = kind in "iu" or (kind == "f" and (classes % 1 == 0).all())
    whole = whole and np.abs(classes.astype(float)).max() <= INT_LIMIT
    values = classes.astype(np.int64) if whole else np.arange(k)
    if whole and modulus is not None:
        yield Mod(modulus), Mod(modulus).check(values, "y")
    elif whole and k > 2 and (k > FEW or np.ptp(classes) <= WIDE):
        yield Int(int(values.min()), int(values.max())), values
    yield Bool if k == 2 else Label(*map(str, classes.tolist())), np.arange(k)


def _column_types(X, kinds, modulus):
    for column, kind in zip(X.T, kinds or [X.dtype.kind] * X.shape[1], strict=True):
        gaps = gaps_of(column).any()
        whole = kind in "iu" and not gaps and np.abs(column.astype(float)).max() <= INT_LIMIT
        if kind == "b" and not gaps:
            yield Bool
        elif kind in "iu" and modulus is not None and not gaps:
            yield Mod(modulus)
        else:
            yield Int(int(column.min()), int(column.max())) if whole else Real


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
