"""Real labels: Ctrl-C and the clock are looked at within all work, and what is cut is not claimed.

Looks are counted, and work by the values that it reads; nothing depends on time.
"""

from contextlib import contextmanager

import numpy as np
import pytest

import synth
from synth import Real
from synth.engine import pool, products, regress, regression, sums, watch
from synth.kernels import pairs
from tests.test_regression import least_totals, random_dsl, random_task


@pytest.fixture
def small_pieces(monkeypatch):
    """Every loop goes in small pieces."""
    monkeypatch.setattr(sums, "BLOCK", 2**6)
    monkeypatch.setattr(sums, "PAIR_BLOCK", 4)
    monkeypatch.setattr(products, "BLOCK", 4)
    monkeypatch.setattr(pool, "PIECE", 2**9)


class Looks:
    """Counts looks; from the last one on, it is late."""

    def __init__(self, last=None):
        self.count, self.last, self.hooks = 0, last, []

    def __call__(self):
        self.count += 1
        for hook in self.hooks:
            hook()
        return self.last is not None and self.count > self.last

    def take_the_place_of_signals(self, monkeypatch):
        """Let a search ask these."""

        @contextmanager
        def interrupts():
            yield self

        monkeypatch.setattr(regression, "interrupts", interrupts)


def searched(seed):
    """A task, a DSL, and what all programs and pairs up to 7 bits cost, by brute force."""
    rng = np.random.default_rng(seed)
    dsl, task = random_dsl(rng), random_task(rng)
    return task, dsl, least_totals(task, dsl, 7.0)


@pytest.mark.parametrize("seed", range(2))
def test_what_is_cut_at_any_look_claims_what_was_scored(seed, monkeypatch, small_pieces):
    task, dsl, (_, double) = searched(seed)
    whole = Looks()
    whole.take_the_place_of_signals(monkeypatch)
    (full,) = regress(task, dsl, max_bits=7.0, pairs=30, seconds=None)
    ends, least = set(), {}
    for last in sorted({0, 2, 5, 9, 14, *range(20, whole.count, 1 + whole.count // 6)}):
        Looks(last).take_the_place_of_signals(monkeypatch)
        (cut,) = regress(task, dsl, max_bits=7.0, pairs=30, seconds=None)
        assert cut.stop_reason == "interrupted"
        assert cut.certified_bits <= full.certified_bits
        assert cut.pair_bits <= full.pair_bits
        assert cut.certified_bits <= cut.product_bits <= full.product_bits
        ends.add(cut.certified_bits)
        found = min(cut.program.total_bits if cut.program else np.inf, cut.total_bits)
        if cut.certified_bits not in least:
            single, _ = least_totals(task, dsl, max(cut.certified_bits, 0))
            least[cut.certified_bits] = min(single, default=np.inf)
        known = [total for total, bits in double if bits <= cut.pair_bits]
        assert found <= min(least[cut.certified_bits], *known, np.inf) + 1e-5
    assert len(ends) > 1


def test_a_band_that_is_cut_while_it_is_scored_is_not_certified(monkeypatch, small_pieces):
    task, dsl, _ = searched(0)
    (full,) = regress(task, dsl, max_bits=7.0, pairs=0, seconds=None)
    monkeypatch.setattr(sums.Singles, "score", lambda self, rows, is_late: False)
    monkeypatch.setattr(watch.Watch, "reason", lambda self, made: "interrupted")
    (cut,) = regress(task, dsl, max_bits=7.0, pairs=0, seconds=None)
    assert cut.certified_bits <= 0 < full.certified_bits
    assert cut.stop_reason == "interrupted"


def test_there_is_a_look_at_every_piece_of_work(monkeypatch, small_pieces):
    rng = np.random.default_rng(0)
    names = [f"x{k}" for k in range(8)]
    columns = dict(zip(names, rng.uniform(1, 3, (8, 64)).round(2), strict=True))
    labels = np.round(rng.normal(size=64), 2)
    task = synth.Task("noise", columns, dict.fromkeys(names, Real), labels, Real)
    looks, worked, most = Looks(), {}, {}
    looks.hooks.append(worked.clear)

    def counted(owner, name, size):
        """Count what a function reads between two looks."""
        function = getattr(owner, name)

        def count(*given):
            worked[name] = worked.get(name, 0) + size(*given)
            most[name] = max(most.get(name, 0), worked[name])
            return function(*given)

        monkeypatch.setattr(owner, name, count)

    counted(pairs, "moments", lambda values, *_: values.size)
    counted(pairs, "explaining", lambda likeness, *_: likeness.size)
    counted(pool._Classes, "add", lambda self, columns, most: columns.size)
    counted(sums.Target, "likely", lambda self, explained, *_: explained.size)
    looks.take_the_place_of_signals(monkeypatch)
    regress(task, "real", max_programs=2000, pairs=60, seconds=None)
    # At least one behaviour is scored at a time.  A piece is classed twice: with logarithms too.
    assert most["moments"] <= 2**6
    assert most["add"] <= 2 * 2**9
    assert most["explaining"] <= 64 * len(columns) ** 4
    assert most["likely"] <= 4 * 2**10
    assert looks.count > 100
