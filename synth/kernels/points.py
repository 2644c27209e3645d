"""Scorecards with a threshold: the exceptions of every line that a card can have more, at once.

Given the points of the other lines, one pass over the rows says for each test how many more no than
yes labels it is passed by, by points.  From that follow the exceptions of each test with each
number of points at each threshold.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def surplus(table, scores, low, counted, out):
    """How many more no than yes labels pass each test, by the points of the rows.

    Parameters
    ----------
    table : Table
        Rows and tests, see `division`; labels are 0 for no and 1 for yes.
    scores : int64 (rows,)
        The points of the other lines.
    low : int
        The least points of a row.
    counted : int32 (cells, S)
        Scratch memory.
    out : int32 (T + 1, S)
        Receives them, for low, low + 1, ... points; last of all rows.
    """
    size = np.uint64(out.shape[1])
    counted[:] = 0
    out[-1] = 0
    for r in range(scores.shape[0]):
        s, more = scores[r] - low, 1 - 2 * table.labels[r]
        out[-1, s] += more
        for c in range(table.codes.shape[1]):
            counted[table.starts[c] + table.codes[r, c], s] += more
    begin = 0
    for turn in range(table.turns.shape[0]):
        t = table.turns[turn]
        out[t] = 0
        if table.parents[t] >= 0:
            out[t] = out[table.parents[t]]
        for at in range(begin, table.ends[turn]):
            for s in range(size):
                out[t, s] += counted[table.more[at], s]
        begin = table.ends[turn]


@njit(cache=True, nogil=True)
def added_up(out):
    """Each row of `out` (m, S) added up from its end: what has so many points or more."""
    for t in range(out.shape[0]):
        for s in range(out.shape[1] - 2, -1, -1):
            out[t, s] += out[t, s + 1]


@njit(cache=True, nogil=True)
def from_on(sums, s):
    """What has s points or more; sums: a row of `added_up`, from 0 points on."""
    if s <= 0:
        return sums[0]
    return sums[s] if s < sums.shape[0] else 0


@njit(cache=True, nogil=True)
def exceptions(sums, t, points, yes, s):
    """The exceptions of a card with a line more, that says yes from s points above `low` on.

    sums: as `added_up` leaves `surplus`; t, points: the line; yes: how many rows have label 1.
    """
    passing = sums[t]
    beside = from_on(sums[-1], s) - from_on(passing, s)
    return yes + beside + from_on(passing, s - points)


@njit(cache=True, nogil=True)
def weigh(sums, points, yes, prices, ranges, weights, code, out, best):
    """The weight of each line, over all thresholds, and the line of the least total.

    Parameters
    ----------
    sums : int32 (T + 1, S)
        As `added_up` leaves what `surplus` says.
    points : int64 (D,)
        The points that a line can have.
    yes : int
        How many rows have label 1.
    prices : float64 (2, T)
        Of each test the bits, infinitely many if it cannot be used, and what its weight is
        multiplied with.
    ranges : float64 (2, R)
        The same for the threshold, by how many there are.
    weights, code : float64 (n + 1,)
        By the number of exceptions, the weight and the bits.
    out : float64 (T, D)
        Receives the weights.
    best : int64 (3,)
        Receives test, place of the points, and threshold above the least points without the line.

    Returns
    -------
    float
        The least total in bits.
    """
    least, size = np.inf, sums.shape[1]
    for t in range(out.shape[0]):
        out[t] = 0.0
        if not prices[0, t] < np.inf:
            continue
        for d in range(points.shape[0]):
            w = points[d]
            # The card says yes somewhere and no somewhere.
            first, last = min(w, 0) + 1, size - 1 + max(w, 0)
            bits, total = prices[0, t] + ranges[0, last - first + 1], 0.0
            for s in range(first, last + 1):
                wrong = exceptions(sums, t, w, yes, s)
                total += weights[wrong]
                if bits + code[wrong] < least:
                    least = bits + code[wrong]
                    best[0], best[1], best[2] = t, d, s
            out[t, d] = total * prices[1, t] * ranges[1, last - first + 1]
    return least


@njit(cache=True, nogil=True)
def threshold(sums, t, points, yes, weights, wanted):
    """A threshold of a line, drawn by its weight; wanted: a random number of 0..1."""
    first, last = min(points, 0) + 1, sums.shape[1] - 1 + max(points, 0)
    whole = 0.0
    for s in range(first, last + 1):
        whole += weights[exceptions(sums, t, points, yes, s)]
    wanted *= whole
    for s in range(first, last + 1):
        wanted -= weights[exceptions(sums, t, points, yes, s)]
        if wanted < 0.0:
            return s
    return last


@njit(cache=True, nogil=True)
def reassigned(sums, yes, points, ranges, code, at, best):
    """The points and the threshold of the least total, for given tests: all points are tried.

    Parameters
    ----------
    sums : int64 (2**m,)
        How many more no than yes labels pass exactly some of m tests, by these tests as bits.
    yes : int
        How many rows have label 1.
    points : int64 (D,)
        The points that a line can have.
    ranges : float64 (R,)
        The bits of a threshold, by how many there are.
    code : float64 (n + 1,)
        The bits of exceptions.
    at : int64 (m,)
        Scratch memory.
    best : int64 (m + 1,)
        Receives the points of each test, and the threshold.

    Returns
    -------
    float
        The least total, without the bits of tests and of the number of lines.
    """
    m, several = at.shape[0], points.shape[0]
    scores = np.zeros(sums.shape[0], np.int64)
    counted = np.zeros(ranges.shape[0], np.int64)
    least = np.inf
    at[:] = 0
    for _ in range(several**m):
        low, high = 0, 0
        for i in range(m):
            w = points[at[i]]
            low, high = low + min(0, w), high + max(0, w)
            for b in range(1 << i):
                scores[b + (1 << i)] = scores[b] + w
        counted[: high - low + 1] = 0
        for b in range(sums.shape[0]):
            counted[scores[b] - low] += sums[b]
        wrong = yes
        for s in range(high - low, 0, -1):
            wrong += counted[s]
            if ranges[high - low] + code[wrong] < least:
                least = ranges[high - low] + code[wrong]
                for i in range(m):
                    best[i] = points[at[i]]
                best[m] = low + s
        for i in range(m):
            at[i] += 1
            if at[i] < several:
                break
            at[i] = 0
    return least
