"""Templates: the cheapest programs over some parts that compute wanted functions of them.

A stage that knows which function of its parts it needs (their sum, their majority) looks it up
here: an inner enumeration over the parts, each at a price, finds the cheapest way to write it in
the problem's own DSL.  Nothing is known of the operators but what they compute.
"""

import numpy as np

from synth.engine.reach.inner import Inner, distinct_rows
from synth.language import DSL, UNIT

#: Enumerations that are kept; parts of the same prices share one.
KEPT = 64
#: Programs of an enumeration of constants: 20,000 reach all residues modulo 97 in 10 ms.
CONSTANTS = 20_000
#: The most constants that are kept: writing 1,000 programs takes 0.4 s.
VALUES = 256
#: Rows of a pool among which constants are sought, and how many are used.
ROWS, SOME = 1024, 8
#: The most cells that labels are sought on, the fullest first, and the programs that are returned.
CELLS, BEST = 512, 3
#: Behaviours that are compared with the labels together: 16 MB at 512 cells.
BLOCK = 2**12


class Stopped(Exception):  # noqa: N818 - no error: the caller has asked for it
    """Whoever uses templates has been told to stop."""


class Templates:
    """Programs that compute wanted functions of parts.

    Parameters
    ----------
    problem : Problem
    must_stop : callable, optional
        Whether to raise `Stopped` instead of beginning one more enumeration.
    """

    def __init__(self, problem, must_stop=None):
        self.problem, self.must_stop = problem, must_stop
        self._known, self._closed, self._constants = {}, {}, {}

    def search(self, parts, columns, type, *, max_programs, prices=None, closed=True):
        """The enumeration of programs over the parts.

        Parameters
        ----------
        parts : sequence of Program
        columns : sequence of ndarray
            Values of the parts, on rows that tell the functions apart.
        type : Type
            The type of the programs.
        max_programs : int
        prices : sequence of int, optional
            What the parts cost, in units; by default what their programs cost.
        closed : bool
            Whether only primitives and constants of the type itself are used.

        Returns
        -------
        Inner
        """
        if prices is None:
            prices = [self.problem.units(part) for part in parts]
        stand = tuple((a.type, int(u)) for a, u in zip(parts, prices, strict=True))
        key = (stand, type, closed, max_programs, *(c.tobytes() for c in columns))
        if key not in self._known:
            if self.must_stop is not None and self.must_stop():
                raise Stopped
            if len(self._known) >= KEPT:
                self._known.clear()
            self._known[key] = Inner(
                self.problem,
                parts,
                type,
                columns,
                max_programs=max_programs,
                prices=prices,
                dsl=self._dsl(type) if closed else None,
            )
        inner = self._known[key]
        inner.parts = list(parts)  # other programs of equal types and prices share it
        return inner

    def find(self, parts, columns, wanted, type, *, max_programs, prices=None):
        """The cheapest program over the parts for each of the wanted values; None if none is found.

        Parameters are those of `search`; `wanted` is a sequence of arrays.
        """
        inner = self.search(parts, columns, type, max_programs=max_programs, prices=prices)
        found = []
        for values in wanted:
            row = first_equal(inner.values, values)
            found.append(None if row is None else inner.program(row))
        return found

    def constants(self, type):
        """The cheapest programs that have one value on all rows, dict of value to Program."""
        if type not in self._constants:
            parts = self._constant_rows(type)
            self._constants[type] = made = {}
            if parts:
                values = [self.problem.values(part)[:1] for part in parts]
                inner = self.search(parts, values, type, max_programs=CONSTANTS)
                for row, value in enumerate(inner.values[:VALUES, 0].tolist()):
                    made.setdefault(value, row)
                made.update({value: inner.program(row) for value, row in made.items()})
        return self._constants[type]

    def _constant_rows(self, type):
        """The cheapest rows of a bank that have one value."""
        bank = self.problem.engine.banks.get(type)
        if bank is None or not len(bank):
            return []
        some = training_values(self.problem, type, ROWS)
        found = []
        for row in np.flatnonzero((some == some[:, :1]).all(axis=1)).tolist():
            values = bank.values(row, row + 1)
            if len(found) < SOME and (values == values[0, 0]).all():
                found.append(self.problem.engine.program(row, type))
        return found

    def _dsl(self, type):
        """The primitives and constants of one type alone."""
        if type not in self._closed:
            given = self.problem.grammar.dsl
            dsl = DSL("closed", types=(type,))
            dsl.primitives += [p for p in given.primitives if {p.result, *p.arguments} == {type}]
            dsl.constants += [c for c in given.constants if c.type == type]
            self._closed[type] = dsl
        return self._closed[type]


