"""The notebooks of the docs run headless, and show what they were saved with."""

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
#: The most bytes of a notebook.
MOST = 500_000


def outputs(path):
    """What each cell of code shows: the kinds of outputs, and their texts without seconds."""
    shown = []
    for cell in json.loads(path.read_text())["cells"]:
        for output in cell.get("outputs", ()):
            kinds = output.get("data", {"text": output.get("text")})
            text = "".join(kinds.get("text/html") or kinds.get("text") or "")
            text = re.sub(r"\d[\d.,]* s\b", "SECONDS", text)
            shown.append((output["output_type"], output.get("name"), sorted(kinds), text))
    return shown


def test_there_are_three():
    assert [path.stem for path in NOTEBOOKS] == [
        "first_search",
        "own_data_and_language",
        "paradox_and_grokking",
    ]


#: The one that takes seconds; each of the others takes half a minute on a busy machine.
QUICK = "first_search"


@pytest.mark.parametrize(
    "path",
    [pytest.param(p, id=p.stem, marks=[pytest.mark.slow] * (p.stem != QUICK)) for p in NOTEBOOKS],
)
def test_a_notebook_shows_what_it_was_saved_with(path, tmp_path):
    assert path.stat().st_size <= MOST
    command = [sys.executable, FOLDER / "execute.py", path, "--to", tmp_path]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = outputs(tmp_path / path.name)
    assert found == outputs(path)
    # Warnings and errors would go there.
    assert not [each for each in found if each[1] == "stderr"]
    assert sum("image/png" in kinds for _, _, kinds, _ in found) >= 2


def test_a_page_has_the_cells_and_their_outputs(monkeypatch):
    file = ROOT / "docs" / "extensions" / "notebooks.py"
    spec = importlib.util.spec_from_file_location("notebooks", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    cells = [
        {"cell_type": "markdown", "source": ["# Title\n", "text"]},
        {"cell_type": "code", "source": ["1 + 1"], "metadata": {"alt": 'a "bar"'}, "outputs": [
            {"output_type": "stream", "name": "stdout", "text": ["said\n"]},
            {"output_type": "display_data", "metadata": {"image/png": {"width": 80}},
             "data": {"image/png": "iVBO\nRw", "text/plain": "Figure"}},
            {"output_type": "execute_result", "data": {"text/html": ["<b>2</b>"]}},
            {"output_type": "execute_result", "data": {"text/plain": ["2"]}},
        ]},
    ]  # fmt: skip
    fence = "`" * 8
    assert module.as_markdown({"cells": cells}).split("\n\n") == [
        "# Title\ntext",
        f"{fence}python\n1 + 1\n{fence}",
        f"{fence}text\nsaid\n{fence}",
        f'{fence}{{raw}} html\n<img src="data:image/png;base64,iVBORw" alt="a &quot;bar&quot;" '
        f'style="width:80px">\n{fence}',
        f'{fence}{{raw}} html\n<div style="overflow-x:auto"><b>2</b></div>\n{fence}',
        f"{fence}text\n2\n{fence}\n",
    ]
