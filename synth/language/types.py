"""Types: what values are legal, how user code sees them, how a bank stores them.

A type has two faces.  Primitives see NumPy arrays of ``dtype`` (``bool``, ``int64``:
wide enough that ordinary arithmetic cannot wrap; ``float64`` or ``complex128``).
Banks store rows of 64-bit words: 64 booleans a word, or as many residues as fit.
`Type.pack` and `Type.unpack` convert between the two.

Real and Complex numbers are float64 rounded to the nearest with 40 bits of mantissa,
the last 12 of 52 dropped, and -0 is 0; infinities and NaN are no values.  Both parts of a
Complex number have the last place of the larger one: of a product whose imaginary part
should vanish, processors leave different remainders of 2**-53.  Rounding is
part of what a program means: inputs, constants and the answer of every primitive are
rounded, so a program has the same values wherever it is evaluated, and programs of
one behaviour can stand for one another exactly.  The last of these bits still depend
on the order of operations, so labels are compared by 28 bits (`Type.coarse`).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import DSLError, SettingError, TypeMismatchError

#: What a primitive answers where it has no value (Real and Complex ones: NaN as well).
UNDEFINED: int = np.iinfo(np.int64).min

#: Int values stay within this magnitude, so that one +, - or * of two of them
#: cannot wrap around in int64.
INT_LIMIT = 2**31

#: Bits of a float64's mantissa that Real and Complex values do without.
DROPPED = 12

#: Bits that the comparison of labels does without.  Of sums a + b of numbers with two
#: decimals, 37 % differ from the rounded number with two decimals at 40 bits, none of
#: 100,000 at 28; of a * b + c, 1 in 7,000.
COARSE = 24


@dataclass(frozen=True)
class Type:
    """A set of values.

    family: "Bool", "Mod", "Int", "Real" or "Complex"; name: as it is written in
    signatures.
    low, high: the smallest and the largest legal value, or infinities.
    dtype: what the bodies of primitives see.
    storage: what a bank keeps; ``None`` means one bit a value.
    """

    family: str
    name: str
    low: int | float
    high: int | float
    dtype: np.dtype[Any]
    storage: np.dtype[Any] | None

    def __hash__(self) -> int:
        # Equal types have equal names; the hash of six fields took a tenth of a search
        # over 13,000 inputs.
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name

    @property
    def size(self) -> int | float:
        """How many legal values there are; math.inf for Real and Complex."""
        return self.high - self.low + 1

    @property
    def inexact(self) -> bool:
        """Whether values are floating-point numbers: Real and Complex."""
        return self.dtype.kind in "fc"

    @property
    def number(self) -> np.dtype[Any]:
        """The dtype of values as numbers: int64 for Bool, else `dtype`."""
        return self.dtype if self.inexact else np.dtype(np.int64)

    @property
    def some(self) -> int | float:
        """A legal value, to stand where there is none."""
        return 0 if self.inexact else self.low

    def words(self, rows: int) -> int:
        """How many 64-bit words one behaviour on `rows` rows takes."""
        bits = 1 if self.storage is None else 8 * self.storage.itemsize
        return max(1, -(-rows * bits // 64))

    def pack(self, values: ArrayLike) -> NDArray[np.uint64]:
        """Words, uint64 (m, words(rows)), of legal values (m, rows); padding is zero."""
        values = np.asarray(values)
        m, rows = values.shape
        words = np.zeros((m, self.words(rows)), np.uint64)
        if self.storage is None:
            packed = np.packbits(values, axis=1, bitorder="little")
            words.view(np.uint8)[:, : packed.shape[1]] = packed
        else:
            words.view(self.storage)[:, :rows] = values
        return words

    def unpack(self, words: NDArray[np.uint64], rows: int) -> np.ndarray:
        """Values of `dtype`, (m, rows), of words, uint64 (m, words(rows))."""
        if self.storage is None:
            bits = np.unpackbits(words.view(np.uint8), axis=1, count=rows, bitorder="little")
            return bits.view(np.bool_)
        cells = words.view(self.storage)
        if cells.shape[1] != rows:
            cells = cells[:, :rows]
        return cells.astype(self.dtype, copy=False)

    def check(self, values: ArrayLike, what: str) -> np.ndarray:
        """`values` as an array of `dtype`; `what` names them in the error."""
        given = np.asarray(values)
        if not given.size:
            return given.astype(self.dtype)
        if self.storage is None:
            if given.dtype != np.bool_:
                if given.dtype.kind not in "iu" or not np.isin(given, (0, 1)).all():
                    raise TypeMismatchError(
                        f"{what}: {_sample(given)} is not Bool; allowed: True and False, 0 and 1"
                    )
                given = given.astype(bool)
            return given
        if self.inexact:
            if given.dtype.kind not in self.accepts:
                raise TypeMismatchError(
                    f"{what}: {_sample(given)} is not {self}; allowed: finite numbers"
                )
            values, legal = self.rounded(given)
            if legal is not None:
                raise TypeMismatchError(
                    f"{what}: {_sample(given[~legal])} is not {self}; allowed: finite numbers"
                )
            return values
        if given.dtype.kind not in "iu":
            raise TypeMismatchError(
                f"{what}: {_sample(given)} is not {self}; allowed: whole numbers "
                f"{self.low}..{self.high}"
            )
        outside = given[(given < self.low) | (given > self.high)]
        if outside.size:
            raise TypeMismatchError(
                f"{what}: {outside.flat[0]} is outside {self}; allowed: {self.low}..{self.high}"
            )
        return given.astype(self.dtype, copy=False)

    @property
    def accepts(self) -> str:
        """The kinds of NumPy dtypes that stand for Real or for Complex values."""
        return "iuf" if self.family == "Real" else "iufc"

    def rounded(self, values: ArrayLike) -> tuple[np.ndarray, NDArray[np.bool_] | None]:
        """Real or Complex values, of `dtype`, of numbers; and where they are legal.

        The second is None where every one is, else bool of the same shape; what is
        not legal (NaN, infinite, or rounded to infinity) becomes 0.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            values = rounded(np.asarray(values).astype(self.dtype))
        legal = np.isfinite(values)
        if legal.all():
            return values, None
        return np.where(legal, values, self.dtype.type(0)), legal

    def coarse(self, values: np.ndarray) -> np.ndarray:
        """Values as labels are compared: Real and Complex ones to 28 bits of mantissa."""
        if not self.inexact:
            return values
        coarse = rounded(values, COARSE)
        # The very largest would become infinite.
        return np.where(np.isfinite(coarse), coarse, values)

    def format(self, value: Any) -> str:
        """A value as it is written in a program."""
        if self.storage is None:
            return "true" if value else "false"
        if self.family == "Real":
            return repr(_shortest(float(value)))
        if self.family == "Complex":
            value = complex(rounded(np.array(value, complex)))
            real = _shortest(value.real, lambda short: complex(short, value.imag), value)
            return repr(complex(real, _shortest(value.imag, lambda i: complex(real, i), value)))
        return str(int(value))


