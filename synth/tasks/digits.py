"""Encodings of the same objects: pairs of digits as truth values, and renamed residues.

A row stands for the same object in every encoding, so the predictions of programs can be
compared row by row across encodings.
"""

import numpy as np

from synth.errors import SettingError
from synth.language import Bool, Mod
from synth.tasks.functions import NAMED


def all_rows(variables):
    """The columns x0, x1, ... of all 2**variables rows of truth values, x0 changing fastest.

    Returns
    -------
    dict of str to ndarray of bool, shape (2**variables,)
        In row r, x{v} is bit v of r.
    """
    rows = np.arange(2**variables)
    return {f"x{v}": (rows >> v & 1).astype(bool) for v in range(variables)}


#: Encodings of a pair of digits 0..3.  "binary": two bits a digit; "gray": two bits a digit, of
#: which one changes between neighbouring digits; "one-hot": four truth values a digit;
#: "shuffled": "binary" with the 16 pairs permuted, so that nothing simple in bits stays simple.
DIGITS = ("binary", "gray", "one-hot", "shuffled")

#: The four bits of a pair of digits, bool (4, 16), and functions of them.
BITS = np.array(list(all_rows(4).values()))
TARGETS = {
    name: NAMED[name]
    for name in ("x0", "x0 & x1", "x2 ^ x3", "majority 3", "multiplexer", "x0 & x1 | x2 & x3")
}


def apart(one, other):
    """Whether two of the `TARGETS`, given by name, depend on disjoint sets of bits."""
    reads = []
    for target in (one, other):
        values = TARGETS[target](BITS)
        reads.append({i for i in range(4) if (values != values[np.arange(16) ^ 1 << i]).any()})
    return not reads[0] & reads[1]


def digit_columns(encoding, seed=0):
    """The columns that encode all 16 pairs of digits, and their types.

    Row r has the digits r mod 4 and r // 4; in binary, x{i} is bit i of r.

    Parameters
    ----------
    encoding : str
        One of `DIGITS`.
    seed : int
        Seed of the permutation of "shuffled".

    Returns
    -------
    columns : dict of str to ndarray of bool, shape (16,)
    types : dict of str to Type

    Raises
    ------
    SettingError
        If there is no such encoding.
    """
    if encoding not in DIGITS:
        raise SettingError(f"encoding={encoding}; allowed: {', '.join(DIGITS)}")
    rows = np.arange(16)
    if encoding == "shuffled":
        rows = np.random.default_rng(seed).permutation(16)
    digits = rows % 4, rows // 4
    if encoding == "one-hot":
        columns = {f"{n}{k}": d == k for n, d in zip("ab", digits, strict=True) for k in range(4)}
    else:
        if encoding == "gray":
            digits = [d ^ d >> 1 for d in digits]
        bits = [d >> i & 1 == 1 for d in digits for i in range(2)]
        columns = {f"x{i}": bit for i, bit in enumerate(bits)}
    return columns, dict.fromkeys(columns, Bool)


def residue_names(p, factor, seed=0):
    """The new names of the residues 0..p-1.

    Parameters
    ----------
    p : int
        The modulus.
    factor : int
        Each residue is renamed to `factor` times itself modulo p.  If it is 0, names are
        permuted at random, so that addition is no longer addition.
    seed : int
        Seed of the permutation.

    Returns
    -------
    ndarray of int64, shape (p,)

    Raises
    ------
    SettingError
        If the factor is not 0 and shares a divisor with p.
    """
    if factor == 0:
        return np.random.default_rng(seed).permutation(p)
    if np.gcd(factor, p) != 1:
        raise SettingError(f"factor={factor}; allowed: 0, or a number coprime to {p}")
    return factor * np.arange(p) % p


def residue_columns(p, factor, seed=0):
    """The columns x and y of all pairs of residues by their new names, and their types.

    Rows are ordered by x, then by y, before renaming.

    Parameters
    ----------
    p, factor, seed
        As `residue_names` takes them.

    Returns
    -------
    columns : dict of str to ndarray of int64, shape (p * p,)
    types : dict of str to Type
    """
    names = residue_names(p, factor, seed)
    x, y = np.divmod(np.arange(p * p), p)
    return {"x": names[x], "y": names[y]}, dict.fromkeys("xy", Mod(p))
