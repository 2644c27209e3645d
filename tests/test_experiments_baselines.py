"""The experiments that set programs beside ridge regression, neighbours and norms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.errors import ExperimentError
from synth.experiments import _extrapolation_baselines as compared
from synth.experiments import extrapolation, interpolation, sparsity
from synth.language.dsls import load_dsl
from synth.language.grammar import Grammar
from synth.language.program import Program
from synth.learners import baselines
from synth.learners.baselines import least_norm


def rows_of(run, **keys):
    return [r for r in run.rows if all(r[k] == v for k, v in keys.items())]


# -- sparsity ---------------------------------------------------------------------


def test_walsh_functions_are_products_of_signs():
    table = sparsity.walsh(3)
    for x in range(8):
        for s in range(8):
            assert table[x, s] == (-1) ** bin(x & s).count("1")
    assert (table @ table.T == 8 * np.eye(8)).all()


@pytest.mark.parametrize("rows", [1, 3, 6])
def test_least_norms_fit_and_none_is_less(rows):
    generator = np.random.default_rng(rows)
    features, labels = generator.standard_normal((rows, 8)), generator.standard_normal(rows)
    one, two = sparsity.least_l1(features, labels), least_norm(features, labels)
    for found in (one, two):
        assert features @ found == pytest.approx(labels)
    # Every other solution differs by what the features do not see.
    blind = np.linalg.svd(features)[2][rows:]
    for _ in range(50):
        other = one + generator.standard_normal(8 - rows) @ blind
        assert np.abs(one).sum() <= np.abs(other).sum() + 1e-9
        other = two + generator.standard_normal(8 - rows) @ blind
        assert np.square(two).sum() <= np.square(other).sum() + 1e-9
    # At a vertex of the polytope there are no more terms than rows.
    assert (np.abs(one) > 1e-9).sum() <= rows


def test_of_all_parities_the_least_l2_norm_is_the_table():
    # Rows of the dictionary are orthogonal, so unseen rows are predicted to be 0.
    table, labels = sparsity.walsh(4), np.random.default_rng(0).standard_normal(16)
    order = np.random.default_rng(1).permutation(16)
    guess = least_norm(table[order[:9]], labels[order[:9]])
    assert table[order[9:]] @ guess == pytest.approx(np.zeros(7), abs=1e-12)


def test_sparsity_on_a_small_dictionary():
    run = synth.run_experiment(
        "sparsity", variables=5, terms=(1, 3), rows=(4, 16, 28, 32, 500), runs=12
    )
    assert {r["rows"] for r in run.rows} == {4, 16, 28, 32}
    for row in rows_of(run, norm="L2"):
        assert row["exact"] == (row["rows"] == 32)
        assert row["error"] is None or row["error"] == pytest.approx(1, abs=0.6)
        assert row["sign_accuracy"] in (0.5, None)
    for row in rows_of(run, norm="L1", target="sparse"):
        if row["rows"] >= 28 or (row["terms"], row["rows"]) == (1, 16):
            assert (row["exact"], row["error"] or 0) == (1, pytest.approx(0, abs=1e-12))
    for row in rows_of(run, norm="L1", target="dense"):
        assert row["exact"] == (row["rows"] == 32)
    needed = run.summary["rows_needed"]
    assert needed["1 term"] == {"L1": 16, "L2": 32}
    assert needed["dense"] == {"L1": 32, "L2": 32}
    ratios = run.summary["least_error_ratio"]
    assert ratios["1 term"] < 1e-12
    assert ratios["dense"] > 1


def test_rows_that_are_enough():
    def needed(*exact):
        return sparsity._needed([{"rows": 2**k, "exact": e} for k, e in enumerate(exact)])

    assert needed(0, 0.95, 0.2, 0.9, 1) == 8
    assert needed(1, 1, 0.5) is None
    assert needed(0.9, 1) == 1


# -- extrapolation ----------------------------------------------------------------


@given(st.integers(3, 9), st.integers(1, 2), st.integers(0, 2**32 - 1))
def test_leave_one_out_is_leaving_out_one(n, targets, seed):
    generator = np.random.default_rng(seed)
    points, labels = generator.standard_normal((n, 3)), generator.standard_normal((n, targets))
    gram = np.exp(-((points[:, None] - points) ** 2).sum(axis=2))
    error, strength, weights = baselines.fit_ridge(gram, labels)
    errors = {}
    for ridge in baselines.RIDGES[3:]:  # the others are too near to singular to solve
        strong, far = gram + ridge * np.trace(gram) / n * np.eye(n), []
        for i in range(n):
            kept = np.arange(n) != i
            solved = np.linalg.solve(strong[np.ix_(kept, kept)], labels[kept])
            far.append(gram[i, kept] @ solved - labels[i])
        errors[ridge] = np.square(far).mean()
        if ridge == strength:
            assert error == pytest.approx(errors[ridge], rel=1e-4)
            assert weights == pytest.approx(np.linalg.solve(strong, labels), rel=1e-4, abs=1e-6)
    assert error <= min(errors.values()) * (1 + 1e-4)


@given(st.integers(4, 12), st.integers(0, 2**32 - 1))
def test_neighbours_against_loops(n, seed):
    generator = np.random.default_rng(seed)
    points, labels = generator.integers(0, 4, (n, 2)) * 1.0, generator.standard_normal((n, 1))

    def mean(point, k, without=None):
        others = [i for i in range(n) if i != without]
        others.sort(key=lambda i: ((points[i] - point) ** 2).sum())
        return labels[others[:k]].mean(axis=0)

    errors = {
        k: np.mean([(mean(points[i], k, i) - labels[i]) ** 2 for i in range(n)]) for k in (1, 2, 3)
    }
    solve, chosen = compared.nearest(points, labels, (1, 2, 3))
    k = int(chosen.removeprefix("k="))
    assert errors[k] == pytest.approx(min(errors.values()))
    new = generator.standard_normal((5, 2))
    assert solve(new) == pytest.approx(np.array([mean(p, k) for p in new]))


@given(st.integers(5, 31), st.integers(0, 2**32 - 1))
def test_neighbours_as_far_on_a_circle_come_in_order(p, seed):
    """Residues as far on both sides are equally near, whatever sines and cosines make of it."""
    generator = np.random.default_rng(seed)
    residues, labels = generator.permutation(p)[: p - 1], generator.standard_normal((p - 1, 1))
    points, new = (
        [np.cos(a), np.sin(a)] for a in (2 * np.pi * residues / p, 2 * np.pi / p * np.arange(p))
    )
    solve, _ = compared.nearest(np.transpose(points), labels, (1,))
    for x, said in enumerate(solve(np.transpose(new)).tolist()):
        steps = [min((x - r) % p, (r - x) % p) for r in residues.tolist()]
        assert said == labels[steps.index(min(steps))].tolist()


def test_polynomials_of_a_degree_are_fitted_everywhere():
    generator = np.random.default_rng(0)
    points = generator.uniform(-1, 1, (40, 2))

    def target(points):
        return points[:, :1] ** 3 - 2 * points[:, :1] * points[:, 1:]

    kernels = [(f"degree {d}", compared._polynomial(d)) for d in (1, 2, 3)]
    solve, chosen = compared._best_ridge(points, target(points), kernels)
    assert chosen.startswith("degree 3")
    new = generator.uniform(-3, 3, (20, 2))
    assert solve(new) == pytest.approx(target(new), abs=1e-3)


@pytest.mark.parametrize("name", extrapolation.CASES)
def test_rows_of_cases(name):
    task, inside = extrapolation.task_of(name, 40, 50, 1)
    case = extrapolation.CASES[name]
    assert task.train[:40].all()
    assert task.training == 40
    within = (task.columns["x"] < case.edge) & (task.columns["y"] < case.edge)
    assert (within == inside).all()
    assert inside[task.train].all()
    assert (~inside).sum() == 50
    # Whatever unseen labels are, baselines say the same.
    other = replace(task, labels=np.where(task.train, task.labels, task.labels[0]))
    for one, two in zip(
        compared.baselines(task).values(), compared.baselines(other).values(), strict=True
    ):
        assert one[1] == two[1]
        assert (one[0](task.columns) == two[0](task.columns)).all()


def test_the_program_is_exact_outside_and_nothing_else_is():
    run = synth.run_experiment("extrapolation", unseen=60)
    programs = ("max(x, y) + x % 4", "y + x * (x + y)", "x * (y / (x + y))")
    for case, text in zip(("integer", "modular", "real"), programs, strict=True):
        for row in rows_of(run, kind="score", case=case, labels="true"):
            if row["learner"] == "program":
                assert (row["chosen"], row["right_inside"], row["right_outside"]) == (text, 1, 1)
                assert (row["error_outside"] or 0) < 1e-9
            else:
                assert row["right_outside"] < 0.3
    for row in rows_of(run, kind="score", labels="permuted"):
        assert row["right_outside"] < 0.15
        assert row["learner"] != "program" or row["chosen"] == "table"
    # What polynomial ridge can say, it finds.
    for case in extrapolation.HELD:
        for learner in ("program", "polynomial ridge"):
            (row,) = rows_of(run, case=case, labels="true", learner=learner)
            assert row["right_outside"] == 1
    truth = {r["x"]: r["value"] for r in rows_of(run, kind="curve", case="real", learner="target")}
    assert truth[10.0] == pytest.approx(2)
    for row in rows_of(run, kind="curve", case="real", learner="program"):
        assert row["value"] == pytest.approx(truth[row["x"]])


def test_residues_are_near_on_the_circle():
    encode, decode = compared._labels(synth.Mod(7))
    assert decode(encode(np.arange(7))).tolist() == list(range(7))
    assert decode(0.1 * encode(np.array([6, 0])).sum(axis=0)[None] + 0.001).item() in (6, 0)


# -- the DSL of reals -------------------------------------------------------------


def test_the_dsl_of_reals():
    dsl = load_dsl("real", (synth.Real,))
    assert synth.check_dsl(dsl) == []
    grammar = Grammar(dsl, {"x": synth.Real})
    program = Program.parse("x / (x - 2.0)", grammar)
    values, defined = program.outputs({"x": np.array([1.0, 2.0, 6.0])})
    assert defined.tolist() == [True, False, True]
    assert values[[0, 2]].tolist() == [-1, 1.5]


# -- interpolation ----------------------------------------------------------------


@given(st.integers(2, 8), st.integers(0, 10), st.integers(0, 2**32 - 1))
def test_bits_of_labels_given_features_against_the_mixture(n, count, seed):
    generator = np.random.default_rng(seed)
    # Few values, so that some features depend on those before.
    features = generator.integers(-1, 2, (n, count)) * 1.0
    labels = generator.standard_normal(n)
    bits = interpolation.code_bits(features, labels)
    assert bits.shape == (count + 1,)
    for d in range(count + 1):
        seen = features[:, :d]
        # Labels are normal with covariance σ² (1 + g F (F'F)^-1 F'), σ² of density 1/σ².
        spread = np.eye(n) + n * seen @ np.linalg.pinv(seen)
        saved = (
            -np.linalg.slogdet(spread)[1] / 2
            - n / 2 * np.log(labels @ np.linalg.solve(spread, labels) / (labels @ labels))
        ) / np.log(2)
        gamma = 2 * (len(bin(d + 1)) - 3) + 1
        assert bits[d] == pytest.approx(gamma - saved, abs=1e-6)
        if seen.size and np.linalg.matrix_rank(seen) == n:
            assert bits[d] == pytest.approx(gamma)


@given(st.integers(1, 6), st.integers(0, 2**32 - 1))
def test_features_that_depend_on_none_before(count, seed):
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], (12, 5))
    kept, rank = [], 0
    candidates = np.arange(1, 12)
    for i in candidates:
        if np.linalg.matrix_rank(signs[[*kept, i]]) > rank and len(kept) < count:
            kept.append(int(i))
            rank += 1
    assert interpolation.independent(signs, candidates, count) == kept


def test_program_features_are_sorted_and_of_full_rank():
    features = interpolation.program_features("boolean", 60, 3)
    assert features.shape == (512, 60)
    assert set(np.unique(features)) == {-1, 1}
    assert np.linalg.matrix_rank(features) == 60
    drawn, bits = interpolation._pool("boolean", 60, 3)
    order = interpolation._drawn_order("boolean", 60, 3)
    assert (features[:, order] == drawn).all()
    assert (np.diff(bits[np.argsort(order)]) != 0).any()
    assert (np.diff(bits[np.argsort(bits, kind="stable")]) >= 0).all()
    # Half of all programs are inputs, so all nine come first.
    inputs = 1.0 - 2 * (np.arange(512)[:, None] >> np.arange(9) & 1)
    assert sorted(np.abs(inputs.T @ features[:, :9]).argmax(axis=0)) == list(range(9))


def test_polynomials_are_orthogonal_on_the_circle():
    features = interpolation.polynomial_features(6, (np.arange(50) + 0.5) * np.pi / 50)
    assert features.T @ features / 50 == pytest.approx(np.eye(6), abs=1e-12)


def test_ridge_weights_are_those_of_the_kernel():
    generator = np.random.default_rng(0)
    features, labels = generator.standard_normal((9, 4)), generator.standard_normal(9)
    gram = features @ features.T
    _, strength, _ = baselines.fit_ridge(gram, labels[:, None])
    penalty = strength * np.trace(gram) / 9 * np.eye(4)
    direct = np.linalg.solve(features.T @ features + penalty, features.T @ labels)
    assert interpolation.ridge(features, labels) == pytest.approx(direct, rel=1e-4)


def test_the_peak_is_where_features_are_as_many_as_rows():
    run = synth.run_experiment(
        "interpolation", rows=20, factors=(0.5, 1, 2, 10), samples=2, runs=12
    )
    noisy = run.summary["peak_over_10_n_at_noise_0_5"]
    quiet = run.summary["peak_over_10_n_at_noise_0"]
    assert list(noisy) == [
        "programs, drawn", "programs, shortest first", "polynomials, shortest first"
    ]  # fmt: skip
    for case in noisy:
        assert noisy[case]["least norm"] >= 5
        assert noisy[case]["ridge"] < 3
        assert noisy[case]["MDL"] < 3
        assert quiet[case]["least norm"] < 1
        family, order = case.split(", ")
        errors = {
            r["features"]: r["median"]
            for r in rows_of(run, family=family, order=order, noise=0.5, method="least norm")
        }
        assert max(errors, key=errors.get) == 20
        for row in rows_of(run, family=family, order=order, method="MDL"):
            assert row["used"] <= 10


def test_too_few_behaviours():
    with pytest.raises(ExperimentError, match=r"fewer than 300 behaviours of .* are linearly"):
        synth.run_experiment(
            "interpolation", rows=30, dsl="boolean:and-or,leaf=0.99", samples=1, runs=1
        )


def test_interpolation_is_kept_while_it_runs(tmp_path):
    """Answers go to a journal as JSON; keys that were tuples once could not."""
    journal = tmp_path / "run.part"
    given = {"rows": 10, "samples": 2, "runs": 2, "factors": (0.5, 2)}
    first = synth.run_experiment("interpolation", journal=str(journal), **given)
    assert first.rows == synth.run_experiment("interpolation", **given).rows
