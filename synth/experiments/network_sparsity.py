"""Weight decay finds the rule with many units; L1 leaves few units and less of the rule.

Two-layer networks with quadratic units on modular addition, half of the pairs, once with weight
decay and once with L1, in several strengths: how many units and weights are needed for the
training labels, how many frequencies hold 90 % of the embedding's power, and held-out accuracy.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from synth.experiments.base import setting, spawn_seeds
from synth.learners.networks import addition, pruning, waves

CONTROL = (
    "random labels: at chance held out, whatever is penalised and however few weights are left"
)
COLUMNS = (
    "labels", "penalty", "strength", "seed", "train_accuracy", "test_accuracy", "units", "weights",
    "frequencies",
)  # fmt: skip
PANELS = 3

DECAY, L1 = "weight decay", "L1"
TRUE, RANDOM = "true", "random"


@dataclass(frozen=True)
class Settings:
    p: int = setting(31, "the modulus, odd", low=5, high=113)
    train: float = setting(0.5, "share of the pairs that is for training", low=0.1, high=0.9)
    width: int = setting(128, "hidden units", low=2, high=2048)
    steps: int = setting(3000, "of training", low=10)
    decays: tuple[float, ...] = setting((0, 0.1, 0.3, 1, 2, 3), "strengths of decay", low=0)
    l1s: tuple[float, ...] = setting((0.03, 0.1, 0.3, 0.6, 1, 1.3), "strengths of L1", low=0)
    runs: int = setting(3, "seeds of each strength", low=1)
    seed: int = setting(0, "of all runs", low=0)


def run(settings, map):
    addition.addition_task(settings.p, settings.train, 0)  # an even p is refused before all else
    seeds = spawn_seeds(settings.seed, settings.runs)
    strengths = [(DECAY, s) for s in settings.decays] + [(L1, s) for s in settings.l1s]
    yield from map(_run, [
        (settings, labels, penalty, strength, k, seed)
        for labels in (TRUE, RANDOM) for penalty, strength in strengths
        for k, seed in enumerate(seeds)
    ])  # fmt: skip


def _run(item):
    settings, labels, penalty, strength, number, seed = item
    task = addition.addition_task(settings.p, settings.train, number, permuted=labels == RANDOM)
    decay, l1 = (strength, 0.0) if penalty == DECAY else (0.0, strength)
    recipe = replace(addition.PLAIN, width=settings.width, decay=decay, l1=l1)
    one = addition.Trained(task, recipe, [settings.steps], seed)
    train, test = (float(a[0]) for a in one.accuracies())
    power = waves.embedding_power(one.shape, one.parameters, settings.p)[0]
    share = float(waves.own_share(power))
    cut = one.shape, one.parameters[0], one.points[task.train], task.labels[task.train]
    return {
        "labels": labels, "penalty": penalty, "strength": strength, "seed": number,
        "train_accuracy": train, "test_accuracy": test,
        "units": pruning.units_needed(*cut), "weights": pruning.weights_needed(*cut),
        "zeros": float(np.mean(one.parameters[0] == 0)),
        "frequencies": len(waves.dominant(power.sum(axis=1))),
        "own_share": None if math.isnan(share) else share, "chance": 1 / settings.p,
    }  # fmt: skip


def _cells(rows, labels, penalty):
    """{strength: its rows}."""
    found = {}
    for r in rows:
        if (r["labels"], r["penalty"]) == (labels, penalty):
            found.setdefault(r["strength"], []).append(r)
    return found


def _mean(rows, key):
    values = [r[key] for r in rows if r[key] is not None]
    return float(np.mean(values)) if values else None


def _by_strength(rows, labels, key):
    return {
        penalty: {f"{s:g}": _mean(cell, key) for s, cell in _cells(rows, labels, penalty).items()}
        for penalty in (DECAY, L1)
    }


def _fits(rows):
    """Whether all seeds have the training labels, so that it can be asked what that takes."""
    return all(r["units"] is not None for r in rows)


def summarise(rows):
    said = {}
    for penalty in (DECAY, L1):
        fitted = [cell for cell in _cells(rows, TRUE, penalty).values() if _fits(cell)]
        if not fitted:
            continue
        # What fits the training rows with the fewest weights, and what generalises best.
        least = min(fitted, key=lambda cell: _mean(cell, "weights"))
        best = max(fitted, key=lambda cell: _mean(cell, "test_accuracy"))
        for name, cell in (("fewest weights", least), ("best held out", best)):
            said[f"{penalty}, {name}"] = {
                "strength": cell[0]["strength"],
                **{key: _mean(cell, key) for key in
                   ("test_accuracy", "units", "weights", "frequencies", "own_share", "zeros")},
            }  # fmt: skip
    random = [r for r in rows if r["labels"] == RANDOM and r["train_accuracy"] >= pruning.LEAST]
    return {
        **said,
        "held-out accuracy by strength": _by_strength(rows, TRUE, "test_accuracy"),
        "weights needed by strength": _by_strength(rows, TRUE, "weights"),
        "control: random labels, weights needed by strength": _by_strength(rows, RANDOM, "weights"),
        "control: random labels, mean and most held out where fitted, chance": [
            _mean(random, "test_accuracy"),
            max((r["test_accuracy"] for r in random), default=None), rows[0]["chance"],
        ],
    }  # fmt: skip


def draw(rows, axes):
    left, middle, right = axes
    for penalty, color in ((DECAY, "C0"), (L1, "C1")):
        for labels, style in ((TRUE, "o-"), (RANDOM, "x:")):
            cells = _cells(rows, labels, penalty)
            name = penalty if labels == TRUE else f"{penalty}, random labels"
            for axis, key in ((left, "test_accuracy"), (middle, "weights")):
                means = [_mean(cell, key) for cell in cells.values()]
                axis.plot(list(cells), [np.nan if m is None else m for m in means], style,
                          color=color, label=name, markersize=4)  # fmt: skip
        some = [r for r in rows if r["labels"] == TRUE and r["penalty"] == penalty and r["units"]]
        right.plot([r["units"] for r in some], [r["test_accuracy"] for r in some], "o",
                   color=color, label=penalty)  # fmt: skip
    for axis in (left, middle):
        axis.set_xscale("symlog", linthresh=0.03)
        axis.set_xlim(left=-0.003)
        axis.set_xlabel("strength of the penalty")
    left.set_ylabel("accuracy held out")
    middle.set_yscale("log")
    middle.set_ylabel("weights needed for the training labels")
    right.set_xlabel("units needed for the training labels")
    right.set_ylabel("accuracy held out")
    right.legend(fontsize="small")
