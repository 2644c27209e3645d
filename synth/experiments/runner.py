"""Running an experiment row by row, as a sweep that can be stopped and resumed."""

import os
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cache, partial
from types import ModuleType
from typing import Any

from synth import records
from synth._version import __version__
from synth.errors import ExperimentError, RunError, SweepError, SynthError, one_line
from synth.experiments.base import make_settings, plain_settings
from synth.experiments.catalogue import claim, is_file, load, names, summary_sentences
from synth.experiments.rows import sentences_of
from synth.records import ExperimentRun, StopReason, plain
from synth.report import Bar
from synth.runs import Interrupted, Journal, sweep


def run_experiment(
    name: str,
    /,
    *,
    executor: Executor | None = None,
    progress: Callable[[int, int], object] | bool | None = None,
    journal: str | os.PathLike[str] | None = None,
    **settings: Any,
) -> ExperimentRun:
    """Runs an experiment.

    Ctrl-C ends it with the rows of the items before it.

    Parameters
    ----------
    name : str
        The experiment's name, or `FILE.py` for an experiment in a file, whose code runs.
    executor : Executor, optional
        The executor of the sweep (see `synth.runs.sweeps`); by default this thread.
    progress : bool or callable, optional
        True for a progress bar, as in `search`.  A function is called with the number of finished
        items and the number of known items.
    journal : str or path, optional
        The path of a file that keeps the answers of items as they come.  A run that was stopped
        goes on from it.  The file is removed at the end.
    **settings
        Settings of the experiment, as Python values or as texts of the command line.

    Returns
    -------
    ExperimentRun

    Raises
    ------
    ExperimentError
        If there is no such experiment.
    SettingError
        If a setting is wrong.
    SweepError
        If an item fails after rows are ready; its `partial` has these rows.  Before that, the
        item's own error is raised.
    """
    module = load(name)
    given = make_settings(module.Settings, settings, name)
    kept = None
    if journal is not None:
        kept = Journal(journal, name, plain_settings(given), module.__name__)
    file = name if is_file(name) and executor is not None else None
    bar = Bar()
    told = bar.items if isinstance(progress, bool) else progress
    work = _Work(executor, told if progress else None, kept, file)
    started = time.perf_counter()
    finished = False
    try:
        rows, stop = _rows(name, module.run(given, work))
        # If the work stopped, the experiment fails for lack of answers: the stop is the reason.
        stop = work.stop or stop
        if isinstance(stop, Exception) and (not rows or (work.reused and not _is_plain(stop))):
            raise stop
        run = _run(name, module, given, rows, stop, seconds=time.perf_counter() - started)
        finished = stop is None
    except Exception as error:
        if not work.reused or _is_plain(error):
            raise
        raise RunError(
            f"{journal}: the experiment fails on the rows that it holds, or after them: "
            f"{type(error).__name__}: {one_line(error)}; remove the file to compute them anew"
        ) from None
    finally:
        bar.close()
        if kept is not None:
            kept.close(finished)
    if isinstance(stop, Exception):
        raise _with_rows(stop, run) from stop
    return run


def _is_plain(error: BaseException) -> bool:
    """Whether an error says in its one line what is wrong."""
    return isinstance(error, SynthError)


def _rows(
    name: str, found: Iterable[Any]
) -> tuple[list[dict[str, Any]], KeyboardInterrupt | Exception | None]:
    """(rows, what stopped them) of an experiment; they are plain dicts."""
    rows: list[dict[str, Any]] = []
    try:
        for row in found:
            if not isinstance(row, dict):
                raise ExperimentError(f"experiment {name}: a row is {row!r}; allowed: dicts")
            rows.append(plain(row))
    except (KeyboardInterrupt, Exception) as stop:  # noqa: BLE001 - raised with the rows
        return rows, stop
    return rows, None


def load_run(path: str | os.PathLike[str]) -> records.Run:
    """A saved run of any kind; the run of an installed experiment can be drawn.

    Raises
    ------
    RunError
        If the file cannot be read.
    """
    run = records.load_run(path)
    if isinstance(run, ExperimentRun) and run.experiment in names():
        words = sentences_of(summary_sentences(run.experiment), run.summary)
        return replace(run, drawer=partial(load, run.experiment), sentences=words)
    return run


