"""Different languages, seeds and encodings come to the same function, and share some steps.

Learners of functions of 4 bits differ in their language (boolean bases) or in how they see
the 16 inputs.  Each says of unseen rows what its shortest programs that are right on the
training rows say, the mean over ties.  Stochastic searches over programs drawn from the
prior do so for several seeds, and for addition modulo p by sums and by roots of unity.  Then
the steps: the values of subexpressions that read two inputs or more (joint), and of those
the ones that are not the output (inner), by R² of a linear map on rows left out, and by
linear CKA; see `synth.learners.similarity`.

aligned: agreement up to the symmetries of the target; of searches, up to x -> cx of labels.
Both have the chance level with rows permuted beside them, as all figures of steps have.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from synth.errors import SettingError
from synth.experiments.base import present_mean, refuse_repeated, setting, sizes_below, spawn_seeds
from synth.learners import Learner, agreement, pairwise, sharing, similarity
from synth.learners import language_learner as learners
from synth.tasks import BITS, DIGITS, TARGETS, apart

CONTROL = (
    "random labels, unrelated tasks and shuffled inputs; and every figure of steps with the rows "
    "of one program permuted"
)
COLUMNS = ("row", "relation", "pair", "target", "labels", "rows", "set", "left_out", "agreement",
           "aligned", "r2", "back", "cka", "plain", "r2_null", "cka_null")  # fmt: skip
PANELS = (3, 2)

BASES = ("and-or-not", "and-or-xor-not", "anf", "nand", "ite")
#: Which steps of one program are compared with which of the other, and what is left out.  A map
#: to the output learns nothing of an output that is left out.
STEPS = ("joint", "joint", "inputs"), ("inner", "inner", "inputs"), ("inner", "inner", "outputs")
#: A sum of residues has no inner steps.
SUM_STEPS = STEPS[0], ("joint", "inner", "inputs")
#: How many features are drawn at random, and pairs of them.
WIDTHS, PAIRS = (1, 2, 4, 8, 16, 32, 64), 200

_EMPTY = dict.fromkeys((
    "row", "relation", "pair", "target", "labels", "rows", "set", "left_out", "count", "accuracy",
    *pairwise.PREDICTIONS, *(name + end for name in pairwise.STEPS for end in pairwise.ENDINGS),
    "nodes", "edges",
))  # fmt: skip


@dataclass(frozen=True)
class Settings:
    bases: tuple[str, ...] = setting(
        ("and-or-not", "anf", "nand", "ite"), "boolean bases, two and more", choices=BASES
    )
    targets: tuple[str, ...] = setting(
        ("x0 & x1", "x2 ^ x3", "multiplexer", "x0 & x1 | x2 & x3"), "functions of 4 bits",
        choices=TARGETS,
    )  # fmt: skip
    rows: tuple[int, ...] = setting((2, 4, 6, 8, 10, 12, 14), "training rows", low=0, high=15)
    splits: int = setting(100, "random splits of each size", low=1)
    random: int = setting(3, "random labelings a split", low=1)
    p: int = setting(11, "modulus of the addition, a prime", low=7, high=31)
    seeds: int = setting(3, "stochastic searches of each language", low=2)
    draws: int = setting(3, "training sets for them", low=1)
    samples: int = setting(200_000, "programs each draws, of residues an eighth", low=1000)
    steps: int = setting(1_000_000, "of each search", low=1000)
    permutations: int = setting(100, "of rows, for the nulls", low=10)
    seed: int = setting(0, "of all that is random", low=0)


def run(settings, map):
    refuse_repeated(settings.bases, "bases")
    refuse_repeated(settings.targets, "targets")
    refuse_repeated([*map(str, settings.rows)], "rows")
    if len(settings.bases) < 2:
        raise SettingError(f"bases={','.join(settings.bases)}; allowed: two and more")
    if any(settings.p % d == 0 for d in range(2, settings.p)):
        raise SettingError(f"p={settings.p}; allowed: primes, 7..31")
    sizes = sizes_below(settings.rows, 16)
    seeds = spawn_seeds(settings.seed, 5)
    for row in map(_random_features, [(width, seeds[0]) for width in WIDTHS]):
        yield _EMPTY | row
    every = [Learner(f"boolean:basis={basis}", "binary") for basis in settings.bases]
    every += [Learner(every[0].dsl, encoding) for encoding in DIGITS[1:]]
    common = settings.targets, sizes, settings.splits, settings.random, seeds[1]
    answers = map(learners.shortest_item, [(one, *common) for one in every])
    learned = dict(zip(every, answers, strict=False))
    if len(learned) < len(every):
        return
    items = [
        (relation, one.name, other.name, learned[one]["says"], learned[other]["says"], *common)
        for relation, one, other in _pairs(every)
    ]
    for rows in map(_agreements, items):
        yield from (_EMPTY | row for row in rows)
    yield from _steps(settings, learned, seeds[2], map)
    yield from _searches(settings, seeds[3:], map)
    yield _graph(settings, learned)


# -- the shortest programs --------------------------------------------------------


def _pairs(every):
    """(relation, one, other) of learners in different bases, or the first in two encodings."""
    first = next(iter(every))
    for one, other in combinations(every, 2):
        if other.encoding == "binary":
            yield "basis", one, other
        elif one == first:
            yield "shuffled" if other.encoding == "shuffled" else "encoding", one, other


def _agreements(item):
    """How often two learners agree: rows, one of each size, target and kind of labels.

    says: as of `learners.shortest_item`, of both.
    """
    relation, one, other, *says, targets, sizes, splits, random, seed = item
    moves, flips = agreement.signed_permutations(4), np.array([[0, 1], [1, 0]])
    truths = [TARGETS[target](BITS) for target in targets]
    generator, rows = np.random.default_rng(seed), []
    for s, size in enumerate(sizes):
        given = list(learners.splits_of(size, splits, random, seed))
        unseen = np.array([~np.isin(np.arange(16), known) for known, _ in given])
        labels = np.array([[*truths, *drawn] for _, drawn in given])
        orders = generator.permuted(np.tile(np.arange(16), (*labels.shape[:2], 1)), axis=-1)
        mine, theirs = (np.stack([1 - p, p], axis=-1) for p in (np.array(each[s]) for each in says))
        # Random labels have no symmetries: those of every target are tried.
        for t, target in enumerate(targets):
            symmetries = agreement.automorphisms(truths[t], moves, flips)
            kinds = {"true": slice(t, t + 1), "random": slice(len(targets), None)}
            for kind, some in kinds.items():
                pair, every = (mine[:, some], theirs[:, some]), unseen[:, None]
                truth = agreement.certain(labels[:, some], 2)
                right = [agreement.agreement(each, truth, every) for each in pair]
                figures = pairwise.compare_predictions(*pair, symmetries, every, orders[:, some])
                rows.append({
                    "row": "agreement", "relation": relation, "pair": f"{one}, {other}",
                    "target": target, "labels": kind, "rows": size,
                    "count": truth.shape[0] * truth.shape[1], "accuracy": sum(right) / 2, **figures,
                })  # fmt: skip
    return rows


# -- steps ------------------------------------------------------------------------


def _steps(settings, learned, seed, map):
    """Of the shortest programs of targets, and of addition in two languages."""
    programs = {learner: found["programs"] for learner, found in learned.items()}
    pairs = []
    for relation, one, other in _pairs(learned):
        for target, mine, theirs in zip(
            settings.targets, programs[one], programs[other], strict=True
        ):
            pairs.append((relation, target, (one, mine), (other, theirs)))
        for a, b in combinations(range(len(settings.targets)), 2):
            targets = settings.targets[a], settings.targets[b]
            if relation == "basis" and apart(*targets):
                ends = (one, programs[one][a]), (other, programs[other][b])
                pairs.append(("unrelated", ", ".join(targets), *ends))
    pairs += _residue_pairs(settings.p)
    asked = []
    for relation, target, one, other in pairs:
        moved = "aligned" in relation
        count = max(10, settings.permutations // (5 if moved else 1))
        steps = SUM_STEPS if relation == "sum and product" else STEPS
        for mine, theirs, left_out in steps[:1] if "unrelated" in relation else steps:
            which = mine if mine == theirs else f"{mine}, {theirs}"
            named = {"relation": relation, "target": target, "set": which, "left_out": left_out,
                     "pair": f"{one[0].name}, {other[0].name}"}  # fmt: skip
            item = ((*one, mine), (*other, theirs), left_out, count, seed, moved)
            asked.append((named, item))
    answers = map(_compared, [item for _, item in asked])
    for (named, _), found in zip(asked, answers, strict=False):
        if found is not None:
            yield _EMPTY | found | named | {"row": "steps"}


def _compared(item):
    *pair, left_out, count, seed, moved = item
    return pairwise.compare_steps(*pair, count, seed, left_out=left_out, up_to_units=moved)


def _residue_pairs(p):
    plain, twice = Learner("modular", 1, p), Learner("modular", 2, p)
    roots = {k: Learner(f"fourier:frequencies={k}", 1, p) for k in (1, 5)}
    add, sub = "read{0}(e{0}(x) * e{0}(y))", "read{0}(e{0}(x) * conj(e{0}(y)))"
    one, five = ((roots[k], add.format(k)) for k in (1, 5))
    less = roots[1], sub.format(1)
    return [
        ("sum and product", "x + y", (plain, "x + y"), one),
        ("sum and product", "x - y", (plain, "x - y"), less),
        ("frequencies", "x + y", one, five),
        ("frequencies, aligned", "x + y", one, five),
        ("relabelled", "x + y", (plain, "x + y"), (twice, "x + y")),
        ("unrelated residues", "x + y, x - y", (plain, "x + y"), less),
        ("unrelated residues", "x + y, x * y", (plain, "x + y"), (plain, "x * y")),
    ]


# -- stochastic searches ----------------------------------------------------------


def _searches(settings, seeds, map):
    digits = [Learner(f"boolean:basis={basis}", "binary") for basis in settings.bases]
    residues = [("modular", 1), ("fourier", 1), ("modular", 2), ("modular", 0)]
    kinds = digits + [Learner(*each, settings.p) for each in residues]
    every = [learner for learner in kinds for _ in range(settings.seeds)]
    items = [
        # Trees of residues are evaluated one by one.
        (learner, settings.samples // (8 if learner.p else 1), seed, settings.targets,
         settings.draws, settings.steps, seeds[0])
        for learner, seed in zip(every, spawn_seeds(seeds[1], len(every)), strict=True)
    ]  # fmt: skip
    ends, groups = {}, {}
    for learner, found in zip(every, map(learners.search_ends, items), strict=False):
        for end in found:
            key = bool(learner.p), end["draw"], end["labels"]
            ends.setdefault(key, []).append((learner, end))
    for each in ends.values():
        for one, other in combinations(each, 2):
            relation = _relation(one, other)
            if relation is not None:
                targets = ", ".join(sorted({end["target"] for _, end in (one, other)}))
                key = relation, targets, one[1]["labels"]
                groups.setdefault(key, []).append((one, other))
    few = max(4, settings.permutations // 20)
    asked = [
        (key, which, groups[key], few, seeds[0])
        for key in groups
        for which in (("joint",) if key[0] == "unrelated" else ("joint", "inner"))
    ]
    for ((relation, target, labels), which, *_), row in zip(
        asked, map(_mean_figures, asked), strict=False
    ):
        yield _EMPTY | row | {"row": "searches", "relation": relation, "target": target,
                              "labels": labels, "set": which}  # fmt: skip


def _relation(one, other):
    """How two searches on one training set are related; None where it is of no interest."""
    (a, mine), (b, theirs) = one, other
    if mine["target"] != theirs["target"]:
        return "unrelated" if apart(mine["target"], theirs["target"]) else None
    return None if a == b and a.encoding == 0 else pairwise.relation(a, b)


def _mean_figures(item):
    _, which, pairs, count, seed = item
    return pairwise.mean_figures(pairs, which, count, seed)


# -- random features, and a graph -------------------------------------------------


def _random_features(item):
    """Linear CKA of random features at 16 rows, plain and debiased."""
    width, seed = item
    generator, found = np.random.default_rng([seed, width]), []
    for _ in range(PAIRS):
        one, other = generator.normal(size=(2, 16, width))
        found.append([similarity.cka(one, other, debiased) for debiased in (True, False)])
    (cka, plain), (cka_spread, plain_spread) = np.mean(found, axis=0), np.std(found, axis=0)
    return {"row": "random features", "count": width, "cka": float(cka), "plain": float(plain),
            "cka_spread": float(cka_spread), "plain_spread": float(plain_spread)}  # fmt: skip


def _graph(settings, learned):
    """The last target's programs in the first two bases, their subexpressions together."""
    pair = list(learned.items())[:2]
    programs = [learner.program(found["programs"][-1]) for learner, found in pair]
    graph = sharing.union_graph(*programs, pair[0][0].columns)
    return _EMPTY | {
        "row": "graph", "target": settings.targets[-1],
        "pair": ", ".join(learner.name for learner, _ in pair),
        "nodes": [[n, d["of"], d["texts"]] for n, d in graph.nodes(data=True)],
        "edges": [list(edge) for edge in graph.edges],
    }  # fmt: skip


