"""What the cells of a table mean: numbers as people write them, dates, truth values, gaps.

A cell is a text.  The format of numbers is told from all cells of a column at once.
"""

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

#: What people write where a value is missing, in lower case.
MISSING = ("", "na", "n/a", "#n/a", "<na>", "nan", "?", "null")
#: The same among numbers.
MISSING_NUMBERS = (*MISSING, "-", ".", "none", "missing")
#: What people write for truth values, in lower case.
TRUTH = {"0": False, "1": True, "false": False, "true": True}

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_UNITS = r"[$€£¥₹%]|USD|EUR|GBP|CHF"
#: A sign, and a unit before or after a number.
_UNIT = re.compile(rf"([+-]?)({_UNITS})?\s*([^$€£¥₹%\s].*?)\s*({_UNITS})?")
_SPACES = " \u00a0\u202f'’"
#: (pattern, decimal sign, signs between thousands) of the formats of numbers, the first that fits
#: all cells of a column being taken.
_FORMATS = (
    (NUMBER, ".", ""),
    (re.compile(r"[+-]?([1-9]\d{0,2}(,\d{3})+|\d{1,3})(\.\d*)?"), ".", ","),
    (re.compile(r"[+-]?(\d+,\d*|\d*,\d+|\d+)([eE][+-]?\d+)?"), ",", ""),
    (re.compile(r"[+-]?([1-9]\d{0,2}(\.\d{3})+|\d{1,3})(,\d*)?"), ",", "."),
    (re.compile(rf"[+-]?(\d{{1,3}}([{_SPACES}]\d{{3}})+|\d{{1,3}})(\.\d*)?"), ".", _SPACES),
    (re.compile(rf"[+-]?(\d{{1,3}}([{_SPACES}]\d{{3}})+|\d{{1,3}})(,\d*)?"), ",", _SPACES),
)
_DATE = re.compile(
    r"(?P<year>\d{4})[-/](?P<month>\d{1,2})[-/](?P<day>\d{1,2})"
    r"([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?"
    r"|(?P<day2>\d{1,2})\.(?P<month2>\d{1,2})\.(?P<year2>\d{4})"
)


@dataclass(frozen=True)
class Format:
    """How the numbers of a column are written.

    Parameters
    ----------
    units : tuple of str or None
        The unit before the number and the one after it.
    place : int
        Which of the formats it is.
    """

    units: tuple[str | None, str | None]
    place: int

    def plain(self, cell: str) -> str | None:
        """The number of a cell with a decimal point and without a unit; None if it is no such.

        Whole numbers have no decimal point: `3` for `3.0`.
        """
        sign, bare, units = _unit(cell)
        pattern, decimal, between = _FORMATS[self.place]
        if bare is None or units not in (self.units, (None, None)) or not pattern.fullmatch(bare):
            return None
        number = sign + bare
        for each in between:
            number = number.replace(each, "")
        number = number.replace(decimal, ".")
        return number.partition(".")[0] if _WHOLE.fullmatch(number) else number


def number_format(cells: Sequence[str]) -> Format | None:
    """The format in which all of some cells are numbers; None if there is none.

    Examples
    --------
    >>> [number_format([cell]).plain(cell) for cell in ("1,5", "$1,250.00", "23 %", "3.0")]
    ['1.5', '1250', '23', '3']
    """
    found = [_unit(cell) for cell in cells]
    units = {units for _, _, units in found} - {(None, None)}
    if not found or len(units) > 1 or any(bare is None for _, bare, _ in found):
        return None
    if units and None not in next(iter(units)):
        return None
    for place, (pattern, *_) in enumerate(_FORMATS):
        if all(pattern.fullmatch(str(bare)) for _, bare, _ in found):
            return Format(next(iter(units), (None, None)), place)
    return None


def _unit(cell: str) -> tuple[str, str | None, tuple[str | None, str | None]]:
    """(sign, number without it, units before and after) of a cell; the number may be None."""
    found = _UNIT.fullmatch(cell)
    if found is None:
        return "", None, (None, None)
    sign, before, bare, after = found.groups()
    if bare[0] in "+-":
        sign, bare = bare[0], None if sign else bare[1:]
    return sign, bare, (before, after)


def is_missing(cell: str, texts: Sequence[str] = MISSING) -> bool:
    """Whether a cell is one of the texts for missing values, which are in lower case."""
    return cell.lower() in texts


def date_of(cell: str) -> datetime.date | None:
    """The date that a cell holds, as ISO 8601 writes it or as DD.MM.YYYY; None if it holds none."""
    found = _DATE.fullmatch(cell)
    if found is None:
        return None
    parts = [found[name] or found[f"{name}2"] for name in ("year", "month", "day")]
    try:
        return datetime.date(*map(int, parts))
    except ValueError:
        return None


@lru_cache(2**16)
def is_data(cell: str) -> bool:
    """Whether a cell holds a number in some format, or a date: no column is called so."""
    return bool(cell) and (date_of(cell) is not None or number_format([cell]) is not None)


@lru_cache(2**16)
def is_plain(cell: str) -> bool:
    """Whether a cell is a number, a date, or holds no sign that may separate cells."""
    return is_data(cell) or not any(sign in cell for sign in ",;\t|")
