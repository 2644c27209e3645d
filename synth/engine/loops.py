"""The search of the DSL `loops`: functions first, then programs of the folds that they make.

The functions of each kind of states are enumerated on all pairs of a state and a letter, as
programs of any grammar.  What their folds say of the strings are the leaves of an ordinary
enumeration, with the bits of the folds as their costs.  A fold whose function was not enumerated
costs more than those that were, so that up to some bits every program was made.  Longer programs
are solved from the labels: see `solving`.
"""

import copy
import math

import numpy as np

from synth.engine import coding, folding, solving
from synth.engine.enumerator import Enumerator
from synth.engine.labelling import Labelling, Labellings
from synth.engine.scoring import SAME
from synth.language import UNIT, Bool, Grammar, Input, Program, checked_columns
from synth.records import StopReason

#: How many programs of functions of residues and of counters are made, and how many combinations of
#: functions of two and of three parts, stage by stage; the next stage begins if the best is not
#: proven with the folds of the last.  The third takes some seconds.
STAGES = (
    folding.Sizes(2_000, 10_000, 2_000, 2_000),
    folding.Sizes(10_000, 30_000, 10_000, 20_000),
    folding.Sizes(40_000, 100_000, 20_000, 40_000),
)
#: How many programs of folds are made in the last stage, unless limits say otherwise, and the most
#: folds that they are made of.
PROGRAMS, LEAVES = 100_000_000, 20_000

#: What ends an enumeration that is whole.
_WHOLE = (StopReason.EXHAUSTED, StopReason.MAX_BITS)


