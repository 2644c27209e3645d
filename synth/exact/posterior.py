"""The exact posterior of a boolean task: what the prior predicts, given the training labels.

Every function that agrees with the training labels keeps its prior mass; every other function
gets none. Nothing is searched or sampled. Masses are conditional on the program being finite
(`Grammar.mass()` is 1 or slightly less).
"""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth import tasks
from synth.errors import SettingError, TaskError
from synth.exact.even import chance_error, likelier, may_be_most
from synth.exact.prior import MOST_ROWS, Prior, exact_prior
from synth.language import DSL, Bool
from synth.tasks import Task


@dataclass(frozen=True, eq=False)
class Posterior:
    """What a grammar's prior predicts for a boolean task.

    Parameters
    ----------
    task : Task
        The task.
    prior : Prior
        The prior on the task's distinct rows.
    rows : int64 (task.rows,)
        For each row of the task, its number among the distinct rows.
    evidence_bits : float
        -log2 of the prior mass of all functions that agree with the n training labels, in bits.
        It is inf if no function agrees; then nothing is predicted. Random labels have n bits if
        their masses are averaged.
    predictive : float64 (held out,)
        The probability that each held-out label is true, in the order of the task's rows.
    error : float
        The largest distance from ½ of a probability that is exactly ½ (see `synth.exact.even`);
        inf if nothing is predicted.
    tied : int64 (t,)
        The indices of the functions that agree and may have the largest mass (MAP), as far as
        the error margins of the masses tell. It is empty if no function agrees.
    """

    task: Task
    prior: Prior
    rows: NDArray[np.int64]
    evidence_bits: float
    predictive: NDArray[np.float64]
    error: float
    tied: NDArray[np.int64]

    @property
    def n(self) -> int:
        """The number of distinct training rows, which is the number of bits of random labels."""
        return len(np.unique(self.rows[self.task.train]))

    @property
    def saved_bits(self) -> float:
        """n - evidence_bits: how many bits the prior saves; negative if it is misled."""
        return self.n - self.evidence_bits

    @property
    def best(self) -> int | None:
        """The index of the MAP function, the first of several that tie; None if none agrees."""
        return int(self.tied[0]) if len(self.tied) else None

    @property
    def ties(self) -> int:
        """The number of functions that tie for the largest mass."""
        return len(self.tied)

    @property
    def map_values(self) -> NDArray[np.bool_] | None:
        """The values of the MAP function `best` on all rows of the task, bool (rows,)."""
        if self.best is None:
            return None
        return self.prior.values(self.best)[self.rows]

    # Accuracies on held-out labels, which nothing above has used; None if there are no such
    # labels. A label that the task does not know has probability 0.

    @property
    def bayes_accuracy(self) -> float | None:
        """The accuracy of predicting the likelier label; a tie counts as one half."""
        return self._mean(lambda p, y: 1 - np.abs(likelier(p, self.error) - y))

    @property
    def gibbs_accuracy(self) -> float | None:
        """The expected accuracy of a function drawn from the posterior."""
        return self._mean(lambda p, y: np.where(y, p, 1 - p))

    @property
    def map_accuracy(self) -> float | None:
        """The accuracy of the function with the largest mass; the mean if several tie."""

        def right(p: Any, y: Any) -> Any:
            held_out = self.rows[~self.task.train].tolist()
            ones = np.array([(self.tied >> row & 1).mean() for row in held_out])
            return np.where(y, ones, 1 - ones)

        return self._mean(right)

    @property
    def log_loss(self) -> float | None:
        """The mean of -log2 of the probability of each held-out label, in bits a row."""
        with np.errstate(divide="ignore"):
            return self._mean(lambda p, y: -np.log2(np.where(y, p, 1 - p)), math.inf)

    def _mean(self, function: Callable[[Any, Any], Any], unknown: float = 0.0) -> float | None:
        held_out = ~self.task.train
        if not held_out.any() or self.best is None:
            return None
        found = function(self.predictive, self.task.labels[held_out])
        return float(np.mean(np.where(self.task.unknown[held_out], unknown, found)))


