"""The figure of the experiment `machines`."""

import numpy as np

from synth.report import COLOURS

#: The kinds of maps, and the measures of complexity.
ONE, ALL, PROGRAMS = "one transducer", "all transducers", "programs"
LZ, BITS = "Lempel-Ziv", "bits"


def map_name(row):
    """The map of a row in words; single transducers have one name."""
    return f"{row['map']} of {row['states']} states" if row["map"] == ALL else row["map"]


CAPTION = """(a-d) The probability of the outputs of a map by their complexity, which is moved and
stretched such that the least is 0 and the greatest is log2 of the number of outputs: the mean, and
the range shaded. Dashed: the upper bound, which is not fitted. Dotted: a random map with as many
inputs and outputs. (a) Of the single transducers, the one with the steepest slope, by the measure
of Lempel and Ziv. (b) All transducers of most states, each with all inputs, by the same. (c) All
programs of the DSL machines, and the labels of all short strings, by the same. (d) Programs, by the
bits of the shortest. (e) The slope of each single transducer with a bias, by the entropy that its
outputs lack. Crosses are the random maps."""


def draw(rows, axes):
    maps = [r for r in rows if r["row"] == "map"]
    single = sorted((r for r in maps if _is(r, ONE, LZ)), key=lambda r: r["slope"])
    largest = sorted((r for r in maps if _is(r, ALL, LZ)), key=lambda r: -r["states"])
    programs = [[r for r in maps if _is(r, PROGRAMS, measure)] for measure in (LZ, BITS)]
    for panel, shown in zip(axes, (single, largest, *programs), strict=False):
        if shown:
            _draw_levels(rows, shown[0], panel)
        else:
            panel.axis("off")
    last = axes[4]
    lacks = [np.log2(r["outputs"]) - r["entropy"] for r in single]
    marks = {"linestyle": "", "markersize": 5}
    for key, mark, role, label in (
        ("slope", "o", "program", "transducer"),
        ("control_slope", "x", "random labels", "random map"),
    ):
        last.plot(lacks, [r[key] for r in single], mark, color=COLOURS[role], label=label, **marks)
    last.axhline(0, color="grey", linewidth=0.8)
    last.set(title="single transducers", xlabel="log2 of the number of outputs less entropy, bits")
    last.set_ylabel("slope of log2 P by K")
    last.legend(loc="lower left")


def _is(row, name, measure):
    return row["map"] == name and row["measure"] == measure


def _draw_levels(rows, row, axes):
    """The probabilities of the outputs of a map by complexity."""
    mine = [
        r
        for r in rows
        if r["row"] == "level"
        and all(r[key] == row[key] for key in ("map", "number", "states", "measure"))
    ]
    x = [r["complexity"] for r in mine]
    mean, high, low = ([r[k] for r in mine] for k in ("log2_p", "log2_p_highest", "log2_p_lowest"))
    axes.fill_between(x, low, high, color=COLOURS["exact"], alpha=0.2, linewidth=0)
    axes.plot(x, mean, "o-", color=COLOURS["exact"], label="mean")
    axes.plot([0, x[-1]], [0, -x[-1]], "--", color="grey", linewidth=1.2, label="bound")
    known = [
        (r["complexity"], r["control_log2_p"]) for r in mine if r["control_log2_p"] is not None
    ]
    style = {"color": COLOURS["random labels"], "linestyle": ":", "linewidth": 1.6}
    axes.plot(*zip(*known, strict=True), label="random map", **style)
    name = f"transducer {row['number']}" if row["map"] == ONE else map_name(row)
    axes.set(title=f"{name}, by {row['measure']}", xlabel="complexity K, scaled", ylabel="log2 P")
    axes.legend(loc="upper right")
