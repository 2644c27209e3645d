"""The mixture that predicts for the estimator: its weights, and what it is good for."""

import itertools
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.datasets import load_breast_cancer, load_iris
from sklearn.tree import DecisionTreeClassifier

import synth
from synth import codes, exact, learners
from synth.language.types import Real
from synth.learners import averages, experts, mixture
from synth.records import load_run
from tests import command, naive

FEW = {"max_programs": 2_000, "moves": 0}


def halves(X, y, seed=0):
    """Rows to learn from, and the others: (X, y, other X, other y)."""
    train = np.random.default_rng(seed).permutation(len(y)) < len(y) // 2
    return X[train], y[train], X[~train], y[~train]


def loss(probabilities, y):
    """Bits a row of labels 0..k-1."""
    return -np.log2(probabilities[np.arange(len(y)), y]).mean()


OWN = ("trees", "trees, finer cuts", "scorecards", "equal rows")
OWN += ("logistic, penalty 1", "logistic, penalty 10")


def test_the_mixture_needs_few_bits_more_than_any_expert():
    X, y, asked, _ = halves(*load_iris(return_X_y=True))
    fitted = synth.ProgramClassifier(**FEW).fit(X, y)
    mixed = fitted.mixture_
    assert mixed.names == (*OWN, "shortest hypothesis")
    assert mixed.total_bits <= mixed.bits[:-1].min() + np.log2(2 * 7)  # of seven experts
    assert mixed.total_bits <= mixed.bits[-1] + np.log2(7)
    assert mixed.weights.sum() == pytest.approx(1)
    found = fitted.predict_proba(asked)
    assert found.shape == (len(asked), 3)
    assert found.sum(axis=1) == pytest.approx(1)
    assert found.min() > 0


@given(
    arrays(float, st.tuples(st.integers(1, 4), st.integers(0, 6)), elements=st.floats(0.01, 1)),
    st.floats(0, 20),
    st.floats(0, 40),
)
def test_averages_of_experts_are_weighed_as_written_out(said, first, chosen):
    bits, total, weights = averages.weighed(said, first, chosen)
    expected = naive.weighed(said.tolist(), first, chosen)
    assert bits.tolist() == pytest.approx(expected[0], abs=1e-9)
    assert total == pytest.approx(expected[1], abs=1e-9)
    assert weights.tolist() == pytest.approx(expected[2], abs=1e-12)
    own = len(said)
    assert total <= bits[:-1].min() + np.log2(2 * own + 2) + 1e-9
    assert total <= chosen + np.log2(own + 1) + 1e-9


@pytest.mark.parametrize("experts", [1, 2, 6])
def test_the_prior_of_averages_adds_up_to_one(experts):
    weights, shares = averages.averages(experts)
    assert (weights[:experts] == np.eye(experts)).all()
    assert (weights.sum(axis=1) == 1).all()
    assert len(np.unique(weights[experts:], axis=0)) == len(weights) - experts
    assert shares.sum() == pytest.approx(1, abs=1e-12)


def test_the_bits_of_an_expert_are_what_it_loses_in_order():
    """Written out: every block is predicted from those before it; the program pays for itself."""
    X, y, *_ = halves(*load_iris(return_X_y=True))
    fitted = synth.ProgramClassifier(**FEW).fit(X, y)
    mixed = fitted.mixture_
    seen = mixed._seen({f"x{i}": Real.check(column, "x") for i, column in enumerate(X.T)})
    order = synth.tasks.stream(0, mixture.ORDER).permutation(len(y))
    cuts = [max(1, round(share * len(y))) for share in mixture.SHARES]
    first = np.bincount(y[order[: cuts[0]]], minlength=3)
    bits, cards = np.full(7, codes.leaf_bits(first.tolist(), np.full(3, 1 / 3))), None
    for start, stop in itertools.pairwise(cuts):
        before, block = order[:start], order[start:stop]
        counts = np.bincount(y[before], minlength=3) + 0.5
        moves = mixture.MOVES // 3
        cards = exact.CardDraws(
            seen.tests[before], y[before], 3, shares=counts / counts.sum(), moves=moves,
            kept=round(mixture.KEPT * moves), seed=synth.tasks.stream(0, mixture.DRAWS),
            start=cards and cards.draws[-1],
        )  # fmt: skip
        mixed._experts = {}
        trees, fine, _, equal, *others = mixed._fitted(seen[before], y[before], 10).values()
        said = [trees.predict(seen.tests[block], least=0.0)]
        said += [fine.predict(seen.fine[block], least=0.0), cards.predict(seen.tests[block])]
        said += [equal.predict(seen.keys[block])]
        said += [other.predict(seen.points[block]) for other in others]
        bits[:-1] += [len(block) * loss(each, y[block]) for each in said]
    bits[-1] = fitted.bits_
    assert mixed.bits == pytest.approx(bits, abs=1e-4)


