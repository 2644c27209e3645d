"""The experiments that set programs beside ridge regression, neighbours and norms."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.dsls import load_dsl
from synth.experiments import extrapolation, sparsity
from synth.grammar import Grammar
from synth.program import Program


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
    one, two = sparsity.least_l1(features, labels), sparsity.least_l2(features, labels)
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
    guess = sparsity.least_l2(table[order[:9]], labels[order[:9]])
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
    needed = run.summary["rows from which 90% of runs are exact"]
    assert needed["1 term"] == {"L1": 16, "L2": 32}
    assert needed["dense"] == {"L1": 32, "L2": 32}
    ratios = run.summary["least ratio of held-out errors, L1 to L2"]
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
    error, strength, weights = extrapolation.fit_ridge(gram, labels)
    errors = {}
    for ridge in extrapolation.RIDGES[3:]:  # the others are too near to singular to solve
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
    solve, chosen = extrapolation.nearest(points, labels, (1, 2, 3))
    k = int(chosen.removeprefix("k="))
    assert errors[k] == pytest.approx(min(errors.values()))
    new = generator.standard_normal((5, 2))
    assert solve(new) == pytest.approx(np.array([mean(p, k) for p in new]))


def test_polynomials_of_a_degree_are_fitted_everywhere():
    generator = np.random.default_rng(0)
    points = generator.uniform(-1, 1, (40, 2))

    def target(points):
        return points[:, :1] ** 3 - 2 * points[:, :1] * points[:, 1:]

    kernels = [(f"degree {d}", extrapolation._polynomial(d)) for d in (1, 2, 3)]
    solve, chosen = extrapolation._best_ridge(points, target(points), kernels)
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
        extrapolation.baselines(task).values(), extrapolation.baselines(other).values(), strict=True
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
    encode, decode = extrapolation._labels(synth.Mod(7))
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
