"""A run of an experiment as text: its rows, its summary and its control."""

import textwrap

from synth.report.escape import visibly
from synth.report.text import shorten, spaced, table, terminal_width

#: The number of rows shown; --json and --save have all of them.
MOST_ROWS = 30

#: The greatest width of a column of texts.
WIDEST = 24


@visibly
def experiment_text(run, width=None):
    """The claim, the settings, as many rows and columns as fit, the summary, control and verdict.

    The verdict is the text of that name in the summary, if the experiment gives one.
    """
    width = width or terminal_width()
    lines = textwrap.wrap(f"{run.experiment}: {run.claim}", width)
    if run.settings:
        given = ", ".join(f"{k}={_listed(v)}" for k, v in run.settings.items() if v is not None)
        lines += _wrapped(f"settings: {given}", width)
    lines += ["", *_rows(run, width), ""]
    for key, value in summary_in_words(run).items():
        if key != "verdict":
            lines += _entry(spaced(key), value, width)
    lines += _wrapped(f"control: {run.control}", width)
    if "verdict" in run.summary:
        lines += _wrapped(f"verdict: {run.summary['verdict']}", width)
    if run.stop_reason != "finished":
        lines.append(f"{run.stop_reason.upper()}: some rows are missing")
    return "\n".join(lines)


def no_figure(run):
    """Why a saved run cannot be drawn, as a clause."""
    if run.experiment.endswith(".py"):
        return (
            f"its experiment is the file {run.experiment}, whose code would run; `synth run` "
            "draws it with --plot"
        )
    return f"the experiment {run.experiment} is not installed here; its rows are in `rows`"


def summary_in_words(run):
    """The summary with sentences for keys, at every depth; keys without a sentence stay."""

    def worded(value):
        if not isinstance(value, dict):
            return value
        return {run.sentences.get(key, key): worded(each) for key, each in value.items()}

    return worded(run.summary)


def row_keys(run):
    """The keys of a run's rows, with those to show first in front."""
    keys = dict.fromkeys(key for row in run.rows for key in row)
    return [*(k for k in run.columns if k in keys), *(k for k in keys if k not in run.columns)]


def _rows(run, width):
    if not run.rows:
        return ["No row was finished."]
    first = run.rows[0].get("row")  # rows of other kinds, such as those of a path, come later
    shown = sorted(run.rows, key=lambda row: row.get("row") != first)[:MOST_ROWS]
    columns, align, left_out, used = [], "", [], 0
    for key in row_keys(run):
        values = [row.get(key) for row in shown]
        column = [spaced(key), *_column(values)]
        size = max(map(len, column)) + 2
        if columns and used + size - 2 > width:
            left_out.append(key)
            continue
        used += size
        columns.append(column)
        align += "r" if all(v is None or _is_number(v) for v in values) else "l"
    head, *body = zip(*columns, strict=True)
    lines = table(head, body, align, width)
    if len(run.rows) > MOST_ROWS:
        lines.append(f"... and {len(run.rows) - MOST_ROWS:,} more of {len(run.rows):,} rows")
    if left_out:
        lines += _wrapped(f"columns not shown: {', '.join(map(spaced, left_out))}", width)
    return lines


def _column(values):
    """The cells of a column, whose numbers have the same number of decimals."""
    numbers = [abs(v) for v in values if isinstance(v, float) and v]
    if not numbers:
        form = ".0f"
    elif min(numbers) < 0.0005 or max(numbers) >= 1e7:
        form = ".3g"
    else:
        form = ".3f" if max(numbers) < 100 else ",.1f"
    return [format(v, form) if isinstance(v, float) else shorten(_value(v), WIDEST) for v in values]


def summary_pairs(summary):
    """(name, text) pairs of a summary; a dict gives a pair for each of its values."""
    for key, value in summary.items():
        if not isinstance(value, dict) or not value:
            yield spaced(key), str(_value(value))
            continue
        for name, each in value.items():
            if isinstance(each, dict):
                each = "; ".join(f"{what} {_value(v)}" for what, v in each.items())
            yield f"{spaced(key)}: {name}", str(_value(each))


def _entry(key, value, width):
    """The lines of one entry of the summary; a dict has a line for each of its values."""
    if not isinstance(value, dict) or not value:
        return _wrapped(f"{key}: {_value(value)}", width)
    lines = [f"{key}:"]
    for name, each in value.items():
        if isinstance(each, dict):
            each = "; ".join(f"{what} {_value(v)}" for what, v in each.items())
        text = f"  {name}: {each if isinstance(each, str) else _value(each)}"
        lines += textwrap.wrap(text, width, subsequent_indent="    ", break_on_hyphens=False)
    return lines


def _is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _value(value):
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 999.95 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(_value, value)) or "-"
    if isinstance(value, dict):
        return ", ".join(f"{k}: {_value(v)}" for k, v in value.items())
    return value


def _listed(value):
    """A setting as it is written on the command line."""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _wrapped(text, width):
    return textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False)
