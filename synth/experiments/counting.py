"""Simple functions have exponentially more programs: P(f) falls as 2**(-a K(f) - b).

The exact prior mass P(f) of every function against the bits K(f) of its shortest program,
and the share of chosen functions among all programs of each length, with its limit.
"""

from dataclasses import dataclass

import numpy as np

from synth.exact import bits_of, count_programs, limit_shares, named_functions, prior_of
from synth.experiments.base import setting
from synth.experiments.fits import rank_correlation
from synth.language import Bool, Grammar, dsls

CONTROL = (
    "uniform over behaviours: every function is as likely as any other, so the slope is 0 and "
    "so is the rank correlation of shuffled masses with K"
)
COLUMNS = ("kind", "variables", "function", "least_bits", "log2_p", "nodes", "value")
PANELS = 2


@dataclass(frozen=True)
class Settings:
    dsl: str = setting("boolean:basis=and-or-not", "a boolean DSL")
    variables: tuple[int, ...] = setting((3, 4), "variables of the functions", low=2, high=4)
    nodes: int = setting(14, "count programs of up to so many nodes", low=1, high=40)
    seed: int = setting(0, "of the shuffle in the control", low=0)


def run(settings, map):
    items = [(settings.dsl, v, settings.nodes, settings.seed) for v in settings.variables]
    for rows in map(_functions, items):
        yield from rows
    fewest = min(settings.variables)
    for rows in map(_lengths, [(settings.dsl, fewest, settings.nodes)]):
        yield from rows


_EMPTY = dict.fromkeys((
    "kind", "variables", "function", "functions", "least_bits", "log2_p", "log2_p_highest",
    "log2_p_lowest", "shortest_share", "nodes", "programs", "share", "value",
))  # fmt: skip


def _functions(item):
    dsl, variables, _, seed = item
    prior, bits = prior_of(dsl, variables), bits_of(dsl, variables)
    reached = prior.masses > 0
    log2_p, bits = -prior.bits[reached], bits[reached]
    held = np.exp2(-bits - log2_p)
    rows = []
    for least in np.unique(bits).tolist():
        here = bits == least
        rows.append(_EMPTY | {
            "kind": "K", "variables": variables, "functions": int(here.sum()),
            "least_bits": least, "log2_p": float(log2_p[here].mean()),
            "log2_p_highest": float(log2_p[here].max()),
            "log2_p_lowest": float(log2_p[here].min()),
            "shortest_share": float(held[here].mean()),
        })  # fmt: skip
    a, b = np.polyfit(bits, log2_p, 1).tolist()
    levels = [(r["least_bits"], r["log2_p_highest"]) for r in rows]
    bound = float(np.polyfit(*np.array(levels).T, 1)[0]) if len(levels) > 1 else 0.0
    shuffled = np.random.default_rng(seed).permutation(log2_p)
    fits = {
        "slope": a, "intercept": b, "bound slope": bound,
        "bound intercept": float((log2_p - bound * bits).max()),
        "rank correlation": rank_correlation(bits, log2_p),
        "shuffled rank correlation": rank_correlation(bits, shuffled),
        "median share of the shortest": float(np.median(held)),
    }  # fmt: skip
    for name, value in fits.items():
        rows.append(_EMPTY | {"kind": name, "variables": variables, "value": value})
    for name, number in named_functions(variables).items():
        if prior.masses[number]:
            k = bits_of(dsl, variables)[number]
            rows.append(_EMPTY | {
                "kind": "named", "variables": variables, "function": name,
                "least_bits": float(k), "log2_p": float(-prior.bits[number]),
                "shortest_share": float(2.0**-k / prior.masses[number]),
            })  # fmt: skip
    return rows


def _lengths(item):
    dsl, variables, nodes = item
    prior = prior_of(dsl, variables)
    grammar = Grammar(dsls.load_dsl(dsl), dict.fromkeys(prior.columns, Bool), costs=lambda _: 1)
    counted = count_programs(grammar, prior.columns, max_bits=nodes)
    limits = limit_shares(grammar, prior.columns)
    rows = []
    for name, number in named_functions(variables).items():
        place = counted.find(prior.values(number))
        found = np.zeros(len(counted.bits)) if place is None else counted.counts(place)
        for level, (count, total) in enumerate(zip(found.tolist(), counted.programs, strict=True)):
            rows.append(_EMPTY | {
                "kind": "length", "variables": variables, "function": name,
                "nodes": round(float(counted.bits[level])), "programs": int(count),
                "share": float(count / total) if total else 0.0,
            })  # fmt: skip
        rows.append(_EMPTY | {
            "kind": "limit", "variables": variables, "function": name,
            "share": float(limits[number]),
        })  # fmt: skip
    return rows


def summarise(rows):
    found = {}
    for row in rows:
        if row["kind"] not in ("K", "named", "length", "limit"):
            found[f"{row['variables']} variables, {row['kind']}"] = row["value"]
    limits = {r["function"]: r["share"] for r in rows if r["kind"] == "limit"}
    return found | {"shares of very long programs": limits, "control: slope if uniform": 0.0}


def draw(rows, axes):
    left, right = axes
    for variables in dict.fromkeys(r["variables"] for r in rows):
        mine = [r for r in rows if r["kind"] == "K" and r["variables"] == variables]
        x = [r["least_bits"] for r in mine]
        line = left.plot(x, [r["log2_p"] for r in mine], ".-", label=f"{variables} variables")[0]
        low, high = ([r[k] for r in mine] for k in ("log2_p_lowest", "log2_p_highest"))
        left.fill_between(x, low, high, color=line.get_color(), alpha=0.2, linewidth=0)
        left.axhline(-(2.0**variables), color=line.get_color(), linestyle=":", linewidth=1)
    left.set_xlabel("K(f), bits of the shortest program")
    left.set_ylabel("log2 P(f); dotted: uniform")
    for name in dict.fromkeys(r["function"] for r in rows if r["kind"] == "length"):
        mine = [r for r in rows if r["kind"] == "length" and r["function"] == name and r["share"]]
        line = right.plot([r["nodes"] for r in mine], [r["share"] for r in mine], ".-", label=name)
        for row in rows:
            if row["kind"] == "limit" and row["function"] == name:
                right.axhline(row["share"], color=line[0].get_color(), linestyle=":", linewidth=1)
    right.set_yscale("log")
    right.set_xlabel("nodes of the program")
    right.set_ylabel("share of programs; dotted: limit")
