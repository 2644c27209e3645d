"""Checkpoints: what a search holds, in memory or in a file, so that it can go on later.

A checkpoint is one NPZ file: the rows of every bank with how they are made, what the
scores hold, and `manifest.json`, which names the task, DSL, settings and version.  It is
written to a temporary file and renamed, so that there is always a whole one.  Indexes are
not kept; they are made again from the rows.  What is read is not believed: see `soundness`.
"""

import json
import math
import os
import time
import tokenize
import warnings
import zipfile
from contextlib import contextmanager, nullcontext
from pathlib import Path

import numpy as np

from synth._version import __version__
from synth.engine import soundness
from synth.engine.scoring import SAME
from synth.errors import RunError, SynthError, UnsavedWarning, one_line
from synth.files import only_writer, written_whole

FORMAT = "synth-checkpoint-1"
#: What a damaged file may raise when it is read.
_DAMAGES = (
    OSError, zipfile.BadZipFile, KeyError, IndexError, ValueError, TypeError, AttributeError,
    EOFError, ArithmeticError, RuntimeError, MemoryError, SyntaxError, tokenize.TokenError,
)  # fmt: skip
#: Seconds between two checkpoints, by default.
DEFAULT_EVERY = 60.0


def state_of(engine, scores, counted, place):
    """Arrays by name, which are views, and plain values: all that `restore` needs.

    engine: the `Enumerator`; scores: the `Score` of each labelling; counted: the number of
    candidates at the place; place: how far the band is worked through, or None for its start.
    """
    arrays, banks = {}, []
    for k, bank in enumerate(engine.banks.values()):
        more, values = bank.state()
        arrays |= {f"bank{k}.{name}": array for name, array in more.items()}
        banks.append(values)
    horizon = engine.horizon
    values = {
        "banks": banks,
        "frontier": engine.frontier,
        "worked_off": engine.worked_off,
        "window": engine.schedule.window,
        "candidates": counted,
        "levels": [[c, *e] for c, e in engine.levels.items()],
        "seconds": engine.seconds,
        "frozen": horizon.frozen,
        "bound": horizon.bound,
        "left_out": horizon.left_out,
        "place": place,
    }
    for k, score in enumerate(scores):
        more, values[f"score{k}"] = score.state()
        arrays |= {f"score{k}.{name}": array for name, array in more.items()}
    return arrays, values


def restore(engine, labellings, array, values, checked=False):
    """Take up what `state_of` returned; array: a function that returns an array by name.

    checked: whether all is checked, since it comes from a file.  Then ValueError and others are
    raised if something is wrong.
    """
    if checked:
        soundness.read_state(engine, values)
    banks = zip(engine.banks.values(), values["banks"], strict=True)
    for k, (bank, kept) in enumerate(banks):
        held = {name: array(f"bank{k}.{name}") for name in ("rows", "rule", "arguments")}
        if checked:
            soundness.read_bank(bank, kept, **held)
        bank.restore(kept, held.__getitem__)
    engine.candidates = values["candidates"]
    engine.levels = {c: tuple(e) for c, *e in values["levels"]}
    engine.horizon.set_bound(values["bound"])
    engine.horizon.frozen, engine.horizon.left_out = values["frozen"], values["left_out"]
    engine.start_at(
        values["place"],
        frontier=values["frontier"],
        worked_off=values["worked_off"],
        window=values["window"] or 0,
    )
    if checked:
        soundness.check_origins(engine)
        soundness.check_rows(engine)
    for k, labelling in enumerate(labellings):
        kept, ties = values[f"score{k}"], array(f"score{k}.ties")
        if checked:
            soundness.read_score(labelling.score, kept, ties)
        labelling.score.restore(kept, {"ties": ties}.__getitem__)
        if checked:
            soundness.check_score(engine, labelling, SAME)


