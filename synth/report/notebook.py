"""Records as HTML and LaTeX tables for notebooks; every text of a run is escaped."""

from html import escape

from synth.report.escape import latex_text, visibly
from synth.report.experiment import row_keys, summary_in_words
from synth.report.numbers import saved, saves_most, share
from synth.report.text import of_shares, search_rows
from synth.report.words import each_once, in_words

#: The number of rows shown of a comparison or an experiment.
MOST_ROWS = 60

_COMPARED = (
    "task", "dsl", "seed", "chosen", "program", "exceptions", "total_bits", "table_bits",
    "saved_bits", "test_accuracy",
)  # fmt: skip


@visibly
def search_html(result):
    """A result as HTML; the front and the best hypotheses can be unfolded."""
    front = [(_cell(p.bits), p.exceptions, _cell(p.total_bits), in_words(p)) for p in result.front]
    top = [(_cell(h.total_bits), share(h.share), in_words(h)) for h in each_once(result.top)]
    return (
        pairs_html([(name, (value,)) for name, value in search_rows(result)])
        + _folded(
            "Fewest exceptions for each length", ("bits", "exceptions", "total", "program"), front
        )
        + _folded(
            f"Best hypotheses ({of_shares(result)})", ("total", "posterior", "hypothesis"), top
        )
    )


@visibly
def contrast_html(contrast):
    """A contrast as HTML, with both labellings side by side."""
    return pairs_html(_side_by_side(contrast), ("", *_headings(contrast)))


@visibly
def comparison_html(comparison):
    """A comparison as HTML, with one row for each task, DSL and seed."""
    shown = [
        (*(_compared(row, key) for key in _COMPARED), row["error"] or "") for row in comparison.rows
    ]
    return table_html((*_COMPARED, "note"), shown)


@visibly
def run_html(run):
    """A run of an experiment as HTML: its claim, its summary and its rows."""
    keys = row_keys(run)
    rows = [tuple(_cell(row.get(key)) for key in keys) for row in run.rows]
    summary = [(name, (_cell(value),)) for name, value in summary_in_words(run).items()]
    head = f"<p><b>{escape(run.experiment)}</b>: {escape(run.claim)}</p>"
    return head + pairs_html(summary) + _folded(f"{len(run.rows)} rows", keys, rows)


@visibly
def text_html(text):
    """A text as HTML, with its columns aligned."""
    return f"<pre>{escape(text)}</pre>"


def search_latex(result, formula):
    """A result as a LaTeX array.

    Parameters
    ----------
    result : Result
    formula : str or None
        The best program in LaTeX. None if the result does not have it.
    """
    rows = [(name, (value,)) for name, value in search_rows(result)]
    return _array([(n, _formulas(n, v, (result,), (formula,))) for n, v in rows])


def contrast_latex(contrast, formulas):
    """A contrast as a LaTeX array; formulas: one for each result, see `search_latex`."""
    both = (contrast.structured, contrast.random)
    rows = [(n, _formulas(n, v, both, formulas)) for n, v in _side_by_side(contrast)]
    return _array([("", tuple(map(_upright, _headings(contrast)))), *rows])


def comparison_latex(comparison):
    """A comparison as a LaTeX array."""
    keys = ("dsl", "chosen", "program", "total_bits", "table_bits", "test_accuracy")
    rows = [("task", tuple(map(_upright, keys)))]
    for row in comparison.rows[:MOST_ROWS]:
        rows.append((row["task"], tuple(_upright(_cell(row[key])) for key in keys)))
    return _array(rows)


def run_latex(run):
    """The summary of a run of an experiment as a LaTeX array."""
    pairs = [(name, (_upright(_cell(value)),)) for name, value in summary_in_words(run).items()]
    return _array([("experiment", (_upright(run.experiment),)), *pairs])


def _side_by_side(contrast):
    first, second = (dict(search_rows(r)) for r in (contrast.structured, contrast.random))
    return [(n, (first.get(n, "-"), second.get(n, "-"))) for n in dict.fromkeys([*first, *second])]


def _headings(contrast):
    return "true labels", f"{contrast.random.labelling} labels"


def _compared(row, key):
    if key != "saved_bits":
        return _cell(row[key])
    return saved(row[key], saves_most(row["optimal"], row["chosen"], row["certified_bits"]))


def _cell(value):
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.1f}"
    return str(value)


def pairs_html(pairs, head=()):
    """A table of (name, values) rows; head: the names of the columns."""
    rows = "".join(
        f"<tr><th style='text-align:left' scope='row'>{escape(name)}</th>"
        + "".join(f"<td style='text-align:left'>{escape(str(v))}</td>" for v in values)
        + "</tr>"
        for name, values in pairs
    )
    return f"<table>{_head_html(head)}<tbody>{rows}</tbody></table>"


def table_html(head, rows):
    """A table of rows under the names of its columns; at most `MOST_ROWS` are shown."""
    body = "".join(
        "<tr>"
        + "".join(f"<td style='text-align:left'>{escape(str(v))}</td>" for v in row)
        + "</tr>"
        for row in rows[:MOST_ROWS]
    )
    more = f"<p>and {len(rows) - MOST_ROWS} more rows</p>" if len(rows) > MOST_ROWS else ""
    return f"<table>{_head_html(head)}<tbody>{body}</tbody></table>{more}"


def _head_html(head):
    cells = "".join(f"<th style='text-align:left' scope='col'>{escape(h)}</th>" for h in head)
    return f"<thead><tr>{cells}</tr></thead>" if head else ""


def _folded(title, head, rows):
    return f"<details><summary>{escape(title)}</summary>{table_html(head, rows)}</details>"


def _formulas(name, values, results, formulas):
    """Values as LaTeX; the best program as its formula, if there is one."""
    if name != "best program":
        return tuple(map(_upright, values))
    return tuple(
        _upright(value) if formula is None else _formula(formula, result.program.inverted)
        for value, result, formula in zip(values, results, formulas, strict=True)
    )


def _formula(text, inverted):
    return rf"\text{{not }}\left[{text}\right]" if inverted else text


def _upright(text):
    return rf"\mathrm{{{latex_text(str(text))}}}"


def _array(rows):
    """A LaTeX array of rows; a row is a name and values that are LaTeX already."""
    width = max(len(values) for _, values in rows)
    lines = [" & ".join((_upright(name), *values)) for name, values in rows]
    body = " \\\\\n".join(lines)
    return f"$$\\begin{{array}}{{l{'l' * width}}}\n{body}\n\\end{{array}}$$"
