"""Types: which values are legal, how user code sees them, and how a bank stores them.

Primitives see NumPy arrays of the type's ``dtype``: ``bool``, ``int64`` (wide enough that
ordinary arithmetic cannot wrap), ``float64`` or ``complex128``.  Banks store rows of 64-bit
words: 64 booleans a word, or as many numbers as fit.  `Type.pack` and `Type.unpack` convert
between the two.

Real and Complex numbers are float64 rounded to the nearest number with 40 bits of mantissa: the
last 12 of 52 bits are dropped.  -0 becomes 0; infinities and NaN are not legal values.  Both
parts of a Complex number are multiples of the last place of the larger one, because processors
leave different remainders of 2**-53 in a product whose imaginary part should vanish.

Rounding is part of what a program means: inputs, constants and the answer of every primitive are
rounded.  So a program has the same values wherever it is evaluated, and one program can stand
for all programs with the same behaviour.  The last of the 40 bits still depend on the order of
operations, so labels are compared by 28 bits only (`Type.coarse`).
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import DSLError, SettingError, TypeMismatchError, quoted
from synth.language.given import array_of
from synth.language.rounding import rounded
from synth.language.strings import checked_letters, strings_of

#: The answer of a primitive where it has no value; for Real and Complex, NaN also works.
UNDEFINED: int = np.iinfo(np.int64).min

#: The largest magnitude of Int values.  One +, - or * of two of them cannot wrap in int64.
INT_LIMIT = 2**31

#: How many bits of the mantissa the comparison of labels drops.  Of 100,000 sums a + b of
#: numbers with two decimals, 37 % differ at 40 bits from the number with two decimals that they
#: should be, and none at 28 bits; of a * b + c, 1 in 7,000 does.
COARSE = 24


@dataclass(frozen=True)
class Type:
    """A set of legal values.

    Parameters
    ----------
    family : str
        "Bool", "Mod", "Int", "Real", "Complex", "Label" or "Str".
    name : str
        The type as it is written in signatures.
    low, high : int or float
        The smallest and the largest legal value; infinite for Real and Complex.
    dtype : numpy.dtype
        The dtype of the arrays that primitives see.
    storage : numpy.dtype or None
        The dtype of stored values; None if a value takes one bit.
    names : tuple of str
        What the values of a Label type stand for; otherwise empty.
    letters : str
        What strings of a Str type consist of; otherwise empty.
    """

    family: str
    name: str
    low: int | float
    high: int | float
    dtype: np.dtype[Any]
    storage: np.dtype[Any] | None
    names: tuple[str, ...] = ()
    letters: str = ""

    def __hash__(self) -> int:
        # Equal types have equal names.  Hashing all six fields took a tenth of the time of a
        # search over 13,000 inputs.
        return hash(self.name)

    def __repr__(self) -> str:
        return self.name

    @property
    def size(self) -> int | float:
        """The number of legal values; math.inf for Real and Complex."""
        return self.high - self.low + 1

    @property
    def inexact(self) -> bool:
        """Whether values are floating-point numbers, as Real and Complex are."""
        return self.dtype.kind in "fc"

    @property
    def number(self) -> np.dtype[Any]:
        """The dtype of values as numbers: int64 for Bool, otherwise `dtype`; of texts their own."""
        return self.dtype if self.inexact or self.letters else np.dtype(np.int64)

    @property
    def some(self) -> int | float:
        """A legal value to fill places that have no value."""
        return 0 if self.inexact else self.low

    def words(self, rows: int) -> int:
        """The number of 64-bit words that one behaviour on `rows` rows takes."""
        bits = 1 if self.storage is None else 8 * self.storage.itemsize
        return max(1, -(-rows * bits // 64))

    def pack(self, values: ArrayLike) -> NDArray[np.uint64]:
        """Pack values into words.

        Parameters
        ----------
        values : array_like, shape (m, rows)
            Legal values of the type.

        Returns
        -------
        ndarray of uint64, shape (m, words(rows))
            Padded with zeros.
        """
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
        """Unpack values from words.

        Parameters
        ----------
        words : ndarray of uint64, shape (m, words(rows))
            Words that `pack` made.
        rows : int
            Number of values in each behaviour.

        Returns
        -------
        ndarray of `dtype`, shape (m, rows)
        """
        if self.storage is None:
            bits = np.unpackbits(words.view(np.uint8), axis=1, count=rows, bitorder="little")
            return bits.view(np.bool_)
        cells = words.view(self.storage)
        if cells.shape[1] != rows:
            cells = cells[:, :rows]
        return cells.astype(self.dtype, copy=False)

    def check(self, values: ArrayLike, what: str) -> np.ndarray:
        """Convert values to an array of `dtype`; Real and Complex values are rounded.

        Parameters
        ----------
        values : array_like
            Values of any shape.
        what : str
            What the values are, for messages.

        Returns
        -------
        ndarray of `dtype`
            Of the same shape.

        Raises
        ------
        TypeMismatchError
            If a value is not a legal value of the type.
        """
        given = array_of(values, what)
        if not given.size:
            return given.astype(self.dtype)
        if self.letters:
            return strings_of(given, self.letters, what)
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
                f"{what}: {_sample(given)} is not {self}; allowed: integers {self.low}..{self.high}"
            )
        outside = given[(given < self.low) | (given > self.high)]
        if outside.size:
            raise TypeMismatchError(
                f"{what}: {outside.flat[0]} is outside {self}; allowed: {self.low}..{self.high}"
            )
        return given.astype(self.dtype, copy=False)

    @property
    def accepts(self) -> str:
        """The kinds of NumPy dtypes that can hold Real or Complex values."""
        return "iuf" if self.family == "Real" else "iufc"

    def rounded(self, values: ArrayLike) -> tuple[np.ndarray, NDArray[np.bool_] | None]:
        """Round numbers to Real or Complex values.

        Parameters
        ----------
        values : array_like
            Numbers of any shape.

        Returns
        -------
        values : ndarray of `dtype`
            Of the same shape; values that are not legal (NaN, infinite or rounded to infinity)
            become 0.
        legal : ndarray of bool or None
            Which values are legal; None if all are.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            values = rounded(np.asarray(values).astype(self.dtype))
        legal = np.isfinite(values)
        if legal.all():
            return values, None
        return np.where(legal, values, self.dtype.type(0)), legal

    def coarse(self, values: np.ndarray) -> np.ndarray:
        """Values as labels are compared: Real and Complex ones rounded to 28 bits of mantissa."""
        if not self.inexact:
            return values
        coarse = rounded(values, COARSE)
        # The very largest would become infinite.
        return np.where(np.isfinite(coarse), coarse, values)

    def format(self, value: Any) -> str:
        """The text of a value in a program."""
        if self.letters:
            return str(value)
        if self.storage is None:
            return "true" if value else "false"
        if self.names:
            return self.names[int(value)]
        if self.family == "Real":
            return repr(_shortest(float(value)))
        if self.family == "Complex":
            value = complex(rounded(np.array(value, complex)))
            real = _shortest(value.real, lambda short: complex(short, value.imag), value)
            return repr(complex(real, _shortest(value.imag, lambda i: complex(real, i), value)))
        return str(int(value))


