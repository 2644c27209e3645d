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
from synth.engine.reach.terms import conjoined
from synth.kernels import terms as kernels
from synth.language import UNIT

#: The most terms of which lists are made, and the most literals of a term.
TERMS, SIZE = 6000, 3
#: How many lists are kept, and how many rules they may have.
BEAM, RULES = 24, 32
#: Lists that are proposed.
PROPOSED = 2


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
    """

    rules: tuple
    cost: int
    wrong: int
    left: np.ndarray


def decision_lists(problem, gates, literals, price, must_stop):
    """Decision lists as programs, the least total first; price: of an exception, in units."""
    labels = problem.labels.astype(bool)
    terms = conjoined(literals, gates, labels, _members(literals))
    if not len(terms.members):
        return []
    costs = np.stack([gates.conjunct(terms.costs[::-1]), gates.disjunct(terms.costs)])
    finite = problem.code * UNIT
    beam = [DecisionList((), 0, 0, np.bitwise_or.reduce(terms.covers, axis=0))]
    # Rows that no term covers cannot be there: a literal or its opposite covers each.
    best = []
    for _ in range(RULES):
        if must_stop() or not beam:
            break
        beam = _longer(terms, costs, beam, price)
        for one in beam:
            rest = min(kernels.counted(one.left, terms.split))
            best.append((one.cost + finite[one.wrong + rest], one))
        best = sorted(best, key=lambda pair: pair[0])[:PROPOSED]
        beam = [one for one in beam if one.cost + finite[one.wrong] < best[0][0]]
    return [_written(gates, terms, one) for _, one in best]


def _members(literals):
    """All terms of so many literals that there are not too many, and rows: int16 (M, SIZE)."""
    found, count = [], literals.count
    for size in range(1, SIZE + 1):
        if len(found) + comb(count, size) > TERMS:
            break
        found += [(*some, *[-1] * (SIZE - size)) for some in combinations(range(count), size)]
    found += [(row, *[-1] * (SIZE - 1)) for row in range(count, len(literals.values))]
    return np.array(found, np.int16).reshape(-1, SIZE)


def _longer(terms, costs, beam, price):
    """The best lists with one more rule, of those that leave the same rows only one."""
    n = int(sum(kernels.counted(beam[0].left, terms.split))) + 1
    n = max(n, 1 + max(sum(kernels.counted(one.left, terms.split)) for one in beam))
    factorials = np.array([codes.log2_factorial(k) * UNIT for k in range(n)])
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
        new = _with_rule(terms, costs, beam[s], j)
        made.setdefault((bytes(new.left), new.wrong), new)
    return list(made.values())


def _with_rule(terms, costs, one, j):
    true, false = kernels.counted(terms.covers[j] & one.left, terms.split)
    says = true > false
    return DecisionList(
        (*one.rules, (j, says)),
        one.cost + int(costs[int(says), j]),
        one.wrong + min(true, false),
        one.left & ~terms.covers[j],
    )


def _written(gates, terms, one):
    """The program of a list; None if the DSL cannot say it."""
    true, false = kernels.counted(one.left, terms.split)
    rules = list(one.rules)
    while len(rules) > 1 and rules[-1][1] == (true > false):
        rules.pop()
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
