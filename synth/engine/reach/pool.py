"""Pools: what can fill a hole of one type, the rows of its bank, as one pass reads them.

Only training rows count in a pass.  Booleans are packed, 64 training rows a word.  Values of a type
of at most 256 are cells of one byte.  Of any other type, the values that some row takes on a
training row are numbered in order, training row by training row, and the numbers are the cells.
"""

from typing import NamedTuple

import numpy as np

from synth.kernels import reach as kernels
from synth.language import UNIT

#: Bytes of a pool: what one pass reads.
POOL_BYTES = 2**23
#: The most values of a type whose values are numbers already.
FEW = 256
#: The most rows of a block: the exceptions of its rows stay in the first-level cache.
BLOCK = 2048
#: The most contexts of one pass, and of one in which exceptions are estimated.
CONTEXTS, FEW_CONTEXTS = 6, 2
#: How often a move looks at the whole pool of booleans; otherwise at its CHEAP cheapest rows.  For
#: tic-tac-toe, the multiplexer of 3 and the decision list of 8, 4,800 moves from nothing found
#: totals of 237, 201 and 191 (medians of 4 seeds) with the whole pool each time, and 249, 199 and
#: 191 with the cheap rows only; the whole pool took 1.3 to 1.9 times as long.
WHOLE, CHEAP = 0.15, 2**14
#: The most (training row, value) pairs at which a context is evaluated.  If there are more, the
#: exceptions are estimated from some training rows, and DRAWN rows are drawn and looked at closely.
POINTS = 2**16
DRAWN = 24


class Sweep(NamedTuple):
    """What one pass has found.

    Parameters
    ----------
    least_total : float
        The least total in bits, estimated if `mass` is None.
    least : tuple of int
        Its context and row.
    drawn : list of tuple of int
        Contexts and rows, drawn by their weights.
    mass : float or None
        The sum of the weights of all rows.  None if exceptions were estimated: then the drawn rows
        have to be compared by their own totals.
    """

    least_total: float
    least: tuple
    drawn: list
    mass: float | None


class Heat(NamedTuple):
    """By what rows are drawn: the weight of a total t is 2**((now - t) / temperature).

    Parameters
    ----------
    temperature : float
        In bits.
    now : float
        The present total.
    wrong : ndarray of bool, shape (n,)
        The training rows on which the present program is wrong.
    code : ndarray of float64, shape (n + 1,)
        In bits: see `Problem.code`.
    """

    temperature: float
    now: float
    wrong: np.ndarray
    code: np.ndarray

    def weights(self, totals):
        """The weights of some totals, at most 2**900."""
        return 2.0 ** np.minimum((self.now - totals) / self.temperature, 900)


def pool_of(engine, type, n):
    """The pool of a type's bank; n: the number of training rows, which come first."""
    return (BitPool if type.storage is None else CellPool)(engine, type, n)


