"""Which known operation a primitive is: `+`, `<`, `min`, `where`, `and` and the like.

The meaning of a primitive is not taken from its name alone.  Of a primitive of truth values, the
whole truth table is read; for others, the operation that the symbol or the name suggests is first
compared on a block of values.
"""

import itertools
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from synth.language.check import sample_block
from synth.language.types import Bool, Real

#: Truth tables are read for up to this many arguments.
MOST_ARGUMENTS = 6


def _shifted_right(a, b):
    # NumPy's answer to a shift by a negative number depends on the processor; no formula has it.
    return np.where(b >= 0, np.right_shift(a, np.maximum(b, 0)), np.iinfo(np.int64).min)


#: The NumPy function of each operation, by symbol or name and number of arguments.
REFERENCES: dict[tuple[str, int], Callable[..., Any]] = {
    ("+", 2): np.add,
    ("-", 2): np.subtract,
    ("*", 2): np.multiply,
    ("/", 2): np.divide,
    ("//", 2): np.floor_divide,
    ("ceil_div", 2): lambda a, b: -(-a // b),
    ("round_div", 2): lambda a, b: (2 * a + b) // (2 * b),
    ("%", 2): np.remainder,
    ("**", 2): np.power,
    ("<<", 2): np.left_shift,
    (">>", 2): _shifted_right,
    ("&", 2): np.bitwise_and,
    ("|", 2): np.bitwise_or,
    ("^", 2): np.bitwise_xor,
    ("-", 1): np.negative,
    ("+", 1): np.positive,
    ("<", 2): np.less,
    ("<=", 2): np.less_equal,
    ("==", 2): np.equal,
    ("!=", 2): np.not_equal,
    (">", 2): np.greater,
    (">=", 2): np.greater_equal,
    ("floor", 1): lambda a: np.floor(Real.coarse(a)),
    ("ceil", 1): lambda a: np.ceil(Real.coarse(a)),
    ("round", 1): lambda a: np.floor(Real.coarse(a + 0.5)),
    ("abs", 1): np.abs,
    ("min", 2): np.minimum,
    ("max", 2): np.maximum,
    ("square", 1): np.square,
    ("sqrt", 1): np.sqrt,
    ("exp", 1): np.exp,
    ("log", 1): np.log,
    ("sin", 1): np.sin,
    ("cos", 1): np.cos,
    ("tan", 1): np.tan,
    ("arcsin", 1): np.arcsin,
    ("sign", 1): np.sign,
    ("conj", 1): np.conj,
    ("where", 3): np.where,
}

#: The truth tables of connectives, rows in the order of binary numbers.
_TABLES = {
    "0110": "xor",
    "1001": "same",
    "0001": "and",
    "0111": "or",
    "1110": "nand",
    "1000": "nor",
    "1101": "implies",
    "01": "is",
    "10": "not",
    "01010011": "where",
}


@lru_cache(maxsize=4096)
def operation(primitive):
    """The key in `REFERENCES` of what a primitive does; None if it does something else.

    An operation on residues is one that agrees after the remainder is taken.
    """
    arity = len(primitive.arguments)
    # A DSL that is extended by names has a second choice, `where2`.
    names = primitive.symbol, primitive.name, primitive.name.rstrip("0123456789")
    for key in ((name, arity) for name in names):
        if key in REFERENCES and _agrees(primitive, REFERENCES[key]):
            return key
    return None


def is_connective(primitive):
    """Whether all arguments and the answer of a primitive are truth values."""
    return {*primitive.arguments, primitive.result} == {Bool}


@lru_cache(maxsize=4096)
def truth_table(primitive):
    """The truth table of a connective, as rows of arguments and a tuple of answers.

    None if it has more than `MOST_ARGUMENTS` arguments.
    """
    arity = len(primitive.arguments)
    if arity > MOST_ARGUMENTS:
        return None
    rows = np.array(list(itertools.product([False, True], repeat=arity)))
    return rows, tuple(primitive.evaluate(*rows.T)[0].tolist())


def connective(primitive):
    """The name of a connective, such as "xor"; None if its truth table has no name."""
    found = truth_table(primitive)
    return found and _TABLES.get("".join("01"[value] for value in found[1]))


def _agrees(primitive, reference):
    """Whether a primitive agrees with a NumPy function wherever the primitive has a value."""
    generator = np.random.default_rng(0)
    arrays = [sample_block(type_, generator) for type_ in primitive.arguments]
    values, defined = primitive.evaluate(*arrays)
    defined = np.ones(len(values), bool) if defined is None else defined
    if not defined.any():
        return False
    try:
        with np.errstate(all="ignore"):
            expected = np.asarray(reference(*(a[defined] for a in arrays)))
            if primitive.result.family == "Mod":
                expected = np.remainder(expected, primitive.result.size)
            if primitive.result.inexact:
                expected = primitive.result.rounded(expected)[0]
    except (TypeError, ValueError, ArithmeticError):
        return False
    return np.array_equal(expected, values[defined])
