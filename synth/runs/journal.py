"""A journal: a file of the answers of a long sweep, from which a stopped sweep resumes.

The file has one JSON document on each line. The first line says what is being run. Each further
line holds an answer and the number of the call of `map` it belongs to; the answers of a call
are in the order of its items. If a kill cut a line short, that line and all after it are
ignored.
"""

import json
import os
from pathlib import Path

from synth._version import __version__
from synth.errors import ExperimentError, RunError


class Journal:
    """The journal of one experiment with certain settings.

    Parameters
    ----------
    path : str or path
        The file, which may exist already.
    experiment : str
        The experiment's name.
    settings : dict
        Its settings, as plain data.

    Raises
    ------
    RunError
        If the file belongs to another run or another version, or cannot be read or written.
    """

    def __init__(self, path, experiment, settings):
        self.path = Path(path)
        self._head = {"experiment": experiment, "settings": settings, "version": __version__}
        self._kept = {}
        size = self._read() if self.path.exists() else 0
        try:
            self._file = self.path.open("r+b" if size else "wb")
            if size:
                self._file.truncate(size)
                self._file.seek(size)
            else:
                self._write(self._head)
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror}") from None

    def kept(self, call):
        """The answers of the first items of a call of `map`, in order."""
        return self._kept.get(call, [])

    def keep(self, call, answer):
        """Writes an answer; returns it as it would be read back."""
        try:
            line = self._write({"map": call, "answer": answer})
        except TypeError as error:
            raise ExperimentError(
                f"an answer cannot be written to the journal: {' '.join(str(error).split())}; "
                "allowed: values that JSON has"
            ) from None
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror}") from None
        return json.loads(line)["answer"]

    def close(self, finished):
        """Closes the journal; removes the file if the sweep is finished."""
        self._file.close()
        if finished:
            self.path.unlink(missing_ok=True)

    def _write(self, document):
        line = json.dumps(document, default=_json_value)
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        return line

    def _read(self):
        """Reads the file; returns the number of bytes that are complete lines."""
        try:
            lines = self.path.read_bytes().split(b"\n")
        except OSError as error:
            raise RunError(f"{self.path} cannot be read: {error.strerror}") from None
        size, head = 0, None
        for line in lines[:-1]:
            try:
                document = json.loads(line)
            except ValueError:
                break
            if head is None:
                head = document
                self._compare(head)
            else:
                self._kept.setdefault(document["map"], []).append(document["answer"])
            size += len(line) + 1
        return size

    def _compare(self, head):
        given = head if isinstance(head, dict) else {}
        for key, mine in self._head.items():
            if given.get(key) != mine:
                raise RunError(
                    f"{self.path} holds rows of another run: {key} was {_short(given.get(key))}, "
                    f"and is now {_short(mine)}; use the former, or remove the file"
                )


def _json_value(value):
    """NumPy numbers and arrays as Python values; unlike `plain`, it keeps infinities."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"JSON has no {type(value).__name__}")


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 200 else text[:197] + "..."
