"""The summary and the figure of `convergence`."""

from synth.experiments.base import present_mean
from synth.experiments.rows import share, verdict
from synth.learners import language_learner as learners
from synth.learners import pairwise, sharing
from synth.report import COLOURS, shades


def _mean(rows, what="agreement", **wanted):
    """The mean of a column over the rows with the wanted values; None if it has no value."""
    return present_mean(r[what] for r in rows if all(r[k] == v for k, v in wanted.items()))


def _values(rows, key, **wanted):
    """The distinct values of a column, in order, over the rows with the wanted values."""
    return list(dict.fromkeys(r[key] for r in rows if all(r[k] == v for k, v in wanted.items())))


def summarise(rows):
    sizes = _values(rows, "rows", row="agreement")
    n = learners.KNOWN if learners.KNOWN in sizes else max(sizes)
    here = [r for r in rows if r["row"] == "agreement" and r["rows"] == n]
    features = [r for r in rows if r["row"] == "random features"]
    found = {}
    for relation, what in (("basis", "bases"), ("encoding", "encodings")):
        found[f"agreement_of_{what}_at_{n}_rows"] = {
            target: _mean(here, relation=relation, labels="true", target=target)
            for target in _values(here, "target")
        }
    random = {"relation": "basis", "labels": "random"}
    return found | {
        "steps": _groups(rows, "steps", ("r2", "back", "cka", "r2_null", "cka_null")),
        "searches": _groups(rows, "searches", (*pairwise.PREDICTIONS, "r2", "back", "r2_null")),
        "control_random_labels": {
            "mean": _mean(here, **random),
            **{
                pair: _mean(here, **random, pair=pair)
                for pair in _values(here, "pair", relation="basis")
            },
        },
        "control_unseen_rows_permuted": {
            labels: _mean(here, "agreement_null", relation="basis", labels=labels)
            for labels in ("true", "random")
        },
        "control_inputs_shuffled": _mean(here, relation="shuffled", labels="true"),
        "control_random_features": {
            str(r["count"]): {"plain": r["plain"], "debiased": r["cka"]} for r in features
        },
        "verdict": _verdict(rows, here),
    }


def _verdict(rows, here):
    """here: the rows of agreement at the number of training rows that is compared."""
    claim, control = [], []
    for relation, what in (("basis", "bases"), ("encoding", "encodings")):
        random = _mean(here, relation=relation, labels="random")
        means = [
            _mean(here, relation=relation, labels="true", target=target)
            for target in _values(here, "target", relation=relation, labels="true")
        ]
        more, of = share(m > random for m in means if None not in (m, random))
        claim.append(
            (more, f"two {what} agree more on true than on random labels for {of} targets")
        )
    steps = [
        r
        for r in rows
        if r["row"] == "steps" and r["relation"] in ("basis", "encoding") and r["r2"] is not None
    ]
    steps = [r for r in steps if r["left_out"] == "inputs"]
    if steps:
        r2, null = _mean(steps, "r2"), _mean(steps, "r2_null")
        claim.append((r2 > null + 0.1, f"their steps have a mean R2 of {r2:.2f}"))
        control.append((abs(null) < 0.1, f"R2 is {null:.2f} with the rows of a program permuted"))
    shuffled = _mean(here, relation="shuffled", labels="true")
    if shuffled is not None:
        words = f"agreement with shuffled inputs is {shuffled:.2f}"
        control.append((abs(shuffled - 0.5) < 0.1, words))
    right = _mean(here, "accuracy", relation="basis", labels="random")
    if right is not None:
        words = f"on random labels {right:.2f} of the unseen rows are right"
        control.append((abs(right - 0.5) < 0.05, words))
    return verdict(claim, control)


def _groups(rows, row, keys):
    """Means over pairs of steps of one kind; joint steps only if there are no inner ones."""
    groups = {}
    for r in rows:
        if r["row"] == row and (r["r2"] is not None or r["set"] == "joint"):
            name = f"{r['relation']}: {r['target']}" + ", random labels" * (r["labels"] == "random")
            kind = r["set"] + ", outputs left out" * (r["left_out"] == "outputs")
            groups.setdefault(name, {}).setdefault(kind, []).append(r)
    return {
        f"{name} ({kind})": {key: _mean(group, key) for key in keys}
        for name, kinds in groups.items()
        for kind, group in kinds.items()
        if kind != "joint" or "inner" not in kinds
    }


# -- the figure -------------------------------------------------------------------

#: The steps that are drawn: relation, set, what is left out, and a label.
DRAWN = (
    ("sum and product", "joint", "inputs", "sums, roots of unity"),
    ("sum and product", "joint, inner", "inputs", "sums, products of roots"),
    ("frequencies", "inner", "inputs", "two frequencies"),
    ("frequencies, aligned", "inner", "inputs", "the same up to x → cx"),
    ("relabelled", "joint", "inputs", "residues times 2"),
    ("basis", "inner", "inputs", "two languages"),
    ("basis", "inner", "outputs", "the same, outputs left out"),
    ("encoding", "inner", "inputs", "two encodings"),
    ("shuffled", "inner", "inputs", "inputs shuffled"),
    ("unrelated", "joint", "inputs", "unrelated, 4 bits"),
    ("unrelated residues", "joint", "inputs", "unrelated, residues"),
)


