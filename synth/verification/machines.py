"""What is true of finite machines, from `docs/codes.md`: their price, their labels, all of them."""

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from synth.verification.claims import NEAR, Claims

#: How states and labels are written.
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
#: The units of one bit.
_UNITS = 1024
#: How many machines are compared at a time.
_SOME = 2048


class Machine(NamedTuple):
    """A machine: where each state goes with each letter, and the label of each state."""

    steps: list[list[int]]
    labels: list[int]

    def said(self, string: str, letters: str) -> int:
        """The label of a string."""
        state = 0
        for letter in string:
            state = self.steps[state][letters.index(letter)]
        return self.labels[state]


def read(name: str) -> Machine:
    """The machine that a text such as `machine['01 10 / 01']` stands for."""
    words, labels = re.findall(r"'(.*) / (.*)'", name)[0]
    steps = [[DIGITS.index(c) for c in word] for word in words.split()]
    return Machine(steps, [DIGITS.index(c) for c in labels])


def connected(states: int, letters: int) -> int:
    """How many machines there are, counted step by step.

    The steps of all states are written one after another.  Each leads to one of the m states that
    were met before or to the next one, and the state that it leaves was met before.
    """
    ways = {1: 1}
    for place in range(states * letters):
        after: dict[int, int] = {}
        for met, count in ways.items():
            if place // letters < met:
                after[met] = after.get(met, 0) + met * count
                after[met + 1] = after.get(met + 1, 0) + count
        ways = after
    return ways.get(states, 0)


def price(states: int, letters: int, labels: int, units: int) -> int:
    """The price in units of each machine of so many states."""
    gamma = 2 * math.floor(math.log2(states)) + 1
    bits = gamma + math.log2(connected(states, letters)) + states * math.log2(labels)
    return math.ceil(bits * units - 1e-9)


def every(states: int, letters: int) -> Iterator[list[int]]:
    """All machines of so many states: where their steps lead, one after another."""

    def longer(made: list[int], met: int) -> Iterator[list[int]]:
        place = len(made)
        if place == states * letters:
            if met == states:
                yield list(made)
            return
        if place // letters >= met:
            return
        for to in range(min(met + 1, states)):
            made.append(to)
            yield from longer(made, max(met, to + 1))
            made.pop()

    yield from longer([], 1)


def fewest(strings: Sequence[str], labels: Sequence[int], letters: str, states: int) -> int:
    """The fewest exceptions of all machines of so many states, each with its best labels."""
    prefixes = sorted({s[:k] for s in strings for k in range(len(s) + 1)}, key=len)
    place = {prefix: k for k, prefix in enumerate(prefixes)}
    often = np.zeros((len(prefixes), max(labels) + 1), np.int64)
    for string, label in zip(strings, labels, strict=True):
        often[place[string], label] += 1
    best, some = len(labels), []
    for table in every(states, len(letters)):
        some.append(table)
        if len(some) == _SOME:
            best, some = min(best, _fewest(some, prefixes, place, often, letters)), []
    return min(best, _fewest(some, prefixes, place, often, letters)) if some else best


def _fewest(
    tables: list[list[int]],
    prefixes: list[str],
    place: dict[str, int],
    often: NDArray[np.int64],
    letters: str,
) -> int:
    steps = np.array(tables)
    states = np.zeros((len(tables), len(prefixes)), np.int64)
    rows = np.arange(len(tables))
    for k, prefix in enumerate(prefixes):
        if prefix:
            before = states[:, place[prefix[:-1]]]
            states[:, k] = steps[rows, before * len(letters) + letters.index(prefix[-1])]
    right = np.zeros(len(tables), np.int64)
    for state in range(len(tables[0]) // len(letters)):
        right += ((states == state) @ often).max(axis=1)
    return int(often.sum() - right.max())


def check_levels(claims: Claims, document: dict[str, Any], truth: Any) -> None:
    """Whether the levels are the prices of machines, and reach as far as the certificate."""
    family, levels = truth.dsl.family, [level["bits"] for level in document["levels"]]
    own = min(truth.prices[i] for i in truth.grammar.inputs)
    size = len(family.argument.letters), int(truth.root.size)
    counts = range(1, len(levels) + 2)
    *prices, after = [(own + price(k, *size, _UNITS)) / _UNITS for k in counts]
    claims.equal("levels.bits", levels, prices)
    certified, words = document["certified_bits"], f"machines of {len(levels)} states were made"
    holds = certified is not None and certified < after
    claims.check("certified_bits is possible", holds, certified, words)


def check_complete(claims: Claims, document: dict[str, Any], truth: Any, candidates: int) -> None:
    """All machines that the certificate covers, made one by one: none has fewer exceptions."""
    inputs = truth.grammar.inputs
    letters, labels = inputs[0].type.letters, int(truth.root.size)
    columns = [truth.columns[i.name][truth.train].tolist() for i in inputs]
    said = [int(y) for y in truth.labels[truth.train]]
    own = min(truth.prices[i] for i in inputs)
    made, lowest, least, certified = 0, math.inf, math.inf, document["certified_bits"]
    for states in range(1, len(DIGITS)):
        units = own + price(states, len(letters), labels, _UNITS)
        if units > certified * _UNITS:
            claims.check("complete", True, certified, f"{made:,} machines compared")
            break
        made += connected(states, len(letters)) * len(columns)
        if made > candidates:
            text = f"machines of {states} states are too many: {made:,} with those before"
            claims.open("complete", certified, text)
            break
        wrong = min(fewest(column, said, letters, states) for column in columns)
        lowest = min(lowest, wrong)
        least = min(least, units / _UNITS + truth.exceptions_bits(wrong))
        listed = [p["exceptions"] for p in document["front"] if p["bits"] * _UNITS <= units]
        shown = min(listed, default=None)
        text = f"up to {states} states, {lowest} at least"
        claims.check("front is complete", shown == lowest, shown, text)
    total = None if document["program"] is None else document["program"]["total_bits"]
    holds = least == math.inf or (total is not None and total <= least + NEAR)
    claims.check("program is the best", holds, total, f"the best has {least:.4f}")
