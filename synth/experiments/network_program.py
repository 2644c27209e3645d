"""A grokked network's hidden layer has the product of the Fourier program, at its frequencies.

Cross-validated R2 of a linear map, and debiased CKA, from the hidden layer of networks on modular
addition to the steps of the programs that search finds for the same rows in the DSLs `fourier`
and `modular`, through training.  A program's step at another frequency is what it is on c x, c y.
The network's own frequencies are those that hold 90 % of its embedding's power at the end.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from synth import engine
from synth.dynamics import ENOUGH
from synth.errors import SettingError
from synth.experiments.base import first_rows_first, setting, spawn_seeds, uninterrupted
from synth.learners import similarity
from synth.learners.networks import addition, waves
from synth.runs.items import Item

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
    addition.addition_task(settings.p, settings.train, 0)  # an even p is refused before all else
    seeds = spawn_seeds(settings.seed, settings.runs)
    items = [(settings, kind, k, seed) for kind in KINDS for k, seed in enumerate(seeds)]
    yield from first_rows_first(map(_run, items))


_EMPTY = dict.fromkeys((
    "row", "kind", "seed", "step", "train_accuracy", "test_accuracy", "program", "part",
    "frequency", "own", "r2", "null", "p", "unseen_sums", "cka", "others", "sum", "by_step",
))  # fmt: skip


@lru_cache(maxsize=8)
def program_of(p, train, number, dsl):
    """The program that search finds for the training rows of a task.

    Raises SettingError where it has no step between its inputs and what it says.
    """
    item = Item(addition.addition_task(p, train, number), dsl)
    best = uninterrupted(engine.search(item.load(), **item.settings())).best
    which = "inner" if dsl == "fourier" else "joint"
    if best is None or not len(steps_at(best, item.task.columns, 1, p, which)):
        found = "nothing" if best is None else f"{best}"
        raise SettingError(
            f"p={p}, train={train:g}: in {dsl} search finds {found}, which adds no two residues; "
            "allowed: more training rows"
        )
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
        self.task = addition.addition_task(settings.p, settings.train, number)
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
        return similarity.side_by_side([self.inner[k - 1] for k in frequencies])


class _Steps:
    """Every step of both programs, those of complex numbers at the network's own frequencies.

    A residue is taken as it is: where it is multiplied by a c with an inverse, its columns are
    only in another order.
    """

    def __init__(self, targets, own):
        self.places, found = {}, []
        for dsl in PROGRAMS:
            every = [targets.of(dsl, int(k), "all") for k in (1, *own)]
            parts = [np.split(part.values, part.starts[1:], axis=1) for part in every]
            for m, text in enumerate(every[0].texts):
                # A residue is one-hot, a complex number has a real and an imaginary part.
                one_hot = parts[0][m].shape[1] > 2
                blocks = parts[0][m : m + 1] if one_hot else [part[m] for part in parts[1:]]
                place = next((k for k, b in enumerate(found) if np.array_equal(b, blocks)), None)
                if place is None:
                    place = len(found)
                    found.append(blocks)
                self.places[dsl, text] = place
        widths = [block.shape[1] for blocks in found for block in blocks]
        self.features = similarity.Features(
            np.hstack([block for blocks in found for block in blocks]),
            np.cumsum([0, *widths])[:-1], ("",) * len(widths),
        )  # fmt: skip
        self.ends = np.cumsum([len(blocks) for blocks in found])[:-1]
        self.grams = [similarity.centred_gram(np.hstack(blocks)) for blocks in found]

    def r2(self, linear):
        """{(DSL, step): R2, the mean over frequencies}."""
        each = np.split(linear.r2(self.features), self.ends)
        return {name: float(each[k].mean()) for name, k in self.places.items()}

    def cka(self, hidden):
        """{(DSL, step): debiased CKA} with a hidden layer, float64 (rows, units)."""
        gram = similarity.centred_gram(hidden - hidden.mean(axis=0))
        each = [similarity.alignment(gram, other) for other in self.grams]
        return {name: each[k] for name, k in self.places.items()}


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
    steps = _Steps(targets, own)
    for t, values in enumerate(one.hidden()):
        hidden = values.astype(np.float64)
        linear = similarity.LinearMap(hidden, folds)
        r2, cka = steps.r2(linear), steps.cka(hidden)
        found = _measured(hidden, linear, targets, own, settings.permutations, seed) | {
            "by_step": {": ".join(name): [r2[name], cka[name]] for name in r2}
        }
        rows.append(_EMPTY | found | {
            "row": "path", "kind": kind, "seed": number, "step": int(times[t]),
            "train_accuracy": float(train[t]), "test_accuracy": float(test[t]),
        })  # fmt: skip
    whole = rows[-1] | {"row": "network"}
    last = rows[-1] | dict.fromkeys(("r2", "null", "p", "cka", "others", "sum", "by_step"))
    sums = similarity.output_folds(targets.task.labels, settings.folds, seed)
    unseen = similarity.LinearMap(hidden, sums)
    held = steps.r2(unseen)
    details = [{"row": "frequency", "program": "fourier", "part": "product", "frequency": k,
                "own": bool(k in own), "r2": value}
               for k, value in enumerate(_by_frequency(linear, targets).tolist(), 1)]  # fmt: skip
    details += [{"row": "step", "program": name[0], "part": name[1], "r2": r2[name],
                 "cka": cka[name], "unseen_sums": held[name]} for name in r2]  # fmt: skip
    return [whole, *rows, *(last | found for found in details)]


def _measured(hidden, linear, targets, own, permutations, seed):
    """The figures of a hidden layer, float64 (rows, units), and the map from it: a dict."""
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
        "R2 to the programs' steps with an embedding, last, and debiased CKA": {
            f"{dsl}: {text}": [_mean(found, "r2"), _mean(found, "cka")]
            for (dsl, text), found in _by_step(rows).items()
        },
        "R2 at the last look with held-out accuracy below 0.1": _mean(_before(rows, 0.1), "r2"),
        "control: rows permuted": {
            kind: _mean(states[kind]["last"], "null") for kind in kinds
        },
    }  # fmt: skip


def _by_step(rows):
    """The rows of each step of a program, {(DSL, step): rows}, of the main kind."""
    found = {}
    for r in _of(rows, "step", MAIN):
        found.setdefault((r["program"], r["part"]), []).append(r)
    return found


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
        ("null", "rows permuted"), ("cka", "CKA, its own"),
    ):  # fmt: skip
        left.plot(steps, [np.nan if r[key] is None else r[key] for r in path], label=name)
    left.plot(steps, [r["test_accuracy"] for r in path], ":", color="grey", label="held out")
    left.set_ylabel("R², debiased CKA, accuracy held out")
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
