"""The sections of searches, contrasts and comparisons."""

import math

from synth.report.automaton import diagram
from synth.report.languages import next_terms, of_chance
from synth.report.numbers import accuracy, bits, number_of, percent, saved, saves_most, share
from synth.report.page.automaton import draw_machine
from synth.report.page.contenders import search_case
from synth.report.page.descent import reach_part
from synth.report.page.markup import element, joined
from synth.report.page.panel import STYLES, Axis, Line, Panel, linear_ticks, scaled
from synth.report.page.parts import (
    cells_table,
    chance_text,
    columns,
    details,
    raised,
    slider_block,
    stacked,
)
from synth.report.page.tree import LARGE, draw_tree, read_tree
from synth.report.text import best_program, of_shares, search_rows, spaced
from synth.report.words import each_once, in_words, program_text


def lead(result):
    """The outcome of a search in a few sentences."""
    rows = f"{result.rows['train']:,} training rows"
    table = f"the table needs {bits(result.table.bits)}"
    if result.program is None:
        return f"No program was scored; {table} bits for {rows}."
    saved = result.saved_bits
    if result.chosen == "constant":
        first = (
            f"The best hypothesis is a constant: {result.program.text} on all rows, with "
            f"{number_of(result.program.exceptions, 'exception')} among {rows}. It needs "
            f"{bits(result.program.total_bits)} bits in total; {table}. No rule that reads the "
            f"inputs {'has' if result.optimal else 'that was scored has'} fewer."
        )
    elif result.chosen == "program":
        e = result.program.exceptions
        with_ = "" if not e else f", with {number_of(e, 'exception')}"
        of = "permuted labels" if result.continuation is None else of_chance(result)
        first = (
            f"A program of {bits(result.program.bits)} bits explains the {rows}{with_}. "
            f"It needs {bits(result.program.total_bits)} bits in total; {table}. "
            f"The program saves {bits(saved)} bits, which {of} reach with a probability "
            f"of at most {chance_text(result.log2_chance_bound)}."
        )
    else:
        none = "No program" if result.optimal else "No program that was scored"
        first = (
            f"{none} saves bits: the best needs {bits(result.program.total_bits)} bits for "
            f"the {rows}; {table}."
        )
    part = result.chosen_part
    if part.test_accuracy is not None:
        right = percent(part.test_accuracy)
        first += f" The {result.chosen} is right on {right} of the held-out rows."
    if result.continuation is not None and result.chosen != "table":
        first += f" The terms that follow: {next_terms(result)}."
    return first


def search_section(result, charts):
    """The section of a `Result`: its outcome, tree, bits, front, levels, sliders and tables."""
    return joined(
        element("p", lead(result), class_="lead"),
        columns(
            _program(result, "The program as a tree"),
            _bars([("", result)]),
        ),
        columns(
            charts(front_panel([(result.labelling, result)])),
            charts(levels_panel(result)),
        ),
        reach_part([("", result)], charts),
        _sliders([(f"{result.labelling} labels", result)], charts),
        details("All figures", cells_table("", search_rows(result))),
        _lists(result, ""),
    )


def contrast_section(contrast, charts):
    """The section of a `Contrast`, with both labellings in the same charts."""
    pair = [("true labels", contrast.structured), ("random twin", contrast.random)]
    return joined(
        [
            element("p", element("b", f"{name.capitalize()}. "), lead(result), class_="lead")
            for name, result in pair
        ],
        columns(
            _program(contrast.structured, "True labels: the program as a tree"),
            _program(contrast.random, "Random twin: the best program, as a tree"),
        ),
        columns(_bars(pair), charts(front_panel(pair)), charts(levels_panel(contrast.structured))),
        reach_part(pair, charts),
        _sliders(pair, charts),
        details("All figures", columns(*(cells_table(n, search_rows(r)) for n, r in pair))),
        [_lists(result, f", {name}") for name, result in pair],
    )


