"""The stage of reach that covers labels with terms: gates, terms, covers and decision lists."""

from itertools import combinations, product
from math import log2

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.engine.reach import covering, lists
from synth.engine.reach.gates import NEVER, Gates
from synth.engine.reach.literals import Known, Literals
from synth.engine.reach.pool import pool_of
from synth.engine.reach.problem import Problem
from synth.engine.reach.terms import SLACK, conjoined, listed
from synth.kernels import terms as kernels
from synth.language import UNIT, Bool, Int, Program


def never():
    return False


def nand():
    dsl = synth.DSL("nand")
    dsl.add(lambda a, b: ~(a & b), "Bool, Bool -> Bool", name="nand", commutative=True)
    return dsl


def monotone():
    dsl = synth.DSL("monotone")
    dsl.add(np.logical_and, "Bool, Bool -> Bool", name="both", commutative=True)
    dsl.add(np.logical_or, "Bool, Bool -> Bool", name="either", commutative=True)
    return dsl


def choosing():
    """One primitive of three operands, and the two constants."""
    dsl = synth.DSL("choosing")
    dsl.add(lambda c, a, b: np.where(c, a, b), "Bool, Bool, Bool -> Bool", name="choose")
    dsl.constant(True, Bool)
    dsl.constant(False, Bool)
    return dsl


def a_task(rule, inputs=8, train=200, seed=0, types=Bool):
    generator = np.random.default_rng(seed)
    rows = np.arange(2**inputs)
    columns = {f"x{j}": (rows >> j & 1).astype(bool) for j in range(inputs)}
    mask = np.zeros(len(rows), bool)
    mask[generator.permutation(len(rows))[:train]] = True
    labels = rule(*columns.values())
    return synth.Task("terms", columns, dict.fromkeys(columns, types), labels, Bool, mask)


def a_problem(task, dsl=None, programs=20_000):
    search = synth.Search(task, dsl, max_programs=programs, seconds=None, threads=1, moves=0)
    search.run()
    problem = Problem(search._engine, search._labellings[0])
    return problem, {t: pool_of(search._engine, t, problem.n) for t in search._engine.banks}


def three_terms(a, b, c, d, e, f, g, h):
    return (a & b & ~c) | (d & ~e & f) | (~b & ~f & g)


def a_list(a, b, c, d, e, f, g, h):
    rest = np.where(e & h, True, np.where(~c & g, False, b))
    return np.where(a & ~b, True, np.where(c & d, False, np.where(f & ~a, True, rest)))


@pytest.fixture(scope="module")
def known_terms():
    return a_problem(a_task(three_terms))


# -- gates -------------------------------------------------------------------------


@pytest.mark.parametrize("dsl", [None, "boolean:basis=and-or-not", nand, monotone, choosing])
def test_gates_do_what_their_key_says(dsl):
    problem, _ = a_problem(a_task(three_terms), dsl() if callable(dsl) else dsl, 2000)
    gates = Gates(problem)
    p, q = (problem.values(Program(i))[:64] for i in problem.grammar.inputs[:2])
    parts = [Program(i) for i in problem.grammar.inputs[:2]]
    seen = 0
    for (a, b, c), some in gates.conjunctions.items():
        for gate in some:
            program = gate.filled(*parts)
            expected = ((p ^ bool(a)) & (q ^ bool(b))) ^ bool(c)
            assert (problem.values(program)[:64] == expected).all()
            assert gate.cost(*map(problem.units, parts)) == problem.units(program)
            seen += 1
    for gate in gates.negations:
        assert (problem.values(gate.filled(parts[0]))[:64] == ~p).all()
    assert gates.complete
    assert seen >= (2 if dsl is monotone else 8)
    assert bool(gates.negations) == (dsl is not monotone)


@pytest.mark.parametrize("dsl", [None, nand, monotone, choosing])
def test_formulas_say_what_they_cost(dsl):
    problem, pools = a_problem(a_task(three_terms), dsl and dsl(), 2000)
    gates = Gates(problem)
    literals = Literals(problem, Known(pools[Bool]), gates)
    generator = np.random.default_rng(1)
    for size in (1, 2, 3, 5):
        some = generator.choice(literals.count, size, replace=False)
        formulas = [literals.side(j) for j in some]
        for made, join in ((gates.conjunction, np.all), (gates.disjunction, np.any)):
            sides = made(formulas)
            expected = join(literals.values[some], axis=0)
            for program, units, wanted in zip(
                sides.programs, sides.costs, (expected, ~expected), strict=True
            ):
                if program is None:
                    assert units == NEVER
                else:
                    assert (problem.values(program)[: problem.n] == wanted).all()
                    assert problem.units(program) == units


