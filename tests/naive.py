"""Slow, obvious references: recursion over syntax trees, exact fractions, no sharing.

Nothing here imports the engine, the kernels, the curried primitives or the codes.  What is
shared with the package: `Program` as a record of a head and its arguments; the productions of a
`Grammar` with their costs in units (`tests/test_grammar.py` holds these against fractions); the
functions of primitives; and of a type its family, bounds and dtype.
"""

import cmath
import itertools
import math
from fractions import Fraction
from functools import cache, lru_cache

import numpy as np

from synth.language.program import Program
from synth.language.types import UNDEFINED, Bool


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
        return _leaf(head, columns, row)
    return _applied(head, tuple(value(a, columns, row) for a in program.arguments))


def _leaf(head, columns, row):
    given = head.value if hasattr(head, "value") else columns[head.name][row]
    return legal(given, head.result)


def _applied(head, arguments):
    """What a primitive makes of some values; None where it, or one of them, has no value."""
    if None in arguments:
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
        return None if value == UNDEFINED else rounded_complex(complex(value))
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


def rounded_complex(value, bits=40):
    """A complex number, both parts to multiples of the larger part's last place."""
    parts = rounded(value.real, bits), rounded(value.imag, bits)
    if None in parts:
        return None
    largest = max(map(abs, parts))
    last_place = Fraction(2) ** (math.frexp(largest)[1] - 1 - bits)
    if not largest or last_place < Fraction(2) ** -1022:
        return complex(*parts)
    found = [float(round(Fraction(p) / last_place) * last_place) for p in (value.real, value.imag)]
    return complex(*found)


def label(value, type_):
    """A value as labels are compared: numbers that are not exact by 28 bits."""
    if type_.family == "Real":
        return rounded(value, 28)
    if type_.family == "Complex":
        return rounded_complex(value, 28)
    return value


def behaviour(program, columns):
    """The tuple of values on all rows, or None where one is missing."""
    rows = len(next(iter(columns.values())))
    values = tuple(value(program, columns, r) for r in range(rows))
    return None if None in values else values


def behaviours(grammar, columns, most):
    """The least units of every behaviour, by type, over all trees of `most` units.

    Every tree is evaluated, on every row; a subtree, and a primitive on the same values, once.
    """
    rows = range(len(next(iter(columns.values()))))
    answers, made, found = {}, {}, {}

    def applied(head, arguments):
        key = id(head), arguments
        if key not in answers:
            answers[key] = _applied(head, arguments)
        return answers[key]

    def column(program):
        key = id(program)
        if key not in made:
            head, parts = program.head, [column(a) for a in program.arguments]
            made[key] = (
                tuple(applied(head, values) for values in zip(*parts, strict=True))
                if parts
                else tuple(_leaf(head, columns, r) for r in rows)
            )
        return made[key]

    for type_, trees in programs(grammar, most).items():
        least = found.setdefault(type_, {})
        for units, program in trees:
            seen = column(program)
            if None not in seen and units < least.get(seen, units + 1):
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


def elias_delta(m):
    """The code word of Elias delta for a whole number m >= 1, as a text of 0 and 1."""
    digits = f"{m:b}"
    length = f"{len(digits):b}"
    return "0" * (len(length) - 1) + length + digits[1:]


def sequence_bits(terms):
    """Bits of a sequence by code words, the best of differences of order 0, 1 and 2."""
    found, orders = [], list(range(3))[: len(terms)]
    for order in orders:
        rows = [list(terms)]
        while len(rows) <= order:
            rows.append([b - a for a, b in zip(rows[-1], rows[-1][1:])])  # noqa: B905
        numbers = [row[0] for row in rows[:-1]] + rows[-1]
        words = [elias_delta(2 * x + 1 if x >= 0 else -2 * x) for x in numbers]
        found.append(len("".join(words)))
    return log2(Fraction(len(orders))) + min(found) if found else 0.0


def last_step(engine, labels, most, divisors):
    """The least cost of a program of one operation on rows that are held, by trying them all.

    divisors: how many of the first rows may be what `//` and `%` divide by.
    """
    rows = [
        (int(engine.bank.row_costs(k, k + 1)[0]), engine.bank.values(k, k + 1)[0].tolist())
        for k in range(len(engine.bank))
    ]
    costs = {p.item.name: p.cost for p in engine.grammar}
    said = {
        "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
        "div": lambda a, b: a // b if b else None, "mod": lambda a, b: a % b if b else None,
    }  # fmt: skip
    found = [
        costs[name] + u_cost + v_cost
        for name, apply in said.items()
        for u_cost, u in rows
        for v_cost, v in (rows[:divisors] if name in ("div", "mod") else rows)
        if all(apply(a, b) == label for a, b, label in zip(u, v, labels, strict=True))
    ]
    tests = engine.banks[Bool]
    for k in range(len(tests)):
        test, cost = tests.values(k, k + 1)[0], int(tests.row_costs(k, k + 1)[0])
        sides = [
            min((c for c, u in rows if (np.equal(u, labels) | ~side).all()), default=math.inf)
            for side in (test, ~test)
        ]
        found.append(costs["where"] + cost + sum(sides))
    return min((cost for cost in found if cost <= most), default=None)


