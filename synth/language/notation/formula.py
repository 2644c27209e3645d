"""A program as a SymPy expression, which equals it wherever the program has a value.

What a primitive means is found by `operations.py`.  One that matches no known operation becomes a
SymPy function, which stays symbolic until its arguments are numbers and is then evaluated by the
primitive itself.  Real arithmetic is exact in SymPy and rounded to 40 bits here, and SymPy does
not know the limits of a type.
"""

from functools import lru_cache

import numpy as np

from synth.errors import DSLError, SettingError, UndefinedError
from synth.language.notation.operations import is_connective, operation, truth_table
from synth.language.primitive import Constant, Input
from synth.language.types import Bool, Real

try:
    import sympy
    from sympy.logic.boolalg import BooleanFunction
except ImportError as error:
    raise SettingError(
        f"to_sympy needs sympy, which is not installed ({error}); install it with: "
        "pip install 'synth-mdl[sympy]'"
    ) from None

_ASSUMED = {
    "Bool": {},
    "Mod": {"integer": True, "nonnegative": True},
    "Int": {"integer": True},
    "Label": {"integer": True, "nonnegative": True},
    "Real": {"real": True},
    "Complex": {"complex": True},
}


def formula(program):
    """The SymPy expression of a program.

    Its symbols have the names of the inputs: integers for Int, nonnegative integers for Mod,
    real for Real.  Truth values become SymPy's logic.  A choice within the condition of another
    choice is split into cases, and SymPy fails on numbers for which one of the cases divides by
    zero.

    Raises
    ------
    UndefinedError
        If some part has no value for any input.
    """
    found, fixed = {}, set()
    for node in program.parts():
        head = node.head
        if isinstance(head, Input):
            found[node] = symbol(head)
            continue
        if isinstance(head, Constant):
            found[node] = number(head.value, head.type)
        elif not head.result.inexact and all(a in fixed for a in node.arguments):
            # SymPy could need all memory for a power of constants; the primitive limits its range.
            found[node] = _value(head, [found[a] for a in node.arguments])
        else:
            found[node] = _applied(head, [found[a] for a in node.arguments])
        if isinstance(head, Constant) or all(a in fixed for a in node.arguments):
            fixed.add(node)
        if found[node].has(sympy.nan, sympy.zoo, sympy.oo, -sympy.oo):
            raise UndefinedError(f"{node.text} has no value for any input")
    return found[program]


def symbol(head):
    """The SymPy symbol of an input."""
    return sympy.Symbol(head.name, **_ASSUMED[head.type.family])


def number(value, type_):
    """A legal value of a type as a SymPy number; decimal fractions are exact."""
    if type_ == Bool:
        return sympy.true if value else sympy.false
    if type_.family == "Complex":
        parts = (_decimal(complex(value).real), _decimal(complex(value).imag))
        return parts[0] + parts[1] * sympy.I
    return _decimal(value) if type_.inexact else sympy.Integer(int(value))


def _decimal(value):
    return sympy.Rational(Real.format(value))


def _applied(primitive, arguments):
    try:
        return sympy.sympify(meaning(primitive)(*arguments))
    except (ZeroDivisionError, TypeError):  # SymPy does not compare infinities
        return sympy.nan


def _where(condition, yes, no):
    return sympy.Piecewise((yes, _by_cases(condition)), (no, True))


def _by_cases(condition):
    """The same condition without a Piecewise inside its comparisons.

    SymPy 1.14 turns Piecewise((x, x < Piecewise((x, b), (y, True))), (y, True)) into y.
    """
    pieces = condition.atoms(sympy.Piecewise)
    if not pieces:
        return condition
    # Take an innermost one, whose conditions contain no Piecewise.
    piece = min(pieces, key=lambda p: (len(p.atoms(sympy.Piecewise)), sympy.default_sort_key(p)))
    found, left = [], sympy.true
    for value, case in piece.args:
        found.append(sympy.And(left, case, _by_cases(condition.xreplace({piece: value}))))
        left = sympy.And(left, sympy.Not(case))
    return sympy.Or(*found)


@lru_cache(maxsize=4096)
def meaning(primitive):
    """The function of SymPy expressions that does what a primitive does."""
    if is_connective(primitive):
        return _connective(primitive)
    build = MEANINGS.get(operation(primitive))
    if build is None:
        return _opaque(primitive)
    return _modular(build, primitive.result.size) if primitive.result.family == "Mod" else build