def labels_over(templates, programs, *, max_programs, prices=None, closed=True):
    """The programs of the least totals that see the rows only through some programs.

    Parameters
    ----------
    templates : Templates
    programs : sequence of Program
    max_programs : int
        Programs of the enumeration over them.
    prices, closed
        See `Templates.search`.

    Returns
    -------
    list of Program
        At most `BEST`, the least total first.
    """
    problem = templates.problem
    columns = [problem.values(program) for program in programs]
    dsl = problem.grammar.dsl
    known = problem.root in makes(dsl, [program.type for program in programs])
    if not known or any(column is None for column in columns):
        return []
    first, cell = distinct_rows(columns)
    n, size = problem.n, len(first)
    labels, numbers = np.unique(problem.compared, return_inverse=True)
    counts = np.zeros((size, len(labels)), np.int64)
    np.add.at(counts, (cell[:n], numbers), 1)
    some = np.argsort(-counts.sum(axis=1), kind="stable")[:CELLS]
    inner = templates.search(
        programs,
        [column[first[some]] for column in columns],
        problem.root,
        max_programs=max_programs,
        prices=prices,
        closed=closed,
    )
    wrong = n - _right(problem.root.coarse(inner.values), labels, counts[some])
    totals = inner.units / UNIT + problem.code[wrong]
    return [inner.program(row) for row in np.argsort(totals, kind="stable")[:BEST]]


def makes(dsl, types):
    """The types of what can be made of values of some types."""
    known, before = {*types, *(c.type for c in dsl.constants)}, None
    while known != before:
        before = set(known)
        known |= {p.result for p in dsl.primitives if known.issuperset(p.arguments)}
    return known


def _right(values, labels, counts):
    """How many rows have the label that some values (behaviours, cells) give to their cell."""
    found = []
    for first in range(0, len(values), BLOCK):
        some = values[first : first + BLOCK]
        at = np.minimum(np.searchsorted(labels, some), len(labels) - 1)
        right = counts[np.arange(len(counts)), at] * (labels[at] == some)
        found.append(right.sum(axis=1))
    return np.concatenate(found)


def best_first(problem, programs):
    """The distinct programs of an iterable that may be stopped, the least total first."""
    found = {}
    try:
        for program in programs:
            found.setdefault(program, len(found))
    except Stopped:
        pass
    priced = [(problem.total(program), k, program) for program, k in found.items()]
    return [program for bits, _, program in sorted(priced, key=lambda p: p[:2]) if bits < np.inf]


def training_values(problem, type, most):
    """The values of the cheapest rows of a bank on the training rows, (rows, n)."""
    # Held-out rows stay packed: of 30,000 rows, 2,048 programs would take 500 MB.
    bank, n = problem.engine.banks[type], problem.n
    words = bank.behaviours[: min(len(bank), most), : type.words(n)]
    return type.unpack(np.ascontiguousarray(words), n)


def first_equal(rows, values, care=None):
    """The first of some rows that has some values, where they matter; None if there is none."""
    left = np.arange(len(rows))
    places = range(len(values)) if care is None else np.flatnonzero(care)
    for k in places:
        left = left[rows[left, k] == values[k]]
        if not len(left):
            return None
    return int(left[0]) if len(left) else None


def leaf_units(problem, type):
    """The units of the cheapest leaf of a type, or of one bit if there is none."""
    found = [p.units for p in problem.grammar.productions[type] if not p.item.arguments]
    return min(found, default=UNIT)
