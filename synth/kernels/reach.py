"""One pass over a pool: the exceptions of every row in some contexts, and a draw among the rows.

A context is a program with a hole.  Given what a row says in the hole, each training row is right
or wrong.  A pool lies by training rows, so that the inner loops run over the rows of the pool:

- booleans: words uint64 (W, M), 64 training rows a word.  A context is `base` and `change`, uint64
  (W,): a training row is wrong where `base ^ (row & change)` is set;
- other types: cells uint8 or uint16 (n, M), numbers of values.  A context is a table `wrong`, uint8
  (n, K).  On most training rows the right values follow one another, and two comparisons do: they
  are `low`, ..., `low + span - 1`.  With 16-bit cells that is 10 times as fast as the table.

The rows lie in order of cost, in blocks of one cost each.
"""

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

#: What the table of `wrong` is read for: training rows whose right values are in several places.
SEVERAL = -1


@intrinsic
def popcount(typingctx, x):
    """The number of bits of a uint64, by the processor's own instruction."""

    def codegen(context, builder, signature, args):
        function = builder.module.declare_intrinsic("llvm.ctpop", [ir.IntType(64)])
        return builder.call(function, args)

    return types.uint64(types.uint64), codegen


@njit(cache=True, nogil=True)
def count_bits(words, first, stop, base, change, wrong):
    """Counts the exceptions of rows first..stop of booleans; wrong: int64, receives them."""
    size = np.uint64(stop - first)
    always = np.int64(0)
    wrong[:size] = 0
    for w in range(np.uint64(base.shape[0])):
        b, d = base[w], change[w]
        if d == 0:
            always += np.int64(popcount(b))
            continue
        row = words[w, first:stop]
        for i in range(size):
            wrong[i] += np.int64(popcount(b ^ (row[i] & d)))
    for i in range(size):
        wrong[i] += always


@njit(cache=True, nogil=True)
def count_cells(cells, at, low, span, table, block, wrong):
    """Counts the exceptions of all rows of cells on some training rows.

    Parameters
    ----------
    cells : uint8 or uint16 (n, M)
    at : int64 (m,)
        The training rows.
    low, span : int32 (m,)
        The right values of each of them; SEVERAL for `span` if the table has to be read.
    table : uint8 (m, K)
        Which values are wrong.
    block : int16 (B,)
        Scratch memory.
    wrong : int32 (M,)
        Receives the exceptions.
    """
    many, size = np.uint64(cells.shape[1]), np.uint64(block.shape[0])
    zero, one = np.int16(0), np.int16(1)
    for first in range(np.uint64(0), many, size):
        stop = min(first + size, many)
        wrong[first:stop] = 0
        block[:] = zero
        for r in range(np.uint64(at.shape[0])):
            row = cells[at[r], first:stop]
            if span[r] == SEVERAL:
                for i in range(stop - first):
                    block[i] += np.int16(table[r, np.uint64(row[i])])
            else:
                a, b = np.uint16(low[r]), np.uint16(span[r])
                for i in range(stop - first):
                    block[i] += one if np.uint16(row[i] - a) >= b else zero
            if r % np.uint64(16384) == np.uint64(16383):  # before 16 bits overflow
                for i in range(stop - first):
                    wrong[first + i] += block[i]
                block[:] = zero
        for i in range(stop - first):
            wrong[first + i] += block[i]


@njit(cache=True, nogil=True)
def spans(table, widths, low, span):
    """Finds where the right values of each training row follow one another.

    Parameters
    ----------
    table : uint8 (n, K)
        Which values are wrong.
    widths : int64 (n,)
        How many values each training row has.
    low, span : int32 (n,)
        Receive what `count_cells` takes.
    """
    for r in range(table.shape[0]):
        first, last, right = 0, -1, 0
        for k in range(widths[r]):
            if table[r, k] == 0:
                if right == 0:
                    first = k
                last = k
                right += 1
        low[r] = first
        span[r] = right if last - first + 1 == right or right == 0 else SEVERAL


@njit(cache=True, nogil=True)
def weigh(wrong, size, weights):
    """The sum of the weights of `size` rows by their exceptions, and the row of the largest."""
    total, most, at = 0.0, -1.0, 0
    for i in range(size):
        w = weights[wrong[i]]
        total += w
        if w > most:
            most, at = w, i
    return total, at


@njit(cache=True, nogil=True)
def pass_bits(words, blocks, base, change, prices, factors, weights, code, wrong, sums, best):
    """One pass over rows of booleans: the weight of each block, and the least total.

    Parameters
    ----------
    words : uint64 (W, M)
    blocks : int64 (blocks, 3)
        The first row of each block, one past its last, and the cost of its rows in units.
    base, change : uint64 (C, W)
        The contexts.
    prices : int64 (C, 2)
        Of each context the cost of its own nodes in units, and how often the hole occurs.
    factors : float64 (C, blocks)
        A factor of the weights of a block.
    weights, code : float64 (n + 1,)
        By the number of exceptions, the weight and the cost in units.
    wrong : int64 (B,)
        Scratch memory for the largest block.
    sums : float64 (C, blocks)
        Receives the weights of the blocks.
    best : int64 (2,)
        Receives the context and the row of the least total.

    Returns
    -------
    float
        The least total in units.
    """
    least = np.inf
    for k in range(blocks.shape[0]):
        first, stop = blocks[k, 0], blocks[k, 1]
        for c in range(base.shape[0]):
            count_bits(words, first, stop, base[c], change[c], wrong)
            total, at = weigh(wrong, stop - first, weights)
            sums[c, k] = total * factors[c, k]
            found = prices[c, 0] + prices[c, 1] * blocks[k, 2] + code[wrong[at]]
            if found < least:
                least, best[0], best[1] = found, c, first + at
    return least


@njit(cache=True, nogil=True)
def pick(wrong, size, weights, wanted):
    """The row at which the running sum of the weights first exceeds `wanted`."""
    last = 0
    for i in range(size):
        w = weights[wrong[i]]
        if w > 0.0:
            last = i
            wanted -= w
            if wanted < 0.0:
                break
    return last


@njit(cache=True, nogil=True)
def conditions(words, costs, yes, no, lost, code, wrong, prices, at):
    """Finds the rows of booleans that are cheapest as a condition, or their opposites.

    Parameters
    ----------
    words : uint64 (W, M)
    costs : int64 (M,)
        In units.
    yes, no : uint64 (W,)
        The training rows on which the condition has to hold, and on which it must not.
    lost : int
        The exceptions that there are in any case.
    code : float64 (n + 1,)
        In units, by the number of exceptions.
    wrong : int64 (B,)
        Scratch memory.
    prices : float64 (K,)
        Receives the least prices, cost and code, in order; infinite where there are fewer.
    at : int64 (K,)
        Receives the rows; row M + r is the opposite of row r.
    """
    many, most = words.shape[1], prices.shape[0]
    base, change = yes.copy(), yes | no
    every = np.int64(0)
    for w in range(base.shape[0]):
        every += np.int64(popcount(change[w]))
    prices[:] = np.inf
    for first in range(0, many, wrong.shape[0]):
        stop = min(first + wrong.shape[0], many)
        count_bits(words, first, stop, base, change, wrong)
        for i in range(stop - first):
            for side in range(2):
                failed = every - wrong[i] if side else wrong[i]
                price = costs[first + i] + code[lost + failed]
                if price < prices[most - 1]:
                    k = most - 1
                    while k > 0 and prices[k - 1] > price:
                        prices[k], at[k] = prices[k - 1], at[k - 1]
                        k -= 1
                    prices[k], at[k] = price, first + i + side * many
