"""Finished items of a long bench, kept in a file of JSON lines, so that a stopped bench resumes.

Each line holds a key, which says what was run, the row that came of it, and a checksum of both.  A
damaged line is not taken; what it held is run again.  Lines are only ever added.
"""

import hashlib
import json
import os
import threading
from pathlib import Path

import synth

PACKAGE = Path(synth.__file__).resolve().parent
#: What of the package decides what a search finds.
DECIDING = ("codes", "engine", "kernels", "language", "tasks")


class Kept:
    """The file of finished items.

    Parameters
    ----------
    path : Path
        The file, which may exist already; its folder is made.

    Attributes
    ----------
    damaged : list of int
        The numbers of the lines that were not taken, the first line being 1.
    """

    def __init__(self, path):
        self.path, self.damaged, self._rows = Path(path), [], {}
        lines = self.path.read_bytes().split(b"\n") if self.path.exists() else [b""]
        for number, line in enumerate(lines, 1):
            entry = _entry(line)
            if entry is not None:
                self._rows[_text(entry["key"])] = entry["row"]
            elif line:
                self.damaged.append(number)
        self._cut = bool(lines[-1])  # a kill cut the last line short
        self._one = threading.Lock()

    def get(self, key):
        """The row of a key (plain data), None if it is not there."""
        return self._rows.get(_text(key))

    def keep(self, key, row):
        """Write a row at once, from any thread; return it as it would be read back."""
        entry = {"key": key, "row": row}
        line = json.dumps(entry | {"checksum": checksum(entry)})
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._one, self.path.open("ab") as file:
            file.write(b"\n" * self._cut + line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self._cut = False
        self._rows[_text(key)] = json.loads(line)["row"]
        return self._rows[_text(key)]

    def items(self):
        """Yields (key, row) for all rows."""
        for key, row in self._rows.items():
            yield json.loads(key), row


def checksum(entry):
    """A checksum of the key and the row of an entry, 16 hexadecimal digits."""
    return hashlib.sha256(_text([entry["key"], entry["row"]]).encode()).hexdigest()[:16]


def code(*files):
    """A checksum of the source that decides what a search finds, and of some files beside it."""
    found = hashlib.sha256()
    for name in DECIDING:
        place = PACKAGE / name
        for path in sorted(place.rglob("*.py")) if place.is_dir() else [place]:
            found.update(path.read_bytes())
    for path in files:
        found.update(Path(path).read_bytes())
    return found.hexdigest()[:16]


def _entry(line):
    """The entry of a line, None if it is damaged."""
    try:
        entry = json.loads(line)
        return entry if entry["checksum"] == checksum(entry) else None
    except (ValueError, TypeError, KeyError):
        return None


def _text(value):
    return json.dumps(value, sort_keys=True)
