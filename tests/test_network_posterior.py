"""Trained networks beside posteriors: each part against loops, and what must show."""

import dataclasses
import itertools
import re

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

import synth
from synth.cli import main
from synth.errors import SettingError
from synth.exact.classes import npn_classes, of_all_lengths, one_of_each_class
from synth.exact.named import prior_of
from synth.exact.posterior import exact_posterior
from synth.exact.split import Split
from synth.experiments import network_posterior
from synth.language.types import Bool
from synth.learners import correlations
from synth.learners.networks import compared, perceptron
from synth.learners.networks.consistent import (
    consistent_functions,
    consistent_numbers,
    corners,
    nearest_shares,
    shares,
)
from synth.learners.networks.laws import Law
from synth.learners.networks.perceptron import Shape, drawn, function_counts, outputs
from synth.learners.networks.training import Optimiser, train_to_zero
from synth.tasks.task import Task

SMALL = {
    "variables": 3, "rows": (3, 5), "targets": 30, "random": 150, "splits": 6, "networks": 8,
    "pairs": 6, "counted": 300, "draws": 60_000, "rate": 0.01,
}  # fmt: skip


def members(rows, number):
    return [number >> row & 1 for row in range(rows)]


def test_classes_are_those_of_all_permutations_and_negations():
    """By brute force; 2, 4, 14 and 222 classes (Slepian 1953; Harrison 1965)."""
    assert [len(np.unique(npn_classes(n))) for n in (1, 2, 3, 4)] == [2, 4, 14, 222]
    for n in (2, 3):
        found = npn_classes(n)
        for number in range(2**2**n):
            values, least = members(2**n, number), 2**2**n
            for order in itertools.permutations(range(n)):
                for flips in itertools.product((0, 1), repeat=n + 1):
                    moved = 0
                    for row in range(2**n):
                        bits = [row >> order[i] & 1 ^ flips[i] for i in range(n)]
                        place = sum(bit << i for i, bit in enumerate(bits))
                        moved |= (values[place] ^ flips[n]) << row
                    least = min(least, moved)
            assert found[number] == least
    with pytest.raises(SettingError, match=r"5 variables; allowed: 1\.\.4"):
        npn_classes(5)


def test_targets_are_chosen_by_the_rules():
    generator = np.random.default_rng(0)
    some = one_of_each_class(3, generator)
    assert len(some) == len(np.unique(npn_classes(3)[some])) == 14
    bits = np.array([2.0, 2.1, 9.0, np.inf, *[20.0] * 96])
    found = of_all_lengths(bits, 3000, generator)
    lengths, counts = np.unique(np.round(bits[found]), return_counts=True)
    assert lengths.tolist() == [2, 9, 20]
    # A third of each, whatever the number of functions of a length.
    assert (np.abs(counts - 1000) < 130).all()
    assert 3 not in found


def test_functions_are_consistent_and_those_of_each_network_alone(monkeypatch):
    shape, points, optimiser = Shape(3, (16,), 1), corners(3), Optimiser(rate=0.02)
    train = np.array([1, 0, 1, 1, 0, 1, 0, 0], bool)
    targets = np.array([0b10010110, 0, 255, 0b11101000])
    functions, steps = consistent_functions(
        shape, points, train, targets, 3, 7, optimiser=optimiser, scale=1.4, bias=0.3
    )
    assert functions.shape == steps.shape == (4, 3)
    assert (steps > 0).any()
    start = drawn(shape, 12, 7, scale=1.4, bias=0.3)
    for t, target in enumerate(targets.tolist()):
        labels = np.array([target >> row & 1 for row in np.flatnonzero(train)])
        for k in range(3):
            one = start[3 * t + k : 3 * t + k + 1].copy()
            took = train_to_zero(shape, one, points[train], labels, optimiser, 5000)
            assert steps[t, k] == pytest.approx(took[0], abs=1)
            values = outputs(shape, one, points)[0, :, 0] > 0
            assert functions[t, k] == sum(int(v) << row for row, v in enumerate(values))
            for row in np.flatnonzero(train):
                assert functions[t, k] >> row & 1 == target >> row & 1
    # Few at a time, where they are large, are what all of them are.
    monkeypatch.setattr(perceptron, "MOST_NUMBERS", 5 * shape.parameters)
    again, _ = consistent_functions(
        shape, points, train, targets, 3, 7, optimiser=optimiser, scale=1.4, bias=0.3
    )  # fmt: skip
    np.testing.assert_array_equal(again, functions)
    # One network that is right by chance needs no step; most of the others none could do.
    none, took = consistent_functions(
        shape, points, train, targets, 3, 7, optimiser=optimiser, most=0
    )
    assert ((none == -1) == (took == -1)).all()
    assert (none == -1).any()
    with pytest.raises(SettingError, match=r"8 rows, train of shape \(7,\) and 1 outputs; allowed"):
        consistent_functions(shape, points, train[:7], targets, 3, 7, optimiser=optimiser)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 6))
