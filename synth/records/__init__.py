"""What a run leaves behind: plain records that go to JSON and back, and show themselves.

Start with `result.py` (`Result`, `Contrast`, `Level`, `StopReason`); `comparison.py` and
`experiment.py` have the records of comparisons and experiments, `saved.py` their files.
Nothing here needs the engine, so a saved run is shown without compiled code.
"""

from synth.records.comparison import COMPARED, Comparison
from synth.records.experiment import ExperimentRun
from synth.records.result import (
    FORMAT,
    Contrast,
    FrontPoint,
    Hypothesis,
    Level,
    ProgramScore,
    Result,
    StopReason,
    TableScore,
)
from synth.records.saved import Run, load_run, plain, save_run

__all__ = [
    "COMPARED",
    "FORMAT",
    "Comparison",
    "Contrast",
    "ExperimentRun",
    "FrontPoint",
    "Hypothesis",
    "Level",
    "ProgramScore",
    "Result",
    "Run",
    "StopReason",
    "TableScore",
    "load_run",
    "plain",
    "save_run",
]
