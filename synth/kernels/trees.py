"""Sums over all trees of tests up to a depth, and what they predict.

A node of a tree is the list of rows that reach it; `division` says how tests divide them.  A test
is open at a node if some rows pass it and some do not; which labels they have does not matter.
Evidence is in nats.
"""

import math

import numpy as np
from numba import njit

from synth.kernels.division import count, divide, going

#: What a node at the greatest depth stands for: a leaf; a leaf, if it may be divided as well; or
#: more than any tree below it could reach.
LEAF, LOWER, UPPER = range(3)
#: Of tests whose evidence differs by less, the first counts as the best: rounding decides nothing.
TIE = 1e-9
#: What is so much less, in nats, changes no sum of some thousand terms.
LITTLE = 45.0
#: Spreads keys over a table; its lowest bits depend on all lower bits of a key.
HASH = 2654435761
#: Whether evidence is added up over trees, or the best tree is sought.
SUM, BEST = range(2)


@njit(cache=True, nogil=True)
def joined(a, b, kind):
    """log(exp(a) + exp(b)), or the larger of both."""
    if kind == BEST or a == -np.inf or b == -np.inf:
        return max(a, b)
    return max(a, b) + math.log1p(math.exp(-abs(a - b)))


@njit(cache=True, nogil=True)
def leaf(counts, tables):
    """The evidence of a leaf: the mean of Dirichlets of several strengths.

    Parameters
    ----------
    counts : int64 (k,)
        How many rows have each label.
    tables : float64 (strengths, k + 1, n + 1)
        Logarithms of rising factorials: of the share of each label, and of the whole strength.
    """
    k = counts.shape[0]
    n = 0
    for j in range(k):
        n += counts[j]
    most, several = -np.inf, 0.0
    for s in range(tables.shape[0]):
        x = -tables[s, k, n]
        for j in range(k):
            x += tables[s, j, counts[j]]
        if x > most:
            several = several * math.exp(most - x) + 1.0
            most = x
        else:
            several += math.exp(x - most)
    return most + math.log(several / tables.shape[0])


@njit(cache=True, nogil=True)
def ceiling(counts, tables):
    """More than the evidence of any tree: each label by itself, under the weakest Dirichlet."""
    value = 0.0
    for j in range(counts.shape[0]):
        best = -np.inf
        for s in range(tables.shape[0]):
            best = max(best, tables[s, j, counts[j]] - tables[s, tables.shape[1] - 1, counts[j]])
        value += best
    return value


@njit(cache=True, nogil=True)
def deepest(value, counts, size, tables, end):
    """What a node at the greatest depth counts for, with `value` as a leaf and `size` rows."""
    if end == LEAF or size < 2:
        return value
    if end == LOWER:
        return value - math.log(2.0)
    return joined(value, ceiling(counts, tables), SUM) - math.log(2.0)


@njit(cache=True, nogil=True)
def with_leaves(table, tables, used, level, size, end, room):
    """The evidence of each test with leaves on both sides, times its probability, in `values`.

    The evidence of leaves is kept by their counts: most have few rows.  One function works through
    all tests, since views of arrays cost more than what is done with them.
    """
    counts, sizes, values = room.counts[level], room.sizes[level], room.values[level]
    open_in, groups, rest, logs = room.open_in[level], table.groups, room.rest, room.logs
    keys, kept, radix = room.keys, room.leaves, room.radix
    last, k, mask = table.turns.shape[0], rest.shape[0], room.keys.shape[0] - 1
    many = radix[0] == 0
    for t in range(last):
        values[t] = -np.inf
        if not sizes[t] or not used[t]:
            continue
        first, other = 0, 0
        for j in range(k):
            rest[j] = counts[last, j] - counts[t, j]
            first = first * radix[j] + counts[t, j]
            other = other * radix[j] + rest[j]
        at = (first * HASH) & mask
        if many or keys[at] != first:
            keys[at] = first
            kept[at] = leaf(counts[t, :k], tables)
        value = kept[at]
        if end != LEAF:
            value = deepest(value, counts[t, :k], sizes[t], tables, end)
        at = (other * HASH) & mask
        if many or keys[at] != other:
            keys[at] = other
            kept[at] = leaf(rest, tables)
        beside = kept[at]
        if end != LEAF:
            beside = deepest(beside, rest, size - sizes[t], tables, end)
        values[t] = value + beside - logs[open_in[groups[t]]] - logs[open_in[-1]]


