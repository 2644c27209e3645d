"""Checkpoints: what a search holds, written now and then, so that it can go on later.

A checkpoint is one NPZ file: the rows of every bank with how they are made, what the
scores hold, and `manifest.json`, which says of which task, DSL, settings and version it
is.  It is written aside and renamed, so that there is always a whole one.  Indexes are
not kept: they are made again from the rows.
"""

import hashlib
import io
import json
import os
import time
import zipfile
from pathlib import Path

import numpy as np

from synth._version import __version__
from synth.errors import RunError
from synth.files import written_whole

FORMAT = "synth-checkpoint-1"
#: Between two checkpoints, unless said otherwise.
DEFAULT_EVERY = 60.0


class Checkpoint:
    """Keeps a search in a file.

    path; every: seconds between two checkpoints; about: what the search is of, plain
    values by name, all of which a resumed search must share.
    """

    def __init__(self, path, every, about):
        self.path = Path(path).resolve()
        self.every = every
        self.about = {"format": FORMAT, "version": __version__, **about}
        self.last = time.monotonic()
        if self.path.exists() and not self.path.is_file():
            raise RunError(f"{path} cannot be a checkpoint: it is no regular file")
        if not os.access(self.path.parent, os.W_OK):
            raise RunError(f"{path} cannot be written: no folder that can be written to")

    def due(self):
        return time.monotonic() - self.last >= self.every

    def save(self, engine, scores, place):
        """Writes what an enumerator and its scores hold; place: where within a band, or None."""
        arrays, state = engine.state(place)
        for k, score in enumerate(scores):
            more, state[f"score{k}"] = score.state()
            arrays |= {f"score{k}.{name}": array for name, array in more.items()}
        with (
            written_whole(self.path) as aside,
            zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED, allowZip64=True) as file,
        ):
            manifest = {**self.about, "state": state}
            file.writestr("manifest.json", json.dumps(manifest, allow_nan=False))
            for name, array in arrays.items():
                with file.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
        self.last = time.monotonic()

    def load(self, engine, scores):
        """Restores what the file holds; does nothing where there is none.

        Raises RunError for a damaged file and for one of another search.
        """
        if not self.path.exists():
            return
        try:
            with zipfile.ZipFile(self.path) as file:
                manifest = json.loads(file.read("manifest.json"))
                self._compare(manifest)
                state = manifest["state"]

                def array(name):
                    data = io.BytesIO(file.read(f"{name}.npy"))
                    return np.lib.format.read_array(data, allow_pickle=False)

                engine.restore(state, array)
                for k, score in enumerate(scores):
                    score.restore(state[f"score{k}"], lambda name, k=k: array(f"score{k}.{name}"))
        except RunError:
            raise
        except (OSError, zipfile.BadZipFile, KeyError, ValueError, TypeError, EOFError) as error:
            text = " ".join(str(error).split()) or type(error).__name__
            raise RunError(f"{self.path} is no checkpoint that can be read: {text}") from None

    def _compare(self, manifest):
        for name, value in json.loads(json.dumps(self.about)).items():
            found = manifest.get(name)
            if found != value:
                other = f"{name} is {found!r} there and {value!r} here"
                if name in ("task", "dsl"):  # digests, which tell nobody anything
                    other = f"another {'DSL' if name == 'dsl' else 'task, or other labels or rows'}"
                raise RunError(
                    f"{self.path} is a checkpoint of another search: {other}; allowed: the same "
                    "task, DSL, settings and version, or another file"
                )


def digest(*parts):
    """A short name of anything that `repr`, or bytes, tell apart."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else repr(part).encode())
        found.update(b"\0")
    return found.hexdigest()[:16]


def digest_of_rules(rules):
    """A short name of a grammar's rules: productions, costs, tables, and bodies' code."""
    parts = []
    for rule in rules:
        item = rule.item
        parts += [
            item.name,
            [str(a) for a in item.arguments],
            str(item.result),
            rule.production.cost,
        ]
        parts.append(getattr(item, "value", None))
        function = getattr(item, "function", None)
        if rule.table is not None:
            parts.append(np.ascontiguousarray(rule.table).tobytes())
        elif function is not None:
            parts += _body(getattr(function, "py_func", function))
    return digest(*parts)


def _body(function):
    """What tells a body from others: its code, constants, defaults and what it encloses."""
    code = getattr(function, "__code__", None)
    if code is None:
        return [getattr(function, "__name__", type(function).__name__)]
    parts = [code.co_code, code.co_names, function.__defaults__]
    parts += [c for c in code.co_consts if not hasattr(c, "co_code")]
    parts += [c.co_code for c in code.co_consts if hasattr(c, "co_code")]
    cells = function.__closure__ or ()
    return parts + [c.cell_contents for c in cells if _is_plain(c.cell_contents)]


def _is_plain(value):
    return isinstance(value, (bool, int, float, complex, str, np.ndarray))


def digest_of_columns(columns, labels):
    """A short name of the data that a search is on."""
    parts = [part for name, column in columns.items() for part in (name, column.tobytes())]
    return digest(*parts, *(values.tobytes() for values in labels))
