"""Strings as numbers: the nodes of a trie.  Equal strings have equal numbers.

The empty string is node 0.  Each other node has a parent, the string without its last letter, and
that letter.  A table finds a node by these two.  A kernel stops before a string for which there may
be no room, and returns how many it has done, so that the caller makes room and calls again.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

#: More letters than any type of strings has.
LETTERS = 16


class Trie(NamedTuple):
    """The nodes, and a table of theirs.

    parent, last, length : int32, uint8, int32 (room,)
        Of each node the one without its last letter, this letter, and how many letters it has.
    slots : int32 (a power of 2,)
        Nodes by parent and letter; 0 where there is none.  More than twice as many as nodes.
    count : int64 (1,)
        How many nodes there are.
    """

    parent: Any
    last: Any
    length: Any
    slots: Any
    count: Any


@njit(cache=True, nogil=True)
def child(trie, node, letter):
    """The node of a string with one letter more."""
    mask = trie.slots.shape[0] - 1
    key = np.uint64(node * LETTERS + letter) * np.uint64(0x9E3779B97F4A7C15)
    place = np.int64(key >> np.uint64(20)) & mask
    while trie.slots[place]:
        found = trie.slots[place]
        if trie.parent[found] == node and trie.last[found] == letter:
            return found
        place = (place + 1) & mask
    new = trie.count[0]
    trie.slots[place], trie.parent[new], trie.last[new] = new, node, letter
    trie.length[new] = trie.length[node] + 1
    trie.count[0] = new + 1
    return new


@njit(cache=True, nogil=True)
def spell(trie, node, letters):
    """Writes the letters of a string, and returns how many there are."""
    length = trie.length[node]
    for k in range(length - 1, -1, -1):
        letters[k] = trie.last[node]
        node = trie.parent[node]
    return length


@njit(cache=True, nogil=True)
def enter(trie, places, lengths, first, out):
    """Numbers the strings that are given letter by letter: uint8 (rows, longest), int64 (rows,)."""
    for row in range(first, lengths.shape[0]):
        if trie.count[0] + lengths[row] > trie.parent.shape[0]:
            return row
        node = 0
        for k in range(lengths[row]):
            node = child(trie, node, places[row, k])
        out[row] = node
    return lengths.shape[0]


@njit(cache=True, nogil=True)
def turned(trie, strings, first, out):
    """Numbers strings from their last letters to their first."""
    for row in range(first, strings.shape[0]):
        node, to = strings[row], 0
        if trie.count[0] + trie.length[node] > trie.parent.shape[0]:
            return row
        while node:
            to = child(trie, to, trie.last[node])
            node = trie.parent[node]
        out[row] = to
    return strings.shape[0]


@njit(cache=True, nogil=True)
def joined(trie, one, other, most, letters, first, out):
    """Numbers one string and then the other; -1 if they have more than `most` letters."""
    for row in range(first, one.shape[0]):
        node, length = one[row], trie.length[other[row]]
        if trie.length[node] + length > most:
            out[row] = -1
            continue
        if trie.count[0] + length > trie.parent.shape[0]:
            return row
        for k in range(spell(trie, other[row], letters)):
            node = child(trie, node, letters[k])
        out[row] = node
    return one.shape[0]


@njit(cache=True, nogil=True)
def begun(trie, strings, counts, first, out):
    """Numbers so many letters from the start of strings, or all."""
    for row in range(first, strings.shape[0]):
        node, count = strings[row], max(counts[row], 0)
        while trie.length[node] > count:
            node = trie.parent[node]
        out[row] = node
    return strings.shape[0]


@njit(cache=True, nogil=True)
def ended(trie, strings, counts, letters, first, out):
    """Numbers what follows so many letters of strings."""
    for row in range(first, strings.shape[0]):
        length = trie.length[strings[row]]
        if trie.count[0] + length > trie.parent.shape[0]:
            return row
        spell(trie, strings[row], letters)
        to = 0
        for k in range(max(counts[row], 0), length):
            to = child(trie, to, letters[k])
        out[row] = to
    return strings.shape[0]


@njit(cache=True, nogil=True)
def paired(trie, one, other, size, letters, first, out):
    """Numbers strings of pairs of letters; the shorter goes on with letter 0.

    size: how many letters each has.  letters: uint8 (2, longest), room for both.
    """
    for row in range(first, one.shape[0]):
        longest = max(trie.length[one[row]], trie.length[other[row]])
        if trie.count[0] + longest > trie.parent.shape[0]:
            return row
        letters[:, :longest] = 0
        spell(trie, one[row], letters[0])
        spell(trie, other[row], letters[1])
        to = 0
        for k in range(longest):
            to = child(trie, to, letters[0, k] * size + letters[1, k])
        out[row] = to
    return one.shape[0]


@njit(cache=True, nogil=True)
def scanned(trie, functions, strings, tables, letters, first, out):
    """Numbers what functions of letters make of strings.

    functions, strings : int64 (rows,)
        The number of a function, and a string.
    tables : (int8 (functions, states, letters), the same, int8 (functions,))
        The next state, the letter that is written, -1 for none, and the first state.
    """
    steps, writes, starts = tables
    for row in range(first, strings.shape[0]):
        length, f = trie.length[strings[row]], functions[row]
        if trie.count[0] + length > trie.parent.shape[0]:
            return row
        spell(trie, strings[row], letters)
        to, state = 0, starts[f]
        for k in range(length):
            letter = letters[k]
            if writes[f, state, letter] >= 0:
                to = child(trie, to, writes[f, state, letter])
            state = steps[f, state, letter]
        out[row] = to
    return strings.shape[0]


@njit(cache=True, nogil=True)
def walked(trie, strings, labels, tables, sizes, letters, first, stop, counts, out):
    """How well functions of letters can make some strings of others, whatever they write.

    Parameters
    ----------
    strings, labels : int64 (rows,)
        Strings and what they should become, of the same lengths.
    tables : (int8 (functions, states, letters), int8 (functions,))
        The next state for each state and letter, and the first state.
    sizes : (int, int)
        How many states and letters are in use.
    letters : uint8 (2, longest)
        Room for a string and its label.
    first, stop : int
        Which functions.
    counts : int64 (states, letters, written)
        How often each letter should be written, of the last function.
    out : int64 (functions,)
        How many letters of the labels are not what is written most often in their place.
    """
    steps, starts = tables
    for f in range(first, stop):
        counts[:] = 0
        for row in range(strings.shape[0]):
            length, state = spell(trie, strings[row], letters[0]), starts[f]
            spell(trie, labels[row], letters[1])
            for k in range(length):
                letter = letters[0, k]
                counts[state, letter, letters[1, k]] += 1
                state = steps[f, state, letter]
        wrong = 0
        for state in range(sizes[0]):
            for letter in range(sizes[1]):
                wrong += counts[state, letter].sum() - counts[state, letter].max()
        out[f] = wrong


@njit(cache=True, nogil=True)
def copied(old, new):
    """Enters all nodes of a trie into a new one that has more room, with the same numbers."""
    new.count[0] = 1
    for node in range(1, old.count[0]):
        child(new, old.parent[node], old.last[node])


@njit(cache=True, nogil=True)
def starting(trie, strings, labels, out):
    """Which rows of strings are beginnings of some others, all of them.

    strings : int64 (m, rows); labels : int64 (rows,); out : uint8 (m,), 1 where they are.
    """
    for m in range(strings.shape[0]):
        out[m] = 1
        for row in range(labels.shape[0]):
            node, length = labels[row], trie.length[strings[m, row]]
            while trie.length[node] > length:
                node = trie.parent[node]
            if node != strings[m, row]:
                out[m] = 0
                break
