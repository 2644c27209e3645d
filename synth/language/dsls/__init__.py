"""The built-in DSLs, and how a DSL is found by its name, its entry point or its file.

A DSL module has two functions.  `build(types, **settings)` makes the DSL for a task whose columns
and labels have these types, the labels' type last; `fits(types)` says whether the DSL is meant
for them.

It may also have `prepare(columns, **settings)`, which takes `TypedColumns` and returns other
columns for the same rows, such as comparisons instead of numbers; these become the inputs of the
grammar.  It gets the same settings as `build`.  It sees no labels, and must not use the values of
held-out rows.

Labels that are names (`Label`) need no DSL of their own: any DSL that makes Bool labels is
extended by them, see `synth.language.labels`.  `build`, `fits` and `prepare` then see Bool.

Modules in this folder are found automatically; other packages register theirs in the entry point
group `synth.dsls`.
"""

import contextlib
import functools
import importlib
import importlib.util
import inspect
import os
import pkgutil
import sys
import threading
import traceback
from collections.abc import Callable, Sequence
from functools import partial
from importlib.machinery import SourceFileLoader
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from synth.errors import DSLError, SynthError, meant
from synth.language.check import check_dsl
from synth.language.columns import TypedColumns
from synth.language.comparisons import pairs_of
from synth.language.dsl import DSL
from synth.language.dsls import integer, real, rules, sequence
from synth.language.labels import is_label, labelled
from synth.language.specification import bind, parse_spec
from synth.language.types import Bool, Type

__all__ = [
    "called",
    "describe",
    "find",
    "for_types",
    "is_file",
    "languages",
    "load_dsl",
    "modular",
    "names",
    "numeric_languages",
    "run_file",
]

# Two threads that redirect standard output at once would leave it redirected.
_LOADING = threading.RLock()


def names() -> list[str]:
    """The names of the built-in DSLs and of those that entry points add, sorted."""
    return sorted({*_built_in(), *(e.name for e in entry_points(group="synth.dsls"))})


def describe(name: str) -> tuple[str, dict[str, Any]]:
    """Describe a DSL.

    Parameters
    ----------
    name : str
        The name of the DSL.

    Returns
    -------
    text : str
        Its description.
    settings : dict of str to object
        Its settings and their defaults.

    Raises
    ------
    DSLError
        If there is no such DSL.
    """
    maker = _maker(name)
    function = getattr(maker, "build", maker)
    text = inspect.getdoc(maker) or str(getattr(maker, "description", ""))
    settings = {}
    if callable(function):
        parameters = list(inspect.signature(function).parameters.values())[1:]
        settings = {p.name: p.default for p in parameters}
    return text, settings


def for_types(types: Sequence[Type]) -> DSL:
    """The built-in DSL that fits some types.

    Parameters
    ----------
    types : sequence of Type
        The types of the columns and of the labels, the labels' type last.

    Raises
    ------
    DSLError
        If no built-in DSL fits.
    """
    if is_label(types):
        return labelled(for_types((*types[:-1], Bool)), types[-1])
    for name in _built_in():
        if _maker(name).fits(types):
            return load_dsl(name, types)
    given = ", ".join(sorted({str(t) for t in types}))
    raise DSLError(
        f"no built-in DSL fits columns and labels of {given}; give one with --dsl "
        f"(built in: {', '.join(_built_in())})"
    )


