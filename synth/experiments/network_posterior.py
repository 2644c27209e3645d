"""Trained networks generalise on the same targets as the exact posterior of one language.

For each target, many small networks are trained to zero error on some rows of a truth table.  On
the other rows, they are compared with P(f | rows) of each DSL: held-out accuracy target by target,
predictions row by row, and how often each consistent function occurs.  They are also compared with
the functions of random networks that happen to be right on the same rows (P_net), with the nearest
neighbour, which knows no language, and, as the ceiling, with a second set of the same networks.

The closest DSL is the one whose prior ranks the functions of random networks best, as in
`network-prior`.  Neither trained networks nor held-out labels decide which one it is.
"""

from dataclasses import dataclass

import numpy as np

from synth import exact
from synth.errors import SettingError
from synth.experiments._network_posterior_verdict import of_posterior
from synth.experiments.base import SCALE, SPLITS, refuse_repeated, setting, sizes_below, spawn_seeds
from synth.experiments.rows import RowKinds
from synth.learners.networks.compared import fitted, rank_correlation
from synth.learners.networks.consistent import consistent_functions, corners
from synth.learners.networks.laws import AGAIN, NEAREST, NETWORKS, P_NET, Law, counted, predict
from synth.learners.networks.perceptron import ACTIVATIONS, Shape, function_counts
from synth.learners.networks.training import OPTIMISERS, Optimiser
from synth.report import COLOURS, shades

GROUP = "networks"
CONTROL = (
    "On targets drawn uniformly from all functions, networks and posteriors are right on half of "
    "the unseen rows. If targets are paired at random, there is no correlation."
)
COLUMNS = ("row", "rule", "rows", "learner", "spearman", "low", "high", "permuted", "agreement")
PANELS = 4
SUMMARY = {
    "closest_dsl": "closest of the DSLs given, by the functions of random networks",
    "prior_rank_correlation": "rank correlation of each prior with them",
    "closest_by_rows": "closest: rank correlation of held-out accuracy by target, by rows",
    "closest_by_rule": "closest: the same, by how targets are chosen",
    "others_by_rows": "the same for the other learners",
    "closest_beyond_nearest": "closest: rank correlation given the nearest neighbour's accuracy",
    "closest_row_by_row": "closest, row by row: agreement, agreement by chance, correlation",
    "function_by_function": "by function: rank correlation, explained, power, explained by it",
    "control_random_targets": "control: random targets, accuracy farthest from 1/2, and its error",
    "control_permuted": "control: targets paired at random, farthest mean and largest magnitude",
    "verdict": "verdict",
}

#: How targets are chosen: by length in each DSL, one of each class, and uniformly (the control).
LENGTHS, CLASSES, UNIFORM = RULES = "lengths", "classes", "uniform"
ROWS = RowKinds(
    (
        "row", "rule", "rows", "learner", "targets", "classes", "spearman", "low", "high",
        "permuted", "most_permuted", "of_majorities", "beyond_bits", "beyond_nearest", "accuracy",
        "error", "networks", "networks_error", "trained", "agreement", "agreement_permuted",
        "row_correlation", "left", "target", "name", "bits", "accuracies", "p", "share", "count",
        "function", "distance", "explained", "power", "explained_by_power",
    ),
    prior="row learner spearman",
    rule="row rule rows learner targets classes spearman low high permuted most_permuted "
    "of_majorities beyond_bits beyond_nearest accuracy error networks networks_error trained "
    "agreement agreement_permuted row_correlation left",
    calibration="row rule rows learner p share count",
    target="row rule rows target name networks bits accuracies",
    functions="row rows learner count spearman low high permuted distance explained power "
    "explained_by_power",
    function="row rows target function share p",
)  # fmt: skip


THIN = {"color": "0.6", "linewidth": 0.8}
BASES = "and-or-not", "and-or-xor-not", "nand", "anf"


