"""Work: all candidates of one rule for some fixed operands, and which of them are kept."""

from collections import namedtuple

import numpy as np
from numba import njit

from synth.kernels.errors import errors_bits, errors_cells
from synth.kernels.make import BITS, REALS, TABLE, make
from synth.kernels.store import (
    BIT,
    BYTE,
    DROPPED,
    INDEX,
    MADE,
    ONE,
    SIX,
    SIXTY_THREE,
    ZERO,
    absent_direct,
    hold,
    sift,
)

EIGHT = np.uint64(8)

#: The candidates of one rule, as m terms in each of which one operand is free.
#: - kind, p, table: how candidates are made
#: - op, least, most: of numbers, the operation and the range of its results
#: - u, v uint64 (m, W), u_cells, v_cells (m, cells) in storage, offsets uint32 (m, rows): the
#:   primitive with all operands but one fixed; each kind reads what it needs
#: - words uint64 (n, W) and cells (n, cells): two views of the free operand's rows
#: - fixed uint32 (m, F): the fixed operands of each term
#: - base int64 (m,): the cost above the band's start, without the free operand's
#: - low, high int64 (m,): the range of the free operand's rows
#: - rule: the rule's number
#: - ends, costs int64: one past the last row of each of the free operand's levels, and its cost
#: - out: the block of the scratch in storage
Work = namedtuple(
    "Work",
    "kind p table op least most u v u_cells v_cells offsets words cells fixed base low high rule "
    "ends costs out",
)

#: What is sought.
#: - bits: whether rows are booleans
#: - labels uint64 (L, W), mask uint64 (W,): the labellings of booleans
#: - cells (L, n): the labellings of other types
#: - block: the block of the scratch in storage
#: - wanted uint8 (L, n + 1): the numbers of exceptions with which a row is caught
#: - histogram int64 (L, n + 1): the number of candidates with each number of exceptions
#: - errors int32 (L, B): scratch
Labels = namedtuple("Labels", "bits labels mask cells block wanted histogram errors")


@njit(cache=True, nogil=True)
def tally_made(tally, base, first, stop, ends, costs, level):
    """Counts operands first..stop by cost; returns the level of `first`."""
    while ends[level] <= first:
        level += 1
    at, here = level, first
    while here < stop:
        end = min(stop, ends[at])
        tally[MADE, base + costs[at]] += end - here
        here = end
        at += 1
    return level


@njit(cache=True, nogil=True)
def catch_left(catch, scratch, first, open_, rule, fixed, base, operand, ends, costs, level, made):
    """Catches the candidates of the block that are listed in left[first:open_].

    `operand` is the free operand of the block's candidate 0, and `made` the number of candidates
    before it.
    """
    left, block, slot = scratch.left, scratch.block, scratch.slot
    for k in range(first, open_):
        b = np.uint64(left[k])
        j = operand + np.int64(b)
        while ends[level] <= j:
            level += 1
        c = hold(catch, rule, fixed, j, slot[b], base + costs[level], made + np.int64(b))
        for w in range(np.uint64(block.shape[1])):
            catch.words[c, w] = block[b, w]


@njit(cache=True, nogil=True)
def drop_dead(catch, scratch, count, base, operand, ends, costs, level):
    """Counts the candidates of the block that have no value, by cost."""
    for b in range(count):
        if scratch.dead[b]:
            while ends[level] <= operand + b:
                level += 1
            catch.tally[DROPPED, base + costs[level]] += 1


@njit(cache=True, nogil=True)
def next_byte(seen, u, v, flat, start, stop):
    """The first of start, start + 8, ... below stop whose eight rows are not all held."""
    while start < stop:
        held = np.uint8(1)
        for k in range(EIGHT):
            held &= seen[u ^ (v & flat[start + k])]
        if held == 0:
            break
        start += EIGHT
    return start


