"""Gates: the cheapest programs that conjoin, disjoin and negate two parts, whatever the DSL.

A gate is a program over two placeholders.  A small enumeration over the four rows of two booleans
finds the gates by their truth tables, so that no operator is built in.  A formula is kept as a
pair of sides: what it costs to say it, and what it costs to say its opposite.  Each gate takes the
side of each operand that makes it cheapest: `~a & ~b` becomes `~(a | b)`, and over `nand` alone
the gates alternate.
"""

from dataclasses import dataclass

import numpy as np

from synth.engine.enumerator import Enumerator
from synth.engine.limits import Limits
from synth.engine.watch import Watch
from synth.language import UNIT, Bool, Grammar, Program

#: The placeholders, by names that no constant has.
PLACES = ("part 0", "part 1")
#: The bits of a placeholder.  A dear one finds gates that say each operand once.
PRICES = (3.0, 15.0)
#: The most programs of the small enumeration; Boolean DSLs are exhausted after 16 behaviours.
PROGRAMS = 200_000
#: What a side costs that no program says.
NEVER = 2**50


@dataclass(frozen=True)
class Gate:
    """A program over placeholders.

    Parameters
    ----------
    program : Program
    units : int
        The cost of the nodes beside the placeholders.
    copies : tuple of int
        How often each placeholder occurs.
    """

    program: Program
    units: int
    copies: tuple

    @classmethod
    def of(cls, grammar, program):
        """The gate that a program over placeholders is."""
        units, copies = 0, [0, 0]
        for node in program.walk():
            if node.head.name in PLACES and not node.arguments:
                copies[PLACES.index(node.head.name)] += 1
            else:
                units += grammar.units(node.head)
        return cls(program, units, tuple(copies))

    def cost(self, *operands):
        """What the gate costs over operands that cost so many units, numbers or arrays."""
        parts = [n * cost for n, cost in zip(self.copies, operands, strict=False) if n]
        return np.minimum(self.units + sum(parts), NEVER)

    def over(self, first, second):
        """The same for two numbers, 10 times as fast."""
        p, q = self.copies
        return min(self.units + p * first + q * second, NEVER)

    def filled(self, *operands):
        """The program with operands for placeholders."""
        made = {}
        for node in self.program.parts():
            if node.arguments:
                made[node] = Program(node.head, [made[a] for a in node.arguments])
            elif node.head.name in PLACES:
                made[node] = operands[PLACES.index(node.head.name)]
            else:
                made[node] = node
        return made[self.program]


