"""Scores: the best programs for a labelling, among those that an enumerator has made.

All programs of one cost with the same number of exceptions have the same total.  So a level
is scored by the histogram of its exceptions, and a single row is looked at only if its total
is among the best.
"""

import math

import numpy as np

from synth import codes
from synth.language import UNIT

#: Totals that differ by less than this are equal; they differ by rounding only.
SAME = 1e-9


class Score:
    """The best programs so far for one labelling.

    Parameters
    ----------
    n, k, outside
        The number of training rows, the number of label values, and whether predictions can fall
        outside the label values: see `codes.program_totals`.
    top : int
        How many hypotheses to keep.
    language_bits : float
        What every program costs beside its own bits: see `codes.language_bits`.

    After `add`, `best` is the least total so far, in bits (None before any program).  `top_rows`
    lists (total, row, units, exceptions) for the `top` least totals.  `front` lists (units,
    exceptions, row) for each program with fewer exceptions than all shorter ones.  `log2_mass` is
    log2 of the sum of 2**-total over all programs; programs of one behaviour count once if
    behaviours were told apart.

    If there are `two` labels, a program that is wrong on more rows than not predicts the other
    label on an unseen row: with e exceptions in n rows, its code gives the next row a chance of
    (e+1)/(n+2) to be one.  It is scored as its opposite, which has n - e exceptions and the same
    log2 C(n,e).

    A program of more than two labels that is wrong more often than the most frequent label can be
    is no hypothesis (see `codes.most_exceptions`), and neither is one with exceptions if it
    `is_law` (see `codes.law_totals`).
    """

    def __init__(self, n, k, outside, top, language_bits=0.0, *, is_law=False):
        totals = codes.law_totals(n) if is_law else codes.program_totals(n, k, outside)
        self.code = totals + language_bits
        self.n, self.most = n, codes.most_exceptions(n, k)
        self.two = k == 2 and not outside
        self.top = top
        self.best = None
        self.ties = []
        self.top_rows = []
        self.front = []
        self.log2_mass = -math.inf

    def add(self, units, first, errors):
        """Score rows from `first` on, all of the same cost in units; errors int32 (rows,)."""
        if self.two:
            errors = np.minimum(errors, len(self.code) - 1 - errors)
        histogram = self._of_hypotheses(np.bincount(errors, minlength=len(self.code)))
        present = np.flatnonzero(histogram)
        if not len(present):
            return
        totals = units / UNIT + self.code[present]
        least = float(totals.min())
        mass = least - math.log2(float((histogram[present] * np.exp2(least - totals)).sum()))
        self.log2_mass = float(np.logaddexp2(self.log2_mass, -mass))
        self._add_front(units, first, errors, int(present[0]))
        self._add_best(units, first, errors, present, totals, least)
        self._add_top(units, first, errors, present, totals)

    def add_rows(self, units, first, wrong):
        """Score rows as `add` does; wrong: which training rows each is wrong on, (rows, n)."""
        self.add(units, first, wrong.sum(axis=1, dtype=np.int32))

    def total(self, units, wrong):
        """The totals of programs of so many units; wrong: as `add_rows` takes it."""
        return units / UNIT + self.code[wrong.sum(axis=1)]

    def row_total(self, units, wrong, row):
        """The total of a row of the front, which is wrong on so many training rows."""
        return units / UNIT + float(self.code[wrong])

    def wanted(self, units):
        """Mask of exception counts that could still change the result, bool (n + 1,).

        A program of this cost changes it if it reaches the best total or the `top` least totals,
        or has fewer exceptions than all programs before it.
        """
        totals = units / UNIT + self.code
        bound = self.top_rows[-1][0] if len(self.top_rows) >= self.top else math.inf
        best = math.inf if self.best is None else self.best
        wanted = (totals <= best + SAME) | (totals < bound - SAME)
        count = np.arange(len(self.code))
        if self.two:
            count = np.minimum(count, len(self.code) - 1 - count)
        fewest = self.front[-1][1] if self.front else math.inf
        return self._of_hypotheses(wanted | (count < fewest))

    def add_counted(self, units, histogram):
        """Add the mass of programs of this cost that change nothing else.

        histogram: the number of these programs by exceptions, (n + 1,).
        """
        histogram = self._of_hypotheses(histogram.copy())
        present = np.flatnonzero(histogram)
        if len(present):
            totals = units / UNIT + self.code[present]
            mass = np.logaddexp2.reduce(np.log2(histogram[present]) - totals)
            self.log2_mass = float(np.logaddexp2(self.log2_mass, mass))

    def _of_hypotheses(self, entries):
        """Entries by exceptions (n + 1,), without those of programs that are no hypotheses."""
        if not self.two:
            entries[self.most + 1 :] = 0
        entries[np.isinf(self.code)] = 0
        return entries

    def proven(self, certified_bits, table):
        """Whether no program that is not yet scored can beat the best total.

        certified_bits: all programs of up to so many bits are scored (None: all programs);
        table: the bits of the table, which may be the best, but only if some program is scored.
        """
        if certified_bits is None:
            return True
        if self.best is None:
            return False
        best = min(table, self.best)
        return certified_bits + self.least_code >= best - SAME

    @property
    def least_code(self):
        """The least that any program costs beside its own bits: without exceptions."""
        return float(self.code[0])

    def _add_front(self, units, first, errors, fewest):
        if not self.front or fewest < self.front[-1][1]:
            self.front.append((units, fewest, first + int(np.argmax(errors == fewest))))

    def _add_best(self, units, first, errors, present, totals, least):
        if self.best is not None and least > self.best + SAME:
            return
        if self.best is None or least < self.best - SAME:
            self.best, self.ties = least, []
        for e in present[totals <= self.best + SAME]:
            rows = first + np.flatnonzero(errors == e)
            self.ties.append((units, int(e), rows))

    def _add_top(self, units, first, errors, present, totals):
        kept = self.top_rows
        bound = kept[-1][0] if len(kept) >= self.top else math.inf
        for e, total in sorted(zip(present.tolist(), totals.tolist(), strict=True), key=_by_total):
            if total >= bound - SAME:
                break
            rows = np.flatnonzero(errors == e)[: self.top]
            kept += [(total, first + int(r), units, e) for r in rows]
        kept.sort(key=lambda entry: (round(entry[0] / SAME), entry[3], entry[1]))
        del kept[self.top :]

    def state(self):
        """Arrays by name and plain values, as `restore` takes them."""
        ties = [
            np.array([[c] * len(rows), [e] * len(rows), rows], np.int64) for c, e, rows in self.ties
        ]
        arrays = {"ties": np.concatenate([np.zeros((3, 0), np.int64), *ties], axis=1)}
        mass = None if math.isinf(self.log2_mass) else self.log2_mass
        values = {
            "best": self.best,
            "top": list(self.top_rows),
            "front": list(self.front),
            "mass": mass,
        }
        return arrays, values

    def restore(self, values, array):
        """Take up what `state` returned; array: a function that returns an array by name."""
        self.best = values["best"]
        self.top_rows = [tuple(entry) for entry in values["top"]]
        self.front = [tuple(entry) for entry in values["front"]]
        self.log2_mass = -math.inf if values["mass"] is None else values["mass"]
        ties = array("ties")
        pairs = sorted(set(zip(*ties[:2].tolist(), strict=True)))
        self.ties = [(c, e, ties[2][(ties[0] == c) & (ties[1] == e)]) for c, e in pairs]

    def tied_rows(self):
        """All (units, exceptions, row) with the best total, fewest exceptions first."""
        found = [(units, e, int(row)) for units, e, rows in self.ties for row in rows]
        return sorted(found, key=lambda tie: (tie[1], tie[0], tie[2]))


