"""The figure of searches and contrasts: bits beside the table's, and accuracy on unseen rows."""

import textwrap

from synth.report.escape import visibly
from synth.report.figure import styled_figure

#: The height of the figure, in inches, and how much each search adds.
HEIGHT, EACH = 1.7, 0.42
#: The most letters of a line of a task's name.
WIDEST = 30


@visibly
def plot_results(runs, path=None):
    """Draws searches and contrasts, into a file if there is a path; returns the figure.

    Parameters
    ----------
    runs : sequence of Result or Contrast
    path : str or path, optional
        A path with a suffix of `SUFFIXES`.

    Raises
    ------
    SettingError
        If it cannot be drawn or written: see `check_plot`.
    """
    results = [pair for run in runs for pair in _named(run)]
    return styled_figure(lambda: _results_figure(results), path)


def _named(run):
    """The name and the result of each line of a run."""
    if run.kind == "contrast":
        return [(run.structured.task, run.structured), ("its twin", run.random)]
    return [(run.task, run)]


def _results_figure(results):
    """The figure of results, each with its name: each result has one line."""
    from synth.report.shown import ShownFigure

    figure = ShownFigure((8.4, HEIGHT + EACH * len(results)))
    bits, accuracy = figure.subplots(1, 2, sharey=True)
    names = [textwrap.fill(name, WIDEST) for name, _ in results]
    for place, (_, result) in enumerate(results):
        _draw_bits(bits, place, result)
        _draw_accuracy(accuracy, place, result)
    bits.axvline(1, color="black", linewidth=1)
    bits.set_xlim(0, 1.75)
    bits.set_yticks(range(len(names)), names)
    bits.set_ylim(len(names) - 0.4, -0.6)
    bits.set_xlabel("bits, as a share of the table's (line: table)")
    accuracy.set(xlim=(-0.04, 1.04), xlabel="accuracy of the shorter one, program or table")
    for axes in (bits, accuracy):
        handles, labels = axes.get_legend_handles_labels()
        if handles:
            axes.legend(handles[:2], labels[:2], loc="lower left", bbox_to_anchor=(0, 1), ncols=2)
    return figure


def _draw_bits(axes, place, result):
    """The bits of the best program and of its exceptions, one bar after the other."""
    best, table = result.program, result.table.bits
    if best is None:
        axes.annotate(f"no program; table {table:,.1f} bits", (0.02, place), va="center")
        return
    whole, program = best.total_bits / table, best.bits / table
    style = {"height": 0.55, "left": 0.0}
    axes.barh(place, program, color="C0", label="program", **style)
    style["left"] = program
    axes.barh(place, whole - program, color="C7", label="exceptions", **style)
    text = f"{best.total_bits:,.1f} of {table:,.1f}"
    axes.annotate(
        text, (max(whole, 1), place), xytext=(4, 0), textcoords="offset points", va="center",
        fontsize="small",
    )  # fmt: skip


def _draw_accuracy(axes, place, result):
    """The accuracies of what was chosen, on training rows and on unseen rows."""
    chosen = result.table if result.chosen == "table" else result.program
    style = {"linestyle": "none", "color": "C0", "marker": "o"}
    ring = {"markersize": 10, "markerfacecolor": "none"}
    axes.plot(chosen.train_accuracy, place, label="training rows", **style, **ring)
    if chosen.test_accuracy is not None:
        axes.plot(chosen.test_accuracy, place, label="unseen rows", **style)
