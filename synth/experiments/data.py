"""Held-out error falls suddenly, at about (program bits) / log2 k rows, and Occam's bound holds.

The training rows are n independent uniform draws from all inputs of a task, whose labels have k
values.  Two learners choose among all programs up to some number of bits:

- total: the hypothesis of least total bits, among programs with exceptions and tables;
- shortest: the shortest program that is right on all training rows.

Their errors are exact: the held-out error on all inputs that were not drawn, and the risk on all
inputs.  With probability at least 1 - delta, every program of b bits that is right on all n rows
has a risk of at most (b ln 2 + ln 1/delta) / n (Blumer, Ehrenfeucht, Haussler and Warmuth,
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
from synth.experiments.rows import share, verdict
from synth.language import Bool
from synth.report import COLOURS, shades

GROUP = "noise and data"
TIME = "about 10 s on one core"
QUICK = {"runs": 100}
CONTROL = "If labels are random, the held-out error is that of chance, 1 - 1/k, for every n."
COLUMNS = (
    "task", "labels", "bits", "n", "total_error", "program_share", "shortest_error", "risk",
    "bound", "violations",
)  # fmt: skip
PANELS = 2
SUMMARY = {
    "steps": "where the error falls",
    "predicted_n": "bits / log2 k",
    "pays_from_n": "pays from n",
    "total_halved_from_n": "total halved from n",
    "shortest_halved_from_n": "shortest halved from n",
    "most_violations": "largest share of runs in which some program violates the bound",
    "least_delta": "least delta at which any run had a violation",
    "control_farthest_from_chance": "control: largest distance from chance on random labels",
    "verdict": "verdict",
}


@dataclass(frozen=True)
class Settings:
    tasks: tuple[str, ...] = setting(
        ("parity:n=6,k=2", "parity:n=6,k=3", "parity:n=6,k=4", "mod-add:p=7", "mod-x2y2:p=7"),
        "Tasks with Bool or Mod labels; all their rows are the inputs.",
    )
    boolean: str = setting("boolean:basis=and-or-xor-not", "DSL for boolean tasks.")
    rows: tuple[int, ...] = setting(
        (1, 2, 3, 4, 5, 6, 8, 10, 12, 14, 16, 18, 20, 24, 28, 32, 40, 48),
        "Values of n, the number of training rows.",
        low=1,
        high=10000,
    )
    runs: int = setting(200, "Number of draws of training rows for each n.", low=1)
    bits: float = setting(24.0, "Largest number of bits of a program.", low=1, high=60)
    delta: float = setting(0.05, "Probability with which Occam's bound may fail.", low=1e-9, high=1)
    seed: int = setting(0, "Seed for the training rows and random labels.", low=0)


def run(settings, map):
    kinds = [(t, labels) for t in settings.tasks for labels in ("true", "random")]
    cases = [(*kind, n) for kind in kinds for n in settings.rows]
    common = settings.boolean, settings.bits, settings.runs, settings.delta
    seeds = spawn_seeds(settings.seed, len(cases))
    yield from map(_case, [(*c, s, *common) for c, s in zip(cases, seeds, strict=True)])


def _case(item):
    """The row of one task with its true or random labels and one n."""
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
    deltas = [f["tightest_delta"] for f in found if f["tightest_delta"] is not None]
    return {
        "task": task,
        "labels": labels,
        "bits": own,
        "k": k,
        "n": n,
        "chance": 1 - 1 / k,
        "predicted_n": own and own / math.log2(k),
        "pays_n": own and _pays(own, k),
        **means,
        "tightest_delta": min(deltas, default=None),
        "delta": delta,
        "runs": runs,
    }


def _pays(bits, k):
    """The least n at which a program of so many bits costs less than the uniform table."""
    return next(
        n
        for n in range(1, 10**6)
        if codes.program_total(bits, n, 0, k, False) < codes.uniform_table_bits(n, k) - SAME
    )


def _run(space, n, delta, times, truth, errors, unseen, wrong, risks):
    """The figures of both learners on one draw.

    times, truth, unseen: arrays over inputs; errors, wrong, risks: arrays over behaviours.
    """
    counts = np.bincount(truth, times, minlength=space.k)
    majority = int(np.argmax(counts))
    hidden = int(unseen.sum())
    table_wrong = float((truth[unseen] != majority).sum())
    answer = {}
    # With two labels, a program that is wrong on most rows is read as its opposite.
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
    # A program violates the bound for every delta above 2**bits exp(-n risk).
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
    """All behaviours of programs up to some number of bits, on all inputs of a task.

    bits float64 (m,); labels int64 (R,), of k values; own: bits of the target's shortest program,
    or None; says float32 (m, R * k): which label each behaviour gives on each input.
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
            raise SettingError(
                f"bits={bits:g}; allowed: more, since {name} has no program that short"
            )
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
        """How often each behaviour is right, int64 (m, d).

        weights, truth: (d, R), the times each input counts and its label.
        """
        wanted = np.zeros((*truth.shape, self.k), np.float32)
        np.put_along_axis(wanted, truth[:, :, None], weights[:, :, None].astype(np.float32), axis=2)
        return (self.says @ wanted.reshape(len(truth), -1).T).astype(np.int64)


