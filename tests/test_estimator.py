"""ProgramClassifier: scikit-learn's own checks, and the codes that it predicts by."""

import copy
import itertools
import pickle
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from functools import partial
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import codes, engine
from synth.engine import searches
from synth.errors import DSLError, SettingError, TaskError
from synth.language.types import Bool, Label, Real
from synth.learners.predictor import Predictor
from tests import naive

sklearn = pytest.importorskip("sklearn")
pandas = pytest.importorskip("pandas")

from sklearn.datasets import load_iris, load_wine  # noqa: E402
from sklearn.feature_selection import SelectKBest  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from tests.estimator_checks import check_all, checked  # noqa: E402

#: How many checks a version of scikit-learn has for such an estimator.
CHECKS = {"1.9": 54}

IRIS = load_iris()
#: The shortest hypothesis predicts alone.
alone = partial(synth.ProgramClassifier, mixture=False)
#: Limits of fits whose program is found early.
QUICKER = {"max_programs": 3000, "moves": 8}


def task_of(X, y, name="X"):
    columns = {f"x{i}": column for i, column in enumerate(X.T)}
    return synth.Task(name, columns, dict.fromkeys(columns, Real), y, Bool)


def residues(p):
    pairs = np.array(list(itertools.product(range(p), repeat=2)))
    return pairs, pairs.sum(axis=1) % p


@pytest.mark.parametrize(
    "settings",
    [
        {"max_programs": 100, "moves": 0, "mixture": False},
        pytest.param({"max_programs": 100, "moves": 0}, marks=pytest.mark.slow),
        pytest.param({"mixture": False}, marks=pytest.mark.slow),
        pytest.param({}, marks=pytest.mark.slow),
    ],
)
def test_scikit_learns_checks_all_pass(settings):
    check_all(synth.ProgramClassifier(**settings), CHECKS)


@pytest.mark.slow
def test_a_check_can_fail():
    class Forgetful(synth.ProgramClassifier):
        def predict(self, X):
            return np.array(["?"] * len(X))

    found = checked(Forgetful(max_programs=100, moves=0, mixture=False))
    assert any(c["status"] == "failed" for c in found)


def test_the_rule_of_a_fit_is_about_the_columns_of_the_data_frame():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"town": ["Bern", "Rome", None, "Oslo"] * 20, "age": range(80)})
    labels = np.where((frame.town == "Rome") | (frame.age > 60), "old", "new")
    found = alone(max_programs=5000, moves=0).fit(frame, labels).results_[0]
    assert found.rule.text == "if age >= 61 or town = Rome then old; else new"
    said = {}
    exec(found.rule.to_python(), said)
    assert (said["predict"](frame) == labels).all()
    assert "\"town\" = 'Rome'" in found.rule.to_sql()


def test_two_classes_are_what_a_search_finds():
    X, y = IRIS.data, IRIS.target == 1
    fitted = alone(max_programs=20_000, moves=20).fit(X, np.where(y, "yes", "no"))
    limits = {"max_programs": 20_000, "moves": 20, "seconds": None, "threads": 1}
    names = {0: "no", 1: "yes"}
    found = synth.search(replace(task_of(X, y), is_table=True, label_names=names), **limits)
    assert fitted.classes_.tolist() == ["no", "yes"]
    assert fitted.chosen_ == found.chosen == "program"
    assert fitted.bits_ == found.total_bits
    assert fitted.table_bits_ == found.table.bits
    assert fitted.saved_bits_ == found.saved_bits
    assert fitted.log2_chance_bound_ == found.log2_chance_bound
    # Of programs with equal totals, it keeps one.
    assert replace(fitted.results_[0].program, ties=found.program.ties) == found.program
    predicted = found.predict({f"x{i}": c for i, c in enumerate(X.T)}) == "yes"
    assert ((fitted.predict(X) == "yes") == predicted).all()
    assert fitted.score(X, np.where(y, "yes", "no")) == found.program.train_accuracy
    # The program says it by itself, read as its opposite or not.
    encoded = fitted.results_[0].trained_on.columns
    assert (fitted.program_.evaluate(encoded) == predicted).all()


