"""Every numba kernel: plain functions of arrays, explicit out; nothing of ours imported.

A bank's store is a hash set of rows of 64-bit words with back-pointers.  `extend`
makes all candidates of one primitive for given operands and keeps those whose
rows are new; `insert` does so for rows that were made elsewhere; `rehash` fills a
larger index; `errors_bits` and `errors_cells` count exceptions.

Work goes in blocks: make a block of rows and their slots, look every slot up
without branching, then treat the few that are not plain duplicates.  Making all
slots first lets the memory accesses of the look-ups overlap: 2.1 ns a candidate
against 6.4 ns for one loop that makes, probes and inserts, on 4-variable booleans.
Indices are unsigned where they can be: numba then leaves out the check for
negative ones.
"""

from collections import namedtuple

import numpy as np
from numba import njit

# How `extend` makes rows out of the curried primitive and an operand's rows.
BITS, PLUS, MINUS, RING, TABLE = range(5)

# Store.state: rows kept; rows that a duplicate can no longer better (all that
# are kept, or those of earlier bands); whether that is so of all and no candidate
# is without value; first row of the open band; whether the open band needs costs;
# whether a row of one word is its own slot; the least slots a row; and where
# `extend` stopped: its term and its operand.
COUNT, SETTLED, PLAIN, BAND, MANY, DIRECT, SPARE, TERM, PLACE, STATE_SIZE = range(10)

# Store.tally: by cost within the open band, candidates made and dropped.
MADE, DROPPED = range(2)

#: rows uint64 (1 + capacity, W), of which row 0 repeats the first; rule uint16 and
#: arguments uint32 (capacity, A): how a row is made; cost int32: cost of the open
#: band's rows above its start; slots uint32: 1 + row, or 0; keys uint64 (2 W,);
#: state int64; tally int64 (2, width).
Store = namedtuple("Store", "rows rule arguments cost slots keys state tally")

#: block uint64 (B, W); slot uint32, left uint32 and dead uint8 (B,).
Scratch = namedtuple("Scratch", "block slot left dead")

#: ends, costs int64: one past the last row, and the cost, of every level of a bank.
Levels = namedtuple("Levels", "ends costs")

ZERO, ONE = np.uint64(0), np.uint64(1)
HALF = np.uint64(32)
LOW = np.uint64(0xFFFFFFFF)
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def locate(block, first, count, keys, size, direct, slot):
    """slot[first:first+count]: where the search for each row of the block starts.

    One word: Fibonacci hashing of the folded word, which spreads dense sets of
    behaviours perfectly.  More: the NH universal hash (Black et al., CRYPTO 1999),
    whose sum of products vectorises; a chain of multiplications is 5 times slower.
    """
    size = np.uint64(size)
    if block.shape[1] == 1:
        flat = block.reshape(block.size)  # so that the loop vectorises
        if direct:
            for b in range(np.uint64(first), np.uint64(first + count)):
                slot[b] = np.uint32(flat[b])
            return
        for b in range(np.uint64(first), np.uint64(first + count)):
            x = flat[b]
            h = (x ^ (x >> HALF)) * GOLDEN
            slot[b] = np.uint32(((h >> HALF) * size) >> HALF)
        return
    words = np.uint64(block.shape[1])
    for b in range(np.uint64(first), np.uint64(first + count)):
        h = ZERO
        for w in range(words):
            x = block[b, w]
            h += ((x + keys[w]) & LOW) * (((x >> HALF) + keys[words + w]) & LOW)
        h = (h ^ (h >> HALF)) * GOLDEN
        slot[b] = np.uint32(((h >> HALF) * size) >> HALF)


@njit(cache=True, nogil=True)
def tally_made(tally, base, first, stop, levels, level):
    """Counts operands first..stop by cost; returns the level of `first`."""
    while levels.ends[level] <= first:
        level += 1
    at, here = level, first
    while here < stop:
        end = min(stop, levels.ends[at])
        tally[MADE, base + levels.costs[at]] += end - here
        here = end
        at += 1
    return level


@njit(cache=True, nogil=True)
def precedes(store, row, rule, fixed, operand):
    """Whether (rule, fixed, operand) comes before the way `row` is made."""
    if rule != store.rule[row]:
        return rule < store.rule[row]
    for f in range(fixed.shape[0]):
        if fixed[f] != store.arguments[row, f]:
            return fixed[f] < store.arguments[row, f]
    return operand < store.arguments[row, fixed.shape[0]]


