"""The obvious baseline: bottom-up enumeration by size in plain Python.

Behaviours are tuples of values.  A dictionary tells them apart and records how each was made.  A
commutative operator is applied to each pair once.
"""

import itertools
import platform
import sys
import time

import protocol

COMMUTATIVE = ("and", "or", "xor", "add", "mul")


class Enumerator:
    """Enumerates sizes in order; has `candidates` made and `seen` behaviours by type."""

    def __init__(self, job):
        self.job = job
        self.bodies = protocol.bodies(job)
        self.candidates = 0
        self.seen = {"bool": {}, "int": {}}
        self.sizes = {"bool": [[]], "int": [[]]}  # sizes[type][size] holds behaviours
        self.goal = None
        self.late = float("inf")

    def run(self):
        """Run until the goal is met, nothing is left, or time is up; returns whether it was met."""
        job = self.job
        own = protocol.own_type(job["family"])
        columns = protocol.columns_of(job)
        most = 2 ** len(set(job["rows"])) if own == "bool" else None
        leaves = [*job["variables"], *job["constants"]]
        for size in itertools.count(1):
            for bank in self.sizes.values():
                bank.append([])
            if size == 1:
                for leaf in leaves:
                    if self.add(own, 1, protocol.values_of(leaf, columns), leaf):
                        return True
            for operator in job["operators"]:
                if self.apply(operator, size):
                    return True
                if time.perf_counter() >= self.late:
                    return False
            if len(self.seen[own]) == most:
                return self.goal is None

    def apply(self, operator, size):
        """All programs of a size with this root operator; returns whether one is the goal."""
        family, body = self.job["family"], self.bodies[operator]
        result = protocol.result_type(operator, family)
        types = protocol.argument_types(operator, family)
        banks = [self.sizes[t] for t in types]
        mirrored = operator in COMMUTATIVE
        for split in splits(size - 1, len(types)):
            if mirrored and split[0] > split[1]:
                continue
            lists = [bank[s] for bank, s in zip(banks, split, strict=True)]
            if mirrored and split[0] == split[1]:
                tuples = itertools.combinations_with_replacement(lists[0], 2)
            else:
                tuples = itertools.product(*lists)
            for arguments in tuples:
                values = tuple(map(body, *arguments))
                if self.add(result, size, values, (operator, *arguments)):
                    return True
                if not self.candidates & 1023 and time.perf_counter() >= self.late:
                    return False
        return False

    def add(self, type_, size, values, origin):
        self.candidates += 1
        if values not in self.seen[type_]:
            self.seen[type_][values] = origin
            self.sizes[type_][size].append(values)
            return values == self.goal
        return False

    def expression(self, type_, values):
        origin = self.seen[type_][values]
        if not isinstance(origin, tuple):
            return origin
        types = protocol.argument_types(origin[0], self.job["family"])
        return [origin[0], *map(self.expression, types, origin[1:])]


def splits(total, parts):
    """All ways to write a number as a sum of `parts` sizes of at least 1."""
    if parts == 1:
        return [(total,)] if total >= 1 else []
    return [(k, *rest) for k in range(1, total) for rest in splits(total - k, parts - 1)]


def main():
    job = protocol.read()
    job["rows"] = [tuple(row) for row in job["rows"]]
    about = {"version": platform.python_version(), "settings": "tuples and a dictionary"}
    enumerator = Enumerator(job)
    begin = protocol.start(job)
    own = protocol.own_type(job["family"])
    if job["labels"] is None:
        enumerator.late = begin + job["seconds"]
        enumerator.run()
        protocol.answer(
            begin, candidates=enumerator.candidates, distinct=len(enumerator.seen[own]), **about
        )
        return
    enumerator.goal = tuple(job["labels"])
    enumerator.run()
    found = enumerator.expression(own, enumerator.goal)
    protocol.answer(begin, expression=found, candidates=enumerator.candidates, **about)


if __name__ == "__main__":
    sys.exit(main())
