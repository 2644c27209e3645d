"""Backward search: the shortest program without exceptions, solved from the labels.

The enumerator holds every behaviour of cost below its frontier F.  Follow a program of cost F
or more down through its operands of cost F or more: the last such node is a leaf, or all its
operands are held.  That node is solved from its target (see `targets`).  Its target follows
from the labels through the nodes above it, which are its context.  Contexts are tried in
order of cost.  When all contexts of cost below g are done, every program of cost below F + g is
accounted for, except those in which two operands of one node cost F or more.

Reach may find a program that is right on all training rows, however long.  It is an upper bound:
dearer contexts are then left out, and it is proven as soon as the lower bound meets it.
"""

import heapq
import itertools
from dataclasses import dataclass

import numpy as np

from synth.engine.curry import LEAF
from synth.engine.last_step import LastStep
from synth.engine.targets import SEVERAL, Cut, Target, TargetSolver, Unknown, step
from synth.language import UNIT, Program
from synth.records import StopReason

#: What is solved before reach is asked: so many rows are looked at, in one context after another.
#: For a small bank that is often a proof, and takes a second; for a large one it is one context.
SOLVED_FIRST = 2**21


@dataclass(frozen=True)
class Context:
    """A program with a hole.

    Parameters
    ----------
    cost : int
        The cost without the hole.
    target : Target
        The values that the hole must have.
    path : tuple
        From the root down: (primitive, position of the hole, row of the other operand or None).
    """

    cost: int
    target: Target
    path: tuple


