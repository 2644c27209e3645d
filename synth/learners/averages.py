"""How experts of a mixture are weighed: alone, and in averages.

Of an expert alone, the weight is 2^-bits of what it has predicted.  This settles on one expert as
rows become more, though an average of several may predict better than each (Cover 1991).  So
averages are hypotheses too, and each is weighed by 2^-bits as well.  The sum over all is exact.
"""

import itertools

import numpy as np
from numpy.typing import NDArray

#: Averages of experts give each a weight of so many parts, in all.
PARTS = 4


def averages(experts: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How experts are averaged: each alone, and all averages whose weights are quarters.

    Parameters
    ----------
    experts : int
        How many there are.

    Returns
    -------
    weights : ndarray of float64, shape (averages, experts)
        Of the experts in each average; each expert alone comes first.
    shares : ndarray of float64, shape (averages,)
        The prior probability of each: half for experts alone, and half for all such averages.
    """
    bars = itertools.combinations(range(PARTS + experts - 1), experts - 1)
    ends = np.array([(-1, *each, PARTS + experts - 1) for each in bars])
    parts = (np.diff(ends, axis=1) - 1) / PARTS
    shares = np.repeat([0.5 / experts, 0.5 / len(parts)], [experts, len(parts)])
    return np.vstack([np.eye(experts), parts]), shares


def weighed(
    said: NDArray[np.float64], first: float, chosen: float
) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """The weights of experts by what they predicted, and of a hypothesis that has bits in all.

    A hypothesis of E + 1 has the prior 1 / (E + 1), and averages of the E experts have the rest.

    Parameters
    ----------
    said : ndarray of float64, shape (E, rows)
        The probability of each right label by each expert, above 0.
    first : float
        The bits of the labels before these rows, the same for all experts.
    chosen : float
        The bits of all labels by the other hypothesis.

    Returns
    -------
    bits : ndarray of float64, shape (E + 1,)
        Of the labels, by each expert alone and last by the other hypothesis.
    total_bits : float
        -log2 of the sum: at most log2(E + 1) more than the other hypothesis has, and at most
        log2(2 E + 2) more than an expert has.
    weights : ndarray of float64, shape (E + 1,)
        The posterior mean of the weight of each; they add up to 1.
    """
    own = len(said)
    weights, shares = averages(own)
    each = first - np.log2(weights @ said).sum(axis=1)
    priced = np.append(each - np.log2(shares * own / (own + 1)), chosen + np.log2(own + 1))
    posterior = 2.0 ** (priced.min() - priced)
    total = float(priced.min() - np.log2(posterior.sum()))
    posterior /= posterior.sum()
    mean = np.append(posterior[:-1] @ weights, posterior[-1])
    return np.append(each[:own], chosen), total, mean
