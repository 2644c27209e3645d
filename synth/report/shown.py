"""The figure of all plots: made without `pyplot`, and yet a notebook shows it.

It needs matplotlib, so that other modules import it when they draw.
"""

import io
from pathlib import Path

from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_STYLE = Path(__file__).with_name("synth.mplstyle")

#: CSS pixels of an inch: a notebook shows type at the size that it has on paper.
PIXELS = 96


def style(others=None):
    """A context in which figures have synth's style; others: settings of matplotlib that differ."""
    return rc_context(others, _STYLE)


class ShownFigure(Figure):
    """A figure that a notebook shows if it is the last value of a cell.

    Notebooks show figures of matplotlib only once `pyplot` was imported, which registers them.
    This one has the method that notebooks ask for, whatever was imported.
    """

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        FigureCanvasAgg(self)

    def _repr_png_(self):
        file = io.BytesIO()
        with style():
            self.savefig(file, format="png", dpi=self.dpi)
        width, height = (round(PIXELS * inches) for inches in self.get_size_inches())
        return file.getvalue(), {"width": width, "height": height}
