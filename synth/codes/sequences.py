"""Code lengths of sequences of whole numbers: their tables, and their laws."""

import math

import numpy as np

from synth.codes.values import PROGRAM_FLAG, TABLE_FLAG

#: The table of a sequence writes its terms, their differences, or the differences of these.
ORDERS = ("terms", "differences", "second differences")


def number_bits(value):
    """Bits of a whole number of either sign: Elias delta of its place in 0, -1, 1, -2, 2, ...

    Elias, "Universal codeword sets and representations of the integers", 1975.
    """
    place = 2 * value + 1 if value >= 0 else -2 * value
    length = place.bit_length()
    return length - 1 + 2 * (length.bit_length() - 1) + 1


def differences(terms, order):
    """The numbers that say a sequence by its differences of some order.

    Parameters
    ----------
    terms : sequence of int
        The terms.
    order : int
        0 for the terms themselves.

    Returns
    -------
    list of int
        As many numbers: the first term, the first difference, and so on up to the order, and then
        the differences of this order.
    """
    numbers = list(terms)
    for start in range(1, order + 1):
        rest = [b - a for a, b in zip(numbers[start - 1 :], numbers[start:], strict=False)]
        numbers[start:] = rest
    return numbers


def terms_bits(terms):
    """Bits of the terms of a sequence whose number is known, and the order that they are said by.

    One term has no differences and two have one, so that fewer orders are told apart.

    Parameters
    ----------
    terms : sequence of int
        The terms.

    Returns
    -------
    bits : float
        0 without a term.
    order : int
        The least order of those with the fewest bits.
    """
    orders = range(min(len(ORDERS), len(terms)))
    found = [sum(map(number_bits, differences(terms, order))) for order in orders]
    if not found:
        return 0.0, 0
    return math.log2(len(orders)) + min(found), found.index(min(found))


def sequence_table_bits(terms):
    """Total bits of the table of a sequence, and its kind: one of `ORDERS`."""
    bits, order = terms_bits(terms)
    return TABLE_FLAG + bits, ORDERS[order]


def law_totals(n):
    """Total bits of a law of a sequence without those of its program, of its lags and first terms.

    A law has no exceptions: the value of one would need a code of its own, and a sequence has few
    terms.

    Parameters
    ----------
    n : int
        Number of terms that the law says.

    Returns
    -------
    ndarray of float64, shape (n + 1,)
        By the number of exceptions: infinite for one and more.
    """
    totals = np.full(n + 1, np.inf)
    totals[0] = PROGRAM_FLAG
    return totals


def lags_bits(given, among):
    """Bits that say how many terms before it a term depends on, and the terms that are given.

    Parameters
    ----------
    given : sequence of int
        The first terms, as many as there are lags.
    among : int
        How many numbers of lags are tried, each as likely as the others.
    """
    return math.log2(among) + terms_bits(given)[0]


def log2_sequence_chance(saved_bits):
    """log2 of a bound on the chance that any law saves so many bits.

    The terms are drawn from the code of one of the orders of the table, or from a mixture of them.
    All laws together have half of the probability, and the table has 2^-2 of it for three orders.
    So laws save s bits with a probability of at most 6 * 2^-s: `docs/codes.md` has the proof.

    Parameters
    ----------
    saved_bits : float
        The bits of the table, less those of the best law.

    Returns
    -------
    float
        At most 0.
    """
    return min(0.0, TABLE_FLAG + math.log2(len(ORDERS)) - PROGRAM_FLAG - saved_bits)
