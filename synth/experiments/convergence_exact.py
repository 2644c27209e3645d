"""Different languages predict the same unseen labels if the task has structure.

The experiment measures how often the exact Bayes predictions of two DSLs agree on unseen rows.  It
shows this against the number of training rows, for structured and for random targets.  All figures
are exact means over all splits; only the random targets are drawn.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from synth.errors import SettingError
from synth.exact import EverySplit, named_functions, prior_of
from synth.experiments.base import refuse_repeated, setting, sizes_below
from synth.experiments.rows import share, verdict
from synth.report import COLOURS, shades

GROUP = "priors"
QUICK = {"variables": 3, "rows": (1, 2, 3, 4, 5, 6, 7), "random": 50}
CONTROL = (
    "On random targets, agreement does not rise to 1 with more rows, and neither language is right "
    "more often than chance."
)
COLUMNS = ("pair", "target", "rows", "agreement", "difference", "accuracy")
SUMMARY = {
    "agreement_at_{rows}_rows": "agreement at {rows} rows",
    "control_agreement": "control: agreement on random targets",
    "control_accuracy": "control: accuracy on random targets",
    "verdict": "verdict",
}


@dataclass(frozen=True)
class Settings:
    dsls: tuple[str, ...] = setting(
        ("boolean:basis=and-or-not", "boolean:basis=and-or-xor-not", "boolean:basis=nand"),
        "Boolean DSLs, at least two.",
    )
    variables: int = setting(4, "Number of variables of the target functions.", low=2, high=4)
    rows: tuple[int, ...] = setting(tuple(range(16)), "Numbers of training rows.", low=0, high=15)
    random: int = setting(200, "Number of random targets.", low=1)
    seed: int = setting(0, "Seed for the random targets.", low=0)


#: Targets that are simple in every built-in basis.
STRUCTURED = ("true", "x0", "x0 & x1", "majority 3", "multiplexer")


def run(settings, map):
    if len(set(settings.dsls)) < 2:
        raise SettingError(f"dsls={','.join(settings.dsls)}; allowed: at least two DSLs")
    refuse_repeated(settings.dsls, "dsls")
    sizes = sizes_below(settings.rows, 2**settings.variables)
    generator = np.random.default_rng(settings.seed)
    drawn = generator.integers(0, 2**2**settings.variables, settings.random)
    named = named_functions(settings.variables)
    groups = {name: [named[name]] for name in STRUCTURED if name in named}
    groups["random"] = drawn.tolist()
    common = settings.dsls, settings.variables, sizes
    for rows in map(_agreement, [(*common, name, each) for name, each in groups.items()]):
        yield from rows


def _agreement(item):
    """The rows for one group of targets: one per number of training rows and pair of DSLs."""
    names, variables, sizes, group, targets = item
    priors, sums = [prior_of(name, variables) for name in names], {}
    short = [name.removeprefix("boolean:basis=") for name in names]
    for target in targets:
        parts = [EverySplit(prior, target) for prior in priors]
        for a, b in combinations(range(len(names)), 2):
            one, other = parts[a], parts[b]
            found = (
                1 - np.abs(one.guesses - other.guesses),
                np.abs(one.chances - other.chances),
                (one.guesses + other.guesses) / 2,
            )
            means = np.array([one.by_size(one.mean(values)) for values in found])
            pair = f"{short[a]}, {short[b]}"
            sums[pair] = sums.get(pair, 0) + means / len(targets)
    return [
        {"rows": n, "pair": pair, "target": group}
        | dict(zip(("agreement", "difference", "accuracy"), found[:, n].tolist(), strict=True))
        for n in sizes
        for pair, found in sums.items()
    ]


def summarise(rows):
    last = max(r["rows"] for r in rows)
    structured = [r for r in rows if r["rows"] == last and r["target"] != "random"]
    random = [r for r in rows if r["rows"] == last and r["target"] == "random"]
    return {
        f"agreement_at_{last}_rows": {
            target: float(np.mean([r["agreement"] for r in structured if r["target"] == target]))
            for target in dict.fromkeys(r["target"] for r in structured)
        },
        "control_agreement": float(np.mean([r["agreement"] for r in random])),
        "control_accuracy": float(np.mean([r["accuracy"] for r in random])),
        "verdict": _verdict(structured + random),
    }


def _verdict(rows):
    """Whether two DSLs agree more with structure than without; rows: those of the last size."""
    random = {r["pair"]: r for r in rows if r["target"] == "random"}
    structured = [r for r in rows if r["target"] != "random"]
    pairs = [(r["agreement"], random[r["pair"]]["agreement"]) for r in structured if random]
    more, of = share(one > other for one, other in pairs)
    claim = [(more, f"two DSLs agree more on structured than on random targets in {of} cases")]
    if structured:
        mean = float(np.mean([r["agreement"] for r in structured]))
        claim.append((mean > 0.95, f"they agree on {mean:.3f} of the unseen rows with structure"))
    control = []
    if random:
        agreement = float(np.mean([r["agreement"] for r in random.values()]))
        accuracy = float(np.mean([r["accuracy"] for r in random.values()]))
        control = [
            (agreement <= 0.95, f"agreement on random targets is {agreement:.3f}"),
            (abs(accuracy - 0.5) <= 0.05, f"accuracy on them is {accuracy:.3f}"),
        ]
    return verdict(claim, control)


CAPTION = """Each line is a target ("true" is the constant). Its height is how often the exact Bayes
predictions of two languages agree on an unseen row, on average over all pairs of languages. On
simple targets they agree after a few rows, although their primitives differ. On random labels they
agree no more from many rows than from none."""


def draw(rows, axes):
    sizes = list(dict.fromkeys(r["rows"] for r in rows))
    targets = list(dict.fromkeys(r["target"] for r in rows))
    named = [target for target in targets if target != "random"]
    colors = dict(zip(named, shades(len(named)), strict=True))
    colors["random"] = COLOURS["random labels"]
    for target in targets:
        mean = [
            np.mean([r["agreement"] for r in rows if r["target"] == target and r["rows"] == n])
            for n in sizes
        ]
        style = {"linestyle": "-", "linewidth": 0.8} if target == "random" else {}
        axes.plot(sizes, mean, color=colors[target], label=target, **style)
    axes.set_xlabel("training rows")
    axes.set_ylabel("agreement of two languages on unseen rows")
    # Most lines end at one place, where labels could not tell them apart.
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
