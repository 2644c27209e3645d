"""A program: an immutable expression tree that converts to and from text.

The text is a Python expression, `(x0 ^ x1) & ~x2` or `gcd(x, y)`, which is read with the `ast`
module and never run.  The name of an input is written as a string if it is not an identifier
or is a word of the language: `'colour=red' & x1`.  A Real constant has a point or an exponent;
a Complex one is written `2j` or `(1+2j)`.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import TypeMismatchError, UndefinedError
from synth.language.grammar import UNIT, Grammar
from synth.language.notation.expression import expression
from synth.language.parsing import parse
from synth.language.primitive import Constant, Head, Input, Primitive
from synth.language.types import Type

if TYPE_CHECKING:
    import networkx


class Program:
    """An expression tree of inputs, constants and primitives.

    Two programs are equal if their trees are.

    Parameters
    ----------
    head : Input, Constant or Primitive
        The root of the tree.
    arguments : iterable of Program
        The programs below the root, one for each argument of the head.

    Raises
    ------
    TypeMismatchError
        If the arguments do not have the types that the head takes.
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
        raise AttributeError("a program cannot be changed")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self  # immutable, and its heads are compared by identity

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
        """The type of the program's values."""
        return self.head.result

    @property
    def text(self) -> str:
        """The program as a Python expression."""
        return expression(self)

    @property
    def size(self) -> int:
        """The number of nodes."""
        return sum(1 for _ in self.walk())

    @property
    def depth(self) -> int:
        """The number of nodes on the longest path from the root; 1 for a leaf."""
        depths: dict[Program, int] = {}
        for node in self.parts():
            depths[node] = 1 + max((depths[a] for a in node.arguments), default=0)
        return depths[self]

    def bits(self, grammar: Grammar) -> float:
        """The description length of the program in bits: the sum over its nodes."""
        return self.units(grammar) / UNIT

    def units(self, grammar: Grammar) -> int:
        """The description length of the program in units of 1/1024 bit."""
        return sum(grammar.units(node.head) for node in self.walk())

    def walk(self) -> Iterator["Program"]:
        """Every node, the root first; a repeated subexpression is visited each time it occurs."""
        stack: list[Program] = [self]
        while stack:
            node = stack.pop()
            yield node
            stack.extend(reversed(node.arguments))

    def parts(self) -> Iterator["Program"]:
        """Every distinct subexpression, each after its arguments."""
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
        """The program as a directed graph, with one node for each distinct subexpression.

        Returns
        -------
        networkx.DiGraph
            A node is the text of a subexpression, with the attributes `label` and `type`.  An
            edge leads to an argument; its attribute `positions` is the tuple of argument
            positions that it stands for.
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
        """The program as LaTeX mathematics, which MathJax and KaTeX can also show."""
        from synth.language.notation.latex import latex

        return latex(self)

    def to_dot(self) -> str:
        """The graph of the program (see `graph`) in Graphviz's DOT language."""
        from synth.language.notation.dot import dot

        return dot(self)

    def to_sympy(self) -> Any:
        """The program as a SymPy expression, equal to the program wherever that has a value.

        Returns
        -------
        sympy.Expr or sympy.logic.boolalg.Boolean
            Its symbols (`free_symbols`) have the names of the inputs.

        Raises
        ------
        SettingError
            If SymPy is not installed.
        UndefinedError
            If some part has no value for any input.
        """
        from synth.language.notation.formula import formula

        return formula(self)

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.to_latex()}$"

    def _repr_html_(self) -> str:
        from synth.language.notation.html import html

        return html(self)

    def outputs(self, columns: Mapping[str, ArrayLike]) -> tuple[np.ndarray, NDArray[np.bool_]]:
        """The program's values on some rows, and which of them are defined.

        Parameters
        ----------
        columns : mapping of str to array_like, shape (n,)
            Values of the inputs by name.

        Returns
        -------
        values : ndarray, shape (n,)
            Of the dtype of the program's type; legal but arbitrary if not defined.
        defined : ndarray of bool, shape (n,)

        Raises
        ------
        TypeMismatchError
            If a column is missing, has another length or holds values of another type.
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
        """The program's values on some rows.

        Parameters
        ----------
        columns : mapping of str to array_like, shape (n,)
            Values of the inputs by name.

        Returns
        -------
        ndarray, shape (n,)
            Of the dtype of the program's type.

        Raises
        ------
        UndefinedError
            If the program has no value on some row.
        TypeMismatchError
            If a column is missing, has another length or holds values of another type.
        """
        values, defined = self.outputs(columns)
        if not defined.all():
            row = int(np.flatnonzero(~defined)[0])
            raise UndefinedError(f"{self.text} has no value on row {row}")
        return values

    @staticmethod
    def parse(text: str, grammar: Grammar, type: Type | None = None) -> "Program":
        """The program that a text stands for.

        Parameters
        ----------
        text : str
            A Python expression.
        grammar : Grammar
            The inputs, constants and primitives that may occur.
        type : Type, optional
            The type of the program; needed if the text can be read as several types.

        Raises
        ------
        ParseError
            If the text is not an expression, contains a name that the grammar does not have,
            does not match the types of the primitives, or can be read in several ways.
        """
        return parse(text, grammar, type, Program)


def _rows(columns: Mapping[str, Any]) -> int:
    lengths = {len(c) for c in columns.values()}
    if len(lengths) != 1:
        raise TypeMismatchError(f"columns must have one length; given: {sorted(lengths)}")
    return lengths.pop()


def _label(head: Head) -> str:
    return (head.symbol or head.name) if isinstance(head, Primitive) else head.name
