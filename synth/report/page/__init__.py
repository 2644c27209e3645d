"""The page of `synth report`: saved runs as one HTML file that loads nothing.

`make_page(runs)` returns the text of the page, `write_page(runs, names, path)` writes it. The
page contains its style and script, and its Content-Security-Policy allows no others. It is
complete without the script, which only adds the sliders and the values under the pointer, and
scrolls a wide tree to its root. `explore.py` makes another page, for `synth explore`.
"""

import json
from itertools import count

from synth.errors import RunError
from synth.report.numbers import accuracy, bits
from synth.report.page.chart import render
from synth.report.page.document import html_page, write_html
from synth.report.page.explore import make_explorable, write_explorable
from synth.report.page.markup import element, joined
from synth.report.page.numbers import numbers_contrast_section, numbers_section
from synth.report.page.parts import cells_table, chance_text
from synth.report.page.run import run_section
from synth.report.page.search import comparison_section, contrast_section, search_section
from synth.report.regression import saved_numbers
from synth.report.text import saved_by

__all__ = ["make_explorable", "make_page", "write_explorable", "write_page"]

#: The most characters of a page of up to twenty runs.
LARGEST = 1_900_000
#: The characters that each run has on a larger page.
LEAST_ROOM = 60_000

#: The sections of all kinds of runs but an experiment's.
_SECTIONS = {
    "search": search_section,
    "contrast": contrast_section,
    "compare": comparison_section,
    "regression": numbers_section,
    "regression-contrast": numbers_contrast_section,
}

#: The errors that a damaged document causes.
_DAMAGE = (TypeError, ValueError, KeyError, AttributeError, IndexError, ArithmeticError)


class _Charts:
    """Draws and numbers the charts of a page, and collects the data of its sliders."""

    def __init__(self):
        self.numbers = count(1)
        self.blocks = {}

    def __call__(self, *panels):
        return render(panels, self.numbers)

    def block(self, data):
        """Keeps the data of a block of sliders; returns its id."""
        number = f"b{next(self.numbers)}"
        self.blocks[number] = json.loads(json.dumps(data, allow_nan=False))
        return number


def make_page(runs, names=None, *, title=None, author=None, date=None, notes=None):
    """Makes the HTML page of saved runs.

    Parameters
    ----------
    runs : iterable of Result, Contrast, Comparison, ExperimentRun or of searches for real labels
    names : list of str, optional
        The names of the runs in messages; by default "run 1" and so on.
    title : str, optional
        The title of the page; by default how many runs it shows.
    author, date, notes : str, optional
        What stands below the title; an empty line in the notes begins a paragraph.

    Returns
    -------
    str
        A complete HTML document.

    Raises
    ------
    RunError
        If a run is damaged, or of a kind that has no page.
    """
    runs = list(runs)
    names = names or [f"run {k}" for k in range(1, len(runs) + 1)]
    charts = _Charts()
    sections, overview, left = [], [], LARGEST
    for number, (run, name) in enumerate(zip(runs, names, strict=True), 1):
        if run.kind not in (*_SECTIONS, "run"):
            raise RunError(
                f"{name} is a {run.kind}; allowed: a search, a contrast, a comparison, an "
                "experiment"
            )
        try:
            named, kind = _title(run)
            # The room that earlier runs have left, minus the least room for later ones.
            room = max(LEAST_ROOM, left - LEAST_ROOM * (len(runs) - number))
            body = _section(run, charts, room)
            left -= len(body)
            overview.append(_overview(run, number, named, kind))
        except _DAMAGE as error:
            text = " ".join(str(error).split())
            raise RunError(f"{name} is damaged: {type(error).__name__}: {text}") from None
        sections.append(
            element(
                "section",
                element("h2", named),
                element("p", kind, class_="kind"),
                body,
                id=f"run-{number}",
                class_="run",
                aria_label=named,
            )
        )
    title = title or f"synth: {len(runs)} run{'s' if len(runs) != 1 else ''}"
    main = joined(_byline(author, date, notes), _runs_table(overview), sections)
    return html_page(title, main, charts.blocks)


def write_page(runs, names, path, **heading):
    """Writes the HTML page of saved runs.

    Parameters
    ----------
    runs, names
        See `make_page`.
    path : str or path
    **heading
        The title, author, date and notes: see `make_page`.

    Returns
    -------
    int
        The size of the page in bytes.

    Raises
    ------
    RunError
        If a run is damaged, or the page cannot be written.
    SettingError
        If the folder cannot be written to.
    """
    return write_html("-o", path, lambda: make_page(runs, names, **heading))


def _section(run, charts, room):
    if run.kind == "run":
        return run_section(run, charts, room)
    return _SECTIONS[run.kind](run, charts)


def _title(run):
    """(title, kind) of a run, as texts."""
    if run.kind == "run":
        return run.experiment, f"experiment, {len(run.rows):,} rows, {run.seconds:.1f} s"
    if run.kind == "compare":
        tasks = list(dict.fromkeys(r["task"] for r in run.rows))
        return ", ".join(map(str, tasks[:4])) + (" ..." if len(tasks) > 4 else ""), "comparison"
    one = run.structured if run.kind.endswith("contrast") else run
    labels = "" if one.labelling == "true" else f", {one.labelling} labels"
    kind = "contrast with random labels" if run.kind.endswith("contrast") else "search"
    proof = "optimal" if one.optimal else "not proven optimal"
    return f"{one.task}{labels}", f"{kind} in {one.dsl}; {proof}; {one.seconds:.1f} s"


def _overview(run, number, title, kind):
    link = element("a", title, href=f"#run-{number}")
    if run.kind in ("compare", "run"):
        return [link, kind.partition(",")[0], *[""] * 6]
    one = run.structured if run.kind.endswith("contrast") else run
    program, numbers = one.program, run.kind.startswith("regression")
    if numbers:
        held = "-" if one.test_r2 is None else f"R2 {one.test_r2:.3f}"
    else:
        held = accuracy(one.chosen_part.test_accuracy)
    return [
        link,
        "contrast" if run.kind.endswith("contrast") else "search",
        one.chosen,
        "-" if program is None else bits(program.total_bits),
        bits(min(one.table_bits, one.constant.total_bits) if numbers else one.table.bits),
        saved_numbers(one, "≥ ") if numbers else saved_by(one, "≥ "),
        chance_text(one.log2_chance_bound),
        held,
    ]


_HEAD = (
    "run",
    "kind",
    "chosen",
    "program, total bits",
    "table bits",
    "bits saved",
    "chance bound",
    "held out",
)


def _byline(author, date, notes):
    """Who made the page and when, and notes in paragraphs."""
    said = ", ".join(text for text in (author, date) if text)
    paragraphs = [text for text in (notes or "").split("\n\n") if text.strip()]
    return joined(
        element("p", said, class_="kind") if said else None,
        [element("p", text) for text in paragraphs],
    )


def _runs_table(overview):
    """The table of all runs, without the columns that no run fills."""
    kept = [k for k in range(len(_HEAD)) if any(row[k] for row in overview)]
    table = cells_table(
        "The runs",
        [[row[k] for k in kept] for row in overview],
        head=[_HEAD[k] for k in kept],
        align="".join("lllrrrrr"[k] for k in kept),
    )
    return element("nav", table, aria_label="Runs")
