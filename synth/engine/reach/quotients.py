"""Shares: labels that are a column times one whole number over another, rounded somehow.

The column itself may be added, or the share taken from it.  `price * 23 // 100` has two numbers
that no enumeration meets together.  With the divisor given, each row says between which two numbers
the factor lies, and the factor that most rows allow is found by counting.
"""

from itertools import product

import numpy as np

from synth.engine.reach.sums import share
from synth.language import UNIT

#: The share of rows that a factor may be wrong on.
WRONG = 0.25
#: Constants that are tried as divisors, the cheapest first; and the fewest training rows.
DIVISORS, ROWS = 24, 8
#: Numbers beyond this could leave the range of whole numbers when they are multiplied.
LARGEST = 2**20
#: The shares that are written, those of the fewest bits first.  Each takes about 0.1 s.
WRITTEN = 2
#: By how much a quotient, in halves, may be below the label and above it: rounded down, up, and
#: to the nearest number, a half upwards.
ROUNDINGS = {"down": (0, 2), "up": (-2, 0), "nearest": (-1, 1)}
#: How often the column counts as a whole, and with which sign the share: a part, the column with
#: a part more, and without a part.
WHOLES = ((0, 1), (1, 1), (1, -1))


def quotients(problem, pools, templates, must_stop):
    """Programs of whole numbers that are a share of a column."""
    type = problem.root
    if type.family != "Int" or type not in pools or problem.n < ROWS:
        return
    labels = problem.labels.astype(np.int64)
    if np.abs(labels).max() > LARGEST or must_stop():
        return
    constants = templates.constants(type)
    divisors = [c for c in constants if 1 < c <= LARGEST][:DIVISORS]
    found = []
    for item in problem.grammar.inputs:
        if item.type != type or must_stop():
            continue
        column = problem.columns[item.name][: problem.n].astype(np.int64)
        for divisor, rounding, (whole, sign) in product(divisors, ROUNDINGS, WHOLES):
            rest = sign * (labels - whole * column)
            best = factor_of(column, rest, divisor, rounding, constants, problem.units)
            if best is not None:
                factor, wrong = best
                units = problem.units(constants[factor]) + problem.units(constants[divisor])
                bits = units / UNIT + float(problem.code[wrong])
                found.append((bits, divisor, rounding, factor, whole, sign, item))
    for _, divisor, rounding, factor, whole, sign, item in sorted(found, key=_order)[:WRITTEN]:
        if must_stop():
            return
        column = problem.made(item, ())
        made = share(templates, column, factor, divisor, rounding, sign if whole else None)
        if made is not None:
            yield made


def _order(entry):
    return entry[:-1]


def factor_of(column, labels, divisor, rounding, constants, units):
    """The factor with which most rows are the rounded quotient, and how many are not.

    None if too few are.

    column, labels : ndarray of int64, shape (n,)
    constants : mapping of int to Program
        The factors that can be written; of several that fit equally well, the cheapest by
        `units(program)` is taken.
    """
    below, above = ROUNDINGS[rounding]
    known = column > 0
    if known.sum() < ROWS or column.min() < 0 or column.max() > LARGEST:
        return None
    # The label is right if 2 * label + below <= 2 * column * factor / divisor < 2 * label + above;
    # rounded up, the other side is the one that may be equal.
    x, y = 2 * column[known], labels[known]
    low, high = (2 * y + below) * divisor, (2 * y + above) * divisor
    if rounding == "up":
        least, most = low // x + 1, high // x
    else:
        least, most = -(-low // x), -(-high // x) - 1
    some = [f for f in constants if f > 0 and f % divisor and f <= LARGEST]
    if not some:
        return None
    right = np.searchsorted(np.sort(least), some, side="right")
    right = right - np.searchsorted(np.sort(most), some, side="left")
    wrong = int(known.sum() - right.max())
    if len(labels) - wrong < (1 - WRONG) * len(labels):
        return None
    best = [f for f, count in zip(some, right.tolist(), strict=True) if count == right.max()]
    return min(best, key=lambda f: units(constants[f])), wrong
