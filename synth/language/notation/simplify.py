"""Terms as people write them: negations inside, no double negation, one `or` for several.

A comparison is false where a column has no value, and its negation is true there.  So `not (x < 3)`
is `x >= 3`, or `x >= 3 or x is missing` if the column has missing values.
"""

import operator
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache, partial

import numpy as np

from synth.language.meaning import (
    COMPARISONS,
    FALSE,
    MIRRORED,
    OPPOSITE,
    TRUE,
    Term,
    constant,
)
from synth.language.types import Real

#: Half of the last place of 28 bits.
NEAR = 2.0**-28
_OTHER = {"and": "or", "or": "and"}
#: Comparisons with a bound above, and with one below; whether they hold at the bound.
_SIDES = {"<": (1, 0), "<=": (1, 1), ">": (-1, 0), ">=": (-1, 1)}
#: Operations of whole constants that are carried out.
_FOLDED: dict[str, Callable[..., int]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "negative": operator.neg,
}


def _down(a: Term, b: Term) -> Term:
    return Term("//", (a, b), True)


def _negative(a: Term) -> Term:
    return Term("negative", (a,))


def _nearest_div(a: Term, b: Term) -> Term:
    twice = constant(2)
    return _down(Term("+", (Term("*", (twice, a)), b)), Term("*", (twice, b)))


#: How other languages, which round down only, write what is rounded up or to the nearest.
ROUNDED: dict[tuple[str, int], Callable[..., Term]] = {
    ("ceil_div", 2): lambda a, b: _negative(_down(_negative(a), b)),
    ("round_div", 2): _nearest_div,
    ("ceil", 1): lambda a: _negative(Term("floor", (_negative(a),))),
    ("round", 1): lambda a: Term("floor", (Term("+", (a, constant(0.5))),)),
}


def simplified(term: Term, known: bool = True) -> Term:
    """An equal term in which `not` stands before leaves alone, or before an `xor` of many.

    Parameters
    ----------
    term : Term
    known : bool
        Whether only those columns have missing values that have some in the table that was
        searched.  Otherwise any number may be missing, and `not` may stand before a comparison.
    """
    return _Form(known).of(term, False)


def negated(term: Term) -> Term:
    """The opposite of a condition."""
    return Term("not", (term,))


class _Form:
    """One pass over a term; every part is changed once for each sign."""

    def __init__(self, known: bool) -> None:
        self.known = known
        self.found: dict[tuple[int, bool], tuple[Term, Term]] = {}

    def of(self, term: Term, negative: bool) -> Term:
        """The form of a term, or of its opposite."""
        key = id(term), negative
        if key not in self.found:
            # The term is kept too, so that its number is not given to another one.
            self.found[key] = term, self._made(term, negative)
        return self.found[key][1]

    def _made(self, term: Term, negative: bool) -> Term:
        op, arguments = term.op, term.arguments
        if op == "not":
            return self.of(arguments[0], not negative)
        if op in _OTHER:
            parts = [self.of(a, negative) for a in arguments]
            return joined(_OTHER[op] if negative else op, parts)
        if op in ("xor", "same"):
            return self._parity(term, negative)
        if op == "where":
            return self._choice(term, negative)
        if (op, len(arguments)) in ROUNDED and not self.known:
            return self.of(ROUNDED[op, len(arguments)](*arguments), False)
        inner = tuple(self.of(a, False) for a in arguments)
        if op in COMPARISONS:
            return self._compared(replace(term, arguments=inner), negative)
        if term in (TRUE, FALSE):
            return constant((term == TRUE) != negative)
        if op in _FOLDED and all(_is_whole(a) for a in inner):
            return constant(_FOLDED[op](*(a.value for a in inner)))
        made = replace(term, arguments=inner)
        return negated(made) if negative else made

    def _compared(self, term: Term, negative: bool) -> Term:
        left, right = term.arguments
        if left.op == "constant" and right.op != "constant":
            term = Term(MIRRORED[term.op], (right, left), term.value)
        if left == right and term.op in ("<", ">"):
            return constant(negative)
        if term.value == "coarse" and not self.known:
            term = _exact(term)
        if not negative:
            return term
        gaps = [s for s in term.sources() if s.gaps]
        if not self.known:
            return negated(term)
        opposite = replace(term, op=OPPOSITE[term.op])
        return joined("or", [opposite, *(Term("missing", value=s) for s in gaps)])

    def _parity(self, term: Term, negative: bool) -> Term:
        """An `xor`: negations of its parts are counted, and equal parts vanish in pairs."""
        odd = (term.op == "same") != negative
        parts: list[Term] = []
        for argument in term.arguments:
            part = self.of(argument, False)
            if part.op == "not":
                odd, part = not odd, part.arguments[0]
            odd, part = (not odd, _xor(part.arguments)) if part.op == "same" else (odd, part)
            for each in part.arguments if part.op == "xor" else (part,):
                if each in (TRUE, FALSE):
                    odd = odd != (each == TRUE)
                elif each in parts:
                    parts.remove(each)
                else:
                    parts.append(each)
        if len(parts) < 2:
            return self.of(parts[0], odd) if parts else constant(odd)
        if odd:
            return Term("same", tuple(parts)) if len(parts) == 2 else negated(_xor(tuple(parts)))
        return _xor(tuple(parts))

    def _choice(self, term: Term, negative: bool) -> Term:
        condition, yes, no = term.arguments
        chosen = self.of(condition, False)
        one, two = self.of(yes, negative), self.of(no, negative)
        if chosen in (TRUE, FALSE):
            return one if chosen == TRUE else two
        if one == two:
            return one
        opposite = partial(self.of, condition, True)
        if one in (TRUE, FALSE):
            return joined("or", [chosen, two]) if one == TRUE else joined("and", [opposite(), two])
        if two in (TRUE, FALSE):
            return joined("or", [opposite(), one]) if two == TRUE else joined("and", [chosen, one])
        missing, other, rest = (chosen, two, one)
        if chosen.op == "not":
            missing, other, rest = chosen.arguments[0], one, two
        if missing.op == "missing" and other.op in COMPARISONS and missing.value in other.sources():
            # A comparison is false where the number is missing.
            return joined("or", [other, joined("and", [missing, rest])])
        if one.op == "where" and two.op != "where":
            return Term("where", (opposite(), two, one))  # a list of rules goes on at its end
        return Term("where", (chosen, one, two))


