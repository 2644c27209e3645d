"""What is true of members of a DSL's family: their own price, and what they say of strings.

A machine is read from its text: see `machines.py`.  A fold is read as a program of its own, whose
value is computed for each state and letter that a string needs.  A scorecard is read from its text,
and its points are added up row by row.  A function of letters is in `strings.py`.
"""

import itertools
import math
import re
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from synth.language import Grammar, Primitive, Program, places_of
from synth.language.cards import Cards
from synth.language.folds import Folds, Kind, Runner
from synth.language.scans import Scans
from synth.verification import machines, strings
from synth.verification.values import applied, evaluated, leaf


def own_units(head: Primitive, dsl: Any, prices: Callable[..., Any]) -> int:
    """The price of a member of a family beside what any member costs."""
    family, units = dsl.family, 1024
    if isinstance(family, Scans):
        return strings.own_units(head, family, prices)
    if isinstance(family, Cards):
        return _card_units(_card(head.name)[0], units)
    if not isinstance(family, Folds):
        made, letters = machines.read(head.name), len(family.argument.letters)
        return machines.price(len(made.labels), letters, int(head.result.size), units)
    kind, bodies, answer, _ = _fold(head.name, family)
    least = math.ceil(units * math.log2(len(kind.starts)) - 1e-9) + math.ceil(units * kind.price)
    for body in (*bodies, *answer):
        known = prices(kind.dsl, body.grammar.inputs)
        least += sum(known[node.head] for node in body.program.walk())
    return least


def _card(name: str) -> tuple[list[int], int]:
    """The points and the threshold of a scorecard."""
    points, threshold = re.findall(r"card\['(.*) / (.*)'\]", name)[0]
    return [int(each) for each in points.split()], int(threshold)


def _card_units(points: list[int], units: int) -> int:
    """The price in units of a card: its number of lines, their points in order, its threshold.

    Points in order are counted one by one: so many lists of lines end with each of the ten values.
    """
    lists = [1] * 10
    for _ in points[1:]:
        lists = [sum(lists[: k + 1]) for k in range(10)]
    gamma = 2 * math.floor(math.log2(len(points) + 1)) + 1
    bits = gamma + math.log2(sum(lists)) + math.log2(sum(map(abs, points)))
    return math.ceil(units * bits - 1e-9)


def _added_up(head: Primitive, given: list[np.ndarray]) -> np.ndarray:
    """What a card says of rows, one by one; given: whether they pass each of its tests."""
    points, threshold = _card(head.name)
    rows = zip(*(tests.tolist() for tests in given), strict=True)
    scores = [sum(p for p, passed in zip(points, row, strict=True) if passed) for row in rows]
    return np.array([score >= threshold for score in scores])


class _Body:
    """A function of a fold: its program, and the grammar that it was read by."""

    def __init__(self, text: str, kind: Kind, names: Iterable[str], letters: Iterable[str]) -> None:
        truth = next(iter(p.result for p in kind.dsl.primitives if str(p.result) == "Bool"))
        inputs = {**dict.fromkeys(names, kind.type), **dict.fromkeys(letters, truth)}
        self.grammar = Grammar(kind.dsl, inputs)
        self.program = Program.parse(text, self.grammar, kind.type)

    def value(self, given: dict[str, np.ndarray]) -> int:
        """Its value for one row."""
        values, defined = evaluated(self.program, given)
        assert defined.all()
        return int(values[0])


def _fold(name: str, family: Folds) -> tuple[Kind, list[_Body], list[_Body], tuple[int, ...]]:
    """The kind of a fold, the functions of its parts, its answer if it has one, the first state."""
    which, given, text, rest = re.findall(r"(\w+)\['([\w, ]+): (.*?)('.*| -> .*)\]", name)[0]
    kind, letters = family.kinds[which], family.letters
    names = given.split(", ")[: kind.parts]
    if kind.parts > 1:
        bodies = [_Body(part, kind, names, letters) for part in text.split("; ")]
        return kind, bodies, [_Body(rest[4:-1], kind, names, ())], (0,) * kind.parts
    first = rest[3:]
    start = {"true": 1, "false": 0}.get(first)
    bodies = [_Body(text, kind, names, letters)]
    return kind, bodies, [], (int(first) if start is None else start,)


