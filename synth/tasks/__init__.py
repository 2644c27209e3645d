"""Tasks: typed columns, labels and training rows; where they come from; how a DSL reads them.

Start with `task.py` (`Task` and its twins).  `csv_table.py` makes a task of a file: `sources.py`
reads its bytes and `reading.py` its texts, of which `titles.py` leaves out lines that are no rows.
`frames.py` takes the texts of a data frame.  `table.py` makes the parts of a task of either:
`cells.py` says what texts mean and `words.py` in what order they are, `columns.py` makes inputs of
them and `usable.py` leaves some out, `gaps.py` handles missing values, `labels.py` makes labels,
`conditions.py` reads conditions such as `wage>=20`, `held_out.py` says which rows are held out, and
`joining.py` adds a test set in a file of its own.  `builtin/` has the built-in tasks,
`catalogue.py` finds a task by name, `origin.py` keeps how a task was made, `fitting.py` turns a
task and a DSL into a grammar and a root type, `tested.py` has the tests of a table and the rows by
which they pass, `functions.py` defines the Boolean functions that have a name, `digits.py` encodes
truth values, digits and residues as columns, `values.py` checks values by their types, and
`splits.py` draws training rows and random numbers.  `rules.py` and `formulas.py` say what programs
say of the columns of a table, which `meanings.py` knows.  `sequences.py` has the columns, twins and
further terms of sequences.  `strings.py` reads strings, and `texts.py` tells tables of strings from
others.  `truth.py` reads boolean functions.
"""

from synth.tasks import functions
from synth.tasks.catalogue import describe, is_path, load_task, names, regenerated
from synth.tasks.columns import missing_name
from synth.tasks.csv_table import read_cells, read_new, read_table
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
from synth.tasks.fitting import (
    LARGE,
    Fitted,
    drawn,
    fit,
    fit_all,
    prepared,
    with_real_numbers,
    without_labels,
)
from synth.tasks.formulas import Formula
from synth.tasks.frames import frame_inputs
from synth.tasks.labels import is_numeric
from synth.tasks.origin import Origin, file_digest
from synth.tasks.rules import Rule
from synth.tasks.sequences import FOLLOWING, following, sequence_fields
from synth.tasks.sources import is_stream
from synth.tasks.splits import stream, training_mask
from synth.tasks.task import Task
from synth.tasks.tested import Cells, RowCells, TableTests, column_of_test
from synth.tasks.truth import boolean_function
from synth.tasks.unseen import unseen

__all__ = [
    "BITS",
    "DIGITS",
    "FOLLOWING",
    "LARGE",
    "TARGETS",
    "Cells",
    "Fitted",
    "Formula",
    "Origin",
    "RowCells",
    "Rule",
    "TableTests",
    "Task",
    "all_rows",
    "apart",
    "boolean_function",
    "column_of_test",
    "describe",
    "digit_columns",
    "drawn",
    "file_digest",
    "fit",
    "fit_all",
    "following",
    "frame_inputs",
    "functions",
    "is_numeric",
    "is_path",
    "is_stream",
    "load_task",
    "missing_name",
    "names",
    "prepared",
    "read_cells",
    "read_new",
    "read_table",
    "regenerated",
    "residue_columns",
    "residue_names",
    "sequence_fields",
    "stream",
    "training_mask",
    "unseen",
    "with_real_numbers",
    "without_labels",
]
