"""Metropolis steps over a program and a set of memorised rows."""

from collections import namedtuple

import numpy as np
from numba import njit

from synth.kernels.regrow import regrow

#: The fixed data of a chain.
#: - wrong uint64 (B, W): bit i says whether behaviour b is wrong on training row i
#: - bits float64 (B,): of each behaviour's program
#: - cumulative float64 (B,): the proposal distribution, rising to 1
#: - table float64 (n + 1,): the bits of a table, by its number of rows
World = namedtuple("World", "wrong bits cumulative table")

ONE, SIX, SIXTY_THREE = np.uint64(1), np.uint64(6), np.uint64(63)
#: Places in `state` int64 (4,): the program, the number of memorised rows, the number of errors,
#: and the number of nodes of the program's tree.
PROGRAM, HELD, ERRORS, SIZE = range(4)


@njit(cache=True, nogil=True)
def ones(x):
    """The number of set bits of a word."""
    x -= (x >> ONE) & np.uint64(0x5555555555555555)
    pairs = np.uint64(0x3333333333333333)
    x = (x & pairs) + ((x >> np.uint64(2)) & pairs)
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@njit(cache=True, nogil=True)
def errors_of(world, program, held):
    """The number of rows on which a program is wrong and that are not memorised.

    Parameters
    ----------
    world : World
        The fixed data.
    program : int
        The program's behaviour.
    held : uint64 (W,)
        The memorised rows.
    """
    total = 0
    for w in range(np.uint64(held.shape[0])):
        total += ones(world.wrong[program, w] & ~held[w])
    return total


@njit(cache=True, nogil=True)
def steps(
    world,
    growth,
    state,
    held,
    codes,
    spent,
    room,
    rows,
    generator,
    count,
    proposals,
    beta,
    decay,
    offset,
    stride,
    goal,
):
    """`count` Metropolis steps, or fewer if a goal is reached.

    The energy is described in `synth.dynamics.chain`. If `codes` is not empty, it is the
    program's tree, and programs are proposed by drawing a subtree of it anew. Otherwise they are
    drawn from world.cumulative.

    Parameters
    ----------
    world : World
        The fixed data.
    growth : Growth
        The grammar that subtrees are drawn from; see `synth.kernels.regrow`.
    state : int64 (4,)
        The state of the chain, changed in place.
    held : uint64 (W,)
        The memorised rows, changed in place.
    codes : int64 (nodes,)
        The program's tree, changed in place; or empty.
    spent : float64 (1,)
        The bits of the tree, changed in place.
    room : int64 (3, nodes)
        Scratch memory.
    rows : int
        The number of training rows.
    generator : numpy.random.Generator
        The source of random numbers.
    count : int
        The number of steps.
    proposals : float
        The share of steps that propose a program.
    beta : float
        Bits of energy per error.
    decay : float
        Bits of energy per bit of description.
    offset : int64 (B,)
        The part of a state's number that its program contributes.
    stride : int64 (rows,)
        The part of a state's number that each memorised row contributes.
    goal : bool (states,)
        The states, by number, at which to stop; or empty.

    Returns
    -------
    (int, int)
        The number of steps made and the number accepted.
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
            # Proposals come from the prior, so the prior is part of the stationary distribution.
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
    """Proposes one regrown tree; returns whether it was accepted."""
    size, bits, new = regrow(
        growth, codes, state[SIZE], spent[0], room[0], room[1], room[2], generator
    )
    if new < 0:
        return False
    errors = errors_of(world, new, held) - state[ERRORS]
    change = beta * errors + decay * (bits - spent[0])
    # Each subtree is chosen with probability 1 / number of nodes, hence the ratio of sizes.
    if generator.random() >= 2.0**-change * state[SIZE] / size:
        return False
    codes[:size] = room[0, :size]
    spent[0] = bits
    state[PROGRAM] = new
    state[ERRORS] += errors
    state[SIZE] = size
    return True
