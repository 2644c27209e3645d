"""True labels have a short program that predicts unseen rows; random labels have only a table.

Each task is learned four times: with its true labels, with a part of the training labels drawn
anew, with all labels permuted, and with all labels drawn at random.  The inputs and the training
rows stay the same.  Four learners see the same training rows:

- program: the hypothesis of fewest bits, which is a program with its exceptions, a constant, or the
  look-up table;
- bayes: the exact sum over all decision trees up to a depth, for tasks with two labels;
- nearest: the nearest neighbour;
- network: a perceptron, trained until it is right on every training row.

The network has the same shape, the same first weights and the same optimiser for all labels of a
task.  It fits random labels as it fits true ones (Zhang et al., "Understanding deep learning
requires rethinking generalization", 2017).  That a learner fits its training rows therefore does
not tell whether it has learned.  The bits tell: a program shorter than the table exists for true
labels alone.
"""

import math
from dataclasses import dataclass

import numpy as np

from synth import engine
from synth.errors import SettingError
from synth.exact import TableTests, TreeSum
from synth.experiments.base import refuse_repeated, setting, uninterrupted
from synth.experiments.rows import share, verdict
from synth.learners import embed, nearest
from synth.learners.networks.perceptron import Shape, drawn, outputs, said
from synth.learners.networks.training import Optimiser, train_to_zero
from synth.report import COLOURS
from synth.runs.items import Item
from synth.tasks import load_task

GROUP = "start here"
TIME = "about half a minute on one core"
QUICK = {"tasks": ("parity:n=8,k=2", "mod-add:p=17"), "max_programs": 20_000, "moves": 5}
CONTROL = (
    "The labels are permuted, or drawn at random. No program is then shorter than the table, and "
    "no learner predicts unseen rows better than the most frequent label does."
)
COLUMNS = (
    "task", "labels", "chosen", "bits", "table_bits", "program", "bayes", "nearest", "network",
    "network_train", "guess",
)  # fmt: skip
PANELS = 4
SUMMARY = {
    "bits_by_table_bits": "bits of the best program with its exceptions, as a share of the table's",
    "held_out_accuracy": "mean accuracy on unseen rows",
    "training_accuracy": "mean accuracy on training rows",
    "programs_chosen": "tasks for which a program is chosen",
    "programs": "programs found with true labels",
    "verdict": "verdict",
}

TRUE, CORRUPTED, PERMUTED, UNIFORM = LABELS = "true", "corrupted", "permuted", "uniform"
RANDOM = (PERMUTED, UNIFORM)
LEARNERS = ("program", "bayes", "nearest", "network")
#: A learner beats a guess on m unseen rows if its accuracy is higher by more than this / sqrt(m),
#: which is four standard errors of an accuracy of 1/2.
MARGIN = 2.0
#: Trees take one level fewer while there are more ways than this to choose tests along a branch.
MOST_BRANCHES = 100_000


@dataclass(frozen=True)
class Settings:
    tasks: tuple[str, ...] = setting(
        (
            "parity:n=10,k=3", "multiplexer:a=3", "conjunction:n=10,k=2", "monk:1", "monk:3",
            "tic-tac-toe", "mod-add:p=31",
        ),
        "Tasks, or paths of CSV files; each must have training rows and held-out rows.",
    )  # fmt: skip
    corrupt: float = setting(
        0.25, "Share of training labels to draw anew in corrupted labels.", low=0, high=1
    )
    max_programs: int = setting(100_000, "Number of programs after which each search stops.", low=1)
    moves: int = setting(40, "Moves that reach makes if nothing is proven.", low=0)
    depth: int = setting(4, "Most tests on a branch of the trees of bayes.", low=1, high=6)
    width: int = setting(64, "Number of hidden units of the network.", low=1, high=4096)
    rate: float = setting(0.005, "Learning rate of the network.", low=0)
    steps: int = setting(5000, "Most training steps of the network.", low=1)
    seed: int = setting(0, "Seed for the training rows, the labels and the first weights.", low=0)


def run(settings, map):
    refuse_repeated(settings.tasks, "tasks")
    for spec in settings.tasks:  # before the searches, since they take time
        _load(settings, spec)
    yield from map(
        _measured, [(settings, spec, kind) for spec in settings.tasks for kind in LABELS]
    )


def _load(settings, spec):
    task = load_task(spec, seed=settings.seed)
    if task.training == task.rows:
        raise SettingError(
            f"tasks={spec}: all of its {task.rows} rows are for training; allowed: tasks with "
            "held-out rows, such as those with train=0.5"
        )
    return task


def _labelled(settings, task, kind):
    """The task with labels of one kind."""
    if kind == CORRUPTED:
        return task.corrupted(settings.corrupt, settings.seed)
    return task if kind == TRUE else getattr(task, kind)(settings.seed)


