"""The driver: one enumeration, scored for one labelling or for several at once.

A task and its twin have the same inputs, so they have the same behaviours.  A contrast
scores both labellings in a single enumeration, and the twin is shown exactly the programs
that the task is shown.
"""

import math
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from typing import Literal, Unpack

import numpy as np

from synth import codes
from synth.engine import outcome
from synth.engine.backward import BackwardSearch
from synth.engine.band import PASSING
from synth.engine.checkpoint import (
    DEFAULT_EVERY,
    Checkpoint,
    Keeper,
    about_search,
)
from synth.engine.enumerator import Enumerator
from synth.engine.interrupts import interrupts
from synth.engine.labelling import Labelling, Labellings
from synth.engine.limits import Limits, LimitSettings, read_limits
from synth.engine.scoring import SAME
from synth.engine.watch import Watch
from synth.errors import SettingError, TaskError
from synth.language import DSL, UNIT, checked_columns
from synth.records import Contrast, Result, StopReason
from synth.tasks import Task, fit_all, load_task

#: The share of the memory that an exact search fills with behaviours; the rest is for
#: indexing them by what a target asks.
EXACT_MEMORY = 0.7

#: A task, its specification or the path of a CSV file; a DSL or its specification.
TaskLike = Task | str | os.PathLike[str]
DSLLike = DSL | str | os.PathLike[str]
#: What is called with the `Enumerator` after every band.
Progress = Callable[[Enumerator], object]


