"""Under label noise, a program with exceptions wins until a look-up table is shorter.

Each training label is redrawn with probability q.  The true program of |p| bits then has e
exceptions among n rows, and wins if 1 + |p| + log2(n+1) + log2 C(n,e) + e·log2(k−1) is less than
the table's 2 + n·log2 k.  Because e is binomial, the experiment predicts two numbers before any
run.  One is the share of runs in which the program wins.  The other is n*(q), the least n at which
the program wins if e has its mean value.

Held-out accuracy falls in one step.  If the program is chosen, held-out accuracy is 1, because the
noise changes no held-out label.  Otherwise it is the accuracy of the table.  The accuracy of the
nearest neighbour falls smoothly.  A network's accuracy should do so too, but this experiment runs
no network.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

import numpy as np

from synth import codes, engine
from synth.errors import SettingError
from synth.experiments.base import present_mean, setting, spawn_seeds, uninterrupted
from synth.experiments.rows import share, verdict
from synth.learners import KernelRidge, embed, nearest
from synth.report import COLOURS
from synth.runs.items import Item
from synth.tasks import load_task

TIME = "about 15 s on one core"
GROUP = "noise and data"
QUICK = {"noise": (0.0, 0.4, 0.8, 1.0), "runs": 5}
CONTROL = (
    "With q = 1, all labels are noise. The table is chosen, and held-out accuracy is at chance."
)

COLUMNS = (
    "noise", "train_rows", "predicted", "true", "other", "table", "exceptions", "total_bits",
    "table_bits", "test",
)  # fmt: skip

PANELS = 3
SUMMARY = {
    "program_bits": "bits of the true program",
    "label_values": "label values k",
    "n_star": "predicted n*(q), by q",
    "n_half_measured": "measured n at which the true program wins half of the runs, by q",
    "cells_within_3_standard_errors": "pairs of q and n within 3 standard errors of the prediction",
    "other_programs_share": "share of runs that choose another program",
    "displaced_share": "share of runs in which another program displaces the true one",
    "control_table_share": "control: share of runs that choose the table",
    "control_test": "control: held-out accuracy",
    "chance": "held-out accuracy by chance",
    "verdict": "verdict",
}

#: Totals that differ by less than this are equal.
SAME = 1e-9


@dataclass(frozen=True)
class Settings:
    task: str = setting("mod-add:p=31", "Task. Some program must be right on all of its rows.")
    dsl: str | None = setting(None, "DSL.  [default: the built-in DSL that fits the task]")
    noise: tuple[float, ...] = setting(
        (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 1.0),
        "Values of q, the probability that a label is redrawn.",
        low=0,
        high=1,
    )
    rows: tuple[int, ...] = setting(
        (10, 20, 40, 80, 160), "Values of n, the number of training rows.", low=1
    )
    factors: tuple[float, ...] = setting(
        (0.7, 1.0, 1.4), "Further values of n, as multiples of n*(q).", low=0.01, high=100
    )
    labels: str = setting(
        "uniform",
        "How labels are redrawn: uniformly, or by permuting the affected labels among themselves.",
        choices=("uniform", "permuted"),
    )
    runs: int = setting(20, "Number of runs for each q and n.", low=1)
    max_bits: float = setting(18.0, "Search programs of at most this many bits.", low=1, high=60)
    seed: int = setting(0, "Seed for the training rows and the noise.", low=0)


def crossing(bits, noise, k, *, outside=False, flags=True, most=10**6):
    """n*: the least n at which the true program wins with the mean number of exceptions.

    The binomial coefficient is extended by the gamma function.

    Parameters
    ----------
    bits : float
        Bits of the true program.
    noise : float
        q, the probability that a label is redrawn.
    k : int
        Number of label values.
    outside : bool
        Whether the program may give a value that is no label (see `synth.codes`).
    flags : bool
        Whether to count the bits that say whether a hypothesis is a program or a table.
    most : int
        The largest n to try.

    Returns
    -------
    int or None
        None if the program wins at no n up to `most`.
    """
    rate = noise * (k - 1) / k
    flag = codes.TABLE_FLAG - codes.PROGRAM_FLAG if flags else 0

    def saved(n):
        return n * math.log2(k) + flag - bits - codes.exception_bits(n, rate * n, k, outside)

    high = 1
    while saved(high) <= 0:
        high *= 2
        if high > most:
            return None
    # The saving may fall at first, while log2(n+1) < |p|, but it is negative there.
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if saved(middle) > 0 else (middle, high)
    return high


def predicted(bits, noise, n, k, outside=False):
    """The probability that the true program costs less than the uniform table, exactly.

    The number of exceptions is binomial: each of n rows is wrong with probability q·(k−1)/k.

    Parameters
    ----------
    bits : float
        Bits of the true program.
    noise : float
        q, the probability that a label is redrawn.
    n, k : int
        Numbers of training rows and of label values.
    outside : bool
        As in `crossing`.

    Returns
    -------
    float
    """
    rate = noise * (k - 1) / k
    counts = np.arange(n + 1)
    pays = bits + codes.program_totals(n, k, outside) < codes.uniform_table_bits(n, k) - SAME
    if rate in (0, 1):
        return float(pays[n if rate else 0])
    chances = [
        codes.log2_binomial(n, e) + e * math.log2(rate) + (n - e) * math.log2(1 - rate)
        for e in counts[pays].tolist()
    ]
    return min(1.0, float(np.exp2(chances).sum()))


def one_run(item):
    """What is chosen on one draw of rows and noise, and the accuracies of all learners."""
    task, dsl, bits, noise, n, labels, max_bits, seed = item
    task = _loaded(task).split(n, seed)
    truth = task.labels
    noisy = _noisy(task, noise, labels, seed)
    search = Item(noisy, dsl, top=1, limits={"max_bits": max_bits, "seconds": None, "threads": 1})
    result = uninterrupted(engine.search(noisy, **search.settings()))
    train = task.train
    exceptions = int((noisy.labels != truth)[train].sum())
    outside = _outside(result.best.type, task)
    total = codes.program_total(bits, n, exceptions, len(task.alphabet), outside)
    # Only the uniform table counts here: the frequency table is counted apart, as programs are.
    pays = total < codes.uniform_table_bits(n, len(task.alphabet)) - SAME
    program = result.chosen == "program"
    same = program and bool(((result.predict(task.columns) == truth) & ~task.unknown).all())
    points, labels = embed(task), noisy.labels[train]
    ridge = KernelRidge(points[train], labels).predict(points)
    near = nearest(points[train], labels, points[~train])
    chosen = result.program if program else result.table
    return {
        "true": same,
        "displaced": pays and not same,
        "other": program and not same,
        "table": not program,
        "exceptions": exceptions,
        "total_bits": result.total_bits,
        "table_bits": result.table.bits,
        "train": result.program.train_accuracy if program else 1.0,
        "test": chosen.test_accuracy,
        "test_table": result.table.test_accuracy,
        "test_nearest": float(task.right(near, ~train).mean()),
        "train_ridge": float((ridge == noisy.labels)[train].mean()),
        "test_ridge": float(task.right(ridge[~train], ~train).mean()),
    }


def run(settings, map):
    task = _loaded(settings.task)
    k = len(task.alphabet)
    bits, outside = _true_program(settings, task)
    cells = []
    for q in settings.noise:
        star = crossing(bits, q, k, outside=outside)
        near = [] if star is None else [round(f * star) for f in settings.factors]
        for n in sorted({*settings.rows, *near}):
            if 1 <= n < task.rows:
                cells.append((q, n, star))
    seeds = iter(spawn_seeds(settings.seed, len(cells) * settings.runs))
    items = [
        (settings.task, settings.dsl, bits, q, n, settings.labels, settings.max_bits, next(seeds))
        for q, n, _ in cells
        for _ in range(settings.runs)
    ]
    program = {"program_bits": bits, "label_values": k, "outside": outside}
    found = []
    for answer in map(one_run, items):
        found.append(answer)
        if len(found) == settings.runs:
            yield _row(*cells.pop(0), program, found)
            found = []


def summarise(rows):
    checked = [r for r in rows if r["noise"] < 1]
    near = [abs(r["holds"] - r["predicted"]) <= 3 * r["error"] + SAME for r in checked]
    control = [r for r in rows if r["noise"] == 1]
    noises = sorted({r["noise"] for r in rows})
    return {
        "program_bits": rows[0]["program_bits"],
        "label_values": rows[0]["label_values"],
        "n_star": {f"{q:g}": _of(rows, q)[0]["n_star"] for q in noises},
        "n_half_measured": {f"{q:g}": _half(_of(rows, q)) for q in noises},
        "cells_within_3_standard_errors": f"{sum(near)} of {len(near)}",
        "other_programs_share": present_mean(r["other"] for r in checked),
        "displaced_share": present_mean(r["displaced"] for r in checked),
        "control_table_share": present_mean(r["table"] for r in control),
        "control_test": present_mean(r["test"] for r in control),
        "chance": 1 / rows[0]["label_values"],
        "verdict": _verdict(rows),
    }


def _verdict(rows):
    checked = [r for r in rows if r["noise"] < 1]
    near, of = share(abs(r["holds"] - r["predicted"]) <= 3 * r["error"] + SAME for r in checked)
    claim = [(near, f"the true program wins as often as predicted for {of} pairs of q and n")]
    noise, control = [r for r in rows if r["noise"] == 1], []
    if noise:
        table, chance = present_mean(r["table"] for r in noise), 1 / rows[0]["label_values"]
        control.append((table >= 0.9, f"the table is chosen in {table:.2f} of the runs with q = 1"))
        test = present_mean(r["test"] for r in noise)
        control.append(
            (abs(test - chance) <= 0.05, f"held-out accuracy is {test:.3f} (chance {chance:.3f})")
        )
    return verdict(claim, control)


CAPTION = """Each training label of a task with a short program is drawn anew with probability q.
(a) Each mark is a setting, and shows what is shorter in most of its runs: the true program with
exceptions or the table. The curve is the computed number of rows n* from which the program should
win. (b) How often the true program wins, beside what the binomial law of the exceptions predicts;
bars are three standard errors. (c) The program is right on every unseen row until it loses to the
table: it lists wrong labels as exceptions, which do not change what it predicts."""


def draw(rows, axes):
    _draw_crossing(rows, axes[0])
    _draw_shares(rows, axes[1])
    _draw_accuracies(rows, axes[2])


def _draw_crossing(rows, axes):
    bits, k, outside = (rows[0][key] for key in ("program_bits", "label_values", "outside"))
    most = 2 * max(r["train_rows"] for r in rows)
    curve = [(q, crossing(bits, q, k, outside=outside)) for q in np.linspace(0, 0.99, 100)]
    curve = [(q, n) for q, n in curve if n is not None and n <= most]
    axes.plot(*zip(*curve, strict=True), color="black", linestyle="-", label="computed n*(q)")
    for chosen, face in (("true program", "full"), ("table", "none")):
        part = [r for r in rows if (r["holds"] >= 0.5) == (face == "full")]
        color = COLOURS["program" if face == "full" else "table"]
        x, y = ([r[key] for r in part] for key in ("noise", "train_rows"))
        axes.plot(x, y, "o", color=color, fillstyle=face, label=f"mostly the {chosen}")
    axes.set_yscale("log")
    axes.set_ylim(0.7, 20 * most)  # leaves room for the legend
    axes.set_xlabel("label noise q")
    axes.set_ylabel("training rows n")
    axes.set_title("what wins")
    axes.legend(loc="upper left")


def _draw_shares(rows, axes):
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1)
    x, y = [r["predicted"] for r in rows], [r["holds"] for r in rows]
    # Three standard errors of the binomial law, clipped to 0..1.
    below = [min(3 * r["error"], r["holds"]) for r in rows]
    above = [min(3 * r["error"], 1 - r["holds"]) for r in rows]
    axes.errorbar(
        x, y, [below, above], fmt="o", color=COLOURS["program"], ecolor="0.6", elinewidth=1
    )
    axes.set_xlabel("predicted share")
    axes.set_ylabel("measured share")
    axes.set_title("share of runs that the program wins")


def _draw_accuracies(rows, axes):
    common = [n for n in {r["train_rows"] for r in rows} if len(_noises(rows, n)) > 1]
    if not common:
        return
    n = max(common, key=lambda n: (len(_noises(rows, n)), n))
    part = sorted((r for r in rows if r["train_rows"] == n), key=lambda r: r["noise"])
    noises = [r["noise"] for r in part]
    names = {
        "test": ("program or table", COLOURS["program"]),
        "test_nearest": ("nearest neighbour", COLOURS["nearest"]),
        "test_ridge": ("kernel ridge", "C8"),
        "test_table": ("table", COLOURS["table"]),
    }
    for key, (label, color) in names.items():
        axes.plot(noises, [r[key] for r in part], marker="o", color=color, label=label)
    axes.legend(loc="center left")
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("label noise q")
    axes.set_ylabel("accuracy on unseen rows")
    axes.set_title(f"accuracy on unseen rows, from {n} training rows")


@lru_cache(maxsize=4)
def _loaded(spec):
    return load_task(spec)


def _true_program(settings, task):
    """The shortest program for all labels: (bits, whether it may give a value that is no label)."""
    limits = {"max_bits": settings.max_bits, "seconds": None, "threads": 1}
    whole = task.split(task.rows)
    found = uninterrupted(engine.search(whole, settings.dsl, **limits))
    if found.chosen != "program" or found.program.exceptions or found.program.inverted:
        raise SettingError(
            f"task={settings.task}, max_bits={settings.max_bits:g}: no program gives all labels; "
            "allowed: a task for which one does"
        )
    return found.program.bits, _outside(found.best.type, task)


def _outside(type_, task):
    return type_.size > len(task.alphabet)


def _noisy(task, noise, labels, seed):
    """The task with each training label redrawn with probability `noise`."""
    generator = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(1,)))
    chosen = np.flatnonzero(task.train & (generator.random(task.rows) < noise))
    drawn = task.labels.copy()
    if labels == "uniform":
        drawn[chosen] = generator.choice(np.array(task.alphabet), len(chosen))
    else:
        drawn[chosen] = generator.permutation(drawn[chosen])
    return replace(task, labels=drawn, labelling=f"noise {noise:g}")


def _row(q, n, star, program, found):
    """The row of one q and n; program: the columns that say what the true program is."""
    share = predicted(program["program_bits"], q, n, program["label_values"], program["outside"])
    holds = present_mean(r["true"] for r in found) + present_mean(r["displaced"] for r in found)
    return {
        "noise": q,
        "train_rows": n,
        "n_star": star,
        "runs": len(found),
        **program,
        "predicted": share,
        "holds": holds,
        "error": math.sqrt(share * (1 - share) / len(found)),
        **{key: present_mean(r[key] for r in found) for key in found[0]},
    }


def _of(rows, noise):
    return sorted((r for r in rows if r["noise"] == noise), key=lambda r: r["train_rows"])


def _noises(rows, n):
    return {r["noise"] for r in rows if r["train_rows"] == n}


def _half(rows):
    """The n at which the true program wins half of the runs, interpolated between measured ones."""
    for one, two in pairwise(rows):
        if one["holds"] < 0.5 <= two["holds"]:
            part = (0.5 - one["holds"]) / (two["holds"] - one["holds"])
            return one["train_rows"] + part * (two["train_rows"] - one["train_rows"])
    return None