def orders(counts):
    """How many orders labels with these counts have."""
    n = math.factorial(sum(counts))
    return n // math.prod(math.factorial(c) for c in counts)


def all_orders(labels):
    """Every different order of some labels, as tuples."""
    if not labels:
        yield ()
    for first in sorted(set(labels)):
        rest = list(labels)
        rest.remove(first)
        for others in all_orders(rest):
            yield first, *others


def best_total(grammar, task, most, root):
    """The least program total on a task over all trees of `most` units; None without one."""
    n, k = int(task.train.sum()), len(task.alphabet)
    outside = root.size > k
    labels = [label(v, root) for v in task.labels.tolist()]
    best = None
    for seen, units in behaviours(grammar, task.columns, most)[root].items():
        e = sum(bool(label(seen[r], root) != labels[r]) for r in range(task.rows) if task.train[r])
        if (n - e) * k < n and (k > 2 or outside):
            continue  # a program that is right on fewer rows than 1 in k is no hypothesis
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
        if two or (n - e) * len(task.alphabet) >= n:
            found.append((units, min(e, n - e) if two else e))
    return fewest(found)


def fewest(scored):
    """The (units, exceptions) that have fewer exceptions than all shorter ones."""
    made = []
    for units, e in sorted(scored):
        if not made or e < made[-1][1]:
            made.append((units, e))
    return made


def all_rows(n):
    """The columns of all 2**n rows of n booleans."""
    rows = np.array(list(itertools.product((False, True), repeat=n)))
    return {f"x{i}": rows[:, i] for i in range(n)}


def connective(primitive, *indices, rows):
    """The behaviour that a boolean primitive makes of behaviours, as index arrays."""
    out = np.zeros(np.broadcast(*indices).shape, np.int64)
    for r in range(rows):
        bits = [np.broadcast_to(i >> r & 1, out.shape).ravel().astype(bool) for i in indices]
        out |= np.asarray(primitive.function(*bits)).reshape(out.shape).astype(np.int64) << r
    return out


def _boolean_parts(grammar, columns, chance):
    """Leaves by behaviour, and connectives as (chance, behaviours they make), by arguments."""
    rows = len(next(iter(columns.values())))
    size = 2**rows
    every = np.arange(size)
    leaves, unary, binary = np.zeros(size, np.longdouble), [], []
    for production in grammar:
        item, q = production.item, chance(production)
        if not item.arguments:
            given = [item.value] * rows if hasattr(item, "value") else columns[item.name]
            leaves[sum(int(v) << r for r, v in enumerate(given))] += q
        elif len(item.arguments) == 1:
            unary.append((q, connective(item, every, rows=rows)))
        else:
            pairs = connective(item, every[:, None], every[None, :], rows=rows)
            binary.append((q, pairs.ravel()))
    return leaves, unary, binary


def _combined(leaves, unary, binary, p, pairs):
    after = leaves.copy()
    for q, to in unary:
        np.add.at(after, to, q * p)
    for q, to in binary:
        np.add.at(after, to, q * pairs.ravel())
    return after


def exact_prior(grammar, columns, sweeps=4000):
    """P(f) of every boolean behaviour by a double loop over pairs, from 0 upwards.

    The least fixed point, in extended precision, every term positive; slow to converge
    where the grammar is critical.  Index bit r is the value on row r.
    """

    def chance(production):
        if grammar.exact:
            p = production.probability
            return np.longdouble(p.numerator) / np.longdouble(p.denominator)
        return np.exp2(-np.longdouble(production.units) / 1024)

    parts = _boolean_parts(grammar, columns, chance)
    p = np.zeros_like(parts[0])
    for _ in range(sweeps):
        after = _combined(*parts, p, np.outer(p, p))
        done = np.all(np.abs(after - p) <= 1e-18 * after)
        p = after
        if done:
            break
    return p


def limit_shares(grammar, columns, steps=4000):
    """The share of each behaviour among very long programs, by a double loop over pairs.

    In extended precision.  At the pole z all trees have the mass sqrt(leaves / binary), in
    closed form, and each step is brought back to that: nothing is left that a rounded z
    could move by its square root.
    """
    arity = [len(production.item.arguments) for production in grammar]
    leaf, unary, binary = (np.longdouble(arity.count(k)) for k in range(3))
    z = 1 / (unary + 2 * np.sqrt(binary * leaf))
    leaves, *others = _boolean_parts(grammar, columns, lambda production: z)
    total, none = np.sqrt(leaf / binary), np.zeros_like(leaves)
    p, shares = leaves * total / leaves.sum(), leaves / leaves.sum()
    for _ in range(steps):
        after = _combined(leaves, *others, p, np.outer(p, p))
        after *= total / after.sum()
        done = np.abs(after - p).sum() <= 1e-18 * total
        p = after
        if done:
            break
    for _ in range(steps):
        # The change of every sum of products when masses p change by the shares.
        after = _combined(none, *others, shares, np.outer(p, shares) + np.outer(shares, p))
        after /= after.sum()
        done = np.abs(after - shares).sum() <= 1e-18
        shares = after
        if done:
            break
    return shares


