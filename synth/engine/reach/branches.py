"""Branches: a rule that says one of a few programs, by conditions.

Rows of the bank match the labels on some training rows.  A cover takes a few rows, the branches,
which together match most labels.  For the order of the branches and their conditions there is a
search with sets of branches as states.  A condition has to hold where its branch alone is right,
must not hold where a later branch alone is right, and is free elsewhere; each row on which it
fails is an exception.  So one pass over all booleans finds the best conditions of a step.
"""

from dataclasses import dataclass

import numpy as np

from synth.engine.reach.repairs import PASS, cheapest, improved
from synth.engine.reach.selectors import selectors_of_pools
from synth.kernels import reach as kernels
from synth.language import UNIT, Bool

#: The most branches.  Permuted labels would take over 30.
BRANCHES = 6
#: Values of the bank that are compared with labels: 2**27 take 0.4 s.
VALUES, BLOCK = 2**27, 2**22
#: The most rows that a cover is made of.
CANDIDATES = 4096
#: Which condition, in order of cost, stands for an unknown one while a cover is sought.
TYPICAL = 32
#: How many covers of each size are kept, and how often one is improved from another beginning.
COVERS, BEGINNINGS = 2, 3
#: For each set of branches: the states that are kept, and the conditions of each that are tried.
STATES, CONDITIONS = 4, 4
#: Orders are followed up to so many bits above the best so far.
SLACK = 16
#: Words that passes over conditions read for one labelling: 2**31 take about 2 s.
WORK = 2**30
#: The most programs that are proposed.
PROPOSED = 4


@dataclass(frozen=True)
class Branches:
    """The rows of a bank that match labels.

    Parameters
    ----------
    rows : ndarray of int64, shape (M,)
        Their numbers in the bank.
    words : ndarray of uint64, shape (W, M)
        The training rows whose labels they match.
    units : ndarray of int64, shape (M,)
        Their costs.
    every : ndarray of uint64, shape (W,)
        All training rows.
    """

    rows: np.ndarray
    words: np.ndarray
    units: np.ndarray
    every: np.ndarray

    def missed(self, covered):
        """How many labels no branch matches, for each row beside what is covered, int64 (M,)."""
        return counted(self.words, self.every & ~covered, self.every & ~covered)

    def union(self, chosen):
        """The training rows whose labels some of the chosen rows match."""
        return np.bitwise_or.reduce(self.words[:, list(chosen)], axis=1)


@dataclass(frozen=True)
class State:
    """Some rules: conditions and their branches.

    Parameters
    ----------
    rules : tuple of (int, bool, int)
        The row of the condition, whether the branch is said where it holds, and the branch.
    units : int
        What the rules cost, with the selectors.
    wrong : int
        The exceptions among the training rows that the rules cover.
    left : ndarray of uint64, shape (W,)
        The training rows that no rule covers.
    total : float
        In units, without the conditions and exceptions that are still to come.
    """

    rules: tuple
    units: int
    wrong: int
    left: np.ndarray
    total: float


@dataclass(frozen=True)
class Rules:
    """Rules with their last branch.

    Parameters
    ----------
    conditions : tuple of (int, bool)
        The rows of the conditions, and whether a branch is said where its condition holds.
    branches : tuple of int
        One more than there are conditions.
    total : float
        In units.
    """

    conditions: tuple
    branches: tuple
    total: float


def propose(problem, pools, must_stop):
    """Programs, or parts, that say one of a few rows of the bank, by conditions; see `seeds`."""
    root = problem.root
    selectors = selectors_of_pools(problem, pools)
    if not selectors:
        return []
    made = covered(problem, pools, selectors[root][0], must_stop) if root in selectors else []
    repairs = improved(problem, pools, selectors, must_stop)
    cheap = [p for p in repairs if problem.total(p) < problem.table_bits]
    return list(dict.fromkeys(made + cheap[:PROPOSED]))


def covered(problem, pools, selector, must_stop):
    """Programs that say one of a few rows of the root's bank; parameters as of `propose`."""
    choosing = Choosing(problem, pools[Bool], selector)
    branches = matching(problem, choosing.least)
    best = [entry[0] for entry in problem.labelling.score.top_rows[:1]]
    found, limit = [], min([problem.table_bits, *best]) * UNIT
    for cover in covers(problem, branches, choosing.typical, choosing.least):
        if must_stop() or choosing.work > choosing.allowed:
            break
        for state, last in choosing.orders(branches, cover, limit):
            found.append(choosing.fitted(branches, state, last))
            limit = min(limit, found[-1].total + SLACK * UNIT)
    found.sort(key=lambda rules: rules.total)
    programs = [choosing.written(branches, rules) for rules in found[:PROPOSED]]
    return list(dict.fromkeys(programs))