CAPTION = """(a, b) How often two learners agree on unseen rows: programs in two languages, or under
two encodings of the inputs. On random labels, and if one learner has its inputs shuffled, they do
not come to agree; nor do they on every target. (c) One line for each relation of two programs: how
much of the steps of one can be read from the steps of the other (R², dots), and how alike they are
(CKA, crosses). Grey bars and ticks: the same with rows permuted. (d) The steps of two programs for
one function; those in green are in both. (e) As in c, for stochastic searches that differ in seed,
language or labels: how often their answers agree (dots)."""


def draw(rows, axes):
    _draw_agreement(rows, axes[0], "basis", "two languages")
    _draw_agreement(rows, axes[1], "encoding", "two encodings")
    kinds = ("relation", "set", "left_out")
    groups = {
        label: [r for r in rows if r["row"] == "steps" and [r[k] for k in kinds] == key]
        for *key, label in DRAWN
    }
    _draw_groups(axes[2], groups, ("r2", "back"), "R²", "steps of two programs")
    groups = {}
    for r in rows:
        if r["row"] == "searches" and r["set"] == "joint":
            name = r["relation"] + ", residues" * (r["target"] == "x + y")
            name += ", random" * (r["labels"] == "random")
            groups.setdefault(name, []).append(r)
    _draw_groups(axes[4], groups, ("aligned",), "agreement", "two searches")
    for row in rows:
        if row["row"] == "graph":
            _draw_graph(row, axes[3])


def _draw_agreement(rows, axis, relation, what):
    rows = [r for r in rows if r["row"] == "agreement"]
    sizes = _values(rows, "rows")
    lines = {
        target: {"relation": relation, "labels": "true", "target": target}
        for target in _values(rows, "target")
    }
    lines["random labels"] = {"relation": relation, "labels": "random"}
    if relation == "encoding":
        lines["inputs shuffled"] = {"relation": "shuffled", "labels": "true"}
    colors = dict(zip(lines, shades(len(_values(rows, "target"))), strict=False))
    colors |= {"random labels": COLOURS["random labels"], "inputs shuffled": "0.5"}
    for name, wanted in lines.items():
        style = {"color": colors[name]} | ({} if "target" in wanted else {"linestyle": "-"})
        means = [_mean([r for r in rows if r["rows"] == n], **wanted) for n in sizes]
        axis.plot(sizes, means, label=name, **style)
    axis.locator_params("x", integer=True)
    axis.set_xlabel("training rows of 16")
    axis.set(title=what, ylabel="agreement on unseen rows", ylim=(0, 1.03))
    axis.legend(loc="lower left")


def _draw_groups(axis, groups, keys, what, title):
    groups = {name: found for name, found in groups.items() if found}
    for y, found in enumerate(groups.values()):
        for k, (some, marker) in enumerate(((keys, "o"), (("cka",), "x"))):
            x = [r[key] for r in found for key in some if r[key] is not None]
            axis.plot(
                x, [y + k / 4] * len(x), marker, color=("C0", "C4")[k], alpha=0.5, linestyle="none"
            )
            null = [r[f"{key}_null"] for r in found for key in some if r[key] is not None]
            axis.plot(null, [y + k / 4] * len(null), "|", color="0.4", linestyle="none", zorder=0)
        null = [
            r["cka_null"] + sign * 2 * r["cka_spread"]
            for r in found
            for sign in (-1, 1)
            if r["cka_null"] is not None
        ]
        ends = [min(null), max(null)] if null else []
        axis.plot(ends, [y + 0.25] * len(ends), "-", color="0.85", linewidth=6, zorder=-1)
    axis.set_yticks(range(len(groups)), list(groups), fontsize="small")
    axis.invert_yaxis()
    axis.set_xlim(-0.4, 1.05)
    axis.set(title=title, xlabel=f"{what} (dots), CKA (crosses)")


def _draw_graph(row, axis):
    import networkx as nx

    graph = nx.DiGraph(map(tuple, row["edges"]))
    graph.add_nodes_from((n, {"of": of, "texts": texts}) for n, of, texts in row["nodes"])
    sharing.draw_union_graph(graph, axis)
    names = dict(zip(("one", "other"), row["pair"].split(", "), strict=True)) | {"both": "both"}
    colours = {"one": "red", "other": "blue", "both": "green"}
    drawn = {of for _, of, _ in row["nodes"]}
    legend = "; ".join(f"{colours[of]}: {names[of]}" for of in names if of in drawn)
    axis.set_title("steps that two programs share")
    place = {"ha": "center", "va": "top", "transform": axis.transAxes, "fontsize": "small"}
    axis.text(0.5, 0, legend, **place)
