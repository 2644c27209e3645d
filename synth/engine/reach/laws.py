"""Laws of the primitives, found by testing: which operands may be regrouped, factored, negated.

Nothing is known about names.  Primitives with two operands of their own type are called on drawn
values.  A law holds if both sides are equal wherever both have a value.  It may fail on values that
were not drawn, so a program that laws rewrite counts only if its values on all rows stay the same:
a false law costs time, not truth.

The signs of a type are a function that is its own inverse, such as `~a` or `0 - a`.  An operation
is commutative and associative.  Up to signs, many primitives are one operation: `a - b` is a sum
with one sign changed, and `nand` a conjunction.  So an `Algebra` has few operations, and says for
each primitive which of them it is, and with which signs.
"""

import itertools
from dataclasses import dataclass, field

import numpy as np

from synth.language import Constant, Primitive, Program

#: A cost that no program has: what cannot be written.  Sums of many fit into 64 bits.
NEVER = 2**40
#: Drawn triples of values; all of them, if there are at most so many.  Bodies that fail on some rows
#: take 0.1 ms a triple.
SAMPLES = 256
#: A law needs a value on both sides for this share of the triples.
SHARE = 0.25
#: The most values that are tried as constants of a law.
TRIED = 40


@dataclass(frozen=True, eq=False)
class Signs:
    """A function that is its own inverse, as programs write it.

    Parameters
    ----------
    item : Primitive
        The primitive.
    fixed : tuple of (int, scalar, Program or None)
        The positions of operands with one value, the value and its program, if there is one.
    copies : int
        How often the operand occurs.
    units : int
        What it costs beside its operand.
    """

    item: Primitive
    fixed: tuple
    copies: int
    units: int

    def __call__(self, pair):
        arguments = [pair] * len(self.item.arguments)
        for k, value, _ in self.fixed:
            arguments[k] = np.full(len(pair[0]), value, self.item.result.dtype), None
        return applied(self.item, *arguments)

    def cost(self, units):
        """What a negated part costs that costs `units` itself."""
        return self.units + self.copies * units

    def operand(self, program):
        """The x of a program that is the negation of x; None for another one."""
        if program.head is not self.item:
            return None
        fixed = {k: written for k, _, written in self.fixed}
        rest = [a for k, a in enumerate(program.arguments) if k not in fixed]
        same = all(program.arguments[k] == written for k, written in fixed.items())
        return rest[0] if same and all(a == rest[0] for a in rest) else None

    def negated(self, program):
        """The negation of a program; two negations cancel."""
        inner = self.operand(program)
        if inner is not None:
            return inner
        arguments = [program] * len(self.item.arguments)
        for k, _, written in self.fixed:
            arguments[k] = written
        return Program(self.item, arguments)


@dataclass(frozen=True, eq=False)
class Twist:
    """A primitive as an operation with signs: item(a, b) = s_result(op(s_first(a), s_second(b))).

    Parameters
    ----------
    item : Primitive
    operation : int
        The number of the operation.
    result, first, second : int
        1 where there is a sign, else 0.
    units : int
        The cost of the primitive.
    """

    item: Primitive
    operation: int
    result: int
    first: int
    second: int
    units: int


@dataclass(eq=False)
class Operation:
    """A commutative and associative operation of a type.

    Parameters
    ----------
    function : callable
        Of two pairs, see `applied`.
    values : pair
        Its values at the drawn values.
    neutral, absorbing, negative : scalar or None
        The e with op(e, a) = a, the z with op(z, a) = z, the m with op(m, a) = -a.
    idempotent : bool
        Whether op(a, a) = a.
    square, opposite : scalar or None
        The value of op(a, a), and of op(a, -a), if it is always the same.
    dual : int or None
        The operation with -op(a, b) = dual(-a, -b), if there is one.
    odd : bool
        Whether -op(a, b) = op(-a, b).
    """

    function: object
    values: tuple
    neutral: object = None
    absorbing: object = None
    negative: object = None
    idempotent: bool = False
    square: object = None
    opposite: object = None
    dual: int | None = None
    odd: bool = False


@dataclass(eq=False)
class Algebra:
    """What the primitives of one type have in common.

    Parameters
    ----------
    type : Type
    signs : Signs or None
    operations : list of Operation
    twists : dict of Primitive to list of Twist
        What each primitive is; the plainest first.
    constants : dict of scalar to Program
        The cheapest constant of each value.
    distributes : set of (int, int)
        The (p, s) with p(a, s(b, c)) = s(p(a, b), p(a, c)).
    absorbs : set of (int, int)
        The (s, p) with s(a, p(a, b)) = a.
    fixes : set of (int, int)
        The (f, g) with f(a, g(a, b)) = f(a, g(e, b)), e neutral for f: beside a, a can be taken
        as true.
    choices : dict of (int, int) to int
        The x of (s, p) with s(p(a, b), p(-a, c)) = x(c, p(a, x(b, c))).
    """

    type: object
    signs: Signs | None
    operations: list
    twists: dict
    constants: dict
    distributes: set = field(default_factory=set)
    absorbs: set = field(default_factory=set)
    fixes: set = field(default_factory=set)
    choices: dict = field(default_factory=dict)