def test_opposites_are_shared():
    problem, pools = a_problem(a_task(three_terms), programs=300)
    gates = Gates(problem)
    inputs = [Program(i) for i in problem.grammar.inputs[:3]]
    literals = Literals(problem, Known(pools[Bool]), gates)
    negative = [
        literals.side(j) for j in range(literals.count) if literals.side(j).programs[1] in inputs
    ]
    program = gates.conjunction(negative).programs[0]
    assert program.text.count("~") == 1  # ~(x0 | x1 | x2)


# -- terms -------------------------------------------------------------------------


def naive_terms(values, labels, share, slack, need):
    """All useful conjunctions, one by one."""

    def counts(some):
        rows = values[list(some)].all(axis=0)
        return int((rows & labels).sum()), int((rows & ~labels).sum())

    def cut(some):
        """Whether the search does not come by: a start of the term is not extended."""
        for size in range(1, len(some) + 1):
            true, false = counts(some[:size])
            if true < need[size] or (size < len(some) and false == 0):
                return True
            if size > 1 and counts(some[: size - 1]) == (true, false):
                return True
        return False

    found = {}
    for size in range(1, len(need)):
        for some in combinations(range(len(values)), size):
            true, false = counts(some)
            if false > share * true or true - false < need[size] or cut(some):
                continue
            fewer = [counts(some[:k] + some[k + 1 :]) for k in range(size)] if size > 1 else []
            if not any(f - false <= slack * (t - true) for t, f in fewer):
                found[some] = true, false
    return found


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 150),
    share=st.sampled_from([0.0, 0.25, 1.0]),
    least=st.integers(1, 4),
)
def test_conjunctions_are_all_that_are_useful(seed, rows, share, least):
    generator = np.random.default_rng(seed)
    inputs = generator.random((4, rows)) < 0.5
    values = np.concatenate([inputs, ~inputs])
    labels = (inputs[0] & inputs[1]) | (generator.random(rows) < 0.2)
    packed = np.hstack([Bool.pack(values[:, labels]), Bool.pack(values[:, ~labels])])
    split = Bool.words(int(labels.sum()))
    need = np.array([0, least, least, least + 1], np.int64)
    out, counts = np.empty((500, 3), np.int16), np.empty((500, 2), np.int64)
    state = np.zeros(2, np.int64)
    slack = SLACK * share
    for first in range(len(values)):
        assert kernels.conjunctions(
            packed, split, first, share, slack, need, 10**6, out, counts, state
        )
    found = state[kernels.FOUND]
    made = {
        tuple(int(j) for j in row if j >= 0): tuple(map(int, count))
        for row, count in zip(out[:found], counts[:found], strict=True)
    }
    assert len(made) == found
    assert made == naive_terms(values, labels, share, slack, need)
    # It ends by counts.
    assert not kernels.conjunctions(packed, split, 0, share, slack, need, 0, out, counts, state)


def test_terms_cover_and_cost_what_their_programs_do(known_terms):
    problem, pools = known_terms
    gates = Gates(problem)
    literals = Literals(problem, Known(pools[Bool]), gates)
    literals.add_rows([(9.0 * UNIT, 0.3)])
    labels = problem.labels.astype(bool)
    terms = listed(literals, gates, labels, (9.0 * UNIT, 0.3), never)
    assert any((m >= literals.count).any() for m in terms.members)
    assert any((m >= 0).sum() > 1 for m in terms.members)
    assert len(set(map(bytes, terms.covers))) == len(terms.covers) > 10
    for k in range(len(terms.members)):
        sides = terms.sides(gates, k)
        assert sides.costs == tuple(terms.costs[:, k].tolist())
        values = problem.values(sides.programs[0])[: problem.n]
        packed = np.hstack([Bool.pack(values[None, labels]), Bool.pack(values[None, ~labels])])
        assert (packed[0] == terms.covers[k]).all()


def test_known_rows_are_the_cheapest(known_terms):
    problem, pools = known_terms
    pool = pools[Bool]
    known, first = Known(pool), {}
    for row in range(pool.count):
        values = problem.values(pool.program(row))[: problem.n]
        first.setdefault(bytes(values), row)
        assert known.row(values) == first[bytes(values)]


