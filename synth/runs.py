"""Runs of every kind, and their files: searches, contrasts, comparisons, experiments.

Each is a plain record that goes to JSON and back; `synth.result` has those of one enumeration.
"""

import json
import math
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, get_origin

import numpy as np

from synth.errors import RunError
from synth.files import write_file
from synth.result import FORMAT, Contrast, Result, shown

#: What a comparison keeps of each search, in this order.
COMPARED = (
    "task", "dsl", "seed", "chosen", "program", "inverted", "bits", "exceptions", "ties",
    "total_bits", "table_bits", "saved_bits", "log2_chance_bound", "train_accuracy",
    "test_accuracy", "certified_bits", "optimal", "stop_reason", "candidates", "distinct",
    "seconds", "error",
)  # fmt: skip
#: What comparisons of version 1 of the format may lack, saved before it was kept.
_LATER = ("log2_chance_bound",)


@dataclass(frozen=True)
class Comparison:
    """Tasks by DSLs (by seeds): the best hypothesis in each.

    rows: plain dicts with the keys of `COMPARED`: task, dsl and seed as they were
    asked for (dsl: of the built-in one that was taken, its name); program, inverted,
    bits, exceptions, ties: of the best program; accuracies: of what was chosen;
    error: why the DSL does not fit the task, all else then being None.  settings:
    what was asked for; stop_reason: "finished", or where some rows are not there, or
    were cut short, "interrupted" or "failed".
    """

    rows: tuple[dict[str, Any], ...]
    settings: dict[str, Any]
    stop_reason: str
    version: str

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON takes it."""
        rows = [dict(row) for row in self.rows]
        return {"format": FORMAT, "kind": "compare", **asdict(self), "rows": rows}

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "Comparison":
        """A comparison from JSON.  Raises RunError where it is none."""
        try:
            given = {k: v for k, v in document.items() if k not in ("format", "kind")}
            rows = tuple(
                {k: row.get(k) if k in _LATER else row[k] for k in COMPARED}
                for row in given.pop("rows")
            )
            return Comparison(rows=rows, **given)
        except (TypeError, KeyError, AttributeError) as error:
            raise RunError(f"not a saved comparison: {' '.join(str(error).split())}") from None

    def __str__(self) -> str:
        from synth.report.matrix import comparison_text

        return comparison_text(self)

    def _repr_html_(self) -> str:
        return shown("comparison_html", self)

    def _repr_latex_(self) -> str:
        return shown("comparison_latex", self)


@dataclass(frozen=True)
class ExperimentRun:
    """One run of an experiment.

    experiment: its name; claim: what it is to show; settings: all of them; rows: plain
    dicts; summary: a plain dict; control: the case in which the phenomenon must vanish;
    columns: the keys of rows to show first; stop_reason: "finished", or where some rows
    are not there, "interrupted" or "failed"; seconds: that it took.
    """

    experiment: str
    claim: str
    settings: dict[str, Any]
    rows: tuple[dict[str, Any], ...]
    summary: dict[str, Any]
    control: str
    columns: tuple[str, ...]
    stop_reason: str
    seconds: float
    version: str

    def to_dict(self) -> dict[str, Any]:
        """The run as JSON takes it."""
        lists = {"rows": [dict(row) for row in self.rows], "columns": list(self.columns)}
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return {"format": FORMAT, "kind": "run", **given, **lists}

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "ExperimentRun":
        """A run from JSON.  Raises RunError where it is none."""
        try:
            given = {k: v for k, v in document.items() if k not in ("format", "kind")}
            rows, columns = given.pop("rows"), given.pop("columns")
            run = ExperimentRun(rows=tuple(map(dict, rows)), columns=tuple(columns), **given)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise RunError(f"not a saved experiment: {' '.join(str(error).split())}") from None
        for f in fields(run):
            kind: Any = (float, int) if f.type is float else get_origin(f.type) or f.type
            if not isinstance(getattr(run, f.name), kind):
                raise RunError(f"not a saved experiment: {f.name} is {getattr(run, f.name)!r}")
        return run

    def __str__(self) -> str:
        from synth.report.experiment import experiment_text

        return experiment_text(self)

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draws the run into a file, .png, .svg or .pdf, by its experiment's `draw`.

        Raises SettingError for another suffix, and where matplotlib is not installed.
        """
        from synth.report.figure import plot_run

        plot_run(self, path)

    def _repr_html_(self) -> str:
        return shown("run_html", self)

    def _repr_latex_(self) -> str:
        return shown("run_latex", self)


#: What `save_run` writes and `load_run` reads.
Run = Result | Contrast | Comparison | ExperimentRun


def plain(value: Any) -> Any:
    """The same as JSON's values: Python's numbers, lists; None for what is not finite."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    raise TypeError(f"{value!r} is no value of JSON's")


def save_run(run: Run, path: str | os.PathLike[str]) -> None:
    """Writes a run of whatever kind as JSON: aside first, then renamed into place."""
    write_file(path, json.dumps(run.to_dict(), indent=1, allow_nan=False) + "\n")


def load_run(path: str | os.PathLike[str]) -> Run:
    """A saved run of whatever kind.  Raises RunError where it cannot be read."""
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise RunError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise RunError(f"{path} is no JSON; allowed: a file that --save wrote") from None
    kinds: dict[str, type[Run]] = {
        "search": Result,
        "contrast": Contrast,
        "compare": Comparison,
        "run": ExperimentRun,
    }
    kind = document.get("kind") if isinstance(document, dict) else None
    if not isinstance(kind, str) or kind not in kinds or document.get("format") != FORMAT:
        raise RunError(f"{path} is no saved run; allowed: a file that --save wrote")
    try:
        return kinds[kind].from_dict(document)
    except RunError as error:
        raise RunError(f"{path}: {error}") from None
