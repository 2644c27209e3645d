"""Sums: programs that add up parts, in whatever way the DSL can.

A sum modulo p, a sum of whole numbers and a parity are written part by part.  How two parts are
added, or how a part is added several times, is a template that an inner enumeration finds (see
`templates.py`).  Where a parity has to use its operands twice, as over and, or and not, a tree is
found that keeps the repeated operands small.
"""

from itertools import combinations, pairwise

import numpy as np

from synth.engine.reach.templates import leaf_units

#: Programs of the enumeration of one way to add: 20 ms.  With 4,000, `a + b * 3` was missed in a
#: DSL of 17 constants.
JOIN = 12_000
#: Programs of the enumeration of a parity of two or three operands.
PARITY = 60_000
#: Rows on which a way to add is tested, unless the functions have fewer.
POINTS = 64
#: Whole numbers that are tested: sums of these do not leave the range of a type.
NUMBERS = 50
#: Up to so many operands all ways to split a parity are tried, beyond it three ways: 8 over
#: and, or and not take 0.9 s.
SPLITS = 6


def parity(templates, programs, type):
    """Whether an odd, and an even, number of boolean programs is true.

    Parameters
    ----------
    templates : Templates
    programs : sequence of Program
        At least one.
    type : Type

    Returns
    -------
    tuple of Program
        The cheapest programs found of (odd, even); None for one that is not found.
    """
    ordered = sorted(programs, key=templates.problem.units)
    return _parity(templates, ordered, type, (0, len(ordered)), {})


def _parity(templates, ordered, type, part, known):
    """`parity` of a range of programs; known: that of the ranges met so far."""
    if part not in known:
        i, j = part
        if j == i + 1:
            known[part] = with_opposite(templates, ordered[i], type)
        else:
            made = [
                odd_even(
                    templates,
                    [_parity(templates, ordered, type, ends, known) for ends in pairwise(cut)],
                    type,
                )
                for cut in splits(i, j)
            ]
            units = templates.problem.units
            known[part] = tuple(
                min((m[s] for m in made if m[s] is not None), key=units, default=None)
                for s in (0, 1)
            )
    return known[part]


