"""The labels of a table: how they are typed, numbered and named, by the training rows alone.

Texts that differ only in case or spaces are one label.  Labels are numbered in the order that
people give them (`words.py`), so that of `ja` and `nein` programs are conditions for `ja`.

A held-out label that is not a value of the resulting type is unknown: it changes nothing, and every
hypothesis is wrong on it.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError, listed, quoted, shortened
from synth.language import INT_LIMIT, Bool, Int, Label, Mod, Real, Type
from synth.tasks.cells import PLAIN, TRUTH, Format
from synth.tasks.columns import MOST_VALUES, Column
from synth.tasks.conditions import Condition
from synth.tasks.ranges import check_finite, check_range, refuse_infinite
from synth.tasks.texts import LETTERS
from synth.tasks.words import as_spelled, in_order, letters_of, said_spellings, spellings

#: Advice in messages about labels that cannot be used.
ONE_VALUE = "make one value the label with --label COLUMN=VALUE"
#: Numbers with more values than this are said to be a numeric label.
MANY_NUMBERS = 12

#: The type of labels; what they stand for if they are numbers for something else; and the
#: function that gives the value of a cell, or None if it has none.
_Labels = tuple[Type, Mapping[Any, str] | None, Callable[[str], Any]]


def read_labels(
    column: Column, condition: Condition | None, modulus: int | None, train: NDArray[np.bool_]
) -> dict[str, Any]:
    """The fields of a `Task` that describe its labels, for these training rows.

    condition: what is told from everything else, such as one value, or None.
    """
    trained = column.only(train)
    if condition is None:
        label_type, names, meaning = _labels(trained, modulus)
    else:
        label_type, names, meaning = _conditioned(trained, condition)
    values = [meaning(cell) for cell in column.cells]
    if len({v for v, t in zip(values, train, strict=True) if t}) < 2:
        shown, value = trained.cells[0], meaning(trained.cells[0])
        if condition is not None and value is not None:
            shown = condition.names[value]
        raise TaskError(
            f"column {shortened(column.name)}: one label only ({shortened(shown)}); "
            "allowed: at least 2 among the training rows"
        )
    return {
        "labels": np.array([0 if v is None else v for v in values], label_type.dtype),
        "label_type": label_type,
        "label_names": names,
        "unknown": np.array([v is None for v in values]),
    }


def label_notes(
    column: Column, condition: Condition | None, train: NDArray[np.bool_], type_: Type
) -> list[str]:
    """What is said about labels: spellings that are one label, and a numeric label."""
    trained, name = column.only(train), shortened(column.name)
    alphabet = None if condition is not None else letters_of(set(trained.cells))
    if alphabet is not None:
        first, last = next(k for k, c in enumerate(alphabet) if c.isalpha()), len(alphabet) - 1
        said = [f"{alphabet[k]} is {k}" for k in dict.fromkeys((first, last))]
        return [f"labels are read as numbers: {', '.join(said)}"]
    if condition is None and type_.family in ("Int", "Real"):
        format_ = trained.format(trained.cells)
        numbers = sorted(float(str(format_ and format_.plain(cell))) for cell in trained.cells)
        different = len(set(numbers))
        if not is_numeric(type_, numbers):
            return []
        middle = f"{numbers[len(numbers) // 2]:.4g}"
        return [
            f"numeric label {name}: {different} different numbers from {numbers[0]:.6g} to "
            f"{numbers[-1]:.6g}; if no program says them exactly, search and contrast allow for "
            f"noise (--noise); --label '{name}>={middle}' asks for a threshold"
        ]
    if condition is None and trained.format(trained.cells) is None:
        said = said_spellings(trained.cells)
        return [f"labels that differ only in case or spaces are one: {listed(said, 6)}"] * bool(
            said
        )
    return []


def is_numeric(label_type: Type, values: Iterable[Any]) -> bool:
    """Whether labels are numbers with fractions, or more than 12 different whole numbers."""
    many = len(set(values)) > MANY_NUMBERS
    return label_type.family == "Real" or (label_type.family == "Int" and many)


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
        known = spellings(trained.cells)
        texts = in_order({as_spelled(cell, known) for cell in different})
        alphabet = letters_of(texts)
        if alphabet is not None:
            places = [alphabet.index(text) for text in texts]
            type_, names = Int(min(places), max(places)), dict(enumerate(alphabet))
            return type_, names, {letter: k for k, letter in names.items()}.get
        _refuse_free_text(trained, texts)
        named = Label(*texts) if len(texts) > 2 else Bool
        return named, dict(enumerate(texts)), _place(partial(as_spelled, known=known), texts)
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


def _conditioned(trained: Column, condition: Condition) -> _Labels:
    """How labels are read that say whether a condition holds."""
    meaning = condition.test(trained, " among the training rows")
    return Bool, dict(enumerate(condition.names)), meaning


def _refuse_free_text(column: Column, texts: list[str]) -> None:
    """Raise TaskError for too many different texts as labels."""
    if len(texts) <= MOST_VALUES:
        return
    known, seen = spellings(column.cells), set()
    more = ""
    if len(set("".join(texts))) <= LETTERS:
        more = "; or strings of few letters, as in strings:file=FILE"
    for row, cell in enumerate(column.cells):
        seen.add(as_spelled(cell, known))
        if len(seen) > MOST_VALUES:
            raise TaskError(
                f"{column.where(row)}: {quoted(cell)} is the {len(seen)}th different text; "
                f"allowed: numbers, true and false, or at most {MOST_VALUES} different texts; or "
                f"{ONE_VALUE}{more}"
            )
