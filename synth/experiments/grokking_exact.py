"""The waiting time of the grokking lab, exactly: a sparse Markov chain beside simulated runs.

In a world small enough the stochastic search is a Markov chain with few thousand states
(`synth.dynamics.markov`): expected steps until a true program is held and until the table is
empty, and the law of long runs, from linear equations; beside them the mean of many runs.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from synth.dynamics import make_world, markov_chain
from synth.errors import SettingError
from synth.experiments.base import setting, spawn_seeds

CONTROL = (
    "decay 0: the law of long runs leaves the table empty in one of 2^n states, however true "
    "the program; and simulated means miss the exact times of the next decay"
)
COLUMNS = ("task", "decay", "states", "found", "generalised", "simulated", "errors_off", "share")
PANELS = 2

#: Steps that are simulated for a setting at most, which takes about an hour.
MOST_STEPS = 1e11


@dataclass(frozen=True)
class Settings:
    tasks: tuple[str, ...] = setting(
        ("mod-add:p=5,train=6", "mod-mul:p=5,train=6", "parity:n=3,k=2,train=6"),
        "tasks with few training rows",
    )
    max_bits: float = setting(10.5, "programs of so many bits", low=1)
    decay: tuple[float, ...] = setting((0.0, 0.5, 1.0, 2.0), "weight decays", low=0)
    beta: float = setting(8.0, "energy of a training error, bits", low=0)
    proposals: float = setting(0.05, "share of steps that propose a program", low=0.001, high=0.99)
    runs: int = setting(1000, "simulated runs of each", low=2)
    seed: int = setting(0, "of all runs", low=0)


def run(settings, map):
    items = [(settings, task, decay) for task in settings.tasks for decay in settings.decay]
    seeds = spawn_seeds(settings.seed, len(items))
    yield from map(_one, [(*item, seed) for item, seed in zip(items, seeds, strict=True)])


def _one(item):
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
            f"allowed: {MOST_STEPS:.0e} in all, so fewer runs, or less beta or decay"
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
        # Where the search begins at its goal every run takes no steps.
        "errors_off": off / error if error else off,
        "true_share": float(law[true].sum()),
        "share": float(law[goal].sum()),
        "from_boltzmann": float(np.abs(law - found.boltzmann).max()),
    }


def _others_off(rows):
    """By how many standard errors each mean misses the exact time of the next decay."""
    return [
        abs(a["simulated"] - b["generalised"]) / a["standard_error"]
        for a, b in pairwise(rows)
        if a["task"] == b["task"] and a["standard_error"]
    ]


def summarise(rows):
    within = sum(abs(r["errors_off"]) <= 3 for r in rows)
    others = _others_off(rows)
    return {
        "settings within 3 standard errors": f"{within} of {len(rows)}",
        "within": within,
        "largest difference, standard errors": max(abs(r["errors_off"]) for r in rows),
        "law of long runs, largest difference from 2**-(bits + E)": max(
            r["from_boltzmann"] for r in rows
        ),
        "control: share of an empty table with a true program, decay 0": {
            r["task"]: r["share"] for r in rows if r["decay"] == 0
        },
        "control: least standard errors off the next decay": min(others) if others else None,
    }


def draw(rows, axes):
    left, right = axes
    for name in dict.fromkeys(r["task"] for r in rows):
        some = [r for r in rows if r["task"] == name]
        exact = [r["generalised"] for r in some]
        left.errorbar(
            exact, [r["simulated"] for r in some], yerr=[3 * r["standard_error"] for r in some],
            fmt="o", capsize=3, markersize=4,
        )  # fmt: skip
        line = right.plot([r["decay"] for r in some], [r["share"] for r in some], "o-")
        right.plot(
            [r["decay"] for r in some], [r["true_share"] for r in some], ":",
            color=line[0].get_color(),
        )  # fmt: skip
        left.plot([], [], "o", color=line[0].get_color(), label=name)
    ends = [min(r["generalised"] for r in rows), max(r["generalised"] for r in rows)]
    left.plot(ends, ends, color="grey", linewidth=0.8)
    left.set_xscale("log")
    left.set_yscale("log")
    left.set_xlabel("expected steps to a true program and an empty table")
    left.set_ylabel(f"mean of {rows[0]['runs']} runs, 3 standard errors")
    left.legend()
    right.set_xlabel("weight decay")
    right.set_ylabel("share of long runs")
    right.plot([], [], "-", color="black", label="true program, no table")
    right.plot([], [], ":", color="black", label="true program")
    right.legend()
    right.set_ylim(0, 1.02)
