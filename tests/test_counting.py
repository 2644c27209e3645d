"""Counts of programs by behaviour, compared with brute force over syntax trees."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import DSLError, SettingError, TypeMismatchError
from synth.exact import pairs, products
from synth.language.dsls import boolean, integer, modular
from synth.language.types import UNDEFINED, Bool, Int, Mod
from tests import naive
from tests.drawn import budget_of, grammars


def boolean_grammar(n, basis="and-or-xor-not", **options):
    return synth.Grammar(boolean.build(basis=basis), {f"x{i}": Bool for i in range(n)}, **options)


def check_sums(found):
    """Counts plus programs without a value equal the scalar recursion over costs."""
    for (_, counts), undefined, programs, exact in zip(
        found.levels, found.undefined, found.programs, found.exact, strict=True
    ):
        if exact:
            assert counts.dtype == np.int64
            assert isinstance(undefined, int)
            assert sum(counts.tolist()) + undefined == programs
        else:
            assert counts.dtype == np.float64
            assert math.fsum(counts) + undefined == pytest.approx(programs, rel=1e-12)


def check_against_brute_force(grammar, columns, most):
    expected = naive.counts(grammar, columns, most)
    for type_ in grammar.types:
        found = synth.count_programs(grammar, columns, type=type_, max_bits=most / 1024)
        assert found.stop_reason in ("max_bits", "exhausted")
        assert found.complete_bits == most / 1024
        levels = expected[type_]
        assert (found.bits * 1024).tolist() == sorted(levels)
        rows = [tuple(v) for v in found.values.tolist()]
        assert len(set(rows)) == len(rows)
        for k, units in enumerate(sorted(levels)):
            ids, counts = found.levels[k]
            made = {rows[i]: c for i, c in zip(ids.tolist(), counts.tolist(), strict=True)}
            level = dict(levels[units])
            assert found.undefined[k] == level.pop(None, 0)
            assert made == level
            assert found.programs[k] == sum(levels[units].values())
        least = [
            min(u for u, level in levels.items() if row in level) / 1024
            for row in map(tuple, found.values.tolist())
        ]
        assert found.least_bits.tolist() == least == sorted(least)
        check_sums(found)
        if grammar.is_prior:
            trees = [(u, s, c) for u, level in levels.items() for s, c in level.items()]
            for i in range(min(len(rows), 5)):
                mass = sum(c * 2.0 ** (-u / 1024) for u, s, c in trees if s == rows[i])
                assert found.mass[i] == pytest.approx(mass, rel=1e-12)
            covered = sum(c * 2.0 ** (-u / 1024) for u, s, c in trees if s is not None)
            assert found.covered == pytest.approx(covered, rel=1e-12)
            assert found.lost == pytest.approx(grammar.mass()[type_] - covered, abs=1e-12)
            without = sum(c * 2.0 ** (-u / 1024) for u, s, c in trees if s is None)
            assert found.undefined_mass == pytest.approx(without, rel=1e-12, abs=1e-300)


@settings(max_examples=10, deadline=None)
@given(grammars())
def test_counts_equal_brute_force(drawn):
    grammar, columns = drawn
    check_against_brute_force(grammar, columns, budget_of(grammar))


@settings(max_examples=15, deadline=None)
@given(grammars(), st.sampled_from([0, 3, 20]), st.sampled_from([1, 7, 2**12]))
def test_small_blocks_and_memos_change_nothing(drawn, known, work):
    grammar, columns = drawn
    most = budget_of(grammar)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(products, "WORK", work)
        patch.setattr(products, "BLOCK_VALUES", 0)
        patch.setattr(products, "SMALLEST_BLOCK", 1 + known)
        patch.setattr(pairs, "JOBS", 1)
        patch.setattr(products, "MEMO_BYTES", 4 * known**2)
        check_against_brute_force(grammar, columns, most)


@settings(max_examples=20, deadline=None)
@given(grammars())
def test_trees_of_every_cost_equal_a_recursion_over_costs(drawn):
    grammar, columns = drawn
    most = budget_of(grammar, 40)
    while sum(map(len, naive.trees_of_cost(grammar, most).values())) < 60 and most < 12 * 1024:
        most += 1024
    expected = naive.trees_of_cost(grammar, most)
    for type_ in grammar.types:
        found = synth.count_programs(
            grammar, columns, type=type_, max_bits=most / 1024, seconds=5, memory=2**28
        )
        made = dict(zip((found.bits * 1024).astype(int).tolist(), found.programs, strict=True))
        reached = found.complete_bits * 1024
        assert made == {u: n for u, n in expected[type_].items() if u <= reached}
        check_sums(found)


@pytest.mark.parametrize("basis", boolean.BASES)
def test_boolean_bases(basis):
    grammar = boolean_grammar(2, basis)
    check_against_brute_force(grammar, naive.all_rows(2), budget_of(grammar, 3000))


def test_modular_and_mixed_types():
    rows = np.array(list(itertools.product(range(5), repeat=2)))
    columns = {"x": rows[:, 0], "y": rows[:, 1]}
    grammar = synth.Grammar(modular.build((Mod(5),)), dict.fromkeys(columns, Mod(5)))
    check_against_brute_force(grammar, columns, budget_of(grammar, 3000))
    dsl = integer.build(low=-20, high=20, constants=(0, 2))
    grammar = synth.Grammar(dsl, {"a": Int(-20, 20), "b": Bool})
    columns = {"a": np.array([0, 3, -7, 20]), "b": np.array([True, False, True, True])}
    check_against_brute_force(grammar, columns, budget_of(grammar, 6000))


def test_and_or_has_catalan_many_trees():
    """Trees of k leaves: Catalan(k-1) shapes, 2 names per leaf and 2 connectives per node."""
    grammar = boolean_grammar(2, "and-or", costs=lambda item: 0 if item.arguments else 1)
    found = synth.count_programs(grammar, naive.all_rows(2), max_bits=45)
    expected = [math.comb(2 * k, k) // (k + 1) * 2 ** (2 * k + 1) for k in range(45)]
    assert found.programs == tuple(expected)
    assert found.bits.tolist() == list(range(1, 46))
    check_sums(found)
    # Counts become floats once 2**63 is exceeded.
    first = next(k for k, n in enumerate(expected) if n >= 2**63)
    assert found.exact.tolist() == [k < first for k in range(45)]
    assert first < found.exact_bits < first + 1
    assert found.stop_reason == "max_bits"
    x0 = found.counts(found.find([False, False, True, True]))
    assert x0.dtype == np.float64
    # Exact integers, by the same recursion over the four monotone functions of x0 and x1.
    values = {(False, False, True, True): 1, (False, True, False, True): 1}
    levels = [values]
    for k in range(1, 45):
        level = {}
        for a in range(k):
            for u, m in levels[a].items():
                for v, n in levels[k - 1 - a].items():
                    for f in (min, max):
                        made = tuple(map(f, u, v))
                        level[made] = level.get(made, 0) + m * n
        levels.append(level)
    right = [level.get((False, False, True, True), 0) for level in levels]
    assert x0[:first].tolist() == right[:first]
    assert x0 == pytest.approx(np.array(right, float), rel=1e-13)


def test_mass_approaches_what_the_prior_is_known_to_be():
    """x, not-x, and, or with probability ¼ each: P(true) = (2 - √3)/2, a critical grammar."""
    grammar = synth.Grammar(boolean.build(basis="and-or"), {"x": Bool, "y": Bool})
    columns = {"x": [False, True], "y": [True, False]}  # y stands for not-x
    found = synth.count_programs(grammar, columns, max_bits=900)
    true, x = (found.mass[found.find(v)] for v in ([True, True], [False, True]))
    assert found.lost == pytest.approx(1 - found.covered, abs=1e-7)
    # n leaves take 4 n - 2 bits. In a critical grammar, trees of more than n leaves have the mass
    # C(2n, n) / 4**n, about 1 / sqrt(pi n).
    assert found.lost == pytest.approx(1 / math.sqrt(math.pi * 225), rel=0.01)
    assert 0 < (2 - math.sqrt(3)) / 2 - true < found.lost
    assert 0 < (math.sqrt(3) - 1) / 2 - x < found.lost


def test_explicit_costs_have_counts_but_no_mass():
    grammar = boolean_grammar(2, costs=lambda item: 1)
    found = synth.count_programs(grammar, naive.all_rows(2), max_bits=5)
    check_against_brute_force(grammar, naive.all_rows(2), 5 * 1024)
    for ask in ("mass", "covered", "lost", "undefined_mass"):
        with pytest.raises(DSLError, match="no mass"):
            getattr(found, ask)


def test_free_steps_are_put_together_by_bits():
    dsl = synth.DSL("free")
    dsl.add(lambda a: a.astype(int), "Bool -> Mod(2)", name="number")
    dsl.add(lambda a, b: (a + b) % 2 == 1, "Mod(2), Mod(2) -> Bool", name="odd")
    grammar = synth.Grammar(dsl, {"x": Bool})
    assert grammar.shift
    check_against_brute_force(grammar, {"x": np.array([False, True])}, 9 * 1024)


def test_one_cost_with_and_without_a_free_step():
    dsl = synth.DSL("free")
    dsl.add(lambda a: a.astype(int), "Bool -> Mod(2)", name="number")
    dsl.add(lambda a, b: a * b, "Mod(2), Mod(2) -> Mod(2)", name="times", commutative=True)
    costs = {"x": 1, "n": 1, "number": 0, "times": 1}
    grammar = synth.Grammar(dsl, {"x": Bool, "n": Mod(2)}, costs=costs)
    assert grammar.shift
    columns = {"x": np.array([False, True]), "n": np.array([1, 1])}
    check_against_brute_force(grammar, columns, 7 * 1024)
    found = synth.count_programs(grammar, columns, type=Mod(2), max_bits=1)
    assert found.bits.tolist() == [1]
    assert found.programs == (2,)


def test_primitives_of_four_arguments():
    dsl = synth.DSL("four")
    dsl.add(lambda a, b, c, d: a ^ (b & ~c) | d, f"{'Bool, ' * 3}Bool -> Bool", name="f")
    dsl.add(np.logical_not, "Bool -> Bool", name="no")
    grammar = synth.Grammar(dsl, {"x0": Bool, "x1": Bool}, costs=lambda item: 1)
    check_against_brute_force(grammar, naive.all_rows(2), 9 * 1024)


def test_programs_without_value_are_counted_apart():
    dsl = synth.DSL("partial")
    dsl.add(lambda a, b: np.where(b == 0, UNDEFINED, a), "Mod(3), Mod(3) -> Mod(3)", name="keep")
    grammar = synth.Grammar(dsl, {"x": Mod(3)})
    found = synth.count_programs(grammar, {"x": np.array([0, 1])}, max_bits=200)
    # Only x itself has a value.
    assert len(found) == 1
    assert found.programs[:4] == (1, 1, 2, 5)
    assert found.undefined[:4] == (0, 1, 2, 5)
    check_sums(found)
    assert not found.exact.all()


@pytest.mark.parametrize("limit", [{"seconds": 0.2}, {"memory": 2**20}])
def test_a_limit_ends_at_a_whole_level(limit):
    rows = np.array(list(itertools.product(range(11), repeat=2)))
    columns = {"x": rows[:, 0], "y": rows[:, 1]}
    grammar = synth.Grammar(modular.build((Mod(11),)), dict.fromkeys(columns, Mod(11)))
    cut = synth.count_programs(grammar, columns, max_bits=60, **limit)
    assert cut.stop_reason == next(iter(limit))
    assert cut.complete_bits < 60
    again = synth.count_programs(grammar, columns, max_bits=min(cut.complete_bits, 25))
    assert again.stop_reason == "max_bits"
    n = len(again.bits)
    assert cut.programs[:n] == again.programs
    m = len(again)
    assert np.array_equal(cut.values[:m], again.values)
    for (ids, counts), (ids2, counts2) in zip(cut.levels, again.levels, strict=False):
        assert np.array_equal(ids, ids2)
        assert np.array_equal(counts, counts2)
    check_sums(cut)


def test_a_grammar_without_primitives_is_exhausted():
    dsl = synth.DSL("leaves", types=(Bool,))
    found = synth.count_programs(synth.Grammar(dsl, {"x": Bool}), {"x": [True]}, max_bits=3)
    assert (found.stop_reason, found.programs, found.covered) == ("exhausted", (1,), 1.0)


def test_bad_arguments():
    grammar, columns = boolean_grammar(2), naive.all_rows(2)
    with pytest.raises(SettingError, match="max_bits=None"):
        synth.count_programs(grammar, columns, max_bits=None)
    with pytest.raises(SettingError, match=r"max_bits=-1; allowed"):
        synth.count_programs(grammar, columns, max_bits=-1)
    with pytest.raises(SettingError, match=r"memory=5; allowed"):
        synth.count_programs(grammar, columns, max_bits=5, memory=5)
    with pytest.raises(DSLError, match="has no type for"):
        synth.count_programs(grammar, columns, max_bits=5, type=Mod(5))
    with pytest.raises(DSLError, match="no column for input x1"):
        synth.count_programs(grammar, {"x0": [True]}, max_bits=5)
    with pytest.raises(TypeMismatchError, match="is not Bool"):
        synth.count_programs(grammar, {"x0": [2], "x1": [0]}, max_bits=5)
    costs = {"x0": 0, "x1": 0, "and_": 0.001, "or_": 0.001, "xor": 0.001, "not_": 0.001}
    with pytest.raises(SettingError, match="allowed: fewer bits"):
        synth.count_programs(boolean_grammar(2, costs=costs), columns, max_bits=1)
    found = synth.count_programs(grammar, columns, max_bits=5)
    with pytest.raises(SettingError, match="behaviour 99; allowed: 0"):
        found.counts(99)
    assert found.find([True, True, True, False]) is None
