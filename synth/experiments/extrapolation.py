"""A short program holds outside the range it was found in; neighbours and ridge do not.

Training inputs are from a range, and unseen ones from within it and from outside.  The
program of least total bits is set beside the nearest neighbours and ridge regression with
Gaussian and polynomial features, whose settings the training rows choose.
"""

from dataclasses import dataclass

import numpy as np

from synth import engine
from synth.experiments.base import setting, spawn_seeds, uninterrupted
from synth.language import Grammar, Int, Mod, Real, dsls
from synth.learners import fit_ridge, neighbours
from synth.tasks import Task

CONTROL = (
    "the same labels permuted have no short program: the table is chosen and no learner is "
    "right outside; and on sums, which the features of polynomial ridge hold, ridge is right too"
)
COLUMNS = ("case", "labels", "learner", "right_inside", "right_outside", "chosen")
PANELS = 3

LEARNERS = ("program", "1-NN", "k-NN", "RBF ridge", "polynomial ridge")

#: Modulus of the residues.
P = 31
#: A Real prediction is right within this share of the training labels' deviation.
TOLERANCE = 0.01
WIDTHS = (0.25, 0.5, 1.0, 2.0, 4.0)
DEGREES = (1, 2, 3, 4, 5, 6)
NEIGHBOURS = (2, 3, 4, 5, 7, 10)


@dataclass(frozen=True)
class Case:
    """A target; type: of inputs and labels; edge: inputs below it are inside the range."""

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
#: Cases whose target is among what polynomial ridge can say.
HELD = ("sum", "modular-sum")
DRAWN = ("integer", "real")


@dataclass(frozen=True)
class Settings:
    cases: tuple[str, ...] = setting(tuple(CASES), "targets", choices=tuple(CASES))
    train: int = setting(100, "training rows", low=10, high=120)
    unseen: int = setting(200, "unseen rows outside the range", low=1, high=600)
    max_bits: float = setting(28.0, "of the programs that are searched", low=1, high=40)
    seed: int = setting(0, "of rows and permutations", low=0)


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


_EMPTY = dict.fromkeys((
    "kind", "case", "labels", "learner", "rows", "right_inside", "right_outside",
    "error_outside", "chosen", "bits", "x", "value",
))  # fmt: skip


def task_of(name, train, unseen, seed):
    """(task, inside): the rows of a case, those for training first; inside bool (rows,).

    Rows that are inside the range and not for training are unseen ones too.
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
    task = Task(
        name, columns, dict.fromkeys(columns, case.type), case.target(x, y), case.type,
        np.arange(len(x)) < train,
    )  # fmt: skip
    return task, inside


def _compared(item):
    """The rows of the table for one case, its labels and the permuted ones; and curves."""
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
        ("true", task, found.structured), ("permuted", twin, found.random),
    ):  # fmt: skip
        answers = {"program": _program(result, given, grammar)}
        answers |= baselines(given)
        for learner, (predict, chosen) in answers.items():
            right, error = _scores(predict(given.columns), given, inside)
            rows.append(_EMPTY | {
                "kind": "score", "case": name, "labels": labels, "learner": learner,
                "rows": train, "right_inside": right[0], "right_outside": right[1],
                "error_outside": error, "chosen": chosen,
                "bits": result.total_bits if learner == "program" else None,
            })  # fmt: skip
            if labels == "true":
                curves += _curve(name, learner, line, predict(line)[0])
    curves += _curve(name, "target", line, case.target(line["x"], line["y"]))
    return rows, curves if name in DRAWN else []


def _curve(name, learner, line, values):
    common = _EMPTY | {"kind": "curve", "case": name, "learner": learner}
    points = zip(line["x"].tolist(), values.tolist(), strict=True)
    return [common | {"x": x, "value": value} for x, value in points]


def _line(name):
    """Columns along which y is constant and x goes from inside the range to outside."""
    case = CASES[name]
    if case.type is Real:
        x = np.round(np.linspace(1, 10, 61), 2)
    else:
        x = np.arange(P if case.type.family == "Mod" else 3 * case.edge)
    return {"x": x, "y": np.full(len(x), case.slice, case.type.dtype)}


def _scores(predictions, task, inside):
    """([share right inside, outside], error outside), means over predictions (m, rows).

    They are of m programs that tie.  The error is the root of the mean square over the
    deviation of the same rows' labels; None for residues.
    """
    right, outside = np.array([correct(p, task) for p in predictions]), task.labels[~inside]
    shares = [float(right[:, rows].mean()) for rows in (inside & ~task.train, ~inside)]
    if task.label_type.family == "Mod" or not outside.std():
        return shares, None
    far = predictions[:, ~inside] - outside
    return shares, float(np.sqrt(np.square(far).mean()) / outside.std())


def correct(predicted, task):
    """Where predictions (rows,) are right, bool (rows,).

    They are rounded to the nearest whole number, or to the nearest residue; of Reals see
    `TOLERANCE`.
    """
    if task.label_type.inexact:
        near = TOLERANCE * task.labels[task.train].std()
        return np.abs(predicted - task.labels) <= near
    said = np.rint(predicted)
    if task.label_type.family == "Mod":
        said = said % task.label_type.size
    return said == task.labels


# -- learners: (a function from columns to predictions (m, rows), what was chosen) --------


def _program(result, task, grammar):
    """What the search chose: the programs of the least total, or the table's majority."""
    if result.chosen == "table":
        majority = task.majority()
        return lambda columns: np.full((1, len(columns["x"])), float(majority)), "table"
    programs = [
        type(result.best).parse(other.text, grammar)
        for other in result.top
        if other.kind == "program" and other.total_bits == result.program.total_bits
    ]

    def predict(columns):
        found = []
        for program in programs:
            values, defined = program.outputs(columns)
            found.append(np.where(defined, values.astype(float), np.nan))
        return np.array(found)

    return predict, result.best.text


