"""Reads a program from its text: a Python expression, parsed by `ast` and never run."""

import ast
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from synth.errors import ParseError, listed
from synth.language.grammar import Grammar
from synth.language.notation.expression import WORDS, constant_text, quoted
from synth.language.primitive import Constant, Head, Input, Primitive
from synth.language.types import Complex, Real, Type, rounded

if TYPE_CHECKING:
    from synth.language.program import Program

_AST_SYMBOLS = {
    ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&", ast.LShift: "<<", ast.RShift: ">>",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//",
    ast.Mod: "%", ast.MatMult: "@", ast.Pow: "**", ast.Lt: "<", ast.LtE: "<=",
    ast.Eq: "==", ast.NotEq: "!=", ast.Gt: ">", ast.GtE: ">=", ast.Invert: "~",
    ast.USub: "-", ast.UAdd: "+",
}  # fmt: skip

# Both Python's parser and `_Reader.readings` recurse.
_DEEPEST = 200

#: How many thresholds a message names on each side of one that is not known.
NEAREST = 2

#: A text in quotes, a comparison, or a single sign for "equal".
_SINGLE = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|[<>!=]=|=")

_Make = Callable[[Head, Sequence["Program"]], "Program"]


def parse(text: str, grammar: Grammar, type: Type | None, make: _Make) -> "Program":
    """The program that a text stands for; see `Program.parse`.

    Parameters
    ----------
    text : str
        A Python expression.
    grammar : Grammar
        The inputs, constants and primitives that may occur.
    type : Type, optional
        The type of the program.
    make : callable
        Makes a program of a head and its arguments: `Program`.
    """
    try:
        tree = _tree(text.strip())
        readings = _Reader(grammar, make).readings(tree, 1)
    except SyntaxError as error:
        place = error.offset or len(text.strip()) + 1  # 0 is for the end
        raise ParseError(
            f"{text!r} is not an expression: {error.msg} at character {place}"
        ) from None
    except (ValueError, RecursionError, MemoryError) as error:
        if isinstance(error, ParseError):
            raise
        raise ParseError(
            f"the program is nested too deeply or contains a null byte: {error}"
        ) from None
    found = " or ".join(map(str, readings))
    if type is not None:
        type = grammar.dsl.type_for(type)
        if type not in readings:
            raise ParseError(f"{text!r} is {found}, not {type}")
        return readings[type]
    if len(readings) > 1:
        raise ParseError(f"{text!r} could be {found}; give the type")
    return next(iter(readings.values()))


def _tree(text: str) -> ast.expr:
    """The syntax tree of a text, in which `colour = red` of a rule in words is `colour == red`."""
    try:
        return ast.parse(text, mode="eval").body
    except SyntaxError:
        doubled = _SINGLE.sub(lambda found: found[0] if found[0] != "=" else "==", text)
        if doubled == text:
            raise
        return ast.parse(doubled, mode="eval").body


