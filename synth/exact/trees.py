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
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth import codes
from synth.errors import SettingError
from synth.kernels import trees as kernels
from synth.language import Bool, load_dsl, source_of
from synth.tasks import Task, prepared

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
    columns : sequence of int or str, shape (T,), optional
        The column of each test; by default each test has a column of its own.
    depth : int
        The most tests between the root and a leaf.
    widths : sequence of int, shape (depth - 1,), optional
        By level, from the root: how many tests of a node have trees below them; the others only
        leaves.  These are the tests with the most evidence as the last ones of a tree.  Nodes whose
        rows have one label have no such tests.  By default all have, and the sum is exact; else it
        is that over some of the trees, and `bits` are more.
    shares : sequence of float, shape (k,), optional
        The means of the Dirichlets; by default 1/k each.  Shares that depend on the labels have to
        be paid for: see `codes.counts_bits`.

    Attributes
    ----------
    names : tuple
        The columns, sorted.
    exact : bool
        Whether the sum is over all trees up to the depth.

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
        widths: Sequence[int] | None = None,
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
        wide = [passed.shape[1]] * max(0, depth - 1) if widths is None else list(widths)
        if len(wide) != max(0, depth - 1) or min(wide, default=0) < 0:
            raise SettingError(
                f"widths={widths!r}; allowed: {max(0, depth - 1)} numbers, 0 and more"
            )
        means = np.full(k, 1 / k) if shares is None else np.asarray(shares, float)
        if means.shape != (k,) or not (means > 0).all() or abs(means.sum() - 1) > 1e-9:
            raise SettingError(f"shares={shares!r}; allowed: {k} numbers above 0 that add up to 1")
        own = np.arange(passed.shape[1]) if columns is None else np.asarray(columns)
        if own.shape != passed.shape[1:]:
            raise SettingError(f"columns of shape {own.shape}; allowed: {passed.shape[1:]}")
        self.k, self.depth, self.shares = k, depth, means
        self.exact = all(width >= passed.shape[1] for width in wide)
        self._widths = np.array([*wide, 0], np.int64)
        names, places = np.unique(own, return_inverse=True)
        self.names, self.columns = tuple(names.tolist()), places.astype(np.int64)
        self._tests = _packed(passed.T)
        self._labels = _packed(np.stack([given == j for j in range(k)]))
        self._rows = _packed(np.ones((1, len(given)), bool))[0]
        self._tables = codes.leaf_tables(len(given), means) * _LN2

    @cached_property
    def bits(self) -> float:
        """-log2 of the sum: what the labels cost if all trees are mixed."""
        return self._weighed(self._rows, 0)[0]

    def bounds(self) -> tuple[float, float]:
        """Between which bits the sum over the trees of every depth lies.

        Returns
        -------
        least, most : float
            The least is seldom reached: below the greatest depth it lets every label have a leaf
            of its own.
        """
        if not self.exact:
            raise SettingError("bounds of a sum over some of the trees; allowed: widths=None")
        least, most = (
            self._weighed(self._rows, 0, end)[0] for end in (kernels.UPPER, kernels.LOWER)
        )
        return least, most

    @cached_property
    def best(self) -> tuple[Tree, float]:
        """The tree of most probability times evidence, and -log2 of that."""
        bits = self._weighed(self._rows, 0, kind=kernels.BEST)[0]
        return self._best(self._rows, 0), bits

    def tests_at_root(self) -> NDArray[np.float64]:
        """The posterior of what a tree has at its root.

        Returns
        -------
        ndarray of float, shape (T + 1,)
            The probability of each test, and last of a leaf.
        """
        return self._at_node(self._weighed(self._rows, 0))

    def columns_used(self) -> NDArray[np.float64]:
        """The posterior probability that a tree has a test of each column, in order of `names`."""
        without = [
            self._weighed(self._rows, 0, used=self.columns != c)[0] for c in range(len(self.names))
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
        given = (*self._problem, used, self._widths, 0, how, room)
        kernels.spread(*given, passed, every, 1.0, least, out)
        return out / out.sum(axis=1, keepdims=True)

    @property
    def _problem(self):
        return self._tests, self.columns, self._labels, self._tables

    def _room(self, rows, level):
        """Arrays that the kernels write to, with the rows of a node at its level."""
        last, deep = len(self.columns), self.depth + 1
        masks = np.zeros((deep, len(rows)), np.uint64)
        masks[level] = rows
        return (
            masks,
            np.zeros((deep, last), np.int64),
            np.zeros((deep, last + 1, self.k), np.int64),
            np.zeros((deep, len(self.names) + 1), np.int64),
            np.zeros((deep, last)),
            np.zeros((deep, last), bool),
        )

    def _weighed(self, rows, level, end=kernels.LEAF, kind=kernels.SUM, used=None):
        """A node: the bits of all trees there, or of the best, and what they are made of.

        Returns (bits, the counts of its labels, the bits of each test, whether trees were grown
        below it); the bits of a leaf come last.
        """
        used = np.ones(len(self.columns), bool) if used is None else used
        how, room = np.array([self.depth, end, kind]), self._room(rows, level)
        found = kernels.total(*self._problem, used, self._widths, level, how, room)
        whole = room[2][level, -1]
        inner = level < self.depth and room[3][level, -1] > 0
        stop = kernels.leaf(whole, self._tables)
        parts = np.append(room[4][level], stop) - inner * _LN2
        return -found / _LN2, tuple(whole.tolist()), -parts / _LN2, room[5][level]

    def _at_node(self, weighed):
        """The posterior of the tests of a node, and last of a leaf."""
        bits, _, parts, _ = weighed
        return 2.0 ** (bits - parts)

    def _best(self, rows, level):
        weighed = self._weighed(rows, level, kind=kernels.BEST)
        return self._node(rows, level, weighed, int(np.argmin(weighed[2])), self._best)

    def _drawn(self, rows, level, generator):
        weighed = self._weighed(rows, level)
        shares = self._at_node(weighed)
        at = int(generator.choice(len(shares), p=shares / shares.sum()))
        below = partial(self._drawn, generator=generator)
        return self._node(rows, level, weighed, at, below)

    def _node(self, rows, level, weighed, at, below):
        """The tree with a test at its root, and what `below` says of the two sides."""
        _, whole, _, grown = weighed
        if at == len(self.columns):
            return Tree(whole)
        sides = rows & self._tests[at], rows & ~self._tests[at]
        if not grown[at]:
            return Tree(whole, at, *(Tree(self._counts(side)) for side in sides))
        return Tree(whole, at, *(below(side, level + 1) for side in sides))

    def _counts(self, rows):
        """How many rows have each label."""
        return tuple(int(np.unpackbits((rows & one).view(np.uint8)).sum()) for one in self._labels)


@dataclass(frozen=True)
class TableTests:
    """The tests of a table, as trees take them: those that the `rules` DSL makes of its columns.

    Parameters
    ----------
    task : Task
        The table with the tests as its columns.
    names : tuple of str, length T
        The tests, such as `age < 64`.
    columns : tuple of str, length T
        The column of the table that each test is about.
    """

    task: Task
    names: tuple[str, ...]
    columns: tuple[str, ...]

    @classmethod
    def of(cls, task: Task) -> Self:
        """The tests of a table.

        Raises
        ------
        TaskError
            If the table has a column that is neither of numbers nor of truth values, or none that
            differs among training rows.
        """
        made = prepared(load_dsl("rules", (*task.types.values(), Bool)), task)
        names = tuple(made.columns)
        return cls(made, names, tuple(_about(made, name) for name in names))

    def passed(self, columns: Mapping[str, np.ndarray]) -> NDArray[np.bool_]:
        """Which tests some rows pass, (rows, T); columns: those of the table, by name."""
        made = columns if self.task.express is None else self.task.express(dict(columns))
        return np.column_stack([np.asarray(made[name], bool) for name in self.names])


def tree_sum(
    task: Task,
    *,
    depth: int = 2,
    widths: Sequence[int] | None = None,
    shares: ArrayLike | None = None,
) -> TreeSum:
    """The sum over all trees of tests of a table, given its training rows.

    Parameters
    ----------
    task : Task
        The table; its tests are those of the `rules` DSL (see `TableTests`).
    depth, widths, shares
        As `TreeSum` takes them.

    Raises
    ------
    TaskError
        See `TableTests.of`.
    """
    tests, train = TableTests.of(task), task.train
    passed = tests.passed({n: c[train] for n, c in task.columns.items()})
    given: dict[str, Any] = {"depth": depth, "widths": widths, "shares": shares}
    k = len(task.alphabet)
    return TreeSum(passed, task.places(), k, columns=tests.columns, **given)


def _about(task, name):
    """The column of a table that a test is about."""
    meaning = (task.meanings or {}).get(name)
    sources = [] if meaning is None else [n.source.name for n in meaning.walk() if n.source]
    # A table makes `colour=red` and `dose is missing` of its columns before any test is made.
    return source_of(sources[0] if sources else name)


def _packed(rows: NDArray[np.bool_]) -> NDArray[np.uint64]:
    """Truth values (m, rows) as words (m, words)."""
    words = max(1, -(-rows.shape[1] // 64))
    out = np.zeros((len(rows), 8 * words), np.uint8)
    bits = np.packbits(rows, axis=1, bitorder="little")
    out[:, : bits.shape[1]] = bits
    return out.view(np.uint64)
