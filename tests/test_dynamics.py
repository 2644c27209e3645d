"""The stochastic search: its energy, its law, and what the grokking lab must show."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.dynamics.chain import Chain, make_world
from synth.dynamics.trajectories import trajectory
from synth.errors import SettingError, TaskError
from synth.language.types import Bool


def small_world(train=4, max_bits=9.0):
    columns = {"x0": np.arange(8) & 1 == 1, "x1": np.arange(8) & 2 == 2, "x2": np.arange(8) > 3}
    labels = columns["x0"] & columns["x1"]
    mask = np.arange(8) < train
    task = synth.Task("small", columns, dict.fromkeys(columns, Bool), labels, Bool, mask)
    return make_world(task, "boolean:basis=and-or-not", max_bits=max_bits)


def energy(world, program, held, beta, decay):
    """E by its definition, for a set of memorised rows."""
    n, k = len(world.training), len(world.task.alphabet)
    labels = world.task.labels[world.training]
    guesses = world.predictions[program][world.training]
    errors = sum(not h and g != y for h, g, y in zip(held, guesses, labels, strict=True))
    m = sum(held)
    table = math.log2(n + 1) + math.log2(math.comb(n, m)) + m * math.log2(k)
    return beta * errors + decay * (world.bits[program] + table)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 40), st.floats(0, 3), st.floats(0, 1))
def test_the_energy_is_what_its_definition_says(seed, beta, decay, proposals):
    world = make_world("mod-mul:p=5,train=0.6", max_bits=9)
    one = Chain(world, beta=beta, decay=decay, proposals=proposals, seed=seed)
    for steps in (1, 7, 300):
        one.advance(steps)
        assert one.energy == pytest.approx(energy(world, one.program, one.held, beta, decay))
        assert one.held.sum() == one.measures()["memorised"]


@pytest.mark.parametrize(
    ("beta", "decay", "proposals"),
    [(1.0, 0.3, 0.5), pytest.param(2.0, 1.0, 0.2, marks=pytest.mark.slow)],
)
def test_the_law_of_long_runs(beta, decay, proposals):
    """Shares of (program, memorised set) against 2**(-bits of g - E), by chi-square."""
    world = small_world()
    states = list(itertools.product(range(len(world.bits)), itertools.product((0, 1), repeat=4)))
    weights = np.array([
        2.0 ** -(world.bits[g] + energy(world, g, held, beta, decay)) for g, held in states
    ])  # fmt: skip
    place = {state: i for i, state in enumerate(states)}
    one = Chain(world, beta=beta, decay=decay, proposals=proposals, seed=1)
    counts = np.zeros(len(states))
    one.advance(1000)
    for _ in range(60_000):
        one.advance(40)  # so that states looked at hardly depend on each other
        counts[place[one.program, tuple(one.held.astype(int).tolist())]] += 1
    expected = weights / weights.sum() * counts.sum()
    often = expected >= 20
    found = np.append(counts[often], counts[~often].sum())
    wanted = np.append(expected[often], expected[~often].sum())
    value = ((found - wanted) ** 2 / wanted).sum()
    degrees = len(found) - 1
    # Looks that are 40 steps apart are not quite independent.
    assert (value - degrees) / math.sqrt(2 * degrees) < 8
    # The test can fail: another decay's law.
    other = np.array([2.0 ** -energy(world, g, h, beta, decay + 0.2) for g, h in states]) * 2.0**-0
    other = other * np.array([2.0 ** -world.bits[g] for g, _ in states])
    other = other / other.sum() * counts.sum()
    assert ((counts[often] - other[often]) ** 2 / other[often]).sum() > 10 * value


def test_measures_against_plain_loops():
    world = make_world("mod-mul:p=7,train=0.5", max_bits=10)
    one = Chain(world, seed=3, decay=0.2)
    one.advance(60)
    task, held = world.task, one.held
    memorised = [r for r, h in zip(world.training.tolist(), held, strict=True) if h]
    x, y = task.columns["x"], task.columns["y"]

    def apart(a, b):
        return min(abs(int(a) - int(b)), 7 - abs(int(a) - int(b)))

    right = 0
    for row in world.held_out.tolist():
        near = []
        for place, other in enumerate(world.training.tolist()):
            d = apart(x[row], x[other]), apart(y[row], y[other])
            if other in memorised and max(d) <= 1:
                near.append((sum(d), place, other))
        guess = task.labels[min(near)[2]] if near else world.predictions[one.program][row]
        right += guess == task.labels[row]
    found = one.measures()
    assert found.keys() == {
        "step", "train_accuracy", "test_accuracy", "restricted_accuracy", "excluded_accuracy",
        "memorised", "table_bits", "program_bits", "total_bits",
    }  # fmt: skip
    assert found["test_accuracy"] == pytest.approx(right / len(world.held_out))
    guesses = world.predictions[one.program]
    fits = [h or guesses[r] == task.labels[r] for r, h in zip(world.training, held, strict=True)]
    assert found["train_accuracy"] == pytest.approx(np.mean(fits))
    alone = guesses[world.held_out] == task.labels[world.held_out]
    assert found["restricted_accuracy"] == pytest.approx(alone.mean())
    assert found["excluded_accuracy"] == pytest.approx(len(memorised) / len(world.training))
    assert found["total_bits"] == pytest.approx(found["table_bits"] + found["program_bits"])


def test_seeds_and_portions():
    world = make_world("mod-mul:p=7,train=0.5", max_bits=10)
    runs = []
    for portions in ((5000,), (1, 999, 4000)):
        one = Chain(world, seed=5)
        for steps in portions:
            one.advance(steps)
        runs.append(one.measures())
    assert runs[0] == runs[1]
    other = Chain(world, seed=6)
    other.advance(5000)
    assert other.accepted > 0


def test_grokking():
    """Memorised, then found, then held-out accuracy jumps, a little later."""
    run = synth.run_experiment("grokking", runs=4,
                               steps=10_000_000)  # fmt: skip
    assert run.summary["grokked"] >= 3
    for row in run.rows:
        if row["row"] == "run" and row["kind"] == "decay" and row["generalised_at"]:
            assert row["memorised_at"] < row["found_at"] < row["generalised_at"]
            assert row["generalised_at"] - row["found_at"] < 20_000
    control = run.summary["control_runs_that_generalise"]
    assert control == {"no decay": 0, "random labels": 0}
    assert run.summary["control_test_accuracy"]["no decay"] < 0.3


def test_what_is_refused():
    world = small_world()
    for name, value in (("beta", -1), ("decay", -0.1), ("proposals", 1.5)):
        with pytest.raises(SettingError, match=f"{name}={value}; allowed: 0"):
            Chain(world, **{name: value})
    with pytest.raises(TaskError, match="no held-out rows"):
        make_world("parity:n=3,train=1.0", max_bits=8)
    with pytest.raises(SettingError, match="radius=-1; allowed: 0 and more"):
        make_world("parity:n=3", max_bits=8, radius=-1)
    with pytest.raises(SettingError, match="no program has so few bits"):
        make_world("parity:n=3", max_bits=0.5)


def test_a_run_that_finds_the_program_at_its_very_end():
    """Found with fewer steps left than to the next look, there is no other look."""
    world = make_world("mod-mul:p=31,train=0.5", max_bits=14)
    for seed in range(100):
        one = Chain(world, proposals=1.0, seed=seed)
        if one.seek(1000) and 800 < one.step < 1000:
            break
    else:
        raise AssertionError("no seed finds it late")
    one = Chain(world, proposals=1.0, seed=seed)
    path, found = trajectory(one, 1000, world.truths)
    assert path[-1]["step"] == found == one.step
    assert path[-1]["restricted_accuracy"] == 1.0