def splits(i, j):
    """Ways to cut a range into two or three parts: all ways if it is short."""
    if j - i > SPLITS:
        return [(i, k, j) for k in (i + 1, i + 2, (i + j) // 2)]
    places = range(i + 1, j)
    return [(i, *cut, j) for size in (1, 2) for cut in combinations(places, size)]


def with_opposite(templates, program, type):
    """A boolean program and the cheapest of its opposites, None if there is none."""
    column = np.array([False, True])
    prices = [leaf_units(templates.problem, type)]
    found = templates.find([program], [column], [~column], type, max_programs=JOIN, prices=prices)
    return program, found[0]


def operands(templates, pairs, columns):
    """Parts and columns of boolean programs with their opposites.

    An opposite that is best made of the other one is left out: with half as many parts, an
    enumeration comes much further.
    """
    units = templates.problem.units
    parts, values = [], []
    for pair, column in zip(pairs, columns, strict=True):
        for part, other, value in ((*pair, column), (*pair[::-1], ~column)):
            if part is None:
                continue
            if other is not None:
                made = with_opposite(templates, other, other.type)[1]
                if made is not None and units(made) <= units(part):
                    continue
            parts.append(part)
            values.append(value)
    return parts, values


def odd_even(templates, pairs, type):
    """The same as `parity` of two or three operands, each with its opposite."""
    if any(pair == (None, None) for pair in pairs):
        return None, None
    units = templates.problem.units
    # In order of price, so that operands of equal prices share an enumeration.
    pairs = sorted(pairs, key=lambda pair: [0 if part is None else units(part) for part in pair])
    at = np.arange(2 ** len(pairs))
    columns = [at >> k & 1 > 0 for k in range(len(pairs))]
    odd = np.logical_xor.reduce(columns)
    parts, columns = operands(templates, pairs, columns)
    return tuple(templates.find(parts, columns, [odd, ~odd], type, max_programs=PARITY))


def total(templates, terms, type, p=None):
    """A sum of multiples of programs.

    Parameters
    ----------
    templates : Templates
    terms : sequence of (int, Program)
        Coefficients and programs; a program None stands for 1.
    type : Type
        Of the programs and of the sum: Mod or Int.
    p : int, optional
        For Int, the modulus that coefficients may be changed by; they are kept without one.

    Returns
    -------
    Program or None
        None if no way to write it is found.
    """
    constants = templates.constants(type)
    # A part without a factor begins, since the others can be subtracted as well as added.
    price = templates.problem.units
    order = sorted(
        terms, key=lambda t: (t[1] is None, t[0] != 1, 0 if t[1] is None else price(t[1]))
    )
    (factor, first), *rest = order
    made = _start(templates, factor, first, constants, p)
    for factor, program in rest:
        if made is None:
            return None
        made = _added(templates, made, (factor, program), constants, p)
    return made


def _start(templates, factor, program, constants, p):
    if program is None:
        return constants.get(factor)
    if factor == 1:
        return program
    type = program.type
    a = _sample(type, 1)[0]
    parts, columns = _multiples([program], [a], factor, constants, p)
    wanted = [_reduced(type, f * a) for f in _factors(type, factor, p)]
    return _cheapest(templates, parts, columns, wanted, type)


def _added(templates, made, term, constants, p):
    """A sum and one more term."""
    factor, program = term
    type = made.type
    a, b = _sample(type, 2)
    if program is None:
        parts, columns = _multiples([made], [a], factor, constants, p)
        wanted = [_reduced(type, a + factor)]
    else:
        parts, columns = _multiples([made, program], [a, b], factor, constants, p)
        wanted = [_reduced(type, a + f * b) for f in _factors(type, factor, p)]
    return _cheapest(templates, parts, columns, wanted, type)


def remainder(templates, made, offset, sign, p):
    """A program for (offset + sign * made) % p; None if no way to write it is found."""
    type, constants = made.type, templates.constants(made.type)
    if not {offset, p} <= constants.keys():
        return None
    [a] = _sample(type, 1)
    steps = [(offset, offset + sign * a)] * ((offset, sign) != (0, 1)) + [(p, a % p)]
    for value, wanted in steps:
        parts, columns = [made, constants[value]], [a, np.full(len(a), value, a.dtype)]
        made = _cheapest(templates, parts, columns, [wanted], type)
        if made is None:
            return None
    return made


def share(templates, program, factor, divisor, rounding, sign=None):
    """A program for a product over a constant, rounded "down", "up" or to the "nearest".

    sign: with which sign that is added to the program itself, 1 or -1; None if it is not.  None is
    returned if no way to write it is found.
    """
    type, constants = program.type, templates.constants(program.type)
    most = min(8 * divisor, type.high // 4)  # the quotients of small numbers are all 0
    a = np.random.default_rng(0).integers(-most, most + 1, POINTS).astype(type.dtype)
    quotients = {"down": a // divisor, "up": -(-a // divisor)}
    quotients["nearest"] = (2 * a + divisor) // (2 * divisor)
    b, c = _sample(type, 2)

    def joined(parts, columns, wanted):
        prices = [leaf_units(templates.problem, type)] * 2
        return templates.find(parts, columns, [wanted], type, max_programs=JOIN, prices=prices)[0]

    made = program
    for value, column, wanted in ((factor, b, factor * b), (divisor, a, quotients[rounding])):
        if made is not None and value != 1:
            columns = [column, np.full(len(column), value, column.dtype)]
            made = joined([made, constants[value]], columns, wanted)
    if made is not None and sign is not None:
        made = joined([program, made], [b, c], b + sign * c)
    return made


def rate(templates, parts, factor, under, rounding, added=None):
    """A product of programs over a sum of programs, rounded as by `share`.

    parts: the factors; factor: a constant beside them, or None; under: what is summed; added: a
    program, and the sign with which the quotient is added to it, or None.  None is returned if no
    way to write it is found.
    """
    type = parts[0].type
    b, c = _sample(type, 2)
    generator = np.random.default_rng(1)
    x, y = generator.integers(0, 20 * NUMBERS, POINTS), generator.integers(1, NUMBERS, POINTS)
    x, y = x.astype(type.dtype), y.astype(type.dtype)
    quotient = {"down": x // y, "up": -(-x // y), "nearest": (2 * x + y) // (2 * y)}[rounding]

    def joined(parts, columns, wanted):
        prices = [leaf_units(templates.problem, type)] * 2
        return templates.find(parts, columns, [wanted], type, max_programs=JOIN, prices=prices)[0]

    made = parts[0]
    for part in [*parts[1:], *([] if factor is None else [factor])]:
        made = made and joined([made, part], [b, c], b * c)
    below = total(templates, [(1, part) for part in under], type)
    if made is None or below is None:
        return None
    made = joined([made, below], [x, y], quotient)
    if made is not None and added is not None:
        program, sign = added
        made = joined([program, made], [b, c], b + sign * c)
    return made


def exclusive_or(templates, programs, type):
    """The exclusive or of the bits of whole numbers; None if no way to write it is found."""
    made, *rest = programs
    columns = a, b = _sample(type, 2)
    prices = [leaf_units(templates.problem, type)] * 2  # so that all steps share an enumeration
    for program in rest:
        parts = [made, program]
        [made] = templates.find(parts, columns, [a ^ b], type, max_programs=PARITY, prices=prices)
        if made is None:
            return None
    return made


def _factors(type, factor, p):
    """The coefficients that are as good as one."""
    return [factor] if p is None or type.family == "Mod" else [factor, factor - p]


def _multiples(parts, columns, factor, constants, p):
    """Parts and columns, with the constants that may be factors."""
    parts, columns, type = list(parts), list(columns), parts[0].type
    values = [factor, type.size - factor] if type.family == "Mod" else [factor, -factor]
    if p is not None and type.family != "Mod":
        values += [factor - p, p - factor]
    for value in values:
        if value in constants:
            parts.append(constants[value])
            columns.append(np.full(len(columns[0]), value, columns[0].dtype))
    return parts, columns


def _cheapest(templates, parts, columns, wanted, type):
    units = templates.problem.units
    # The price of a long sum counts once whatever is found: at a leaf's price it is found early.
    prices = [leaf_units(templates.problem, type)] * len(parts)
    for k, part in enumerate(parts[1:], 1):
        prices[k] = min(units(part), 4 * prices[0])
    found = templates.find(parts, columns, wanted, type, max_programs=JOIN, prices=prices)
    return min((f for f in found if f is not None), key=units, default=None)


def _sample(type, count):
    """Columns of values on which functions are told apart."""
    generator = np.random.default_rng(0)
    if type.family == "Mod":
        return generator.integers(0, type.size, (count, POINTS)).astype(type.dtype)
    low, high = max(type.low, -NUMBERS), min(type.high, NUMBERS)
    return generator.integers(low, high + 1, (count, POINTS)).astype(type.dtype)


def _reduced(type, values):
    return values % type.size if type.family == "Mod" else values
