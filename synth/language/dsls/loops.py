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

If labels are strings or numbers, programs are made of strings: `reverse`, `+` (one string and then
the other), `take`, `drop`, `length`, and of two columns of two letters `zip`, whose letters are
pairs.  `map`, `filter` and `scan` run functions of a letter over a string: see
`synth.language.scans`.
"""

from functools import partial
from math import log2

import numpy as np

from synth.errors import DSLError, SettingError
from synth.language.dsl import DSL
from synth.language.folds import Folds, Kind
from synth.language.scans import Form, Scans
from synth.language.strings import (
    first_letters,
    joined_strings,
    later_letters,
    lengths_of,
    reversed_strings,
    zipped,
)
from synth.language.types import INT_LIMIT, Bool, Int, Label, Mod, Str

#: The largest magnitude of a counter that may be asked for, the one by default, and the largest
#: that longer strings of a task lead to: functions of counters take as many bytes.
MOST_COUNT, COUNT, MOST_LETTERS = 10_000, 128, 512
#: The moduli of states.
MODULI = (3, 4, 5)
#: What stands for the pairs of two letters, and the numbers that programs of strings begin with.
PAIRS, NUMBERS = "0123", (0, 1, 2, 3)


def fits(types):
    """Whether columns are strings of the same letters, and labels strings or numbers.

    For labels that are truth values it is given by its name.
    """
    *columns, label = types
    return _alike(columns) and label.family in ("Str", "Int")


def _alike(columns):
    return bool(columns) and all(t == columns[0] and t.letters for t in columns)


def build(types=(), count: int | None = None):
    """The DSL of folds over strings.

    Parameters
    ----------
    types : sequence of Type
        The types of the task's columns and labels, the labels' type last: strings of the same
        letters, and labels of Bool, Int or Str.
    count : int, optional
        The largest magnitude of a counter, which should be no less than the longest string.  By
        default 128, or as many letters as the longest string of the task has, up to 512.
    """
    *columns, label = types or (Str("01"), Bool)
    if not _alike(columns) or label.family not in ("Bool", "Int", "Str"):
        given = ", ".join(map(str, columns))
        raise DSLError(
            f"loops: columns of {given}, labels of {label}; allowed: strings of the same letters, "
            "and labels of Bool, Int or Str"
        )
    if label != Bool:
        return _of_strings(columns, label, count)
    if count is not None and not 1 <= count <= MOST_COUNT:
        raise SettingError(f"loops: count={count}; allowed: 1..{MOST_COUNT}")
    name = "loops" if count is None else f"loops:count={count}"
    counter = Int(-(count or COUNT), count or COUNT)
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
    if count is None:
        dsl.for_letters = _for_letters
    return dsl


def _for_letters(longest):
    """The DSL whose counters count the letters of longer strings; None if these do."""
    return f"loops:count={min(longest, MOST_LETTERS)}" if longest > COUNT else None


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


def _of_strings(columns, label, count):
    """The DSL of programs that make strings or numbers of strings."""
    if count is not None:
        raise SettingError(f"loops: count={count}; allowed: only if labels are truth values")
    given, number = columns[0], _numbers(label)
    made = given if not label.letters or set(label.letters) <= set(given.letters) else label
    pairs = Str(PAIRS) if len(columns) > 1 and len(given.letters) == 2 else None
    types = list(dict.fromkeys([given, made, *([pairs] if pairs else [])]))
    dsl = DSL("loops", types=(*types, number, Bool), description=__doc__)
    for type_, end in zip(
        types, ("", "_out" if made != given else "_pairs", "_pairs"), strict=False
    ):
        _operations(dsl, type_, number, end)
        if type_ != pairs:
            dsl.add(np.where, f"Bool, {type_}, {type_} -> {type_}", name=f"where{end}")
        for letter in type_.letters:
            dsl.constant(letter, type_)
    if pairs:
        two = f"{given}, {given} -> {pairs}"
        dsl.add(partial(zipped, letters=given.letters, pairs=PAIRS), two, name="zip")
    _arithmetic(dsl, number)
    dsl.family = _scans(given, made, pairs)
    return dsl


def _numbers(label):
    """The type of numbers: lengths of strings, and labels if they are numbers."""
    return Int(-INT_LIMIT, INT_LIMIT) if label.family == "Int" else Int(-10_000, 10_000)


def _operations(dsl, type_, number, end):
    """What is made of strings of a type; end: of the names, which differ from type to type."""
    dsl.add(reversed_strings, f"{type_} -> {type_}", name=f"reverse{end}")
    dsl.add(joined_strings, f"{type_}, {type_} -> {type_}", name=f"join{end}", symbol="+")
    dsl.add(first_letters, f"{type_}, {number} -> {type_}", name=f"take{end}")
    dsl.add(later_letters, f"{type_}, {number} -> {type_}", name=f"drop{end}")
    dsl.add(lengths_of, f"{type_} -> {number}", name=f"length{end}")
    two = f"{type_}, {type_} -> Bool"
    dsl.add(np.equal, two, name=f"same{end}", symbol="==", commutative=True)


def _arithmetic(dsl, number):
    two = f"{number}, {number} -> {number}"
    dsl.add(np.add, two, name="add", symbol="+", commutative=True)
    dsl.add(np.subtract, two, name="sub", symbol="-")
    dsl.add(np.less, f"{number}, {number} -> Bool", name="lt", symbol="<")
    dsl.add(np.logical_not, "Bool -> Bool", name="not_", symbol="~")
    for value in NUMBERS:
        dsl.constant(value, number)


def _scans(given, made, pairs):
    """The functions of letters, of strings and of pairs, that make strings of two types.

    Of 32 shares of a result type, map, filter and scan with an arrow have 8 each, scan without one
    4, scan2 two, and scan3 and filter with a state one each.  If the labels have other letters than
    the inputs, filters alone make strings of the inputs' type, and each kind has half.
    """
    forms, arguments = [], [given, *([pairs] if pairs else [])]
    two, among = len(made.letters) == 2, log2(len(arguments))
    for argument in arguments if len(made.letters) > 1 else ():
        forms += [
            Form("map", argument, made, 2 + among),
            Form("scan", argument, made, 2 + among, parts=1),
            Form("scan2", argument, made, 4 + among, parts=2),
            Form("scan3", argument, made, 5 + among, parts=3),
        ]
        forms += [Form("scan", argument, made, 3 + among, parts=1, writes=False)] * two
    plain, stateful = (2.0, 5.0) if made == given else (1.0, 1.0)
    forms += [Form("filter", given, given, plain), Form("filter", given, given, stateful, parts=1)]
    letters = {} if two or len(made.letters) == 1 else {made: _letters(made)}
    return Scans(forms, _truths(), letters)


def _letters(type_):
    """What functions that say a letter of a type of strings are made of."""
    label = Label(*type_.letters)
    dsl = DSL(f"functions of letters {type_}", types=(label, Bool))
    _connectives(dsl)
    dsl.add(np.where, f"Bool, {label}, {label} -> {label}", name="where")
    for place in range(len(type_.letters)):
        dsl.constant(place, label)
    return dsl
