"""A chain: one program, changed in one place at a time by a heat bath over a pool.

The energy of a program is its total bits.  A move makes a hole in the program, or puts a
primitive above some part and leaves a hole beside it.  One pass over all rows of the pool gives
the total of every filling.  The filling is drawn with probability proportional to
2**(-total / T); staying as it is is one of the choices.  At T = 1 this is a Gibbs step of the
posterior over the programs that differ in this place.
"""

import math

import numpy as np

from synth.engine.reach.context import Context, errors, hole
from synth.engine.reach.problem import part_at, paths, replaced
from synth.kernels import reach as kernels
from synth.language import UNIT, Primitive, Program

#: The temperature of a round falls from the first to the last, in bits.
HOT, COLD = 8.0, 0.4
#: The most contexts of one pass.
CONTEXTS = 6
#: The most parts of the program itself that are tried in the hole.
OWN = 6


class Chain:
    """One chain.

    Parameters
    ----------
    problem : Problem
    pools : dict of Type to Pool
    generator : numpy.random.Generator
    """

    def __init__(self, problem, pools, generator):
        self.problem, self.pools, self.generator = problem, pools, generator
        self.program = None
        self.total = math.inf
        self.best = (math.inf, None)
        self.primitives = [p.item for p in problem.grammar if isinstance(p.item, Primitive)]
        self.moves = 0

    def start(self, program):
        """Take a program, None for a row of the pool."""
        if program is None:
            context = Context.of(self.problem, hole(self.problem.root), self.problem.root)
            self.program, self.total = None, math.inf
            self._draw([context], HOT, ())
        else:
            self.program, self.total = program, self.problem.total(program)
            self._note(program, self.total)

    def move(self, temperature):
        """Make one move at a temperature in bits."""
        self.moves += 1
        generator, program = self.generator, self.program
        places = paths(program)
        path = places[int(generator.integers(len(places)))]
        node = part_at(program, path)
        kind = generator.random()
        own = ()
        if kind < 0.35:
            contexts = [self._context(replaced(program, path, hole(node.type)), node.type)]
            own = self._own(program, path, node)
        elif kind < 0.45:
            gap = hole(node.type)
            made = self._all_replaced(program, node, gap)
            contexts = [self._context(made, node.type)]
        elif kind < 0.8:
            contexts = self._above(program, path, node)
        else:
            inner = paths(node)[1:]
            if not inner:
                contexts = self._above(program, path, node)
            else:
                part = part_at(node, inner[int(generator.integers(len(inner)))])
                contexts = self._above(program, path, part, node.type)
        if contexts:
            self._draw(contexts, temperature, own)

    def _context(self, program, type_):
        return Context.of(self.problem, program, type_)

    def _own(self, program, path, node):
        """Parts of the program that can stand in a node's place, the node's own parts first."""
        inner = [p for p in node.parts() if p is not node and p.type == node.type]
        rest = [p for p in program.parts() if p.type == node.type and p not in inner and p != node]
        found = []
        for group, most in ((inner, OWN - 2), (rest, 2)):
            picked = self.generator.permutation(len(group))[:most]
            found += [group[k] for k in picked]
        return found

    def _all_replaced(self, program, node, gap):
        made = {}

        def change(part):
            if part == node:
                return gap
            if part not in made:
                made[part] = Program(part.head, [change(a) for a in part.arguments])
            return made[part]

        return change(program)

    def _above(self, program, path, part, type_=None):
        """Contexts in which a primitive over the part and a hole stands at the path."""
        type_ = part.type if type_ is None else type_
        options = {}
        for item in self.primitives:
            if item.result != type_:
                continue
            for k, argument in enumerate(item.arguments):
                if argument != part.type:
                    continue
                for j, other in enumerate(item.arguments):
                    if j == k or other not in self.pools:
                        continue
                    if item.commutative and k > j:
                        continue
                    options.setdefault(other, []).append((item, k, j))
        if not options:
            return []
        kinds = list(options)
        weights = np.array([len(options[t]) for t in kinds], float)
        kind = kinds[int(self.generator.choice(len(kinds), p=weights / weights.sum()))]
        chosen = options[kind]
        if len(chosen) > CONTEXTS:
            chosen = [chosen[k] for k in self.generator.permutation(len(chosen))[:CONTEXTS]]
        made = []
        for item, k, j in chosen:
            arguments = []
            for i, argument in enumerate(item.arguments):
                if i == k:
                    arguments.append(part)
                elif i == j:
                    arguments.append(hole(argument))
                else:
                    arguments.append(self._some(program, argument))
            if None in arguments:
                continue
            node = Program(item, arguments)
            made.append(self._context(replaced(program, path, node), kind))
        return made

    def _some(self, program, type_):
        """A part of the program, or a cheap row, of a type; None if there is none."""
        own = [p for p in program.parts() if p.type == type_]
        if own and self.generator.random() < 0.5:
            return own[int(self.generator.integers(len(own)))]
        pool = self.pools.get(type_)
        return None if pool is None else pool.program(pool.few(self.generator))

    def _draw(self, contexts, temperature, own):
        """Fill the hole of one of the contexts, all of one type."""
        problem, pool = self.problem, self.pools[contexts[0].type]
        found = errors(problem, pool, contexts)
        prices = np.array([(c.units, c.copies) for c in contexts], np.int64)
        code = problem.code * UNIT
        least, at, row = kernels.least(found, prices, pool.ends, pool.costs, code)
        if least / UNIT < self.best[0] - 1e-9:
            program = contexts[at].filled(pool.program(row))
            self._note(program, problem.total(program))
        others = [(c.filled(p)) for c in contexts[:1] for p in own]
        totals = [problem.total(p) for p in others]
        reference = min([least / UNIT, self.total, *totals])
        # Factors of at most about 1: exceptions, levels and contexts are priced apart.
        low = problem.code.min()
        weights = 2.0 ** (-(problem.code - low) / temperature)
        cheap = prices[:, 0] + prices[:, 1] * pool.costs[0]
        levels = -(prices[:, 1:] * (pool.costs - pool.costs[0])) / UNIT
        levels = 2.0 ** (levels / temperature)
        factors = 2.0 ** np.clip((reference - low - cheap / UNIT) / temperature, -1000, 1000)
        out = np.full(2, -1, np.int64)
        u = self.generator.random()
        mass = kernels.draw(found, factors, pool.ends, levels, weights, 0.0, out)
        rest = [self.total, *totals]
        shares = 2.0 ** ((reference - np.array(rest)) / temperature)
        wanted = u * (mass + shares.sum())
        if wanted < shares.sum():
            k = int(np.searchsorted(np.cumsum(shares), wanted, side="right"))
            if k:
                self.program, self.total = others[k - 1], totals[k - 1]
                self._note(self.program, self.total)
            return
        kernels.draw(
            found, factors, pool.ends, levels, weights, (wanted - shares.sum()) / mass, out
        )
        program = contexts[int(out[0])].filled(pool.program(out[1]))
        total = problem.total(program)
        if math.isfinite(total):
            self.program, self.total = program, total
            self._note(program, total)

    def _note(self, program, total):
        if total < self.best[0] - 1e-9:
            self.best = total, program
