"""Weight decay finds the rule, with many units; L1 leaves few units and finds less of the rule.

Two-layer networks with quadratic units learn modular addition from half of the pairs, either with
weight decay or with an L1 penalty, at several strengths.  The experiment measures how many units
and weights the training labels need, how many frequencies hold 90 % of the embedding's power, and
held-out accuracy.
"""

import math
from dataclasses import dataclass, replace

import numpy as np

from synth.experiments.base import setting, spawn_seeds
from synth.experiments.rows import verdict
from synth.learners.networks import addition, pruning, waves

GROUP = "networks"
CONTROL = (
    "On random labels, held-out accuracy is at chance, whatever the penalty and however few "
    "weights are left."
)
COLUMNS = (
    "labels", "penalty", "strength", "seed", "train_accuracy", "test_accuracy", "units", "weights",
    "frequencies",
)  # fmt: skip
PANELS = 3
SUMMARY = {
    "weight_decay_fewest_weights": "weight decay, strength with the fewest weights",
    "weight_decay_best_held_out": "weight decay, strength with the best held-out accuracy",
    "l1_fewest_weights": "L1, strength with the fewest weights",
    "l1_best_held_out": "L1, strength with the best held-out accuracy",
    "held_out_accuracy": "held-out accuracy by strength",
    "weights_needed": "weights needed by strength",
    "control_weights_needed": "control: random labels, weights needed by strength",
    "control_held_out_accuracy": (
        "control: held-out accuracy on random labels that are fitted, mean and highest, and chance"
    ),
    "verdict": "verdict",
}

DECAY, L1 = PENALTIES = "weight decay", "L1"
TRUE, RANDOM = "true", "random"


@dataclass(frozen=True)
class Settings:
    p: int = setting(31, "Modulus, an odd number.", low=5, high=113)
    train: float = setting(0.5, "Share of the pairs used for training.", low=0.1, high=0.9)
    width: int = setting(128, "Number of hidden units.", low=2, high=2048)
    steps: int = setting(3000, "Number of training steps.", low=10)
    decays: tuple[float, ...] = setting((0, 0.1, 0.3, 1, 2, 3), "Strengths of weight decay.", low=0)
    l1s: tuple[float, ...] = setting(
        (0.03, 0.1, 0.3, 0.6, 1, 1.3), "Strengths of the L1 penalty.", low=0
    )
    runs: int = setting(3, "Number of seeds for each strength.", low=1)
    seed: int = setting(0, "Seed for all runs.", low=0)


def run(settings, map):
    addition.addition_task(settings.p, settings.train, 0)  # refuses an even p
    seeds = spawn_seeds(settings.seed, settings.runs)
    strengths = [(DECAY, s) for s in settings.decays] + [(L1, s) for s in settings.l1s]
    items = [
        (settings, labels, penalty, strength, k, seed)
        for labels in (TRUE, RANDOM)
        for penalty, strength in strengths
        for k, seed in enumerate(seeds)
    ]
    yield from map(_run, items)


def _run(item):
    """The row of one network."""
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
        "labels": labels,
        "penalty": penalty,
        "strength": strength,
        "seed": number,
        "train_accuracy": train,
        "test_accuracy": test,
        "units": pruning.units_needed(*cut),
        "weights": pruning.weights_needed(*cut),
        "zeros": float(np.mean(one.parameters[0] == 0)),
        "frequencies": len(waves.dominant(power.sum(axis=1))),
        "own_share": None if math.isnan(share) else share,
        "chance": 1 / settings.p,
    }


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
        for penalty in PENALTIES
    }


def _fits(rows):
    """Whether all seeds fit the training labels, so that units and weights needed are known."""
    return all(r["units"] is not None for r in rows)


