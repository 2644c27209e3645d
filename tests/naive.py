"""Slow, obvious references: recursion over syntax trees, exact fractions, no sharing.

Nothing here imports the engine, the kernels, the curried primitives or the codes.
"""

import itertools
import math
from fractions import Fraction
from functools import lru_cache

import numpy as np

from synth.program import Program
from synth.types import UNDEFINED


def productions_of(grammar):
    """(item, units) of every production, by result type."""
    found = {}
    for production in grammar:
        found.setdefault(production.item.result, []).append((production.item, production.units))
    return found


def programs(grammar, most):
    """Every syntax tree of at most `most` units, by type: lists of (units, Program)."""
    made = {}
    by_type = productions_of(grammar)

    def of(type_, budget):
        key = type_, budget
        if key not in made:
            out = []
            for item, units in by_type.get(type_, ()):
                if units > budget:
                    continue
                for total, arguments in tuples(item.arguments, budget - units):
                    out.append((units + total, Program(item, arguments)))
            made[key] = out
        return made[key]

    def tuples(types, budget):
        if not types:
            return [(0, ())]
        out = []
        for first, program in of(types[0], budget):
            for rest, programs_ in tuples(types[1:], budget - first):
                out.append((first + rest, (program, *programs_)))
        return out

    return {type_: of(type_, most) for type_ in grammar.types}


def value(program, columns, row):
    """The value of a program on one row by plain recursion, or None where it has none."""
    head = program.head
    if not program.arguments:
        given = head.value if hasattr(head, "value") else columns[head.name][row]
        return legal(given, head.result)
    arguments = [value(a, columns, row) for a in program.arguments]
    if any(a is None for a in arguments):
        return None
    dtypes = [t.dtype for t in head.arguments]
    arrays = [np.array([a], d) for a, d in zip(arguments, dtypes, strict=True)]
    try:
        with np.errstate(all="raise", under="ignore"):
            answer = head.function(*arrays)[0].item()
    except (ArithmeticError, ValueError):
        return None
    return legal(answer, head.result)


def legal(value, type_):
    """A value as its type has it, or None where it is none."""
    if type_.family == "Real":
        return None if value == UNDEFINED else rounded(float(value))
    if type_.family == "Complex":
        parts = rounded(complex(value).real), rounded(complex(value).imag)
        return None if None in parts or value == UNDEFINED else complex(*parts)
    return value if type_.low <= value <= type_.high else None


@lru_cache(maxsize=2**16)
def rounded(value, bits=40):
    """A float to the nearest with so many bits of mantissa, ties to even, by fractions.

    None where that is not finite.
    """
    if not math.isfinite(value):
        return None
    exponent = max(math.frexp(value)[1] - 1, -1022)  # 2**exponent <= abs(value), or subnormal
    last_place = Fraction(2) ** (exponent - bits)
    try:
        return float(round(Fraction(value) / last_place) * last_place)
    except OverflowError:
        return None


def label(value, type_):
    """A value as labels are compared: numbers that are not exact by 28 bits."""
    if type_.family == "Real":
        return rounded(value, 28)
    if type_.family == "Complex":
        return rounded(value.real, 28), rounded(value.imag, 28)
    return value


def behaviour(program, columns):
    """The tuple of values on all rows, or None where one is missing."""
    rows = len(next(iter(columns.values())))
    values = tuple(value(program, columns, r) for r in range(rows))
    return None if None in values else values


def behaviours(grammar, columns, most):
    """The least units of every behaviour, by type, over all trees of `most` units."""
    found = {}
    for type_, trees in programs(grammar, most).items():
        least = found.setdefault(type_, {})
        for units, program in trees:
            seen = behaviour(program, columns)
            if seen is not None and units < least.get(seen, units + 1):
                least[seen] = units
    return found


def log2(fraction):
    """log2 of a positive fraction of any size."""
    fraction = Fraction(fraction)

    def whole(n):
        shift = max(0, n.bit_length() - 64)
        return shift + math.log2(n >> shift) if shift else math.log2(n)

    return whole(fraction.numerator) - whole(fraction.denominator)


def program_total(bits, n, e, k, outside):
    """1 + bits + log2((n+1) * C(n,e) * (k-1 or k)**e), from one exact integer."""
    return 1 + bits + log2((n + 1) * math.comb(n, e) * (k if outside else k - 1) ** e)


def table_bits(counts):
    """The smaller of the two tables, from exact integers."""
    n, k = sum(counts), len(counts)
    orders = math.factorial(n)
    for c in counts:
        orders //= math.factorial(c)
    uniform = 2 + log2(k**n)
    frequency = 2 + log2(math.comb(n + k - 1, k - 1) * orders)
    return min(uniform, frequency)


def orders(counts):
    """How many orders labels with these counts have."""
    n = math.factorial(sum(counts))
    return n // math.prod(math.factorial(c) for c in counts)


def best_total(grammar, task, most, root):
    """The least program total on a task over all trees of `most` units; None without one."""
    n, k = int(task.train.sum()), len(task.alphabet)
    outside = root.size > k
    labels = [label(v, root) for v in task.labels.tolist()]
    best = None
    for seen, units in behaviours(grammar, task.columns, most)[root].items():
        e = sum(bool(label(seen[r], root) != labels[r]) for r in range(task.rows) if task.train[r])
        total = program_total(units / 1024, n, e, k, outside)
        best = total if best is None else min(best, total)
    return best


def front(grammar, task, most, root):
    """(units, exceptions) wherever a longer program has fewer of them; all trees of `most`."""
    labels = [int(v) for v in task.labels]
    n, two = int(task.train.sum()), root.size == 2
    found = []
    for seen, units in behaviours(grammar, task.columns, int(most))[root].items():
        e = sum(int(seen[r]) != labels[r] for r in range(task.rows) if task.train[r])
        found.append((units, min(e, n - e) if two else e))
    made = []
    for units, e in sorted(found):
        if not made or e < made[-1][1]:
            made.append((units, e))
    return made


def all_rows(n):
    """The columns of all 2**n rows of n booleans."""
    rows = np.array(list(itertools.product((False, True), repeat=n)))
    return {f"x{i}": rows[:, i] for i in range(n)}
