"""The built-in tasks, and how a task is found by name or read from a CSV file.

A task module has `TASKS`, a mapping of names to functions that make a `Task`.  The parameters of
a function are the settings of the task; `train` (a fraction with a decimal point, or a number of
rows) and `seed` are among them.  The modules of `synth.tasks.builtin` are found automatically;
other packages register their functions in the entry point group `synth.tasks`.
"""

import functools
import importlib
import inspect
import os
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from importlib.metadata import entry_points
from typing import Any

from synth.errors import SettingError, TaskError, meant
from synth.language import bind, parse_spec
from synth.tasks import builtin
from synth.tasks.csv_table import read_table
from synth.tasks.origin import STEPS, Origin
from synth.tasks.sources import STANDARD_INPUT
from synth.tasks.task import Task


def names() -> list[str]:
    """The names of the tasks, module by module."""
    return list(_makers())


def describe(name: str) -> tuple[str, dict[str, Any]]:
    """Describe a task.

    Parameters
    ----------
    name : str
        The name of the task.

    Returns
    -------
    text : str
        Its description.
    settings : dict of str to object
        Its settings and their defaults.

    Raises
    ------
    TaskError
        If there is no such task.
    """
    function = _maker(name)
    parameters = inspect.signature(function).parameters.values()
    return inspect.getdoc(function) or "", {p.name: p.default for p in parameters}


def load_task(
    spec: str | os.PathLike[str],
    *,
    label: str | None = None,
    drop: Iterable[str] = (),
    keep: Iterable[str] = (),
    missing: str | None = None,
    na: Sequence[str] | None = None,
    modulus: int | None = None,
    train: int | float | None = None,
    seed: int | None = None,
    test: str | None = None,
) -> Task:
    """Load a task by its specification or from a CSV file.

    Parameters
    ----------
    spec : str or path
        `name:key=value,...`, or the path of a CSV file; `-` is standard input.
    label, drop, keep, missing, na, modulus, test : optional
        For files only, as `read_table` takes them.
    train : float or int, optional
        The fraction (float) or the number (int) of training rows; overrides the specification.
    seed : int, optional
        The seed that chooses them; overrides the specification.

    Raises
    ------
    TaskError
        If there is no such task or file, or it cannot be used.
    SettingError
        If a setting does not exist or has a value that is not allowed, or an option for files
        is given for another task.
    """
    if not isinstance(spec, str | os.PathLike):
        raise TaskError(
            f"{type(spec).__name__} as a task; allowed: a task, its name, or the path of a table; "
            "a data frame becomes a task with synth.Task.from_frame(frame, label=...)"
        )
    given: dict[str, Any] = {k: v for k, v in (("train", train), ("seed", seed)) if v is not None}
    if is_path(spec):
        if missing is not None:
            given["missing"] = missing
        given |= {"na": na, "modulus": modulus, "test": test}
        return read_table(spec, label=label, drop=drop, keep=keep, **given)
    options: dict[str, Any] = {
        "--label": label, "--drop": drop, "--keep": keep, "--missing": missing, "--na": na,
        "--modulus": modulus, "--test": test,
    }  # fmt: skip
    for key, value in options.items():
        if value not in (None, ()):
            shown = value if isinstance(value, str | int) else ",".join(value)
            raise SettingError(f"{key} {shown}: only for CSV files; {spec} is not one")
    name, positional, named = parse_spec(spec)
    function = _maker(name)
    settings = bind(function, spec, positional, {**named, **given})
    return replace(function(**settings), origin=Origin(str(spec), given))


def regenerated(origin: Origin, path: str | os.PathLike[str] | None = None) -> Task:
    """Make a task again.

    Parameters
    ----------
    origin : Origin
        How it was made.
    path : str or path, optional
        The table, if it now has another path.

    Raises
    ------
    TaskError, SettingError
        As `load_task` does, or if a step is not one of `STEPS`.
    """
    task = load_task(origin.spec if path is None else path, **origin.options)
    for name, *arguments in origin.steps:
        if name not in STEPS:
            raise TaskError(f"a task made by {name!r}; allowed: {', '.join(STEPS)}")
        task = getattr(task, name)(*arguments)
    return task


def is_path(spec: str | os.PathLike[str]) -> bool:
    """Whether a specification is the path of a file rather than the name of a task."""
    text = str(spec)
    name = parse_name(text)
    if name in _built_in() or name in _makers():
        return False
    endings = (".csv", ".tsv", ".txt", ".xlsx", ".gz")
    if text == STANDARD_INPUT or text.endswith(endings):
        return True
    return os.sep in text or os.path.exists(text)


def parse_name(text: str) -> str:
    """The name in a specification: the text before the first colon."""
    return text.partition(":")[0].strip()


def _makers() -> dict[str, Callable[..., Task]]:
    """All tasks.  To read the entry points of an environment takes 5 ms."""
    found = dict(_built_in())
    for entry in entry_points(group="synth.tasks"):
        found.setdefault(entry.name, entry.load())
    return found


@functools.cache
def _built_in() -> dict[str, Callable[..., Task]]:
    found: dict[str, Callable[..., Task]] = {}
    for module in sorted(pkgutil.iter_modules(builtin.__path__), key=lambda m: m.name):
        found.update(importlib.import_module(f"{builtin.__name__}.{module.name}").TASKS)
    return found


def _maker(name: str) -> Callable[..., Task]:
    if name in _built_in():
        return _built_in()[name]
    makers = _makers()
    if name not in makers:
        if "." in name:
            raise TaskError(
                f"no task or file {name!r}; allowed: a task that `synth tasks` lists, or the "
                "path of a .csv, .tsv, .txt or .xlsx file"
            )
        raise TaskError(
            f"no task {name!r}; known: {', '.join(makers)}; or give the path of a CSV file"
            + meant(name, makers)
        )
    return makers[name]
