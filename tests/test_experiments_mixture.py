"""The experiment `mixture`: what each learner says of the held-out rows, and the theorem."""

from pathlib import Path

import numpy as np
import pytest

import synth
from synth.errors import SettingError
from synth.experiments.base import spawn_seeds
from synth.language import Int
from synth.learners import held_out_loss
from tests import naive

GIVEN = {"rows": (12, 30), "runs": 1, "max_programs": 2000, "moves": 0, "steps": 40, "width": 8}


@pytest.fixture(scope="module")
def run():
    return synth.run_experiment("mixture", tasks=("iris",), **GIVEN)


def tasks_of(row):
    (seed,) = spawn_seeds(0, 1)
    task = synth.load_task(row["task"]).split(row["rows"], seed)
    return ("", task), ("twin_", task.permuted(seed))


def test_the_mixture_needs_what_it_loses_in_order_and_no_more_than_its_best_tree(run):
    for prefix, task in tasks_of(run.rows[0]):
        passed = synth.exact.TableTests.of(task).passed(
            {name: column[task.train] for name, column in task.columns.items()}
        )
        columns = synth.exact.TableTests.of(task).columns
        labels, lost = task.places(), 0.0
        for place in range(len(labels)):
            known = np.where(np.arange(len(labels)) < place, labels, -1)
            trees = synth.exact.TreeSum(passed, known, 2, columns=columns)
            lost -= np.log2(trees.predict(passed[place : place + 1], least=0)[0, labels[place]])
        assert run.rows[0][f"{prefix}bits"] == pytest.approx(lost)
    for row in run.rows:
        assert row["bits"] < row["best_bits"]
        assert row["above_best"] == row["bits"] - row["best_bits"]
        assert row["saved"] == row["constant_bits"] - row["bits"]
    assert run.summary["most_above_best"] <= 1e-9


def test_losses_are_those_of_what_is_said(run):
    for row in run.rows:
        for prefix, task in tasks_of(row):
            counts, held = task.counts(), ~task.train
            n, places = counts.sum(), task.labels[held].astype(int)
            shares = (counts + 1) / (n + 2)
            assert row[f"{prefix}constant_loss"] == pytest.approx(-np.log2(shares[places]).mean())
            assert row[f"{prefix}constant_accuracy"] == np.mean(places == np.argmax(counts))
            found = synth.search(task, max_programs=2000, moves=0, seconds=None)
            if found.chosen == "program":
                wrong = (found.program.exceptions + 1) / (n + 2)
                right = found.program.test_accuracy
                lost = -right * np.log2(1 - wrong) - (1 - right) * np.log2(wrong)
                assert row[f"{prefix}shortest_loss"] == pytest.approx(lost)
                assert row[f"{prefix}shortest_accuracy"] == right
            trees = synth.exact.tree_sum(task)
            asked = {name: column[held] for name, column in task.columns.items()}
            said = trees.predict(synth.exact.TableTests.of(task).passed(asked))
            lost = -np.log2(said[np.arange(len(places)), places]).mean()
            assert row[f"{prefix}mixture_loss"] == pytest.approx(lost)
    assert run.rows[1]["mixture_loss"] < run.rows[1]["constant_loss"] - 0.3


def test_on_permuted_labels_nothing_is_learnt(run):
    for row in run.rows:
        assert row["twin_saved"] < naive.table_bits([1, 1])
        assert row["twin_mixture_loss"] > row["twin_constant_loss"] - 0.1
    assert run.summary["control_most_saved"] == max(row["twin_saved"] for row in run.rows)


def test_what_cannot_be_used_is_refused():
    with pytest.raises(SettingError, match=r"rows=200; allowed: 4..149, since iris has 150"):
        synth.run_experiment("mixture", tasks=("iris",), rows=(200,))


def test_numeric_labels_are_refused():
    path = str(Path(__file__).parent.parent / "examples" / "measured.csv")
    with pytest.raises(SettingError, match="the label energy is numeric; allowed: a few label"):
        synth.run_experiment("mixture", tasks=(path,), rows=(20,))


def test_a_held_out_label_that_training_lacks_is_no_loss():
    labels = np.array([0, 1, 0, 1, 5, 1])
    columns = {"x": np.arange(6)}
    train = np.arange(6) < 3
    task = synth.Task("t", columns, {"x": Int(0, 5)}, labels, Int(0, 5), train=train)
    chances = np.array([[0.25, 0.75], [0.5, 0.5], [0.25, 0.75]])
    assert held_out_loss(task, chances) == pytest.approx(-np.log2(0.75))
