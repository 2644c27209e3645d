"""What the cells of a table mean: numbers as people write them, truth values, gaps.

A cell is a text.  The format of numbers is told from all cells of a column at once.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from synth.tasks.dates import DATE_ORDERS, date_of

#: What people write where a value is missing, in lower case.
MISSING = ("", "na", "n/a", "#n/a", "<na>", "nan", "?", "null")
#: The same among numbers; a spreadsheet writes the last ones for what it could not compute.
MISSING_NUMBERS = (
    *MISSING, "-", "\u2013", "\u2014", "--", ".", "none", "missing", "n.a.", "k.a.",
    "#div/0!", "#value!", "#ref!", "#num!", "#name?", "#null!",
)  # fmt: skip
#: What people write for truth values, in lower case.
TRUTH = {"0": False, "1": True, "false": False, "true": True}

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_WHOLE = re.compile(r"[+-]?\d+(\.0*)?")
_CODES = (
    "USD|EUR|GBP|CHF|JPY|CNY|INR|CAD|AUD|NZD|SEK|NOK|DKK|PLN|CZK|HUF|RON|BRL|MXN|ZAR|TRY|RUB|KRW|"
    "SGD|HKD|ILS|THB"
)
_UNITS = rf"(?:US|AU?|CA?|R|HK|NT)?\$|[€£¥₹₽₩₺₪%‰]|(?i:{_CODES})|kr\.?|zł|S?Fr\."
#: Units of measures, which stand after a number only.
_MEASURES = (
    "kg|[mµμ]?g|lbs?|oz|km/h|km|cm|[mµμn]?m|m/s|mi|ft|in|mph|hrs?|h|min|ms|s|sec|days?|weeks?|"
    "months?|years?|yrs?|°C|°F|°|K|M|[mcd]?[lL]|k?Wh|[kM]?W|[mk]?V|m?A|[kMG]?Hz|[kKMGT]?B|bpm|mmHg|"
    r"[ck]?m[²2³3]|ha|[hkM]?Pa|bar|psi|dB|px|pcs|Stk\.?|Stück"
)
#: Words that stand in a line of units, and the parts of a quotient of units.
_KINDS = "(?i:no\\.?|n|#|numbers?|counts?|int|integer|float|double|numeric|real|continuous|index)"
_WORD = r"[^\W\d_]{1,5}[²³23]?"
#: Thousands and millions, and their powers of 10.  A column that has one of them throughout keeps
#: it as its unit; beside other numbers they are multiplied out.
_POWERS = {None: 0, "K": 3, "M": 6}
#: A unit before or after a number.
_UNIT = re.compile(
    rf"({_UNITS})?\s*([^$€£¥₹₽₩₺₪%‰\s].*?)\s*({_UNITS}|(?<=[\d\s.,])(?:{_MEASURES}))?"
)
#: What accountants write for a negative number, and what SAP writes.
_BRACKETS, _BEHIND = re.compile(r"\((.+)\)"), re.compile(r"(.*\d)\s?-")
_SPACES = " \u00a0\u2007\u2009\u202f'’"
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


@dataclass(frozen=True)
class Format:
    """How the numbers of a column are written.

    Parameters
    ----------
    units : tuple of str or None
        The unit before the number and the one after it.
    place : int
        Which of the formats it is.
    negative : str
        How negative numbers are written: "-" if the sign is before them, "()" in brackets, or
        "behind".
    multiplied : bool
        Whether `K` and `M` stand for thousands and millions: `1.5K` is 1500.
    """

    units: tuple[str | None, str | None]
    place: int
    negative: str = "-"
    multiplied: bool = False

    def plain(self, cell: str) -> str | None:
        """The number of a cell with a decimal point and without a unit; None if it is no such.

        Whole numbers have no decimal point: `3` for `3.0`.
        """
        found = _parts(cell)
        pattern, decimal, between = _FORMATS[self.place]
        if found is None:
            return None
        power = _power(found.units) if self.multiplied else 0
        if power is None or (not self.multiplied and found.units not in (self.units, (None, None))):
            return None
        if found.negative not in (self.negative, "") or not pattern.fullmatch(found.bare):
            return None
        number = found.sign + found.bare
        for each in between:
            number = number.replace(each, "")
        number = number.replace(decimal, ".")
        if power:
            number = f"{Decimal(number).scaleb(power):f}"
        return number.partition(".")[0] if _WHOLE.fullmatch(number) else number


@dataclass(frozen=True)
class _Parts:
    """The parts of a number: its sign, how that is written, the rest, the units around it."""

    sign: str
    negative: str
    bare: str
    units: tuple[str | None, str | None]


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
    >>> [number_format(["1.5K", "900"]).plain(cell) for cell in ("1.5K", "900")]
    ['1500', '900']
    """
    found = [_parts(cell) for cell in cells]
    parts = [each for each in found if each is not None]
    units = {each.units for each in parts}
    multiplied = len(units) > 1 and all(_power(each) is not None for each in units)
    units -= units if multiplied else {(None, None)}
    negative = {each.negative for each in parts} - {""}
    if not parts or len(parts) < len(found) or len(units) > 1 or len(negative) > 1:
        return None
    bare = [each.bare for each in parts]
    if any(map(_CODE.fullmatch, bare)) or (units and None not in next(iter(units))):
        return None
    # With a decimal comma, points between thousands come before decimals alone.
    order = (0, 1, 2, 3, 4, 5) if decimal == "." else (3, 2, 5, 0, 1, 4)
    for place in order:
        if all(map(_FORMATS[place][0].fullmatch, bare)):
            sign = next(iter(negative), "-")
            return Format(next(iter(units), (None, None)), place, sign, multiplied)
    return None


