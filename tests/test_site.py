"""The documentation: it builds without a warning, and what its pages say is what happens."""

import html
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zlib
from itertools import islice
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

import synth
from synth.cli import main

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))


def build(source, target, *options):
    """`make docs`, of another folder; what it says, which is nothing where nothing is wrong."""
    recipe = re.search(r"^docs:.*?\n\t(.*?)\n\t@", (ROOT / "Makefile").read_text(), re.M | re.S)[1]
    words = recipe.replace("\\\n", " ").split()
    assert words[:3] == ["$(BIN)/python", "-m", "sphinx"]
    assert words[-5:] == ["html", "-d", "build/doctrees", "docs", "build/docs"]
    command = [sys.executable, *words[1:-4], *options, "-d", target / "doctrees", source, target]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        list(map(str, command)), cwd=ROOT, env=environment, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    target = tmp_path_factory.mktemp("site")
    done = build(DOCS, target)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return target


def inventory(site):
    """The names that pages document, and where: what other projects' docs link to."""
    content = (site / "objects.inv").read_bytes().split(b"\n", 4)[4]
    lines = (line.split() for line in zlib.decompress(content).decode().splitlines())
    return {line[0]: line[3].split("#")[0] for line in lines if line[1].startswith("py:")}


def linked(site, page):
    """The pages that a page links to."""
    text = (site / page).read_text()
    found = {h for h in re.findall(r'href="([^"#]+\.html)', text) if "://" not in h}
    return {os.path.normpath(os.path.join(os.path.dirname(page), href)) for href in found}


def test_each_public_name_is_reached_from_the_index(site):
    reached, ahead = set(), {"index.html"}
    while ahead:
        reached |= ahead
        ahead = {p for page in ahead for p in linked(site, page)} - reached
    found = inventory(site)
    for name in synth.__all__:
        if name != "__version__":
            assert found[f"synth.{name}"] in reached, name
    pages = {str(p.relative_to(DOCS).with_suffix(".html")) for p in DOCS.rglob("*.md")}
    assert pages <= reached
    for name in (
        "synth.Result.predict",
        "synth.dynamics.chain.Chain.seek",
        "synth.runs.sweeps.sweep",
    ):
        assert name in found
    assert not any(".kernels" in name or "._" in name for name in found)


def printed(*arguments):
    # As the console script prints it in 80 columns; the runner would take 80 for click's 78.
    return CliRunner().invoke(main, list(arguments), prog_name="synth", terminal_width=78).stdout


def test_pages_have_the_help_of_every_command_and_experiment(site):
    text = (site / "commands.html").read_text()
    shown = html.unescape(re.sub(r"<[^>]+>", "", text))
    assert printed("--help") in shown
    for name in main.commands:
        assert f'id="synth-{name}"' in text
        assert printed(name, "--help") in shown
    listed = (site / "experiments.html").read_text()
    for page in (DOCS / "experiments").glob("*.md"):
        text = (site / "experiments" / f"{page.stem}.html").read_text()
        shown = html.unescape(re.sub(r"<[^>]+>", "", text))
        assert printed("run", page.stem, "--help") in shown
        assert f'href="experiments/{page.stem}.html"' in listed


def test_a_page_that_fetches_nothing(site):
    for page in site.rglob("*.html"):
        fetched = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="([^"]+)"', page.read_text())
        # A figure of a notebook is in the page itself.
        assert not [f for f in fetched if "//" in f and not f.startswith("data:")], page


@pytest.fixture
def copy(tmp_path):
    """A copy of the docs, less the pages that take long."""
    found = tmp_path / "docs"
    shutil.copytree(DOCS, found)
    return found


@pytest.mark.slow
def test_what_is_broken_fails_the_build(copy, tmp_path):
    # One build, for each takes some seconds: every slip is a line, and none hides another.
    with (copy / "limits.md").open("a") as page:
        page.write(
            "\n[a](nowhere.md) [b](start.md#nowhere) [c](#synth.nowhere) {py:func}`synth.serach`\n"
            "![d](nowhere.png)\n"
        )
    (copy / "lonely.md").write_text("# Lonely\n")
    (copy / "experiments" / "nothing.md").write_text("# nothing\n")
    (copy / "experiments" / "regret.md").unlink()
    api = copy / "api" / "synth.md"
    api.write_text(api.read_text().replace(".. autofunction:: synth.contrast\n", ""))
    conf = copy / "conf.py"
    # The docs are another folder's, the package is this one's; one name loses its docstring.
    conf.write_text(
        conf.read_text().replace("str(HERE.parent)", repr(str(ROOT)))
        + "\nimport synth\nsynth.Result.predict.__doc__ = None\n"
    )
    plugin = copy.parent / "examples" / "plugin"
    shutil.copytree(ROOT / "examples" / "plugin", plugin)
    (plugin / "README.md").unlink()
    shutil.copy(ROOT / "CHANGELOG.md", copy.parent)
    done = build(copy, tmp_path / "site")
    assert done.returncode == 1
    warnings = done.stderr.splitlines()
    for said in (
        "limits.md.*target not found: 'nowhere.md'",
        "limits.md.*local id not found in doc 'start': 'nowhere'",
        "limits.md.*cross-reference target not found: 'synth.nowhere'",
        "limits.md.*py:func reference target not found: synth.serach",
        "limits.md.*image file not readable: nowhere.png",
        "lonely.md.*document isn't included in any toctree",
        "there is no experiment nothing",
        "experiment regret has no page experiments/regret.md",
        "public name synth.contrast is on no page",
        "public name synth.Result.predict has no docstring",
        "extend.md.*examples/plugin/README.md' not found",
    ):
        assert [w for w in warnings if re.search(said, w)], (said, done.stderr)


