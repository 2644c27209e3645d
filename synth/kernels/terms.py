"""Two-level logic: all conjunctions of literals, and the choice of some of them.

Rows are sorted: `split` words of rows that shall be true come first, then those that shall be
false, so that two counts of bits say what a term covers.  A term is a conjunction of literals.
"""

import numpy as np
from numba import njit

from synth.kernels.reach import popcount

# What `conjunctions` counts: nodes, and terms.
NODES, FOUND = range(2)


@njit(cache=True, nogil=True)
def counted(cover, split):
    """How many true and false rows a term covers."""
    true, false = np.uint64(0), np.uint64(0)
    for w in range(np.uint64(split)):
        true += popcount(cover[w])
    for w in range(np.uint64(split), np.uint64(cover.shape[0])):
        false += popcount(cover[w])
    return np.int64(true), np.int64(false)


@njit(cache=True, nogil=True)
def redundant(literals, chosen, size, split, true, false, slack):
    """Whether a term without one of its literals is as pure: see `conjunctions`."""
    for left in range(size):
        more_true, more_false = np.uint64(0), np.uint64(0)
        for w in range(np.uint64(literals.shape[1])):
            cover = np.uint64(0xFFFFFFFFFFFFFFFF)
            for k in range(size):
                if k != left:
                    cover &= literals[chosen[k], w]
            if w < np.uint64(split):
                more_true += popcount(cover)
            else:
                more_false += popcount(cover)
        if np.int64(more_false) - false <= slack * (np.int64(more_true) - true):
            return True
    return False


@njit(cache=True, nogil=True)
def conjunctions(literals, split, first, share, slack, need, most_nodes, out, counts, state):
    """Lists the useful conjunctions of `first` and later literals, S at most, depth first.

    A term is useful if it covers at most `share` false rows for each true one, if
    its true rows less its false ones are at least `need`, and if leaving out a literal adds more
    than `slack` false rows for each true one that it adds.  A term without false rows is not
    extended.

    Parameters
    ----------
    literals : uint64 (L, W)
        The rows that each literal covers.
    split : int
        The number of words of true rows.
    first : int
        The first literal of all of these terms.
    share, slack : float
    need : int64 (S + 1,)
        By size; it does not fall as the size grows.
    most_nodes : int
    out : int16 (M, S)
        Receives the literals of each term, filled up with -1, after those that are there.
    counts : int64 (M, 2)
        Receives the numbers of true and of false rows.
    state : int64 (2,)
        How many nodes there were so far, and how many terms.

    Returns
    -------
    bool
        Whether all were listed: neither the nodes nor the place in `out` came to an end.
    """
    sizes, words = out.shape[1], literals.shape[1]
    covers = np.empty((sizes, words), np.uint64)
    covered = np.empty((sizes, 2), np.int64)
    chosen = np.zeros(sizes, np.int64)
    depth, at = 0, first
    while depth > 0 or at == first:
        if at == literals.shape[0]:
            if depth == 0:
                break
            depth -= 1
            at = chosen[depth] + 1
            continue
        state[NODES] += 1
        if state[NODES] > most_nodes:
            return False
        chosen[depth] = at
        if depth == 0:
            for w in range(np.uint64(words)):
                covers[0, w] = literals[at, w]
        else:
            for w in range(np.uint64(words)):
                covers[depth, w] = covers[depth - 1, w] & literals[at, w]
        true, false = counted(covers[depth], split)
        same = depth > 0 and true == covered[depth - 1, 0] and false == covered[depth - 1, 1]
        if same or true < need[depth + 1]:
            at += 1
            continue
        covered[depth, 0], covered[depth, 1] = true, false
        if (
            false <= share * true
            and true - false >= need[depth + 1]
            and not (
                depth > 0 and redundant(literals, chosen, depth + 1, split, true, false, slack)
            )
        ):
            k = state[FOUND]
            if k == out.shape[0]:
                return False
            for d in range(sizes):
                out[k, d] = chosen[d] if d <= depth else -1
            counts[k, 0], counts[k, 1] = true, false
            state[FOUND] += 1
        if false > 0 and depth + 1 < sizes:
            depth += 1
        at += 1
    return True


