"""The experiments that set programs beside ridge regression, neighbours and norms."""

import numpy as np
import pytest

import synth
from synth.experiments import sparsity


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
