"""The jobs of `peers.py`: what is asked, our answer, and how answers are checked.

A job is a table of examples and a grammar in which every leaf and every operator costs 1.  A job
without labels is the enumeration of all functions of the grammar.  Every side gives its answer as
an expression in the same form, which is evaluated and counted here: a leaf (a name or a number), or
a list of an operator and its arguments.
"""

import inspect
import random
import time
from dataclasses import asdict, dataclass

import numpy as np

import synth
from synth.language.types import INT_LIMIT, Bool, Int, Mod

#: The widest range of integers, because the integers of the peers are unbounded.
NUMBER = Int(-INT_LIMIT, INT_LIMIT)

#: operator: (body, arguments, symbol, commutative); "own" is the type of the leaves.
OPERATORS = {
    "and": (np.logical_and, ("own", "own"), "&", True),
    "or": (np.logical_or, ("own", "own"), "|", True),
    "xor": (np.logical_xor, ("own", "own"), "^", True),
    "not": (np.logical_not, ("own",), "~", False),
    "add": (np.add, ("own", "own"), "+", True),
    "sub": (np.subtract, ("own", "own"), "-", False),
    "mul": (np.multiply, ("own", "own"), "*", True),
    "lt": (np.less, ("own", "own"), "<", False),
    "ite": (np.where, ("Bool", "own", "own"), None, False),
}


@dataclass(frozen=True)
class Job:
    """One job for all sides.

    Parameters
    ----------
    name : str
        Its name.
    what : str
        Its description.
    family : str
        The type of the leaves: "bool", "int" or "mod".
    variables, operators, constants
        The grammar.
    rows, labels
        The examples.  Without labels, the job is to enumerate all functions.
    modulus : int
        The modulus of residues.
    minimal : int or None
        The least number of leaves and operators of a right expression, if it is known.
    exact : bool
        Whether only a smallest expression counts; our side then asks for `exact`.
    polynomial : bool
        Whether it can be done without a comparison.
    """

    name: str
    what: str
    family: str
    variables: tuple
    operators: tuple
    rows: tuple
    labels: tuple | None = None
    constants: tuple = ()
    modulus: int | None = None
    minimal: int | None = None
    exact: bool = False
    polynomial: bool = False

    def document(self):
        """The job as workers read it."""
        return asdict(self)

    @property
    def type(self):
        if self.family == "mod":
            return Mod(self.modulus)
        return Bool if self.family == "bool" else NUMBER

    def dsl(self):
        """A DSL with exactly the operators and constants of the job."""
        own = self.type
        dsl = synth.DSL(self.name, types=(own,))
        for name in self.operators:
            body, arguments, symbol, commutative = OPERATORS[name]
            arguments = ", ".join(own.family if a == "own" else a for a in arguments)
            result = "Bool" if name == "lt" else own.family
            dsl.add(
                _modulo(body, self.modulus) if self.modulus else body,
                f"{arguments} -> {result}",
                name=f"{name}_",
                symbol=symbol,
                commutative=commutative,
            )
        for value in self.constants:
            dsl.constant(value, own)
        return dsl

    def types(self):
        return dict.fromkeys(self.variables, self.type)

    def grammar(self):
        """The DSL as a grammar in which every leaf and operator costs 1."""
        return synth.Grammar(self.dsl(), self.types(), costs=lambda item: 1.0)

    def columns(self):
        table = np.array(self.rows).T
        return dict(zip(self.variables, table, strict=True))

    def task(self):
        labels = np.array(self.labels)
        return synth.Task(self.name, self.columns(), self.types(), labels, self.type)


def _modulo(body, p):
    return lambda a, b: body(a, b) % p


def expression_of(program):
    """One of our programs in the form that all sides share."""
    if not program.arguments:
        value = getattr(program.head, "value", program.head.name)
        return value if isinstance(value, str) else int(value)
    return [program.head.name.rstrip("_"), *map(expression_of, program.arguments)]


def size(expression):
    """The number of leaves and operators."""
    if not isinstance(expression, (list, tuple)):
        return 1
    return 1 + sum(map(size, expression[1:]))


def value(expression, row, modulus=None):
    """The value of an expression on one row, a mapping of names to values, by plain recursion."""
    if isinstance(expression, str):
        return row[expression]
    if not isinstance(expression, (list, tuple)):
        return expression
    operator, *arguments = expression
    if operator == "ite":
        chosen = arguments[1] if value(arguments[0], row, modulus) else arguments[2]
        return value(chosen, row, modulus)
    parts = [value(a, row, modulus) for a in arguments]
    found = {
        "and": lambda a, b: a and b,
        "or": lambda a, b: a or b,
        "xor": lambda a, b: bool(a) != bool(b),
        "not": lambda a: not a,
        "lt": lambda a, b: a < b,
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
    }[operator](*parts)
    return found % modulus if modulus and not isinstance(found, bool) else found


def is_right(job, expression):
    """Whether an expression gives every label; coefficients may be off by rounding."""
    if expression is None:
        return False
    for row, label in zip(job.rows, job.labels, strict=True):
        found = value(expression, dict(zip(job.variables, row, strict=True)), job.modulus)
        if abs(found - label) > 1e-6 * max(1, abs(label)):
            return False
    return True