class Keeper:
    """Keeps the state of a search: in memory if a limit ends it, and in a file now and then.

    Parameters
    ----------
    engine : Enumerator
        The enumerator, which calls `between`.
    labellings : sequence of Labelling
        Its labellings, whose scores are kept.
    file : Checkpoint, optional
        The file.

    `resumed` says whether the search goes on from the file.
    """

    def __init__(self, engine, labellings, file=None):
        self.engine, self.labellings, self.file = engine, labellings, file
        self.resumed = False
        self.paused = None
        self.reaches = self._reached = self._from = None
        self._counted = 0

    def between(self, place, ending):
        """Take note of the place of the work; called by the enumerator between steps.

        place: a function that says how far the band is worked through, or None for its start;
        ending: whether a limit ends the search here.
        """
        if place is not None or not ending:
            self._counted = self.engine.candidates
        due = self.file is not None and (ending or self.file.due())
        if not ending and not due:
            return
        state = self._state(place and place())
        if ending:
            self.paused = state
        if due:
            self._save(*state)

    def _save(self, arrays, values):
        """Write the file; if that fails, say so and go on."""
        try:
            self.file.save(arrays, values)
        except RunError as error:
            warnings.warn(f"no checkpoint: {error}", UnsavedWarning, stacklevel=2)

    def _state(self, place):
        scores = [each.score for each in self.labellings]
        return state_of(self.engine, scores, self._counted, place)

    @contextmanager
    def writing(self):
        """Keep the state within the block, and let no other search write the file.

        If the search went on from the file and fails within the block, the file is to blame.
        """
        self.engine.between = self.between
        try:
            with nullcontext() if self.file is None else self._file_in_use():
                yield
        finally:
            # The cycle would keep all behaviours until the garbage collector runs.
            self.engine.between = None

    @contextmanager
    def _file_in_use(self):
        with self.file.writing():
            try:
                yield
            except SynthError:
                raise
            except _DAMAGES as error:
                if not self.resumed or isinstance(error, MemoryError):
                    raise
                raise self.file.unreadable(error) from error

    def reached(self, reaches):
        """Take note of the `Reaches` that go on from here, and set them as the file says."""
        self.reaches = reaches
        kept, self._reached = self._reached, None
        if kept is None or self._from != self.engine.candidates:
            return  # after more programs there is more to reach from
        try:
            soundness.read_reach(reaches, kept)
            reaches.restore(kept)
        except (SynthError, *_DAMAGES) as error:
            raise self.file.unreadable(error) from None

    def between_rounds(self, ending):
        """Save the moves made so far if it is time, or if a limit ends them or all are made."""
        if self.file is not None and (ending or self.reaches.done or self.file.due()):
            arrays, values = self.paused or self._state(None)
            begun = {"reach": self.reaches.state(), "reached_from": self.engine.candidates}
            self._save(arrays, {**values, **begun})

    def load(self):
        """Go on from the file if there is one; whether there is."""
        found = None if self.file is None else self.file.load(self._restore)
        self.resumed = found is not None
        if found is not None:
            self.engine.watch.set(found["seconds"] + self.engine.watch.seconds)
            self._reached, self._from = found.get("reach"), found.get("reached_from")
            self._counted = self.engine.candidates
        return found is not None

    def go_on(self):
        """Let the search go on from where a limit ended it, as soon as it takes a step.

        Until then all that was made counts: another limit may end it before that step.
        """
        self.engine.stop_reason = None

    def take_up(self):
        """Before a step: go back to where a limit ended the search, if one did."""
        if self.paused is None:
            return
        arrays, values = self.paused
        self.paused = None
        self._restore(arrays.__getitem__, values, checked=False)
        self._counted = self.engine.candidates

    def _restore(self, array, values, checked=True):
        restore(self.engine, self.labellings, array, values, checked)


