"""The maps of the experiment `machines`: machines that are run, and the complexity of strings."""

from functools import lru_cache

import numpy as np

from synth import codes


def every_machine(states):
    """The steps of all machines of so many states over two letters, int (machines, states, 2).

    States are numbered in the order in which they are met, as in the DSL `machines`.
    """
    made = [([], 1)]
    for place in range(2 * states):
        made = [
            ([*steps, to], max(met, to + 1))
            for steps, met in made
            if place // 2 < met
            for to in range(min(met + 1, states))
        ]
    return np.array([steps for steps, met in made if met == states]).reshape(-1, states, 2)


def output_counts(steps, writes, length):
    """How many inputs of each machine lead to each output, summed over the machines."""
    machines, states, _ = steps.shape
    # Of a state: the inputs that lead from it to each letter written and each state.
    moves = np.zeros((machines, states, 2 * states))
    rows = np.arange(machines)
    for state in range(states):
        for letter in range(2):
            moves[rows, state, writes[state, letter] * states + steps[:, state, letter]] += 1
    counts = np.zeros((machines, 1, states))
    counts[:, 0, 0] = 1
    for _ in range(length):
        counts = (counts @ moves).reshape(machines, -1, states)
    return counts.sum(axis=(0, 2))


@lru_cache(maxsize=2)
def all_strings(length):
    """All strings of 0s and 1s of a length, int8 (2**length, length)."""
    return (np.arange(2**length)[:, None] >> np.arange(length)[::-1] & 1).astype(np.int8)


@lru_cache(maxsize=2)
def complexities(length):
    """Two complexities of all strings of a length, that of Lempel and Ziv and bits.

    float64 (2**length,) each.  The bits are those of the smallest machine that writes the string
    without reading anything, one of a single letter in `codes.machine_bits`: its states are the
    letters before the string repeats itself.
    """
    strings = all_strings(length)
    states = np.full(len(strings), length)
    for period in range(1, length):
        other = strings[:, period:] != strings[:, :-period]
        before = np.where(other.any(axis=1), length - period - other[:, ::-1].argmax(axis=1), 0)
        states = np.minimum(states, before + period)
    bits = np.array([codes.machine_bits(k, 1, 2) for k in range(1, length + 1)])
    return lempel_ziv(strings), bits[states - 1]


def lempel_ziv(strings):
    """The complexity of Dingle, Camargo and Louis (2018): log2 n times the words of Lempel and Ziv.

    The words of a string are counted forwards and backwards, and the mean is taken; a string of one
    letter alone has log2 n.  Each word is the shortest that did not begin before (Lempel and Ziv,
    "On the complexity of finite sequences", 1976); the last one may have begun.

    strings: int8 (strings, n).
    """
    n = strings.shape[1]
    both = _words(strings) + _words(strings[:, ::-1])
    alone = (strings == strings[:, :1]).all(axis=1)
    return np.log2(n) * np.where(alone, 1, both / 2)


def _words(strings):
    """How many words each string has, int64 (strings,)."""
    count, n = strings.shape
    longest = np.zeros((count, n), np.int8)  # the longest part from here on that began before
    for back in range(1, n):
        same = np.zeros(count, np.int8)
        for k in range(n - 1, back - 1, -1):
            same = np.where(strings[:, k] == strings[:, k - back], same + 1, 0).astype(np.int8)
            np.maximum(longest[:, k], same, out=longest[:, k])
    at, words = np.zeros((2, count), np.int64)
    while (on := at < n).any():
        words += on
        at = np.where(on, at + longest[np.arange(count), np.minimum(at, n - 1)] + 1, at)
    return words
