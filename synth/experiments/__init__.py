"""The experiments: one file a phenomenon, each with the control in which it must vanish.

Start with `catalogue.py`, which says what a module needs to be an experiment and finds them by
name; `base.py` has settings and seeds, `runner.py` runs one, `fits.py` has the laws that are fitted
to its rows.  A new experiment is a new file here and no edit elsewhere.
"""

from synth.experiments.base import settings_of
from synth.experiments.catalogue import claim, describe, load, names, summary_sentences

__all__ = [
    "claim",
    "describe",
    "load",
    "names",
    "runner",
    "settings_of",
    "summary_sentences",
]
