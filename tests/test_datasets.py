"""The table of all tasks: logistic regression, what each number is, and the control."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import SettingError, SynthError
from synth.learners import LogisticRegression, embed, mixture_of, predictor_of
from synth.report.experiment import experiment_text
from tests import naive

# -- logistic regression ----------------------------------------------------------


def slow_objective(weights, points, labels, values, penalty):
    """Σ -ln p + penalty/2 Σ w², row by row; weights (d + 1, labels), intercepts last."""
    total = 0.0
    for point, label in zip(points, labels, strict=True):
        scores = [sum(point * w[:-1]) + w[-1] for w in weights.T]
        total += np.log(sum(np.exp(scores))) - scores[values.index(label)]
    return total + penalty / 2 * (weights[:-1] ** 2).sum()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.integers(2, 4), st.integers(1, 3), st.floats(0.1, 10))
def test_no_weight_can_be_bettered(seed, many, wide, penalty):
    """The objective is convex, so that a minimum along every direction is the minimum."""
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(12, wide))
    labels = np.r_[np.arange(many), generator.integers(0, many, 12 - many)] + 3
    found = LogisticRegression(points, labels, penalty=penalty)
    values = found.values.tolist()
    least = slow_objective(found.weights, points, labels, values, penalty)
    for _ in range(6):
        step = generator.normal(size=found.weights.shape)
        if many == 2:
            step[:, 0] = 0  # of two labels one has no weights
        for size in (1e-2, -1e-2, 0.3):
            other = found.weights + size * step
            assert slow_objective(other, points, labels, values, penalty) >= least - 1e-7


@pytest.mark.parametrize("name", ["monk:1", "mod-add:p=5,train=0.8", "iris:label=virginica"])
@pytest.mark.parametrize("penalty", [1.0, 0.05])
def test_logistic_regression_is_that_of_scikit_learn(name, penalty):
    linear = pytest.importorskip("sklearn.linear_model")
    task = synth.load_task(name)
    points, train = embed(task), task.train
    ours = LogisticRegression(points[train], task.labels[train], penalty=penalty)
    theirs = linear.LogisticRegression(C=1 / penalty, max_iter=10_000, tol=1e-8)
    theirs.fit(points[train], task.labels[train])
    scores = np.exp(ours.scores(points))
    chances = theirs.predict_proba(points)
    assert scores / scores.sum(axis=1, keepdims=True) == pytest.approx(chances, abs=1e-4)
    # On permuted labels and in ties the argmax may turn on the last digit.
    sure = np.sort(chances, axis=1)[:, -1] - np.sort(chances, axis=1)[:, -2] > 1e-3
    assert sure.mean() > 0.3
    assert np.array_equal(ours.predict(points)[sure], theirs.predict(points)[sure])


def test_one_label_is_always_said():
    found = LogisticRegression(np.arange(3.0)[:, None], np.array([4, 4, 4]))
    assert found.predict(np.array([[9.0], [-9.0]])).tolist() == [4, 4]


# -- the experiment ---------------------------------------------------------------

OWN = str(Path(__file__).parent.parent / "examples" / "own_table.csv")
NAMES = ("parity:n=8,k=3", "monk:1", "tic-tac-toe", "iris", "mod-mul:p=7", "shj:type=2")


PROGRAMS = 30_000


@pytest.fixture(scope="module")
def run():
    return synth.run_experiment(
        "datasets", tasks=NAMES, tables=(OWN,), max_programs=PROGRAMS, moves=0
    )


def test_every_number_is_what_it_says(run):
    assert [r["task"] for r in run.rows] == [*NAMES, "own_table.csv"]
    for row in run.rows:
        spec = OWN if row["task"].endswith("csv") else row["task"]
        task = synth.load_task(spec, seed=0)
        both = synth.contrast(task, max_programs=PROGRAMS, moves=0, seconds=None, seed=0)
        for prefix, found, labelled in (
            ("", both.structured, task),
            ("twin_", both.random, task.permuted(0)),
        ):
            saved = row["twin"] if prefix else row["saved"]
            assert saved * task.training == pytest.approx(found.saved_bits)
            assert row[prefix + "chosen"] == found.chosen
            # Rounded up, a bound on a chance stays one.
            assert row[prefix + "chance"] - 1 < found.log2_chance_bound <= row[prefix + "chance"]
            if task.train.all():
                assert row[prefix + "mdl"] is None is row[prefix + "1-nn"]
                continue
            chosen = found.program if found.chosen == "program" else found.table
            assert row[prefix + "mdl"] == chosen.test_accuracy
            points, labels = embed(labelled), labelled.labels
            train, truth = labelled.train, labels[~labelled.train]
            seen = labels[train].tolist()
            majority = max(sorted(set(seen)), key=seen.count)
            assert row[prefix + "majority"] == np.mean([v == majority for v in truth])
            if len(labels) < 500:
                said = naive.nearest(points[train], labels[train], points[~train], 1)
                assert row[prefix + "1-nn"] == pytest.approx(np.mean(said == truth), abs=0.04)
            if row["task"] == "monk:1":
                _said_by_the_mixture(row, prefix, found, labelled)
            model = LogisticRegression(points[train], labels[train])
            assert row[prefix + "logit"] == np.mean(model.predict(points[~train]) == truth)


def _said_by_the_mixture(row, prefix, found, task):
    """Accuracies and losses of what the searched rule and its mixture say, written out."""
    held, alphabet = ~task.train, np.array(task.alphabet)
    places = np.searchsorted(alphabet, task.labels[held])
    columns = {name: column[held] for name, column in task.columns.items()}
    alone = predictor_of(found).probabilities(columns, len(places))
    mixed = mixture_of(found).probabilities(columns, alone)
    for name, said in (("mdl", alone), ("mixture", mixed)):
        lost = -np.log2(said[np.arange(len(places)), places]).mean()
        assert row[f"{prefix}{name}_loss"] == pytest.approx(lost)
    assert row[f"{prefix}mixture"] == np.mean(mixed.argmax(axis=1) == places)


def test_there_are_rules_and_chance_could_not_do_that(run):
    for row in run.rows:
        assert row["twin_chance"] == 0
        if row["task"] not in ("shj:type=2",):
            assert row["chosen"] == "program"
            assert row["saved"] > 0
            assert row["chance"] < -8
            assert row["mdl"] > row["majority"]
    assert run.summary["control_least_chance_bound"] == 0


@pytest.mark.slow
def test_reach_goes_on_for_the_task_and_for_its_twin(run):
    """A program that the enumeration does not come near; the twin keeps the table."""
    given = {"max_programs": PROGRAMS, "moves": 8}
    (row,) = synth.run_experiment("datasets", tasks=("tic-tac-toe",), **given).rows
    without = next(r for r in run.rows if r["task"] == "tic-tac-toe")
    both = synth.contrast("tic-tac-toe", seed=0, seconds=None, **given)
    assert both.structured.program.found_by == "reach"
    assert both.random.reach.moves == both.structured.reach.moves == 8
    assert row["program_bits"] == both.structured.program.bits > 60
    assert row["saved"] > without["saved"] + 0.4
    assert row["mdl"] > without["mdl"] + 0.2
    assert row["twin_chosen"] == "table"
    assert row["twin_chance"] == 0


def test_the_table_fits_80_columns(run):
    lines = experiment_text(run, 80).splitlines()
    head = next(line for line in lines if line.startswith("task"))
    assert head.split() == [
        "task", "chosen", "saved", "chance", "mdl", "mixture", "1-nn", "logit", "twin",
    ]  # fmt: skip
    assert all(len(line) <= 80 for line in lines)


@pytest.mark.slow
def test_labels_held_out_change_nothing_that_is_chosen(tmp_path):
    text = Path(OWN).read_text().splitlines()
    task = synth.load_task(OWN, seed=0)
    head, *body = text
    last = body[0].rpartition(",")[2]
    other = next(v for line in body if (v := line.rpartition(",")[2]) != last)
    for i in np.flatnonzero(~task.train):
        front, _, label = body[i].rpartition(",")
        body[i] = f"{front},{other if label == last else last}"
    (tmp_path / "turned.csv").write_text("\n".join([head, *body]) + "\n")
    paths = (OWN, str(tmp_path / "turned.csv"))
    one, two = synth.run_experiment(
        "datasets", tasks=("parity:n=3",), tables=paths, max_programs=10_000, moves=8
    ).rows[1:]
    for key in ("chosen", "program", "saved", "chance", "exceptions"):
        assert one[key] == two[key]
    for key in ("mdl", "majority", "1-nn", "logit"):
        assert one[key] + two[key] == pytest.approx(1)


def test_the_label_column_of_tables_is_named(tmp_path):
    """First in the file, and a column that is left out would give it away."""
    lines = [f"{'xy'[i % 2]},{i % 2},{i // 2 % 2},{i % 2}" for i in range(96)]
    (tmp_path / "own.csv").write_text("kind,a,b,leak\n" + "\n".join(lines) + "\n")
    run = synth.run_experiment(
        "datasets", tasks=("shj",), tables=(str(tmp_path / "own.csv"),), label="kind",
        drop=("leak",), max_programs=10_000, moves=0,
    )  # fmt: skip
    named, own = run.rows
    assert named["task"] == "shj"
    assert "leak" not in own["program"]
    assert "a" in own["program"]
    assert own["chosen"] == "program"
    with pytest.raises(SynthError, match="other"):
        synth.run_experiment(
            "datasets", tasks=("shj",), tables=(str(tmp_path / "own.csv"),), label="other"
        )


def test_a_missing_extra_is_a_note(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    run = synth.run_experiment("datasets", tasks=("iris", "parity:n=4"), max_programs=1000, moves=0)
    assert "needs scikit-learn" in run.rows[0]["note"]
    assert run.rows[0].keys() == run.rows[1].keys()
    assert run.rows[1]["note"] is None
    assert "pip install" in run.summary["left_out"]["iris"]
    alone = synth.run_experiment("datasets", tasks=("iris",), max_programs=1000)
    assert alone.rows[0]["chosen"] is None


def test_every_built_in_task_unless_some_are_given():
    from synth.experiments import datasets

    names = [n for _, n in datasets.run(datasets.Settings(), lambda _, items: items)]
    assert {n.partition(":")[0] for n in names} == set(synth.tasks.names())
    assert names.count("monk:3") == 1


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"tables": ("monk:1",)}, "tables=monk:1; allowed: paths of CSV files"),
        ({"tasks": ("monk:1", "monk:1")}, "monk:1 is given twice"),
        ({"max_programs": 0}, "max_programs=0; allowed: an integer of at least 1"),
        ({"tables": ("nowhere.csv",), "tasks": ("shj",)}, "nowhere.csv"),
    ],
)
def test_what_is_refused(given, words):
    with pytest.raises((SettingError, SynthError)) as error:
        synth.run_experiment("datasets", **given)
    assert words in str(error.value)


def test_tables_are_read_before_any_search(tmp_path):
    (tmp_path / "one.csv").write_text("a,y\n0,1\n1,1\n")
    asked = []
    from synth.experiments import datasets

    given = datasets.Settings(tasks=("shj",), tables=(str(tmp_path / "one.csv"),))
    with pytest.raises(SynthError, match="one label only"):
        list(datasets.run(given, lambda _, items: asked.extend(items) or []))
    assert not asked
