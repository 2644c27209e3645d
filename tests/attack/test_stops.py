"""Exact searches stop within a context, and what they have proven by then holds."""

import pytest

import synth
from synth.engine import targets
from synth.engine.watch import Watch
from tests.test_threads import plain

TASKS = (
    ("parity:n=4,k=4", {"max_programs": 300, "max_bits": 22}),
    ("majority:n=3,train=1.0", {"max_programs": 300, "max_bits": 26}),
    ("majority:n=5,train=1.0", {"max_programs": 2000, "max_bits": 24}),
    ("mod-x3xy:p=7", {"max_programs": 2000, "max_bits": 20}),
    ("monk:2", {"max_programs": 2000, "max_bits": 18}),
)
LIMITS = {"exact": True, "threads": 1, "memory": 10**8, "seconds": None}


@pytest.mark.parametrize(("task", "limits"), TASKS)
def test_pieces_change_nothing(task, limits, monkeypatch):
    whole = synth.search(task, **LIMITS, **limits)
    monkeypatch.setattr(targets, "FIRST_PIECE", 1)
    monkeypatch.setattr(targets, "PIECE_SECONDS", 0.0)
    assert plain(synth.search(task, **LIMITS, **limits)) == plain(whole)


@pytest.mark.parametrize(("task", "limits"), TASKS[1:3])
def test_a_stop_at_any_question_leaves_a_true_bound(task, limits, monkeypatch):
    """The bound that a cut search claims is never above that of a search that was not cut."""
    given = {**LIMITS, **limits}
    whole = synth.search(task, **given)
    monkeypatch.setattr(targets, "FIRST_PIECE", 16)
    asked, late_from, is_late = [0], [0], Watch.is_late

    def is_late_at(self, extra=0.0):
        asked[0] += 1
        return asked[0] > late_from[0] or is_late(self, extra)

    monkeypatch.setattr(Watch, "is_late", is_late_at)
    bounds = []
    for late_from[0] in (1, 3, 10, 30, 100, 300):
        asked[0] = 0
        found = synth.search(task, **given)
        bounds.append(found.exact_bound)
        assert found.exact_bound <= whole.exact_bound
        assert not found.optimal or whole.optimal
    assert bounds == sorted(bounds)
