"""Programs that fit are far better connected than in a rewired graph, even for random labels.

The nodes of the graph are all programs up to some number of bits.  An edge joins two programs if
one edit turns one into the other (`synth.dynamics.landscape`).

The experiment looks at the programs that are right on every training row.  At each length, it
measures how many of them are connected and how many share a behaviour.  It also measures the share
of all programs from which a local search reaches one that is right on every training row.  Finally,
it adds nodes in random order and measures the share of nodes at which one large cluster appears
(percolation).
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synth import tasks
from synth.dynamics import EDITS, USUAL, connectivity, largest_budget, program_landscape
from synth.experiments._landscape_figure import BY_LENGTH, EDIT, FEW, GRAPHS, REWIRED, last_rows
from synth.experiments._landscape_figure import CAPTION as CAPTION
from synth.experiments._landscape_figure import draw as draw
from synth.experiments._landscape_verdict import gains, of_landscape
from synth.experiments.base import refuse_repeated, setting, spawn_seeds
from synth.experiments.rows import RowKinds
from synth.language import UNIT

GROUP = "structure"
CONTROL = (
    "The edges are rewired at random, but each node keeps its number of edges. The programs that "
    "fit are then no longer connected. In a second control, each node also keeps, for each "
    "program length, its number of edges to nodes of that length."
)
COLUMNS = ("row", "nodes", "graph", "task", "labels", "bits", "fit", "largest", "inside")
PANELS = 4
SUMMARY = {
    "graph_of_programs": "programs: nodes, edges",
    "graph_of_behaviours": "behaviours: nodes, edges",
    "tasks": "tasks",
    "share_of_all": "share of all",
    "log2_degeneracy": "log2 degeneracy",
    "share_in_largest_cluster": "share in the largest cluster",
    "neighbours_that_fit": "neighbours that fit",
    "share_by_greedy_descent": "share that greedy descent brings to fit",
    "share_by_never_rising": "share that a path that never rises brings to fit",
    "percolation_threshold": "percolation threshold, share of programs",
    "random_labelings": "random labels: labelings with at least ten programs that fit",
    "random_share_in_largest_cluster": "random labels: share in the largest cluster",
    "random_neighbours_that_fit": "random labels: neighbours that fit",
    "control_more_than_rewired": (
        "control: labelings with more neighbours that fit by edits than rewired"
    ),
    "control_ratio_to_rewired": "control: how many times as many, median, rewired",
    "control_more_than_rewired_by_length": (
        "control: labelings with more neighbours that fit by edits than rewired by length"
    ),
    "control_ratio_to_rewired_by_length": (
        "control: how many times as many, median, rewired by length"
    ),
    "verdict": "verdict",
}


@dataclass(frozen=True)
class Settings:
    tasks: tuple[str, ...] = setting(
        ("conjunction:n=4,k=2,train=8", "parity:n=4,k=2,train=8", "parity:n=4,k=3,train=8"),
        "Tasks.",
    )
    dsl: str | None = setting(None, "DSL.  [default: the built-in DSL that fits each task]")
    programs: int = setting(
        350_000,
        "Largest number of programs. The limit on bits is set as high as possible without "
        "exceeding this number.",
        low=2,
    )
    edits: tuple[str, ...] = setting(
        USUAL, "Edits that join two programs: any of relabel, insert, grow and swap.", choices=EDITS
    )
    random: int = setting(5, "Number of random labellings of each task.", low=1)
    sweeps: int = setting(3, "Number of proposed swaps per edge in rewiring.", low=1)
    runs: int = setting(10, "Number of random orders of the nodes for percolation.", low=1)
    levels: int = setting(12, "Largest number of program lengths to examine.", low=2)
    seed: int = setting(0, "Seed for the random labels, swaps and orders.", low=0)


GRAPH = "row nodes graph size edges"
CASE = f"{GRAPH} task labels draw bits fit"
CLUSTERS = "behaviours log2_degeneracy largest clusters from_shortest from_random inside"
ROWS = RowKinds(
    (
        "row", "nodes", "graph", "task", "labels", "draw", "bits", "size", "edges", "fit",
        "behaviours", "log2_degeneracy", "largest", "clusters", "from_shortest", "from_random",
        "inside", "greedy", "steps", "reachable", "kept", "finite", "threshold", "spread",
        "random_graph",
    ),
    degeneracy="row nodes graph bits behaviours log2_degeneracy size",
    length=f"{CASE} {CLUSTERS}",
    search=f"{CASE} greedy steps reachable",
    percolation=f"{GRAPH} kept largest finite threshold spread random_graph",
)  # fmt: skip


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
    """All rows of one graph: first those of its programs, then those of its behaviours."""
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
        graph_of = {"nodes": nodes, "graph": graph, "size": len(landscape)}
        common = graph_of | {"edges": landscape.edges}
        for spec in specs:
            task = tasks.load_task(spec)
            twins = [("true", None, task)]
            twins += [("random", k, task.permuted(draw)) for k, draw in enumerate(draws)]
            for labels, number, twin in twins:
                case = common | {"task": spec, "labels": labels, "draw": number}
                wrong = _errors(landscape, twin, label_type)
                found += _lengths(landscape, wrong, levels / UNIT, case)
                found.append(_search(landscape, wrong, seed, case))
        found += _percolation(landscape, settings.runs, seed, common)
    return found


@lru_cache(maxsize=1)
def _landscape(dsl, spec, most, edits):
    """(the `Landscape` of a task's columns, the type of its programs)."""
    fitted = tasks.fit(dsl, tasks.load_task(spec))
    task, grammar, root = fitted.task, fitted.grammar, fitted.root
    bits = largest_budget(grammar, most, type=root)
    found = program_landscape(
        grammar, task.columns, max_bits=bits, type=root, edits=edits, most_nodes=4 * most
    )
    return found, root


def _errors(landscape, task, root):
    """The number of training rows on which each node is wrong, int64 (N,)."""
    says = root.coarse(landscape.values[:, task.train])
    wrong = says != root.coarse(task.labels[task.train].astype(root.dtype))
    return wrong.sum(axis=1)[landscape.behaviour]


def _lengths(landscape, wrong, budgets, case):
    """Rows by budget of bits: the programs that fit and how they are connected."""
    fit = wrong == 0
    found = connectivity.clusters(landscape, fit, budgets)
    for k, bits in enumerate(found.budgets.tolist()):
        size, count = int(found.nodes[k]), int(found.chosen[k])
        figures = dict.fromkeys(CLUSTERS.split())
        if count:
            different = len(np.unique(landscape.behaviour[:size][fit[:size]]))
            figures = {
                "behaviours": different,
                "log2_degeneracy": float(np.log2(count / different)),
                "largest": float(found.largest[k] / count),
                "clusters": int(found.clusters[k]),
                "from_shortest": float(found.from_shortest[k] / count),
                "from_random": float(found.from_random[k] / count),
                "inside": float(found.inside[k]),
            }
        row = case | {"row": "length", "bits": bits, "size": size, "fit": count}
        yield ROWS("length", **row, **figures)


def _search(landscape, wrong, seed, case):
    """The row of local searches from every node."""
    ends, steps = connectivity.descend(landscape, wrong, seed)
    return ROWS(
        "search",
        row="search",
        **case,
        bits=float(landscape.bits[-1]),
        fit=int((wrong == 0).sum()),
        greedy=float((wrong[ends] == 0).mean()),
        steps=float(steps.mean()),
        reachable=float(connectivity.reachable(landscape, wrong).mean()),
    )


def _percolation(landscape, runs, seed, common):
    """Rows by share of nodes kept at random."""
    found = connectivity.percolation(landscape, runs=runs, points=240, seed=seed)
    formula = connectivity.random_graph_threshold(landscape.degrees)
    for k in range((len(found.kept) - 1) % 3, len(found.kept), 3):  # includes the last one
        yield ROWS(
            "percolation",
            row="percolation",
            **common,
            kept=int(found.kept[k]) / len(landscape),
            largest=float(found.largest[k]),
            finite=float(found.finite[k]),
            threshold=found.threshold,
            spread=found.spread,
            random_graph=formula,
        )


def _degeneracy(programs):
    """Programs per behaviour, by the bits of its shortest: the mean of their log2, and the most."""
    behaviours = programs.behaviours()
    many = np.log2(behaviours.programs)
    for units in np.unique(behaviours.units).tolist():
        here = many[behaviours.units == units]
        yield ROWS(
            "degeneracy",
            row="degeneracy",
            nodes="behaviours",
            graph=EDIT,
            bits=units / UNIT,
            behaviours=len(here),
            log2_degeneracy=float(here.mean()),
            size=int(2 ** here.max() + 0.5),
        )


def summarise(rows):
    found = {}
    for nodes in ("programs", "behaviours"):
        row = next(r for r in rows if (r["row"], r["nodes"]) == ("percolation", nodes))
        found[f"graph_of_{nodes}"] = [row["size"], row["edges"]]
    last = last_rows(rows, "programs")
    true = [r for r in last if r["labels"] == "true"]
    random = [r for r in last if r["labels"] == "random" and r["fit"] >= FEW]
    found["tasks"] = {
        task: _of_task(rows, [r for r in true if r["task"] == task])
        for task in dict.fromkeys(r["task"] for r in true)
    }
    found["percolation_threshold"] = {
        r["graph"]: f"{r['threshold']:.4f} ± {r['spread']:.4f}, in a random graph of these degrees "
        f"{r['random_graph']:.4f}"
        for r in rows
        if (r["row"], r["nodes"], r["kept"]) == ("percolation", "programs", 1.0)
    }
    found["random_labelings"] = sum(r["graph"] == EDIT for r in random)
    found["random_share_in_largest_cluster"] = _means(random, "largest")
    found["random_neighbours_that_fit"] = _means(random, "inside")
    for graph in (REWIRED, BY_LENGTH):
        ratios, name = gains(true + random, EDIT, graph), graph.replace(" ", "_")
        found[f"control_more_than_{name}"] = f"{sum(r > 1 for r in ratios)} of {len(ratios)}"
        if ratios:
            found[f"control_ratio_to_{name}"] = float(np.median(ratios))
    largest = _means([r for r in true + random if r["fit"]], "largest")
    found["verdict"] = of_landscape(
        *(gains(some, EDIT, REWIRED) for some in (true, random)),
        *(largest.get(graph) for graph in (EDIT, REWIRED)),
    )
    return found


def _of_task(rows, last):
    """The figures of a task with true labels; last: its rows by length at the largest budget."""
    mine = {r["graph"]: r for r in last}
    edits = mine[EDIT]
    wanted = "search", "programs", edits["task"], "true"
    search = {
        r["graph"]: r for r in rows if (r["row"], r["nodes"], r["task"], r["labels"]) == wanted
    }
    return {
        "fit": edits["fit"],
        "share_of_all": edits["fit"] / edits["size"],
        "behaviours": edits["behaviours"],
        "log2_degeneracy": edits["log2_degeneracy"],
        "share_in_largest_cluster": _by_graph(mine, "largest"),
        "neighbours_that_fit": _by_graph(mine, "inside"),
        "share_by_greedy_descent": _by_graph(search, "greedy"),
        "share_by_never_rising": _by_graph(search, "reachable"),
    }


def _means(rows, key):
    """{graph: mean}, for the graphs that have rows."""
    return {
        graph: float(np.mean([r[key] for r in rows if r["graph"] == graph]))
        for graph in GRAPHS
        if any(r["graph"] == graph for r in rows)
    }


def _by_graph(rows, key):
    return ", ".join(
        f"{graph} {rows[graph][key]:.3g}"
        for graph in GRAPHS
        if graph in rows and rows[graph][key] is not None
    )
