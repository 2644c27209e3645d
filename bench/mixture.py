"""The estimator's mixture beside its pick, a pruned tree, logistic regression and a random forest.

    python bench/mixture.py [--splits N] [--rows N] [--tables TEXT] [--folder PATH] [--out FILE]
                            [--stale] [--labels permuted] [--figure FILE] [--json FILE]

The tables and their splits are those of `tables.py`, whose `--install` fetches the packages that
ship them.  All learners have the same training rows and predict probabilities of the others: the
tree is pruned by cost and complexity as cross-validation chooses, logistic regression sees
standardised columns, and the forest has 200 trees.  Their probabilities are mixed with the shares
of the labels as if by one more row, since a leaf of one label would otherwise lose infinitely many
bits.  "No worse" is by one standard error of the paired differences to the tree.  The calibration
error is the mean difference between how sure a learner is and how often it is right, in ten bins of
equally many held-out rows, over all splits of a table.

The rule that a search picks is stable if it comes back on other splits.  "Agrees" is how often the
picks of two splits say the same label, over all pairs of splits and all rows of the table; "comes
back" is the share of pairs of splits whose picks say the same labels on all rows.

The pick is the hypothesis that the mixture's own fit has found, asked without the mixture.

RIPPER answers too, if its environment is in the folder (`tables.py --install`); it gives no
probabilities.  Its answers are kept as `tables.py` keeps them.  `--figure` draws how often the
learners are right against how sure they are, in bins of equally many held-out rows of all tables
and splits.

With `--labels permuted` the training labels are permuted: nothing predicts the others then.

The first split of all tables is run first, then the second one.  What is finished is kept in
`--out` with a checksum and is not run again: `--splits N` then shows the first N splits.
"""

import itertools
import statistics
import time
import warnings
from pathlib import Path

import document
import environments
import kept
import numpy as np
import pandas
import table_files
import table_learners
import tables
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import synth
from synth.learners import mixture_of
from synth.learners.stability import in_pairs

LEARNERS = ("mixture", "pick", "tree", "logistic", "forest")
#: The code that decides what the mixture says, beside that of searches.
OWN = [
    *(kept.PACKAGE / "exact" / name for name in ("cards.py", "trees.py")),
    *sorted((kept.PACKAGE / "learners").glob("*.py")),
]
BINS = 10


def main(arguments=None):
    options = parse(arguments)
    found, _ = table_files.tables(options.folder)
    found = [t for t in found if not options.tables or any(x in t.name for x in options.tables)]
    if not found:
        raise SystemExit(f"no such tables below {options.folder}; try bench/tables.py --install")
    options.python = environments.find_python(table_learners.RIPPER, options.folder)
    files, rows = kept.Kept(options.out), []
    taken = {t.name: [] for t in found}
    for number, table in itertools.product(range(options.splits), found):
        row = measured_once(table, number, files, options)
        if options.python is not None and options.labels == "true":
            row = row | {"RIPPER": tables.ripper(table, number, files, options)}
        taken[table.name].append(row)
    print(HEAD)
    for table in found:
        rows.append(summed(table, taken[table.name]))
        print(line(rows[-1]), flush=True)
    print(summary(rows))
    if options.figure is not None:
        drawn([row for each in taken.values() for row in each], options.figure)
    settings = {name: getattr(options, name) for name in ("labels", "splits", "rows")}
    return document.write(options.json, settings=settings, rows=rows)


def parse(arguments):
    parser = document.parser(__doc__, "mixture")
    add = parser.add_argument
    add("--labels", choices=("true", "permuted"), default="true")
    add("--splits", type=int, default=20, help="splits of each table (default: 20)")
    add("--rows", type=int, default=500, help="the most training rows (default: 500)")
    add("--timeout", type=float, default=60.0, help="seconds of an answer of RIPPER (default: 60)")
    add("--tables", action="append", metavar="TEXT", help="only tables whose name contains this")
    add("--folder", type=Path, default=document.HERE / ".peers", help="folder of the packages")
    add("--out", type=Path, default=document.HERE / "results" / "mixture.jsonl", help="kept rows")
    add("--figure", type=Path, help="draw how often learners are right against how sure they are")
    add("--stale", action="store_true", help="take kept rows of other code")
    options = parser.parse_args(arguments)
    for name in ("splits", "rows"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} {getattr(options, name)}; allowed: 1 and more")
    if not options.timeout > 0:
        parser.error(f"--timeout {options.timeout}; allowed: above 0")
    return options


