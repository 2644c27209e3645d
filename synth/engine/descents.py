"""Descents: chains alone on one enumeration, each with settings of its own.

A search shows its chains the programs of seed stages and of the enumeration.  Here they may begin
from nothing, so that what is measured is random search: see `ReachSettings`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Unpack

import numpy as np

from synth.engine.arguments import DSLLike
from synth.engine.driver import Search
from synth.engine.held_out import matches
from synth.engine.interrupts import interrupts
from synth.engine.limits import LimitSettings
from synth.engine.reach import Reaches, ReachSettings
from synth.engine.scoring import SAME
from synth.language import UNIT
from synth.records import StopReason
from synth.tasks import Task


@dataclass(frozen=True)
class Descended:
    """What a descent came to for one labelling.

    Parameters
    ----------
    chosen : str
        "program", or "table" if no program has less energy than the table has bits.
    energy : float or None
        The least energy, in bits: what the chains drew by.  None if no program was found.
    total_bits, bits : float or None
        The total and the description length of the program of least energy.
    exceptions : int or None
        The number of training rows on which this program is wrong.
    text : str or None
        The program.
    table_bits : float
        The total of the better look-up table.
    test_accuracy : float or None
        How often what was chosen is right on held-out rows; None without any.
    table_test : float or None
        How often the table is right on held-out rows; None without any.
    """

    chosen: str
    energy: float | None
    total_bits: float | None
    bits: float | None
    exceptions: int | None
    text: str | None
    table_bits: float
    test_accuracy: float | None
    table_test: float | None


def descend(
    tasks: Sequence[Task],
    settings: Iterable[ReachSettings],
    dsl: DSLLike | None = None,
    **limits: Unpack[LimitSettings],
) -> Iterator[list[Descended]]:
    """Make the moves of each of some settings, all from the same enumeration.

    Parameters
    ----------
    tasks : sequence of Task
        Labellings of the same inputs and training rows.
    settings : iterable of ReachSettings
        The settings, one after another.
    dsl : DSL, str or path, optional
        A DSL or its specification; by default the built-in DSL that fits the tasks.
    **limits
        Limits of the enumeration: see `Limits`.  Only Ctrl-C ends the moves.

    Yields
    ------
    list of Descended
        For each settings, what was found for each task.

    Raises
    ------
    KeyboardInterrupt
        If Ctrl-C was pressed.
    SettingError, TaskError, DSLError
        See `Search`.
    """
    search = Search(tasks, dsl, moves=0, **limits)
    if search.run().stop_reason == StopReason.INTERRUPTED:
        raise KeyboardInterrupt
    engine = search._engine
    for each in settings:
        made = Reaches(engine, search._labellings, each)
        with interrupts() as interrupted:
            while not made.done and not interrupted():
                made.advance(engine.crew, interrupted)
            if interrupted():
                raise KeyboardInterrupt
        yield [_descended(labelling, reach) for labelling, reach in made.each.items()]


def _descended(labelling, reach):
    """What reach has found for a labelling."""
    problem, task, found = reach.problem, labelling.task, reach.found
    energy, program = found.best
    chosen = "program" if energy < labelling.table_bits - SAME else "table"
    test = by_table = None
    if not task.train.all():
        most = problem.root.check(task.majority(), "the majority label")
        test = by_table = float(np.mean(matches(task, problem.root, most)))
        if chosen == "program":
            said, inverted = problem.values(program)[labelling.n :], found.is_inverted(program)
            test = float(np.mean(matches(task, problem.root, said, inverted)))
    return Descended(
        chosen=chosen,
        energy=program and energy,
        total_bits=program and problem.total(program),
        bits=program and problem.units(program) / UNIT,
        exceptions=program and found.top[0][1],
        text=program and program.text,
        table_bits=float(labelling.table_bits),
        test_accuracy=test,
        table_test=by_table,
    )