@njit(cache=True, nogil=True)
def price(table, t, level, room):
    """-log of the probability of an open test among those of a node that is no leaf."""
    open_in = room.open_in[level]
    return room.logs[open_in[table.groups[t]]] + room.logs[open_in[-1]]


@njit(cache=True, nogil=True)
def total(table, tables, used, widths, level, size, how, room, record):
    """The evidence of all trees at a node, times the probability of each.

    Parameters
    ----------
    table : Table
    tables
        As `leaf` takes them.
    used : bool (T,)
        Which tests trees may have; the others only count as open.
    widths : int64 (depth,)
        By level, how many tests of a node, the best with leaves on both sides, have all trees below
        them; the others only have these leaves.  If that is not all tests, a node whose rows have
        one label has no trees below its tests either: they would add little.
    level, size : int
        The depth of the node, and how many rows it has: the first of those in room.rows[level], as
        room.counted[level] has counted them.
    how : int64 (3,)
        The greatest depth; what nodes there stand for; whether to add up or to seek the best.
    room : Room
        Deeper levels are overwritten.
    record : Record
        Receives the nodes below this one in the order in which they are met.
    """
    here = room.rows[level, :size]
    divide(table, here, level, room)
    record.met[0] += 1
    values, grown, sizes = room.values[level], room.grown[level], room.sizes[level]
    last, k = table.turns.shape[0], room.rest.shape[0]
    whole = room.counts[level, last, :k]
    depth, end, kind = how[0], how[1], how[2]
    values[:] = -np.inf
    grown[:] = False
    if level == depth:
        return deepest(leaf(whole, tables), whole, size, tables, end)
    if room.open_in[level, -1] == 0:
        return leaf(whole, tables)
    left = widths[level] if level + 1 < depth else 0
    if left < last:
        labelled, most = 0, 0
        for j in range(k):
            labelled += whole[j]
            most = max(most, whole[j])
        if most == labelled:
            left = 0
        # A leaf that could be divided has half of the probability.
        below = end if level + 1 == depth else LOWER
        with_leaves(table, tables, used, level, size, below, room)
    for _ in range(min(left, last)):
        at = -1
        for t in range(last):
            if sizes[t] and used[t] and not grown[t]:
                if left >= last:
                    at = t
                    break
                if at < 0 or values[t] > values[at] + TIE:
                    at = t
        if at < 0:
            break
        grown[at] = True
        x = 0.0
        few = 2 * sizes[at] <= size
        for turn in range(2):
            passing = few == (turn == 0)
            side = going(table, table.codes, here, at, passing, room.rows[level + 1])
            if turn == 0:
                count(table, side, room.counted[level + 1])
            else:  # half the work, or less: to count all rows again took twice as long
                room.counted[level + 1] = room.counted[level] - room.counted[level + 1]
            child, m = record.met[0], side.shape[0]
            y = total(table, tables, used, widths, level + 1, m, how, room, record)
            x += y
            if child < record.values.shape[0]:
                record.values[child] = y
                record.tests[child] = at if passing else ~at
                record.ends[child] = record.met[0]
        values[at] = x - price(table, at, level, room)
    stop = leaf(whole, tables)
    most = max(stop, values.max())
    if kind == BEST:
        return most - math.log(2.0)
    several = math.exp(stop - most)
    for t in range(last):
        if values[t] > most - LITTLE:
            several += math.exp(values[t] - most)
    return most + math.log(several) - math.log(2.0)


@njit(cache=True, nogil=True)
def shares(counts, tables, out):
    """What a leaf predicts: the probability of each label of the next row."""
    k = counts.shape[0]
    n = 0
    for j in range(k):
        n += counts[j]
    value = leaf(counts, tables) + math.log(tables.shape[0])
    out[:] = 0.0
    for s in range(tables.shape[0]):
        x = -tables[s, k, n]
        for j in range(k):
            x += tables[s, j, counts[j]]
        weight = math.exp(x - value)
        for j in range(k):
            # Rising factorials of one more row, divided by those of these rows.
            more = tables[s, j, counts[j] + 1] - tables[s, j, counts[j]]
            out[j] += weight * math.exp(more - tables[s, k, n + 1] + tables[s, k, n])