def test_it_reads_columns_as_a_csv_file_does(tmp_path):
    rng = np.random.default_rng(3)
    frame = pandas.DataFrame({
        "member": rng.integers(0, 2, 60).astype(bool),
        "items": rng.integers(0, 9, 60),
        "price (EUR)": rng.normal(10, 4, 60).round(1),
    })  # fmt: skip
    y = frame["member"] & (frame["price (EUR)"] < 10)
    frame.assign(y=y).to_csv(tmp_path / "t.csv", index=False)
    found = synth.search(
        synth.load_task(str(tmp_path / "t.csv"), train=1.0), max_programs=10**5, moves=100
    )
    fitted = alone().fit(frame, y)
    assert fitted.program_.text == found.program.text
    assert found.program.text.startswith("member & 'price (EUR) < ")
    assert fitted.bits_ == found.total_bits
    assert fitted.results_[0].inputs == found.inputs
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(frame.rename(columns={"items": "other"}))
    whole = frame[["member", "items"]]
    fitted = alone().fit(whole, whole["items"] > 4)
    # Numbers beyond those of training, and whole numbers as floats, are numbers too.
    asked = pandas.DataFrame({"member": [True, False], "items": [99.0, -99.0]})
    assert fitted.predict(asked).tolist() == [True, False]


def mixed(rows=60):
    """A frame with texts, a date, gaps, an identifier: and the labels that one text decides."""
    soil = [None if k % 9 == 4 else ("clay", "sand", "loam")[k % 3] for k in range(rows)]
    frame = pandas.DataFrame({
        "id": range(1, rows + 1),
        "soil": soil,
        "rain": [float("nan") if k % 7 == 3 else k * 5 % 11 for k in range(rows)],
        "day": pandas.date_range("2024-01-01", periods=rows),
    })  # fmt: skip
    return frame, np.array(["wet" if s == "clay" else "dry" for s in soil])


def test_frames_with_texts_and_gaps_are_read_as_files_are(tmp_path):
    polars = pytest.importorskip("polars")
    frame, y = mixed()
    frame.assign(y=y).to_csv(tmp_path / "t.csv", index=False)
    task = synth.read_table(tmp_path / "t.csv", train=1.0)
    lists = {name: frame[name].tolist() for name in ("id", "soil", "rain")}
    lists = {name: [None if v != v else v for v in column] for name, column in lists.items()}
    other = polars.DataFrame(lists | {"day": frame["day"].dt.date.tolist()})
    for one in (frame, frame.astype({"soil": "category"}), other):
        fitted = alone(moves=0, max_programs=3000).fit(one, y)
        assert fitted.results_[0].trained_on.original.types == task.types
        assert fitted.program_.text == "'soil=clay'"
        assert fitted.notes_[0].startswith("left out: id (numbers the rows)")
        assert (fitted.predict(one) == y).all()
        again = pickle.loads(pickle.dumps(fitted))  # noqa: S301
        assert (again.predict(one) == y).all()
    with pytest.raises(ValueError, match="feature names"):
        fitted.predict(other.rename({"rain": "snow"}))
    # A text that was not in training is none of the others; a gap is false.
    new = frame.head(2).assign(soil=["peat", None])
    assert alone(moves=0).fit(frame, y).predict(new).tolist() == ["dry", "dry"]
    scores = cross_val_score(alone(moves=0, max_programs=999), frame, y, cv=3)
    assert scores.tolist() == [1, 1, 1]


def test_gaps_in_arrays():
    X = np.array([[np.nan if k % 4 == 1 else k, k % 5] for k in range(40)], float)
    fitted = alone(moves=0, max_programs=3000).fit(X, np.isnan(X[:, 0]))
    assert fitted.program_.text == "'x0 is missing'"
    assert fitted.predict([[np.nan, 1.0], [3, 1]]).tolist() == [True, False]
    # A comparison with a gap is false.
    fitted = alone(moves=0, max_programs=3000).fit(X[:, :1], X[:, 0] > 19)
    above = fitted.predict([[30.0], [3], [np.nan]]).tolist()
    assert above == [True, False, False]


