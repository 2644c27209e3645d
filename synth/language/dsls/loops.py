"""Programs that loop: folds over strings, whose functions are found too, and connectives of them.

`fold['s, b: s ^ b', false](xs)` reads a string letter by letter.  The state s is first `false`, and
`s ^ b` after each letter, where b is whether the letter is the second of two.  Of 4 letters, a and
b are the two bits of its place, so that pairs of bits are letters.  Other letters x are told apart
by `is_x`.

States of `fold` are truth values; those of `fold2` and `fold3` are two and three of them, with an
answer that is read from them at the end; those of `fold_mod3`, `fold_mod4` and `fold_mod5` are
residues, which `==` compares with constants; those of `fold_count` are whole numbers that stay at
the ends of their range, which `<` and `==` compare with 0.  Functions are made of the operations of
these types.  Every fold ends, since a string does.
"""

from functools import partial

import numpy as np

from synth.errors import DSLError, SettingError
from synth.language.dsl import DSL
from synth.language.folds import Folds, Kind
from synth.language.types import Bool, Int, Mod, Str

#: The largest magnitude of a counter that may be asked for.
MOST_COUNT = 10_000
#: The moduli of states.
MODULI = (3, 4, 5)


def fits(types):
    """Never, by the types alone: it is given by its name."""
    return False


def build(types=(), count: int = 128):
    """The DSL of folds over strings.

    Parameters
    ----------
    types : sequence of Type
        The types of the task's columns and labels, the labels' type last: strings of the same
        letters, and labels of Bool.
    count : int
        The largest magnitude of a counter, which should be no less than the longest string.
    """
    *columns, label = types or (Str("01"), Bool)
    alike = all(t == columns[0] and t.letters for t in columns)
    if not alike or label != Bool:
        given = ", ".join(map(str, columns))
        raise DSLError(
            f"loops: columns of {given}, labels of {label}; allowed: strings of the same letters, "
            "and labels of Bool"
        )
    if not 1 <= count <= MOST_COUNT:
        raise SettingError(f"loops: count={count}; allowed: 1..{MOST_COUNT}")
    counter = Int(-count, count)
    name = "loops" if count == 128 else f"loops:count={count}"
    dsl = DSL(name, types=(Bool, Mod(3), Mod(4), Mod(5), counter, columns[0]), description=__doc__)
    # Of 24 shares, the three comparisons of residues have three, and that of order has six.
    _connectives(dsl, weight=3)
    for modulus in MODULI:
        pair = f"Mod({modulus}), Mod({modulus}) -> Bool"
        dsl.add(np.equal, pair, name=f"eq{modulus}", symbol="==", commutative=True)
        for value in range(modulus):
            dsl.constant(value, Mod(modulus))
    _compared(dsl, less=6, equal=3)
    dsl.constant(0, counter)
    truths = _truths()
    kinds = [
        Kind("fold", Bool, truths, (0, 1), price=1.0),
        Kind("fold2", Bool, truths, (0,), price=2.0, parts=2),
        Kind("fold3", Bool, truths, (0,), price=2.0, parts=3),
        *(Kind(f"fold_mod{m}", Mod(m), _residues(m), tuple(range(m))) for m in MODULI),
        Kind("fold_count", counter, _counts(counter), (0,)),
    ]
    dsl.family = Folds(columns[0], {kind.name: kind for kind in kinds})
    return dsl


def _connectives(dsl, weight=1):
    two = "Bool, Bool -> Bool"
    dsl.add(np.logical_and, two, name="and_", symbol="&", commutative=True, weight=weight)
    dsl.add(np.logical_or, two, name="or_", symbol="|", commutative=True, weight=weight)
    dsl.add(np.logical_xor, two, name="xor", symbol="^", commutative=True, weight=weight)
    dsl.add(np.logical_not, "Bool -> Bool", name="not_", symbol="~", weight=weight)


def _compared(dsl, less=1, equal=1):
    dsl.add(np.less, "Int, Int -> Bool", name="lt", symbol="<", weight=less)
    dsl.add(np.equal, "Int, Int -> Bool", name="eq", symbol="==", commutative=True, weight=equal)


def _truths():
    dsl = DSL("functions of truth values", types=(Bool,))
    _connectives(dsl)
    return dsl


def _residues(modulus):
    """What functions of residues are made of."""
    type_ = Mod(modulus)
    dsl = DSL(f"functions of {type_}", types=(type_, Bool))
    two = f"{type_}, {type_} -> {type_}"
    for name, symbol, function in (("add", "+", np.add), ("sub", "-", np.subtract)):
        known = partial(_modulo, function, modulus)
        dsl.add(known, two, name=name, symbol=symbol, commutative=name == "add")
    dsl.add(partial(_modulo, np.multiply, modulus), two, name="mul", symbol="*", commutative=True)
    dsl.add(np.where, f"Bool, {type_}, {type_} -> {type_}", name="where")
    dsl.add(np.equal, f"{type_}, {type_} -> Bool", name="eq", symbol="==", commutative=True)
    dsl.add(np.logical_and, "Bool, Bool -> Bool", name="and_", symbol="&", commutative=True)
    dsl.add(np.logical_not, "Bool -> Bool", name="not_", symbol="~")
    for value in range(modulus):
        dsl.constant(value, type_)
    return dsl


def _modulo(function, modulus, a, b):
    return function(a, b) % modulus


def _counts(type_):
    """What functions of counters are made of; sums stay in the range."""
    dsl = DSL(f"functions of {type_}", types=(type_, Bool))
    known = partial(_kept, np.add, type_)
    dsl.add(known, "Int, Int -> Int", name="add", symbol="+", commutative=True)
    dsl.add(np.where, "Bool, Int, Int -> Int", name="where")
    _compared(dsl)
    dsl.constant(1, type_)
    dsl.constant(-1, type_)
    return dsl


def _kept(function, type_, a, b):
    return np.clip(function(a, b), type_.low, type_.high)