def matching(problem, dearest):
    """The rows of the bank that match enough labels to be a branch.

    Parameters
    ----------
    problem : Problem
    dearest : int
        What a branch costs at least beside its row, in units.
    """
    bank, n = problem.engine.banks[problem.root], problem.n
    held = min(bank.ends[-1] if bank.ends else 0, max(1, VALUES // problem.rows))
    step = max(1, BLOCK // problem.rows)
    blocks = []
    for k in range(0, held, step):
        values = bank.values(k, min(k + step, held))[:, :n]
        blocks.append(Bool.pack(problem.root.coarse(values) == problem.compared))
    every = Bool.pack(np.ones((1, n), bool))[0]
    if not blocks:
        blocks = [np.zeros((0, len(every)), np.uint64)]
    words = np.concatenate(blocks)
    units = bank.row_costs(0, len(words)) >> problem.engine.grammar.shift
    # Rows come in order of cost: the first of equal ones is the cheapest.
    _, first = np.unique(words, axis=0, return_index=True)
    first = np.sort(first)
    words, units = np.ascontiguousarray(words[first].T), units[first]
    matched = counted(words, np.zeros(len(every), np.uint64), every)
    price = max(problem.code[1] - problem.code[0], (problem.code[-1] - problem.code[0]) / n) * UNIT
    gain = matched * price - units - dearest
    order = np.argsort(-gain, kind="stable")[:CANDIDATES]
    keep = np.sort(order[gain[order] > 0])
    return Branches(first[keep], np.ascontiguousarray(words[:, keep]), units[keep], every)


def covers(problem, branches, typical, least):
    """Sets of two and more branches that cost least for their size, the most promising first.

    Parameters
    ----------
    problem : Problem
    branches : Branches
    typical, least : int
        What one more branch costs beside its row, as a rule and at least, in units.

    Returns
    -------
    list of tuple of int
    """
    if len(branches.rows) < 2:
        return []
    code = problem.code * UNIT
    seen = {}

    def added(chosen):
        """The best set with one more branch, and its price without conditions."""
        prices = branches.units + code[branches.missed(branches.union(chosen))]
        prices[list(chosen)] = np.inf
        k = int(np.argmin(prices))
        return tuple(sorted((*chosen, k))), float(prices[k] + branches.units[list(chosen)].sum())

    def without(chosen, one):
        """The set without a branch, and its price."""
        rest = tuple(c for c in chosen if c != one)
        missed = bits(branches.every & ~branches.union(rest))
        return rest, float(branches.units[list(rest)].sum() + code[missed])

    def improved(chosen, price):
        """The set after exchanges of one branch, as long as they help."""
        while True:
            others = [added(tuple(c for c in chosen if c != one)) for one in chosen]
            best, less = min(others, key=lambda pair: pair[1])
            if less >= price:
                return chosen, price
            chosen, price = best, less

    empty = np.zeros_like(branches.every)
    alone = branches.units + code[branches.missed(empty)]
    for first in np.argsort(alone, kind="stable")[:BEGINNINGS].tolist():
        chosen = (first,)
        for _ in range(2, min(BRANCHES, len(branches.rows)) + 1):
            chosen, price = improved(*added(chosen))
            seen[chosen] = price
        # Sets that grew are sometimes poor, and sets that shrank are good: 42.9 bits, not 73.9.
        while len(chosen) > 2:
            chosen, price = improved(*min([without(chosen, c) for c in chosen], key=lambda p: p[1]))
            seen[chosen] = min(price, seen.get(chosen, np.inf))
    bounds = {c: price + (len(c) - 1) * least for c, price in seen.items()}
    ranked = sorted(seen, key=lambda c: (seen[c] + (len(c) - 1) * typical, c))
    kept = {}
    for chosen in ranked:
        if bounds[chosen] < problem.table_bits * UNIT:
            kept.setdefault(len(chosen), []).append(chosen)
    return [c for c in ranked if c in kept.get(len(c), ())[:COVERS]]


class Choosing:
    """The search for the order of branches and for their conditions.

    Parameters
    ----------
    problem : Problem
    pool : BitPool
        The conditions.
    selector : Selector

    Attributes
    ----------
    work, allowed : int
        The words that were read, and that may be.
    """

    def __init__(self, problem, pool, selector):
        self.problem, self.pool, self.selector = problem, pool, selector
        self.code = problem.code * UNIT
        self.costs = pool.costs(np.arange(pool.count)) + problem.grammar.units(selector.item)
        self.least = int(self.costs[0])
        self.typical = int(self.costs[min(TYPICAL, pool.count - 1)])
        self.work, self.allowed = 0, WORK * problem.share

    def orders(self, branches, cover, limit):
        """The best orders of the branches of a cover, with conditions.

        Parameters
        ----------
        branches : Branches
        cover : tuple of int
        limit : float
            The most units of a program.

        Returns
        -------
        list of (State, int)
            Rules, and the branch that is said where none of their conditions holds.
        """
        units = int(branches.units[list(cover)].sum())
        states = {frozenset(cover): [State((), units, 0, branches.every, 0.0)]}
        for to_come in range(len(cover) - 2, -1, -1):
            made = {}
            for rest, some in states.items():
                for branch in sorted(rest):
                    after = rest - {branch}
                    later = branches.union(sorted(after))
                    for state in some:
                        if self.work <= self.allowed:
                            found = self._with_rule(state, branches.words[:, branch], later, branch)
                            made.setdefault(after, []).extend(found)
            room = limit - to_come * self.least
            states = {after: _best(found, room) for after, found in made.items()}
        ended = [(state, *rest) for rest, some in states.items() for state in some]
        return sorted(ended, key=lambda pair: pair[0].total)[:PROPOSED]

    def _with_rule(self, state, own, later, branch):
        """The states with one more rule, by the conditions that are best for it."""
        left = state.left
        yes, no = left & own & ~later, left & later & ~own
        lost = state.wrong + bits(left & ~own & ~later)
        found = cheapest(self.pool, self.costs, (yes, no, lost), self.code, CONDITIONS)
        self.work += self.pool.words.size
        made = []
        for _, row, upright in found:
            # The opposite of a condition costs nothing: the selector's operands change places.
            holds = self.pool.words[:, row] if upright else ~self.pool.words[:, row]
            now = state.wrong + bits(left & holds & ~own)
            rest = left & ~holds
            rules = (*state.rules, (row, upright, branch))
            units = state.units + int(self.costs[row])
            total = units + float(self.code[now + bits(rest & ~later)])
            made.append(State(rules, units, now, rest, total))
        return made

    def fitted(self, branches, state, last):
        """Some rules with the best branch for the training rows that each of them covers."""
        left, regions = branches.every, []
        for row, holds, _ in state.rules:
            now = self.pool.words[:, row] if holds else ~self.pool.words[:, row]
            regions.append(left & now)
            left = left & ~now
        regions.append(left)
        chosen = [b for *_, b in state.rules] + [last]
        fails = [bits(r & ~branches.words[:, b]) for r, b in zip(regions, chosen, strict=True)]
        conditions = sum(int(self.costs[row]) for row, *_ in state.rules)
        for k, region in enumerate(regions):
            others = sum(fails) - fails[k]
            missed = counted(branches.words, region, region)
            best = int(np.argmin(branches.units + self.code[others + missed]))
            chosen[k], fails[k] = best, int(missed[best])
        total = conditions + branches.units[chosen].sum() + self.code[sum(fails)]
        return Rules(tuple(rule[:2] for rule in state.rules), tuple(chosen), float(total))

    def written(self, branches, rules):
        """The program of some rules."""
        engine, root = self.problem.engine, self.problem.root
        *parts, made = [engine.program(int(branches.rows[b]), root) for b in rules.branches]
        for (row, holds), part in reversed(list(zip(rules.conditions, parts, strict=True))):
            pair = (part, made) if holds else (made, part)
            made = self.selector.program(self.pool.program(row), *pair)
        return made


def _best(states, limit):
    """The best states up to a limit, of those that leave the same rows only one."""
    kept = {}
    for state in sorted((s for s in states if s.total <= limit), key=lambda s: s.total):
        kept.setdefault((state.left.tobytes(), state.wrong), state)
        if len(kept) == STATES:
            break
    return list(kept.values())


def counted(words, base, change):
    """For each column of words: how many bits of `base ^ (column & change)` are set."""
    count = words.shape[1]
    found = np.empty(count, np.int64)
    for first in range(0, count, PASS):
        stop = min(first + PASS, count)
        kernels.count_bits(words, first, stop, base, change, found[first:stop])
    return found


def bits(words):
    """How many bits of some words are set."""
    return int(counted(words[:, None], np.zeros_like(words), ~np.zeros_like(words))[0])
