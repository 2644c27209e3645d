"""Numbers of a table that are infinite, too large, or outside a range: a message names the line."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from synth.errors import TaskError, quoted, shortened
from synth.language import Real

if TYPE_CHECKING:
    from synth.tasks.columns import Column

_INFINITE = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)


def refuse_infinite(column: "Column", held: Sequence[str]) -> None:
    """Raise TaskError for an infinite number among numbers."""
    finite = [cell for cell in held if not _INFINITE.fullmatch(cell)]
    if len(finite) < len(held) and (not finite or column.format(finite) is not None):
        row = next(k for k, cell in enumerate(column.cells) if _INFINITE.fullmatch(cell))
        cell = column.cells[row]
        raise TaskError(
            f"{column.where(row)}: {quoted(cell)} among numbers is infinite; allowed: finite"
        )


def check_range(
    column: "Column", held: Sequence[str], plain: Sequence[str], low: int, high: int
) -> None:
    """Raise TaskError for the first whole number outside low..high."""
    for cell, number in zip(held, plain, strict=True):
        if len(number) >= 20 or not low <= int(number) <= high:
            where = column.where(column.cells.index(cell))
            raise TaskError(f"{where}: {shortened(cell)} is outside {low}..{high}")


def check_finite(column: "Column", held: Sequence[str], plain: Sequence[str]) -> None:
    """Raise TaskError for the first number that is too large for a Real."""
    with np.errstate(over="ignore"):
        _, legal = Real.rounded(np.array(plain, float))
    if legal is not None:
        cell = held[int(np.flatnonzero(~legal)[0])]
        where = column.where(column.cells.index(cell))
        raise TaskError(f"{where}: {shortened(cell)} is too large; the limit is 1e308")
