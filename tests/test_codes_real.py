"""Code lengths of real labels against quadrature, and the inequalities that they satisfy."""

import itertools
import math

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.codes import real
from synth.errors import SettingError
from tests import naive


def residuals(labels, columns):
    """The sums of squares that least squares fits leave, of labellings (..., n)."""
    axes = np.linalg.qr(columns)[0]
    left = labels - (labels @ axes) @ axes.T
    return np.square(left).sum(axis=-1)


def noise_bits(labels, columns, scale):
    """The code of the labels for the fit on some columns, (n, p)."""
    total, (n, p) = real.squares(labels, scale), columns.shape
    return float(real.noise_bits(residuals(labels, columns), total, n, p, scale))


def columns_of(n, p, rng):
    """A constant and p - 1 columns at random, (n, p)."""
    return np.column_stack([np.ones(n), *rng.normal(size=(p - 1, n))])


@settings(max_examples=25, deadline=None)
@given(st.data(), st.integers(1, 12), st.integers(1, 3), st.integers(2, 3000))
def test_noise_is_integrated(data, n, p, cells):
    p = min(n, p)
    places = data.draw(st.lists(st.integers(0, cells - 1), min_size=n, max_size=n))
    scale = real.Scale(data.draw(st.sampled_from([0.01, 1.0, 250.0])), 7.0, cells)
    labels = scale.middle + scale.precision * (np.array(places) - (cells - 1) / 2)
    columns = columns_of(n, p, np.random.default_rng(n))
    found = noise_bits(labels, columns, scale)
    assert found == pytest.approx(naive.noise_bits(labels, columns, scale), rel=1e-12)


@pytest.mark.parametrize("n", [3, 8, 30])
def test_a_fit_without_residuals(n):
    """The incomplete gamma function underflows there, and a series takes its place."""
    columns = np.column_stack([np.ones(n), np.arange(n)])
    labels = 0.5 + 3.0 * np.arange(n)
    scale = real.Scale.of(labels)
    expected = naive.noise_bits(labels, columns, scale)
    assert noise_bits(labels, columns, scale) == pytest.approx(expected, rel=1e-12)
    no_residual = float(real.noise_bits(0.0, real.squares(labels, scale), n, 2, scale))
    assert no_residual == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("a", [0.5, 2.0, 50.0, 3000.0])
def test_the_series_and_the_function_of_scipy_meet(a):
    x = np.linspace(0.3, 0.7, 41) * a
    logs = real._log_lower(a, x)
    expected = [mpmath.log(mpmath.gammainc(a, 0, y)) - a * mpmath.log(y) for y in x]
    assert logs == pytest.approx(np.array(expected, float), rel=1e-13)
    assert (np.diff(logs) < 0).all()


@pytest.mark.parametrize("n", [1, 2])
def test_all_labels_with_this_precision_add_up_to_one(n):
    """Beyond the range as well: what a sum and an integral differ by is at most 5.4e-9 n."""
    scale = real.Scale(1.0, 0.0, 2)
    grid = np.array(list(itertools.product(np.arange(-80.0, 81), repeat=n)))
    total = np.square(grid).sum(axis=1)
    rss = residuals(grid, np.ones((n, 1)))
    with np.errstate(divide="ignore"):
        bits = [real.noise_bits(r, t, n, 1, scale) for r, t in zip(rss, total, strict=True)]
    assert 1 - 1e-12 <= np.exp2(-np.array(bits)).sum() <= 1 + 5.4e-9 * n


@pytest.mark.parametrize(("n", "cells"), [(1, 2), (2, 2), (2, 3), (2, 40), (3, 2), (3, 5), (3, 9)])
@pytest.mark.parametrize("p", [1, 2])
def test_the_codes_of_real_labels_are_prefix_codes(n, cells, p):
    """Over all labels within a range, coarse and fine: one program of 0 bits, constant, table."""
    if p > n:
        return
    scale = real.Scale(0.1, 4.0, cells)
    columns, total = columns_of(n, p, np.random.default_rng(cells)), 0.0
    for places in itertools.product(range(cells), repeat=n):
        labels = 4.0 + 0.1 * (np.array(places) - (cells - 1) / 2)
        rss, about = residuals(labels, columns), real.squares(labels, scale)
        total += 2.0 ** -float(real.program_total([0.0] * (p - 1), rss, about, n, scale))
        total += 2.0 ** -real.constant_total(labels, scale)
        total += 2.0 ** -real.table_total(labels, scale)[0]
    assert 0.05 < total <= 1 + 5e-9 * n


