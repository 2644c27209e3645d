"""Numbers as text. A bound is rounded so that the text never says more than was proven.

A lower bound is rounded down, an upper bound up. What is merely measured is rounded to the nearest,
but an accuracy or share below 1 is never shown as 1. Every bound that a report prints goes through
`least_bits`, `chance` or `saved`.
"""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal


def bits(value):
    """Bits with one decimal; large numbers without."""
    return f"{value:,.1f}" if abs(value) < 9999.5 else f"{value:,.0f}"


def least_bits(value):
    """A lower bound in bits with one decimal, rounded down; large numbers without."""
    step = Decimal("0.1" if abs(value) < 9999.5 else "1")
    return f"{Decimal(value).quantize(step, ROUND_FLOOR):,}"


def chance(log2):
    """The bound on a chance whose base-2 logarithm is given, rounded up.

    It has two digits; a small one is a power of 2.
    """
    if log2 > math.log2(0.0001):
        return f"{min(1.0, float(Context(2, ROUND_CEILING).create_decimal(2.0**log2))):g}"
    return f"2^-{math.floor(-log2)}"


def accuracy(value):
    """An accuracy with three decimals, 1 only if it is 1; None as a dash."""
    return "-" if value is None else f"{_below_one(value, 0.0005):.3f}"


def percent(value):
    """A share in percent with one decimal, 100 only if it is 1."""
    return f"{_below_one(value, 0.0005):.1%}"


def number_of(number, name):
    """So many things of a name, which has an s unless there is one."""
    return f"{number:,} {name}" + ("" if number == 1 else "s")


def share(value):
    """A share with three decimals, 1 only if it is 1; a small one as a power of 2."""
    if 0 < value < 0.0005:
        return f"2^{math.log2(value):.0f}"
    return f"{_below_one(value, 0.0005):.3f}"


def _below_one(value, half):
    """The value, or the largest below 1 that has its own text, if it would be rounded to 1."""
    return 1 - 2 * half if 1 - half <= value < 1 else value


def saved(value, proven, sign=">= "):
    """The bits that the best program saves over the table; None as a dash.

    Parameters
    ----------
    value : float or None
        What the best program that was found saves.
    proven : bool
        Whether no other program saves more; see `saves_most`.
    sign : str, optional
        What precedes a lower bound.
    """
    if value is None:
        return "-"
    return bits(value) if proven else sign + least_bits(value)


def saves_most(optimal, chosen, certified_bits, exact=False):
    """Whether no program saves more than the best one that was found.

    A search may end because the table is proven the best hypothesis. Then a program that was not
    scored may still be better than those that were, and what they save is a lower bound. The same
    holds for the shortest program without exceptions (`exact`): one with exceptions may save more.
    """
    return not exact and (certified_bits is None or (bool(optimal) and chosen != "table"))
