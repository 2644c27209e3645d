"""The inner enumeration: programs over given parts, each part at the price of its own program."""

import numpy as np

from synth.engine.enumerator import Enumerator
from synth.engine.limits import Limits
from synth.engine.watch import Watch
from synth.language import UNIT, Grammar, Program

#: The name of a part in the inner grammar: no identifier, so that no constant has it.
PART = "part {}"


class Inner:
    """All programs over some parts, cheapest first, as far as a limit goes.

    Parameters
    ----------
    problem : Problem
        The problem, whose primitives and constants may be used.
    parts : sequence of Program
        What stands for the inputs.  A part costs its own bits wherever it is used.
    type : Type
        The type of the programs.
    columns : sequence of ndarray, optional
        The values of the parts on some rows, in order; by default on all rows of the problem.
        Give distinct rows: it is faster.
    max_programs : int
        How many programs to make.
    max_bits : float, optional
        The most bits of a program.
    prices : sequence of int, optional
        What the parts cost, in units; by default what their programs cost.
    dsl : DSL, optional
        What else may be used; by default all that the problem may use.

    Attributes
    ----------
    engine : Enumerator
    values : ndarray, shape (behaviours, rows)
        The behaviours in order of cost.
    units : ndarray of int64, shape (behaviours,)
        What each costs.
    """

    def __init__(
        self,
        problem,
        parts,
        type,
        columns=None,
        *,
        max_programs,
        max_bits=None,
        prices=None,
        dsl=None,
    ):
        self.parts = list(parts)
        if columns is None:
            columns = [problem.values(part) for part in self.parts]
        if prices is None:
            prices = [problem.units(part) for part in self.parts]
        names = [PART.format(k) for k in range(len(self.parts))]
        units = dict(zip(names, prices, strict=True))

        def price(item):
            own = units.get(item.name)
            return (problem.grammar.units(item) if own is None else own) / UNIT

        types = {name: part.type for name, part in zip(names, self.parts, strict=True)}
        grammar = Grammar(dsl or problem.grammar.dsl, types, costs=price)
        limits = Limits(
            max_bits=max_bits, max_programs=max_programs, seconds=None, memory=2**28, threads=1
        )
        given = dict(zip(names, columns, strict=True))
        self.engine = Enumerator(grammar, given, type, Watch(limits))
        while self.engine.stop_reason is None:
            self.engine.advance()
        bank = self.engine.bank
        held = bank.ends[-1] if bank.ends else 0
        self.values = bank.values(0, held)
        self.units = bank.row_costs(0, held) >> grammar.shift

    def program(self, row):
        """The program of a behaviour, over the problem's inputs."""
        return self.written(self.engine.program(int(row)))

    def written(self, program):
        """A program over the parts, as a program over the problem's inputs."""
        return over(program, self.parts)


def over(program, parts):
    """A program of an inner enumeration, over the parts that it was made with, or others."""
    named = {PART.format(k): part for k, part in enumerate(parts)}
    made = {}
    for node in program.parts():
        if node.head.arguments:
            made[node] = Program(node.head, [made[a] for a in node.arguments])
        else:
            made[node] = named.get(node.head.name, node)
    return made[program]


def distinct_rows(columns):
    """One row for each combination of values that occurs, and which row has which.

    Parameters
    ----------
    columns : sequence of ndarray, shape (rows,)

    Returns
    -------
    first : ndarray of int64
        A row of each combination.
    cell : ndarray of int64, shape (rows,)
        The combination that each row has.
    """
    cell = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        _, found = np.unique(column, return_inverse=True)
        _, cell = np.unique(cell * (int(found.max()) + 1) + found, return_inverse=True)
    _, first = np.unique(cell, return_index=True)
    return first, cell
