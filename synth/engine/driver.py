"""The driver: one enumeration, scored for one labelling or for several, and what follows it.

If the enumeration ends before the best hypothesis is proven, reach goes on from what it holds.
"""

import math
import os
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import partial
from typing import Unpack

from synth.engine import arguments, outcome
from synth.engine.arguments import EXACT, DSLLike, TaskLike
from synth.engine.backward import BackwardSearch
from synth.engine.band import PASSING
from synth.engine.checkpoint import DEFAULT_EVERY, Checkpoint, Keeper
from synth.engine.crew import working_time
from synth.engine.digests import about_search
from synth.engine.enumerator import Enumerator
from synth.engine.interrupts import interrupts
from synth.engine.labelling import Labelling, Labellings
from synth.engine.limits import LEAST_MEMORY, Limits, LimitSettings, read_limits
from synth.engine.progress import Progress, Told, followed
from synth.engine.reach import (
    DEFAULT_CHAINS,
    FIRST_PROGRAMS,
    Map,
    Reaches,
    ReachSettings,
    Workers,
    default_programs,
    recipe_of,
)
from synth.engine.scoring import SAME
from synth.engine.watch import Watch
from synth.errors import SettingError, SweepError
from synth.language import UNIT
from synth.records import Result, StopReason
from synth.tasks import Task

#: What ends an enumeration that reach can follow.
_REACHED = (StopReason.MAX_PROGRAMS, StopReason.MAX_BITS, StopReason.MEMORY)
#: The share of the memory that an exact search fills with behaviours; the rest is for
#: indexing them by what a target asks.
EXACT_MEMORY = 0.7
#: The share of the time that is left after reach, to solve with the upper bound that it found.
EXACT_SECONDS = 0.25
#: The share of the time that an enumeration leaves to reach if it has not ended by itself.
REACH_SECONDS = 0.5


