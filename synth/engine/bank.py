"""A bank: the distinct behaviours of one type, with how each is made.

Rows of 64-bit words lie in order of cost, each with the rule and the operands of
its cheapest program (ties to the first in canonical order: rule, then operands),
so that a program is rebuilt by following the operands down.  An index tells whether a
row is held; rows are compared, so equality is exact.

Arrays are reserved once at the size that the memory budget allows; the system
commits their pages as they are written, so nothing is ever copied to grow.  What a
bank takes depends on how many rows it holds and on nothing else: not on how many
threads put rows in, nor in what portions.
"""

from itertools import pairwise

import numpy as np

from synth import kernels
from synth.engine.crew import Crew
from synth.kernels import store as stores

#: Bytes of a block of rows: small enough for a second-level cache, and large enough that
#: calls of a primitive's own body cost little beside the work (2**17: 1.3 times as slow there).
BLOCK_BYTES = 2**18
#: Up to so many booleans a row is its own address: one bit each, 2 MB at 24 rows.
DIRECT_ROWS = 24
#: Up to so many, a byte: 64 KB, and 1.3 times as fast as bits.
BYTE_ROWS = 16
#: While it has fewer than ROOMY slots (64 MB), the index is doubled where more than LOAD of
#: them would be taken; beyond, it is filled to MOST_LOAD and grows by GROWTH, so that
#: the slots of a row take 10 to 14 bytes.
LOAD, ROOMY = 0.45, 2**23
MOST_LOAD, GROWTH = 0.8, 1.375
#: Values of inexact types that are compared with labels at a time.
COARSE_VALUES = 2**14
_FIRST_SLOTS = 4096
#: Fewer rows than these are not worth waking the other threads, to put in or to index.
CAUGHT_ROWS, INDEXED_ROWS = 2**13, 2**15
#: So many rows may lie beyond the part of the index that a thread fills; more are rare.
OPEN_ROWS = 2**12


