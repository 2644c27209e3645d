"""An atlas: the least number of operators of every boolean function of some inputs, by class.

Negation is free and inputs are alike, so that all functions of a class cost the same: those that
permutations and negations of the inputs, and negation of the result, turn into one another.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synth.atlas.symmetry import check_function, turned_rows
from synth.atlas.text import Writer
from synth.errors import RunError

#: The operators that each basis counts; negation is free in both.
BASES = {"and-or": ("&", "|"), "and-or-xor": ("&", "|", "^")}


@dataclass(frozen=True)
class Answer:
    """What an atlas says of one function.

    Parameters
    ----------
    function : int
        The function: bit r is its value on row r, and input i is bit i of r.
    operators : int
        The least number of operators of a program for it.
    program : str or None
        A program with that many operators; None if the atlas keeps no programs.
    smallest : int
        The smallest function of its class.
    size : int
        The number of functions in its class.
    as_simple : int
        The number of functions that need no more operators.
    """

    function: int
    operators: int
    program: str | None
    smallest: int
    size: int
    as_simple: int


@dataclass(frozen=True, eq=False)
class Atlas:
    """The least number of operators of every function, by class.

    Parameters
    ----------
    inputs : int
        The number of inputs.
    basis : str
        One of `BASES`.
    functions : uint32 (C,)
        The smallest function of each class, ascending.
    operators : uint8 (C,)
        The least number of operators of the class.
    sizes : int64 (C,)
        The number of functions in the class.
    parts : uint32 (C, 2), optional
        Two functions that the smallest function, or its negation, is made from with one operator;
        each may be negated. A function without operators has itself.
    """

    inputs: int
    basis: str
    functions: NDArray[np.uint32]
    operators: NDArray[np.uint8]
    sizes: NDArray[np.int64]
    parts: NDArray[np.uint32] | None = None

    @property
    def full(self) -> int:
        """The function that is true on every row."""
        return int(2 ** (2**self.inputs) - 1)

    @cached_property
    def levels(self) -> list[tuple[int, int, int]]:
        """For each number of operators: that number, the classes and the functions that need it."""
        counts = np.bincount(self.operators)
        sums = np.zeros(len(counts), np.int64)
        np.add.at(sums, self.operators, self.sizes)
        return [(k, int(counts[k]), int(sums[k])) for k in range(len(counts))]

    def place(self, function: int) -> tuple[int, NDArray[np.uint8]]:
        """The class of a function, and where its rows go.

        Parameters
        ----------
        function : int
            The function.

        Returns
        -------
        (int, uint8 (2**inputs,))
            The number of the class, and `rows`, so that the value of the smallest function, or of
            its negation, on row k is that of the function on row rows[k].

        Raises
        ------
        SettingError
            If there is no such function of that many inputs.
        """
        check_function(function, self.inputs)
        turned = turned_rows(self.inputs)
        values = function >> np.arange(2**self.inputs) & 1
        numbers = values[turned] @ (1 << np.arange(2**self.inputs))
        numbers = np.minimum(numbers, self.full - numbers)
        best = int(numbers.argmin())
        return int(np.searchsorted(self.functions, numbers[best])), turned[best]

    def least(self, function: int) -> int:
        """The least number of operators of a function."""
        return int(self.operators[self.place(function)[0]])

    def made_from(self, function: int) -> tuple[int, int] | None:
        """Two functions, or negations, that make a function, or its negation.

        None for an input, and if the atlas keeps no programs.

        Raises
        ------
        RunError
            If these functions need more operators, or fewer, than the function says.
        """
        place, rows = self.place(function)
        if self.parts is None or not self.operators[place]:
            return None
        first, second = (
            sum((part >> k & 1) << row for k, row in enumerate(rows.tolist()))
            for part in self.parts[place].tolist()
        )
        if self.least(first) + self.least(second) + 1 != self.operators[place]:
            raise RunError(f"the atlas is damaged: the program of {function:#x} is not shortest")
        return first, second

    def program(self, function: int, names: tuple[str, ...] | None = None) -> str:
        """A program with the least number of operators.

        Parameters
        ----------
        function : int
            The function.
        names : tuple of str, optional
            The names of the inputs; by default x0, x1, ...

        Returns
        -------
        str
            The program in the syntax of the boolean DSL, in which only inputs are negated.
        """
        names = names or tuple(f"x{i}" for i in range(self.inputs))
        return Writer(self, BASES[self.basis], names).text(function)

    def answer(self, function: int, names: tuple[str, ...] | None = None) -> Answer:
        """All that the atlas says of a function; the parameters are those of `program`."""
        place, _ = self.place(function)
        least = int(self.operators[place])
        return Answer(
            function=function,
            operators=least,
            program=None if self.parts is None else self.program(function, names),
            smallest=int(self.functions[place]),
            size=int(self.sizes[place]),
            as_simple=int(self.sizes[self.operators <= least].sum()),
        )
