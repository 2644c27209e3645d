"""Forms: programs of one type as nests of operations with many operands, and their best writing.

A form has a kind, a sign, and what is in it:

    CONSTANT, 0, number         a constant, by its number
    PART, sign, number          a part that the laws cannot see through, by its number
    1 + op, sign, operands      an operation of at least two forms, in the order they were made

Equal forms are one object, so that they are quick keys.  As nested tuples, whose hashes Python
computes again and again, and with the constants of the laws looked up each time, they took 1.5
times as long for a disjunction of 40 terms.

Signs are pushed to the leaves where an operation has a dual, and pulled out of the operands where
it is odd.  `Forms.costs` finds the cheapest way to write a form and its negation.  The operands are
joined one after another.  What is joined so far may stand for the form or for its negation, and
each primitive that is the operation up to signs says how it goes on.
"""

from operator import attrgetter

import numpy as np

from synth.engine.reach.algebra import NEVER
from synth.language import Program

CONSTANT, PART = -1, 0


class Form:
    """A form; made by `Forms` only, and compared by identity."""

    __slots__ = ("inner", "kind", "number", "sign")

    def __init__(self, kind, sign, inner, number):
        self.kind, self.sign, self.inner, self.number = kind, sign, inner, number


#: The order of forms: as they were made.
in_order = attrgetter("number")


def _constants_first(form):
    return form.kind != CONSTANT, form.number


