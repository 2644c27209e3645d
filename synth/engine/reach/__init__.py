"""Reach: programs of hundreds of bits, beyond the enumeration, scored by the same code.

Start with `chain.py` (the heat bath), then read `context.py` (a program with a hole), `pool.py`
(what can fill it), `problem.py` (what a program costs), `stage.py` (seeds and chains, round by
round), `seeds.py` (what chains begin from), `labellings.py` (a task and its twin) and `remote.py`
(chains on other machines).
"""

from synth.engine.reach.found import Found, digest
from synth.engine.reach.labellings import FIRST_PROGRAMS, Reaches, default_programs
from synth.engine.reach.remote import Map, Recipe, Workers, recipe_of
from synth.engine.reach.stage import DEFAULT_CHAINS, ReachSettings

__all__ = [
    "DEFAULT_CHAINS",
    "FIRST_PROGRAMS",
    "Found",
    "Map",
    "ReachSettings",
    "Reaches",
    "Recipe",
    "Workers",
    "default_programs",
    "digest",
    "recipe_of",
]
