"""Arithmetic on whole and on real numbers, which takes one 64-bit word a value.

The fixed operand `u` and the free one `x` are rows of words; an operation is applied to `u` and to
a block of rows `x`.  A candidate is dead if any of its values is none: outside the type's range,
not finite, or a quotient by 0.  All of it is what the NumPy functions of these names do, followed
by the check of the type (`synth.language.types`).
"""

import numpy as np
from numba import njit

# The operations. Where the order matters there are two: of the fixed and the free operand, and
# turned. ABSOLUTE, NEGATED and SQUARED are of the free operand alone.
(
    ADD, SUBTRACT, SUBTRACT_TURNED, MULTIPLY, LEAST, MOST, QUOTIENT, QUOTIENT_TURNED, REMAINDER,
    REMAINDER_TURNED, ABSOLUTE, NEGATED, SQUARED, ROOT,
) = range(14)  # fmt: skip
# The comparisons of the fixed operand with the free one.
LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, EQUAL, UNEQUAL = range(6)

ONE, SIXTY_FOUR = np.uint64(1), np.uint64(64)
#: A whole number outside of every range, for a value that is none.
NO_NUMBER = np.iinfo(np.int64).min
#: Rounding drops so many bits of the mantissa: `synth.language.rounding.DROPPED`.
DROPPED = np.uint64(12)
HALF, KEPT = np.uint64(2**11 - 1), np.uint64(2**64 - 2**12)
INFINITE = np.uint64(0x7FF << 52)


@njit(cache=True, nogil=True)
def arithmetic(op, u, x, out):
    """What whole and real numbers share: rows `x` (count, rows) into `out`, of one dtype."""
    count, rows = np.uint64(x.shape[0]), np.uint64(x.shape[1])
    if op == ADD:
        for b in range(count):
            for r in range(rows):
                out[b, r] = u[r] + x[b, r]
    elif op == SUBTRACT:
        for b in range(count):
            for r in range(rows):
                out[b, r] = u[r] - x[b, r]
    elif op == SUBTRACT_TURNED:
        for b in range(count):
            for r in range(rows):
                out[b, r] = x[b, r] - u[r]
    elif op == MULTIPLY:
        for b in range(count):
            for r in range(rows):
                out[b, r] = u[r] * x[b, r]
    elif op == LEAST:
        for b in range(count):
            for r in range(rows):
                out[b, r] = min(u[r], x[b, r])
    elif op == MOST:
        for b in range(count):
            for r in range(rows):
                out[b, r] = max(u[r], x[b, r])
    elif op == ABSOLUTE:
        for b in range(count):
            for r in range(rows):
                out[b, r] = abs(x[b, r])
    elif op == NEGATED:
        for b in range(count):
            for r in range(rows):
                out[b, r] = -x[b, r]
    elif op == SQUARED:
        for b in range(count):
            for r in range(rows):
                out[b, r] = x[b, r] * x[b, r]


@njit(cache=True, nogil=True)
def floor_quotient(a, b):
    """a / b rounded down; no value if b is 0."""
    return a // b if b != 0 else NO_NUMBER


@njit(cache=True, nogil=True)
def remainder(a, b):
    """a - b times the quotient rounded down; no value if b is 0."""
    return a % b if b != 0 else NO_NUMBER


@njit(cache=True, nogil=True)
def division(op, u, x, out):
    """Quotients rounded down, and remainders, of whole numbers."""
    for b in range(np.uint64(x.shape[0])):
        for r in range(np.uint64(x.shape[1])):
            if op == QUOTIENT:
                out[b, r] = floor_quotient(u[r], x[b, r])
            elif op == QUOTIENT_TURNED:
                out[b, r] = floor_quotient(x[b, r], u[r])
            elif op == REMAINDER:
                out[b, r] = remainder(u[r], x[b, r])
            else:
                out[b, r] = remainder(x[b, r], u[r])


@njit(cache=True, nogil=True, error_model="numpy")
def quotients(op, u, x, out):
    """Quotients and square roots of real numbers."""
    for b in range(np.uint64(x.shape[0])):
        for r in range(np.uint64(x.shape[1])):
            if op == QUOTIENT:
                out[b, r] = u[r] / x[b, r]
            elif op == QUOTIENT_TURNED:
                out[b, r] = x[b, r] / u[r]
            else:
                out[b, r] = np.sqrt(x[b, r])