def comparison_section(comparison, charts):
    """The section of a `Comparison`: total bits by task and DSL, and a row for each search."""
    rows = comparison.rows
    tasks = list(dict.fromkeys(r["task"] for r in rows))
    dsls = list(dict.fromkeys(r["dsl"] for r in rows))
    shown = [[_cell(row, key) for key in _COMPARED] for row in rows[:MOST_ROWS]]
    more = len(rows) - len(shown)
    return joined(
        element(
            "p",
            f"Total bits of {len(tasks)} tasks in {len(dsls)} languages.  Fewer bits are better; "
            "the last column is the look-up table.",
            class_="lead",
        ),
        _matrix(rows, tasks, dsls),
        stacked("Bits of the best program of each search, and of the table", _best_bars(rows)),
        details(
            "All searches",
            cells_table("", shown, head=list(map(spaced, _COMPARED))),
            element("p", f"{more:,} more rows are in the saved file.", class_="note")
            if more
            else None,
        ),
    )


def _matrix(rows, tasks, dsls):
    """The table of total bits by task and DSL."""
    body = []
    for task in tasks:
        own = [r for r in rows if r["task"] == task and not r["error"]]
        totals = [_mean_bits([r for r in own if r["dsl"] == d], "total_bits") for d in dsls]
        body.append([task, *totals, _mean_bits(own[:1], "table_bits")])
    head = ["task", *dsls, "table"]
    return cells_table("Total bits, the mean over seeds", body, head=head, align="l" + "r" * 99)


def _best_bars(rows):
    """Two bars for each search: its best program and its table."""
    several = len({r["seed"] for r in rows}) > 1
    bars = []
    for r in [r for r in rows if r["bits"] is not None][:MOST_BARS]:
        if r["saved_bits"] is None:
            continue
        name = f"{r['task']} in {r['dsl']}" + (f", seed {r['seed']}" if several else "")
        rest = r["table_bits"] - r["saved_bits"] - r["bits"]
        program = ("program", r["bits"], r["program"])
        bars.append((name, [program, ("exceptions", rest, "exceptions and flag")]))
        bars.append(("table", [("table", r["table_bits"], "look-up table")]))
    return bars


#: The columns of the table of all searches.
_COMPARED = (
    "task", "dsl", "seed", "chosen", "program", "bits", "exceptions", "total_bits", "table_bits",
    "saved_bits", "test_accuracy", "error",
)  # fmt: skip

#: The most searches with bars.
MOST_BARS = 24

#: The most rows of a list.
MOST_ROWS = 200


def _mean_bits(rows, key):
    values = [r[key] for r in rows if r[key] is not None]
    return bits(sum(values) / len(values)) if values else "-"


def _cell(row, key):
    value = row[key]
    if key == "program" and value is not None:
        return program_text(value, row["inverted"] and row["written"] is None)
    if key == "saved_bits":
        most = saves_most(row["optimal"], row["chosen"], row["certified_bits"])
        return saved(value, most, "≥ ")
    if isinstance(value, float):
        return accuracy(value) if key.endswith("accuracy") else bits(value)
    return "-" if value is None else value


def _program(result, title):
    """The best program as text, and as a state diagram or a tree if it is not too large."""
    if result.program is None:
        return element(
            "figure",
            element("figcaption", title),
            element("p", "No program was found."),
            class_="panel",
        )
    text = best_program(result)
    inverted = result.program.inverted and result.program.written is None
    machine = diagram(result)
    if machine is not None:
        return element(
            "figure",
            element("figcaption", title.replace("as a tree", "as a state diagram")),
            draw_machine(machine, text),
            element("p", element("code", text), class_="program"),
            element("p", machine.note, class_="note"),
            class_="panel",
        )
    tree = read_tree(result.program.text, result.inputs, inverted)
    return element(
        "figure",
        element("figcaption", title),
        draw_tree(tree, text) if tree else None,
        element("p", element("code", text), class_="program"),
        None
        if tree
        else element(
            "p",
            "The program is too large, or not an expression, so there is no tree.",
            class_="note",
        ),
        class_="panel wide" if tree and tree.count() > LARGE else "panel",
    )


def _bars(pair):
    bars = []
    for name, result in pair:
        prefix = f"{name}: " if name else ""
        p = result.program
        if p is not None:
            rest = p.total_bits - p.bits
            besides = "flag, language" if result.language_bits else "flag"
            besides += f" and {number_of(p.exceptions, 'exception')}"
            bars.append(
                (
                    f"{prefix}program",
                    [
                        ("program", p.bits, f"the program itself, {bits(p.bits)} bits"),
                        (
                            "exceptions",
                            rest,
                            f"{besides}, {bits(rest)} bits",
                        ),
                    ],
                )
            )
        bars.append(
            (
                f"{prefix}table",
                [
                    (
                        "table",
                        result.table.bits,
                        f"{result.table.kind} table, {bits(result.table.bits)} bits",
                    ),
                ],
            )
        )
    return stacked("What each hypothesis costs, in bits", bars)