def has_exact():
    """Whether the search of this version accepts `exact`."""
    return "exact" in inspect.signature(synth.search).parameters


def solve(job, seconds):
    """Our answer to a job with labels: {seconds, expression, candidates, proven}.

    It makes one call of `search`, which ends when its answer is proven to be the best.  The bits of
    the DSL decide, not the number of nodes, unless the job is exact.
    """
    task, dsl = job.task(), job.dsl()
    more = {"exact": True} if job.exact else {}
    begin = time.perf_counter()
    result = synth.search(task, dsl, seconds=seconds, **more)
    spent = time.perf_counter() - begin
    found = None if result.best is None else expression_of(result.best)
    return {
        "seconds": spent,
        "expression": found,
        "candidates": result.candidates,
        "proven": result.optimal,
    }


def enumerate_functions(job, most=None):
    """Our answer to a job without labels: {seconds, candidates, distinct, complete, sizes}.

    most is the largest size to enumerate, by default all sizes; sizes has the number of functions
    of each size or less.
    """
    grammar, columns = job.grammar(), job.columns()
    begin = time.perf_counter()
    found = synth.enumerate_programs(grammar, columns, max_bits=most)
    spent = time.perf_counter() - begin
    sizes = np.cumsum([level.distinct for level in found.levels]).tolist()
    return {
        "seconds": spent,
        "candidates": found.candidates,
        "distinct": len(found),
        "complete": found.stop_reason == "exhausted",
        "sizes": sizes,
    }


def smallest(job, most):
    """(nodes, expression) of a smallest right expression of at most `most` nodes, or None.

    It enumerates in order of size and does not use `search`.
    """
    found = synth.enumerate_programs(job.grammar(), job.columns(), type=job.type, max_bits=most)
    hits = np.flatnonzero((found.values == np.array(job.labels)).all(axis=1))
    if not len(hits):
        return None
    return int(found.bits[hits[0]]), expression_of(found.program(int(hits[0])))


def _booleans(count):
    return tuple(tuple(bool(r >> v & 1) for v in range(count)) for r in range(2**count))


def _names(count):
    return tuple(f"x{v}" for v in range(count))


def functions(count):
    """All functions of `count` variables, by the size of the smallest formula."""
    return Job(
        f"functions-{count}",
        f"all functions of {count} booleans over and, or, not",
        "bool",
        _names(count),
        ("and", "or", "not"),
        _booleans(count),
    )


def quadratic(count):
    """x² + xy + y² mod 97 from `count` of its 9,409 rows, in the built-in modular DSL."""
    drawn = random.Random(count).sample([(x, y) for x in range(97) for y in range(97)], count)
    return Job(
        f"quadratic-{count}",
        f"x² + xy + y² mod 97 from {count:,} examples",
        "mod",
        ("x", "y"),
        ("add", "sub", "mul"),
        tuple(drawn),
        tuple((x * x + x * y + y * y) % 97 for x, y in drawn),
        constants=(1, 2, 3),
        modulus=97,
        minimal=9,
    )


def formula(name, what, function, minimal, polynomial=False):
    """A function of two integers in -50..50, from 20 examples."""
    generator = random.Random(20)
    rows = tuple((generator.randint(-50, 50), generator.randint(-50, 50)) for _ in range(20))
    return Job(
        name,
        f"{what} from 20 examples",
        "int",
        ("x", "y"),
        ("add", "sub", "mul", "lt", "ite"),
        rows,
        tuple(function(x, y) for x, y in rows),
        constants=(0, 1),
        minimal=minimal,
        polynomial=polynomial,
    )


def smallest_formula(name, what, task, operators, minimal=None):
    """A job that asks for a smallest formula on a task's training rows."""
    names = tuple(task.columns)
    table = np.stack([task.columns[n] for n in names], axis=1)[task.train].tolist()
    return Job(
        name,
        what,
        "bool",
        names,
        operators,
        tuple(map(tuple, table)),
        tuple(task.labels[task.train].tolist()),
        minimal=minimal,
        exact=True,
    )


def all_jobs():
    """The jobs of the bench, in order."""
    load = synth.load_task
    return [
        functions(4),
        *map(quadratic, (20, 200, 2000)),
        formula("max", "max(x, y)", max, 6),
        formula("difference", "|x - y|", lambda x, y: abs(x - y), 10),
        formula("polynomial", "x² + 3y + 1", lambda x, y: x * x + 3 * y + 1, 11, True),
        formula(
            "conditional", "x + y if x < y else x - y", lambda x, y: x + y if x < y else x - y, 10
        ),
        smallest_formula(
            "multiplexer",
            "smallest formula, multiplexer:a=2, half of its rows",
            load("multiplexer:a=2"),
            ("and", "or", "xor", "not"),
        ),
        smallest_formula(
            "parity-4",
            "smallest formula, parity of 4 over and, or, not",
            load("parity:n=4,train=1.0"),
            ("and", "or", "not"),
            34,
        ),
        smallest_formula(
            "majority-5",
            "smallest formula, majority of 5 over and, or",
            load("majority:n=5,train=1.0"),
            ("and", "or"),
            27,
        ),
    ]