def _shortest(
    part: float, whole: Callable[[float], complex] = float, value: complex | None = None
) -> float:
    """The number of fewest decimal digits near `part` for which `whole` rounds to `value`."""
    wanted = rounded(np.array(part)) if value is None else np.array(value)
    for digits in range(1, 17):
        short = float(f"{part:.{digits}g}")
        if rounded(np.array(whole(short))) == wanted:
            return short
    return float(part)


def _sample(values: np.ndarray) -> str:
    return quoted(values.ravel()[:1].tolist()[0])


#: The truth values.
Bool = Type("Bool", "Bool", 0, 1, np.dtype(bool), None)


def Mod(p: int) -> Type:  # noqa: N802 - it reads as a type wherever it is used
    """The type of the residues 0..p-1.

    Raises
    ------
    SettingError
        Unless 2 <= p <= 65,521.
    """
    if not isinstance(p, (int, np.integer)) or not 2 <= p <= 65521:
        raise SettingError(f"Mod({p!r}): the modulus must be an integer; allowed: 2..65521")
    p = int(p)
    storage = np.dtype(np.uint8 if p <= 255 else np.uint16)
    return Type("Mod", f"Mod({p})", 0, p - 1, np.dtype(np.int64), storage)


def Int(low: int = -(10**6), high: int = 10**6) -> Type:  # noqa: N802
    """The type of the integers low..high.

    Raises
    ------
    SettingError
        If low exceeds high, or a bound is not an integer or exceeds 2**31 in magnitude.
    """
    for value in (low, high):
        if not isinstance(value, (int, np.integer)) or abs(value) > INT_LIMIT:
            raise SettingError(
                f"Int({low!r}, {high!r}): bounds must be integers; allowed: -2**31..2**31"
            )
    if low > high:
        raise SettingError(f"Int({low}, {high}): low must not exceed high")
    low, high = int(low), int(high)
    return Type("Int", f"Int({low}, {high})", low, high, np.dtype(np.int64), np.dtype(np.int64))


