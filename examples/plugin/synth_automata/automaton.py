"""The task: the state of a cell after some steps of an elementary cellular automaton."""

import numpy as np

from synth import Bool, Task
from synth.errors import SettingError


def automaton(rule: int = 90, steps: int = 3, train: int | float = 0.5, seed: int = 0):
    """The state of a cell after some steps of an elementary cellular automaton.

    The columns are the 2 * steps + 1 cells around it at the start, with x0 at the left.  There is
    a row for each combination of their states.  Wolfram, Reviews of Modern Physics 55, 1983.

    Parameters
    ----------
    rule : int
        0..255 in Wolfram's numbering.
    steps : int
        1..6.
    train : int or float
        Number or fraction of the training rows.
    seed : int
        Seed for the split.
    """
    for name, value, low, high in (("rule", rule, 0, 255), ("steps", steps, 1, 6)):
        if not low <= value <= high:
            raise SettingError(f"automaton: {name}={value}; allowed: {low}..{high}")
    width = 2 * steps + 1
    start = (np.arange(2**width)[:, None] >> np.arange(width)) & 1
    cells = start
    for _ in range(steps):
        cells = after_one_step(cells, rule)
    columns = {f"x{i}": start[:, i] for i in range(width)}
    name = f"automaton:rule={rule},steps={steps}"
    types = dict.fromkeys(columns, Bool)
    return Task(name, columns, types, cells[:, 0], Bool).split(train, seed)


def after_one_step(cells, rule):
    """The next states (rows, width - 2) of the cells that have both neighbours."""
    left, own, right = cells[:, :-2], cells[:, 1:-1], cells[:, 2:]
    return (rule >> (4 * left + 2 * own + right)) & 1
