"""Lines of a file that are no rows: titles above the header, totals and sources below the data."""

import math
import re
from collections import Counter

from synth.errors import listed, quoted, shortened
from synth.tasks.cells import is_data, is_missing, is_unit, number_format

#: (line, cells) of each line.
Lines = list[tuple[int, list[str]]]

#: How a line of totals begins.
_TOTAL = re.compile(
    r"((sub|grand|column )?\s?-?totals?|sums?|summe|zwischensumme|gesamt(summe)?|insgesamt|"
    r"averages?|means?|median|mittel(wert)?|durchschnitt|counts?|anzahl|min(imum)?|max(imum)?|"
    r"somme|totale|moyenne|suma|promedio|gemiddeld(e)?|totaal|[Σ∑])\s*[:.]?",
    re.IGNORECASE,
)
#: How a line that says something about the table begins.
_REMARK = re.compile(
    r"(sources?|quellen?|fuente|fonte|bron|notes?|notiz|anmerkung(en)?|hinweis|remarks?|legende?|"
    r"stand|as of|last updated?|updated|exported|generated|created|printed|retrieved|downloaded|"
    r"data (from|by|source)|datenquelle|disclaimer|copyright|page|seite|end of (file|report|data)|"
    r"ende|erstellt)\b\s*([:.\-\d].*|$)|(©|\*|†|\(c\)).*",
    re.IGNORECASE,
)
_RULE = re.compile(r":?[-=_*~.\u2500\u2501]{3,}:?")


def without_titles(lines: Lines, notes: list[str]) -> Lines:
    """The lines from the header on: before it stand lines with one cell, of a wider table."""
    usual = _usual(lines)
    k = 0
    while usual > 1 and k < len(lines) - 2 and sum(map(bool, lines[k][1])) == 1:
        line, cells = lines[k]
        if len(cells) >= usual and all(is_data(cell) for cell in cells if cell):
            break  # a row with gaps
        notes.append(f"line {line} is left out as a title: {quoted(''.join(cells))}")
        k += 1
    return lines[k:]


def without_footers(lines: Lines, notes: list[str]) -> Lines:
    """The lines without those at the end that hold totals, sources or remarks.

    A line is such if it is a rule, if it begins like a remark or has one cell where a row has a
    number, or if it begins like a total: then the column must hold no texts, or a cell of the line
    must be empty or a sum of the cells above.
    """
    usual, end = _usual(lines), len(lines)
    while usual > 1 and end > 3 and _is_footer(lines[:end], usual):
        end -= 1
    if end == len(lines):
        return lines
    first, last = lines[end][0], lines[-1][0]
    where = f"line {first} is" if first == last else f"lines {first} to {last} are"
    said = [shortened(next(filter(None, cells)), 30) for _, cells in lines[end:]]
    notes.append(f"{where} left out below the data: {listed(map(quoted, said), 3)}")
    return lines[:end]


def without_repeats(lines: Lines, notes: list[str]) -> Lines:
    """The lines without those that repeat the header, as each page of a printout does.

    The first line is a header if its cells are different texts, and one of them stands above a
    number.  That a table without one repeats a row of texts is no such case.
    """
    names = lines[0][1]
    same = [line for line, cells in lines[1:] if cells == names]
    rest = [each for each in lines[1:] if each[1] != names]
    texts = len(names) > 1 and len(set(names)) == len(names) and not any(map(is_data, names))
    if not (same and rest and texts and any(map(is_data, rest[0][1]))):
        return lines
    where = f"line {same[0]} is" if len(same) == 1 else f"lines {listed(map(str, same), 3)} are"
    notes.append(f"{where} left out: the header appears again")
    return [lines[0], *rest]


