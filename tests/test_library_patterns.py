"""Patterns of a corpus, compared with brute force over all patterns and all rewritings."""

import itertools
import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from synth import DSL, Bool, Grammar, Int, Program
from synth.language.dsls import load_dsl
from synth.language.grammar import UNIT
from synth.language.primitive import Input
from synth.library.abstraction import Abstraction, Library, ordered
from synth.library.corpus import Solved, corpus_units
from synth.library.learning import learn, total_units
from synth.library.patterns import Patterns

AND_OR_NOT = "boolean:basis=and-or-not"


def mixed_dsl():
    """Bool and Int: a type without leaves of its own, one commutative primitive, others not."""
    dsl = DSL("mixed", types=(Int(0, 9), Bool))
    dsl.add(np.add, "Int, Int -> Int", name="add", commutative=True)
    dsl.add(np.where, "Bool, Int, Int -> Int", name="where")
    dsl.add(np.less, "Int, Int -> Bool", name="lt")
    dsl.add(np.logical_not, "Bool -> Bool", name="not_")
    dsl.constant(1, Int)
    return dsl


def without_leaves():
    """Only holes make programs of it, so the prices in a body depend on the types of its holes."""
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
    """A random program; it has primitives while depth remains, if the type has any."""
    items = [p.item for p in grammar.productions[type_]]
    leaves = [i for i in items if not i.arguments]
    nodes = [i for i in items if i.arguments]
    some = nodes if nodes and (depth > 0 or not leaves) else leaves
    item = draw(st.sampled_from(some))
    return Program(item, [grown(draw, grammar, t, depth - 1) for t in item.arguments])


@st.composite
def corpora(draw):
    """(DSL, tasks) with small programs, some of which are instances of one program with holes."""
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
            parts = {
                h: grown(draw, grammar, type_, draw(st.sampled_from([0, 0, 1])))
                for h, type_ in holes.items()
            }
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
    """Every top part of a program, as nested tuples; the parts cut off are Programs."""
    if not program.arguments:
        return [(program.head,)]
    each = [[*cuts(a), a] for a in program.arguments]
    return [(program.head, *parts) for parts in itertools.product(*each)]


def patterns_of(dsl, program, most):
    """Every abstraction that could be called at a node of a program; bodies contain no inputs."""
    for node in program.parts():
        for top in cuts(node) if node.arguments else ():
            yield from named(dsl, top, most)


def named(dsl, top, most):
    """The abstractions of a top part: equal parts that are cut off share a hole or do not."""
    places = []

    def collect(part):
        if isinstance(part, Program):
            places.append(part)
        elif isinstance(part[0], Input):
            places.append(None)  # cannot be expressed
        else:
            for inner in part[1:]:
                collect(inner)

    collect(top)
    if None in places or not places:
        return
    for labels in partitions(len(places), most):
        firsts = [k for k, label in enumerate(labels) if label not in labels[:k]]
        groups = [
            {ordered(places[k]) for k, x in enumerate(labels) if x == label}
            for label in range(len(firsts))
        ]
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
    """All ways to divide places into at most `most` groups, numbered by first occurrence."""
    if count == 0:
        return [()]
    return [
        (*labels, k)
        for labels in partitions(count - 1, most)
        for k in range(min(most, max(labels, default=-1) + 2))
    ]


def matched(body, program, bound):
    """All ways in which a body with holes equals a program: mappings of holes to programs."""
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
    """Units of a definition and of all hypotheses, with each program rewritten in every way."""
    library = Library(dsl, [abstraction])
    call = library.dsl.primitives[-1]
    total = library.units - UNIT
    for one in corpus:
        grammar = Grammar(library.dsl, one.inputs, input_weights=one.weights)
        heads = {i.name: i for i in grammar.inputs}

        def units(program, grammar=grammar, heads=heads):
            items = (
                heads.get(n.head.name, n.head) if isinstance(n.head, Input) else n.head
                for n in program.walk()
            )
            return sum(map(grammar.units, items))

        body = abstraction.body
        bodies = Abstraction("new", abstraction.holes, body)
        least = min(units(p) for p in rewritings(one.program, bodies, call))
        total += min(least + one.rest, math.inf if one.table is None else one.table)
    return total


@settings(max_examples=30, deadline=None)
@given(corpora(), st.integers(1, 3))
def test_the_best_pattern_is_that_of_brute_force(made, most):
    dsl, corpus = made
    every = {}
    for one in corpus:
        for abstraction in patterns_of(dsl, one.program, most):
            key = ordered(abstraction.body).text, *abstraction.holes.values()
            every.setdefault(key, abstraction)
    found = Patterns(dsl, corpus, most)
    best = found.best(2**60)
    if not every:
        assert best is None
        return
    assert best.units == min(slow_total(dsl, corpus, a) for a in every.values())
    one = found.abstraction(best, "new", [f"h{k}" for k in range(len(best.holes))])
    assert slow_total(dsl, corpus, one) == best.units
    # The rewritten programs have these units, and stand for the same programs.
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
        """The smallest total of all patterns that begin with this state."""
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


@settings(max_examples=30, deadline=None)
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
    patterns = Patterns(found.library.dsl, found.corpus, most)
    assert patterns.best(corpus_units(found.library.dsl, found.corpus)) is None
    for old, new in zip(corpus, found.corpus, strict=True):
        assert ordered(found.library.expanded(new.program)).text == ordered(old.program).text
