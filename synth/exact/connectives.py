"""What a boolean grammar is to the exact prior: masses of leaves and of connectives."""

import itertools
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np

from synth.errors import DSLError
from synth.language import UNIT, Bool, Primitive


@dataclass(frozen=True)
class Connectives:
    """The probabilities of a boolean grammar's productions, by what they compute.

    leaves: float64 (2**R,), of inputs and constants by behaviour; one: float64 (4,), of
    connectives of one argument by truth table (false, negation, identity, true); free:
    the same of those of two arguments that ignore one or both; conj: float64 (2, 3), of
    conjunctions, by whether they are negated and how many of their arguments are; xor,
    xnor; mass: of all finite programs.
    """

    leaves: np.ndarray
    one: np.ndarray
    free: np.ndarray
    conj: np.ndarray
    xor: float
    xnor: float
    mass: float

    @property
    def single(self):
        """`one`, and what ignores an argument, whatever program that is."""
        return self.one + self.mass * self.free

    @property
    def slope(self):
        """By how much a sweep magnifies differences at most."""
        both = self.conj.sum() + self.xor + self.xnor + self.free.sum()
        return float(self.one.sum() + 2 * self.mass * both)


def connectives(grammar, columns, probability=None):
    """The `Connectives` of a grammar whose programs are booleans, on columns bool (R,).

    probability: of every production alike, instead of the grammar's.  Raises DSLError for
    a grammar that is no prior, that has another type than Bool, and for a primitive of
    more than two arguments.
    """
    if probability is None and not grammar.is_prior:
        raise DSLError("a grammar with explicit costs is no prior, so it has no exact prior")
    for production in grammar:
        _refuse(production.item)
    rows = len(next(iter(columns.values())))
    leaves, one, two = np.zeros(2**rows), np.zeros(4), np.zeros(16)
    sums = [Decimal(0)] * 3
    for production in grammar:
        item = production.item
        arity = len(item.arguments)
        with localcontext(prec=60):
            exact = Decimal(2) ** (-Decimal(production.units) / UNIT)
            exact = exact if probability is None else Decimal(probability)
            sums[arity] += exact
        if not arity:
            values = columns[item.name] if not hasattr(item, "value") else [item.value] * rows
            leaves[index(values)] += float(exact)
        else:
            (one if arity == 1 else two)[truth_table(item)] += float(exact)
    free, conj = np.zeros(4), np.zeros((2, 3))
    for table, of_one in _IGNORING.items():
        free[of_one] += two[table]
    for table in range(16):
        if table.bit_count() == 1:
            conj[0, _negated(table)] += two[table]
            conj[1, _negated(table)] += two[15 ^ table]
    xor, xnor = float(two[0b0110]), float(two[0b1001])
    return Connectives(leaves, one, free, conj, xor, xnor, _mass(*sums))


#: Truth tables of two arguments that ignore one or both, as tables of one.
_IGNORING = {0b0000: 0, 0b0011: 1, 0b0101: 1, 0b1100: 2, 0b1010: 2, 0b1111: 3}


def index(values):
    """The index of a behaviour: bit r is the value on row r."""
    return int(np.asarray(values, bool) @ (1 << np.arange(len(values))))


def truth_table(primitive):
    """Bit 2 a + b of a number (bit a of one argument): the primitive's answer to a, b."""
    arity = len(primitive.arguments)
    rows = np.array(list(itertools.product((False, True), repeat=arity)))
    values, defined = primitive.evaluate(*(np.ascontiguousarray(c) for c in rows.T))
    if defined is not None and not defined.all():
        raise DSLError(
            f"the exact prior is of connectives that have a value everywhere; primitive "
            f"{primitive.name} has none for some arguments (count_programs takes any DSL)"
        )
    return index(values)


def _refuse(item):
    what = "primitive" if isinstance(item, Primitive) else "leaf"
    types = {item.result, *item.arguments}
    if types != {Bool}:
        other = next(str(t) for t in sorted(types, key=str) if t != Bool)
        raise DSLError(
            f"the exact prior is of boolean DSLs; {what} {item.name} is of type {other} "
            "(count_programs takes any DSL)"
        )
    if len(item.arguments) > 2:
        raise DSLError(
            f"the exact prior is of connectives of one and two arguments; primitive {item.name} "
            f"has {len(item.arguments)} (count_programs takes any DSL)"
        )


def _negated(table):
    """How many arguments a conjunction negates that is true in one of four cases."""
    case = table.bit_length() - 1
    return 2 - case.bit_count()


def _mass(leaf, unary, binary):
    """The least m = leaf + unary m + binary m², without cancellation.

    In 60 digits, since near criticality the root amplifies rounding to its square root.
    """
    with localcontext(prec=60):
        b = 1 - unary
        root = max(b * b - 4 * binary * leaf, Decimal(0)).sqrt()
        return float(2 * leaf / (b + root)) if b + root else 0.0
