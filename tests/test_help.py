"""Help pages, and the options -q and -v that every command has."""

import sys

import click
import pytest
from click.testing import CliRunner

from synth.cli import main
from synth.cli.help import GROUPS, Context

TABLE = "id,a,b,label\n" + "".join(f"r{k},{k % 2},{k // 2 % 2},{k % 2}\n" for k in range(12))


def commands():
    """(names, command) of every command, of the experiments only one."""
    context = Context(main, info_name="synth")
    found = [((n,), main.get_command(context, n)) for n in main.list_commands(context)]
    group = dict(found)["run",]
    return [*found, (("run", "corruption"), group.get_command(context, "corruption"))]


def shown(*args):
    found = CliRunner().invoke(main, [*args, "--help"], terminal_width=80)
    assert found.exit_code == 0
    return found.output


@pytest.mark.parametrize(("names", "command"), commands(), ids=str)
def test_every_option_is_in_a_group(names, command):
    known = {name for group in GROUPS.values() for name in group} | set(command.settings)
    options = {p.name for p in command.params if isinstance(p, click.Option)}
    assert options <= known
    text = shown(*names)
    headings = [line[:-1] for line in text.splitlines() if line[:1].isalpha() and line[-1:] == ":"]
    wanted = [h for h, group in GROUPS.items() if (options - set(command.settings)) & set(group)]
    assert [h for h in headings if h in GROUPS] == wanted
    assert ("Settings" in headings) == bool(command.settings)
    for option in command.params:
        if isinstance(option, click.Option):
            assert text.count(f"  {option.opts[0]}") >= 1


def test_options_of_search_are_below_the_heading_that_says_what_they_do():
    parts, heading = {}, None
    for line in shown("search").splitlines():
        if line[:1].isalpha():
            heading = line
        parts.setdefault(heading, []).append(line)
    assert "--label TEXT" in "\n".join(parts["Data and language:"])
    assert "--seconds FLOAT" in "\n".join(parts["Search and its limits:"])
    assert "--save FILE" in "\n".join(parts["Output:"])
    # A setting of an experiment is one of its settings, whatever its name means elsewhere.
    text = shown("run", "corruption")
    assert text.index("Settings:") < text.index("--max-bits") < text.index("Output:")


def test_the_list_of_commands_has_whole_sentences():
    text = shown()
    assert "..." not in text.partition("Commands:")[2]
    assert "by code that shares nothing with the search." in " ".join(text.split())


@pytest.fixture
def terminal(monkeypatch):
    """Standard output is a terminal that has colours."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    return monkeypatch


def help_of(**given):
    return main.get_help(Context(main, info_name="synth", terminal_width=80, **given))


def test_help_has_colour_on_a_terminal_only(terminal):
    coloured = help_of()
    assert click.style("Commands:", bold=True) in coloured
    assert click.style("search", fg="cyan") in coloured
    plain = help_of(color=False)
    assert "\x1b" not in plain
    assert click.unstyle(coloured) == plain
    terminal.setenv("NO_COLOR", "1")
    assert help_of() == plain
    terminal.delenv("NO_COLOR")
    terminal.setenv("TERM", "dumb")
    assert help_of() == plain
    terminal.setattr(sys.stdout, "isatty", lambda: False, raising=False)
    terminal.setenv("TERM", "xterm")
    assert help_of() == plain


def search(tmp_path, *more):
    path = tmp_path / "table.csv"
    path.write_text(TABLE)
    given = [str(path), "--label", "label", "--max-bits", "8", *more]
    found = CliRunner().invoke(main, ["search", *given])
    assert found.exit_code == 0, found.output
    return found


def test_quiet_leaves_the_result_and_nothing_else(tmp_path):
    loud, quiet = search(tmp_path), search(tmp_path, "-q")
    assert "id" in loud.stderr  # the identifier is left out, and a note says so
    assert quiet.stderr == ""
    assert quiet.stdout.splitlines()[0] == loud.stdout.splitlines()[0]


def test_an_error_is_said_even_so():
    found = CliRunner().invoke(main, ["search", "no-such-task", "-q"])
    assert (found.exit_code, found.stderr.count("\n")) == (2, 1)
    assert "no-such-task" in found.stderr


def test_verbose_says_the_seconds_of_compiling_apart(tmp_path):
    assert " s in all, of which " in search(tmp_path, "-v").stderr
    assert " s to compile or load kernels" not in search(tmp_path).stderr


@pytest.mark.parametrize("where", [("run", "-q", "counting"), ("run", "counting", "-q")])
def test_run_is_quiet_before_and_after_the_experiment(where, tmp_path):
    path = str(tmp_path / "x.png")
    found = CliRunner().invoke(main, [*where, "--variables", "2", "--plot", path])
    assert (found.exit_code, found.stderr) == (0, "")
