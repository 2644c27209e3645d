"""A grammar: a DSL bound to named, typed inputs, which gives every program its bits.

Each production of a type (an input, a constant or a primitive that yields the type) has a
probability.  The bits of a program are the sum of -log2 of the probabilities of its nodes.
Costs are integers in units of 1/1024 bit, rounded up, so Kraft's inequality holds by
construction.  This is the code that searches use.  Masses are those of the code, 2**-bits, or
those of the probabilities themselves (`Grammar`, parameter `probabilities`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from synth.errors import DSLError, SettingError
from synth.language.costs import (
    UNIT,
    Costs,
    Probabilities,
    by_costs,
    by_probabilities,
    by_shares,
    cheapest_programs,
    free_steps,
    gaps,
)
from synth.language.dsl import DSL
from synth.language.mass import DIGITS, least_fixed_point
from synth.language.primitive import Constant, Head, Input, Weight, exact_weight
from synth.language.types import Type
from synth.report import definitions

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
    probability : Fraction or None
        Its exact probability within its type; None with explicit costs.
    cost : int
        The cost that the engine orders programs by: the units, or a refinement of them in which
        no step is free (see `Grammar`).
    """

    item: Head
    units: int
    probability: Fraction | None
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
    probabilities : {"coded", "exact"}, mapping or callable, optional
        Which probabilities masses and samples follow. "coded": those of the code, 2**-bits, so
        that they agree with the bits of programs to the last digit. "exact": the shares
        themselves, so that they agree with a probabilistic grammar on paper; the code is less
        than 1/1024 bit longer per node. A mapping by name, or a function of the Input, Constant
        or Primitive, gives exact probabilities in place of the shares: Fractions, texts such as
        "1/3", integers or floats (a float is the binary number that it is). The sum over each
        type is at most 1. They cannot be combined with weights of inputs.
    input_weights : mapping of str to float, Fraction or str, optional
        The leaves of a type share their probability in proportion to their weights: those of
        the constants, and these of the inputs (1 for an input that is not listed).

    Attributes
    ----------
    is_prior : bool
        Whether costs come from probabilities.
    exact : bool
        Whether masses are those of the exact probabilities instead of the code.
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
        belongs to no input or is combined with costs or probabilities, or a program could cost
        no more than a part of itself.
    SettingError
        If a cost is negative or too large, or a probability is not above 0, is missing, belongs
        to nothing in the grammar, or is part of a sum above 1.
    """

    is_prior: bool
    exact: bool
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
        probabilities: Literal["coded", "exact"] | Probabilities = "coded",
        input_weights: Mapping[str, Weight] | None = None,
    ) -> None:
        if not isinstance(dsl, DSL):
            raise DSLError(f"a grammar needs a DSL; {dsl!r} is not a DSL")
        self.dsl = dsl
        explicit = _explicit(probabilities, costs)
        weights = _input_weights(inputs, input_weights, costs, explicit)
        self.inputs = tuple(
            Input(str(n), self._bind(n, t), weights.get(str(n), Fraction(1)))
            for n, t in dict(inputs).items()
        )
        self.is_prior = costs is None and dsl.family is None
        self.exact = probabilities != "coded"
        items: list[Head] = [*self.inputs, *dsl.constants, *dsl.primitives]
        self._check_names()
        # One leaf of a type stands for all members of a family.
        members = {t: Constant("", t, 0) for t in (dsl.family.results if dsl.family else ())}
        items += members.values()
        made = producible(items)
        usable = [i for i in items if all(a in made for a in i.arguments)]
        self.types = tuple(t for t in _ordered(dsl, self.inputs) if t in made)
        groups = {t: [i for i in usable if i.result == t] for t in self.types}
        if costs is not None:
            priced = {t: by_costs(group, costs) for t, group in groups.items()}
        elif explicit is not None:
            priced = by_probabilities(items, groups, explicit)
        else:
            share = dsl.leaf_probability
            priced = {t: by_shares(group, share) for t, group in groups.items()}
        stand_in = set(members.values())
        self._members = {i.result: u for g in priced.values() for i, u, _ in g if i in stand_in}
        free = free_steps(priced)
        self.shift = FINER if free else 0
        self.productions = {
            type_: tuple(
                Production(item, units, p, (units << self.shift) + (item in free))
                for item, units, p in group
                if item not in stand_in
            )
            for type_, group in priced.items()
        }
        self._units = {p.item: p.units for p in self}
        self.cheapest = cheapest_programs(
            {t: [(i, (u << self.shift) + (i in free)) for i, u, _ in g] for t, g in priced.items()}
        )
        self.width = min(
            (gap for p in self for gap in gaps(p.item, p.cost, self.cheapest)), default=UNIT
        )

    def __repr__(self) -> str:
        inputs = ", ".join(f"{i.name}: {i.type}" for i in self.inputs)
        return f"Grammar({self.dsl.name!r}, {inputs})"

    def _repr_html_(self) -> str:
        return definitions.grammar_html(self)

    def __iter__(self) -> Iterator[Production]:
        """Every production, type by type; earlier ones win ties."""
        for group in self.productions.values():
            yield from group

    def units(self, item: Head) -> int:
        """The cost of one node in units of 1/1024 bit."""
        family, found = self.dsl.family, self._units.get(item)
        if found is None and family is not None:
            own = family.units(item, UNIT)
            found = None if own is None else own + self._members[item.result]
        if found is None:
            raise DSLError(f"{item.name} is not in the grammar of DSL {self.dsl.name}")
        return found

    def chance(self, production: Production, *, coded: bool = False) -> Decimal:
        """The factor of one production in the mass of a program, with 60 digits.

        Parameters
        ----------
        production : Production
            One of the grammar's.
        coded : bool, optional
            Whether it is that of the code, 2**-bits, even if the grammar is exact.

        Raises
        ------
        DSLError
            If the grammar has explicit costs.
        """
        p = production.probability
        if p is None:
            raise DSLError("a grammar with explicit costs is not a prior, so it has no mass")
        with localcontext(prec=DIGITS):
            if self.exact and not coded:
                return Decimal(p.numerator) / p.denominator
            return Decimal(2) ** (-Decimal(production.units) / UNIT)

    def mass(self, *, coded: bool = False) -> dict[Type, float]:
        """The total probability of the finite programs of each type, to 15 digits.

        It is the least fixed point of m = leaves + Σ P(primitive)·Π m(arguments).

        Parameters
        ----------
        coded : bool, optional
            Whether it is that of the code, the sum of 2**-bits, even if the grammar is exact.

        Raises
        ------
        DSLError
            If the grammar has explicit costs.
        """
        rules: dict[tuple[Type, tuple[Type, ...]], Decimal] = {}
        with localcontext(prec=DIGITS):
            for production in self:
                key = production.item.result, production.item.arguments
                rules[key] = rules.get(key, Decimal(0)) + self.chance(production, coded=coded)
        return {t: float(m) for t, m in least_fixed_point(rules).items()}

    def family_units(self, type_: Type) -> int:
        """The units that a member of the DSL's family with this answer costs beside its own."""
        return self._members[type_]

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
            # Labels are told apart by their type, and strings are quoted themselves.
            name, told = constant.name, constant.type.names or constant.type.letters
            plain = name.isidentifier() and name not in ("true", "false")
            if plain and not told and name in taken:
                raise DSLError(
                    f"input {name}: the DSL has a constant of this name; rename or drop the column"
                )


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


