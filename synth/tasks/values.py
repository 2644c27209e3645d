"""Values of columns as their types store them, and the values that labels can take."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import TaskError, TypeMismatchError
from synth.language import ALLOWED, INT_LIMIT, Int, Type, array_of

if TYPE_CHECKING:
    from synth.tasks.task import Task


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


def widened(type_: Type, values: np.ndarray) -> Type:
    """The type of a column with these values: an Int one may leave its range."""
    if type_.family != "Int":
        return type_
    return Int(int(min(type_.low, values.min())), int(max(type_.high, values.max())))


def compared(type_: Type, values: ArrayLike) -> np.ndarray:
    """Label values as numbers, rounded to the bits by which labels are compared."""
    return type_.coarse(np.asarray(values, type_.number))


def check_types(task: "Task") -> None:
    """Raise TaskError or TypeMismatchError if a task has no columns, or not a type for each."""
    if not task.columns:
        raise TaskError(f"task {task.name} has no input column; allowed: 1 column or more")
    for name in task.columns:
        if name not in task.types:
            raise TypeMismatchError(f"column {name} has no type; allowed: {ALLOWED}")
        if not isinstance(task.types[name], Type):
            shown = type_text(task.types[name])
            raise TypeMismatchError(f"column {name}: type {shown}; allowed: {ALLOWED}")
    if not isinstance(task.label_type, Type):
        raise TypeMismatchError(f"label_type {type_text(task.label_type)}; allowed: {ALLOWED}")


def alphabet_of(task: "Task", labels: np.ndarray, train: NDArray[np.bool_]) -> tuple[Any, ...]:
    """The values that labels of a task can take, at least two, in the order of `compared`."""
    type_ = task.label_type
    if task.given_alphabet is not None:
        given = type_.check(list(task.given_alphabet), "given_alphabet").astype(type_.number)
        # Complex numbers whose real parts differ by rounding alone are in order of the others.
        places = np.unique(compared(type_, given), return_index=True)[1]
        alphabet = tuple(given[places].tolist())
        outside = labels[~np.isin(compared(type_, labels), compared(type_, alphabet))]
        if outside.size:
            raise TaskError(f"task {task.name}: label {outside[0]} is not among the label values")
    elif type_.family == "Int" or type_.inexact or type_.letters:
        places = np.unique(compared(type_, labels[train]), return_index=True)[1]
        alphabet = tuple(labels[train][places].tolist())
    else:
        alphabet = tuple(range(int(type_.size)))
    if len(alphabet) < 2 and task.sequence is None:
        raise TaskError(
            f"task {task.name}: one label value only ({alphabet[0]}); "
            "allowed: at least 2 among the training rows"
        )
    return alphabet
