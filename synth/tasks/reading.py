"""The text of a table in a file, as spreadsheets, R and data frames write it.

What is told from the whole file: the encoding, the separator, titles above the header, whether
there is a header, and names for columns that have none.  `cells.py` says what the texts mean.

No library does this part.  Those that read tables want to be told the separator and the header, or
guess both from the first lines; none says what it left out.  Of the csv module the parser is used.
"""

import csv
import gzip
import hashlib
import io
import re
import zipfile
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any

from synth.errors import TaskError, listed, quoted, shortened
from synth.tasks.cells import cell_text, is_data, is_missing, is_plain
from synth.tasks.sources import is_stream, table_bytes
from synth.tasks.titles import (
    Lines,
    without_empty,
    without_footers,
    without_repeats,
    without_titles,
    without_units,
)

#: Separators, in the order in which equally good ones are taken.
SEPARATORS = ",;\t|"
#: The first bytes of a workbook and of a compressed file.
_WORKBOOK, _GZIP = b"PK\3\4", b"\x1f\x8b"
#: The most bytes of a table, unpacked.
MOST_BYTES = 2**30
#: What a file is, in messages.
_TABLE = "a table as text (CSV, in UTF-8, UTF-16 or cp1252), or a workbook (.xlsx)"
_NO_ROWS = "no rows; allowed: a line of column names, then one line for each row"


@dataclass(frozen=True)
class Grid:
    """The texts of a table.

    Parameters
    ----------
    names : tuple of str
        The names of the columns, all different.
    rows : tuple of tuple of str
        The cells of each row, as many as there are names; stripped of spaces around.
    lines : tuple of int
        The line of the file on which each row ends, the first line being 1.
    unnamed : frozenset of str
        The names of columns that have none in the file.
    notes : tuple of str
        What was left out or named, a sentence each.
    separator : str
        What stands between cells; nothing in a workbook.
    sha256 : str or None
        The digest of the file; None of a stream, which cannot be read again.
    """

    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    unnamed: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    separator: str = ""
    sha256: str | None = None


def read_grid(path: Path, blank: bool = False) -> Grid:
    """Read the texts of a table.

    Parameters
    ----------
    path : Path
        A text file, compressed by gzip or not, or a workbook, whose first sheet is read.
    blank : bool
        Whether lines of separators alone between others are rows, and all lines of empty texts in
        quotes.

    Raises
    ------
    TaskError
        If the file holds no table.
    """
    raw = table_bytes(path)
    digest = None if is_stream(path) else hashlib.sha256(raw).hexdigest()
    if raw[:2] == _GZIP:
        raw = _unpacked(raw)
    notes: list[str] = []
    if raw[:4] == _WORKBOOK:
        lines, separator = _sheet(raw, notes), ""
    else:
        text, note = decoded(raw)
        notes += note
        lines, separator = separated(text)
    grid = replace(_named(lines, notes), separator=separator, sha256=digest)
    return _with_blank(grid, text) if blank and separator else grid


def _with_blank(grid: Grid, text: str) -> Grid:
    """The grid with the rows that have no value at all: between others, or of quotes."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=grid.separator)
    read = [(reader.line_num, any(map(str.strip, cells))) for cells in reader if cells]
    rows = dict(zip(grid.lines, grid.rows, strict=True))
    first, last = grid.lines[0], grid.lines[-1]
    names = max((line for line, filled in read if filled and line < first), default=0)
    written = text.splitlines()
    rows |= {
        line: ("",) * len(grid.names)
        for line, filled in read
        if not filled and (first < line < last or (line > names and '"' in written[line - 1]))
    }
    return replace(grid, lines=tuple(sorted(rows)), rows=tuple(rows[k] for k in sorted(rows)))


def decoded(raw: bytes) -> tuple[str, list[str]]:
    """The text of bytes, and a note if the encoding had to be guessed."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return _decoded(raw, "utf-16"), []
    if b"\0" in raw[:4096]:  # UTF-16 without a mark: one of the two bytes of most letters is 0
        even, odd = raw[:4096:2].count(0), raw[1:4096:2].count(0)
        if min(even, odd) * 8 > max(even, odd):
            raise TaskError(f"binary, not text; allowed: {_TABLE}")
        return _decoded(raw, "utf-16-le" if odd > even else "utf-16-be"), []
    try:
        return raw.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
    if b"\0" in raw:
        raise TaskError(f"binary, not text; allowed: {_TABLE}")
    text = raw.decode("cp1252", errors="replace")
    return text, [f"line {line} is not UTF-8: the file is read as cp1252"]


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise TaskError(f"neither text in {encoding} nor in UTF-8; allowed: {_TABLE}") from None


