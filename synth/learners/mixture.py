"""A mixture of what trees and weighted sums say of a table, each trusted as it has predicted.

Prediction as theory has it is a mixture: every hypothesis predicts, and counts by the bits that it
needed for the labels so far (Solomonoff 1978).  Here the hypotheses are experts.  One is the
shortest hypothesis that a search has found.  One is the sum over trees of tests
(`synth.exact.TreeSum`), which is a mixture itself, and one is the mean over scorecards that are
drawn from their posterior (`synth.exact.CardDraws`).  The others are logistic regressions on the
columns, with a strong and a weak penalty.

The shortest hypothesis needs the bits of its two-part code.  Any other expert needs so many bits
for the labels as it loses when it predicts them in order: the training rows are put in a random
order, and each block is predicted from the rows before it (Dawid 1984).  With 2^-bits as weights,
the mixture needs at most log2(experts) bits more than the best expert.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from synth import codes
from synth.engine import working_time
from synth.errors import TaskError
from synth.exact import CardDraws, Cells, TableTests, TreeSum
from synth.learners.baselines import LogisticRegression
from synth.learners.forecast import in_proportion
from synth.learners.predictor import held_out_loss, predictor_of
from synth.records import Predictions, Result
from synth.tasks import LARGE, Task, stream

#: The greatest depth of trees, and by level how many tests of a node have trees below them.
DEPTH, WIDTHS = 6, (8, 4, 2, 2, 1)
#: Nodes of trees with less probability are left out of predictions.
LEAST = 1e-6
#: The penalties of the logistic regressions.
PENALTIES = (1.0, 10.0)
#: The most steps of each: more change no probability by 0.00001, on three tables.
STEPS = 60
#: The shares of the rows from which the block up to the next share is predicted.
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.85, 1.0)
#: The same shares with more than `LARGE` rows, and the most cuts of a column that trees then have:
#: 100,000 rows of 50 columns take 12 s, and 60 s with the shares above and 64 cuts.
FEW_SHARES, CUTS = (0.02, 0.2, 1.0), 32
#: A standardised number counts as at most this far from the mean.
FAR = 5.0
#: The moves of all scorecards together in each part, and in the end for all rows.  Each part goes
#: on from the last.
MOVES, ALL_MOVES = 400, 1000
#: Of so many moves of a card, the cards after the last ones are kept.
KEPT = 0.8
#: The purposes of the random order of the rows, and of the draws of scorecards: no other draw of a
#: task has them.
ORDER, DRAWS = 7, 8


@dataclass(frozen=True)
class Points:
    """Columns as numbers of mean 0 and variance 1; a missing number is at the mean.

    Parameters
    ----------
    means, deviations : dict of str to float
        Of the training rows, by column.
    """

    means: dict[str, float]
    deviations: dict[str, float]

    @classmethod
    def of(cls, columns: Mapping[str, np.ndarray]) -> "Points":
        """As some rows have them."""
        means, deviations = {}, {}
        for name, column in columns.items():
            values = np.asarray(column, float)
            held = values[np.isfinite(values)]
            if held.size and (held != held[0]).any():
                means[name], deviations[name] = float(held.mean()), float(held.std())
        return cls(means, deviations)

    def __call__(self, columns: Mapping[str, np.ndarray]) -> NDArray[np.float64]:
        """The columns of some rows, float64 (rows, columns that vary)."""
        rows = len(next(iter(columns.values())))
        out = np.zeros((rows, len(self.means)))
        for place, (name, mean) in enumerate(self.means.items()):
            far = (np.asarray(columns[name], float) - mean) / self.deviations[name]
            out[:, place] = np.clip(np.nan_to_num(far, nan=0.0), -FAR, FAR)
        return out


class Mixture:
    """Experts on the rows of a table, and their weights.

    Parameters
    ----------
    tests : TableTests
        The tests of the table.
    columns : mapping of str to ndarray, shape (rows,)
        The columns of the table on the rows to learn from.
    labels : ndarray of int, shape (rows,)
        Their labels, 0..k-1.
    k : int
        The number of labels.
    chosen : float
        The bits of the labels by the shortest hypothesis.
    seed : int
        The seed of the order of the rows, and of the draws of scorecards.
    scorecards : bool
        Whether scorecards are one of the experts, of at most `LARGE` rows: more take too long.
    shares : sequence of float, optional
        The shares of the rows from which the block up to the next share is predicted; by default
        `SHARES`, or `FEW_SHARES` of more than `LARGE` rows.
    told : callable, optional
        Is called after each part with the share of the work that is done, 0..1.

    Attributes
    ----------
    names : tuple of str
        The experts.
    bits : float64 (experts,)
        The bits of the labels by each.  The last one is the shortest hypothesis with its
        exceptions, in two parts.  The others are what an expert loses on the labels in order.  The
        first block is coded by how often each label occurs, see `codes.leaf_bits`.
    weights : float64 (experts,)
        Proportional to 2^-bits.
    tree_bits : float
        The bits of the labels by the sum over trees, fitted to all of them.
    """

    def __init__(
        self,
        tests: TableTests,
        columns: Mapping[str, np.ndarray],
        labels: np.ndarray,
        k: int,
        *,
        chosen: float,
        seed: int = 0,
        scorecards: bool = True,
        shares: Sequence[float] | None = None,
        told: Callable[[float], object] | None = None,
    ) -> None:
        self._tests, self._points, self._k = tests, Points.of(columns), k
        self._cells = Cells(tests.columns)
        self._scorecards, self._seed = scorecards and len(labels) <= LARGE, seed
        own = ["trees", *["scorecards"] * self._scorecards]
        own += [f"logistic, penalty {penalty:g}" for penalty in PENALTIES]
        self.names = (*own, "shortest hypothesis")
        passed, points = self._inputs(columns)
        self._cells = passed.cells
        order = stream(seed, ORDER).permutation(len(labels))
        parts = shares or (SHARES if len(labels) <= LARGE else FEW_SHARES)
        cuts = sorted({max(1, round(share * len(labels))) for share in parts})
        first = np.bincount(labels[order[: cuts[0]]], minlength=k).tolist()
        self.bits = np.full(len(self.names), codes.leaf_bits(first, np.full(k, 1 / k)))
        self.bits[-1] = chosen
        self._experts = None
        whole, done = sum(cuts[:-1]) + self._last(len(labels)), 0
        for start, stop in itertools.pairwise(cuts):
            before, block = order[:start], order[start:stop]
            self._experts = self._fitted(passed[before], points[before], labels[before], MOVES)
            for place, each in enumerate(_said(self._experts, passed[block], points[block])):
                self.bits[place] -= np.log2(each[np.arange(len(block)), labels[block]]).sum()
            done += start
            if told is not None:
                told(done / whole)
        self.weights = 2.0 ** (self.bits.min() - self.bits)
        self.weights /= self.weights.sum()
        self._experts = self._fitted(passed, points, labels, ALL_MOVES)
        self.tree_bits = self._experts[0].bits  # the sum is kept, so that predictions are fast
        if told is not None:
            told(1.0)

    def probabilities(
        self, columns: Mapping[str, np.ndarray], chosen: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The probability of each label on some rows.

        Parameters
        ----------
        columns : mapping of str to ndarray, shape (rows,)
            The columns of the table.
        chosen : ndarray of float64, shape (rows, k)
            What the shortest hypothesis predicts.

        Returns
        -------
        ndarray of float64, shape (rows, k)
        """
        said = [*_said(self._experts, *self._inputs(columns)), chosen]
        return np.tensordot(self.weights, np.stack(said), 1)

    def _last(self, rows):
        """How many rows the last fit counts for: scorecards make more moves in it."""
        return rows * (ALL_MOVES / MOVES if self._scorecards else 1)

    def _inputs(self, columns):
        """The tests that rows pass, and the rows as points."""
        return self._tests.read(columns, self._cells), self._points(columns)

    def _fitted(self, passed, points, labels, moves):
        """The experts, fitted to some rows."""
        counts = np.bincount(labels, minlength=self._k) + 0.5
        shares = counts / counts.sum()
        given = {"depth": DEPTH, "widths": WIDTHS, "shares": shares}
        experts: list[Any] = [TreeSum(passed, labels, self._k, **given)]
        if self._scorecards:
            each = max(1, moves // (1 if self._k == 2 else self._k))
            given = {"moves": each, "kept": max(1, round(KEPT * each))}
            given |= {"shares": shares, "seed": stream(self._seed, DRAWS)}
            if self._experts is not None:
                given["start"] = self._experts[1].draws[-1]
            experts.append(CardDraws(passed, labels, self._k, **given))
        return [*experts, *(_Logistic.of(points, labels, shares, p) for p in PENALTIES)]


def mixture_of(
    result: Result, *, seed: int = 0, told: Callable[[float], object] | None = None
) -> Mixture | None:
    """The mixture of what a search has chosen with what the same rows say by other experts.

    Parameters
    ----------
    result : Result
        A result that holds its task.
    seed : int
        The seed of the order of the rows.
    told : callable, optional
        Is called as the work goes on with the share that is done, 0..1.

    Returns
    -------
    Mixture or None
        None if the language of tests cannot read the columns, or no column differs.
    """
    if result.trained_on is None:
        raise TaskError("a result that was read from a file has no rows; run the search again")
    task = result.trained_on.original
    tests = _tests(task)
    if tests is None:
        return None
    given: dict[str, Any] = {"chosen": result.total_bits, "seed": seed, "told": told}
    return _of_rows(task, tests, task.training, **given)


def mixture_seconds(task: Task, *, seed: int = 0) -> float:
    """How long the mixture of a task will take, in seconds; some of its rows are learnt from.

    Parameters
    ----------
    task : Task
        A task as it was before a DSL re-expressed it.
    seed : int
        As `mixture_of` takes it.
    """

    began = working_time()
    tests = _tests(task)
    reading = working_time() - began
    if tests is None:
        return reading

    def work(rows):
        _of_rows(task, tests, rows, chosen=0.0, seed=seed)

    return reading + in_proportion(work, task.training)


def _tests(task):
    """The tests of a task; None if the language of tests cannot read it."""
    try:
        return TableTests.of(task, CUTS if task.training > LARGE else None)
    except TaskError:
        return None


def _of_rows(task, tests, count, **given):
    """The mixture of some training rows, with the parts of all."""
    large, rows = task.training > LARGE, np.flatnonzero(task.train)
    places = np.arange(len(rows))
    if count < len(rows):
        places = stream(given["seed"], ORDER).permutation(len(rows))[:count]
    columns = {name: column[rows[places]] for name, column in task.columns.items()}
    given |= {"scorecards": not large, "shares": FEW_SHARES if large else SHARES}
    return Mixture(tests, columns, task.places()[places], len(task.alphabet), **given)


def predictions_of(
    result: Result, *, seed: int = 0, told: Callable[[float], object] | None = None
) -> Predictions | None:
    """What the mixture predicts of the held-out rows of a result; None without such or a mixture.

    Parameters
    ----------
    result, seed, told
        As `mixture_of` takes them.
    """
    if result.trained_on is None or result.trained_on.train.all():
        return None
    mixture = mixture_of(result, seed=seed, told=told)
    if mixture is None:
        return None
    task = result.trained_on.original
    asked, held = {n: c[~task.train] for n, c in task.columns.items()}, ~task.train
    chosen = predictor_of(result).probabilities(asked, int(held.sum()))
    said = mixture.probabilities(asked, chosen)
    answers = np.array(task.alphabet)[said.argmax(axis=1)]
    return Predictions(
        accuracy=float(task.right(answers, held).mean()),
        loss=held_out_loss(task, said),
        chosen_loss=held_out_loss(task, chosen),
        weights=dict(zip(mixture.names, mixture.weights.tolist(), strict=True)),
    )


@dataclass(frozen=True)
class _Logistic:
    """A logistic regression, mixed with the shares of the labels as if by one more row."""

    fitted: LogisticRegression | None
    shares: NDArray[np.float64]
    rows: int

    @classmethod
    def of(cls, points, labels, shares, penalty):
        fitted = None
        if len(labels):
            fitted = LogisticRegression(points, labels, penalty=penalty, steps=STEPS)
        return cls(fitted, shares, len(labels))

    def predict(self, points):
        out = np.tile(self.shares, (len(points), 1))
        if self.fitted is not None:
            scores = self.fitted.scores(points)
            found = np.exp(scores - logsumexp(scores, axis=1, keepdims=True))
            out[:, self.fitted.values] += self.rows * found
        return out / (self.rows + 1)


def _said(experts, passed, points):
    """What each expert predicts, float64 (rows, k)."""
    for expert in experts:
        if isinstance(expert, TreeSum):
            yield expert.predict(passed, least=LEAST)
        else:
            yield expert.predict(passed if isinstance(expert, CardDraws) else points)
