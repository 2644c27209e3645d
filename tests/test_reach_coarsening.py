"""Coarsening: cells and energies against slow references, and what it finds."""

from collections import Counter, defaultdict
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import DSL, Bool, Int, Mod, Program, Task
from synth.engine.reach import coarsening
from synth.engine.reach.cells import Labels, State
from synth.engine.reach.features import Candidates, Feature, dense, joined, partitions
from synth.engine.reach.problem import Problem
from synth.kernels import cells as kernels
from synth.language import UNIT
from synth.records import StopReason

AND_OR_NOT = "boolean:basis=and-or-not"


def never():
    return False


def problem_of(task, dsl, programs=100_000):
    search = synth.Search(task, dsl, max_programs=programs, seconds=None, threads=1, moves=0)
    search.run()
    return Problem(search._engine, search._labellings[0])


def booleans(n, train, rule, rows=None):
    """All rows of n booleans in a drawn order; the first `train` are for training."""
    every = np.random.default_rng(1).permutation(2**n)[:rows]
    columns = {f"x{j}": (every >> j & 1).astype(bool) for j in range(n)}
    x = list(columns.values())
    mask = np.arange(len(every)) < train
    return Task("own", columns, dict.fromkeys(columns, Bool), rule(x), Bool, mask)


def parity_task():
    return booleans(8, 160, lambda x: x[0] ^ x[1] ^ x[2] ^ x[3])


def digits(flipped=0):
    rows = np.random.default_rng(2).permutation(1000)
    columns = {name: rows // 10**j % 10 for j, name in enumerate("abc")}
    mask = np.arange(1000) < 400
    labels = sum(columns.values()) % 3 == 0
    labels[:flipped] = ~labels[:flipped]
    return Task("digits", columns, dict.fromkeys(columns, Int(0, 9)), labels, Bool, mask)


def state_of(problem, *texts, exact=False):
    labels = Labels(problem, never, exact)
    labels.allowed = 10**12
    parsed = [Program.parse(text, problem.grammar) for text in texts]
    return State(labels, [Feature.of(problem, p) for p in parsed])


# Slow references.


def counted(problem, programs):
    """Cells and exceptions, row by row."""
    cells = defaultdict(Counter)
    values = [problem.values(p) for p in programs]
    for row in range(problem.n):
        cells[tuple(v[row] for v in values)][problem.labels[row]] += 1
    return len(cells), sum(c.total() - max(c.values()) for c in cells.values())


def energy(problem, programs, pressure):
    width, wrong = counted(problem, programs)
    bits = sum(problem.units(p) for p in programs) / UNIT
    return bits + (1 + pressure) * width + problem.code[wrong]


def first_numbers(values):
    known = {}
    return [known.setdefault(v, len(known)) for v in values]


# The parts.


class Counting(np.ndarray):
    """An array that counts the values that are compared."""

    compared = 0

    def __eq__(self, other):
        Counting.compared += self.size
        return np.asarray(self) == other


def many_labels():
    """A problem with 60 labels, one for each row, and the state of its input."""
    columns = {"a": np.arange(120)}
    mask = np.arange(120) < 60
    task = Task("own", columns, {"a": Int(0, 119)}, columns["a"] * 37 % 101, Int(0, 100), mask)
    problem = problem_of(task, "integer", 2000)
    return State(Labels(problem, never), [Feature.of(problem, Program(problem.grammar.inputs[0]))])


def test_of_many_labels_each_is_compared_in_its_own_cells():
    """Each of 60 labels in all of 60 cells took seconds, and --seconds was not kept."""
    state, programs = many_labels(), 50
    problem = state.labels.problem
    values = np.random.default_rng(0).integers(0, 100, (programs, len(state.rows)))
    values[7, state.at] = problem.compared[: problem.n]
    program = state.features[0].program
    units = np.zeros(programs, np.int64)
    seen = []
    inner = SimpleNamespace(
        values=values.view(Counting), units=units, program=lambda row: seen.append(row) or program
    )
    Counting.compared = 0
    coarsening.put_best(state, inner, {})
    assert 0 < Counting.compared <= programs * problem.n
    assert seen[0] == 7


def test_a_state_ends_where_the_search_must_stop(monkeypatch):
    made = []

    def enumerated(*arguments, **settings):
        made.append(settings)
        return SimpleNamespace(engine=SimpleNamespace(stop_reason=StopReason.MAX_PROGRAMS))

    monkeypatch.setattr(coarsening, "Inner", enumerated)
    monkeypatch.setattr(coarsening, "put_best", lambda *_: None)
    state = many_labels()
    for stop, times in ((False, 2), (True, 1)):
        state.labels.must_stop = lambda stop=stop: stop
        made.clear()
        coarsening.ending(state, {})
        assert len(made) == times


@given(st.lists(st.lists(st.integers(-3, 3), min_size=7, max_size=7), min_size=1, max_size=5))
def test_values_are_numbered_in_order_of_their_first_occurrence(rows):
    for dtype in (np.int64, np.int8, float, complex):
        found, widths = partitions(np.array(rows).astype(dtype))
        assert found.tolist() == [first_numbers(row) for row in rows]
        assert widths.tolist() == [len(set(row)) for row in rows]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=30))
