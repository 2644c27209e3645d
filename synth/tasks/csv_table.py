"""Tasks from CSV files; the types of columns are inferred.

A column of 0, 1, true and false is Bool.  Integers are Int, or Mod(p) if a modulus is given.
Numbers with a decimal point or an exponent are Real.  A column of texts with at most 16 different
values becomes one Bool column for each value, named `colour=red`.  Labels that are numbers with
more than two values keep their values; other labels are numbered 0..k-1 in sorted order and named
in reports.

Inputs are typed by all rows, because a learner knows the inputs of held-out rows.  Labels are
typed, numbered and named by the training rows alone.  A held-out label that is not a value of the
resulting type is unknown: it changes nothing, and every hypothesis is wrong on it.
"""

import csv
import io
import math
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError, listed, quoted, shortened
from synth.language import INT_LIMIT, Bool, Int, Mod, Real, Type
from synth.tasks.origin import recorded
from synth.tasks.sources import table_bytes, table_name
from synth.tasks.splits import training_mask
from synth.tasks.task import Task

#: The most different values of a column of texts.
MOST_VALUES = 16

#: Advice in messages about labels that cannot be used.
ONE_VALUE = "make one value the label with --label COLUMN=VALUE"

_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?")
_INFINITE = {"inf", "infinity"}
_MISSING = {"na", "n/a", "nan", "null", "none", "?", "-", ".", "missing"}
#: The type of labels; what they stand for if they are numbers for something else; and the
#: function that gives the value of a cell, or None if it has none.
_Labels = tuple[Type, Mapping[Any, str] | None, Callable[[str], Any]]
_TRUTH = {"0": False, "1": True, "false": False, "true": True}


@dataclass(frozen=True)
class _Column:
    """The name of a column, its cells as texts, and the line of the file of each cell."""

    name: str
    cells: tuple[str, ...]
    lines: tuple[int, ...]

    def where(self, row: int) -> str:
        return f"line {self.lines[row]}, column {shortened(self.name)}"

    def only(self, rows: NDArray[np.bool_]) -> "_Column":
        """The column with some of its rows, bool (rows,)."""
        places = np.flatnonzero(rows).tolist()
        cells, lines = self.cells, self.lines
        return _Column(self.name, tuple(cells[k] for k in places), tuple(lines[k] for k in places))


@recorded
def read_table(
    path: str | os.PathLike[str],
    *,
    label: str | None = None,
    drop: Iterable[str] = (),
    modulus: int | None = None,
    train: int | float = 0.5,
    seed: int = 0,
) -> Task:
    """Read a task from a CSV file whose first line names the columns.

    Columns are separated by commas, or by semicolons or tabs if the first line has no comma.
    Inputs are typed by all rows, labels by the training rows alone.

    Parameters
    ----------
    path : str or path
        The file, in UTF-8; or a pipe, or `-` for standard input, of which at most 100 MB are read.
    label : str, optional
        The name of the label column, by default the last one; or COLUMN=VALUE, whose label
        says whether the column has this value as it is written.
    drop : str or iterable of str
        The names of columns to leave out.
    modulus : int, optional
        Makes columns of integers residues.
    train : float or int
        The fraction (float) or the number (int) of training rows.
    seed : int
        The seed that chooses them.

    Raises
    ------
    TaskError
        If the file cannot be used; the message names the line and the column.
    """
    path = Path(path)
    try:
        columns = _kept(_columns(path), drop)
        chosen, value = _label_column(columns, columns[-1].name if label is None else label)
        inputs = [c for c in columns if c is not chosen]
        if not inputs:
            raise TaskError(
                f"one column only, {shortened(chosen.name)}; allowed: inputs and a label column"
            )
        values, types = _inputs(inputs, modulus)
        mask = training_mask(len(chosen.cells), train, seed)
        read = partial(_read_labels, chosen, value, modulus)
        return Task(
            table_name(path),
            values,
            types,
            train=mask,
            label=columns[-1].name if label is None else label,
            settings={"train": train, "seed": seed},
            read=read,
            **read(mask),
        )
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from None


def _kept(columns: list[_Column], drop: Iterable[str]) -> list[_Column]:
    """The columns that are not dropped, without missing values."""
    names = [c.name for c in columns]
    dropped = [drop] if isinstance(drop, str) else list(drop)
    for name in dropped:
        if name not in names:
            raise TaskError(f"no column {quoted(name)} to drop; columns: {listed(names)}")
    columns = [c for c in columns if c.name not in dropped]
    if not columns:
        raise TaskError("every column is dropped; allowed: inputs and a label column")
    _refuse_empty_cells(columns)
    return columns


