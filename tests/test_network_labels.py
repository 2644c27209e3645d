"""Networks and programs under label noise: each part against loops, and what must show."""

import re

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import codes
from synth.cli import main
from synth.errors import SettingError
from synth.experiments import network_labels
from synth.experiments.network_labels import Settings, shortest_bits
from synth.learners.networks.consistent import corners
from synth.learners.networks.noise import fall, labellings, most_exceptions
from synth.learners.networks.perceptron import drawn, outputs, said
from synth.learners.networks.training import Optimiser, Training

SMALL = {
    "rules": ("x0", "x0 ^ x1"), "inputs": 8, "rows": 128, "runs": 4, "max_bits": 13.0,
    "noise": tuple(k / 20 for k in range(11)), "rate": 0.01,
}  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.floats(1, 40), st.integers(1, 300))
def test_most_exceptions_against_the_code_lengths(bits, n):
    """The program with so many exceptions is shorter than the table, with one more it is not."""
    most = most_exceptions(bits, n)
    for flips in range(n + 1):
        pays = codes.program_total(bits, n, flips, 2, False) < codes.uniform_table_bits(n, 2)
        if flips <= most:
            assert pays
        elif flips == most + 1:
            assert not pays


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(4, 40))
def test_flips_are_nested_and_of_training_rows_alone(seed, n):
    generator = np.random.default_rng(seed)
    task = network_labels._task(Settings(**SMALL), "x0 ^ x1")
    train = generator.permutation(task.rows)[:n]
    noise = [0.0, 0.1, 0.25, 0.5]
    *noisy, (permuted, share, flips) = labellings(task.labels, train, noise, generator)
    before = set()
    for (labels, given_share, count), expected in zip(noisy, noise, strict=True):
        flipped = set(np.flatnonzero(labels != task.labels).tolist())
        assert given_share == expected
        assert len(flipped) == count == round(expected * n)
        assert before <= flipped <= set(train.tolist())
        before = flipped
    assert share is None
    assert flips == (permuted != task.labels).sum()
    assert permuted[train].sum() == task.labels[train].sum()
    others = np.setdiff1d(np.arange(task.rows), train)
    np.testing.assert_array_equal(permuted[others], task.labels[others])


def test_a_step_and_a_slope():
    noise = [k / 10 for k in range(6)]
    step = fall(noise, [1, 1, 1, 0.5, 0.5, 0.5])
    # Between 0.2 and 0.3 accuracy passes 0.9 at 0.22 and 0.6 at 0.28 on the straight line.
    assert step == pytest.approx(
        {"clean": 1, "middle": 0.25, "width": 0.06, "drop": 0.5, "share": 1}
    )
    slope = fall(noise, [1, 0.9, 0.8, 0.7, 0.6, 0.5])
    assert slope == pytest.approx(
        {"clean": 1, "middle": 0.25, "width": 0.3, "drop": 0.1, "share": 0.2}
    )
    stairs = fall(noise, [1, 1, 0.75, 0.75, 0.5, 0.5])
    assert stairs == pytest.approx(
        {"clean": 1, "middle": 0.3, "width": 0.36 - 0.14, "drop": 0.25, "share": 0.5}
    )
    # Of one that starts at 0.9: from 0.82 to 0.58.
    assert fall(noise, [0.9, 0.7, 0.5, 0.5, 0.5, 0.5])["width"] == pytest.approx(0.12)
    assert fall(noise, [0.7, 0.7, 0.5, 0.5, 0.5, 0.5])["width"] is None
    assert fall(noise, [1, 1, 1, 1, 1, 0.9])["width"] is None


def test_the_mean_of_steps_is_a_slope_and_each_is_a_step():
    """Why it is measured run by run."""
    noise = np.linspace(0, 0.5, 21)
    curves = np.array([np.where(noise < place, 1.0, 0.5) for place in noise[1:]])
    assert all(fall(noise, c)["share"] == 1 for c in curves)
    assert fall(noise, curves.mean(axis=0))["share"] == pytest.approx(1 / 20)


def test_shortest_bits_are_those_of_the_shortest_program():
    made = Settings(**SMALL)
    leaf = np.ceil(1024 * (1 + np.log2(8))) / 1024
    assert shortest_bits(made, "x0") == leaf
    assert shortest_bits(made, "x0 & x0 | x0 & x3") == leaf
    assert shortest_bits(made, "x0 ^ x1") == shortest_bits(made, "(x0 | x1) & ~(x0 & x1)")
    with pytest.raises(
        SettingError, match="rules=x0 \\^ x1 \\^ x2, max_bits=13: no program within"
    ):
        shortest_bits(made, "x0 ^ x1 ^ x2")


def test_training_beyond_zero_error_tells_the_first_step_without():
    made = Settings(**SMALL | {"beyond": True, "steps": 60, "decay": 0.1})
    points = corners(8)[:40]
    labels = np.stack([points[:, 0] > 0, points[:, 1] * points[:, 0] > 0]).astype(int)
    start = drawn(made.shape, 2, 0, scale=1.4)
    parameters, steps = network_labels.trained(made, start.copy(), points, labels)
    for k in range(2):
        alone = Training(made.shape, start[k : k + 1].copy(), points, labels[k],
                         Optimiser(rate=0.01, decay=0.1))  # fmt: skip
        first = None
        for step in range(60):
            right = (said(outputs(made.shape, alone.parameters, points)) == labels[k]).all()
            first = step if right and first is None else first
            alone.step()
        assert steps[k] == pytest.approx(first, abs=1)
        np.testing.assert_allclose(parameters[k], alone.parameters[0], atol=1e-3)
    few = Settings(**SMALL | {"beyond": True, "steps": 1})
    assert network_labels.trained(few, start.copy(), points, labels)[1].tolist() == [-1, -1]


