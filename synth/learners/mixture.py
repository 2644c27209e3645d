"""A mixture of what trees and weighted sums say of a table, each trusted as it has predicted.

Prediction as theory has it is a mixture: every hypothesis predicts, and counts by the bits that it
needed for the labels so far (Solomonoff 1978).  Here the hypotheses are experts.  One is the
shortest hypothesis that a search has found.  One is the sum over trees of tests
(`synth.exact.TreeSum`), which is a mixture itself, and another such sum has cuts between more of
the values.  One is the mean over scorecards that are drawn from their posterior
(`synth.exact.CardDraws`).  Two are logistic regressions on the columns, with a strong and a weak
penalty.  One knows the labels of equal rows.

The shortest hypothesis needs the bits of its two-part code.  Any other expert needs so many bits
for the labels as it loses when it predicts them in order: the training rows are put in a random
order, and each block is predicted from the rows before it (Dawid 1984).  Averages of the experts
predict the same blocks (Cover 1991), so that experts which are right on different rows are heard
together.  With 2^-bits as weights, the mixture needs at most log2(2 experts) bits more than the
best expert.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth import codes
from synth.engine import working_time
from synth.errors import TaskError
from synth.exact import CardDraws, Cells, TableTests, TreeSum
from synth.learners.averages import weighed
from synth.learners.experts import EqualRows, Logistic, Points, Seen, keys_of
from synth.learners.forecast import in_proportion
from synth.learners.predictor import held_out_loss, predictor_of
from synth.records import Predictions, Result
from synth.tasks import LARGE, Task, stream

#: The greatest depth of trees, and by level how many tests of a node have trees below them.
DEPTH, WIDTHS = 6, (8, 4, 2, 2, 1)
#: The same for trees with finer cuts, of which neighbours say nearly the same: on 29 tables as good
#: as the widths above, in a tenth of the time.
FINE_WIDTHS = (2, 1, 1, 1, 1)
#: The most cuts of such trees in all columns of numbers together, and between which numbers each
#: column has its share of them: a smaller share is hardly more than the cuts of the other trees.
#: Columns of so few values count for none: both have a cut between any two of them.
ALL_CUTS, LEAST_CUTS, MOST_CUTS, FEW_VALUES = 2000, 128, 1000, 17
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
    finer : TableTests, optional
        The tests with more cuts, for another sum over trees.
    small : bool
        Whether scorecards and equal rows are experts too, of at most `LARGE` rows: more take too
        long.
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
    total_bits : float
        The bits of the labels by the mixture: at most log2(experts) more than by the shortest
        hypothesis, and at most log2(2 experts) more than by any other.
    weights : float64 (experts,)
        Of each expert, the posterior mean of its weight in averages; see `weighed`.
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
        finer: TableTests | None = None,
        seed: int = 0,
        small: bool = True,
        shares: Sequence[float] | None = None,
        told: Callable[[float], object] | None = None,
    ) -> None:
        self._tests, self._finer, self._k = tests, finer, k
        self._points = Points.of(columns)
        self._cells = Cells(tests.columns)
        self._fine_cells = None if finer is None else Cells(finer.columns)
        self._small, self._seed = small and len(labels) <= LARGE, seed
        seen = self._seen(columns)
        self._cells = seen.tests.cells
        self._fine_cells = None if seen.fine is None else seen.fine.cells
        order = stream(seed, ORDER).permutation(len(labels))
        parts = shares or (SHARES if len(labels) <= LARGE else FEW_SHARES)
        cuts = sorted({max(1, round(share * len(labels))) for share in parts})
        whole, done = sum(cuts[:-1]) + self._last(len(labels)), 0
        self._experts: dict[str, Any] = {}
        losses = []
        for start, stop in itertools.pairwise(cuts):
            before, block = order[:start], order[start:stop]
            self._experts = self._fitted(seen[before], labels[before], MOVES)
            right = np.arange(len(block)), labels[block]
            losses.append([said[right] for said in self._said(seen[block])])
            done += start
            if told is not None:
                told(done / whole)
        self._experts = self._fitted(seen, labels, ALL_MOVES)
        self.names = (*self._experts, "shortest hypothesis")
        first = np.bincount(labels[order[: cuts[0]]], minlength=k).tolist()
        given = np.hstack(losses) if losses else np.zeros((len(self._experts), 0))
        found = weighed(given, codes.leaf_bits(first, np.full(k, 1 / k)), chosen)
        self.bits, self.total_bits, self.weights = found
        self.tree_bits = self._experts["trees"].bits  # the sum is kept: predictions are fast
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
        said = [*self._said(self._seen(columns)), chosen]
        return np.tensordot(self.weights, np.stack(said), 1)

    def _last(self, rows):
        """How many rows the last fit counts for: scorecards make more moves in it."""
        return rows * (ALL_MOVES / MOVES if self._small else 1)

    def _seen(self, columns):
        """Rows as the experts see them."""
        fine = None if self._finer is None else self._finer.read(columns, self._fine_cells)
        keys = keys_of(columns) if self._small else None
        return Seen(self._tests.read(columns, self._cells), fine, self._points(columns), keys)

    def _fitted(self, seen, labels, moves):
        """The experts, fitted to some rows."""
        counts = np.bincount(labels, minlength=self._k) + 0.5
        shares = counts / counts.sum()
        given = {"depth": DEPTH, "shares": shares}
        experts: dict[str, Any] = {
            "trees": TreeSum(seen.tests, labels, self._k, widths=WIDTHS, **given)
        }
        if seen.fine is not None:
            finer = TreeSum(seen.fine, labels, self._k, widths=FINE_WIDTHS, **given)
            experts["trees, finer cuts"] = finer
        if self._small:
            experts["scorecards"] = self._cards(seen.tests, labels, shares, moves)
            experts["equal rows"] = EqualRows(seen.keys, labels, shares)
        for penalty in PENALTIES:
            fitted = Logistic.of(seen.points, labels, shares, penalty)
            experts[f"logistic, penalty {penalty:g}"] = fitted
        return experts

    def _cards(self, tests, labels, shares, moves):
        """Scorecards that go on from those of the rows before."""
        each = max(1, moves // (1 if self._k == 2 else self._k))
        given: dict[str, Any] = {"moves": each, "kept": max(1, round(KEPT * each))}
        if "scorecards" in self._experts:
            given["start"] = self._experts["scorecards"].draws[-1]
        seed = stream(self._seed, DRAWS)
        return CardDraws(tests, labels, self._k, shares=shares, seed=seed, **given)

    def _said(self, seen):
        """What each expert predicts, float64 (rows, k)."""
        for name, expert in self._experts.items():
            if isinstance(expert, TreeSum):
                yield expert.predict(seen.tests if name == "trees" else seen.fine, least=LEAST)
            elif isinstance(expert, EqualRows):
                yield expert.predict(seen.keys)
            else:
                yield expert.predict(seen.tests if isinstance(expert, CardDraws) else seen.points)


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
    """The tests of a task and those with finer cuts; None if they cannot read it."""
    try:
        tests = TableTests.of(task, CUTS if task.training > LARGE else None)
    except TaskError:
        return None
    return tests, _finer(task, tests)


def _finer(task, tests):
    """The tests with a cut between any two values, or as many as we allow; None if no more."""
    if task.training > LARGE:
        return None
    held = [task.columns[n][task.train] for n, t in task.types.items() if t.family != "Bool"]
    numbers = sum(len(np.unique(column)) > FEW_VALUES for column in held)
    if not 0 < numbers <= ALL_CUTS // LEAST_CUTS:
        return None
    made = TableTests.of(task, min(MOST_CUTS, ALL_CUTS // numbers))
    return made if len(made.names) > len(tests.names) else None


def _of_rows(task, tests, count, **given):
    """The mixture of some training rows, with the parts of all."""
    large, rows = task.training > LARGE, np.flatnonzero(task.train)
    places = np.arange(len(rows))
    if count < len(rows):
        places = stream(given["seed"], ORDER).permutation(len(rows))[:count]
    columns = {name: column[rows[places]] for name, column in task.columns.items()}
    given |= {"small": not large, "shares": FEW_SHARES if large else SHARES, "finer": tests[1]}
    return Mixture(tests[0], columns, task.places()[places], len(task.alphabet), **given)


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
