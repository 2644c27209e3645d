"""Sequences of whole numbers: which law says the next term?"""

from functools import partial

import numpy as np

from synth.tasks import sequences
from synth.tasks.task import Task

_FIBONACCI = (1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144)


def sequence(terms: tuple = _FIBONACCI, train: int | float | None = None):
    """A sequence of whole numbers: the next term by its number and the terms before it.

    terms: the terms, separated by /, the first of which has the number 1.  train: how many of them
    are for training, 4 to 64; by default all, up to 64.  The others are held out.
    """
    known = sequences.checked_terms(terms)
    rows = len(known)
    mask = sequences.first_rows(rows, min(rows, sequences.MOST) if train is None else train)
    settings = {"terms": known, "train": int(mask.sum())}
    return Task(
        "sequence:" + "/".join(map(str, known)),
        label="a",
        settings=settings,
        choose=partial(_chosen, rows),
        **sequences.sequence_fields(known, mask),
    )


def _chosen(rows: int, train: int | float, seed: int) -> np.ndarray:
    """The training rows: the first ones, whatever the seed."""
    return sequences.first_rows(rows, train)


TASKS = {"sequence": sequence}