def _columns(path: Path) -> list[_Column]:
    """The columns of a file."""
    (first, names), *body = _lines(path)
    if all(_NUMBER.fullmatch(n) for n in names):
        raise TaskError(f"line {first}: numbers; the first line must name the columns")
    for k, name in enumerate(names):
        if not name:
            raise TaskError(f"line {first}, column {k + 1}: no name")
        if name in names[:k]:
            raise TaskError(
                f"line {first}: column {shortened(name)} appears twice; names must be distinct"
            )
    if not body:
        raise TaskError("no rows; allowed: a line of column names, then one line for each row")
    for line, cells in body:
        if len(cells) != len(names):
            raise TaskError(
                f"line {line}: {len(cells)} cells; allowed: {len(names)}, one for each column"
            )
    lines = tuple(line for line, _ in body)
    return [_Column(n, tuple(cells[k] for _, cells in body), lines) for k, n in enumerate(names)]


def _lines(path: Path) -> list[tuple[int, list[str]]]:
    """(line, cells) of every line of a file that is not empty."""
    raw = table_bytes(path)
    if b"\0" in raw:
        raise TaskError("binary, not text; allowed: CSV in UTF-8")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise TaskError(f"line {line}: not UTF-8; allowed: CSV in UTF-8") from None
    head = text.lstrip("\r\n").partition("\n")[0]
    delimiter = next((d for d in ",;\t" if d in head), ",")
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, skipinitialspace=True, strict=True)
    rows = []
    try:
        for cells in reader:
            if cells:
                rows.append((reader.line_num, [c.strip() for c in cells]))
    except csv.Error as error:
        raise TaskError(f"line {reader.line_num}: {error}") from None
    if not rows:
        raise TaskError("empty; allowed: a line of column names, then one line for each row")
    return rows


def _refuse_empty_cells(columns: list[_Column]) -> None:
    for row in range(len(columns[0].cells)):
        for column in columns:
            if not column.cells[row]:
                raise TaskError(
                    f"{column.where(row)}: missing value; "
                    "fill it in, leave out the row, or leave out the column with --drop"
                )


def _inputs(
    columns: list[_Column], modulus: int | None
) -> tuple[dict[str, np.ndarray], dict[str, Type]]:
    """Values and types by name of the input columns that columns of the file become."""
    values: dict[str, np.ndarray] = {}
    types: dict[str, Type] = {}
    for column in columns:
        for name, type_, cells in _typed(column, modulus):
            if name in values:
                raise TaskError(f"line 1: column {shortened(name)} would appear twice; rename one")
            values[name], types[name] = cells, type_
    return values, types


def _typed(column: _Column, modulus: int | None) -> list[tuple[str, Type, np.ndarray]]:
    """(name, type, values) of the input columns that a column of the file becomes."""
    cells = column.cells
    different = set(cells)
    if modulus is not None and all(map(_WHOLE.fullmatch, different)):
        return [(column.name, Mod(modulus), _numbers(column, 0, modulus - 1))]
    if {c.lower() for c in different} <= set(_TRUTH):
        return [(column.name, Bool, np.array([_TRUTH[c.lower()] for c in cells]))]
    if all(map(_WHOLE.fullmatch, different)):
        numbers = _numbers(column, -INT_LIMIT, INT_LIMIT)
        return [(column.name, Int(int(numbers.min()), int(numbers.max())), numbers)]
    if _all_numbers(column):
        return [(column.name, Real, _reals(column))]
    _refuse_free_text(column, "leave the column out with --drop")
    return [
        (f"{column.name}={value}", Bool, np.array([c == value for c in cells]))
        for value in sorted(different)
    ]


def _read_labels(
    column: _Column, value: str | None, modulus: int | None, train: NDArray[np.bool_]
) -> dict[str, Any]:
    """The fields of a `Task` that describe its labels, for these training rows.

    value: the value to tell from all others, or None.
    """
    trained = column.only(train)
    if value is None:
        label_type, names, meaning = _labels(trained, modulus)
        if all(map(_NUMBER.fullmatch, trained.cells)):
            _refuse_missing(column, ONE_VALUE)
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


def _labels(trained: _Column, modulus: int | None) -> _Labels:
    """How labels are read, given those of the training rows."""
    different = sorted(set(trained.cells))
    whole = all(map(_WHOLE.fullmatch, different))
    if modulus is not None and whole:
        _numbers(trained, 0, modulus - 1)
        return Mod(modulus), None, partial(_whole, low=0, high=modulus - 1)
    if {c.lower() for c in different} <= set(_TRUTH):
        names = {0: "0", 1: "1"} if different == ["0", "1"] else None
        return Bool, names, lambda cell: _TRUTH.get(cell.lower())
    if whole or _all_numbers(trained):
        numbers = _numbers(trained, -INT_LIMIT, INT_LIMIT) if whole else _reals(trained)
        type_ = Int(int(numbers.min()), int(numbers.max())) if whole else Real
        found = np.unique(type_.check(numbers, f"column {trained.name}")).tolist()
        number: Callable[[str], Any] = _whole if whole else _real
        if len(found) == 2:
            return Bool, dict(enumerate(map(type_.format, found))), _place(number, found)
        return type_, None, number
    _refuse_free_text(trained, ONE_VALUE)
    names = dict(enumerate(different))
    return Bool if len(names) == 2 else Int(0, len(names) - 1), names, _place(str, different)


