"""A mixture of all small trees predicts better than the shortest hypothesis, within its bound.

On some of the rows of real tables, four learners and a constant say how probable each label of the
other rows is:

- shortest: the hypothesis of least total bits;
- mixture: all trees of tests up to a depth, summed exactly, each weighted by 2^-bits;
- experts: a mixture of the shortest hypothesis, deeper trees, scorecards, equal rows and logistic
  regressions, by which `synth.ProgramClassifier` predicts;
- network: one hidden layer.

Their losses are -log2 of what they give to the right label, bits per held-out row.

Predicted in order, each training label from those before it, the labels cost the mixture -log2 of
its sum in total.  Theory says that this is at most the bits of the best tree in it.
"""

import math
from dataclasses import dataclass

import numpy as np

from synth import codes, engine, exact, tasks
from synth.errors import SettingError, TaskError
from synth.experiments.base import (
    present_mean,
    refuse_repeated,
    setting,
    spawn_seeds,
    uninterrupted,
)
from synth.experiments.rows import share, verdict
from synth.learners import embed, held_out_loss, mixture_of, predictor_of
from synth.learners.networks.perceptron import Shape, drawn, outputs
from synth.learners.networks.training import Optimiser, Training
from synth.report import COLOURS, shades

GROUP = "priors"
TIME = "about 3 minutes on one core"
CONTROL = (
    "On permuted labels nothing predicts better than a constant, the shares of the training "
    "labels. The mixture saves s bits or more on them in a share of about 2**-s of the runs."
)
COLUMNS = ("task", "rows", "shortest_loss", "mixture_loss", "experts_loss", "network_loss")
PANELS = 4
SUMMARY = {
    "loses_less_than_shortest": "tables and numbers of rows at which the mixture loses less than "
    "the shortest hypothesis",
    "experts_lose_less": "and at which the experts do",
    "network_loses_less": "and at which the network does",
    "held_out_accuracy": "held-out accuracy, mean",
    "most_above_best": "bits of the mixture above those of its best tree, the most of all runs",
    "control_most_saved": "control: bits that the mixture saves on permuted labels against the "
    "constant, the most of all runs",
    "control_loss": "control: held-out loss on permuted labels above the constant's, mean",
    "left_out": "left out",
    "verdict": "verdict",
}
#: Keys of the summary: who loses less than the shortest hypothesis.
LESS = {
    "loses_less_than_shortest": "mixture",
    "experts_lose_less": "experts",
    "network_loses_less": "network",
}
LEARNERS = ("constant", "shortest", "mixture", "experts", "network")


@dataclass(frozen=True)
class Settings:
    tasks: tuple[str, ...] = setting(
        ("tic-tac-toe", "wine", "breast-cancer"),
        "Tasks or CSV files, with columns of numbers or truth values.  The figure shows three.",
    )
    rows: tuple[int, ...] = setting((20, 40, 80, 160, 320), "Numbers of training rows.", low=4)
    runs: int = setting(3, "Number of draws of training rows for each number.", low=1)
    depth: int = setting(2, "The most tests from the root of a tree to a leaf.", low=0, high=3)
    max_programs: int = setting(100_000, "Number of programs after which each search stops.", low=1)
    moves: int = setting(100, "Moves of reach in each search.", low=0)
    width: int = setting(64, "Hidden units of the network.", low=1, high=4096)
    steps: int = setting(500, "Steps of training.", low=1)
    rate: float = setting(0.005, "Learning rate.", low=0)
    decay: float = setting(0.1, "Weight decay.", low=0)
    seed: int = setting(0, "Seed for the training rows, permuted labels and weights.", low=0)


