"""Contexts: programs with a hole, and the exceptions of every row of a pool in them."""

from dataclasses import dataclass

import numpy as np

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

    def wrong(self, problem, at, values):
        """Whether values of the hole are wrong.

        Parameters
        ----------
        problem : Problem
        at : ndarray of int64, shape (points,)
            Training rows.
        values : ndarray, shape (points,)
            Values of the hole on these rows.

        Returns
        -------
        ndarray of bool, shape (points,)
            Whether the program's value is not the label, or there is none.
        """
        gap, made = hole(self.type), {}

        def along(node):
            """(values at the points, where they are defined), or None for what has no hole."""
            if node is gap:
                return values, None
            found = [_once(made, a, along) for a in node.arguments]
            if all(f is None for f in found):
                return None
            known, arguments = None, []
            for a, f in zip(node.arguments, found, strict=True):
                if f is not None:
                    arguments.append(f[0])
                    known = _both(known, f[1])
                elif problem.values(a) is None:
                    return values, np.zeros(len(values), bool)
                else:
                    arguments.append(problem.values(a)[at])
            answers, defined = node.head.evaluate(*arguments)
            return answers, _both(known, defined)

        answers, defined = along(self.program)
        wrong = problem.root.coarse(answers) != problem.compared[at]
        return wrong if defined is None else wrong | ~defined


def _once(made, node, work):
    """What `work` makes of a node, kept in `made`."""
    if node not in made:
        made[node] = work(node)
    return made[node]


def _both(a, b):
    """Where both are defined; None for everywhere."""
    if a is None or b is None:
        return b if a is None else a
    return a & b
