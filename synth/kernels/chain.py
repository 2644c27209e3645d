"""Metropolis steps over a program and a set of memorised rows."""

from collections import namedtuple

import numpy as np
from numba import njit

from synth.kernels.regrow import regrow

#: What does not change.  wrong uint64 (B, W): bit i says that behaviour b is wrong on
#: training row i; bits float64 (B,): of its program; cumulative float64 (B,): of the
#: proposal, rising to 1; table float64 (n + 1,): bits of a table of so many rows.
World = namedtuple("World", "wrong bits cumulative table")

ONE, SIX, SIXTY_THREE = np.uint64(1), np.uint64(6), np.uint64(63)
#: Where `state` int64 (4,) has the program, the number of memorised rows, of errors, and of
#: nodes of the program's tree.
PROGRAM, HELD, ERRORS, SIZE = range(4)


@njit(cache=True, nogil=True)
def ones(x):
    """How many bits of a word are set."""
    x -= (x >> ONE) & np.uint64(0x5555555555555555)
    pairs = np.uint64(0x3333333333333333)
    x = (x & pairs) + ((x >> np.uint64(2)) & pairs)
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, nogil=True)
def errors_of(world, program, held):
    """On how many rows that are not memorised a program is wrong; held uint64 (W,)."""
    total = 0
    for w in range(np.uint64(held.shape[0])):
        total += ones(world.wrong[program, w] & ~held[w])
    return total


@njit(cache=True, nogil=True)
def steps(
    world, growth, state, held, codes, spent, room, rows, generator, count,
    proposals, beta, decay, offset, stride, goal,
):  # fmt: skip
    """`count` Metropolis steps, or fewer to a goal; see `synth.dynamics.chain` for the energy.

    state int64 (4,) and held uint64 (W,), the memorised ones of `rows` training rows, are
    changed; proposals: the share of steps that propose a program; beta, decay: bits an
    error, and per bit of description.

    Where codes int64 (nodes,) is not empty it is the program's tree, of spent float64 (1,)
    bits, and programs are proposed by drawing a subtree of it anew from `growth`, a
    `synth.kernels.regrow.Growth`; room int64 (3, nodes): to work in.  Else they are drawn from
    world.cumulative.

    goal: bool (states,) where it ends, by states that
    number offset int64 (B,) of the program and the sum of stride int64 (rows,) over the
    memorised rows, or empty.  Returns how many were made and how many accepted.
    """
    accepted = place = 0
    aimed = goal.shape[0] > 0
    if aimed:
        for row in range(np.uint64(rows)):
            if held[row >> SIX] & (ONE << (row & SIXTY_THREE)):
                place += stride[row]
    for made in range(count):
        if aimed and goal[offset[state[PROGRAM]] + place]:
            return made, accepted
        if generator.random() < proposals:
            if codes.shape[0]:
                accepted += _regrown(
                    world, growth, state, held, codes, spent, room, generator, beta, decay
                )
                continue
            new = np.searchsorted(world.cumulative, generator.random(), side="right")
            new = min(new, world.bits.shape[0] - 1)
            if new == state[PROGRAM]:
                accepted += 1
                continue
            errors = errors_of(world, new, held) - state[ERRORS]
            # Proposals come from the prior, so that it is part of the stationary law.
            change = beta * errors + decay * (world.bits[new] - world.bits[state[PROGRAM]])
            if change <= 0 or generator.random() < 2.0**-change:
                state[PROGRAM] = new
                state[ERRORS] += errors
                accepted += 1
            continue
        row = np.uint64(generator.random() * rows)
        word, mask = row >> SIX, ONE << (row & SIXTY_THREE)
        sign = 1 if held[word] & mask == 0 else -1
        errors = -sign if world.wrong[state[PROGRAM], word] & mask else 0
        change = beta * errors
        change += decay * (world.table[state[HELD] + sign] - world.table[state[HELD]])
        if change <= 0 or generator.random() < 2.0**-change:
            held[word] ^= mask
            state[HELD] += sign
            state[ERRORS] += errors
            accepted += 1
            if aimed:
                place += sign * stride[row]
    return count, accepted


@njit(cache=True, nogil=True)
def _regrown(world, growth, state, held, codes, spent, room, generator, beta, decay):
    """One proposal of a regrown tree; returns whether it was accepted."""
    size, bits, new = regrow(
        growth, codes, state[SIZE], spent[0], room[0], room[1], room[2], generator
    )
    if new < 0:
        return False
    errors = errors_of(world, new, held) - state[ERRORS]
    change = beta * errors + decay * (bits - spent[0])
    # As many nodes as there are, as many ways to be chosen.
    if generator.random() >= 2.0**-change * state[SIZE] / size:
        return False
    codes[:size] = room[0, :size]
    spent[0] = bits
    state[PROGRAM] = new
    state[ERRORS] += errors
    state[SIZE] = size
    return True
