"""A test set in a file of its own: its rows are held-out rows of the training file.

Its columns are found by their names, and read in the formats of the training file.  A column that
it lacks cannot be an input.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError, TypeMismatchError, listed, quoted, shortened
from synth.tasks.columns import Column, inputs_of
from synth.tasks.held_out import IN_FILE
from synth.tasks.reading import Grid

#: The name of the column that says which rows are of the test set; no column of a file has it.
OF_FILE = "\0"


def joined(
    columns: list[Column], label: str, path: str, grid: Grid, notes: list[str]
) -> list[Column]:
    """The columns with the rows of a test set below, and `OF_FILE`."""
    there = dict(zip(grid.names, zip(*grid.rows, strict=True), strict=True))
    if label not in there:
        raise TaskError(
            f"test set {path}: no column {quoted(label)}, which has the labels; "
            f"columns: {listed(grid.names)}"
        )
    rows = len(columns[0].cells)
    lacking = [c.name for c in columns if c.name not in there]
    if len(lacking) == len(columns) - 1:
        raise TaskError(
            f"test set {path}: none of the input columns; columns: {listed(grid.names)}"
        )
    notes += [f"test set: {note}" for note in grid.notes]
    if lacking:
        notes.append(f"left out, since the test set lacks them: {listed(lacking, 8)}")
    more = [name for name in grid.names if name not in {c.name for c in columns}]
    if more:
        notes.append(f"columns of the test set alone are not used: {listed(more, 8)}")
    kept = [
        replace(c, cells=c.cells + there[c.name], lines=c.lines + grid.lines)
        for c in columns
        if c.name in there
    ]
    marks = ("",) * rows + (IN_FILE,) * len(grid.rows)
    return [*kept, replace(kept[0], name=OF_FILE, cells=marks)]


def training_rows(others: Sequence[Column]) -> NDArray[np.bool_]:
    """The rows that decide the types of inputs: all but those of a test set, bool (rows,).

    others: the label column, and that of the test set if there is one.
    """
    last = others[-1]
    if last.name != OF_FILE:
        return np.ones(len(last.cells), bool)
    return np.array([cell != IN_FILE for cell in last.cells])


def readable(
    inputs: list[Column],
    others: list[Column],
    modulus: int | None,
    texts: Sequence[str],
    notes: list[str],
) -> list[Column]:
    """The inputs, of which cells of a test set are missing if they are not what others are."""
    typed, made, wrong = training_rows(others), [], []
    if typed.all():
        return inputs
    for column in inputs:
        reader = inputs_of(column.only(typed), modulus, texts, gaps=True)
        odd = set()
        for cell in set(column.only(~typed).cells):
            try:
                reader.values([cell])
            except TypeMismatchError:
                odd.add(cell)
        cells = ["" if cell in odd else cell for cell in column.cells]
        made.append(replace(column, cells=tuple(cells)) if odd else column)
        if odd:
            first = next(cell for cell in column.cells if cell in odd)
            count = sum(cell in odd for cell in column.cells)
            wrong.append(f"{shortened(column.name)} {count} ({quoted(first, 20)})")
    if wrong:
        notes.append(
            f"cells of the test set that are not as in training are missing: {listed(wrong, 6)}"
        )
    return made