def _measured(item):
    """The row of one task with labels of one kind."""
    settings, spec, kind = item
    task = _labelled(settings, _load(settings, spec), kind)
    limits = {"seconds": None, "max_programs": settings.max_programs, "moves": settings.moves}
    found = uninterrupted(engine.search(task, **Item(task, top=1, limits=limits).settings()))
    best, chosen = found.program, found.table if found.chosen == "table" else found.program
    points = embed(task)
    bayes_bits, mixed = _bayes(settings, task)
    steps, fitted = _network(settings, task, _standard(points, task.train))
    near = nearest(points[task.train], task.labels[task.train], points)
    row = {
        "task": spec,
        "labels": kind,
        "chosen": found.chosen,
        "text": None if best is None else best.text,
        "bits": None if best is None else best.total_bits,
        "table_bits": found.table.bits,
        "bayes_bits": bayes_bits,
        "network_steps": steps,
        "guess": found.table.test_accuracy,
        "program_train": chosen.train_accuracy,
        "program": chosen.test_accuracy,
        "train_rows": task.training,
        "test_rows": task.rows - task.training,
    }
    for learner, says in (("bayes", mixed), ("nearest", near), ("network", fitted)):
        for key, rows in ((f"{learner}_train", task.train), (learner, ~task.train)):
            row[key] = None if says is None else float(task.right(says[rows], rows).mean())
    return row


def _standard(points, train):
    """The points with a mean of 0 and a standard deviation of 1 on the training rows."""
    spread = points[train].std(axis=0)
    return (points - points[train].mean(axis=0)) / np.where(spread > 0, spread, 1.0)


def _bayes(settings, task):
    """(bits of the training labels, predictions for all rows); (None, None) beyond two labels."""
    if len(task.alphabet) > 2:
        return None, None
    tests = TableTests.of(task)
    passed = tests.passed(task.columns)
    depth = settings.depth
    while depth > 1 and len(tests.names) ** depth > MOST_BRANCHES:
        depth -= 1
    trees = TreeSum(passed[task.train], task.places(), 2, columns=tests.columns, depth=depth)
    return trees.bits, np.array(task.alphabet)[trees.predict(passed).argmax(axis=1)]


def _network(settings, task, points):
    """(steps until every training row is right or None, predictions for all rows)."""
    k = len(task.alphabet)
    shape = Shape(points.shape[1], (settings.width,), 1 if k == 2 else k)
    parameters = drawn(shape, 1, settings.seed, scale=1.4, bias=0.3)
    optimiser = Optimiser("adamw", settings.rate)
    labels = np.asarray(task.places())[None]
    took = train_to_zero(shape, parameters, points[task.train], labels, optimiser, settings.steps)
    answers = said(outputs(shape, parameters, points))[0]
    return int(took[0]) if took[0] >= 0 else None, np.array(task.alphabet)[answers]


def summarise(rows):
    groups = {kind: [r for r in rows if r["labels"] == kind] for kind in LABELS}
    return {
        "bits_by_table_bits": {
            r["task"]: {o["labels"]: _share(o) for o in rows if o["task"] == r["task"]}
            for r in groups[TRUE]
        },
        "held_out_accuracy": {
            k: {name: _mean(some, name) for name in (*LEARNERS, "guess")}
            for k, some in groups.items()
        },
        "training_accuracy": {
            k: {name: _mean(some, f"{name}_train") for name in LEARNERS}
            for k, some in groups.items()
        },
        "programs_chosen": {
            kind: f"{sum(r['chosen'] == 'program' for r in some)} of {len(some)}"
            for kind, some in groups.items()
        },
        "programs": {r["task"]: r["text"] for r in groups[TRUE]},
        "verdict": judged(rows),
    }


def judged(rows):
    """The verdict: each point counts the labellings that meet it, and names those that do not."""
    true = [r for r in rows if r["labels"] == TRUE]
    random = [r for r in rows if r["labels"] in RANDOM]

    def point(some, met, words, of=""):
        held, counted = share(map(met, some))
        failing = ", ".join(f"{r['task']} {r['labels']}" for r in some if not met(r))
        return held, f"{words} {counted}{of}" + (f" (not {failing})" if failing else "")

    def beaten(row):
        return any(_beats(row, name) for name in LEARNERS)

    claim = [
        point(true, lambda r: r["chosen"] == "program",
              "with true labels a program is shorter than the table on", " tasks"),
        point(true, lambda r: _beats(r, "program"), "it predicts better than a guess on"),
        point(true, lambda r: r["network_train"] == 1, "the network fits all training rows of"),
        point(true, lambda r: _beats(r, "network"), "it predicts better than a guess on"),
    ]  # fmt: skip
    control = [
        point(random, lambda r: r["chosen"] != "program",
              "with random labels no program is shorter than the table on", " labellings"),
        point(random, lambda r: r["network_train"] == 1, "the network fits all training rows of"),
        point(random, lambda r: not beaten(r), "no learner predicts better than a guess on"),
    ]  # fmt: skip
    return verdict(claim, control)