def _unpacked(raw: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(raw)) as file:
            raw = file.read(MOST_BYTES + 1)
    except (OSError, EOFError, ValueError) as error:
        raise TaskError(f"cannot be unpacked: {error}") from None
    if len(raw) > MOST_BYTES:
        raise TaskError(f"more than {MOST_BYTES} bytes when unpacked; allowed: {MOST_BYTES}")
    return raw


def separated(text: str) -> tuple[Lines, str]:
    """(line, cells) of each line that is not empty, and the separator, which fits the file.

    A first line `sep=;`, as spreadsheets write it, says the separator.  Otherwise it is the one
    by which most lines have equally many cells, then the one that makes most cells numbers.
    """
    first, _, rest = text.partition("\n")
    said = re.fullmatch(r'"?sep=(.)"?', first.strip("\r").strip())
    if said:
        return [(line + 1, cells) for line, cells in _split(rest, said[1])], said[1]
    best, lines, chosen, failed = (0.0, 0.0, 0), None, "", None
    for separator in SEPARATORS:
        try:
            found = _split(text, separator)
        except TaskError as error:
            failed = failed or error
            continue
        fit = _fit(found)
        if lines is None or fit > best:
            best, lines, chosen = fit, found, separator
    if best[2] < 2:  # one column: columns may be separated by spaces, as R writes them
        lines, chosen = _spaced(text) or (None if failed else lines), " "
    if lines is None:
        raise failed or TaskError(_NO_ROWS)
    return lines, chosen


def _spaced(text: str) -> Lines | None:
    """The lines split at spaces, if all have equally many cells, or the first one less."""
    try:
        lines = _split(text, " ")
    except TaskError:
        return None
    widths = {len(cells) for _, cells in lines[1:]}
    if len(widths) == 1 and max(widths) > 1 and max(widths) - len(lines[0][1]) in (0, 1):
        return lines
    return None


def _split(text: str, separator: str) -> Lines:
    """(line, cells) of each line with a cell that is not empty."""
    first, between = text.partition("\n")[0], re.escape(separator)
    single = re.fullmatch(rf"\s*'[^'\"]*'(\s*{between}\s*'[^'\"]*')*\s*", first)
    try:
        return _cells(text, separator, "'" if single else '"')
    except TaskError:
        # Some programs write a quote within quotes as \", and align columns by spaces.
        doubled = text.replace('\\"', '""')
        closed = re.sub(rf'"[ \t]+(?=(?:{between})|\r?$)', '"', doubled, flags=re.MULTILINE)
        if closed == text:
            raise
        return _cells(closed, separator, '"')


def _cells(text: str, separator: str, quote: str) -> Lines:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=separator,
        quotechar=quote,
        skipinitialspace=True,
        strict=True,
    )
    lines = []
    try:
        for cells in reader:
            stripped = [cell.strip() for cell in cells]
            if any(stripped):
                lines.append((reader.line_num, stripped))
    except csv.Error as error:
        raise TaskError(f"line {reader.line_num}: {error}") from None
    return lines


def _fit(lines: Lines) -> tuple[float, float, int]:
    """How well a separator fits: the share of lines of the usual width, of plain cells, the width.

    A separator that splits no line fits worst.
    """
    widths = Counter(len(cells) for _, cells in lines)
    if not widths:
        return 0.0, 0.0, 0
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]))
    if width == 1:
        return 0.0, 0.0, 1
    cells = [cell for _, cells in lines if len(cells) == width for cell in cells]
    return count / len(lines), sum(map(is_plain, cells)) / len(cells), width


