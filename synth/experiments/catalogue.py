"""The experiments, one file each, and how they are found and run.

An experiment is a module with

- a docstring whose first line is its claim;
- `CONTROL`, the case in which the phenomenon must vanish, in words;
- `Settings`, a frozen dataclass (see `synth.experiments.base`), which alone makes the
  options of `synth run`;
- `run(settings, map)`, which gives its rows, plain dicts of JSON's values with the same
  keys, best one by one as they come.  `map` is like the built-in one, but may work on
  processes or a cluster: functions are a module's, items plain data with seeds of their
  own (`spawn_seeds`);
- `summarise(rows)`, a dict;
- `draw(rows, axes)`, which draws on matplotlib's axes, a list of them where the module
  has `PANELS`, their number or (down, across).  Lines with a label get it at their end,
  unless there is a legend.

`COLUMNS` may name the keys of rows to show first.  `SUMMARY`, a literal dict, maps the keys of
the summary, which are identifiers, to what they mean in words (see `base.sentences_of`).  The
modules of this folder are found by themselves, `_` in their names read as `-`; other packages
name theirs in the entry point group `synth.experiments`.
"""

import ast
import importlib
import importlib.util
import pkgutil
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from synth.errors import ExperimentError
from synth.experiments.base import settings_of

#: Modules of this folder that are no experiments.
_PARTS = ("base", "catalogue", "fits", "runner")


def names() -> list[str]:
    """The names of all experiments."""
    return sorted({*_built_in(), *(e.name for e in entry_points(group="synth.experiments"))})


def describe(name: str) -> tuple[str, None]:
    """(its docstring, None) of an experiment by name, read without importing it."""
    try:
        tree = _parsed(name)
    except _UNREADABLE as error:
        return f"(cannot be read: {' '.join(str(error).split())})", None
    return ast.get_docstring(tree) or "", None


def summary_sentences(name: str) -> dict[str, str]:
    """The `SUMMARY` of an experiment by name, read without importing it; empty without one."""
    try:
        for node in _parsed(name).body:
            targets = node.targets if isinstance(node, ast.Assign) else []
            if any(isinstance(t, ast.Name) and t.id == "SUMMARY" for t in targets):
                found = ast.literal_eval(node.value)  # type: ignore[attr-defined]
                return {str(k): str(v) for k, v in found.items()}
    except _UNREADABLE:
        pass
    return {}


_UNREADABLE = (ImportError, AttributeError, SyntaxError, TypeError, ValueError)


def _parsed(name: str) -> ast.Module:
    module = _built_in().get(name) or _entry(name).module
    loader: Any = getattr(importlib.util.find_spec(module), "loader", None)
    return ast.parse(loader.get_source(module))


def load(name: str) -> ModuleType:
    """An experiment's module.

    Raises ExperimentError where there is none, it cannot be imported, or it lacks a part.
    """
    if name in _built_in():
        return _checked(importlib.import_module(_built_in()[name]), name)
    entry = _entry(name)
    try:
        module = entry.load()
    except (Exception, SystemExit) as error:
        text = " ".join(str(error).split())
        raise ExperimentError(
            f"experiment {name} ({entry.value}) fails: {type(error).__name__}: {text}"
        ) from error
    return _checked(module, name)


def claim(module: ModuleType) -> str:
    """The first line of an experiment's docstring."""
    return (module.__doc__ or "").strip().partition("\n")[0]


def _built_in() -> dict[str, str]:
    """Names to modules."""
    found = (
        m.name for m in pkgutil.iter_modules([str(Path(__file__).parent)]) if m.name not in _PARTS
    )
    return {name.replace("_", "-"): f"{__package__}.{name}" for name in found}


def _entry(name: str) -> EntryPoint:
    for entry in entry_points(group="synth.experiments", name=name):
        return entry
    raise ExperimentError(f"no experiment {name!r}; known: {', '.join(names())}")


def _checked(module: ModuleType, name: str) -> ModuleType:
    """The module, where it has all that an experiment must have."""
    if not (getattr(module, "__doc__", None) or "").strip():
        raise ExperimentError(f"experiment {name}: it has no docstring to state its claim")
    for part, kind in (
        ("CONTROL", str), ("Settings", type), ("run", None), ("summarise", None), ("draw", None),
    ):  # fmt: skip
        found = getattr(module, part, None)
        if not (callable(found) if kind is None else isinstance(found, kind)):
            raise ExperimentError(
                f"experiment {name}: {part} is {found!r}; a module needs CONTROL (a text), "
                "Settings (a frozen dataclass), and the functions run, summarise and draw"
            )
    settings_of(module.Settings, name)
    return module
