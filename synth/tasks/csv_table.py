"""Tasks from the tables of people; the types of columns are inferred.

`reading.py` reads the texts of a file, `cells.py` says what they mean, `columns.py` makes inputs of
them.  Labels that are numbers with more than two values keep their values; more than two texts
are labels by name; other labels are Bool, named in reports.

Inputs are typed by all rows, because a learner knows the inputs of held-out rows.  Labels are
typed, numbered and named by the training rows alone.  A held-out label that is not a value of the
resulting type is unknown: it changes nothing, and every hypothesis is wrong on it.
"""

import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError, TypeMismatchError, listed, quoted, shortened
from synth.language import INT_LIMIT, Bool, Int, Label, Mod, Real, Type
from synth.tasks.cells import MISSING, MISSING_NUMBERS, TRUTH, Format, is_missing, number_format
from synth.tasks.columns import (
    MOST_VALUES,
    Column,
    Inputs,
    check_finite,
    check_range,
    inputs_of,
    left_out,
    refuse_infinite,
)
from synth.tasks.origin import Origin
from synth.tasks.reading import Grid, read_grid
from synth.tasks.sources import table_name
from synth.tasks.splits import training_mask
from synth.tasks.task import Task

#: What can be done with rows and columns that have missing values.
GAPS = ("indicator", "drop-rows", "drop-columns", "error")

#: Advice in messages about labels that cannot be used.
ONE_VALUE = "make one value the label with --label COLUMN=VALUE"

#: The type of labels; what they stand for if they are numbers for something else; and the
#: function that gives the value of a cell, or None if it has none.
_Labels = tuple[Type, Mapping[Any, str] | None, Callable[[str], Any]]