def test_shares_and_neighbours_against_loops(seed, known):
    generator = np.random.default_rng(seed)
    points, train = corners(3), np.zeros(8, bool)
    train[generator.permutation(8)[:known]] = True
    unseen = np.flatnonzero(~train)
    functions = generator.integers(-1, 256, (3, 4))
    functions[0] = -1
    found = shares(functions, unseen)
    labels = generator.integers(0, 2, (2, known))
    near = nearest_shares(points, train, labels)
    for place, row in enumerate(unseen.tolist()):
        for t in range(3):
            said = [f >> row & 1 for f in functions[t].tolist() if f >= 0]
            assert found[t, place] == pytest.approx(np.mean(said) if said else 0.5)
        apart = [sum(a != b for a, b in zip(points[row], points[other], strict=True))
                 for other in np.flatnonzero(train)]  # fmt: skip
        for t in range(2):
            nearest = [labels[t, k] for k in range(known) if apart[k] == min(apart)]
            assert near[t, place] == pytest.approx(np.mean(nearest))
    target = int(generator.integers(0, 256))
    expected = [f for f in range(256)
                if all(f >> r & 1 == target >> r & 1 for r in np.flatnonzero(train))]  # fmt: skip
    assert sorted(consistent_numbers(target, train).tolist()) == expected


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32), st.integers(5, 30))
def test_rank_correlations_against_scipy_and_regression(seed, size):
    generator = np.random.default_rng(seed)
    x, y = generator.integers(0, 6, (2, size)).astype(float)
    third = x + generator.normal(size=size)
    x[:2], y[:2] = (0, 1), (1, 0)  # neither is constant
    assert correlations.rank_correlation(x, y) == pytest.approx(spearmanr(x, y)[0])
    both = correlations.rank_correlation(np.stack([x, y]), np.stack([third, third]))
    assert both == pytest.approx([spearmanr(x, third)[0], spearmanr(y, third)[0]])
    # What a partial correlation is: that of what is left of ranks after a linear fit on ranks.
    ranks = [np.argsort(np.argsort(third)).astype(float)]
    for each in (x, y):
        ranks.append(np.array([(each < v).sum() + ((each == v).sum() + 1) / 2 for v in each]))
    left = [r - np.polyval(np.polyfit(ranks[0], r, 1), ranks[0]) for r in ranks[1:]]
    found = compared.partial_rank_correlation(x, y, third)
    if max(abs(spearmanr(each, third)[0]) for each in (x, y)) > 1 - 1e-9:
        assert found is None
    else:
        assert found == pytest.approx(np.corrcoef(*left)[0, 1], abs=1e-6)
    assert compared.partial_rank_correlation(x, y, x) is None
    # A constant has no correlation, and counts as none where the mean of many is taken.
    assert np.isnan(correlations.rank_correlation(x, np.ones(size)))
    assert np.isnan(correlations.correlation(x, np.full(size, 0.1)))
    assert compared.rank_correlation(x, np.ones(size)) == 0