def languages(given: TypedColumns) -> list[str]:
    """The built-in DSLs that are tried for a table, the likeliest first.

    They depend on nothing that a reader of the labels' code does not have: the inputs, and which
    values labels can take.

    Parameters
    ----------
    given : TypedColumns
        The columns of the table.

    Returns
    -------
    list of str
        Specifications; whether one fits is known when it has read the columns.  Empty if the one
        that `for_types` chooses is the only one.
    """
    if given.lags is not None:
        return sequence.for_sequence(given)
    columns, label = {t.family for t in given.types.values()}, given.label_type.family
    if label in ("Bool", "Label"):
        whole = ["boolean"] if columns == {"Bool"} else ["integer", integer.with_quotients()]
        ratios = ["rules:ratios=true"] * bool(pairs_of(given))
        return ["rules", *rules.finer(given), *rules.with_residues(given), *whole, *ratios]
    if label == "Int":
        # The DSLs of whole numbers read no numbers with fractions.
        units = [real.with_units()] * ("Real" in columns)
        # A limit of seconds is felt by the last ones: those with many constants.
        choices = rules.for_numbers(given)
        for more in (rules.finer, rules.with_residues):
            choices += more(given, choices[0]) if choices else []
        return [*choices, "integer", "real", *units, *integer.for_table(given)]
    if label == "Real":
        choices = rules.for_numbers(given)
        choices += rules.finer(given, choices[0]) if choices else []
        return ["real", real.with_units(), *choices]
    return []


def numeric_languages() -> list[str]:
    """The built-in DSLs that are tried for labels that are numbers with noise."""
    return ["real", real.with_functions()]


def load_dsl(spec: DSL | str | os.PathLike[str], types: Sequence[Type] = ()) -> DSL:
    """Load a DSL.

    Parameters
    ----------
    spec : DSL, str or path
        A name with settings, `FILE.py:NAME`, or a DSL, which is returned as it is unless labels
        are of a `Label` type that it lacks.
    types : sequence of Type
        The types of the columns and of the labels, the labels' type last.

    Returns
    -------
    DSL
        If it is not built in, `check_dsl` has checked it.

    Raises
    ------
    DSLError
        If there is no such DSL, it cannot be made, or `check_dsl` reports a problem.
    SettingError
        If a setting does not exist or has a value that is not allowed.
    """
    if is_label(types):
        return labelled(load_dsl(spec, (*types[:-1], Bool)), types[-1])
    if isinstance(spec, DSL):
        return spec
    if is_file(spec):
        made = _made(_from_file(str(spec)), str(spec), [], {}, types, external=True)
    else:
        name, positional, named = parse_spec(spec)
        external = name not in _built_in()
        made = _made(_maker(name), str(spec), positional, named, types, external)
    made.spec = str(spec)
    return made


def is_file(spec: str | os.PathLike[str]) -> bool:
    """Whether a specification is a file's, `FILE.py:NAME`, whose code runs if it is loaded."""
    return ".py:" in str(spec) or str(spec).endswith(".py")


def find(spec: DSL | str | os.PathLike[str]) -> None:
    """Check that a DSL exists, without making it for a task.

    Parameters
    ----------
    spec : DSL, str or path
        As `load_dsl` takes it.

    Raises
    ------
    DSLError
        If there is no such DSL, or its file cannot be used for any task.
    """
    if isinstance(spec, DSL):
        return
    if is_file(spec):
        found = _from_file(str(spec))
        if isinstance(found, DSL) or not callable(found):
            _made(found, str(spec), [], {}, (), external=True)
        return
    _maker(parse_spec(spec)[0])


@functools.cache
def _built_in() -> tuple[str, ...]:
    return tuple(sorted(m.name for m in pkgutil.iter_modules(__path__)))


def _maker(name: str) -> Any:
    if name in _built_in():
        return importlib.import_module(f"{__name__}.{name}")
    for entry in entry_points(group="synth.dsls", name=name):
        return entry.load()
    raise DSLError(
        f"no DSL {name!r}; known: {', '.join(names())}; or give FILE.py:NAME{meant(name, names())}"
    )


