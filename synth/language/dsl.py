"""A DSL: types, primitives, constants and weights, without input variables.

A primitive is any callable that works elementwise on NumPy arrays.  Add one with the decorator
`DSL.primitive` and types as annotations, or with `DSL.add` and a signature:

    dsl = DSL("mine")

    @dsl.primitive(symbol="+", commutative=True)
    def plus(a: Int, b: Int) -> Int:
        return a + b

    dsl.add(np.gcd, "Int, Int -> Int")

`synth.language.primitive` says what a primitive sees, and on which rows it has no value.
"""

import keyword
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import Any, TypeVar, overload

import numpy as np

from synth.errors import DSLError, SettingError
from synth.language.columns import TypedColumns
from synth.language.family import Family
from synth.language.primitive import (
    Constant,
    Primitive,
    Weight,
    exact_weight,
    partial_where_undefined,
)
from synth.language.signatures import Signature, read_annotations, read_signature, resolve
from synth.language.types import ALLOWED, Real, Type
from synth.report import definitions

_Function = TypeVar("_Function", bound=Callable[..., Any])
#: A type, its text, or the function of its family.
TypeLike = Type | str | Callable[..., Type]

#: Infix and prefix symbols that a primitive can be written with.
BINARY_SYMBOLS = ("|", "^", "&", "<<", ">>", "+", "-", "*", "/", "//", "%", "@", "**")
COMPARISONS = ("<", "<=", "==", "!=", ">", ">=")
UNARY_SYMBOLS = ("~", "-", "+")


