"""The inputs that columns of texts become, with their types.

A column becomes one input or more: a number, a truth value, one truth value for each text, the
parts of a date.  A column with missing values gets one more, `NAME is missing`.  Where a value is
missing, a truth value is false, and a number is a gap: NaN, in a Real column.
"""

import datetime
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from synth.errors import TypeMismatchError, quoted, shortened
from synth.language import INT_LIMIT, Bool, Int, Mod, Real, Source, Term, Type
from synth.tasks.cells import PLAIN, TRUTH, Format, is_missing, missing_of, number_format
from synth.tasks.dates import CLOCK, DATE_ORDERS, DATE_PARTS, date_format, date_of
from synth.tasks.letters import (
    LETTERS,
    are_free,
    in_parts,
    loosely,
    meanings_of_letters,
    placed,
    read_both,
    said_of_letters,
)
from synth.tasks.ranges import check_finite, check_range, refuse_infinite
from synth.tasks.words import as_spelled, in_order, said_spellings, spellings

#: The most truth values that a column of texts becomes; rarer texts become one, `other`.
MOST_VALUES = 16
OTHER = "other"
#: The parts of a date that become inputs: `date` counts days, from `FIRST_DAY` on, as spreadsheets
#: do, and `time` the minutes since midnight.
_PARTS = (*DATE_PARTS, "date", "time")
#: Parts that say nothing that others do not say.
_WHOLE = (".date", ".time")
_HOUR, _DAYS, _TIME = 3, 5, 6
FIRST_DAY = datetime.date(1899, 12, 30)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


#: The types of inputs by name, and what reads their values from cells.
_Made = tuple[dict[str, Type], partial[list[np.ndarray]]]


