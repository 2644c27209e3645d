"""Simple functions have exponentially more programs: P(f) falls as 2^(-a K(f) - b).

The experiment relates the exact prior mass P(f) of every function to K(f), the bits of its
shortest program.  It also counts, for each length of programs, the share that computes a chosen
function, and compares this share with its limit for long programs.
"""

import math
from dataclasses import dataclass

import numpy as np

from synth.exact import bits_of, count_programs, limit_shares, named_functions, prior_of
from synth.experiments.base import setting
from synth.experiments.fits import rank_correlation
from synth.experiments.rows import RowKinds, verdict
from synth.language import Bool, Grammar, dsls
from synth.report import shades

GROUP = "priors"
QUICK = {"variables": (3,)}
CONTROL = (
    "If every function were equally likely, the slope would be 0. If the masses are shuffled among "
    "the functions, they have no rank correlation with K."
)
COLUMNS = ("kind", "variables", "function", "least_bits", "log2_p", "nodes", "value")
PANELS = 2
SUMMARY = {
    "variables_{variables}_bound_slope": "{variables} variables, slope of the upper bound",
    "variables_{variables}_bound_intercept": "{variables} variables, intercept of the upper bound",
    "variables_{variables}_slope": "{variables} variables, slope",
    "variables_{variables}_intercept": "{variables} variables, intercept",
    "variables_{variables}_shuffled_rank_correlation": (
        "{variables} variables, rank correlation of shuffled masses"
    ),
    "variables_{variables}_rank_correlation": "{variables} variables, rank correlation",
    "variables_{variables}_median_share_of_the_shortest": (
        "{variables} variables, median share of the mass that the shortest program has"
    ),
    "limit_shares": "shares of very long programs",
    "control_slope": "control: slope if uniform",
    "verdict": "verdict",
}

