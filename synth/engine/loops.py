"""The search of the DSL `loops`: functions first, then programs of the folds that they make.

The functions of each kind of states are enumerated on all pairs of a state and a letter, as
programs of any grammar.  What their folds say of the strings are the leaves of an ordinary
enumeration, with the bits of the folds as their costs.  A fold whose function was not enumerated
costs more than those that were, so that up to some bits every program was made.
"""

import copy
import math
from typing import NamedTuple

import numpy as np

from synth.engine.enumeration import Enumeration, enumerate_programs
from synth.engine.enumerator import Enumerator
from synth.engine.labelling import Labelling, Labellings
from synth.engine.scoring import SAME
from synth.language import UNIT, Bool, Grammar, Input, Program, checked_columns, folds, places_of
from synth.records import StopReason

#: How many functions of residues and of counters are made, stage by stage; the next stage begins
#: if the best is not proven with the folds of the last.  The third takes some seconds.
STAGES = ((2_000, 1_000), (40_000, 10_000), (400_000, 30_000))
#: How many functions of truth values are made; of three truth values there are 256.
TRUTHS = 100_000
#: How many programs of folds are made in the last stage, unless limits say otherwise, and the most
#: folds that they are made of.
PROGRAMS, LEAVES = 100_000_000, 40_000
#: How many folds are run over the strings at a time.
_SOME = 512


#: What ends an enumeration that is whole.
_WHOLE = (StopReason.EXHAUSTED, StopReason.MAX_BITS)


class _Fold(NamedTuple):
    """A fold: its bits, its function among those of its kind, and what it says of each string."""

    bits: float
    kind: folds.Kind
    function: tuple[Enumeration, int]
    start: int
    given: Input
    said: bytes

    def values(self):
        """The states at the ends of the strings, (rows,)."""
        places = np.frombuffer(self.said, np.int32).astype(np.int64)
        return (places + int(self.kind.type.low)).astype(self.kind.type.dtype)


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
        self.strings = {
            given: places_of(task.columns[given.name][order], given.type.letters)
            for given in self.grammar.inputs
        }
        self._cut = False  # whether Ctrl-C ended the enumeration of functions
        self._begin(0)

    def _begin(self, stage):
        """Begin with the folds of a stage."""
        self.stage, self.most = stage, math.inf
        self.labellings = [Labelling.of(e.task, self.root, self.top) for e in self.fitted]
        self.needed = self.labellings[: self.proven]
        found = [f for kind in self.dsl.family.kinds.values() for f in self._folds(kind)]
        found.sort(key=lambda fold: fold.bits)
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
            if last or self.engine.stop_reason not in (None, *_WHOLE):
                return
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

    def _folds(self, kind):
        """The folds of a kind, the cheapest for each answer; functions come in order of bits."""
        family, counts = self.dsl.family, kind.type.family == "Int"
        found = enumerate_programs(
            family.grammar(kind),
            family.cases(kind),
            type=kind.type,
            max_programs=TRUTHS if kind.type == Bool else STAGES[self.stage][counts],
            threads=self.watch.limits.threads,
            seconds=self._seconds_left(),
        )
        self._cut |= found.stop_reason == StopReason.INTERRUPTED
        own = self.grammar.family_units(kind.type) / UNIT + family.start_bits(kind)
        if found.certified_bits is not None:
            self.most = min(self.most, own + found.certified_bits + self._around(kind.type))
        steps, bits = folds.tables(found.values, kind), found.bits.tolist()
        best: dict[bytes, _Fold] = {}
        for start in kind.starts:
            first = start - int(kind.type.low)
            kept = list(range(len(steps)))
            if not counts:  # of equal folds, the first function is the cheapest
                same = folds.reached(steps, first)
                kept = sorted({key: k for k, key in reversed([*enumerate(same)])}.values())
            for given, (places, lengths) in self.strings.items():
                around = own + self.grammar.units(given) / UNIT
                for some in range(0, len(kept), _SOME):
                    if best and self.watch.is_late():
                        self.most = min(self.most, 0.0)  # any fold may be missing
                        return list(best.values())
                    part = kept[some : some + _SOME]
                    said = folds.ends(steps[part], first, places, lengths).astype(np.int32)
                    for k, values in zip(part, said, strict=True):
                        key = values.tobytes()
                        if key not in best or around + bits[k] < best[key].bits:
                            best[key] = _Fold(around + bits[k], kind, (found, k), start, given, key)
        return list(best.values())

    def _seconds_left(self):
        """The seconds that are left for functions; None without a limit."""
        most = self.watch.limits.seconds
        return None if most is None else max(0.0, most - self.watch.seconds)

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
                fold = self.leaves[part.head.name]
                found, k = fold.function
                head = self.dsl.family.fold(fold.kind, found.program(k), fold.start)
                made[part] = Program(head, [Program(fold.given)])
            else:
                made[part] = Program(part.head, [made[a] for a in part.arguments])
        return made[program]

    def _is_proven(self):
        return all(each.is_proven(self.certified_bits) for each in self.needed)

    def _narrow(self):
        """Tell the enumeration beyond how many bits no program can win any more."""
        if all(each.score.best is not None for each in self.needed):
            best = max(each.least for each in self.needed)
            bits = best - SAME - self.needed[0].score.least_code
            self.engine.narrow(math.ceil(bits * UNIT) / UNIT)
