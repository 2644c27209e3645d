"""Sampling programs from their prior, to check exact results with a chi-square test.

Every production is drawn with its prior probability, which is 2**-bits unless the grammar has exact
probabilities. Costs are rounded up, so the probabilities 2**-bits add up to slightly less than 1. A
draw that falls into the rest fails. Trees beyond
a number of nodes are cut. Both events are counted, and the prior mass of all trees beyond the
limit is computed exactly, so that no loss goes unnoticed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingError
from synth.exact.drawing import Draws, machine_of, rules_of
from synth.kernels import sampling as kernels
from synth.language import Bool, Grammar, Head, Program, Type, checked_columns, root_type

#: The default limit of the number of nodes of a tree.
MOST_NODES = 10_000
#: The largest number of rows for counting behaviours: 8 MB of counts.
MOST_ROWS = 20


@dataclass(frozen=True, eq=False)
class Sample:
    """Programs drawn from a grammar's prior that end within `most_nodes` nodes.

    Parameters
    ----------
    grammar : Grammar
        The grammar of the programs.
    type : Type
        The type of the programs.
    drawn : int
        The number of draws, which is finished + cut + failed.
    finished : int
        The number of programs in the sample.
    cut : int
        The number of draws that were cut at more than `most_nodes` nodes.
    failed : int
        The number of draws that fell into what the probabilities of a type lack to 1.
    most_nodes : int
        The largest number of nodes of a tree.
    prior_mass : float
        `Grammar.mass()` of the type.
    covered : float
        The prior mass of all trees of up to `most_nodes` nodes, which is the probability that a
        draw finishes.
    tokens : uint16 (N,)
        The productions of all trees in prefix order, numbered as the grammar iterates.
    offsets : int64 (finished + 1,)
        Where each tree starts in `tokens`.
    """

    grammar: Grammar = field(repr=False)
    type: Type
    drawn: int
    finished: int
    cut: int
    failed: int
    most_nodes: int
    prior_mass: float
    covered: float
    tokens: NDArray[np.uint16] = field(repr=False)
    offsets: NDArray[np.int64] = field(repr=False)

    @property
    def lost_mass(self) -> float:
        """The prior mass of all trees beyond `most_nodes` nodes."""
        return max(0.0, self.prior_mass - self.covered)

    def __len__(self) -> int:
        return self.finished

    @property
    def sizes(self) -> NDArray[np.int64]:
        """The number of nodes of each program, int64 (finished,)."""
        return np.diff(self.offsets)

    @cached_property
    def _items(self) -> list[Head]:
        return [p.item for p in self.grammar]

    def program(self, i: int) -> Program:
        """Program i as a `Program`.

        Raises
        ------
        SettingError
            If there is no program of this number.
        """
        if not 0 <= i < self.finished:
            raise SettingError(f"program {i}; allowed: 0..{self.finished - 1}")
        made: list[Program] = []
        for token in self.tokens[self.offsets[i] : self.offsets[i + 1]][::-1].tolist():
            item = self._items[token]
            k = len(item.arguments)
            arguments = made[len(made) - k :][::-1]
            made[len(made) - k :] = [Program(item, arguments)]
        return made[0]

    def values(self, columns: Mapping[str, ArrayLike]) -> tuple[np.ndarray, NDArray[np.bool_]]:
        """The values of all programs on columns.

        Parameters
        ----------
        columns : mapping of str to array (rows,)
            The input columns.

        Returns
        -------
        values : (finished, rows)
            The values in the type's dtype. If a program has no value on some row, its values are
            arbitrary but legal.
        defined : bool (finished,)
            Whether each program has a value on every row.
        """
        columns = checked_columns(self.grammar, columns)
        rows = len(next(iter(columns.values())))
        machine = machine_of(self.grammar, columns, 64)
        if machine is not None:
            words = np.empty((self.finished, 1), np.uint64)
            # A tree has no more leaves than nodes.
            stack = np.empty(int(self.sizes.max(initial=0)) + 1, np.uint64)
            arity = rules_of(self.grammar).arity
            kernels.evaluate_trees(self.tokens, self.offsets, arity, *machine, stack, words[:, 0])
            return self.type.unpack(words, rows), np.ones(self.finished, bool)
        place = np.empty(self.finished, np.int64)
        trees: dict[bytes, int] = {}
        bounds = (2 * self.offsets).tolist()
        content = memoryview(self.tokens.tobytes())
        for i in range(self.finished):
            place[i] = trees.setdefault(bytes(content[bounds[i] : bounds[i + 1]]), len(trees))
        first = np.unique(place, return_index=True)[1]
        values = np.empty((len(trees), rows), self.type.dtype)
        defined = np.empty(len(trees), np.bool_)
        for k, i in enumerate(first.tolist()):
            values[k], known = self.program(i).outputs(columns)
            defined[k] = known.all()
        return values[place], defined[place]


@dataclass(frozen=True, eq=False)
class BehaviourCounts:
    """The number of sampled programs with each behaviour on R rows of booleans.

    Parameters
    ----------
    counts : int64 (2**R,)
        By index of behaviour; bit r of an index is the value on row r.
    undefined : int
        The number of finished programs that have no value on some row.
    drawn, finished, cut, failed, most_nodes, prior_mass, covered
        As in `Sample`.
    """

    counts: NDArray[np.int64] = field(repr=False)
    undefined: int
    drawn: int
    finished: int
    cut: int
    failed: int
    most_nodes: int
    prior_mass: float
    covered: float

    @property
    def lost_mass(self) -> float:
        """The prior mass of all trees beyond `most_nodes` nodes."""
        return max(0.0, self.prior_mass - self.covered)


def sample_programs(
    grammar: Grammar,
    count: int,
    *,
    seed: int = 0,
    type: Type | None = None,
    most_nodes: int = MOST_NODES,
) -> Sample:
    """Draws programs of a type from their prior.

    The same seed always gives the same sample.

    Parameters
    ----------
    grammar : Grammar
        The grammar of the programs.
    count : int
        The number of draws.
    seed : int, optional
        The seed of the random numbers.
    type : Type, optional
        The type of the programs; by default the only type of the grammar.
    most_nodes : int, optional
        Larger trees are cut, and counted as such.

    Returns
    -------
    Sample

    Raises
    ------
    DSLError
        If the grammar has explicit costs.
    SettingError
        If a number is out of range.
    """
    draws = Draws(grammar, count, seed, root_type(grammar, type), most_nodes)
    parts = list(draws)
    tokens = np.concatenate([t for t, _ in parts]) if parts else np.zeros(0, np.uint16)
    sizes = [np.diff(o) for _, o in parts]
    offsets = np.zeros(1 + sum(map(len, sizes)), np.int64)
    if parts:
        np.cumsum(np.concatenate(sizes), out=offsets[1:])
    return Sample(grammar, draws.type, **_report(draws), tokens=tokens, offsets=offsets)


def behaviour_counts(
    grammar: Grammar,
    columns: Mapping[str, ArrayLike],
    count: int,
    *,
    seed: int = 0,
    most_nodes: int = MOST_NODES,
) -> BehaviourCounts:
    """Draws boolean programs from their prior and counts their behaviours.

    The programs are those of `sample_programs`, but no tree is kept.

    Parameters
    ----------
    grammar : Grammar
        The grammar of the programs.
    columns : mapping of str to array (R,)
        The input columns, of at most 20 rows.
    count : int
        The number of draws.
    seed : int, optional
        The seed of the random numbers.
    most_nodes : int, optional
        Larger trees are cut, and counted as such.

    Returns
    -------
    BehaviourCounts

    Raises
    ------
    DSLError
        If the grammar has explicit costs.
    SettingError
        If a number is out of range or there are more than 20 rows.
    """
    columns = checked_columns(grammar, columns)
    rows = len(next(iter(columns.values())))
    if rows > MOST_ROWS:
        raise SettingError(
            f"{rows} rows; allowed: 1..{MOST_ROWS}; for more rows, use "
            "sample_programs and Sample.values"
        )
    draws = Draws(grammar, count, seed, root_type(grammar, Bool), most_nodes)
    counts, undefined = np.zeros(2**rows, np.int64), 0
    machine = machine_of(grammar, columns, MOST_ROWS)
    if machine is not None:
        draws.count(machine, np.uint64(2**rows - 1), counts)
    else:
        for tokens, offsets in draws:
            report = {**_report(draws), "finished": len(offsets) - 1}
            part = Sample(grammar, draws.type, **report, tokens=tokens, offsets=offsets)
            values, defined = part.values(columns)
            index = Bool.pack(values[defined])[:, 0].astype(np.int64)
            counts += np.bincount(index, minlength=2**rows)
            undefined += int((~defined).sum())
    return BehaviourCounts(counts, undefined, **_report(draws))


def _report(draws):
    """The fields of a sample that describe its draws so far."""
    finished, cut, failed = draws.tally.tolist()
    return {
        "drawn": draws.drawn,
        "finished": finished,
        "cut": cut,
        "failed": failed,
        "most_nodes": draws.most_nodes,
        "prior_mass": draws.grammar.mass()[draws.type],
        "covered": float(size_masses(draws.grammar, draws.most_nodes)[draws.type].sum()),
    }


def size_masses(grammar: Grammar, most_nodes: int) -> dict[Type, NDArray[np.float64]]:
    """The prior mass of all trees by type and number of nodes.

    It is computed by recursion over sizes: the mass of trees of n nodes is Σ P(primitive) times
    the convolution of its arguments' masses at n - 1. Only positive numbers are multiplied and
    added, so nothing cancels.

    Parameters
    ----------
    grammar : Grammar
        The grammar of the trees.
    most_nodes : int
        The largest number of nodes.

    Returns
    -------
    dict of Type to float64 (most_nodes + 1,)
    """
    weights: dict[tuple[Type, tuple[Type, ...]], float] = {}
    for production in grammar:
        key = production.item.result, production.item.arguments
        weights[key] = weights.get(key, 0.0) + float(grammar.chance(production))
    ends = {a[k:] for _, a in weights for k in range(len(a))} | {(t,) for t in grammar.types}
    mass = {end: np.zeros(most_nodes + 1) for end in ends}
    several = [end for end in ends if len(end) > 1]
    for n in range(1, most_nodes + 1):
        for end in several:
            first, rest = mass[end[:1]], mass[end[1:]]
            if n >= 3:
                mass[end][n - 1] = first[1 : n - 1] @ rest[n - 2 : 0 : -1]
        for (type_, arguments), weight in weights.items():
            if arguments:
                mass[type_,][n] += weight * mass[arguments][n - 1]
            elif n == 1:
                mass[type_,][n] += weight
    return {t: mass[t,] for t in grammar.types}
