"""The values of a term on the rows of a table.

A comparison with a number that is missing, NaN, is false.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from synth.language.meaning import COMPARISONS, Term
from synth.language.notation.operations import REFERENCES
from synth.language.types import Real, rounded


def values_of(term: Term, leaves: Mapping[Term, np.ndarray], rows: int) -> np.ndarray:
    """The values of a term, shape (rows,).

    Parameters
    ----------
    term : Term
    leaves : mapping of Term to ndarray, shape (rows,)
        The values of the leaves about columns.
    rows : int
    """
    found: dict[Term, np.ndarray] = {}
    for node in reversed(list(term.walk())):
        if node not in found:
            with np.errstate(all="ignore"):
                arguments = [found[a] for a in node.arguments]
                found[node] = np.broadcast_to(_value(node, arguments, leaves), (rows,))
    return found[term]


def _value(term: Term, arguments: list[np.ndarray], leaves: Mapping[Term, np.ndarray]) -> Any:
    op = term.op
    if op in ("true", "false"):
        return np.array(op == "true")
    if op == "constant":
        return np.array(term.value, object if isinstance(term.value, str) else None)
    if term in leaves:
        return leaves[term]
    if op == "missing":
        return np.isnan(leaves[Term("number", value=term.value)])
    if op in COMPARISONS:
        return _compared(term, *arguments)
    if op in ("and", "or", "xor"):
        return getattr(np, f"logical_{op}").reduce(np.array(arguments))
    if op == "same":
        return arguments[0] == arguments[1]
    if op == "not":
        return ~arguments[0]
    if op == "negative":
        return -arguments[0]
    if op == "letter":
        last = len(term.value) - 1
        places = [int(min(max(place, 0), last)) for place in arguments[0]]
        return np.array([term.value[place] for place in places], object)
    if op == "call":
        return term.value.evaluate(*arguments)[0]
    return REFERENCES[op, len(arguments)](*arguments)


def _compared(term: Term, left: np.ndarray, right: np.ndarray) -> np.ndarray:
    there = ~(np.isnan(left) | np.isnan(right))
    rounding = {"coarse": Real.coarse, "fine": rounded}.get(term.value)
    if rounding is not None:
        left, right = (rounding(np.asarray(side, float)) for side in (left, right))
    return there & REFERENCES[term.op, 2](left, right)
