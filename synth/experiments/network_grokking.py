"""Networks grok modular addition: memorised early, then slowly a Fourier circuit, with decay.

Two-layer networks on x + y modulo p, half of the pairs, full-batch AdamW.  Accuracy, the Fourier
power of the embedding weights, its Gini coefficient, and the loss with nothing but waves of x + y
at the final state's frequencies (restricted, held out) and without them (excluded, training).
Beside them the two curves of the grokking lab (`synth.dynamics.chain`) on one axis of phases.
"""

import math
from dataclasses import dataclass

import numpy as np

from synth.dynamics import (
    LAB_BITS,
    LAB_CHAIN,
    LAB_STEPS,
    LAB_TASK,
    Chain,
    make_world,
    reached,
    trajectory,
)
from synth.experiments.base import first_rows_first, setting, spawn_seeds
from synth.learners.networks import addition, waves

CONTROL = (
    "without weight decay the training rows stay a table and held-out accuracy stays low; with "
    "random labels it is at chance, and no frequency stands out in any unit"
)
COLUMNS = (
    "kind", "seed", "memorised_at", "generalised_at", "test_accuracy", "own_share", "frequencies"
)  # fmt: skip
PANELS = (2, 2)

MAIN, LAB, RANDOM = "quadratic", "grokking lab", "random labels"
EMBEDDED = "embedding"
EMBEDDED_RANDOM = "embedding, random labels"
#: Of each kind: times as many units, times the decay, and what else is other than in the first.
KINDS = {
    MAIN: (1, 1, {}),
    "relu": (4, 1, {"activation": "relu"}),
    EMBEDDED: (2, 2, {}),
    "no decay": (1, 0, {}),
    RANDOM: (1, 1, {}),
    EMBEDDED_RANDOM: (2, 2, {}),
    "squared, no decay": (1, 0, {"loss": "squared"}),
}
CONTROLS = ("no decay", RANDOM, EMBEDDED_RANDOM)


@dataclass(frozen=True)
class Settings:
    p: int = setting(31, "the modulus, odd", low=5, high=113)
    train: float = setting(0.5, "share of the pairs that is for training", low=0.1, high=0.9)
    width: int = setting(
        128, "hidden units; relu: 4 times, embedding: twice as many", low=2, high=2048
    )
    embedding: int = setting(32, "units of the linear layer, where there is one", low=1, high=512)
    scale: float = setting(0.3, "initial deviation of weights, times sqrt(fan-in)", low=0.001)
    rate: float = setting(0.01, "of AdamW", low=1e-6)
    decay: float = setting(1.0, "weight decay; embedding: twice as much", low=0)
    steps: int = setting(3000, "of training", low=10)
    runs: int = setting(4, "seeds of each kind", low=1)
    lab: str = setting(LAB_TASK, "task of the grokking lab's two curves")
    lab_steps: int = setting(LAB_STEPS, "Metropolis steps of the lab", low=1000)
    seed: int = setting(0, "of all runs", low=0)


def run(settings, map):
    addition.addition_task(settings.p, settings.train, 0)  # an even p is refused before all else
    seeds = spawn_seeds(settings.seed, settings.runs)
    items = [(settings, kind, k, seed) for kind in KINDS for k, seed in enumerate(seeds)]
    items.append((settings, LAB, 0, seeds[0]))
    yield from first_rows_first(map(_run, items))


_EMPTY = dict.fromkeys((
    "row", "kind", "seed", "memorised_at", "half_at", "generalised_at", "step", "phase",
    "train_accuracy", "test_accuracy", "train_loss", "test_loss", "restricted_loss",
    "excluded_loss", "excluded_accuracy", "excluded_test_accuracy", "gini", "own_share",
    "frequencies", "dominant_share", "norm", "chance",
))  # fmt: skip
_MEASURED = _EMPTY.keys() - {"row", "kind", "seed", "memorised_at", "half_at", "generalised_at"}


def recipe_of(settings, kind):
    """What a kind trains."""
    wider, stronger, other = KINDS[kind]
    return addition.Recipe(
        width=settings.width * wider, scale=settings.scale, rate=settings.rate,
        decay=settings.decay * stronger,
        embedding=settings.embedding if kind in (EMBEDDED, EMBEDDED_RANDOM) else None, **other,
    )  # fmt: skip


