"""What is true of a sequence, from `docs/codes.md`: its table, its first terms, and what follows.

Numbers are whole numbers of Python.  The operations of the built-in DSL are written here once more;
those of a user's own are called on arrays of such numbers, whatever their names are.
"""

import operator
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from itertools import pairwise
from math import floor, log2
from typing import Any

import numpy as np

from synth.errors import ParseError
from synth.language import UNDEFINED, Constant, Input, Program, load_dsl
from synth.verification.claims import Claims

#: The kinds of tables: what is written, by how often differences are taken.
KINDS = ("terms", "differences", "second differences")
#: A number of more bits than this ends a sequence.
MOST_BITS = 4096

#: The operations of the built-in DSL, by their names there.
_OPERATIONS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": lambda a, b: floor(Fraction(a, b)),
    "mod": lambda a, b: a - b * floor(Fraction(a, b)),
    "lt": operator.lt,
    "le": operator.le,
    "eq": operator.eq,
    "where": lambda condition, yes, no: yes if condition else no,
}


def tables(terms: Sequence[int]) -> dict[str, float]:
    """The bits of the terms by each kind of table, with those that name the kind."""
    found: dict[str, float] = {}
    written, kinds = list(terms), KINDS[: len(terms)]
    for done, kind in enumerate(kinds):
        if done:
            steps = [b - a for a, b in pairwise(written[done - 1 :])]
            written = written[:done] + steps
        found[kind] = log2(len(kinds)) + sum(map(_delta, written))
    return found


def first_bits(terms: Sequence[int]) -> float:
    """The bits of the first terms, which are given; 0 for none."""
    return min(tables(terms).values(), default=0.0)


def _delta(value: int) -> int:
    """The length of the Elias delta code of the place of a whole number in 0, -1, 1, -2, ..."""
    place = 2 * abs(value) + (value >= 0)
    digits = len(f"{place:b}")
    return (digits - 1) + 2 * (len(f"{digits:b}") - 1) + 1


def said_to_follow(program: Program, terms: Sequence[int], lags: int, count: int) -> list[int]:
    """The terms that a program says to follow, up to the first that it cannot say."""
    every = list(terms)
    while len(every) < len(terms) + count:
        given = {"n": len(every) + 1, **{f"a{lag}": every[-lag] for lag in range(1, lags + 1)}}
        try:
            every.append(_value(program, given))
        except (ArithmeticError, ValueError, TypeError, LookupError, AttributeError):
            break
    return every[len(terms) :]


def _value(program: Program, given: dict[str, int]) -> Any:
    head = program.head
    if isinstance(head, Input):
        return given[head.name]
    if isinstance(head, Constant):
        return head.value
    parts = [_value(part, given) for part in program.arguments]
    known = _built_in().get(head.function)
    value = _called(head.function, parts) if known is None else known(*parts)
    if value.bit_length() > MOST_BITS:
        raise OverflowError(f"more than {MOST_BITS} bits")
    return value


@cache
def _built_in() -> dict[Any, Callable[..., Any]]:
    """The operations by the functions of the built-in DSL."""
    return {p.function: _OPERATIONS[p.name] for p in load_dsl("sequence:lags=0").primitives}


def _called(function: Callable[..., Any], parts: list[int]) -> int:
    """The answer of a function to whole numbers of any size.

    Raises
    ------
    ValueError
        If it is no whole number.
    """
    answer = np.asarray(function(*(np.array([part], object) for part in parts)), object).item()
    value = answer.item() if isinstance(answer, np.generic) else answer
    if not isinstance(value, int) or value == UNDEFINED:
        raise ValueError(f"{value!r} is no whole number")
    return value


def check_continuation(claims: Claims, document: dict[str, Any], truth: Any) -> None:
    """The terms that follow, each made of those before it, and how many are known to be right."""
    said, sequence = document.get("continuation"), truth.sequence
    if sequence is None:
        claims.equal("continuation", said, None)
        return
    terms, further = truth.terms, truth.further
    program, found = document["program"], []
    if program is not None:
        try:
            law = truth.read(program["written"] or program["text"])
        except ParseError as error:
            claims.check("continuation", False, said, f"no program: {error}"[:120])
            return
        found = said_to_follow(law, terms, sequence.lags, max(10, len(further)))
    right = 0
    while right < min(len(found), len(further)) and found[right] == further[right]:
        right += 1
    made = {"lags": sequence.lags, "terms": found, "known": len(further), "right": right}
    for key, value in made.items():
        claims.equal(f"continuation.{key}", said and said[key], value)
