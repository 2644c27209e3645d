"""All splits at once, against a plain loop over splits, functions and rows in exact fractions."""

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.errors import SettingError
from synth.exact import EverySplit, Split, prior_of
from synth.exact.prior import Prior


def prior_with(masses, margin=0.0):
    rows = len(masses).bit_length() - 1
    masses = np.array(masses, float)
    return Prior(
        grammar=None,
        columns={"x": np.zeros(rows, bool)},
        masses=masses,
        margin=np.full(len(masses), margin),
        relative=True,
        sweeps=0,
        polishing=0,
        residual=0.0,
    )


def by_hand(masses, target, train, rows):
    """(evidence, Bayes, Gibbs, MAP) for one split, or None for what no function predicts."""
    agree = [f for f in range(2**rows) if not any((f ^ target) >> r & 1 for r in train)]
    whole = sum(Fraction(masses[f]) for f in agree)
    evidence, unseen = whole / sum(map(Fraction, masses)), set(range(rows)) - set(train)
    if not whole:
        return evidence, 0.5, 0.5, 0.5
    bayes = gibbs = Fraction(0)
    for row in unseen:
        p = sum(Fraction(masses[f]) for f in agree if not (f ^ target) >> row & 1) / whole
        gibbs += p / len(unseen)
        bayes += (Fraction(1, 2) if p == Fraction(1, 2) else Fraction(p > 0.5)) / len(unseen)
    best = [f for f in agree if masses[f] == max(masses[g] for g in agree)]
    right = [sum(not (f ^ target) >> r & 1 for r in unseen) / len(unseen) for f in best]
    return evidence, bayes, gibbs, sum(right) / len(right)


@settings(max_examples=60, deadline=None)
@given(st.data(), st.integers(1, 3))
def test_against_a_loop_over_splits(data, rows):
    size = 2**rows
    masses = data.draw(st.lists(st.integers(0, 4), min_size=2**rows, max_size=2**rows))
    if not any(masses):
        masses[0] = 1
    target = data.draw(st.integers(0, 2**rows - 1))
    found = EverySplit(prior_with(masses), target)
    sums = {n: [] for n in range(rows)}
    for n in range(rows):
        for train in combinations(range(rows), n):
            split = sum(1 << r for r in train)
            evidence, *accuracies = by_hand(masses, target, train, rows)
            assert found.known[split] == n
            assert found.evidence[split] == pytest.approx(float(evidence), abs=1e-14)
            values = [found.bayes_accuracy, found.gibbs_accuracy, found.map_accuracy]
            assert [v[split] for v in values] == pytest.approx([float(a) for a in accuracies])
            sums[n].append(float(accuracies[0]))
    means = found.by_size(found.bayes_accuracy)
    assert means[:-1].tolist() == pytest.approx([np.mean(s) for s in sums.values()])
    # After all rows, nothing is left to predict.
    assert np.isnan([v[-1] for v in (found.bayes_accuracy, found.map_accuracy, means)]).all()
    assert np.isnan(found.guesses[:, size - 1]).all()


@pytest.mark.parametrize("basis", ["and-or-not", "and-or", "anf"])
def test_against_one_split_at_a_time(basis):
    prior = prior_of(f"boolean:basis={basis}", 3)
    for target in (0b11101000, 0b10010110, 7):
        every = EverySplit(prior, target)
        pairs = [
            (every.bayes_accuracy, "bayes_accuracy"),
            (every.gibbs_accuracy, "gibbs_accuracy"),
            (every.map_accuracy, "map_accuracy"),
            (every.evidence_bits, "evidence_bits"),
        ]
        for number in range(0, 255, 7):
            split = Split(prior, number >> np.arange(8) & 1)
            for values, name in pairs:
                expected = float(getattr(split, name)(target))
                assert values[number] == pytest.approx(expected, abs=1e-9), (number, name)


def test_masses_within_their_error_bounds_are_even():
    """Two functions that differ on one row, with masses 1 and 1.01, known to 0.02."""
    sure = EverySplit(prior_with([1, 1.01]), 0)
    assert (sure.bayes_accuracy[0], sure.map_accuracy[0]) == (0, 0)
    unsure = EverySplit(prior_with([1, 1.01], margin=0.02), 0)
    assert (unsure.bayes_accuracy[0], unsure.map_accuracy[0]) == (0.5, 0.5)


def test_what_is_refused():
    with pytest.raises(SettingError, match=r"target 4; allowed: 0\.\.3"):
        EverySplit(prior_with([1, 1, 1, 1]), 4)
    with pytest.raises(SettingError, match=r"17 rows; allowed: 1\.\.16"):
        EverySplit(prior_with(np.ones(2**17)), 0)
