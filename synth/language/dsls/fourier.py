"""Roots of unity for residues: embeddings, products, conjugates, sums and read-outs.

A residue x has the embeddings e_k(x) = exp(2 pi i k x / p) for a few frequencies k, and
`read`k returns, for a number z, the residue c with the greatest Re(z conj(e_k(c))).  There is no
modular addition: a program has to find x + y as the product of two embeddings, and x - y with a
conjugate.  By default the modulus is that of the task's columns and labels.

Programs are compared by all bits of their values.  Embeddings are multiples of 2**-34, so a
product or conjugate of embeddings is exactly the embedding that it equals, and sums of up to 64
embeddings are exact.  For products with sums, rounding can make equal programs differ.
"""

from functools import lru_cache
from typing import Annotated

import numpy as np

from synth.errors import SettingError
from synth.language.dsl import DSL
from synth.language.types import UNDEFINED, Complex, Mod, common_modulus

#: The annotation of Complex arguments and results.
Numbers = Annotated[np.ndarray, Complex]

#: Embeddings are rounded to multiples of this.  Numbers have 40 bits of mantissa, so sums below
#: 2**6 are exact.
GRID = 2.0**-34

#: A product this near to a root of unity becomes that root.  It is more than rounding errors
#: (2**-33) and less than the distance of two roots (2 pi / p).
NEAR = 2.0**-24


def fits(types):
    """Never: `modular` has shorter programs for such tasks, so this DSL is used only on request."""
    return False


def build(types=(), p: int | None = None, frequencies: tuple = (1, 2, 5)):
    """The DSL of roots of unity.

    Parameters
    ----------
    types : sequence of Type
        The types of the task's columns and labels.
    p : int, optional
        The modulus; by default that of the types.
    frequencies : tuple of int
        The k of embeddings and read-outs, modulo p; zeros and duplicates are left out.

    Raises
    ------
    DSLError
        If no modulus is given and the types have none or several.
    SettingError
        If a frequency is below 1, or p divides all of them.
    """
    if p is None:
        p = common_modulus(types, "fourier:p=31")
    residue = Mod(p)
    if not frequencies or min(frequencies) < 1:
        given = "/".join(map(str, frequencies))
        raise SettingError(f"fourier: frequencies={given}; allowed: integers of at least 1")
    chosen = [k for k in dict.fromkeys(k % p for k in frequencies) if k]
    if not chosen:
        given = "/".join(map(str, frequencies))
        raise SettingError(f"fourier: frequencies={given}; allowed: not only multiples of {p}")
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
    """The p-th roots of unity, exp(2 pi i r / p) for r = 0..p-1, rounded to multiples of `GRID`.

    The roots of r and p - r are conjugate to the last bit.

    Returns
    -------
    ndarray of complex128, shape (p,)
        Read-only.
    """
    angles = 2 * np.pi * np.minimum(np.arange(p), p - np.arange(p)) / p
    sign = np.where(2 * np.arange(p) > p, -1, 1)
    made = np.rint(np.cos(angles) / GRID) * GRID + 1j * sign * np.rint(np.sin(angles) / GRID) * GRID
    made.flags.writeable = False
    return made


def snapped(values, p):
    """Replace numbers within `NEAR` of a p-th root of unity by that root.

    Parameters
    ----------
    values : ndarray of complex128
        Numbers of any shape.
    p : int
        The modulus.

    Returns
    -------
    ndarray of complex128
        Of the same shape.
    """
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
    """The residue c with the greatest Re(z conj(e_k(c))); the smallest such c if there are ties.

    Numbers halfway between two roots, within `NEAR` of their distance, are ties, so that
    rounding decides nothing.  Numbers below `NEAR` in magnitude have no value.

    Parameters
    ----------
    values : ndarray of complex128
        The numbers z, of any shape.
    k : int
        The frequency.
    p : int
        The modulus.

    Returns
    -------
    ndarray of int64
        Of the same shape; `UNDEFINED` for numbers that have no value.
    """
    divisor = np.gcd(k, p)
    turns = p // divisor  # the number of distinct embeddings
    # e_k(c) is root number c (k / divisor) of these.
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
