"""Checkpoints: a search that is killed, or cut short, ends as if it had not been."""

import json
import os
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.engine import job, schedule
from synth.errors import RunError, SettingError
from tests.test_threads import TINY, plain

CASES = [
    ("parity:n=6,k=6", "boolean:basis=and-or-not", {"max_bits": 26}),
    ("parity:n=8,k=4", "boolean", {"max_bits": 21}),
    ("mod-x3xy:p=11", "modular", {"max_bits": 18}),
    ("monk:2", "integer", {"max_bits": 17}),
    ("monk:3", "integer", {"memory": 3 * 2**20, "moves": 0}),
    ("parity:n=6,k=6", "boolean:basis=and-or-not", {"memory": 3 * 2**20, "moves": 0}),
]


@pytest.mark.parametrize(("task", "dsl", "limits"), CASES)
@pytest.mark.parametrize("tiny", [False, True])
def test_cut_anywhere_and_resumed(task, dsl, limits, tiny, tmp_path, monkeypatch):
    """Stopped after more and more programs, within bands too, and gone on each time."""
    if tiny:
        for name, value in {**TINY, "BATCH_WORDS": 2**14}.items():
            monkeypatch.setattr(job, name, value)
        monkeypatch.setattr(schedule, "BAND_CANDIDATES", 500)
    whole = synth.contrast(task, dsl, seconds=None, **limits)
    total, file = whole.structured.candidates, tmp_path / "c"
    for part in (0.001, 0.01, 0.2, 0.21, 0.6, 0.9):
        stop = max(1, int(part * total))
        given = {"moves": 0, **limits}
        cut = synth.contrast(task, dsl, seconds=None, max_programs=stop, checkpoint=file, **given)
        assert cut.structured.candidates == stop
    found = synth.contrast(task, dsl, seconds=None, checkpoint=file, every=0, **limits)
    assert plain(found.structured) == plain(whole.structured)
    assert plain(found.random) == plain(whole.random)
    # A search that has ended says the same once more.
    again = synth.contrast(task, dsl, seconds=None, checkpoint=file, **limits)
    assert plain(again.structured) == plain(whole.structured)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 60_000), min_size=1, max_size=4).map(sorted))
def test_cut_at_random(tmp_path_factory, stops):
    file = tmp_path_factory.mktemp("cut") / "c"
    for stop in stops:
        synth.search("monk:1", seconds=None, max_programs=stop, max_bits=19, checkpoint=file)
    found = synth.search("monk:1", seconds=None, max_bits=19, checkpoint=file)
    assert plain(found) == plain(synth.search("monk:1", seconds=None, max_bits=19))


def test_resumed_with_a_lower_limit(tmp_path):
    """What is kept stays, and nothing more is made."""
    for stop in (3000, 3000, 70, 3001):
        found = synth.search(
            "parity:n=6,k=6,train=1.0", "boolean:basis=and-or-not", max_programs=stop, max_bits=24,
            checkpoint=tmp_path / "c",
        )  # fmt: skip
        assert found.stop_reason == "max_programs"
        assert stop <= found.candidates <= 3001


def test_another_search_is_refused(tmp_path):
    file = tmp_path / "c"
    synth.search("parity:n=5", checkpoint=file, every=0, max_bits=15)
    for changed, words in (
        ({"task": "parity:n=5,seed=1"}, "another task, or other labels or rows; allowed"),
        ({"dsl": "boolean:basis=nand"}, "another DSL; allowed"),
        ({"max_bits": 16}, "max_bits is 15.0 there and 16.0 here"),
        ({"top": 3}, "top is 10 there and 3 here"),
        ({"memory": 10**8}, "memory is "),
    ):
        given = {"task": "parity:n=5", "max_bits": 15, **changed}
        with pytest.raises(RunError, match=f"^[^ ]*c is a checkpoint of another search: {words}"):
            synth.search(checkpoint=file, **given)
    with zipfile.ZipFile(file) as kept:
        entries = {name: kept.read(name) for name in kept.namelist()}
    manifest = json.loads(entries["manifest.json"])
    assert manifest["version"] == synth.__version__
    entries["manifest.json"] = json.dumps({**manifest, "version": "0.0.1"})
    with zipfile.ZipFile(file, "w") as kept:
        for name, data in entries.items():
            kept.writestr(name, data)
    with pytest.raises(RunError, match=r"version is '0.0.1' there and"):
        synth.search("parity:n=5", checkpoint=file, max_bits=15)


def test_what_cannot_be_read_is_refused(tmp_path):
    file = tmp_path / "c"
    for content in (b"", b"nothing", b"PK\x03\x04 cut short"):
        file.write_bytes(content)
        with pytest.raises(RunError, match="is no checkpoint that can be read"):
            synth.search("parity:n=5", checkpoint=file, max_bits=15)
    file.unlink()
    synth.search("parity:n=5", checkpoint=file, every=0, max_bits=15)
    data = file.read_bytes()
    file.write_bytes(data[: len(data) // 2])
    with pytest.raises(RunError, match="is no checkpoint that can be read"):
        synth.search("parity:n=5", checkpoint=file, max_bits=15)
    with pytest.raises(RunError, match="cannot be written"):
        synth.search("parity:n=5", checkpoint=tmp_path / "no" / "c")
    with pytest.raises(RunError, match="no regular file"):
        synth.search("parity:n=5", checkpoint=os.devnull)
    with pytest.raises(SettingError, match="every='often'; allowed: seconds"):
        synth.search("parity:n=5", checkpoint=file, every="often")
    with pytest.raises(SettingError, match="checkpoint cannot be combined with exact"):
        synth.search("parity:n=5", checkpoint=file, exact=True)