@dataclass(frozen=True)
class Settings:
    dsls: tuple[str, ...] = setting(
        tuple(f"boolean:basis={basis}" for basis in BASES), "Boolean DSLs to compare."
    )
    variables: int = setting(4, "Number of inputs, each -1 or 1.", low=3, high=4)
    rows: tuple[int, ...] = setting((4, 6, 8, 10, 12), "Numbers of training rows.", low=1, high=15)
    targets: int = setting(40, "Number of targets by description length, for each DSL.", low=2)
    random: int = setting(200, "Number of targets drawn uniformly.", low=2)
    splits: int = setting(10, SPLITS, low=1)
    networks: int = setting(10, "Even number of networks for each target and split.", low=2)
    pairs: int = setting(24, "Number of targets whose networks are counted by function.", low=1)
    counted: int = setting(2000, "Number of networks for each of these targets.", low=100)
    draws: int = setting(1_000_000, "Number of random networks that are drawn.", low=1000)
    width: int = setting(32, "Number of hidden units per layer.", low=1, high=1024)
    depth: int = setting(1, "Number of hidden layers.", low=1, high=20)
    activation: str = setting("relu", "Activation of hidden units.", choices=ACTIVATIONS)
    scale: float = setting(1.4, SCALE, low=0.01)
    bias: float = setting(0.3, "Initial standard deviation of biases.", low=0)
    optimiser: str = setting("adamw", "Full-batch optimiser.", choices=OPTIMISERS)
    rate: float = setting(0.005, "Learning rate.", low=0)
    steps: int = setting(5000, "Largest number of steps; training stops at zero error.", low=1)
    seed: int = setting(0, "Seed for all runs.", low=0)

    @property
    def shape(self):
        return Shape(self.variables, (self.width,) * self.depth, 1, self.activation)


def run(settings, map):
    refuse_repeated(settings.dsls, "dsls")
    sizes = list(dict.fromkeys(sizes_below(settings.rows, 2**settings.variables)))
    if settings.networks % 2:
        raise SettingError(f"networks={settings.networks}; allowed: even numbers")
    seeds = spawn_seeds(settings.seed, 4)
    names = [*settings.dsls, P_NET]
    found = list(map(_law, [(settings, name, seeds[0]) for name in names]))
    if len(found) < len(names):
        return
    # Without `map`, which is the argument here.
    laws = {n: Law(*(np.array(p) for p in parts)) for n, parts in zip(names, found, strict=True)}
    for name in settings.dsls:
        spearman = float(rank_correlation(laws[P_NET].masses, laws[name].masses))
        yield ROWS("prior", row="prior", learner=name, spearman=spearman)
    rules = _targets(settings, laws, np.random.default_rng(seeds[1]))
    targets = np.concatenate(list(rules.values())).tolist()
    drawn = [n for n in sizes for _ in range(settings.splits)]
    each = zip(drawn, spawn_seeds(seeds[2], len(drawn)), strict=True)
    items = [(settings, targets, settings.networks, n, seed) for n, seed in each]
    waiting = []
    for item, functions in zip(items, map(_trained, items), strict=False):
        waiting.append((_train(item), np.array(functions)))
        if len(waiting) == settings.splits:
            yield from _compared(settings, laws, rules, item[3], waiting)
            waiting = []
    # Six unseen rows leave 64 functions: enough to rank them, and few enough to count them.
    n = max((n for n in sizes if 2**settings.variables - n >= 6), default=min(sizes))
    some = np.random.default_rng(seeds[3]).choice(rules[LENGTHS], settings.pairs).tolist()
    each = spawn_seeds(seeds[3], settings.pairs)
    items = [(settings, [t], settings.counted, n, s) for t, s in zip(some, each, strict=True)]
    found = list(map(_trained, items))
    yield from _counted(laws, items[: len(found)], found)


def _law(item):
    """Lists: masses, K and margins of a DSL's prior; counts of random networks' functions."""
    settings, name, seed = item
    if name == P_NET:
        points, made = corners(settings.variables), {"scale": settings.scale, "bias": settings.bias}
        counts = function_counts(settings.shape, points, settings.draws, seed, **made)
        return [counts.tolist()]
    prior, bits = exact.prior_of(name, settings.variables), exact.bits_of(name, settings.variables)
    return [part.tolist() for part in (prior.masses, bits, prior.margin)]


