"""The numbers of a language that are near a value, the cheapest first."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from synth.language import UNIT

#: The numbers of the language that are joined in twos, and how far from c one may be, in its
#: standard errors: the further, the cheaper.
JOINED, WITHIN = 200, (0.5, 1.5, 4.0)
#: Whole numbers up to this, and less 0, are among them.
WHOLE = 30
#: Numbers that are joined are no larger, and no nearer to 0 than one over it.
MOST = 1e4
#: Numbers as near as this share are one, whatever the standard error.
NEAR = 1e-9
#: Of so many of the cheapest numbers, which may be two joined, two are joined once more: first of
#: few, and of more if no two of these are near enough.
AGAIN = 1000, 4000, 16000
#: How numbers are joined, and what the second is, given the first and the result.
JOINS = (
    (np.add, lambda first, result: result - first),
    (np.subtract, lambda first, result: first - result),
    (np.multiply, lambda first, result: result / first),
    (np.divide, lambda first, result: first / result),
)


class Numbers:
    """The numbers of a language: those of the bank, and two joined of the cheapest.

    Whole numbers up to `WHOLE` are joined too, even if the bank does not have them.
    """

    def __init__(self, terms):
        engine = terms.engine
        self._terms, self._grammar = terms, engine.grammar
        bank = engine.row_bits(0, len(engine.bank))
        known = sorted((float(bank[row]), value) for value, row in terms.numbers.items())
        first = [(bits, value, terms.number) for bits, value in known]
        usual = [each for each in first if 1 / MOST <= abs(each[1]) <= MOST][:JOINED]
        usual += [e for e in first if e not in usual and e[1] in range(-WHOLE, WHOLE + 1)]
        self._join(first, usual)
        whole = [float(k) for k in range(-WHOLE, WHOLE + 1) if float(k) not in terms.numbers]
        made = [(k, next(self.near(k, 0.0), None)) for k in whole]
        more = [(p.bits(self._grammar), k, _always(p)) for k, (_, p) in
                ((k, found) for k, found in made if found is not None)]  # fmt: skip
        if more:
            self._join([*first, *more], [*usual, *more])

    def _join(self, alone, joined):
        """Takes numbers, (bits, value, what makes its program), alone and two of some joined."""
        self._alone, self._joined = alone, joined
        bits, values = (np.array([each[k] for each in alone], float) for k in (0, 1))
        few, cost = (np.array([each[k] for each in joined], float) for k in (1, 0))
        self._kinds, sizes, prices = [], [values], [bits]
        for function, _ in JOINS:
            head = self._terms.heads.get(function)
            if head is not None:
                with np.errstate(all="ignore"):
                    sizes.append(function(few[:, None], few).ravel())
                prices.append((cost[:, None] + cost).ravel() + self._grammar.units(head) / UNIT)
                self._kinds.append(function)
        every = np.concatenate(sizes)
        self._values = np.where(np.isfinite(every), every, np.inf)
        self._bits = np.concatenate(prices)
        self._order = np.argsort(self._values, kind="stable")
        self._sorted = self._values[self._order]
        usual = np.isfinite(self._values) & (self._values != 0)
        self._cheapest = np.argsort(np.where(usual, self._bits, np.inf), kind="stable")
        self._cheapest = self._cheapest[: int(usual.sum())]

    def near(self, value: float, error: float, again: bool = False) -> Iterator[tuple[float, Any]]:
        """(number, program) of the cheapest within some errors of a value, each once.

        again: whether joined numbers are joined once more, if no other is so near.
        """
        seen: set[Any] = set()
        for times in WITHIN:
            reach = max(times * error, NEAR * abs(value))
            low, high = np.searchsorted(self._sorted, [value - reach, value + reach])
            some = self._order[low:high]
            if len(some):
                best = int(some[np.argmin(self._bits[some])])
                if best not in seen:
                    seen.add(best)
                    yield float(self._values[best]), self._program(best)
            elif again:
                found = self._joined_again(value, reach)
                if found is not None and found not in seen:
                    seen.add(found)
                    function, *both = found
                    made = self._terms.call(function, *map(self._program, both))
                    yield float(function(*self._values[both])), made

    def _joined_again(self, value, reach):
        """The cheapest two numbers that are joined within reach of a value.

        Returns the function and the places of both; None if there are none.
        """
        for most in AGAIN:
            firsts, best = self._cheapest[:most], (np.inf, None)
            seconds = firsts[np.argsort(self._values[firsts], kind="stable")]
            for function, second in JOINS:
                if function not in self._terms.heads:
                    continue
                cost = self._grammar.units(self._terms.heads[function]) / UNIT
                given = self._values[firsts]
                ends = np.sort([second(given, value + way * reach) for way in (-1, 1)], axis=0)
                low, high = np.searchsorted(self._values[seconds], ends)
                for k in np.flatnonzero(low < high):
                    some = seconds[low[k] : high[k]]
                    other = int(some[np.argmin(self._bits[some])])
                    total = float(self._bits[firsts[k]] + self._bits[other]) + cost
                    if total < best[0]:
                        best = total, (function, int(firsts[k]), other)
            if best[1] is not None:
                return best[1]
        return None

    def _program(self, place):
        if place < len(self._alone):
            _, value, make = self._alone[place]
            return make(value)
        kind, rest = divmod(place - len(self._alone), len(self._joined) ** 2)
        pair = (self._joined[k] for k in divmod(rest, len(self._joined)))
        return self._terms.call(self._kinds[kind], *(make(value) for _, value, make in pair))


def _always(program):
    return lambda _: program
