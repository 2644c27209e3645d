"""The built-in tasks, and how a task is found by name or read from a CSV file.

A task module has `TASKS`, names to functions that make a `Task`; a function's
parameters are the task's settings, `train` (a fraction with a point, or a count)
and `seed` among them.  The modules of `synth.tasks.builtin` are found by themselves; other
packages name theirs in the entry point group `synth.tasks`.
"""

import importlib
import inspect
import os
import pkgutil
from collections.abc import Callable, Iterable
from importlib.metadata import entry_points
from typing import Any

from synth.errors import SettingError, TaskError
from synth.language import bind, parse_spec
from synth.tasks import builtin
from synth.tasks.table import read_table
from synth.tasks.task import Task


def names() -> list[str]:
    """The names of the tasks, in the order of their modules."""
    return list(_makers())


def describe(name: str) -> tuple[str, dict[str, Any]]:
    """(its description, {setting: default}) of a task by name."""
    function = _maker(name)
    parameters = inspect.signature(function).parameters.values()
    return inspect.getdoc(function) or "", {p.name: p.default for p in parameters}


def load_task(
    spec: str | os.PathLike[str],
    *,
    label: str | None = None,
    drop: Iterable[str] = (),
    modulus: int | None = None,
    train: int | float | None = None,
    seed: int | None = None,
) -> Task:
    """A task from `name:key=value,...` or from the path of a CSV file.

    train and seed, where given, overrule the specification's; label, drop and
    modulus are for files.  Raises TaskError or SettingError where there is no such task.
    """
    given: dict[str, Any] = {k: v for k, v in (("train", train), ("seed", seed)) if v is not None}
    if is_path(spec):
        return read_table(spec, label=label, drop=drop, modulus=modulus, **given)
    for key, value in (("--label", label), ("--drop", drop), ("--modulus", modulus)):
        if value not in (None, ()):
            raise SettingError(f"{key} {value}: it is for CSV files; {spec} is none")
    name, positional, named = parse_spec(spec)
    function = _maker(name)
    settings = bind(function, spec, positional, {**named, **given})
    return function(**settings)


def is_path(spec: str | os.PathLike[str]) -> bool:
    """Whether a specification is a file's path rather than a task's name."""
    text = str(spec)
    if parse_name(text) in _makers():
        return False
    return text.endswith((".csv", ".tsv", ".txt")) or os.sep in text or os.path.exists(text)


def parse_name(text: str) -> str:
    """The name in a specification: what stands before the first colon."""
    return text.partition(":")[0].strip()


def _makers() -> dict[str, Callable[..., Task]]:
    found: dict[str, Callable[..., Task]] = {}
    for module in sorted(pkgutil.iter_modules(builtin.__path__), key=lambda m: m.name):
        found.update(importlib.import_module(f"{builtin.__name__}.{module.name}").TASKS)
    for entry in entry_points(group="synth.tasks"):
        found[entry.name] = entry.load()
    return found


def _maker(name: str) -> Callable[..., Task]:
    makers = _makers()
    if name not in makers:
        if "." in name:
            raise TaskError(
                f"no task and no file {name!r}; allowed: a task that `synth tasks` lists, or the "
                "path of a .csv, .tsv or .txt file"
            )
        raise TaskError(f"no task {name!r}; known: {', '.join(makers)}, or a CSV file's path")
    return makers[name]
