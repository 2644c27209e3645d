"""A store: a set of rows of 64-bit words, in the order in which they were first met.

There are three kinds of index, of at most 8 bytes a slot:

- up to 24 booleans: a row is its own address. A byte says whether it is held, or a bit if bytes
  would fill the second-level cache;
- one word: the slots hold the rows themselves, so that a look-up reads one place of memory. An
  empty slot holds the first row, which is certainly held: a candidate equal to it is a
  duplicate, and any other that meets it is new;
- more words: a slot holds 32 bits of the hash and 1 + the number of the row. Rows whose bits
  agree are compared, so equality is exact.

`sift` finds the candidates that are not held. They are caught aside and put in later, in order
(`merge`). Many threads can sift while none merges; `synth.kernels.parts` lets many threads merge
as well.
"""

from collections import namedtuple

import numpy as np
from numba import njit

from synth.kernels.prefetch import prefetch

#: A set of rows.
#: - rows uint64 (capacity, W)
#: - rule uint16 and arguments uint32 (capacity, A): how each row is made
#: - slots uint64: the index
#: - keys uint64 (2 W,): of the hash
#: - state int64 (2,)
Store = namedtuple("Store", "rows rule arguments slots keys state")
# Places in Store.state: the number of rows held, and the kind of index.
COUNT, INDEX = range(2)
BYTE, BIT, WORD, TAGGED = range(4)

#: Rows that are caught aside, up to C of them.
#: - words uint64 (C, W), rule uint16 (C,), arguments uint32 (C, A): as in `Store`
#: - slot uint64 (C,): where the search for the row starts, and its tag
#: - above int32 (C,): the cost above the start of the band
#: - offset uint32 (C,): the candidate's index within its batch
#: - fresh uint8 (C,): whether it was put in
#: - state int64 (1,): the number of rows
#: - tally int64 (2, width): by cost, the candidates made and dropped
Catch = namedtuple("Catch", "words rule arguments slot above offset fresh state tally")
MADE, DROPPED = range(2)
# Values of Catch.fresh: not put in; put in; the search left the thread's part of the index.
OLD, NEW, OPEN = range(3)

#: Scratch memory of a thread: block uint64 (B, W); slot uint64 (B,), left uint32 (B + 1,), dead
#: and fresh uint8 (B,).
Scratch = namedtuple("Scratch", "block slot left dead fresh")

ZERO, ONE = np.uint64(0), np.uint64(1)
#: The slots of so many rows are on their way while one is put in. With loads in its place in
#: `merge`, and nothing in `rehash`, 44 million candidates of 64 booleans take 1.2 to 1.4 times as
#: long.
AHEAD = np.uint64(16)
#: The places of so many candidates of several words are on their way while as many are looked up.
CHUNK = 512
SIX, SIXTY_THREE = np.uint64(6), np.uint64(63)
HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def locate(block, count, keys, size, slot):
    """Sets slot[:count] to where the search for each row of the block starts.

    The last slot is never the start. For one word, it is Fibonacci hashing of the folded word,
    which spreads dense sets of behaviours perfectly. For more words, it is the NH universal hash
    (Black et al., CRYPTO 1999), whose sum of products vectorises; a chain of multiplications is
    5 times slower. In that case the upper half of `slot` is the tag.
    """
    size = np.uint64(size - 1)  # so every start has a next slot
    if block.shape[1] == 1:
        flat = block.reshape(block.size)  # so that the loop vectorises
        for b in range(np.uint64(count)):
            x = flat[b]
            h = (x ^ (x >> HALF)) * GOLDEN
            slot[b] = ((h >> HALF) * size) >> HALF
        return
    words = np.uint64(block.shape[1])
    for b in range(np.uint64(count)):
        h = ZERO
        for w in range(words):
            x = block[b, w]
            h += ((x + keys[w]) & LOW) * (((x >> HALF) + keys[words + w]) & LOW)
        h = (h ^ (h >> HALF)) * GOLDEN
        slot[b] = (h << HALF) | (((h >> HALF) * size) >> HALF)


