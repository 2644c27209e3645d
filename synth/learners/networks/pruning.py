"""How much of a network is needed for what it says: the units and weights that pruning leaves."""

import numpy as np

from synth.learners.networks.perceptron import forward, outputs, said, views

#: A network that is cut still says the labels where so much of its accuracy is left.
LEAST = 0.99


def units_needed(shape, parameters, points, labels, least=LEAST):
    """The fewest units of the last hidden layer, the strongest first, that give an accuracy.

    parameters (P,) of one network; points (rows, inputs), labels int (rows,).  A unit's strength
    is what it moves the outputs by: the root mean square of its value over the points times the
    norm of its weights upwards.  None where all of them do not give it.
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
    """The fewest parameters, the largest magnitudes first, that give an accuracy.

    As of `units_needed`, over so many numbers of them, spread evenly in their logarithm.
    """
    order = np.argsort(-np.abs(parameters), kind="stable")
    for count in np.unique(np.geomspace(1, len(order), sizes).round().astype(int)).tolist():
        cut = np.zeros_like(parameters)
        cut[order[:count]] = parameters[order[:count]]
        if np.mean(said(outputs(shape, cut[None], points))[0] == labels) >= least:
            return count
    return None
