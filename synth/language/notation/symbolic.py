"""Rules as SymPy expressions: relations of numbers, and symbols for what is said of texts."""

from synth.language.meaning import COMPARISONS, Term

# From the module that says how to install it.
from synth.language.notation.formula import MEANINGS, sympy
from synth.language.notation.python_code import no_translation
from synth.language.notation.readable import written
from synth.language.notation.simplify import simplified

_JOINED = {"and": sympy.And, "or": sympy.Or, "xor": sympy.Xor, "same": sympy.Equivalent}


def to_sympy(term: Term):
    """The SymPy expression of a term.

    Its symbols are the names of columns of numbers and of truth values, other conditions as they
    are written, such as `colour = red`, and the names of labels.
    """
    return _of(simplified(term))


def weighted(coefficients, expressions):
    """A constant and multiples of SymPy expressions; coefficients: of each, the constant first."""
    first, *slopes = map(sympy.sympify, coefficients)
    return first + sum(a * part for a, part in zip(slopes, expressions, strict=True))


def _of(term: Term):
    op = term.op
    if op in ("true", "false"):
        return sympy.true if op == "true" else sympy.false
    if op == "constant":
        text = isinstance(term.value, str)
        return sympy.Symbol(term.value) if text else sympy.nsimplify(term.value, rational=True)
    if term.source is not None:
        if op in ("number", "truth"):
            return sympy.Symbol(term.source.name, **({"real": True} if op == "number" else {}))
        return sympy.Symbol(written(term), **({"real": True} if op == "part" else {}))
    inner = [_of(a) for a in term.arguments]
    if op in _JOINED:
        return _JOINED[op](*inner)
    if op == "not":
        return sympy.Not(inner[0])
    if op == "negative":
        return -inner[0]
    if op == "where" and term.is_condition:
        return sympy.ITE(*inner)
    key = op, len(inner)
    if key not in MEANINGS:
        raise no_translation(term)
    if op in COMPARISONS and term.arguments[0].is_condition:
        raise no_translation(term)
    return MEANINGS[key](*inner)
