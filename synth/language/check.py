"""Conformance checks for a DSL, to run before a search."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from synth.errors import DSLError, SynthError, UndefinedError, one_line
from synth.language.dsl import DSL
from synth.language.grammar import producible
from synth.language.primitive import Constant, Input, Primitive
from synth.language.types import UNDEFINED, Type

#: Rows in the block of values that a primitive is tried on.
_BLOCK = 96

#: Values, and which of them are defined.
_Values = tuple[np.ndarray, NDArray[np.bool_]]


def check_dsl(dsl: DSL, inputs: Mapping[str, Type] | None = None) -> list[str]:
    """Find what is wrong with a DSL.

    Every primitive is called on small blocks of values.  Problems are: a wrong dtype or shape,
    values outside a Mod type, changed arguments, answers that differ from call to call or
    depend on the position of a row, no value on any row, `commutative` for a primitive that is
    not, types that no program over the inputs produces, duplicate names, and weights that are
    not above 0.

    Parameters
    ----------
    dsl : DSL
        The DSL to check.
    inputs : mapping of str to Type, optional
        The inputs of a grammar; without them, the types that programs produce are not checked.

    Returns
    -------
    list of str
        One sentence for each problem; empty if there is none.
    """
    problems: list[str] = []
    for primitive in dsl.primitives:
        problems += _primitive(primitive)
    problems += _names(dsl, inputs or {})
    problems += _weights(dsl)
    if inputs is not None:
        problems += _unproducible(dsl, inputs)
    return problems


def _primitive(primitive: Primitive) -> list[str]:
    generator = np.random.default_rng(len(primitive.name))
    arrays = [sample_block(type_, generator) for type_ in primitive.arguments]
    name = f"primitive {primitive.name}"
    for array in arrays:
        array.setflags(write=False)
    try:
        values, defined = primitive.evaluate(*arrays)
    except DSLError as error:
        return [str(error)]
    known = np.ones(_BLOCK, bool) if defined is None else defined
    if not known.any():
        why = _raised(primitive, arrays)
        return [f"{name} has no value on any of the {_BLOCK} rows tried{why}"]
    problems: list[str] = []
    if primitive.result.family == "Mod" and not known.all():
        problems += _outside(primitive, arrays, known)
    if not _same((values, known), _evaluated(primitive, arrays)):
        problems.append(f"{name} answers differently from call to call; it must be pure")
    order = generator.permutation(_BLOCK)
    turned = _evaluated(primitive, [a[order] for a in arrays])
    if not problems and not _same((values[order], known[order]), turned):
        problems.append(f"{name} mixes rows; each value must depend on its own row only")
    if primitive.commutative and not problems:
        swapped = _evaluated(primitive, arrays[::-1])
        if not _same((values, known), swapped):
            problems.append(f"{name} is declared commutative but is not")
    return problems


def sample_block(type_: Type, generator: np.random.Generator) -> np.ndarray:
    """Legal values of a type, shape (96,), with its limits and small numbers among them."""
    if type_.storage is None:
        return generator.integers(0, 2, _BLOCK).astype(bool)
    if type_.inexact:
        parts = [_reals(generator) for _ in range(1 + (type_.family == "Complex"))]
        return type_.check(parts[0] if len(parts) == 1 else parts[0] + 1j * parts[1], "block")
    if type_.letters:
        words = (generator.choice(list(type_.letters), k) for k in generator.integers(0, 7, _BLOCK))
        return np.array(["".join(word) for word in words], str)
    near = np.arange(max(type_.low, -4), min(type_.high, 4) + 1)
    ends = [type_.low, type_.high, *near.tolist()]
    drawn = generator.integers(int(type_.low), int(type_.high) + 1, _BLOCK)
    drawn[: _BLOCK // 2] = generator.choice(ends, _BLOCK // 2)
    return generator.permutation(drawn).astype(type_.dtype)


def _reals(generator: np.random.Generator) -> np.ndarray:
    """Numbers of both signs and many magnitudes, including small integers."""
    drawn = generator.normal(size=_BLOCK) * 10.0 ** generator.integers(-3, 4, _BLOCK)
    drawn[: _BLOCK // 2] = generator.integers(-4, 5, _BLOCK // 2)
    return generator.permutation(drawn)


def _raised(primitive: Primitive, arrays: Sequence[np.ndarray]) -> str:
    """What the function itself raises on a block, as the end of a sentence; empty if nothing."""
    try:
        with np.errstate(all="ignore"):
            primitive.function(*arrays)
    except UndefinedError:  # says which rows have no value
        return ""
    except (ArithmeticError, ValueError) as error:
        return f"; given arrays of values, it raises {type(error).__name__}: {one_line(error)}"
    return ""


def _evaluated(primitive: Primitive, arrays: Sequence[np.ndarray]) -> _Values:
    values, defined = primitive.evaluate(*arrays)
    return values, np.ones(_BLOCK, bool) if defined is None else defined


def _same(one: _Values, other: _Values) -> bool:
    (a, da), (b, db) = one, other
    return np.array_equal(da, db) and np.array_equal(a[da], b[db])


def _outside(
    primitive: Primitive, arrays: Sequence[np.ndarray], known: NDArray[np.bool_]
) -> list[str]:
    """Report an answer that is neither a residue nor UNDEFINED: a mistake, not a missing value."""
    row = int(np.flatnonzero(~known)[0])
    try:
        with np.errstate(all="raise"):
            value = primitive.function(*(a[row : row + 1] for a in arrays))[0]
    except (ArithmeticError, ValueError):
        return []
    if value == UNDEFINED:
        return []
    given = ", ".join(str(a[row]) for a in arrays)
    return [
        f"primitive {primitive.name} answers {value} to ({given}), outside {primitive.result}; "
        f"take it modulo {primitive.result.size}"
    ]


def _names(dsl: DSL, inputs: Mapping[str, Type]) -> list[str]:
    taken: dict[str, str] = {}
    problems: list[str] = []
    kinds = [("input", n) for n in inputs]
    kinds += [("primitive", p.name) for p in dsl.primitives]
    kinds += [("constant", n) for n in dict.fromkeys(c.name for c in dsl.constants)]
    for kind, name in kinds:
        if name in taken:
            problems.append(f"the name {name} is used twice, for {taken[name]} and {kind}")
        taken.setdefault(name, kind)
    return problems


def _weights(dsl: DSL) -> list[str]:
    items: list[Primitive | Constant] = [*dsl.primitives, *dsl.constants]
    return [
        f"{type(item).__name__.lower()} {item.name}: weight {item.weight}; allowed: above 0"
        for item in items
        if not item.weight > 0
    ]


def _unproducible(dsl: DSL, inputs: Mapping[str, Type]) -> list[str]:
    """Report types that no program has, and inputs that the DSL has no type for."""
    import networkx as nx

    leaves = []
    for name, type_ in dict(inputs).items():
        try:
            leaves.append(Input(name, dsl.type_for(type_)))
        except SynthError as error:
            return [f"input {name}: {error}"]
    made = producible([*leaves, *dsl.constants, *dsl.primitives])
    needs = nx.DiGraph((a, p.result) for p in dsl.primitives for a in p.arguments)
    problems = []
    for type_ in dsl.types:
        if type_ not in made:
            wanted = sorted(str(a) for a in needs.predecessors(type_)) if type_ in needs else []
            without = f" (its primitives need {', '.join(dict.fromkeys(wanted))})" if wanted else ""
            problems.append(f"no program over the inputs is of type {type_}{without}")
    return problems