def test_intervals_hold_what_they_should_and_permuting_leaves_nothing():
    """95 % intervals of a known law hold its rank correlation about as often."""
    generator, inside = np.random.default_rng(0), 0
    true = 6 / np.pi * np.arcsin(0.8 / 2)  # of a normal law of correlation 0.8
    for _ in range(100):
        x, e = generator.normal(size=(2, 100))
        found = compared.correlated(x, 0.8 * x + 0.6 * e, generator)
        inside += found["low"] < true < found["high"]
        assert abs(found["permuted"]) < 0.05
        assert 0.1 < found["most_permuted"] < 0.6
    assert inside >= 85


def test_how_chances_fit_counts():
    generator = np.random.default_rng(1)
    chances = generator.dirichlet(np.ones(32), 20)
    flat = [p**0.5 / (p**0.5).sum() for p in chances]
    pairs = [(generator.multinomial(20_000, q), p) for q, p in zip(flat, chances, strict=True)]
    found = compared.fitted(pairs, generator)
    assert found["power"] == pytest.approx(0.5, abs=0.01)
    assert found["explained_by_power"] == pytest.approx(1, abs=0.01)
    assert found["spearman"] == pytest.approx(np.mean([spearmanr(c, p)[0] for c, p in pairs]))
    assert abs(found["permuted"]) < 0.05
    # A few draws of a law look surer than it is, by (K - 1)/(2 N ln 2) bits.
    few = [compared.entropy(generator.multinomial(400, flat[0])) for _ in range(2000)]
    assert np.mean(few) == pytest.approx(-(flat[0] @ np.log2(flat[0])), abs=0.02)
    assert found["distance"] == pytest.approx(
        np.mean([np.abs(q - p).sum() / 2 for q, p in zip(flat, chances, strict=True)]), abs=0.01
    )
    # 1 - KL(q, p) / KL(q, uniform) of the law that counts were drawn from.
    kl = [sum(q @ np.log2(q / p) for q, p in zip(flat, other, strict=True))
          for other in (chances, [np.full(32, 1 / 32)] * 20)]  # fmt: skip
    assert found["explained"] == pytest.approx(1 - kl[0] / kl[1], abs=0.01)
    pairs[0][1][0] = 0
    assert compared.fitted(pairs, generator)["explained"] is None


def test_calibration_by_tenths():
    ours, theirs = np.array([0.2, 0.4, 1.0, 0.9]), np.array([0.31, 0.39, 1.0, 0.95])
    found = list(compared.calibrated(ours, theirs))
    assert found == [
        {"p": pytest.approx(0.35), "share": pytest.approx(0.3), "count": 2},
        {"p": pytest.approx(0.975), "share": pytest.approx(0.95), "count": 2},
    ]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32))
def test_a_law_of_counts_is_conditioned_as_rejection_would(seed):
    """P_net(f | rows): of the random networks that are right on the rows, how many say 1."""
    generator = np.random.default_rng(seed)
    networks = generator.integers(0, 256, 40)
    law = Law(np.bincount(networks, minlength=256))
    train = generator.random(8) < 0.5
    train[:2] = True, False
    split, target = Split(law, train), int(networks[0])
    left = [f for f in networks.tolist()
            if all(f >> r & 1 == target >> r & 1 for r in np.flatnonzero(train))]  # fmt: skip
    labeling = split.labeling(target)
    assert split.evidence[labeling] * law.mass == pytest.approx(len(left))
    for place, row in enumerate(split.unseen.tolist()):
        assert split.predictive[place, labeling] == pytest.approx(
            np.mean([f >> row & 1 for f in left])
        )


@pytest.fixture(scope="module")
def run():
    return synth.run_experiment("network-posterior", **SMALL)


