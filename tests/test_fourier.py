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
from synth.experiments import fourier as experiment
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


@pytest.mark.parametrize(
    ("p", "frequencies", "expected"),
    [
        (67, (4, 5, 7, 26), 1.934),
        (113, (14, 35, 41, 42, 52), 2.410),
        (67, (1,), 0.0044),
        (67, (26,), 0.0044),
        (67, tuple(range(1, 34)), 33.5),
        (15, (5,), 0.0),
    ],
)
def test_margins(p, frequencies, expected):
    assert experiment.margin(p, frequencies) == pytest.approx(expected, abs=5e-4)


@pytest.mark.parametrize("neurons", [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 24])
@pytest.mark.parametrize(("p", "frequency"), [(31, 1), (31, 12), (9, 2)])
def test_the_neuron_form_is_exact_unless_their_number_divides_four(neurons, p, frequency):
    accuracy = experiment.neuron_accuracy(p, frequency, neurons)
    assert accuracy == (1.0 if neurons not in (1, 2, 4) else pytest.approx(1 / p, abs=1 / p))


def test_the_neuron_form_against_its_formula():
    p, w, t = 7, 2 * np.pi * 3 / 7, 2 * np.pi / 4
    right = 0
    for a in range(p):
        for b in range(p):
            scores = [
                sum((np.cos(a * w - i * t) + np.cos(b * w - i * t)) ** 2 * np.cos(c * w - 2 * i * t)
                    for i in range(4))
                for c in range(p)
            ]  # fmt: skip
            best = np.flatnonzero(np.isclose(scores, max(scores), atol=1e-9))
            right += best.tolist() == [(a + b) % p]
    assert experiment.neuron_accuracy(p, 3, 4) == right / p**2


def test_with_an_even_modulus_neurons_are_silent_on_one_pair_in_p():
    assert experiment.neuron_accuracy(30, 1, 24) == pytest.approx(29 / 30)


def test_noise_and_permuted_phases():
    def accuracy(frequencies, noise, **more):
        return experiment.noisy_accuracy(31, frequencies, noise, np.random.default_rng(0), **more)

    assert accuracy((3,), 0.0) == accuracy((3, 7, 11), 0.0) == 1.0
    assert accuracy((3, 7, 11, 14), 0.3) > accuracy((3,), 0.3) + 0.3
    assert accuracy((3, 7, 11, 14), 0.0, permuted=True) < 0.08


def test_the_experiment_as_a_whole():
    run = synth.run_experiment("fourier", p=31, frequencies=(1, 4), noise=(0.1, 20.0), runs=3,
                               modulus=11, neurons=(2, 3, 4))  # fmt: skip
    assert run.summary["neurons that are exact"] == [3]
    assert run.summary["neurons that fail"] == [2, 4]
    borne = run.summary["largest noise with accuracy 0.99, by number of frequencies"]
    assert borne == {"1": None, "4": 0.1}
    assert run.summary["control: most accuracy over chance, permuted phases"] < 2
    assert run.summary["margin of published frequencies"]["p = 67, 4/5/7/26"] > 1.93
    with pytest.raises(SettingError, match=r"frequencies=16 with p=31; allowed: 1..15"):
        synth.run_experiment("fourier", p=31, frequencies=(2, 16))
    with pytest.raises(SettingError, match=r"frequency=7 with modulus=7; allowed: 1..6"):
        synth.run_experiment("fourier", modulus=7)
