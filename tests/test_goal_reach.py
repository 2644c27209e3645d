"""Reach within the search for programs without exceptions: upper bounds beside the lower one."""

import json
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.cli.commands import main
from synth.engine import backward, driver
from synth.engine.reach import Reaches, ReachSettings
from synth.language import Bool, Program
from synth.report import search_text
from tests import naive
from tests.attack.claims import false_claims
from tests.drawn import budget_of, tasks
from tests.test_threads import plain

AND_OR_NOT = "boolean:basis=and-or-not"
PARITY, FOUR = "parity:n=5,k=5,train=1.0", "parity:n=4,k=4,train=1.0"
LITTLE = {"exact": True, "max_programs": 400, "chains": 4, "seconds": None, "threads": 1}


def is_exact(result):
    """Whether the program is right on all training rows and has a value on every row."""
    task = result.trained_on
    seen = naive.behaviour(result.best, task.columns)
    return seen is not None and all(
        seen[r] == label for r, label in enumerate(task.labels.tolist()) if task.train[r]
    )


@pytest.mark.parametrize(
    ("name", "most"), [(PARITY, 220), ("multiplexer:a=2,train=1.0", 100)], ids=lambda v: str(v)[:6]
)
def test_few_moves_find_what_the_exact_search_alone_does_not(name, most):
    found = synth.search(name, AND_OR_NOT, moves=40, **LITTLE)
    limits = {**LITTLE, "max_bits": 45.0}  # without moves it ends at a number of bits
    alone = synth.search(name, AND_OR_NOT, moves=0, **limits)
    assert alone.program is None
    assert found.program.found_by == "reach"
    assert found.program.exceptions == 0
    assert is_exact(found)
    assert alone.exact_bound <= found.exact_bound < found.program.bits < most
    assert not found.optimal
    assert found.stop_reason == "moves"
    assert found.reach.moves == found.reach.planned == 40
    assert found.reach.points[-1]["exceptions"] == 0
    assert found.reach.points[-1]["bits"] == found.program.bits
    assert found.front[-1].exceptions == 0
    assert found.front[-1].bits == found.program.bits


@settings(max_examples=40, deadline=None)
@given(tasks(), st.data())
def test_every_claim_is_true(drawn, data):
    """However little is solved before reach, and whatever it begins with."""
    grammar, root, task = drawn
    if root.inexact:
        return
    most = budget_of(grammar, 500)
    held = naive.behaviours(grammar, task.columns, most)[root]
    limits = {"seconds": None, "moves": data.draw(st.sampled_from([1, 16]))}
    limits["max_programs"] = data.draw(st.integers(1, 200))
    if data.draw(st.booleans()):
        limits["max_bits"] = data.draw(st.integers(0, most)) / 1024
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(backward, "SOLVED_FIRST", data.draw(st.sampled_from([1, 2**21])))
        found = synth.search(task, grammar.dsl, exact=True, **limits)
    assert false_claims(found, grammar, task, root, held, most) == []
    if found.program is not None:
        assert is_exact(found)
        assert found.exact_bound is None or found.exact_bound <= found.program.bits
        assert found.optimal == (found.exact_bound in (None, found.program.bits))


@pytest.mark.parametrize(("name", "basis"), [(FOUR, "anf"), ("majority:n=5,train=1.0", "and-or")])
def test_a_proof_needs_no_moves(name, basis):
    found = synth.search(name, f"boolean:basis={basis}", exact=True, seconds=60)
    assert found.optimal
    assert found.reach is None
    assert found.program.found_by == "exact"
    assert found.stop_reason == "optimal"


def test_an_upper_bound_that_meets_the_lower_one_is_proven(monkeypatch):
    """A program of the user's own is the shortest: solving proves it, and need not find it."""
    monkeypatch.setattr(backward, "SOLVED_FIRST", 1)
    name, dsl = "majority:n=5,train=1.0", "boolean:basis=and-or"
    least = synth.search(name, dsl, exact=True, seconds=60, moves=0)
    assert least.optimal
    start = {**LITTLE, "start": [least.program.text], "moves": 1, "chains": 1}
    for programs, proven in ((5_000, False), (30_000, True)):
        found = synth.search(name, dsl, **{**start, "max_programs": programs})
        assert (found.program.bits, found.program.found_by) == (least.program.bits, "reach")
        assert found.optimal is proven
        assert found.stop_reason == ("optimal" if proven else "moves")
        assert (found.exact_bound == least.exact_bound) is proven
        assert found.exact_bound <= least.exact_bound


def test_bounds_that_are_equal_within_the_unit_of_the_code():
    """Engine costs are finer than bits in a grammar with free steps."""
    engine = SimpleNamespace(grammar=SimpleNamespace(shift=20))

    made = object.__new__(backward.BackwardSearch)
    made.engine, made.best = engine, ((7 << 20) + 5, None)
    for bound, proven in (((7 << 20) - 1, False), (7 << 20, True), ((7 << 20) + 5, True)):
        made.bound = bound
        assert made.proven is proven
        assert (made.bound_bits == 7 / 1024) is proven


