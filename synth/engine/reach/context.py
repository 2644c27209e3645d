"""Contexts: programs with a hole.

Only the nodes from the hole up to the root depend on what fills it.  These are the steps of a
context, the lowest first; an argument of a step is a program, or the number of an earlier step.
"""

from dataclasses import dataclass

import numpy as np

#: What stands for the hole's own value among the steps.
HOLE = -1


@dataclass(frozen=True, eq=False)
class Context:
    """A program with a hole.

    Parameters
    ----------
    type : Type
        The type of the hole.
    steps : tuple of (Primitive, tuple of Program or int)
        The primitives above the hole and their arguments; the last is the root.
    units : int
        The cost of the program beside the hole.
    copies : int
        How often the hole occurs.
    """

    type: object
    steps: tuple
    units: int
    copies: int = 1

    @classmethod
    def at(cls, problem, program, path, new=None):
        """The context of a program with a hole at a path, or with a new node there.

        new: the new node, (Primitive, arguments), of which one argument is None, the hole.
        """
        spine, node = [], program
        for k in path:
            spine.append((node, k))
            node = node.arguments[k]
        steps, type_ = [], node.type
        units = problem.units(program) - problem.units(node)
        if new is not None:
            head, arguments = new
            k = arguments.index(None)
            type_ = head.arguments[k]
            units += problem.grammar.units(head)
            units += sum(problem.units(a) for a in arguments if a is not None)
            steps.append((head, (*arguments[:k], HOLE, *arguments[k + 1 :])))
        for above, k in reversed(spine):
            rest = above.arguments
            steps.append((above.head, (*rest[:k], len(steps) - 1, *rest[k + 1 :])))
        return cls(type_, tuple(steps), units)

    @classmethod
    def of_copies(cls, problem, program, part):
        """The context of a program with the same hole wherever a part occurs."""
        steps, known, copies = [], {}, 0

        def numbered(node):
            """The number of the step that a node becomes; the node if it has no hole."""
            nonlocal copies
            if node == part:
                copies += 1
                return HOLE
            if not node.arguments:
                return node
            arguments = tuple(numbered(a) for a in node.arguments)
            if not any(isinstance(a, int) for a in arguments):
                return node
            if (node.head, arguments) not in known:
                known[node.head, arguments] = len(steps)
                steps.append((node.head, arguments))
            return known[node.head, arguments]

        numbered(program)
        units = problem.units(program) - copies * problem.units(part)
        return cls(part.type, tuple(steps), units, copies)

    def filled(self, problem, part):
        """The program with the hole filled."""
        made = [part]
        for head, arguments in self.steps:
            given = tuple(made[a + 1] if isinstance(a, int) else a for a in arguments)
            made.append(problem.made(head, given))
        return made[-1]

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
        made, undefined = [values], None
        for head, arguments in self.steps:
            given = []
            for a in arguments:
                if isinstance(a, int):
                    given.append(made[a + 1])
                elif problem.values(a) is None:
                    return np.ones(len(values), bool)
                else:
                    given.append(problem.values(a)[at])
            answers, defined = problem.applied(head, given)
            made.append(answers)
            if defined is not None:
                undefined = ~defined if undefined is None else undefined | ~defined
        wrong = problem.root.coarse(made[-1]) != problem.compared[at]
        return wrong if undefined is None else wrong | undefined
