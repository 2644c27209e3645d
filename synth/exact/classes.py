"""Classes of boolean functions that differ by names only: NPN equivalence.

Two functions are equivalent where negating inputs, permuting inputs and negating the output
turns one into the other.  There are 2, 4, 14 and 222 classes of functions of 1 to 4 variables
(Slepian, "On the number of symmetry types of Boolean functions of n variables", 1953; Harrison,
"Introduction to switching and automata theory", 1965).
"""

import numpy as np

from synth.errors import SettingError

#: 2**(2**5) functions would be too many.
MOST_VARIABLES = 4


def npn_classes(variables):
    """The least number in the class of each function of 1 to 4 variables, int64 (2**2**n,).

    A function's number has bit i for its value on row i, x0 changing fastest.
    """
    if not 1 <= variables <= MOST_VARIABLES:
        raise SettingError(f"{variables} variables; allowed: 1..{MOST_VARIABLES}")
    rows = np.arange(2**variables)
    functions = np.arange(2 ** len(rows))
    # These generate all permutations and negations of inputs; the last negates the output.
    moves = [_moved(functions, rows ^ 1)]
    for low in range(variables - 1):
        differ = (rows >> low ^ rows >> low + 1) & 1
        moves.append(_moved(functions, rows ^ differ << low ^ differ << low + 1))
    moves.append(functions ^ functions[-1])
    least = functions
    while True:
        # Each generator undoes itself, so the least number spreads over the whole class.
        after = np.minimum.reduce([least, *(least[move] for move in moves)])
        after = after[after]
        if np.array_equal(after, least):
            return least
        least = after


def _moved(functions, places):
    """The functions whose value on row i is the given ones' on row places[i]."""
    found = np.zeros_like(functions)
    for row, place in enumerate(places.tolist()):
        found |= (functions >> place & 1) << row
    return found


def one_of_each_class(variables, generator):
    """A function drawn from each class of `npn_classes`, int64 (classes,), in order of number."""
    classes = npn_classes(variables)
    functions = generator.permutation(len(classes))
    _, first = np.unique(classes[functions], return_index=True)
    return np.sort(functions[first])


def of_all_lengths(bits, count, generator):
    """`count` functions whose description lengths are spread evenly, int64 (count,).

    bits (F,): K(f), inf where there is none.  One of the whole numbers of bits that occur is drawn
    uniformly, then a function of that length.
    """
    whole = np.round(bits)
    lengths = generator.choice(np.unique(whole[np.isfinite(whole)]), count)
    return np.array([generator.choice(np.flatnonzero(whole == length)) for length in lengths])
