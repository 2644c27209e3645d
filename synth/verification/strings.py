"""What is true of labels that are strings, and of functions of letters, from `docs/codes.md`."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from synth.language import Bool, Grammar, Primitive, Program
from synth.language.scans import Form, Scans
from synth.verification.values import evaluated


def delta(number: int) -> int:
    """The bits of a whole number from 1 on in the code Elias delta: of its digits, and the rest."""
    digits = math.floor(math.log2(number)) + 1
    return 2 * math.floor(math.log2(digits)) + 1 + digits - 1


def alone(string: str, letters: str) -> float:
    """The bits of a string by itself: of its length, and of each letter."""
    return delta(len(string) + 1) + len(string) * math.log2(len(letters))


def tables(strings: Sequence[str], letters: str, counted: Callable[..., float]) -> dict[str, float]:
    """The bits of both tables without their flags.

    counted: the bits of how often each of some values occurs, and in what order.
    """
    lengths = Counter(map(len, strings))
    often = Counter(letter for string in strings for letter in string)
    by_letters = delta(max(lengths) + 1) + counted([lengths[k] for k in range(max(lengths) + 1)])
    by_letters += counted([often[letter] for letter in letters])
    words = Counter(strings)
    whole = delta(len(words)) + counted(list(words.values()))
    whole += sum(alone(word, letters) for word in words)
    return {
        "uniform": sum(alone(string, letters) for string in strings),
        "frequency": 1 + min(by_letters, whole),
    }


class Member(NamedTuple):
    """A function of letters, as its text says: the form, its programs, and the first state."""

    form: Form
    steps: list[tuple[Program, Grammar]]
    says: tuple[Program, Grammar] | None
    start: bool

    def made(self, string: str) -> str:
        """What it makes of a string, letter by letter."""
        state, written = [self.start] * self.form.parts, []
        for letter in string:
            given = self._given(state, letter)
            after = [bool(_value(step, given)) for step in self.steps]
            said = after[0] if self.says is None else _value(self.says, given)
            if self.form.name != "filter":
                written.append(self.form.result.letters[int(said)])
            elif said:
                written.append(letter)
            state = after
        return "".join(written)

    def _given(self, state: list[bool], letter: str) -> dict[str, Any]:
        letters = self.form.argument.letters
        place = letters.index(letter)
        given = dict(zip("stu", state, strict=False)) | {"letter": place}
        if len(letters) in (2, 4):
            bits = {"b": bool(place % 2), "a": bool(place // 2)}
            return given | {name: bits[name] for name in ("b", "a")[: len(letters) // 2]}
        names = [f"is_{x}" for x in letters]
        names = [n if n.isidentifier() else f"is_letter_{k}" for k, n in enumerate(names)]
        return given | {name: place == k for k, name in enumerate(names)}


def _value(body: tuple[Program, Grammar], given: dict[str, Any]) -> Any:
    program, grammar = body
    row = {i.name: np.array([given[i.name]]) for i in grammar.inputs}
    values, defined = evaluated(program, row)
    assert defined.all()
    return values[0]


def member(head: Primitive, family: Scans) -> Member:
    """The function of letters that a primitive's text stands for."""
    name, text, start = re.findall(r"(\w+)\[['\"](.*)['\"](?:, (\w+))?\]", head.name)[0]
    names, _, text = text.partition(": ")
    arrow, given = " -> " in text, names.split(", ")
    parts = sum(each in ("s", "t", "u") for each in given)
    forms = [
        form
        for form in family.forms
        if (form.name, form.argument, form.result) == (name, *head.arguments, head.result)
        and form.writes == (arrow or name in ("map", "filter"))
        and form.parts == parts
    ]
    form = forms[0]
    after, _, says = text.rpartition(" -> ") if arrow else (text, "", "")
    if not form.parts:
        after, says = "", text
    steps = [_read(step, family.truths, given) for step in after.split("; ") if after]
    dsl = family.letters.get(form.result) if name != "filter" else None
    said = _read(says, dsl or family.truths, given) if form.writes else None
    return Member(form, steps, said, start == "true")


def _read(text: str, dsl: Any, names: Iterable[str]) -> tuple[Program, Grammar]:
    """A function and its grammar; `letter` is read by functions that say letters."""
    label = dsl.types[0]
    inputs = {n: label if n == "letter" else Bool for n in names if n != "letter" or label != Bool}
    grammar = Grammar(dsl, inputs)
    return Program.parse(text, grammar, label), grammar


def own_units(head: Primitive, family: Scans, prices: Callable[..., Any]) -> int:
    """The price of a function of letters beside what any costs: its form, start and programs."""
    found = member(head, family)
    bodies = [*found.steps, *([found.says] if found.says else [])]
    units = math.ceil(1024 * found.form.price - 1e-9) + 1024 * (found.form.parts == 1)
    for program, grammar in bodies:
        known = prices(grammar.dsl, grammar.inputs)
        units += sum(known[node.head] for node in program.walk())
    return units
