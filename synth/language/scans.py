"""Functions of letters as primitives that make strings of strings: map, filter and scan.

`map['b: ~b'](xs)` puts a letter in place of each letter b of the string, and `filter['b: b'](xs)`
leaves out those for which the function is false.  `scan['s, a, b: F -> O', false](xs)` begins with
the state `false`; for each letter it writes O and then replaces the state by F, both functions of
the state so far and the letter.  So it is a transducer, such as an adder that keeps the carry in s.
`filter['s, b: F -> K', false](xs)` has such a state too, and keeps the letters for which K is true.
Without an arrow, `scan['s, b: F', false](xs)` writes the new state.  `scan2` and `scan3` have
states of two and three truth values, all `false` at first.

Each function is a program of a grammar of its own, as those of folds are, and its value is its
table.  A function that writes says a truth value if there are two letters to write: whether it is
the second.  Otherwise it says the letter itself, and `letter` is the letter that is read.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from synth.errors import DSLError, ParseError
from synth.language.dsl import DSL
from synth.language.folds import STATES, truths_of
from synth.language.grammar import UNIT, Grammar
from synth.language.primitive import Primitive
from synth.language.program import Program
from synth.language.types import Bool, Type

_TEXT = re.compile(r"(map|filter|scan[23]?)\[(['\"])([^:]+): (.*)\2(?:, (true|false))?\]")
#: What a filter writes of a letter that it leaves out.
NOTHING = -1


class Form(NamedTuple):
    """A kind of functions of letters: map, filter or scan.

    name: as it is written.  argument, result: the types of strings.  price: the bits that tell the
    form from the others with the same result.  parts: how many truth values its state has.
    writes: whether it has a function that says what is written.
    """

    name: str
    argument: Type
    result: Type
    price: float
    parts: int = 0
    writes: bool = True

    @property
    def states(self) -> int:
        """How many states there are."""
        return 2**self.parts

    @property
    def starts(self) -> tuple[int, ...]:
        """The first states that it may have."""
        return (0, 1) if self.parts == 1 else (0,)


class Table(NamedTuple):
    """What a member does: the next state and the letter to write, for each state and letter.

    steps, writes: int8 (states, letters); `NOTHING` is written of what is left out.
    """

    steps: NDArray[np.int8]
    writes: NDArray[np.int8]
    start: int


@dataclass(frozen=True, eq=False)
class Scans:
    """All functions of letters that make strings of some types.

    Parameters
    ----------
    forms : sequence of Form
        The forms.
    truths : DSL
        What functions of truth values are made of.
    letters : mapping of Type to DSL
        What functions that say a letter are made of, by the type of strings that they write.
    """

    forms: Sequence[Form]
    truths: DSL
    letters: Mapping[Type, DSL]
    _made: dict[str, Primitive] = field(default_factory=dict, init=False, repr=False)
    _units: dict[Primitive, float] = field(default_factory=dict, init=False, repr=False)
    _parts: dict[Primitive, tuple[Form, tuple[Program, ...], int]] = field(
        default_factory=dict, init=False, repr=False
    )
    _grammars: dict[tuple[Type, int, Type | None], Grammar] = field(
        default_factory=dict, init=False, repr=False
    )

    @property
    def results(self) -> tuple[Type, ...]:
        """The types of strings that are made."""
        return tuple(dict.fromkeys(form.result for form in self.forms))

    def grammar(self, form: Form, says: bool = False) -> Grammar:
        """The grammar of the functions of a form.

        says: whether of what it says of a letter, and not of its states.
        """
        written = self.letters.get(form.result) if says and form.name != "filter" else None
        key = form.argument, form.parts, form.result if written else None
        if key not in self._grammars:
            names = [*STATES[: form.parts], *truths_of(form.argument.letters)]
            inputs: dict[str, Type] = dict.fromkeys(names, Bool)
            if written and form.argument == form.result:
                inputs["letter"] = written.types[0]
            self._grammars[key] = Grammar(written or self.truths, inputs)
        return self._grammars[key]

    def said(self, form: Form) -> Type:
        """The type of what a form says of a letter."""
        written = self.letters.get(form.result) if form.name != "filter" else None
        return written.types[0] if written else Bool

    def cases(self, form: Form) -> dict[str, np.ndarray]:
        """All pairs of a state and a letter, state by state, as the inputs of functions."""
        letters, places = len(form.argument.letters), np.arange(form.states)
        given = {
            name: np.repeat((places >> (form.parts - 1 - k) & 1).astype(bool), letters)
            for k, name in enumerate(STATES[: form.parts])
        }
        reads = truths_of(form.argument.letters).items()
        given |= {name: np.tile(bits, form.states) for name, bits in reads}
        return {**given, "letter": np.tile(np.arange(letters), form.states)}

    def table(self, form: Form, functions: Sequence[np.ndarray], start: int) -> Table:
        """What a member does.

        functions: the values of its functions for all `cases`, those of its states first.
        """
        shape = form.states, len(form.argument.letters)
        steps = np.zeros(shape, np.int8)
        for values in functions[: form.parts]:
            steps = steps * 2 + values.reshape(shape).astype(np.int8)
        if form.name == "filter":
            kept = functions[-1].reshape(shape).astype(bool)
            written = np.where(kept, np.arange(shape[1]), NOTHING)
            return Table(steps, written.astype(np.int8), start)
        return Table(steps, functions[-1].reshape(shape).astype(np.int8), start)

    def member(self, form: Form, bodies: Sequence[Program], start: int) -> Primitive:
        """The primitive of some functions.

        bodies: those of the parts of the state, and what is written if there is such a function.
        """
        after = "; ".join(body.text for body in bodies[: form.parts])
        says = bodies[-1].text if form.writes else ""
        text = f"{', '.join(self._names(form))}: " + " -> ".join(t for t in (after, says) if t)
        first = f", {'true' if start else 'false'}" if form.parts == 1 else ""
        name = f"{form.name}[{text!r}{first}]"
        if name not in self._made:
            values = [self._values(name, body, form) for body in bodies]
            run = _runner(self.table(form, values, start), form.argument.letters, form.result)
            made = Primitive(name, run, (form.argument,), form.result)
            steps, said = bodies[: form.parts], bodies[form.parts :]
            bits = sum(body.bits(self.grammar(form)) for body in steps)
            bits += sum(body.bits(self.grammar(form, says=True)) for body in said)
            self._units[made] = bits + self.own_bits(form)
            self._parts[made] = form, tuple(bodies), start
            self._made[name] = made
        return self._made[name]

    def _names(self, form: Form) -> list[str]:
        """The names that functions of a form read; `letter` if one of them says letters."""
        names = [*STATES[: form.parts], *truths_of(form.argument.letters)]
        return [*names, "letter"] if self._has_letter(form) else names

    def _has_letter(self, form: Form) -> bool:
        return self.said(form) != Bool and form.argument == form.result

    def parts(self, made: Primitive) -> tuple[Form, tuple[Program, ...], int]:
        """The form of a member that was made here, its functions, and its first state."""
        return self._parts[made]

    def _values(self, name: str, body: Program, form: Form) -> np.ndarray:
        values, defined = body.outputs(self.cases(form))
        if not defined.all():
            raise DSLError(f"{name}: the function has no value for some state and letter")
        return values

    @staticmethod
    def own_bits(form: Form) -> float:
        """The bits of the form and of the first state, each as likely as the others."""
        return (ceil(UNIT * form.price - 1e-9) + UNIT * (len(form.starts) - 1)) / UNIT

    def units(self, item: object, unit: int) -> int | None:
        """The price of a member; None of anything else."""
        bits = self._units.get(item) if isinstance(item, Primitive) else None
        return None if bits is None else round(bits * unit)

    def named(self, name: str) -> Primitive | None:
        """The member that has a text as its name; None if there is none."""
        parts = _TEXT.fullmatch(name)
        for form in self.forms if parts else ():
            assert parts is not None
            if form.name != parts[1] or parts[3] != ", ".join(self._names(form)):
                continue
            try:
                bodies = self.bodies(form, parts[4])
                made = bodies and self.member(form, bodies, int(parts[5] == "true"))
            except (ParseError, DSLError):
                continue
            if made and made.name == name:
                return made
        return None

    def bodies(self, form: Form, text: str) -> list[Program] | None:
        """The functions that a text such as `F; G -> O` says; None if a form has others."""
        after, _, says = text.rpartition(" -> ") if form.writes and form.parts else (text, "", "")
        if form.writes and not form.parts:
            after, says = "", text
        steps = after.split("; ") if form.parts else []
        if len(steps) != form.parts or (form.parts and " -> " in after):
            return None
        made = [Program.parse(step, self.grammar(form), Bool) for step in steps]
        if form.writes:
            made.append(Program.parse(says, self.grammar(form, says=True), self.said(form)))
        return made


def _runner(
    table: Table, letters: str, result: Type
) -> Callable[[NDArray[np.str_]], NDArray[np.str_]]:
    steps, writes = table.steps.tolist(), table.writes.tolist()

    def text(string: str) -> str:
        state, written = table.start, []
        for letter in string:
            place = letters.index(letter)
            if writes[state][place] != NOTHING:
                written.append(result.letters[writes[state][place]])
            state = steps[state][place]
        return "".join(written)

    def run(strings: NDArray[np.str_]) -> NDArray[np.str_]:
        return np.array([text(string) for string in strings.tolist()], str)

    return run
