"""Figures of two learners of one task: what they predict, and the steps to it."""

import numpy as np

from synth.learners import agreement, similarity

#: Figures of steps (see `similarity.compare`); each is given with its permutation null, under its
#: name with these endings.
STEPS = ("r2", "back", "cka", "plain")
ENDINGS = {"": "value", "_null": "null", "_spread": "spread", "_p": "p"}
#: Figures of predictions.
PREDICTIONS = ("agreement", "agreement_null", "aligned", "aligned_null")
#: Which rows a linear map is judged on: random ones, or all rows with some of the outputs.
LEFT_OUT = ("inputs", "outputs")
#: Folds of cross-validation; fewer if there are fewer outputs.
FOLDS = 5


def relation(one, other):
    """How two learners are related, in one word that says what differs between them.

    Returns
    -------
    str
        seeds: nothing else differs; languages; relabelled: residues have other names; shuffled:
        one of them has random names for residues.
    """
    if one == other:
        return "seeds"
    if one.encoding == other.encoding:
        return "languages"
    return "shuffled" if 0 in (one.encoding, other.encoding) else "relabelled"


def compare_predictions(one, other, symmetries, unseen, orders):
    """A dict of `PREDICTIONS`, each the mean over unseen rows and leading axes.

    Parameters
    ----------
    one, other : float64 (..., n, k)
        The probability of each label on each row.
    symmetries : (int64 (s, n), int64 (s, k))
        As for `agreement.aligned`; the best one is chosen on all rows.
    unseen : bool (..., n)
    orders : int64 (..., n)
        Permutations of the other's rows, for the null of `aligned`.  The null of `agreement` is
        the mean over all permutations.
    """
    shuffled = np.take_along_axis(other, orders[..., None], axis=-2)
    aligned = agreement.aligned(one, other, symmetries)
    aligned_shuffled = agreement.aligned(one, shuffled, symmetries)
    return {
        "agreement": agreement.agreement(one, other, unseen),
        "agreement_null": agreement.chance_agreement(one, other, unseen),
        "aligned": agreement.agreement(one, aligned, unseen),
        "aligned_null": agreement.agreement(one, aligned_shuffled, unseen),
    }


def compare_steps(one, other, count, seed=0, *, left_out="inputs", up_to_units=False):
    """`similarity.compare` for two programs, as a plain dict.

    Parameters
    ----------
    one, other : (Learner, str, str)
        A learner, the text of its program, and one of `similarity.SETS`.
    count : int
        The number of permutations.
    seed : int, optional
    left_out : str, optional
        One of `LEFT_OUT`; outputs are those of the first program.
    up_to_units : bool, optional
        Whether to take the best of the moves x -> cx of the rows of residues.

    Returns
    -------
    dict or None
        Each of `STEPS` with each of `ENDINGS`; None if a program has no features.
    """
    parts = [learner.features(text, which) for learner, text, which in (one, other)]
    p, rows = one[0].p, len(parts[0].values)
    folds = similarity.row_folds(rows, FOLDS, seed)
    if left_out == "outputs":
        labels = one[0].program(one[1]).evaluate(one[0].columns)
        folds = similarity.output_folds(labels, min(FOLDS, len(np.unique(labels))), seed)
    maps = None
    if up_to_units:
        maps = agreement.unit_symmetries(np.divmod(np.arange(p * p), p), p)[0]
    found = similarity.compare(*parts, folds, count, seed, maps)
    if None in found.values():
        return None
    return {
        name + ending: getattr(tested, part)
        for name, tested in found.items()
        for ending, part in ENDINGS.items()
    }


def mean_figures(pairs, which, count, seed=0):
    """The mean figures of pairs of searches.

    Parameters
    ----------
    pairs : list of ((Learner, dict), (Learner, dict))
        Each dict is an end of a search, as `language_learner.search_ends` returns.
    which : str
        One of `similarity.SETS`.
    count : int
        The number of permutations.
    seed : int, optional

    Returns
    -------
    dict
        `accuracy` on unseen rows; `PREDICTIONS` there, up to x -> cx of the labels of residues;
        the figures of `compare_steps`, means over the pairs that have features; and `count`, the
        number of these pairs.
    """
    kept, predicted = {}, []
    generator = np.random.default_rng(seed)
    for one, other in pairs:
        k, rows = one[0].p or 2, len(one[1]["said"])
        said = [
            np.broadcast_to(agreement.certain(end["said"], k), (count, rows, k))
            for _, end in (one, other)
        ]
        labels = np.outer(range(1, k), np.arange(k)) % k
        stay = np.tile(np.arange(rows), (len(labels), 1))
        unseen = np.isin(np.arange(rows), one[1]["unseen"])
        orders = np.array([generator.permutation(rows) for _ in range(count)])
        accuracy = (one[1]["right"] + other[1]["right"]) / 2
        figures = compare_predictions(*said, (stay, labels), unseen, orders)
        predicted.append({"accuracy": accuracy, **figures})
        ends = tuple((learner, end["text"], which) for learner, end in (one, other))
        if ends not in kept:
            kept[ends] = [0, compare_steps(*ends, count, seed)]
        kept[ends][0] += 1
    answer = {name: float(np.mean([p[name] for p in predicted])) for name in predicted[0]}
    some = [(times, found) for times, found in kept.values() if found is not None]
    answer["count"] = sum(times for times, _ in some)
    for name in some[0][1] if some else ():
        if not name.endswith("_p"):
            answer[name] = sum(times * found[name] for times, found in some) / answer["count"]
    return answer
