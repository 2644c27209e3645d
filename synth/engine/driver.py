"""The driver: one enumeration, scored for one labelling or for several at once.

A task and its twin have the same inputs, so they have the same behaviours: a
contrast scores both labellings in a single enumeration, and the twin is shown
exactly the programs that the task is.
"""

import math
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Literal, Unpack

import numpy as np

from synth import codes
from synth.engine import outcome
from synth.engine.backward import Pace, Solver
from synth.engine.checkpoint import DEFAULT_EVERY, Checkpoint, digest_of_columns, digest_of_rules
from synth.engine.enumerator import Enumerator
from synth.engine.limits import LimitSettings, interrupts, read_limits
from synth.engine.scoring import SAME, Aim, Score
from synth.errors import SettingError, TaskError
from synth.language import DSL, UNIT, checked_columns
from synth.records import Contrast, Result, StopReason
from synth.tasks import Task, fit_all, load_task

#: The share of the memory that an exact search fills with behaviours; the rest is for
#: indexing them by what a target asks.
EXACT_MEMORY = 0.7

#: Rows that are scored at a time.
SCORE_ROWS = 2**16

#: A task, its specification or the path of a CSV file; a DSL or its specification.
TaskLike = Task | str | os.PathLike[str]
DSLLike = DSL | str | os.PathLike[str]


def search(
    task: TaskLike,
    dsl: DSLLike | None = None,
    *,
    top: int = 10,
    exact: bool = False,
    progress: Callable[[Enumerator], object] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: float = DEFAULT_EVERY,
    **limits: Unpack[LimitSettings],
) -> Result:
    """The best hypothesis for a task: a `Result`.

    task: a `Task`, or the name of one, or the path of a CSV file; dsl: a DSL, or its
    name, or None for the built-in one that fits the task; top: how many of the best
    hypotheses to list; exact: seek the least program without exceptions, see below;
    progress: called with the `Enumerator` after every band; checkpoint: the path of a
    file that keeps the search every so many seconds, and from which it goes on where
    the file is there already; limits: see `Limits`.

    The search ends when no program beyond can win ("optimal"), when there are no
    further behaviours ("exhausted"), or at a limit; Ctrl-C ends it too, and the
    best so far is returned ("interrupted").

    A program counts only if it has a value on every row, held-out rows included.  With
    `exact`, it counts only if it is also right on all training rows; the last
    steps are solved from the labels, which about doubles the length that is reached.
    The result's program is such a one or None, `optimal` says whether it is proven to be
    the shortest, and `exact_bound` below how many bits there is none.
    """
    kept = _kept(checkpoint, every)
    if kept and exact:
        raise SettingError("checkpoint and exact: allowed: one of them")
    return _run([_task(task)], dsl, top, progress, read_limits(limits), exact, kept)[0]


def contrast(
    task: TaskLike,
    dsl: DSLLike | None = None,
    *,
    twin: Literal["permuted", "uniform"] = "permuted",
    seed: int = 0,
    top: int = 10,
    progress: Callable[[Enumerator], object] | None = None,
    checkpoint: str | os.PathLike[str] | None = None,
    every: float = DEFAULT_EVERY,
    **limits: Unpack[LimitSettings],
) -> Contrast:
    """A task beside its random-label twin: a `Contrast`.

    twin: "permuted" or "uniform"; seed: of the twin's labels; the rest: see `search`.
    Both labellings are scored in one enumeration.  It ends when the task's best
    hypothesis is proven optimal (and the twin's has been sought as far), or, where
    `max_bits` is given, when both are or all programs of so many bits are scored; or at
    another limit.
    """
    if twin not in ("permuted", "uniform"):
        raise SettingError(f"twin={twin!r}; allowed: permuted, uniform")
    task = _task(task)
    twins = [task, getattr(task, twin)(seed)]
    kept = _kept(checkpoint, every)
    return Contrast(*_run(twins, dsl, top, progress, read_limits(limits), False, kept))


def search_labellings(
    tasks: Iterable[Task],
    dsl: DSLLike | None = None,
    *,
    top: int = 10,
    progress: Callable[[Enumerator], object] | None = None,
    **limits: Unpack[LimitSettings],
) -> list[Result]:
    """The best hypothesis for each of several labellings: a list of `Result`, in their order.

    tasks: with the same columns, training rows and label type, and different labels; the
    rest: see `search`.  All are scored in one enumeration, which goes on until the best
    hypothesis for each is proven optimal, or to a limit.  Raises TaskError for no task, or
    tasks whose rows or types differ.
    """
    tasks = list(tasks)
    for task in tasks:
        alike = task.types == tasks[0].types and task.label_type == tasks[0].label_type
        if not alike or not np.array_equal(task.train, tasks[0].train):
            raise TaskError(f"task {task.name}: rows or types unlike those of {tasks[0].name}")
    if not tasks:
        raise TaskError("tasks: none; allowed: 1 and more")
    return _run(tasks, dsl, top, progress, read_limits(limits), all_count=True)


def _task(given: TaskLike) -> Task:
    return given if isinstance(given, Task) else load_task(given)


