"""The page of `synth explore`: a small table to label, an exact answer to it, and grokking.

The page holds all functions of three and of four inputs with their masses and shortest programs.
So its script (`explore.js`) answers for any labels and any training rows without a search.
"""

import base64

import numpy as np

from synth.report.page.chart import render
from synth.report.page.document import html_page, write_html
from synth.report.page.markup import element, joined
from synth.report.page.panel import Axis, Line, Panel, linear_ticks, scaled

#: The ends of the axes of the chart of swaps: swaps, and bits. No best program and no table of
#: 16 rows has more bits, and the mixture has at most 27.
SWAPS, BITS = 12, 30
#: The pictures of the film that are kept after the unseen rows are right.
AFTER = 12


def make_explorable(tables, film):
    """Makes the page.

    Parameters
    ----------
    tables : dict of str to FunctionTable
        The table of each number of inputs; functions are called by the names that come with it.
        A value is a pair (`synth.exact.FunctionTable`, {name: number of the function}).
    film : synth.dynamics.Film

    Returns
    -------
    str
        A complete HTML document.
    """
    kept = _kept(film)
    data = {
        "tables": {variables: _packed(*given) for variables, given in tables.items()},
        "film": {
            "found": film.found,
            "shape": film.shape,
            "program": film.program,
            "measures": [
                {key: m[key] for key in ("step", "memorised", "train_accuracy", "test_accuracy")}
                for m in film.measures[:kept]
            ],
            "pictures": _text(film.pictures[:kept]),
        },
    }
    numbers = iter(range(1, 10))
    main = joined(
        element("p", _LEAD, class_="lead"),
        element("noscript", element("p", "This page needs its script, which is switched off.")),
        _section("1. Draw a rule", _TABLE, _choices(tables), _answers()),
        _section("2. Swap labels, and the program dies", _SWAPS, _swaps(numbers)),
        _section(
            "3. Grokking: memorise first, understand later", _FILM, _film(film, kept, numbers)
        ),
        _section("What was computed", [element("p", text) for text in _COMPUTED]),
    )
    return html_page("Is there a rule in here?", main, data, parts=("page", "explore"))


def write_explorable(path, tables, film):
    """Writes the page of `make_explorable` to a file; returns its size in bytes.

    Raises
    ------
    RunError
        If the page cannot be written.
    SettingError
        If the folder cannot be written to.
    """
    return write_html("FILE", path, lambda: make_explorable(tables, film))


_LEAD = (
    "A learner sees some rows of a table and guesses the labels of the others. If a short program "
    "gives the labels, the learner finds it and guesses well. If the labels are random, no short "
    "program exists. Then the learner can only copy the table, and its guesses are worth nothing."
)
_TABLE = (
    "Press a label to change it. The rows with a tick are the training rows. The three learners "
    "see the labels of these rows only, and say what they expect on every row. On the unseen rows, "
    "✓ is a right guess and ✗ a wrong one. The mixture says how likely the label 1 is."
)
_SWAPS = (
    "Each step swaps the labels of two training rows. The table costs the same as before, since "
    "the numbers of zeros and ones stay. The program has to grow or to make exceptions, until the "
    "table is cheaper. In the rows above, a dashed frame marks the labels that have changed. On so "
    "few rows, swapped labels follow a rule again now and then, by luck; try another order."
)
_FILM = (
    "The inputs are now two numbers from 0 to 30, and the label is their product modulo 31. Half "
    "of the 961 rows are for training. A random search holds a program and a set of memorised "
    "rows, and pays for both in bits. It first memorises all rows. Much later it meets the "
    "program, and then it drops the memorised rows."
)
_COMPUTED = (
    "A program is made of the inputs and of the operations & (and), | (or), ^ (either, not both) "
    "and ~ (not). Its length in bits says how improbable it is to draw it at random: 2 to the "
    "power of minus its bits.",
    "The program search takes the program with the fewest bits in all. An exception is a training "
    "row on which the program is wrong; the row has to be named, which costs bits too. The table "
    "lists the training labels, and predicts the more frequent one elsewhere (0 if both are as "
    "frequent). The Bayes mixture asks all programs that are right on all training rows, each "
    "with the weight of its probability.",
    "The page contains every function of three and of four inputs with its shortest program and "
    "the probability of all its programs, computed by the library. Nothing is sampled and nothing "
    "is estimated. A table of 16 rows is small: only very short programs pay for themselves here.",
)


def _section(title, *content):
    parts = [element("p", c) if type(c) is str else c for c in content]
    return element("section", element("h2", title), *parts, class_="run", aria_label=title)


def _text(array):
    """An array as text, little-endian."""
    array = np.ascontiguousarray(array)
    little = array.astype(array.dtype.newbyteorder("<"))
    return base64.b64encode(little.tobytes()).decode()


def _packed(table, names):
    """A `FunctionTable` for the script, which computes the bits from the programs."""
    return {
        "productions": table.productions,
        "heads": _text(table.heads),
        "left": _text(table.arguments[:, 0]),
        "right": _text(table.arguments[:, 1]),
        "masses": _text(table.prior.masses),
        "margin": float(table.prior.margin.max()),
        "names": names,
    }


def _choices(tables):
    """What the reader can choose: inputs, rule and training rows."""
    inputs = [element("option", f"{v} ({2 ** int(v)} rows)", value=v) for v in tables]
    return element(
        "div",
        _labelled("Inputs", element("select", inputs, id="inputs", autocomplete="off")),
        _labelled("Rule", element("select", id="rule", autocomplete="off")),
        _slider("count", "Training rows", most=16),
        element(
            "p",
            element("button", "Random labels", type="button", id="random"),
            element("button", "Other training rows", type="button", id="others"),
            class_="buttons",
        ),
        class_="what-if choices",
    )


