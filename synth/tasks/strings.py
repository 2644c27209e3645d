"""Strings from files: columns of texts as they are, and truth values in the last one."""

from typing import Any

import numpy as np

from synth.errors import TaskError, listed, quoted
from synth.language import Bool, Str
from synth.tasks.cells import TRUTH
from synth.tasks.csv_table import read_cells

#: The most letters that the strings of a file may have together.
MOST_LETTERS = 16


def string_fields(path: str, length: int | None) -> dict[str, Any]:
    """The fields of the `Task` of a file of strings.

    Parameters
    ----------
    path : str
        A table: columns of strings such as 0110, and in the last column truth values.
    length : int or None
        Rows whose strings have at most so many letters are for training, and the others are held
        out; None if all are for training.

    Raises
    ------
    TaskError
        If it has no such columns, or strings have more than `MOST_LETTERS` different letters.
    """
    names, rows, first = read_cells(path)
    if len(names) < 2:
        raise TaskError(f"{path}: {len(names)} column; allowed: strings, and truth values at last")
    *inputs, label = names
    *columns, said = zip(*rows, strict=True)
    for k, cell in enumerate(said):
        if cell.strip().lower() not in TRUTH:
            raise TaskError(
                f"{path}, line {first + k}, column {label}: {quoted(cell)} is no truth value; "
                f"allowed: {listed(TRUTH)}"
            )
    letters = "".join(sorted(set().union(*map("".join, columns))))
    if not 1 <= len(letters) <= MOST_LETTERS:
        raise TaskError(
            f"{path}: {len(letters)} different letters; allowed: 1..{MOST_LETTERS} in all strings"
        )
    longest = [max(map(len, row)) for row in zip(*columns, strict=True)]
    train = np.array(longest) <= (max(longest) if length is None else length)
    return {
        "columns": {name: np.array(c) for name, c in zip(inputs, columns, strict=True)},
        "types": dict.fromkeys(inputs, Str(letters)),
        "labels": np.array([TRUTH[cell.strip().lower()] for cell in said]),
        "label_type": Bool,
        "label": label,
        "train": train,
    }