def test_sums_of_programs_are_a_prefix_code():
    """Over all sets of 400 programs of log2 400 bits each: almost nothing is wasted."""
    assert [real.sum_bits(t) for t in (1, 2)] == pytest.approx([1, 1])
    chances = [
        math.comb(400, t) * 2.0 ** -(real.sum_bits(t) + t * math.log2(400)) for t in range(1, 60)
    ]
    assert 0.99 < sum(chances) <= 1


@settings(max_examples=50)
@given(st.data(), st.integers(2, 100))
def test_histograms(data, cells):
    places = data.draw(st.lists(st.integers(0, cells - 1), min_size=1, max_size=40))
    scale = real.Scale(0.25, -3.0, cells)
    labels = scale.middle + scale.precision * (np.array(places) - (cells - 1) / 2)
    found = {b: naive.histogram_bits(labels, scale, b) for b in (2, 4, 8, 16, 32) if b <= cells}
    bits, bins = real.table_total(labels, scale)
    expected = 2 + math.log2(5) + min(found.values())
    assert bits == pytest.approx(expected, rel=1e-12)
    assert found[bins] == pytest.approx(min(found.values()), rel=1e-12)


@pytest.mark.parametrize(("n", "cells"), [(3, 2), (4, 5), (20, 300)])
def test_the_scale_of_the_noise(n, cells):
    """Its mean square, by quadrature over the scale for one g after the other."""
    scale, rss, total, p = real.Scale(0.1, 0.0, cells), 0.3, 0.9, 2
    s = np.exp(np.linspace(math.log(scale.precision), math.log(scale.range), 200_001))
    weights = np.ones(s.size)
    weights[[0, -1]] = 0.5
    mass = squares = 0.0
    for k in range(math.ceil(math.log2(cells)) + 1):
        g = n * 4.0**k
        left = rss + (total - rss) / (1 + g)
        density = s**-n * np.exp(-left / 2 / s**2) * (1 + g) ** (-p / 2) * weights
        mass, squares = mass + density.sum(), squares + density @ s**2
    found = real.noise_variance(rss, total, n, p, scale)
    assert found == pytest.approx(squares / mass, rel=1e-8)


def test_histograms_add_up_to_one():
    """For each number of bins, over all labels: a prefix code without waste."""
    n, scale = 3, real.Scale(1.0, 0.0, 11)
    for bins in (2, 4, 8):
        every = itertools.product(range(11), repeat=n)
        bits = [real._histogram_bits(np.array(places), bins, 11) for places in every]
        assert np.exp2(-np.array(bits)).sum() == pytest.approx(1)
    assert scale.range == 11


def test_less_noise_costs_less():
    rng = np.random.default_rng(0)
    x = rng.normal(size=100)
    columns = np.column_stack([np.ones(100), x])
    noise, found = rng.normal(size=100), []
    for share in (0.0, 0.01, 0.1, 1.0):
        labels = np.round(2 * x + share * noise, 4)
        scale = real.Scale.of(labels)
        assert scale.precision == 1e-4
        found.append(noise_bits(labels, columns, scale))
    # Without noise, the scale of the noise is the precision: 1.4 bits a label, and coefficients.
    assert found == sorted(found)
    assert found[0] < 100 * 1.4 + 60
    # Against the code of known parameters, 100 log2(s sqrt(2 pi e) / precision): 2 coefficients and
    # a scale cost more.
    known = 100 * math.log2(0.01 * math.sqrt(2 * math.pi * math.e) / 1e-4)
    assert known < found[1] < known + 60


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ([0.25, 1.5, 3], 0.01),
        ([0.1 + 0.2, 0.7], 0.1),
        ([1200, 4700], 100),
        ([0, 5e6], 1e6),
        ([1e-7, 2e-7], 1e-7),
        ([0.5, -123.4], 0.1),
        ([1, 2, 1 / 3], 1e-12),
    ],
)
def test_the_precision_is_that_of_the_last_digit(labels, expected):
    assert real.last_place(labels) == expected
    scale = real.Scale.of(labels)
    assert scale.precision == expected
    assert scale.range == pytest.approx(max(labels) - min(labels) + expected, rel=1e-9)
    places = scale.place(labels)
    assert (places.min(), places.max()) == (0, scale.cells - 1)


@pytest.mark.parametrize("precision", [0, -1.0, math.inf, math.nan])
def test_a_wrong_precision_is_refused(precision):
    with pytest.raises(SettingError, match=r"precision=.*; allowed: numbers above 0"):
        real.Scale.of([1.0, 2.0], precision)


def test_a_precision_that_tells_no_labels_apart_is_refused():
    with pytest.raises(SettingError, match="all labels are equal to this precision"):
        real.Scale.of([1.0, 1.2], 5.0)
    with pytest.raises(SettingError, match="not all 0"):
        real.Scale.of([0.0, 0.0])