class Forms:
    """The forms over the parts of one program.

    Parameters
    ----------
    problem : Problem
    algebra : Algebra
    """

    def __init__(self, problem, algebra):
        self.problem, self.algebra = problem, algebra
        self.signs = algebra.signs
        self.parts, self._numbers = [], {}
        self.values, self._valued = [], {}
        self._costs, self._negated, self._made = {}, {}, {}
        self._laws = [
            tuple(map(self.constant, (o.neutral, o.absorbing, o.negative)))
            for o in algebra.operations
        ]
        self._steps = [self._transitions(k) for k in range(len(algebra.operations))]

    def _form(self, kind, sign, inner):
        key = kind, sign, inner
        found = self._made.get(key)
        if found is None:
            found = self._made[key] = Form(kind, sign, inner, len(self._made))
        return found

    # -- reading ------------------------------------------------------------------

    def read(self, program, shorter):
        """The form of a program; shorter: what to do with the parts that no law sees through."""
        if self.signs is not None:
            inner = self.signs.operand(program)
            if inner is not None:
                return self.negated(self.read(inner, shorter))
        twists = self.algebra.twists.get(program.head)
        if twists is None:
            if not program.head.arguments and hasattr(program.head, "value"):
                return self.constant(program.head.value)
            made = shorter(program)
            if made.head is not program.head:  # something was taken out of it
                return self.read(made, shorter)
            return self.part(made)
        twist = twists[0]
        operands = [self.read(a, shorter) for a in program.arguments]
        for k, sign in enumerate((twist.first, twist.second)):
            if sign:
                operands[k] = self.negated(operands[k])
        made = self.joined(twist.operation, operands)
        return self.negated(made) if twist.result else made

    def part(self, program):
        """A part as a form."""
        number = self._numbers.setdefault(program, len(self.parts))
        if number == len(self.parts):
            self.parts.append(program)
        return self._form(PART, 0, number)

    def constant(self, value):
        """A value as a form; None for the value that no law has."""
        if value is None:
            return None
        number = self._valued.setdefault(value, len(self.values))
        if number == len(self.values):
            self.values.append(value)
        return self._form(CONSTANT, 0, number)

    def negated(self, form):
        """The negation of a form."""
        if form not in self._negated:
            self._negated[form] = self._negate(form)
        return self._negated[form]

    def _negate(self, form):
        kind, sign, inner = form.kind, form.sign, form.inner
        if kind == CONSTANT:
            return self.constant(self._opposite(self.values[inner]))
        dual = None if kind == PART else self.algebra.operations[kind - 1].dual
        if dual is None:
            return self._form(kind, 1 - sign, inner)
        return self.joined(dual, [self.negated(f) for f in inner])

    def _opposite(self, value):
        """The negation of a value."""
        values, _ = self.signs((np.full(1, value, self.algebra.type.dtype), None))
        return values[0].item()

    def joined(self, op, forms, sign=0):
        """The form of an operation on forms: nested ones of it are merged, and laws applied."""
        operation = self.algebra.operations[op]
        neutral, absorbing, negative = self._laws[op]
        found, stack = [], list(forms)
        while stack:
            form = stack.pop()
            if operation.odd and form.sign:
                sign ^= 1
                form = self.negated(form)
            if form.kind == op + 1 and form.sign == 0:
                stack += form.inner
            elif form == absorbing:
                return form
            elif form == negative:
                sign ^= 1
            elif form != neutral:
                found.append(form)
        found = self._paired(operation, self._folded(op, sorted(found, key=_constants_first)))
        if not found:
            made = neutral
        elif len(found) == 1:
            made = found[0]
        else:
            made = self._form(op + 1, 0, tuple(found))
        return self.negated(made) if sign else made

    def _folded(self, op, forms):
        """Sorted operands in which two constants are one, if that is a constant of the grammar."""
        while len(forms) > 1 and forms[1].kind == CONSTANT:
            pairs = [
                (np.full(1, self.values[f.inner], self.algebra.type.dtype), None) for f in forms[:2]
            ]
            values, known = self.algebra.operations[op].function(*pairs)
            value = values[0].item()
            if (known is not None and not known[0]) or value not in self.algebra.constants:
                break
            forms = [self.constant(value), *forms[2:]]
        return forms

    def _paired(self, operation, forms):
        """Sorted operands without those that a law for pairs of equal or opposite ones removes."""
        found = []
        opposite = operation.opposite is not None and operation.opposite in (
            operation.neutral,
            operation.absorbing,
        )
        vanish = operation.square is not None and operation.square == operation.neutral
        held = {}
        for form in forms:
            if operation.idempotent and held.get(form):
                continue
            if vanish and held.get(form):
                held[form] -= 1
                found.remove(form)
                continue
            if opposite and form.kind != CONSTANT and held.get(other := self.negated(form)):
                if operation.opposite == operation.absorbing:
                    return [self.constant(operation.absorbing)]
                held[other] -= 1
                found.remove(other)
                continue
            held[form] = held.get(form, 0) + 1
            found.append(form)
        return found

    # -- costs --------------------------------------------------------------------

    def cost(self, form):
        """The least units of a program of a form, as far as `costs` looks."""
        return self.costs(form)[0]

    def costs(self, form):
        """The least units of a form and of its negation, and how both are written."""
        known = self._costs.get(form)
        if known is None:
            known = self._costs[form] = self._price(form)
        return known

    def _price(self, form):
        kind, sign, inner = form.kind, form.sign, form.inner
        if kind > 0:
            best, plans = self._price_operands(kind - 1, inner)
        elif kind == PART:
            part = self.parts[inner]
            best, plans = [self.problem.units(part), NEVER], [part, None]
        else:
            value = self.values[inner]
            values = [value, None if self.signs is None else self._opposite(value)]
            plans = [self.algebra.constants.get(v) for v in values]
            best = [NEVER if p is None else self.problem.units(p) for p in plans]
        if sign:
            best, plans = best[::-1], plans[::-1]
        return (*self._relaxed(best, plans), *plans)

    def _relaxed(self, best, plans):
        """Costs where either side may be the negation of the other; plans are changed."""
        if self.signs is None:
            return best[0], NEVER
        for s in (0, 1):
            other = self.signs.cost(best[1 - s])
            if other < best[s]:
                best[s], plans[s] = other, "negated"
        return best[0], best[1]

    def _transitions(self, op):
        """(before, operand's sign, after, units, item, whether the operand comes first)."""
        best = {}
        for twists in self.algebra.twists.values():
            for t in twists:
                if t.operation != op:
                    continue
                for turned, before, other in ((0, t.first, t.second), (1, t.second, t.first)):
                    key = (before, other, t.result)
                    if key not in best or t.units < best[key][0]:
                        best[key] = t.units, t.item, turned
        return [(*key, *rest) for key, rest in best.items()]

    def _price_operands(self, op, operands):
        """The least units of an operation and of its negation, and the steps that make them."""
        steps = self._steps[op]

        def leaning(form):
            costs = self.costs(form)
            stay = [NEVER, NEVER]
            for before, other, after, units, _, _ in steps:
                if before == after:
                    stay[before] = min(stay[before], units + costs[other])
            return stay[1] - stay[0]

        ordered = sorted(operands, key=leaning)
        best, plans = [NEVER * 4, NEVER * 4], [None, None]
        for order in (ordered, ordered[::-1]):
            costs, found = self._join(order, steps)
            for s in (0, 1):
                if costs[s] < best[s]:
                    best[s], plans[s] = costs[s], (order, found, s)
        return best, plans

    def _join(self, order, steps):
        """Costs of joining operands in order, and the way to each (back-pointers)."""
        first = self.costs(order[0])
        costs, ways = [first[0], first[1]], []
        self._switch(costs, ways, [("first", 0), ("first", 1)])
        for form in order[1:]:
            own = self.costs(form)
            new, way = [NEVER * 4, NEVER * 4], [None, None]
            for before, other, after, units, item, turned in steps:
                total = costs[before] + own[other] + units
                if total < new[after]:
                    new[after], way[after] = total, (before, other, item, turned)
            costs = new
            self._switch(costs, ways, way)
        return costs, ways

    def _switch(self, costs, ways, way):
        """Let what is joined so far be negated, if that is cheaper."""
        if self.signs is not None:
            for s in (0, 1):
                other = self.signs.cost(costs[1 - s])
                if other < costs[s]:
                    costs[s], way[s] = other, "negated"
        ways.append(way)

    # -- writing ------------------------------------------------------------------

    def written(self, form, sign=0):
        """The cheapest program of a form, or of its negation; None if there is none."""
        costs = self.costs(form)
        if costs[sign] >= NEVER:
            return None
        plan = costs[2 + sign]
        if isinstance(plan, str):
            return self.signs.negated(self.written(form, 1 - sign))
        if isinstance(plan, Program):
            return plan
        order, ways, state = plan
        return self._write(order, ways, state, len(order) - 1)

    def _write(self, order, ways, state, k):
        way = ways[k][state]
        if way == "negated":
            return self.signs.negated(self._write(order, ways, 1 - state, k))
        if way[0] == "first":
            return self.written(order[0], way[1])
        before, other, item, turned = way
        left, right = self._write(order, ways, before, k - 1), self.written(order[k], other)
        return Program(item, [right, left] if turned else [left, right])
