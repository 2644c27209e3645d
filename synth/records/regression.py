"""What a search for real labels found: sums of programs, a constant or a histogram."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal

from synth.errors import RunError
from synth.records.document import FORMAT, contents, plain, reading
from synth.records.forecast import Forecast
from synth.records.linear import LinearSum
from synth.records.parts import Language, StopReason
from synth.records.source import with_rows
from synth.records.views import Framed, Plotted
from synth.report import notebook, regression_contrast_text, regression_text
from synth.tasks import Formula, Task

#: The most rows whose predictions a record holds.
MOST_POINTS = 500


@dataclass(frozen=True)
class Points:
    """What was predicted of some rows whose labels are known, evenly spaced among all of them.

    Parameters
    ----------
    predicted, label : tuple of float
        The prediction and the label of each row.
    train : tuple of bool
        Which of them are training rows.
    """

    predicted: tuple[float, ...]
    label: tuple[float, ...]
    train: tuple[bool, ...]


@dataclass(frozen=True)
class Regression(Framed, Plotted):
    """What a search for one labelling found, where labels are real numbers.

    Parameters
    ----------
    task, dsl, labelling : str
        The names of task and DSL, and "true" or how the labels were made.
    label : str
        What is predicted: the name of the label column.
    inputs : dict of str to str
        The types of the task's columns.
    rows : dict of str to int
        The counts "train" and "test".
    precision : float
        The step of which labels are multiples.
    low, high : float
        The least and the greatest training label.
    chosen : str
        "program" for a sum of programs, "constant" or "table" for the histogram.
    program : LinearSum or None
        The best sum of programs; None if there was none.
    constant : LinearSum
        The constant.
    table_bits : float
        Total bits of the shortest histogram.
    bins : int
        The number of its bins.
    total_bits : float
        The least total of all.
    saved_bits : float or None
        The bits of the shorter of constant and histogram, less those of the best sum of programs.
    log2_chance_bound : float
        The base-2 logarithm of a bound on the chance that some program saves as many bits if the
        labels are drawn from the code of a histogram or of a constant: see `synth.codes.real`.
    train_error : float
        Root mean square of what the training labels deviate from what was chosen; a histogram
        predicts the constant.
    test_error : float or None
        The same of held-out labels.  None if there are no such rows.
    test_r2 : float or None
        1 less the sum of squares that is left on held-out rows, divided by that about the constant.
        None if there are no such rows, or the sum is 0.
    certified_bits : float or None
        Every single program of up to so many bits was scored, without exceptions; None for all
        programs.
    pair_bits : float or None
        Every sum of two programs that have up to so many bits together was scored; None for all.
        Two programs that differ by rounding only, but for a constant and a multiple, are no sum.
    optimal : bool
        Whether no program and no sum of two programs that was not scored can win, those that differ
        by rounding included.  Exceptions are tried for the best sums only, and aside from this.
    stop_reason : StopReason
        Why the enumeration ended.
    candidates, distinct : int
        How many programs were made, and their distinct behaviours.
    seconds : float
        The duration of the search.
    top : tuple of LinearSum
        The sums of fewest total bits.
    settings : dict
        The settings of the task and of the search.
    version : str
        The version of synth that made the record.
    source : dict, optional
        Where the task and the DSL come from, with digests: see `synth.records.source`.
    data : dict, optional
        The rows of the task, if a file was asked to keep them.
    points : Points, optional
        Predictions of up to 500 rows.  None in older files.
    language_bits : float
        The bits that say in which of the languages that were searched a program is; the total of
        each sum of programs has them. 0 if a DSL was given.
    languages : tuple of Language
        The languages that were searched; empty if a DSL was given.  `certified_bits` and
        `pair_bits` are those of the language that won, and `optimal` is about all of them.
    product_bits : float or None
        Every product and every quotient of two programs that has up to so many bits was scored, as
        a single program; None for all programs.  0 in older files.
    trained_on : Task, optional
        The task. None if the record was read from a file.
    fitted : Task, optional
        The task as the DSL reads it. None if the record was read from a file.
    """

    kind: ClassVar[str] = "regression"

    task: str
    dsl: str
    labelling: str
    label: str
    inputs: dict[str, str]
    rows: dict[str, int]
    precision: float
    low: float
    high: float
    chosen: Literal["program", "constant", "table"]
    program: LinearSum | None
    constant: LinearSum
    table_bits: float
    bins: int
    total_bits: float
    saved_bits: float | None
    log2_chance_bound: float
    train_error: float
    test_error: float | None
    test_r2: float | None
    certified_bits: float | None
    pair_bits: float | None
    optimal: bool
    stop_reason: StopReason
    candidates: int
    distinct: int
    seconds: float
    top: tuple[LinearSum, ...]
    settings: dict[str, Any]
    version: str
    source: dict[str, Any] | None = None
    data: dict[str, Any] | None = None
    points: Points | None = None
    language_bits: float = 0.0
    languages: tuple[Language, ...] = ()
    product_bits: float | None = 0.0
    trained_on: Task | None = field(default=None, repr=False, compare=False)
    fitted: Task | None = field(default=None, repr=False, compare=False)

    def with_data(self) -> "Regression":
        """The same record with the rows of its task, which a file then keeps.

        Raises
        ------
        RunError
            If the record does not hold its task.
        """
        kept: Regression = with_rows(self, "regression")
        return kept

    def to_dict(self) -> dict[str, Any]:
        """The record as a JSON document."""
        document = {f.name: _saved(getattr(self, f.name)) for f in fields(self) if f.compare}
        return {"format": FORMAT, "kind": self.kind, **document}

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "Regression":
        """Reads a record from a JSON document.

        Raises
        ------
        RunError
            If the document is no regression.
        """
        with reading("regression"):
            given = contents(document)
            given["program"] = given["program"] and LinearSum.from_dict(given["program"])
            given["constant"] = LinearSum.from_dict(given["constant"])
            given["top"] = tuple(map(LinearSum.from_dict, given["top"]))
            given["stop_reason"] = StopReason(given["stop_reason"])
            points = given.get("points")
            given["languages"] = tuple(
                Language(**{**each, "stop_reason": StopReason(each["stop_reason"])})
                for each in given.get("languages", ())
            )
            given["points"] = points and Points(**{k: tuple(v) for k, v in points.items()})
            return Regression(**given)

    def __str__(self) -> str:
        return regression_text(self)

    def _repr_html_(self) -> str:
        return notebook.text_html(str(self))

    @property
    def rule(self) -> Formula | None:
        """The best sum as a formula about the columns of the table; None without one.

        Raises
        ------
        RunError
            If the record was read from a file.
        """
        if self.fitted is None:
            raise RunError("a saved result does not hold its formula; see `synth export`")
        return None if self.program is None else self._formula(self.program)

    def predict(self, columns: Mapping[str, Any], return_std: bool = False) -> Any:
        """Predicts labels with what was chosen; a histogram predicts the mean.

        Where a program has no value, the mean of the training labels is predicted.

        Parameters
        ----------
        columns : mapping of str to array (rows,)
            The columns of the table as they are, by name.  Only those that are read are needed.
        return_std : bool
            Whether to return the standard deviation of a new label too: that of the noise and of
            the coefficients.

        Returns
        -------
        float64 (rows,), or two of them

        Raises
        ------
        RunError
            If the record was read from a file.
        TypeMismatchError
            If a column is missing or cannot be read.
        """
        if self.fitted is None:
            raise RunError("a saved result does not hold its data; see `synth predict`")
        task, used = self.fitted, self.predictor
        labels = task.labels[task.train].astype(float)
        own = [program.outputs(task.columns)[0][task.train] for program in used.programs]
        normal = self.chosen != "table"
        forecast = Forecast(used, own, labels, self.settings["precision"], normal)
        values, deviations = forecast.of(*self._formula(used).outputs(columns))
        return (values, deviations) if return_std else values

    def _formula(self, used: LinearSum) -> Formula:
        assert self.fitted is not None
        return Formula(used.programs, used.shown, self.fitted)

    @property
    def predictor(self) -> LinearSum:
        """What predicts: the best sum of programs if it was chosen, and else the constant."""
        return self.program if self.chosen == "program" and self.program else self.constant


def _saved(value: Any) -> Any:
    """A field as a document has it: sums without their programs."""
    if isinstance(value, LinearSum):
        return {f.name: plain(getattr(value, f.name)) for f in fields(value) if f.compare}
    if isinstance(value, tuple):
        return [_saved(each) for each in value]
    return plain(value)


@dataclass(frozen=True)
class RegressionContrast(Framed, Plotted):
    """A task with real labels and its permuted twins: all are scored in one enumeration.

    Parameters
    ----------
    structured : Regression
        What was found for the task's own labels.
    random : Regression
        What was found for the first twin.
    twins_saved : tuple of float or None
        The bits that the best sum of programs saves, for each twin; None if there is no sum.
    p_value : float
        The rank of the true labels by the bits saved: the share of all labellings, the true one
        included, that save at least as many bits as it. If the labels were in random order, it
        would be at most p with a probability of at most p.
    """

    kind: ClassVar[str] = "regression-contrast"

    structured: Regression
    random: Regression
    twins_saved: tuple[float | None, ...]
    p_value: float

    def with_data(self) -> "RegressionContrast":
        """The same contrast with the rows of its tasks: see `Regression.with_data`."""
        return replace(self, structured=self.structured.with_data(), random=self.random.with_data())

    def to_dict(self) -> dict[str, Any]:
        """The contrast as a JSON document."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "structured": self.structured.to_dict(),
            "random": self.random.to_dict(),
            "twins_saved": plain(self.twins_saved),
            "p_value": self.p_value,
        }

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "RegressionContrast":
        """Reads a contrast from a JSON document.

        Raises
        ------
        RunError
            If the document is no such contrast.
        """
        with reading("regression-contrast"):
            given = contents(document)
            for key in ("structured", "random"):
                given[key] = Regression.from_dict(given[key])
            given["twins_saved"] = tuple(given["twins_saved"])
            return RegressionContrast(**given)

    def __str__(self) -> str:
        return regression_contrast_text(self)

    def _repr_html_(self) -> str:
        return notebook.text_html(str(self))
