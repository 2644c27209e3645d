"""Different languages predict the same unseen labels if the task has structure.

The experiment measures how often the exact Bayes predictions of two DSLs agree on unseen rows.  It
shows this against the number of training rows, for structured and for random targets.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from synth.errors import SettingError
from synth.exact import Split, named_functions, prior_of
from synth.experiments.base import SPLITS, refuse_repeated, setting, sizes_below, spawn_seeds

CONTROL = (
    "On random targets, agreement does not rise to 1 with more rows, and neither language is right "
    "more often than chance."
)
COLUMNS = ("pair", "target", "rows", "agreement", "difference", "accuracy")
SUMMARY = {
    "agreement_at_{rows}_rows": "agreement at {rows} rows",
    "control_agreement": "control: agreement on random targets",
    "control_accuracy": "control: accuracy on random targets",
}


@dataclass(frozen=True)
class Settings:
    dsls: tuple[str, ...] = setting(
        ("boolean:basis=and-or-not", "boolean:basis=and-or-xor-not", "boolean:basis=nand"),
        "Boolean DSLs, at least two.",
    )
    variables: int = setting(4, "Number of variables of the target functions.", low=2, high=4)
    rows: tuple[int, ...] = setting(
        (2, 4, 6, 8, 10, 12, 14), "Numbers of training rows.", low=0, high=15
    )
    splits: int = setting(30, SPLITS, low=1)
    random: int = setting(200, "Number of random targets.", low=1)
    seed: int = setting(0, "Seed for the splits and the random targets.", low=0)


#: Targets that are simple in every built-in basis.
STRUCTURED = ("true", "x0", "x0 & x1", "majority 3", "multiplexer")


def run(settings, map):
    if len(set(settings.dsls)) < 2:
        raise SettingError(f"dsls={','.join(settings.dsls)}; allowed: at least two DSLs")
    refuse_repeated(settings.dsls, "dsls")
    sizes = sizes_below(settings.rows, 2**settings.variables)
    seeds = spawn_seeds(settings.seed, len(sizes) + 1)
    common = settings.dsls, settings.variables, settings.splits, settings.random, seeds[-1]
    for rows in map(_agreement, [(n, s, *common) for n, s in zip(sizes, seeds, strict=False)]):
        yield from rows


def _agreement(item):
    """The rows for one number of training rows: one per pair of DSLs and group of targets."""
    rows, seed, names, variables, splits, random, targets_seed = item
    size = 2**variables
    named = named_functions(variables)
    drawn = np.random.default_rng(targets_seed).integers(0, 2**size, random)
    groups = {name: np.array([named[name]]) for name in STRUCTURED if name in named}
    groups["random"] = drawn
    generator, sums = np.random.default_rng(seed), {}
    for _ in range(splits):
        train = np.zeros(size, bool)
        train[generator.permutation(size)[:rows]] = True
        parts = {name: Split(prior_of(name, variables), train) for name in names}
        for group, targets in groups.items():
            for a, b in combinations(names, 2):
                one, other = parts[a], parts[b]
                differ = np.abs(one.guesses(targets) - other.guesses(targets)).mean()
                p = one.predictive[:, one.labeling(targets)]
                q = other.predictive[:, other.labeling(targets)]
                right = (one.bayes_accuracy(targets) + other.bayes_accuracy(targets)).mean() / 2
                found = 1 - differ, np.abs(p - q).mean(), right
                sums.setdefault((a, b, group), []).append(found)
    short = {name: name.removeprefix("boolean:basis=") for name in names}
    answer = []
    for (a, b, group), found in sums.items():
        agreement, difference, accuracy = np.mean(found, axis=0).tolist()
        row = {"rows": rows, "pair": f"{short[a]}, {short[b]}", "target": group}
        answer.append(
            row | {"agreement": agreement, "difference": difference, "accuracy": accuracy}
        )
    return answer


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
    }


def draw(rows, axes):
    sizes = list(dict.fromkeys(r["rows"] for r in rows))
    for target in dict.fromkeys(r["target"] for r in rows):
        mean = [
            np.mean([r["agreement"] for r in rows if r["target"] == target and r["rows"] == n])
            for n in sizes
        ]
        axes.plot(sizes, mean, "--" if target == "random" else "-", label=target)
    axes.set_xlabel("training rows")
    axes.set_ylabel("agreement of two languages on unseen rows")