@njit(cache=True, nogil=True)
def hold(catch, rule, fixed, operand, slot, above, offset):
    """Appends a row without its words; returns its place."""
    c = np.uint64(catch.state[0])
    catch.rule[c] = rule
    for f in range(fixed.shape[0]):
        catch.arguments[c, f] = fixed[f]
    catch.arguments[c, fixed.shape[0]] = operand
    for a in range(fixed.shape[0] + 1, catch.arguments.shape[1]):
        catch.arguments[c, a] = 0
    catch.slot[c] = slot
    catch.above[c] = above
    catch.offset[c] = offset
    catch.state[0] += 1
    return c


@njit(cache=True, nogil=True)
def absent_direct(store, x):
    """Whether a row that is its own address is not held."""
    if store.state[INDEX] == BYTE:
        return store.slots.view(np.uint8)[x] == 0
    return (store.slots[x >> SIX] >> (x & SIXTY_THREE)) & ONE == ZERO


@njit(cache=True, nogil=True)
def mark_direct(store, x):
    """Marks a row that is its own address as held."""
    if store.state[INDEX] == BYTE:
        store.slots.view(np.uint8)[x] = 1
    else:
        store.slots[x >> SIX] |= ONE << (x & SIXTY_THREE)


@njit(cache=True, nogil=True)
def absent_word(slots, empty, key, position):
    """Whether a row of one word is not held; the search starts at `position`."""
    size = np.uint64(slots.shape[0])
    while True:
        held = slots[position]
        if held == key:
            return False
        if held == empty:
            return True
        position += ONE
        if position == size:
            position = ZERO


@njit(cache=True, nogil=True)
def absent_tagged(store, row, slot):
    """Whether a row of several words is not held."""
    slots, rows = store.slots, store.rows
    size = np.uint64(slots.shape[0])
    position, tag = slot & LOW, slot >> HALF
    while True:
        held = slots[position]
        if held == ZERO:
            return True
        if held >> HALF == tag:
            other = (held & LOW) - ONE
            same = True
            for w in range(np.uint64(rows.shape[1])):
                if rows[other, w] != row[w]:
                    same = False
                    break
            if same:
                return False
        position += ONE
        if position == size:
            position = ZERO


@njit(cache=True, nogil=True)
def call_slots(slots, slot, first, stop):
    """Starts to load the slots of candidates first..stop."""
    for b in range(np.uint64(first), np.uint64(stop)):
        prefetch(slots, slot[b] & LOW)


@njit(cache=True, nogil=True)
def call_rows(slots, rows, slot, first, stop):
    """Starts to load the rows in the slots of candidates first..stop, if they may be equal."""
    for b in range(np.uint64(first), np.uint64(stop)):
        held = slots[slot[b] & LOW]
        if held >> HALF == slot[b] >> HALF and held != ZERO:
            prefetch(rows, (held & LOW) - ONE)


@njit(cache=True, nogil=True)
def sift_tagged(store, scratch, count):
    """`sift` for several words: first the slots are on their way, then the rows that they name.

    Without this, 4.2 million candidates of 64 residues take 1.2 to 1.35 times as long.
    """
    block, slot, dead, fresh = scratch.block, scratch.slot, scratch.dead, scratch.fresh
    slots = store.slots
    call_slots(slots, slot, 0, min(count, CHUNK))
    for first in range(0, count, CHUNK):
        stop = min(first + CHUNK, count)
        call_slots(slots, slot, stop, min(stop + CHUNK, count))
        call_rows(slots, store.rows, slot, first, stop)
        for b in range(np.uint64(first), np.uint64(stop)):
            fresh[b] = dead[b] == 0 and absent_tagged(store, block[b], slot[b])
    return listed(fresh, dead, count, scratch.left)


