"""Networks grok modular addition: they memorise early; weight decay slowly builds Fourier circuits.

Two-layer networks learn x + y modulo p from half of the pairs by full-batch AdamW.  The experiment
measures accuracy, and the Fourier power of the embedding weights and its Gini coefficient.  It
also measures two losses: the held-out loss if only the waves of x + y at the frequencies of the
final state are kept (restricted), and the training loss if these waves are removed (excluded).
For comparison, it shows the two accuracy curves of the stochastic search of the experiment
`grokking` (the grokking lab, `synth.dynamics.chain`) on the same axis: the phase, which is the
logarithm of the steps, scaled to 0 at memorising and to 1 at generalising.
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
from synth.experiments.base import SCALE, first_rows_first, present_mean, setting, spawn_seeds
from synth.experiments.rows import RowKinds, share, verdict
from synth.learners.networks import addition, waves
from synth.report import COLOURS

GROUP = "networks"
CONTROL = (
    "Without weight decay, the network only memorises, and held-out accuracy stays low. With "
    "random labels, held-out accuracy is at chance, and no frequency stands out in any unit."
)
COLUMNS = (
    "kind", "seed", "memorised_at", "generalised_at", "test_accuracy", "own_share", "frequencies"
)  # fmt: skip
PANELS = 4
SUMMARY = {
    "seeds_that_generalise": "seeds that generalise",
    "least_held_out_accuracy": "lowest held-out accuracy at the end",
    "median_steps": "median step of memorising, and of generalising",
    "own_share": "share of power in a unit's own strongest frequency, first and last",
    "least_own_share": "the same at the end, lowest of the seeds",
    "gini": "Gini coefficient of units' power, first and last",
    "frequencies": "number of frequencies, of (p - 1)/2, that hold 90 % of the power",
    "restricted_and_excluded_loss": (
        "bits per row, of the last frequencies alone (held out) and without them (training)"
    ),
    "excluded_accuracy": (
        "accuracy without the waves of the last frequencies, in training and held out"
    ),
    "phase_share": "share of the phase in which held-out accuracy rises from 10 % to 90 %",
    "control_highest_held_out_accuracy": "control: highest held-out accuracy at the end",
    "control_held_out_accuracy": "control: mean held-out accuracy with random labels, and chance",
    "verdict": "verdict",
}

MAIN, LAB, RANDOM = "quadratic", "grokking lab", "random labels"
EMBEDDED = "embedding"
EMBEDDED_RANDOM = "embedding, random labels"
#: For each kind: factors of the number of units and of the decay, and other settings.
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

TIMES = "memorised_at half_at generalised_at"
ACCURACIES = "train_accuracy test_accuracy"
MEASURES = (
    "step phase train_loss test_loss restricted_loss excluded_loss excluded_accuracy "
    "excluded_test_accuracy gini own_share frequencies dominant_share norm chance"
)
ROWS = RowKinds(
    (
        "row", "kind", "seed", "memorised_at", "half_at", "generalised_at", "step", "phase",
        "train_accuracy", "test_accuracy", "train_loss", "test_loss", "restricted_loss",
        "excluded_loss", "excluded_accuracy", "excluded_test_accuracy", "gini", "own_share",
        "frequencies", "dominant_share", "norm", "chance",
    ),
    network_run=f"row kind seed {TIMES} {ACCURACIES} {MEASURES}",
    network_path=f"row kind seed {ACCURACIES} {MEASURES}",
    lab_run=f"row kind seed {TIMES} step phase {ACCURACIES}",
    lab_path=f"row kind seed step phase {ACCURACIES}",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    p: int = setting(31, "Modulus, an odd number.", low=5, high=113)
    train: float = setting(0.5, "Share of the pairs used for training.", low=0.1, high=0.9)
    width: int = setting(
        128,
        "Number of hidden units; relu networks have 4 times as many, embedding networks "
        "twice as many.",
        low=2,
        high=2048,
    )
    embedding: int = setting(
        32, "Number of units of the linear layer of embedding networks.", low=1, high=512
    )
    scale: float = setting(0.3, SCALE, low=0.001)
    rate: float = setting(0.01, "Learning rate of AdamW.", low=1e-6)
    decay: float = setting(1.0, "Weight decay; embedding networks have twice as much.", low=0)
    steps: int = setting(3000, "Number of training steps.", low=10)
    runs: int = setting(4, "Number of seeds for each kind of network.", low=1)
    lab: str = setting(LAB_TASK, "Task of the grokking lab, the stochastic search.")
    lab_steps: int = setting(LAB_STEPS, "Number of Metropolis steps of the grokking lab.", low=1000)
    seed: int = setting(0, "Seed for all runs.", low=0)


def run(settings, map):
    addition.addition_task(settings.p, settings.train, 0)  # refuses an even p
    seeds = spawn_seeds(settings.seed, settings.runs)
    items = [(settings, kind, k, seed) for kind in KINDS for k, seed in enumerate(seeds)]
    items.append((settings, LAB, 0, seeds[0]))
    yield from first_rows_first(map(_run, items))


def recipe_of(settings, kind):
    """The `Recipe` of a kind of network.

    Parameters
    ----------
    settings : Settings
    kind : str
        One of `KINDS`.

    Returns
    -------
    Recipe
    """
    wider, stronger, other = KINDS[kind]
    return addition.Recipe(
        width=settings.width * wider,
        scale=settings.scale,
        rate=settings.rate,
        decay=settings.decay * stronger,
        embedding=settings.embedding if kind in (EMBEDDED, EMBEDDED_RANDOM) else None,
        **other,
    )


def _run(item):
    """The rows of one network, or of the lab: its last state with its times, then its path."""
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
    part, who = "lab" if kind == LAB else "network", {"kind": kind, "seed": number}
    first = ROWS(f"{part}_run", row="run", **who, **times, **path[-1])
    return [first, *(ROWS(f"{part}_path", row="path", **who, **each) for each in path)]


def _phase(step, begin, end):
    """log step, scaled to 0 where memorised and 1 where generalised; None without both."""
    if not begin or end is None or end <= begin or not step:
        return None
    return math.log(step / begin) / math.log(end / begin)


def _lab(settings, seed):
    """The path of the grokking lab: accuracies alone."""
    world = make_world(settings.lab, max_bits=LAB_BITS)
    one = Chain(world, **LAB_CHAIN, seed=seed)
    path, _ = trajectory(one, settings.lab_steps, world.truths)
    return [{key: m[key] for key in ("step", "train_accuracy", "test_accuracy")} for m in path]


def _network(settings, kind, number, seed):
    """The path of one network; its frequencies, for two of the losses, are the last state's."""
    task = addition.addition_task(
        settings.p, settings.train, number, permuted=kind in (RANDOM, EMBEDDED_RANDOM)
    )
    times = addition.times_of(settings.steps)
    one = addition.Trained(task, recipe_of(settings, kind), times, seed)
    p, labels, train = settings.p, task.labels, task.train
    accuracy = one.accuracies()
    power = waves.embedding_power(one.shape, one.parameters, p)
    whole = power.sum(axis=2)
    final = waves.dominant(whole[-1])
    # Waves are fitted on held-out rows: on training rows a table of true labels has waves too.
    added = sum(task.columns.values()) % p
    sums = waves.WavesOfSums(added, p, final, ~train)
    path = []
    for t, (step, values) in enumerate(zip(one.times.tolist(), one.logits, strict=True)):
        alone, without = sums.split(values)
        measures = {
            "step": step,
            "train_accuracy": float(accuracy[0][t]),
            "test_accuracy": float(accuracy[1][t]),
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
            "norm": float(np.linalg.norm(one.parameters[t])),
            "chance": 1 / p,
        }
        path.append(measures)
    return path


