"""The search memorises first; then, in a phase transition, it finds a program and drops the table.

A stochastic search holds a program and a set of memorised rows (`synth.dynamics.chain`).  For many
seeds, the experiment records when training accuracy reaches 99 %, when the program is found, and
when held-out accuracy jumps.  None of these times is set in advance.  All of them are measured
from the trajectory.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synth import tasks
from synth.dynamics import (
    ENOUGH,
    LAB_BITS,
    LAB_CHAIN,
    LAB_STEPS,
    LAB_TASK,
    MOVES,
    Chain,
    make_world,
    reached,
    trajectory,
)
from synth.experiments.base import setting, spawn_seeds
from synth.experiments.rows import RowKinds, share, verdict
from synth.report import COLOURS

TIME = "about half a minute on one core"
GROUP = "grokking"
QUICK = {"runs": 2}
CONTROL = (
    "Without decay, the table is never cleared. Held-out accuracy then stays low although the "
    "program is found. With random labels, there is no program to find."
)
COLUMNS = ("kind", "seed", "step", "test_accuracy", "memorised_at", "found_at", "generalised_at")
PANELS = 3
SUMMARY = {
    "runs_that_grok": "runs that memorise, then find, then generalise",
    "grokked": "grokked",
    "median_steps": "median step of memorising, finding, generalising",
    "median_delay": "median steps from finding to generalising",
    "control_runs_that_generalise": "control: runs that generalise",
    "control_test_accuracy": "control: mean held-out accuracy at the end",
    "verdict": "verdict",
}

STEP = "train_accuracy test_accuracy restricted_accuracy excluded_accuracy"
BITS = "table_bits program_bits total_bits"
TIMES = "memorised_at found_at half_at generalised_at test_before"
ROWS = RowKinds(
    (
        "row", "kind", "seed", "memorised_at", "found_at", "half_at", "generalised_at",
        "test_before", "step", "train_accuracy", "test_accuracy", "restricted_accuracy",
        "excluded_accuracy", "table_bits", "program_bits", "total_bits",
    ),
    run=f"row kind seed {TIMES} step {STEP} {BITS}",
    path=f"row kind seed step {STEP} {BITS}",
)  # fmt: skip
MEASURES = ("step", *STEP.split(), *BITS.split())


@dataclass(frozen=True)
class Settings:
    task: str = setting(LAB_TASK, "Task with held-out rows.")
    dsl: str | None = setting(None, "DSL.  [default: the built-in DSL that fits the task]")
    max_bits: float = setting(LAB_BITS, "Largest number of bits of a program.", low=1)
    decay: float = setting(
        LAB_CHAIN["decay"], "Weight decay: energy per bit of description.", low=0
    )
    beta: float = setting(LAB_CHAIN["beta"], "Energy of a training error, in bits.", low=0)
    proposals: float = setting(
        LAB_CHAIN["proposals"], "Share of steps that propose a program.", low=0, high=1
    )
    moves: str = setting(
        "prior",
        "How programs are proposed: drawn from the prior (prior), or by redrawing one subtree of "
        "the current program (regrow).",
        choices=MOVES,
    )
    radius: float = setting(
        1.0,
        "Largest distance at which a held-out row takes the label of its nearest memorised row.",
        low=0,
    )
    steps: int = setting(LAB_STEPS, "Number of Metropolis steps per run.", low=1000)
    runs: int = setting(
        20,
        "Number of seeds for each kind of run: with decay, without decay, and with random labels.",
        low=1,
    )
    seed: int = setting(0, "Seed for all runs.", low=0)


DECAY, NO_DECAY, RANDOM = KINDS = ("decay", "no decay", "random labels")


def run(settings, map):
    seeds = spawn_seeds(settings.seed, settings.runs)
    items = [(settings, kind, k, seed) for kind in KINDS for k, seed in enumerate(seeds)]
    for rows in map(_run, items):
        yield from rows


@lru_cache(maxsize=2)
def _world(task, dsl, max_bits, radius, permuted):
    loaded = tasks.load_task(task)
    if permuted is not None:
        loaded = loaded.permuted(permuted)
    return make_world(loaded, dsl, max_bits=max_bits, radius=radius)


def _run(item):
    """The row of one run with its times; for the first seed of a kind also its trajectory."""
    settings, kind, number, seed = item
    permuted = number if kind == RANDOM else None
    world = _world(settings.task, settings.dsl, settings.max_bits, settings.radius, permuted)
    chain = Chain(
        world,
        beta=settings.beta,
        decay=0.0 if kind == NO_DECAY else settings.decay,
        proposals=settings.proposals,
        moves=settings.moves,
        seed=seed,
    )
    path, found = trajectory(chain, settings.steps, world.truths)
    measures = [{key: step[key] for key in MEASURES} for step in path]
    before = (m["test_accuracy"] for m in path if found is None or m["step"] < found)
    row = ROWS(
        "run",
        row="run",
        kind=kind,
        seed=number,
        memorised_at=reached(path, "train_accuracy"),
        found_at=found,
        half_at=reached(path, "test_accuracy", 0.5),
        generalised_at=reached(path, "test_accuracy"),
        # The best held-out accuracy before the program was found.
        test_before=max(before, default=None),
        **measures[-1],
    )
    if number > 0:
        return [row]
    return [row, *(ROWS("path", row="path", kind=kind, seed=0, **step) for step in measures)]


def grokked(row):
    """Whether a run memorised, found the program at low held-out accuracy, and then generalised."""
    times = row["memorised_at"], row["found_at"], row["generalised_at"]
    return (
        None not in times
        and times[0] < times[1] < times[2]
        and (row["test_before"] or 0) < 0.1
        and row["test_accuracy"] >= ENOUGH
    )


def summarise(rows):
    runs = {kind: [r for r in rows if r["row"] == "run" and r["kind"] == kind] for kind in KINDS}
    done = [r for r in runs[DECAY] if grokked(r)]
    delays = [r["generalised_at"] - r["found_at"] for r in done]
    control = KINDS[1:]
    return {
        "runs_that_grok": f"{len(done)} of {len(runs[DECAY])}",
        "grokked": len(done),
        "median_steps": [
            float(np.median([r[key] for r in done])) if done else None
            for key in ("memorised_at", "found_at", "generalised_at")
        ],
        "median_delay": float(np.median(delays)) if done else None,
        "control_runs_that_generalise": {
            kind: sum(r["generalised_at"] is not None for r in runs[kind]) for kind in control
        },
        "control_test_accuracy": {
            kind: float(np.mean([r["test_accuracy"] for r in runs[kind]]))
            for kind in control
            if runs[kind]
        },
        "verdict": _verdict(runs),
    }


def _verdict(runs):
    """Whether runs grok with decay alone; runs: by kind."""
    done, of = share(map(grokked, runs[DECAY]))
    claim = [(done, f"{of} runs memorise, then find the program, then generalise")]
    control = []
    for kind in KINDS[1:]:
        spared, of = share(r["generalised_at"] is None for r in runs[kind])
        control.append((spared, f"{of} runs with {kind} do not generalise"))
    return verdict(claim, control)


CAPTION = """One run of a search that changes a program and a list of memorised rows, step by step.
(a) Training accuracy is 1 early. Accuracy on unseen rows stays near 0 for a million steps, until
the program is found. (b) The steps after that: the program alone is right at once, and accuracy on
unseen rows follows as the memorised rows are dropped. Shaded: phases, by the names that they have
in networks. (c) The bits of each part. With decay, the table is given up for a program of a few
bits. Without decay most of it is kept, and with random labels all of it. Dotted lines: all rows
are memorised, and the program is found."""


def draw(rows, axes):
    path = [r for r in rows if r["row"] == "path" and r["kind"] == DECAY]
    first = next(r for r in rows if r["row"] == "run" and r["kind"] == DECAY)
    _draw_accuracies(path, first["found_at"], *axes[:2])
    _draw_bits(rows, path, axes[2])
    for axis, top in ((axes[0], 0.58), (axes[2], 1.0)):  # below the legend
        axis.set_xscale("log")
        axis.set_xlabel("Metropolis steps")
        for key in ("memorised_at", "found_at", "generalised_at"):
            if first[key]:
                axis.axvline(first[key], ymax=top, color="grey", linewidth=0.8, linestyle=":")
    _draw_phases(path, first, *axes[:2])


def _draw_accuracies(path, found, left, middle):
    """Accuracies by step, and by step since the program was found."""
    steps = [r["step"] for r in path]
    names = {
        "train_accuracy": ("training rows", "training"),
        "test_accuracy": ("unseen rows", "held out"),
        "restricted_accuracy": ("program alone, unseen rows", "program"),
        "excluded_accuracy": ("table alone, training rows", "table"),
    }
    since = steps if found is None else [s - found for s in steps]
    for key, (name, role) in names.items():
        y, style = [r[key] for r in path], {"color": COLOURS[role], "label": name}
        left.plot(steps, y, **style)
        middle.plot(since, y, drawstyle="steps-post", **style)
    for axis in (left, middle):
        axis.set_ylim(-0.03, 1.75)  # room for the legend
        axis.set_ylabel("accuracy")
        axis.set_yticks(np.linspace(0, 1, 6))
        axis.legend(loc="upper left", fontsize="small")
    left.set_title("the whole run")
    middle.set_title("the steps after the program is found")
    middle.set_xlabel("steps since the program was found")


def _draw_bits(rows, path, axis):
    for kind in KINDS[1:]:
        control = [r for r in rows if r["row"] == "path" and r["kind"] == kind]
        x, y = ([r[key] for r in control] for key in ("step", "table_bits"))
        color = COLOURS["random labels" if kind == RANDOM else "table"]
        axis.plot(x, y, "--", color=color, label=f"table, {kind}")
    for name in ("table", "program"):
        x, y = ([r[key] for r in path] for key in ("step", f"{name}_bits"))
        axis.plot(x, y, "-", color=COLOURS[name], label=name)
    axis.set_title("bits of the table and of the program")
    axis.set_ylabel("bits")


def _draw_phases(path, first, left, middle):
    """The phases as Nanda et al. (2023) call them; only the middle panel can show cleanup."""
    memorised, found, generalised = (
        first[key] for key in ("memorised_at", "found_at", "generalised_at")
    )
    if memorised:
        _mark(left, "memorisation", (min(r["step"] for r in path), memorised), 0.06, "left")
        if found and found > memorised:
            _mark(left, "circuits form", (memorised, found), 0.14, "right")
    if found is not None:
        middle.set_xlim(-1500, 6000)
        if generalised:
            _mark(middle, "cleanup", (0, generalised - found), 0.14, "left")


def _mark(axis, name, ends, alpha, side):
    """Shades a phase and writes its name at one of its ends."""
    axis.axvspan(*ends, ymax=0.58, color="grey", alpha=alpha, lw=0)
    axis.text(ends[side == "right"], 1.09, name, ha=side, va="center", fontsize="small")