def _sheet(raw: bytes, notes: list[str]) -> Lines:
    """(line, cells) of each line that is not empty, of a workbook's first sheet with a table."""
    try:
        import openpyxl
    except ImportError:
        raise TaskError(
            "a workbook needs openpyxl, which is not installed; "
            "install it with: pip install 'synth-mdl[xlsx]', or save the sheet as CSV"
        ) from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True)
        sheets = {sheet.title: _filled(sheet) for sheet in book.worksheets}
    except (OSError, KeyError, ValueError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise TaskError(f"a damaged workbook, or none: {error}; allowed: {_TABLE}") from None
    sheets = {title: lines for title, lines in sheets.items() if lines}
    tables = [title for title, lines in sheets.items() if sum(map(_is_row, lines)) > 1]
    read = next(iter([*tables, *sheets]), "")
    if len(sheets) > 1:
        others = [quoted(shortened(title, 40)) for title in sheets if title != read]
        said = f"sheet {quoted(shortened(read, 40))} is read, and not {listed(others, 6)}"
        notes.append(f"{said}; to read another, save it as a file of its own")
    return sheets.get(read, [])


def _filled(sheet: Any) -> Lines:
    """The lines of a sheet that are not empty."""
    rows = enumerate(sheet.iter_rows(values_only=True), 1)
    lines = ((line, [cell_text(value) for value in values]) for line, values in rows)
    return [(line, cells) for line, cells in lines if any(cells)]


def _is_row(line: tuple[int, list[str]]) -> bool:
    """Whether a line has several cells, as those of a table have."""
    return sum(map(bool, line[1])) > 1


def _named(lines: Lines, notes: list[str]) -> Grid:
    """The grid of some lines: titles are left out, columns get names, rows equal widths."""
    if not lines:
        raise TaskError("empty; allowed: a line of column names, then one line for each row")
    lines = without_footers(without_repeats(without_titles(lines, notes), notes), notes)
    lines = without_empty(lines)
    width = max(len(cells) for _, cells in lines)
    whole = all(len(cells) == width for _, cells in lines[1:])
    if whole and len(lines) > 3 and len(lines[0][1]) < width - 1:
        # A line of counts stands above the data, as in files that scikit-learn ships.
        (first, names), *lines = lines
        said = f"{len(names)} cells, all others {width}: {quoted(', '.join(names))}"
        notes.append(f"line {first} is left out: {said}")
    lines = without_units(lines, notes)
    (first, names), body = lines[0], lines[1:]
    if body and len(names) == width - 1 and all(len(cells) == width for _, cells in body):
        names = ["", *names]  # R gives row names no header
    if _is_data(names, body):
        names, body = [f"c{k + 1}" for k in range(width)], lines
        notes.append(f"no header: the columns are called c1 to c{width}")
    if not body:
        raise TaskError(_NO_ROWS)
    for line, cells in body:
        if len(cells) > len(names):
            raise TaskError(
                f"line {line}: {len(cells)} cells; allowed: {len(names)}, one for each column"
            )
    padded = [(*cells, *[""] * (len(names) - len(cells))) for _, cells in body]
    short = sum(len(cells) < len(names) for _, cells in body)
    if short:
        notes.append(f"{short} lines have too few cells: those at their ends are missing")
    made = _distinct(names, first, notes)
    return Grid(
        tuple(made),
        tuple(padded),
        tuple(line for line, _ in body),
        frozenset(new for new, given in zip(made, names, strict=True) if not given),
        tuple(notes),
    )


def _is_data(names: list[str], body: Lines) -> bool:
    """Whether a first line holds data, not names.

    It does if a cell is a number or a date, as all cells below it are, and no cell is a text above
    numbers.  Numbers one apart, such as years, can be names.  It does too if each cell appears
    again in its column.
    """
    if not body:
        return all(map(is_data, names))
    columns = zip_longest(*(cells for _, cells in body), fillvalue="")
    if all(name and name in column for name, column in zip(names, columns, strict=False)):
        return True
    found = 0
    for k, name in enumerate(names):
        below = [cells[k] for _, cells in body if len(cells) > k and not is_missing(cells[k])]
        if not below or not all(map(is_data, below)):
            continue
        if not is_data(name) and not is_missing(name):
            return False
        found += is_data(name)
    numbers = [float(name) for name in names if re.fullmatch(r"\d{1,6}", name)]
    steps = {b - a for a, b in pairwise(numbers)}
    return found > 0 and not (len(numbers) > 2 and steps == {1.0})


def _distinct(names: list[str], line: int, notes: list[str]) -> list[str]:
    """Names that are all different, and none of them empty."""
    made: list[str] = []
    for k, name in enumerate(names, 1):
        given, count = name, 1
        name = name or ("row" if k == 1 else f"column{k}")
        plain = name
        while name in made or (name != given and name in names):
            count += 1
            name = f"{plain}.{count}"
        if not given:
            notes.append(f"line {line}, column {k}: no name; it is called {name}")
        elif name != given:
            shown, called = shortened(given), shortened(name)
            notes.append(f"line {line}: column {shown} appears again; it is called {called}")
        made.append(name)
    return made
