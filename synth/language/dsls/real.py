"""Real numbers: sums, differences, products, quotients, small constants; functions if asked for.

A program that has no finite value on a row, as after a division by zero or for the logarithm of a
negative number, is rejected.
"""

import numpy as np

from synth.language.dsl import DSL
from synth.language.types import Real

#: The constants of the DSL, if no others are asked for.
CONSTANTS = (1, 2)
#: With the numbers that convert units: months, hours, minutes, percent.
UNITS = (*CONSTANTS, 10, 12, 24, 60, 100, 1000)


def fits(types):
    """Whether all types are Real."""
    return {t.family for t in types} == {"Real"}


def build(types=(), constants: tuple = CONSTANTS, rounding: bool = False, functions: bool = False):
    """The DSL of real numbers.

    Parameters
    ----------
    types : sequence of Type
        Not used.
    constants : tuple of float
        Finite numbers.
    rounding : bool
        Adds `floor`, `ceil` and `round`, a half upwards.  What differs from a whole number by less
        than 28 bits do is that number.
    functions : bool
        Adds `square`, `sqrt`, `exp`, `log`, `sin`, `cos` and `arcsin`.
    """
    dsl = DSL(_name(constants, rounding, functions), types=(Real,), description=__doc__)
    two = "Real, Real -> Real"
    dsl.add(np.add, two, name="add", symbol="+", commutative=True)
    dsl.add(np.subtract, two, name="sub", symbol="-")
    dsl.add(np.multiply, two, name="mul", symbol="*", commutative=True)
    dsl.add(np.divide, two, name="div", symbol="/")
    if rounding:
        for name, function in (("floor", floor), ("ceil", ceil), ("round", nearest)):
            dsl.add(function, "Real -> Real", name=name)
    if functions:
        for function in (np.square, np.sqrt, np.exp, np.log, np.sin, np.cos, np.arcsin):
            dsl.add(function, "Real -> Real")
    for value in constants:
        dsl.constant(value, Real)
    return dsl


def floor(a):
    """The next whole number that is not above a."""
    return np.floor(Real.coarse(a))


def ceil(a):
    """The next whole number that is not below a."""
    return np.ceil(Real.coarse(a))


def nearest(a):
    """The nearest whole number; of a half, the one above."""
    return np.floor(Real.coarse(a + 0.5))


def _name(constants, rounding, functions=False):
    """The name of the DSL, with what it has beside the usual parts."""
    said = "" if tuple(constants) == CONSTANTS else f"constants={'/'.join(map(str, constants))}"
    settings = [said, "rounding=true" * rounding, "functions=true" * functions]
    return ":".join(filter(None, ["real", ",".join(filter(None, settings))]))


def with_units() -> str:
    """The DSL with rounding and with the constants that convert units, as its specification."""
    return _name(UNITS, True)


def with_functions() -> str:
    """The DSL with functions, as its specification."""
    return _name(CONSTANTS, False, True)
