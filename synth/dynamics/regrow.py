"""The move that draws a subtree of the present program anew, from the prior.

As in Goodman et al., "A rational analysis of rule-based concept learning" (Cognitive Science
32, 2008), a node is chosen uniformly, and its subtree is drawn again by 2**-bits.  The states
are then trees, not behaviours, and a change of energy dE between trees of s and s' nodes is
accepted with probability min(1, 2**-dE s / s'), which keeps 2**-(bits + E).

What a tree computes is looked up, not computed: from a primitive and the behaviours of its
first arguments, the behaviour of the next argument leads on.  There is one entry for every
application within the budget, as many as the enumerator makes candidates.
"""

from itertools import pairwise

import numpy as np

from synth.engine import enumerate_programs
from synth.errors import SettingError
from synth.kernels import regrow as kernels

#: The most applications, each of which has its entry in memory.
MOST_ENTRIES = 5_000_000
#: The most nodes of a tree; moves to larger trees are rejected.
MOST_NODES = 256

_NO_NUMBERS, _NO_BITS = np.zeros(0, np.int64), np.zeros(0)
#: The `Growth` of a chain that does not regrow subtrees.
NOTHING = kernels.Growth(
    first=_NO_NUMBERS,
    result=_NO_NUMBERS,
    bits=_NO_BITS,
    chance=_NO_BITS,
    arguments=np.zeros((0, 1), np.int64),
    meaning=_NO_NUMBERS,
    base=_NO_NUMBERS,
    count=_NO_NUMBERS,
    follows=_NO_NUMBERS,
    budget=0.0,
)


def make_growth(grammar, columns, root, programs, max_bits):
    """The `synth.kernels.regrow.Growth` of all programs of at most `max_bits` bits.

    Parameters
    ----------
    grammar : Grammar
    columns : mapping of str to array (rows,)
    root : Type
        The type of the programs.
    programs : Enumeration
        Those of the root type on these columns.
    max_bits : float

    Raises
    ------
    SettingError
        If there are too many applications, or a type has values that are rounded.
    """
    for type_ in grammar.types:
        if type_.inexact:
            raise SettingError(
                f"moves=regrow in a grammar with {type_}; allowed: Bool, Mod and Int"
            )
    types = {type_: t for t, type_ in enumerate(grammar.types)}
    found = {root: programs}
    for type_ in grammar.types:
        if type_ != root:
            limits = {"type": type_, "max_bits": max_bits}
            found[type_] = enumerate_programs(grammar, columns, **limits).whole()
    table = _Table(found, max_bits)
    productions = [p for type_ in grammar.types for p in grammar.productions[type_]]
    counts = [len(grammar.productions[type_]) for type_ in grammar.types]
    widest = max((len(p.item.arguments) for p in productions), default=1) or 1
    arguments = np.full((len(productions), widest), -1)
    for row, p in zip(arguments, productions, strict=True):
        row[: len(p.item.arguments)] = [types[a] for a in p.item.arguments]
    meaning = [
        table.leaf(p, columns) if not p.item.arguments else table.node(p) for p in productions
    ]
    first = np.concatenate([[0], np.cumsum(counts)])
    bits = np.array([p.bits for p in productions])
    return kernels.Growth(
        first=first,
        result=np.array([types[p.item.result] for p in productions], np.int64),
        bits=bits,
        chance=np.concatenate([np.cumsum(2.0 ** -bits[a:b]) for a, b in pairwise(first)]),
        arguments=arguments,
        meaning=np.array(meaning, np.int64),
        base=np.array(table.base, np.int64),
        count=np.array(table.count, np.int64),
        follows=np.concatenate([_NO_NUMBERS, *table.follows]),
        budget=float(max_bits),
    )


def codes_of(program, grammar):
    """A `Program` as production numbers in prefix order, int64 (nodes,)."""
    productions = [p.item for type_ in grammar.types for p in grammar.productions[type_]]
    place = {item: k for k, item in enumerate(productions)}
    return np.array([place[node.head] for node in program.walk()], np.int64)


class _Table:
    """What follows from a node of the table and the behaviour of its next argument."""

    def __init__(self, found, max_bits):
        self.bits = {t: np.asarray(f.bits) for t, f in found.items()}
        self.values = {t: f.values for t, f in found.items()}
        self.places = {
            t: {row.tobytes(): k for k, row in enumerate(v)} for t, v in self.values.items()
        }
        self.max_bits = max_bits
        self.base, self.count, self.follows, self.size = [], [], [], 0

    def leaf(self, production, columns):
        """The behaviour of an input or constant, -1 if it is beyond the budget."""
        item = production.item
        values = self.values[item.result]
        given = item.value if hasattr(item, "value") else columns[item.name]
        row = np.broadcast_to(np.asarray(given, values.dtype), values.shape[1:])
        return self.places[item.result].get(row.tobytes(), -1)

    def node(self, production):
        """The node of a primitive without arguments so far."""
        item = production.item
        return self._node(item, (), self.max_bits - production.bits)

    def _node(self, item, known, room):
        """The node of a primitive, given the behaviours of its first arguments."""
        type_ = item.arguments[len(known)]
        rest = item.arguments[len(known) + 1 :]
        room_here = room - sum(float(self.bits[t].min(initial=np.inf)) for t in rest)
        # Behaviours are numbered in order of bits, so those within a budget come first.
        count = int(np.searchsorted(self.bits[type_], room_here + 1e-9, side="right"))
        number = len(self.base)
        self._take(count)
        self.base.append(self.size - count)
        self.count.append(count)
        self.follows.append(np.full(count, -1))
        own = self.follows[number]
        if rest:
            for k in range(count):
                own[k] = self._node(item, (*known, k), room - self.bits[type_][k])
        elif count:
            own[:] = self._results(item, known, self.values[type_][:count])
        return number

    def _take(self, count):
        self.size += count
        if self.size > MOST_ENTRIES:
            raise SettingError(
                f"moves=regrow with more than {MOST_ENTRIES} applications; allowed: fewer; take "
                f"a max_bits below {self.max_bits:g}"
            )

    def _results(self, item, known, last):
        """The behaviours of a primitive for a block of last arguments (count, rows)."""
        shape = last.shape
        fixed = [
            np.broadcast_to(self.values[t][k], shape).ravel()
            for t, k in zip(item.arguments, known, strict=False)
        ]
        values, defined = item.evaluate(*fixed, np.ascontiguousarray(last).ravel())
        values = values.reshape(shape)
        fine = np.ones(len(last), bool) if defined is None else defined.reshape(shape).all(axis=1)
        places = self.places[item.result]
        return [
            places.get(row.tobytes(), -1) if ok else -1
            for row, ok in zip(values, fine, strict=True)
        ]