@given(n=st.integers(1, 60), data=st.data())
def test_an_exception_has_the_chance_that_its_code_gives_it(n, data):
    # The code for e of n is 1 / ((n+1) C(n,e)), whichever rows they are.
    e = data.draw(st.integers(0, n))
    now, then = Fraction(1, (n + 1) * comb(n, e)), Fraction(1, (n + 2) * comb(n + 1, e + 1))
    assert then / now == Fraction(e + 1, n + 2)


def test_equally_probable_classes_are_told_by_order_and_not_by_rounding():
    """Two thirds are wrong: the two other labels have a third each, like the one that is said.

    (e+1)/(n+2) of 665 in 997 is 2/3; half of it and 1 less it differ by rounding.
    """
    counts, n = np.array([300, 365, 332]), 997
    predictor = Predictor(counts, {}, _Says(2, 665), np.arange(3))
    found = predictor.probabilities({"x": np.zeros(1)}, 1)[0]
    assert found == pytest.approx([1 / 3] * 3, abs=1e-15)
    assert len(set(found)) == 2
    model = alone()
    model.classes_ = np.array(list("abc"))
    model.predict_proba = lambda X: found[None]
    assert n == counts.sum()
    assert model.predict([[0]]).tolist() == ["a"]


class _Says:
    """A result whose program says one label, with some exceptions."""

    def __init__(self, label, exceptions):
        self.label = label
        self.trained_on, self.best, self.program, self.source = self, self, self, None
        self.type, self.inverted, self.exceptions = Label(*"abc"), False, exceptions

    def outputs(self, columns):
        return np.array([self.label]), np.ones(1, bool)


def test_probabilities_of_the_chosen_are_those_of_the_code():
    X, y = IRIS.data, (IRIS.target == 1).astype(int)
    fitted = alone().fit(X, y)
    e, n = fitted.results_[0].program.exceptions, len(y)
    assert (fitted.predict(X) != y).sum() == e > 0
    found = fitted.predict_proba(X)
    assert found.shape == (n, 2)
    assert found.sum(axis=1) == pytest.approx(1)
    assert set(found.round(12).ravel()) == {
        round((e + 1) / (n + 2), 12),
        round(1 - (e + 1) / (n + 2), 12),
    }


def test_random_labels_leave_a_table():
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 2)), rng.permutation(np.arange(40) % 3)
    fitted = alone(**QUICKER).fit(X, y)
    assert (fitted.chosen_, fitted.program_) == ("table", None)
    assert fitted.bits_ == fitted.table_bits_ == codes.table_bits(np.bincount(y))[0]
    assert fitted.log2_chance_bound_ == 0
    assert fitted.score(X, y) == 1  # it has seen these rows
    most = np.bincount(y).argmax()
    unseen = rng.normal(size=(9, 2))
    assert (fitted.predict(unseen) == most).all()
    counts = np.bincount(y)
    assert fitted.predict_proba(unseen)[0] == pytest.approx((counts + 1) / (40 + 3))
    assert fitted.predict_proba(X)[0].max() == pytest.approx(2 / (1 + 3))


def test_a_table_says_the_most_frequent_label_of_equal_rows():
    X = np.array([[0.0], [0.0], [0.0], [1.0], [1.0]])
    fitted = alone("features", max_bits=0).fit(X, ["b", "b", "a", "a", "b"])
    assert fitted.chosen_ == "table"
    assert fitted.saved_bits_ is None or fitted.saved_bits_ <= 0
    assert fitted.predict([[0.0], [-0.0], [1.0], [2.0]]).tolist() == ["b", "b", "a", "b"]