def said(head: Primitive, family: Any, given: list[str]) -> np.ndarray:
    """What a member of a family says of strings, one by one."""
    if isinstance(family, Scans):
        made = strings.member(head, family)
        return np.array([made.made(string) for string in given], str)
    return _folded(head, family, given)


def _folded(head: Primitive, family: Any, strings: list[str]) -> np.ndarray:
    """What a machine or a fold says of strings."""
    letters = family.argument.letters
    if not isinstance(family, Folds):
        made = machines.read(head.name)
        return np.array([made.said(string, letters) for string in strings]).astype(
            head.result.dtype
        )
    kind, bodies, answer, start = _fold(head.name, family)
    known: dict[tuple[tuple[int, ...], str], tuple[int, ...]] = {}

    def given(state: tuple[int, ...]) -> dict[str, np.ndarray]:
        return {n: np.array([v], kind.type.dtype) for n, v in zip("stu", state, strict=False)}

    def step(state: tuple[int, ...], letter: str) -> tuple[int, ...]:
        if (state, letter) not in known:
            place = letters.index(letter)
            read = {name: bits[[place]] for name, bits in family.letters.items()}
            known[state, letter] = tuple(body.value({**given(state), **read}) for body in bodies)
        return known[state, letter]

    if kind.run is not None:
        return _as_it_runs(kind.run, kind, (step, answer, start), strings, letters)
    found = []
    for string in strings:
        state = start
        for letter in string:
            state = step(state, letter)
        found.append(answer[0].value(given(state)) if answer else state[0])
    return np.array(found).astype(kind.type.dtype)


def _as_it_runs(run: Runner, kind: Kind, made: Any, strings: list[str], letters: str) -> np.ndarray:
    """What a fold says that is run in a way of its own.

    made: what leads from state to state, the answer, and the first state.
    """
    step, answer, start = made
    states = list(itertools.product(*[range(int(kind.type.size))] * kind.parts))
    low = int(kind.type.low)
    shown = [tuple(v + low for v in state) for state in states]
    steps = [[shown.index(step(state, letter)) for letter in letters] for state in shown]
    places = places_of(np.array(strings, str), letters)
    ends = run(np.array([steps]), shown.index(start), *places)[0]
    if answer:
        given = [{n: np.array([v]) for n, v in zip("stu", s, strict=False)} for s in shown]
        return np.array([answer[0].value(given[k]) for k in ends]).astype(kind.type.dtype)
    return np.array([shown[k][0] for k in ends]).astype(kind.type.dtype)


def judged(program: Program, truth: Any, prices: Callable[..., Any]) -> tuple[int, np.ndarray]:
    """The price of a program with members of a family, and its values on all rows."""
    shares = {head.result: units for head, units in truth.prices.items() if not head.name}
    rows = len(next(iter(truth.columns.values())))
    units = 0
    values: dict[Program, np.ndarray] = {}
    for node in program.walk():
        head = node.head
        if head in truth.prices:
            units += truth.prices[head]
        elif isinstance(head, Primitive):
            units += shares[head.result] + own_units(head, truth.dsl, prices)
    for part in program.parts():
        head = part.head
        given = [values[a] for a in part.arguments]
        if not isinstance(head, Primitive):
            values[part] = leaf(head, truth.columns, rows)[0]
        elif head in truth.prices:
            values[part] = applied(head, given)[0]
        elif isinstance(truth.dsl.family, Cards):
            values[part] = _added_up(head, given)
        else:
            values[part] = said(head, truth.dsl.family, given[0].tolist())
    return units, values[program]
