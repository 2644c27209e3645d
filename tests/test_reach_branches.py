"""The stage of reach that covers labels with branches, and repairs by selectors."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

import synth
from synth.engine.reach import branches, repairs
from synth.engine.reach.context import Context
from synth.engine.reach.pool import pool_of
from synth.engine.reach.problem import Problem
from synth.engine.reach.selectors import selectors_of, selectors_of_pools
from synth.language import UNIT, Bool, Int, Mod, Program, Real


def never():
    return False


def own():
    """Whole numbers, a selector with its operands in an unusual order, and one that is none."""
    dsl = synth.DSL("own", types=(Int(-1000, 1000), Bool))
    dsl.add(lambda a, b: a + b, "Int, Int -> Int", name="plus", commutative=True)
    dsl.add(lambda a, b: a < b, "Int, Int -> Bool", name="less")
    dsl.add(lambda no, c, yes: np.where(c, yes, no), "Int, Bool, Int -> Int", name="pick")
    dsl.add(lambda a, c, b: np.where(c, a + b, b), "Int, Bool, Int -> Int", name="more")
    return dsl


def real():
    """Real numbers with a selector."""
    dsl = synth.DSL("real", types=(Real, Bool))
    dsl.add(lambda a, b: a + b, "Real, Real -> Real", name="plus", commutative=True)
    dsl.add(lambda a, b: a * b, "Real, Real -> Real", name="times", commutative=True)
    dsl.add(lambda a, b: a < b, "Real, Real -> Bool", name="less")
    dsl.add(lambda c, a, b: np.where(c, a, b), "Bool, Real, Real -> Real", name="pick")
    return dsl


def digits(type_, least=0):
    """Residues or small numbers, with constants and a selector."""
    dsl = synth.DSL("digits", types=(type_, Bool))
    name = type_.family
    dsl.add(lambda a, b: a == b, f"{name}, {name} -> Bool", name="same", commutative=True)
    dsl.add(lambda c, a, b: np.where(c, b, a), f"Bool, {name}, {name} -> {name}", name="unless")
    for value in range(least, 3):
        dsl.constant(value, type_)
    return dsl


def a_task(rule, type_=None, columns=None, train=300, seed=0):
    generator = np.random.default_rng(seed)
    if columns is None:
        columns = {name: generator.integers(0, 9, 600) for name in "xyz"}
    rows = len(columns["x"])
    mask = np.zeros(rows, bool)
    mask[generator.permutation(rows)[:train]] = True
    labels = rule(*columns.values())
    if type_ is None:
        type_ = Int(int(labels.min()), int(labels.max()))
    kind = Int(0, 8) if columns["x"].dtype.kind == "i" else Real
    return synth.Task("branches", columns, dict.fromkeys(columns, kind), labels, type_, mask)


def two_branches(x, y, z):
    return np.where(x < y, x + z, y * 2)


def three_branches(x, y, z):
    return np.where(x < y, x * y, np.where(z < x, z - 3, x + y))


def a_problem(task, dsl="integer", programs=50_000):
    search = synth.Search(task, dsl, max_programs=programs, seconds=None, threads=1, moves=0)
    search.run()
    engine = search._engine
    problem = Problem(engine, search._labellings[0])
    pools = {t: pool_of(engine, t, problem.n) for t in engine.banks}
    return problem, {t: pool for t, pool in pools.items() if pool.count}


def price_of(problem, text):
    return problem.total(Program.parse(text, problem.grammar, problem.root))


@pytest.fixture(scope="module")
def three():
    return a_problem(a_task(three_branches))


# -- selectors ---------------------------------------------------------------------


def test_selectors_are_found_by_their_law_whatever_the_order_of_their_operands():
    problem, pools = a_problem(a_task(lambda x, y, z: x + y), own(), 5000)
    (only,) = selectors_of(problem, problem.root)
    assert (only.item.name, only.condition, only.yes, only.no) == ("pick", 1, 2, 0)
    assert list(selectors_of_pools(problem, pools)) == [problem.root]
    assert selectors_of(problem, Bool) == []


def test_a_selector_that_says_its_operands_the_other_way_round_is_turned():
    task = a_task(lambda x, y, z: (x + y) % 3, Int(0, 2))
    problem, _ = a_problem(task, digits(Int(-9, 9)), 5000)
    (only,) = selectors_of(problem, problem.root)
    assert (only.condition, only.yes, only.no) == (0, 2, 1)


# -- conditions --------------------------------------------------------------------


def test_the_cheapest_condition_is_that_of_a_search_through_all():
    problem, pools = a_problem(a_task(three_branches), programs=3000)
    pool, one = pools[Bool], selectors_of(problem, problem.root)[0]
    first = Program.parse("x * y", problem.grammar, problem.root)
    second = Program.parse("x + y", problem.grammar, problem.root)
    wrong = [problem.misses(problem.values(p)) for p in (first, second)]
    sides = Bool.pack(np.stack([~wrong[0] & wrong[1], wrong[0] & ~wrong[1]]))
    costs = pool.costs(np.arange(pool.count))
    given = (*sides, int(np.count_nonzero(wrong[0] & wrong[1])))
    found = repairs.cheapest(pool, costs, given, problem.code * UNIT, 3)
    rest = problem.grammar.units(one.item) + problem.units(first) + problem.units(second)
    slow = []
    for k in range(pool.count):
        for pair in ((first, second), (second, first)):
            slow.append(problem.total(one.program(pool.program(k), *pair)))
    np.testing.assert_allclose([(p + rest) / UNIT for p, *_ in found], sorted(slow)[:3])
    for price, row, upright in found:
        pair = (first, second) if upright else (second, first)
        total = problem.total(one.program(pool.program(row), *pair))
        assert total == pytest.approx((price + rest) / UNIT)


# -- covers ------------------------------------------------------------------------


def test_matching_rows_are_the_cheapest_of_their_matches(three):
    problem, _ = three
    found = branches.matching(problem, 0)
    bank = problem.engine.banks[problem.root]
    right = bank.values(0, bank.ends[-1])[:, : problem.n] == problem.labels
    np.testing.assert_array_equal(Bool.unpack(found.words.T.copy(), problem.n), right[found.rows])
    for row in found.rows[:40]:
        assert not (right[:row] == right[row]).all(axis=1).any()


def test_the_best_cover_of_two_is_that_of_a_search_through_all_pairs():
    problem, _ = a_problem(a_task(two_branches), programs=1500)
    found = branches.matching(problem, 0)
    right = Bool.unpack(found.words.T.copy(), problem.n)
    costs = found.units / UNIT

    def price(chosen):
        missed = int(np.count_nonzero(~right[list(chosen)].any(axis=0)))
        return costs[list(chosen)].sum() + problem.code[missed]

    best = min(combinations(range(len(right)), 2), key=price)
    two = [c for c in branches.covers(problem, found, 0, 0) if len(c) == 2]
    assert price(two[0]) == pytest.approx(price(best))


# -- the stage ---------------------------------------------------------------------


def test_three_branches_are_found(three):
    problem, pools = three
    known = price_of(problem, "where(x < y, x * y, where(z < x, z - 3, x + y))")
    found = branches.propose(problem, pools, never)
    assert problem.total(found[0]) <= known
    assert problem.exceptions(found[0]) == 0


def test_the_total_of_rules_is_that_of_their_program(three):
    problem, pools = three
    choosing = branches.Choosing(problem, pools[Bool], selectors_of(problem, problem.root)[0])
    found = branches.matching(problem, 0)
    for cover in ((0, 5), (1, 3, 8)):
        for state, last in choosing.orders(found, cover, np.inf):
            rules = choosing.fitted(found, state, last)
            assert rules.total <= state.total + 1e-6
            program = choosing.written(found, rules)
            assert problem.total(program) == pytest.approx(rules.total / UNIT)


def test_wrong_labels_become_exceptions():
    task = a_task(three_branches)
    generator = np.random.default_rng(5)
    labels, train = task.labels.copy(), np.flatnonzero(task.train)
    bad = generator.permutation(train)[: len(train) // 20]
    labels[bad] = (labels[bad] + 40) % 60
    problem, pools = a_problem(replace(task, labels=labels, label_type=Int(-3, 100)))
    (best, *_) = branches.propose(problem, pools, never)
    known = price_of(problem, "where(x < y, x * y, where(z < x, z - 3, x + y))")
    assert problem.total(best) <= known
    np.testing.assert_array_equal(best.evaluate(task.columns), task.labels)


@pytest.mark.parametrize("seed", range(3))
def test_permuted_labels_propose_nothing_below_the_table(seed):
    task = a_task(three_branches)
    labels = task.labels.copy()
    labels[task.train] = np.random.default_rng(seed).permutation(labels[task.train])
    problem, pools = a_problem(replace(task, labels=labels), programs=50_000)
    assert branches.propose(problem, pools, never) == []


def test_a_dsl_of_ones_own():
    task = a_task(lambda x, y, z: np.where(y < z, x + x, np.where(x < y, z, y + z)), Int(0, 16))
    problem, pools = a_problem(task, own(), 200)
    known = price_of(problem, "pick(pick(plus(y, z), less(x, y), z), less(y, z), plus(x, x))")
    assert problem.total(branches.propose(problem, pools, never)[0]) <= known


def test_real_numbers():
    generator = np.random.default_rng(2)
    columns = {name: np.round(generator.uniform(-4, 4, 600), 3) for name in "xyz"}
    task = a_task(lambda x, y, z: np.where(x < y, x * z, y + z), Real, columns)
    problem, pools = a_problem(task, real(), 30_000)
    known = price_of(problem, "pick(less(x, y), times(x, z), plus(y, z))")
    assert problem.total(branches.propose(problem, pools, never)[0]) <= known


@pytest.mark.parametrize("type_", [Int(0, 8), Mod(9)])
def test_a_list_of_rules_with_constants(type_):
    def rule(x, y, z):
        return np.where(x == y, 2, np.where(y == z, 0, 1))

    task = a_task(rule, Int(0, 2) if type_.family == "Int" else type_)
    task = replace(task, types=dict.fromkeys("xyz", type_))
    problem, pools = a_problem(task, digits(type_), 200)
    known = price_of(problem, "unless(same(x, y), unless(same(y, z), 1, 0), 2)")
    assert problem.total(branches.propose(problem, pools, never)[0]) <= known


# -- repairs -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def leap():
    columns = {"x": np.arange(1, 1201)}
    mask = np.zeros(1200, bool)
    mask[np.random.default_rng(0).permutation(1200)[:800]] = True
    y = columns["x"]
    labels = (y % 4 == 0) & ((y % 100 != 0) | (y % 400 == 0))
    task = synth.Task("leap", columns, {"x": Int(1, 1200)}, labels, Bool, mask)
    return a_problem(task, "integer:constants=0/4/100/400", 50_000)


def test_a_part_within_a_program_becomes_one_of_two(leap):
    problem, pools = leap
    known = price_of(problem, "x % where(x % 100 == 0, 400, 4) == 0")
    assert problem.total(branches.propose(problem, pools, never)[0]) <= known


@pytest.mark.parametrize("text", ["x % 4 == 0", "0 < x % 4"])
def test_what_is_right_where_the_program_is_wrong_has_merit(leap, text):
    problem, pools = leap
    program = Program.parse(text, problem.grammar, problem.root)
    path = (0, 1) if text.startswith("x") else (1, 1)
    pool = pools[next(t for t in pools if t != Bool)]
    wrong = problem.misses(problem.values(program))
    hole = Context.at(problem, program, path)
    merit = repairs.merits(problem, pool, hole, wrong, np.random.default_rng(0))
    rows = {pool.program(k).text: k for k in range(50)}
    assert merit[rows["400"]] > 0
    assert merit[rows["4"]] == -np.inf


def test_repairs_name_rows_beside_the_part(leap):
    problem, pools = leap

    class Tools:
        selectors = selectors_of_pools(problem, pools)

    Tools.pools = pools
    program = Program.parse("x % 4 == 0", problem.grammar, problem.root)
    wrong = problem.misses(problem.values(program))
    condition = Program.parse("x % 100 == 0", problem.grammar, problem.root)
    best = np.inf
    for seed in range(20):
        generator = np.random.default_rng(seed)
        made = repairs.repaired(problem, Tools, program, wrong, generator)
        assert all(context.type == Bool for context in made)
        totals = [problem.total(context.filled(problem, condition)) for context in made]
        best = min([best, *totals])
    assert best <= price_of(problem, "x % where(x % 100 == 0, 400, 4) == 0")
    right = np.zeros_like(wrong)
    assert repairs.repaired(problem, Tools, program, right, np.random.default_rng(0)) == []