class Laws:
    """The laws of a problem's primitives.

    Parameters
    ----------
    problem : Problem

    Attributes
    ----------
    algebras : dict of Type to Algebra
        Of the types that have an operation.
    """

    def __init__(self, problem):
        self.algebras = {}
        for type_ in problem.grammar.types:
            algebra = _Finder(problem, type_).algebra()
            if algebra is not None:
                self.algebras[type_] = algebra


def applied(item, *pairs):
    """A primitive's answer on pairs of values and where they are defined (None: everywhere)."""
    values, known = item.evaluate(*[p[0] for p in pairs])
    for _, other in pairs:
        known = other if known is None else known if other is None else known & other
    return values, known


class _Finder:
    """Tests the laws of one type."""

    def __init__(self, problem, type_):
        self.problem, self.type = problem, type_
        items = [p.item for p in problem.grammar if p.item.result == type_]
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
        best = None
        for signs in [None, *self._signs()]:
            operations = self._operations(signs)
            twists = self._twists(operations, signs)
            score = sum(map(len, twists.values())), -(signs.units if signs else 0)
            if best is None or score > best[0]:
                best = score, signs
        signs = best[1]
        operations = self._operations(signs, virtual=True)
        if not operations:
            return None
        twists = self._twists(operations, signs)
        made = Algebra(self.type, signs, operations, twists, self.constants)
        for operation in operations:
            self._describe(operation, made)
        self._relate(made)
        return made

    # -- testing ------------------------------------------------------------------

    def same(self, x, y):
        """Whether two pairs are equal where both are defined, and both are often enough."""
        n = len(x[0])
        known = np.ones(n, bool)
        for _, given in (x, y):
            known = known if given is None else known & given
        if np.count_nonzero(known) < max(1, SHARE * n):
            return False
        if not self.type.inexact:
            return bool((x[0][known] == y[0][known]).all())
        scale = np.maximum.reduce([np.abs(p[0]) for p in (self.a, self.b, self.c, x, y)])
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
            for value in self.tried:
                written = self.constants.get(value)
                cost = NEVER if written is None else self.problem.units(written)
                made += [Signs(item, ((k, value, written),), 1, units(item) + cost) for k in (0, 1)]
        found = []
        for signs in made:
            once = signs(self.a)
            if not self.same(once, self.a) and self.same(signs(once), self.a):
                found.append(signs)
        return found

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
            if self._regroups(function, values):
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


def _twisted(item, signs, kind):
    """The function of a primitive with signs at its result and operands."""

    def function(a, b):
        a, b = (signs(x) if s else x for x, s in zip((a, b), kind[1:], strict=True))
        answer = applied(item, a, b)
        return signs(answer) if kind[0] else answer

    return function


def _drawn(problem, type_, constants):
    """Three columns of values: all triples if there are few, else drawn ones."""
    if type_.size**3 <= SAMPLES:
        grid = np.indices((int(type_.size),) * 3).reshape(3, -1) + int(type_.low)
        return grid.astype(type_.dtype)
    generator = np.random.default_rng(0)
    bank = problem.engine.banks[type_]
    held = min(64, bank.ends[-1] if bank.ends else 0)
    behaviours = bank.values(0, held).ravel()
    small = np.arange(-4, 10)
    if type_.inexact:
        small = small / 4
    small = small[(small >= type_.low) & (small <= type_.high)].astype(type_.dtype)
    small = np.concatenate([small, np.array(list(constants), type_.dtype)])
    if not len(small):
        small = behaviours
    drawn = generator.choice(small, (3, SAMPLES))
    if len(behaviours):
        other = generator.choice(behaviours, (3, SAMPLES))
        drawn = np.where(generator.random((3, SAMPLES)) < 0.5, drawn, other)
    return drawn


def _tried(type_, constants):
    """Values that a law may have as a constant."""
    given = [
        *list(constants)[:TRIED],
        0,
        1,
        -1,
        *([] if type_.inexact else [type_.low, type_.high]),
    ]
    legal = (
        [v for v in given if type_.low <= v <= type_.high] if type_.family != "Complex" else given
    )
    kind = type_.dtype.type
    return list(dict.fromkeys(kind(v).item() for v in legal))
