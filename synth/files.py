"""Writes files whole or not at all, each by one process at a time.

A file is written under a hidden name first, which is forced to the disk and then renamed.  The
right to write is an advisory lock of the system on another hidden file.  It ends with its process,
so that a killed one leaves nothing that stops the next: that one takes both hidden files over.
"""

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from synth.errors import RunError, SettingError

try:
    import fcntl
except ImportError:  # a system without these locks
    fcntl = None  # type: ignore[assignment]

#: Seconds to wait for another process to finish writing a file.
PATIENCE = 10.0
#: The names of pages end so.
PAGES = (".html", ".htm")


def check_writable(
    option: str,
    path: str | os.PathLike[str],
    *,
    suffixes: tuple[str, ...] = (),
    inputs: Iterable[str | os.PathLike[str] | None] = (),
) -> None:
    """Check that a file can be created in its folder, and that it is none that the user needs.

    Parameters
    ----------
    option : str
        The option that names the file, for the message.
    path : str or path
        The file.
    suffixes : tuple of str
        How its name may end; as it likes if there are none.
    inputs : iterable of str, path or None
        What the command reads: files, and texts that may be files. An output never replaces one.

    Raises
    ------
    SettingError
        If the folder does not exist or cannot be written to, the name ends in something else, or
        the file is an input.
    """
    if suffixes and Path(path).suffix.lower() not in suffixes:
        raise SettingError(f"{option} {path}: allowed: a name that ends in {', '.join(suffixes)}")
    if any(_is_same_file(path, each) for each in inputs if each is not None):
        raise SettingError(f"{option} {path}: the command reads this file; allowed: another file")
    folder = Path(path).resolve().parent
    if not os.access(folder, os.W_OK):
        raise SettingError(f"{option} {path}: {folder} cannot be written to")


def _is_same_file(path: str | os.PathLike[str], other: str | os.PathLike[str]) -> bool:
    """Whether two texts are paths of one file, which exists."""
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):
        return False


def open_alone(path: Path, patience: float = 0.0, beside: Path | None = None) -> IO[bytes]:
    """Open a file to read and to append, which no other process has opened so.

    Until it is closed, it is locked.  On a file system without locks nobody is kept out.

    Parameters
    ----------
    path : path
        The file; it is created if there is none.
    patience : float
        Seconds to wait for another process.
    beside : path, optional
        The file that is opened in its place, for `only_writer`.

    Raises
    ------
    RunError
        If another process has the file, or it cannot be opened.
    """
    place, begun = beside or path, time.monotonic()
    while True:
        try:
            file = place.open("a+b")
        except OSError as error:
            raise RunError(f"{path} cannot be written: {error.strerror}") from None
        free = _lock(file)
        # The last writer may have removed the file between its opening and its locking.
        if free and _is_open(place, file):
            return file
        file.close()
        if not free and time.monotonic() - begun >= patience:
            raise RunError(f"{path} is being written by another process; wait, or name another")
        time.sleep(0.0 if free else 0.01)


@contextmanager
def only_writer(path: Path, patience: float = 0.0) -> Iterator[None]:
    """Let no other process write a file within the block; see `open_alone`."""
    beside = path.with_name(f".{path.name}.lock")
    with open_alone(path, patience, beside):
        try:
            yield
        finally:
            beside.unlink(missing_ok=True)


@contextmanager
def written_whole(path: Path, *, locked: bool = False) -> Iterator[Path]:
    """Give a temporary path to write to; at the end of the block it is renamed to `path`.

    The new file has the mode of the old one.

    Parameters
    ----------
    path : path
        The file.
    locked : bool
        Whether the caller is the `only_writer` of the file.

    Raises
    ------
    RunError
        If the file cannot be written.
    """
    if not locked:
        with only_writer(path, PATIENCE), written_whole(path, locked=True) as aside:
            yield aside
        return
    aside = path.with_name(f".{path.name}.new")
    try:
        aside.unlink(missing_ok=True)  # of a process that was killed
        with aside.open("xb") as made:
            if path.exists():
                os.chmod(aside, path.stat().st_mode & 0o7777)
            yield aside
            os.fsync(made)  # of what was written by any name
        aside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}") from None
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Force a renaming to the disk, where folders can be opened."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


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


def _lock(file: IO[bytes]) -> bool:
    """Lock an open file; False if another process, or another opening of it, has it locked."""
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass
    return True


def _is_open(path: Path, file: IO[bytes]) -> bool:
    """Whether a path names an open file still."""
    try:
        return os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except FileNotFoundError:
        return False
