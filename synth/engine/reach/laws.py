"""Laws of the primitives, found by testing: which operands may be regrouped, factored, negated.

Nothing is known about names.  Primitives with two operands of their own type are called on drawn
values.  A law holds if both sides are equal wherever both have a value.  It may fail on values that
were not drawn, so a program that laws rewrite counts only if its values on all rows stay the same:
a false law costs time, not truth.
"""

import itertools

import numpy as np

from synth.engine.reach.algebra import NEVER, Algebra, Operation, Signs, Twist, applied
from synth.engine.reach.templates import Stopped
from synth.language import Constant, Primitive, Program

#: How many triples of values are drawn, and up to how many all are taken.  A body that raises an
#: error is called again on halves of its rows: 20 such primitives take 5 s; they took 15 s with
#: 256 triples and no limit of operations.
SAMPLES, GRID = 96, 512
#: A law needs a value on both sides for this share of the triples.
SHARE = 0.25
#: The most operations of a type.
OPERATIONS = 8
#: The most operands of a primitive that something is taken out of.
WIDEST = 4
#: The most constants that are tried in a law, and the most values that are tried in a sign: 40
#: for each of 30 partial primitives would be 4,800 calls.
TRIED, FIRST = 40, 12


class Laws:
    """The laws of a problem's primitives.

    Parameters
    ----------
    problem : Problem
    must_stop : callable, optional
        Whether to raise `Stopped` before the next test.

    Attributes
    ----------
    algebras : dict of Type to Algebra
        Of the types that have an operation.
    """

    def __init__(self, problem, must_stop=bool):
        self.algebras = {}
        for type_ in problem.grammar.types:
            algebra = _Finder(problem, type_, must_stop).algebra()
            if algebra is not None:
                self.algebras[type_] = algebra


