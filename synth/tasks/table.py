"""What the texts of a table become: the inputs, labels and training rows of a task.

A file (`csv_table.py`) and a data frame (`frames.py`) have the same texts, and go the same way.
Inputs are typed by all rows, because a learner knows the inputs of held-out rows; those of a test
set in a file of its own are read as the training file says.  Labels are typed, numbered and named
by the training rows alone.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError, TypeMismatchError, listed, quoted, shortened
from synth.language import Term, Type
from synth.tasks import gaps
from synth.tasks.cells import cell_text, decimal_sign, is_either, missing_of, number_format
from synth.tasks.columns import Column, Inputs, inputs_of
from synth.tasks.conditions import Condition, condition_of
from synth.tasks.held_out import HALF, HeldOut, asked_test, split_of
from synth.tasks.joining import OF_FILE, joined, readable, training_rows
from synth.tasks.labels import label_notes, read_labels
from synth.tasks.meanings import meanings_of
from synth.tasks.reading import Grid
from synth.tasks.sources import table_name
from synth.tasks.usable import Marks, numbering, usable
from synth.tasks.values import widened

#: How many columns a note names that were read in one special way.
NAMED = 6


def table_fields(
    grid: Grid, asked: Mapping[str, Any], read_test: Callable[[str], Grid] | None = None
) -> dict[str, Any]:
    """The fields of a `Task` that a table has.

    Parameters
    ----------
    grid : Grid
        The texts.
    asked : mapping of str to object
        The arguments of `read_table`.
    read_test : callable, optional
        Reads the file of a test set; None if there can be none.

    Raises
    ------
    TaskError
        If the table cannot be used.
    """
    if asked["missing"] not in gaps.GAPS:
        raise TaskError(f"missing={asked['missing']!r}; allowed: {', '.join(gaps.GAPS)}")
    notes, modulus, texts = list(grid.notes), asked["modulus"], gaps.missing_texts(asked["na"])
    columns = _dropped(grid, asked["drop"])
    test = asked_test(asked["test"], [column.name for column in columns])
    label, condition = _label_column(columns, asked["label"], test)
    wanted = _Wanted(label, condition, test, texts, asked)
    inputs, others = _rows(grid, columns, wanted, read_test, notes)
    split = split_of(test, others[1] if len(others) > 1 else None, len(others[0].cells))
    mask = split.mask(asked["train"], asked["seed"])
    readers = _readers(inputs, others, modulus, texts)
    values = _read_inputs(readers, {c.name: c.cells for c in inputs})
    types = {name: type_ for each in readers for name, type_ in each.types.items()}
    read = partial(read_labels, others[0], condition, modulus)
    labels = read(mask)
    train = None if split.fixed is not None else split.share(asked["train"])
    settings = {"train": train, "seed": asked["seed"]}
    if test is not None:
        settings["test"] = table_name(asked["test"]) if test.kind == "file" else asked["test"]
        notes.append(
            f"{(~mask).sum()} of {len(mask)} rows are held out: {split.said or asked['test']}"
        )
    if split.small and asked["train"] is None:
        notes.append(f"{len(mask)} rows: all are for training; --train {HALF} holds out half")
    notes += _special(readers) + gaps.codes(inputs, texts)
    notes += label_notes(others[0], condition, mask, labels["label_type"])
    return labels | {
        "columns": values,
        "types": {name: widened(type_, values[name]) for name, type_ in types.items()},
        "train": mask,
        "label": asked["label"] or label,
        "settings": settings,
        "read": read,
        "choose": split.mask,
        "derive": partial(_derived, readers),
        "is_table": True,
        "meanings": meanings_of(readers),
        "notes": tuple(" ".join(note.split()) for note in notes),
    }


def table_inputs(
    grid: Grid, modulus: int | None, gaps_in: Iterable[str] = ()
) -> tuple[dict[str, Type], partial[dict[str, np.ndarray]], dict[str, Term], list[str]]:
    """The inputs that a table without labels becomes.

    Parameters
    ----------
    grid : Grid
        The texts.
    modulus : int, optional
        Makes integers residues.
    gaps_in : iterable of str
        The columns in which other rows may have missing values.

    Returns
    -------
    types : dict of str to Type
        The types of the inputs.
    derive : callable
        Takes columns of other rows by name, and returns the inputs' values.
    meanings : dict of str to Term
        What each input says of the columns.
    notes : list of str
        What was left out or read in a special way.

    Raises
    ------
    TaskError
        If no column can be an input.
    """
    columns, notes, texts = _dropped(grid, ()), list(grid.notes), gaps.missing_texts(None)
    columns = _with_decimal_sign(columns, "", grid.separator, texts, notes)
    marks, rows = Marks(grid.unnamed, numbering(columns)), np.ones(len(grid.rows), bool)
    columns = usable(columns, rows, marks, texts, (), notes)
    readers = [inputs_of(c, modulus, texts, gaps=c.name in gaps_in) for c in columns]
    types = {name: type_ for each in readers for name, type_ in each.types.items()}
    return types, partial(_derived, readers), meanings_of(readers), notes + _special(readers)


@dataclass(frozen=True)
class _Wanted:
    """What is asked for: the label, the held-out rows, the texts for missing values, and the rest.

    asked: the arguments of `read_table`.
    """

    label: str
    condition: Condition | None
    test: HeldOut | None
    texts: tuple[str, ...]
    asked: Mapping[str, Any]


def _rows(
    grid: Grid,
    columns: list[Column],
    wanted: _Wanted,
    read_test: Callable[[str], Grid] | None,
    notes: list[str],
) -> tuple[list[Column], list[Column]]:
    """The inputs, and the label column with that of the test set, for the rows that are used."""
    label, test, texts, asked = wanted.label, wanted.test, wanted.texts, wanted.asked
    marks = Marks(grid.unnamed, numbering(columns))
    columns = _with_decimal_sign(columns, label, grid.separator, texts, notes)
    if test is not None and test.kind == "file":
        if read_test is None:
            raise TaskError(f"test {quoted(asked['test'])}: not for a data frame")
        columns = joined(columns, label, asked["test"], read_test(asked["test"]), notes)
        test = replace(test, column=OF_FILE)
    notes += gaps.unmatched(asked["na"], columns)
    columns = gaps.merged(columns, label, asked["keep"], texts, notes)
    value = wanted.condition and wanted.condition.sign == "=" and wanted.condition.value
    columns = gaps.labelled(columns, _by_name(columns, label), value or None, texts, notes)
    others = [_by_name(columns, label)]
    if test is not None and test.column is not None:
        others.append(_by_name(columns, test.column))
    aside = {label, OF_FILE} | ({others[-1].name} if test and test.drops else set())
    inputs = [column for column in columns if column.name not in aside]
    if not inputs:
        raise TaskError(
            f"one column only, {shortened(label)}; allowed: inputs and a label column; whole "
            "numbers of which each follows from those before it are a task sequence:file=FILE, or "
            "sequence:1/4/9/16"
        )
    inputs = usable(inputs, training_rows(others), marks, texts, asked["keep"], notes)
    inputs = readable(inputs, others, asked["modulus"], texts, notes)
    empty = {c.name: _gaps(c, others, texts) for c in inputs}
    return gaps.without_gaps(inputs, others, empty, asked["missing"], notes)


def _gaps(column: Column, others: list[Column], texts: Sequence[str]) -> NDArray[np.bool_]:
    """Which cells of a column are missing values."""
    cells = column.only(training_rows(others)).cells
    return column.gaps(missing_of(cells, texts, column.decimal))


def _readers(
    inputs: list[Column], others: list[Column], modulus: int | None, texts: Sequence[str]
) -> list[Inputs]:
    """What each column becomes."""
    typed = training_rows(others)
    return [
        inputs_of(c.only(typed), modulus, texts, gaps=bool(_gaps(c, others, texts).any()))
        for c in inputs
    ]


def _special(readers: Sequence[Inputs]) -> list[str]:
    """Notes about the columns that were read in a special way, one for each way."""
    ways: dict[str, list[str]] = {}
    for each in readers:
        if each.said is not None:
            ways.setdefault(each.said[0], []).append(each.said[1])
    return [f"{way}: {listed(names, NAMED)}" for way, names in ways.items()]


def _by_name(columns: Sequence[Column], name: str) -> Column:
    return next(column for column in columns if column.name == name)


def _label_column(
    columns: Sequence[Column], label: str | None, test: HeldOut | None
) -> tuple[str, Condition | None]:
    """The name of the column that a label names, and the condition on it, or None."""
    names = [column.name for column in columns]
    if label is None:
        return next(
            (n for n in reversed(names) if test is None or n != test.column), names[-1]
        ), None
    if label in names:
        return label, None
    condition = condition_of(label, names)
    if condition is None:
        raise TaskError(f"no column {quoted(label)}; columns: {listed(names)}")
    return condition.column, condition


def names_of(given: Iterable[str]) -> list[str]:
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
            values = given.astype("M8[s]") if given.dtype.kind == "M" else given
            made |= reader.values([cell_text(value) for value in values.tolist()], only is not None)
        elif not all(name in columns for name in each.types):
            raise TypeMismatchError(f"no column {each.column}; given: {listed(map(str, columns))}")
        else:
            made |= {name: np.asarray(columns[name]) for name in each.types}
    return made
