"""Files that are written whole or not at all: aside first, then renamed into place."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synth.errors import RunError, SettingError


def check_writable(option: str, path: str | os.PathLike[str]) -> None:
    """Raises SettingError where a file cannot be made in the folder it is to be in."""
    folder = Path(path).resolve().parent
    if not os.access(folder, os.W_OK):
        raise SettingError(f"{option} {path}: {folder} cannot be written to")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Gives a path to write to, which becomes `path` at the end.  Raises RunError."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield aside
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise RunError(f"{path} cannot be written: {error.strerror}") from None


def write_file(path: str | os.PathLike[str], text: str) -> None:
    """Writes a text, whole or not at all.  Raises RunError."""
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        raise RunError(f"{path} cannot be written: it is no regular file")
    with written_whole(path) as aside:
        aside.write_text(text, encoding="utf-8")
