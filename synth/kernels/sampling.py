"""Sampling syntax trees from a grammar, and their values on up to 64 rows of booleans.

A tree is its productions in prefix order: the root first, then its arguments' trees.
"""

from collections import namedtuple

import numpy as np
from numba import njit

#: What a grammar's productions are drawn by, type by type: first, last int32 (T,): the
#: range of each type's productions; upto float64 (P,): the sum of the probabilities from
#: the type's first on; guide int32 (T, G): the first production whose `upto` is above
#: g / G; arity int32 (P,), arguments int32 (P, A): the places of the arguments' types.
Rules = namedtuple("Rules", "first last upto guide arity arguments")

#: What a draw ends in where it does not end in a tree.
CUT, FAILED = -1, -2
#: `tally` int64 (3,): trees finished, cut and failed.
FINISHED_TALLY, CUT_TALLY, FAILED_TALLY = range(3)


@njit(cache=True, nogil=True)
def draw(generator, rules, root, most, stack, tokens, start):
    """Draws one tree into tokens[start:]; returns its number of nodes, CUT or FAILED.

    It is cut as soon as it is sure to have more than `most` nodes.  A draw beyond the
    sum of a type's probabilities fails.
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
    """Draws up to `count` trees and keeps those that end; returns how many it drew.

    tokens has room for `most` nodes at least, and the draws end where it has no more;
    offsets int64 (count + 1,): where each kept tree starts, and the last one stops.
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
    """The word of a tree's values, 64 rows a word.

    leaves uint64 (P,): the words of inputs and constants; terms uint64 (P, 8): whether
    the product of the arguments in the bits of the place is a term of the primitive's
    algebraic normal form, all ones or 0.
    """
    top = 0
    for i in range(stop - 1, start - 1, -1):  # so that arguments come before what uses them
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
    """out[i]: the word of tree i."""
    for i in range(out.shape[0]):
        out[i] = evaluate(tokens, offsets[i], offsets[i + 1], arity, leaves, terms, stack)


@njit(cache=True, nogil=True)
def count_behaviours(
    generator, rules, root, most, stack, count, tokens, leaves, terms, mask, words, counts, tally
):
    """Draws `count` trees and counts them by behaviour, the word of their values.

    tokens has room for `most` nodes, stack and words for one more; counts int64 (2**rows,).
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
