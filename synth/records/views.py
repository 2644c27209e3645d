"""What several records show of themselves in the same way: their rows, and a figure of results."""

import os
from typing import TYPE_CHECKING

from synth.records.flat import flat_rows, frame_of
from synth.report import plot_results

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from pandas import DataFrame


class Framed:
    """A record with rows."""

    def frame(self) -> "DataFrame":
        """The rows as a data frame, with the columns of `--format csv`.

        Returns
        -------
        pandas.DataFrame

        Raises
        ------
        SettingError
            If pandas is not installed.
        """
        return frame_of(flat_rows(self))


class Plotted:
    """A record of one search, or of one beside another."""

    def plot(self, path: str | os.PathLike[str] | None = None) -> "Figure":
        """Draws the bits of program and exceptions as a share of the table's, and the accuracies.

        Of a search for real labels: the labels and what is left of them, by what was predicted.

        Parameters
        ----------
        path : str or path, optional
            A file to write the figure to. Its name ends in .png, .svg or .pdf.

        Returns
        -------
        matplotlib.figure.Figure
            The figure, which a notebook shows.

        Raises
        ------
        SettingError
            If the name has another suffix, the file cannot be written, or matplotlib is not
            installed.
        """
        figure: Figure = plot_results([self], path)
        return figure
