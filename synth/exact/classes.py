"""Classes of boolean functions that differ only in how variables are named: NPN equivalence.

Two functions are equivalent if one becomes the other by negating inputs, permuting inputs and
negating the output. The functions of 1, 2, 3 and 4 variables fall into 2, 4, 14 and 222 classes
(Slepian, "On the number of symmetry types of Boolean functions of n variables", 1953; Harrison,
"Introduction to switching and automata theory", 1965).
"""

import numpy as np

from synth.errors import SettingError

#: Five variables have 2**32 functions, which is too many.
MOST_VARIABLES = 4


def npn_classes(variables):
    """The smallest number in the class of each function.

    A function's number has its value on row i as bit i. Rows are ordered with x0 changing
    fastest.

    Parameters
    ----------
    variables : int
        1 to 4.

    Returns
    -------
    int64 (2**2**variables,)

    Raises
    ------
    SettingError
        If `variables` is outside 1 to 4.
    """
    if not 1 <= variables <= MOST_VARIABLES:
        raise SettingError(f"{variables} variables; allowed: 1..{MOST_VARIABLES}")
    rows = np.arange(2**variables)
    functions = np.arange(2 ** len(rows))
    # These moves generate all permutations and negations of inputs; the last one negates the
    # output.
    moves = [_moved(functions, rows ^ 1)]
    for low in range(variables - 1):
        differ = (rows >> low ^ rows >> low + 1) & 1
        moves.append(_moved(functions, rows ^ differ << low ^ differ << low + 1))
    moves.append(functions ^ functions[-1])
    least = functions
    while True:
        # Each move is its own inverse, so the smallest number spreads over the whole class.
        after = np.minimum.reduce([least, *(least[move] for move in moves)])
        after = after[after]
        if np.array_equal(after, least):
            return least
        least = after


def _moved(functions, places):
    """For each function f, the function whose value on row i is that of f on row places[i]."""
    found = np.zeros_like(functions)
    for row, place in enumerate(places.tolist()):
        found |= (functions >> place & 1) << row
    return found


def one_of_each_class(variables, generator):
    """One function drawn at random from each class of `npn_classes`.

    Parameters
    ----------
    variables : int
        1 to 4.
    generator : numpy.random.Generator
        The source of random numbers.

    Returns
    -------
    int64 (classes,)
        Numbers of functions, ascending.
    """
    classes = npn_classes(variables)
    functions = generator.permutation(len(classes))
    _, first = np.unique(classes[functions], return_index=True)
    return np.sort(functions[first])


def of_all_lengths(bits, count, generator):
    """Functions drawn so that their description lengths are spread evenly.

    Description lengths are rounded to whole bits. For each function, one of the lengths that
    occur is drawn uniformly, then a function of that length.

    Parameters
    ----------
    bits : float64 (F,)
        The description length K(f) of each function, inf if no program computes it.
    count : int
        The number of functions to draw.
    generator : numpy.random.Generator
        The source of random numbers.

    Returns
    -------
    int64 (count,)
        Numbers of functions.
    """
    whole = np.round(bits)
    lengths = generator.choice(np.unique(whole[np.isfinite(whole)]), count)
    return np.array([generator.choice(np.flatnonzero(whole == length)) for length in lengths])
