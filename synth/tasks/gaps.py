"""Missing values of a table: rows without a label, inputs with gaps, and what may be one."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError, listed, quoted, shortened
from synth.tasks.cells import MISSING, MISSING_NUMBERS, is_missing, missing_of, number_format
from synth.tasks.columns import Column
from synth.tasks.dates import date_format

#: What can be done with rows and columns that have missing values.
GAPS = ("indicator", "drop-rows", "drop-columns", "error")
#: How many columns a note names.
NAMED = 8
#: Numbers that people write for missing values: only nines, or 888, 777 and 99.9.
_CODE = re.compile(r"-(9{1,6}|8{2,6}|7{2,6})(\.9+)?|(9{2,6}|8{3,6}|7{3,6})(\.9+)?")


def missing_texts(na: Sequence[str] | None) -> tuple[str, ...]:
    """The texts that stand for missing values, in lower case; the empty text is always one."""
    return MISSING if na is None else ("", *(text.strip().lower() for text in na))


def of_each(counts: dict[str, int]) -> str:
    """Columns with a number each, the first ones by name."""
    said = ", ".join(f"{shortened(name, 40)} {n}" for name, n in list(counts.items())[:NAMED])
    rest = list(counts.values())[NAMED:]
    return said + (f" and {sum(rest)} in {len(rest)} more columns" if rest else "")


def labelled(
    columns: list[Column], chosen: Column, asked: str | None, texts: Sequence[str], notes: list[str]
) -> list[Column]:
    """The columns without the rows that have no label.

    asked: a value that is a label, because it is asked for.
    """
    # One number tells that labels are numbers: others may be held out, and must not decide it.
    if tuple(texts) == MISSING and any(number_format([cell]) for cell in set(chosen.cells)):
        texts = MISSING_NUMBERS
    known = np.array([c == asked or not is_missing(c, texts) for c in chosen.cells], bool)
    if known.all():
        return columns
    if not known.any():
        raise TaskError(f"column {shortened(chosen.name)}: no row has a label; allowed: 2 and more")
    without = int((~known).sum())
    said = "1 row has no label" if without == 1 else f"{without} rows have no label"
    aside = "is" if without == 1 else "are"
    notes.append(f"{said} ({shortened(chosen.name)}) and {aside} set aside")
    return [column.only(known) for column in columns]


def merged(
    columns: list[Column], label: str, kept: Sequence[str], texts: Sequence[str], notes: list[str]
) -> list[Column]:
    """The columns, the first one filled if its cells are merged, as spreadsheets write those.

    They are if the first row has a text, if all texts are different and neither numbers nor dates,
    and if at least half of the cells are empty.

    label, kept: the names of the label and of columns that stay as they are.
    """
    first = columns[0]
    empty = np.array([not cell for cell in first.cells])
    held = [cell for cell in first.cells if cell]
    count = len(held)
    alone = first.name in (label, *kept) or count < 2 or empty[0] or 2 * count > len(empty)
    if alone or len(set(held)) < count or first.held(texts) != held or first.format(held):
        return columns
    if date_format(held) is not None:
        return columns
    places = np.maximum.accumulate(np.where(empty, 0, np.arange(len(empty))))
    name, cells = shortened(first.name), tuple(first.cells[k] for k in places.tolist())
    notes.append(
        f"{name}: empty cells below a text are read as that text ({count} texts for "
        f"{len(cells)} rows), as merged cells are; --keep {name} leaves them missing"
    )
    return [replace(first, cells=cells), *columns[1:]]


def without_gaps(
    inputs: list[Column],
    others: list[Column],
    gaps: dict[str, NDArray[np.bool_]],
    missing: str,
    notes: list[str],
) -> tuple[list[Column], list[Column]]:
    """The inputs and other columns after what is asked for was done about missing values.

    gaps: for each input, which rows have none of its values.
    """
    counts = {name: int(gap.sum()) for name, gap in gaps.items() if gap.any()}
    if not counts:
        return inputs, others
    said = of_each(counts)
    if missing == "error":
        raise TaskError(f"missing values: {said}; allowed: none, as --missing error asks")
    if missing == "drop-columns":
        notes.append(f"left out for missing values: {said}")
        inputs = [column for column in inputs if column.name not in counts]
        if not inputs:
            raise TaskError(f"every column has missing values: {said}; choose another --missing")
    elif missing == "drop-rows":
        whole = ~np.any(list(gaps.values()), axis=0)
        if not whole.any():
            raise TaskError(f"every row has missing values: {said}; choose another --missing")
        notes.append(f"{(~whole).sum()} rows are left out for missing values: {said}")
        inputs = [column.only(whole) for column in inputs]
        others = [column.only(whole) for column in others]
    else:
        notes.append(f"missing values: {said}; comparisons with them are false")
    return inputs, others


def unmatched(na: Sequence[str] | None, columns: Sequence[Column]) -> list[str]:
    """A note about texts for missing values that no cell has."""
    there = {cell.lower() for column in columns for cell in column.cells}
    lacking = [text for text in na or () if text.strip() and text.strip().lower() not in there]
    if not lacking:
        return []
    return [f"no cell is {listed(map(quoted, lacking), 6)}, which --na names"]


def codes(columns: Sequence[Column], texts: Sequence[str]) -> list[str]:
    """Notes about numbers that may stand for missing values: they are used as numbers.

    They are repeated, and further from all other numbers of their column than those are apart.
    """
    notes = []
    for column in columns:
        held = column.held(missing_of(column.cells, texts, column.decimal))
        format_ = column.format(held)
        if format_ is None:
            continue
        found = Counter(str(format_.plain(cell)) for cell in held)
        others = [float(number) for number in found if not _CODE.fullmatch(number)]
        if len(others) < 2:
            continue
        low, high = min(others), max(others)
        for number, count in sorted(found.items()):
            value = float(number)
            far = max(low - value, value - high)
            if _CODE.fullmatch(number) and count > 1 and far > max(high - low, 1):
                side = "below" if value < low else "above"
                cell = next(cell for cell in held if format_.plain(cell) == number)
                usual = sorted({c for c in column.cells if c and is_missing(c, texts)})
                notes.append(
                    f"{cell} appears {count} times in {shortened(column.name, 40)}, far {side} all "
                    f"others; --na {','.join([*usual, cell])} reads it as missing"
                )
    return notes