def _run(item):
    settings, kind, number, seed = item
    path = _lab(settings, seed) if kind == LAB else _network(*item)
    times = {
        "memorised_at": reached(path, "train_accuracy"),
        "half_at": reached(path, "test_accuracy", 0.5),
        "generalised_at": reached(path, "test_accuracy"),
    }
    begin, end = times["memorised_at"], times["generalised_at"]
    for measures in path:
        measures["phase"] = _phase(measures["step"], begin, end)
    who = {"kind": kind, "seed": number}
    last = {key: path[-1][key] for key in _MEASURED & path[-1].keys()}
    rows = [_EMPTY | measures | who | {"row": "path"} for measures in path]
    return [_EMPTY | last | who | times | {"row": "run"}, *rows]


def _phase(step, begin, end):
    """log step between two of them: 0 where memorised, 1 where generalised; None without both."""
    if not begin or end is None or end <= begin or not step:
        return None
    return math.log(step / begin) / math.log(end / begin)


def _lab(settings, seed):
    """The lab's path: accuracies alone."""
    world = make_world(settings.lab, max_bits=LAB_BITS)
    one = Chain(world, **LAB_CHAIN, seed=seed)
    path, _ = trajectory(one, settings.lab_steps, world.truths)
    return [{key: m[key] for key in ("step", "train_accuracy", "test_accuracy")} for m in path]


def _network(settings, kind, number, seed):
    """The path of one network; frequencies of restricted and excluded loss are the last state's."""
    task = addition.addition_task(
        settings.p, settings.train, number, permuted=kind in (RANDOM, EMBEDDED_RANDOM)
    )
    one = addition.Trained(
        task, recipe_of(settings, kind), addition.times_of(settings.steps), seed
    )  # fmt: skip
    p, labels, train = settings.p, task.labels, task.train
    logits = one.logits
    accuracy = one.accuracies()
    power = waves.embedding_power(one.shape, one.parameters, p)
    whole = power.sum(axis=2)
    final = waves.dominant(whole[-1])
    # Fitted where the network was not trained: else a table of true labels would have waves too.
    added = sum(task.columns.values()) % p
    sums = waves.WavesOfSums(added, p, final, ~train)
    path = []
    for t, (step, values) in enumerate(zip(one.times.tolist(), logits, strict=True)):
        alone, without = sums.split(values)
        path.append({
            "step": step,
            "train_accuracy": float(accuracy[0][t]), "test_accuracy": float(accuracy[1][t]),
            "train_loss": addition.loss_bits(values[train], labels[train]),
            "test_loss": addition.loss_bits(values[~train], labels[~train]),
            "restricted_loss": addition.loss_bits(alone[~train], labels[~train]),
            "excluded_loss": addition.loss_bits(without[train], labels[train]),
            "excluded_accuracy": addition.accuracy(without[train], labels[train]),
            "excluded_test_accuracy": addition.accuracy(without[~train], labels[~train]),
            "gini": waves.mean_gini(power[t]),
            "own_share": float(waves.own_share(power[t])),
            "frequencies": len(waves.dominant(whole[t])),
            "dominant_share": waves.held(whole[t], final),
            "norm": float(np.linalg.norm(one.parameters[t])), "chance": 1 / p,
        })  # fmt: skip
    return path


def _runs(rows, kind):
    return [r for r in rows if r["row"] == "run" and r["kind"] == kind]


def _between(rows, kind):
    """How much of the phase held-out accuracy takes from 10 % to 90 %, on average over runs."""
    widths = []
    for run in _runs(rows, kind):
        path = [r for r in _path(rows, kind, run["seed"]) if r["phase"] is not None]
        ends = [next((r["phase"] for r in path if r["test_accuracy"] >= a), None)
                for a in (0.1, 0.9)]  # fmt: skip
        if None not in ends:
            widths.append(ends[1] - ends[0])
    return float(np.mean(widths)) if widths else None


def _path(rows, kind, seed=0):
    return [r for r in rows if r["row"] == "path" and (r["kind"], r["seed"]) == (kind, seed)]