def _targets(settings, laws, generator):
    """{rule: numbers of functions}; those by length are distinct."""
    lengths = [
        exact.of_all_lengths(laws[name].bits, settings.targets, generator) for name in settings.dsls
    ]
    classes = exact.one_of_each_class(settings.variables, generator)
    uniform = generator.integers(0, len(laws[P_NET].masses), settings.random)
    return {LENGTHS: np.unique(lengths), CLASSES: classes, UNIFORM: uniform}


def _train(item):
    """The training rows of an item, bool (rows,), n of them drawn by its seed."""
    settings, _, _, n, seed = item
    train = np.zeros(2**settings.variables, bool)
    train[np.random.default_rng(seed).permutation(len(train))[:n]] = True
    return train


def _trained(item):
    """The functions at which networks end, [target][network]; -1 if a network did not learn."""
    settings, targets, networks, _, seed = item
    made = {"scale": settings.scale, "bias": settings.bias, "most": settings.steps}
    made |= {"optimiser": Optimiser(settings.optimiser, settings.rate), "seed": seed}
    points, train = corners(settings.variables), _train(item)
    made["networks"] = networks
    return consistent_functions(settings.shape, points, train, targets, **made)[0].tolist()


def _compared(settings, laws, rules, n, answers):
    """The rows of one number of training rows: of rules by learners, calibration, targets."""
    said = predict(laws, np.concatenate(list(rules.values())), answers)
    trained = np.mean([(functions >= 0).mean(axis=1) for _, functions in answers], axis=0)
    classes = exact.npn_classes(settings.variables)
    generator = np.random.default_rng([settings.seed, n])
    ends = np.cumsum([len(members) for members in rules.values()])
    for (rule, members), end in zip(rules.items(), ends.tolist(), strict=True):
        mine = slice(end - len(members), end)
        for name in (*laws, NEAREST, AGAIN):
            bits = laws[name].bits[members] if name in settings.dsls else None
            yield ROWS(
                "rule",
                row="rule",
                rule=rule,
                rows=n,
                learner=name,
                targets=len(members),
                classes=len(np.unique(classes[members])),
                trained=float(trained[mine].mean()),
                **said.compare(name, mine, generator, bits),
            )
    for name in (*laws, NEAREST):
        row = {"row": "calibration", "rule": LENGTHS, "rows": n, "learner": name}
        for found in said.calibrate(name, slice(0, len(rules[LENGTHS]))):
            yield ROWS("calibration", **row, **found)
    names = {number: name for name, number in exact.named_functions(settings.variables).items()}
    right = {name: said.accuracies(name) for name in (NETWORKS, *laws, NEAREST)}
    for place, (rule, target) in enumerate((r, t) for r in rules for t in rules[r].tolist()):
        yield ROWS(
            "target",
            row="target",
            rule=rule,
            rows=n,
            target=target,
            name=names.get(target),
            networks=float(right[NETWORKS][place]),
            bits={name: laws[name].least_bits(target) for name in settings.dsls},
            accuracies={name: float(right[name][place]) for name in (*laws, NEAREST)},
        )


def _counted(laws, items, answers):
    """Rows of functions: of each learner over all pairs, then of each function."""
    pairs, rows = {}, []
    for item, (functions,) in zip(items, answers, strict=True):
        (target,), n = item[1], item[3]
        numbers, found = counted(laws, target, _train(item), np.array(functions))
        for name, pair in found.items():
            pairs.setdefault(name, []).append(pair)
        found.pop(AGAIN, None)
        for k, number in enumerate(numbers.tolist() if found else ()):
            counts = next(iter(found.values()))[0]
            row = ROWS(
                "function",
                row="function",
                rows=n,
                target=target,
                function=number,
                share=float(counts[k] / counts.sum()),
                p={name: float(p[k]) for name, (_, p) in found.items()},
            )
            rows.append(row)
    for name, some in pairs.items():
        measures = fitted(some, np.random.default_rng(items[0][4]))
        yield ROWS("functions", row="functions", rows=n, learner=name, count=len(some), **measures)
    yield from rows