class Search:
    """A search that can be run for a while, looked at, and run on.

    Parameters
    ----------
    task : Task, str, path, or sequence of Task
        A task, its specification, or the path of a CSV file; or several labellings of the
        same inputs and training rows.
    dsl : DSL, str or path, optional
        A DSL or its specification; by default the built-in DSL that fits the task.
    top : int
        How many of the best hypotheses to list.
    exact : bool
        Seek the shortest program without exceptions: see `search`.
    moves, chains, seed, start, map : optional
        How far reach goes if the enumeration ends without a proof, from which programs, and what
        works off its chains: see `search`.
    proven : int, optional
        How many of the labellings, the first ones, have to be proven optimal before the search
        ends; by default all.
    checkpoint : str or path, optional
        A file that keeps the search.  If it exists, the search goes on from it.
    every, spent : float
        Seconds between two checkpoints, and seconds that were spent before: see `search`.
    among : int, optional
        How many languages share the work; what names this one is then charged: see `search`.
    **limits
        See `Limits`.  They count from the start of the search, over all runs.

    Raises
    ------
    SettingError
        If a setting is wrong.
    TaskError
        If there is no task, or the labellings differ in their rows or types.
    DSLError
        If no DSL fits.
    RunError
        If the checkpoint is damaged or is of another search.

    Examples
    --------
    >>> search = Search("mod-add:p=31", max_programs=50, moves=0)
    >>> search.run().stop_reason.value
    'max_programs'
    >>> search.run(max_programs=None).program.text
    'x + y'
    """

    def __init__(
        self,
        task: TaskLike | Sequence[Task],
        dsl: DSLLike | None = None,
        *,
        top: int = 10,
        exact: bool = False,
        moves: int | None = None,
        chains: int = DEFAULT_CHAINS,
        seed: int = 0,
        start: Sequence[str] = (),
        map: Map | None = None,
        proven: int | None = None,
        checkpoint: str | os.PathLike[str] | None = None,
        every: float = DEFAULT_EVERY,
        spent: float = 0.0,
        among: int | None = None,
        **limits: Unpack[LimitSettings],
    ) -> None:
        began = working_time()
        arguments.check_settings(top, every, exact, checkpoint=checkpoint, map=map)
        self._map, self._source = map, None if map is None else arguments.sendable(dsl)
        start = [start] if isinstance(start, str) else start
        if isinstance(task, (Task, str, os.PathLike)):
            given = [arguments.loaded(task)]
        else:
            given = arguments.alike(list(task))
        self.limits = read_limits(limits)
        self._reaching = ReachSettings(moves, chains, seed, exact=exact, among=among or 1)
        self._file = None if checkpoint is None else (checkpoint, float(every))
        self._tasks, self._fitted = given, arguments.bound(dsl, given)
        self._top, self._exact, self._among = int(top), exact, among
        self._proven = len(given) if proven is None else proven
        self._reason: StopReason | None = None
        self._results: list[Result] = []
        if exact and self._fitted[0].root.inexact:
            raise SettingError(f"exact: labels of {self._fitted[0].root}; allowed: {EXACT}")
        self._given = [arguments.parsed(text, self._fitted[0]) for text in start]
        self._spent = spent + working_time() - began
        self._start()

    def run(self, *, progress: Progress | None = None, **limits: Unpack[LimitSettings]) -> Result:
        """Run on until the search ends or reaches a limit.

        Parameters
        ----------
        progress : bool or callable, optional
            True for a progress bar: see `search`.  A function is called with the `Enumerator`
            after every band, and with the `Reaches` after every round.
        **limits
            New limits in place of the earlier ones, for example more seconds in all.  After new
            `max_bits`, `memory` or `threads` the search starts again from the beginning.

        Returns
        -------
        Result
            The same as `result`.  Ctrl-C ends the run, and the best so far is returned.
        """
        if limits:
            self._set_limits(read_limits({**asdict(self.limits), **limits}))
        with self._at_work(), followed(progress) as told:
            if self._backward is not None and not self._backward.proven:
                reach = partial(self._reach_exactly, told)
                self._backward.run(self._advance, reach, self._lift_share, told)
            while self._engine.stop_reason is None:
                self._advance(told)
            while self._may_reach():
                self._advance_reach(told)
        return self.result

    def begin_early(self, progress: Told | None = None) -> None:
        """Make the first programs, and run the early stage of reach, if it is to follow at all."""
        if self._exact or not self._is_shared():
            return
        limits = self._watch.limits
        first = min(FIRST_PROGRAMS, limits.max_programs)
        self._watch.limits = replace(limits, max_programs=first)
        with self._at_work():
            engine = self._engine
            while engine.stop_reason is None and engine.candidates < first:
                self._advance(progress)
            if not self._is_late() and not self._is_proven() and self._holds_some():
                self._early = Reaches.early(engine, self._labellings, self._reaching, self._is_late)
        self._watch.limits = limits

    def set_clock(self, seconds: float) -> None:
        """Let the clock show what other searches have taken too."""
        self._watch.set(seconds)

    def advance(self) -> bool:
        """Work through one band of costs, or a round of moves; whether there is more to do."""
        with self._at_work():
            if self._engine.stop_reason is None:
                self._advance()
            elif self._may_reach():
                self._advance_reach()
            return self._engine.stop_reason is None or self._may_reach()

    @property
    def result(self) -> Result:
        """What was found so far for the first labelling."""
        return self.results[0]

    @property
    def results(self) -> list[Result]:
        """What was found so far for each labelling."""
        if not self._results:
            settings = {**asdict(self.limits), "top": self._top, "exact": self._exact}
            reached = self._reaches or (None if self._is_proven() else self._early)
            made = getattr(reached, "each", {})
            make = outcome.Maker(self._engine, self._fitted[0].dsl, settings, self._backward, made)
            make.resumed = self._keeper.resumed
            make.reason = self._reason or make.reason
            self._results = [make.result(each) for each in self._labellings]
        return list(self._results)

    @contextmanager
    def _at_work(self):
        """The clock runs and Ctrl-C is a flag; a search that a limit ended goes on from there."""
        self._results.clear()
        with self._keeper.writing(), interrupts() as interrupted:
            self._watch.go_on(interrupted)
            left = self._watch.reason(self._engine.candidates) is None
            if left and self._engine.stop_reason in PASSING:
                self._keeper.go_on()
                if not (self._lifted and self._reaches and self._reaches.done):
                    self._reaches = None  # there will be more to reach from
            yield
            self._reason = self._reach_reason()
            self._watch.pause()
            # A Ctrl-C after the last step is for whoever goes on with this result.
            if interrupted():
                self._reason = StopReason.INTERRUPTED

    def _start(self):
        """Begin from the first program, or from the checkpoint."""
        fitted = self._fitted[0]
        task, root = fitted.task, fitted.root
        columns = arguments.training_first(fitted)
        self._labellings = [
            Labelling.of(each.task, root, self._top, self._among) for each in self._fitted
        ]
        self._every = Labellings(self._labellings)
        limits = self.limits
        if self._exact:
            limits = replace(limits, memory=max(LEAST_MEMORY, int(EXACT_MEMORY * limits.memory)))
        # Labels of inexact types are compared here, not by the kernels that score alone.
        scored = None if self._exact or root.inexact else self._every
        self._watch = Watch(limits, seconds=self._spent)
        self._engine = Enumerator(fitted.grammar, columns, root, self._watch, scored)
        self._backward, self._lifted = None, False
        if self._exact:
            labels = self._every.training[0]
            self._backward = BackwardSearch(self._engine, labels, task.sequence is not None)
        file = None
        if self._file is not None:
            training = self._every.training
            about = about_search(
                self._engine, training, top=self._top, limits=self.limits, among=self._among
            )
            file = Checkpoint(*self._file, about)
        self._keeper = Keeper(self._engine, self._labellings, file)
        self._reaches: Reaches | None = None
        self._early: Reaches | None = None
        self._share()
        self._keeper.load()
        self._watch.pause()

    def _share(self) -> None:
        """If reach is to follow, limit the programs and the seconds of the enumeration."""
        self._kept, seconds = 0.0, self.limits.seconds
        if not self._is_shared() or self._lifted:
            return
        most = default_programs(self._engine, self._exact) // (self._among or 1)
        if seconds is not None and not self._exact:
            self._kept = REACH_SECONDS * max(0.0, seconds - self._watch.seconds)
            seconds -= self._kept
        self._watch.limits = replace(self._watch.limits, max_programs=most, seconds=seconds)

    def _is_shared(self) -> bool:
        """Whether the enumeration has a share of the work, and reach the rest."""
        given = self.limits.max_bits, self.limits.max_programs
        return self._wants_reach() and given == (None, None)

    def _wants_reach(self) -> bool:
        """Whether reach follows: by default, unless the length of programs is limited."""
        moves = self._reaching.moves
        return self.limits.max_bits is None if moves is None else moves > 0

    def _may_reach(self) -> bool:
        """Whether there are moves to be made."""
        ended = self._engine.stop_reason
        if ended == (None if self._exact else StopReason.SECONDS):  # its share of the time is over
            ended = StopReason.MAX_PROGRAMS
        wanted = self._wants_reach() or (self._given and self._reaching.moves == 0)
        able = bool(wanted) and ended in _REACHED and not self._is_late() and self._holds_some()
        return able and (self._reaches is None or not self._reaches.done)

    def _holds_some(self) -> bool:
        """Whether some program has a value on every row."""
        return any(bank.ends for bank in self._engine.banks.values())

    def _is_late(self) -> bool:
        """Whether reach has to stop; of an exact search, a part of the time is for its bound."""
        bound = EXACT_SECONDS * (self._watch.limits.seconds or 0.0)
        return self._watch.is_late(bound if self._exact else -self._kept)

    def _reach_exactly(self, progress: Told | None) -> bool:
        """Make the moves of an exact search; whether any were made, now or before."""
        while self._may_reach():
            self._advance_reach(progress)
        return self._reaches is not None

    def _lift_share(self) -> None:
        """Let the enumeration of an exact search go on after its share: its bound needs it."""
        if self._engine.stop_reason != StopReason.MAX_PROGRAMS or not self._is_shared():
            return
        self._lifted = True
        self._watch.limits = replace(self._watch.limits, max_programs=None)
        self._keeper.go_on()

    def _advance_reach(self, progress: Told | None = None) -> None:
        """Make a round of moves."""
        engine = self._engine
        if self._reaches is None:
            if self._is_proven():
                engine.stop_reason = StopReason.OPTIMAL
                return
            workers = None if self._map is None else Workers(self._map, recipe_of(self))
            given = engine, self._labellings, self._reaching, self._given
            self._reaches = Reaches(*given, workers, self._early)
            self._keeper.reached(self._reaches)
        try:
            self._reaches.advance(engine.crew, self._is_late)
        except SweepError:  # no worker is left
            self._keeper.between_rounds(True)
            self._reason = StopReason.FAILED
            self._watch.pause()
            raise
        if self._backward is not None:
            found = self._reaches.each[self._labellings[0]].so_far.exact
            if found is not None:
                self._backward.offer(*found)
        self._keeper.between_rounds(self._is_late())
        if progress is not None:
            progress(self._reaches)

    def _reach_reason(self) -> StopReason | None:
        """Why reach ended; None if it was not begun."""
        if self._engine.stop_reason == StopReason.OPTIMAL:
            return None
        if self._backward is not None and self._backward.cut:
            return StopReason.SECONDS
        if self._reaches is None:
            return None
        if self._reaches.done:
            return StopReason.MOVES
        late = StopReason.INTERRUPTED if self._watch.interrupted() else StopReason.SECONDS
        return late if self._is_late() else StopReason.PAUSED

    def _set_limits(self, limits: Limits) -> None:
        """Take new limits; start again if the banks were made for others."""
        before, self.limits = self.limits, limits
        same = [getattr(before, k) == getattr(limits, k) for k in ("max_bits", "memory", "threads")]
        if not all(same):
            self._engine.close()
            self._start()
        else:
            self._watch.limits = replace(limits, memory=self._watch.limits.memory)
            self._share()

    def _advance(self, progress: Told | None = None) -> None:
        """Work through a band, score it, and see whether the best is proven."""
        engine = self._engine
        self._keeper.take_up()
        self._every.score(engine, engine.advance())
        if self._backward is None:
            self._narrow()
        if progress is not None:
            progress(engine)
        if engine.stop_reason is None and self._backward is None and self._is_proven():
            engine.stop_reason = StopReason.OPTIMAL

    def _is_proven(self) -> bool:
        """Whether the best of each labelling that counts is proven."""
        if self._backward is not None:
            return self._backward.proven
        certified = self._engine.certified_bits
        return all(each.is_proven(certified) for each in self._labellings[: self._proven])

    def _narrow(self) -> None:
        """Tell the engine beyond how many bits no program can win any more."""
        needed = self._labellings[: self._proven]
        if any(each.score.best is None for each in needed):
            return
        bits = max(each.least for each in needed) - SAME - needed[0].score.least_code
        self._engine.narrow(math.ceil(bits * UNIT) / UNIT)