def summarise(rows):
    chosen = {}
    for penalty in PENALTIES:
        fitted = [cell for cell in _cells(rows, TRUE, penalty).values() if _fits(cell)]
        if not fitted:
            continue
        # The strength that fits with the fewest weights, and the one that generalises best.
        least = min(fitted, key=lambda cell: _mean(cell, "weights"))
        best = max(fitted, key=lambda cell: _mean(cell, "test_accuracy"))
        keys = "test_accuracy", "units", "weights", "frequencies", "own_share", "zeros"
        for name, cell in (("fewest_weights", least), ("best_held_out", best)):
            chosen[f"{penalty.lower().replace(' ', '_')}_{name}"] = {
                "strength": cell[0]["strength"],
                **{key: _mean(cell, key) for key in keys},
            }
    random = [r for r in rows if r["labels"] == RANDOM and r["train_accuracy"] >= pruning.LEAST]
    found = {
        **chosen,
        "held_out_accuracy": _by_strength(rows, TRUE, "test_accuracy"),
        "weights_needed": _by_strength(rows, TRUE, "weights"),
        "control_weights_needed": _by_strength(rows, RANDOM, "weights"),
        "control_held_out_accuracy": [
            _mean(random, "test_accuracy"),
            max((r["test_accuracy"] for r in random), default=None),
            rows[0]["chance"],
        ],
    }
    return found | {"verdict": _verdict(found)}


def _verdict(found):
    """Whether decay finds more of the rule with more units; found: the figures of the summary."""
    decay, few = found.get("weight_decay_best_held_out"), found.get("l1_best_held_out")
    claim, control = [], []
    if decay and few:
        for key, what in (
            ("test_accuracy", "held-out accuracy is"),
            ("units", "the number of units needed is"),
        ):
            words = f"{what} {decay[key]:.3g} with decay and {few[key]:.3g} with L1"
            claim.append((decay[key] > few[key], words))
    mean, most, chance = found["control_held_out_accuracy"]
    if mean is not None:
        words = f"on random labels held-out accuracy is {mean:.3f} (most {most:.3f}"
        control.append((abs(mean - chance) <= 0.02, f"{words}, chance {chance:.3f})"))
    return verdict(claim, control)


CAPTION = """A network is trained with a penalty on its weights: on their squares (weight decay) or
on their magnitudes (L1). (a) Its accuracy on unseen rows. (b) How many of its weights it needs to
be right on the training rows: for random labels (dotted) about as many as for true ones, or more. A
penalty that leaves no weight is not drawn. (c) Each mark is a network on true labels. Those that
generalise best do not have the fewest units."""


def draw(rows, axes):
    left, middle, right = axes
    for penalty, color in zip(PENALTIES, ("C3", "C8"), strict=True):
        for labels, style in ((TRUE, "o-"), (RANDOM, "x:")):
            cells = _cells(rows, labels, penalty)
            name = penalty if labels == TRUE else f"{penalty}, random labels"
            for axis, key in ((left, "test_accuracy"), (middle, "weights")):
                means = [_mean(cell, key) for cell in cells.values()]
                y = [np.nan if m is None else m for m in means]
                label = name if axis is left else None
                axis.plot(list(cells), y, style, color=color, markersize=4, label=label)
        some = [r for r in rows if r["labels"] == TRUE and r["penalty"] == penalty and r["units"]]
        units, accuracies = ([r[key] for r in some] for key in ("units", "test_accuracy"))
        right.plot(units, accuracies, "o", color=color, label=penalty)
    for axis in (left, middle):
        axis.set_xscale("symlog", linthresh=0.03)
        axis.set_xlim(left=-0.003)
        axis.set_xlabel("strength of the penalty")
    left.legend(loc="upper left")
    left.set(title="accuracy", ylabel="accuracy on unseen rows", ylim=(-0.03, 1.5))
    middle.set_yscale("log")
    middle.set(title="weights that are needed", ylabel="weights")
    right.set_title("one mark for each network")
    right.set_xlabel("units that are needed")
    right.set_ylabel("accuracy on unseen rows")
    right.legend()
