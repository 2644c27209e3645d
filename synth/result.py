"""What a search found: the chosen hypothesis, its rivals, the front and the certificate.

A `Result` is a plain record that goes to JSON and back; one that comes straight
from a search also holds its programs and can predict.
"""

import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_origin

import numpy as np

from synth.engine import Level
from synth.errors import RunError, SettingError
from synth.program import Program
from synth.task import Task

#: What a saved file says it is.
FORMAT = "synth-run-1"


@dataclass(frozen=True)
class ProgramScore:
    """The best program on a labelling.

    text; bits: its description length; exceptions: training rows it is wrong on;
    total_bits: of the hypothesis; ties: how many programs (behaviours) reach that
    total; train_accuracy, test_accuracy: of its predictions, the mean over the
    ties (None without held-out rows); inverted: it is read as its opposite, the
    other of two labels, of which `exceptions` then are those of the opposite.
    """

    text: str
    bits: float
    exceptions: int
    total_bits: float
    train_accuracy: float
    test_accuracy: float | None
    ties: int
    inverted: bool


@dataclass(frozen=True)
class TableScore:
    """The better look-up table: total bits, kind ("uniform" or "frequency"), accuracies."""

    bits: float
    kind: str
    train_accuracy: float
    test_accuracy: float | None


@dataclass(frozen=True)
class Hypothesis:
    """One of the best hypotheses; share: of the posterior 2**-total among all scored."""

    kind: str
    text: str
    bits: float | None
    exceptions: int | None
    total_bits: float
    share: float
    inverted: bool


@dataclass(frozen=True)
class FrontPoint:
    """A program with fewer exceptions than every shorter one."""

    bits: float
    exceptions: int
    total_bits: float
    text: str
    inverted: bool


