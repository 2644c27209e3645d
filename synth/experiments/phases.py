"""Comprehension, grokking, memorisation or confusion: weight decay decides, and how late.

Runs of the stochastic search over weight decay and training fraction, over beta and over the
program's length, each put into one of four phases; and of the strength dynamics, in which
the delay from finding the program to generalising should be ln(1/(1-2 kappa)) / decay.

The phases, after Liu et al., "Towards understanding grokking" (2022): training accuracy does
not reach 0.99: confusion; held-out accuracy does not: memorisation; it does within `delayed`
times the steps of memorising: comprehension; later: grokking.  What falls below 0.9 again
was not reached.  A cell has the most frequent phase of its runs, of a tie the first of these
four names: comprehension, grokking, memorisation, confusion.
"""

from collections import Counter
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from synth import tasks
from synth.dynamics import Chain, Strengths, expected_delay, make_world
from synth.experiments.base import setting, spawn_seeds
from synth.experiments.fits import doubling_rate, median_time, power_law

CONTROL = (
    "without decay no run generalises, however many rows; with random labels none does at any decay"
)
COLUMNS = ("sweep", "fraction", "decay", "run", "phase", "found_at", "generalised_at")
PANELS = (2, 3)

PHASES = ("comprehension", "grokking", "memorisation", "confusion")
#: Accuracy from which rows count as learnt, and below which no longer.
ENOUGH, LOST = 0.99, 0.9
#: The sweeps: of the search over decay and fraction, over beta, over program length and with
#: random labels; of the strength dynamics over decay and over fraction.
GRID, BETA, LENGTH, RANDOM = "grid", "beta", "length", "random labels"
STRENGTH, STRENGTH_FRACTION = "strength", "strength, fraction"


@dataclass(frozen=True)
class Settings:
    task: str = setting("mod-mul:p=31", "a task without its training fraction")
    decay: tuple[float, ...] = setting(
        (0.0, 0.1, 0.3, 0.5, 0.7, 1.0, 1.5, 3.0, 6.0, 30.0, 300.0, 3000.0), "weight decays", low=0
    )
    fraction: tuple[float, ...] = setting(
        (0.1, 0.3, 0.5, 0.7, 0.9), "training fractions", low=0.01, high=0.99
    )
    beta: tuple[float, ...] = setting(
        (30.0, 0.0, 1.0, 3.0, 10.0, 100.0), "energies of an error, bits; the first in all else",
        low=0,
    )  # fmt: skip
    longer: tuple[float, ...] = setting(
        (-4.0, -3.0, -2.0, -1.0, 0.0, 2.0), "bits by which the true program is made longer",
        low=-8, high=40,
    )  # fmt: skip
    max_bits: float = setting(14.0, "programs of so many bits", low=1)
    proposals: float = setting(0.004, "share of steps that propose a program", low=0, high=1)
    steps: int = setting(6_000_000, "Metropolis steps a run", low=1000)
    runs: int = setting(3, "seeds of each", low=1)
    delayed: float = setting(10.0, "grokking: so many times the steps of memorising", low=1)
    strength_task: str = setting("mod-add:p=31", "of the strength dynamics")
    strength_decay: tuple[float, ...] = setting(
        (5e-6, 1e-5, 2e-5, 4e-5, 8e-5, 3e-4), "its weight decays", low=1e-7, high=0.1
    )
    spread: tuple[float, ...] = setting(
        (0.4, 0.2), "its kappa, how far a memorised row spreads", low=0.01, high=0.49
    )
    clock: float = setting(2000.0, "its steps a behaviour of the enumerator", low=0)
    seed: int = setting(0, "of all runs", low=0)


def run(settings, map):
    items = list(_items(settings))
    seeds = spawn_seeds(settings.seed, len(items))
    yield from map(_one, [(settings, *i, seed) for i, seed in zip(items, seeds, strict=True)])


