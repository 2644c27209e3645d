"""Which columns of a table can say something about other rows, and why others cannot."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.errors import TaskError, listed, quoted, shortened
from synth.tasks.cells import missing_of
from synth.tasks.columns import Column
from synth.tasks.dates import date_format
from synth.tasks.letters import alphabet_of, are_free

#: What is said of free texts.
_TEXTS = " different texts for "
#: A column with at most this share of cells that are no numbers was meant to hold numbers.
NEARLY = 0.2
#: How many columns a note names.
NAMED = 8
#: Of a table with so many rows it is said that an input numbers them.
MANY_ROWS = 10
#: What columns of identifiers are called.
_ID = re.compile(
    r"(?i:(.*[_\s.-])?(id|uuid|guid|rownames?|index|nr\.?|no\.)|#|unnamed: \d+)|.*[a-z](Id|ID)"
)
#: What columns are called that number the rows, if they do; `number` and `n` may be inputs.
_ROW = re.compile(
    r"(.*[_\s.-])?(id|no|nr|#|index|rows?|obs(ervation)?|case|record|sample|subject|patient|"
    r"participant|respondent|zeile|fall|proband|lfdnr|sno|serial)"
    r"([_\s.-]*(no|nr|num|number|id|#))?\.?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Marks:
    """What the whole file says of columns.

    Parameters
    ----------
    unnamed : collection of str
        The names of columns that have none in the file.
    numbering : collection of str
        The names of columns that number the rows, see `numbering`.
    """

    unnamed: Collection[str] = ()
    numbering: Collection[str] = ()


def numbering(columns: Iterable[Column]) -> frozenset[str]:
    """The names of columns that number the rows of a file in their order, from 0 or from 1.

    columns: all columns of the file, with all rows.
    """
    return frozenset(
        column.name
        for column in columns
        if len(column.cells) > 2
        and any(all(c == str(k) for k, c in enumerate(column.cells, start)) for start in (0, 1))
    )


def usable(
    columns: list[Column],
    typed: NDArray[np.bool_],
    marks: Marks,
    missing: Sequence[str],
    kept: Sequence[str],
    notes: list[str],
) -> list[Column]:
    """The columns that can say something about other rows.

    Parameters
    ----------
    columns : list of Column
        All inputs.
    typed : ndarray of bool, shape (rows,)
        The rows that decide it.
    marks : Marks
        What the whole file says.
    missing : sequence of str
        The texts for missing values.
    kept : sequence of str
        The names of columns that are used all the same.
    notes : list of str
        Takes what was left out.

    Raises
    ------
    TaskError
        If there is no such column.
    """
    names = [column.name for column in columns]
    for name in kept:
        if name not in names:
            raise TaskError(f"no column {quoted(name)} to keep; columns: {listed(names)}")
    reasons = left_out([column.only(typed) for column in columns], marks, missing, kept)
    if len(reasons) == len(columns):
        number = next((name for name in names if name in marks.numbering), None)
        texts = [name for name, why in reasons.items() if _TEXTS in why]
        if number is None and not texts:
            said = said_left_out(reasons)
            raise TaskError(
                f"no column can be an input: {said}; --keep COLUMN uses one all the same"
            )
        for name in [number] if number else texts:
            del reasons[name]  # the place in a sequence, or letters
    used = [name for name in names if name not in reasons]
    for name in used:
        if name in marks.numbering and name not in kept and len(typed) >= MANY_ROWS:
            alone = "the labels may be a sequence"
            what = alone if len(used) == 1 else "it is an input; --drop leaves it out"
            notes.append(f"{shortened(name)} numbers the rows: {what}")
    if reasons:
        said = said_left_out(reasons)
        notes.append(f"left out: {said}; --keep COLUMN uses one all the same")
    return [column for column in columns if column.name not in reasons]


def said_left_out(reasons: Mapping[str, str]) -> str:
    """Columns and why each is left out, those with one reason together."""
    together: dict[str, list[str]] = {}
    for name, why in reasons.items():
        together.setdefault(why, []).append(shortened(name, 40))
    said = [f"{listed(names, NAMED)} ({why})" for why, names in together.items()]
    rest = sum(map(len, list(together.values())[NAMED:]))
    return ", ".join(said[:NAMED]) + (f" and {rest} more" if rest else "")


def left_out(
    columns: Sequence[Column], marks: Marks, missing: Sequence[str], keep: Iterable[str]
) -> dict[str, str]:
    """The names of columns that cannot say anything about other rows, and why each cannot."""
    reasons: dict[str, str] = {}
    seen: dict[tuple[str, ...], str] = {}
    for column in columns:
        if column.name in set(keep):
            continue
        why = _unusable(column, marks, missing)
        if not why and column.cells in seen:
            why = f"equal to {shortened(seen[column.cells])}"
        if why:
            reasons[column.name] = why
        else:
            seen[column.cells] = column.name
    return reasons


def _unusable(column: Column, marks: Marks, missing: Sequence[str]) -> str | None:
    """Why a column cannot be an input; None if it can."""
    rows = len(column.cells)
    held = column.held(missing_of(column.cells, missing, column.decimal))
    different = len(set(held))
    if not held:
        return "no values"
    if different == 1 and len(held) == rows and rows > 1:
        return f"always {shortened(held[0], 20)}"
    if different == rows > 2 and column.name in marks.unnamed:
        return "row names"
    if different == rows and column.name in marks.numbering and _ROW.fullmatch(column.name):
        return "numbers the rows"
    format_ = column.format(held)
    if format_ is not None:
        plain = {str(format_.plain(cell)) for cell in held}
        wide = min(map(len, plain)) > 9 and all(number.isdigit() for number in plain)
        if different > 0.9 * rows and rows > 2 and (wide or _ID.fullmatch(column.name)):
            return f"{different} different numbers for {rows} rows: an identifier"
        return None
    if date_format(held) is not None:
        return None
    if are_free(different, rows) and alphabet_of(held) is None:
        return _nearly_numbers(column, held) or f"{different}{_TEXTS}{rows} rows"
    return None


def _nearly_numbers(column: Column, held: list[str]) -> str | None:
    """What keeps a column from being one of numbers, if few of its cells do."""
    others = [cell for cell in held if column.format([cell]) is None]
    if not 0 < len(others) <= NEARLY * len(held):
        return None
    line = column.lines[column.cells.index(others[0])]
    numbers, said = len(held) - len(others), f"line {line} has {quoted(others[0])}"
    if len({other.lower() for other in others}) == 1 and "," not in others[0]:
        said += f", which --na {quoted(others[0])} reads as missing"
    return f"{numbers} of {len(held)} cells are numbers; {said}"
