"""What the README, some pages and the examples say is what happens; how long the README is."""

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


#: Words that a reader of the README reads: not those of code, tables, pictures and addresses.
MOST_WORDS = 700


def words(text):
    text = re.sub(r"```.*?```", "", text, flags=re.S)
    lines = [line for line in text.splitlines() if not line.startswith("|")]
    return re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", "\n".join(lines)).split()


def test_words_of_code_tables_and_addresses_are_not_counted():
    text = "one *two* [three four](page.md)\n\n```\n$ code\n```\n\n| a | table |\n\n- five\n"
    assert words(text) == ["one", "*two*", "three", "four", "-", "five"]


def test_the_readme_is_short():
    assert len(words(README)) <= MOST_WORDS


def test_links_and_pictures_of_the_readme_exist():
    links = set(re.findall(r"\]\(([^)]+)\)", README))
    here = {link for link in links if "://" not in link}
    assert len(here) > 10
    assert not [link for link in here if not (ROOT / link).is_file()]


def test_the_contrast_in_the_readme_is_what_the_command_prints():
    block = next(text for _, text in BLOCKS if text.startswith("$ synth contrast parity"))
    command, *expected = block.splitlines()
    shown = CliRunner().invoke(main, command.split()[2:]).stdout.splitlines()
    assert expected == [*shown[: len(expected) - 1], "..."]
    assert len(expected) > 10


@pytest.mark.slow
def test_the_table_of_several_tasks_is_what_the_command_prints():
    page = (ROOT / "docs" / "searching.md").read_text()
    (expected,) = re.findall(r"```\n\$ synth contrast\n(.*?)```", page, re.S)
    assert CliRunner().invoke(main, ["contrast"]).stdout == expected


def datasets_lines(text):
    return {line.split()[0]: line.split() for line in text.splitlines() if line.count(" ") > 8}


def datasets_table():
    page = (ROOT / "docs" / "experiments" / "datasets.md").read_text()
    (block,) = re.findall(r"```\n(task           chosen.*?)```", page, re.S)
    return block


@pytest.mark.slow
def test_the_table_of_datasets_is_made_by_the_command():
    block = datasets_table()
    said = datasets_lines(block)
    some = "parity", "majority", "conjunction", "shj", "monk:1", "iris", "mod-mul"
    found = datasets_lines(
        CliRunner().invoke(main, ["run", "datasets", "--tasks", ",".join(some)]).stdout
    )
    assert set(some) < set(said) and len(said) == 22  # noqa: PT018
    for task in some:  # with fewer and shorter rows, more columns fit
        assert found[task][: len(said[task])] == said[task]


@pytest.mark.slow
def test_the_whole_table_of_datasets_is_made_by_the_command():
    block = datasets_table()
    assert block in CliRunner().invoke(main, ["run", "datasets"]).stdout


@pytest.mark.parametrize("code", [text for kind, text in BLOCKS if kind == "python"])
def test_python_blocks_print_what_their_comments_say(code):
    lines = printed(code).splitlines()
    promised = [line.partition("#") for line in code.splitlines() if line.startswith("print(")]
    assert len(lines) == len(promised)
    for line, (_, mark, comment) in zip(lines, promised, strict=True):
        assert not mark or line == comment.strip()


def test_a_primitive_that_takes_functions_is_found_as_the_page_says():
    page = (ROOT / "docs/extend.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, re.S)
    (code,) = [block for block in blocks if "backwards" in block]
    said = re.findall(r"print\(.*\)  # (.*)", code)
    start = "import numpy as np\nimport synth\nfrom synth import DSL, Bool\n"
    assert printed(start + code).splitlines() == said


def test_commands_of_the_readme_run(monkeypatch):
    monkeypatch.chdir(ROOT)
    commands = re.findall(r"^(?:\$ |\.venv/bin/)(synth [^#\n]+)", README, re.M)
    assert len(commands) >= 2
    for command in commands:
        result = CliRunner().invoke(main, command.split()[1:])
        assert result.exit_code == 0, command


def test_what_a_search_prints_is_shown_as_it_is(monkeypatch):
    """The first table of the tutorial, up to the line after which it is cut."""
    monkeypatch.chdir(ROOT)
    page = (ROOT / "docs/start.md").read_text()
    _, shown = page.split("$ synth search examples/own_table.csv\n")
    shown = shown.split("\n...\n")[0]
    result = CliRunner().invoke(main, ["search", "examples/own_table.csv"])
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith(shown + "\n")


def test_own_table_and_own_dsl(monkeypatch):
    monkeypatch.chdir(ROOT)
    result = CliRunner().invoke(main, ["contrast", "examples/own_table.csv"])
    assert "member | ~'items < 5'" in result.stdout
    arguments = ["search", "examples/own_table.csv", "--dsl", "examples/own_dsl.py:dsl"]
    result = CliRunner().invoke(main, arguments)
    assert "member | (items > 4)" in result.stdout
    assert "1.000 training, 1.000 held out" in result.stdout


def test_the_page_of_experiments_lists_each_in_its_group_with_its_claim():
    """The page is read on GitHub too, where nothing is added to it."""
    from synth import experiments

    built_in = [n for n in experiments.names() if (ROOT / f"docs/experiments/{n}.md").exists()]
    listed = list(map(experiments.listing, built_in))
    lines = []
    for group in experiments.GROUPS:
        lines += [f"## {group.capitalize()}", ""]
        lines += [
            f"- [{e['name']}](experiments/{e['name']}.md): {e['claim']}"
            for e in listed
            if e["group"] == group
        ]
        lines.append("")
    page = (ROOT / "docs/experiments.md").read_text()
    assert "\n".join(lines) in page, "\n".join(["the page should have:", *lines])
    assert {e["group"] for e in listed} <= set(experiments.GROUPS)
