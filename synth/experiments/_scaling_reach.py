"""What `scaling` asks of reach: how likely chains hold the simple program, by their moves.

A target is a disjunction of conjunctions of three inputs, and each input occurs once.  Every
program that computes it names every input and joins them all, so that none is shorter.
"""

import numpy as np

from synth.engine import SAME, ReachSettings
from synth.errors import SettingError
from synth.experiments.base import present_mean
from synth.language import Bool, Grammar, Program, dsls
from synth.report import COLOURS, shades
from synth.runs.items import DESCENDED as LABELS
from synth.runs.items import Item
from synth.tasks import Task

#: The inputs of a conjunction; training rows, and as many held-out ones, drawn at random.
TOGETHER, TRAIN = 3, 500
#: Programs that are enumerated: what can fill a hole.  The longest has about 20 bits.
PROGRAMS = 10_000
DSL = "boolean"
KEYS = (
    "moves", "labels", "run", "chosen", "total_bits", "known_bits", "holds", "table_bits", "test",
    "table_test",
)  # fmt: skip


def checked(inputs):
    """The numbers of inputs, if each is made of whole conjunctions."""
    for count in inputs:
        if count % TOGETHER:
            raise SettingError(f"inputs={count}; allowed: multiples of {TOGETHER}")
    return inputs


def target(inputs, seed):
    """The task of a drawn target, and the bits of its shortest program."""
    generator = np.random.default_rng(seed)
    columns = {f"x{k}": generator.random(2 * TRAIN) < 0.5 for k in range(inputs)}
    names = [f"x{k}" for k in generator.permutation(inputs)]
    parts = [" & ".join(names[k : k + TOGETHER]) for k in range(0, inputs, TOGETHER)]
    types = dict.fromkeys(columns, Bool)
    grammar = Grammar(dsls.load_dsl(DSL), types)
    program = Program.parse(" | ".join(f"({part})" for part in parts), grammar, Bool)
    train = np.arange(2 * TRAIN) < TRAIN
    task = Task(f"{inputs} inputs", columns, types, program.evaluate(columns), Bool, train)
    return task, program.bits(grammar)


def measured(item):
    """The rows of one drawn target: every number of moves, with true and with permuted labels."""
    run, seed, inputs, moves, chains = item
    task, bits = target(inputs, seed)
    known = 1 + bits + np.log2(TRAIN + 1)
    # The clock ends nothing, so that a run is the same on every machine.
    work = Item(task, DSL, seed=seed, limits={"max_programs": PROGRAMS, "seconds": None})
    settings = [ReachSettings(count, chains, seed, stages=False) for count in moves]
    rows = []
    for count, found in zip(moves, work.descents(settings), strict=True):
        for labels in LABELS:
            one = found[labels]
            holds = one.total_bits is not None and one.total_bits <= known + SAME
            values = (count, labels, run, one.chosen, one.total_bits, known, holds,
                      one.table_bits, one.test_accuracy, one.table_test)  # fmt: skip
            start = {"rows": TRAIN, "target": task.name, "own_bits": bits}
            rows.append(start | dict(zip(KEYS, values, strict=True)))
    return rows


def _cells(rows, labels, key):
    """Means of a column by own bits: {bits: (moves, means)}."""
    found = {}
    for row in rows:
        if row["labels"] == labels:
            found.setdefault(row["own_bits"], {}).setdefault(row["moves"], []).append(row[key])
    return {
        bits: (sorted(cells), [present_mean(cells[m]) for m in sorted(cells)])
        for bits, cells in sorted(found.items())
    }


def summary(rows):
    """The entries of the summary; none without rows."""
    if not rows:
        return {}
    twins = [row for row in rows if row["labels"] == "permuted"]
    saved = [row["table_bits"] - row["total_bits"] for row in twins if row["chosen"] == "program"]
    by_bits = {
        name: {f"{bits:.0f} bits": means for bits, (_, means) in _cells(rows, "true", key).items()}
        for name, key in (("reach_chance", "holds"), ("reach_test", "test"))
    }
    return {
        "reach_moves": sorted({row["moves"] for row in rows}),
        **by_bits,
        "control_reach_programs": f"{len(saved)} of {len(twins)}",
        "control_reach_saved": max([0.0, *saved]),
        "control_reach_test_less_table": float(
            np.mean([row["test"] - row["table_test"] for row in twins])
        ),
    }


def draw(rows, ax):
    """The chance against moves, with true and with permuted labels."""
    true = _cells(rows, "true", "holds")
    for (bits, (moves, means)), color in zip(true.items(), shades(len(true)), strict=True):
        ax.plot(moves, means, "o-", color=color, label=f"{bits:.0f} bits")
    for number, (moves, means) in enumerate(_cells(rows, "permuted", "holds").values()):
        label = None if number else "permuted labels"
        ax.plot(moves, means, "-", color=COLOURS["random labels"], linewidth=0.8, label=label)
    ax.set_xscale("log")
    ax.set_ylim(-0.03, 1.03)
    ax.set(title="programs of hundreds of bits", xlabel="moves of the search")
    ax.set_ylabel("share of runs that find it")
    ax.legend(loc="upper left")
