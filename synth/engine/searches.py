"""Searches in one call: for a task, for a task and its twin, for several labellings.

A task and its twin have the same inputs, so they have the same behaviours.  A contrast
scores both labellings in a single enumeration, and the twin is shown exactly the programs
that the task is shown.
"""

import os
from collections.abc import Iterable, Sequence
from typing import Any, Literal, Unpack

from synth.engine.arguments import DSLLike, TaskLike, alike, loaded
from synth.engine.checkpoint import DEFAULT_EVERY
from synth.engine.crew import working_time
from synth.engine.families import has_family, of_family
from synth.engine.languages import languages_of, of_sequences, searched, with_shortest
from synth.engine.large import results_of
from synth.engine.limits import LimitSettings
from synth.engine.progress import Progress, Told, followed
from synth.engine.reach import DEFAULT_CHAINS, Map
from synth.errors import SettingError, SweepError
from synth.records import Contrast, Result
from synth.tasks import Task


def search(
    task: TaskLike,
    dsl: DSLLike | None = None,
    *,
    top: int = 10,
    exact: bool = False,
    moves: int | None = None,
    chains: int = DEFAULT_CHAINS,
    seed: int = 0,
    start: Sequence[str] = (),
    map: Map | None = None,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: float = DEFAULT_EVERY,
    spent: float = 0.0,
    **limits: Unpack[LimitSettings],
) -> Result:
    """Find the best hypothesis for a task.

    Programs are enumerated in order of bits, until no program beyond can win ("optimal"), there
    are no further behaviours ("exhausted"), or a limit is reached.  If nothing is proven then,
    reach goes on: chains of random moves, each of which changes one part of a program, from what
    was enumerated, up to programs of hundreds of bits.  The same code scores what reach finds, and
    `certified_bits` says what was enumerated.  Equal settings give equal results for any number of
    threads, unless `seconds` cuts the search short.  Ctrl-C ends it too, and the best so far is
    returned ("interrupted").

    A program counts only if it has a value on every row, held-out rows included.  With
    `exact`, it counts only if it is also right on all training rows.  The last steps are then
    solved from the labels, which about doubles the length that is proven.  Reach seeks such
    programs too, in the midst of the search, if nothing seems near a proof: what it finds is an
    upper bound, however long.  The result's program is such a program or None, `optimal` says
    whether it is proven to be the shortest, and `exact_bound` is a number of bits below which there
    is none.

    A table of people, unlike a named task, has no DSL of its own.  If none is given, each built-in
    one that fits is searched with an equal share of the programs, the moves and the time.  Every
    program is charged the `language_bits` that say that it reads the inputs, and in which of these
    languages.  A constant, the most frequent label, is charged less and is a hypothesis of its own.
    The result is that of the language that won, and `languages` lists all of them; the shares of
    the posterior are within the language that won.

    In a table with more than 5,000 training rows, programs are sought on 5,000 of them, drawn at
    random, and the best are scored on all rows; `settings["drawn"]` says so.

    Parameters
    ----------
    task : Task, str or path
        A task, its specification, or the path of a CSV file.
    dsl : DSL, str or path, optional
        A DSL or its specification; by default the built-in DSL that fits a named task, and several
        for a table.
    top : int
        How many of the best hypotheses to list.
    exact : bool
        Seek the shortest program without exceptions.
    moves : int, optional
        How many moves reach makes; 0 for none.  With fewer than 500, its seed stages do less too.
        By default what takes about 20 s on two cores, 5 s with `exact`, and none with `max_bits`.
        If reach may follow and neither `max_programs` nor `max_bits` is given, the enumeration
        ends after a number of programs that takes about 10 s; with `exact`, reach begins after a
        32nd of them, and the enumeration goes on after it.
    chains : int
        How many chains share the moves.
    seed : int
        Seed of the random numbers of reach.
    start : sequence of str
        Programs of your own for reach to begin with; they are scored even if it makes no moves.
    map : callable, optional
        Works off the chains of reach on workers, such as those of a dask cluster, with an equal
        result: `functools.partial(synth.runs.sweep, executor=...)`.  Each worker repeats the
        enumeration, with as much memory.  The DSL must be given by its name or as FILE.py:NAME.  By
        default the threads of this process work them off.
    progress : bool or callable, optional
        True for a progress bar, which is shown if the search takes more than a second.  It is
        tqdm's if that is installed (`pip install 'synth-mdl[notebook]'`), and else a line.  A
        function is called with the `Enumerator` after every band, and with the `Reaches` after
        every round.
    checkpoint : str or path, optional
        A file that keeps the search.  If it exists, the search goes on from it.
    every : float
        Seconds between two checkpoints.
    spent : float
        Seconds that were spent before, such as for reading a table; they count for `seconds`.
    **limits
        See `Limits`.

    Returns
    -------
    Result

    Raises
    ------
    SettingError, TaskError, DSLError, RunError
        See `Search`.
    SweepError
        If no worker is left, or workers have other versions, files or memory.  Its `partial` is
        the result so far, and the checkpoint has the moves so far.
    """
    try:
        return _results(
            [loaded(task)],
            dsl,
            progress=progress,
            top=top,
            exact=exact,
            moves=moves,
            chains=chains,
            seed=seed,
            start=start,
            map=map,
            checkpoint=checkpoint,
            every=every,
            spent=spent,
            **limits,
        )[0]
    except SweepError as error:
        error.partial = error.partial[0]
        raise


