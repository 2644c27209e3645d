"""The figure of searches and contrasts: bits beside the table's, and accuracy on unseen rows.

A machine that is chosen is drawn below as a state diagram.
"""

import textwrap

from synth.report.automaton import diagram
from synth.report.escape import visibly
from synth.report.figure import COLOURS, styled_figure
from synth.report.scatter import plot_numbers

#: The height of the figure, in inches, and how much each search adds.
HEIGHT, EACH = 1.7, 0.42
#: Inches of the radius of a state, and the most machines of a figure.
RADIUS, MACHINES = 0.19, 6
#: The most letters of a line of a task's name.
WIDEST = 30


@visibly
def plot_results(runs, path=None, seeds=None):
    """Draws searches and contrasts, into a file if there is a path; returns the figure.

    Parameters
    ----------
    runs : sequence of Result or Contrast, or of searches for real labels alone
    path : str or path, optional
        A path with a suffix of `SUFFIXES`.
    seeds : sequence of int, optional
        The seeds of the runs, shown if given.

    Raises
    ------
    SettingError
        If it cannot be drawn or written: see `check_plot`.
    """
    if runs and runs[0].kind.startswith("regression"):
        return plot_numbers(runs, path)
    seeds = seeds or [None] * len(runs)
    results = [pair for run, seed in zip(runs, seeds, strict=True) for pair in _named(run, seed)]
    return styled_figure(lambda: _results_figure(results), path)


def _named(run, seed):
    """The name and the result of each line of a run, with its seed if it is given."""
    of = "" if seed is None else f", seed {seed}"
    if run.kind == "contrast":
        return [(run.structured.task + of, run.structured), ("its twin", run.random)]
    return [(run.task + of, run)]


def _results_figure(results):
    """The figure of results, each with its name: each result has one line."""
    from synth.report.shown import ShownFigure

    figure = ShownFigure((8.4, HEIGHT + EACH * len(results)))
    bits, accuracy = _above(figure, _machines(results)).subplots(1, 2, sharey=True)
    names = [textwrap.fill(name, WIDEST) for name, _ in results]
    rest = "flag, language and exceptions"
    if not any(result.language_bits for _, result in results):
        rest = "flag and exceptions"
    for place, (_, result) in enumerate(results):
        _draw_bits(bits, place, result, rest)
        _draw_accuracy(accuracy, place, result)
    bits.axvline(1, color="black", linewidth=1)
    bits.set(xlim=(0, 1.75), xlabel="bits, as a share of the table's")
    bits.set_xticks((0, 0.5, 1, 1.5), ("0", "0.5", "1: table", "1.5"))
    bits.set_yticks(range(len(names)), names)
    bits.set_ylim(len(names) - 0.4, -0.6)
    accuracy.set(xlim=(-0.04, 1.04), xlabel="accuracy of what was chosen")
    for axes in (bits, accuracy):
        handles, labels = axes.get_legend_handles_labels()
        if handles:
            once = dict(zip(labels, handles, strict=True))  # each search has labelled its own
            place = {"loc": "lower left", "bbox_to_anchor": (0, 1), "ncols": 2}
            axes.legend(once.values(), once.keys(), **place)
    return figure


def _machines(results):
    """The diagrams of the machines that were chosen, each with its name."""
    chosen = [(name, diagram(r)) for name, r in results if r.chosen == "program"]
    return [(name, drawn) for name, drawn in chosen if drawn is not None][:MACHINES]


def _above(figure, machines):
    """The part of a figure above the diagrams, which are drawn two in a row."""
    if not machines:
        return figure
    pairs = [machines[k : k + 2] for k in range(0, len(machines), 2)]
    high = [max(m.box[3] - m.box[1] for _, m in pair) * RADIUS + 0.5 for pair in pairs]
    wide, own = figure.get_size_inches()
    figure.set_size_inches(wide, own + sum(high))
    first, *rows = figure.subfigures(1 + len(pairs), 1, height_ratios=[own, *high])
    for row, pair in zip(rows, pairs, strict=True):
        panels = row.subplots(1, len(pair), squeeze=False)[0]
        for axes, (name, drawn) in zip(panels, pair, strict=True):
            _draw_machine(axes, drawn)
            axes.set_title(name if len(machines) > 1 else drawn.note, fontsize="small")
    return first


def _draw_machine(axes, drawn):
    """Draws a state diagram; a state that accepts has two rings."""
    from matplotlib.patches import Circle, PathPatch, Polygon
    from matplotlib.path import Path

    middle = {"ha": "center", "va": "center", "fontsize": "small"}
    codes = [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4]
    for arrow in drawn.arrows:
        axes.add_patch(PathPatch(Path(arrow.curve, codes), fill=False, edgecolor="0.35"))
        axes.add_patch(Polygon(arrow.head, facecolor="0.35", edgecolor="none"))
        axes.text(
            *arrow.at, arrow.letters, bbox={"pad": 0.5, "fc": "white", "ec": "none"}, **middle
        )
    for state in drawn.states:
        for radius in (1, 0.78) if state.accepts else (1,):
            style = {"facecolor": "white", "edgecolor": "C0", "linewidth": 1.6}
            axes.add_patch(Circle((state.x, state.y), radius, **style))
        axes.text(state.x, state.y, state.name, **middle)
        if state.says is not None:
            axes.text(state.x, state.y - 1.45, state.says, **middle)
    left, low, right, high = drawn.box
    axes.set(xlim=(left, right), ylim=(low, high), aspect="equal")
    axes.axis("off")


def _draw_bits(axes, place, result, rest):
    """The bits of the best program, then those that it has besides; rest: what these are."""
    best, table = result.program, result.table.bits
    if best is None:
        axes.annotate(f"no program; table {table:,.1f} bits", (0.02, place), va="center")
        return
    whole, program = best.total_bits / table, best.bits / table
    style = {"height": 0.55, "left": 0.0}
    axes.barh(place, program, color="C0", label="program", **style)
    style["left"] = program
    axes.barh(place, whole - program, color="C7", label=rest, **style)
    text = f"{best.total_bits:,.1f} of {table:,.1f}"
    axes.annotate(
        text, (max(whole, 1), place), xytext=(4, 0), textcoords="offset points", va="center",
        fontsize="small",
    )  # fmt: skip


def _draw_accuracy(axes, place, result):
    """The accuracies of what was chosen, on training rows and on unseen rows."""
    chosen = result.table if result.chosen == "table" else result.program
    style = {"linestyle": "none", "marker": "o"}
    ring = {"markersize": 10, "markerfacecolor": "none", "color": COLOURS["training"]}
    axes.plot(chosen.train_accuracy, place, label="training rows", **style, **ring)
    if chosen.test_accuracy is not None:
        colour = COLOURS["held out"]
        axes.plot(chosen.test_accuracy, place, label="unseen rows", color=colour, **style)