def baselines(task):
    """The learners beside the program, by name: {learner: (predict, chosen)}.

    predict: columns to predictions (1, rows).  Nothing but training rows is used.
    """
    train = {name: column[task.train] for name, column in task.columns.items()}
    encode, decode = _labels(task.label_type)
    points = _features(train, task.label_type)
    center, scale = points.mean(axis=0), points.std(axis=0)
    points = (points - center) / scale
    labels = encode(task.labels[task.train])

    def learner(solve, chosen):
        def predict(columns):
            new = (_features(columns, task.label_type) - center) / scale
            return decode(solve(new))[None]

        return predict, chosen

    one = nearest(points, labels, (1,))
    several = nearest(points, labels, NEIGHBOURS)
    gaussian = [(f"width {w:g}", _gaussian(points, w)) for w in WIDTHS]
    polynomial = [(f"degree {d}", _polynomial(d)) for d in DEGREES]
    return {
        "1-NN": learner(*one),
        "k-NN": learner(*several),
        "RBF ridge": learner(*_best_ridge(points, labels, gaussian)),
        "polynomial ridge": learner(*_best_ridge(points, labels, polynomial)),
    }


def _features(columns, kind):
    """Numbers as they are, residues as points of the unit circle: float64 (rows, 2 or 4)."""
    values = np.stack([columns[name] for name in ("x", "y")], axis=1).astype(float)
    if kind.family != "Mod":
        return values
    angles = 2 * np.pi * values / kind.size
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=1)


def _labels(kind):
    """(labels to targets (rows, 1 or 2), and back), as for `_features`."""
    if kind.family != "Mod":
        return lambda values: values.astype(float)[:, None], lambda targets: targets[:, 0]

    def encode(values):
        angles = 2 * np.pi * values / kind.size
        return np.stack([np.cos(angles), np.sin(angles)], axis=1)

    def decode(targets):
        angles = np.arctan2(targets[:, 1], targets[:, 0])
        return np.rint(angles / (2 * np.pi) * kind.size) % kind.size

    return encode, decode


def nearest(points, labels, counts):
    """(solve, chosen) of the mean over the k nearest neighbours, k of least leave-one-out error.

    points: (n, d); labels: (n, t); counts: what k may be.  Ties of distance go to the
    rows that come first.
    """
    order = neighbours(points, k=max(counts))
    errors = [np.square(labels[order[:, :k]].mean(axis=1) - labels).mean() for k in counts]
    k = counts[int(np.argmin(errors))]

    def solve(new):
        return labels[neighbours(points, new, k)].mean(axis=1)

    return solve, f"k={k}"


def _distances(a, b):
    return np.square(a[:, None] - b).sum(axis=2)


