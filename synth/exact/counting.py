"""Counting: for every behaviour, how many programs of each exact cost compute it.

Bottom-up over costs.  At each cost and type there is a sparse vector of counts by
behaviour; for a primitive, the products of its operands' counts are added up by the
behaviour they make, over all splits of the cost.  What a primitive makes of two
behaviours is remembered, as far as memory allows, so that most products cost a look-up.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.engine import Limits, curry, working_time
from synth.errors import DSLError, SettingError
from synth.exact.behaviours import EXACT, Behaviours
from synth.exact.levels import Levels
from synth.exact.pairs import Memo, Waiting, prefixed
from synth.kernels import products as kernels
from synth.language import UNIT, Grammar, Type, checked_columns, root_type
from synth.records import StopReason

#: Values in a block that a primitive is called on: 512 KB of int64.
BLOCK_VALUES = 2**16
#: Pairs in a block at least.
SMALLEST_BLOCK = 64
#: Pairs that a walk does at most before the clock is read.
WORK = 2**24
#: The share of the memory, and how many bytes at most, that memos take.
MEMO_SHARE, MEMO_BYTES = 0.25, 2**29
#: Counts beyond this many bits would not be floats.
MOST_BITS = 1000


@dataclass(frozen=True, eq=False)
class Counts:
    """How many programs of a type compute each behaviour, by cost, up to `complete_bits`.

    Programs are syntax trees: both orders of a commutative primitive's arguments count.

    type; bits float64 (L,): the costs that programs of the type have, ascending; programs
    (L,): how many there are of each, Python integers; undefined (L,): how many of them
    have no value on some row, a Python integer where exact[l], bool (L,), else a float.
    values (m, rows): the distinct behaviours in order of first (least) cost; least_bits
    float64 (m,).
    levels: L pairs of behaviours int32 (n,), ascending, and their counts (n,): int64 where
    exact, which is where fewer than 2**63 programs have the cost; else float64.
    stop_reason: "max_bits", "exhausted" (there are no further programs), "seconds" or
    "memory"; complete_bits: every program up to so many bits is counted.
    exact_bits: every count up to there is exact.
    prior_mass: of all finite programs of the type, `Grammar.mass()`; None where explicit
    costs are no prior.
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
        """The number of programs of each cost that compute behaviour i, (L,).

        int64 where all are exact, else float64.
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
        """The number of the behaviour with these values (rows,), or None."""
        wanted = self.type.pack(self.type.check([*values], "values")[None])
        same = (self.type.pack(self.values) == wanted).all(axis=1)
        return int(np.flatnonzero(same)[0]) if same.any() else None

    @cached_property
    def mass(self) -> NDArray[np.float64]:
        """The prior mass of the counted programs of each behaviour, float64 (m,).

        The sum of count * 2**-bits.  Raises DSLError where costs are no prior.
        """
        self._need_prior()
        mass = np.zeros(len(self))
        # The small terms first.
        for bits, (ids, counts) in zip(self.bits[::-1], self.levels[::-1], strict=True):
            mass[ids] += counts * 2.0**-bits
        return mass

    @cached_property
    def covered(self) -> float:
        """The prior mass of all counted programs that have a value on every row."""
        return float(self.mass.sum())

    @cached_property
    def undefined_mass(self) -> float:
        """The prior mass of the counted programs without a value on some row."""
        self._need_prior()
        terms = zip(self.undefined, self.bits, strict=True)
        return float(sum(float(u) * 2.0**-b for u, b in terms))

    @property
    def lost(self) -> float:
        """The prior mass of all other programs: `prior_mass` less what is covered."""
        return self._need_prior() - self.covered

    def _need_prior(self) -> float:
        if self.prior_mass is None:
            raise DSLError("a grammar with explicit costs is no prior, so it has no mass")
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
    """How many programs of a type compute each behaviour on columns: `Counts`.

    columns: a mapping of input names to arrays (rows,); type: the one type of the
    grammar unless given; max_bits: up to which cost programs are counted; memory: bytes,
    half of the machine's unless given; seconds: when to stop at the latest.  A limit ends
    at a whole level, and `Counts` says which.  Raises DSLError and SettingError where
    arguments are not of this kind.
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
    """A limit is reached within a level; reason: which one, a `StopReason`."""

    def __init__(self, reason):
        super().__init__(reason)
        self.reason = reason


