"""What the primitives of one type have in common: signs, operations, and the laws between them.

The signs of a type are a function that is its own inverse, such as `~a` or `0 - a`.  An operation
is commutative and associative.  Up to signs, many primitives are one operation: `a - b` is a sum
with one sign changed, and `nand` a conjunction.  So an `Algebra` has few operations, and says for
each primitive which of them it is, and with which signs.
"""

from dataclasses import dataclass, field

import numpy as np

from synth.errors import DSLError
from synth.language import Primitive, Program

#: A cost that no program has: what cannot be written.  Sums of many fit into 64 bits.
NEVER = 2**40


def applied(item, *pairs):
    """A primitive's answer on pairs of values and where they are defined (None: everywhere).

    A body may fail on values that no program of the task gives it; then it has no value.
    """
    try:
        values, known = item.evaluate(*[p[0] for p in pairs])
    except DSLError:
        values = np.full(len(pairs[0][0]), item.result.some, item.result.dtype)
        known = np.zeros(len(values), bool)
    for _, other in pairs:
        known = other if known is None else known if other is None else known & other
    return values, known


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

    function: object = field(repr=False)
    values: tuple = field(repr=False)
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
    lifts : dict of Primitive to list of (tuple of int, int)
        Places of operands and the operation f, such that the primitive at f(a, d), f(b, d), ...
        is f of the primitive at a, b, ... and of d.
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
    lifts: dict = field(default_factory=dict)
    choices: dict = field(default_factory=dict)
