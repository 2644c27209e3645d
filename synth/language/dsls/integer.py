"""Integers and booleans: arithmetic, comparisons, connectives and choice.

A program that leaves the range low..high or divides by zero on any row has no value there and is
rejected.
"""

import numpy as np

from synth.language.columns import TypedColumns
from synth.language.dsl import DSL
from synth.language.types import INT_LIMIT, Bool, Int

#: The constants of the DSL, if no others are asked for.
CONSTANTS = (0, 1, 2, 3, 4)
#: The numbers by which people divide, and of which they take remainders: hours, months, percent.
DIVISORS = (*CONSTANTS, 5, 6, 7, 8, 9, 10, 12, 24, 60, 100, 1000)
#: The most constants that are taken from a table, and the most labels that are.
MOST_CONSTANTS, MOST_LABELS = 32, 16
#: The constants that programs on bytes need beside the usual ones: shifts and masks.
BYTES = (5, 6, 7, 8, 15, 16, 127, 128, 255, 256)
#: A number outside of every range.
OUTSIDE = np.iinfo(np.int64).min


def fits(types):
    """Whether all types are Int or Bool, at least one of them Int."""
    families = {t.family for t in types}
    return "Int" in families and families <= {"Int", "Bool"}


def build(
    types=(),
    low: int | None = None,
    high: int | None = None,
    constants: tuple = CONSTANTS,
    division: bool = False,
    bits: bool = False,
):
    """The integer DSL.

    Parameters
    ----------
    types : sequence of Type
        The types of the task's columns and labels.
    low, high : int, optional
        The range of its numbers; by default -1,000,000 to 1,000,000, or twice the range of the
        task's columns and labels if that is wider.
    constants : tuple of int
        Constants.
    division : bool
        Adds quotients: `//`, rounded down, `ceil_div`, rounded up, and `round_div`, rounded to the
        nearest whole number, a half upwards.
    bits : bool
        Adds `&`, `|`, `^`, `<<` and `>>` of whole numbers; a shift is by 0 to 31 bits.
    """
    found = [t for t in types if t.family == "Int"]
    widest = max([10**6, *(2 * max(abs(t.low), abs(t.high)) for t in found)])
    widest = min(widest, INT_LIMIT)
    low, high = -widest if low is None else low, widest if high is None else high
    number = Int(low, high)
    dsl = DSL(_name(constants, division, bits), types=(number, Bool), description=__doc__)
    two = "Int, Int -> Int"
    dsl.add(np.add, two, name="add", symbol="+", commutative=True)
    dsl.add(np.subtract, two, name="sub", symbol="-")
    dsl.add(np.multiply, two, name="mul", symbol="*", commutative=True)
    dsl.add(np.minimum, two, name="min", commutative=True)
    dsl.add(np.maximum, two, name="max", commutative=True)
    dsl.add(np.abs, "Int -> Int", name="abs")
    dsl.add(np.remainder, two, name="mod", symbol="%")
    if division:
        dsl.add(np.floor_divide, two, name="div", symbol="//")
        dsl.add(ceil_div, two)
        dsl.add(round_div, two)
    if bits:
        dsl.add(np.bitwise_and, two, name="bit_and", symbol="&", commutative=True)
        dsl.add(np.bitwise_or, two, name="bit_or", symbol="|", commutative=True)
        dsl.add(np.bitwise_xor, two, name="bit_xor", symbol="^", commutative=True)
        dsl.add(_shift_left, two, name="shift_left", symbol="<<")
        dsl.add(_shift_right, two, name="shift_right", symbol=">>")
    compare = "Int, Int -> Bool"
    dsl.add(np.less, compare, name="lt", symbol="<")
    dsl.add(np.less_equal, compare, name="le", symbol="<=")
    dsl.add(np.equal, compare, name="eq", symbol="==", commutative=True)
    logic = "Bool, Bool -> Bool"
    dsl.add(np.logical_and, logic, name="and_", symbol="&", commutative=True)
    dsl.add(np.logical_or, logic, name="or_", symbol="|", commutative=True)
    dsl.add(np.logical_not, "Bool -> Bool", name="not_", symbol="~")
    dsl.add(np.where, "Bool, Int, Int -> Int", name="where")
    for value in constants:
        dsl.constant(value, number)
    return dsl


def ceil_div(a, b):
    """a / b rounded up; no value if b is 0."""
    return np.where(b == 0, OUTSIDE, -(-a // np.where(b == 0, 1, b)))


def round_div(a, b):
    """a / b rounded to the nearest whole number, a half upwards; no value if b is 0."""
    return np.where(b == 0, OUTSIDE, (2 * a + b) // np.where(b == 0, 1, 2 * b))


def _shift_left(a, b):
    """a << b; no value unless 0 <= b < 32, since processors differ there."""
    return np.where((b >= 0) & (b < 32), np.left_shift(a, b & 31), OUTSIDE)


def _shift_right(a, b):
    """a >> b; no value unless 0 <= b < 32."""
    return np.where((b >= 0) & (b < 32), np.right_shift(a, b & 31), OUTSIDE)


def _are_words(most):
    """Whether whole numbers up to one are likely bytes, or words of 4 to 16 bits."""
    return 128 <= most <= 255 or (15 <= most < 2**16 and (most + 1) & most == 0)


def _name(constants, division, bits):
    """The name of the DSL, with what it has beside the usual parts."""
    said = "" if tuple(constants) == CONSTANTS else f"constants={'/'.join(map(str, constants))}"
    settings = [said, "division=true" * division, "bits=true" * bits]
    return ":".join(filter(None, ["integer", ",".join(filter(None, settings))]))


def with_quotients() -> str:
    """The DSL of quotients and remainders, as its specification."""
    return _name(DIVISORS, True, False)


def for_table(given: TypedColumns) -> list[str]:
    """The DSLs of whole numbers that are tried for numbers as labels, beside the usual one.

    One has quotients.  One has the numbers that the table holds as constants: the training values
    of the columns of whole numbers, and the labels if they are few; of more than `MOST_CONSTANTS`,
    every k-th in order of size.  If all are bytes, or words of which the largest has ones alone,
    one has operators on bits.  Which labels there are is known to whoever reads the code of the
    labels, as it is for a look-up table.

    Parameters
    ----------
    given : TypedColumns
        The columns of the table.

    Returns
    -------
    list of str
        Specifications.
    """
    whole = [n for n, t in given.types.items() if t.family == "Int"]
    labels = {int(v) for v in given.label_values}
    held = set().union(*(given.columns[n][given.train].tolist() for n in whole))
    every, found = held | labels, [with_quotients()]
    held |= labels if len(labels) <= MOST_LABELS else set()
    if more := sorted(held - set(CONSTANTS)):
        step = -(-len(more) // MOST_CONSTANTS)
        found.append(_name((*CONSTANTS, *more[::step]), False, False))
    if len(whole) == len(given.types) and min(every) >= 0 and _are_words(max(every)):
        found.append(_name((*CONSTANTS, *BYTES), False, True))
    return found