@njit(cache=True, nogil=True)
def cover(literals, terms, out):
    """Writes the rows that each term covers, uint64 (M, W); terms int16 (M, S)."""
    for k in range(np.uint64(terms.shape[0])):
        for w in range(np.uint64(literals.shape[1])):
            rows = np.uint64(0xFFFFFFFFFFFFFFFF)
            for d in range(terms.shape[1]):
                if terms[k, d] >= 0:
                    rows &= literals[terms[k, d], w]
            out[k, w] = rows


@njit(cache=True, nogil=True)
def best_move(covers, costs, split, trues, code, chosen, banned, union):
    """The change of a choice of terms that makes the total least: leave one out, add one, or both.

    Parameters
    ----------
    covers : uint64 (M, W)
        The rows that each term covers, true rows first.
    costs : int64 (M,)
        In units.
    split, trues : int
        The number of words of true rows, and of true rows.
    code : float64 (n + 1,)
        What so many exceptions cost, in units.
    chosen : int64 (k,)
        The terms of the choice.
    banned : uint8 (M,)
        Terms that are not added.
    union : uint64 (W,)
        Scratch memory.

    Returns
    -------
    (float, int, int)
        The total, the place of the term that is left out or -1, and the term that is added or -1.
    """
    best, out, into = np.inf, -1, -1
    words = np.uint64(covers.shape[1])
    for left in range(-1, chosen.shape[0]):
        union[:] = np.uint64(0)
        cost = np.int64(0)
        for k in range(chosen.shape[0]):
            if k != left:
                cost += costs[chosen[k]]
                for w in range(words):
                    union[w] |= covers[chosen[k], w]
        true, false = counted(union, split)
        wrong = trues - true + false
        total = cost + code[wrong]
        if total < best and left >= 0:
            best, out, into = total, left, -1
        for w in range(words):
            union[w] = ~union[w]
        for j in range(np.uint64(covers.shape[0])):
            if banned[j]:
                continue
            true, false = np.int64(0), np.int64(0)
            for w in range(np.uint64(split)):
                true += np.int64(popcount(covers[j, w] & union[w]))
            for w in range(np.uint64(split), words):
                false += np.int64(popcount(covers[j, w] & union[w]))
            total = cost + costs[j] + code[wrong - true + false]
            if total < best:
                best, out, into = total, left, np.int64(j)
    return best, out, into


@njit(cache=True, nogil=True)
def next_rules(covers, costs, split, left, spent, price, factorials, out):
    """Prices every term as the next rule of every decision list.

    The price of a list is its own cost, its exceptions at a fixed price, and a table of the rows
    that are left.

    Parameters
    ----------
    covers : uint64 (M, W)
        The rows that each term covers, true rows first.
    costs : int64 (2, M)
        Of a rule that says false, and of one that says true, in units.
    split : int
        The number of words of true rows.
    left : uint64 (S, W)
        The rows that no rule of each list covers.
    spent : float64 (S,)
        The price of each list without the table.
    price : float
        Of an exception.
    factorials : float64 (n + 1,)
        The logarithms of factorials, in units.
    out : float64 (S, M)
        Receives the prices.
    """
    for s in range(np.uint64(left.shape[0])):
        all_true, all_false = counted(left[s], split)
        for j in range(np.uint64(covers.shape[0])):
            true, false = np.int64(0), np.int64(0)
            for w in range(np.uint64(split)):
                true += np.int64(popcount(covers[j, w] & left[s, w]))
            for w in range(np.uint64(split), np.uint64(covers.shape[1])):
                false += np.int64(popcount(covers[j, w] & left[s, w]))
            if true + false == 0:
                out[s, j] = np.inf
                continue
            cost = np.float64(costs[1, j] if true > false else costs[0, j])
            wrong = min(true, false)
            true, false = all_true - true, all_false - false
            table = factorials[true + false] - factorials[true] - factorials[false]
            out[s, j] = spent[s] + cost + price * wrong + table
