"""Short programs predict formulas better than ridge and trees, and measured tables nearly as well.

Each table is divided into parts.  For each part, all learners are fitted on the others, and their
errors on the part are added up: cross-validation.

- program: the sum of one or two programs that says the training labels in the fewest bits, by
  `synth.regress`; the mean of the labels where no program pays for itself;
- ridge: linear regression with a penalty, which leaving one row out chooses among 13;
- tree: a regression tree, pruned by the cross-validation of its training rows.

Errors are shares of that of the mean of all labels: 0 is exact, and 1 is no better than the mean.
Tables of formulas have noise, or wrong labels, in training only.  Those of measurements come with
scikit-learn.
"""

from dataclasses import dataclass

import numpy as np

from synth import engine, tasks
from synth.errors import ExperimentError
from synth.experiments.base import present_mean, refuse_repeated, setting
from synth.experiments.rows import verdict
from synth.language import Real
from synth.report import COLOURS

GROUP = "noise and data"
TIME = "about 7 minutes on one core"
CONTROL = (
    "Each part has a twin, whose training labels are permuted. A program is chosen for at most 1 "
    "in 20 twins."
)
COLUMNS = (
    "table",
    "rows",
    "program",
    "ridge",
    "tree",
    "bits",
    "saved",
    "noise",
    "formula",
    "twins",
)
PANELS = 2
SUMMARY = {
    "formulas_won": "formulas of which the program has the least error",
    "measured_won": "measured tables of which the program has the least error",
    "measured_ratio": "measured tables: error of the program over the least of the others, mean",
    "bits_of_programs": "bits of the programs chosen, mean",
    "control_twins": "control: permuted labels for which a program is chosen",
    "verdict": "verdict",
}
LEARNERS = ("program", "ridge", "tree")
#: By how much a program's error may be above that of the better of the others, on measured tables,
#: and which share of twins may have a program.
NEAR, RARE = 0.1, 0.05

#: Formulas of x and z between 1 and 3: NumPy's functions of them.
FORMULAS = {
    "x * z + x": lambda x, z: x * z + x,
    "x / z^2": lambda x, z: x / z**2,
    "sqrt(x^2 + z^2)": lambda x, z: np.sqrt(x * x + z * z),
    "x * exp(-z)": lambda x, z: x * np.exp(-z),
}
#: Measured tables: the loader in scikit-learn, the column to predict (None for the target), and the
#: columns to predict it from (None for all others).
MEASURED = {
    "diabetes": ("load_diabetes", None, None),
    "iris petal width": ("load_iris", "petal width (cm)", None),
    "wine colour": ("load_wine", "color_intensity", None),
    "wine alcohol": ("load_wine", "alcohol", None),
    "cell area": ("load_breast_cancer", "mean area", "mean"),
    "cell concavity": ("load_breast_cancer", "mean concavity", "mean"),
}


@dataclass(frozen=True)
class Settings:
    tables: tuple[str, ...] = setting(
        (*FORMULAS, "x * z + x with wrong labels", *MEASURED), "Names of the tables."
    )
    rows: int = setting(100, "Number of rows of the tables that formulas make.", low=20)
    noise: float = setting(
        0.1, "Standard deviation of their noise, in units of that of the values.", low=0
    )
    parts: int = setting(5, "Number of parts of each table.", low=2)
    max_programs: int = setting(20_000, "Number of programs after which a search stops.", low=1)
    pairs: int = setting(200, "Sums of two are sought among so many programs.", low=0)
    dsl: str = setting("real:functions=true", "DSL of numbers.")
    seed: int = setting(0, "Seed for inputs, noise, parts and permuted labels.", low=0)


QUICK = {"tables": ("x * z + x", "x * z + x with wrong labels"), "parts": 2, "pairs": 50,
         "max_programs": 2000}  # fmt: skip
WRONG = " with wrong labels"


def run(settings, map):
    refuse_repeated(settings.tables, "tables")
    known = (*FORMULAS, *(f"{name}{WRONG}" for name in FORMULAS), *MEASURED)
    for name in settings.tables:
        if name not in known:
            raise ExperimentError(f"tables={name}; allowed: {'; '.join(known)}")
    try:
        import sklearn  # noqa: F401
    except ImportError as error:
        raise ExperimentError(
            f"regression needs scikit-learn ({error}); install it with: "
            "pip install 'synth-mdl[sklearn]'"
        ) from error
    yield from map(_measured, [(settings, name) for name in settings.tables])