@njit(cache=True, nogil=True)
def mark_outside(out, low, high, dead):
    """Marks the rows of `out` that have a value outside low..high."""
    for b in range(np.uint64(out.shape[0])):
        outside = False
        for r in range(np.uint64(out.shape[1])):
            outside |= (out[b, r] < low) | (out[b, r] > high)
        dead[b] = outside


@njit(cache=True, nogil=True)
def round_off(bits, dead):
    """Rounds float64 values, given as their bits, to 40 bits of mantissa; marks rows that are none.

    See `synth.language.rounding.rounded`.  -2**63 stands for no value there, as everywhere.
    """
    minus_zero, none = np.uint64(1 << 63), np.uint64(0xC3E << 52)
    for b in range(np.uint64(bits.shape[0])):
        gone = False
        for r in range(np.uint64(bits.shape[1])):
            v = bits[b, r]
            gone |= ((v & INFINITE) == INFINITE) | (v == none)
            v = (v + ((v >> DROPPED) & ONE) + HALF) & KEPT
            gone |= (v & INFINITE) == INFINITE
            bits[b, r] = np.uint64(0) if v == minus_zero else v
        dead[b] = gone


@njit(cache=True, nogil=True)
def make_integers(op, u, words, low, high, block, dead):
    """Whole numbers of the range low..high, int64.

    Parameters
    ----------
    op : int
        The operation.
    u : uint64 (rows,)
        The fixed operand; if there is none, it is not read.
    words : uint64 (count, rows)
        The free operands.
    low, high : int
        The range of the result.
    block : uint64 (count, rows)
        Receives the candidates.
    dead : uint8 (count,)
        Receives whether a candidate has no value.
    """
    fixed, x, out = u.view(np.int64), words.view(np.int64), block.view(np.int64)
    if QUOTIENT <= op <= REMAINDER_TURNED:
        division(op, fixed, x, out)
    else:
        arithmetic(op, fixed, x, out)
    mark_outside(out, low, high, dead)


@njit(cache=True, nogil=True)
def make_reals(op, u, words, block, dead):
    """Real numbers, float64 of 40 bits of mantissa; the parameters are those of whole numbers."""
    fixed, x, out = u.view(np.float64), words.view(np.float64), block.view(np.float64)
    if op in (QUOTIENT, QUOTIENT_TURNED, ROOT):
        quotients(op, fixed, x, out)
    else:
        arithmetic(op, fixed, x, out)
    round_off(block, dead)


@njit(cache=True, nogil=True)
def holds(op, a, b):
    """Whether a comparison holds."""
    if op == LESS:
        return a < b
    if op == LESS_EQUAL:
        return a <= b
    if op == GREATER:
        return a > b
    if op == GREATER_EQUAL:
        return a >= b
    if op == EQUAL:
        return a == b
    return a != b


@njit(cache=True, nogil=True)
def compare(op, u, x, block):
    """Comparisons of u (rows,) with x (count, rows), as bits of `block`."""
    rows = np.uint64(x.shape[1])
    for b in range(np.uint64(x.shape[0])):
        for w in range(np.uint64(block.shape[1])):
            first, word = w * SIXTY_FOUR, np.uint64(0)
            for k in range(min(SIXTY_FOUR, rows - first)):
                word |= np.uint64(holds(op, u[first + k], x[b, first + k])) << k
            block[b, w] = word


@njit(cache=True, nogil=True)
def make_orders(op, real, u, words, block):
    """Comparisons of whole numbers, or of real ones, with the free operands."""
    if real:
        compare(op, u.view(np.float64), words.view(np.float64), block)
    else:
        compare(op, u.view(np.int64), words.view(np.int64), block)


@njit(cache=True, nogil=True)
def make_choices(u, v, words, block):
    """u where the free operand, which is of booleans, is true, and v elsewhere: (rows,) words."""
    for b in range(np.uint64(words.shape[0])):
        for r in range(np.uint64(block.shape[1])):
            true = (words[b, r >> np.uint64(6)] >> (r & np.uint64(63))) & ONE
            block[b, r] = u[r] if true else v[r]
