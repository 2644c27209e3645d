"""The experiment corruption: its predictions against sums by hand, and a small instance."""

import math
from fractions import Fraction

import numpy as np
import pytest

import synth
from synth.errors import SettingError
from synth.experiments import corruption
from synth.learners.baselines import KernelRidge, LogisticRegression, embed, nearest
from tests import naive


def test_the_crossing_of_two_labels_and_twenty_bits():
    """Without class flags; the numbers are those the design was checked with."""
    found = [corruption.crossing(20, q, 2, flags=False) for q in (0, 0.2, 0.4, 0.6, 0.8, 0.9)]
    assert found == [25, 44, 84, 200, 846, 3540]
    assert corruption.crossing(20, 1, 2) is None
    assert corruption.crossing(20, 0, 2) == 24  # flags: the table's is one bit longer


@pytest.mark.parametrize(("bits", "q", "n", "k"), [(9, 0.5, 6, 3), (4, 0.25, 9, 2), (5, 1, 8, 5)])
def test_the_predicted_share_is_the_sum_over_all_patterns_of_noise(bits, q, n, k):
    wrong = Fraction(q) * (k - 1) / k
    share = Fraction(0)
    for pattern in range(2**n):
        e = pattern.bit_count()
        total = 1 + bits + math.log2(n + 1) + math.log2(math.comb(n, e)) + e * math.log2(k - 1)
        if total < 2 + n * math.log2(k) - 1e-9:
            share += wrong**e * (1 - wrong) ** (n - e)
    assert corruption.predicted(bits, q, n, k) == pytest.approx(float(share), abs=1e-12)


def test_the_predicted_share_without_noise_is_a_step():
    star = corruption.crossing(20, 0, 2)
    assert [corruption.predicted(20, 0, n, 2) for n in (star - 1, star)] == [0, 1]


def test_a_small_run_follows_the_prediction_and_its_control_the_table():
    found = synth.run_experiment(
        "corruption", task="mod-add:p=13", noise=(0, 0.5, 1), rows=(60,), factors=(1,), runs=30
    )
    for row in found.rows:
        assert abs(row["holds"] - row["predicted"]) <= 4 * row["error"] + 0.02
        assert row["true"] + row["other"] + row["table"] == pytest.approx(1)
        assert row["exceptions"] == pytest.approx(
            row["train_rows"] * row["noise"] * 12 / 13, abs=1.5
        )
    clean, noisy, control = (r for r in found.rows if r["train_rows"] == 60)
    assert (clean["true"], clean["test"], clean["exceptions"]) == (1, 1, 0)
    assert (noisy["true"], noisy["test"]) == (1, 1)
    assert 0.4 < noisy["train"] < 0.65
    assert noisy["test_nearest"] < clean["test_nearest"] < 1
    assert control["table"] > 0.9
    assert found.summary["control_test"] == pytest.approx(1 / 13, abs=0.05)


def test_permuted_noise_keeps_the_labels():
    task = synth.load_task("mod-add:p=7").split(30, 1)
    twin = corruption._noisy(task, 1.0, "permuted", 3)
    assert sorted(twin.labels[task.train]) == sorted(task.labels[task.train])
    assert (twin.labels != task.labels)[task.train].any()
    for labels in ("uniform", "permuted"):
        for q in (0, 0.5):
            twin = corruption._noisy(task, q, labels, 3)
            assert (twin.labels == task.labels)[~task.train].all()
            assert (twin.labels == task.labels).all() == (q == 0)


def test_a_task_that_no_program_gives_is_refused():
    with pytest.raises(SettingError, match="no program gives all labels; allowed: a task for"):
        synth.run_experiment("corruption", task="parity:n=6", max_bits=5)


@pytest.mark.parametrize("k", [1, 2, 5])
def test_nearest_neighbours(k):
    generator = np.random.default_rng(k)
    points = generator.integers(0, 4, (20, 2)).astype(float)  # with many ties
    labels = generator.integers(0, 3, 20)
    asked = generator.integers(0, 4, (30, 2)).astype(float)
    assert nearest(points, labels, asked, k).tolist() == naive.nearest(points, labels, asked, k)


def test_kernel_ridge_and_its_choice_of_penalty():
    generator = np.random.default_rng(1)
    points = generator.normal(size=(25, 2))
    labels = (points[:, 0] + 0.7 * generator.normal(size=25) > 0).astype(int)
    asked = generator.normal(size=(9, 2))
    fixed = KernelRidge(points, labels, scale=0.8, penalty=0.3)
    expected = naive.kernel_ridge(points, labels, asked, 0.8, 0.3)
    assert fixed.scores(asked) == pytest.approx(expected, abs=1e-9)
    found = set()
    for scale, noise in ((0.8, labels), (3.0, points[:, 0] > 0), (0.1, labels)):
        chosen = KernelRidge(points, noise, scale=scale)
        assert chosen.penalty == pytest.approx(naive.least_left_out(points, noise, scale))
        found.add(chosen.penalty)
    assert len(found) > 1


@pytest.mark.parametrize("learner", [KernelRidge, LogisticRegression])
def test_labels_that_symmetry_makes_even_go_to_the_smallest(learner):
    """Each point has its opposite with the other label, so at 0 both are alike."""
    generator = np.random.default_rng(0)
    for count in range(2, 12):
        half = generator.normal(size=(count, 2))
        labels = np.repeat([3, 7], count)
        fitted = learner(np.concatenate([half, -half]), labels)
        assert np.ptp(fitted.scores(np.zeros((1, 2)))) == pytest.approx(0, abs=1e-9)
        assert fitted.predict(np.zeros((1, 2))).tolist() == [3]
        assert set(fitted.predict(np.concatenate([half, -half])).tolist()) == {3, 7}


def test_inputs_as_points():
    task = synth.Task(
        "t",
        {"a": np.array([0, 1, 2]), "b": np.array([0, 1, 1]), "c": np.array([1.0, 3.0, 9.0])},
        {"a": synth.Mod(4), "b": synth.Bool, "c": synth.Real},
        np.array([0, 1, 1]),
        synth.Bool,
        np.array([True, True, False]),
    )
    expected = [[1, 0, 0, -1], [0, 1, 1, 1], [-1, 0, 1, 7]]
    assert embed(task) == pytest.approx(np.array(expected, float), abs=1e-12)
