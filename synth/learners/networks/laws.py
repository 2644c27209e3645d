"""Learners that predict unseen rows of boolean functions, compared with trained networks.

A learner is a law of functions that is conditioned on the training rows (the prior of a DSL, or the
functions of random networks), the nearest neighbour, or a second set of the same networks.
"""

from dataclasses import dataclass

import numpy as np

from synth.exact import Split, likelier
from synth.learners.correlations import correlation
from synth.learners.networks.compared import (
    calibrated,
    correlated,
    partial_rank_correlation,
    rank_correlation,
)
from synth.learners.networks.consistent import (
    consistent_numbers,
    corners,
    nearest_shares,
    shares,
)

#: Trained networks, and the first half of them.
NETWORKS, HALF = "networks", "half"
#: Learners besides the DSLs; the networks again are the second half of the trained networks.
P_NET, NEAREST, AGAIN = "random networks", "nearest neighbour", "networks again"
#: Fewer random networks than this do not estimate P(f | rows).
ENOUGH = 100


@dataclass(frozen=True)
class Law:
    """A law of the boolean functions of some variables.

    Parameters
    ----------
    masses : array of shape (2**rows,)
        The mass of each function; the masses need not sum to 1.
    bits : float64 array of shape (2**rows,), optional
        K(f), if the law is of programs.
    margin : float64 array of shape (2**rows,) or float, optional
        The largest error of each mass; 0 if masses are counts.
    """

    masses: np.ndarray
    bits: np.ndarray | None = None
    margin: np.ndarray | float = 0.0

    @property
    def rows(self):
        """The number of rows of the truth table."""
        return len(self.masses).bit_length() - 1

    @property
    def mass(self):
        """The sum of all masses."""
        return float(self.masses.sum())

    def least_bits(self, function):
        """K of a function, by its number; None if it has no program."""
        bits = float(self.bits[function])
        return bits if np.isfinite(bits) else None


@dataclass(frozen=True)
class Predictions:
    """What all learners say on unseen rows.

    Parameters
    ----------
    chances : dict of str to float64 array of shape (targets, splits, unseen rows)
        For each learner, the chance of 1.
    guesses : dict of str to float64 array of the same shape
        For each learner, the likelier label; ½ if both are equally likely.
    truth : int64 array of the same shape
        The labels.
    left : float64 array of shape (targets, splits)
        How many random networks are right on the training rows.
    """

    chances: dict[str, np.ndarray]
    guesses: dict[str, np.ndarray]
    truth: np.ndarray
    left: np.ndarray

    def accuracies(self, learner):
        """The mean chance of the true label, by target, float64 (targets,)."""
        p = self.chances[learner]
        return np.where(self.truth, p, 1 - p).mean(axis=(1, 2))

    def guess_accuracies(self, learner):
        """The accuracy of the likelier label, by target, float64 (targets,)."""
        return 1 - np.abs(self.guesses[learner] - self.truth).mean(axis=(1, 2))

    def compare(self, learner, some, generator, bits=None):
        """How alike a learner and the trained networks are on some targets.

        The networks again are compared with the other half of the networks, every other learner
        with all of them.

        Parameters
        ----------
        learner : str
        some : slice
            The targets.
        generator : numpy.random.Generator
            For resamples and permutations.
        bits : float64 array of shape (targets in `some`,), optional
            K of each target.

        Returns
        -------
        dict
            The figures of `correlated` for the accuracies by target; of_majorities: the rank
            correlation for the accuracies of the likelier label; beyond_bits, beyond_nearest: the
            partial rank correlation given the bits, or the nearest neighbour's accuracy;
            accuracy, networks, error, networks_error: both mean accuracies and their standard
            errors; agreement, agreement_permuted: how often the likelier labels agree, and how
            often if the targets are permuted; row_correlation: the correlation of both chances
            over targets, splits and rows; left: for random networks, the share of targets and
            splits for which at least `ENOUGH` of them are right on the training rows, else None.
        """
        ours = HALF if learner == AGAIN else NETWORKS
        x, y = (self.accuracies(name)[some] for name in (ours, learner))
        g, h = (self.guesses[name][some] for name in (ours, learner))
        p, q = (self.chances[name][some].ravel() for name in (ours, learner))
        by_chance = [np.abs(g - generator.permutation(h)).mean() for _ in range(20)]
        majorities = (self.guess_accuracies(name)[some] for name in (ours, learner))
        return {
            **correlated(x, y, generator),
            "of_majorities": float(rank_correlation(*majorities)),
            "beyond_bits": None if bits is None else partial_rank_correlation(x, y, bits),
            "beyond_nearest": partial_rank_correlation(x, y, self.accuracies(NEAREST)[some]),
            "accuracy": float(y.mean()),
            "error": _error(y),
            "networks": float(x.mean()),
            "networks_error": _error(x),
            "agreement": float(1 - np.abs(g - h).mean()),
            "agreement_permuted": float(1 - np.mean(by_chance)),
            "row_correlation": float(correlation(p, q, constant=0.0)),
            "left": float((self.left[some] >= ENOUGH).mean()) if learner == P_NET else None,
        }

    def calibrate(self, learner, some):
        """The chances of a learner and of the networks on some targets; see `calibrated`."""
        ours, theirs = (self.chances[name][some].ravel() for name in (NETWORKS, learner))
        return calibrated(ours, theirs)


