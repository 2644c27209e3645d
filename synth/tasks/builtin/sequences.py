"""Sequences of whole numbers: which law says the next term?"""

from functools import partial

import numpy as np

from synth.tasks import sequences
from synth.tasks.task import Task

_FIBONACCI = (1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)


def sequence(
    terms: tuple = _FIBONACCI,
    *,
    train: int | float | None = None,
    seed: int = 0,
    file: str | None = None,
    row: str | None = None,
):
    """A sequence of whole numbers: the next term by its number and the terms before it.

    terms: the terms, separated by /, the first of which has the number 1.  train: how many of them
    are for training, 4 to 64; by default all, up to 64.  The others are held out.  seed: of twins.
    file: a file with one sequence in each line instead: terms separated by commas, semicolons,
    spaces or tabs, after a name if there is one.  row: the number or the name of the line; by
    default the first line, or all lines if each has one term, after a name if there is one.
    """
    known = sequences.checked_terms(terms if file is None else sequences.read_terms(file, row))
    rows = len(known)
    mask = sequences.first_rows(rows, min(rows, sequences.MOST) if train is None else train)
    line = "" if row is None else f",row={row}"
    name = "/".join(map(str, known)) if file is None else f"file={file}{line}"
    return Task(
        f"sequence:{name}",
        settings={"terms": known, "train": int(mask.sum()), "seed": seed},
        choose=partial(_chosen, rows),
        **sequences.sequence_fields(known, mask),
    )


def _chosen(rows: int, train: int | float, seed: int) -> np.ndarray:
    """The training rows: the first ones, whatever the seed."""
    return sequences.first_rows(rows, train)


TASKS = {"sequence": sequence}