class Checkpoint:
    """The file of a search.

    Parameters
    ----------
    path : str or path
        The file.
    every : float
        Seconds between two checkpoints.
    about : dict
        What the search is of, plain values by name; a resumed search must share them all.
    """

    def __init__(self, path, every, about):
        self.path = Path(path).resolve()
        self.every = every
        self.about = {"format": FORMAT, "version": __version__, **about}
        self.last = time.monotonic()
        #: What tells the file as this search knows it from one that another search wrote.
        self._known = self._identity()
        if self.path.exists() and not self.path.is_file():
            raise RunError(f"{path} cannot be a checkpoint: it is no regular file")
        if not os.access(self.path.parent, os.W_OK):
            raise RunError(f"{path} cannot be written: no folder that can be written to")

    def due(self):
        """Whether it is time for the next checkpoint."""
        return time.monotonic() - self.last >= self.every

    def save(self, arrays, values):
        """Write a state: see `state_of`."""
        self.last = time.monotonic()  # after a failure too, so that it is not tried all the time
        with (
            written_whole(self.path, locked=True) as aside,
            zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED, allowZip64=True) as file,
        ):
            manifest = {**self.about, "state": values}
            file.writestr("manifest.json", json.dumps(manifest, allow_nan=False))
            for name, array in arrays.items():
                with file.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
        self.last, self._known = time.monotonic(), self._identity()

    @contextmanager
    def writing(self):
        """Let no other search write the file within the block.

        Raises RunError if another one writes it, or has written it since this one read it.
        """
        with only_writer(self.path):
            if self._identity() != self._known:
                raise RunError(
                    f"{self.path} was written by another search since this one began; run it "
                    "again, or name another file"
                )
            yield

    def _identity(self):
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def load(self, take):
        """Hand the file's state to `take(array, values)`; its values, None without a file.

        Raises RunError if the file is damaged or is of another search.
        """
        if not self.path.exists():
            return None
        try:
            self._known = self._identity()
            with zipfile.ZipFile(self.path) as file:
                manifest = json.loads(self._member(file, "manifest.json").read())
                self._compare(manifest)

                def array(name):
                    with self._member(file, f"{name}.npy") as member:
                        return _read_array(member)

                take(array, manifest["state"])
                return manifest["state"]
        except RunError:
            raise
        except _DAMAGES as error:
            raise self.unreadable(error) from None

    def _member(self, file, name):
        """A member of the file, opened; refused if it claims to be larger than the file."""
        found = file.getinfo(name)
        size = self.path.stat().st_size
        if found.compress_type != zipfile.ZIP_STORED or found.file_size > size:
            raise ValueError(f"{name} is not as a search writes it")
        return file.open(found)

    def unreadable(self, error):
        """A RunError that says what is wrong with the file."""
        text = one_line(error)
        text = text if len(text) <= 200 else text[:197] + "..."
        return RunError(f"{self.path} is no checkpoint that can be read: {text}")

    def _compare(self, manifest):
        for name, value in json.loads(json.dumps(self.about)).items():
            found = manifest.get(name)
            if found != value:
                other = f"{name} is {found!r} there and {value!r} here"
                if name in ("task", "dsl"):  # digests, which mean nothing to people
                    other = f"another {'DSL' if name == 'dsl' else 'task, or other labels or rows'}"
                raise RunError(
                    f"{self.path} is a checkpoint of another search: {other}; allowed: the same "
                    "task, DSL, settings and version, or another file"
                )


def _read_array(member):
    """The array of an open NPY member, whose header may not ask for more than is there."""
    version = np.lib.format.read_magic(member)
    if version != (1, 0):
        raise ValueError(f"an array of format {version}")
    shape, turned, dtype = np.lib.format.read_array_header_1_0(member)
    data = member.read()
    if turned or dtype.hasobject or math.prod(shape) * dtype.itemsize != len(data):
        raise ValueError(f"{len(data)} bytes are no array of shape {shape}")
    return np.frombuffer(data, dtype).reshape(shape)
