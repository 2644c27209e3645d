"""A program as a Python expression: the text that `Program.parse` reads back."""

import keyword
import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth.language.primitive import Constant, Head, Input, Primitive
from synth.language.types import Complex

if TYPE_CHECKING:
    from synth.language.program import Program

#: Names that stand for constants unless they are quoted.
WORDS = ("true", "false")

# Longer ones are not read back as they are written.
_WHOLE = re.compile(r"0|-?[1-9][0-9]{0,99}")
_COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")
# Python's precedences, low to high.
_LEVELS = [("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "//", "%", "@")]
_BINDING = {symbol: 2 + level for level, group in enumerate(_LEVELS) for symbol in group}
_BINDING.update(dict.fromkeys(_COMPARISONS, 1))
_UNARY = 2 + len(_LEVELS)
_BINDING["**"] = _UNARY + 1
_ATOM = _UNARY + 2


def expression(program: "Program") -> str:
    """The text of a program."""
    # Iterative over distinct parts: a program can be deeper than Python's stack.
    texts: dict[Program, tuple[str, int]] = {}
    for node in program.parts():
        texts[node] = _node(node.head, node.arguments, [texts[a] for a in node.arguments])
    return texts[program][0]


def quoted(name: str) -> str:
    """The name of an input as it is written in an expression: in quotes if it needs them."""
    # Python reads names in their normal form (NFKC).
    plain = name.isidentifier() and unicodedata.normalize("NFKC", name) == name
    plain = plain and not keyword.iskeyword(name) and name not in WORDS
    return name if plain else repr(name)


def constant_text(constant: Constant) -> str:
    """A constant as it is written in an expression: strings in quotes, and labels as names."""
    name = constant.name
    if constant.type.letters:
        return repr(name)
    if not constant.type.names or _WHOLE.fullmatch(name):
        return name
    return quoted(name)


def _node(
    head: Head, arguments: Sequence["Program"], inner: list[tuple[str, int]]
) -> tuple[str, int]:
    """(text, how tightly it binds) of a node, given those of its arguments."""
    if not isinstance(head, Primitive):
        name = quoted(head.name) if isinstance(head, Input) else constant_text(head)
        return name, _UNARY if name.startswith("-") else _ATOM
    if head.symbol is None or _seems_number(head, arguments):
        return f"{head.name}({', '.join(text for text, _ in inner)})", _ATOM
    if len(inner) == 1:
        return head.symbol + _within(inner[0], _UNARY), _UNARY
    binding = _BINDING[head.symbol]
    # Python groups a - b - c to the left and a ** b ** c to the right; comparisons do not chain.
    left = binding + (head.symbol == "**" or head.symbol in _COMPARISONS)
    right = _UNARY if head.symbol == "**" else binding + 1
    return f"{_within(inner[0], left)} {head.symbol} {_within(inner[1], right)}", binding


def _seems_number(head: Primitive, arguments: Sequence["Program"]) -> bool:
    """Whether an operation on constants, written with its symbol, would be read as a number."""
    heads = [a.head for a in arguments if isinstance(a.head, Constant)]
    if len(heads) < len(arguments) or any(h.name.isidentifier() for h in heads):
        return False
    if heads[-1].name.startswith(("-", "(")):
        return False
    if len(heads) == 1:
        return head.symbol == "-"
    types = [h.type for h in heads]
    return head.symbol in ("+", "-") and types[0] != Complex and types[1:] == [Complex]


def _within(inner: tuple[str, int], least: int) -> str:
    text, binding = inner
    return text if binding >= least else f"({text})"
