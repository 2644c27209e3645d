"""A comparison: the best hypothesis for each task in each DSL, as a plain record."""

from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from synth.errors import RunError
from synth.records.result import FORMAT, StopReason
from synth.report import comparison_text, notebook

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

    kind: ClassVar[str] = "compare"

    rows: tuple[dict[str, Any], ...]
    settings: dict[str, Any]
    stop_reason: StopReason
    version: str

    def to_dict(self) -> dict[str, Any]:
        """The comparison as JSON takes it."""
        rows = [dict(row) for row in self.rows]
        return {"format": FORMAT, "kind": self.kind, **asdict(self), "rows": rows}

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "Comparison":
        """A comparison from JSON.  Raises RunError where it is none."""
        try:
            given = {k: v for k, v in document.items() if k not in ("format", "kind")}
            rows = tuple(
                {k: row.get(k) if k in _LATER else row[k] for k in COMPARED}
                for row in given.pop("rows")
            )
            given["stop_reason"] = StopReason(given["stop_reason"])
            return Comparison(rows=rows, **given)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise RunError(f"not a saved comparison: {' '.join(str(error).split())}") from None

    def __str__(self) -> str:
        return comparison_text(self)

    def _repr_html_(self) -> str:
        return notebook.comparison_html(self)

    def _repr_latex_(self) -> str:
        return notebook.comparison_latex(self)