@lru_cache(4096)
def _exact(term: Term) -> Term:
    """A comparison of sums of real numbers that needs no rounding.

    Two sums are equal if they differ by less than 28 bits do, relative to the second.
    """
    left, right = term.arguments
    if right.op == "constant":
        return Term(term.op, (left, constant(_boundary(right.value))))
    difference = Term("-", (left, right))
    near = Term("*", (Term("abs", (right,)), constant(NEAR)))
    if term.op == "==":
        return Term("<=", (Term("abs", (difference,)), near))
    return Term("<", (difference, Term("negative", (near,))))


def _boundary(threshold: float) -> float:
    """The least number that is not below a threshold once both are rounded as labels are."""
    threshold = Real.coarse(np.array(threshold, float)).item()
    width = abs(threshold) * 2.0**-20
    below, above = threshold - width, threshold + width
    while True:
        middle = below + (above - below) / 2
        if not below < middle < above:
            return above if width else threshold
        if Real.coarse(np.array(middle)) < threshold:
            below = middle
        else:
            above = middle


def _is_whole(term: Term) -> bool:
    return term.op == "constant" and isinstance(term.value, int)


def _xor(parts: tuple[Term, ...]) -> Term:
    return Term("xor", parts)


def joined(op: str, parts: list[Term]) -> Term:
    """Conditions joined by `and` or by `or`, each once."""
    neutral, ending = (TRUE, FALSE) if op == "and" else (FALSE, TRUE)
    kept: list[Term] = []
    for part in parts:
        for each in part.arguments if part.op == op else (part,):
            if each == ending or negated(each) in kept or (
                each.op == "not" and each.arguments[0] in kept
            ):  # fmt: skip
                return ending
            if each != neutral and each not in kept:
                kept.append(each)
    kept = _strictest(op, _absorbed(op, kept))
    if len(kept) < 2:
        return kept[0] if kept else neutral
    return Term(op, tuple(kept))


def _strictest(op: str, parts: list[Term]) -> list[Term]:
    """The parts of an `and` (an `or`) without comparisons that another one implies (or implies)."""
    bounds = [(p, _bound(p)) for p in parts if p.op in _SIDES]
    said = {p for p, one in bounds for q, two in bounds if p != q and _implies(op, two, one)}
    return [part for part in parts if part not in said] if said else parts


#: What is bounded, with the side; the bound, the larger the weaker; whether it holds there.
_Bounded = tuple[tuple[Term, int, object], float, int] | None


