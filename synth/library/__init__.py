"""Abstraction learning: patterns that shorten a family of programs become primitives.

Start with `learning.py` (`learn`). `patterns.py` finds the best next pattern, `corpus.py` has
the cost of a family in a library, `abstraction.py` the `Library` itself, `families.py` families
of tasks. `saved` writes and reads libraries.
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
