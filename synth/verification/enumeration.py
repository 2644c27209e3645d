"""A plain enumerator: the cheapest program of every behaviour, in order of price.

A program with a value on every row is made of parts with a value on every row, and replacing a
part by a cheaper one of equal values makes it cheaper. So it suffices to join, again and again, the
cheapest program of each behaviour with those that are settled. Prices are whole units; a heap gives
them in order.
"""

import bisect
import heapq
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synth.language import Constant, Grammar, Input, Primitive, Type
from synth.verification.truth import UNITS
from synth.verification.values import applied, leaf

#: The most candidates that are made, unless another number is given: about 10 s on one core.
MOST_CANDIDATES = 10_000_000
#: The most memory in bytes that behaviours may take: of long rows, fewer candidates are made.
MOST_MEMORY = 2 * 10**9
#: Values that a primitive answers in one call.
BLOCK = 2**18


class Space(Protocol):
    """Where programs are made: a grammar, the price of each production in it, the inputs."""

    @property
    def grammar(self) -> Grammar:
        """The grammar."""

    @property
    def prices(self) -> Mapping[Primitive | Constant | Input, int]:
        """The price of each production, in units."""

    @property
    def columns(self) -> Mapping[str, np.ndarray]:
        """The inputs, each (rows,)."""


def values_of(key: bytes, type_: Type) -> np.ndarray:
    """The values that a behaviour's bytes stand for, (rows,)."""
    return np.frombuffer(key, type_.dtype)


@dataclass(frozen=True)
class Everything:
    """All behaviours up to some price.

    Parameters
    ----------
    units : dict of Type to dict of bytes to int
        The least price of each behaviour, by the bytes of its values on all rows.
    complete : int or None
        Every behaviour of so many units or fewer is there. None for all of any length.
    candidates : int
        The number of programs that were made.
    prices : dict of Type to set of int
        The prices at which programs were made, with a value on every row or not.
    read : callable
        The values of a behaviour, of its bytes and its type.
    """

    units: dict[Type, dict[bytes, int]]
    complete: int | None
    candidates: int
    prices: dict[Type, set[int]]
    read: Callable[[bytes, Type], np.ndarray] = values_of


class _Settled:
    """The behaviours of one type whose price is final, as rows of an array that grows."""

    def __init__(self, dtype: np.dtype, rows: int) -> None:
        self.values = np.zeros((16, rows), dtype)
        self.prices: list[int] = []

    def add(self, values: np.ndarray, price: int) -> None:
        """Settle one more."""
        if len(self.prices) == len(self.values):
            self.values = np.concatenate([self.values, np.zeros_like(self.values)])
        self.values[len(self.prices)] = values
        self.prices.append(price)


