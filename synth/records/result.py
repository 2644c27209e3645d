"""What a search found: the chosen hypothesis, its rivals, the front and the certificate.

A `Result` is a plain record that goes to JSON and back; one that comes straight
from a search also holds its programs and can predict.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar, Literal

import numpy as np

from synth.errors import RunError
from synth.language import Program, latex
from synth.report import contrast_text, notebook, search_text
from synth.tasks import Task

#: What a saved run says it is.
FORMAT = "synth-run-1"


class StopReason(StrEnum):
    """Why a run ended; each is equal to its text, as JSON has it."""

    #: No program that was not scored can win.
    OPTIMAL = "optimal"
    #: Of a twin: the search ended because the task's best program was proven.
    STRUCTURED_OPTIMAL = "structured-optimal"
    #: There are no further behaviours.
    EXHAUSTED = "exhausted"
    #: A limit was reached.
    MAX_BITS = "max_bits"
    MAX_PROGRAMS = "max_programs"
    SECONDS = "seconds"
    MEMORY = "memory"
    #: Ctrl-C.
    INTERRUPTED = "interrupted"
    #: Nothing yet: the search can be run on.
    PAUSED = "paused"
    #: Of a comparison or an experiment: all rows are there, or an item failed.
    FINISHED = "finished"
    FAILED = "failed"


@dataclass(frozen=True)
class Level:
    """What was made at one exact cost, over all types.

    bits; candidates made; distinct behaviours among them that were new, None if
    candidates were scored without being told apart; dropped: candidates without a
    value on some row.
    """

    bits: float
    candidates: int
    distinct: int | None
    dropped: int


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
    for (None: for themselves); rows: counts {"train", "test", "labels",
    "unseen_labels"}, the last one of held-out labels that do not occur in training; chosen:
    "program" or "table"; program: None where none was scored; total_bits: the least of all;
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

    kind: ClassVar[str] = "search"

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
    stop_reason: StopReason
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
        return {"format": FORMAT, "kind": self.kind, **document}

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
            given["stop_reason"] = StopReason(given["stop_reason"])
            return Result(**given)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
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
        return search_text(self)

    def _repr_html_(self) -> str:
        return notebook.search_html(self)

    def _repr_latex_(self) -> str:
        return notebook.search_latex(self, _formula(self))


@dataclass(frozen=True)
class Contrast:
    """A task beside its random-label twin: two results of one enumeration."""

    kind: ClassVar[str] = "contrast"

    structured: Result
    random: Result

    def to_dict(self) -> dict[str, Any]:
        """The two records as JSON takes them."""
        return {
            "format": FORMAT,
            "kind": self.kind,
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
        return contrast_text(self)

    def _repr_html_(self) -> str:
        return notebook.contrast_html(self)

    def _repr_latex_(self) -> str:
        formulas = _formula(self.structured), _formula(self.random)
        return notebook.contrast_latex(self, formulas)


def _formula(result: Result) -> str | None:
    """The best program in LaTeX, None if the result does not hold it."""
    return None if result.best is None else latex(result.best)


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