def read_table(
    path: str | os.PathLike[str],
    *,
    label: str | None = None,
    drop: Iterable[str] = (),
    keep: Iterable[str] = (),
    missing: str = "indicator",
    na: Sequence[str] | None = None,
    modulus: int | None = None,
    train: int | float = 0.5,
    seed: int = 0,
) -> Task:
    """Read a task from a file that holds a table: CSV as people have it, or a workbook.

    The encoding, the separator, titles above the header and the format of numbers are told from
    the file.  Inputs are typed by all rows, labels by the training rows alone.  Rows without a
    label are set aside.  Columns that say nothing about other rows are left out.  `Task.notes` says
    all that was left out or set aside.

    Parameters
    ----------
    path : str or path
        The file: text with separators, compressed by gzip or not, or a workbook (.xlsx), whose
        first sheet is read; or a pipe, or `-` for standard input, of which at most 100 MB are read.
    label : str, optional
        The name of the label column, by default the last one; or COLUMN=VALUE, whose label
        says whether the column has this value as it is written.
    drop : str or iterable of str
        The names of columns to leave out.
    keep : str or iterable of str
        The names of columns that are used even if they look like identifiers or free text.
    missing : {"indicator", "drop-rows", "drop-columns", "error"}
        What is done about missing values of inputs.  By default a comparison with a missing number
        is false, and `COLUMN is missing` is an input.  Otherwise rows or columns with missing
        values are left out, or the table is refused.
    na : sequence of str, optional
        The texts for missing values.  By default NA, NaN, null, ?, N/A and the empty text, and
        among numbers also -, ., none and missing; in any case.
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
    asked: dict[str, Any] = {"label": label, "drop": _names(drop), "keep": _names(keep)}
    asked |= {"missing": missing, "na": None if na is None else list(na), "modulus": modulus}
    asked |= {"train": train, "seed": seed}
    path = Path(path)
    if missing not in GAPS:
        raise TaskError(f"missing={missing!r}; allowed: {', '.join(GAPS)}")
    texts = MISSING if na is None else tuple(text.lower() for text in na)
    try:
        grid = read_grid(path)
        notes = list(grid.notes)
        columns = _dropped(grid, asked["drop"])
        given = columns[-1].name if label is None else label
        chosen, value = _label_column(columns, given)
        columns = _labelled(columns, chosen, value, texts, notes)
        chosen = next(c for c in columns if c.name == chosen.name)
        inputs = [c for c in columns if c is not chosen]
        if not inputs:
            raise TaskError(
                f"one column only, {shortened(chosen.name)}; allowed: inputs and a label column"
            )
        inputs = _usable(inputs, grid, texts, asked["keep"], notes)
        inputs, (chosen,) = _without_gaps(inputs, [chosen], missing, texts, notes)
        readers = [inputs_of(column, modulus, texts) for column in inputs]
        mask = training_mask(len(chosen.cells), train, seed)
        read = partial(_read_labels, chosen, value, modulus)
        made = _read_inputs(readers, {c.name: c.cells for c in inputs})
        return Task(
            table_name(path),
            made,
            {name: type_ for each in readers for name, type_ in each.types.items()},
            train=mask,
            label=given,
            settings={"train": train, "seed": seed},
            read=read,
            derive=partial(_derived, readers),
            notes=tuple(notes),
            origin=Origin(str(path), asked, grid.sha256),
            **read(mask),
        )
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from None


def _names(given: Iterable[str]) -> list[str]:
    """The names of columns, of which a single one may be given as it is."""
    return [given] if isinstance(given, str) else list(given)


def _dropped(grid: Grid, dropped: Sequence[str]) -> list[Column]:
    """The columns of a grid that are not dropped."""
    for name in dropped:
        if name not in grid.names:
            raise TaskError(f"no column {quoted(name)} to drop; columns: {listed(grid.names)}")
    cells = zip(*grid.rows, strict=True)
    made = zip(grid.names, cells, strict=True)
    columns = [Column(name, column, grid.lines) for name, column in made if name not in dropped]
    if not columns:
        raise TaskError("every column is dropped; allowed: inputs and a label column")
    return columns


def _labelled(
    columns: list[Column],
    chosen: Column,
    value: str | None,
    texts: Sequence[str],
    notes: list[str],
) -> list[Column]:
    """The columns without the rows that have no label; a value that is asked for is a label."""
    held = [cell for cell in chosen.cells if not is_missing(cell, texts)]
    numbers = [cell for cell in held if not is_missing(cell, MISSING_NUMBERS)]
    if texts == MISSING and numbers and number_format(numbers) is not None:
        texts = MISSING_NUMBERS
    known = np.array([c == value or not is_missing(c, texts) for c in chosen.cells], bool)
    if known.all():
        return columns
    if not known.any():
        raise TaskError(f"column {shortened(chosen.name)}: no row has a label; allowed: 2 and more")
    notes.append(f"{(~known).sum()} rows have no label ({chosen.name}) and are set aside")
    return [column.only(known) for column in columns]


def _usable(
    columns: list[Column],
    grid: Grid,
    texts: Sequence[str],
    kept: Sequence[str],
    notes: list[str],
) -> list[Column]:
    """The columns that can say something about other rows."""
    names = [column.name for column in columns]
    for name in kept:
        if name not in names:
            raise TaskError(f"no column {quoted(name)} to keep; columns: {listed(names)}")
    reasons = left_out(columns, grid.unnamed, texts, kept)
    if not reasons:
        return columns
    said = ", ".join(f"{shortened(name)} ({why})" for name, why in reasons.items())
    if len(reasons) == len(columns):
        raise TaskError(f"no column can be an input: {said}; --keep COLUMN uses one all the same")
    notes.append(f"left out: {said}; --keep COLUMN uses one all the same")
    return [column for column in columns if column.name not in reasons]


def _without_gaps(
    inputs: list[Column],
    others: list[Column],
    missing: str,
    texts: Sequence[str],
    notes: list[str],
) -> tuple[list[Column], list[Column]]:
    """The inputs and other columns after what is asked for was done about missing values."""
    gaps = {c.name: inputs_of(c, None, texts).gaps(c.cells) for c in inputs}
    counts = {name: int(gap.sum()) for name, gap in gaps.items() if gap.any()}
    if not counts:
        return inputs, others
    said = ", ".join(f"{shortened(name)} {count}" for name, count in counts.items())
    if missing == "error":
        raise TaskError(f"missing values: {said}; allowed: none, as --missing error asks")
    if missing == "drop-columns":
        notes.append(f"left out for missing values: {said}")
        inputs = [column for column in inputs if column.name not in counts]
        if not inputs:
            raise TaskError(f"every column has missing values: {said}; choose another --missing")
    elif missing == "drop-rows":
        whole = ~np.any(list(gaps.values()), axis=0)
        if not whole.any():
            raise TaskError(f"every row has missing values: {said}; choose another --missing")
        notes.append(f"{(~whole).sum()} rows are left out for missing values: {said}")
        inputs = [column.only(whole) for column in inputs]
        others = [column.only(whole) for column in others]
    else:
        notes.append(f"missing values: {said}; comparisons with them are false")
    return inputs, others


def _read_inputs(
    readers: Sequence[Inputs], cells: Mapping[str, Sequence[str]]
) -> dict[str, np.ndarray]:
    """The values of all inputs, given the cells of each column."""
    values: dict[str, np.ndarray] = {}
    for each in readers:
        for name, made in each.values(cells[each.column]).items():
            if name in values:
                raise TaskError(f"line 1: column {shortened(name)} would appear twice; rename one")
            values[name] = made
    return values


def _derived(readers: Sequence[Inputs], columns: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The inputs that columns of a table become, for unseen rows.

    columns: those of the file, or the inputs made of them, by name.
    """
    made: dict[str, np.ndarray] = {}
    for each in readers:
        if each.column in columns:
            cells = [_text(value) for value in columns[each.column]]
            made |= each.values(cells)
        elif not all(name in columns for name in each.types):
            given = ", ".join(map(str, columns))
            raise TypeMismatchError(f"no column {each.column}; given: {given}")
        else:
            made |= {name: np.asarray(columns[name]) for name in each.types}
    return made


def _text(value: Any) -> str:
    """A value of an array or a data frame as a cell."""
    return "" if value is None else str(value).strip()


def _read_labels(
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
            return _number_labels(trained, Format((None, None), 0), modulus)
        names = {0: "0", 1: "1"} if different == ["0", "1"] else None
        return Bool, names, lambda cell: TRUTH.get(cell.lower())
    format_ = number_format(different)
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


def _label_column(columns: list[Column], label: str) -> tuple[Column, str | None]:
    """The column that a label names, and the value to tell from all others, or None."""
    found = {c.name: c for c in columns}
    if label in found:
        return found[label], None
    named = [n for n in found if label.startswith(f"{n}=")]
    if not named:
        raise TaskError(f"no column {quoted(label)}; columns: {listed(found)}")
    name = max(named, key=len)
    return found[name], label[len(name) + 1 :]


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
