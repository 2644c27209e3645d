"""Code lengths of finite machines: their states, their steps and their outputs."""

from functools import cache
from math import comb, factorial, log2


@cache
def connected_machines(states, letters):
    """How many machines reach all their states, numbered in the order in which they are met.

    Of all tables of steps, those that reach j states only are taken away; each machine of n states
    has (n - 1)! numberings (Liskovets, "The number of initially connected automata", 1969).

    Parameters
    ----------
    states, letters : int
        How many states and letters there are, both 1 or more.
    """
    return _numbered(states, letters) // factorial(states - 1)


@cache
def _numbered(states, letters):
    """How many tables of steps reach all states from the first."""
    rest = sum(
        comb(states - 1, j - 1) * states ** (letters * (states - j)) * _numbered(j, letters)
        for j in range(1, states)
    )
    return states ** (letters * states) - rest


def states_bits(states):
    """Bits of the number of states, in the code Elias gamma."""
    return 2 * states.bit_length() - 1


def machine_bits(states, letters, labels):
    """Bits of a machine: the number of its states, its place among all of them, and its outputs.

    Parameters
    ----------
    states, letters : int
        How many states and letters there are.
    labels : int
        How many outputs a state can have.
    """
    return states_bits(states) + log2(connected_machines(states, letters)) + states * log2(labels)