# -- covers ------------------------------------------------------------------------


def naive_total(covers, costs, labels, code, chosen):
    union = np.zeros(len(labels), bool)
    for k in chosen:
        union = union | covers[k]
    return sum(costs[k] for k in chosen) + code[int((union != labels).sum())]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), rows=st.integers(2, 140), size=st.integers(0, 4))
def test_the_best_change_is_the_best(seed, rows, size):
    generator = np.random.default_rng(seed)
    labels = generator.random(rows) < 0.5
    covers = generator.random((9, rows)) < 0.2
    costs = generator.integers(1, 40, 9)
    code = np.array([5.0 * log2(1 + e) for e in range(rows + 1)])
    chosen = generator.choice(9, size, replace=False).tolist()
    packed = np.hstack([Bool.pack(covers[:, labels]), Bool.pack(covers[:, ~labels])])
    split, scratch = Bool.words(int(labels.sum())), np.empty(packed.shape[1], np.uint64)
    banned = np.zeros(9, np.uint8)
    banned[3] = 1
    least, out, into = kernels.best_move(
        packed, costs, split, int(labels.sum()), code, np.array(chosen, np.int64), banned, scratch
    )
    changes = [
        [k for k in chosen if k != left] + more
        for left in [None, *chosen]
        for more in [[], *([j] for j in range(9) if j != 3)]
        if left is not None or more
    ]
    totals = [naive_total(covers, costs, labels, code, c) for c in changes]
    assert least == pytest.approx(min(totals))
    taken = [k for place, k in enumerate(chosen) if place != out] + ([into] if into >= 0 else [])
    assert naive_total(covers, costs, labels, code, taken) == pytest.approx(min(totals))


def test_a_disjunction_is_found(known_terms):
    problem, pools = known_terms
    flat = Program.parse("x0 & x1 & ~x2 | x3 & ~x4 & x5 | x6 & ~(x1 | x5)", problem.grammar, Bool)
    found = covering.propose(problem, pools, never)
    totals = [problem.total(p) for p in found]
    assert totals == sorted(totals)
    assert totals[0] <= problem.total(flat) < problem.table_bits
    assert found == covering.propose(problem, pools, never)


def test_a_conjunction_of_disjunctions_is_found():
    problem, pools = a_problem(a_task(lambda *x: ~three_terms(*x)))
    flat = Program.parse(
        "~(x0 & x1 & ~x2 | x3 & ~x4 & x5 | x6 & ~(x1 | x5))", problem.grammar, Bool
    )
    found = covering.propose(problem, pools, never)
    assert problem.total(found[0]) <= problem.total(flat)


def test_wrong_labels_are_exceptions():
    inputs = 10
    task = a_task(lambda *x: three_terms(*x[:8]), inputs, 800)
    labels = task.labels.copy()
    labels[np.random.default_rng(5).permutation(np.flatnonzero(task.train))[:30]] ^= True
    task = synth.Task("noisy", task.columns, task.types, labels, Bool, task.train)
    problem, pools = a_problem(task)
    found = covering.propose(problem, pools, never)
    assert problem.exceptions(found[0]) == 30


def test_telling_inputs_are_literals():
    """If there are more inputs than literals, the ones that tell most are taken."""
    generator = np.random.default_rng(4)
    columns = {f"x{j}": generator.random(800) < 0.5 for j in range(200)}
    labels = (columns["x150"] & columns["x160"]) | columns["x199"]
    task = synth.Task(
        "wide", columns, dict.fromkeys(columns, Bool), labels, Bool, np.arange(800) < 400
    )
    problem, pools = a_problem(task, programs=2000)
    literals = Literals(problem, Known(pools[Bool]), Gates(problem))
    names = {literals.side(j).programs[0].text for j in range(literals.count)}
    assert {"x150", "x160", "x199"} < names
    assert len(names) < 400