def _mean(rows, what="agreement", **wanted):
    return present_mean(r[what] for r in rows if all(r[k] == v for k, v in wanted.items()))


def _values(rows, key, **wanted):
    return list(dict.fromkeys(r[key] for r in rows if all(r[k] == v for k, v in wanted.items())))


def summarise(rows):
    sizes = _values(rows, "rows", row="agreement")
    n = learners.KNOWN if learners.KNOWN in sizes else max(sizes)
    here = [r for r in rows if r["row"] == "agreement" and r["rows"] == n]
    features = [r for r in rows if r["row"] == "random features"]
    found = {}
    for relation, what in (("basis", "two bases"), ("encoding", "two encodings")):
        found[f"agreement of {what} on unseen rows, {n} of 16 for training"] = {
            target: _mean(here, relation=relation, labels="true", target=target)
            for target in _values(here, "target")
        }
    return found | {
        "steps": _groups(rows, "steps", ("r2", "back", "cka", "r2_null", "cka_null")),
        "searches": _groups(rows, "searches", (*pairwise.PREDICTIONS, "r2", "back", "r2_null")),
        "control: agreement of two bases on random labels": {
            "mean": _mean(here, relation="basis", labels="random"),
            **{pair: _mean(here, relation="basis", labels="random", pair=pair)
               for pair in _values(here, "pair", relation="basis")},
        },
        "control: agreement of two bases with unseen rows permuted": {
            labels: _mean(here, "agreement_null", relation="basis", labels=labels)
            for labels in ("true", "random")
        },
        "control: agreement with inputs shuffled": _mean(here, relation="shuffled", labels="true"),
        "control: CKA of random features": {
            f"{r['count']} of them": {"plain": r["plain"], "debiased": r["cka"]} for r in features
        },
    }  # fmt: skip