class _Counter:
    """One count: behaviours by type, filled level by level."""

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
        primitives = [p.item for p in grammar if p.item.arguments]
        share = min(MEMO_SHARE * limits.memory, MEMO_BYTES) / max(1, len(primitives))
        self.memos = {item: Memo(len(item.arguments), share) for item in primitives}
        self.tables = {r.item: r for r in curry.rules(grammar) if r.table is not None}
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
        # Costs beyond the limit wait, unless no program is left.
        if any(p.item.arguments for p in self.grammar) or any(
            p.cost > self.most for p in self.grammar
        ):
            self.stop_reason = StopReason.MAX_BITS

    def _check(self):
        seconds = self.limits.seconds
        if seconds is not None and working_time() - self.started >= seconds:
            raise _LimitReached(StopReason.SECONDS)
        used = sum(b.nbytes for b in self.behaviours.values())
        if used + sum(m.nbytes for m in self.memos.values()) > self.limits.memory:
            raise _LimitReached(StopReason.MEMORY)

    def _level(self, type_, cost):
        behaviours = self.behaviours[type_]
        total = self.levels.trees[type_][cost]
        if total.bit_length() > MOST_BITS:
            raise SettingError(
                f"max_bits={self.limits.max_bits:g}: more than 2**{MOST_BITS} programs cost "
                f"{(cost >> self.shift) / UNIT:g} bits; allowed: fewer bits"
            )
        dtype = np.int64 if total < EXACT else np.float64
        lost = np.zeros(1, dtype)
        undefined = 0
        for production in self.grammar.productions[type_]:
            item = production.item
            if not item.arguments:
                if production.cost == cost:
                    self._leaf(item, behaviours, dtype, lost)
                continue
            splits = self.levels.splits(item.arguments, cost - production.cost)
            if len(splits):
                self._check()
                undefined += self._undefined(item.arguments, splits, dtype)
                self._apply(item, splits, behaviours, dtype, lost)
        undefined += lost.item()
        behaviours.close(total, dtype, undefined)

    def _leaf(self, item, behaviours, dtype, lost):
        if hasattr(item, "value"):
            values = np.full(self.rows, item.value, item.type.dtype)
        else:
            values = self.columns[item.name]
        memo = np.zeros(0, np.int32)
        self._admit(behaviours, item.result.pack(values[None]), None, np.ones(1, dtype),
                    memo, np.full(1, -1), lost)  # fmt: skip

    def _undefined(self, types, splits, dtype):
        """How many tuples of operands have one without a value.

        Σ with.. · without · all.. over the place of the first one without, which cancels
        nothing.
        """
        held = [self.behaviours[t] for t in types]
        if not any(b.partial for b in held):
            return 0
        # Where the sum is exact, so is every product in it.
        trees = [b.trees(dtype)[:, places] for b, places in zip(held, splits.T, strict=True)]
        count, before = 0, np.ones(len(splits), dtype)
        for k, (_, defined, undefined) in enumerate(trees):
            part = before * undefined
            for total, _, _ in trees[k + 1 :]:
                part = part * total
            count += part.sum()
            before = before * defined
        return dtype(count).item()

    def _apply(self, item, splits, behaviours, dtype, lost):
        """Adds up the products of counts for one primitive over splits of a cost."""
        operands = [self.behaviours[t] for t in item.arguments]
        memo = self.memos[item]
        memo.fit(max(map(len, operands)))
        if len(operands) == 1:  # a second operand of which there is one
            ids2, counts2, starts2 = np.zeros(1, np.int32), np.ones(1, dtype), None
        else:
            ids2, counts2 = operands[-1].ids, operands[-1].counts[dtype]
            starts2 = operands[-1].starts
        first = operands[-2] if starts2 is not None else operands[0]
        starts = first.starts
        waiting = Waiting(max(SMALLEST_BLOCK, BLOCK_VALUES // self.rows), dtype)
        for part, prefixes, factors in prefixed(splits, operands[:-2], dtype, item.commutative):
            jobs = np.zeros((len(part), 6), np.int64)
            jobs[:, kernels.START], jobs[:, kernels.STOP] = (
                starts[part[:, 0]],
                starts[part[:, 0] + 1],
            )
            jobs[:, kernels.STOP2] = 1
            if starts2 is not None:
                jobs[:, kernels.START2] = starts2[part[:, 1]]
                jobs[:, kernels.STOP2] = starts2[part[:, 1] + 1]
            if item.commutative:
                jobs[:, kernels.SAME] = part[:, 0] == part[:, 1]
            jobs[:, kernels.BASE] = memo.bases(prefixes)
            waiting.cursor[:] = 0, -1, -1, waiting.cursor[kernels.WAITING]
            done = False
            while not done:
                done = kernels.walk(
                    jobs, factors, first.ids, first.counts[dtype], ids2, counts2, memo.made,
                    memo.known, behaviours.state, behaviours.sums[dtype], behaviours.met, lost,
                    waiting.cursor, WORK, *waiting.arrays,
                )  # fmt: skip
                if not done or prefixes.shape[1]:
                    self._flush(item, operands, prefixes, waiting, memo, behaviours, lost)
                    self._check()
        self._flush(item, operands, None, waiting, memo, behaviours, lost)

    def _flush(self, item, operands, prefixes, waiting, memo, behaviours, lost):
        """Evaluates the pairs that wait."""
        count = int(waiting.cursor[kernels.WAITING])
        if not count:
            return
        waiting.cursor[kernels.WAITING] = 0
        which, left, right, weights, places = (a[:count] for a in waiting.arrays)
        chosen = [left, right][: len(operands)]
        if len(operands) > 2:
            chosen = [*prefixes[which].T, *chosen]
        block, dead = self._made(item, operands, chosen)
        self._admit(behaviours, block, dead, weights, memo.flat, places, lost)

    def _made(self, item, operands, chosen):
        """Words (n, W) of a primitive's answers, and where there is none, or None."""
        rule = self.tables.get(item)
        if rule is not None:
            table = np.moveaxis(rule.table, -1, rule.free)
            if rule.kind == curry.BITS:
                mask = item.result.pack(np.ones((1, self.rows), bool))[0]
                words = [o.words[c] for o, c in zip(operands, chosen, strict=True)]
                return curry.bitwise(table, words, mask), None
            if len(chosen) <= 2:
                return self._looked_up(item, table, operands, chosen)
        arrays = [o.values(c).reshape(-1) for o, c in zip(operands, chosen, strict=True)]
        values, defined = item.evaluate(*arrays)
        n = len(chosen[0])
        dead = None if defined is None else ~defined.reshape(n, -1).all(axis=1)
        return item.result.pack(values.reshape(n, self.rows)), dead

    def _looked_up(self, item, table, operands, chosen):
        n, storage = len(chosen[0]), item.result.storage
        block = np.zeros((n, item.result.words(self.rows)), np.uint64)
        dead = np.zeros(n, bool)
        cells = [o.words.view(storage) for o in operands]
        if len(operands) == 1:
            table, chosen = table[:, None], [chosen[0], np.zeros(n, np.int32)]
            cells = [cells[0], np.zeros((1, self.rows), storage)]
        out = block.view(storage)[:, : self.rows]
        kernels.look_up(np.ascontiguousarray(table), *chosen, *cells, out, dead)
        return block, dead

    def _admit(self, behaviours, block, dead, weights, memo, places, lost):
        behaviours.reserve(len(block))
        if dead is None:
            dead = np.zeros(len(block), bool)
        kernels.admit(
            block, dead, weights, memo, places, behaviours.words, behaviours.slots,
            behaviours.state, behaviours.sums[weights.dtype.type], behaviours.met, lost,
        )  # fmt: skip

    def counts(self):
        """What is complete, by units of cost."""
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
        prior = self.grammar.mass()[self.root] if self.grammar.is_prior else None
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
    """Levels of one cost in units as one."""
    if len(levels) == 1:
        return levels[0]
    ids, where = np.unique(np.concatenate([i for i, _ in levels]), return_inverse=True)
    sums = np.zeros(len(ids), np.int64 if exact else np.float64)
    np.add.at(sums, where, np.concatenate([c.astype(sums.dtype) for _, c in levels]))
    return ids, sums
