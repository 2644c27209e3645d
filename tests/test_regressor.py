"""The regressor: scikit-learn's checks, and what it says against the search and least squares."""

import pickle

import numpy as np
import pytest

import synth
from synth.engine import regress
from synth.language import Real

sklearn = pytest.importorskip("sklearn")
from sklearn.base import clone  # noqa: E402
from sklearn.linear_model import LinearRegression  # noqa: E402

from tests.estimator_checks import check_all, checked  # noqa: E402

#: How many checks a version of scikit-learn has for such an estimator.
CHECKS = {"1.9": 52}
SHORT = {"max_programs": 2_000, "pairs": 200}


def product(rows, noise=0.1, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.uniform(1, 3, (rows, 2)).round(3)
    return X, np.round(X[:, 0] * X[:, 1] + X[:, 0] + noise * rng.normal(size=rows), 3)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, marks=pytest.mark.slow),
        pytest.param(SHORT, marks=pytest.mark.slow),
        {"max_programs": 50, "pairs": 0},
    ],
)
def test_scikit_learns_checks_all_pass(settings):
    check_all(synth.ProgramRegressor(**settings), CHECKS)


@pytest.mark.slow
def test_a_check_can_fail():
    class Forgetful(synth.ProgramRegressor):
        def predict(self, X):
            return np.zeros(len(X) + 1)

    found = checked(Forgetful(max_programs=100, pairs=0))
    assert any(c["status"] == "failed" for c in found)


def test_it_is_what_a_search_finds():
    X, y = product(80)
    fitted = synth.ProgramRegressor(max_bits=16).fit(X, y)
    columns = {"x0": X[:, 0], "x1": X[:, 1]}
    task = synth.Task("X", columns, dict.fromkeys(columns, Real), y, Real)
    (found,) = regress(task, "real", max_bits=16, max_programs=100_000, pairs=1000)
    assert fitted.chosen_ == found.chosen == "program"
    assert fitted.result_.total_bits == found.total_bits
    assert fitted.sum_.text == found.program.text
    assert (fitted.predict(X) == found.program.predict(columns)).all()
    assert fitted.deviation_ == pytest.approx(0.1, rel=0.2)


def test_standard_deviations_are_those_of_least_squares():
    """For the columns of the sum that was found; and new labels deviate as they say."""
    X, y = product(60)
    fitted = synth.ProgramRegressor(max_bits=16).fit(X, y)
    new, labels = product(4000, seed=1)
    values, deviations = fitted.predict(new, return_std=True)
    terms = [
        np.column_stack(
            [t.outputs({"x0": Z[:, 0], "x1": Z[:, 1]})[0] for t in fitted.sum_.programs]
        )
        for Z in (X, new)
    ]
    fit = LinearRegression().fit(terms[0], y)
    assert values == pytest.approx(fit.predict(terms[1]), abs=1e-9)
    rows, others = (np.column_stack([np.ones(len(t)), t]) for t in terms)
    lever = np.einsum("it,tu,iu->i", others, np.linalg.inv(rows.T @ rows), others)
    assert deviations == pytest.approx(fitted.deviation_ * np.sqrt(1 + lever), rel=1e-9)
    residual = np.square(y - fit.predict(terms[0])).sum() / (len(y) - rows.shape[1])
    assert fitted.deviation_ == pytest.approx(np.sqrt(residual), rel=0.1)
    assert np.square((labels - values) / deviations).mean() == pytest.approx(1, rel=0.25)


def test_noise_is_predicted_as_its_mean():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(50, 3)).round(3), rng.normal(size=50).round(2)
    fitted = synth.ProgramRegressor(**SHORT).fit(X, y)
    assert fitted.chosen_ in ("constant", "table")
    values, deviations = fitted.predict(X, return_std=True)
    assert values == pytest.approx(np.full(50, y.mean()))
    assert deviations == pytest.approx(np.full(50, y.std()), rel=0.1)


def test_a_row_without_a_value_gets_the_mean():
    x = np.linspace(1, 3, 60).round(3)[:, None]
    y = np.round(1 / x[:, 0], 4)
    fitted = synth.ProgramRegressor(max_bits=12, pairs=0).fit(x, y)
    assert fitted.chosen_ == "program"
    values, deviations = fitted.predict([[2.0], [0.0]], return_std=True)
    assert values == pytest.approx([0.5, y.mean()], abs=1e-4)
    assert deviations[1] == pytest.approx(y.std())
    assert deviations[0] < 1e-3


ROWS = np.arange(12.0)[:, None]


@pytest.mark.parametrize(
    ("rows", "chosen"),
    [
        (product(60), "program"),
        ((ROWS, np.full(12, 3.5)), "constant"),
        ((ROWS, 3.0 * np.random.default_rng(0).permutation(12)), "table"),
    ],
)
def test_it_survives_a_pickle_and_a_clone(rows, chosen):
    X, y = rows
    fitted = synth.ProgramRegressor(**SHORT).fit(X, y)
    again = pickle.loads(pickle.dumps(fitted))  # noqa: S301 - it made this itself
    for first, second in zip(
        fitted.predict(X, return_std=True), again.predict(X, return_std=True), strict=True
    ):
        assert (first == second).all()
    assert again.chosen_ == fitted.chosen_ == chosen
    assert again.sum_.text == fitted.sum_.text
    assert again.result_ == fitted.result_
    for one in (fitted, again) if fitted.result_ else ():
        values = one.result_.program.predict({f"x{k}": x for k, x in enumerate(X.T)})
        assert len(values) == len(X)
    assert clone(fitted).get_params() == fitted.get_params()


def test_names_of_columns_are_inputs():
    pandas = pytest.importorskip("pandas")
    X, y = product(60)
    frame = pandas.DataFrame({"mass": X[:, 0], "speed": X[:, 1]})
    fitted = synth.ProgramRegressor(max_bits=16).fit(frame, y)
    assert set("".join(c if c.isalpha() else " " for c in fitted.sum_.text).split()) <= {
        "mass",
        "speed",
    }


@pytest.mark.parametrize("kind", ["pandas", "polars"])
def test_a_column_of_texts_is_named_with_what_to_do(kind):
    X, y = product(60)
    columns = {"mass": X[:, 0].tolist(), "speed": X[:, 1].tolist(), "lab": ["A", "B"] * 30}
    frame = pytest.importorskip(kind).DataFrame(columns)
    numbers = frame[["mass", "speed"]]
    words = r"column lab has 'A', which is no number; ProgramRegressor takes columns of numbers"
    with pytest.raises(ValueError, match=words):
        synth.ProgramRegressor(max_bits=9).fit(frame, y)
    fitted = synth.ProgramRegressor(max_bits=9).fit(numbers, y)
    with pytest.raises(ValueError, match=words):
        fitted.predict(frame)
    assert fitted.predict(numbers).shape == (60,)


def test_bad_settings_and_too_few_rows_are_refused():
    X, y = product(60)
    with pytest.raises(ValueError, match=r"pairs=-1; allowed: 0 and more"):
        synth.ProgramRegressor(pairs=-1).fit(X, y)
    with pytest.raises(ValueError, match=r"precision=-1.0; allowed: numbers above 0"):
        synth.ProgramRegressor(precision=-1).fit(X, y)
    with pytest.raises(ValueError, match=r"minimum of 3 is required"):
        synth.ProgramRegressor().fit(X[:2], y[:2])
