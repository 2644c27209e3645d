"""The engine against brute force over syntax trees, and against the literature."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.engine import schedule
from synth.language.types import Bool, Int, Mod
from tests import naive
from tests.drawn import budget_of, grammars


def check_against_brute_force(grammar, columns):
    most = budget_of(grammar)
    expected = naive.behaviours(grammar, columns, most)
    for type_ in grammar.types:
        found = synth.enumerate_programs(grammar, columns, type=type_, max_bits=most / 1024)
        assert found.stop_reason in ("max_bits", "exhausted")
        units = {
            tuple(v): round(b * 1024)
            for v, b in zip(found.values.tolist(), found.bits.tolist(), strict=True)
        }
        assert len(units) == len(found), "a behaviour stands twice"
        reached = {v: u for v, u in units.items() if u <= most}
        assert reached == expected[type_]
        for i in range(len(found)):
            program = found.program(i)
            assert program.units(grammar) == round(found.bits[i] * 1024)
            assert naive.behaviour(program, columns) == tuple(found.values[i].tolist())


@settings(max_examples=30, deadline=None)
@given(grammars())
def test_least_bits_of_every_behaviour_equal_brute_force(drawn):
    check_against_brute_force(*drawn)


@settings(max_examples=60, deadline=None)
@given(grammars(), st.data())
def test_below_the_certificate_nothing_is_missing(drawn, data):
    """However little is asked for, and wherever a limit on programs strikes."""
    grammar, columns = drawn
    most = budget_of(grammar)
    expected = naive.behaviours(grammar, columns, most)
    for type_ in grammar.types:
        limits = {"max_bits": data.draw(st.integers(0, most)) / 1024}
        if data.draw(st.booleans()):
            limits = {"max_programs": data.draw(st.integers(1, 200)), "max_bits": most / 1024}
        found = synth.enumerate_programs(grammar, columns, type=type_, **limits)
        certified = most if found.certified_bits is None else found.certified_bits * 1024
        units = zip(found.values.tolist(), (found.bits * 1024).tolist(), strict=True)
        reached = {tuple(v): round(u) for v, u in units if u <= certified}
        assert reached == {v: u for v, u in expected[type_].items() if u <= certified}
        if found.stop_reason == "max_programs":
            # That the certificate is also as high as it can be is the next test.
            assert found.candidates == limits["max_programs"]


def test_the_certificate_ends_where_the_band_that_was_cut_begins():
    columns = naive.all_rows(3)
    costs = {"x0": 1, "x1": 1, "x2": 1, "and_": 1, "or_": 1, "xor": 1, "not_": 1}
    grammar = synth.Grammar(synth.load_dsl("boolean"), dict.fromkeys(columns, Bool), costs=costs)
    whole = synth.enumerate_programs(grammar, columns, max_bits=5)
    made = [e.candidates for e in whole.levels]
    for level in range(1, 5):
        stop = sum(made[:level]) + 1
        found = synth.enumerate_programs(grammar, columns, max_programs=stop, max_bits=5)
        # One candidate of the next level was made, so it is the first not certified.
        assert found.certified_bits == level + 1 - 1 / 1024


def test_wide_products_of_operands_stay_within_limits():
    """A primitive of four operands has products far larger than the banks."""
    columns = {f"x{i}": np.random.default_rng(i).integers(0, 2, 64) for i in range(12)}
    dsl = synth.load_dsl("boolean:basis=nand")
    dsl.add(lambda a, b, c, d: (a & b) | (c & d), "Bool, Bool, Bool, Bool -> Bool", name="four")
    grammar = synth.Grammar(dsl, dict.fromkeys(columns, Bool))
    found = synth.enumerate_programs(grammar, columns, max_programs=300_000)
    assert found.stop_reason == "max_programs"


def test_a_body_that_writes_to_its_arguments_is_stopped():
    def doubles(a):
        a *= 2
        return a

    dsl = synth.DSL("writes")
    dsl.add(doubles, "Int(0, 9) -> Int(0, 9)")
    grammar = synth.Grammar(dsl, {"x": Int(0, 9)})
    with pytest.raises(synth.SynthError, match="doubles changes its arguments"):
        synth.enumerate_programs(grammar, {"x": np.array([1, 2, 3])}, max_bits=9)


@settings(max_examples=25, deadline=None)
@given(grammars(), st.sampled_from([1, 30]))
def test_bands_do_not_change_rows_or_counts(drawn, candidates):
    grammar, columns = drawn
    most = budget_of(grammar) / 1024
    kept = schedule.BAND_CANDIDATES
    for type_ in grammar.types:
        whole = synth.enumerate_programs(grammar, columns, type=type_, max_bits=most)
        try:
            schedule.BAND_CANDIDATES = candidates
            narrow = synth.enumerate_programs(grammar, columns, type=type_, max_bits=most)
        finally:
            schedule.BAND_CANDIDATES = kept
        if whole.stop_reason == narrow.stop_reason == "max_bits":
            assert whole.levels == narrow.levels
        assert np.array_equal(whole.values, narrow.values)
        texts = [[e.program(i).text for i in range(len(e))] for e in (whole, narrow)]
        assert texts[0] == texts[1]


def test_levels_count_every_tuple_of_behaviours_once():
    # Over two inputs and one commutative primitive: 2 leaves, then 3 unordered pairs.
    dsl = synth.DSL("one")
    dsl.add(np.logical_and, "Bool, Bool -> Bool", name="both", commutative=True)
    grammar = synth.Grammar(dsl, {"x": Bool, "y": Bool}, costs=lambda i: 1)
    columns = {"x": [0, 1, 0, 1], "y": [0, 0, 1, 1]}
    found = synth.enumerate_programs(grammar, columns)
    assert [(e.bits, e.candidates, e.distinct) for e in found.levels[:2]] == [(1, 2, 2), (3, 3, 1)]
    assert found.stop_reason == "exhausted"
    assert len(found) == 3


def test_dropped_candidates_are_counted():
    dsl = synth.DSL("division")
    dsl.add(np.floor_divide, "Int(0, 9), Int(0, 9) -> Int(0, 9)", name="div")
    grammar = synth.Grammar(dsl, {"x": Int(0, 9), "y": Int(0, 9)})
    found = synth.enumerate_programs(grammar, {"x": [4, 6], "y": [0, 3]}, max_bits=6)
    # x / x is 1 on both rows, y / x is 0; whatever divides by y is dropped.
    assert [e.dropped for e in found.levels] == [0, 2]
    assert found.values.tolist() == [[4, 6], [0, 3], [1, 1], [0, 0]]


def literals(n):
    columns = naive.all_rows(n)
    return {**columns, **{f"n{i}": ~columns[f"x{i}"] for i in range(n)}}


def test_three_variables_by_leaves():
    """Functions of 3 variables by least number of leaves over and/or, negated literals free.

    A constant is x & ~x; the two parities need 10 leaves, where Khrapchenko's bound
    of n**2 says at least 9.
    """
    dsl = synth.DSL("and-or")
    dsl.add(np.logical_and, "Bool, Bool -> Bool", name="and_", symbol="&", commutative=True)
    dsl.add(np.logical_or, "Bool, Bool -> Bool", name="or_", symbol="|", commutative=True)
    columns = literals(3)
    grammar = synth.Grammar(dsl, dict.fromkeys(columns, Bool), costs=lambda i: not i.arguments)
    found = synth.enumerate_programs(grammar, columns)
    assert found.stop_reason == "exhausted"
    counts = np.bincount(found.bits.astype(int))[1:].tolist()
    assert counts == [6, 26, 64, 30, 80, 32, 0, 16, 0, 2]
    assert counts == by_leaves(3)
    parity = columns["x0"] ^ columns["x1"] ^ columns["x2"]
    row = found.values.tolist().index(parity.tolist())
    assert found.bits[row] == 10


def by_leaves(n):
    """The same counts from sets of integers."""
    rows = 2**n
    literal = [sum(1 << r for r in range(rows) if r >> v & 1) for v in range(n)]
    literal += [x ^ (2**rows - 1) for x in literal]
    by, seen = [set(), set(literal)], set(literal)
    while len(seen) < 2**rows:
        k = len(by)
        pairs = [(x, y) for a in range(1, k) for x in by[a] for y in by[k - a]]
        by.append({z for x, y in pairs for z in (x & y, x | y)} - seen)
        seen |= by[k]
    return [len(s) for s in by[1:]]


def test_four_variables_by_formula_length():
    """Functions of 4 variables by formula length over all binary connectives.

    Knuth, The Art of Computer Programming 4A, section 7.1.2: L(f) = 0..7 for
    10, 60, 456, 2474, 10624, 24184, 24640, 3088 functions.
    """
    dsl = synth.DSL("all")
    tables = np.array([[t >> b & 1 for b in range(4)] for t in range(16)], bool)
    for t, table in enumerate(tables):
        symmetric = table[1] == table[2]
        body = lambda a, b, table=table: table[a * 2 + b * 1]  # noqa: E731
        dsl.add(body, "Bool, Bool -> Bool", name=f"f{t}", commutative=bool(symmetric))
    dsl.constant(False, Bool)
    dsl.constant(True, Bool)
    columns = literals(4)
    grammar = synth.Grammar(dsl, dict.fromkeys(columns, Bool), costs=lambda i: bool(i.arguments))
    found = synth.enumerate_programs(grammar, columns)
    counts = np.bincount(found.bits.astype(int)).tolist()
    assert counts == [10, 60, 456, 2474, 10624, 24184, 24640, 3088]


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 63, 64, 65, 130])
@pytest.mark.parametrize("p", [5, 97, 251, 257])
def test_every_width_and_modulus(rows, p):
    """Padding, and the arithmetic of each storage, against the bodies themselves."""
    generator = np.random.default_rng(rows * p)
    columns = {n: generator.integers(0, p, rows) for n in "xy"}
    dsl = synth.load_dsl(f"modular:p={p}")
    dsl.add(
        lambda a, b: np.maximum(a, b) * (a + 1) % p, f"Mod({p}), Mod({p}) -> Mod({p})", name="h"
    )
    grammar = synth.Grammar(dsl, dict.fromkeys(columns, Mod(p)))
    found = synth.enumerate_programs(grammar, columns, max_bits=15)
    assert len(found) > 2
    for i in range(0, len(found), max(1, len(found) // 300)):
        assert np.array_equal(found.program(i).evaluate(columns), found.values[i])


@pytest.mark.parametrize("p", [2, 3, 16, 97, 127, 128, 129, 250, 251, 255])
def test_ring_operations_on_all_operands(p):
    """Every pair of residues, through each kernel of an affine primitive."""
    x, y = np.divmod(np.arange(p * p), p)
    bodies = [
        lambda a, b: (a + b) % p,
        lambda a, b: (a - b) % p,
        lambda a, b: (b - a) % p,
        lambda a, b: a * b % p,
        lambda a, b: (a * b + a - b - 1) % p,
    ]
    dsl = synth.DSL("ring", types=(Mod(p),))
    for k, body in enumerate(bodies):
        dsl.add(body, "Mod, Mod -> Mod", name=f"f{k}")
    grammar = synth.Grammar(dsl, {"x": Mod(p), "y": Mod(p)}, costs=lambda i: bool(i.arguments))
    found = synth.enumerate_programs(grammar, {"x": x, "y": y}, max_bits=1)
    rows = {v.tobytes() for v in found.values}
    for body in bodies:
        for operands in ((x, y), (y, x), (x, x)):
            assert body(*operands).tobytes() in rows
    assert len(rows) == len(found) <= 2 + 4 * len(bodies)


@pytest.mark.parametrize("rows", [1, 20, 21, 64, 65, 200])
def test_every_width_of_booleans(rows):
    generator = np.random.default_rng(rows)
    columns = {f"x{i}": generator.integers(0, 2, rows).astype(bool) for i in range(4)}
    dsl = synth.load_dsl("boolean")
    dsl.add(np.where, "Bool, Bool, Bool -> Bool", name="ite", weight=2)
    grammar = synth.Grammar(dsl, dict.fromkeys(columns, Bool))
    found = synth.enumerate_programs(grammar, columns, max_bits=15)
    unique = {v.tobytes() for v in found.values}
    assert len(unique) == len(found)
    for i in range(0, len(found), max(1, len(found) // 300)):
        assert np.array_equal(found.program(i).evaluate(columns), found.values[i])


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_programs": 1000}, "max_programs"),
        ({"memory": 2**20}, "memory"),
        ({"memory": 4 * 2**20}, "memory"),
        ({"seconds": 0.2}, "seconds"),
        ({"max_bits": 12}, "max_bits"),
    ],
)
def test_limits_stop_with_their_reason(limits, reason):
    columns = naive.all_rows(6)
    grammar = synth.Grammar(synth.load_dsl("boolean"), dict.fromkeys(columns, Bool))
    limits = {"max_bits": 40, **limits}
    found = synth.enumerate_programs(grammar, columns, **limits)
    assert found.stop_reason == reason
    assert found.certified_bits <= limits["max_bits"]
    if reason == "max_programs":
        assert found.candidates == 1000
    # Below the certificate nothing is missing: a deeper search agrees.
    again = synth.enumerate_programs(grammar, columns, max_bits=min(found.certified_bits, 16))
    part = found.bits <= again.certified_bits
    assert np.array_equal(found.values[part], again.values)
