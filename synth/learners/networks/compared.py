"""Figures that say how alike two learners are: target by target, and function by function."""

import numpy as np
from scipy.optimize import minimize_scalar

from synth.learners import correlations

#: The number of resamples for an interval, and of permutations for a null.
RESAMPLES = 400


def rank_correlation(x, y):
    """`correlations.rank_correlation`, but 0 if x or y is constant.

    Means and intervals are taken over these figures, and a learner for which all targets (or
    all functions) are alike ranks none of them: that counts as no agreement.
    """
    return correlations.rank_correlation(x, y, constant=0.0)


def partial_rank_correlation(x, y, third):
    """The partial rank correlation of x and y, with the ranks of a third variable held fixed.

    (r_xy - r_xz r_yz) / sqrt((1 - r_xz²) (1 - r_yz²)).

    Parameters
    ----------
    x, y, third : float64 (n,)

    Returns
    -------
    float or None
        None if the third determines x or y.
    """
    xy, xz, yz = (rank_correlation(*pair) for pair in ((x, y), (x, third), (y, third)))
    rest = (1 - xz**2) * (1 - yz**2)
    return float((xy - xz * yz) / np.sqrt(rest)) if rest > 1e-12 else None


def correlated(x, y, generator):
    """The rank correlation of x and y, its interval, and its null.

    Parameters
    ----------
    x, y : float64 (n,)
    generator : numpy.random.Generator

    Returns
    -------
    dict
        `spearman`; `low` and `high`, the middle 95 % over `RESAMPLES` resamples of the n;
        `permuted` and `most_permuted`, the mean and the largest magnitude over as many
        permutations of y.
    """
    some = generator.integers(0, len(x), (RESAMPLES, len(x)))
    low, high = np.quantile(rank_correlation(x[some], y[some]), (0.025, 0.975)).tolist()
    permuted = rank_correlation(x, generator.permuted(np.tile(y, (RESAMPLES, 1)), axis=1))
    return {
        "spearman": float(rank_correlation(x, y)),
        "low": low,
        "high": high,
        "permuted": float(permuted.mean()),
        "most_permuted": float(np.abs(permuted).max()),
    }


def calibrated(ours, theirs):
    """Yields our mean probability in each tenth of theirs: dicts of `p`, `share` and `count`.

    Parameters
    ----------
    ours, theirs : float64 (n,)
        Probabilities; `p` is the mean of theirs and `share` that of ours.
    """
    tenths = np.minimum((theirs * 10).astype(int), 9)
    for tenth in np.unique(tenths):
        some = tenths == tenth
        yield {
            "p": float(theirs[some].mean()),
            "share": float(ours[some].mean()),
            "count": int(some.sum()),
        }


def fitted(pairs, generator):
    """How well probabilities fit counts of the same functions.

    Parameters
    ----------
    pairs : list of (int (F,), float64 (F,))
        Counts, and probabilities that add up to 1.
    generator : numpy.random.Generator

    Returns
    -------
    dict
        `spearman`, the mean rank correlation over pairs; `low` and `high`, its middle 95 % over
        `RESAMPLES` resamples of the pairs; `permuted`, the mean with permuted probabilities;
        `distance`, the mean total variation, 0..1; `explained`, 1 - KL(counts, probabilities) /
        KL(counts, uniform), both summed over pairs; `power`, the t in 0..3 for which
        probabilities**t, normalised, have the least KL; `explained_by_power`, with these.  The
        last three are None if a probability is 0.
    """
    each = np.array([rank_correlation(counts, p) for counts, p in pairs])
    means = each[generator.integers(0, len(each), (RESAMPLES, len(each)))].mean(axis=1)
    low, high = np.quantile(means, (0.025, 0.975)).tolist()
    permuted = [
        rank_correlation(counts, generator.permutation(p)) for counts, p in pairs for _ in range(20)
    ]
    shares = [counts / counts.sum() for counts, _ in pairs]
    distances = [np.abs(share - p).sum() / 2 for share, (_, p) in zip(shares, pairs, strict=True)]
    answer = {
        "spearman": float(each.mean()),
        "low": low,
        "high": high,
        "permuted": float(np.mean(permuted)),
        "distance": float(np.mean(distances)),
        "explained": None,
        "power": None,
        "explained_by_power": None,
    }
    if any((p == 0).any() for _, p in pairs):
        return answer
    own = sum(entropy(counts) for counts, _ in pairs)
    uniform = sum(np.log2(len(counts)) for counts, _ in pairs)
    logs = [np.log2(p) for _, p in pairs]

    def explained(power):
        bits = sum(
            np.logaddexp2.reduce(power * each) - power * (share @ each)
            for share, each in zip(shares, logs, strict=True)
        )
        return float(1 - (bits - own) / (uniform - own))

    power = float(minimize_scalar(lambda t: -explained(t), bounds=(0, 3), method="bounded").x)
    return answer | {
        "explained": explained(1.0),
        "power": power,
        "explained_by_power": explained(power),
    }


def entropy(counts):
    """The entropy in bits of the distribution from which counts were drawn.

    The bias of the plug-in estimate, (K - 1)/(2 N ln 2) for K functions seen among N draws, is
    added (G. Miller, "Note on the bias of information estimates", 1955).
    """
    some = counts[counts > 0] / counts.sum()
    return float(-(some @ np.log2(some)) + (len(some) - 1) / (2 * counts.sum() * np.log(2)))
