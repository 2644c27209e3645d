"""The example notebooks run from top to bottom, cell by cell, and show what they end in."""

import ast
import json
from pathlib import Path

import pytest

NOTEBOOKS = sorted((Path(__file__).parent.parent / "examples").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, capsys):
    notebook = json.loads(path.read_text())
    assert notebook["nbformat"] == 4
    namespace = {}
    for number, cell in enumerate(c for c in notebook["cells"] if c["cell_type"] == "code"):
        assert not cell["outputs"], "outputs are not kept in the repository"
        tree = ast.parse("".join(cell["source"]), f"{path.name}, cell {number}")
        *rest, last = tree.body
        shown = isinstance(last, ast.Expr)
        exec(compile(ast.Module(rest if shown else tree.body, []), path.name, "exec"), namespace)
        if shown:  # as a notebook would show it
            code = compile(ast.Expression(last.value), path.name, "eval")
            value = eval(code, namespace)  # noqa: S307 - the cells are our own
            assert "<table" in value._repr_html_()
    assert capsys.readouterr().out.startswith("seconds ")
