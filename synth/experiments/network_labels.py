"""Under label noise, networks lose accuracy smoothly; programs with exceptions lose it in steps.

A network is trained on the labels of a short rule.  The same network, with the same optimiser and
first weights, is also trained on the same labels permuted.  It fits both, random labels in more
steps, and generalises on true labels alone.

Then a growing share of the training labels is flipped; labels that are flipped at one level stay
flipped at the next.  The network is compared with the two-part code: the program of least total
bits with its exceptions, or a table.

The loss of accuracy is measured run by run, since steps at different places would average to a
slope.  The experiment measures over what range of noise the accuracy falls, and how much of the
fall lies between two neighbouring levels.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synth import engine
from synth.errors import SettingError
from synth.experiments._network_labels_verdict import CAPTION as CAPTION
from synth.experiments._network_labels_verdict import of_labels
from synth.experiments.base import SCALE, refuse_repeated, setting, spawn_seeds, uninterrupted
from synth.experiments.rows import share
from synth.language import Bool, Grammar, Program, dsls
from synth.learners.networks.consistent import corners
from synth.learners.networks.noise import CHANCE, fall, labellings, most_exceptions
from synth.learners.networks.perceptron import ACTIVATIONS, Shape, drawn, outputs, said
from synth.learners.networks.training import OPTIMISERS, Optimiser, Training, train_to_zero
from synth.report import COLOURS
from synth.runs.items import Item
from synth.tasks import Task

GROUP = "networks"
CONTROL = (
    "If the training labels are permuted, or half of them are flipped, no rule is left. Networks "
    "and programs are then right on half of the unseen rows."
)
COLUMNS = (
    "rule", "run", "labels", "noise", "steps", "network_train", "network", "chosen", "exceptions",
    "program",
)  # fmt: skip
PANELS = 6
SUMMARY = {
    "networks_at_zero_error": "networks at zero error",
    "steps_to_zero_error": "steps to zero error: true labels, random labels, ratio of both",
    "held_out_accuracy": "held-out accuracy",
    "width": "width of the fall, run by run",
    "largest_drop": "largest drop between neighbouring levels, run by run",
    "share_of_fall": "share of the largest drop in the whole fall, run by run",
    "share_of_mean_fall": "the same for the mean over runs",
    "middle": "middle of the fall, run by run",
    "most_flips": "largest share of flips at which the true program still pays",
    "chosen_as_predicted": "runs and levels at which code lengths predict whether it is chosen",
    "program_drops_more": "runs in which the program's largest drop exceeds the network's",
    "control_half_flipped": "control: held-out accuracy with half of the labels flipped",
    "control_permuted": "control: held-out accuracy with permuted labels",
    "verdict": "verdict",
}

NOISY, PERMUTED = "noisy", "permuted"
NETWORK, PROGRAM = LEARNERS = "network", "program"


@dataclass(frozen=True)
class Settings:
    rules: tuple[str, ...] = setting(
        ("x0", "x0 ^ x1", "x0 & x1 | ~x0 & x2", "x0 ^ x1 ^ x2"),
        "Programs whose values are the true labels; each must be 1 on half of the rows.",
    )
    inputs: int = setting(
        10, "Number of boolean inputs x0, x1, ...; all their rows are used.", low=2, high=14
    )
    rows: int = setting(256, "Number of training rows; all other rows are held out.", low=2)
    noise: tuple[float, ...] = setting(
        tuple(k / 40 for k in range(21)),
        "Shares of training labels to flip; 0 must be among them.",
        low=0,
        high=0.5,
    )
    runs: int = setting(
        10, "Number of runs for each rule, each with its own rows, flips and first weights.", low=2
    )
    dsl: str = setting("boolean", "Boolean DSL of the programs.")
    max_bits: float = setting(28.0, "Search programs of at most this many bits.", low=1, high=60)
    width: int = setting(64, "Number of hidden units per layer.", low=1, high=4096)
    depth: int = setting(1, "Number of hidden layers.", low=1, high=20)
    activation: str = setting("relu", "Activation of hidden units.", choices=ACTIVATIONS)
    scale: float = setting(1.4, SCALE, low=0.01)
    bias: float = setting(0.3, "Initial standard deviation of biases.", low=0)
    optimiser: str = setting("adamw", "Full-batch optimiser.", choices=OPTIMISERS)
    rate: float = setting(0.005, "Learning rate.", low=0)
    decay: float = setting(0.0, "Weight decay.", low=0)
    steps: int = setting(5000, "Largest number of steps; training stops at zero error.", low=1)
    beyond: bool = setting(False, "Train for all steps, also after zero error.")
    seed: int = setting(0, "Seed for all runs.", low=0)

    @property
    def shape(self):
        return Shape(self.inputs, (self.width,) * self.depth, 1, self.activation)


def run(settings, map):
    refuse_repeated(settings.rules, "rules")
    if settings.rows >= 2**settings.inputs:
        given, every = settings.rows, 2**settings.inputs
        raise SettingError(f"rows={given}; allowed: 2..{every - 1}, since there are {every} rows")
    noise = sorted(set(settings.noise))
    if noise[0] > 0 or len(noise) < 2:
        given = ",".join(f"{share:g}" for share in settings.noise)
        raise SettingError(f"noise={given}; allowed: 0 and at least one other share")
    for rule in settings.rules:
        shortest_bits(settings, rule)  # refuses a wrong rule before any network is trained
    seeds = spawn_seeds(settings.seed, settings.runs)
    items = [
        (settings, rule, noise, k, seed) for rule in settings.rules for k, seed in enumerate(seeds)
    ]
    for rows in map(_run, items):
        yield from rows


@lru_cache(maxsize=16)
def _task(settings, rule):
    """All rows with their true labels, as a `Task` in which all rows are for training."""
    bits = corners(settings.inputs) > 0
    columns = {f"x{i}": bits[:, i] for i in range(settings.inputs)}
    types = dict.fromkeys(columns, Bool)
    program = Program.parse(rule, Grammar(dsls.load_dsl(settings.dsl), types), Bool)
    return Task(rule, columns, types, program.evaluate(columns), Bool)


@lru_cache(maxsize=16)
def shortest_bits(settings, rule):
    """The bits of the shortest program that computes a rule.

    Parameters
    ----------
    settings : Settings
    rule : str
        A program.

    Returns
    -------
    float

    Raises
    ------
    SettingError
        If no program within `settings.max_bits` computes the rule, or if it is not 1 on half of
        the rows.
    """
    limits = {"max_bits": settings.max_bits, "seconds": None, "threads": 1}
    task = _task(settings, rule)
    found = uninterrupted(engine.search(task, settings.dsl, **limits))
    if found.chosen != "program" or found.program.exceptions or found.program.inverted:
        raise SettingError(
            f"rules={rule}, max_bits={settings.max_bits:g}: no program within max_bits computes "
            "this rule; use a simpler rule or more bits"
        )
    ones, rows = int(task.labels.sum()), task.rows
    if 2 * ones != rows:
        raise SettingError(
            f"rules={rule}: 1 on {ones} of {rows} rows; allowed: rules that are 1 on half of the "
            "rows, so that chance is 1/2"
        )
    return found.program.bits


def _run(item):
    """The rows of one rule and one seed: a network and a program on each labelling."""
    settings, rule, noise, number, seed = item
    task, generator = _task(settings, rule), np.random.default_rng(seed)
    train = generator.permutation(task.rows)[: settings.rows]
    held_out = np.ones(task.rows, bool)
    held_out[train] = False
    labelled = labellings(task.labels, train, noise, generator)
    labels = np.array([labels[train] for labels, _, _ in labelled], np.int64)
    points = corners(settings.inputs)
    # All networks start from the same weights, so that only their labels differ.
    start = drawn(settings.shape, 1, seed, scale=settings.scale, bias=settings.bias)
    first = np.repeat(start, len(labels), axis=0)
    parameters, steps = trained(settings, first, points[train], labels)
    says = said(outputs(settings.shape, parameters, points))
    fitted = (says[:, train] == labels).mean(axis=1)
    right = (says == task.labels)[:, held_out].mean(axis=1)
    bits, rows = shortest_bits(settings, rule), []
    for k, (noisy, part, flips) in enumerate(labelled):
        found = _searched(settings, task, noisy, ~held_out)
        program = found.chosen == "program"
        row = {
            "rule": rule,
            "run": number,
            "labels": PERMUTED if part is None else NOISY,
            "noise": part,
            "flips": flips,
            "steps": int(steps[k]) if steps[k] >= 0 else None,
            "network_train": float(fitted[k]),
            "network": float(right[k]),
            "chosen": found.chosen,
            "text": found.program.text if program else None,
            "exceptions": found.program.exceptions if program else None,
            "program": (found.program if program else found.table).test_accuracy,
            "rule_bits": bits,
            "most_flips": most_exceptions(bits, settings.rows),
            "train_rows": settings.rows,
        }
        rows.append(row)
    return rows


def trained(settings, parameters, points, labels):
    """Trains networks to zero error or, with `settings.beyond`, for all steps.

    Parameters
    ----------
    settings : Settings
    parameters : float32 array of shape (B, P)
        The first parameters of each network; may be overwritten.
    points : array of shape (rows, inputs)
    labels : int64 array of shape (B, rows)

    Returns
    -------
    parameters : float32 array of shape (B, P)
    steps : int64 array of shape (B,)
        The first step without an error; -1 if there is none.
    """
    optimiser = Optimiser(settings.optimiser, settings.rate, settings.decay)
    if not settings.beyond:
        took = train_to_zero(settings.shape, parameters, points, labels, optimiser, settings.steps)
        return parameters, took
    one, took = Training(settings.shape, parameters, points, labels, optimiser), None
    for step in range(settings.steps + 1):
        one.look()
        done = one.right() == 1
        took = np.where(done, step, -1) if took is None else np.where(done & (took < 0), step, took)
        if step < settings.steps:
            one.move()
    return one.parameters, took


def _searched(settings, task, labels, train):
    noisy = Task(task.name, task.columns, task.types, labels, Bool, train=train)
    limits = {"max_bits": settings.max_bits, "seconds": None, "threads": 1}
    search = Item(noisy, settings.dsl, top=1, limits=limits)
    return uninterrupted(engine.search(noisy, **search.settings()))


def _curves(rows, rule, learner):
    """(noise levels, accuracies by run (runs, levels)) of a rule."""
    found = {}
    for r in rows:
        if r["rule"] == rule and r["labels"] == NOISY:
            found.setdefault(r["run"], {})[r["noise"]] = r[learner]
    noise = sorted(next(iter(found.values())))
    return noise, np.array([[curve[q] for q in noise] for curve in found.values()])


def _with_error(values):
    """The mean of the values that are not None, its standard error and their number, as text."""
    some = [v for v in values if v is not None]
    if not some:
        return "none"
    error = np.std(some, ddof=1) / np.sqrt(len(some)) if len(some) > 1 else float("nan")
    return f"{np.mean(some):.3f} ± {error:.3f} of {len(some)}"


def summarise(rows):
    rules = list(dict.fromkeys(r["rule"] for r in rows))
    falls = {(rule, name): _falls(rows, rule, name) for rule in rules for name in LEARNERS}
    both = [
        pair for rule in rules for pair in zip(*(falls[rule, n] for n in LEARNERS), strict=True)
    ]
    larger = [p["drop"] > n["drop"] for n, p in both]
    fitted = [r["network_train"] == 1 for r in rows]
    ruleless = [r for r in rows if r["noise"] == 0.5 or r["labels"] == PERMUTED]
    noisy = [r for r in rows if r["labels"] == NOISY]
    predicted = [(r["program"] == 1) == (r["flips"] <= r["most_flips"]) for r in noisy]

    def by_learner(key):
        return {
            rule: {name: _with_error([f[key] for f in falls[rule, name]]) for name in LEARNERS}
            for rule in rules
        }

    def labelled(rule, learner, kind):
        return _with_error([r[learner] for r in rows if r["rule"] == rule and _kind(r) == kind])

    def control(key, value):
        some = [r for r in rows if r[key] == value]
        return {name: _with_error([r[name] for r in some]) for name in LEARNERS}

    return {
        "networks_at_zero_error": share(fitted)[1],
        "steps_to_zero_error": {rule: _steps(rows, rule) for rule in rules},
        "held_out_accuracy": {
            rule: {
                f"{name}, {kind} labels": labelled(rule, name, kind)
                for name in LEARNERS
                for kind in ("true", "random")
            }
            for rule in rules
        },
        "width": by_learner("width"),
        "largest_drop": by_learner("drop"),
        "share_of_fall": by_learner("share"),
        "share_of_mean_fall": {
            rule: {name: _fall_of_mean(rows, rule, name)["share"] for name in LEARNERS}
            for rule in rules
        },
        "middle": by_learner("middle"),
        "most_flips": {r["rule"]: r["most_flips"] / r["train_rows"] for r in rows},
        "chosen_as_predicted": share(predicted)[1],
        "program_drops_more": share(larger)[1],
        "control_half_flipped": control("noise", 0.5),
        "control_permuted": control("labels", PERMUTED),
        "verdict": of_labels(larger, fitted, {n: [r[n] for r in ruleless] for n in LEARNERS}),
    }


def _falls(rows, rule, learner):
    """`fall` of each run."""
    noise, curves = _curves(rows, rule, learner)
    return [fall(noise, curve) for curve in curves]


def _fall_of_mean(rows, rule, learner):
    noise, curves = _curves(rows, rule, learner)
    return fall(noise, curves.mean(axis=0))


def _kind(row):
    return "random" if row["labels"] == PERMUTED else "true" if row["noise"] == 0 else NOISY


def _steps(rows, rule):
    """Mean steps on true and on random labels, and their mean ratio run by run, as text."""
    true, random = (
        {r["run"]: r["steps"] for r in rows if r["rule"] == rule and _kind(r) == kind}
        for kind in ("true", "random")
    )
    ratios = [random[k] / true[k] for k in true if true[k] and random.get(k) is not None]
    return ", ".join(map(_with_error, (true.values(), random.values(), ratios)))


def draw(rows, axes):
    rules = list(dict.fromkeys(r["rule"] for r in rows))
    for rule, each in zip(rules, axes[:4], strict=False):
        for k, learner in enumerate(LEARNERS):
            noise, curves = _curves(rows, rule, learner)
            each.plot(
                noise, curves.T, color=COLOURS[learner], linewidth=0.6, linestyle="-", alpha=0.5
            )
            style = {"color": COLOURS[learner], "linestyle": ("-", "--")[k], "linewidth": 2.4}
            each.plot(noise, curves.mean(axis=0), label=learner, **style)
        most = next(r["most_flips"] / r["train_rows"] for r in rows if r["rule"] == rule)
        each.axvline(most, color="0.4", linewidth=0.8, linestyle=":")
        each.axhline(CHANCE, color="0.6", linewidth=0.8)
        each.set_ylim(0.28, 1.03)
        each.set_xlabel("share of training labels flipped")
        each.set_ylabel("accuracy on unseen rows")
        each.set_title(rule)
        each.legend(loc="lower left")
    for each in axes[len(rules) : 4]:
        each.set_axis_off()
    _draw_shares(rows, rules, axes[4])
    _draw_steps(rows, rules, axes[5])


def _draw_shares(rows, rules, axes):
    for k, (learner, mark) in enumerate(zip(LEARNERS, "o^", strict=True)):
        for place, rule in enumerate(rules):
            drops = [found["drop"] for found in _falls(rows, rule, learner)]
            jitter = np.linspace(-0.09, 0.09, len(drops)) + (k - 0.5) * 0.3
            label = None if place else learner
            axes.plot(drops, place + jitter, mark, color=COLOURS[learner], alpha=0.7, label=label)
    axes.set_xlim(0, 0.6)
    _name(rules, axes, "largest drop of accuracy")


def _name(rules, axes, measure):
    names = [rule.replace(" | ", "\n| ") for rule in rules]
    axes.set_yticks(range(len(rules)), names, fontsize="small")
    axes.set_ylim(len(rules) - 0.4, -0.8)
    axes.set(title=measure, xlabel=f"{measure.partition(' of ')[0]} (one mark for each run)")
    axes.legend(loc="upper center", ncols=2)


def _draw_steps(rows, rules, axes):
    for kind, mark, role in (("true", "o", "network"), ("random", "s", "random labels")):
        trained = [r for r in rows if _kind(r) == kind and r["steps"] is not None]
        for place, rule in enumerate(rules):
            steps = [r["steps"] for r in trained if r["rule"] == rule]
            style = {"color": COLOURS[role], "alpha": 0.5}
            label = None if place else f"{kind} labels"
            axes.plot(steps, np.full(len(steps), place), mark, label=label, **style)
    axes.set_xscale("log")
    _name(rules, axes, "steps of the network to zero error")
