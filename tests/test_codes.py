"""Code lengths against exact integers, and the inequalities that they satisfy."""

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth import codes
from tests import naive


@given(st.integers(1, 400), st.data(), st.integers(2, 97), st.booleans(), st.floats(0, 99))
def test_program_totals(n, data, k, outside, bits):
    e = data.draw(st.integers(0, n))
    expected = naive.program_total(bits, n, e, k, outside)
    assert codes.program_total(bits, n, e, k, outside) == pytest.approx(expected, rel=1e-10)
    assert bits + codes.program_totals(n, k, outside)[e] == pytest.approx(expected, rel=1e-10)


@given(st.lists(st.integers(0, 60), min_size=2, max_size=12).filter(any))
def test_tables_and_bounds(counts):
    bits, kind = codes.table_bits(counts)
    assert bits == pytest.approx(naive.table_bits(counts), rel=1e-10)
    assert kind in ("uniform", "frequency")
    expected = min(0, bits - naive.log2(naive.orders(counts)))
    assert codes.log2_chance_bound(counts, bits) == pytest.approx(expected, abs=1e-8)
    n, k = sum(counts), len(counts)
    uniform = min(0, bits - naive.log2(k**n))
    assert codes.log2_chance_bound_uniform(n, k, bits) == pytest.approx(uniform, abs=1e-8)


def test_large_n_keeps_its_digits():
    n, e, k = 200_000, 77_777, 97
    exact = naive.program_total(20, n, e, k, False)
    assert codes.program_total(20, n, e, k, False) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("k", [2, 3])
def test_the_data_codes_are_prefix_codes(k):
    """Over all labellings of n rows, the sum of 2**-bits, flags included, is at most 1.

    One program of 0 bits that says 0 everywhere, and both tables.
    """
    n, total = 5, 0.0
    for labels in itertools.product(range(k), repeat=n):
        counts = [Counter(labels)[v] for v in range(k)]
        total += 2 ** -codes.program_total(0, n, n - counts[0], k, False)
        total += 2 ** -codes.uniform_table_bits(n, k) + 2 ** -codes.frequency_table_bits(counts)
    assert total == pytest.approx(1.0)


@settings(max_examples=30)
@given(st.integers(1, 300))
def test_equal_totals_are_equal_to_the_bit(n):
    totals = codes.program_totals(n, 2, False)
    assert np.array_equal(totals, totals[::-1])


def test_factorials():
    for n in (0, 1, 2, 30, 170):
        assert codes.log2_factorial(n) == pytest.approx(naive.log2(math.factorial(n)), abs=1e-9)


@given(st.lists(st.integers(-(2**40), 2**40), max_size=14))
def test_a_sequence_costs_the_code_words_of_its_differences(terms):
    bits, order = codes.terms_bits(terms)
    assert bits == pytest.approx(naive.sequence_bits(terms), rel=1e-12)
    assert order < max(1, min(3, len(terms)))
    assert len(codes.differences(terms, order)) == len(terms)


def test_the_code_of_whole_numbers_is_a_prefix_code_without_gaps():
    """Of the numbers whose place has at most 15 digits, the sum of 2**-bits falls short of 1.

    What is missing is the share of all longer ones: their lengths begin with four zeros or more.
    """
    numbers = range(-(2**14) + 1, 2**14)
    places = {2 * x + 1 if x >= 0 else -2 * x for x in numbers}
    assert places == set(range(1, 2**15))
    total = sum(2.0 ** -codes.number_bits(x) for x in numbers)
    assert total == 1 - 2**-4
    words = {naive.elias_delta(m) for m in range(1, 2**9)}
    assert all(not a.startswith(b) for a in words for b in words if a != b)


@pytest.mark.parametrize("length", [1, 2, 3])
def test_the_code_of_sequences_is_a_prefix_code(length):
    """The best order is named, so that the sum over all sequences is at most 1."""
    values = range(-15, 16)
    total = sum(2 ** -codes.terms_bits(s)[0] for s in itertools.product(values, repeat=length))
    assert 0.25 < total <= 1
    # All orders together, each with its share, are one code.
    assert codes.terms_bits(range(length))[0] >= math.log2(length)


def test_a_law_has_no_exceptions():
    totals = codes.law_totals(7)
    assert totals[0] == codes.PROGRAM_FLAG
    assert np.isinf(totals[1:]).all()
    assert codes.lags_bits([], 4) == 2
    assert codes.lags_bits([1, 1], 4) == 2 + codes.terms_bits([1, 1])[0] == 8
