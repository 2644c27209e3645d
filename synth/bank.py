"""A bank: the distinct behaviours of one type, with how each is made.

Rows of 64-bit words lie in order of cost, each with the rule and the operands of
its cheapest program (ties to the first in canonical order: rule, then operands),
so that a program is rebuilt by following the operands down.  A hash index finds a
row again; where two rows hash alike they are compared, so equality is exact.

Arrays are reserved once at the size that the memory budget allows; the system
commits their pages as they are written, so nothing is ever copied to grow.
"""

import numpy as np

from synth import curry, kernels

#: Bytes of a block of rows: half of a second-level cache goes to both buffers.
BLOCK_BYTES = 2**17
#: Values in one call of a primitive's own body.
CALL_VALUES = 2**14
#: Words that the curried operands of one call of a kernel may take.
CURRIED_WORDS = 2**18

_KIND = {
    curry.BITS: kernels.BITS,
    curry.PLUS: kernels.PLUS,
    curry.MINUS: kernels.MINUS,
    curry.RING: kernels.RING,
    curry.TABLE: kernels.TABLE,
}
_SETTLED = 2**62
#: Up to so many booleans a behaviour is its own slot: 4 MB of slots, no collision,
#: and 1.3 ns a candidate on 4 variables where the hash index takes 2.7.
DIRECT_ROWS = 20