@njit(cache=True, nogil=True)
def next_bit(seen, u, v, flat, start, stop):
    """`next_byte` for an index of bits."""
    while start < stop:
        held = ONE
        for k in range(EIGHT):
            x = u ^ (v & flat[start + k])
            held &= seen[x >> SIX] >> (x & SIXTY_THREE)
        if held & ONE == ZERO:
            break
        start += EIGHT
    return start


@njit(cache=True, nogil=True)
def catch_direct(store, catch, work, term, place, count, level, made):
    """Makes, looks up and catches rows that are their own address.

    It handles eight at a time: if all are held, as most are, that takes one branch.
    """
    u, v, seen = work.u[term, 0], work.v[term, 0], store.slots
    bytes_ = seen.view(np.uint8)
    flat = work.words.reshape(work.words.size)
    fixed, base = work.fixed[term], work.base[term]
    first, whole = np.uint64(place), np.uint64(count // 8 * 8)
    as_bytes = store.state[INDEX] == BYTE
    start = ZERO
    while start < np.uint64(count):
        if as_bytes:
            start = next_byte(bytes_, u, v, flat[first:], start, whole)
        else:
            start = next_bit(seen, u, v, flat[first:], start, whole)
        for b in range(start, min(start + EIGHT, np.uint64(count))):
            x = u ^ (v & flat[first + b])
            if not absent_direct(store, x):
                continue
            j = place + np.int64(b)
            while work.ends[level] <= j:
                level += 1
            c = hold(catch, work.rule, fixed, j, x, base + work.costs[level], made + np.int64(b))
            catch.words[c, 0] = x
        start += EIGHT


@njit(cache=True, nogil=True)
def collect(store, catch, scratch, work, cursor, budget):
    """Catches candidates that the store does not hold; returns the number made.

    It continues from cursor (term, place), and leaves there where it stopped: at the end of the
    terms, after `budget` candidates, or when the catch may not hold what comes next. The store
    is only read.
    """
    term, place = cursor[0], cursor[1]
    made = 0
    size, room = scratch.slot.shape[0], catch.slot.shape[0]
    direct = store.state[INDEX] <= BIT and work.kind == BITS
    while term < work.low.shape[0]:
        place = max(place, work.low[term])
        level = np.searchsorted(work.ends, place, side="right")
        while place < work.high[term]:
            count = min(size, work.high[term] - place, budget - made)
            if count <= 0 or catch.state[0] + count > room:
                cursor[0], cursor[1] = term, place
                return made
            base = work.base[term]
            level = tally_made(
                catch.tally, base, place, place + count, work.ends, work.costs, level
            )
            if direct:
                catch_direct(store, catch, work, term, place, count, level, made)
            else:
                make(work, term, place, count, scratch)
                if TABLE <= work.kind <= REALS:
                    drop_dead(catch, scratch, count, base, place, work.ends, work.costs, level)
                open_ = sift(store, scratch, count)
                catch_left(
                    catch,
                    scratch,
                    0,
                    open_,
                    work.rule,
                    work.fixed[term],
                    base,
                    place,
                    work.ends,
                    work.costs,
                    level,
                    made,
                )
            made += count
            place += count
        term += 1
        place = 0
    cursor[0], cursor[1] = term, 0
    return made


@njit(cache=True, nogil=True)
def pick(target, scratch, count):
    """Counts exceptions in the block; lists the wanted candidates in `left`; returns how many."""
    if target.bits:
        errors_bits(scratch.block[:count], target.labels, target.mask, target.errors)
    else:
        errors_cells(target.block[:count], target.cells, target.errors)
    left, dead, errors = scratch.left, scratch.dead, target.errors
    open_ = 0
    for b in range(np.uint64(count)):
        if dead[b]:
            continue
        wanted = 0
        for k in range(np.uint64(errors.shape[0])):
            e = np.uint64(errors[k, b])
            target.histogram[k, e] += 1
            wanted |= target.wanted[k, e]
        left[open_] = b
        open_ += wanted
    return open_


@njit(cache=True, nogil=True)
def scan(catch, scratch, work, target, cursor, budget):
    """Counts the exceptions of candidates and catches the wanted ones; returns the number made.

    It is like `collect`, but does not ask whether the store holds them.
    """
    term, place = cursor[0], cursor[1]
    made = 0
    size, room = scratch.slot.shape[0], catch.slot.shape[0]
    while term < work.low.shape[0]:
        place = max(place, work.low[term])
        level = np.searchsorted(work.ends, place, side="right")
        while place < work.high[term]:
            count = min(size, work.high[term] - place, budget - made)
            if count <= 0 or catch.state[0] + count > room:
                cursor[0], cursor[1] = term, place
                return made
            base = work.base[term]
            level = tally_made(
                catch.tally, base, place, place + count, work.ends, work.costs, level
            )
            make(work, term, place, count, scratch)
            if TABLE <= work.kind <= REALS:
                drop_dead(catch, scratch, count, base, place, work.ends, work.costs, level)
            open_ = pick(target, scratch, count)
            catch_left(
                catch,
                scratch,
                0,
                open_,
                work.rule,
                work.fixed[term],
                base,
                place,
                work.ends,
                work.costs,
                level,
                made,
            )
            made += count
            place += count
        term += 1
        place = 0
    cursor[0], cursor[1] = term, 0
    return made


@njit(cache=True, nogil=True)
def plan(low, high, cursor, size, term_of, operand_of, pieces):
    """Lists the next candidates of the terms, at most `size`, in pieces of one term each.

    Parameters
    ----------
    low, high : int64 (m,)
        The range of the free operand of each term.
    cursor : int64 (2,)
        The term and the place where to continue, changed in place.
    size : int
        The largest number of candidates.
    term_of, operand_of : int64 (size,)
        Receives the term and the free operand of every candidate.
    pieces : int64 (size, 3)
        Receives the term, the first operand and the count of each piece.

    Returns
    -------
    (int, int)
        The number of candidates and of pieces.
    """
    term, place = cursor[0], cursor[1]
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
    cursor[0], cursor[1] = term, place
    return made, parts


@njit(cache=True, nogil=True)
def catch_pieces(catch, scratch, open_, pieces, rule, fixed, base, ends, costs):
    """Catches the candidates listed in `left`, and tallies all, for a block made piece by piece."""
    first = c = 0
    for k in range(pieces.shape[0]):
        term, operand, count = pieces[k, 0], pieces[k, 1], pieces[k, 2]
        level = np.searchsorted(ends, operand, side="right")
        tally_made(catch.tally, base[term], operand, operand + count, ends, costs, level)
        at = level
        for b in range(first, first + count):
            if scratch.dead[b]:
                while ends[at] <= operand + b - first:
                    at += 1
                catch.tally[DROPPED, base[term] + costs[at]] += 1
        stop = c
        while stop < open_ and scratch.left[stop] < first + count:
            stop += 1
        catch_left(
            catch,
            scratch,
            c,
            stop,
            rule,
            fixed[term],
            base[term],
            operand - first,
            ends,
            costs,
            level,
            0,
        )
        c = stop
        first += count


@njit(cache=True, nogil=True)
def collect_block(store, catch, scratch, pieces, rule, fixed, base, ends, costs):
    """`collect` for a block that was made elsewhere; pieces: see `plan`."""
    open_ = sift(store, scratch, pieces[:, 2].sum())
    catch_pieces(catch, scratch, open_, pieces, rule, fixed, base, ends, costs)


@njit(cache=True, nogil=True)
def scan_block(catch, scratch, target, pieces, rule, fixed, base, ends, costs):
    """`scan` for a block that was made elsewhere; pieces: see `plan`."""
    open_ = pick(target, scratch, pieces[:, 2].sum())
    catch_pieces(catch, scratch, open_, pieces, rule, fixed, base, ends, costs)
