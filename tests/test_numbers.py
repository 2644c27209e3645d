"""Numbers as text: a bound that is printed never says more than the bound."""

import ast
import math
import re
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.report import numbers
from synth.report.text import search_rows, search_text

REPORT = Path(synth.__file__).parent / "report"
FIGURES = st.floats(-1e7, 1e7, allow_nan=False)


def number(text):
    """The exact value of a text, such as "1,234.5", "2^-7" or "0.013"."""
    if "^" in text:
        return Fraction(2) ** int(text.partition("^")[2])
    return Fraction(text.replace(",", ""))


@settings(max_examples=500)
@given(FIGURES | st.integers(0, 2**24).map(lambda units: units / 1024))
def test_lower_bounds_are_rounded_down(value):
    shown = number(numbers.least_bits(value))
    assert shown <= Fraction(value) < shown + (1 if abs(value) >= 9999.5 else Fraction(1, 10))
    assert number(numbers.saved(value, False).removeprefix(">= ")) == shown
    # What is measured is rounded to the nearest, and never to below a lower bound of it.
    assert shown <= number(numbers.bits(value)) == number(numbers.saved(value, True))


@settings(max_examples=500)
@given(st.floats(-1e6, 0))
def test_upper_bounds_of_chances_are_rounded_up(log2):
    shown = number(numbers.chance(log2))
    assert shown <= 1
    assert math.log2(shown.numerator) - math.log2(shown.denominator) >= log2 - 1e-12
    assert float(shown) <= 2.0**log2 * (2 if log2 < -13 else 1.1)


@given(st.floats(0, 1))
def test_only_1_is_shown_as_1(value):
    for text in (numbers.accuracy(value), numbers.share(value)):
        assert (number(text) == 1) == (value == 1)
    assert (numbers.percent(value) == "100.0%") == (value == 1)
    assert abs(float(number(numbers.accuracy(value))) - value) <= 0.001
    assert (number(numbers.share(value)) == 0) == (value == 0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (numbers.least_bits(18.79), "18.7"),
        (numbers.least_bits(-3.62), "-3.7"),
        (numbers.least_bits(18.7), "18.6"),  # as a float, it is less than 18.7
        (numbers.least_bits(12345.9), "12,345"),
        (numbers.chance(0.0), "1"),
        (numbers.chance(math.log2(0.0151)), "0.016"),
        (numbers.chance(-274.7), "2^-274"),
        (numbers.accuracy(0.9999), "0.999"),
        (numbers.accuracy(None), "-"),
        (numbers.share(0.9999), "0.999"),
        (numbers.share(2.0**-40), "2^-40"),
        (numbers.saved(None, False), "-"),
        (numbers.saved(280.84, True), "280.8"),
        (numbers.saved(280.89, False), ">= 280.8"),
    ],
)
def test_examples(text, expected):
    assert text == expected


def saved_text(result):
    return dict(search_rows(result))["bits saved"]


def test_a_twin_that_the_table_won_early_saves_at_least():
    """Its search ends with that of the true labels, or when no program can beat the table."""
    contrast = synth.contrast("parity:n=5,k=2", moves=0, threads=1)
    twin = contrast.random
    assert twin.chosen == "table"
    assert twin.certified_bits is not None
    assert saved_text(twin) == f"at least {numbers.least_bits(twin.saved_bits)}"
    assert saved_text(contrast.structured) == numbers.bits(contrast.structured.saved_bits)


def test_a_longer_search_saves_more_than_the_bound():
    short, long = (
        synth.search("parity:n=6,k=3", max_bits=bits, moves=0, threads=1) for bits in (8, 18)
    )
    assert saved_text(short) == f"at least {numbers.least_bits(short.saved_bits)}"
    assert long.saved_bits > short.saved_bits
    assert saved_text(long) == numbers.bits(long.saved_bits)
    # The shortest program without exceptions need not be the one that saves most.
    exact = synth.search("parity:n=4,k=3,train=12", exact=True, moves=0, threads=1)
    assert saved_text(exact).startswith("at least ")


def test_a_bound_that_is_reached_does_not_seem_to_fall_short():
    """Not "none of fewer than 18.7 bits" beside a program of "18.8 bits"."""
    result = synth.search("parity:n=4,k=3,train=12", exact=True, moves=0, threads=1)
    rows = dict(search_rows(result))
    assert result.exact_bound == result.program.bits
    assert rows["program bits"] == numbers.bits(result.program.bits)
    assert rows["without exceptions"] == "none of fewer bits than the best program"


def test_shares_say_what_they_are_shares_of():
    result = synth.search("parity:n=4,k=2", moves=0, threads=1)
    text = re.sub(r"\s+", " ", search_text(result, 80))
    assert "share of 2^-total of all that was scored or found" in text
    assert max(map(len, search_text(result, 80).splitlines())) <= 80


#: The names of bounds, and what may turn them into text.
BOUNDS = re.compile(r"certified_bits|exact_bound|chance_bound|saved_bits")
SHOWING = {"str", "bits", "format", "repr", "_number", "_cell", "round"}
ROUNDED = {"least_bits", "chance", "chance_text", "saved", "saves_most", "max", "_mean"}


def formatted(tree):
    """Every expression that an f-string or a call shows, with its format."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue):
            yield node.value, ast.unparse(node.format_spec) if node.format_spec else ""
        elif isinstance(node, ast.Call) and getattr(node.func, "id", None) in SHOWING:
            yield from ((argument, node.func.id) for argument in node.args)


def bare_bounds(source):
    """The bounds that are shown without rounding in their direction."""
    for value, how in formatted(ast.parse(source)):
        calls = [
            n.func.id for n in ast.walk(value) if isinstance(n, ast.Call) and hasattr(n.func, "id")
        ]
        if BOUNDS.search(ast.unparse(value)) and not ROUNDED & set(calls):
            yield ast.unparse(value), how


@pytest.mark.parametrize("path", sorted(REPORT.rglob("*.py")), ids=lambda p: p.stem)
def test_no_report_shows_a_bound_unrounded(path):
    assert list(bare_bounds(path.read_text())) == []


def test_this_search_finds_what_it_seeks():
    assert list(bare_bounds('f"{result.certified_bits:.1f} bits"'))
    assert list(bare_bounds("bits(result.saved_bits)"))
    assert not list(bare_bounds('f"{least_bits(result.certified_bits)} bits"'))