class Bank:
    """The behaviours of `type` on `rows` rows, at most `memory` bytes of them.

    arity: the most operands that any rule of the type has.
    """

    def __init__(self, type, rows, arity, memory):
        self.type = type
        self.rows = rows
        self.words = type.words(rows)
        self.mask = type.pack(np.ones((1, rows), type.dtype))[0]
        self.block = int(np.clip(BLOCK_BYTES // (8 * self.words), 1, 1024))
        self.row_bytes = 8 * self.words + 2 + 4 * arity
        self.direct = type.storage is None and rows <= DIRECT_ROWS and 2 ** (rows + 4) <= memory
        capacity = min(memory // self.row_bytes + 1, 2**32 - 2)
        self._reserve(capacity + self.block, arity)
        keys = np.random.default_rng(0x5EED).integers(0, 2**32, 2 * self.words, np.uint64)
        self.store = kernels.Store(
            *self._arrays,
            np.empty(0, np.int32),
            np.zeros(2**rows if self.direct else 4096, np.uint32),
            keys,
            np.zeros(kernels.STATE_SIZE, np.int64),
            np.zeros((2, 1), np.int64),
        )
        # A false step in the index reads a row in vain, and filling a larger one reads
        # all of them: both are dear where rows are wide, and slots are cheap there.
        self.spare = int(np.clip(self.words // 4, 2, 8))
        self.store.state[kernels.DIRECT] = self.direct
        self.store.state[kernels.SPARE] = self.spare
        self.scratch = kernels.Scratch(
            np.zeros((self.block, self.words), np.uint64),
            np.empty(self.block, np.uint32),
            np.empty(self.block + 1, np.uint32),
            np.zeros(self.block, np.uint8),
        )
        self.costs = []
        self.ends = []

    def __len__(self):
        return int(self.store.state[kernels.COUNT])

    def _reserve(self, capacity, arity):
        while True:
            try:
                self._arrays = (
                    np.empty((capacity + 1, self.words), np.uint64),
                    np.empty(capacity, np.uint16),
                    np.empty((capacity, arity), np.uint32),
                )
                return
            except MemoryError:
                if capacity < 2**10:
                    raise
                capacity //= 2

    @property
    def nbytes(self):
        """Bytes in use: rows, back-pointers, costs of the open band, and the index."""
        store = self.store
        band = len(self) - int(store.state[kernels.BAND]) if store.state[kernels.MANY] else 0
        return len(self) * self.row_bytes + 4 * band + store.slots.nbytes

    @property
    def full(self):
        """Whether the reserved rows are used up."""
        return len(self) + self.block >= self.store.rows.shape[0]

    @property
    def behaviours(self):
        """The rows of words, uint64 (capacity, words)."""
        return self.store.rows[1:]

    # -- reading ----------------------------------------------------------------

    def start(self, level):
        return self.ends[level - 1] if level else 0

    def row_costs(self, first, stop):
        """The costs of rows first..stop of closed bands, int64."""
        levels = np.searchsorted(self.ends, np.arange(first, stop), side="right")
        return np.asarray(self.costs, np.int64)[levels]

    def values(self, first, stop):
        """The behaviours of rows first..stop, (stop - first, rows) of the type's dtype."""
        return self.type.unpack(self.behaviours[first:stop], self.rows)

    def origin(self, row):
        """The number of a row's rule, and its operands, the free one last."""
        return int(self.store.rule[row]), [int(a) for a in self.store.arguments[row]]

    def errors(self, first, stop, labels, count):
        """How often rows first..stop differ from each labelling in the first `count` rows.

        labels: values (L, count) of the type; returns int32 (L, stop - first).
        """
        out = np.empty((len(labels), stop - first), np.int32)
        rows = self.behaviours[first:stop]
        if self.type.storage is None:
            padded = np.zeros((len(labels), self.rows), bool)
            padded[:, :count] = labels
            train = np.zeros((1, self.rows), bool)
            train[:, :count] = True
            kernels.errors_bits(rows, self.type.pack(padded), self.type.pack(train)[0], out)
        else:
            cells = np.ascontiguousarray(labels, self.type.storage)
            kernels.errors_cells(rows.view(self.type.storage), cells, out)
        return out

    # -- writing ----------------------------------------------------------------

    def open_band(self, width, many):
        """Starts a band of costs; `many` says that it holds more than one cost."""
        state = self.store.state
        state[kernels.BAND] = len(self)
        state[kernels.MANY] = many
        state[kernels.SETTLED] = len(self) if many else _SETTLED
        cost = self.store.cost
        if many and cost.shape[0] < self.store.rows.shape[0]:
            cost = np.empty(self.store.rows.shape[0], np.int32)
        self.store = self.store._replace(cost=cost, tally=np.zeros((2, width), np.int64))

    def close_band(self, start, only=None):
        """Puts the band in order and records its levels; `only`: its one cost, if so."""
        state = self.store.state
        first, stop = int(state[kernels.BAND]), len(self)
        if stop > first and state[kernels.MANY]:
            above = self._sort(first, stop)
            costs, ends = np.unique(above, return_index=True)
            ends = [*(first + ends[1:]), stop]
            self.costs += [start + int(c) for c in costs]
            self.ends += [int(e) for e in ends]
        elif stop > first:
            self.costs.append(start + only)
            self.ends.append(stop)
        state[kernels.BAND] = stop
        state[kernels.MANY] = False

    def _sort(self, first, stop):
        rows, rule, arguments, cost, slots, keys, *_ = self.store
        held = np.empty(stop - first, np.int64)
        slot = self.scratch.slot
        kernels.positions(rows[1:], first, stop, keys, self.direct, slots, slot, held)
        part = slice(first, stop)
        columns = [arguments[part, k] for k in reversed(range(arguments.shape[1]))]
        order = np.lexsort((*columns, rule[part], cost[: stop - first]))
        for array in (rows[1:], rule, arguments):
            array[part] = array[part][order]
        slots[held[order]] = np.arange(first + 1, stop + 1, dtype=np.uint32)
        return cost[: stop - first][order]

    def make_room(self):
        """Enlarges the index where a block more would overfill it."""
        store, size = self.store, self._index_size()
        if size == store.slots.shape[0]:
            return
        # Free the old index before the new one is made: both never stand together.
        self.store = store = store._replace(slots=np.zeros(0, np.uint32))
        slots = np.zeros(size, np.uint32)
        kernels.rehash(self.behaviours, len(self), store.keys, slots, self.scratch.slot)
        self.store = store._replace(slots=slots)

    def _index_size(self):
        """How many slots a block more needs: at most half of them are taken."""
        held, least = self.store.slots.shape[0], self.spare * (len(self) + self.block)
        return held if self.direct or least <= held else max(held * (self.spare + 1) // 2, least)

    def index_growth(self):
        """How many bytes `make_room` would add to the index."""
        return 4 * self._index_size() - self.store.slots.nbytes

    def add_leaf(self, rule, values, above):
        """Adds a leaf's behaviour, (rows,), of the given cost above the band's start."""
        self.make_room()
        self.store.state[kernels.PLAIN] = False
        self.scratch.block[:1] = self.type.pack(values[None])
        self.scratch.dead[:1] = 0
        pieces = np.array([[0, 0, 1]], np.int64)
        levels = kernels.Levels(np.ones(1, np.int64), np.zeros(1, np.int64))
        fixed = np.zeros((1, 0), np.uint32)
        base = np.array([above], np.int64)
        kernels.insert(self.store, self.scratch, pieces, rule.number, fixed, base, levels)
        return 1

    def extend(self, rule, operands, free, terms, budget, must_stop):
        """Makes the candidates of some terms of a rule; returns how many, and if all are made.

        operands: the banks of the fixed operands; free: that of the free one;
        terms: see `kernels.extend`; call again with the same terms to go on;
        must_stop: asked between calls of a primitive's own body.
        """
        self.make_room()
        self.store.state[kernels.PLAIN] = False
        levels = kernels.Levels(np.array(free.ends, np.int64), np.array(free.costs, np.int64))
        if rule.kind == curry.CALL:
            return self._call(rule, operands, free, terms, levels, budget, must_stop)
        fixed = terms[0]
        rows = [bank.behaviours[fixed[:, k]] for k, bank in enumerate(operands)]
        if rule.kind == curry.BITS:
            u, v = rule.curried_bits(rows, self.mask)
            cells = np.uint8
            curried = u, v, _NO_CELLS, _NO_CELLS, _NO_OFFSETS
        else:
            cells = self.type.storage
            rows = [r.view(cells) for r in rows]
            if rule.kind == curry.TABLE:
                offsets = rule.offsets(rows, self.rows)
                curried = _NO_WORDS, _NO_WORDS, _NO_CELLS, _NO_CELLS, offsets
            else:
                u, v = rule.curried_cells(rows, self.rows)
                curried = _NO_WORDS, _NO_WORDS, u, v, _NO_OFFSETS
        if rule.kind == curry.TABLE:
            # The kernel reads both storages of residues through one signature each.
            curried = (*curried[:2], *(np.zeros((0, 0), cells),) * 2, curried[4])
            table = np.ascontiguousarray(rule.table).ravel()
        else:
            table = np.zeros(1, cells)
        self.scratch.dead[:] = 0
        state = self.store.state
        if len(self):
            # Row 0 stands for what an empty slot holds: a row that is surely there.
            self.store.rows[0] = self.store.rows[1]
        state[kernels.PLAIN] = len(self) and not state[kernels.MANY] and rule.kind != curry.TABLE
        words = free.behaviours
        operand = words, words.view(cells), self.scratch.block.view(cells)
        p = self.type.size if self.type.storage is not None else 2
        made = kernels.extend(
            self.store, self.scratch, _KIND[rule.kind], p, table, curried, terms, operand,
            rule.number, levels, budget,
        )  # fmt: skip
        return made, self.store.state[kernels.TERM] >= len(terms[2])

    def begin(self):
        """Makes `extend` start at the first of its terms."""
        self.store.state[kernels.TERM] = self.store.state[kernels.PLACE] = 0

    def _call(self, rule, operands, free, terms, levels, budget, must_stop):
        fixed, base, low, high = terms
        state, scratch = self.store.state, self.scratch
        size = int(np.clip(CALL_VALUES // self.rows, 1, self.block))
        term_of, operand_of = np.empty((2, size), np.int64)
        pieces = np.empty((size, 3), np.int64)
        made = 0
        while made < budget and state[kernels.TERM] < len(low) and not self.full:
            self.make_room()
            some = min(size, budget - made)
            count, parts = kernels.plan(low, high, state, some, term_of, operand_of, pieces)
            if not count:
                break
            if parts == 1:
                place = int(pieces[0, 1])
                values = [
                    np.tile(bank.values(f, f + 1)[0], count)
                    for bank, f in zip(operands, fixed[pieces[0, 0]].astype(int), strict=True)
                ]
                last = free.behaviours[place : place + count]
            else:
                chosen = fixed[term_of[:count]]
                values = [
                    bank.type.unpack(bank.behaviours[chosen[:, k]], self.rows).ravel()
                    for k, bank in enumerate(operands)
                ]
                last = free.behaviours[operand_of[:count]]
            values.append(free.type.unpack(last, self.rows).ravel())
            for array in values:  # some are the bank itself
                array.setflags(write=False)
            answers, defined = rule.item.evaluate(*rule.in_order(values))
            scratch.block[:count] = self.type.pack(answers.reshape(count, self.rows))
            scratch.dead[:count] = 0
            if defined is not None:
                scratch.dead[:count] = ~defined.reshape(count, self.rows).all(axis=1)
            kernels.insert(self.store, scratch, pieces[:parts], rule.number, fixed, base, levels)
            made += count
            if must_stop():
                break
        return made, state[kernels.TERM] >= len(low)


_NO_WORDS = np.zeros((0, 0), np.uint64)
_NO_CELLS = np.zeros((0, 0), np.uint8)
_NO_OFFSETS = np.zeros((0, 0), np.uint32)