def rounded(values: ArrayLike, dropped: int = DROPPED) -> np.ndarray:
    """The nearest numbers with 40 bits of mantissa, ties to even, -0 as 0; a new array.

    values: float64 or complex128, of any shape; dropped: how many of 52 bits go.  Subnormal
    numbers are rounded to multiples of 2**(dropped - 1074), and the largest numbers to
    infinity; infinities and NaN stay.  Of complex numbers the larger part is rounded so, and
    the other to a multiple of its last place.
    """
    flat = np.array(values).reshape(-1)
    parts, bits = flat.view(np.float64), flat.view(np.uint64)
    finite = np.isfinite(parts)
    # A NaN of all ones would carry over into the sign.
    strange = None if finite.all() else parts[~finite]
    # To add less than half of the last place that stays makes ties even; where the
    # mantissa overflows, the carry is the next exponent's, as it should be.
    bits += ((bits >> np.uint64(dropped)) & np.uint64(1)) + np.uint64(2 ** (dropped - 1) - 1)
    bits &= np.uint64(2**64 - 2**dropped)
    if strange is not None:
        parts[~finite] = strange
    if flat.dtype.kind == "c":
        _share_last_place(parts.reshape(-1, 2), np.array(values).reshape(-1), dropped)
    parts += 0.0  # -0 + 0 is 0
    return flat.reshape(np.shape(values))


