"""How much of a network its predictions need: the units and weights that pruning leaves."""

import numpy as np

from synth.learners.networks.perceptron import forward, outputs, said, views

#: The accuracy that a pruned network must keep.
LEAST = 0.99


def units_needed(shape, parameters, points, labels, least=LEAST):
    """The fewest units of the last hidden layer, the strongest first, that reach an accuracy.

    A unit's strength is how much it moves the outputs: the root mean square of its value over the
    points times the norm of its outgoing weights.

    Parameters
    ----------
    shape : Shape
    parameters : (P,)
        Of one network.
    points : (rows, inputs)
    labels : int (rows,)
    least : float, optional
        The accuracy.

    Returns
    -------
    int or None
        None if all units together do not reach it.
    """
    layers = forward(shape, parameters[None], points)
    values = layers[-2][1][0].astype(np.float64)
    weights, biases = (a[0].astype(np.float64) for a in views(shape, parameters[None])[-1])
    strength = np.sqrt(np.square(values).mean(axis=0)) * np.linalg.norm(weights, axis=1)
    logits = np.repeat(biases, len(points), axis=0)
    for count, unit in enumerate([None, *np.argsort(-strength, kind="stable")]):
        if unit is not None:
            logits += values[:, unit, None] * weights[unit]
        if np.mean(said(logits[None])[0] == labels) >= least:
            return count
    return None


def weights_needed(shape, parameters, points, labels, least=LEAST, sizes=100):
    """The fewest parameters, the largest magnitudes first, that reach an accuracy.

    Parameters and return value are those of `units_needed`; `sizes` numbers of parameters are
    tried, spread evenly in their logarithm.
    """
    order = np.argsort(-np.abs(parameters), kind="stable")
    for count in np.unique(np.geomspace(1, len(order), sizes).round().astype(int)).tolist():
        cut = np.zeros_like(parameters)
        cut[order[:count]] = parameters[order[:count]]
        if np.mean(said(outputs(shape, cut[None], points))[0] == labels) >= least:
            return count
    return None