def _by_task(rows, labels):
    """{task: its rows with these labels}."""
    found = {}
    for row in rows:
        if row["labels"] == labels:
            found.setdefault(row["task"], []).append(row)
    return found


def summarise(rows):
    steps = {}
    for task, mine in _by_task(rows, "true").items():
        if mine[0]["bits"] is None:
            continue
        steps[task] = {"predicted_n": mine[0]["predicted_n"], "pays_from_n": mine[0]["pays_n"]}
        for learner in ("total", "shortest"):
            low = [r["n"] for r in mine if (r[f"{learner}_error"] or 0) < r["chance"] / 2]
            steps[task][f"{learner}_halved_from_n"] = min(low, default=None)
    deltas = [r["tightest_delta"] for r in rows if r["tightest_delta"] is not None]
    far = [
        abs(r[key] - r["chance"])
        for r in rows
        for key in ("total_error", "shortest_error")
        if r["labels"] == "random" and r[key] is not None
    ]
    found = {
        "steps": steps,
        "most_violations": max(r["violations"] for r in rows),
        "least_delta": min(deltas, default=None),
        "control_farthest_from_chance": max(far, default=None),
    }
    return found | {"verdict": _verdict(found, rows)}


def _verdict(found, rows):
    """Whether the error falls where it should; found: the summary."""
    fall, of = share(
        0.5 <= (step["total_halved_from_n"] or math.inf) / step["predicted_n"] <= 2
        for step in found["steps"].values()
    )
    claim = [(fall, f"the error halves at 0.5 to 2 times bits / log2 k rows for {of} tasks")]
    delta, most = rows[0]["delta"], found["most_violations"]
    claim.append((most <= delta, f"Occam's bound fails in {most:.3f} of the draws at most"))
    far, control = found["control_farthest_from_chance"], []
    if far is not None:
        control.append((far <= 0.05, f"on random labels the error is within {far:.3f} of chance"))
    return verdict(claim, control)


CAPTION = """Each line is a task; its legend is in b. (a) The error of the shortest program that is
right on all n training rows falls from chance to 0 within a few rows. On random labels it stays at
chance, which depends on the number of label values. Occam's bound is drawn, as a thin line in the
task's colour, for the shortest and the longest of the programs; the line of that task must stay
below it. (b) The error of the hypothesis with the fewest total bits. Rows are counted in units of
(program bits) / log2 k, where k is the number of label values and not the k of a task's name: the
error is predicted to fall soon after 1, the vertical line."""


def draw(rows, axes):
    left, right = axes
    found = _by_task(rows, "true")
    lengths = [mine[0]["bits"] for mine in found.values() if mine[0]["bits"] is not None]
    random = {mine[0]["k"]: mine for mine in _by_task(rows, "random").values()}
    for number, mine in enumerate(random.values()):
        shown = [r for r in mine if r["shortest_error"] is not None]
        x, y = ([r[key] for r in shown] for key in ("n", "shortest_error"))
        label = None if number else "random labels"
        left.plot(x, y, "-", color=COLOURS["random labels"], linewidth=1, label=label)
    for (task, mine), color in zip(found.items(), shades(len(found)), strict=True):
        shown = [r for r in mine if r["shortest_error"] is not None]
        x = [r["n"] for r in shown]
        line = left.plot(x, [r["shortest_error"] for r in shown], color=color)[0]
        if mine[0]["bits"] is not None:
            bits, delta = mine[0]["bits"], mine[0]["delta"]
            if bits in (min(lengths), max(lengths)):
                x = [n for n in x if n > bits * math.log(2) - math.log(delta)]
                bound = [(bits * math.log(2) - math.log(delta)) / n for n in x]
                label = "Occam's bound" if bits == min(lengths) else None
                left.plot(x, bound, color=color, linestyle="-", linewidth=0.7, label=label)
            shown = [r for r in mine if r["total_error"] is not None]
            x = [r["n"] / r["predicted_n"] for r in shown]
            y = [r["total_error"] / r["chance"] for r in shown]
            right.plot(x, y, color=color, linestyle=line.get_linestyle(), label=task)
    left.set_xscale("log")
    left.set_ylim(-0.02, 1.22)
    left.legend(loc="upper left", ncols=2)
    left.set_title("the shortest program that fits")
    left.set_xlabel("training rows n")
    left.set_ylabel("error on unseen rows")
    right.set_xlim(0, 3)
    right.axvline(1, color="grey", linewidth=0.8)
    right.legend()
    right.set_title("the hypothesis of least total bits")
    right.set_xlabel("n / (program bits / log2 k)")
    right.set_ylabel("error on unseen rows / chance")