@pytest.mark.slow
def test_a_run_that_keeps_a_journal_is_the_same(run, tmp_path):
    """Answers of items come back from the journal as JSON has them."""
    kept = synth.run_experiment("network-posterior", journal=tmp_path / "kept", **SMALL)
    assert kept.rows == run.rows


def of(run, row, **keys):
    return [r for r in run.rows
            if r["row"] == row and all(r[k] == v for k, v in keys.items())]  # fmt: skip


def test_rows_are_those_of_one_target_after_another(run):
    """Accuracies of networks and of a posterior once more, by loops and by `exact_posterior`."""
    made = network_posterior.Settings(**SMALL)
    targets = of(run, "target", rows=3)
    seeds = synth.experiments.base.spawn_seeds(made.seed, 4)
    each = synth.experiments.base.spawn_seeds(seeds[2], 12)
    numbers = [r["target"] for r in targets]
    x = [np.array([row >> v & 1 for row in range(8)], bool) for v in range(3)]
    right, posterior = np.zeros(len(numbers)), np.zeros(len(numbers))
    for seed in each[:6]:
        item = made, numbers, made.networks, 3, seed
        train = network_posterior._train(item)
        assert train.sum() == 3
        functions = network_posterior._trained(item)
        for t, target in enumerate(numbers):
            hits = [f >> row & 1 == target >> row & 1
                    for f in functions[t] for row in np.flatnonzero(~train)]  # fmt: skip
            right[t] += np.mean(hits) / 6
            if t % 40 == 0:
                columns = dict(zip(("x0", "x1", "x2"), x, strict=True))
                labels = np.array(members(8, target), bool)
                task = Task("one", columns, dict.fromkeys(columns, Bool), labels, Bool, train=train)
                exact = exact_posterior(task, "boolean:basis=nand", relative=True)
                posterior[t] += exact.gibbs_accuracy / 6
    assert [r["networks"] for r in targets] == pytest.approx(right.tolist())
    for t in range(0, len(numbers), 40):
        assert targets[t]["accuracies"]["boolean:basis=nand"] == pytest.approx(posterior[t])


def test_row_by_row_against_loops(run):
    """Majorities and nearest neighbours on each unseen row, of all targets drawn uniformly."""
    made = network_posterior.Settings(**SMALL)
    numbers = [r["target"] for r in of(run, "target", rows=3, rule="uniform")]
    all_numbers = [r["target"] for r in of(run, "target", rows=3)]
    seeds = synth.experiments.base.spawn_seeds(made.seed, 4)
    ours, theirs = [], []
    for seed in synth.experiments.base.spawn_seeds(seeds[2], 12)[:6]:
        item = made, all_numbers, made.networks, 3, seed
        train, functions = network_posterior._train(item), network_posterior._trained(item)
        labels = np.array([members(8, t) for t in numbers])[:, train]
        theirs.append(nearest_shares(corners(3), train, labels))
        ours.append([[np.mean([f >> row & 1 for f in found]) for row in np.flatnonzero(~train)]
                     for found in functions[-len(numbers):]])  # fmt: skip
    ours, theirs = np.array(ours), np.array(theirs)
    (found,) = of(run, "rule", rule="uniform", rows=3, learner="nearest neighbour")
    assert found["row_correlation"] == pytest.approx(
        np.corrcoef(ours.ravel(), theirs.ravel())[0, 1]
    )
    apart = np.abs((np.sign(ours - 0.5) - np.sign(np.round(theirs - 0.5, 9))) / 2)
    assert found["agreement"] == pytest.approx(1 - apart.mean())


def test_priors_are_ranked_by_random_networks(run):
    made = network_posterior.Settings(**SMALL)
    seed = synth.experiments.base.spawn_seeds(made.seed, 4)[0]
    counts = function_counts(made.shape, corners(3), made.draws, seed, scale=1.4, bias=0.3)
    for row in of(run, "prior"):
        masses = prior_of(row["learner"], 3).masses
        assert row["spearman"] == pytest.approx(spearmanr(counts, masses)[0])


