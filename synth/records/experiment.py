"""A run of an experiment: rows and their summary, as a plain record that can draw itself."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, get_origin

from synth.errors import ExperimentError, RunError
from synth.records.result import FORMAT, StopReason
from synth.report import check_plot, experiment_text, notebook, plot_run

#: What a run has of its experiment, and its file does not.
_LIVE = ("drawer", "sentences")


@dataclass(frozen=True)
class ExperimentRun:
    """One run of an experiment.

    experiment: its name; claim: what it is to show; settings: all of them; rows: plain
    dicts; summary: a plain dict; control: the case in which the phenomenon must vanish;
    columns: the keys of rows to show first; stop_reason: "finished", or where some rows
    are not there, "interrupted" or "failed"; seconds: that it took; drawer: a function that
    gives the experiment's module, whose `draw` makes the figure (None if it is not installed);
    sentences: what the keys of the summary mean, for people.
    """

    kind: ClassVar[str] = "run"

    experiment: str
    claim: str
    settings: dict[str, Any]
    rows: tuple[dict[str, Any], ...]
    summary: dict[str, Any]
    control: str
    columns: tuple[str, ...]
    stop_reason: StopReason
    seconds: float
    version: str
    drawer: Callable[[], Any] | None = field(default=None, repr=False, compare=False)
    sentences: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """The run as JSON takes it."""
        lists = {"rows": [dict(row) for row in self.rows], "columns": list(self.columns)}
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _LIVE}
        return {"format": FORMAT, "kind": self.kind, **given, **lists}

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "ExperimentRun":
        """A run from JSON.  Raises RunError where it is none."""
        try:
            given = {k: v for k, v in document.items() if k not in ("format", "kind")}
            rows, columns = given.pop("rows"), given.pop("columns")
            given["stop_reason"] = StopReason(given["stop_reason"])
            run = ExperimentRun(rows=tuple(map(dict, rows)), columns=tuple(columns), **given)
        except (TypeError, KeyError, AttributeError, ValueError) as error:
            raise RunError(f"not a saved experiment: {' '.join(str(error).split())}") from None
        for f in fields(run):
            if f.name in _LIVE:
                continue
            kind: Any = (float, int) if f.type is float else get_origin(f.type) or f.type
            if not isinstance(getattr(run, f.name), kind):
                raise RunError(f"not a saved experiment: {f.name} is {getattr(run, f.name)!r}")
        return run

    def __str__(self) -> str:
        return experiment_text(self)

    def plot(self, path: str | os.PathLike[str]) -> None:
        """Draws the run into a file, .png, .svg or .pdf, by its experiment's `draw`.

        Raises SettingError for another suffix and if matplotlib is not installed, and
        ExperimentError if the experiment is not installed.
        """
        check_plot(path)
        if self.drawer is None:
            raise ExperimentError(
                f"no figure: the experiment {self.experiment} is not installed here; its rows are "
                "in `rows`"
            )
        plot_run(self, self.drawer(), path)

    def _repr_html_(self) -> str:
        return notebook.run_html(self)

    def _repr_latex_(self) -> str:
        return notebook.run_latex(self)