def _items(settings):
    """(sweep, (task, fraction), decay, beta or kappa, number, bits if longer) of every run."""
    grid = [(settings.task, f) for f in settings.fraction]
    middle = grid[len(grid) // 2]
    usual = min(settings.decay, key=lambda d: abs(d - 1))
    beta = settings.beta[0]
    for number in range(settings.runs):
        for decay in settings.decay:
            for task in grid:
                yield GRID, task, decay, beta, number, 0.0
            yield RANDOM, middle, decay, beta, number, 0.0
        for other in settings.beta:
            yield BETA, middle, usual, other, number, 0.0
        for bits in settings.longer:
            yield LENGTH, middle, usual, beta, number, bits
    half = settings.strength_task, 0.5
    for spread in settings.spread:
        for decay in settings.strength_decay:
            yield STRENGTH, half, decay, spread, 0, 0.0
    decay = settings.strength_decay[len(settings.strength_decay) // 2]
    for fraction in settings.fraction:
        task = settings.strength_task, fraction
        yield STRENGTH_FRACTION, task, decay, settings.spread[0], 0, 0.0


@lru_cache(maxsize=8)
def _world(task, fraction, max_bits, permuted):
    loaded = tasks.load_task(task, train=fraction)
    return make_world(loaded if permuted is None else loaded.permuted(permuted), max_bits=max_bits)


def _one(item):
    settings, sweep, task, decay, strength, number, longer, seed = item
    world = _world(*task, settings.max_bits, number if sweep == RANDOM else None)
    if longer:
        bits = world.bits.copy()
        bits[world.truths] += longer
        world = replace(world, bits=bits)
    row = {
        "sweep": sweep, "task": task[0], "rows": len(world.training),
        "fraction": len(world.training) / len(world.task.labels),
        "program_bits": float(world.bits[world.truths].min()) if len(world.truths) else None,
        "decay": decay, "beta": None, "kappa": None, "run": number, "steps": None,
    }  # fmt: skip
    if sweep in (STRENGTH, STRENGTH_FRACTION):
        row["kappa"] = strength
        one = Strengths(world, decay=decay, spread=strength, clock=settings.clock)
        times = _strength_times(one)
    else:
        row["beta"] = strength
        one = Chain(
            world, beta=strength, decay=decay, proposals=settings.proposals, seed=seed
        )  # fmt: skip
        times = _chain_times(one, settings.steps)
    row["steps"] = one.step
    return row | times | {"phase": phase(times, settings.delayed)}


def phase(times, delayed):
    """Which of `PHASES` a run is in."""
    memorised, generalised = times["memorised_at"], times["generalised_at"]
    if memorised is None:
        return "confusion"
    if generalised is None:
        return "memorisation"
    return "grokking" if generalised > delayed * memorised else "comprehension"


class _Times:
    """When a run was first seen to have memorised, and to have generalised, to stay so."""

    def __init__(self):
        self.memorised = self.generalised = self.found = self.last = None

    def look(self, measures):
        self.last = measures
        step = measures["step"]
        self.memorised = _reached(self.memorised, measures["train_accuracy"], step)
        self.generalised = _reached(self.generalised, measures["test_accuracy"], step)

    def over(self, step):
        """Whether both have lasted for a tenth of the steps, and a thousand."""
        if self.generalised is None or self.memorised is None:
            return False
        return step > 1.1 * max(self.generalised, self.memorised) + 1000

    def row(self):
        return {
            "memorised_at": self.memorised, "found_at": self.found,
            "generalised_at": self.generalised,
            "train_accuracy": self.last["train_accuracy"],
            "test_accuracy": self.last["test_accuracy"],
        }  # fmt: skip


def _reached(since, accuracy, step):
    if accuracy < LOST:
        return None
    return step if since is None and accuracy >= ENOUGH else since


def _chain_times(one, steps):
    """Looked at each 2 % of the steps made, and finely after a true program is first held."""
    seen, since = _Times(), 0
    while one.step < steps and not seen.over(one.step):
        after = max(100, (one.step - since) // 50)
        if seen.found is None:
            if one.seek(min(after, steps - one.step)):
                seen.found = since = one.step
        else:
            one.advance(min(after, steps - one.step))
        seen.look(one.measures())
    return seen.row()


def _strength_times(one):
    """Looked at each 2 % of the steps made, and from the program on each 1/200 of the delay."""
    seen = _Times()
    found, delay = one.found_at, expected_delay(one.spread, one.decay)
    while found is None or one.step < found:
        one.advance(max(10, one.step // 50))
        if found is None and one.step > 100_000:
            break
        if found is not None and one.step >= found:
            break
        seen.look(one.measures())
    seen.found = found
    while found is not None and one.step < found + 10 * delay and not seen.over(one.step):
        one.advance(max(1, int(delay / 200)))
        seen.look(one.measures())
    return seen.row()


def _of(rows, *sweeps):
    return [r for r in rows if r["sweep"] in sweeps]


def _medians(rows, by, key):
    """[(value, median)] of a time at each value of `by`, nan where most runs have none."""
    return [
        (value, median_time(r[key] for r in rows if r[by] == value))
        for value in sorted({r[by] for r in rows})
    ]


def _cleanup(row):
    """Steps from the program being found to generalising."""
    if row["generalised_at"] is None or row["found_at"] is None:
        return None
    return max(row["generalised_at"] - row["found_at"], 1)


def _long(rows, kappa):
    """(decay, delay) of the strength dynamics while the delay is long.

    That is, at least 20 times the n + 1 steps in which strengths get used to each other.
    """
    some = [(r, _cleanup(r)) for r in _of(rows, STRENGTH) if r["kappa"] == kappa]
    return [(r["decay"], delay) for r, delay in some if delay and delay > 20 * (r["rows"] + 1)]


def cells(rows):
    """{(decay, fraction): the most frequent phase of the runs}, of the grid."""
    found = {}
    for r in _of(rows, GRID):
        found.setdefault((r["decay"], round(r["fraction"], 2)), []).append(r["phase"])
    return {
        cell: max(PHASES, key=lambda p, names=names: names.count(p))
        for cell, names in found.items()
    }


def summarise(rows):
    grid = cells(rows)
    groks = Counter(decay for (decay, _), name in grid.items() if name == "grokking")
    most = max(groks.values(), default=0)
    best = [d for d, n in groks.items() if n == most]
    at_best = [r for r in _of(rows, GRID) if r["decay"] in best]
    named = {p: [r for r in _of(rows, GRID) if r["phase"] == p] for p in PHASES[:2]}
    kappas = list(dict.fromkeys(r["kappa"] for r in _of(rows, STRENGTH)))
    return {
        "cells in each phase": {p: sum(v == p for v in grid.values()) for p in PHASES},
        "decays with the most grokking cells": best,
        "exponent of steps to generalise in training fraction, runs at those decays": power_law(
            [(r["fraction"], r["generalised_at"]) for r in at_best if r["generalised_at"]]
        )
        | {"runs that do not": sum(r["generalised_at"] is None for r in at_best)},
        "exponent of steps to generalise in decay, of runs that grok or comprehend": {
            name: power_law([(r["decay"], r["generalised_at"]) for r in some])
            for name, some in named.items()
        },
        "phases of the runs by beta": {
            f"{beta:g}": ", ".join(r["phase"] for r in _of(rows, BETA) if r["beta"] == beta)
            for beta in sorted({r["beta"] for r in _of(rows, BETA)})
        },
        "median steps of clearing the table, a row of it": float(
            np.median([_cleanup(r) / r["rows"] for r in named["grokking"]])
        )
        if named["grokking"]
        else None,
        "doublings of steps to find the program beside a table, a bit of it": per_bit(rows),
        "strength: exponent of the delay in decay while it is long": {
            str(k): power_law(_long(rows, k)) for k in kappas
        },
        "strength: delay * decay at the least decay, and ln(1/(1-2 kappa))": {
            str(k): _law(rows, k) for k in kappas
        },
        "strength: exponent of the delay in training fraction": power_law(
            [(r["fraction"], _cleanup(r)) for r in _of(rows, STRENGTH_FRACTION) if _cleanup(r)]
        ),
        "control: runs that generalise without decay, and with random labels": [
            sum(r["generalised_at"] is not None for r in _of(rows, GRID) if r["decay"] == 0),
            sum(r["generalised_at"] is not None for r in _of(rows, RANDOM)),
        ],
    }


def _waited(rows):
    """(bits, steps, found) of the runs of different lengths that had memorised first.

    steps: from having memorised to the program being found, or where it was not to the end.
    """
    found = []
    for r in _of(rows, LENGTH):
        memorised, at = r["memorised_at"], r["found_at"]
        if r["program_bits"] is not None and memorised and (at is None or at > memorised):
            found.append((r["program_bits"], (at or r["steps"]) - memorised, at is not None))
    return found


def per_bit(rows):
    """How often the wait for the program doubles with a bit of it, and the runs that it is from.

    Runs that did not find it are waits that are longer.
    """
    waits = _waited(rows)
    found = sum(was for *_, was in waits)
    return doubling_rate(waits) | {"found": found, "not found": len(waits) - found}


def _law(rows, kappa):
    points = [(r["decay"], _cleanup(r)) for r in _of(rows, STRENGTH) if r["kappa"] == kappa]
    points = [p for p in points if p[1] is not None]
    if not points:
        return None
    decay, delay = min(points)
    return [decay * delay, expected_delay(kappa, 1.0)]


def draw(rows, axes):
    diagram, by_decay, by_fraction, delays, delays_by_fraction, lengths = axes
    _draw_diagram(rows, diagram)
    middle = _of(rows, RANDOM)[0]["fraction"]
    line = [r for r in _of(rows, GRID) if r["fraction"] == middle and r["decay"] > 0]
    for key, name, mark in (
        ("memorised_at", "memorised", "o-"), ("found_at", "program found", "s-"),
        ("generalised_at", "generalised", "."),
    ):  # fmt: skip
        points = np.array(_medians(line, "decay", key)).reshape(-1, 2)
        by_decay.plot(*points.T, mark, label=name)
    by_decay.set_ylabel("median Metropolis steps")
    by_decay.set_xlabel("weight decay")
    groks = [r for r in _of(rows, GRID) if r["phase"] == "grokking"]
    for decay in sorted({r["decay"] for r in groks}):
        some = [r for r in groks if r["decay"] == decay]
        by_fraction.plot([r["fraction"] for r in some], [r["generalised_at"] for r in some], "o",
                         label=f"decay {decay:g}")  # fmt: skip
    by_fraction.set_xlabel("training fraction")
    by_fraction.set_ylabel("steps to generalise, runs that grok")
    for kappa in dict.fromkeys(r["kappa"] for r in _of(rows, STRENGTH)):
        some = [r for r in _of(rows, STRENGTH) if r["kappa"] == kappa and _cleanup(r)]
        decays = [r["decay"] for r in some]
        (drawn,) = delays.plot(decays, [_cleanup(r) for r in some], "o", label=f"kappa {kappa:g}")
        delays.plot(
            decays, [expected_delay(kappa, d) for d in decays], ":", color=drawn.get_color()
        )
    decays = [r["decay"] for r in _of(rows, STRENGTH)]
    delays.set_xlabel("weight decay, strength dynamics")
    delays.set_ylabel("steps from found to generalised")
    some = [r for r in _of(rows, STRENGTH_FRACTION) if _cleanup(r)]
    delays_by_fraction.plot([r["fraction"] for r in some], [_cleanup(r) for r in some], "o")
    if some:
        delays_by_fraction.axhline(
            expected_delay(some[0]["kappa"], some[0]["decay"]), linestyle=":"
        )
    delays_by_fraction.set_xlabel("training fraction, strength dynamics")
    delays_by_fraction.set_ylabel("steps from found to generalised")
    for was, mark in ((True, "o"), (False, "^")):
        shown = [(bits, steps) for bits, steps, found in _waited(rows) if found == was]
        if shown:
            lengths.plot(*zip(*shown, strict=True), mark, label=("longer than", "found")[was])
    lengths.set_xlabel("bits of the program")
    lengths.set_ylabel("steps beside a full table")
    for axis in (by_decay, by_fraction, delays, delays_by_fraction, lengths):
        axis.set_yscale("log")
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize="small")
    for axis in (by_decay, delays):
        axis.set_xscale("log")
    delays.set_xticks(decays, [f"{d:g}" for d in decays], rotation=60)
    delays.minorticks_off()


def _draw_diagram(rows, axis):
    grid = cells(rows)
    decays = sorted({d for d, _ in grid})
    fractions = sorted({f for _, f in grid})
    numbers = np.array([[PHASES.index(grid[d, f]) for d in decays] for f in fractions])
    for number, name in enumerate(PHASES):
        y, x = np.nonzero(numbers == number)
        axis.scatter(x, y, s=90, marker="s", label=name)
    axis.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, markerscale=0.5)
    axis.set_xticks(range(len(decays)), [f"{d:g}" for d in decays], rotation=60)
    axis.set_yticks(range(len(fractions)), [f"{f:g}" for f in fractions])
    axis.set_xlabel("weight decay")
    axis.set_ylabel("training fraction")
    axis.grid(False)
