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
import time
from typing import TextIO

import click

from synth.errors import visible

#: The values of `--format`.
FORMATS = ("table", "json", "csv", "markdown")


#: Where results go: standard output, as the command found it.
_results: list[TextIO] = []
#: Whether the command that runs was asked to be quiet.
_quiet: list[bool] = []


def formatted(function):
    """Adds `--format` and `--json`; the command receives `form`, one of `FORMATS`.

    While the command runs, only results go to standard output: what primitives, tasks and
    experiments print goes to standard error.
    """

    @functools.wraps(function)
    def command(*args, form, as_json, quiet, verbose, **options):
        _results.append(sys.stdout)
        _quiet.append(quiet or _above("quiet"))
        began, compiled = time.monotonic(), _kernel_seconds()
        try:
            with contextlib.redirect_stdout(sys.stderr):
                return function(*args, form=wanted(form, as_json), **options)
        finally:
            if verbose or _above("verbose"):
                _say_times(time.monotonic() - began, _kernel_seconds() - compiled)
            _quiet.pop()
            _results.pop()

    options = (
        click.option(
            "--format", "form", type=click.Choice(FORMATS), help="Output format.  [default: table]"
        ),
        click.option(
            "--json", "as_json", is_flag=True, help="Print one JSON document (--format json)."
        ),
        click.option(
            "-q", "--quiet", is_flag=True, help="Print the result alone: no notes, no progress."
        ),
        click.option(
            "-v",
            "--verbose",
            is_flag=True,
            help="Say how long it took, and how much of that went into compiling.",
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


def _above(flag):
    """Whether the flag is set on a command above this one, as in `synth run -q corruption`."""
    context = click.get_current_context()
    while context.parent is not None:
        context = context.parent
        if context.params.get(flag):
            return True
    return False


def _say_times(seconds, compiling):
    """Says how long a command took; compiling is no part of the seconds of a search."""
    spent = f"{seconds:.1f} s in all, of which {compiling:.1f} s to compile or load kernels"
    click.echo(f"synth: {spent}", err=True)


def _kernel_seconds():
    """The seconds of compiling so far; 0 if no kernel can have been needed."""
    if "synth.engine" not in sys.modules:
        return 0.0
    from synth.engine import kernel_seconds

    return kernel_seconds()


def is_quiet():
    """Whether a command runs that was asked to print its result alone."""
    return bool(_quiet and _quiet[-1])


def say(text):
    """Prints a line to standard error, with control characters escaped; not with --quiet."""
    if not is_quiet():
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
