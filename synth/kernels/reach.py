"""One pass over a bank: the exceptions of every row in every context, and a draw among them.

A context is a program with a hole.  Given what a row says in the hole, each training row is right
or wrong.  For booleans that is `base ^ (row & change)`: wrong where the hole is false, and where
it turns.  For other types each training row has a list of right values: `wrong` has a byte for
each training row and each value that some bank row takes there (see `engine.reach.pool`), or, if
the right values of each training row follow one another, their `low` and `span`.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils  # noqa: F401 - makes `intrinsic` available
from numba.extending import intrinsic


@intrinsic
def popcount(typingctx, x):
    """The number of bits of a uint64, by the processor's own instruction."""

    def codegen(context, builder, signature, args):
        function = builder.module.declare_intrinsic("llvm.ctpop", [ir.IntType(64)])
        return builder.call(function, args)

    return types.uint64(types.uint64), codegen


@njit(cache=True, nogil=True)
def wrong_bits(rows, first, base, change, out):
    """Counts the exceptions of rows of booleans in each context.

    Parameters
    ----------
    rows : uint64 (M, W')
        Rows of the bank, of which the first W words are training rows.
    first : int
        The row to begin with; out[:, 0] belongs to it.
    base, change : uint64 (C, W)
        Of each context, zero beyond the training rows.
    out : int32 (C, m)
        Receives the exceptions of m rows.
    """
    words = np.uint64(base.shape[1])
    for i in range(np.uint64(out.shape[1])):
        row = rows[np.uint64(first) + i]
        for c in range(np.uint64(base.shape[0])):
            wrong = np.uint64(0)
            for w in range(words):
                wrong += popcount(base[c, w] ^ (row[w] & change[c, w]))
            out[c, i] = np.int32(wrong)


@njit(cache=True, nogil=True)
def wrong_cells(cells, first, wrong, out):
    """Counts the exceptions of rows of cells in each context, by a table.

    Parameters
    ----------
    cells : uint8 or uint16 (M, n)
        What each row says on each training row, as a number below K.
    first : int
        The row to begin with.
    wrong : uint8 (C, n, K)
        Whether a value is wrong on a training row.
    out : int32 (C, m)
        Receives the exceptions of m rows.
    """
    for i in range(np.uint64(out.shape[1])):
        row = cells[np.uint64(first) + i]
        for c in range(np.uint64(wrong.shape[0])):
            count = np.int32(0)
            for r in range(np.uint64(wrong.shape[1])):
                count += np.int32(wrong[c, r, np.uint64(row[r])])
            out[c, i] = count


@njit(cache=True, nogil=True)
def wrong_spans(cells, first, low, span, out):
    """The same where the right values of each training row are low, ..., low + span - 1.

    low, span : of the cells' dtype (C, n)
    """
    for i in range(np.uint64(out.shape[1])):
        row = cells[np.uint64(first) + i]
        for c in range(np.uint64(low.shape[0])):
            count = np.int32(0)
            for r in range(np.uint64(low.shape[1])):
                d = row[r] - low[c, r]
                count += np.int32(cells.dtype.type(d) >= span[c, r])
            out[c, i] = count


@njit(cache=True, nogil=True)
def least(errors, prices, ends, costs, code):
    """The context and the row of the least total; of equal ones the first.

    Parameters
    ----------
    errors : int32 (C, M)
        Exceptions.
    prices : int64 (C, 2)
        Of each context the cost of its own nodes, and how often the hole occurs.
    ends, costs : int64
        One past the last row of each level, and its cost in units.
    code : float64 (n + 1,)
        In units.

    Returns
    -------
    (float, int, int)
    """
    best, at, row = np.inf, -1, -1
    for c in range(errors.shape[0]):
        first = 0
        for level in range(ends.shape[0]):
            cost = np.float64(prices[c, 0] + prices[c, 1] * costs[level])
            for i in range(first, min(ends[level], errors.shape[1])):
                total = cost + code[errors[c, i]]
                if total < best:
                    best, at, row = total, c, i
            first = ends[level]
    return best, at, row


@njit(cache=True, nogil=True)
def draw(errors, weights, ends, levels, code, u, out):
    """Draws a context and a row with probability proportional to their weights.

    Parameters
    ----------
    errors : int32 (C, M)
        Exceptions.
    weights : float64 (C,)
        A factor of each context.
    ends : int64
        One past the last row of each level.
    levels : float64 (C, levels)
        A factor of each level.
    code : float64 (n + 1,)
        A factor of each number of exceptions.
    u : float
        At least 0 and below 1.
    out : int64 (2,)
        Receives the context and the row, if the draw is none of the `weights` but of the rows.

    Returns
    -------
    float
        The sum of all weights of rows.
    """
    contexts, rows = errors.shape
    sums = np.zeros((contexts, ends.shape[0]))
    total = 0.0
    for c in range(contexts):
        first = 0
        for level in range(ends.shape[0]):
            some = 0.0
            for i in range(first, min(ends[level], rows)):
                some += code[errors[c, i]]
            sums[c, level] = some * levels[c, level] * weights[c]
            total += sums[c, level]
            first = ends[level]
    wanted = u * total
    for c in range(contexts):
        first = 0
        for level in range(ends.shape[0]):
            stop = min(ends[level], rows)
            if wanted < sums[c, level]:
                factor = levels[c, level] * weights[c]
                for i in range(first, stop):
                    wanted -= code[errors[c, i]] * factor
                    if code[errors[c, i]] > 0.0:
                        out[0], out[1] = c, i
                        if wanted < 0.0:
                            return total
                return total
            wanted -= sums[c, level]
            first = stop
    return total
