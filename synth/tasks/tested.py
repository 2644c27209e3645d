"""The tests of a table, and which of them rows pass, as few bytes a row.

The tests of a column divide rows into cells: rows of a cell pass the same tests of this column.  A
number with 64 cuts has 65 cells, so that a row needs one number for each column and not one for
each test.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from synth.errors import SettingError
from synth.language import Bool, load_dsl, source_of
from synth.tasks.fitting import prepared
from synth.tasks.task import Task

#: So many rows are read at a time: all tests of 100,000 rows take 200 MB.
ROWS = 4096


class Cells:
    """The cells of the rows that were read.

    Parameters
    ----------
    columns : array_like, shape (T,)
        The column of each test.
    known : sequence of dict of bytes to int, optional
        By column, the number of each cell: the tests that its rows pass, as bits.

    Attributes
    ----------
    names : tuple
        The columns, sorted.
    groups : int64 (T,)
        The column of each test, by its place in `names`.
    """

    def __init__(self, columns: ArrayLike, known: Iterable[Mapping[bytes, int]] = ()) -> None:
        self._given = np.asarray(columns)
        names, groups = np.unique(self._given, return_inverse=True)
        self.names, self.groups = tuple(names.tolist()), groups.astype(np.int64)
        self._own = [np.flatnonzero(groups == c) for c in range(len(names))]
        self._known = [*known] or [{} for _ in names]

    def read(self, tests: Iterable[ArrayLike]) -> "RowCells":
        """Rows by their cells: these, and those that they add.

        Parameters
        ----------
        tests : iterable of array_like of bool, shape (rows, T)
            Which tests rows pass, some rows at a time.

        Raises
        ------
        SettingError
            If there are other tests than those of the cells.
        """
        known = [dict(cells) for cells in self._known]
        parts = [np.zeros((0, len(known)), np.uint16)]
        for some in tests:
            passed = np.asarray(some, bool)
            if passed.ndim != 2 or passed.shape[1] != len(self.groups):
                raise SettingError(
                    f"tests of shape {passed.shape}; allowed: (rows, {len(self.groups)})"
                )
            part = np.empty((len(passed), len(known)), np.uint16)
            for column, (own, cells) in enumerate(zip(self._own, known, strict=True)):
                part[:, column] = _numbered(passed[:, own], cells)
            parts.append(part)
        return RowCells(Cells(self._given, known), np.concatenate(parts))

    @cached_property
    def arrays(self) -> dict[str, np.ndarray]:
        """What the kernels have to know of the cells: fields of `kernels.division.Table`."""
        held = [len(cells) for cells in self._known]
        starts = np.concatenate([[0], np.cumsum(held, dtype=np.int64)]).astype(np.int64)
        parents = np.full(len(self.groups), -1, np.int64)
        passes = np.zeros((max(held, default=0), len(self.groups)), bool)
        turns, more = [], []
        for own, cells, start in zip(self._own, self._known, starts.tolist(), strict=False):
            inside = _tests_of(cells, len(own))
            passes[: len(cells), own] = inside
            before = None
            for t in np.argsort(inside.sum(axis=0), kind="stable").tolist():
                rest = inside[:, t]
                if before is not None and (inside[:, before] <= rest).all():
                    parents[own[t]] = own[before]
                    rest = rest & ~inside[:, before]
                turns.append(int(own[t]))
                more.append(start + np.flatnonzero(rest))
                before = t
        return {
            "starts": starts,
            "groups": self.groups,
            "turns": np.array(turns, np.int64),
            "parents": parents,
            "ends": np.cumsum([len(cells) for cells in more], dtype=np.int64),
            "more": np.concatenate([np.zeros(0, np.int64), *more]),
            "passes": passes,
        }


@dataclass(frozen=True, eq=False)
class RowCells:
    """Rows, by the cell of each in each column.

    Parameters
    ----------
    cells : Cells
    codes : int32 (rows, columns)
    """

    cells: Cells
    codes: NDArray[np.int32]

    @classmethod
    def of(cls, tests: ArrayLike, columns: ArrayLike | None = None) -> Self:
        """Of tests (rows, T) and their columns (T,), by default one for each test.

        Raises
        ------
        SettingError
            If a shape is not allowed.
        """
        passed = np.asarray(tests, bool)
        if passed.ndim != 2:
            raise SettingError(f"tests of shape {passed.shape}; allowed: (rows, tests)")
        own = np.arange(passed.shape[1]) if columns is None else np.asarray(columns)
        if own.shape != passed.shape[1:]:
            raise SettingError(f"columns of shape {own.shape}; allowed: {passed.shape[1:]}")
        read = Cells(own).read([passed])
        return cls(read.cells, read.codes)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: Any) -> "RowCells":
        return RowCells(self.cells, self.codes[rows])

    def passing(self, test: int) -> NDArray[np.bool_]:
        """Which rows pass a test."""
        return self.cells.arrays["passes"][self.codes[:, self.cells.groups[test]], test]


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
    def of(cls, task: Task, thresholds: int | None = None) -> Self:
        """The tests of a table; thresholds: the most cuts of a column, by default as in `rules`.

        Raises
        ------
        TaskError
            If the table has a column that is neither of numbers nor of truth values, or none that
            differs among training rows.
        """
        spec = "rules" if thresholds is None else f"rules:thresholds={thresholds}"
        made = prepared(load_dsl(spec, (*task.types.values(), Bool)), task)
        names = tuple(made.columns)
        return cls(made, names, tuple(column_of_test(made, name) for name in names))

    def passed(self, columns: Mapping[str, np.ndarray]) -> NDArray[np.bool_]:
        """Which tests some rows pass, (rows, T); columns: those of the table, by name."""
        made = columns if self.task.express is None else self.task.express(dict(columns))
        return np.column_stack([np.asarray(made[name], bool) for name in self.names])

    def read(self, columns: Mapping[str, np.ndarray], cells: Cells | None = None) -> RowCells:
        """The same by cells, which take less room; cells: those of other rows, to go on from."""
        rows = len(next(iter(columns.values())))
        parts = (
            self.passed({name: column[at : at + ROWS] for name, column in columns.items()})
            for at in range(0, rows, ROWS)
        )
        return (Cells(self.columns) if cells is None else cells).read(parts)


def column_of_test(task: Task, name: str) -> str:
    """The column of a table that a test is about; task: with the tests as its columns."""
    meaning = (task.meanings or {}).get(name)
    sources = [] if meaning is None else [n.source.name for n in meaning.walk() if n.source]
    # A table makes `colour=red` and `dose is missing` of its columns before any test is made.
    return source_of(sources[0] if sources else name)


def _numbered(passed, cells):
    """The cell of each row, by the tests (rows, T) that it passes; new cells are added."""
    bits = np.packbits(passed, axis=1)
    keys = np.zeros((len(bits), 8 * max(1, -(-bits.shape[1] // 8))), np.uint8)
    keys[:, : bits.shape[1]] = bits
    # As numbers, 100,000 rows are sorted 20 times as fast as bytes are.
    view = keys.view(np.uint64 if keys.shape[1] == 8 else f"V{keys.shape[1]}")[:, 0]
    found, places = np.unique(view, return_inverse=True)
    numbers = [cells.setdefault(each.tobytes(), len(cells)) for each in found]
    return np.array(numbers, np.int32)[places]


def _tests_of(cells, count):
    """Which of a column's tests the rows of each cell pass, bool (cells, tests)."""
    if not cells:
        return np.zeros((0, count), bool)
    keys = np.stack([np.frombuffer(key, np.uint8) for key in cells])
    return np.unpackbits(keys, axis=1, count=count).astype(bool)
