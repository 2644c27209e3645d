"""`synth.Search`: run for a while, looked at, and run on, it ends as if it had not been stopped."""

import doctest
import itertools
import signal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.engine import driver, job, large, schedule, searches, watch
from synth.errors import SettingError, TaskError
from tests.test_checkpoint import CASES
from tests.test_threads import TINY, plain


@pytest.mark.parametrize(("task", "dsl", "limits"), CASES)
@pytest.mark.parametrize("tiny", [False, True])
def test_stopped_anywhere_and_run_on(task, dsl, limits, tiny, monkeypatch):
    """After more and more programs, within bands and between them."""
    if tiny:
        for name, value in {**TINY, "BATCH_WORDS": 2**14}.items():
            monkeypatch.setattr(job, name, value)
        monkeypatch.setattr(schedule, "BAND_CANDIDATES", 500)
    limits = {"seconds": None, "moves": 0, **limits}
    whole = synth.search(task, dsl, **limits)
    search = synth.Search(task, dsl, **limits)
    for part in (0.001, 0.01, 0.2, 0.21, 0.6, 0.9):
        stop = max(1, int(part * whole.candidates))
        found = search.run(max_programs=stop)
        cut = synth.search(task, dsl, max_programs=stop, **limits)
        assert plain(found) == plain(cut)
    assert plain(search.run(max_programs=None)) == plain(whole)
    assert plain(search.run()) == plain(whole)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 60_000), min_size=1, max_size=6).map(sorted))
def test_stopped_at_random(stops):
    search = synth.Search("monk:1", seconds=None, max_bits=19)
    for stop in stops:
        assert search.run(max_programs=stop).candidates <= stop
    whole = synth.search("monk:1", seconds=None, max_bits=19)
    assert plain(search.run(max_programs=None)) == plain(whole)


def test_band_by_band_with_a_look_after_each():
    """A look changes nothing, and says no more than was done."""
    limits = {"seconds": None, "max_bits": 17}
    whole, search = synth.search("monk:2", **limits), synth.Search("monk:2", **limits)
    assert search.result.stop_reason == "paused"
    assert search.result.program is None
    certified, more = [], True
    while more:
        more = search.advance()
        look = search.result
        assert look.stop_reason == ("paused" if more else whole.stop_reason)
        assert look.total_bits >= whole.total_bits
        certified.append(look.certified_bits)
    assert certified == sorted(certified)
    assert plain(search.result) == plain(whole)
    assert not search.advance()


def test_after_ctrl_c_a_search_advances_band_by_band():
    """The key that was pressed then says nothing now."""
    search = synth.Search("monk:1", max_bits=19, seconds=None)
    done = []

    def press(engine):
        if not done:
            done.append(True)
            signal.raise_signal(signal.SIGINT)

    assert search.run(progress=press).stop_reason == "interrupted"
    while search.advance():
        pass
    assert plain(search.result) == plain(synth.search("monk:1", max_bits=19, seconds=None))


def test_a_second_of_rest_is_no_second_of_search():
    search = synth.Search("tic-tac-toe", max_programs=50_000, moves=0)
    first = search.run().seconds
    assert search.result.seconds == first
    assert search.run(max_programs=60_000).seconds >= first


def test_seconds_count_from_the_start():
    search = synth.Search("tic-tac-toe", seconds=0.2, moves=0)
    first = search.run()
    assert first.stop_reason == "seconds"
    second = search.run(seconds=0.4)
    assert second.candidates > first.candidates
    assert second.seconds >= 0.4
    assert search.run(seconds=0.1).candidates == second.candidates


def test_more_bits_start_again():
    search = synth.Search("monk:1", max_bits=14)
    assert search.run().stop_reason == "max_bits"
    whole = synth.search("monk:1", max_bits=19)
    assert plain(search.run(max_bits=19)) == plain(whole)


