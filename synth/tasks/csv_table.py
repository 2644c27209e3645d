"""Tasks from files that hold tables; the types of columns are inferred.

`reading.py` reads the texts of a file, and `table.py` makes the parts of a task of them: `cells.py`
says what texts mean, `columns.py` makes inputs of them, and `labels.py` labels.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from synth.errors import TaskError
from synth.tasks.origin import Origin
from synth.tasks.reading import Grid, read_grid
from synth.tasks.sources import table_name
from synth.tasks.table import names_of, table_fields
from synth.tasks.task import Task
from synth.tasks.texts import are_strings, text_fields

#: What is asked of a table if nothing is, but for its training rows.
PLAIN: dict[str, Any] = {
    **{"drop": [], "keep": [], "missing": "indicator"},
    **{"na": None, "modulus": None, "test": None},
}


def read_table(
    path: str | os.PathLike[str],
    *,
    label: str | None = None,
    drop: Iterable[str] = (),
    keep: Iterable[str] = (),
    missing: str = "indicator",
    na: Sequence[str] | None = None,
    modulus: int | None = None,
    train: int | float | None = None,
    seed: int = 0,
    test: str | None = None,
) -> Task:
    """Read a task from a file that holds a table: CSV as people have it, or a workbook.

    The encoding, the separator, titles above the header and the format of numbers are told from
    the file.  Inputs are typed by all rows, labels by the training rows alone.  Rows without a
    label are set aside.  Columns that say nothing about other rows are left out.  `Task.notes` says
    all that was left out or set aside.  A table of strings such as 0110 and abba, whose labels are
    strings of the same letters, is read as one, unless something else than training rows is asked.

    Parameters
    ----------
    path : str or path
        The file: text with separators, compressed by gzip or not, or a workbook (.xlsx), whose
        first sheet is read; or a pipe, or `-` for standard input, of which at most 100 MB are read.
    label : str, optional
        The name of the label column, by default the last one; or a condition, whose label says
        whether it holds: COLUMN=VALUE, or COLUMN>=NUMBER, also with >, <= and <.
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
        among numbers also -, ., none, missing and what spreadsheets write for errors; in any
        case.  The empty text is always one.
    modulus : int, optional
        Makes columns of integers residues.
    train : float or int, optional
        The fraction (float) or the number (int) of training rows, by default half of them.
    seed : int
        The seed that chooses them.
    test : str, optional
        The rows that are held out, by default some at random: a condition such as `split=test` or
        `day>=2024-01-31`; a column whose groups are held out whole, `train` being the share of
        groups; `last` for the last rows; or the path of a table with the same columns.

    Raises
    ------
    TaskError
        If the file cannot be used; the message names the line and the column.
    """
    asked: dict[str, Any] = {"label": label, "drop": names_of(drop), "keep": names_of(keep)}
    asked |= {"missing": missing, "na": None if na is None else list(na), "modulus": modulus}
    asked |= {"train": train, "seed": seed, "test": None if test is None else str(test)}
    path = Path(path)
    try:
        grid = read_grid(path)
        plain = {**PLAIN, "train": train, "seed": seed, "label": label}
        last = label in (None, grid.names[-1])
        if last and asked == plain and are_strings(grid.names, grid.rows):
            made = text_fields(grid.names, grid.rows, train, seed)
        else:
            made = table_fields(grid, asked, _read_test)
        return Task(table_name(path), origin=Origin(str(path), asked, grid.sha256), **made)
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from None


def read_cells(
    path: str | os.PathLike[str], blank: bool = False
) -> tuple[list[str], list[Sequence[str]], int]:
    """The names of a table's columns, its rows of cells, and the line of its first row.

    blank: whether rows without any value are rows too: see `read_grid`.

    Raises
    ------
    TaskError
        If the file cannot be read as a table.
    """
    try:
        grid = read_grid(Path(path), blank)
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from None
    return list(grid.names), list(grid.rows), grid.lines[0]


def read_new(path: str | os.PathLike[str]) -> tuple[list[str], list[Sequence[str]], list[str]]:
    """The columns' names, the rows of cells and the notes of a table whose every row counts.

    A row without any value is one too.  The notes say which lines are no rows.

    Raises
    ------
    TaskError
        If the file cannot be read as a table.
    """
    try:
        grid = read_grid(Path(path), blank=True)
    except TaskError as error:
        raise TaskError(f"{path}: {error}") from None
    said = [note for note in grid.notes if "left out" in note or note.startswith("no header")]
    return list(grid.names), list(grid.rows), said


def _read_test(path: str) -> Grid:
    try:
        return read_grid(Path(path))
    except TaskError as error:
        raise TaskError(f"test set {path}: {error}") from None
