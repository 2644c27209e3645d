"""Factoring: a disjunction of terms, literals that terms share taken out of them.

`a & b | a & c` becomes `a & (b | c)`, again and again.  The literal that saves most goes first;
other orders are drawn at random, since the greedy one is seldom the best.
"""

from collections import Counter

import numpy as np

#: Orders that are tried for one disjunction: 100 take 0.07 s for ten terms of four literals.
ORDERS = 100
#: How much chance decides: the logarithm of what a literal saves is changed by about so much.
CHANCE = 0.5


def factored(gates, literals, terms, must_stop):
    """The cheapest sides found of a disjunction of terms; `terms`: sets of literals' numbers."""
    generator = np.random.default_rng(0)
    sides = {j: literals.side(j) for j in sorted(frozenset().union(*terms))}
    best = None
    for order in range(ORDERS):
        if must_stop() and best is not None:
            break

        def weight(j, count, order=order):
            luck = CHANCE * generator.normal() if order else 0.0
            return (count - 1) * sides[j].costs[0] * np.exp(luck)

        made = _taken_out(gates, sides, list(terms), weight)
        if best is None or min(made.costs) < min(best.costs):
            best = made
    return best


def _taken_out(gates, sides, terms, weight):
    """The sides of a disjunction; None if a term is empty, that is true."""
    if not all(terms):
        return None
    counts = Counter(j for term in terms for j in term)
    shared = {j: weight(j, counts[j]) for j in sorted(counts) if counts[j] > 1}
    if not shared:
        return gates.disjunction([gates.conjunction([sides[j] for j in sorted(t)]) for t in terms])
    best = max(shared, key=shared.get)
    inner = _taken_out(gates, sides, [t - {best} for t in terms if best in t], weight)
    part = sides[best] if inner is None else gates.conjunction([sides[best], inner])
    rest = [t for t in terms if best not in t]
    return gates.disjunction([part, _taken_out(gates, sides, rest, weight)]) if rest else part
