"""A grokked network's hidden layer contains the Fourier product, at the network's frequencies.

Networks learn modular addition, and search finds programs for the same rows in the DSLs `fourier`
and `modular`.  Throughout training, cross-validated R2 of a linear map and debiased CKA measure how
well the hidden layer predicts each step of the programs.  A step at frequency c is that on c x and
c y.  The network's own frequencies hold 90 % of its embedding's power at the end.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from synth import engine
from synth.dynamics import ENOUGH
from synth.errors import SettingError
from synth.experiments._network_program_verdict import CAPTION as CAPTION
from synth.experiments._network_program_verdict import of_program
from synth.experiments.base import first_rows_first, setting, spawn_seeds, uninterrupted
from synth.experiments.rows import RowKinds
from synth.learners import similarity
from synth.learners.networks import addition, waves
from synth.report import COLOURS, shades
from synth.runs.items import Item

GROUP = "networks"
CONTROL = (
    "R2 is 0 for untrained networks, for networks on random labels, and if the rows are permuted. "
    "In the grokked network itself, it is 0 at frequencies that are not the network's own."
)
COLUMNS = ("row", "kind", "seed", "step", "test_accuracy", "r2", "null", "others", "sum", "cka")
PANELS = 3
SUMMARY = {
    "r2": "R2 to the Fourier product at the network's own frequencies",
    "held_out_accuracy": "held-out accuracy, memorised and last",
    "least_r2": "lowest R2 of the seeds with an embedding, last",
    "own_frequencies": "number of own frequencies",
    "r2_other_frequencies": "R2 at the other frequencies, last",
    "r2_sum": "R2 to the sum of `modular`, last",
    "r2_unseen_sums": "R2 to the product on pairs whose sums were left out",
    "cka": "debiased CKA with the product, last",
    "steps": "R2 to each program step with an embedding, last, and debiased CKA",
    "r2_before_generalising": "R2 at the last look with held-out accuracy below 0.1",
    "control_r2": "control: R2 with rows permuted",
    "verdict": "verdict",
}

MAIN, NO_DECAY, RANDOM = "embedding", "no decay", "random labels"
KINDS = {
    MAIN: addition.EMBEDDED,
    "quadratic": addition.PLAIN,
    NO_DECAY: replace(addition.EMBEDDED, decay=0.0),
    RANDOM: addition.EMBEDDED,
}
PROGRAMS = ("fourier", "modular")

#: The columns of a network's last state that are kept in rows of its frequencies and steps.
STATE = "row kind seed step train_accuracy test_accuracy"
PATH = f"{STATE} program part r2 null p cka others sum by_step"
ROWS = RowKinds(
    (
        "row", "kind", "seed", "step", "train_accuracy", "test_accuracy", "program", "part",
        "frequency", "own", "r2", "null", "p", "unseen_sums", "cka", "others", "sum", "by_step",
    ),
    network=PATH,
    path=PATH,
    frequency=f"{STATE} program part frequency own r2",
    step=f"{STATE} program part r2 unseen_sums cka",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    p: int = setting(31, "Modulus, an odd number.", low=5, high=61)
    train: float = setting(0.5, "Share of the pairs used for training.", low=0.1, high=0.9)
    steps: int = setting(3000, "Number of training steps.", low=10)
    looks: int = setting(25, "Number of steps at which the hidden layer is measured.", low=2)
    runs: int = setting(3, "Number of seeds for each kind of network.", low=1)
    folds: int = setting(
        5, "Number of folds of cross-validation; rows are left out at random.", low=2, high=20
    )
    permutations: int = setting(
        10, "Number of permutations of the rows for the chance level.", low=1
    )
    seed: int = setting(0, "Seed for all runs.", low=0)


def run(settings, map):
    addition.addition_task(settings.p, settings.train, 0)  # refuses an even p
    seeds = spawn_seeds(settings.seed, settings.runs)
    items = [(settings, kind, k, seed) for kind in KINDS for k, seed in enumerate(seeds)]
    yield from first_rows_first(map(_run, items))


@lru_cache(maxsize=8)
def program_of(p, train, number, dsl):
    """The program that search finds for the training rows of a task.

    Parameters
    ----------
    p : int
        The modulus.
    train : float
        The share of pairs used for training.
    number : int
        The number of the split.
    dsl : str
        `fourier` or `modular`.

    Returns
    -------
    Hypothesis

    Raises
    ------
    SettingError
        If the program has no step between its inputs and its output.
    """
    item = Item(addition.addition_task(p, train, number), dsl, limits={"moves": 0})
    best = uninterrupted(engine.search(item.load(), **item.settings())).best
    which = "inner" if dsl == "fourier" else "joint"
    if best is None or not len(steps_at(best, item.task.columns, 1, p, which)):
        found = "nothing" if best is None else f"{best}"
        raise SettingError(
            f"p={p}, train={train:g}: search in {dsl} finds {found}, which does not add two "
            "residues; use more training rows"
        )
    return best


def steps_at(program, columns, frequency, p, which):
    """The `Features` of a program at a frequency, that is on inputs multiplied by it.

    Parameters
    ----------
    program : Hypothesis
    columns : dict of str to int64 array of shape (rows,)
        The inputs.
    frequency : int
    p : int
        The modulus.
    which : str
        Which steps of the program; see `synth.learners.similarity.features`.
    """
    return similarity.features(
        program, {name: frequency * column % p for name, column in columns.items()}, which
    )


class _Targets:
    """What the hidden layer has to predict: products at all frequencies, and the sum."""

    def __init__(self, settings, number):
        self.settings = settings
        self.task = addition.addition_task(settings.p, settings.train, number)
        self.programs = {
            dsl: program_of(settings.p, settings.train, number, dsl) for dsl in PROGRAMS
        }
        self.frequencies = range(1, settings.p // 2 + 1)
        self.inner = [self.steps("fourier", k, "inner") for k in self.frequencies]
        self.sum = self.steps("modular", 1, "joint")

    def steps(self, dsl, frequency, which):
        program, p = self.programs[dsl], self.settings.p
        return steps_at(program, self.task.columns, frequency, p, which)

    def products(self, frequencies):
        """The inner steps of the Fourier program at some frequencies."""
        return similarity.side_by_side([self.inner[k - 1] for k in frequencies])


class _Steps:
    """Every step of both programs; steps of complex numbers at the network's own frequencies.

    Steps of residues are taken at frequency 1 alone: multiplying a residue by an invertible c
    only reorders its columns.
    """

    def __init__(self, targets, own):
        self.places, found = {}, []
        for dsl in PROGRAMS:
            every = [targets.steps(dsl, int(k), "all") for k in (1, *own)]
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
            np.cumsum([0, *widths])[:-1],
            ("",) * len(widths),
        )
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
    """The rows of one network: its last state, its path, its frequencies and its steps."""
    settings, kind, number, seed = item
    targets = _Targets(settings, number)
    task = targets.task.permuted(number) if kind == RANDOM else targets.task
    times = addition.times_of(settings.steps, settings.looks)
    one = addition.Trained(task, KINDS[kind], times, seed)
    power = waves.embedding_power(one.shape, one.parameters[-1:], settings.p)[0].sum(axis=1)
    own = waves.dominant(power)
    folds = similarity.row_folds(task.rows, settings.folds, seed)
    train, test = one.accuracies()
    steps = _Steps(targets, own)
    states, measures = [], []
    for t, values in enumerate(one.hidden()):
        hidden = values.astype(np.float64)
        linear = similarity.LinearMap(hidden, folds)
        r2, cka = steps.r2(linear), steps.cka(hidden)
        state = {
            "kind": kind,
            "seed": number,
            "step": int(times[t]),
            "train_accuracy": float(train[t]),
            "test_accuracy": float(test[t]),
        }
        found = _measured(hidden, linear, targets, own, settings.permutations, seed)
        found["by_step"] = {": ".join(name): [r2[name], cka[name]] for name in r2}
        states.append(state)
        measures.append(found)
    path = [ROWS("path", row="path", **s, **m) for s, m in zip(states, measures, strict=True)]
    last = ROWS("network", row="network", **states[-1], **measures[-1])
    sums = similarity.output_folds(targets.task.labels, settings.folds, seed)
    held = steps.r2(similarity.LinearMap(hidden, sums))
    rows = [last, *path]
    for k, value in enumerate(_by_frequency(linear, targets).tolist(), 1):
        product = {"program": "fourier", "part": "product", "frequency": k, "own": bool(k in own)}
        rows.append(ROWS("frequency", row="frequency", **states[-1], **product, r2=value))
    for dsl, text in r2:
        name = dsl, text
        step = {"program": dsl, "part": text, "r2": r2[name], "cka": cka[name]}
        rows.append(ROWS("step", row="step", **states[-1], **step, unseen_sums=held[name]))
    return rows


def _measured(hidden, linear, targets, own, permutations, seed):
    """Measures of a hidden layer, float64 (rows, units), and of the linear map from it: a dict."""
    each = _by_frequency(linear, targets)
    mine = targets.products(own)
    tested = similarity.permuted(
        lambda orders: linear.mean_r2(mine, orders), len(hidden), permutations, seed
    )
    others = np.delete(each, own - 1)
    return {
        "program": "fourier",
        "part": "product",
        "r2": tested.value,
        "null": tested.null,
        "p": tested.p,
        "cka": similarity.cka(hidden - hidden.mean(axis=0), mine.values),
        "others": float(np.mean(others)) if len(others) else None,
        "sum": float(np.mean(linear.r2(targets.sum))),
    }


def _by_frequency(linear, targets):
    """R2 to the inner steps of the Fourier program at each frequency, float64 (K,)."""
    found = linear.r2(targets.products(targets.frequencies))
    return found.reshape(len(targets.frequencies), -1).mean(axis=1)


def _of(rows, row, kind, **given):
    wanted = {"row": row, "kind": kind, **given}
    return [r for r in rows if all(r[key] == value for key, value in wanted.items())]


def _states(rows, kind):
    """The untrained, the memorised and the last state of each seed: {name: rows}."""
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

    def last(key):
        return {kind: _mean(states[kind]["last"], key) for kind in kinds}

    found = {
        "r2": {
            f"{kind}, {state}": _mean(found, "r2")
            for kind in kinds
            for state, found in states[kind].items()
        },
        "held_out_accuracy": [
            _mean(main[state], "test_accuracy") for state in ("memorised", "last")
        ],
        "least_r2": min((r["r2"] for r in main["last"]), default=None),
        "own_frequencies": {kind: _mean_count(rows, kind) for kind in kinds},
        "r2_other_frequencies": last("others"),
        "r2_sum": last("sum"),
        "r2_unseen_sums": {kind: _mean(_products(rows, kind), "unseen_sums") for kind in kinds},
        "cka": last("cka"),
        "steps": {
            f"{dsl}: {text}": [_mean(found, "r2"), _mean(found, "cka")]
            for (dsl, text), found in _by_step(rows).items()
        },
        "r2_before_generalising": _mean(_before(rows, 0.1), "r2"),
        "control_r2": last("null"),
    }
    return found | {"verdict": of_program(found, MAIN)}


def _products(rows, kind):
    """The rows of the Fourier program's product."""
    steps = _of(rows, "step", kind, program="fourier")
    return [r for r in steps if "*" in r["part"] and not r["part"].startswith("read")]


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
    """The last state of each seed of the main kind before held-out accuracy reaches `least`."""
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
    keys = "r2", "others", "sum", "null", "cka"
    names = "own frequencies", "other frequencies", "x + y", "rows permuted", "CKA, own"
    for key, name, color in zip(keys, names, shades(5), strict=True):
        y = [np.nan if r[key] is None else r[key] for r in path]
        left.plot(steps, y, color=color, label=name)
    y = [r["test_accuracy"] for r in path]
    left.plot(steps, y, ":", label="accuracy", color=COLOURS["held out"])
    left.set(title="one network", ylabel="R², CKA, accuracy")
    for kind in KINDS:
        for number in sorted({r["seed"] for r in _of(rows, "path", kind)}):
            path = _of(rows, "path", kind, seed=number)
            steps, r2 = ([r[key] for r in path] for key in ("step", "r2"))
            middle.plot(steps, r2, color=_color(kind), label=kind if number == 0 else None)
    middle.set(title="all networks", ylabel="R² at own frequencies")
    for axis in (left, middle):
        axis.set_xscale("symlog")
        axis.set_xlim(left=0)
        axis.set_xlabel("steps")
    for kind, shift in ((MAIN, -0.2), ("quadratic", 0.2)):
        found = _of(rows, "frequency", kind, seed=0)
        places, r2 = [r["frequency"] + shift for r in found], [r["r2"] for r in found]
        right.bar(places, r2, 0.4, color=_color(kind), label=kind)
    right.set(title="after training", xlabel="frequency", ylabel="R²", ylim=(-0.05, 1.25))
    right.legend(ncols=2, loc="upper left")


def _color(kind):
    return {MAIN: "C3", "quadratic": "C9", RANDOM: COLOURS["random labels"]}.get(kind, "black")