@pytest.mark.parametrize("load", [load_iris, pytest.param(load_wine, marks=pytest.mark.slow)])
def test_more_classes_are_labels_of_one_search(load):
    X, y = load(return_X_y=True)
    fitted = alone().fit(X, y)
    (result,) = fitted.results_
    wrong = int((fitted.predict(X) != y).sum())
    assert wrong == result.program.exceptions
    bits = naive.program_total(result.program.bits, len(y), wrong, 3, False)
    assert fitted.bits_ == pytest.approx(bits + result.language_bits)
    assert fitted.bits_ < fitted.table_bits_ / 2
    assert fitted.saved_bits_ == fitted.table_bits_ - fitted.bits_
    assert fitted.program_.head.name == "where"
    said = fitted.program_.evaluate(result.trained_on.express(fitted._typed(X)))
    assert (fitted.classes_[said] == fitted.predict(X)).all()
    assert fitted.score(X, y) > 0.93


def test_the_program_names_the_classes():
    y = np.array(["setosa", "versi color", "virginica"])[IRIS.target]
    fitted = alone(**QUICKER).fit(IRIS.data, y)
    assert "setosa" in fitted.program_.text
    assert "'versi color'" in fitted.program_.text
    numbers = alone(**QUICKER).fit(IRIS.data, 7 * IRIS.target - 7)
    assert ", -7, " in numbers.program_.text
    assert set(numbers.predict(IRIS.data)) == {-7, 0, 7}


