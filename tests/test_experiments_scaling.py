"""Scaling, data and imbalance: each against slow references, its claim, and its control."""

from fractions import Fraction

import numpy as np
import pytest

import synth
from synth.dsls import boolean
from synth.errors import SettingError
from synth.experiments import scaling
from synth.types import Bool
from tests import naive

DSL = "boolean:basis=and-or-xor-not"


def mean(values):
    return sum(values, Fraction(0)) / len(values)


def slow_rules(programs, known, unseen, labels):
    """Held-out accuracy by every rule, of (bits, values) pairs with all programs apart."""
    n, truth = len(known), [labels[r] for r in unseen]
    seen = [labels[r] for r in known]
    table = naive.table_bits([seen.count(False), seen.count(True)])
    majority = sum(seen) * 2 > n
    right = mean([Fraction(y == majority) for y in truth])
    behaviours = {}
    for bits, values in programs:
        behaviours.setdefault(values, bits)
        behaviours[values] = min(bits, behaviours[values])

    def read(values):
        """(exceptions, predictions, right ones) with the opposite where that is better."""
        e = sum(values[r] != labels[r] for r in known)
        says = [values[r] != (2 * e > n) for r in unseen]
        right_ones = [Fraction(a == b) for a, b in zip(says, truth, strict=True)]
        return min(e, n - e), says, mean(right_ones)

    totals = []
    for values, bits in behaviours.items():
        e, _, accuracy = read(values)
        totals.append((naive.program_total(bits, n, e, 2, False), accuracy))
    best = min(t for t, _ in totals)
    ties = [a for t, a in totals if t <= best + 1e-9]
    found = {"least_total": mean(ties) if best < table - 1e-9 else right}
    mass, ones = 2.0**-table, np.full(len(truth), majority * 2.0**-table)
    for bits, values in programs:
        e, says, _ = read(values)
        weight = 2.0 ** -naive.program_total(bits, n, e, 2, False)
        mass += weight
        ones += weight * np.array(says)
    p = ones / mass
    found["vote"] = np.mean([0.5 if abs(q - 0.5) < 1e-9 else (q > 0.5) == y
                             for q, y in zip(p, truth, strict=True)])  # fmt: skip

    def accuracy(values):
        return mean([Fraction(values[r] == y) for r, y in zip(unseen, truth, strict=True)])

    fit = [(b, accuracy(v)) for b, v in programs if all(v[r] == labels[r] for r in known)]
    once = [(b, accuracy(v)) for v, b in behaviours.items()
            if all(v[r] == labels[r] for r in known)]  # fmt: skip
    found["consistent"] = len(once)
    for name in ("shortest", "draw", "uniform_program", "uniform_behaviour"):
        found[name] = right
    if fit:
        shortest = min(b for b, _ in once)
        found["shortest"] = mean([a for b, a in once if b == shortest])
        found["draw"] = sum(2.0**-b * a for b, a in fit) / sum(2.0**-b for b, _ in fit)
        found["uniform_program"] = mean([a for _, a in fit])
        found["uniform_behaviour"] = mean([a for _, a in once])
    return found


def test_rules_are_those_of_lists_of_all_programs():
    space = scaling._Space(DSL, 3, 14.5)
    columns = {f"x{v}": (np.arange(8) >> v & 1).astype(bool) for v in range(3)}
    grammar = synth.Grammar(boolean.build(basis="and-or-xor-not"), dict.fromkeys(columns, Bool))
    trees = naive.programs(grammar, int(14.5 * 1024))[Bool]
    every = [(u / 1024, tuple(map(bool, naive.behaviour(p, columns)))) for u, p in trees]
    generator, fits = np.random.default_rng(3), 0
    for n in (1, 2, 4, 6):
        for _ in range(3):
            order = generator.permutation(8)
            rules = scaling._Rules(space, order, n)
            labels = generator.integers(0, 2, 8).astype(bool)
            found = rules.accuracies(labels[order])
            for k, budget in enumerate(space.bits):
                part = [p for p in every if p[0] <= budget]
                expected = slow_rules(part, order[:n].tolist(), order[n:].tolist(), labels.tolist())
                fits += bool(expected["consistent"])
                for name, value in expected.items():
                    assert found[name][k] == pytest.approx(float(value), abs=1e-12), (name, n, k)
    assert fits > 20
    assert space.levels()[-1][1] == pytest.approx(np.log2(len(every)))


@pytest.fixture(scope="module")
def scaled():
    return synth.run_experiment("scaling", variables=4, rows=(6, 14), splits=6, random=30, bits=30)


def test_more_search_does_not_hurt_under_the_prior(scaled):
    for n in (6, 14):
        change = scaled.summary[
            f"{n} rows, worst change from the target's own length to the largest budget"
        ]
        # Beyond the target's own length nothing can have a lesser total.
        assert change["least_total"] == change["shortest"] == 0
        assert change["uniform_behaviour"] < -0.1
    loss = scaled.summary["6 rows, mean over targets, loss from the peak to the largest budget"]
    assert loss["uniform_program"] >= 0.05
    assert loss["uniform_behaviour"] > loss["uniform_program"] > loss["draw"]


def test_random_labels_stay_at_chance_though_programs_fit(scaled):
    random = [r for r in scaled.rows if r["target"] == "random" and r["rows"] == 6]
    assert random[-1]["consistent"] > 10
    assert scaled.summary["control: farthest from 1/2 on random labels"] < 0.05
    named = [r for r in scaled.rows if r["target"] == "parity 2"]
    assert max(r["shortest"] for r in named) > 0.8


def test_programs_tried_are_less_than_two_to_the_bits(scaled):
    for row in scaled.rows:
        assert row["log2_programs"] <= row["budget"]
        assert row["target"] == "random" or row["own_bits"] > 0


def test_scaling_refuses_what_it_cannot_do():
    with pytest.raises(SettingError, match=r"rows=16; allowed: 2..15 of the 16"):
        synth.run_experiment("scaling", variables=4, rows=(4, 16))
    with pytest.raises(SettingError, match=r"bits=2; allowed: "):
        synth.run_experiment("scaling", bits=2, rows=(4,))
    with pytest.raises(SettingError, match="targets=parity 9; allowed: x0, x0 & x1"):
        synth.run_experiment("scaling", targets=("parity 9",))