class _Finder:
    """Tests the laws of one type."""

    def __init__(self, problem, type_, must_stop):
        self.problem, self.type, self.must_stop = problem, type_, must_stop
        items = [p.item for p in problem.grammar if p.item.result == type_]
        self.wide = [i for i in items if 2 < len(i.arguments) <= WIDEST]
        own = [i for i in items if isinstance(i, Primitive) and set(i.arguments) == {type_}]
        self.single = [i for i in own if len(i.arguments) == 1]
        self.double = [i for i in own if len(i.arguments) == 2]
        self.constants = {}
        for item in items:
            if isinstance(item, Constant):
                old = self.constants.get(item.value)
                made = Program(item)
                if old is None or problem.units(made) < problem.units(old):
                    self.constants[item.value] = made
        if self.double:
            self.a, self.b, self.c = [(v, None) for v in _drawn(problem, type_, self.constants)]
            self.tried = _tried(type_, self.constants)

    def algebra(self):
        """The algebra of the type; None if it has no operation."""
        if not self.double:
            return None
        signs = max([None, *self._signs()], key=self._merit)
        operations = self._operations(signs, virtual=True)
        if not operations:
            return None
        twists = self._twists(operations, signs)
        made = Algebra(self.type, signs, operations, twists, self.constants)
        for operation in operations:
            self._describe(operation, made)
        self._relate(made)
        self._lift(made)
        return made

    # -- testing ------------------------------------------------------------------

    def same(self, x, y):
        """Whether two pairs are equal where both are defined, and both are often enough."""
        if self.must_stop():
            raise Stopped
        n = len(x[0])
        known = np.ones(n, bool)
        for _, given in (x, y):
            known = known if given is None else known & given
        if np.count_nonzero(known) < max(1, SHARE * n):
            return False
        if not self.type.inexact:
            return bool((x[0][known] == y[0][known]).all())
        sides = (self.a, self.b, self.c, x, y)
        scale = np.maximum.reduce([np.abs(p[0]) for p in sides])
        return bool((np.abs(x[0] - y[0]) <= 1e-7 * scale)[known].all())

    def value(self, x):
        """The one value of a pair, None if it has several."""
        known = x[0] if x[1] is None else x[0][x[1]]
        if not len(known) or not self.same(x, self.constant(known[0].item())):
            return None
        return known[0].item()

    def constant(self, value):
        return np.full(len(self.a[0]), value, self.type.dtype), None

    # -- signs, operations --------------------------------------------------------

    def _signs(self):
        """Functions that are their own inverse."""
        units = self.problem.grammar.units
        made = [Signs(item, (), 1, units(item)) for item in self.single]
        for item in self.double:
            made.append(Signs(item, (), 2, units(item)))
            for value in self.tried[:FIRST]:
                written = self.constants.get(value)
                cost = NEVER if written is None else self.problem.units(written)
                made += [Signs(item, ((k, value, written),), 1, units(item) + cost) for k in (0, 1)]
        found = []
        for signs in made:
            once = signs(self.a)
            if not self.same(once, self.a) and self.same(signs(once), self.a):
                found.append(signs)
        return found

    def _merit(self, signs):
        """How much some signs explain: primitives first, then anything; the cheaper if equal."""
        counts = []
        for virtual in (False, True):
            twists = self._twists(self._operations(signs, virtual), signs)
            counts.append(sum(map(len, twists.values())))
        return *counts, -(signs.units if signs else 0)

    def _functions(self, signs):
        """(item, signs of result, first and second, function) of primitives, the plain first."""
        kinds = [(0, 0, 0)] if signs is None else sorted(
            itertools.product((0, 1), repeat=3), key=sum
        )  # fmt: skip
        for kind in kinds:
            for item in self.double:
                yield item, kind, _twisted(item, signs, kind)

    def _operations(self, signs, virtual=False):
        """The operations; only those that are primitives, unless virtual ones are wanted too."""
        found = []
        for _, kind, function in self._functions(signs if virtual else None):
            values = function(self.a, self.b)
            if any(self.same(values, o.values) for o in found) or self.value(values) is not None:
                continue
            if any(kind) and any(
                self.same(signs(values), o.values)
                and self.same(values, o.function(signs(self.a), self.b))
                for o in found
            ):
                continue  # the opposite of an odd operation says nothing new
            if len(found) < OPERATIONS and self._regroups(function, values):
                found.append(Operation(function, values))
        return found

    def _regroups(self, function, values):
        a, b, c = self.a, self.b, self.c
        if not self.same(values, function(b, a)):
            return False
        return self.same(function(values, c), function(a, function(b, c)))

    def _twists(self, operations, signs):
        found = {}
        for item, kind, function in self._functions(signs):
            values = function(self.a, self.b)
            for k, operation in enumerate(operations):
                if self.same(values, operation.values):
                    units = self.problem.grammar.units(item)
                    found.setdefault(item, []).append(Twist(item, k, *kind, units))
        return found

    # -- laws ---------------------------------------------------------------------

    def _describe(self, operation, algebra):
        """Fill in the laws of one operation."""
        a, b, signs, function = self.a, self.b, algebra.signs, operation.function
        for value in self.tried:
            constant = self.constant(value)
            answer = function(constant, a)
            if operation.neutral is None and self.same(answer, a):
                operation.neutral = value
            if operation.absorbing is None and self.same(answer, constant):
                operation.absorbing = value
            if operation.negative is None and signs and self.same(answer, signs(a)):
                operation.negative = value
        square = function(a, a)
        operation.idempotent = self.same(square, a)
        operation.square = self.value(square)
        if signs is None:
            return
        operation.opposite = self.value(function(a, signs(a)))
        negative = signs(operation.values)
        operation.odd = self.same(negative, function(signs(a), b))
        if not operation.odd:
            for k, other in enumerate(algebra.operations):
                if operation.dual is None and self.same(
                    negative, other.function(signs(a), signs(b))
                ):
                    operation.dual = k

    def _relate(self, algebra):
        """Find the laws between operations."""
        a, b, c, signs = self.a, self.b, self.c, algebra.signs
        numbered = list(enumerate(o.function for o in algebra.operations))
        algebra.fixes = {(k, k) for k, o in enumerate(algebra.operations) if o.idempotent}
        for (s, plus), (p, times) in itertools.permutations(numbered, 2):
            if self.same(times(a, plus(b, c)), plus(times(a, b), times(a, c))):
                algebra.distributes.add((p, s))
            if self.same(plus(a, times(a, b)), a):
                algebra.absorbs.add((s, p))
            neutral = algebra.operations[s].neutral
            if neutral is not None and self.same(
                plus(a, times(a, b)), plus(a, times(self.constant(neutral), b))
            ):
                algebra.fixes.add((s, p))
            if signs is None or (p, s) not in algebra.distributes:
                continue
            chosen = plus(times(a, b), times(signs(a), c))
            for x, other in numbered:
                if (s, p) not in algebra.choices and self.same(
                    chosen, other(c, times(a, other(b, c)))
                ):
                    algebra.choices[s, p] = x

    def _lift(self, algebra):
        """Find what can be taken out of several operands of a primitive."""
        generator = np.random.default_rng(1)
        for item in self.wide:
            drawn = [
                (generator.choice(_drawn(self.problem, t, ()).ravel(), SAMPLES), None)
                for t in item.arguments
            ]
            other = generator.choice(self.a[0], SAMPLES), None
            own = [k for k, t in enumerate(item.arguments) if t == self.type]
            whole = applied(item, *drawn)
            for size in range(len(own), 1, -1):
                for places in itertools.combinations(own, size):
                    for k, operation in enumerate(algebra.operations):
                        changed = list(drawn)
                        for j in places:
                            changed[j] = operation.function(drawn[j], other)
                        if self.same(applied(item, *changed), operation.function(whole, other)):
                            algebra.lifts.setdefault(item, []).append((places, k))