def _gaussian(points, width):
    """A kernel: exp(-d**2 / 2 w**2), w being `width` times the points' median distance."""
    far = _distances(points, points)
    median = np.median(far[np.triu_indices(len(points), 1)])
    return lambda a, b: np.exp(-_distances(a, b) / (2 * width**2 * median))


def _polynomial(degree):
    """A kernel: the product of all monomials of up to so many factors."""
    from itertools import combinations_with_replacement

    def monomials(points):
        columns = range(points.shape[1])
        chosen = (c for d in range(degree + 1) for c in combinations_with_replacement(columns, d))
        return np.stack([points[:, c].prod(axis=1) for c in chosen], axis=1)

    return lambda a, b: monomials(a) @ monomials(b).T


def _best_ridge(points, labels, kernels):
    """(solve, chosen) of the kernel and ridge of least leave-one-out error."""
    center, best = labels.mean(axis=0), None
    for name, kernel in kernels:
        error, ridge, weights = fit_ridge(kernel(points, points), labels - center)
        if best is None or error < best[0]:
            best = error, f"{name}, ridge {ridge:.0e}", kernel, weights
    _, chosen, kernel, weights = best
    return (lambda new: kernel(new, points) @ weights + center), chosen


# -- what comes of it -----------------------------------------------------------------------


def summarise(rows):
    scores, found = [r for r in rows if r["kind"] == "score"], {}
    for labels, held, title in (
        ("true", False, "share right outside the range"),
        ("true", True, "share right outside, target held by polynomial ridge"),
        ("permuted", None, "control: share right outside, permuted labels"),
    ):
        for row in scores:
            if row["labels"] == labels and held in (None, row["case"] in HELD):
                case = found.setdefault(title, {}).setdefault(row["case"], {})
                case[row["learner"]] = row["right_outside"]
    for labels in ("true", "permuted"):
        found[f"chosen for {labels} labels"] = {
            r["case"]: r["chosen"]
            for r in scores
            if (r["labels"], r["learner"]) == (labels, "program")
        }
    return found


_STYLES = {
    "target": {"color": "0.75", "linewidth": 6, "solid_capstyle": "butt"},
    "program": {"color": "black", "linestyle": "-", "linewidth": 1.5},
}


def draw(rows, axes):
    *curves, right = axes
    there = list(dict.fromkeys(r["case"] for r in rows))
    for each, case in zip(curves, DRAWN, strict=True):
        if case in there:
            _draw_curve([r for r in rows if r["kind"] == "curve" and r["case"] == case], each, case)
    scores = [r for r in rows if r["kind"] == "score"]
    places = [(c, "true") for c in there] + [(c, "permuted") for c in there if c not in HELD]
    for k, learner in enumerate(LEARNERS):
        mine = {(r["case"], r["labels"]): r for r in scores if r["learner"] == learner}
        right.plot(
            [mine[p]["right_outside"] for p in places], np.arange(len(places)) + 0.12 * (k - 2),
            "oxsD^"[k], markersize=5, color="black" if learner == "program" else f"C{k}",
        )  # fmt: skip
        right.lines[-1].set_label(learner)
    right.set_yticks(
        range(len(places)), [c if kind == "true" else f"{c}, permuted" for c, kind in places]
    )
    right.invert_yaxis()
    right.grid(False, axis="x")
    right.set_xlim(-0.05, 1.05)
    right.set_xlabel("share right outside")
    right.legend(fontsize="small", loc="center", bbox_to_anchor=(0.62, 0.25))


def _draw_curve(rows, axes, case):
    names = ("target", *LEARNERS[1:], "program")
    lines = {n: [(r["x"], r["value"]) for r in rows if r["learner"] == n] for n in names}
    values = [v for _, v in lines["target"]]
    room = max(values) - min(values)
    for k, (name, points) in enumerate(lines.items()):
        style = _STYLES.get(name) or {"color": f"C{k}", "linewidth": 1.2}
        axes.plot(*zip(*points, strict=True), label=name, **style)
    axes.axvspan(lines["target"][0][0], CASES[case].edge, color="0.93", zorder=0)
    axes.set_ylim(min(values) - 0.3 * room, max(values) + 0.4 * room)
    axes.grid(False)
    axes.set_xlabel(f"x (y = {CASES[case].slice:g}); shaded: training")
    axes.set_ylabel(CASES[case].text)
