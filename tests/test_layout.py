"""Imports run one way, starting up stays light, and nothing dangerous is used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "synth"

#: A module imports only modules of earlier groups (or of its own package).
ORDER = [
    {"_version"},
    {"errors"},
    {"sweep", "executors", "files", "fits", "journal"},
    {"types", "kernels", "limits"},
    {"primitive"},
    {"dsl"},
    {"grammar"},
    {"check", "program", "registry"},
    {"notation", "task"},
    {"agreement", "baselines", "codes", "curry", "dsls", "encodings", "similarity", "tasks"},
    {"bank", "schedule"},
    {"engine"},
    {"checkpoint", "enumeration", "goal", "result", "score"},
    {"outcome", "runs"},
    {"driver"},
    {"exact", "dynamics", "estimator", "library", "networks"},
    {"doctor", "learners", "sharing"},
    {"items", "pairwise"},
    {"comparison"},
    {"experiments"},
    {"report"},
    {"options", "progress"},
    {"running"},
    {"cli"},
    {"__main__"},
]
RANK = {name: rank for rank, names in enumerate(ORDER) for name in names}


class _Run(ast.NodeTransformer):
    """Leaves out what type checkers alone read."""

    def visit_If(self, node):
        self.generic_visit(node)
        checked = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return node.orelse or None if checked else node


def imports(path):
    """The modules of synth that a file imports, in functions too."""
    found = set()
    for node in ast.walk(_Run().visit(ast.parse(path.read_text()))):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names if a.name.startswith("synth")}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("synth"):
            if node.module == "synth":
                found |= {f"synth.{a.name}" for a in node.names}
            else:
                found.add(node.module)
    return {name.split(".")[1] for name in found if "." in name}


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        relative = path.relative_to(PACKAGE)
        name = relative.parts[0].removesuffix(".py")
        if name != "__init__":
            yield name, path


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda v: str(v)[-24:])
def test_imports_run_one_way(name, path):
    for other in imports(path) - {name}:
        # A method that shows a result or a program may reach for how, late.
        if (name, other) in {("result", "report"), ("runs", "report"), ("program", "notation")}:
            continue
        assert RANK[other] < RANK[name], f"{path.name} imports {other}"


def test_few_use_the_kernels():
    users = {name for name, path in modules() if "kernels" in imports(path)}
    assert users - {"kernels"} == {"bank", "doctor", "dynamics", "exact"}
    for path in (PACKAGE / "kernels").glob("*.py"):
        assert imports(path) <= {"errors", "kernels"}, path


def test_experiments_stand_alone():
    for path in (PACKAGE / "experiments").glob("*.py"):
        assert "kernels" not in imports(path), path
        if path.name == "__init__.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            assert not getattr(node, "level", 0), f"{path.name} imports relatively"
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [a.name for a in node.names] if isinstance(node, ast.Import) else []
            others = {n for n in names if n.startswith("synth.experiments")}
            assert others <= {"synth.experiments.base"}, f"{path.name} imports {others}"


def test_built_ins_use_the_public_names_only():
    allowed = {"dsl", "errors", "task", "types", "registry"}
    for folder in ("dsls", "tasks"):
        for path in (PACKAGE / folder).glob("*.py"):
            if path.name != "__init__.py":
                assert imports(path) <= allowed, path
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("synth"):
                    assert not any(a.name.startswith("_") for a in node.names), path


def test_files_stay_readable():
    for name, path in modules():
        assert name not in ("utils", "helpers")
        text = path.read_text()
        assert ast.get_docstring(ast.parse(text)), f"{path.name} does not say what it is for"


def test_no_eval_and_no_pickle():
    for _, path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile"), path
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [a.name for a in node.names] + [getattr(node, "module", "") or ""]
                assert not any("pickle" in n or "shelve" in n for n in names), path


def loaded(code):
    """The modules that are loaded after a piece of code has run in a fresh process."""
    script = f"import sys\n{code}\nprint(*sorted(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return set(run.stdout.split("\n")[-2].split())


def test_help_loads_no_heavy_module():
    heavy = {"numpy", "numba", "scipy", "networkx", "matplotlib"}
    helped = loaded(
        "import contextlib, io\nfrom synth.cli import main\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "    main(['--help'])"
    )
    assert "synth.cli" in helped
    assert not heavy & helped
    assert not heavy & loaded("import synth")
    # The test can fail: a search does load numba.
    assert "numba" in loaded("import synth; synth.search")


def test_a_search_does_not_load_what_it_does_not_use():
    found = loaded("import synth\nsynth.search(synth.load_task('parity:n=3'))")
    assert "numba" in found
    assert not {"networkx", "matplotlib"} & found


def test_every_public_name_is_there_and_documented():
    import synth

    for name in synth.__all__:
        value = getattr(synth, name)
        if callable(value):
            assert value.__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        synth.nothing  # noqa: B018
