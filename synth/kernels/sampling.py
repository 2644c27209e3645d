"""Sampling syntax trees from a grammar, and their values on up to 64 rows of booleans.

A tree is a list of productions in prefix order: the root first, then its arguments' trees.
"""

from collections import namedtuple

import numpy as np
from numba import njit

#: The arrays by which a grammar's productions are drawn, type by type.
#: - first, last int32 (T,): the range of each type's productions
#: - upto float64 (P,): the running sum of the probabilities within the type
#: - guide int32 (T, G): the first production whose `upto` is above g / G
#: - arity int32 (P,): the number of arguments
#: - arguments int32 (P, A): the types of the arguments, by place
Rules = namedtuple("Rules", "first last upto guide arity arguments")

#: The results of a draw that does not give a tree.
CUT, FAILED = -1, -2
#: Places in `tally` int64 (3,): trees finished, cut and failed.
FINISHED_TALLY, CUT_TALLY, FAILED_TALLY = range(3)


@njit(cache=True, nogil=True)
def draw(generator, rules, root, most, stack, tokens, start):
    """Draws one tree into tokens[start:]; returns its number of nodes, CUT or FAILED.

    It is cut as soon as it is certain to have more than `most` nodes. A random number beyond the
    sum of a type's probabilities makes it fail.
    """
    steps = rules.guide.shape[1]
    stack[0] = root
    depth, nodes = 1, 0
    while depth:
        depth -= 1
        type_ = stack[depth]
        u = generator.random()
        p, last = rules.guide[type_, int(u * steps)], rules.last[type_]
        while p < last and u >= rules.upto[p]:
            p += 1
        if p == last:
            return FAILED
        arity = rules.arity[p]
        if nodes + 1 + depth + arity > most:
            return CUT
        tokens[start + nodes] = p
        nodes += 1
        for k in range(arity):
            stack[depth + arity - 1 - k] = rules.arguments[p, k]
        depth += arity
    return nodes


@njit(cache=True, nogil=True)
def draw_trees(generator, rules, root, most, stack, count, tokens, offsets, tally):
    """Draws up to `count` trees and keeps those that finish; returns the number drawn.

    Parameters
    ----------
    generator : numpy.random.Generator
        The source of random numbers.
    rules : Rules
        The grammar.
    root : int
        The type of the trees.
    most : int
        The largest number of nodes of a tree.
    stack : int32 (most + 1,)
        Scratch memory.
    count : int
        The number of trees.
    tokens : uint16 (N,)
        Receives the trees; it has room for at least `most` nodes, and drawing ends if no more
        remain.
    offsets : int64 (count + 1,)
        Receives where each kept tree starts and the last one stops.
    tally : int64 (3,)
        The counts of outcomes, changed in place.
    """
    end, kept = 0, 0
    offsets[0] = 0
    for drawn in range(count):
        if end + most > tokens.shape[0]:
            return drawn
        nodes = draw(generator, rules, root, most, stack, tokens, end)
        if nodes > 0:
            end += nodes
            kept += 1
            offsets[kept] = end
            tally[FINISHED_TALLY] += 1
        elif nodes == CUT:
            tally[CUT_TALLY] += 1
        else:
            tally[FAILED_TALLY] += 1
    return count


@njit(cache=True, nogil=True)
def evaluate(tokens, start, stop, arity, leaves, terms, stack):
    """The word of a tree's values, with up to 64 rows in it.

    Parameters
    ----------
    tokens : uint16
        Trees in prefix order.
    start, stop : int
        The range of the tree.
    arity : int32 (P,)
        The number of arguments of each production.
    leaves : uint64 (P,)
        The words of inputs and constants.
    terms : uint64 (P, 8)
        All ones if the product of the arguments whose bits are set in the place is a term of the
        primitive's algebraic normal form, else 0.
    stack : uint64
        Scratch memory.
    """
    top = 0
    for i in range(
        stop - 1, start - 1, -1
    ):  # backwards, so that arguments come before what uses them
        p = tokens[i]
        k = arity[p]
        if k == 0:
            stack[top] = leaves[p]
            top += 1
        elif k == 1:
            stack[top - 1] = terms[p, 0] ^ (terms[p, 1] & stack[top - 1])
        elif k == 2:
            a, b = stack[top - 1], stack[top - 2]
            top -= 1
            stack[top - 1] = (
                terms[p, 0] ^ (terms[p, 1] & a) ^ (b & (terms[p, 2] ^ (terms[p, 3] & a)))
            )
        else:
            a, b, c = stack[top - 1], stack[top - 2], stack[top - 3]
            top -= 2
            low = terms[p, 0] ^ (terms[p, 1] & a) ^ (b & (terms[p, 2] ^ (terms[p, 3] & a)))
            high = terms[p, 4] ^ (terms[p, 5] & a) ^ (b & (terms[p, 6] ^ (terms[p, 7] & a)))
            stack[top - 1] = low ^ (c & high)
    return stack[0]


@njit(cache=True, nogil=True)
def evaluate_trees(tokens, offsets, arity, leaves, terms, stack, out):
    """Evaluates all trees; out[i] is the word of tree i."""
    for i in range(out.shape[0]):
        out[i] = evaluate(tokens, offsets[i], offsets[i + 1], arity, leaves, terms, stack)


@njit(cache=True, nogil=True)
def count_behaviours(
    generator, rules, root, most, stack, count, tokens, leaves, terms, mask, words, counts, tally
):
    """Draws `count` trees and counts them by behaviour, the word of their values.

    Parameters
    ----------
    generator, rules, root, most, stack, count, tally
        As in `draw_trees`.
    tokens : uint16 (most,)
        Scratch memory.
    leaves, terms
        As in `evaluate`.
    mask : uint64
        The bits of the rows.
    words : uint64 (most + 1,)
        Scratch memory.
    counts : int64 (2**rows,)
        The counts by behaviour, changed in place.
    """
    for _ in range(count):
        nodes = draw(generator, rules, root, most, stack, tokens, 0)
        if nodes > 0:
            tally[FINISHED_TALLY] += 1
            word = evaluate(tokens, 0, nodes, rules.arity, leaves, terms, words) & mask
            counts[np.int64(word)] += 1
        elif nodes == CUT:
            tally[CUT_TALLY] += 1
        else:
            tally[FAILED_TALLY] += 1
