"""The inputs that columns of texts become, with their types; what cannot be an input is left out.

A column becomes one input or more: a number, a truth value, one truth value for each text, the
parts of a date.  A column with missing values gets one more, `NAME is missing`.  Where a value is
missing, a truth value is false, and a number is a gap: NaN, in a Real column.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError, TypeMismatchError, quoted, shortened
from synth.language import INT_LIMIT, Bool, Int, Mod, Real, Type
from synth.tasks.cells import (
    MISSING,
    MISSING_NUMBERS,
    TRUTH,
    Format,
    date_of,
    is_missing,
    number_format,
)

#: The most truth values that a column of texts becomes; rarer texts become one, `other`.
MOST_VALUES = 16
OTHER = "other"
#: A column of at least so many different texts is left out if they are nearly as many as rows.
FREE_TEXTS = 8
#: What columns that number the rows are called.
_ID = re.compile(
    r"(?i:(.*[_\s.-])?(id|uuid|guid|rownames?|index|nr\.?|no\.)|#|unnamed: \d+)|.*[a-z](Id|ID)"
)
_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


#: The types of inputs by name, and what reads their values from cells.
_Made = tuple[dict[str, Type], Callable[[list[str]], list[np.ndarray]]]


@dataclass(frozen=True)
class Column:
    """The name of a column, its cells as texts, and the line of the file of each cell."""

    name: str
    cells: tuple[str, ...]
    lines: tuple[int, ...]

    def where(self, row: int) -> str:
        return f"line {self.lines[row]}, column {shortened(self.name)}"

    def only(self, rows: NDArray[np.bool_]) -> "Column":
        """The column with some of its rows, bool (rows,)."""
        places = np.flatnonzero(rows).tolist()
        cells, lines = self.cells, self.lines
        return Column(self.name, tuple(cells[k] for k in places), tuple(lines[k] for k in places))


@dataclass(frozen=True)
class Inputs:
    """What a column becomes.

    Parameters
    ----------
    column : str
        The name of the column.
    types : dict of str to Type
        The names of the inputs, and their types.
    read : callable
        Takes cells that are not missing; returns their values for each of the inputs.
    missing : tuple of str
        What cells have where a value is missing.
    """

    column: str
    types: dict[str, Type]
    read: Callable[[list[str]], list[np.ndarray]]
    missing: tuple[str, ...]

    def gaps(self, cells: Sequence[str]) -> NDArray[np.bool_]:
        """Which cells are missing values."""
        return np.array([is_missing(cell, self.missing) for cell in cells], bool)

    def values(self, cells: Sequence[str]) -> dict[str, np.ndarray]:
        """The values of the inputs for some cells, by name."""
        gaps = self.gaps(cells)
        held = [cell for cell, gap in zip(cells, gaps, strict=True) if not gap]
        made = {}
        types = [item for item in self.types.items() if item[0] != missing_name(self.column)]
        for (name, type_), values in zip(types, self.read(held), strict=True):
            if gaps.any() and type_ not in (Bool, Real):
                raise TypeMismatchError(f"column {self.column}: a missing value, unlike before")
            made[name] = np.full(len(cells), np.nan if type_ == Real else 0, type_.dtype)
            made[name][~gaps] = values
        if len(types) < len(self.types):
            made[missing_name(self.column)] = gaps
        return made


def missing_name(column: str) -> str:
    """The name of the input that says whether a value is missing."""
    return f"{column} is missing"


def inputs_of(column: Column, modulus: int | None, missing: Sequence[str]) -> Inputs:
    """What a column becomes.

    Raises
    ------
    TaskError
        If a number is too large.
    """
    numbers = MISSING_NUMBERS if missing == MISSING else missing
    makers: list[tuple[Sequence[str], Callable[..., _Made | None]]] = [
        (missing, _truths),
        (numbers, partial(_numbers, modulus)),
    ]
    if modulus is not None:
        makers.reverse()  # 0 and 1 are residues then
    for texts, made in (*makers, (missing, _dates)):
        held = [cell for cell in column.cells if not is_missing(cell, texts)]
        found = made(column, held, len(held) < len(column.cells)) if held else None
        if found is not None:
            break
    types, read = found or _texts(column, held)
    if len(held) < len(column.cells):
        types[missing_name(column.name)] = Bool
    return Inputs(column.name, types, read, tuple(texts))


def _truths(column: Column, held: list[str], gaps: bool) -> _Made | None:
    if not {cell.lower() for cell in held} <= set(TRUTH):
        return None
    return {column.name: Bool}, partial(_read_truths, column.name)


def _read_truths(name: str, cells: list[str]) -> list[np.ndarray]:
    values = [TRUTH.get(cell.lower()) for cell in cells]
    _refuse(name, cells, [v is None for v in values], "true or false, 0 or 1")
    return [np.array(values, bool)]


def _numbers(modulus: int | None, column: Column, held: list[str], gaps: bool) -> _Made | None:
    format_ = number_format(held)
    if format_ is None:
        refuse_infinite(column, held)
        return None
    plain = [str(format_.plain(cell)) for cell in held]
    whole = not any(sign in cell for cell in plain for sign in ".eE")
    type_ = Real
    if whole and modulus is None and set(plain) <= {"0", "1"}:
        type_ = Bool
    elif whole and modulus is not None and not gaps:
        type_ = Mod(modulus)
        check_range(column, held, plain, 0, modulus - 1)
    elif whole and not gaps and all(len(p) < 12 and abs(int(p)) <= INT_LIMIT for p in plain):
        type_ = Int(min(map(int, plain)), max(map(int, plain)))
    else:
        check_finite(column, held, plain)
    return {column.name: type_}, partial(_read_numbers, column.name, type_, format_)


def _read_numbers(name: str, type_: Type, format_: Format, cells: list[str]) -> list[np.ndarray]:
    texts = [format_.plain(cell) for cell in cells]
    _refuse(name, cells, [text is None for text in texts], "numbers, as before")
    numbers = np.array(texts, float)
    if type_ != Real:
        _refuse(name, cells, (numbers % 1 != 0).tolist(), "whole numbers, as before")
        numbers = numbers.astype(np.int64)
    return [numbers]


def refuse_infinite(column: Column, held: Sequence[str]) -> None:
    """Raise TaskError for an infinite number among numbers."""
    finite = [cell for cell in held if not _INFINITE.fullmatch(cell)]
    if len(finite) < len(held) and (not finite or number_format(finite) is not None):
        row = next(k for k, cell in enumerate(column.cells) if _INFINITE.fullmatch(cell))
        cell = column.cells[row]
        raise TaskError(
            f"{column.where(row)}: {quoted(cell)} among numbers is infinite; allowed: finite"
        )


def check_range(
    column: Column, held: Sequence[str], plain: Sequence[str], low: int, high: int
) -> None:
    """Raise TaskError for the first whole number outside low..high."""
    for cell, number in zip(held, plain, strict=True):
        if len(number) >= 20 or not low <= int(number) <= high:
            where = column.where(column.cells.index(cell))
            raise TaskError(f"{where}: {shortened(cell)} is outside {low}..{high}")


def check_finite(column: Column, held: Sequence[str], plain: Sequence[str]) -> None:
    """Raise TaskError for the first number that is too large for a Real."""
    with np.errstate(over="ignore"):
        _, legal = Real.rounded(np.array(plain, float))
    if legal is not None:
        cell = held[int(np.flatnonzero(~legal)[0])]
        where = column.where(column.cells.index(cell))
        raise TaskError(f"{where}: {shortened(cell)} is too large; the limit is 1e308")


def _dates(column: Column, held: list[str], gaps: bool) -> _Made | None:
    dates = [date_of(cell) for cell in held]
    if not all(dates):
        return None
    days = [f"{column.name}.weekday={day}" for day in WEEKDAYS]
    parts = [f"{column.name}.{part}" for part in ("year", "month", "day")]
    found = np.array([(d.year, d.month, d.day) for d in dates if d])
    ranges = zip(found.min(axis=0).tolist(), found.max(axis=0).tolist(), strict=True)
    types = {
        name: Real if gaps else Int(low, high)
        for name, (low, high) in zip(parts, ranges, strict=True)
        if low < high
    }
    kept = tuple(k for k, name in enumerate(parts) if name in types)
    return types | dict.fromkeys(days, Bool), partial(_read_dates, column.name, kept)


def _read_dates(name: str, kept: tuple[int, ...], cells: list[str]) -> list[np.ndarray]:
    """The parts of dates that are kept (0: year, 1: month, 2: day), and whether it is each day."""
    dates = [date_of(cell) for cell in cells]
    _refuse(name, cells, [date is None for date in dates], "dates")
    made = np.array([(d.year, d.month, d.day, d.weekday()) for d in dates if d], int)
    made = made.reshape(-1, 4)
    return [made[:, k] for k in kept] + [made[:, 3] == k for k in range(len(WEEKDAYS))]


def _texts(column: Column, held: list[str]) -> _Made:
    counts = Counter(held)
    values, others = sorted(counts), len(counts) > MOST_VALUES
    if others:
        values = sorted(sorted(values, key=lambda v: (-counts[v], v))[: MOST_VALUES - 1])
    names = [f"{column.name}={value}" for value in [*values, *[OTHER] * others]]
    return dict.fromkeys(names, Bool), partial(_read_texts, values, others)


def _read_texts(values: Sequence[str], others: bool, cells: list[str]) -> list[np.ndarray]:
    made = [np.array([cell == value for cell in cells], bool) for value in values]
    return [*made, ~np.any(made, axis=0)] if others else made


def _refuse(name: str, cells: Sequence[str], wrong: list[bool], allowed: str) -> None:
    """Raise TypeMismatchError for the first cell that cannot be read."""
    if any(wrong):
        cell = cells[wrong.index(True)]
        raise TypeMismatchError(f"column {shortened(name)}: {quoted(cell)}; allowed: {allowed}")


def left_out(
    columns: Sequence[Column], unnamed: Collection[str], missing: Sequence[str], keep: Iterable[str]
) -> dict[str, str]:
    """The names of columns that cannot say anything about other rows, and why each cannot."""
    reasons: dict[str, str] = {}
    seen: dict[tuple[str, ...], str] = {}
    for column in columns:
        if column.name in set(keep):
            continue
        why = _unusable(column, column.name in unnamed, missing)
        if not why and column.cells in seen:
            why = f"equal to {shortened(seen[column.cells])}"
        if why:
            reasons[column.name] = why
        else:
            seen[column.cells] = column.name
    return reasons


def _unusable(column: Column, unnamed: bool, missing: Sequence[str]) -> str | None:
    """Why a column cannot be an input; None if it can."""
    rows = len(column.cells)
    held = [cell for cell in column.cells if not is_missing(cell, missing)]
    different = len(set(held))
    if not held:
        return "no values"
    if different == 1 and len(held) == rows and rows > 1:
        return f"always {shortened(held[0], 20)}"
    if different == rows > 2 and unnamed:
        return "row names"
    format_ = number_format(held)
    if format_ is not None:
        plain = {str(format_.plain(cell)) for cell in held}
        wide = min(map(len, plain)) > 9 and all(number.isdigit() for number in plain)
        if different > 0.9 * rows and rows > 2 and (wide or _ID.fullmatch(column.name)):
            return f"{different} different numbers for {rows} rows: an identifier"
        return None
    if all(date_of(cell) for cell in held):
        return None
    if different >= FREE_TEXTS and (
        different > 0.9 * rows or (different > MOST_VALUES and different > rows / 2)
    ):
        return f"{different} different texts for {rows} rows"
    return None
