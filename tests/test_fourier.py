"""Residues by roots of unity: the DSL `fourier`, and the experiments on what it finds."""

import cmath
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import DSLError, ParseError, SettingError
from synth.experiments import fourier as experiment
from synth.experiments import heatmaps
from synth.language import dsls
from synth.language.dsls import fourier
from synth.language.types import UNDEFINED, Bool, Complex, Mod
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
    """Sums do not depend on their order, so the search can compare programs by their values."""
    table = Complex.rounded(fourier.roots(p))[0]
    assert np.array_equal(table, fourier.roots(p))
    assert np.abs(table - np.exp(2j * np.pi * np.arange(p) / p)).max() < 1e-10
    x, y = (
        np.array(data.draw(st.lists(st.integers(0, p - 1), min_size=9, max_size=9))) for _ in "xy"
    )
    product = fourier.snapped(table[x] * table[y], p)
    assert np.array_equal(product, table[(x + y) % p])
    assert np.array_equal(np.conj(table[x]), table[-x % p])
    z = table[(x * y) % p]
    in_turn = [
        Complex.rounded(Complex.rounded(a + b)[0] + c)[0]
        for a, b, c in ((table[x], table[y], z), (z, table[y], table[x]))
    ]
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
    with pytest.raises(DSLError, match="0 moduli; give one, as in fourier:p=31"):
        dsls.load_dsl("fourier", (Bool, Bool))
    with pytest.raises(SettingError, match="frequencies=31; allowed: not only multiples of 31"):
        dsls.load_dsl("fourier:frequencies=31", (Mod(31),))
    with pytest.raises(SettingError, match="frequencies=0/1; allowed: integers of at least 1"):
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


@pytest.mark.parametrize(("p", "count"), [(13, 2), (13, 6), (31, 3)])
def test_margins_of_all_choices(p, count):
    half = range(1, (p - 1) // 2 + 1)
    expected = [experiment.margin(p, chosen) for chosen in itertools.combinations(half, count)]
    np.testing.assert_allclose(experiment.every_margin(p, count), expected, atol=1e-12)


def test_the_published_frequencies_among_all_choices():
    margins = experiment.every_margin(67, 4)
    assert len(margins) == math.comb(33, 4)
    assert margins.mean() == pytest.approx(1.233, abs=5e-4)
    assert np.count_nonzero(margins > experiment.margin(67, (4, 5, 7, 26)) + 1e-9) == 990


def test_the_experiment_as_a_whole():
    run = synth.run_experiment("fourier", p=31, frequencies=(1, 4), noise=(0.1, 20.0), runs=3,
                               modulus=11, neurons=(2, 3, 4))  # fmt: skip
    assert run.summary["exact_neurons"] == [3]
    assert run.summary["failing_neurons"] == [2, 4]
    borne = run.summary["noise_borne"]
    assert borne == {"1": None, "4": 0.1}
    assert run.summary["control_permuted_phases"] < 2
    assert run.summary["published_margins"]["p = 67, 4/5/7/26"] > 1.93
    which = [r["which"] for r in run.rows if r["kind"] == "random"]
    assert which == ["all 15", "all 1,365"]
    with pytest.raises(SettingError, match=r"frequencies=16 with p=31; allowed: 1..15"):
        synth.run_experiment("fourier", p=31, frequencies=(2, 16))
    with pytest.raises(SettingError, match=r"frequency=7 with modulus=7; allowed: 1..6"):
        synth.run_experiment("fourier", modulus=7)


def waves(p, k):
    angles = 2 * np.pi * k * np.arange(p) / p
    return np.add.outer(np.cos(angles), np.cos(angles))


@pytest.mark.parametrize(("p", "k"), [(31, 5), (16, 3), (31, 1)])
def test_peaks_of_cos_plus_cos_and_of_its_square(p, k):
    found = heatmaps.folded(heatmaps.spectrum(waves(p, k)))
    peaks = {f: share for f, share in found.items() if share > 1e-9}
    assert peaks == pytest.approx({(k, 0): 0.5, (0, k): 0.5})
    found = heatmaps.folded(heatmaps.spectrum(waves(p, k) ** 2))
    peaks = {f: share for f, share in found.items() if share > 1e-9}
    expected = {(k, k): 0.4, (k, -k): 0.4, (2 * k, 0): 0.1, (0, 2 * k): 0.1}
    assert peaks == pytest.approx(expected)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 6), st.integers(2, 6), st.integers(0, 2**32))
