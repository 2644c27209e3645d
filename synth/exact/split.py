"""One split of the rows of a prior, for all targets at once.

What a learner predicts depends on the training labels alone, so the 2**R targets share
2**n labelings: sums of masses by labeling answer for every target by looking up.
"""

import numpy as np

from synth.errors import SettingError


class Split:
    """A `Prior` and which of its R rows are for training, bool (R,), n of them.

    Targets are indices of behaviours, int64 (any shape); labelings are numbered by the
    labels of training rows, the first row's in bit 0.

    evidence: float64 (2**n,), the share of the prior's mass that agrees with a labeling;
    predictive: float64 (R - n, 2**n), the probability that each held-out row's label
    is true, ½ where no function agrees; best: int64 (2**n,), the agreeing function
    of most mass (of equal ones the first; -1 where none agrees).
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
        self.evidence = np.bincount(labeling, share, size)
        with np.errstate(invalid="ignore", divide="ignore"):
            self.predictive = np.array([
                np.bincount(labeling, share * (functions >> row & 1), size) / self.evidence
                for row in self.unseen.tolist()
            ]).reshape(len(self.unseen), size)  # fmt: skip
        self.predictive[:, self.evidence == 0] = 0.5
        self.best = np.full(size, -1)
        # Assigned in order of mass, the first of equal ones last, so that it stays.
        order = np.lexsort((-functions, prior.masses))
        order = order[prior.masses[order] > 0]
        self.best[labeling[order]] = order

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
        """What is likelier for each held-out row: 1, 0, or ½ where neither is, (R - n, ...)."""
        p = self.predictive[:, self.labeling(targets)]
        return np.where(np.isclose(p, 0.5, rtol=0, atol=1e-9), 0.5, p > 0.5)

    def bayes_accuracy(self, targets):
        """The share of held-out labels that are the likelier one; an even one counts a half."""
        return 1 - np.abs(self.guesses(targets) - self.truth(targets)).mean(axis=0)

    def gibbs_accuracy(self, targets):
        """The expected accuracy of a function drawn from the posterior."""
        p, truth = self.predictive[:, self.labeling(targets)], self.truth(targets)
        return np.where(truth, p, 1 - p).mean(axis=0)

    def map_accuracy(self, targets):
        """The accuracy of the function of most mass; ½ where none agrees."""
        best = self.best[self.labeling(targets)]
        right = (self.truth(best) == self.truth(targets)).mean(axis=0)
        return np.where(best < 0, 0.5, right)
