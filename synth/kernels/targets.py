"""Solving the root of a program from its target: which held rows make it, at the least cost.

Rows lie in order of cost. `costs` int64 is the cost of every level, and `ends` is one past its
last row. A target is `value` in the places that `mask` marks, and open elsewhere. Some of the
open places may be `checked`, int64 (c,). There the answer a must satisfy serves[place, a], uint8
(c, size), which also says where there is no answer.

Every kernel works through the rows first..stop of a longer list, so that a search can stop between
two calls. What the calls of one list share is in `state`, int64 (4,): the least cost so far, its
two rows, and how many rows were listed. It begins with one more than the largest cost that counts.
"""

import numpy as np
from numba import njit

from synth.kernels.store import GOLDEN, HALF, ZERO

#: Entries of a table's inverse: no answer, every answer serves, several answers serve.
NONE, ANY, SEVERAL = -1, -2, -3


@njit(cache=True, nogil=True)
def first_match(rows, cells, first, stop, value, mask, checked, serves):
    """The first of some rows that equals `value` within the mask and serves, or -1."""
    for i in range(np.uint64(first), np.uint64(stop)):
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
def pair_xor(rows, first, stop, ends, costs, value, mask, slots, state):
    """The cheapest rows a, b with a ^ b = value within the mask.

    Every row is compared with the cheaper ones and with itself.

    Parameters
    ----------
    rows, first, stop, ends, costs, value, mask, state
        See the module.
    slots : uint32
        An index for all rows, empty at first.

    Returns
    -------
    bool
        Whether further rows may lead to a cheaper pair.
    """
    nothing = np.zeros_like(mask)
    level = np.searchsorted(ends, first, side="right")
    for j in range(first, stop):
        while ends[level] <= j:
            level += 1
        if costs[level] + costs[0] >= state[0]:
            return False
        position = find(rows, slots, rows[j], nothing, mask)
        if slots[position] == 0:
            slots[position] = np.uint32(j + 1)
        position = find(rows, slots, rows[j], value, mask)
        if slots[position] != 0:
            i = np.int64(slots[position]) - 1
            other = costs[np.searchsorted(ends, i, side="right")]
            if costs[level] + other < state[0]:
                state[0], state[1], state[2] = costs[level] + other, i, j
    return True


@njit(cache=True, nogil=True)
def covers(rows, first, stop, flip, value, mask, found, rest, checked, state):
    """Lists rows r with r ^ flip a superset of `value` within the mask, and what they have beyond.

    Rows are left out if one of the first `checked` cheaper ones is as good.

    Parameters
    ----------
    rows, first, stop, value, mask, state
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
    bool
        False if there are more than m rows.
    """
    held = state[3]
    words = np.uint64(mask.shape[0])
    for i in range(np.uint64(first), np.uint64(stop)):
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
            return False
        found[held] = np.int64(i)
        for w in range(words):
            rest[held, w] = (rows[i, w] ^ flip[w]) & ~value[w] & mask[w]
        held += 1
    state[3] = held
    return True


@njit(cache=True, nogil=True)
def pair_disjoint(first, stop, found, rest, cost, other_found, other_rest, other_cost, state):
    """The cheapest pair whose rests share nothing; whether further rows may lead to one."""
    words = np.uint64(rest.shape[1])
    for i in range(first, stop):
        if other_cost.shape[0] == 0 or cost[i] + other_cost[0] >= state[0]:
            return False
        for j in range(other_found.shape[0]):
            if cost[i] + other_cost[j] >= state[0]:
                break
            apart = True
            for w in range(words):
                if rest[i, w] & other_rest[j, w]:
                    apart = False
                    break
            if apart:
                state[0], state[1], state[2] = cost[i] + other_cost[j], found[i], other_found[j]
                break
    return True


@njit(cache=True, nogil=True)
def index_rows(rows, first, stop, mask, slots, following):
    """Fills an index, uint32, with the first of the rows that agree within the mask.

    The last rows have to be entered first.

    Parameters
    ----------
    rows, first, stop, mask
        See the module.
    slots : uint32
        The index, empty at first.
    following : uint32 (rows,)
        Receives 1 + the next row that agrees with each row, 0 after the last; of length 0 if
        only the first of them is needed.
    """
    nothing = np.zeros_like(mask)
    for i in range(stop - 1, first - 1, -1):
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
    first,
    stop,
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
    open_rows,
    state,
):
    """The cheapest pair whose second row is determined by the first one and the target.

    Parameters
    ----------
    rows, cells, first, stop, ends, costs, mask, checked, serves, state
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
    open_rows : int64 (m,)
        Receives the first rows that leave the second one open. If there are more than m, the
        number in `state` becomes -1.

    Returns
    -------
    bool
        Whether further rows may lead to a cheaper pair.
    """
    level = np.searchsorted(ends, first, side="right")
    nothing = np.zeros_like(mask)
    for i in range(first, stop):
        while ends[level] <= i:
            level += 1
        if costs[level] + costs[0] >= state[0]:
            return False
        known = 0
        for k in range(places.shape[0]):
            answer = inverse[cells[i, places[k]], target[k]]
            if answer == NONE:
                known = NONE
                break
            if answer < 0:
                known = answer
                continue
            need_cells[0, places[k]] = answer
        if known == NONE:
            continue
        if known != 0:
            if state[3] == open_rows.shape[0]:
                state[3] = -1
                return False
            open_rows[state[3]] = i
            state[3] += 1
            continue
        position = find(rows, slots, need[0], nothing, mask)
        j = np.int64(slots[position]) - 1
        while j >= 0:
            total = costs[level] + costs[np.searchsorted(ends, j, side="right")]
            if total >= state[0]:
                break
            if serving(cells, i, j, table, checked, serves):
                state[0], state[1], state[2] = total, i, j
                break
            j = np.int64(following[j]) - 1
    return True


@njit(cache=True, nogil=True)
def pair_open(
    rows, cells, costs, other_rows, other_costs, first, stop, table, target, places, checked,
    serves, state,
):  # fmt: skip
    """The cheapest of the listed pairs that makes the target, tried one by one.

    rows, costs: of the first operand, of which first..stop are tried; other_rows, other_costs: of
    the second one. Returns whether further rows may lead to a cheaper pair.
    """
    for i in range(first, stop):
        if other_rows.shape[0] == 0 or costs[i] + other_costs[0] >= state[0]:
            return False
        for j in range(other_rows.shape[0]):
            if costs[i] + other_costs[j] >= state[0]:
                break
            good = True
            for k in range(places.shape[0]):
                place = places[k]
                if table[cells[rows[i], place], cells[other_rows[j], place]] != target[k]:
                    good = False
                    break
            if good and serving(cells, rows[i], other_rows[j], table, checked, serves):
                state[0], state[1], state[2] = costs[i] + other_costs[j], rows[i], other_rows[j]
                break
    return True
