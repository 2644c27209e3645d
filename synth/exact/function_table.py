"""All boolean functions of a few variables in one table: mass, least bits and shortest program."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.engine import enumerate_programs
from synth.errors import SettingError
from synth.exact.prior import Prior, exact_prior
from synth.language import Primitive


@dataclass(frozen=True, eq=False)
class FunctionTable:
    """What the prior and the enumeration say of every boolean function.

    Every part of a shortest program is the shortest program of its own function. So one node for
    each function is enough to write down all shortest programs.

    Parameters
    ----------
    prior : Prior
        The masses of the functions.
    bits : float64 (F,)
        The bits of the shortest program of each function.
    heads : uint8 (F,)
        The root of that program, as a number of `productions`.
    arguments : uint16 (F, 2)
        The functions of the root's arguments; 0 for an argument that it does not have.
    productions : tuple of (str, int, int)
        For each production its symbol or name, its number of arguments, and its bits in units of
        1/1024 bit.
    """

    prior: Prior
    bits: NDArray[np.float64]
    heads: NDArray[np.uint8]
    arguments: NDArray[np.uint16]
    productions: tuple[tuple[str, int, int], ...]


def function_table(dsl: str, variables: int) -> FunctionTable:
    """The `FunctionTable` of all functions of some variables.

    Parameters
    ----------
    dsl : str
        The name of a boolean DSL that has a program for every function, and whose primitives
        have one or two arguments.
    variables : int
        The number of variables, 1 to 4.

    Returns
    -------
    FunctionTable

    Raises
    ------
    DSLError
        If the DSL is not of this kind.
    SettingError
        If the number of variables is not allowed, or some function has no program.
    """
    prior = exact_prior(dsl, variables)
    found = enumerate_programs(prior.grammar, prior.columns).whole()
    if len(found) < len(prior.masses):
        missing = len(prior.masses) - len(found)
        raise SettingError(f"{missing} functions have no program; allowed: a DSL that has all")
    places = found.values @ (1 << np.arange(prior.rows, dtype=np.int64))
    items = {production.item: k for k, production in enumerate(prior.grammar)}
    bits = np.empty(len(places))
    bits[places] = found.bits
    heads = np.zeros(len(places), np.uint8)
    arguments = np.zeros((len(places), 2), np.uint16)
    numbers = {}
    for i, place in enumerate(places.tolist()):
        program = found.program(i)
        numbers[program] = place
        heads[place] = items[program.head]
        for k, argument in enumerate(program.arguments):
            arguments[place, k] = numbers[argument]  # it is shorter, so it came before
    productions = tuple(
        (
            item.symbol or item.name if isinstance(item, Primitive) else item.name,
            len(item.arguments),
            prior.grammar.units(item),
        )
        for item in items
    )
    return FunctionTable(prior, bits, heads, arguments, productions)