def summarise(rows):
    main = _runs(rows, MAIN)
    starts = [r for r in rows if r["row"] == "path" and r["kind"] == MAIN and r["step"] == 0]
    kinds = [kind for kind in KINDS if _runs(rows, kind)]

    def of(kind, key, what=np.mean):
        values = [r[key] for r in _runs(rows, kind)]
        return None if None in values else float(what(values))

    return {
        "seeds that generalise": {
            kind: f"{sum(r['generalised_at'] is not None for r in _runs(rows, kind))} of "
            f"{len(_runs(rows, kind))}"
            for kind in kinds
        },
        "least held-out accuracy at the end": {
            kind: of(kind, "test_accuracy", min) for kind in kinds if kind not in CONTROLS
        },
        "median step of memorising, and of generalising": [
            of(MAIN, "memorised_at", np.median), of(MAIN, "generalised_at", np.median)
        ],
        "power in units' own strongest frequency, first and last": [
            float(np.mean([r["own_share"] for r in starts])), of(MAIN, "own_share")
        ],
        "the same at the end, the least of the seeds": of(MAIN, "own_share", min),
        "Gini coefficient of units' power, first and last": [
            float(np.mean([r["gini"] for r in starts])), of(MAIN, "gini")
        ],
        f"frequencies of {round(1 / main[0]['chance']) // 2} that hold 90 % of the power": {
            kind: of(kind, "frequencies") for kind in kinds
        },
        "bits a row, of the last frequencies alone (held out), and without them (training)": [
            of(MAIN, "restricted_loss"), of(MAIN, "excluded_loss")
        ],
        "accuracy of what is left without these waves, in training and held out": {
            kind: [of(kind, "excluded_accuracy"), of(kind, "excluded_test_accuracy")]
            for kind in (MAIN, EMBEDDED) if kind in kinds
        },
        "share of the phase from memorised to generalised between 10 % and 90 % held out": {
            kind: _between(rows, kind) for kind in (MAIN, LAB)
        },
        "control: most held-out accuracy at the end": {
            kind: of(kind, "test_accuracy", max) for kind in CONTROLS if kind in kinds
        },
        "control: mean held-out accuracy, chance": [
            of(RANDOM, "test_accuracy"), main[0]["chance"]
        ],
    }  # fmt: skip


def draw(rows, axes):
    curves, phases, losses, power = np.ravel(axes)
    for kind, color in ((MAIN, "C0"), ("no decay", "C1"), (RANDOM, "C2")):
        path = _path(rows, kind)
        steps = [r["step"] for r in path]
        curves.plot(steps, [r["test_accuracy"] for r in path], color=color, label=kind)
        curves.plot(steps, [r["train_accuracy"] for r in path], ":", color=color)
        power.plot(steps, [r["own_share"] for r in path], color=color, label=kind)
        power.plot(steps, [r["gini"] for r in path], "--", color=color)
    curves.set_ylabel("accuracy (dotted: training)")
    power.set_ylabel("a unit's own frequency's share of power\n(dashed: Gini coefficient)")
    for kind, color in ((MAIN, "C0"), (LAB, "C3")):
        path = [r for r in _path(rows, kind) if r["phase"] is not None]
        x = [r["phase"] for r in path]
        phases.plot(x, [r["test_accuracy"] for r in path], color=color,
                    label="network" if kind == MAIN else kind)  # fmt: skip
        phases.plot(x, [r["train_accuracy"] for r in path], ":", color=color)
    phases.set_xlim(-0.7, 1.25)
    phases.set_xlabel("phase: log step, 0 memorised, 1 generalised")
    phases.set_ylabel("accuracy (dotted: training)")
    path = _path(rows, MAIN)
    for key, name in (
        ("train_loss", "training"), ("test_loss", "held out"),
        ("restricted_loss", "restricted, held out"), ("excluded_loss", "excluded, training"),
    ):  # fmt: skip
        losses.plot([r["step"] for r in path], [r[key] for r in path], label=name)
    losses.set_yscale("log")
    losses.set_ylabel("bits a row")
    for axis in (curves, losses, power):
        axis.set_xscale("symlog")
        axis.set_xlim(left=0)
        axis.set_xlabel("steps")
