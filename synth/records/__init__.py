"""The records of runs: plain data that can be saved as JSON, read back and shown.

Start with `result.py` (`Result`), `contrast.py` and `parts.py` (`StopReason`, `Level` and others).
`comparison.py` and `experiment.py` have the records of comparisons and experiments, `document.py`
their JSON form, `schema.py` the schemas of that, `flat.py` and `views.py` their rows and figures,
`saved.py` their files, `source.py` where the data come from, `scored.py` the score of a program
that people bring, `regression.py` what is found for real labels, `linear.py` the sums in it,
`least_squares.py` and `rounded.py` their coefficients, and `forecast.py` what they predict. Nothing
here needs the engine, so that a saved run is shown without compiled code.
"""

from synth.records.comparison import COMPARED, Comparison
from synth.records.contrast import Contrast
from synth.records.document import FORMAT, plain
from synth.records.experiment import ExperimentRun
from synth.records.flat import flat_rows
from synth.records.forecast import LEAST_ROWS, Forecast
from synth.records.least_squares import LeastSquares, scaled
from synth.records.linear import LinearSum, sum_text
from synth.records.parts import (
    ClassCertificate,
    Continuation,
    Descent,
    FrontPoint,
    Hypothesis,
    Language,
    Level,
    Predictions,
    ProgramScore,
    Shortest,
    StopReason,
    TableScore,
)
from synth.records.regression import MOST_POINTS, Points, Regression, RegressionContrast
from synth.records.result import Result
from synth.records.rounded import RoundedFit
from synth.records.rules import Branch, Card, CardLine
from synth.records.saved import Run, load_run, save_run
from synth.records.schema import schemas
from synth.records.scored import scored
from synth.records.source import source_of, task_of

__all__ = [
    "COMPARED",
    "FORMAT",
    "LEAST_ROWS",
    "MOST_POINTS",
    "Branch",
    "Card",
    "CardLine",
    "ClassCertificate",
    "Comparison",
    "Continuation",
    "Contrast",
    "Descent",
    "ExperimentRun",
    "Forecast",
    "FrontPoint",
    "Hypothesis",
    "Language",
    "LeastSquares",
    "Level",
    "LinearSum",
    "Points",
    "Predictions",
    "ProgramScore",
    "Regression",
    "RegressionContrast",
    "Result",
    "RoundedFit",
    "Run",
    "Shortest",
    "StopReason",
    "TableScore",
    "flat_rows",
    "load_run",
    "plain",
    "save_run",
    "scaled",
    "schemas",
    "scored",
    "source_of",
    "sum_text",
    "task_of",
]
