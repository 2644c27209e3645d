"""Edges: hostile texts, bodies, files and tables are shown as they are or end in one line."""

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from click.testing import CliRunner

import synth
from synth import Bool, Int, ProgramClassifier, Real, Task
from synth.cli import main
from synth.cli.progress import Progress
from synth.errors import SettingError, SynthError, TaskError, TypeMismatchError, quoted, visible
from synth.kernels import cache
from synth.library import saved as library_files
from synth.tasks import sources
from tests.command import run

ROOT = Path(__file__).parent.parent
#: What no terminal may get: control characters and those that turn or hide text.
OBEYED = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
#: A table whose headers and labels clear screens, set titles and turn texts around.
HOSTILE = (
    "a\x1b[31m\x1b]0;owned\x07,b\u202e,c\x9b31m,l\u2066\n"
    "0,1,0,r\x1b[2Jed\n1,0,1,blue\n1,1,0,r\x1b[2Jed\n0,0,1,blue\n1,1,1,blue\n0,0,1,r\x1b[2Jed\n"
)  # fmt: skip


@pytest.fixture
def hostile(tmp_path):
    path = tmp_path / "t\u202e\x1b[5m.csv"
    path.write_text(HOSTILE)
    return path


def said(*arguments, code=0):
    """All that a command prints, on both streams."""
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    assert result.exit_code == code, result.output + repr(result.exception)
    return result.stdout + result.stderr


COMMANDS = [
    (0, ("search", "TABLE", "--moves", "0", "--save", "RUN")),
    (0, ("search", "TABLE", "--moves", "0", "--label", "c\x9b31m")),
    (0, ("contrast", "TABLE", "--moves", "0", "--save", "RUN")),
    (0, ("contrast", "TABLE", "--moves", "0", "--seeds", "2")),
    (0, ("compare", "TABLE", "--moves", "0", "--dsl", "boolean", "--dsl", "modular")),
    (0, ("compare", "TABLE", "--moves", "0", "--save", "RUN")),
    (0, ("run", "datasets", "--tasks", "TABLE", "--max-programs", "100", "--save", "RUN")),
    (2, ("search", "TABLE", "--label", "\x1b[2J")),
    (2, ("search", "TABLE", "--label", "l\u2066=\x1b[2J")),
    (2, ("search", "TABLE", "--drop", "\u202e")),
    (2, ("search", "TABLE", "--dsl", "\x1b]0;x\x07")),
    (2, ("search", "TABLE", "--start", "b\u202e & \x1b[2J")),
    (2, ("search", "\x1b[2J")),
    (2, ("search", "\x1b[2J.csv")),
    (2, ("show", "\x1b[2J")),
    (2, ("tasks", "\x1b[2J")),
    (2, ("dsls", "\x1b[2J")),
    (2, ("run", "\x1b[2J")),
    (2, ("\x1b[2J",)),
]  # fmt: skip


@pytest.mark.parametrize(("code", "command"), COMMANDS, ids=lambda v: "-".join(map(str, v))[:30] if
                         isinstance(v, tuple) else str(v))  # fmt: skip
def test_no_command_hands_a_terminal_what_it_obeys(code, command, hostile, tmp_path):
    saved = tmp_path / "run.json"
    places = {"TABLE": hostile, "RUN": saved}
    text = said(*(places.get(a, a) for a in command), code=code)
    assert not OBEYED.search(text), repr(text)
    assert "\\x1b" in text or "\\u202e" in text or "\\x9b" in text
    if "RUN" in command:
        for form in ("table", "json"):
            assert not OBEYED.search(said("show", saved, "--format", form))
        # The data themselves are not changed.
        assert "\u202e" in json.dumps(json.loads(saved.read_text()), ensure_ascii=False)
        loaded = synth.load_run(saved)
        assert not OBEYED.search(str(loaded))
        assert not OBEYED.search(loaded._repr_html_())


def test_columns_stay_aligned_beside_escaped_names(hostile):
    lines = said("search", hostile, "--moves", "0").splitlines()
    named = [line for line in lines[:10] if line[0] != " "]
    starts = {re.match(r"\w[\w ]*?  +", line).end() for line in named}
    assert len(starts) == 1
    assert max(len(line) for line in lines if not line.startswith("/")) <= 80  # but for the path


