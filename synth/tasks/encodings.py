"""The same things seen in different ways: 16 pairs of digits as truth values, and residues.

What a program computes can be compared row by row across encodings, since the rows are the
same things in each.
"""

import numpy as np

from synth.errors import SettingError
from synth.language import Bool, Mod


def all_rows(variables):
    """Columns x0, x1, ... of all 2**variables rows of truth values, x0 changing fastest.

    A dict of bool (2**variables,): bit v of the number of a row is its x{v}.
    """
    rows = np.arange(2**variables)
    return {f"x{v}": (rows >> v & 1).astype(bool) for v in range(variables)}


#: How pairs of digits 0..3 are seen: two bits each, two bits of which one changes from digit
#: to digit, four truth values each; or two bits each with the 16 pairs shuffled, so that
#: nothing that is simple in bits stays simple.
DIGITS = ("binary", "gray", "one-hot", "shuffled")

#: The four bits of the digits, bool (4, 16), and functions of them.
BITS = np.array(list(all_rows(4).values()))
TARGETS = {
    "x0": lambda x: x[0],
    "x0 & x1": lambda x: x[0] & x[1],
    "x2 ^ x3": lambda x: x[2] ^ x[3],
    "majority 3": lambda x: x[0] & x[1] | x[0] & x[2] | x[1] & x[2],
    "multiplexer": lambda x: np.where(x[0], x[1], x[2]),
    "x0 & x1 | x2 & x3": lambda x: x[0] & x[1] | x[2] & x[3],
}


def apart(one, other):
    """Whether two of the `TARGETS` depend on different bits."""
    reads = []
    for target in (one, other):
        values = TARGETS[target](BITS)
        reads.append({i for i in range(4) if (values != values[np.arange(16) ^ 1 << i]).any()})
    return not reads[0] & reads[1]


def digit_columns(encoding, seed=0):
    """Columns, a dict of bool (16,), and their types, of the pairs of digits.

    Row r has the digits r mod 4 and r // 4, so that in binary bit i of r is x{i}; seed: of
    `shuffled`.  Raises SettingError for an encoding that is none of `DIGITS`.
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
    """What the residues 0..p-1 are called, int64 (p,): `factor` times as much.

    0: names are shuffled, so that no sum stays a sum.  Raises SettingError for a factor that
    is 0 modulo p otherwise, or shares a divisor with it.
    """
    if factor == 0:
        return np.random.default_rng(seed).permutation(p)
    if np.gcd(factor, p) != 1:
        raise SettingError(f"factor={factor}; allowed: 0, and numbers prime to {p}")
    return factor * np.arange(p) % p


def residue_columns(p, factor, seed=0):
    """Columns x, y of all pairs of residues as they are called, and their types.

    Rows go by x, then by y, each int64 (p * p,).
    """
    names = residue_names(p, factor, seed)
    x, y = np.divmod(np.arange(p * p), p)
    return {"x": names[x], "y": names[y]}, dict.fromkeys("xy", Mod(p))