def _priors(rows):
    """{DSL: rank correlation of its prior with the functions of random networks}."""
    return {r["learner"]: r["spearman"] for r in rows if r["row"] == "prior"}


def _ruled(rows, rule, learner):
    """The rows of a rule and a learner, by number of training rows."""
    wanted = "rule", rule, learner
    return {r["rows"]: r for r in rows if (r["row"], r["rule"], r["learner"]) == wanted}


def summarise(rows):
    priors = _priors(rows)
    closest = max(priors, key=priors.get)
    ours = {rule: _ruled(rows, rule, closest) for rule in RULES}
    ruled = [r for r in rows if r["row"] == "rule"]
    functions = [r for r in rows if r["row"] == "functions"]
    permuted = [r["permuted"] for r in ruled]
    random = [r for r in ruled if r["rule"] == UNIFORM]
    chance = [(r["accuracy"], r["error"]) for r in random]
    chance += [(r["networks"], r["networks_error"]) for r in random]
    found = {
        "closest_dsl": closest,
        "prior_rank_correlation": priors,
        "closest_by_rows": {
            n: f"{r['spearman']:.3f} ({r['low']:.3f}..{r['high']:.3f}), {r['targets']} targets of "
            f"{r['classes']} classes"
            for n, r in ours[LENGTHS].items()
        },
        "closest_by_rule": {rule: [r["spearman"] for r in ours[rule].values()] for rule in RULES},
        "others_by_rows": {
            name: [r["spearman"] for r in _ruled(rows, LENGTHS, name).values()]
            for name in dict.fromkeys(r["learner"] for r in ruled)
            if name != closest
        },
        "closest_beyond_nearest": {n: r["beyond_nearest"] for n, r in ours[LENGTHS].items()},
        "closest_row_by_row": {
            n: [r[key] for key in ("agreement", "agreement_permuted", "row_correlation")]
            for n, r in ours[LENGTHS].items()
        },
        "function_by_function": {
            r["learner"]: [r[k] for k in ("spearman", "explained", "power", "explained_by_power")]
            for r in functions
        },
        "control_random_targets": max(chance, key=lambda pair: abs(pair[0] - 0.5)),
        "control_permuted": [max(permuted, key=abs), max(r["most_permuted"] for r in ruled)],
    }
    return found | {"verdict": of_posterior(ours[LENGTHS], _ruled(rows, LENGTHS, NEAREST), found)}


CAPTION = """Many small networks are trained on few rows of each target and compared with the exact
posterior of a language of programs, "exact". (a) Each mark is a target: networks generalise where
the posterior does. On the line, both are right equally often. (b) Both do better on targets with
short programs; so does the nearest neighbour. (c) How alike the order of targets is for networks
and for other learners: nearest neighbours, other networks, and languages (with their primitives as
names; the closest with its interval). (d) On the line, as many networks say 1 as the learner's
probability of 1."""


