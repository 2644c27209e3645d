"""Dates and times of day as people write them.

The format is told from all cells of a column at once, since `3/4/2024` alone says neither day nor
month.
"""

import datetime
import re
from collections.abc import Sequence
from functools import lru_cache

from synth.language import MONTHS

#: The parts of a date with a time.
DATE_PARTS = ("year", "month", "day", "hour", "minute")
#: Of years with two digits those from here on are of the 20th century, as POSIX has it.
_CENTURY = 69
_YEAR, _MONTH, _DAY = r"(?P<year>\d{4}|\d{2})", r"(?P<month>\d{1,2})", r"(?P<day>\d{1,2})"
_CLOCK = (
    r"(?P<hour>\d{1,2})[:h](?P<minute>\d{2})(:\d{2}([.,]\d+)?)?"
    r"(\s?(?P<half>[AaPp])\.?[Mm]\.?|\sUhr)?"
)
_TIME = rf"((T|,?\s+){_CLOCK}(Z|[+-]\d{{2}}:?\d{{2}})?)?"
_NAME, _WEEKDAY = r"(?P<month>[^\W\d_]{3,})\.?", r"([^\W\d_]{2,10}\.?,?\s+)?"
_NTH = r"(st|nd|rd|th|er|\.)?"
#: The place of ISO 8601 among the formats of dates.
ISO = 0
#: The formats of dates: ISO 8601, those of Germany, the USA and Britain, times of day alone, and
#: those with the name of the month after the day and before it.
_DATES = (
    *(
        re.compile(pattern + _TIME)
        for pattern in (
            rf"(?P<year>\d{{4}})(?P<sign>[-/.]){_MONTH}(?P=sign){_DAY}",
            rf"{_DAY}\.\s?{_MONTH}\.\s?{_YEAR}",
            rf"{_MONTH}(?P<sign>[/-]){_DAY}(?P=sign){_YEAR}",
            rf"{_DAY}(?P<sign>[/-]){_MONTH}(?P=sign){_YEAR}",
        )
    ),
    re.compile(f"(?P<year>)(?P<month>)(?P<day>){_CLOCK}"),
    re.compile(rf"{_WEEKDAY}{_DAY}{_NTH}[\s-]?(de\s|of\s)?{_NAME},?[\s-]?(de\s)?{_YEAR}{_TIME}"),
    re.compile(rf"{_WEEKDAY}{_NAME}[\s-]{_DAY}{_NTH},?[\s-]{_YEAR}{_TIME}"),
)
#: The orders of year, month and day in them, or of hour and minute.
DATE_ORDERS = ("ymd", "dmy", "mdy", "dmy", "hm", "dmy", "mdy")
#: The place of times of day among them.
CLOCK = 4


def date_format(cells: Sequence[str]) -> int | None:
    """The number of the format in which all of some cells are dates; None if there is none.

    None too if day and month can be told apart in none of them.
    """
    places = [k for k in range(len(_DATES)) if all(date_of(cell, k) for cell in cells)]
    return places[0] if len(places) == 1 else None


@lru_cache(2**16)
def date_of(cell: str, place: int) -> datetime.datetime | None:
    """The date, and the time if there is one, that a cell holds in a format; None if none."""
    found = _DATES[place].fullmatch(cell)
    if found is None:
        return None
    parts = {name: found[name] for name in DATE_PARTS}
    month = parts["month"]
    if month and not month.isdigit():
        parts["month"] = month_of(month)
    if parts["month"] is None:
        return None
    year, month, day = (int(parts[name] or 1) for name in DATE_PARTS[:3])
    hour, minute = (int(parts[name] or 0) for name in DATE_PARTS[3:])
    if len(parts["year"]) == 2:
        year += 1900 if year >= _CENTURY else 2000
    if found["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + 12 * (found["half"] in "Pp")
    try:
        return datetime.datetime(year, month, day, hour, minute)
    except ValueError:
        return None


def month_of(name: str) -> int | None:
    """The number of a month by its name, or by the first letters of it; None if there is none.

    Examples
    --------
    >>> [month_of(name) for name in ("Dec", "März", "juillet", "jui", "moon")]
    [12, 3, 7, None, None]
    """
    start = name.casefold()
    fit = [
        k for k, names in enumerate(MONTHS, 1) if any(n.startswith(start) for n in names.split())
    ]
    return fit[0] if len(fit) == 1 else None
