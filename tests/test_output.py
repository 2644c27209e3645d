"""`--format`: CSV and Markdown have the same values as JSON; doctor and warmup."""

import csv
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import synth
from synth.cli import output
from tests.test_cli import run

ROOT = Path(__file__).parent.parent
CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False),
    st.text(alphabet='ab|\\`<_\r\n," '), st.lists(st.integers(), max_size=3),
)  # fmt: skip
ROWS = st.lists(st.dictionaries(st.sampled_from("abcd"), CELLS), min_size=1, max_size=5)


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def printed(capsys, form, rows):
    output.emit_records(form, rows)
    return capsys.readouterr().out


@given(ROWS)
def test_csv_has_every_value_as_json_writes_it(rows):
    keys = list(dict.fromkeys(k for row in rows for k in row))
    text = output._csv(keys, [[row.get(k) for k in keys] for row in rows])
    lines = list(csv.reader(io.StringIO(text, newline="")))
    assert lines[0] == keys
    for row, cells in zip(rows, [line for line in lines[1:] if keys], strict=False):
        for key, cell in zip(keys, cells, strict=True):
            given_ = row.get(key)
            if given_ is None:
                assert cell == ""
            elif isinstance(given_, str):
                assert cell == given_.replace("\r\n", "\n").replace("\r", "\n")
            else:
                assert json.loads(cell) == given_


@given(ROWS)
def test_markdown_has_a_line_a_row_and_no_cell_ends_it(rows):
    keys = list(dict.fromkeys(k for row in rows for k in row))
    if not keys:
        return
    text = output._markdown(keys, [[row.get(k) for k in keys] for row in rows])
    lines = text.splitlines()
    assert len(lines) == len(rows) + 2
    for line in lines:
        assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) == len(keys) + 1
    assert len({len(line) for line in lines}) == 1


def test_the_formats_of_each_command():
    keys = {"task", "chosen", "program", "total_bits", "table_bits", "optimal"}
    document = json.loads(run("search", "parity:n=6,k=2", "--format", "json"))
    [row] = read(run("search", "parity:n=6,k=2", "--format", "csv"))
    assert row.keys() >= keys
    assert row["program"] == document["program"]["text"] == "x0 ^ x1"
    assert float(row["total_bits"]) == document["total_bits"]
    assert [r["labels"] for r in read(run("contrast", "parity:n=6,k=2", "--format", "csv"))] == [
        "true", "permuted",
    ]  # fmt: skip
    compared = run("compare", "parity:n=4,k=2", "--dsl", "boolean", "--format", "markdown")
    assert compared.startswith("| task ")
    assert "--:" in compared.splitlines()[1]
    counted = read(run("run", "counting", "--variables", "2", "--format", "csv"))
    rows = json.loads(run("run", "counting", "--variables", "2", "--json"))["rows"]
    assert len(counted) == len(rows)
    assert counted == read(run("run", "--format", "csv", "counting", "--variables", "2"))
    assert {r["name"] for r in read(run("tasks", "--format", "csv"))} >= {"parity", "monk"}
    assert {r["name"] for r in read(run("dsls", "--format", "csv"))} >= {"boolean", "modular"}
    assert {r["name"] for r in read(run("run", "--format", "csv"))} >= {"grokking", "phases"}
    assert [r["name"] for r in read(run("dsls", "boolean", "--format", "csv"))][:2] == [
        "and_", "or_",
    ]  # fmt: skip
    assert read(run("tasks", "parity", "--format", "csv"))[0]["setting"] == "n"
    error = run("tasks", "--json", "--format", "csv", code=2)
    assert error == "synth: --json cannot be combined with --format csv\n"


def test_a_saved_run_in_every_format(tmp_path):
    path = tmp_path / "run.json"
    run("search", "parity:n=4,k=2", "--save", path)
    [row] = read(run("show", path, "--format", "csv"))
    assert row["task"] == "parity:n=4,k=2"
    assert run("show", path, "--format", "table") == run("show", path)


