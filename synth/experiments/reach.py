"""More search finds a simpler program, not the table; without the simplicity term it memorises.

Chains change one part of a program at a time by a heat bath (see `synth.engine.reach`).  They begin
from nothing, without seed stages, and draw by an energy:

- with simplicity: total bits, which are the program's own bits and those that state its exceptions.
- without: the bits of the exceptions alone.

For each number of moves, they seek a program of least energy for the true labels and for permuted
ones, in all four cases with the same short programs to fill a hole.  A program is chosen if its
energy is below the bits of the table; otherwise the table is.  Measured are the total bits of the
program, its exceptions, and the held-out accuracy of what is chosen.
"""

from dataclasses import asdict, dataclass

import numpy as np

from synth.engine import ReachSettings
from synth.experiments.base import present_mean, setting, spawn_seeds
from synth.experiments.rows import verdict
from synth.report import COLOURS
from synth.runs.items import DESCENDED as LABELS
from synth.runs.items import Item

GROUP = "structure"
TIME = "about a minute on two cores"
CONTROL = (
    "If labels are permuted, the energy with simplicity leads to no program below the table, and "
    "held-out accuracy is that of the table, with any number of moves."
)
ENERGIES = ("with", "without")
COLUMNS = (
    "labels", "simplicity", "moves", "chosen", "total_bits", "exceptions", "table_bits", "train",
    "test", "table_test",
)  # fmt: skip
PANELS = 3
SUMMARY = {
    "moves": "numbers of moves",
    "table_bits": "mean bits of the table",
    "total_bits_{labels}_{simplicity}": (
        "mean total bits, {labels} labels, {simplicity} simplicity, by moves"
    ),
    "train_{labels}_{simplicity}": (
        "mean accuracy of the program on training rows, {labels} labels, {simplicity} simplicity, "
        "by moves"
    ),
    "test_{labels}_{simplicity}": (
        "mean held-out accuracy, {labels} labels, {simplicity} simplicity, by moves"
    ),
    "simplest": "least total bits that any run finds",
    "control_programs": "control: permuted runs with simplicity that choose a program",
    "control_test_less_table": "control: mean held-out accuracy less that of the table",
    "verdict": "verdict",
}


@dataclass(frozen=True)
class Settings:
    task: str = setting("tic-tac-toe", "Task with held-out rows.")
    dsl: str | None = setting(None, "DSL.  [default: the built-in DSL that fits the task]")
    moves: tuple[int, ...] = setting(
        (100, 400, 1600, 6400), "Numbers of moves of all chains together.", low=1, high=10**7
    )
    chains: int = setting(8, "Number of chains.", low=1, high=256)
    programs: int = setting(
        10000, "Number of programs that are enumerated: what can fill a hole.", low=10
    )
    runs: int = setting(4, "Number of runs, each with its own split, permutation and moves.", low=1)
    seed: int = setting(0, "Seed for the splits, the permuted labels and the moves.", low=0)


def run(settings, map):
    common = settings.task, settings.dsl, settings.moves, settings.chains, settings.programs
    items = [(k, s, *common) for k, s in enumerate(spawn_seeds(settings.seed, settings.runs))]
    for rows in map(_run, items):
        yield from rows


def _run(item):
    """The rows of one run: all numbers of moves, both energies, both labellings."""
    number, seed, task, dsl, moves, chains, programs = item
    # The clock ends nothing, so that a run is the same on every machine.
    work = Item(task, dsl, seed=seed, limits={"max_programs": programs, "seconds": None})
    n = work.load().training
    cases = [(energy, count) for energy in ENERGIES for count in moves]
    settings = [
        ReachSettings(count, chains, seed, stages=False, simplicity=energy == "with")
        for energy, count in cases
    ]
    rows = []
    for (energy, count), found in zip(cases, work.descents(settings), strict=True):
        for labels, one in found.items():
            values = asdict(one)
            wrong, test = one.exceptions, values.pop("test_accuracy")
            train = None if wrong is None else 1 - wrong / n
            rows.append(
                {"run": number, "labels": labels, "simplicity": energy, "moves": count}
                | values
                | {"train": train, "test": test}
            )
    return rows