class _Pool:
    """The cheapest rows of a bank, each a filling of a hole.

    Attributes
    ----------
    count : int
        The number of rows.
    work : float
        About how many nanoseconds one move takes with this pool.
    contexts : int
        The most contexts of one pass.
    """

    contexts = CONTEXTS

    def __init__(self, engine, type, n, row_bytes, most):
        self.engine, self.type, self.n = engine, type, n
        self.bank = engine.banks[type]
        held = self.bank.ends[-1] if self.bank.ends else 0
        self.count = int(min(held, max(1024, POOL_BYTES // row_bytes), most))
        self._ends = np.array(self.bank.ends, np.int64)
        self._costs = np.array(self.bank.costs, np.int64) >> engine.grammar.shift
        self._programs = {}

    def costs(self, rows):
        """The costs of rows in units of 1/1024 bit."""
        return self._costs[np.searchsorted(self._ends, rows, side="right")]

    def cost(self, row):
        """The cost of a row in units of 1/1024 bit."""
        return int(self.costs(row))

    def program(self, row):
        """A row's program, the same object whenever it is asked for."""
        found = self._programs.get(int(row))
        if found is None:
            found = self._programs[int(row)] = self.engine.program(int(row), self.type)
        return found

    def some(self, generator):
        """The number of a row, cheap ones more often: its logarithm is uniform."""
        return int(self.count ** generator.random()) - 1


class BitPool(_Pool):
    """A pool of booleans.

    Attributes
    ----------
    words : ndarray of uint64, shape (words, count)
        The rows' values on training rows, packed.
    """

    def __init__(self, engine, type, n):
        words = type.words(n)
        super().__init__(engine, type, n, 8 * words, 2**31)
        self.words = np.ascontiguousarray(self.bank.behaviours[: self.count, :words].T)
        blocks, first = [], 0
        for end, cost in zip(self.bank.ends, self.bank.costs, strict=True):
            while first < min(end, self.count):
                stop = min(first + BLOCK, end, self.count)
                blocks.append((first, stop, cost >> engine.grammar.shift))
                first = stop
        self._blocks = np.array(blocks, np.int64).reshape(-1, 3)
        self._at = np.tile(np.arange(n), 2)
        self._values = np.repeat([False, True], n)
        self.work = 3 * self.count * (2 + 0.2 * words)

    def sweep(self, problem, contexts, heat, generator):
        """One pass over all rows: a `Sweep`."""
        n, blocks = self.n, self._blocks
        if generator.random() >= WHOLE:
            blocks = blocks[: max(1, int(np.searchsorted(blocks[:, 1], CHEAP, side="right")))]
        wrong = np.stack([c.wrong(problem, self._at, self._values) for c in contexts])
        base = self.type.pack(wrong[:, :n])
        change = self.type.pack(wrong[:, :n] ^ wrong[:, n:])
        prices = np.array([(c.units, c.copies) for c in contexts], np.int64)
        # The weights of exceptions and of the rest are each near 1 for what is like the present.
        here = heat.code[np.count_nonzero(heat.wrong)]
        weights = 2.0 ** np.minimum((here - heat.code) / heat.temperature, 500)
        cost = (prices[:, :1] + prices[:, 1:] * blocks[:, 2]) / UNIT
        factors = 2.0 ** np.clip((heat.now - here - cost) / heat.temperature, -1000, 400)
        sums, best = np.zeros(factors.shape), np.zeros(2, np.int64)
        scratch = np.empty(BLOCK, np.int64)
        least = kernels.pass_bits(
            self.words,
            blocks,
            base,
            change,
            prices,
            factors,
            weights,
            heat.code * UNIT,
            scratch,
            sums,
            best,
        )
        running = np.cumsum(sums)
        mass = float(running[-1])
        if not mass > 0:
            return Sweep(least / UNIT, tuple(best.tolist()), [], 0.0)
        wanted = generator.random() * mass
        at = min(int(np.searchsorted(running, wanted, side="right")), sums.size - 1)
        c, k = divmod(at, sums.shape[1])
        first, stop, _ = blocks[k].tolist()
        kernels.count_bits(self.words, first, stop, base[c], change[c], scratch)
        rest = (wanted - (running[at - 1] if at else 0.0)) / factors[c, k]
        row = first + kernels.pick(scratch, stop - first, weights, rest)
        return Sweep(least / UNIT, tuple(best.tolist()), [(c, row)], mass)


class CellPool(_Pool):
    """A pool of values of another type."""

    def __init__(self, engine, type, n):
        few = type.storage == np.uint8 and type.size <= FEW
        # Numbers of 16 bits stand for the values.
        super().__init__(engine, type, n, n if few else 2 * n, 2**31 if few else 2**16)
        self._bits = self.costs(np.arange(self.count)) / UNIT
        if few:
            cells = self.bank.behaviours[: self.count].view(np.uint8)[:, :n]
            self._cells = np.ascontiguousarray(cells.T)
            values = np.arange(type.low, type.high + 1).astype(type.dtype)
            self._widths = np.full(n, len(values), np.int64)
            self._values = np.tile(values, n)
        else:
            self._number()
        self._starts = np.concatenate([[0], np.cumsum(self._widths)])
        points = int(self._starts[-1])
        seen = min(1, POINTS / points)
        if seen < 1:
            self.contexts = FEW_CONTEXTS
        self.work = 3 * (20 * points * seen + self.count * (20 + n * seen))

    def _number(self):
        """Number the values of each training row, in order."""
        n, count = self.n, self.count
        self._cells = np.empty((n, count), np.uint16)
        values = []
        for first in range(0, n, 256):
            stop = min(first + 256, n)
            block = np.empty((stop - first, count), self.type.dtype)
            for k in range(0, count, 4096):
                part = self.bank.values(k, min(k + 4096, count))
                block[:, k : k + len(part)] = part[:, first:stop].T
            for r, row in enumerate(block):
                distinct, numbers = np.unique(row, return_inverse=True)
                self._cells[first + r] = numbers
                values.append(distinct)
        self._widths = np.array([len(v) for v in values], np.int64)
        self._values = np.concatenate(values)

    def sweep(self, problem, contexts, heat, generator):
        """One pass over all rows: a `Sweep`."""
        groups = self._groups(heat.wrong, generator)
        whole = groups is None
        wrong = np.zeros((len(contexts), self.count))
        for at, factor in groups or [(np.arange(self.n), 1.0)]:
            for c, context in enumerate(contexts):
                wrong[c] += factor * self.exceptions(problem, context, at)
        wrong = np.minimum(np.rint(wrong), self.n).astype(np.int64)
        units = np.array([c.units for c in contexts])[:, None] / UNIT
        copies = np.array([c.copies for c in contexts])[:, None]
        totals = units + copies * self._bits + heat.code[wrong]
        least = np.unravel_index(int(totals.argmin()), totals.shape)
        noise = generator.gumbel(size=totals.shape)  # the largest of these sums is a draw
        keys = (heat.now - totals) * (np.log(2) / heat.temperature) + noise
        if whole:
            drawn = [int(keys.argmax())]
        else:
            some = min(DRAWN, keys.size)
            drawn = np.argpartition(-keys, some - 1, axis=None)[:some].tolist()
            drawn = [*sorted(drawn), int(totals.argmin())]
        picked = [tuple(int(i) for i in np.unravel_index(k, totals.shape)) for k in drawn]
        mass = float(heat.weights(totals).sum()) if whole else None
        return Sweep(float(totals[least]), tuple(int(i) for i in least), picked, mass)

    def _groups(self, wrong, generator):
        """Some training rows, and what an exception on each stands for; None for all of them.

        If all are too many, the rows on which the present program is wrong are looked at, up to
        half of what can be, and some of the others.
        """
        n = self.n
        if self._starts[-1] <= POINTS:
            return None
        most = max(32, int(POINTS * n / self._starts[-1]))
        groups = []
        bad, good = np.flatnonzero(wrong), np.flatnonzero(~wrong)
        share = min(len(bad), most // 2)
        for rows, some in ((bad, share), (good, min(len(good), most - share))):
            if some:
                picked = np.sort(generator.permutation(len(rows))[:some])
                groups.append((rows[picked], len(rows) / some))
        return groups

    def exceptions(self, problem, context, at):
        """The exceptions of all rows on the training rows `at`, int32 (count,)."""
        widths = self._widths[at]
        inside = np.arange(widths.sum()) - np.repeat(np.cumsum(widths) - widths, widths)
        values = self._values[inside + np.repeat(self._starts[at], widths)]
        place = np.repeat(np.arange(len(at)), widths)
        table = np.ones((len(at), int(widths.max(initial=1))), np.uint8)
        table[place, inside] = context.wrong(problem, at[place], values)
        low, span = np.empty((2, len(at)), np.int32)
        kernels.spans(table, widths, low, span)
        found, scratch = np.empty(self.count, np.int32), np.empty(BLOCK, np.int16)
        kernels.count_cells(self._cells, at, low, span, table, scratch, found)
        return found
