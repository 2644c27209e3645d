"""cvc5's SyGuS solver, through its Python interface.

A search job is one `checkSynth` over the job's grammar with one equation per row.  Sums,
differences and products of residues are those of integers, and the equations hold modulo p, so cvc5
computes the remainder once per row.  The enumeration of all functions is a `findSynth` over terms
of the grammar; cvc5 leaves out terms that its rewriter finds equal.

Variants: "default"; "fast", which sets sygus-enum=fast; "fast, pbe", which also sets
sygus-pbe=true. The last one combines conditionals from parts that are right on some rows, and does
not minimise the size of the whole.
"""

import itertools
import time

import cvc5
import protocol
from cvc5 import Kind

VARIANTS = {
    "default": {},
    "fast": {"sygus-enum": "fast"},
    "fast, pbe": {"sygus-enum": "fast", "sygus-pbe": "true"},
}

KINDS = {
    "and": Kind.AND,
    "or": Kind.OR,
    "xor": Kind.XOR,
    "not": Kind.NOT,
    "lt": Kind.LT,
    "ite": Kind.ITE,
    "add": Kind.ADD,
    "sub": Kind.SUB,
    "mul": Kind.MULT,
}
NAMES = {kind: name for name, kind in KINDS.items()}


class Problem:
    """A solver with the grammar of a job."""

    def __init__(self, job):
        self.job = job
        self.terms = tm = cvc5.TermManager()
        self.solver = solver = cvc5.Solver(tm)
        solver.setOption("sygus", "true")
        solver.setOption("lang", "sygus2")
        if job["labels"] is None:
            solver.setOption("incremental", "true")
        for name, value in VARIANTS[job["variant"]].items():
            solver.setOption(name, value)
        family = job["family"]
        solver.setLogic("UF" if family == "bool" else "NIA")
        self.sort = tm.getBooleanSort() if family == "bool" else tm.getIntegerSort()
        self.inputs = [tm.mkVar(self.sort, name) for name in job["variables"]]
        types = {protocol.result_type(o, family) for o in job["operators"]}
        types = [protocol.own_type(family), *(types - {protocol.own_type(family)})]
        sorts = {"bool": tm.getBooleanSort(), "int": tm.getIntegerSort()}
        starts = {t: tm.mkVar(sorts[t], f"start_{t}") for t in types}
        self.grammar = solver.mkGrammar(self.inputs, list(starts.values()))
        for type_ in types:
            rules = [
                tm.mkTerm(KINDS[o], *(starts[a] for a in protocol.argument_types(o, family)))
                for o in job["operators"]
                if protocol.result_type(o, family) == type_
            ]
            leaves = [*self.inputs, *map(self.value, job["constants"])]
            own = type_ == protocol.own_type(family)
            self.grammar.addRules(starts[type_], [*leaves, *rules] if own else rules)

    def value(self, value):
        if self.job["family"] == "bool":
            return self.terms.mkBoolean(bool(value))
        return self.terms.mkInteger(value)

    def constrain(self):
        """Add an equation for each row; returns the function to synthesise."""
        tm, job = self.terms, self.job
        function = self.solver.synthFun("f", self.inputs, self.sort, self.grammar)
        for row, label in zip(job["rows"], job["labels"], strict=True):
            call = tm.mkTerm(Kind.APPLY_UF, function, *map(self.value, row))
            if job["modulus"]:
                call = tm.mkTerm(Kind.INTS_MODULUS, call, tm.mkInteger(job["modulus"]))
            self.solver.addSygusConstraint(tm.mkTerm(Kind.EQUAL, call, self.value(label)))
        return function


def expression(term):
    """A term as a nested list; sums and conjunctions of many parts become pairs."""
    kind = term.getKind()
    if kind == Kind.CONST_BOOLEAN:
        return term.getBooleanValue()
    if kind == Kind.CONST_INTEGER:
        return term.getIntegerValue()
    if kind == Kind.VARIABLE:
        return str(term)
    if kind == Kind.NEG:
        return ["sub", 0, expression(term[0])]
    if kind in (Kind.LEQ, Kind.GT, Kind.GEQ):
        a, b = expression(term[0]), expression(term[1])
        return {
            Kind.GT: ["lt", b, a],
            Kind.LEQ: ["not", ["lt", b, a]],
            Kind.GEQ: ["not", ["lt", a, b]],
        }[kind]
    parts = [expression(part) for part in term]
    found = [NAMES[kind], *parts] if len(parts) < 3 or kind == Kind.ITE else None
    if found is None:
        found = parts[0]
        for part in parts[1:]:
            found = [NAMES[kind], found, part]
    return found


class Tables:
    """Truth tables of enumerated terms, whose operators are lambda terms."""

    def __init__(self, problem):
        self.problem = problem
        self.operators, self.known = {}, {}
        count = len(problem.inputs)
        self.rows = 2**count
        for i, variable in enumerate(problem.inputs):
            bits = sum(1 << r for r in range(self.rows) if r >> i & 1)
            self.known[variable.getId()] = bits

    def of(self, term):
        if term.getId() not in self.known:
            operator, *arguments = term
            table = self.operator(operator, len(arguments))
            arguments = [self.of(a) for a in arguments]
            bits = 0
            for row in range(self.rows):
                bits |= table[tuple(a >> row & 1 for a in arguments)] << row
            self.known[term.getId()] = bits
        return self.known[term.getId()]

    def operator(self, operator, arity):
        if operator.getId() not in self.operators:
            terms, solver = self.problem.terms, self.problem.solver
            table = {}
            for bits in itertools.product((0, 1), repeat=arity):
                values = [terms.mkBoolean(bool(b)) for b in bits]
                value = solver.simplify(terms.mkTerm(Kind.APPLY_UF, operator, *values))
                table[bits] = int(value.getBooleanValue())
            self.operators[operator.getId()] = table
        return self.operators[operator.getId()]


def main():
    job = protocol.read()
    options = VARIANTS[job["variant"]]
    settings = ", ".join(f"{name}={value}" for name, value in options.items())
    about = {"version": cvc5.__version__, "settings": settings or "as it comes"}
    problem = Problem(job)
    if job["labels"] is None:
        begin = protocol.start(job)
        found = []
        term = problem.solver.findSynth(cvc5.FindSynthTarget.ENUM, problem.grammar)
        while not term.isNull() and time.perf_counter() - begin < job["seconds"]:
            found.append(term)
            term = problem.solver.findSynthNext()
        seconds = time.perf_counter() - begin
        tables = Tables(problem)
        distinct = len({tables.of(term) for term in found})
        protocol.answer(
            begin, candidates=len(found), distinct=distinct, **about | {"seconds": seconds}
        )
        return
    function = problem.constrain()
    begin = protocol.start(job)
    result = problem.solver.checkSynth()
    seconds = time.perf_counter() - begin
    found = None
    if result.hasSolution():
        found = expression(problem.solver.getSynthSolution(function)[1])
    protocol.answer(begin, expression=found, **about | {"seconds": seconds})


if __name__ == "__main__":
    main()