class Gates:
    """The gates of a problem's DSL.

    Parameters
    ----------
    problem : Problem

    Attributes
    ----------
    negations : tuple of Gate
        Of the first placeholder.
    conjunctions : dict of (int, int, int) to tuple of Gate
        By (a, b, c): the gates that are `c ^ ((p ^ a) & (q ^ b))`.
    """

    def __init__(self, problem):
        self.grammar = problem.grammar
        p, q = np.array([0, 1, 0, 1], bool), np.array([0, 0, 1, 1], bool)
        tables = {
            (a, b, c): bool(c) ^ ((p ^ bool(a)) & (q ^ bool(b)))
            for a in (0, 1)
            for b in (0, 1)
            for c in (0, 1)
        }
        wanted = {tuple(t.tolist()) for t in (*tables.values(), ~p)}
        found = [_enumerated(problem.grammar, price, (p, q), wanted) for price in PRICES]

        def gates(table):
            key = tuple(table.tolist())
            programs = {f[key].text: f[key] for f in found if key in f}
            return tuple(Gate.of(problem.grammar, program) for program in programs.values())

        self.negations = gates(~p)
        self.conjunctions = {key: gates(table) for key, table in tables.items()}

    @property
    def complete(self):
        """Whether conjunctions and disjunctions of some sides can be said."""
        return any(self.conjunctions[a, b, 0] for a in (0, 1) for b in (0, 1)) and any(
            self.conjunctions[a, b, 1] for a in (0, 1) for b in (0, 1)
        )

    def negated(self, cost):
        """What the opposite of a program costs that costs so much."""
        return min((g.cost(cost) for g in self.negations), default=NEVER)

    def opposite(self, program):
        """The opposite of a program; None if the DSL has none."""
        if not self.negations:
            return None
        units = program.units(self.grammar)
        return min(self.negations, key=lambda g: g.cost(units)).filled(program)

    def both(self, first, second):
        """The costs of the conjunction of two formulas.

        first, second: int64 (2, m), the costs of the formulas and of their opposites.  Returns
        the same for the conjunction.
        """
        costs = np.full(np.broadcast_shapes(first.shape, second.shape), NEVER, np.int64)
        for (a, b, c), gates in self.conjunctions.items():
            for gate in gates:
                np.minimum(costs[c], gate.cost(first[a], second[b]), out=costs[c])
        for c in (0, 1):
            for gate in self.negations:
                np.minimum(costs[c], gate.cost(costs[1 - c]), out=costs[c])
        return costs

    def disjunct(self, sides):
        """What a formula adds to a long disjunction: int64 (m,); sides int64 (2, m)."""
        return self._added(sides[::-1], 1)

    def conjunct(self, sides):
        """What a formula adds to a long conjunction."""
        return self._added(sides, 0)

    def _added(self, sides, negative):
        found = np.full(sides.shape[1], NEVER, np.int64)
        for (a, _, c), gates in self.conjunctions.items():
            for gate in gates:
                if c == negative and gate.copies[1] == 1:
                    np.minimum(found, gate.cost(sides[a], 0), out=found)
        return found

    def joined(self, first, second):
        """`both` for one pair of formulas, with the programs: see `Sides`."""
        costs, how = [NEVER, NEVER], [None, None]
        for (a, b, c), gates in self.conjunctions.items():
            for gate in gates:
                cost = gate.over(first.costs[a], second.costs[b])
                if cost < costs[c]:
                    costs[c], how[c] = cost, (gate, a, b)
        programs = [
            None if h is None else h[0].filled(first.programs[h[1]], second.programs[h[2]])
            for h in how
        ]
        for c in (0, 1):
            for gate in self.negations:
                cost = gate.over(costs[1 - c], 0)
                if cost < costs[c]:
                    costs[c], programs[c] = cost, gate.filled(programs[1 - c])
        return Sides(tuple(costs), tuple(programs))

    def conjunction(self, formulas):
        """The sides of the conjunction of some formulas, those joined first that are negative.

        A formula is negative if its opposite is cheaper.
        """
        return combined(formulas, [f.costs[1] < f.costs[0] for f in formulas], self.joined)

    def disjunction(self, formulas):
        """The sides of the disjunction of some formulas."""
        return self.conjunction([f.swapped() for f in formulas]).swapped()


@dataclass(frozen=True)
class Sides:
    """A formula and its opposite.

    Parameters
    ----------
    costs : tuple of int
        What they cost in units; `NEVER` if no program says it.
    programs : tuple of Program or None
    """

    costs: tuple
    programs: tuple

    def swapped(self):
        """The opposite."""
        return Sides(self.costs[::-1], self.programs[::-1])


def combined(items, negative, join):
    """Join items two by two: the negative ones, the others, and then both.

    Halves are joined, so that a gate that repeats its operands repeats small ones.
    """
    groups = ([], [])
    for item, flag in zip(items, negative, strict=True):
        groups[not flag].append(item)
    made = [_halves(group, join) for group in groups if group]
    return made[0] if len(made) == 1 else join(*made)


def _halves(some, join):
    if len(some) == 1:
        return some[0]
    middle = len(some) // 2
    return join(_halves(some[:middle], join), _halves(some[middle:], join))


def _enumerated(grammar, price, columns, wanted):
    """The cheapest programs over placeholders, by truth table, as far as they are wanted."""

    def cost(item):
        return price if item.name in PLACES else grammar.units(item) / UNIT

    over = Grammar(grammar.dsl, dict.fromkeys(PLACES, Bool), costs=cost)
    limits = Limits(max_programs=PROGRAMS, seconds=None, memory=2**26, threads=1)
    engine = Enumerator(over, dict(zip(PLACES, columns, strict=True)), Bool, Watch(limits))
    found, row = {}, 0
    while engine.stop_reason is None and len(found) < len(wanted):
        engine.advance()
        stop = engine.bank.ends[-1] if engine.bank.ends else 0
        for values in engine.bank.values(row, stop).tolist():
            if tuple(values) in wanted:
                found[tuple(values)] = engine.program(row)
            row += 1
    return found