def table(settings, name):
    """The columns by name, labels for training, and labels for testing, (n,) each."""
    if name in MEASURED:
        return _from_sklearn(*MEASURED[name])
    formula = FORMULAS[name.removesuffix(WRONG)]
    rng = np.random.default_rng(settings.seed)
    x, z = rng.uniform(1, 3, (2, settings.rows)).round(2)
    values = formula(x, z)
    labels = values + settings.noise * values.std() * rng.standard_normal(settings.rows)
    if name.endswith(WRONG):  # 1 in 20 is of the wrong size
        labels[rng.permutation(settings.rows)[: settings.rows // 20]] *= 10
    return {"x": x, "z": z}, labels.round(3), values


def _from_sklearn(loader, label, prefix):
    from sklearn import datasets

    found = getattr(datasets, loader)()
    names = [str(n) for n in found.feature_names]
    columns = {n: found.data[:, k].astype(float) for k, n in enumerate(names)}
    labels = found.target.astype(float) if label is None else columns.pop(label)
    kept = {n: c for n, c in columns.items() if prefix is None or n.startswith(prefix)}
    return {word(n): c.round(6) for n, c in kept.items()}, labels, labels


def word(name):
    """A name of a column without spaces and brackets."""
    return "".join(c if c.isalnum() else "_" for c in name).strip("_")


def _measured(item):
    """The row of a table."""
    settings, name = item
    columns, labels, truth = table(settings, name)
    n = len(labels)
    parts = np.random.default_rng([settings.seed, n]).permutation(n) % settings.parts
    left, twins = dict.fromkeys(LEARNERS, 0.0), 0
    for part in range(settings.parts):
        train = parts != part
        found, twin = searched(settings, columns, np.where(train, labels, truth), train)
        twins += twin.chosen == "program"
        predicted = {"program": found.predict(columns), **others(columns, labels, train, settings)}
        for learner in LEARNERS:
            left[learner] += float(np.square(predicted[learner] - truth)[~train].sum())
    found, twin = searched(settings, columns, labels, np.ones(n, bool))
    about = float(np.square(truth - truth.mean()).sum())
    used = found.chosen == "program"
    return {
        "table": name,
        "kind": "measured" if name in MEASURED else "formula",
        "rows": n,
        "inputs": len(columns),
        **{learner: (left[learner] / about) ** 0.5 for learner in LEARNERS},
        "chosen": found.chosen,
        "formula": found.program.text if used else None,
        "bits": found.program.bits if used else None,
        "total": found.total_bits,
        "saved": found.saved_bits,
        "noise": found.program.noise if used else None,
        "exceptions": len(found.program.exceptions) if used else None,
        "twins": twins + (twin.chosen == "program"),
        "twins_of": settings.parts + 1,
    }


def searched(settings, columns, labels, train):
    """The search for some labels and that for its twin, whose training labels are permuted."""
    types = dict.fromkeys(columns, Real)
    task = tasks.Task("table", columns, types, labels, Real, train, label="y")
    limits = {"max_programs": settings.max_programs, "threads": 1}
    twins = [task, task.permuted(settings.seed)]
    return engine.regress(twins, settings.dsl, pairs=settings.pairs, top=1, **limits)


def others(columns, labels, train, settings):
    """What ridge regression and a pruned tree predict for all rows."""
    from sklearn.linear_model import RidgeCV
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeRegressor

    matrix = np.column_stack(list(columns.values()))
    ridge = make_pipeline(StandardScaler(), RidgeCV(np.logspace(-3, 3, 13)))
    tree = DecisionTreeRegressor(random_state=settings.seed, min_samples_leaf=2)
    paths = tree.cost_complexity_pruning_path(matrix[train], labels[train]).ccp_alphas
    chosen = np.unique(np.quantile(np.maximum(paths, 0), np.linspace(0, 1, 20)))
    pruned = GridSearchCV(tree, {"ccp_alpha": chosen}, cv=5, scoring="neg_mean_squared_error")
    fitted = {"ridge": ridge, "tree": pruned}
    return {
        name: learner.fit(matrix[train], labels[train]).predict(matrix)
        for name, learner in fitted.items()
    }


def summarise(rows):
    formulas = [r for r in rows if r["kind"] == "formula"]
    measured = [r for r in rows if r["kind"] == "measured"]

    def won(some):
        return sum(r["program"] < min(r["ridge"], r["tree"]) for r in some)

    ratio = present_mean(r["program"] / min(r["ridge"], r["tree"]) for r in measured)
    wrong, every = sum(r["twins"] for r in rows), sum(r["twins_of"] for r in rows)
    claim = []
    if formulas:
        words = f"the program has the least error on {won(formulas)} of {len(formulas)} formulas"
        claim.append((won(formulas) == len(formulas), words))
    if measured:
        words = f"on measured tables its error is {ratio:.2f} times the least of the others"
        claim.append((ratio <= 1 + NEAR, words))
    control = [
        (wrong <= RARE * every, f"a program is chosen for {wrong} of {every} permuted labels")
    ]
    return {
        "formulas_won": f"{won(formulas)} of {len(formulas)}",
        "measured_won": f"{won(measured)} of {len(measured)}",
        "measured_ratio": ratio,
        "bits_of_programs": present_mean(r["bits"] for r in rows),
        "control_twins": f"{wrong} of {every}",
        "verdict": verdict(claim, control),
    }


CAPTION = """(a) Errors on rows that were not learned from, as shares of the error of the mean, for
each table: 0 is exact. (b) Bits of the programs (without coefficients and labels), and the bits
that they save for each 10 rows."""


def draw(rows, axes):
    errors, bits = axes
    places = np.arange(len(rows))
    names = [r["table"] for r in rows]
    colours = (COLOURS["program"], "C8", "C9")
    for k, (learner, color) in enumerate(zip(LEARNERS, colours, strict=True)):
        values = [r[learner] for r in rows]
        errors.barh(places + (k - 1) * 0.27, values, 0.25, color=color, label=learner)
    saved = [(r["saved"] or 0) / r["rows"] if r["bits"] else 0 for r in rows]
    for shift, values, color, label in (
        (-0.2, [r["bits"] or 0 for r in rows], COLOURS["program"], "program"),
        (0.2, [10 * each for each in saved], COLOURS["table"], "saved, 10 rows"),
    ):
        bits.barh(places + shift, values, 0.35, color=color, label=label)
    bits.set_xlim(right=1.8 * bits.get_xlim()[1])  # room for the legend
    errors.axvline(1, color=COLOURS["table"], linewidth=1)
    errors.set(title="error", xlabel="error / error of the mean")
    bits.set(title="bits", xlabel="bits")
    for axis, place in zip(axes, ("upper right", "center right"), strict=True):
        axis.set_yticks(places, names)
        axis.invert_yaxis()
        axis.legend(loc=place)