def run(settings, map):
    refuse_repeated(settings.tasks, "tasks")
    items = []
    for spec in settings.tasks:
        try:
            task = tasks.load_task(spec)
        except TaskError as error:
            if not isinstance(error.__context__, ImportError):
                raise
            yield dict.fromkeys(_FIELDS) | {"task": spec, "note": str(error)}
            continue
        if tasks.is_numeric(task.label_type, task.alphabet) and task.label_names is None:
            raise SettingError(
                f"tasks={spec}: the label {task.label} is numeric; allowed: a few label values"
            )
        rows = task.rows
        sizes = [n for n in sorted(set(settings.rows)) if n < rows]
        if not sizes:
            given = ",".join(f"{n}" for n in settings.rows)
            raise SettingError(f"rows={given}; allowed: 4..{rows - 1}, since {spec} has {rows}")
        items += [(settings, spec, n) for n in sizes]
    yield from map(_measured, items)


_OF_LABELS = (
    *(f"{learner}_{what}" for what in ("loss", "accuracy") for learner in LEARNERS),
    "bits", "best_bits", "constant_bits", "saved", "above_best",
)  # fmt: skip
_FIELDS = ("task", "rows", "runs", *_OF_LABELS, *(f"twin_{f}" for f in _OF_LABELS), "note")


def _measured(item):
    """The row of a task and a number of training rows: means over runs, on labels and twins."""
    settings, spec, n = item
    found = []
    for seed in spawn_seeds(settings.seed, settings.runs):
        try:
            task = tasks.load_task(spec).split(n, seed)
        except TaskError:  # all training rows have one label
            continue
        twin = _losses(task.permuted(seed), settings, seed)
        found.append(_losses(task, settings, seed) | {f"twin_{k}": v for k, v in twin.items()})
    row = dict.fromkeys(_FIELDS) | {"task": spec, "rows": n, "runs": len(found)}
    for key in found[0] if found else ():
        values = [each[key] for each in found]
        most = key.endswith(("above_best", "saved"))
        row[key] = max(values) if most else present_mean(values)
    return row


def _losses(task, settings, seed):
    """What the learners lose on the held-out rows, and the mixture on the training rows."""
    train, held = task.train, ~task.train
    counts, k = task.counts(), len(task.alphabet)
    means = (counts + 1) / (counts.sum() + k)
    trees = exact.tree_sum(task, depth=settings.depth)
    limits = {"max_programs": settings.max_programs, "moves": settings.moves, "seconds": None}
    result = uninterrupted(engine.search(task, top=1, seed=settings.seed, threads=1, **limits))
    columns = {name: column[held] for name, column in result.trained_on.original.columns.items()}
    rows, tests = int(held.sum()), exact.TableTests.of(task)
    said = {
        "constant": np.tile(means, (rows, 1)),
        "shortest": predictor_of(result).probabilities(columns, rows),
        "mixture": trees.predict(tests.passed(columns)),
        "network": _network(embed(task), task.places(), train, k, settings, seed),
    }
    experts = mixture_of(result, seed=settings.seed)
    said["experts"] = experts.probabilities(columns, said["shortest"])
    found, alphabet = {}, np.array(task.alphabet)
    for name, chances in said.items():
        found[f"{name}_loss"] = held_out_loss(task, chances)
        found[f"{name}_accuracy"] = float(task.right(alphabet[chances.argmax(axis=1)], held).mean())
    best = trees.best[1]
    constant = codes.leaf_bits(counts.tolist(), trees.shares)
    return found | {
        "bits": trees.bits,
        "best_bits": best,
        "constant_bits": constant,
        "saved": constant - trees.bits,
        "above_best": trees.bits - best,
    }


def _network(points, places, train, k, settings, seed):
    """What a network says of the held-out rows, as probabilities (rows, k)."""
    shape = Shape(points.shape[1], (settings.width,), k, "relu")
    parameters = drawn(shape, 1, seed, scale=1.4)
    optimiser = Optimiser("adamw", settings.rate, decay=settings.decay)
    training = Training(shape, parameters, points[train], places, optimiser)
    for _ in range(settings.steps):
        training.step()
    scores = outputs(shape, training.parameters, points[~train])[0].astype(float)
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    # As if by one more row of all labels: no label is impossible.
    rows = len(places)
    return (rows * chances + 1 / k) / (rows + 1)


