"""Decision trees summed exactly: the evidence of all trees up to a depth, and what they predict.

A tree is drawn from the top.  At each node it stops with probability 1/2; else it takes a column
among those with an open test, each with the same probability, and then one of the open tests of
this column.  A test is open if some rows of the node pass it and some do not.  Whoever reads the
code of the labels has the rows' inputs, and so can follow.  A node without an open test, or at the
greatest depth, is a leaf.  So the probabilities of all trees add up to 1.

Where a tree stops, labels have the mean of three Dirichlet distributions around given shares.  The
sum over all trees of probability times evidence is then a recursion over sets of rows, as in
context tree weighting (Willems, Shtarkov and Tjalkens 1995) and in Bayesian averages over trees
(Buntine 1992).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth import codes
from synth.errors import SettingError
from synth.kernels import trees as kernels

#: Nodes that a tree has with less probability than this are left out of predictions, which then
#: add up to 1 again.
LEAST = 1e-12
_LN2 = math.log(2)


@dataclass(frozen=True)
class Tree:
    """A tree of tests.

    Parameters
    ----------
    counts : tuple of int, length k
        How many rows of each label reach it.
    test : int or None
        The test at its root; None for a leaf.
    passed, failed : Tree or None
        Where rows go that pass the test, and that do not.
    """

    counts: tuple[int, ...]
    test: int | None = None
    passed: "Tree | None" = None
    failed: "Tree | None" = None

    def walk(self) -> Iterator["Tree"]:
        """Every node, the root first."""
        yield self
        for below in (self.passed, self.failed):
            if below is not None:
                yield from below.walk()


class TreeSum:
    """The sum over all trees of tests up to a depth.

    Parameters
    ----------
    tests : array_like of bool, shape (rows, T)
        Which tests each row passes.
    labels : array_like of int, shape (rows,)
        The labels, 0..k-1; -1 for a row whose label is not known.  Such a row says which tests are
        open, as all rows do.
    k : int
        The number of labels.
    columns : sequence of int, shape (T,), optional
        The number of the column of each test; by default each test has a column of its own.
    depth : int
        The most tests between the root and a leaf.
    shares : sequence of float, shape (k,), optional
        The means of the Dirichlets; by default 1/k each.  Shares that depend on the labels have to
        be paid for: see `codes.counts_bits`.

    Raises
    ------
    SettingError
        If a shape or a value is not allowed.
    """

    def __init__(
        self,
        tests: ArrayLike,
        labels: ArrayLike,
        k: int,
        *,
        columns: ArrayLike | None = None,
        depth: int = 2,
        shares: ArrayLike | None = None,
    ) -> None:
        passed = np.asarray(tests, bool)
        given = np.asarray(labels, np.int64)
        if passed.ndim != 2 or given.shape != passed.shape[:1]:
            raise SettingError(
                f"tests of shape {passed.shape} and labels of shape {given.shape}; allowed: "
                "(rows, tests) and (rows,)"
            )
        if not 0 <= depth <= 20:
            raise SettingError(f"depth={depth!r}; allowed: 0..20")
        if k < 1 or (given.size and not -1 <= given.min() <= given.max() < k):
            raise SettingError(f"k={k!r}: labels are outside -1..k-1")
        means = np.full(k, 1 / k) if shares is None else np.asarray(shares, float)
        if means.shape != (k,) or not (means > 0).all() or abs(means.sum() - 1) > 1e-9:
            raise SettingError(f"shares={shares!r}; allowed: {k} numbers above 0 that add up to 1")
        own = np.arange(passed.shape[1]) if columns is None else np.asarray(columns)
        if own.shape != passed.shape[1:]:
            raise SettingError(f"columns of shape {own.shape}; allowed: {passed.shape[1:]}")
        self.k, self.depth, self.shares = k, depth, means
        self.columns: NDArray[np.int64] = np.unique(own, return_inverse=True)[1].astype(np.int64)
        self._tests = _packed(passed.T)
        self._labels = _packed(np.stack([given == j for j in range(k)]))
        self._rows = _packed(np.ones((1, len(given)), bool))[0]
        self._tables = codes.leaf_tables(len(given), means) * _LN2

    @cached_property
    def bits(self) -> float:
        """-log2 of the sum: what the labels cost if all trees are mixed."""
        return self._bits(self._rows, 0, kernels.LEAF)

    def bounds(self) -> tuple[float, float]:
        """Between which bits the sum over the trees of every depth lies.

        Returns
        -------
        least, most : float
            The least is seldom reached: below the greatest depth it lets every label have a leaf
            of its own.
        """
        return (
            self._bits(self._rows, 0, kernels.UPPER),
            self._bits(self._rows, 0, kernels.LOWER),
        )

    @cached_property
    def best(self) -> tuple[Tree, float]:
        """The tree of most probability times evidence, and -log2 of that."""
        return self._best(self._rows, 0), self._bits(self._rows, 0, kernels.LEAF, kernels.BEST)

    def tests_at_root(self) -> NDArray[np.float64]:
        """The posterior of what a tree has at its root.

        Returns
        -------
        ndarray of float, shape (T + 1,)
            The probability of each test, and last of a leaf.
        """
        return self._at_node(self._rows, 0)

    def columns_used(self) -> NDArray[np.float64]:
        """The posterior probability that a tree has a test of each column, (columns,)."""
        without = [
            self._bits(self._rows, 0, kernels.LEAF, used=self.columns != c)
            for c in range(self._columns)
        ]
        return np.clip(1 - 2.0 ** (self.bits - np.array(without)), 0, 1)

    def sample(self, generator: np.random.Generator) -> Tree:
        """Draw a tree from the posterior."""
        return self._drawn(self._rows, 0, generator)

    def predict(self, tests: ArrayLike, least: float = LEAST) -> NDArray[np.float64]:
        """What the mixture of all trees predicts for new rows.

        Parameters
        ----------
        tests : array_like of bool, shape (m, T)
            Which tests the new rows pass.
        least : float
            Nodes that trees have with less probability are left out; 0 for all nodes.

        Returns
        -------
        ndarray of float, shape (m, k)
            Probabilities; every row adds up to 1.
        """
        passed = np.ascontiguousarray(tests, bool)
        if passed.ndim != 2 or passed.shape[1] != len(self.columns):
            raise SettingError(f"tests of shape {passed.shape}; allowed: (m, {len(self.columns)})")
        out = np.zeros((len(passed), self.k))
        every = np.arange(len(passed))
        used = np.ones(len(self.columns), bool)
        how = np.array([self.depth, kernels.LEAF, kernels.SUM])
        room = self._room(self._rows, 0)
        kernels.spread(*self._problem, used, 0, how, *room, passed, every, 1.0, least, out)
        return out / out.sum(axis=1, keepdims=True)

    @property
    def _columns(self) -> int:
        return int(self.columns.max()) + 1 if len(self.columns) else 0

    @property
    def _problem(self):
        return self._tests, self.columns, self._labels, self._tables

    def _room(self, rows, level):
        """Arrays that the kernels write to, with the rows of a node at its level."""
        last, deep = len(self.columns), self.depth + 1
        masks = np.zeros((deep, len(rows)), np.uint64)
        masks[level] = rows
        sizes = np.zeros((deep, last), np.int64)
        counts = np.zeros((deep, last + 1, self.k), np.int64)
        return masks, sizes, counts, np.zeros((deep, self._columns + 1), np.int64)

    def _bits(self, rows, level, end, kind=kernels.SUM, used=None):
        """-log2 of the sum, or of the best tree, at a node with these rows."""
        used = np.ones(len(self.columns), bool) if used is None else used
        how = np.array([self.depth, end, kind])
        found = kernels.total(*self._problem, used, level, how, *self._room(rows, level))
        return -found / _LN2

    def _divided(self, rows, level):
        """How the tests divide a node: its counts, the open tests, and the bits of each."""
        _, sizes, counts, open_in = self._room(rows, level)
        kernels.divide(*self._problem[:3], rows, sizes[0], counts[0], open_in[0])
        whole, found = tuple(counts[0, -1].tolist()), np.flatnonzero(sizes[0])
        if level == self.depth:
            found = found[:0]
        price = np.log2(open_in[0][self.columns[found]]) + np.log2(max(1, open_in[0, -1]))
        return whole, found.tolist(), price

    def _parts(self, rows, level, kind):
        """The bits of each open test with what is below it, and last those of a leaf."""
        whole, found, price = self._divided(rows, level)
        stop = 1.0 if found else 0.0
        parts = [
            stop + bits + sum(self._bits(side, level + 1, kernels.LEAF, kind) for side in sides)
            for t, bits in zip(found, price, strict=True)
            for sides in [self._sides(rows, t)]
        ]
        return whole, found, [*parts, stop + codes.leaf_bits(whole, self.shares)]

    def _sides(self, rows, test):
        return rows & self._tests[test], rows & ~self._tests[test]

    def _at_node(self, rows, level):
        _, found, bits = self._parts(rows, level, kernels.SUM)
        posterior = 2.0 ** (min(bits) - np.array(bits))
        out = np.zeros(len(self.columns) + 1)
        out[[*found, -1]] = posterior / posterior.sum()
        return out

    def _best(self, rows, level):
        whole, found, bits = self._parts(rows, level, kernels.BEST)
        at = int(np.argmin(bits))
        return self._node(rows, level, whole, [*found, None][at], self._best)

    def _drawn(self, rows, level, generator):
        whole = self._divided(rows, level)[0]
        at = int(generator.choice(len(self.columns) + 1, p=self._at_node(rows, level)))
        test = None if at == len(self.columns) else at
        return self._node(rows, level, whole, test, lambda r, d: self._drawn(r, d, generator))

    def _node(self, rows, level, whole, test, below):
        if test is None:
            return Tree(whole)
        return Tree(whole, test, *(below(side, level + 1) for side in self._sides(rows, test)))


def _packed(rows: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Truth values (m, rows) as words (m, words)."""
    words = max(1, -(-rows.shape[1] // 64))
    out = np.zeros((len(rows), 8 * words), np.uint8)
    bits = np.packbits(rows, axis=1, bitorder="little")
    out[:, : bits.shape[1]] = bits
    return out.view(np.uint64)