def test_a_cut_between_any_two_values_is_found():
    """Labels change at a value that is no quantile: one expert has this cut, the others miss it."""
    X, cut = np.arange(400.0).reshape(-1, 1), 203
    y = (X[:, 0] >= cut).astype(int)
    fitted = synth.ProgramClassifier(**FEW).fit(X[::2], y[::2])
    assert len(fitted.mixture_._finer.names) == 199 > len(fitted.mixture_._tests.names)
    assert fitted.mixture_.bits.argmin() == OWN.index("trees, finer cuts")
    around = [[cut - 1.2], [cut + 1.2]]
    assert fitted.predict(around).tolist() == [0, 1]
    assert fitted.predict_proba(around).max(axis=1) == pytest.approx(1, abs=0.1)
    flags = X[::2, :1] >= [50, 203]
    assert OWN[1] not in synth.ProgramClassifier(**FEW).fit(flags, y[::2]).mixture_.names


def test_equal_rows_have_equal_labels():
    keys = experts.keys_of({"a": np.array([1, 1, np.nan, 0.0]), "b": np.array([2, 2, 3, 0])})
    asked = experts.keys_of({"a": np.array([1, -np.nan, -0.0, 7]), "b": np.array([2, 3, 0, 0])})
    found = experts.EqualRows(keys, np.array([1, 1, 0, 0]), np.array([0.5, 0.5]))
    expected = [[0.25 / 2.5, 2.25 / 2.5], [1.25 / 1.5, 0.25 / 1.5], [1.25 / 1.5, 0.25 / 1.5]]
    assert found.predict(asked) == pytest.approx(np.array([*expected, [0.5, 0.5]]))
    none = experts.EqualRows(keys[:0], np.zeros(0, int), np.array([0.25, 0.75]))
    assert none.predict(asked[:1]) == pytest.approx(np.array([[0.25, 0.75]]))


def test_what_only_a_program_finds_is_predicted_by_it():
    X = np.array(list(itertools.product([False, True], repeat=8)))
    y = X[:, :3].sum(axis=1) % 2
    X, y, asked, right = halves(X, y)
    fitted = synth.ProgramClassifier().fit(X, y)
    assert fitted.mixture_.weights[-1] > 0.99
    assert fitted.mixture_.bits[-1] == fitted.bits_ < 40 < fitted.mixture_.bits[:-1].min()
    assert fitted.score(asked, right) == 1
    assert (fitted.predict_proba(asked).argmax(axis=1) == right).all()


@pytest.mark.parametrize(
    "load", [load_iris, pytest.param(load_breast_cancer, marks=pytest.mark.slow)]
)
def test_it_loses_fewer_bits_than_a_tree_and_is_right_as_often(load):
    X, y, asked, right = halves(*load(return_X_y=True))
    found = synth.ProgramClassifier(**FEW).fit(X, y).predict_proba(asked)
    tree = DecisionTreeClassifier(random_state=0, min_samples_leaf=5).fit(X, y)
    assert loss(found, right) < loss(np.clip(tree.predict_proba(asked), 1e-3, 1), right)
    assert (found.argmax(axis=1) == right).mean() >= tree.score(asked, right)


@pytest.mark.parametrize("seed", range(3))
def test_of_permuted_labels_it_says_how_often_they_occur(seed):
    """The control: it loses no more than the shares of the labels do, but for 0.1 bits a row."""
    X, y, asked, right = halves(*load_iris(return_X_y=True), seed)
    y = np.random.default_rng(seed).permutation(y)
    fitted = synth.ProgramClassifier(**FEW).fit(X, y)
    shares = np.tile(np.bincount(y) / len(y), (len(right), 1))
    assert loss(fitted.predict_proba(asked), right) < loss(shares, right) + 0.1


