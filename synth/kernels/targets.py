"""Solving the root of a program from its target: which held rows make it, and cheapest how.

Rows lie in order of cost; cost int64 is that of every level and ends one past its last
row.  A target is `value` in the places that `mask` marks, and open elsewhere.  Some of the
open places may be `checked`, int64 (c,): there the answer a must have serves[place, a],
uint8 (c, size), which says too where there is none.
"""

import numpy as np
from numba import njit

from synth.kernels.store import GOLDEN, HALF, ZERO

#: What the inverse of a table says where there is no answer, where every one serves, and
#: where several do.
NONE, ANY, SEVERAL = -1, -2, -3


@njit(cache=True, nogil=True)
def first_match(rows, cells, count, value, mask, checked, serves):
    """The first of `count` rows that is `value` within the mask and serves, or -1."""
    for i in range(np.uint64(count)):
        same = True
        for w in range(np.uint64(rows.shape[1])):
            if (rows[i, w] ^ value[w]) & mask[w]:
                same = False
                break
        if same:
            for k in range(checked.shape[0]):
                if not serves[k, cells[i, checked[k]]]:
                    same = False
                    break
        if same:
            return np.int64(i)
    return np.int64(-1)


@njit(cache=True, nogil=True)
def masked_hash(row, flip, mask):
    h = ZERO
    for w in range(np.uint64(mask.shape[0])):
        h = (h ^ ((row[w] ^ flip[w]) & mask[w])) * GOLDEN
        h ^= h >> HALF
    return h


@njit(cache=True, nogil=True)
def find(rows, slots, row, flip, mask):
    """Where `row ^ flip`, within the mask, is in an index, or the empty slot it would take."""
    size = np.uint64(slots.shape[0])
    position = ((masked_hash(row, flip, mask) >> HALF) * size) >> HALF
    while slots[position] != 0:
        i = np.uint64(slots[position] - 1)
        same = True
        for w in range(np.uint64(mask.shape[0])):
            if (rows[i, w] ^ row[w] ^ flip[w]) & mask[w]:
                same = False
                break
        if same:
            return position
        position += np.uint64(1)
        if position == size:
            position = ZERO
    return position


@njit(cache=True, nogil=True)
def pair_xor(rows, count, ends, costs, value, mask, most, slots, out):
    """The cheapest rows a, b with a ^ b = value within the mask, at most `most` in all.

    slots uint32: an empty index for `count` rows.  out int64 (2,): the rows.  Returns
    their cost, or -1.  Every row is compared with the cheaper ones and itself.
    """
    nothing = np.zeros_like(mask)
    best = most + 1
    level = 0
    for j in range(count):
        while ends[level] <= j:
            level += 1
        if costs[level] + costs[0] >= best:
            break
        position = find(rows, slots, rows[j], nothing, mask)
        if slots[position] == 0:
            slots[position] = np.uint32(j + 1)
        position = find(rows, slots, rows[j], value, mask)
        if slots[position] != 0:
            i = np.int64(slots[position]) - 1
            other = costs[np.searchsorted(ends, i, side="right")]
            if costs[level] + other < best:
                best = costs[level] + other
                out[0], out[1] = i, j
    return best if best <= most else np.int64(-1)


@njit(cache=True, nogil=True)
def covers(rows, count, flip, value, mask, found, rest, checked):
    """Rows r with r ^ flip a superset of `value` within the mask, and what they have beyond.

    found int64 (m,) and rest uint64 (m, W) are filled with those that none of the first
    `checked` cheaper ones is as good as; returns how many, or -1 where there are more
    than m.
    """
    held = 0
    words = np.uint64(mask.shape[0])
    for i in range(np.uint64(count)):
        good = True
        for w in range(words):
            if value[w] & ~(rows[i, w] ^ flip[w]) & mask[w]:
                good = False
                break
        if not good:
            continue
        for k in range(min(held, checked)):
            inside = True
            for w in range(words):
                if rest[k, w] & ~((rows[i, w] ^ flip[w]) & ~value[w] & mask[w]):
                    inside = False
                    break
            if inside:
                good = False
                break
        if not good:
            continue
        if held == found.shape[0]:
            return np.int64(-1)
        found[held] = np.int64(i)
        for w in range(words):
            rest[held, w] = (rows[i, w] ^ flip[w]) & ~value[w] & mask[w]
        held += 1
    return np.int64(held)


