"""Arithmetic modulo p: sums, differences, products and small constants.

By default the modulus is that of the task's columns.
"""

from typing import Annotated

import numpy as np

from synth.language.dsl import DSL
from synth.language.types import Mod, common_modulus


def fits(types):
    """Whether all types are one Mod type."""
    return len(set(types)) == 1 and types[0].family == "Mod"


def build(types=(), p: int | None = None, constants: tuple = (1, 2, 3)):
    """The modular DSL.

    Parameters
    ----------
    types : sequence of Type
        The types of the task's columns and labels.
    p : int, optional
        The modulus; by default that of the types.
    constants : tuple of int
        Constants; those that are not residues are left out.

    Raises
    ------
    DSLError
        If no modulus is given and the types have none or several.
    """
    if p is None:
        p = common_modulus(types, "modular:p=97")
    residue = Mod(p)
    Residues = Annotated[np.ndarray, residue]  # noqa: N806 - a name of types
    dsl = DSL(f"modular:p={p}", types=(residue,), description=__doc__)

    @dsl.primitive(symbol="+", commutative=True)
    def add(a: Residues, b: Residues) -> Residues:
        return (a + b) % p

    @dsl.primitive(symbol="-")
    def sub(a: Residues, b: Residues) -> Residues:
        return (a - b) % p

    @dsl.primitive(symbol="*", commutative=True)
    def mul(a: Residues, b: Residues) -> Residues:
        return (a * b) % p

    for value in constants:
        if 0 <= value < p:
            dsl.constant(value, residue)
    return dsl
