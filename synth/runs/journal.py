"""A journal: the answers of a long sweep as they come, so that a stopped one goes on.

One JSON line each: first what is being run, then the answers, each with the number of its
`map` and in the order of items.  A line that was cut short by a kill is left out, and all
behind it.
"""

import json
import os
from pathlib import Path

from synth._version import __version__
from synth.errors import ExperimentError, RunError


class Journal:
    """The journal at a path, of one experiment with some settings.

    Raises RunError where the file is of another run or another version, or cannot be
    read or written.
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
        """The answers of the first items of a `map`, in order."""
        return self._kept.get(call, [])

    def keep(self, call, answer):
        """Writes an answer down; returns it as it would be read again."""
        try:
            line = self._write({"map": call, "answer": answer})
        except TypeError as error:
            raise ExperimentError(
                f"an answer cannot be kept: {' '.join(str(error).split())}; allowed: JSON's values"
            ) from None
        except OSError as error:
            raise RunError(f"{self.path} cannot be written: {error.strerror}") from None
        return json.loads(line)["answer"]

    def close(self, finished):
        """Ends the journal, and removes it where all is finished."""
        self._file.close()
        if finished:
            self.path.unlink(missing_ok=True)

    def _write(self, document):
        line = json.dumps(document, default=_plain)
        self._file.write(line.encode() + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        return line

    def _read(self):
        """Reads what is there; returns up to which byte it is whole."""
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
                    f"{self.path} holds rows of another run: {key} {_short(given.get(key))}, "
                    f"and now {_short(mine)}; go on with the same, or remove the file"
                )


def _plain(value):
    """NumPy's numbers and arrays as Python's."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no value of JSON")


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 200 else text[:197] + "..."