class Search:
    """A search that can be run for a while, looked at, and run on.

    Parameters
    ----------
    task : Task, str, path, or sequence of Task
        A task, its specification, or the path of a CSV file; or several labellings of the
        same inputs and training rows.
    dsl : DSL, str or path, optional
        A DSL or its specification; by default the built-in DSL that fits the task.
    top : int
        How many of the best hypotheses to list.
    exact : bool
        Seek the shortest program without exceptions: see `search`.
    proven : int, optional
        How many of the labellings, the first ones, have to be proven optimal before the search
        ends; by default all.
    checkpoint : str or path, optional
        A file that keeps the search.  If it exists, the search goes on from it.
    every : float
        Seconds between two checkpoints.
    **limits
        See `Limits`.  They count from the start of the search, over all runs.

    Raises
    ------
    SettingError
        If a setting is wrong.
    TaskError
        If there is no task, or the labellings differ in their rows or types.
    DSLError
        If no DSL fits.
    RunError
        If the checkpoint is damaged or is of another search.

    Examples
    --------
    >>> search = Search("mod-add:p=31", max_programs=50)
    >>> search.run().stop_reason.value
    'max_programs'
    >>> search.run(max_programs=None).program.text
    'x + y'
    """

    def __init__(
        self,
        task: TaskLike | Sequence[Task],
        dsl: DSLLike | None = None,
        *,
        top: int = 10,
        exact: bool = False,
        proven: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        every: float = DEFAULT_EVERY,
        **limits: Unpack[LimitSettings],
    ) -> None:
        if not isinstance(top, (int, np.integer)) or top < 1:
            raise SettingError(f"top={top!r}; allowed: 1 and more")
        if not isinstance(every, (int, float)) or not 0 <= every < 2**50:
            raise SettingError(f"every={every!r}; allowed: seconds, 0 and more")
        if checkpoint is not None and exact:
            raise SettingError("checkpoint cannot be combined with exact")
        if isinstance(task, (Task, str, os.PathLike)):
            given = [_task(task)]
        else:
            given = _alike(list(task))
        self.limits = read_limits(limits)
        self._file = None if checkpoint is None else (checkpoint, float(every))
        self._fitted = fit_all(dsl, given)
        self._top, self._exact = int(top), exact
        self._proven = len(given) if proven is None else proven
        self._interrupted = False
        self._results: list[Result] = []
        if exact and self._fitted[0].root.inexact:
            raise SettingError(
                f"exact: labels of {self._fitted[0].root}; allowed: Bool, Mod and Int"
            )
        self._start()

    def run(self, *, progress: Progress | None = None, **limits: Unpack[LimitSettings]) -> Result:
        """Run on until the search ends or reaches a limit.

        Parameters
        ----------
        progress : callable, optional
            Called with the `Enumerator` after every band.
        **limits
            New limits in place of the earlier ones, for example more seconds in all.  After new
            `max_bits`, `memory` or `threads` the search starts again from the beginning.

        Returns
        -------
        Result
            The same as `result`.  Ctrl-C ends the run, and the best so far is returned.
        """
        if limits:
            self._set_limits(read_limits({**asdict(self.limits), **limits}))
        with self._at_work():
            if self._backward is not None and self._engine.stop_reason is None:
                self._backward.run(self._advance, progress)
            while self._engine.stop_reason is None:
                self._advance(progress)
        return self.result

    def advance(self) -> bool:
        """Work through one band of costs; whether there is more to do."""
        with self._at_work():
            if self._engine.stop_reason is None:
                self._advance()
        return self._engine.stop_reason is None

    @property
    def result(self) -> Result:
        """What was found so far for the first labelling."""
        return self.results[0]

    @property
    def results(self) -> list[Result]:
        """What was found so far for each labelling."""
        if not self._results:
            settings = {**asdict(self.limits), "top": self._top, "exact": self._exact}
            make = outcome.Maker(self._engine, self._fitted[0].dsl, settings, self._backward)
            if self._interrupted:
                make.reason = StopReason.INTERRUPTED
            self._results = [make.result(each) for each in self._labellings]
        return list(self._results)

    @contextmanager
    def _at_work(self):
        """The clock runs and Ctrl-C is a flag; a search that a limit ended goes on from there."""
        self._results.clear()
        with interrupts() as interrupted:
            self._watch.go_on(interrupted)
            left = self._watch.reason(self._engine.candidates) is None
            if left and self._engine.stop_reason in PASSING:
                self._keeper.go_on()
            yield
            self._watch.pause()
            # A Ctrl-C after the last step is for whoever goes on with this result.
            self._interrupted = interrupted()

    def _start(self):
        """Begin from the first program, or from the checkpoint."""
        fitted = self._fitted[0]
        task, root = fitted.task, fitted.root
        # Training rows first: a labelling is then compared with a prefix of each row.
        order = np.argsort(~task.train, kind="stable")
        columns = {name: column[order] for name, column in task.columns.items()}
        columns = checked_columns(fitted.grammar, columns)
        self._labellings = [Labelling.of(each.task, root, self._top) for each in self._fitted]
        self._every = Labellings(self._labellings)
        limits = self.limits
        if self._exact:
            limits = replace(limits, memory=int(EXACT_MEMORY * limits.memory))
        # Labels of inexact types are compared here, not by the kernels that score alone.
        scored = None if self._exact or root.inexact else self._every
        self._watch = Watch(limits)
        self._engine = Enumerator(fitted.grammar, columns, root, self._watch, scored)
        self._backward = None
        if self._exact:
            self._backward = BackwardSearch(self._engine, self._every.training[0])
        scores = [each.score for each in self._labellings]
        file = None
        if self._file is not None:
            training = self._every.training
            about = about_search(self._engine, training, top=self._top, limits=self.limits)
            file = Checkpoint(*self._file, about)
        self._keeper = Keeper(self._engine, scores, file)
        self._keeper.load()
        self._watch.pause()

    def _set_limits(self, limits: Limits) -> None:
        """Take new limits; start again if the banks were made for others."""
        before, self.limits = self.limits, limits
        same = [getattr(before, k) == getattr(limits, k) for k in ("max_bits", "memory", "threads")]
        if not all(same):
            self._engine.close()
            self._start()
        else:
            self._watch.limits = replace(limits, memory=self._watch.limits.memory)

    def _advance(self, progress: Progress | None = None) -> None:
        """Work through a band, score it, and see whether the best is proven."""
        engine = self._engine
        self._every.score(engine, engine.advance())
        if self._backward is None:
            self._narrow()
        if progress is not None:
            progress(engine)
        if engine.stop_reason is None and self._backward is None:
            certified = engine.certified_bits
            if all(each.is_proven(certified) for each in self._labellings[: self._proven]):
                engine.stop_reason = StopReason.OPTIMAL

    def _narrow(self) -> None:
        """Tell the engine beyond how many bits no program can win any more."""
        needed = self._labellings[: self._proven]
        if any(each.score.best is None for each in needed):
            return
        best = max(each.least for each in needed)
        bits = best - SAME - codes.PROGRAM_FLAG - np.log2(needed[0].n + 1)
        self._engine.narrow(math.ceil(bits * UNIT) / UNIT)


