"""Tasks: typed columns, labels and training rows; where they come from; how a DSL reads them.

Start with `task.py` (`Task` and its twins).  `csv_table.py` makes a task of a file (`reading.py`
reads its texts, `cells.py` says what they mean, `columns.py` makes inputs of them), `builtin/` has
the built-in tasks, `catalogue.py` finds a task by name, `fitting.py` turns a task and a DSL into a
grammar and a root type, `functions.py` defines the Boolean functions that have a name, `digits.py`
encodes truth values, digits and residues as columns, and `splits.py` draws training rows and random
numbers.
"""

from synth.tasks import functions
from synth.tasks.catalogue import describe, is_path, load_task, names
from synth.tasks.csv_table import read_table
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
from synth.tasks.splits import stream, training_mask
from synth.tasks.task import Task

__all__ = [
    "BITS",
    "DIGITS",
    "TARGETS",
    "Fitted",
    "Task",
    "all_rows",
    "apart",
    "describe",
    "digit_columns",
    "fit",
    "fit_all",
    "functions",
    "is_path",
    "load_task",
    "names",
    "prepared",
    "read_table",
    "residue_columns",
    "residue_names",
    "stream",
    "training_mask",
]
