"""The experiment `library`: what it must show, its control, and its families of tasks."""

import numpy as np
import pytest

import synth
from synth.errors import SettingError
from synth.experiments import library as experiment
from synth.library import saved

#: `tests/test_experiments.py` runs the experiment in small, too.
pytestmark = pytest.mark.slow

XOR = "(a | b) & ~(a & b)"


@pytest.fixture(scope="module")
def ran():
    return synth.run_experiment("library", families=("xor", "ripple"), budget=700_000, twins=1)


def rows(run, **wanted):
    return [r for r in run.rows if all(r[k] == v for k, v in wanted.items())]


def test_total_bits_of_the_xor_family_fall_by_a_fifth_at_least(ran):
    (whole,) = rows(ran, family="xor", labels="true", row="family")
    assert whole["total_after"] <= 0.8 * whole["total_before"]
    assert whole["bits_after"] <= 0.8 * whole["bits_before"]
    (added,) = rows(ran, family="xor", labels="true", row="added")
    assert added["name"] == f"f1(a, b) = {XOR}"
    assert whole["abstractions"] == 1


def test_the_held_out_parity_is_solved_within_a_budget_in_which_it_was_not(ran):
    (parity,) = rows(ran, family="xor", row="held out", name="parity of 4")
    assert parity["before"] == "table"
    assert parity["stop_before"] == "max_programs"
    assert parity["candidates_before"] == ran.settings["budget"]
    assert parity["test_before"] < 0.6
    assert parity["candidates_after"] < parity["candidates_before"]
    assert parity["test_after"] == 1.0
    assert parity["after"].count("f1") == 3


def test_permuted_labels_no_abstraction_is_accepted(ran):
    whole = rows(ran, labels="permuted", row="family")
    assert len(whole) == 2
    for row in whole:
        assert row["abstractions"] == 0
        assert row["total_after"] == row["total_before"]
        assert row["log2_chance"] == 0
    assert not rows(ran, labels="permuted", row="added")
    # Tables forbidden, whatever is shared is not worth it.
    for row in rows(ran, labels="no tables", row="family"):
        (free,) = rows(ran, labels="permuted", row="family", family=row["family"])
        assert row["total_after"] > free["total_after"]


def test_full_adders_make_the_ripple_in_reach(ran):
    (added,) = rows(ran, family="ripple", labels="true", row="added")
    assert added["name"] == "f1(a, b, c) = (a | b) & (a & b | c)"
    (carry,) = rows(ran, family="ripple", labels="true", row="task", name="ripple, carry 2")
    assert carry["test_before"] < 1
    assert carry["test_after"] == 1
    (whole,) = rows(ran, family="ripple", labels="true", row="family")
    assert whole["log2_chance"] < -100


def test_totals_are_those_of_the_rows(ran):
    for whole in ran.rows:
        if whole["row"] != "family" or whole["labels"] == "no tables":
            continue
        key = {k: whole[k] for k in ("family", "labels", "twin")}
        tasks = rows(ran, row="task", **key)
        after = whole["library_bits"] + sum(t["total_after"] for t in tasks)
        assert whole["total_after"] == pytest.approx(after)
        assert whole["total_before"] == pytest.approx(1 + sum(t["total_before"] for t in tasks))
        assert len({frozenset(r) for r in rows(ran, **key)}) == 1


@pytest.mark.slow
def test_digits_learn_their_sum(tmp_path):
    found = synth.run_experiment(
        "library", families="digits", budget=8000, base=3, twins=1, rounds=1,
        libraries=str(tmp_path / "made"),
    )  # fmt: skip
    added = [r["name"] for r in rows(found, labels="true", row="added")]
    assert "f1(a, b) = (a + b) % 3" in added
    assert found.summary["digits_fall_of_total"] > 0.05
    assert found.summary["control_abstractions"] == 0
    # What was learnt is a DSL of the search, from either file.
    assert sorted(p.name for p in (tmp_path / "made").iterdir()) == ["digits.json", "digits.py"]
    task = experiment.family("digits", 0, 3).tasks["digit of a0 + b1"]
    from_json = saved.load(tmp_path / "made" / "digits.json", (*task.types.values(),))
    assert [one.text for one in from_json.abstractions] == added
    for dsl in (from_json.dsl, f"{tmp_path}/made/digits.py:library"):
        assert synth.search(task, dsl).program.text == "f1(a0, b1)"
    pytest.importorskip("matplotlib")
    found.plot(tmp_path / "library.png")
    assert (tmp_path / "library.png").stat().st_size > 10_000


def test_the_same_seed_gives_the_same_rows():
    one, other = (
        synth.run_experiment("library", families="xor", budget=20_000, rounds=1, twins=1)
        for _ in range(2)
    )
    assert one.rows == other.rows
    other = synth.run_experiment(
        "library", families="xor", budget=20_000, rounds=1, twins=1, seed=1
    )
    assert one.rows != other.rows


def test_ripple_and_digits_are_the_arithmetic_they_are_named_for():
    ripple = experiment.family("ripple", 0, 5)
    tasks = ripple.tasks | ripple.held_out
    column = {n: c.astype(int) for n, c in tasks["ripple, sum 1"].columns.items()}
    one, other = (sum(column[f"{n}{k}"] << k for k in range(3)) for n in "ab")
    total = one + other + column["c"]
    for name, bit in (("ripple, sum 1", 1), ("ripple, sum 2", 2), ("ripple, carry 3", 3)):
        assert np.array_equal(tasks[name].labels, total >> bit & 1 == 1), name
    two = one % 4 + other % 4 + column["c"]
    assert np.array_equal(tasks["ripple, carry 2"].labels, two >= 4)
    digits = experiment.family("digits", 1, 7)
    tasks = digits.tasks | digits.held_out
    column = tasks["number, digit 1"].columns
    total = sum(7 * column[f"{n}1"] + column[f"{n}0"] for n in "ab")
    assert np.array_equal(tasks["number, digit 1"].labels, total // 7 % 7)
    assert np.array_equal(tasks["number, carry 2"].labels, total // 49)
    assert np.array_equal(tasks["digit of a0 + b1"].labels, (column["a0"] + column["b1"]) % 7)


def test_wrong_settings_are_one_line(tmp_path):
    with pytest.raises(SettingError, match="families=xor,xor; xor is given twice"):
        synth.run_experiment("library", families=("xor", "xor"))
    with pytest.raises(SettingError, match="families=nor; allowed: xor, ripple, digits"):
        synth.run_experiment("library", families=("nor",))
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingError, match=r"libraries=.*; allowed: a folder, or a path for one"):
        synth.run_experiment("library", libraries=str(tmp_path / "file"))
