"""Real numbers: sums, differences, products, quotients and small constants.

A program that divides by zero on any row has no value there and is rejected.
"""

import numpy as np

from synth.language.dsl import DSL
from synth.language.types import Real


def fits(types):
    """Whether all types are Real."""
    return {t.family for t in types} == {"Real"}


def build(types=(), constants: tuple = (1, 2)):
    """The DSL of real numbers.

    Parameters
    ----------
    types : sequence of Type
        Not used.
    constants : tuple of float
        Finite numbers.
    """
    dsl = DSL("real", types=(Real,), description=__doc__)
    two = "Real, Real -> Real"
    dsl.add(np.add, two, name="add", symbol="+", commutative=True)
    dsl.add(np.subtract, two, name="sub", symbol="-")
    dsl.add(np.multiply, two, name="mul", symbol="*", commutative=True)
    dsl.add(np.divide, two, name="div", symbol="/")
    for value in constants:
        dsl.constant(value, Real)
    return dsl
