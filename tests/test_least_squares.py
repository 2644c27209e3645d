"""Least squares against exact fractions: columns of very different lengths, and nearly parallel."""

import math
from fractions import Fraction

import numpy as np
import pytest

import synth
from synth import Real, Task
from synth.engine import regress
from synth.language.rounding import rounded
from synth.records import LeastSquares
from tests import naive


def some_columns(rng, n):
    """One or two columns of 40 bits, of which the second may differ little from the first."""
    middle, width = 10 ** rng.uniform(-3, 5), 10 ** rng.uniform(-2, 3)
    first = rounded(middle + width * rng.uniform(-1, 1, n))
    kind = rng.integers(4)
    if kind == 0:
        return [first]
    if kind == 1:
        return [first, rounded(first * first)]
    if kind == 2:
        return [first, rounded(first * 1e-7 * rng.choice([1, 1e-90, 1e90]) * rng.normal(size=n))]
    share = 10 ** rng.uniform(-6, 0)
    other = first * rng.choice([1, -3, 1e50]) * (1 + share * rng.normal(size=n))
    return [first, rounded(other)]


@pytest.mark.parametrize("seed", range(60))
def test_a_fit_is_that_of_fractions(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 30))
    columns = some_columns(rng, n)
    labels = np.round(rng.normal(size=n) + 3, 4)
    fit = LeastSquares(columns, labels)
    exact = naive.Fractions(columns, labels)
    assert fit.rss == pytest.approx(float(exact.rss), rel=1e-9)
    assert fit.errors(1.0) == pytest.approx(list(map(math.sqrt, exact.variances)), rel=1e-6)
    for slope, wanted, error in zip(fit.slopes, exact.slopes, fit.errors(1.0)[1:], strict=True):
        assert abs(slope - float(wanted)) < 1e-9 * error + 1e-12 * abs(slope)
    # Rows that the fit has seen: their leverages add up to the count of coefficients.
    assert fit.leverages(columns).sum() == pytest.approx(1 + len(columns))


def one_of(*functions):
    dsl = synth.DSL("some", types=(Real,))
    for function, name in functions:
        dsl.add(function, "Real -> Real", name=name)
    return dsl


def test_a_short_column_beside_a_long_one_keeps_its_slope():
    rng = np.random.default_rng(0)
    x = rng.uniform(1000, 2000, 60).round(2)
    labels = np.round(1e-18 * x**6 + 20000 / x + 0.01 * rng.normal(size=60), 3)
    dsl = one_of((lambda a: a**6, "p6"), (lambda a: 1 / a, "inv"))
    (found,) = regress(Task("sum", {"x": x}, {"x": Real}, labels, Real), dsl, max_bits=14)
    assert found.program.terms == ("p6(x)", "inv(x)")
    assert found.program.slopes == pytest.approx([1e-18, 20000], rel=0.01)
    assert found.train_error == pytest.approx(0.01, rel=0.2)


def test_values_whose_squares_overflow():
    x = np.arange(2000.0, 2021.0)
    task = Task("year", {"x": x}, {"x": Real}, (x - 2010) ** 2, Real)
    (found,) = regress(task, one_of((np.square, "square")), top=50)
    sizes = [np.abs(p.outputs(task.columns)[0]).max() for s in found.top for p in s.programs]
    assert max(sizes) > 1e154
    for sum_ in found.top:
        columns = [program.outputs(task.columns)[0] for program in sum_.programs]
        exact = naive.Fractions(columns, task.labels)
        assert sum_.slopes == pytest.approx([float(s) for s in exact.slopes], rel=1e-6)


def test_the_regressor_fits_such_columns_too():
    x = np.arange(2000.0, 2041.0)
    labels = np.round(1e-3 * (x - 2010) ** 2 + 1e5 / x, 4)
    fitted = synth.ProgramRegressor(
        one_of((lambda a: a**6, "p6"), (lambda a: 1 / a, "inv")), max_bits=6
    ).fit(x[:, None], labels)
    columns = [p.outputs({"x0": x})[0] for p in fitted.sum_.programs]
    assert len(columns) == 2
    exact = naive.Fractions(columns, labels)
    _, deviations = fitted.predict(x[:, None], return_std=True)
    expected = fitted.deviation_ * np.sqrt(
        [1 + exact.leverage(row) for row in zip(*columns, strict=True)]
    )
    assert deviations == pytest.approx(expected, rel=1e-6)


def test_a_regression_of_fractions_by_hand():
    """Of 1, 2, 4 at 0, 1, 2: the line 5/6 + 3/2 x leaves 1/6."""
    exact = naive.Fractions([np.array([0.0, 1, 2])], np.array([1.0, 2, 4]))
    assert (exact.intercept, exact.slopes) == (Fraction(5, 6), [Fraction(3, 2)])
    assert exact.rss == Fraction(1, 6)
    assert exact.variances == [Fraction(5, 6), Fraction(1, 2)]
