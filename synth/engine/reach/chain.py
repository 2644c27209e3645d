"""A chain: one program, changed in one place at a time by a heat bath over a pool.

The energy of a program is its total bits (see `Problem.energy`).  A move makes a hole in the
program, or puts a primitive above some part and leaves a hole beside it.  One pass over all rows of
the pool gives the total of every filling.  The filling is drawn with probability proportional to
2**(-total / T); staying as it is is one of the choices.  At T = 1 this is a Gibbs step of the
posterior over the programs that differ in this place.
"""

import math
from dataclasses import replace

import numpy as np

from synth.engine.reach.context import Context
from synth.engine.reach.found import Found
from synth.engine.reach.pool import Heat
from synth.engine.reach.repairs import repaired
from synth.language import Primitive

#: The temperature of a round falls from the first to the last, in bits.
HOT, COLD = 8.0, 0.4
#: How often a repair is tried, if the DSL has selectors.
REPAIRED = 0.15
#: The most nodes of a program whose bits do not count: nothing else bounds it.
MOST_NODES = 400
#: The most parts of the program itself that are tried in the hole.
OWN = 6


class Chain:
    """One chain.

    Parameters
    ----------
    problem : Problem
    tools : Tools
        The pools and the selectors.
    generator : numpy.random.Generator
    """

    def __init__(self, problem, tools, generator, top):
        self.problem, self.generator = problem, generator
        self.tools, self.pools = tools, tools.pools
        self.found = Found(problem, top)
        self.program = None
        self.energy, self.wrong = math.inf, None
        self.moves = self.done = self.length = 0
        self.primitives = [p.item for p in problem.grammar if isinstance(p.item, Primitive)]

    @property
    def at_end(self):
        """Whether the round is over."""
        return self.done >= self.length

    def begin(self, program, length):
        """Begin a round of so many moves, from a program, or from nothing without one."""
        self.done, self.length = 0, length
        self._begin_at(program)

    def _begin_at(self, program):
        self.program, self.energy = None, math.inf
        self.wrong = self.problem.labels != self.problem.labels[0]
        if program is not None:
            self._take(program)

    def work(self, must_stop):
        """Make the moves of the round, until it must stop."""
        while not self.at_end and not must_stop():
            cooled = self.done / max(self.length - 1, 1)
            if self.program is None:
                self._begin_from_nothing()
            else:
                self._move(HOT * (COLD / HOT) ** cooled)
            self.done += 1
            self.moves += 1

    def _begin_from_nothing(self):
        """Take a row of the root's bank; without any, a primitive over rows of other banks."""
        root = self.problem.root
        if root in self.pools:
            self._draw([Context(root, (), 0)], HOT)
            return
        item = self.primitives[int(self.generator.integers(len(self.primitives)))]
        if item.result == root and all(a in self.pools for a in item.arguments):
            pools = [self.pools[a] for a in item.arguments]
            rows = [pool.program(pool.some(self.generator)) for pool in pools]
            self._take(self.problem.made(item, tuple(rows)))

    def _move(self, temperature):
        """Make one move at a temperature in bits."""
        generator = self.generator
        if self.tools.selectors and generator.random() < REPAIRED and self._repair(temperature):
            return
        path, node = self.problem.some_path(self.program, generator)
        kind, own = generator.random(), ()
        if kind < 0.35:
            contexts = [Context.at(self.problem, self.program, path)]
            own = self._own(node)
        elif kind < 0.45:
            contexts = [Context.of_copies(self.problem, self.program, node)]
        elif kind < 0.8 or not node.arguments:
            contexts = self._above(path, node, node.type)
        else:
            part = self.problem.some_path(node, generator)[1]
            contexts = self._above(path, part, node.type)
        if contexts and contexts[0].type in self.pools:  # of some types no row may be held
            self._draw(contexts, temperature, own)

    def _repair(self, temperature):
        """Put a selector above some part, to be right where the program is wrong; if possible."""
        contexts = repaired(self.problem, self.tools, self.program, self.wrong, self.generator)
        if contexts:
            self._draw(contexts, temperature)
        return bool(contexts)

    def _own(self, node):
        """Parts of the program that can stand in a node's place, most of them its own parts."""
        found = []
        for whole, many in ((node, OWN - 2), (self.program, 2)):
            for _ in range(many):
                part = self.problem.some_path(whole, self.generator)[1]
                if part.type == node.type and part != node and part not in found:
                    found.append(part)
        return found

    def _above(self, path, part, type_):
        """Contexts in which a primitive of a type over a part and a hole stands at a path."""
        options = {}
        for item in self.primitives:
            if item.result != type_:
                continue
            for k, argument in enumerate(item.arguments):
                if argument != part.type:
                    continue
                for j, other in enumerate(item.arguments):
                    if j != k and other in self.pools and not (item.commutative and k > j):
                        options.setdefault(other, []).append((item, k, j))
        if not options:
            return []
        kinds = list(options)
        weights = np.cumsum([len(options[t]) for t in kinds])
        drawn = self.generator.integers(weights[-1])
        kind = kinds[int(np.searchsorted(weights, drawn, side="right"))]
        chosen, most = options[kind], self.pools[kind].contexts
        if len(chosen) > most:
            chosen = [chosen[k] for k in self.generator.permutation(len(chosen))[:most]]
        made = []
        for item, k, j in chosen:
            arguments = [
                part if i == k else None if i == j else self._some(argument)
                for i, argument in enumerate(item.arguments)
            ]
            if arguments.count(None) == 1:
                made.append(Context.at(self.problem, self.program, path, (item, tuple(arguments))))
        return made

    def _some(self, type_):
        """A part of the program, or a cheap row, of a type; None if there is none."""
        if self.generator.random() < 0.5:
            part = self.problem.some_path(self.program, self.generator)[1]
            if part.type == type_:
                return part
        pool = self.pools.get(type_)
        return None if pool is None else pool.program(pool.some(self.generator))

    def _draw(self, contexts, temperature, own=()):
        """Fill the hole of one of the contexts, all of one type."""
        problem, pool = self.problem, self.pools[contexts[0].type]
        if not problem.simplicity:
            contexts = [replace(each, units=0, copies=0) for each in contexts]
        now = self.energy if math.isfinite(self.energy) else problem.table_bits
        heat = Heat(temperature, now, self.wrong, problem.code)
        sweep = pool.sweep(problem, contexts, heat, self.generator)

        def filled(context, row):
            return contexts[context].filled(problem, pool.program(row))

        # Of equal energies the least is the first, the shortest row: length must not count so.
        if problem.simplicity and self.found.is_wanted(sweep.least_total):
            self.found.note(filled(*sweep.least))
        found = [contexts[0].filled(problem, part) for part in own]
        drawn = [filled(*at) for at in sweep.drawn]
        if sweep.mass is None:
            found += drawn
        shares = heat.weights(np.array([self.energy, *map(problem.energy, found)]))
        masses = np.cumsum([*shares, sweep.mass or 0.0])
        wanted = self.generator.random() * masses[-1]
        k = int(np.searchsorted(masses, wanted, side="right"))
        if 0 < k <= len(found):
            self._take(found[k - 1])
        elif k > len(found) and drawn:
            self._take(drawn[0])

    def _take(self, program):
        """Go on with a program, if it has a value on every row and is not too large."""
        values = self.problem.values(program)
        fits = self.problem.simplicity or self.problem.size(program) <= MOST_NODES
        if values is not None and fits and self.problem.is_readable(program):
            self.program, self.energy = program, self.problem.energy(program)
            self.wrong = self.problem.misses(values)
            self.found.note(program)

    def state(self):
        """Plain values, as `restore` takes them."""
        return {
            "program": None if self.program is None else self.program.text,
            "moves": [self.moves, self.done, self.length],
            "found": self.found.state(),
            "random": self.generator.bit_generator.state,
        }

    def restore(self, state, parse):
        """Take up what `state` returned; parse: a function that makes a program of a text."""
        self.moves, self.done, self.length = state["moves"]
        self._begin_at(None if state["program"] is None else parse(state["program"]))
        self.found.restore(state["found"], parse)
        self.generator.bit_generator.state = state["random"]
