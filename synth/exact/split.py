"""One split of the rows of a prior, for all targets at once.

What a learner predicts depends on the training labels alone, so the 2**R targets share
2**n labelings: sums of masses by labeling answer for every target by looking up.
"""

import numpy as np

from synth.errors import SettingError
from synth.exact.even import chance_error, likelier, may_be_most


class Split:
    """A `Prior` and which of its R rows are for training, bool (R,), n of them.

    Targets are indices of behaviours, int64 (any shape); labelings are numbered by the
    labels of training rows, the first row's in bit 0.

    evidence: float64 (2**n,), the share of the prior's mass that agrees with a labeling;
    predictive: float64 (R - n, 2**n), the probability that each held-out row's label
    is true, ½ where no function agrees; error: float64 (2**n,), how far from ½ an even one
    can be.  ties: int64 (2**n,), how many agreeing functions may have the most mass, for all
    that is known of it; best: int64 (2**n,), the first of them, -1 where none agrees.
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
            self.predictive = np.array([
                np.bincount(labeling, share * (functions >> row & 1), size) / self.evidence
                for row in self.unseen.tolist()
            ]).reshape(len(self.unseen), size)  # fmt: skip
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
        self.best[labeling[tied[::-1]]] = tied[::-1]  # of several the last one stays
        # The share of those that say 1 on each held-out row.
        self._tied = np.array([
            np.bincount(labeling[tied], tied >> row & 1, size) / np.maximum(self.ties, 1)
            for row in self.unseen.tolist()
        ]).reshape(len(self.unseen), size)  # fmt: skip

    def labeling(self, targets):
        """The number of each target's training labels."""
        targets = np.asarray(targets)
        found = np.zeros(targets.shape, np.int64)
        for place, row in enumerate(self.known.tolist()):
            found |= (targets >> row & 1) << place
        return found

    def evidence_bits(self, targets):
        """-log2 of the prior mass of all functions that agree with the labels; inf if none."""
        with np.errstate(divide="ignore"):
            return -np.log2(self.evidence[self.labeling(targets)])

    def truth(self, targets):
        """The labels of held-out rows, bool (R - n, ...)."""
        return np.array([np.asarray(targets) >> row & 1 for row in self.unseen.tolist()], bool)

    def guesses(self, targets):
        """What is likelier of each held-out row: 1, 0, or ½ if it may be even, (R - n, ...)."""
        labeling = self.labeling(targets)
        return likelier(self.predictive[:, labeling], self.error[labeling])

    def bayes_accuracy(self, targets):
        """The share of held-out labels that are the likelier one; an even one counts a half."""
        return 1 - np.abs(self.guesses(targets) - self.truth(targets)).mean(axis=0)

    def gibbs_accuracy(self, targets):
        """The expected accuracy of a function drawn from the posterior."""
        p, truth = self.predictive[:, self.labeling(targets)], self.truth(targets)
        return np.where(truth, p, 1 - p).mean(axis=0)

    def map_accuracy(self, targets):
        """The mean accuracy of the functions that tie for the most mass; ½ where none agrees."""
        labeling = self.labeling(targets)
        p, truth = self._tied[:, labeling], self.truth(targets)
        return np.where(self.ties[labeling] > 0, np.where(truth, p, 1 - p).mean(axis=0), 0.5)
