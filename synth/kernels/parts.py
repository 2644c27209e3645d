"""Filling a store from many threads, each in its own part of the index.

`insert` enters rows in order; equal rows always fall into the same part. A search that runs past
the end of its part is left open, and `insert_open` finishes it when all threads are done. Which
rows are new does not depend on the parts. Every new row's number is then known, and threads
write the rows at the same time (`write`). `rehash` and `rehash_open` fill a larger index in the
same way.
"""

import numpy as np
from numba import njit

from synth.kernels.prefetch import prefetch
from synth.kernels.store import (
    AHEAD,
    BIT,
    COUNT,
    HALF,
    INDEX,
    LOW,
    NEW,
    OLD,
    ONE,
    OPEN,
    TAGGED,
    WORD,
    ZERO,
    absent_direct,
    copy_row,
    locate,
    mark_direct,
)

# A page has at least 4 KB; a row's arguments take at least 4 bytes.
PAGE_WORDS, PAGE_ROWS = 512, 512


@njit(cache=True, nogil=True)
def place_word(slots, empty, key, position, stop):
    """Puts a row of one word in below `stop`: OLD, NEW, or OPEN if the search passes `stop`."""
    while position < stop:
        held = slots[position]
        if held == key:
            return OLD
        if held == empty:
            slots[position] = key
            return NEW
        position += ONE
    return OPEN


@njit(cache=True, nogil=True)
def place_tagged(store, catch, c, known, position, stop):
    """`place_word` for row c of the catch; until `write`, its number is known + c."""
    slots, rows, words = store.slots, store.rows, catch.words
    tag = catch.slot[c] >> HALF
    while position < stop:
        held = slots[position]
        if held == ZERO:
            slots[position] = (tag << HALF) | (known + c + ONE)
            catch.slot[c] = (tag << HALF) | position
            return NEW
        if held >> HALF == tag:
            other = (held & LOW) - ONE
            same = True
            for w in range(np.uint64(words.shape[1])):
                x = words[other - known, w] if other >= known else rows[other, w]
                same &= x == words[c, w]
            if same:
                return OLD
        position += ONE
    return OPEN


@njit(cache=True, nogil=True)
def insert(store, catch, segments, low, high, left):
    """Enters into the index, in order, the caught rows whose search starts in low..high.

    A row that is its own address starts there, any other at its slot. `catch.fresh` says what
    became of each row. The store must hold at least one row.

    Parameters
    ----------
    store : Store
        The store.
    catch : Catch
        The caught rows.
    segments : int64 (S, 2)
        Ranges of the catch that contain rows.
    low, high : int
        The part of the index.
    left : uint32 (B + 1,)
        Scratch memory.
    """
    slots, kind = store.slots, store.state[INDEX]
    low, high = np.uint64(low), np.uint64(high)
    known, empty = np.uint64(store.state[COUNT]), store.rows[0, 0]
    step = left.shape[0] - 1
    for s in range(segments.shape[0]):
        for first in range(segments[s, 0], segments[s, 1], step):
            some = ZERO
            # Without a branch, since a row's part cannot be predicted.
            for c in range(np.uint64(first), np.uint64(min(first + step, segments[s, 1]))):
                home = catch.words[c, 0] if kind <= BIT else catch.slot[c] & LOW
                left[some] = c
                some += np.uint64(low <= home) & np.uint64(home < high)
            for k in range(some):
                c = np.uint64(left[k])
                if kind <= BIT:
                    x = catch.words[c, 0]
                    catch.fresh[c] = absent_direct(store, x)
                    mark_direct(store, x)
                    continue
                if k + AHEAD < some:
                    prefetch(slots, catch.slot[left[k + AHEAD]] & LOW)
                position = catch.slot[c] & LOW
                if kind == WORD:
                    key = catch.words[c, 0]
                    catch.fresh[c] = place_word(slots, empty, key, position, high)
                else:
                    catch.fresh[c] = place_tagged(store, catch, c, known, position, high)


@njit(cache=True, nogil=True)
def insert_open(store, catch, segments):
    """Enters the rows that `insert` left open, in order, going round the whole index."""
    slots, size = store.slots, np.uint64(store.slots.shape[0])
    known, empty = np.uint64(store.state[COUNT]), store.rows[0, 0]
    for s in range(segments.shape[0]):
        for c in range(np.uint64(segments[s, 0]), np.uint64(segments[s, 1])):
            if catch.fresh[c] != OPEN:
                continue
            first = catch.slot[c] & LOW
            for start, stop in ((first, size), (ZERO, first)):
                if store.state[INDEX] == WORD:
                    found = place_word(slots, empty, catch.words[c, 0], start, stop)
                else:
                    found = place_tagged(store, catch, c, known, start, stop)
                if found != OPEN:
                    break
            catch.fresh[c] = found


