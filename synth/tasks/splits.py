"""Random draws for tasks: training rows, and one stream of random numbers for each purpose."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError

if TYPE_CHECKING:
    from synth.tasks.task import Task


def training_mask(rows: int, train: int | float, seed: int = 0) -> NDArray[np.bool_]:
    """Choose training rows at random.

    Parameters
    ----------
    rows : int
        Number of rows.
    train : float or int
        The fraction (float, 0..1) or the number (int) of training rows.
    seed : int
        The seed that chooses them.

    Returns
    -------
    ndarray of bool, shape (rows,)

    Raises
    ------
    TaskError
        If there would be no training rows or more than there are.
    """
    if isinstance(train, (float, np.floating)):
        if not 0 <= train <= 1:
            raise TaskError(f"train {train}; allowed: a fraction 0..1 or a number of rows")
        train = round(train * rows)
    if not 1 <= train <= rows:
        raise TaskError(f"train: a training set of {train} rows; allowed: 1..{rows}")
    mask = np.zeros(rows, bool)
    mask[stream(seed, 0).permutation(rows)[:train]] = True
    return mask


def read_again(task: "Task", train: NDArray[np.bool_]) -> dict[str, Any]:
    """The fields of a table's labels for other training rows; empty for other labels.

    Raises
    ------
    TaskError
        If the labels cannot be read for these rows.
    """
    if task.read is None:
        return {}
    now = task.read(task.train)
    if any(not np.array_equal(now[k], getattr(task, k)) for k in ("labels", "unknown")):
        return {}
    try:
        return task.read(train)
    except TaskError as error:
        raise TaskError(f"task {task.name}: {error}") from None


def stream(seed: int, purpose: int) -> np.random.Generator:
    """The random generator of a seed and a purpose; no two purposes share a stream.

    Raises
    ------
    TaskError
        If the seed is negative.
    """
    if seed < 0:
        raise TaskError(f"seed {seed}; allowed: 0 or more")
    return np.random.default_rng(np.random.SeedSequence(int(seed), spawn_key=(purpose,)))