def _groups(rows, row, keys):
    """Means over pairs of steps of one kind: without joint ones where there are inner ones."""
    groups = {}
    for r in rows:
        if r["row"] == row and (r["r2"] is not None or r["set"] == "joint"):
            name = f"{r['relation']}: {r['target']}" + ", random labels" * (r["labels"] == "random")
            kind = r["set"] + ", outputs left out" * (r["left_out"] == "outputs")
            groups.setdefault(name, {}).setdefault(kind, []).append(r)
    return {
        f"{name} ({kind})": {key.replace("_", " "): _mean(group, key) for key in keys}
        for name, kinds in groups.items()
        for kind, group in kinds.items()
        if kind != "joint" or "inner" not in kinds
    }


# -- the figure -------------------------------------------------------------------

#: What is drawn of steps: relations, a set, what is left out, and words for them.
DRAWN = (
    ("sum and product", "joint", "inputs", "sums, roots of unity"),
    ("sum and product", "joint, inner", "inputs", "sums, products of roots"),
    ("frequencies", "inner", "inputs", "two frequencies"),
    ("frequencies, aligned", "inner", "inputs", "the same up to x → cx"),
    ("relabelled", "joint", "inputs", "residues times 2"),
    ("basis", "inner", "inputs", "two bases"),
    ("basis", "inner", "outputs", "an output left out"),
    ("encoding", "inner", "inputs", "two encodings"),
    ("shuffled", "inner", "inputs", "inputs shuffled"),
    ("unrelated", "joint", "inputs", "unrelated, 4 bits"),
    ("unrelated residues", "joint", "inputs", "unrelated, residues"),
)