class Maker:
    """Joins behaviours, cheapest first; `most`: the price beyond which none is wanted, or None."""

    def __init__(self, truth: Space, most: int | None, budget: int) -> None:
        self.truth, self.most, self.budget = truth, most, budget
        self.rows = len(next(iter(truth.columns.values())))
        types = truth.grammar.types
        self.least: dict[Type, dict[bytes, int]] = {t: {} for t in types}
        self.settled = {t: _Settled(self.dtype(t), self.rows) for t in types}
        self.prices: dict[Type, set[int]] = {t: set() for t in types}
        #: The prices up to which all is made, where some parts are too many.
        self.parts: int | None = None
        self.heap: list[tuple[int, int, Type, bytes]] = []
        self.number = itertools.count()
        self.candidates = 0
        self.heads = [h for h in truth.prices if isinstance(h, Primitive)]
        for head, price in truth.prices.items():
            values = None if isinstance(head, Primitive) else self.leaf(head)
            if values is not None:
                self.candidates += 1
                self.prices[head.result].add(price)
                if most is None or price <= most:
                    self.take(head.result, values[None], np.ones(1, bool), [price])

    @staticmethod
    def dtype(type_: Type) -> np.dtype:
        """How values of a type are held."""
        return type_.dtype

    def leaf(self, head: Input | Constant) -> np.ndarray | None:
        """The values of a leaf, (rows,); None if it stands for something else."""
        return leaf(head, self.truth.columns, self.rows)[0]

    def applied(
        self, head: Primitive, arrays: list[np.ndarray]
    ) -> tuple[np.ndarray, NDArray[np.bool_]]:
        """The answer of a primitive, and where it has one."""
        return applied(head, arrays)

    def read(self, key: bytes, type_: Type) -> np.ndarray:
        """The values of a behaviour."""
        return values_of(key, type_)

    def settle(self, price: int, type_: Type, key: bytes) -> None:
        """Settle the cheapest behaviour that is left, and join it with all that are settled."""
        values = np.frombuffer(key, self.dtype(type_))
        self.settled[type_].add(values, price)
        last = len(self.settled[type_].prices) - 1
        for head in self.heads:
            for place, argument in enumerate(head.arguments):
                if argument != type_:
                    continue
                # Those before `place` are older, so that each tuple of operands is made once.
                counts = [
                    len(self.settled[a].prices) - (a == type_ and k < place)
                    for k, a in enumerate(head.arguments)
                ]
                ranges = [range(c) for c in counts]
                ranges[place] = range(last, last + 1)
                self.join(head, ranges)

    def join(self, head: Primitive, ranges: list[range]) -> None:
        """Make all programs of a primitive and settled operands from some ranges."""
        free = max(range(len(ranges)), key=lambda k: len(ranges[k]))
        others = [r if k != free else range(1) for k, r in enumerate(ranges)]
        for operands in itertools.product(*others):
            if self.candidates >= self.budget:
                break
            settled = [
                (self.settled[t].prices[i], self.settled[t].values[i])
                for k, (t, i) in enumerate(zip(head.arguments, operands, strict=True))
                if k != free
            ]
            price = self.truth.prices[head] + sum(each for each, _ in settled)
            first, stop = ranges[free].start, ranges[free].stop
            operand = self.settled[head.arguments[free]]
            if self.most is not None:  # prices of what is settled rise
                stop = bisect.bisect_right(operand.prices, self.most - price, first, stop)
            width = max(1, BLOCK // self.rows)
            for start in range(first, stop, width):
                part = slice(start, min(start + width, stop))
                arrays = [np.tile(values, part.stop - start) for _, values in settled]
                arrays.insert(free, operand.values[part].reshape(-1))
                self.evaluate(head, arrays, [price + each for each in operand.prices[part]])

    def evaluate(self, head: Primitive, arrays: list[np.ndarray], prices: list[int]) -> None:
        """Take programs of some prices, whose operands are given, into account."""
        self.candidates += len(prices)
        self.prices[head.result].update(prices)
        shape = (len(prices), self.rows)
        values, known = self.applied(head, arrays)
        whole = np.all(known.reshape(shape), axis=1)
        self.take(head.result, values.reshape(shape), np.asarray(whole), prices)

    def take(
        self, type_: Type, values: np.ndarray, whole: NDArray[np.bool_], prices: list[int]
    ) -> None:
        """Take behaviours of some prices into account; whole: which have a value on all rows."""
        least, dtype = self.least[type_], self.dtype(type_)
        rows = np.ascontiguousarray(values, dtype)
        keys = rows.view(f"V{self.rows * dtype.itemsize}")[:, 0].tolist()
        for key, ok, price in zip(keys, whole.tolist(), prices, strict=True):
            if ok and price < least.get(key, price + 1):
                least[key] = price
                heapq.heappush(self.heap, (price, next(self.number), type_, key))


def everything(
    truth: Space, most: int | None, candidates: int = MOST_CANDIDATES, make: type[Maker] = Maker
) -> Everything:
    """All behaviours of programs of at most so many units, on all rows of a task.

    Parameters
    ----------
    truth : Truth or Space
        The task and the DSL.
    most : int or None
        The greatest price in units. None for no limit.
    candidates : int
        The enumeration ends early when so many programs were made, or as many as may take
        `MOST_MEMORY`.
    make : type
        What joins them.

    Returns
    -------
    Everything
    """
    row = max(make.dtype(t).itemsize for t in truth.grammar.types)
    row *= len(next(iter(truth.columns.values())))
    candidates = min(candidates, MOST_MEMORY // (2 * row + 200))
    made = make(truth, most, candidates)
    complete = most if made.parts is None else made.parts
    while made.heap:
        price, _, type_, key = heapq.heappop(made.heap)
        if made.least[type_][key] < price:
            continue
        if complete is not None and price > complete:
            break
        if made.candidates >= candidates:
            complete = price - 1  # every program of less was made of what is settled
            break
        made.settle(price, type_, key)
    units = {
        type_: {k: u for k, u in least.items() if complete is None or u <= complete}
        for type_, least in made.least.items()
    }
    return Everything(units, complete, made.candidates, made.prices, made.read)


def in_bits(units: int | None) -> str:
    """A price in bits, for messages."""
    return "any length" if units is None else f"{units / UNITS:.4g} bits"