def test_it_is_repeatable_and_can_be_pickled():
    X, y, asked, _ = halves(*load_iris(return_X_y=True))
    one, two = (synth.ProgramClassifier(**FEW).fit(X, y) for _ in range(2))
    found = one.predict_proba(asked)
    assert (two.predict_proba(asked) == found).all()
    again = pickle.loads(pickle.dumps(one))  # noqa: S301
    assert (again.predict_proba(asked) == found).all()
    assert (again.predict(asked) == one.predict(asked)).all()


def test_gaps_and_numbers_far_away_are_predicted_too():
    X, y, asked, _ = halves(*load_iris(return_X_y=True))
    X[::5, 2] = np.nan
    fitted = synth.ProgramClassifier(**FEW).fit(X, y)
    asked[0], asked[1] = np.nan, 1e12
    found = fitted.predict_proba(asked)
    assert np.isfinite(found).all()
    assert found.sum(axis=1) == pytest.approx(1)


def test_without_columns_that_tell_rows_apart_there_is_none():
    fitted = synth.ProgramClassifier(**FEW).fit(np.ones((6, 2)), [0, 0, 0, 1, 1, 1])
    assert fitted.mixture_ is None
    assert fitted.predict_proba([[1, 1]]) == pytest.approx(0.5)


def test_a_search_says_what_the_mixture_predicts_beside_the_pick(tmp_path):
    limits = ["--max-programs", 2000, "--moves", 0, "--threads", 1]
    file = tmp_path / "run.json"
    text = command.run("search", "wine", "--mixture", "--save", file, *limits)
    said = load_run(file).mixture
    assert f"mixture           {said.accuracy:.3f} held out" in text
    # The same, from what the library has for it.
    found = synth.search("wine", max_programs=2000, moves=0, threads=1)
    task, mixed = found.trained_on.original, mixture.mixture_of(found)
    asked = {name: column[~task.train] for name, column in task.columns.items()}
    chosen = learners.predictor_of(found).probabilities(asked, int((~task.train).sum()))
    both = mixed.probabilities(asked, chosen)
    assert said.loss == pytest.approx(loss(both, task.places(~task.train)), abs=1e-9)
    assert said.chosen_loss == pytest.approx(loss(chosen, task.places(~task.train)), abs=1e-9)
    assert said.accuracy == (both.argmax(axis=1) == task.places(~task.train)).mean()
    assert said.loss < said.chosen_loss
    assert said.weights == pytest.approx(dict(zip(mixed.names, mixed.weights, strict=True)))
    assert '"mixture": null' in command.run("search", "wine", "--json", *limits)
    refused = command.run("search", "wine", "--mixture", "--train", "1.0", code=2)
    assert "no held-out rows; allowed: with --train, such as --train 0.5" in refused


def test_the_mixture_of_all_trees_is_the_posterior_where_both_exist():
    """With one test that labels follow, trees of depth 1 are two hypotheses: the posterior of both
    by hand is what the sum over trees says."""
    tests, labels = np.array([[1], [1], [0], [0], [1]], bool), np.array([1, 1, 0, 0, 1])
    found = exact.TreeSum(tests, labels, 2, depth=1)
    stop, split = (
        codes.leaf_bits([2, 3], [0.5, 0.5]),
        (codes.leaf_bits([2, 0], [0.5, 0.5]) + codes.leaf_bits([0, 3], [0.5, 0.5])),
    )
    evidence = np.array([2.0 ** -(1 + split), 2.0 ** -(1 + stop)])
    posterior = evidence / evidence.sum()
    assert found.tests_at_root() == pytest.approx(posterior, abs=1e-12)
    inside = 2.0 ** (codes.leaf_bits([0, 3], [0.5, 0.5]) - codes.leaf_bits([0, 4], [0.5, 0.5]))
    whole = 2.0 ** (codes.leaf_bits([2, 3], [0.5, 0.5]) - codes.leaf_bits([2, 4], [0.5, 0.5]))
    assert found.predict([[1]])[0, 1] == pytest.approx(posterior @ [inside, whole], abs=1e-12)