class DSL:
    """Types, primitives, constants and weights.

    Parameters
    ----------
    name : str
        The name of the DSL in reports.
    types : iterable of Type
        The types that bare family names in signatures, such as "Int", stand for.
    leaf_probability : float, Fraction or str
        The share of a type's probability that its leaves (inputs and constants) get if the
        type also has primitives; above 0 and below 1.
    description : str
        A text about the DSL.
    prepare : callable, optional
        Takes `TypedColumns` and returns the columns as this DSL reads them; it may use the
        inputs of training rows only.  See `synth.language.dsls`.

    Attributes
    ----------
    spec : str or None
        The specification that the DSL was loaded by; None if it was made in Python.
    family : Family or None
        Further primitives, too many to be listed, each of which is known by its name.
    for_letters : callable or None
        Takes how many letters the longest string of a task has.  Returns the specification of the
        DSL that is for such strings, or None for this one.

    Raises
    ------
    SettingError
        If `leaf_probability` is not above 0 and below 1.
    """

    def __init__(
        self,
        name: str,
        *,
        types: Iterable[Type] = (),
        leaf_probability: Weight = 0.5,
        description: str = "",
        prepare: Callable[[TypedColumns], TypedColumns] | None = None,
    ) -> None:
        self.name = str(name)
        self.description = description
        self.prepare = prepare
        self.spec: str | None = None
        self.family: Family | None = None
        self.for_letters: Callable[[int], str | None] | None = None
        try:
            self.leaf_probability = Fraction(leaf_probability)
        except (TypeError, ValueError, OverflowError, ZeroDivisionError):
            self.leaf_probability = Fraction(0)
        if not 0 < self.leaf_probability < 1:
            raise SettingError(
                f"leaf_probability={leaf_probability!r}; allowed: above 0 and below 1, such as "
                '0.5 or "1/3"'
            )
        self.types: list[Type] = []
        self.primitives: list[Primitive] = []
        self.constants: list[Constant] = []
        for type_ in types:
            self._register(type_)

    def __repr__(self) -> str:
        return (
            f"DSL({self.name!r}, {len(self.primitives)} primitives, "
            f"{len(self.constants)} constants)"
        )

    def _repr_html_(self) -> str:
        return definitions.dsl_html(self)

    @overload
    def primitive(self, function: _Function) -> _Function: ...

    @overload
    def primitive(
        self,
        function: None = None,
        *,
        name: str | None = None,
        weight: Weight = 1,
        commutative: bool = False,
        symbol: str | None = None,
    ) -> Callable[[_Function], _Function]: ...

    def primitive(
        self,
        function: _Function | None = None,
        *,
        name: str | None = None,
        weight: Weight = 1,
        commutative: bool = False,
        symbol: str | None = None,
    ) -> _Function | Callable[[_Function], _Function]:
        """Decorator that adds a function annotated with types.

        The annotation of a parameter or of the result is a type (`Int`, `Mod(97)`), its text,
        or `Annotated[np.ndarray, Int]`, which type checkers accept: what the function sees,
        then the type of its values.

        Parameters
        ----------
        name : str, optional
            The name of the primitive; by default the function's name.
        weight : float, Fraction or str
            The share of probability among the primitives with the same result type.
        commutative : bool
            Whether the two arguments can be swapped.
        symbol : str, optional
            The operator that the primitive is written with.

        Raises
        ------
        DSLError
            If an annotation is missing or is not a type, the weight is not above 0, or the
            name or symbol is taken.
        """

        def decorate(function: _Function) -> _Function:
            self._append(
                function,
                read_annotations(function, self.types),
                name=name,
                weight=weight,
                commutative=commutative,
                symbol=symbol,
            )
            return function

        return decorate if function is None else decorate(function)

    def add(
        self,
        function: _Function,
        signature: str,
        *,
        name: str | None = None,
        weight: Weight = 1,
        commutative: bool = False,
        symbol: str | None = None,
    ) -> _Function:
        """Add a function, for example a ufunc, by its signature.

        Parameters
        ----------
        function : callable
            Works elementwise on NumPy arrays.
        signature : str
            Types such as "Int, Int -> Bool".
        name : str, optional
            The name of the primitive; by default the function's name.
        weight : float, Fraction or str
            The share of probability among the primitives with the same result type.
        commutative : bool
            Whether the two arguments can be swapped.
        symbol : str, optional
            The operator that the primitive is written with.

        Returns
        -------
        callable
            The function.

        Raises
        ------
        DSLError
            If the signature cannot be read, a type is unknown, the weight is not above 0, or
            the name or symbol is taken.
        """
        if not callable(function):
            raise DSLError(f"a primitive must be a function; {function!r} is not")
        self._append(
            function,
            read_signature(signature, self.types),
            name=name,
            weight=weight,
            commutative=commutative,
            symbol=symbol,
        )
        return function

    def constant(
        self,
        value: Any,
        type: TypeLike,
        *,
        name: str | None = None,
        weight: Weight = 1,
    ) -> None:
        """Add a constant.

        Parameters
        ----------
        value : bool, int, float or complex
            A legal value of the type.
        type : Type, str or callable
            The type, its text, or the function of its family.
        name : str, optional
            An identifier; by default the text of the value.
        weight : float, Fraction or str
            The share of probability among the leaves of the type.

        Raises
        ------
        TypeMismatchError
            If the value is not of the type.
        DSLError
            If the type is unknown, the weight is not above 0, or the name is taken or is not an
            identifier.
        """
        type = resolve(type, "constant", self.types)
        array = type.check(np.asarray(value), f"constant {value!r}")
        value = array.item()
        name = type.format(value) if name is None else str(name)
        if name != type.format(value) and (not name.isidentifier() or keyword.iskeyword(name)):
            raise DSLError(f"constant {name!r}: the name must be an identifier or the value itself")
        if any(c.name == name and c.type == type for c in self.constants):
            raise DSLError(f"constant {name}: {type} already has a constant with this name")
        self.constants.append(Constant(name, type, value, exact_weight(weight, f"constant {name}")))

    def type_for(self, type: Type) -> Type:
        """The type of the DSL that holds the values of another type.

        Parameters
        ----------
        type : Type
            For example the type of a column.

        Returns
        -------
        Type
            `type` itself if the DSL has it.  For an Int, the DSL's only Int type if that
            covers its range, or Real if the DSL has no Int.

        Raises
        ------
        DSLError
            If the DSL has no such type.
        """
        if type in self.types:
            return type
        if type.family == "Int":
            ints = [t for t in self.types if t.family == "Int"]
            if len(ints) == 1 and ints[0].low <= type.low and type.high <= ints[0].high:
                return ints[0]
            if not ints and Real in self.types:
                return Real
        known = ", ".join(map(str, self.types)) or "no type"
        raise DSLError(f"DSL {self.name} has no type for {type}; it has {known}")

    def _append(
        self,
        function: Callable[..., Any],
        types: Signature,
        *,
        name: str | None,
        weight: Weight,
        commutative: bool,
        symbol: str | None,
    ) -> None:
        arguments, result = types
        name = str(name or getattr(function, "__name__", "") or "")
        if not name.isidentifier() or keyword.iskeyword(name):
            raise DSLError(f"a primitive's name must be an identifier; {name!r} is not")
        for other in self.primitives:
            if other.name == name:
                raise DSLError(f"primitive {name}: the DSL already has a primitive with this name")
            if symbol is not None and (other.symbol, other.arguments) == (symbol, arguments):
                raise DSLError(
                    f"primitive {name}: {other.name} already uses symbol {symbol} for these types"
                )
        if not arguments:
            raise DSLError(f"primitive {name} has no arguments; add it as a constant")
        _check_symbol(symbol, name, len(arguments))
        if commutative and (len(arguments) != 2 or arguments[0] != arguments[1]):
            raise DSLError(
                f"primitive {name}: commutative=True needs two arguments of one type, "
                f"not ({', '.join(map(str, arguments))})"
            )
        if not any(isinstance(t, Type) and t.inexact for t in arguments):
            function = partial_where_undefined(function)
        exact = exact_weight(weight, f"primitive {name}")
        for type_ in (*arguments, result):
            self._register(type_)
        self.primitives.append(
            Primitive(
                name=name,
                function=function,
                arguments=arguments,
                result=result,
                weight=exact,
                commutative=bool(commutative),
                symbol=symbol,
            )
        )

    def _register(self, type_: Type) -> None:
        if not isinstance(type_, Type):
            raise DSLError(f"{type_!r} is not a type; allowed: {ALLOWED}")
        if type_ not in self.types:
            self.types.append(type_)


def _check_symbol(symbol: str | None, name: str, arity: int) -> None:
    allowed = {1: UNARY_SYMBOLS, 2: (*BINARY_SYMBOLS, *COMPARISONS)}.get(arity, ())
    if symbol is not None and symbol not in allowed:
        raise DSLError(
            f"primitive {name}: symbol {symbol!r} is not one of {' '.join(allowed) or 'none'} "
            f"for {arity} argument{'s' * (arity != 1)}"
        )
