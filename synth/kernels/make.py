"""Making candidates: a curried primitive applied to a block of operand rows."""

import numpy as np
from numba import njit

from synth.kernels.numbers import make_choices, make_integers, make_orders, make_reals

# How candidates are made from the curried primitive and an operand's rows.
BITS, PLUS, MINUS, RING, TABLE, INTEGERS, REALS, CHOICES, ORDERS, REAL_ORDERS = range(10)


@njit(cache=True, nogil=True)
def make_bits(u, v, words, first, count, block):
    """Any boolean primitive, which is affine in one operand: u ^ (v & operand)."""
    if block.shape[1] == 1:
        u0, v0 = u[0], v[0]
        flat, flat_words = block.reshape(block.size), words.reshape(words.size)
        for b in range(np.uint64(count)):
            flat[b] = u0 ^ (v0 & flat_words[np.uint64(first) + b])
        return
    for b in range(np.uint64(count)):
        for w in range(np.uint64(block.shape[1])):
            block[b, w] = u[w] ^ (v[w] & words[np.uint64(first) + b, w])


@njit(cache=True, nogil=True)
def make_plus(u, cells, first, count, p, out):
    """u + operand mod p in uint8, 0.02 ns a value; padded places of the operand must hold `p`."""
    modulus = np.uint8(p)
    for b in range(np.uint64(count)):
        for r in range(np.uint64(u.shape[0])):
            rest = np.uint8(modulus - cells[np.uint64(first) + b, r])
            a = u[r]
            out[b, r] = np.uint8(a - rest) if a >= rest else np.uint8(a - rest + modulus)


@njit(cache=True, nogil=True)
def make_minus(u, cells, first, count, p, out):
    """u - operand mod p in uint8."""
    modulus = np.uint8(p)
    for b in range(np.uint64(count)):
        for r in range(np.uint64(u.shape[0])):
            a, x = u[r], cells[np.uint64(first) + b, r]
            out[b, r] = np.uint8(a - x) if a >= x else np.uint8(a - x + modulus)


@njit(cache=True, nogil=True)
def make_ring(u, v, cells, first, count, p, out):
    """u + v * operand mod p in 16 bits; Barrett's quotient is too small by at most one.

    For x < 2**16, x/p - x*floor(2**16/p)/2**16 < x/2**16 < 1. It takes 0.2 ns a value, where
    looking the answer up in a table takes 0.45.
    """
    modulus = np.uint16(p)
    inverse = np.uint32(65536 // p)
    for b in range(np.uint64(count)):
        for r in range(np.uint64(u.shape[0])):
            x = np.uint16(u[r]) + np.uint16(v[r]) * np.uint16(cells[np.uint64(first) + b, r])
            x = np.uint16(x)
            quotient = np.uint16(np.uint32(np.uint32(x) * inverse) >> np.uint32(16))
            y = np.uint16(x - np.uint16(quotient * modulus))
            z = np.uint16(y - modulus)
            out[b, r] = np.uint8(min(z, y))


@njit(cache=True, nogil=True)
def make_table(table, offsets, cells, first, count, out, dead):
    """table[offset + operand]; the largest value of the storage type stands for undefined."""
    for b in range(np.uint64(count)):
        worst = table.dtype.type(0)
        for r in range(np.uint64(offsets.shape[0])):
            y = table[np.uint64(offsets[r]) + np.uint64(cells[np.uint64(first) + b, r])]
            worst = max(worst, y)
            out[b, r] = y
        dead[b] = worst == np.iinfo(table.dtype).max


@njit(cache=True, nogil=True)
def make(work, term, first, count, scratch):
    """Makes the candidates of one term from `count` free operands, starting at `first`.

    Parameters
    ----------
    work : Work
        The rule; see `synth.kernels.work.Work`.
    term : int
        The number of the term.
    first, count : int
        The range of free operands.
    scratch : Scratch
        Receives the block, and the marks of candidates without a value.
    """
    block, dead, cells = scratch.block, scratch.dead, work.out
    if work.kind == BITS:
        make_bits(work.u[term], work.v[term], work.words, first, count, block)
    elif work.kind == PLUS:
        make_plus(work.u_cells[term], work.cells, first, count, work.p, cells)
    elif work.kind == MINUS:
        make_minus(work.u_cells[term], work.cells, first, count, work.p, cells)
    elif work.kind == RING:
        make_ring(work.u_cells[term], work.v_cells[term], work.cells, first, count, work.p, cells)
    elif work.kind == TABLE:
        make_table(work.table, work.offsets[term], work.cells, first, count, cells, dead)
    else:
        u, words, made = work.u[term], work.words[first : first + count], block[:count]
        if work.kind == INTEGERS:
            make_integers(work.op, u, words, work.least, work.most, made, dead)
        elif work.kind == REALS:
            make_reals(work.op, u, words, made, dead)
        elif work.kind == CHOICES:
            make_choices(u, work.v[term], words, made)
        else:
            make_orders(work.op, work.kind == REAL_ORDERS, u, words, made)
