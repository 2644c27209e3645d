"""Which language do random networks speak? Their functions against exact priors of DSLs.

Networks with random weights compute boolean functions; how often each, P_net(f), beside the
exact prior P(f) of each DSL: rank correlation over all functions, and how much of what P_net
prefers to the uniform law a prior explains, 1 - KL(P_net, P) / KL(P_net, uniform), as it is and
flattened to the power P^t that fits best.  Again by depth, width, initial scale and activation.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from synth.exact import named_functions, prior_of
from synth.experiments.base import refuse_repeated, setting, spawn_seeds
from synth.learners.networks.compared import entropy, rank_correlation
from synth.learners.networks.perceptron import ACTIVATIONS, Shape, function_counts

CONTROL = (
    "the functions permuted at random: no correlation; and deep tanh networks of large initial "
    "scale (chaotic), whose preference fades"
)
COLUMNS = ("sweep", "depth", "width", "activation", "scale", "dsl", "spearman", "low", "high")
PANELS = 3

MAIN, CHAOTIC = "main", "chaotic"
#: Resamples of intervals, and permutations of the control.
RESAMPLES = 400


@dataclass(frozen=True)
class Settings:
    dsls: tuple[str, ...] = setting(
        ("boolean:basis=and-or-not", "boolean:basis=and-or-xor-not", "boolean:basis=nand",
         "boolean:basis=anf"),
        "boolean DSLs",
    )  # fmt: skip
    variables: int = setting(3, "inputs, of values -1 and 1", low=2, high=4)
    networks: int = setting(400_000, "random networks of the main setting", low=1000)
    sweep: int = setting(100_000, "random networks of each other setting", low=1000)
    width: int = setting(32, "hidden units a layer", low=1, high=1024)
    depth: int = setting(1, "hidden layers", low=1, high=20)
    activation: str = setting("relu", "of hidden units", choices=ACTIVATIONS)
    scale: float = setting(1.4, "initial deviation of weights, times sqrt(fan-in)", low=0.01)
    bias: float = setting(0.3, "initial deviation of biases", low=0)
    depths: tuple[int, ...] = setting((2, 3, 5, 8), "other depths", low=1, high=20)
    widths: tuple[int, ...] = setting((4, 8, 128), "other widths", low=1, high=1024)
    scales: tuple[float, ...] = setting((0.5, 0.7, 2.8, 5.6), "other scales", low=0.01)
    seed: int = setting(0, "of all networks", low=0)


def run(settings, map):
    refuse_repeated(settings.dsls, "dsls")
    for dsl in settings.dsls:
        prior_of(dsl, settings.variables)  # what does not fit is said before any network is drawn
    items = list(_items(settings))
    seeds = spawn_seeds(settings.seed, len(items))
    for rows in map(_measured, [(settings, *i, s) for i, s in zip(items, seeds, strict=True)]):
        yield from rows


def _items(settings):
    """(sweep, depth, width, activation, scale, networks) of every setting, the main one first."""
    usual = settings.depth, settings.width, settings.activation, settings.scale
    yield (MAIN, *usual, settings.networks)
    depth, width, activation, scale = usual
    for other in settings.depths:
        yield "depth", other, width, activation, scale, settings.sweep
    for other in settings.widths:
        yield "width", depth, other, activation, scale, settings.sweep
    for other in settings.scales:
        yield "scale", depth, width, activation, other, settings.sweep
    for other in ACTIVATIONS:
        if other != activation:
            yield "activation", depth, width, other, scale, settings.sweep
    yield CHAOTIC, 10, width, "tanh", 6.0, settings.sweep


def _measured(item):
    """Rows of one kind of network: one a DSL, and of the main kind one a function."""
    settings, sweep, depth, width, activation, scale, networks, seed = item
    n = settings.variables
    points = 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1
    shape = Shape(n, (width,) * depth, 1, activation)
    counts = function_counts(shape, points, networks, seed, scale=scale, bias=settings.bias)
    generator = np.random.default_rng(seed)
    rows = []
    for dsl in settings.dsls:
        masses = prior_of(dsl, n).masses
        rows.append(_EMPTY | {
            "row": "network", "sweep": sweep, "depth": depth, "width": width,
            "activation": activation, "scale": scale, "networks": networks, "dsl": dsl,
            "functions": int(np.count_nonzero(counts)), "entropy": entropy(counts),
            **compared(counts, masses, generator),
        })  # fmt: skip
    if sweep == MAIN:
        rows += _functions(settings, counts)
    return rows


_EMPTY = dict.fromkeys((
    "row", "sweep", "depth", "width", "activation", "scale", "networks", "dsl", "functions",
    "entropy", "spearman", "low", "high", "permuted", "most_permuted", "divergence", "explained",
    "power", "explained_by_power",
    "function", "name", "p_net", "log2_p",
))  # fmt: skip


def _functions(settings, counts):
    """A row for each function: P_net, and log2 P in each DSL; of four variables the likeliest."""
    names = {number: name for name, number in named_functions(settings.variables).items()}
    total = counts.sum()
    for number in np.argsort(-counts, kind="stable")[:1000].tolist():
        yield _EMPTY | {
            "row": "function", "sweep": MAIN, "function": number, "name": names.get(number),
            "p_net": float(counts[number] / total),
            "log2_p": {
                dsl: _log2(prior_of(dsl, settings.variables).masses[number])
                for dsl in settings.dsls
            },
        }  # fmt: skip


def _log2(mass):
    return float(np.log2(mass)) if mass > 0 else None


def compared(counts, masses, generator):
    """How counts of functions (F,) fit a prior's masses (F,): a dict.

    spearman over all functions; low, high: 95 % of resamples, of functions and, for each, of its
    count (Poisson); permuted, most_permuted: the mean and the largest magnitude of the same with
    the functions permuted; divergence: KL(P_net, P) in bits, None where P lacks a function that
    was seen; explained: 1 - that over KL(P_net, uniform); power: the t for which P^t,
    normalised, has the least divergence, and explained_by_power the same for it.
    """
    spearman = float(rank_correlation(counts, masses))
    resampled, permuted = np.empty((2, RESAMPLES))
    for k in range(RESAMPLES):
        some = generator.integers(0, len(counts), len(counts))
        again = generator.poisson(counts[some])
        resampled[k] = rank_correlation(again, masses[some])
        permuted[k] = rank_correlation(counts, generator.permutation(masses))
    low, high = np.nanquantile(resampled, (0.025, 0.975)).tolist()
    own = entropy(counts)
    uniform = np.log2(len(counts)) - own
    divergence = power = by_power = None
    if (masses[counts > 0] > 0).all():
        divergence = cross_entropy(counts, masses, 1.0) - own
        found = minimize_scalar(
            lambda t: cross_entropy(counts, masses, t), bounds=(0, 2), method="bounded"
        )
        power, by_power = float(found.x), float(1 - (found.fun - own) / uniform)
    return {
        "spearman": spearman, "low": low, "high": high, "permuted": float(np.mean(permuted)),
        "most_permuted": float(np.abs(permuted).max()), "divergence": divergence,
        "explained": None if divergence is None else float(1 - divergence / uniform),
        "power": power, "explained_by_power": by_power,
    }  # fmt: skip


def cross_entropy(counts, masses, power):
    """Bits a draw of what counts (F,) are a sample of under masses**power, normalised."""
    seen, logs = counts > 0, np.full(len(masses), -np.inf)
    logs[masses > 0] = power * np.log2(masses[masses > 0])
    total = np.logaddexp2.reduce(logs)
    return float(total - counts[seen] @ logs[seen] / counts.sum())


def _main(rows):
    return [r for r in rows if r["row"] == "network" and r["sweep"] == MAIN]


def summarise(rows):
    main = _main(rows)
    best = max(main, key=lambda r: r["spearman"])
    others = [r["high"] for r in main if r is not best]
    chaotic = [r for r in rows if r["sweep"] == CHAOTIC]
    return {
        "closest of the DSLs given": best["dsl"],
        "its interval is apart from all others": all(best["low"] > high for high in others),
        "spearman": {
            r["dsl"]: f"{r['spearman']:.3f} ({r['low']:.3f}..{r['high']:.3f})" for r in main
        },
        "share of P_net's preference that a prior explains": {
            r["dsl"]: r["explained"] for r in main
        },
        "the same of its best power, and that power": {
            r["dsl"]: [r["explained_by_power"], r["power"]] for r in main
        },
        "bits of P_net's entropy": best["entropy"],
        "spearman of the closest, by setting": {
            f"{r['sweep']} {r[r['sweep']]}": r["spearman"]
            for r in rows
            if r["row"] == "network" and r["dsl"] == best["dsl"] and r["sweep"] in _EMPTY
        },
        "control: functions permuted, mean and largest magnitude": {
            r["dsl"]: [r["permuted"], r["most_permuted"]] for r in main
        },
        "control: chaotic, bits of entropy and of the closest's divergence": [
            next((r[key] for r in chaotic if r["dsl"] == best["dsl"]), None)
            for key in ("entropy", "divergence")
        ],
    }


def draw(rows, axes):
    left, middle, right = axes
    main = _main(rows)
    best = max(main, key=lambda r: r["spearman"])["dsl"]
    # What never came, such as parity of three, is at one in all networks, an arrow down.
    least, above = 1 / main[0]["networks"], None
    functions = [r for r in rows if r["row"] == "function" and r["log2_p"][best] is not None]
    for r in sorted(functions, key=lambda r: (r["name"] is not None, r["p_net"])):
        place = np.array([r["log2_p"][best], np.log2(r["p_net"] or least)])
        mark = ("o" if r["name"] else ".") if r["p_net"] else "v"
        left.plot(*place, mark, color="C1" if r["name"] else "C0")
        if r["name"]:
            # Below the point, but where the name before would be, or the axis: beside it.
            near = above is None or (np.abs(place - above) < 1).all()
            left.annotate(
                r["name"] + ("" if r["p_net"] else ": never"), place, fontsize="small",
                xytext=(7, -3) if near else (4, -9), textcoords="offset points",
            )  # fmt: skip
            above = place
    left.set_xlabel(f"log2 P, {_short(best)}")
    left.set_ylabel("log2 P of random networks")
    places = np.arange(len(main))
    middle.errorbar(
        [r["spearman"] for r in main], places,
        xerr=np.abs([[r["spearman"] - r["low"] for r in main],
                     [r["high"] - r["spearman"] for r in main]]),
        fmt="o", capsize=3, label="functions as they are",
    )  # fmt: skip
    middle.plot([r["permuted"] for r in main], places, "x", label="permuted")
    middle.set_yticks(places, [_short(r["dsl"]) for r in main])
    middle.set_ylim(len(main) - 0.5, -0.9)
    middle.axvline(0, color="grey", linewidth=0.8)
    middle.set_xlabel("rank correlation with P_net")
    middle.legend(fontsize="small", loc="lower right")
    sweeps = {}
    for r in rows:
        if r["row"] == "network" and r["sweep"] != MAIN:
            kind = "chaotic" if r["sweep"] == CHAOTIC else f"{r['sweep']} {r[r['sweep']]}"
            sweeps.setdefault(kind, {})[r["dsl"]] = r["spearman"]
    for dsl, mark in zip([r["dsl"] for r in main], "os^Dv*", strict=False):
        right.plot([found[dsl] for found in sweeps.values()], range(len(sweeps)), mark,
                   label=_short(dsl), markersize=4)  # fmt: skip
    right.set_yticks(range(len(sweeps)), list(sweeps), fontsize="small")
    right.invert_yaxis()
    right.set_xlabel("rank correlation with P_net")
    right.set_xlim(-0.05, 1.05)
    right.legend(fontsize="x-small", ncols=4, loc="lower center", bbox_to_anchor=(0.4, 1),
                 columnspacing=0.8, handletextpad=0.1)  # fmt: skip


def _short(dsl):
    return dsl.rpartition("basis=")[2]
