"""What a search is given: a task or several, a DSL, programs to begin with."""

import os

import numpy as np

from synth.errors import SettingError, TaskError, quoted
from synth.language import DSL, Program
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
