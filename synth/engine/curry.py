"""Curried primitives: if all operands but one are fixed, what is left is simple.

Every boolean primitive is then `u ^ (v & operand)`, bit by bit, and every ring operation
mod p is `u + v * operand`.  `u` and `v` follow from the table of the primitive, which is made
by one call of its body.  So a body of plain Python runs at the speed of machine words, and no
user code is compiled into a kernel.  Residue primitives that are not affine keep their table.
If a type is too large for a table, the body is called on blocks, unless it is one of NumPy's
functions of which kernels know the meaning (`known`).

A rule is a primitive with one free operand: the dearest, and among equals the last.  Each
tuple of operands belongs to exactly one rule of its primitive.  The fixed operands are cheap,
so there are few of them, and the free operands are many.
"""

import itertools
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from synth.engine import known
from synth.errors import DSLError

#: The kinds of curried primitives, beside those of `known`.
LEAF, BITS, PLUS, MINUS, RING, TABLE, CALL = [
    "leaf",
    "bits",
    "plus",
    "minus",
    "ring",
    "table",
    "call",
]

#: The most values of a primitive's table.
TABLE_LIMIT = 2**20
#: A bank keeps the number of a row's rule in 16 bits.
MOST_RULES = 2**16


@dataclass(frozen=True, eq=False)
class Rule:
    """One way to enlarge a bank: a leaf, or a primitive with a free operand.

    Parameters
    ----------
    number : int
        The place of the rule in the order that breaks ties.
    production : Production
        The production of the grammar.
    kind : str
        How candidates are made: one of the constants above.
    fixed : tuple of int
        The positions of the fixed operands.
    free : int
        The position of the free operand.
    table : ndarray, optional
        For kinds "bits" to "table", the primitive's values over all operands, the free operand
        last.
    op : int
        For kinds of `known`, the operation as kernels number it.
    """

    number: int
    production: object
    kind: str
    fixed: tuple = ()
    free: int = 0
    table: np.ndarray | None = None
    op: int = 0

    @cached_property
    def item(self):
        return self.production.item

    @cached_property
    def result(self):
        return self.production.item.result

    @cached_property
    def free_type(self):
        return self.item.arguments[self.free]

    @cached_property
    def fixed_types(self):
        return tuple(self.item.arguments[k] for k in self.fixed)

    def in_order(self, values):
        """Operands (fixed..., free) in the primitive's own order."""
        placed = [None] * len(self.item.arguments)
        for position, value in zip((*self.fixed, self.free), values, strict=True):
            placed[position] = value
        return placed

    def curried_bits(self, operands, mask):
        """u and v, uint64 (m, W), for the fixed operands' rows, each uint64 (m, W)."""
        zero, one = self.table[..., 0], self.table[..., 1]
        u, v = bitwise(zero, operands, mask), bitwise(zero ^ one, operands, mask)
        return u, v

    def curried_cells(self, operands, rows):
        """u and v, (m, cells) in storage, with zeros in the padding, as in rows."""
        # The table is read at the operands' values; padding must stay zero.
        at = tuple(operand[:, :rows] for operand in operands)
        low, p = self.table[..., 0], self.result.size
        slope = ((self.table[..., 1].astype(np.int64) - low) % p).astype(low.dtype)
        if not operands:
            return np.full((1, rows), low), np.full((1, rows), slope)
        return low[at], slope[at]

    def offsets(self, operands, rows):
        """Where the fixed operands (m, cells) point in the flat table: uint32 (m, rows)."""
        at = np.zeros((len(operands[0]) if operands else 1, rows), np.uint32)
        for operand in operands:
            at = at * np.uint32(self.result.size) + operand[:, :rows]
        return at * np.uint32(self.result.size)


def rules(grammar):
    """The rules of a grammar, in the order that breaks ties."""
    made = []
    for production in grammar:
        arguments = production.item.arguments
        if not arguments:
            made.append(Rule(len(made), production, LEAF))
            continue
        # The second operand of a commutative pair is the dearer one.
        commutative = production.item.commutative
        frees = [len(arguments) - 1] if commutative else range(len(arguments))
        table = table_of(production.item)
        for free in frees:
            fixed = tuple(k for k in range(len(arguments)) if k != free)
            turned = None if table is None else np.moveaxis(table, free, -1)
            if table is None:
                kind, op = known.operation(production.item, free) or (CALL, 0)
            else:
                kind, op = _kind(production.item.result, turned), 0
            made.append(Rule(len(made), production, kind, fixed, free, table=turned, op=op))
    if len(made) > MOST_RULES:
        raise DSLError(f"{len(made)} inputs, constants and operands; allowed: {MOST_RULES}")
    return made


def table_of(primitive):
    """The values of a primitive over all operands, or None if it has no table.

    Of booleans as bool; of residues in storage, with the greatest value for undefined ones.
    """
    types = {*primitive.arguments, primitive.result}
    if len(types) > 1 or primitive.result.family not in ("Bool", "Mod"):
        return None
    type_, arity = primitive.result, len(primitive.arguments)
    if type_.size**arity > TABLE_LIMIT:
        return None
    grid = np.indices((type_.size,) * arity).reshape(arity, -1)
    values, defined = primitive.evaluate(*(axis.astype(type_.dtype) for axis in grid))
    shape = (type_.size,) * arity
    if type_.storage is None:
        # Every boolean value is legal, so the body must have failed.
        return None if defined is not None else values.reshape(shape)
    cells = values.astype(type_.storage)
    if defined is not None:
        cells[~defined] = np.iinfo(type_.storage).max
    return cells.reshape(shape)


def _kind(type_, table):
    if type_.storage is None:
        return BITS
    p = type_.size
    if type_.storage.itemsize > 1 or (table > type_.high).any():
        return TABLE
    wide = table.astype(np.int64)
    low = wide[..., :1]
    slope = (wide[..., 1:2] - low) % p
    if not np.array_equal((low + slope * np.arange(p)) % p, wide):
        return TABLE
    if (slope == 1).all():
        return PLUS
    if (slope == p - 1).all():
        return MINUS
    return RING


def bitwise(function, operands, mask):
    """A boolean function, given as an array of shape (2,) * k, of words, bit by bit."""
    m = len(operands[0]) if operands else 1
    out = np.zeros((m, len(mask)), np.uint64)
    for inputs in itertools.product((0, 1), repeat=len(operands)):
        if function[inputs]:
            term = np.broadcast_to(mask, out.shape)
            for bit, operand in zip(inputs, operands, strict=True):
                term = term & (operand if bit else ~operand)
            out |= term
    return out
