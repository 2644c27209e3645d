"""From few rows, the exact posterior predicts simple targets but never random ones.

The experiment measures Bayes, Gibbs and MAP accuracy on unseen rows against the number of
training rows, for functions of a few variables.  Everything is exact except the random splits,
over which it averages.  "all functions" is the mean over every function of the variables.
"""

from dataclasses import dataclass

import numpy as np

from synth.exact import Split, bits_of, named_functions, prior_of
from synth.experiments.base import SPLITS, setting, sizes_below, spawn_seeds

CONTROL = (
    "The mean accuracy over all targets is exactly ½, for every prior and every choice of training "
    "rows. What is gained on simple targets is lost on the others."
)
COLUMNS = ("rows", "target", "bayes", "gibbs", "map", "evidence_bits")
SUMMARY = {
    "rows_until_bayes_0_95": "training rows until Bayes accuracy reaches 0.95",
    "control_farthest_from_half": (
        "control: largest distance of the mean accuracy over all targets from 1/2"
    ),
}

#: Targets of a group, whose figures are means over the group.
RANDOM, ALL = "random", "all functions"


@dataclass(frozen=True)
class Settings:
    dsl: str = setting("boolean:basis=and-or-not", "Boolean DSL whose prior is used.")
    variables: int = setting(4, "Number of input variables of the target functions.", low=2, high=4)
    rows: tuple[int, ...] = setting(
        (2, 4, 6, 8, 10, 12, 14), "Numbers of training rows.", low=0, high=15
    )
    splits: int = setting(20, SPLITS, low=1)
    random: int = setting(200, "Number of random targets.", low=1)
    seed: int = setting(0, "Seed for the splits and the random targets.", low=0)


def run(settings, map):
    sizes = sizes_below(settings.rows, 2**settings.variables)
    seeds = spawn_seeds(settings.seed, len(sizes) + 1)
    common = settings.dsl, settings.variables, settings.splits, settings.random, seeds[-1]
    for rows in map(_accuracies, [(n, s, *common) for n, s in zip(sizes, seeds, strict=False)]):
        yield from rows


def _accuracies(item):
    """The rows of the table for one number of training rows."""
    rows, seed, dsl, variables, splits, random, targets_seed = item
    prior, bits = prior_of(dsl, variables), bits_of(dsl, variables)
    size = 2**variables
    named = named_functions(variables)
    drawn = np.random.default_rng(targets_seed).integers(0, 2**size, random)
    groups = {name: np.array([number]) for name, number in named.items()}
    groups |= {RANDOM: drawn, ALL: np.arange(2**size)}
    generator, sums = np.random.default_rng(seed), {}
    for _ in range(splits):
        train = np.zeros(size, bool)
        train[generator.permutation(size)[:rows]] = True
        split = Split(prior, train)
        for name, targets in groups.items():
            found = [split.bayes_accuracy(targets), split.gibbs_accuracy(targets)]
            found += [split.map_accuracy(targets), split.evidence_bits(targets)]
            sums.setdefault(name, []).append([float(values.mean()) for values in found])
    answer = []
    for name, targets in groups.items():
        bayes, gibbs, best, evidence = np.mean(sums[name], axis=0).tolist()
        least = bits[targets[0]] if len(targets) == 1 else bits[targets].mean()
        row = {
            "rows": rows,
            "target": name,
            "least_bits": float(least),
            "bayes": bayes,
            "gibbs": gibbs,
            "map": best,
            "evidence_bits": evidence if np.isfinite(evidence) else None,
        }
        answer.append(row)
    return answer


def summarise(rows):
    every = [r for r in rows if r["target"] == ALL]
    names = list(dict.fromkeys(r["target"] for r in rows))
    known = {}
    for name in names:
        good = [r["rows"] for r in rows if r["target"] == name and r["bayes"] >= 0.95]
        known[name] = min(good) if good else None
    return {
        "rows_until_bayes_0_95": known,
        "control_farthest_from_half": max(
            abs(r[kind] - 0.5) for r in every for kind in ("bayes", "gibbs", "map")
        ),
    }


def draw(rows, axes):
    for name in dict.fromkeys(r["target"] for r in rows):
        mine = [r for r in rows if r["target"] == name]
        style = {ALL: ":", RANDOM: "--"}.get(name, "-")
        axes.plot([r["rows"] for r in mine], [r["bayes"] for r in mine], style, label=name)
    axes.set_xlabel("training rows")
    axes.set_ylabel("Bayes accuracy on unseen rows")