@njit(cache=True, nogil=True)
def spread(table, tables, level, size, how, room, record, node, new, weight, least, out):
    """Adds what the trees at a node predict for new rows, by the posterior of each tree.

    Parameters
    ----------
    table, tables, level, size, how, room
        As `total` takes them; nodes at the greatest depth are leaves, and evidence is added up.
    record : Record
        What `total` has left of all nodes.
    node : int
        The number of this one.
    new : tuple of int32 (new rows, columns) and int32 (m,)
        The cells of the new rows, and which of them reach the node.
    weight : float64
        The probability that a tree has the node.
    least : float64
        Nodes of less probability are left out, if trees were grown there; else of that by the
        number of tests.
    out : float64 (new rows, k)
        Receives probability of labels; what the nodes left out would add is missing.
    """
    here, (codes, rows) = room.rows[level, :size], new
    count(table, here, room.counted[level])
    divide(table, here, level, room)
    last, k = table.turns.shape[0], room.rest.shape[0]
    whole, grown = room.counts[level, last, :k], room.grown[level]
    evidence = record.values[node]
    inner = level < how[0] and room.open_in[level, -1] > 0
    stops = weight
    if inner:
        stops *= math.exp(leaf(whole, tables) - math.log(2.0) - evidence)
    said = np.empty(k)
    shares(whole, tables, said)
    said *= stops
    grown[:] = False
    child = node + 1
    while child < record.ends[node]:
        t = record.tests[child]
        grown[t if t >= 0 else ~t] = True
        child = record.ends[record.ends[child]]
    if inner:
        scale = math.log(weight) - math.log(2.0) - evidence
        below = LEAF if level + 1 == how[0] else LOWER
        with_leaves(table, tables, np.ones(last, np.bool_), level, size, below, room)
        told(table, tables, level, scale, least / last, room, said)
    for i in rows:
        for j in range(k):
            out[i, j] += said[j]
    if not inner:
        return
    for c in range(codes.shape[1]):
        if room.touched[c]:
            for i in rows:
                at = table.starts[c] + codes[i, c]
                for j in range(k):
                    out[i, j] += room.added[at, j]
    child = node + 1
    while child < record.ends[node]:
        first, other = record.tests[child], record.ends[child]
        t = first if first >= 0 else ~first
        x = record.values[child] + record.values[other] - price(table, t, level, room)
        share = math.exp(x + scale)
        if share > 0.0 and share >= least:
            for below in (child, other):
                side = record.tests[below] >= 0
                reached = going(table, codes, rows, t, side, np.empty_like(rows))
                if reached.shape[0]:
                    m = going(table, table.codes, here, t, side, room.rows[level + 1]).shape[0]
                    spread(
                        table, tables, level + 1, m, how, room, record, below,
                        (codes, reached), share, least, out,
                    )  # fmt: skip
        child = record.ends[other]


@njit(cache=True, nogil=True)
def told(table, tables, level, scale, least, room, said):
    """What the tests of a node with leaves on both sides predict, by the cells of new rows.

    Parameters
    ----------
    table, tables, level, room
        As `with_leaves` takes them, which has set `values`; `added` and `touched` are written.
    scale : float64
        Is added to the logarithm of the evidence of a test, for its probability.
    least : float64
        Tests of less probability are left out.
    said : float64 (k,)
        What such tests give to rows of any cell is added to it.
    """
    k, last, counts = room.rest.shape[0], table.turns.shape[0], room.counts[level]
    inside, outside = np.empty(k), np.empty(k)
    room.touched[:] = False
    room.added[:] = 0.0
    room.given[:] = 0.0
    for t in range(last):
        if room.grown[level, t] or not room.sizes[level, t]:
            continue
        share = math.exp(room.values[level, t] + scale)
        # There are many tests with leaves alone, each of them cheap and of little weight.
        if share == 0.0 or share < least:
            continue
        room.touched[table.groups[t]] = True
        shares(counts[t, :k], tables, inside)
        for j in range(k):
            room.rest[j] = counts[last, j] - counts[t, j]
        shares(room.rest, tables, outside)
        for j in range(k):
            said[j] += share * outside[j]
            room.given[t, j] += share * (inside[j] - outside[j])
    stop = table.more.shape[0]
    for turn in range(last - 1, -1, -1):
        t = table.turns[turn]
        begin = table.ends[turn - 1] if turn else 0
        for j in range(k):
            for at in range(begin, stop):
                room.added[table.more[at], j] += room.given[t, j]
            if table.parents[t] >= 0:
                room.given[table.parents[t], j] += room.given[t, j]
        stop = begin
