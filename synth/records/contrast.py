"""A contrast: the results of one enumeration for a task and for its random-label twin."""

from dataclasses import dataclass
from typing import Any, ClassVar

from synth.errors import RunError
from synth.records.document import FORMAT
from synth.records.result import Result, best_formula
from synth.records.views import Framed, Plotted
from synth.report import contrast_text, notebook


@dataclass(frozen=True)
class Contrast(Framed, Plotted):
    """A task and its random-label twin: two results of one enumeration.

    Parameters
    ----------
    structured : Result
        The result for the task's own labels.
    random : Result
        The result for the twin's labels.
    """

    kind: ClassVar[str] = "contrast"

    structured: Result
    random: Result

    def with_data(self) -> "Contrast":
        """The same contrast with the rows of its tasks: see `Result.with_data`."""
        return Contrast(self.structured.with_data(), self.random.with_data())

    def to_dict(self) -> dict[str, Any]:
        """The contrast as a JSON document."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "structured": self.structured.to_dict(),
            "random": self.random.to_dict(),
        }

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "Contrast":
        """Reads a contrast from a JSON document.

        Raises
        ------
        RunError
            If the document is not a contrast.
        """
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
        formulas = best_formula(self.structured), best_formula(self.random)
        return notebook.contrast_latex(self, formulas)