def test_networks_generalise_as_and_or_not_does(run):
    assert run.summary["closest_dsl"] == "boolean:basis=and-or-not"
    for found in of(run, "rule", rule="lengths", learner="boolean:basis=and-or-not"):
        assert found["spearman"] > 0.6
        assert found["low"] < found["spearman"] < found["high"]
        assert abs(found["permuted"]) < 0.1
        assert found["trained"] == 1
        # Row by row they agree more often than with the posterior of another target.
        assert found["agreement"] > found["agreement_permuted"] + 0.1
    assert [len(of(run, "target", rule=r, rows=5)) for r in ("classes", "uniform")] == [14, 150]


def test_controls(run):
    for found in of(run, "rule", rule="uniform"):
        for mean, error in (("accuracy", "error"), ("networks", "networks_error")):
            assert abs(found[mean] - 0.5) < 4 * found[error] + 0.01
            assert found[error] < 0.03


def test_trained_networks_end_at_functions_as_often_as_random_ones(run):
    """The finding of Mingard et al. (JMLR 2021), function by function; no DSL comes as near."""
    found = {r["learner"]: r for r in of(run, "functions")}
    net = found["random networks"]
    assert net["explained"] > 0.85
    assert net["power"] == pytest.approx(1, abs=0.25)
    assert found["networks again"]["distance"] < 0.3
    for name, other in found.items():
        if name.startswith("boolean"):
            assert other["explained"] < other["explained_by_power"] < net["explained"]
            assert other["distance"] > net["distance"] + 0.1
    functions = of(run, "function")
    assert len(functions) == 6 * 2 ** (8 - 3)
    assert sum(r["share"] for r in functions) == pytest.approx(6)
    for name in ("boolean:basis=anf", "boolean:basis=nand"):
        assert sum(r["p"][name] for r in functions) == pytest.approx(6)


def test_networks_that_do_not_learn_say_nothing(tmp_path):
    """Too few steps: what did not learn counts as ½, and the figure is drawn all the same."""
    none = {**SMALL, "steps": 1, "rate": 1e-9, "rows": (5,), "pairs": 2, "targets": 3, "random": 3,
            "splits": 2, "draws": 1000}  # fmt: skip
    run = synth.run_experiment("network-posterior", **none)
    assert all(r["trained"] < 0.5 for r in of(run, "rule"))
    run.plot(tmp_path / "figure.png")


def test_a_run_that_ends_before_its_first_size_is_drawn(run, tmp_path):
    """As after Ctrl-C: only how priors rank is known then."""
    few = tuple(of(run, "prior"))
    assert len(few) == 4
    dataclasses.replace(run, rows=few).plot(tmp_path / "figure.png")
    half = tuple(r for r in run.rows if r["row"] == "prior" or r["rows"] == 3)
    dataclasses.replace(run, rows=half).plot(tmp_path / "figure.png")


def test_a_number_of_rows_that_is_given_twice_counts_once():
    few = {**SMALL, "targets": 3, "random": 3, "splits": 1, "networks": 2, "pairs": 1,
           "counted": 100, "draws": 1000}  # fmt: skip
    once, twice = (
        synth.run_experiment("network-posterior", **{**few, "rows": rows})
        for rows in ((3,), (3, 3))
    )
    assert once.rows == twice.rows


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ["--networks", "3"],
            "networks=3; allowed: even numbers",
        ),
        (["--variables", "3", "--rows", "8,9"], r"rows=8,9; allowed: 0\.\.7, since there are 8"),
        (["--dsls", "boolean,boolean"], "boolean is given twice"),
        (["--variables", "5"], r"variables=5; allowed: an integer 3\.\.4"),
    ],
)
def test_what_is_refused(options, words):
    result = CliRunner().invoke(main, ["run", "network-posterior", *options])
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert re.search(words, result.stderr), result.stderr
