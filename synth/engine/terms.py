"""Programs made of programs: sums of multiples, and products of powers."""

import numpy as np

from synth.language import Program


class Terms:
    """Makes programs from programs, with the operations that a language has.

    Parameters
    ----------
    engine : Enumerator
    numbers : dict of float to int
        The rows of the bank that are numbers.
    """

    def __init__(self, engine, numbers):
        self.engine, self.numbers, self._programs = engine, numbers, {}
        root, heads = engine.root, {}
        for production in engine.grammar.productions[root]:
            head = production.item
            if set(head.arguments) == {root} and hasattr(head, "function"):
                heads.setdefault(head.function, head)
        self.heads = heads

    def has(self, *functions):
        return all(function in self.heads for function in functions)

    def call(self, function, *arguments):
        """The operation of some programs; None if the language lacks it, or any of them is None."""
        if function not in self.heads or None in arguments:
            return None
        return Program(self.heads[function], arguments)

    def number(self, value):
        """The cheapest program of a number, or None."""
        value = float(value)
        if value in self.numbers and value not in self._programs:
            self._programs[value] = self.engine.program(self.numbers[value])
        return self._programs.get(value)

    def learn(self, value, program):
        """Take a program for a number that has none yet."""
        if value not in self.numbers:
            self._programs.setdefault(value, program)

    def times(self, factor, program):
        """A positive multiple of a program; of None, the number."""
        if program is None:
            upper, lower = self.number(factor), self.number(1 / factor)
            return upper or self.call(np.divide, self.number(1), lower)
        if factor == 1:
            return program
        ways = [
            self.call(np.multiply, self.number(factor), program),
            self.call(np.divide, program, self.number(1 / factor)),
        ]
        ways = [way for way in ways if way is not None]
        if ways:
            return min(ways, key=lambda way: way.bits(self.engine.grammar))
        for below in (2, 3):
            if float(factor * below).is_integer() and not float(factor).is_integer():
                return self.call(np.divide, self.times(factor * below, program), self.number(below))
        return None

    def sum(self, factors, programs):
        """A sum of multiples of programs, where None stands for 1; or None."""
        parts = sorted(
            ((f < 0, self.times(abs(f), p)) for f, p in zip(factors, programs, strict=True) if f),
            key=lambda part: part[0],
        )
        if not parts or any(part is None for _, part in parts):
            return None
        if parts[0][0]:
            parts.insert(0, (False, self.number(0)))
        made = parts[0][1]
        for negative, part in parts[1:]:
            made = self.call(np.subtract if negative else np.add, made, part)
        return made

    def power(self, program, exponent):
        """A positive whole power of a program, or None."""
        if exponent == 1:
            return program
        if exponent % 2:
            return self.call(np.multiply, program, self.power(program, exponent - 1))
        half = self.power(program, exponent // 2)
        return self.call(np.square, half) or self.call(np.multiply, half, half)

    def product(self, exponents, programs):
        """A product of powers of programs; half powers share one root."""
        whole, halves = {}, {}
        for exponent, program in zip(exponents, programs, strict=True):
            if float(exponent).is_integer():
                whole[program] = int(exponent)
            elif exponent:
                halves[program] = 1 if exponent > 0 else -1
                rest = int(abs(exponent)) * (1 if exponent > 0 else -1)
                if rest:
                    whole[program] = rest
        root = self.call(np.sqrt, self._quotient(halves)) if halves else None
        if halves and root is None:
            return None
        return self._quotient(whole, root)

    def _quotient(self, powers, first=None):
        """A product of whole powers as a quotient of products."""
        upper = [self.power(p, e) for p, e in powers.items() if e > 0]
        lower = [self.power(p, -e) for p, e in powers.items() if e < 0]
        if first is not None:
            upper.append(first)
        made, below = self._product(upper), self._product(lower)
        if below is None:
            return made
        return self.call(np.divide, self.number(1) if made is None else made, below)

    def _product(self, factors):
        made = None
        for factor in factors:
            made = factor if made is None else self.call(np.multiply, made, factor)
        return made