def _bound(term: Term) -> _Bounded:
    """What a comparison says of what; None unless it is with a number."""
    left, right = term.arguments
    if right.op != "constant" or not isinstance(right.value, (int, float)):
        return None
    side, closed = _SIDES[term.op]
    return (left, side, term.value), side * right.value, closed


def _implies(op: str, one: _Bounded, two: _Bounded) -> bool:
    """Whether one bound implies another; of an `or`, whether the other one implies it."""
    if one is None or two is None or one[0] != two[0]:
        return False
    return one[1:] <= two[1:] if op == "and" else two[1:] <= one[1:]


def _absorbed(op: str, parts: list[Term]) -> list[Term]:
    """The parts of an `and` (an `or`) without what others say, about missing values for example.

    `x is not missing and (x >= 8 or x is missing)` is `x >= 8`, since a comparison is false where x
    is missing.
    """
    made: list[Term] = []
    for part in parts:
        left = part
        if part.op == _OTHER[op]:
            rest = [a for a in part.arguments if _opposite(a) not in parts]
            left = joined(_OTHER[op], rest) if len(rest) < len(part.arguments) else part
        made += list(left.arguments) if left.op == op else [left]
    if op == "and":
        compared = [s for p in made if p.op in COMPARISONS and p.op != "!=" for s in p.sources()]
        said = [Term("not", (Term("missing", value=source),)) for source in compared]
        made = [part for part in made if part not in said]
    return [part for k, part in enumerate(made) if part not in made[:k]]


def _opposite(term: Term) -> Term:
    return term.arguments[0] if term.op == "not" else negated(term)


def rules(term: Term) -> list[tuple[Term | None, Term]]:
    """A simplified term as a list of rules: (condition, answer), of which the first that fits.

    The last one has no condition.  A condition becomes a rule for each part of an `or`.  Choices
    between different answers by limits of one number become the steps of a stair.
    """
    if stair := _stair(term):
        return stair
    if term.op == "where":
        condition, yes, no = term.arguments
        first = [
            (condition if each is None else joined("and", [condition, each]), answer)
            for each, answer in rules(yes)
        ]
        found = [rule for rule in (*first, *rules(no)) if rule[0] != FALSE]
        return _merged(found)
    if not term.is_condition or term in (TRUE, FALSE):
        return [(None, term)]
    parts = term.arguments if term.op == "or" else (term,)
    return [*((part, TRUE) for part in parts), (None, FALSE)]


def _stair(term: Term) -> list[tuple[Term | None, Term]]:
    """A choice by limits of one number that has a value on all rows, in the order of the limits.

    Empty if it is another choice, or if several steps have one answer.
    """
    steps = _steps(term, -np.inf, np.inf)
    if steps is None or len(steps) < 3 or len({answer for _, answer in steps}) < len(steps):
        return []
    return [*steps[:-1], (None, steps[-1][1])]


def _steps(term: Term, low: float, high: float) -> list[tuple[Term | None, Term]] | None:
    """(what is below the upper limit, answer) of each step between two limits; None if no stair."""
    if term.op != "where":
        return [] if low >= high else [(None, term)]
    condition, yes, no = term.arguments
    if condition.op not in ("<", ">=") or any(s.gaps for s in condition.sources()):
        return None
    number, limit = condition.arguments
    if limit.op != "constant" or not isinstance(limit.value, (int, float)):
        return None
    one, two = (yes, no) if condition.op == "<" else (no, yes)
    below = _steps(one, low, min(high, limit.value))
    above = _steps(two, max(low, limit.value), high)
    if below is None or above is None:
        return None
    if below and above:
        below[-1] = replace(condition, op="<"), below[-1][1]
    made = below + above
    alike = {(c.arguments[0], c.value) for c, _ in made if c is not None}
    return made if alike <= {(number, condition.value)} else None


def parts_of(
    found: list[tuple[Term | None, Term]],
) -> list[tuple[Term | None, Term]]:
    """A list of rules in which each part of an `or` is a rule of its own."""
    return [
        (part, answer)
        for condition, answer in found
        for part in (condition.arguments if condition and condition.op == "or" else (condition,))
    ]


def _merged(found: list[tuple[Term | None, Term]]) -> list[tuple[Term | None, Term]]:
    """The rules without those before the last that answer as it does."""
    while len(found) > 1 and found[-2][1] == found[-1][1]:
        del found[-2]
    return found
