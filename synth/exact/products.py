"""Applying primitives to counted behaviours: products of counts, added up by result.

For each split of a cost among a primitive's operands, the kernels walk over all pairs of operands.
Results that the memo knows are added up at once; the other pairs wait in blocks, and are evaluated
together.
"""

from dataclasses import dataclass

import numpy as np

from synth.engine import curry
from synth.exact.behaviours import Behaviours
from synth.exact.pairs import Memo, Waiting, prefixed
from synth.kernels import products as kernels

#: Values in a block that a primitive is called on: 512 KB of int64.
BLOCK_VALUES = 2**16
#: The smallest number of pairs in a block.
SMALLEST_BLOCK = 64
#: The number of pairs that a walk handles before the clock is read.
WORK = 2**24
#: The share of the memory for all memos, and their largest size in bytes.
MEMO_SHARE, MEMO_BYTES = 0.25, 2**29


@dataclass(frozen=True, eq=False)
class Filling:
    """A level that is being filled.

    Parameters
    ----------
    behaviours : Behaviours
        The behaviours of the level's type.
    lost : (1,)
        The number of trees without a value on some row although all their arguments have one.
        Its dtype, int64 or float64, is that of the level's counts.
    """

    behaviours: Behaviours
    lost: np.ndarray

    @property
    def dtype(self):
        """The dtype of the level's counts."""
        return self.lost.dtype.type

    @property
    def sums(self):
        """The counts so far, by behaviour."""
        return self.behaviours.sums[self.dtype]

    def admit(self, block, dead, weights, memo, places):
        """Adds the weights of a block of rows; see `synth.kernels.products.admit`."""
        held = self.behaviours
        held.reserve(len(block))
        if dead is None:
            dead = np.zeros(len(block), bool)
        kernels.admit(
            block,
            dead,
            weights,
            memo,
            places,
            held.words,
            held.slots,
            held.state,
            self.sums,
            held.met,
            self.lost,
        )

    def add_leaf(self, values):
        """Adds one tree with the given values (rows,)."""
        block = self.behaviours.type.pack(values[None])
        self.admit(
            block, None, np.ones(1, self.dtype), memo=np.zeros(0, np.int32), places=np.full(1, -1)
        )


class Products:
    """The primitives of a grammar, with a memo of the results of each.

    Parameters
    ----------
    grammar : Grammar
        The grammar of the programs.
    behaviours : dict of Type to Behaviours
        The counted behaviours of each type.
    rows : int
        The number of rows.
    memory : int
        The memory of the whole count in bytes, of which the memos take a share.
    check : callable
        Called between blocks without arguments; it raises to stop the count.
    """

    def __init__(self, grammar, behaviours, rows, memory, check):
        self.behaviours = behaviours
        self.rows = rows
        self.check = check
        primitives = [p.item for p in grammar if p.item.arguments]
        share = min(MEMO_SHARE * memory, MEMO_BYTES) / max(1, len(primitives))
        self.memos = {item: Memo(len(item.arguments), share) for item in primitives}
        self.tables = {r.item: r for r in curry.rules(grammar) if r.table is not None}

    @property
    def nbytes(self):
        """Bytes of memory taken by the memos."""
        return sum(memo.nbytes for memo in self.memos.values())

    def add(self, item, splits, filling):
        """Adds the trees with a primitive at the root to a level.

        Parameters
        ----------
        item : Primitive
            The primitive at the root.
        splits : int64 (n, k)
            The levels of its operands, one split of the cost a row.
        filling : Filling
            The level.
        """
        _Product(self, item, filling).run(splits)