def _runs(rows, kind):
    return [r for r in rows if r["row"] == "run" and r["kind"] == kind]


def _between(rows, kind):
    """The phase in which held-out accuracy rises from 10 % to 90 %, averaged over runs."""
    widths = []
    for run in _runs(rows, kind):
        path = [r for r in _path(rows, kind, run["seed"]) if r["phase"] is not None]
        ends = [
            next((r["phase"] for r in path if r["test_accuracy"] >= accuracy), None)
            for accuracy in (0.1, 0.9)
        ]
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

    def generalised(kind):
        found = [r["generalised_at"] is not None for r in _runs(rows, kind)]
        return f"{sum(found)} of {len(found)}"

    def first_and_last(key):
        return [float(np.mean([r[key] for r in starts])), of(MAIN, key)]

    return {
        "seeds_that_generalise": {kind: generalised(kind) for kind in kinds},
        "least_held_out_accuracy": {
            kind: of(kind, "test_accuracy", min) for kind in kinds if kind not in CONTROLS
        },
        "median_steps": [of(MAIN, key, np.median) for key in ("memorised_at", "generalised_at")],
        "own_share": first_and_last("own_share"),
        "least_own_share": of(MAIN, "own_share", min),
        "gini": first_and_last("gini"),
        "frequencies": {kind: of(kind, "frequencies") for kind in kinds},
        "restricted_and_excluded_loss": [
            of(MAIN, key) for key in ("restricted_loss", "excluded_loss")
        ],
        "excluded_accuracy": {
            kind: [of(kind, key) for key in ("excluded_accuracy", "excluded_test_accuracy")]
            for kind in (MAIN, EMBEDDED)
            if kind in kinds
        },
        "phase_share": {kind: _between(rows, kind) for kind in (MAIN, LAB)},
        "control_highest_held_out_accuracy": {
            kind: of(kind, "test_accuracy", max) for kind in CONTROLS if kind in kinds
        },
        "control_held_out_accuracy": [of(RANDOM, "test_accuracy"), main[0]["chance"]],
        "verdict": _verdict(rows),
    }


