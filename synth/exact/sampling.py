"""Sampling programs from their prior, to check by chi-square what is computed exactly.

Every production is drawn with probability 2**-bits, its exact prior.  Costs are rounded
up, so that the sum falls short of 1 by a little: a draw in what is left fails.  Trees
beyond a number of nodes are cut.  Both are counted, and the prior mass of all trees
beyond the cap is computed exactly, so that nothing is lost unseen.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.engine import curry
from synth.errors import DSLError, SettingError
from synth.kernels import sampling as kernels
from synth.language import Bool, Grammar, Head, Input, Program, Type, checked_columns, root_type
from synth.tasks import stream

#: How many nodes a tree has at most unless given.
MOST_NODES = 10_000
#: The number of steps of the guide that finds a production.
STEPS = 1024
#: Trees that are drawn at a time, and nodes there is room for.
TREES, NODES = 2**16, 2**20
#: A tree keeps its productions in 16 bits.
MOST_PRODUCTIONS = 2**16
#: Behaviours are counted for up to so many rows: 8 MB of counts.
MOST_ROWS = 20
#: The purpose of the stream of random numbers, beside those of `Task`.
_PURPOSE = 4


@dataclass(frozen=True, eq=False)
class Sample:
    """Programs drawn from a grammar's prior, those that end within `most_nodes` nodes.

    drawn: how many were drawn: finished + cut (at more than `most_nodes` nodes) + failed
    (in what the probabilities of a type fall short of 1).
    prior_mass: `Grammar.mass()` of the type; covered: the prior mass of all trees of up
    to `most_nodes` nodes, which is the probability that a draw finishes; lost_mass: that
    of all trees beyond, the difference.
    tokens uint16 (N,): the productions of all trees in prefix order, numbered as the
    grammar iterates; offsets int64 (finished + 1,): where each tree starts.
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
        """The probability of finite programs beyond the size limit."""
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
        """Program i as a `Program`."""
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
        """Values (finished, rows) of the type's dtype, and which programs have them on
        every row, bool (finished,).

        columns: a mapping of input names to arrays (rows,).  Where a program has no value
        on some row, its values are arbitrary but legal.
        """
        columns = checked_columns(self.grammar, columns)
        rows = len(next(iter(columns.values())))
        machine = _machine(self.grammar, columns, 64)
        if machine is not None:
            words = np.empty((self.finished, 1), np.uint64)
            # A tree has no more leaves than nodes.
            stack = np.empty(int(self.sizes.max(initial=0)) + 1, np.uint64)
            arity = _rules(self.grammar).arity
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
    """How many programs of a sample have each behaviour on R rows of booleans.

    counts int64 (2**R,): by index, of which bit r is the value on row r; undefined: how
    many finished programs have no value on some row; all else as of a `Sample`.
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
        """The probability of finite programs beyond the size limit."""
        return max(0.0, self.prior_mass - self.covered)


def sample_programs(
    grammar: Grammar,
    count: int,
    *,
    seed: int = 0,
    type: Type | None = None,
    most_nodes: int = MOST_NODES,
) -> Sample:
    """Draws `count` programs of a type from their prior: a `Sample`.

    type: the one type of the grammar unless given; most_nodes: trees of more nodes are
    cut, and counted.  One seed always gives the same sample.  Raises DSLError where the
    grammar is no prior, and SettingError for numbers that are not allowed.
    """
    draws = _Draws(grammar, count, seed, root_type(grammar, type), most_nodes)
    parts = list(draws)
    tokens = np.concatenate([t for t, _ in parts]) if parts else np.zeros(0, np.uint16)
    sizes = [np.diff(o) for _, o in parts]
    offsets = np.zeros(1 + sum(map(len, sizes)), np.int64)
    if parts:
        np.cumsum(np.concatenate(sizes), out=offsets[1:])
    return Sample(grammar, draws.type, **draws.report(), tokens=tokens, offsets=offsets)


def behaviour_counts(
    grammar: Grammar,
    columns: Mapping[str, ArrayLike],
    count: int,
    *,
    seed: int = 0,
    most_nodes: int = MOST_NODES,
) -> BehaviourCounts:
    """Draws `count` boolean programs and counts their behaviours: a `BehaviourCounts`.

    columns: a mapping of input names to arrays (R,), R at most 20.  The programs are those
    of `sample_programs`; no tree is kept.  Raises as it does, and SettingError for more
    rows.
    """
    columns = checked_columns(grammar, columns)
    rows = len(next(iter(columns.values())))
    if rows > MOST_ROWS:
        raise SettingError(
            f"{rows} rows; allowed: 1..{MOST_ROWS}; for more, use sample_programs and values"
        )
    draws = _Draws(grammar, count, seed, root_type(grammar, Bool), most_nodes)
    counts, undefined = np.zeros(2**rows, np.int64), 0
    machine = _machine(grammar, columns, MOST_ROWS)
    if machine is not None:
        draws.count(machine, np.uint64(2**rows - 1), counts)
    else:
        for tokens, offsets in draws:
            report = {**draws.report(), "finished": len(offsets) - 1}
            part = Sample(grammar, draws.type, **report, tokens=tokens, offsets=offsets)
            values, defined = part.values(columns)
            index = Bool.pack(values[defined])[:, 0].astype(np.int64)
            counts += np.bincount(index, minlength=2**rows)
            undefined += int((~defined).sum())
    return BehaviourCounts(counts, undefined, **draws.report())


class _Draws:
    """Iterate: (tokens, offsets) of some of the trees at a time, to be copied or used up."""

    def __init__(self, grammar, count, seed, type, most_nodes):
        if not grammar.is_prior:
            raise DSLError("a grammar with explicit costs is no prior, so it has no sample")
        for name, value, least, most in (
            ("count", count, 0, 2**50),
            ("seed", seed, 0, 2**128),
            ("most_nodes", most_nodes, 1, 2**20),
        ):
            if not isinstance(value, (int, np.integer)) or not least <= value <= most:
                raise SettingError(f"{name}={value!r}; allowed: whole numbers, {least}..{most}")
        self.grammar = grammar
        self.type = type
        self.drawn = int(count)
        self.most_nodes = int(most_nodes)
        self.rules = _rules(grammar)
        self.root = grammar.types.index(type)
        self.generator = stream(int(seed), _PURPOSE)
        self.tally = np.zeros(3, np.int64)
        self.stack = np.empty(self.most_nodes + 1, np.int32)

    def __iter__(self):
        tokens = np.empty(max(NODES, 2 * self.most_nodes), np.uint16)
        offsets = np.empty(TREES + 1, np.int64)
        left = self.drawn
        while left:
            before = self.tally[kernels.FINISHED_TALLY]
            left -= kernels.draw_trees(
                self.generator, self.rules, self.root, self.most_nodes, self.stack,
                min(left, TREES), tokens, offsets, self.tally,
            )  # fmt: skip
            kept = self.tally[kernels.FINISHED_TALLY] - before
            yield tokens[: offsets[kept]].copy(), offsets[: kept + 1].copy()

    def count(self, machine, mask, counts):
        tokens = np.empty(self.most_nodes, np.uint16)
        words = np.empty(self.most_nodes + 1, np.uint64)
        for start in range(0, self.drawn, TREES):
            kernels.count_behaviours(
                self.generator, self.rules, self.root, self.most_nodes, self.stack,
                min(TREES, self.drawn - start), tokens, *machine, mask, words, counts, self.tally,
            )  # fmt: skip

    def report(self):
        finished, cut, failed = self.tally.tolist()
        return {
            "drawn": self.drawn,
            "finished": finished,
            "cut": cut,
            "failed": failed,
            "most_nodes": self.most_nodes,
            "prior_mass": self.grammar.mass()[self.type],
            "covered": float(size_masses(self.grammar, self.most_nodes)[self.type].sum()),
        }


def size_masses(grammar: Grammar, most_nodes: int) -> dict[Type, NDArray[np.float64]]:
    """The prior mass of all trees by their number of nodes, by type.

    Returns {type: float64 (most_nodes + 1,)}.  By recursion over sizes: the mass of n
    nodes is Σ P(primitive) times the convolution of its arguments' masses at n - 1; sums
    of products of positive numbers only, so that nothing cancels.
    """
    weights: dict[tuple[Type, tuple[Type, ...]], float] = {}
    for production in grammar:
        key = production.item.result, production.item.arguments
        weights[key] = weights.get(key, 0.0) + 2.0**-production.bits
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


def _rules(grammar):
    """What the kernels draw by."""
    productions = list(grammar)
    if len(productions) > MOST_PRODUCTIONS:
        raise DSLError(
            f"{len(productions)} inputs, constants and primitives; allowed: {MOST_PRODUCTIONS}"
        )
    index = {t: k for k, t in enumerate(grammar.types)}
    sizes = [len(grammar.productions[t]) for t in grammar.types]
    last = np.cumsum(sizes, dtype=np.int32)
    first = (last - sizes).astype(np.int32)
    upto = np.empty(len(productions))
    guide = np.empty((len(index), STEPS), np.int32)
    for k, (low, high) in enumerate(zip(first, last, strict=True)):
        upto[low:high] = np.cumsum([2.0**-p.bits for p in productions[low:high]])
        edges = np.arange(STEPS) / STEPS
        guide[k] = low + np.searchsorted(upto[low:high], edges, side="right")
    arity = np.array([len(p.item.arguments) for p in productions], np.int32)
    arguments = np.zeros((len(productions), max(1, arity.max())), np.int32)
    for row, production in zip(arguments, productions, strict=True):
        row[: len(production.item.arguments)] = [index[a] for a in production.item.arguments]
    return kernels.Rules(first, last, upto, guide, arity, arguments)


def _machine(grammar, columns, most_rows):
    """(leaves, terms) of `kernels.sampling.evaluate`; None where a tree needs more than it can.

    It can do booleans, up to 64 rows, and primitives of up to 3 arguments that have a
    value everywhere.
    """
    rows = len(next(iter(columns.values())))
    if rows > most_rows or any(t != Bool for t in grammar.types):
        return None
    productions = list(grammar)
    leaves = np.zeros(len(productions), np.uint64)
    terms = np.zeros((len(productions), 8), np.uint64)
    for k, production in enumerate(productions):
        item = production.item
        if not item.arguments:
            value = columns[item.name] if isinstance(item, Input) else np.full(rows, item.value)
            leaves[k] = Bool.pack(value[None])[0, 0]
            continue
        table = curry.table_of(item) if len(item.arguments) <= 3 else None
        if table is None:
            return None
        # The Möbius transform over subsets gives the algebraic normal form.
        form = table.copy()
        for axis in range(form.ndim):
            low, high = np.split(form, 2, axis)
            form = np.concatenate([low, low ^ high], axis)
        # Bit k of a term's place stands for argument k.
        flat = form.transpose().reshape(-1)
        terms[k, : len(flat)] = np.where(flat, np.uint64(2**64 - 1), np.uint64(0))
    return leaves, terms
