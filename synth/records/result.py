"""The result of a search: the chosen hypothesis, its rivals, the front and the certificate.

A `Result` is a plain record that can be saved as JSON and read back. One that comes straight
from a search also holds its best program and its data, and can predict. `parts.py` has the records
that it consists of.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from synth.errors import RunError, SettingError
from synth.language import Program, latex
from synth.records.document import FORMAT, contents, plain, reading
from synth.records.flat import frame_of
from synth.records.parts import (
    Continuation,
    Descent,
    FrontPoint,
    Hypothesis,
    Language,
    Level,
    Predictions,
    ProgramScore,
    Shortest,
    StopReason,
    TableScore,
)
from synth.records.rules import Branch, Card
from synth.records.source import with_rows
from synth.records.views import Framed, Plotted
from synth.report import notebook, search_text
from synth.tasks import Rule, Task

if TYPE_CHECKING:
    from pandas import DataFrame

#: Fields that a search fills in and a file does not hold.
_LIVE = ("best", "trained_on")


@dataclass(frozen=True)
class Result(Framed, Plotted):
    """One search for one labelling of a task.

    Parameters
    ----------
    task, dsl : str
        Their names.
    labelling : str
        "true", or how the labels were made.
    inputs : dict of str to str
        The types of the task's columns, before a DSL re-expressed them. (`settings` then has
        the key "prepared", which says how.)
    rows : dict of str to int
        The counts "train", "test", "labels" and "unseen_labels"; the last one counts held-out
        labels that do not occur in training.
    label_names : dict of str to str, or None
        What the label values stand for. None if they stand for themselves.
    chosen : str
        "program", "constant" or "table". A constant is a program with one value on all rows.
    program : ProgramScore or None
        The best program. None if none was scored.
    table : TableScore
    total_bits : float
        The least total of all hypotheses.
    saved_bits : float or None
        The table's bits minus the best program's total. None if there is no program.
    chance_bound, log2_chance_bound : float
        A bound on the chance that permuted training labels let any hypothesis reach
        `total_bits`, and its base-2 logarithm.
    chance_bound_uniform, log2_chance_bound_uniform : float
        The same for training labels that are drawn uniformly. Of a sequence, both are the bound
        for terms that are drawn from the code of its table: 6 times 2 to the minus the bits that
        the best hypothesis saves, and at most 1.
    certified_bits : float or None
        Every program of at most so many bits was scored. None if every program of any length
        was.
    optimal : bool
        Whether no program that was not scored can win.
    stop_reason : StopReason
        One of "optimal", "exhausted", "moves", "max_bits", "max_programs", "seconds", "memory"
        and "interrupted". For a twin also "structured-optimal": the search ended because the
        task's best program was proven optimal.
    exact_bound : float or None
        Of a search for programs without exceptions: no such program has fewer bits than this.
        Of a sequence: no law has fewer total bits than this, with those of its flag, of the number
        of lags and of the first terms, which differ from one number of lags to another. None if
        there is no such program at all, or if none was sought.
    candidates : int
        The number of programs made.
    distinct : int
        The number of distinct behaviours of the label type that were kept.
    seconds : float
        The duration of the search.
    front : tuple of FrontPoint
        The fewest exceptions for every length.
    top : tuple of Hypothesis
        The best hypotheses. Programs of one behaviour count once. However, programs of levels
        whose `distinct` is None were scored without being kept, and each of them counts; the
        shares are then lower bounds.
    levels : tuple of Level
        The programs of each cost.
    settings : dict
        The settings of the task and of the search.
    version : str
        The version of synth that made the result.
    language_bits : float
        The bits that say that the hypothesis reads the inputs, and in which of the languages that
        were searched it is written; the total of each program has them. 0 if a DSL was given. Of
        a sequence: the bits of the number of lags and of the first terms.
    languages : tuple of Language
        The languages that were searched; empty if a DSL was given.
    shortest : Shortest, optional
        Of a table for which it is proven that no program pays: the shortest program without
        exceptions. None if none was sought or found.
    reach : Descent, optional
        What reach did after the enumeration. None if there was no need, or no moves.
    continuation : Continuation, optional
        Of a sequence: the terms that follow. None if the task is no sequence.
    resumed : bool
        Whether the search went on from a checkpoint. What it lists was evaluated again, and
        `certified_bits`, `optimal` and the shares rest on the file.
    source : dict, optional
        Where the task and the DSL come from, with digests: see `synth.records.source`.
    data : dict, optional
        The rows of the task, if a file was asked to keep them.
    label : str, optional
        What is predicted: the name of the label column, or a condition on it. None in older files.
    rows_needed : int, optional
        Of a table: the least number of training rows, with labels as frequent as these, of which
        any rule can save bits. None if a DSL was given.
    mixture : Predictions, optional
        Of a table with held-out rows, if it was asked for: what a mixture predicts of them.
    best : Program, optional
        The best program. None if the result was read from a file.
    trained_on : Task, optional
        The task. None if the result was read from a file.
    """

    kind: ClassVar[str] = "search"

    task: str
    dsl: str
    labelling: str
    inputs: dict[str, str]
    rows: dict[str, int]
    label_names: dict[str, str] | None
    chosen: Literal["program", "constant", "table"]
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
    language_bits: float = 0.0
    languages: tuple[Language, ...] = ()
    shortest: Shortest | None = None
    reach: Descent | None = None
    continuation: Continuation | None = None
    resumed: bool = False
    source: dict[str, Any] | None = None
    data: dict[str, Any] | None = None
    label: str | None = None
    rows_needed: int | None = None
    mixture: Predictions | None = None
    best: Program | None = field(default=None, repr=False, compare=False)
    trained_on: Task | None = field(default=None, repr=False, compare=False)

    def with_data(self) -> "Result":
        """The same result with the rows of its task, which a file then keeps.

        Raises
        ------
        RunError
            If the result does not hold its task.
        """
        kept: Result = with_rows(self, "result")
        return kept

    @property
    def chosen_part(self) -> ProgramScore | TableScore:
        """The record of the hypothesis that was chosen."""
        return self.table if self.chosen == "table" or self.program is None else self.program

    @property
    def exact_bits(self) -> float | None:
        """What `exact_bound` bounds: the bits of the best program, or of a sequence its total."""
        if self.program is None:
            return None
        return self.program.bits if self.continuation is None else self.program.total_bits

    def to_dict(self) -> dict[str, Any]:
        """The result as a JSON document."""
        saved = [f.name for f in fields(self) if f.name not in _LIVE]
        document = {name: plain(getattr(self, name)) for name in saved}
        return {"format": FORMAT, "kind": self.kind, **document}

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "Result":
        """Reads a result from a JSON document.

        Raises
        ------
        RunError
            If the document is not a result.
        """
        parts = {"program": ProgramScore, "table": TableScore}
        lists = {"front": FrontPoint, "top": Hypothesis, "levels": Level}
        with reading("search"):
            given = contents(document)
            if given["program"] is not None:
                made = [Branch(**each) for each in given["program"].get("branches", ())]
                card = given["program"].get("card")
                more = {"branches": tuple(made), "card": card and Card.from_dict(card)}
                given["program"] = {**given["program"], **more}
            for key, kind in parts.items():
                given[key] = given[key] and kind(**given[key])
            for key, kind in lists.items():
                given[key] = tuple(kind(**entry) for entry in given[key])
            given["stop_reason"] = StopReason(given["stop_reason"])
            given["languages"] = tuple(
                Language(**{**each, "stop_reason": StopReason(each["stop_reason"])})
                for each in given.get("languages", ())
            )
            given["mixture"] = given.get("mixture") and Predictions(**given["mixture"])
            given["shortest"] = given.get("shortest") and Shortest(**given["shortest"])
            if given.get("continuation") is not None:
                said = given["continuation"]
                given["continuation"] = Continuation(**{**said, "terms": tuple(said["terms"])})
            given["reach"] = given.get("reach") and Descent.from_dict(given["reach"])
            return Result(**given)

    @property
    def rule(self) -> Rule | None:
        """The best program as a rule about the columns of the table; None without one.

        Raises
        ------
        RunError
            If the result was read from a file.
        """
        if self.program is None or (self.trained_on is not None and self.best is None):
            return None
        if self.trained_on is None or self.best is None:
            raise RunError("a saved result does not hold its rule; see `synth export`")
        return Rule(self.best, self.trained_on, self.program.inverted)

    def predict(self, columns: Mapping[str, Any]) -> np.ndarray:
        """Predicts labels with the chosen hypothesis.

        If the program was chosen, it gives the label, and the majority label of the training
        rows where it has no value or a value that is not a label. A constant has the same value
        everywhere, also where the program that it stands for has another or none. The table
        gives the most frequent training label of the same inputs, and the majority label
        where there is none.

        Parameters
        ----------
        columns : mapping of str to array (rows,)
            The inputs by name, as they were before a DSL re-expressed them, or the columns of
            the table as they are. A program needs only those that it reads, and a constant needs
            any; missing numbers make comparisons false.

        Returns
        -------
        array (rows,)
            Labels as the task's labels were written.

        Raises
        ------
        RunError
            If the result was read from a file.
        """
        task = self.trained_on
        if task is None:
            raise RunError("a saved result does not hold its data; see `synth predict`")
        if self.continuation is not None:
            raise RunError("a sequence has no rows to predict; its next terms are `continuation`")
        if self.chosen == "program" and self.rule is not None:
            return self.rule.predict(columns)
        task = task.original
        if self.chosen == "constant":
            value = task.majority() if self.best is None else self._constant()
            values = np.full(len(next(iter(dict(columns).values()))), value)
        else:
            values = _table_labels(task, task.encode(columns), task.majority())
        if task.label_names is None:
            return values.astype(task.label_type.dtype)
        return np.array([task.label_names[v] for v in values.tolist()])

    def _constant(self) -> Any:
        """The label value of a constant that is a program."""
        best, task, program = self.best, self.trained_on, self.program
        assert best is not None
        assert task is not None
        value = best.outputs(task.columns)[0].astype(best.type.number)[0]
        return sum(task.alphabet) - value if program and program.inverted else value

    def __str__(self) -> str:
        return search_text(self)

    def frame(self, part: Literal["front", "top", "levels"] | None = None) -> "DataFrame":
        """The result as a data frame, or one of its lists.

        Parameters
        ----------
        part : {"front", "top", "levels"}, optional
            The list: one row for each entry. By default the frame has one row, with the columns
            of `--format csv`.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        SettingError
            If there is no such list, or pandas is not installed.
        """
        if part is None:
            return super().frame()
        if part not in ("front", "top", "levels"):
            raise SettingError(f"part={part!r}; allowed: front, top, levels")
        return frame_of(map(vars, getattr(self, part)))

    def _repr_html_(self) -> str:
        return notebook.search_html(self)

    def _repr_latex_(self) -> str:
        return notebook.search_latex(self, best_formula(self))


def best_formula(result: Result) -> str | None:
    """The best program in LaTeX; None if the result does not hold it, or it is a constant."""
    program = result.program
    constant = program is not None and program.written is not None
    return None if result.best is None or constant else latex(result.best)


def _table_labels(task: Task, columns: Mapping[str, np.ndarray], majority: Any) -> np.ndarray:
    """The labels that the look-up table gives to rows, (rows,)."""
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
