"""Real rules save more bits than chance allows; on random-label twins no program does.

The experiment takes every built-in task and the given CSV files.  For each, it reports what is
chosen (a program or a table) and the following numbers.  All learners are fitted on the training
rows alone.

- saved: bits saved by the chosen program per training row (negative: the table is chosen);
- chance: log2 of the bound on the probability that permuted labels do as well, rounded up;
- mdl, majority, 1-nn, logit: held-out accuracy of the chosen hypothesis, the majority label, the
  nearest neighbour and logistic regression;
- mixture: that of a mixture of the chosen hypothesis, trees, scorecards, equal rows and logistic
  regressions, weighted by 2^-bits;
- mdl loss, mixture loss: -log2 of what both give to the right label, bits per held-out row;
- twin: bits saved per training row on the twin (see the control).
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synth import tasks
from synth.errors import SettingError, TaskError
from synth.experiments.base import present_mean, refuse_repeated, setting
from synth.experiments.rows import share, verdict
from synth.learners import (
    LogisticRegression,
    embed,
    held_out_loss,
    nearest,
    predictions_of,
    predictor_of,
)
from synth.report import COLOURS
from synth.runs.items import Item

GROUP = "start here"
TIME = "about 3 minutes on one core"
CONTROL = (
    "Each task has a twin, whose training labels are permuted among the training rows. On twins, "
    "no program beats chance (the bound is 1), and on average no learner beats the majority label."
)
COLUMNS = ("task", "chosen", "saved", "chance", "mdl", "mixture", "1-nn", "logit", "twin")
PANELS = 2
HEIGHT = 5.0
SUMMARY = {
    "chosen": "chosen",
    "tasks_with_a_program": "tasks with a program",
    "held_out_against_majority": "held out, mdl against majority",
    "held_out_against_nearest": "held out, mdl against 1-nn",
    "held_out_against_logit": "held out, mdl against logit",
    "mixture_against_mdl": "held out, mixture against mdl, where there is a mixture",
    "mixture_loss": "held-out loss, mean: mdl, mixture, bits per row",
    "control_twins_with_a_program": "control: twins with a program",
    "control_least_chance_bound": "control: least chance bound of a twin, log2",
    "control_above_majority": (
        "control: held-out accuracy above the majority label's on twins, mean and most"
    ),
    "left_out": "left out",
    "verdict": "verdict",
}

#: The tasks meant by a name that stands for several problems.
PROBLEMS = {"monk": ("monk:1", "monk:2", "monk:3")}
LEARNERS = ("mdl", "mixture", "majority", "1-nn", "logit")
#: What the keys of the summary call the learners without programs.
IN_KEYS = {"majority": "majority", "1-nn": "nearest", "logit": "logit"}


@dataclass(frozen=True)
class Settings:
    tasks: tuple[str, ...] | None = setting(None, "Tasks.  [default: every built-in task]")
    tables: tuple[str, ...] | None = setting(None, "Paths of CSV files to add.")
    label: str | None = setting(
        None, "Label column of the tables, or COLUMN=VALUE.  [default: the last column]"
    )
    drop: tuple[str, ...] | None = setting(None, "Columns of the tables to leave out.")
    max_programs: int = setting(
        1_000_000, "Number of programs after which each search stops.", low=1
    )
    moves: int = setting(
        1000, "Moves that reach makes for each task and its twin if nothing is proven.", low=0
    )
    penalty: float = setting(
        1.0, "Penalty on the squared weights of logistic regression.", low=0.001
    )
    seed: int = setting(0, "Seed for the training rows and permuted labels.", low=0)


_PARTS = (
    "chosen", "saved", "chance", "mdl", "mixture", "majority", "1-nn", "logit", "mdl_loss",
    "mixture_loss", "program", "program_bits", "exceptions", "saved_bits", "optimal",
)  # fmt: skip


def run(settings, map):
    names = settings.tasks
    if names is None:
        names = [n for name in tasks.names() for n in PROBLEMS.get(name, (name,))]
    tables = settings.tables or ()
    for path in tables:
        if not tasks.is_path(path):
            raise SettingError(f"tables={path}; allowed: paths of CSV files")
    refuse_repeated((*names, *tables), "tasks and tables")
    for path in tables:  # before the searches, since they take time
        tasks.load_task(path, seed=settings.seed, **_reading(settings, path))
    yield from map(_measured, [(settings, name) for name in (*names, *tables)])


def _reading(settings, spec):
    """The options for reading a file; none for a named task."""
    if not tasks.is_path(spec):
        return {}
    return {"label": settings.label, "drop": settings.drop or (), "train": 0.5}


def _measured(item):
    """The row of a task; it has only a note if a package that the task needs is missing."""
    settings, spec = item
    name = Path(spec).name if tasks.is_path(spec) else spec
    row = {
        "task": name,
        **dict.fromkeys((*_PARTS, "train", "test", "labels", "unseen_labels", "twin")),
        **{f"twin_{part}": None for part in _PARTS if part != "saved"},
        "note": None,
    }
    limits = {"seconds": None, "max_programs": settings.max_programs, "moves": settings.moves}
    table = _reading(settings, spec)
    asked = Item(spec, seed=settings.seed, top=1, limits=limits, table=table)
    try:
        task = asked.load()
    except TaskError as error:
        if isinstance(error.__context__, ImportError):
            return row | {"note": str(error)}
        raise
    both = asked.contrast()
    row |= both.structured.to_dict()["rows"]
    row |= _parts(task, both.structured, settings)
    twin = _parts(task.permuted(settings.seed), both.random, settings)
    row |= {"twin": twin.pop("saved"), **{f"twin_{key}": value for key, value in twin.items()}}
    return row


def _parts(task, result, settings):
    """The `_PARTS` of a row for one search."""
    found = result.to_dict()
    program = found["program"]
    n = task.training
    saved = found["saved_bits"]
    by_program = found["chosen"] == "program"
    parts = dict.fromkeys(_PARTS) | {
        "chosen": found["chosen"],
        "saved": saved if saved is None else saved / n,
        "chance": math.ceil(found["log2_chance_bound"]),
        "mdl": (program if by_program else found["table"])["test_accuracy"],
        "program": _text(program),
        "program_bits": program and program["bits"],
        "exceptions": program and program["exceptions"],
        "saved_bits": saved,
        "optimal": found["optimal"],
    }
    if task.train.all():
        return parts
    return parts | _accuracies(task, settings.penalty) | _probable(result, settings)


def _text(program):
    if program is None:
        return None
    inverted = program["inverted"] and program["written"] is None
    return f"not [{program['text']}]" if inverted else program["text"]


def _accuracies(task, penalty):
    """Held-out accuracies of the learners that say no probabilities."""
    train, asked = task.train, ~task.train
    points, labels = embed(task), task.labels[train]
    answers = {
        "majority": np.full(asked.sum(), task.majority()),
        "1-nn": nearest(points[train], labels, points[asked]),
        "logit": LogisticRegression(points[train], labels, penalty=penalty).predict(points[asked]),
    }
    return {name: float(task.right(says, asked).mean()) for name, says in answers.items()}


def _probable(result, settings):
    """What the chosen hypothesis, and its mixture with others, say of the held-out rows."""
    said = predictions_of(result, seed=settings.seed)
    if said is None:
        task = result.trained_on.original
        asked = {name: column[~task.train] for name, column in task.columns.items()}
        chances = predictor_of(result).probabilities(asked, int((~task.train).sum()))
        return {"mdl_loss": held_out_loss(task, chances)}
    return {"mdl_loss": said.chosen_loss, "mixture_loss": said.loss, "mixture": said.accuracy}


def summarise(rows):
    done = [r for r in rows if r["note"] is None]
    held = [r for r in done if r["test"]]
    found = {
        "chosen": {r["task"]: _chosen(r) for r in done},
        "tasks_with_a_program": f"{sum(r['chosen'] == 'program' for r in done)} of {len(done)}",
    }
    for key, name in IN_KEYS.items():
        found[f"held_out_against_{name}"] = _compared(held, "mdl", key)
    both = [r for r in held if r["mixture"] is not None]
    if both:
        found["mixture_against_mdl"] = _compared(both, "mixture", "mdl")
        losses = [present_mean(r[f"{name}_loss"] for r in both) for name in ("mdl", "mixture")]
        # No loss is known if training rows have none of the held-out labels.
        found["mixture_loss"] = None if None in losses else ", ".join(f"{x:.3f}" for x in losses)
    if done:
        found["control_twins_with_a_program"] = sum(r["twin_chosen"] == "program" for r in done)
        found["control_least_chance_bound"] = min(r["twin_chance"] for r in done)
    if held:
        found["control_above_majority"] = {
            key: _above_majority(held, key) for key in LEARNERS if key != "majority"
        }
    notes = {r["task"]: r["note"] for r in rows if r["note"]}
    return found | ({"left_out": notes} if notes else {}) | {"verdict": _verdict(done)}


def _compared(rows, one, other):
    better = sum(r[one] > r[other] for r in rows)
    worse = sum(r[one] < r[other] for r in rows)
    return f"better {better}, worse {worse}, equal {len(rows) - better - worse}"


def _chosen(row):
    if row["chosen"] != "program":
        return "the table"
    return row["program"] + ("" if row["optimal"] else " (not proven optimal)")


def _above_majority(rows, learner):
    """Mean and largest difference from the majority label's held-out accuracy on twins."""
    there = [r for r in rows if r[f"twin_{learner}"] is not None]
    above = [r[f"twin_{learner}"] - r["twin_majority"] for r in there]
    if not above:
        return None
    return f"{np.mean(above):+.3f}, {max(above):+.3f}"


