"""All 2**R splits of a prior's rows into training and held-out rows, for one target.

The mass of the functions that agree with the target on a set of rows is a sum over the subsets of
the other rows, where the functions disagree. One zeta transform gives it for every set of rows, and
so every prediction for every split. Means over all splits with n training rows are therefore exact
and take about as long as one split. `Split` does the same for one split and all targets.
"""

import numpy as np

from synth import kernels
from synth.errors import SettingError
from synth.exact.even import chance_error, likelier


class EverySplit:
    """What a `Prior` predicts for one target after each choice of training rows.

    A split is numbered by its training rows: bit r is 1 if row r is for training.

    Parameters
    ----------
    prior : Prior
        The prior of all functions on R rows, at most 16.
    target : int
        The index of the target.

    Attributes
    ----------
    known : int64 (2**R,)
        The number of training rows of each split.
    evidence : float64 (2**R,)
        The share of the prior's mass that agrees with the training labels.
    chances : float64 (R, 2**R)
        The probability of the target's label on each held-out row; ½ if no function agrees; nan
        for training rows.
    guesses : float64 (R, 2**R)
        1 if the target's label is likelier, 0 if the other one is, ½ if both may be equally likely;
        nan for training rows.

    Raises
    ------
    SettingError
        If the prior has more than 16 rows, or no function has this index.
    """

    def __init__(self, prior, target):
        rows, functions = prior.rows, np.arange(len(prior.masses))
        if rows > 16:
            raise SettingError(f"a prior of {rows} rows; allowed: 1..16 for all splits")
        if not 0 <= target < len(functions):
            raise SettingError(f"target {target}; allowed: 0..{len(functions) - 1}")
        self.rows = rows
        self.known = (functions[:, None] >> np.arange(rows) & 1).sum(axis=1)
        # From here on, functions are numbered by the rows on which they differ from the target.
        masses = (prior.masses / prior.mass)[functions ^ target]
        margin = np.broadcast_to(prior.margin / prior.mass, functions.shape)[functions ^ target]
        self.evidence = np.minimum(_outside(masses), 1)  # sums of shares may round up
        error = chance_error(self.evidence, _outside(margin), 2.0 ** (rows - self.known))
        self.chances = np.full((rows, len(functions)), np.nan)
        self.guesses = np.full((rows, len(functions)), np.nan)
        for row in range(rows):
            # Splits in which the row is unseen, and the same with the row for training.
            whole, part = self.evidence.reshape(-1, 2, 2**row).swapaxes(0, 1)
            p = np.divide(part, whole, out=np.full(part.shape, 0.5), where=whole > 0)
            self.chances[row].reshape(-1, 2, 2**row)[:, 0] = p
            even = error.reshape(-1, 2, 2**row)[:, 0]
            self.guesses[row].reshape(-1, 2, 2**row)[:, 0] = likelier(p, even)
        self._masses, self._margin = masses, margin

    def mean(self, values):
        """The mean over held-out rows of values (R, 2**R), float64 (2**R,); nan without any."""
        held_out = self.rows - self.known
        sums = np.nansum(values, axis=0)
        return np.divide(sums, held_out, out=np.full(len(sums), np.nan), where=held_out > 0)

    def by_size(self, values):
        """The mean over all splits with n training rows of values (2**R,), float64 (R + 1,)."""
        sums = np.bincount(self.known, values, self.rows + 1)
        return sums / np.bincount(self.known, minlength=self.rows + 1)

    @property
    def evidence_bits(self):
        """-log2 of the prior mass of the functions that agree with the labels; inf if none."""
        with np.errstate(divide="ignore"):
            return -np.log2(self.evidence)

    @property
    def bayes_accuracy(self):
        """The share of held-out labels that equal the likelier label; a tie counts as one half."""
        return self.mean(self.guesses)

    @property
    def gibbs_accuracy(self):
        """The expected accuracy of a function drawn from the posterior."""
        return self.mean(self.chances)

    @property
    def map_accuracy(self):
        """The mean accuracy of the functions that tie for the largest mass; ½ if none agrees."""
        best = _ranks(self._masses, self._margin)
        ties, ones = (best > 0).astype(np.int64), self.known * (best > 0)
        for row in range(self.rows):
            parts = [a.reshape(-1, 2, 2**row) for a in (best, ties, ones)]
            low, high = ([p[:, side].copy() for p in parts] for side in (0, 1))
            top = np.maximum(low[0], high[0])
            parts[0][:, 1] = top
            for k in (1, 2):
                parts[k][:, 1] = low[k] * (low[0] == top) + high[k] * (high[0] == top)
        # Functions within the rows `free` agree with the target on all others, for training.
        held_out, ties, ones = self.rows - self.known, ties[::-1], ones[::-1]
        cells = held_out * ties
        wrong = np.divide(ones, cells, out=np.full(len(ones), 0.5), where=cells > 0)
        return np.where(held_out > 0, 1 - wrong, np.nan)


def _outside(values):
    """For each set of rows, the sum over the functions that differ on other rows only, (2**R,)."""
    sums = values[::-1].copy()
    kernels.transform(sums, kernels.ZETA)
    return sums


def _ranks(masses, margin):
    """Ranks of masses, int64: equal if error bounds leave an order open; 0 without any mass."""
    order = np.argsort(masses + margin, kind="stable")
    low, high = (masses - margin)[order], (masses + margin)[order]
    new = np.append(True, low[1:] > np.maximum.accumulate(high)[:-1])
    ranks = np.empty(len(masses), np.int64)
    ranks[order] = np.cumsum(new)
    return np.where((masses > 0) | (margin > 0), ranks, 0)
