"""Strength dynamics: deterministic, with one strength for the program and one for each row.

The logit of label c on row x is

    sum over programs g found so far of s_g [g(x) = c]  +  m_x [y_x = c]
    +  kappa * sum of m_x' over training rows x' that share a coordinate with x and have label c

where m_x is how firmly training row x is memorised (0 for other rows) and kappa how far that
spreads to its surroundings; a row that shares two coordinates counts twice.  Each training row
wants a margin of 1 over the strongest other label.  A row that is e short of it raises what
says its label: m_x by rate * e and, if the current program is right there, that program's s by
rate * e.  At each step all strengths decay by the factor 1 - decay.  The current program is the
one with the best two-part code among those that the enumerator has reached: it reaches
behaviour i, in order of bits, after i * clock steps.  As long as the table is the best code,
there is no current program.

A program collects what n rows give, and a memorised row only what one gives.  So once a true
program is found it takes over all that decay sets free, m falls as exp(-decay * t) from
1 / (1 - 2 kappa), and s rises as 1 - exp(-decay * t).  If two memorised rows agree on a wrong
label for each unseen row, it is predicted correctly from s > 2 kappa m on, which is

    ln(1 / (1 - 2 kappa)) / decay

steps later (`expected_delay`).  Three things are assumed: this drive, the margin, and that the
table spreads along coordinates.  All else is measured.
"""

import math

import numpy as np

from synth import codes
from synth.errors import SettingError
from synth.kernels import strength as kernels


def expected_delay(spread, decay):
    """Steps from finding the program to predicting unseen rows by it: ln(1/(1-2*spread))/decay."""
    return math.log(1 / (1 - 2 * spread)) / decay


class Strengths:
    """One run in a `World` with two label values or more.

    Parameters
    ----------
    world : World
    decay : float, optional
        The share of every strength that is lost at each step.
    spread : float, optional
        kappa; below 1/2, since beyond that two neighbours outweigh a row's own memory.
    clock : float, optional
        Steps for each behaviour of the enumeration.
    rate : float, optional
        The rate of the drive, times the number of training rows + 1; steps are stable below 2.

    Raises
    ------
    SettingError
        If a setting is out of range.
    """

    def __init__(self, world, *, decay=1e-4, spread=0.4, clock=300.0, rate=1.0):
        bounds = {
            "decay": (decay, 1),
            "spread": (spread, 0.5),
            "rate": (rate, 2),
            "clock": (clock, math.inf),
        }
        for name, (value, high) in bounds.items():
            if not 0 <= value < high:
                raise SettingError(f"{name}={value}; allowed: 0 and more, below {high:g}")
        self.world, self.decay, self.spread, self.clock = world, decay, spread, clock
        task, training = world.task, world.training
        n, k = len(training), len(task.alphabet)
        self.rate = rate / (n + 1)
        self.programs, self.times = _improvements(world, clock)
        place = {value: c for c, value in enumerate(task.alphabet)}
        labels = np.array([place.get(v, -1) for v in task.labels.tolist()])
        said = [[place.get(v, -1) for v in world.predictions[g].tolist()] for g in self.programs]
        said = np.array(said, np.int64).reshape(-1, len(labels)).T.copy()
        coordinates = [np.unique(c, return_inverse=True)[1] for c in task.columns.values()]
        coordinates = np.stack(coordinates, axis=1).astype(np.int64)
        self._labels, self._seen = labels, (said[training], coordinates[training], labels[training])
        self._unseen = said[world.held_out], coordinates[world.held_out]
        # A label outside the alphabet is never predicted.
        self._truth = np.where(task.unseen, -2, labels)[world.held_out]
        shape = coordinates.shape[1], int(coordinates.max()) + 1, k
        self._shared, self._out = np.zeros(shape), np.zeros(k)
        self.strengths = np.zeros(len(self.programs))
        self.memory = np.zeros(n)
        self.step = 0

    @property
    def current(self):
        """Which of `programs` is driven, -1 before there is one."""
        return int(np.searchsorted(self.times, self.step, side="right")) - 1

    @property
    def found_at(self):
        """The step at which a program that is right on every row is found, None if none is."""
        truths = set(self.world.truths.tolist())
        return next(
            (t for g, t in zip(self.programs, self.times, strict=True) if g in truths), None
        )

    def advance(self, count):
        """Makes `count` steps."""
        end = self.step + count
        while self.step < end:
            later = [t for t in self.times if t > self.step]
            some = min([end, *later]) - self.step
            kernels.steps(
                self.strengths,
                self.memory,
                self.current,
                *self._seen,
                self._shared,
                self._out,
                float(self.spread),
                self.rate,
                float(self.decay),
                some,
            )
            self.step += some

    def unseen(self):
        """The number of the label that is predicted for each held-out row, int64."""
        said, coordinates = self._unseen
        labels = self._seen[2]
        kernels.spill(self._shared, self._seen[1], labels, self.memory)
        found = np.empty(len(coordinates), np.int64)
        kernels.read(
            found, self.strengths, said, coordinates, self._shared, self._out, float(self.spread)
        )
        return found

    def logits(self, strengths):
        """The logits of the training rows with other strengths of the programs, float64 (n, k)."""
        said, coordinates, labels = self._seen
        kernels.spill(self._shared, coordinates, labels, self.memory)
        found = np.empty((len(labels), len(self._out)))
        for row in range(len(labels)):
            kernels.logits(
                found[row], coordinates[row], said[row], strengths, self._shared, float(self.spread)
            )
        own = self.memory * (1 - self.spread * coordinates.shape[1])
        found[np.arange(len(labels)), labels] += own
        return found

    def measures(self):
        """What is measured now, as a dict.

        Returns
        -------
        dict
            `step`; `train_accuracy` and `test_accuracy`; `restricted_accuracy`, of the current
            program alone on held-out rows; `excluded_accuracy`, on training rows without the
            programs' strengths; `program_strength`, of the current program; `table_strength`, the
            mean over memorised rows.
        """
        current, labels = self.current, self._seen[2]
        alone = self._unseen[0][:, current] if current >= 0 else np.full(len(self._truth), -1)
        with_, without = (
            float(np.mean(self.logits(s).argmax(axis=1) == labels))
            for s in (self.strengths, np.zeros_like(self.strengths))
        )
        return {
            "step": self.step,
            "train_accuracy": with_,
            "test_accuracy": float(np.mean(self.unseen() == self._truth)),
            "restricted_accuracy": float(np.mean(alone == self._truth)),
            "excluded_accuracy": without,
            "program_strength": float(self.strengths[current]) if current >= 0 else 0.0,
            "table_strength": float(self.memory.mean()),
        }


def _improvements(world, clock):
    """The programs that are the best two-part code when they are found, and the steps of that."""
    labels = world.task.labels[world.training]
    k = len(world.task.alphabet)
    counts = np.unique(labels, return_counts=True)[1]
    best = codes.table_bits([*counts.tolist(), *[0] * (k - len(counts))])[0]
    outside = ~np.isin(world.predictions, world.task.alphabet).all()
    code = codes.program_totals(len(labels), k, bool(outside))
    totals = world.bits + code[world.wrong.sum(axis=1)]
    programs, times = [], []
    for number, total in enumerate(totals.tolist()):
        if total < best:
            best = total
            programs.append(number)
            times.append(math.ceil(number * clock))
    return programs, times