def test_joint_values_are_numbered_in_their_order(pairs):
    a, b = np.array(pairs).T
    order = sorted(set(pairs))
    found, width = joined([(a, 5), (b, 10)], len(a))
    assert found.tolist() == [order.index(p) for p in pairs]
    assert width == len(order)
    # The same by sorting as by a table.
    assert dense(a * 10 + b, 10**9)[0].tolist() == found.tolist()


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_kernel_counts_cells_and_exceptions(seed):
    generator = np.random.default_rng(seed)
    groups, parts, k, c, n = 4, 6, 3, 5, 60
    group, part, label = (generator.integers(0, m, n) for m in (groups, parts, k))
    code, count = np.unique((group * parts + part) * k + label, return_counts=True)
    entries = code // k // parts, code // k % parts, code % k, count
    present, starts = np.unique(entries[0], return_index=True)
    values = generator.integers(0, 3, (c, parts)).astype(np.uint16)
    widths = np.full(c, 3)
    pairs = np.array([(a, b) for a in range(c) for b in range(-1, c)])
    bits = generator.uniform(0, 20, len(pairs))
    price, codes = 1.5, np.arange(n + 1) * 2.0
    expected = []
    for (a, b), some in zip(pairs, bits, strict=True):
        cells = defaultdict(Counter)
        for g, p, y in zip(group, part, label, strict=True):
            cells[g, values[a, p], values[b, p] if b >= 0 else 0][y] += 1
        wrong = sum(t.total() - max(t.values()) for t in cells.values())
        expected.append(some + price * len(cells) + codes[wrong])
    seen, most, joint = np.zeros(9 * k, int), np.zeros(9, int), np.empty(parts, np.uint64)
    for limit, slack in ((1e9, 1e9), (np.median(expected), 1e9), (1e9, 0.0), (1e9, 5.0)):
        found, out = np.empty(len(pairs)), np.empty(2, np.int64)
        kernels.replaced(
            np.append(starts, len(code)), *entries[1:], values, widths, pairs, bits, price,
            codes, k, limit, slack, seen, most, joint, found, out,
        )  # fmt: skip
        assert not seen.any()
        assert not most.any()
        least = min(expected)
        for e, f in zip(expected, found, strict=True):
            assert f == np.inf or f == pytest.approx(e)
            # What lies within the slack of the least is always told.
            if (e < limit and e <= least + slack - 1e-9) or e == least < limit:
                assert f == pytest.approx(e)
            if e >= limit:
                assert f == np.inf
        assert found[out[0]] == pytest.approx(least)
        assert len(present) <= out[1]


