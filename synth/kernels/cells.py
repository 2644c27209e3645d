"""Cells: how many joint values some features take on labelled rows, and which labels disagree.

Rows with the same values of all features form a cell.  A row is an exception if its label is
not the most frequent one of its cell.  One call replaces some features by each of many
candidates.  The other features divide the rows into groups.  An entry says that `count` rows of
a group have a certain part (a joint value of the replaced features) and a certain label.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def merged(starts, parts, labels, counts, values, widths, pairs, k, seen, most, out):
    """Counts the cells and the exceptions of each candidate, or of each pair of candidates.

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
        a, b = pairs[p, 0], pairs[p, 1]
        first = values[a]
        second = values[max(b, 0)]
        width = widths[b] if b >= 0 else 0
        cells = 0
        wrong = 0
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
        out[p, 0] = cells
        out[p, 1] = wrong
