"""Products and quotients of two behaviours, all up to some bits, scored by dot products.

With labels t less their mean, the sum over rows of t f g is an entry of (F t) F', the mean of f g
is one of F F', and its length one of F^2 (F^2)'.  So a product is scored without being made, and a
quotient is the product with 1/g.  What may be among the best is then run as a program.
"""

import numpy as np

from synth.engine.terms import Terms
from synth.language import UNIT, Real
from synth.records import scaled

#: First operands that are worked on at a time, and values that the operands have together at most.
BLOCK, OPERAND_VALUES = 64, 2**21
#: Values have 40 bits.  So what a product explains is known up to this share of all, times the
#: squares of its values divided by those about their mean.
SLACK = 2.0**-37
#: Products that vary by less than this share of their squares are made, and then scored.
VARIED = 2.0**-20


def score_products(engine, targets, most, is_late):
    """Score the products and quotients of the cheapest behaviours as single programs.

    Returns the bits up to which all were scored, at least `engine.certified_bits`; None for all.

    Parameters
    ----------
    engine : Enumerator
        The enumeration, which has ended.
    targets : list of Target
        The labellings.
    most : int
        How many pairs of operands there may be.
    is_late : callable
        Says whether to stop.
    """
    certified, heads = engine.certified_bits, Terms(engine, {}).heads
    kinds = [(f, heads[f]) for f in (np.multiply, np.divide) if f in heads]
    if certified is None or not kinds or not len(engine.bank) or most < 1 or is_late():
        return certified
    bits = engine.row_bits(0, len(engine.bank))
    room = max(1, min(most, OPERAND_VALUES // targets[0].n))
    order = np.argsort(bits, kind="stable")[: room + 1]
    bits, costs = bits[order], [engine.grammar.units(head) / UNIT for _, head in kinds]
    # An operand that was not enumerated costs more than is certified, and the other one something.
    ends = [certified + float(bits[0]) + min(costs), _most_bits(bits, _orders(kinds, costs), most)]
    if len(bits) > room:
        ends.append(float(bits[0] + bits[room]) + min(costs) - 1 / UNIT)
    up_to = float(min(ends))
    if up_to <= certified:
        return certified
    count = min(room, int(np.searchsorted(bits, up_to - min(costs) - bits[0], side="right")))
    operands = _Operands(engine, order[:count], bits[:count], targets)
    for first in range(0, count, BLOCK):
        for (function, head), cost in zip(kinds, costs, strict=True):
            for turned in (False, True)[: 1 + (function is np.divide)]:
                kind = function, head, cost, turned
                if is_late() or not operands.score(first, up_to - cost, kind, is_late):
                    # The pairs that are left have at least twice these bits.
                    left = 2 * float(bits[first]) + min(costs) - 1 / UNIT
                    return max(certified, min(up_to, left))
    return up_to


def _orders(kinds, costs):
    """The cost of the operation, once for each order of operands that counts."""
    return [c for (f, _), c in zip(kinds, costs, strict=True) for _ in range(1 + (f is np.divide))]


def _most_bits(bits, costs, most):
    """Up to how many bits there are at most so many pairs, each with the cost of an operation."""
    low, high = -1.0, 2 * float(bits[-1]) + max(costs)
    places = np.arange(len(bits))
    for _ in range(40):
        middle = (low + high) / 2
        count = 0
        for cost in costs:
            ends = np.searchsorted(bits, middle - cost - bits, side="right")
            count += np.maximum(ends - places, 0).sum()
        low, high = (middle, high) if count <= most else (low, middle)
    return low


class _Operands:
    """The cheapest behaviours, on the training rows, and one over them."""

    def __init__(self, engine, rows, bits, targets):
        self.engine, self.rows, self.bits, self.targets = engine, rows, bits, targets
        n = targets[0].n
        values = engine.bank.values_at(rows)[:, :n].astype(float)
        self.values = values
        self.upper = scaled(values)[0]
        with np.errstate(all="ignore"):
            inverse = 1 / self.upper
        self.divides = np.isfinite(inverse).all(axis=1)
        self.lower = scaled(np.where(self.divides[:, None], inverse, 0))[0]
        self.labels = np.stack([target.centred for target in targets])
        self.squares = np.square(self.upper), np.square(self.lower)

    def score(self, first, most, kind, is_late):
        """Score all with a first operand of a block, and a second one that is not before it.

        most: the bits of both; kind: the function, its head and cost, and whether the second
        operand is divided by the first.  Says whether it was done before it was late.
        """
        function, _, cost, turned = kind
        stop = int(np.searchsorted(self.bits, most - self.bits[first], side="right"))
        if stop <= first:
            return True
        block, rest = slice(first, min(first + BLOCK, stop)), slice(first, stop)
        divided = function is np.divide
        one = (self.lower, self.squares[1]) if turned else (self.upper, self.squares[0])
        other = (self.lower, self.squares[1]) if divided and not turned else (
            self.upper, self.squares[0])  # fmt: skip
        sums = one[0][block] @ other[0][rest].T
        squares = one[1][block] @ other[1][rest].T
        apart = squares - np.square(sums) / self.labels.shape[1]
        together = self.bits[block, None] + self.bits[rest]
        places = np.arange(first, stop)
        counted = (together <= most) & (places >= places[: len(sums), None])
        if divided:
            counted &= self.divides[block, None] if turned else self.divides[rest]
        varied = apart > VARIED * squares
        near = np.argwhere(counted & ~varied & (squares > 0))
        self._score_made(near + first, kind)
        counted &= varied
        together = np.where(counted, together + cost, np.inf)
        apart = np.where(counted, apart, 1)
        slack = np.where(counted, SLACK * squares, 0) / apart
        for target in self.targets:
            if is_late():
                return False
            dots = (one[0][block] * target.centred) @ other[0][rest].T
            explained = np.where(counted, np.square(dots), 0) / apart
            for k in target.likely(explained, slack * target.about_mean, together, 1):
                i, j = divmod(int(k), counted.shape[1])
                if counted[i, j]:
                    self._add(target, (first + i, first + j), together[i, j], kind)
        return True

    def _score_made(self, pairs, kind):
        """Score pairs (m, 2) of operands whose values hardly vary, by these values."""
        function, _, cost, turned = kind
        for first in range(0, len(pairs), 2**12):
            i, j = pairs[first : first + 2**12].T
            a, b = (j, i) if turned else (i, j)
            with np.errstate(all="ignore"):
                values = Real.rounded(function(self.values[a], self.values[b]))[0].astype(float)
            values = scaled(np.where(np.isfinite(values), values, 0))[0]
            values -= values[:, :1].copy()  # exact for values near each other
            values -= values.mean(axis=1, keepdims=True)
            square = np.square(values).sum(axis=1)
            some = np.flatnonzero(square > 0)
            if not len(some):
                continue
            explained = np.square(values[some] @ self.labels.T) / square[some, None]
            bits = self.bits[i[some]] + self.bits[j[some]] + cost
            for target, each in zip(self.targets, explained.T, strict=True):
                for k in target.likely(each, 1e-12 * target.about_mean, bits, 1):
                    pair = int(i[some[k]]), int(j[some[k]])
                    self._add(target, pair, bits[k], kind)

    def _add(self, target, pair, bits, kind):
        """Run a product as a program, if it may be among the best, and score it."""
        _, head, _, turned = kind
        pair = pair[::-1] if turned else pair
        made = tuple(self.engine.program(int(self.rows[k])) for k in pair)
        program = type(made[0])(head, made)
        values, defined = program.outputs(self.engine.columns)
        if defined.all() and np.ptp(values[: target.n]) > 0:
            target.add(self.engine, (program,), float(bits))