class LoopSearch:
    """The programs of folds for several labellings; an `Enumerator` where results are made.

    Parameters
    ----------
    fitted : list of Fitted
        The labellings of a task, and the DSL.
    top : int
        How many hypotheses to list.
    watch : Watch
        The limits.
    proven : int, optional
        How many labellings, the first ones, have to be proven; by default all.
    """

    def __init__(self, fitted, top, watch, proven=None):
        task, self.dsl = fitted[0].task, fitted[0].dsl
        self.grammar, self.root, self.watch = fitted[0].grammar, fitted[0].root, watch
        self.fitted, self.top, self.proven = fitted, top, proven
        order = np.argsort(~task.train, kind="stable")
        self.columns = {i.name: task.columns[i.name][order] for i in self.grammar.inputs}
        self.solved = {}  # what was found beyond the enumeration, by labelling
        self._cut = False  # whether Ctrl-C ended the enumeration of functions
        self._begin(0)

    def _begin(self, stage):
        """Begin with the folds of a stage."""
        self.stage, self.most = stage, math.inf
        self.labellings = [Labelling.of(e.task, self.root, self.top) for e in self.fitted]
        self.needed = self.labellings[: self.proven]
        family, strings = self.dsl.family, {i: self.columns[i.name] for i in self.grammar.inputs}
        self.folding = folding.Folding(family, self.grammar, strings, self.watch)
        found = []
        for kind in family.kinds.values():
            if stage and self.watch.is_late():
                return  # what the last stage has found is kept, see `run`
            made, most = self.folding.found(kind, STAGES[stage])
            found += made
            self.most = min(self.most, most + self._around(kind.type))
        self._cut |= self.folding.cut
        if stage and (self._cut or self.watch.is_late()):
            return
        found.sort(key=lambda fold: fold.bits)
        self.folds = found
        if len(found) > LEAVES:
            self.most = min(self.most, found[LEAVES].bits - 1 / UNIT)
        self.leaves = {f"fold {k}": fold for k, fold in enumerate(found[:LEAVES])}
        plain = copy.copy(self.dsl)
        plain.family = None
        types = {name: fold.kind.type for name, fold in self.leaves.items()}
        grammar = Grammar(plain, types, costs=self._cost)
        columns = {name: fold.values() for name, fold in self.leaves.items()}
        self._labels = Labellings(self.labellings)
        self.engine = Enumerator(
            grammar, checked_columns(grammar, columns), self.root, self.watch, self._labels
        )

    def __getattr__(self, name):
        return getattr(self.engine, name)

    @property
    def certified_bits(self):
        """Every program of up to so many bits was scored."""
        found = self.engine.certified_bits
        bound = self.most if found is None else min(self.most, found)
        return None if bound == math.inf else bound

    def program(self, row):
        """The program of a row of the bank, with folds in place of leaves."""
        return self._whole(self.engine.program(row))

    def run(self, progress=None):
        """Work until the best is proven, or to a limit."""
        if self._cut:
            self.engine.stop_reason = StopReason.INTERRUPTED
        while True:
            last = self.stage + 1 == len(STAGES)
            self._enumerate(last, progress)
            self._solve()
            if last or self.engine.stop_reason not in (None, *_WHOLE):
                return
            ended, whole = self.engine.stop_reason, self.engine.certified_bits
            if ended == StopReason.MAX_BITS and self.most >= whole:
                return  # longer folds are beyond the limit
            self.engine.close()
            before = dict(vars(self))
            self._begin(self.stage + 1)
            if self._cut or self.watch.is_late():  # the best so far is that of the last stage
                cut = self._cut or self.watch.interrupted()
                vars(self).update(before)
                self.engine.stop_reason = StopReason.INTERRUPTED if cut else StopReason.SECONDS
                return

    def _enumerate(self, last, progress):
        """Make programs of the folds of a stage, until a longer fold may be needed."""
        engine, most = self.engine, self.watch.limits.max_programs or PROGRAMS
        while engine.stop_reason is None:
            self._labels.score(engine, engine.advance())
            self._narrow()
            if progress is not None:
                progress(self)
            if engine.stop_reason is None and engine.candidates >= most:
                engine.stop_reason = StopReason.MAX_PROGRAMS
            if engine.stop_reason in (None, *_WHOLE) and self._is_proven():
                engine.stop_reason = StopReason.OPTIMAL
            if engine.stop_reason is None and not last and engine.certified_bits >= self.most:
                return
        if last and engine.stop_reason in _WHOLE and self.certified_bits != engine.certified_bits:
            engine.stop_reason = StopReason.MAX_PROGRAMS  # of the functions

    def _around(self, type_):
        """The least bits around a fold of a type in a program of the root type."""
        if type_ == self.root:
            return 0.0
        grammar, least = self.grammar, math.inf
        for production in grammar.productions[self.root]:
            arguments = list(production.item.arguments)
            if type_ in arguments:
                arguments.remove(type_)
                rest = sum(grammar.cheapest[a] >> grammar.shift for a in arguments)
                least = min(least, (production.units + rest) / UNIT)
        return least

    def _cost(self, item):
        """The bits of a node: of a leaf those of its fold."""
        return self.leaves[item.name].bits if isinstance(item, Input) else (
            self.grammar.units(item) / UNIT
        )  # fmt: skip

    def _whole(self, program):
        """A program with folds in place of leaves."""
        made = {}
        for part in program.parts():
            if isinstance(part.head, Input):
                made[part] = self.leaves[part.head.name].program(self.dsl.family)
            else:
                made[part] = Program(part.head, [made[a] for a in part.arguments])
        return made[program]

    def _solve(self):
        """Look for longer programs of truth values, whose last step follows from the labels."""
        limited = self.watch.limits.max_bits is not None or self.root != Bool
        proven = self.engine.stop_reason == StopReason.OPTIMAL
        if limited or proven or self.watch.is_late() or not len(self.engine.bank):
            return
        rows, family = self.labellings[0].n, self.dsl.family
        pool = solving.Pool(self.engine, self.folds, family, self.grammar, rows, self.program)
        for k, labelling in enumerate(self.labellings):
            before = self.solved.get(k)
            one = solving.Solving(labelling, self.grammar, self.columns, self.top)
            if before is None:
                for program in coding.from_machines(self.folding, labelling, self.watch):
                    one.take(program)
            else:
                one.so_far.merge(before.so_far)
            one.look(pool, self.watch.is_late)
            self.solved[k] = one
        if self.folding.cut:
            self.engine.stop_reason = StopReason.INTERRUPTED
        ended = (None, *_WHOLE, StopReason.MAX_PROGRAMS)
        if self.engine.stop_reason in ended and self._is_proven():
            self.engine.stop_reason = StopReason.OPTIMAL

    def _least(self, k):
        """The least total that was found for a labelling beyond the enumeration."""
        return self.solved[k].least if k in self.solved else math.inf

    def _is_proven(self):
        bits, needed = self.certified_bits, enumerate(self.needed)
        return all(each.is_proven(bits, self._least(k)) for k, each in needed)

    def _narrow(self):
        """Tell the enumeration beyond how many bits no program can win any more."""
        if all(each.score.best is not None for each in self.needed):
            best = max(min(e.least, self._least(k)) for k, e in enumerate(self.needed))
            bits = best - SAME - self.needed[0].score.least_code
            self.engine.narrow(math.ceil(bits * UNIT) / UNIT)
