"""One band: the candidates of a few neighbouring costs, made, put in order and recorded."""

import numpy as np

from synth.engine import curry
from synth.engine.job import Job
from synth.engine.making import most_terms
from synth.records import StopReason

#: Limits after which a search can go on from where it was.
PASSING = (StopReason.SECONDS, StopReason.MAX_PROGRAMS, StopReason.INTERRUPTED)


class Band:
    """The work of an `Enumerator` on one band.

    Parameters
    ----------
    enumerator : Enumerator
        Whose banks are filled, and whose `candidates`, `levels` and `stop_reason` are kept.
    start : int
        The first cost.
    costs : ndarray of int64
        The costs that have candidates, above `start`.
    held : int
        How many candidates these are.
    """

    def __init__(self, enumerator, start, costs, held):
        self.enumerator = enumerator
        self.start, self.held = start, held
        self.width = int(costs[-1]) + 1
        #: Whether the band has several costs: its rows are then put in order when it closes.
        self.many = len(costs) > 1
        banks = enumerator.banks
        self.before = {t: len(bank) for t, bank in banks.items()}
        #: Candidates made, and those without a value, by cost above the start.
        self.made = np.zeros((2, self.width), np.int64)
        self.caught = {t: [] for t in banks}

    def work_through(self):
        """Make all candidates, or as many as limits allow, and close the band."""
        engine, labellings = self.enumerator, self.enumerator.labellings
        if self.many and any(engine.room(bank) < self.held for bank in engine.banks.values()):
            engine.freeze(self.start)
        scored = engine.only_scored(engine.bank, self.start)
        if labellings is not None:
            labellings.open(self.start >> engine.grammar.shift)
        place, engine.place = engine.place, None
        if place is not None:
            self.made[:] = place["made"]
            self.before = {t: place["before"][str(t)] for t in engine.banks}
            if labellings is not None:
                labellings.histogram[:] = place["histogram"]
        for number, rule in enumerate(engine.rules):
            if engine.stop_reason:
                break
            if place is not None and number < place["rule"]:
                continue
            cost = rule.production.cost
            if rule.kind == curry.LEAF and not self.start <= cost < self.start + self.width:
                continue  # quickly: a grammar may have thousands of inputs
            done = (0, 0)
            if place is not None and number == place["rule"]:
                done = place["terms"], place["done"]
            self._apply(number, rule, done)
        scored |= engine.only_scored(engine.bank, self.start)
        for type_, bank in engine.banks.items():
            if self.many:
                self._put_in_order(bank, self.caught[type_])
            else:
                bank.close_level(self.start)
        if labellings is not None:
            labellings.close()
        self._record(scored)

    def _apply(self, number, rule, done):
        """Make a rule's candidates.

        done: how many jobs, and candidates of the next one, were done before a pause.
        """
        engine, start = self.enumerator, self.start
        bank, cost = engine.banks[rule.result], rule.production.cost
        if bank is not engine.bank and engine.unneeded(bank, start):
            return
        stop = min(start + self.width, engine.schedule.extents[rule.result] + 1)
        if rule.kind == curry.LEAF:
            if start <= cost < stop:
                self._add_leaf(bank, rule)
                self._pause(number + 1, 0, 0)
            return
        most = most_terms(bank, *(engine.banks[t] for t in rule.item.arguments))
        terms = engine.schedule.terms(rule, start, stop, most)
        for k, some in enumerate(terms):
            if k < done[0]:
                continue
            job = self._job(bank, rule, some)
            if k == done[0]:
                job.made = done[1]
            while not (job.done or engine.stop_reason):
                left = engine.watch.programs_left(engine.candidates)
                memory = engine.memory_of(bank)
                engine.candidates += job.step(left, memory, engine.watch.is_late)
                if job.full:
                    self._run_out(bank, job)
                engine.check()
                self._pause(number, k, job.made, job.tally)
            self.made += job.tally
            self.caught[rule.result] += job.caught
            if engine.stop_reason or job.full:
                return

    def _job(self, bank, rule, terms):
        engine = self.enumerator
        return Job(
            engine.crew,
            bank,
            rule,
            operands=[engine.banks[t] for t in rule.fixed_types],
            free=engine.banks[rule.free_type],
            terms=terms,
            width=self.width,
            labellings=engine.labellings if engine.only_scored(bank, self.start) else None,
            keep=not self.many,
        )

    def _run_out(self, bank, job):
        """Memory has run out within a job: go on by scoring alone, or stop."""
        engine = self.enumerator
        engine.freeze(self.start)
        if engine.horizon.frozen is not None and bank is engine.bank and job.labellings is None:
            job.labellings, job.full = engine.labellings, False
        elif bank is engine.bank:
            engine.stop_reason = StopReason.MEMORY

    def _add_leaf(self, bank, rule):
        engine, above = self.enumerator, rule.production.cost - self.start
        catch = bank.catch(1, 1)
        catch.words[:] = bank.type.pack(engine.leaf_values(rule.item)[None])
        catch.rule[:], catch.arguments[:], catch.above[:] = rule.number, 0, above
        self.made[0, above] += 1
        engine.candidates += 1
        if self.many:
            columns = catch.words, catch.rule, catch.arguments, catch.above
            self.caught[rule.result].append(columns)
        elif bank.merge(catch, 0, 1, engine.memory_of(bank)) == 0:
            engine.stop_reason = StopReason.MEMORY
        engine.check()

    def _pause(self, rule, terms, done, tally=0):
        """Tell `between` how far the band is worked through; if it is of many costs, not at all.

        rule: the number of the rule at work; terms: of the job; done: candidates of the job.
        """
        engine = self.enumerator
        if engine.between is None:
            return
        ending = engine.stop_reason in PASSING
        if self.many:  # nothing of the band is in the banks yet
            if ending:
                engine.between(None, True)
            return

        def place():
            labellings = engine.labellings
            return {
                "rule": rule,
                "terms": terms,
                "done": done,
                "before": {str(t): n for t, n in self.before.items()},
                "made": (self.made + tally).tolist(),
                "histogram": None if labellings is None else labellings.histogram.tolist(),
            }

        engine.between(place, ending)

    def _put_in_order(self, bank, caught):
        """Put caught rows into a bank: by cost, and in canonical order within one."""
        columns = [np.concatenate(parts) for parts in zip(*caught, strict=True)]
        if not columns or not len(columns[-1]):
            return
        above = columns[-1]
        if above.max() < 2**16:  # which numpy sorts by radix
            above = above.astype(np.uint16)
        order = np.argsort(above, kind="stable")
        words, rule, arguments, above = (column[order] for column in columns)
        catch = bank.catch(0, 1)._replace(
            words=words,
            rule=rule,
            arguments=arguments,
            above=above,
            slot=np.empty(len(rule), np.uint64),
            offset=np.zeros(len(rule), np.uint32),
            fresh=np.zeros(len(rule), np.uint8),
        )
        first, memory = len(bank), self.enumerator.memory_of(bank)
        done = bank.merge_all(catch, np.array([[0, len(rule)]]), memory)
        if not done and bank.merge(catch, 0, len(rule), memory) < len(rule):
            self.enumerator.stop_reason = StopReason.MEMORY
        kept = above[catch.fresh.view(bool)]
        costs, starts = np.unique(kept, return_index=True)
        stops = [*starts[1:], len(kept)]
        bank.costs += [self.start + int(c) for c in costs]
        bank.ends += [first + int(e) for e in stops[: len(costs)]]

    def _record(self, scored):
        """Record the levels; scored: whether candidates were not told apart."""
        engine, new = self.enumerator, {}
        for type_, bank in engine.banks.items():
            for level in reversed(range(len(bank.costs))):
                if bank.ends[level] <= self.before[type_]:
                    break
                cost = bank.costs[level]
                new[cost] = new.get(cost, 0) + bank.ends[level] - bank.start(level)
        for above in np.flatnonzero(self.made[0]):
            cost = self.start + int(above)
            fresh = None if scored else new.get(cost, 0)
            engine.levels[cost] = int(self.made[0, above]), fresh, int(self.made[1, above])