@pytest.mark.parametrize("pressure", [0.0, 3.0])
def test_energies_of_a_state_and_without_each_feature(pressure):
    problem = problem_of(digits(20), "integer", 20_000)
    programs = [Program.parse(t, problem.grammar) for t in ("a", "b % 3", "a < c", "c")]
    state = state_of(problem, "a", "b % 3", "a < c", "c")
    assert state.energy(pressure) == pytest.approx(energy(problem, programs, pressure))
    for feature, (found, wrong) in zip(state.features, state.without(pressure), strict=True):
        rest = [p for p in programs if p != feature.program]
        assert found == pytest.approx(energy(problem, rest, pressure), abs=0.01)
        assert wrong == counted(problem, rest)[1]


@pytest.mark.parametrize(
    ("task", "dsl", "texts", "pair"),
    [
        (parity_task(), AND_OR_NOT, ("x0", "x1 & x2", "x2", "x3"), True),
        (parity_task(), AND_OR_NOT, ("x0", "x1 & x2", "x2", "x3"), False),
        (digits(20), "integer", ("a", "b % 3", "a < c"), False),
    ],
)
def test_a_move_has_the_energy_of_the_state_that_it_makes(task, dsl, texts, pair):
    """The prices of candidates, the restriction to joint values that occur, and the kernel."""
    problem = problem_of(task, dsl, 20_000)
    state = state_of(problem, *texts)
    for places in ((0, 1), (1, 2)):
        candidates, pairs, energies = state._replaced(places, pair, 1.0, (1e9, 1e9))
        features = [state.features[k] for k in places]
        rest = [f for k, f in enumerate(state.features) if k not in places]
        some = np.random.default_rng(0).permutation(len(pairs))[:40]
        assert len(some) >= 8
        for at in some:
            chosen = [k for k in pairs[at] if k >= 0 and candidates.widths[k] > 1]
            made = [candidates.feature(problem, features, k) for k in chosen]
            if None in made:
                continue
            programs = [f.program for f in rest + made]
            assert energies[at] == pytest.approx(energy(problem, programs, 1.0))
        least = state.least(places, pair, 1.0, 1e9)
        assert least == pytest.approx(energies.min())
        best = State(state.labels, state.replaced(places, pair, 1.0, (1e9, 0.0)))
        assert best.energy(1.0) == pytest.approx(least)


def test_candidates_make_different_partitions_and_the_cheapest_comes_first():
    problem = problem_of(parity_task(), AND_OR_NOT, 20_000)
    x = [Program(item) for item in problem.grammar.inputs][:3]
    every = np.indices((2,) * 3).reshape(3, -1).astype(bool)
    candidates = Candidates.over(problem, x, every)
    assert len(candidates.widths) == 2**8 // 2
    features = [Feature.of(problem, p) for p in x]
    units = candidates.units(features)
    varied = units[candidates.widths > 1]
    assert (np.diff(varied) >= 0).all()
    # A parity and its opposite make one partition at equal prices; both are kept.
    texts = {f.program.text: f for f in (candidates.feature(problem, features, k) for k in (0, 9))}
    assert all(t.others or t.program in x for t in texts.values())


def test_no_exceptions_are_made_where_none_are_allowed():
    problem = problem_of(digits(20), "integer", 20_000)
    assert counted(problem, [Program.parse("a", problem.grammar)])[1] > 0
    assert state_of(problem, "a", exact=True).energy(0.0) == np.inf
    assert np.isfinite(state_of(problem, "a").energy(0.0))


# What it finds.


def perfect(problem, program):
    """Whether a program, or its opposite, is right on all rows; with two labels both cost alike."""
    return problem.exceptions(program) in (0, problem.n)


def proposed(task, dsl, programs=100_000):
    problem = problem_of(task, dsl, programs)
    return problem, coarsening.propose(problem, {}, never)


def test_parity_over_and_or_not():
    problem, found = proposed(parity_task(), AND_OR_NOT)
    assert perfect(problem, found[0])
    # (x0 ^ x1) ^ (x2 ^ x3) with each `^` of three connectives and a `~`.
    pair = "(({0} | {1}) & ~({0} & {1}))"
    same = "({0} & {1} | ~({0} | {1}))"
    a, b = ("x0", "x1"), ("x2", "x3")
    known = f"({pair.format(*a)} & {same.format(*b)} | {same.format(*a)} & {pair.format(*b)})"
    tree = Program.parse(known, problem.grammar)
    assert problem.total(found[0]) <= problem.total(tree)
    assert problem.total(found[0]) < problem.table_bits


