"""Scorecards: lines of a test and its points, changed one at a time by a heat bath.

A card adds the points of the tests that a row passes.  A move takes a line from a card, or an empty
place for one, and one pass over the rows says how much each test with each number of points would
change what the labels cost.  Rows of a cell pass the same tests of a column (see `division`), so
that the pass adds up what the rows of each cell say, and then what the cells of each test say.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import njit

#: A place of a card without a line.
EMPTY = -1
#: What has so much less of a logarithm than the most probable is not drawn: one in 10^17.
LITTLE = 40.0
#: The logarithm of a product is taken once for so many rows: for each, it took 10 times as long.
ROWS = 64


class Law(NamedTuple):
    """What cards are drawn by.

    Parameters
    ----------
    unit : float
        What a point adds to the logarithm of a label's odds.
    points : int64 (D,)
        The points that a line can have.
    bases : int64 (B,)
        The points that a base can have, each as probable.
    prices : float64 (T,)
        -log of the probability of each test.
    counts : float64 (places + 1,)
        By how many lines a card has, the logarithm of its probability, but for factors that all
        have, shared among all ways to put the lines into places.
    """

    unit: float
    points: np.ndarray
    bases: np.ndarray
    prices: np.ndarray
    counts: np.ndarray


class Cards(NamedTuple):
    """Some cards.

    Parameters
    ----------
    tests : int64 (cards, places)
        The test in each place, or EMPTY.
    points : int64 (cards, places)
        Its points.
    bases : int64 (cards,)
        The points of every row.
    """

    tests: np.ndarray
    points: np.ndarray
    bases: np.ndarray


class CardRoom(NamedTuple):
    """Arrays that moves write to.

    Parameters
    ----------
    chance : float64 (rows,)
    said : float64 (rows, D)
    factors, whole : float64 (B,)
    counted : float64 (cells, D)
    out : float64 (T, D)
    logs : float64 (T * D,)
    """

    chance: np.ndarray
    said: np.ndarray
    factors: np.ndarray
    whole: np.ndarray
    counted: np.ndarray
    out: np.ndarray
    logs: np.ndarray


def card_room(table, law):
    """A `CardRoom` for rows and tests (`Table`) and a `Law`."""
    rows, tests, many = len(table.codes), len(table.groups), len(law.points)
    shapes = {
        "chance": rows,
        "said": (rows, many),
        "factors": len(law.bases),
        "whole": len(law.bases),
        "counted": (int(table.starts[-1]), many),
        "out": (tests, many),
        "logs": tests * many,
    }
    return CardRoom(**{name: np.zeros(shape) for name, shape in shapes.items()})


@njit(cache=True, nogil=True)
def by_tests(table, values, counted, out):
    """Adds what rows say over those that pass each test.

    Parameters
    ----------
    table : Table
        Rows and tests, see `division`.
    values : float64 (rows, D)
        What each row says.
    counted : float64 (cells, D)
        Scratch memory.
    out : float64 (T, D)
        Receives the sums.
    """
    many = np.uint64(values.shape[1])
    counted[:] = 0.0
    for r in range(table.codes.shape[0]):
        said = values[r]
        for c in range(table.codes.shape[1]):
            into = counted[table.starts[c] + table.codes[r, c]]
            for d in range(many):
                into[d] += said[d]
    begin = 0
    for turn in range(table.turns.shape[0]):
        t = table.turns[turn]
        into = out[t]
        into[:] = 0.0
        if table.parents[t] >= 0:
            into[:] = out[table.parents[t]]
        for at in range(begin, table.ends[turn]):
            more = counted[table.more[at]]
            for d in range(many):
                into[d] += more[d]
        begin = table.ends[turn]


@njit(cache=True, nogil=True)
def add_line(table, test, points, scores):
    """Adds the points of a line to the scores of the rows that pass its test; scores: int64."""
    c = table.groups[test]
    for r in range(scores.shape[0]):
        if table.passes[table.codes[r, c], test]:
            scores[r] += points


@njit(cache=True, nogil=True)
def chances(scores, rates, unit, j, out):
    """The probability of label j on each row.

    Parameters
    ----------
    scores : int64 (k, rows)
        The points of each label, its base included.
    rates : float64 (k,)
        Logarithms of the base rates.
    unit : float64
        What a point adds to the logarithm of a label's odds.
    out : float64 (rows,)
        Receives them.
    """
    k = scores.shape[0]
    for r in range(scores.shape[1]):
        mine = rates[j] + unit * scores[j, r]
        others = 0.0
        for i in range(k):
            if i != j:
                others += math.exp(rates[i] + unit * scores[i, r] - mine)
        out[r] = 1.0 / (1.0 + others)


@njit(cache=True, nogil=True)
def told(table, cards, count, rates, unit, scores, out):
    """Adds up the probabilities of labels on some rows, over all draws.

    Parameters
    ----------
    table : Table
        The rows; labels are not read.
    cards : Cards
        The draws, one after the other, each of `count` cards.
    count : int
    rates, unit
        As `chances` takes them.
    scores : int64 (k, rows)
        Scratch memory.
    out : float64 (rows, k)
        Receives the sums.
    """
    k, rows = scores.shape
    weights = np.empty(k)
    for draw in range(cards.bases.shape[0] // count):
        scores[:] = 0
        for i in range(count):
            j, at = k - count + i, draw * count + i
            scores[j] += cards.bases[at]
            for place in range(cards.tests.shape[1]):
                if cards.tests[at, place] != EMPTY:
                    add_line(table, cards.tests[at, place], cards.points[at, place], scores[j])
        for r in range(rows):
            most, whole = -np.inf, 0.0
            for j in range(k):
                weights[j] = rates[j] + unit * scores[j, r]
                most = max(most, weights[j])
            for j in range(k):
                weights[j] = math.exp(weights[j] - most)
                whole += weights[j]
            for j in range(k):
                out[r, j] += weights[j] / whole


@njit(cache=True, nogil=True)
def gains(labels, j, chance, steps, out):
    """What steps in the logarithm of the odds of label j add to the evidence of each row, in nats.

    Parameters
    ----------
    labels : int64 (rows,)
    chance : float64 (rows,)
        The probability of label j.
    steps : float64 (D,)
    out : float64 (rows, D)
        Receives the gains.
    """
    grown = np.expm1(steps)
    for r in range(labels.shape[0]):
        for d in range(steps.shape[0]):
            out[r, d] = -math.log1p(chance[r] * grown[d])
            if labels[r] == j:
                out[r, d] += steps[d]


@njit(cache=True, nogil=True)
def drawn(logs, empty, wanted):
    """The place of one of some weights, drawn by them; or -1.

    Parameters
    ----------
    logs : float64 (m,)
        Logarithms of the weights; they are overwritten.
    empty : float64
        That of -1.
    wanted : float64
        A random number of 0..1.
    """
    most, whole = empty, 0.0
    for i in range(logs.shape[0]):
        most = max(most, logs[i])
    for i in range(logs.shape[0]):
        logs[i] = math.exp(logs[i] - most) if logs[i] > most - LITTLE else 0.0
        whole += logs[i]
    wanted *= whole + math.exp(empty - most)
    for i in range(logs.shape[0]):
        wanted -= logs[i]
        if wanted < 0.0:
            return i
    return EMPTY


@njit(cache=True, nogil=True)
def line_logs(out, prices, tests, logs):
    """Logarithms of the weights of all lines, that of an empty place being 0, in `logs` (T * D,).

    Parameters
    ----------
    out : float64 (T, D)
        The gain of each test with each number of points.
    prices : float64 (T,)
        What a line with each test costs, in nats.
    tests : int64 (places,)
        The tests of the other lines, which no second line can have.
    """
    many = out.shape[1]
    for t in range(out.shape[0]):
        for d in range(many):
            logs[t * many + d] = out[t, d] - prices[t]
    for t in tests:
        if t != EMPTY:
            logs[t * many : (t + 1) * many] = -np.inf


@njit(cache=True, nogil=True)
def chain(table, law, rates, uniforms, cards, scores, room, kept):
    """Moves of a heat bath over the cards of all labels, each a Gibbs step of their posterior.

    A move fills one place of a card, given everything else, and then the base of the card.

    Parameters
    ----------
    table : Table
    law : Law
    rates : float64 (k,)
        Logarithms of the base rates of the labels.
    uniforms : float64 (moves, 3)
        Random numbers: of the place, the line and the base.
    cards : Cards
        Where the chain begins; receives where it ends.
    scores : int64 (k, rows)
        What the cards say of the rows; it is kept up.
    room : CardRoom
    kept : Cards
        Receives the cards after each of the last rounds, in which each card has one move.
    """
    k, count, moves = scores.shape[0], cards.bases.shape[0], uniforms.shape[0]
    places, first = cards.tests.shape[1], k - count
    for move in range(moves):
        i = move % count
        j, here = first + i, cards.tests[i]
        place = min(places - 1, int(uniforms[move, 0] * places))
        if here[place] != EMPTY:
            add_line(table, here[place], -cards.points[i, place], scores[j])
            here[place] = EMPTY
        lines = 0
        for p in range(places):
            lines += here[p] != EMPTY
        chances(scores, rates, law.unit, j, room.chance)
        gains(table.labels, j, room.chance, law.unit * law.points, room.said)
        by_tests(table, room.said, room.counted, room.out)
        line_logs(room.out, law.prices, here, room.logs)
        found = drawn(room.logs, law.counts[lines] - law.counts[lines + 1], uniforms[move, 1])
        if found != EMPTY:
            here[place] = found // law.points.shape[0]
            cards.points[i, place] = law.points[found % law.points.shape[0]]
            add_line(table, here[place], cards.points[i, place], scores[j])
        rebase(table, law, rates, uniforms[move, 2], cards, scores, i, j, room)
        at = move + 1 - count - (moves - kept.bases.shape[0])
        if i == count - 1 and at >= 0:
            kept.tests[at : at + count], kept.points[at : at + count] = cards.tests, cards.points
            kept.bases[at : at + count] = cards.bases


@njit(cache=True, nogil=True)
def rebase(table, law, rates, wanted, cards, scores, i, j, room):
    """Draws the base of card i, that of label j, given its lines; wanted: a random number."""
    chances(scores, rates, law.unit, j, room.chance)
    steps = law.unit * (law.bases - cards.bases[i])
    evidence(table.labels, j, room.chance, steps, room.factors, room.whole)
    base = law.bases[max(0, drawn(room.whole, -np.inf, wanted))]
    scores[j] += base - cards.bases[i]
    cards.bases[i] = base


@njit(cache=True, nogil=True)
def evidence(labels, j, chance, steps, factors, out):
    """The sum of `gains` over all rows, float64 (D,) in `out`; factors: float64 (D,), scratch."""
    grown, hits = np.expm1(steps), 0
    out[:] = 0.0
    factors[:] = 1.0
    for r in range(labels.shape[0]):
        hits += labels[r] == j
        for d in range(np.uint64(steps.shape[0])):
            factors[d] *= 1.0 + chance[r] * grown[d]
        if r % ROWS == ROWS - 1:
            out -= np.log(factors)
            factors[:] = 1.0
    out += hits * steps - np.log(factors)