class BackwardSearch:
    """Seeks the cheapest program that is right on all training rows.

    Parameters
    ----------
    engine : Enumerator
        The enumerator.  Its first n rows are the training rows.
    labels : ndarray, shape (n,)
        The training labels, values of the root type.
    arithmetic : bool
        Whether they are a sequence, so that the last step is looked up by arithmetic: see
        `last_step`.

    `best` is (cost, Program) or None.  No other program without exceptions costs less than
    `bound`.  `found_by` says who found the best, "exact" or "reach", and `cut` whether time has
    cut the last `solve` short.
    """

    def __init__(self, engine, labels, arithmetic=False):
        self.engine = engine
        self.arithmetic = arithmetic
        rows = engine.rows
        values = np.zeros(rows, np.int64)
        values[: len(labels)] = labels
        self.target = Target(values, np.arange(rows) < len(labels))
        self.best, self.found_by = None, "exact"
        self.bound = 0
        self.contexts = 0
        self.cut = False
        self._tried = 0
        # Of the seconds of a search in several languages, those before this one took their share.
        self._before, self._aside = engine.seconds, 0.0
        self.primitives, self.covered = _tables(engine)
        self._leaves = [r for r in engine.rules if r.result == engine.root and r.kind == LEAF]

    def run(self, advance, reach, go_on, progress=None):
        """Enumerate and solve in turn, until nothing better can be found or a limit is reached.

        Reach is asked as soon as solving does not seem to lead to a proof: the sooner there is an
        upper bound, the less is solved in vain.

        advance: works through a band and scores it; called with `progress`.  reach: makes moves, if
        there are any, and offers what it finds; returns whether moves were made.  go_on: lets the
        enumeration go on, if it had to wait for reach.
        """
        late, reached = self.engine.watch.is_late, False
        self._enumerate(advance, progress)
        if not self.proven:
            most = max(1, SOLVED_FIRST // max(1, len(self.engine.bank)))
            self.solve(late, most_contexts=most)
        if not self.proven:
            reached = not self._is_near() and self._reach(reach)
            go_on()
            self._enumerate(advance, progress)
            self.solve(late, proving=reached)
        if not self.proven and not reached and self._reach(reach):
            self.solve(late, proving=True)
        if self.arithmetic and not self.proven and not self.engine.watch.interrupted():
            labels = self.target.values
            self.best = LastStep(self.engine, labels).found(self._most()) or self.best
        self._end()

    def offer(self, units, program):
        """Take a program into account that is right on all training rows, of so many units."""
        cost = self.engine.cost_of(units / UNIT)
        if self.best is None or cost < self.best[0]:
            self.best, self.found_by = (cost, program), "reach"

    def _enumerate(self, advance, progress):
        """Enumerate, and solve a context whenever there is half as much again."""
        engine, watch = self.engine, self.engine.watch
        while engine.stop_reason is None and not self._enumerated_enough():
            advance(progress)
            many = len(engine.bank)
            if engine.stop_reason is None and many >= 1.5 * self._tried:
                self._tried = many
                self.solve(watch.is_late, most_contexts=1)

    def _enumerated_enough(self):
        """Whether the rest of the time is for solving: half of it, without what reach took."""
        engine = self.engine
        if self.best is not None and engine.frontier >= self.best[0]:
            return True
        seconds = engine.watch.limits.seconds
        return seconds is not None and engine.seconds > (self._before + seconds + self._aside) / 2

    def _is_near(self):
        """Whether what was found may be proven without reach, by solving from held rows."""
        return self.best is not None and self.best[0] <= 2 * self.engine.frontier

    def _reach(self, reach):
        began = self.engine.seconds
        reached = reach()
        self._aside += self.engine.seconds - began
        return reached

    def _end(self):
        """Say why the search ends, if the enumeration does not say it."""
        engine = self.engine
        most = 2**61 if engine.horizon.most is None else engine.horizon.most
        if self.proven:
            engine.stop_reason = StopReason.OPTIMAL
        elif self.bound > most and engine.stop_reason != StopReason.EXHAUSTED:
            engine.stop_reason = StopReason.MAX_BITS
        elif engine.stop_reason is None:
            late = engine.watch.interrupted()
            engine.stop_reason = StopReason.INTERRUPTED if late else StopReason.SECONDS
        engine.close()

    def solve(self, must_stop, most_contexts=None, proving=False):
        """Try contexts until no better program can be found, or it must stop.

        must_stop: says whether a limit is reached; asked within contexts too.  most_contexts: stop
        after so many contexts.  proving: stop if the bound can rise no more.
        Sets `best`, `bound` and `cut`.
        """
        engine = self.engine
        held = engine.frontier
        if engine.stop_reason == StopReason.EXHAUSTED:
            held = 2**62
        solver = TargetSolver(engine.bank, held, must_stop)
        self.solver, self.contexts, self.cut = solver, 0, False
        blocked = 0 if not self.covered else 2**62
        # Programs in which both operands of a node cost as much have no context.
        both = held + min((p.cost for p, table in self.primitives if table.ndim == 2), default=0)
        number = itertools.count()
        self._look_up()
        heap = [(0, next(number), self.target, (), None)]
        seen = set()
        while heap:
            cost = heap[0][0]
            least = self.engine.grammar.cheapest[engine.root]
            if cost + least > self._most():
                cost = 2**62  # no context that is left makes a program that counts
                break
            if self.contexts and held + min(cost, blocked) > self._most():
                break  # it is proven that there is none cheaper
            if self.contexts and proving and cost >= min(blocked, both):
                break
            if must_stop():
                self.cut = True
                break
            if self.contexts == most_contexts:
                break
            cost, _, target, path, edge = heapq.heappop(heap)
            if edge is not None:
                target, path, following = self._along(*edge)
                if following is not None:
                    heapq.heappush(heap, (following[0], next(number), None, (), following[1]))
                if target is SEVERAL:
                    blocked = min(blocked, cost)
                    continue
                if target is None:
                    continue
            if target.key in seen:
                continue
            seen.add(target.key)
            try:
                if not self._try(Context(cost, target, path)):
                    blocked = min(blocked, cost)
            except Cut:
                self.cut = True
                break  # the bound is what the contexts before this one prove
            self.contexts += 1
            for further, item in self._expanded(cost, target, path):
                heapq.heappush(heap, (further, next(number), *item))
        else:
            cost = 2**62
        proven = held + min(cost, blocked, both) if held < 2**62 else 2**62
        if held < 2**62 and engine.horizon.most is not None:
            proven = min(proven, engine.horizon.most + 1)  # dearer programs were not sought
        self.bound = max(self.bound, proven)

    def _look_up(self):
        """Take the cheapest row that is right, of all that are held."""
        solver = TargetSolver(self.engine.bank, 2**62)
        row = solver.row(self.target, self._most())
        if row is not None:
            self.best, self.found_by = (solver.cost(row), self.engine.program(row)), "exact"

    @property
    def proven(self):
        """Whether no program without exceptions has fewer bits than the best."""
        shift = self.engine.grammar.shift
        return self.best is not None and self.bound >> shift >= self.best[0] >> shift

    @property
    def bound_bits(self):
        """Every program without exceptions has at least so many bits; None if there is no other."""
        bound = self.bound if self.best is None else min(self.bound, self.best[0])
        return None if bound >= 2**60 else (bound >> self.engine.grammar.shift) / UNIT

    def _most(self):
        """The greatest cost of a program that still counts."""
        most = 2**61 if self.engine.horizon.most is None else self.engine.horizon.most
        return most if self.best is None else min(most, self.best[0] - 1)

    def _try(self, context):
        """Fill the hole as cheaply as possible from held rows; whether that is certain."""
        solver, known = self.solver, True
        row = solver.row(context.target, self._most() - context.cost)
        if row is not None:
            self._found(context, solver.cost(row), self.engine.program(row))
        for leaf in self._leaves:  # some of them may not be held yet
            most = self._most() - context.cost
            if leaf.production.cost <= most and self._is(leaf, context.target):
                self._found(context, leaf.production.cost, Program(leaf.item))
        for production, table in self.primitives:
            most = self._most() - context.cost - production.cost
            if most < 0:
                continue
            if table.ndim == 1:
                inner = step(table, 0, [], context.target, self.engine.root.size)
                known &= inner is not SEVERAL
                row = solver.row(inner, most) if isinstance(inner, Target) else None
                if row is not None:
                    part = self.engine.program(row)
                    cost = production.cost + solver.cost(row)
                    self._found(context, cost, Program(production.item, [part]))
                continue
            try:
                found = solver.pair(table, context.target, most)
            except Unknown:
                known = False
                continue
            if found is not None:
                cost, *rows = found
                parts = [self.engine.program(r) for r in rows]
                self._found(context, production.cost + cost, Program(production.item, parts))
        return known

    def _is(self, leaf, target):
        values = self.engine.leaf_values(leaf.item).astype(np.int64)
        serves = (values == target.values) | ~target.mask
        if target.allowed is not None:
            serves &= target.allowed[np.arange(len(values)), values]
        return bool(serves.all())

    def _found(self, context, cost, program):
        for item, position, row in reversed(context.path):
            others = [] if row is None else [self.engine.program(row)]
            program = Program(item, [*others[:position], program, *others[position:]])
        if context.cost + cost <= self._most():
            self.best, self.found_by = (context.cost + cost, program), "exact"

    def _expanded(self, cost, target, path):
        """Yield contexts with one more node: (cost, (target, path, edge)), first row first."""
        size = self.engine.root.size
        for production, table in self.primitives:
            if table.ndim == 1:
                inner = step(table, 0, [], target, size)
                if inner is SEVERAL:
                    yield cost + production.cost, (None, (), (None,) * 6)
                elif inner is not None:
                    inner_path = (*path, (production.item, 0, None))
                    yield cost + production.cost, (inner, inner_path, None)
            elif self.solver.count:  # otherwise no row can be the other operand
                for position in range(1 if production.item.commutative else 2):
                    edge = cost, target, path, (production, table), position, 0
                    yield self._edge_cost(cost, production, 0), (None, (), edge)

    def _edge_cost(self, cost, production, row):
        return cost + production.cost + self.solver.cost(row)

    def _along(self, cost, target, path, primitive, position, row):
        """The target of a hole next to a held row, its path, and the edge of the next row."""
        if primitive is None:
            return SEVERAL, (), None
        production, table = primitive
        following = None
        if row + 1 < self.solver.count:
            edge = cost, target, path, primitive, position, row + 1
            following = self._edge_cost(cost, production, row + 1), edge
        known = self.engine.bank.values(row, row + 1)[0].astype(np.int64)
        inner = step(table, position, [known], target, self.engine.root.size)
        return inner, (*path, (production.item, position, row)), following


def _tables(engine):
    """(production, table) of the root type's primitives, and whether all of them have one.

    Primitives with one or two operands, all of the root type, have a table.
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
