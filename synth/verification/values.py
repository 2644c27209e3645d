"""Values of programs, part by part; a part without a value on a row leaves the whole without one.

A primitive has no value where its answer is outside its result type, or where on the way it divides
by zero, overflows or meets an invalid operation. Real and Complex values have 40 bits of mantissa,
and labels are compared by 28.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from synth.errors import DSLError, UndefinedError, one_line
from synth.language import UNDEFINED, Constant, Input, Primitive, Program, Type

#: Bits of mantissa after the leading one, of values and of labels that are compared.
VALUE_BITS, LABEL_BITS = 40, 28

_Answer = tuple[np.ndarray, NDArray[np.bool_]]


def evaluated(program: Program, columns: Mapping[str, np.ndarray]) -> _Answer:
    """The values of a program on some rows, and where they are defined, both (rows,)."""
    rows = len(next(iter(columns.values())))
    values: dict[Program, np.ndarray] = {}
    defined = np.ones(rows, bool)
    for part in program.parts():
        head = part.head
        if isinstance(head, Primitive):
            values[part], known = applied(head, [values[a] for a in part.arguments])
        else:
            values[part], known = leaf(head, columns, rows)
        defined &= known
    return values[program], defined


def leaf(head: Input | Constant, columns: Mapping[str, np.ndarray], rows: int) -> _Answer:
    """The values of an input or a constant."""
    if isinstance(head, Input):
        return legal(np.asarray(columns[head.name]), head.type)
    return legal(np.full(rows, head.value), head.type)


def applied(primitive: Primitive, arguments: Sequence[np.ndarray]) -> _Answer:
    """The answer of a primitive to arrays of one length, and where it has one."""
    rows = len(arguments[0])
    try:
        with np.errstate(divide="raise", invalid="raise", over="raise"):
            answer = primitive.function(*arguments)
    except (ArithmeticError, ValueError) as error:
        if isinstance(error, UndefinedError) and error.defined is not None:
            values, known = legal(_array(primitive, error.values, rows), primitive.result)
            return values, known & np.asarray(error.defined)
        return _apart(primitive, arguments, rows)
    except (Exception, SystemExit) as error:
        text = f"primitive {primitive.name} fails: {type(error).__name__}: {one_line(error)}"
        raise DSLError(text) from error
    return legal(_array(primitive, answer, rows), primitive.result)


def _apart(primitive: Primitive, arguments: Sequence[np.ndarray], rows: int) -> _Answer:
    """The answers where the function refuses some rows: by halves, down to single rows."""
    if rows == 1:
        return np.full(1, primitive.result.some, primitive.result.dtype), np.zeros(1, bool)
    if primitive.result.inexact:
        refused = _not_finite(primitive, arguments, rows)
        if refused.any():  # they have no value, and are most of the rows that are refused
            values, known = np.zeros(rows, primitive.result.dtype), np.zeros(rows, bool)
            if not refused.all():
                rest = [a[~refused] for a in arguments]
                values[~refused], known[~refused] = applied(primitive, rest)
            return values, known
    half = rows // 2
    parts = [applied(primitive, [a[s] for a in arguments]) for s in np.s_[:half, half:]]
    return np.concatenate([v for v, _ in parts]), np.concatenate([k for _, k in parts])


def _not_finite(primitive: Primitive, arguments: Sequence[np.ndarray], rows: int) -> np.ndarray:
    """The rows on which the answer is not finite, whatever happened on the way."""
    try:
        with np.errstate(all="ignore"):
            answer = _array(primitive, primitive.function(*arguments), rows)
    except (ArithmeticError, ValueError):
        return np.zeros(rows, bool)
    return ~np.isfinite(answer)


def _array(primitive: Primitive, answer: object, rows: int) -> np.ndarray:
    array, type_ = np.asarray(answer), primitive.result
    kinds = "b" if type_.storage is None else (type_.accepts if type_.inexact else "iu")
    kinds = "U" if type_.letters else kinds
    if array.shape != (rows,) or array.dtype.kind not in kinds:
        given = f"{array.dtype} of shape {array.shape}"
        raise DSLError(f"primitive {primitive.name} answers {given}; allowed: {type_} for each row")
    return array


def legal(values: np.ndarray, type_: Type) -> _Answer:
    """Values as their type has them, and which of them it has."""
    if type_.letters:
        return values, np.array([set(text) <= set(type_.letters) for text in values.tolist()])
    if type_.storage is None:
        return values.astype(bool), np.ones(len(values), bool)
    if not type_.inexact:
        known = (values >= type_.low) & (values <= type_.high)
        return np.where(known, values, type_.some).astype(type_.dtype), known
    stated = values != UNDEFINED
    with np.errstate(over="ignore", invalid="ignore"):
        made = rounded(np.where(stated, values, 0).astype(type_.dtype), VALUE_BITS)
    known = np.isfinite(made) & stated
    return np.where(known, made, 0), known


def compared(values: np.ndarray, type_: Type) -> np.ndarray:
    """Values as labels are compared."""
    if not type_.inexact:
        return values
    with np.errstate(over="ignore", invalid="ignore"):
        made = rounded(values.astype(type_.dtype), LABEL_BITS)
    return np.where(np.isfinite(made), made, values)


def rounded(values: np.ndarray, bits: int) -> np.ndarray:
    """The nearest numbers with so many bits of mantissa, ties to even; -0 becomes 0.

    The smaller part of a complex number is rounded to the last place of the larger part.
    """
    if values.dtype.kind != "c":
        place = np.maximum(np.frexp(values)[1] - 1, -1022) - bits
        return np.ldexp(np.rint(np.ldexp(values, -place)), place) + 0.0
    parts = np.ascontiguousarray(values).view(np.float64).reshape(-1, 2)
    alone = rounded(parts, bits)
    largest = np.abs(alone).max(axis=1, keepdims=True)
    place = np.frexp(largest)[1] - 1 - bits
    shared = np.ldexp(np.rint(np.ldexp(parts, -place)), place) + 0.0
    share = np.isfinite(largest) & (largest > 0) & (place >= -1022)
    return np.where(share, shared, alone).view(np.complex128)[:, 0]
