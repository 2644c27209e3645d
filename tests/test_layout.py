"""Imports run one way, starting up stays light, and nothing dangerous is used."""

import ast
import functools
import importlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import networkx as nx
import pytest

import synth

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "synth"

#: A room imports only what lies below it (the ground is errors, codes, files and the version).
ROOMS = [
    {"ground"},
    {"report", "kernels", "atlas"},
    {"language"},
    {"tasks"},
    {"records"},
    {"engine"},
    {"exact", "dynamics", "library"},
    {"learners", "runs"},
    {"experiments"},
    {"verification"},
    {"cli"},
]
GROUND = {"_version", "errors", "codes", "files"}
#: The order inside two rooms: a module imports only those before it.
INSIDE = {
    "language": [
        "given", "rounding", "strings", "types", "primitive", "family", "machines", "cards",
        "meaning",
        "columns", "thresholds", "comparisons", "signatures", "dsl", "labels", "costs",
        "mass", "grammar",
        "check", "specification", "notation", "parsing", "program", "folds",
        "scans", "loop_code", "dsls",
    ],
    "engine": [
        "machine", "limits", "interrupts", "compiled", "crew", "watch", "progress", "known",
        "curry", "making", "bank", "targets", "schedule", "scoring",
        "labelling", "job", "band", "enumerator", "last_step", "backward",
        "enumeration", "digests", "reach", "soundness", "checkpoint", "held_out", "outcome",
        "arguments", "fits", "terms", "constants", "pool", "factors", "inner",
        "pairing", "shapes", "extension", "inversion", "sums", "products",
        "tails", "regression", "automata", "folding", "coding", "solving",
        "loops", "tries", "forms", "joins", "transducers", "rewriting", "points", "card_lists",
        "families", "driver", "large",
        "languages", "searches", "descents",
    ],
}  # fmt: skip
RANK = {room: rank for rank, rooms in enumerate(ROOMS) for room in rooms}


class _Run(ast.NodeTransformer):
    """Leaves out what type checkers alone read."""

    def visit_If(self, node):
        self.generic_visit(node)
        checked = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return node.orelse or None if checked else node