class Bank:
    """The behaviours of `type` on `rows` rows, at most `memory` bytes of them.

    arity: the most operands that any rule of the type has; crew: the threads that
    put rows in.
    """

    def __init__(self, type, rows, arity, memory, crew=None):
        self.crew = crew or Crew()
        self.type = type
        self.rows = rows
        self.memory = memory
        self.arity = arity
        self.words = type.words(rows)
        self.mask = type.pack(np.ones((1, rows), type.dtype))[0]
        self.block = int(np.clip(BLOCK_BYTES // (8 * self.words), 1, 8192))
        self.row_bytes = 8 * self.words + 2 + 4 * arity
        self.direct = type.storage is None and rows <= DIRECT_ROWS and 2**rows <= memory
        if self.direct:
            index = stores.BYTE if rows <= BYTE_ROWS else stores.BIT
            slots = np.zeros(2**rows // (8 if rows <= BYTE_ROWS else 64) + 1, np.uint64)
        else:
            index = stores.WORD if self.words == 1 else stores.TAGGED
            slots = np.zeros(_FIRST_SLOTS, np.uint64)
        keys = np.random.default_rng(0x5EED).integers(0, 2**32, 2 * self.words, np.uint64)
        state = np.array([0, index, 0], np.int64)
        arrays = self._reserve(self.limit(memory) + 1)
        self.store = kernels.Store(*arrays, slots, keys, state)
        self.costs = []
        self.ends = []
        self._touched = 0

    def __len__(self):
        return int(self.store.state[stores.COUNT])

    def _reserve(self, capacity):
        while True:
            try:
                return (
                    np.empty((capacity, self.words), np.uint64),
                    np.empty(capacity, np.uint16),
                    np.empty((capacity, self.arity), np.uint32),
                )
            except MemoryError:
                if capacity < 2**10:
                    raise
                capacity //= 2

    # -- size ---------------------------------------------------------------------

    @property
    def nbytes(self):
        """Bytes that the rows, their back-pointers and the index take."""
        return len(self) * self.row_bytes + self._index_bytes(len(self))

    @property
    def slots(self):
        """The size of the index."""
        return self.store.slots.shape[0]

    def _index_bytes(self, count):
        if self.direct:
            return self._direct_bytes
        slots = _FIRST_SLOTS
        while slots < ROOMY and slots * LOAD < count:
            slots *= 2
        while slots * MOST_LOAD < count:
            slots = int(slots * GROWTH)
        return 8 * min(slots, max(_FIRST_SLOTS, self._most_slots()))

    def _most_slots(self):
        """How many slots as many rows need as memory can hold."""
        return int(self.limit(self.memory) / MOST_LOAD) + 2

    @property
    def _direct_bytes(self):
        return 2**self.rows if self.rows <= BYTE_ROWS else 2**self.rows // 8

    def limit(self, memory):
        """How many rows so many bytes can hold, index and all."""
        if self.direct:
            rows = (memory - self._direct_bytes) // self.row_bytes
        else:
            rows = MOST_LOAD * memory / (8 + MOST_LOAD * self.row_bytes)
        return int(np.clip(rows, 0, 2**32 - 2))

    def _make_room(self, count, limit):
        """Enlarges the index for `count` rows, and not beyond what `limit` rows need."""
        slots = self.store.slots.shape[0]
        if self.direct:
            return
        most = max(int(limit / MOST_LOAD) + 2, slots)
        size = min(self._index_bytes(count) // 8, most)
        if size <= slots:
            return
        # Free the old index before the new one is made: both never stand together.
        self.store = self.store._replace(slots=np.zeros(0, np.uint64))
        self.store = self.store._replace(slots=np.zeros(size, np.uint64))
        self._rehash()

    def _rehash(self):
        """Enters all rows into an index that is empty so far."""
        bounds = 2**self.rows if self.direct else self.slots
        many = len(self) >= INDEXED_ROWS
        parts = self.crew.parts(bounds) if many else [(0, bounds)]
        found = [np.empty(OPEN_ROWS, np.uint32) for _ in parts]

        def fill(low, high, open_):
            slot, left = np.empty(self.block, np.uint64), np.empty(self.block + 1, np.uint32)
            return lambda: kernels.rehash(self.store, low, high, slot, left, open_)

        counts = self.crew.run([fill(*p, o) for p, o in zip(parts, found, strict=True)])
        if max(counts) > OPEN_ROWS:  # as good as never: once more, as a single part
            found, counts = [np.empty(len(self), np.uint32)], [0]
            counts = [fill(0, bounds, found[0])()]
        slot = np.empty(1, np.uint64)
        for open_, count in zip(found, counts, strict=True):
            kernels.rehash_open(self.store, open_[:count], slot)

    # -- reading ------------------------------------------------------------------

    @property
    def behaviours(self):
        """The rows of words, uint64 (capacity, words)."""
        return self.store.rows

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
            kernels.errors_bits(rows, *self.packed(labels, count), out)
        elif self.type.inexact:
            labels, some = self.type.coarse(labels), max(1, COARSE_VALUES // self.rows)
            for k in range(0, stop - first, some):
                values = self.type.coarse(rows[k : k + some].view(self.type.storage)[:, :count])
                for wrong, labelling in zip(out, labels, strict=True):
                    wrong[k : k + some] = np.count_nonzero(values != labelling, axis=1)
        else:
            cells = np.ascontiguousarray(labels, self.type.storage)
            kernels.errors_cells(rows.view(self.type.storage), cells, out)
        return out

    def packed(self, labels, count):
        """Labellings of the first `count` rows as words (L, W), and those rows' mask (W,)."""
        padded = np.zeros((len(labels), self.rows), bool)
        padded[:, :count] = labels
        train = np.zeros((1, self.rows), bool)
        train[:, :count] = True
        return self.type.pack(padded), self.type.pack(train)[0]

    def pack_labels(self, labels):
        """Labellings (L, n) of the type as kernels compare them with rows.

        Returns words and mask, of a type that is packed in bits, and cells, of any other; see
        `kernels.Target`.
        """
        if self.type.storage is None:
            return *self.packed(labels, labels.shape[1]), _NO_CELLS
        return _NO_WORDS, _NO_WORDS[0], np.ascontiguousarray(labels, self.type.storage)

    def target(self, block, labels, wanted):
        """What a kernel needs to score a block; labels: see `pack_labels`."""
        count = len(wanted), len(block)
        return kernels.Target(
            self.type.storage is None,
            *labels,
            block.view(self.type.storage or np.uint8),
            wanted,
            np.zeros(wanted.shape, np.int64),
            np.empty(count, np.int32),
        )

    # -- writing ------------------------------------------------------------------

    def catch(self, rows, width):
        """An empty catch for so many rows, in a band of so many costs."""
        return kernels.Catch(
            np.empty((rows, self.words), np.uint64),
            np.empty(rows, np.uint16),
            np.empty((rows, self.arity), np.uint32),
            np.empty(rows, np.uint64),
            np.empty(rows, np.int32),
            np.empty(rows, np.uint32),
            np.zeros(rows, np.uint8),
            np.zeros(1, np.int64),
            np.zeros((2, width), np.int64),
        )

    def merge_all(self, catch, segments, memory, slots=None):
        """Puts in what is new of several segments of a catch, in order, with all threads.

        segments int64 (S, 2); slots: see `merge`.  Returns whether it was done: not
        where there is little to put in, or memory may end: then `merge` is to be called
        for each segment.
        """
        limit = min(self.limit(memory), self.behaviours.shape[0])
        count, held = int((segments[:, 1] - segments[:, 0]).sum()), len(self)
        known = held + len(catch.slot)
        if self.crew.threads == 1 or count < CAUGHT_ROWS or held == 0 or known > 2**32 - 2:
            return False
        if held + count > limit:
            return False
        self._make_room(held + count, limit)
        if slots != self.slots:
            for start, stop in segments.tolist():
                kernels.relocate(self.store, catch, start, stop)

        def insert(low, high):
            left = np.empty(self.block + 1, np.uint32)
            return lambda: kernels.insert(self.store, catch, segments, low, high, left)

        bounds = 2**self.rows if self.direct else self.slots
        self.crew.run([insert(*part) for part in self.crew.parts(bounds)])
        kernels.insert_open(self.store, catch, segments)
        self._write(catch, segments)
        return True

    def _write(self, catch, segments):
        """Writes the new rows of segments of a catch, and counts them."""
        threads, row = self.crew.threads, len(self)
        pieces = np.empty((threads, len(segments), 3), np.int64)
        for s, (start, stop) in enumerate(segments.tolist()):
            bounds = [start + (stop - start) * k // threads for k in range(threads + 1)]
            for k in range(threads):
                pieces[k, s] = bounds[k], bounds[k + 1], row
                row += int(np.count_nonzero(catch.fresh[bounds[k] : bounds[k + 1]]))
        if row > self._touched:
            self._touch(min(row + row // 32 + 2**14, len(self.behaviours)))
        self.crew.run([lambda p=p: kernels.write(self.store, catch, p) for p in pieces])
        self.store.state[stores.COUNT] = row

    def _touch(self, rows):
        """Makes the system find the memory up to row `rows`, with all threads.

        Where a thread meets new pages as it writes, the others wait for it: on a virtual
        machine whose host finds pages late, the writing took 1.6 times as long.
        """
        first, threads = max(self._touched, len(self)), self.crew.threads
        bounds = [first + (rows - first) * k // threads for k in range(threads + 1)]
        parts = pairwise(bounds)
        self.crew.run([lambda a=a, b=b: kernels.touch(self.store, a, b) for a, b in parts])
        self._touched = rows

    def merge(self, catch, start, stop, memory, slots=None):
        """Puts in what is new of rows start..stop of a catch, in order, as far as memory goes.

        memory: bytes that the bank may take; slots: the number of slots of the index with
        which the catch was filled, None where it was filled without.  Returns up to where
        the rows are dealt with: `stop`, unless memory ends.  `catch.fresh` then tells
        which are new.
        """
        limit = min(self.limit(memory), self.behaviours.shape[0])
        self._make_room(min(len(self) + stop - start, max(limit, len(self))), limit)
        if slots != self.slots:
            kernels.relocate(self.store, catch, start, stop)
        return kernels.merge(self.store, catch, start, stop, limit)

    def state(self):
        """(arrays by name, plain values) that `restore` takes."""
        count = len(self)
        store = self.store
        arrays = {"rows": store.rows[:count], "rule": store.rule[:count],
                  "arguments": store.arguments[:count]}  # fmt: skip
        return arrays, {"costs": list(self.costs), "ends": list(self.ends)}

    def restore(self, values, array):
        """Takes up what `state` gave; array: a function that gives an array by name."""
        rows = array("rows")
        count = len(rows)
        if count > len(self.behaviours) or rows.shape[1] != self.words:
            raise ValueError(f"{count} rows of {rows.shape[1]} words do not fit")
        self.store.rows[:count] = rows
        self.store.rule[:count] = array("rule")
        self.store.arguments[:count] = array("arguments")
        self.store.state[stores.COUNT] = count
        self.costs, self.ends = list(values["costs"]), list(values["ends"])
        slots = self.store.slots.shape[0] if self.direct else self._index_bytes(count) // 8
        self.store = self.store._replace(slots=np.zeros(slots, np.uint64))
        self._rehash()

    def close_level(self, cost):
        """Records the rows since the last level as one of this cost."""
        first = self.ends[-1] if self.ends else 0
        if len(self) > first:
            self.costs.append(cost)
            self.ends.append(len(self))


_NO_WORDS = np.zeros((1, 0), np.uint64)
_NO_CELLS = np.zeros((1, 0), np.uint8)
