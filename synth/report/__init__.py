"""Views of records: text, figures, notebook tables and the HTML page.

Start with `text.py` (tables for terminals), `words.py` (programs in words) and `numbers.py` (how
bounds are rounded). `matrix.py` shows a comparison, `score.py` a program that people bring,
`experiment.py` a run of an experiment, `regression.py` a search for real labels, `claims.py` what
became of a run's claims. `verdict.py` says in a sentence what contrasts show. With matplotlib,
`figure.py` draws experiments, `results.py` draws searches, `scatter.py` those for real labels, and
`shown.py` has the figure that notebooks show. `bar.py` shows progress. `notebook.py` and
`definitions.py` write HTML and LaTeX, and `page/` makes the page of `synth report`.
No module here imports another room: the records to be shown are passed in.
"""

from synth.report.bar import Bar
from synth.report.claims import claims_text
from synth.report.contrasts import contrast_text, contrasts_text
from synth.report.escape import latex_text
from synth.report.experiment import experiment_text, no_figure
from synth.report.figure import COLOURS, check_panel, check_plot, plot_run, shades
from synth.report.matrix import comparison_text, emphasised
from synth.report.numbers import least_bits
from synth.report.regression import regression_contrast_text, regression_text
from synth.report.results import plot_results
from synth.report.score import score_text
from synth.report.text import search_text, terminal_width

__all__ = [
    "COLOURS",
    "Bar",
    "check_panel",
    "check_plot",
    "claims_text",
    "comparison_text",
    "contrast_text",
    "contrasts_text",
    "definitions",
    "emphasised",
    "experiment_text",
    "latex_text",
    "least_bits",
    "no_figure",
    "notebook",
    "page",
    "plot_results",
    "plot_run",
    "regression_contrast_text",
    "regression_text",
    "score_text",
    "search_text",
    "shades",
    "terminal_width",
]
