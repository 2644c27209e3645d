"""Many searches: work items, sweeps on threads, processes or a cluster, journals, comparisons.

Start with `items.py` (a search as plain data) and `sweeps.py` (one function over many items).
`executors.py` makes what `--workers` and `--cluster` ask for, `journal.py` keeps answers so that
a stopped run goes on, `comparing` is tasks by DSLs.
"""

from synth.runs.executors import executor
from synth.runs.journal import Journal
from synth.runs.sweeps import Interrupted, sweep

__all__ = [
    "Interrupted",
    "Journal",
    "comparing",
    "executor",
    "items",
    "sweep",
]
