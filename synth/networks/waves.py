"""Networks on modular addition in Fourier's terms: which frequencies their weights and logits use.

Frequencies of functions of residues modulo an odd p are 1 to (p - 1) / 2; the constant is left
out.  What is measured, and the losses, are those of Nanda et al., "Progress measures for
grokking via mechanistic interpretability", ICLR 2023.
"""

import numpy as np

from synth.networks.perceptron import views


def embedding(shape, parameters):
    """What each input adds to the sums of the first hidden layer that is not linear.

    float (B, inputs, units): the product of the weights up to there.
    """
    made = None
    for number, (weights, _) in enumerate(views(shape, parameters)):
        made = weights if made is None else made @ weights
        if number == len(shape.hidden) or shape.activations[number] != "linear":
            break
    return made


def frequency_power(tables):
    """The power of each frequency, float64 (..., (p - 1) / 2, units), of tables (..., p, units).

    The squared magnitudes of both waves of a frequency, so that all of them add up to p times
    the sum of squares of the table less its mean (Parseval).
    """
    found = np.fft.rfft(np.asarray(tables, np.float64), axis=-2)[..., 1:, :]
    return 2 * (found.real**2 + found.imag**2)


def embedding_power(shape, parameters, p):
    """Of networks whose inputs are one-hot residues modulo p, one after another: their frequencies.

    float64 (B, (p - 1) / 2, units), summed over the residues that are added.
    """
    tables = embedding(shape, parameters)
    tables = tables.reshape(len(tables), -1, p, tables.shape[-1])
    return frequency_power(tables).sum(axis=1)


def gini(values):
    """The Gini coefficient along the last axis, of n numbers that are not negative.

    The mean distance of two of them over twice their mean: 0 where all are the same, 1 - 1/n
    where one has everything; nan where all are 0.
    """
    ordered = np.sort(values, axis=-1)
    n = ordered.shape[-1]
    weights = 2 * np.arange(1, n + 1) - n - 1
    return _share((ordered * weights).sum(axis=-1), n * ordered.sum(axis=-1))


def dominant(power, share=0.9):
    """The fewest frequencies that hold a share of the power (K,), their numbers from 1, sorted.

    None of them where there is no power.
    """
    if not power.any():
        return np.zeros(0, np.int64)
    order = np.argsort(-power, kind="stable")
    held = np.cumsum(power[order])
    needed = int(np.searchsorted(held, share * held[-1] * (1 - 1e-12))) + 1
    return np.sort(order[:needed]) + 1


def own_share(power):
    """The share of all power (..., K, units) that lies in each unit's own strongest frequency.

    nan where there is no power.
    """
    return _share(power.max(axis=-2).sum(axis=-1), power.sum(axis=(-2, -1)))


def _share(part, whole):
    return np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)[()]


def restricted(logits, frequencies):
    """Logits (p, p, k) of pairs (x, y), of which x + y and some frequencies are left.

    The mean and the waves cos and sin of 2 pi f (x + y) / p, for each of the frequencies f.
    """
    return _of_sums(logits, [0, *frequencies])


def excluded(logits, frequencies):
    """Logits (p, p, k) without the waves of x + y with these frequencies."""
    return logits - _of_sums(logits, frequencies)


def _of_sums(logits, frequencies):
    p = len(logits)
    x, y = np.arange(p)[:, None], np.arange(p)
    # The pairs of one sum, side by side: a wave of x + y is the same on all of them.
    by_sum = logits[x, (y - x) % p].mean(axis=0)
    waves = np.fft.rfft(by_sum, axis=0)
    kept = np.zeros_like(waves)
    kept[list(frequencies)] = waves[list(frequencies)]
    return np.fft.irfft(kept, n=p, axis=0)[(x + y) % p]