class _Product:
    """One primitive applied to the operands of one level."""

    def __init__(self, products, item, filling):
        self.rows = products.rows
        self.check = products.check
        self.rule = products.tables.get(item)
        self.item = item
        self.filling = filling
        self.operands = [products.behaviours[t] for t in item.arguments]
        self.memo = products.memos[item]
        self.memo.fit(max(map(len, self.operands)))
        self.waiting = Waiting(max(SMALLEST_BLOCK, BLOCK_VALUES // self.rows), filling.dtype)

    def run(self, splits):
        portions = prefixed(splits, self.operands[:-2], self.filling.dtype, self.item.commutative)
        for places, prefixes, factors in portions:
            jobs = self._jobs(places, prefixes)
            cursor = self.waiting.cursor
            cursor[:] = 0, -1, -1, cursor[kernels.WAITING]
            done = False
            while not done:
                done = self._walk(jobs, factors)
                if not done or prefixes.shape[1]:
                    self._flush(prefixes)
                    self.check()
        self._flush(None)

    def _jobs(self, places, prefixes):
        jobs = np.zeros((len(places), 6), np.int64)
        starts = self.operands[-2:][0].starts
        jobs[:, kernels.START] = starts[places[:, 0]]
        jobs[:, kernels.STOP] = starts[places[:, 0] + 1]
        jobs[:, kernels.STOP2] = 1
        if len(self.operands) > 1:
            starts = self.operands[-1].starts
            jobs[:, kernels.START2] = starts[places[:, 1]]
            jobs[:, kernels.STOP2] = starts[places[:, 1] + 1]
        if self.item.commutative:
            jobs[:, kernels.SAME] = places[:, 0] == places[:, 1]
        jobs[:, kernels.BASE] = self.memo.bases(prefixes)
        return jobs

    def _walk(self, jobs, factors):
        held, dtype = self.filling.behaviours, self.filling.dtype
        first, second = self.operands[-2:][0], self.operands[-1]
        if len(self.operands) > 1:
            ids2, counts2 = second.ids, second.counts[dtype]
        else:  # stands for a second operand of which there is one
            ids2, counts2 = np.zeros(1, np.int32), np.ones(1, dtype)
        return kernels.walk(
            jobs,
            factors,
            first.ids,
            first.counts[dtype],
            ids2,
            counts2,
            self.memo.made,
            self.memo.known,
            held.state,
            self.filling.sums,
            held.met,
            self.filling.lost,
            self.waiting.cursor,
            WORK,
            *self.waiting.arrays,
        )

    def _flush(self, prefixes):
        """Evaluates the waiting pairs."""
        count = int(self.waiting.cursor[kernels.WAITING])
        if not count:
            return
        self.waiting.cursor[kernels.WAITING] = 0
        which, left, right, weights, places = (a[:count] for a in self.waiting.arrays)
        chosen = [left, right][: len(self.operands)]
        if len(self.operands) > 2:
            chosen = [*prefixes[which].T, *chosen]
        block, dead = self._evaluated(chosen)
        self.filling.admit(block, dead, weights, self.memo.flat, places)

    def _evaluated(self, chosen):
        """The primitive's answers, words (n, W), and which are missing, bool (n,), or None."""
        item, operands, rule = self.item, self.operands, self.rule
        if rule is not None:
            table = np.moveaxis(rule.table, -1, rule.free)
            if rule.kind == curry.BITS:
                mask = item.result.pack(np.ones((1, self.rows), bool))[0]
                words = [o.words[c] for o, c in zip(operands, chosen, strict=True)]
                return curry.bitwise(table, words, mask), None
            if len(chosen) <= 2:
                return self._looked_up(table, chosen)
        arrays = [o.values(c).reshape(-1) for o, c in zip(operands, chosen, strict=True)]
        values, defined = item.evaluate(*arrays)
        n = len(chosen[0])
        dead = None if defined is None else ~defined.reshape(n, -1).all(axis=1)
        return item.result.pack(values.reshape(n, self.rows)), dead

    def _looked_up(self, table, chosen):
        """The same from a table of all values of one or two arguments."""
        n, storage = len(chosen[0]), self.item.result.storage
        block = np.zeros((n, self.item.result.words(self.rows)), np.uint64)
        dead = np.zeros(n, bool)
        cells = [o.words.view(storage) for o in self.operands]
        if len(self.operands) == 1:
            table, chosen = table[:, None], [chosen[0], np.zeros(n, np.int32)]
            cells = [cells[0], np.zeros((1, self.rows), storage)]
        out = block.view(storage)[:, : self.rows]
        kernels.look_up(np.ascontiguousarray(table), *chosen, *cells, out, dead)
        return block, dead
