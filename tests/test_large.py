"""Tables with many rows: what is found on some of them is scored on all of them."""

import pickle

import numpy as np
import pytest

import synth
from synth import codes, tasks
from synth.engine.large import LanguageSearch
from synth.exact import RowCells, TableTests, TreeSum
from synth.records import StopReason

LIMITS = {"max_programs": 1000, "moves": 3, "threads": 1}


def table(rows=6500, train=6000, seed=0):
    generator = np.random.default_rng(seed)
    numbers = {name: generator.normal(size=rows).round(2) for name in "abc"}
    truth = generator.random(rows) < 0.5
    labels = ((numbers["a"] < 0.3) & truth) ^ (generator.random(rows) < 0.05)
    return synth.Task(
        "large",
        {**numbers, "t": truth},
        {**dict.fromkeys("abc", synth.Real), "t": synth.Bool},
        labels,
        synth.Bool,
        train=np.arange(rows) < train,
        is_table=True,
    )


def test_ctrl_c_is_said(monkeypatch):
    """The best of some rows is scored on all of them, and the search was interrupted."""
    search = LanguageSearch([table()], "rules", **LIMITS, seconds=None)
    monkeypatch.setattr(search.search._watch, "is_late", lambda *_: True)
    monkeypatch.setattr(search.search._watch, "reason", lambda *_: StopReason.INTERRUPTED)
    (found,) = search.run()
    assert found.stop_reason == found.settings["drawn"]["stop_reason"] == StopReason.INTERRUPTED
    assert found.rows["train"] == 6000


@pytest.fixture(scope="module")
def result():
    return synth.search(table(), **LIMITS)


@pytest.mark.slow
def test_what_is_found_counts_if_the_time_is_over_then():
    one, other = (
        LanguageSearch([table()], "rules", **LIMITS, among=2, spent=spent, seconds=None).run()[0]
        for spent in (0.0, 99.0)
    )
    assert other.seconds > 99
    assert (other.rows["train"], other.reach is None) == (6000, False)
    assert [(p.bits, p.exceptions) for p in one.front] == [
        (p.bits, p.exceptions) for p in other.front
    ]


@pytest.mark.slow
def test_a_program_is_scored_on_all_rows(result):
    task = table()
    assert result.settings["drawn"]["rows"] == 5000
    assert result.rows["train"] == 6000
    said = result.predict({name: c[task.train] for name, c in task.columns.items()})
    wrong = int((said.astype(bool) != task.labels[task.train]).sum())
    assert result.program.exceptions == wrong
    price = codes.program_total(result.program.bits, 6000, wrong, 2, False)
    assert result.program.total_bits == pytest.approx(price + result.language_bits)
    counts = [int(n) for n in task.counts()]
    assert result.log2_chance_bound == pytest.approx(
        codes.log2_chance_bound(counts, result.total_bits)
    )
    assert result.program.test_accuracy > 0.9


def test_what_some_rows_prove_is_not_proven_of_all(result):
    assert not result.optimal
    assert result.stop_reason not in ("optimal", "exhausted")
    assert "on 5,000 drawn rows" in " ".join(str(result).split())
    # Of all rows, only the first programs were scored one by one.
    assert result.certified_bits < result.program.bits


@pytest.mark.slow
@pytest.mark.parametrize(
    "limits",
    [LIMITS, {"max_bits": 10, "moves": 0}, {"max_programs": 2000, "moves": 0, "dsl": "rules"}],
)
def test_a_saved_run_is_verified(limits, tmp_path):
    found = synth.search(table(), **limits)
    synth.save_run(found.with_data(), tmp_path / "run.json")
    assert [c for c in synth.verify(tmp_path / "run.json") if c.holds is False] == []


def test_thresholds_are_those_of_the_rows_that_were_drawn():
    task = table()
    whole, some = (tasks.fit("rules", each).task for each in (task, tasks.drawn(task)))
    assert list(whole.columns) == list(some.columns)
    assert some.rows == 5000
    again = tasks.fit("rules", table().permuted(3)).task
    assert list(again.columns) == list(whole.columns)  # no label decides


def test_a_table_with_fewer_rows_is_searched_as_a_whole():
    task = table(rows=900, train=800)
    assert tasks.drawn(task) is task
    assert "drawn" not in synth.search(task, max_bits=6, moves=0, threads=1).settings


@pytest.mark.slow
def test_no_rule_is_found_in_the_twin(result):
    found = synth.contrast(table(), **LIMITS)
    assert found.structured.program.total_bits == pytest.approx(result.program.total_bits)
    assert found.random.saved_bits < 20
    assert found.random.rows["train"] == 6000


@pytest.mark.slow
def test_an_estimator_of_many_rows_predicts_after_pickling_as_before():
    task = table()
    points = np.column_stack([task.columns[name].astype(float) for name in "abct"])
    train = task.train
    model = synth.ProgramClassifier(max_programs=3000, moves=8).fit(
        points[train], task.labels[train]
    )
    again = pickle.loads(pickle.dumps(model))  # noqa: S301
    said = model.predict_proba(points[~train])
    assert said == pytest.approx(again.predict_proba(points[~train]), abs=1e-12)
    assert (model.classes_[said.argmax(axis=1)] == task.labels[~train]).mean() > 0.9


def test_tests_are_read_some_rows_at_a_time():
    task = table()
    tests = TableTests.of(task, 8)
    read, whole = tests.read(task.columns), tests.passed(task.columns)
    for at in range(whole.shape[1]):
        assert (read.passing(at) == whole[:, at]).all()
    labels = task.labels.astype(int)
    ways = (read, RowCells.of(whole, tests.columns))
    first, other = (TreeSum(each, labels, 2, depth=3, widths=(3, 2)) for each in ways)
    assert first.bits == pytest.approx(other.bits, abs=1e-9)
    # New rows may pass tests together that no row has passed together.
    new = np.random.default_rng(1).random((20, whole.shape[1])) < 0.5
    assert first.predict(new) == pytest.approx(other.predict(new), abs=1e-12)
