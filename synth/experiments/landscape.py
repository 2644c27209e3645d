"""Programs that fit hang together far more than in a rewired graph, random labels' as well.

The graph of all programs up to some bits, joined by one edit (`synth.dynamics.landscape`),
and in it those that are right on every training row: how many of them hang together at
each length, how many programs a behaviour has, how many a local search reaches, and where
a random part of the graph falls apart.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synth import tasks
from synth.dynamics import EDITS, USUAL, connectivity, largest_budget, program_landscape
from synth.experiments.base import refuse_repeated, setting, spawn_seeds
from synth.language import UNIT

CONTROL = (
    "edges rewired at random, each node with as many as it has (and, beside that, as many to "
    "nodes of each length): the programs that fit fall apart"
)
COLUMNS = ("row", "nodes", "graph", "task", "labels", "bits", "fit", "largest", "inside")
PANELS = (2, 2)

#: The graphs: that of the edits, and two null models.
EDIT, REWIRED, BY_LENGTH = GRAPHS = ("edits", "rewired", "rewired by length")
#: Of fewer programs that fit, the share in the largest cluster says little.
FEW = 10


@dataclass(frozen=True)
class Settings:
    tasks: tuple[str, ...] = setting(
        ("conjunction:n=4,k=2,train=8", "parity:n=4,k=2,train=8", "parity:n=4,k=3,train=8"),
        "tasks",
    )
    dsl: str | None = setting(None, "their DSL; the built-in one unless given")
    programs: int = setting(350_000, "the budget of bits is the largest with no more", low=2)
    edits: tuple[str, ...] = setting(USUAL, "the edits: " + ", ".join(EDITS), choices=EDITS)
    random: int = setting(5, "random labelings of each task", low=1)
    sweeps: int = setting(3, "proposals of a swap for every edge", low=1)
    runs: int = setting(10, "random orders of the nodes for percolation", low=1)
    levels: int = setting(12, "lengths that are looked at, at most", low=2)
    seed: int = setting(0, "of random labels, swaps and orders", low=0)


_EMPTY = dict.fromkeys((
    "row", "nodes", "graph", "task", "labels", "draw", "bits", "size", "edges", "fit",
    "behaviours", "log2_degeneracy", "largest", "clusters", "from_shortest", "from_random",
    "inside", "greedy", "steps", "reachable", "kept", "finite", "threshold", "spread",
    "random_graph",
))  # fmt: skip


def run(settings, map):
    refuse_repeated(settings.tasks, "tasks")
    refuse_repeated(settings.edits, "edits")
    groups = {}
    for spec in settings.tasks:
        task = tasks.load_task(spec)
        columns = [(n, str(task.types[n]), c.tobytes()) for n, c in task.columns.items()]
        groups.setdefault((str(task.label_type), *columns), []).append(spec)
    draws = spawn_seeds(settings.seed, settings.random)
    kinds = [(specs, graph) for specs in groups.values() for graph in GRAPHS]
    seeds = spawn_seeds(settings.seed + 1, len(kinds))
    items = [(settings, *kind, draws, seed) for kind, seed in zip(kinds, seeds, strict=True)]
    for rows in map(_measured, items):
        yield from rows


def _measured(item):
    """All rows of one graph: of its programs, then of its behaviours."""
    settings, specs, graph, draws, seed = item
    programs, label_type = _landscape(settings.dsl, specs[0], settings.programs, settings.edits)
    levels = np.unique(programs.units)
    picked = np.linspace(0, len(levels) - 1, min(settings.levels, len(levels))).round()
    levels = levels[picked.astype(int)]
    found = [*_degeneracy(programs)] if graph == EDIT else []
    for nodes, landscape in (("programs", programs), ("behaviours", programs.behaviours())):
        if graph != EDIT:
            level = np.searchsorted(levels, landscape.units) if graph == BY_LENGTH else None
            landscape = landscape.rewired(seed, sweeps=settings.sweeps, levels=level)
        common = {
            "nodes": nodes, "graph": graph, "size": len(landscape), "edges": landscape.edges
        }  # fmt: skip
        for spec in specs:
            task = tasks.load_task(spec)
            twins = [("true", None, task)]
            twins += [("random", k, task.permuted(draw)) for k, draw in enumerate(draws)]
            for labels, number, twin in twins:
                told = common | {"task": spec, "labels": labels, "draw": number}
                wrong = _errors(landscape, twin, label_type)
                found += _lengths(landscape, wrong, levels / UNIT, told)
                found.append(_search(landscape, wrong, seed, told))
        found += _percolation(landscape, settings.runs, seed, common)
    return [_EMPTY | row for row in found]


@lru_cache(maxsize=1)
def _landscape(dsl, spec, most, edits):
    """The `Landscape` of a task's columns, and the type of its programs."""
    fitted = tasks.fit(dsl, tasks.load_task(spec))
    task, grammar, root = fitted.task, fitted.grammar, fitted.root
    bits = largest_budget(grammar, most, type=root)
    found = program_landscape(
        grammar, task.columns, max_bits=bits, type=root, edits=edits, most_nodes=4 * most
    )
    return found, root