def _error(values):
    """The standard error of a mean over targets."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def predict(laws, targets, answers):
    """The predictions of all learners for some targets and splits.

    Parameters
    ----------
    laws : dict of str to Law
        The laws by name, that of `P_NET` among them.
    targets : int64 array of shape (targets,)
        The numbers of functions; bit i is the label of row i.
    answers : list of (train, functions)
        For each split, the training rows, bool (rows,), and the functions at which networks end,
        int64 (targets, networks), -1 if a network did not learn.

    Returns
    -------
    Predictions
    """
    points = corners((laws[P_NET].rows - 1).bit_length())
    chances, guesses, truth, left = {}, {}, [], []
    for train, functions in answers:
        known, unseen = np.flatnonzero(train), np.flatnonzero(~train)
        truth.append(targets[:, None] >> unseen & 1)
        half = functions.shape[1] // 2
        said = {
            NETWORKS: shares(functions, unseen),
            HALF: shares(functions[:, :half], unseen),
            AGAIN: shares(functions[:, half:], unseen),
            NEAREST: nearest_shares(points, train, targets[:, None] >> known & 1),
        }
        # Shares are counts divided once; those of neighbours are sums of up to len(known) terms.
        guessed = {
            name: likelier(p, np.finfo(float).eps * (len(known) + 1 if name == NEAREST else 0))
            for name, p in said.items()
        }
        for name, law in laws.items():
            split = Split(law, train)
            labeling = split.labeling(targets)
            said[name], guessed[name] = split.predictive[:, labeling].T, split.guesses(targets).T
            if name == P_NET:
                left.append(split.evidence[labeling] * law.mass)
        for name in said:
            chances.setdefault(name, []).append(said[name])
            guesses.setdefault(name, []).append(guessed[name])
    chances, guesses = (
        {name: np.stack(parts, axis=1) for name, parts in each.items()}
        for each in (chances, guesses)
    )
    return Predictions(chances, guesses, np.stack(truth, axis=1), np.array(left).T)


def counted(laws, target, train, functions):
    """How often networks end at each function, and each learner's chance of it.

    Parameters
    ----------
    laws : dict of str to Law
        The laws by name, that of `P_NET` among them.
    target : int
        The number of the target.
    train : bool array of shape (rows,)
        The training rows.
    functions : int64 array of shape (networks,)
        The functions at which networks end; -1 if a network did not learn.

    Returns
    -------
    numbers : int64 array of shape (F,)
        The functions that agree with the target on the training rows.
    found : dict of str to (counts, chances)
        For each learner, arrays of shape (F,): the counts of networks, and chances of sum 1.
        `P_NET` is missing if fewer than `ENOUGH` random networks are right on the training rows.
        For `AGAIN`, the counts are of one half of the networks and the chances of the other.
        Empty if fewer than two networks learned.
    """
    numbers = consistent_numbers(target, train)
    functions = functions[functions >= 0]
    middle = len(functions) // 2
    if not middle:
        return numbers, {}
    counts, half, again = (
        (some[:, None] == numbers).sum(axis=0)
        for some in (functions, functions[:middle], functions[middle:])
    )
    found = {}
    for name, law in laws.items():
        masses = law.masses[numbers]
        if name == P_NET:
            if masses.sum() < ENOUGH:
                continue
            # Half a count more, so that a function that was not drawn is not impossible.
            masses = masses + 0.5
        found[name] = counts, masses / masses.sum()
    found[AGAIN] = half, (again + 0.5) / (again + 0.5).sum()
    return numbers, found
