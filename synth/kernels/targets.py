"""Solving the root of a program from its target: which held rows make it, at the least cost.

Rows lie in order of cost. `costs` int64 is the cost of every level, and `ends` is one past its
last row. A target is `value` in the places that `mask` marks, and open elsewhere. Some of the
open places may be `checked`, int64 (c,). There the answer a must satisfy serves[place, a], uint8
(c, size), which also says where there is no answer.
"""

import numpy as np
from numba import njit

from synth.kernels.store import GOLDEN, HALF, ZERO

#: Entries of a table's inverse: no answer, every answer serves, several answers serve.
NONE, ANY, SEVERAL = -1, -2, -3


@njit(cache=True, nogil=True)
def first_match(rows, cells, count, value, mask, checked, serves):
    """The first of `count` rows that equals `value` within the mask and serves, or -1."""
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
    """The hash of `row ^ flip` within the mask."""
    h = ZERO
    for w in range(np.uint64(mask.shape[0])):
        h = (h ^ ((row[w] ^ flip[w]) & mask[w])) * GOLDEN
        h ^= h >> HALF
    return h


@njit(cache=True, nogil=True)
def find(rows, slots, row, flip, mask):
    """The slot of `row ^ flip` within the mask, or the empty slot where it belongs."""
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
    """The cheapest rows a, b with a ^ b = value within the mask.

    Every row is compared with the cheaper ones and with itself.

    Parameters
    ----------
    rows, count, ends, costs, value, mask
        See the module.
    most : int
        The largest total cost.
    slots : uint32
        An empty index for `count` rows.
    out : int64 (2,)
        Receives the rows.

    Returns
    -------
    int
        Their cost, or -1.
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
    """Lists rows r with r ^ flip a superset of `value` within the mask, and what they have beyond.

    Rows are left out if one of the first `checked` cheaper ones is as good.

    Parameters
    ----------
    rows, count, value, mask
        See the module.
    flip : uint64 (W,)
        Exclusive-ored to every row.
    found : int64 (m,)
        Receives the rows.
    rest : uint64 (m, W)
        Receives what each has beyond `value`.
    checked : int
        The number of earlier rows that each one is compared with.

    Returns
    -------
    int
        The number of rows found, or -1 if there are more than m.
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
    """The cheapest pair, of cost at most `most`, whose rests share nothing; -1 if there is none."""
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

    Parameters
    ----------
    rows, count, mask
        See the module.
    slots : uint32
        The empty index.
    following : uint32 (count,)
        Receives 1 + the next row that agrees with each row, 0 after the last; of length 0 if
        only the first of them is needed.
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
def pair_inverse(
    rows,
    cells,
    count,
    ends,
    costs,
    inverse,
    target,
    places,
    mask,
    slots,
    following,
    table,
    checked,
    serves,
    need,
    need_cells,
    most,
    out,
    open_rows,
):
    """The cheapest pair whose second row is determined by the first one and the target.

    Parameters
    ----------
    rows, cells, count, ends, costs, mask, checked, serves
        See the module; `cells` is another view of `rows`.
    inverse : int32 (p, p)
        The second operand's value by the first operand's and the target's, or NONE, ANY,
        SEVERAL.
    target : int64 (k,)
        The values of the target at `places`.
    places : int64 (k,)
        The places that the mask marks.
    slots, following
        See `index_rows`.
    table : (p, p)
        The answers.
    need : uint64 (1, W)
        Scratch memory.
    need_cells : (1, cells)
        Another view of `need`.
    most : int
        The largest total cost.
    out : int64 (2,)
        Receives the rows.
    open_rows : int64 (m,)
        Receives the first rows that leave the second one open.

    Returns
    -------
    (int, int)
        The cost or -1, and the number of open rows; both are -1 if there are more than m.
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
def pair_open(
    cells, first, first_cost, second, second_cost, table, target, places, checked, serves, most, out
):
    """The cheapest of the listed pairs that makes the target, tried one by one; -1 if none."""
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
