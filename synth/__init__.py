"""synth: a program-synthesis simplicity-bias simulator.

It enumerates every program of a small typed DSL in order of description length,
scores each by two-part MDL, and shows what is found on a data set beside its
random-label twin.  Names are loaded when they are first used.
"""

import importlib

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
    "enumerate_programs": "driver",
    "Limits": "driver",
    "count_programs": "exact.counting",
    "sample_programs": "exact.sampling",
    "compare": "comparison",
    "ProgramClassifier": "estimator",
    "exact_prior": "exact.prior",
    "exact_posterior": "exact.posterior",
    "run_experiment": "experiments",
    "Result": "result",
    "Contrast": "result",
    "Comparison": "result",
    "ExperimentRun": "result",
    "save_run": "result",
    "load_run": "result",
    "load_dsl": "dsls",
    "load_task": "tasks",
    "read_table": "tasks.table",
    "SynthError": "errors",
}

__all__ = ["__version__", *_NAMES]


def __getattr__(name):
    if name not in _NAMES:
        raise AttributeError(f"module 'synth' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"synth.{_NAMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted(__all__)