def measured_once(table, number, files, options):
    """What all learners say on a split of a table, as it is kept."""
    now = kept.code(__file__, table_files.__file__, table_learners.__file__, *OWN)
    key = {"table": table.name, "split": number, "rows": options.rows, "of": options.labels}
    row = files.get(key)
    if row is None or not (options.stale or row["code"] == now):
        train = table_learners.split(table, number, options.rows)
        row = files.keep(key, measured(table, train, number, options) | {"code": now})
    return row


def measured(table, train, number, options):
    """What each learner says of the held-out rows of a split."""
    columns = {name: table_learners.cells(column) for name, column in table.columns.items()}
    labels = np.array(table.labels)
    given = labels[train]
    if options.labels == "permuted":
        given = np.random.default_rng(number).permutation(given)
    frame = pandas.DataFrame(columns)
    shaped = np.nan_to_num(table_learners.encoded(columns, train)[1], nan=-1.0)
    made = {"shares": {"loss": loss(shares(given, labels[~train]), given, labels[~train])}}
    peers = {"tree": table_learners.pruned, "logistic": _logistic, "forest": _forest}
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, (said, classes, more) in _ours(frame, train, given).items():
            made[name] = scored(said, classes, given, labels[~train]) | more
        for name, fit in peers.items():
            began = time.process_time()
            said, classes = _peer(fit, shaped, train, given)
            seconds = time.process_time() - began
            made[name] = scored(said, classes, given, labels[~train]) | {"seconds": seconds}
    return made


def _ours(frame, train, labels):
    """By name: the probabilities of held-out rows, the classes, and what else is kept.

    The pick is fitted first, then the mixture around it, as `ProgramClassifier` does.
    """
    began = time.process_time()
    model = synth.ProgramClassifier(mixture=False).fit(frame[train], labels)
    picked = time.process_time()
    said = model.predict_proba(frame[~train])
    told = time.process_time()
    rule = model.chosen_ if model.program_ is None else model.program_.text
    says = [str(each) for each in model.predict(frame)]
    kept = {"rule": rule, "says": says, "bits": model.bits_, "table bits": model.table_bits_}
    made = {"pick": (said, model.classes_, kept | {"seconds": told - began})}
    began += time.process_time() - picked
    model.mixture_ = mixture_of(model.results_[0]) if model.results_ else None
    said = model.predict_proba(frame[~train])
    seconds = time.process_time() - began
    made["mixture"] = said, model.classes_, {"seconds": seconds}
    return made


def _peer(fit, shaped, train, labels):
    model = fit(shaped[train], labels)
    said, n = model.predict_proba(shaped[~train]), len(labels)
    one = shares(labels, shaped[~train])
    return (n * said + one) / (n + 1), model.classes_


def _logistic(points, labels):
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=2000))
    return model.fit(points, labels)


def _forest(points, labels):
    return RandomForestClassifier(200, random_state=0, n_jobs=1).fit(points, labels)


def shares(labels, rows):
    """How often each label occurs, for each of some rows."""
    counts = np.unique(labels, return_counts=True)[1]
    return np.tile(counts / counts.sum(), (len(rows), 1))


def loss(said, given, right):
    """Bits a row of the labels that training rows have."""
    classes = np.unique(given)
    places = np.minimum(np.searchsorted(classes, right), len(classes) - 1)
    there = classes[places] == right
    return float(-np.log2(said[np.arange(len(right)), places][there]).mean())


