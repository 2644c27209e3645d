"""A grammar: a DSL bound to named, typed inputs, which gives every program its bits.

Each production of a type (an input, a constant or a primitive that yields the type) has a
probability.  The bits of a program are the sum of -log2 of the probabilities of its nodes.
Costs are integers in units of 1/1024 bit, rounded up, so Kraft's inequality holds by
construction.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from synth.errors import DSLError, SettingError
from synth.language.costs import (
    UNIT,
    Costs,
    Priced,
    cheapest_programs,
    code_units,
    free_steps,
    gaps,
)
from synth.language.dsl import DSL
from synth.language.primitive import Head, Input, Primitive, Weight, exact_weight
from synth.language.types import Type

#: How many bits finer than units the engine's costs are in a grammar with free steps.
FINER = 20


@dataclass(frozen=True, eq=False)
class Production:
    """One way to make a value of a type.

    Parameters
    ----------
    item : Input, Constant or Primitive
        The head of the node.
    units : int
        Its cost in units of 1/1024 bit.
    probability : float or None
        Its probability within its type; None with explicit costs.
    cost : int
        The cost that the engine orders programs by: the units, or a refinement of them in which
        no step is free (see `Grammar`).
    """

    item: Head
    units: int
    probability: float | None
    cost: int

    @property
    def bits(self) -> float:
        """The cost of the node in bits."""
        return self.units / UNIT


class Grammar:
    """The probabilistic context-free grammar of a DSL over named inputs.

    Productions that no finite program can use get no share of the probability.

    Parameters
    ----------
    dsl : DSL
        The types, primitives and constants.
    inputs : mapping of str to Type
        The input variables.
    costs : mapping or callable, optional
        None for the prior.  Otherwise explicit costs in bits, at least 0: a mapping by name or
        a function of the Input, Constant or Primitive.  With explicit costs, `is_prior` is
        False, and functions that need a prior reject the grammar.
    input_weights : mapping of str to float, Fraction or str, optional
        The leaves of a type share their probability in proportion to their weights: those of
        the constants, and these of the inputs (1 for an input that is not listed).

    Attributes
    ----------
    is_prior : bool
        Whether costs come from probabilities.
    inputs : tuple of Input
        The input variables.
    types : tuple of Type
        The types that some program has.
    productions : dict of Type to tuple of Production
        The productions of each type.
    cheapest : dict of Type to int
        The least engine cost of a program of each type.
    width : int
        A lower bound on the engine cost of a program minus that of any of its arguments.
    shift : int
        Engine costs are units if `shift` is 0.  Otherwise some steps between different types
        cost nothing, and engine costs are (units << shift) plus the number of such steps.

    Raises
    ------
    DSLError
        If the DSL has no type for an input, a name is taken twice, a weight is not above 0,
        belongs to no input or is combined with costs, or a program could cost no more than a
        part of itself.
    SettingError
        If a cost is negative or too large.
    """

    is_prior: bool
    inputs: tuple[Input, ...]
    types: tuple[Type, ...]
    productions: dict[Type, tuple[Production, ...]]
    cheapest: dict[Type, int]
    width: int
    shift: int

    def __init__(
        self,
        dsl: DSL,
        inputs: Mapping[str, Type],
        *,
        costs: Costs | None = None,
        input_weights: Mapping[str, Weight] | None = None,
    ) -> None:
        if not isinstance(dsl, DSL):
            raise DSLError(f"a grammar needs a DSL; {dsl!r} is not a DSL")
        self.dsl = dsl
        weights = _input_weights(inputs, input_weights, costs)
        self.inputs = tuple(
            Input(str(n), self._bind(n, t), weights.get(str(n), Fraction(1)))
            for n, t in dict(inputs).items()
        )
        self.is_prior = costs is None
        items: list[Head] = [*self.inputs, *dsl.constants, *dsl.primitives]
        self._check_names()
        made = producible(items)
        usable = [i for i in items if all(a in made for a in i.arguments)]
        self.types = tuple(t for t in _ordered(dsl, self.inputs) if t in made)
        priced = {
            type_: list(self._priced([i for i in usable if i.result == type_], costs))
            for type_ in self.types
        }
        free = free_steps(priced)
        self.shift = FINER if free else 0
        self.productions = {
            type_: tuple(
                Production(item, units, p, (units << self.shift) + (item in free))
                for item, units, p in group
            )
            for type_, group in priced.items()
        }
        self._units = {p.item: p.units for p in self}
        self.cheapest = cheapest_programs(
            {t: [(p.item, p.cost) for p in g] for t, g in self.productions.items()}
        )
        self.width = min(
            (gap for p in self for gap in gaps(p.item, p.cost, self.cheapest)), default=UNIT
        )

    def __repr__(self) -> str:
        inputs = ", ".join(f"{i.name}: {i.type}" for i in self.inputs)
        return f"Grammar({self.dsl.name!r}, {inputs})"

    def __iter__(self) -> Iterator[Production]:
        """Every production, type by type; earlier ones win ties."""
        for group in self.productions.values():
            yield from group

    def units(self, item: Head) -> int:
        """The cost of one node in units of 1/1024 bit."""
        try:
            return self._units[item]
        except KeyError:
            raise DSLError(f"{item.name} is not in the grammar of DSL {self.dsl.name}") from None

    def mass(self) -> dict[Type, float]:
        """The total probability of the finite programs of each type.

        It is the least fixed point of m = leaves + Σ P(primitive)·Π m(arguments).  Newton's
        method from 0 rises to it monotonically (Etessami and Yannakakis, J. ACM 56(1), 2009).
        The result is accurate to about 1e-8 if the grammar is nearly critical, because
        rounding then limits each step.

        Raises
        ------
        DSLError
            If the grammar has explicit costs.
        """
        if not self.is_prior:
            raise DSLError("a grammar with explicit costs is not a prior, so it has no mass")
        index = {t: i for i, t in enumerate(self.types)}
        n = len(index)
        mass = np.zeros(n)
        for _ in range(200):
            value, slope = np.zeros(n), np.zeros((n, n))
            for production in self:
                row, factor = index[production.item.result], 2.0**-production.bits
                arguments = [index[a] for a in production.item.arguments]
                value[row] += factor * math.prod(mass[a] for a in arguments)
                for k, a in enumerate(arguments):
                    others = arguments[:k] + arguments[k + 1 :]
                    slope[row, a] += factor * math.prod(mass[o] for o in others)
            step = np.linalg.lstsq(np.eye(n) - slope, value - mass, rcond=None)[0]
            raised = np.clip(mass + step, mass, 1.0)
            done = np.max(raised - mass, initial=0.0) <= 1e-15
            mass = raised
            if done:
                break
        return {t: float(mass[i]) for t, i in index.items()}

    def _bind(self, name: str, type_: Type) -> Type:
        if not isinstance(type_, Type):
            raise DSLError(f"input {name}: {type_!r} is not a type")
        try:
            return self.dsl.type_for(type_)
        except DSLError as error:
            raise DSLError(f"input {name}: {error}") from None

    def _check_names(self) -> None:
        taken = set()
        for item in self.inputs:
            if item.name in taken:
                raise DSLError(f"input {item.name} appears twice; names must be distinct")
            taken.add(item.name)
        for constant in self.dsl.constants:
            # Inputs with other names are quoted in programs, which tells them apart from constants.
            # Labels are told apart by their type.
            plain = constant.name.isidentifier() and constant.name not in ("true", "false")
            if plain and not constant.type.names and constant.name in taken:
                raise DSLError(
                    f"input {constant.name}: the DSL has a constant with this name; "
                    "rename the column or drop it"
                )

    def _priced(self, items: list[Head], costs: Costs | None) -> Iterator[Priced]:
        if costs is not None:
            lookup = costs if callable(costs) else lambda item: costs[item.name]
            for item in items:
                try:
                    bits = float(lookup(item))
                except KeyError:
                    raise DSLError(f"costs: no cost for {item.name}") from None
                if not 0 <= bits < 2**20:
                    raise SettingError(f"costs: {item.name} costs {bits}; allowed: 0 or more")
                yield item, math.ceil(bits * UNIT), None
            return
        leaves = [i for i in items if not isinstance(i, Primitive)]
        primitives = [i for i in items if isinstance(i, Primitive)]
        share = self.dsl.leaf_probability
        if not primitives:
            share = Fraction(1)
        elif not leaves:
            share = Fraction(0)
        for group, part in ((leaves, share), (primitives, 1 - share)):
            total = sum((item.weight for item in group), Fraction(0))
            priced = {}  # thousands of inputs share few weights
            for item in group:
                if item.weight not in priced:
                    probability = part * item.weight / total
                    priced[item.weight] = code_units(probability), float(probability)
                yield item, *priced[item.weight]


def producible(items: Iterable[Head]) -> set[Type]:
    """The types of the values that these inputs, constants and primitives can make."""
    made: set[Type] = set()
    grown = True
    while grown:
        more = {i.result for i in items if all(a in made for a in i.arguments)}
        grown = not more <= made
        made |= more
    return made


def root_type(grammar: Grammar, type: Type | None) -> Type:
    """The type of a grammar's programs that a type stands for.

    Parameters
    ----------
    grammar : Grammar
        The grammar.
    type : Type or None
        A type; None for the only type of the grammar.

    Raises
    ------
    DSLError
        If no program has such a type, or None is given and the grammar has several types.
    """
    if type is None:
        if len(grammar.types) != 1:
            known = ", ".join(map(str, grammar.types))
            raise DSLError(f"type=None; give one of the grammar's types: {known}")
        type = grammar.types[0]
    if not isinstance(type, Type):
        raise DSLError(f"type={type!r}; allowed: {', '.join(map(str, grammar.types))}")
    type = grammar.dsl.type_for(type)
    if type not in grammar.types:
        raise DSLError(f"the grammar has no program of type {type}")
    return type


def checked_columns(grammar: Grammar, columns: Mapping[str, ArrayLike]) -> dict[str, np.ndarray]:
    """The columns of a grammar's inputs, converted to their types.

    Parameters
    ----------
    grammar : Grammar
        The grammar.
    columns : mapping of str to array_like, shape (rows,)
        Columns by name; others than the grammar's inputs are ignored.

    Returns
    -------
    dict of str to ndarray, shape (rows,)

    Raises
    ------
    DSLError
        If a column is missing, the grammar has no inputs, there are no rows, or the columns
        differ in length.
    TypeMismatchError
        If a value is not of the type of its input.
    """
    missing = [i.name for i in grammar.inputs if i.name not in columns]
    if missing:
        raise DSLError(f"no column for input {missing[0]}; given: {', '.join(columns)}")
    if not grammar.inputs:
        raise DSLError("a grammar without inputs has no rows; allowed: 1 input or more")
    checked = {i.name: i.type.check(columns[i.name], f"column {i.name}") for i in grammar.inputs}
    shapes = {c.shape for c in checked.values()}
    if len(shapes) > 1 or len(min(shapes)) != 1 or min(shapes) == (0,):
        raise DSLError(f"columns of shapes {sorted(shapes)}; allowed: one length of at least 1")
    return checked


def _input_weights(
    inputs: Mapping[str, Type],
    given: Mapping[str, Weight] | None,
    costs: Costs | None,
) -> dict[str, Fraction]:
    """Exact weights by the names of inputs."""
    if given is None:
        return {}
    if costs is not None:
        raise DSLError("input_weights cannot be combined with costs")
    names = {str(n) for n in dict(inputs)}
    weights = {str(n): exact_weight(w, f"input {n}") for n, w in dict(given).items()}
    for name in weights:
        if name not in names:
            raise DSLError(f"input_weights: no input {name}; known: {', '.join(sorted(names))}")
    return weights


def _ordered(dsl: DSL, inputs: Iterable[Input]) -> list[Type]:
    return list(dict.fromkeys([*dsl.types, *(i.type for i in inputs)]))