def search(
    task: TaskLike,
    dsl: DSLLike | None = None,
    *,
    top: int = 10,
    exact: bool = False,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: float = DEFAULT_EVERY,
    **limits: Unpack[LimitSettings],
) -> Result:
    """Find the best hypothesis for a task.

    The search ends if no program beyond can win ("optimal"), if there are no further
    behaviours ("exhausted"), or at a limit.  Ctrl-C ends it too, and the best so far is
    returned ("interrupted").

    A program counts only if it has a value on every row, held-out rows included.  With
    `exact`, it counts only if it is also right on all training rows.  The last steps are then
    solved from the labels, which about doubles the length that is reached.  The result's
    program is such a program or None, `optimal` says whether it is proven to be the shortest,
    and `exact_bound` is a number of bits below which there is none.

    Parameters
    ----------
    task : Task, str or path
        A task, its specification, or the path of a CSV file.
    dsl : DSL, str or path, optional
        A DSL or its specification; by default the built-in DSL that fits the task.
    top : int
        How many of the best hypotheses to list.
    exact : bool
        Seek the shortest program without exceptions.
    progress : callable, optional
        Called with the `Enumerator` after every band.
    checkpoint : str or path, optional
        A file that keeps the search.  If it exists, the search goes on from it.
    every : float
        Seconds between two checkpoints.
    **limits
        See `Limits`.

    Returns
    -------
    Result

    Raises
    ------
    SettingError, TaskError, DSLError, RunError
        See `Search`.
    """
    made = Search(
        _task(task), dsl, top=top, exact=exact, checkpoint=checkpoint, every=every, **limits
    )
    return made.run(progress=progress)


def contrast(
    task: TaskLike,
    dsl: DSLLike | None = None,
    *,
    twin: Literal["permuted", "uniform"] = "permuted",
    seed: int = 0,
    top: int = 10,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: float = DEFAULT_EVERY,
    **limits: Unpack[LimitSettings],
) -> Contrast:
    """Search for a task and for its random-label twin, in one enumeration.

    It ends if the task's best hypothesis is proven optimal (the twin's was then sought as
    far), or, if `max_bits` is given, if both are proven or all programs of so many bits are
    scored; or at another limit.

    Parameters
    ----------
    task, dsl, top, progress, checkpoint, every, **limits
        See `search`, which also lists the errors.
    twin : {"permuted", "uniform"}
        How the twin's labels are made.
    seed : int
        Seed for the twin's labels.

    Returns
    -------
    Contrast
    """
    if twin not in ("permuted", "uniform"):
        raise SettingError(f"twin={twin!r}; allowed: permuted, uniform")
    task = _task(task)
    both = [task, getattr(task, twin)(seed)]
    # How far to search for the twin is known only if it is said.
    proven = None if limits.get("max_bits") is not None else 1
    made = Search(both, dsl, top=top, proven=proven, checkpoint=checkpoint, every=every, **limits)
    made.run(progress=progress)
    return Contrast(*made.results)


def search_labellings(
    tasks: Iterable[Task],
    dsl: DSLLike | None = None,
    *,
    top: int = 10,
    progress: Progress | None = None,
    **limits: Unpack[LimitSettings],
) -> list[Result]:
    """Find the best hypothesis for each of several labellings, in one enumeration.

    It goes on until the best hypothesis for each is proven optimal, or to a limit.

    Parameters
    ----------
    tasks : iterable of Task
        Tasks with the same columns, training rows and label type, and different labels.
    dsl, top, progress, **limits
        See `search`.

    Returns
    -------
    list of Result
        In the order of the tasks.

    Raises
    ------
    TaskError
        If there is no task, or rows or types differ.
    """
    made = Search(list(tasks), dsl, top=top, **limits)
    made.run(progress=progress)
    return made.results


def _task(given: TaskLike) -> Task:
    return given if isinstance(given, Task) else load_task(given)


def _alike(tasks: list[Task]) -> list[Task]:
    """The tasks, if they have the same inputs and training rows."""
    for task in tasks:
        alike = task.types == tasks[0].types and task.label_type == tasks[0].label_type
        if not alike or not np.array_equal(task.train, tasks[0].train):
            raise TaskError(f"task {task.name}: rows or types unlike those of {tasks[0].name}")
    if not tasks:
        raise TaskError("tasks: none; allowed: 1 and more")
    return tasks