@dataclass(frozen=True)
class Result:
    """One search on one labelling.

    task, dsl: names; inputs: the types of the task's columns, before any DSL re-expressed
    them (`settings` then has "prepared", which says how); label_names: what label values stand
    for (None: for themselves); rows: {"train", "test", "labels"} counts; chosen: "program" or
    "table"; program: None where none was scored; total_bits: the least of all;
    saved_bits: table bits less the best program's total (None without a program);
    chance_bound, chance_bound_uniform: bounds on the chance that permuted, or
    uniformly drawn, training labels let any hypothesis reach total_bits, and their
    base-2 logarithms; certified_bits: every program up to so many bits was scored
    (None: of whatever length); optimal: no program beyond can win; exact_bound: of a
    search for programs without exceptions, below how many bits there is none (None: there
    is none at all, or they were not sought); stop_reason: one
    of "optimal", "exhausted", "max_bits", "max_programs", "seconds", "memory",
    "interrupted", and of a twin "structured-optimal", where the search ended because
    the task's best was proven; candidates, distinct: programs made, and distinct behaviours of
    the label type that were kept; top: programs of one behaviour count once, but where
    they were scored without being kept (levels whose `distinct` is None) each counts, so that
    shares are at least what is said.
    """

    task: str
    dsl: str
    labelling: str
    inputs: dict[str, str]
    rows: dict[str, int]
    label_names: dict[str, str] | None
    chosen: Literal["program", "table"]
    program: ProgramScore | None
    table: TableScore
    total_bits: float
    saved_bits: float | None
    chance_bound: float
    log2_chance_bound: float
    chance_bound_uniform: float
    log2_chance_bound_uniform: float
    certified_bits: float | None
    optimal: bool
    stop_reason: str
    exact_bound: float | None
    candidates: int
    distinct: int
    seconds: float
    front: tuple[FrontPoint, ...]
    top: tuple[Hypothesis, ...]
    levels: tuple[Level, ...]
    settings: dict[str, Any]
    version: str
    best: Program | None = field(default=None, repr=False, compare=False)
    trained_on: Task | None = field(default=None, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON takes it."""
        live = ("best", "trained_on")
        document = {
            f.name: _plain(getattr(self, f.name)) for f in fields(self) if f.name not in live
        }
        return {"format": FORMAT, "kind": "search", **document}

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "Result":
        """A record from JSON.  Raises RunError where it is none."""
        parts = {"program": ProgramScore, "table": TableScore}
        lists = {"front": FrontPoint, "top": Hypothesis, "levels": Level}
        try:
            given = {k: v for k, v in document.items() if k not in ("format", "kind")}
            for key, kind in parts.items():
                given[key] = given[key] and kind(**given[key])
            for key, kind in lists.items():
                given[key] = tuple(kind(**entry) for entry in given[key])
            return Result(**given)
        except (TypeError, KeyError, AttributeError) as error:
            raise RunError(f"not a saved search: {' '.join(str(error).split())}") from None

    def predict(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Predicted labels (rows,), as the task's labels were written.

        columns: a mapping of input names to arrays (rows,), as they were before a DSL
        re-expressed them; a text column of a table may stand as it is, `colour` for
        `colour=red`.  The program where it was
        chosen, and the majority label where it has no value, or one that names no
        label; else the table: the training label of the same inputs (the most
        frequent one), the majority label where there is none.  Raises RunError for a
        result that was loaded from a file.
        """
        task, best, program = self.trained_on, self.best, self.program
        if task is None:
            raise RunError("a saved result does not hold its data; search again to predict")
        majority, dtype = task.majority(), task.label_type.dtype
        if self.chosen == "program" and best is not None and program is not None:
            values, defined = best.outputs(task.encode(columns))
            # Whole-number labels may have a Real program.
            dtype, values = values.dtype, values.astype(best.type.number)
            if program.inverted:
                values = sum(task.alphabet) - values
            if task.label_names is not None:
                defined &= np.isin(values, list(task.label_names))
            values = np.where(defined, values, majority)
        else:
            task = task.original
            values = _looked_up(task, task.encode(columns), majority)
        if task.label_names is None:
            return values.astype(dtype)
        return np.array([task.label_names[v] for v in values.tolist()])

    def __str__(self) -> str:
        return run_text(self)

    def _repr_html_(self) -> str:
        return _shown("search_html", self)

    def _repr_latex_(self) -> str:
        return _shown("search_latex", self)


@dataclass(frozen=True)
class Contrast:
    """A task beside its random-label twin: two results of one enumeration."""

    structured: Result
    random: Result

    def to_dict(self) -> dict[str, Any]:
        """The two records as JSON takes them."""
        return {
            "format": FORMAT,
            "kind": "contrast",
            "structured": self.structured.to_dict(),
            "random": self.random.to_dict(),
        }

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "Contrast":
        """Two records from JSON.  Raises RunError where they are none."""
        try:
            parts = [document[k] for k in ("structured", "random")]
        except KeyError as error:
            raise RunError(f"not a saved contrast: no {error}") from None
        return Contrast(*map(Result.from_dict, parts))

    def __str__(self) -> str:
        return run_text(self)

    def _repr_html_(self) -> str:
        return _shown("contrast_html", self)

    def _repr_latex_(self) -> str:
        return _shown("contrast_latex", self)


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
        return run_text(self)

    def _repr_html_(self) -> str:
        return _shown("comparison_html", self)

    def _repr_latex_(self) -> str:
        return _shown("comparison_latex", self)


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
        return run_text(self)

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draws the run into a file, .png, .svg or .pdf, by its experiment's `draw`.

        Raises SettingError for another suffix, and where matplotlib is not installed.
        """
        from synth.report.figure import plot_run

        plot_run(self, path)

    def _repr_html_(self) -> str:
        return _shown("run_html", self)

    def _repr_latex_(self) -> str:
        return _shown("run_latex", self)


def _shown(how: str, run: Any) -> str:
    """A run as notebooks show it, by a function of `synth.report.notebook`."""
    from synth.report import notebook

    return getattr(notebook, how)(run)


#: What `save_run` writes and `load_run` reads.
Run = Result | Contrast | Comparison | ExperimentRun


def run_text(run: Run) -> str:
    """A run as its command shows it."""
    from synth.report import experiment, matrix, text

    if isinstance(run, Result):
        return text.search_text(run)
    if isinstance(run, Contrast):
        return text.contrast_text(run)
    if isinstance(run, Comparison):
        return matrix.comparison_text(run)
    return experiment.experiment_text(run)


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


def check_writable(option: str, path: str | os.PathLike[str]) -> None:
    """Raises SettingError where a file cannot be made in the folder it is to be in."""
    folder = Path(path).resolve().parent
    if not os.access(folder, os.W_OK):
        raise SettingError(f"{option} {path}: {folder} cannot be written to")


def save_run(run: Run, path: str | os.PathLike[str]) -> None:
    """Writes a run of whatever kind as JSON: aside first, then renamed into place."""
    write_file(path, json.dumps(run.to_dict(), indent=1, allow_nan=False) + "\n")


def write_file(path: str | os.PathLike[str], text: str) -> None:
    """Writes a text aside first, then renames it into place.  Raises RunError."""
    path = Path(path).resolve()
    if path.exists() and not path.is_file():
        raise RunError(f"{path} cannot be written: it is no regular file")
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise RunError(f"{path} cannot be written: {error.strerror}") from None


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


def _plain(value: Any) -> Any:
    if isinstance(value, (ProgramScore, TableScore, Hypothesis, FrontPoint, Level)):
        return asdict(value)
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return value


def _looked_up(task: Task, columns: Mapping[str, np.ndarray], majority: Any) -> np.ndarray:
    names = list(task.columns)
    seen: dict[tuple[Any, ...], list[int]] = {}
    train = [task.columns[n][task.train].tolist() for n in names]
    for *inputs, place in zip(*train, task.places().tolist(), strict=True):
        seen.setdefault(tuple(inputs), []).append(place)
    table = {
        key: task.alphabet[min(set(found), key=lambda p: (-found.count(p), p))]
        for key, found in seen.items()
    }
    asked = [columns[n].tolist() for n in names]
    labels = [table.get(row, majority) for row in zip(*asked, strict=True)]
    return np.array(labels, task.label_type.number)
