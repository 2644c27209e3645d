"""Journals of experiments that were damaged, or are of other data: refused in one line."""

import json
import random

import pytest

import synth
from synth.errors import RunError, SynthError, UnsavedWarning
from synth.files import only_writer, write_file
from synth.runs import journal as journals
from synth.runs.journal import Journal
from tests.attack import forging

NAME = "corruption"
SETTINGS = {"rows": (12,), "runs": 2, "task": "mod-add:p=7", "noise": (0.0, 0.2, 0.4)}


def stopped(path, most, **settings):
    """Run the experiment until some answers are kept; returns the bytes of the journal."""
    keep = Journal.keep

    def keep_some(self, call, item, count, answer):
        if item == most:
            raise KeyboardInterrupt
        return keep(self, call, item, count, answer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Journal, "keep", keep_some)
        assert synth.run_experiment(NAME, journal=path, **settings).stop_reason == "interrupted"
    return path.read_bytes()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """(path, bytes of a journal, rows of the whole run)."""
    path = tmp_path_factory.mktemp("journal") / "part"
    data = stopped(path, 3, **SETTINGS)
    assert data.count(b"\n") == 4
    return path, data, synth.run_experiment(NAME, **SETTINGS).rows


def resumed(kept, lines):
    """The rows of a run that goes on from some lines, None if it refuses them."""
    path, *_ = kept
    path.write_bytes(b"\n".join(lines))
    try:
        return synth.run_experiment(NAME, journal=path, **SETTINGS).rows
    except SynthError as error:
        text = str(error)
    assert "\n" not in text
    assert path.name in text
    return None


def test_as_it_is_it_goes_on(kept):
    assert resumed(kept, kept[1].split(b"\n")) == kept[2]


WAYS = {
    "doubled": lambda lines: [*lines[:2], lines[1], *lines[2:]],
    "lost": lambda lines: [lines[0], *lines[2:]],
    "first lost": lambda lines: lines[1:],
    "exchanged": lambda lines: [lines[0], lines[2], lines[1], *lines[3:]],
    "empty line": lambda lines: [lines[0], b"", *lines[1:]],
    "a figure": lambda lines: [*lines[:2], _other_digit(lines[2]), *lines[3:]],
    "other JSON": lambda lines: [lines[0], b'{"a": [1, 2]}', *lines[1:]],
    "no JSON": lambda lines: [lines[0], b"\xff\x00", *lines[1:]],
    "a list": lambda lines: [b"[]", *lines[1:]],
    "deep": lambda lines: [lines[0], b"[" * 10**5, *lines[1:]],
}


def _other_digit(line):
    at = next(k for k in range(line.index(b"answer"), len(line)) if line[k : k + 1].isdigit())
    return line[:at] + (b"1" if line[at : at + 1] != b"1" else b"2") + line[at + 1 :]


@pytest.mark.parametrize("way", WAYS)
def test_lines_that_are_not_as_they_were(kept, way):
    assert resumed(kept, WAYS[way](kept[1].split(b"\n"))) is None


def check_damaged(kept, seed):
    """Random bytes: refused, or only a cut last line is made again."""
    generator, data = random.Random(seed), bytearray(kept[1])
    at, kind = generator.randrange(len(data)), generator.randrange(3)
    if kind == 0:
        data[at] ^= 1 << generator.randrange(8)
    elif kind == 1:
        del data[at : at + generator.randrange(1, 50)]
    else:
        data[at:at] = data[: generator.randrange(1, 50)]
    rows = resumed(kept, bytes(data).split(b"\n"))
    assert rows in (None, kept[2])


def check_forged(kept, seed):
    """One value is another one, and all checksums are right: no traceback."""
    generator, lines = random.Random(seed), kept[1].splitlines()
    number = generator.randrange(1, len(lines))
    made, before = [], ""
    for k, line in enumerate(lines):
        document = json.loads(line)
        del document["checksum"]
        if k == number:
            document = forging.changed(document, generator)
        text = json.dumps(document)
        before = journals._checksum(before, text)
        made.append(f'{text[:-1]}, "checksum": "{before}"}}'.encode())
    resumed(kept, [*made, b""])


@pytest.mark.parametrize("seed", range(8))
def test_random_changes(kept, seed):
    check_damaged(kept, seed)
    check_forged(kept, seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1150))
