"""A job: the candidates of one rule for some fixed operands, made by several threads.

The candidates stand in one canonical order, which is cut into units.  Threads make
the units of a round side by side, and only read the banks; what each finds is put in
when all are done, unit after unit.  So the number of threads, and how long units
are, change nothing: rows, counts, and where a limit strikes are the same.
"""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from synth import curry, kernels

#: Words that the curried operands of one job may take.
CURRIED_WORDS = 2**18
#: Values in one call of a primitive's own body.
CALL_VALUES = 2**14
#: Words that one unit may make at most, and at first: some milliseconds.
UNIT_WORDS = 2**23
FIRST_UNIT_WORDS = 2**18
#: A round of fewer words is not worth waking the other threads.
ROUND_WORDS = 2**18
#: Bytes of the rows that one thread, and all of them, may catch in a round: the index's lines
#: are still in a second-level cache when they are put in.
CATCH_BYTES = 2**20
ALL_CATCH_BYTES = 2**22

_KIND = {
    curry.BITS: kernels.BITS,
    curry.PLUS: kernels.PLUS,
    curry.MINUS: kernels.MINUS,
    curry.RING: kernels.RING,
    curry.TABLE: kernels.TABLE,
}


def default_threads():
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


class Crew:
    """Threads, and what each of them needs for itself.

    threads: how many, the caller's own among them.
    """

    def __init__(self, threads):
        self.threads = threads
        self._pool = None
        self._hands = {}

    def close(self):
        if self._pool is not None:
            self._pool.shutdown()

    def run(self, tasks):
        """Calls functions side by side, the first in this thread; all have ended on return."""
        if len(tasks) > 1 and self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads - 1, "synth")
        futures = [self._pool.submit(task) for task in tasks[1:]]
        try:
            first = [tasks[0]()]
        finally:
            rest = [f.result() for f in futures]
        return first + rest

    def hand(self, bank, k):
        """Thread k's buffers for a bank."""
        if (bank, k) not in self._hands:
            self._hands[bank, k] = Hand(bank, min(CATCH_BYTES, ALL_CATCH_BYTES // self.threads))
        return self._hands[bank, k]


class Hand:
    """One thread's buffers for one bank: a block, and a catch of new rows.

    slots: the size of the index with which the catch was filled.
    """

    def __init__(self, bank, catch_bytes):
        size = bank.block
        self.slots = None
        self.scratch = kernels.Scratch(
            np.zeros((size, bank.words), np.uint64),
            np.empty(size, np.uint64),
            np.empty(size + 1, np.uint32),
            np.zeros(size, np.uint8),
            np.zeros(size, np.uint8),
        )
        self.catch = bank.catch(max(catch_bytes // (bank.row_bytes + 16), 2 * size), 1)

    def clear(self, width):
        self.catch.state[0] = 0
        self.catch = self.catch._replace(tally=np.zeros((2, width), np.int64))


class Job:
    """The candidates of `rule` for `terms` (see `schedule.terms`), in units.

    bank: where they go; operands: the banks of the fixed operands; free: that of the
    free one; width: of the band, in costs; aim: a `score.Aim` where candidates are
    scored and only those that may matter are kept, else None; keep: whether new
    rows go into the bank at once, or are collected in `caught`, with their costs.
    """

    def __init__(self, crew, bank, rule, operands, free, terms, width, *, aim=None, keep=True):
        self.crew, self.bank, self.rule = crew, bank, rule
        self.operands, self.free = operands, free
        self.width, self.aim, self.keep = width, aim, keep
        self.fixed, self.base, low, high = terms
        self.low = np.minimum(low, high)
        self.high = high
        self.starts = np.concatenate([[0], np.cumsum(self.high - self.low)])
        self.total = int(self.starts[-1])
        self.made = 0
        self.full = False
        self.caught = []
        self.tally = np.zeros((2, width), np.int64)
        self.ends = np.array(free.ends, np.int64)
        self.costs = np.array(free.costs, np.int64)
        self.unit = max(1, FIRST_UNIT_WORDS // (bank.words + 3))
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
        if self.work is None:
            return self._call_round(most, must_stop)
        budget = min(most, self.total - self.made)
        parallel = self.crew.threads > 1 and budget * (self.bank.words + 3) >= ROUND_WORDS
        threads = self.crew.threads if parallel else 1
        size = min(self.unit, -(-budget // threads))
        starts = [self.made + k * size for k in range(threads) if k * size < budget]
        sizes = [min(size, self.made + budget - s) for s in starts]
        units = [self._unit(k, *s) for k, s in enumerate(zip(starts, sizes, strict=True))]
        before, fullest = self.made, 0.0
        for (hand, target, made), size in zip(self.crew.run(units), sizes, strict=True):
            fullest = max(fullest, hand.catch.state[0] / len(hand.catch.slot))
            dealt = self._take(hand, target, made)
            self.made += dealt
            if dealt < size:  # what later units have caught comes after what is left here
                self.unit = max(dealt * 3 // 4, 1024)
                return self.made - before
        if fullest < 0.4:
            self.unit = min(2 * self.unit, self.longest)
        return self.made - before

    def _unit(self, k, start, count):
        """A function that makes candidates start..start+count with the buffers of hand k."""

        def run():
            hand = self.crew.hand(self.bank, k)
            hand.clear(self.width)
            hand.scratch.dead[:] = 0
            cursor = self._cursor(start)
            storage = self.bank.type.storage or np.uint8
            work = self.work._replace(out=hand.scratch.block.view(storage))
            if self.aim is None:
                hand.slots, store = self.bank.slots, self.bank.store
                made = kernels.collect(store, hand.catch, hand.scratch, work, cursor, count)
                return hand, None, made
            target = self.bank.target(hand.scratch.block, self.aim.training, self.aim.wanted)
            made = kernels.scan(hand.catch, hand.scratch, work, target, cursor, count)
            return hand, target, made

        return run

    def _cursor(self, start):
        term = int(np.searchsorted(self.starts, start, side="right")) - 1
        return np.array([term, self.low[term] + start - self.starts[term]], np.int64)

    def _take(self, hand, target, made):
        """Puts in what a unit has caught; returns how many of its candidates are dealt with."""
        if not self.keep:
            self.caught.append(_copied(hand.catch))
        elif hand.catch.state[0]:
            dealt = self.bank.merge(hand.catch, self.memory, hand.slots if target is None else None)
            if dealt < hand.catch.state[0]:
                self.full = True
                made = int(hand.catch.offset[dealt])
                # Once more, to count the exceptions and the dropped of just these.
                hand, target, _ = self._unit(0, self.made, made)()
        self.tally += hand.catch.tally
        if target is not None:
            self.aim.count(target.histogram)
        return made

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
        bank, hand = self.bank, self.crew.hand(self.bank, 0)
        size = int(np.clip(CALL_VALUES // bank.rows, 1, bank.block))
        before = self.made
        most = min(most, self.total - before)
        while self.made - before < most and not self.full:
            some = min(size, most - (self.made - before))
            dealt = self._call_block(hand, some)
            self.made += dealt
            if must_stop():
                break
        return self.made - before

    def _call_block(self, hand, count):
        term_of, operand_of = np.empty((2, count), np.int64)
        pieces = np.empty((count, 3), np.int64)
        cursor = self._cursor(self.made)
        made, parts = kernels.plan(self.low, self.high, cursor, count, term_of, operand_of, pieces)
        pieces = pieces[:parts]
        values = self._values(pieces, term_of, operand_of, made)
        for array in values:  # some are the bank itself
            array.setflags(write=False)
        answers, defined = self.rule.item.evaluate(*self.rule.in_order(values))
        scratch = hand.scratch
        scratch.block[:made] = self.bank.type.pack(answers.reshape(made, self.bank.rows))
        scratch.dead[:made] = 0
        if defined is not None:
            scratch.dead[:made] = ~defined.reshape(made, self.bank.rows).all(axis=1)
        target = self._sift(hand, pieces)
        if not self.keep:
            self.caught.append(_copied(hand.catch))
        else:
            dealt = self.bank.merge(hand.catch, self.memory, hand.slots if target is None else None)
            if dealt < hand.catch.state[0]:
                self.full = True
                made = int(hand.catch.offset[dealt])
                target = self._sift(hand, _cut(pieces, made))
        self.tally += hand.catch.tally
        if target is not None:
            self.aim.count(target.histogram)
        return made

    def _sift(self, hand, pieces):
        hand.clear(self.width)
        rest = pieces, self.rule.number, self.fixed, self.base, self.ends, self.costs
        if self.aim is None:
            hand.slots = self.bank.slots
            kernels.collect_block(self.bank.store, hand.catch, hand.scratch, *rest)
            return None
        target = self.bank.target(hand.scratch.block, self.aim.training, self.aim.wanted)
        kernels.scan_block(hand.catch, hand.scratch, target, *rest)
        return target

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


def _copied(catch):
    """The caught rows: words, rule, arguments and cost above the band's start."""
    count = int(catch.state[0])
    columns = catch.words, catch.rule, catch.arguments, catch.above
    return tuple(column[:count].copy() for column in columns)


def _cut(pieces, count):
    """The pieces of the first `count` candidates."""
    stops = np.cumsum(pieces[:, 2])
    cut = pieces.copy()
    cut[:, 2] -= np.clip(stops - count, 0, pieces[:, 2])
    return cut[cut[:, 2] > 0]