def _share_last_place(parts: np.ndarray, values: np.ndarray, dropped: int) -> None:
    """Rounds values (m,) to the last place of the larger of their rounded parts (m, 2)."""
    largest = np.abs(parts).max(axis=1)
    exponent = largest.view(np.uint64) & np.uint64(0x7FF << 52)
    place = exponent.view(np.float64) * 2.0 ** (dropped - 52)
    # Where one is not finite, 0 or next to it, parts stay as they are.
    some = np.isfinite(largest) & (place >= np.finfo(np.float64).tiny)
    place = place[some, None]
    parts[some] = np.rint(values[some].view(np.float64).reshape(-1, 2) / place) * place


def _shortest(
    part: float, whole: Callable[[float], complex] = float, value: complex | None = None
) -> float:
    """The number of fewest decimal digits for `part` with which `whole` is rounded to `value`."""
    wanted = rounded(np.array(part)) if value is None else np.array(value)
    for digits in range(1, 17):
        short = float(f"{part:.{digits}g}")
        if rounded(np.array(whole(short))) == wanted:
            return short
    return float(part)


def _sample(values: np.ndarray) -> str:
    return repr(values.ravel()[:1].tolist()[0])


#: The truth values.
Bool = Type("Bool", "Bool", 0, 1, np.dtype(bool), None)


def Mod(p: int) -> Type:  # noqa: N802 - it reads as a type wherever it is used
    """The residues 0..p-1.  Raises SettingError unless 2 <= p <= 65,521."""
    if not isinstance(p, (int, np.integer)) or not 2 <= p <= 65521:
        raise SettingError(f"Mod({p!r}): the modulus must be a whole number, 2..65521")
    p = int(p)
    storage = np.dtype(np.uint8 if p <= 255 else np.uint16)
    return Type("Mod", f"Mod({p})", 0, p - 1, np.dtype(np.int64), storage)


def Int(low: int = -(10**6), high: int = 10**6) -> Type:  # noqa: N802
    """The whole numbers low..high.  Raises SettingError beyond 2**31 in magnitude."""
    for value in (low, high):
        if not isinstance(value, (int, np.integer)) or abs(value) > INT_LIMIT:
            raise SettingError(
                f"Int({low!r}, {high!r}): bounds must be whole numbers, -2**31..2**31"
            )
    if low > high:
        raise SettingError(f"Int({low}, {high}): low must not exceed high")
    low, high = int(low), int(high)
    return Type("Int", f"Int({low}, {high})", low, high, np.dtype(np.int64), np.dtype(np.int64))


#: The finite float64 numbers with 40 bits of mantissa, and pairs of them.
Real = Type("Real", "Real", -math.inf, math.inf, np.dtype(np.float64), np.dtype(np.float64))
Complex = Type(
    "Complex", "Complex", -math.inf, math.inf, np.dtype(np.complex128), np.dtype(np.complex128)
)


def common_modulus(types: Iterable[Type], example: str) -> int:
    """The p of the only Mod(p) among types, of a task's columns say.

    example: how else to give a DSL one, "modular:p=97".  Raises DSLError for none or several.
    """
    found = sorted({int(t.size) for t in types if t.family == "Mod"})
    if len(found) != 1:
        raise DSLError(
            f"{example.partition(':')[0]}: the task's columns have {len(found)} moduli; "
            f"give one, as {example}"
        )
    return found[0]


#: The types, as errors list them.
ALLOWED = "Bool, Mod(p), Int(low, high), Real, Complex"

FAMILIES: dict[str, Type | Callable[..., Type]] = {
    "Bool": Bool,
    "Mod": Mod,
    "Int": Int,
    "Real": Real,
    "Complex": Complex,
}
