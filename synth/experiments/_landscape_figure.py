"""The figure of `landscape`."""

import numpy as np

from synth.report import COLOURS, shades

#: The graph of the edits, and two null models.
EDIT, REWIRED, BY_LENGTH = GRAPHS = ("edits", "rewired", "rewired by length")
#: With fewer programs that fit, the share in the largest cluster says little.
FEW = 10

CAPTION = """Programs are nodes, and an edge is one edit. (a) Of the programs that fit a task, the
share that hangs together in one cluster. Dotted: the same programs with edges drawn at random
between the same lengths, where mostly far fewer hang together. (b) Each mark is the set of programs
that fit one task, in the colours of a. The lines are random parts of all programs of that size,
which hang together only right of the vertical lines. (c) The shorter the shortest program of a
behaviour, the more programs it has. (d) Of all starts, how many come to a program that fits, by
going only to better programs (greedy), or by never going to a worse one."""


def draw(rows, axes):
    by_length = [r for r in rows if r["row"] == "length" and r["nodes"] == "programs"]
    tasks = list(dict.fromkeys(r["task"] for r in by_length))
    colours = dict(zip(tasks, shades(len(tasks)), strict=True))
    _draw_lengths(by_length, colours, axes[0])
    _draw_percolation(rows, by_length, colours, axes[1])
    _draw_degeneracy([r for r in rows if r["row"] == "degeneracy"], axes[2])
    _draw_search(rows, tasks, axes[3])


def _draw_lengths(rows, colours, axes):
    rows = [r for r in rows if r["fit"] >= FEW]
    for task, colour in colours.items():
        for graph, line in ((EDIT, "-o"), (BY_LENGTH, ":o")):
            wanted = task, graph, "true"
            curve = [r for r in rows if (r["task"], r["graph"], r["labels"]) == wanted]
            x, y = ([r[key] for r in curve] for key in ("bits", "largest"))
            axes.plot(x, y, line, color=colour, label=_short(task) if graph == EDIT else None)
    for graph, line in ((EDIT, "-o"), (BY_LENGTH, ":o")):
        found = {}
        for r in rows:
            if (r["graph"], r["labels"]) == (graph, "random"):
                found.setdefault(r["bits"], []).append(r["largest"])
        x, label = sorted(found), "random labels, mean" if graph == EDIT else None
        axes.plot(
            x, [np.mean(found[b]) for b in x], line, color=COLOURS["random labels"], label=label
        )
    axes.plot([], [], ":", color="black", label="rewired by length")
    axes.set(ylim=(-0.03, 1.6), yticks=np.linspace(0, 1, 6), title="programs that fit")
    axes.set_xlabel("largest number of bits of a program")
    axes.set_ylabel("share in the largest cluster")
    axes.legend(fontsize="small", ncols=2, loc="upper left")


def _draw_percolation(rows, by_length, colours, axes):
    for graph, line in ((EDIT, "-"), (REWIRED, ":")):
        wanted = "percolation", "programs", graph
        curve = [r for r in rows if (r["row"], r["nodes"], r["graph"]) == wanted]
        curve = [r for r in curve if r["kept"] * r["size"] >= FEW]
        if curve:
            x, y = ([r[key] for r in curve] for key in ("kept", "largest"))
            axes.plot(x, y, line, color="black", label=f"random part, {graph}")
            axes.axvline(curve[0]["threshold"], color="black", linestyle=line, linewidth=0.7)
    for r in last_rows(by_length, "programs"):
        if r["graph"] == EDIT and r["fit"] >= FEW:
            colour = colours[r["task"]] if r["labels"] == "true" else COLOURS["random labels"]
            axes.plot(r["fit"] / r["size"], r["largest"], "o", color=colour, markersize=5)
    axes.set(xscale="log", ylim=(-0.03, 1.35), yticks=np.linspace(0, 1, 6))
    axes.set_title("programs that fit, and random parts")
    axes.set_xlabel("size, as a share of all programs")
    axes.set_ylabel("share in the largest cluster")
    axes.legend(fontsize="small", loc="upper left")


def _draw_degeneracy(rows, axes):
    bits = [r["bits"] for r in rows]
    style = {"color": COLOURS["program"]}
    axes.plot(bits, [r["log2_degeneracy"] for r in rows], "-o", label="mean", **style)
    axes.plot(bits, [np.log2(r["size"]) for r in rows], "--o", label="largest", **style)
    axes.set_title("programs of one behaviour")
    axes.set_xlabel("bits of the shortest of them")
    axes.set_ylabel("log2 of their number")
    axes.legend(handlelength=3)


def _draw_search(rows, tasks, axes):
    places = np.arange(len(tasks))
    bars = (
        (EDIT, "greedy", "greedy"),
        (REWIRED, "greedy", "greedy, rewired"),
        (EDIT, "reachable", "never rising"),
    )
    for k, ((graph, key, name), color) in enumerate(
        zip(bars, ("black", "0.45", "0.75"), strict=True)
    ):
        wanted = "search", "programs", graph, "true"
        found = [r for r in rows if (r["row"], r["nodes"], r["graph"], r["labels"]) == wanted]
        x = places[: len(found)] + 0.27 * (k - 1)
        axes.bar(x, [r[key] for r in found], 0.25, color=color, label=name)
    axes.set_xticks(places, [_short(task) for task in tasks], fontsize="small")
    axes.set(ylim=(0, 1.2), title="search by single edits")
    axes.set_ylabel("share of starts that come to fit")
    place = {"loc": "upper center", "ncols": 3}
    axes.legend(**place, fontsize="small", columnspacing=0.8, handlelength=1)


def _short(task):
    """A task's name without the parts that all tasks share."""
    return task.partition(",train")[0].replace("n=4,", "")


def last_rows(rows, nodes):
    """Rows by length at the largest budget."""
    mine = [r for r in rows if (r["row"], r["nodes"]) == ("length", nodes)]
    return [r for r in mine if r["bits"] == max(o["bits"] for o in mine if o["task"] == r["task"])]
