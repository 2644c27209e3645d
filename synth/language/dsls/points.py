"""Scorecards: points for the tests that a row passes, added up, and a threshold.

A program is one card, such as `card['3 2 -1 / 2']('age<64', 'smoker=yes', 'dose<5')`: 3 points if
the first test is passed, 2 for the second and -1 for the third, and the label is yes from 2 points
on.  A line has -5 to 5 points.  The tests are those of the `rules` DSL, with the same bits.  The
bits of a card say how many lines it has, which points they have, the threshold, and the tests.

Labels that are more than two names have lists of cards, `where(card, label, where(card, label,
label))`: the first card that says yes gives its label.

Cards are found by a heat bath, which changes one line at a time; nothing is proven.  No programs
are enumerated, so that a limit on their number changes nothing.
"""

from dataclasses import replace
from functools import partial

import numpy as np

from synth.errors import DSLError
from synth.language.cards import Cards
from synth.language.columns import TypedColumns
from synth.language.dsl import DSL
from synth.language.dsls import rules
from synth.language.types import Bool, Int

#: The type of tests, so that no card can be a test of another.
TEST = Int(0, 1)


def fits(types):
    """Never: the language is for tables, and has to be named."""
    return False


def build(types=(), thresholds: int | None = None):
    """The DSL of scorecards.

    Parameters
    ----------
    types : sequence of Type
        The types of the task's columns and labels, the labels' type last: Bool.
    thresholds : int, optional
        The most thresholds of a column, 1..1000.  By default 16, 32 or 64, as in `rules`.
    """
    if types and types[-1] != Bool:
        raise DSLError(f"points: labels of {types[-1]}; allowed: two values, or names")
    given = rules.build((*types[:-1], Bool), thresholds)  # which refuses what is out of range
    dsl = DSL(given.name.replace("rules", "points"), types=(TEST, Bool), description=__doc__)
    dsl.family = Cards(TEST)
    return dsl


def prepare(given: TypedColumns, thresholds: int | None = None) -> TypedColumns:
    """Replace columns by tests, as `rules` does, whose values are 0 and 1.

    Parameters
    ----------
    given : TypedColumns
        The columns of a task.
    thresholds
        As `build` takes it.

    Raises
    ------
    TaskError
        See `rules.prepare`.
    """
    made = rules.prepare(given, thresholds)
    express = partial(_as_numbers, made.express)
    return replace(
        made,
        columns=express(given.columns),
        types=dict.fromkeys(made.types, TEST),
        express=express,
    )


def _as_numbers(express, columns):
    """The tests of some rows as 0 and 1."""
    return {name: column.astype(np.int64) for name, column in express(columns).items()}
