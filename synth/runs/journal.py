"""A journal: a file of the answers of a long sweep, from which a stopped sweep resumes.

The file has one JSON document on each line. The first line says what is being run, and what its
answers rest on. Each further line holds an answer, the number of the call of `map` that it belongs
to, its number there and how many items the call has. The checksum of a line covers all lines up
to it, so that none can be lost, doubled, moved or changed. If a kill cut the last line short, that
line is ignored.
"""

import hashlib
import json
import os
import warnings
from pathlib import Path

from synth._version import __version__
from synth.errors import ExperimentError, RunError, UnsavedWarning
from synth.files import open_alone, sync_folder
from synth.runs.basis import digest_of_code, digests_of_files

#: What a line holds, and of which types.
_SHAPE = {"map": int, "item": int, "of": int, "answer": object}


class Journal:
    """The journal of one experiment with certain settings.

    Parameters
    ----------
    path : str or path
        The file, which may exist already. No other process may write it meanwhile.
    experiment : str
        The experiment's name.
    settings : dict
        Its settings, as plain data.
    module : str
        The name of the experiment's module.

    Raises
    ------
    RunError
        If the file belongs to another run, another version or other data, is damaged, is used
        by another process, or cannot be read or written.
    """

    def __init__(self, path, experiment, settings, module):
        self.path = Path(path)
        self._head = {
            "experiment": experiment,
            "settings": settings,
            "version": __version__,
            "code": digest_of_code(module),
            "files": digests_of_files(settings),
        }
        self._kept, self._counts, self._sum = {}, {}, ""
        self._file = open_alone(self.path)
        try:
            self._size = self._read()
            self._file.truncate(self._size)
            if not self._size:
                self._write(json.dumps(self._head))
                sync_folder(self.path.parent)
        except OSError as error:
            self._file.close()
            raise RunError(f"{self.path} cannot be written: {error.strerror}") from None
        except RunError:
            self._file.close()
            raise

    def kept(self, call, count):
        """The answers of the first items of a call of `map` with so many items, in order."""
        if self._counts.get(call, count) != count:
            raise self._damage(f"call {call} has {count} items, not {self._counts[call]}")
        return self._kept.get(call, [])

    def keep(self, call, item, count, answer):
        """Writes an answer; returns it as it would be read back.

        call, item: the numbers of the call of `map` and of the item; count: of its items. If the
        file can no longer be written, the run goes on without it, with a warning.
        """
        try:
            text = json.dumps(answer, default=_json_value)
        except TypeError as error:
            raise ExperimentError(
                f"an answer cannot be written to the journal: {' '.join(str(error).split())}; "
                "allowed: values that JSON has"
            ) from None
        line = f'{{"map": {call}, "item": {item}, "of": {count}, "answer": {text}}}'
        if self._file is not None:
            try:
                self._write(line)
            except OSError as error:
                self._give_up(error)
        return json.loads(text)

    def close(self, finished):
        """Closes the journal; removes the file if the sweep is finished."""
        if finished:
            self.path.unlink(missing_ok=True)
        if self._file is not None:
            self._file.close()

    def _write(self, text):
        """Write a line, a JSON object, with its checksum."""
        checksum = _checksum(self._sum, text)
        line = f'{text[:-1]}, "checksum": "{checksum}"}}\n'.encode()
        self._file.write(line)
        self._file.flush()
        os.fsync(self._file.fileno())
        self._sum, self._size = checksum, self._size + len(line)

    def _give_up(self, error):
        warnings.warn(
            f"{self.path} cannot be written: {error.strerror}; the run goes on, and from here on "
            "it cannot be resumed",
            UnsavedWarning,
            stacklevel=3,
        )
        file, self._file = self._file, None
        try:
            file.truncate(self._size)
            file.close()
        except OSError:
            pass

    def _read(self):
        """Reads the file; returns the number of bytes that are complete lines."""
        self._file.seek(0)
        lines = self._file.read().split(b"\n")
        for number, line in enumerate(lines[:-1], 1):
            try:
                self._take(number, json.loads(line), line.decode())
            except RunError:
                raise
            except (ValueError, KeyError, TypeError, RecursionError):
                raise self._damage(f"line {number} is damaged") from None
        return sum(len(line) + 1 for line in lines[:-1])

    def _take(self, number, document, text):
        """Take up a line."""
        if number == 1:
            self._compare(document)
        checksum = document.pop("checksum")
        text = text.removesuffix(f', "checksum": "{checksum}"}}') + "}"
        if checksum != _checksum(self._sum, text):
            raise ValueError
        self._sum = checksum
        if number == 1:
            return
        good = document.keys() == _SHAPE.keys()
        if not good or any(not isinstance(document[k], t) for k, t in _SHAPE.items()):
            raise ValueError
        call, item, count = document["map"], document["item"], document["of"]
        answers = self._kept.setdefault(call, [])
        if item != len(answers) or item >= count or self._counts.setdefault(call, count) != count:
            raise ValueError
        answers.append(document["answer"])

    def _damage(self, what):
        return RunError(
            f"{self.path}: {what}; remove the file, or this line and all after it, to compute "
            "these rows anew"
        )

    def _compare(self, head):
        given = head if isinstance(head, dict) else {}
        for key, mine in self._head.items():
            theirs = given.get(key)
            if theirs == json.loads(json.dumps(mine)):
                continue
            if key == "code" and theirs is not None:
                text = "the program or the experiment was changed since"
            elif key == "files" and isinstance(theirs, dict):
                names = [n for n in {**theirs, **mine} if theirs.get(n) != mine.get(n)]
                text = f"{', '.join(names)} was changed since"
            else:
                text = f"{key} was {_short(theirs)}, and is now {_short(mine)}"
            raise RunError(
                f"{self.path} holds rows of another run: {text}; use the former, or remove the "
                "file to begin anew"
            )


def _checksum(before, text):
    """The checksum of a line, given that of the line before: 16 hexadecimal digits."""
    return hashlib.sha256(f"{before}{text}".encode()).hexdigest()[:16]


def _json_value(value):
    """NumPy numbers and arrays as Python values; unlike `plain`, it keeps infinities."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"JSON has no {type(value).__name__}")


def _short(value):
    text = json.dumps(value)
    return text if len(text) <= 200 else text[:197] + "..."
