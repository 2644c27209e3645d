"""Counting: for every behaviour, how many programs of each exact cost compute it.

The count goes bottom-up over costs. For each cost and type it keeps a sparse vector of counts by
behaviour. For a primitive, the products of its operands' counts are added up by the behaviour of
the result, over all splits of the cost (`synth.exact.products`). Results are remembered as far
as memory allows, so that most products take a look-up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.engine import Limits, working_time
from synth.errors import DSLError, SettingError
from synth.exact.behaviours import EXACT, Behaviours
from synth.exact.levels import Levels
from synth.exact.products import Filling, Products
from synth.language import UNIT, Grammar, Type, checked_columns, root_type
from synth.records import StopReason

#: Numbers of programs with more bits than this do not fit into a float.
MOST_BITS = 1000


@dataclass(frozen=True, eq=False)
class Counts:
    """The number of programs of a type that compute each behaviour, by cost, up to `complete_bits`.

    Programs are syntax trees: both orders of a commutative primitive's arguments count.

    Parameters
    ----------
    type : Type
        The type of the programs.
    bits : float64 (L,)
        The costs that programs of the type have, ascending.
    programs : tuple of int (L,)
        The number of programs of each cost, as Python integers.
    undefined : tuple (L,)
        The number of these that have no value on some row: an int if exact[l], else a float.
    exact : bool (L,)
        Whether the counts of each cost are exact, which holds below 2**63 programs.
    values : (m, rows)
        The distinct behaviours, in order of their smallest cost.
    least_bits : float64 (m,)
        The smallest cost of each behaviour.
    levels : tuple of pairs (L,)
        For each cost, the behaviours int32 (n,), ascending, and their counts (n,), int64 if
        exact, else float64.
    stop_reason : str
        "max_bits", "exhausted" (there are no further programs), "seconds" or "memory".
    complete_bits : float
        Every program of at most this many bits is counted.
    exact_bits : float
        Every count of at most this many bits is exact.
    prior_mass : float or None
        The mass of all finite programs of the type under the code, `Grammar.mass(coded=True)`;
        None if the grammar has explicit costs.
    seconds : float
        The time taken.
    """

    type: Type
    bits: NDArray[np.float64]
    programs: tuple[int, ...]
    undefined: tuple[int | float, ...]
    exact: NDArray[np.bool_]
    values: np.ndarray = field(repr=False)
    least_bits: NDArray[np.float64] = field(repr=False)
    levels: tuple[tuple[NDArray[np.int32], np.ndarray], ...] = field(repr=False)
    stop_reason: str
    complete_bits: float
    exact_bits: float
    prior_mass: float | None
    seconds: float

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return (
            f"Counts({self.type}, {len(self)} behaviours, {sum(self.programs)} programs up to "
            f"{self.complete_bits:g} bits, stopped: {self.stop_reason})"
        )

    def counts(self, i: int) -> np.ndarray:
        """The number of programs of each cost that compute behaviour i.

        Parameters
        ----------
        i : int
            The number of a behaviour.

        Returns
        -------
        (L,)
            int64 if all counts are exact, else float64.

        Raises
        ------
        SettingError
            If there is no behaviour of this number.
        """
        if not 0 <= i < len(self):
            raise SettingError(f"behaviour {i}; allowed: 0..{len(self) - 1}")
        found = np.zeros(len(self.bits), np.int64 if self.exact.all() else np.float64)
        for k, (ids, counts) in enumerate(self.levels):
            at = np.searchsorted(ids, i)
            if at < len(ids) and ids[at] == i:
                found[k] = counts[at]
        return found

    def find(self, values: Iterable[Any]) -> int | None:
        """The number of the behaviour with these values (rows,), or None if it was not met."""
        wanted = self.type.pack(self.type.check([*values], "values")[None])
        same = (self.type.pack(self.values) == wanted).all(axis=1)
        return int(np.flatnonzero(same)[0]) if same.any() else None

    @cached_property
    def mass(self) -> NDArray[np.float64]:
        """The prior mass of the counted programs of each behaviour, float64 (m,).

        It is the sum of count * 2**-bits.

        Raises
        ------
        DSLError
            If the grammar has explicit costs.
        """
        self._need_prior()
        mass = np.zeros(len(self))
        # Small terms first, for accuracy.
        for bits, (ids, counts) in zip(self.bits[::-1], self.levels[::-1], strict=True):
            mass[ids] += counts * 2.0**-bits
        return mass

    @cached_property
    def covered(self) -> float:
        """The prior mass of all counted programs that have a value on every row."""
        return float(self.mass.sum())

    @cached_property
    def undefined_mass(self) -> float:
        """The prior mass of the counted programs that have no value on some row."""
        self._need_prior()
        terms = zip(self.undefined, self.bits, strict=True)
        return float(sum(float(u) * 2.0**-b for u, b in terms))

    @property
    def lost(self) -> float:
        """The prior mass of all other programs: `prior_mass` minus `covered`."""
        return self._need_prior() - self.covered

    def _need_prior(self) -> float:
        if self.prior_mass is None:
            raise DSLError("the grammar has explicit costs, so its programs have no mass")
        return self.prior_mass


def count_programs(
    grammar: Grammar,
    columns: Mapping[str, ArrayLike],
    *,
    type: Type | None = None,
    max_bits: float,
    memory: int | None = None,
    seconds: float | None = None,
) -> Counts:
    """Counts the programs of a type by cost and by their behaviour on columns.

    If a limit ends the count, it ends at a whole level, and `Counts` says which one.

    Parameters
    ----------
    grammar : Grammar
        The grammar of the programs.
    columns : mapping of str to array (rows,)
        The input columns.
    type : Type, optional
        The type of the programs; by default the only type of the grammar.
    max_bits : float
        The largest cost of a counted program.
    memory : int, optional
        The memory limit in bytes; by default half of the machine's memory.
    seconds : float, optional
        The time limit.

    Returns
    -------
    Counts

    Raises
    ------
    DSLError
        If the grammar does not have the type or the columns an input.
    SettingError
        If a limit is out of range, or more than 2**1000 programs have one cost.
    TypeMismatchError
        If a column is not of its input's type.
    """
    given = {} if memory is None else {"memory": memory}
    limits = Limits(max_bits=max_bits, seconds=seconds, **given)
    if limits.max_bits is None:
        raise SettingError("max_bits=None; allowed: 0..1000000")
    root = root_type(grammar, type)
    counter = _Counter(grammar, checked_columns(grammar, columns), root, limits)
    counter.run()
    return counter.counts()


class _LimitReached(Exception):  # noqa: N818 - not an error
    """A limit is reached within a level; `reason` is the `StopReason`."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class _Counter:
    """A count in progress: behaviours by type, filled level by level."""

    def __init__(self, grammar, columns, root, limits):
        self.started = working_time()
        self.grammar = grammar
        self.columns = columns
        self.root = root
        self.limits = limits
        self.rows = len(next(iter(columns.values())))
        self.shift = grammar.shift
        self.most = ((int(limits.max_bits * UNIT) + 1) << self.shift) - 1
        self.levels = Levels(grammar, self.most)
        self.behaviours = {t: Behaviours(t, self.rows) for t in grammar.types}
        self.products = Products(grammar, self.behaviours, self.rows, limits.memory, self._check)
        self.stop_reason = StopReason.EXHAUSTED
        self.complete = self.most

    def run(self):
        for cost in self.levels:
            try:
                for type_ in self.grammar.types:
                    if cost in self.levels.trees[type_]:
                        self._level(type_, cost)
            except _LimitReached as limit:
                self.stop_reason = limit.reason
                self.complete = ((cost >> self.shift) << self.shift) - 1
                return
        # The limit on bits ended the count unless no program is left.
        if any(p.item.arguments for p in self.grammar) or any(
            p.cost > self.most for p in self.grammar
        ):
            self.stop_reason = StopReason.MAX_BITS

    def _check(self):
        seconds = self.limits.seconds
        if seconds is not None and working_time() - self.started >= seconds:
            raise _LimitReached(StopReason.SECONDS)
        used = sum(b.nbytes for b in self.behaviours.values())
        if used + self.products.nbytes > self.limits.memory:
            raise _LimitReached(StopReason.MEMORY)

    def _level(self, type_, cost):
        behaviours = self.behaviours[type_]
        total = self.levels.trees[type_][cost]
        if total.bit_length() > MOST_BITS:
            raise SettingError(
                f"max_bits={self.limits.max_bits:g}: more than 2**{MOST_BITS} programs cost "
                f"{(cost >> self.shift) / UNIT:g} bits, too many for a float; allowed: fewer bits"
            )
        dtype = np.int64 if total < EXACT else np.float64
        filling = Filling(behaviours, np.zeros(1, dtype))
        undefined = 0
        for production in self.grammar.productions[type_]:
            item = production.item
            if not item.arguments:
                if production.cost == cost:
                    filling.add_leaf(self._leaf_values(item))
                continue
            splits = self.levels.splits(item.arguments, cost - production.cost)
            if len(splits):
                self._check()
                undefined += self._undefined(item.arguments, splits, dtype)
                self.products.add(item, splits, filling)
        undefined += filling.lost.item()
        behaviours.close(total, dtype, undefined)

    def _leaf_values(self, item):
        if hasattr(item, "value"):
            return np.full(self.rows, item.value, item.type.dtype)
        return self.columns[item.name]

    def _undefined(self, types, splits, dtype):
        """The number of tuples of operands of which at least one has no value on some row.

        It is the sum over k of the products with operand k as the first one without a value. No
        term is subtracted, so nothing cancels.
        """
        held = [self.behaviours[t] for t in types]
        if not any(b.partial for b in held):
            return 0
        # If the sum is exact, so is every product in it.
        trees = [b.trees(dtype)[:, places] for b, places in zip(held, splits.T, strict=True)]
        count, before = 0, np.ones(len(splits), dtype)
        for k, (_, defined, undefined) in enumerate(trees):
            part = before * undefined
            for total, _, _ in trees[k + 1 :]:
                part = part * total
            count += part.sum()
            before = before * defined
        return dtype(count).item()

    def counts(self):
        """The completed costs, in units of 1/1024 bit."""
        held = self.behaviours[self.root]
        costs = [c for c in self.levels.costs[self.root] if c <= self.complete]
        merged = {}
        for k, cost in enumerate(costs):
            merged.setdefault(cost >> self.shift, []).append(k)
        programs = tuple(sum(held.totals[k] for k in ks) for ks in merged.values())
        exact = np.array([p < EXACT for p in programs], bool)
        undefined = [sum(held.undefined(k) for k in ks) for ks in merged.values()]
        levels = tuple(
            _merged([held.level(k) for k in ks], e)
            for ks, e in zip(merged.values(), exact, strict=True)
        )
        m = held.held[len(costs) - 1] if costs else 0
        bits = np.array(list(merged), np.float64) / UNIT
        least = np.full(m, np.inf)
        for b, (ids, _) in zip(bits[::-1], levels[::-1], strict=True):
            least[ids] = b
        complete = min(self.limits.max_bits, (self.complete >> self.shift) / UNIT)
        prior = self.grammar.mass(coded=True)[self.root] if self.grammar.is_prior else None
        return Counts(
            type=self.root,
            bits=bits,
            programs=programs,
            undefined=tuple(u if e else float(u) for u, e in zip(undefined, exact, strict=True)),
            exact=exact,
            values=held.values(np.arange(m)),
            least_bits=least,
            levels=levels,
            stop_reason=self.stop_reason,
            complete_bits=complete,
            exact_bits=complete if exact.all() else float(bits[np.argmin(exact)]) - 1 / UNIT,
            prior_mass=prior,
            seconds=working_time() - self.started,
        )


def _merged(levels, exact):
    """Levels whose costs round to the same units, as one level."""
    if len(levels) == 1:
        return levels[0]
    ids, where = np.unique(np.concatenate([i for i, _ in levels]), return_inverse=True)
    sums = np.zeros(len(ids), np.int64 if exact else np.float64)
    np.add.at(sums, where, np.concatenate([c.astype(sums.dtype) for _, c in levels]))
    return ids, sums
