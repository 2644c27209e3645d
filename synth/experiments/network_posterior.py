"""Trained networks generalise on the targets on which one language's exact posterior does.

Small networks are trained to zero error on some rows of a truth table, many for each target, and
compared on the others with P(f | rows) of each DSL: held-out accuracy target by target, what is
said row by row, and how often each consistent function comes.  Of equal standing beside the
DSLs: the functions of random networks that happen to be right on the same rows (P_net), the
nearest neighbour, which knows no language, and a second set of the same networks, which is the
ceiling.

The closest DSL is the one whose prior ranks the functions of random networks best, as in
`network-prior`: no network that was trained and no held-out label has a say in that.
"""

from dataclasses import dataclass

import numpy as np

from synth.errors import SettingError
from synth.exact import (
    Split,
    bits_of,
    likelier,
    named_functions,
    npn_classes,
    of_all_lengths,
    one_of_each_class,
    prior_of,
)
from synth.experiments.base import refuse_repeated, setting, sizes_below, spawn_seeds
from synth.learners.correlations import correlation
from synth.learners.networks.compared import (
    calibrated,
    correlated,
    fitted,
    partial_rank_correlation,
    rank_correlation,
)
from synth.learners.networks.consistent import (
    consistent_functions,
    consistent_numbers,
    corners,
    nearest_shares,
    shares,
)
from synth.learners.networks.perceptron import ACTIVATIONS, Shape, function_counts
from synth.learners.networks.training import OPTIMISERS, Optimiser

CONTROL = (
    "targets drawn uniformly from all functions: networks and posteriors are right on half of the "
    "unseen rows; targets paired at random: no correlation"
)
COLUMNS = ("row", "rule", "rows", "learner", "spearman", "low", "high", "permuted", "agreement")
PANELS = (2, 3)

#: How targets are chosen: by description length in each DSL alike, one of each class of
#: functions that differ by names only, and uniformly (the control).
LENGTHS, CLASSES, UNIFORM = RULES = "lengths", "classes", "uniform"
P_NET, NEAREST, AGAIN = "random networks", "nearest neighbour", "networks again"
#: P(f | rows) of random networks is an estimate of some use from so many of them on.
ENOUGH = 100
#: Bins of calibration, and of description length in the figure.
BINS = 10


@dataclass(frozen=True)
class Settings:
    dsls: tuple[str, ...] = setting(
        ("boolean:basis=and-or-not", "boolean:basis=and-or-xor-not", "boolean:basis=nand",
         "boolean:basis=anf"),
        "boolean DSLs",
    )  # fmt: skip
    variables: int = setting(4, "inputs, of values -1 and 1", low=3, high=4)
    rows: tuple[int, ...] = setting((4, 6, 8, 10, 12), "training rows", low=1, high=15)
    targets: int = setting(40, "targets by description length, for each DSL", low=2)
    random: int = setting(200, "targets drawn uniformly", low=2)
    splits: int = setting(10, "random splits of each size", low=1)
    networks: int = setting(10, "networks for each target and split, an even number", low=2)
    pairs: int = setting(24, "targets, with a split each, of which functions are counted", low=1)
    counted: int = setting(2000, "networks for each of these", low=100)
    draws: int = setting(1_000_000, "random networks, of which some are right by chance", low=1000)
    width: int = setting(32, "hidden units a layer", low=1, high=1024)
    depth: int = setting(1, "hidden layers", low=1, high=20)
    activation: str = setting("relu", "of hidden units", choices=ACTIVATIONS)
    scale: float = setting(1.4, "initial deviation of weights, times sqrt(fan-in)", low=0.01)
    bias: float = setting(0.3, "initial deviation of biases", low=0)
    optimiser: str = setting("adamw", "how networks are trained, on all rows", choices=OPTIMISERS)
    rate: float = setting(0.005, "learning rate", low=0)
    steps: int = setting(5000, "at most so many; a network ends at zero error", low=1)
    seed: int = setting(0, "of all else", low=0)

    @property
    def shape(self):
        return Shape(self.variables, (self.width,) * self.depth, 1, self.activation)


