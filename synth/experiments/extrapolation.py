"""Outside the training range a short program stays right; nearest neighbours and ridge do not.

Training inputs come from a range; unseen inputs come from within this range and from outside.  The
experiment compares the program of least total bits with nearest neighbours and with ridge
regression on Gaussian and polynomial features.  The settings of these learners are chosen on the
training rows.
"""

from dataclasses import dataclass

import numpy as np

from synth import engine
from synth.experiments._extrapolation_baselines import baselines
from synth.experiments.base import setting, spawn_seeds, uninterrupted
from synth.experiments.rows import RowKinds, share, verdict
from synth.language import Grammar, Int, Mod, Real, dsls
from synth.report import COLOURS
from synth.tasks import Task

GROUP = "start here"
QUICK = {"cases": ("integer", "sum"), "unseen": 60}
CONTROL = (
    "If the labels are permuted, they have no short program. The table is chosen, and no learner "
    "is right outside. With the true labels of sums, which polynomial ridge can express, ridge is "
    "right as well."
)
COLUMNS = ("case", "labels", "learner", "right_inside", "right_outside", "chosen")
PANELS = 3
SUMMARY = {
    "right_outside": "share right outside the range",
    "right_outside_held_by_ridge": "share right outside, target held by polynomial ridge",
    "control_right_outside": "control: share right outside, permuted labels",
    "chosen_for_true_labels": "chosen for true labels",
    "chosen_for_permuted_labels": "chosen for permuted labels",
    "verdict": "verdict",
}

LEARNERS = ("program", "1-NN", "k-NN", "RBF ridge", "polynomial ridge")

#: Modulus of the residues.
P = 31
#: A Real prediction is right if it is off by at most this share of the training labels' standard
#: deviation.
TOLERANCE = 0.01


@dataclass(frozen=True)
class Case:
    """A target and where it is trained.

    Parameters
    ----------
    target : callable
        The labels from the columns x and y.
    text : str
        The target as a formula.
    type : Type
        The type of inputs and labels.
    dsl : str
        The DSL of the search.
    edge : float
        Inputs below it are inside the range.
    slice : float
        The y of the curves that are drawn.
    """

    target: object
    text: str
    type: object
    dsl: str
    edge: float
    slice: float


CASES = {
    "integer": Case(
        lambda x, y: np.maximum(x, y) + x % 4, "max(x, y) + x % 4", Int(), "integer", 12, 6
    ),
    "modular": Case(
        lambda x, y: (x * x + x * y + y) % P, "x * x + x * y + y", Mod(P), "modular", 16, 8
    ),
    "real": Case(lambda x, y: x * y / (x + y), "x * y / (x + y)", Real, "real", 4, 2.5),
    "sum": Case(lambda x, y: x + y, "x + y", Int(), "integer", 12, 6),
    "modular-sum": Case(lambda x, y: (x + y) % P, "x + y", Mod(P), "modular", 16, 8),
}
#: Cases whose target polynomial ridge can express.
HELD = ("sum", "modular-sum")
DRAWN = ("integer", "real")


@dataclass(frozen=True)
class Settings:
    cases: tuple[str, ...] = setting(tuple(CASES), "Targets.", choices=tuple(CASES))
    train: int = setting(100, "Number of training rows.", low=10, high=120)
    unseen: int = setting(200, "Number of unseen rows outside the range.", low=1, high=600)
    max_bits: float = setting(28.0, "Search programs of at most this many bits.", low=1, high=40)
    seed: int = setting(0, "Seed for the rows and the permutations.", low=0)


def run(settings, map):
    names = list(dict.fromkeys(settings.cases))
    seeds = spawn_seeds(settings.seed, len(CASES))
    items = [
        (name, settings.train, settings.unseen, settings.max_bits, seeds[list(CASES).index(name)])
        for name in names
    ]
    curves = []
    for rows, points in map(_compared, items):
        yield from rows
        curves += points
    yield from curves


ROWS = RowKinds(
    (
        "kind", "case", "labels", "learner", "rows", "right_inside", "right_outside",
        "error_outside", "chosen", "bits", "x", "value",
    ),
    score="kind case labels learner rows right_inside right_outside error_outside chosen bits",
    curve="kind case learner x value",
)  # fmt: skip