def draw(rows, axes):
    _draw_agreement(rows, axes[0], "basis", "two bases")
    _draw_agreement(rows, axes[1], "encoding", "two encodings")
    _draw_features([r for r in rows if r["row"] == "random features"], axes[2])
    kinds = ("relation", "set", "left_out")
    groups = {word: [r for r in rows if r["row"] == "steps" and [r[k] for k in kinds] == key]
              for *key, word in DRAWN}  # fmt: skip
    _draw_groups(axes[3], groups, ("r2", "back"), "R² of steps")
    groups = {}
    for r in rows:
        if r["row"] == "searches" and r["set"] == "joint":
            name = r["relation"] + ", residues" * (r["target"] == "x + y")
            name += ", random" * (r["labels"] == "random")
            groups.setdefault(name, []).append(r)
    _draw_groups(axes[4], groups, ("aligned",), "searches: agreement up to labels × c")
    for row in rows:
        if row["row"] == "graph":
            _draw_graph(row, axes[5])


def _draw_agreement(rows, axis, relation, what):
    rows = [r for r in rows if r["row"] == "agreement"]
    sizes = _values(rows, "rows")
    lines = {t: {"relation": relation, "labels": "true", "target": t}
             for t in _values(rows, "target")}  # fmt: skip
    lines["random labels"] = {"relation": relation, "labels": "random"}
    if relation == "encoding":
        lines["shuffled"] = {"relation": "shuffled", "labels": "true"}
    for name, wanted in lines.items():
        style = {} if "target" in wanted else {"color": "0.5", "linestyle": "-"}
        means = [_mean([r for r in rows if r["rows"] == n], **wanted) for n in sizes]
        axis.plot(sizes, means, label=name, **style)
    axis.set_xlabel("training rows of 16")
    axis.set_ylabel(f"agreement of {what}, unseen rows")
    axis.set_ylim(0.4, 1.02)


