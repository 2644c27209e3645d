"""synth: a program-synthesis simplicity-bias simulator.

It enumerates every program of a small typed DSL in order of description length,
scores each by two-part MDL, and shows what is found on a data set beside its
random-label twin.  Names are loaded when they are first used.
"""

import importlib
from typing import TYPE_CHECKING

from synth._version import __version__

_NAMES = {
    "DSL": "dsl",
    "Grammar": "grammar",
    "Program": "program",
    "Task": "task",
    "Bool": "types",
    "Mod": "types",
    "Int": "types",
    "Real": "types",
    "Complex": "types",
    "UNDEFINED": "types",
    "check_dsl": "check",
    "search": "driver",
    "contrast": "driver",
    "enumerate_programs": "enumeration",
    "Limits": "limits",
    "count_programs": "exact.counting",
    "sample_programs": "exact.sampling",
    "compare": "comparison",
    "ProgramClassifier": "estimator",
    "exact_prior": "exact.prior",
    "exact_posterior": "exact.posterior",
    "run_experiment": "experiments",
    "Result": "result",
    "Contrast": "result",
    "Comparison": "runs",
    "ExperimentRun": "runs",
    "save_run": "runs",
    "load_run": "runs",
    "load_dsl": "dsls",
    "load_task": "tasks",
    "read_table": "tasks.table",
    "SynthError": "errors",
}

__all__ = ["__version__", *_NAMES]


if TYPE_CHECKING:  # the same names, for type checkers and editors
    from synth.check import check_dsl as check_dsl
    from synth.comparison import compare as compare
    from synth.driver import contrast as contrast
    from synth.driver import search as search
    from synth.dsl import DSL as DSL
    from synth.dsls import load_dsl as load_dsl
    from synth.enumeration import enumerate_programs as enumerate_programs
    from synth.errors import SynthError as SynthError
    from synth.estimator import ProgramClassifier as ProgramClassifier
    from synth.exact.counting import count_programs as count_programs
    from synth.exact.posterior import exact_posterior as exact_posterior
    from synth.exact.prior import exact_prior as exact_prior
    from synth.exact.sampling import sample_programs as sample_programs
    from synth.experiments import run_experiment as run_experiment
    from synth.grammar import Grammar as Grammar
    from synth.limits import Limits as Limits
    from synth.program import Program as Program
    from synth.result import Contrast as Contrast
    from synth.result import Result as Result
    from synth.runs import Comparison as Comparison
    from synth.runs import ExperimentRun as ExperimentRun
    from synth.runs import load_run as load_run
    from synth.runs import save_run as save_run
    from synth.task import Task as Task
    from synth.tasks import load_task as load_task
    from synth.tasks.table import read_table as read_table
    from synth.types import UNDEFINED as UNDEFINED
    from synth.types import Bool as Bool
    from synth.types import Complex as Complex
    from synth.types import Int as Int
    from synth.types import Mod as Mod
    from synth.types import Real as Real
else:

    def __getattr__(name):
        if name not in _NAMES:
            raise AttributeError(f"module 'synth' has no attribute {name!r}")
        value = getattr(importlib.import_module(f"synth.{_NAMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted(__all__)
