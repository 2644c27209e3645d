"""What a package should test: its DSL passes the checks, and its task is what it claims."""

import itertools

import numpy as np
import pytest
from synth_automata.automaton import automaton
from synth_automata.mig import build

import synth


def test_the_dsl_conforms():
    assert synth.check_dsl(build(), {"x": synth.Bool}) == []


@pytest.mark.parametrize("rule", [30, 110, 184])
def test_the_task_is_the_automaton(rule):
    task = automaton(rule, steps=2)
    rows = _rows(task)
    for row in itertools.product((0, 1), repeat=5):
        cells = list(row)
        for _ in range(2):
            cells = [
                rule >> (4 * a + 2 * b + c) & 1
                for a, b, c in zip(cells, cells[1:], cells[2:], strict=False)
            ]
        assert rows[row] == cells[0]


def _rows(task):
    inputs = np.stack(list(task.columns.values()), axis=1).astype(int).tolist()
    return dict(zip(map(tuple, inputs), task.labels.astype(int).tolist(), strict=True))


def test_an_additive_rule_is_found():
    result = synth.search(automaton(90, steps=3, train=1.0), seconds=None, max_programs=10**6)
    assert sorted(result.program.text.replace("(", "").replace(")", "").split(" ^ ")) == [
        "x0", "x2", "x4", "x6",
    ]  # fmt: skip