@pytest.fixture(scope="module")
def run():
    return synth.run_experiment("network-labels", **SMALL)


def test_rows_are_those_of_networks_and_programs_alone(run):
    """One run once more: its networks one by one, its programs by `search` on a table."""
    made = Settings(**SMALL)
    seed = synth.experiments.base.spawn_seeds(0, 4)[1]
    noise = sorted(made.noise)
    rows = [r for r in run.rows if r["rule"] == "x0 ^ x1" and r["run"] == 1]
    assert rows == network_labels._run((made, "x0 ^ x1", noise, 1, seed))
    task, generator = network_labels._task(made, "x0 ^ x1"), np.random.default_rng(seed)
    train = generator.permutation(task.rows)[:128]
    labelled = labellings(task.labels, train, noise, generator)
    held_out = np.setdiff1d(np.arange(256), train)
    for k in (0, 4, 11):
        labels = labelled[k][0]
        start = drawn(made.shape, 1, seed, scale=made.scale, bias=made.bias)
        alone = Training(made.shape, start, corners(8)[train], labels[train], Optimiser(rate=0.01))
        alone.look()
        while alone.right() < 1:
            alone.move()
            alone.look()
        assert rows[k]["steps"] == pytest.approx(alone.steps, abs=2)
        right = said(outputs(made.shape, alone.parameters, corners(8)[held_out]))[0]
        truth = [bool(row & 1) != bool(row >> 1 & 1) for row in held_out.tolist()]
        assert rows[k]["network"] == pytest.approx((right == truth).mean(), abs=0.02)
        if rows[k]["chosen"] == "program":
            e = int((labels != task.labels).sum())
            assert (rows[k]["text"], rows[k]["exceptions"]) == ("x0 ^ x1", e)
            assert rows[k]["program"] == 1


def test_networks_fall_smoothly_and_programs_in_one_step(run):
    assert all(r["network_train"] == 1 for r in run.rows)
    for rule in SMALL["rules"]:
        network, program = (
            network_labels._falls(run.rows, rule, k) for k in ("network", "program")
        )
        for n, p in zip(network, program, strict=True):
            assert n["drop"] < 0.25 < 0.4 < p["drop"]
            assert n["width"] is None or n["width"] > 0.1
            assert p["width"] < 0.05
            assert p["share"] > 0.8
        assert sum(n["width"] is not None for n in network) >= 3
    # Where the code lengths say so, within what other programs can do to it.
    noisy = [r for r in run.rows if r["labels"] == "noisy"]
    wrong = [r for r in noisy if (r["program"] == 1) != (r["flips"] <= r["most_flips"])]
    assert len(wrong) <= 0.1 * len(noisy)


def test_random_labels_take_longer_and_no_one_beats_chance(run):
    for rule in SMALL["rules"]:
        mine = [r for r in run.rows if r["rule"] == rule]
        true = [r["steps"] for r in mine if r["noise"] == 0]
        random = [r["steps"] for r in mine if r["labels"] == "permuted"]
        assert np.mean(random) > 1.5 * np.mean(true)
        clean = [r["network"] for r in mine if r["noise"] == 0]
        assert min(clean) > 0.75
    for some in ([r for r in run.rows if r["labels"] == "permuted"],
                 [r for r in run.rows if r["noise"] == 0.5]):  # fmt: skip
        assert len(some) == 8
        for learner in ("network", "program"):
            values = [r[learner] for r in some]
            # 128 unseen rows each: a standard error of 0.016 and more over eight.
            assert np.mean(values) == pytest.approx(0.5, abs=0.07)


def test_it_is_drawn_and_told(run, tmp_path):
    run.plot(tmp_path / "figure.png")
    assert run.summary["networks_at_zero_error"] == "96 of 96"
    assert run.summary["program_drops_more"] == "8 of 8"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--inputs", "4", "--rows", "16"], r"rows=16; allowed: 2\.\.15, since there are 16 rows"),
        (["--noise", "0.1,0.2"], "noise=0.1,0.2; allowed: 0 and at least one other share"),
        (["--noise", "0,0.7"], r"noise=0,0\.7; allowed: numbers 0\.\.0\.5"),
        (["--rules", "x0 & x1"], "x0 & x1: 1 on 256 of 1024 rows; allowed: rules that are 1 on"),
        (["--rules", "x0,x0"], "x0 is given twice"),
        (["--rules", "x0 ^^"], "is not an expression"),
        (["--rules", "x99"], "x99"),
        (["--rules", "x0 ^ x1 ^ x2", "--max-bits", "8"], "no program within max_bits"),
    ],
)
def test_what_is_refused(options, words):
    result = CliRunner().invoke(main, ["run", "network-labels", *options])
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert re.search(words, result.stderr), result.stderr
