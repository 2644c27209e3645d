"""Similarity of programs: every figure against its definition, known values, and its null."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import SettingError
from synth.exact.shortest import Shortest
from synth.language.dsls import load_dsl
from synth.language.program import Program
from synth.language.types import Bool, Complex, Mod, Real
from synth.learners import agreement, similarity
from tests import naive

BITS = np.arange(16)[:, None] >> np.arange(4) & 1 == 1
COLUMNS = {f"x{i}": BITS[:, i] for i in range(4)}


def boolean(text, basis="and-or-xor-not"):
    grammar = synth.Grammar(load_dsl(f"boolean:basis={basis}"), dict.fromkeys(COLUMNS, Bool))
    return Program.parse(text, grammar)


def residues(text, dsl="modular", p=7):
    task = synth.load_task(f"mod-add:p={p}")
    grammar = synth.Grammar(load_dsl(dsl, (Mod(p),)), task.types)
    return Program.parse(text, grammar, Mod(p)), task.columns


# -- features ---------------------------------------------------------------------


def test_features_are_the_subexpressions_each_once_and_of_equal_weight():
    program = boolean("(x0 & x1 | ~(x0 & x1) & x3) ^ ~x0 & x0")
    found = similarity.features(program, COLUMNS)
    # x0 & ~x0 is constant; a negation and the sum with false are what is there already.
    assert found.texts == (
        "x0",
        "x1",
        "x0 & x1",
        "x3",
        "~(x0 & x1) & x3",
        "x0 & x1 | ~(x0 & x1) & x3",
    )
    assert found.values.shape == (16, 6)
    np.testing.assert_allclose(found.values.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(found.values.var(axis=0), 1)
    joint = similarity.features(program, COLUMNS, "joint")
    assert joint.texts == found.texts[2:3] + found.texts[4:]
    assert similarity.features(program, COLUMNS, "inner").texts == joint.texts[:-1]
    assert len(similarity.features(boolean("~x0"), COLUMNS, "joint")) == 0


def test_residues_are_one_hot_and_complex_numbers_two_parts():
    program, columns = residues("read1(e1(x) * e1(y))", "fourier")
    found = similarity.features(program, columns)
    assert found.texts == ("x", "e1(x)", "y", "e1(y)", "e1(x) * e1(y)", "read1(e1(x) * e1(y))")
    assert found.starts.tolist() == [0, 7, 9, 16, 18, 20]
    assert found.values.shape == (49, 27)
    variances = np.add.reduceat(found.values.var(axis=0), found.starts)
    np.testing.assert_allclose(variances, 1)
    one_hot = found.values[:, :7]
    np.testing.assert_allclose(one_hot @ one_hot.T > 0, columns["x"][:, None] == columns["x"])
    z = np.exp(2j * np.pi * (columns["x"] + columns["y"]) / 7)
    np.testing.assert_allclose(found.values[:, 18:20], np.c_[z.real, z.imag], atol=1e-9)
    assert similarity.encoded(np.full(5, 1 + 2j), Complex).shape == (5, 0)


def test_what_no_row_has_is_no_column():
    values = np.array([0, 2, 2, 5])
    assert similarity.encoded(values, Mod(7)).shape == (4, 3)
    with pytest.raises(SettingError, match="which='some'; allowed: all, joint, inner"):
        similarity.features(boolean("x0"), COLUMNS, "some")


# -- a linear map -----------------------------------------------------------------


def slow_r2(x, y, starts, folds, ridges):
    """By fitting every time: normal equations, and each row left out one by one."""

    def fit(x, y, strength):
        mean_x, mean_y = x.mean(axis=0), y.mean(axis=0)
        x = x - mean_x
        weights = np.linalg.solve(x.T @ x + strength * np.eye(x.shape[1]), x.T @ (y - mean_y))
        return lambda asked: (asked - mean_x) @ weights + mean_y

    ends, answer = [*starts[1:], y.shape[1]], []
    for a, b in zip(starts, ends, strict=True):
        error = total = 0.0
        for fold in set(folds.tolist()):
            train, test = folds != fold, folds == fold
            xs, ys = x[train], y[train, a:b]
            power = np.linalg.svd(xs - xs.mean(axis=0), compute_uv=False) ** 2
            power = power[power > 1e-18 * power.max()]
            left_out = []
            for ridge in ridges:
                strength = ridge * power.mean()
                each = 0.0
                for i in range(len(xs)):
                    rest = np.arange(len(xs)) != i
                    each += ((fit(xs[rest], ys[rest], strength)(xs[i]) - ys[i]) ** 2).sum()
                left_out.append(each)
            strength = ridges[int(np.argmin(left_out))] * power.mean()
            error += ((fit(xs, ys, strength)(x[test]) - y[test, a:b]) ** 2).sum()
            total += ((ys.mean(axis=0) - y[test, a:b]) ** 2).sum()
        answer.append(1 - error / total)
    return answer


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**32), st.integers(1, 5), st.integers(2, 4))
def test_r2_is_that_of_fitting_every_time(seed, d, folds):
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(14, d))
    y = x @ generator.normal(size=(d, 4)) * generator.integers(0, 2) + generator.normal(
        size=(14, 4)
    )
    target = similarity.Features(y, np.array([0, 1, 3]), ("a", "b", "c"))
    groups = similarity.row_folds(14, folds, seed)
    ridges = np.array([1e-3, 0.1, 1.0, 30.0])
    found = similarity.LinearMap(x, groups, ridges).r2(target)
    np.testing.assert_allclose(found, slow_r2(x, y, [0, 1, 3], groups, ridges), atol=1e-8)


def test_r2_of_a_linear_map_is_one_and_of_nothing_at_most_little():
    generator = np.random.default_rng(1)
    x = generator.normal(size=(60, 5))
    y = np.c_[x @ generator.normal(size=(5, 3)), generator.normal(size=(60, 3))]
    target = similarity.Features(y, np.array([0, 3]), ("linear", "other"))
    linear, other = similarity.LinearMap(x, similarity.row_folds(60, 5)).r2(target)
    assert linear > 1 - 1e-6
    assert -0.3 < other < 0.1
    # More features than rows: still judged on rows that were left out.
    wide = generator.normal(size=(16, 40))
    asked = similarity.Features(generator.normal(size=(16, 1)), np.array([0]), ("other",))
    assert similarity.LinearMap(wide, similarity.row_folds(16, 4)).r2(asked)[0] < 0.3


def test_folds():
    folds = similarity.row_folds(10, 3, seed=1)
    assert sorted(np.bincount(folds).tolist()) == [3, 3, 4]
    labels = np.array([4, 4, 9, 1, 9, 0])
    left_out = similarity.output_folds(labels, 2, seed=1)
    for value in labels:
        assert len(set(left_out[labels == value].tolist())) == 1
    assert len(set(left_out.tolist())) == 2
    with pytest.raises(SettingError, match=r"folds=5; allowed: 2..4"):
        similarity.output_folds(labels, 5)


# -- CKA --------------------------------------------------------------------------


def slow_hsic(k, l):  # noqa: E741
    """The U-statistic by its definition: the mean over all ordered four different rows."""
    total = count = 0
    for t, u, v, w in itertools.permutations(range(len(k)), 4):
        total += k[t, u] * l[t, u] + k[t, u] * l[v, w] - 2 * k[t, u] * l[t, v]
        count += 1
    return total / count


def song_hsic(k, l):  # noqa: E741
    """Song et al., JMLR 13 (2012), equation 5."""
    n = len(k)
    k, l = k - np.diag(np.diag(k)), l - np.diag(np.diag(l))  # noqa: E741
    one = np.ones(n)
    mixed = (one @ k @ one) * (one @ l @ one) / ((n - 1) * (n - 2))
    return (np.trace(k @ l) + mixed - 2 / (n - 2) * one @ k @ l @ one) / (n * (n - 3))


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**32), st.integers(4, 7))
def test_debiased_hsic_is_the_mean_over_all_four_rows(seed, n):
    generator = np.random.default_rng(seed)
    x, y = generator.normal(size=(n, 3)), generator.normal(size=(n, 2))
    k, l = x @ x.T, y @ y.T  # noqa: E741
    one, other = similarity.centred_gram(x), similarity.centred_gram(y)
    found = (one * other).sum() / (n * (n - 3))
    assert found == pytest.approx(slow_hsic(k, l), abs=1e-10)
    assert found == pytest.approx(song_hsic(k, l), abs=1e-10)
    expected = song_hsic(k, l) / math.sqrt(song_hsic(k, k) * song_hsic(l, l))
    assert similarity.cka(x, y) == pytest.approx(expected, abs=1e-9)


def test_plain_cka_is_that_of_centred_features():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(9, 3)), generator.normal(size=(9, 4))
    xc, yc = x - x.mean(axis=0), y - y.mean(axis=0)
    # Kornblith et al. 2019, section 3: of linear kernels.
    expected = np.linalg.norm(yc.T @ xc) ** 2
    expected /= np.linalg.norm(xc.T @ xc) * np.linalg.norm(yc.T @ yc)
    assert similarity.cka(x, y, debiased=False) == pytest.approx(expected)


@pytest.mark.parametrize("debiased", [True, False])
def test_cka_of_rotations_scales_and_shifts_is_one(debiased):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(12, 4))
    rotated = 3 * x @ np.linalg.qr(generator.normal(size=(4, 4)))[0] + 5
    assert similarity.cka(x, rotated, debiased) == pytest.approx(1)
    assert math.isnan(similarity.cka(x, np.ones((12, 1)), debiased=False))
    with pytest.raises(SettingError, match="rows=3; allowed: 4 and more"):
        similarity.cka(x[:3], x[:3])


def test_plain_cka_of_random_features_is_half_and_more_and_debiased_is_none():
    generator = np.random.default_rng(0)
    for n, d in ((16, 16), (16, 48), (40, 64)):
        both = {True: [], False: []}
        for _ in range(200):
            x, y = generator.normal(size=(2, n, d))
            for debiased, found in both.items():
                found.append(similarity.cka(x, y, debiased))
        assert np.mean(both[False]) > 0.5
        assert np.mean(both[False]) == pytest.approx(d / (n + d), abs=0.03)
        assert abs(np.mean(both[True])) < 0.02


# -- programs ---------------------------------------------------------------------


def figures(one, other, columns, which, count=20, **more):
    parts = [similarity.features(p, columns, which) for p in (one, other)]
    rows = len(parts[0].values)
    return similarity.compare(*parts, similarity.row_folds(rows, 5), count, **more)


@pytest.mark.parametrize("p", [5, 7, 13])
def test_addition_by_sums_and_by_roots_of_unity(p):
    """R² of at least 0.99 from residues to roots; back, what two of p-1 dimensions tell."""
    mine, columns = residues("x + y", "modular", p)
    theirs, _ = residues("read1(e1(x) * e1(y))", "fourier", p)
    every = figures(mine, theirs, columns, "all")
    assert every["r2"].value > 0.99
    assert every["back"].value > 0.99
    joint = figures(mine, theirs, columns, "joint")
    assert joint["r2"].value > 0.99
    assert joint["r2"].null < 0.05
    assert joint["r2"].p == 1 / 21
    source = similarity.features(mine, columns, "joint")
    product = similarity.features(theirs, columns, "inner")
    assert product.texts == ("e1(x) * e1(y)",)
    there = figures_of(source, product)
    assert there["r2"].value > 0.99
    assert there["back"].value == pytest.approx(2 / (p - 1), abs=0.1)
    assert there["cka"].value == pytest.approx(math.sqrt(2 / (p - 1)), abs=0.05)


def figures_of(one, other, count=10):
    return similarity.compare(one, other, similarity.row_folds(len(one.values), 5), count)


def test_unrelated_programs_are_at_the_null():
    mine, columns = residues("x + y", "modular", 13)
    theirs, _ = residues("read1(e1(x) * conj(e1(y)))", "fourier", 13)
    found = figures(mine, theirs, columns, "joint", count=30)
    for name in ("r2", "back"):
        assert abs(found[name].value - found[name].null) < 0.03, name
    # On the whole grid the two are orthogonal to the last bit, which no random rows are.
    assert found["plain"].value == pytest.approx(0, abs=1e-9)
    assert -0.08 < found["cka"].value < found["cka"].null < 0.01
    found = figures(boolean("x0 & x1"), boolean("x2 ^ x3"), COLUMNS, "joint", count=30)
    assert found["cka"].value < found["cka"].null + 2 * found["cka"].spread
    assert found["r2"].value < found["r2"].null + 2 * found["r2"].spread


def test_outputs_left_out():
    """From one root of unity to another of its frequency, not from one-hot residues."""
    program, columns = residues("read2(e2(x) * e2(y))", "fourier", 11)
    product = similarity.features(program, columns, "inner")
    shown = similarity.features(residues("x + y", "modular", 11)[0], columns, "joint")
    labels = (columns["x"] + columns["y"]) % 11
    folds = similarity.output_folds(labels, 5)
    assert similarity.LinearMap(product.values, folds).r2(product)[0] > 0.999
    assert similarity.LinearMap(shown.values, folds).r2(product)[0] < 0.1
    rows = similarity.row_folds(121, 5)
    assert similarity.LinearMap(shown.values, rows).r2(product)[0] > 0.99


def test_frequencies_are_the_same_up_to_an_automorphism():
    one, columns = residues("read1(e1(x) * e1(y))", "fourier", 11)
    other, _ = residues("read5(e5(x) * e5(y))", "fourier", 11)
    maps = agreement.unit_symmetries(columns.values(), 11)[0]
    parts = [similarity.features(p, columns, "inner") for p in (one, other)]
    folds = similarity.row_folds(121, 5)
    as_they_are = similarity.compare(*parts, folds, 10)
    aligned = similarity.compare(*parts, folds, 10, maps=maps)
    for name in ("r2", "back", "cka"):
        assert as_they_are[name].value < 0.05
        assert aligned[name].value > 0.99
        assert aligned[name].null < 0.15


def test_the_null_is_that_of_orders():
    generator = np.random.default_rng(0)
    x, y = generator.normal(size=(2, 30))

    def correlation(orders):
        return np.array([abs(np.corrcoef(x, y[order])[0, 1]) for order in orders])

    found = similarity.permuted(correlation, 30, 400)
    assert found.value == pytest.approx(abs(np.corrcoef(x, y)[0, 1]))
    # The mean of |r| of independent normal numbers is near sqrt(2 / (pi n)).
    assert found.null == pytest.approx(math.sqrt(2 / (math.pi * 29)), abs=0.02)
    assert 0 < found.p <= 1
    rare = similarity.permuted(lambda o: (o == np.arange(30)).all(axis=1).astype(float), 30, 99)
    assert (rare.value, rare.null, rare.p) == (1, 0, 0.01)
    with pytest.raises(SettingError, match="permutations=0; allowed: 1 and more"):
        similarity.permuted(len, 3, 0)


def test_orders_are_taken_side_by_side(monkeypatch):
    one = similarity.features(boolean("(x0 & x1) | x2"), COLUMNS)
    other = similarity.features(boolean("x0 ^ (x1 & x3)"), COLUMNS)
    line = similarity.LinearMap(one.values, similarity.row_folds(16, 4))
    generator = np.random.default_rng(0)
    orders = np.array([generator.permutation(16) for _ in range(7)])
    each = [line.r2(other[order]).mean() for order in orders]
    np.testing.assert_allclose(line.mean_r2(other, orders), each)
    monkeypatch.setattr(similarity, "MOST_COLUMNS", 11)
    np.testing.assert_allclose(line.mean_r2(other, orders), each)


def test_back_is_the_other_direction():
    one = similarity.features(boolean("(x0 & x1) | x2"), COLUMNS, "joint")
    other = similarity.features(boolean("x0 & x1"), COLUMNS, "joint")
    folds = similarity.row_folds(16, 4)
    forth, back = (similarity.compare(a, b, folds, 5) for a, b in ((one, other), (other, one)))
    assert forth["r2"].value == pytest.approx(back["back"].value)
    assert forth["back"].value == pytest.approx(back["r2"].value)
    assert forth["r2"].value > 0.99 > forth["back"].value
    nothing = similarity.features(boolean("x0"), COLUMNS, "joint")
    assert similarity.compare(one, nothing, folds, 5) == dict.fromkeys(
        ("r2", "back", "cka", "plain")
    )


def test_orders_are_of_the_rows_of_the_other():
    one = similarity.features(boolean("(x0 & x1) | x2"), COLUMNS)
    order = np.random.default_rng(0).permutation(16)
    other = one[np.argsort(order)]
    np.testing.assert_array_equal(other[order].values, one.values)
    found = similarity.compare(one, other, similarity.row_folds(16, 4), 5, maps=order[None])
    for figure in found.values():
        assert figure.value > 0.99


# -- the shortest programs --------------------------------------------------------


def shortest_of(basis, variables=3, **limits):
    columns = {f"x{v}": (np.arange(2**variables) >> v & 1).astype(bool) for v in range(variables)}
    grammar = synth.Grammar(load_dsl(f"boolean:basis={basis}"), dict.fromkeys(columns, Bool))
    return grammar, columns, Shortest(grammar, columns, **limits)


@pytest.mark.parametrize("basis", ["and-or-not", "nand", "ite"])
def test_shortest_consistent_programs_are_those_of_lists(basis):
    grammar, columns, found = shortest_of(basis, 2, max_bits=17)
    least = naive.behaviours(grammar, columns, 17 * 1024)[Bool]
    generator = np.random.default_rng(0)
    for n in (0, 1, 2, 3):
        for _ in range(6):
            known = generator.permutation(4)[:n]
            labels = generator.integers(0, 2, 4).astype(bool)
            fit = [(u, v) for v, u in least.items() if all(v[r] == labels[r] for r in known)]
            if not fit:
                assert (found.shortest(known, labels) == 0.5).all()
                continue
            ties = [v for u, v in fit if u == min(fit)[0]]
            chances = [sum(map(bool, column)) / len(ties) for column in zip(*ties, strict=True)]
            np.testing.assert_allclose(found.shortest(known, labels)[:, 1], chances)
            np.testing.assert_allclose(found.shortest(known, labels).sum(axis=1), 1)
    values = columns["x0"] & columns["x1"]
    program = found.program(values)
    assert program.evaluate(columns).tolist() == values.tolist()
    assert program.units(grammar) == least[tuple(values.tolist())]


def test_where_no_program_agrees_every_label_is_as_likely():
    _, columns, found = shortest_of("and-or", 3)
    labels = ~columns["x0"]
    assert found.consistent(np.arange(8), labels).size == 0
    assert found.program(labels) is None
    assert (found.shortest(np.arange(8), labels) == 0.5).all()
    task = synth.load_task("mod-add:p=5")
    grammar = synth.Grammar(load_dsl("modular", (Mod(5),)), task.types)
    sums = Shortest(grammar, task.columns, max_bits=10)
    said = sums.shortest(np.arange(12), task.labels)
    np.testing.assert_array_equal(said, agreement.certain(task.labels, 5))
    with pytest.raises(SettingError, match=r"programs of type Real; allowed: Bool and Mod\(p\)"):
        Shortest(synth.Grammar(load_dsl("real"), {"x": Real}), {"x": np.array([1.0, 2.0])})
