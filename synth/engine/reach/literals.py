"""Literals: what a program says about a row at little cost, and rows of the bank.

Literals are the boolean inputs, the cheapest tests of other types (comparisons, say) and their
opposites.  Conjunctions are made of them.  Rows of the bank are taken as they are: each may be a
term by itself, whatever operators it is made of.
"""

import numpy as np

from synth.engine.reach.gates import NEVER, Sides
from synth.language import UNIT, Bool, Program

#: The most literals that are inputs or their opposites, and that are tests or their opposites.
INPUTS, TESTS = 256, 64
#: The rows of a bank that are searched for tests and for opposites.
KNOWN_ROWS = 2**16
#: The rows of the bank that may be terms: the cheapest, and those of most value by some measure.
CHEAPEST, VALUABLE = 4000, 500
#: Counts are for so many training rows; with more rows, fewer rows of the bank, terms and nodes are
#: looked at, so that 20,000 rows take 1 s and not 10.
FULL_ROWS = 2500


def affordable(most, n):
    """How many things are looked at if `most` are with `FULL_ROWS` training rows or fewer."""
    return max(64, min(most, most * FULL_ROWS // n))


class Known:
    """The cheapest row of a pool for each behaviour on the training rows.

    Parameters
    ----------
    pool : Pool
        A pool of booleans.
    """

    def __init__(self, pool):
        self.pool = pool
        count = min(pool.count, KNOWN_ROWS)
        mask = Bool.pack(np.ones((1, pool.n), bool))[0]
        cells = pool.bank.behaviours[:count, : len(mask)] & mask
        self.rows = {}
        for row, key in enumerate(map(bytes, cells)):
            self.rows.setdefault(key, row)

    def row(self, values):
        """The row of some values on the training rows; None if the pool has none."""
        return self.rows.get(bytes(Bool.pack(values[None])[0]))


class Literals:
    """What terms are made of.

    Parameters
    ----------
    problem : Problem
    known : Known
    gates : Gates

    Attributes
    ----------
    count : int
        The number of literals, which come first; rows of the bank follow.
    values : ndarray of bool, shape (L, n)
        On the training rows.
    costs : ndarray of int64, shape (2, L)
        Of each literal or row and of its opposite.
    """

    def __init__(self, problem, known, gates):
        self.problem, self.known, self.gates = problem, known, gates
        self._sides, values, seen = [], [], set()
        for program, rows in [*_inputs(problem), *_tests(problem, known)]:
            if bytes(rows) in seen or rows.all() or not rows.any():
                continue
            seen |= {bytes(rows), bytes(~rows)}
            side = self._both(program, known.row(~rows))
            for literal, held in ((side, rows), (side.swapped(), ~rows)):
                if literal.programs[0] is not None:
                    self._sides.append(literal)
                    values.append(held)
        self.count = len(self._sides)
        self.values = np.array(values, bool).reshape(-1, problem.n)
        self.costs = np.array([s.costs for s in self._sides], np.int64).reshape(-1, 2).T
        self._rows = []

    def _both(self, program, row):
        """The sides of a program, given the row of its opposite, if it is known."""
        pool = self.known.pool
        other = self.gates.opposite(program) if row is None else pool.program(row)
        programs = (program, other)
        costs = tuple(NEVER if p is None else self.problem.units(p) for p in programs)
        return Sides(costs, programs)

    def side(self, j):
        """A literal or a row, with its opposite."""
        if j < self.count:
            return self._sides[j]
        row, other = self._rows[j - self.count]
        return self._both(self.known.pool.program(row), other)

    def add_rows(self, prices):
        """Add rows of the bank; prices: of an exception in units, and the share of false rows.

        Parameters
        ----------
        prices : sequence of (float, float)
            For each, the rows of most value are added, for either label.
        """
        pool, n = self.known.pool, self.problem.n
        rows = np.array(sorted(self.known.rows.values()), np.int64)
        labels = self.problem.labels.astype(bool)
        on, true = _covered(self.problem.engine.banks[Bool], rows, labels)
        costs = pool.costs(rows)
        some = [np.flatnonzero((on > 0) & (on < n))[: affordable(CHEAPEST, n)]]
        for price, share in prices:
            for right in (true, on - true):
                wrong = on - right
                value = np.where(wrong <= share * right, (right - wrong) * price - costs, -1.0)
                best = np.argsort(-value, kind="stable")[: affordable(VALUABLE, n)]
                some.append(best[value[best] > 0])
        rows = rows[np.unique(np.concatenate(some))]
        values = Bool.unpack(pool.bank.behaviours[rows], self.problem.rows)[:, :n]
        self._rows = [
            (int(row), self.known.row(~held)) for row, held in zip(rows, values, strict=True)
        ]
        costs = [
            (pool.cost(r), self.gates.negated(pool.cost(r)) if o is None else pool.cost(o))
            for r, o in self._rows
        ]
        costs = np.array(costs, np.int64).reshape(-1, 2).T
        self.values = np.concatenate([self.values, values])
        self.costs = np.concatenate([self.costs, costs], axis=1)


def _covered(bank, rows, labels):
    """How many training rows some rows of a bank cover, and how many of these are true."""
    if not len(rows):
        return np.zeros((2, 0), np.int64)
    given = np.stack([np.zeros_like(labels), labels])
    on, wrong = bank.errors(0, int(rows.max()) + 1, given, len(labels))[:, rows].astype(np.int64)
    return on, (on + int(labels.sum()) - wrong) // 2


def _inputs(problem):
    """The boolean inputs, with their values on the training rows.

    If there are too many, those are left that tell most about the labels.
    """
    found = []
    for production in problem.grammar:
        item = production.item
        if not item.arguments and item.result == Bool and item.name in problem.columns:
            program = Program(item)
            found.append((program, problem.values(program)[: problem.n]))
    if len(found) > INPUTS // 2:
        labels = problem.labels.astype(bool)
        on = np.array([values.sum() for _, values in found])
        true = np.array([values[labels].sum() for _, values in found])
        told = _told(on, true, labels)
        found = [found[k] for k in np.sort(np.argsort(-told, kind="stable")[: INPUTS // 2])]
    return found


def _tests(problem, known):
    """The rows whose root takes what is no boolean: the cheapest, and those that tell most."""
    pool, bank = known.pool, problem.engine.banks[Bool]
    foreign = [
        rule.number
        for rule in problem.engine.rules
        if rule.item.result == Bool and any(a != Bool for a in rule.item.arguments)
    ]
    rows = np.array(list(known.rows.values()), np.int64)
    rows = rows[np.isin(bank.store.rule[rows], foreign)]
    if not len(rows):
        return []
    labels = problem.labels.astype(bool)
    told = _told(*_covered(bank, rows, labels), labels)
    told -= np.array([pool.cost(r) for r in rows]) / UNIT
    best = np.argsort(-told, kind="stable")[: TESTS // 4]
    picked = dict.fromkeys([*rows[best].tolist(), *rows[: TESTS // 4].tolist()])
    found = [(pool.program(row), bank.values(row, row + 1)[0]) for row in picked]
    return [(program, values[: problem.n]) for program, values in found]


def _told(on, true, labels):
    """The bits that tests tell about the labels, given how many rows and true rows they cover."""
    n, every = len(labels), int(labels.sum())

    def entropy(true, count):
        p = np.divide(true, count, out=np.zeros(len(on)), where=count > 0)
        return -count * sum(q * np.log2(np.maximum(q, 1e-12)) for q in (p, 1 - p))

    whole = entropy(np.full(len(on), every), np.full(len(on), n))
    return whole - entropy(true, on) - entropy(every - true, n - on)
