"""What people read: text, figures, notebook tables and the HTML page, drawn from plain records.

Start with `text.py` (tables of 80 columns); `matrix.py` is a comparison, `experiment.py` a run of
an experiment, `figure.py` draws with matplotlib, `notebook` is HTML and LaTeX, `page` the report.
Nothing here imports another room: what is drawn is handed in.
"""

from synth.report.escape import latex_text
from synth.report.experiment import experiment_text
from synth.report.figure import check_plot, plot_run
from synth.report.matrix import comparison_text, emphasised
from synth.report.text import contrast_text, contrasts_text, search_text

__all__ = [
    "check_plot",
    "comparison_text",
    "contrast_text",
    "contrasts_text",
    "emphasised",
    "experiment_text",
    "latex_text",
    "notebook",
    "page",
    "plot_run",
    "search_text",
]
