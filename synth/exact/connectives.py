"""A boolean grammar as the exact prior sees it: the probabilities of its leaves and connectives."""

import itertools
from dataclasses import dataclass
from decimal import Decimal, localcontext

import numpy as np

from synth.errors import DSLError
from synth.language import Bool, Primitive


@dataclass(frozen=True)
class Connectives:
    """The probabilities of a boolean grammar's productions, grouped by what they compute.

    Parameters
    ----------
    leaves : float64 (2**R,)
        The probability of inputs and constants, by behaviour.
    one : float64 (4,)
        The probability of connectives of one argument, by truth table: false, negation,
        identity, true.
    free : float64 (4,)
        The probability of connectives of two arguments that ignore one or both, by the truth
        table of one argument that remains.
    conj : float64 (2, 3)
        The probability of conjunctions: entry [i, k] is for those with k negated arguments, with
        the result negated if i is 1.
    xor, xnor : float
        The probability of exclusive or and of its negation.
    mass : float
        The total probability of all finite programs.
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
        """`one` plus the connectives that ignore an argument, which may be any finite program."""
        return self.one + self.mass * self.free

    @property
    def slope(self):
        """The largest factor by which a sweep can magnify differences."""
        both = self.conj.sum() + self.xor + self.xnor + self.free.sum()
        return float(self.one.sum() + 2 * self.mass * both)


def connectives(grammar, columns, probability=None):
    """The `Connectives` of a boolean grammar.

    Parameters
    ----------
    grammar : Grammar
        A grammar whose only type is Bool.
    columns : dict of str to bool (R,)
        The input columns.
    probability : Decimal, optional
        One probability for every production, in place of the grammar's own.

    Returns
    -------
    Connectives

    Raises
    ------
    DSLError
        If the grammar has explicit costs and no `probability` is given, if it has a type other
        than Bool, or if a primitive has more than two arguments or no value for some arguments.
    """
    if probability is None and not grammar.is_prior:
        raise DSLError("the grammar has explicit costs, so it defines no prior")
    for production in grammar:
        _refuse(production.item)
    rows = len(next(iter(columns.values())))
    leaves, one, two = np.zeros(2**rows), np.zeros(4), np.zeros(16)
    sums = [Decimal(0)] * 3
    for production in grammar:
        item = production.item
        arity = len(item.arguments)
        exact = grammar.chance(production) if probability is None else probability
        with localcontext(prec=60):
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
    return Connectives(
        leaves=leaves, one=one, free=free, conj=conj, xor=xor, xnor=xnor, mass=_mass(*sums)
    )


#: Truth tables of two arguments that ignore one or both, and the table of one argument that each
#: amounts to.
_IGNORING = {0b0000: 0, 0b0011: 1, 0b0101: 1, 0b1100: 2, 0b1010: 2, 0b1111: 3}


def index(values):
    """The index of a behaviour: bit r is the value on row r."""
    return int(np.asarray(values, bool) @ (1 << np.arange(len(values))))


def truth_table(primitive):
    """The truth table of a primitive as a number.

    Bit 2 a + b is the value for the arguments a, b (bit a for a single argument).

    Raises
    ------
    DSLError
        If the primitive has no value for some arguments.
    """
    arity = len(primitive.arguments)
    rows = np.array(list(itertools.product((False, True), repeat=arity)))
    values, defined = primitive.evaluate(*(np.ascontiguousarray(c) for c in rows.T))
    if defined is not None and not defined.all():
        raise DSLError(
            f"primitive {primitive.name} has no value for some arguments; the exact prior needs "
            "connectives with a value for all arguments (count_programs takes any DSL)"
        )
    return index(values)


def _refuse(item):
    what = "primitive" if isinstance(item, Primitive) else "leaf"
    types = {item.result, *item.arguments}
    if types != {Bool}:
        other = next(str(t) for t in sorted(types, key=str) if t != Bool)
        raise DSLError(
            f"{what} {item.name} is of type {other}; the exact prior needs a boolean DSL "
            "(count_programs takes any DSL)"
        )
    if len(item.arguments) > 2:
        raise DSLError(
            f"primitive {item.name} has {len(item.arguments)} arguments; the exact prior needs "
            "connectives of one or two arguments (count_programs takes any DSL)"
        )


def _negated(table):
    """The number of negated arguments of a conjunction, given a table with a single 1."""
    case = table.bit_length() - 1
    return 2 - case.bit_count()


def _mass(leaf, unary, binary):
    """The smallest solution of m = leaf + unary m + binary m², computed without cancellation.

    It is computed with 60 digits, because near criticality the root turns a rounding error into
    its square root.
    """
    with localcontext(prec=60):
        b = 1 - unary
        root = max(b * b - 4 * binary * leaf, Decimal(0)).sqrt()
        return float(2 * leaf / (b + root)) if b + root else 0.0