def _kept(path, every):
    """(path, seconds between checkpoints), or None."""
    if path is None:
        return None
    if not isinstance(every, (int, float)) or not 0 <= every < 2**50:
        raise SettingError(f"every={every!r}; allowed: seconds, 0 and more")
    return path, float(every)


def _keep(kept, engine, scores, columns, training, limits):
    """Makes the engine keep checkpoints, and go on from the one that is there."""
    checkpoint = Checkpoint(*kept, {
        "dsl": digest_of_rules(engine.rules),
        "task": digest_of_columns(columns, training),
        "rows": [engine.rows, scores[0].n],
        "top": scores[0].top,
        "max_bits": limits.max_bits,
        "memory": limits.memory,
    })  # fmt: skip
    checkpoint.load(engine, scores)

    def keep(place, ending):
        if ending or checkpoint.due():
            checkpoint.save(engine, scores, place and place())

    engine.keep = keep


def _run(labellings, dsl, top, progress, limits, exact=False, kept=None, all_count=False):
    if not isinstance(top, (int, np.integer)) or top < 1:
        raise SettingError(f"top={top!r}; allowed: 1 and more")
    fitted = fit_all(dsl, labellings)
    labellings = [each.task for each in fitted]
    task, chosen, grammar, root = labellings[0], fitted[0].dsl, fitted[0].grammar, fitted[0].root
    # Training rows first: a labelling is then compared with a prefix of each row.
    order = np.argsort(~task.train, kind="stable")
    columns = {name: column[order] for name, column in task.columns.items()}
    grammar_columns = checked_columns(grammar, columns)
    n = task.training
    training = np.stack(
        [root.check(t.labels[t.train], f"label column {t.label}") for t in labellings]
    )
    scores = [Score(n, len(t.alphabet), root.size > len(t.alphabet), int(top)) for t in labellings]
    tables = [codes.table_bits(t.counts()) for t in labellings]
    if exact and root.inexact:
        raise SettingError(f"exact: labels of {root}; allowed: Bool, Mod and Int")
    # How many have to be proven; a contrast goes on for the twin where it is told how far.
    count = len(scores) if all_count or limits.max_bits is not None else 1
    with interrupts() as interrupted:
        if exact:
            given = replace(limits, memory=int(EXACT_MEMORY * limits.memory))
            engine = Enumerator(grammar, grammar_columns, root, given, interrupted)
            solver = _solve(engine, training, scores, limits, progress)
        else:
            # Labels of inexact types are compared here, not by the kernels that score alone.
            aim, solver = None if root.inexact else Aim(training, scores), None
            engine = Enumerator(grammar, grammar_columns, root, limits, interrupted, aim)
            if kept is not None:
                _keep(kept, engine, scores, grammar_columns, training, limits)
        while engine.stop_reason is None:
            _score(engine, engine.advance(), training, scores)
            _narrow(engine, scores[:count], tables, n)
            if progress is not None:
                progress(engine)
            if engine.stop_reason is None:
                optimal = [
                    score.proven(engine.certified_bits, table[0])
                    for score, table in zip(scores, tables, strict=True)
                ]
                if all(optimal[:count]):
                    engine.stop_reason = StopReason.OPTIMAL
    return [
        outcome.result(engine, t, chosen, score, table, values, n, limits, solver)
        for t, score, table, values in zip(labellings, scores, tables, training, strict=True)
    ]


def _score(engine, rows, training, scores):
    bank = engine.bank
    count = training.shape[1]
    first = rows.start
    while first < rows.stop:
        level = int(np.searchsorted(bank.ends, first, side="right"))
        units = bank.costs[level] >> engine.grammar.shift
        stop = min(first + SCORE_ROWS, bank.ends[level])
        for score, errors in zip(scores, bank.errors(first, stop, training, count), strict=True):
            score.add(units, first, errors)
        first = stop


def _solve(engine, training, scores, limits, progress):
    """Enumerates and solves in turn; returns the `Solver`, the engine's stop reason is set."""
    solver, pace = Solver(engine, training[0]), Pace(engine, limits.seconds)
    while engine.stop_reason is None and not pace.enumerated_enough(solver.best):
        _score(engine, engine.advance(), training, scores)
        if progress is not None:
            progress(engine)
        if engine.stop_reason is None and pace.due():
            solver.solve(pace.over, most_contexts=1)
    if engine.stop_reason != StopReason.INTERRUPTED:
        solver.solve(pace.over)
    most = 2**61 if engine.most is None else engine.most
    if solver.best is not None and solver.bound >= solver.best[0]:
        engine.stop_reason = StopReason.OPTIMAL
    elif engine.interrupted():
        engine.stop_reason = StopReason.INTERRUPTED
    elif solver.bound > most and engine.stop_reason != StopReason.EXHAUSTED:
        engine.stop_reason = StopReason.MAX_BITS
    elif engine.stop_reason is None:
        engine.stop_reason = StopReason.SECONDS
    engine.close()
    return solver


def _narrow(engine, scores, tables, n):
    """Tells the engine beyond how many bits no program can win any more."""
    if any(score.best is None for score in scores):
        return
    best = max(min(table[0], score.best) for score, table in zip(scores, tables, strict=False))
    bits = best - SAME - codes.PROGRAM_FLAG - np.log2(n + 1)
    engine.narrow(math.ceil(bits * UNIT) / UNIT)
