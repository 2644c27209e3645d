"""Folds as primitives: a function of a state and a letter, found by enumeration, run over a string.

`fold['s, b: s ^ b', false](xs)` begins with the state `false` and replaces the state by `s ^ b` for
each letter b of the string.  The function is a program of a grammar of its own, whose inputs are
the state and the letter, so that its bits are counted like those of any program.  Its value is its
table: the next state for each state and each letter.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import product
from math import ceil, log2
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synth.errors import DSLError, ParseError
from synth.language.dsl import DSL
from synth.language.grammar import UNIT, Grammar
from synth.language.primitive import Primitive
from synth.language.program import Program
from synth.language.strings import places_of
from synth.language.types import Bool, Type

#: The input of a function that is its state.
STATE = "s"
_TEXT = re.compile(r"(\w+)\['s, ([\w, ]+): (.*)', ([\w-]+)\]")


class Kind(NamedTuple):
    """A type of states: how it is written, what functions are made of, and the first states."""

    name: str
    type: Type
    dsl: DSL
    starts: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Folds:
    """All folds over strings of a type, by the kinds of their states.

    Parameters
    ----------
    argument : Type
        The type of the strings.
    kinds : mapping of str to Kind
        The kinds of states by their names.
    """

    argument: Type
    kinds: Mapping[str, Kind]
    _made: dict[str, Primitive] = field(default_factory=dict, init=False, repr=False)
    _units: dict[Primitive, float] = field(default_factory=dict, init=False, repr=False)
    _grammars: dict[str, Grammar] = field(default_factory=dict, init=False, repr=False)

    @property
    def results(self) -> tuple[Type, ...]:
        """The types of answers: those of the states."""
        return tuple(kind.type for kind in self.kinds.values())

    @property
    def letters(self) -> dict[str, NDArray[np.bool_]]:
        """The truth values that a function reads of a letter, each (letters,), by name.

        Two letters are one truth value b, 4 letters the two bits a and b, and others one truth
        value each, `is_x`.
        """
        count = len(self.argument.letters)
        place = np.arange(count)
        if count in (2, 4):
            return {
                "ab"[-1 - k]: (place >> k & 1).astype(bool) for k in reversed(range(count // 2))
            }
        return {f"is_{letter}": place == k for k, letter in enumerate(self.argument.letters)}

    def grammar(self, kind: Kind) -> Grammar:
        """The grammar of the functions of a kind."""
        if kind.name not in self._grammars:
            inputs = {STATE: kind.type, **dict.fromkeys(self.letters, Bool)}
            self._grammars[kind.name] = Grammar(kind.dsl, inputs)
        return self._grammars[kind.name]

    def cases(self, kind: Kind) -> dict[str, np.ndarray]:
        """All pairs of a state and a letter, state by state, as the inputs of functions."""
        states, letters = int(kind.type.size), len(self.argument.letters)
        given = np.repeat(np.arange(states) + int(kind.type.low), letters)
        columns = {name: np.tile(bits, states) for name, bits in self.letters.items()}
        return {STATE: given.astype(kind.type.dtype), **columns}

    def fold(self, kind: Kind, body: Program, start: int) -> Primitive:
        """The fold of a function, from a first state."""
        first = kind.type.format(start)
        name = f"{kind.name}['{STATE}, {', '.join(self.letters)}: {body.text}', {first}]"
        if name not in self._made:
            values, defined = body.outputs(self.cases(kind))
            if not defined.all():
                raise DSLError(f"{name}: the function has no value for some state and letter")
            low = int(kind.type.low)
            steps = values.astype(np.int64).reshape(int(kind.type.size), -1) - low
            run = _runner(steps, start - low, self.argument.letters, kind.type)
            made = Primitive(name, run, (self.argument,), kind.type)
            self._units[made] = body.bits(self.grammar(kind)) + self.start_bits(kind)
            self._made[name] = made
        return self._made[name]

    @staticmethod
    def start_bits(kind: Kind) -> float:
        """The bits of the first state, each as likely as the others."""
        return ceil(UNIT * log2(len(kind.starts)) - 1e-9) / UNIT

    def units(self, item: object, unit: int) -> int | None:
        """The price of a fold; None of anything else."""
        bits = self._units.get(item) if isinstance(item, Primitive) else None
        return None if bits is None else round(bits * unit)

    def named(self, name: str) -> Primitive | None:
        """The fold that has a text as its name; None if there is none."""
        parts = _TEXT.fullmatch(name)
        kind = parts and self.kinds.get(parts[1])
        if not parts or not kind or parts[2] != ", ".join(self.letters):
            return None
        starts = [start for start in kind.starts if kind.type.format(start) == parts[4]]
        try:
            body = Program.parse(parts[3], self.grammar(kind), kind.type)
            made = [self.fold(kind, body, start) for start in starts]
        except (ParseError, DSLError):
            return None
        return made[0] if made and made[0].name == name else None


def tables(functions: np.ndarray, kind: Kind) -> NDArray[np.int64]:
    """The values of functions as tables of places of states, (functions, states, letters)."""
    states = int(kind.type.size)
    places = functions.astype(np.int64) - int(kind.type.low)
    return places.reshape(len(places), states, places.shape[1] // states)  # there may be none


def ends(
    steps: NDArray[np.int64], start: int, places: np.ndarray, lengths: np.ndarray
) -> NDArray[np.int64]:
    """The state of several folds at the end of each string, (folds, rows).

    steps: (folds, states, letters); start: the first state; both by places.
    """
    flat, letters = steps.reshape(len(steps), -1), steps.shape[2]
    states = np.full((len(steps), len(lengths)), start, np.int64)
    for k, column in enumerate(places.T):
        on = np.flatnonzero(lengths > k)
        at = states[:, on] * letters + column[on]
        states[:, on] = np.take_along_axis(flat, at, axis=1)
    return states


def reached(steps: NDArray[np.int64], start: int) -> list[bytes]:
    """What each fold does from its first state; folds with equal bytes are equal."""
    states, letters = steps.shape[1:]
    met = np.zeros(steps.shape[:2], bool)
    met[:, start] = True
    rows = np.arange(len(steps))[:, None]
    for _ in range(states):
        before = met.sum()
        for state, letter in product(range(states), range(letters)):
            on = met[:, state]
            met[rows[on, 0], steps[on, state, letter]] = True
        if met.sum() == before:
            break
    known = np.where(met[:, :, None], steps, -1)
    return [bytes([start]) + row.tobytes() for row in known.astype(np.int16)]


def _runner(
    steps: NDArray[np.int64], start: int, letters: str, type_: Type
) -> Callable[[NDArray[np.str_]], np.ndarray]:
    def run(strings: NDArray[np.str_]) -> np.ndarray:
        [states] = ends(steps[None], start, *places_of(strings, letters))
        return (states + int(type_.low)).astype(type_.dtype)

    return run
