"""Counting programs by behaviour: products of counts, added up by what they make.

Behaviours are rows of 64-bit words in the order in which they were first met, with an
index by open addressing: a slot holds 1 + the number of a row, 0 where it is empty.
Rows are compared, so equality is exact.
"""

import numpy as np
from numba import njit

ZERO, ONE, HALF = np.uint64(0), np.uint64(1), np.uint64(32)
SPREAD, TURN = np.uint64(0x9E3779B97F4A7C15), np.uint64(29)

#: `state` of the behaviours, int64 (2,): how many are held, and how many the level has met.
HELD, MET = range(2)
#: `cursor` of a walk over pairs, int64 (4,): the job, the places of its operands (the
#: second -1 for its first), and how many pairs wait.
JOB, FIRST, SECOND, WAITING = range(4)
# Columns of `jobs`: the ranges of both operands, where the memo of the job starts, and
# whether the ranges are one and the same, of which only unordered pairs are walked.
START, STOP, START2, STOP2, BASE, SAME = range(6)
#: `memo`: the pair was not met yet, or has no value; else the behaviour it makes.
UNKNOWN, NOTHING = -1, -2


@njit(cache=True, nogil=True)
def slot_of(words, b, rows, slots):
    """The slot of a row of words, or the empty one where it belongs."""
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
    """Fills an empty index with the first rows."""
    for b in range(count):
        slots[slot_of(rows, b, rows, slots)] = b + 1


@njit(cache=True, nogil=True)
def admit(block, dead, weights, memo, places, rows, slots, state, sums, met, lost):
    """Adds the weights of a block of rows to the sums of their behaviours.

    block uint64 (n, W); dead bool (n,): rows without a value, whose weights go to
    `lost` (1,); weights, sums and lost are all int64 or all float64; places int64
    (n,): where the memo is told, or -1; met int32: the behaviours whose sum is not 0.
    There must be room for n more rows.
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
    jobs, factors, ids, counts, ids2, counts2, memo, known, state, sums, met, lost, cursor, work,
    which, left, right, weights, places,
):  # fmt: skip
    """Walks over pairs of operands; returns whether all jobs are done.

    A pair weighs the job's factor times both counts.  What the memo knows is added up;
    other pairs are put down in `which` (the job), `left`, `right` (behaviours), `weights`
    and `places` (in the memo, or -1).  The walk ends early when these are full, or after
    `work` pairs or a few more; `cursor` says where it goes on.  Behaviours from `known`
    on are not in the memo, which has rows of `known` (one where nothing is second).
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

    An entry of the table that is the greatest of its dtype has no value.
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
