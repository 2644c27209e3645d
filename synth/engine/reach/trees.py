"""Trees: where a rule says one of a few labels, conditions divide the training rows ever finer.

A tree grows from its root.  At each node, one pass over the booleans finds the condition after
which tables of the labels on both sides take the fewest bits (Quinlan and Rivest, "Inferring
decision trees using the minimum description length principle", Information and Computation 80,
1989).  Then it is pruned for several prices of an exception, and each node is fitted again: given
what stands below it, one pass finds the condition that makes the program's total least, or the node
goes (Carreira-Perpinan and Tavallali, "Alternating optimization of decision trees", NeurIPS 2018).
A selector writes a tree as a program, a list of rules among them.
"""

from dataclasses import dataclass

import numpy as np

from synth import codes
from synth.engine.reach.branches import bits, counted
from synth.engine.reach.repairs import cheapest
from synth.engine.reach.selectors import selectors_of_pools
from synth.language import UNIT, Bool

#: The most label values.
LABELS = 256
#: The cheapest rows of the root's bank are leaves, and the cheapest booleans divide growing trees.
LEAVES, CONDITIONS = 256, 2**14
#: What the tables of the labels count for while a tree grows.
WAYS = (1.0, 0.5)
#: The most nodes of a growing tree.
NODES = 255
#: For which numbers of exceptions the price of one more prunes a tree.
PRICES = (0, 1, 3, 10, 30, 100, 300)
#: How often the nodes of a tree are fitted again, and the words that all this reads: 2**31 take
#: about 1 s.
TURNS, WORK = 16, 2**31
#: The most programs that are proposed.
PROPOSED = 4


@dataclass(frozen=True)
class Tree:
    """A tree; without a condition a leaf.

    Parameters
    ----------
    leaf : int
        Which leaf is said.
    condition : int or None
        The row of the condition.
    yes, no : Tree or None
        What is said where the condition holds, and where not.
    """

    leaf: int
    condition: int | None = None
    yes: "Tree | None" = None
    no: "Tree | None" = None


def propose(problem, pools, must_stop):
    """Programs that choose between cheap rows of the bank by conditions; see `seeds`."""
    values = np.unique(problem.compared)
    selectors = selectors_of_pools(problem, pools)
    if problem.root not in selectors or len(values) > LABELS:
        return []
    growing = Growing(problem, pools[Bool], selectors[problem.root][0], values)
    found = {}
    for way in WAYS:
        grown = growing.grown(way, must_stop)
        for number in PRICES:
            if number < problem.n and not must_stop():
                tree = growing.pruned(grown, number)
                found[tree] = growing.total(tree)
    best = sorted(found, key=found.get)[:PROPOSED]
    fitted = {growing.fitted(tree, must_stop): None for tree in best}
    return [growing.written(tree) for tree in sorted(fitted, key=growing.total)]


