"""Scorecards as primitives: each is known by its points and its threshold.

`card['3 2 -1 / 2']('age<64', smoker, sober)` adds 3 points where the first test is passed, 2 for
the second and -1 for the third, and says yes from 2 points on.  Lines stand in order of their
points, the most first.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray

from synth.language.primitive import Primitive
from synth.language.types import Bool, Type

_TEXT = re.compile(r"card\['(-?\d+(?: -?\d+)*) / (-?\d+)'\]")


@dataclass(frozen=True, eq=False)
class Cards:
    """All scorecards over tests.

    Parameters
    ----------
    argument : Type
        The type of the tests, 0 or 1.
    """

    argument: Type
    _made: dict[str, Primitive] = field(default_factory=dict, init=False, repr=False)

    @property
    def results(self) -> tuple[Type, ...]:
        """The types of answers."""
        return (Bool,)

    def units(self, item: object, unit: int) -> int | None:
        """The price of a card without its tests; None of anything else.

        unit: how many units are a bit.
        """
        name = getattr(item, "name", "")
        read = read_card(name) if self._made.get(name) is item else None
        return None if read is None else self.units_of(read[0], unit)

    def units_of(self, points: Sequence[int], unit: int) -> int:
        """The price of each card with such points, rounded up."""
        from synth import codes  # a saved run is verified without them

        return ceil(unit * codes.card_bits(points) - 1e-9)

    def card(self, points: Sequence[int], threshold: int) -> Primitive:
        """The card that says yes from a threshold on; points: of each line, the most first."""
        name = f"card['{' '.join(map(str, points))} / {threshold}']"
        if name not in self._made:
            run = _runner(tuple(points), threshold)
            self._made[name] = Primitive(name, run, (self.argument,) * len(points), Bool)
        found: Primitive = self._made[name]
        return found

    def named(self, name: str) -> Primitive | None:
        """The card that has a text as its name; None if there is none."""
        from synth import codes

        read = read_card(name)
        if read is None:
            return None
        points, threshold = read
        low = sum(p for p in points if p < 0)
        high = sum(p for p in points if p > 0)
        fits = set(points) <= set(codes.POINTS) and list(points) == sorted(points, reverse=True)
        if not fits or not low < threshold <= high:
            return None
        made = self.card(points, threshold)
        return made if made.name == name else None


def read_card(name: str) -> tuple[tuple[int, ...], int] | None:
    """The points of the lines and the threshold that the name of a card says; None of others."""
    parts = _TEXT.fullmatch(name)
    if parts is None:
        return None
    return tuple(map(int, parts[1].split())), int(parts[2])


def _runner(points: Sequence[int], threshold: int) -> Callable[..., NDArray[np.bool_]]:
    def run(*tests: NDArray[np.int64]) -> NDArray[np.bool_]:
        total = np.zeros(np.shape(tests[0]), np.int64)
        for more, test in zip(points, tests, strict=True):
            total += more * test
        return total >= threshold

    return run
