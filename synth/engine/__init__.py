"""The engine: every program in order of cost, scored by its labels, until nothing can win.

Start with `searches.py` (`search`, `contrast`) and `driver.py` (`Search`), then `enumerator.py`,
`band.py`, `schedule.py` (which costs, which operands), `job.py` (candidates of one rule), `bank.py`
(distinct behaviours) and `scoring.py`.  `reach` goes on where the enumeration ends; `descents.py`
makes its moves by themselves.  `backward.py` solves the last steps of an exact search from the
labels.  `watch.py` ends a search at a limit and `interrupts.py` at Ctrl-C; `progress.py` shows how
far it is.  `machine.py` knows memory and cores.  `checkpoint.py` keeps a search in memory or in a
file, which `soundness.py` checks, and `outcome.py` makes its `Result`.  `languages.py` searches a
table in several languages.  `families.py` searches automata, folds, scorecards (`points.py`) and
lists of them (`card_lists.py`).
`regression.py` scores real labels, and `fits.py` records what is found
for them.  README.md explains the words.
"""

from synth.engine.compiled import kernel_folder, kernel_seconds, kernels_are_kept
from synth.engine.crew import Crew, working_time
from synth.engine.descents import Descended, descend
from synth.engine.digests import digest_of_dsl
from synth.engine.driver import Search
from synth.engine.enumeration import Enumeration, enumerate_programs
from synth.engine.interrupts import interrupting_signal, interrupts
from synth.engine.languages import languages_of
from synth.engine.limits import Limits, LimitSettings, read_limits
from synth.engine.machine import default_memory, default_threads, memory_limits
from synth.engine.progress import progress_text
from synth.engine.reach import DEFAULT_CHAINS, ReachSettings
from synth.engine.regression import regress, regress_contrast
from synth.engine.scoring import SAME
from synth.engine.searches import contrast, search, search_labellings

__all__ = [
    "DEFAULT_CHAINS",
    "SAME",
    "Crew",
    "Descended",
    "Enumeration",
    "LimitSettings",
    "Limits",
    "ReachSettings",
    "Search",
    "contrast",
    "curry",
    "default_memory",
    "default_threads",
    "descend",
    "digest_of_dsl",
    "enumerate_programs",
    "interrupting_signal",
    "interrupts",
    "kernel_folder",
    "kernel_seconds",
    "kernels_are_kept",
    "languages_of",
    "memory_limits",
    "progress_text",
    "read_limits",
    "regress",
    "regress_contrast",
    "search",
    "search_labellings",
    "working_time",
]
