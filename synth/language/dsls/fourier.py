"""Roots of unity for residues: embeddings, products, conjugates, sums and read-outs.

A residue x has the embeddings e_k(x) = exp(2 pi i k x / p) for a few frequencies k, and
`read`k takes a number z back to the residue c of greatest Re(z conj(e_k(c))).  There is no
modular addition: x + y has to be found as the product of two embeddings, x - y with a
conjugate.  The modulus is that of the task's columns and labels unless `p` is given.

Programs are told apart by all their bits, so embeddings are multiples of 2**-34 and a
product or a conjugate of them is exactly the embedding that it stands for; sums of up to
64 embeddings are exact.  Of products with sums, rounding can keep equal ones apart.
"""

from functools import lru_cache
from typing import Annotated

import numpy as np

from synth.errors import SettingError
from synth.language.dsl import DSL
from synth.language.types import UNDEFINED, Complex, Mod, common_modulus

#: What bodies see of Complex values.
Numbers = Annotated[np.ndarray, Complex]

#: Embeddings are rounded to multiples of this.  Numbers have 40 bits of mantissa, which
#: leaves sums exact below 2**6.
GRID = 2.0**-34

#: How near a product must be to a root of unity to be it: above what rounding does
#: (2**-33), below the distance of two roots (2 pi / p).
NEAR = 2.0**-24


def fits(types):
    """Never: it is there to be asked for, since `modular` says these tasks shortly."""
    return False


def build(types=(), p: int | None = None, frequencies: tuple = (1, 2, 5)):
    """The DSL of roots of unity; p: the modulus; frequencies: k of embeddings and read-outs.

    Frequencies are taken modulo p, those that are 0 or there already left out.  Raises
    DSLError where the task does not say p, SettingError where no frequency is left.
    """
    if p is None:
        p = common_modulus(types, "fourier:p=31")
    residue = Mod(p)
    if not frequencies or min(frequencies) < 1:
        given = "/".join(map(str, frequencies))
        raise SettingError(f"fourier: frequencies={given}; allowed: whole numbers of 1 and more")
    chosen = [k for k in dict.fromkeys(k % p for k in frequencies) if k]
    if not chosen:
        given = "/".join(map(str, frequencies))
        raise SettingError(f"fourier: frequencies={given}; allowed: some that {p} does not divide")
    name = "" if tuple(chosen) == (1, 2, 5) else f",frequencies={'/'.join(map(str, chosen))}"
    dsl = DSL(f"fourier:p={p}{name}", types=(residue, Complex), description=__doc__)

    @dsl.primitive(symbol="*", commutative=True)
    def mul(a: Numbers, b: Numbers) -> Numbers:
        return snapped(a * b, p)

    @dsl.primitive(symbol="+", commutative=True)
    def add(a: Numbers, b: Numbers) -> Numbers:
        return a + b

    @dsl.primitive
    def conj(z: Numbers) -> Numbers:
        return np.conj(z)

    # All frequencies together weigh as much as one other primitive.
    share = f"1/{len(chosen)}"
    for k in chosen:
        dsl.add(_embedding(k, p), f"Mod({p}) -> Complex", name=f"e{k}", weight=share)
        dsl.add(_read_out(k, p), f"Complex -> Mod({p})", name=f"read{k}", weight=share)
    return dsl


@lru_cache(maxsize=32)
def roots(p):
    """exp(2 pi i r / p) for r = 0..p-1 to multiples of `GRID`: complex128 (p,).

    Those of r and p - r are conjugate to the last bit.
    """
    angles = 2 * np.pi * np.minimum(np.arange(p), p - np.arange(p)) / p
    sign = np.where(2 * np.arange(p) > p, -1, 1)
    made = np.rint(np.cos(angles) / GRID) * GRID + 1j * sign * np.rint(np.sin(angles) / GRID) * GRID
    made.flags.writeable = False
    return made


def snapped(values, p):
    """Numbers, complex128 of any shape, with those within `NEAR` of a p-th root made that root."""
    table = roots(p)
    power = np.square(values.real) + np.square(values.imag)
    near = np.abs(power - 1) < 2 * NEAR
    if not near.any():
        return values
    found = values[near]
    nearest = table[np.rint(np.angle(found) * (p / (2 * np.pi))).astype(np.int64) % p]
    made = values.copy()
    made[near] = np.where(np.abs(found - nearest) < NEAR, nearest, found)
    return made


def read_out(values, k, p):
    """The c of greatest Re(z conj(e_k(c))), ties to the smallest: int64 of the same shape.

    values: complex128.  What is halfway between two roots, to `NEAR` of their distance, is
    a tie, so that rounding does not decide; a number below `NEAR` in magnitude has no
    direction, and no value.
    """
    divisor = np.gcd(k, p)
    turns = p // divisor  # as many different embeddings as there are
    # e_k(c) is the root number c (k / divisor) of that many.
    inverse = pow(int(k // divisor), -1, int(turns)) if turns > 1 else 0
    place = np.angle(values) * (turns / (2 * np.pi))
    low = np.floor(place)
    below = low.astype(np.int64) * inverse % turns
    above = (below + inverse) % turns
    rest = place - low
    answer = np.where(rest < 0.5, below, above)
    answer = np.where(np.abs(rest - 0.5) < NEAR, np.minimum(below, above), answer)
    return np.where(np.abs(values) < NEAR, UNDEFINED, answer)


def _embedding(k, p):
    table = roots(p)[np.arange(p) * k % p]
    return lambda x: table[x]


def _read_out(k, p):
    return lambda z: read_out(z, k, p)
