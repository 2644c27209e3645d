"""What a command prints on standard output: text, or its records as JSON, CSV or Markdown.

The records of a search are one row, of a contrast two, of a comparison or an experiment its
rows; of lists an entry each.
"""

import csv
import functools
import io
import json

import click

#: What `--format` takes.
FORMATS = ("table", "json", "csv", "markdown")


def formatted(function):
    """Adds `--format` and `--json`; the command gets `form`, one of `FORMATS`."""

    @functools.wraps(function)
    def command(*args, form, as_json, **options):
        return function(*args, form=wanted(form, as_json), **options)

    options = (
        click.option("--format", "form", type=click.Choice(FORMATS), help="[default: table]"),
        click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def wanted(form, as_json):
    """What is asked for by `--format` and `--json`; the table unless either is given."""
    if as_json and form not in (None, "json"):
        raise click.UsageError(f"--json with --format {form}; allowed: one of the two")
    return "json" if as_json else form or "table"


def emit(form, run, text):
    """Prints a run; text: a function of it that gives the table."""
    if form == "table":
        click.echo(text(run))
    elif form == "json":
        emit_document(run.to_dict())
    else:
        emit_records(form, records(run))


def emit_document(document):
    click.echo(json.dumps(document, allow_nan=False))


def emit_records(form, rows):
    """Prints dicts as CSV or Markdown; columns are the keys as they are first met."""
    keys = list(dict.fromkeys(key for row in rows for key in row))
    cells = [[row.get(key) for key in keys] for row in rows]
    click.echo((_csv if form == "csv" else _markdown)(keys, cells), nl=False)


def records(run):
    """The rows of a run, plain dicts: of a search one, of a contrast two."""
    if hasattr(run, "rows") and not hasattr(run, "table"):
        return list(run.rows)
    if hasattr(run, "structured"):
        return [_record(run.structured), _record(run.random)]
    return [_record(run)]


def _record(result):
    program = result.program
    chosen = program if result.chosen == "program" else result.table
    keys = "text", "inverted", "bits", "exceptions", "ties"
    text, inverted, bits, exceptions, ties = (getattr(program, k, None) for k in keys)
    return {
        "task": result.task, "labels": result.labelling, "dsl": result.dsl,
        "training_rows": result.rows["train"], "held_out_rows": result.rows["test"],
        "chosen": result.chosen, "program": text, "inverted": inverted, "program_bits": bits,
        "exceptions": exceptions, "ties": ties, "total_bits": result.total_bits,
        "table_bits": result.table.bits, "saved_bits": result.saved_bits,
        "log2_chance_bound": result.log2_chance_bound,
        "train_accuracy": chosen.train_accuracy, "test_accuracy": chosen.test_accuracy,
        "optimal": result.optimal, "certified_bits": result.certified_bits,
        "stop_reason": result.stop_reason, "candidates": result.candidates,
        "distinct": result.distinct, "seconds": result.seconds,
    }  # fmt: skip


def _csv(keys, cells):
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(keys)
    writer.writerows([_plain(cell) for cell in row] for row in cells)
    return out.getvalue()


def _plain(cell):
    """A cell as JSON writes it, but for texts, and nothing for None."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        # A lone carriage return would not be quoted, and ends a row for those who read it.
        return cell.replace("\r\n", "\n").replace("\r", "\n")
    return json.dumps(cell, ensure_ascii=False)


def _markdown(keys, cells):
    columns = []
    for key, column in zip(keys, zip(*cells, strict=True), strict=True) if cells else ():
        texts = [key, *map(_cell, column)]
        width = max(3, *map(len, texts))
        right = all(isinstance(c, (int, float, type(None))) for c in column)
        rule = "-" * (width - 1) + (":" if right else "-")
        aligned = [t.rjust(width) if right else t.ljust(width) for t in texts]
        columns.append([aligned[0], rule, *aligned[1:]])
    return "".join(f"| {' | '.join(line)} |\n" for line in zip(*columns, strict=True))


def _cell(cell):
    if isinstance(cell, float):
        return f"{cell:.6g}"
    text = " ".join(str(_plain(cell)).split())
    # Nothing in a cell ends it, or is taken for markup or for a tag.
    for mark in "\\|`*_<[":
        text = text.replace(mark, f"\\{mark}")
    return text
