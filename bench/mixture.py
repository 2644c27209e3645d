"""The estimator's mixture beside its pick, a pruned tree, logistic regression and a random forest.

    python bench/mixture.py [--splits N] [--rows N] [--tables TEXT] [--folder PATH] [--out FILE]
                            [--stale] [--labels permuted] [--json FILE]

The tables and their splits are those of `tables.py`, whose `--install` fetches the packages that
ship them.  All learners have the same training rows and predict probabilities of the others: the
tree is pruned by cost and complexity as cross-validation chooses, logistic regression sees
standardised columns, and the forest has 200 trees.  Their probabilities are mixed with the shares
of the labels as if by one more row, since a leaf of one label would otherwise lose infinitely many
bits.  "No worse" is by one standard error of the paired differences to the tree.  The calibration
error is the mean difference between how sure a learner is and how often it is right, in ten bins of
equally many held-out rows, over all splits of a table.

With `--labels permuted` the training labels are permuted: nothing predicts the others then.

What is finished is kept in `--out` with a checksum and is not run again.
"""

import statistics
import time
import warnings
from functools import partial
from pathlib import Path

import document
import kept
import numpy as np
import pandas
import table_files
import table_learners
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

import synth

LEARNERS = ("mixture", "pick", "tree", "logistic", "forest")
#: The code that decides what the mixture says, beside that of searches.
OWN = [kept.PACKAGE / "exact" / "trees.py", *sorted((kept.PACKAGE / "learners").glob("*.py"))]
BINS = 10


def main(arguments=None):
    options = parse(arguments)
    found, _ = table_files.tables(options.folder)
    found = [t for t in found if not options.tables or any(x in t.name for x in options.tables)]
    if not found:
        raise SystemExit(f"no such tables below {options.folder}; try bench/tables.py --install")
    files, rows = kept.Kept(options.out), []
    print(HEAD)
    for table in found:
        rows.append(summed(table, splits(table, files, options)))
        print(line(rows[-1]), flush=True)
    print(summary(rows))
    settings = {name: getattr(options, name) for name in ("labels", "splits", "rows")}
    return document.write(options.json, settings=settings, rows=rows)


def parse(arguments):
    parser = document.parser(__doc__, "mixture")
    add = parser.add_argument
    add("--labels", choices=("true", "permuted"), default="true")
    add("--splits", type=int, default=20, help="splits of each table (default: 20)")
    add("--rows", type=int, default=500, help="the most training rows (default: 500)")
    add("--tables", action="append", metavar="TEXT", help="only tables whose name contains this")
    add("--folder", type=Path, default=document.HERE / ".peers", help="folder of the packages")
    add("--out", type=Path, default=document.HERE / "results" / "mixture.jsonl", help="kept rows")
    add("--stale", action="store_true", help="take kept rows of other code")
    options = parser.parse_args(arguments)
    for name in ("splits", "rows"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} {getattr(options, name)}; allowed: 1 and more")
    return options


def splits(table, files, options):
    """What all learners say on all splits of a table."""
    now, rows = kept.code(__file__, table_files.__file__, table_learners.__file__, *OWN), []
    for number in range(options.splits):
        key = {"table": table.name, "split": number, "rows": options.rows, "of": options.labels}
        row = files.get(key)
        if row is None or not (options.stale or row["code"] == now):
            train = table_learners.split(table, number, options.rows)
            row = files.keep(key, measured(table, train, number, options) | {"code": now})
        rows.append(row)
    return rows


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
    fits = {
        "mixture": partial(_ours, True, frame[train], given, frame[~train]),
        "pick": partial(_ours, False, frame[train], given, frame[~train]),
        "tree": partial(_peer, table_learners.pruned, shaped, train, given),
        "logistic": partial(_peer, _logistic, shaped, train, given),
        "forest": partial(_peer, _forest, shaped, train, given),
    }
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name, fit in fits.items():
            began = time.process_time()
            said, classes = fit()
            seconds = time.process_time() - began
            made[name] = scored(said, classes, given, labels[~train]) | {"seconds": seconds}
    return made


def _ours(mixture, frame, labels, asked):
    model = synth.ProgramClassifier(mixture=mixture).fit(frame, labels)
    return model.predict_proba(asked), model.classes_


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
    counts = np.unique(table.labels, return_counts=True)[1]
    row["most frequent"] = float(counts.max() / counts.sum())
    return row


def calibration(sure, right):
    """The mean difference of sureness and rightness in bins of equally many rows."""
    order = np.argsort(sure, kind="stable")
    bins = [b for b in np.array_split(order, BINS) if len(b)]
    return float(sum(len(b) * abs(sure[b].mean() - right[b].mean()) for b in bins) / len(order))


HEAD = (
    f"{'table':24}{'k':>3}  {'accuracy: mix pick tree logi fore':37}"
    f"{'bits a row: mix tree logi fore':>30}{'mix - tree':>15}{'sec':>6}"
)


def line(row):
    accuracies = "".join(f"{row[n]['accuracy']:7.3f}" for n in LEARNERS)
    losses = "".join(f"{row[n]['loss']:7.3f}" for n in LEARNERS if n != "pick")
    mean, error = row["accuracy difference"]
    seconds = row["mixture"]["seconds"]
    return (
        f"{row['table'][:24]:24}{row['classes']:3}{accuracies}  {losses}  {mean:+.3f}±{error:.3f}"
        f"{seconds:6.1f}"
    )


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
    worst = max(rows, key=lambda r: r["mixture"]["loss"] - r["shares loss"])
    lines.append(
        f"mean loss of the shares of the labels alone: "
        f"{statistics.fmean(r['shares loss'] for r in rows):.4f}; the mixture loses most against "
        f"them on {worst['table']}: {worst['mixture']['loss']:.3f}, {worst['shares loss']:.3f}"
    )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
