"""Writing a shortest program of a function, part by part."""

from collections.abc import Sequence
from typing import Protocol

from synth.errors import RunError

#: How strongly each operator binds.
_BINDING = {"|": 1, "^": 2, "&": 3}
_MAKE = {
    "&": lambda a, b: a & b,
    "|": lambda a, b: a | b,
    "^": lambda a, b: a ^ b,
}


class Source(Protocol):
    """What says how functions are made."""

    @property
    def full(self) -> int:
        """The function that is true on every row."""

    def made_from(self, function: int) -> tuple[int, int] | None:
        """Two functions, or negations, that make a function, or its negation; None for an input."""


class Writer:
    """Writes programs over the given operators and input names; see `Atlas.program`."""

    def __init__(self, source: Source, operators: Sequence[str], names: Sequence[str]) -> None:
        self.source, self.operators = source, operators
        rows = range(2 ** len(names))
        self.inputs: dict[int, str] = {}
        for i, name in enumerate(names):
            values = sum(1 << row for row in rows if row >> i & 1)
            self.inputs |= {values: name, source.full ^ values: f"~{name}"}

    def text(self, function: int) -> str:
        """A program for a function; RunError if its parts do not make it."""
        return self._written(function, 0)

    def _written(self, function: int, binding: int) -> str:
        """A program, in parentheses if its operator binds less than `binding`."""
        if function in self.inputs:
            return self.inputs[function]
        pair = self.source.made_from(function)
        assert pair is not None, "an input has a name"
        for operator in self.operators:
            # An input is true on the last row: exclusive or has it without its negation.
            for first in sorted((pair[0], self.source.full ^ pair[0]), reverse=True):
                for second in sorted((pair[1], self.source.full ^ pair[1]), reverse=True):
                    if _MAKE[operator](first, second) == function:
                        own = _BINDING[operator]
                        parts = self._written(first, own), self._written(second, own)
                        found = f" {operator} ".join(parts)
                        return f"({found})" if own < binding else found
        raise RunError(
            f"the atlas is damaged: {function:#x} is not made from {pair[0]:#x} and {pair[1]:#x}"
        )
