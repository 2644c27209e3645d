"""Types: what values are legal, how user code sees them, how a bank stores them.

A type has two faces.  Primitives see NumPy arrays of ``dtype`` (``bool`` or
``int64``: wide enough that ordinary arithmetic cannot wrap).  Banks store rows
of 64-bit words: 64 booleans a word, or as many residues as fit.  `Type.pack`
and `Type.unpack` convert between the two.
"""

from dataclasses import dataclass

import numpy as np

from synth.errors import SettingError, TypeMismatchError

#: What a primitive over integers answers where it has no value.
UNDEFINED = np.iinfo(np.int64).min

#: Int values stay within this magnitude, so that one +, - or * of two of them
#: cannot wrap around in int64.
INT_LIMIT = 2**31


@dataclass(frozen=True)
class Type:
    """A set of values.

    family: "Bool", "Mod" or "Int"; name: as it is written in signatures.
    low, high: the smallest and the largest legal value.
    dtype: what the bodies of primitives see.
    storage: what a bank keeps; ``None`` means one bit a value.
    """

    family: str
    name: str
    low: int
    high: int
    dtype: np.dtype
    storage: np.dtype | None

    def __repr__(self):
        return self.name

    @property
    def size(self):
        """How many legal values there are."""
        return self.high - self.low + 1

    def words(self, rows):
        """How many 64-bit words one behaviour on `rows` rows takes."""
        bits = 1 if self.storage is None else 8 * self.storage.itemsize
        return max(1, -(-rows * bits // 64))

    def pack(self, values):
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

    def unpack(self, words, rows):
        """Values of `dtype`, (m, rows), of words, uint64 (m, words(rows))."""
        if self.storage is None:
            bits = np.unpackbits(words.view(np.uint8), axis=1, count=rows, bitorder="little")
            return bits.view(np.bool_)
        cells = words.view(self.storage)
        if cells.shape[1] != rows:
            cells = cells[:, :rows]
        return cells.astype(self.dtype, copy=False)

    def check(self, values, what):
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

    def format(self, value):
        """A value as it is written in a program."""
        if self.storage is None:
            return "true" if value else "false"
        return str(int(value))


def _sample(values):
    return repr(values.flat[0].item())


#: The truth values.
Bool = Type("Bool", "Bool", 0, 1, np.dtype(bool), None)


def Mod(p):  # noqa: N802 - it reads as a type wherever it is used
    """The residues 0..p-1.  Raises SettingError unless 2 <= p <= 65,521."""
    if not isinstance(p, (int, np.integer)) or not 2 <= p <= 65521:
        raise SettingError(f"Mod({p!r}): the modulus must be a whole number, 2..65521")
    p = int(p)
    storage = np.dtype(np.uint8 if p <= 255 else np.uint16)
    return Type("Mod", f"Mod({p})", 0, p - 1, np.dtype(np.int64), storage)


def Int(low=-(10**6), high=10**6):  # noqa: N802
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


FAMILIES = {"Bool": Bool, "Mod": Mod, "Int": Int}
