"""The bytes of a table: those of a file, of a pipe, or of standard input, which is called `-`."""

import os
import sys
from pathlib import Path
from typing import IO, Any

from synth.errors import TaskError

#: Standard input as the path of a table.
STANDARD_INPUT = "-"

#: The most bytes that are read of a pipe, of standard input and of a device, which may never end.
MOST_BYTES = 100_000_000

# The standard input that was read: it cannot be read again.
_read: list[Any] = []


def is_stream(path: str | os.PathLike[str]) -> bool:
    """Whether a path is standard input, a pipe or a device, which can be read only once."""
    there = Path(path)
    return str(path) == STANDARD_INPUT or (
        there.exists() and not there.is_file() and not there.is_dir()
    )


def is_file(path: str | os.PathLike[str]) -> bool:
    """Whether a path is a file, or standard input, a pipe or a device."""
    return is_stream(path) or Path(path).is_file()


def table_bytes(path: str | os.PathLike[str]) -> bytes:
    """The contents of a table.

    Parameters
    ----------
    path : str or path
        A file, a pipe such as `/dev/stdin`, or "-" for standard input.  Of what is no file, at
        most `MOST_BYTES` are read.

    Raises
    ------
    TaskError
        If it cannot be read, or does not end in time.
    """
    try:
        if str(path) == STANDARD_INPUT:
            return _up_to_the_limit(_standard_input())
        if not is_stream(path):
            return Path(path).read_bytes()
        with open(path, "rb", buffering=0) as stream:
            return _up_to_the_limit(stream)
    except OSError as error:
        raise TaskError(f"cannot be read: {error.strerror or error}") from None


def table_name(path: str | os.PathLike[str]) -> str:
    """What a table is called in reports."""
    return "standard input" if str(path) == STANDARD_INPUT else Path(path).name


def _standard_input() -> IO[bytes]:
    stream = getattr(sys.stdin, "buffer", None)
    if stream is None:
        raise TaskError("standard input is closed; give the path of a file")
    if any(known is stream for known in _read):
        raise TaskError("standard input was read already; write the table to a file")
    _read[:] = [stream]
    return stream


def _up_to_the_limit(stream: IO[bytes]) -> bytes:
    parts, size = [], 0
    while part := stream.read(2**20):
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise TaskError(
                f"more than {MOST_BYTES / 1e6:.0f} MB; allowed: that much from a pipe or a device; "
                "write a larger table to a file"
            )
    return b"".join(parts)
