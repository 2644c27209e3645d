"""Samples of the prior, compared with exact masses by chi-square and with evaluation."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import DSLError, SettingError
from synth.exact import drawing
from synth.exact.sampling import behaviour_counts, size_masses
from synth.language.dsls import boolean, modular
from synth.language.types import UNDEFINED, Bool, Mod
from tests import naive
from tests.drawn import grammars

LITERALS = {"x": [False, True], "y": [True, False]}  # y stands for not-x


def boolean_grammar(n, basis="and-or-xor-not", **options):
    return synth.Grammar(boolean.build(basis=basis), {f"x{i}": Bool for i in range(n)}, **options)


def literals():
    """Leaves x and not-x, and connectives and, or, with probability ¼ each: a critical grammar."""
    return synth.Grammar(boolean.build(basis="and-or"), {"x": Bool, "y": Bool})


def check_chi_square(observed, expected):
    """Within 3 standard deviations of the degrees of freedom; small cells are pooled."""
    observed, expected = np.asarray(observed, float), np.asarray(expected, float)
    assert observed.sum() == pytest.approx(expected.sum(), rel=1e-3)
    large = expected >= 5
    cells = [*zip(observed[large], expected[large], strict=True)]
    pooled = expected[~large].sum()
    if pooled >= 5:
        cells.append((observed[~large].sum(), pooled))
    freedom = len(cells) - 1
    assert freedom >= 3
    statistic = sum((o - e) ** 2 / e for o, e in cells)
    assert abs(statistic - freedom) <= 3 * math.sqrt(2 * freedom), (statistic, freedom)


@pytest.mark.parametrize(
    ("n", "draws"),
    [
        (1, 10**6),
        (2, 10**6),
        (3, 10**6),
        *(pytest.param(n, 10**7, marks=pytest.mark.slow) for n in (2, 3)),
    ],
)
def test_behaviours_of_a_boolean_grammar_by_chi_square(n, draws):
    """If leaves have probability ¾ in all, hardly any mass lies beyond what can be counted."""
    dsl = boolean.build()
    dsl.leaf_probability = Fraction(3, 4)
    grammar = synth.Grammar(dsl, {f"x{i}": Bool for i in range(n)})
    columns = naive.all_rows(n)
    exact = synth.count_programs(grammar, columns, max_bits=160)
    assert exact.lost < 1e-6
    counted = behaviour_counts(grammar, columns, draws, seed=n)
    assert counted.cut == 0
    assert counted.covered == pytest.approx(exact.covered, abs=1e-6)
    expected = np.zeros(2**2**n)
    expected[Bool.pack(exact.values)[:, 0].astype(int)] = exact.mass * draws
    left = draws - expected.sum()
    check_chi_square([*counted.counts, counted.failed], [*expected, left])


@pytest.mark.parametrize("cap", [3, 25, 301])
def test_the_cap_shows_as_lost_mass(cap):
    """P(true) = (2 - √3)/2 and P(x) = (√3 - 1)/2 lie in the range that the limit leaves open."""
    draws = 200_000
    grammar = literals()
    counted = behaviour_counts(grammar, LITERALS, draws, seed=cap, most_nodes=cap)
    assert counted.finished + counted.cut == draws
    assert counted.failed == 0
    # Every node takes 2 bits, so size and cost are proportional.
    exact = synth.count_programs(grammar, LITERALS, max_bits=2 * cap)
    assert counted.covered == pytest.approx(exact.covered, rel=1e-12)
    assert counted.lost_mass == pytest.approx(exact.lost, abs=1e-12)
    assert counted.lost_mass > 0.02
    n = (cap + 1) // 2
    assert counted.lost_mass == pytest.approx(math.comb(2 * n, n) / 4**n, abs=1e-6)
    index = [exact.find(v) for v in ([False] * 2, [True, False], [False, True], [True] * 2)]
    expected = draws * np.array([*exact.mass[index], exact.lost])
    check_chi_square([*counted.counts, counted.cut], expected)
    for k, mass in ((3, (2 - math.sqrt(3)) / 2), (2, (math.sqrt(3) - 1) / 2)):
        share = counted.counts[k] / draws
        error = 5 * math.sqrt(share / draws)
        assert mass - counted.lost_mass - error < share < mass + error
        assert share < mass - counted.lost_mass / 10


def test_sizes_have_their_masses():
    rows = {"x": np.arange(7), "y": np.arange(7)[::-1]}
    for grammar in (
        boolean_grammar(3),
        boolean_grammar(2, "ite"),
        synth.Grammar(modular.build((Mod(7),)), dict.fromkeys(rows, Mod(7))),
    ):
        draws = 100_000
        sample = synth.sample_programs(grammar, draws, seed=3, most_nodes=40)
        assert sample.drawn == draws == sample.finished + sample.cut + sample.failed
        masses = size_masses(grammar, 40)[sample.type]
        assert sample.covered == masses.sum()
        expected = draws * np.array([*masses, 1 - sample.covered])
        sizes = np.bincount(sample.sizes, minlength=41)
        check_chi_square([*sizes, sample.cut + sample.failed], expected)


def test_failures_are_what_rounding_leaves():
    """Costs are rounded up by at most 1/1024 bit: three leaves of ⅓ lack up to 0.07 % to 1."""
    grammar = synth.Grammar(synth.DSL("leaves", types=(Bool,)), dict.fromkeys("abc", Bool))
    mass = grammar.mass()[Bool]
    assert 1e-5 < 1 - mass < 1e-3
    draws = 2_000_000
    sample = synth.sample_programs(grammar, draws)
    assert sample.cut == 0
    assert sample.lost_mass == 0
    expected = draws * (1 - mass)
    assert abs(sample.failed - expected) < 4 * math.sqrt(expected)
    leaves = np.bincount(sample.tokens, minlength=3)
    check_chi_square([*leaves, sample.failed], draws * np.array([mass / 3] * 3 + [1 - mass]))


def test_a_seed_gives_the_same_sample():
    grammar = boolean_grammar(3)
    one, same, other = (synth.sample_programs(grammar, 1000, seed=s) for s in (1, 1, 2))
    assert np.array_equal(one.tokens, same.tokens)
    assert not np.array_equal(one.tokens[:500], other.tokens[:500])
    # A longer sample starts with the shorter one, however it is divided into portions.
    longer = synth.sample_programs(grammar, 100_000, seed=1)
    assert np.array_equal(longer.tokens[: len(one.tokens)], one.tokens)
    columns = naive.all_rows(3)
    values, _ = longer.values(columns)
    index = Bool.pack(values)[:, 0].astype(int)
    counted = behaviour_counts(grammar, columns, 100_000, seed=1)
    assert np.array_equal(counted.counts, np.bincount(index, minlength=256))


@settings(max_examples=60, deadline=None)
@given(grammars(), st.integers(0, 9), st.sampled_from([1, 2, 30]))
def test_values_equal_evaluation(drawn, seed, most_nodes):
    grammar, columns = drawn
    for type_ in grammar.types:
        if not grammar.is_prior:
            with pytest.raises(DSLError, match="no prior to sample"):
                synth.sample_programs(grammar, 10, type=type_)
            continue
        sample = synth.sample_programs(grammar, 40, seed=seed, type=type_, most_nodes=most_nodes)
        assert len(sample) == sample.finished == len(sample.offsets) - 1
        assert sample.finished + sample.cut + sample.failed == sample.drawn == 40
        values, defined = sample.values(columns)
        assert values.dtype == type_.dtype
        for i in range(len(sample)):
            program = sample.program(i)
            assert program.type == type_
            assert program.size == sample.sizes[i] <= most_nodes
            seen = naive.behaviour(program, columns)
            assert defined[i] == (seen is not None)
            if seen is not None:
                assert tuple(values[i].tolist()) == seen
        if type_ == Bool:
            counted = behaviour_counts(grammar, columns, 40, seed=seed, most_nodes=most_nodes)
            bits = 2 ** np.arange(values.shape[1])
            index = values[defined] @ bits
            assert np.array_equal(counted.counts, np.bincount(index, minlength=2 * bits[-1]))
            assert counted.undefined == (~defined).sum()
            assert (counted.finished, counted.cut) == (sample.finished, sample.cut)


def test_every_boolean_primitive_runs_as_it_is():
    """The stack machine against evaluation, for random truth tables of up to 3 arguments."""
    generator = np.random.default_rng(5)
    columns = naive.all_rows(5)
    for _ in range(10):
        dsl = synth.DSL("tables", leaf_probability=0.6)
        for arity in (1, 2, 3):
            table = generator.integers(0, 2, (2,) * arity).astype(bool)
            dsl.add(
                lambda *a, table=table: table[tuple(x.astype(int) for x in a)],
                f"{', '.join(['Bool'] * arity)} -> Bool",
                name=f"f{arity}",
            )
        dsl.constant(True, Bool)
        grammar = synth.Grammar(dsl, {f"x{i}": Bool for i in range(5)})
        sample = synth.sample_programs(grammar, 200, most_nodes=50)
        assert drawing.machine_of(grammar, columns, 64) is not None
        values, defined = sample.values(columns)
        assert defined.all()
        for i in range(len(sample)):
            assert np.array_equal(values[i], sample.program(i).evaluate(columns))


def test_more_rows_than_a_word():
    columns = naive.all_rows(7)
    grammar = boolean_grammar(7)
    sample = synth.sample_programs(grammar, 300)
    values, _ = sample.values(columns)
    for i in range(0, 300, 7):
        assert np.array_equal(values[i], sample.program(i).evaluate(columns))


@settings(max_examples=60, deadline=None)
@given(grammars())
def test_masses_by_size(drawn):
    grammar, _ = drawn
    if not grammar.is_prior:
        return
    masses = size_masses(grammar, 12)
    total = grammar.mass()
    for type_ in grammar.types:
        expected = [0.0] + [naive.size_mass(grammar, type_, n) for n in range(1, 13)]
        assert masses[type_] == pytest.approx(np.array(expected), rel=1e-12)
        sample = synth.sample_programs(grammar, 0, type=type_, most_nodes=12)
        assert sample.covered == pytest.approx(sum(expected), rel=1e-12)
        assert sample.lost_mass + sum(expected) == pytest.approx(total[type_], abs=1e-6)
        assert sample.prior_mass == total[type_]


@settings(max_examples=30, deadline=None)
@given(grammars())
def test_masses_of_all_sizes_add_up_to_the_grammars(drawn):
    grammar, _ = drawn
    if not grammar.is_prior:
        return
    few, many = (size_masses(grammar, n) for n in (1000, 2000))
    for type_, mass in grammar.mass().items():
        assert many[type_].sum() <= mass + 1e-6
        # If sizes beyond 1000 have no mass, none is lost at all.
        if many[type_].sum() - few[type_].sum() < 1e-12:
            assert many[type_].sum() == pytest.approx(mass, abs=1e-6)


def test_programs_without_value_are_said_to_have_none():
    dsl = synth.DSL("partial")
    dsl.add(lambda a: np.where(a == 0, UNDEFINED, a), "Mod(3) -> Mod(3)", name="keep")
    dsl.add(lambda a: a == 1, "Mod(3) -> Bool", name="one")
    grammar = synth.Grammar(dsl, {"x": Mod(3)})
    columns = {"x": np.array([0, 1])}
    counted = behaviour_counts(grammar, columns, 10_000)
    # one(x) has a value and one(keep(...)) has none; each has half of the mass.
    assert counted.counts[2] + counted.undefined == counted.finished == 10_000
    assert abs(counted.undefined - 5000) < 250


def test_bad_arguments():
    grammar = boolean_grammar(2)
    for options in ({"count": -1}, {"count": 1.5}, {"seed": -1}, {"most_nodes": 0}):
        name, value = next(iter(options.items()))
        with pytest.raises(SettingError, match=f"{name}={value}; allowed: integers"):
            synth.sample_programs(grammar, **{"count": 5, **options})
    with pytest.raises(SettingError, match=r"32 rows; allowed: 1\.\.20"):
        behaviour_counts(boolean_grammar(5), naive.all_rows(5), 5)
    modular_grammar = synth.Grammar(modular.build((Mod(3),)), {"x": Mod(3)})
    with pytest.raises(DSLError, match="has no type for Bool"):
        behaviour_counts(modular_grammar, {"x": np.array([0, 1])}, 5)
    with pytest.raises(SettingError, match=r"program 5; allowed: 0\.\.4"):
        synth.sample_programs(grammar, 5).program(5)
