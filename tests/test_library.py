"""Abstraction learning: what it must show, and against brute force over patterns and rewritings."""

import ast
import itertools
import json
import math
import runpy

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import DSL, Bool, Grammar, Int, Program
from synth.cli import main
from synth.dsl import Input
from synth.dsls import load_dsl
from synth.errors import DSLError, SettingError
from synth.experiments import library as experiment
from synth.grammar import UNIT
from synth.library import saved
from synth.library.abstraction import Abstraction, Library, inlined, ordered
from synth.library.corpus import Solved, Terms, corpus_units, units_of
from synth.library.learn import learn, total_units
from synth.library.patterns import Patterns

AND_OR_NOT = "boolean:basis=and-or-not"
XOR = "(a | b) & ~(a & b)"


# What it must show.


@pytest.fixture(scope="module")
def ran():
    return synth.run_experiment("library", families=("xor", "ripple"), budget=700_000, twins=1)


def rows(run, **wanted):
    return [r for r in run.rows if all(r[k] == v for k, v in wanted.items())]


def test_total_bits_of_the_xor_family_fall_by_a_fifth_at_least(ran):
    (whole,) = rows(ran, family="xor", labels="true", row="family")
    assert whole["total_after"] <= 0.8 * whole["total_before"]
    assert whole["bits_after"] <= 0.8 * whole["bits_before"]
    (added,) = rows(ran, family="xor", labels="true", row="added")
    assert added["name"] == f"f1(a, b) = {XOR}"
    assert whole["abstractions"] == 1


def test_the_held_out_parity_is_solved_within_a_budget_in_which_it_was_not(ran):
    (parity,) = rows(ran, family="xor", row="held out", name="parity of 4")
    assert parity["before"] == "table"
    assert parity["stop_before"] == "max_programs"
    assert parity["candidates_before"] == ran.settings["budget"]
    assert parity["test_before"] < 0.6
    assert parity["candidates_after"] < parity["candidates_before"]
    assert parity["test_after"] == 1.0
    assert parity["after"].count("f1") == 3


def test_permuted_labels_no_abstraction_is_accepted(ran):
    whole = rows(ran, labels="permuted", row="family")
    assert len(whole) == 2
    for row in whole:
        assert row["abstractions"] == 0
        assert row["total_after"] == row["total_before"]
        assert row["log2_chance"] == 0
    assert not rows(ran, labels="permuted", row="added")
    # Tables forbidden, whatever is shared is not worth it.
    for row in rows(ran, labels="no tables", row="family"):
        (free,) = rows(ran, labels="permuted", row="family", family=row["family"])
        assert row["total_after"] > free["total_after"]


def test_full_adders_make_the_ripple_in_reach(ran):
    (added,) = rows(ran, family="ripple", labels="true", row="added")
    assert added["name"] == "f1(a, b, c) = (a | b) & (a & b | c)"
    (carry,) = rows(ran, family="ripple", labels="true", row="task", name="ripple, carry 2")
    assert carry["test_before"] < 1
    assert carry["test_after"] == 1
    (whole,) = rows(ran, family="ripple", labels="true", row="family")
    assert whole["log2_chance"] < -100


def test_totals_are_those_of_the_rows(ran):
    for whole in ran.rows:
        if whole["row"] != "family" or whole["labels"] == "no tables":
            continue
        key = {k: whole[k] for k in ("family", "labels", "twin")}
        tasks = rows(ran, row="task", **key)
        after = whole["library_bits"] + sum(t["total_after"] for t in tasks)
        assert whole["total_after"] == pytest.approx(after)
        assert whole["total_before"] == pytest.approx(1 + sum(t["total_before"] for t in tasks))
        assert len({frozenset(r) for r in rows(ran, **key)}) == 1


def test_digits_learn_their_sum(tmp_path):
    found = synth.run_experiment(
        "library", families="digits", budget=8000, base=3, twins=1, rounds=1
    )
    added = [r["name"] for r in rows(found, labels="true", row="added")]
    assert "f1(a, b) = (a + b) % 3" in added
    assert found.summary["digits: fall of the total"] > 0.05
    assert found.summary["control: abstractions accepted"] == 0
    pytest.importorskip("matplotlib")
    found.plot(tmp_path / "library.png")
    assert (tmp_path / "library.png").stat().st_size > 10_000


