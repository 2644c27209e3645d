"""A corpus: the programs of a family of tasks, and what their hypotheses cost in all.

Every task has its inputs, and so a grammar of its own over the one DSL.  A task's hypothesis
is its program with what it takes beside (class flag and exceptions), or where that is less
its table, so that the total is a code of all labels of the family: the library first, then
each task's hypothesis.
"""

import math
from dataclasses import dataclass, replace

from synth.language import UNIT, Grammar, Input, Program
from synth.library.abstraction import name_key, named_units, rebound


@dataclass(frozen=True)
class Solved:
    """A task and a program for it.

    inputs: names to types; program: of the DSL over them, or None where there is none;
    rest: units of the hypothesis beside the program; table: units of the best hypothesis that
    is no program, or None where that is no choice; weights: of the inputs (see `Grammar`);
    name: what it is called.

    Units are of 1/1024 bit; `from_bits` rounds up to them.
    """

    inputs: dict
    program: Program | None
    rest: int = 0
    table: int | None = None
    weights: dict | None = None
    name: str = ""

    @staticmethod
    def from_bits(task, dsl, text, bits, total_bits, table_bits):
        """Of a `Task` and the numbers of a search in a DSL; text: of the program, or None."""
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
        """Units of the hypothesis, the program's own being `units` (None: no program)."""
        return least(None if units is None else units + self.rest, self.table)

    def units(self, dsl):
        """Units of the program under a DSL; None without one."""
        return None if self.program is None else named_units(self.program, self.grammar(dsl))

    def bound(self, dsl):
        """The same with the primitives of another DSL of these names."""
        if self.program is None:
            return self
        return replace(self, program=rebound(self.program, self.grammar(dsl)))


def units_of(bits):
    """Bits in units of 1/1024 bit, rounded up, but not for an error of floating point."""
    return math.ceil(bits * UNIT - 1e-6)


def least(program, table):
    """The lesser of two totals, either of which may be None."""
    return min(v for v in (program, table) if v is not None)


def corpus_units(dsl, corpus):
    """Units of all hypotheses of a corpus under a DSL, without those of a library."""
    return sum(one.total(one.units(dsl)) for one in corpus)


class Terms:
    """All distinct subexpressions of a corpus, numbered so that arguments come first.

    They are distinct up to the order of the arguments of commutative primitives, and by the
    group: the tasks with the same inputs have one grammar, and so one price for each.

    heads: an Input, Constant or Primitive; keys: what prices are kept by; children: tuples of
    numbers; group; inputs: bit masks of the inputs in each; above: all that hold it and
    itself, in order; roots: the number of each program, or None.
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
        """The keys of the inputs of a mask, which are of one group."""
        return [key for (_, key), bit in self._bits.items() if mask >> bit & 1]

    def prices(self, dsl, group):
        """(units by key under a DSL, types that there are values of) for a group."""
        grammar = self.groups[group].grammar(dsl)
        return {name_key(p.item): p.units for p in grammar}, set(grammar.types)