@dataclass(frozen=True)
class Law:
    """Masses (2**rows,) of all functions; bits: K(f), None where it is not of programs.

    margin: how far each mass is off, (2**rows,); that of counts is nothing.
    """

    masses: np.ndarray
    bits: np.ndarray | None = None
    margin: np.ndarray | float = 0.0

    @property
    def rows(self):
        return len(self.masses).bit_length() - 1

    @property
    def mass(self):
        return float(self.masses.sum())


def run(settings, map):
    refuse_repeated(settings.dsls, "dsls")
    sizes = list(dict.fromkeys(sizes_below(settings.rows, 2**settings.variables)))
    if settings.networks % 2:
        raise SettingError(f"networks={settings.networks}; allowed: even numbers, for two halves")
    seeds = spawn_seeds(settings.seed, 4)
    names = [*settings.dsls, P_NET]
    found = list(map(_law, [(settings, name, seeds[0]) for name in names]))
    if len(found) < len(names):
        return
    # Not by `map`, which is the one for items here.
    laws = {n: Law(*(np.array(p) for p in parts)) for n, parts in zip(names, found, strict=True)}
    for name in settings.dsls:
        spearman = float(rank_correlation(laws[P_NET].masses, laws[name].masses))
        yield _EMPTY | {"row": "prior", "learner": name, "spearman": spearman}
    rules = chosen(settings, laws, np.random.default_rng(seeds[1]))
    targets = np.concatenate(list(rules.values())).tolist()
    each = iter(spawn_seeds(seeds[2], len(sizes) * settings.splits))
    items = [(settings, targets, settings.networks, n, next(each))
             for n in sizes for _ in range(settings.splits)]  # fmt: skip
    waiting = []
    for item, functions in zip(items, map(_trained, items), strict=False):
        waiting.append((_train(item), np.array(functions)))
        if len(waiting) == settings.splits:
            yield from _compared(settings, laws, rules, item[3], waiting)
            waiting = []
    # Six unseen rows have 64 functions: enough for ranks, and few enough to be counted.
    n = max((n for n in sizes if 2**settings.variables - n >= 6), default=min(sizes))
    some = np.random.default_rng(seeds[3]).choice(rules[LENGTHS], settings.pairs).tolist()
    each = spawn_seeds(seeds[3], settings.pairs)
    items = [(settings, [t], settings.counted, n, s) for t, s in zip(some, each, strict=True)]
    found = list(map(_trained, items))
    yield from _counted(laws, items[: len(found)], found)


def _law(item):
    """Masses, K and margins of a DSL's prior, as lists; of random networks their counts."""
    settings, name, seed = item
    if name == P_NET:
        counts = function_counts(settings.shape, corners(settings.variables), settings.draws, seed,
                                 scale=settings.scale, bias=settings.bias)  # fmt: skip
        return [counts.tolist()]
    prior, bits = prior_of(name, settings.variables), bits_of(name, settings.variables)
    return [part.tolist() for part in (prior.masses, bits, prior.margin)]


def chosen(settings, laws, generator):
    """The targets of each rule, {rule: int64 (any,)}; those by length none twice."""
    lengths = [of_all_lengths(laws[name].bits, settings.targets, generator)
               for name in settings.dsls]  # fmt: skip
    classes = one_of_each_class(settings.variables, generator)
    uniform = generator.integers(0, len(laws[P_NET].masses), settings.random)
    return {LENGTHS: np.unique(lengths), CLASSES: classes, UNIFORM: uniform}


def _train(item):
    """The training rows of an item, bool (rows,): n drawn by its seed."""
    settings, _, _, n, seed = item
    train = np.zeros(2**settings.variables, bool)
    train[np.random.default_rng(seed).permutation(len(train))[:n]] = True
    return train