def _beats(row, learner):
    if row[learner] is None:
        return False
    return row[learner] - row["guess"] > MARGIN / math.sqrt(row["test_rows"])


def _share(row):
    return None if row["bits"] is None else row["bits"] / row["table_bits"]


def _mean(rows, key):
    found = [r[key] for r in rows if r[key] is not None]
    return float(np.mean(found)) if found else None


# -- the figure ---------------------------------------------------------------------------

#: How each kind of labels is drawn, and its name.
MARKS = {
    TRUE: ({"color": COLOURS["program"], "marker": "o"}, "true"),
    CORRUPTED: (
        {"color": "C7", "marker": "o", "markersize": 10, "markerfacecolor": "none"},
        "partly redrawn",
    ),
    PERMUTED: ({"color": COLOURS["random labels"], "marker": "x"}, "permuted"),
    UNIFORM: ({"color": COLOURS["random labels"], "marker": "+"}, "drawn at random"),
}
#: The colour and the name of each learner.
LINES = {
    "program": (COLOURS["program"], "program or table"),
    "bayes": (COLOURS["exact"], "exact Bayes (trees)"),
    "nearest": (COLOURS["nearest"], "nearest neighbour"),
    "network": (COLOURS["network"], "network"),
}


CAPTION = """(a) One line for each task: the bits of the best program with its exceptions, as a
share of what a look-up table costs. True labels need a fraction of the table; labels of which a
part is drawn anew need more; random labels need all of it, and more. (b) For the same marks, how
often the shorter of program and table is right on rows that it has not seen. (c, d) Each line is a
learner, from its accuracy on the rows that it was trained on to that on unseen rows. With true
labels (c) it stays far above chance. With random labels (d) all but exact Bayes are right on all
training rows, and none is better than chance on unseen ones."""


def draw(rows, axes):
    bits, accuracy, true, random = axes
    tasks = list(dict.fromkeys(r["task"] for r in rows))[::-1]
    for kind, (style, name) in MARKS.items():
        some = [r for r in rows if r["labels"] == kind]
        places = [tasks.index(r["task"]) for r in some]
        style = {"markersize": 6, "linestyle": "none", **style}
        shares = [_share(r) for r in some]
        bits.plot([math.nan if s is None else s for s in shares], places, label=name, **style)
        accuracy.plot([r["program"] for r in some], places, **style)
    for row in rows:
        if row["labels"] == TRUE:
            place = tasks.index(row["task"])
            label = "most frequent label" if place == 0 else None
            accuracy.plot(row["guess"], place, "|", color="black", markersize=14, label=label)
    bits.plot((1, 1), (-0.6, len(tasks) - 0.5), "-", color="black", linewidth=1)
    bits.set(xlim=(-0.06, 1.25), title="bits of the best program")
    bits.set_xlabel("share of the table's bits")
    accuracy.set(xlim=(-0.04, 1.06), title="the shorter of program and table")
    accuracy.set_xlabel("accuracy on unseen rows")
    bits.set_yticks(range(len(tasks)), tasks, fontsize="small")
    accuracy.set_yticks(range(len(tasks)), [])
    for each in (bits, accuracy):
        # The legend has the room above the marks for itself.
        each.set_ylim(-0.6, len(tasks) * 1.25)
        each.legend(loc="upper left", ncols=2, columnspacing=0.8, handletextpad=0.1)
    # Every line is a mean over the same tasks.
    whole = [r for r in rows if None not in map(r.get, LEARNERS)] or rows
    which = "" if len(whole) == len(rows) else ", tasks with two labels"
    for each, kinds, title in (
        (true, (TRUE,), "true labels: fitted and learned"),
        (random, RANDOM, "random labels: fitted, not learned"),
    ):
        _slopes(each, [r for r in whole if r["labels"] in kinds])
        each.set(title=title, ylabel=f"mean accuracy{which}")


def _slopes(axes, rows):
    """Mean accuracies of each learner, from training rows to unseen rows."""
    for learner, (colour, name) in LINES.items():
        ends = _mean(rows, f"{learner}_train"), _mean(rows, learner)
        if None not in ends:
            axes.plot((0, 1), ends, "o-", color=colour, label=name)
    guess = _mean(rows, "guess")
    axes.plot((0, 1), (guess, guess), ":", color="black", label="most frequent label")
    axes.set(xlim=(-0.15, 1.05), ylim=(0, 1.05))
    axes.legend(loc="lower left")
    axes.set_xticks((0, 1), ("training rows", "unseen rows"))
