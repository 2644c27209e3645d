"""Programs for real labels beyond the enumeration: labels are inverted, and two behaviours fitted.

If y = h(b f + c g), then the inverse of h at y is a sum of f and g, and a sum is found by dot
products.  If y = f^b g^c, then log |y| is one of log |f| and log |g|.  So a few inverses h are
tried, each with all sums of two cheap behaviours up to some bits together, and in some of them
inputs count as terms that cost no search.  Rows are weighted by the slope of h, because the noise
is that of y.  Coefficients that numbers of the language may stand for, by their standard errors,
make a program.  It is a program like any other: it is run, and scored by its own bits.  So nothing
here is certified, and a language without an operation has no programs with it.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.engine.factors import product_programs
from synth.engine.inner import FACTORS, FORMS, Form, fitted_inside
from synth.engine.pool import ROUNDING, Pool
from synth.engine.terms import Terms
from synth.language import UNIT, Program

#: How many sums of a shape become programs, and how many choices of numbers each may have.
KEPT, CHOICES = 40, 6
#: Columns as alike as this are no pair; and the first columns of pairs that are made at a time.
ALIKE, BLOCK = 1e-7, 64
#: With fewer rows than this, a fit says too little; and so many rows there are for a free term.
FEWEST, SHARE = 8, 8
#: The numbers that are tried for a coefficient, the simplest first, and for an exponent.
NUMBERS = (1, -1, 2, -2, 1 / 2, -1 / 2, 3, -3, 1 / 3, -1 / 3, 4, -4, 1 / 4, -1 / 4, 3 / 2, -3 / 2,
           2 / 3, -2 / 3, 5, -5, 1 / 5, -1 / 5, 5 / 2, -5 / 2, 2 / 5, -2 / 5, 6, -6, 8,
           -8)  # fmt: skip
EXPONENTS = (1, -1, 2, -2, 1 / 2, -1 / 2, 3, -3, 3 / 2, -3 / 2)
#: A coefficient may stand for a number that is so many standard errors away.
ERRORS = 4.0


def propose(
    engine: Any, targets: list[Any], most: int, is_late: Callable[[], bool] = lambda: False
) -> None:
    """Score programs of these shapes for each labelling, if they may be shorter than the best.

    If time runs out, the first labelling is the one that has seen fewer shapes, so that its rank
    among permuted twins is not too good.

    Parameters
    ----------
    engine : Enumerator
        The enumeration, which has ended.
    targets : list
        The labellings, with `labels` on the training rows, which come first, and `add`.
    most : int
        How many pairs to try for each shape.
    is_late : callable
        Says whether to stop.
    """
    n = targets[0].n
    if n < FEWEST or most < 1 or all(_is_done(engine, target) for target in targets):
        return
    pool = Pool(engine, n)
    dearest = max(engine.grammar.units(head) for head in engine.grammar.inputs) / UNIT
    cheap = np.flatnonzero(pool.bits <= dearest)
    inputs = [int(p) for p in cheap if not pool.program(int(p)).arguments]
    tried: list[set[Any]] = [set() for _ in targets]
    for shape in SHAPES:
        if not shape.is_possible(pool.terms):
            continue
        for setting in shape.settings(pool, inputs):
            for target, seen in reversed(list(zip(targets, tried, strict=True))):
                if is_late():
                    return
                if not _is_done(engine, target):
                    _try(engine, target, _programs(pool, shape, setting, target, most), seen)


def _is_done(engine, target):
    """Whether no program of more bits than the cheapest can win."""
    cheapest = (engine.grammar.cheapest[engine.root] >> engine.grammar.shift) / UNIT
    return cheapest + target.estimate(0.0) >= target.least


def _try(engine, target, programs, seen):
    """Score what was not seen before and may win, the likeliest first."""
    likely = []
    for found, squares in programs:
        if found not in seen:
            seen.add(found)
            bits = _bits(engine, found)
            likely.append((bits + target.estimate(squares), bits, len(likely), found))
    for least, bits, _, found in sorted(likely):
        if least >= target.least:
            break
        if isinstance(found, tuple):
            target.add(engine, found, bits)
            continue
        values, defined = found.outputs(engine.columns)
        if defined.all() and np.ptp(values[: target.n]) > 0:
            target.add(engine, (found,), bits)


def _bits(engine, found):
    if isinstance(found, Program):
        return found.bits(engine.grammar)
    return sum(float(engine.row_bits(row, row + 1)[0]) for row in found)


@dataclass(frozen=True)
class Shape:
    """What is done to a sum of two behaviours, and how labels are inverted.

    Parameters
    ----------
    needs : tuple of callable
        The functions that a language needs.
    inverted : callable
        Takes labels (n,); returns what the sum is then, and the weights of the rows: one over the
        slope of the inverse.
    direct : callable
        Takes values of the sum; returns those of the whole, up to the sign.
    finish : callable
        Takes `Terms` and a program; returns the whole program.
    scale : str
        "any": the sum may be multiplied by a number, because the label may; "shift": a number may
        be added to it, and inputs may be factors; "number": neither; "product": the sum is one of
        logarithms, and a product is made.
    inside : tuple of Form
        What may be a part of the sum too, with a number inside that is fitted.
    """

    needs: tuple[Callable[..., Any], ...]
    inverted: Callable[[Any], tuple[Any, Any]]
    direct: Callable[[Any], Any]
    finish: Callable[[Terms, Any], Any]
    scale: str = "any"
    inside: tuple[Form, ...] = ()

    def is_possible(self, terms):
        return terms.has(*self.needs)

    def settings(self, pool, inputs) -> Iterator[tuple[Any, Any]]:
        """The columns of which sums are made, and the terms that cost no search.

        Columns are (places of the pool, values); a free term is (program, column), the constant
        None first.
        """
        one = (None, np.ones(pool.sums[1].shape[1]))
        (places, values), logs = pool.sums, pool.logs
        plain = {int(p): v for p, v in zip(places, values, strict=True) if p in inputs}
        rooted = {int(p): v for p, v in zip(*logs, strict=True) if p in inputs}
        columns, free = (logs, rooted) if self.scale == "product" else (pool.sums, plain)
        yield columns, [one]
        if self.scale == "shift":
            free = rooted
        elif self.scale != "product" and self.needs:
            free = {}
        if free:
            terms = [(pool.program(p), v) for p, v in free.items()]
            yield columns, [one, *terms]
            if not self.needs:  # and as products of two inputs
                for (a, v), (b, w) in list(itertools.combinations_with_replacement(terms, 2)):
                    made = pool.terms.power(a, 2) if a is b else pool.terms.call(np.multiply, a, b)
                    terms += [] if made is None else [(made, v * w)]
                if len(terms) < len(one[1]) / SHARE:
                    yield columns, [one, *terms]


def _absolute_log(y):
    return np.log(np.abs(y)), np.abs(y)


def _same(values):
    return values


SHAPES = (
    Shape((), lambda y: (y, np.ones(len(y))), _same, lambda terms, p: p, inside=FORMS),
    Shape((np.divide,), lambda y: (1 / y, y**2), lambda f: 1 / f,
          lambda terms, p: terms.call(np.divide, terms.number(1), p), inside=FORMS[:1]),
    Shape((np.sqrt,), lambda y: (y**2, 1 / np.abs(y)), np.sqrt,
          lambda terms, p: terms.call(np.sqrt, p)),
    Shape((np.sqrt, np.divide), lambda y: (y**-2, np.abs(y) ** 3), lambda f: 1 / np.sqrt(f),
          lambda terms, p: terms.call(np.divide, terms.number(1), terms.call(np.sqrt, p))),
    Shape((np.multiply,), lambda y: (np.sqrt(np.abs(y)), np.sqrt(np.abs(y))), np.square,
          lambda terms, p: terms.power(p, 2)),
    Shape((np.log,), lambda y: (np.exp(y), np.exp(-y)), np.log,
          lambda terms, p: terms.call(np.log, p)),
    Shape((np.arcsin,), lambda y: (np.sin(y), 1 / np.abs(np.cos(y))), np.arcsin,
          lambda terms, p: terms.call(np.arcsin, p), "number"),
    Shape((np.exp,), _absolute_log, np.exp, lambda terms, p: terms.call(np.exp, p), "shift"),
    Shape((np.multiply,), _absolute_log, np.exp, lambda terms, p: p, "product", FACTORS),
)  # fmt: skip


def _programs(pool, shape, setting, target, most) -> Iterator[Any]:
    """Programs of a shape, or pairs of rows of the bank for sums whose coefficients are fitted.

    Each comes with an estimate of the squares that it leaves; what cannot win is left out.

    setting: the columns and free terms.
    """
    (places, values), free = setting
    with np.errstate(all="ignore"):
        inverse, weights = shape.inverted(target.labels)
    if not (np.isfinite(inverse).all() and np.isfinite(weights).all()):
        return
    basis = np.stack([column for _, column in free]) * weights
    axes = np.linalg.qr(basis.T)[0]
    units, some = _orthogonal(values * weights, axes)
    goals, _ = _orthogonal((inverse * weights)[None], axes)
    if not len(units) or not len(goals):
        return
    (goal,) = goals
    found, places = values[some], places[some]
    for chosen in _best(units, goal, pool.bits[places], most):
        if not shape.needs and len(free) == 1:
            rows = tuple(int(pool.rows[places[k]]) for k in chosen)
            yield rows, _fit(np.stack([np.ones(len(weights)), *found[list(chosen)]]), inverse)[2]
            continue
        parts = [(pool.program(int(places[k])), found[k]) for k in chosen]
        yield from _combined(pool, shape, [*free, *parts], len(free), target)
    further: list[Any] = [] if shape.needs else [product_programs(pool, axes, goal)]
    if (len(free) > 1) == (shape.scale == "product"):
        further.append(fitted_inside(pool, shape.inside, (axes, weights, goal)))
    for program in itertools.chain(*further):
        values, defined = program.outputs(pool.engine.columns)
        column = values[: len(weights)].astype(float)
        if not (defined.all() and np.ptp(column) > ROUNDING * np.abs(column).max()):
            continue
        if not shape.needs and len(free) == 1:
            yield program, _fit(np.stack([np.ones(len(weights)), column]), inverse)[2]
            continue
        with np.errstate(divide="ignore"):
            column = np.log(np.abs(column)) if shape.scale == "product" else column
        if np.isfinite(column).all():
            yield from _combined(pool, shape, [*free, (program, column)], len(free), target)


def _combined(pool, shape, parts, free, target) -> Iterator[Any]:
    """Whole programs of a shape from parts, (program, column), the first `free` of them free."""
    columns = np.stack([column for _, column in parts])
    with np.errstate(all="ignore"):
        inverse, weights = shape.inverted(target.labels)
    *fit, _ = _fit(columns * weights, inverse * weights)
    for factors in _factors(shape, fit, free):
        with np.errstate(all="ignore"):
            left = _left(shape.direct(factors @ columns), target.labels)
        if target.estimate(left) < target.least:
            made = _finished(pool.terms, shape, factors, [program for program, _ in parts], free)
            if made is not None:
                yield made, left


def _orthogonal(values, axes):
    """Rows without what axes (n, k) say of them, of length 1; and which are more than rounding.

    Those that are only rounding are left out.
    """
    size = np.abs(values).max(axis=1)
    some = np.flatnonzero((size > 0) & np.isfinite(size))
    values = values[some] / size[some, None]
    for _ in range(2):  # once more, for what rounding leaves
        values -= (values @ axes) @ axes.T
    length = np.sqrt(np.einsum("ij,ij->i", values, values))
    apart = length > ROUNDING * np.sqrt(values.shape[1])
    return values[apart] / length[apart, None], some[apart]


def _best(units, goal, bits, most):
    """The singles and pairs of fewest estimated bits: tuples of indices, the best first.

    Bits are in order.  The estimate is n/2 log2 of the squares that are left, and the bits.
    """
    n, whole = len(goal), float(goal @ goal)
    dots = units @ (goal / np.sqrt(whole)) if whole else np.zeros(len(units))

    def estimate(explained):
        return n / 2 * np.log2(np.maximum(1 - explained, ROUNDING**2))

    scores = estimate(dots**2) + bits
    kept = [(float(scores[k]), (int(k),)) for k in np.argsort(scores, kind="stable")[:KEPT]]
    ends, bound = _staircase(bits, most), kept[-1][0] if len(kept) == KEPT else np.inf
    for first in range(0, len(bits), BLOCK):
        stop = int(ends[first])
        if stop <= first + 1:
            break
        one, other = dots[first : first + BLOCK, None], dots[first:stop]
        likeness = units[first : first + BLOCK] @ units[first:stop].T
        apart = 1 - likeness**2
        # Divided by `apart`, this is what a pair explains.
        explained = one**2 + other**2 - 2 * likeness * one * other
        # Most pairs leave too much for any bits of theirs.
        enough = 1 - 2.0 ** min(2 / n * (bound - 2 * float(bits[first])), 1.0)
        i, j = np.nonzero((explained > enough * apart) & (apart > ALIKE))
        i, j = (part[(j > i) & (first + j < ends[first + i])] for part in (i, j))
        scores = estimate(explained[i, j] / apart[i, j]) + bits[first + i] + bits[first + j]
        some = np.flatnonzero(scores < bound)
        some = some[np.argsort(scores[some], kind="stable")[: 2 * KEPT]]
        kept += [(float(scores[k]), (first + int(i[k]), first + int(j[k]))) for k in some]
        if len(kept) > 2 * KEPT:
            kept = sorted(kept)[: 2 * KEPT]
            bound = kept[-1][0]
    return [chosen for _, chosen in sorted(kept)[: 2 * KEPT]]


def _staircase(bits, most):
    """By the first of a pair, up to where the second goes, so that there are at most so many pairs.

    They are all pairs of at most some bits together.
    """
    low, high = 2 * float(bits[0]) - 1, 2 * float(bits[-1])
    for _ in range(40):
        middle = (low + high) / 2
        later = np.searchsorted(bits, middle - bits, side="right") - np.arange(len(bits)) - 1
        if np.maximum(later, 0).sum() <= most:
            low = middle
        else:
            high = middle
    return np.searchsorted(bits, low - bits, side="right")


def _fit(columns, goal):
    """Coefficients by least squares and their standard errors, (k,), and the squares left."""
    size = np.abs(columns).max(axis=1, keepdims=True)
    parts = columns / np.where(size > 0, size, 1)
    inverse = np.linalg.pinv(parts.T)
    found = inverse @ goal
    left = goal - found @ parts
    found += inverse @ left
    left = goal - found @ parts
    deviation = np.sqrt(left @ left / max(len(goal) - len(found), 1))
    errors = deviation * np.sqrt(np.square(inverse).sum(axis=1))
    return found / size[:, 0], errors / size[:, 0], float(left @ left)


def _left(values, labels):
    """The squares that a fit by a constant and a multiple leaves, where labels have the signs."""
    values = np.where(labels < 0, -1, 1) * np.abs(values) if np.min(labels) < 0 else values
    centred, about = values - values.mean(), labels - labels.mean()
    size = np.abs(centred).max()
    if not 0 < size < np.inf:
        return np.inf
    centred /= size
    rest = about - centred * ((centred @ about) / (centred @ centred))
    return float(rest @ rest)


def _factors(shape, fit, free) -> Iterator[Any]:
    """The numbers that the coefficients of a fit may stand for, (k,), the likeliest first."""
    values, errors = fit
    if not (np.isfinite(values).all() and np.isfinite(errors).all()):
        return
    if shape.scale in ("shift", "product"):  # the constant is a factor of the label
        for chosen in _choices(values[1:], errors[1:], shape.scale, free - 1):
            yield np.array([0, *chosen])
    elif shape.scale == "number":
        yield from map(np.array, _choices(values, errors, "any", 0))
    else:
        for unit in np.flatnonzero(values[free:]) + free:
            ratios = values / values[unit]
            spread = (errors + np.abs(ratios) * errors[unit]) / abs(values[unit])
            spread[unit] = 0
            yield from map(np.array, _choices(ratios, spread, "any", 0))


def _choices(values, errors, scale, powers):
    """Ways to take coefficients for numbers, the simplest first; powers: how many are exponents."""
    lists = []
    for k, (value, error) in enumerate(zip(values, errors, strict=True)):
        numbers = EXPONENTS if scale == "product" or k < powers else NUMBERS
        reach = ERRORS * error
        zero = [0] if abs(value) <= max(reach, ROUNDING) else []
        lists.append((zero + [c for c in numbers if abs(value - c) <= reach + 1e-7 * abs(c)])[:3])
    return itertools.islice(itertools.product(*lists), CHOICES)


def _finished(terms, shape, factors, programs, free):
    """The whole program of a shape with these coefficients; None if the language lacks a part."""
    factors = factors.tolist()
    if not any(factors):
        return None
    if shape.scale == "product":
        return terms.product(factors[1:], programs[1:])
    powers = free if shape.scale == "shift" else 0
    within, parts = factors[powers:], programs[powers:]
    if powers and max(within) <= 0:  # any number may be added, and 1 costs less than 0
        within, parts = [1, *within], [None, *parts]
    made = terms.sum(within, parts)
    made = None if made is None else shape.finish(terms, made)
    outside = [(f, p) for f, p in zip(factors[:powers], programs, strict=False) if f]
    if made is None or not outside:
        return made
    return terms.call(np.multiply, terms.product(*zip(*outside, strict=True)), made)