@pytest.mark.slow
def test_equal_settings_give_equal_fits():
    X, y = load_wine(return_X_y=True)
    settings = {"moves": 60, "chains": 4, "seed": 3}
    first = alone(**settings).fit(X, y)
    second = sklearn.base.clone(first).set_params(threads=2).fit(X, y)
    assert first.program_.text == second.program_.text
    reach = first.results_[0].reach
    languages = len(first.results_[0].languages)
    assert (reach.moves, reach.chains, reach.seed) == (60 // languages, 4, 3)
    assert alone(moves=0).fit(X, y).results_[0].reach is None
    assert alone(moves=0).fit(X, y).bits_ > first.bits_


def test_several_classes_are_a_code():
    # Kraft's inequality over all labels of four rows in which each of three occurs.
    X = np.array([[0.0, 3], [1, 1], [2, 4], [3, 0]])
    total = 0
    for labels in itertools.product("abc", repeat=4):
        if len(set(labels)) == 3:
            fitted = alone(max_programs=100, moves=2).fit(X, labels)
            total += 2.0**-fitted.bits_
    assert 0 < total <= 1


def test_labels_that_cannot_be_told_apart_share_what_is_left():
    rng = np.random.default_rng(1)
    X = rng.normal(size=(120, 2))
    y = np.where(X[:, 0] > 0, "known", rng.choice(["p", "q", "r"], 120))
    fitted = alone().fit(X, y)
    assert fitted.chosen_ == "program"
    e, n = fitted.results_[0].program.exceptions, len(y)
    found = fitted.predict_proba(X)
    assert found.sum(axis=1) == pytest.approx(1)
    assert set(found.round(12).ravel()) == {
        round((e + 1) / (n + 2) / 3, 12),
        round(1 - (e + 1) / (n + 2), 12),
    }
    assert fitted.score(X[y == "known"], y[y == "known"]) == 1


def test_whole_numbers_are_computed_where_the_dsl_can():
    X, y = residues(11)
    fitted = alone(modulus=11, **QUICKER).fit(X[::2], y[::2])
    assert fitted.program_.text == "x0 + x1"
    assert fitted.score(X[1::2], y[1::2]) == 1
    pairs = X[X[:, 0] != X[:, 1]]
    fitted = alone(**QUICKER).fit(pairs[::2], 2 * pairs[::2, 0] + pairs[::2, 1])
    assert fitted.program_.text in ("x0 + (x0 + x1)", "x1 + (x0 + x0)", "x0 + x0 + x1")


def test_classes_below_none_of_the_labels():
    # A value that no label has is no prediction: the most frequent label stands.
    X = np.arange(20)[:, None]
    y = np.where(X[:, 0] < 10, 10 + X[:, 0], 10)
    fitted = alone(**QUICKER).fit(X, y)
    assert set(fitted.predict(np.arange(-50, 50)[:, None])) <= set(y)


def test_one_class_and_rows_that_are_all_alike():
    X = np.random.default_rng(0).normal(size=(6, 2))
    fitted = alone().fit(X, ["only"] * 6)
    assert fitted.predict(X).tolist() == ["only"] * 6
    assert fitted.predict_proba(X).tolist() == [[1.0]] * 6
    assert (fitted.bits_, fitted.saved_bits_, fitted.results_) == (2, None, ())
    fitted = alone().fit(np.ones((5, 2)), [0, 1, 1, 0, 1])
    assert fitted.chosen_ == "table"
    assert fitted.predict([[1.0, 1.0], [7.0, 8.0]]).tolist() == [1, 1]


@pytest.mark.slow
def test_pipelines_cross_validation_and_grids():
    X, y = IRIS.data, IRIS.target
    pipeline = make_pipeline(StandardScaler(), SelectKBest(k=2), alone())
    scores = cross_val_score(pipeline, X, y, cv=3)
    assert scores.min() > 0.85
    grid = GridSearchCV(
        alone(),
        {"dsl": ["features:thresholds=2", "features:thresholds=8,sums=1"], "max_bits": [3, None]},
        cv=3,
    ).fit(X, y)
    assert grid.best_params_["max_bits"] is None
    assert grid.best_score_ > 0.9
    assert grid.cv_results_["mean_test_score"].min() < grid.best_score_
    assert sklearn.base.clone(grid.best_estimator_).get_params()["dsl"].startswith("features")


@pytest.mark.parametrize("case", ["modular", "features", "nand", "table", "names"])
def test_fitted_classifiers_can_be_pickled(case):
    X, y = IRIS.data, IRIS.target
    classifier = synth.ProgramClassifier(**QUICKER)
    if case == "modular":  # whose functions cannot be
        (X, y), classifier = residues(7), synth.ProgramClassifier(modulus=7)
    elif case == "nand":
        X = np.array(list(itertools.product([False, True], repeat=3)))
        y, classifier = ~(X[:, 0] & X[:, 1]), synth.ProgramClassifier("boolean:nand")
    elif case == "features":
        y = y == 1
    elif case == "table":
        y = np.random.default_rng(0).integers(0, 2, 150)
    classifier.fit(X, y)
    for other in (pickle.loads(pickle.dumps(classifier)), copy.deepcopy(classifier)):  # noqa: S301
        assert (other.predict_proba(X) == classifier.predict_proba(X)).all()
        assert str(other.program_) == str(classifier.program_)
        assert other.bits_ == classifier.bits_
        assert other.get_params() == classifier.get_params()
    assert pickle.loads(pickle.dumps(synth.ProgramClassifier("real"))).dsl == "real"  # noqa: S301


def test_a_dsl_of_ones_own():
    dsl = synth.DSL("near", types=(Real, Bool))

    @dsl.primitive
    def near(a: Real, b: Real) -> Bool:
        return np.abs(a - b) < 1

    X = np.random.default_rng(2).normal(0, 2, size=(80, 2))
    y = np.abs(X[:, 0] - X[:, 1]) < 1
    fitted = alone(dsl).fit(X, y)
    assert fitted.program_.text in ("near(x0, x1)", "near(x1, x0)")
    assert fitted.score(X, y) == 1


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({"dsl": "nothing"}, DSLError, "no DSL 'nothing'"),
        ({"dsl": "features:thresholds=0"}, SettingError, "thresholds=0; allowed: 1..1000"),
        ({"max_programs": 0}, SettingError, "max_programs=0; allowed: 1 and more"),
        ({"threads": "two"}, SettingError, "threads='two'"),
        ({"moves": -1}, SettingError, "moves=-1; allowed: 0"),
        ({"chains": 0}, SettingError, "chains=0; allowed: 1"),
        ({"seed": "x"}, SettingError, "seed='x'; allowed: 0"),
        ({"dsl": "modular:p=5"}, DSLError, "no type for"),
    ],
)
def test_settings_that_are_not_allowed(settings, error, words):
    with pytest.raises(error, match=words):
        alone(**settings).fit(IRIS.data, IRIS.target)


