"""The exact expected time to generalise: a sparse Markov chain agrees with simulated runs.

In a small enough world the stochastic search is a Markov chain with a few thousand states and
sparse transitions (`synth.dynamics.markov`).  Linear equations give the expected number of steps
until a true program is held, the expected number until the table is also empty, and the stationary
law of long runs.  The means of many simulated runs are compared with them.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from synth.dynamics import make_world, markov_chain
from synth.errors import SettingError
from synth.experiments.base import setting, spawn_seeds
from synth.experiments.rows import share, verdict
from synth.report import shades

GROUP = "grokking"
CONTROL = (
    "With decay 0, even when the search holds a true program, long runs visit all 2^n tables "
    "equally often, so the empty one has a share of 2^-n. Simulated means do not agree with the "
    "exact times of the next decay."
)
COLUMNS = ("task", "decay", "states", "found", "generalised", "simulated", "errors_off", "share")
PANELS = 2
SUMMARY = {
    "settings_within_3_standard_errors": "settings within 3 standard errors",
    "within": "number of settings within",
    "largest_difference": "largest difference, standard errors",
    "largest_from_boltzmann": "law of long runs, largest difference from 2**-(bits + E)",
    "control_share": "control: share of an empty table with a true program, decay 0",
    "control_least_difference": "control: least standard errors off the next decay",
    "verdict": "verdict",
}

#: The most steps simulated for one setting, which take about an hour.
MOST_STEPS = 1e11


@dataclass(frozen=True)
class Settings:
    tasks: tuple[str, ...] = setting(
        ("mod-add:p=5,train=6", "mod-mul:p=5,train=6", "parity:n=3,k=2,train=6"),
        "Tasks with few training rows.",
    )
    max_bits: float = setting(10.5, "Largest number of bits of a program.", low=1)
    decay: tuple[float, ...] = setting((0.0, 0.5, 1.0, 2.0), "Weight decays.", low=0)
    beta: float = setting(8.0, "Energy of a training error, in bits.", low=0)
    proposals: float = setting(0.05, "Share of steps that propose a program.", low=0.001, high=0.99)
    runs: int = setting(1000, "Number of simulated runs for each task and decay.", low=2)
    seed: int = setting(0, "Seed for all runs.", low=0)


def run(settings, map):
    items = [(settings, task, decay) for task in settings.tasks for decay in settings.decay]
    seeds = spawn_seeds(settings.seed, len(items))
    yield from map(_one, [(*item, seed) for item, seed in zip(items, seeds, strict=True)])


def _one(item):
    """The row of one task and decay."""
    settings, task, decay, seed = item
    given = {"beta": settings.beta, "proposals": settings.proposals}
    world = make_world(task, max_bits=settings.max_bits)
    found = markov_chain(world, decay=decay, **given)
    goal, true = found.goal(0), found.goal(len(world.training))
    times, deviations = found.steps_to(goal)
    expected = settings.runs * float(times[found.start])
    if expected > MOST_STEPS:
        raise SettingError(
            f"{task}, decay {decay:g}: {settings.runs} runs of {times[found.start]:.3g} steps; "
            f"allowed: {MOST_STEPS:.0e} steps in all, so fewer runs, or less beta or decay"
        )
    simulated = found.simulated_steps(goal, settings.runs, seed)
    law, start = found.law(), found.start
    error = float(deviations[start] / np.sqrt(settings.runs))
    off = float(simulated.mean() - times[start])
    return {
        "task": task,
        "decay": decay,
        "rows": len(world.training),
        "programs": len(world.bits),
        "states": len(found),
        "found": float(found.steps_to(true)[0][start]),
        "generalised": float(times[start]),
        "deviation": float(deviations[start]),
        "runs": settings.runs,
        "simulated": float(simulated.mean()),
        "standard_error": error,
        # If the search begins at its goal, every run takes no steps.
        "errors_off": off / error if error else off,
        "true_share": float(law[true].sum()),
        "share": float(law[goal].sum()),
        "from_boltzmann": float(np.abs(law - found.boltzmann).max()),
    }


def _others_off(rows):
    """How many standard errors each mean is off the exact time of the next decay."""
    return [
        abs(a["simulated"] - b["generalised"]) / a["standard_error"]
        for a, b in pairwise(rows)
        if a["task"] == b["task"] and a["standard_error"]
    ]


def summarise(rows):
    within = sum(abs(r["errors_off"]) <= 3 for r in rows)
    others = _others_off(rows)
    return {
        "settings_within_3_standard_errors": f"{within} of {len(rows)}",
        "within": within,
        "largest_difference": max(abs(r["errors_off"]) for r in rows),
        "largest_from_boltzmann": max(r["from_boltzmann"] for r in rows),
        "control_share": {r["task"]: r["share"] for r in rows if r["decay"] == 0},
        "control_least_difference": min(others) if others else None,
        "verdict": _verdict(rows, others),
    }


def _verdict(rows, others):
    """others: how many standard errors each mean is off the exact time of the next decay."""
    within, of = share(abs(r["errors_off"]) <= 3 for r in rows)
    claim = [(within, f"{of} means are within 3 standard errors of the exact times")]
    control = []
    if others:
        least = min(others)
        words = f"means are at least {least:.1f} standard errors off the times of the next decay"
        control.append((least > 3, words))
    return verdict(claim, control)


CAPTION = """Where the search is small enough, its exact law is computed instead of simulated. Each
colour is a task. (a) Each mark is a setting: the mean time of simulated runs beside the exact
expected time. On the line they agree; bars are three standard errors. (b) Of long runs, how much of
the time they hold the true program, with any table (dotted) and with no table (solid). More weight
decay makes that nearly always on the two modular tasks. Six labels of a parity do not pay for its
program."""


def draw(rows, axes):
    left, right = axes
    names = list(dict.fromkeys(r["task"] for r in rows))
    for name, color in zip(names, shades(len(names)), strict=True):
        some = [r for r in rows if r["task"] == name]
        exact = [r["generalised"] for r in some]
        mean, error = ([r[key] for r in some] for key in ("simulated", "standard_error"))
        bars = [3 * e for e in error]
        left.errorbar(exact, mean, yerr=bars, fmt="o", capsize=3, markersize=4, color=color)
        left.plot([], [], "o", color=color, label=name)
        decays = [r["decay"] for r in some]
        right.plot(decays, [r["share"] for r in some], "o-", color=color)
        right.plot(decays, [r["true_share"] for r in some], "o:", color=color, fillstyle="none")
    ends = [min(r["generalised"] for r in rows), max(r["generalised"] for r in rows)]
    left.plot(ends, ends, color="grey", linewidth=0.8)
    left.set_xscale("log")
    left.set_yscale("log")
    left.set_title("steps until the table is gone")
    left.set_xlabel("exact expected steps")
    left.set_ylabel(f"mean steps of {rows[0]['runs']} runs")
    left.legend()
    right.set_title("where long runs are")
    right.set_xlabel("weight decay")
    right.set_ylabel("share of the time")
    right.plot([], [], "o:", color="black", fillstyle="none", label="true program")
    right.plot([], [], "o-", color="black", label="true program, no table")
    right.legend(loc="upper left")
    right.set_ylim(0, 1.05)