def blocks(page, kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", page.read_text(), re.M | re.S)


#: Pages whose blocks take a quarter of a minute: whole searches and fits, with no limit given.
LONG = ("python", "reach", "tables")


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(p, id=p.stem, marks=[pytest.mark.slow] * (p.stem in LONG))
        for p in PAGES
        if blocks(p, "python")
    ],
)
def test_blocks_of_python_print_what_stands_beside_them(page):
    code = "".join(blocks(page, "python"))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode == 0, done.stderr
    said = re.findall(r"^print\(.*?(?:  # (.*))?$", code, re.M)
    assert done.stdout.splitlines() == said


@pytest.mark.parametrize(
    "block",
    [b for page in PAGES for b in blocks(page, "") if b.startswith("$ synth ") and "\n..." in b],
    ids=lambda block: block.split("\n")[0][2:],
)
def test_commands_print_what_stands_below_them(block, monkeypatch, tmp_path):
    """Of several commands only the last one's output stands there; "..." are lines left out."""
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    monkeypatch.chdir(tmp_path)
    *before, command = re.findall(r"^\$ synth (.*)$", block, re.M)
    for each in before:
        printed(*each.split())
    found = iter(printed(*command.split()).splitlines())
    for part in block.partition(command)[2].strip("\n").split("\n...")[:-1]:
        lines = part.strip("\n").splitlines()
        kept = next(line for line in found if line == lines[0])
        assert [kept, *islice(found, len(lines) - 1)] == lines


def test_the_citation_is_of_this_version():
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert cited["version"] == synth.__version__
    assert cited["license"] == stated["license"]
    assert cited["title"] in (DOCS / "cite.md").read_text()


@pytest.fixture
def docstrings(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS / "extensions"))
    spec = importlib.util.spec_from_file_location(
        "docstrings", DOCS / "extensions" / "docstrings.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_docstrings_are_plain_text(docstrings):
    meant = {"Task": "synth.Task"}.get

    def made(text):
        return "\n".join(docstrings.as_rst(text.split("\n"), meant)).strip()

    assert made("*all* of |p| and_ `x`, `Task`s and\n    more") == (
        "\\*all\\* of \\|p\\| and\\_ :code:`x`, :py:obj:`Task <synth.Task>`\\ s and\nmore"
    )
    assert made("of `a\nb`: an odd ` stays") == "of :code:`a b`: an odd \\` stays"
    assert (
        made("So:\n\n    a * b\n\nand on")
        == "So:\n\n.. code-block:: default\n\n    a * b\n\nand on"
    )
    assert made("- one,\n  two;\n- three") == "- one,\n  two;\n- three"


def test_numpy_sections_become_lists_of_definitions(docstrings):
    meant = {"Task": "synth.Task", "TaskError": "synth.errors.TaskError"}.get
    text = """Bind a task.

Parameters
----------
task, other_task : Task, str or int|Task
    A `Task`.

    Second paragraph.
*rest : ndarray of bool, shape (rows,)

Returns
-------
Task
    The task.

Raises
------
TaskError
    If there is none.

Notes
-----
See |p|."""
    assert "\n".join(docstrings.as_rst(text.split("\n"), meant)) == (
        "Bind a task.\n\n:Parameters:\n"
        "    **task, other\\_task** : :py:obj:`Task <synth.Task>`, "
        "str or int\\|\\ :py:obj:`Task <synth.Task>`\n"
        "        A :py:obj:`Task <synth.Task>`.\n\n        Second paragraph.\n\n"
        "    **\\*rest** : ndarray of bool, shape (rows,)\n\n"
        ":Returns:\n    :py:obj:`Task <synth.Task>`\n        The task.\n\n"
        ":Raises:\n    :py:obj:`TaskError <synth.errors.TaskError>`\n        If there is none.\n\n"
        ".. rubric:: Notes\n\nSee \\|p\\|.\n"
    )
    said = docstrings.as_rst(["Returns", "-------", "The number of rows."], meant)
    assert "\n".join(said).strip() == ":Returns:\n    The number of rows."