def _cells(rows, labels, energy):
    """The rows of some labels and an energy, a list for each number of moves in order."""
    found = {}
    for row in rows:
        if (row["labels"], row["simplicity"]) == (labels, energy):
            found.setdefault(row["moves"], []).append(row)
    return [found[moves] for moves in sorted(found)]


def _means(rows, labels, energy, key):
    """The mean of a column for each number of moves."""
    return [present_mean(row[key] for row in cell) for cell in _cells(rows, labels, energy)]


def summarise(rows):
    found = {
        "moves": sorted({row["moves"] for row in rows}),
        "table_bits": present_mean(row["table_bits"] for row in rows),
    }
    for key in ("total_bits", "train", "test"):
        for labels in LABELS:
            for energy in ENERGIES:
                found[f"{key}_{labels}_{energy}"] = _means(rows, labels, energy, key)
    control = [row for cell in _cells(rows, "permuted", "with") for row in cell]
    totals = [row["total_bits"] for row in rows if row["labels"] == "true"]
    totals = [total for total in totals if total is not None]
    far = [row["test"] - row["table_test"] for row in control if row["test"] is not None]
    found |= {
        "simplest": min(totals, default=None),
        "control_programs": sum(row["chosen"] == "program" for row in control),
        "control_test_less_table": float(np.mean(far)) if far else None,
    }
    return found | {"verdict": _verdict(rows, found)}


def _verdict(rows, found):
    """Whether figures change as they should from the fewest moves to the most."""
    moves = found["moves"]

    def ends(key, labels, energy):
        """(figure at the fewest moves, figure at the most), and both as text."""
        means = [
            present_mean(
                r[key]
                for r in rows
                if (r["moves"], r["labels"], r["simplicity"]) == (n, labels, energy)
            )
            for n in (moves[0], moves[-1])
        ]
        return None if None in means or len(moves) < 2 else means

    claim = []
    for key, labels, energy, rises, what in (
        ("total_bits", "true", "with", False, "with simplicity the total bits go"),
        ("test", "true", "with", True, "with simplicity held-out accuracy goes"),
        (
            "train",
            "permuted",
            "without",
            True,
            "without it the accuracy on permuted training rows goes",
        ),
    ):
        if (both := ends(key, labels, energy)) is not None:
            one, other = both
            words = f"{what} from {one:.3g} to {other:.3g}"
            claim.append((other > one if rises else other < one, words))
    programs, far = found["control_programs"], found["control_test_less_table"]
    control = []
    if far is not None:
        words = f"{programs} permuted runs with simplicity choose a program"
        control = [
            (programs == 0, words),
            (abs(far) <= 0.02, f"held-out accuracy is {far:+.3f} from that of the table"),
        ]
    return verdict(claim, control)


CAPTION = """Beyond what can be enumerated, a stochastic search changes programs move by move. (a)
The bits of the best program with its exceptions, beside the table. With true labels and with
simplicity in the score, they go far below the table; with permuted labels they do not. (b) Without
simplicity, the search fits the training rows as well, (c) but what it finds predicts unseen rows
less well."""


def draw(rows, axes):
    moves = sorted({row["moves"] for row in rows})
    titles = {
        "total_bits": ("bits of the best program", "total bits"),
        "train": ("on training rows", "accuracy of the best program"),
        "test": ("on unseen rows", "accuracy of what is chosen"),
    }
    for ax, (key, (title, what)) in zip(axes, titles.items(), strict=True):
        for labels in LABELS:
            color = COLOURS["program" if labels == "true" else "random labels"]
            for energy in ENERGIES:
                style = "-" if energy == "with" else "--"
                mean = _means(rows, labels, energy, key)
                if None not in mean:
                    label = f"{labels} labels, {energy} simplicity" if key == "test" else None
                    ax.plot(moves, mean, style, color=color, label=label)
        ax.set_xscale("log")
        ax.set_xlabel("moves")
        ax.set_title(title)
        ax.set_ylabel(what)
    axes[2].set_ylim(0.4, 1.02)  # room for the legend
    axes[2].legend(loc="lower left", ncols=2)
    table = present_mean(row["table_bits"] for row in rows)
    axes[0].axhline(table, color=COLOURS["table"], linewidth=1, label="table")
    axes[0].set_yscale("log")
