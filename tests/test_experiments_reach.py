"""The experiment reach on a small setting: its rows, its summary, and its control."""

import json

import pytest

import synth
from synth.experiments import reach
from synth.runs.executors import executor

SMALL = {
    "task": "multiplexer:a=3,train=0.4",
    "moves": (60, 600),
    "chains": 4,
    "programs": 2000,
    "runs": 2,
}


@pytest.fixture(scope="module")
def small():
    return synth.run_experiment("reach", **SMALL)


def cell(run, labels, simplicity, moves):
    wanted = (labels, simplicity, moves)
    return [r for r in run.rows if (r["labels"], r["simplicity"], r["moves"]) == wanted]


def mean(rows, key):
    return sum(row[key] for row in rows) / len(rows)


def test_more_moves_find_a_simpler_program(small):
    assert len(small.rows) == 2 * 2 * 2 * 2
    few, many = (cell(small, "true", "with", moves) for moves in (60, 600))
    assert mean(many, "total_bits") < mean(few, "total_bits") - 30
    assert all(row["total_bits"] < row["table_bits"] for row in many)
    assert all(row["energy"] == row["total_bits"] for row in few + many)


def test_the_control_finds_the_table(small):
    for row in cell(small, "permuted", "with", 600):
        assert row["chosen"] == "table"
        assert row["test"] == row["table_test"]
    assert small.summary["control_programs"] == 0
    assert small.summary["control_test_less_table"] == 0


def test_without_simplicity_chains_memorise(small):
    """Permuted labels are fitted, by programs whose totals are above the table."""
    few, many = (cell(small, "permuted", "without", moves) for moves in (60, 600))
    assert mean(many, "train") > mean(few, "train") + 0.03
    for row in many:
        assert row["chosen"] == "program"
        assert row["total_bits"] > row["table_bits"]
        assert abs(row["test"] - 0.5) < 0.1


def test_the_summary_is_of_the_rows(small):
    for labels in reach.LABELS:
        for energy in reach.ENERGIES:
            for key in ("total_bits", "train", "test"):
                found = small.summary[f"{key}_{labels}_{energy}"]
                cells = [cell(small, labels, energy, moves) for moves in (60, 600)]
                assert found == pytest.approx([mean(rows, key) for rows in cells])
    assert small.summary["simplest"] == min(
        row["total_bits"] for row in small.rows if row["labels"] == "true"
    )


@pytest.mark.slow
def test_workers_give_the_same_rows(small):
    with executor(workers=2) as pool:
        assert synth.run_experiment("reach", executor=pool, **SMALL).rows == small.rows


def test_a_task_without_held_out_rows(tmp_path):
    run = synth.run_experiment(
        "reach", task="parity:n=3,train=1.0", moves=(20,), chains=2, programs=100, runs=1
    )
    assert run.summary["control_test_less_table"] is None
    assert json.dumps(run.to_dict())
    pytest.importorskip("matplotlib")
    synth.save_run(run, tmp_path / "run.json")
