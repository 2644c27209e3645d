"""Abstraction learning: patterns that shorten a family of programs become primitives.

Start with `learning.py` (`learn`), then `patterns.py` (the best next pattern), `corpus.py` (what a
family costs in a library) and `abstraction.py` (`Library`).  `saved` writes and reads libraries.
"""

from synth.library.abstraction import Abstraction, Library
from synth.library.corpus import Solved
from synth.library.families import DIGITS, RIPPLE, XOR, family
from synth.library.learning import learn, total_units

__all__ = [
    "DIGITS",
    "RIPPLE",
    "XOR",
    "Abstraction",
    "Library",
    "Solved",
    "family",
    "learn",
    "saved",
    "total_units",
]