def _trained(item):
    """The functions that networks end at, [target][network]; -1 where one did not learn."""
    settings, targets, networks, _, seed = item
    functions, _ = consistent_functions(
        settings.shape, corners(settings.variables), _train(item), targets, networks, seed,
        optimiser=Optimiser(settings.optimiser, settings.rate), scale=settings.scale,
        bias=settings.bias, most=settings.steps,
    )  # fmt: skip
    return functions.tolist()


_EMPTY = dict.fromkeys((
    "row", "rule", "rows", "learner", "targets", "classes", "spearman", "low", "high", "permuted",
    "most_permuted", "of_majorities", "beyond_bits", "beyond_nearest", "accuracy", "error",
    "networks", "networks_error", "trained", "agreement", "agreement_permuted", "row_correlation",
    "left", "target", "name", "bits", "accuracies", "p", "share", "count", "function", "distance",
    "explained", "power", "explained_by_power",
))  # fmt: skip


def _compared(settings, laws, rules, n, answers):
    """Rows of one number of training rows: rules by learners, calibration, targets."""
    targets = np.concatenate(list(rules.values()))
    said, guesses, truth, left = _said(settings, laws, targets, answers)
    right = {name: np.where(truth, p, 1 - p).mean(axis=(1, 2)) for name, p in said.items()}
    best = {name: 1 - np.abs(g - truth).mean(axis=(1, 2)) for name, g in guesses.items()}
    trained = np.mean([(functions >= 0).mean(axis=1) for _, functions in answers], axis=0)
    classes = npn_classes(settings.variables)
    generator = np.random.default_rng([settings.seed, n])
    ends = np.cumsum([len(members) for members in rules.values()])
    for (rule, members), end in zip(rules.items(), ends.tolist(), strict=True):
        mine = slice(end - len(members), end)
        for name in (*laws, NEAREST, AGAIN):
            # Networks beside a second set of networks: two halves of what there is.
            ours = "half" if name == AGAIN else "networks"
            x, y = right[ours][mine], right[name][mine]
            g, h = guesses[ours][mine], guesses[name][mine]
            by_chance = [np.abs(g - generator.permutation(h)).mean() for _ in range(20)]
            bits = laws[name].bits if name in laws else None
            beyond_bits = bits if bits is None else partial_rank_correlation(x, y, bits[members])
            yield _EMPTY | {
                "row": "rule", "rule": rule, "rows": n, "learner": name, "targets": len(members),
                "classes": len(np.unique(classes[members])), **correlated(x, y, generator),
                "of_majorities": float(rank_correlation(best[ours][mine], best[name][mine])),
                "beyond_bits": beyond_bits,
                "beyond_nearest": partial_rank_correlation(x, y, right[NEAREST][mine]),
                "accuracy": float(y.mean()), "error": _error(y),
                "networks": float(x.mean()), "networks_error": _error(x),
                "trained": float(trained[mine].mean()),
                "agreement": float(1 - np.abs(g - h).mean()),
                "agreement_permuted": float(1 - np.mean(by_chance)),
                "row_correlation": float(correlation(said[ours][mine].ravel(),
                                                     said[name][mine].ravel(), constant=0.0)),
                "left": float((left[mine] >= ENOUGH).mean()) if name == P_NET else None,
            }  # fmt: skip
    for name in (*laws, NEAREST):
        some = slice(0, len(rules[LENGTHS]))
        for row in calibrated(said["networks"][some].ravel(), said[name][some].ravel()):
            yield _EMPTY | {
                "row": "calibration",
                "rule": LENGTHS,
                "rows": n,
                "learner": name,
                **row,
            }
    names = {number: name for name, number in named_functions(settings.variables).items()}
    for place, (rule, target) in enumerate((r, t) for r in rules for t in rules[r].tolist()):
        yield _EMPTY | {
            "row": "target", "rule": rule, "rows": n, "target": target, "name": names.get(target),
            "networks": float(right["networks"][place]),
            "bits": {name: _finite(laws[name].bits[target]) for name in settings.dsls},
            "accuracies": {name: float(right[name][place]) for name in (*laws, NEAREST)},
        }  # fmt: skip


