"""A program as LaTeX mathematics, in commands that MathJax and KaTeX also know.

Brackets follow mathematics rather than Python: different connectives, and `mod`, are bracketed
wherever they meet another operation.  The meaning of a symbol depends on its type: `&` is a
conjunction of truth values, but a plain symbol between numbers.
"""

import numpy as np

from synth.language.primitive import Constant, Primitive
from synth.language.types import Bool
from synth.report import latex_text

# What LaTeX has a command for.
_NAMED = ("min", "max", "exp", "log", "sin", "cos", "tan", "arcsin")

# How tightly a text binds, loosest first.
_CASES, _COMPARISON, _OTHER, _SUM, _PRODUCT, _NOT, _ATOM = range(7)

_COMPARISONS = {"<": "<", "<=": r"\le", "==": "=", "!=": r"\ne", ">": ">", ">=": r"\ge"}
_CONNECTIVES = {"&": r"\land", "|": r"\lor", "^": r"\oplus"}
_OTHERS = {
    "&": r"\mathbin{\&}",
    "|": r"\mathbin{|}",
    "^": r"\oplus",
    "<<": r"\ll",
    ">>": r"\gg",
    "%": r"\bmod",
    "@": r"\mathbin{@}",
}


def latex(program):
    """The LaTeX of a program, without dollar signs; for residues it ends in the modulus."""
    found = {}
    for node in program.parts():
        found[node] = _node(node, [found[a] for a in node.arguments])
    text = found[program][0]
    if program.type.family == "Mod" and program.arguments:
        text += rf" \pmod{{{program.type.size}}}"
    return text


def latex_name(name):
    """A name as upright LaTeX with every character escaped; `x12` gets an index."""
    if len(name) == 1 and name.isascii() and name.isalpha():
        return name
    if name[:1].isascii() and name[:1].isalpha() and name[1:].isascii() and name[1:].isdigit():
        return f"{name[0]}_{{{name[1:]}}}"
    return rf"\mathrm{{{latex_text(name)}}}"


def _node(node, inner):
    """(LaTeX, how tightly it binds) of a node, given those of its arguments."""
    head = node.head
    if isinstance(head, Constant):
        return _constant(head)
    if not isinstance(head, Primitive):
        return latex_name(head.name), _ATOM
    if head.function is np.where:
        condition, yes, no = (text for text, _ in inner)
        return (
            rf"\begin{{cases}} {yes} & \text{{if }} {condition} \\ "
            rf"{no} & \text{{otherwise}} \end{{cases}}"
        ), _CASES
    if head.symbol is None:
        return _call(head, [text for text, _ in inner]), _ATOM
    return _unary(head, inner[0]) if len(inner) == 1 else _binary(node, inner)


def _constant(head):
    if head.type == Bool and head.name in ("true", "false"):
        return (r"\top" if head.value else r"\bot"), _ATOM
    if head.type.letters:
        return rf"\text{{`{latex_text(head.name)}'}}", _ATOM
    if head.type.names or head.name != head.type.format(head.value):
        return latex_name(head.name), _ATOM
    text = head.name.replace("j", "i")
    mantissa, power, exponent = text.partition("e")
    if power and head.type.family == "Real":
        return rf"{mantissa} \cdot 10^{{{int(exponent)}}}", _SUM
    return text, _SUM if text.startswith("-") else _ATOM


def _call(head, inner):
    if head.name == "abs" and len(inner) == 1:
        return rf"\left|{inner[0]}\right|"
    if head.name == "sqrt" and len(inner) == 1:
        return rf"\sqrt{{{inner[0]}}}"
    name = f"\\{head.name}" if head.name in _NAMED else rf"\operatorname{{{latex_text(head.name)}}}"
    return rf"{name}\left({', '.join(inner)}\right)"


def _unary(head, inner):
    if head.symbol == "~":
        return rf"\lnot {_within(inner, _NOT)}", _NOT
    return f"{head.symbol}{_within(inner, _NOT)}", _SUM


def _binary(node, inner):
    symbol, (left, right) = node.head.symbol, inner
    if symbol == "/":
        return rf"\frac{{{left[0]}}}{{{right[0]}}}", _ATOM
    if symbol == "//":
        return rf"\left\lfloor\frac{{{left[0]}}}{{{right[0]}}}\right\rfloor", _ATOM
    if symbol == "**":
        # The braces give a power of a power one base.
        return f"{{{_within(left, _ATOM)}}}^{{{right[0]}}}", _PRODUCT
    if symbol in _COMPARISONS:
        return _joined(left, _COMPARISONS[symbol], right, _SUM, _SUM), _COMPARISON
    if symbol == "*":
        return _joined(left, r"\cdot", right, _PRODUCT, _NOT), _PRODUCT
    if symbol in ("+", "-"):
        # Avoid a + -b.
        bracketed = right if right[1] != _SUM else (_bracketed(right[0]), _ATOM)
        return _joined(left, symbol, bracketed, _SUM, _PRODUCT), _SUM
    truths = all(t == Bool for t in node.head.arguments)
    sign = (_CONNECTIVES if truths else {}).get(symbol) or _OTHERS[symbol]
    chained = symbol in _CONNECTIVES and node.arguments[0].head is node.head
    return _joined(left, sign, right, _OTHER if chained else _NOT, _NOT), _OTHER


def _joined(left, sign, right, least_left, least_right):
    return f"{_within(left, least_left)} {sign} {_within(right, least_right)}"


def _within(inner, least):
    text, binding = inner
    return text if binding >= least else _bracketed(text)


def _bracketed(text):
    return rf"\left({text}\right)"
