"""The experiment `noise`: bits of a formula and of a constant, and where they are equal."""

import numpy as np
import pytest

import synth
from synth.codes import real
from synth.errors import SettingError
from synth.experiments import noise
from synth.experiments.base import spawn_seeds

GIVEN = {"rows": (20,), "noise": (0.1, 3.0), "runs": 4, "max_bits": 9.5}


@pytest.fixture(scope="module")
def run():
    return synth.run_experiment("noise", **GIVEN)


def drawn(n, ratio, runs):
    """Inputs, the values of the product, and labels: made again from what the page says."""
    x, z = np.random.default_rng([0, n]).uniform(1, 3, (2, n)).round(3)
    values = x * z
    for seed in spawn_seeds(0, runs):
        eps = np.random.default_rng([seed, n]).standard_normal(n)
        yield x, z, values, np.round((values + ratio * values.std() * eps) / 0.01) * 0.01, seed


def test_bits_are_those_of_the_code_and_of_a_search_of_each_draw(run):
    for row in run.rows:
        formula, constant, expected, chosen, twins = [], [], [], [], []
        for x, z, values, labels, seed in drawn(row["rows"], row["noise"], row["runs"]):
            types = {"x": synth.Real, "z": synth.Real}
            task = synth.Task("noise", {"x": x, "z": z}, types, labels, synth.Real)
            (found,) = synth.regress(task, "real", max_bits=9.5, pairs=0, precision=0.01)
            (twin,) = synth.regress(
                task.permuted(seed), "real", max_bits=9.5, pairs=0, precision=0.01
            )
            chosen.append(found.chosen)
            twins.append(twin.chosen == "program")
            constant.append(found.constant.total_bits)
            mine = [s.total_bits for s in found.top if s.terms in (("x * z",), ("z * x",))]
            formula += mine or [np.nan]
            n, scale = len(labels), real.Scale.of(labels, 0.01)
            variance = (row["noise"] * values.std()) ** 2
            offset = n * (scale.rounded(labels).mean() - scale.middle) ** 2
            total = np.square(values - values.mean()).sum() + (n - 1) * variance + offset
            left = real.program_total([row["program_bits"]], (n - 2) * variance, total, n, scale)
            expected.append(float(left))
        if not np.isnan(formula).any():
            assert row["formula_bits"] == pytest.approx(np.mean(formula), abs=1e-3)
        assert row["constant_bits"] == pytest.approx(np.mean(constant))
        assert row["predicted_formula"] == pytest.approx(np.mean(expected))
        assert row["saved"] == pytest.approx(row["constant_bits"] - row["formula_bits"])
        for name in ("program", "constant", "table"):
            assert row[name] == chosen.count(name) / len(chosen)
        assert row["twin_program"] == np.mean(twins)
    assert (run.rows[0]["program"], run.rows[0]["formula"]) == (1, 1)
    assert run.rows[1]["program"] == 0


def test_a_crossing_is_between_the_rows_about_it():
    rows = [{"noise": 1.0, "a": 3.0}, {"noise": 2.0, "a": 1.0}, {"noise": 8.0, "a": -1.0}]
    assert noise.crossing(rows, "a") == pytest.approx(4.0)
    assert noise.crossing(rows[:2], "a") is None


def summary_of(measured, twins=0.0):
    """A summary whose measured crossing is at a noise and whose prediction is at 2."""
    rows = [
        {"rows": 50, "noise": s, "saved": np.log(measured / s), "predicted": np.log(2 / s),
         "formula_bits": 100.0, "predicted_formula": 101.0, "runs": 30, "twin_program": twins}
        for s in (1.0, 4.0)
    ]  # fmt: skip
    return noise.summarise(rows)


def test_the_verdict_says_what_the_rows_say():
    near = summary_of(2.1)
    assert near["crossings"] == {"50": pytest.approx([2.1, 2.0])}
    assert near["most_off"] == pytest.approx(0.05)
    assert near["most_bits_off"] == 1.0
    assert near["control_programs"] == "0 of 60"
    assert near["verdict"].startswith("Claim holds: crossings are off")
    assert "Claim does not hold" in summary_of(2.3)["verdict"]
    assert "Claim does not hold" in summary_of(9.0)["verdict"]
    assert "control does not hold" in summary_of(2.0, twins=0.1)["verdict"]


def test_formulas_without_values_are_refused():
    with pytest.raises(SettingError, match=r"formula=2\.0; allowed: a program with several values"):
        synth.run_experiment("noise", **GIVEN, formula="2.0")
    with pytest.raises(SettingError, match="formula=x / "):
        synth.run_experiment("noise", **GIVEN, formula="x / (x - x)")