def _connective(primitive):
    """The SymPy function with the truth table of a primitive."""
    arity = len(primitive.arguments)
    found = truth_table(primitive)
    if found is None:
        return _opaque(primitive)
    rows, table = found
    for build in _CONNECTIVES.get(arity, ()):
        if tuple(bool(build(*map(sympy.sympify, row))) for row in rows.tolist()) == table:
            return build
    minterms = [row for row, value in zip(rows.astype(int).tolist(), table, strict=True) if value]

    def sum_of_products(*arguments):
        slots = sympy.symbols(f"slot:{arity}", cls=sympy.Dummy)
        return sympy.SOPform(slots, minterms).xreplace(dict(zip(slots, arguments, strict=True)))

    return sum_of_products


def _modular(build, modulus):
    def inner(argument):
        same = isinstance(argument, sympy.Mod) and argument.args[1] == modulus
        return argument.args[0] if same else argument

    return lambda *arguments: _remainder(build(*map(inner, arguments)), sympy.Integer(modulus))


def _opaque(primitive):
    """A SymPy function that the primitive evaluates on numbers."""

    def evaluated(cls, *arguments):
        if any(a.free_symbols or a.atoms(sympy.Function, BooleanFunction) for a in arguments):
            return None
        return _value(primitive, arguments)

    base = BooleanFunction if primitive.result == Bool else sympy.Function
    body = {"eval": classmethod(evaluated), "nargs": len(primitive.arguments)}
    return type(primitive.name, (base,), body)


def _value(primitive, arguments):
    """The answer of a primitive to SymPy numbers; SymPy's NaN if it has no value."""
    try:
        arrays = [
            type_.check(np.array([_plain(a, type_)]), "argument")
            for a, type_ in zip(arguments, primitive.arguments, strict=True)
        ]
        values, defined = primitive.evaluate(*arrays)
    except (TypeError, ValueError, OverflowError, DSLError):
        return sympy.nan
    if defined is not None and not defined[0]:
        return sympy.nan
    return number(values[0], primitive.result)


def _plain(argument, type_):
    if type_ == Bool:
        return bool(argument)
    if type_.family == "Complex":
        return complex(argument)
    return float(argument) if type_.inexact else int(argument)


def _divided(a, b):
    return sympy.nan if b.is_zero else a / b


def _floored(a, b):
    return sympy.nan if b.is_zero else sympy.floor(a / b)


def _ceiled(a, b):
    return sympy.nan if b.is_zero else sympy.ceiling(a / b)


def _nearest(a, b):
    return sympy.nan if b.is_zero else sympy.floor(a / b + sympy.Rational(1, 2))


def _power(a, b):
    if a.is_zero:  # SymPy turns 0**-x into a power of infinity
        return _where(sympy.Eq(b, 0), 1, 0)
    return a**b


def _remainder(a, b):
    if b.is_zero:
        return sympy.nan
    # SymPy 1.14 turns Mod(2*Mod(2*x, 7), 7) into 2*Mod(2*x, 7), which can be 8.
    return a - b * sympy.floor(a / b) if a.has(sympy.Mod) else sympy.Mod(a, b)


_CONNECTIVES = {
    1: (lambda a: a, sympy.Not),
    2: (sympy.And, sympy.Or, sympy.Xor, sympy.Nand, sympy.Nor, sympy.Equivalent, sympy.Implies),
    3: (sympy.ITE,),
}

#: The SymPy counterparts of operations.
MEANINGS = {
    ("+", 2): lambda a, b: a + b,
    ("-", 2): lambda a, b: a - b,
    ("*", 2): lambda a, b: a * b,
    ("/", 2): _divided,
    ("//", 2): _floored,
    ("ceil_div", 2): _ceiled,
    ("round_div", 2): _nearest,
    ("%", 2): _remainder,
    ("**", 2): _power,
    ("<<", 2): lambda a, b: a * 2**b,
    (">>", 2): lambda a, b: sympy.floor(a / 2**b),
    ("-", 1): lambda a: -a,
    ("+", 1): lambda a: a,
    ("<", 2): sympy.Lt,
    ("<=", 2): sympy.Le,
    ("==", 2): sympy.Eq,
    ("!=", 2): sympy.Ne,
    (">", 2): sympy.Gt,
    (">=", 2): sympy.Ge,
    ("floor", 1): sympy.floor,
    ("ceil", 1): sympy.ceiling,
    ("round", 1): lambda a: sympy.floor(a + sympy.Rational(1, 2)),
    ("abs", 1): sympy.Abs,
    ("min", 2): sympy.Min,
    ("max", 2): sympy.Max,
    ("square", 1): lambda a: a**2,
    ("sqrt", 1): sympy.sqrt,
    ("exp", 1): sympy.exp,
    ("log", 1): sympy.log,
    ("sin", 1): sympy.sin,
    ("cos", 1): sympy.cos,
    ("tan", 1): sympy.tan,
    ("arcsin", 1): sympy.asin,
    ("sign", 1): sympy.sign,
    ("conj", 1): sympy.conjugate,
    ("where", 3): _where,
}