def test_what_is_escaped_and_what_is_not():
    assert visible("a\x1b\x07\x9b\u202e\u2066\ufeff\U000e0041") == (
        "a\\x1b\\x07\\x9b\\u202e\\u2066\\ufeff\\U000e0041"
    )
    ordinary = "añ 漢 ä\u0301 \U0001f469\u200d\U0001f52c می\u200cخواهم\tx\ny"
    assert visible(ordinary) is ordinary
    assert visible(visible("\x1b")) == visible("\x1b")
    assert str(TaskError("no \x1b[2J")) == "no \\x1b[2J"
    assert quoted("a" * 58) == "'" + "a" * 58 + "'"
    assert quoted("a" * 59) == "'" + "a" * 55 + "...'"
    assert len(quoted("\x1b" * 1000)) <= 60


def test_progress_lines_are_escaped(capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with Progress() as progress:
        progress.sweep(1, 2, SimpleNamespace(progress=lambda: "a\x1b[2Jb\u202e"))
    shown = capsys.readouterr().err
    assert shown.count("\x1b") == 2  # what clears the line
    assert "a\\x1b[2Jb\\u202e" in shown


BODY = """
import numpy as np
from synth import DSL, Bool
d = DSL("d")
def odd(a, b):
    {body}
    return a ^ b
d.add(odd, "Bool, Bool -> Bool")
"""


def written(tmp_path, body):
    path = tmp_path / "d.py"
    path.write_text(BODY.format(body=body))
    return f"{path}:d"


def test_bodies_that_print_do_not_spoil_json(tmp_path):
    dsl = written(tmp_path, "print('hello')")
    limits = ("--max-bits", "8", "--json")
    for command in ("search", "contrast", "compare"):
        result = CliRunner().invoke(main, [command, "parity:n=3", "--dsl", dsl, *limits])
        assert isinstance(json.loads(result.stdout), dict)
        assert "hello" in result.stderr
    workers = [sys.executable, "-m", "synth", "compare", "parity:n=3", "--dsl", dsl, *limits]
    child = subprocess.run([*workers, "--workers", "1"], cwd=ROOT, capture_output=True, text=True)
    assert json.loads(child.stdout)["version"]
    assert "hello" in child.stderr


@pytest.mark.parametrize(
    "error", ["GeneratorExit", "BaseException('x\\n\\x1by')", "SystemExit(7)", "TypeError('x')"]
)
def test_whatever_a_body_raises_is_one_line(tmp_path, error):
    text = run("search", "parity:n=3", "--dsl", written(tmp_path, f"raise {error}"), code=2)
    assert "primitive odd fails: " + error.partition("(")[0] in text
    assert not OBEYED.search(text)


def test_ctrl_c_in_a_body_stays_a_stop(tmp_path):
    dsl = written(tmp_path, "raise KeyboardInterrupt")
    assert CliRunner().invoke(main, ["search", "parity:n=3", "--dsl", dsl]).exit_code == 130


def test_an_unexpected_error_is_one_line_and_a_report(tmp_path, monkeypatch, hostile):
    def fail(*_, **__):
        raise KeyError("secret cell\x1b")

    monkeypatch.setattr(synth.engine, "search", fail)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = CliRunner().invoke(main, ["search", "parity:n=3"])
    assert result.exit_code == 70
    assert result.stdout == ""
    line = result.stderr
    assert line.count("\n") == 1
    assert not OBEYED.search(line)
    assert "KeyError" in line
    report = Path(line.split()[-1])
    assert report.parent == tmp_path
    text = report.read_text()
    assert synth.__version__ in text
    assert "command: " in text
    assert "in search" in text
    assert "secret" not in text.replace('raise KeyError("secret cell\\x1b")', "")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "none"))
    assert "no report could be written" in CliRunner().invoke(main, ["search", "parity:n=3"]).stderr


def kept(folder):
    """Three files of kernels with their checksums, as `Sums` leaves them."""
    folder.mkdir()
    sums = cache.Sums(folder)
    for name in ("a.nbi", "a.1.nbc", "b.nbi"):
        (folder / name).write_bytes(name.encode() * 100)
    sums.note()
    return folder