def _verdict(rows):
    def late(row):
        return None not in (row["memorised_at"], row["generalised_at"]) and (
            row["memorised_at"] < row["generalised_at"]
        )

    def mean(kind, key):
        return present_mean(r[key] for r in _runs(rows, kind))

    main = _runs(rows, MAIN)
    grok, of = share(map(late, main))
    claim = [(grok, f"{of} networks with decay memorise and generalise later")]
    starts = [r for r in rows if r["row"] == "path" and r["kind"] == MAIN and r["step"] == 0]
    first, last = present_mean(r["own_share"] for r in starts), mean(MAIN, "own_share")
    if None not in (first, last):
        words = f"a unit's strongest frequency goes from {first:.2f} to {last:.2f} of its power"
        claim.append((last > 2 * first or last > 0.9, words))
    control = []
    for kind in CONTROLS:
        if _runs(rows, kind):
            most = max(r["test_accuracy"] for r in _runs(rows, kind))
            # Half without decay; three times chance with random labels, of which few are held out.
            least = 0.5 if kind == CONTROLS[0] else 3 * main[0]["chance"]
            words = f"held-out accuracy is {most:.3f} at most with {kind}"
            control.append((most < least, words))
    stands = mean(RANDOM, "own_share")
    if None not in (stands, last):
        words = f"the strongest frequency holds {stands:.2f} of a unit's power with random labels"
        control.append((stands < last / 2, words))
    return verdict(claim, control)


CAPTION = """A small network is trained on modular addition. (a) It is right on all training rows
(dotted) after tens of steps, and on unseen rows (solid) much later, if its weights decay. (b)
Network and program search on one axis, from the step of memorising (0) to that of generalising (1),
in logarithms: the program is found at one step, the network improves slowly. (c) With decay, losses
of the whole network, and of its main waves alone (restricted) or without them (excluded). (d) How
much of each unit is a single wave (solid), and how few waves hold the power (dashed: Gini
coefficient)."""


def draw(rows, axes):
    curves, phases, losses, power = np.ravel(axes)
    for kind, color in (
        (MAIN, COLOURS["network"]),
        ("no decay", "black"),
        (RANDOM, COLOURS["random labels"]),
    ):
        path = _path(rows, kind)
        steps = [r["step"] for r in path]
        label = "with decay" if kind == MAIN else kind
        curves.plot(steps, [r["test_accuracy"] for r in path], "-", color=color, label=label)
        curves.plot(steps, [r["train_accuracy"] for r in path], ":", color=color)
        power.plot(steps, [r["own_share"] for r in path], "-", color=color, label=label)
        power.plot(steps, [r["gini"] for r in path], "--", color=color)
    curves.set(title="accuracy of the network", ylabel="accuracy (dotted: training)")
    curves.legend(loc="center left")
    power.set(title="waves in the network", ylabel="share of power (dashed: Gini)")
    power.legend(loc="upper left")
    for kind, color in ((MAIN, COLOURS["network"]), (LAB, COLOURS["program"])):
        path = [r for r in _path(rows, kind) if r["phase"] is not None]
        x = [r["phase"] for r in path]
        label = "network" if kind == MAIN else "program search"
        phases.plot(x, [r["test_accuracy"] for r in path], "-", color=color, label=label)
        phases.plot(x, [r["train_accuracy"] for r in path], ":", color=color)
    phases.set_xlim(-0.7, 1.25)
    phases.set(title="network and program search", ylabel="accuracy (dotted: training)")
    phases.set_xlabel("log step: 0 memorised, 1 generalised")
    phases.set(ylim=(-0.05, 1.3), yticks=np.linspace(0, 1, 6))
    phases.legend(loc="upper left", ncols=2)
    path = _path(rows, MAIN)
    for key, name, role, line in (
        ("train_loss", "training rows", "training", "-"),
        ("excluded_loss", "training rows, excluded", "training", "--"),
        ("test_loss", "unseen rows", "held out", "-"),
        ("restricted_loss", "unseen rows, restricted", "held out", "--"),
    ):
        steps, y = ([r[k] for r in path] for k in ("step", key))
        losses.plot(steps, y, line, color=COLOURS[role], label=name)
    losses.set_yscale("log")
    losses.set(title="loss of the network", ylabel="loss, bits per row")
    losses.legend(loc="lower left")
    for axis in (curves, losses, power):
        axis.set_xscale("symlog")
        axis.set_xlim(left=0)
        axis.set_xlabel("steps")
