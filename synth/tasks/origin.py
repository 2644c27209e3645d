"""Where a task comes from: what it takes to make the same task again."""

import functools
import hashlib
import inspect
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from synth.errors import RunError

if TYPE_CHECKING:
    from synth.tasks.task import Task

#: What a step may be: a method of `Task` that makes another task of it.
STEPS = ("permuted", "uniform", "corrupted", "split")


@dataclass(frozen=True)
class Origin:
    """How a task was made.

    Parameters
    ----------
    spec : str
        The specification of a built-in task, or the path of a table.
    options : mapping of str to object
        The arguments of `load_task` beside it.
    sha256 : str or None
        The digest of the table. None for a built-in task.
    steps : tuple of tuple
        Methods of `Task` that were called then, one of `STEPS`, each with its arguments.
    """

    spec: str
    options: Mapping[str, Any] = field(default_factory=dict)
    sha256: str | None = None
    steps: tuple[tuple[Any, ...], ...] = ()

    def then(self, name: str, *arguments: Any) -> "Origin":
        """The origin of what a method of the task returns."""
        return replace(self, steps=(*self.steps, (name, *arguments)))


def recorded(read: Callable[..., "Task"]) -> Callable[..., "Task"]:
    """Make a function that reads a table record where its task comes from."""
    defaults = inspect.signature(read)

    @functools.wraps(read)
    def recording(path: str | os.PathLike[str], **options: Any) -> "Task":
        given = defaults.bind(path, **options)
        given.apply_defaults()
        task, kept = read(path, **options), dict(given.arguments)
        for name in ("drop", "keep"):
            names = kept[name]
            kept[name] = [names] if isinstance(names, str) else list(names)
        return replace(task, origin=Origin(str(kept.pop("path")), kept, file_digest(path)))

    return recording


def file_digest(path: str | os.PathLike[str]) -> str | None:
    """The SHA-256 of a file in hexadecimal; None if it is no regular file.

    Raises
    ------
    RunError
        If it cannot be read.
    """
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest() if Path(path).is_file() else None
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from None
