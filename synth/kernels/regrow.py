"""Regrowing a subtree of a program: trees as rows of production numbers, in prefix order."""

from collections import namedtuple

import numpy as np
from numba import njit

#: A grammar within a budget.  Productions are numbered type by type: those of type t are
#: first[t]..first[t + 1] - 1, int64 (types + 1,); result int64 (P,) is their type, bits float64
#: (P,), chance float64 (P,) the running sum of 2**-bits within the type; arguments int64 (P, A)
#: the types of arguments, -1 beyond the last; meaning int64 (P,): of a leaf its behaviour, of
#: others a node.  A node and the behaviour of an argument give what follows, at
#: follows[base[node] + behaviour] while behaviour < count[node]: a node if there are more
#: arguments, else a behaviour; -1 where there is none within the budget.  budget: bits.
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
    """How many arguments a production has."""
    found = 0
    while found < growth.arguments.shape[1] and growth.arguments[code, found] >= 0:
        found += 1
    return found


@njit(cache=True, nogil=True)
def grow(growth, type_, new, start, room, wanted, generator):
    """Draws a program of a type in prefix order, from new[start] on, by 2**-bits.

    new int64 (nodes,), wanted int64 (nodes,): room to work in; room: bits that are left.
    Returns where it ends and its bits; -1 where it has more bits or nodes, or where chance
    falls into what 2**-bits leaves over.
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
        for k in range(count):  # the first argument on top: it is drawn next
            wanted[open_ + k] = growth.arguments[code, count - 1 - k]
        open_ += count
    return place, spent


@njit(cache=True, nogil=True)
def meaning(growth, codes, size, nodes, left):
    """The behaviour of a program, -1 for none; nodes, left int64 (nodes,): room to work in."""
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

    codes int64 (nodes,): the program, `size` of them, of `spent` bits; new int64 (nodes,):
    out.  Returns the size, the bits and the behaviour, -1 where it has none.
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
