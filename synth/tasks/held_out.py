"""Which rows of a table are held out: some at random, or those that `test` names.

`test` is a condition (`split=test`, `year>=2020`), a column whose groups are held out whole, `last`
for the last rows, or another file.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError, listed, quoted, shortened
from synth.tasks.columns import Column
from synth.tasks.conditions import Condition, condition_of
from synth.tasks.sources import is_file
from synth.tasks.splits import training_mask

#: What `test` is for the last rows.
LAST = "last"
#: What the cells of a column that a test set adds say of its rows.
IN_FILE = "held out"
#: What `test` may be, in messages.
ALLOWED = "COLUMN=VALUE, COLUMN>=NUMBER, a COLUMN of groups, last, or a file with the same columns"
#: The share of training rows if none is asked for.
HALF = 0.5
#: Tables with fewer rows train on all of them if nothing is asked for: a half of 50 rows is 25, and
#: an accuracy on 25 rows is known to 0.1 at best (one standard error of a share of 0.7).
SMALL = 50


@dataclass(frozen=True)
class HeldOut:
    """Which rows are held out.

    Parameters
    ----------
    kind : str
        "condition", "groups", "last" or "file".
    column : str or None
        The name of the column that it needs.
    condition : Condition or None
        What holds for held-out rows.
    """

    kind: str
    column: str | None = None
    condition: Condition | None = None

    @property
    def fixed(self) -> bool:
        """Whether it says of each row whether it is held out."""
        return self.kind in ("condition", "file")

    @property
    def drops(self) -> bool:
        """Whether its column cannot be an input: it names the parts or the groups."""
        return self.kind == "groups" or (self.condition is not None and self.condition.sign == "=")


def asked_test(test: str | None, names: Sequence[str]) -> HeldOut | None:
    """What a text asks for in a table with some columns; None if rows are held out at random.

    Raises
    ------
    TaskError
        If it is none of what is allowed.
    """
    if test is None:
        return None
    if test in names:
        return HeldOut("groups", test)
    condition = condition_of(test, names)
    if condition is not None:
        return HeldOut("condition", condition.column, condition)
    if test == LAST:
        return HeldOut("last")
    if is_file(test):
        return HeldOut("file")
    raise TaskError(f"test {quoted(test)}; allowed: {ALLOWED}; columns: {listed(names)}")


@dataclass(frozen=True)
class Split:
    """How training rows are chosen.

    Parameters
    ----------
    fixed : ndarray of bool, shape (rows,), optional
        The training rows.
    groups : ndarray of int, shape (rows,), optional
        The group of each row, numbered from 0.
    rows : int
        The number of rows.
    ordered : bool
        Whether the first rows are for training.
    said : str
        What a note says of held-out rows.
    """

    rows: int
    fixed: NDArray[np.bool_] | None = None
    groups: NDArray[np.int64] | None = None
    ordered: bool = False
    said: str = ""

    @property
    def small(self) -> bool:
        """Whether all rows are for training if nothing is asked for."""
        whole = self.fixed is None and self.groups is None and not self.ordered
        return whole and self.rows < SMALL

    def share(self, train: int | float | None) -> int | float:
        """The fraction or number of training rows: what is asked for, else a half, or all."""
        return (1.0 if self.small else HALF) if train is None else train

    def mask(self, train: int | float | None, seed: int) -> NDArray[np.bool_]:
        """The training rows, bool (rows,).

        Parameters
        ----------
        train : float or int, optional
            The fraction or the number of training rows, of groups if groups are held out.
        seed : int
            The seed that chooses them.

        Raises
        ------
        TaskError
            If there would be none or too many, or the rows are fixed and `train` is given.
        """
        if self.fixed is not None:
            if train is not None:
                raise TaskError(
                    f"train {train}: the test set says which rows are for training; leave it out"
                )
            return self.fixed
        share = self.share(train)
        if self.groups is not None:
            return training_mask(int(self.groups.max()) + 1, share, seed)[self.groups]
        mask = training_mask(self.rows, share, seed)
        return np.arange(self.rows) < mask.sum() if self.ordered else mask


def split_of(test: HeldOut | None, column: Column | None, rows: int) -> Split:
    """How the training rows of a table are chosen.

    column: that of the test, with the table's rows.
    """
    if test is None or column is None:
        return Split(rows, ordered=test is not None, said="the last ones")
    if test.kind == "groups":
        groups = np.unique(np.array(column.cells), return_inverse=True)[1]
        if groups.max() == 0:
            raise TaskError(
                f"column {shortened(column.name)} has one group; allowed: 2 and more to hold out"
            )
        return Split(rows, groups=groups, said=f"whole groups of {shortened(column.name)}")
    condition = test.condition or Condition(column.name, "=", IN_FILE)
    meaning = condition.test(column)
    held = np.array([bool(meaning(cell)) for cell in column.cells])
    if held.all() or not held.any():
        which = "every" if held.all() else "no"
        raise TaskError(
            f"test {condition}: {which} row is held out; allowed: some rows, and some for training"
        )
    return Split(rows, fixed=~held)
