"""Hidden layers beside programs, and what is left of networks that are pruned."""

import numpy as np
import pytest

import synth
from synth import tasks
from synth.errors import SettingError
from synth.experiments import network_program, network_sparsity
from synth.experiments.base import spawn_seeds
from synth.learners import similarity
from synth.learners.networks import addition, pruning
from synth.learners.networks.perceptron import Shape, drawn, forward, outputs, said


def test_steps_at_a_frequency():
    """The Fourier program on c x and c y is the wave of frequency c, real and imaginary part."""
    p, columns = 7, dict(zip("xy", np.indices((7, 7)).reshape(2, -1), strict=True))
    program = network_program.program_of(p, 0.7, 0, "fourier")
    for k in (1, 2, 3):
        found = network_program.steps_at(program, columns, k, p, "inner")
        assert found.texts == ("e1(x) * e1(y)",)
        angle = 2 * np.pi * k * (columns["x"] + columns["y"]) / p
        waves = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        np.testing.assert_allclose(found.values, waves, atol=1e-8)
    both = similarity.side_by_side([
        network_program.steps_at(program, columns, k, p, "all") for k in (1, 2)
    ])  # fmt: skip
    assert len(both) == 12
    one = network_program.steps_at(program, columns, 2, p, "all")
    linear = similarity.LinearMap(both.values, similarity.row_folds(49, 5))
    np.testing.assert_allclose(linear.r2(both)[6:], linear.r2(one))


SMALL = {"p": 23, "train": 0.6, "runs": 1, "steps": 900, "looks": 9, "permutations": 2}


@pytest.fixture(scope="module")
def run():
    return synth.run_experiment("network-program", **SMALL)


@pytest.mark.slow
def test_steps_of_both_programs_through_training(run):
    """R2 and debiased CKA of each step, at two looks, by a map and a kernel for each frequency."""
    made, seed = network_program.Settings(**SMALL), spawn_seeds(0, 1)[0]
    columns = dict(zip("xy", np.indices((23, 23)).reshape(2, -1), strict=True))
    times = addition.times_of(900, 9)
    task = tasks.load_task("mod-add:p=23,train=0.6,seed=0")
    one = addition.Trained(task, addition.EMBEDDED, times, seed)
    path = network_program._of(run.rows, "path", "embedding")
    assert [r["step"] for r in path] == times.tolist()
    own = [r["frequency"] for r in run.rows if r["kind"] == "embedding" and r["own"]]
    folds = similarity.row_folds(529, made.folds, seed)
    for t, hidden in enumerate(one.hidden()):
        if t not in (6, len(times) - 1):
            continue
        hidden = hidden.astype(float)
        linear, found = similarity.LinearMap(hidden, folds), path[t]["by_step"]
        assert len(found) == 9
        for dsl in ("fourier", "modular"):
            program = network_program.program_of(23, 0.6, 0, dsl)
            parts = [network_program.steps_at(program, columns, k, 23, "all") for k in own]
            for m, text in enumerate(parts[0].texts):
                r2, cka = found[f"{dsl}: {text}"]
                assert r2 == pytest.approx(np.mean([linear.r2(part)[m] for part in parts]))
                blocks = [np.split(part.values, part.starts[1:], axis=1)[m] for part in parts]
                assert cka == pytest.approx(similarity.cka(hidden, np.hstack(blocks)))
    product = found["fourier: e1(x) * e1(y)"]
    assert product == pytest.approx([path[-1]["r2"], path[-1]["cka"]])
    assert found["modular: x + y"][0] == pytest.approx(path[-1]["sum"])
    # By any step of a program, a network on random labels is near none of both inputs.
    random = network_program._of(run.rows, "path", "random labels")[-1]["by_step"]
    assert all(abs(v) < 0.1 for v in random["fourier: e1(x) * e1(y)"] + random["modular: x + y"])


@pytest.mark.slow
def test_waves_of_all_frequencies_are_a_table_of_sums(run):
    """What a network without an embedding has says nothing of sums that are left out."""
    (step,) = network_program._of(run.rows, "step", "quadratic", part="e1(x) * e1(y)")
    assert step["r2"] > 0.5
    assert step["unseen_sums"] < 0.1


def test_programs_that_add_nothing_are_refused():
    with pytest.raises(SettingError, match=r"p=5, train=0\.1: search in fourier finds .* does not"):
        synth.run_experiment("network-program", p=5, train=0.1, runs=1, steps=10)


