"""The experiments on the exact prior: what they claim, and their controls."""

import math

import numpy as np
import pytest

import synth
from synth.errors import SettingError
from synth.exact.named import bits_of, categories, least_bits, named_functions, prior_of
from synth.exact.sampling import behaviour_counts
from synth.exact.split import Split
from synth.experiments.posterior import summarise
from synth.language.types import Bool
from tests import naive

AND_OR_NOT, XOR = "boolean:basis=and-or-not", "boolean:basis=and-or-xor-not"


def test_least_bits_against_all_trees():
    prior = prior_of(AND_OR_NOT, 2)
    least = naive.behaviours(prior.grammar, prior.columns, 16 * 1024)[Bool]
    found = least_bits(prior)
    for values, units in least.items():
        assert found[prior.index(values)] == units / 1024
    assert np.all(found[[i for i in range(16) if tuple(prior.values(i)) not in least]] > 16)


def test_named_functions_and_categories():
    named = named_functions(4)
    prior = prior_of(AND_OR_NOT, 4)
    x = list(prior.columns.values())
    assert named["x0"] == prior.index(x[0])
    assert named["parity 4"] == prior.index(x[0] ^ x[1] ^ x[2] ^ x[3])
    assert all(n.bit_count() == 4 for n in categories().values())
    # Type I is a literal, II an exclusive or of two, VI the parity of three, or their negations.
    x = list(prior_of(AND_OR_NOT, 3).columns.values())
    index = prior_of(AND_OR_NOT, 3).index
    assert categories()["I"] == index(~x[2])
    assert categories()["II"] == index(~(x[1] ^ x[2]))
    assert categories()["VI"] == index(~(x[0] ^ x[1] ^ x[2]))


def test_counting():
    run = synth.run_experiment("counting", variables=(2, 3), nodes=9)
    summary = run.summary
    assert summary["variables_3_slope"] == pytest.approx(-0.52, abs=0.01)
    assert summary["variables_3_rank_correlation"] < -0.98
    assert abs(summary["variables_3_shuffled_rank_correlation"]) < 0.2
    # No function is above the bound.
    prior, bits = prior_of(AND_OR_NOT, 3), bits_of(AND_OR_NOT, 3)
    bound = summary["variables_3_bound_slope"] * bits + summary["variables_3_bound_intercept"]
    assert np.all(-prior.bits <= bound + 1e-9)
    lengths = [r for r in run.rows if r["kind"] == "length"]
    # Of 3 nodes: two literals and a connective, or two negations of a literal.
    three = [r for r in lengths if r["nodes"] == 3 and r["function"] == "x0 & x1"]
    assert three[0]["programs"] == 2
    assert three[0]["share"] == pytest.approx(2 / (2 * 2 * 2 + 2))
    shares = summary["limit_shares"]
    assert shares["true"] > shares["x0"] > shares["x0 & x1"] > shares["parity 2"]


def test_counting_of_four_variables():
    """The slope of the bound is about -0.52 where literals have ½ and not, and, or ⅙ each."""
    summary = synth.run_experiment("counting", variables=(4,), nodes=5).summary
    assert summary["variables_4_bound_slope"] == pytest.approx(-0.515, abs=0.005)
    assert summary["variables_4_slope"] == pytest.approx(-0.502, abs=0.003)
    assert summary["variables_4_rank_correlation"] < -0.98


def test_posterior_and_its_control():
    run = synth.run_experiment("posterior", variables=3, rows=(2, 4, 6), splits=2, random=20)
    assert run.summary["control_farthest_from_half"] < 1e-12
    at = {(r["target"], r["rows"]): r["bayes"] for r in run.rows}
    assert at["x0", 6] > 0.95
    assert at["x0", 6] > at["x0", 2]
    assert at["parity 3", 6] < 0.3
    evidence = {(r["target"], r["rows"]): r["evidence_bits"] for r in run.rows}
    assert evidence["x0", 6] < 3 < 6 < evidence["parity 3", 6]


def test_regret_and_its_control():
    run = synth.run_experiment("regret", variables=3, orders=5, random=8)
    assert run.summary["largest_order_error"] < 1e-9
    assert run.summary["functions_above_k"] == 0
    assert run.summary["control_kraft"] == pytest.approx(1)
    every = [r for r in run.rows if r["target"] == "all functions"]
    assert [r["functions"] for r in every] == [256]
    assert every[0]["bits"] == pytest.approx(14.54, abs=0.01)
    last = [r for r in run.rows if r["rows"] == 8 and r["learner"] == "mixture"]
    for row in (r for r in last if r["functions"] == 1):
        assert row["bits"] == pytest.approx(row["prior_bits"], abs=1e-9)
        assert row["bits"] <= row["least_bits"]
    # Over all targets the mean of 2**-bits is 2**-8.
    prior = prior_of(AND_OR_NOT, 3)
    assert np.mean(prior.masses / prior.mass) == pytest.approx(2.0**-8)
    uniform = [r for r in run.rows if r["learner"] == "uniform over functions"]
    assert all(r["bits"] == pytest.approx(r["rows"]) for r in uniform)