@dataclass(frozen=True)
class Column:
    """The name of a column, its cells as texts, and the line of the file of each cell.

    decimal: the sign before decimals in the whole table.
    """

    name: str
    cells: tuple[str, ...]
    lines: tuple[int, ...]
    decimal: str = "."

    def where(self, row: int) -> str:
        return f"line {self.lines[row]}, column {shortened(self.name)}"

    def only(self, rows: NDArray[np.bool_]) -> "Column":
        """The column with some of its rows, bool (rows,)."""
        places = np.flatnonzero(rows).tolist()
        cells, lines = self.cells, self.lines
        kept = tuple(cells[k] for k in places), tuple(lines[k] for k in places)
        return Column(self.name, *kept, self.decimal)

    def format(self, cells: Sequence[str]) -> Format | None:
        """The format of some of its cells if they are numbers."""
        return number_format(cells, self.decimal)

    def gaps(self, texts: Sequence[str]) -> NDArray[np.bool_]:
        """Which cells are missing values; texts: what stands for them."""
        return np.array([is_missing(cell, texts) for cell in self.cells], bool)

    def held(self, texts: Sequence[str]) -> list[str]:
        """The cells that are not missing; texts: what stands for missing values."""
        return [cell for cell in self.cells if not is_missing(cell, texts)]


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
    said : tuple of str, optional
        If the column was read in a special way: what way, and what is to be said of the column.
    """

    column: str
    types: dict[str, Type]
    read: partial[list[np.ndarray]]
    missing: tuple[str, ...]
    said: tuple[str, str] | None = None

    def gaps(self, cells: Sequence[str]) -> NDArray[np.bool_]:
        """Which cells are missing values."""
        return np.array([is_missing(cell, self.missing) for cell in cells], bool)

    def values(self, cells: Sequence[str], sparse: bool = False) -> dict[str, np.ndarray]:
        """The values of the inputs for some cells, by name.

        sparse: any number may be missing, and is then NaN, and may be one that is not whole.
        """
        gaps = self.gaps(cells)
        held = [cell for cell, gap in zip(cells, gaps, strict=True) if not gap]
        made = {}
        types = [item for item in self.types.items() if item[0] != missing_name(self.column)]
        read = self.loosely().read if sparse else self.read
        for (name, type_), values in zip(types, read(held), strict=True):
            type_ = Real if sparse and type_ != Bool else type_
            if gaps.any() and type_ not in (Bool, Real):
                raise TypeMismatchError(f"column {self.column}: a missing value, unlike before")
            made[name] = np.full(len(cells), np.nan if type_ == Real else 0, type_.dtype)
            made[name][~gaps] = values
        if len(types) < len(self.types):
            made[missing_name(self.column)] = gaps
        return made

    def loosely(self) -> "Inputs":
        """The same for columns of whole numbers that may hold others."""
        if self.read.func in LETTERS:
            return replace(self, read=loosely(self.read))
        if self.read.func is not _read_numbers or self.read.args[1] == Bool:
            return self
        name, _, format_ = self.read.args
        return replace(self, read=partial(_read_numbers, name, Real, format_))

    def meanings(self) -> dict[str, Term]:
        """What each of the inputs says of the column, by name."""
        missing = missing_name(self.column)
        kinds = {_read_numbers: "number", _read_dates: "date", _read_texts: "text"}
        kinds |= dict.fromkeys(LETTERS, "text")
        kind = kinds.get(self.read.func, "truth")
        inputs = [name for name in self.types if name != missing]
        kind = "truth" if kind == "number" and self.types[inputs[0]] == Bool else kind
        source = Source(self.column, kind, missing in self.types, self.missing)
        if kind == "truth":
            words = tuple(sorted(word for word, is_true in TRUTH.items() if is_true))
            made = [Term("truth", value=replace(source, words=words))]
        elif kind == "number":
            units = [unit for unit in self.read.args[2].units if unit]
            hint = f"without the unit {units[0]}" if units else ""
            if self.read.args[2].negative != "-":
                hint = ", ".join(filter(None, [hint, "with - before negative numbers"]))
            made = [Term("number", value=replace(source, hint=hint))]
        elif kind == "date":
            _, place, kept = self.read.args
            source = replace(source, order=DATE_ORDERS[place])
            made = [Term("part", value=(source, _PARTS[k])) for k in kept]
            days = 0 if place == CLOCK else len(WEEKDAYS)
            made += [Term("weekday", value=(source, k)) for k in range(days)]
        else:
            made = _meanings_of_texts(self.read, source)
        made += [Term("missing", value=source)] * (missing in self.types)
        return dict(zip(self.types, made, strict=True))

    def plainly(self) -> "Inputs":
        """The same for numbers that are no texts any more, and so have no format."""
        if self.read.func is not _read_numbers:
            return self
        name, type_, _ = self.read.args
        return replace(self, read=partial(_read_numbers, name, type_, PLAIN))


def missing_name(column: str) -> str:
    """The name of the input that says whether a value is missing."""
    return f"{column} is missing"


def inputs_of(
    column: Column, modulus: int | None, missing: Sequence[str], gaps: bool = False
) -> Inputs:
    """What a column becomes.

    gaps: whether other rows have missing values of the column.

    Raises
    ------
    TaskError
        If a number is too large.
    """
    texts = missing_of(column.cells, missing, column.decimal)
    held = column.held(texts)
    makers: list[Callable[..., _Made | None]] = [_truths, partial(_numbers, modulus)]
    if modulus is not None:
        makers.reverse()  # 0 and 1 are residues then
    found = None
    gaps = gaps or len(held) < len(column.cells)
    for made in (*makers, _dates, _letters):
        found = found or (made(column, held, gaps) if held else None)
    types, read = found or _texts(column, held)
    if len(held) < len(column.cells):
        types[missing_name(column.name)] = Bool
    return Inputs(column.name, types, read, tuple(texts), _said(column, held, types, read))


def _said(
    column: Column, held: list[str], types: Mapping[str, Type], read: partial[list[np.ndarray]]
) -> tuple[str, str] | None:
    """In what special way a column is read, and what is said of it; None if in no such way."""
    name = shortened(column.name)
    if read.func is _read_dates:
        start, clock = len(column.name) + 1, read.args[1] == CLOCK
        parts = [n[start:] for n, t in types.items() if t != Bool and not n.endswith(_WHOLE)]
        parts += ["weekday"] * (not clock)
        return f"read as {'times' if clock else 'dates'}", f"{name} ({', '.join(parts)})"
    if read.func in LETTERS:
        return said_of_letters(name, read)
    if read.func is _read_texts:
        values, others, _ = read.args
        if others:
            forms = spellings(held)
            known = len({as_spelled(cell, forms) for cell in held})
            return (
                "rare texts are one value, other",
                f"{name} ({len(values)} of {known})",
            )
        same = said_spellings(held)
        return (
            ("texts that differ only in case or spaces are one", f"{name}: {same[0]}")
            if same
            else None
        )
    format_ = column.format(held)
    if read.func is not _read_numbers or format_ is None:
        return None
    if format_.negative != "-":
        cell = next(cell for cell in held if str(format_.plain(cell)).startswith("-"))
        return "negative numbers", f"{name} ({shortened(cell, 20)} is {format_.plain(cell)})"
    unit = format_.units[0] or format_.units[1]
    return ("numbers with a unit", f"{name} ({unit})") if unit else None


def _truths(column: Column, held: list[str], gaps: bool) -> _Made | None:
    if not {cell.lower() for cell in held} <= set(TRUTH):
        return None
    return {column.name: Bool}, partial(_read_truths, column.name)


def _read_truths(name: str, cells: list[str]) -> list[np.ndarray]:
    values = [TRUTH.get(cell.lower()) for cell in cells]
    _refuse(name, cells, [v is None for v in values], "true or false, 0 or 1")
    return [np.array(values, bool)]


def _numbers(modulus: int | None, column: Column, held: list[str], gaps: bool) -> _Made | None:
    format_ = column.format(held)
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


def _dates(column: Column, held: list[str], gaps: bool) -> _Made | None:
    place = date_format(held)
    if place is None:
        return None
    days = [f"{column.name}.weekday={day}" for day in WEEKDAYS if place != CLOCK]
    parts = [f"{column.name}.{part}" for part in _PARTS]
    found = np.array([_parts(cell, place) for cell in held])
    ranges = zip(found.min(axis=0).tolist(), found.max(axis=0).tolist(), strict=True)
    vary = [low < high for low, high in ranges]
    # A number of days, or of minutes, says nothing more than the only part that varies.
    vary[_DAYS] = vary[_DAYS] and sum(vary[:_HOUR]) > 1
    vary[_TIME] = all(vary[_HOUR:_DAYS])
    kept = tuple(k for k in range(len(parts)) if vary[k])
    types = {
        parts[k]: Real if gaps else Int(int(found[:, k].min()), int(found[:, k].max()))
        for k in kept
    }
    return types | dict.fromkeys(days, Bool), partial(_read_dates, column.name, place, kept)


def _parts(cell: str, place: int) -> list[int] | None:
    """The parts of a date and the number of its weekday; None if it is no date of the format."""
    date = date_of(cell, place)
    if date is None:
        return None
    days, minutes = (date.date() - FIRST_DAY).days, 60 * date.hour + date.minute
    return [*(getattr(date, part) for part in DATE_PARTS), days, minutes, date.weekday()]


def _read_dates(name: str, place: int, kept: tuple[int, ...], cells: list[str]) -> list[np.ndarray]:
    """The parts of dates that are kept, by their places, and whether it is each weekday."""
    parts = [_parts(cell, place) for cell in cells]
    _refuse(name, cells, [each is None for each in parts], "dates or times, as before")
    made = np.array(parts, int).reshape(-1, len(_PARTS) + 1)
    days = 0 if place == CLOCK else len(WEEKDAYS)
    return [made[:, k] for k in kept] + [made[:, -1] == k for k in range(days)]


def _letters(column: Column, held: list[str], gaps: bool) -> _Made | None:
    """Single letters as places, beside truth values if they are few; free texts by their parts."""
    made, different = placed(column.name, held, gaps), len(set(held))
    free = are_free(different, len(column.cells))
    if made is None:
        return in_parts(column.name, held, gaps) if free else None
    if free or different > MOST_VALUES:
        return made
    types, read = _texts(column, held)
    return made[0] | types, partial(read_both, made[1], read)


def _meanings_of_texts(read: partial[list[np.ndarray]], source: Source) -> list[Term]:
    if read.func is read_both:
        return [term for each in read.args for term in _meanings_of_texts(each, source)]
    if read.func in LETTERS:
        return meanings_of_letters(read, source)
    values, others, _ = read.args
    made = [Term("text", value=(source, value)) for value in values]
    return made + [Term("other", value=(source, tuple(values)))] * others


def _texts(column: Column, held: list[str]) -> _Made:
    known = spellings(held)
    counts = Counter(as_spelled(cell, known) for cell in held)
    values, others = in_order(counts), len(counts) > MOST_VALUES
    if others:
        frequent = sorted(values, key=lambda v: (-counts[v], v))[: MOST_VALUES - 1]
        values = [value for value in values if value in frequent]
    names = [f"{column.name}={value}" for value in [*values, *[OTHER] * others]]
    return dict.fromkeys(names, Bool), partial(_read_texts, values, others, known)


def _read_texts(
    values: Sequence[str], others: bool, known: Mapping[str, str], cells: list[str]
) -> list[np.ndarray]:
    texts = [as_spelled(cell, known) for cell in cells]
    made = [np.array([text == value for text in texts], bool) for value in values]
    return [*made, ~np.any(made, axis=0)] if others else made


def _refuse(name: str, cells: Sequence[str], wrong: list[bool], allowed: str) -> None:
    """Raise TypeMismatchError for the first cell that cannot be read."""
    if any(wrong):
        cell = cells[wrong.index(True)]
        raise TypeMismatchError(f"column {shortened(name)}: {quoted(cell)}; allowed: {allowed}")
