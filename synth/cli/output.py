"""The output of commands: text, or records as JSON, CSV or Markdown.

A search has one record, a contrast two. A comparison or an experiment has one for each row, a
list one for each entry.
"""

import contextlib
import csv
import functools
import io
import json
import sys
from typing import TextIO

import click

from synth.errors import visible

#: The values of `--format`.
FORMATS = ("table", "json", "csv", "markdown")


#: Where results go: standard output, as the command found it.
_results: list[TextIO] = []


def formatted(function):
    """Adds `--format` and `--json`; the command receives `form`, one of `FORMATS`.

    While the command runs, only results go to standard output: what primitives, tasks and
    experiments print goes to standard error.
    """

    @functools.wraps(function)
    def command(*args, form, as_json, **options):
        _results.append(sys.stdout)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return function(*args, form=wanted(form, as_json), **options)
        finally:
            _results.pop()

    options = (
        click.option(
            "--format", "form", type=click.Choice(FORMATS), help="Output format.  [default: table]"
        ),
        click.option(
            "--json", "as_json", is_flag=True, help="Print one JSON document (--format json)."
        ),
    )
    for option in reversed(options):
        command = option(command)
    return command


def wanted(form, as_json):
    """The format that `--format` and `--json` ask for, by default the table."""
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json cannot be combined with --format {form}")
    return "json" if as_json else form or "table"


def say(text):
    """Prints a line to standard error, with control characters escaped."""
    click.echo(visible(text), err=True)


def to_terminal():
    """Whether results go to a terminal."""
    return _results[-1].isatty()


def _print(text, nl=True):
    click.echo(text, file=_results[-1], nl=nl)


def emit(form, *, text, document, rows, emphasis=None):
    """Prints one view of some data; text, document and rows are functions that return it.

    emphasis: a function that marks parts of the text for a terminal.
    """
    if form == "table":
        shown = visible(text())
        _print(emphasis(shown) if emphasis else shown)
    elif form == "json":
        emit_document(document())
    else:
        emit_records(form, rows())


def emit_run(form, run, text, emphasis=None):
    """Prints a run; text(run) is its table."""
    from synth.records import flat_rows

    views = {"text": lambda: text(run), "document": run.to_dict, "rows": lambda: flat_rows(run)}
    emit(form, **views, emphasis=emphasis)


def emit_document(document):
    """Prints a JSON document."""
    _print(json.dumps(document, allow_nan=False))


def emit_records(form, rows):
    """Prints dicts as CSV or Markdown; columns are in the order in which keys first appear."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[row.get(key) for key in keys] for row in rows]
    text = (_csv if form == "csv" else _markdown)(keys, cells)
    # A file or a pipe gets the data as they are.
    _print(visible(text) if to_terminal() else text, nl=False)


def _csv(keys, cells):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([_csv_cell(cell) for cell in row] for row in cells)
    return out.getvalue()


def _csv_cell(cell):
    """A cell as JSON writes it; texts are not quoted, and None is empty."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        # The writer does not quote a lone carriage return, which readers take for a row's end.
        return cell.replace("\r\n", "\n").replace("\r", "\n")
    return json.dumps(cell, ensure_ascii=False)


def _markdown(keys, cells):
    columns = []
    for key, column in zip(keys, zip(*cells, strict=True), strict=True) if cells else ():
        texts = [key, *map(_markdown_cell, column)]
        width = max(3, *map(len, texts))
        right = all(isinstance(c, (int, float, type(None))) for c in column)
        rule = "-" * (width - 1) + (":" if right else "-")
        aligned = [t.rjust(width) if right else t.ljust(width) for t in texts]
        columns.append([aligned[0], rule, *aligned[1:]])
    return "".join(f"| {' | '.join(line)} |\n" for line in zip(*columns, strict=True))


def _markdown_cell(cell):
    if isinstance(cell, float):
        return f"{cell:.6g}"
    text = " ".join(str(_csv_cell(cell)).split())
    # Nothing in a cell may end it or be read as markup.
    for mark in "\\|`*_<[":
        text = text.replace(mark, f"\\{mark}")
    return text
