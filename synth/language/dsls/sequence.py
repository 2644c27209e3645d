"""Laws of sequences: the next term as a function of its number and of up to three terms before it.

`n` is the number of the term, 1 for the first one; `a1` is the term before it, `a2` the term before
that, and `a3` the one before.  A program that leaves the range of whole numbers up to 2**31, or
divides by zero, on any term for training has no value there and is rejected.
"""

from dataclasses import replace

import numpy as np

from synth.errors import SettingError
from synth.language.columns import TypedColumns
from synth.language.dsl import DSL
from synth.language.types import INT_LIMIT, Bool, Int

#: The constants of the DSL.
CONSTANTS = (1, 2, 3)
#: The most terms before a term that it can depend on.
MOST_LAGS = 3


def fits(types):
    """Never, by the types alone: it is meant for tasks that are sequences."""
    return False


def build(types=(), lags: int = 0):
    """The DSL of laws of sequences.

    Parameters
    ----------
    types : sequence of Type
        The types of the task's columns and labels.
    lags : int
        How many terms before a term its law reads, 0..3.
    """
    if not 0 <= lags <= MOST_LAGS:
        raise SettingError(f"sequence: lags={lags}; allowed: 0..{MOST_LAGS}")
    number = Int(-INT_LIMIT, INT_LIMIT)
    dsl = DSL(f"sequence:lags={lags}", types=(number, Bool), description=__doc__)
    two = "Int, Int -> Int"
    dsl.add(np.add, two, name="add", symbol="+", commutative=True)
    dsl.add(np.subtract, two, name="sub", symbol="-")
    dsl.add(np.multiply, two, name="mul", symbol="*", commutative=True)
    dsl.add(np.floor_divide, two, name="div", symbol="//")
    dsl.add(np.remainder, two, name="mod", symbol="%")
    compare = "Int, Int -> Bool"
    dsl.add(np.less, compare, name="lt", symbol="<")
    dsl.add(np.less_equal, compare, name="le", symbol="<=")
    dsl.add(np.equal, compare, name="eq", symbol="==", commutative=True)
    dsl.add(np.where, "Bool, Int, Int -> Int", name="where")
    for value in CONSTANTS:
        dsl.constant(value, number)
    return dsl


def prepare(columns: TypedColumns, lags: int = 0) -> TypedColumns:
    """Asks for the terms before each term as columns."""
    return replace(columns, lags=lags)


def for_sequence(given: TypedColumns) -> list[str]:
    """The numbers of lags that are tried: at least one term has to be left to be explained."""
    most = min(MOST_LAGS, int(given.train.sum()) - 1)
    return [f"sequence:lags={lags}" for lags in range(most + 1)]
