"""A plain enumerator: the cheapest program of every behaviour, in order of price.

A program with a value on every row is made of parts with a value on every row, and replacing a
part by a cheaper one of equal values makes it cheaper. So it suffices to join, again and again, the
cheapest program of each behaviour with those that are settled. Prices are whole units; a heap gives
them in order.
"""

import bisect
import heapq
import itertools
from dataclasses import dataclass

import numpy as np

from synth.language import Primitive, Type
from synth.verification.truth import UNITS, Truth
from synth.verification.values import applied, leaf

#: The most candidates that are made, unless another number is given: about 10 s on one core.
MOST_CANDIDATES = 10_000_000
#: The most memory in bytes that behaviours may take: of long rows, fewer candidates are made.
MOST_MEMORY = 2 * 10**9
#: Values that a primitive answers in one call.
BLOCK = 2**18


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
    """

    units: dict[Type, dict[bytes, int]]
    complete: int | None
    candidates: int
    prices: dict[Type, set[int]]


class _Settled:
    """The behaviours of one type whose price is final, as rows of an array that grows."""

    def __init__(self, type_: Type, rows: int) -> None:
        self.values = np.zeros((16, rows), type_.dtype)
        self.prices: list[int] = []

    def add(self, values: np.ndarray, price: int) -> None:
        """Settle one more."""
        if len(self.prices) == len(self.values):
            self.values = np.concatenate([self.values, np.zeros_like(self.values)])
        self.values[len(self.prices)] = values
        self.prices.append(price)


class _Maker:
    """Joins behaviours, cheapest first; `most`: the price beyond which none is wanted, or None."""

    def __init__(self, truth: Truth, most: int | None, budget: int) -> None:
        self.truth, self.most, self.budget = truth, most, budget
        self.rows = truth.task.rows
        self.least: dict[Type, dict[bytes, int]] = {t: {} for t in truth.grammar.types}
        self.settled = {t: _Settled(t, self.rows) for t in truth.grammar.types}
        self.prices: dict[Type, set[int]] = {t: set() for t in truth.grammar.types}
        self.heap: list[tuple[int, int, Type, bytes]] = []
        self.number = itertools.count()
        self.candidates = 0
        self.heads = [h for h in truth.prices if isinstance(h, Primitive)]
        for head, price in truth.prices.items():
            if not isinstance(head, Primitive):
                self.candidates += 1
                self.prices[head.result].add(price)
                key = leaf(head, truth.columns, self.rows)[0].tobytes()
                if (most is None or price <= most) and (
                    price < self.least[head.result].get(key, price + 1)
                ):
                    self.least[head.result][key] = price
                    heapq.heappush(self.heap, (price, next(self.number), head.result, key))

    def settle(self, price: int, type_: Type, key: bytes) -> None:
        """Settle the cheapest behaviour that is left, and join it with all that are settled."""
        values = np.frombuffer(key, type_.dtype)
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
        values, known = applied(head, arrays)
        least, dtype = self.least[head.result], head.result.dtype
        rows = np.ascontiguousarray(values.reshape(shape), dtype)
        keys = rows.view(f"V{self.rows * dtype.itemsize}")[:, 0].tolist()
        whole: list[bool] = np.all(known.reshape(shape), axis=1).tolist()
        for key, ok, price in zip(keys, whole, prices, strict=True):
            if ok and price < least.get(key, price + 1):
                least[key] = price
                heapq.heappush(self.heap, (price, next(self.number), head.result, key))


def everything(truth: Truth, most: int | None, candidates: int = MOST_CANDIDATES) -> Everything:
    """All behaviours of programs of at most so many units, on all rows of a task.

    Parameters
    ----------
    truth : Truth
        The task and the DSL.
    most : int or None
        The greatest price in units. None for no limit.
    candidates : int
        The enumeration ends early when so many programs were made, or as many as may take
        `MOST_MEMORY`.

    Returns
    -------
    Everything
    """
    row = max(t.dtype.itemsize for t in truth.grammar.types) * truth.task.rows
    candidates = min(candidates, MOST_MEMORY // (2 * row + 200))
    made, complete = _Maker(truth, most, candidates), most
    while made.heap:
        price, _, type_, key = heapq.heappop(made.heap)
        if made.least[type_][key] < price:
            continue
        if made.candidates >= candidates:
            complete = price - 1  # every program of less was made of what is settled
            break
        made.settle(price, type_, key)
    units = {
        type_: {k: u for k, u in least.items() if complete is None or u <= complete}
        for type_, least in made.least.items()
    }
    return Everything(units, complete, made.candidates, made.prices)


def values_of(key: bytes, type_: Type) -> np.ndarray:
    """The values that a behaviour's bytes stand for, (rows,)."""
    return np.frombuffer(key, type_.dtype)


def in_bits(units: int | None) -> str:
    """A price in bits, for messages."""
    return "any length" if units is None else f"{units / UNITS:.4g} bits"
