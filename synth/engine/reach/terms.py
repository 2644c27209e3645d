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
from synth.language import UNIT, Bool

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
            new = type(node)(node.head, [made[a] for a in node.arguments])
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
            program = _leaf(item)
            found.append((program, problem.values(program)[: problem.n]))
    found.sort(key=lambda pair: problem.units(pair[0]))
    return found[: INPUTS // 2]


def _leaf(item):
    from synth.language import Program

    return Program(item)


def _tests(problem, known):
    """The rows whose root takes what is no boolean: cheap ones, and telling ones."""
    pool, found = known.pool, []
    engine = problem.engine
    bank = engine.banks[Bool]
    foreign = {
        rule.number
        for rule in engine.rules
        if rule.item.result == Bool and any(a != Bool for a in rule.item.arguments)
    }
    if not foreign:
        return []
    rows = [r for r in known.rows.values() if bank.origin(r)[0] in foreign]
    values = Bool.unpack(pool.cells[rows], problem.rows)[:, : problem.n]
    labels = problem.labels.astype(bool)
    told = _told(values, labels) - np.array([pool.cost(r) for r in rows]) / UNIT
    best = np.argsort(-told, kind="stable")
    picked = dict.fromkeys([*best[: TESTS // 4].tolist(), *range(min(TESTS // 4, len(rows)))])
    found = [(pool.program(rows[k]), values[k]) for k in picked]
    return found


def _told(values, labels):
    """The bits that each row tells about the labels."""
    n = len(labels)

    def entropy(true, count):
        p = np.divide(true, count, out=np.zeros(len(true)), where=count > 0)
        return -count * sum(q * np.log2(np.maximum(q, 1e-12)) for q in (p, 1 - p))

    on, both = values.sum(1), values @ labels.astype(np.int64)
    whole = entropy(np.array([labels.sum()]), np.array([n]))
    return whole - entropy(both, on) - entropy(labels.sum() - both, n - on)


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
    counts : ndarray of int64, shape (M, 2)
        The true and the false rows that each term covers.
    split, trues : int
        The number of words of true rows, and of true rows.
    """

    literals: Literals
    members: np.ndarray
    covers: np.ndarray
    costs: np.ndarray
    counts: np.ndarray
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
    members, counts, state = (
        np.zeros((0, 1), np.int16),
        np.zeros((0, 2), np.int64),
        np.zeros(2, int),
    )
    for size in range(1, SIZE + 1):
        out = np.empty((LISTED, size), np.int16)
        found = np.empty((LISTED, 2), np.int64)
        whole = kernels.conjunctions(
            rows, split, share, SLACK * share, need[: size + 1], NODES, out, found, state
        )
        count = int(state[kernels.FOUND])
        if not whole and size > 1:
            break
        # No larger term is useful if the last size brought no node.
        members, counts = out[:count].copy(), found[:count].copy()
    costs = _costs(literals, gates, members)
    value = (counts[:, 0] - counts[:, 1]) * price - costs[0]
    best = np.sort(np.argsort(-value, kind="stable")[:COLUMNS])
    best = best[value[best] > 0]
    members, counts, costs = members[best], counts[best], costs[:, best]
    covers = np.empty((len(best), rows.shape[1]), np.uint64)
    kernels.cover(rows, members, covers)
    kept = _cheapest(covers, costs[0])
    return Terms(
        literals, members[kept], covers[kept], costs[:, kept], counts[kept], split,
        int(labels.sum()),
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
    """The terms left of those that cover the same rows: the cheapest of each, the first of equals."""
    order = np.argsort(costs, kind="stable")
    seen, kept = set(), []
    for k in order.tolist():
        key = bytes(covers[k])
        if key not in seen:
            seen.add(key)
            kept.append(k)
    return np.array(sorted(kept), np.int64)
