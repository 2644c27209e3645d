"""How often a hypothesis is right on what is held out: rows, or further terms of a sequence."""

import numpy as np

from synth.records import Continuation
from synth.tasks import FOLLOWING, following


def row_counts(task):
    """The counts of a `Result`; those of a sequence are of all its terms."""
    if task.sequence is not None:
        task = task.original
    return {
        "train": task.training,
        "test": task.rows - task.training,
        "labels": len(task.alphabet),
        "unseen_labels": int(task.unseen.sum()),
    }


def majority_accuracy(task, root):
    """How often the majority label is right on held-out rows; None without any."""
    if task.sequence is not None:
        task = task.original
    if task.train.all():
        return None
    most = root.check(task.majority(), "the majority label")
    return float(np.mean(matches(task, root, most)))


def matches(task, root, said, inverted=False):
    """Which held-out labels some values of the root's type match; never an unknown one.

    said: (held-out rows,), or one value for all; inverted: the other label of two is meant.
    """
    held_out = ~task.train
    # No check: a held-out label that the root's type lacks is one that no program says.
    truth = task.labels[held_out].astype(root.dtype)
    # The other of two labels is not a third one.
    never = (task.unseen if inverted else task.unknown)[held_out]
    return ((root.coarse(said) == root.coarse(truth)) != inverted) & ~never


def continuation(task, program):
    """The `Continuation` of a sequence by a program, which may be None; and its accuracy.

    The accuracy is None if no further terms are known.
    """
    training = task.training + task.sequence.lags
    terms, further = task.sequence.terms[:training], task.sequence.terms[training:]
    said = ()
    if program is not None:
        said = following(program, terms, task.sequence.lags, max(FOLLOWING, len(further)))
    same = [a == b for a, b in zip(said, further, strict=False)]
    right = next((k for k, equal in enumerate(same) if not equal), len(same))
    accuracy = sum(same) / len(further) if further else None
    return Continuation(task.sequence.lags, said, len(further), right), accuracy
