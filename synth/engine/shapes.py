"""Shapes of programs for real labels: how labels are inverted, and what is made of what says them.

If y = h(b f + c g), then the inverse of h at y is a sum of f and g.  If y = f^b g^c e^(d x), then
log |y| is one of log |f|, log |g| and x.  A shape says what h is, which terms cost no search, and
how coefficients that numbers of the language may stand for make a program.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from synth.engine.inner import FACTORS, FORMS, Form
from synth.engine.pool import ROUNDING
from synth.engine.terms import Terms

#: How many choices of numbers a sum may have, and how many numbers a coefficient.
CHOICES, EACH = 6, 3
#: So many rows there are for a free term.
SHARE = 8
#: The numbers that are tried for a coefficient, the simplest first, and for an exponent.
NUMBERS = (1, -1, 2, -2, 1 / 2, -1 / 2, 3, -3, 1 / 3, -1 / 3, 4, -4, 1 / 4, -1 / 4, 3 / 2, -3 / 2,
           2 / 3, -2 / 3, 5, -5, 1 / 5, -1 / 5, 5 / 2, -5 / 2, 2 / 5, -2 / 5, 6, -6, 8,
           -8)  # fmt: skip
EXPONENTS = (1, -1, 2, -2, 1 / 2, -1 / 2, 3, -3, 3 / 2, -3 / 2, 4, -4, 5, -5, 6, -6)
#: A coefficient may stand for a number that is so many standard errors away.
ERRORS = 4.0


class Part(NamedTuple):
    """A term of a sum.

    Parameters
    ----------
    program : Program or None
        None for the constant.
    column : ndarray of float64, shape (n,)
    bits : float
        Those of the program.
    power : bool
        Whether its coefficient is the exponent of a factor.
    """

    program: Any
    column: Any
    bits: float = 0.0
    power: bool = False


@dataclass(frozen=True)
class Shape:
    """What is done to a sum of behaviours, and how labels are inverted.

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

    @property
    def is_product(self):
        return self.scale == "product"

    def settings(self, pool, inputs) -> Iterator[tuple[Any, list[Part]]]:
        """The columns of which sums are made, and the terms that cost no search.

        Columns are (places of the pool, values), and the constant is the first free term.
        """
        n = pool.sums[1].shape[1]
        one = Part(None, np.ones(n))
        plain, rooted = (
            [
                Part(pool.program(int(p)), v, float(pool.bits[p]), power)
                for p, v in zip(*which, strict=True)
                if p in inputs
            ]
            for which, power in ((pool.sums, False), (pool.logs, True))
        )
        columns = pool.logs if self.is_product else pool.sums
        yield columns, [one]
        if self.is_product and pool.terms.has(np.exp):
            if rooted:
                yield columns, [one, *rooted]
            yield columns, [one, *rooted, *plain]
        elif self.scale in ("shift", "product") and rooted:
            yield columns, [one, *rooted]
        elif self.needs == (np.divide,) and plain:
            yield columns, [one, *plain]
        elif not self.needs and plain:
            yield columns, [one, *plain]
            products = []  # and as products of two inputs
            for a, b in itertools.combinations_with_replacement(plain, 2):
                same = a is b
                made = (
                    pool.terms.power(a.program, 2)
                    if same
                    else pool.terms.call(np.multiply, a.program, b.program)
                )
                products += (
                    []
                    if made is None
                    else [Part(made, a.column * b.column, made.bits(pool.engine.grammar))]
                )
            if 1 + len(plain) + len(products) < n / SHARE:
                yield columns, [one, *plain, *products]


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


def factors_of(
    shape: Shape, fit: Any, parts: list[Part], pool: Any, exact: bool = False
) -> Iterator[Any]:
    """The numbers that the coefficients of a fit may stand for, (k,), the likeliest first.

    Parameters
    ----------
    shape : Shape
    fit : tuple of ndarray
        The coefficients and their standard errors, (k,); that of the constant is the first.
    parts : list of Part
        The terms of the sum.
    pool : Pool
        It knows the numbers of the language.
    exact : bool
        Whether numbers of many digits are sought.
    """
    (values, errors), powers = fit, [part.power for part in parts]
    source = pool, exact
    if not (np.isfinite(values).all() and np.isfinite(errors).all()):
        return
    if shape.scale in ("shift", "product"):  # the constant is a factor of the label
        for chosen in _choices(values[1:], errors[1:], powers[1:], source):
            yield np.array([0, *chosen])
    elif shape.scale == "number":
        yield from map(np.array, _choices(values, errors, powers, source))
    else:
        first = 0 if shape.needs else 1  # a constant is added to all that labels are
        for unit in np.flatnonzero(values[1:]) + 1:
            ratios = values / values[unit]
            spread = (errors + np.abs(ratios) * errors[unit]) / abs(values[unit])
            spread[unit] = 0
            for chosen in _choices(ratios[first:], spread[first:], powers[first:], source):
                yield np.array([*[0] * first, *chosen])


def _choices(values, errors, powers, source):
    """Ways to take coefficients for numbers, the simplest first.

    source: the pool, and whether numbers of many digits are sought.
    """
    lists, (pool, exact) = [], source
    for value, error, power in zip(values.tolist(), errors.tolist(), powers, strict=True):
        reach = ERRORS * error
        found = [0.0] if abs(value) <= max(reach, ROUNDING) else []
        numbers = EXPONENTS if power else NUMBERS
        found += [c for c in numbers if abs(value - c) <= reach + 1e-7 * abs(c)][:EACH]
        if not found and (exact or not power):
            for number, program in pool.joined.near(abs(value), error, exact):
                pool.terms.learn(number, program)
                found.append(np.copysign(number, value))
        if not found:
            return iter(())
        lists.append(found[:EACH])
    return itertools.islice(itertools.product(*lists), CHOICES)


def finished(terms: Terms, shape: Shape, factors: Any, parts: list[Part]) -> Any:
    """The whole program of a shape with these coefficients; None if the language lacks a part."""
    factors = factors.tolist()
    if not any(factors):
        return None
    outside, within = [], []
    for f, p in zip(factors, parts, strict=True):
        if p.power and (not f or f in EXPONENTS):
            outside += [(f, p.program)] if f else []
        elif p.power and not terms.has(np.log):
            return None
        else:  # u^c is exp(c log u)
            within.append((f, terms.call(np.log, p.program) if p.power else p.program))
    made, is_below = None, False
    if any(f for f, _ in within):
        if shape.scale in ("shift", "product") and max(f for f, _ in within) <= 0:
            if terms.has(np.divide):  # e^-u is one over e^u
                is_below, within = True, [(-f, p) for f, p in within]
            else:
                within[0] = (1, None)  # any number may be added, and 1 costs less than 0
        made = terms.sum(*zip(*within, strict=True))
        made = terms.call(np.exp, made) if shape.is_product else made and shape.finish(terms, made)
        if made is None:
            return None
    if not outside:
        return terms.call(np.divide, terms.number(1), made) if is_below else made
    product = terms.product(*zip(*outside, strict=True))
    if made is None:
        return product
    return terms.call(np.divide if is_below else np.multiply, product, made)
