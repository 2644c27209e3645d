"""The experiments: one file per phenomenon, each with the control in which it must vanish.

Start with `catalogue.py`: it says what a module needs to be an experiment, and finds experiments by
name.  `base.py` has settings, seeds, rows and summaries, `runner.py` runs an experiment, and
`fits.py` has the laws fitted to rows.  A new experiment is a new file here; no other file changes.
"""

from synth.experiments.base import settings_of
from synth.experiments.catalogue import (
    GROUPS,
    claim,
    failure,
    listing,
    load,
    names,
    summary_sentences,
)

__all__ = [
    "GROUPS",
    "claim",
    "failure",
    "listing",
    "load",
    "names",
    "runner",
    "settings_of",
    "summary_sentences",
]