@pytest.mark.slow
def test_a_grokked_network_has_the_product(run):
    """At its own frequencies and no others, not before it groks, and not without a rule."""
    main = network_program._states(run.rows, "embedding")
    (untrained,), (memorised,), (last,) = main.values()
    assert last["r2"] >= 0.9
    assert last["test_accuracy"] > 0.9
    assert abs(last["others"]) < 0.1
    assert abs(untrained["r2"]) < 0.05
    assert memorised["r2"] < 0.3
    for kind in ("random labels", "no decay"):
        assert abs(network_program._states(run.rows, kind)["last"][0]["r2"]) < 0.1
    assert all(abs(r["null"]) < 0.05 for r in run.rows if r["row"] == "path")
    own = [r["frequency"] for r in run.rows if r["kind"] == "embedding" and r["own"]]
    steps = [r for r in run.rows if r["row"] == "step" and r["kind"] == "embedding"]
    product = next(r for r in steps if r["part"] == "e1(x) * e1(y)")
    by_frequency = [r["r2"] for r in run.rows
                    if r["kind"] == "embedding" and r["frequency"] in own]  # fmt: skip
    assert product["r2"] == pytest.approx(np.mean(by_frequency)) == pytest.approx(last["r2"])
    assert product["unseen_sums"] > 0.9
    assert {r["part"] for r in steps if r["program"] == "modular"} == {"x", "y", "x + y"}
    with pytest.raises(SettingError, match="p=8; allowed: odd numbers"):
        synth.run_experiment("network-program", p=8)


@pytest.mark.parametrize("seed", range(4))
def test_units_and_weights_that_are_needed(seed):
    """Against networks in which all others are set to 0."""
    generator = np.random.default_rng(seed)
    shape = Shape(4, (3, 6), 3, ("linear", "quadratic"))
    parameters = drawn(shape, 1, seed, bias=0.3)[0]
    points = generator.normal(size=(50, 4)).astype(np.float32)
    labels = said(outputs(shape, parameters[None], points))[0]
    start, middle, _, fan_in, fan_out = shape.layers[-1]
    for least in (0.6, 0.9, 1.0):
        count = pruning.units_needed(shape, parameters, points, labels, least)
        hidden = forward(shape, parameters[None], points)[-2][1][0]
        upwards = parameters[start:middle].reshape(fan_in, fan_out)
        strength = np.sqrt(np.mean(hidden**2, axis=0)) * np.linalg.norm(upwards, axis=1)
        accuracies = []
        for kept in range(7):
            cut = parameters.copy()
            weak = np.argsort(-strength)[kept:]
            cut[start:middle].reshape(fan_in, fan_out)[weak] = 0
            accuracies.append(np.mean(said(outputs(shape, cut[None], points))[0] == labels))
        assert count == next(k for k, a in enumerate(accuracies) if a >= least)
        if least == 1:  # of 50 points 99 % are all
            assert count == pruning.units_needed(shape, parameters, points, labels)
        number = pruning.weights_needed(shape, parameters, points, labels, least, sizes=1000)
        for size in range(1, len(parameters) + 1):
            cut = np.where(np.abs(parameters) >= np.sort(np.abs(parameters))[-size], parameters, 0)
            says = said(outputs(shape, cut[None].astype(np.float32), points))[0]
            if np.mean(says == labels) >= least:
                break
        assert number == size
    wrong = (labels + 1) % 3
    assert pruning.units_needed(shape, parameters, points, wrong, 1.0) is None
    assert pruning.weights_needed(shape, parameters, points, wrong, 1.0) is None


@pytest.mark.slow
def test_network_sparsity():
    """Decay generalises with many weights, L1 does not with few; too much of it leaves nothing."""
    run = synth.run_experiment(
        "network-sparsity", p=13, train=0.7, width=64, steps=1200, runs=1, decays=(0, 1),
        l1s=(0.3, 9),
    )  # fmt: skip
    cell = {(r["labels"], r["penalty"], r["strength"]): r for r in run.rows}
    assert len(cell) == len(run.rows) == 8
    decay, sparse = cell["true", "weight decay", 1], cell["true", "L1", 0.3]
    nothing = cell["true", "L1", 9]
    assert decay["test_accuracy"] > sparse["test_accuracy"]
    assert sparse["weights"] < decay["weights"] < cell["true", "weight decay", 0]["weights"]
    assert decay["zeros"] == 0 < sparse["zeros"]
    assert (nothing["zeros"], nothing["units"], nothing["own_share"]) == (1, None, None)
    for key, r in cell.items():
        if key[0] == "random" and r["units"] is not None:
            assert r["test_accuracy"] < 0.3
    # An accuracy of 0 is drawn, and what is not there is not.
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = list(figure.subplots(1, 3))
    network_sparsity.draw([{**r, "test_accuracy": 0.0} for r in run.rows], axes)
    assert all((line.get_ydata() == 0).all() for line in axes[0].lines)
    assert np.isnan(axes[1].lines[2].get_ydata()).tolist() == [False, True]
    summary = run.summary
    assert summary["weight_decay_best_held_out"]["strength"] == 1
    assert summary["l1_fewest_weights"]["strength"] == 0.3
    assert summary["held_out_accuracy"]["L1"]["9"] == nothing["test_accuracy"]
    with pytest.raises(SettingError, match="p=8; allowed: odd numbers"):
        synth.run_experiment("network-sparsity", p=8)
