"""Finite machines as primitives: each is known by its text, and all are priced by their states.

`machine['01 22 22 / 110'](xs)` reads a string letter by letter.  It begins in state 0.  The first
word says where it goes from there: to state 0 with the first letter and to state 1 with the second.
The next words say this for states 1 and 2.  After the slash is the label of each state.  States are
numbered in the order in which they are met, so that each machine has one text; from the tenth on,
states and labels are the letters a to z.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray

from synth.errors import DSLError
from synth.language.primitive import Primitive
from synth.language.strings import places_of
from synth.language.types import Type

#: How states and labels are written, and the most of both.
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
_TEXT = re.compile(r"machine\['([0-9a-z ]+) / ([0-9a-z]+)'\]")


@dataclass(frozen=True, eq=False)
class Machines:
    """All machines that read strings of a type and have labels of another.

    Parameters
    ----------
    argument : Type
        The type of the strings.
    result : Type
        The type of the labels, which are 0..k-1.
    """

    argument: Type
    result: Type
    _made: dict[str, Primitive] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.argument.letters or not self.result.size <= len(DIGITS):
            raise DSLError(
                f"machines: {self.argument} -> {self.result}; allowed: strings, and labels of Bool "
                f"or of Mod(2) to Mod({len(DIGITS)})"
            )

    @property
    def results(self) -> tuple[Type, ...]:
        """The types of answers: that of the labels."""
        return (self.result,)

    def units(self, item: object, unit: int) -> int | None:
        """The price of a machine; None of anything else.

        unit: how many units are a bit.
        """
        name = getattr(item, "name", "")
        if self._made.get(name) is not item:
            return None
        return self.units_of(len(name.partition(" / ")[2]) - 2, unit)

    def units_of(self, states: int, unit: int) -> int:
        """The price of each machine of so many states, rounded up."""
        from synth import codes  # a saved run is verified without them

        letters = len(self.argument.letters)
        return ceil(unit * codes.machine_bits(states, letters, int(self.result.size)) - 1e-9)

    def machine(self, steps: Sequence[Sequence[int]], outputs: Sequence[int]) -> Primitive:
        """The machine of a table of steps and the labels of its states.

        steps: of each state, the state that each letter leads to; outputs: of each state.
        """
        steps, outputs = in_order(steps, outputs)
        words = " ".join("".join(DIGITS[to] for to in row) for row in steps)
        name = f"machine['{words} / {''.join(DIGITS[int(y)] for y in outputs)}']"
        if name not in self._made:
            run = _runner(np.array(steps), np.array(outputs), self.argument.letters, self.result)
            self._made[name] = Primitive(name, run, (self.argument,), self.result)
        found: Primitive = self._made[name]
        return found

    @staticmethod
    def table(made: Primitive) -> tuple[list[list[int]], list[int]]:
        """The steps and the labels of the states of a machine."""
        return _read(made.name)

    def named(self, name: str) -> Primitive | None:
        """The machine that has a text as its name; None if there is none."""
        if _TEXT.fullmatch(name) is None:
            return None
        steps, outputs = _read(name)
        states = range(len(steps))
        fits = len(outputs) == len(steps) and max(outputs) < self.result.size
        if not fits or any(
            len(row) != len(self.argument.letters) or not set(row) <= set(states) for row in steps
        ):
            return None
        if len(in_order(steps, outputs)[0]) < len(steps):
            return None
        made = self.machine(steps, outputs)
        return made if made.name == name else None


def _read(name: str) -> tuple[list[list[int]], list[int]]:
    """The steps and labels that a text says."""
    parts = _TEXT.fullmatch(name)
    assert parts is not None
    steps = [[DIGITS.index(c) for c in word] for word in parts[1].split(" ")]
    return steps, [DIGITS.index(c) for c in parts[2]]


def in_order(
    steps: Sequence[Sequence[int]], outputs: Sequence[int]
) -> tuple[list[list[int]], list[int]]:
    """The same machine with its states in the order in which they are met; others are left out."""
    order = [0]
    for state in order:
        order += dict.fromkeys(to for to in map(int, steps[state]) if to not in order)
    place = {state: k for k, state in enumerate(order)}
    return (
        [[place[int(to)] for to in steps[state]] for state in order],
        [int(outputs[state]) for state in order],
    )


def _runner(
    steps: NDArray[np.int64], outputs: NDArray[np.int64], letters: str, result: Type
) -> Callable[[NDArray[np.str_]], np.ndarray]:
    outputs = outputs.astype(result.dtype)

    def run(strings: NDArray[np.str_]) -> np.ndarray:
        places, lengths = places_of(strings, letters)
        states = np.zeros(len(strings), np.int64)
        for k, column in enumerate(places.T):
            states = np.where(k < lengths, steps[states, column], states)
        return outputs[states]

    return run
