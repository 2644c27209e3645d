"""ProgSynth's beap search over an infinite grammar with uniform probabilities.

Behaviours that occurred before are also filtered out among subprograms, which its documentation
calls the most efficient way of observational equivalence.  Written against commit 030fe45 of its
repository.  ProgSynth imports as `synth`, so it has its own environment.
"""

import contextlib
import time
from importlib.metadata import PackageNotFoundError, version

import protocol
from synth.syntax import CFG, DSL, ProbDetGrammar, auto_type, bps_enumerate_prob_grammar


class LateError(Exception):
    """The seconds of an enumeration are over."""


class Distinct:
    """Accepts a program if no earlier one of its type has the same values."""

    def __init__(self, job):
        self.bodies = protocol.bodies(job)
        self.columns = protocol.columns_of(job)
        self.leaves = job["variables"]
        self.constants = {f"c{k}": value for k, value in enumerate(job["constants"])}
        self.values, self.seen = {}, {"bool": set(), "int": set()}
        self.made = 0
        self.late = float("inf")

    def accept(self, program):
        self.made += 1
        if not self.made & 63 and time.perf_counter() >= self.late:
            raise LateError
        values = self.of(program)
        seen = self.seen[str(program.type)]
        if values in seen:
            return False
        seen.add(values)
        self.values[program] = values
        return True

    def of(self, program):
        if program in self.values:
            return self.values[program]
        if hasattr(program, "variable"):
            return tuple(self.columns[self.leaves[program.variable]])
        if hasattr(program, "primitive"):
            return protocol.values_of(self.constants[program.primitive], self.columns)
        body = self.bodies[program.function.primitive]
        return tuple(map(body, *(self.of(a) for a in program.arguments)))

    def expression(self, program):
        if hasattr(program, "variable"):
            return self.leaves[program.variable]
        if hasattr(program, "primitive"):
            return self.constants[program.primitive]
        return [program.function.primitive, *map(self.expression, program.arguments)]


def main():
    job = protocol.read()
    family = job["family"]
    own = protocol.own_type(family)
    signatures = {
        name: " -> ".join(
            (*protocol.argument_types(name, family), protocol.result_type(name, family))
        )
        for name in job["operators"]
    }
    signatures |= {f"c{k}": own for k in range(len(job["constants"]))}
    request = " -> ".join([own] * (len(job["variables"]) + 1))
    grammar = CFG.infinite(DSL(auto_type(signatures)), auto_type(request), n_gram=1)
    enumerator = bps_enumerate_prob_grammar(ProbDetGrammar.uniform(grammar))
    distinct = enumerator.filter = Distinct(job)
    try:
        about = {"version": version("synth"), "settings": "beap search, equivalence filter"}
    except PackageNotFoundError:
        about = {"version": None, "settings": "beap search, equivalence filter"}
    begin = protocol.start(job)
    if job["labels"] is None:
        distinct.late = begin + job["seconds"]
        with contextlib.suppress(LateError):
            for _ in enumerator.generator():
                pass
        protocol.answer(begin, candidates=distinct.made, distinct=len(distinct.seen[own]), **about)
        return
    labels = tuple(job["labels"])
    matches = (p for p in enumerator.generator() if distinct.of(p) == labels)
    found = next(map(distinct.expression, matches), None)
    protocol.answer(begin, expression=found, candidates=distinct.made, **about)


if __name__ == "__main__":
    main()
