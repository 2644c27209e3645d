"""A store: a set of rows of 64-bit words, in the order in which they were first met.

Three kinds of index, of 8 bytes a slot or less:
- up to 24 booleans, a row is its own address: a byte says whether it is held, or a bit
  where bytes would fill the second-level cache;
- one word: the slots hold the rows themselves, so that a look-up reads one place of
  memory; an empty slot holds the first row, which is surely there: a candidate that
  equals it is a duplicate, any other that meets it is new;
- more words: a slot holds 32 bits of the hash and 1 + the number of the row; rows whose
  bits agree are compared, so equality is exact.

Rows that are not held (`sift`) are caught aside, and put in later, in order (`merge`).
Many threads can sift while none merges.  They can also merge, each in a part of the
index that is its own (`insert`): equal rows meet in the same part, in order, and what
a search past the end of its part leaves open is put in when all are done
(`insert_open`).  Which rows are new does not depend on the parts; then every new
row's place is known, and they are written side by side (`write`).
"""

from collections import namedtuple

import numpy as np
from numba import njit

#: rows uint64 (capacity, W); rule uint16 and arguments uint32 (capacity, A): how a row
#: is made; slots uint64: the index; keys uint64 (2 W,): of the hash; state int64 (3,).
Store = namedtuple("Store", "rows rule arguments slots keys state")
# Store.state: rows held; the kind of index.
# TOUCHED keeps the compiler from leaving out loads that only fill the cache.
COUNT, INDEX, TOUCHED = range(3)
BYTE, BIT, WORD, TAGGED = range(4)

#: Rows that are caught aside: words uint64 (C, W), rule uint16 (C,), arguments uint32
#: (C, A); slot uint64 (C,): where the search for the row starts, and its tag; above
#: int32 (C,): cost above the band's start; offset uint32 (C,): the how-manyth candidate
#: it was; fresh uint8 (C,): whether it was put in; state int64 (1,): how many; tally
#: int64 (2, width): by cost, candidates made and dropped.
Catch = namedtuple("Catch", "words rule arguments slot above offset fresh state tally")
MADE, DROPPED = range(2)
# Catch.fresh: not put in; put in; its search left the part of the index.
OLD, NEW, OPEN = range(3)

#: block uint64 (B, W); slot uint64 (B,), left uint32 (B + 1,), dead and fresh uint8 (B,).
Scratch = namedtuple("Scratch", "block slot left dead fresh")

ZERO, ONE, AHEAD = np.uint64(0), np.uint64(1), np.uint64(16)
SIX, SIXTY_THREE = np.uint64(6), np.uint64(63)
HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
# A page has 4 KB at least; a row's arguments take 4 bytes or more.
PAGE_WORDS, PAGE_ROWS = 512, 512
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def locate(block, count, keys, size, slot):
    """slot[:count]: where the search for each row of the block starts, but for the last slot.

    One word: Fibonacci hashing of the folded word, which spreads dense sets of
    behaviours perfectly.  More: the NH universal hash (Black et al., CRYPTO 1999),
    whose sum of products vectorises; a chain of multiplications is 5 times slower;
    there the upper half of `slot` is the tag.
    """
    size = np.uint64(size - 1)  # so that every slot has a next one
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
    """Appends a row but for its words; returns its place."""
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
    """Notes that a row that is its own address is held."""
    if store.state[INDEX] == BYTE:
        store.slots.view(np.uint8)[x] = 1
    else:
        store.slots[x >> SIX] |= ONE << (x & SIXTY_THREE)


