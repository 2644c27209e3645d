"""Small real networks to compare with programs: thousands of perceptrons at a time, in NumPy alone.

Start with `perceptron` (values, losses, gradients) and `training` (AdamW and SGD, full batch).
"""

from synth.learners.networks import (
    addition,
    compared,
    consistent,
    laws,
    noise,
    perceptron,
    pruning,
    recurrent,
    training,
    waves,
)

__all__ = [
    "addition",
    "compared",
    "consistent",
    "laws",
    "noise",
    "perceptron",
    "pruning",
    "recurrent",
    "training",
    "waves",
]
