"""Conditions on a column, as options give them: `species=setosa`, `wage>=20`, `split=test`.

One form serves labels (`--label`) and held-out rows (`--test`).
"""

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from synth.errors import TaskError, listed, quoted, shortened
from synth.tasks.cells import PLAIN, Format
from synth.tasks.columns import Column
from synth.tasks.dates import ISO, date_format, date_of
from synth.tasks.words import as_spelled, spellings

#: The signs of conditions; of two that begin alike, the longer one first.
_SIGNS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}


@dataclass(frozen=True)
class Condition:
    """A condition on the cells of a column.

    Parameters
    ----------
    column : str
        The name of the column.
    sign : str
        "=", "<", "<=", ">" or ">=".
    value : str
        What cells are compared with: a text for "=", otherwise a number or a date.
    """

    column: str
    sign: str
    value: str

    def __str__(self) -> str:
        return f"{self.column}{self.sign}{self.value}"

    @property
    def names(self) -> tuple[str, str]:
        """What it is called if the condition does not hold, and if it does."""
        if self.sign == "=":
            return f"not {self.value}", self.value
        opposite = {">=": "<", "<=": ">", ">": "<=", "<": ">="}[self.sign]
        return f"{opposite} {self.value}", f"{self.sign} {self.value}"

    def test(self, column: Column, where: str = "") -> Callable[[str], bool | None]:
        """A function that says for a cell whether the condition holds; None if it has no value.

        Parameters
        ----------
        column : Column
            The column; the function is for its cells and for others in the same format.
        where : str
            Which cells these are, for messages.

        Raises
        ------
        TaskError
            If no cell has the value, or a threshold is given for a column without numbers or dates.
        """
        if self.sign == "=":
            known = spellings(column.cells)
            value = as_spelled(self.value.strip(), known)
            texts = sorted({as_spelled(cell, known) for cell in column.cells})
            if value not in texts:
                raise TaskError(
                    f"column {shortened(column.name)} has no value {quoted(self.value)}{where}; "
                    f"values there: {listed(texts)}"
                )
            return partial(_is_text, dict(known), value)
        place = date_format(column.cells)
        if place is not None:
            date = date_of(self.value, place) or date_of(self.value, ISO)
            return partial(_compared, self.sign, self._known(date), partial(date_of, place=place))
        format_ = column.format(column.cells)
        if format_ is None:
            row = next(k for k, cell in enumerate(column.cells) if column.format([cell]) is None)
            raise TaskError(
                f"{column.where(row)}: {quoted(column.cells[row])} is no number; allowed for "
                f"{self.sign}{self.value}: a column of numbers or of dates"
            )
        number = _number(format_, self.value)
        number = _number(PLAIN, self.value) if number is None else number
        return partial(_compared, self.sign, self._known(number), partial(_number, format_))

    def _known(self, value: Any) -> Any:
        if value is None:
            raise TaskError(
                f"{shortened(str(self))}: allowed after {self.sign}: a number, or a date such as "
                "2024-01-31, as the column has them"
            )
        return value


def _is_text(known: dict[str, str], value: str, cell: str) -> bool:
    return as_spelled(cell, known) == value


def _compared(sign: str, value: Any, read: Callable[[str], Any], cell: str) -> bool | None:
    found = read(cell)
    return None if found is None else bool(_SIGNS[sign](found, value))


def _number(format_: Format, cell: str) -> float | None:
    plain = format_.plain(cell)
    return None if plain is None else float(plain)


def condition_of(text: str, columns: Iterable[str]) -> Condition | None:
    """The condition that a text gives on one of some columns; None if it gives none."""
    found = [
        Condition(name, sign, text[len(name) :].lstrip()[len(sign) :].strip())
        for name in columns
        for sign in ("=", *_SIGNS)
        if text.startswith(name) and text[len(name) :].lstrip().startswith(sign)
    ]
    return max(found, key=lambda c: (len(c.column), len(c.sign)), default=None)
