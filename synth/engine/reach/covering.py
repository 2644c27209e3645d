"""Covering: disjunctions and conjunctions of few terms that explain the labels.

The rows of one label are covered with terms, of either label: a disjunction of terms, or the
opposite of one, which is a conjunction of disjunctions.  The choice starts greedily, at a fixed
price of an exception.  Then terms are added, left out and swapped as long as the total falls, by
the code itself.  Again and again some terms are left out and the descent starts anew.
"""

from dataclasses import dataclass

import numpy as np

from synth.engine.reach.gates import Gates
from synth.engine.reach.lists import decision_lists
from synth.engine.reach.literals import Known, Literals
from synth.engine.reach.terms import SHARE, listed
from synth.kernels import terms as kernels
from synth.language import UNIT, Bool

#: The most terms of a choice.
MOST_TERMS = 64
#: How many times a choice is shaken, and the words that are read for this at most: 2**31 take
#: about 0.5 s.
SHAKES, SHAKE_WORDS = 200, 2**31
#: The most terms that one shake leaves out.
SHAKEN = 4
#: Choices that are shaken, of those of both labels, with exceptions and without.
SHAKEN_CHOICES = 2
#: The share of exceptions at which their price is taken if labels may be wrong.
NOISE = 0.05
#: The most false rows of a term for each true one, by what they are among all rows.  Without it,
#: 30 terms over 26 inputs, of which 8 rows of 10 are true, were lost among 130,000 others.
RELATIVE = 0.4


@dataclass(frozen=True)
class Choice:
    """Some terms.

    Parameters
    ----------
    total : float
        In units: the terms, and the code of the exceptions.
    terms : Terms
    chosen : tuple of int
    opposite : bool
        Whether the terms cover the rows whose label is false.
    """

    total: float
    terms: object
    chosen: tuple
    opposite: bool


def propose(problem, pools, must_stop):
    """Disjunctions of terms, and opposites of them, the least total first; see `seeds`."""
    if problem.root != Bool or Bool not in pools:
        return []
    gates = Gates(problem)
    if not gates.complete:
        return []
    known = Known(pools[Bool])
    literals = Literals(problem, known, gates)
    if not literals.count or len(set(problem.labels.tolist())) < 2:
        return []
    prices = {share: _price(problem, share) for share in (0.0, SHARE)}
    literals.add_rows([(price, share) for share, price in prices.items()])
    choices = []
    for share in (0.0, SHARE):
        for opposite in (False, True):
            if not must_stop():
                choices.append(greedy(problem, gates, literals, (share, opposite), must_stop))
    choices = sorted([c for c in choices if c.chosen], key=lambda c: c.total)
    generator = np.random.default_rng(0)
    # A choice that a descent has emptied may still be a start for those who shorten it.
    for choice in choices[:SHAKEN_CHOICES]:
        choices.append(shaken(problem, gates, choice, generator, must_stop))
    choices = [choice for choice in choices if choice.chosen]
    covers = [written(gates, choice) for choice in choices]
    lists = decision_lists(problem, gates, literals, tuple(prices.values()), must_stop)
    # A cover that says the same as a list may be shortened in another way, so both are kept.
    programs = _distinct(problem, covers) + _distinct(problem, lists)
    return sorted(dict.fromkeys(programs), key=problem.total)


def _distinct(problem, programs):
    """The programs, the least total first, of those that say the same only one."""
    found = {}
    for program in sorted((p for p in programs if p is not None), key=problem.total):
        values = problem.values(program)
        if values is not None:
            found.setdefault(bytes(values[: problem.n]), program)
    return list(found.values())


def greedy(problem, gates, literals, kind, must_stop):
    """A first choice; kind: the share of false rows that a term may cover, and the label."""
    share, opposite = kind
    n, code = problem.n, problem.code * UNIT
    labels = problem.labels.astype(bool) != opposite
    price = _price(problem, share)
    # A term that is as impure as all rows together says nothing.
    true = int(labels.sum())
    share = min(share, RELATIVE * (n - true) / max(true, 1))
    terms = listed(literals, gates, labels, (price, share), must_stop)
    start = Choice(np.inf, terms, (), opposite)
    line = price * np.arange(n + 1)
    found = descended(start, gates, line, must_stop)
    return descended(found, gates, code, must_stop)


def _price(problem, share):
    """What an exception costs in units, if there are no others, or if there are many."""
    few = max(1, round(NOISE * problem.n)) if share else 1
    return float(problem.code[few] - problem.code[few - 1]) * UNIT


def descended(choice, gates, code, must_stop, banned=()):
    """The choice after all changes of one or two terms that make its total less."""
    terms, chosen = choice.terms, list(choice.chosen)
    costs = gates.disjunct(terms.costs)
    mask = np.zeros(len(costs), np.uint8)
    mask[list(banned)] = 1
    scratch = np.empty(terms.covers.shape[1], np.uint64)
    total = priced(terms, costs, code, chosen)
    while not must_stop():
        some = np.array(chosen, np.int64)
        least, out, into = kernels.best_move(
            terms.covers, costs, terms.split, terms.trues, code, some, mask, scratch
        )
        if least >= total or (out < 0 and len(chosen) == MOST_TERMS):
            break
        total = least
        if out >= 0:
            del chosen[out]
        if into >= 0:
            chosen.append(int(into))
    return Choice(total, terms, tuple(chosen), choice.opposite)


def priced(terms, costs, code, chosen):
    """The total of a choice, in units."""
    union = np.bitwise_or.reduce(terms.covers[chosen], axis=0, initial=0)
    true, false = kernels.counted(union, terms.split)
    return float(costs[chosen].sum() + code[terms.trues - true + false])


def shaken(problem, gates, choice, generator, must_stop):
    """The best choice of many descents, each from the best one without some of its terms."""
    code = problem.code * UNIT
    # A shake takes about two moves for each term that it leaves out, and two that find nothing.
    words = 2 * (SHAKEN + 1) * (len(choice.chosen) + 1) * choice.terms.covers.size
    for _ in range(int(problem.share * min(SHAKES, SHAKE_WORDS // max(words, 1)))):
        if must_stop() or len(choice.chosen) < 2:
            break
        order = generator.permutation(choice.chosen)
        count = int(generator.integers(1, min(SHAKEN, len(order) - 1) + 1))
        start = Choice(np.inf, choice.terms, tuple(order[count:].tolist()), choice.opposite)
        # Terms that were left out come back only after others had their turn.
        found = descended(start, gates, code, must_stop, order[:count])
        found = descended(found, gates, code, must_stop)
        if found.total <= choice.total:
            choice = found
    return choice


def written(gates, choice):
    """The program of a choice, a flat one; None if the DSL cannot say it."""
    sides = [choice.terms.sides(gates, k) for k in choice.chosen]
    return gates.disjunction(sides).programs[int(choice.opposite)]
