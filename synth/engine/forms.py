"""Functions of letters: those of each form are enumerated, and combined, cheapest first."""

import math
from typing import NamedTuple

import numpy as np

from synth.engine.enumeration import Enumeration, enumerate_programs
from synth.engine.folding import combinations
from synth.language import Bool
from synth.language.scans import Form, Table
from synth.records import StopReason

#: How many programs of functions are made: of functions of truth values, and of letters.
FUNCTIONS = 200_000


class Member(NamedTuple):
    """A function of letters: its bits, its form, its functions by number, and what it does."""

    bits: float
    form: Form
    functions: tuple[int, ...]
    start: int
    table: Table


class Listed:
    """The functions of an enumeration, whose bits and values are read often."""

    def __init__(self, found: Enumeration) -> None:
        self.bits, self.values, self.program = found.bits, found.values, found.program
        certified = found.certified_bits
        self.certified = math.inf if certified is None else certified

    def __len__(self) -> int:
        return len(self.bits)


class Functions(NamedTuple):
    """The functions that those of a form are made of: of its states, and of what it writes."""

    form: Form
    steps: Listed | None
    writes: Listed | None


class Forms:
    """Makes functions of letters.

    Parameters
    ----------
    family : Scans
        The DSL's family.
    watch : Watch
        The limits.

    `cut` says whether Ctrl-C ended an enumeration.
    """

    def __init__(self, family, watch):
        self.family, self.watch, self.cut = family, watch, False
        self._known = {}
        self.every = [
            Functions(
                form,
                self._enumerated(form, says=False) if form.parts else None,
                self._enumerated(form, says=True) if form.writes else None,
            )
            for form in family.forms
        ]

    def _enumerated(self, form, says):
        """The cheapest function for each table; forms that read the same share them."""
        grammar = self.family.grammar(form, says)
        type_ = self.family.said(form) if says else Bool
        if grammar not in self._known:
            seconds = self.watch.limits.seconds
            names = {given.name for given in grammar.inputs}
            found = enumerate_programs(
                grammar,
                {name: bits for name, bits in self.family.cases(form).items() if name in names},
                type=type_,
                max_programs=FUNCTIONS,
                threads=self.watch.limits.threads,
                seconds=None if seconds is None else max(0.0, seconds - self.watch.seconds),
            )
            self.cut |= found.stop_reason == StopReason.INTERRUPTED
            self._known[grammar] = Listed(found)
        return self._known[grammar]

    def tuples(self, functions, most):
        """About so many tuples of functions of the states, and up to how many bits all are there.

        Returns their numbers, int64 (tuples, parts), their bits, in order, and the bits.
        """
        if functions.steps is None:
            return np.zeros((1, 0), np.int64), np.zeros(1), math.inf
        bits, parts = functions.steps.bits, functions.form.parts
        if not len(bits):
            return np.zeros((0, parts), np.int64), np.zeros(0), 0.0
        tuples, certain = combinations(bits, parts, most)
        sums = bits[tuples].sum(axis=1)
        order = np.argsort(sums, kind="stable")
        certain = min(certain, functions.steps.certified + (parts - 1) * bits[0])
        return tuples[order], sums[order], certain

    def members(self, functions, most):
        """About so many members of a form, and up to how many bits of their own all are there."""
        form = functions.form
        tuples, sums, certain = self.tuples(functions, most)
        own, one = self.family.own_bits(form), np.zeros(1)
        said = one if functions.writes is None else functions.writes.bits
        if not len(sums) or not len(said):
            return [], own
        total, step = sums[0] + said[0], 0.5
        while total < sums[-1] + said[-1]:
            if np.searchsorted(said, total + step - sums, "right").sum() > most:
                break
            total += step
        whole = math.inf if total >= sums[-1] + said[-1] else total
        certain = min(certain + said[0], whole)
        if functions.writes is not None:
            certain = min(certain, functions.writes.certified + sums[0])
        made = [
            (sums[t] + said[w], t, w)
            for t in range(len(sums))
            for w in range(int(np.searchsorted(said, total - sums[t], "right")))
        ]
        made.sort()
        found, known = [], set()
        for bits, t, w in made:
            numbers = (*tuples[t].tolist(), *([w] if functions.writes is not None else []))
            for start in form.starts:
                table = self.table(functions, numbers, start)
                key = does(table)
                if key not in known:  # of members that do the same, the first is the cheapest
                    known.add(key)
                    found.append(Member(float(bits + own), form, numbers, start, table))
        return found, float(certain + own)

    def table(self, functions, numbers, start):
        """What the member with these functions does."""
        form = functions.form
        values = [functions.steps.values[k] for k in numbers[: form.parts]]
        values += [functions.writes.values[k] for k in numbers[form.parts :]]
        return self.family.table(form, values, start)

    def program(self, member):
        """The primitive of a member."""
        [functions] = [each for each in self.every if each.form is member.form]
        parts = member.form.parts
        bodies = [functions.steps.program(k) for k in member.functions[:parts]]
        bodies += [functions.writes.program(k) for k in member.functions[parts:]]
        return self.family.member(member.form, bodies, member.start)


def does(table):
    """What a member does from its first state; members with equal bytes do the same."""
    number, order = {table.start: 0}, [table.start]
    rows = []
    for state in order:
        for to in table.steps[state].tolist():
            if to not in number:
                number[to] = len(order)
                order.append(to)
        after = [number[to] for to in table.steps[state].tolist()]
        rows.append((after, table.writes[state].tolist()))
    return repr(rows)


def stacked(tables):
    """Tables as `kernels.strings.scanned` takes them, padded to the same states and letters."""
    shape = [max(t.steps.shape[axis] for t in tables) for axis in (0, 1)]
    steps = np.zeros((len(tables), *shape), np.int8)
    writes, starts = steps.copy(), np.array([t.start for t in tables], np.int8)
    for k, table in enumerate(tables):
        states, letters = table.steps.shape
        steps[k, :states, :letters], writes[k, :states, :letters] = table.steps, table.writes
    return steps, writes, starts
