"""Reach for each labelling of a search: equal moves on the same bank."""

from dataclasses import replace
from functools import partial

import numpy as np

from synth.engine.reach.stage import Reach, Tools
from synth.language import UNIT

#: Work of the moves by default, in units of about a nanosecond of one core: 20 s on two cores.
DEFAULT_WORK = 40 * 10**9
#: What one move costs beside its passes.
MOVE_WORK = 1_500_000
#: Bytes of candidates that the enumeration makes before reach begins, by default: 11 s for
#: tic-tac-toe and 6 s for monk:3 in the integer DSL, on two cores.
ENUMERATED_BYTES = 6 * 10**9
#: The first programs, after which the early stage is run: its pools are full then, in 0.05 s.
FIRST_PROGRAMS = 2**14
#: What an exact search makes of both before it goes on to its bound: a part of the programs, and of
#: the moves, that an ordinary search makes.
EXACT_PROGRAMS, EXACT_MOVES = 32, 4


def default_programs(engine, exact=False):
    """How many programs the enumeration makes before reach begins: their rows take equal room.

    exact: whether programs without exceptions are sought; the enumeration then goes on after reach.
    """
    widest = max(bank.words for bank in engine.banks.values())
    return max(2**16, ENUMERATED_BYTES // (8 * widest) // (EXACT_PROGRAMS if exact else 1))


class Reaches:
    """Reach for each of some labellings.

    Parameters
    ----------
    engine : Enumerator
        The enumerator, which is stopped.
    labellings : sequence of Labelling
        Those for which programs are sought.
    settings : ReachSettings
        The settings, the same for each.
    start : sequence of Program
        Programs to begin with.
    workers : Workers, optional
        What works off the chains; by default the threads of the enumerator.
    early : Reaches, optional
        What the early stage has found: see `early`.

    Attributes
    ----------
    each : dict of Labelling to Reach
    """

    def __init__(self, engine, labellings, settings, start=(), workers=None, early=None):
        tools = Tools(engine, labellings[0])
        if settings.moves is None:
            moves = default_moves(tools.pools, settings.exact) // settings.among
            settings = settings.counted(max(1, moves))
        self.settings = settings
        self.each = {}
        for number, each in enumerate(labellings):
            elsewhere = None if workers is None else partial(workers.work_off, number)
            given = [("given", program) for program in start]
            given += [] if early is None else early.each[each].seeds
            self.each[each] = Reach(each, tools, settings, given, elsewhere)

    @classmethod
    def early(cls, engine, labellings, settings, must_stop):
        """What the early stage finds, before other stages and moves have their turn.

        Parameters are those of `Reaches`; must_stop: says whether a limit is reached.
        """
        made = cls(engine, labellings, replace(settings, stages=0.0))
        for reach in made.each.values():
            reach.begin_early(must_stop)
        return made

    @property
    def done(self):
        """Whether all moves were made."""
        return all(reach.done for reach in self.each.values())

    def advance(self, crew, must_stop):
        """Take one step for the first labelling that is not done."""
        for reach in self.each.values():
            if not reach.done:
                reach.advance(crew, must_stop)
                return

    def extent(self):
        """How many moves were made, and how many are planned."""
        made = sum(reach.moves for reach in self.each.values())
        return made, self.settings.moves * len(self.each)

    def progress(self):
        """What is done and what was found, as a line."""
        made, planned = self.extent()
        found = next(iter(self.each.values())).so_far
        if not found.top:
            return f"{made:,} of {planned:,} moves"
        total, wrong, units, *_ = found.top[0]
        return (
            f"{made:,} of {planned:,} moves, best {total:.1f} bits in all, {units / UNIT:.1f} of "
            f"the program, {wrong} exceptions"
        )

    def state(self):
        """Plain values, as `restore` takes them."""
        return [reach.state() for reach in self.each.values()]

    def restore(self, states):
        """Take up what `state` returned, as far as settings are the same."""
        for reach, state in zip(self.each.values(), states, strict=False):
            reach.restore(state)


def default_moves(pools, exact=False):
    """How many moves take about 20 s on two cores: a number that depends on the pools only.

    exact: whether programs without exceptions are sought; then they take 5 s.
    """
    work = MOVE_WORK + np.mean([pool.work for pool in pools.values()])
    moves = int(DEFAULT_WORK / work) // (EXACT_MOVES if exact else 1)
    digits = 10 ** max(0, len(str(moves)) - 2)
    return max(100, moves // digits * digits)