def test_the_same_seed_gives_the_same_rows():
    one, other = (
        synth.run_experiment("library", families="xor", budget=100_000, rounds=1, twins=1)
        for _ in range(2)
    )
    assert one.rows == other.rows
    assert len(one.rows) == 8 + 2 + 1 + 1 + 8 + 1 + 1


def test_ripple_and_digits_are_the_arithmetic_they_are_named_for():
    ripple = experiment.family("ripple", 0, 5)
    tasks = ripple.tasks | ripple.held_out
    column = {n: c.astype(int) for n, c in tasks["ripple, sum 1"].columns.items()}
    one, other = (sum(column[f"{n}{k}"] << k for k in range(3)) for n in "ab")
    total = one + other + column["c"]
    for name, bit in (("ripple, sum 1", 1), ("ripple, sum 2", 2), ("ripple, carry 3", 3)):
        assert np.array_equal(tasks[name].labels, total >> bit & 1 == 1), name
    two = one % 4 + other % 4 + column["c"]
    assert np.array_equal(tasks["ripple, carry 2"].labels, two >= 4)
    digits = experiment.family("digits", 1, 7)
    tasks = digits.tasks | digits.held_out
    column = tasks["number, digit 1"].columns
    total = sum(7 * column[f"{n}1"] + column[f"{n}0"] for n in "ab")
    assert np.array_equal(tasks["number, digit 1"].labels, total // 7 % 7)
    assert np.array_equal(tasks["number, carry 2"].labels, total // 49)
    assert np.array_equal(tasks["digit of a0 + b1"].labels, (column["a0"] + column["b1"]) % 7)


# Brute force: all patterns, all rewritings, real grammars of real DSLs.


def mixed_dsl(calls=None):
    """Bool and Int: a type without leaves of its own, a commutative primitive, others not."""
    dsl = DSL("mixed", types=(Int(0, 9), Bool))
    dsl.add(np.add, "Int, Int -> Int", name="add", commutative=True)
    dsl.add(np.where, "Bool, Int, Int -> Int", name="where")
    dsl.add(np.less, "Int, Int -> Bool", name="lt")
    dsl.add(np.logical_not, "Bool -> Bool", name="not_")
    dsl.constant(1, Int)
    return dsl


def without_leaves():
    """Holes alone make programs of it: prices in bodies depend on which types there are."""
    dsl = DSL("bare", types=(Int(0, 9), Bool))
    dsl.add(np.add, "Int, Int -> Int", name="add", commutative=True, weight=2)
    dsl.add(np.subtract, "Int, Int -> Int", name="sub")
    dsl.add(np.less, "Int, Int -> Bool", name="lt")
    dsl.add(np.logical_and, "Bool, Bool -> Bool", name="and_", commutative=True)
    return dsl


DSLS = {
    "boolean": (load_dsl(AND_OR_NOT), ({"x": Bool, "y": Bool}, {"x": Bool})),
    "mixed": (mixed_dsl(), ({"x": Int(0, 9), "p": Bool}, {"p": Bool})),
    "bare": (without_leaves(), ({"x": Int(0, 9), "p": Bool}, {"p": Bool}, {"x": Int(0, 9)})),
}


def grown(draw, grammar, type_, depth):
    """A random program: of primitives while there is depth left, where the type has some."""
    items = [p.item for p in grammar.productions[type_]]
    leaves = [i for i in items if not i.arguments]
    nodes = [i for i in items if i.arguments]
    some = nodes if nodes and (depth > 0 or not leaves) else leaves
    item = draw(st.sampled_from(some))
    return Program(item, [grown(draw, grammar, t, depth - 1) for t in item.arguments])


@st.composite
def corpora(draw):
    """(DSL, tasks), of whose small programs some are instances of one with holes."""
    dsl, inputs = DSLS[draw(st.sampled_from(sorted(DSLS)))]
    holes = {f"h{k}": draw(st.sampled_from(list(inputs[0].values()))) for k in range(2)}
    grammar = Grammar(dsl, holes)
    skeleton = grown(draw, grammar, draw(st.sampled_from(grammar.types)), 2)
    corpus = []
    for _ in range(draw(st.integers(2, 4))):
        given_ = draw(st.sampled_from(inputs))
        weights = draw(st.sampled_from([None, dict.fromkeys(given_, 3)]))
        grammar = Grammar(dsl, given_, input_weights=weights)
        if draw(st.sampled_from([True, True, False])) and {*holes.values()} <= {*grammar.types}:
            parts = {h: grown(draw, grammar, type_, draw(st.sampled_from([0, 0, 1])))
                     for h, type_ in holes.items()}  # fmt: skip
            program = filled(skeleton, parts)
        else:
            program = grown(draw, grammar, draw(st.sampled_from(grammar.types)), 1)
        while program.size > 9:
            program = max(program.arguments, key=lambda a: a.size)
        rest = draw(st.sampled_from([0, 700, 3000]))
        table = draw(st.sampled_from([None, None, None, 9000, 20_000]))
        corpus.append(Solved(given_, program, rest, table, weights))
    return dsl, corpus


def filled(skeleton, parts):
    if isinstance(skeleton.head, Input):
        return parts[skeleton.head.name]
    return Program(skeleton.head, [filled(a, parts) for a in skeleton.arguments])


def cuts(program):
    """Every top of a program that has its root: nested tuples, parts cut off as Programs."""
    if not program.arguments:
        return [(program.head,)]
    each = [[*cuts(a), a] for a in program.arguments]
    return [(program.head, *parts) for parts in itertools.product(*each)]


def patterns_of(dsl, program, most):
    """Every abstraction that a node of a program is a call of; inputs are no part of bodies."""
    for node in program.parts():
        for top in cuts(node) if node.arguments else ():
            yield from named(dsl, top, most)


def named(dsl, top, most):
    """The abstractions of a top: cut parts that are equal share a hole, or do not."""
    places = []

    def collect(part):
        if isinstance(part, Program):
            places.append(part)
        elif isinstance(part[0], Input):
            places.append(None)  # not to be stated
        else:
            for inner in part[1:]:
                collect(inner)

    collect(top)
    if None in places or not places:
        return
    for labels in partitions(len(places), most):
        firsts = [k for k, label in enumerate(labels) if label not in labels[:k]]
        groups = [{ordered(places[k]) for k, x in enumerate(labels) if x == label}
                  for label in range(len(firsts))]  # fmt: skip
        if any(len(group) > 1 for group in groups):
            continue
        types = {f"h{label}": places[k].type for label, k in enumerate(firsts)}
        inputs = {i.name: Program(i) for i in Grammar(dsl, types).inputs}
        at = iter(labels)

        def build(part, inputs=inputs, at=at):
            if isinstance(part, Program):
                return inputs[f"h{next(at)}"]
            return Program(part[0], [build(inner, inputs, at) for inner in part[1:]])

        yield Abstraction("new", types, build(top))


def partitions(count, most):
    """All ways to part places into at most so many groups, numbered as they first occur."""
    if count == 0:
        return [()]
    return [(*labels, k) for labels in partitions(count - 1, most)
            for k in range(min(most, max(labels, default=-1) + 2))]  # fmt: skip


def matched(body, program, bound):
    """All ways in which a body with holes is a program: mappings of holes to programs."""
    if isinstance(body.head, Input):
        if body.type != program.type:
            return []
        known = bound.get(body.head.name)
        if known is not None and ordered(known) != ordered(program):
            return []
        return [bound | {body.head.name: program}]
    if body.head is not program.head:
        return []
    orders = [program.arguments]
    if getattr(body.head, "commutative", False):
        orders.append(program.arguments[::-1])
    found = []
    for order in orders:
        ways = [bound]
        for part, argument in zip(body.arguments, order, strict=True):
            ways = [further for way in ways for further in matched(part, argument, way)]
        found += ways
    return found


def rewritings(program, abstraction, call):
    """Every program with calls that stands for this one."""
    found = [
        Program(program.head, parts)
        for parts in itertools.product(
            *(rewritings(a, abstraction, call) for a in program.arguments)
        )
    ]
    for bound in matched(abstraction.body, program, {}):
        parts = (rewritings(bound[name], abstraction, call) for name in abstraction.holes)
        found += [Program(call, arguments) for arguments in itertools.product(*parts)]
    return found


def slow_total(dsl, corpus, abstraction):
    """Units of a definition and of all hypotheses, each program rewritten in every way."""
    library = Library(dsl, [abstraction])
    call = library.dsl.primitives[-1]
    total = library.units - UNIT
    for one in corpus:
        grammar = Grammar(library.dsl, one.inputs, input_weights=one.weights)
        heads = {i.name: i for i in grammar.inputs}

        def units(program, grammar=grammar, heads=heads):
            return sum(grammar.units(heads.get(n.head.name, n.head) if isinstance(n.head, Input)
                                     else n.head) for n in program.walk())  # fmt: skip

        body = abstraction.body
        bodies = Abstraction("new", abstraction.holes, body)
        least = min(units(p) for p in rewritings(one.program, bodies, call))
        total += min(least + one.rest, math.inf if one.table is None else one.table)
    return total


@settings(max_examples=50, deadline=None)
@given(corpora(), st.integers(1, 3))
def test_the_best_pattern_is_that_of_brute_force(made, most):
    dsl, corpus = made
    every = {}
    for one in corpus:
        for abstraction in patterns_of(dsl, one.program, most):
            every.setdefault((ordered(abstraction.body).text, *abstraction.holes.values()),
                             abstraction)  # fmt: skip
    found = Patterns(dsl, corpus, most)
    best = found.best(2**60)
    if not every:
        assert best is None
        return
    assert best.units == min(slow_total(dsl, corpus, a) for a in every.values())
    one = found.abstraction(best, "new", [f"h{k}" for k in range(len(best.holes))])
    assert slow_total(dsl, corpus, one) == best.units
    # What it makes of the programs has those units, and stands for the same programs.
    library = Library(dsl, [one])
    programs = found.rewritten(best, library.dsl)
    rewritten = [
        Solved(old.inputs, p, old.rest, old.table, old.weights).bound(library.dsl)
        for old, p in zip(corpus, programs, strict=True)
    ]
    assert corpus_units(library.dsl, rewritten) + library.units - UNIT == best.units
    for old, new in zip(corpus, programs, strict=True):
        assert ordered(library.expanded(new)).text == ordered(old.program).text


@settings(max_examples=40, deadline=None)
@given(corpora())
def test_bounds_never_exceed_the_totals_they_are_bounds_of(made):
    dsl, corpus = made
    patterns = Patterns(dsl, corpus, 2)
    queue = []

    def below(state):
        """The least total that this state leads to, over all that begin like it."""
        bound = patterns.bound(*state)
        if not state[1]:
            return bound if state[2] else math.inf
        least = min((below(further) for further in patterns._grown(*state)), default=math.inf)
        assert bound <= least
        return least

    for node, token in enumerate(patterns.tokens):
        if token is not None and patterns.terms.children[node]:
            ways = {(children, ()) for children in patterns._orders(node)}
            queue.append(((token,), patterns._frames(token), (), {node: ways}))
    for state in queue:
        below(state)


@settings(max_examples=40, deadline=None)
@given(corpora(), st.integers(1, 3))
def test_every_step_of_learning_lowers_the_total_by_what_it_says(made, most):
    dsl, corpus = made
    begin = Library(dsl)
    before = total_units(begin, corpus) / UNIT
    found = learn(begin, corpus, most_holes=most)
    for step in found.steps:
        assert step.before == before
        assert step.after < step.before
        before = step.after
    assert found.bits == before == total_units(found.library, found.corpus) / UNIT
    assert Patterns(found.library.dsl, found.corpus, most).best(
        corpus_units(found.library.dsl, found.corpus)
    ) is None  # fmt: skip
    for old, new in zip(corpus, found.corpus, strict=True):
        assert ordered(found.library.expanded(new.program)).text == ordered(old.program).text


# Learning by hand.


def boolean_corpus(*texts, inputs=6, dsl=AND_OR_NOT, **parts):
    names = {f"x{i}": Bool for i in range(inputs)}
    grammar = Grammar(load_dsl(dsl), names)
    return [Solved(names, Program.parse(text, grammar), **parts) for text in texts]


def xor_texts(count):
    return [f"(x{i} | x{i + 1}) & ~(x{i} & x{i + 1})" for i in range(count)]


def test_xor_is_learnt_in_any_order_of_arguments():
    texts = ["(x0 | x1) & ~(x1 & x0)", "~(x2 & x3) & (x3 | x2)", "(x4 | x5) & ~(x4 & x5)"]
    found = learn(Library(load_dsl(AND_OR_NOT)), boolean_corpus(*texts))
    assert [one.text for one in found.library.abstractions] == [f"f1(a, b) = {XOR}"]
    assert [one.program.size for one in found.corpus] == [3, 3, 3]
    assert found.library.dsl.primitives[-1].commutative
    assert synth.check_dsl(found.library.dsl) == []


def test_a_single_use_can_pay_where_a_hole_stands_twice():
    text = xor_texts(1)[0].replace("x1", "(x2 & ~x3 | x4 & (x5 | ~x0) | x1 & ~x4)")
    found = learn(Library(load_dsl(AND_OR_NOT)), boolean_corpus(text))
    assert [one.text for one in found.library.abstractions] == [f"f1(a, b) = {XOR}"]


def test_costs_by_hand():
    # Three xors of two of 8 variables: 4 leaves of 4 bits, 4 primitives of log2(6) bits.
    base, corpus = load_dsl(AND_OR_NOT), boolean_corpus(*xor_texts(3), inputs=8)
    node = math.ceil(math.log2(6) * UNIT)
    assert corpus_units(base, corpus) == 3 * (4 * 4 * UNIT + 4 * node)
    found = learn(Library(base), corpus)
    # The flags that one follows and that none does, two holes, a body with leaves of 2 bits.
    assert found.library.units == UNIT + UNIT + 2 * UNIT + 4 * 2 * UNIT + 4 * node
    # Four primitives are 3 bits each.
    assert corpus_units(found.library.dsl, found.corpus) == 3 * (3 + 2 * 4) * UNIT


def test_what_the_table_says_in_fewer_bits_earns_nothing():
    corpus = boolean_corpus(*xor_texts(4), table=8 * UNIT)
    found = learn(Library(load_dsl(AND_OR_NOT)), corpus)
    assert found.steps == ()
    assert found.bits == 1 + 4 * 8
    # A table that is beaten only with the abstraction: what is saved is counted from it.
    corpus = boolean_corpus(*xor_texts(5), table=20 * UNIT)
    found = learn(Library(load_dsl(AND_OR_NOT)), corpus)
    assert found.steps[0].before == 1 + 5 * 20
    assert len(found.library.abstractions) == 1
    assert all(one.chosen(found.library.dsl) for one in found.corpus)
    assert not any(one.chosen(load_dsl(AND_OR_NOT)) for one in corpus)


def test_tasks_without_a_program_and_with_other_inputs_count():
    names = {"p": Bool}
    other = Solved(names, Program.parse("p | ~p", Grammar(load_dsl(AND_OR_NOT), names)))
    none = Solved(names, None, table=5000)
    corpus = [*boolean_corpus(*xor_texts(3)), other, none]
    found = learn(Library(load_dsl(AND_OR_NOT)), corpus)
    assert found.corpus[-1].program is None
    # Its primitives are dearer, though it does not use the new one.
    dearer = found.corpus[3].units(found.library.dsl) - other.units(load_dsl(AND_OR_NOT))
    assert dearer == 2 * (3 * UNIT - math.ceil(math.log2(6) * UNIT))
    assert found.bits == found.library.bits + sum(
        one.total(one.units(found.library.dsl)) for one in found.corpus
    ) / UNIT  # fmt: skip


def test_an_abstraction_that_does_not_pay_is_written_out_again():
    library = saved.make(AND_OR_NOT, [
        {"name": "idle", "holes": {"a": "Bool"}, "result": "Bool", "body": "a & ~a"},
        {"name": "used", "holes": {"a": "Bool"}, "result": "Bool", "body": "idle(a) | ~idle(a)"},
    ])  # fmt: skip
    grammar = Grammar(library.dsl, {"x": Bool})
    corpus = [Solved({"x": Bool}, Program.parse(t, grammar)) for t in ("used(x)", "idle(x)")]
    found = learn(library, corpus)
    assert [s.kind for s in found.steps] == ["dropped", "dropped"]
    assert found.library.abstractions == ()
    texts = [one.program.text for one in found.corpus]
    assert texts == ["x & ~x | ~(x & ~x)", "x & ~x"]


def test_holes_are_at_most_those_asked_for():
    corpus = boolean_corpus(*(f"(x{i} | x{i + 1}) & ~(x{i + 2} | ~x{i})" for i in range(4)))
    base = Library(load_dsl(AND_OR_NOT))
    sizes = []
    for most in (1, 2, 3):
        found = learn(base, corpus, most_holes=most)
        assert all(len(one.holes) <= most for one in found.library.abstractions)
        sizes.append(found.bits)
    assert sizes[2] < sizes[1]
    assert sizes == sorted(sizes, reverse=True)
    for bad in (0, 1.5):
        with pytest.raises(SettingError, match=f"most_holes={bad}; allowed: 1 and more"):
            learn(base, corpus, most_holes=bad)


def test_terms_are_shared_up_to_order_within_a_group():
    corpus = boolean_corpus("x0 & ~x1", "~x1 & x0", "x1 & ~x0")
    terms = Terms(load_dsl(AND_OR_NOT), corpus)
    assert terms.roots[0] == terms.roots[1] != terms.roots[2]
    assert len(terms.groups) == 1
    assert Patterns(load_dsl(AND_OR_NOT), corpus, 1).best(0) is None


# The code of a library.


def test_the_code_of_definitions_satisfies_kraft():
    for dsl in (load_dsl(AND_OR_NOT), mixed_dsl(), without_leaves()):
        total = 0.0
        for count in range(1, 5):
            for types in itertools.product(dsl.types, repeat=count):
                holes = {f"h{k}": type_ for k, type_ in enumerate(types)}
                for mass in Grammar(dsl, holes).mass().values():
                    total += mass * 2.0 ** -(count + (1 + count) * math.log2(len(dsl.types)))
        assert 0.3 < total <= 1


def test_units_are_a_flag_types_holes_and_the_body():
    dsl = mixed_dsl()
    holes = {"a": Int(0, 9), "b": Bool}
    body = Program.parse("where(b, a, add(a, 1))", Grammar(dsl, holes))
    one = Abstraction("f", holes, body)
    # A flag, three types of two, two holes; where, b, a, add, a, 1.
    assert one.units(dsl) == UNIT * (1 + 3 * 1 + 2 + (2 + 1 + 2 + 2 + 2 + 2))
    assert Library(dsl, [one]).units == one.units(dsl) + UNIT
    assert units_of(1.5) == 1536
    assert units_of(0.0001) == 1


# Abstractions as primitives.


def test_an_abstraction_is_what_its_body_is():
    dsl = DSL("partial", types=(Int(0, 9), Bool))
    dsl.add(np.subtract, "Int, Int -> Int", name="sub", symbol="-")
    dsl.add(np.floor_divide, "Int, Int -> Int", name="div", symbol="//")
    dsl.add(np.less, "Int, Int -> Bool", name="lt", symbol="<")
    dsl.constant(2, Int)
    library = Library(dsl)
    for name, body in (("f1", "(a - b) // b"), ("f2", "a // b < 2"), ("f3", "f1(b, a) - 2")):
        holes = dict.fromkeys("ab", Int(0, 9))
        program = Program.parse(body, Grammar(library.dsl, holes))
        library = library.added(Abstraction(name, holes, program))
    assert synth.check_dsl(library.dsl) == []
    x, y = (v.ravel() for v in np.meshgrid(np.arange(10), np.arange(10)))
    grammar = Grammar(library.dsl, {"x": Int(0, 9), "y": Int(0, 9)})
    for text in ("f1(x, y)", "f2(x, y)", "f3(x, f1(y, x))"):
        program = Program.parse(text, grammar)
        values, defined = program.outputs({"x": x, "y": y})
        plain, known = library.expanded(program).outputs({"x": x, "y": y})
        assert np.array_equal(defined, known)
        assert 0 < known.sum() < 100
        assert np.array_equal(values[known], plain[known])


def test_real_bodies_have_no_value_where_a_step_has_none():
    dsl = DSL("reals", types=(synth.Real,))
    dsl.add(np.divide, "Real, Real -> Real", name="div", symbol="/")
    holes = {"a": synth.Real, "b": synth.Real}
    body = Program.parse("b / (a / b)", Grammar(dsl, holes))
    library = Library(dsl, [Abstraction("f", holes, body)])
    one = Program.parse("f(x, y)", Grammar(library.dsl, {"x": synth.Real, "y": synth.Real}))
    values, defined = one.outputs({"x": np.array([1.0, 0.0, 4.0]), "y": np.array([0.0, 3.0, 2.0])})
    assert defined.tolist() == [False, False, True]
    assert values[2] == 1.0


def test_a_body_is_commutative_where_its_holes_can_be_exchanged():
    library = saved.make(AND_OR_NOT, [
        {"name": name, "holes": dict.fromkeys(holes, "Bool"), "result": "Bool", "body": body}
        for name, holes, body in (
            ("xor", "ab", XOR), ("less", "ab", "~a & b"), ("nxor", "ab", "~xor(b, a)"),
            ("maj", "abc", "a & b | c & (a | b)"),
        )
    ])  # fmt: skip
    assert [p.commutative for p in library.dsl.primitives[3:]] == [True, False, True, False]
    assert library.without("xor").abstractions[1].body.text == "~((b | a) & ~(b & a))"
    assert len(library.without("maj").abstractions) == 3


def test_wrong_abstractions_are_one_line():
    dsl = load_dsl(AND_OR_NOT)
    grammar = Grammar(dsl, {"a": Bool, "b": Bool})
    body = Program.parse("a & b", grammar)
    for holes, program in (
        ({"a": Bool}, body),
        ({"a": Bool, "b": Bool, "c": Bool}, body),
        ({"a": Bool}, Program.parse("a", grammar)),
        ({}, body),
    ):
        with pytest.raises(DSLError, match=r"abstraction f: holes .*; allowed: a primitive with"):
            Abstraction("f", holes, program)
    one = Abstraction("f", {"a": Bool, "b": Bool}, body)
    with pytest.raises(DSLError, match="primitive f: the DSL has one of that name already"):
        Library(dsl, [one, one])
    twice = Abstraction("and_", {"a": Bool, "b": Bool}, body)
    with pytest.raises(DSLError, match="primitive and_: the DSL has one of that name"):
        Library(dsl, [twice])
    library = Library(dsl, [one])
    assert library.free_name() == "f1"
    program = Program.parse("f(a, f(b, a))", Grammar(library.dsl, {"a": Bool, "b": Bool}))
    assert inlined(program, library.abstractions[0]).text == "a & (b & a)"


# Files.


@pytest.fixture
def library():
    return saved.make(AND_OR_NOT, [
        {"name": "f1", "holes": {"a": "Bool", "b": "Bool"}, "result": "Bool", "body": XOR},
        {"name": "f2", "holes": {"a": "Bool"}, "result": "Bool", "body": "f1(a, ~a) & a"},
    ])  # fmt: skip


def test_json_and_python_load_back(library, tmp_path):
    as_json, as_python = tmp_path / "library.json", tmp_path / "library.py"
    saved.save(library, as_json)
    saved.save(library, as_python)
    again = saved.load(as_json)
    assert saved.to_json(again) == saved.to_json(library) == json.loads(as_json.read_text())
    assert again.units == library.units
    made = runpy.run_path(str(as_python))["library"]()
    assert [p.name for p in made.primitives] == ["and_", "or_", "not_", "f1", "f2"]
    assert "f1(a, b) = (a | b) & ~(a & b)" in ast.get_docstring(ast.parse(as_python.read_text()))
    calls = ast.walk(ast.parse(as_python.read_text()))
    assert {n.func.id for n in calls if isinstance(n, ast.Call)} == {"make"}
    for dsl in (again.dsl, made):
        grammars = [Grammar(d, {"x": Bool}) for d in (dsl, library.dsl)]
        prices = [{p.item.name: p.units for p in grammar} for grammar in grammars]
        assert prices[0] == prices[1]


def test_a_saved_library_is_a_dsl_of_the_command_line(library, tmp_path):
    saved.save(library, tmp_path / "library.py")
    arguments = ["search", "parity:n=8,k=4", "--dsl", f"{tmp_path}/library.py:library", "--json"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    assert document["optimal"]
    assert document["program"]["text"] == "f1(x0, f1(x1, f1(x2, x3)))"
    assert document["program"]["test_accuracy"] == 1.0
    assert document["dsl"] == "boolean:and-or-not+f1,f2"


def test_a_library_over_residues_serves_every_modulus():
    types = [synth.Mod(7)] * 3
    library = saved.make("modular", [
        {"name": "f1", "holes": {"a": "Mod(7)", "b": "Mod"}, "result": "Mod", "body": "a*a + b*b"}
    ], types)  # fmt: skip
    document = json.loads(json.dumps(saved.to_json(library)))
    assert document["abstractions"][0]["holes"] == {"a": "Mod", "b": "Mod"}
    other = saved.from_json(document, [synth.Mod(11)] * 3)
    found = synth.search("mod-x2y2:p=11", other.dsl)
    assert found.program.text == "f1(x, y)"
    assert found.program.test_accuracy == 1.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "no"}, "a library of format 'no'; allowed: synth-library-1"),
        ({"base": 3}, "a library with base 3; allowed: a text"),
        ({"base": "nothing"}, "no DSL 'nothing'; known: "),
        ({"abstractions": {}}, "allowed: a text, and a list of abstractions"),
        ({"abstractions": [{"name": "f"}]}, "{'name': 'f'} defines no abstraction; allowed: "),
        ({"holes": {"a": "Int", "b": "Bool"}}, "abstraction f1: no type 'Int'; allowed: Bool"),
        ({"holes": {"a": "Bool"}}, "abstraction f1: b is no input or constant; known: a"),
        ({"body": "a"}, "abstraction f1: abstraction f1: holes a, b, body a; allowed: "),
        ({"body": "__import__('os')"}, "abstraction f1: __import__ is no primitive; known: "),
        ({"body": "a |"}, "abstraction f1: 'a |' is no expression"),
        ({"result": "Real"}, "abstraction f1: no type 'Real'; allowed: Bool"),
        ({"name": "not a name"}, "abstraction not a name: a primitive needs a name"),
        ({"body": 3}, "defines no abstraction; allowed: name, result and body as texts"),
    ],
)
def test_what_is_no_library_is_refused_in_one_line(library, tmp_path, change, words):
    document = saved.to_json(library)
    inner = {"name", "holes", "result", "body"} & change.keys()
    (document["abstractions"][0] if inner else document).update(change)
    path = tmp_path / "library.json"
    path.write_text(json.dumps(document))
    with pytest.raises(DSLError) as refused:
        saved.load(path)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


def test_files_that_are_none_and_bases_that_cannot_be_named(library, tmp_path):
    with pytest.raises(DSLError, match=r"nothing.json cannot be read: No such file"):
        saved.load(tmp_path / "nothing.json")
    (tmp_path / "text.json").write_text("{")
    with pytest.raises(DSLError, match=r"text.json is no library in JSON: "):
        saved.load(tmp_path / "text.json")
    with pytest.raises(DSLError, match="the base mixed has no specification; allowed: "):
        saved.to_json(Library(mixed_dsl()))
    with pytest.raises(SettingError, match="families=xor,xor; xor is given twice"):
        synth.run_experiment("library", families=("xor", "xor"))
    with pytest.raises(SettingError, match="families=nor; allowed: xor, ripple, digits"):
        synth.run_experiment("library", families=("nor",))
