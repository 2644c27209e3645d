"""What the inputs of a task say of the columns of its table."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from synth.language import Term
from synth.language.meaning import column, substituted

if TYPE_CHECKING:
    from synth.tasks.columns import Inputs
    from synth.tasks.task import Task


def meanings_of(readers: "Sequence[Inputs]") -> dict[str, Term]:
    """What each input that columns of a table become says of its column, by name."""
    return {name: term for each in readers for name, term in each.meanings().items()}


def input_terms(task: "Task", names: Iterable[str]) -> dict[str, Term]:
    """What some inputs of a task say of the columns of its table, by name."""
    own = own_terms(task, names)
    if task.source is None:
        return {name: (task.meanings or {}).get(name, term) for name, term in own.items()}
    read = {source.name for term in own.values() for source in term.sources()}
    before = input_terms(task.source, [name for name in read if name in task.source.types])
    return {name: substituted(term, before) for name, term in own.items()}


def own_terms(task: "Task", names: Iterable[str]) -> dict[str, Term]:
    """What some inputs of a task say of those before a DSL re-expressed them, by name."""
    made = (task.source and task.meanings) or {}
    return {
        name: made.get(name) or column(name, task.types[name].family, _has_gaps(task.columns[name]))
        for name in names
    }


def _has_gaps(values: np.ndarray) -> bool:
    return bool(values.dtype.kind == "f" and np.isnan(values).any())
