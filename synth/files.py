"""Writes files whole or not at all: to a temporary file first, which is then renamed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from synth.errors import RunError, SettingError


def check_writable(option: str, path: str | os.PathLike[str]) -> None:
    """Check that a file can be created in its folder.

    Parameters
    ----------
    option : str
        The option that names the file, for the message.
    path : str or path
        The file.

    Raises
    ------
    SettingError
        If the folder does not exist or cannot be written to.
    """
    folder = Path(path).resolve().parent
    if not os.access(folder, os.W_OK):
        raise SettingError(f"{option} {path}: {folder} cannot be written to")


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; at the end of the block it is renamed to `path`.

    Raises
    ------
    RunError
        If the file cannot be written.
    """
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield aside
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise RunError(f"{path} cannot be written: {error.strerror}") from None


def write_file(path: str | os.PathLike[str], text: str) -> None:
    """Write a text as UTF-8, whole or not at all.

    Raises
    ------
    RunError
        If the file cannot be written, or the path exists and is not a regular file.
    """
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        raise RunError(f"{path} cannot be written: it is not a regular file")
    with written_whole(path) as aside:
        aside.write_text(text, encoding="utf-8")