def test_wrong_on_every_row_is_turned():
    """Reach reads it as its opposite; here the program itself has to be right."""
    task = synth.load_task(FOUR)
    inside = "x0 ^ x1 ^ (x2 ^ x3)"
    other = synth.Task("other", task.columns, task.types, ~task.labels, Bool)
    search = synth.Search(other, "boolean", max_programs=20, moves=0)
    search.run()
    program = Program.parse(inside, search._engine.grammar, Bool)
    made = {}
    for exact in (False, True):
        reaches = Reaches(
            search._engine, search._labellings, ReachSettings(1, exact=exact), [program]
        )
        (made[exact],) = reaches.each.values()
        made[exact].advance(search._engine.crew, lambda: False)
    assert made[False].found.front[-1][1] == made[True].found.front[-1][1] == 0
    assert made[False].found.exact is None
    units, right = made[True].found.exact
    assert np.array_equal(right.evaluate(task.columns), ~task.labels)
    assert units == right.units(search._engine.grammar)


def test_threads_and_pauses_change_nothing():
    given_ = {**LITTLE, "moves": 24}
    whole = synth.search(PARITY, AND_OR_NOT, **given_)
    other = synth.search(PARITY, AND_OR_NOT, **{**given_, "threads": 2})
    assert plain(other) == {**plain(whole), "settings": plain(other)["settings"]}
    search = synth.Search(PARITY, AND_OR_NOT, **{**given_, "seconds": 0.0})
    assert search.result.program is None
    stopped = search.run()
    assert stopped.stop_reason == "seconds"
    assert stopped.reach is None
    assert stopped.exact_bound == 0
    again = search.run(seconds=None)
    assert (again.program, again.exact_bound) == (whole.program, whole.exact_bound)
    assert again.reach == whole.reach


def test_ctrl_c_while_reach_works(monkeypatch):
    """The best so far is shown, and the search goes on to the equal result."""
    given_ = {**LITTLE, "moves": 24}
    whole = synth.search(PARITY, AND_OR_NOT, **given_)
    search = synth.Search(PARITY, AND_OR_NOT, **given_)

    pressed = []

    @contextmanager
    def interrupts():
        yield lambda: bool(pressed)

    def press(what):
        if isinstance(what, Reaches):
            pressed.append(True)

    monkeypatch.setattr(driver, "interrupts", interrupts)
    stopped = search.run(progress=press)
    assert stopped.stop_reason == "interrupted"
    assert stopped.reach.moves < 24
    monkeypatch.undo()
    again = search.run()
    assert (again.program, again.exact_bound) == (whole.program, whole.exact_bound)


def test_the_enumeration_goes_on_after_its_share(monkeypatch):
    """It waits for reach only: the lower bound becomes what it is without moves."""
    monkeypatch.setattr(driver, "default_programs", lambda engine, exact: 3000)
    solve = backward.BackwardSearch.solve

    def briefly(self, must_stop, most_contexts=None, proving=False):
        solve(self, must_stop, min(3, most_contexts or 3), proving)

    monkeypatch.setattr(backward.BackwardSearch, "solve", briefly)
    given_ = {"exact": True, "memory": 2**21, "seconds": None, "threads": 1, "chains": 4}
    found = synth.search(PARITY, AND_OR_NOT, moves=8, **given_)
    alone = synth.search(PARITY, AND_OR_NOT, moves=0, **given_)
    assert found.program.found_by == "reach"
    assert found.candidates == alone.candidates > 20_000
    assert found.certified_bits == alone.certified_bits
    assert found.exact_bound == alone.exact_bound > 30


def test_what_is_printed():
    found = synth.search(PARITY, AND_OR_NOT, moves=24, **LITTLE)
    text = " ".join(search_text(found, 100).split())
    assert "found by reach, before the first move; 24 moves of 4 chains found none better" in text
    assert "stopped: all moves were made" in text
    assert "without exceptions none of fewer" in text
    own = replace(found, program=replace(found.program, found_by="exact"))
    assert "search without exceptions; reach found none better in 24 moves" in search_text(own, 200)


def test_on_the_command_line(capsys):
    arguments = ["search", PARITY, "--dsl", AND_OR_NOT, "--exact", "--moves", "8", "--chains", "2",
                 "--max-programs", "300", "--seconds", "60", "--json"]  # fmt: skip
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 0
    document = json.loads(capsys.readouterr().out)
    assert document["program"]["found_by"] == "reach"
    assert document["reach"]["moves"] == 8
    assert document["exact_bound"] < document["program"]["bits"]


@pytest.mark.parametrize(
    ("task", "share"),
    [
        ("parity:n=6", False),
        ("monk:1", True),
        pytest.param("parity:n=6", True, marks=pytest.mark.slow),
        pytest.param("monk:1", False, marks=pytest.mark.slow),
    ],
)
def test_a_search_that_time_has_cut_says_so(monkeypatch, task, share):
    reasons = set()
    for most in (1, 10, 100, 1000, 3000):
        search = synth.Search(task, exact=True, moves=400, max_programs=300, seconds=None)
        calls = []

        def is_late(extra=0.0, calls=calls, most=most):
            calls.append(extra)
            return len(calls) > most

        monkeypatch.setattr(search if share else search._watch, "_" * share + "is_late", is_late)
        reason = search.run().stop_reason
        reasons.add(reason)
        assert reason != "paused"
        assert reason == "seconds" or not search._backward.cut
    assert "seconds" in reasons
