"""Sums over all trees of tests up to a depth, and what they predict.

A node of a tree is the set of rows that reach it, as bits.  One popcount pass over the tests says
how the rows and their labels are divided by each.  A test is open at a node if some rows pass it
and some do not; which labels they have does not matter.  Evidence is in nats.
"""

import math

import numpy as np
from numba import njit

from synth.kernels.reach import popcount

#: What a node at the greatest depth stands for: a leaf; a leaf, if it may be divided as well; or
#: more than any tree below it could reach.
LEAF, LOWER, UPPER = range(3)
#: Of tests whose evidence differs by less, the first counts as the best: rounding decides nothing.
TIE = 1e-9
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
def deepest(counts, size, tables, end):
    """What a node at the greatest depth counts for; size: how many rows are there."""
    value = leaf(counts, tables)
    if end == LEAF or size < 2:
        return value
    if end == LOWER:
        return value - math.log(2.0)
    return joined(value, ceiling(counts, tables), SUM) - math.log(2.0)


@njit(cache=True, nogil=True)
def divide(tests, groups, labels, mask, sizes, counts, open_in):
    """How every test divides the rows of a node; returns the number of rows.

    Parameters
    ----------
    tests : uint64 (T, words)
        Which rows pass each test.
    groups : int64 (T,)
        The column of each test.
    labels : uint64 (k, words)
        Which rows have each label.
    mask : uint64 (words,)
        The rows of the node.
    sizes : int64 (T,), out
        How many rows pass; 0 if the test is not open.
    counts : int64 (T + 1, k), out
        How many of each label pass; last, how many there are.
    open_in : int64 (columns + 1,), out
        How many tests of each column are open; last, in how many columns there are some.
    """
    k, words = labels.shape
    size = 0
    for w in range(words):
        size += np.int64(popcount(mask[w]))
    last = tests.shape[0]
    counts[:] = 0
    open_in[:] = 0
    for j in range(k):
        for w in range(words):
            counts[last, j] += np.int64(popcount(mask[w] & labels[j, w]))
    for t in range(last):
        inside = 0
        for w in range(words):
            inside += np.int64(popcount(mask[w] & tests[t, w]))
        if inside == 0 or inside == size:
            sizes[t] = 0
            continue
        sizes[t] = inside
        if not open_in[groups[t]]:
            open_in[-1] += 1
        open_in[groups[t]] += 1
        for j in range(k):
            for w in range(words):
                counts[t, j] += np.int64(popcount(mask[w] & tests[t, w] & labels[j, w]))
    return size


