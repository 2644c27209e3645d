"""The enumerator: every program in order of cost, one bank a type, nothing made twice.

It works off one band of costs after another.  Within a band a behaviour that is met
again keeps its cheapest program, and the band is put in order when it closes, so
that rows, counts and certificates do not depend on how the costs were cut.
"""

import time
from dataclasses import dataclass

import numpy as np

from synth import curry, schedule
from synth.bank import CURRIED_WORDS, Bank
from synth.grammar import UNIT
from synth.program import Program

#: Words that one call may make before limits are looked at: some milliseconds.
CALL_WORDS = 2**22


@dataclass(frozen=True)
class Level:
    """What was made at one exact cost, over all types.

    bits; candidates made; distinct behaviours among them that were new; dropped:
    candidates without a value on some row.
    """

    bits: float
    candidates: int
    distinct: int
    dropped: int


class Enumerator:
    """Enumerates a grammar on columns of one length, band by band.

    columns: a mapping of input names to arrays (rows,); root: the type that is
    sought; limits: a `Limits`; interrupted: a function that says whether to stop.

    After each `advance`, programs of every cost below `frontier` (in units) are
    in the banks; `stop_reason` is None while there is more to do.
    """

    def __init__(self, grammar, columns, root, limits, interrupted=lambda: False):
        self.grammar = grammar
        self.columns = columns
        self.root = root
        self.limits = limits
        self.interrupted = interrupted
        self.started = time.monotonic()
        self.rows = len(next(iter(columns.values())))
        self.rules = curry.rules(grammar)
        self.most = None
        if limits.max_bits is not None:
            self.most = ((int(limits.max_bits * UNIT) + 1) << grammar.shift) - 1
        reach = schedule.reach(grammar, root, self.most)
        self.banks = {t: Bank(t, self.rows, _arity(self.rules, t), limits.memory) for t in reach}
        useful = schedule.reach(grammar, root, None).keys()
        rules = [r for r in self.rules if {r.result, *r.item.arguments} <= useful]
        self.rules = [r for r in rules if {r.result, *r.item.arguments} <= reach.keys()]
        self.behaviours = _behaviours(root, columns)
        self.frontier = 0
        self.candidates = 0
        self.levels = {}
        self.stop_reason = None
        self.schedule = schedule.Schedule(
            grammar, self.rules, self.banks, reach, self.most, len(self.rules) < len(rules)
        )
        self._bands = self.schedule.bands()
        # Rules with three fixed operands and more do not run in canonical order.
        self._unordered = any(len(r.fixed) > 2 for r in self.rules)

    @property
    def bank(self):
        """The bank of the root type."""
        return self.banks[self.root]

    @property
    def seconds(self):
        return time.monotonic() - self.started

    @property
    def nbytes(self):
        return sum(bank.nbytes for bank in self.banks.values())

    def advance(self):
        """Works off one band; returns the rows of the root's bank that are new, as a range.

        A band that a limit cuts short is closed as it is, and `frontier` stays at
        its start.
        """
        first = len(self.bank)
        band = next(self._bands, None)
        if band is None:
            self._stop(self.schedule.ended)
            return range(first, first)
        *work, after = band
        self._work_off(*work)
        if not self.stop_reason:
            self.frontier = after
        if not self.stop_reason and len(self.bank) == self.behaviours:
            self._stop("exhausted")
        return range(first, len(self.bank))

    def level_records(self):
        """The levels so far, cheapest first."""
        merged = {}
        for cost in sorted(self.levels):
            held = merged.get(cost >> self.grammar.shift, (0, 0, 0))
            merged[cost >> self.grammar.shift] = tuple(
                map(sum, zip(held, self.levels[cost], strict=True))
            )
        return tuple(Level(units / UNIT, *counts) for units, counts in merged.items())

    @property
    def certified_bits(self):
        """Programs of up to so many bits are in the banks; None: all programs."""
        if self.stop_reason == "exhausted":
            return None
        if self.stop_reason == "max_bits":
            return float(self.limits.max_bits)
        return max(0, (self.frontier >> self.grammar.shift) - 1) / UNIT

    def row_bits(self, first, stop):
        """The bits of rows first..stop of the root's bank, float64."""
        return (self.bank.row_costs(first, stop) >> self.grammar.shift) / UNIT

    def program(self, row, type=None):
        """The cheapest program of a row of a bank."""
        made, stack = {}, [(type or self.root, row)]
        while stack:
            key = stack[-1]
            number, operands = self.banks[key[0]].origin(key[1])
            rule = self._by_number[number]
            if rule.kind == curry.LEAF:
                made[key] = Program(rule.item)
            else:
                types = (*rule.fixed_types, rule.free_type)
                keys = list(zip(types, operands[: len(types)], strict=True))
                missing = [k for k in keys if k not in made]
                if missing:
                    stack += missing
                    continue
                made[key] = Program(rule.item, rule.in_order([made[k] for k in keys]))
            stack.pop()
        return made[type or self.root, row]

    @property
    def _by_number(self):
        if not hasattr(self, "_numbered"):
            self._numbered = {r.number: r for r in self.rules}
        return self._numbered

    def _stop(self, reason):
        self.stop_reason = reason

    def _work_off(self, start, costs):
        width, many = int(costs[-1]) + 1, len(costs) > 1 or self._unordered
        before = {t: len(bank) for t, bank in self.banks.items()}
        for bank in self.banks.values():
            bank.open_band(width, many)
        for rule in self.rules:
            if self.stop_reason:
                break
            self._apply(rule, start, start + width)
        for bank in self.banks.values():
            bank.close_band(start, int(costs[-1]))
        self._record(start, before)

    def _record(self, start, before):
        made = sum(bank.store.tally for bank in self.banks.values())
        new = {}
        for type_, bank in self.banks.items():
            for level in reversed(range(len(bank.costs))):
                if bank.ends[level] <= before[type_]:
                    break
                cost = bank.costs[level]
                new[cost] = new.get(cost, 0) + bank.ends[level] - bank.start(level)
        for above in np.flatnonzero(made[0]):
            cost = start + int(above)
            self.levels[cost] = int(made[0, above]), new.get(cost, 0), int(made[1, above])

    def _apply(self, rule, start, stop):
        """Makes a rule's candidates of cost start..stop."""
        bank = self.banks[rule.result]
        stop = min(stop, self.schedule.reach[rule.result] + 1)
        units = rule.production.cost
        if rule.kind == curry.LEAF:
            if start <= units < stop:
                self.candidates += bank.add_leaf(rule, self._leaf(rule.item), units - start)
                self._check(bank)
            return
        operands = [self.banks[t] for t in rule.fixed_types]
        free = self.banks[rule.free_type]
        most = int(np.clip(CURRIED_WORDS // bank.words, 1, 4096))
        for terms in self.schedule.terms(rule, start, stop, most):
            bank.begin()
            done = False
            while not done:
                budget = max(1, CALL_WORDS // (bank.words + 3))
                if self.limits.max_programs is not None:
                    budget = min(budget, self.limits.max_programs - self.candidates)
                made, done = bank.extend(rule, operands, free, terms, budget, self._must_stop)
                self.candidates += made
                self._check(bank)
                if self.stop_reason:
                    return

    def _leaf(self, item):
        if hasattr(item, "value"):
            return np.full(self.rows, item.value, item.type.dtype)
        return item.type.check(self.columns[item.name], f"column {item.name}")

    def _must_stop(self):
        """Whether a call of a primitive's own body, which may be slow, is the last one."""
        late = self.limits.seconds is not None and self.seconds >= self.limits.seconds
        return late or self.interrupted()

    def _check(self, bank):
        limits = self.limits
        if self.interrupted():
            self._stop("interrupted")
        elif limits.max_programs is not None and self.candidates >= limits.max_programs:
            self._stop("max_programs")
        elif limits.seconds is not None and self.seconds >= limits.seconds:
            self._stop("seconds")
        elif bank.full or self.nbytes + bank.index_growth() > limits.memory:
            self._stop("memory")


def _arity(rules, type_):
    return max(
        [len(r.fixed) + 1 for r in rules if r.result == type_ and r.kind != curry.LEAF], default=1
    )


def _behaviours(root, columns):
    """How many behaviours the root type can have on these rows; many, where that is many."""
    distinct = set()
    for row in zip(*(c.tolist() for c in columns.values()), strict=True):
        distinct.add(row)
        if len(distinct) > 32:
            break
    return root.size ** len(distinct)