def test_input_that_is_not_allowed():
    with pytest.raises(ValueError, match="infinity"):
        alone().fit([[np.inf], [1.0]], [0, 1])
    with pytest.raises(ValueError, match="Unknown label type"):
        alone().fit(IRIS.data[:4], [0.5, 1.5, 2.25, 3.0])
    with pytest.raises(TypeError, match="is not Int"):
        alone().fit([[1], [2], [3]], [0, 1, 1]).predict([[0.5]])
    with pytest.raises(TypeError, match="outside Mod"):
        alone(modulus=3).fit([[1], [2], [3]], [0, 1, 1])


def test_ctrl_c_ends_a_fit(monkeypatch):
    plain = engine.search
    monkeypatch.setattr(
        engine, "search", lambda *a, **k: replace(plain(*a, **k), stop_reason="interrupted")
    )
    with pytest.raises(KeyboardInterrupt):
        alone(max_programs=100, moves=0).fit(IRIS.data, IRIS.target)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_labellings_are_searched_together_as_one_by_one(data):
    n = data.draw(st.integers(3, 9))
    bits = st.lists(st.booleans(), min_size=n, max_size=n)
    columns = {f"x{i}": np.array(data.draw(bits)) for i in range(3)}
    labels = [np.array(data.draw(bits)) for _ in range(3)]
    tasks = [
        synth.Task(f"t{i}", columns, dict.fromkeys(columns, Bool), y, Bool)
        for i, y in enumerate(labels)
    ]
    together = searches.search_labellings(tasks, max_programs=20_000)
    for task, found in zip(tasks, together, strict=True):
        alone = synth.search(task, max_programs=20_000, moves=0)
        names = ["task", "chosen", "total_bits", "table"]
        # Of a table that won, the search together goes on to programs that are better, and lose.
        for name in names + ["saved_bits", "program"] * (alone.chosen != "table"):
            assert getattr(found, name) == getattr(alone, name)
        assert found.optimal == alone.optimal


def test_labellings_of_other_rows_are_not_searched_together():
    task = synth.load_task("parity:n=3")
    assert [r.task for r in searches.search_labellings([task])] == [task.name]
    with pytest.raises(TaskError, match="none; allowed: 1 and more"):
        searches.search_labellings([])
    with pytest.raises(TaskError, match="rows or types unlike"):
        searches.search_labellings([task, synth.load_task("parity:n=3", seed=1)])


def run(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def test_scikit_learn_is_needed_by_the_classifier_alone():
    done = run("import sys, synth\nsynth.search\nassert 'sklearn' not in sys.modules")
    assert done.returncode == 0, done.stderr
    without = "import sys\nsys.modules['sklearn'] = None\nfrom synth import *\nprint(Int(0, 1))\n"
    done = run(without + "ProgramClassifier()")
    assert done.stdout == "Int(0, 1)\n"
    last = done.stderr.splitlines()[-1]
    assert last.startswith("synth.errors.SettingError: ProgramClassifier needs scikit-learn 1.6")
    assert "pip install 'synth-mdl[sklearn]'" in last


def test_limits_and_labels_of_other_types():
    X = np.arange(12).reshape(6, 2)
    fitted = alone(seconds=30, max_bits=8, memory=2**24, threads=2)
    assert set(fitted.fit(X, [True, False] * 3).predict(X)) <= {True, False}
    assert fitted.results_[0].settings["max_bits"] == 8
    huge = np.array([[2**40], [1], [2**41], [5]])
    fitted = alone().fit(huge, [0, 1, 0, 1])
    assert fitted.results_[0].inputs == {"x0": "Real"}
