"""Code lengths of scorecards: sums of points for the tests that are passed, in bits."""

import math

from synth.codes.machines import states_bits

#: The points of a test: 1 to this many, or as many less.
MOST_POINTS = 5
#: The points, in order.
POINTS = tuple(p for p in range(-MOST_POINTS, MOST_POINTS + 1) if p)
#: A base rate is moved by at most this many points, up or down.
MOST_BASE = 10


def lines_bits(lines):
    """Bits of how many lines a card has, and of the points of all lines.

    The number is in the code Elias gamma, as one more than it is.  Lines stand in order of their
    points, so that these are one of C(lines + 9, 9) choices of ten values with repetition.

    Parameters
    ----------
    lines : int
        How many lines there are, 0 or more.
    """
    return states_bits(lines + 1) + math.log2(math.comb(lines + len(POINTS) - 1, lines))


def card_bits(points):
    """Bits of a card that says yes from a threshold on, without those of its tests.

    Points add up to low, ..., high on some rows or other.  The threshold is one of low + 1, ...,
    high: there are as many as the points have in all, without their signs.

    Parameters
    ----------
    points : sequence of int
        The points of each line, 1 or more of them, each of `POINTS`.
    """
    return lines_bits(len(points)) + math.log2(sum(map(abs, points)))


def base_bits():
    """Bits of the points that move a base rate, where a card gives probabilities."""
    return math.log2(2 * MOST_BASE + 1)
