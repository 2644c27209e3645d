"""Under label noise networks fall smoothly, and programs with exceptions in steps.

One network, optimiser and start, on the labels of a short rule and on the same labels permuted:
both are fitted, random ones in more steps, and only true ones generalise.  Then a growing share
of the training labels is flipped, each level's flips among the next one's.  Beside the network
stands the two-part code: the program of least total bits with its exceptions, or a table.

Smooth or not is measured run by run, since steps at places of their own would average to a
slope: how wide the fall is in noise, and how much of it lies between two neighbouring levels.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from synth import codes, engine
from synth.errors import SettingError
from synth.experiments.base import refuse_repeated, setting, spawn_seeds, uninterrupted
from synth.language import Bool, Grammar, Program, dsls
from synth.learners.networks.consistent import corners
from synth.learners.networks.perceptron import ACTIVATIONS, Shape, drawn, outputs, said
from synth.learners.networks.training import OPTIMISERS, Optimiser, Training, train_to_zero
from synth.runs.items import Item
from synth.tasks import Task

CONTROL = (
    "the training labels permuted, or half of them flipped: no rule is left, and networks and "
    "programs are right on half of the unseen rows"
)
COLUMNS = (
    "rule", "run", "labels", "noise", "steps", "network_train", "network", "chosen", "exceptions",
    "program",
)  # fmt: skip
PANELS = (2, 3)

NOISY, PERMUTED = "noisy", "permuted"
NETWORK, PROGRAM = LEARNERS = "network", "program"
#: Held-out accuracy by chance, for rules that say 1 on half of the rows.
CHANCE = 0.5
#: A fall is measured from where so much was learned without noise.
LEARNED = 0.8


@dataclass(frozen=True)
class Settings:
    rules: tuple[str, ...] = setting(
        ("x0", "x0 ^ x1", "x0 & x1 | ~x0 & x2", "x0 ^ x1 ^ x2"),
        "programs that give the true labels, each 1 on half of the rows",
    )
    inputs: int = setting(10, "boolean inputs x0.., all rows of which there are", low=2, high=14)
    rows: int = setting(256, "training rows; all others are held out", low=2)
    noise: tuple[float, ...] = setting(
        tuple(k / 40 for k in range(21)), "shares of training labels flipped, 0 among them",
        low=0, high=0.5,
    )  # fmt: skip
    runs: int = setting(10, "of each rule: draws of rows, flips and first weights", low=2)
    dsl: str = setting("boolean", "boolean DSL of programs")
    max_bits: float = setting(28.0, "search programs of at most so many bits", low=1, high=60)
    width: int = setting(64, "hidden units a layer", low=1, high=4096)
    depth: int = setting(1, "hidden layers", low=1, high=20)
    activation: str = setting("relu", "of hidden units", choices=ACTIVATIONS)
    scale: float = setting(1.4, "initial deviation of weights, times sqrt(fan-in)", low=0.01)
    bias: float = setting(0.3, "initial deviation of biases", low=0)
    optimiser: str = setting("adamw", "how networks are trained, on all rows", choices=OPTIMISERS)
    rate: float = setting(0.005, "learning rate", low=0)
    decay: float = setting(0.0, "weight decay", low=0)
    steps: int = setting(5000, "at most so many; a network ends at zero error", low=1)
    beyond: bool = setting(False, "whether it goes on after zero error, for all steps")
    seed: int = setting(0, "of all runs", low=0)

    @property
    def shape(self):
        return Shape(self.inputs, (self.width,) * self.depth, 1, self.activation)


def run(settings, map):
    refuse_repeated(settings.rules, "rules")
    if settings.rows >= 2**settings.inputs:
        raise SettingError(f"rows={settings.rows}; allowed: 2..{2**settings.inputs - 1}, since "
                           f"there are {2**settings.inputs} rows")  # fmt: skip
    noise = sorted(set(settings.noise))
    if noise[0] > 0 or len(noise) < 2:
        given = ",".join(f"{share:g}" for share in settings.noise)
        raise SettingError(f"noise={given}; allowed: 0 and another one besides")
    for rule in settings.rules:
        shortest_bits(settings, rule)  # what does not fit is said before any network is trained
    seeds = spawn_seeds(settings.seed, settings.runs)
    items = [(settings, rule, noise, k, seed)
             for rule in settings.rules for k, seed in enumerate(seeds)]  # fmt: skip
    for rows in map(_run, items):
        yield from rows


@lru_cache(maxsize=16)
def _task(settings, rule):
    """All rows with their true labels, as a `Task` all of whose rows are for training."""
    bits = corners(settings.inputs) > 0
    columns = {f"x{i}": bits[:, i] for i in range(settings.inputs)}
    types = dict.fromkeys(columns, Bool)
    program = Program.parse(rule, Grammar(dsls.load_dsl(settings.dsl), types), Bool)
    return Task(rule, columns, types, program.evaluate(columns), Bool)


@lru_cache(maxsize=16)
def shortest_bits(settings, rule):
    """The bits of the shortest program with the values of a rule on all rows."""
    limits = {"max_bits": settings.max_bits, "seconds": None, "threads": 1}
    task = _task(settings, rule)
    found = uninterrupted(engine.search(task, settings.dsl, **limits))
    if found.chosen != "program" or found.program.exceptions or found.program.inverted:
        raise SettingError(
            f"rules={rule}, max_bits={settings.max_bits:g}: no program of so few bits gives its "
            "labels; allowed: rules that one gives, or more bits"
        )
    ones, rows = int(task.labels.sum()), task.rows
    if 2 * ones != rows:
        raise SettingError(
            f"rules={rule}: 1 on {ones} of {rows} rows; allowed: rules that are 1 on half of them, "
            "so that chance is 1/2"
        )
    return found.program.bits


def most_exceptions(bits, n):
    """The most flips among n labels of two values with which a program still pays; -1: none.

    That is, for which 1 + bits + log2(n+1) + log2 C(n, e) is less than the uniform table's 2 + n,
    and is for all fewer.
    """
    pays = bits + codes.program_totals(n, 2, False) < codes.uniform_table_bits(n, 2)
    return int(np.argmin(pays)) - 1 if not pays.all() else n


def _labellings(task, train, noise, generator):
    """[(labels, noise, flips)] of all rows: of each level of noise, then permuted.

    train: the numbers of training rows; labels elsewhere are the true ones.  Flips of a level are
    among those of the next.
    """
    found, order = [], generator.permutation(train)
    for share in noise:
        flips, labels = round(share * len(train)), task.labels.copy()
        labels[order[:flips]] ^= True
        found.append((labels, share, flips))
    labels = task.labels.copy()
    labels[train] = generator.permutation(labels[train])
    return [*found, (labels, None, int((labels != task.labels).sum()))]


def _run(item):
    """The rows of one rule and one seed: networks and programs on all labellings."""
    settings, rule, noise, number, seed = item
    task, generator = _task(settings, rule), np.random.default_rng(seed)
    train = generator.permutation(task.rows)[: settings.rows]
    held_out = np.ones(task.rows, bool)
    held_out[train] = False
    labellings = _labellings(task, train, noise, generator)
    labels = np.array([labels[train] for labels, _, _ in labellings], np.int64)
    points = corners(settings.inputs)
    # All start from the same weights, so that labels are all they differ in.
    start = drawn(settings.shape, 1, seed, scale=settings.scale, bias=settings.bias)
    parameters, steps = trained(settings, np.repeat(start, len(labels), axis=0),
                                points[train], labels)  # fmt: skip
    says = said(outputs(settings.shape, parameters, points))
    fitted = (says[:, train] == labels).mean(axis=1)
    right = (says == task.labels)[:, held_out].mean(axis=1)
    bits, rows = shortest_bits(settings, rule), []
    for k, (labelled, share, flips) in enumerate(labellings):
        found = _searched(settings, task, labelled, ~held_out)
        program = found.chosen == "program"
        rows.append({
            "rule": rule, "run": number, "labels": PERMUTED if share is None else NOISY,
            "noise": share, "flips": flips, "steps": int(steps[k]) if steps[k] >= 0 else None,
            "network_train": float(fitted[k]), "network": float(right[k]),
            "chosen": found.chosen, "text": found.program.text if program else None,
            "exceptions": found.program.exceptions if program else None,
            "program": (found.program if program else found.table).test_accuracy,
            "rule_bits": bits, "most_flips": most_exceptions(bits, settings.rows),
            "train_rows": settings.rows,
        })  # fmt: skip
    return rows


def trained(settings, parameters, points, labels):
    """(parameters, steps until zero error, -1 where it was not reached), of networks (B, P).

    With `beyond` each goes on for all steps, and its first step without error is told.
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


