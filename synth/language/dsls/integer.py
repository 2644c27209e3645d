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
#: The most constants that are taken from a table, and the most labels that are.
MOST_CONSTANTS, MOST_LABELS = 32, 16
#: The constants that programs on bytes need beside the usual ones: shifts and masks.
BYTES = (5, 6, 7, 8, 15, 16, 127, 128, 255, 256)


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
        Adds `//`, rounded down.
    bits : bool
        Adds `&`, `|`, `^`, `<<` and `>>` of whole numbers.
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
    if bits:
        dsl.add(np.bitwise_and, two, name="bit_and", symbol="&", commutative=True)
        dsl.add(np.bitwise_or, two, name="bit_or", symbol="|", commutative=True)
        dsl.add(np.bitwise_xor, two, name="bit_xor", symbol="^", commutative=True)
        dsl.add(np.left_shift, two, name="shift_left", symbol="<<")
        dsl.add(np.right_shift, two, name="shift_right", symbol=">>")
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


def _name(constants, division, bits):
    """The name of the DSL, with what it has beside the usual parts."""
    named = [] if tuple(constants) == CONSTANTS else [f"constants={'/'.join(map(str, constants))}"]
    named += ["division=true"] * division + ["bits=true"] * bits
    return ":".join(["integer", *filter(None, [",".join(named)])])


def of_bytes(given: TypedColumns) -> list[str]:
    """The integer DSL with operators on bits, for tables of bytes.

    Parameters
    ----------
    given : TypedColumns
        The columns of the table.

    Returns
    -------
    list of str
        The specification; empty unless all columns and labels are whole numbers from 0 to 255, and
        the largest is 128 or more.
    """
    if {t.family for t in given.types.values()} != {"Int"}:
        return []
    columns = [given.columns[n][given.train] for n in given.types]
    held = np.concatenate([*columns, np.array([int(v) for v in given.label_values])])
    whole = held.min() >= 0 and 128 <= held.max() <= 255
    return [_name((*CONSTANTS, *BYTES), False, True)] if whole else []


def with_constants(given: TypedColumns) -> list[str]:
    """The integer DSL with the numbers that a table holds as constants beside its own.

    They are the training values of the columns of whole numbers, and the labels if they are few; of
    more than `MOST_CONSTANTS`, every k-th in order of size.  Which labels are there is known to
    whoever reads the code of the labels, as it is for a table.

    Parameters
    ----------
    given : TypedColumns
        The columns of the table.

    Returns
    -------
    list of str
        The specification; empty if there is no number beside the usual constants.
    """
    columns = [given.columns[n][given.train] for n, t in given.types.items() if t.family == "Int"]
    if len(given.label_values) <= MOST_LABELS:
        columns.append(np.array([int(v) for v in given.label_values]))
    held = np.unique(np.concatenate(columns)) if columns else np.empty(0, np.int64)
    found = sorted(set(held.tolist()) - set(CONSTANTS))
    if not found:
        return []
    step = -(-len(found) // MOST_CONSTANTS)
    return [_name((*CONSTANTS, *found[::step]), False, False)]
