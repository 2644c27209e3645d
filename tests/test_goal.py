"""The goal-directed search for programs without exceptions, against plain enumeration."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.engine.targets import SEVERAL, Target, TargetSolver, Unknown, inverse, step
from synth.language.types import Bool, Mod
from tests import naive
from tests.drawn import budget_of, grammars


def least_exact(grammar, task, most, root):
    """The least units of a tree that is right on all training rows, or None."""
    labels = [int(v) for v in task.labels]
    found = [
        units
        for seen, units in naive.behaviours(grammar, task.columns, most)[root].items()
        if all(int(seen[r]) == labels[r] for r in range(task.rows) if task.train[r])
    ]
    return min(found, default=None)


@settings(max_examples=40, deadline=None)
@given(grammars(), st.data())
def test_least_exact_programs_equal_brute_force(drawn, data):
    """However few programs are enumerated before the rest is solved from the target."""
    grammar, columns = drawn
    root = grammar.types[0]
    if not grammar.is_prior or root.inexact:
        return
    most = budget_of(grammar)
    held = sorted(naive.behaviours(grammar, columns, most)[root].items(), key=lambda item: item[1])
    if not held:
        return
    # Labels of some program, with a row changed now and then: then there may be none.
    labels = np.array(data.draw(st.sampled_from(held))[0])
    if data.draw(st.integers(0, 4)) == 0:
        labels[0] = data.draw(st.integers(max(root.low, -2), min(root.high, 2)))
    train = np.array(data.draw(st.lists(st.booleans(), min_size=len(labels), max_size=len(labels))))
    train[0] = True
    types = {i.name: i.type for i in grammar.inputs}
    try:
        task = synth.Task("t", columns, types, labels.astype(root.dtype), root, train)
    except synth.SynthError:  # one label only
        return
    limits = {"max_bits": most / 1024, "seconds": None}
    limits["max_programs"] = data.draw(st.integers(1, 300))
    found = synth.search(task, grammar.dsl, exact=True, **limits)
    expected = least_exact(grammar, task, most, root)
    if found.program is not None:
        assert found.program.exceptions == 0
        tree = synth.Program.parse(found.program.expression, grammar, root)
        assert tree.units(grammar) == round(found.program.bits * 1024) <= most
        values = [naive.value(found.best, task.columns, r) for r in np.flatnonzero(task.train)]
        assert values == [int(v) for v in task.labels[task.train]]
        assert expected is not None
        assert round(found.program.bits * 1024) >= expected
    if found.optimal:
        assert round(found.program.bits * 1024) == expected
    if found.exact_bound is not None and expected is not None:
        assert found.exact_bound * 1024 <= expected
    if found.stop_reason == "max_bits" and found.program is None:
        assert expected is None


def one(basis):
    dsl = synth.load_dsl(f"boolean:basis={basis}")
    columns = naive.all_rows(2)
    return dsl, columns, dict.fromkeys(columns, Bool), 13


def affine(weight):
    """Residues with two unary bodies, and a binary one of its own weight."""
    dsl = synth.DSL("affine", types=(synth.Mod(5),))
    dsl.add(lambda a: (2 * a + 1) % 5, "Mod(5) -> Mod(5)", name="f")
    dsl.add(lambda a: (a + 3) % 5, "Mod(5) -> Mod(5)", name="g")
    if weight:
        dsl.add(lambda a, b: (a * b) % 5, "Mod(5), Mod(5) -> Mod(5)", name="h", weight=weight)
    dsl.constant(4, synth.Mod(5), weight=0.02)
    columns = {"x": np.array([0, 1, 2, 4]), "y": np.array([3, 3, 0, 1])}
    return dsl, columns, dict.fromkeys(columns, synth.Mod(5)), 9


@pytest.mark.parametrize(
    "made",
    [one(b) for b in ("and-or-xor-not", "and-or-not", "and-or", "nand", "anf")]
    + [affine(w) for w in (None, 0.5, 3)],
    ids=lambda made: made[0].name,
)
def test_every_short_target_however_little_is_held(made):
    """Unary nodes, leaves that are not made yet, and limits below what is held."""
    dsl, columns, types, bits = made
    grammar = synth.Grammar(dsl, types)
    root = grammar.types[0]
    least = naive.behaviours(grammar, columns, bits * 1024)[root]
    for seen, units in sorted(least.items(), key=lambda item: item[1])[::3]:
        labels = np.array(seen).astype(root.dtype)
        if root.family == "Mod" and len(set(seen)) < 2:
            continue
        task = synth.Task("t", columns, types, labels, root)
        for programs in (1, 2, 4, 9, None):
            for most in (units / 1024, bits):
                found = synth.search(
                    task, dsl, exact=True, seconds=None, max_bits=most, max_programs=programs,
                    memory=2**24,
                )  # fmt: skip
                assert found.exact_bound * 1024 <= units
                assert not found.optimal or round(found.program.bits * 1024) == units
                assert found.stop_reason != "max_bits"
                assert found.certified_bits <= bits


def unlimited(task, dsl, **limits):
    return synth.search(task, dsl, exact=True, seconds=None, memory=2**30, **limits)


@pytest.mark.parametrize(
    ("name", "dsl"),
    [
        ("parity:n=3,train=1.0", "boolean:basis=and-or-not"),
        ("parity:n=4,train=1.0", "boolean"),
        ("parity:n=3,train=1.0", "boolean:basis=nand"),
        ("parity:n=3,train=1.0", "boolean:basis=anf"),
        ("majority:n=3,train=1.0", "boolean:basis=and-or"),
        ("majority:n=5,train=1.0", "boolean:basis=and-or"),
        ("majority:n=3,train=1.0", "boolean:basis=nand"),
        ("multiplexer:a=1,train=1.0", "boolean"),
        ("multiplexer:a=1,train=1.0", "boolean:basis=nand"),
        ("multiplexer:a=1,train=0.7", "boolean:basis=and-or-not"),
        ("mod-add:p=7,train=0.5", "modular"),
    ],
)
def test_exact_search_and_plain_enumeration_agree(name, dsl):
    task = synth.load_task(name)
    found = unlimited(task, dsl)
    assert found.optimal
    order = np.argsort(~task.train, kind="stable")
    columns = {n: c[order] for n, c in task.columns.items()}
    grammar = synth.Grammar(synth.load_dsl(dsl, (task.label_type,)), task.types)
    whole = synth.enumerate_programs(
        grammar, columns, type=task.label_type, max_bits=found.program.bits, memory=2**31
    )
    right = (whole.values[:, : task.train.sum()] == task.labels[order][: task.train.sum()]).all(1)
    assert whole.bits[right].min() == found.program.bits
    assert found.exact_bound == found.program.bits


@pytest.mark.parametrize(
    ("name", "basis", "nodes", "programs"),
    [
        pytest.param("parity:n=4,train=1.0", "and-or-not", 34, 3_000_000, marks=pytest.mark.slow),
        ("majority:n=5,train=1.0", "and-or", 27, 30_000),
        ("parity:n=6,k=6,train=1.0", "and-or-xor-not", 11, 2_000),
        ("multiplexer:a=1,train=1.0", "and-or-not", 8, 60),
    ],
)
def test_half_the_depth_is_enough(name, basis, nodes, programs):
    """A proof that reaches nearly twice as many bits as the enumeration it rests on."""
    task = synth.load_task(name)
    found = unlimited(task, f"boolean:basis={basis}", max_programs=programs, max_bits=95)
    assert found.optimal
    assert found.best.size == nodes
    assert found.exact_bound == found.program.bits > 1.5 * found.certified_bits
    assert found.program.ties == 1  # no other one is sought


@pytest.mark.parametrize("position", [0, 1])
def test_the_target_of_an_operand(position):
    """Against trying all values, for random tables."""
    generator = np.random.default_rng(position)
    for size in (2, 3, 5):
        for _ in range(30):
            table = generator.integers(0, size, (size, size))
            known, values = generator.integers(0, size, (2, 6))
            mask = generator.integers(0, 2, 6).astype(bool)
            inner = step(table, position, [known], Target(values, mask), size)
            allowed = []
            for r in range(6):
                answers = table[:, known[r]] if position == 0 else table[known[r]]
                serves = [v for v in range(size) if answers[v] == values[r]]
                allowed.append(list(range(size)) if not mask[r] else serves)
            if any(not a for a in allowed):
                assert inner is None
            elif any(1 < len(a) < size for a in allowed):
                assert inner is SEVERAL
            else:
                for r, a in enumerate(allowed):
                    assert inner.mask[r] == (len(a) == 1)
                    assert not inner.mask[r] or [inner.values[r]] == a


def test_the_inverse_of_a_table():
    table = np.array([[0, 1, 2], [0, 0, 0], [1, 1, 2]])
    assert inverse(table, 3).tolist() == [[0, 1, 2], [-2, -1, -1], [-1, -3, 2]]


@st.composite
def solved(draw):
    """A type, distinct rows with their costs, a table of answers, and a target."""
    type_ = draw(st.sampled_from([Bool, Mod(2), Mod(3), Mod(5)]))
    size, places = type_.size, draw(st.integers(1, 5))
    generator = np.random.default_rng(draw(st.integers(0, 2**32)))
    values = generator.integers(0, size, (draw(st.integers(1, 12)), places))
    values = generator.permutation(np.unique(values, axis=0))
    costs = np.sort(generator.integers(1, 6, len(values)))
    # An answer of `size` is none.  A connective has all, and of two values no part is allowed.
    total = type_ is Bool or draw(st.booleans())
    table = generator.integers(0, size + (not total), (size, size))
    made = table[tuple(values[generator.integers(len(values), size=2)])]
    allowed = None
    if type_ is not Bool and draw(st.booleans()):
        allowed = generator.random((places, size)) < 0.7
    open_ = (generator.random(places) < 0.3) | (made >= size)
    return type_, values, costs, table, Target(np.where(open_, 0, made), ~open_, allowed)


@settings(max_examples=600, deadline=None)
@given(solved(), st.integers(2, 12))
def test_the_cheapest_pair_is_that_of_all_pairs(given, most):
    type_, values, costs, table, target = given
    levels = np.unique(costs)
    solver = TargetSolver(
        SimpleNamespace(
            type=type_,
            words=type_.words(values.shape[1]),
            behaviours=type_.pack(values),
            costs=levels,
            ends=np.searchsorted(costs, levels, side="right"),
        ),
        most,
    )

    def serves(answers):
        legal = answers < type_.size
        if target.allowed is not None:
            held = np.arange(len(answers)), np.minimum(answers, type_.size - 1)
            legal = legal & target.allowed[held]
        return np.where(target.mask, answers == target.values, legal).all()

    pairs = itertools.product(range(solver.count), repeat=2)
    fitting = {(a, b): costs[a] + costs[b] for a, b in pairs if serves(table[values[a], values[b]])}
    least = min((cost for cost in fitting.values() if cost <= most), default=None)
    try:
        found = solver.pair(table, target, most)
    except Unknown:
        return
    assert (found and found[0]) == least
    assert found is None or fitting[found[1:]] == least


@pytest.mark.parametrize("ones", range(16))
def test_every_connective_is_solved(ones):
    """All sixteen, each as the only primitive, for every function of two variables."""
    answers = np.array([ones >> k & 1 for k in range(4)], bool).reshape(2, 2)
    dsl = synth.DSL("one", types=(Bool,))
    dsl.add(lambda a, b: answers[a.astype(int), b.astype(int)], "Bool, Bool -> Bool", name="f")
    columns = naive.all_rows(2)
    grammar = synth.Grammar(dsl, dict.fromkeys(columns, Bool))
    most = 17 * 1024
    least = naive.behaviours(grammar, columns, most)[Bool]
    for labels in itertools.product((False, True), repeat=4):
        task = synth.Task("t", columns, dict.fromkeys(columns, Bool), np.array(labels), Bool)
        found = synth.search(task, dsl, exact=True, max_bits=17, max_programs=6, seconds=None)
        if labels in least:
            if found.optimal:
                assert round(found.program.bits * 1024) == least[labels]
                assert (found.program.ties, found.program.exceptions) == (1, 0)
            assert found.exact_bound * 1024 <= least[labels]
        else:
            assert found.program is None


def test_limits_and_output(capsys):
    found = synth.search("multiplexer:a=2,train=1.0", exact=True, seconds=1.5, memory=10**9)
    assert found.stop_reason == "seconds"
    assert found.exact_bound >= found.certified_bits
    assert found.seconds < 6
    document = found.to_dict()
    assert document["exact_bound"] == found.exact_bound
    assert document["settings"]["exact"] is True
    nothing = synth.search("parity:n=6,k=6,train=1.0", "boolean:basis=and-or-not", exact=True,
                           max_bits=20)  # fmt: skip
    assert nothing.program is None
    assert nothing.stop_reason == "max_bits"
    assert nothing.exact_bound >= 20
    reals = synth.Task("t", {"x": np.arange(3.0)}, {"x": synth.Real}, np.arange(3.0), synth.Real)
    dsl = synth.DSL("sum")
    dsl.add(np.add, "Real, Real -> Real")
    with pytest.raises(synth.SynthError, match="exact: labels of Real; allowed: Bool, Mod, Int"):
        synth.search(reals, dsl, exact=True)


def test_a_search_that_ends_before_any_row_of_the_root_is_held():
    """Contexts beside held rows are asked for where there are none: an IndexError once."""
    found = synth.search("monk:1", exact=True, max_bits=14)
    assert found.program is None
    assert found.exact_bound >= 14
