"""Scoring: what labellings make of the programs that an enumerator finds.

All programs of one cost with the same number of exceptions have the same total,
so a level is scored by the histogram of its exceptions; single rows are looked at
only where their total is among the best.
"""

import math

import numpy as np

from synth import codes
from synth.language import UNIT

#: Totals closer than this are equal: they differ by rounding only.
SAME = 1e-9


class Score:
    """The running best of one labelling.

    n, k, outside: see `codes`; top: how many hypotheses to keep.  After `add`:
    `best` is the least total so far (None before any program), `top_rows` lists
    (total, row, units, exceptions) of the `top` least totals, `front` (units,
    exceptions, row) wherever a longer program has fewer exceptions than every
    shorter one; `log2_mass` is log2 of the sum of 2**-total over all programs, of which
    those of one behaviour count once where behaviours were told apart.

    Where there are `two` labels, a program with more exceptions than not says the
    other label of an unseen row, since e of n makes (e+1)/(n+2) the chance that its
    code gives the next row of being one.  It counts as its opposite: n - e
    exceptions, of which log2 C(n,e) is the same.
    """

    def __init__(self, n, k, outside, top):
        self.code = codes.program_totals(n, k, outside)
        self.n = n
        self.two = k == 2 and not outside
        self.top = top
        self.best = None
        self.ties = []
        self.top_rows = []
        self.front = []
        self.log2_mass = -math.inf

    def add(self, units, first, errors):
        """Scores rows first.. of one cost, in units; errors int32 (rows,)."""
        if self.two:
            errors = np.minimum(errors, len(self.code) - 1 - errors)
        histogram = np.bincount(errors, minlength=len(self.code))
        present = np.flatnonzero(histogram)
        totals = units / UNIT + self.code[present]
        least = float(totals.min())
        mass = least - math.log2(float((histogram[present] * np.exp2(least - totals)).sum()))
        self.log2_mass = float(np.logaddexp2(self.log2_mass, -mass))
        self._add_front(units, first, errors, int(present[0]))
        self._add_best(units, first, errors, present, totals, least)
        self._add_top(units, first, errors, present, totals)

    def wanted(self, units):
        """Of which numbers of exceptions a program of this cost matters: bool (n + 1,).

        It reaches the best total so far, or the `top` least ones, or has fewer
        exceptions than all before it.
        """
        totals = units / UNIT + self.code
        bound = self.top_rows[-1][0] if len(self.top_rows) >= self.top else math.inf
        best = math.inf if self.best is None else self.best
        wanted = (totals <= best + SAME) | (totals < bound - SAME)
        count = np.arange(len(self.code))
        if self.two:
            count = np.minimum(count, len(self.code) - 1 - count)
        fewest = self.front[-1][1] if self.front else math.inf
        return wanted | (count < fewest)

    def add_counted(self, units, histogram):
        """Adds the mass of programs of this cost of which nothing else matters.

        histogram (n + 1,): how many of them have how many exceptions.
        """
        present = np.flatnonzero(histogram)
        if len(present):
            totals = units / UNIT + self.code[present]
            mass = np.logaddexp2.reduce(np.log2(histogram[present]) - totals)
            self.log2_mass = float(np.logaddexp2(self.log2_mass, mass))

    def proven(self, certified_bits, table):
        """Whether no program that is not yet scored can beat the best total.

        certified_bits: up to so many all are scored (None: all there are); table: the bits of
        the table, which may well be the best, but beside a program.
        """
        if certified_bits is None:
            return True
        if self.best is None:
            return False
        best = min(table, self.best)
        return certified_bits + codes.PROGRAM_FLAG + np.log2(self.n + 1) >= best - SAME

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
        """(arrays by name, plain values) that `restore` takes."""
        ties = [np.array([[c] * len(rows), [e] * len(rows), rows], np.int64)
                for c, e, rows in self.ties]  # fmt: skip
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
        """Takes up what `state` gave; array: a function that gives an array by name."""
        self.best = values["best"]
        self.top_rows = [tuple(entry) for entry in values["top"]]
        self.front = [tuple(entry) for entry in values["front"]]
        self.log2_mass = -math.inf if values["mass"] is None else values["mass"]
        ties = array("ties")
        pairs = sorted(set(zip(*ties[:2].tolist(), strict=True)))
        self.ties = [(c, e, ties[2][(ties[0] == c) & (ties[1] == e)]) for c, e in pairs]

    def tied_rows(self):
        """All (units, exceptions, row) that reach the best total, fewest exceptions first."""
        found = [(units, e, int(row)) for units, e, rows in self.ties for row in rows]
        return sorted(found, key=lambda tie: (tie[1], tie[0], tie[2]))


def _by_total(pair):
    return pair[1], pair[0]
