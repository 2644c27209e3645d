"""Tasks from CSV files: types are inferred from the columns.

0, 1, true, false -> Bool; whole numbers -> Int, or Mod(p) where a modulus is given;
numbers with a point or an exponent -> Real; text with at most 16 different values ->
one Bool column a value, named `colour=red`.  Labels that are numbers, of more than two
values, keep their values; other labels are numbered 0..k-1 in sorted order and named in
reports.
"""

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError
from synth.task import Task, training_mask
from synth.types import INT_LIMIT, Bool, Int, Mod, Real, Type

#: The most different values of a text column.
MOST_VALUES = 16

_WHOLE = re.compile(r"[+-]?\d+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_DECIMAL_COMMA = re.compile(r"[+-]?\d+(,\d+)?")
# What people write for a missing number.
_INFINITE = {"inf", "infinity"}
_MISSING = {"na", "n/a", "nan", "null", "none", "?", "-", ".", "missing"}
#: Values, their type and, where they are numbers for something else, what they stand for.
_Labels = tuple[np.ndarray, Type, Mapping[Any, str] | None]
_TRUTH = {"0": False, "1": True, "false": False, "true": True}


@dataclass(frozen=True)
class _Column:
    """A column's name, its cells as text, and the line of the file each stands on."""

    name: str
    cells: tuple[str, ...]
    lines: tuple[int, ...]

    def where(self, row: int) -> str:
        return f"line {self.lines[row]}, column {self.name}"


def read_table(
    path: str | os.PathLike[str],
    *,
    label: str | None = None,
    drop: Iterable[str] = (),
    modulus: int | None = None,
    train: int | float = 0.5,
    seed: int = 0,
) -> Task:
    """The task of a CSV file whose first line names the columns.

    label: the column of the labels, the last one unless given, or COLUMN=VALUE: whether
    that column has this value, as it is written; drop: names of columns to leave out, or
    one name; modulus: makes whole numbers residues.  Columns are parted by commas, or by
    semicolons or tabs where the first line has no comma.  Raises TaskError, which names
    the line and the column, for what cannot be used.
    """
    path = Path(path)
    try:
        columns = _columns(path)
        names = [c.name for c in columns]
        dropped = [drop] if isinstance(drop, str) else list(drop)
        for name in dropped:
            if name not in names:
                raise TaskError(f"no column {name!r} to drop; columns: {', '.join(names)}")
        columns = [c for c in columns if c.name not in dropped]
        if not columns:
            raise TaskError("every column is dropped; allowed: inputs and a label column")
        _refuse_empty_cells(columns)
        names = [c.name for c in columns]
        label = names[-1] if label is None else label
        chosen, value = _label_column(columns, label)
        inputs = [c for c in columns if c is not chosen]
        if not inputs:
            raise TaskError(f"one column only, {chosen.name}; allowed: inputs and a label column")
        values, types = {}, {}
        for column in inputs:
            for name, type_, cells in _typed(column, modulus):
                if name in values:
                    raise TaskError(f"line 1: column {name} would be there twice")
                values[name], types[name] = cells, type_
        mask = training_mask(len(chosen.cells), train, seed)
        if value is None:
            labels, label_type, label_names = _labels(chosen, modulus, mask)
        else:
            labels, label_type, label_names = _one_label(chosen, value)
        task = Task(path.name, values, types, labels, label_type, mask, None, label_names, label)
        return task.split(train, seed)
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from None


def _columns(path: Path) -> list[_Column]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise TaskError(f"cannot be read: {error.strerror}") from None
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
        raise TaskError("empty; allowed: a line of column names, then a line a row")
    (first, names), body = rows[0], rows[1:]
    if all(_NUMBER.fullmatch(n) for n in names):
        raise TaskError(f"line {first}: numbers; the first line must name the columns")
    for k, name in enumerate(names):
        if not name:
            raise TaskError(f"line {first}, column {k + 1}: no name")
        if name in names[:k]:
            raise TaskError(f"line {first}: column {name} is there twice")
    if not body:
        raise TaskError("no rows; allowed: a line of column names, then a line a row")
    for line, cells in body:
        if len(cells) != len(names):
            raise TaskError(f"line {line}: {len(cells)} cells; allowed: {len(names)}, as named")
    lines = tuple(line for line, _ in body)
    return [_Column(n, tuple(cells[k] for _, cells in body), lines) for k, n in enumerate(names)]


def _refuse_empty_cells(columns: list[_Column]) -> None:
    for row in range(len(columns[0].cells)):
        for column in columns:
            if not column.cells[row]:
                raise TaskError(
                    f"{column.where(row)}: missing value; "
                    "fill it in, or leave out the row, or the column with --drop"
                )


def _typed(column: _Column, modulus: int | None) -> list[tuple[str, Type, np.ndarray]]:
    """(name, type, values) of the one or more input columns that a column makes."""
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


def _labels(column: _Column, modulus: int | None, train: NDArray[np.bool_]) -> _Labels:
    """(values, type, names) of the label column; names None where values are labels.

    Texts are numbered in sorted order, those that occur in training first, so that
    held-out labels have no part in it.
    """
    cells = column.cells
    different = sorted(set(cells))
    if len(different) < 2:
        raise TaskError(f"column {column.name}: one label only ({cells[0]}); allowed: 2 and more")
    if modulus is not None and all(map(_WHOLE.fullmatch, different)):
        return _numbers(column, 0, modulus - 1), Mod(modulus), None
    if {c.lower() for c in different} <= set(_TRUTH):
        values = np.array([_TRUTH[c.lower()] for c in cells])
        if values.all() or not values.any():
            raise TaskError(f"column {column.name}: one label only; allowed: 2 and more")
        return values, Bool, {0: "0", 1: "1"} if different == ["0", "1"] else None
    if all(map(_WHOLE.fullmatch, different)):
        numbers = _numbers(column, -INT_LIMIT, INT_LIMIT)
        found = np.unique(numbers)
        if len(found) == 2:
            return numbers == found[1], Bool, dict(enumerate(map(str, found)))
        return numbers, Int(int(found[0]), int(found[-1])), None
    if _all_numbers(column):
        numbers = Real.check(_reals(column), f"column {column.name}")
        found = np.unique(numbers)
        if len(found) == 1:
            raise TaskError(f"column {column.name}: one label only; allowed: 2 and more")
        if len(found) == 2:
            return numbers == found[1], Bool, dict(enumerate(map(Real.format, found)))
        return numbers, Real, None
    _refuse_free_text(column, "make one value the label with --label COLUMN=VALUE")
    trained = {c for c, t in zip(cells, train, strict=True) if t}
    if len(different) > 2:
        different.sort(key=lambda c: (c not in trained, c))
    index = {value: k for k, value in enumerate(different)}
    values = np.array([index[c] for c in cells])
    names = dict(enumerate(different))
    if len(different) == 2:
        return values == 1, Bool, names
    return values, Int(0, len(different) - 1), names


def _label_column(columns: list[_Column], label: str) -> tuple[_Column, str | None]:
    """The column that a label names, and the value it asks for, or None."""
    found = {c.name: c for c in columns}
    if label in found:
        return found[label], None
    named = [n for n in found if label.startswith(f"{n}=")]
    if not named:
        raise TaskError(f"no column {label!r}; columns: {', '.join(found)}")
    name = max(named, key=len)
    return found[name], label[len(name) + 1 :]


def _one_label(column: _Column, value: str) -> _Labels:
    """(values, type, names) of one value of a column against all others."""
    different = sorted(set(column.cells))
    if value not in different:
        shown = ", ".join(different[:MOST_VALUES]) + ", ..." * (len(different) > MOST_VALUES)
        raise TaskError(f"column {column.name} has no value {value!r}; values: {shown}")
    if len(different) == 1:
        raise TaskError(f"column {column.name}: one label only ({value}); allowed: 2 and more")
    return np.array([c == value for c in column.cells]), Bool, {0: f"not {value}", 1: value}


def _all_numbers(column: _Column) -> bool:
    return all(map(_NUMBER.fullmatch, column.cells))


def _reals(column: _Column) -> NDArray[np.float64]:
    values = np.array([float(c) for c in column.cells])
    with np.errstate(over="ignore"):
        _, legal = Real.rounded(values)
    if legal is not None:
        row = int(np.flatnonzero(~legal)[0])
        raise TaskError(f"{column.where(row)}: {column.cells[row]} is too large; allowed: 1e308")
    return values


def _numbers(column: _Column, low: int, high: int) -> NDArray[np.int64]:
    values = []
    for row, cell in enumerate(column.cells):
        number = int(cell) if len(cell) < 20 else high + 1
        if not low <= number <= high:
            raise TaskError(f"{column.where(row)}: {cell} is outside {low}..{high}")
        values.append(number)
    return np.array(values, np.int64)


def _refuse_free_text(column: _Column, instead: str) -> None:
    """Raises TaskError for what is no number among numbers, and too many different texts.

    instead: what else its user may do.
    """
    allowed = f"allowed: numbers, true and false, or at most {MOST_VALUES} different texts"
    allowed = f"{allowed}; or {instead}"
    seen = set()
    strange = {c for c in column.cells if c.lower() in _MISSING or _infinite(c)}
    others = [c for c in column.cells if c not in strange]
    numeric = bool(others) and all(map(_NUMBER.fullmatch, others))
    for row, cell in enumerate(column.cells):
        seen.add(cell)
        if numeric and cell in strange:
            what = "infinite" if _infinite(cell) else "a missing value"
            raise TaskError(f"{column.where(row)}: {cell!r} among numbers is {what}; {allowed}")
        if len(seen) > MOST_VALUES:
            if all(map(_DECIMAL_COMMA.fullmatch, column.cells)):
                raise TaskError(f"{column.where(row)}: {cell!r}; allowed: numbers with a point")
            raise TaskError(
                f"{column.where(row)}: {cell!r} is the {len(seen)}th different text; {allowed}"
            )


def _infinite(cell: str) -> bool:
    return cell.lower().lstrip("+-") in _INFINITE
