"""A job: the candidates of one rule for some fixed operands, made by several threads.

The candidates stand in one canonical order, which is cut into units.  Threads make
the units of a round side by side, and only read the banks; what each finds is put in
when all are done, in the units' order.  So the number of threads, and how long units
are, change nothing: rows, counts, and where a limit strikes are the same.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from synth import kernels
from synth.engine import curry
from synth.engine.crew import working_time

#: Words that the curried operands of one job may take.
CURRIED_WORDS = 2**18
#: Values in one call of a primitive's own body.
CALL_VALUES = 2**16
#: Words that one unit may make at most, and at first; in between it grows until it takes
#: so many seconds, a hundred times what a round of several threads costs.
UNIT_WORDS = 2**26
FIRST_UNIT_WORDS = 2**18
UNIT_SECONDS = 0.005
#: Of several threads, each makes as many units in a round, more or fewer: units of equal
#: length may take unequal time.
ROUND_UNITS = 4
#: A round of fewer words is not worth waking the other threads.
ROUND_WORDS = 2**18
#: Bytes of the rows that one thread may catch in a round: the index's lines are still in a
#: second-level cache when they are put in.  And all of several: fewer rounds, in each of
#: which the threads wait for each other three times.
CATCH_BYTES = 2**20
ALL_CATCH_BYTES = 2**22

_KIND = {
    curry.BITS: kernels.BITS,
    curry.PLUS: kernels.PLUS,
    curry.MINUS: kernels.MINUS,
    curry.RING: kernels.RING,
    curry.TABLE: kernels.TABLE,
}


class Hand:
    """One thread's buffers for one bank: a block, and a part of the catch of new rows.

    catch: the part.
    """

    def __init__(self, bank, catch):
        size = bank.block
        self.scratch = kernels.Scratch(
            np.zeros((size, bank.words), np.uint64),
            np.empty(size, np.uint64),
            np.empty(size + 1, np.uint32),
            np.zeros(size, np.uint8),
            np.zeros(size, np.uint8),
        )
        self.catch = catch


class Hands:
    """The buffers of all threads for one bank.

    whole: the catch, of which every hand has a part of `room` rows; unit: how many
    candidates the last unit had, from which the next job goes on.
    """

    def __init__(self, bank, threads):
        some = CATCH_BYTES if threads == 1 else ALL_CATCH_BYTES // threads
        self.room = max(some // (bank.row_bytes + 17), 2 * bank.block)
        self.whole = bank.catch(threads * self.room, 1)
        self.unit = max(1, FIRST_UNIT_WORDS // (bank.words + 3))
        self._hands = [Hand(bank, self._part(k)) for k in range(threads)]

    def _part(self, k):
        part = slice(k * self.room, (k + 1) * self.room)
        *columns, _, _ = (column[part] for column in self.whole)
        return kernels.Catch(*columns, np.zeros(1, np.int64), np.zeros((2, 1), np.int64))

    def __getitem__(self, k):
        return self._hands[k]

    def clear(self):
        for hand in self._hands:
            hand.catch.state[0] = 0

    def segments(self, units):
        """Where in the whole catch the rows of some units are, int64 (U, 2)."""
        starts = [unit.hand * self.room + np.array([unit.start, unit.stop]) for unit in units]
        return np.array(starts, np.int64)

    def fullest(self):
        """The share of its part that the fullest hand has filled."""
        return max(hand.catch.state[0] for hand in self._hands) / self.room


@dataclass
class Unit:
    """A unit that was made: by which hand, and how many candidates.

    start, stop: the rows that it caught, in the hand's part of the catch; tally and
    target: what it counted (see `kernels.Catch` and `kernels.Target`).
    """

    hand: int
    made: int
    start: int
    stop: int
    tally: np.ndarray
    target: object


class Job:
    """The candidates of `rule` for `terms` (see `schedule.terms`), in units.

    bank: where they go; operands: the banks of the fixed operands; free: that of the
    free one; width: of the band, in costs; labellings: `Labellings` where candidates are
    scored and only those that may matter are kept, else None; keep: whether new
    rows go into the bank at once, or are collected in `caught`, with their costs.
    """

    def __init__(
        self, crew, bank, rule, operands, free, terms, width, *, labellings=None, keep=True
    ):
        self.crew, self.bank, self.rule = crew, bank, rule
        self.operands, self.free = operands, free
        self.width, self.labellings, self.keep = width, labellings, keep
        self.fixed, self.base, low, high = terms
        self.low = np.minimum(low, high)
        self.high = high
        self.starts = np.concatenate([[0], np.cumsum(self.high - self.low)])
        self.total = int(self.starts[-1])
        self.made = 0
        #: The size of the index with which the catch was filled, None where without.
        self.slots = None
        self.full = False
        self.caught = []
        self.tally = np.zeros((2, width), np.int64)
        self.ends = np.array(free.ends, np.int64)
        self.costs = np.array(free.costs, np.int64)
        if bank not in crew.kept:
            crew.kept[bank] = Hands(bank, crew.threads)
        self.hands = crew.kept[bank]
        self.longest = max(1, UNIT_WORDS // (bank.words + 3))
        self.work = None if rule.kind == curry.CALL else self._work()

    @staticmethod
    def most_terms(bank):
        """How many terms one job for a bank may have."""
        return int(np.clip(CURRIED_WORDS // bank.words, 1, 4096))

    @property
    def done(self):
        return self.full or self.made >= self.total

    def step(self, most, memory, must_stop):
        """One round of at most `most` candidates; returns how many were made.

        memory: bytes that the bank may take; where they do not hold the next new row,
        `full` is set, and the candidates before it are those that were made.
        must_stop: asked between calls of a primitive's own body.
        """
        self.memory = memory
        if most <= 0:  # where a checkpoint's search goes on with a lower limit
            return 0
        if self.work is None:
            return self._call_round(most, must_stop)
        hands, budget = self.hands, min(most, self.total - self.made)
        parallel = self.crew.threads > 1 and budget * (self.bank.words + 3) >= ROUND_WORDS
        threads, most_units = (self.crew.threads, ROUND_UNITS) if parallel else (1, 1)
        size = max(min(hands.unit, -(-budget // (threads * most_units))), 1)
        starts = range(self.made, self.made + min(budget, size * threads * most_units), size)
        sizes = [min(size, self.made + budget - s) for s in starts]
        before, began = self.made, working_time()
        units = self._round(starts, sizes, threads)
        seconds = working_time() - began
        full = units[-1].made < sizes[len(units) - 1]
        if full:
            hands.unit = max(size * 3 // 4, 1024)
        elif hands.fullest() < 0.4 and seconds < UNIT_SECONDS:
            hands.unit = max(hands.unit, min(2 * size, self.longest))
        self._take(units)
        return self.made - before

    def _round(self, starts, sizes, threads):
        """Makes units side by side; returns them in order, up to the first that is not whole."""
        made, numbers, open_ = {}, itertools.count(), [len(starts)]
        self.hands.clear()

        def work(k):
            while (number := next(numbers)) < open_[0]:
                made[number] = self._unit(k, starts[number], sizes[number])
                if made[number].made < sizes[number]:
                    open_[0] = min(open_[0], number + 1)

        self.crew.run([lambda k=k: work(k) for k in range(min(threads, len(starts)))])
        return [made[number] for number in range(open_[0])]

    def _unit(self, k, start, most):
        """Makes candidates start..start+most, or as many as hand k can catch."""
        hand = self.hands[k]
        first = int(hand.catch.state[0])
        catch = hand.catch._replace(tally=np.zeros((2, self.width), np.int64))
        hand.scratch.dead[:] = 0
        cursor = self._cursor(start)
        work = self.work._replace(out=hand.scratch.block.view(self.bank.type.storage or np.uint8))
        if self.labellings is None:
            target, self.slots = None, self.bank.slots
            made = kernels.collect(self.bank.store, catch, hand.scratch, work, cursor, most)
        else:
            target = self.bank.target(
                hand.scratch.block, self.labellings.packed, self.labellings.wanted
            )
            made = kernels.scan(catch, hand.scratch, work, target, cursor, most)
        return Unit(k, made, first, int(catch.state[0]), catch.tally, target)

    def _cursor(self, start):
        term = int(np.searchsorted(self.starts, start, side="right")) - 1
        return np.array([term, self.low[term] + start - self.starts[term]], np.int64)

    def _take(self, units, again=None):
        """Puts in what units have caught, as far as memory goes, and counts what was made.

        again: makes the first so many candidates of a unit anew, for its counts; None
        where that is `_unit`.
        """
        parts = self.hands.segments(units)
        whole = self.hands.whole
        if not self.keep:
            self.caught += [_copied(whole, start, stop) for start, stop in parts.tolist()]
        elif not self.bank.merge_all(whole, parts, self.memory, self.slots):
            for unit, (start, stop) in zip(units, parts.tolist(), strict=True):
                dealt = self.bank.merge(whole, start, stop, self.memory, self.slots)
                if dealt < stop:
                    self.full = True
                    most = int(whole.offset[dealt])
                    self.hands.clear()
                    # Once more, to count the exceptions and the dropped of just these.
                    self._count((again or self._first)(most))
                    return
                self._count(unit)
            return
        for unit in units:
            self._count(unit)

    def _first(self, most):
        return self._unit(0, self.made, most)

    def _count(self, unit):
        self.made += unit.made
        self.tally += unit.tally
        if unit.target is not None:
            self.labellings.count(unit.target.histogram)

    def _work(self):
        rule, bank, fixed = self.rule, self.bank, self.fixed
        storage = bank.type.storage or np.dtype(np.uint8)
        rows = [b.behaviours[fixed[:, k]] for k, b in enumerate(self.operands)]
        no_words, no_cells = np.zeros((0, 0), np.uint64), np.zeros((0, 0), storage)
        curried = [no_words, no_words, no_cells, no_cells, np.zeros((0, 0), np.uint32)]
        table = np.zeros(1, storage)
        if rule.kind == curry.BITS:
            curried[:2] = rule.curried_bits(rows, bank.mask)
        elif rule.kind == curry.TABLE:
            curried[4] = rule.offsets([r.view(storage) for r in rows], bank.rows)
            table = np.ascontiguousarray(rule.table).ravel()
        else:
            curried[2:4] = rule.curried_cells([r.view(storage) for r in rows], bank.rows)
        words = self.free.behaviours
        p = bank.type.size if bank.type.storage is not None else 2
        return kernels.Work(
            _KIND[rule.kind], p, table, *curried, words, words.view(storage), fixed, self.base,
            self.low, self.high, rule.number, self.ends, self.costs, no_cells,
        )  # fmt: skip

    def _call_round(self, most, must_stop):
        """Calls a primitive's own body, from this thread only, on blocks of some size."""
        bank = self.bank
        size = int(np.clip(CALL_VALUES // bank.rows, 1, bank.block))
        before = self.made
        most = min(most, self.total - before)
        while self.made - before < most and not self.full:
            self._call_block(min(size, most - (self.made - before)))
            if must_stop():
                break
        return self.made - before

    def _call_block(self, size):
        term_of, operand_of = np.empty((2, size), np.int64)
        pieces = np.empty((size, 3), np.int64)
        cursor = self._cursor(self.made)
        made, parts = kernels.plan(self.low, self.high, cursor, size, term_of, operand_of, pieces)
        pieces = pieces[:parts]
        values = self._values(pieces, term_of, operand_of, made)
        for array in values:  # some are the bank itself
            array.setflags(write=False)
        answers, defined = self.rule.item.evaluate(*self.rule.in_order(values))
        scratch = self.hands[0].scratch
        scratch.block[:made] = self.bank.type.pack(answers.reshape(made, self.bank.rows))
        scratch.dead[:made] = 0
        if defined is not None:
            scratch.dead[:made] = ~defined.reshape(made, self.bank.rows).all(axis=1)
        self.hands.clear()
        self._take([self._sift(pieces, made)], lambda most: self._sift(_cut(pieces, most), most))

    def _sift(self, pieces, made):
        """Catches, and counts, of the block that hand 0 holds."""
        hand = self.hands[0]
        catch = hand.catch._replace(tally=np.zeros((2, self.width), np.int64))
        rest = pieces, self.rule.number, self.fixed, self.base, self.ends, self.costs
        if self.labellings is None:
            target, self.slots = None, self.bank.slots
            kernels.collect_block(self.bank.store, catch, hand.scratch, *rest)
        else:
            target = self.bank.target(
                hand.scratch.block, self.labellings.packed, self.labellings.wanted
            )
            kernels.scan_block(catch, hand.scratch, target, *rest)
        return Unit(0, made, 0, int(catch.state[0]), catch.tally, target)

    def _values(self, pieces, term_of, operand_of, made):
        """The operands' values, one flat array each, the free one's last."""
        rows = self.bank.rows
        if len(pieces) == 1:
            term, place, _ = pieces[0]
            values = [
                np.tile(bank.values(f, f + 1)[0], made)
                for bank, f in zip(self.operands, self.fixed[term].tolist(), strict=True)
            ]
            last = self.free.behaviours[place : place + made]
        else:
            chosen = self.fixed[term_of[:made]]
            values = [
                bank.type.unpack(bank.behaviours[chosen[:, k]], rows).ravel()
                for k, bank in enumerate(self.operands)
            ]
            last = self.free.behaviours[operand_of[:made]]
        values.append(self.free.type.unpack(last, rows).ravel())
        return values


def _copied(catch, start, stop):
    """Caught rows start..stop: words, rule, arguments and cost above the band's start."""
    columns = catch.words, catch.rule, catch.arguments, catch.above
    return tuple(column[start:stop].copy() for column in columns)


def _cut(pieces, count):
    """The pieces of the first `count` candidates."""
    stops = np.cumsum(pieces[:, 2])
    cut = pieces.copy()
    cut[:, 2] -= np.clip(stops - count, 0, pieces[:, 2])
    return cut[cut[:, 2] > 0]
