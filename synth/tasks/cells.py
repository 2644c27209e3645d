"""What the cells of a table mean: numbers as people write them, dates, truth values, gaps.

A cell is a text.  The format of numbers is told from all cells of a column at once.
"""

import datetime
import re
from collections.abc import Iterable, Sequence
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
#: Whole numbers with zeros before them are codes, such as postcodes.
_CODE = re.compile(r"0\d{2,}")
#: Numbers whose one sign can stand before decimals and between thousands.
_EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}")
#: The parts of a date with a time.
DATE_PARTS = ("year", "month", "day", "hour", "minute")
_YEAR, _MONTH, _DAY = r"(?P<year>\d{4})", r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
_TIME = r"([T ](?P<hour>\d{1,2}):(?P<minute>\d{2})(:\d{2}([.,]\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
#: The formats of dates: ISO 8601, and those of Germany, the USA and Britain.
_DATES = tuple(
    re.compile(pattern + _TIME)
    for pattern in (
        f"{_YEAR}[-/]{_MONTH}[-/]{_DAY}",
        rf"{_DAY}\.{_MONTH}\.{_YEAR}",
        f"{_MONTH}/{_DAY}/{_YEAR}",
        f"{_DAY}/{_MONTH}/{_YEAR}",
    )
)
#: The orders of year, month and day in them.
DATE_ORDERS = ("ymd", "dmy", "mdy", "dmy")


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


#: Numbers as Python writes them.
PLAIN = Format((None, None), 0)


def number_format(cells: Sequence[str], decimal: str = ".") -> Format | None:
    """The format in which all of some cells are numbers; None if there is none.

    decimal: the sign that stands before decimals if a format with it fits.

    Examples
    --------
    >>> [number_format([cell]).plain(cell) for cell in ("1,5", "$1,250.00", "23 %", "3.0")]
    ['1.5', '1250', '23', '3']
    >>> [number_format(["1.200"], sign).plain("1.200") for sign in ".,"]
    ['1.200', '1200']
    """
    found = [_unit(cell) for cell in cells]
    units = {units for _, _, units in found} - {(None, None)}
    bare = [str(number) for _, number, _ in found if number is not None]
    if not found or len(units) > 1 or len(bare) < len(found) or any(map(_CODE.fullmatch, bare)):
        return None
    if units and None not in next(iter(units)):
        return None
    # With a decimal comma, points between thousands come before decimals alone.
    order = (0, 1, 2, 3, 4, 5) if decimal == "." else (3, 2, 5, 0, 1, 4)
    for place in order:
        if all(map(_FORMATS[place][0].fullmatch, bare)):
            return Format(next(iter(units), (None, None)), place)
    return None


def is_either(cells: Sequence[str]) -> bool:
    """Whether the numbers of some cells can be read with a decimal point and with a comma."""
    signed = [str(_unit(cell)[1]) for cell in cells if "." in cell or "," in cell]
    return bool(signed) and all(map(_EITHER.fullmatch, signed))


def decimal_sign(columns: Iterable[Sequence[str]]) -> str | None:
    """The sign before the decimals of a table's numbers; None if columns do not say, or differ.

    columns: cells that are not missing.
    """
    signs = set()
    for cells in columns:
        format_ = number_format(cells)
        if format_ is not None and any("." in c or "," in c for c in cells):
            signs |= set() if is_either(cells) else {_FORMATS[format_.place][1]}
    return signs.pop() if len(signs) == 1 else None


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


def missing_of(cells: Sequence[str], texts: Sequence[str], decimal: str = ".") -> Sequence[str]:
    """The texts for missing values in a column; by default there are more among numbers."""
    numbers = [cell for cell in cells if not is_missing(cell, MISSING_NUMBERS)]
    among = texts == MISSING and numbers and number_format(numbers, decimal) is not None
    return MISSING_NUMBERS if among else texts


def date_format(cells: Sequence[str]) -> int | None:
    """The number of the format in which all of some cells are dates; None if there is none.

    None too if day and month can be told apart in none of them.
    """
    places = [k for k in range(len(_DATES)) if all(date_of(cell, k) for cell in cells)]
    return places[0] if len(places) == 1 else None


def date_of(cell: str, place: int) -> datetime.datetime | None:
    """The date, and the time if there is one, that a cell holds in a format; None if none."""
    found = _DATES[place].fullmatch(cell)
    if found is None:
        return None
    year, month, day, hour, minute = (int(found[name] or 0) for name in DATE_PARTS)
    try:
        return datetime.datetime(year, month, day, hour, minute)
    except ValueError:
        return None


@lru_cache(2**16)
def is_data(cell: str) -> bool:
    """Whether a cell holds a number in some format, or a date: no column is called so."""
    is_date = any(date_of(cell, place) for place in range(len(_DATES)))
    return bool(cell) and (is_date or number_format([cell]) is not None)


@lru_cache(2**16)
def is_plain(cell: str) -> bool:
    """Whether a cell is a number, a date, or holds no sign that may separate cells."""
    return is_data(cell) or not any(sign in cell for sign in ",;\t|")
