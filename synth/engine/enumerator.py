"""The enumerator: every program in order of cost, one bank a type, nothing made twice.

It works off one band of costs after another.  Within a band a behaviour that is met
again keeps its cheapest program, and the band is put in order when it closes, so
that rows, counts and certificates do not depend on how the costs were cut.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from synth.engine import curry, schedule
from synth.engine.bank import Bank
from synth.engine.crew import Crew, default_threads, working_time
from synth.engine.job import Job
from synth.language import UNIT, Grammar, Program, Type
from synth.records import Level, StopReason

#: What a search takes beside its banks: blocks and catches of new rows, scores, terms.  It
#: does not depend on how much is searched.
WORKING_MEMORY = 12 * 10**6
WORKING_SHARE = 0.06
#: Of the memory, what rows of the root type that only need a score may take beside the rest.
SPARE_MEMORY = 0.01


class Enumerator:
    """Enumerates a grammar on columns of one length, band by band.

    columns: a mapping of input names to arrays (rows,); root: the type that is
    sought; limits: a `Limits`; interrupted: a function that says whether to stop;
    aim: a `score.Aim`, where programs are sought for their score alone: then those that
    can be part of no other that counts are scored and not kept.

    After each `advance`, programs of every cost below `frontier` are in
    the banks, or scored; `stop_reason` is None while there is more to do.
    """

    grammar: Grammar
    candidates: int
    frontier: int
    stop_reason: str | None

    def __init__(self, grammar, columns, root, limits, interrupted=lambda: False, aim=None):
        self.grammar = grammar
        self.columns = columns
        self.root = root
        self.limits = limits
        self.interrupted = interrupted
        self.aim = aim
        self.started = working_time()
        self.rows = len(next(iter(columns.values())))
        self.rules = curry.rules(grammar)
        self.crew = Crew(limits.threads or default_threads())
        self.most = None
        if limits.max_bits is not None:
            self.most = self.cost_of(limits.max_bits)
        reach = schedule.reach(grammar, root, self.most)
        self.memory = limits.memory - int(min(WORKING_MEMORY, WORKING_SHARE * limits.memory))
        self.banks = {t: Bank(t, self.rows, _arity(self.rules, t), self.memory, self.crew)
                      for t in reach}  # fmt: skip
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
        #: The greatest cost that still counts, and up to which cost each type is an operand.
        self.bound = self.most
        self._operands = schedule.operand_reach(grammar, root, self.most)
        self._left_out = False
        #: A function that keeps a checkpoint where one is due, and where to go on from one.
        self.keep = None
        self._place = None
        self._at_start = self._worked_off = 0
        #: Where memory has ended, the cost up to which scoring alone goes on.
        self._frozen = None

    def cost_of(self, bits: float) -> int:
        """The greatest cost of programs of so many bits."""
        return ((int(bits * UNIT) + 1) << self.grammar.shift) - 1

    def narrow(self, bits: float) -> None:
        """Says that programs of more bits do not count, however far the search goes."""
        bound = self.cost_of(max(bits, 0))
        if self.bound is None or bound < self.bound:
            self.bound = bound
            self._operands = schedule.operand_reach(self.grammar, self.root, bound)

    @property
    def bank(self):
        """The bank of the root type."""
        return self.banks[self.root]

    @property
    def seconds(self) -> float:
        """Since the enumeration began, without what compiling and loading kernels took."""
        return working_time() - self.started

    @property
    def nbytes(self) -> int:
        return sum(bank.nbytes for bank in self.banks.values())

    def advance(self) -> range:
        """Works off one band; returns the rows of the root's bank that are new, as a range.

        A band that a limit cuts short is closed as it is, and `frontier` stays at
        its start.
        """
        first = len(self.bank) if self._place is None else self._place["before"][str(self.root)]
        if self.keep is not None and self._place is None:
            self._at_start = self.candidates
            self.keep(None, False)
        band = next(self._bands, None)
        while band is not None and band[-1] <= self._worked_off:  # done before the checkpoint
            band = next(self._bands, None)
        if band is None:
            self._stop(StopReason.MEMORY if self._frozen is not None else self.schedule.ended)
            if self.most is not None:
                self.frontier = max(self.frontier, min(self.most + 1, self._complete_below()))
        elif self._frozen is not None and band[0] > self._frozen:
            self._stop(StopReason.MEMORY)
        else:
            *work, after = band
            self._work_off(*work)
            if not self.stop_reason:
                self._worked_off = after
                self.frontier = min(after, self._complete_below())
            if not self.stop_reason and len(self.bank) == self.behaviours:
                self._stop(StopReason.EXHAUSTED)
        all_found = len(self.bank) == self.behaviours
        if self.stop_reason == StopReason.EXHAUSTED and self._left_out and not all_found:
            # Of what lies beyond the bound, not all was made.
            self.stop_reason = StopReason.OPTIMAL if self._narrowed else StopReason.MAX_BITS
            self.frontier = max(self.frontier, self.bound + 1)
        if self.stop_reason:
            self.close()
        return range(first, len(self.bank))

    def close(self) -> None:
        """Ends the threads."""
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
        """Programs of up to so many bits are in the banks; None: all programs.

        Below 0 where not even those of 0 bits are, and there are some.
        """
        if self.stop_reason == StopReason.EXHAUSTED:
            return None
        if self.most is not None and self.frontier > self.most:
            return float(self.limits.max_bits)
        certified = ((self.frontier >> self.grammar.shift) - 1) / UNIT
        cheapest = self.grammar.cheapest[self.root] >> self.grammar.shift
        return max(certified, 0.0) if cheapest else certified

    def row_bits(self, first: int, stop: int) -> NDArray[np.float64]:
        """The bits of rows first..stop of the root's bank, float64."""
        return (self.bank.row_costs(first, stop) >> self.grammar.shift) / UNIT

    def program(self, row: int, type: Type | None = None) -> Program:
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

    @cached_property
    def _by_number(self):
        return {r.number: r for r in self.rules}

    def _stop(self, reason):
        self.stop_reason = reason

    def _complete_below(self):
        """Below which cost all programs can be made, since nothing they need was left out."""
        if self._frozen is not None:
            return self._frozen + 1
        return self.bound + 1 if self._left_out and self.bound is not None else 2**62

    @property
    def _narrowed(self):
        return self.bound is not None and (self.most is None or self.bound < self.most)

    def _work_off(self, start, costs, held):
        many = len(costs) > 1
        before = {t: len(bank) for t, bank in self.banks.items()}
        made = np.zeros((2, int(costs[-1]) + 1), np.int64)
        caught = {t: [] for t in self.banks}
        if many and any(self._room(bank) < held for bank in self.banks.values()):
            self._freeze(start)
        scored = self._only_scored(self.bank, start)
        if self.aim is not None:
            self.aim.open(start >> self.grammar.shift)
        place, self._place = self._place, None
        if place is not None:
            made[:] = place["made"]
            before = {t: place["before"][str(t)] for t in self.banks}
            if self.aim is not None:
                self.aim.histogram[:] = place["histogram"]
        for number, rule in enumerate(self.rules):
            if self.stop_reason:
                break
            if place is not None and number < place["rule"]:
                continue
            cost = rule.production.cost
            if rule.kind == curry.LEAF and not start <= cost < start + made.shape[1]:
                continue  # quickly: a grammar may have thousands of inputs
            bank = self.banks[rule.result]
            if bank is not self.bank and self._unneeded(bank, start):
                continue
            here = {"rule": number, "before": {str(t): n for t, n in before.items()}}
            done = (0, 0)
            if place is not None and number == place["rule"]:
                done = place["terms"], place["done"]
            self._apply(rule, start, made, caught[rule.result] if many else None, here, done)
        scored |= self._only_scored(self.bank, start)
        for type_, bank in self.banks.items():
            if many:
                self._close(bank, start, caught[type_])
            else:
                bank.close_level(start)
        if self.aim is not None:
            self.aim.close()
        self._record(start, made, before, scored)

    def _close(self, bank, start, caught):
        """Puts a band of several costs in order: by cost, and in canonical order within one."""
        columns = [np.concatenate(parts) for parts in zip(*caught, strict=True)]
        if not columns or not len(columns[-1]):
            return
        above = columns[-1]
        if above.max() < 2**16:  # which numpy sorts by radix
            above = above.astype(np.uint16)
        order = np.argsort(above, kind="stable")
        words, rule, arguments, above = (column[order] for column in columns)
        catch = bank.catch(0, 1)._replace(
            words=words, rule=rule, arguments=arguments, above=above,
            slot=np.empty(len(rule), np.uint64), offset=np.zeros(len(rule), np.uint32),
            fresh=np.zeros(len(rule), np.uint8),
        )  # fmt: skip
        first = len(bank)
        whole = np.array([[0, len(rule)]])
        done = bank.merge_all(catch, whole, self._memory(bank))
        if not done and bank.merge(catch, 0, len(rule), self._memory(bank)) < len(rule):
            self._stop(StopReason.MEMORY)
        kept = above[catch.fresh.view(bool)]
        costs, starts = np.unique(kept, return_index=True)
        stops = [*starts[1:], len(kept)]
        bank.costs += [start + int(c) for c in costs]
        bank.ends += [first + int(e) for e in stops[: len(costs)]]

    def _record(self, start, made, before, scored):
        new = {}
        for type_, bank in self.banks.items():
            for level in reversed(range(len(bank.costs))):
                if bank.ends[level] <= before[type_]:
                    break
                cost = bank.costs[level]
                new[cost] = new.get(cost, 0) + bank.ends[level] - bank.start(level)
        for above in np.flatnonzero(made[0]):
            cost = start + int(above)
            fresh = None if scored else new.get(cost, 0)
            self.levels[cost] = int(made[0, above]), fresh, int(made[1, above])

    def _apply(self, rule, start, made, caught, here, done):
        """Makes a rule's candidates within the band; adds to `made`, and to `caught`.

        here: what a checkpoint has to know of the place; done: how many jobs, and
        candidates of the next one, were done before the checkpoint.
        """
        bank = self.banks[rule.result]
        stop = min(start + made.shape[1], self.schedule.reach[rule.result] + 1)
        cost = rule.production.cost
        if rule.kind == curry.LEAF:
            if start <= cost < stop:
                self._add_leaf(bank, rule, cost - start, made, caught)
            return
        operands = [self.banks[t] for t in rule.fixed_types]
        free = self.banks[rule.free_type]
        jobs = self.schedule.terms(rule, start, stop, Job.most_terms(bank))
        for number, terms in enumerate(jobs):
            if number < done[0]:
                continue
            aim = self.aim if self._only_scored(bank, start) else None
            job = Job(self.crew, bank, rule, operands, free, terms, made.shape[1], aim=aim,
                      keep=caught is None)  # fmt: skip
            if number == done[0]:
                job.made = done[1]
            while not (job.done or self.stop_reason):
                self.candidates += job.step(self._budget(), self._memory(bank), self._must_stop)
                if job.full:
                    self._freeze(start)
                    if self._frozen is not None and bank is self.bank and job.aim is None:
                        job.aim, job.full = self.aim, False
                    elif bank is self.bank:
                        self._stop(StopReason.MEMORY)
                self._check()
                if self.keep is not None:
                    self._keep(here, number, job, made, caught)
            made += job.tally
            if caught is not None:
                caught += job.caught
            if self.stop_reason or job.full:
                return

    def _keep(self, here, number, job, made, caught):
        """Keeps a checkpoint within a band, where one is due or a limit ends the search."""
        ending = self.stop_reason in (
            StopReason.SECONDS,
            StopReason.MAX_PROGRAMS,
            StopReason.INTERRUPTED,
        )
        if caught is not None:  # nothing of the band is in the banks yet
            if ending:
                self.keep(None, True)
            return
        histogram = None if self.aim is None else self.aim.histogram.tolist()
        self._at_start = self.candidates
        self.keep(
            lambda: {
                **here, "terms": number, "done": job.made, "made": (made + job.tally).tolist(),
                "histogram": histogram,
            },
            ending,
        )  # fmt: skip

    def state(self, place):
        """(arrays by name, plain values) that `restore` takes."""
        arrays, banks = {}, []
        for k, bank in enumerate(self.banks.values()):
            more, values = bank.state()
            arrays |= {f"bank{k}.{name}": array for name, array in more.items()}
            banks.append(values)
        return arrays, {
            "banks": banks, "frontier": self.frontier, "worked_off": self._worked_off,
            "window": self.schedule.window,
            "candidates": self._at_start, "levels": [[c, *e] for c, e in self.levels.items()],
            "seconds": self.seconds, "frozen": self._frozen, "bound": self.bound,
            "left_out": self._left_out, "place": place,
        }  # fmt: skip

    def restore(self, state, array):
        """Takes up what `state` gave; array: a function that gives an array by name."""
        banks = zip(self.banks.values(), state["banks"], strict=True)
        for k, (bank, values) in enumerate(banks):
            bank.restore(values, lambda name, k=k: array(f"bank{k}.{name}"))
        self.frontier, self.candidates = state["frontier"], state["candidates"]
        self._at_start, self._worked_off = self.candidates, state["worked_off"]
        self.schedule.window = state["window"] or 0
        self.levels = {c: tuple(e) for c, *e in state["levels"]}
        self.started = working_time() - state["seconds"]
        self._frozen, self._left_out = state["frozen"], state["left_out"]
        self.bound, self._place = state["bound"], state["place"]
        self._operands = schedule.operand_reach(self.grammar, self.root, self.bound)

    def _add_leaf(self, bank, rule, above, made, caught):
        values = self.leaf_values(rule.item)
        words = bank.type.pack(values[None])
        catch = bank.catch(1, 1)
        catch.words[:], catch.rule[:], catch.arguments[:] = words, rule.number, 0
        catch.above[:] = above
        made[0, above] += 1
        self.candidates += 1
        if caught is not None:
            caught.append((catch.words, catch.rule, catch.arguments, catch.above))
        elif bank.merge(catch, 0, 1, self._memory(bank)) == 0:
            self._stop(StopReason.MEMORY)
        self._check()

    # -- limits -------------------------------------------------------------------

    def _memory(self, bank):
        """Bytes that one bank may take, the others being as they are."""
        spare = SPARE_MEMORY if self.aim is not None and self._frozen is None else 0
        others = sum(b.nbytes for b in self.banks.values() if b is not bank)
        return int(self.memory * (1 - spare)) - others

    def _room(self, bank):
        return bank.limit(self._memory(bank)) - len(bank)

    def _freeze(self, start):
        """Memory has ended: from here on programs are only scored, and not beyond what is held.

        A program exceeds its parts by `grammar.width` at least, so that all of less than
        the band's start and this are made of what is held.
        """
        if self._frozen is None and self.aim is not None:
            self._frozen = start + self.grammar.width - 1
        elif self._frozen is None:
            self._stop(StopReason.MEMORY)

    def _unneeded(self, bank, start):
        """Whether programs of a type and of such a cost can be operands of none that counts."""
        if self.aim is None:
            return False
        found = self._frozen is not None or start > self._operands.get(bank.type, -1)
        self._left_out |= found
        return found

    def _only_scored(self, bank, start):
        return bank is self.bank and self._unneeded(bank, start)

    def _budget(self):
        if self.limits.max_programs is None:
            return 2**62
        return self.limits.max_programs - self.candidates

    def leaf_values(self, item):
        """The values of an input or a constant, (rows,)."""
        if hasattr(item, "value"):
            return np.full(self.rows, item.value, item.type.dtype)
        return item.type.check(self.columns[item.name], f"column {item.name}")

    def _must_stop(self):
        """Whether a call of a primitive's own body, which may be slow, is the last one."""
        late = self.limits.seconds is not None and self.seconds >= self.limits.seconds
        return late or self.interrupted()

    def _check(self):
        limits = self.limits
        if self.stop_reason:
            return
        if self.interrupted():
            self._stop(StopReason.INTERRUPTED)
        elif limits.max_programs is not None and self.candidates >= limits.max_programs:
            self._stop(StopReason.MAX_PROGRAMS)
        elif limits.seconds is not None and self.seconds >= limits.seconds:
            self._stop(StopReason.SECONDS)


def _arity(rules, type_):
    return max(
        [len(r.fixed) + 1 for r in rules if r.result == type_ and r.kind != curry.LEAF], default=1
    )


def _behaviours(root, columns):
    """How many behaviours the root type can have on these rows; many, where that is many."""
    distinct = set()
    rows = len(next(iter(columns.values())))
    for first in range(0, rows, 64):
        parts = [c[first : first + 64].tolist() for c in columns.values()]
        distinct.update(zip(*parts, strict=True))
        if len(distinct) > 32:
            break
    return root.size ** len(distinct)