def test_exact_means_over_all_splits_of_four_variables():
    """They are not those of 20 splits, which reached 0.95 on the multiplexer at 12 rows."""
    run = synth.run_experiment("posterior", rows=(9, 10, 11, 12), splits=1, random=1)
    at = {(r["target"], r["rows"]): r["bayes"] for r in run.rows}
    assert at["multiplexer", 12] == pytest.approx(0.8874, abs=5e-5)
    assert at["parity 2", 10] == pytest.approx(0.9200, abs=5e-5)
    assert at["majority 3", 12] == pytest.approx(0.8245, abs=5e-5)
    assert run.summary["rows_until_bayes_0_95"]["x0 & x1"] == 10
    assert run.summary["rows_until_bayes_0_95"]["parity 2"] == 11
    # A mean over some of the C(16, 12) splits, by the code for one split, is near it.
    prior, generator, found = prior_of(AND_OR_NOT, 4), np.random.default_rng(1), []
    target = named_functions(4)["multiplexer"]
    for _ in range(60):
        train = np.zeros(16, bool)
        train[generator.permutation(16)[:12]] = True
        found.append(float(Split(prior, train).bayes_accuracy(target)))
    assert np.mean(found) == pytest.approx(at["multiplexer", 12], abs=4 * np.std(found) / 60**0.5)


def test_thresholds_hold_from_there_on():
    """A mean that reaches 0.95 and falls again has not reached it."""
    rows = [
        {"target": "f", "rows": n, "bayes": b, "gibbs": 0.5, "map": 0.5}
        for n, b in enumerate((0.96, 0.9, 0.95, 0.97))
    ]
    rows += [{"target": "all functions", "rows": 0, "bayes": 0.5, "gibbs": 0.5, "map": 0.5}]
    assert summarise(rows)["rows_until_bayes_0_95"] == {"f": 2, "all functions": None}


def test_priors_and_their_control():
    run = synth.run_experiment("priors", dsls=(AND_OR_NOT, XOR), variables=3)
    order = run.summary["kinds_by_probability"]
    # Over all functions of each kind; for one function of each, II may come before III.
    assert order[AND_OR_NOT] == "I < III < II < IV < V < VI"
    kinds = {r["what"][5:]: r for r in run.rows if r["kind"] == "category"}
    assert [r["functions"] for r in kinds.values()] == [6, 6, 24, 8, 24, 2]
    # Of 8 rows, the functions with four 1s are those of the six kinds.
    assert sum(r["functions"] for r in kinds.values()) == math.comb(8, 4)
    assert order[XOR].startswith("I < II < VI")
    assert run.summary["control_accuracies"] == [0.5]
    assert run.summary["least_accuracy_on_parity"][AND_OR_NOT] < 0.2
    pair = next(r for r in run.rows if r["kind"] == "pair")
    bits = [bits_of(name, 3) for name in (AND_OR_NOT, XOR)]
    assert pair["constant"] == np.abs(bits[0] - bits[1]).max()
    assert 0 < pair["correlation"] < 1


def test_anti_learning_of_parity():
    """4-bit parity under and-or-not: every label seen makes predictions worse."""
    run = synth.run_experiment("priors", dsls=(AND_OR_NOT,), variables=4)
    assert run.summary["least_accuracy_on_parity"][AND_OR_NOT] < 0.02


def test_convergence_and_its_control():
    settings = {"variables": 3, "rows": (2, 6), "random": 40}
    run = synth.run_experiment("convergence-exact", dsls=(AND_OR_NOT, XOR), **settings)
    at = {(r["target"], r["rows"]): r["agreement"] for r in run.rows}
    assert at["x0", 6] > 0.95
    assert at["random", 6] < at["random", 2]
    assert at["random", 6] < at["x0", 6]
    for row in run.rows:
        assert 0 <= row["agreement"] <= 1
        assert math.isfinite(row["difference"])
    with pytest.raises(SettingError, match=r"allowed: at least two"):
        synth.run_experiment("convergence-exact", dsls=(XOR, XOR), **settings)


def test_a_language_that_cannot_say_everything():
    """Monotone: most functions have no program, and cost the mixture infinitely much."""
    run = synth.run_experiment("regret", dsl="boolean:basis=and-or", variables=2, orders=2)
    bits = {
        r["target"]: r["bits"] for r in run.rows if r["learner"] == "mixture" and r["rows"] == 4
    }
    assert bits["parity 2"] is None
    assert bits["x0"] < 4
    assert run.summary["bits_after_all_rows"]["parity 2"]["mixture"] is None
    run = synth.run_experiment("posterior", dsl="boolean:basis=and-or", variables=2, rows=(1, 3))
    assert run.summary["control_farthest_from_half"] < 1e-12
    run = synth.run_experiment("priors", dsls=("boolean:basis=and-or", XOR), variables=3)
    assert run.rows


