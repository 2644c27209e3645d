"""Strength dynamics: deterministic, with a strength for the program and one for each row.

The logit of label c on row x is

    sum over programs g found so far of s_g [g(x) = c]  +  m_x [y_x = c]
    +  kappa * sum of m_x' over training rows x' that share a coordinate with x and have label c

where m_x is how firmly training row x is memorised (0 for others) and kappa how far that
spreads to its surroundings; a row that shares two coordinates counts twice.  Each training
row wants a margin of 1 over the strongest other label.  One that is e short of it raises
what says its label:  m_x by rate * e, and the current program's s by rate * e where that is
right.  At each step all strengths decay by 1 - decay.  The current program is the one of the
best two-part code among those that the enumerator has come to: behaviour i, in order of
bits, after i * clock steps.  As long as the table is the best code there is none.

A program collects what n rows give, a memorised row what one gives; so once a true program
is found it takes over all that decay sets free, m falls as exp(-decay * t) from
1 / (1 - 2 kappa), and s rises as 1 - exp(-decay * t).  Where each unseen row has two
memorised rows that agree on a wrong label, it is read rightly from s > 2 kappa m on, which is

    ln(1 / (1 - 2 kappa)) / decay

steps later (`expected_delay`).  Assumed: this drive, the margin, and that the table spreads
along coordinates; all else is measured.
"""

import math

import numpy as np

from synth import codes
from synth.errors import SettingError
from synth.kernels import strength as kernels

#: What `Strengths.measures` gives.
MEASURED = (
    "step", "train_accuracy", "test_accuracy", "restricted_accuracy", "excluded_accuracy",
    "program_strength", "table_strength",
)  # fmt: skip


def expected_delay(spread, decay):
    """Steps from finding the program to reading unseen rows by it: ln(1/(1-2*spread))/decay."""
    return math.log(1 / (1 - 2 * spread)) / decay


class Strengths:
    """One run in a `World`, two label values and more.

    spread: kappa, below 1/2, since beyond it two neighbours outweigh a row's own memory;
    decay: a step's; clock: steps a behaviour; rate: of the drive, times the number of
    training rows + 1, at which steps are stable up to 2.
    """

    def __init__(self, world, *, decay=1e-4, spread=0.4, clock=300.0, rate=1.0):
        for name, value, low, high in (
            ("decay", decay, 0, 1), ("spread", spread, 0, 0.5), ("rate", rate, 0, 2),
            ("clock", clock, 0, math.inf),
        ):  # fmt: skip
            if not low <= value < high:
                raise SettingError(f"{name}={value}; allowed: {low} and more, below {high:g}")
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
        # Nothing is read as a label that is none of the alphabet.
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
        """The step at which a program that is right on every row is met, None without one."""
        truths = set(self.world.truths.tolist())
        return next(
            (t for g, t in zip(self.programs, self.times, strict=True) if g in truths), None
        )

    def advance(self, count):
        """Makes so many steps."""
        end = self.step + count
        while self.step < end:
            later = [t for t in self.times if t > self.step]
            some = min([end, *later]) - self.step
            kernels.steps(
                self.strengths, self.memory, self.current, *self._seen, self._shared, self._out,
                float(self.spread), self.rate, float(self.decay), some,
            )  # fmt: skip
            self.step += some

    def unseen(self):
        """The number of the label that each held-out row is read as, int64."""
        said, coordinates = self._unseen
        labels = self._seen[2]
        kernels.spill(self._shared, self._seen[1], labels, self.memory)
        found = np.empty(len(coordinates), np.int64)
        kernels.read(
            found, self.strengths, said, coordinates, self._shared, self._out, float(self.spread)
        )
        return found

    def logits(self, strengths):
        """Of the training rows with other strengths of the programs, float64 (n, k)."""
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
        """What is measured now, a dict of `MEASURED`.

        restricted accuracy: of the current program alone, held out; excluded accuracy:
        with the programs' strengths taken out, training; program_strength: of the current
        one; table_strength: mean of the memorised rows.
        """
        current, labels = self.current, self._seen[2]
        alone = self._unseen[0][:, current] if current >= 0 else np.full(len(self._truth), -1)
        with_, without = (
            float(np.mean(self.logits(s).argmax(axis=1) == labels))
            for s in (self.strengths, np.zeros_like(self.strengths))
        )
        return dict(zip(MEASURED, (
            self.step, with_, float(np.mean(self.unseen() == self._truth)),
            float(np.mean(alone == self._truth)), without,
            float(self.strengths[current]) if current >= 0 else 0.0, float(self.memory.mean()),
        ), strict=True))  # fmt: skip


def _improvements(world, clock):
    """The programs that are the best two-part code when they are met, and their steps."""
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
