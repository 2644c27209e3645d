"""Tables whose columns are all strings of few letters, the label's as well.

Such a table asks what makes one string of others, and not which of some classes a row belongs to.
"""

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from synth.language import Str
from synth.tasks.splits import training_mask

#: The most letters, and how many different labels there are at least, if not one in two rows.
LETTERS, LABELS = 16, 16
#: How many rows are looked at first, since most tables are no strings.
FIRST = 20
#: A number as tables write it, which no string of letters has to be.
_NUMBER = re.compile(r"0|[1-9][0-9]*")


def are_strings(names: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether a table is one of strings.

    All cells are of at most 16 letters or digits together, those of the label are all among those
    of the inputs, each column has cells that are no numbers (such as 0110 or abba), and in each
    most cells, or more than 16, are different.
    """
    few = set("".join("".join(row) for row in rows[:FIRST]))
    if len(names) < 2 or len(few) > LETTERS or not all(letter.isalnum() for letter in few):
        return False
    columns = list(zip(*rows, strict=True))
    for column in columns:
        if all(_NUMBER.fullmatch(cell) for cell in column if cell):
            return False
        different = set(column)
        if 2 * len(different) <= len(column) and len(different) <= LABELS:
            return False
    inputs = set("".join("".join(column) for column in columns[:-1]))
    fits = len(inputs) <= LETTERS and all(letter.isalnum() for letter in inputs)
    return fits and set("".join(columns[-1])) <= inputs


def text_fields(
    names: Sequence[str], rows: Sequence[Sequence[str]], train: int | float | None, seed: int
) -> dict[str, Any]:
    """The fields of the `Task` of a table of strings.

    Parameters
    ----------
    names : sequence of str
        The columns; the label is the last.
    rows : sequence of sequence of str
        The cells.
    train : float, int or None
        The fraction or the number of training rows; None for half of them.
    seed : int
        The seed that chooses them.
    """
    *columns, said = zip(*rows, strict=True)
    letters = "".join(sorted(set().union(*map("".join, columns))))
    type_, train = Str(letters), 0.5 if train is None else train
    return {
        "columns": {name: np.array(c) for name, c in zip(names, columns, strict=False)},
        "types": dict.fromkeys(names[:-1], type_),
        "labels": np.array(said),
        "label_type": type_,
        "label": names[-1],
        "train": training_mask(len(rows), train, seed),
        "settings": {"train": train, "seed": seed},
        "notes": (f"all columns are strings of the letters {letters}, and so are the labels",),
    }
