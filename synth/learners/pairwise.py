"""Figures of two learners of one thing: what they predict, and the steps to it."""

import numpy as np

from synth.learners import agreement, similarity

#: Figures of steps, and what there is of each: itself, and its permutation null.
STEPS = ("r2", "back", "cka", "plain")
ENDINGS = {"": "value", "_null": "null", "_spread": "spread", "_p": "p"}
#: Figures of predictions.
PREDICTIONS = ("agreement", "agreement_null", "aligned", "aligned_null")
#: Which rows a linear map is judged on: some at random, or all that have some outputs.
LEFT_OUT = ("inputs", "outputs")
#: Folds of cross-validation, fewer where there are fewer outputs.
FOLDS = 5


def relation(one, other):
    """How two learners are related: by what differs between them, in one word.

    seeds: nothing does; languages; relabelled: how residues are called; shuffled: they are
    called at random.
    """
    if one == other:
        return "seeds"
    if one.encoding == other.encoding:
        return "languages"
    return "shuffled" if 0 in (one.encoding, other.encoding) else "relabelled"


def compare_predictions(one, other, symmetries, unseen, orders):
    """A dict of `PREDICTIONS`, each the mean over unseen rows and all else.

    one, other: float64 (..., n, k), chances of labels; symmetries: as of `agreement.aligned`,
    the best chosen on all rows; unseen: bool (..., n); orders: int64 (..., n), of the other's
    rows for the null of `aligned`; that of `agreement` is over all orders.
    """
    shuffled = np.take_along_axis(other, orders[..., None], axis=-2)
    return dict(zip(PREDICTIONS, (
        agreement.agreement(one, other, unseen),
        agreement.chance_agreement(one, other, unseen),
        agreement.agreement(one, agreement.aligned(one, other, symmetries), unseen),
        agreement.agreement(one, agreement.aligned(one, shuffled, symmetries), unseen),
    ), strict=True))  # fmt: skip


def compare_steps(one, other, count, seed=0, *, left_out="inputs", up_to_units=False):
    """`similarity.compare` of two (learner, text, set) as a plain dict; None where there is none.

    A set is one of `similarity.SETS`; count: of permutations; left_out: one of `LEFT_OUT`,
    outputs being those of the first; up_to_units: the best of x -> cx of the rows of residues.
    Of each of `STEPS`, there is a figure with each of `ENDINGS`.
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
    """The mean figures of pairs of searches, those of steps over the pairs that have some.

    pairs: of (learner, end), an end a dict of the `text` found, what it `said` of all rows,
    which rows were `unseen`, and the share of these that was `right`.  Returns accuracy on
    unseen rows; `PREDICTIONS` there, aligned up to x -> cx of the labels of residues; and the
    figures of `compare_steps`, with the number of pairs that have some as `count`.
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
