"""What the kernels know of NumPy's functions: which operation each is, and on which types.

A primitive whose body is one of these functions, on types on which the kernels compute the same, is
not called: see `synth.kernels.numbers`.  A body of the user's own is always called.
"""

import numpy as np

from synth.kernels import numbers

#: The kinds of curried primitives that need no table: arithmetic and comparisons of whole and of
#: real numbers; a choice whose condition is free; and a choice with a fixed condition.
INTEGERS, REALS, ORDERS, REAL_ORDERS = "integers", "reals", "orders", "real orders"
CHOICES, BLEND = "choices", "blend"

#: The operation of a function, with the fixed operand first, and with the free one first.
_SHARED = {
    np.add: (numbers.ADD, numbers.ADD),
    np.subtract: (numbers.SUBTRACT, numbers.SUBTRACT_TURNED),
    np.multiply: (numbers.MULTIPLY, numbers.MULTIPLY),
    np.minimum: (numbers.LEAST, numbers.LEAST),
    np.maximum: (numbers.MOST, numbers.MOST),
    np.absolute: (numbers.ABSOLUTE,),
    np.negative: (numbers.NEGATED,),
    np.square: (numbers.SQUARED,),
}
_QUOTIENTS = numbers.QUOTIENT, numbers.QUOTIENT_TURNED
_INTEGERS = _SHARED | {
    np.floor_divide: _QUOTIENTS,
    np.remainder: (numbers.REMAINDER, numbers.REMAINDER_TURNED),
}
_REALS = _SHARED | {np.divide: _QUOTIENTS, np.sqrt: (numbers.ROOT,)}
_ORDERS = {
    np.less: (numbers.LESS, numbers.GREATER),
    np.less_equal: (numbers.LESS_EQUAL, numbers.GREATER_EQUAL),
    np.greater: (numbers.GREATER, numbers.LESS),
    np.greater_equal: (numbers.GREATER_EQUAL, numbers.LESS_EQUAL),
    np.equal: (numbers.EQUAL, numbers.EQUAL),
    np.not_equal: (numbers.UNEQUAL, numbers.UNEQUAL),
}
#: By the families of the arguments and of the result: the functions and the kind.
_KNOWN = {
    ("Int", "Int"): (_INTEGERS, INTEGERS),
    ("Real", "Real"): (_REALS, REALS),
    ("Int", "Bool"): (_ORDERS, ORDERS),
    ("Real", "Bool"): (_ORDERS, REAL_ORDERS),
}
#: The types that `where` may choose between, if its condition is fixed, and if it is free.  Not
#: Real, of which -2**63 is a legal input, and no value if it is an answer.
_BLENDED, _CHOSEN = ("Int", "Mod", "Label"), ("Int",)


def operation(primitive, free):
    """How kernels make the candidates of a primitive.

    Parameters
    ----------
    primitive : Primitive
        The primitive.
    free : int
        The position of its free operand.

    Returns
    -------
    (str, int) or None
        The kind, and the operation as kernels number it; None if they do not know it.
    """
    function, arguments, result = primitive.meaning, primitive.arguments, primitive.result
    if function is np.where:
        return _choice(arguments, result, free)
    families = {t.family for t in arguments}
    if len(families) > 1 or not isinstance(function, np.ufunc):
        return None
    functions, kind = _KNOWN.get((*families, result.family), ({}, None))
    turned = functions.get(function, ())
    # Of one operand there is one order.
    if len(turned) != len(arguments) or not all(map(_fits, (*arguments, result))):
        return None
    return kind, turned[len(arguments) - 1 - free]


def _fits(type_):
    """Whether values are bits, or have a word each; the numbers of strings take half a word."""
    return type_.storage is None or type_.storage.itemsize == 8


def _choice(arguments, result, free):
    if len(arguments) != 3 or arguments[0].family != "Bool" or {*arguments[1:]} != {result}:
        return None
    if free == 0:
        known = result.family in _CHOSEN and _fits(result)
        return (CHOICES, 0) if known else None
    return (BLEND, 0) if result.family in _BLENDED else None
