"""The labels of a table: how they are typed, numbered and named, by the training rows alone.

A held-out label that is not a value of the resulting type is unknown: it changes nothing, and every
hypothesis is wrong on it.
"""

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError, listed, quoted, shortened
from synth.language import INT_LIMIT, Bool, Int, Label, Mod, Real, Type
from synth.tasks.cells import PLAIN, TRUTH, Format
from synth.tasks.columns import MOST_VALUES, Column, check_finite, check_range, refuse_infinite

#: Advice in messages about labels that cannot be used.
ONE_VALUE = "make one value the label with --label COLUMN=VALUE"

#: The type of labels; what they stand for if they are numbers for something else; and the
#: function that gives the value of a cell, or None if it has none.
_Labels = tuple[Type, Mapping[Any, str] | None, Callable[[str], Any]]


def read_labels(
    column: Column, value: str | None, modulus: int | None, train: NDArray[np.bool_]
) -> dict[str, Any]:
    """The fields of a `Task` that describe its labels, for these training rows.

    value: the value to tell from all others, or None.
    """
    trained = column.only(train)
    if value is None:
        label_type, names, meaning = _labels(trained, modulus)
    else:
        label_type, names, meaning = _one_label(trained, value)
    values = [meaning(cell) for cell in column.cells]
    if len({v for v, t in zip(values, train, strict=True) if t}) < 2:
        raise TaskError(
            f"column {shortened(column.name)}: one label only ({shortened(trained.cells[0])}); "
            "allowed: at least 2 among the training rows"
        )
    return {
        "labels": np.array([0 if v is None else v for v in values], label_type.dtype),
        "label_type": label_type,
        "label_names": names,
        "unknown": np.array([v is None for v in values]),
    }


def _labels(trained: Column, modulus: int | None) -> _Labels:
    """How labels are read, given those of the training rows."""
    different = sorted(set(trained.cells))
    if {c.lower() for c in different} <= set(TRUTH):
        if modulus is not None and set(different) <= {"0", "1"}:
            return _number_labels(trained, PLAIN, modulus)
        names = {0: "0", 1: "1"} if different == ["0", "1"] else None
        return Bool, names, lambda cell: TRUTH.get(cell.lower())
    format_ = trained.format(different)
    if format_ is None:
        refuse_infinite(trained, trained.cells)
        _refuse_free_text(trained)
        named = Label(*different) if len(different) > 2 else Bool
        return named, dict(enumerate(different)), _place(str, different)
    return _number_labels(trained, format_, modulus)


def _number_labels(trained: Column, format_: Format, modulus: int | None) -> _Labels:
    """How labels that are numbers are read."""
    cells = trained.cells
    plain = [str(format_.plain(cell)) for cell in cells]
    whole = not any(sign in cell for cell in plain for sign in ".eE")
    if whole and modulus is not None:
        check_range(trained, cells, plain, 0, modulus - 1)
        return Mod(modulus), None, partial(_whole, format_, 0, modulus - 1)
    if whole:
        check_range(trained, cells, plain, -INT_LIMIT, INT_LIMIT)
        numbers = np.array(plain, np.int64)
        type_ = Int(int(numbers.min()), int(numbers.max()))
        meaning: Callable[[str], Any] = partial(_whole, format_, -INT_LIMIT, INT_LIMIT)
    else:
        check_finite(trained, cells, plain)
        type_, numbers, meaning = Real, np.array(plain, float), partial(_real, format_)
    found = np.unique(type_.check(numbers, f"column {trained.name}")).tolist()
    if len(found) == 2:
        return Bool, dict(enumerate(map(type_.format, found))), _place(meaning, found)
    return type_, None, meaning


def _place(number: Callable[[str], Any], found: list[Any]) -> Callable[[str], int | None]:
    """A function that gives the index of a cell's value among some values; None for others."""
    places = {value: place for place, value in enumerate(found)}
    return lambda cell: places.get(number(cell))


def _whole(format_: Format, low: int, high: int, cell: str) -> int | None:
    """The integer low..high that a cell holds (5 for `5e0`), or None."""
    plain = format_.plain(cell)
    number = math.nan if plain is None else float(plain)
    return int(number) if low <= number <= high and number % 1 == 0 else None


def _real(format_: Format, cell: str) -> float | None:
    """The Real number that a cell holds, or None."""
    plain = format_.plain(cell)
    if plain is None:
        return None
    values, legal = Real.rounded([float(plain)])
    return float(values[0]) if legal is None else None


def _one_label(trained: Column, value: str) -> _Labels:
    """How labels are read that tell one value from all others; the training rows must have it."""
    different = sorted(set(trained.cells))
    if value not in different:
        raise TaskError(
            f"column {shortened(trained.name)} has no value {quoted(value)} among the training "
            f"rows; values there: {listed(different)}"
        )
    return Bool, {0: f"not {value}", 1: value}, lambda cell: cell == value


def _refuse_free_text(column: Column) -> None:
    """Raise TaskError for too many different texts as labels."""
    seen = set()
    for row, cell in enumerate(column.cells):
        seen.add(cell)
        if len(seen) > MOST_VALUES:
            raise TaskError(
                f"{column.where(row)}: {quoted(cell)} is the {len(seen)}th different text; "
                f"allowed: numbers, true and false, or at most {MOST_VALUES} different texts; or "
                f"{ONE_VALUE}"
            )