def fall(noise, accuracies):
    """How held-out accuracy falls along growing noise, a dict; both (levels,).

    clean: without noise; middle: the noise at which half of what it is above chance is left;
    width: from where 80 % is left to where 20 % is, the first time, straight lines between levels
    (of a learner that is always right at first: from 0.9 to 0.6); drop: the largest between
    neighbouring levels; share: of the drop in the whole fall.  None where less than 0.8 is
    learned without noise, or where it does not fall that far.
    """
    clean = float(accuracies[0])
    answer = {"clean": clean, "middle": None, "width": None, "share": None,
              "drop": float(-np.diff(accuracies).min())}  # fmt: skip
    if clean >= LEARNED:
        high, middle, low = (_first_below(noise, accuracies, CHANCE + part * (clean - CHANCE))
                             for part in (0.8, 0.5, 0.2))  # fmt: skip
        answer["middle"] = middle
        answer["width"] = None if low is None else low - high
        whole = clean - float(accuracies[-1])
        answer["share"] = answer["drop"] / whole if whole > 0 else None
    return answer


def _first_below(noise, accuracies, level):
    """Where accuracy first gets below a level, by straight lines; None where it never does."""
    for (a, before), (b, after) in pairwise(zip(noise, accuracies, strict=True)):
        if after < level:
            return float(a + (b - a) * (before - level) / (before - after))
    return None