def task_of(name, train, unseen, seed):
    """The task of a case, and which rows are inside the range.

    Training rows come first.  The rows inside the range that are not for training are unseen too.

    Parameters
    ----------
    name : str
        A name of `CASES`.
    train, unseen : int
        Numbers of training rows and of unseen rows outside the range.
    seed : int
        The seed for the rows.

    Returns
    -------
    task : Task
    inside : array of bool, (rows,)
    """
    case, generator = CASES[name], np.random.default_rng(seed)
    if case.type is Real:
        x, y = np.round(generator.uniform(1, 10, (2, 2000)), 2)
    else:
        size = P if case.type.family == "Mod" else 3 * case.edge
        x, y = np.divmod(np.arange(size**2), size)
    order = generator.permutation(len(x))
    inside = ((x < case.edge) & (y < case.edge))[order]
    chosen = np.concatenate([order[inside], order[~inside][:unseen]])
    x, y, inside = x[chosen], y[chosen], np.arange(len(chosen)) < inside.sum()
    columns = {"x": x, "y": y}
    types = dict.fromkeys(columns, case.type)
    labels, training = case.target(x, y), np.arange(len(x)) < train
    task = Task(name, columns, types, labels, case.type, training)
    return task, inside


def _compared(item):
    """The rows of one case with its true and with permuted labels, and those of its curves."""
    name, train, unseen, max_bits, seed = item
    case = CASES[name]
    task, inside = task_of(name, train, unseen, seed)
    twin = task.permuted(seed)
    dsl = dsls.load_dsl(case.dsl, (case.type,))
    found = uninterrupted(
        engine.contrast(task, dsl, twin="permuted", seed=seed, max_bits=max_bits, seconds=None)
    )
    grammar, rows, curves, line = Grammar(dsl, task.types), [], [], _line(name)
    for labels, given, result in (
        ("true", task, found.structured),
        ("permuted", twin, found.random),
    ):
        answers = {"program": _program(result, given, grammar), **baselines(given)}
        for learner, (predict, chosen) in answers.items():
            right, error = _scores(predict(given.columns), given, inside)
            rows.append(
                ROWS(
                    "score",
                    kind="score",
                    case=name,
                    labels=labels,
                    learner=learner,
                    rows=train,
                    right_inside=right[0],
                    right_outside=right[1],
                    error_outside=error,
                    chosen=chosen,
                    bits=result.total_bits if learner == "program" else None,
                )
            )
            if labels == "true":
                curves += _curve(name, learner, line, predict(line)[0])
    curves += _curve(name, "target", line, case.target(line["x"], line["y"]))
    return rows, curves if name in DRAWN else []


def _curve(name, learner, line, values):
    points = zip(line["x"].tolist(), values.tolist(), strict=True)
    return [
        ROWS("curve", kind="curve", case=name, learner=learner, x=x, value=value)
        for x, value in points
    ]


def _line(name):
    """Columns in which y is constant and x goes from inside the range to outside."""
    case = CASES[name]
    if case.type is Real:
        x = np.round(np.linspace(1, 10, 61), 2)
    else:
        x = np.arange(P if case.type.family == "Mod" else 3 * case.edge)
    return {"x": x, "y": np.full(len(x), case.slice, case.type.dtype)}


def _scores(predictions, task, inside):
    """([share right inside, outside], error outside) of unseen rows, means over predictions.

    predictions: (m, rows), of m programs that tie.  The error is the root mean square divided by
    the standard deviation of the same rows' labels; None for residues.
    """
    right, outside = np.array([correct(p, task) for p in predictions]), task.labels[~inside]
    shares = [float(right[:, rows].mean()) for rows in (inside & ~task.train, ~inside)]
    if task.label_type.family == "Mod" or not outside.std():
        return shares, None
    far = predictions[:, ~inside] - outside
    return shares, float(np.sqrt(np.square(far).mean()) / outside.std())


def correct(predicted, task):
    """Where predictions are right.

    They are rounded to the nearest integer, or to the nearest residue; `TOLERANCE` holds for Reals.

    Parameters
    ----------
    predicted : array, (rows,)
        The predictions for all rows.
    task : Task
        The task with its labels.

    Returns
    -------
    array of bool, (rows,)
    """
    if task.label_type.inexact:
        near = TOLERANCE * task.labels[task.train].std()
        return np.abs(predicted - task.labels) <= near
    said = np.rint(predicted)
    if task.label_type.family == "Mod":
        said = said % task.label_type.size
    return said == task.labels


def _program(result, task, grammar):
    """(predict, chosen) of the search: all programs of the least total, or the majority label.

    predict maps columns to predictions (m, rows).
    """
    if result.chosen == "table":
        majority = task.majority()
        return lambda columns: np.full((1, len(columns["x"])), float(majority)), "table"
    programs = [
        type(result.best).parse(other.expression, grammar)
        for other in result.top
        if other.kind != "table" and other.total_bits == result.program.total_bits
    ]

    def predict(columns):
        found = []
        for program in programs:
            values, defined = program.outputs(columns)
            found.append(np.where(defined, values.astype(float), np.nan))
        return np.array(found)

    return predict, result.best.text


# -- the summary and the figure ---------------------------------------------------------