def test_no_size_below_all_rows_is_refused():
    for name in ("posterior", "convergence-exact"):
        with pytest.raises(SettingError, match=r"rows=15.*allowed: .*0\.\.3"):
            synth.run_experiment(name, variables=2, rows=(15,))


def test_a_language_twice_is_refused():
    for name in ("priors", "convergence-exact"):
        with pytest.raises(SettingError, match="twice"):
            synth.run_experiment(name, dsls=(XOR, AND_OR_NOT, XOR), variables=3)


def test_kinds_without_a_program_have_no_place(tmp_path):
    """Monotone programs have none of the six kinds; negations of variables only the first."""
    (tmp_path / "mine.py").write_text(
        "import synth\nfrom synth.language.types import Bool\n"
        "dsl = synth.DSL('mine')\n"
        "dsl.add(lambda a: ~a, 'Bool -> Bool', name='no')\n"
    )
    mine = f"{tmp_path / 'mine.py'}:dsl"
    names = ("boolean:basis=and-or", mine)
    found = synth.run_experiment("priors", dsls=names, variables=3).summary
    assert found["kinds_by_probability"] == {names[0]: "none", mine: "I"}


@pytest.mark.parametrize("name", ["counting", "posterior", "regret", "priors", "convergence-exact"])
def test_figures_are_drawn(name, tmp_path):
    small = {
        "counting": {"variables": (2, 3), "nodes": 7},
        "posterior": {"variables": 2, "rows": (1, 2), "splits": 2, "random": 3},
        "regret": {"variables": 2, "orders": 2, "random": 2},
        "priors": {"variables": 3, "dsls": (AND_OR_NOT, XOR)},
        "convergence-exact": {"variables": 2, "rows": (1, 2), "random": 3},
    }[name]
    run = synth.run_experiment(name, **small)
    run.plot(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 10_000


# -- the sampler against the exact prior ------------------------------------------


def chi_square(counted, masses):
    """By how many standard deviations chi-square is off; cells expected below 5 are pooled.

    What failed or was cut is a cell of its own, so that all draws are accounted for.
    """
    expected = np.append(masses, 1 - masses.sum()) * counted.drawn
    found = np.append(counted.counts, counted.failed + counted.cut)
    rare = expected < 5
    expected = np.append(expected[~rare], expected[rare].sum())
    found = np.append(found[~rare], found[rare].sum())
    some = expected > 1e-9
    assert not found[~some].any()
    degrees = np.count_nonzero(some) - 1
    value = ((found[some] - expected[some]) ** 2 / expected[some]).sum()
    return (value - degrees) / math.sqrt(2 * degrees)


def sampled(variables, draws, basis=AND_OR_NOT, most_nodes=10_000, seed=1):
    prior = prior_of(basis, variables)
    counted = behaviour_counts(
        prior.grammar, prior.columns, draws, seed=seed, most_nodes=most_nodes
    )
    return prior, counted


@pytest.mark.parametrize("basis", [AND_OR_NOT, XOR])
@pytest.mark.parametrize("variables", [2, 3, pytest.param(4, marks=pytest.mark.slow)])
def test_a_million_samples(basis, variables):
    prior, counted = sampled(variables, 10**6, basis)
    assert abs(chi_square(counted, prior.masses)) < 3
    # The test can fail: masses that are off by a percent of the commonest function's.
    wrong = prior.masses.copy()
    wrong[np.argmax(wrong)] *= 0.99
    assert chi_square(counted, wrong) > 3


@pytest.mark.slow
@pytest.mark.parametrize("basis", [AND_OR_NOT, XOR])
@pytest.mark.parametrize("variables", [2, 3, 4])
def test_ten_million_samples(basis, variables):
    prior, counted = sampled(variables, 10**7, basis)
    assert abs(chi_square(counted, prior.masses)) < 3


def test_a_size_limit_that_distorts_is_stated():
    """Trees of more than 5 nodes are cut: off by far, and the lost mass says by how much."""
    prior, counted = sampled(3, 10**6, most_nodes=5)
    assert chi_square(counted, prior.masses) > 100
    assert counted.cut > 0
    share = counted.cut / counted.drawn
    deviation = math.sqrt(counted.lost_mass * (1 - counted.lost_mass) / counted.drawn)
    # Beside what the limit cuts off, a tree that fails later would have been lost as well.
    assert share == pytest.approx(counted.lost_mass, abs=4 * deviation + 0.004)
    assert counted.lost_mass > 0.2
    assert counted.drawn == counted.counts.sum() + counted.cut + counted.failed
