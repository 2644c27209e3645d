"""Boolean functions that have a name: the only place where they are defined.

A function takes its variables as a sequence of columns or as one array, bool or 0 and 1 of
shape (variables, rows), and returns its values, bool (rows,).
"""

import numpy as np


def parity(x):
    """Whether an odd number of the variables are true."""
    return np.logical_xor.reduce(x)


def majority(x):
    """Whether more than half of the variables are true."""
    return np.sum(x, axis=0) > len(x) // 2


def conjunction(x):
    """Whether all variables are true."""
    return np.all(x, axis=0)


def multiplexer(x, address_bits):
    """The data variable that the first `address_bits` variables select.

    Parameters
    ----------
    x : array_like, shape (address_bits + 2**address_bits, rows)
        The address, lowest bit first, then the data.
    address_bits : int
        Number of address variables.
    """
    x = np.asarray(x, bool)
    address = (1 << np.arange(address_bits)) @ x[:address_bits]
    return x[address_bits + address, np.arange(x.shape[1])]


#: Functions of the first variables, by name; each ignores the variables it does not need.
#: "multiplexer" is "if x0 then x1 else x2".
NAMED = {
    "true": lambda x: np.ones_like(x[0], bool),
    "x0": lambda x: x[0],
    "x0 & x1": lambda x: conjunction(x[:2]),
    "parity 2": lambda x: parity(x[:2]),
    "x2 ^ x3": lambda x: parity(x[2:4]),
    "x0 & x1 | x2": lambda x: x[0] & x[1] | x[2],
    "majority 3": lambda x: majority(x[:3]),
    "multiplexer": lambda x: multiplexer([x[0], x[2], x[1]], 1),
    "parity 3": lambda x: parity(x[:3]),
    "x0 & x1 | x2 & x3": lambda x: x[0] & x[1] | x[2] & x[3],
    "parity 4": lambda x: parity(x[:4]),
}

#: The six types of categories that hold four of the eight rows of three binary features
#: (Shepard, Hovland and Jenkins, Psychological Monographs 75(13), 1961): the numbers
#: x0 + 2 x1 + 4 x2 of the rows that belong.
CATEGORIES = {
    "I": (0b000, 0b001, 0b010, 0b011),
    "II": (0b000, 0b001, 0b110, 0b111),
    "III": (0b000, 0b001, 0b010, 0b101),
    "IV": (0b000, 0b001, 0b010, 0b100),
    "V": (0b000, 0b001, 0b010, 0b111),
    "VI": (0b000, 0b011, 0b101, 0b110),
}

#: Other categories of the same six types: those of the built-in task `shj`.
TASK_CATEGORIES = {
    "I": (4, 5, 6, 7),
    "II": (0, 3, 4, 7),
    "III": (2, 4, 5, 6),
    "IV": (3, 5, 6, 7),
    "V": (3, 4, 5, 6),
    "VI": (1, 2, 4, 7),
}