def _results(
    tasks: list[Task], dsl: DSLLike | None, *, progress: Progress | None, **settings: Any
) -> list[Result]:
    with followed(progress) as told:
        return _each(tasks, dsl, progress=told, **settings)


def _each(
    tasks: list[Task], dsl: DSLLike | None, *, progress: Told | None, **settings: Any
) -> list[Result]:
    """The result of each labelling: of a table without a DSL the best of several languages."""
    if any(task.sequence is not None for task in tasks):
        return of_sequences(tasks, dsl, progress=progress, **settings)
    if has_family(tasks[0], dsl):
        return of_family(tasks, dsl, progress=progress, **settings)
    start = settings.get("start") or ()
    start = [start] if isinstance(start, str) else start
    specs = languages_of(tasks[0], start, dsl, settings.get("exact", False))
    if specs:
        found = searched(tasks, specs, progress=progress, **settings)
        if len(tasks) == 1 and not settings.get("exact"):
            limits = {k: settings[k] for k in ("seconds", "memory", "threads") if k in settings}
            found = [with_shortest(found[0], tasks[0], specs, progress=progress, **limits)]
        return found
    return results_of(tasks, dsl, progress=progress, **settings)


def contrast(
    task: TaskLike,
    dsl: DSLLike | None = None,
    *,
    twin: Literal["permuted", "uniform", "drawn"] = "permuted",
    seed: int = 0,
    top: int = 10,
    moves: int | None = None,
    chains: int = DEFAULT_CHAINS,
    start: Sequence[str] = (),
    map: Map | None = None,
    progress: Progress | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: float = DEFAULT_EVERY,
    spent: float = 0.0,
    **limits: Unpack[LimitSettings],
) -> Contrast:
    """Search for a task and for its random-label twin, in one enumeration.

    It ends if the task's best hypothesis is proven optimal (the twin's was then sought as
    far), or, if `max_bits` is given, if both are proven or all programs of so many bits are
    scored; or at another limit.  If the task's best is not proven then, reach makes equal moves
    on the same bank for both.

    Parameters
    ----------
    task, dsl, top, moves, chains, start, map, progress, checkpoint, every, spent, **limits
        See `search`, which also lists the errors.
    twin : {"permuted", "uniform", "drawn"}
        How the twin's labels are made; "drawn" for sequences only.
    seed : int
        Seed for the twin's labels and for the random numbers of reach.

    Returns
    -------
    Contrast
    """
    if twin not in ("permuted", "uniform", "drawn"):
        raise SettingError(f"twin={twin!r}; allowed: permuted, uniform, drawn")
    began = working_time()
    task = loaded(task)
    both = [task, getattr(task, twin)(seed)]
    # How far to search for the twin is known only if it is said.
    proven = None if limits.get("max_bits") is not None else 1
    try:
        found = _results(
            both,
            dsl,
            progress=progress,
            top=top,
            moves=moves,
            chains=chains,
            seed=seed,
            start=start,
            map=map,
            proven=proven,
            checkpoint=checkpoint,
            every=every,
            spent=spent + working_time() - began,
            **limits,
        )
    except SweepError as error:
        error.partial = Contrast(*error.partial)
        raise
    return Contrast(*found)


def search_labellings(
    tasks: Iterable[Task],
    dsl: DSLLike | None = None,
    *,
    top: int = 10,
    moves: int | None = 0,
    chains: int = DEFAULT_CHAINS,
    progress: Progress | None = None,
    **limits: Unpack[LimitSettings],
) -> list[Result]:
    """Find the best hypothesis for each of several labellings, in one enumeration.

    It goes on until the best hypothesis for each is proven optimal, or to a limit.  Reach follows
    only if `moves` is given (None for the number that `search` makes), with as many for each.

    Parameters
    ----------
    tasks : iterable of Task
        Tasks with the same columns, training rows and label type, and different labels.
    dsl, top, moves, chains, progress, **limits
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
    settings = {"top": top, "moves": moves, "chains": chains, **limits}
    return _results(alike(list(tasks)), dsl, progress=progress, **settings)