def modules():
    """(dotted name below synth, path) of every module but the package's own first file."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(p for p in parts if p != "__init__")
        if name and name != "__main__":
            yield name, path


MODULES = dict(modules())


def room(name):
    first = name.partition(".")[0]
    return "ground" if first in GROUND else first


@functools.cache
def imports(path):
    """(module, name or None) of all that a file imports of synth, in functions too."""
    found = []
    for node in ast.walk(_Run().visit(ast.parse(path.read_text()))):
        if isinstance(node, ast.Import):
            found += [(a.name[6:], None) for a in node.names if a.name.startswith("synth.")]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "synth":
            module = node.module[6:]
            for alias in node.names:
                whole = f"{module}.{alias.name}".lstrip(".")
                found.append((whole, None) if whole in MODULES else (module, alias.name))
    return found


def test_the_plan_is_what_the_folder_shows():
    # A folder that an earlier version left behind holds compiled files only.
    there = {p.name for p in PACKAGE.iterdir() if p.is_file() or any(p.rglob("*.py"))}
    ground = {f"{name}.py" for name in GROUND - {"codes"}} | {"codes"}
    ground |= {"__init__.py", "__main__.py", "py.typed"}
    assert there == ground | set().union(*ROOMS) - {"ground"}
    assert len(ROOMS) <= 12


@pytest.mark.parametrize(("name", "path"), MODULES.items(), ids=lambda v: str(v)[-24:])
def test_imports_run_one_way(name, path):
    for other, _ in imports(path):
        if room(other) != room(name):
            assert RANK[room(other)] < RANK[room(name)], f"{name} imports {other}"
        elif room(name) in INSIDE and "." in name:
            order = INSIDE[room(name)]
            here, there = (order.index(m.split(".")[1]) for m in (name, other))
            assert there <= here, f"{name} imports {other}"


def test_rooms_use_what_others_name():
    """From another room, only what its `__init__` lists: a name, or a module of its own."""
    for name, path in MODULES.items():
        for module, wanted in imports(path):
            if room(module) in (room(name), "ground"):
                continue
            package, steps = "synth", [*module.split("."), *([wanted] if wanted else [])]
            for step in steps:
                if not hasattr(importlib.import_module(package), "__path__"):
                    break
                if package != "synth":
                    listed = importlib.import_module(package).__all__
                    assert step in listed, f"{name} imports {step} of {package}"
                package = f"{package}.{step}"
                if package[6:] not in MODULES:
                    break


def test_no_import_circle():
    graph = nx.DiGraph()
    for name, path in MODULES.items():
        # A room's first file gathers what its modules define, and none of them needs it.
        gathers = hasattr(importlib.import_module(f"synth.{name}"), "__path__")
        for other, _ in imports(path):
            if not (gathers and room(other) == room(name)):
                graph.add_edge(name, other)
    assert nx.is_directed_acyclic_graph(graph), nx.find_cycle(graph)
    # The test can fail.
    graph.add_edge("errors", "cli.commands")
    assert not nx.is_directed_acyclic_graph(graph)


def test_rooms_say_what_lives_there():
    for name in set(RANK) - {"ground"}:
        module = importlib.import_module(f"synth.{name}")
        assert "tart with" in "\n".join(module.__doc__.splitlines()[:10]), name
        for public in module.__all__:
            if f"{name}.{public}" not in MODULES:
                assert hasattr(module, public), f"{name}.{public}"


def test_few_use_the_kernels():
    users = {room(n) for n, path in MODULES.items() if any(room(m) == "kernels" for m, _ in
             imports(path))}  # fmt: skip
    assert users - {"kernels"} == {"engine", "dynamics", "exact"}
    for path in (PACKAGE / "kernels").glob("*.py"):
        assert {room(m) for m, _ in imports(path)} <= {"ground", "kernels"}, path


def test_experiments_stand_alone():
    parts = ("__init__", "base", "catalogue", "fits", "rows", "runner")
    for path in (PACKAGE / "experiments").glob("*.py"):
        if path.stem in parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            assert not getattr(node, "level", 0), f"{path.name} imports relatively"
        others = {m for m, _ in imports(path) if room(m) == "experiments"}
        # A module whose name begins with _ and an experiment's name is a part of that experiment.
        others = {m for m in others if not m.startswith(f"experiments._{path.stem}")}
        assert others <= {"experiments.base", "experiments.fits", "experiments.rows"}, (
            f"{path.name}: {others}"
        )


def test_built_ins_use_the_public_names_only():
    plain = {"language.dsl", "language.types", "language.columns", "language", "errors"}
    plain |= {"language.meaning", "language.comparisons", "language.machines", "language.folds"}
    plain |= {"language.cards", "language.dsls.rules", "language.scans", "language.strings"}
    plain |= {"tasks.task", "tasks.splits", "tasks.functions", "tasks.sequences", "tasks.strings"}
    for folder in ("language/dsls", "tasks/builtin"):
        for path in (PACKAGE / folder).glob("*.py"):
            if path.name != "__init__.py":
                assert {m for m, _ in imports(path)} <= plain, path
                assert not any(n and n.startswith("_") for _, n in imports(path)), path


def test_files_stay_readable():
    for name, path in MODULES.items():
        assert name.rpartition(".")[2] not in ("utils", "helpers")
        text = path.read_text()
        assert ast.get_docstring(ast.parse(text)), f"{path.name} does not say what it is for"


def functions(tree):
    return [n for n in ast.walk(tree) if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))]


def test_files_functions_and_calls_stay_small():
    """Kernels and calls of kernels are excepted: they take arrays, one by one."""
    for name, path in MODULES.items():
        text = path.read_text()
        lines, tree = text.splitlines(), ast.parse(text)
        reason = "file is long because" in " ".join(lines[:10])
        assert len(lines) <= 400 or reason, f"{name} has {len(lines)} lines and gives no reason"
        if room(name) == "kernels":
            continue
        for function in functions(tree):
            length = function.end_lineno - function.lineno + 1
            doc = ast.get_docstring(function, clean=False) or ""
            length -= len(doc.splitlines())
            assert length <= 60, f"{name}.{function.name} has {length} lines"
        for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
            called = ast.unparse(call.func)
            # What takes any number of parts gets them one after another.
            if "kernels." not in called and called not in ("joined", "element", "struct.pack"):
                few = len(call.args) <= 6
                assert few, f"{name} line {call.lineno}: {called} gets {len(call.args)} arguments"


def test_no_eval_and_no_pickle():
    for path in MODULES.values():
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


@pytest.mark.parametrize("kind", ["search", "contrast", "compare", "run", "stranger"])
def test_a_saved_run_is_shown_without_the_engine(tmp_path, kind):
    """Nor on a page, unless a figure of an experiment has to be drawn."""
    limits = {"max_bits": 8, "threads": 1}
    if kind in ("search", "contrast"):
        run = getattr(synth, kind)("parity:n=3,k=2", **limits)
    elif kind == "compare":
        run = synth.compare(["parity:n=3,k=2"], ["boolean"], **limits)
    else:
        run = synth.run_experiment("sparsity", rows="10", runs=1)
        changes = {"experiment": "of a stranger"} if kind == "stranger" else {"rows": ()}
        run = replace(run, **changes)
    synth.save_run(run, tmp_path / "run.json")
    # Both commands in one process: what either of them loads is there.
    found = loaded(
        f"import contextlib, io, os\nos.chdir({str(tmp_path)!r})\n"
        "from synth.cli import main\n"
        "for command in (['show', 'run.json'], ['report', 'run.json', '-o', 'page.html']):\n"
        "    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):\n"
        "        main(command)"
    )
    assert "synth.records.saved" in found
    assert not {"numba", "synth.engine"} & found
    assert (tmp_path / "page.html").exists()


def test_every_public_name_is_there_and_documented():
    for name in synth.__all__:
        value = getattr(synth, name)
        if callable(value):
            assert value.__doc__, name
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        synth.nothing  # noqa: B018