def draw(rows, axes):
    priors = _priors(rows)
    closest = max(priors, key=priors.get)
    sizes = list(_ruled(rows, LENGTHS, closest))
    if not sizes:
        for each in axes:
            each.set_axis_off()
        axes[0].text(0, 0.5, "no number of training rows was finished")
        return
    middle = sizes[len(sizes) // 2]
    here = [r for r in rows if r["rows"] == middle]
    targets = [r for r in here if r["row"] == "target"]
    _draw_targets(targets, closest, axes[0])
    _draw_lengths(targets, closest, axes[1])
    _draw_sizes(rows, closest, axes[2])
    _draw_calibration(here, closest, axes[3])
    for k, title in ((0, "target by target"), (1, "by length of the target"), (3, "row by row")):
        axes[k].set_title(f"{title}, {middle} training rows")


def _columns(rows, *keys):
    """The values of the rows in each column, float64 (rows,)."""
    return (np.array([r[key] for r in rows], float) for key in keys)


def _draw_targets(targets, closest, axes):
    for (rule, mark), color in zip(((UNIFORM, "."), (LENGTHS, "o")), shades(2), strict=True):
        some = [r for r in targets if r["rule"] == rule]
        x, y = [r["accuracies"][closest] for r in some], [r["networks"] for r in some]
        label = "uniform targets" if rule == UNIFORM else "targets of all lengths"
        axes.plot(x, y, mark, color=color, label=label, alpha=0.6)
    style = {"fontsize": "x-small", "xytext": (4, -8), "textcoords": "offset points"}
    for r in {r["target"]: r for r in targets if r["name"]}.values():
        place = r["accuracies"][closest], r["networks"]
        axes.plot(*place, "o", color="black", markersize=3)
        axes.annotate(r["name"], place, **style)
    axes.plot([0, 1], [0, 1], **THIN)
    axes.set(xlabel="accuracy of the exact posterior", ylabel="accuracy of networks")
    axes.legend(fontsize="small", loc="upper left")


def _draw_lengths(targets, closest, axes):
    some = [r for r in targets if r["rule"] == LENGTHS and r["bits"][closest] is not None]
    bits = np.array([r["bits"][closest] for r in some])
    edges = np.unique(np.quantile(bits, np.linspace(0, 1, 9)))
    places = np.clip(np.searchsorted(edges, bits, "right") - 1, 0, len(edges) - 2)
    bins = [places == k for k in np.unique(places)]
    for name, mark in ((NETWORKS, "o-"), (closest, "s--"), (NEAREST, "^:")):
        values = np.array([r["accuracies"].get(name, r["networks"]) for r in some])
        x, y = [bits[b].mean() for b in bins], [values[b].mean() for b in bins]
        errors = [values[b].std() / np.sqrt(b.sum()) for b in bins]
        axes.errorbar(x, y, yerr=errors, fmt=mark, capsize=2, **_style(name, closest))
    axes.axhline(0.5, **THIN)
    axes.set(xlabel="bits of the target's shortest program", ylabel="accuracy on unseen rows")
    axes.legend(fontsize="small")


def _draw_sizes(rows, closest, axes):
    for name in dict.fromkeys(r["learner"] for r in rows if r["row"] == "rule"):
        found = _ruled(rows, LENGTHS, name)
        x, y, low, high = _columns(found.values(), "rows", "spearman", "low", "high")
        axes.plot(x, y, marker="o", **_style(name, closest))
        if name == closest:
            axes.fill_between(x, low, high, color=COLOURS["exact"], alpha=0.2)
    axes.set(xlabel="training rows", ylabel="rank correlation", ylim=(-0.6, 1.02))
    axes.set_title("which learner is like networks")
    axes.legend(fontsize="small", loc="lower left")


def _draw_calibration(rows, closest, axes):
    for name, mark in ((closest, "o-"), (P_NET, "s--"), (NEAREST, "^:")):
        some = [r for r in rows if r["row"] == "calibration" and r["learner"] == name]
        axes.plot(*_columns(some, "p", "share"), mark, **_style(name, closest))
    axes.plot([0, 1], [0, 1], **THIN)
    axes.set(xlabel="probability of label 1", ylabel="share of networks that say 1")
    axes.legend(fontsize="small")


def _style(name, closest):
    """The colour and the label of a learner; other languages are grey."""
    short = name.rpartition("basis=")[2]
    colors = {closest: COLOURS["exact"], NETWORKS: COLOURS["network"], NEAREST: COLOURS["nearest"]}
    colors |= {P_NET: "C9", AGAIN: COLOURS["network"]}
    greys = {"nand": "black", "anf": "0.4", "and-or-xor-not": "0.6"}
    label = f"exact, {short}" if name == closest else short
    return {"label": label, "color": colors.get(name) or greys.get(short, "0.75")}
