"""Columns that are some operations longer than the enumeration: h(f + g), h(f g), f + g, f g.

They are made in blocks, of the cheapest f and g and all functions h of one argument, and none is
kept.  Factors may be 1 + e^(f g) too, and the like.  Each is compared with what some sums leave of
the labels, by dot products.  So a sum gets a part that is too long to be enumerated, and many
labellings share the columns.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from synth.engine.factors import product_programs
from synth.engine.pool import ROUNDING
from synth.language import UNIT

#: How many columns of a sum are kept, and how many pairs of operands are joined at a time.
KEPT, BLOCK = 6, 1024
#: Of all pairs that may be tried, one in so many is joined and wrapped in functions, and one in so
#: many is a factor as f + g or f - g.
WRAPPED, ADDED = 100, 8
#: So many numbers, and other behaviours, are operands.
NUMBERS, OPERANDS = 12, 20000


class Wanted(NamedTuple):
    """A sum that is to get one part more.

    Parameters
    ----------
    target : Target
        Whose labels they are.
    setting : object
        What is free, and whether logarithms are summed: `setting.shape.is_product`.
    finish : callable
        Takes a program; yields whole programs with an estimate of what they leave.
    fit : tuple of ndarray of float64, shapes (n,), (n, k) and (n,)
        The weights of the rows, orthogonal axes of the sum, and what it leaves of the weighted
        labels.
    bits : float
        Those of the parts of the sum.
    """

    target: Any
    setting: Any
    finish: Callable[..., Iterator[Any]]
    fit: Any
    bits: float

    def is_over(self, least: float) -> bool:
        """Whether the sum cannot win with a part of so many bits or more."""
        return bool(self.bits + least + self.target.estimate(0.0) >= self.target.least)


def extensions(pool: Any, wanted: list[Wanted], most: int) -> Iterator[Any]:
    """The best columns for each sum: (wanted, program), the best of each first.

    Parameters
    ----------
    pool : Pool
    wanted : list of Wanted
    most : int
        How many pairs are tried for a shape.
    """
    groups: dict[Any, list[Any]] = {}
    for each in wanted:
        weights, axes, _ = each.fit
        groups.setdefault((id(axes), id(weights)), []).append(each)
    kept = [_Best(group) for group in groups.values()]
    pool.look()
    operands = _Operands(pool)
    factors = any(best.is_product for best in kept)
    open_, least = kept, 0.0
    counts = most // WRAPPED, most // ADDED if factors else 0
    for recipe, columns, bits in operands.blocks(*counts):
        pool.look()
        if operands.least > least:
            least = operands.least
            open_ = [best for best in open_ if not all(e.is_over(least) for e in best.wanted)]
        if not open_:
            break
        logs = None
        for best in open_:
            if recipe[0].is_factor and not best.is_product:
                continue
            if best.is_product and logs is None:
                with np.errstate(all="ignore"):
                    logs = np.log(np.abs(columns))
            best.see(recipe, logs if best.is_product else columns, bits)
    for best in kept:
        for each, found in zip(best.wanted, best.found, strict=True):
            for _, _, recipe, place in found:
                program = operands.program(recipe, place)
                if program is not None:
                    yield each, program


def with_products(pool: Any, wanted: list[Wanted]) -> Iterator[Any]:
    """The best products and quotients of two behaviours for each sum: (wanted, program).

    Parameters
    ----------
    pool : Pool
    wanted : list of Wanted
    """
    for each in wanted if len(pool.bits) else ():
        if not each.setting.shape.is_product and not each.is_over(2 * float(pool.bits[0])):
            for program in product_programs(pool, *each.fit):
                yield each, program


class _Outer(NamedTuple):
    """What is done to two behaviours that are joined.

    Parameters
    ----------
    apply : callable
        Takes the values of both joined.
    make : callable
        Takes `Terms` and their program; returns the whole program, or None.
    cost : float
        In bits.
    is_factor : bool
        Whether it is a factor only.
    times : int
        How often the program of both is a part of the whole one.
    """

    apply: Callable[[Any], Any]
    make: Callable[..., Any]
    cost: float
    is_factor: bool = False
    times: int = 1


def _itself(values):
    return values


def _outers(terms, cost, one):
    """The functions of one argument, one over what is joined, and that itself; and some factors.

    cost: that of each function, in bits; one: that of the number 1.
    """
    bare = _Outer(_itself, lambda terms, p: p, 0.0)
    called = [
        _Outer(f, lambda terms, p, f=f: terms.call(f, p), cost[f])
        for f, head in terms.heads.items()
        if len(head.arguments) == 1
    ]
    if terms.number(1) is None or np.divide not in cost:
        return bare, called, None, []

    def below(terms, program):
        return terms.call(np.divide, terms.number(1), program)

    inverse = _Outer(np.reciprocal, below, cost[np.divide] + one)
    powers = [each for each in called if each.apply is np.exp]
    powers += [
        _Outer(lambda v: np.exp(-v), lambda terms, p, e=e: below(terms, e.make(terms, p)),
               e.cost + inverse.cost)
        for e in powers
    ]  # fmt: skip
    powers += [each for each in called if each.apply in (np.square, np.sqrt)]
    if np.square in cost and np.multiply in cost:
        squares = {3: (1, 1), 4: (2, 0), 6: (2, 1)}
        powers += [
            _Outer(lambda v, k=k: v**k, lambda terms, p, k=k: terms.power(p, k),
                   twice * cost[np.square] + more * cost[np.multiply], times=1 + more)
            for k, (twice, more) in squares.items()
        ]  # fmt: skip
    factors = [
        _Outer(lambda v, f=f, e=e: f(1, e.apply(v)),
               lambda terms, p, f=f, e=e: terms.call(f, terms.number(1), e.make(terms, p)),
               e.cost + cost[f] + one, is_factor=True, times=e.times)
        for f in (np.add, np.subtract) if f in cost
        for e in powers
    ]  # fmt: skip
    return bare, called, inverse, factors


class _Best:
    """The best columns for sums with the same axes and weights."""

    def __init__(self, wanted):
        self.wanted = wanted
        first = wanted[0]
        self.weights, self.axes, _ = first.fit
        self.is_product = first.setting.shape.is_product
        lefts = [left for *_, left in (each.fit for each in wanted)]
        self.lefts = np.stack([left / np.sqrt(left @ left) for left in lefts])
        self.found = [[] for _ in wanted]
        self.count = 0

    def see(self, recipe, columns, bits):
        """Compare a block of columns (b, n) with what each sum leaves."""
        n = columns.shape[1]
        with np.errstate(all="ignore"):
            parts = columns * self.weights
            square = np.einsum("ij,ij->i", parts, parts)
            along = parts @ self.axes
            apart = square - np.einsum("ij,ij->i", along, along)
            legal = (square > 0) & (square < np.inf) & (apart > ROUNDING * square)
            shares = np.square(parts @ self.lefts.T) / np.where(legal, apart, 1)[:, None]
        shares[~legal] = 0
        scores = n / 2 * np.log2(np.maximum(1 - shares, ROUNDING**2)) + bits[:, None]
        for k, found in enumerate(self.found):
            bound = found[-1][0] if len(found) == KEPT else 0.0
            some = np.flatnonzero(scores[:, k] < bound)
            for place in some[np.argsort(scores[some, k], kind="stable")[:KEPT]]:
                self.count += 1
                found.append((float(scores[place, k]), self.count, recipe, int(place)))
            if len(some):
                found.sort(key=lambda entry: entry[:2])
                del found[KEPT:]


class _Operands:
    """The cheapest behaviours and numbers, in order of bits.

    `least` is what two operands have together, at least, from the present block on.
    """

    def __init__(self, pool):
        self.pool, self.terms = pool, pool.terms
        engine, n = pool.engine, pool.sums[1].shape[1]
        places = np.arange(min(len(pool.rows), OPERANDS))
        values = engine.bank.values_at(pool.rows[places])[:, :n].astype(float)
        numbers = [
            (float(engine.row_bits(row, row + 1)[0]), v) for v, row in self.terms.numbers.items()
        ]
        numbers = sorted(numbers)[:NUMBERS]
        bits = np.concatenate([pool.bits[places], [b for b, _ in numbers]])
        order = np.argsort(bits, kind="stable")
        constant = np.repeat(np.array([v for _, v in numbers])[:, None], n, axis=1)
        self.bits = bits[order]
        self.least = 0.0
        self.values = np.concatenate([values, constant.reshape(-1, n)])[order]
        self._made = [(pool.program, int(p)) for p in places]
        self._made = [(self._made + [(self.terms.number, v) for _, v in numbers])[k] for k in order]

    def blocks(self, wrapped, added):
        """(recipe, columns, bits) of what is made of so many pairs, with functions and as sums."""
        heads, grammar = self.terms.heads, self.pool.engine.grammar
        cost = {f: grammar.units(h) / UNIT for f, h in heads.items()}
        two = [f for f in (np.add, np.subtract, np.multiply, np.divide) if f in heads]
        one = self.terms.number(1)
        one = 0.0 if one is None else one.bits(grammar)
        bare, called, inverse, factors = _outers(self.terms, cost, one)
        outers = [*called, *factors] if added else called
        firsts, seconds = self._pairs(max(wrapped, added))
        # The cheapest come first.
        order = np.argsort(self.bits[firsts] + self.bits[seconds], kind="stable")
        firsts, seconds = firsts[order], seconds[order]
        for begin in range(0, len(firsts), BLOCK):
            is_wrapped = begin < wrapped
            i, j = firsts[begin : begin + BLOCK], seconds[begin : begin + BLOCK]
            self.least = float(self.bits[i[0]] + self.bits[j[0]])
            for function, turned in [(f, t) for f in two for t in (False, True)]:
                is_sum = function in (np.add, np.subtract)
                if (turned and function in (np.add, np.multiply)) or not (is_wrapped or is_sum):
                    continue
                a, b = (j, i) if turned else (i, j)
                with np.errstate(all="ignore"):
                    inner = function(self.values[a], self.values[b])
                bits = self.bits[a] + self.bits[b] + cost[function]
                if added and is_sum and not turned:
                    yield (bare, function, a, b), inner, bits
                some = list(outers) if is_wrapped else []
                if inverse and is_wrapped and is_sum and not turned:
                    some.append(inverse)
                for outer in some:
                    with np.errstate(all="ignore"):
                        columns = outer.apply(inner)
                    yield (outer, function, a, b), columns, outer.times * bits + outer.cost

    def _pairs(self, most):
        """The cheapest pairs, at most so many: their first and second operands."""
        if not len(self.bits):
            return np.empty((2, 0), np.int64)
        low, high = 2 * float(self.bits[0]) - 1, 2 * float(self.bits[-1])
        places = np.arange(len(self.bits))
        for _ in range(40):
            middle = (low + high) / 2
            ends = np.searchsorted(self.bits, middle - self.bits, side="right")
            if np.maximum(ends - places, 0).sum() <= most:
                low = middle
            else:
                high = middle
        ends = np.searchsorted(self.bits, low - self.bits, side="right")
        counts = np.maximum(ends - places, 0)
        firsts = np.repeat(places, counts)
        starts = np.repeat(np.cumsum(counts) - counts, counts)
        return firsts, firsts + np.arange(counts.sum()) - starts

    def program(self, recipe, place):
        """The program of a column."""
        outer, function, a, b = recipe
        parts = [make(value) for make, value in (self._made[int(k[place])] for k in (a, b))]
        made = self.terms.call(function, *parts)
        return None if made is None else outer.make(self.terms, made)
