"""Binds a task to a DSL: the columns as the DSL reads them, the grammar and the root type."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import DSLError
from synth.language import DSL, Bool, Grammar, Real, Term, Type, TypedColumns, load_dsl
from synth.language.dsls import called, for_types
from synth.language.meaning import constant
from synth.tasks.meanings import own_terms
from synth.tasks.sequences import lagged_fields
from synth.tasks.splits import stream
from synth.tasks.task import Task

#: The most training rows that thresholds are taken from and that programs are enumerated on.
LARGE = 5000
#: The purpose of the draw of these rows: no other draw of a task has it.
DRAW = 8


@dataclass(frozen=True, eq=False)
class Fitted:
    """A task bound to a DSL.

    Parameters
    ----------
    dsl : DSL
        The DSL.
    task : Task
        The task with the columns as the DSL reads them.
    grammar : Grammar
        The DSL bound to these columns.
    root : Type
        The DSL's type for the task's labels.
    """

    dsl: DSL
    task: Task
    grammar: Grammar
    root: Type


def fit(dsl: DSL | str | os.PathLike[str] | None, task: Task) -> Fitted:
    """Bind a task to a DSL.

    Parameters
    ----------
    dsl : DSL, str, path or None
        A DSL, its specification, or None for the built-in DSL that fits the task.
    task : Task
        The task.

    Raises
    ------
    DSLError
        If there is no such DSL, it cannot read the task, or it makes no labels of its type.
    """
    types = (*task.types.values(), task.label_type)
    chosen = for_types(types) if dsl is None else load_dsl(dsl, types)
    if chosen.for_letters is not None:
        chosen = load_dsl(chosen.for_letters(_longest(task)) or chosen, types)
    task = prepared(chosen, task)
    _refuse_gaps(chosen, task)
    grammar = Grammar(chosen, task.types, input_weights=task.input_weights)
    root = chosen.type_for(task.label_type)
    if root not in grammar.types:
        raise DSLError(
            f"DSL {chosen.name} has no program of type {root} over the columns of task {task.name}"
        )
    return Fitted(chosen, task, grammar, root)


def _longest(task: Task) -> int:
    """How many letters a string of a task may have.

    Held-out strings count, and what the task says of them: programs cost the same for it.
    """
    strings = [column for column in task.columns.values() if column.dtype.kind == "U"]
    found = [int(np.char.str_len(column).max()) for column in strings]
    return max([*found, task.settings.get("longest", 0)])


def _refuse_gaps(dsl: DSL, task: Task) -> None:
    """Raise DSLError if the DSL was given a column with missing values as it is."""
    for name, column in task.columns.items():
        gaps = int(np.isnan(column).sum()) if column.dtype.kind == "f" else 0
        if gaps:
            # The features DSL takes two numbers as labels, and no more.
            numbers = task.label_type.family in ("Real", "Int") and len(task.alphabet) > 2
            way = "" if numbers else "--dsl features, or "
            raise DSLError(
                f"task {task.name}: column {name} has missing values ({gaps}), where programs of "
                f"DSL {dsl.name} have no value; allowed: {way}"
                "--missing drop-rows or drop-columns"
            )


def fit_all(dsl: DSL | str | os.PathLike[str] | None, tasks: Sequence[Task]) -> list[Fitted]:
    """Bind tasks that differ only in their labels to a DSL; they share one grammar.

    Parameters
    ----------
    dsl : DSL, str, path or None
        As `fit` takes it.
    tasks : sequence of Task
        Tasks with the same inputs and training rows, such as a task and its twins.

    Raises
    ------
    DSLError
        As in `fit`.
    """
    first = fit(dsl, tasks[0])
    same = first.task is tasks[0]
    return [
        first if k == 0 else replace(first, task=t if same else first.task.relabelled(t))
        for k, t in enumerate(tasks)
    ]


def drawn_rows(task: Task) -> NDArray[np.bool_]:
    """The training rows that a search begins with: `LARGE` of them at random, or all, bool (rows,).

    A DSL takes its thresholds from these.  Inputs alone decide, so whoever reads the code of the
    labels knows them too.
    """
    if task.training <= LARGE or task.sequence is not None:
        return task.train
    order = stream(0, DRAW).permutation(np.flatnonzero(task.train))
    rows = np.zeros(task.rows, bool)
    rows[order[:LARGE]] = True
    return rows


def drawn(task: Task) -> Task:
    """The task of these rows alone, with the same thresholds and alphabet; itself if that is all.

    Held-out rows are left out too.
    """
    rows = drawn_rows(task)
    if rows is task.train:
        return task
    own = {name: column[rows] for name, column in task.columns.items()}
    given: dict[str, Any] = {"columns": own, "labels": task.labels[rows]}
    given |= {"given_alphabet": task.alphabet}
    given |= dict.fromkeys(("train", "unknown", "read", "origin", "choose"))
    return replace(task, **given)


def without_labels(task: Task) -> TypedColumns:
    """What a DSL may know of a task before any label is read."""
    said = task.label_type.format if task.label_type.family == "Int" else task.label_text
    return TypedColumns(
        name=task.name,
        columns=dict(task.columns),
        types=dict(task.types),
        train=drawn_rows(task),
        label=task.label,
        label_type=task.label_type,
        label_values=tuple(said(v) for v in task.alphabet),
        units=_units(task),
        lags=None if task.sequence is None else 0,
    )


def with_real_numbers(dsl: DSL, task: Task) -> Task:
    """The task as a search for real labels reads it: a DSL of Real reads Int and Bool as Real."""
    if tuple(dsl.types) != (Real,):
        return task
    types = {n: Real if t == Bool or t.family == "Int" else t for n, t in task.types.items()}
    return replace(
        task,
        types=types,
        columns={n: c.astype(float) if types[n] == Real else c for n, c in task.columns.items()},
        label_type=Real if task.label_type.family == "Int" else task.label_type,
        given_alphabet=None,
        read=None,
        source=task,
        meanings={name: _as_number(term) for name, term in own_terms(task, task.types).items()},
    )


def _as_number(term: Term) -> Term:
    """A column as a number: 1 and 0 for truth values."""
    return Term("where", (term, constant(1), constant(0))) if term.is_condition else term


def _units(task: Task) -> dict[str, str]:
    """What the numbers of columns count: a unit such as `$`, or the part of a date."""
    found = {}
    for name, term in (task.original.meanings or {}).items():
        if term.op == "part":
            found[name] = term.value[1]
        elif term.op == "number" and term.value.hint.startswith("without the unit "):
            found[name] = term.value.hint.partition(",")[0]
    return found


def prepared(dsl: DSL, task: Task) -> Task:
    """The task as a DSL reads it: the task itself, unless the DSL re-expresses its columns.

    Raises
    ------
    DSLError
        If the DSL's `prepare` fails, or does not return typed columns for the same rows.
    """
    if dsl.prepare is None and task.sequence is None:
        return task
    given = without_labels(task)
    made = given if dsl.prepare is None else called(dsl.prepare, f"DSL {dsl.name}", given)
    if made is given and task.sequence is None:
        return task
    if not isinstance(made, TypedColumns):
        what = type(made).__name__
        raise DSLError(f"DSL {dsl.name}: prepare returns {what}; allowed: TypedColumns")
    if made.train is not given.train or made.label_type != given.label_type:
        raise DSLError(f"DSL {dsl.name}: prepare changes the task's rows; only columns may change")
    if task.sequence is not None or made.lags is not None:
        return _with_lags(dsl, task, made)
    settings = {**task.settings, "prepared": made.settings} if made.settings else task.settings
    return replace(
        task,
        columns=dict(made.columns),
        types=dict(made.types),
        settings=settings,
        input_weights=made.weights,
        source=task,
        express=made.express,
        meanings=made.meanings,
    )


def _with_lags(dsl: DSL, task: Task, made: TypedColumns) -> Task:
    """The task of a sequence with the terms before each training term as columns."""
    if task.sequence is None:
        raise DSLError(f"DSL {dsl.name} reads sequences only; task {task.name} is a table")
    if made.columns.keys() != task.columns.keys() or made.lags is None:
        raise DSLError(f"DSL {dsl.name}: prepare changes the columns of a sequence; allowed: lags")
    fields = lagged_fields(task.sequence.terms, task.training, made.lags)
    return replace(task, source=task, choose=None, **fields)