@njit(cache=True, nogil=True)
def total(tests, groups, labels, tables, used, widths, level, how, room):
    """The evidence of all trees at a node, times the probability of each.

    Parameters
    ----------
    tests, groups, labels, tables
        As `divide` and `leaf` take them.
    used : bool (T,)
        Which tests trees may have; the others only count as open.
    widths : int64 (depth,)
        By level, how many tests of a node, the best with leaves on both sides, have all trees below
        them; the others only have these leaves.  If that is not all tests, a node whose rows have
        one label has no trees below its tests either: they would add little.
    level : int
        The depth of the node, whose rows are masks[level].
    how : int64 (3,)
        The greatest depth; what nodes there stand for; whether to add up or to seek the best.
    room : tuple of arrays, one entry for each level; deeper levels are overwritten
        masks : uint64 (depth + 1, words)
        sizes, counts, open_in
            As in `divide`.
        values : float64 (depth + 1, T), out
            The evidence of all trees with this test at the root, times their probability.
        grown : bool (depth + 1, T), out
            Whether trees were grown below it.
    """
    masks, sizes, counts, open_in, values, grown = room
    size = divide(tests, groups, labels, masks[level], sizes[level], counts[level], open_in[level])
    last, k = tests.shape[0], labels.shape[0]
    whole = counts[level, last]
    depth, end, kind = how[0], how[1], how[2]
    values[level] = -np.inf
    grown[level] = False
    if level == depth:
        return deepest(whole, size, tables, end)
    if open_in[level, -1] == 0:
        return leaf(whole, tables)
    rest = np.empty(k, np.int64)
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
        for t in range(last):
            if sizes[level, t] and used[t]:
                for j in range(k):
                    rest[j] = whole[j] - counts[level, t, j]
                values[level, t] = (
                    deepest(counts[level, t], sizes[level, t], tables, below)
                    + deepest(rest, size - sizes[level, t], tables, below)
                    - math.log(open_in[level, groups[t]])
                    - math.log(open_in[level, -1])
                )
    for _ in range(min(left, last)):
        at = -1
        for t in range(last):
            if sizes[level, t] and used[t] and not grown[level, t]:
                if left >= last:
                    at = t
                    break
                if at < 0 or values[level, t] > values[level, at] + TIE:
                    at = t
        if at < 0:
            break
        grown[level, at] = True
        masks[level + 1] = masks[level] & tests[at]
        x = total(tests, groups, labels, tables, used, widths, level + 1, how, room)
        masks[level + 1] = masks[level] & ~tests[at]
        x += total(tests, groups, labels, tables, used, widths, level + 1, how, room)
        values[level, at] = x - math.log(open_in[level, groups[at]]) - math.log(open_in[level, -1])
    value = leaf(whole, tables)
    for t in range(last):
        value = joined(value, values[level, t], kind)
    return value - math.log(2.0)


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
def spread(
    tests,
    groups,
    labels,
    tables,
    used,
    widths,
    level,
    how,
    room,
    passed,
    rows,
    weight,
    least,
    out,
):
    """Adds what the trees at a node predict for new rows, by the posterior of each tree.

    Parameters
    ----------
    tests, groups, labels, tables, used, widths, level, how, room
        As `total` takes them; nodes at the greatest depth are leaves, and evidence is added up.
    passed : bool (new rows, T)
        Which tests the new rows pass.
    rows : int64 (m,)
        The new rows that reach the node.
    weight : float64
        The probability that a tree has the node.
    least : float64
        Nodes of less probability are left out, if trees were grown there; else of that by the
        number of tests.
    out : float64 (new rows, k)
        Receives probability of labels; what the nodes left out would add is missing.
    """
    masks, _, counts, open_in, values, grown = room
    here = total(tests, groups, labels, tables, used, widths, level, how, room)
    last, k, depth = tests.shape[0], labels.shape[0], how[0]
    whole = counts[level, last]
    said = np.empty(k)
    inner = level < depth and open_in[level, -1] > 0
    stops = weight
    if inner:
        stops *= math.exp(leaf(whole, tables) - math.log(2.0) - here)
    shares(whole, tables, said)
    for i in range(rows.shape[0]):
        for j in range(k):
            out[rows[i], j] += stops * said[j]
    if not inner:
        return
    other = np.empty(k)
    rest = np.empty(k, np.int64)
    for t in range(last):
        share = weight * math.exp(values[level, t] - math.log(2.0) - here)
        # There are many tests with leaves alone, each of them cheap and of little weight.
        if share == 0.0 or share < (least if grown[level, t] else least / last):
            continue
        if not grown[level, t]:
            for j in range(k):
                rest[j] = whole[j] - counts[level, t, j]
            shares(counts[level, t], tables, said)
            shares(rest, tables, other)
            for i in range(rows.shape[0]):
                for j in range(k):
                    out[rows[i], j] += share * (said[j] if passed[rows[i], t] else other[j])
            continue
        for side in range(2):
            going = rows[passed[rows, t] == (side == 0)]
            if going.shape[0] == 0:
                continue
            for w in range(masks.shape[1]):
                bits = tests[t, w] if side == 0 else ~tests[t, w]
                masks[level + 1, w] = masks[level, w] & bits
            spread(
                tests, groups, labels, tables, used, widths, level + 1, how, room, passed,
                going, share, least, out,
            )  # fmt: skip