def front_panel(pair):
    """The chart of the fewest exceptions for each length; each point has its program."""
    wide = max((p.bits for _, r in pair for p in r.front), default=1) * 1.05
    high = max((p.exceptions for _, r in pair for p in r.front), default=1) * 1.08 or 1
    panel = Panel(
        "Fewest exceptions for each length",
        Axis("bits of the program", scaled(linear_ticks(0, wide), 0, wide)),
        Axis(
            "exceptions", scaled([t for t in linear_ticks(0, high) if t[0] == int(t[0])], 0, high)
        ),
    )
    for (name, result), (colour, marker, dash) in zip(pair, STYLES, strict=False):
        front = result.front
        if not front:
            continue
        panel.marks.append(
            Line(
                tuple((p.bits / wide, p.exceptions / high) for p in front),
                tuple((bits(p.bits), f"{p.exceptions:,}") for p in front),
                tuple(map(_tip, front)),
                name=name,
                colour=colour,
                dash=dash,
                marker=marker,
                step="post",
                size=7,
            )
        )
        if len(pair) > 1:
            panel.legend.append((name, colour, dash, marker, False))
    return panel


def _tip(point):
    text = in_words(point)
    return " ".join(f"{text} (total {bits(point.total_bits)})".split())


def levels_panel(result):
    """The chart of the programs made at each cost and of the new behaviours among them."""
    levels = [v for v in result.levels if v.candidates > 0]
    wide = max((v.bits for v in levels), default=1) * 1.03
    tall = max((math.log10(v.candidates) for v in levels), default=1)
    tall = max(1.0, tall * 1.05)
    ticks = [(k, f"{10**k:,}" if k < 4 else f"10{raised(str(k))}") for k in range(int(tall) + 1)]
    panel = Panel(
        "What was searched, level by level",
        Axis("bits of the program", scaled(linear_ticks(0, wide), 0, wide)),
        Axis("programs at this cost", scaled(ticks, 0, tall)),
    )
    kinds = (
        ("made", "candidates", "k-ink", True),
        ("new behaviours", "distinct", "k-program", False),
    )
    for name, key, colour, hollow in kinds:
        mine = [(v.bits, getattr(v, key)) for v in levels if getattr(v, key)]
        if mine:
            panel.marks.append(
                Line(
                    tuple((b / wide, math.log10(c) / tall) for b, c in mine),
                    tuple((bits(b), f"{c:,}") for b, c in mine),
                    name=name,
                    colour=colour,
                    dash=None,
                    marker="o",
                    open=hollow,
                    size=6,
                )
            )
            panel.legend.append((name, colour, None, "o", hollow))
    if any(v.distinct is None for v in levels):
        panel.note = "At levels without a count of behaviours, programs were scored but not kept."
    return panel


def _sliders(pair, charts):
    cases = [(case, r) for name, r in pair if (case := search_case(r, name)) is not None]
    if not cases:
        return None
    every = max(r.rows["train"] + r.rows["test"] for _, r in cases)
    fixed = any(case.tables == "fixed" for case, _ in cases)
    return slider_block(
        [case for case, _ in cases],
        charts,
        noise=None if fixed else 0.0,
        rows=None if fixed else (cases[0][0].n, every),
        decay=1.0,
        note=None
        if not fixed
        else "A saved run does not have the counts of its labels, so "
        "its frequency table cannot be computed for other rows or noise.",
    )


def _lists(result, which):
    front = [
        (bits(p.bits), f"{p.exceptions:,}", bits(p.total_bits), in_words(p))
        for p in result.front[:MOST_ROWS]
    ]
    top = [
        (
            bits(h.total_bits),
            share(h.share),
            "-" if h.exceptions is None else h.exceptions,
            in_words(h),
        )
        for h in each_once(result.top)[:MOST_ROWS]
    ]
    return details(
        f"Best hypotheses and front{which}",
        cells_table(
            f"Best hypotheses ({of_shares(result)})",
            top,
            head=("total bits", "posterior", "exceptions", "hypothesis"),
            align="rrrl",
        ),
        cells_table(
            "Fewest exceptions for each length",
            front,
            head=("bits", "exceptions", "total bits", "program"),
            align="rrrl",
        ),
    )