def test_many_random_changes(kept, seed):
    check_damaged(kept, seed)
    check_forged(kept, seed)


TABLE = [["a", "b", "y"], *([str(a), str(b), str((a + b) % 3)] for a in range(3) for b in range(3))]


def table(edit=lambda rows: rows):
    return "".join(",".join(row) + "\n" for row in edit([list(row) for row in TABLE]))


def _with(row, column, text):
    def edit(rows):
        rows[row][column] = text
        return rows

    return edit


EDITS = {
    "a label": _with(3, 2, "0"),
    "an input": _with(3, 0, "2"),
    "a name": _with(0, 1, "c"),
    "a row less": lambda rows: rows[:-1],
    "a row more": lambda rows: [*rows, rows[1]],
    "order": lambda rows: [rows[0], *rows[:0:-1]],
    "a column": lambda rows: [[*row, "1"] for row in rows],
}


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_table_is_refused(edit, tmp_path):
    (tmp_path / "t.csv").write_text(table())
    settings = {"task": str(tmp_path / "t.csv")}
    path = tmp_path / "part"
    Journal(path, "x", settings, "").close(False)
    Journal(path, "x", settings, "").close(False)
    (tmp_path / "t.csv").write_text(table(EDITS[edit]))
    with pytest.raises(RunError, match=r"t\.csv was changed since; use the former, or remove"):
        Journal(path, "x", settings, "")


def test_an_edited_dsl_is_refused_also_where_it_reads_another_file(tmp_path):
    (tmp_path / "d.py").write_text(
        "import pathlib, numpy as np\nfrom synth import DSL, Int\n"
        "K = int(pathlib.Path(__file__).with_name('k').read_text())\n"
        "d = DSL('own', types=(Int(-9, 9),))\n"
        "@d.primitive()\ndef scaled(a: Int) -> Int:\n    return np.clip(a * K, -9, 9)\n"
    )
    (tmp_path / "k").write_text("2")
    settings, path = {"dsl": f"{tmp_path}/d.py:d"}, tmp_path / "part"
    Journal(path, "x", settings, "").close(False)
    Journal(path, "x", settings, "").close(False)
    (tmp_path / "k").write_text("3")
    with pytest.raises(RunError, match=r"d\.py:d was changed since"):
        Journal(path, "x", settings, "")


def test_one_writer_at_a_time(tmp_path):
    path = tmp_path / "part"
    journal = Journal(path, "x", {}, "")
    with pytest.raises(RunError, match="part is being written by another process"):
        Journal(path, "x", {}, "")
    journal.close(False)
    Journal(path, "x", {}, "").close(True)
    with only_writer(tmp_path / "c"), pytest.raises(RunError, match="c is being written by an"):
        synth.search("parity:n=3", checkpoint=tmp_path / "c", moves=0)
    search = synth.Search("parity:n=3", checkpoint=tmp_path / "c", every=0, moves=0)
    write_file(tmp_path / "c", "")
    with pytest.raises(RunError, match="c was written by another search since this one began"):
        search.run()
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_a_full_disk_is_said_and_the_work_goes_on(tmp_path, monkeypatch):
    def full(_):
        raise OSError(28, "No space left on device")

    journal = Journal(tmp_path / "part", "x", {}, "")
    monkeypatch.setattr("os.fsync", full)
    with pytest.warns(UnsavedWarning, match=r"part cannot be written: No space left on device"):
        assert journal.keep(0, 0, 2, {"a": (1,)}) == {"a": [1]}
    assert journal.keep(0, 1, 2, 3) == 3
    journal.close(False)
    assert (tmp_path / "part").read_bytes().count(b"\n") == 1
    with pytest.warns(UnsavedWarning, match=r"no checkpoint: .*c cannot be written: No space"):
        found = synth.search(
            "parity:n=5,k=4", checkpoint=tmp_path / "c", every=0, moves=0, max_programs=100
        )
    assert found.candidates == 100
    assert sorted(p.name for p in tmp_path.iterdir()) == ["part"]


def test_modes_are_kept_and_leftovers_go(tmp_path):
    path = tmp_path / "run.json"
    path.write_text("old")
    path.chmod(0o640)
    (tmp_path / ".run.json.new").write_text("of a process that was killed")
    (tmp_path / ".run.json.lock").write_text("")
    write_file(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["run.json"]
