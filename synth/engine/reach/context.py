"""Contexts: programs with a hole, and the exceptions of every row of a pool in them."""

from dataclasses import dataclass

import numpy as np

from synth.kernels import reach as kernels
from synth.language import Input, Program

#: What stands for a hole in a context; the type is the hole's.
HOLE = "?"


def hole(type_, _known={}):  # noqa: B006 - one hole a type, so that contexts compare
    """The leaf that stands for a hole of a type."""
    if type_ not in _known:
        _known[type_] = Program(Input(HOLE, type_))
    return _known[type_]


@dataclass(frozen=True, eq=False)
class Context:
    """A program with a hole.

    Parameters
    ----------
    program : Program
        The program; its hole is `hole(type)`.
    type : Type
        The type of the hole.
    units : int
        The cost of the nodes beside the hole.
    copies : int
        How often the hole occurs.
    """

    program: Program
    type: object
    units: int
    copies: int

    @classmethod
    def of(cls, problem, program, type_):
        """The context of a program in which holes of a type occur."""
        units, copies, stack = 0, 0, [program]
        gap = hole(type_)
        while stack:
            node = stack.pop()
            if node is gap:
                copies += 1
            else:
                units += problem.grammar.units(node.head)
                stack += node.arguments
        return cls(program, type_, units, copies)

    def filled(self, part):
        """The program with the hole filled."""
        gap, made = hole(self.type), {}

        def fill(node):
            if node is gap:
                return part
            if node not in made:
                arguments = [fill(a) for a in node.arguments]
                same = all(a is b for a, b in zip(arguments, node.arguments, strict=True))
                made[node] = node if same else Program(node.head, arguments)
            return made[node]

        return fill(self.program)

    def wrong(self, problem, pool):
        """Whether each value of the hole is wrong, bool (points,): see `Pool.points`."""
        at, values, _ = pool.points()
        gap, n = hole(self.type), problem.n
        repeated = pool.width if pool.uniform else None

        def spread(rows):
            return np.tile(rows[:n], repeated) if repeated else rows[at]

        def along(node):
            """(values at the points, where they are defined), or None for what has no hole."""
            if node is gap:
                return values, None
            found = [along(a) for a in node.arguments]
            if all(f is None for f in found):
                return None
            known, arguments = None, []
            for a, f in zip(node.arguments, found, strict=True):
                if f is None:
                    rows = problem.values(a)
                    if rows is None:
                        return values, np.zeros(len(values), bool)
                    arguments.append(spread(rows))
                else:
                    arguments.append(f[0])
                    known = both(known, f[1])
            answers, defined = node.head.evaluate(*arguments)
            return answers, both(known, defined)

        answers, defined = along(self.program)
        wrong = problem.root.coarse(answers) != spread(problem.compared)
        return wrong if defined is None else wrong | ~defined


def both(a, b):
    """Where both are defined; None for everywhere."""
    if a is None or b is None:
        return b if a is None else a
    return a & b


def errors(problem, pool, contexts, out=None):
    """The exceptions of every row of a pool in each context, int32 (contexts, rows)."""
    found = np.empty((len(contexts), pool.count), np.int32) if out is None else out
    wrong = np.stack([c.wrong(problem, pool) for c in contexts])
    n, width = problem.n, pool.width
    if pool.bits:
        off, on = wrong[:, :n], wrong[:, n:]
        base = pool.type.pack(off)
        change = pool.type.pack(off ^ on)
        kernels.wrong_bits(pool.cells, 0, base, change, found)
        return found
    at, _, ids = pool.points()
    table = np.ones((len(contexts), n, width), np.uint8)
    table[:, at, ids] = wrong
    kernels.wrong_cells(pool.cells, 0, table, found)
    return found
