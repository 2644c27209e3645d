"""A bank: the distinct behaviours of one type, with how each is made.

Rows of 64-bit words are in order of cost.  Each has the rule and the operands of its
cheapest program (of several, the first in canonical order: by rule, then by operands), so
that a program is rebuilt by following the operands down.  An index says whether a row is
held.  Rows are compared word by word, so equality is exact.

Arrays are reserved once, at the size that the memory budget allows.  The system commits
their pages as they are written, so nothing is copied to grow.  The memory of a bank depends
on the number of its rows only, and not on how many threads put them in, or in what portions.
"""

from itertools import pairwise

import numpy as np

from synth import kernels
from synth.engine.crew import Crew
from synth.kernels import store as stores

#: Bytes of a block of rows: small enough for a second-level cache, and large enough that the
#: calls of a primitive's own body cost little (with 2**17 such primitives take 1.3 times as long).
BLOCK_BYTES = 2**18
#: The most rows of booleans whose values serve as an address, with one bit for each (2 MB).
DIRECT_ROWS = 24
#: The most rows with a byte for each address: 64 KB, and 1.3 times as fast as bits.
BYTE_ROWS = 16
#: While the index has fewer than ROOMY slots (64 MB), it is doubled when more than LOAD of them
#: would be taken.  After that it is filled to MOST_LOAD and grows by GROWTH, so that the slots
#: take 10 to 14 bytes for each row.
LOAD, ROOMY = 0.45, 2**23
MOST_LOAD, GROWTH = 0.8, 1.375
#: The number of values of inexact types that are compared with labels at a time.
COARSE_VALUES = 2**14
_FIRST_SLOTS = 4096
#: Fewer rows than these are put in, or indexed, by one thread.
CAUGHT_ROWS, INDEXED_ROWS = 2**13, 2**15
#: The most rows beyond the part of the index that a thread fills; more of them are rare.
OPEN_ROWS = 2**12


