"""Twins of the fifteen tasks of the bench: a tenth of them, at few moves.

`python bench/reach.py --labels permuted --seeds 20` searches all of them at more moves.
"""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

import reach
import reach_tasks

import synth

#: What no twin's chance bound may fall below, as log2.
LEAST_BOUND = -10


#: Of those that end in seconds, one of each kind: truth values, a table of a game, a choice.
SHORT = ("parity_of_5", "tic_tac_toe")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(make, marks=[pytest.mark.slow] * (make.__name__ not in SHORT))
        for make in reach_tasks.TASKS
    ],
)
def test_permuted_labels_leave_the_table(make):
    one = make()
    twins = [one.task.permuted(seed) for seed in (0, 1)]
    search = synth.Search(twins, one.dsl, moves=40, max_programs=100_000, memory=10**9)
    search.run()
    for found in search.results:
        row = reach.described(found)
        assert row["moves"] == 40
        assert row["chosen"] == "table" or row["constant"]
        assert row["log2_chance_bound"] >= LEAST_BOUND
