"""Edges: hostile texts, bodies, files and tables are shown as they are or end in one line."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import synth
from synth.cli import main
from synth.errors import TaskError, quoted, visible
from synth.kernels import cache
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
    starts = {re.match(r"\w[\w ]*?  +", line).end() for line in lines[:10]}
    assert len(starts) == 1
    assert max(map(len, lines)) <= 80


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
