"""Memorise first, then a phase transition: the table is removed after the program is found.

A stochastic search over a program and a set of memorised rows (`synth.dynamics.chain`), many
seeds: when training accuracy reaches 99 %, when the program is found, when held-out
accuracy jumps.  Nothing of that is built in; it is read off the trajectory.
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

CONTROL = (
    "without decay the table is never cleared and held-out accuracy stays low, though the "
    "program is found; with random labels there is none to find"
)
COLUMNS = ("kind", "seed", "memorised_at", "found_at", "half_at", "generalised_at", "test_accuracy")
PANELS = 3


@dataclass(frozen=True)
class Settings:
    task: str = setting(LAB_TASK, "a task with held-out rows")
    dsl: str | None = setting(None, "its DSL; the built-in one unless given")
    max_bits: float = setting(LAB_BITS, "programs of so many bits", low=1)
    decay: float = setting(
        LAB_CHAIN["decay"], "weight decay: energy of a bit of description", low=0
    )
    beta: float = setting(LAB_CHAIN["beta"], "energy of a training error, bits", low=0)
    proposals: float = setting(
        LAB_CHAIN["proposals"], "share of steps that propose a program", low=0, high=1
    )
    moves: str = setting("prior", "how programs are proposed", choices=MOVES)
    radius: float = setting(1.0, "memorised rows are read within this distance", low=0)
    steps: int = setting(LAB_STEPS, "Metropolis steps a run", low=1000)
    runs: int = setting(20, "seeds of each kind", low=1)
    seed: int = setting(0, "of all runs", low=0)


KINDS = ("decay", "no decay", "random labels")


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


_EMPTY = dict.fromkeys((
    "row", "kind", "seed", "memorised_at", "found_at", "half_at", "generalised_at",
    "test_before", "step", "train_accuracy", "test_accuracy", "restricted_accuracy",
    "excluded_accuracy", "table_bits", "program_bits", "total_bits",
))  # fmt: skip


def _run(item):
    """One run: its times, and of the first seed of a kind its trajectory."""
    settings, kind, number, seed = item
    permuted = number if kind == "random labels" else None
    world = _world(settings.task, settings.dsl, settings.max_bits, settings.radius, permuted)
    decay = 0.0 if kind == "no decay" else settings.decay
    one = Chain(
        world, beta=settings.beta, decay=decay, proposals=settings.proposals,
        moves=settings.moves, seed=seed,
    )  # fmt: skip
    path, found = trajectory(one, settings.steps, world.truths)
    row = _EMPTY | path[-1] | {
        "row": "run", "kind": kind, "seed": number,
        "memorised_at": reached(path, "train_accuracy"), "found_at": found,
        "half_at": reached(path, "test_accuracy", 0.5),
        "generalised_at": reached(path, "test_accuracy"),
        # The best that held-out accuracy was before the program was found.
        "test_before": max(
            (m["test_accuracy"] for m in path if found is None or m["step"] < found), default=None
        ),
    }  # fmt: skip
    keep = _EMPTY.keys()
    rows = [{k: row[k] for k in keep}]
    if number == 0:
        for measures in path:
            full = _EMPTY | measures | {"row": "path", "kind": kind, "seed": 0}
            rows.append({k: full[k] for k in keep})
    return rows


def grokked(row):
    """Memorised first, held-out accuracy low until the program was found, then a jump."""
    times = row["memorised_at"], row["found_at"], row["generalised_at"]
    return (
        None not in times
        and times[0] < times[1] < times[2]
        and (row["test_before"] or 0) < 0.1
        and row["test_accuracy"] >= ENOUGH
    )


def summarise(rows):
    runs = {kind: [r for r in rows if r["row"] == "run" and r["kind"] == kind] for kind in KINDS}
    done = [r for r in runs["decay"] if grokked(r)]
    delays = [r["generalised_at"] - r["found_at"] for r in done]
    return {
        "runs that memorise, then find, then generalise": f"{len(done)} of {len(runs['decay'])}",
        "grokked": len(done),
        "median step of memorising, finding, generalising": [
            float(np.median([r[key] for r in done])) if done else None
            for key in ("memorised_at", "found_at", "generalised_at")
        ],
        "median steps from finding to generalising": float(np.median(delays)) if done else None,
        "control: runs that generalise": {
            kind: sum(r["generalised_at"] is not None for r in runs[kind]) for kind in KINDS[1:]
        },
        "control: mean held-out accuracy at the end": {
            kind: float(np.mean([r["test_accuracy"] for r in runs[kind]]))
            for kind in KINDS[1:] if runs[kind]
        },
    }  # fmt: skip


def draw(rows, axes):
    left, middle, right = axes
    path = [r for r in rows if r["row"] == "path" and r["kind"] == "decay"]
    steps = [r["step"] for r in path]
    first = next(r for r in rows if r["row"] == "run" and r["kind"] == "decay")
    found = first["found_at"]
    for axis in (left, middle):
        for key, name in (
            ("train_accuracy", "training"), ("test_accuracy", "held out"),
            ("restricted_accuracy", "program alone, held out"),
            ("excluded_accuracy", "table alone, training"),
        ):  # fmt: skip
            x = steps if axis is left or found is None else [s - found for s in steps]
            axis.plot(
                x, [r[key] for r in path], label=name if axis is left else None,
                drawstyle="default" if axis is left else "steps-post",
            )  # fmt: skip
    for kind in KINDS[1:]:
        control = [r for r in rows if r["row"] == "path" and r["kind"] == kind]
        x = [r["step"] for r in control]
        right.plot(x, [r["table_bits"] for r in control], label=f"table, {kind}")
    right.plot(steps, [r["table_bits"] for r in path], label="table")
    right.plot(steps, [r["program_bits"] for r in path], label="program")
    for axis in (left, right):
        axis.set_xscale("log")
        axis.set_xlabel("Metropolis steps")
        for key in ("memorised_at", "found_at", "generalised_at"):
            if first[key]:
                axis.axvline(first[key], color="grey", linewidth=0.8, linestyle=":")
    left.set_ylabel("accuracy")
    # The phases as Nanda et al. (2023) call them; cleanup is too short to see but in the middle.
    if first["memorised_at"]:
        _mark(left, "memorisation", min(steps), first["memorised_at"], 0.06)
        if found and found > first["memorised_at"]:
            _mark(left, "circuit formation", first["memorised_at"], found, 0.14)
    if found is not None:
        middle.set_xlim(-1500, 6000)
        if first["generalised_at"]:
            _mark(middle, "cleanup", 0, first["generalised_at"] - found, 0.14)
    middle.set_xlabel("steps since the program was found")
    right.set_ylabel("bits")


def _mark(axis, name, start, end, alpha):
    """Shades a phase, and writes its name."""
    axis.axvspan(start, end, color="grey", alpha=alpha, lw=0)
    middle = np.sqrt(start * end) if axis.get_xscale() == "log" or start > 0 else end / 2
    axis.text(middle, 0.4, name, rotation=90, ha="center", va="center", fontsize=8)