def summarise(rows):
    scores, found = [r for r in rows if r["kind"] == "score"], {}
    for labels, held, key in (
        ("true", False, "right_outside"),
        ("true", True, "right_outside_held_by_ridge"),
        ("permuted", None, "control_right_outside"),
    ):
        for row in scores:
            if row["labels"] == labels and held in (None, row["case"] in HELD):
                case = found.setdefault(key, {}).setdefault(row["case"], {})
                case[row["learner"]] = row["right_outside"]
    for labels in ("true", "permuted"):
        found[f"chosen_for_{labels}_labels"] = {
            r["case"]: r["chosen"]
            for r in scores
            if (r["labels"], r["learner"]) == (labels, "program")
        }
    return found | {"verdict": _verdict(found)}


_STYLES = {
    "target": {"color": "0.75", "linewidth": 6, "solid_capstyle": "butt"},
    "1-NN": {"color": COLOURS["nearest"], "linestyle": "-", "linewidth": 1.2},
    "k-NN": {"color": COLOURS["nearest"], "linestyle": "--", "linewidth": 1.2},
    "RBF ridge": {"color": "C8", "linestyle": "-.", "linewidth": 1.2},
    "polynomial ridge": {"color": "C9", "linestyle": ":", "linewidth": 1.5},
    "program": {"color": COLOURS["program"], "linestyle": "-", "linewidth": 1.5},
}


def _verdict(found):
    """Whether only programs are right outside; found: the shares of the summary."""
    cases = found.get("right_outside", {}).values()
    right, of = share(c["program"] >= 0.99 for c in cases)
    claim = [(right, f"the program is right on all rows outside in {of} cases")]
    others = [v for c in cases for name, v in c.items() if name != "program"]
    if others:
        words = f"other learners are right on at most {max(others):.3f} of the rows outside"
        claim.append((max(others) < 0.5, words))
    control = []
    permuted = [v for c in found.get("control_right_outside", {}).values() for v in c.values()]
    if permuted:
        most = max(permuted)
        control.append((most <= 0.15, f"with permuted labels all are right on at most {most:.3f}"))
    ridge = [c["polynomial ridge"] for c in found.get("right_outside_held_by_ridge", {}).values()]
    if ridge:
        words = f"ridge is right on {min(ridge):.3f} of the rows outside of sums"
        control.append((min(ridge) >= 0.99, words))
    return verdict(claim, control)


CAPTION = """(a, b) Predictions along a line of constant y. The grey band is the target; rows for
training lie in the shaded range. Outside, the program goes on with the target, and the other
learners do not. (c) The share of rows outside the training range that a learner predicts rightly.
Ridge regression with polynomials is right too if the target is a sum, which its features contain.
On permuted labels nobody is."""


def draw(rows, axes):
    *curves, right = axes
    cases = list(dict.fromkeys(r["case"] for r in rows))
    for each, case in zip(curves, DRAWN, strict=True):
        if case in cases:
            _draw_curve([r for r in rows if r["kind"] == "curve" and r["case"] == case], each, case)
    scores = [r for r in rows if r["kind"] == "score"]
    places = [(c, "true") for c in cases] + [(c, "permuted") for c in cases if c not in HELD]
    for k, learner in enumerate(LEARNERS):
        mine = {(r["case"], r["labels"]): r for r in scores if r["learner"] == learner}
        x, y = [mine[p]["right_outside"] for p in places], np.arange(len(places)) + 0.12 * (k - 2)
        color = _STYLES[learner]["color"]
        right.plot(x, y, "oxsD^"[k], markersize=5, color=color)
        right.lines[-1].set_label(learner)
    right.set_yticks(
        range(len(places)), [c if kind == "true" else f"{c}, permuted" for c, kind in places]
    )
    right.invert_yaxis()
    right.grid(False, axis="x")
    right.set_xlim(-0.05, 1.05)
    right.set_title("right outside the training range")
    right.set_xlabel("share of rows")
    right.legend(loc="lower right")


def _draw_curve(rows, axes, case):
    names = ("target", *LEARNERS[1:], "program")
    lines = {n: [(r["x"], r["value"]) for r in rows if r["learner"] == n] for n in names}
    values = [v for _, v in lines["target"]]
    room = max(values) - min(values)
    for name, points in lines.items():
        axes.plot(*zip(*points, strict=True), label=name, **_STYLES[name])
    axes.axvspan(lines["target"][0][0], CASES[case].edge, color="0.93", zorder=0)
    axes.set_ylim(min(values) - 0.3 * room, max(values) + 0.4 * room)
    axes.grid(False)
    axes.set_title(CASES[case].text)
    axes.set_xlabel("x")
    axes.set_ylabel(f"prediction at y = {CASES[case].slice:g}")
