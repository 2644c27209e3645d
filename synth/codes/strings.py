"""Code lengths of labels that are strings: their lengths, and then their letters."""

from collections import Counter
from math import comb, log2

from synth.codes.values import TABLE_FLAG, log2_multinomial


def length_bits(length):
    """Bits of the length of a string: Elias delta of one more, since the least is 0.

    Elias, "Universal codeword sets and representations of the integers", 1975.
    """
    digits = (length + 1).bit_length()
    return digits - 1 + 2 * (digits.bit_length() - 1) + 1


def string_bits(length, letters):
    """Bits of a string of so many letters, each one of `letters`, by itself."""
    return length_bits(length) + length * log2(letters)


def strings_table_bits(strings, letters):
    """Total bits of the better table of some strings, and its kind.

    The uniform table writes each string by itself.  The frequency table says in one bit what it
    counts.  Either it writes the longest length, how often each length up to it occurs and in what
    order, and the same of the letters of all strings, one after another.  Or it writes how many
    different strings there are, each of them by itself, and how often and in what order they occur.

    Parameters
    ----------
    strings : sequence of str
        The labels of the training rows.
    letters : str
        The letters that they can have.

    Returns
    -------
    bits : float
    kind : {"uniform", "frequency"}
    """
    lengths = [len(string) for string in strings]
    uniform = sum(string_bits(length, len(letters)) for length in lengths)
    longest, written = max(lengths), "".join(strings)
    by_letters = (
        length_bits(longest)
        + _counted([lengths.count(length) for length in range(longest + 1)])
        + _counted([written.count(letter) for letter in letters])
    )
    often = Counter(strings)
    whole = (
        length_bits(len(often) - 1)
        + sum(string_bits(len(string), len(letters)) for string in often)
        + _counted(often.values())
    )
    frequency = 1 + min(by_letters, whole)
    if uniform <= frequency:
        return TABLE_FLAG + uniform, "uniform"
    return TABLE_FLAG + frequency, "frequency"


def _counted(counts):
    """Bits of values that occur so often: how often, and then in what order."""
    n, k = sum(counts), len(counts)
    return log2(comb(n + k - 1, k - 1)) + log2_multinomial(counts)