def test_spectra_against_their_definition(n, m, seed):
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(n, m)) + 1j * draw.normal(size=(n, m))
    power = {}
    for i in range(n):
        for j in range(m):
            sums = sum(
                values[a, b] * cmath.exp(-2j * cmath.pi * (i * a / n + j * b / m))
                for a in range(n)
                for b in range(m)
            )
            power[i, j] = abs(sums) ** 2 if (i, j) != (0, 0) else 0.0
    total = sum(power.values())
    shares = heatmaps.spectrum(values)
    assert np.allclose(shares, [[power[i, j] / total for j in range(m)] for i in range(n)])
    one = heatmaps.folded(shares)
    assert sum(one.values()) == pytest.approx(1)
    for (i, j), share in one.items():
        both = {(i % n, j % m), (-i % n, -j % m)}
        assert share == pytest.approx(sum(power[f] for f in both) / total)
    # Each pair of a frequency and its negative occurs once.
    pairs = {frozenset({(i, j), (-i % n, -j % m)}) for i in range(n) for j in range(m)}
    assert len(one) == len(pairs) - 1


def test_a_constant_has_no_spectrum():
    assert not heatmaps.spectrum(np.full((5, 7), 0.1)).any()
    assert heatmaps.folded(heatmaps.spectrum(np.ones((4, 4)))) == {}


def test_heatmaps_of_what_is_found_and_of_a_neuron():
    run = synth.run_experiment("heatmaps", task="mod-add:p=13", dsl="fourier:frequencies=3")
    peaks = {r["expression"]: set(r["peaks"].split()) for r in run.rows}
    assert peaks["e3(x) * e3(y)"] == {"(3,3)"}
    assert peaks["read3(e3(x) * e3(y))"] == {"(1,1)"}
    wave = "e3(x) + e3(y) + conj(e3(x) + e3(y))"
    assert peaks[wave] == {"(3,0)", "(0,3)"}
    assert peaks[f"({wave}) * ({wave})"] == {"(3,3)", "(3,-3)", "(6,0)", "(0,6)"}
    picture = next(r["values"] for r in run.rows if r["expression"] == wave)
    assert np.allclose(picture, 2 * waves(13, 3), atol=1e-3)
    assert [r["number"] for r in run.rows] == [*range(1, len(run.rows)), None]
    control = run.rows[-1]
    assert control["program"] == "random labels"
    assert control["largest"] < 0.08  # of 84 frequencies
    assert 0.15 < control["half"] < 0.35


def test_heatmaps_of_other_tasks_and_programs():
    def rows(**given):
        return synth.run_experiment("heatmaps", **given).rows

    found = rows(task="mod-div:p=7", dsl="modular", program="x - y + 1")
    assert [r["expression"] for r in found] == ["x - y", "x - y + 1", "random labels"]
    assert found[0]["peaks"] == "(1,-1)"
    assert found[1]["step"] == "add([1], 1)"
    assert found[0]["values"][2] == [2, 1, 0, 6, 5, 4, 3]
    exclusive, _ = rows(task="parity:n=2,train=1.0", dsl="boolean", program="x0 ^ x1")
    assert (exclusive["peaks"], exclusive["values"]) == ("(1,1)", [[0, 1], [1, 0]])
    leaf, _ = rows(task="mod-add:p=5", dsl="modular", program="x")
    assert (leaf["step"], leaf["peaks"]) == ("x", "(1,0)")
    silent = rows(task="mod-add:p=6", dsl="fourier", program="read1(e1(x) + e1(y))")[-2]
    assert silent["values"][0][3] is None  # e1(0) + e1(3) is 0, which has no direction


def test_what_heatmaps_refuse():
    with pytest.raises(SettingError, match="has 3 columns; allowed: tasks with two"):
        synth.run_experiment("heatmaps", task="parity:n=3", dsl="boolean")
    with pytest.raises(ParseError, match="z is not an input or a constant"):
        synth.run_experiment("heatmaps", task="mod-add:p=5", dsl="modular", program="x + z")


@pytest.mark.parametrize("name", ["fourier", pytest.param("heatmaps", marks=pytest.mark.slow)])
def test_their_figures(name, tmp_path):
    small = {"p": 13, "frequencies": (1, 3), "runs": 2} if name == "fourier" else {}
    synth.run_experiment(name, **small).plot(tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size < 300_000
