"""What a search is given: a task or several, a DSL, programs to begin with."""

import os

import numpy as np

from synth.errors import SettingError, TaskError, quoted
from synth.language import DSL, Program, checked_columns
from synth.tasks import Fitted, Task, fit_all, load_task

#: A task, its specification or the path of a CSV file; a DSL or its specification.
TaskLike = Task | str | os.PathLike[str]
DSLLike = DSL | str | os.PathLike[str]


#: Types of labels for which programs without exceptions can be sought.
EXACT = "Bool, Mod, Int and Label"


def loaded(given: TaskLike) -> Task:
    """The task, loaded if its specification or path is given."""
    return given if isinstance(given, Task) else load_task(given)


def bound(dsl: DSLLike | None, tasks: list[Task]) -> list[Fitted]:
    """The tasks bound to a DSL, if all its primitives are listed."""
    found = fit_all(dsl, tasks)
    if found[0].dsl.family is not None:
        raise SettingError(
            f"DSL {found[0].dsl.name} has a search of its own; allowed: search, contrast, compare "
            "and verify"
        )
    return found


def check_settings(top, every, exact, **others):
    """Raise SettingError if a setting of a search is wrong; others: not allowed with `exact`."""
    if not isinstance(top, (int, np.integer)) or top < 1:
        raise SettingError(f"top={top!r}; allowed: 1 and more")
    if not isinstance(every, (int, float)) or not 0 <= every < 2**50:
        raise SettingError(f"every={every!r}; allowed: seconds, 0 and more")
    for name, value in others.items():
        if value is not None and exact:
            raise SettingError(f"{name} cannot be combined with exact")


def parsed(text: str, fitted: Fitted) -> Program:
    """A program of the user's own."""
    return Program.parse(text, fitted.grammar, fitted.root)


def sendable(dsl: DSLLike | None) -> str | None:
    """A specification of the DSL that means the same in another process."""
    if isinstance(dsl, DSL):
        raise SettingError(
            f"dsl={dsl.name}: a DSL of your own cannot be sent to a worker as an object; give it "
            "as FILE.py:NAME"
        )
    if dsl is None:
        return None
    return os.path.abspath(dsl) if ".py" in str(dsl) else str(dsl)


def alike(tasks: list[Task]) -> list[Task]:
    """The tasks, if they have the same inputs and training rows."""
    for task in tasks:
        if not isinstance(task, Task):
            raise TaskError(
                f"tasks: {quoted(str(task))} is no Task; allowed: Task objects; a data frame "
                "becomes one with synth.Task.from_frame(frame, label=...)"
            )
        alike = task.types == tasks[0].types and task.label_type == tasks[0].label_type
        if not alike or not np.array_equal(task.train, tasks[0].train):
            raise TaskError(f"task {task.name}: rows or types unlike those of {tasks[0].name}")
    if not tasks:
        raise TaskError("tasks: none; allowed: 1 and more")
    return tasks


def training_first(fitted):
    """The columns with training rows first: labels are then compared with a prefix of each row."""
    columns, train = fitted.task.columns, fitted.task.train
    if not train.all():
        order = np.argsort(~train, kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
    return checked_columns(fitted.grammar, columns)


def drawn_settings(rows, candidates, moves, stop_reason):
    """What a result on all rows says of the search on some of them."""
    return {"rows": rows, "candidates": candidates, "moves": moves, "stop_reason": str(stop_reason)}
