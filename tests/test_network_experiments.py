"""Random networks beside exact priors: counts, entropies, intervals, what must show."""

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

import synth
from synth.errors import SettingError
from synth.experiments import network_prior
from synth.learners.networks import perceptron
from synth.learners.networks.perceptron import Shape, function_counts, outputs

CORNERS = 2 * ((np.arange(8)[:, None] >> np.arange(3)) & 1) - 1


def test_functions_are_counted_as_networks_compute_them():
    shape = Shape(3, (5,), 1)
    counts = function_counts(shape, CORNERS, 500, 3, scale=1.4, bias=0.3, block=123)
    assert counts.sum() == 500
    # A linear network without biases is odd: never constant, never even.
    counts = function_counts(Shape(3, (), 1), CORNERS, 2000, 0)
    seen = np.flatnonzero(counts)
    for number in seen:
        bits = [number >> i & 1 for i in range(8)]
        assert all(bits[i] != bits[7 - i] for i in range(8))
    # Threshold functions of three variables: 104 in all, of which 14 are odd and without zeros.
    assert len(seen) == 14
    with pytest.raises(SettingError, match="17 rows and 1 outputs; allowed: up to 16 rows"):
        function_counts(shape, np.zeros((17, 3)), 1, 0)


def test_blocks_do_not_change_what_is_counted(monkeypatch):
    shape = Shape(3, (5, 7), 1)
    found = [function_counts(shape, CORNERS, 500, 3, block=block) for block in (500, 17)]
    monkeypatch.setattr(perceptron, "MOST_NUMBERS", 4 * shape.parameters)
    assert perceptron.block_of(shape, 8, 1000) == 4
    found.append(function_counts(shape, CORNERS, 500, 3))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    assert perceptron.block_of(Shape(3, (9000,), 1), 10**6, 10) == 1


def test_outputs_beyond_float32_are_refused():
    """Their signs would all be counted as one function."""
    with pytest.raises(SettingError, match="12 hidden layers of quadratic units, scale=3: outputs"):
        function_counts(Shape(3, (4,) * 12, 1, "quadratic"), CORNERS, 100, 0, scale=3.0)


def test_large_networks_of_one_seed_are_the_same():
    shape = Shape(3, (32, 32), 1, "tanh")
    one, two = (function_counts(shape, CORNERS, 3000, 5, scale=2.0, bias=0.1) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert outputs(shape, np.zeros((2, shape.parameters), np.float32), CORNERS).shape == (2, 8, 1)


def test_entropy_and_cross_entropy():
    """Against the definitions, and the bias of the plug-in estimate is taken off."""
    generator = np.random.default_rng(0)
    law = generator.dirichlet(np.ones(64))
    true = -(law @ np.log2(law))
    found = [network_prior.entropy(generator.multinomial(2000, law)) for _ in range(300)]
    assert np.mean(found) == pytest.approx(true, abs=0.004)
    counts, masses = np.array([4, 0, 4]), np.array([0.5, 0.4, 0.1])
    expected = -(math.log2(0.5) + math.log2(0.1)) / 2
    assert network_prior.cross_entropy(counts, masses, 1.0) == pytest.approx(expected)
    assert network_prior.cross_entropy(counts, masses, 0.0) == pytest.approx(math.log2(3))
    powers = masses**0.5 / (masses**0.5).sum()
    expected = -(math.log2(powers[0]) + math.log2(powers[2])) / 2
    assert network_prior.cross_entropy(counts, masses, 0.5) == pytest.approx(expected)


def test_what_is_compared():
    generator = np.random.default_rng(1)
    masses = generator.dirichlet(np.ones(256))
    counts = generator.multinomial(10**6, masses**0.5 / (masses**0.5).sum())
    found = network_prior.compared(counts, masses, generator)
    assert found["spearman"] == pytest.approx(spearmanr(counts, masses)[0])
    assert found["low"] < found["spearman"] < found["high"] + 0.01
    assert found["power"] == pytest.approx(0.5, abs=0.01)
    assert found["explained_by_power"] == pytest.approx(1, abs=0.01)
    assert found["explained"] < found["explained_by_power"]
    assert abs(found["permuted"]) < 0.02
    # The same counts a thousand times over are surer: the interval has the draws' chance too.
    few = generator.multinomial(600, masses**0.5 / (masses**0.5).sum())
    widths = [found["high"] - found["low"] for found in (
        network_prior.compared(counts, masses, np.random.default_rng(2))
        for counts in (few, few * 1000)
    )]  # fmt: skip
    assert widths[0] > 1.05 * widths[1]
    assert network_prior.compared(few, masses, generator)["low"] < spearmanr(few, masses)[0] - 0.1
    masses[counts.argmax()] = 0
    assert network_prior.compared(counts, masses, generator)["divergence"] is None


def test_settings_are_changed_one_at_a_time():
    items = list(network_prior._items(network_prior.Settings()))
    main = ("main", 1, 32, "relu", 1.4, 400_000)
    assert items[0] == main
    named = {"depth": 1, "width": 2, "activation": 3, "scale": 4}
    for item in items[1:-1]:
        usual = (item[0], *main[1:-1], 100_000)
        assert [k for k in range(6) if item[k] != usual[k]] == [named[item[0]]]
    assert items[-1] == ("chaotic", 10, 32, "tanh", 6.0, 100_000)
    assert len({item[:5] for item in items}) == len(items) == 1 + 4 + 3 + 4 + 3 + 1


@pytest.mark.slow
def test_random_networks_rank_functions_as_and_or_not_does():
    run = synth.run_experiment(
        "network-prior", networks=60_000, sweep=2000, depths=(3,), widths=(8,), scales=(0.7,)
    )
    main = {r["dsl"]: r for r in run.rows if r["row"] == "network" and r["sweep"] == "main"}
    best = main["boolean:basis=and-or-not"]
    assert run.summary["closest_dsl"] == best["dsl"]
    assert best["spearman"] >= 0.85
    assert all(best["low"] > r["high"] for dsl, r in main.items() if dsl != best["dsl"])
    assert all(abs(r["permuted"]) < 0.15 for r in main.values())
    # Parity of three never came, or hardly: it is named in the figure all the same.
    figure = pytest.importorskip("matplotlib.figure").Figure()
    axes = list(figure.subplots(1, 3))
    network_prior.draw(run.rows, axes)
    names = {text.get_text().partition(":")[0] for text in axes[0].texts}
    assert {"true", "x0", "majority 3", "parity 3"} <= names
    assert len(axes[0].lines) == 256
    chaotic = next(r for r in run.rows if r["sweep"] == "chaotic")
    assert chaotic["entropy"] > best["entropy"] + 0.5
