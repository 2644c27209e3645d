"""synth: a program-synthesis simplicity-bias simulator.

It enumerates every program of a small typed DSL in order of description length, scores each by
two-part MDL, and compares the best hypothesis for a data set with the best one for its
random-label twin. The public names are loaded when they are first used.
"""

import importlib
from typing import TYPE_CHECKING

from synth._version import __version__

_NAMES = {
    "DSL": "language",
    "Grammar": "language",
    "Program": "language",
    "Bool": "language",
    "Mod": "language",
    "Int": "language",
    "Real": "language",
    "Complex": "language",
    "Label": "language",
    "Str": "language",
    "UNDEFINED": "language",
    "check_dsl": "language",
    "load_dsl": "language",
    "Task": "tasks",
    "load_task": "tasks",
    "read_table": "tasks",
    "Result": "records",
    "Contrast": "records",
    "Comparison": "records",
    "Regression": "records",
    "RegressionContrast": "records",
    "ExperimentRun": "records",
    "save_run": "records",
    "search": "engine",
    "Search": "engine",
    "contrast": "engine",
    "regress": "engine",
    "regress_contrast": "engine",
    "enumerate_programs": "engine",
    "Limits": "engine",
    "count_programs": "exact",
    "sample_programs": "exact",
    "exact_prior": "exact",
    "exact_posterior": "exact",
    "ProgramClassifier": "learners.estimator",
    "ProgramRegressor": "learners.regressor",
    "compare": "runs.comparing",
    "run_experiment": "experiments.runner",
    "load_run": "experiments.runner",
    "verify": "verification",
    "SynthError": "errors",
}

__all__ = ["__version__", *_NAMES]


if TYPE_CHECKING:  # the same names, for type checkers and editors
    from synth.engine import Limits as Limits
    from synth.engine import Search as Search
    from synth.engine import contrast as contrast
    from synth.engine import enumerate_programs as enumerate_programs
    from synth.engine import regress as regress
    from synth.engine import regress_contrast as regress_contrast
    from synth.engine import search as search
    from synth.errors import SynthError as SynthError
    from synth.exact import count_programs as count_programs
    from synth.exact import exact_posterior as exact_posterior
    from synth.exact import exact_prior as exact_prior
    from synth.exact import sample_programs as sample_programs
    from synth.experiments.runner import load_run as load_run
    from synth.experiments.runner import run_experiment as run_experiment
    from synth.language import DSL as DSL
    from synth.language import UNDEFINED as UNDEFINED
    from synth.language import Bool as Bool
    from synth.language import Complex as Complex
    from synth.language import Grammar as Grammar
    from synth.language import Int as Int
    from synth.language import Label as Label
    from synth.language import Mod as Mod
    from synth.language import Program as Program
    from synth.language import Real as Real
    from synth.language import Str as Str
    from synth.language import check_dsl as check_dsl
    from synth.language import load_dsl as load_dsl
    from synth.learners.estimator import ProgramClassifier as ProgramClassifier
    from synth.learners.regressor import ProgramRegressor as ProgramRegressor
    from synth.records import Comparison as Comparison
    from synth.records import Contrast as Contrast
    from synth.records import ExperimentRun as ExperimentRun
    from synth.records import Regression as Regression
    from synth.records import RegressionContrast as RegressionContrast
    from synth.records import Result as Result
    from synth.records import save_run as save_run
    from synth.runs.comparing import compare as compare
    from synth.tasks import Task as Task
    from synth.tasks import load_task as load_task
    from synth.tasks import read_table as read_table
    from synth.verification import verify as verify
else:

    def __getattr__(name):
        if name not in _NAMES:
            raise AttributeError(f"module 'synth' has no attribute {name!r}")
        value = getattr(importlib.import_module(f"synth.{_NAMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
