"""Agreement of predictions: against lists and loops, its null, and symmetries that are known."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.errors import SettingError
from synth.learners import agreement
from synth.tasks.digits import BITS

EVERY = np.ones(16, bool)


def test_agreement():
    one = agreement.certain([0, 1, 2, 2], 3)
    other = agreement.certain([0, 2, 2, 1], 3)
    every = np.ones(4, bool)
    assert agreement.agreement(one, other, every) == 0.5
    assert agreement.agreement(one, other, np.array([True, False, True, False])) == 1
    even = np.full((4, 3), 1 / 3)
    assert agreement.agreement(one, even, every) == pytest.approx(1 / 3)


@given(st.integers(0, 2**32), st.integers(2, 3), st.integers(2, 5))
def test_by_chance_is_the_mean_over_all_orders(seed, labels, unseen):
    generator = np.random.default_rng(seed)
    one, other = generator.dirichlet(np.ones(labels), (2, 7))
    rows = generator.permutation(7) < unseen
    places = np.flatnonzero(rows)
    found = []
    for order in itertools.permutations(places):
        pairs = zip(places, order, strict=True)
        found.append(sum(one[r][k] * other[s][k] for r, s in pairs for k in range(labels)))
    expected = sum(found) / len(found) / unseen
    assert agreement.chance_agreement(one, other, rows) == pytest.approx(expected)
    # Side by side as one by one: of as many rows each, it is the mean.
    both = np.stack([one, other]), np.stack([other, other])
    each = [agreement.chance_agreement(a, other, rows) for a in (one, other)]
    assert agreement.chance_agreement(*both, rows) == pytest.approx(np.mean(each))


@given(st.integers(0, 2**32))
def test_alignment_is_that_of_loops(seed):
    generator = np.random.default_rng(seed)
    n, k, count = 6, 3, 5
    moves = np.array([generator.permutation(n) for _ in range(count)])
    maps = np.array([generator.permutation(k) for _ in range(count)])
    one, other = generator.dirichlet(np.ones(k), (2, 4, n))
    found = agreement.aligned(one, other, (moves, maps))
    for a, b, c in zip(one, other, found, strict=True):
        tried = []
        for move, map_ in zip(moves, maps, strict=True):
            moved = [[b[move[r]][map_[label]] for label in range(k)] for r in range(n)]
            tried.append((sum(a[r][label] * moved[r][label] for r in range(n) for label in
                              range(k)), moved))  # fmt: skip
        np.testing.assert_allclose(c, max(tried, key=lambda pair: pair[0])[1])


def test_signed_permutations_are_the_symmetries_of_a_cube():
    for variables, size in ((1, 2), (2, 8), (3, 48), (4, 384)):
        rows = agreement.signed_permutations(variables)
        assert rows.shape == (size, 2**variables)
        assert len({tuple(r) for r in rows.tolist()}) == size
        assert rows[0].tolist() == list(range(2**variables))
        for one in rows:  # neighbours stay neighbours
            for i in range(variables):
                apart = one ^ one[np.arange(2**variables) ^ (1 << i)]
                assert len(set(apart.tolist())) == 1
                assert bin(int(apart[0])).count("1") == 1


def test_automorphisms_of_known_functions():
    rows = agreement.signed_permutations(4)
    labels = np.array([[0, 1], [1, 0]])
    x = BITS

    def count(values):
        return len(agreement.automorphisms(values, rows, labels)[0])

    assert count(x[0] ^ x[1] ^ x[2] ^ x[3]) == 384
    # x0 and x1 change places; x2 and x3 do what they like.
    assert count(x[0] & x[1]) == 2 * 8
    # Self-dual: all three negated, and the label.  x3 is negated or not.
    assert count(x[0] & x[1] | x[0] & x[2] | x[1] & x[2]) == 6 * 2 * 2
    assert count(x[0]) == 2 * 48
    p, columns = 7, synth.load_task("mod-add:p=7").columns
    moves, units = agreement.unit_symmetries(columns.values(), p)
    assert len(moves) == len(units) == 6
    for operation, expected in ((columns["x"] + columns["y"], 6), (columns["x"] * columns["y"], 1)):
        found = agreement.automorphisms(operation % p, moves, units)
        # Of cx + cy = c(x + y) each c has its own; rows may go where the labels stay, too.
        own = [(m == n).all() and (g == h).all() for m, g in zip(*found, strict=True)
               for n, h in zip(moves, units, strict=True)]  # fmt: skip
        assert sum(own) == expected
    with pytest.raises(SettingError, match="maps a row to none of the rows; allowed: sets of rows"):
        agreement.unit_symmetries([np.array([0, 1, 3])], 7)


def test_agreement_up_to_symmetries():
    x = BITS
    moves = agreement.signed_permutations(4)
    symmetries = moves, np.tile(np.arange(2), (len(moves), 1))
    one, other = (agreement.certain(v, 2) for v in (x[0] & x[1], x[3] & ~x[2]))
    assert agreement.agreement(one, other, EVERY) == 10 / 16
    np.testing.assert_array_equal(agreement.aligned(one, other, symmetries), one)
    p = 5
    x, y = np.divmod(np.arange(25), p)
    every, units = np.ones(25, bool), agreement.unit_symmetries([x, y], p)
    # A learner whose labels were multiplied by 2.
    one, other = agreement.certain((x * y) % p, p), agreement.certain(2 * x * y % p, p)
    assert agreement.agreement(one, other, every) < 0.4
    assert agreement.agreement(one, agreement.aligned(one, other, units), every) == 1
    shifted = agreement.certain((x * y + 1) % p, p)
    assert agreement.agreement(one, agreement.aligned(one, shifted, units), every) < 0.5
    # Where all are as good nothing moves.
    even = np.full((25, p), 1 / p)
    np.testing.assert_array_equal(agreement.aligned(even, one, units), one)