def _curves(rows, rule, learner):
    """(noise levels, accuracies by run (runs, levels)) of a rule."""
    found = {}
    for r in rows:
        if r["rule"] == rule and r["labels"] == NOISY:
            found.setdefault(r["run"], {})[r["noise"]] = r[learner]
    noise = sorted(next(iter(found.values())))
    return noise, np.array([[curve[q] for q in noise] for curve in found.values()])


def _with_error(values):
    """The mean of what is there, its standard error, and of how many it is, as text."""
    some = [v for v in values if v is not None]
    if not some:
        return "none"
    error = np.std(some, ddof=1) / np.sqrt(len(some)) if len(some) > 1 else float("nan")
    return f"{np.mean(some):.3f} ± {error:.3f} of {len(some)}"


def summarise(rows):
    rules = list(dict.fromkeys(r["rule"] for r in rows))
    falls = {(rule, name): _falls(rows, rule, name) for rule in rules for name in LEARNERS}
    both = [(n, p) for rule in rules
            for n, p in zip(falls[rule, NETWORK], falls[rule, PROGRAM], strict=True)]  # fmt: skip
    noisy = [r for r in rows if r["labels"] == NOISY]
    predicted = [(r["program"] == 1) == (r["flips"] <= r["most_flips"]) for r in noisy]

    def told(key):
        return {rule: {name: _with_error([f[key] for f in falls[rule, name]]) for name in LEARNERS}
                for rule in rules}  # fmt: skip

    def labelled(rule, learner, kind):
        return _with_error([r[learner] for r in rows if r["rule"] == rule and _kind(r) == kind])

    return {
        "networks at zero error": f"{sum(r['network_train'] == 1 for r in rows)} of {len(rows)}",
        "steps to zero error: true, random, random over true": {
            rule: _steps(rows, rule) for rule in rules
        },
        "held-out accuracy": {
            rule: {f"{name}, {kind} labels": labelled(rule, name, kind)
                   for name in LEARNERS for kind in ("true", "random")} for rule in rules
        },
        "width of the fall, run by run": told("width"),
        "largest drop between neighbouring levels, run by run": told("drop"),
        "its share of the whole fall, run by run": told("share"),
        "the same of the mean over runs": {
            rule: {name: _fall_of_mean(rows, rule, name)["share"] for name in LEARNERS}
            for rule in rules
        },
        "middle of the fall, run by run": told("middle"),
        "most flips with which the true program pays, as a share": {
            r["rule"]: r["most_flips"] / r["train_rows"] for r in rows
        },
        "runs and levels at which it is chosen or not as that says": (
            f"{sum(predicted)} of {len(predicted)}"
        ),
        "runs in which the program's largest drop is larger": (
            f"{sum(p['drop'] > n['drop'] for n, p in both)} of {len(both)}"
        ),
        "control: held-out accuracy with half of the labels flipped": {
            name: _with_error([r[name] for r in rows if r["noise"] == 0.5]) for name in LEARNERS
        },
        "control: held-out accuracy with permuted labels": {
            name: _with_error([r[name] for r in rows if r["labels"] == PERMUTED])
            for name in LEARNERS
        },
    }  # fmt: skip


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
    """Mean steps on true and on random labels, and the ratio run by run."""
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
            color = f"C{k}"
            each.plot(noise, curves.T, color=color, linewidth=0.6, linestyle="-", alpha=0.5)
            each.plot(noise, curves.mean(axis=0), color=color, linestyle=("-", "--")[k],
                      linewidth=2.4, label=learner)  # fmt: skip
        most = next(r["most_flips"] / r["train_rows"] for r in rows if r["rule"] == rule)
        each.axvline(most, color="0.4", linewidth=0.8, linestyle=":")
        each.axhline(CHANCE, color="0.6", linewidth=0.8)
        each.set_ylim(0.4, 1.03)
        each.set_xlabel("share of training labels flipped")
        each.set_ylabel("held-out accuracy, true labels")
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
            axes.plot(drops, place + jitter, mark, color=f"C{k}", alpha=0.7,
                      label=None if place else learner)  # fmt: skip
    _name_rules(rules, axes)
    axes.set_xlim(0, 0.6)
    axes.set_xlabel("largest drop between neighbouring levels")
    axes.set_title("a point a run")
    axes.legend(loc="upper center", ncols=2)


def _name_rules(rules, axes):
    axes.set_yticks(range(len(rules)), [rule.replace(" | ", "\n| ") for rule in rules],
                    fontsize="small")  # fmt: skip
    axes.set_ylim(len(rules) - 0.4, -0.8)


def _draw_steps(rows, rules, axes):
    for kind, mark in (("true", "o"), ("random", "s")):
        found = [[r["steps"] for r in rows if r["rule"] == rule and _kind(r) == kind
                  and r["steps"] is not None] for rule in rules]  # fmt: skip
        for place, steps in enumerate(found):
            axes.plot(steps, np.full(len(steps), place), mark, color=f"C{kind == 'random':d}",
                      alpha=0.5, label=None if place else f"{kind} labels")  # fmt: skip
    _name_rules(rules, axes)
    axes.set_xscale("log")
    axes.set_xlabel("steps of the network to zero training error")
    axes.set_title("a point a run")
    axes.legend(loc="upper center", ncols=2)
