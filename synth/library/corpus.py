"""A corpus: the programs of a family of tasks, and the total cost of their hypotheses.

Every task has its own inputs, and so its own grammar over the common DSL. A task's hypothesis is
its program with everything it needs besides (class flag and exceptions), or its table if that is
shorter. The total is therefore a code of all labels of the family: first the library, then each
task's hypothesis.
"""

import math
from dataclasses import dataclass, replace

from synth.language import UNIT, Grammar, Input, Program
from synth.library.abstraction import name_key, named_units, rebound


@dataclass(frozen=True)
class Solved:
    """A task and a program for it.

    All lengths are in units of 1/1024 bit; `units_of` rounds bits up to units.

    Parameters
    ----------
    inputs : dict of str to Type
        The inputs of the task.
    program : Program or None
        A program of the DSL over these inputs; None if none is known.
    rest : int, optional
        Units of the hypothesis in addition to the program.
    table : int or None, optional
        Units of the best hypothesis without a program; None if there is no such choice.
    weights : dict or None, optional
        The weights of the inputs (see `Grammar`).
    name : str, optional
        The name of the task.
    """

    inputs: dict
    program: Program | None
    rest: int = 0
    table: int | None = None
    weights: dict | None = None
    name: str = ""

    @staticmethod
    def from_bits(task, dsl, text, bits, total_bits, table_bits):
        """A solved task from the numbers of a search.

        Parameters
        ----------
        task : Task
            The task.
        dsl : DSL
            The DSL that was searched.
        text : str or None
            The program as text; None if there is none.
        bits : float
            The bits of the program.
        total_bits : float
            The bits of the whole hypothesis.
        table_bits : float
            The bits of the best hypothesis without a program.

        Returns
        -------
        Solved
        """
        inputs = dict(task.types)
        if text is None:
            return Solved(inputs, None, 0, units_of(table_bits), task.input_weights, task.name)
        grammar = Grammar(dsl, inputs, input_weights=task.input_weights)
        program = Program.parse(text, grammar, task.label_type)
        rest = units_of(total_bits - bits)
        return Solved(inputs, program, rest, units_of(table_bits), task.input_weights, task.name)

    def grammar(self, dsl):
        """The `Grammar` of a DSL over the task's inputs."""
        return Grammar(dsl, self.inputs, input_weights=self.weights)

    def total(self, units):
        """Units of the hypothesis if the program takes `units`; None stands for no program."""
        return least(None if units is None else units + self.rest, self.table)

    def units(self, dsl):
        """Units of the program under a DSL; None if there is no program."""
        return None if self.program is None else named_units(self.program, self.grammar(dsl))

    def bound(self, dsl):
        """The same with the primitives of another DSL, matched by name."""
        if self.program is None:
            return self
        return replace(self, program=rebound(self.program, self.grammar(dsl)))


def units_of(bits):
    """Bits in units of 1/1024 bit, rounded up except for floating-point errors."""
    return math.ceil(bits * UNIT - 1e-6)


def least(program, table):
    """The smaller of two totals, either of which may be None."""
    return min(v for v in (program, table) if v is not None)


def corpus_units(dsl, corpus):
    """Units of all hypotheses of a corpus under a DSL, without the library."""
    return sum(one.total(one.units(dsl)) for one in corpus)


class Terms:
    """All distinct subexpressions of a corpus, numbered so that arguments come first.

    Terms that differ only in the order of the arguments of commutative primitives are the same.
    Terms of different groups are distinct: tasks with the same inputs form a group, which has
    one grammar and so one price for each term.

    Parameters
    ----------
    dsl : DSL
        The DSL of the programs.
    corpus : iterable of Solved
        The tasks.

    Attributes
    ----------
    groups : list of Solved
        One task of each group.
    heads : list
        The Input, Constant or Primitive of each term.
    keys : list
        The `name_key` of each head, by which prices are stored.
    children : list of tuple of int
        The arguments of each term.
    group : list of int
        The group of each term.
    inputs : list of int
        The inputs in each term, as a bit mask.
    above : list of tuple of int
        Each term and all terms that contain it, ascending.
    roots : list of int or None
        The term of each program.
    """

    def __init__(self, dsl, corpus):
        self.groups, self.roots = [], []
        self.heads, self.keys, self.children, self.group, self.inputs = [], [], [], [], []
        self._ids, self._bits = {}, {}
        groups = {}
        for one in corpus:
            weights = tuple(sorted((one.weights or {}).items()))
            key = tuple(one.inputs.items()), weights
            if key not in groups:
                groups[key] = len(self.groups)
                self.groups.append(one)
            self.roots.append(
                None if one.program is None else self._add(one.bound(dsl).program, groups[key])
            )
        parents = [[] for _ in self.heads]
        for node, children in enumerate(self.children):
            for child in children:
                parents[child].append(node)
        above = [set() for _ in self.heads]
        for node in reversed(range(len(self.heads))):
            above[node] = {node}.union(*(above[p] for p in parents[node]))
        self.above = [tuple(sorted(found)) for found in above]

    def _add(self, program, group):
        made = {}
        for part in program.parts():
            head = part.head
            children = tuple(made[a] for a in part.arguments)
            if getattr(head, "commutative", False):
                children = tuple(sorted(children))
            made[part] = self._node(head, children, group)
        return made[program]

    def _node(self, head, children, group):
        key = name_key(head)
        whole = group, key, children
        if whole not in self._ids:
            self._ids[whole] = len(self.heads)
            self.heads.append(head)
            self.keys.append(key)
            self.children.append(children)
            self.group.append(group)
            mask = 0
            if isinstance(head, Input):
                mask = 1 << self._bits.setdefault((group, key), len(self._bits))
            for child in children:
                mask |= self.inputs[child]
            self.inputs.append(mask)
        return self._ids[whole]

    def inputs_of(self, mask):
        """The keys of the inputs in a mask, which all belong to one group."""
        return [key for (_, key), bit in self._bits.items() if mask >> bit & 1]

    def prices(self, dsl, group):
        """The prices of a group under a DSL: units by key, and the types that have values."""
        grammar = self.groups[group].grammar(dsl)
        return {name_key(p.item): p.units for p in grammar}, set(grammar.types)