def _errors(landscape, task, root):
    """On how many training rows each node is wrong, int64 (N,)."""
    says = root.coarse(landscape.values[:, task.train])
    wrong = says != root.coarse(task.labels[task.train].astype(root.dtype))
    return wrong.sum(axis=1)[landscape.behaviour]


def _lengths(landscape, wrong, budgets, told):
    fit = wrong == 0
    found = connectivity.clusters(landscape, fit, budgets)
    for k, bits in enumerate(found.budgets.tolist()):
        count = int(found.chosen[k])
        row = told | {"row": "length", "bits": bits, "size": int(found.nodes[k]), "fit": count}
        if count:
            different = len(np.unique(landscape.behaviour[: found.nodes[k]][fit[: found.nodes[k]]]))
            row |= {
                "behaviours": different, "log2_degeneracy": float(np.log2(count / different)),
                "largest": float(found.largest[k] / count), "clusters": int(found.clusters[k]),
                "from_shortest": float(found.from_shortest[k] / count),
                "from_random": float(found.from_random[k] / count),
                "inside": float(found.inside[k]),
            }  # fmt: skip
        yield row


def _search(landscape, wrong, seed, told):
    ends, steps = connectivity.descend(landscape, wrong, seed)
    return told | {
        "row": "search", "bits": float(landscape.bits[-1]), "fit": int((wrong == 0).sum()),
        "greedy": float((wrong[ends] == 0).mean()), "steps": float(steps.mean()),
        "reachable": float(connectivity.reachable(landscape, wrong).mean()),
    }  # fmt: skip


def _percolation(landscape, runs, seed, told):
    found = connectivity.percolation(landscape, runs=runs, points=240, seed=seed)
    formula = connectivity.random_graph_threshold(landscape.degrees)
    for k in range((len(found.kept) - 1) % 3, len(found.kept), 3):  # the last one too
        kept = int(found.kept[k])
        yield told | {
            "row": "percolation", "kept": kept / len(landscape),
            "largest": float(found.largest[k]), "finite": float(found.finite[k]),
            "threshold": found.threshold, "spread": found.spread, "random_graph": formula,
        }  # fmt: skip


def _degeneracy(programs):
    """Programs a behaviour, by the bits of its shortest: the mean of their log2, and the most."""
    behaviours = programs.behaviours()
    many = np.log2(behaviours.programs)
    for units in np.unique(behaviours.units).tolist():
        here = many[behaviours.units == units]
        yield {
            "row": "degeneracy", "nodes": "behaviours", "graph": EDIT, "bits": units / UNIT,
            "behaviours": len(here), "log2_degeneracy": float(here.mean()),
            "size": int(2 ** here.max() + 0.5),
        }  # fmt: skip


