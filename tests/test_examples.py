"""The examples run by the commands that they state, and the example package is installed."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from synth.cli import main

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"
PLUGIN = EXAMPLES / "plugin"


def printed(script):
    """What a script prints, run by the command of its docstring."""
    text = (EXAMPLES / script).read_text()
    command = re.search(r"^Run it in a checkout:  python (.+)$", text, re.M)[1]
    assert command == f"examples/{script}"
    run = subprocess.run(
        [sys.executable, *shlex.split(command)], capture_output=True, text=True, cwd=ROOT,
        check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def cells(script):
    return re.findall(r"^ *# %%.*", (EXAMPLES / script).read_text(), re.M)


def test_every_script_is_tested_here():
    assert {p.name for p in EXAMPLES.glob("*.py")} == {
        "first_search.py", "own_dsl.py", "random_labels.py",
    }  # fmt: skip


def test_first_search():
    lines = printed("first_search.py")
    assert lines[0] == "parity: x0 ^ (x1 ^ x2)"
    assert "  no shorter hypothesis exists" in lines
    assert "own table: member | ~'items < 5'" in lines
    assert "  new rows: no, yes, yes" in lines
    assert lines[-2] == r"as LaTeX: \mathrm{member} \lor \lnot \mathrm{items\ {<}\ 5}"
    assert lines[-1] == "loaded again: member | ~'items < 5'"
    assert len(cells("first_search.py")) == 5


def test_own_dsl(monkeypatch):
    lines = printed("own_dsl.py")
    assert lines[0] == "problems: none"
    assert lines[1].startswith("member | (items > 4): 14.2 bits, 100%")
    own, integer = (float(line.split()[1]) for line in lines[2:4])
    assert own < integer
    assert lines[-1] == "digits(n) > 1 [False, True, True]"
    text = (EXAMPLES / "own_dsl.py").read_text()
    command = re.search(r"^Or use it in a search: +synth (.+)$", text, re.M)[1]
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(main, command.split())
    assert "member | (items > 4)" in result.stdout


def test_the_paradox_in_ten_cells():
    numbers = [re.search(r"\[(\d+)\]", cell)[1] for cell in cells("random_labels.py")]
    assert numbers == [str(n) for n in range(1, 11)]
    lines = printed("random_labels.py")
    first = next(k for k, line in enumerate(lines) if line.startswith("labels drawn anew"))
    rows = [line.split() for line in lines[first + 1 : first + 7]]
    assert [r[1] for r in rows] == ["program"] * 5 + ["table"]
    assert all(r[-1] == "1.000" for r in rows[:5])
    assert float(rows[-1][-1]) < 0.1
    assert lines[1] == "chosen: a program, x + y"
    assert lines[4].startswith("chosen: a table")
    assert lines[-2].split()[:2] == ["true", "program"]
    assert lines[-1].split() == ["permuted", "table", "saves", "0.0", "bits"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder that the package is installed into, without a network and what it needs."""
    folder = tmp_path_factory.mktemp("plugin")
    options = ["--no-build-isolation", "--no-deps", "--no-index", "--disable-pip-version-check"]
    run = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", *options, "--target", str(folder),
         str(PLUGIN)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    return folder


def test_the_package_is_used_from_the_command_line(installed):
    command = [sys.executable, "-m", "synth", "search", "automaton:rule=90,steps=2,train=1.0"]
    environment = {"PYTHONPATH": f"{installed}:{ROOT}", "PATH": ""}
    run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert re.search(r"best program +x0 \^ x4", run.stdout), run.stderr
    # Without it there is no such task.
    run = subprocess.run(
        command, capture_output=True, text=True, env={"PYTHONPATH": str(ROOT)}, check=False
    )
    assert run.returncode == 2
    assert "no task 'automaton'" in run.stderr


def test_the_commands_of_its_readme_run(installed, monkeypatch):
    monkeypatch.syspath_prepend(str(installed))
    commands = re.findall(r"^synth (.+)$", (PLUGIN / "README.md").read_text(), re.M)
    assert {c.split()[0] for c in commands} == {"tasks", "search", "contrast", "run"}
    shown = {}
    for command in commands:
        result = CliRunner().invoke(main, command.split())
        assert result.exit_code == 0, result.output
        shown[command.split()[0]] = result.stdout
    assert "Wolfram's numbering" in shown["tasks"]
    assert re.search(r"^DSL +mig$", shown["search"], re.M)
    assert "x0 ^ (x2 ^ (x4 ^ x6))" in shown["contrast"]
    assert re.search(r"^ +90 +3 +program", shown["run"], re.M)
    assert re.search(r"control: most bits saved by a twin: -", shown["run"])
    for command, name in (("tasks", "automaton"), ("dsls", "mig"), ("run", "automata")):
        assert re.search(rf"^{name} ", CliRunner().invoke(main, [command]).stdout, re.M)
    result = CliRunner().invoke(main, ["search", "automaton:rule=256"])
    assert result.exit_code == 2
    assert "automaton: rule=256; allowed: 0..255" in result.stderr


def test_its_own_tests_pass(installed, tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(PLUGIN / "tests")],
        capture_output=True, text=True, check=False, cwd=tmp_path,
        env={"PYTHONPATH": f"{installed}:{ROOT}", "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.startswith("..... ")
