"""The models of other tools as programs of a task's own DSL, priced by the project's code.

A model is a nested list: a column's name, a label, `["and", ...]`, `["or", ...]`, `["not", a]`,
`["xor", a, b]`, `["if", condition, a, b]`, `["above", column, threshold]`, `["add", a, b]`,
`["sub", a, b]`, `["mul", a, b]`, or gplearn's `["ite", ["lt", a, b], c, d]`.  What a DSL cannot say
raises `UntranslatableError`.
"""

from synth import codes
from synth.language import Constant, Input, Primitive, Program
from synth.language.types import Bool

#: The largest whole number that is made of a DSL's constants.
MOST = 5000
#: Operators of models, and the names of the DSLs' primitives.
NAMES = {"and": "and_", "or": "or_", "not": "not_", "ite": "where"}


class UntranslatableError(Exception):
    """A model that the DSL cannot say."""


class Translator:
    """Makes programs of models.

    Parameters
    ----------
    fitted : Fitted
        A task bound to its DSL.
    """

    def __init__(self, fitted):
        self.fitted, self.grammar = fitted, fitted.grammar
        items = [production.item for production in fitted.grammar]
        self.inputs = {item.name: Program(item) for item in items if isinstance(item, Input)}
        constants = [item for item in items if isinstance(item, Constant)]
        named = fitted.root.family == "Label"
        #: Labels by name: their values are numbers, but stand beside those of comparisons.
        self.labels = {i.value: Program(i) for i in constants if named and i.type == fitted.root}
        self.constants = {
            i.value: Program(i) for i in constants if not (named and i.type == fitted.root)
        }
        primitives = [item for item in items if isinstance(item, Primitive)]
        self.primitives = {item.name: item for item in primitives}
        #: Each type has a choice of its own, if any: `where`, `ite`.
        self.choices = {
            item.result: item
            for item in primitives
            if item.name.rstrip("0123456789") in ("where", "ite")
            and item.arguments == (Bool, item.result, item.result)
        }
        self._numbers = None

    def program(self, model):
        """The program of a model."""
        made = self._made(model)
        return self._truth(made) if isinstance(made, bool) else made

    def price(self, program):
        """(total bits, exceptions, held-out accuracy) of a program, as `reach_tasks` prices one."""
        task, root = self.fitted.task, self.fitted.root
        right = program.evaluate(task.columns) == task.labels
        train, k = task.train, len(task.alphabet)
        wrong = int((~right[train]).sum())
        code = codes.program_totals(int(train.sum()), k, root.size > k)[wrong]
        accuracy = float(right[~train].mean())
        return program.bits(self.grammar) + float(code), wrong, accuracy

    def _made(self, model):
        """The program of a model, or a truth value."""
        if isinstance(model, bool):
            return model
        if isinstance(model, str):
            return self.inputs[model]
        if isinstance(model, (int, float)):
            return self.labels.get(int(model)) or self._number(int(model))
        name, *rest = model
        if name == "above":
            return self._above(*rest)
        parts = [self._made(part) for part in rest]
        if name in ("and", "or"):
            return self._joined(name, parts)
        if name == "not":
            return self._not(parts[0])
        if name == "if":
            return self._if(*parts)
        return self._applied(name, *parts)

    def _applied(self, name, *parts):
        item = self.primitives.get(NAMES.get(name, name))
        if item is None:
            raise UntranslatableError(f"{self.fitted.dsl.name} has no {name}")
        return Program(item, parts)

    def _truth(self, value):
        """A program that is always true, or always false."""
        part = next(iter(self.inputs.values()))
        if part.type == Bool:
            return self._applied("or" if value else "and", part, self._applied("not", part))
        return self._applied("le" if value else "lt", part, part)

    def _not(self, part):
        if isinstance(part, bool):
            return not part
        if part.head == self.primitives.get("not_"):
            return part.arguments[0]
        return self._applied("not", part)

    def _joined(self, name, parts):
        """All parts joined by `and` or `or`, in a balanced tree; truth values are left out."""
        neutral = name == "and"
        if any(isinstance(part, bool) and part != neutral for part in parts):
            return not neutral
        parts = [part for part in parts if not isinstance(part, bool)]
        while len(parts) > 1:
            rest = parts[2 * (len(parts) // 2) :]
            pairs = zip(parts[::2], parts[1::2], strict=False)
            parts = [self._applied(name, *pair) for pair in pairs] + rest
        return parts[0] if parts else neutral

    def _if(self, condition, yes, no):
        """`yes` where the condition holds, otherwise `no`; a node of a tree."""
        if not isinstance(yes, bool) and not isinstance(no, bool) and yes.type != Bool:
            if yes.type not in self.choices:
                raise UntranslatableError(f"{self.fitted.dsl.name} has no where")
            return Program(self.choices[yes.type], (condition, yes, no))
        first = self._joined("and", [condition, yes])
        if yes is True and no is not True:
            return self._joined("or", [condition, no])
        if no is True:
            return self._joined("or", [self._not(condition), yes])
        if yes is False:
            return self._joined("and", [self._not(condition), no])
        if no is not False and Bool in self.choices:
            return Program(self.choices[Bool], (condition, yes, no))
        return self._joined("or", [first, self._joined("and", [self._not(condition), no])])

    def _above(self, name, threshold):
        """Whether a column of whole numbers is above a threshold.

        Of all thresholds that tell the same training rows apart, it takes the cheapest to write.
        """
        task = self.fitted.task
        values = task.columns[name][task.train]
        least = int(values[values <= threshold].max())
        most = int(values[values > threshold].min())
        numbers = self._all_numbers()
        options = [("lt", t) for t in range(least, most)] + [
            ("le", t) for t in range(least + 1, most + 1)
        ]
        options = [(numbers[t].units(self.grammar), o, t) for o, t in options if t in numbers]
        if not options:
            raise UntranslatableError(
                f"{self.fitted.dsl.name} has no number from {least} to {most}"
            )
        _, operator, number = min(options)
        return self._applied(operator, numbers[number], self.inputs[name])

    def _number(self, value):
        """A number as a program: a constant, or some of them put together."""
        if value in self.constants:
            return self.constants[value]
        numbers = self._all_numbers()
        if -value in numbers and 0 in numbers:
            return self._applied("sub", numbers[0], numbers[-value])
        if value not in numbers:
            raise UntranslatableError(f"{self.fitted.dsl.name} has no number {value}")
        return numbers[value]

    def _all_numbers(self):
        """The cheapest sums and products of constants, by their values from 0 to MOST."""
        if self._numbers is None:
            if not all(p.type.family == "Int" for p in self.constants.values()):
                raise UntranslatableError(f"{self.fitted.dsl.name} has no other numbers")
            self._numbers = cheapest(self.constants, self.grammar, self._applied)
        return self._numbers


def cheapest(constants, grammar, applied):
    """The cheapest program for each whole number that sums and products of constants make.

    constants: programs by value; applied: makes a program of an operator's name and arguments.
    """
    best = {v: (p.units(grammar), None) for v, p in constants.items() if 0 <= v <= MOST}
    ones = sorted(best)
    sample = next(iter(constants.values()))
    node = {o: applied(o, sample, sample).units(grammar) for o in ("add", "mul")}
    node = {o: units - 2 * sample.units(grammar) for o, units in node.items()}
    # One operand is a constant: of a table of both operands the totals are a little less, at 1,000
    # times the work.
    for value in range(1, MOST + 1):
        ways = [("add", c, value - c) for c in ones if 0 < c < value]
        ways += [("mul", c, value // c) for c in ones if c > 1 and value % c == 0]
        for operator, a, b in ways:
            if b in best and b != value:
                units = node[operator] + best[a][0] + best[b][0]
                if value not in best or units < best[value][0]:
                    best[value] = units, (operator, a, b)
    made = {}
    for value in sorted(best):
        way = best[value][1]
        made[value] = (
            constants[value] if way is None else applied(way[0], made[way[1]], made[way[2]])
        )
    return made
