"""One labelling of a task, as the stages of `reach` see it: programs, their values, their totals.

Every stage proposes programs, and the problem prices them all by the same code: the program's bits
plus `codes.program_totals` at its number of exceptions.  Training labels alone decide.  Held-out
rows serve only to tell whether a program has a value there, as everywhere.
"""

import numpy as np

from synth.language import UNIT, Program

#: Programs whose values are kept; beyond, they are forgotten and computed again.
KEPT_BYTES = 2**26
#: The most nodes on a path from the root: a text is read up to a depth of 200.
DEEPEST = 190
#: The most programs whose costs, sizes and objects are kept.
MOST_KEPT = 2**18


class Problem:
    """What reach has to explain, and with what.

    Parameters
    ----------
    engine : Enumerator
        The enumerator, whose banks hold the short programs.  Training rows come first.
    labelling : Labelling
        The labels, and the code of exceptions.
    simplicity : bool
        Whether the bits of a program are a part of its energy.  Without them chains memorise.
    share : float
        The share of their work that seed stages may do, at most 1.

    Attributes
    ----------
    grammar : Grammar
    root : Type
        The type of the labels.
    columns : dict of str to ndarray, shape (rows,)
        The inputs, training rows first.
    rows, n : int
        The number of all rows, and of training rows.
    labels : ndarray, shape (n,)
        The training labels as values of the root type.
    code : ndarray of float64, shape (n + 1,)
        Total bits less the program's, by the number of exceptions.
    table_bits : float
        The bits of the better look-up table.
    two : bool
        Whether a program that is wrong on more rows than not is read as its opposite.
    most_wrong : int
        Of more than two labels: the most exceptions of a hypothesis.
    """

    def __init__(self, engine, labelling, simplicity=True, share=1.0):
        self.engine, self.simplicity, self.share = engine, simplicity, share
        self.grammar, self.root, self.columns = engine.grammar, engine.root, engine.columns
        self.rows, self.n = engine.rows, labelling.n
        self.labels = labelling.values
        self.labelling = labelling
        self.code = labelling.score.code
        self.table_bits = labelling.table_bits
        self.two, self.most_wrong = labelling.score.two, labelling.score.most
        self.compared = self.root.coarse(self.labels)
        self._units, self._sizes, self._values, self._made = {}, {}, {}, {}
        # The table of such a primitive shows that it has a value for all arguments, and of the
        # right dtype.  To call its function without the checks takes a sixth of the time.
        self._total = {
            rule.item
            for rule in engine.rules
            if rule.table is not None and rule.result.storage is None
        }
        self._most = max(64, KEPT_BYTES // (8 * self.rows))

    def made(self, head, arguments):
        """The program of a head and arguments (a tuple), the same object whenever it is asked for.

        Equal programs are then found equal without a look at their parts.
        """
        found = self._made.get((head, arguments))
        if found is None:
            if len(self._made) > MOST_KEPT:
                self._made.clear()
            found = self._made[head, arguments] = Program(head, arguments)
        return found

    def size(self, program):
        """The number of nodes."""
        known = self._sizes.get(program)
        if known is None:
            if len(self._sizes) > MOST_KEPT:
                self._sizes.clear()
            known = self._sizes[program] = 1 + sum(map(self.size, program.arguments))
        return known

    def is_readable(self, program):
        """Whether the text of a program can be read back, as it is for a checkpoint."""
        if self.size(program) <= DEEPEST:
            return True
        return program.depth <= DEEPEST

    def some_path(self, program, generator):
        """The path of a node, each node with equal probability, and the node."""
        k, path = int(generator.integers(self.size(program))), []
        while k:
            k -= 1
            for position, argument in enumerate(program.arguments):
                if k < self.size(argument):
                    path.append(position)
                    program = argument
                    break
                k -= self.size(argument)
        return tuple(path), program

    def units(self, program):
        """The program's cost in units of 1/1024 bit."""
        known = self._units.get(program)
        if known is None:
            if len(self._units) > MOST_KEPT:
                self._units.clear()
            known = self.grammar.units(program.head) + sum(map(self.units, program.arguments))
            self._units[program] = known
        return known

    def values(self, program):
        """The program's values, (rows,) of the type's dtype; None unless all rows have one."""
        known = self._values.get(program, self)  # several threads may ask
        if known is not self:
            return known
        arguments = [self.values(a) for a in program.arguments]
        found = None
        if not any(a is None for a in arguments):
            found = self._whole(program.head, arguments)
        if len(self._values) > self._most:
            self._values.clear()
        self._values[program] = found
        return found

    def applied(self, head, arguments):
        """The values of a primitive, and where they are defined (None for everywhere)."""
        if head in self._total:
            return head.function(*arguments), None
        return head.evaluate(*arguments)

    def _whole(self, head, arguments):
        if not head.arguments:
            return self.engine.leaf_values(head)
        values, defined = self.applied(head, arguments)
        return values if defined is None or defined.all() else None

    def misses(self, values):
        """Which training labels some values (rows,) of the root type miss, bool (n,)."""
        return self.root.coarse(values[: self.n]) != self.compared

    def exceptions(self, program):
        """How many training labels a program misses; None if it lacks a value on some row."""
        values = self.values(program)
        return None if values is None else int(np.count_nonzero(self.misses(values)))

    def total(self, program):
        """The total bits of the hypothesis; infinite if the program lacks a value on some row."""
        wrong = self.exceptions(program)
        if wrong is None:
            return np.inf
        return self.units(program) / UNIT + float(self.code[wrong])

    def energy(self, program):
        """What chains draw by, in bits: the total, or its part for exceptions alone."""
        total = self.total(program)
        if self.simplicity or not total < np.inf:
            return total
        return float(self.code[self.exceptions(program)])


def replaced(program, path, part):
    """The program with another part at a path, a tuple of argument positions."""
    if not path:
        return part
    k, *rest = path
    arguments = list(program.arguments)
    arguments[k] = replaced(arguments[k], rest, part)
    return Program(program.head, arguments)


def part_at(program, path):
    """The part of a program at a path."""
    for k in path:
        program = program.arguments[k]
    return program


def paths(program):
    """The path of every node, the root's first."""
    found, stack = [], [((), program)]
    while stack:
        path, node = stack.pop()
        found.append(path)
        stack += [((*path, k), a) for k, a in reversed(list(enumerate(node.arguments)))]
    return found
