"""Weight decay decides which of four phases a run is in and when it generalises.

The experiment runs the stochastic search in three sweeps: over weight decay and training fraction
together, over beta, and over the program's length.  It puts each run into one of four phases.  It
also runs the strength dynamics, whose delay to generalise should be ln(1/(1-2 kappa)) / decay.

The phases follow Liu et al., "Towards understanding grokking" (2022):

- confusion: training accuracy does not reach 0.99;
- memorisation: training accuracy reaches 0.99, but held-out accuracy does not;
- grokking: held-out accuracy reaches 0.99 after more than `delayed` times the steps to memorise;
- comprehension: held-out accuracy reaches 0.99 within that time.

An accuracy that falls below 0.9 again counts as not reached.  A cell (all runs with the same
settings) gets the most frequent phase of its runs; of equally frequent ones, the last in this list.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from synth import tasks
from synth.dynamics import Chain, Strengths, chain_times, expected_delay, make_world, strength_times
from synth.experiments._phases_verdict import CAPTION as CAPTION
from synth.experiments._phases_verdict import best_decays, of_phases
from synth.experiments.base import setting, spawn_seeds
from synth.experiments.fits import doubling_rate, median_time, power_law
from synth.report import COLOURS, shades

GROUP = "grokking"
CONTROL = (
    "Without decay no run generalises, however many rows it has. With random labels no run "
    "generalises at any decay."
)
COLUMNS = ("sweep", "fraction", "decay", "run", "phase", "found_at", "generalised_at")
PANELS = 5
SUMMARY = {
    "cells_by_phase": "cells in each phase",
    "best_decays": "decays with the most grokking cells",
    "exponent_in_fraction": "exponent of steps to generalise in training fraction, at those decays",
    "exponent_in_decay": "exponent of steps to generalise in decay, runs that comprehend or grok",
    "phases_by_beta": "phases of the runs by beta",
    "steps_to_clear_a_row": "median steps to clear the table, per row of it",
    "doublings_per_bit": "doublings, per bit, of the steps to find the program next to a table",
    "strength_exponent_in_decay": "strength: exponent of the delay in decay while it is long",
    "strength_delay_times_decay": "strength: delay * decay at the least decay; ln(1/(1-2 kappa))",
    "strength_exponent_in_fraction": "strength: exponent of the delay in training fraction",
    "control_generalised": "control: runs that generalise without decay, and with random labels",
    "verdict": "verdict",
}

PHASES = ("comprehension", "grokking", "memorisation", "confusion")
_COLOURS = ("C0", "C4", "0.7", "C6")
#: Sweeps of the search (over decay and fraction, over beta, over program length, and with random
#: labels), and of the strength dynamics (over decay and over fraction).
GRID, BETA, LENGTH, RANDOM = "grid", "beta", "length", "random labels"
STRENGTH, STRENGTH_FRACTION = "strength", "strength, fraction"


@dataclass(frozen=True)
class Settings:
    task: str = setting("mod-mul:p=31", "Task, without its training fraction.")
    decay: tuple[float, ...] = setting(
        (0.0, 0.1, 0.3, 0.5, 0.7, 1.0, 1.5, 3.0, 6.0, 30.0, 300.0, 3000.0), "Weight decays.", low=0
    )
    fraction: tuple[float, ...] = setting(
        (0.1, 0.3, 0.5, 0.7, 0.9), "Training fractions.", low=0.01, high=0.99
    )
    beta: tuple[float, ...] = setting(
        (30.0, 0.0, 1.0, 3.0, 10.0, 100.0),
        "Values of beta, the energy of an error in bits. Other sweeps use only the first value.",
        low=0,
    )
    longer: tuple[float, ...] = setting(
        (-4.0, -3.0, -2.0, -1.0, 0.0, 2.0), "Bits added to the true program.", low=-8, high=40
    )
    max_bits: float = setting(14.0, "Largest number of bits of a program.", low=1)
    proposals: float = setting(0.004, "Share of steps that propose a program.", low=0, high=1)
    steps: int = setting(6_000_000, "Number of Metropolis steps per run.", low=1000)
    runs: int = setting(3, "Number of seeds for each cell.", low=1)
    delayed: float = setting(
        10.0, "Delay above which a run is grokking, as a multiple of the steps to memorise.", low=1
    )
    strength_task: str = setting("mod-add:p=31", "Task of the strength dynamics.")
    strength_decay: tuple[float, ...] = setting(
        (5e-6, 1e-5, 2e-5, 4e-5, 8e-5, 3e-4),
        "Weight decays of the strength dynamics.",
        low=1e-7,
        high=0.1,
    )
    spread: tuple[float, ...] = setting(
        (0.4, 0.2),
        "Values of kappa, how far a memorised row spreads in the strength dynamics.",
        low=0.01,
        high=0.49,
    )
    clock: float = setting(
        2000.0, "Steps per new behaviour of the enumerator, in the strength dynamics.", low=0
    )
    seed: int = setting(0, "Seed for all runs.", low=0)


def run(settings, map):
    items = list(_items(settings))
    seeds = spawn_seeds(settings.seed, len(items))
    yield from map(_one, [(settings, *i, seed) for i, seed in zip(items, seeds, strict=True)])


def _items(settings):
    """(sweep, (task, fraction), decay, beta or kappa, number, extra bits) of every run."""
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
    """The row of one run."""
    settings, sweep, task, decay, strength, number, longer, seed = item
    world = _world(*task, settings.max_bits, number if sweep == RANDOM else None)
    if longer:
        bits = world.bits.copy()
        bits[world.truths] += longer
        world = replace(world, bits=bits)
    row = {
        "sweep": sweep,
        "task": task[0],
        "rows": len(world.training),
        "fraction": len(world.training) / len(world.task.labels),
        "program_bits": float(world.bits[world.truths].min()) if len(world.truths) else None,
        "decay": decay,
        "beta": None,
        "kappa": None,
        "run": number,
        "steps": None,
    }
    if sweep in (STRENGTH, STRENGTH_FRACTION):
        row["kappa"] = strength
        one = Strengths(world, decay=decay, spread=strength, clock=settings.clock)
        times = strength_times(one)
    else:
        row["beta"] = strength
        one = Chain(world, beta=strength, decay=decay, proposals=settings.proposals, seed=seed)
        times = chain_times(one, settings.steps)
    row["steps"] = one.step
    return row | times | {"phase": phase(times, settings.delayed)}


def phase(times, delayed):
    """The phase of a run, one of `PHASES`.

    Parameters
    ----------
    times : dict
        memorised_at and generalised_at, in steps; None if not reached.
    delayed : float
        A run groks if it generalises after more than this many times the steps of memorising.

    Returns
    -------
    str
    """
    memorised, generalised = times["memorised_at"], times["generalised_at"]
    if memorised is None:
        return "confusion"
    if generalised is None:
        return "memorisation"
    return "grokking" if generalised > delayed * memorised else "comprehension"


def _of(rows, *sweeps):
    return [r for r in rows if r["sweep"] in sweeps]


def _medians(rows, by, key):
    """[(value, median)] of a time for each value of `by`; nan if most runs do not have the time."""
    return [
        (value, median_time(r[key] for r in rows if r[by] == value))
        for value in sorted({r[by] for r in rows})
    ]


def _cleanup(row):
    """Steps from finding the program to generalising, or None."""
    if row["generalised_at"] is None or row["found_at"] is None:
        return None
    return max(row["generalised_at"] - row["found_at"], 1)


def _long(rows, kappa):
    """[(decay, delay)] of the strength dynamics while the delay is long.

    That is above 20 times the n + 1 steps in which strengths settle.
    """
    some = [(r, _cleanup(r)) for r in _of(rows, STRENGTH) if r["kappa"] == kappa]
    return [(r["decay"], delay) for r, delay in some if delay and delay > 20 * (r["rows"] + 1)]


def cells(rows):
    """The phases of the grid.

    Parameters
    ----------
    rows : sequence of dict
        The rows of the experiment.

    Returns
    -------
    dict of (decay, fraction) to str
        The most frequent phase of the runs; a tie goes to the first of `PHASES`.
    """
    found = {}
    for r in _of(rows, GRID):
        found.setdefault((r["decay"], round(r["fraction"], 2)), []).append(r["phase"])
    return {
        cell: max(PHASES, key=lambda p, names=names: names.count(p))
        for cell, names in found.items()
    }


def summarise(rows):
    grid = cells(rows)
    best = best_decays(grid)
    at_best = [r for r in _of(rows, GRID) if r["decay"] in best]
    named = {p: [r for r in _of(rows, GRID) if r["phase"] == p] for p in PHASES[:2]}
    kappas = list(dict.fromkeys(r["kappa"] for r in _of(rows, STRENGTH)))
    by_fraction = [(r["fraction"], r["generalised_at"]) for r in at_best if r["generalised_at"]]
    cleanups = [_cleanup(r) / r["rows"] for r in named["grokking"]]
    delays = [(r["fraction"], _cleanup(r)) for r in _of(rows, STRENGTH_FRACTION) if _cleanup(r)]
    controls = [r for r in _of(rows, GRID) if r["decay"] == 0], _of(rows, RANDOM)
    found = {
        "cells_by_phase": {p: sum(v == p for v in grid.values()) for p in PHASES},
        "best_decays": best,
        "exponent_in_fraction": power_law(by_fraction)
        | {"not_generalised": sum(r["generalised_at"] is None for r in at_best)},
        "exponent_in_decay": {
            name: power_law([(r["decay"], r["generalised_at"]) for r in some])
            for name, some in named.items()
        },
        "phases_by_beta": {
            f"{beta:g}": ", ".join(r["phase"] for r in _of(rows, BETA) if r["beta"] == beta)
            for beta in sorted({r["beta"] for r in _of(rows, BETA)})
        },
        "steps_to_clear_a_row": float(np.median(cleanups)) if cleanups else None,
        "doublings_per_bit": per_bit(rows),
        "strength_exponent_in_decay": {str(k): power_law(_long(rows, k)) for k in kappas},
        "strength_delay_times_decay": {str(k): _law(rows, k) for k in kappas},
        "strength_exponent_in_fraction": power_law(delays),
        "control_generalised": [
            sum(r["generalised_at"] is not None for r in some) for some in controls
        ],
    }
    return found | {"verdict": of_phases(found)}


def _waited(rows):
    """[(bits, steps, found)] of the runs of different lengths that memorised first.

    steps: from memorising to finding the program or, if it was not found, to the end.
    """
    found = []
    for r in _of(rows, LENGTH):
        memorised, at = r["memorised_at"], r["found_at"]
        if r["program_bits"] is not None and memorised and (at is None or at > memorised):
            found.append((r["program_bits"], (at or r["steps"]) - memorised, at is not None))
    return found


def per_bit(rows):
    """How often the wait for the program doubles with one more bit of it.

    Runs that did not find the program count as waits that are longer than the run.

    Parameters
    ----------
    rows : sequence of dict
        The rows of the experiment.

    Returns
    -------
    dict
        doublings, error: as of `doubling_rate`; found, not_found: how many runs found the program
        and how many did not.
    """
    waits = _waited(rows)
    found = sum(was for *_, was in waits)
    return doubling_rate(waits) | {"found": found, "not_found": len(waits) - found}


def _law(rows, kappa):
    """[delay * decay at the least decay, what it should be] of the strength dynamics, or None."""
    points = [(r["decay"], _cleanup(r)) for r in _of(rows, STRENGTH) if r["kappa"] == kappa]
    points = [p for p in points if p[1] is not None]
    if not points:
        return None
    decay, delay = min(points)
    return [decay * delay, expected_delay(kappa, 1.0)]


def draw(rows, axes):
    diagram, by_decay, by_fraction, delays, lengths = axes
    _draw_diagram(rows, diagram)
    _draw_times(rows, by_decay)
    groks = [r for r in _of(rows, GRID) if r["phase"] == "grokking"]
    decays = sorted({r["decay"] for r in groks})
    for decay, color in zip(decays, shades(len(decays)), strict=True):
        some = [r for r in groks if r["decay"] == decay]
        x, y = ([r[key] for r in some] for key in ("fraction", "generalised_at"))
        by_fraction.plot(x, y, "o", color=color, label=f"decay {decay:g}")
    by_fraction.margins(y=0.35)  # room for the legend
    by_fraction.set(
        title="runs that grok", ylabel="steps to generalise", xlabel="training fraction"
    )
    _draw_delays(rows, delays)
    for found, label, mark in ((True, "found", "o"), (False, "not found by then", "^")):
        shown = [(bits, steps) for bits, steps, was in _waited(rows) if was == found]
        if shown:
            style = {"color": COLOURS["program"], "label": label}
            lengths.plot(*zip(*shown, strict=True), mark, **style)
    lengths.set(title="waiting for longer programs", xlabel="bits of the program")
    lengths.set_ylabel("steps until it is found")
    for axis in axes[1:]:
        axis.set_yscale("log")
        if axis.get_legend_handles_labels()[0]:
            axis.legend(fontsize="small")


def _draw_times(rows, axis):
    """Median times of the search against decay, at the middle training fraction."""
    middle = _of(rows, RANDOM)[0]["fraction"]
    line = [r for r in _of(rows, GRID) if r["fraction"] == middle and r["decay"] > 0]
    for key, name, mark, role in (
        ("memorised_at", "memorised", "o-", "training"),
        ("found_at", "program found", "s-", "program"),
        ("generalised_at", "generalised", "x:", "held out"),
    ):
        points = np.array(_medians(line, "decay", key)).reshape(-1, 2)
        axis.plot(*points.T, mark, color=COLOURS[role], label=name)
    axis.set(title="what happens when", ylabel="median steps", xlabel="weight decay", xscale="log")


def _draw_delays(rows, axis):
    """Delays of the strength dynamics against decay, and the law (dotted)."""
    strengths = _of(rows, STRENGTH)
    kappas = list(dict.fromkeys(r["kappa"] for r in strengths))
    for kappa, color in zip(kappas, shades(len(kappas)), strict=True):
        some = [r for r in strengths if r["kappa"] == kappa and _cleanup(r)]
        decays = [r["decay"] for r in some]
        cleanup = [_cleanup(r) for r in some]
        axis.plot(decays, cleanup, "o", color=color, label=f"kappa {kappa:g}")
        law = [expected_delay(kappa, d) for d in decays]
        axis.plot(decays, law, ":", color=color)
    axis.set(title="delay of the model, by decay", xlabel="weight decay")
    axis.set_ylabel("steps from found to generalised")
    axis.set_xscale("log")
    decays = [r["decay"] for r in strengths]
    axis.set_xticks(decays, [f"{d:g}" for d in decays], rotation=60)
    axis.minorticks_off()


def _draw_diagram(rows, axis):
    """The phases of the grid."""
    grid = cells(rows)
    decays = sorted({d for d, _ in grid})
    fractions = sorted({f for _, f in grid})
    numbers = np.array([[PHASES.index(grid[d, f]) for d in decays] for f in fractions])
    for number, (name, color) in enumerate(zip(PHASES, _COLOURS, strict=True)):
        y, x = np.nonzero(numbers == number)
        axis.scatter(x, y, s=90, marker="s", color=color, label=name)
    axis.set(title="phases", ylim=(-0.6, len(fractions) + 1.2))
    axis.legend(loc="upper left", ncols=2, markerscale=0.6)
    axis.set_xticks(range(len(decays)), [f"{d:g}" for d in decays], rotation=60)
    axis.set_yticks(range(len(fractions)), [f"{f:g}" for f in fractions])
    axis.set_xlabel("weight decay")
    axis.set_ylabel("training fraction")
    axis.grid(False)
