"""A grokked network's hidden layer has the product of the Fourier program, at its frequencies.

Cross-validated R2 of a linear map, and debiased CKA, from the hidden layer of networks on modular
addition to the steps of the programs that search finds for the same rows in the DSLs `fourier`
and `modular`, through training.  A program's step at another frequency is what it is on c x, c y.
The network's own frequencies are those that hold 90 % of its embedding's power at the end.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from synth import driver, similarity, tasks
from synth.dynamics.trajectory import ENOUGH
from synth.errors import SettingError
from synth.experiments.base import setting, spawn_seeds
from synth.networks import addition, waves

CONTROL = (
    "untrained networks, networks on random labels, and the rows permuted: R2 0; and in the "
    "grokked network itself the frequencies that are not its own"
)
COLUMNS = ("row", "kind", "seed", "step", "test_accuracy", "r2", "null", "others", "sum", "cka")
PANELS = 3

MAIN, NO_DECAY, RANDOM = "embedding", "no decay", "random labels"
KINDS = {
    MAIN: addition.EMBEDDED,
    "quadratic": addition.PLAIN,
    NO_DECAY: replace(addition.EMBEDDED, decay=0.0),
    RANDOM: addition.EMBEDDED,
}
PROGRAMS = ("fourier", "modular")


@dataclass(frozen=True)
class Settings:
    p: int = setting(31, "the modulus, odd", low=5, high=61)
    train: float = setting(0.5, "share of the pairs that is for training", low=0.1, high=0.9)
    steps: int = setting(3000, "of training", low=10)
    looks: int = setting(25, "times at which the hidden layer is looked at", low=2)
    runs: int = setting(3, "seeds of each kind", low=1)
    folds: int = setting(5, "of cross-validation, rows left out at random", low=2, high=20)
    permutations: int = setting(10, "of rows, for the null", low=1)
    seed: int = setting(0, "of all runs", low=0)


def run(settings, map):
    if settings.p % 2 == 0:
        raise SettingError(f"p={settings.p}; allowed: odd numbers")
    seeds = spawn_seeds(settings.seed, settings.runs)
    items = [(settings, kind, k, seed) for kind in KINDS for k, seed in enumerate(seeds)]
    details = []
    for row, *more in map(_run, items):
        yield row
        details += more
    yield from details


_EMPTY = dict.fromkeys((
    "row", "kind", "seed", "step", "train_accuracy", "test_accuracy", "program", "part",
    "frequency", "own", "r2", "null", "p", "unseen_sums", "cka", "others", "sum",
))  # fmt: skip


@lru_cache(maxsize=8)
def _task(p, train, number):
    return tasks.load_task(f"mod-add:p={p},train={train},seed={number}")


@lru_cache(maxsize=8)
def program_of(p, train, number, dsl):
    """The program that search finds for the training rows of a task."""
    best = driver.search(_task(p, train, number), dsl).best
    if best is None:
        raise SettingError(f"p={p}: search finds no program in {dsl}; allowed: more rows")
    return best


def steps_at(program, columns, frequency, p, which):
    """The `Features` of a program at another frequency: on inputs that are multiplied by it."""
    return similarity.features(
        program, {name: frequency * column % p for name, column in columns.items()}, which
    )


class _Targets:
    """What the hidden layer is mapped to: products at all frequencies, and the sum."""

    def __init__(self, settings, number):
        self.settings = settings
        self.task = _task(settings.p, settings.train, number)
        self.programs = {
            dsl: program_of(settings.p, settings.train, number, dsl) for dsl in PROGRAMS
        }
        self.frequencies = range(1, settings.p // 2 + 1)
        self.inner = [self.of("fourier", k, "inner") for k in self.frequencies]
        self.sum = self.of("modular", 1, "joint")

    def of(self, dsl, frequency, which):
        return steps_at(
            self.programs[dsl], self.task.columns, frequency, self.settings.p, which
        )  # fmt: skip

    def at(self, frequencies):
        """The inner steps of the Fourier program at some frequencies."""
        return similarity.beside([self.inner[k - 1] for k in frequencies])


def _run(item):
    settings, kind, number, seed = item
    targets = _Targets(settings, number)
    task = targets.task.permuted(number) if kind == RANDOM else targets.task
    times = addition.times_of(settings.steps, settings.looks)
    one = addition.Trained(task, KINDS[kind], times, seed)
    power = waves.embedding_power(one.shape, one.parameters[-1:], settings.p)[0].sum(axis=1)
    own = waves.dominant(power)
    folds = similarity.row_folds(task.rows, settings.folds, seed)
    train, test = one.accuracies()
    rows = []
    for t, hidden in enumerate(one.hidden().astype(np.float64)):
        found = _measured(hidden, targets, own, folds, settings.permutations, seed)
        rows.append(_EMPTY | found | {
            "row": "path", "kind": kind, "seed": number, "step": int(times[t]),
            "train_accuracy": float(train[t]), "test_accuracy": float(test[t]),
        })  # fmt: skip
    whole = rows[-1] | {"row": "network"}
    last = rows[-1] | dict.fromkeys(("r2", "null", "p", "cka", "others", "sum"))
    return [whole, *rows, *(last | found for found in _parts(hidden, targets, own, folds, seed))]


def _measured(hidden, targets, own, folds, permutations, seed):
    """The figures of a hidden layer, float64 (rows, units): a dict."""
    linear = similarity.LinearMap(hidden, folds)
    each = _by_frequency(linear, targets)
    mine = targets.at(own)
    tested = similarity.permuted(
        lambda orders: linear.mean_r2(mine, orders), len(hidden), permutations, seed
    )
    others = np.delete(each, own - 1)
    return {
        "program": "fourier", "part": "product", "r2": tested.value, "null": tested.null,
        "p": tested.p, "cka": similarity.cka(hidden - hidden.mean(axis=0), mine.values),
        "others": float(np.mean(others)) if len(others) else None,
        "sum": float(np.mean(linear.r2(targets.sum))),
    }  # fmt: skip


def _by_frequency(linear, targets):
    """R2 to the inner steps of the Fourier program at each frequency, float64 (K,)."""
    found = linear.r2(targets.at(targets.frequencies))
    return found.reshape(len(targets.frequencies), -1).mean(axis=1)


def _parts(hidden, targets, own, folds, seed):
    """Rows of the last hidden layer: one a frequency, and one a step of a program."""
    linear = similarity.LinearMap(hidden, folds)
    for k, r2 in zip(targets.frequencies, _by_frequency(linear, targets).tolist(), strict=True):
        yield {"row": "frequency", "frequency": k, "own": bool(k in own), "part": "product",
               "program": "fourier", "r2": r2}  # fmt: skip
    unseen = similarity.LinearMap(
        hidden, similarity.output_folds(targets.task.labels, folds.max() + 1, seed)
    )
    for dsl, frequencies in zip(PROGRAMS, (own, (1,)), strict=True):
        every = [targets.of(dsl, int(k), "all") for k in frequencies]
        count = len(every[0])
        both = similarity.beside(every)
        seen, held = (fit.r2(both).reshape(-1, count).mean(axis=0) for fit in (linear, unseen))
        for m, text in enumerate(every[0].texts):
            yield {"row": "step", "program": dsl, "part": text, "r2": float(seen[m]),
                   "unseen_sums": float(held[m])}  # fmt: skip


def _of(rows, row, kind, **given):
    return [
        r for r in rows
        if (r["row"], r["kind"]) == (row, kind) and all(r[k] == v for k, v in given.items())
    ]  # fmt: skip


def _states(rows, kind):
    """The first, the memorised and the last state of each seed: {name: rows}."""
    found = {"untrained": [], "memorised": [], "last": []}
    for number in sorted({r["seed"] for r in _of(rows, "path", kind)}):
        path = _of(rows, "path", kind, seed=number)
        found["untrained"].append(path[0])
        found["memorised"] += [r for r in path if r["train_accuracy"] >= ENOUGH][:1]
        found["last"].append(path[-1])
    return found


def _mean(rows, key):
    values = [r[key] for r in rows if r[key] is not None]
    return float(np.mean(values)) if values else None


def summarise(rows):
    kinds = [kind for kind in KINDS if _of(rows, "path", kind)]
    states = {kind: _states(rows, kind) for kind in kinds}
    main = states[MAIN]
    return {
        "R2 to the Fourier product at its own frequencies": {
            f"{kind}, {state}": _mean(found, "r2")
            for kind in kinds for state, found in states[kind].items()
        },
        "held-out accuracy where memorised, and last": [
            _mean(main[state], "test_accuracy") for state in ("memorised", "last")
        ],
        "least R2 of the seeds with an embedding, last": min(
            (r["r2"] for r in main["last"]), default=None
        ),
        "frequencies of its own": {
            kind: _mean_count(rows, kind) for kind in kinds
        },
        "R2 at the other frequencies, last": {
            kind: _mean(states[kind]["last"], "others") for kind in kinds
        },
        "R2 to the sum of `modular`, last": {
            kind: _mean(states[kind]["last"], "sum") for kind in kinds
        },
        "R2 to the product where the pairs of unseen sums are left out": {
            kind: _mean([r for r in _of(rows, "step", kind, program="fourier") if "*" in r["part"]
                         and not r["part"].startswith("read")], "unseen_sums")
            for kind in kinds
        },
        "debiased CKA with the product, last": {
            kind: _mean(states[kind]["last"], "cka") for kind in kinds
        },
        "R2 at the last look with held-out accuracy below 0.1": _mean(_before(rows, 0.1), "r2"),
        "control: rows permuted": {
            kind: _mean(states[kind]["last"], "null") for kind in kinds
        },
    }  # fmt: skip


def _mean_count(rows, kind):
    seeds = {r["seed"] for r in _of(rows, "frequency", kind)}
    return len(_of(rows, "frequency", kind, own=True)) / len(seeds) if seeds else None


def _before(rows, least):
    """Of each seed of the main kind that gets there, the last look with less held-out accuracy."""
    found = []
    for number in sorted({r["seed"] for r in _of(rows, "path", MAIN)}):
        path = _of(rows, "path", MAIN, seed=number)
        after = next((t for t, r in enumerate(path) if r["test_accuracy"] >= least), 0)
        found += path[after - 1 : after] if after else []
    return found


def draw(rows, axes):
    left, middle, right = axes
    path = _of(rows, "path", MAIN, seed=0)
    steps = [r["step"] for r in path]
    for key, name in (
        ("r2", "its own frequencies"), ("others", "other frequencies"), ("sum", "x + y"),
        ("null", "rows permuted"),
    ):  # fmt: skip
        left.plot(steps, [np.nan if r[key] is None else r[key] for r in path], label=name)
    left.plot(steps, [r["test_accuracy"] for r in path], ":", color="grey", label="held out")
    left.set_ylabel("R² to the product; accuracy held out")
    for kind in KINDS:
        for number in sorted({r["seed"] for r in _of(rows, "path", kind)}):
            path = _of(rows, "path", kind, seed=number)
            middle.plot(
                [r["step"] for r in path], [r["r2"] for r in path],
                color=f"C{list(KINDS).index(kind)}", label=kind if number == 0 else None,
            )  # fmt: skip
    middle.set_ylabel("R² to the product, own frequencies")
    for axis in (left, middle):
        axis.set_xscale("symlog")
        axis.set_xlim(left=0)
        axis.set_xlabel("steps")
    for kind, shift in ((MAIN, -0.2), ("quadratic", 0.2)):
        found = _of(rows, "frequency", kind, seed=0)
        right.bar([r["frequency"] + shift for r in found], [r["r2"] for r in found], 0.4,
                  color=f"C{list(KINDS).index(kind)}", label=kind)  # fmt: skip
    right.set_xlabel("frequency of the product")
    right.set_ylabel("R² at the end")
    right.legend(fontsize="small", ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
