"""Stochastic search over a program and a memorised table, and landscapes of programs.

Start with `chain.py` (`make_world`, `Chain`: the grokking lab).  `markov.py` solves a small
world exactly, `strength.py` is a deterministic version, and `landscape.py` has the graph of
programs that differ by one edit.
"""

from synth.dynamics.chain import MOVES, Chain, World, make_world
from synth.dynamics.drawn import drawn_programs, drawn_world
from synth.dynamics.film import Film, grokking_film
from synth.dynamics.landscape import EDITS, USUAL, Landscape, program_landscape
from synth.dynamics.markov import markov_chain
from synth.dynamics.strength import Strengths, expected_delay
from synth.dynamics.times import Times, chain_times, strength_times
from synth.dynamics.trajectories import (
    ENOUGH,
    LAB_BITS,
    LAB_CHAIN,
    LAB_STEPS,
    LAB_TASK,
    reached,
    trajectory,
)
from synth.dynamics.trees import largest_budget

__all__ = [
    "EDITS",
    "ENOUGH",
    "LAB_BITS",
    "LAB_CHAIN",
    "LAB_STEPS",
    "LAB_TASK",
    "MOVES",
    "USUAL",
    "Chain",
    "Film",
    "Landscape",
    "Strengths",
    "Times",
    "World",
    "chain_times",
    "connectivity",
    "drawn_programs",
    "drawn_world",
    "expected_delay",
    "grokking_film",
    "largest_budget",
    "make_world",
    "markov_chain",
    "program_landscape",
    "reached",
    "strength_times",
    "trajectory",
]