@njit(cache=True, nogil=True)
def write(store, row, rule, fixed, operand, cost):
    store.rule[row] = rule
    for f in range(fixed.shape[0]):
        store.arguments[row, f] = fixed[f]
    store.arguments[row, fixed.shape[0]] = operand
    if store.state[MANY]:
        store.cost[row - store.state[BAND]] = cost


@njit(cache=True, nogil=True)
def sift(block, first, count, rows, slots, slot, left):
    """Lists in `left` what is in neither of its first two slots; returns how many.

    Without branches: an empty slot reads row 0, which repeats the first row kept,
    so that a match with it is a duplicate too.
    """
    flat, held = block.reshape(block.size), rows.reshape(rows.size)
    size = np.uint64(slots.shape[0])
    some = ZERO
    for b in range(np.uint64(first), np.uint64(first + count)):
        left[some] = np.uint32(b)
        some += np.uint64(held[slots[slot[b]]] != flat[b])
    open_ = ZERO
    for c in range(some):
        b = left[c]
        position = np.uint64(slot[b]) + ONE
        position = position if position < size else ZERO
        left[open_] = b
        open_ += np.uint64(held[slots[position]] != flat[b])
    return open_


@njit(cache=True, nogil=True)
def absorb(store, scratch, first, count, rule, fixed, base, operand, levels, level):
    """Keeps what is new in block[first:first+count], whose operands start at `operand`."""
    rows, slots, state = store.rows, store.slots, store.state
    block, slot, left, dead = scratch
    words = np.uint64(rows.shape[1])
    size = np.uint64(slots.shape[0])
    settled = np.uint64(state[SETTLED])
    if state[DIRECT] and state[PLAIN]:
        flat = block.reshape(block.size)
        open_ = ZERO
        for b in range(np.uint64(first), np.uint64(first + count)):
            left[open_] = np.uint32(b)
            open_ += np.uint64(slots[flat[b]] == 0)
        for c in range(open_):
            slot[left[c]] = np.uint32(flat[left[c]])
    elif words == ONE and state[PLAIN]:
        locate(block, first, count, store.keys, size, False, slot)
        open_ = sift(block, first, count, rows, slots, slot, left)
    else:
        locate(block, first, count, store.keys, size, state[DIRECT], slot)
        open_ = ZERO
        for b in range(np.uint64(first), np.uint64(first + count)):
            left[open_] = np.uint32(b)
            open_ += ONE - np.uint64(dead[b] != 0)
    kept = np.uint64(state[COUNT])
    for c in range(open_):
        b = np.uint64(left[c])
        position = np.uint64(slot[b])
        j = operand + np.int64(b) - first
        while True:
            s = np.uint64(slots[position])
            if s == ZERO:
                while levels.ends[level] <= j:
                    level += 1
                write(store, np.int64(kept), rule, fixed, j, base + levels.costs[level])
                kept += ONE
                for w in range(words):
                    rows[kept, w] = block[b, w]
                slots[position] = np.uint32(kept)
                break
            same = True
            for w in range(words):
                if rows[s, w] != block[b, w]:
                    same = False
                    break
            if same:
                if s > settled:
                    while levels.ends[level] <= j:
                        level += 1
                    cost = base + levels.costs[level]
                    row = np.int64(s - ONE)
                    held = store.cost[row - state[BAND]]
                    if cost < held or (cost == held and precedes(store, row, rule, fixed, j)):
                        write(store, row, rule, fixed, j, cost)
                break
            position += ONE
            if position == size:
                position = ZERO
    state[COUNT] = np.int64(kept)


@njit(cache=True, nogil=True)
def tally_dropped(store, scratch, first, count, base, operand, levels, level):
    for b in range(first, first + count):
        if scratch.dead[b]:
            j = operand + b - first
            while levels.ends[level] <= j:
                level += 1
            store.tally[DROPPED, base + levels.costs[level]] += 1


@njit(cache=True, nogil=True)
def full(store, count):
    """Whether `count` more rows would overfill the rows or the slots."""
    kept = store.state[COUNT] + count
    return kept >= store.rows.shape[0] or (
        store.state[SPARE] * kept > store.slots.shape[0] and not store.state[DIRECT]
    )


