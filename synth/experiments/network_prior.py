"""Which DSL's exact prior best predicts the functions that random networks compute?

Networks with random weights compute boolean functions.  The experiment compares the frequency of
each function, P_net(f), with the exact prior P(f) of each DSL.

It measures the rank correlation over all functions.  It also measures how much of the networks'
preference (the departure of P_net from the uniform distribution) a prior explains: 1 - KL(P_net,
P) / KL(P_net, uniform).  It does this for P and for the power P^t that fits best.  It repeats
everything for other depths, widths, initial scales and activations.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from synth.exact import named_functions, prior_of
from synth.experiments.base import SCALE, refuse_repeated, setting, spawn_seeds
from synth.experiments.rows import RowKinds, verdict
from synth.learners.networks.compared import entropy, rank_correlation
from synth.learners.networks.perceptron import ACTIVATIONS, Shape, function_counts
from synth.report import COLOURS, shades

GROUP = "networks"
CONTROL = (
    "If the functions are permuted at random, there is no correlation. Deep tanh networks with a "
    "large initial scale are chaotic and lose their preference."
)
COLUMNS = ("sweep", "depth", "width", "activation", "scale", "dsl", "spearman", "low", "high")
PANELS = 3
SUMMARY = {
    "closest_dsl": "closest of the DSLs given",
    "closest_is_apart": "its interval is apart from all others",
    "rank_correlation": "rank correlation with P_net (Spearman)",
    "explained": "share of P_net's preference that a prior explains",
    "explained_by_power": "the same for its best power, and that power",
    "entropy_bits": "entropy of P_net, bits",
    "closest_rank_correlation_by_setting": "rank correlation of the closest DSL, by setting",
    "control_permuted": "control: functions permuted, mean and largest magnitude",
    "control_chaotic": "control: chaotic, entropy and divergence of the closest DSL, bits",
    "verdict": "verdict",
}

MAIN, CHAOTIC = "main", "chaotic"
#: Settings that are changed one at a time.
SWEEPS = ("depth", "width", "scale", "activation")
#: Number of resamples for an interval, and of permutations for the control.
RESAMPLES = 400
ROWS = RowKinds(
    (
        "row", "sweep", "depth", "width", "activation", "scale", "networks", "dsl", "functions",
        "entropy", "spearman", "low", "high", "permuted", "most_permuted", "divergence",
        "explained", "power", "explained_by_power", "function", "name", "p_net", "log2_p",
    ),
    network="row sweep depth width activation scale networks dsl functions entropy spearman low "
    "high permuted most_permuted divergence explained power explained_by_power",
    function="row sweep function name p_net log2_p",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    dsls: tuple[str, ...] = setting(
        (
            "boolean:basis=and-or-not",
            "boolean:basis=and-or-xor-not",
            "boolean:basis=nand",
            "boolean:basis=anf",
        ),
        "Boolean DSLs to compare.",
    )
    variables: int = setting(3, "Number of inputs, each -1 or 1.", low=2, high=4)
    networks: int = setting(400_000, "Number of random networks in the main setting.", low=1000)
    sweep: int = setting(
        100_000, "Number of random networks in every setting except the main one.", low=1000
    )
    width: int = setting(32, "Number of hidden units per layer.", low=1, high=1024)
    depth: int = setting(1, "Number of hidden layers.", low=1, high=20)
    activation: str = setting("relu", "Activation of hidden units.", choices=ACTIVATIONS)
    scale: float = setting(1.4, SCALE, low=0.01)
    bias: float = setting(0.3, "Initial standard deviation of biases.", low=0)
    depths: tuple[int, ...] = setting(
        (2, 3, 5, 8), "Other numbers of hidden layers.", low=1, high=20
    )
    widths: tuple[int, ...] = setting(
        (4, 8, 128), "Other numbers of hidden units per layer.", low=1, high=1024
    )
    scales: tuple[float, ...] = setting(
        (0.5, 0.7, 2.8, 5.6), "Other initial scales of weights.", low=0.01
    )
    seed: int = setting(0, "Seed for all networks.", low=0)


def run(settings, map):
    refuse_repeated(settings.dsls, "dsls")
    for dsl in settings.dsls:
        prior_of(dsl, settings.variables)  # refuses a wrong DSL before any network is drawn
    items = list(_items(settings))
    seeds = spawn_seeds(settings.seed, len(items))
    for rows in map(_measured, [(settings, *i, s) for i, s in zip(items, seeds, strict=True)]):
        yield from rows


def _items(settings):
    """(sweep, depth, width, activation, scale, networks) of each setting, the main one first."""
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
    """Rows of one setting: one per DSL and, in the main setting, one per function."""
    settings, sweep, depth, width, activation, scale, networks, seed = item
    n = settings.variables
    points = 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1) - 1
    shape = Shape(n, (width,) * depth, 1, activation)
    counts = function_counts(shape, points, networks, seed, scale=scale, bias=settings.bias)
    generator = np.random.default_rng(seed)
    rows = []
    for dsl in settings.dsls:
        masses = prior_of(dsl, n).masses
        row = ROWS(
            "network",
            row="network",
            sweep=sweep,
            depth=depth,
            width=width,
            activation=activation,
            scale=scale,
            networks=networks,
            dsl=dsl,
            functions=int(np.count_nonzero(counts)),
            entropy=entropy(counts),
            **compared(counts, masses, generator),
        )
        rows.append(row)
    if sweep == MAIN:
        rows += _functions(settings, counts)
    return rows


def _functions(settings, counts):
    """A row for each of the 1000 likeliest functions: P_net, and log2 P in each DSL."""
    names = {number: name for name, number in named_functions(settings.variables).items()}
    total = counts.sum()
    for number in np.argsort(-counts, kind="stable")[:1000].tolist():
        yield ROWS(
            "function",
            row="function",
            sweep=MAIN,
            function=number,
            name=names.get(number),
            p_net=float(counts[number] / total),
            log2_p={
                dsl: _log2(prior_of(dsl, settings.variables).masses[number])
                for dsl in settings.dsls
            },
        )


def _log2(mass):
    return float(np.log2(mass)) if mass > 0 else None


def compared(counts, masses, generator):
    """How well counts of functions fit a prior.

    Parameters
    ----------
    counts : int64 array of shape (F,)
        How often each function came.
    masses : float64 array of shape (F,)
        The prior of each function.
    generator : numpy.random.Generator
        For resamples and permutations.

    Returns
    -------
    dict
        spearman: the rank correlation over all functions; low, high: the middle 95 % of resamples
        of functions, each with a resampled count (Poisson); permuted, most_permuted: the mean and
        the largest magnitude of the rank correlation with the functions permuted; divergence:
        KL(P_net, P) in bits, None if P lacks a function that came; explained: 1 - divergence /
        KL(P_net, uniform); power: the t for which the normalised P^t has the least divergence;
        explained_by_power: the share that P^t explains.
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
        "spearman": spearman,
        "low": low,
        "high": high,
        "permuted": float(np.mean(permuted)),
        "most_permuted": float(np.abs(permuted).max()),
        "divergence": divergence,
        "explained": None if divergence is None else float(1 - divergence / uniform),
        "power": power,
        "explained_by_power": by_power,
    }


