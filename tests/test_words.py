"""Rules in words say nothing twice, and numbers are written out."""

import itertools

import numpy as np
import pytest

from synth.language.meaning import Source, Term, constant
from synth.language.notation.evaluation import values_of
from synth.language.notation.readable import readable
from synth.language.notation.simplify import negated, simplified
from synth.records.linear import _digits

X = Term("number", value=Source("x", "number", gaps=True))
A, B = (Term("truth", value=Source(name, "truth")) for name in "ab")
LOW, GAP = Term("<", (X, constant(8))), Term("missing", value=X.value)


def both(*parts):
    return Term("and", parts)


def either(*parts):
    return Term("or", parts)


@pytest.mark.parametrize(
    ("term", "words"),
    [
        (negated(either(GAP, LOW)), "x >= 8"),
        (both(negated(GAP), LOW), "x < 8"),
        (either(A, both(negated(A), B)), "a or b"),
        (both(A, either(negated(A), B)), "a and b"),
        (both(either(A, GAP), negated(GAP)), "a and x is not missing"),
        (negated(LOW), "x >= 8 or x is missing"),
    ],
)
def test_what_another_part_says_is_left_out(term, words):
    assert readable(term) == words
    rows = list(itertools.product([1.0, 8.0, np.nan], [False, True], [False, True]))
    x, a, b = map(np.array, zip(*rows, strict=True))
    leaves = {X: x, A: a, B: b}
    for known in (True, False):
        short = simplified(term, known)
        assert (values_of(short, leaves, 12) == values_of(term, leaves, 12)).all()


@pytest.mark.parametrize(
    ("value", "within", "text"),
    [(782.3, 5, "780"), (12345.6, 100, "12300"), (0.0123, 0.0001, "0.0123")],
)
def test_coefficients_are_written_out(value, within, text):
    assert _digits(value, within) == text