@njit(cache=True, nogil=True)
def make_bits(u, v, words, first, count, block):
    """Any boolean primitive is affine in one operand: u ^ (v & operand)."""
    if block.shape[1] == 1:
        u0, v0 = u[0], v[0]
        flat, flat_words = block.reshape(block.size), words.reshape(words.size)
        for b in range(np.uint64(count)):
            flat[b] = u0 ^ (v0 & flat_words[np.uint64(first) + b])
        return
    for b in range(np.uint64(count)):
        for w in range(np.uint64(block.shape[1])):
            block[b, w] = u[w] ^ (v[w] & words[np.uint64(first) + b, w])


@njit(cache=True, nogil=True)
def make_plus(u, cells, first, count, p, out):
    """u + operand mod p in uint8, 0.02 ns a value; `out` holds `p` where padded."""
    modulus = np.uint8(p)
    for b in range(np.uint64(count)):
        for r in range(np.uint64(u.shape[0])):
            rest = np.uint8(modulus - cells[np.uint64(first) + b, r])
            a = u[r]
            out[b, r] = np.uint8(a - rest) if a >= rest else np.uint8(a - rest + modulus)


@njit(cache=True, nogil=True)
def make_minus(u, cells, first, count, p, out):
    """u - operand mod p in uint8."""
    modulus = np.uint8(p)
    for b in range(np.uint64(count)):
        for r in range(np.uint64(u.shape[0])):
            a, x = u[r], cells[np.uint64(first) + b, r]
            out[b, r] = np.uint8(a - x) if a >= x else np.uint8(a - x + modulus)