def _twisted(item, signs, kind):
    """The function of a primitive with signs at its result and operands."""

    def function(a, b):
        a, b = (signs(x) if s else x for x, s in zip((a, b), kind[1:], strict=True))
        answer = applied(item, a, b)
        return signs(answer) if kind[0] else answer

    return function


def _drawn(problem, type_, constants):
    """Three columns of values: all triples if there are few, else drawn ones."""
    if type_.size**3 <= GRID:
        grid = np.indices((int(type_.size),) * 3).reshape(3, -1) + int(type_.low)
        return grid.astype(type_.dtype)
    generator = np.random.default_rng(0)
    bank = problem.engine.banks.get(type_)  # none if its programs are beyond all limits
    held = min(64, bank.ends[-1] if bank and bank.ends else 0)
    behaviours = bank.values(0, held).ravel() if held else ()
    small = np.arange(-4, 10)
    if type_.inexact:
        small = small / 4
    small = small[(small >= type_.low) & (small <= type_.high)].astype(type_.dtype)
    small = np.concatenate([small, np.array(list(constants), type_.dtype)])
    if not len(small):
        small = (type_.low + np.arange(min(10, type_.size))).astype(type_.dtype)
    drawn = generator.choice(small, (3, SAMPLES))
    if len(behaviours):
        other = generator.choice(behaviours, (3, SAMPLES))
        drawn = np.where(generator.random((3, SAMPLES)) < 0.5, drawn, other)
    return drawn


def _tried(type_, constants):
    """Values that a law may have as a constant."""
    given = [0, 1, -1]
    if type_.family != "Complex":
        ends = () if type_.inexact else (type_.low, type_.high)
        given = [v for v in (*given, *ends) if type_.low <= v <= type_.high]
    given += list(constants)[:TRIED]
    kind = type_.dtype.type
    return list(dict.fromkeys(kind(v).item() for v in given))
