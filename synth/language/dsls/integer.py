"""Integers and booleans: arithmetic, comparisons, connectives and choice.

A program that leaves the range low..high or divides by zero on any row has no value there and is
rejected.
"""

import numpy as np

from synth.language.dsl import DSL
from synth.language.types import INT_LIMIT, Bool, Int


def fits(types):
    """Whether all types are Int or Bool, at least one of them Int."""
    families = {t.family for t in types}
    return "Int" in families and families <= {"Int", "Bool"}


def build(
    types=(),
    low: int | None = None,
    high: int | None = None,
    constants: tuple = (0, 1, 2, 3, 4),
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
    """
    found = [t for t in types if t.family == "Int"]
    widest = max([10**6, *(2 * max(abs(t.low), abs(t.high)) for t in found)])
    widest = min(widest, INT_LIMIT)
    low, high = -widest if low is None else low, widest if high is None else high
    number = Int(low, high)
    dsl = DSL("integer", types=(number, Bool), description=__doc__)
    two = "Int, Int -> Int"
    dsl.add(np.add, two, name="add", symbol="+", commutative=True)
    dsl.add(np.subtract, two, name="sub", symbol="-")
    dsl.add(np.multiply, two, name="mul", symbol="*", commutative=True)
    dsl.add(np.minimum, two, name="min", commutative=True)
    dsl.add(np.maximum, two, name="max", commutative=True)
    dsl.add(np.abs, "Int -> Int", name="abs")
    dsl.add(np.remainder, two, name="mod", symbol="%")
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