@njit(cache=True, nogil=True)
def make_ring(u, v, cells, first, count, p, out):
    """u + v * operand mod p in 16 bits; Barrett's quotient is short by one at most.

    For x < 2**16, x/p - x*floor(2**16/p)/2**16 < x/2**16 < 1.  0.2 ns a value, where
    looking the answer up in a table takes 0.45.
    """
    modulus = np.uint16(p)
    inverse = np.uint32(65536 // p)
    for b in range(np.uint64(count)):
        for r in range(np.uint64(u.shape[0])):
            x = np.uint16(u[r]) + np.uint16(v[r]) * np.uint16(cells[np.uint64(first) + b, r])
            x = np.uint16(x)
            quotient = np.uint16(np.uint32(np.uint32(x) * inverse) >> np.uint32(16))
            y = np.uint16(x - np.uint16(quotient * modulus))
            z = np.uint16(y - modulus)
            out[b, r] = np.uint8(min(z, y))


@njit(cache=True, nogil=True)
def make_table(table, offsets, cells, first, count, out, dead):
    """table[offset + operand]; an entry of the storage's greatest value is undefined."""
    for b in range(np.uint64(count)):
        worst = table.dtype.type(0)
        for r in range(np.uint64(offsets.shape[0])):
            y = table[np.uint64(offsets[r]) + np.uint64(cells[np.uint64(first) + b, r])]
            worst = max(worst, y)
            out[b, r] = y
        dead[b] = worst == np.iinfo(table.dtype).max


@njit(cache=True, nogil=True)
def extend(store, scratch, kind, p, table, curried, terms, operand, rule, levels, budget):
    """All candidates of one rule for given fixed operands; returns how many were made.

    curried: u, v uint64 (m, W), u_cells, v_cells in storage (m, cells), offsets
    uint32 (m, rows): the primitive with all operands but one fixed, of which each
    kind reads what it needs.  terms: fixed uint32 (m, F), base, low and high int64
    (m,): per fixed operands, the cost above the band's start before the free
    operand's, and the free operand's range of rows.  operand: words uint64 (n, W)
    and cells (n, cells), two views of the free operand's rows; block_cells: the
    block in storage.  Starts and stops at state[TERM], state[PLACE]; stops when
    terms end, after `budget` candidates, or when the store is full.
    """
    u, v, u_cells, v_cells, offsets = curried
    fixed, base, low, high = terms
    words, cells, block_cells = operand
    state, block, dead = store.state, scratch.block, scratch.dead
    term, place = state[TERM], state[PLACE]
    made = 0
    while term < low.shape[0]:
        place = max(place, low[term])
        level = np.searchsorted(levels.ends, place, side="right")
        while place < high[term]:
            count = min(block.shape[0], high[term] - place, budget - made)
            if count <= 0 or full(store, count):
                state[TERM], state[PLACE] = term, place
                return made
            if kind == BITS:
                make_bits(u[term], v[term], words, place, count, block)
            elif kind == PLUS:
                make_plus(u_cells[term], cells, place, count, p, block_cells)
            elif kind == MINUS:
                make_minus(u_cells[term], cells, place, count, p, block_cells)
            elif kind == RING:
                make_ring(u_cells[term], v_cells[term], cells, place, count, p, block_cells)
            else:
                make_table(table, offsets[term], cells, place, count, block_cells, dead)
            level = tally_made(store.tally, base[term], place, place + count, levels, level)
            if kind == TABLE:
                tally_dropped(store, scratch, 0, count, base[term], place, levels, level)
            absorb(store, scratch, 0, count, rule, fixed[term], base[term], place, levels, level)
            made += count
            place += count
        term += 1
        place = 0
    state[TERM], state[PLACE] = term, 0
    return made


@njit(cache=True, nogil=True)
def plan(low, high, state, size, term_of, operand_of, pieces):
    """The next candidates of the terms, at most `size`, as pieces of one term each.

    term_of, operand_of int64 (size,): of every candidate; pieces int64 (size, 3):
    term, first operand, count.  Returns how many candidates and pieces; moves
    state[TERM] and state[PLACE] on.
    """
    term, place = state[TERM], state[PLACE]
    made = parts = 0
    while term < low.shape[0] and made < size:
        place = max(place, low[term])
        count = min(size - made, high[term] - place)
        if count > 0:
            for k in range(count):
                term_of[made + k] = term
                operand_of[made + k] = place + k
            pieces[parts, 0], pieces[parts, 1], pieces[parts, 2] = term, place, count
            parts += 1
            made += count
            place += count
        if place >= high[term]:
            term += 1
            place = 0
    state[TERM], state[PLACE] = term, place
    return made, parts


@njit(cache=True, nogil=True)
def insert(store, scratch, pieces, rule, fixed, base, levels):
    """Keeps what is new in the block, whose candidates are those of the pieces."""
    first = 0
    for k in range(pieces.shape[0]):
        term, operand, count = pieces[k, 0], pieces[k, 1], pieces[k, 2]
        level = np.searchsorted(levels.ends, operand, side="right")
        tally_made(store.tally, base[term], operand, operand + count, levels, level)
        tally_dropped(store, scratch, first, count, base[term], operand, levels, level)
        absorb(store, scratch, first, count, rule, fixed[term], base[term], operand, levels, level)
        first += count


@njit(cache=True, nogil=True)
def rehash(rows, count, keys, slots, slot):
    """Fills an empty index with rows 0..count."""
    size = np.uint64(slots.shape[0])
    step = slot.shape[0]
    for first in range(0, count, step):
        some = min(step, count - first)
        locate(rows[first : first + some], 0, some, keys, size, False, slot)
        for b in range(some):
            position = np.uint64(slot[b])
            while slots[position] != 0:
                position += ONE
                if position == size:
                    position = ZERO
            slots[position] = np.uint32(first + b + 1)


@njit(cache=True, nogil=True)
def errors_bits(rows, labels, mask, out):
    """out int32 (L, n): in how many masked bits each row differs from each labelling."""
    for i in range(np.uint64(rows.shape[0])):
        for k in range(np.uint64(labels.shape[0])):
            wrong = ZERO
            for w in range(np.uint64(rows.shape[1])):
                x = (rows[i, w] ^ labels[k, w]) & mask[w]
                x -= (x >> ONE) & np.uint64(0x5555555555555555)
                x = (x & np.uint64(0x3333333333333333)) + (
                    (x >> np.uint64(2)) & np.uint64(0x3333333333333333)
                )
                x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
                wrong += (x * np.uint64(0x0101010101010101)) >> np.uint64(56)
            out[k, i] = np.int32(wrong)


@njit(cache=True, nogil=True)
def errors_cells(rows, labels, out):
    """The same for rows of cells (n, cells) against labels (L, training rows)."""
    for i in range(np.uint64(rows.shape[0])):
        for k in range(np.uint64(labels.shape[0])):
            wrong = 0
            for r in range(np.uint64(labels.shape[1])):
                wrong += rows[i, r] != labels[k, r]
            out[k, i] = wrong


@njit(cache=True, nogil=True)
def positions(rows, first, count, keys, direct, slots, slot, out):
    """out int64 (count - first,): the slot that holds each row of first..count."""
    size = np.uint64(slots.shape[0])
    step = slot.shape[0]
    for start in range(first, count, step):
        some = min(step, count - start)
        locate(rows[start : start + some], 0, some, keys, size, direct, slot)
        for b in range(some):
            position = np.uint64(slot[b])
            while slots[position] != np.uint32(start + b + 1):
                position += ONE
                if position == size:
                    position = ZERO
            out[start + b - first] = np.int64(position)
