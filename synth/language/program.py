"""A program: an immutable expression tree; text and tree convert both ways.

The text is Python expression syntax, `(x0 ^ x1) & ~x2` or `gcd(x, y)`, read with
the `ast` module and never run.  An input whose name is no identifier, or could be
taken for a word of the language, is written as a string: `'colour=red' & x1`.  A Real
constant is written with a point or an exponent, a Complex one as `2j` or `(1+2j)`.
"""

import ast
import keyword
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import ParseError, TypeMismatchError, UndefinedError
from synth.language.grammar import Grammar
from synth.language.primitive import Constant, Head, Input, Primitive
from synth.language.types import Complex, Real, Type, rounded

if TYPE_CHECKING:
    import networkx

# Python's precedences, low to high; a comparison does not chain here.
_LEVELS = [("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "//", "%", "@")]
_BINDING = {symbol: 2 + level for level, group in enumerate(_LEVELS) for symbol in group}
_BINDING.update(dict.fromkeys(("<", "<=", "==", "!=", ">", ">="), 1))
_UNARY = 2 + len(_LEVELS)
_BINDING["**"] = _UNARY + 1
_ATOM = _UNARY + 2

_AST_SYMBOLS = {
    ast.BitOr: "|", ast.BitXor: "^", ast.BitAnd: "&", ast.LShift: "<<", ast.RShift: ">>",
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//",
    ast.Mod: "%", ast.MatMult: "@", ast.Pow: "**", ast.Lt: "<", ast.LtE: "<=",
    ast.Eq: "==", ast.NotEq: "!=", ast.Gt: ">", ast.GtE: ">=", ast.Invert: "~",
    ast.USub: "-", ast.UAdd: "+",
}  # fmt: skip

# Python's own parser and this module's walk both recurse.
_DEEPEST = 200


class Program:
    """An expression tree of inputs, constants and primitives.

    head: the Input, Constant or Primitive at the root; arguments: the programs
    under it.  Two programs are equal when their trees are.  Raises
    TypeMismatchError where the arguments do not fit the head.
    """

    __slots__ = ("_hash", "arguments", "head")

    head: Head
    arguments: tuple["Program", ...]
    _hash: int

    def __init__(self, head: Head, arguments: Iterable["Program"] = ()) -> None:
        arguments = tuple(arguments)
        if tuple(a.type for a in arguments) != tuple(head.arguments):
            given = ", ".join(str(a.type) for a in arguments)
            wanted = ", ".join(map(str, head.arguments))
            raise TypeMismatchError(f"{head.name} takes ({wanted}), not ({given})")
        object.__setattr__(self, "head", head)
        object.__setattr__(self, "arguments", arguments)
        object.__setattr__(self, "_hash", hash((head, arguments)))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError("a program does not change")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self  # nothing in it changes, and its nodes are told apart by identity

    def __reduce__(self) -> tuple[Any, ...]:
        return Program, (self.head, self.arguments)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Program):
            return NotImplemented
        if self is other:
            return True
        return (
            self._hash == other._hash
            and self.head is other.head
            and self.arguments == other.arguments
        )

    def __repr__(self) -> str:
        return f"Program({self.text!r})"

    def __str__(self) -> str:
        return self.text

    @property
    def type(self) -> Type:
        """Of what the program computes."""
        return self.head.result

    @property
    def text(self) -> str:
        """The program in Python expression syntax."""
        return _text(self)[0]

    @property
    def size(self) -> int:
        """The number of nodes."""
        return sum(1 for _ in self.walk())

    @property
    def depth(self) -> int:
        """The number of nodes on the longest path from the root; a leaf has 1."""
        depths: dict[Program, int] = {}
        for node in self.parts():
            depths[node] = 1 + max((depths[a] for a in node.arguments), default=0)
        return depths[self]

    def bits(self, grammar: Grammar) -> float:
        """The program's description length in bits: the sum over its nodes."""
        return self.units(grammar) / 1024

    def units(self, grammar: Grammar) -> int:
        """The same in units of 1/1024 bit."""
        return sum(grammar.units(node.head) for node in self.walk())

    def walk(self) -> Iterator["Program"]:
        """Every node, the root first, shared parts as often as they stand in the tree."""
        stack: list[Program] = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.arguments))

    def parts(self) -> Iterator["Program"]:
        """Every distinct subexpression, arguments before what uses them."""
        seen: set[Program] = set()
        stack: list[tuple[Program, bool]] = [(self, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                if node not in seen:
                    seen.add(node)
                    yield node
            elif node not in seen:
                stack.append((node, True))
                stack.extend((a, False) for a in reversed(node.arguments))

    def graph(self) -> "networkx.DiGraph":
        """A networkx DiGraph, one node a distinct subexpression, edges to arguments.

        Nodes are the texts; node attributes: `label`, `type`; edge attribute:
        `positions`, the argument positions that the edge stands for.
        """
        import networkx as nx

        graph = nx.DiGraph()
        for node in self.parts():
            graph.add_node(node.text, label=_label(node.head), type=str(node.type))
            for position, argument in enumerate(node.arguments):
                if graph.has_edge(node.text, argument.text):
                    graph.edges[node.text, argument.text]["positions"] += (position,)
                else:
                    graph.add_edge(node.text, argument.text, positions=(position,))
        return graph

    def to_latex(self) -> str:
        """The program as LaTeX mathematics, for MathJax and KaTeX too."""
        from synth.language.notation.latex import latex

        return latex(self)

    def to_dot(self) -> str:
        """The program as a graph in Graphviz's DOT language, as `graph` has it."""
        from synth.language.notation.dot import dot

        return dot(self)

    def to_sympy(self) -> Any:
        """The program as a SymPy expression, equal to it wherever it has a value.

        Symbols have the inputs' names (`expression.free_symbols`).  Raises SettingError
        where SymPy is not installed, and UndefinedError where a part never has a value.
        """
        from synth.language.notation.formula import formula

        return formula(self)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"

    def _repr_html_(self) -> str:
        from synth.language.notation.html import html

        return html(self)

    def outputs(self, columns: Mapping[str, ArrayLike]) -> tuple[np.ndarray, NDArray[np.bool_]]:
        """Values and where they are defined, for columns of one length n.

        columns: a mapping of input names to arrays (n,).  Returns (values of the
        type's dtype (n,), defined bool (n,)).  Raises TypeMismatchError for a
        column that is missing, of another length, or not of its type.
        """
        rows = _rows(columns)
        values: dict[Program, np.ndarray] = {}
        defined = np.ones(rows, bool)
        for node in self.parts():
            head = node.head
            if isinstance(head, Input):
                if head.name not in columns:
                    raise TypeMismatchError(f"no column {head.name}; given: {', '.join(columns)}")
                values[node] = head.type.check(columns[head.name], f"column {head.name}")
            elif isinstance(head, Constant):
                values[node] = np.full(rows, head.value, head.type.dtype)
            else:
                values[node], known = head.evaluate(*(values[a] for a in node.arguments))
                if known is not None:
                    defined &= known
        return values[self], defined

    def evaluate(self, columns: Mapping[str, ArrayLike]) -> np.ndarray:
        """The program's values on columns of one length n: an array (n,).

        Raises UndefinedError where some row has no value, and TypeMismatchError
        as `outputs` does.
        """
        values, defined = self.outputs(columns)
        if not defined.all():
            row = int(np.flatnonzero(~defined)[0])
            raise UndefinedError(f"{self.text} has no value on row {row}")
        return values

    @staticmethod
    def parse(text: str, grammar: Grammar, type: Type | None = None) -> "Program":
        """The program that a text stands for, of the given type where one is given.

        Raises ParseError for a text that is no expression, a name the grammar does
        not have, types that do not fit, or more than one reading.
        """
        try:
            tree = ast.parse(text.strip(), mode="eval").body
            readings = _Reader(grammar).readings(tree, 1)
        except SyntaxError as error:
            raise ParseError(f"{text!r} is no expression: {error.msg}") from None
        except (ValueError, RecursionError, MemoryError) as error:
            if isinstance(error, ParseError):
                raise
            raise ParseError(
                f"the program is nested too deeply or holds a null byte: {error}"
            ) from None
        if type is not None:
            type = grammar.dsl.type_for(type)
            if type not in readings:
                found = " or ".join(map(str, readings))
                raise ParseError(f"{text!r} is {found}, not {type}")
            return readings[type]
        if len(readings) > 1:
            found = " or ".join(map(str, readings))
            raise ParseError(f"{text!r} could be {found}; say which type")
        return next(iter(readings.values()))


class _Reader:
    """Turns a Python syntax tree into the programs it can stand for, one a type."""

    def __init__(self, grammar: Grammar) -> None:
        self.inputs: dict[str, list[Head]] = {}
        self.constants: dict[str, list[Head]] = {}
        self.calls: dict[str, list[Primitive]] = {}
        self.symbols: dict[tuple[str | None, int], list[Primitive]] = {}
        for production in grammar:
            item = production.item
            if isinstance(item, Primitive):
                self.calls.setdefault(item.name, []).append(item)
                if item.symbol:
                    key = item.symbol, len(item.arguments)
                    self.symbols.setdefault(key, []).append(item)
            else:
                leaves = self.inputs if isinstance(item, Input) else self.constants
                leaves.setdefault(item.name, []).append(item)

    def readings(self, node: ast.expr, depth: int) -> dict[Type, Program]:
        if depth > _DEEPEST:
            raise ParseError(f"the program is nested too deeply; allowed: {_DEEPEST} levels")
        found: dict[Type, Program] = {}
        for head, arguments in self.heads(node):
            head = [item for item in head if len(item.arguments) == len(arguments)]
            if not head:  # a complaint about it comes before one about its arguments
                continue
            options = [self.readings(a, depth + 1) for a in arguments]
            for item in head:
                if all(t in option for t, option in zip(item.arguments, options, strict=True)):
                    parts = [o[t] for t, o in zip(item.arguments, options, strict=True)]
                    program = Program(item, parts)
                    if program.type in found:
                        raise ParseError(f"{ast.unparse(node)!r} can be read in two ways")
                    found[program.type] = program
        if not found:
            raise ParseError(self.complaint(node))
        return found

    def heads(self, node: ast.expr) -> Iterator[tuple[Sequence[Head], Sequence[ast.expr]]]:
        """The items a node may stand for, with the nodes of their arguments."""
        literal = self.constants.get(_number(node) or "")
        if literal:
            yield literal, ()
            return
        match node:
            case ast.Name(id=name):
                inputs = () if name in _WORDS else self.inputs.get(name, ())
                yield [*inputs, *self.constants.get(name, ())], ()
            case ast.Constant(value=str(name)):
                yield self.inputs.get(name, ()), ()
            case ast.Constant(value=bool(value)):
                yield self.constants.get(str(value).lower(), ()), ()
            case ast.UnaryOp(op=op, operand=operand):
                yield self.symbols.get((_AST_SYMBOLS.get(type(op)), 1), ()), (operand,)
            case ast.BinOp(left=left, op=op, right=right):
                yield self.symbols.get((_AST_SYMBOLS[type(op)], 2), ()), (left, right)
            case ast.Compare(left=left, ops=[op], comparators=[right]):
                yield self.symbols.get((_AST_SYMBOLS.get(type(op)), 2), ()), (left, right)
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                yield self.calls.get(name, ()), arguments

    def complaint(self, node: ast.expr) -> str:
        shown = ast.unparse(node)
        match node:
            case ast.Name() | ast.Constant():
                known = ", ".join([*map(_quoted, self.inputs), *self.constants])
                return f"{shown} is no input or constant; known: {known}"
            case ast.Call(func=ast.Name(id=name)) if name not in self.calls:
                return f"{name} is no primitive; known: {', '.join(self.calls)}"
            case ast.Compare(ops=[_, _, *_]):
                return f"{shown!r}: comparisons do not chain; use &"
        signatures = "; ".join(
            f"{p.symbol or p.name}: {p.signature}" for group in self.calls.values() for p in group
        )
        return f"{shown!r} fits no primitive; known: {signatures}"


def _number(node: ast.expr) -> str | None:
    """The name of the constant that a number stands for; None for what is no number.

    -1 and (1+2j) are operations to Python's parser.
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


def _constant_name(value: int | float | complex | None) -> str | None:
    if isinstance(value, float | complex):
        type_ = Real if isinstance(value, float) else Complex
        return type_.format(rounded(np.asarray(value))[()])
    return None if value is None else str(value)


def _seems_number(head: Primitive, arguments: Sequence[Program]) -> bool:
    """Whether an operation on constants, written with its symbol, is read as a number."""
    heads = [a.head for a in arguments if isinstance(a.head, Constant)]
    if len(heads) < len(arguments) or any(h.name.isidentifier() for h in heads):
        return False
    if heads[-1].name[0] in "-(":
        return False
    if len(heads) == 1:
        return head.symbol == "-"
    types = [h.type for h in heads]
    return head.symbol in ("+", "-") and types[0] != Complex and types[1:] == [Complex]


def _rows(columns: Mapping[str, Any]) -> int:
    lengths = {len(c) for c in columns.values()}
    if len(lengths) != 1:
        raise TypeMismatchError(f"columns must be of one length; given: {sorted(lengths)}")
    return lengths.pop()


def _label(head: Head) -> str:
    return (head.symbol or head.name) if isinstance(head, Primitive) else head.name


#: Names that stand for constants unless they are quoted.
_WORDS = ("true", "false")


def _quoted(name: str) -> str:
    # Python reads names in their normal form (NFKC).
    plain = name.isidentifier() and unicodedata.normalize("NFKC", name) == name
    plain = plain and not keyword.iskeyword(name) and name not in _WORDS
    return name if plain else repr(name)


def _leaf(head: Input | Constant) -> str:
    return _quoted(head.name) if isinstance(head, Input) else head.name


def _text(program: Program) -> tuple[str, int]:
    """The text and how tightly it binds; iterative over distinct parts."""
    texts: dict[Program, tuple[str, int]] = {}
    for node in program.parts():
        head = node.head
        inner = [texts[a] for a in node.arguments]
        if not isinstance(head, Primitive):
            name = _leaf(head)
            texts[node] = name, _UNARY if name.startswith("-") else _ATOM
        elif head.symbol is None or _seems_number(head, node.arguments):
            texts[node] = f"{head.name}({', '.join(t for t, _ in inner)})", _ATOM
        elif len(inner) == 1:
            texts[node] = head.symbol + _within(inner[0], _UNARY), _UNARY
        else:
            binding = _BINDING[head.symbol]
            # Python groups a - b - c to the left, a ** b ** c to the right.
            chains = head.symbol not in ("<", "<=", "==", "!=", ">", ">=")
            left = binding + (head.symbol == "**" or not chains)
            right = binding + (head.symbol != "**")
            if head.symbol == "**":
                right = _UNARY
            text = f"{_within(inner[0], left)} {head.symbol} {_within(inner[1], right)}"
            texts[node] = text, binding
    return texts[program]


def _within(inner: tuple[str, int], least: int) -> str:
    text, binding = inner
    return text if binding >= least else f"({text})"
