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

`COLUMNS` may name the keys of rows to show first.  The modules beside this one are found
by themselves, `_` in their names read as `-`; other packages name theirs in the entry
point group `synth.experiments`.
"""

import ast
import importlib
import importlib.util
import os
import pkgutil
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any

from synth._version import __version__
from synth.errors import ExperimentError, SweepError
from synth.experiments.base import make_settings, plain_settings, settings_of
from synth.journal import Journal
from synth.sweep import Interrupted, sweep

if TYPE_CHECKING:
    from synth.runs import ExperimentRun

#: Modules of this folder that are no experiments.
_PARTS = ("base",)


def names() -> list[str]:
    """The names of all experiments."""
    return sorted({*_built_in(), *(e.name for e in entry_points(group="synth.experiments"))})


def describe(name: str) -> tuple[str, None]:
    """(its docstring, None) of an experiment by name, read without importing it."""
    module = _built_in().get(name)
    if module is None:
        module = _entry(name).module
    try:
        loader: Any = getattr(importlib.util.find_spec(module), "loader", None)
        tree = ast.parse(loader.get_source(module))
    except (ImportError, AttributeError, SyntaxError, TypeError, ValueError) as error:
        return f"(cannot be read: {' '.join(str(error).split())})", None
    return ast.get_docstring(tree) or "", None


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


def run_experiment(
    name: str,
    /,
    *,
    executor: Executor | None = None,
    progress: Callable[[int, int], object] | None = None,
    journal: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> "ExperimentRun":
    """Runs an experiment: an `ExperimentRun`.

    executor: of a sweep (see `synth.sweep`; None: in this thread); progress: called with
    the number of items finished and that of those known; journal: the path of a file that
    keeps the answers of items as they come, and from which a run that was stopped goes on; it
    is removed at the end; settings: of the experiment, as Python values or as texts that the
    command line would take.

    Ctrl-C ends it with the rows of the items before it.  Raises ExperimentError where there
    is no such experiment, SettingError for a wrong setting, and what an item raises, where
    there are rows already as a SweepError whose `partial` has them.
    """
    from synth.runs import ExperimentRun, plain

    module = load(name)
    given = make_settings(module.Settings, settings, name)
    kept = None if journal is None else Journal(journal, name, plain_settings(given))
    work, started = _Work(executor, progress, kept), time.perf_counter()
    rows: list[dict[str, Any]] = []
    stop: KeyboardInterrupt | Exception | None = None
    try:
        for row in module.run(given, work):
            if not isinstance(row, dict):
                raise ExperimentError(f"experiment {name}: a row is {row!r}; allowed: dicts")
            rows.append(plain(row))
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - raised below, with the rows
        stop = error
    # What an experiment makes of answers that end early is no news.
    stop = work.stop or stop
    if kept is not None:
        kept.close(stop is None)
    if not rows and isinstance(stop, Exception):
        raise stop
    run = ExperimentRun(
        experiment=name,
        claim=claim(module),
        settings=plain_settings(given),
        rows=tuple(rows),
        summary=_summary(module, rows, stop),
        control=module.CONTROL,
        columns=tuple(getattr(module, "COLUMNS", ())),
        stop_reason=_reason(stop),
        seconds=time.perf_counter() - started,
        version=__version__,
    )
    if isinstance(stop, Exception):
        raise _with_rows(stop, run) from stop
    return run


class _Work:
    """The `map` of an experiment: it ends early at Ctrl-C and where an item fails.

    Then it has handed on the answers of the first items only, so that answers and items
    that are zipped belong together.  stop: what ended it.
    """

    def __init__(
        self,
        executor: Executor | None,
        progress: Callable[[int, int], object] | None,
        journal: Journal | None = None,
    ) -> None:
        self.executor = executor
        self.progress = progress
        self.journal = journal
        self.calls = 0
        self.finished = self.count = 0
        self.stop: KeyboardInterrupt | Exception | None = None

    def __call__(self, function: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        if self.stop is not None:
            return
        items, call = list(items), self.calls
        self.calls += 1
        kept = self.journal.kept(call)[: len(items)] if self.journal is not None else []
        yield from kept
        items = items[len(kept) :]
        self.finished += len(kept)
        self.count += len(kept)
        before, self.count = self.finished, self.count + len(items)

        def count(number: int) -> None:
            self.finished = before + number
            if self.progress is not None:
                self.progress(self.finished, self.count)

        handed = 0
        try:
            for answer in sweep(
                partial(_whole, function), items, executor=self.executor, progress=count
            ):
                handed += 1
                yield self._kept(call, answer)
        except (KeyboardInterrupt, Exception) as stop:  # noqa: BLE001 - for who made the map
            self.stop = stop
            ready = getattr(stop, "finished", {})
        else:
            return
        while handed in ready:
            yield self._kept(call, ready[handed])
            handed += 1

    def _kept(self, call: int, answer: Any) -> Any:
        return answer if self.journal is None else self.journal.keep(call, answer)


def _whole(function: Callable[..., Any], item: Any) -> Any:
    """The answer of an item, never what a search within it had at Ctrl-C."""
    try:
        return function(item)
    except Interrupted:
        raise KeyboardInterrupt from None


def _summary(
    module: ModuleType, rows: list[dict[str, Any]], stop: BaseException | None
) -> dict[str, Any]:
    from synth.runs import plain

    if stop is None:
        return plain(module.summarise(rows))
    try:
        return plain(module.summarise(rows)) if rows else {}
    except Exception:  # noqa: BLE001 - an experiment need not be ready for some rows only
        return {}


def _reason(stop: BaseException | None) -> str:
    if stop is None:
        return "finished"
    return "interrupted" if isinstance(stop, KeyboardInterrupt) else "failed"


def _with_rows(error: Exception, run: "ExperimentRun") -> SweepError:
    """The error, or one that stands for it, with the rows that there are."""
    if not isinstance(error, SweepError):
        text = " ".join(str(error).split())
        error = SweepError(
            f"experiment {run.experiment} fails after {len(run.rows)} rows: "
            f"{type(error).__name__}: {text}"
        )
    error.partial = run
    return error


def _built_in() -> dict[str, str]:
    """Names to modules."""
    found = (m.name for m in pkgutil.iter_modules(__path__) if m.name not in _PARTS)
    return {name.replace("_", "-"): f"{__name__}.{name}" for name in found}


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
