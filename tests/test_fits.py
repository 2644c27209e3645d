"""Fits: against other code, closed forms, and laws that points were drawn from."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.stats import linregress

from synth.experiments import fits
from synth.learners import correlations


def test_exponents_of_power_laws():
    points = [(x, 3 * x**-1.5) for x in (1, 2, 5, 9)]
    found = fits.power_law([*points, (0, 1), (1, 0)])
    assert found["exponent"] == pytest.approx(-1.5)
    assert found["error"] == pytest.approx(0, abs=1e-9)
    assert found["points"] == 4
    # As numbers of a text book's regression: y = x and one point off by a factor e.
    found = fits.power_law([(math.e**k, math.e**y) for k, y in ((0, 0), (1, 2), (2, 2))])
    assert found["exponent"] == pytest.approx(1)
    assert found["error"] == pytest.approx(math.sqrt(2 / 3 / 1 / 2))
    assert fits.power_law([(1, 1), (1, 2)])["exponent"] is None
    assert fits.power_law([(1, 1), (2, 2)])["error"] is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(0.1, 1e4), st.floats(0.1, 1e4)), min_size=3, max_size=9))
def test_exponents_and_errors_are_those_of_a_regression_of_logarithms(points):
    x, y = np.log(points).T
    assume(np.ptp(x) > 0.1 and np.ptp(y) > 0.1)  # of a level line SciPy's error is nan
    line, found = linregress(x, y), fits.power_law(points)
    assert found["exponent"] == pytest.approx(line.slope, rel=1e-6, abs=1e-6)
    # SciPy's is a difference from 1 under a root.
    assert found["error"] == pytest.approx(line.stderr, rel=1e-6, abs=1e-6 * (1 + abs(line.slope)))


@pytest.mark.parametrize("limit", [np.inf, 3000.0])
def test_doublings_a_bit_are_those_that_waits_were_drawn_with(limit):
    """Exponential waits of mean 2**(1.7 bits), cut off or not: within 4 standard errors."""
    generator = np.random.default_rng(5)
    bits = np.repeat(np.arange(4.0, 9.0), 200)
    drawn = generator.exponential(2 ** (1.7 * bits))
    waits = [(b, min(t, limit), t < limit) for b, t in zip(bits.tolist(), drawn, strict=True)]
    assert all(ended for *_, ended in waits) == (limit == np.inf)
    found = fits.doubling_rate(waits)
    assert found["error"] < 0.05
    assert abs(found["doublings"] - 1.7) < 4 * found["error"]
    # Of one length, and of two of which one never ended.
    for few in (waits[:200], [(3.0, 5.0, True), (4.0, 9.0, False)]):
        assert fits.doubling_rate(few) == {"doublings": None, "error": None}


@settings(max_examples=30, deadline=None)
@given(st.data())
def test_doublings_of_two_lengths_have_a_closed_form(data):
    """The mean of each length is its time over how many ended, d; 1/d is the variance of its ln."""
    waits, groups = [], []
    for bits in (3.0, 3.0 + data.draw(st.integers(1, 5))):
        times = data.draw(st.lists(st.floats(0.5, 500), min_size=1, max_size=6))
        ended = [True, *(data.draw(st.booleans()) for _ in times[1:])]
        waits += [(bits, t, e) for t, e in zip(times, ended, strict=True)]
        groups.append((bits, sum(times), sum(ended)))
    (a, time, d), (b, other, e) = groups
    found = fits.doubling_rate(waits)
    slope = math.log2((other / e) / (time / d)) / (b - a)
    assert found["doublings"] == pytest.approx(slope, abs=1e-4)
    error = math.sqrt(1 / d + 1 / e) / math.log(2) / (b - a)
    assert found["error"] == pytest.approx(error, rel=1e-3)


def test_medians_of_times_some_of_which_never_came():
    assert fits.median_time([5, 1, None]) == 5
    assert math.isnan(fits.median_time([1, None, None]))
    assert math.isnan(fits.median_time([1, None]))  # between 1 and never


def ranks(values):
    """Mean ranks, by counting."""
    return [sum(w < v for w in values) + (sum(w == v for w in values) + 1) / 2 for v in values]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=9))
def test_rank_correlations_are_the_correlations_of_ranks(points):
    x, y = zip(*points, strict=True)
    found, same = fits.rank_correlation(x, y), correlations.rank_correlation(x, y)
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert found is None
        assert np.isnan(same)
    else:
        assert found == pytest.approx(np.corrcoef(ranks(x), ranks(y))[0, 1], abs=1e-9)
        assert same == pytest.approx(found)
