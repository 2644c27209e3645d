"""Checkpoints: what a search holds, in memory or in a file, so that it can go on later.

A checkpoint is one NPZ file: the rows of every bank with how they are made, what the
scores hold, and `manifest.json`, which names the task, DSL, settings and version.  It is
written to a temporary file and renamed, so that there is always a whole one.  Indexes are
not kept; they are made again from the rows.
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
from synth.errors import RunError, SynthError
from synth.files import written_whole
from synth.language import sample_block

FORMAT = "synth-checkpoint-1"
#: What a damaged file may raise when it is read.
_DAMAGES = (
    OSError, zipfile.BadZipFile, KeyError, IndexError, ValueError, TypeError, AttributeError,
    EOFError, OverflowError,
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


def restore(engine, scores, array, values):
    """Take up what `state_of` returned; array: a function that returns an array by name."""
    banks = zip(engine.banks.values(), values["banks"], strict=True)
    for k, (bank, kept) in enumerate(banks):
        bank.restore(kept, lambda name, k=k: array(f"bank{k}.{name}"))
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
    for k, score in enumerate(scores):
        score.restore(values[f"score{k}"], lambda name, k=k: array(f"score{k}.{name}"))


class Keeper:
    """Keeps the state of a search: in memory if a limit ends it, and in a file now and then.

    Parameters
    ----------
    engine : Enumerator
        The enumerator, which calls `between`.
    scores : sequence of Score
        The scores of its labellings.
    file : Checkpoint, optional
        The file.
    """

    def __init__(self, engine, scores, file=None):
        self.engine, self.scores, self.file = engine, scores, file
        self.paused = None
        self.reaches = self._reached = None
        self._counted = 0
        engine.between = self.between

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
        state = state_of(self.engine, self.scores, self._counted, place and place())
        if ending:
            self.paused = state
        if due:
            self.file.save(*state)

    def reached(self, reaches):
        """Take note of the `Reaches` that go on from here, and set them as the file says."""
        self.reaches = reaches
        kept, self._reached = self._reached, None
        if kept is None:
            return
        try:
            reaches.restore(kept)
        except (SynthError, *_DAMAGES) as error:
            raise self.file.unreadable(error) from None

    def between_rounds(self, ending):
        """Save the moves made so far if it is time, or if a limit ends them or all are made."""
        if self.file is not None and (ending or self.reaches.done or self.file.due()):
            arrays, values = self.paused or state_of(self.engine, self.scores, self._counted, None)
            self.file.save(arrays, {**values, "reach": self.reaches.state()})

    def load(self):
        """Go on from the file if there is one; whether there is."""
        found = None if self.file is None else self.file.load(self._restore_checked)
        if found is not None:
            self.engine.watch.set(found["seconds"])
            self._reached = found.get("reach")
            self._counted = self.engine.candidates
        return found is not None

    def go_on(self):
        """Go on from where a limit ended the search."""
        if self.paused is None:
            self.engine.stop_reason = None
            return
        arrays, values = self.paused
        self.paused = None
        self._restore(arrays.__getitem__, values)
        self._counted = self.engine.candidates

    def _restore(self, array, values):
        restore(self.engine, self.scores, array, values)

    def _restore_checked(self, array, values):
        self._restore(array, values)
        check_rows(self.engine)


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
        if self.path.exists() and not self.path.is_file():
            raise RunError(f"{path} cannot be a checkpoint: it is no regular file")
        if not os.access(self.path.parent, os.W_OK):
            raise RunError(f"{path} cannot be written: no folder that can be written to")

    def due(self):
        """Whether it is time for the next checkpoint."""
        return time.monotonic() - self.last >= self.every

    def save(self, arrays, values):
        """Write a state: see `state_of`."""
        with (
            written_whole(self.path) as aside,
            zipfile.ZipFile(aside, "w", zipfile.ZIP_STORED, allowZip64=True) as file,
        ):
            manifest = {**self.about, "state": values}
            file.writestr("manifest.json", json.dumps(manifest, allow_nan=False))
            for name, array in arrays.items():
                with file.open(f"{name}.npy", "w", force_zip64=True) as member:
                    np.lib.format.write_array(member, array, allow_pickle=False)
        self.last = time.monotonic()

    def load(self, take):
        """Hand the file's state to `take(array, values)`; its values, None without a file.

        Raises RunError if the file is damaged or is of another search.
        """
        if not self.path.exists():
            return None
        try:
            with zipfile.ZipFile(self.path) as file:
                manifest = json.loads(file.read("manifest.json"))
                self._compare(manifest)

                def array(name):
                    data = io.BytesIO(file.read(f"{name}.npy"))
                    return np.lib.format.read_array(data, allow_pickle=False)

                take(array, manifest["state"])
                return manifest["state"]
        except RunError:
            raise
        except _DAMAGES as error:
            raise self.unreadable(error) from None

    def unreadable(self, error):
        """A RunError that says what is wrong with the file."""
        text = " ".join(str(error).split()) or type(error).__name__
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


def about_search(engine, training, *, top, limits):
    """What a search must share with its checkpoint, as plain values by name.

    engine: the `Enumerator`; training: the labellings (L, n); top: how many hypotheses are
    listed; limits: the `Limits` that were asked for.
    """
    return {
        "dsl": digest_of_rules(engine.rules, engine.columns),
        "task": digest_of_columns(engine.columns, training),
        "rows": [engine.rows, training.shape[1]],
        "top": top,
        "max_bits": limits.max_bits,
        "memory": limits.memory,
    }


def digest(*parts):
    """A short digest of values that differ in their bytes or their `repr`."""
    found = hashlib.sha256()
    for part in parts:
        found.update(part if isinstance(part, bytes) else repr(part).encode())
        found.update(b"\0")
    return found.hexdigest()[:16]


def digest_of_rules(rules, columns):
    """A short digest of a grammar's rules by what they compute.

    Productions and costs; of constants their values; of primitives their tables, or else their
    answers for fixed arguments and for values of the columns.  Source code is no part of it: a
    body may depend on globals, helpers or files, and may be written anew without a change.
    """
    parts = []
    for rule in rules:
        item = rule.item
        parts += [
            item.name,
            [str(a) for a in item.arguments],
            str(item.result),
            rule.production.cost,
            getattr(item, "value", None),
        ]
        if rule.table is not None:
            parts.append(np.ascontiguousarray(rule.table).tobytes())
        elif item.arguments:
            for values in _sample_arguments(item, columns):
                answers, defined = item.evaluate(*values)
                defined = np.ones(answers.shape, bool) if defined is None else defined
                parts += [defined.tobytes(), answers[defined].tobytes()]
    return digest(*parts)


def _sample_arguments(item, columns):
    """Arguments of a primitive: fixed ones of the types, and values of the columns."""
    generator = np.random.default_rng(0)
    yield [sample_block(type_, generator) for type_ in item.arguments]
    own = []
    for type_ in item.arguments:
        pool = [sample_block(type_, generator)]
        for column in columns.values():
            if column.dtype == type_.dtype:
                exact = not type_.inexact
                legal = (column >= type_.low) & (column <= type_.high) if exact else slice(None)
                pool.append(column[legal])
        own.append(generator.choice(np.concatenate(pool), 256))
    yield own


def check_rows(engine, most=256):
    """Raise ValueError unless some rows of each bank are what their origins compute now."""
    generator = np.random.default_rng(0)
    for type_, bank in engine.banks.items():
        count = len(bank)
        drawn = generator.integers(0, max(count, 1), most // 2).tolist()
        for row in sorted({*range(min(count, most // 2)), *(drawn if count else ())}):
            rule, operands = engine.origin(type_, row)
            if operands:
                values = [engine.banks[t].values(r, r + 1)[0] for t, r in operands]
                answers, defined = rule.item.evaluate(*rule.in_order(values))
                right = defined is None or defined.all()
            else:
                answers, right = engine.leaf_values(rule.item), True
            if not right or not np.array_equal(answers, bank.values(row, row + 1)[0]):
                raise ValueError(f"row {row} of {type_} is not what its program computes")


def digest_of_columns(columns, labels):
    """A short digest of the data of a search."""
    parts = [part for name, column in columns.items() for part in (name, column.tobytes())]
    return digest(*parts, *(values.tobytes() for values in labels))
