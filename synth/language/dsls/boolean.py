"""Boolean connectives over a chosen basis.

The bases are and-or-xor-not (the default), and-or-not, and-or (monotone functions only), nand,
anf (algebraic normal form: and, xor and the constant true) and ite (if-then-else with both
constants).
"""

import numpy as np

from synth.errors import SettingError
from synth.language.dsl import DSL
from synth.language.types import Bool

BASES = ("and-or", "and-or-not", "and-or-xor-not", "nand", "anf", "ite")


def fits(types):
    """Whether all types are Bool."""
    return all(t == Bool for t in types)


def build(types=(), basis: str = "and-or-xor-not", leaf: float = 0.5):
    """The boolean DSL.

    Parameters
    ----------
    types : sequence of Type
        Not used.
    basis : str
        One of BASES.
    leaf : float
        The share of the probability that leaves get.

    Raises
    ------
    SettingError
        If there is no such basis, or the share is not above 0 and below 1.
    """
    if basis not in BASES:
        raise SettingError(f"boolean: basis={basis!r}; allowed: {', '.join(BASES)}")
    name = f"boolean:{basis}" if leaf == 0.5 else f"boolean:{basis},leaf={leaf:g}"
    dsl = DSL(name, types=(Bool,), leaf_probability=leaf, description=__doc__)
    two = "Bool, Bool -> Bool"
    if basis in ("and-or", "and-or-not", "and-or-xor-not", "anf"):
        dsl.add(np.logical_and, two, name="and_", symbol="&", commutative=True)
    if basis in ("and-or", "and-or-not", "and-or-xor-not"):
        dsl.add(np.logical_or, two, name="or_", symbol="|", commutative=True)
    if basis in ("and-or-xor-not", "anf"):
        dsl.add(np.logical_xor, two, name="xor", symbol="^", commutative=True)
    if basis in ("and-or-not", "and-or-xor-not"):
        dsl.add(np.logical_not, "Bool -> Bool", name="not_", symbol="~")
    if basis == "nand":
        dsl.add(lambda a, b: ~(a & b), two, name="nand", commutative=True)
    if basis == "ite":
        dsl.add(np.where, "Bool, Bool, Bool -> Bool", name="ite")
        dsl.constant(False, Bool)
    if basis in ("anf", "ite"):
        dsl.constant(True, Bool)
    return dsl