@njit(cache=True, nogil=True)
def sift(store, scratch, count):
    """Lists in `left` the candidates of the block that are not held; returns how many.

    For one word, all slots are computed first. They are then looked up in a loop without
    branches in which no address depends on a value read, so that memory accesses overlap. This
    takes 23 ns a candidate in an index of 17 MB; listing at once takes 100, since a core may
    hold loads back until it knows the addresses of earlier stores. Two slots are looked up at
    once: if one slot in two is taken, few duplicates lie further on.
    """
    block, slot, left = scratch.block, scratch.slot, scratch.left
    dead, fresh, slots = scratch.dead, scratch.fresh, store.slots
    if store.state[INDEX] <= BIT:
        flat = block.reshape(block.size)
        for b in range(np.uint64(count)):
            fresh[b] = absent_direct(store, flat[b])
        return listed(fresh, dead, count, left)
    locate(block, count, store.keys, slots.shape[0], slot)
    if store.state[COUNT] == 0:
        fresh[:count] = 1
        return listed(fresh, dead, count, left)
    if store.state[INDEX] == TAGGED:
        return sift_tagged(store, scratch, count)
    flat = block.reshape(block.size)
    for b in range(np.uint64(count)):
        x, position = flat[b], slot[b]
        fresh[b] = (slots[position] != x) & (slots[position + ONE] != x)
    some = listed(fresh, dead, count, left)
    open_ = 0
    for c in range(some):
        b = left[c]
        left[open_] = b
        open_ += absent_word(slots, store.rows[0, 0], flat[b], slot[b])
    return open_


@njit(cache=True, nogil=True)
def listed(fresh, dead, count, left):
    """Lists in `left` the candidates that are fresh and not dead; returns how many."""
    some = ZERO
    for b in range(np.uint64(count)):
        left[some] = np.uint32(b)
        some += np.uint64(fresh[b]) & np.uint64(dead[b] == 0)
    return np.int64(some)


@njit(cache=True, nogil=True)
def append(store, catch, c):
    """Adds row c of the catch to the rows; the caller updates the index."""
    copy_row(store, catch, c, np.uint64(store.state[COUNT]))
    catch.fresh[c] = NEW
    store.state[COUNT] += 1


@njit(cache=True, nogil=True)
def copy_row(store, catch, c, row):
    """Writes row c of the catch as row `row` of the store."""
    for w in range(np.uint64(store.rows.shape[1])):
        store.rows[row, w] = catch.words[c, w]
    store.rule[row] = catch.rule[c]
    for a in range(np.uint64(store.arguments.shape[1])):
        store.arguments[row, a] = catch.arguments[c, a]


@njit(cache=True, nogil=True)
def merge(store, catch, start, stop, limit):
    """Puts in the new ones of caught rows start..stop, in order, up to `limit` rows in all.

    `catch.fresh` says which are new. The index must have slots for all of them.

    Returns
    -------
    int
        Where it ended: `stop`, unless the limit was reached earlier.
    """
    slots = store.slots
    size = np.uint64(slots.shape[0])
    catch.fresh[start:stop] = OLD
    for c in range(np.uint64(start), np.uint64(stop)):
        if store.state[INDEX] > BIT and c + AHEAD < np.uint64(stop):
            prefetch(slots, catch.slot[c + AHEAD] & LOW)
        full = store.state[COUNT] >= limit
        if store.state[INDEX] <= BIT:
            x = catch.words[c, 0]
            if not absent_direct(store, x):
                continue
            if full:
                return np.int64(c)
            mark_direct(store, x)
            append(store, catch, c)
        elif store.state[INDEX] == WORD:
            key = catch.words[c, 0]
            if store.state[COUNT] == 0:
                if full:
                    return np.int64(c)
                slots[:] = key  # this value marks empty slots
                append(store, catch, c)
                continue
            empty = store.rows[0, 0]
            position = catch.slot[c]
            while slots[position] != empty and slots[position] != key:
                position += ONE
                if position == size:
                    position = ZERO
            if slots[position] == key:
                continue
            if full:
                return np.int64(c)
            slots[position] = key
            append(store, catch, c)
        else:
            slot = catch.slot[c]
            if not absent_tagged(store, catch.words[c], slot):
                continue
            if full:
                return np.int64(c)
            position = slot & LOW
            while slots[position] != ZERO:
                position += ONE
                if position == size:
                    position = ZERO
            slots[position] = ((slot >> HALF) << HALF) | np.uint64(store.state[COUNT] + 1)
            append(store, catch, c)
    return np.int64(stop)