DAMAGE = {
    "zero length": lambda raw: b"",
    "cut": lambda raw: raw[: len(raw) // 2],
    "flipped": lambda raw: bytes([raw[0] ^ 1]) + raw[1:],
    "grown": lambda raw: raw + b"\0",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_kernels_are_removed(tmp_path, damage):
    folder = kept(tmp_path / "k")
    cache.Sums(folder)
    assert len(list(folder.glob("*.nb*"))) == 3
    file = folder / "a.1.nbc"
    file.write_bytes(damage(file.read_bytes()))
    (folder / "unknown.nbc").write_bytes(b"a killed process left this")
    cache.Sums(folder)
    assert sorted(f.name for f in folder.glob("*.nb*")) == ["a.nbi", "b.nbi"]


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged_checksums_and_stamps_cost_only_the_kernels(tmp_path, damage):
    folder = kept(tmp_path / "k")
    file = folder / cache.SUMS
    file.write_bytes(damage(file.read_bytes()) + b"\xff\xfe\n\n")
    cache.Sums(folder)
    (folder / "synth-kernels.stamp").write_bytes(b"\xff\xfe")
    cache.renew(folder)
    assert not list(folder.glob("*.nb*"))


COMPILE = """
import numpy as np
from synth.kernels import cache
from synth.library import saved as library_files
from synth.tasks import sources
from synth.kernels.make import make_bits
one = np.ones((2, 1), np.uint64)
make_bits(one[0], one[1], one, 0, 2, one.copy())
print(cache.folder())
"""


def test_a_damaged_cache_is_compiled_again(tmp_path):
    """Without the checksums, numba raises EOFError or runs what it finds."""

    def compiled():
        child = subprocess.run(
            [sys.executable, "-c", COMPILE], cwd=ROOT, capture_output=True, text=True,
            env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)},
        )  # fmt: skip
        assert child.returncode == 0, child.stderr
        assert child.stderr == ""
        assert child.stdout.count("\n") == 1, child.stdout
        return sorted(tmp_path.rglob("*.nb[ic]"))

    files = compiled()
    assert len(files) >= 2
    for file, damage in zip(files, [*DAMAGE.values()] * len(files), strict=False):
        file.write_bytes(damage(file.read_bytes()))
    assert compiled() == files


CSV = "a,b,y\n" + "".join(f"{a},{b},{a ^ b}\n" for a in (0, 1) for b in (0, 1)) * 4


@pytest.mark.parametrize("command", ["search", "contrast", "compare"])
def test_standard_input_is_a_table(command, tmp_path):
    limits = ["--max-bits", "9", "--json"]
    result = CliRunner().invoke(main, [command, "-", *limits], input=CSV)
    assert result.exit_code == 0, result.stderr
    path = tmp_path / "standard input"
    path.write_text(CSV)
    asked = json.loads(run(command, path, *limits))
    given = json.loads(result.stdout)
    parts = {"search": [given], "contrast": [given.get("structured"), given.get("random")]}
    others = {"search": [asked], "contrast": [asked.get("structured"), asked.get("random")]}
    if command == "compare":
        assert given["rows"][0]["total_bits"] == asked["rows"][0]["total_bits"]
        assert given["rows"][0]["task"] == "standard input"
    for one, other in zip(parts.get(command, []), others.get(command, []), strict=True):
        assert {**one, "seconds": 0, "source": 0} == {**other, "seconds": 0, "source": 0}
        assert one["source"]["labels"] == other["source"]["labels"]


