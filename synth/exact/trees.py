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

import itertools
import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth import codes
from synth.errors import SettingError
from synth.exact.labelled import labelled
from synth.kernels import trees as kernels
from synth.kernels.division import Record, Room, Table, count
from synth.tasks import RowCells, TableTests, Task

#: Nodes that a tree has with less probability than this are left out of predictions, which then
#: add up to 1 again.
LEAST = 1e-12
#: The evidence of so many leaves is kept: with 1,000 rows, a sum takes a seventh of the time.
KEPT = 2**15
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
    tests : array_like of bool, shape (rows, T), or RowCells
        Which tests each row passes.
    labels : array_like of int, shape (rows,)
        The labels, 0..k-1; -1 for a row whose label is not known.  Such a row says which tests are
        open, as all rows do.
    k : int
        The number of labels.
    columns : sequence of int or str, shape (T,), optional
        The column of each test; by default each test has a column of its own.  `RowCells`
        have their own columns.
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
        tests: ArrayLike | RowCells,
        labels: ArrayLike,
        k: int,
        *,
        columns: ArrayLike | None = None,
        depth: int = 2,
        widths: Sequence[int] | None = None,
        shares: ArrayLike | None = None,
    ) -> None:
        read, given, means = labelled(tests, columns, labels, k, shares, least=-1)
        if not 0 <= depth <= 20:
            raise SettingError(f"depth={depth!r}; allowed: 0..20")
        last = len(read.cells.groups)
        wide = [last] * max(0, depth - 1) if widths is None else list(widths)
        if len(wide) != max(0, depth - 1) or min(wide, default=0) < 0:
            raise SettingError(
                f"widths={widths!r}; allowed: {max(0, depth - 1)} numbers, 0 and more"
            )
        self.k, self.depth, self.shares = k, depth, means
        self.exact = all(width >= last for width in wide)
        self._widths = np.array([*wide, 0], np.int64)
        self._read, self.names, self.columns = read, read.cells.names, read.cells.groups
        self._labels = np.where(given < 0, k, given)
        self._rows = np.arange(len(given), dtype=np.int32)
        radix = np.bincount(self._labels, minlength=k + 1)[:k] + 1
        self._radix = radix * (math.prod(radix.tolist()) < 2**63)
        self._tables = codes.leaf_tables(len(given), means) * _LN2

    @cached_property
    def bits(self) -> float:
        """-log2 of the sum: what the labels cost if all trees are mixed."""
        return float(-self._record.values[0] / _LN2)

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

    def predict(self, tests: ArrayLike | RowCells, least: float = LEAST) -> NDArray[np.float64]:
        """What the mixture of all trees predicts for new rows.

        Parameters
        ----------
        tests : array_like of bool, shape (m, T), or RowCells
            Which tests the new rows pass, with the cells of the sum's rows and more.
        least : float
            Nodes that trees have with less probability are left out; 0 for all nodes.

        Returns
        -------
        ndarray of float, shape (m, k)
            Probabilities; every row adds up to 1.
        """
        new = tests if isinstance(tests, RowCells) else self._read.cells.read([tests])
        out = np.zeros((len(new), self.k))
        every = np.arange(len(new), dtype=np.int32)
        table, room = self._table(new.cells), self._room(self._rows, 0, new.cells)
        kernels.spread(
            table, self._tables, 0, len(self._rows), np.array([self.depth]), room, self._record, 0,
            (new.codes, every), 1.0, least, out,
        )  # fmt: skip
        return out / out.sum(axis=1, keepdims=True)

    @cached_property
    def _record(self):
        """What the sum leaves of its nodes."""
        beams = np.minimum(self._widths[:-1], len(self.columns)) if self.depth > 1 else []
        nodes = 1 + int(sum(itertools.accumulate((2 * int(w) for w in beams), operator.mul)))
        record = _empty_record(nodes)
        record.values[0] = -self._weighed(self._rows, 0, record=record)[0] * _LN2
        record.ends[0] = record.met[0]
        return record

    def _table(self, cells):
        """The rows and tests for the kernels; cells: those of `self._read`, or more."""
        return Table(self._read.codes, self._labels, **cells.arrays)

    def _room(self, rows, level, cells):
        """Arrays that the kernels write to, with the rows of a node at its level."""
        last, deep, held = len(self.columns), self.depth + 1, int(cells.arrays["starts"][-1])
        masks = np.empty((deep, len(self._rows)), np.int32)
        masks[level, : len(rows)] = rows
        return Room(
            rows=masks,
            sizes=np.zeros((deep, last), np.int64),
            counts=np.zeros((deep, last + 1, self.k + 1), np.int64),
            open_in=np.zeros((deep, len(self.names) + 1), np.int64),
            values=np.zeros((deep, last)),
            grown=np.zeros((deep, last), bool),
            counted=np.zeros((deep, held, self.k + 1), np.int32),
            added=np.zeros((held, self.k)),
            given=np.zeros((last, self.k)),
            touched=np.zeros(len(self.names), bool),
            rest=np.zeros(self.k, np.int64),
            radix=self._radix,
            keys=np.full(KEPT, -1, np.int64),
            leaves=np.zeros(KEPT),
            logs=np.log(np.maximum(1, np.arange(last + 2))),
        )

    def _weighed(self, rows, level, end=kernels.LEAF, kind=kernels.SUM, used=None, record=None):
        """A node: the bits of all trees there, or of the best, and what they are made of.

        Returns (bits, the counts of its labels, the bits of each test, whether trees were grown
        below it); the bits of a leaf come last.
        """
        used = np.ones(len(self.columns), bool) if used is None else used
        record = _empty_record(0) if record is None else record
        how, room = np.array([self.depth, end, kind]), self._room(rows, level, self._read.cells)
        count(self._table(self._read.cells), rows, room.counted[level])
        given = (self._table(self._read.cells), self._tables, used, self._widths)
        found = kernels.total(*given, level, len(rows), how, room, record)
        whole = room.counts[level, -1, :-1].copy()
        inner = level < self.depth and room.open_in[level, -1] > 0
        stop = kernels.leaf(whole, self._tables)
        parts = np.append(room.values[level], stop) - inner * _LN2
        return -found / _LN2, tuple(whole.tolist()), -parts / _LN2, room.grown[level]

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
        passing = self._read.passing(at)[rows]
        sides = rows[passing], rows[~passing]
        if not grown[at]:
            return Tree(whole, at, *(Tree(self._counts(side)) for side in sides))
        return Tree(whole, at, *(below(side, level + 1) for side in sides))

    def _counts(self, rows):
        """How many rows have each label."""
        return tuple(np.bincount(self._labels[rows], minlength=self.k + 1)[:-1].tolist())


def _empty_record(nodes):
    numbers = (np.empty(nodes, np.int64) for _ in range(2))
    return Record(np.zeros(1, np.int64), np.empty(nodes), *numbers)


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
    read = TableTests.of(task).read({n: c[task.train] for n, c in task.columns.items()})
    given: dict[str, Any] = {"depth": depth, "widths": widths, "shares": shares}
    return TreeSum(read, task.places(), len(task.alphabet), **given)
