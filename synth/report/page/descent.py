"""The part of a page that shows what reach did after the enumeration of a search.

Reach makes seeds, then moves. Its lines begin at the best seed, at 0 moves, and end when all moves
were made.
"""

from synth.report.numbers import number_of
from synth.report.page.markup import element
from synth.report.page.panel import STYLES, Axis, Line, Panel, linear_ticks, scaled
from synth.report.page.parts import cells_table, columns
from synth.report.text import bits, finder


def reach_part(pair, charts):
    """The descent of reach: two charts and a table of seeds.

    Parameters
    ----------
    pair : list of (str, Result)
        The results with their names; one result has the name "". Those without reach, as of
        older files, are left out.
    charts : callable
        Draws the charts of the page.

    Returns
    -------
    Markup or None
        None if there is no reach in any result.
    """
    reached = [(name, result, style) for (name, result), style in zip(pair, STYLES, strict=False)
               if result.reach is not None]  # fmt: skip
    if not reached:
        return None
    totals = _panel(reached, "total_bits", "Reach: total bits of the best program", "total bits")
    wrong = _panel(reached, "exceptions", "Reach: exceptions of the best program", "exceptions")
    tables = [_seeds(name, result) for name, result, _ in reached]
    return element(
        "section",
        element("h3", "Reach"),
        [element("p", _said(name, result)) for name, result, _ in reached],
        [
            element("p", _proven(name, result))
            for name, result, _ in reached
            if result.reach.certificates
        ],
        columns(
            *(charts(panel) for panel in (totals, wrong) if panel.marks),
            element("div", tables, class_="panel"),
        ),
        aria_label="Reach",
    )


def _said(name, result):
    """How far reach went, and what found the best program."""
    reach, program = result.reach, result.program
    text = f"{name.capitalize()}: reach" if name else "Reach"
    asked = "" if reach.moves == reach.planned else f" of {reach.planned:,} planned"
    text += f" made {number_of(reach.moves, 'move')}{asked} in {number_of(reach.chains, 'chain')}"
    text += f" (random seed {reach.seed}). "
    if program is None:
        return text + "No program was found."
    if program.found_by != "reach" or not reach.points:
        return (
            f"{text}The best program was found by the {finder(program)}; reach found none better."
        )
    last = reach.points[-1]["moves"]
    when = f"after {number_of(last, 'move')}" if last else "among its seeds, before any move"
    return f"{text}The best program was found by reach, {when}."


def _proven(name, result):
    """What is proven of whole classes of programs, a sentence each."""
    labels = f" for {name}" if name else ""
    said = [made.statement for made in result.reach.certificates]
    return f"Proven{labels}: " + "; ".join(said) + "."


def _panel(reached, key, title, label):
    """The chart of a value of the best program against moves."""
    lines = [(name, _points(result.reach), result.reach.moves, style)
             for name, result, style in reached]  # fmt: skip
    every = [p[key] for _, points, _, _ in lines for p in points]
    wide = max((moves for _, _, moves, _ in lines), default=0) * 1.03 or 1
    low, high = _range(every, key == "exceptions")
    ticks = linear_ticks(low, high)
    if key == "exceptions":
        ticks = [t for t in ticks if t[0] == int(t[0])]
    made = [(m, f"{m:,.0f}") for m, _ in linear_ticks(0, wide, most=4) if m == int(m)]
    panel = Panel(
        title,
        Axis("moves; at 0 the best seed", scaled(made, 0, wide)),
        Axis(label, scaled(ticks, low, high)),
    )

    def at(moves, point):
        value = point[key]
        written = f"{value:,}" if key == "exceptions" else bits(value)
        return (moves / wide, (value - low) / (high - low)), (f"{moves:,}", written)

    for name, points, moves, style in lines:
        if points:
            panel.marks.append(_line(name, style, points, moves, at))
            if len(reached) > 1:
                colour, marker, dash = style
                panel.legend.append((name, colour, dash, marker, False))
    return panel


def _range(values, whole):
    """The ends of an axis: exceptions begin at 0; of total bits a descent fills the chart."""
    least, most = min(values, default=0), max(values, default=1)
    if whole:
        return 0, most * 1.08 or 1
    room = 0.12 * (most - least) or 0.1 * most or 1
    return max(0, least - room), most + room


def _line(name, style, points, moves, at):
    """The line of steps through the points, up to all moves; at: the place and the texts of one."""
    colour, marker, dash = style
    shown = [(p["moves"], p, "" if p["moves"] else "the best seed; ") for p in points]
    if points[-1]["moves"] < moves:
        shown.append((moves, points[-1], "the end; "))
    places, values = zip(*(at(made, p) for made, p, _ in shown), strict=True)
    return Line(
        places,
        values,
        tuple(_tip(p, what) for _, p, what in shown),
        name=name,
        colour=colour,
        dash=dash,
        marker=marker,
        step="post",
        size=7,
    )


def _points(reach):
    """The points in order; of those after the same moves, the last and best."""
    return list({p["moves"]: p for p in reach.points}.values())


def _tip(point, what):
    text = f"{what}{bits(point['bits'])} bits, {number_of(point['exceptions'], 'exception')}"
    return f"({text}; total {bits(point['total_bits'])})"


def _seeds(name, result):
    """The table of the stages that made seeds, in the order in which they ran."""
    stages = {}
    for seed in result.reach.seeds:
        stages.setdefault(seed["stage"], []).append((seed["total_bits"], seed["exceptions"]))
    rows = []
    for stage, made in stages.items():
        total, wrong = min(made)
        rows.append((stage, f"{len(made):,}", bits(total), f"{wrong:,}"))
    return cells_table(
        "The best seed of each stage" + (f", {name}" if name else ""),
        rows,
        head=("stage", "seeds", "total bits", "exceptions"),
        align="lrrr",
    )
