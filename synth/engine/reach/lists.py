"""Decision lists: the first rule whose term covers a row says its label.

`t | rest` says true where t does and `~t & rest` says false there.  A beam search lengthens lists
by one rule at a time.  Lists are compared by their cost, their exceptions, and what a table of
the rows that are left would cost.
"""

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np

from synth import codes
from synth.engine.reach.literals import affordable
from synth.engine.reach.terms import conjoined
from synth.kernels import terms as kernels
from synth.language import UNIT

#: The most conjunctions of which lists are made, and the most literals of one.
TERMS, SIZE = 2**14, 3
#: How many lists are kept, and how many rules they may have.  24 lists are enough on ten tasks;
#: 100 found less on as many as they found more.
BEAM, RULES = 32, 32
#: Lists that one search proposes.
PROPOSED = 2
#: A search ends if so many rules have not paid for themselves by what the table saves.  On random
#: labels that is the case: 2,000 rows then take 0.2 s instead of 1.
PATIENCE = 5
#: How a search compares lists: what the table of the rows that are left counts for, whether
#: exceptions have the price that they have if there are none, and whether rows of the bank are
#: terms.  Which is best depends on the task: half the table was 77 bits better on tic-tac-toe at
#: the lower price, the whole was 26 bits better at the higher one.
WAYS = ((1.0, True, True), (0.5, False, True), (1.0, True, False), (0.5, False, False))


@dataclass(frozen=True)
class DecisionList:
    """Some rules.

    Parameters
    ----------
    rules : tuple of (int, bool)
        Terms, and what they say.
    cost : int
        In units.
    wrong : int
        The exceptions among the rows that a rule covers.
    left : ndarray of uint64, shape (W,)
        The rows that no rule covers.
    price : float
        By which lists are compared, in units.
    """

    rules: tuple
    cost: int
    wrong: int
    left: np.ndarray
    price: float


def decision_lists(problem, gates, literals, prices, must_stop):
    """Decision lists as programs.

    Parameters
    ----------
    problem, gates, literals
    prices : (float, float)
        Of an exception in units, if there are no others and if there are many.
    must_stop : callable

    Returns
    -------
    list of Program
    """
    labels, found = problem.labels.astype(bool), []
    for banked in (True, False):
        terms = conjoined(literals, gates, labels, _members(literals, banked))
        if not len(terms.members):
            continue
        for part, clean, rows in WAYS:
            if rows == banked:
                way = part, prices[0 if clean else 1]
                best = _searched(problem, gates, terms, way, must_stop)
                found += [_written(gates, terms, one) for one in best]
    return [program for program in dict.fromkeys(found) if program is not None]


def _searched(problem, gates, terms, way, must_stop):
    """The best lists of one beam search; way: what the table counts for, and the price."""
    costs = np.stack([gates.conjunct(terms.costs[::-1]), gates.disjunct(terms.costs)])
    code = problem.code * UNIT
    factorials = np.array([codes.log2_factorial(k) for k in range(problem.n + 1)]) * UNIT * way[0]
    true, false = kernels.counted(terms.every, terms.split)
    table = factorials[-1] - factorials[true] - factorials[false]
    beam, best = [DecisionList((), 0, 0, terms.every, table)], []
    for count in range(RULES):
        if must_stop() or not beam or (count >= PATIENCE and beam[0].price >= table):
            break
        beam = _longer(terms, costs, beam, way[1], factorials)
        for one in beam:
            rest = min(kernels.counted(one.left, terms.split))
            best.append((one.cost + code[one.wrong + rest], one))
        best = sorted(best, key=lambda pair: pair[0])[:PROPOSED]
        beam = [one for one in beam if one.cost + code[one.wrong] < best[0][0]]
    return [one for _, one in best]


def _members(literals, banked):
    """All terms of as many literals as `TERMS` allows, and rows: int16 (M, SIZE)."""
    found, count = [], literals.count
    most = affordable(TERMS, literals.problem.n)
    for size in range(1, SIZE + 1):
        if len(found) + comb(count, size) > most:
            break
        found += [(*some, *[-1] * (SIZE - size)) for some in combinations(range(count), size)]
    if banked:
        found += [(row, *[-1] * (SIZE - 1)) for row in range(count, len(literals.values))]
    return np.array(found, np.int16).reshape(-1, SIZE)


def _longer(terms, costs, beam, price, factorials):
    """The best lists with one more rule, of those that leave the same rows only one."""
    left = np.stack([one.left for one in beam])
    spent = np.array([one.cost + price * one.wrong for one in beam], float)
    prices = np.empty((len(beam), len(terms.members)))
    kernels.next_rules(terms.covers, costs, terms.split, left, spent, price, factorials, prices)
    flat = prices.ravel()
    most = min(4 * BEAM, len(flat))
    near = np.flatnonzero(flat <= np.partition(flat, most - 1)[most - 1])
    made = {}
    for at in near[np.argsort(flat[near], kind="stable")].tolist():
        if len(made) == BEAM or not np.isfinite(flat[at]):
            break
        s, j = divmod(at, len(terms.members))
        new = _with_rule(terms, costs, beam[s], j, float(flat[at]))
        made.setdefault((bytes(new.left), new.wrong), new)
    return list(made.values())


def _with_rule(terms, costs, one, j, price):
    true, false = kernels.counted(terms.covers[j] & one.left, terms.split)
    says = true > false
    return DecisionList(
        (*one.rules, (j, says)),
        one.cost + int(costs[int(says), j]),
        one.wrong + min(true, false),
        one.left & ~terms.covers[j],
        price,
    )


def _written(gates, terms, one):
    """The program of a list; None if it is constant or the DSL cannot say it."""
    true, false = kernels.counted(one.left, terms.split)
    rules = list(one.rules)
    while rules and rules[-1][1] == (true > false):
        rules.pop()
    if not rules:
        return None
    formula = None
    for j, says in reversed(rules):
        term = terms.sides(gates, j)
        if formula is None:
            formula = term if says else term.swapped()
        elif says:
            formula = gates.joined(term.swapped(), formula.swapped()).swapped()
        else:
            formula = gates.joined(term.swapped(), formula)
    return formula.programs[0]