def scored(said, classes, given, right):
    """What probabilities of held-out rows are worth."""
    most = classes[said.argmax(axis=1)]
    sure = said.max(axis=1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # labels that only training rows have
        balanced = float(balanced_accuracy_score(right, most))
    return {
        "accuracy": float((most == right).mean()),
        "balanced": balanced,
        "loss": loss(said, given, right),
        "sure": [round(s, 4) for s in sure.tolist()],
        "right": [int(r) for r in (most == right).tolist()],
    }


def summed(table, rows):
    """One row of the table: what all splits say."""
    row = {"table": table.name, "rows": len(table.rows), "classes": len(set(table.labels))}
    row["shares loss"] = statistics.fmean(r["shares"]["loss"] for r in rows)
    for name in LEARNERS:
        row[name] = {
            key: statistics.fmean(r[name][key] for r in rows)
            for key in ("accuracy", "balanced", "loss", "seconds")
            if key in rows[0][name]
        }
        if "sure" in rows[0][name]:
            pooled = [np.concatenate([r[name][key] for r in rows]) for key in ("sure", "right")]
            row[name]["calibration"] = calibration(*pooled)
    for key in ("accuracy", "balanced", "loss"):
        each = [r["mixture"][key] - r["tree"][key] for r in rows]
        error = statistics.stdev(each) / len(each) ** 0.5 if len(each) > 1 else 0.0
        row[f"{key} difference"] = statistics.fmean(each), error
    says = [r["pick"]["says"] for r in rows]
    row["agrees"], row["comes back"] = in_pairs(says) if len(says) > 1 else (None, None)
    answered = [r["RIPPER"]["accuracy"] for r in rows if "accuracy" in r.get("RIPPER", ())]
    row["RIPPER"] = statistics.fmean(answered) if answered else None
    counts = np.unique(table.labels, return_counts=True)[1]
    row["most frequent"] = float(counts.max() / counts.sum())
    return row


def reliability(rows, name):
    """How sure a learner is and how often it is right, (bins, 2): bins of equally many rows."""
    sure, right = (np.concatenate([r[name][key] for r in rows]) for key in ("sure", "right"))
    bins = np.array_split(np.argsort(sure, kind="stable"), BINS)
    return np.array([(sure[b].mean(), right[b].mean()) for b in bins if len(b)])


def drawn(rows, path):
    """The figure of how often learners are right against how sure they are."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], ":", color="grey")
    for name, style in (("mixture", "-o"), ("tree", "--s"), ("logistic", "-.^"), ("forest", ":D")):
        axes.plot(*reliability(rows, name).T, style, markersize=4, label=name)
    axes.set(xlabel="mean probability of the predicted label", ylabel="share that is right")
    axes.legend()
    figure.savefig(path)
    print(f"drawn to {path}")


def calibration(sure, right):
    """The mean difference of sureness and rightness in bins of equally many rows."""
    order = np.argsort(sure, kind="stable")
    bins = [b for b in np.array_split(order, BINS) if len(b)]
    return float(sum(len(b) * abs(sure[b].mean() - right[b].mean()) for b in bins) / len(order))


HEAD = (
    f"{'table':24}{'k':>3}  {'accuracy: mix pick tree logi fore':37}"
    f"{'bits a row: mix tree logi fore':>30}{'mix - tree':>15}{'sec':>6}{'agrees':>8}{'RIPPER':>8}"
)


def line(row):
    accuracies = "".join(f"{row[n]['accuracy']:7.3f}" for n in LEARNERS)
    losses = "".join(f"{row[n]['loss']:7.3f}" for n in LEARNERS if n != "pick")
    mean, error = row["accuracy difference"]
    seconds = row["mixture"]["seconds"]
    return (
        f"{row['table'][:24]:24}{row['classes']:3}{accuracies}  {losses}  {mean:+.3f}±{error:.3f}"
        f"{seconds:6.1f}{_given(row['agrees'])}{_given(row['RIPPER'])}"
    )


def _given(value):
    return f"{'-':>8}" if value is None else f"{value:8.3f}"


def summary(rows):
    """What all tables say together."""

    def mean(name, key):
        return statistics.fmean(row[name][key] for row in rows)

    def counted(key, sign):
        no_worse = sum(sign * r[key][0] >= -r[key][1] for r in rows)
        better = sum(sign * r[key][0] > r[key][1] for r in rows)
        return f"no worse on {no_worse}, better on {better} of {len(rows)}"

    lines = [f"accuracy, mixture and tree: {counted('accuracy difference', 1)}"]
    lines.append(f"loss, mixture and tree: {counted('loss difference', -1)}")
    uneven = sorted(rows, key=lambda row: -row["most frequent"])[:3]
    said = ", ".join(
        f"{r['table']} {r['balanced difference'][0]:+.3f}±{r['balanced difference'][1]:.3f}"
        for r in uneven
    )
    lines.append(f"balanced accuracy, mixture - tree, on the three most uneven: {said}")
    for key, digits in (
        ("accuracy", 4),
        ("balanced", 4),
        ("loss", 4),
        ("calibration", 4),
        ("seconds", 2),
    ):
        there = [n for n in LEARNERS if key in rows[0][n]]
        lines.append(f"mean {key}: " + ", ".join(f"{n} {mean(n, key):.{digits}f}" for n in there))
    for key in ("agrees", "comes back", "RIPPER"):
        there = [row[key] for row in rows if row[key] is not None]
        if there:
            lines.append(f"mean {key}: {statistics.fmean(there):.4f}, of {len(there)} tables")
    worst = max(rows, key=lambda r: r["mixture"]["loss"] - r["shares loss"])
    lines.append(
        f"mean loss of the shares of the labels alone: "
        f"{statistics.fmean(r['shares loss'] for r in rows):.4f}; the mixture loses most against "
        f"them on {worst['table']}: {worst['mixture']['loss']:.3f}, {worst['shares loss']:.3f}"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
