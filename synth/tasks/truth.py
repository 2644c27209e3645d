"""Boolean functions as people write them: a formula, or a table with all rows."""

import re

import numpy as np

from synth.errors import ParseError, TaskError, quoted
from synth.language import Bool, Grammar, Program, dsls
from synth.tasks.catalogue import load_task
from synth.tasks.digits import all_rows
from synth.tasks.task import Task

#: The most inputs of a function.
MOST_INPUTS = 5


def boolean_function(text: str) -> tuple[int, tuple[str, ...]]:
    """The boolean function that a formula, a built-in task or a CSV file stands for.

    Parameters
    ----------
    text : str
        A formula over `&`, `|`, `^` and `~`, such as "x0 & ~x1"; or a task, as `load_task` takes
        it, that has every row of its inputs.

    Returns
    -------
    (int, tuple of str)
        The function: bit r is its value on row r, and input i is bit i of r. And the names of the
        inputs: those of a formula are x0 to the last one that it has, or in the order in which
        they occur.

    Raises
    ------
    ParseError
        If the formula cannot be read.
    TaskError
        If inputs or labels are not truth values, a row is missing, or two rows differ.
    """
    names = list(dict.fromkeys(re.findall(r"[^\W\d]\w*", text)))
    if re.search(r"[&|^~]", text) or (len(names) == 1 and re.fullmatch(r"x\d", text)):
        return _of_formula(text, names)
    return of_task(load_task(text))


def _of_formula(text: str, names: list[str]) -> tuple[int, tuple[str, ...]]:
    if all(re.fullmatch(r"x\d", name) for name in names):
        names = [f"x{i}" for i in range(1 + max((int(name[1]) for name in names), default=0))]
    if not 1 <= len(names) <= MOST_INPUTS:
        raise ParseError(f"{quoted(text)}: {len(names)} inputs; allowed: 1..{MOST_INPUTS}")
    columns = dict(zip(names, all_rows(len(names)).values(), strict=True))
    grammar = Grammar(dsls.load_dsl("boolean"), dict.fromkeys(columns, Bool))
    values = Program.parse(text, grammar).evaluate(columns)
    return sum(1 << int(row) for row in np.flatnonzero(values)), tuple(names)


def of_task(task: Task) -> tuple[int, tuple[str, ...]]:
    """`boolean_function` of a task."""
    names = tuple(task.columns)
    types = {name: str(type_) for name, type_ in task.types.items() if type_ != Bool}
    if types or task.label_type != Bool:
        what = next((f"{name} is {of}" for name, of in types.items()), "labels are no truth values")
        raise TaskError(f"{task.name}: {what}; allowed: inputs and labels that are truth values")
    if not 1 <= len(names) <= MOST_INPUTS:
        raise TaskError(f"{task.name}: {len(names)} inputs; allowed: 1..{MOST_INPUTS}")
    columns = np.stack([np.asarray(c, np.int64) for c in task.columns.values()])
    rows = (1 << np.arange(len(names))) @ columns
    labels = np.asarray(task.labels, bool)
    count = 2 ** len(names)
    seen = [np.bincount(rows[labels == value], minlength=count) > 0 for value in (False, True)]
    if (seen[0] & seen[1]).any():
        raise TaskError(f"{task.name}: equal rows have different labels; allowed: a function")
    missing = int((~(seen[0] | seen[1])).sum())
    if missing:
        raise TaskError(
            f"{task.name}: {missing} of the {count} rows of {len(names)} inputs are missing; "
            "allowed: a table with all rows"
        )
    return sum(1 << int(row) for row in np.flatnonzero(seen[1])), names