def cross_entropy(counts, masses, power):
    """Cross-entropy of a sample and a power of a prior.

    Parameters
    ----------
    counts : int64 array of shape (F,)
        How often each function came.
    masses : float64 array of shape (F,)
        The prior of each function.
    power : float
        The prior is masses**power, normalised.

    Returns
    -------
    float
        Bits per draw.
    """
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
        "closest_dsl": best["dsl"],
        "closest_is_apart": all(best["low"] > high for high in others),
        "rank_correlation": {
            r["dsl"]: f"{r['spearman']:.3f} ({r['low']:.3f}..{r['high']:.3f})" for r in main
        },
        "explained": {r["dsl"]: r["explained"] for r in main},
        "explained_by_power": {r["dsl"]: [r["explained_by_power"], r["power"]] for r in main},
        "entropy_bits": best["entropy"],
        "closest_rank_correlation_by_setting": {
            f"{r['sweep']} {r[r['sweep']]}": r["spearman"]
            for r in rows
            if r["row"] == "network" and r["dsl"] == best["dsl"] and r["sweep"] in SWEEPS
        },
        "control_permuted": {r["dsl"]: [r["permuted"], r["most_permuted"]] for r in main},
        "control_chaotic": [
            next((r[key] for r in chaotic if r["dsl"] == best["dsl"]), None)
            for key in ("entropy", "divergence")
        ],
        "verdict": _verdict(
            main, best, next((r for r in chaotic if r["dsl"] == best["dsl"]), None)
        ),
    }