def test_several_labellings_and_what_has_to_be_proven():
    task = synth.load_task("parity:n=6,k=3")
    both = [task, task.permuted(0)]
    limits = {"max_programs": 300_000, "seconds": None, "moves": 0}
    contrast = synth.contrast(task, **limits)
    search = synth.Search(both, proven=1, **limits)
    search.run(max_programs=100)
    search.run(max_programs=300_000)
    found = [plain(r) for r in search.results]
    assert found == [plain(contrast.structured), plain(contrast.random)]
    with pytest.raises(TaskError, match="rows or types unlike"):
        synth.Search([task, task.split(0.3, seed=5)])
    with pytest.raises(TaskError, match="1 and more"):
        synth.Search([])


@pytest.mark.slow
def test_an_exact_search_goes_on():
    search = synth.Search("majority:n=5,train=1.0", "boolean:basis=and-or", exact=True,
                          seconds=None, moves=0)  # fmt: skip
    bounds = [search.run(max_programs=n).exact_bound for n in (100, 2_000, 30_000)]
    assert bounds == sorted(bounds)
    last = search.run(max_programs=None)
    assert last.optimal
    assert last.program.bits == last.exact_bound
    alone = synth.search("majority:n=5,train=1.0", "boolean:basis=and-or", exact=True, seconds=None)
    assert last.program.bits == alone.program.bits


def test_a_search_in_a_file_goes_on_in_another(tmp_path):
    given_ = {"max_bits": 19, "seconds": None, "checkpoint": tmp_path / "kept"}
    synth.Search("monk:1", moves=0, **given_).run(max_programs=5_000)
    search = synth.Search("monk:1", **given_)
    assert search.result.candidates <= 5_000  # of a band of many costs, from its start
    assert search.result.seconds > 0
    assert plain(search.run()) == plain(synth.search("monk:1", max_bits=19, seconds=None))


def test_settings_are_checked():
    for given_, words in (
        ({"top": 0}, "top=0"),
        ({"every": -1}, "every=-1"),
        ({"max_bits": -1}, "max_bits=-1"),
        ({"checkpoint": "x", "exact": True}, "cannot be combined"),
    ):
        with pytest.raises(SettingError, match=words):
            synth.Search("parity:n=3", **given_)
    search = synth.Search("parity:n=3,k=2")
    with pytest.raises(SettingError, match="no limit minutes=3"):
        search.run(minutes=3)
    assert np.isfinite(search.run(max_bits=8).total_bits)


def test_search_and_contrast_are_a_few_lines_over_it(monkeypatch):
    made = []

    class Counted(driver.Search):
        def run(self, **more):
            made.append(len(self._fitted))
            return super().run(**more)

    monkeypatch.setattr(large, "Search", Counted)
    task = synth.load_task("parity:n=3,k=2")
    searches.search(task)
    searches.contrast(task)
    searches.search_labellings([task, task.permuted(1), task.permuted(2)])
    assert made == [1, 2, 3]


def test_the_example_of_the_docstring_runs():
    found = doctest.testmod(driver)
    assert found.attempted >= 3
    assert not found.failed


@pytest.mark.slow
def test_a_slow_enumeration_leaves_time_for_reach(monkeypatch):
    """The clock goes 10 ms on whenever it is read: the same on every machine."""
    ticks = itertools.count()
    monkeypatch.setattr(watch, "working_time", lambda: next(ticks) / 100)
    found = synth.Search(
        "multiplexer:a=3,train=200", "boolean", seconds=40.0, threads=1, moves=10_000
    )
    while found.advance() and found.result.reach is None:
        begun = found.result.seconds
    assert 14 < begun < 25
    result = found.run()
    assert len(result.reach.seeds) > 1
    assert result.stop_reason == "seconds"
    assert result.seconds >= 30
    given = synth.search("multiplexer:a=3,train=200", seconds=4.0, threads=1, moves=0)
    assert (given.reach, given.stop_reason) == (None, "seconds")
