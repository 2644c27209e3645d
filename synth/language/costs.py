"""Costs of productions in units of 1/1024 bit, and what they imply for whole programs."""

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from synth.errors import DSLError, SettingError
from synth.language.primitive import Head, Primitive, Weight
from synth.language.types import Type

#: Units of cost in one bit.
UNIT = 1024

#: Costs in bits: a mapping by name, or a function of the Input, Constant or Primitive.
Costs = Mapping[str, float] | Callable[[Head], float]
#: Exact probabilities: a mapping by name, or a function of the Input, Constant or Primitive.
Probabilities = Mapping[str, Weight] | Callable[[Head], Weight]
#: An item, its cost in units and, in a prior, its probability.
Priced = tuple[Head, int, Fraction | None]


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


def by_costs(items: Sequence[Head], costs: Costs) -> list[Priced]:
    """Items with explicit costs in bits.

    Raises
    ------
    DSLError
        If a cost is missing.
    SettingError
        If a cost is negative or too large.
    """
    lookup = costs if callable(costs) else lambda item: costs[item.name]
    priced: list[Priced] = []
    for item in items:
        try:
            bits = float(lookup(item))
        except KeyError:
            raise DSLError(f"costs: no cost for {item.name}") from None
        if not 0 <= bits < 2**20:
            raise SettingError(f"costs: {item.name} costs {bits}; allowed: 0 or more")
        priced.append((item, math.ceil(bits * UNIT), None))
    return priced


def by_probabilities(
    items: Sequence[Head], groups: Mapping[Type, Sequence[Head]], probabilities: Probabilities
) -> dict[Type, list[Priced]]:
    """Items with explicit probabilities.

    Parameters
    ----------
    items : sequence of Head
        All inputs, constants and primitives; their probabilities count in the sums.
    groups : mapping of Type to sequence of Head
        Those that programs use.
    probabilities : mapping or callable
        The probabilities.

    Raises
    ------
    SettingError
        If a probability is missing, not a number, not above 0, or part of a sum above 1, or
        belongs to no item.
    """
    if not callable(probabilities):
        unknown = set(probabilities) - {item.name for item in items}
        if unknown:
            known = ", ".join(dict.fromkeys(item.name for item in items))
            raise SettingError(f"probabilities: nothing is called {min(unknown)}; known: {known}")
    sums: dict[Type, Fraction] = {}
    exact: dict[Head, Fraction] = {}
    for item in items:
        try:
            given = probabilities(item) if callable(probabilities) else probabilities[item.name]
            exact[item] = Fraction(given)
        except KeyError:
            raise SettingError(f"probabilities: none for {item.name}") from None
        except (TypeError, ValueError, OverflowError, ZeroDivisionError):
            exact[item] = Fraction(0)
        if not 0 < exact[item] <= 1:
            raise SettingError(
                f"probabilities: {item.name} has {given!r}; allowed: above 0 and at most 1, such "
                'as "1/3"'
            )
        sums[item.result] = sums.get(item.result, Fraction(0)) + exact[item]
    for type_, total in sums.items():
        if total > 1:
            raise SettingError(
                f"probabilities: those of type {type_} sum to {float(total):.17g}; allowed: at "
                'most 1; write exact values as "1/3"'
            )
    return {t: [(i, code_units(exact[i]), exact[i]) for i in g] for t, g in groups.items()}


def by_shares(items: Sequence[Head], leaf_probability: Fraction) -> list[Priced]:
    """The items of one type with probabilities in proportion to their weights.

    Parameters
    ----------
    items : sequence of Head
        The inputs, constants and primitives of the type that programs use.
    leaf_probability : Fraction
        The share of inputs and constants together, if there are primitives too.
    """
    leaves = [i for i in items if not isinstance(i, Primitive)]
    primitives = [i for i in items if isinstance(i, Primitive)]
    share = leaf_probability
    if not primitives:
        share = Fraction(1)
    elif not leaves:
        share = Fraction(0)
    found: list[Priced] = []
    for group, part in ((leaves, share), (primitives, 1 - share)):
        total = sum((item.weight for item in group), Fraction(0))
        priced: dict[Fraction, tuple[int, Fraction]] = {}  # many inputs share few weights
        for item in group:
            if item.weight not in priced:
                probability = part * item.weight / total
                priced[item.weight] = code_units(probability), probability
            found.append((item, *priced[item.weight]))
    return found


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