def _verdict(main, best, chaotic):
    """main: the rows of the DSLs; best: the closest one's; chaotic: its row in the control."""
    others = [r["high"] for r in main if r is not best]
    words = f"the prior of {best['dsl']} ranks the functions of networks at {best['spearman']:.2f}"
    claim = [(not others or best["low"] > max(others), words)]
    if others:
        claim[0] = claim[0][0], f"{words}, and no other above {max(others):.2f}"
    words = f"without a fitted power it explains {best['explained']:.2f} of their preference"
    claim.append((best["explained"] > 0, words))
    mean = max((r["permuted"] for r in main), key=abs)
    control = [(abs(mean) < 0.05, f"with functions permuted the mean correlation is {mean:.3f}")]
    if chaotic is not None:
        words = f"chaotic networks have {chaotic['entropy']:.2f} bits of entropy, others"
        control.append((chaotic["entropy"] > best["entropy"], f"{words} {best['entropy']:.2f}"))
    return verdict(claim, control)


CAPTION = """(a) Each mark is a function of three variables: its exact prior in one language, and
how often networks with random weights compute it. Functions with a short program are more frequent;
a triangle is one that never came. (b) The rank correlation of the two for each language, which is
named by its primitives, with its interval; crosses are the control, with the functions permuted.
(c) The same for networks of other shapes."""


def draw(rows, axes):
    main = _main(rows)
    best = max(main, key=lambda r: r["spearman"])["dsl"]
    _draw_functions(rows, main[0]["networks"], best, axes[0])
    _draw_dsls(main, axes[1])
    _draw_sweeps(rows, [r["dsl"] for r in main], axes[2])


def _draw_functions(rows, networks, dsl, axes):
    """P_net against P, function by function.

    A function that never came, such as parity of three, is an arrow down at one network in all.
    """
    above = None
    functions = [r for r in rows if r["row"] == "function" and r["log2_p"][dsl] is not None]
    for r in sorted(functions, key=lambda r: (r["name"] is not None, r["p_net"])):
        place = np.array([r["log2_p"][dsl], np.log2(r["p_net"] or 1 / networks)])
        mark = ("o" if r["name"] else ".") if r["p_net"] else "v"
        axes.plot(*place, mark, color="black" if r["name"] else COLOURS["network"])
        if r["name"]:
            # The name is below the point, or beside it if the last name or the axis is there.
            near = above is None or (np.abs(place - above) < 1).all()
            axes.annotate(
                r["name"] + ("" if r["p_net"] else ": never"),
                place,
                fontsize="small",
                xytext=(7, -3) if near else (4, -9),
                textcoords="offset points",
            )
            above = place
    axes.set_title("function by function")
    axes.set_xlabel(f"log2 P(f), {_short(dsl)}")
    axes.set_ylabel("log2 of the share of networks")


def _draw_dsls(main, axes):
    """The rank correlation of each DSL with its interval, and with the functions permuted."""
    places, middle = np.arange(len(main)), np.array([r["spearman"] for r in main])
    ends = np.array([[r["low"] for r in main], [r["high"] for r in main]])
    label = "functions as they are"
    axes.errorbar(
        middle,
        places,
        xerr=np.abs(ends - middle),
        fmt="o",
        capsize=3,
        color=COLOURS["exact"],
        label=label,
    )
    axes.plot(
        [r["permuted"] for r in main], places, "x", color=COLOURS["random labels"], label="permuted"
    )
    axes.set_yticks(places, [_short(r["dsl"]) for r in main])
    axes.set_ylim(len(main) - 0.5, -1.4)  # room for the legend
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.set_title("language by language")
    axes.set_xlabel("rank correlation")
    axes.legend(fontsize="small", loc="upper left")


def _draw_sweeps(rows, dsls, axes):
    """The rank correlation of each DSL in each other setting."""
    sweeps = {}
    for r in rows:
        if r["row"] == "network" and r["sweep"] != MAIN:
            kind = CHAOTIC if r["sweep"] == CHAOTIC else f"{r['sweep']} {r[r['sweep']]}"
            sweeps.setdefault(kind, {})[r["dsl"]] = r["spearman"]
    for dsl, mark, color in zip(dsls, "os^Dv*", shades(len(dsls)), strict=False):
        found = [sweep[dsl] for sweep in sweeps.values()]
        axes.plot(found, range(len(sweeps)), mark, color=color, label=_short(dsl), markersize=5)
    axes.set_yticks(range(len(sweeps)), list(sweeps), fontsize="small")
    axes.invert_yaxis()
    axes.set_title("networks of other shapes")
    axes.set_xlabel("rank correlation")
    axes.set(xlim=(-0.05, 1.4), xticks=np.linspace(0, 1, 6))
    axes.legend(loc="center right")


def _short(dsl):
    return dsl.rpartition("basis=")[2]
