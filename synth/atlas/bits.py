"""The least bits of every boolean function of some inputs in a DSL, by class.

Inputs are alike, so all functions that permutations of the inputs turn into one another cost the
same. Nothing is said of negations, which are not free in a DSL.
"""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.atlas.symmetry import check_function, turned_rows

#: The engine's unit of cost, in bits.
UNIT = 2.0**-10


@dataclass(frozen=True)
class BitsAnswer:
    """What a `BitsAtlas` says of one function.

    Parameters
    ----------
    dsl : str
        The DSL.
    bits : float or None
        The bits of a shortest program; None if no program computes the function.
    program : str or None
        That program.
    size : int
        The number of functions that permutations of the inputs make from this one.
    as_simple : int or None
        The number of functions that need no more bits; None if no program computes the function.
    """

    dsl: str
    bits: float | None
    program: str | None
    size: int
    as_simple: int | None


@dataclass(frozen=True, eq=False)
class BitsAtlas:
    """The least bits of every function that has a program, by class.

    Parameters
    ----------
    inputs : int
        The number of inputs.
    dsl : str
        The specification of the DSL.
    functions : uint32 (C,)
        The smallest function of each class, ascending.
    units : uint32 (C,)
        The cost of the class in units of 1/1024 bit.
    sizes : int64 (C,)
        The number of functions in the class.
    programs : tuple of str
        A shortest program of each smallest function, over inputs x0, x1, ...
    """

    inputs: int
    dsl: str
    functions: NDArray[np.uint32]
    units: NDArray[np.uint32]
    sizes: NDArray[np.int64]
    programs: tuple[str, ...]

    def answer(self, function: int, names: tuple[str, ...] | None = None) -> BitsAnswer:
        """What this atlas says of a function.

        Parameters
        ----------
        function : int
            The function: bit r is its value on row r, and input i is bit i of r.
        names : tuple of str, optional
            The names of the inputs; by default x0, x1, ...

        Raises
        ------
        SettingError
            If there is no such function of that many inputs.
        """
        check_function(function, self.inputs)
        names = names or tuple(f"x{i}" for i in range(self.inputs))
        turned = turned_rows(self.inputs)
        turned = turned[turned[:, 0] == 0]  # nothing is negated
        values = function >> np.arange(2**self.inputs) & 1
        numbers = values[turned] @ (1 << np.arange(2**self.inputs))
        best = int(numbers.argmin())
        size = len(np.unique(numbers))
        place = int(np.searchsorted(self.functions, numbers[best]))
        if place == len(self.functions) or self.functions[place] != numbers[best]:
            return BitsAnswer(self.dsl, None, None, size, None)
        # Input i of the smallest function is this input of the function.
        given = [names[int(turned[best, 1 << i]).bit_length() - 1] for i in range(self.inputs)]
        program = re.sub(r"\bx(\d)\b", lambda x: given[int(x[1])], self.programs[place])
        units = self.units[place]
        as_simple = int(self.sizes[self.units <= units].sum())
        return BitsAnswer(self.dsl, float(units * UNIT), program, size, as_simple)
