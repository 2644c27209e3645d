"""The built-in tasks, and how a task is found by name or read from a CSV file.

A task module has `TASKS`, names to functions that make a `Task`; a function's
parameters are the task's settings, `train` (a fraction with a point, or a count)
and `seed` among them.  The modules beside this one are found by themselves; other
packages name theirs in the entry point group `synth.tasks`.
"""

import importlib
import inspect
import os
import pkgutil
from importlib.metadata import entry_points

from synth.errors import SettingError, TaskError
from synth.registry import bind, parse_spec
from synth.tasks.table import read_table


def names():
    """The names of the tasks, in the order of their modules."""
    return list(_makers())


def describe(name):
    """(its description, {setting: default}) of a task by name."""
    function = _maker(name)
    parameters = inspect.signature(function).parameters.values()
    return inspect.getdoc(function) or "", {p.name: p.default for p in parameters}


def load_task(spec, *, label=None, drop=(), modulus=None, train=None, seed=None):
    """A task from `name:key=value,...` or from the path of a CSV file.

    train and seed, where given, overrule the specification's; label, drop and
    modulus are for files.  Raises TaskError or SettingError where there is no such task.
    """
    given = {k: v for k, v in (("train", train), ("seed", seed)) if v is not None}
    if is_path(spec):
        return read_table(spec, label=label, drop=drop, modulus=modulus, **given)
    for key, value in (("--label", label), ("--drop", drop), ("--modulus", modulus)):
        if value not in (None, ()):
            raise SettingError(f"{key} {value}: it is for CSV files; {spec} is none")
    name, positional, named = parse_spec(spec)
    function = _maker(name)
    settings = bind(function, spec, positional, {**named, **given})
    return function(**settings)


def is_path(spec):
    """Whether a specification is a file's path rather than a task's name."""
    text = str(spec)
    if parse_name(text) in _makers():
        return False
    return text.endswith((".csv", ".tsv", ".txt")) or os.sep in text or os.path.exists(text)


def parse_name(text):
    """The name in a specification: what stands before the first colon."""
    return text.partition(":")[0].strip()


def _makers():
    found = {}
    for module in sorted(pkgutil.iter_modules(__path__), key=lambda m: m.name):
        found.update(getattr(importlib.import_module(f"{__name__}.{module.name}"), "TASKS", {}))
    for entry in entry_points(group="synth.tasks"):
        found[entry.name] = entry.load()
    return found


def _maker(name):
    makers = _makers()
    if name not in makers:
        raise TaskError(f"no task {name!r}; known: {', '.join(makers)}, or a CSV file's path")
    return makers[name]