@njit(cache=True, nogil=True)
def absent_word(slots, empty, key, position):
    """Whether a row of one word is not held, from a position on."""
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
def sift(store, scratch, count):
    """Lists in `left` the candidates of the block that are not held; returns how many.

    For one word, all slots are made first, and looked up in a loop without branches in
    which no address depends on what was read, so that the memory accesses overlap:
    23 ns a candidate in an index of 17 MB where listing at once takes 100, since a core
    may hold loads back until it knows where earlier stores go.  Two slots at once:
    where one slot in two is taken, few duplicates are further on.
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
        for b in range(np.uint64(count)):
            fresh[b] = dead[b] == 0 and absent_tagged(store, block[b], slot[b])
        return listed(fresh, dead, count, left)
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
    """Lists in `left` what is fresh and not dead; returns how many."""
    some = ZERO
    for b in range(np.uint64(count)):
        left[some] = np.uint32(b)
        some += np.uint64(fresh[b]) & np.uint64(dead[b] == 0)
    return np.int64(some)


@njit(cache=True, nogil=True)
def append(store, catch, c):
    """Adds row c of the catch to the rows; the caller has seen to the index."""
    copy_row(store, catch, c, np.uint64(store.state[COUNT]))
    catch.fresh[c] = NEW
    store.state[COUNT] += 1


@njit(cache=True, nogil=True)
def copy_row(store, catch, c, row):
    """Writes row c of the catch as row `row`."""
    for w in range(np.uint64(store.rows.shape[1])):
        store.rows[row, w] = catch.words[c, w]
    store.rule[row] = catch.rule[c]
    for a in range(np.uint64(store.arguments.shape[1])):
        store.arguments[row, a] = catch.arguments[c, a]


@njit(cache=True, nogil=True)
def merge(store, catch, start, stop, limit):
    """Puts in what is new of caught rows start..stop, in order, up to `limit` rows in all.

    Returns up to where the caught rows are dealt with: `stop`, unless the limit is hit;
    `catch.fresh` says which are new.  The index must have slots for all of them.
    """
    slots = store.slots
    size = np.uint64(slots.shape[0])
    catch.fresh[start:stop] = OLD
    touched = ZERO
    for c in range(np.uint64(start), np.uint64(stop)):
        if store.state[INDEX] == WORD and c + AHEAD < np.uint64(stop):
            # So that the slot is in the cache when its row's turn comes.
            touched += slots[catch.slot[c + AHEAD]]
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
                slots[:] = key  # which marks the empty slots
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
    store.state[TOUCHED] = np.int64(touched & ONE)
    return np.int64(stop)


@njit(cache=True, nogil=True)
def place_word(slots, empty, key, position, stop):
    """Puts a row of one word in below `stop`: OLD, NEW, or OPEN where the search leaves."""
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
    """`place_word` for row c of the catch; until `write`, it is numbered known + c."""
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

    segments int64 (S, 2): where rows of the catch are; a row that is its own address
    starts there, others at their slot.  `catch.fresh` tells what became of each.  Some
    row must be held.  left uint32 (B + 1,): scratch.
    """
    slots, kind = store.slots, store.state[INDEX]
    low, high = np.uint64(low), np.uint64(high)
    known, empty = np.uint64(store.state[COUNT]), store.rows[0, 0]
    step = left.shape[0] - 1
    touched = ZERO
    for s in range(segments.shape[0]):
        for first in range(segments[s, 0], segments[s, 1], step):
            some = ZERO
            # Without a branch: whose part a row is in cannot be foreseen.
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
                    touched += slots[catch.slot[left[k + AHEAD]] & LOW]
                position = catch.slot[c] & LOW
                if kind == WORD:
                    key = catch.words[c, 0]
                    catch.fresh[c] = place_word(slots, empty, key, position, high)
                else:
                    catch.fresh[c] = place_tagged(store, catch, c, known, position, high)
    return touched


@njit(cache=True, nogil=True)
def insert_open(store, catch, segments):
    """Enters what `insert` has left open, in order, going round the whole index."""
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
    """Writes the new rows of pieces int64 (P, 3) of the catch: first, stop, row to begin at."""
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
    """Writes something in every page of rows start..stop, which are not held yet."""
    for row in range(start, stop, PAGE_ROWS):
        store.rows[row, 0] = ZERO
        store.rule[row] = 0
        store.arguments[row, 0] = 0
    for w in range(0, (stop - start) * store.rows.shape[1], PAGE_WORDS):
        store.rows[start + w // store.rows.shape[1], 0] = ZERO


@njit(cache=True, nogil=True)
def rehash(store, low, high, slot, left, open_):
    """Fills the part low..high of a new index with the rows whose search starts there.

    slot uint64 (B,) and left uint32 (B + 1,) are scratch; open_ uint32 (O,) takes the rows
    that do not fit in the part.  Returns how many those are, though `open_` may hold fewer.
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
    slots[low:high] = empty  # also zeros: it makes the system find the memory in this thread
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
    if word:
        slots[position] = key
    else:
        slots[position] = ((slot >> HALF) << HALF) | (np.uint64(row) + ONE)


@njit(cache=True, nogil=True)
def relocate(store, catch, start, stop):
    """Finds the slots of caught rows start..stop anew, after the index has grown."""
    if store.state[INDEX] > BIT:
        words, slot = catch.words[start:stop], catch.slot[start:stop]
        locate(words, stop - start, store.keys, store.slots.shape[0], slot)
