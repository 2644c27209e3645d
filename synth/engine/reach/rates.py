"""Rates: labels that are a product of columns over another column, or over a sum of two, rounded.

`round_div(100 * part, whole)` and `price - ceil_div(price * discount, 100)` are far beyond what is
enumerated.  All of them with few columns are computed at once, and those that are right on most
rows are written.
"""

from itertools import combinations, combinations_with_replacement

import numpy as np

from synth.engine.reach.quotients import LARGEST, ROUNDINGS, ROWS, WRONG
from synth.engine.reach.sums import rate
from synth.language import UNIT

#: The most columns, and the most constants that are factors or divisors, the cheapest first.
COLUMNS, CONSTANTS = 6, 24
#: The rates that are written, those of the fewest bits first.  Each takes about 0.1 s.
WRITTEN = 2


def rates(problem, pools, templates, must_stop):
    """Programs of whole numbers that are a rounded rate of columns."""
    type = problem.root
    if type.family != "Int" or type not in pools or problem.n < ROWS:
        return
    labels = problem.labels.astype(np.int64)
    items = [item for item in problem.grammar.inputs if item.type == type][:COLUMNS]
    if len(items) < 2 or np.abs(labels).max() > LARGEST or must_stop():
        return
    columns = {i.name: problem.columns[i.name][: problem.n].astype(np.int64) for i in items}
    programs = {item.name: problem.made(item, ()) for item in items}
    constants = templates.constants(type)
    numbers = [c for c in constants if 1 < c <= LARGEST][:CONSTANTS]
    above = _products(columns)
    below = _sums(columns, numbers)
    found = []
    for whole, sign in [(None, 1), *((name, sign) for name in columns for sign in (1, -1))]:
        rest = sign * (labels - (0 if whole is None else columns[whole]))
        for names, product in above.items():
            if must_stop():
                return
            for divisors, total in below.items():
                if len(divisors) == 1 and divisors[0] in names:
                    continue
                few = (1, *numbers) if isinstance(divisors[0], str) else (1,)
                for factor, rounding, wrong in _fitting(rest, product, total, few):
                    used = [constants[n] for n in (factor, *divisors) if n in constants]
                    used += [programs[n] for n in (*names, *divisors, whole) if n in programs]
                    bits = sum(map(problem.units, used)) / UNIT + float(problem.code[wrong])
                    found.append(
                        (bits, names, factor, tuple(map(str, divisors)), rounding, sign, whole)
                    )
    for _, names, factor, divisors, rounding, sign, whole in sorted(found, key=str_of)[:WRITTEN]:
        under = [programs[d] if d in programs else constants[int(d)] for d in divisors]
        parts = [programs[name] for name in names]
        added = None if whole is None else (programs[whole], sign)
        made = rate(templates, parts, constants.get(factor), under, rounding, added)
        if made is not None:
            yield made


def str_of(entry):
    """The bits, then the rest in an order that depends on nothing else."""
    return entry[0], str(entry[1:])


def _products(columns):
    """Columns that are not negative, and products of two, by their names."""
    able = {n: c for n, c in columns.items() if c.min() >= 0 and 0 < c.max() <= LARGEST}
    made = {(name,): column for name, column in able.items()}
    for a, b in combinations_with_replacement(able, 2):
        made[a, b] = able[a] * able[b]
    return made


def _sums(columns, numbers):
    """Constants, columns that are positive, and sums of two, by what they are of."""
    made = {(number,): np.int64(number) for number in numbers}
    made |= {(name,): column for name, column in columns.items()}
    made |= {(a, b): columns[a] + columns[b] for a, b in combinations(columns, 2)}
    return {names: total for names, total in made.items() if total.min() > 0}


def _fitting(rest, product, total, factors):
    """The factors with which enough rows are the rate, each with its best rounding."""
    most = WRONG * len(rest)
    for factor in factors:
        numerator = factor * product
        if np.count_nonzero(np.abs(rest * total - numerator) > total) > most:
            continue
        for rounding in ROUNDINGS:
            said = rounded(numerator, total, rounding)
            wrong = int(np.count_nonzero(said != rest))
            if wrong <= most and said.any():
                yield factor, rounding, wrong


def rounded(numerator, total, rounding):
    """Quotients of whole numbers that are rounded in one of the ways."""
    if rounding == "down":
        return numerator // total
    if rounding == "up":
        return -(-numerator // total)
    return (2 * numerator + total) // (2 * total)
