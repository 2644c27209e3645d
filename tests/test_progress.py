"""The progress bar of searches and experiments: tqdm's, or a line without it."""

import sys
import time
from typing import ClassVar

import pytest

import synth
from synth.report import bar as module

SETTINGS = {"max_programs": 20_000, "moves": 30, "threads": 1}


class Recorded:
    """In place of tqdm: what a bar was told."""

    made: ClassVar[list] = []

    def __init__(self, *, total, unit, **_):
        self.total, self.unit, self.shown, self.closed = total, unit, [], False
        self.made.append(self)

    def set_postfix_str(self, text):
        self.shown.append((self.n, text))

    def close(self):
        self.closed = True


@pytest.fixture
def bars(monkeypatch):
    """The bars that were made; there is no waiting for the first."""
    tqdm = pytest.importorskip("tqdm.auto")
    monkeypatch.setattr(tqdm, "tqdm", Recorded)
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    monkeypatch.setattr(Recorded, "made", [])
    return Recorded.made


def test_a_search_shows_programs_and_then_moves(bars):
    synth.search("parity:n=9,k=7", progress=True, **SETTINGS)
    programs, moves = bars
    assert (programs.unit, programs.total) == (" programs", 20_000)
    assert (moves.unit, moves.total) == (" moves", 30)
    for bar in bars:
        numbers = [number for number, _ in bar.shown]
        assert numbers == sorted(numbers)
        assert numbers[-1] >= bar.total
        assert bar.closed
    assert "distinct" in programs.shown[-1][1]
    assert "of 30 moves" in moves.shown[-1][1]


def test_a_bar_is_closed_after_an_error(bars):
    def fail(*_):
        raise ZeroDivisionError

    search = synth.Search("parity:n=9,k=7", **SETTINGS)
    search._is_proven = fail
    with pytest.raises(ZeroDivisionError):
        search.run(progress=True)
    (bar,) = bars
    assert bar.closed


def test_an_experiment_shows_its_items(bars):
    synth.run_experiment("regret", progress=True, variables=3, orders=2, random=2)
    (bar,) = bars
    assert bar.unit == " items"
    assert bar.shown[-1] == (bar.total, f"{bar.total} of {bar.total} items")
    assert bar.closed


def test_without_tqdm_a_line_is_shown_and_removed(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    monkeypatch.setattr(module, "PATIENCE", 0.0)
    synth.contrast("parity:n=6,k=3", progress=True, threads=1)
    out, err = capsys.readouterr()
    assert out == ""
    *shown, blank, end = err.split("\r")
    assert any("programs" in line for line in shown)
    assert {len(line) for line in shown} <= {0, 78}
    assert (blank.strip(), end) == ("", "")


def test_nothing_is_shown_in_the_first_second(monkeypatch, capsys):
    now = time.monotonic()
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    synth.search("parity:n=6,k=3", progress=True)
    assert capsys.readouterr() == ("", "")