def without_units(lines: Lines, notes: list[str]) -> Lines:
    """The lines without those below the header that are rules or say the units of columns.

    A line says units if it has one above numbers, no other text above numbers, no number, and no
    text that appears again in its column.
    """
    while len(lines) > 3:
        line, cells = lines[1]
        if all(_RULE.fullmatch(cell) for cell in cells if cell):
            notes.append(
                f"line {line} is left out as a rule: {quoted(shortened(cells[0] or '-', 20))}"
            )
        elif _are_units(lines[0][1], cells, [row for _, row in lines[2:]]):
            named = zip(lines[0][1], cells, strict=False)
            said = [f"{shortened(name, 40)} {cell}" for name, cell in named if cell]
            notes.append(f"line {line} is left out as units: {listed(said, 8)}")
        else:
            break
        lines = [lines[0], *lines[2:]]
    return lines


def _are_units(names: list[str], cells: list[str], rows: list[list[str]]) -> bool:
    """Whether cells below the names of columns, and above some rows, are units of numbers."""
    found = 0
    for k, cell in enumerate(cells):
        below = [row[k] for row in rows if len(row) > k and not is_missing(row[k])]
        numbers = bool(below) and all(map(is_data, below))
        if is_missing(cell) or not below:
            continue
        if is_data(cell) or cell in below or (numbers and not is_unit(cell)):
            return False
        found += numbers
    return found > 0 and len(names) > 1 and not any(map(is_data, names))


def without_empty(lines: Lines) -> Lines:
    """The lines without the columns that have neither a name nor a value."""
    width = max(len(cells) for _, cells in lines)
    used = [any(len(c) > k and c[k] for _, c in lines) for k in range(width)]
    if all(used):
        return lines
    # A spreadsheet writes a separator for each column that was ever used.
    return [(line, [c for c, u in zip(cells, used, strict=False) if u]) for line, cells in lines]


def _usual(lines: Lines) -> int:
    """How many cells most lines have that are not empty."""
    return Counter(sum(map(bool, cells)) for _, cells in lines).most_common(1)[0][0]


def _is_footer(lines: Lines, usual: int) -> bool:
    """Whether the last line is no row; the first line may be a header."""
    cells = lines[-1][1]
    place, text = next((k, cell) for k, cell in enumerate(cells) if cell)
    filled = sum(map(bool, cells))
    if all(_RULE.fullmatch(cell) for cell in cells if cell):
        return True
    above = _above(lines, place)
    if text.casefold() in map(str.casefold, above):
        return False
    if is_data(text):  # totals without a word before them
        return place > 0 and filled < usual and _sums(lines) == filled
    of_numbers = bool(above) and all(map(is_data, above))
    lacks = filled < usual or of_numbers
    if _REMARK.fullmatch(text):
        return lacks or len(cells) != Counter(len(c) for _, c in lines).most_common(1)[0][0]
    if _TOTAL.fullmatch(text):
        return lacks or _sums(lines) > 0
    return filled == 1 and (of_numbers or len(cells) == 1)


def _above(lines: Lines, place: int) -> list[str]:
    """The cells above the last line in a column, without gaps, and without a header."""
    cells = [row[place] for _, row in lines[:-1] if len(row) > place]
    cells = cells if cells and is_data(cells[0]) else cells[1:]
    return [cell for cell in cells if not (is_missing(cell) or _RULE.fullmatch(cell))]


def _sums(lines: Lines) -> int:
    """How many numbers of the last line are sums of those above, larger than each, or their mean.

    A mean counts if it has decimals, since a whole number can be one by chance.
    """
    found = 0
    for k, cell in enumerate(lines[-1][1]):
        above = _above(lines, k)
        format_ = number_format([*above, cell]) if cell and len(above) > 1 else None
        if format_ is not None:
            *numbers, last = (float(str(format_.plain(each))) for each in [*above, cell])
            total = math.fsum(numbers)
            if math.isclose(last, total, rel_tol=1e-6):
                found += abs(last) > max(map(abs, numbers))
            else:
                found += last % 1 != 0 and math.isclose(last, total / len(above), rel_tol=1e-3)
    return found
