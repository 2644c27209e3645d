"""Where the data of a result come from: what makes them again, and digests that tell a change.

The digests are of contents: of the values, types and names of a task's rows, and of the
signatures and weights of a DSL. A file's own digest stands beside them, so that it is said which
of the two has changed.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from synth.errors import RunError, TaskError
from synth.language import DSL, Type, resolve
from synth.language.dsls import is_file
from synth.records.document import plain
from synth.tasks import Task, file_digest, sequence_fields


def source_of(task: Task, dsl: DSL) -> dict[str, Any]:
    """Where a task and a DSL come from.

    Parameters
    ----------
    task : Task
        The task, as the DSL reads it or before that.
    dsl : DSL
        The DSL.

    Returns
    -------
    dict
        "task": its `Origin` as a dict, None if the task was made in Python. "inputs" and "labels":
        SHA-256 of the columns, and of labels and training rows. "dsl": its "spec" (None if it was
        made in Python), the SHA-256 of its file, and "signatures", the SHA-256 of its types,
        primitives, constants and weights.
    """
    task = task.original
    file = dsl.spec is not None and is_file(dsl.spec)
    path = dsl.spec.rpartition(":")[0] or dsl.spec if file and dsl.spec else None
    columns = ((n, str(task.types[n]), c) for n, c in task.columns.items())
    labels = [("labels", str(task.label_type), task.labels)]
    labels += [("train", "Bool", task.train), ("unknown", "Bool", task.unknown)]
    return {
        "task": plain(task.origin),
        "inputs": _digest(columns),
        "labels": _digest(labels),
        "dsl": {
            "spec": dsl.spec,
            "sha256": None if path is None else file_digest(path),
            "signatures": _signatures(dsl),
        },
    }


def rows_of(task: Task) -> dict[str, Any]:
    """The rows of a task as plain data, from which `task_of` makes it again."""
    task = task.original
    names = task.label_names and {int(value): name for value, name in task.label_names.items()}
    return plain(
        {
            "columns": {n: _listed(c) for n, c in task.columns.items()},
            "types": {n: str(t) for n, t in task.types.items()},
            "labels": _listed(task.labels),
            "label_type": str(task.label_type),
            "train": task.train,
            "unknown": task.unknown,
            "alphabet": _listed(task.alphabet),
            "label_names": names,
            "label": task.label,
            "settings": task.settings,
            **({} if task.sequence is None else {"terms": task.sequence.terms}),
        }
    )


def with_rows(record: Any, what: str) -> Any:
    """A record with the rows of its task, which a file then keeps.

    Raises
    ------
    RunError
        If the record does not hold its task.
    """
    if record.data is not None:
        return record
    if record.trained_on is None:
        raise RunError(f"this {what} does not hold its data; search again, in this process")
    return replace(record, data=rows_of(record.trained_on))


def task_of(data: dict[str, Any], name: str, labelling: str) -> Task:
    """The task whose rows `rows_of` returned.

    Raises
    ------
    TaskError, TypeMismatchError, DSLError
        If they are not a task.
    """
    about = {"labelling": labelling, "settings": data["settings"]}
    if "terms" in data:
        made = sequence_fields(tuple(data["terms"]), np.array(data["train"], bool))
        task = Task(name, **made, **about)
        again = rows_of(task)
        for key, saved in data.items():
            if saved != again.get(key):
                raise TaskError(f"data.{key} is not what the terms of the sequence say")
        return task
    types = {n: resolve(t, f"column {n}", ()) for n, t in data["types"].items()}
    label_type = resolve(data["label_type"], "labels", ())
    names = data["label_names"]
    # Held-out labels may be outside an alphabet that was found in training, and only then.
    listed = {*map(str, data["labels"])} <= {*map(str, data["alphabet"])}
    return Task(
        name,
        {n: _values(c, types[n]) for n, c in data["columns"].items()},
        types,
        _values(data["labels"], label_type),
        label_type,
        train=np.array(data["train"], bool),
        given_alphabet=_values(data["alphabet"], label_type) if listed else None,
        unknown=np.array(data["unknown"], bool),
        label_names=names and {int(v): text for v, text in names.items()},
        label=data.get("label", "label"),  # older files do not have it
        **about,
    )


def _listed(values: Any) -> list[Any]:
    """Values as JSON has them; a complex number is a pair."""
    array = np.asarray(values)
    pairs = array.dtype.kind == "c"
    return (array.view(np.float64).reshape(-1, 2) if pairs else array).tolist()


def _values(listed: list[Any], type_: Type) -> np.ndarray:
    if type_.dtype.kind == "c":
        return np.array(listed, np.float64).reshape(-1, 2).view(np.complex128)[:, 0]
    return np.array(listed, type_.dtype)


def _digest(columns: Iterable[tuple[str, str, np.ndarray]]) -> str:
    found = hashlib.sha256()
    for name, type_, values in columns:
        found.update(json.dumps([name, type_, len(values)]).encode())
        # The same bytes on every machine.
        found.update(values.astype(values.dtype.newbyteorder("<")).tobytes())
    return found.hexdigest()


def _signatures(dsl: DSL) -> str:
    heads = [[p.name, p.signature, str(p.weight), p.symbol] for p in dsl.primitives]
    heads += [[c.name, str(c.type), repr(c.value), str(c.weight)] for c in dsl.constants]
    about = [str(dsl.leaf_probability), [str(t) for t in dsl.types], heads]
    return hashlib.sha256(json.dumps(about).encode()).hexdigest()
