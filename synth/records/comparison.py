"""A comparison: the best hypothesis for each task in each DSL, as a plain record."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from synth.records.document import FORMAT, contents, plain, reading
from synth.records.parts import StopReason
from synth.records.views import Framed
from synth.report import comparison_text, notebook

if TYPE_CHECKING:
    pass

#: The keys of a comparison's rows, in this order.
COMPARED = (
    "task", "dsl", "seed", "chosen", "program", "inverted", "bits", "exceptions", "ties",
    "total_bits", "table_bits", "saved_bits", "log2_chance_bound", "train_accuracy",
    "test_accuracy", "certified_bits", "optimal", "stop_reason", "candidates", "distinct",
    "seconds", "error", "written", "kind", "languages",
)  # fmt: skip
#: Keys that older files may lack.
_LATER = ("log2_chance_bound", "written", "kind", "languages")


@dataclass(frozen=True)
class Comparison(Framed):
    """The best hypothesis for each task, DSL and seed.

    Parameters
    ----------
    rows : tuple of dict
        One plain dict for each search, with the keys of `COMPARED`. task, dsl and seed are
        those that were asked for; where no DSL was asked for, dsl is the name of the built-in
        one. program, inverted, bits, exceptions, ties, written and kind describe the best program,
        languages is the number of languages that were searched, 0 if the DSL was given; the
        accuracies are those of the chosen hypothesis. If the DSL does not fit the task,
        error says why, and the values of all keys but task, dsl and seed are None.
    settings : dict
        The arguments of the comparison.
    stop_reason : StopReason
        "finished"; "interrupted" or "failed" if rows are missing or a search was cut short.
    version : str
        The version of synth that made the comparison.
    sources : tuple of dict or None
        Where the task and the DSL of each row come from: see `synth.records.source`. None if the
        DSL does not fit the task.
    """

    kind: ClassVar[str] = "compare"

    rows: tuple[dict[str, Any], ...]
    settings: dict[str, Any]
    stop_reason: StopReason
    version: str
    sources: tuple[dict[str, Any] | None, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """The comparison as a JSON document."""
        return {"format": FORMAT, "kind": self.kind, **plain(self)}

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "Comparison":
        """Reads a comparison from a JSON document.

        Raises
        ------
        RunError
            If the document is not a comparison.
        """
        with reading("comparison"):
            given = contents(document)
            rows = tuple(
                {k: row.get(k) if k in _LATER else row[k] for k in COMPARED}
                for row in given.pop("rows")
            )
            given["stop_reason"] = StopReason(given["stop_reason"])
            given["sources"] = tuple(given.get("sources", ()))
            return Comparison(rows=rows, **given)

    def __str__(self) -> str:
        return comparison_text(self)

    def _repr_html_(self) -> str:
        return notebook.comparison_html(self)

    def _repr_latex_(self) -> str:
        return notebook.comparison_latex(self)