def _place(number: Callable[[str], Any], found: list[Any]) -> Callable[[str], int | None]:
    """A function that gives the index of a cell's value among some values; None for others."""
    places = {value: place for place, value in enumerate(found)}
    return lambda cell: places.get(number(cell))


def _whole(cell: str, low: int = -INT_LIMIT, high: int = INT_LIMIT) -> int | None:
    """The integer low..high that a cell holds (5 for `5.0`), or None."""
    number = float(cell) if _NUMBER.fullmatch(cell) else math.nan
    return int(number) if low <= number <= high and number % 1 == 0 else None


def _real(cell: str) -> float | None:
    """The Real number that a cell holds, or None."""
    if not _NUMBER.fullmatch(cell):
        return None
    values, legal = Real.rounded([float(cell)])
    return float(values[0]) if legal is None else None


def _label_column(columns: list[_Column], label: str) -> tuple[_Column, str | None]:
    """The column that a label names, and the value to tell from all others, or None."""
    found = {c.name: c for c in columns}
    if label in found:
        return found[label], None
    named = [n for n in found if label.startswith(f"{n}=")]
    if not named:
        raise TaskError(f"no column {quoted(label)}; columns: {listed(found)}")
    name = max(named, key=len)
    return found[name], label[len(name) + 1 :]


def _one_label(trained: _Column, value: str) -> _Labels:
    """How labels are read that tell one value from all others; the training rows must have it."""
    different = sorted(set(trained.cells))
    if value not in different:
        raise TaskError(
            f"column {shortened(trained.name)} has no value {quoted(value)} among the training "
            f"rows; values there: {listed(different)}"
        )
    return Bool, {0: f"not {value}", 1: value}, lambda cell: cell == value


def _all_numbers(column: _Column) -> bool:
    return all(map(_NUMBER.fullmatch, column.cells))


def _reals(column: _Column) -> NDArray[np.float64]:
    values = np.array([float(c) for c in column.cells])
    with np.errstate(over="ignore"):
        _, legal = Real.rounded(values)
    if legal is not None:
        row = int(np.flatnonzero(~legal)[0])
        raise TaskError(
            f"{column.where(row)}: {shortened(column.cells[row])} is too large; the limit is 1e308"
        )
    return values


def _numbers(column: _Column, low: int, high: int) -> NDArray[np.int64]:
    values = []
    for row, cell in enumerate(column.cells):
        number = int(cell) if len(cell) < 20 else high + 1
        if not low <= number <= high:
            raise TaskError(f"{column.where(row)}: {shortened(cell)} is outside {low}..{high}")
        values.append(number)
    return np.array(values, np.int64)


def _refuse_free_text(column: _Column, instead: str) -> None:
    """Raise TaskError for missing or infinite numbers, and for too many different texts.

    instead: what else the user can do.
    """
    others = [c for c in column.cells if not _no_number(c)]
    if others and all(map(_NUMBER.fullmatch, others)):
        _refuse_missing(column, instead)
    seen = set()
    for row, cell in enumerate(column.cells):
        seen.add(cell)
        if len(seen) > MOST_VALUES:
            if all(map(_DECIMAL_COMMA.fullmatch, column.cells)):
                raise TaskError(
                    f"{column.where(row)}: {quoted(cell)}; allowed: numbers with a decimal point"
                )
            raise TaskError(
                f"{column.where(row)}: {quoted(cell)} is the {len(seen)}th different text; "
                f"{_allowed(instead)}"
            )


def _refuse_missing(column: _Column, instead: str) -> None:
    """Raise TaskError for a missing or an infinite number."""
    for row, cell in enumerate(column.cells):
        if _no_number(cell):
            what = "infinite" if _infinite(cell) else "a missing value"
            raise TaskError(
                f"{column.where(row)}: {quoted(cell)} among numbers is {what}; {_allowed(instead)}"
            )


def _allowed(instead: str) -> str:
    texts = f"at most {MOST_VALUES} different texts"
    return f"allowed: numbers, true and false, or {texts}; or {instead}"


def _no_number(cell: str) -> bool:
    """Whether a cell stands for a missing or an infinite number."""
    return cell.lower() in _MISSING or _infinite(cell)


def _infinite(cell: str) -> bool:
    return cell.lower().lstrip("+-") in _INFINITE