def summarise(rows):
    found = {
        f"{nodes}: nodes, edges": [r["size"], r["edges"]]
        for nodes in ("programs", "behaviours")
        for r in [next(r for r in rows if (r["row"], r["nodes"]) == ("percolation", nodes))]
    }
    true = [r for r in _last(rows, "programs") if r["labels"] == "true"]
    random = [r for r in _last(rows, "programs") if r["labels"] == "random" and r["fit"] >= FEW]
    for task in dict.fromkeys(r["task"] for r in true):
        mine = {r["graph"]: r for r in true if r["task"] == task}
        edits = mine[EDIT]
        found[task] = {
            "fit": edits["fit"], "share of all": edits["fit"] / edits["size"],
            "behaviours": edits["behaviours"], "log2 degeneracy": edits["log2_degeneracy"],
            "share in the largest cluster": _by_graph(mine, "largest"),
            "neighbours that fit": _by_graph(mine, "inside"),
        }  # fmt: skip
        search = {r["graph"]: r for r in rows if (r["row"], r["nodes"], r["task"], r["labels"])
                  == ("search", "programs", task, "true")}  # fmt: skip
        found[task] |= {
            f"share that {what} brings to fit": _by_graph(search, key)
            for what, key in (
                ("greedy descent", "greedy"),
                ("a path that never rises", "reachable"),
            )
        }
    found["percolation threshold, share of programs"] = {
        r["graph"]: f"{r['threshold']:.4f} ± {r['spread']:.4f}, in a random graph of these degrees "
        f"{r['random_graph']:.4f}"
        for r in rows
        if (r["row"], r["nodes"], r["kept"]) == ("percolation", "programs", 1.0)
    }
    found["random labels: labelings with ten and more programs that fit"] = sum(
        r["graph"] == EDIT for r in random
    )
    for what, key in (
        ("share in the largest cluster", "largest"),
        ("neighbours that fit", "inside"),
    ):
        found[f"random labels: {what}"] = {
            graph: float(np.mean([r[key] for r in random if r["graph"] == graph]))
            for graph in GRAPHS if any(r["graph"] == graph for r in random)
        }  # fmt: skip
    for graph in (REWIRED, BY_LENGTH):
        ratios = _gains(true + random, graph)
        found[f"control: labelings with more neighbours that fit by edits than {graph}"] = (
            f"{sum(r > 1 for r in ratios)} of {len(ratios)}"
        )
        if ratios:
            found[f"control: how many times as many, median, {graph}"] = float(np.median(ratios))
    return found


def _last(rows, nodes):
    """Rows by length at the largest budget."""
    mine = [r for r in rows if (r["row"], r["nodes"]) == ("length", nodes)]
    return [r for r in mine if r["bits"] == max(o["bits"] for o in mine if o["task"] == r["task"])]


def _by_graph(rows, key):
    return ", ".join(
        f"{graph} {rows[graph][key]:.3g}"
        for graph in GRAPHS if graph in rows and rows[graph][key] is not None
    )  # fmt: skip


def _gains(rows, graph):
    """Ratios of the neighbours that fit, by edits to those in another graph, a labeling each.

    Of labelings that no program fits there is none.
    """
    of = {(r["task"], r["labels"], r["draw"], r["graph"]): r["inside"] for r in rows if r["fit"]}
    pairs = [(n, of[*k, graph]) for (*k, g), n in of.items() if g == EDIT and (*k, graph) in of]
    return [a / b if b else math.inf if a else 1.0 for a, b in pairs]


