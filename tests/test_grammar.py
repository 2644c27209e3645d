"""Types, DSLs and grammars: probabilities, Kraft's inequality, and every error."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import DSLError, SettingError, TypeMismatchError
from synth.language.costs import code_units
from synth.language.types import UNDEFINED, Bool, Int, Mod
from tests import naive
from tests.drawn import grammars


@given(st.fractions(Fraction(1, 10**6), 1))
def test_costs_are_rounded_up_and_by_less_than_a_unit(probability):
    units = code_units(probability)
    exact = -naive.log2(probability) * 1024
    assert exact - 1e-6 <= units < exact + 1 + 1e-6
    if units:
        assert Fraction(1, 2) ** (units - 1) > probability**1024
    assert Fraction(1, 2) ** units <= probability**1024


@settings(max_examples=60, deadline=None)
@given(grammars())
def test_kraft(drawn):
    grammar, _ = drawn
    if not grammar.is_prior:
        with pytest.raises(DSLError, match="no mass"):
            grammar.mass()
        return
    for group in grammar.productions.values():
        assert sum(p.probability for p in group) <= 1
        assert sum(2.0**-p.bits for p in group) <= 1 + 1e-12
    mass = grammar.mass()
    assert all(0 < m <= 1 for m in mass.values())
    trees = naive.programs(grammar, 6 * 1024)
    for type_, found in trees.items():
        assert sum(2.0 ** (-units / 1024) for units, _ in found) <= mass[type_] + 1e-9
    # The mass solves its own equation.
    for type_, group in grammar.productions.items():
        right = sum(2.0**-p.bits * math.prod(mass[a] for a in p.item.arguments) for p in group)
        assert mass[type_] == pytest.approx(right, abs=1e-12)


def test_mass_of_a_critical_grammar():
    """With leaves ½ and one binary primitive ½ the mass is 1, but only in the limit."""
    dsl = synth.DSL("critical")
    dsl.add(np.logical_and, "Bool, Bool -> Bool", name="both")
    assert synth.Grammar(dsl, {"x": Bool}).mass()[Bool] == pytest.approx(1, abs=1e-15)
    more = synth.DSL("supercritical", leaf_probability=0.25)
    more.add(np.logical_and, "Bool, Bool -> Bool", name="both")
    assert synth.Grammar(more, {"x": Bool}).mass()[Bool] == pytest.approx(1 / 3, abs=1e-3)


def test_default_shares():
    dsl = synth.DSL("shares")
    dsl.add(np.logical_and, "Bool, Bool -> Bool", name="both", weight=3)
    dsl.add(np.logical_not, "Bool -> Bool", name="no")
    dsl.add(np.less, "Int(0, 3), Int(0, 3) -> Bool", name="less")
    grammar = synth.Grammar(dsl, {"x": Bool, "y": Bool, "i": Int(0, 3)})
    shares = {p.item.name: p.probability for p in grammar}
    assert shares == {
        "x": Fraction(1, 4),
        "y": Fraction(1, 4),
        "both": Fraction(3, 10),
        "no": Fraction(1, 10),
        "less": Fraction(1, 10),
        "i": 1,
    }
    # Without an Int input, `less` can never be used, so it gets no share.
    shares = {p.item.name: p.probability for p in synth.Grammar(dsl, {"x": Bool})}
    assert shares == {"x": 0.5, "both": 0.375, "no": 0.125}


def test_explicit_costs():
    dsl = synth.load_dsl("boolean:nand")
    grammar = synth.Grammar(dsl, {"x": Bool}, costs={"x": 1, "nand": 2.5})
    assert not grammar.is_prior
    assert synth.Program.parse("nand(x, x)", grammar).bits(grammar) == 4.5
    with pytest.raises(DSLError, match="no cost for nand"):
        synth.Grammar(dsl, {"x": Bool}, costs={"x": 1})
    with pytest.raises(SettingError, match=r"costs: x costs -1"):
        synth.Grammar(dsl, {"x": Bool}, costs=lambda i: -1)
    with pytest.raises(DSLError, match="infinitely many programs"):
        synth.Grammar(dsl, {"x": Bool}, costs=lambda i: 0)


@given(
    st.integers(1, 200), st.integers(1, 5), st.sampled_from([Bool, Mod(7), Mod(300), Int(-9, 9)])
)
def test_pack_and_unpack(rows, m, type_):
    generator = np.random.default_rng(rows)
    values = generator.integers(type_.low, type_.high + 1, (m, rows)).astype(type_.dtype)
    words = type_.pack(values)
    assert words.shape == (m, type_.words(rows))
    assert np.array_equal(type_.unpack(words, rows), values)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Mod(1), r"Mod\(1\): the modulus must be an integer; allowed: 2..65521"),
        (lambda: Mod(2.5), "modulus must be an integer"),
        (lambda: Int(3, 2), "low must not exceed high"),
        (lambda: Int(0, 2**40), r"bounds must be integers; allowed: -2\*\*31..2\*\*31"),
    ],
)
def test_type_errors(make, words):
    with pytest.raises(SettingError, match=words):
        make()


def test_values_outside_a_type():
    with pytest.raises(TypeMismatchError, match=r"c: 7 is outside Mod\(7\); allowed: 0..6"):
        Mod(7).check([3, 7], "c")
    with pytest.raises(TypeMismatchError, match=r"c: 0\.5 is not Mod"):
        Mod(7).check([0.5], "c")
    with pytest.raises(TypeMismatchError, match="c: 2 is not Bool; allowed: True and False"):
        Bool.check([2], "c")


def and_not(a, b):
    return a & ~b


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda d: d.add(3, "Bool -> Bool"), "must be a function; 3 is not"),
        (lambda d: d.add(and_not, "Bool Bool"), "write it like 'Int, Int -> Bool'"),
        (lambda d: d.add(and_not, "Bool, Text -> Bool"), "Text is not a type"),
        (lambda d: d.add(and_not, "Mod, Mod -> Mod"), "Mod needs a modulus"),
        (lambda d: d.add(and_not, "Mod(0), Bool -> Bool"), "the modulus must be"),
        (lambda d: d.add(lambda a: a, "Bool -> Bool"), "name must be an identifier"),
        (lambda d: d.add(and_not, "Bool, Bool -> Bool", weight=0), "weight 0; allowed: numbers"),
        (lambda d: d.add(and_not, "Bool, Bool -> Bool", weight="x"), "weight 'x'; allowed: "),
        (lambda d: d.add(np.less, "Bool, Bool -> Bool", symbol="and"), "symbol 'and' is not one"),
        (lambda d: d.add(np.abs, "Int -> Int", symbol="+-"), "for 1 argument$"),
        (lambda d: d.add(and_not, "Bool, Bool -> Bool", name="and"), "'and' is not"),
        (lambda d: d.add(and_not, "Int(low=0, high=9) -> Bool"), "is not a type; allowed"),
        (
            lambda d: d.add(np.less, "Bool, Int -> Bool", commutative=True),
            "needs two arguments of one type",
        ),
        (
            lambda d: d.add(np.logical_and, "Bool, Bool -> Bool"),
            "already has a primitive with this name",
        ),
        (
            lambda d: d.add(and_not, "Bool, Bool -> Bool", symbol="&"),
            "logical_and already uses symbol &",
        ),
        (lambda d: d.primitive(lambda a: a, name="f"), "a has no type annotation"),
        (lambda d: d.primitive(np.add), "no type annotation|use dsl.add"),
        (lambda d: d.constant(2, "Bool"), "constant 2: 2 is not Bool"),
        (
            lambda d: d.constant(True, Bool) or d.constant(True, Bool),
            "already has a constant with this name",
        ),
        (lambda d: d.constant(1, Bool, weight=-1), "weight -1; allowed: "),
        (lambda d: d.constant(1, Bool, name="a b"), "the name must be an identifier"),
        (
            lambda d: d.constant(1, Bool, name="pi") or synth.Grammar(d, {"pi": Bool}),
            "input pi: the DSL has a constant of this name; rename or drop the column",
        ),
        (lambda d: synth.Grammar(d, {"x": Mod(5)}), r"input x: DSL d has no type for Mod\(5\)"),
        (lambda d: synth.Grammar(d, {"x": "Bool"}), "input x: 'Bool' is not a type"),
        (lambda d: synth.Grammar("d", {}), "'d' is not a DSL"),
    ],
)
def test_dsl_errors(act, words):
    dsl = synth.DSL("d")
    dsl.add(np.logical_and, "Bool, Bool -> Bool", symbol="&")
    with pytest.raises((DSLError, TypeMismatchError), match=words):
        act(dsl)


def test_leaf_probability():
    with pytest.raises(SettingError, match="above 0 and below 1"):
        synth.DSL("d", leaf_probability=1)


SEVEN = Mod(7)


def test_annotations_of_every_kind():
    residue = Mod(7)
    dsl = synth.DSL("d", types=(residue, Int(0, 9)))

    @dsl.primitive
    def one(a: residue, b: "SEVEN") -> "Mod(7)":
        return (a + b) % 7

    @dsl.primitive(weight=2)
    def two(a: Int, b: "Int(0, 9)") -> Bool:
        return a < b

    assert [p.signature for p in dsl.primitives] == [
        "Mod(7), Mod(7) -> Mod(7)",
        "Int(0, 9), Int(0, 9) -> Bool",
    ]


def test_check_dsl_passes_the_built_in_ones():
    for name in (
        "boolean",
        "boolean:nand",
        "boolean:anf",
        "boolean:ite",
        "modular:p=31",
        "integer",
        "features",
    ):
        assert synth.check_dsl(synth.load_dsl(name)) == []


def writes(a):
    a += 1
    return a


_calls = []


def impure(a):
    _calls.append(1)
    return (a + len(_calls)) % 7


@pytest.mark.parametrize(
    ("body", "signature", "words"),
    [
        (lambda a: a * 0.5, "Int(0, 9) -> Int(0, 9)", "dtype float64"),
        (lambda a: a, "Int(0, 9) -> Bool", "dtype int64; Bool needs bool"),
        (lambda a: a[:3], "Mod(7) -> Mod(7)", r"shape \(3,\)"),
        (lambda a: 3, "Mod(7) -> Mod(7)", "answers 3 to .* on arrays: np.where"),
        (writes, "Int(0, 9) -> Int(0, 9)", "changes its arguments"),
        (impure, "Mod(7) -> Mod(7)", "differently from call to call"),
        (lambda a: np.sort(a), "Mod(7) -> Mod(7)", "mixes rows"),
        (lambda a: a + 1, "Mod(7) -> Mod(7)", r"answers 7 to \(6\), outside Mod\(7\)"),
        (lambda a: a.no_such, "Mod(7) -> Mod(7)", "fails: AttributeError"),
        (lambda a: a + 99, "Int(0, 9) -> Int(0, 9)", "no value on any of the 96 rows tried$"),
        (
            lambda a: sum(int(c) for c in str(a)),
            "Int(0, 9) -> Int(0, 9)",
            r"rows tried; given arrays of values, it raises ValueError: invalid literal .* '\['$",
        ),
    ],
)
def test_check_dsl_reports(body, signature, words):
    dsl = synth.DSL("d")
    dsl.add(body, signature, name="f")
    (problem,) = synth.check_dsl(dsl)
    assert "primitive f" in problem
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(problem)


def test_check_dsl_reports_on_the_whole():
    dsl = synth.DSL("d")
    dsl.add(np.subtract, "Int(0, 9), Int(0, 9) -> Int(0, 9)", name="minus", commutative=True)
    dsl.add(np.less, "Int(0, 9), Int(0, 9) -> Bool", name="less")
    dsl.constant(True, Bool, name="less")
    problems = synth.check_dsl(dsl, {"x": Bool, "minus": Bool})
    assert "primitive minus is declared commutative but is not" in problems
    assert "the name less is used twice, for primitive and constant" in problems
    assert "the name minus is used twice, for input and primitive" in problems
    assert any(p.startswith("no program over the inputs is of type Int(0, 9)") for p in problems)
    dsl.primitives[0].__dict__["weight"] = 0
    assert any("weight 0; allowed: above 0" in p for p in synth.check_dsl(dsl))


def test_partial_primitives():
    dsl = synth.DSL("partial")
    dsl.add(np.floor_divide, "Int, Int -> Int", name="div")
    dsl.add(lambda a, b: a // b, "Int, Int -> Int", name="plain")
    dsl.add(lambda a: np.where(a < 0, UNDEFINED, a), "Int -> Int", name="root")
    a, b = np.array([7, 8, -9]), np.array([2, 0, 3])
    for primitive in dsl.primitives[:2]:
        values, defined = primitive.evaluate(a, b)
        assert defined.tolist() == [True, False, True]
        assert values[defined].tolist() == [3, -3]
    dsl.add(np.power, "Int, Int -> Int", name="power")
    dsl.add(np.left_shift, "Int, Int -> Int", name="shift")
    a2, b2 = np.array([3, 3, 10**6, -2]), np.array([4, -1, 40, 3])
    for primitive, expected in zip(dsl.primitives[3:], ([81, -8], [48, -16]), strict=True):
        values, defined = primitive.evaluate(a2, b2)
        assert defined.tolist() == [True, False, False, True]
        assert values[defined].tolist() == expected
    assert dsl.primitives[2].evaluate(a)[1].tolist() == [True, True, False]
    assert dsl.primitives[2].evaluate(b)[1] is None
