"""A DSL of your own, with the three kinds of functions that a primitive can have.

Run it in a checkout:  python examples/own_dsl.py
Or use it in a search: synth search examples/own_table.csv --dsl examples/own_dsl.py:dsl
"""

# %% Types, and primitives: any functions that work elementwise on NumPy arrays
from pathlib import Path

import numba
import numpy as np

import synth
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

# %% Check the DSL before any search
if __name__ == "__main__":
    print("problems:", synth.check_dsl(dsl) or "none")

    # %% Use it in a search, as a built-in DSL
    task = synth.load_task(Path(__file__).parent / "own_table.csv")
    result = synth.search(task, dsl)
    print(
        f"{result.program.text}: {result.program.bits:.1f} bits,",
        f"{result.program.test_accuracy:.0%} of unseen rows",
    )

    # %% The same rule costs different bits in another DSL: the language is the prior
    for name, other in (("own", dsl), ("integer", "integer")):
        found = synth.search(task, other)
        print(f"{name:8} {found.program.bits:5.1f} bits  {found.program.text}")

    # %% Evaluate a program on any columns
    program = synth.Program.parse("digits(n) > 1", synth.Grammar(dsl, {"n": Int(0, 1000)}))
    print(program, program.evaluate({"n": np.array([7, 10, 999])}).tolist())
