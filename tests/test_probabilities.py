"""Exact rational probabilities: masses against exact references, and what is refused."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import DSLError, SettingError
from synth.exact.sampling import size_masses
from synth.language.mass import least_fixed_point
from synth.language.types import Bool, Int
from tests import naive

CONNECTIVES = {
    "not_": (np.logical_not, 1),
    "and_": (np.logical_and, 2),
    "or_": (np.logical_or, 2),
    "nand": (lambda a, b: ~(a & b), 2),
}


def boolean(*names, **settings):
    dsl = synth.DSL("drawn", types=(Bool,), **settings)
    for name in names:
        function, arity = CONNECTIVES[name]
        dsl.add(function, ", ".join(["Bool"] * arity) + " -> Bool", name=name)
    return dsl


def published(name, variables):
    """A grammar of the literature, by one probability for each production, and its columns."""
    columns = naive.all_rows(variables)
    if name == "G3":
        names, each = ("not_", "and_", "or_"), dict.fromkeys(("not_", "and_", "or_"), "1/6")
        leaf = Fraction(1, 2)
    elif name == "NAND":
        names, each, leaf = ("nand",), {"nand": Fraction(2, 5)}, Fraction(3, 5)
    else:  # critical: literals, each alike
        names, each, leaf = ("and_", "or_"), {"and_": 0.25, "or_": "1/4"}, Fraction(1, 2)
        columns |= {f"not_{n}": ~c for n, c in columns.items()}
    each |= dict.fromkeys(columns, leaf / len(columns))
    inputs = dict.fromkeys(columns, Bool)
    return synth.Grammar(boolean(*names), inputs, probabilities=each), columns


@pytest.mark.parametrize("variables", [1, 2, 3])
@pytest.mark.parametrize("name", ["G3", "NAND", "critical"])
def test_three_published_grammars(name, variables):
    grammar, columns = published(name, variables)
    assert grammar.mass() == {Bool: pytest.approx(1, abs=1e-15)}
    expected = naive.rational_prior(grammar, columns, Fraction(1))
    plain = synth.exact_prior(grammar, columns, threads=1)
    exact = synth.exact_prior(grammar, columns, relative=True, threads=1)
    off = [abs(Fraction(m) - e) for m, e in zip(plain.masses.tolist(), expected, strict=True)]
    assert max(off) < Fraction(1, 10**13)
    off = [abs(Fraction(m) / e - 1) for m, e in zip(exact.masses.tolist(), expected, strict=True)]
    assert max(off) < Fraction(1, 10**11)
    # The code of the same grammar misses them, unless all probabilities are powers of 2.
    if name != "critical" or variables == 3:
        costs = [p.units / 1024 + math.log2(p.probability) for p in grammar]
        assert 1e-5 < max(costs) < 1 / 1024
        assert grammar.mass(coded=True)[Bool] < 0.999


def test_closed_forms_of_one_variable():
    """Critical: P(true) = (2 - √3)/2.  NAND: b = P(true), from b = 2/5 (1 - (1 - F)²) and so on."""
    grammar, columns = published("critical", 1)
    found = synth.exact_prior(grammar, columns)
    assert found[np.array([True, True])] == pytest.approx((2 - math.sqrt(3)) / 2, abs=1e-14)
    assert found[columns["x0"]] == pytest.approx((math.sqrt(3) - 1) / 2, abs=1e-14)
    grammar, columns = published("NAND", 1)
    found = synth.exact_prior(grammar, columns, relative=True)
    false, x, not_x, true = (found.masses[k] for k in (0, columns["x0"] @ [1, 2], 1, 3))
    # NAND(a, b) is false if both are true, not x if both are at least x and not both true.
    assert false == pytest.approx(0.4 * true**2, abs=1e-14)
    assert not_x == pytest.approx(0.4 * ((x + true) ** 2 - true**2), abs=1e-14)
    assert x == pytest.approx(0.6 + 0.4 * ((not_x + true) ** 2 - true**2), abs=1e-14)


@st.composite
def grammars(draw):
    """A grammar with random exact probabilities whose sum may be 1 or less, and columns."""
    names = draw(st.lists(st.sampled_from(sorted(CONNECTIVES)), min_size=1, unique=True))
    columns = naive.all_rows(draw(st.integers(1, 2)))
    shares = draw(
        st.lists(
            st.integers(1, 30),
            min_size=len(names) + len(columns) + 1,
            max_size=len(names) + len(columns) + 1,
        )
    )
    rest = draw(st.sampled_from([0, 1]))
    total = sum(shares[1:]) + rest * shares[0]
    each = dict(zip([*columns, *names], (Fraction(s, total) for s in shares[1:]), strict=True))
    return synth.Grammar(boolean(*names), dict.fromkeys(columns, Bool), probabilities=each), columns


@settings(max_examples=25, deadline=None)
@given(grammars())
def test_random_probabilities(drawn):
    grammar, columns = drawn
    leaf, unary, binary = (
        sum((p.probability for p in grammar if len(p.item.arguments) == k), Fraction(0))
        for k in range(3)
    )
    mass = grammar.mass()[Bool]
    if binary:
        # The larger root of the quadratic equation would be the wrong one.
        root = ((1 - unary) ** 2 - 4 * binary * leaf) ** 0.5
        assert mass == pytest.approx(float((1 - unary - root) / (2 * binary)), abs=1e-7)
    found = synth.exact_prior(grammar, columns, relative=True, threads=1)
    assert found.mass == pytest.approx(mass, abs=1e-13)
    # If the naive sweeps from 0 converge at all: they take 1/k steps at criticality.
    if 2 * mass * float(binary) + float(unary) < 0.98:
        expected = naive.exact_prior(grammar, columns)
        np.testing.assert_allclose(found.masses, expected.astype(float), rtol=1e-11)
    # 2**-bits is at most each probability, so no program has less mass than its bits say.
    assert all(2.0**-p.bits <= p.probability for p in grammar)
    assert grammar.mass(coded=True)[Bool] <= mass + 1e-15
    assert size_masses(grammar, 40)[Bool].sum() <= mass + 1e-12


def test_shares_of_a_dsl_exactly():
    dsl = boolean("not_", "and_", "or_", leaf_probability="1/2")
    grammar = synth.Grammar(dsl, {"x0": Bool, "x1": Bool}, probabilities="exact")
    by_hand, columns = published("G3", 2)
    assert {p.item.name: p.probability for p in grammar} == {
        p.item.name: p.probability for p in by_hand
    }
    pair = [synth.exact_prior(g, columns).masses for g in (grammar, by_hand)]
    assert np.array_equal(*pair)
    coded = synth.Grammar(dsl, {"x0": Bool, "x1": Bool})
    assert not coded.exact
    assert coded.mass() == coded.mass(coded=True) == grammar.mass(coded=True)
    assert 1e-5 < np.abs(synth.exact_prior(coded, columns).masses - pair[0]).max() < 1e-2
    # Searches, which read units, are the same with both.
    assert [p.units for p in coded] == [p.units for p in grammar]
    counted = synth.count_programs(grammar, columns, max_bits=12)
    assert counted.prior_mass == coded.mass()[Bool]
    drawn = synth.sample_programs(grammar, 20_000, seed=1, most_nodes=2000)
    assert drawn.failed == 0 < synth.sample_programs(coded, 20_000, seed=1).failed


def test_a_function_of_the_item():
    dsl = boolean("and_")
    grammar = synth.Grammar(
        dsl, {"x": Bool}, probabilities=lambda item: Fraction(1, 3) if item.arguments else "1/3"
    )
    # m = 1/3 + m²/3
    assert grammar.mass()[Bool] == pytest.approx((3 - math.sqrt(5)) / 2, abs=1e-15)


def test_several_types():
    """Mass of Bool b = 1/2 + i²/2 with i = 1/2 + i²/2: both are critical, and b is 1."""
    dsl = synth.DSL("two")
    dsl.add(np.less, "Int(0, 3), Int(0, 3) -> Bool", name="less")
    dsl.add(np.minimum, "Int(0, 3), Int(0, 3) -> Int(0, 3)", name="least")
    grammar = synth.Grammar(dsl, {"b": Bool, "i": Int(0, 3)}, probabilities="exact")
    assert grammar.mass() == {Bool: pytest.approx(1, abs=1e-14), Int(0, 3): pytest.approx(1)}
    assert least_fixed_point({}) == {}


@pytest.mark.parametrize(
    ("probabilities", "error", "words"),
    [
        ("precise", SettingError, 'probabilities=\'precise\'; allowed: "coded", "exact"'),
        ({"x": "1/2"}, SettingError, "probabilities: none for and_"),
        ({"x": "1/2", "and_": "1/2", "or_": "1/2"}, SettingError, "nothing is called or_; known: "),
        ({"x": "2/3", "and_": "1/2"}, SettingError, "type Bool sum to 1.16666.*; allowed: at most"),
        ({"x": 0, "and_": "1/2"}, SettingError, "x has 0; allowed: above 0 and at most 1"),
        ({"x": "1/0", "and_": "1/2"}, SettingError, "x has '1/0'; allowed: above 0"),
        ({"x": None, "and_": "1/2"}, SettingError, "x has None; allowed: above 0"),
        ({"x": math.nan, "and_": "1/2"}, SettingError, "x has nan; allowed: above 0"),
    ],
)
def test_what_is_refused(probabilities, error, words):
    with pytest.raises(error, match=words):
        synth.Grammar(boolean("and_"), {"x": Bool}, probabilities=probabilities)


def test_what_excludes_probabilities():
    each = {"x": "1/2", "and_": "1/2"}
    with pytest.raises(DSLError, match="cannot be combined with costs"):
        synth.Grammar(boolean("and_"), {"x": Bool}, probabilities=each, costs=lambda item: 1)
    with pytest.raises(DSLError, match="input_weights cannot be combined with explicit prob"):
        synth.Grammar(boolean("and_"), {"x": Bool}, probabilities=each, input_weights={"x": 2})
    with pytest.raises(SettingError, match=r"leaf_probability=.1/0.; allowed: .*such as 0.5"):
        boolean("and_", leaf_probability="1/0")