def summarise(rows):
    done = [r for r in rows if r["runs"]]
    found = {
        key: f"{sum(r[f'{name}_loss'] < r['shortest_loss'] for r in done)} of {len(done)}"
        for key, name in LESS.items()
    }
    if done:
        found["held_out_accuracy"] = {n: _mean(done, f"{n}_accuracy") for n in LEARNERS}
        found["most_above_best"] = max(r[f"{p}above_best"] for r in done for p in ("", "twin_"))
        found["control_most_saved"] = max(r["twin_saved"] for r in done)
        constant = _mean(done, "twin_constant_loss")
        found["control_loss"] = {
            name: _mean(done, f"twin_{name}_loss") - constant for name in LEARNERS[1:]
        }
    notes = {r["task"]: r["note"] for r in rows if r["note"]}
    return found | ({"left_out": notes} if notes else {}) | {"verdict": _verdict(found, done)}


def _mean(rows, key):
    return present_mean(r[key] for r in rows)


def _verdict(found, rows):
    """found: the summary; rows: those with runs."""
    less, of = share(r["mixture_loss"] < r["shortest_loss"] for r in rows)
    claim = [(less, f"the mixture loses less than the shortest hypothesis in {of} cases")]
    control = []
    if rows:
        above = found["most_above_best"]
        words = f"the mixture's bits less those of its best tree are {above:+.3g} at most"
        claim.append((above <= 1e-6, words))
        gain = -min(found["control_loss"].values())
        words = f"on permuted labels the best loss is {max(gain, 0.0):.3f} below a constant's"
        control.append((gain <= 0.01, words))
        # A saving of s bits or more has a chance of 2**-s in each run.
        saved, runs = found["control_most_saved"], sum(r["runs"] for r in rows)
        words = f"the mixture saves at most {saved:.1f} bits there in {runs} runs"
        control.append((saved <= math.log2(100 * runs), words))
    return verdict(claim, control)


#: Learners and the roles of their colours, or colours.
_ROLES = {
    "constant": "table",
    "shortest": "program",
    "mixture": "exact",
    "experts": "C8",
    "network": "network",
}

CAPTION = """(a-c) What a learner loses on rows that it has not seen, in bits for each row; lower is
better. One panel for each table. The mixture of all small trees ("mixture") loses less than the
shortest hypothesis, unless that is the exact rule; "experts" mixes more kinds of hypotheses, and
"constant" says how often each label occurs. (d) One mark for each table and number of rows: the
mixture, predicting row after row, needs at most the bits of the best tree. Theory says that every
mark lies below the line."""


def draw(rows, axes):
    *panels, last = axes
    done = [r for r in rows if r["runs"]]
    names = list(dict.fromkeys(r["task"] for r in done))
    for name, panel in zip(names, panels, strict=False):
        mine = [r for r in done if r["task"] == name]
        sizes = [r["rows"] for r in mine]
        for (learner, role), style in zip(_ROLES.items(), (":", "-", "-", "-", "--"), strict=True):
            losses = [r[f"{learner}_loss"] for r in mine]
            marks = {"marker": "o", "markersize": 4, "color": COLOURS.get(role, role)}
            panel.plot(sizes, losses, style, label=learner, **marks)
        panel.set_xscale("log")
        panel.set_xticks(sizes, sizes)
        panel.minorticks_off()
        panel.set_ylim(bottom=0)
        panel.set(title=name, xlabel="training rows")
        panel.set(ylabel="loss on an unseen row, bits")
    panels[0].legend()
    for panel in panels[len(names) :]:
        panel.axis("off")
    for name, color in zip(names, shades(len(names)), strict=True):
        mine = [r for r in done if r["task"] == name]
        x, y = ([r[key] for r in mine] for key in ("best_bits", "bits"))
        last.plot(x, y, "o", color=color, label=name)
    most = max(r["best_bits"] for r in done)
    last.plot([0, most], [0, most], ":", color="grey")
    last.set(title="the bound", xlabel="bits of the best tree", ylabel="bits of the mixture")
    last.legend()
