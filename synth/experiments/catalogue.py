"""How experiments are found, and what a module needs to be one.

An experiment is a module with

- a docstring whose first line is its claim;
- `CONTROL`, a text: the case in which the phenomenon must vanish;
- `Settings`, a frozen dataclass (see `synth.experiments.base`) from which the options of
  `synth run` are made;
- `run(settings, map)`, which gives the rows: plain dicts of JSON values with the same keys,
  preferably one by one as they are ready.  `map` works like the built-in one, but may use
  processes or a cluster: functions must be at the top of a module, and items must be plain
  data with their own seeds (`spawn_seeds`);
- `summarise(rows)`, which returns a dict;
- `draw(rows, axes)`, which draws on matplotlib's axes; on a list of them if the module has
  `PANELS`, their number.  The figure has two columns, and each title begins with a letter.  A
  labelled line gets its label at its end, unless there is a legend.  `synth.report.COLOURS` has
  the colour of each role, and `synth.report.shades` gives colours for everything else.

A module may also have `CAPTION`, which says in plain words what the figure shows, by the letters of
its panels (it stands under the figure, in the help and on the page of `synth report`), `HEIGHT`,
the height of a panel in inches, `COLUMNS`, the keys of rows to show first, and three literals that
are read without importing it: `SUMMARY`, a dict from the keys of the summary, which are
identifiers, to sentences (see `rows.sentences_of`); `GROUP`, the heading under which the list of
experiments has it; and `TIME`, how long the default settings take, and on how many cores. `QUICK`
is a dict of settings for `--quick`, a first look in at most about 20 s.

The entry `verdict` of a summary is one sentence: whether the claim holds in these rows, and whether
the control does (see `rows.verdict`).  The run ends with it.

Every module of this folder is an experiment, `_` in its name read as `-`, except the few that
`_PARTS` names and those whose names begin with `_`, which are parts of other modules.  Other
packages name their experiments in the entry point group `synth.experiments`.  `FILE.py` in place of
a name is an experiment in a file.
"""

import ast
import importlib
import importlib.util
import inspect
import pkgutil
import traceback
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from synth.errors import ExperimentError, meant, one_line
from synth.experiments.base import settings_of

#: Modules of this folder that are not experiments.
_PARTS = ("base", "catalogue", "fits", "rows", "runner")

#: How the functions of an experiment are called.
_GIVEN = {"run": ("settings", "map"), "summarise": ("rows",), "draw": ("rows", "axes")}

#: The group of an experiment without `GROUP`.
OTHERS = "others"
#: The groups that come first in the list, in this order.
GROUPS = ("start here", "noise and data", "priors", "grokking", "networks", "structure")


def names() -> list[str]:
    """The names of all experiments, sorted."""
    return sorted({*_built_in(), *(e.name for e in entry_points(group="synth.experiments"))})


def listing(name: str) -> dict[str, str]:
    """The name, claim, group and time of an experiment, read without importing it.

    The time is an empty text if the module does not say it.
    """
    try:
        tree = _parsed(name)
    except _UNREADABLE as error:
        said = f"(cannot be read: {' '.join(str(error).split())})"
        return {"name": name, "claim": said, "group": OTHERS, "time": ""}
    said = (ast.get_docstring(tree) or "").partition("\n")[0]
    group, time = _literal(tree, "GROUP", OTHERS), _literal(tree, "TIME", "")
    return {"name": name, "claim": said, "group": str(group), "time": str(time)}


def summary_sentences(name: str) -> dict[str, str]:
    """The `SUMMARY` of the experiment of that name, or {}; read without importing it."""
    try:
        return {str(k): str(v) for k, v in _literal(_parsed(name), "SUMMARY", {}).items()}
    except _UNREADABLE:
        return {}


def _literal(tree: ast.Module, name: str, default: Any) -> Any:
    """The literal that a module assigns to a name; the default if it assigns none."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(t, ast.Name) and t.id == name for t in targets):
            try:
                return ast.literal_eval(node.value)  # type: ignore[attr-defined]
            except _UNREADABLE:
                return default
    return default


_UNREADABLE = (ImportError, AttributeError, SyntaxError, TypeError, ValueError)


def _parsed(name: str) -> ast.Module:
    module = _built_in().get(name) or _entry(name).module
    loader: Any = getattr(importlib.util.find_spec(module), "loader", None)
    return ast.parse(loader.get_source(module))


def is_file(name: str) -> bool:
    """Whether the name is that of a file, `FILE.py`, whose code runs if it is loaded."""
    return name.endswith(".py")


def load(name: str) -> ModuleType:
    """The module of the experiment of that name, or of the file `FILE.py`.

    Raises
    ------
    ExperimentError
        If there is no such experiment, if it cannot be imported, or if it lacks a part.
    """
    if name in _built_in():
        return _checked(importlib.import_module(_built_in()[name]), name)
    if is_file(name):
        from synth.language import dsls

        return _checked(dsls.run_file(name, "FILE.py", ExperimentError), name)
    entry = _entry(name)
    try:
        module = entry.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        text = " ".join(str(error).split())
        raise ExperimentError(
            f"experiment {name} ({entry.value}) fails: {type(error).__name__}: {text}"
        ) from error
    return _checked(module, name)


def failure(name: str, error: BaseException) -> str | None:
    """The line about an error in the code of an experiment that is not built in; else None."""
    if name in _built_in():
        return None
    spec = None if is_file(name) else importlib.util.find_spec(_entry(name).module)
    file = Path((spec and spec.origin) or name).resolve()
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == file]
    if not lines:
        return None
    return f"experiment {name}, line {lines[-1]}: {type(error).__name__}: {one_line(error)}"


def claim(module: ModuleType) -> str:
    """The first line of an experiment's docstring."""
    return (module.__doc__ or "").strip().partition("\n")[0]


def _built_in() -> dict[str, str]:
    """Names of experiments to names of modules."""
    found = [m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)])]
    return {
        name.replace("_", "-"): f"{__package__}.{name}"
        for name in found
        if name not in _PARTS and not name.startswith("_")
    }


def _entry(name: str) -> EntryPoint:
    for entry in entry_points(group="synth.experiments", name=name):
        return entry
    known = names()
    raise ExperimentError(
        f"no experiment {name!r}; known: {', '.join(known)}; or give FILE.py{meant(name, known)}"
    )


def _checked(module: ModuleType, name: str) -> ModuleType:
    """The module, if it has every part that an experiment needs."""
    if not (getattr(module, "__doc__", None) or "").strip():
        raise ExperimentError(f"experiment {name}: it has no docstring to state its claim")
    kinds = {"CONTROL": str, "Settings": type, "run": None, "summarise": None, "draw": None}
    for part, kind in kinds.items():
        found = getattr(module, part, None)
        if not (callable(found) if kind is None else isinstance(found, kind)):
            raise ExperimentError(
                f"experiment {name}: {part} is {found!r}; a module needs CONTROL (a text), "
                "Settings (a frozen dataclass), and the functions run(settings, map), "
                "summarise(rows) and draw(rows, axes)"
            )
    for part, given in _GIVEN.items():
        try:
            inspect.signature(getattr(module, part)).bind(*given)
        except TypeError as error:
            raise ExperimentError(
                f"experiment {name}: {part} is called as {part}({', '.join(given)}): {error}"
            ) from None
        except ValueError:
            pass  # a callable without a signature
    settings_of(module.Settings, name)
    return module
