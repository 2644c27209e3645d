"""One split of a prior's rows into training and held-out rows, for all targets at once.

A learner's predictions depend on the training labels alone. The 2**R targets therefore share
2**n labelings, and sums of masses by labeling answer for every target by a look-up.
"""

import numpy as np

from synth.errors import SettingError
from synth.exact.even import chance_error, likelier, may_be_most


class Split:
    """A `Prior` and a choice of n of its R rows for training.

    Targets are indices of behaviours, int64 of any shape. A labeling is numbered by the labels
    of the training rows, with the first row in bit 0.

    Parameters
    ----------
    prior : Prior
        The prior of all functions on R rows.
    train : bool (R,)
        Which rows are for training.

    Attributes
    ----------
    evidence : float64 (2**n,)
        The share of the prior's mass that agrees with each labeling.
    predictive : float64 (R - n, 2**n)
        The probability that each held-out row's label is true; ½ if no function agrees.
    error : float64 (2**n,)
        The largest distance from ½ of a probability that is exactly ½.
    ties : int64 (2**n,)
        The number of agreeing functions that may have the largest mass, as far as is known.
    best : int64 (2**n,)
        The first of these functions; -1 if no function agrees.

    Raises
    ------
    SettingError
        If `train` has another shape than (R,).
    """

    def __init__(self, prior, train):
        train = np.asarray(train, bool)
        if train.shape != (prior.rows,):
            raise SettingError(f"train of shape {train.shape}; allowed: ({prior.rows},)")
        self.prior = prior
        self.known = np.flatnonzero(train)
        self.unseen = np.flatnonzero(~train)
        functions = np.arange(len(prior.masses))
        labeling = self.labeling(functions)
        size = 2 ** len(self.known)
        share = prior.masses / prior.mass
        margin = np.broadcast_to(prior.margin, functions.shape)
        self.evidence = np.bincount(labeling, share, size)
        with np.errstate(invalid="ignore", divide="ignore"):
            predictive = [
                np.bincount(labeling, share * (functions >> row & 1), size) / self.evidence
                for row in self.unseen.tolist()
            ]
        self.predictive = np.array(predictive).reshape(len(self.unseen), size)
        self.predictive[:, self.evidence == 0] = 0.5
        count = len(functions) / size
        off = np.bincount(labeling, margin, size) / prior.mass
        self.error = chance_error(self.evidence, off, count)
        least = np.zeros(size)
        np.maximum.at(least, labeling, prior.masses - margin)
        tied = np.flatnonzero(may_be_most(prior.masses, margin, least[labeling]))
        tied = tied[self.evidence[labeling[tied]] > 0]
        self.ties = np.bincount(labeling[tied], minlength=size)
        self.best = np.full(size, -1)
        self.best[labeling[tied[::-1]]] = tied[
            ::-1
        ]  # the first of a labeling is assigned last and stays
        # The share of tied functions that are 1 on each held-out row.
        shares = [
            np.bincount(labeling[tied], tied >> row & 1, size) / np.maximum(self.ties, 1)
            for row in self.unseen.tolist()
        ]
        self._tied = np.array(shares).reshape(len(self.unseen), size)

    def labeling(self, targets):
        """The number of each target's labeling."""
        targets = np.asarray(targets)
        found = np.zeros(targets.shape, np.int64)
        for place, row in enumerate(self.known.tolist()):
            found |= (targets >> row & 1) << place
        return found

    def evidence_bits(self, targets):
        """-log2 of the prior mass of the functions that agree with the labels; inf if none."""
        with np.errstate(divide="ignore"):
            return -np.log2(self.evidence[self.labeling(targets)])

    def truth(self, targets):
        """The labels of the held-out rows, bool (R - n, ...)."""
        return np.array([np.asarray(targets) >> row & 1 for row in self.unseen.tolist()], bool)

    def guesses(self, targets):
        """The likelier label of each held-out row: 1, 0, or ½ if it may be a tie, (R - n, ...)."""
        labeling = self.labeling(targets)
        return likelier(self.predictive[:, labeling], self.error[labeling])

    def bayes_accuracy(self, targets):
        """The share of held-out labels that equal the likelier label; a tie counts as one half."""
        return 1 - np.abs(self.guesses(targets) - self.truth(targets)).mean(axis=0)

    def gibbs_accuracy(self, targets):
        """The expected accuracy of a function drawn from the posterior."""
        p, truth = self.predictive[:, self.labeling(targets)], self.truth(targets)
        return np.where(truth, p, 1 - p).mean(axis=0)

    def map_accuracy(self, targets):
        """The mean accuracy of the functions that tie for the largest mass; ½ if none agrees."""
        labeling = self.labeling(targets)
        p, truth = self._tied[:, labeling], self.truth(targets)
        return np.where(self.ties[labeling] > 0, np.where(truth, p, 1 - p).mean(axis=0), 0.5)
