"""Random draws for tasks: training rows, and one stream of random numbers for each purpose."""

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError


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
