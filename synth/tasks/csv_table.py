"""Tasks from the tables of people; the types of columns are inferred.

`reading.py` reads the texts of a file, `cells.py` says what they mean, `columns.py` makes inputs of
them.  Labels that are numbers with more than two values keep their values; more than two texts
are labels by name; other labels are Bool, named in reports.

Inputs are typed by all rows, because a learner knows the inputs of held-out rows.  Labels are
typed, numbered and named by the training rows alone.  A held-out label that is not a value of the
resulting type is unknown: it changes nothing, and every hypothesis is wrong on it.
"""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from synth.errors import TaskError, TypeMismatchError, listed, quoted, shortened
from synth.tasks.cells import (
    MISSING,
    MISSING_NUMBERS,
    decimal_sign,
    is_either,
    is_missing,
    missing_of,
    number_format,
)
from synth.tasks.columns import Column, Inputs, inputs_of, left_out
from synth.tasks.labels import read_labels
from synth.tasks.meanings import meanings_of
from synth.tasks.origin import Origin
from synth.tasks.reading import Grid, read_grid
from synth.tasks.sources import table_name
from synth.tasks.splits import training_mask
from synth.tasks.task import Task

#: What can be done with rows and columns that have missing values.
GAPS = ("indicator", "drop-rows", "drop-columns", "error")


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
        columns = _with_decimal_sign(columns, chosen.name, grid.separator, texts, notes)
        chosen = next(c for c in columns if c.name == chosen.name)
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
        read = partial(read_labels, chosen, value, modulus)
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
            is_table=True,
            meanings=meanings_of(readers),
            notes=tuple(" ".join(note.split()) for note in notes),
            origin=Origin(str(path), asked, grid.sha256),
            **read(mask),
        )
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from None


def read_cells(path: str | os.PathLike[str]) -> tuple[list[str], list[Sequence[str]], int]:
    """The names of a table's columns, its rows of cells, and the line of its first row.

    Raises
    ------
    TaskError
        If the file cannot be read as a table.
    """
    try:
        grid = read_grid(Path(path))
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from None
    return list(grid.names), list(grid.rows), grid.lines[0]


def _names(given: Iterable[str]) -> list[str]:
    """The names of columns, of which a single one may be given as it is."""
    return [given] if isinstance(given, str) else list(given)


def _dropped(grid: Grid, dropped: Sequence[str]) -> list[Column]:
    """The columns of a grid that are not dropped."""
    for name in dropped:
        if name not in grid.names:
            raise TaskError(f"no column {quoted(name)} to drop; columns: {listed(grid.names)}")
    made = zip(grid.names, zip(*grid.rows, strict=True), strict=True)
    columns = [Column(name, column, grid.lines) for name, column in made if name not in dropped]
    if not columns:
        raise TaskError("every column is dropped; allowed: inputs and a label column")
    return columns


def _with_decimal_sign(
    columns: list[Column], label: str, separator: str, texts: Sequence[str], notes: list[str]
) -> list[Column]:
    """The columns with the sign before decimals: of a table with semicolons likely a comma.

    Inputs tell it, since the labels of held-out rows must not.
    """
    inputs = [column for column in columns if column.name != label]
    held = {column.name: column.held(missing_of(column.cells, texts)) for column in inputs}
    decimal = decimal_sign(held.values()) or ("," if separator == ";" else ".")
    for column in inputs:
        format_ = number_format(held[column.name], decimal)
        if format_ is not None and is_either(held[column.name]):
            cell = next(cell for cell in held[column.name] if "." in cell or "," in cell)
            name, number = shortened(column.name), float(str(format_.plain(cell)))
            notes.append(f"column {name}: {quoted(cell)} is read as {number:.15g}")
    return [replace(column, decimal=decimal) for column in columns]


def _labelled(
    columns: list[Column],
    chosen: Column,
    value: str | None,
    texts: Sequence[str],
    notes: list[str],
) -> list[Column]:
    """The columns without the rows that have no label; a value that is asked for is a label."""
    # One number tells that labels are numbers: others may be held out, and must not decide it.
    if texts == MISSING and any(number_format([cell]) for cell in set(chosen.cells)):
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


def _derived(
    readers: Sequence[Inputs], columns: Mapping[str, Any], only: Collection[str] | None = None
) -> dict[str, np.ndarray]:
    """The inputs that columns of a table become, for unseen rows.

    columns: those of the file, or the inputs made of them, by name; only: the inputs to make, in
    which numbers may be missing.
    """
    made: dict[str, np.ndarray] = {}
    for each in readers:
        if only is not None and not set(each.types) & set(only):
            continue
        if each.column in columns:
            given = np.asarray(columns[each.column])
            # Numbers have no format, and texts that of the file.
            reader = each.plainly() if given.dtype.kind in "iufb" else each
            made |= reader.values([_text(value) for value in given.tolist()], only is not None)
        elif not all(name in columns for name in each.types):
            raise TypeMismatchError(f"no column {each.column}; given: {listed(map(str, columns))}")
        else:
            made |= {name: np.asarray(columns[name]) for name in each.types}
    return made


def _text(value: Any) -> str:
    """A value of an array or a data frame as a cell."""
    return "" if value is None else str(value).strip()


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
