"""A run of an experiment: its rows and their summary, as a plain record that can draw itself."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, get_origin

from synth.errors import ExperimentError, RunError
from synth.records.document import FORMAT, contents, reading
from synth.records.parts import StopReason
from synth.records.views import Framed
from synth.report import experiment_text, no_figure, notebook, plot_run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

#: Fields that come from the installed experiment and are not saved.
_LIVE = ("drawer", "sentences")


@dataclass(frozen=True)
class ExperimentRun(Framed):
    """One run of an experiment.

    Parameters
    ----------
    experiment : str
        The experiment's name.
    claim : str
        The statement that the experiment tests.
    settings : dict
        The values of all its settings.
    rows : tuple of dict
        The measurements, as plain dicts.
    summary : dict
        What the rows show, as plain data.
    control : str
        The case in which the phenomenon must vanish.
    columns : tuple of str
        The keys of the rows that are shown first.
    stop_reason : StopReason
        "finished"; "interrupted" or "failed" if rows are missing.
    seconds : float
        The duration of the run.
    version : str
        The version of synth that made the run.
    drawer : callable, optional
        Returns the experiment's module, whose `draw` makes the figure. None if the experiment
        is not installed.
    sentences : mapping of str to str, optional
        The meaning of the keys of the summary, for readers.
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
        """The run as a JSON document."""
        lists = {"rows": [dict(row) for row in self.rows], "columns": list(self.columns)}
        given = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in _LIVE}
        return {"format": FORMAT, "kind": self.kind, **given, **lists}

    @staticmethod
    def from_dict(document: dict[str, Any]) -> "ExperimentRun":
        """Reads a run from a JSON document.

        Raises
        ------
        RunError
            If the document is not a run of an experiment.
        """
        with reading("experiment"):
            given = contents(document)
            rows, columns = given.pop("rows"), given.pop("columns")
            given["stop_reason"] = StopReason(given["stop_reason"])
            run = ExperimentRun(rows=tuple(map(dict, rows)), columns=tuple(columns), **given)
        for f in fields(run):
            if f.name in _LIVE:
                continue
            kind: Any = (float, int) if f.type is float else get_origin(f.type) or f.type
            if not isinstance(getattr(run, f.name), kind):
                raise RunError(f"not a saved experiment: {f.name} is {getattr(run, f.name)!r}")
        return run

    def __str__(self) -> str:
        return experiment_text(self)

    def plot(
        self, path: str | os.PathLike[str] | None = None, *, panel: int | None = None
    ) -> "Figure":
        """Draws the run with the `draw` of its experiment.

        Parameters
        ----------
        path : str or path, optional
            A file to write the figure to. Its name ends in .png, .svg or .pdf.
        panel : int, optional
            The number of the only panel to draw, from 1, for a slide; by default all panels.

        Returns
        -------
        matplotlib.figure.Figure
            The figure, which a notebook shows.

        Raises
        ------
        SettingError
            If the name has another suffix, the file cannot be written, there is no such panel, or
            matplotlib is not installed.
        ExperimentError
            If the experiment is not installed, or the run has no rows.
        """
        if self.drawer is None:
            raise ExperimentError(f"no figure: {no_figure(self)}")
        if not self.rows:
            raise ExperimentError(f"no figure: this run of {self.experiment} has no rows")
        figure: Figure = plot_run(self, self.drawer(), path, panel)
        return figure

    def _repr_html_(self) -> str:
        return notebook.run_html(self)

    def _repr_latex_(self) -> str:
        return notebook.run_latex(self)
