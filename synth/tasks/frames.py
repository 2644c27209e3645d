"""Data frames as tables: their values become the texts that a file would have.

No library of data frames is imported: their columns are asked for by name, and give lists.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import numpy as np

from synth.errors import TaskError, one_line
from synth.language import Type
from synth.tasks.cells import cell_text
from synth.tasks.reading import Grid
from synth.tasks.table import names_of, table_fields, table_inputs

#: The arguments of `read_table` and what they are by default.
_OPTIONS: dict[str, Any] = {
    "label": None, "drop": (), "keep": (), "missing": "indicator", "na": None, "modulus": None,
    "train": None, "seed": 0, "test": None,
}  # fmt: skip
_ALLOWED = "a data frame of pandas, polars or pyarrow, or a mapping of names to sequences"


def frame_fields(frame: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `Task` that a data frame has; options: arguments of `read_table`.

    Raises
    ------
    TaskError
        If the frame or an option cannot be used.
    """
    for name in options:
        if name not in _OPTIONS:
            raise TaskError(f"option {name!r}; allowed: {', '.join(_OPTIONS)}")
    asked = {**_OPTIONS, **options}
    asked |= {name: names_of(asked[name]) for name in ("drop", "keep")}
    return table_fields(grid_of(frame), asked)


def frame_inputs(
    frame: Any, modulus: int | None, gaps_in: Iterable[str]
) -> tuple[dict[str, Type], Callable[[Any], dict[str, np.ndarray]], dict[str, Any], list[str]]:
    """As `table_inputs`, and what makes the inputs of other rows from a data frame.

    Returns
    -------
    types : dict of str to Type
        The types of the inputs.
    read : callable
        Takes a data frame of other rows, and returns the inputs' values.
    fields : dict
        What `Task` keeps of the reading, for rules about the columns of the frame.
    notes : list of str
        What was left out or read in a special way.
    """
    types, derive, meanings, notes = table_inputs(grid_of(frame), modulus, gaps_in)
    return types, partial(_values_of, derive), {"derive": derive, "meanings": meanings}, notes


def _values_of(derive: Callable[[Any], dict[str, np.ndarray]], frame: Any) -> dict[str, np.ndarray]:
    grid = grid_of(frame)
    made = zip(grid.names, zip(*grid.rows, strict=True), strict=True)
    return derive({name: np.array(cells, object) for name, cells in made})


def grid_of(frame: Any) -> Grid:
    """The texts of a data frame."""
    columns = [[cell_text(value) for value in column] for column in _columns(frame)]
    names = [str(name) for name in _names(frame)]
    if len({len(column) for column in columns}) != 1 or not columns[0]:
        raise TaskError("a data frame without rows, or with columns of different lengths")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise TaskError(f"column {twice!r} appears twice; allowed: different names")
    rows = tuple(zip(*columns, strict=True))
    return Grid(tuple(names), rows, tuple(range(1, len(rows) + 1)))


def _names(frame: Any) -> list[Any]:
    for name in ("column_names", "columns", "keys"):
        found = getattr(frame, name, None)
        if found is not None:
            return list(found() if callable(found) else found)
    raise TaskError(f"{type(frame).__name__}; allowed: {_ALLOWED}")


def _columns(frame: Any) -> Iterable[Iterable[Any]]:
    for name in _names(frame):
        try:
            column = frame[name]
            lists = (getattr(column, n, None) for n in ("to_pylist", "to_list", "tolist"))
            as_list = next((each for each in lists if each is not None), None)
            yield list(column) if as_list is None else as_list()
        except (TypeError, LookupError, AttributeError) as error:
            raise TaskError(f"column {name!r}: {one_line(error)}; allowed: {_ALLOWED}") from None
