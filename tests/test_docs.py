"""What the README and the examples say is what happens."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from synth.cli import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w*)\n(.*?)```", README, re.S)


def printed(code):
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout


def test_the_table_in_the_readme_is_what_the_command_prints():
    block = next(text for _, text in BLOCKS if "$ synth contrast\n" in text)
    expected = block.split("$ synth contrast\n")[1]
    assert CliRunner().invoke(main, ["contrast"]).stdout == expected


def test_the_matrix_in_the_readme_is_what_the_command_prints():
    block = next(text for _, text in BLOCKS if "$ synth compare" in text)
    command, *expected = block.splitlines()
    printed = CliRunner().invoke(main, command.split()[2:]).stdout.splitlines()
    assert expected == [*printed[: len(expected) - 1], "..."]


def datasets_lines(text):
    return {line.split()[0]: line.split() for line in text.splitlines() if line.count(" ") > 8}


def test_the_table_of_datasets_is_in_readme_and_docs_and_made_by_the_command():
    block = next(text for _, text in BLOCKS if text.startswith("task           chosen"))
    assert block in (ROOT / "docs" / "experiments" / "datasets.md").read_text()
    said = datasets_lines(block)
    some = "parity", "majority", "conjunction", "shj", "monk:1", "iris", "mod-mul"
    found = datasets_lines(
        CliRunner().invoke(main, ["run", "datasets", "--tasks", ",".join(some)]).stdout
    )
    assert set(some) < set(said) and len(said) == 22  # noqa: PT018
    for task in some:
        assert found[task] == said[task]


@pytest.mark.slow
def test_the_whole_table_of_datasets_is_made_by_the_command():
    block = next(text for _, text in BLOCKS if text.startswith("task           chosen"))
    assert block in CliRunner().invoke(main, ["run", "datasets"]).stdout


@pytest.mark.parametrize("code", [text for kind, text in BLOCKS if kind == "python"])
def test_python_blocks_print_what_their_comments_say(code):
    lines = printed(code).splitlines()
    promised = [line.partition("#") for line in code.splitlines() if line.startswith("print(")]
    assert len(lines) == len(promised)
    for line, (_, mark, comment) in zip(lines, promised, strict=True):
        assert not mark or line == comment.strip()


def test_commands_of_the_readme_run(monkeypatch):
    monkeypatch.chdir(ROOT)
    commands = re.findall(r"^(?:\$ |\.venv/bin/)(synth [^#\n]+)", README, re.M)
    assert len(commands) >= 4
    for command in commands:
        result = CliRunner().invoke(main, command.split()[1:])
        assert result.exit_code == 0, command


def test_one_liners_print_what_the_readme_says():
    found = re.findall(r'^\$ python -c "(.+)"\n(.*)$', README, re.M)
    assert found
    for code, expected in found:
        # How many sweeps rounding allows differs between processors.
        said, found = (re.sub(r", \d+ sweeps.*", "", t) for t in (expected, printed(code).rstrip()))
        assert said == found


def test_own_table_and_own_dsl(monkeypatch):
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(main, ["contrast", "examples/own_table.csv"])
    assert "member | ~'items < 5'" in result.stdout
    arguments = ["search", "examples/own_table.csv", "--dsl", "examples/own_dsl.py:dsl"]
    result = CliRunner().invoke(main, arguments)
    assert "member | (items > 4)" in result.stdout
    assert "1.000 training, 1.000 held out" in result.stdout
