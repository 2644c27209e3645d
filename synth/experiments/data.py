"""Held-out error falls suddenly, at about |p| / log2 k rows, and Occam's bound holds.

The training rows are n independent draws from all inputs of a task, evenly; labels are k
values.  Two learners choose among all programs up to some bits:

total: the hypothesis of least total bits, programs with exceptions and the tables;
shortest: the shortest program that is right on all training rows.

Their error is exact: on all inputs that were not drawn (held out), or on all inputs (risk).
With probability 1 - delta or more, every program of b bits that is right on all n rows has
a risk of at most (b ln 2 + ln 1/delta) / n (Blumer, Ehrenfeucht, Haussler and Warmuth,
"Occam's razor", Information Processing Letters 24(6), 1987).
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synth import codes, tasks
from synth.engine import SAME, enumerate_programs
from synth.errors import SettingError
from synth.experiments.base import present_mean, setting, spawn_seeds
from synth.language import Bool

CONTROL = "labels drawn at random: held-out error is that of chance, 1 - 1/k, whatever n is"
COLUMNS = ("task", "labels", "bits", "n", "total_error", "program_share", "shortest_error",
           "risk", "bound", "violations")  # fmt: skip
PANELS = 2


@dataclass(frozen=True)
class Settings:
    tasks: tuple[str, ...] = setting(
        ("parity:n=6,k=2", "parity:n=6,k=3", "parity:n=6,k=4", "mod-add:p=7", "mod-x2y2:p=7"),
        "tasks with Bool or Mod labels, of which all rows are the inputs",
    )  # fmt: skip
    boolean: str = setting("boolean:basis=and-or-xor-not", "the DSL of boolean tasks")
    rows: tuple[int, ...] = setting(
        (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48),
        "training rows, n", low=1, high=10000,
    )  # fmt: skip
    runs: int = setting(200, "draws of training rows of each size", low=1)
    bits: float = setting(24.0, "up to how many bits programs are", low=1, high=60)
    delta: float = setting(0.05, "of the bound", low=1e-9, high=1)
    seed: int = setting(0, "of the rows and random labels", low=0)


def run(settings, map):
    kinds = [(t, labels) for t in settings.tasks for labels in ("true", "random")]
    cases = [(*kind, n) for kind in kinds for n in settings.rows]
    common = settings.boolean, settings.bits, settings.runs, settings.delta
    seeds = spawn_seeds(settings.seed, len(cases))
    yield from map(_case, [(*c, s, *common) for c, s in zip(cases, seeds, strict=True)])


def _case(item):
    """One row of the table: a task, its labels or random ones, and n."""
    task, labels, n, seed, boolean, bits, runs, delta = item
    space = _space(task, boolean, bits)
    generator = np.random.default_rng(seed)
    size, k = len(space.labels), space.k
    drawn = generator.integers(0, size, (runs, n))
    times = np.array([np.bincount(d, minlength=size) for d in drawn])
    truth = np.broadcast_to(space.labels, times.shape)
    if labels == "random":
        truth = generator.integers(0, k, times.shape)
    errors = n - space.agreements(times, truth)
    unseen = times == 0
    wrong = unseen.sum(axis=1) - space.agreements(unseen, truth)
    risks = 1 - space.agreements(np.ones_like(times), truth) / size
    own = space.own if labels == "true" else None
    found = [
        _run(space, n, delta, *parts)
        for parts in zip(times, truth, errors.T, unseen, wrong.T, risks.T, strict=True)
    ]
    means = {key: present_mean(f[key] for f in found) for key in found[0]}
    tightest = min((f["tightest_delta"] for f in found if f["tightest_delta"] is not None),
                   default=None)  # fmt: skip
    return {
        "task": task, "labels": labels, "bits": own, "k": k, "n": n, "chance": 1 - 1 / k,
        "predicted_n": own and own / math.log2(k), "pays_n": own and _pays(own, k),
        **means, "tightest_delta": tightest, "delta": delta, "runs": runs,
    }  # fmt: skip


def _pays(bits, k):
    """The least n at which a program of so many bits is less than the uniform table."""
    return next(
        n for n in range(1, 10**6)
        if codes.program_total(bits, n, 0, k, False) < codes.uniform_table_bits(n, k) - SAME
    )  # fmt: skip


def _run(space, n, delta, times, truth, errors, unseen, wrong, risks):
    """What both learners make of one draw; the arrays are of inputs or of behaviours."""
    counts = np.bincount(truth, times, minlength=space.k)
    majority = int(np.argmax(counts))
    hidden = int(unseen.sum())
    table_wrong = float((truth[unseen] != majority).sum())
    answer = {}
    # A program of two labels that is wrong more often than not is read as its opposite.
    two = space.k == 2
    opposite = two & (2 * errors > n)
    totals = space.bits + codes.program_totals(n, space.k, False)[errors]
    best = totals.min()
    ties = totals <= best + SAME
    program = best < codes.table_bits(counts.astype(int))[0] - SAME
    said = np.where(opposite[ties], hidden - wrong[ties], wrong[ties]).mean()
    answer["total_error"] = (said if program else table_wrong) / hidden if hidden else None
    answer["program_share"] = program
    fit = errors == 0
    bits = space.bits[fit]
    some = len(bits) > 0
    shortest = bits == bits.min() if some else None
    error = wrong[fit][shortest].mean() if some else table_wrong
    answer["shortest_error"] = error / hidden if hidden else None
    answer["consistent_share"] = some
    answer["risk"] = risks[fit][shortest].mean() if some else None
    # h has a greater risk than the bound for every delta beyond 2**bits exp(-n risk).
    least = np.exp(bits * math.log(2) - n * risks[fit])
    answer["bound"] = min(1.0, (bits.min() * math.log(2) - math.log(delta)) / n) if some else None
    answer["violations"] = bool((least < delta).any())
    answer["chosen_violations"] = bool((least[shortest] < delta).any()) if some else False
    answer["tightest_delta"] = float(least.min()) if some else None
    return answer


@lru_cache(maxsize=8)
def _space(task, boolean, bits):
    return _Space(task, boolean, bits)


class _Space:
    """All behaviours of programs up to some bits on all inputs of a task.

    bits float64 (m,); labels int64 (R,), of k values; own: the target's bits, or None.
    """

    def __init__(self, name, boolean, bits):
        task = tasks.load_task(name)
        if task.label_type.family not in ("Bool", "Mod"):
            raise SettingError(f"tasks={name}; allowed: tasks with Bool or Mod labels")
        only = {*task.types.values(), task.label_type} == {Bool}
        fitted = tasks.fit(boolean if only else None, task)
        task, limits = fitted.task, {"type": fitted.root, "max_bits": bits}
        found = enumerate_programs(fitted.grammar, task.columns, **limits).whole()
        if not len(found):
            raise SettingError(f"bits={bits:g}; allowed: more, {name} has no such program")
        self.bits = found.bits
        self.k = len(task.alphabet)
        self.labels = task.labels.astype(np.int64)
        values = found.values.astype(np.int64)
        same = np.flatnonzero((values == self.labels).all(axis=1))
        self.own = float(self.bits[same[0]]) if len(same) else None
        self.says = np.zeros((*values.shape, self.k), np.float32)
        np.put_along_axis(self.says, values[:, :, None], 1, axis=2)
        self.says = self.says.reshape(len(values), -1)

    def agreements(self, weights, truth):
        """How often each behaviour is right, int64 (m, d), of d weights and labels (d, R)."""
        wanted = np.zeros((*truth.shape, self.k), np.float32)
        np.put_along_axis(wanted, truth[:, :, None], weights[:, :, None].astype(np.float32), axis=2)
        return (self.says @ wanted.reshape(len(truth), -1).T).astype(np.int64)


def _by(rows, labels):
    found = {}
    for row in rows:
        if row["labels"] == labels:
            found.setdefault(row["task"], []).append(row)
    return found


def summarise(rows):
    steps = {}
    for task, mine in _by(rows, "true").items():
        if mine[0]["bits"] is None:
            continue
        steps[task] = {
            "bits / log2 k": mine[0]["predicted_n"],
            "pays from n": mine[0]["pays_n"],
            **{
                f"{key} halved from n": min(
                    (r["n"] for r in mine if (r[key + "_error"] or 0) < r["chance"] / 2),
                    default=None,
                )
                for key in ("total", "shortest")
            },
        }
    tight = [r["tightest_delta"] for r in rows if r["tightest_delta"] is not None]
    random = [r for r in rows if r["labels"] == "random"]
    far = [
        abs(r[key] - r["chance"]) for r in random for key in ("total_error", "shortest_error")
        if r[key] is not None
    ]  # fmt: skip
    return {
        "steps": steps,
        "share of runs in which some program violates the bound, at most": max(
            r["violations"] for r in rows
        ),
        "the least delta at which any run had a violation": min(tight, default=None),
        "control: farthest mean error from chance on random labels": max(far, default=None),
    }


def draw(rows, axes):
    left, right = axes
    found = _by(rows, "true")
    lengths = [mine[0]["bits"] for mine in found.values() if mine[0]["bits"] is not None]
    for task, mine in found.items():
        shown = [r for r in mine if r["shortest_error"] is not None]
        x = [r["n"] for r in shown]
        line = left.plot(x, [r["shortest_error"] for r in shown])[0]
        color = line.get_color()
        if mine[0]["bits"] is not None:
            bits, delta = mine[0]["bits"], mine[0]["delta"]
            if bits in (min(lengths), max(lengths)):
                x = [n for n in x if n > bits * math.log(2) - math.log(delta)]
                bound = [(bits * math.log(2) - math.log(delta)) / n for n in x]
                left.plot(x, bound, color=color, linestyle="-", linewidth=0.7)
            shown = [r for r in mine if r["total_error"] is not None]
            right.plot([r["n"] / r["predicted_n"] for r in shown],
                       [r["total_error"] / r["chance"] for r in shown],
                       color=color, linestyle=line.get_linestyle(), label=task)  # fmt: skip
    random = {mine[0]["k"]: mine for mine in _by(rows, "random").values()}
    for mine in random.values():
        shown = [r for r in mine if r["shortest_error"] is not None]
        left.plot([r["n"] for r in shown], [r["shortest_error"] for r in shown],
                  color="0.75", linestyle="-", linewidth=0.8)  # fmt: skip
    left.set_xscale("log")
    left.set_ylim(-0.02, 1.02)
    left.set_xlabel("rows, n; thin: two of the bounds; grey: random labels")
    left.set_ylabel("held-out error, shortest that fits")
    right.set_xlim(0, 3)
    right.axvline(1, color="grey", linewidth=0.8)
    right.legend()
    right.set_xlabel("n log2 k / |p|")
    right.set_ylabel("held-out error / chance, least total")
