"""True and random labels beside each other: each learner, the verdict, and the figure."""

import itertools
import re

import numpy as np
import pytest
from click.testing import CliRunner

import synth
from synth.cli import main
from synth.experiments import paradox
from synth.experiments.paradox import LABELS, LEARNERS, RANDOM, TRUE, judged
from synth.learners import embed
from synth.report.figure import make_figure

SMALL = {"tasks": ("parity:n=8,k=2", "mod-add:p=17"), "max_programs": 20_000, "moves": 5}


@pytest.fixture(scope="module")
def run():
    return synth.run_experiment("paradox", **SMALL)


def row_of(run, labels, task="parity:n=8,k=2"):
    return next(r for r in run.rows if (r["task"], r["labels"]) == (task, labels))


def test_true_labels_are_learned_and_random_ones_are_fitted(run):
    assert [(r["task"], r["labels"]) for r in run.rows] == [
        (task, kind) for task in SMALL["tasks"] for kind in LABELS
    ]
    for row in run.rows:
        assert row["network_train"] == row["nearest_train"] == 1
        assert (row["chosen"] == "program") == (row["bits"] < row["table_bits"])
        if row["labels"] in RANDOM:
            assert row["chosen"] != "program"
            assert abs(row["network"] - row["guess"]) < 0.2
        if row["labels"] == TRUE:
            assert row["program"] == 1
            assert row["network"] > row["guess"] + 0.2
    assert re.fullmatch(
        r"Claim holds: .* 2 of 2 tasks, .*; control holds: .* 4 of 4 labellings, .*",
        run.summary["verdict"],
    )


@pytest.mark.parametrize("labels", LABELS)
def test_a_row_against_its_parts(run, labels):
    """The bits are those of a search; the predictions are those of a plain loop."""
    task = synth.load_task("parity:n=8,k=2", seed=0)
    twins = {
        "true": task,
        "corrupted": task.corrupted(0.25, 0),
        "permuted": task.permuted(0),
        "uniform": task.uniform(0),
    }
    task, row = twins[labels], row_of(run, labels)
    found = synth.search(task, max_programs=20_000, moves=5)
    assert row["bits"] == found.program.total_bits
    assert row["table_bits"] == found.table.bits
    points, train = embed(task), task.train
    seen = np.flatnonzero(train)
    right = [
        task.labels[seen[np.argmin(np.abs(points[seen] - points[i]).sum(axis=1))]] == task.labels[i]
        for i in np.flatnonzero(~train)
    ]
    assert row["nearest"] == pytest.approx(np.mean(right))
    exact = synth.exact.tree_sum(task, depth=4)
    assert row["bayes_bits"] == pytest.approx(exact.bits)
    assert (row["train_rows"], row["test_rows"]) == (train.sum(), (~train).sum())
    values, counts = np.unique(task.labels[train], return_counts=True)
    assert row["guess"] == (task.labels[~train] == values[counts.argmax()]).mean()


def test_bayes_is_left_out_with_more_than_two_labels(run):
    row = row_of(run, TRUE, "mod-add:p=17")
    assert row["bayes"] is row["bayes_train"] is row["bayes_bits"] is None


@pytest.mark.slow
def test_labels_without_a_rule_get_another_verdict(tmp_path):
    generator = np.random.default_rng(0)
    table = tmp_path / "coins.csv"
    lines = [",".join(map(str, row)) for row in generator.integers(0, 2, (80, 7)).tolist()]
    table.write_text("\n".join(["a,b,c,d,e,f,label", *dict.fromkeys(lines)]) + "\n")
    found = synth.run_experiment("paradox", **SMALL | {"tasks": (str(table),)})
    said = f"a program is shorter than the table on 0 of 1 tasks (not {table} true)"
    assert not found.summary["verdict"].startswith("Claim holds: ")
    assert said in found.summary["verdict"]


@pytest.mark.parametrize(
    ("labels", "change", "said"),
    [
        ("true", {"program": 0.5}, "it predicts better than a guess on {}"),
        ("true", {"chosen": "table"}, "a program is shorter than the table on {} tasks"),
        ("true", {"network_train": 0.9}, "the network fits all training rows of {}"),
        ("true", {"network": 0.5}, "it predicts better than a guess on {}"),
        (
            "permuted",
            {"chosen": "program"},
            "no program is shorter than the table on {} labellings",
        ),
        ("uniform", {"network_train": 0.9}, "the network fits all training rows of {}"),
        ("uniform", {"bayes": 0.9}, "no learner predicts better than a guess on {}"),
    ],
)
def test_a_changed_row_changes_the_verdict(run, labels, change, said):
    rows = [dict(r) for r in run.rows]
    changed = next(r for r in rows if r["labels"] == labels)
    changed.update(change)
    kind, of = ("Claim", 2) if labels == "true" else ("control", 4)
    failing = f"{said.format(f'{of - 1} of {of}')} (not {changed['task']} {labels})"
    assert f"{kind} holds in part: " in judged(rows)
    assert failing in judged(rows)
    assert failing not in run.summary["verdict"]


def test_without_random_labels_the_control_is_not_tested(run):
    assert "control is not tested here" in judged([r for r in run.rows if r["labels"] == TRUE])


def test_every_label_starts_from_the_same_network(run):
    """With no noise the corrupted labels are the true ones, and so is all that is learned."""
    same = synth.run_experiment("paradox", corrupt=0.0, **SMALL | {"tasks": ("parity:n=8,k=2",)})
    true, corrupted = (row_of(same, kind) | {"labels": ""} for kind in ("true", "corrupted"))
    assert true == corrupted == row_of(run, TRUE) | {"labels": ""}


def test_a_task_without_unseen_rows_is_refused():
    result = CliRunner().invoke(main, ["run", "paradox", "--tasks", "parity:n=4,train=1.0"])
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "tasks=parity:n=4,train=1.0" in line
    assert "held-out rows" in line


def test_the_verdict_is_the_last_thing_printed(run):
    *_, last = str(run).split("\nverdict: ")
    assert last.startswith("Claim holds")
    assert "control: " not in last


def test_labels_of_the_figure_do_not_collide(run):
    figure = make_figure(run, paradox)
    figure.draw_without_rendering()
    for axes in figure.axes:
        written = [t for t in axes.texts if t.get_text()]
        legend = axes.get_legend()
        written += [] if legend is None else legend.get_texts()
        assert written
        boxes = [t.get_window_extent() for t in written]
        for one, other in itertools.combinations(boxes, 2):
            assert not one.overlaps(other)
    assert len(figure.axes[2].get_lines()) == len(LEARNERS) + 1
