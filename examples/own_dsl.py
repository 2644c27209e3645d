"""A DSL of one's own, with the three kinds of bodies a primitive can have.

synth search examples/own_table.csv --dsl examples/own_dsl.py:dsl
"""

import numba
import numpy as np

from synth import DSL, Bool, Int

dsl = DSL("own", types=(Int(0, 1000), Bool))


@dsl.primitive(symbol=">")
def exceeds(a: Int, b: Int) -> Bool:  # plain NumPy code
    return a > b


dsl.add(np.logical_or, "Bool, Bool -> Bool", symbol="|", commutative=True)  # a ufunc


@numba.vectorize
def digits(n):  # a loop, compiled by numba
    count = 1
    while n > 9:
        n //= 10
        count += 1
    return count


dsl.add(digits, "Int -> Int")
for value in (1, 4, 10):
    dsl.constant(value, Int)
