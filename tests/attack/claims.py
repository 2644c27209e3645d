"""What a result claims, and which of its claims are false.

A claim is checked against `held`: the least units of every behaviour of the root type over
all syntax trees of at most `most` units, from plain recursion (`tests/naive.py`).  A
program is a hypothesis only where it has a value on every row of the task, held-out rows
included; behaviours without one are not in `held`.
"""

import math

import numpy as np

import synth
from tests import naive

NEAR = 1e-6


def false_claims(result, grammar, task, root, held, most):
    """A list of sentences, one for each claim of a `Result` that is false."""
    wrong = _Facts(grammar, task, root, held, most)
    found = [*wrong.of_program(result), *wrong.of_certificate(result)]
    if result.settings["exact"]:
        found += wrong.of_exact(result)
    else:
        found += [*wrong.of_optimal(result), *wrong.of_lists(result)]
        found += wrong.of_classes(result, held)
    return found


class _Facts:
    def __init__(self, grammar, task, root, held, most):
        self.grammar, self.task, self.root, self.most = grammar, task, root, most
        self.n, self.k = int(task.train.sum()), len(task.alphabet)
        self.two = self.k == 2 and root.size == 2
        self.labels = [naive.label(v, root) for v in task.labels.tolist()]
        #: (units, exceptions, total) of every behaviour.
        self.scored = [(u, *self.score(seen, u)) for seen, u in held.items() if self.right(seen)]
        #: The least units of a program that is right on every training row, and not inverted.
        self.least = min((u for seen, u in held.items() if not self.errors(seen)), default=None)

    def errors(self, seen):
        train = [r for r in range(self.task.rows) if self.task.train[r]]
        return sum(bool(naive.label(seen[r], self.root) != self.labels[r]) for r in train)

    def right(self, seen):
        """Whether it is a hypothesis: of more than two labels it is right on some row."""
        return self.two or self.errors(seen) < self.n

    def score(self, seen, units):
        e = self.errors(seen)
        if self.two:
            e = min(e, self.n - e)  # it speaks for the other label
        outside = self.root.size > self.k
        return e, naive.program_total(units / 1024, self.n, e, self.k, outside)

    def up_to(self, bits):
        """What is scored of at most so many bits; of all that is known where it is None."""
        limit = self.most if bits is None else min(self.most, bits * 1024 + 1e-6)
        return [entry for entry in self.scored if entry[0] <= limit]

    def of_program(self, result):
        p = result.program
        if p is None:
            return
        tree = synth.Program.parse(p.expression, self.grammar, self.root)
        if tree.units(self.grammar) != round(p.bits * 1024):
            yield f"{p.text} has {tree.units(self.grammar)} units and not {p.bits} bits"
        seen = naive.behaviour(tree, self.task.columns)
        if seen is None:
            yield f"{p.text} has no value on some row"
            return
        e, total = self.score(seen, tree.units(self.grammar))
        if e != p.exceptions or abs(total - p.total_bits) > NEAR:
            said = f"{p.exceptions} and {p.total_bits}"
            yield f"{p.text} has {e} exceptions and {total} bits, not {said}"

    def of_lists(self, result):
        """Every program of the front and of top is what it is said to be."""
        listed = [h for h in result.top if h.kind != "table"]
        for p in (*result.front, *listed):
            tree = synth.Program.parse(p.expression, self.grammar, self.root)
            seen, units = naive.behaviour(tree, self.task.columns), tree.units(self.grammar)
            e, total = (None, math.inf) if seen is None else self.score(seen, units)
            if (units, e) != (round(p.bits * 1024), p.exceptions) or abs(
                total - p.total_bits
            ) > NEAR:
                yield f"listed {p.text}: {units} units, {e} exceptions, {total} bits, not as said"
        seen = [naive.behaviour(synth.Program.parse(h.expression, self.grammar, self.root),
                                self.task.columns) for h in listed]  # fmt: skip
        if len(set(seen)) < len(seen) and None not in [level.distinct for level in result.levels]:
            yield "a behaviour is listed twice in top"

    def of_certificate(self, result):
        """Everything up to the certified bits was scored: best, front, top and shares hold it."""
        known = self.up_to(result.certified_bits)
        if result.settings["exact"] or not known:
            return
        if result.program is None:
            yield f"no program, and {len(known)} are certified to be scored"
            return
        best = min(total for _, _, total in known)
        if best < result.program.total_bits - NEAR:
            yield f"a certified program has {best} bits, the best {result.program.total_bits}"
        for units, e, _ in known:
            if not any(round(f.bits * 1024) <= units and f.exceptions <= e for f in result.front):
                yield f"the front lacks {e} exceptions at {units} units"
                break
        shown = [h for h in result.top if h.kind != "table"]
        if len(result.top) < result.settings["top"] and len(shown) < len(known):
            asked = result.settings["top"]
            yield f"{len(shown)} programs in top, {len(known)} certified, {asked} asked for"
        if result.top and len(result.top) == result.settings["top"]:
            last = result.top[-1].total_bits
            better = sum(total < last - NEAR for _, _, total in known)
            if better > sum(h.total_bits < last - NEAR for h in shown):
                yield f"{better} certified programs are better than the last of top"
        mass = math.fsum([2.0**-total for _, _, total in known]) + 2.0**-result.table.bits
        for h in result.top:
            if h.share > 2.0**-h.total_bits / mass * (1 + 1e-9):
                yield f"{h.text} has a share of {h.share}, at most {2.0**-h.total_bits / mass}"

    def of_optimal(self, result):
        if not result.optimal:
            return
        best = min((total for _, _, total in self.scored), default=math.inf)
        if best < result.total_bits - NEAR:
            yield f"optimal at {result.total_bits} bits, and some program has {best}"

    def of_classes(self, result, held):
        """No disjunction or conjunction of known parts is below its certificate."""
        for made in result.reach.certificates if result.reach else ():
            label = made.form == "disjunction"
            train = [r for r in range(self.task.rows) if self.task.train[r]]
            wanted = [r for r in train if self.task.labels[r] == label]
            join = min(p.units for p in self.grammar if _table(p.item) == [label] * 3)
            covers = {0: 0}
            for seen, units in held.items():
                # Printed bits, so that what is printed is attacked.
                if units > float(f"{made.part_bits:.1f}") * 1024:
                    continue
                if any(seen[r] == label for r in train if self.task.labels[r] != label):
                    continue
                mask = sum(1 << k for k, r in enumerate(wanted) if seen[r] == label)
                for other, price in list(covers.items()):
                    dear = price + units + join
                    covers[mask | other] = min(dear, covers.get(mask | other, dear))
            least = covers.get(2 ** len(wanted) - 1)
            if least is not None and (made.bits is None or least - join < made.bits * 1024):
                yield f"{made.statement}; one has {(least - join) / 1024}"
            if made.program is not None:
                tree = synth.Program.parse(made.program, self.grammar, self.root)
                seen, units = naive.behaviour(tree, self.task.columns), tree.units(self.grammar)
                if seen is None or self.errors(seen) or units != made.bits * 1024:
                    yield f"{made.program} is not as {made.statement}"

    def of_exact(self, result):
        least = self.least
        if result.program is not None and result.program.exceptions:
            yield "a program with exceptions"
        if least is None:
            return
        p = result.program
        if result.exact_bound is None and (p is None or least < round(p.bits * 1024)):
            yield f"none claimed at all, and one has {least / 1024} bits"
        if result.exact_bound is not None and least < round(result.exact_bound * 1024):
            bound = result.exact_bound
            yield f"none of fewer than {bound} bits claimed, and one has {least / 1024}"
        if result.optimal and least < round(p.bits * 1024):
            yield f"optimal at {p.bits} bits, and one has {least / 1024}"
        if p is not None and self.most >= round(p.bits * 1024) and least > round(p.bits * 1024):
            yield f"a program of {p.bits} bits, and the least has {least / 1024}"


def _table(item):
    """What a boolean operator makes of different operands and of equal ones, if the latter stay."""
    if [str(t) for t in item.arguments] != ["Bool", "Bool"] or str(item.result) != "Bool":
        return None
    values = item.function(*np.array([[0, 0, 1, 1], [0, 1, 0, 1]], bool)).tolist()
    return [values[1], values[2], values[1]] if values[::3] == [False, True] else None
