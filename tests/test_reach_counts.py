"""Counts: which booleans count, and the programs that count them."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.engine.reach import counts
from synth.engine.reach.pool import pool_of
from synth.engine.reach.problem import Problem
from synth.engine.reach.sums import with_opposite
from synth.engine.reach.templates import Templates
from synth.language import Bool, Program

BASES = ["and-or-xor-not", "and-or-not", "nand"]


def never():
    return False


def of(n, rule, train, flipped=0, dsl=None, permuted=False):
    """The problem and the pools of a task of n booleans, some of whose labels are wrong."""
    rows, generator = np.arange(2**n), np.random.default_rng(0)
    columns = {f"x{j}": rows >> j & 1 > 0 for j in range(n)}
    labels, mask = np.array(rule(columns)), np.zeros(2**n, bool)
    some = generator.permutation(2**n)[:train]
    mask[some] = True
    if permuted:
        labels[some] = labels[generator.permutation(some)]
    labels[some[:flipped]] = ~labels[some[:flipped]]
    task = synth.Task("made", columns, dict.fromkeys(columns, Bool), labels, Bool, mask)
    search = synth.Search(task, dsl, max_programs=20_000, seconds=None, threads=1, moves=0)
    search.run()
    problem = Problem(search._engine, search._labellings[0])
    return problem, {t: pool_of(search._engine, t, problem.n) for t in search._engine.banks}


def count_of(columns, k, negated=()):
    return sum((columns[f"x{j}"] ^ (j in negated)).astype(int) for j in range(k))


def pairs_of(problem, k):
    templates = Templates(problem)
    inputs = [Program(i) for i in problem.grammar.inputs][:k]
    return templates, [with_opposite(templates, i, Bool) for i in inputs]


# -- which booleans count ----------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=20))
def test_the_code_is_a_sum_of_logarithms_of_binomials(rows):
    numbers, labels = (np.array(c) for c in zip(*rows, strict=True))
    wanted = 0.0
    for value in set(numbers.tolist()):
        some = labels[numbers == value].tolist()
        wanted += math.log2((len(some) + 1) * math.comb(len(some), sum(some)))
    both = counts.codes(np.stack([numbers, 2 * numbers]), labels.astype(bool))
    assert both == pytest.approx([wanted, wanted], abs=1e-9)


def test_the_local_search_ends_where_no_change_helps():
    problem, _ = of(8, lambda c: count_of(c, 5) >= 3, 200)
    columns = np.stack([problem.values(Program(i))[:200] for i in problem.grammar.inputs])
    bits, signs = counts.improved(columns, problem.labels, np.zeros(8, np.int64))

    def price(signs):
        return counts.codes((signs @ columns)[None], problem.labels)[0] + counts.PRICE * np.sum(
            signs != 0
        )

    assert bits == pytest.approx(price(signs))
    for j, value in itertools.product(range(8), (-1, 0, 1)):
        other = signs.copy()
        other[j] = value
        assert price(other) >= bits - 1e-6


@pytest.mark.parametrize("rule", ["threshold", "exactly"])
@pytest.mark.parametrize("flipped", [0, 25])
def test_the_booleans_that_count_are_found(rule, flipped):
    def labels(columns):
        count = count_of(columns, 6, negated=(1, 4))
        return count >= 4 if rule == "threshold" else count == 3

    problem, _ = of(10, labels, 500, flipped)
    columns = np.stack([problem.values(Program(i))[:500] for i in problem.grammar.inputs])
    found = counts.counted(problem, columns, never)
    assert found[0].tolist() == [1, -1, 1, 1, -1, 1, 0, 0, 0, 0]


# -- programs of a count -----------------------------------------------------------------------


@pytest.mark.parametrize("basis", BASES)
def test_a_full_adder_adds(basis):
    problem, _ = of(4, lambda c: c["x0"], 16, dsl=f"boolean:basis={basis}")
    templates, pairs = pairs_of(problem, 3)
    count = sum(problem.values(p[0]).astype(int) for p in pairs)
    for (yes, no), bit in zip(counts.full_adder(templates, pairs), (0, 1), strict=True):
        assert (problem.values(yes) == (count >> bit & 1)).all()
        assert no is None or (problem.values(no) == 1 - (count >> bit & 1)).all()


def test_steps_are_merged():
    problem, _ = of(6, lambda c: c["x0"], 60)
    templates, pairs = pairs_of(problem, 6)
    count = sum(problem.values(p[0]).astype(int) for p in pairs)
    for most in (1, 2):
        steps = counts.merged(templates, pairs, most)
        assert len(steps) == most
        for k, (yes, no) in enumerate(steps, 1):
            assert (problem.values(yes) == (count >= k)).all()
            assert (problem.values(no) == (count < k)).all()


# -- the stage ---------------------------------------------------------------------------------


RULES = {
    "majority": lambda c: count_of(c, 5) >= 3,
    "exactly 2": lambda c: count_of(c, 5, negated=(0,)) == 2,
    "at least 2": lambda c: count_of(c, 6, negated=(2, 3)) >= 2,
    "all but one": lambda c: count_of(c, 6) >= 5,
}


#: Every basis and every rule; all pairs of them take seven seconds.
QUICK = [*((BASES[0], rule) for rule in RULES), *((basis, "exactly 2") for basis in BASES[1:])]


@pytest.mark.parametrize(
    ("basis", "rule"),
    [
        pytest.param(basis, rule, marks=[pytest.mark.slow] * ((basis, rule) not in QUICK))
        for basis in BASES
        for rule in RULES
    ],
)
def test_it_finds_counts(rule, basis):
    problem, pools = of(9, RULES[rule], 400, dsl=f"boolean:basis={basis}")
    found = counts.propose(problem, pools, never)
    totals = [problem.total(program) for program in found]
    assert totals == sorted(totals)
    assert problem.exceptions(found[0]) in (0, problem.n)
    assert totals[0] < problem.table_bits


def test_it_finds_a_majority_with_wrong_labels():
    problem, pools = of(10, lambda c: count_of(c, 7) >= 4, 800, flipped=40)
    found = counts.propose(problem, pools, never)
    assert problem.exceptions(found[0]) in (40, problem.n - 40)
    # 228.0 bits is the program of three full adders and a majority of carries over 12 inputs.
    assert problem.units(found[0]) / 1024 < 228


def test_a_dsl_of_the_user():
    dsl = synth.DSL("own")
    dsl.add(lambda a, b, c: (a & b) | (c & (a | b)), "Bool, Bool, Bool -> Bool", name="zork")
    dsl.add(np.logical_not, "Bool -> Bool", name="plonk")
    problem, pools = of(9, lambda c: count_of(c, 5) >= 3, 400, dsl=dsl)
    found = counts.propose(problem, pools, never)
    assert problem.exceptions(found[0]) in (0, problem.n)
    only = synth.DSL("only")
    only.add(np.logical_and, "Bool, Bool -> Bool", name="both")
    problem, pools = of(9, lambda c: count_of(c, 5) >= 3, 400, dsl=only)
    counts.propose(problem, pools, never)


def test_permuted_labels_give_nothing_below_the_table():
    problem, pools = of(10, lambda c: count_of(c, 7) >= 4, 800, permuted=True)
    found = counts.propose(problem, pools, never)
    assert all(problem.total(program) >= problem.table_bits for program in found)


def test_it_stops_when_told_and_is_the_same_twice():
    problem, pools = of(9, RULES["majority"], 400)
    assert counts.propose(problem, pools, lambda: True) == []
    first = counts.propose(problem, pools, never)
    assert first
    assert first == counts.propose(problem, pools, never)


def test_what_was_found_before_a_stop_is_handed_back():
    problem, pools = of(9, RULES["majority"], 400)
    whole, calls = counts.propose(problem, pools, never), itertools.count()
    some = counts.propose(problem, pools, lambda: next(calls) > 8)
    assert some
    assert set(some) < set(whole)