class _Reader:
    """Turns a Python syntax tree into the programs that it can stand for, one for each type."""

    def __init__(self, grammar: Grammar, make: _Make) -> None:
        self.make, family = make, grammar.dsl.family
        self.named = family.named if family is not None else lambda name: None
        self.inputs: dict[str, list[Head]] = {}
        self.constants: dict[str, list[Constant]] = {}
        self.calls: dict[str, list[Primitive]] = {}
        self.symbols: dict[tuple[str | None, int], list[Primitive]] = {}
        for production in grammar:
            item = production.item
            if isinstance(item, Primitive):
                self.calls.setdefault(item.name, []).append(item)
                if item.symbol:
                    key = item.symbol, len(item.arguments)
                    self.symbols.setdefault(key, []).append(item)
            elif isinstance(item, Input):
                self.inputs.setdefault(item.name, []).append(item)
            else:
                self.constants.setdefault(item.name, []).append(item)

    def readings(self, node: ast.expr, depth: int) -> "dict[Type, Program]":
        """The programs that a node can stand for, by type."""
        if depth > _DEEPEST:
            raise ParseError(f"the program is nested too deeply; allowed: {_DEEPEST} levels")
        found: dict[Type, Program] = {}
        for heads, arguments in self.heads(node):
            heads = [item for item in heads if len(item.arguments) == len(arguments)]
            if not heads:  # complain about the head before its arguments
                continue
            options = [self.readings(a, depth + 1) for a in arguments]
            for item in heads:
                if all(t in option for t, option in zip(item.arguments, options, strict=True)):
                    parts = [o[t] for t, o in zip(item.arguments, options, strict=True)]
                    if item.result in found:
                        raise ParseError(f"{ast.unparse(node)!r} can be read in two ways")
                    found[item.result] = self.make(item, parts)
        if not found:
            raise ParseError(f"character {node.col_offset + 1}: {self.complaint(node)}")
        return found

    def heads(self, node: ast.expr) -> Iterator[tuple[Sequence[Head], Sequence[ast.expr]]]:
        """The heads that a node may stand for, with the nodes of their arguments."""
        spelt = self.inputs.get(_as_input(node))
        if spelt and not isinstance(node, ast.Constant):
            yield spelt, ()
            return
        number = _number(node)
        literal = None if number is None else self.constants.get(number)
        literal = literal and [c for c in literal if not c.type.letters]
        if literal:
            yield literal, ()
            return
        match node:
            case ast.Name(id=name):
                inputs = () if name in WORDS else self.inputs.get(name, ())
                plain = [c for c in self.constants.get(name, ()) if not c.type.letters]
                yield [*inputs, *plain], ()
            case ast.Constant(value=str(name)):
                texts = [c for c in self.constants.get(name, ()) if c.type.names or c.type.letters]
                yield [*self.inputs.get(name, ()), *texts], ()
            case ast.Constant(value=bool(value)):
                yield self.constants.get(str(value).lower(), ()), ()
            case ast.BoolOp(op=op, values=[first, *rest]):
                other = ast.BoolOp(op, rest) if rest[1:] else rest[0]
                ast.copy_location(other, rest[0])
                symbol = "|" if isinstance(op, ast.Or) else "&"
                yield self.symbols.get((symbol, 2), ()), (first, other)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield self.symbols.get(("~", 1), ()), (operand,)
            case ast.Compare(ops=[ast.GtE() | ast.NotEq()]) if (
                _as_input(opposite := _opposite(node)) in self.inputs
            ):
                yield self.symbols.get(("~", 1), ()), (opposite,)
            case ast.UnaryOp(op=op, operand=operand):
                yield self.symbols.get((_AST_SYMBOLS.get(type(op)), 1), ()), (operand,)
            case ast.BinOp(left=left, op=op, right=right):
                yield self.symbols.get((_AST_SYMBOLS[type(op)], 2), ()), (left, right)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                yield self.symbols.get((_AST_SYMBOLS.get(type(op)), 2), ()), (left, right)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                yield self.calls.get(name, ()), arguments
            case ast.Call(func=ast.Subscript() as named, args=arguments, keywords=[]):
                found = self.named(ast.unparse(named))
                yield [] if found is None else [found], arguments

    def nearest(self, column: str, value: ast.expr) -> str:
        """The inputs that compare a column with something, for a message.

        Of thresholds, the two nearest to the value on each side.
        """
        start, number = f"{column} < ", _number(value)
        known = [n for n in self.inputs if n.startswith(start) and _is_decimal(n[len(start) :])]
        if number is None or not _is_decimal(number) or not known:
            return listed([n for n in self.inputs if n.startswith((start, f"{column}="))])
        known.sort(key=lambda name: float(name[len(start) :]))
        above = sum(float(name[len(start) :]) < float(number) for name in known)
        some = known[max(0, above - NEAREST) : above + NEAREST]
        return f"the nearest of {len(known)} thresholds: {', '.join(some)}"

    def complaint(self, node: ast.expr) -> str:
        """Why a node stands for no program."""
        shown = ast.unparse(node)
        match node:
            case ast.Name() | ast.Constant():
                constants = [constant_text(c) for group in self.constants.values() for c in group]
                known = ", ".join([*map(quoted, self.inputs), *constants])
                return f"{shown} is not an input or a constant; known: {known}"
            case ast.Call(func=ast.Name(id=name)) if name not in self.calls:
                return f"{name} is not a primitive; known: {', '.join(self.calls)}"
            case ast.Compare(left=left, comparators=[right]) if near := self.nearest(
                _bare(left), right
            ):
                return f"{shown} is no comparison of the DSL; known: {near}"
            case ast.Compare(ops=[_, _, *_]):
                return f"{shown!r}: comparisons do not chain; join them with &"
        signatures = "; ".join(
            f"{p.symbol or p.name}: {p.signature}" for group in self.calls.values() for p in group
        )
        return f"{shown!r} matches no primitive; known: {signatures}"


def _as_input(node: ast.expr) -> str:
    """The name of the input that a comparison without quotes spells: `age < 13` or `sex == male`.

    Empty if the node is none.
    """
    match node:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            return f"{_bare(left)}={_bare(right)}"
        case ast.Compare(left=left, ops=[ast.Lt()], comparators=[right]):
            return f"{_bare(left)} < {_bare(right)}"
    return ""


def _opposite(node: ast.Compare) -> ast.Compare:
    """`age < 13` of `age >= 13`, and `sex == male` of `sex != male`."""
    op = ast.Lt() if isinstance(node.ops[0], ast.GtE) else ast.Eq()
    return ast.copy_location(ast.Compare(node.left, [op], node.comparators), node)


def _bare(node: ast.expr) -> str:
    """A name or a text without its quotes, or another expression as it is written."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    return ast.unparse(node)


def _number(node: ast.expr) -> str | None:
    """The name of the constant that a number stands for; None if the node is not a number.

    To Python's parser, -1 and (1+2j) are operations.
    """
    match node:
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as op, right=right):
            real, imaginary = _plain_number(left), _plain_number(right, negative=False)
            if isinstance(real, int | float) and isinstance(imaginary, complex):
                try:
                    value = real + imaginary if isinstance(op, ast.Add) else real - imaginary
                except OverflowError:
                    return None
                return _constant_name(value)
            return None
    return _constant_name(_plain_number(node))


def _plain_number(node: ast.expr, negative: bool = True) -> int | float | complex | None:
    match node:
        case ast.Constant(value=int() | float() | complex() as value):
            return None if isinstance(value, bool) else value
        case ast.UnaryOp(op=ast.USub(), operand=operand) if negative:
            positive = _plain_number(operand, negative=False)
            return None if positive is None else -positive
    return None


def _is_decimal(text: str) -> bool:
    """Whether a text is a real number."""
    try:
        return float(text) == float(text)
    except ValueError:
        return False


def _constant_name(value: int | float | complex | None) -> str | None:
    if isinstance(value, float | complex):
        type_ = Real if isinstance(value, float) else Complex
        return type_.format(rounded(np.asarray(value))[()])
    return None if value is None else str(value)