def test_extras_of_doctor_are_those_of_the_package():
    from synth.cli.doctor import EXTRAS

    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = stated["optional-dependencies"]
    assert EXTRAS.keys() == extras.keys() - {"test", "dev", "docs"}
    for extra, (_, name) in EXTRAS.items():
        assert any(re.match(rf"{name}\b", line) for line in extras[extra])


def test_doctor_says_what_there_is():
    found = json.loads(run("doctor", "--json"))
    assert found["versions"]["synth"] == synth.__version__
    assert found["kernels"]["last"]
    assert found["extras"]["plot"].startswith("matplotlib ")
    text = run("doctor")
    assert max(map(len, text.splitlines())) <= 80
    assert found["kernels"]["folder"].split("/")[-1] in text


@pytest.fixture
def unwritable(tmp_path):
    """A copy of synth whose folder of kernels cannot be written, even by root."""
    shutil.copytree(
        ROOT / "synth", tmp_path / "synth", ignore=shutil.ignore_patterns("__pycache__")
    )
    (tmp_path / "synth" / "kernels" / "__pycache__").write_text("a file, not a folder")
    return tmp_path


def test_no_folder_for_kernels_is_a_warning(unwritable):
    nowhere = "/dev/null/none"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA")} | {
        "HOME": nowhere, "XDG_CACHE_HOME": nowhere, "PYTHONPATH": str(unwritable),
        "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": str(unwritable),
    }  # fmt: skip
    command = [sys.executable, "-m", "synth"]
    done = subprocess.run(
        [*command, "doctor"], cwd=unwritable, env=environment, capture_output=True, text=True,
        check=True,
    )  # fmt: skip
    [warning] = done.stderr.splitlines()
    assert warning.startswith("synth: warning: no folder to keep compiled kernels in can be")
    assert "lost when this process ends; set NUMBA_CACHE_DIR=FOLDER" in done.stdout
    assert not list(unwritable.glob("synth-kernels-*"))  # the folder was removed with its process
    done = subprocess.run(
        [*command, "search", "parity:n=3,k=2", "--json", "--max-bits", "9"], cwd=unwritable,
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout)["optimal"]
    assert len(done.stderr.splitlines()) == 1


#: Commands that compile nothing after `synth warmup`.
USUAL = (
    "search parity:n=6,k=3", "search majority:n=5 --seconds 5", "contrast mod-add:p=31",
    "search mod-mul:p=31 --dsl fourier --seconds 5", "contrast monk:1 --seconds 5",
    "search tic-tac-toe --seconds 5", "search digits --seconds 5 --threads 1",
    "run counting --variables 3", "run grokking --runs 1 --steps 20000",
    "run posterior --variables 3 --rows 6",
)  # fmt: skip


@pytest.mark.slow
def test_after_warmup_nothing_is_compiled(tmp_path):
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}

    def synth_(*arguments):
        subprocess.run(
            [sys.executable, "-m", "synth", *arguments], env=environment, cwd=ROOT, check=True,
            capture_output=True,
        )  # fmt: skip
        return {p.name for p in tmp_path.rglob("*.nbc")}

    first = synth_("warmup")
    assert len(first) > 50
    for command in USUAL:
        assert synth_(*command.split()) == first, command


def test_compiling_counts_for_no_limit(tmp_path):
    """The seconds are those of the search alone, even if it compiles all kernels."""
    code = (
        "import synth, time; begin = time.monotonic(); found = synth.search('parity:n=3,k=2', "
        "seconds=30, moves=0); print(found.seconds, time.monotonic() - begin, found.stop_reason)"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, check=True, capture_output=True,
        text=True,
    )  # fmt: skip
    seconds, whole, reason = done.stdout.split()
    assert reason == "optimal"
    # Compiling takes most of the time, which is at least two seconds on any machine.
    assert float(seconds) < float(whole) / 2
