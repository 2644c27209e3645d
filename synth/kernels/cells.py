"""Cells: how many joint values some features take on labelled rows, and which labels disagree.

Rows with the same values of all features form a cell.  A row is an exception if its label is
not the most frequent one of its cell.  `merged` replaces some features by each of many
candidates; `numbered` turns values into small numbers, which is all that counts here.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def merged(starts, parts, labels, counts, values, widths, pairs, k, seen, most, out):
    """Counts the cells and the exceptions of each candidate, or of each pair of candidates.

    The other features divide the rows into groups.  An entry says how many rows of a group
    have a certain part (a joint value of the replaced features) and a certain label.

    Parameters
    ----------
    starts : int64 (groups + 1,)
        The entries of a group are starts[g] up to starts[g + 1].
    parts, labels, counts : int64 (entries,)
        The part, the label (below k) and the number of rows of each entry.
    values : uint16 (C, parts)
        The value that each candidate gives to a part.
    widths : int64 (C,)
        Candidate c has values below widths[c].
    pairs : int64 (P, 2)
        The candidates to count; the second is -1 for a candidate alone.
    k : int
        The number of labels.
    seen : int64 (cells * k,)
        Zeros, for as many cells as the widths of any pair allow; zeros again at the end.
    most : int64 (cells,)
        Likewise.
    out : int64 (P, 2)
        Receives the number of cells and the number of exceptions.
    """
    for p in range(pairs.shape[0]):
        b = pairs[p, 1]
        first, second = values[pairs[p, 0]], values[max(b, 0)]
        width = widths[b] if b >= 0 else 0
        cells, wrong = 0, 0
        for g in range(starts.shape[0] - 1):
            for i in range(starts[g], starts[g + 1]):
                cell = np.int64(first[parts[i]])
                if b >= 0:
                    cell = cell * width + np.int64(second[parts[i]])
                at = cell * k + labels[i]
                if most[cell] == 0:
                    cells += 1
                seen[at] += counts[i]
                most[cell] = max(most[cell], seen[at])
                wrong += counts[i]
            for i in range(starts[g], starts[g + 1]):
                cell = np.int64(first[parts[i]])
                if b >= 0:
                    cell = cell * width + np.int64(second[parts[i]])
                wrong -= most[cell]
                most[cell] = 0
                seen[cell * k + labels[i]] = 0
        out[p, 0], out[p, 1] = cells, wrong


@njit(cache=True, nogil=True)
def numbered(values, slots, out, widths):
    """Numbers the values of each row in order of their first occurrence.

    Parameters
    ----------
    values : int64 (m, n)
    slots : int64 (S,)
        Scratch: S is a power of two, at least 2 n.
    out : uint16 (m, n)
        Receives the numbers; n is at most 2**16.
    widths : int64 (m,)
        Receives how many there are in each row.
    """
    last = np.uint64(slots.shape[0] - 1)
    for r in range(values.shape[0]):
        slots[:] = -1
        count = 0
        for i in range(values.shape[1]):
            value = values[r, i]
            mixed = np.uint64(value) * np.uint64(0x9E3779B97F4A7C15)
            at = (mixed ^ (mixed >> np.uint64(32))) & last
            while slots[at] >= 0 and values[r, slots[at]] != value:
                at = (at + np.uint64(1)) & last
            if slots[at] < 0:
                slots[at] = i
                out[r, i] = count
                count += 1
            else:
                out[r, i] = out[r, slots[at]]
        widths[r] = count