def _said(settings, laws, targets, answers):
    """What all learners say of unseen rows: chances of 1 and what is likelier, by learner,
    truth, random networks left.

    {learner: (targets, splits, unseen)} twice, 0 or 1 of the same shape, and (targets, splits).
    """
    points, said, guessed, truth, left = corners(settings.variables), {}, {}, [], []
    half = settings.networks // 2
    for train, functions in answers:
        known, unseen = np.flatnonzero(train), np.flatnonzero(~train)
        truth.append(targets[:, None] >> unseen & 1)
        parts = {
            "networks": shares(functions, unseen), "half": shares(functions[:, :half], unseen),
            AGAIN: shares(functions[:, half:], unseen),
            NEAREST: nearest_shares(points, train, targets[:, None] >> known & 1),
        }  # fmt: skip
        # Shares are counts, divided once; those of neighbours are sums of so many more.
        guesses = {
            name: likelier(p, np.finfo(float).eps * (len(known) + 1 if name == NEAREST else 0))
            for name, p in parts.items()
        }
        for name, law in laws.items():
            split = Split(law, train)
            labeling = split.labeling(targets)
            parts[name], guesses[name] = split.predictive[:, labeling].T, split.guesses(targets).T
            if name == P_NET:
                left.append(split.evidence[labeling] * law.mass)
        for name, part in parts.items():
            said.setdefault(name, []).append(part)
            guessed.setdefault(name, []).append(guesses[name])
    said, guessed = (
        {name: np.stack(parts, axis=1) for name, parts in each.items()} for each in (said, guessed)
    )
    return said, guessed, np.stack(truth, axis=1), np.array(left).T