def _labelled(text, control):
    name = control.partition('id="')[2].partition('"')[0]
    return element("p", element("label", f"{text} ", for_=name), control)


def _slider(name, text, most, value=0):
    return element(
        "p",
        element("label", text, for_=name),
        element(
            "input", type="range", id=name, min=0, max=most, step=1, value=value, autocomplete="off"
        ),
        element("output", for_=name),
        class_="slider",
    )


#: The parts of the bars.
_PARTS = (("program", "program"), ("exceptions", "flag and exceptions"), ("table", "table"))


def _answers():
    """The table and what is said of it; the script fills both."""
    facts = element("table", element("caption", "In figures"), element("tbody"), id="facts")
    return element(
        "div",
        element(
            "div",
            element("table", element("caption", "Rows"), id="rows"),
            class_="scroll",
            tabindex="0",
            role="region",
            aria_label="Rows",
        ),
        element(
            "div",
            element("h3", "What the learners say"),
            element("p", id="verdict", class_="wins", role="status", aria_live="polite"),
            element("ul", id="bars", class_="bars", aria_label="Bits of the best hypotheses"),
            element(
                "ul",
                [
                    element("li", element("span", class_=f"key b-{kind}", aria_hidden="true"), name)
                    for kind, name in _PARTS
                ],
                class_="legend",
            ),
            element(
                "div", facts, class_="scroll", tabindex="0", role="region", aria_label="In figures"
            ),
        ),
        class_="halves",
    )


#: The lines of the chart of swaps: name, colour and dash.
_LINES = (
    ("program", "k-program", "-"),
    ("table", "k-table", "--"),
    ("mixture", "k-exact", ":"),
)


def _swaps(numbers):
    marks = [
        Line(((0, 0),), (("0", "0"),), name=name, colour=colour, dash=dash, width=2)
        for name, colour, dash in _LINES
    ]
    panel = Panel(
        "Bits of the training labels",
        Axis("swaps", scaled(linear_ticks(0, SWAPS, 6), 0, SWAPS)),
        Axis("bits", scaled(linear_ticks(0, BITS), 0, BITS)),
        marks,
        [(name, colour, dash, None, False) for name, colour, dash in _LINES],
    )
    return element(
        "div",
        element(
            "div",
            _slider("swaps", "Swaps of two training labels", most=SWAPS),
            element("p", element("button", "Another order of swaps", type="button", id="order")),
            element("p", id="swapped", class_="wins", role="status", aria_live="polite"),
        ),
        element("div", render([panel], numbers), id="swaps-chart"),
        class_="halves",
    )


def _film(film, kept, numbers):
    keys = (
        ("s0", "unseen, predicted wrongly"),
        ("s1", "unseen, predicted rightly"),
        ("s4", "training, memorised"),
        ("s3", "training, right by the program"),
        ("s2", "training, wrong"),
    )
    legend = [
        element("li", element("span", class_=f"key {key}", aria_hidden="true"), name)
        for key, name in keys
    ]
    up, across = film.shape
    picture = element(
        "svg",
        [element("path", class_=f"cell {key}") for key in sorted(k for k, _ in keys)],
        id="picture",
        viewBox=f"0 0 {across} {up}",
        role="img",
        aria_label="All rows: the first number goes to the right, the second goes up",
    )
    return element(
        "div",
        element(
            "div",
            _slider("frame", "Time", most=kept - 1),
            element("p", element("button", "Play", type="button", id="play")),
            element("p", id="moment", class_="wins", role="status"),
            element(
                "figure",
                element("figcaption", "All 961 rows"),
                picture,
                element("ul", legend, class_="legend"),
                class_="panel",
            ),
        ),
        element("div", render([_course(film, kept)], numbers), id="film-chart"),
        class_="halves",
    )


def _kept(film):
    """The number of pictures up to a little after the unseen rows are right."""
    right = (k for k, m in enumerate(film.measures) if m["test_accuracy"] >= 0.99)
    last = next(right, len(film.measures) - 1)
    return min(len(film.measures), last + 1 + AFTER)


def _course(film, kept):
    """The chart of accuracies by picture."""
    lines = (
        ("training rows", "train_accuracy", "k-table", "--"),
        ("unseen rows", "test_accuracy", "k-program", "-"),
    )
    measures = film.measures[:kept]
    last = kept - 1
    marks, legend = [], []
    for name, key, colour, dash in lines:
        points = tuple((k / last, m[key]) for k, m in enumerate(measures))
        values = tuple((f"{m['step']:,}", f"{m[key]:.2f}") for m in measures)
        marks.append(Line(points, values, name=name, colour=colour, dash=dash, width=2))
        legend.append((name, colour, dash, None, False))
    return Panel(
        "Share of rows that are right",
        Axis("step of the search", _moments(film, measures)),
        Axis("share", scaled(linear_ticks(0, 1, 5), 0, 1)),
        marks,
        legend,
        note="The steps are not evenly spaced: they start close together, and again when the "
        "program is found.",
    )


def _moments(film, measures):
    """Ticks at some powers of ten and at the step of the discovery."""
    ticks, steps = [], [m["step"] for m in measures]
    for step in (1_000, 10_000, 100_000):
        if film.found is None or step < film.found:
            ticks.append((step, f"{step:,}"))
    if film.found is not None:
        ticks.append((film.found, "found"))
        if film.found + 2_000 <= steps[-1]:
            ticks.append((film.found + 2_000, "+2,000"))
    last = len(steps) - 1
    return tuple((int(np.searchsorted(steps, step)) / last, text) for step, text in ticks)
