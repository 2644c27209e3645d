"""From few rows, the exact posterior predicts simple targets; random ones it does not predict.

The experiment measures Bayes, Gibbs and MAP accuracy on unseen rows against the number of
training rows, for functions of a few variables.  The figures of each target are exact means over
all splits with that number of training rows.  Two things are drawn: the random targets, and the
splits of the control, "all functions", which is the mean over every function of the variables.
"""

from dataclasses import dataclass

import numpy as np

from synth.exact import EverySplit, Split, bits_of, named_functions, prior_of
from synth.experiments.base import setting, sizes_below, spawn_seeds
from synth.experiments.rows import share, verdict
from synth.report import COLOURS, shades

GROUP = "priors"
QUICK = {"variables": 3, "rows": (1, 2, 3, 4, 5, 6, 7), "random": 50}
CONTROL = (
    "The mean accuracy over all targets is exactly ½, for every prior and every choice of training "
    "rows. What is gained on simple targets is lost on the others."
)
COLUMNS = ("rows", "target", "bayes", "gibbs", "map", "evidence_bits")
SUMMARY = {
    "rows_until_bayes_0_95": (
        "fewest training rows from which the mean Bayes accuracy stays at 0.95 or more"
    ),
    "control_farthest_from_half": (
        "control: largest distance of the mean accuracy over all targets from 1/2"
    ),
    "verdict": "verdict",
}

#: Targets of a group, whose figures are means over the group.
RANDOM, ALL = "random", "all functions"


@dataclass(frozen=True)
class Settings:
    dsl: str = setting("boolean:basis=and-or-not", "Boolean DSL whose prior is used.")
    variables: int = setting(4, "Number of input variables of the target functions.", low=2, high=4)
    rows: tuple[int, ...] = setting(tuple(range(16)), "Numbers of training rows.", low=0, high=15)
    splits: int = setting(
        3, "Number of random splits of the control, for each number of training rows.", low=1
    )
    random: int = setting(200, "Number of random targets.", low=1)
    seed: int = setting(0, "Seed for the random targets and the splits of the control.", low=0)


def run(settings, map):
    sizes = sizes_below(settings.rows, 2**settings.variables)
    *seeds, targets_seed = spawn_seeds(settings.seed, len(sizes) + 1)
    drawn = np.random.default_rng(targets_seed).integers(
        0, 2**2**settings.variables, settings.random
    )
    groups = {name: [number] for name, number in named_functions(settings.variables).items()}
    groups[RANDOM] = drawn.tolist()
    common = settings.dsl, settings.variables
    for rows in map(_group, [(*common, name, each, sizes) for name, each in groups.items()]):
        yield from rows
    items = [(*common, settings.splits, n, s) for n, s in zip(sizes, seeds, strict=True)]
    yield from map(_control, items)


def _group(item):
    """The rows of the table for one group of targets: exact means over all splits."""
    dsl, variables, name, targets, sizes = item
    prior, bits = prior_of(dsl, variables), bits_of(dsl, variables)
    sums = 0
    for target in targets:
        every = EverySplit(prior, target)
        found = every.bayes_accuracy, every.gibbs_accuracy, every.map_accuracy, every.evidence_bits
        sums = sums + np.array([every.by_size(values) for values in found])
    means = (sums / len(targets)).T
    return [_row(name, n, bits[targets], means[n]) for n in sizes]


def _control(item):
    """The mean over all targets, for some splits."""
    dsl, variables, splits, known, seed = item
    prior, size = prior_of(dsl, variables), 2**variables
    targets, generator, found = np.arange(2**size), np.random.default_rng(seed), []
    for _ in range(splits):
        train = np.zeros(size, bool)
        train[generator.permutation(size)[:known]] = True
        split = Split(prior, train)
        values = [split.bayes_accuracy(targets), split.gibbs_accuracy(targets)]
        values += [split.map_accuracy(targets), split.evidence_bits(targets)]
        found.append([each.mean() for each in values])
    return _row(ALL, known, bits_of(dsl, variables), np.mean(found, axis=0))


def _row(name, known, least, means):
    bayes, gibbs, best, evidence = means.tolist()
    return {
        "rows": known,
        "target": name,
        "least_bits": float(np.mean(least)),
        "bayes": bayes,
        "gibbs": gibbs,
        "map": best,
        "evidence_bits": evidence if np.isfinite(evidence) else None,
    }


def summarise(rows):
    every = [r for r in rows if r["target"] == ALL]
    names = list(dict.fromkeys(r["target"] for r in rows))
    known = {}
    for name in names:
        mine = [r for r in rows if r["target"] == name]
        bad = max((r["rows"] for r in mine if r["bayes"] < 0.95 - 1e-9), default=-1)
        known[name] = min((r["rows"] for r in mine if r["rows"] > bad), default=None)
    return {
        "rows_until_bayes_0_95": known,
        "control_farthest_from_half": max(
            abs(r[kind] - 0.5) for r in every for kind in ("bayes", "gibbs", "map")
        ),
        "verdict": _verdict(rows),
    }


def _verdict(rows):
    most = max(r["rows"] for r in rows)
    named = [r for r in rows if r["target"] not in (RANDOM, ALL) and r["rows"] == most]
    random = [r["bayes"] for r in rows if r["target"] == RANDOM]
    known, of = share(r["bayes"] >= 0.95 for r in named)
    others = ", ".join(r["target"] for r in named if r["bayes"] < 0.95)
    words = f"{of} named targets are predicted at 0.95 or more from {most} rows"
    claim = [(known, words + (f" (not {others})" if others else ""))]
    if random:
        most_random = max(random)
        words = f"random ones are predicted at {most_random:.3f} at most"
        claim.append((most_random < 0.6, words))
    far = [abs(r[k] - 0.5) for r in rows if r["target"] == ALL for k in ("bayes", "gibbs", "map")]
    words = f"the mean over all targets is within {max(far, default=0):.1g} of 1/2"
    return verdict(claim, [(max(far) < 1e-9, words)] if far else [])


CAPTION = """Each line is a target, a function of the inputs ("true" is the constant). Its height is
how often the exact posterior predicts the label of an unseen row, on average over all sets of
training rows. Simple targets are predicted from few rows, complex ones from many. Parity of all
inputs is the opposite of what simpler programs say, and is predicted wrongly. Random functions, and
the mean over all functions, stay at chance."""


def draw(rows, axes):
    names = list(dict.fromkeys(r["target"] for r in rows))
    controls = {ALL: "black", RANDOM: COLOURS["random labels"]}
    targets = [name for name in names if name not in controls]
    colors = dict(zip(targets, shades(len(targets)), strict=True)) | controls
    for name in names:
        mine = [r for r in rows if r["target"] == name]
        x, y = ([r[key] for r in mine] for key in ("rows", "bayes"))
        style = {"linestyle": "-", "linewidth": 0.8} if name in controls else {}
        axes.plot(x, y, color=colors[name], label=name, **style)
    axes.set_xlabel("training rows")
    axes.set_ylabel("Bayes accuracy on unseen rows")
    # Most lines end at one place, where labels could not tell them apart.
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