def test_a_decision_list_is_found():
    problem, pools = a_problem(a_task(a_list))
    gates = Gates(problem)
    literals = Literals(problem, Known(pools[Bool]), gates)
    made = lists.decision_lists(problem, gates, literals, (9.0 * UNIT, 4.0 * UNIT), never)
    written = Program.parse(
        "x0 & ~x1 | ~(x2 & x3) & (x5 & ~x0 | x4 & x7 | (x2 | ~x6) & x1)", problem.grammar, Bool
    )
    best = min(made, key=problem.total)
    assert problem.exceptions(written) == problem.exceptions(best) == 0
    assert problem.total(best) <= problem.total(written)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_lists_are_priced_right(seed):
    """The cost, exceptions and rows of each list are those of its program."""
    generator = np.random.default_rng(seed)
    truth = generator.random(2**8) < 0.4
    problem, pools = a_problem(a_task(lambda *x: truth, seed=seed), programs=300)
    gates = Gates(problem)
    literals = Literals(problem, Known(pools[Bool]), gates)
    labels = problem.labels.astype(bool)
    terms = conjoined(literals, gates, labels, lists._members(literals, False))
    way = 1.0, 3.0 * UNIT
    for one in lists._searched(problem, gates, terms, way, never):
        program = lists._written(gates, terms, one)
        if program is None:
            continue
        true, false = kernels.counted(one.left, terms.split)
        assert problem.exceptions(program) == one.wrong + min(true, false)
        assert len(one.rules) == len({k for k, _ in one.rules})
        assert problem.units(program) <= one.cost + 8 * UNIT


@pytest.mark.parametrize("dsl", [nand, choosing])
def test_any_dsl(dsl):
    problem, pools = a_problem(a_task(three_terms), dsl())
    found = covering.propose(problem, pools, never)
    assert problem.total(found[0]) < problem.table_bits
    assert problem.exceptions(found[0]) == 0


def test_a_dsl_without_negation():
    problem, pools = a_problem(
        a_task(lambda a, b, c, d, e, f, g, h: (a & b & c) | (d & e & f) | (a & g & h)), monotone()
    )
    found = covering.propose(problem, pools, never)
    assert problem.exceptions(found[0]) == 0
    assert problem.total(found[0]) < problem.table_bits


def test_tests_of_integers_are_literals():
    generator = np.random.default_rng(2)
    columns = {name: generator.integers(0, 10, 600) for name in "xyz"}
    x, y, z = columns.values()
    labels = ((x < y) & (z == x)) | ((y < z) & ~(x == y))
    mask = np.arange(600) < 400
    task = synth.Task("tests", columns, dict.fromkeys(columns, Int(0, 9)), labels, Bool, mask)
    problem, pools = a_problem(task, "integer", 200_000)
    found = covering.propose(problem, pools, never)
    assert problem.exceptions(found[0]) == 0


def test_nothing_to_do():
    task = a_task(three_terms)
    numbers = synth.Task(
        "numbers", task.columns, task.types, task.labels.astype(int), Int(0, 1), task.train
    )
    dsl = synth.DSL("numbers")
    dsl.add(lambda c: c.astype(int), "Bool -> Int(0, 1)", name="pick")
    assert covering.propose(*a_problem(numbers, dsl, 100), never) == []
    constant = a_task(lambda a, *_: a | True)
    assert covering.propose(*a_problem(constant, programs=100), never) == []
    lone = synth.DSL("lone")
    lone.add(np.logical_not, "Bool -> Bool", name="flip")
    assert covering.propose(*a_problem(task, lone, 100), never) == []


def test_it_stops_when_told(known_terms):
    assert covering.propose(*known_terms, lambda: True) == []


@pytest.mark.parametrize("seed", range(3))
def test_random_labels_give_nothing(seed):
    problem, pools = a_problem(a_task(three_terms).permuted(seed))
    found = covering.propose(problem, pools, never)
    assert all(problem.total(p) >= problem.table_bits - 1 for p in found)


def test_literals_are_distinct(known_terms):
    problem, pools = known_terms
    gates = Gates(problem)
    literals = Literals(problem, Known(pools[Bool]), gates)
    assert literals.count == 2 * len(problem.grammar.inputs)
    for j, k in product(range(literals.count), repeat=2):
        assert (literals.values[j] == literals.values[k]).all() == (j == k)


def test_rows_cost_what_their_programs_do(known_terms):
    problem, pools = known_terms
    literals = Literals(problem, Known(pools[Bool]), Gates(problem))
    literals.add_rows([(9.0 * UNIT, 0.3)])
    assert len(literals.values) > literals.count + 1000
    for j in range(0, len(literals.values), 9):
        side = literals.side(j)
        assert side.costs == tuple(literals.costs[:, j].tolist())
        for program, units, flip in zip(side.programs, side.costs, (False, True), strict=True):
            assert problem.units(program) == units
            assert (problem.values(program)[: problem.n] == literals.values[j] ^ flip).all()