def _verdict(rows):
    """rows: those without a note."""
    pays = [r["chosen"] == "program" and r["chance"] < 0 for r in rows]
    saved, of = share(pays)
    claim = [(saved, f"a program saves more bits than chance allows on {of} tasks")]
    twins, of = share(r["twin_chosen"] != "program" for r in rows)
    control = [(twins, f"no program saves bits on {of} twins")]
    above = [
        np.mean([r[key] - r["twin_majority"] for r in rows if r["test"] and r[key] is not None])
        for key in (f"twin_{learner}" for learner in LEARNERS if learner != "majority")
        if any(r["test"] and r[key] is not None for r in rows)
    ]
    if above:
        words = f"the best learner's mean is {max(above):+.3f} from the majority label there"
        control.append((bool(max(above) <= 0.05), words))
    return verdict(claim, control)


CAPTION = """One line for each table. (a) The share of unseen rows that a learner predicts rightly,
if there are any. "MDL" is the hypothesis with the fewest bits, "mixture" predicts by many
hypotheses at once. (b) How many bits the best program saves for each training row, compared with a
table of the labels. With true labels it saves bits, with few exceptions; with permuted labels it
saves next to none or loses some. The scale is logarithmic beyond 0.1."""


def draw(rows, axes):
    left, right = axes
    done = [r for r in rows if r["note"] is None][::-1]
    places = np.arange(len(done))
    roles = ("program", "exact", "table", "nearest", "network")
    names = {
        "mdl": "MDL",
        "majority": "most frequent label",
        "1-nn": "nearest neighbour",
        "logit": "linear model",
    }
    for key, mark, role in zip(LEARNERS, "o*|x+", roles, strict=True):
        x = [math.nan if r[key] is None else r[key] for r in done]
        left.plot(x, places, mark, color=COLOURS[role], label=names.get(key, key), markersize=6)
    left.set(xlim=(-0.03, 1.03), title="accuracy on unseen rows", xlabel="accuracy")
    style = {"color": COLOURS["program"], "label": "true labels"}
    right.plot([r["saved"] for r in done], places, "o", **style)
    style = {"color": COLOURS["random labels"], "label": "permuted labels"}
    right.plot([r["twin"] for r in done], places, "x", **style)
    right.axvline(0, color="grey", linewidth=0.8)
    right.set_xscale("symlog", linthresh=0.1)
    right.set_xticks((-0.1, 0, 0.1, 1), ("-0.1", "0", "0.1", "1"))
    right.set_xlim(right=1.5 * max([1.0, *(r["saved"] for r in done if r["saved"])]))
    right.set(title="bits that the best program saves", xlabel="bits for each training row")
    for axis in axes:  # the legend is above the marks
        axis.set_ylim(-0.7, len(done) + 3.2)
        axis.legend(loc="upper left", ncols=2)
    left.set_yticks(places, [r["task"] for r in done], fontsize="small")
    right.set_yticks(places, [])
