"""Counting programs by behaviour: products of counts, added up by result.

Behaviours are rows of 64-bit words in the order in which they were first met. Their index uses
open addressing: a slot holds 1 + the number of a row, or 0 if it is empty. Rows are compared, so
equality is exact.
"""

import numpy as np
from numba import njit

ZERO, ONE, HALF = np.uint64(0), np.uint64(1), np.uint64(32)
SPREAD, TURN = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)

#: `state` of the behaviours, int64 (2,): the number held, and the number met at this level.
HELD, MET = range(2)
#: `cursor` of a walk over pairs, int64 (4,): the job, the places of its operands (-1 for the
#: second means its first place), and the number of waiting pairs.
JOB, FIRST, SECOND, WAITING = range(4)
# Columns of `jobs`: the ranges of both operands, where the job starts in the memo, and whether
# both ranges are the same; of these only unordered pairs are walked.
START, STOP, START2, STOP2, BASE, SAME = range(6)
#: Entries of `memo`: a pair not met yet, or one without a value; else the behaviour it makes.
UNKNOWN, NOTHING = -1, -2


@njit(cache=True, nogil=True)
def slot_of(words, b, rows, slots):
    """The slot of a row of words, or the empty slot where it belongs."""
    h = ZERO
    for w in range(words.shape[1]):
        h = (h ^ words[b, w]) * SPREAD
        h ^= h >> TURN
    h *= SPREAD
    size = np.uint64(slots.shape[0])  # a power of two
    at = (h >> HALF) & (size - ONE)
    while slots[at]:
        held = slots[at] - 1
        same = True
        for w in range(words.shape[1]):
            if rows[held, w] != words[b, w]:
                same = False
                break
        if same:
            break
        at = (at + ONE) & (size - ONE)
    return at


@njit(cache=True, nogil=True)
def index_behaviours(rows, count, slots):
    """Enters the first `count` rows into an empty index."""
    for b in range(count):
        slots[slot_of(rows, b, rows, slots)] = b + 1


@njit(cache=True, nogil=True)
def admit(block, dead, weights, memo, places, rows, slots, state, sums, met, lost):
    """Adds the weights of a block of rows to the sums of their behaviours.

    There must be room for n more rows.

    Parameters
    ----------
    block : uint64 (n, W)
        The rows.
    dead : bool (n,)
        Rows without a value, whose weights go to `lost`.
    weights : int64 or float64 (n,)
        The weights; `sums` and `lost` have the same dtype.
    memo : int32
        Receives the behaviour of each row.
    places : int64 (n,)
        The place of each row in the memo, or -1.
    rows, slots, state
        The behaviours held, their index and their state, changed in place.
    sums : int64 or float64
        The sum of each behaviour, changed in place.
    met : int32
        The behaviours whose sum is not 0, changed in place.
    lost : (1,)
        The weight of rows without a value, changed in place.
    """
    for b in range(block.shape[0]):
        if dead[b]:
            lost[0] += weights[b]
            if places[b] >= 0:
                memo[places[b]] = NOTHING
            continue
        at = slot_of(block, b, rows, slots)
        if slots[at]:
            r = slots[at] - 1
        else:
            r = state[HELD]
            state[HELD] += 1
            for w in range(block.shape[1]):
                rows[r, w] = block[b, w]
            slots[at] = r + 1
        if sums[r] == 0:
            met[state[MET]] = r
            state[MET] += 1
        sums[r] += weights[b]
        if places[b] >= 0:
            memo[places[b]] = r


@njit(cache=True, nogil=True)
def walk(
    jobs,
    factors,
    ids,
    counts,
    ids2,
    counts2,
    memo,
    known,
    state,
    sums,
    met,
    lost,
    cursor,
    work,
    which,
    left,
    right,
    weights,
    places,
):
    """Walks over pairs of operands; returns whether all jobs are done.

    A pair weighs the job's factor times both counts. Pairs whose result the memo knows are added
    up at once, and all others are listed. The walk ends early when the list is full, or after
    `work` pairs or slightly more; `cursor` says where it continues.

    Parameters
    ----------
    jobs : int64 (J, 6)
        Ranges of pairs.
    factors : (J,)
        The factor of each job.
    ids, counts
        The behaviours of the first operand and their counts.
    ids2, counts2
        The same of the second operand.
    memo : int32 (R, known)
        The known results, (R, 1) if there is no second operand.
    known : int
        Behaviours from this number on are not in the memo.
    state, sums, met, lost
        As in `admit`, changed in place.
    cursor : int64 (4,)
        Where the walk is, changed in place.
    work : int
        The number of pairs after which to stop.
    which, left, right, weights, places : (n,)
        The list of waiting pairs: job, both behaviours, weight, and place in the memo or -1.
    """
    done = 0
    for s in range(cursor[JOB], jobs.shape[0]):
        base, same, stop2 = jobs[s, BASE], jobs[s, SAME], jobs[s, STOP2]
        width = min(known, memo.shape[1])
        x = cursor[FIRST] if cursor[FIRST] >= 0 else jobs[s, START]
        while x < jobs[s, STOP]:
            y = cursor[SECOND]
            if y < 0:
                y = x if same else jobs[s, START2]
            i = ids[x]
            weight = factors[s] * counts[x]
            listed = base >= 0 and i < known
            if done > work:
                cursor[JOB], cursor[FIRST], cursor[SECOND] = s, x, y
                return False
            done += stop2 - y
            while y < stop2:
                j = ids2[y]
                v = weight * counts2[y]
                if same and y > x:
                    v += v
                place = -1
                if listed and j < width:
                    r = memo[base + i, j]
                    if r >= 0:
                        if sums[r] == 0:
                            met[state[MET]] = r
                            state[MET] += 1
                        sums[r] += v
                        y += 1
                        continue
                    if r == NOTHING:
                        lost[0] += v
                        y += 1
                        continue
                    place = (base + i) * memo.shape[1] + j
                c = cursor[WAITING]
                if c == which.shape[0]:
                    cursor[JOB], cursor[FIRST], cursor[SECOND] = s, x, y
                    return False
                which[c], left[c], right[c], weights[c], places[c] = s, i, j, v, place
                cursor[WAITING] = c + 1
                y += 1
            cursor[SECOND] = -1
            x += 1
        cursor[FIRST] = -1
    cursor[JOB] = jobs.shape[0]
    return True


@njit(cache=True, nogil=True)
def look_up(table, left, right, cells, cells2, out, dead):
    """out[b, r] = table[cells[left[b], r], cells2[right[b], r]], in cells of 1 or 2 bytes.

    The largest value of the table's dtype stands for no value; dead bool (n,) marks rows that
    have it.
    """
    none = np.iinfo(table.dtype).max
    for b in range(left.shape[0]):
        worst = table.dtype.type(0)
        i, j = left[b], right[b]
        for r in range(out.shape[1]):
            y = table[cells[i, r], cells2[j, r]]
            worst = max(worst, y)
            out[b, r] = y
        dead[b] = worst == none
