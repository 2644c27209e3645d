"""The experiment `regression`: errors against plain loops, the tables, and the verdict."""

import numpy as np
import pytest

import synth
from synth.errors import ExperimentError
from synth.experiments import regression

pytest.importorskip("sklearn")

GIVEN = {"tables": ("x * z + x",), "rows": 40, "parts": 2, "max_programs": 400, "pairs": 0}


def test_errors_are_those_of_rows_that_were_not_learned_from():
    run = synth.run_experiment("regression", dsl="real", **GIVEN)
    (row,) = run.rows
    rng = np.random.default_rng(0)
    x, z = rng.uniform(1, 3, (2, 40)).round(2)
    truth = x * z + x
    labels = (truth + 0.1 * truth.std() * rng.standard_normal(40)).round(3)
    parts = np.random.default_rng([0, 40]).permutation(40) % 2
    left = 0.0
    for part in (0, 1):
        mask = parts != part
        types = {"x": synth.Real, "z": synth.Real}
        task = synth.Task("a", {"x": x, "z": z}, types, np.where(mask, labels, 7), synth.Real, mask)
        (found,) = synth.regress(task, "real", max_programs=400, pairs=0)
        left += np.square(found.predict({"x": x, "z": z}) - truth)[~mask].sum()
    assert row["program"] == pytest.approx(np.sqrt(left / np.square(truth - truth.mean()).sum()))
    assert row["program"] < row["ridge"] < row["tree"] < 1
    assert (row["chosen"], row["noise"], row["twins"], row["twins_of"]) == (
        "program", "normal", 0, 3
    )  # fmt: skip
    assert run.summary["verdict"].startswith("Claim holds: the program has the least error on 1")


@pytest.mark.parametrize("name", regression.MEASURED)
def test_measured_tables_are_numbers(name):
    columns, labels, truth = regression.table(regression.Settings(), name)
    assert labels is truth
    assert 30 <= len(labels) <= 5000
    assert all(word.isidentifier() and len(c) == len(labels) for word, c in columns.items())
    assert not any(np.array_equal(column, labels) for column in columns.values())


def test_wrong_labels_are_in_training_only():
    columns, labels, truth = regression.table(
        regression.Settings(), "sqrt(x^2 + z^2) with wrong labels"
    )
    assert truth == pytest.approx(np.hypot(*columns.values()))
    assert (labels > 3 * truth).sum() == 5


def test_the_verdict_says_what_the_rows_say():
    good = {
        "kind": "formula", "program": 0.1, "ridge": 0.3, "tree": 0.4, "bits": 9.0, "twins": 0,
        "twins_of": 6,
    }  # fmt: skip
    real = good | {"kind": "measured", "program": 0.55, "ridge": 0.5}
    real |= {"tree": 0.52}
    said = regression.summarise([good, real])
    assert said["measured_ratio"] == pytest.approx(1.1)
    assert said["verdict"].startswith("Claim holds")
    assert "Claim does not hold" in regression.summarise([good | {"program": 0.35}])["verdict"]
    assert "Claim does not hold" in regression.summarise([real | {"program": 0.6}])["verdict"]
    assert "control does not hold" in regression.summarise([good | {"twins": 1}])["verdict"]


def test_other_tables_are_refused():
    with pytest.raises(ExperimentError, match="tables=none; allowed: x \\* z"):
        synth.run_experiment("regression", tables=("none",))