def exact_posterior(
    task: Task | str | os.PathLike[str],
    dsl: DSL | str | None = None,
    *,
    relative: bool = False,
    threads: int | None = None,
) -> Posterior:
    """The exact `Posterior` of a task with boolean inputs and labels.

    Parameters
    ----------
    task : Task, str or path
        A task, its specification, or the path of a CSV file.
    dsl : DSL or str, optional
        The DSL; by default the built-in one that fits the task.
    relative : bool, optional
        Whether every mass is computed to at least 11 digits; see `exact_prior`.
    threads : int, optional
        Number of worker threads; by default one per core.

    Returns
    -------
    Posterior

    Raises
    ------
    TaskError
        If an input or the labels are not boolean.
    SettingError
        If there are more than 24 distinct rows, training and held-out together (16 with
        `relative`).
    """
    task = task if isinstance(task, Task) else tasks.load_task(task)
    fitted = tasks.fit(dsl, task)
    task = fitted.task
    if task.label_type != Bool or any(t != Bool for t in task.types.values()):
        raise TaskError(f"task {task.name}: the exact posterior needs Bool inputs and labels")
    table = np.array(list(task.columns.values())).T
    _, first, places = np.unique(table, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first)  # distinct rows in the order of their first occurrence
    rows = np.argsort(order)[places.ravel()]
    if len(first) > MOST_ROWS:
        raise SettingError(
            f"task {task.name} has {len(first)} distinct rows; allowed: 1..{MOST_ROWS} in all "
            "for the exact posterior; keep fewer rows, or use search, which takes any number"
        )
    columns = {n: c[first[order]] for n, c in task.columns.items()}
    prior = exact_prior(fitted.grammar, columns, relative=relative, threads=threads)
    return condition(prior, task, rows)


def condition(prior: Prior, task: Task, rows: NDArray[np.int64] | None = None) -> Posterior:
    """The `Posterior` of a task, given a prior on its rows.

    Parameters
    ----------
    prior : Prior
        A prior whose rows include those of the task.
    task : Task
        A boolean task.
    rows : int64 (task.rows,), optional
        For each row of the task, its row of the prior; by default the same one.

    Returns
    -------
    Posterior
    """
    rows = np.arange(prior.rows) if rows is None else rows
    masses, margin = (
        _agreeing(part, rows[task.train], task.labels[task.train])
        for part in (prior.masses, prior.margin)
    )
    held_out, total = rows[~task.train], masses.sum()
    if not total:
        none, nothing = np.zeros(0, np.int64), np.full(len(held_out), np.nan)
        return Posterior(
            task,
            prior,
            rows,
            evidence_bits=math.inf,
            predictive=nothing,
            error=math.inf,
            tied=none,
        )
    # For each held-out row, the share of the mass whose index has that bit set.
    sums = {}
    for row in np.unique(held_out).tolist():
        sums[row] = masses.reshape(-1, 2, 2**row)[:, 1].sum() / total
    predictive = np.array([sums[r] for r in held_out.tolist()], float)
    evidence = -math.log2(total) + math.log2(prior.mass)
    error = float(chance_error(total, margin.sum(), np.count_nonzero(margin)))
    tied = np.flatnonzero(may_be_most(masses, margin, (masses - margin).max()))
    return Posterior(
        task,
        prior,
        rows,
        evidence_bits=evidence,
        predictive=np.clip(predictive, 0, 1),
        error=error,
        tied=tied,
    )


def _agreeing(
    numbers: NDArray[np.float64], rows: NDArray[np.int64], labels: np.ndarray
) -> NDArray[np.float64]:
    """The numbers of the functions with these labels, 0 elsewhere or if labels contradict."""
    agree = numbers.copy()
    for row, label in set(zip(rows.tolist(), labels.tolist(), strict=True)):
        agree.reshape(-1, 2, 2**row)[:, 0 if label else 1] = 0
    return agree
