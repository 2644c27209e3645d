"""Terms: conjunctions of literals, all of them as far as counts allow.

Literals are what a program says about a row at little cost: the boolean inputs, the cheapest
tests of other types (comparisons, say), and their opposites.  A term has a cost: that of its
cheapest program by the gates of the DSL.  A depth-first search lists the terms that cover enough
rows of one label and few of the other.
"""

from dataclasses import dataclass

import numpy as np

from synth.engine.reach.gates import NEVER, Sides, combined
from synth.kernels import terms as kernels
from synth.language import UNIT, Bool, Program

#: The most literals that are inputs or their opposites, and that are tests or their opposites.
INPUTS, TESTS = 256, 64
#: The rows of a bank that are searched for tests and for cheaper programs of a behaviour.
KNOWN_ROWS = 2**16
#: The nodes of a search for terms of one size: 4 million take 0.4 s at 1,000 rows.
NODES = 2**22
#: The most terms that are listed, and that a choice is made of.
LISTED, COLUMNS = 2**17, 6000
#: The most literals of a term; larger ones are listed only if there are few literals.
SIZE = 8
#: The false rows that a term may cover for each true one, if labels may be wrong.
SHARE = 0.25
#: A literal is left out of a term if that adds at most so much of this share.  With 1, terms of
#: which two overlap in all but a test of one input were lost: 57 bits on 10 terms over 20 inputs.
SLACK = 0.4


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
        cells = pool.cells[:count, : len(mask)] & mask
        self.rows = {}
        for row, key in enumerate(map(bytes, cells)):
            self.rows.setdefault(key, row)

    def row(self, values):
        """The row of some values on the training rows; None if the pool has none."""
        return self.rows.get(bytes(Bool.pack(values[None])[0]))

    def cheaper(self, problem, program):
        """The program with each boolean part replaced by a cheaper row that says the same."""
        made = {}
        for node in program.parts():
            new = Program(node.head, [made[a] for a in node.arguments])
            if node.type == Bool:
                row = self.row(problem.values(node)[: problem.n])
                if row is not None and self.pool.cost(row) < problem.units(new):
                    new = self.pool.program(row)
            made[node] = new
        return made[program]


class Literals:
    """What terms are made of.

    Parameters
    ----------
    problem : Problem
    known : Known
    gates : Gates

    Attributes
    ----------
    sides : list of Sides
        Each literal with its opposite.
    values : ndarray of bool, shape (L, n)
        On the training rows.
    costs : ndarray of int64, shape (2, L)
        Of each literal and of its opposite.
    """

    def __init__(self, problem, known, gates):
        self.sides, values, seen = [], [], set()
        for program, rows in [*_inputs(problem), *_tests(problem, known)]:
            low, high = bytes(rows), bytes(~rows)
            if low in seen or rows.all() or not rows.any():
                continue
            seen |= {low, high}
            row = known.row(~rows)
            opposite = gates.opposite(program) if row is None else known.pool.program(row)
            programs = (program, opposite)
            costs = tuple(NEVER if p is None else problem.units(p) for p in programs)
            side = Sides(costs, programs)
            self.sides += [side, side.swapped()]
            values += [rows, ~rows]
        self.values = np.array(values, bool).reshape(-1, problem.n)
        self.costs = np.array([s.costs for s in self.sides], np.int64).reshape(-1, 2).T


