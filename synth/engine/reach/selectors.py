"""Selectors: primitives that say one of two operands, by a third one that is a boolean.

A selector is found by its law: with the boolean true it says one operand, with the boolean false
the other, on drawn values.  The order of its operands and its name do not matter.
"""

from dataclasses import dataclass

import numpy as np

from synth.engine.reach.algebra import applied
from synth.language import Bool, Primitive, Program

#: Pairs of different values on which the law is tested, and how many are needed.
PAIRS, LEAST = 64, 4
#: The rows of a bank from which values are drawn.
ROWS = 256


@dataclass(frozen=True)
class Selector:
    """One selector.

    Parameters
    ----------
    item : Primitive
    condition, yes, no : int
        The positions of the boolean, of what is said if it is true, and of what is said if not.
    """

    item: Primitive
    condition: int
    yes: int
    no: int

    def arguments(self, condition, yes, no):
        """Three operands in their order, as a tuple."""
        order = {self.condition: condition, self.yes: yes, self.no: no}
        return tuple(order[k] for k in range(3))

    def program(self, condition, yes, no):
        """The program that selects one of two."""
        return Program(self.item, self.arguments(condition, yes, no))


def selectors_of(problem, type_):
    """The selectors of a type, the cheapest first.

    Parameters
    ----------
    problem : Problem
    type_ : Type

    Returns
    -------
    list of Selector
    """
    items = [
        p.item
        for p in problem.grammar
        if isinstance(p.item, Primitive)
        and p.item.result == type_
        and len(p.item.arguments) == 3
        and p.item.arguments.count(type_) >= 2
        and Bool in p.item.arguments
    ]
    pair = _drawn(problem, type_) if items else None
    if pair is None:
        return []
    found = []
    for item in sorted(items, key=problem.grammar.units):
        for condition, argument in enumerate(item.arguments):
            first, second = (k for k in range(3) if k != condition)
            one = Selector(item, condition, first, second)
            if argument == Bool and item.arguments[first] == item.arguments[second] == type_:
                says = [_said(one, value, *pair) for value in (True, False)]
                if says == [0, 1]:
                    found.append(one)
                elif says == [1, 0]:
                    found.append(Selector(item, condition, second, first))
    return found


def selectors_of_pools(problem, pools):
    """The selectors of each type that has some, without booleans, as a dict."""
    if Bool not in pools:
        return {}
    found = {type_: selectors_of(problem, type_) for type_ in pools if type_ != Bool}
    return {type_: some for type_, some in found.items() if some}


def _drawn(problem, type_):
    """Two columns of values that differ in each place; None if there are too few."""
    bank = problem.engine.banks.get(type_)
    held = min(ROWS, bank.ends[-1]) if bank is not None and bank.ends else 0
    if not held:
        return None
    generator = np.random.default_rng(0)
    # Values drawn from all that occur would be the most frequent ones, such as zero, too often.
    values = np.unique(bank.values(0, held)[:, : problem.n])
    a, b = generator.choice(values, (2, 4 * PAIRS))
    differ = np.flatnonzero(a != b)[:PAIRS]
    return (a[differ], b[differ]) if len(differ) >= LEAST else None


def _said(one, value, a, b):
    """0 if a selector says a for a value of its boolean, 1 if it says b, else None."""
    condition = np.full(len(a), value)
    answers, known = applied(one.item, *[(v, None) for v in one.arguments(condition, a, b)])
    if known is not None and not known.all():
        return None
    for k, operand in enumerate((a, b)):
        if (answers == operand).all():
            return k
    return None
