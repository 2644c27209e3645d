"""The sum over trees of tests, against every tree written out, and what theory says of it."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import codes
from synth.errors import SettingError
from synth.exact import TableTests, TreeSum, tree_sum
from tests import naive


@st.composite
def tables(draw, rows=7, tests=4, labels=3):
    """Tests (rows, T), the columns of the tests, labels and their number."""
    n, count, k = (
        draw(st.integers(1, rows)),
        draw(st.integers(0, tests)),
        draw(st.integers(1, labels)),
    )
    bits = st.lists(st.booleans(), min_size=count, max_size=count)
    passed = draw(st.lists(bits, min_size=n, max_size=n))
    columns = draw(st.lists(st.integers(0, 2), min_size=count, max_size=count))
    given = draw(st.lists(st.integers(-1, k - 1), min_size=n, max_size=n))
    return np.array(passed, bool).reshape(n, count), columns, np.array(given), k


def summed(table, depth, **more):
    tests, columns, labels, k = table
    return TreeSum(tests, labels, k, columns=columns, depth=depth, **more)


@settings(max_examples=75, deadline=None)
@given(tables(), st.integers(0, 3))
def test_the_sum_equals_that_over_every_tree(table, depth):
    every = list(naive.trees(table, depth))
    found = summed(table, depth)
    assert math.fsum(2.0**-price for _, price, _ in every) == pytest.approx(1, abs=1e-12)
    whole = math.fsum(2.0 ** -(price + bits) for _, price, bits in every)
    assert found.bits == pytest.approx(-math.log2(whole), abs=1e-12)
    least = min(price + bits for _, price, bits in every)
    tree, bits = found.best
    assert bits == pytest.approx(least, abs=1e-12)
    price, evidence = next((p, b) for t, p, b in every if t == naive.shape_of(tree))
    assert price + evidence == pytest.approx(least, abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(0, 3))
def test_posteriors_equal_those_over_every_tree(table, depth):
    every, found = list(naive.trees(table, depth)), summed(table, depth)
    weights = np.array([2.0 ** -(price + bits) for _, price, bits in every])
    weights /= weights.sum()
    tests = found.tests_at_root()
    for at in range(len(tests) - 1):
        share = sum(w for w, (tree, *_) in zip(weights, every, strict=True) if tree[0] == at)
        assert tests[at] == pytest.approx(share, abs=1e-10)
    assert tests.sum() == pytest.approx(1)
    columns = np.array(table[1])
    for number, column in enumerate(np.unique(columns)):
        mine = set(np.flatnonzero(columns == column).tolist())
        used = [bool(mine & naive.tests_of(tree)) for tree, *_ in every]
        assert found.columns_used()[number] == pytest.approx(weights[used].sum(), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(0, 3), st.data())
def test_predictions_equal_those_of_every_tree(table, depth, data):
    tests, _, _, k = table
    bits = st.lists(st.booleans(), min_size=tests.shape[1], max_size=tests.shape[1])
    new = np.array(data.draw(st.lists(bits, min_size=1, max_size=3)), bool)
    new = new.reshape(len(new), tests.shape[1])
    found = summed(table, depth).predict(new, least=0.0)
    assert found.shape == (len(new), k)
    assert found == pytest.approx(naive.predicted(table, depth, new), abs=1e-10)


@settings(max_examples=40, deadline=None)
@given(tables(rows=5), st.integers(0, 3))
def test_labels_have_probabilities_that_add_up_to_1(table, depth):
    """The bits are those of a code: no labels are free, and none are charged too much."""
    tests, columns, _, k = table
    every = itertools.product(range(k), repeat=len(tests))
    bits = [summed((tests, columns, np.array(labels), k), depth).bits for labels in every]
    assert math.fsum(2.0**-b for b in bits) == pytest.approx(1, abs=1e-10)


@settings(max_examples=60, deadline=None)
@given(tables(), st.integers(0, 3))
def test_the_bounds_hold_for_trees_of_every_depth(table, depth):
    least, most = summed(table, depth).bounds()
    whole = summed(table, 4).bits  # as deep as four tests can be
    assert least - 1e-9 <= whole <= most + 1e-9
    deeper = summed(table, depth + 1).bounds()
    assert least - 1e-9 <= deeper[0] <= deeper[1] <= most + 1e-9


@settings(max_examples=80, deadline=None)
@given(tables(), st.integers(1, 3), st.data())
def test_a_sum_over_some_trees_equals_that_over_their_list(table, depth, data):
    count = st.integers(0, 4)
    widths = data.draw(st.lists(count, min_size=depth - 1, max_size=depth - 1))
    found, whole = summed(table, depth, widths=widths), summed(table, depth)
    assert found.bits == pytest.approx(naive.beam(table, depth, widths), abs=1e-9)
    assert found.bits >= whole.bits - 1e-9
    assert found.exact is (min(widths, default=4) >= table[0].shape[1])
    wider = summed(table, depth, widths=[w + 1 for w in widths])
    assert wider.bits <= found.bits + 1e-9
    assert found.predict(table[0]).sum(axis=1) == pytest.approx(1)
    if found.exact:
        assert found.predict(table[0]) == pytest.approx(whole.predict(table[0]))
    else:
        with pytest.raises(SettingError, match="bounds of a sum over some of the trees"):
            found.bounds()


def test_trees_are_drawn_from_the_posterior():
    generator = np.random.default_rng(0)
    tests = generator.random((12, 3)) < 0.5
    table = (tests, [0, 0, 1], (tests[:, 0] & tests[:, 2]).astype(int), 2)
    found = summed(table, 2)
    every = list(naive.trees(table, 2))
    drawn = [naive.shape_of(found.sample(generator)) for _ in range(4_000)]
    for tree, price, bits in every:
        share = 2.0 ** (found.bits - price - bits)
        error = 5 * math.sqrt(share * (1 - share) / len(drawn)) + 1e-3
        assert drawn.count(tree) / len(drawn) == pytest.approx(share, abs=error)


def sequential(tests, columns, labels, k, depth):
    """The bits of the labels one after the other, each predicted from those before it."""
    known, bits = np.full(len(labels), -1), 0.0
    for row, label in enumerate(labels):
        found = TreeSum(tests, known, k, columns=columns, depth=depth)
        bits -= math.log2(found.predict(tests[row : row + 1], least=0.0)[0, label])
        known[row] = label
    return bits


@pytest.mark.parametrize("seed", range(20))
def test_predicted_one_after_the_other_labels_cost_no_more_than_the_best_tree(seed):
    """The theorem for mixtures (Solomonoff 1978): the sum is at least each of its terms."""
    generator = np.random.default_rng(seed)
    n, k = int(generator.integers(10, 40)), int(generator.integers(2, 4))
    tests = generator.random((n, 6)) < generator.random(6)
    labels = (tests[:, 0] + tests[:, 1] * generator.integers(0, 2)) % k
    labels = np.where(generator.random(n) < 0.1, generator.integers(0, k, n), labels)
    for order in (labels, generator.permutation(labels)):
        bits = sequential(tests, [0, 0, 1, 1, 2, 2], order, k, 2)
        found = TreeSum(tests, order, k, columns=[0, 0, 1, 1, 2, 2], depth=2)
        assert bits == pytest.approx(found.bits, abs=1e-8)
        assert bits <= found.best[1] + 1e-8


def test_rare_nodes_are_left_out_of_predictions_by_what_they_weigh():
    generator = np.random.default_rng(1)
    tests = generator.random((60, 12)) < 0.5
    labels = np.where(generator.random(60) < 0.2, generator.integers(0, 2, 60), tests[:, 3])
    found = TreeSum(tests, labels, 2, depth=3)
    assert found.predict(tests) == pytest.approx(found.predict(tests, least=0.0), abs=1e-8)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"depth": -1}, "depth=-1; allowed: 0..20"),
        ({"k": 1}, "k=1: labels are outside"),
        ({"shares": [0.5, 0.6]}, "add up to 1"),
        ({"columns": [0]}, r"columns of shape \(1,\)"),
        ({"labels": [0]}, "labels of shape"),
        ({"widths": [1, 1]}, "allowed: 1 numbers, 0 and more"),
    ],
)
def test_what_is_not_allowed_is_refused(given, message):
    asked = {"tests": np.eye(3, dtype=bool), "labels": [0, 1, 1], "k": 2, **given}
    with pytest.raises(SettingError, match=message):
        TreeSum(**asked)


def test_leaves_are_priced_by_the_mean_of_three_dirichlets():
    def one(strength):
        zero = [strength / 2 + i for i in range(3)]
        whole = [strength + i for i in range(4)]
        return math.prod(zero) * (strength / 2) / math.prod(whole)

    mean = sum(map(one, (2.0, 0.5, 0.1))) / 3
    assert codes.leaf_bits([3, 1], [0.5, 0.5]) == pytest.approx(-math.log2(mean))


def test_the_trees_of_a_table_are_those_of_its_tests(tmp_path):
    path = tmp_path / "t.csv"
    rows = [
        (k % 7, ("red", "blue", "green")[k % 3], int(k % 7 > 3 or k % 3 == 1)) for k in range(80)
    ]
    path.write_text("size,colour,y\n" + "\n".join(",".join(map(str, row)) for row in rows))
    task = synth.read_table(path, train=0.5)
    found = tree_sum(task, depth=2)
    assert found.names == ("colour", "size")
    tests = TableTests.of(task)
    train = {name: column[task.train] for name, column in task.columns.items()}
    labels = [row[2] for row, t in zip(rows, task.train, strict=True) if t]
    again = TreeSum(tests.passed(train), labels, 2, columns=tests.columns, depth=2)
    assert found.bits == again.bits
    assert dict(zip(found.names, found.columns_used(), strict=True)) == pytest.approx(
        {"colour": 1, "size": 1}, abs=0.01
    )
    held_out = tests.passed({n: c[~task.train] for n, c in task.columns.items()})
    said = found.predict(held_out).argmax(axis=1)
    right = [row[2] for row, t in zip(rows, task.train, strict=True) if not t]
    assert said.tolist() == right