def _draw_features(rows, axis):
    for key, name in (("plain", "plain"), ("cka", "debiased")):
        mean = [r[key] for r in rows]
        line = axis.plot([r["count"] for r in rows], mean, "-", label=name)[0]
        axis.errorbar([r["count"] for r in rows], mean, [r[f"{key}_spread"] for r in rows],
                      fmt="o", color=line.get_color())  # fmt: skip
    axis.set_xscale("log", base=2)
    axis.set_xlabel("random features of 16 rows")
    axis.set_ylabel("linear CKA: mean, deviation")


def _draw_groups(axis, groups, keys, what):
    groups = {name: found for name, found in groups.items() if found}
    for y, found in enumerate(groups.values()):
        for k, (some, marker) in enumerate(((keys, "o"), (("cka",), "x"))):
            x = [r[key] for r in found for key in some if r[key] is not None]
            axis.plot(x, [y + k / 4] * len(x), marker, color=f"C{k}", alpha=0.5, linestyle="none")
            null = [r[f"{key}_null"] for r in found for key in some if r[key] is not None]
            axis.plot(null, [y + k / 4] * len(null), "|", color="0.4", linestyle="none", zorder=0)
        null = [r["cka_null"] + s * 2 * r["cka_spread"] for r in found for s in (-1, 1)
                if r["cka_null"] is not None]  # fmt: skip
        ends = [min(null), max(null)] if null else []
        axis.plot(ends, [y + 0.25] * len(ends), "-", color="0.85", linewidth=6, zorder=-1)
    axis.set_yticks(range(len(groups)), list(groups), fontsize="x-small")
    axis.invert_yaxis()
    axis.set_xlim(-0.4, 1.05)
    axis.set_xlabel(f"{what} (dots);\ndebiased CKA (crosses); permuted (grey)")


def _draw_graph(row, axis):
    import networkx as nx

    graph = nx.DiGraph(map(tuple, row["edges"]))
    graph.add_nodes_from((n, {"of": of, "texts": texts}) for n, of, texts in row["nodes"])
    sharing.draw_union_graph(graph, axis)
    one, other = row["pair"].split(", ")
    axis.set_title(f"{row['target']}: red {one}, blue {other}, green both", fontsize="small")