@njit(cache=True, nogil=True)
def pair_disjoint(found, rest, cost, other_found, other_rest, other_cost, most, out):
    """The cheapest pair whose rests share nothing, at most `most` in all; -1 without one."""
    best = most + 1
    words = np.uint64(rest.shape[1])
    for i in range(found.shape[0]):
        if other_cost.shape[0] == 0 or cost[i] + other_cost[0] >= best:
            break
        for j in range(other_found.shape[0]):
            if cost[i] + other_cost[j] >= best:
                break
            apart = True
            for w in range(words):
                if rest[i, w] & other_rest[j, w]:
                    apart = False
                    break
            if apart:
                best = cost[i] + other_cost[j]
                out[0], out[1] = found[i], other_found[j]
                break
    return best if best <= most else np.int64(-1)


@njit(cache=True, nogil=True)
def index_rows(rows, count, mask, slots, following):
    """Fills an empty index, uint32, with the first of the rows that agree within the mask.

    following uint32 (count,): filled with one more than the next row that agrees with each,
    0 after the last; or of length 0 if only the first of them is of use.
    """
    nothing = np.zeros_like(mask)
    for i in range(count - 1, -1, -1):
        position = find(rows, slots, rows[i], nothing, mask)
        if following.shape[0]:
            following[i] = slots[position]
        slots[position] = np.uint32(i + 1)


@njit(cache=True, nogil=True)
def serving(cells, i, j, table, checked, serves):
    """Whether rows i and j together have an answer that serves in every checked place."""
    for k in range(checked.shape[0]):
        answer = table[cells[i, checked[k]], cells[j, checked[k]]]
        if answer >= serves.shape[1] or not serves[k, answer]:
            return False
    return True


@njit(cache=True, nogil=True)
def pair_inverse(rows, cells, count, ends, costs, inverse, target, places, mask, slots, following,
                 table, checked, serves, need, need_cells, most, out, open_rows):  # fmt: skip
    """The cheapest rows of which the second is determined by the first and the target.

    inverse int32 (p, p): by the first operand's value and the target's, the second's, or
    NONE, ANY, SEVERAL; table (p, p): the answers;
    slots, following: see `index_rows`; target int64 (k,) at the `places`; need uint64 (1, W) and
    need_cells (1, cells): scratch, two views of one row; open_rows int64 (m,): filled
    with the rows that leave something open.  Returns (cost or -1, how many are open,
    or -1 where there are more than m).
    """
    best, held = most + 1, 0
    level = 0
    nothing = np.zeros_like(mask)
    for i in range(count):
        while ends[level] <= i:
            level += 1
        if costs[level] + costs[0] >= best:
            break
        state = 0
        for k in range(places.shape[0]):
            answer = inverse[cells[i, places[k]], target[k]]
            if answer == NONE:
                state = NONE
                break
            if answer < 0:
                state = answer
                continue
            need_cells[0, places[k]] = answer
        if state == NONE:
            continue
        if state != 0:
            if held == open_rows.shape[0]:
                return np.int64(-1), np.int64(-1)
            open_rows[held] = i
            held += 1
            continue
        position = find(rows, slots, need[0], nothing, mask)
        j = np.int64(slots[position]) - 1
        while j >= 0:
            total = costs[level] + costs[np.searchsorted(ends, j, side="right")]
            if total >= best:
                break
            if serving(cells, i, j, table, checked, serves):
                best = total
                out[0], out[1] = i, j
                break
            j = np.int64(following[j]) - 1
    return (best if best <= most else np.int64(-1)), np.int64(held)


@njit(cache=True, nogil=True)
def pair_open(cells, first, first_cost, second, second_cost, table, target, places, checked,
              serves, most, out):  # fmt: skip
    """The cheapest of the listed pairs that makes the target, tried one by one; -1 without."""
    best = most + 1
    for i in range(first.shape[0]):
        if second.shape[0] == 0 or first_cost[i] + second_cost[0] >= best:
            break
        for j in range(second.shape[0]):
            if first_cost[i] + second_cost[j] >= best:
                break
            good = True
            for k in range(places.shape[0]):
                place = places[k]
                if table[cells[first[i], place], cells[second[j], place]] != target[k]:
                    good = False
                    break
            if good and serving(cells, first[i], second[j], table, checked, serves):
                best = first_cost[i] + second_cost[j]
                out[0], out[1] = first[i], second[j]
                break
    return best if best <= most else np.int64(-1)
