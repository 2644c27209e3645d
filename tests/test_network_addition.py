"""Networks on modular addition: Fourier's measures against their definitions, and grokking."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax

import synth
from synth import tasks
from synth.errors import SettingError, TaskError
from synth.experiments import network_grokking
from synth.experiments.base import spawn_seeds
from synth.learners.networks import addition, waves
from synth.learners.networks.perceptron import Shape, drawn, forward

#: `tests/test_experiments.py` runs the experiment in small, too.
pytestmark = pytest.mark.slow

ODD = st.sampled_from([3, 5, 7, 9, 11])
SEEDS = st.integers(0, 2**32)


@settings(max_examples=30, deadline=None)
@given(ODD, st.integers(1, 4), SEEDS)
def test_the_power_of_frequencies(p, units, seed):
    """Against sums of waves one by one; all of them have the table's variance (Parseval)."""
    table = np.random.default_rng(seed).normal(size=(p, units))
    power = waves.frequency_power(table)
    for k in range(1, p // 2 + 1):
        for u in range(units):
            both = 0.0
            for wave in (k, p - k):
                inner = sum(
                    table[x, u] * complex(math.cos(2 * math.pi * wave * x / p),
                                          math.sin(2 * math.pi * wave * x / p))
                    for x in range(p)
                )  # fmt: skip
                both += abs(inner) ** 2
            assert power[k - 1, u] == pytest.approx(both)
    spread = np.square(table - table.mean(axis=0)).sum(axis=0)
    np.testing.assert_allclose(power.sum(axis=0), p * spread)


@settings(max_examples=30, deadline=None)
@given(ODD, SEEDS, st.booleans())
def test_what_is_left_of_logits(p, seed, every):
    """Against a fit of waves of x + y, written out; on all rows, against means of equal sums."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(p * p, 3))
    pairs = list(itertools.product(range(p), repeat=2))
    sums = np.array([(x + y) % p for x, y in pairs])
    kept = [k for k in range(1, p // 2 + 1) if generator.integers(2)]
    rows = generator.random(p * p) < 0.7 if not every else np.ones(p * p, bool)
    alone, without = waves.WavesOfSums(sums, p, kept, rows).split(logits)
    np.testing.assert_allclose(alone - alone.mean(axis=0) + without, logits, atol=1e-9)
    basis = np.array([
        [1.0] + [f(2 * math.pi * k * (x + y) / p) for k in kept for f in (math.cos, math.sin)]
        for x, y in pairs
    ])  # fmt: skip
    fitted = np.linalg.lstsq(basis[rows], logits[rows], rcond=None)[0]
    np.testing.assert_allclose(alone, basis @ fitted, atol=1e-8)
    if every:
        alone, _ = waves.WavesOfSums(sums, p, range(1, p // 2 + 1), rows).split(logits)
        for s in range(p):
            np.testing.assert_allclose(alone[sums == s], [logits[sums == s].mean(axis=0)] * p)


def test_a_table_has_no_waves_where_it_was_not_trained():
    """Of a table of true labels, waves fitted on all rows are the rule; on unseen rows nothing."""
    p, task = 11, tasks.load_task("mod-add:p=11,train=0.5")
    table = 9.0 * (task.labels[:, None] == np.arange(p)) * task.train[:, None]
    sums, unseen = task.labels, ~task.train
    frequencies = range(1, 6)
    honest = waves.WavesOfSums(sums, p, frequencies, unseen).split(table)
    leaking = waves.WavesOfSums(sums, p, frequencies, np.ones(p * p, bool)).split(table)
    right = [(alone.argmax(axis=1) == sums)[unseen].mean() for alone, _ in (honest, leaking)]
    assert addition.accuracy(honest[1][task.train], sums[task.train]) == 1
    assert right[0] < 0.2
    assert right[1] == 1
    assert addition.loss_bits(honest[1][task.train], sums[task.train]) == pytest.approx(
        addition.loss_bits(table[task.train], sums[task.train])
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=6).filter(any), st.floats(0.05, 1))
def test_gini_and_dominant_frequencies(values, share):
    """Against the mean difference of all pairs, and against every set of frequencies."""
    values, n = np.array(values, float), len(values)
    apart = np.mean([abs(a - b) for a in values for b in values])
    assert waves.gini(values) == pytest.approx(apart / (2 * values.mean()))
    found = waves.dominant(values, share)
    enough = share * values.sum() - 1e-9
    assert values[found - 1].sum() >= enough
    sets = [list(some) for size in range(n + 1) for some in itertools.combinations(range(n), size)]
    fewest = min(len(some) for some in sets if values[some].sum() >= enough)
    assert len(found) == fewest


def test_units_without_power_have_no_part_in_figures():
    power = np.array([[3.0, 0.0, 1.0], [1.0, 0.0, 1.0]])
    assert waves.mean_gini(power) == pytest.approx((0.25 + 0) / 2)
    assert np.isnan(waves.mean_gini(0 * power))
    assert waves.held(power.sum(axis=1), [1]) == pytest.approx(4 / 6)
    assert waves.held(power.sum(axis=1), np.zeros(0, int)) == 0
    assert np.isnan(waves.held(np.zeros(2), [1]))


def test_the_share_of_units_own_frequencies():
    power = np.array([[3.0, 0.0, 1.0], [1.0, 2.0, 1.0]])
    assert waves.own_share(power) == pytest.approx((3 + 2 + 1) / 8)


@pytest.mark.parametrize("activation", ["quadratic", ("linear", "relu"), ("linear", "linear")])
def test_an_embedding_is_what_an_input_adds(activation):
    hidden = (4,) if isinstance(activation, str) else (3, 5)
    shape = Shape(6, hidden, 2, activation)
    parameters = drawn(shape, 3, 0, bias=0.2, dtype=np.float64)
    table = waves.embedding(shape, parameters)
    first = 2 if activation == ("linear", "linear") else len(hidden) - 1
    one = forward(shape, parameters, np.eye(6))[first][0]
    nothing = forward(shape, parameters, np.zeros((1, 6)))[first][0]
    np.testing.assert_allclose(table, one - nothing, atol=1e-12)


def test_points_and_losses():
    task = tasks.load_task("mod-add:p=5,train=0.5")
    points = addition.one_hot(task)
    assert points.shape == (25, 10)
    for row, x, y in zip(points, task.columns["x"], task.columns["y"], strict=True):
        assert np.flatnonzero(row).tolist() == [x, 5 + y]
    with pytest.raises(TaskError, match="is of Bool; allowed: residues"):
        addition.one_hot(tasks.load_task("parity"))
    logits = np.random.default_rng(0).normal(size=(25, 5)) * 30
    expected = -log_softmax(logits, axis=1)[np.arange(25), task.labels].mean() / math.log(2)
    assert addition.loss_bits(logits, task.labels) == pytest.approx(expected)
    times = addition.times_of(3000)
    assert times[0] == 0
    assert times[-1] == 3000
    assert len(times) <= 60
    assert addition.times_of(1).tolist() == [0, 1]


def test_a_history_is_what_training_does():
    """Snapshots of one run are what shorter runs end with; its rows come as the grid expects."""
    task = tasks.load_task("mod-add:p=5,train=0.5")
    recipe = addition.Recipe(width=8, embedding=3)
    one = addition.Trained(task, recipe, [0, 3, 10], 7)
    for t, steps in enumerate((0, 3, 10)):
        short = addition.Trained(task, recipe, [steps], 7)
        np.testing.assert_array_equal(one.parameters[t], short.parameters[0])
    assert not np.array_equal(one.parameters[0], one.parameters[1])
    logits = one.logits.reshape(3, 5, 5, 5)
    alone = forward(one.shape, one.parameters, one.points[[5 * 2 + 4]])[-1][1][:, 0]
    np.testing.assert_allclose(logits[:, 2, 4], alone, rtol=1e-5)
    for t, hidden in enumerate(one.hidden()):
        state = forward(one.shape, one.parameters[t : t + 1], one.points)
        np.testing.assert_array_equal(hidden, state[-2][1][0])
    right = logits.argmax(-1).reshape(3, 25) == task.labels
    np.testing.assert_allclose(one.accuracies()[1], right[:, ~task.train].mean(axis=1))


@pytest.mark.parametrize("changed", [{"scale": 1e30}, {"rate": 1e25, "decay": 0.0}])
def test_a_network_that_diverges_is_refused(changed):
    """Else its outputs, which are no numbers, would say a label, and no frequency be one of it."""
    task = tasks.load_task("mod-add:p=5,train=0.5")
    recipe = addition.Recipe(width=8, **changed)
    with pytest.raises(SettingError, match=r"quadratic network diverges within \d+ steps: scale="):
        addition.Trained(task, recipe, [0, 3, 10], 7)


@pytest.fixture(scope="module")
def shown():
    """{kind: (its row, its path)} of one seed, as `synth run network-grokking` has them."""
    made = network_grokking.Settings(steps=1600)
    kinds = network_grokking.MAIN, "no decay", network_grokking.RANDOM
    seed = spawn_seeds(0, 1)[0]
    found = {kind: network_grokking._run((made, kind, 0, seed)) for kind in kinds}
    return {kind: (row, path) for kind, (row, *path) in found.items()}


def test_what_must_show(shown):
    """Grokked with decay, not without, chance on random labels (Power et al. 2022)."""
    grokked, table, random = (row for row, _ in shown.values())
    assert grokked["memorised_at"] < 100 < 1000 < grokked["generalised_at"]
    assert grokked["test_accuracy"] >= 0.99
    assert table["train_accuracy"] == random["train_accuracy"] == 1
    assert table["test_accuracy"] < 0.3
    assert abs(random["test_accuracy"] - random["chance"]) < 0.02
    assert grokked["own_share"] > 0.85 > 0.5 > table["own_share"] > random["own_share"]
    assert grokked["gini"] > 0.75 > 0.6 > table["gini"] > random["gini"]
    # The waves of x + y say it where the network generalises, and nothing where it does not:
    # fitted on all pairs they would cost the table 3 to 6 bits a row.
    assert grokked["restricted_loss"] < 0.02 < 20 < table["restricted_loss"]
    # What is left without them still has the training labels, and no other.
    for row in grokked, table, random:
        assert row["excluded_accuracy"] > 0.99
        assert row["excluded_test_accuracy"] < 0.1


def test_measures_of_a_network_are_those_of_its_weights_and_logits(shown):
    """Every figure of two states once more, by sums, a regression and scipy."""
    task, (_, path) = tasks.load_task("mod-add:p=31,train=0.5,seed=0"), shown["quadratic"]
    times = addition.times_of(1600)
    one = addition.Trained(task, addition.Recipe(), times, spawn_seeds(0, 1)[0])
    assert [r["step"] for r in path] == times.tolist()
    x, y, train = task.columns["x"], task.columns["y"], task.train

    def power(t):
        weights = one.parameters[t, : 62 * 128].reshape(2, 31, 128).astype(float)
        found = np.abs(np.fft.fft(weights, axis=1)[:, 1:]) ** 2
        return (found[:, :15] + found[:, :14:-1]).sum(axis=0)

    whole = power(-1).sum(axis=1)
    order = np.argsort(-whole)
    kept = order[: next(k for k in range(16) if whole[order[:k]].sum() >= 0.9 * whole.sum())] + 1
    angles = 2 * np.pi * np.outer(x + y, kept) / 31
    basis = np.hstack([np.ones((961, 1)), np.cos(angles), np.sin(angles)])
    for t in (25, -1):
        logits = one.logits[t].astype(float)
        fit = np.linalg.lstsq(basis[~train], logits[~train], rcond=None)[0]
        waves_alone, without = basis @ fit, logits - basis[:, 1:] @ fit[1:]

        def bits(values, rows):
            logs = log_softmax(values, axis=1)[np.arange(961), task.labels]
            return -logs[rows].mean() / math.log(2)

        units = power(t)
        expected = {
            "train_loss": bits(logits, train), "test_loss": bits(logits, ~train),
            "restricted_loss": bits(waves_alone, ~train), "excluded_loss": bits(without, train),
            "excluded_accuracy": (without.argmax(axis=1) == task.labels)[train].mean(),
            "excluded_test_accuracy": (without.argmax(axis=1) == task.labels)[~train].mean(),
            "own_share": units.max(axis=0).sum() / units.sum(),
            "dominant_share": units[kept - 1].sum() / units.sum(),
            "norm": np.sqrt(np.square(one.parameters[t].astype(float)).sum()),
            "gini": np.mean([np.abs(u[:, None] - u).mean() / (2 * u.mean()) for u in units.T]),
        }  # fmt: skip
        assert {key: path[t][key] for key in expected} == pytest.approx(expected, rel=1e-3)


def test_kinds_differ_by_what_they_are_called():
    made = network_grokking.Settings(width=10, embedding=3, decay=0.5)
    recipes = {kind: network_grokking.recipe_of(made, kind) for kind in network_grokking.KINDS}
    main = recipes["quadratic"]
    assert (main.activation, main.width, main.decay, main.embedding, main.loss) == (
        "quadratic", 10, 0.5, None, "cross-entropy"
    )  # fmt: skip
    changed = {
        "relu": {"activation": "relu", "width": 40},
        "embedding": {"embedding": 3, "width": 20, "decay": 1.0},
        "no decay": {"decay": 0.0},
        "random labels": {},
        "embedding, random labels": {"embedding": 3, "width": 20, "decay": 1.0},
        "squared, no decay": {"decay": 0.0, "loss": "squared"},
    }
    assert recipes == {"quadratic": main} | {k: replace(main, **c) for k, c in changed.items()}


def test_network_grokking():
    run = synth.run_experiment(
        "network-grokking", p=7, train=0.7, width=32, steps=600, runs=1,
        lab="mod-mul:p=7,train=0.5", lab_steps=20_000,
    )  # fmt: skip
    runs = {r["kind"]: r for r in run.rows if r["row"] == "run"}
    assert set(runs) == {*network_grokking.KINDS, "grokking lab"}
    for kind in network_grokking.KINDS:
        assert runs[kind]["train_accuracy"] == 1
    for r in run.rows:
        if r["row"] == "path" and r["kind"] != "grokking lab":
            assert 0 <= r["own_share"] <= 1
            if r["step"] == 600:
                assert r["dominant_share"] >= 0.9
                assert r["test_accuracy"] == runs[r["kind"]]["test_accuracy"]
    phases = [r["phase"] for r in run.rows if r["row"] == "path" and r["phase"] is not None]
    assert all(np.isfinite(phases))
    assert network_grokking._phase(10, 10, 1000) == 0
    assert network_grokking._phase(100, 10, 1000) == pytest.approx(0.5)
    assert network_grokking._phase(1000, 10, 1000) == 1
    assert network_grokking._phase(5, 10, None) is None
    with pytest.raises(SettingError, match="p=8; allowed: odd numbers"):
        synth.run_experiment("network-grokking", p=8)
