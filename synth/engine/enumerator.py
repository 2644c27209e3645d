"""The enumerator: every program in order of cost, one bank for each type, nothing made twice.

It works through one band of costs after another.  Within a band, a behaviour that is met
again keeps its cheapest program, and the band is put in order when it closes, so that rows,
counts and certificates do not depend on how the costs were cut into bands.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synth.engine import curry, schedule
from synth.engine.band import Band
from synth.engine.bank import Bank
from synth.engine.crew import Crew
from synth.engine.machine import default_threads
from synth.language import UNIT, Grammar, Program, Type
from synth.records import Level, StopReason

#: Memory that a search takes beside its banks, for blocks, caught rows, scores and terms.  It
#: does not depend on how long the search goes on.
WORKING_MEMORY = 12 * 10**6
WORKING_SHARE = 0.06
#: The share of the memory that is kept for rows of the root type that are only scored.
SPARE_MEMORY = 0.01


class Enumerator:
    """Enumerates the programs of a grammar on some columns, band by band.

    Parameters
    ----------
    grammar : Grammar
        The grammar.
    columns : mapping of str to ndarray, shape (rows,)
        Input names and values.
    root : Type
        The type that is sought.
    watch : Watch
        The limits and their clock.
    labellings : Labellings, optional
        What programs are scored by.  If given, programs that can be part of no other program
        that counts are scored and not kept.

    After each `advance`, all programs of costs below `frontier` are in the banks, or scored.
    `stop_reason` is None while there is more to do.
    """

    grammar: Grammar
    candidates: int
    frontier: int
    stop_reason: StopReason | None

    def __init__(self, grammar, columns, root, watch, labellings=None):
        self.grammar = grammar
        self.columns = columns
        self.root = root
        self.watch = watch
        self.labellings = labellings
        self.rows = len(next(iter(columns.values())))
        limits = watch.limits
        self.crew = Crew(limits.threads or default_threads())
        most = None if limits.max_bits is None else self.cost_of(limits.max_bits)
        self.horizon = schedule.Horizon(grammar, root, most)
        extents = schedule.extents(grammar, root, most)
        self.memory = limits.memory - int(min(WORKING_MEMORY, WORKING_SHARE * limits.memory))
        rules = curry.rules(grammar)
        self.banks = {
            t: Bank(t, self.rows, _arity(rules, t), self.memory, self.crew) for t in extents
        }
        useful = schedule.extents(grammar, root, None).keys()
        rules = [r for r in rules if {r.result, *r.item.arguments} <= useful]
        self.rules = [r for r in rules if {r.result, *r.item.arguments} <= extents.keys()]
        more = len(self.rules) < len(rules)
        self.schedule = schedule.Schedule(grammar, self.rules, self.banks, extents, most, more)
        if labellings is not None:
            labellings.bind(self.bank)
        self.behaviours = _behaviours(root, columns)
        self.levels = {}
        self.candidates = 0
        #: Called between steps with the place of the work and whether a limit ends it: see
        #: `checkpoint`.
        self.between = None
        self.start_at(None, frontier=0, worked_off=0, window=0)

    def start_at(self, place, *, frontier, worked_off, window):
        """Begin, or begin again, after the bands below cost `worked_off`.

        Parameters
        ----------
        place : dict or None
            How far the next band was worked through, as `between` was told.
        frontier, worked_off, window : int
            What the attributes `frontier`, `worked_off` and `schedule.window` were.
        """
        self.frontier, self.worked_off = frontier, worked_off
        self.schedule.window = window
        self.stop_reason = None
        self.place = place
        self._bands = self.schedule.bands()

    def cost_of(self, bits: float) -> int:
        """The greatest cost of programs of so many bits."""
        return ((int(bits * UNIT) + 1) << self.grammar.shift) - 1

    def narrow(self, bits: float) -> None:
        """Let programs of more bits count no longer."""
        self.horizon.narrow(self.cost_of(max(bits, 0)))

    @property
    def bank(self):
        """The bank of the root type."""
        return self.banks[self.root]

    @property
    def seconds(self) -> float:
        """How long the enumeration has worked, without the time to compile and load kernels."""
        return self.watch.seconds

    @property
    def nbytes(self) -> int:
        """Bytes that the banks take."""
        return sum(bank.nbytes for bank in self.banks.values())

    def advance(self) -> range:
        """Work through one band; returns the new rows of the root's bank.

        A band that a limit cuts short is closed as it is, and `frontier` stays at its start.
        """
        first = len(self.bank) if self.place is None else self.place["before"][str(self.root)]
        if self.between is not None and self.place is None:
            self.between(None, False)
        band = next(self._bands, None)
        while band is not None and band[-1] <= self.worked_off:  # done before the checkpoint
            band = next(self._bands, None)
        frozen = self.horizon.frozen
        if band is None:
            self.stop_reason = self.schedule.ended if frozen is None else StopReason.MEMORY
            if self.horizon.most is not None:
                end = min(self.horizon.most + 1, self.horizon.complete_below())
                self.frontier = max(self.frontier, end)
        elif frozen is not None and band[0] > frozen:
            self.stop_reason = StopReason.MEMORY
        else:
            *work, after = band
            Band(self, *work).work_through()
            if not self.stop_reason:
                self.worked_off = after
                self.frontier = min(after, self.horizon.complete_below())
                if len(self.bank) == self.behaviours:
                    self.stop_reason = StopReason.EXHAUSTED
        self._check_exhausted()
        if self.stop_reason:
            self.close()
        return range(first, len(self.bank))

    def _check_exhausted(self):
        """Claim that nothing is left only if nothing was left out."""
        if self.stop_reason != StopReason.EXHAUSTED or not self.horizon.left_out:
            return
        # Without a bound only operands of no program of the root are left out.
        if len(self.bank) == self.behaviours or self.horizon.bound is None:
            return
        narrowed = self.horizon.narrowed
        self.stop_reason = StopReason.OPTIMAL if narrowed else StopReason.MAX_BITS
        self.frontier = max(self.frontier, self.horizon.bound + 1)

    def close(self) -> None:
        """End the threads; they start again if they are needed."""
        self.crew.close()

    def level_records(self) -> tuple[Level, ...]:
        """The levels so far, cheapest first."""
        merged: dict[int, tuple] = {}
        for cost in sorted(self.levels):
            units = cost >> self.grammar.shift
            made, new, dropped = merged.get(units, (0, 0, 0))
            more, fresh, lost = self.levels[cost]
            new = None if new is None or fresh is None else new + fresh
            merged[units] = made + more, new, dropped + lost
        return tuple(Level(units / UNIT, *counts) for units, counts in merged.items())

    @property
    def certified_bits(self) -> float | None:
        """All programs of up to so many bits were made; None for all programs.

        It is below 0 if there are programs of 0 bits and not all of them were made.
        """
        if self.stop_reason == StopReason.EXHAUSTED:
            return None
        if self.horizon.most is not None and self.frontier > self.horizon.most:
            return float(self.watch.limits.max_bits)
        certified = ((self.frontier >> self.grammar.shift) - 1) / UNIT
        cheapest = self.grammar.cheapest[self.root] >> self.grammar.shift
        return max(certified, 0.0) if cheapest else certified

    @property
    def kept_units(self) -> int:
        """All behaviours of programs of the root type of up to so many units are in its bank.

        Fewer units than are certified: programs that can be part of no other that counts, and
        programs made after memory has run out, are scored and not kept.
        """
        least = min(self.frontier, self.horizon.operands.get(self.root, -1) + 1)
        if self.horizon.frozen is not None:
            least = min(least, self.horizon.frozen - self.grammar.width + 1)  # see `freeze`
        return (least >> self.grammar.shift) - 1

    def row_bits(self, first: int, stop: int) -> NDArray[np.float64]:
        """The bits of rows first..stop of the root's bank, float64 (stop - first,)."""
        return (self.bank.row_costs(first, stop) >> self.grammar.shift) / UNIT

    def program(self, row: int, type: Type | None = None) -> Program:
        """The cheapest program of a row of the root's bank, or of another type's."""
        made, stack = {}, [(type or self.root, row)]
        while stack:
            key = stack[-1]
            rule, keys = self.origin(*key)
            if rule.kind == curry.LEAF:
                made[key] = Program(rule.item)
            else:
                missing = [k for k in keys if k not in made]
                if missing:
                    stack += missing
                    continue
                made[key] = Program(rule.item, rule.in_order([made[k] for k in keys]))
            stack.pop()
        return made[type or self.root, row]

    def origin(self, type, row):
        """A row's rule, and its operands as (Type, row), the free one last."""
        number, operands = self.banks[type].origin(row)
        rule = self._by_number[number]
        if rule.kind == curry.LEAF:
            return rule, []
        types = (*rule.fixed_types, rule.free_type)
        return rule, list(zip(types, operands[: len(types)], strict=True))

    @cached_property
    def _by_number(self):
        return {r.number: r for r in self.rules}

    def leaf_values(self, item):
        """The values of an input or a constant, (rows,)."""
        if hasattr(item, "value"):
            return np.full(self.rows, item.value, item.type.dtype)
        return item.type.check(self.columns[item.name], f"column {item.name}")

    # -- memory, and what need not be kept ----------------------------------------

    def memory_of(self, bank):
        """Bytes that one bank may take, the others being as they are."""
        spared = self.labellings is not None and self.horizon.frozen is None
        others = sum(b.nbytes for b in self.banks.values() if b is not bank)
        return int(self.memory * (1 - (SPARE_MEMORY if spared else 0))) - others

    def room(self, bank):
        """How many more rows a bank may hold."""
        return bank.limit(self.memory_of(bank)) - len(bank)

    def freeze(self, start):
        """Memory has run out: from here on programs are only scored, and not beyond what is held.

        A program exceeds its parts by `grammar.width` at least, so that all programs of less
        than the band's start and this are made of what is held.
        """
        if self.horizon.frozen is None and self.labellings is not None:
            self.horizon.frozen = start + self.grammar.width - 1
        elif self.horizon.frozen is None:
            self.stop_reason = StopReason.MEMORY

    def unneeded(self, bank, start):
        """Whether programs of a type and such a cost are operands of none that counts."""
        return self.labellings is not None and self.horizon.unneeded(bank.type, start)

    def only_scored(self, bank, start):
        """Whether candidates of such a cost are scored and not kept."""
        return bank is self.bank and self.unneeded(bank, start)

    def check(self):
        """Stop if a limit is reached."""
        if not self.stop_reason:
            self.stop_reason = self.watch.reason(self.candidates)


def _arity(rules, type_):
    return max(
        [len(r.fixed) + 1 for r in rules if r.result == type_ and r.kind != curry.LEAF], default=1
    )


def _behaviours(root, columns):
    """How many behaviours the root type can have on these rows; many, if that is many."""
    distinct = set()
    rows = len(next(iter(columns.values())))
    for first in range(0, rows, 64):
        parts = [c[first : first + 64].tolist() for c in columns.values()]
        distinct.update(zip(*parts, strict=True))
        if len(distinct) > 32:
            break
    return root.size ** len(distinct)
