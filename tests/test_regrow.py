"""Regrown subtrees: what trees compute, how they are drawn, and the law of long runs."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import synth
from synth.dynamics import regrow
from synth.dynamics.chain import Chain, make_world
from synth.errors import SettingError
from synth.kernels import regrow as kernel
from synth.language.types import Bool
from tests import naive
from tests.drawn import budget_of, grammars
from tests.test_dynamics import energy, small_world


def growth_of(grammar, columns, root, max_bits):
    found = synth.enumerate_programs(grammar, columns, type=root, max_bits=max_bits)
    return regrow.make_growth(grammar, columns, root, found, max_bits), found


def behaviour(growth, codes):
    room = np.zeros((2, regrow.MOST_NODES), np.int64)
    return kernel.meaning(growth, codes, len(codes), room[0], room[1])


@settings(max_examples=40, deadline=None)
@given(grammars().filter(lambda drawn: drawn[0].is_prior))
def test_trees_compute_what_brute_force_says(drawn):
    grammar, columns = drawn
    assume(not any(t.inexact for t in grammar.types))
    root, most = grammar.types[0], budget_of(grammar)
    growth, found = growth_of(grammar, columns, root, most / 1024)
    values = [tuple(v) for v in found.values.tolist()]
    for _, program in naive.programs(grammar, most)[root]:
        codes = regrow.codes_of(program, grammar)
        given_, place = naive.behaviour(program, columns), behaviour(growth, codes)
        assert (None if place < 0 else values[place]) == given_
        assert kernel.span(growth, codes, 0) == len(codes)


@pytest.mark.slow
def test_subtrees_are_drawn_from_the_prior():
    """Programs drawn whole against 2**-bits over all trees, by chi-square."""
    grammar = synth.Grammar(synth.load_dsl("boolean:basis=and-or-not"), {"x": Bool, "y": Bool})
    columns = {"x": np.array([0, 0, 1, 1], bool), "y": np.array([0, 1, 0, 1], bool)}
    growth, _ = growth_of(grammar, columns, Bool, 11.0)
    every = naive.programs(grammar, 11 * 1024)[Bool]
    place = {tuple(regrow.codes_of(p, grammar).tolist()): k for k, (_, p) in enumerate(every)}
    chances = np.array([2.0 ** -(units / 1024) for units, _ in every])
    generator, draws = np.random.default_rng(0), 60_000
    counts, new, room = np.zeros(len(every)), np.zeros((2, 256), np.int64), None
    for _ in range(draws):
        room = new[1]
        end, bits = kernel.grow(growth, 0, new[0], 0, 11.0, room, generator)
        if end > 0:
            k = place[tuple(new[0, :end].tolist())]
            counts[k] += 1
            assert bits == every[k][0] / 1024
    cells = [*zip(counts, draws * chances, strict=True),
             (draws - counts.sum(), draws * (1 - chances.sum()))]  # fmt: skip
    assert_alike(*np.array(cells).T)


def assert_alike(seen, expected):
    """Counts against what is expected, by chi-square; cells of few are taken together."""
    rare = expected < 8
    if rare.any():
        seen = np.append(seen[~rare], seen[rare].sum())
        expected = np.append(expected[~rare], expected[rare].sum())
    square, free = float(((seen - expected) ** 2 / expected).sum()), len(seen) - 1
    assert free > 10
    assert abs(square - free) < 5 * np.sqrt(2 * free), (square, free)


@pytest.mark.parametrize(
    ("beta", "decay", "proposals"),
    [(1.0, 0.3, 0.6), pytest.param(2.0, 1.0, 0.5, marks=pytest.mark.slow)],
)
def test_the_law_of_long_runs_is_over_trees(beta, decay, proposals):
    """Shares of (tree, size of the memorised set) against 2**(-bits of the tree - E)."""
    world = small_world(max_bits=12.0)
    place = {tuple(v): k for k, v in enumerate(world.predictions.tolist())}
    every = naive.programs(world.grammar, 12 * 1024)[Bool]
    assert len(every) > 50
    assert len(every) > 2 * len(world.bits)
    weights, states = [], {}
    for units, program in every:
        g = place[naive.behaviour(program, world.task.columns)]
        codes = tuple(regrow.codes_of(program, world.grammar).tolist())
        # The bits of this tree, where `energy` has those of the shortest.
        more = units / 1024 - world.bits[g]
        for size in range(5):
            sets = [h for h in itertools.product((0, 1), repeat=4) if sum(h) == size]
            total = sum(2.0 ** -energy(world, g, h, beta, decay) for h in sets)
            states[codes, size] = len(weights)
            weights.append(total * 2.0 ** -(units / 1024 + decay * more))
    one = Chain(world, beta=beta, decay=decay, proposals=proposals, moves="regrow", seed=3)
    one.advance(1000)
    counts = np.zeros(len(weights))
    for _ in range(40_000):
        one.advance(100)
        codes = tuple(one.codes[: one.state[3]].tolist())
        counts[states[codes, int(one.held.sum())]] += 1
        assert one.program == behaviour(world.growth, np.array(codes))
    weights = np.array(weights)
    assert_alike(counts, 40_000 * weights / weights.sum())


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.floats(0, 40), st.floats(0, 3))
def test_bits_and_errors_are_those_of_the_tree(seed, beta, decay):
    world = make_world("mod-mul:p=5,train=0.6", max_bits=14)
    one = Chain(world, beta=beta, decay=decay, proposals=0.9, moves="regrow", seed=seed)
    productions = [p for t in world.grammar.types for p in world.grammar.productions[t]]
    for steps in (1, 7, 300):
        one.advance(steps)
        tree = one.codes[: one.state[3]]
        assert one.program_bits == sum(productions[c].bits for c in tree) <= 14
        assert one.measures()["program_bits"] == one.program_bits >= world.bits[one.program]
        guesses = world.predictions[one.program][world.training]
        wrong = guesses != world.task.labels[world.training]
        assert one.state[2] == np.count_nonzero(wrong & ~one.held)


def test_the_same_seed_the_same_run_and_seek_stops_at_the_truth():
    world = make_world("mod-mul:p=7,train=0.5", max_bits=12)
    runs = [Chain(world, decay=1.0, moves="regrow", seed=5) for _ in range(2)]
    for one in runs:
        assert one.seek(10**6)
    assert runs[0].step == runs[1].step < 10**6
    assert runs[0].measures() == runs[1].measures()
    assert runs[0].measures()["restricted_accuracy"] == 1


def test_what_is_refused(monkeypatch):
    world = small_world()
    with pytest.raises(SettingError, match="moves=walk; allowed: prior, regrow"):
        Chain(world, moves="walk")
    fourier = make_world("mod-add:p=5,train=0.5", "fourier", max_bits=9)
    with pytest.raises(SettingError, match=r"moves=regrow in a grammar with .*; allowed: Bool"):
        Chain(fourier, moves="regrow")
    monkeypatch.setattr(regrow, "MOST_ENTRIES", 20)
    with pytest.raises(SettingError, match="more than 20 applications; allowed: fewer"):
        Chain(small_world(), moves="regrow")