def test_standard_input_is_read_once(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CSV.encode())))
    assert synth.load_task("-").rows == 16
    with pytest.raises(TaskError, match="standard input was read already"):
        synth.load_task("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(TaskError, match="standard input is closed"):
        synth.load_task("-")
    text = CliRunner().invoke(main, ["compare", "-", "--seeds", "2"], input=CSV).stderr
    assert "has one split" in text


def test_what_does_not_end_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(sources, "MOST_BYTES", 10**6)
    endless = iter([b"y\n" * 2**19] * 2)  # a third read fails
    with pytest.raises(TaskError, match="more than 1 MB"):
        sources._up_to_the_limit(SimpleNamespace(read=lambda size: next(endless)))
    assert "/dev/zero: more than 1 MB; allowed" in run("search", "/dev/zero", code=2)
    yes = subprocess.Popen(["yes"], stdout=subprocess.PIPE)
    try:
        path = f"/dev/fd/{yes.stdout.fileno()}"
        assert "more than 1 MB" in run("search", path, code=2)
    finally:
        yes.kill()
        yes.wait()
        yes.stdout.close()
    large = tmp_path / "large.csv"  # a file has an end
    large.write_text(CSV + f"0,1,1{' ' * 200}\n" * 5000)
    assert synth.load_task(large).rows == 5016


def test_messages_quote_long_cells_in_part(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,y\n" + f"{'9' * 5000},1\n2,0\n" * 3)
    assert len(run("search", path, code=2)) < 400
    path.write_text(",".join(f"column{k}" for k in range(5000)) + "\n" + "0," * 4999 + "1\n")
    assert len(run("search", path, "--label", "z" * 5000, code=2)) < 500


def test_a_library_in_json_runs_no_file(tmp_path):
    (tmp_path / "evil.py").write_text(
        f"open({str(tmp_path / 'RAN')!r}, 'w').close()\n"
        "from synth.language.dsls.boolean import build\nd = build((), 'and-or-not')\n"
    )
    file = f"{tmp_path}/evil.py:d"
    document = {"format": "synth-library-1", "base": file, "abstractions": []}
    path = tmp_path / "lib.json"
    for base in (file, f"{tmp_path}/evil.py", f" {file}"):
        path.write_text(json.dumps({**document, "base": base}))
        with pytest.raises(SynthError):
            library_files.load(path)
        assert not (tmp_path / "RAN").exists()
    path.write_text("[" * 100_000)
    with pytest.raises(SynthError, match="is not a library in JSON"):
        library_files.load(path)
    path.write_text(json.dumps(document))
    assert library_files.load(path, base=file).dsl.primitives
    assert (tmp_path / "RAN").exists()


WHOLE, TRUTH = list(range(8)), [False, True] * 4
HALVES = [k / 2 for k in WHOLE]
#: Columns of the same values, as people have them.
ALIKE = [
    pd.DataFrame({"x": WHOLE, "b": TRUTH, "f": HALVES}),
    pd.DataFrame({"x": WHOLE, "b": TRUTH, "f": HALVES}).convert_dtypes(),
    pd.DataFrame({"x": WHOLE, "b": TRUTH, "f": HALVES}).astype(object),
    pd.DataFrame({"x": WHOLE, "b": TRUTH, "f": HALVES}).astype("category"),
    pd.DataFrame({"x": WHOLE, "b": TRUTH, "f": HALVES}, index=WHOLE[::-1]),
    pl.DataFrame({"x": WHOLE, "b": TRUTH, "f": HALVES}),
    {"x": np.ma.array(WHOLE), "b": np.ma.array(TRUTH, mask=False), "f": tuple(HALVES)},
    {"x": np.array(WHOLE, np.uint64), "b": np.array(TRUTH, int), "f": np.array(HALVES, np.float16)},
]
TYPES = {"x": Int(0, 7), "b": Bool, "f": Real}


@pytest.mark.parametrize("columns", ALIKE, ids=range(len(ALIKE)))
def test_frames_of_every_kind_are_the_same_task(columns):
    labels = columns["b"]
    task = Task("t", columns, TYPES, labels, Bool, train=labels if len(columns) > 3 else None)
    expected = {"x": WHOLE, "b": TRUTH, "f": HALVES}
    assert {name: c.tolist() for name, c in task.columns.items()} == expected
    assert [c.dtype.kind for c in task.columns.values()] == ["i", "b", "f"]
    assert task.labels.tolist() == TRUTH
    assert {name: c.tolist() for name, c in task.encode(columns).items()} == expected


GAPS = [
    pd.Series([pd.NA, *WHOLE[1:]], dtype="Int64"),
    pd.Series([None, *TRUTH[1:]], dtype="boolean"),
    pd.Series([None, *HALVES[1:]], dtype="Float64"),
    pd.Series(pd.Categorical([None, *WHOLE[1:]])),
    pd.Series(pd.Categorical(list("abababab"))),
    pl.Series([None, *WHOLE[1:]]),
    pl.Series([None, *TRUTH[1:]]),
    pl.Series([None, *HALVES[1:]]),
    pl.Series(["a"] * 8, dtype=pl.Categorical),
    np.ma.array(WHOLE, mask=[1] + [0] * 7),
    np.ma.array(TRUTH, mask=[1] + [0] * 7),
    np.ma.array(HALVES, mask=[1] + [0] * 7),
    [None, *WHOLE[1:]],
    [[1], [1, 2]] * 4,
    ["x" * 5000] * 8,
]


def _has_a_gap(values):
    """Whether the values are floating-point numbers, one of them missing."""
    return values is GAPS[2] or values is GAPS[7] or values is GAPS[11]


@pytest.mark.parametrize("values", GAPS, ids=range(len(GAPS)))
def test_what_is_missing_or_masked_is_refused(values):
    for type_ in TYPES.values():
        if type_ == Real and _has_a_gap(values):  # there a missing value is one
            task = Task("t", {"c": values}, {"c": type_}, TRUTH, Bool)
            assert np.isnan(task.columns["c"]).tolist() == [True] + [False] * 7
        else:
            with pytest.raises(TypeMismatchError) as caught:
                Task("t", {"c": values}, {"c": type_}, TRUTH, Bool)
            assert len(str(caught.value)) < 250
        with pytest.raises(TypeMismatchError):
            Task("t", {"c": WHOLE}, {"c": Int(0, 7)}, values, type_)
    with pytest.raises(SynthError):
        Task("t", {"c": WHOLE}, {"c": Int(0, 7)}, TRUTH, Bool, train=values)


def test_series_are_paired_by_equal_indices_only():
    x, other = pd.Series(WHOLE), pd.Series(TRUTH, index=WHOLE[::-1])
    with pytest.raises(TypeMismatchError, match=r"column x has another index than the label col"):
        Task("t", {"x": x}, {"x": Int(0, 7)}, other, Bool)
    with pytest.raises(TypeMismatchError, match=r"column b has another index than column x"):
        Task("t", {"x": x, "b": other}, {"x": Int(0, 7), "b": Bool}, TRUTH, Bool)
    twice = pd.DataFrame([[1, 2]] * 8, columns=["x", "x"])
    with pytest.raises(TypeMismatchError, match="column x appears twice"):
        Task("t", twice, {"x": Int(0, 7)}, TRUTH, Bool)
    with pytest.raises(TypeMismatchError, match="allowed: a mapping of names to arrays"):
        Task("t", [WHOLE], {"x": Int(0, 7)}, TRUTH, Bool)
    with pytest.raises(SettingError, match="X has another index than y"):
        ProgramClassifier().fit(x.to_frame("x"), other)


def test_the_classifier_types_frames_of_every_kind_alike():
    def fitted(X, y=TRUTH):
        made = ProgramClassifier(max_programs=200).fit(X, y)
        assert made.predict(X).tolist() == list(y)
        return {name: str(type_) for name, type_ in made._types.items()}

    first = pd.DataFrame({"x": WHOLE, "b": TRUTH, "f": HALVES})
    expected = {"x": "Int(0, 7)", "b": "Bool", "f": "Real"}
    kinds = [first, first.convert_dtypes(), pl.DataFrame(first.to_dict("list"))]
    for frame in [*kinds, first.astype({"x": "category"})]:
        assert fitted(frame) == expected
    assert fitted(first, pd.Series(TRUTH, dtype="boolean")) == expected
    hidden = np.ma.array([[k] for k in WHOLE], mask=[[1]] + [[0]] * 7)
    with pytest.raises(SettingError, match="X: 1 of 8 values are missing"):
        ProgramClassifier().fit(hidden, TRUTH)
    with pytest.raises(SettingError, match="y: 1 of 8 values are missing"):
        ProgramClassifier().fit(first, np.ma.array(TRUTH, mask=[1] + [0] * 7))
    with pytest.raises(SynthError, match="no column can be an input: x"):
        ProgramClassifier().fit(pl.DataFrame({"x": ["a" * 500] * 8}), TRUTH)