@pytest.mark.slow
def test_a_full_adder():
    def rule(x):
        return sum(c.astype(int) for c in x[:5]) >= 3

    problem, found = proposed(booleans(7, 128, rule), None)
    assert perfect(problem, found[0])
    assert problem.total(found[0]) < problem.table_bits


def test_a_sum_of_digits_with_wrong_labels():
    problem, found = proposed(digits(20), "integer")
    known = Program.parse("(a + b + c) % 3 == 0", problem.grammar)
    assert problem.total(found[0]) <= problem.total(known)
    # Exactly the wrong labels are its exceptions, or those of its opposite.
    wrong = problem.values(found[0])[: problem.n] != problem.labels
    assert np.flatnonzero(wrong == wrong[0]).tolist() == list(range(20))


def test_a_dsl_of_ones_own():
    dsl = DSL("own")
    dsl.add(lambda a, b: (a + b) % 5, "Mod(5), Mod(5) -> Mod(5)", name="turn", commutative=True)
    dsl.add(lambda a: a == 0, "Mod(5) -> Bool", name="home")
    dsl.add(lambda a, b: a & ~b, "Bool, Bool -> Bool", name="but")
    generator = np.random.default_rng(3)
    columns = {f"m{j}": generator.integers(0, 5, 600) for j in range(4)}
    columns["lamp"] = generator.random(600) < 0.5
    types = {**{f"m{j}": Mod(5) for j in range(4)}, "lamp": Bool}
    labels = (sum(columns[f"m{j}"] for j in range(4)) % 5 == 0) & ~columns["lamp"]
    task = Task("own", columns, types, labels, Bool, np.arange(600) < 300)
    problem, found = proposed(task, dsl, 2_000)
    assert perfect(problem, found[0])


def test_types_that_cannot_make_the_type_of_the_labels():
    dsl = DSL("apart")
    dsl.add(lambda a, b: (a + b) % 3, "Mod(3), Mod(3) -> Mod(3)", name="plus", commutative=True)
    dsl.add(np.logical_xor, "Bool, Bool -> Bool", name="odd", commutative=True)
    dsl.add(lambda a, b: (a == 1) & b, "Mod(3), Bool -> Bool", name="test")
    generator = np.random.default_rng(3)
    columns = {name: generator.integers(0, 3, 200) for name in "mq"}
    columns |= {name: generator.random(200) < 0.5 for name in "ab"}
    types = {"m": Mod(3), "q": Mod(3), "a": Bool, "b": Bool}
    labels = columns["a"] ^ (((columns["m"] + 2 * columns["q"]) % 3 == 1) & columns["b"])
    task = Task("apart", columns, types, labels, Bool, np.arange(200) < 100)
    problem, found = proposed(task, dsl, 1_000)
    assert perfect(problem, found[0])


@pytest.mark.parametrize(("task", "dsl"), [(parity_task(), AND_OR_NOT), (digits(), "integer")])
def test_permuted_labels_give_nothing_below_the_table(task, dsl):
    assert proposed(task.permuted(1), dsl)[1] == []


def test_many_labels_give_nothing():
    columns = {"a": np.arange(200)}
    task = Task("many", columns, {"a": Int(0, 199)}, columns["a"] * 7 % 199, Int(0, 198))
    assert proposed(task, "integer", 1_000)[1] == []


def test_equal_input_gives_equal_programs_and_a_stop_is_heeded():
    problem = problem_of(parity_task(), AND_OR_NOT)
    first = coarsening.propose(problem, {}, never)
    assert [p.text for p in first] == [p.text for p in coarsening.propose(problem, {}, never)]
    assert coarsening.propose(problem, {}, lambda: True) == []
    asked = []

    def soon():
        asked.append(None)
        return len(asked) > 50

    coarsening.propose(problem, {}, soon)
    assert len(asked) < 100
