"""Cells: how many joint values some features take on labelled rows, and which labels disagree.

Rows with the same values of all features form a cell.  A row is an exception if its label is
not the most frequent one of its cell.  `replaced` puts each of many candidates in the place of
some features; `numbered` turns values into small numbers, which is all that counts here.
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def replaced(
    starts,
    parts,
    labels,
    counts,
    values,
    widths,
    pairs,
    bits,
    price,
    code,
    k,
    limit,
    slack,
    seen,
    most,
    joint,
    energies,
    out,
):
    """Finds the candidate, or pair of candidates, of least energy in place of some features.

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
        The candidates to try; the second is -1 for a candidate alone.
    bits : float64 (P,)
        What each costs.
    price : float
        What a cell costs.
    code : float64 (n + 1,)
        What exceptions cost, by their number; it must not fall.
    k : int
        The number of labels.
    limit : float
        Energies from here on do not count: most candidates are left at the first few groups.
    slack : float
        Energies count up to so much above the least.
    seen : int64 (cells * k,)
        Zeros, for as many cells as the widths of any pair allow; zeros again at the end.
    most : int64 (cells,)
        Likewise.
    joint : uint64 (parts,)
        Scratch.
    energies : float64 (P,)
        Receives the energies, infinity for those that do not count.
    out : int64 (2,)
        Receives the pair of least energy (or -1), and what was done: entries and groups.
    """
    out[0], out[1] = -1, 0
    best = limit
    for p in range(pairs.shape[0]):
        energies[p] = np.inf
        if bits[p] >= limit:
            continue
        a, b = pairs[p, 0], pairs[p, 1]
        width = np.uint64(widths[b]) if b >= 0 else np.uint64(1)
        for i in range(joint.shape[0]):
            joint[i] = np.uint64(values[a, i]) * width
            if b >= 0:
                joint[i] += np.uint64(values[b, i])
        cells, wrong = 0, 0
        for g in range(starts.shape[0] - 1):
            first, stop = np.uint64(starts[g]), np.uint64(starts[g + 1])
            for i in range(first, stop):
                cell = joint[np.uint64(parts[i])]
                at = cell * np.uint64(k) + np.uint64(labels[i])
                cells += most[cell] == 0
                seen[at] += counts[i]
                most[cell] = max(most[cell], seen[at])
                wrong += counts[i]
            for i in range(first, stop):
                cell = joint[np.uint64(parts[i])]
                wrong -= most[cell]
                most[cell] = 0
                seen[cell * np.uint64(k) + np.uint64(labels[i])] = 0
            if bits[p] + price * cells + code[wrong] >= limit:
                out[1] += starts[g + 1] + g
                break
        else:
            out[1] += starts[-1] + starts.shape[0]
            energies[p] = bits[p] + price * cells + code[wrong]
            if energies[p] < best:
                best = energies[p]
                out[0] = p
                limit = min(limit, best + slack)


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
