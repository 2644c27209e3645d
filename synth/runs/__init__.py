"""Many searches: work items, sweeps on threads, processes or a cluster, comparisons.

Start with `items.py` (a search as plain data) and `sweeps.py` (one function over many items).
`executors.py` makes the executors of `--workers` and `--cluster`, `journal.py` keeps answers so
that a stopped run can resume, and `comparing.py` compares tasks in several DSLs.
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