def _error(values):
    """The standard error of a mean over targets."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))


def _finite(number):
    return float(number) if np.isfinite(number) else None


def _counted(laws, items, answers):
    """Rows on single functions: of each learner over all pairs, then of each function."""
    pairs, rows = {}, []
    for item, (functions,) in zip(items, answers, strict=True):
        (target,), n, train = item[1], item[3], _train(item)
        numbers, functions = consistent_numbers(target, train), np.array(functions)
        functions = functions[functions >= 0]
        middle = len(functions) // 2
        if not middle:
            continue
        counts, half, again = (
            (some[:, None] == numbers).sum(axis=0)
            for some in (functions, functions[:middle], functions[middle:])
        )
        chances = {name: law.masses[numbers] for name, law in laws.items()}
        if chances[P_NET].sum() < ENOUGH:
            del chances[P_NET]
        # Half a count more, so that what was not drawn is not impossible.
        chances = {name: masses + (name == P_NET) / 2 for name, masses in chances.items()}
        chances = {name: masses / masses.sum() for name, masses in chances.items()}
        for name, p in chances.items():
            pairs.setdefault(name, []).append((counts, p))
        pairs.setdefault(AGAIN, []).append((half, (again + 0.5) / (again + 0.5).sum()))
        for k, number in enumerate(numbers.tolist()):
            rows.append(_EMPTY | {
                "row": "function", "rows": n, "target": target, "function": number,
                "share": float(counts[k] / counts.sum()),
                "p": {name: float(p[k]) for name, p in chances.items()},
            })  # fmt: skip
    for name, some in pairs.items():
        yield _EMPTY | {"row": "functions", "rows": n, "learner": name, "count": len(some),
                        **fitted(some, np.random.default_rng(items[0][4]))}  # fmt: skip
    yield from rows


def _closest(rows):
    return max((r for r in rows if r["row"] == "prior"), key=lambda r: r["spearman"])["learner"]


def _ruled(rows, rule, learner):
    """The rows of a rule and a learner, by number of training rows."""
    return {r["rows"]: r for r in rows
            if r["row"] == "rule" and r["rule"] == rule and r["learner"] == learner}  # fmt: skip


def summarise(rows):
    closest = _closest(rows)
    ours = {rule: _ruled(rows, rule, closest) for rule in RULES}
    ruled = [r for r in rows if r["row"] == "rule"]
    random = [r for r in ruled if r["rule"] == UNIFORM]
    chance = [(r["accuracy"], r["error"]) for r in random]
    chance += [(r["networks"], r["networks_error"]) for r in random]
    return {
        "closest of the DSLs given, by the functions of random networks": closest,
        "rank correlation of its prior with them": {
            r["learner"]: r["spearman"] for r in rows if r["row"] == "prior"
        },
        "closest: rank correlation of held-out accuracy by target, by training rows": {
            n: f"{r['spearman']:.3f} ({r['low']:.3f}..{r['high']:.3f}), {r['targets']} targets of "
               f"{r['classes']} classes" for n, r in ours[LENGTHS].items()
        },
        "the same by how targets are chosen": {
            rule: [r["spearman"] for r in ours[rule].values()] for rule in RULES
        },
        "the same of others": {
            name: [r["spearman"] for r in _ruled(rows, LENGTHS, name).values()]
            for name in dict.fromkeys(r["learner"] for r in ruled) if name != closest
        },
        "closest: left of it once the nearest neighbour's accuracy is known": {
            n: r["beyond_nearest"] for n, r in ours[LENGTHS].items()
        },
        "closest, row by row: agreement, by chance, correlation": {
            n: [r["agreement"], r["agreement_permuted"], r["row_correlation"]]
            for n, r in ours[LENGTHS].items()
        },
        "function by function: rank correlation, explained, power, explained by it": {
            r["learner"]: [r["spearman"], r["explained"], r["power"], r["explained_by_power"]]
            for r in rows if r["row"] == "functions"
        },
        "control: random targets, accuracy farthest from 1/2, and its standard error": max(
            chance, key=lambda pair: abs(pair[0] - 0.5)
        ),
        "control: targets paired at random, farthest mean and largest magnitude": [
            max((r["permuted"] for r in ruled), key=abs),
            max(r["most_permuted"] for r in ruled),
        ],
    }  # fmt: skip


def draw(rows, axes):
    closest = _closest(rows)
    sizes = list(_ruled(rows, LENGTHS, closest))
    if not sizes:
        for each in axes:
            each.set_axis_off()
        axes[0].text(0, 0.5, "no number of training rows was finished")
        return
    middle = sizes[len(sizes) // 2]
    targets = [r for r in rows if r["row"] == "target" and r["rows"] == middle]
    _draw_targets(targets, closest, middle, axes[0])
    _draw_lengths(targets, closest, middle, axes[1])
    _draw_sizes(rows, closest, axes[2])
    _draw_rules(rows, closest, middle, axes[3])
    for name, mark in ((closest, "o-"), (P_NET, "s--"), (NEAREST, "^:")):
        some = [r for r in rows if r["row"] == "calibration" and r["rows"] == middle
                and r["learner"] == name]  # fmt: skip
        axes[4].plot([r["p"] for r in some], [r["share"] for r in some], mark, label=_short(name))
    axes[4].plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    axes[4].set_xlabel("chance of 1 on an unseen row")
    axes[4].set_ylabel("share of networks that say 1")
    axes[4].set_title(f"row by row, {middle} training rows")
    axes[4].legend(fontsize="small")
    some = [r for r in rows if r["row"] == "function" and r["share"] and r["p"][closest]]
    axes[5].loglog([r["p"][closest] for r in some], [r["share"] for r in some], ".", alpha=0.5)
    ends = [min((r["p"][closest] for r in some), default=0.1), 1]
    axes[5].plot(ends, ends, color="0.6", linewidth=0.8)
    axes[5].set_xlabel(f"P(f | rows), {_short(closest)}")
    axes[5].set_ylabel("share of networks that end at f")
    axes[5].set_title(f"function by function, {some[0]['rows'] if some else 'no'} training rows")


def _draw_targets(targets, closest, n, axes):
    for rule, mark in ((UNIFORM, "."), (LENGTHS, "o")):
        some = [r for r in targets if r["rule"] == rule]
        axes.plot([r["accuracies"][closest] for r in some], [r["networks"] for r in some], mark,
                  label=f"targets: {rule}", alpha=0.6)  # fmt: skip
    named = {r["target"]: r for r in targets if r["name"]}
    for r in named.values():
        axes.annotate(r["name"], (r["accuracies"][closest], r["networks"]), fontsize="x-small",
                      xytext=(4, -8), textcoords="offset points")  # fmt: skip
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=0.8)
    axes.set_xlabel(f"held-out accuracy, {_short(closest)}")
    axes.set_ylabel("held-out accuracy, networks")
    axes.set_title(f"target by target, {n} training rows")
    axes.legend(fontsize="small", loc="upper left")


def _draw_lengths(targets, closest, n, axes):
    some = [r for r in targets if r["rule"] == LENGTHS and r["bits"][closest] is not None]
    bits = np.array([r["bits"][closest] for r in some])
    edges = np.unique(np.quantile(bits, np.linspace(0, 1, 9)))
    places = np.clip(np.searchsorted(edges, bits, "right") - 1, 0, len(edges) - 2)
    for name, mark in (("networks", "o-"), (closest, "s--"), (NEAREST, "^:")):
        values = np.array([r["accuracies"].get(name, r["networks"]) for r in some])
        found = [(bits[places == k].mean(), values[places == k]) for k in np.unique(places)]
        axes.errorbar([b for b, _ in found], [v.mean() for _, v in found],
                      yerr=[v.std() / np.sqrt(len(v)) for _, v in found], fmt=mark, capsize=2,
                      label=_short(name))  # fmt: skip
    axes.axhline(0.5, color="0.6", linewidth=0.8)
    axes.set_xlabel(f"K of the target, bits, {_short(closest)}")
    axes.set_ylabel("held-out accuracy")
    axes.set_title(f"by description length, {n} training rows")
    axes.legend(fontsize="small")


def _draw_sizes(rows, closest, axes):
    names = dict.fromkeys(r["learner"] for r in rows if r["row"] == "rule")
    for name in names:
        found = _ruled(rows, LENGTHS, name)
        style = {"linewidth": 2.5} if name == closest else {}
        axes.plot(list(found), [r["spearman"] for r in found.values()], marker="o",
                  label=_short(name), **style)  # fmt: skip
        if name == closest:
            axes.fill_between(list(found), [r["low"] for r in found.values()],
                              [r["high"] for r in found.values()], alpha=0.2)  # fmt: skip
    axes.set_ylim(-0.05, 1.02)
    axes.set_xlabel("training rows")
    axes.set_ylabel("rank correlation with networks")
    axes.set_title("held-out accuracy by target")
    axes.legend(fontsize="x-small", loc="lower left", ncols=2)


def _draw_rules(rows, closest, n, axes):
    for k, (name, mark) in enumerate(((closest, "o"), (P_NET, "s"), (NEAREST, "^"))):
        found = [_ruled(rows, rule, name)[n] for rule in RULES]
        places = np.arange(len(RULES)) + (k - 1) * 0.2
        axes.errorbar([r["spearman"] for r in found], places, fmt=mark, capsize=2,
                      xerr=[[r["spearman"] - r["low"] for r in found],
                            [r["high"] - r["spearman"] for r in found]],
                      label=_short(name))  # fmt: skip
        axes.plot([r["permuted"] for r in found], places, "x", color="0.4",
                  label=None if k else "paired at random")  # fmt: skip
    axes.set_yticks(np.arange(len(RULES)), [f"{rule}\n({r['targets']})" for rule, r in
                                            zip(RULES, found, strict=True)])  # fmt: skip
    axes.set_ylim(len(RULES) - 0.4, -0.6)
    axes.set_xlabel("rank correlation with networks")
    axes.set_title(f"by how targets are chosen, {n} training rows")
    axes.legend(fontsize="x-small", loc="center")


def _short(name):
    return name.rpartition("basis=")[2]