class Bank:
    """The distinct behaviours of one type.

    Parameters
    ----------
    type : Type
        The type.
    rows : int
        The number of values of a behaviour.
    arity : int
        The most operands of any rule of the type.
    memory : int
        The most bytes that the bank may take.
    crew : Crew, optional
        The threads that put rows in; by default this thread only.
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
        state = np.array([0, index], np.int64)
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
        """Bytes of the rows, their back-pointers and the index."""
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
        """The slots that are needed for as many rows as memory can hold."""
        return int(self.limit(self.memory) / MOST_LOAD) + 2

    @property
    def _direct_bytes(self):
        return 2**self.rows if self.rows <= BYTE_ROWS else 2**self.rows // 8

    def limit(self, memory):
        """How many rows fit into so many bytes, with their index."""
        if self.direct:
            rows = (memory - self._direct_bytes) // self.row_bytes
        else:
            rows = MOST_LOAD * memory / (8 + MOST_LOAD * self.row_bytes)
        return int(min(max(rows, 0), 2**32 - 2))

    def _make_room(self, count, limit):
        """Enlarge the index for `count` rows, and not beyond what `limit` rows need."""
        slots = self.store.slots.shape[0]
        if self.direct:
            return
        most = max(int(limit / MOST_LOAD) + 2, slots)
        size = min(self._index_bytes(count) // 8, most)
        if size <= slots:
            return
        # Free the old index before the new one is made, so that memory never holds both.
        self.store = self.store._replace(slots=np.zeros(0, np.uint64))
        self.store = self.store._replace(slots=np.zeros(size, np.uint64))
        self._rehash()

    def _rehash(self):
        """Enter all rows into an empty index."""
        bounds = 2**self.rows if self.direct else self.slots
        many = len(self) >= INDEXED_ROWS
        parts = self.crew.parts(bounds) if many else [(0, bounds)]
        found = [np.empty(OPEN_ROWS, np.uint32) for _ in parts]

        def fill(low, high, open_):
            slot, left = np.empty(self.block, np.uint64), np.empty(self.block + 1, np.uint32)
            return lambda: kernels.rehash(self.store, low, high, slot, left, open_)

        counts = self.crew.run([fill(*p, o) for p, o in zip(parts, found, strict=True)])
        if max(counts) > OPEN_ROWS:  # hardly ever: once more, as a single part
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

    def values_at(self, rows):
        """The behaviours of some rows, an array of numbers (m,): (m, rows) of the type's dtype."""
        return self.type.unpack(self.behaviours[rows], self.rows)

    def origin(self, row):
        """The number of a row's rule, and its operands, the free one last."""
        return int(self.store.rule[row]), [int(a) for a in self.store.arguments[row]]

    def errors(self, first, stop, labels, count):
        """The exceptions of rows first..stop for each labelling of the first `count` values.

        labels: values (L, count) of the type.  Returns int32 (L, stop - first).
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
        """Labellings of the first `count` values as words (L, W), and their mask (W,)."""
        padded = np.zeros((len(labels), self.rows), bool)
        padded[:, :count] = labels
        train = np.zeros((1, self.rows), bool)
        train[:, :count] = True
        return self.type.pack(padded), self.type.pack(train)[0]

    def pack_labels(self, labels):
        """Labellings (L, n) of the type as kernels compare them with rows.

        Returns words and mask for a type that is packed in bits, and cells for any other; see
        `kernels.Labels`.
        """
        if self.type.storage is None:
            return *self.packed(labels, labels.shape[1]), _NO_CELLS
        return _NO_WORDS, _NO_WORDS[0], np.ascontiguousarray(labels, self.type.storage)

    def target(self, block, labels, wanted):
        """What a kernel needs to score a block; labels: see `pack_labels`."""
        count = len(wanted), len(block)
        return kernels.Labels(
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
        """Put the new rows of several segments of a catch in, in order, with all threads.

        segments: int64 (S, 2); slots: see `merge`.  Returns whether it was done.  It is not
        done if there is little to put in or memory may not last; then `merge` has to be called
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
        """Write the new rows of segments of a catch, and count them."""
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
        """Make the system commit the memory up to row `rows`, with all threads.

        A thread that writes to a new page makes the others wait: on a virtual machine whose
        host commits pages late, writing took 1.6 times as long without this.
        """
        first, threads = max(self._touched, len(self)), self.crew.threads
        bounds = [first + (rows - first) * k // threads for k in range(threads + 1)]
        parts = pairwise(bounds)
        self.crew.run([lambda a=a, b=b: kernels.touch(self.store, a, b) for a, b in parts])
        self._touched = rows

    def merge(self, catch, start, stop, memory, slots=None):
        """Put the new rows among start..stop of a catch in, in order, while memory lasts.

        memory: bytes that the bank may take; slots: the number of slots of the index that the
        catch was filled with, None if it was filled without one.  Returns the first row that
        was not dealt with: `stop`, unless memory runs out.  `catch.fresh` then says which
        rows are new.
        """
        limit = min(self.limit(memory), self.behaviours.shape[0])
        self._make_room(min(len(self) + stop - start, max(limit, len(self))), limit)
        if slots != self.slots:
            kernels.relocate(self.store, catch, start, stop)
        return kernels.merge(self.store, catch, start, stop, limit)

    def state(self):
        """Arrays by name and plain values, as `restore` takes them."""
        count = len(self)
        store = self.store
        arrays = {
            "rows": store.rows[:count],
            "rule": store.rule[:count],
            "arguments": store.arguments[:count],
        }
        return arrays, {"costs": list(self.costs), "ends": list(self.ends)}

    def restore(self, values, array):
        """Take up what `state` returned; array: a function that returns an array by name."""
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
        """Record the rows since the last level as a level of this cost."""
        first = self.ends[-1] if self.ends else 0
        if len(self) > first:
            self.costs.append(cost)
            self.ends.append(len(self))


_NO_WORDS = np.zeros((1, 0), np.uint64)
_NO_CELLS = np.zeros((1, 0), np.uint8)
