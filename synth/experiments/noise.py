"""A formula gives way to a constant or a histogram at the noise that the code of labels predicts.

Labels are the values of a formula plus normal noise of a given standard deviation, in units of that
of the values.  A search scores all programs up to some bits as a + b f, beside a constant with
noise and a histogram.  The rows of inputs are the same for all draws of noise.

The code predicts the bits before any label is drawn: a fit by the formula is expected to leave
(n - 2) times the variance of the noise, and the constant leaves (n - 1) times that and the squares
of the values about their mean.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from synth import engine, tasks
from synth.codes import real
from synth.errors import SettingError
from synth.experiments.base import present_mean, refuse_repeated, setting, spawn_seeds
from synth.experiments.rows import verdict
from synth.language import Program, Real
from synth.records import LeastSquares
from synth.report import COLOURS, shades

GROUP = "noise and data"
TIME = "about 3 minutes on one core"
CONTROL = "On permuted labels no program has fewer bits than the constant and the histogram."
COLUMNS = ("rows", "noise", "saved", "predicted", "program", "formula", "constant", "twin_program")
PANELS = 4
SUMMARY = {
    "crossings": "noise at which the constant has as few bits as the formula, measured and "
    "predicted, by the number of rows",
    "most_off": "the most that a crossing is off its prediction, as a share",
    "most_bits_off": "the most that the mean bits of the formula are off their prediction, in bits",
    "control_programs": "control: permuted labels for which a program is chosen",
    "verdict": "verdict",
}
#: How far a crossing may be from its prediction, and how many permuted labels may choose a program.
NEAR, RARE = 0.1, 1 / 60


@dataclass(frozen=True)
class Settings:
    formula: str = setting("x * z", "Program of x and z that the labels are made of.")
    rows: tuple[int, ...] = setting((25, 50, 100, 400), "Numbers of training rows.", low=8)
    noise: tuple[float, ...] = setting(
        (0.25, 0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0),
        "Standard deviations of the noise, in units of that of the formula's values.",
        low=1e-6,
    )
    runs: int = setting(50, "Number of draws of noise for each number of rows and noise.", low=1)
    precision: float = setting(0.01, "Step of which labels are multiples.", low=1e-9)
    max_bits: float = setting(13.0, "Programs of up to so many bits are scored.", low=0)
    dsl: str = setting("real", "DSL of numbers.")
    seed: int = setting(0, "Seed for inputs, noise and permuted labels.", low=0)


#: The marks of axes of noise.
TICKS = (0.25, 0.5, 1, 2, 4, 8)
QUICK = {"rows": (25, 100), "runs": 10}


def run(settings, map):
    refuse_repeated(settings.rows, "rows")
    refuse_repeated(settings.noise, "noise")
    _formula(_task(settings, 8), settings)
    yield from map(
        _measured, [(settings, n, s) for n in settings.rows for s in sorted(settings.noise)]
    )


def _task(settings, n):
    """Inputs between 1 and 3, and labels to be replaced."""
    x, z = np.random.default_rng([settings.seed, n]).uniform(1, 3, (2, n)).round(3)
    return tasks.Task("noise", {"x": x, "z": z}, {"x": Real, "z": Real}, x, Real, label="y")


def _formula(task, settings):
    """The program, its values on the rows and its bits."""
    fitted = tasks.fit(settings.dsl, task)
    program = Program.parse(settings.formula, fitted.grammar, fitted.root)
    values, defined = program.outputs(fitted.task.columns)
    if not defined.all() or not np.ptp(values):
        raise SettingError(
            f"formula={settings.formula}; allowed: a program with several values, "
            "and one for all x and z between 1 and 3"
        )
    return values, program.bits(fitted.grammar)


def _measured(item):
    """The row of a number of rows and a noise: means over draws."""
    settings, n, noise = item
    task = _task(settings, n)
    values, bits = _formula(task, settings)
    deviation, made = noise * values.std(), []
    for seed in spawn_seeds(settings.seed, settings.runs):
        drawn = deviation * np.random.default_rng([seed, n]).standard_normal(n)
        labels = np.round((values + drawn) / settings.precision) * settings.precision
        own = tasks.Task("noise", task.columns, task.types, labels, Real, label="y")
        made += [own, own.permuted(seed)]
    limits = {"max_bits": settings.max_bits, "pairs": 0, "top": 1, "threads": 1}
    found = engine.regress(made, settings.dsl, precision=settings.precision, **limits)
    own, twins = found[0::2], found[1::2]
    bits_of = [_bits(each.labels, values, bits, deviation, settings) for each in made[0::2]]
    row = {"rows": n, "noise": noise, "runs": settings.runs, "program_bits": bits}
    row |= {key: present_mean(each[key] for each in bits_of) for key in bits_of[0]}
    row["table_bits"] = present_mean(each.table_bits for each in own)
    row["saved"] = row["constant_bits"] - row["formula_bits"]
    row["predicted"] = row["predicted_constant"] - row["predicted_formula"]
    row["formula"] = _share(_says(each, values) for each in own)
    for chosen in ("program", "constant", "table"):
        row[chosen] = _share(each.chosen == chosen for each in own)
    return row | {"twin_program": _share(each.chosen == "program" for each in twins)}


def _share(marks):
    return present_mean(float(mark) for mark in marks)


def _says(found, values):
    """Whether a program was chosen whose values are those of the formula, but for a + b f."""
    if found.chosen != "program":
        return False
    said = found.program.programs[0].outputs(found.trained_on.columns)[0].astype(float)
    return bool(abs(np.corrcoef(said, values)[0, 1]) > 1 - 1e-9)


def _bits(labels, values, bits, deviation, settings):
    """The bits of the formula and of the constant for some labels, and those that are expected."""
    scale, n = real.Scale.of(labels, settings.precision), len(labels)
    labels = scale.rounded(labels)
    about = float(np.square(labels - labels.mean()).sum())
    offset = n * (float(labels.mean()) - scale.middle) ** 2
    left = LeastSquares([values], labels).rss
    spread = float(np.square(values - values.mean()).sum())
    expected = spread + (n - 1) * deviation**2
    found = {}
    for name, (rss, constant) in {
        "": (left, about),
        "predicted": ((n - 2) * deviation**2, expected),
    }.items():
        total = constant + offset
        formula = float(real.program_total([bits], rss, total, n, scale))
        named = real.TABLE_FLAG + real.CONSTANT_NOISES["normal"]
        alone = named + float(real.noise_bits(constant, total, n, 1, scale))
        keys = ("predicted_formula", "predicted_constant") if name else (
            "formula_bits", "constant_bits"
        )  # fmt: skip
        found |= dict(zip(keys, (formula, alone), strict=True))
    return found


def crossing(rows, key):
    """The noise at which what is saved falls to 0, on a logarithmic scale; None if it does not."""
    for one, other in pairwise(rows):
        if one[key] > 0 >= other[key]:
            part = one[key] / (one[key] - other[key])
            return float(one["noise"] * (other["noise"] / one["noise"]) ** part)
    return None


def summarise(rows):
    crossings, off = {}, []
    for n in dict.fromkeys(r["rows"] for r in rows):
        mine = [r for r in rows if r["rows"] == n]
        pair = crossing(mine, "saved"), crossing(mine, "predicted")
        crossings[str(n)] = list(pair)
        if None not in pair:
            off.append(abs(math.log(pair[0] / pair[1])))
    found = {
        "crossings": crossings,
        "most_off": math.expm1(max(off)) if off else None,
        "most_bits_off": max(abs(r["formula_bits"] - r["predicted_formula"]) for r in rows),
    }
    wrong = sum(round(r["twin_program"] * r["runs"]) for r in rows)
    every = sum(r["runs"] for r in rows)
    found["control_programs"] = f"{wrong} of {every}"
    words = "no crossing lies in the range of noise"
    if found["most_off"] is not None:
        words = f"crossings are off their predictions by at most {found['most_off']:.1%}"
    claim = [(found["most_off"] is not None and found["most_off"] <= NEAR, words)]
    control = [
        (wrong <= RARE * every, f"a program is chosen for {wrong} of {every} permuted labels")
    ]
    return found | {"verdict": verdict(claim, control)}


CAPTION = """(a) Bits that the formula saves against a constant, by the noise: means over draws
(marks) and what the code predicts (lines), for each number of rows. (b) The noise at which the
saving falls to 0, measured and predicted. (c) How often a program is chosen, and how often it is
the formula (dashed). (d) The same of permuted labels."""


def draw(rows, axes):
    saving, crossings, chosen, control = axes
    sizes = list(dict.fromkeys(r["rows"] for r in rows))
    for n, color in zip(sizes, shades(len(sizes)), strict=True):
        mine = [r for r in rows if r["rows"] == n]
        noise = [r["noise"] for r in mine]
        saving.plot(noise, [r["predicted"] for r in mine], "-", color=color, label=f"{n} rows")
        saving.plot(noise, [r["saved"] for r in mine], "o", color=color, markersize=4)
        chosen.plot(noise, [r["program"] for r in mine], "-", color=color, label=f"{n} rows")
        chosen.plot(noise, [r["formula"] for r in mine], "--", color=color)
        control.plot(noise, [r["twin_program"] for r in mine], "-", color=color, label=f"{n} rows")
        pair = crossing(mine, "saved"), crossing(mine, "predicted")
        if None not in pair:
            crossings.plot(pair[1], pair[0], "o", color=color, label=f"{n} rows")
    ends = [min(r["noise"] for r in rows), max(r["noise"] for r in rows)]
    crossings.plot(ends, ends, ":", color="grey")
    saving.axhline(0, color=COLOURS["table"], linewidth=1)
    saving.set(title="saving", ylabel="bits saved against the constant")
    crossings.set(title="crossing", xlabel="predicted noise", ylabel="measured noise")
    crossings.set(xscale="log", yscale="log")
    chosen.set(title="true labels", ylabel="share with a program")
    control.set(title="permuted labels", ylabel="share with a program")
    for axis in (saving, chosen, control):
        axis.set(xscale="log", xlabel="noise / deviation of the formula")
    for axis in (chosen, control):
        axis.set_ylim(-0.03, 1.03)
    saving.set_yscale("symlog", linthresh=10)
    for scale in (*(axis.xaxis for axis in axes), crossings.yaxis):
        scale.set_ticks(TICKS, [f"{tick:g}" for tick in TICKS])
        scale.set_ticks([], minor=True)  # their labels ran into each other
    for axis in axes:
        if axis.get_legend_handles_labels()[0]:
            axis.legend()