@njit(cache=True, nogil=True)
def write(store, catch, pieces):
    """Writes the new rows of a catch; pieces int64 (P, 3): start, stop, number of the first."""
    for p in range(pieces.shape[0]):
        row = np.uint64(pieces[p, 2])
        for c in range(np.uint64(pieces[p, 0]), np.uint64(pieces[p, 1])):
            if catch.fresh[c] == NEW:
                copy_row(store, catch, c, row)
                row += ONE
                if store.state[INDEX] == TAGGED:
                    slot = catch.slot[c]
                    store.slots[slot & LOW] = ((slot >> HALF) << HALF) | row


@njit(cache=True, nogil=True)
def touch(store, start, stop):
    """Writes something into every page of rows start..stop, which are not held yet."""
    for row in range(start, stop, PAGE_ROWS):
        store.rows[row, 0] = ZERO
        store.rule[row] = 0
        store.arguments[row, 0] = 0
    for w in range(0, (stop - start) * store.rows.shape[1], PAGE_WORDS):
        store.rows[start + w // store.rows.shape[1], 0] = ZERO


@njit(cache=True, nogil=True)
def rehash(store, low, high, slot, left, open_):
    """Fills the part low..high of a new index with the rows whose search starts there.

    Parameters
    ----------
    store : Store
        The store with its new index.
    low, high : int
        The part of the index.
    slot : uint64 (B,)
        Scratch memory.
    left : uint32 (B + 1,)
        Scratch memory.
    open_ : uint32 (O,)
        Receives the rows that do not fit into the part.

    Returns
    -------
    int
        The number of these rows, which may exceed O.
    """
    rows, slots, count = store.rows, store.slots, store.state[COUNT]
    low, high = np.uint64(low), np.uint64(high)
    left_open = 0
    if store.state[INDEX] <= BIT:
        for i in range(np.uint64(count)):
            if low <= rows[i, 0] < high:
                mark_direct(store, rows[i, 0])
        return left_open
    word = store.state[INDEX] == WORD
    empty = rows[0, 0] if word and count else ZERO
    slots[low:high] = (
        empty  # zeros are written too, so that this thread gets the memory from the system
    )
    step = slot.shape[0]
    for first in range(1 if word else 0, count, step):
        some = min(step, count - first)
        locate(rows[first : first + some], some, store.keys, slots.shape[0], slot)
        own = ZERO
        for b in range(np.uint64(some)):  # without a branch, as in `insert`
            home = slot[b] & LOW
            left[own] = b
            own += np.uint64(low <= home) & np.uint64(home < high)
        for k in range(own):
            if k + AHEAD < own:
                prefetch(slots, slot[left[k + AHEAD]] & LOW)
            b = np.uint64(left[k])
            position = slot[b] & LOW
            while position < high and slots[position] != empty:
                position += ONE
            row = np.uint64(first) + b
            if position < high:
                enter(slots, position, slot[b], rows[row, 0], row, word)
            else:
                if left_open < open_.shape[0]:
                    open_[left_open] = row
                left_open += 1
    return left_open


@njit(cache=True, nogil=True)
def rehash_open(store, open_, slot):
    """Enters the listed rows, going round the whole index."""
    rows, slots = store.rows, store.slots
    word = store.state[INDEX] == WORD
    empty = rows[0, 0] if word else ZERO
    for row in open_:
        locate(rows[row : row + 1], 1, store.keys, slots.shape[0], slot)
        position = slot[0] & LOW
        while slots[position] != empty:
            position += ONE
            if position == np.uint64(slots.shape[0]):
                position = ZERO
        enter(slots, position, slot[0], rows[row, 0], row, word)


@njit(cache=True, nogil=True)
def enter(slots, position, slot, key, row, word):
    """Writes a row into its slot."""
    if word:
        slots[position] = key
    else:
        slots[position] = ((slot >> HALF) << HALF) | (np.uint64(row) + ONE)


@njit(cache=True, nogil=True)
def relocate(store, catch, start, stop):
    """Finds the slots of caught rows start..stop again, after the index has grown."""
    if store.state[INDEX] > BIT:
        words, slot = catch.words[start:stop], catch.slot[start:stop]
        locate(words, stop - start, store.keys, store.slots.shape[0], slot)