def Label(*names: str) -> Type:  # noqa: N802
    """The type of labels that are names without an order, such as species.

    Its values are the places 0..k-1 of the names.  No DSL computes with them: a task with such
    labels gets them as constants, and `where` to choose (see `synth.language.dsls`).

    Raises
    ------
    SettingError
        Unless there are 2 to 65,535 names, all different texts.
    """
    for name in names:
        if not isinstance(name, str):
            raise SettingError(f"Label({name!r}): the name must be a text; allowed: any text")
    if not 2 <= len(names) <= 65535:
        raise SettingError(f"Label: {len(names)} names; allowed: 2..65535")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SettingError(f"Label: {twice!r} appears twice; names must be distinct")
    storage = np.dtype(np.uint8 if len(names) <= 256 else np.uint16)
    text = f"Label({', '.join(map(repr, names))})"
    return Type("Label", text, 0, len(names) - 1, np.dtype(np.int64), storage, names=names)


def Str(letters: str) -> Type:  # noqa: N802
    """The type of strings of some letters, such as Str("01"); they have no arithmetic.

    Raises
    ------
    SettingError
        Unless there are 1 to 16 letters, all different.
    """
    name = f"Str({checked_letters(letters)!r})"
    return Type("Str", name, 0, math.inf, np.dtype(str), np.dtype(np.uint32), letters=letters)


#: The finite float64 numbers with 40 bits of mantissa, and complex numbers of two such parts.
Real = Type("Real", "Real", -math.inf, math.inf, np.dtype(np.float64), np.dtype(np.float64))
Complex = Type(
    "Complex", "Complex", -math.inf, math.inf, np.dtype(np.complex128), np.dtype(np.complex128)
)


def common_modulus(types: Iterable[Type], example: str) -> int:
    """The p of the only Mod(p) among some types.

    Parameters
    ----------
    types : iterable of Type
        For example the types of a task's columns.
    example : str
        The specification of a DSL with its modulus, such as "modular:p=97", for the message.

    Raises
    ------
    DSLError
        If the types have no modulus, or several.
    """
    found = sorted({int(t.size) for t in types if t.family == "Mod"})
    if len(found) != 1:
        raise DSLError(
            f"{example.partition(':')[0]}: the task's columns have {len(found)} moduli; "
            f"give one, as in {example}"
        )
    return found[0]


#: The types as messages list them.
ALLOWED = "Bool, Mod(p), Int(low, high), Real, Complex, Label(name, ...), Str(letters)"

#: What each name of a family in a signature stands for: a type, or the function that makes one.
FAMILIES: dict[str, Type | Callable[..., Type]] = {
    "Bool": Bool,
    "Mod": Mod,
    "Int": Int,
    "Real": Real,
    "Complex": Complex,
    "Label": Label,
    "Str": Str,
}
