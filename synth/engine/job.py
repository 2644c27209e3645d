"""A job: the candidates of one rule for some fixed operands, made by several threads.

The candidates have one canonical order, which is cut into batches.  In a round, several
threads make one batch after another; meanwhile the banks are only read.  When all threads are
done, what they found is put into the bank in the order of the batches.  So the number of
threads and the size of batches change nothing: rows, counts, and the candidate at which a
limit strikes stay the same.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from synth import kernels
from synth.engine import curry
from synth.engine.crew import working_time
from synth.engine.making import work_of

#: Values in one call of a primitive's own body.
CALL_VALUES = 2**16
#: The most words that one batch makes, and how many the first one makes.  Batches grow until
#: one takes BATCH_SECONDS, a hundred times the cost of a round of several threads.
BATCH_WORDS = 2**26
FIRST_BATCH_WORDS = 2**18
BATCH_SECONDS = 0.005
#: Batches for each thread in a round.  With several, threads stay busy though batches of equal
#: size take unequal time.
ROUND_BATCHES = 4
#: A round of fewer words is made by one thread: waking the others would take longer.
ROUND_WORDS = 2**18
#: Bytes of the rows that a single thread may catch in a round, so that the lines of the index
#: are still in the second-level cache when the rows are put in; and that several threads may
#: catch together, which is more, since they wait for each other three times in each round.
CATCH_BYTES = 2**20
ALL_CATCH_BYTES = 2**22


class Hand:
    """One thread's buffers for one bank: a block, and its part of the catch of new rows."""

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

    `whole` is the catch, of which every hand has a part of `room` rows.  `batch` is the size of
    the last batch, in candidates; the next job begins with it.
    """

    def __init__(self, bank, threads):
        some = CATCH_BYTES if threads == 1 else ALL_CATCH_BYTES // threads
        self.room = max(some // (bank.row_bytes + 17), 2 * bank.block)
        self.whole = bank.catch(threads * self.room, 1)
        self.batch = max(1, FIRST_BATCH_WORDS // (bank.words + 3))
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

    def segments(self, batches):
        """The places of the rows of some batches in the whole catch, int64 (B, 2)."""
        starts = [batch.hand * self.room + np.array([batch.start, batch.stop]) for batch in batches]
        return np.array(starts, np.int64)

    def fullest(self):
        """The share of its part that the fullest hand has filled."""
        return max(hand.catch.state[0] for hand in self._hands) / self.room


@dataclass
class Batch:
    """A batch that was made.

    Parameters
    ----------
    hand : int
        The hand that made it.
    made : int
        The number of candidates.
    start, stop : int
        The rows that it caught, in the hand's part of the catch.
    tally, target
        What it counted; see `kernels.Catch` and `kernels.Labels`.
    """

    hand: int
    made: int
    start: int
    stop: int
    tally: np.ndarray
    target: object


class Job:
    """The candidates of a rule for some fixed operands, in batches.

    Parameters
    ----------
    crew : Crew
        The threads.
    bank : Bank
        The bank of the rule's result.
    rule : curry.Rule
        The rule.
    operands : list of Bank
        The banks of the fixed operands.
    free : Bank
        The bank of the free operand.
    terms : tuple of ndarray
        The fixed operands and the ranges of the free one; see `Schedule.terms`.
    width : int
        The number of costs of the band.
    labellings : Labellings, optional
        If given, candidates are scored, and only those are kept that may change the result.
    keep : bool
        Whether new rows go into the bank at once.  Otherwise they are collected in `caught`,
        with their costs.
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
        #: The size of the index that the catch was filled with; None if it was none.
        self.slots = None
        self.full = False
        self.caught = []
        self.tally = np.zeros((2, width), np.int64)
        self.ends = np.array(free.ends, np.int64)
        self.costs = np.array(free.costs, np.int64)
        if bank not in crew.kept:
            crew.kept[bank] = Hands(bank, crew.threads)
        self.hands = crew.kept[bank]
        self.longest = max(1, BATCH_WORDS // (bank.words + 3))
        self.work = None
        if rule.kind != curry.CALL:
            self.work = work_of(rule, bank, operands, free, (self.fixed, self.base, self.low, high))

    @property
    def done(self):
        return self.full or self.made >= self.total

    def step(self, most, memory, must_stop):
        """Make one round of at most `most` candidates; returns how many were made.

        memory: bytes that the bank may take.  If the next new row does not fit, `full` is set,
        and the candidates before it count as made.  must_stop: asked between calls of a
        primitive's own body, which may be slow.
        """
        self.memory = memory
        if most <= 0:  # a resumed search may have a lower limit
            return 0
        if self.work is None:
            return self._call_round(most, must_stop)
        hands, budget = self.hands, min(most, self.total - self.made)
        parallel = self.crew.threads > 1 and budget * (self.bank.words + 3) >= ROUND_WORDS
        threads, most_batches = (self.crew.threads, ROUND_BATCHES) if parallel else (1, 1)
        size = max(min(hands.batch, -(-budget // (threads * most_batches))), 1)
        starts = range(self.made, self.made + min(budget, size * threads * most_batches), size)
        sizes = [min(size, self.made + budget - s) for s in starts]
        before, began = self.made, working_time()
        batches = self._round(starts, sizes, threads)
        seconds = working_time() - began
        full = batches[-1].made < sizes[len(batches) - 1]
        if full:
            hands.batch = max(size * 3 // 4, 1024)
        elif hands.fullest() < 0.4 and seconds < BATCH_SECONDS:
            hands.batch = max(hands.batch, min(2 * size, self.longest))
        self._take(batches)
        return self.made - before

    def _round(self, starts, sizes, threads):
        """Make batches with all threads; returns them in order, up to the first cut one."""
        made, numbers, open_ = {}, itertools.count(), [len(starts)]
        self.hands.clear()

        def work(k):
            while (number := next(numbers)) < open_[0]:
                made[number] = self._batch(k, starts[number], sizes[number])
                if made[number].made < sizes[number]:
                    open_[0] = min(open_[0], number + 1)

        self.crew.run([lambda k=k: work(k) for k in range(min(threads, len(starts)))])
        return [made[number] for number in range(open_[0])]

    def _batch(self, k, start, most):
        """Make candidates start..start+most, or as many as hand k can catch."""
        hand = self.hands[k]
        first = int(hand.catch.state[0])
        catch = hand.catch._replace(tally=np.zeros((2, self.width), np.int64))
        hand.scratch.dead[:] = 0
        cursor = self._cursor(start)
        work = self.work._replace(out=hand.scratch.block.view(self.work.out.dtype))
        if self.labellings is None:
            target, self.slots = None, self.bank.slots
            made = kernels.collect(self.bank.store, catch, hand.scratch, work, cursor, most)
        else:
            target = self.bank.target(
                hand.scratch.block, self.labellings.packed, self.labellings.wanted
            )
            made = kernels.scan(catch, hand.scratch, work, target, cursor, most)
        return Batch(k, made, first, int(catch.state[0]), catch.tally, target)

    def _cursor(self, start):
        term = int(np.searchsorted(self.starts, start, side="right")) - 1
        return np.array([term, self.low[term] + start - self.starts[term]], np.int64)

    def _take(self, batches, again=None):
        """Put what batches have caught into the bank, while memory lasts, and count it.

        again: a function that makes the first candidates of a batch once more, for its counts;
        by default `_batch`.
        """
        parts = self.hands.segments(batches)
        whole = self.hands.whole
        if not self.keep:
            self.caught += [_copied(whole, start, stop) for start, stop in parts.tolist()]
        elif not self.bank.merge_all(whole, parts, self.memory, self.slots):
            for batch, (start, stop) in zip(batches, parts.tolist(), strict=True):
                dealt = self.bank.merge(whole, start, stop, self.memory, self.slots)
                if dealt < stop:
                    self.full = True
                    most = int(whole.offset[dealt])
                    self.hands.clear()
                    # Once more, to count exceptions and dropped candidates of just these.
                    self._count((again or self._first)(most))
                    return
                self._count(batch)
            return
        for batch in batches:
            self._count(batch)

    def _first(self, most):
        return self._batch(0, self.made, most)

    def _count(self, batch):
        self.made += batch.made
        self.tally += batch.tally
        if batch.target is not None:
            self.labellings.count(batch.target.histogram)

    def _call_round(self, most, must_stop):
        """Call a primitive's own body on blocks, from this thread only."""
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
        """Catch and count the candidates of the block that hand 0 holds."""
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
        return Batch(0, made, 0, int(catch.state[0]), catch.tally, target)

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