def is_either(cells: Sequence[str]) -> bool:
    """Whether the numbers of some cells can be read with a decimal point and with a comma."""
    parts = [_parts(cell) for cell in cells if "." in cell or "," in cell]
    return bool(parts) and all(each and _EITHER.fullmatch(each.bare) for each in parts)


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


@lru_cache(2**16)
def _parts(cell: str) -> _Parts | None:
    """The parts of a cell that may hold a number; None if it cannot.

    A sign, or brackets, can stand inside or outside of the unit: `-$5`, `$-5`, `($5)`, `$(5)`.
    """
    signs, cell = [], cell.replace("\u2212", "-")
    before = after = None
    for _ in range(2):
        if cell[:1] in ("+", "-"):
            signs.append(("-" if cell[0] == "-" else "+", "-" if cell[0] == "-" else ""))
            cell = cell[1:].lstrip()
        elif inside := _BRACKETS.fullmatch(cell):
            signs.append(("-", "()"))
            cell = inside[1].strip()
        elif behind := _BEHIND.fullmatch(cell):
            signs.append(("-", "behind"))
            cell = behind[1]
        if before is None and after is None and (found := _UNIT.fullmatch(cell)):
            before, cell, after = found.groups()
    if len(signs) > 1 or (not cell[:1].isalnum() and cell[:1] not in (".", ",")):
        return None
    sign, negative = signs[0] if signs else ("", "")
    return _Parts(sign, negative, cell, (_unit(before), _unit(after)))


def _power(units: tuple[str | None, str | None]) -> int | None:
    """The power of 10 that a number's units stand for; None if they are other units."""
    return _POWERS.get(units[1]) if units[0] is None else None


def _unit(text: str | None) -> str | None:
    if text is None or not re.fullmatch(_MEASURES, text):
        return text and text.upper()
    return text.removesuffix("s") if len(text) > 2 and text.isalpha() else text  # 1 day, 2 days


def cell_text(value: Any) -> str:
    """A value of a data frame or a workbook as a file would have it; missing ones are empty."""
    if value is None or str(value) in ("<NA>", "NaT", "nan"):
        return ""
    if hasattr(value, "isoformat"):
        return str(value.isoformat()).removesuffix("T00:00:00")
    return str(value).strip()


def is_missing(cell: str, texts: Sequence[str] = MISSING) -> bool:
    """Whether a cell is one of the texts for missing values, which are in lower case."""
    return cell.lower() in texts


def missing_of(cells: Sequence[str], texts: Sequence[str], decimal: str = ".") -> Sequence[str]:
    """The texts for missing values in a column; by default there are more among numbers."""
    numbers = [cell for cell in cells if not is_missing(cell, MISSING_NUMBERS)]
    among = texts == MISSING and numbers and number_format(numbers, decimal) is not None
    return MISSING_NUMBERS if among else texts


@lru_cache(2**16)
def is_data(cell: str) -> bool:
    """Whether a cell holds a number in some format, or a date: no column is called so.

    A column may be called `100 m`.
    """
    is_date = any(date_of(cell, place) for place in range(len(DATE_ORDERS)))
    format_ = number_format([cell])
    is_number = format_ is not None and not re.fullmatch(_MEASURES, format_.units[1] or "")
    return bool(cell) and (is_date or is_number)


def is_unit(cell: str) -> bool:
    """Whether a cell says what numbers count: `kg`, `[m/s]`, `(in EUR)`, `number`."""
    known = rf"(?:in )?(?:{_UNITS}|{_MEASURES}|1?/?{_WORD}/[\d ]*{_WORD}|{_KINDS})"
    return bool(re.fullmatch(rf"\[.*\]|\(.*\)|-+|{known}", cell))


@lru_cache(2**16)
def is_plain(cell: str) -> bool:
    """Whether a cell is a number, a date, or holds no sign that may separate cells."""
    return is_data(cell) or not any(sign in cell for sign in ",;\t|")
