"""All boolean functions of a few inputs by what they cost at least, read from a file and asked.

Start with `atlas.py` (`Atlas`: the least number of operators, a shortest program and the class of
any function); `bits.py` has the same for the bits of a DSL. `symmetry.py` has the permutations and
negations of inputs, `text.py` writes programs, and `file.py` keeps atlases in files. This room
needs NumPy alone, so that an answer takes no time to start; `synth.exact` computes atlases.
"""

from synth.atlas.atlas import BASES, Answer, Atlas
from synth.atlas.bits import BitsAnswer, BitsAtlas
from synth.atlas.file import known_atlas, load_atlas, packed, save_atlas
from synth.atlas.symmetry import moves, truth_table, turned_rows

__all__ = [
    "BASES",
    "Answer",
    "Atlas",
    "BitsAnswer",
    "BitsAtlas",
    "known_atlas",
    "load_atlas",
    "moves",
    "packed",
    "save_atlas",
    "truth_table",
    "turned_rows",
]