class StringScore(Score):
    """The best programs for labels that are strings, whose exceptions differ in bits.

    Parameters
    ----------
    weights : ndarray of float64, shape (n,)
        The bits of each label by itself: see `codes.string_bits`.
    k : int
        How many different labels there are.
    top : int
        How many hypotheses to keep.
    """

    def __init__(self, weights, k, top):
        # An exception of two labels has no bits of its own.
        super().__init__(len(weights), 2, False, top)
        self.two, self.most = False, codes.most_exceptions(len(weights), k)
        self.weights, self._totals = weights, {}

    def total(self, units, wrong):
        return super().total(units, wrong) + wrong @ self.weights

    def row_total(self, units, wrong, row):
        return self._totals[row]

    def add_rows(self, units, first, wrong):
        errors = wrong.sum(axis=1)
        rows = np.flatnonzero(errors <= self.most)
        if not len(rows):
            return
        totals, errors = self.total(units, wrong[rows]), errors[rows]
        least = float(totals.min())
        mass = -least + math.log2(float(np.exp2(least - totals).sum()))
        self.log2_mass = float(np.logaddexp2(self.log2_mass, mass))
        order = np.lexsort((rows, errors, np.round(totals / SAME)))
        fewest = np.lexsort((rows, totals, errors))[0]
        if not self.front or errors[fewest] < self.front[-1][1]:
            row = first + int(rows[fewest])
            self.front.append((units, int(errors[fewest]), row))
            self._totals[row] = float(totals[fewest])
        if self.best is None or least < self.best - SAME:
            self.best, self.ties = least, []
        for e in np.unique(errors[totals <= self.best + SAME]):
            tied = rows[(totals <= self.best + SAME) & (errors == e)]
            self.ties.append((units, int(e), first + tied))
        kept = self.top_rows
        kept += [
            (float(totals[k]), first + int(rows[k]), units, int(errors[k]))
            for k in order[: self.top]
        ]
        kept.sort(key=lambda entry: (round(entry[0] / SAME), entry[3], entry[1]))
        del kept[self.top :]


def _by_total(pair):
    return pair[1], pair[0]