def _inputs(problem):
    """The boolean inputs, with their values on the training rows."""
    found = []
    for production in problem.grammar:
        item = production.item
        if not item.arguments and item.result == Bool and item.name in problem.columns:
            program = Program(item)
            found.append((program, problem.values(program)[: problem.n]))
    found.sort(key=lambda pair: problem.units(pair[0]))
    return found[: INPUTS // 2]


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
    told = _told(bank, rows, problem.labels.astype(bool))
    told -= np.array([pool.cost(r) for r in rows]) / UNIT
    best = np.argsort(-told, kind="stable")[: TESTS // 4]
    picked = dict.fromkeys([*rows[best].tolist(), *rows[: TESTS // 4].tolist()])
    found = [(pool.program(row), bank.values(row, row + 1)[0]) for row in picked]
    return [(program, values[: problem.n]) for program, values in found]


def _told(bank, rows, labels):
    """The bits that rows of a bank tell about the labels, as far as counts go."""
    n, true = len(labels), int(labels.sum())
    counts = bank.errors(0, int(rows.max()) + 1, np.stack([labels & False, labels]), n)
    on, wrong = counts[:, rows].astype(np.int64)
    both = (on + true - wrong) // 2

    def entropy(true, count):
        p = np.divide(true, count, out=np.zeros(len(rows)), where=count > 0)
        return -count * sum(q * np.log2(np.maximum(q, 1e-12)) for q in (p, 1 - p))

    whole = entropy(np.full(len(rows), true), np.full(len(rows), n))
    return whole - entropy(both, on) - entropy(true - both, n - on)


@dataclass
class Terms:
    """Terms of one polarity.

    Parameters
    ----------
    literals : Literals
    members : ndarray of int16, shape (M, S)
        The literals of each term, filled up with -1.
    covers : ndarray of uint64, shape (M, W)
        The rows that each term covers: first the true ones, then the false ones.
    costs : ndarray of int64, shape (2, M)
        Of each term and of its opposite, in units.
    split, trues : int
        The number of words of true rows, and of true rows.
    """

    literals: Literals
    members: np.ndarray
    covers: np.ndarray
    costs: np.ndarray
    split: int
    trues: int

    def sides(self, gates, k):
        """A term and its opposite, as programs."""
        return gates.conjunction([self.literals.sides[j] for j in self.members[k] if j >= 0])


def listed(literals, gates, labels, price, share):
    """The terms that are worth their cost.

    Parameters
    ----------
    literals : Literals
    gates : Gates
    labels : ndarray of bool, shape (n,)
        The labels, or their opposites.
    price : float
        What an exception costs, in units.
    share : float
        The false rows that a term may cover for each true one.

    Returns
    -------
    Terms
    """
    rows, split = _sorted_rows(literals.values, labels)
    least = _least_costs(literals, gates)
    need = np.maximum(np.ceil(least / price), 1).astype(np.int64)
    members, counts = np.zeros((0, 1), np.int16), np.zeros((0, 2), np.int64)
    state, nodes = np.zeros(2, np.int64), 0
    for size in range(1, SIZE + 1):
        out = np.empty((LISTED, size), np.int16)
        found = np.empty((LISTED, 2), np.int64)
        whole = kernels.conjunctions(
            rows, split, share, SLACK * share, need[: size + 1], NODES, out, found, state
        )
        count = int(state[kernels.FOUND])
        if not whole and size > 1:
            break
        last, nodes = nodes, int(state[kernels.NODES])
        members, counts = out[:count].copy(), found[:count].copy()
        if nodes == last:
            break  # no larger term covers enough rows
    value = (counts[:, 0] - counts[:, 1]) * price - _costs(literals, gates, members)[0]
    best = np.sort(np.argsort(-value, kind="stable")[:COLUMNS])
    return conjoined(literals, gates, labels, members[best[value[best] > 0]])


def conjoined(literals, gates, labels, members):
    """Given terms, the cheapest of those that cover the same rows.

    literals, gates, labels: see `listed`; members: see `Terms`.
    """
    rows, split = _sorted_rows(literals.values, labels)
    costs = _costs(literals, gates, members)
    covers = np.empty((len(members), rows.shape[1]), np.uint64)
    kernels.cover(rows, members, covers)
    kept = _cheapest(covers, costs[0])
    kept = kept[covers[kept].any(axis=1)]
    return Terms(
        literals, members[kept], covers[kept], costs[:, kept], split, int(labels.sum())
    )  # fmt: skip


def _sorted_rows(values, labels):
    """Rows packed in words, true rows first, and how many words these are."""
    true, false = Bool.pack(values[:, labels]), Bool.pack(values[:, ~labels])
    return np.ascontiguousarray(np.hstack([true, false])), true.shape[1]


def _least_costs(literals, gates):
    """What a term of each size costs at least, about: 0, then the cheapest literals joined."""
    cheap = np.sort(literals.costs[0])
    sides = np.array([[cheap[0]], [literals.costs[1].min()]])
    found, whole = [0], sides
    for _ in range(SIZE):
        found.append(int(whole[0, 0]))
        whole = gates.both(whole, sides)
    return np.maximum.accumulate(np.minimum(found, NEVER)).astype(float)


def _costs(literals, gates, members):
    """The costs of terms and of their opposites, int64 (2, M): see `Gates.conjunction`."""
    costs = np.full((2, len(members)), NEVER, np.int64)
    negative = literals.costs[1] < literals.costs[0]
    sizes = (members >= 0).sum(1)
    # Negative literals first, as `combined` groups them.
    keys = np.where(members < 0, 2, ~negative[members])
    members = np.take_along_axis(members, np.argsort(keys, axis=1, kind="stable"), axis=1)
    signs = (keys == 0).sum(1)
    for size, sign in sorted(set(zip(sizes.tolist(), signs.tolist(), strict=True))):
        at = np.flatnonzero((sizes == size) & (signs == sign))
        parts = [literals.costs[:, members[at, k]] for k in range(size)]
        costs[:, at] = combined(parts, [k < sign for k in range(size)], gates.both)
    return costs


def _cheapest(covers, costs):
    """The cheapest of the terms that cover the same rows, the first of equals."""
    order = np.argsort(costs, kind="stable")
    seen, kept = set(), []
    for k in order.tolist():
        key = bytes(covers[k])
        if key not in seen:
            seen.add(key)
            kept.append(k)
    return np.array(sorted(kept), np.int64)
