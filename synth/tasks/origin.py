"""Where a task comes from: what it takes to make the same task again."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from synth.errors import RunError

#: What a step may be: a method of `Task` that makes another task of it.
STEPS = ("permuted", "uniform", "drawn", "corrupted", "split")


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