ROWS = RowKinds(
    (
        "kind", "variables", "function", "functions", "least_bits", "log2_p", "log2_p_highest",
        "log2_p_lowest", "shortest_share", "nodes", "programs", "share", "value",
    ),
    level="kind variables functions least_bits log2_p log2_p_highest log2_p_lowest shortest_share",
    fit="kind variables value",
    named="kind variables function least_bits log2_p shortest_share",
    length="kind variables function nodes programs share",
    limit="kind variables function share",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    dsl: str = setting("boolean:basis=and-or-not", "Boolean DSL whose programs are counted.")
    variables: tuple[int, ...] = setting(
        (3, 4), "Numbers of variables of the functions.", low=2, high=4
    )
    nodes: int = setting(14, "Largest number of nodes of the counted programs.", low=1, high=40)
    seed: int = setting(0, "Seed for the shuffle of the control.", low=0)


def run(settings, map):
    items = [(settings.dsl, v, settings.nodes, settings.seed) for v in settings.variables]
    for rows in map(_functions, items):
        yield from rows
    fewest = min(settings.variables)
    for rows in map(_lengths, [(settings.dsl, fewest, settings.nodes)]):
        yield from rows


def _functions(item):
    """The rows for one number of variables: levels of K, fits and named functions."""
    dsl, variables, _, seed = item
    prior, bits = prior_of(dsl, variables), bits_of(dsl, variables)
    reached = prior.masses > 0
    log2_p, least = -prior.bits[reached], bits[reached]
    shares = np.exp2(-least - log2_p)
    levels = _levels(variables, least, log2_p, shares)
    rows = levels + [
        ROWS("fit", kind=name, variables=variables, value=value)
        for name, value in _fits(levels, least, log2_p, shares, seed).items()
    ]
    for name, number in named_functions(variables).items():
        if prior.masses[number]:
            k = bits[number]
            rows.append(
                ROWS(
                    "named",
                    kind="named",
                    variables=variables,
                    function=name,
                    least_bits=float(k),
                    log2_p=float(-prior.bits[number]),
                    shortest_share=float(2.0**-k / prior.masses[number]),
                )
            )
    return rows


def _levels(variables, least, log2_p, shares):
    """One row per value of K: the mean, highest and lowest log2 P of the functions there.

    least, log2_p, shares: K, log2 P and the shortest program's share of P, float64 (functions,).
    """
    rows = []
    for k in np.unique(least).tolist():
        here = least == k
        rows.append(
            ROWS(
                "level",
                kind="K",
                variables=variables,
                functions=int(here.sum()),
                least_bits=k,
                log2_p=float(log2_p[here].mean()),
                log2_p_highest=float(log2_p[here].max()),
                log2_p_lowest=float(log2_p[here].min()),
                shortest_share=float(shares[here].mean()),
            )
        )
    return rows


def _fits(levels, least, log2_p, shares, seed):
    """Figures of log2 P against K: straight lines, rank correlations, the shortest's share."""
    slope, intercept = np.polyfit(least, log2_p, 1).tolist()
    highest = [(r["least_bits"], r["log2_p_highest"]) for r in levels]
    bound = float(np.polyfit(*np.array(highest).T, 1)[0]) if len(highest) > 1 else 0.0
    shuffled = np.random.default_rng(seed).permutation(log2_p)
    return {
        "slope": slope,
        "intercept": intercept,
        "bound slope": bound,
        "bound intercept": float((log2_p - bound * least).max()),
        "rank correlation": rank_correlation(least, log2_p),
        "shuffled rank correlation": rank_correlation(least, shuffled),
        "median share of the shortest": float(np.median(shares)),
    }


def _lengths(item):
    """The rows of named functions by length of programs, and with the limit for long programs."""
    dsl, variables, nodes = item
    prior = prior_of(dsl, variables)
    grammar = Grammar(dsls.load_dsl(dsl), dict.fromkeys(prior.columns, Bool), costs=lambda _: 1)
    counted = count_programs(grammar, prior.columns, max_bits=nodes)
    limits = limit_shares(grammar, prior.columns)
    rows = []
    for name, number in named_functions(variables).items():
        which = {"variables": variables, "function": name}
        place = counted.find(prior.values(number))
        found = np.zeros(len(counted.bits)) if place is None else counted.counts(place)
        for level, (count, total) in enumerate(zip(found.tolist(), counted.programs, strict=True)):
            rows.append(
                ROWS(
                    "length",
                    kind="length",
                    **which,
                    nodes=round(float(counted.bits[level])),
                    programs=int(count),
                    share=float(count / total) if total else 0.0,
                )
            )
        rows.append(ROWS("limit", kind="limit", **which, share=float(limits[number])))
    return rows


def summarise(rows):
    found = {}
    for row in rows:
        if row["kind"] not in ("K", "named", "length", "limit"):
            name = row["kind"].replace(" ", "_")
            found[f"variables_{row['variables']}_{name}"] = row["value"]
    limits = {r["function"]: r["share"] for r in rows if r["kind"] == "limit"}
    return found | {"limit_shares": limits, "control_slope": 0.0, "verdict": _verdict(found)}


def _verdict(found):
    """Whether P falls with K; found: the figures of the summary."""
    claim, control = [], []
    for key, slope in found.items():
        if key.endswith("_slope") and not key.endswith("bound_slope"):
            name = key.removesuffix("_slope")
            variables, rank = int(name.split("_")[1]), found[f"{name}_rank_correlation"]
            shuffled = found[f"{name}_shuffled_rank_correlation"]
            words = f"slope {slope:.3f} and rank correlation {rank:.3f} for {variables} variables"
            claim.append((-1 < slope < 0 and rank < -0.9, words))
            # Three standard errors of the correlation of that many functions.
            few = 3 / math.sqrt(2**2**variables - 1)
            words = f"{shuffled:.3f} with the masses of {variables} variables shuffled"
            control.append((abs(shuffled) <= few, words))
    return verdict(claim, control)


CAPTION = """(a) The exact probability that a random program computes the function f, on average
over the functions of one K(f); the range is shaded. A function whose shortest program is longer has
exponentially less. Dotted: what each function would have if all had the same. (b) Of all programs
with so many nodes, the share that computes a function. The dotted line is its exact limit for long
programs. A function without marks has no program of so few nodes."""


def draw(rows, axes):
    left, right = axes
    sizes = list(dict.fromkeys(r["variables"] for r in rows))
    for variables, color in zip(sizes, shades(len(sizes)), strict=True):
        mine = [r for r in rows if r["kind"] == "K" and r["variables"] == variables]
        x = [r["least_bits"] for r in mine]
        left.plot(x, [r["log2_p"] for r in mine], ".-", color=color, label=f"{variables} variables")
        low, high = ([r[k] for r in mine] for k in ("log2_p_lowest", "log2_p_highest"))
        left.fill_between(x, low, high, color=color, alpha=0.2, linewidth=0)
        left.axhline(-(2.0**variables), color=color, linestyle=":", linewidth=1)
    left.legend()
    left.set_title("prior probability P(f)")
    left.set_xlabel("K(f), bits of the shortest program")
    left.set_ylabel("log2 P(f)")
    functions = list(dict.fromkeys(r["function"] for r in rows if r["kind"] == "length"))
    for name, color in zip(functions, shades(len(functions)), strict=True):
        mine = [r for r in rows if r["kind"] == "length" and r["function"] == name and r["share"]]
        x, y = ([r[key] for r in mine] for key in ("nodes", "share"))
        limit = [r["share"] for r in rows if r["kind"] == "limit" and r["function"] == name]
        # The label stands at the limit, in whose order the functions are.
        right.plot(x, y, ".-", color=color, label=None if limit else name)
        for share in limit:
            right.axhline(share, color=color, linestyle=":", linewidth=1, label=name)
    right.set_yscale("log")
    right.locator_params("x", integer=True)
    right.set_title("share of all programs of a length")
    right.set_xlabel("nodes of the programs")
    right.set_ylabel("share that computes the function")
