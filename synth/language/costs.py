"""Costs of productions in units of 1/1024 bit, and what they imply for whole programs."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from synth.errors import DSLError, SettingError
from synth.language.primitive import Head
from synth.language.types import Type

#: Units of cost in one bit.
UNIT = 1024

#: Costs in bits: a mapping by name, or a function of the Input, Constant or Primitive.
Costs = Mapping[str, float] | Callable[[Head], float]
#: An item, its cost in units and, in a prior, its probability.
Priced = tuple[Head, int, float | None]


def code_units(probability: Fraction) -> int:
    """The least integer u with 2**(-u/1024) <= probability; exact.

    Parameters
    ----------
    probability : Fraction
        Above 0 and at most 1.

    Raises
    ------
    SettingError
        If the probability is outside this range.
    """
    if not 0 < probability <= 1:
        raise SettingError(f"probability {probability}; allowed: above 0 and at most 1")
    top, bottom = probability.numerator**UNIT, probability.denominator**UNIT

    def enough(u: int) -> bool:
        return bottom <= top << u

    log2 = bottom.bit_length() - top.bit_length()
    low, high = max(0, log2 - 2), log2 + 2
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return low


def cheapest_programs(priced: Mapping[Type, Sequence[tuple[Any, ...]]]) -> dict[Type, int]:
    """The least cost of a program of each type.

    Parameters
    ----------
    priced : mapping of Type to sequence of tuple
        For each type its items, as (item, cost) or (item, cost, probability).

    Returns
    -------
    dict of Type to int
        In the same units; types without finite programs are missing.
    """
    best: dict[Type, int] = {}
    changed = True
    while changed:
        changed = False
        for type_, group in priced.items():
            for item, cost, *_ in group:
                if all(a in best for a in item.arguments):
                    total = cost + sum(best[a] for a in item.arguments)
                    if total < best.get(type_, total + 1):
                        best[type_] = total
                        changed = True
    return best


def gaps(item: Head, cost: int, cheapest: dict[Type, int]) -> list[int]:
    """Lower bounds on the cost of a program minus that of each of its arguments.

    Parameters
    ----------
    item : Input, Constant or Primitive
        The head of the program.
    cost : int
        The cost of the head.
    cheapest : dict of Type to int
        The least cost of a program of each type.

    Returns
    -------
    list of int
        One for each argument.
    """
    least = [cheapest[a] for a in item.arguments]
    return [cost + sum(least) - own for own in least]


def free_steps(priced: Mapping[Type, Sequence[Priced]]) -> set[Head]:
    """The items that can cost no more than one of their arguments.

    A type whose only production has probability 1 has such a step.

    Parameters
    ----------
    priced : mapping of Type to sequence of tuple
        For each type its items, as (item, cost, probability).

    Raises
    ------
    DSLError
        If free steps form a cycle, since infinitely many programs would then have one cost.
    """
    cheapest = cheapest_programs(priced)
    free: set[Head] = set()
    steps: dict[tuple[Type, Type], Head] = {}
    for group in priced.values():
        for item, units, _ in group:
            for argument, gap in zip(item.arguments, gaps(item, units, cheapest), strict=True):
                if gap == 0:
                    free.add(item)
                    steps[argument, item.result] = item
    if steps:
        import networkx as nx

        graph = nx.DiGraph(list(steps))
        if not nx.is_directed_acyclic_graph(graph):
            item = steps[nx.find_cycle(graph)[0][:2]]
            raise DSLError(
                f"costs: {item.name} adds nothing to the cost of its argument, "
                "so infinitely many programs have the same cost"
            )
    return free
