"""Twins: the same inputs and training rows with other labels, drawn at random from a seed."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError
from synth.tasks.splits import stream


def permuted_order(train: NDArray[np.bool_], seed: int) -> NDArray[np.int64]:
    """The order of labels in which training and held-out rows are permuted separately."""
    generator = stream(seed, 1)
    order = np.arange(len(train))
    for part in (train, ~train):
        order[part] = generator.permutation(order[part])
    return order


def uniform_labels(alphabet: Sequence[Any], rows: int, seed: int) -> np.ndarray:
    """Labels that are drawn uniformly from the alphabet, (rows,)."""
    return stream(seed, 2).choice(np.array(alphabet), rows)


def corrupted_labels(
    labels: np.ndarray,
    train: NDArray[np.bool_],
    alphabet: Sequence[Any],
    fraction: float,
    seed: int,
) -> np.ndarray:
    """The labels, a fraction of the training labels being drawn anew from the alphabet.

    Raises TaskError if the fraction is outside 0..1.
    """
    if not 0 <= fraction <= 1:
        raise TaskError(f"corrupt {fraction}; allowed: fractions 0..1")
    generator = stream(seed, 3)
    rows = np.flatnonzero(train)
    chosen = generator.permutation(rows)[: round(fraction * len(rows))]
    labels = labels.copy()
    labels[chosen] = generator.choice(np.array(alphabet), len(chosen)).astype(labels.dtype)
    return labels
