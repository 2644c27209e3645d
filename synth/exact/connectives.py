"""What a boolean grammar is to the exact prior: masses of leaves and of connectives."""

import decimal
import itertools
from dataclasses import dataclass

import numpy as np

from synth.dsl import Primitive
from synth.errors import DSLError
from synth.types import Bool


@dataclass(frozen=True)
class Connectives:
    """The probabilities of a boolean grammar's productions, by what they compute.

    P = leaves + copy P + flip P' + yes [true] + no [false]
        + Σ conj[c, k] · (k-th conjunction of P and P')^c + xor (P ⊻ P) + xnor (P ⊻ P)'
    where ' exchanges each behaviour and its negation.

    leaves: float64 (2**R,); copy, flip: of what passes one argument on, or negates it, the
    mass of other arguments included; conj: float64 (2, 3), by whether the conjunction is
    negated and how many of its two arguments are; mass: of all finite programs.
    """

    leaves: np.ndarray
    copy: float
    flip: float
    yes: float
    no: float
    conj: np.ndarray
    xor: float
    xnor: float
    mass: float

    @property
    def spread(self):
        """An upper bound of how much a sweep can magnify a difference of sum 0."""
        return self.copy + self.flip + 2 * self.mass * (self.conj.sum() + self.xor + self.xnor)


def connectives(grammar, columns):
    """The `Connectives` of a grammar whose programs are booleans, on columns bool (R,).

    Raises DSLError for a grammar that is no prior, that has another type than Bool, and
    for a primitive of more than two arguments.
    """
    if not grammar.is_prior:
        raise DSLError("a grammar with explicit costs is no prior, so it has no exact prior")
    for production in grammar:
        _refuse(production.item)
    rows = len(next(iter(columns.values())))
    leaves = np.zeros(2**rows)
    sums = [decimal.Decimal(0)] * 3
    one, pairs, conj = np.zeros(4), np.zeros(16), np.zeros((2, 3))
    for production in grammar:
        item, probability = production.item, 2.0**-production.bits
        arity = len(item.arguments)
        with decimal.localcontext(prec=60):
            sums[arity] += decimal.Decimal(2) ** (-decimal.Decimal(production.units) / 1024)
        if not arity:
            values = columns[item.name] if not hasattr(item, "value") else [item.value] * rows
            leaves[index(values)] += probability
            continue
        table = truth_table(item)
        if arity == 1:
            one[table] += probability
        else:
            pairs[table] += probability
    mass = _mass(*sums)
    copy, flip = float(one[0b10]), float(one[0b01])
    yes, no = mass * float(one[0b11]), mass * float(one[0b00])
    xor = xnor = 0.0
    for table in np.flatnonzero(pairs):
        p, ones = float(pairs[table]), int(table).bit_count()
        if ones == 0:
            no += p * mass**2
        elif ones == 4:
            yes += p * mass**2
        elif ones == 1:
            conj[0, _negated(int(table))] += p
        elif ones == 3:
            conj[1, _negated(15 ^ int(table))] += p
        elif table in (0b1100, 0b1010):  # one argument passes, the other is any
            copy += p * mass
        elif table in (0b0011, 0b0101):
            flip += p * mass
        elif table == 0b0110:
            xor += p
        else:
            xnor += p
    return Connectives(leaves, copy, flip, yes, no, conj, xor, xnor, mass)


def index(values):
    """The index of a behaviour: bit r is the value on row r."""
    return int(np.asarray(values, bool) @ (1 << np.arange(len(values))))


def truth_table(primitive):
    """Bit 2 a + b of a number (bit a of one argument): the primitive's answer to a, b."""
    arity = len(primitive.arguments)
    rows = np.array(list(itertools.product((False, True), repeat=arity)))
    values, _ = primitive.evaluate(*(np.ascontiguousarray(c) for c in rows.T))
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
    with decimal.localcontext(prec=60):
        b = 1 - unary
        root = max(b * b - 4 * binary * leaf, decimal.Decimal(0)).sqrt()
        return float(2 * leaf / (b + root)) if b + root else 0.0
