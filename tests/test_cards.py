"""Scorecards: their code, the heat bath that draws them, and the search of the DSL `points`."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth import codes
from synth.errors import SettingError
from synth.exact import CardDraws, cards
from synth.kernels import cards as kernels
from synth.kernels.division import Table
from synth.tasks import RowCells
from tests import naive


@st.composite
def tables(draw, rows=6, tests=3):
    """Tests (rows, T), the columns of the tests, labels and their number."""
    n, count, k = (draw(st.integers(a, b)) for a, b in ((1, rows), (0, tests), (2, 3)))
    row = st.lists(st.booleans(), min_size=count, max_size=count)
    passed = draw(st.lists(row, min_size=n, max_size=n))
    columns = draw(st.lists(st.integers(0, 1), min_size=count, max_size=count))
    labels = draw(st.lists(st.integers(0, k - 1), min_size=n, max_size=n))
    return np.array(passed, bool).reshape(n, count), columns, np.array(labels), k


@settings(max_examples=30, deadline=None)
@given(tables())
def test_the_code_of_cards_keeps_krafts_inequality(table):
    """Over all cards with a base, and over all with a threshold, 2^-bits sums to at most 1."""
    prices = naive.test_prices(*table[:2])
    with_base = with_threshold = 0.0
    for lines, bits in naive.cards(prices, codes.POINTS, 3):
        own = codes.lines_bits(len(lines)) + sum(prices[t] for t, _ in lines)
        assert own == pytest.approx(bits, abs=1e-12)
        with_base += 2.0**-bits  # for each base 2^-base_bits, of which there are so many
        if lines:
            points = [p for _, p in lines]
            thresholds = sum(map(abs, points))
            tests = sum(prices[t] for t, _ in lines)
            with_threshold += thresholds * 2.0 ** -(codes.card_bits(points) + tests)
    assert 2 ** codes.base_bits() == pytest.approx(2 * codes.MOST_BASE + 1)
    assert with_base <= 1
    assert with_threshold <= 1


def test_all_cards_as_programs_keep_krafts_inequality():
    """As programs, tests may be repeated and stand in any order: the sum is at most 1 even so."""
    whole, prices = 0.0, [1.0, 2.0, 2.0]  # three tests, of two columns
    for count in (1, 2):
        for points in itertools.combinations_with_replacement(codes.POINTS, count):
            thresholds = sum(map(abs, points))
            for tests in itertools.product(prices, repeat=count):
                whole += thresholds * 2.0 ** -(codes.card_bits(points) + sum(tests))
    assert whole == pytest.approx(2.0**-3 + 2.0**-3)  # the words for the numbers 2 and 3
    assert sum(2.0 ** -codes.lines_bits(0) for _ in range(1)) + whole <= 1


@settings(max_examples=40, deadline=None)
@given(tables(), st.integers(0, 2**32 - 1))
def test_a_pass_says_what_each_line_would_change(table, seed):
    """The gains of every test with every number of points, against likelihoods written out."""
    tests, columns, labels, k = table
    generator = np.random.default_rng(seed)
    scores = generator.integers(-4, 5, (k, len(labels)))
    rates, unit, j = generator.dirichlet(np.ones(k)), 0.6, int(generator.integers(k))
    read = RowCells.of(tests, columns)
    table = Table(read.codes, labels, **read.cells.arrays)
    points = np.array(codes.POINTS)
    chance, said = np.empty(len(labels)), np.empty((len(labels), len(points)))
    kernels.chances(scores, np.log(rates), unit, j, chance)
    kernels.gains(labels, j, chance, unit * points, said)
    out = np.empty((tests.shape[1], len(points)))
    kernels.by_tests(table, said, np.empty((int(table.starts[-1]), len(points))), out)
    every = np.empty(len(points))
    kernels.evidence(labels, j, chance, unit * points, np.empty(len(points)), every)

    def loss(rows, more):
        changed = scores + more * (np.arange(k) == j)[:, None]
        return math.fsum(
            math.log(naive.card_chances(changed[:, r], rates, unit)[labels[r]]) for r in rows
        )

    for d, more in enumerate(points.tolist()):
        whole = range(len(labels))
        assert every[d] == pytest.approx(loss(whole, more) - loss(whole, 0), abs=1e-9)
        for t in range(tests.shape[1]):
            rows = np.flatnonzero(tests[:, t])
            assert out[t, d] == pytest.approx(loss(rows, more) - loss(rows, 0), abs=1e-9)


def drawn(monkeypatch, table, points, most_base, moves):
    """Many draws of cards with few points, beside the posterior of all cards."""
    tests, columns, labels, k = table
    monkeypatch.setattr(codes, "POINTS", points)
    monkeypatch.setattr(codes.cards, "POINTS", points)
    monkeypatch.setattr(codes, "MOST_BASE", most_base)
    monkeypatch.setattr(cards, "PLACES", 4)  # with fewer empty places, the chain is faster
    rates = np.array([0.5, 0.3, 0.2][:k]) / sum([0.5, 0.3, 0.2][:k])
    found = CardDraws(
        tests, labels, k, columns=columns, shares=rates, moves=moves, kept=moves - 500, seed=2
    )
    bases = range(-most_base, most_base + 1)
    every = naive.card_posterior(table, rates, math.log(2), points, bases, tests.shape[1])
    return found, every, rates


@pytest.mark.parametrize("k", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_cards_are_drawn_from_their_posterior(monkeypatch, k):
    generator = np.random.default_rng(k)
    shape = (9, 3) if k == 2 else (8, 1)
    tests = generator.random(shape) < 0.5
    labels = np.where(tests[:, 0], k - 1, generator.integers(0, k, shape[0]))
    table = tests, [0, 0, 1][: shape[1]], labels, k
    points, base = ((-1, 1, 2), 2) if k == 2 else ((-1, 1), 1)
    found, every, rates = drawn(monkeypatch, table, points, base, 15_000)

    def share(of):
        exact = math.fsum(weight for chosen, weight in every if of(chosen))
        drawn = [[(card.base, tuple(sorted(card.lines))) for card in each] for each in found.draws]
        assert np.mean([of(chosen) for chosen in drawn]) == pytest.approx(exact, abs=0.02)

    for count in range(shape[1] + 1):
        share(lambda chosen, count=count: len(chosen[0][1]) == count)
    for value in range(-base, base + 1):
        share(lambda chosen, value=value: chosen[-1][0] == value)
    for line in itertools.product(range(shape[1]), points):
        share(lambda chosen, line=line: line in chosen[-1][1])
    new = np.array(list(itertools.product([False, True], repeat=shape[1])))
    found.draws = found.draws[::10]
    said = found.predict(new)
    for row, mine in zip(new, said, strict=True):
        exact = np.zeros(k)
        for chosen, weight in every:
            scores = naive.said_by_cards(chosen, row, k)
            exact += weight * np.array(naive.card_chances(scores, rates, math.log(2)))
        assert mine == pytest.approx(exact, abs=0.02)


def test_draws_are_repeatable_and_predict_what_cards_say():
    generator = np.random.default_rng(0)
    tests = generator.random((60, 8)) < 0.5
    labels = (tests[:, 0].astype(int) + tests[:, 1] + tests[:, 2] > 1).astype(int)
    one, two = (CardDraws(tests, labels, 2, seed=3) for _ in range(2))
    assert one.draws == two.draws
    assert one.draws != CardDraws(tests, labels, 2, seed=4).draws
    assert len(one.draws) == cards.KEPT
    said = one.predict(tests)
    assert said.sum(axis=1) == pytest.approx(1)
    assert (said.argmax(axis=1) == labels).all()
    by_hand = np.mean(
        [
            [naive.card_chances([0, c.base + naive.card_score(c.lines, row)], [1, 1], math.log(2))
             for row in tests]
            for [c] in one.draws
        ],
        axis=0,
    )  # fmt: skip
    assert said == pytest.approx(by_hand, abs=1e-12)


def test_without_rows_or_open_tests_the_base_rates_are_said():
    nothing = CardDraws(np.ones((4, 2), bool), [0, 1, 1, 1], 2, shares=[0.25, 0.75])
    assert nothing.bits.tolist() == [math.inf, math.inf]
    assert nothing.predict([[True, True]])[0, 1] == pytest.approx(0.75, abs=0.15)
    assert CardDraws(np.zeros((0, 3), bool), [], 3).predict([[1, 0, 1]]).shape == (1, 3)
    assert CardDraws(np.eye(3, dtype=bool), [0, 0, 0], 1).predict([[1, 0, 0]]).tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"k": 1}, "k=1: labels are outside"),
        ({"shares": [0.5, 0.6]}, "add up to 1"),
        ({"columns": [0]}, r"columns of shape \(1,\)"),
        ({"labels": [0]}, "labels of shape"),
        ({"kept": 0}, r"kept=0; allowed: 1..200"),
    ],
)
def test_what_is_not_allowed_is_refused(given, message):
    asked = {"tests": np.eye(3, dtype=bool), "labels": [0, 1, 1], "k": 2, **given}
    with pytest.raises(SettingError, match=message):
        CardDraws(**asked)
