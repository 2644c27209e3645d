"""Residues by roots of unity: the DSL `fourier`, and the experiments on what it finds."""

import cmath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import dsls
from synth.dsls import fourier
from synth.errors import DSLError, SettingError
from synth.types import UNDEFINED, Bool, Complex, Mod
from tests import naive

moduli = st.integers(2, 60)


@settings(max_examples=200, deadline=None)
@given(moduli, st.data())
def test_the_read_out_is_the_argmax(p, data):
    k = data.draw(st.integers(1, p - 1))
    # Directions at, halfway between and beside roots.
    half = data.draw(st.integers(0, 4 * p))
    beside = data.draw(st.sampled_from([0, 0, 0.01, 0.3, -0.2]))
    length = data.draw(st.sampled_from([0.01, 1.0, 7.5]))
    z = cmath.rect(length, 2 * cmath.pi * (half / (4 * p) + beside / p))
    found = fourier.read_out(np.array([z]), k, p)
    assert found[0] == naive.fourier_read_out(z, k, p)


def test_a_number_without_direction_has_no_read_out():
    found = fourier.read_out(np.array([0, 1e-9, 1, 1e-3j]), 1, 5)
    assert found.tolist() == [UNDEFINED, UNDEFINED, 0, 1]


@settings(max_examples=60, deadline=None)
@given(st.integers(3, 251), st.data())
def test_roots_are_closed_under_products_and_conjugates_to_the_last_bit(p, data):
    """And sums do not depend on their order: what the search tells programs apart by."""
    table = Complex.rounded(fourier.roots(p))[0]
    assert np.array_equal(table, fourier.roots(p))
    assert np.abs(table - np.exp(2j * np.pi * np.arange(p) / p)).max() < 1e-10
    x, y = (np.array(data.draw(st.lists(st.integers(0, p - 1), min_size=9, max_size=9)))
            for _ in "xy")  # fmt: skip
    product = fourier.snapped(table[x] * table[y], p)
    assert np.array_equal(product, table[(x + y) % p])
    assert np.array_equal(np.conj(table[x]), table[-x % p])
    z = table[(x * y) % p]
    in_turn = [Complex.rounded(Complex.rounded(a + b)[0] + c)[0]
               for a, b, c in ((table[x], table[y], z), (z, table[y], table[x]))]  # fmt: skip
    assert np.array_equal(*in_turn)


def test_products_of_other_numbers_are_left_alone():
    values = np.array([2.0 + 0j, 0.5j, -1.0, cmath.exp(2j * cmath.pi * 0.301)])
    assert np.array_equal(fourier.snapped(values, 31), values)


@pytest.mark.parametrize("p", [9, 31])
def test_without_addition_the_search_finds_a_product(p):
    both = synth.contrast(f"mod-add:p={p}", "fourier")
    assert both.structured.program.text == "read1(e1(x) * e1(y))"
    assert both.structured.optimal
    assert both.structured.program.test_accuracy == 1.0
    assert both.random.chosen == "table"


def test_a_difference_takes_a_conjugate():
    found = synth.search("mod-sub:p=31", "fourier:frequencies=5")
    assert found.program.text == "read5(e5(x) * conj(e5(y)))"
    assert found.program.test_accuracy == 1.0


@pytest.mark.parametrize(("p", "right"), [(15, 1.0), (31, 1.0), (16, 0.9375)])
def test_the_square_of_a_sum_is_exact_for_odd_moduli(p, right):
    """(e(x) + e(y))^2 is e(x + y) times 4 cos^2(pi (x - y) / p), which is 0 at p / 2 only."""
    dsl = dsls.load_dsl("fourier", (Mod(p),))
    grammar = synth.Grammar(dsl, {"x": Mod(p), "y": Mod(p)})
    program = synth.Program.parse("read1((e1(x) + e1(y)) * (e1(x) + e1(y)))", grammar)
    x, y = np.divmod(np.arange(p * p), p)
    values, defined = program.outputs({"x": x, "y": y})
    assert np.mean(defined & (values == (x + y) % p)) == right


def test_the_dsl_is_well_made_and_has_to_be_asked_for():
    types = (Mod(31),) * 3
    dsl = dsls.load_dsl("fourier", types)
    assert synth.check_dsl(dsl) == []
    assert {t.family for t in dsl.types} == {"Mod", "Complex"}
    assert not any(set(q.arguments) == {Mod(31)} and len(q.arguments) > 1 for q in dsl.primitives)
    assert dsls.load_dsl(dsl.name).name == dsl.name == "fourier:p=31"
    assert dsls.load_dsl("fourier:frequencies=3/34/31/4", types).name == (
        "fourier:p=31,frequencies=3/4"
    )
    assert dsls.for_types(types).name == "modular:p=31"


def test_what_the_dsl_refuses():
    with pytest.raises(DSLError, match="0 moduli; give one, as fourier:p=31"):
        dsls.load_dsl("fourier", (Bool, Bool))
    with pytest.raises(SettingError, match="frequencies=31; allowed: some that 31 does not divide"):
        dsls.load_dsl("fourier:frequencies=31", (Mod(31),))
    with pytest.raises(SettingError, match="frequencies=0/1; allowed: whole numbers of 1 and more"):
        dsls.load_dsl("fourier:frequencies=0/1", (Mod(31),))