class Growing:
    """Trees over the conditions of a pool.

    Parameters
    ----------
    problem : Problem
    pool : BitPool
        The conditions.
    selector : Selector
    values : ndarray, shape (k,)
        The labels that occur.
    """

    def __init__(self, problem, pool, selector, values):
        self.problem, self.pool, self.selector = problem, pool, selector
        self.code = problem.code * UNIT
        self.costs = pool.costs(np.arange(pool.count)) + problem.grammar.units(selector.item)
        self.words = np.ascontiguousarray(pool.words[:, :CONDITIONS])
        self.every = Bool.pack(np.ones((1, problem.n), bool))[0]
        self.masks = Bool.pack(problem.compared == values[:, None])
        self.factorials = np.array([codes.log2_factorial(k) for k in range(problem.n + 1)]) * UNIT
        bank = problem.engine.banks[problem.root]
        some = bank.values(0, min(LEAVES, bank.ends[-1]))[:, : problem.n]
        # Rows come in order of cost: the first of equal ones is the cheapest.
        right = Bool.pack(problem.root.coarse(some) == problem.compared)
        self.leaves = np.sort(np.unique(right, axis=0, return_index=True)[1])
        self.right = np.ascontiguousarray(right[self.leaves].T)
        self.units = bank.row_costs(0, len(right))[self.leaves] >> problem.engine.grammar.shift
        self.work, self.allowed = 0, WORK * problem.share

    def grown(self, way, must_stop):
        """A tree in which nothing was pruned: for each node its rows, condition and children."""
        nodes, k = [[self.every, None, 0, 0]], 0
        while k < len(nodes) < NODES and self.work < self.allowed and not must_stop():
            rows = nodes[k][0]
            condition = self._divided(rows, way)
            if condition is not None:
                holds = self.words[:, condition]
                nodes[k][1:] = condition, len(nodes), len(nodes) + 1
                nodes += [[side, None, 0, 0] for side in (rows & holds, rows & ~holds)]
            k += 1
        return nodes

    def _divided(self, rows, way):
        """The condition after which the tables of both sides take the fewest bits, if it pays."""
        here = [mask & rows for mask in self.masks if (mask & rows).any()]
        if len(here) < 2:
            return None
        self.work += len(here) * self.words.size
        inside = np.stack([counted(self.words, np.zeros_like(rows), mask) for mask in here])
        whole = np.array([bits(mask) for mask in here])

        def table(counts):
            return way * (self.factorials[counts.sum(axis=0)] - self.factorials[counts].sum(axis=0))

        prices = self.costs[: len(inside[0])] + table(inside) + table(whole[:, None] - inside)
        best = int(np.argmin(prices))
        # One leaf becomes two.
        return best if prices[best] + self.units[0] < table(whole) else None

    def pruned(self, nodes, number):
        """The part of a grown tree that is best by the price of an exception after some others."""
        price = self.code[number + 1] - self.code[number]
        made = {}
        for k in range(len(nodes) - 1, -1, -1):
            rows, condition, yes, no = nodes[k]
            tree, total = self._leaf(rows, price)
            if condition is not None:
                parts = made.pop(yes), made.pop(no)
                divided = self.costs[condition] + parts[0][1] + parts[1][1]
                if divided < total:
                    tree, total = Tree(0, condition, parts[0][0], parts[1][0]), divided
            made[k] = tree, total
        return made[0][0]

    def _leaf(self, rows, price):
        """The best leaf for some rows if an exception has a price, and what it costs."""
        totals = self.units + price * counted(self.right, rows, rows)
        best = int(np.argmin(totals))
        return Tree(best), float(totals[best])

    def total(self, tree):
        """The total of a tree in units."""
        wrong = bits(self.every & ~self.correct(tree))
        return self.cost(tree) + float(self.code[wrong])

    def cost(self, tree):
        """The units of a tree."""
        if tree.condition is None:
            return int(self.units[tree.leaf])
        return int(self.costs[tree.condition]) + self.cost(tree.yes) + self.cost(tree.no)

    def correct(self, tree):
        """The training rows whose labels a tree says."""
        if tree.condition is None:
            return self.right[:, tree.leaf]
        holds = self.pool.words[:, tree.condition]
        return holds & self.correct(tree.yes) | ~holds & self.correct(tree.no)

    def fitted(self, tree, must_stop):
        """A tree whose nodes were fitted again, and turned, as long as its total falls."""
        total, steps = self.total(tree), [self._refitted, self._turned]
        for _ in range(TURNS):
            for step in steps:
                made = step(tree, self.every, 0, must_stop)
                if self.total(made) < total:
                    break
            else:
                break
            tree, total = made, self.total(made)
        return tree

    def _priced(self, tree, rows, others):
        """The units of a tree and of the exceptions; others: those outside its rows."""
        wrong = others + bits(rows & ~self.correct(tree))
        return self.cost(tree) + float(self.code[wrong])

    def _refitted(self, tree, rows, others, must_stop):
        """The tree with each node fitted, the root first."""
        missed = counted(self.right, rows, rows)
        leaf = Tree(int(np.argmin(self.units + self.code[others + missed])))
        if tree.condition is None:
            return leaf
        options = [tree, leaf, tree.yes, tree.no]
        if self.work < self.allowed and not must_stop():
            yes, no = self.correct(tree.yes), self.correct(tree.no)
            lost = others + bits(rows & ~yes & ~no)
            sides = rows & yes & ~no, rows & no & ~yes, lost
            self.work += self.pool.words.size
            for _, row, upright in cheapest(self.pool, self.costs, sides, self.code, 1):
                parts = (tree.yes, tree.no) if upright else (tree.no, tree.yes)
                options.append(Tree(0, row, *parts))
        tree = min(options, key=lambda option: self._priced(option, rows, others))
        return self._below(tree, rows, others, must_stop, self._refitted)

    def _turned(self, tree, rows, others, must_stop):
        """The tree with nodes above what was above them, where that helps once it is fitted."""
        best, least = tree, self._priced(tree, rows, others)
        for turned in turns(tree):
            if self.work >= self.allowed or must_stop():
                return best
            made = self._refitted(turned, rows, others, must_stop)
            price = self._priced(made, rows, others)
            if price < least:
                best, least = made, price
        return self._below(best, rows, others, must_stop, self._turned)

    def _below(self, tree, rows, others, must_stop, step):
        """The tree with a step taken for what stands below its root."""
        if tree.condition is None:
            return tree
        holds = self.pool.words[:, tree.condition]
        here, there = rows & holds, rows & ~holds
        yes = step(tree.yes, here, others + bits(there & ~self.correct(tree.no)), must_stop)
        no = step(tree.no, there, others + bits(here & ~self.correct(yes)), must_stop)
        return Tree(0, tree.condition, yes, no)

    def written(self, tree):
        """The program of a tree."""
        if tree.condition is None:
            return self.problem.engine.program(int(self.leaves[tree.leaf]), self.problem.root)
        parts = self.written(tree.yes), self.written(tree.no)
        return self.selector.program(self.pool.program(tree.condition), *parts)


def turns(tree):
    """The trees in which a child of the root stands above it."""
    root, yes, no = tree.condition, tree.yes, tree.no
    if root is not None and yes.condition is not None:
        yield Tree(0, yes.condition, yes.yes, Tree(0, root, yes.no, no))
        yield Tree(0, yes.condition, Tree(0, root, yes.yes, no), yes.no)
    if root is not None and no.condition is not None:
        yield Tree(0, no.condition, no.yes, Tree(0, root, yes, no.no))
        yield Tree(0, no.condition, Tree(0, root, yes, no.yes), no.no)
