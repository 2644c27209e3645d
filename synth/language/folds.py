"""Folds as primitives: a function of a state and a letter, found by enumeration, run over a string.

`fold['s, b: s ^ b', false](xs)` begins with the state `false` and replaces the state by `s ^ b` for
each letter b of the string.  The function is a program of a grammar of its own, whose inputs are
the state and the letter, so that its bits are counted like those of any program.  Its value is its
table: the next state for each state and each letter.

The state can be of several parts, each with a function of its own, and an answer that is read from
them at the end: `fold2['s, t, b: b; t | s & ~b -> ~t'](xs)` keeps in s whether the last letter is
the second of two, and in t whether the first one ever came after it.  All parts begin with `false`.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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

#: The inputs of a function that are the parts of its state.
STATES = "stu"
_TEXT = re.compile(r"(\w+)\['([\w, ]+): (.*)', ([\w-]+)\]")
_PARTS = re.compile(r"(\w+)\['([\w, ]+): (.*) -> (.*)'\]")


#: Takes steps, a first state, and strings by places and lengths; the last states: see `ends`.
Runner = Callable[[NDArray[np.int64], int, np.ndarray, np.ndarray], np.ndarray]


class Kind(NamedTuple):
    """A kind of states: how it is written, what functions are made of, and the first states.

    type: of each part of the state, and of the answer.  price: the bits that tell the kind from
    the others whose answers are of this type.  parts: how many parts a state has, 1 to 3; states
    of several parts have one first state.  run: how functions are run over strings, by default
    as `ends` does it, which says what it is called with.
    """

    name: str
    type: Type
    dsl: DSL
    starts: tuple[int, ...]
    price: float = 0.0
    parts: int = 1
    run: Runner | None = None

    @property
    def states(self) -> int:
        """How many states there are."""
        return int(self.type.size) ** self.parts

    @property
    def names(self) -> str:
        """The names of the parts, one letter each."""
        return STATES[: self.parts]


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
    _parts: dict[Primitive, tuple[Kind, tuple[Program, ...], int]] = field(
        default_factory=dict, init=False, repr=False
    )
    _grammars: dict[tuple[str, bool], Grammar] = field(default_factory=dict, init=False, repr=False)

    @property
    def results(self) -> tuple[Type, ...]:
        """The types of answers: those of the states."""
        return tuple(dict.fromkeys(kind.type for kind in self.kinds.values()))

    @property
    def letters(self) -> dict[str, NDArray[np.bool_]]:
        """The truth values that a function reads of a letter: see `truths_of`."""
        return truths_of(self.argument.letters)

    def grammar(self, kind: Kind) -> Grammar:
        """The grammar of the functions of a kind."""
        return self._grammar(kind, self.letters)

    def answers(self, kind: Kind) -> Grammar:
        """The grammar of the answers of a kind of several parts."""
        return self._grammar(kind, ())

    def _grammar(self, kind: Kind, letters: Iterable[str]) -> Grammar:
        key = kind.name, bool(letters)
        if key not in self._grammars:
            inputs = {**dict.fromkeys(kind.names, kind.type), **dict.fromkeys(letters, Bool)}
            self._grammars[key] = Grammar(kind.dsl, inputs)
        return self._grammars[key]

    def cases(self, kind: Kind) -> dict[str, np.ndarray]:
        """All pairs of a state and a letter, state by state, as the inputs of functions."""
        letters = len(self.argument.letters)
        given = {name: np.repeat(part, letters) for name, part in states_of(kind).items()}
        return {**given, **{name: np.tile(b, kind.states) for name, b in self.letters.items()}}

    def fold(self, kind: Kind, functions: Sequence[Program], start: int) -> Primitive:
        """The fold of a function, from a first state.

        functions: that of each part of the state, and the answer if there are several.
        """
        steps, answer = functions[: kind.parts], functions[kind.parts :]
        said = "; ".join(body.text for body in steps)
        given = ", ".join([*kind.names, *self.letters])
        last = f" -> {answer[0].text}'" if answer else f"', {kind.type.format(start)}"
        name = f"{kind.name}['{given}: {said}{last}]"
        if name not in self._made:
            tables_ = [self._table(name, body, self.cases(kind)) for body in steps]
            table = joined(tables_, kind).reshape(kind.states, -1)
            read = np.arange(kind.states)
            if answer:
                read = self._table(name, answer[0], states_of(kind))
            low = int(kind.type.low)
            first = start - low if kind.parts == 1 else 0
            run = _runner(table, first, read + low * (not answer), self.argument.letters, kind)
            made = Primitive(name, run, (self.argument,), kind.type)
            bits = sum(body.bits(self.grammar(kind)) for body in steps)
            bits += sum(body.bits(self.answers(kind)) for body in answer)
            self._units[made] = bits + self.own_bits(kind)
            self._parts[made] = kind, tuple(functions), start
            self._made[name] = made
        return self._made[name]

    def parts(self, made: Primitive) -> tuple[Kind, tuple[Program, ...], int]:
        """The kind of a fold that was made here, its functions and answer, and its first state."""
        return self._parts[made]

    @staticmethod
    def _table(name: str, body: Program, cases: dict[str, np.ndarray]) -> NDArray[np.int64]:
        values, defined = body.outputs(cases)
        if not defined.all():
            raise DSLError(f"{name}: the function has no value for some state and letter")
        return values.astype(np.int64)

    @staticmethod
    def own_bits(kind: Kind) -> float:
        """The bits of the kind and of the first state, each as likely as the others."""
        return (ceil(UNIT * log2(len(kind.starts)) - 1e-9) + ceil(UNIT * kind.price)) / UNIT

    def units(self, item: object, unit: int) -> int | None:
        """The price of a fold; None of anything else."""
        bits = self._units.get(item) if isinstance(item, Primitive) else None
        return None if bits is None else round(bits * unit)

    def named(self, name: str) -> Primitive | None:
        """The fold that has a text as its name; None if there is none."""
        parts = _TEXT.fullmatch(name) or _PARTS.fullmatch(name)
        kind = parts and self.kinds.get(parts[1])
        if not parts or not kind or parts[2] != ", ".join([*kind.names, *self.letters]):
            return None
        try:
            if kind.parts == 1:
                starts = [start for start in kind.starts if kind.type.format(start) == parts[4]]
                bodies = [Program.parse(parts[3], self.grammar(kind), kind.type)]
            else:
                starts, texts = [0], parts[3].split("; ")
                if len(texts) != kind.parts:
                    return None
                bodies = [Program.parse(text, self.grammar(kind), kind.type) for text in texts]
                bodies.append(Program.parse(parts[4], self.answers(kind), kind.type))
            made = [self.fold(kind, bodies, start) for start in starts]
        except (ParseError, DSLError):
            return None
        return made[0] if made and made[0].name == name else None


def truths_of(letters: str) -> dict[str, NDArray[np.bool_]]:
    """The truth values that a function reads of a letter, each (letters,), by name.

    Two letters are one truth value b, 4 letters the two bits a and b, and others one truth value
    each, `is_x`, or `is_letter_3` if x, counted from 0, cannot be part of a name.
    """
    count = len(letters)
    place = np.arange(count)
    if count in (2, 4):
        return {"ab"[-1 - k]: (place >> k & 1).astype(bool) for k in reversed(range(count // 2))}
    names = [f"is_{letter}" for letter in letters]
    names = [n if n.isidentifier() else f"is_letter_{k}" for k, n in enumerate(names)]
    return {name: place == k for k, name in enumerate(names)}


def states_of(kind: Kind) -> dict[str, np.ndarray]:
    """All states of a kind, (states,) for each part by its name; the last part changes first."""
    size, places = int(kind.type.size), np.arange(kind.states)
    return {
        name: (places // size ** (kind.parts - 1 - k) % size + int(kind.type.low)).astype(
            kind.type.dtype
        )
        for k, name in enumerate(kind.names)
    }


def joined(parts: Sequence[np.ndarray], kind: Kind) -> NDArray[np.int64]:
    """The places of states from the values of their parts, of any shape."""
    size, low = int(kind.type.size), int(kind.type.low)
    found = np.zeros(parts[0].shape, np.int64)
    for values in parts:
        found = found * size + (values.astype(np.int64) - low)
    return found


def tables(functions: np.ndarray, kind: Kind) -> NDArray[np.int64]:
    """The values of functions as tables of places of states, (functions, states, letters)."""
    places = functions.astype(np.int64) - int(kind.type.low)
    return places.reshape(len(places), kind.states, places.shape[1] // kind.states)  # may be none


def ends(
    steps: NDArray[np.int64], start: int, places: np.ndarray, lengths: np.ndarray
) -> NDArray[np.int64]:
    """The state of several folds at the end of each string, int64 (folds, rows).

    steps: the next state for each state and letter, int64 (folds, states, letters); start: the
    first state; places, lengths: the strings, as `places_of` returns them.  States are places.
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
    steps: NDArray[np.int64], start: int, read: NDArray[np.int64], letters: str, kind: Kind
) -> Callable[[NDArray[np.str_]], np.ndarray]:
    """read: the answer of each state."""

    def run(strings: NDArray[np.str_]) -> np.ndarray:
        [states] = (kind.run or ends)(steps[None], start, *places_of(strings, letters))
        return read[states].astype(kind.type.dtype)

    return run