def draw(rows, axes):
    lengths, percolation, degeneracy, search = axes
    mine = [r for r in rows if r["row"] == "length" and r["nodes"] == "programs"]
    names = dict.fromkeys(r["task"] for r in mine)
    colours = dict(zip(names, [f"C{k}" for k in range(len(names))], strict=True))
    for task in names:
        for graph, line in ((EDIT, "-"), (BY_LENGTH, ":")):
            curve = [r for r in mine if (r["task"], r["graph"], r["labels"])
                     == (task, graph, "true") and r["fit"] >= FEW]  # fmt: skip
            lengths.plot(
                [r["bits"] for r in curve], [r["largest"] for r in curve], line + "o",
                color=colours[task], label=_short(task) if graph == EDIT else None,
            )  # fmt: skip
    for graph, line in ((EDIT, "-"), (BY_LENGTH, ":")):
        found = {}
        for r in mine:
            if (r["graph"], r["labels"]) == (graph, "random") and r["fit"] >= FEW:
                found.setdefault(r["bits"], []).append(r["largest"])
        lengths.plot(
            sorted(found), [np.mean(found[b]) for b in sorted(found)], line + "o", color="grey",
            label="random labels, mean" if graph == EDIT else None,
        )  # fmt: skip
    lengths.plot([], [], ":", color="black", label="rewired by length")
    lengths.set(ylim=(-0.03, 1.03), xlabel="programs of at most so many bits")
    lengths.set_ylabel("of those that fit, in the largest cluster")
    lengths.legend(fontsize="small")
    _draw_percolation(rows, mine, percolation, colours)
    some = [r for r in rows if r["row"] == "degeneracy"]
    bits = [r["bits"] for r in some]
    degeneracy.plot(bits, [r["log2_degeneracy"] for r in some], "-o", label="mean")
    degeneracy.plot(bits, [np.log2(r["size"]) for r in some], "--o", label="most")
    degeneracy.set_xlabel("bits of the behaviour's shortest program")
    degeneracy.set_ylabel("log2 of its programs")
    places = np.arange(len(names))
    for k, (graph, key, name) in enumerate((
        (EDIT, "greedy", "greedy"), (REWIRED, "greedy", "greedy, rewired"),
        (EDIT, "reachable", "never rising"),
    )):  # fmt: skip
        values = [r[key] for r in rows if (r["row"], r["nodes"], r["graph"], r["labels"])
                  == ("search", "programs", graph, "true")]  # fmt: skip
        search.bar(places[: len(values)] + 0.27 * (k - 1), values, 0.25, label=name)
    search.set_xticks(places, [_short(task) for task in names], fontsize="small")
    search.set(ylim=(0, 1.2), ylabel="share of starts that come to fit")
    search.legend(fontsize="small", ncols=3, loc="upper center", columnspacing=0.8,
                  handlelength=1)  # fmt: skip


def _draw_percolation(rows, lengths, axes, colours):
    for graph, line, colour in ((EDIT, "-", "black"), (REWIRED, ":", "black")):
        curve = [r for r in rows if r["row"] == "percolation" and r["nodes"] == "programs"
                 and r["graph"] == graph and r["kept"] * r["size"] >= FEW]  # fmt: skip
        if curve:
            axes.plot([r["kept"] for r in curve], [r["largest"] for r in curve], line,
                      color=colour, label=f"random part, {graph}")  # fmt: skip
            axes.axvline(curve[0]["threshold"], color=colour, linestyle=line, linewidth=0.7)
    for r in _last(lengths, "programs"):
        if r["graph"] == EDIT and r["fit"] >= FEW:
            colour = colours[r["task"]] if r["labels"] == "true" else "grey"
            axes.plot(r["fit"] / r["size"], r["largest"], "o", color=colour, markersize=5)
    axes.set(xscale="log", ylim=(-0.03, 1.03), xlabel="share of all programs")
    axes.set_ylabel("of them, in the largest cluster")
    axes.legend(fontsize="small", title="dots: programs that fit", title_fontsize="small")


def _short(task):
    """A task's name without what is the same of all."""
    return task.partition(",train")[0].replace("n=4,", "")
