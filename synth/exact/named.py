"""Named boolean functions, and the shortest description length of every function."""

from functools import lru_cache

import numpy as np

from synth.engine import enumerate_programs
from synth.errors import SettingError
from synth.exact.connectives import index
from synth.exact.prior import exact_prior
from synth.tasks import all_rows, functions

#: The functions that `named_functions` has, by how many variables they need.
_NAMES = {
    2: ("true", "x0", "x0 & x1", "parity 2"),
    3: ("majority 3", "multiplexer", "parity 3"),
    4: ("x0 & x1 | x2 & x3", "parity 4"),
}


@lru_cache(maxsize=4)
def prior_of(dsl, variables):
    """The `Prior` of all functions of some variables, every mass to at least 11 digits.

    The last few answers are cached, since many work items ask for the same one.

    Parameters
    ----------
    dsl : str
        The name of a DSL.
    variables : int
        The number of variables, 1 to 4.

    Returns
    -------
    Prior
    """
    return exact_prior(dsl, variables, relative=True)


@lru_cache(maxsize=4)
def bits_of(dsl, variables):
    """The shortest description lengths K(f) of all functions of some variables; see `least_bits`.

    Parameters
    ----------
    dsl : str
        The name of a DSL.
    variables : int
        The number of variables, 1 to 4.

    Returns
    -------
    float64 (2**2**variables,)
    """
    return least_bits(prior_of(dsl, variables))


def least_bits(prior):
    """The bits K(f) of the shortest program of every function.

    Parameters
    ----------
    prior : Prior
        Its grammar and columns are used.

    Returns
    -------
    float64 (2**R,)
        inf if no program computes the function.
    """
    found = enumerate_programs(prior.grammar, prior.columns).whole()
    powers = 1 << np.arange(prior.rows, dtype=np.int64)
    bits = np.full(len(prior.masses), np.inf)
    bits[found.values @ powers] = found.bits
    return bits


def named_functions(variables):
    """The indices of some named functions of the variables x0, x1, ..., simplest first.

    Indices refer to all 2**variables rows, with x0 changing fastest.

    Parameters
    ----------
    variables : int
        2 to 4.

    Returns
    -------
    dict of str to int

    Raises
    ------
    SettingError
        If `variables` is outside 2 to 4.
    """
    if not 2 <= variables <= 4:
        raise SettingError(f"{variables} variables; allowed: 2..4")
    x = list(all_rows(variables).values())
    names = [name for needed, group in _NAMES.items() if needed <= variables for name in group]
    return {name: index(functions.NAMED[name](x)) for name in names}


def categories():
    """The indices of Shepard, Hovland and Jenkins's types I to VI, on all 8 rows.

    Returns
    -------
    dict of str to int
    """
    return {name: sum(1 << row for row in rows) for name, rows in functions.CATEGORIES.items()}
