"""Regrowing a subtree of a program: trees as rows of production numbers, in prefix order."""

from collections import namedtuple

import numpy as np
from numba import njit

#: A grammar within a budget of bits. Productions are numbered type by type.
#: - first int64 (types + 1,): the productions of type t are first[t] .. first[t + 1] - 1
#: - result int64 (P,): the type of each production
#: - bits float64 (P,): its bits
#: - chance float64 (P,): the running sum of 2**-bits within the type
#: - arguments int64 (P, A): the types of its arguments, -1 after the last
#: - meaning int64 (P,): the behaviour of a leaf, the node of any other production
#: - base, count, follows: a node and the behaviour of an argument lead to follows[base[node] +
#:   behaviour] while behaviour < count[node]. This is a node if there are more arguments, else a
#:   behaviour; -1 if there is none within the budget
#: - budget: bits
Growth = namedtuple(
    "Growth", "first result bits chance arguments meaning base count follows budget"
)


@njit(cache=True, nogil=True)
def span(growth, codes, start):
    """Where the subtree that begins at `start` ends; codes int64 (nodes,)."""
    missing, place = 1, start
    while missing:
        missing += arity(growth, codes[place]) - 1
        place += 1
    return place


@njit(cache=True, nogil=True)
def arity(growth, code):
    """The number of arguments of a production."""
    found = 0
    while found < growth.arguments.shape[1] and growth.arguments[code, found] >= 0:
        found += 1
    return found


@njit(cache=True, nogil=True)
def grow(growth, type_, new, start, room, wanted, generator):
    """Draws a program of a type in prefix order, each production with probability 2**-bits.

    Parameters
    ----------
    growth : Growth
        The grammar.
    type_ : int
        The type of the program.
    new : int64 (nodes,)
        Receives the productions.
    start : int
        Where in `new` the program begins.
    room : float
        The largest number of bits.
    wanted : int64 (nodes,)
        Scratch memory.
    generator : numpy.random.Generator
        The source of random numbers.

    Returns
    -------
    (int, float)
        Where it ends, and its bits. The end is -1 if it has too many bits or nodes, or if the
        random number falls into what the probabilities lack to 1.
    """
    wanted[0] = type_
    open_, place, spent = 1, start, 0.0
    while open_:
        open_ -= 1
        type_ = wanted[open_]
        low, high = growth.first[type_], growth.first[type_ + 1]
        code = low + np.searchsorted(growth.chance[low:high], generator.random(), side="right")
        if code == high or place == new.shape[0]:
            return -1, 0.0
        spent += growth.bits[code]
        if spent > room + 1e-9:
            return -1, 0.0
        new[place] = code
        place += 1
        count = arity(growth, code)
        if open_ + count > wanted.shape[0]:
            return -1, 0.0
        for k in range(count):  # the first argument on top, since it is drawn next
            wanted[open_ + k] = growth.arguments[code, count - 1 - k]
        open_ += count
    return place, spent


@njit(cache=True, nogil=True)
def meaning(growth, codes, size, nodes, left):
    """The behaviour of a program, -1 for none; nodes, left int64 (nodes,): scratch memory."""
    depth, found = 0, -1
    for place in range(size):
        code = codes[place]
        found = growth.meaning[code]
        count = arity(growth, code)
        if count:
            nodes[depth], left[depth] = found, count
            depth += 1
            continue
        while depth:
            node = nodes[depth - 1]
            if found < 0 or found >= growth.count[node]:
                return -1
            found = growth.follows[growth.base[node] + found]
            left[depth - 1] -= 1
            if left[depth - 1]:
                nodes[depth - 1] = found
                if found < 0:
                    return -1
                break
            depth -= 1
    return found


@njit(cache=True, nogil=True)
def regrow(growth, codes, size, spent, new, nodes, left, generator):
    """Draws a subtree of a program anew.

    Parameters
    ----------
    growth : Growth
        The grammar.
    codes : int64 (nodes,)
        The program, in its first `size` places.
    size : int
        The number of nodes.
    spent : float
        The bits of the program.
    new : int64 (nodes,)
        Receives the new program.
    nodes, left : int64 (nodes,)
        Scratch memory.
    generator : numpy.random.Generator
        The source of random numbers.

    Returns
    -------
    (int, float, int)
        The size, the bits and the behaviour of the new program; the behaviour is -1 if there is
        none.
    """
    start = int(generator.random() * size)
    end = span(growth, codes, start)
    old = 0.0
    for place in range(start, end):
        old += growth.bits[codes[place]]
    new[:start] = codes[:start]
    kept = spent - old
    stop, bits = grow(
        growth, growth.result[codes[start]], new, start, growth.budget - kept, nodes, generator
    )
    total = stop + size - end
    if stop < 0 or total > new.shape[0]:
        return 0, 0.0, -1
    new[stop:total] = codes[end:size]
    return total, kept + bits, meaning(growth, new, total, nodes, left)
