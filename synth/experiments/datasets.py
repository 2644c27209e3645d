"""Where there is a rule, a program saves bits that chance could not; on twins none does.

For every built-in task and the CSV files given: what is chosen, the bits it saves a training
row, the bound on what chance could do, and held-out accuracy against the majority label, the
nearest neighbour and logistic regression, all fitted on the training rows alone.

saved: bits saved by the chosen program, a training row (negative: the table is chosen);
chance: log2 of the bound on the chance that permuted labels do as well, rounded up; mdl, 1-nn,
logit, majority: held-out accuracies; twin: bits saved a row on the twin.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synth import tasks
from synth.errors import SettingError, TaskError
from synth.experiments.base import refuse_repeated, setting
from synth.learners import LogisticRegression, embed, nearest
from synth.runs.items import Item, contrast_item

CONTROL = (
    "each task's twin, its training labels permuted among the training rows: no program beats "
    "chance there (the bound is 1), and no learner, on average, the majority label"
)
COLUMNS = ("task", "chosen", "saved", "chance", "mdl", "majority", "1-nn", "logit", "twin")
PANELS = 2

#: What is meant by a task's name alone where it has several problems.
PROBLEMS = {"monk": ("monk:1", "monk:2", "monk:3")}
LEARNERS = ("mdl", "majority", "1-nn", "logit")


@dataclass(frozen=True)
class Settings:
    tasks: tuple[str, ...] | None = setting(None, "tasks; every built-in one unless given")
    tables: tuple[str, ...] | None = setting(None, "paths of CSV files besides")
    label: str | None = setting(None, "label column of the tables, or COLUMN=VALUE; else the last")
    drop: tuple[str, ...] | None = setting(None, "columns of the tables to leave out")
    max_programs: int = setting(1_000_000, "programs that a search scores at most", low=1)
    penalty: float = setting(1.0, "of logistic regression's squared weights", low=0.001)
    seed: int = setting(0, "of training rows and permuted labels", low=0)


_PARTS = (
    "chosen", "saved", "chance", "mdl", "majority", "1-nn", "logit", "program", "program_bits",
    "exceptions", "saved_bits", "optimal",
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
    """How a file is read; nothing for a task with a name."""
    if not tasks.is_path(spec):
        return {}
    return {"label": settings.label, "drop": settings.drop or ()}


def _measured(item):
    """The row of a task; where it needs a package that is missing, a note."""
    settings, spec = item
    name = Path(spec).name if tasks.is_path(spec) else spec
    row = {"task": name, **dict.fromkeys(_PARTS), "train": None, "test": None, "labels": None}
    row |= {
        "unseen_labels": None,
        "twin": None,
        **{f"twin_{p}": None for p in _PARTS if p != "saved"},
        "note": None,
    }
    limits = {"seconds": None, "max_programs": settings.max_programs}
    table = _reading(settings, spec)
    asked = Item(spec, seed=settings.seed, top=1, limits=limits, table=table)
    try:
        task = asked.load()
    except TaskError as error:
        if isinstance(error.__context__, ImportError):
            return row | {"note": str(error)}
        raise
    both = contrast_item(asked)
    row |= both["structured"]["rows"]
    row |= _parts(task, both["structured"], settings.penalty)
    twin = _parts(task.permuted(settings.seed), both["random"], settings.penalty)
    row |= {"twin": twin.pop("saved"), **{f"twin_{key}": value for key, value in twin.items()}}
    return row


def _parts(task, found, penalty):
    program = found["program"]
    n = task.training
    saved = found["saved_bits"]
    by_program = found["chosen"] == "program"
    parts = {
        "chosen": found["chosen"], "saved": saved if saved is None else saved / n,
        "chance": math.ceil(found["log2_chance_bound"]),
        "mdl": (program if by_program else found["table"])["test_accuracy"],
        "program": _text(program), "program_bits": program and program["bits"],
        "exceptions": program and program["exceptions"], "saved_bits": saved,
        "optimal": found["optimal"],
    }  # fmt: skip
    return parts | dict.fromkeys(LEARNERS[1:]) | _accuracies(task, penalty)


def _text(program):
    if program is None:
        return None
    return f"not [{program['text']}]" if program["inverted"] else program["text"]


def _accuracies(task, penalty):
    """Held-out accuracy of what knows no programs; nothing where no row is held out."""
    train, asked = task.train, ~task.train
    if not asked.any():
        return {}
    points, labels = embed(task), task.labels[train]
    answers = {
        "majority": np.full(asked.sum(), task.majority()),
        "1-nn": nearest(points[train], labels, points[asked]),
        "logit": LogisticRegression(points[train], labels, penalty=penalty).predict(points[asked]),
    }
    return {name: float(task.right(says, asked).mean()) for name, says in answers.items()}


def summarise(rows):
    done = [r for r in rows if r["note"] is None]
    held = [r for r in done if r["test"]]
    found = {
        "chosen": {
            r["task"]: r["program"] + ("" if r["optimal"] else " (not proven optimal)")
            if r["chosen"] == "program" else "the table"
            for r in done
        },
        "tasks with a program": f"{sum(r['chosen'] == 'program' for r in done)} of {len(done)}",
    }  # fmt: skip
    for key in LEARNERS[1:]:
        better = sum(r["mdl"] > r[key] for r in held)
        worse = sum(r["mdl"] < r[key] for r in held)
        found[f"held out, mdl against {key}"] = (
            f"better {better}, worse {worse}, equal {len(held) - better - worse}"
        )
    if done:
        found["control: twins with a program"] = sum(r["twin_chosen"] == "program" for r in done)
        found["control: least chance bound of a twin, log2"] = min(r["twin_chance"] for r in done)
    if held:
        found["control: held-out accuracy above the majority label's on twins, mean and most"] = {
            key: "{:+.3f}, {:+.3f}".format(
                *(f([r[f"twin_{key}"] - r["twin_majority"] for r in held]) for f in (np.mean, max))
            )
            for key in LEARNERS if key != "majority"
        }  # fmt: skip
    notes = {r["task"]: r["note"] for r in rows if r["note"]}
    return found | ({"left out": notes} if notes else {})


def draw(rows, axes):
    left, right = axes
    done = [r for r in rows if r["note"] is None][::-1]
    places = np.arange(len(done))
    for key, mark in zip(LEARNERS, ("o", "|", "x", "+"), strict=True):
        left.plot([math.nan if r[key] is None else r[key] for r in done], places, mark,
                  label=key, markersize=6)  # fmt: skip
    left.set(xlim=(-0.03, 1.03), xlabel="held-out accuracy")
    left.legend(fontsize="x-small", ncols=4, loc="lower center", bbox_to_anchor=(0.4, 1),
                columnspacing=0.8, handletextpad=0.1)  # fmt: skip
    right.plot([r["saved"] for r in done], places, "o", label="true labels")
    right.plot([r["twin"] for r in done], places, "x", label="permuted labels")
    right.axvline(0, color="grey", linewidth=0.8)
    right.set_xscale("symlog", linthresh=0.1)
    right.set_xlim(right=1.5 * max([1.0, *(r["saved"] for r in done if r["saved"])]))
    right.set_xlabel("bits saved a training row")
    right.legend(fontsize="x-small", ncols=2, loc="lower center", bbox_to_anchor=(0.5, 1))
    left.set_yticks(places, [r["task"] for r in done], fontsize="xx-small")
    right.set_yticks(places, [])