def _explicit(
    probabilities: Literal["coded", "exact"] | Probabilities, costs: Costs | None
) -> Probabilities | None:
    """The probabilities, if they are given one by one."""
    if isinstance(probabilities, str):
        if probabilities not in ("coded", "exact"):
            raise SettingError(
                f'probabilities={probabilities!r}; allowed: "coded", "exact", or a probability '
                "for each input, constant and primitive"
            )
        found = None
    else:
        found = probabilities
    if costs is not None and probabilities != "coded":
        raise DSLError("probabilities cannot be combined with costs")
    return found


def _input_weights(
    inputs: Mapping[str, Type],
    given: Mapping[str, Weight] | None,
    costs: Costs | None,
    explicit: Probabilities | None,
) -> dict[str, Fraction]:
    """Exact weights by the names of inputs."""
    if given is None:
        return {}
    if costs is not None or explicit is not None:
        what = "costs" if costs is not None else "explicit probabilities"
        raise DSLError(f"input_weights cannot be combined with {what}")
    names = {str(n) for n in dict(inputs)}
    weights = {str(n): exact_weight(w, f"input {n}") for n, w in dict(given).items()}
    for name in weights:
        if name not in names:
            raise DSLError(f"input_weights: no input {name}; known: {', '.join(sorted(names))}")
    return weights


def _ordered(dsl: DSL, inputs: Iterable[Input]) -> list[Type]:
    return list(dict.fromkeys([*dsl.types, *(i.type for i in inputs)]))
