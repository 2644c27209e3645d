"""Tasks: typed columns, labels and training rows; where they come from; how a DSL reads them.

Start with `task.py` (`Task` and its twins).  `csv_table.py` makes a task of a file: `sources.py`
reads its bytes and `reading.py` its texts, `cells.py` says what they mean, `columns.py` makes
inputs of them, and `labels.py` labels.  `builtin/` has the built-in tasks, `catalogue.py` finds a
task by name, `origin.py` keeps how a task was made, `fitting.py` turns a task and a DSL into a
grammar and a root type, `functions.py` defines the Boolean functions that have a name, `digits.py`
encodes truth values, digits and residues as columns, `values.py` checks values by their types, and
`splits.py` draws training rows and random numbers.
"""

from synth.tasks import functions
from synth.tasks.catalogue import describe, is_path, load_task, names, regenerated
from synth.tasks.csv_table import read_cells, read_table
from synth.tasks.digits import (
    BITS,
    DIGITS,
    TARGETS,
    all_rows,
    apart,
    digit_columns,
    residue_columns,
    residue_names,
)
from synth.tasks.fitting import Fitted, fit, fit_all, prepared
from synth.tasks.origin import Origin, file_digest
from synth.tasks.rules import Rule
from synth.tasks.sources import is_stream
from synth.tasks.splits import stream, training_mask
from synth.tasks.task import Task

__all__ = [
    "BITS",
    "DIGITS",
    "TARGETS",
    "Fitted",
    "Origin",
    "Rule",
    "Task",
    "all_rows",
    "apart",
    "describe",
    "digit_columns",
    "file_digest",
    "fit",
    "fit_all",
    "functions",
    "is_path",
    "is_stream",
    "load_task",
    "names",
    "prepared",
    "read_cells",
    "read_table",
    "regenerated",
    "residue_columns",
    "residue_names",
    "stream",
    "training_mask",
]
