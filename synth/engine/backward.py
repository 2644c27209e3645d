"""Goal-directed search for the least program without exceptions.

The enumerator holds every behaviour of cost below its frontier F.  A program of F or more
has, down its operands of F or more, a last node that costs as much: a leaf, or one whose
operands are all held.  That node is solved from its target (`bank.goal`), and its target
follows from the root's through the nodes above it, the context.  Contexts are worked off
in order of cost, so once those below g are done, every program of cost below F + g is
accounted for, but for those with two operands of F or more beside each other.
"""

import heapq
import itertools
from dataclasses import dataclass

import numpy as np

from synth.engine.crew import working_time
from synth.engine.curry import LEAF
from synth.engine.targets import SEVERAL, Goal, Unknown, Wanted, step
from synth.language import UNIT, Program
from synth.records import StopReason


@dataclass(frozen=True)
class Context:
    """A program with a hole.  cost; wanted: what the hole must be; path: from the root down,
    (primitive, position of the hole, row of the other operand or None)."""

    cost: int
    wanted: Wanted
    path: tuple


class BackwardSearch:
    """Seeks the cheapest program that is `labels` on the first rows of an enumerator's root.

    labels (n,), values of the root's type.  `best` is (cost, Program) or None; `bound`:
    no program without exceptions costs less than this, but for `best`.
    """

    def __init__(self, engine, labels):
        self.engine = engine
        rows = engine.rows
        values = np.zeros(rows, np.int64)
        values[: len(labels)] = labels
        self.target = Wanted(values, np.arange(rows) < len(labels))
        self.best = None
        self.bound = 0
        self.contexts = 0
        self._seconds_a_row = 0.0
        self._tried = 0
        self.primitives, self.covered = _tables(engine)
        self._leaves = [r for r in engine.rules if r.result == engine.root and r.kind == LEAF]

    def run(self, advance, progress=None):
        """Enumerate and solve in turn, until nothing better can be found or a limit is reached.

        Solving costs some passes over what is held.  It is tried whenever there is half as much
        again, and has the last half of the time.

        advance: works through a band and scores it; called with `progress`.
        """
        engine, watch = self.engine, self.engine.watch
        while engine.stop_reason is None and not self._enumerated_enough():
            advance(progress)
            many = len(engine.bank)
            if engine.stop_reason is None and many >= 1.5 * self._tried:
                self._tried = many
                self.solve(watch.is_late, most_contexts=1)
        if engine.stop_reason != StopReason.INTERRUPTED:
            self.solve(watch.is_late)
        most = 2**61 if engine.horizon.most is None else engine.horizon.most
        if self.proven:
            engine.stop_reason = StopReason.OPTIMAL
        elif watch.interrupted():
            engine.stop_reason = StopReason.INTERRUPTED
        elif self.bound > most and engine.stop_reason != StopReason.EXHAUSTED:
            engine.stop_reason = StopReason.MAX_BITS
        elif engine.stop_reason is None:
            engine.stop_reason = StopReason.SECONDS
        engine.close()

    def _enumerated_enough(self):
        engine = self.engine
        if self.best is not None and engine.frontier >= self.best[0]:
            return True
        seconds = engine.watch.limits.seconds
        return seconds is not None and engine.seconds > seconds / 2

    def solve(self, must_stop, most_contexts=None):
        """Works off contexts until no better program can be found, or it must stop.

        must_stop: asked before each but the first whether there is no time for one that
        takes so many seconds; most_contexts: stop after so many.  Sets `best` and `bound`.
        """
        engine, goal = self.engine, Goal(self.engine.bank)
        held = engine.frontier
        if engine.stop_reason == StopReason.EXHAUSTED:
            held = 2**62
        self.goal, self.contexts = goal, 0
        blocked = 0 if not self.covered else 2**62
        number = itertools.count()
        took = self._seconds_a_row * goal.count
        heap = [(0, next(number), self.target, (), None)]
        seen = set()
        while heap:
            cost = heap[0][0]
            least = self.engine.grammar.cheapest[engine.root]
            if cost + least > self._most():
                cost = 2**62  # no context that is left can make a program that counts
                break
            if self.contexts and held + min(cost, blocked) > self._most():
                break  # it is proven that there is none cheaper
            if self.contexts and (must_stop(1.5 * took) or self.contexts == most_contexts):
                break
            cost, _, wanted, path, edge = heapq.heappop(heap)
            if edge is not None:
                wanted, path, following = self._along(*edge)
                if following is not None:
                    heapq.heappush(heap, (following[0], next(number), None, (), following[1]))
                if wanted is SEVERAL:
                    blocked = min(blocked, cost)
                    continue
                if wanted is None:
                    continue
            if wanted.key in seen:
                continue
            seen.add(wanted.key)
            began = working_time()
            if not self._try(Context(cost, wanted, path)):
                blocked = min(blocked, cost)
            took = max(0.9 * took, working_time() - began)
            self._seconds_a_row = took / max(1, goal.count)
            self.contexts += 1
            for further, item in self._expanded(cost, wanted, path):
                heapq.heappush(heap, (further, next(number), *item))
        else:
            cost = 2**62
        proven = held + min(cost, blocked) if held < 2**62 else 2**62
        # Where both operands of a node cost as much, its context is none of those.
        pairs = [p.cost for p, table in self.primitives if table.ndim == 2]
        proven = min(proven, 2 * held + min(pairs, default=0))
        if held < 2**62 and engine.horizon.most is not None:
            proven = min(proven, engine.horizon.most + 1)  # dearer programs were not asked for
        self.bound = max(self.bound, proven)

    @property
    def proven(self):
        """Whether nothing is cheaper than the best."""
        return self.best is not None and self.bound >= self.best[0]

    @property
    def bound_bits(self):
        """No program without exceptions has fewer bits; None: there is none but the best."""
        bound = self.bound if self.best is None else min(self.bound, self.best[0])
        return None if bound >= 2**60 else (bound >> self.engine.grammar.shift) / UNIT

    def _most(self):
        """The greatest cost of a program that would still count."""
        most = 2**61 if self.engine.horizon.most is None else self.engine.horizon.most
        return most if self.best is None else min(most, self.best[0] - 1)

    def _try(self, context):
        """Fills the hole as cheaply as held rows can; whether that is known for certain."""
        goal, known = self.goal, True
        row = goal.row(context.wanted, self._most() - context.cost)
        if row is not None:
            self._found(context, goal.cost(row), self.engine.program(row))
        for leaf in self._leaves:  # of which not all may be held yet
            most = self._most() - context.cost
            if leaf.production.cost <= most and self._is(leaf, context.wanted):
                self._found(context, leaf.production.cost, Program(leaf.item))
        for production, table in self.primitives:
            most = self._most() - context.cost - production.cost
            if most < 0:
                continue
            if table.ndim == 1:
                inner = step(table, 0, [], context.wanted, self.engine.root.size)
                known &= inner is not SEVERAL
                row = goal.row(inner, most) if isinstance(inner, Wanted) else None
                if row is not None:
                    part = self.engine.program(row)
                    cost = production.cost + goal.cost(row)
                    self._found(context, cost, Program(production.item, [part]))
                continue
            try:
                found = goal.pair(table, context.wanted, most)
            except Unknown:
                known = False
                continue
            if found is not None:
                cost, *rows = found
                parts = [self.engine.program(r) for r in rows]
                self._found(context, production.cost + cost, Program(production.item, parts))
        return known

    def _is(self, leaf, wanted):
        values = self.engine.leaf_values(leaf.item).astype(np.int64)
        serves = (values == wanted.values) | ~wanted.mask
        if wanted.allowed is not None:
            serves &= wanted.allowed[np.arange(len(values)), values]
        return bool(serves.all())

    def _found(self, context, cost, program):
        for item, position, row in reversed(context.path):
            others = [] if row is None else [self.engine.program(row)]
            program = Program(item, [*others[:position], program, *others[position:]])
        if context.cost + cost <= self._most():
            self.best = context.cost + cost, program

    def _expanded(self, cost, wanted, path):
        """Contexts with one node more: (cost, (wanted, path, edge)), the first row's at first."""
        size = self.engine.root.size
        for production, table in self.primitives:
            if table.ndim == 1:
                inner = step(table, 0, [], wanted, size)
                if inner is SEVERAL:
                    yield cost + production.cost, (None, (), (None,) * 6)
                elif inner is not None:
                    inner_path = (*path, (production.item, 0, None))
                    yield cost + production.cost, (inner, inner_path, None)
            elif self.goal.count:  # else no row is held that could be the other operand
                for position in range(1 if production.item.commutative else 2):
                    edge = cost, wanted, path, (production, table), position, 0
                    yield self._edge_cost(cost, production, 0), (None, (), edge)

    def _edge_cost(self, cost, production, row):
        return cost + production.cost + self.goal.cost(row)

    def _along(self, cost, wanted, path, primitive, position, row):
        """The target of a hole beside a held row, its path, and the edge of the next row."""
        if primitive is None:
            return SEVERAL, (), None
        production, table = primitive
        following = None
        if row + 1 < self.goal.count:
            edge = cost, wanted, path, primitive, position, row + 1
            following = self._edge_cost(cost, production, row + 1), edge
        known = self.engine.bank.values(row, row + 1)[0].astype(np.int64)
        inner = step(table, position, [known], wanted, self.engine.root.size)
        return inner, (*path, (production.item, position, row)), following


def _tables(engine):
    """(production, table) of the root type's primitives, and whether these are all there are.

    Tables are known of primitives with one or two operands, all of the root's type.
    """
    found, covered = [], True
    for rule in engine.rules:
        if rule.result != engine.root or not rule.item.arguments:
            continue
        if rule.free != len(rule.item.arguments) - 1:
            continue
        if rule.table is None or rule.table.ndim > 2:
            covered = False
        else:
            found.append((rule.production, np.ascontiguousarray(rule.table)))
    return found, covered
