"""Scorecards drawn from their posterior, and what they predict on average.

A scorecard adds up points: `age < 64` may count 2, and `smoker=yes` 3.  The points move the base
rate of a label: each multiplies its odds by the same factor.  With two labels, one card is for the
second; with more, each label has a card of its own, and the probabilities are in proportion to what
the cards make of the base rates.

All sums of a few tests are too many to be added up, so that what cards predict together is a mean
over draws: a Monte Carlo estimate.  The draws are the states of a heat bath, each of whose moves is
a Gibbs step of the posterior, 2^-bits of the cards times the probability of the labels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth import codes
from synth.errors import SettingError
from synth.exact.labelled import labelled
from synth.kernels import cards as kernels
from synth.kernels.division import Table
from synth.tasks import RowCells

#: What a point adds to the logarithm of the odds: it doubles them.
UNIT = math.log(2)
#: The most lines of a card.
PLACES = 12
#: How many moves a card has, and how many of the last ones are kept as draws.
MOVES, KEPT = 200, 100
_LN2 = math.log(2)


@dataclass(frozen=True)
class Card:
    """A scorecard.

    Parameters
    ----------
    base : int
        The points of every row.
    lines : tuple of (int, int)
        Tests, and the points of a row that passes; in order of points.
    """

    base: int
    lines: tuple[tuple[int, int], ...]


class CardDraws:
    """Scorecards drawn from their posterior.

    Parameters
    ----------
    tests : array_like of bool, shape (rows, T), or RowCells
        Which tests each row passes.
    labels : array_like of int, shape (rows,)
        The labels, 0..k-1.
    k : int
        The number of labels.
    columns : sequence of int or str, shape (T,), optional
        The column of each test; by default each test has a column of its own.  `RowCells`
        have their own columns.
    shares : sequence of float, shape (k,), optional
        The base rates; by default 1/k each.  Rates that depend on the labels have to be paid for.
    start : tuple of Card, optional
        Where the moves begin: one draw; by default with empty cards.
    unit : float
        What a point adds to the logarithm of the odds; by default it doubles them.
    moves, kept : int
        How many moves each card has, and after how many of the last ones the cards are kept.
    seed : int or numpy.random.Generator
        The random numbers.

    Attributes
    ----------
    draws : tuple of tuple of Card
        What was kept: of each draw the cards of the labels, or that of the second of two.
    bits : float (T,)
        The price of each test: log2 of the columns with an open test, and log2 of the open tests
        of its column.  A test is open if some rows pass it and some do not; others cost infinitely
        many bits.

    Raises
    ------
    SettingError
        If a shape or a value is not allowed.
    """

    def __init__(
        self,
        tests: ArrayLike | RowCells,
        labels: ArrayLike,
        k: int,
        *,
        columns: ArrayLike | None = None,
        shares: ArrayLike | None = None,
        start: tuple[Card, ...] | None = None,
        unit: float = UNIT,
        moves: int = MOVES,
        kept: int = KEPT,
        seed: int | np.random.Generator = 0,
    ) -> None:
        read, given, means = labelled(tests, columns, labels, k, shares)
        if not 1 <= kept <= moves:
            raise SettingError(f"kept={kept!r}; allowed: 1..{moves}, as many as there are moves")
        self.k, self.unit, self.shares, self._read = k, unit, means, read
        self.bits = prices(read)
        count = {1: 0, 2: 1}.get(k, k)
        self.draws: tuple[tuple[Card, ...], ...] = ((),)
        if count:
            uniforms = np.random.default_rng(seed).random((moves * count, 3))
            first = self._begun(start, count, given)
            self.draws = tuple(self._drawn(given, uniforms, count, kept, first))

    def predict(self, tests: ArrayLike | RowCells) -> NDArray[np.float64]:
        """What the cards predict for new rows: the mean over the draws.

        Parameters
        ----------
        tests : array_like of bool, shape (m, T), or RowCells
            Which tests the new rows pass, with the cells of the draws' rows and more.

        Returns
        -------
        ndarray of float64, shape (m, k)
            Probabilities; every row adds up to 1.
        """
        new = tests if isinstance(tests, RowCells) else self._read.cells.read([tests])
        out, count = np.zeros((len(new), self.k)), len(self.draws[0])
        if not count:
            return out + 1
        table = Table(new.codes, np.zeros(0, np.int64), **new.cells.arrays)
        scores = np.empty((self.k, len(new)), np.int64)
        cards = _as_arrays([card for each in self.draws for card in each])
        kernels.told(table, cards, count, np.log(self.shares), self.unit, scores, out)
        return out / len(self.draws)

    def _begun(self, start, count, labels):
        """Where the moves begin, and what these cards say of the rows."""
        cards = _as_arrays([Card(0, ())] * count if start is None else start)
        table = Table(self._read.codes, labels, **self._read.cells.arrays)
        scores = np.zeros((self.k, len(labels)), np.int64)
        for i, j in enumerate(range(self.k - count, self.k)):
            scores[j] += cards.bases[i]
            for test, points in zip(cards.tests[i], cards.points[i], strict=True):
                if test != kernels.EMPTY:
                    kernels.add_line(table, test, points, scores[j])
        return cards, scores

    def _drawn(self, labels, uniforms, count, kept, begun):
        """The cards after each of the last moves of all cards."""
        table = Table(self._read.codes, labels, **self._read.cells.arrays)
        every = _as_arrays([Card(0, ())] * (kept * count))
        law = kernels.Law(
            unit=self.unit,
            points=np.array(codes.POINTS, np.int64),
            bases=np.arange(-codes.MOST_BASE, codes.MOST_BASE + 1),
            prices=self.bits * _LN2,
            counts=np.array([
                -codes.lines_bits(m) * _LN2 + math.lgamma(PLACES - m + 1) for m in range(PLACES + 1)
            ]),
        )  # fmt: skip
        room = kernels.card_room(table, law)
        kernels.chain(table, law, np.log(self.shares), uniforms, *begun, room, every)
        for at in range(0, kept * count, count):
            yield tuple(map(_card, *(part[at : at + count] for part in every)))


def _card(tests, points, base):
    """A card of its arrays."""
    lines = [(int(p), int(t)) for t, p in zip(tests, points, strict=True) if t != kernels.EMPTY]
    return Card(int(base), tuple((t, p) for p, t in sorted(lines)))


def _as_arrays(cards: Sequence[Card]) -> Any:
    """Cards as kernels take them."""
    made = kernels.Cards(
        np.full((len(cards), PLACES), kernels.EMPTY),
        np.zeros((len(cards), PLACES), np.int64),
        np.array([card.base for card in cards], np.int64),
    )
    for at, card in enumerate(cards):
        for place, (test, points) in enumerate(card.lines):
            made.tests[at, place], made.points[at, place] = test, points
    return made


def prices(rows: RowCells) -> NDArray[np.float64]:
    """The bits of each test of some rows, infinitely many if it is not open: see `CardDraws`."""
    passing = np.array([rows.passing(t).sum() for t in range(len(rows.cells.groups))])
    is_open = (passing > 0) & (passing < len(rows))
    groups = rows.cells.groups
    each = np.bincount(groups[is_open], minlength=len(rows.cells.names))
    bits = np.full(len(groups), np.inf)
    if is_open.any():
        bits[is_open] = np.log2((each > 0).sum()) + np.log2(each[groups[is_open]])
    return bits
