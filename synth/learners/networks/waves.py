"""Networks on modular addition in Fourier's terms: which frequencies weights and logits use.

Frequencies of functions of residues modulo an odd p are 1 to (p - 1) / 2; the constant is left
out.  The measures and losses are those of Nanda et al., "Progress measures for grokking via
mechanistic interpretability", ICLR 2023.
"""

import math

import numpy as np

from synth.learners.networks.perceptron import views


def embedding(shape, parameters):
    """What each input adds to the sums of the first hidden layer that is not linear.

    It is the product of the weights up to there, float (B, inputs, units).
    """
    made = None
    for number, (weights, _) in enumerate(views(shape, parameters)):
        made = weights if made is None else made @ weights
        if number == len(shape.hidden) or shape.activations[number] != "linear":
            break
    return made


def frequency_power(tables):
    """The power of each frequency in tables of residues.

    It is the squared magnitude of both waves of a frequency, so that all powers add up to p times
    the sum of squares of the table less its mean (Parseval).

    Parameters
    ----------
    tables : (..., p, units)

    Returns
    -------
    float64 (..., (p - 1) / 2, units)
    """
    found = np.fft.rfft(np.asarray(tables, np.float64), axis=-2)[..., 1:, :]
    return 2 * (found.real**2 + found.imag**2)


def embedding_power(shape, parameters, p):
    """The power of each frequency in the embeddings of networks, summed over the residues added.

    Parameters
    ----------
    shape : Shape
        The inputs are one-hot residues modulo p, one after another.
    parameters : (B, P)
    p : int

    Returns
    -------
    float64 (B, (p - 1) / 2, units)
    """
    tables = embedding(shape, parameters)
    tables = tables.reshape(len(tables), -1, p, tables.shape[-1])
    return frequency_power(tables).sum(axis=1)


def gini(values):
    """The Gini coefficient along the last axis, of n numbers that are not negative.

    It is the mean distance of two numbers divided by twice their mean: 0 if all are equal, 1 -
    1/n if one has everything, nan if all are 0.
    """
    ordered = np.sort(values, axis=-1)
    n = ordered.shape[-1]
    weights = 2 * np.arange(1, n + 1) - n - 1
    return _share((ordered * weights).sum(axis=-1), n * ordered.sum(axis=-1))


def mean_gini(power):
    """The mean Gini coefficient of units over frequencies (K, units); nan if no unit has power."""
    some = power[:, power.any(axis=0)]
    return float(gini(some.T).mean()) if some.size else math.nan


def held(power, frequencies):
    """The share of the power (K,) in frequencies, numbered from 1; nan if there is no power."""
    return float(_share(power[np.asarray(frequencies) - 1].sum(), power.sum()))


def dominant(power, share=0.9):
    """The fewest frequencies that hold a share of the power (K,), numbered from 1, ascending.

    The answer is empty if there is no power.
    """
    if not power.any():
        return np.zeros(0, np.int64)
    order = np.argsort(-power, kind="stable")
    sums = np.cumsum(power[order])
    needed = int(np.searchsorted(sums, share * sums[-1] * (1 - 1e-12))) + 1
    return np.sort(order[:needed]) + 1


def own_share(power):
    """The share of all power (..., K, units) in each unit's own strongest frequency.

    It is nan if there is no power.
    """
    return _share(power.max(axis=-2).sum(axis=-1), power.sum(axis=(-2, -1)))


def _share(part, whole):
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)[()]


class WavesOfSums:
    """Waves of x + y with some frequencies, fitted to logits by least squares on some rows.

    If only rows that were not trained on are fitted, the fit shows what the network says by a
    rule. Nanda et al. fit all rows; there a table of the true labels consists of waves of x + y,
    too.

    Parameters
    ----------
    sums : int (rows,)
        x + y modulo p.
    p : int
    frequencies : int (K,)
        Numbered from 1.
    rows : bool (rows,)
        The rows that are fitted.
    """

    def __init__(self, sums, p, frequencies, rows):
        angles = 2 * np.pi * np.multiply.outer(sums, frequencies) / p
        self.basis = np.concatenate([np.cos(angles), np.sin(angles)], axis=1)
        whole = np.concatenate([np.ones((len(sums), 1)), self.basis], axis=1)
        self.rows, self.solved = rows, np.linalg.pinv(whole[rows])

    def split(self, logits):
        """Splits logits (rows, k) into two: the mean and the waves, and all but the waves.

        Returns
        -------
        (float64 (rows, k), float64 (rows, k))
        """
        found = self.solved @ logits[self.rows]
        waves = self.basis @ found[1:]
        return found[0] + waves, logits - waves
