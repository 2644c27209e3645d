"""The heads of a program's nodes: inputs, constants and primitives.

A primitive has no value on a row if its answer there is outside the result type (as `UNDEFINED`,
NaN and infinities are), or if on the way it divides by zero, overflows or takes the logarithm of
a negative number.  The function of a primitive sees booleans as bool, integers as int64 (one +,
- or * cannot wrap, but a long product of large numbers can, unnoticed), Real as float64 and
Complex as complex128.  Its Real and Complex answers are rounded to 40 bits of mantissa.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from synth.errors import DSLError, UndefinedError, one_line
from synth.language.types import UNDEFINED, Type

#: A positive number, or its text, such as "1/3".
Weight = float | Fraction | str
#: Values, and which are defined: bool of the same shape, or None if all are.
_Partial = tuple[np.ndarray, NDArray[np.bool_] | None]
_ErrKind = Literal["ignore", "raise"]

# NumPy's integer division by zero returns 0 with at most a warning, and its integer powers and
# shifts wrap.
_DIVISIONS = (np.floor_divide, np.remainder, np.fmod)
_GROWING = {np.power: lambda a, b: a**b, np.left_shift: lambda a, b: a * 2.0**b}


class _Leaf:
    """The common part of inputs and constants, which take no arguments."""

    type: Type
    arguments: ClassVar[tuple[Type, ...]] = ()

    @property
    def result(self) -> Type:
        """The type of its value: `type`."""
        return self.type


@dataclass(frozen=True, eq=False)
class Input(_Leaf):
    """An input variable of a grammar.

    Parameters
    ----------
    name : str
        Its name.
    type : Type
        The type of its values.
    weight : Fraction
        Its share of the probability of the leaves of its type; see `Grammar`.
    """

    name: str
    type: Type
    weight: Fraction = Fraction(1)


@dataclass(frozen=True, eq=False)
class Constant(_Leaf):
    """A named value.

    Parameters
    ----------
    name : str
        Its name, or the text of the value.
    type : Type
        The type of the value.
    value : int, bool, float, complex or str
        The value.
    weight : Fraction
        Its share of the probability of the leaves of its type; see `Grammar`.
    """

    name: str
    type: Type
    value: int | bool | float | complex | str
    weight: Fraction = Fraction(1)


@dataclass(frozen=True, eq=False)
class Primitive:
    """A named function with argument types and a result type.

    Parameters
    ----------
    name : str
        Its name, an identifier.
    function : callable
        Takes one array for each argument, all of one shape, and works elementwise.
    arguments : tuple of Type
        The types of its arguments.
    result : Type
        The type of its answer.
    weight : Fraction
        Its share of the probability of the primitives with this result type; see `Grammar`.
    commutative : bool
        Whether its two arguments can be swapped.
    symbol : str, optional
        The operator that it is written with.
    """

    name: str
    function: Callable[..., Any] = field(repr=False)
    arguments: tuple[Type, ...]
    result: Type
    weight: Fraction = Fraction(1)
    commutative: bool = False
    symbol: str | None = None

    @property
    def signature(self) -> str:
        """The types in the form that `DSL.add` takes: "Int, Int -> Bool"."""
        return f"{', '.join(map(str, self.arguments))} -> {self.result}"

    @property
    def meaning(self) -> Callable[..., Any]:
        """The function as it was given to `DSL.add`, if it is one of NumPy's divisions."""
        given = [divide for divide in _DIVISIONS if self.function is _guarded(divide)]
        return given[0] if given else self.function

    def evaluate(self, *arrays: np.ndarray) -> _Partial:
        """Apply the primitive to arrays.

        Parameters
        ----------
        *arrays : ndarray, shape (n,)
            One array for each argument.

        Returns
        -------
        values : ndarray, shape (n,)
            Of the dtype of the result; legal but arbitrary if not defined.
        defined : ndarray of bool, shape (n,), or None
            Which values are defined; None if all are.

        Raises
        ------
        DSLError
            If the function answers in a wrong dtype or shape, or fails with anything but an
            arithmetic or a value error.
        """
        answer = self._answer(arrays, divide="raise", invalid="raise", over="raise")
        if getattr(answer, "defined", None) is not None:
            return self._partly(answer, arrays[0].shape)
        if isinstance(answer, Exception):
            return self._evaluate_parts(arrays, answer)
        return self._checked(answer, arrays[0].shape)

    def _partly(
        self, error: UndefinedError, shape: tuple[int, ...]
    ) -> tuple[np.ndarray, NDArray[np.bool_] | None]:
        """The answer of a function that says itself which rows have a value."""
        values, legal = self._checked(error.values, shape)
        defined: NDArray[np.bool_] = np.asarray(error.defined)
        return values, defined if legal is None else defined & legal

    def _answer(self, arrays: tuple[np.ndarray, ...], **flags: _ErrKind) -> Any:
        """The function's answer, or the arithmetic or value error that it raises."""
        try:
            with np.errstate(**flags):  # type: ignore[arg-type]  # none of them is `call`
                return self.function(*arrays)
        except (ArithmeticError, ValueError) as error:
            if "read-only" in str(error):
                raise DSLError(
                    f"primitive {self.name} changes its arguments; it must leave them as they are"
                ) from error
            return error.with_traceback(None)  # whose frames would keep all rows of a search
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise DSLError(
                f"primitive {self.name} fails: {type(error).__name__}: {one_line(error)}"
            ) from error

    def _evaluate_parts(self, arrays: tuple[np.ndarray, ...], error: Exception) -> _Partial:
        # Some rows have no value; halving finds the k that have none in O(k log n) calls.
        n = arrays[0].shape[0]
        if n == 1:
            return np.full(1, self.result.some, self.result.dtype), np.zeros(1, bool)
        if n == 0:
            raise DSLError(f"primitive {self.name} fails on no rows: {one_line(error)}")
        known = self._finite(arrays) if self.result.inexact else None
        if known is not None:
            # Rows whose answer is not finite have no value; usually there are no others.
            values, defined = np.zeros(n, self.result.dtype), known.copy()
            if known.any():
                values[known], rest = self.evaluate(*(a[known] for a in arrays))
                if rest is not None:
                    defined[known] = rest
            return values, defined
        parts = [
            self.evaluate(*(a[half] for a in arrays))
            for half in (slice(None, n // 2), slice(n // 2, None))
        ]
        values = np.concatenate([v for v, _ in parts])
        defined = np.concatenate([np.ones(len(v), bool) if d is None else d for v, d in parts])
        return values, None if defined.all() else defined

    def _finite(self, arrays: tuple[np.ndarray, ...]) -> NDArray[np.bool_] | None:
        """The rows on which the function's answer is finite, whatever happened on the way.

        None if the answer is finite on all rows, or the function raises an error of its own.
        """
        answer = self._answer(arrays, all="ignore")
        if isinstance(answer, Exception):
            return None
        return self._checked(answer, arrays[0].shape)[1]

    def _checked(self, values: Any, shape: tuple[int, ...]) -> _Partial:
        result = self.result
        if not isinstance(values, np.ndarray) or values.shape != shape:
            shown, hint = repr(values)[:40], " on arrays: np.where instead of if, & instead of and"
            if hasattr(values, "shape"):
                shown, hint = f"in shape {values.shape}", ""
            raise DSLError(
                f"primitive {self.name} answers {shown} to arguments of shape {shape}; "
                f"it must work elementwise{hint}"
            )
        if result.storage is None:
            if values.dtype != np.bool_:
                raise DSLError(
                    f"primitive {self.name} answers in dtype {values.dtype}; {result} needs bool"
                )
            return values, None
        if result.inexact:
            if values.dtype.kind not in result.accepts:
                raise DSLError(
                    f"primitive {self.name} answers in dtype {values.dtype}; {result} needs a "
                    f"floating-point dtype ({result.dtype} is best)"
                )
            unknown = values == UNDEFINED
            if unknown.any():
                values = np.where(unknown, np.nan, values)
            return result.rounded(values)
        if result.letters:
            return values, None
        if values.dtype.kind not in "iu":
            raise DSLError(
                f"primitive {self.name} answers in dtype {values.dtype}; {result} needs an "
                f"integer dtype ({np.dtype(np.int64)} is best)"
            )
        if values.size == 0 or (values.min() >= result.low and values.max() <= result.high):
            return values.astype(result.dtype, copy=False), None
        defined = (values >= result.low) & (values <= result.high)
        return np.where(defined, values, result.some).astype(result.dtype, copy=False), defined


#: The head of a node: what the node is, without its arguments.
Head = Input | Constant | Primitive


def exact_weight(weight: Weight, what: str) -> Fraction:
    """Convert a weight to a Fraction.

    Parameters
    ----------
    weight : float, Fraction or str
        A positive number.
    what : str
        What the weight belongs to, for the message.

    Raises
    ------
    DSLError
        If the weight is not a positive number.
    """
    try:
        value = Fraction(weight)
    except (TypeError, ValueError, OverflowError):
        value = Fraction(0)
    if value <= 0:
        raise DSLError(f"{what}: weight {weight!r}; allowed: numbers above 0")
    return value


def partial_where_undefined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a ufunc that gives wrong integers on some rows, so that it has no value there.

    Other functions are returned as they are.
    """
    if function in _DIVISIONS:
        return _guarded(function)
    return _bounded(function, _GROWING[function]) if function in _GROWING else function


@cache
def _guarded(divide: Callable[..., Any]) -> Callable[..., np.ndarray]:
    def guarded(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        zero = b == 0
        if not zero.any():
            return divide(a, b)
        return np.where(zero, UNDEFINED, divide(a, np.where(zero, 1, b)))

    guarded.__name__ = divide.__name__
    return guarded


def _bounded(grow: Callable[..., Any], size: Callable[..., Any]) -> Callable[..., np.ndarray]:
    def bounded(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            fits = (b >= 0) & (np.abs(size(a.astype(float), b.astype(float))) < 2.0**62)
        return np.where(fits, grow(np.where(fits, a, 1), np.where(fits, b, 1)), UNDEFINED)

    bounded.__name__ = grow.__name__
    return bounded