class _Work:
    """The `map` of an experiment; it ends early at Ctrl-C or if an item fails.

    It then has handed on the answers of the first items only, so answers and items can be zipped.
    `stop` is the error that ended it.
    """

    def __init__(
        self,
        executor: Executor | None,
        progress: Callable[[int, int], object] | None,
        journal: Journal | None = None,
        file: str | None = None,
    ) -> None:
        self.executor = executor
        self.progress = progress
        self.journal = journal
        #: The file of the experiment, if other processes have to load it.
        self.file = file
        self.calls = 0
        self.finished = self.count = 0
        #: How many answers came from the journal.
        self.reused = 0
        self.stop: KeyboardInterrupt | Exception | None = None

    def __call__(self, function: Callable[..., Any], items: Iterable[Any]) -> Iterator[Any]:
        if self.stop is not None:
            return
        if self.file is not None and hasattr(function, "__qualname__"):
            function = _OfFile(self.file, function.__qualname__)
        items, call = list(items), self.calls
        self.calls += 1
        whole = len(items)
        kept = [] if self.journal is None else self.journal.kept(call, whole)
        self.reused += len(kept)
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

        def keep(answer: Any) -> Any:
            if self.journal is None:
                return answer
            return self.journal.keep(call, whole - len(items) + handed, whole, answer)

        try:
            for answer in sweep(
                partial(_whole, function), items, executor=self.executor, progress=count
            ):
                answer = keep(answer)
                handed += 1
                yield answer
        except (KeyboardInterrupt, Exception) as stop:  # noqa: BLE001 - the caller raises it
            self.stop = stop
            ready = getattr(stop, "finished", {})
        else:
            return
        while handed in ready:
            answer = keep(ready[handed])
            handed += 1
            yield answer


@dataclass(frozen=True)
class _OfFile:
    """A function of an experiment in a file; each process loads the file once."""

    path: str
    function: str

    def __call__(self, item: Any) -> Any:
        return getattr(_loaded(self.path), self.function)(item)


_loaded = cache(load)


def _whole(function: Callable[..., Any], item: Any) -> Any:
    """The answer of an item; a search in it that Ctrl-C cut short gives none."""
    try:
        return function(item)
    except Interrupted:
        raise KeyboardInterrupt from None


def _run(
    name: str,
    module: ModuleType,
    given: Any,
    rows: list[dict[str, Any]],
    stop: KeyboardInterrupt | Exception | None,
    *,
    seconds: float,
) -> ExperimentRun:
    """The run with these rows; stop: what ended it early, or None."""
    summary = _summary(module, rows, stop)
    return ExperimentRun(
        experiment=name,
        claim=claim(module),
        settings=plain_settings(given),
        rows=tuple(rows),
        summary=summary,
        control=module.CONTROL,
        columns=tuple(getattr(module, "COLUMNS", ())),
        stop_reason=_reason(stop),
        seconds=seconds,
        version=__version__,
        drawer=partial(load, name),
        sentences=sentences_of(getattr(module, "SUMMARY", {}), summary),
    )


def _summary(
    module: ModuleType, rows: list[dict[str, Any]], stop: BaseException | None
) -> dict[str, Any]:
    if stop is None:
        return plain(module.summarise(rows))
    try:
        return plain(module.summarise(rows)) if rows else {}
    except Exception:  # noqa: BLE001 - experiments may need all rows
        return {}


def _reason(stop: BaseException | None) -> StopReason:
    if stop is None:
        return StopReason.FINISHED
    interrupted = isinstance(stop, KeyboardInterrupt)
    return StopReason.INTERRUPTED if interrupted else StopReason.FAILED


def _with_rows(error: Exception, run: ExperimentRun) -> SweepError:
    """The error as a SweepError, with the finished rows."""
    if not isinstance(error, SweepError):
        text = " ".join(str(error).split())
        error = SweepError(
            f"experiment {run.experiment} fails after {len(run.rows)} rows: "
            f"{type(error).__name__}: {text}"
        )
    error.partial = run
    return error