def _made(
    maker: Any,
    what: str,
    positional: list[str],
    named: dict[str, str],
    types: Sequence[Type],
    external: bool,
) -> DSL:
    prepare = getattr(maker, "prepare", None)
    maker = getattr(maker, "build", maker)
    if not isinstance(maker, DSL):
        if not callable(maker):
            raise DSLError(f"{what} is neither a DSL nor a function that makes one")
        try:
            takes = bool(inspect.signature(maker).parameters)
        except (TypeError, ValueError):
            raise DSLError(f"{what} is neither a DSL nor a function that makes one") from None
        settings = bind(maker, what, positional, named, skip=1)
        maker = called(maker, what, *((types,) if takes else ()), **settings)
        if prepare is not None and isinstance(maker, DSL):
            maker.prepare = partial(prepare, **settings)
    if not isinstance(maker, DSL):
        raise DSLError(f"{what} returns {type(maker).__name__}; allowed: a DSL")
    problems = check_dsl(maker) if external else []
    if problems:
        more = f" (and {len(problems) - 1} more: see synth.check_dsl)" if problems[1:] else ""
        raise DSLError(f"{what}: {problems[0]}{more}")
    return maker


def called(function: Callable[..., Any], what: str, *arguments: Any, **settings: Any) -> Any:
    """Call the function of an external module; its errors become one line.

    Parameters
    ----------
    function : callable
        The function.
    what : str
        What the function belongs to, for the message.
    *arguments, **settings
        Its arguments.

    Raises
    ------
    DSLError
        If the function raises an error that is not synth's own.
    """
    try:
        return function(*arguments, **settings)
    except (SynthError, KeyboardInterrupt):
        raise
    except BaseException as error:
        text = " ".join(str(error).split())
        raise DSLError(f"{what} fails: {type(error).__name__}: {text}") from error


class _Source(SourceFileLoader):
    """Reads the source each time.

    Compiled files are known by the second of their source and by its length, so that an edit
    right after a run would not be seen.
    """

    def get_code(self, fullname: str) -> Any:
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def _from_file(spec: str) -> Any:
    path, colon, name = spec.rpartition(":")
    if not colon:
        path, name = spec, ""
    module = run_file(path, "FILE.py:NAME")
    if not hasattr(module, name):
        what = f"{path} has no {name}" if name else f"{spec} names no DSL; allowed: FILE.py:NAME"
        found = [n for n, v in vars(module).items() if isinstance(v, DSL)]
        raise DSLError(f"{what}; DSLs in it: {', '.join(found) or 'none'}")
    return getattr(module, name)


def run_file(path: str, allowed: str, error: type[SynthError] = DSLError) -> ModuleType:
    """The module of a Python file, whose code runs; what it prints goes to standard error.

    Parameters
    ----------
    path : str
        The file.
    allowed : str
        What may be given, for the message.
    error : type
        The error to raise.

    Raises
    ------
    SynthError
        If there is no such file, or if its code fails.
    """
    file = Path(path)
    if not file.is_file():
        raise error(f"{path}: no such file")
    named = f"synth_file_{file.stem}"
    module_spec = importlib.util.spec_from_file_location(named, loader=_Source(named, str(file)))
    if module_spec is None or module_spec.loader is None:
        raise error(f"{path} is not a Python file; allowed: {allowed}")
    module = importlib.util.module_from_spec(module_spec)
    sys.modules[module_spec.name] = module  # dataclasses and annotations look it up there
    try:
        # Standard output is reserved for results.
        with _LOADING, contextlib.redirect_stdout(sys.stderr):
            module_spec.loader.exec_module(module)
    except KeyboardInterrupt:
        raise
    except BaseException as failure:
        frames = traceback.extract_tb(failure.__traceback__)
        lines = [f.lineno for f in frames if Path(f.filename).name == file.name]
        line = getattr(failure, "lineno", None) or (lines[-1] if lines else "?")
        said = failure.msg if isinstance(failure, SyntaxError) else str(failure)
        text = " ".join(said.split())  # a SyntaxError says the line once more
        raise error(f"{path}, line {line}: {type(failure).__name__}: {text}") from failure
    return module
