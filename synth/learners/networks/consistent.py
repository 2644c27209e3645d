"""Boolean functions that networks compute once they are right on some rows.

Networks start from random parameters and are trained on part of the rows of a truth table until
they are right on all of these.  What they then say on every row is a function consistent with
the training labels.  (Mingard, Valle-Pérez, Skalse and Louis, "Is SGD a Bayesian sampler? Well,
almost", JMLR 2021, compare how often each comes with P(f | rows).)
"""

import numpy as np

from synth.errors import SettingError
from synth.learners.baselines import all_nearest
from synth.learners.networks.perceptron import block_of, drawn, outputs, said
from synth.learners.networks.training import train_to_zero

#: The most networks trained at a time: more do not fit into the caches.
BLOCK = 1000


def corners(variables):
    """The inputs of all 2**variables rows, int64 (rows, variables) of -1 and 1; x0 is fastest."""
    return 2 * ((np.arange(2**variables)[:, None] >> np.arange(variables)) & 1) - 1


def consistent_functions(
    shape, points, train, targets, networks, seed, *, optimiser, scale=1.0, bias=0.0, most=5000
):
    """The functions at which networks end, and the steps that they take.

    Each network is drawn by itself and trained on the training rows (see `train_to_zero`).

    Parameters
    ----------
    shape : Shape
        With 1 output.
    points : (rows, inputs)
        At most 62 rows.
    train : bool (rows,)
    targets : int64 (targets,)
        Numbers of functions, with bit i for row i; only the bits of training rows are used.
    networks : int
        Networks for each target.
    seed : int
    optimiser : Optimiser
    scale, bias : float, optional
        See `perceptron.drawn`.
    most : int, optional
        The most steps.

    Returns
    -------
    (int64 (targets, networks), int64 (targets, networks))
        Functions and steps; both are -1 if a network is not right on all training rows after
        `most` steps.

    Raises
    ------
    SettingError
        If shapes do not fit.
    """
    train, targets = np.asarray(train, bool), np.asarray(targets, np.int64)
    if shape.outputs != 1 or len(points) > 62 or train.shape != (len(points),):
        raise SettingError(
            f"{len(points)} rows, train of shape {train.shape} and {shape.outputs} outputs; "
            "allowed: up to 62 rows, train of the same length, 1 output"
        )
    labels = np.repeat(targets[:, None] >> np.flatnonzero(train) & 1, networks, axis=0)
    functions, steps = np.full((2, len(labels)), -1, np.int64)
    block = block_of(shape, len(points), BLOCK)
    for start in range(0, len(labels), block):
        some = slice(start, start + block)
        parameters = drawn(shape, len(labels[some]), seed, first=start, scale=scale, bias=bias)
        steps[some] = train_to_zero(shape, parameters, points[train], labels[some], optimiser, most)
        says = said(outputs(shape, parameters, points))
        functions[some] = (says << np.arange(len(points))).sum(axis=1)
    functions[steps < 0] = -1
    return functions.reshape(-1, networks), steps.reshape(-1, networks)


def shares(functions, rows):
    """The share of networks that predict 1 on each of some rows.

    Parameters
    ----------
    functions : int64 (targets, networks)
        As `consistent_functions` returns.
    rows : int (rows,)
        Row numbers.

    Returns
    -------
    float64 (targets, rows)
        ½ if no network of a target learned.
    """
    learned = functions >= 0
    ones = ((functions[..., None] >> rows & 1) * learned[..., None]).sum(axis=1)
    some = learned.sum(axis=1)[:, None]
    return np.divide(ones, some, out=np.full(ones.shape, 0.5), where=some > 0)


def nearest_shares(points, train, labels):
    """The mean label of the nearest training rows, ties together.

    Parameters
    ----------
    points : (rows, inputs)
    train : bool (rows,)
    labels : (targets, training rows)

    Returns
    -------
    float64 (targets, unseen rows)
    """
    near = all_nearest(points[train], points[~train])
    return labels @ (near / near.sum(axis=1, keepdims=True)).T


def consistent_numbers(target, train):
    """The numbers of all functions that agree with a target on the training rows, int64."""
    unseen = np.flatnonzero(~train)
    values = np.arange(2 ** len(unseen))[:, None] >> np.arange(len(unseen)) & 1
    return (target & ~int((1 << unseen).sum())) + (values << unseen).sum(axis=1)