def rational_prior(grammar, columns, mass, bits=200, sweeps=500):
    """P(f) of every boolean behaviour for exact probabilities, by a double loop over pairs.

    In whole numbers of 2**-bits.  The sweeps start from the exact total mass, which they
    preserve, so that a critical grammar converges as fast as any other.

    Parameters
    ----------
    mass : Fraction
        The total mass, which the caller knows.
    """
    rows = len(next(iter(columns.values())))
    every = np.arange(2**rows)
    leaves, one, two = np.array([0] * 2**rows, dtype=object), [], []
    for production in grammar:
        item, p = production.item, production.probability
        if not item.arguments:
            given = [item.value] * rows if hasattr(item, "value") else columns[item.name]
            leaves[sum(int(v) << r for r, v in enumerate(given))] += (p.numerator << bits) // (
                p.denominator
            )
        elif len(item.arguments) == 1:
            one.append((p, connective(item, every, rows=rows)))
        else:
            two.append((p, connective(item, every[:, None], every[None, :], rows=rows).ravel()))
    total = (mass.numerator << bits) // mass.denominator
    masses = leaves * total // leaves.sum()
    for _ in range(sweeps):
        after = leaves.copy()
        pairs = np.outer(masses, masses).ravel()
        for group, values, scale in ((one, masses, 0), (two, pairs, bits)):
            for p, to in group:
                sums = np.array([0] * 2**rows, dtype=object)
                np.add.at(sums, to, values)
                after += (sums * p.numerator // p.denominator) >> scale
        change, masses = max(abs(after - masses)), after
        if change < 1 << (bits - 60):
            return [Fraction(m, 1 << bits) for m in masses.tolist()]
    raise AssertionError("not converged")


def precise_sweep(grammar, columns, masses, bits=400):
    """One sweep in whole numbers of 2**-bits, by sums over supersets; and, or, xor, not only.

    masses: objects, whole numbers; returns the same.  Nothing is rounded but products.
    """
    rows = len(next(iter(columns.values())))

    def summed(a, sign):
        a = a.copy()
        for r in range(rows):
            view = a.reshape(-1, 2, 2**r)
            view[:, 0] += sign * view[:, 1]
        return a

    def walsh(a):
        a = a.copy()
        for r in range(rows):
            view = a.reshape(-1, 2, 2**r)
            low, high = view[:, 0].copy(), view[:, 1].copy()
            view[:, 0], view[:, 1] = low + high, low - high
        return a

    out = np.array([0] * 2**rows, dtype=object)
    for production in grammar:
        item = production.item
        q = _power(production.units, bits)
        if not item.arguments:
            given = [item.value] * rows if hasattr(item, "value") else columns[item.name]
            out[sum(int(v) << r for r, v in enumerate(given))] += q
            continue
        if item.name == "not_":
            made = masses[::-1]
        elif item.name == "and_":
            made = summed(summed(masses, 1) ** 2, -1) >> bits
        elif item.name == "or_":
            made = (summed(summed(masses[::-1], 1) ** 2, -1) >> bits)[::-1]
        elif item.name == "xor":
            made = walsh(walsh(masses) ** 2) >> (bits + rows)
        else:
            raise NotImplementedError(item.name)
        out += (made * q) >> bits
    return out


def _power(units, bits):
    """2**(-units/1024) as a whole number of 2**-bits: 1024 = 2**10 square roots."""
    root = math.isqrt(1 << (2 * bits + 1))  # sqrt(2)
    roots, value = [], root
    for _ in range(10):
        roots.append(value)
        value = math.isqrt(value << bits)
    whole, rest = divmod(-units, 1024)
    found = 1 << bits
    for k in range(10):
        if rest >> (9 - k) & 1:
            found = (found * roots[k]) >> bits
    return found >> -whole if whole < 0 else found << whole


def counts(grammar, columns, most):
    """How many trees of at most `most` units have each behaviour (None: no value), by type.

    Returns {type: {units: {behaviour: count}}}.
    """
    found = {}
    for type_, trees in programs(grammar, most).items():
        levels = found.setdefault(type_, {})
        for units, program in trees:
            level = levels.setdefault(units, {})
            seen = behaviour(program, columns)
            level[seen] = level.get(seen, 0) + 1
    return found


def trees_of_cost(grammar, most):
    """How many trees there are of each cost up to `most` units, by type, from costs alone.

    Rounds of substitution, until nothing changes: {type: {units: count}}.
    """
    by_type = productions_of(grammar)
    found = {t: {} for t in grammar.types}
    while True:
        new = {t: {} for t in grammar.types}
        for type_, group in by_type.items():
            for item, units in group:
                sums = {units: 1}
                for argument in item.arguments:
                    more = {}
                    for total, ways in sums.items():
                        for cost, trees in found[argument].items():
                            if total + cost <= most:
                                more[total + cost] = more.get(total + cost, 0) + ways * trees
                    sums = more
                for total, ways in sums.items():
                    if total <= most:
                        new[type_][total] = new[type_].get(total, 0) + ways
        if new == found:
            return found
        found = new


def size_mass(grammar, type_, nodes):
    """The prior mass of all trees of exactly so many nodes, straight from the definition."""
    by_type = productions_of(grammar)

    @cache
    def of(type_, n):
        return sum(
            2.0 ** (-units / 1024) * tuples(item.arguments, n - 1) for item, units in by_type[type_]
        )

    @cache
    def tuples(types, n):
        if not types:
            return float(n == 0)
        return sum(of(types[0], k) * tuples(types[1:], n - k) for k in range(1, n + 1))

    return of(type_, nodes)


def nearest(points, labels, asked, k):
    """Labels by k nearest neighbours, a vote at a time."""
    answers = []
    for point in asked:
        order = sorted(range(len(points)), key=lambda i: (sum((points[i] - point) ** 2), i))[:k]
        votes = [int(labels[i]) for i in order]
        answers.append(max(votes, key=lambda v: (votes.count(v), -votes.index(v))))
    return answers


def kernel_ridge(points, labels, asked, scale, penalty, mean=None):
    """Scores by kernel ridge regression of one-against-all targets, by plain inversion."""
    targets = np.array([[float(label == v) for v in sorted({*labels})] for label in labels])
    mean = targets.mean(axis=0) if mean is None else mean

    def kernel(a, b):
        return math.exp(-sum((a - b) ** 2) / (2 * scale**2))

    gram = np.array([[kernel(a, b) for b in points] for a in points])
    weights = np.linalg.inv(gram + penalty * np.eye(len(points))) @ (targets - mean)
    return np.array([[kernel(a, b) for b in points] for a in asked]) @ weights + mean


def least_left_out(points, labels, scale):
    """The penalty of least squared error on rows left out one by one, each fitted anew."""
    rows = range(len(points))
    targets = np.array([[float(label == v) for v in sorted({*labels})] for label in labels])
    errors = {}
    for penalty in (len(points) * 10.0**e for e in range(-6, 2)):
        errors[penalty] = 0.0
        for i in rows:
            rest = [j for j in rows if j != i]
            mean = targets.mean(axis=0)
            scores = kernel_ridge(points[rest], labels[rest], points[[i]], scale, penalty, mean)
            errors[penalty] += float(((scores - targets[i]) ** 2).sum())
    return min(errors, key=errors.get)


def fourier_read_out(z, k, p):
    """The smallest c of greatest Re(z conj(exp(2 pi i k c / p))), by trying all."""
    scores = [(z * cmath.exp(-2j * cmath.pi * k * c / p)).real for c in range(p)]
    return next(c for c in range(p) if scores[c] >= max(scores) - 1e-9 * abs(z))


def trees(table, depth):
    """Every tree of tests with rows at all its leaves: (tree, its bits, the bits of the labels).

    A tree is (counts,) or (test, tree of rows that pass, tree of the others); the counts of a leaf
    are those of its labels.
    """
    tests, columns, labels, k = table
    return _trees(tests, columns, labels, k, range(len(labels)), depth)


def _trees(tests, columns, labels, k, rows, depth):
    counts = tuple(sum(labels[r] == j for r in rows) for j in range(k))
    passing = {t: [r for r in rows if tests[r][t]] for t in range(tests.shape[1])}
    opened = [t for t, some in passing.items() if 0 < len(some) < len(rows)]
    evidence = sum(_evidence(counts, strength) for strength in (2.0, 0.5, 0.1)) / 3
    stops = bool(opened) and depth > 0
    yield (counts,), 1.0 if stops else 0.0, -math.log2(evidence)
    for t in opened if stops else ():
        in_columns = {columns[u] for u in opened}
        same = [u for u in opened if columns[u] == columns[t]]
        price = 1 + math.log2(len(in_columns)) + math.log2(len(same))
        failing = [r for r in rows if r not in passing[t]]
        for one in _trees(tests, columns, labels, k, passing[t], depth - 1):
            for other in _trees(tests, columns, labels, k, failing, depth - 1):
                yield (t, one[0], other[0]), price + one[1] + other[1], one[2] + other[2]


def beam(table, depth, widths):
    """The bits of the trees of which only the best tests of a node have trees below them."""
    return -math.log2(_beam(*table, range(len(table[2])), depth, widths))


def _beam(tests, columns, labels, k, rows, depth, widths):
    evidence = _mean(labels, k, rows)
    opened = [t for t in range(tests.shape[1]) if 0 < sum(tests[r][t] for r in rows) < len(rows)]
    if not opened or not depth:
        return evidence
    singles = {}
    for t in opened:
        sides = [[r for r in rows if tests[r][t] == side] for side in (True, False)]
        in_columns = len({columns[u] for u in opened})
        price = in_columns * sum(columns[u] == columns[t] for u in opened)
        halves = [2 if depth > 1 and len(side) > 1 else 1 for side in sides]
        leaves = [_mean(labels, k, side) / half for side, half in zip(sides, halves, strict=True)]
        singles[t] = price, sides, math.prod(leaves)
    if widths and widths[0] < tests.shape[1] and len({labels[r] for r in rows} - {-1}) < 2:
        widths = [0]
    # Of equally good tests the first ones are grown.
    grown = sorted(opened, key=lambda t: -round(math.log2(singles[t][2] / singles[t][0]), 6))
    total = evidence
    for t, (price, sides, leaves) in singles.items():
        if depth > 1 and t in grown[: widths[0]]:
            leaves = math.prod(
                _beam(tests, columns, labels, k, side, depth - 1, widths[1:]) for side in sides
            )
        total += leaves / price
    return total / 2


def _mean(labels, k, rows):
    counts = [sum(labels[r] == j for r in rows) for j in range(k)]
    return sum(_evidence(counts, strength) for strength in (2.0, 0.5, 0.1)) / 3


def _evidence(counts, strength):
    probability, seen = 1.0, 0
    for count in counts:
        for i in range(count):
            probability *= (strength / len(counts) + i) / (strength + seen)
            seen += 1
    return probability


def shape_of(tree):
    """A `Tree` as `trees` writes it."""
    if tree.test is None:
        return (tree.counts,)
    return tree.test, shape_of(tree.passed), shape_of(tree.failed)


def tests_of(tree):
    """The tests that a tree of `trees` has."""
    return set() if len(tree) == 1 else {tree[0]} | tests_of(tree[1]) | tests_of(tree[2])


def predicted(table, depth, new):
    """What all trees predict for new rows, by their posterior."""
    k, out = table[3], np.zeros((len(new), table[3]))
    for tree, price, bits in trees(table, depth):
        for q, passed in enumerate(new):
            at = tree
            while len(at) == 3:
                at = at[1] if passed[at[0]] else at[2]
            counts = at[0]
            before = sum(_evidence(counts, s) for s in (2.0, 0.5, 0.1))
            for j in range(k):
                more = tuple(c + (i == j) for i, c in enumerate(counts))
                after = sum(_evidence(more, s) for s in (2.0, 0.5, 0.1))
                out[q, j] += 2.0 ** -(price + bits) * after / before
    return out / out.sum(axis=1, keepdims=True)


def noise_bits(labels, columns, scale):
    """-log2 of the mean probability of labels under normal laws, integrated over the noise.

    columns: those of the fit, (n, p), linearly independent.  The axes are turned so that the first
    p ones span the columns: along them a label has the variance s^2 (1 + g), else s^2.
    """
    labels, columns = np.asarray(labels, float), np.asarray(columns, float)
    n, p = columns.shape
    axes = np.linalg.qr(columns, mode="complete")[0]
    turned = axes.T @ (labels - scale.middle)
    low, high = math.log(scale.precision), math.log(scale.range)
    nodes, weights = np.polynomial.legendre.leggauss(40)
    ends, found = np.linspace(low, high, 101), []
    half = (ends[1] - ends[0]) / 2
    s = np.exp(np.add.outer(ends[:-1] + half, half * nodes))[..., None]
    for k in range(math.ceil(math.log2(scale.cells)) + 1):
        deviations = np.where(np.arange(n) < p, s * math.sqrt(1 + n * 4.0**k), s)
        density = np.exp(-((turned / deviations) ** 2) / 2) / deviations / math.sqrt(2 * math.pi)
        total = (density.prod(axis=-1) @ (half * weights)).sum()
        found.append(total * scale.precision**n / (high - low))
    return -math.log2(sum(found) / len(found))


def rounding_bits(labels, column, scale):
    """-log2 of the chance that a line has these labels but for rounding, in exact fractions.

    The line is said by its values p, q at the least and the greatest of the column, each uniform in
    the range.  For each p between those of two corners, the q that are allowed are an interval
    between two straight lines: the area is a sum of trapezia.
    """
    column = [Fraction(v) for v in np.asarray(column, float).tolist()]
    cells = scale.place(labels).tolist()
    low, wide = min(column), max(column) - min(column)
    lines = []  # a p + b q <= c
    for value, cell in zip(column, cells, strict=True):
        t = (value - low) / wide
        half = Fraction(1, 2)
        lines += [(1 - t, t, cell + half), (t - 1, -t, half - cell)]
    # Ends of p at a line alone, and the bounds of q as functions of p.
    first = max(-c for a, b, c in lines if not b and a < 0)
    last = min(c for a, b, c in lines if not b and a > 0)
    upper = [(-a / b, c / b) for a, b, c in lines if b > 0]
    lower = [(-a / b, c / b) for a, b, c in lines if b < 0]

    def width(p):
        return min(m * p + k for m, k in upper) - max(m * p + k for m, k in lower)

    meets = {first, last}
    for one, other in itertools.combinations(upper + lower, 2):
        if one[0] != other[0]:
            at = (other[1] - one[1]) / (one[0] - other[0])
            meets |= {at} if first < at < last else set()
    area = Fraction(0)
    for left, right in itertools.pairwise(sorted(meets)):
        sides = max(width(left), 0), max(width(right), 0)
        area += (right - left) * sum(sides) / 2
    return 2 * math.log2(scale.cells) - log2(area) if area > 0 else math.inf


def histogram_bits(labels, scale, bins):
    """Bits of labels one after the other, by the bins of those before (Krichevsky, Trofimov)."""
    cells = [round((y - scale.middle) / scale.precision + (scale.cells - 1) / 2) for y in labels]
    among = [cell * bins // scale.cells for cell in range(scale.cells)]
    chance = Fraction(1)
    for i, cell in enumerate(cells):
        before = sum(among[c] == among[cell] for c in cells[:i])
        inside = among.count(among[cell])
        chance *= (before + Fraction(1, 2)) / (i + Fraction(bins, 2)) / inside
    return -log2(chance)


class Fractions:
    """The least squares fit of labels by a constant and columns, by elimination in fractions."""

    def __init__(self, columns, labels):
        labels = list(map(Fraction, np.asarray(labels, float).tolist()))
        sides = [[Fraction(1)] * len(labels), *(list(map(Fraction, c.tolist())) for c in columns)]
        self.inverse = inverse([[dot(one, other) for other in sides] for one in sides])
        moments = [dot(side, labels) for side in sides]
        self.intercept, *self.slopes = found = [dot(row, moments) for row in self.inverse]
        said = [dot(row, found) for row in zip(*sides, strict=True)]
        self.rss = sum((y - s) ** 2 for y, s in zip(labels, said, strict=True))
        self.variances = [row[i] for i, row in enumerate(self.inverse)]

    def leverage(self, row):
        """The variance of the prediction for a row, in squares of the noise."""
        row = [Fraction(1), *map(Fraction, row)]
        return float(dot(row, [dot(row, line) for line in self.inverse]))


def dot(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def inverse(matrix):
    """The inverse of a matrix of fractions."""
    count = len(matrix)
    rows = [[*row, *(Fraction(i == j) for j in range(count))] for i, row in enumerate(matrix)]
    for i in range(count):
        pivot = next(k for k in range(i, count) if rows[k][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [value / rows[i][i] for value in rows[i]]
        for k in range(count):
            if k != i:
                rows[k] = [a - rows[k][i] * b for a, b in zip(rows[k], rows[i], strict=True)]
    return [row[count:] for row in rows]


@cache
def machines(states, letters):
    """All tables of steps that reach every state, one of each class of renumberings."""
    found = {}
    for flat in itertools.product(range(states), repeat=states * letters):
        steps = tuple(flat[s * letters : (s + 1) * letters] for s in range(states))
        reached, ahead = {0}, [0]
        while ahead:
            new = set(steps[ahead.pop()]) - reached
            reached |= new
            ahead += new
        if len(reached) == states:
            others = []
            for order in itertools.permutations(range(1, states)):
                name = (0, *order)  # the new number of each state is its place
                others.append(tuple(tuple(name.index(to) for to in steps[s]) for s in name))
            found.setdefault(min(others), steps)
    return list(found.values())


def run_machine(steps, outputs, string, letters):
    """The output of a machine for one string, letter by letter."""
    state = 0
    for letter in string:
        state = steps[state][letters.index(letter)]
    return outputs[state]


def machine_units(states, letters, labels):
    """The price of a machine of so many states in units of 1/1024 bit, rounded up."""
    count = len(machines(states, letters))
    gamma = 2 * (len(f"{states:b}") - 1) + 1
    # The least u with 2**u >= (count * labels**states)**1024, and the bits of gamma.
    return 1024 * gamma + ((count * labels**states) ** 1024 - 1).bit_length()


def fold_behaviours(family, grammar, strings, most):
    """The cheapest units of every behaviour on some strings, by type, with folds of all functions.

    All functions are whole syntax trees, run letter by letter; programs of folds are made again
    and again from what is known, until nothing is cheaper.  family: a `Folds`; most: units.
    """
    known = {t: {} for t in grammar.types if not t.letters}
    for kind in family.kinds.values():
        first = grammar.family_units(kind.type) + math.ceil(1024 * kind.price)
        first += math.ceil(1024 * math.log2(len(kind.starts)))
        if kind.parts > 1:
            starts, made = [(0,) * kind.parts], _folds_of_parts(family, kind, most - first)
        else:
            trees = programs(family.grammar(kind), most - first)[kind.type]
            starts, made = [(s,) for s in kind.starts], ((u, [body], None) for u, body in trees)
        for units, bodies, answer in made:
            for start in starts:
                said = fold_values(family, kind, bodies, answer, start, strings)
                _cheaper(known[kind.type], said, units + first)
    heads = [(p.item, p.units) for p in grammar if not p.item.result.letters]
    for head, units in heads:
        if not head.arguments and units <= most:
            _cheaper(known[head.result], (int(head.value),) * len(strings), units)
    changed = True
    while changed:
        changed = False
        for head, units in heads:
            if head.arguments:
                parts = [list(known[t].items()) for t in head.arguments]
                for chosen in itertools.product(*parts):
                    total = units + sum(cost for _, cost in chosen)
                    if total <= most:
                        arrays = [np.array(said, t.dtype) for (said, _), t in
                                  zip(chosen, head.arguments, strict=True)]  # fmt: skip
                        said = tuple(np.asarray(head.function(*arrays)).astype(int).tolist())
                        changed |= _cheaper(known[head.result], said, total)
    return known


def _folds_of_parts(family, kind, most):
    """All functions of the parts of a state, with an answer: (units, bodies, answer)."""
    steps = programs(family.grammar(kind), most)[kind.type]
    answers = programs(family.answers(kind), most)[kind.type]
    tuples = [(0, [])]
    for _ in range(kind.parts):
        tuples = [
            (units + more, [*bodies, body])
            for units, bodies in tuples
            for more, body in steps
            if units + more <= most
        ]
    for units, bodies in tuples:
        yield from ((units + more, bodies, a) for more, a in answers if units + more <= most)


def fold_values(family, kind, bodies, answer, start, strings):
    """What a fold says of each string, letter by letter, a tuple."""
    letters, names = family.argument.letters, "stu"[: kind.parts]
    said, table = [], {}
    for string in strings:
        state = start
        for letter in string:
            if (state, letter) not in table:
                given = {n: [v] for n, v in zip(names, state, strict=True)}
                place = letters.index(letter)
                given |= {name: [bits[place]] for name, bits in family.letters.items()}
                table[state, letter] = tuple(int(value(body, given, 0)) for body in bodies)
            state = table[state, letter]
        given = {n: [v] for n, v in zip(names, state, strict=True)}
        said.append(state[0] if answer is None else int(value(answer, given, 0)))
    return tuple(said)


#: What is done with strings, one row at a time, by the name of the primitive.
STRINGS = {
    "reverse": lambda a: a[::-1],
    "join": lambda a, b: a + b,
    "take": lambda a, k: a[: max(0, k)],
    "drop": lambda a, k: a[max(0, k) :],
    "length": len,
    "same": lambda a, b: a == b,
    "where": lambda c, a, b: a if c else b,
    "zip": lambda a, b: "".join(
        str(2 * int(x) + int(y)) for x, y in itertools.zip_longest(a, b, fillvalue="0")
    ),
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "lt": lambda a, b: a < b,
    "not_": lambda a: not a,
}


def string_behaviours(family, grammar, columns, most):
    """The cheapest units of every behaviour of programs of strings, by type: tuples of values.

    All functions of letters are whole syntax trees, run letter by letter; programs are made again
    and again from what is known, until nothing is cheaper.  family: a `Scans`; most: units.
    """
    known = {t: {} for t in grammar.types}
    rows = len(next(iter(columns.values())))
    for item, units in ((p.item, p.units) for p in grammar if not p.item.arguments):
        said = tuple(columns[item.name]) if item.name in columns else (item.value,) * rows
        _cheaper(known[item.result], said, units)
    members = [m for form in family.forms for m in _letter_functions(family, grammar, form, most)]
    heads = [(p.item, p.units) for p in grammar if p.item.arguments]
    changed = True
    while changed:
        changed = False
        for units, form, bodies, start in members:
            for said, cost in list(known[form.argument].items()):
                if units + cost <= most:
                    made = tuple(scan_value(form, bodies, start, string) for string in said)
                    changed |= _cheaper(known[form.result], made, units + cost)
        for head, units in heads:
            function = STRINGS[head.name.removesuffix("_pairs").removesuffix("_out")]
            for chosen in itertools.product(*(list(known[t].items()) for t in head.arguments)):
                total = units + sum(cost for _, cost in chosen)
                if total <= most:
                    made = tuple(map(function, *(said for said, _ in chosen)))
                    changed |= _cheaper(known[head.result], made, total)
    return known


def _letter_functions(family, grammar, form, most):
    """All functions of letters of a form: (units, form, bodies, first state)."""
    first = grammar.family_units(form.result) + math.ceil(1024 * form.price - 1e-9)
    first += 1024 * (form.parts == 1)
    made = [(first, [])]
    wanted = [(family.grammar(form), Bool)] * form.parts
    wanted += [(family.grammar(form, says=True), family.said(form))] * form.writes
    for functions, type_ in wanted:
        bodies = programs(functions, most - first)[type_]
        made = [
            (u + more, [*b, body]) for u, b in made for more, body in bodies if u + more <= most
        ]
    starts = (False, True) if form.parts == 1 else (False,)
    return [(units, form, bodies, start) for units, bodies in made for start in starts]


def scan_value(form, bodies, start, string):
    """What a function of letters makes of a string."""
    letters, state, written = form.argument.letters, [start] * form.parts, []
    for letter in string:
        place = letters.index(letter)
        given = {name: [v] for name, v in zip("stu", state, strict=False)} | {"letter": [place]}
        given |= {"a": [place // 2 == 1], "b": [place % 2 == 1]}
        given |= {f"is_{x}": [x == letter] for x in letters}
        after = [bool(value(body, given, 0)) for body in bodies[: form.parts]]
        said = value(bodies[-1], given, 0) if form.writes else after[0]
        if form.name != "filter":
            written.append(form.result.letters[int(said)])
        elif said:
            written.append(letter)
        state = after
    return "".join(written)


def string_bits(string, letters):
    """The code of a string by itself: Elias delta of its length and one, and its letters."""
    return len(elias_delta(len(string) + 1)) + log2(Fraction(len(letters)) ** len(string))


def strings_table_bits(strings, letters):
    """The better table of strings, by direct formulas."""

    def counted(values, among):
        often = [values.count(a) for a in among]
        return log2(Fraction(math.comb(len(values) + len(among) - 1, len(among) - 1))) + log2(
            Fraction(math.factorial(len(values)), math.prod(map(math.factorial, often)))
        )

    lengths, every = [len(s) for s in strings], [letter for s in strings for letter in s]
    words = sorted(set(strings))
    by_letters = len(elias_delta(max(lengths) + 1)) + counted(lengths, range(max(lengths) + 1))
    by_letters += counted(every, letters)
    by_words = len(elias_delta(len(words))) + sum(string_bits(w, letters) for w in words)
    by_words += counted(strings, words)
    alone = sum(string_bits(s, letters) for s in strings)
    return 2 + min(alone, 1 + by_letters, 1 + by_words)


def _cheaper(known, said, units):
    """Keep the cheapest; whether it is cheaper than before."""
    if units < known.get(said, math.inf):
        known[said] = units
        return True
    return False


def least_operators(n, xor):
    """The least number of operators of every function of n inputs; negation is free.

    Level by level, from all pairs of functions: 0.2 s for n = 3.
    """
    full = 2 ** (2**n) - 1
    level = set()
    for i in range(n):
        values = sum(1 << row for row in range(2**n) if row >> i & 1)
        level |= {values, full ^ values}
    least, levels = dict.fromkeys(level, 0), [level]
    while len(least) <= full:
        made = set()
        for i in range(len(levels)):
            for f in levels[i]:
                for g in levels[len(levels) - 1 - i]:
                    made |= {f & g, f | g, f ^ g} if xor else {f & g, f | g}
        levels.append(made - least.keys())
        least |= dict.fromkeys(levels[-1], len(levels) - 1)
    return [least[f] for f in range(full + 1)]


def cards(prices, points, most):
    """Every scorecard of up to `most` lines: (lines, its bits without a threshold or a base).

    prices: the bits of each test, None if it cannot be used; points: those that a line can have.
    Lines are (test, points), each test at most once.
    """
    usable = [t for t, price in enumerate(prices) if price is not None]
    for count in range(min(most, len(usable)) + 1):
        choices = math.comb(count + len(points) - 1, count)
        own = 2 * math.floor(math.log2(count + 1)) + 1 + math.log2(choices)
        for tests in itertools.combinations(usable, count):
            bits = own + sum(prices[t] for t in tests)
            for given in itertools.product(points, repeat=count):
                yield tuple(zip(tests, given, strict=True)), bits


def card_score(lines, row):
    """The points of a row."""
    return sum(points for test, points in lines if row[test])


def test_prices(tests, columns):
    """The bits of each test of some rows; None of tests that all rows pass, or none."""
    opened = [t for t, column in enumerate(tests.T) if len(set(column.tolist())) == 2]
    found = [None] * tests.shape[1]
    for t in opened:
        same = [u for u in opened if columns[u] == columns[t]]
        found[t] = math.log2(len({columns[u] for u in opened})) + math.log2(len(same))
    return found


def card_chances(scores, rates, unit):
    """The probability of each label, given the points of each."""
    odds = [rate * math.exp(unit * score) for rate, score in zip(rates, scores, strict=True)]
    return [each / sum(odds) for each in odds]


def card_posterior(table, rates, unit, points, bases, most):
    """The posterior of all cards of up to `most` lines: a list of (cards, weight).

    With two labels one card is for the second; with more, each has one.  A card is (base, lines).
    """
    tests, columns, labels, k = table
    prices = test_prices(tests, columns)
    every = [(b, lines, bits) for lines, bits in cards(prices, points, most) for b in bases]
    found = []
    for chosen in itertools.product(every, repeat=1 if k == 2 else k):
        weight = 2.0 ** -sum(bits for *_, bits in chosen)
        for row, label in zip(tests, labels, strict=True):
            weight *= card_chances(said_by_cards(chosen, row, k), rates, unit)[label]
        found.append(([(b, lines) for b, lines, _ in chosen], weight))
    whole = math.fsum(w for _, w in found)
    return [(chosen, w / whole) for chosen, w in found]


def said_by_cards(chosen, row, k):
    """The points of each label on a row."""
    scores = [b + card_score(lines, row) for b, lines, *_ in chosen]
    return [0, *scores] if k == 2 else scores


def weighed(said, first, chosen):
    """(bits, bits of the mixture, weights) of experts alone and in averages by quarters."""
    own = len(said)
    parts = [p for p in itertools.product(range(5), repeat=own) if sum(p) == 4]
    alone = [[float(i == j) for j in range(own)] for i in range(own)]
    known = own / (own + 1)
    mixes = [(w, known / 2 / own) for w in alone]
    mixes += [([p / 4 for p in each], known / 2 / len(parts)) for each in parts]
    total, mean, bits = 2.0**-chosen / (own + 1), [0.0] * own, []
    last = total
    for weights, prior in mixes:
        lost = first
        for row in zip(*said, strict=True):
            lost -= math.log2(sum(w * p for w, p in zip(weights, row, strict=True)))
        bits.append(lost)
        total += prior * 2.0**-lost
        for i, w in enumerate(weights):
            mean[i] += w * prior * 2.0**-lost
    shares = [m / total for m in [*mean, last]]
    return [*bits[:own], chosen], -math.log2(total), shares
