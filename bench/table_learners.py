"""What learns the tables of `tables.py`: ours, scikit-learn's pruned tree, and RIPPER.

All have the same training rows.  Ours reads the file itself.  The tree and RIPPER get the columns
of the file as they are: numbers as numbers, with gaps, and texts as they need them (one-hot for the
tree).  What they predict is compared with the texts of the labels.

`priced` says what the peers' models cost in our code: a tree of each strength of pruning, and
RIPPER's rules, over the columns as our language has them, become programs (`translation.py`).  The
cheapest of them counts, so that a peer is not charged for what it did not optimise.
"""

import time
import warnings
from dataclasses import replace
from types import SimpleNamespace

import environments
import numpy as np
import pandas
import reach
import reach_peers
import table_files
from environments import Peer
from sklearn.compose import make_column_transformer
from sklearn.model_selection import GridSearchCV, KFold, train_test_split
from sklearn.preprocessing import OneHotEncoder
from sklearn.tree import DecisionTreeClassifier, export_text

import synth
from synth import codes, engine
from synth.engine.languages import languages_of

#: A text column of more values keeps the most frequent, and the rest are one: for the tree.
MOST_VALUES = 16
#: The most strengths of pruning among which cross-validation chooses, and its parts.
STRENGTHS, PARTS = 20, 5

RIPPER = Peer("RIPPER", "wittgenstein", "wittgenstein", "import wittgenstein", "wittgenstein_table")


def pick(tasks, options):
    """Ours: the results of searches of tasks that differ only in their labels.

    The one place where the bench says how ours is asked; for one task it is `synth.search`.
    """
    limits = {"max_programs": options.max_programs, "memory": options.memory}
    return engine.search_labellings(tasks, moves=options.moves, threads=1, seconds=None, **limits)


def split(table, number, most):
    """The training rows of a split, bool (rows,): half of the rows, at most `most`, stratified."""
    labels = np.array(table.labels)
    size = min(len(labels) // 2, most)
    rows = np.arange(len(labels))
    train, _ = train_test_split(rows, train_size=size, random_state=number, stratify=labels)
    return np.isin(rows, train)


def task_of(table, train):
    """The task that our reader makes of a file, with these training rows."""
    task = synth.read_table(table.path, label=table.label)
    if task.rows != len(table.rows):
        raise synth.SynthError(f"{task.rows} rows were read; there are {len(table.rows)}")
    return replace(task, train=train, **task.read(train))


def ours(table, train, options):
    """What our pick says of a split, as plain data."""
    began = time.process_time()
    try:
        task = task_of(table, train)
        (found,) = pick([task], options)
    except synth.SynthError as error:
        majority = _accuracy(_majority(table, train), table, ~train)
        return {"error": str(error), "accuracy": majority, "seconds": 0.0}
    seconds = time.process_time() - began
    row = described(found) | {"seconds": seconds, "notes": list(task.notes)}
    return row | {"train_accuracy": 1 - row["wrong"] / int(train.sum())}


def described(found):
    """What a search has found; `reads` says whether what was chosen reads inputs."""
    row = reach.described(found)
    program = found.program if found.chosen == "program" else None
    counts = found.trained_on.counts()
    wrong = int(sum(counts) - max(counts)) if program is None else program.exceptions
    return {
        "reads": found.chosen == "program" and not row["constant"],
        "wrong": wrong,
        "program": None if program is None else written(program),
        **{k: row[k] for k in ("total", "table", "bits", "accuracy", "candidates")},
        **{k: row[k] for k in ("chosen", "log2_chance_bound", "stop_reason")},
        **{"dsl": found.dsl, "language_bits": found.language_bits},
    }


def written(score):
    """The text of a program; of two labels it may be the other one that the program says."""
    return f"not: {score.text}" if score.inverted else score.text


def tree(table, train):
    """scikit-learn's tree with cost-complexity pruning chosen by cross-validation."""
    columns = {name: cells(column) for name, column in table.columns.items()}
    labels = np.array(table.labels)
    began = time.process_time()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # labels with fewer rows than there are parts
        encoder, shaped = encoded(columns, train)
        found = pruned(shaped[train], labels[train])
    best = found.best_estimator_
    seconds = time.process_time() - began
    names = [n.partition("__")[2] for n in encoder.get_feature_names_out()]
    return {
        "accuracy": float((best.predict(shaped[~train]) == labels[~train]).mean()),
        "train_accuracy": float((best.predict(shaped[train]) == labels[train]).mean()),
        "leaves": int(best.get_n_leaves()),
        "text": export_text(best, feature_names=names, max_depth=4),
        "seconds": seconds,
    }


def cells(column):
    """The values of a column of texts: float with NaN if all are numbers, otherwise texts."""
    numbers = [table_files.number(text) for text in column]
    return np.array(column, object) if None in numbers else np.array(numbers, float)


def encoded(columns, train):
    """(the fitted encoder, all rows as numbers): texts one-hot, as the training rows have them."""
    frame = pandas.DataFrame(columns)
    texts = [name for name, column in columns.items() if column.dtype == object]
    one_hot = OneHotEncoder(
        max_categories=MOST_VALUES, handle_unknown="infrequent_if_exist", sparse_output=False
    )
    encoder = make_column_transformer((one_hot, texts), remainder="passthrough")
    encoder.fit(frame[train])
    return encoder, np.asarray(encoder.transform(frame), float)


def pruned(table, labels):
    """The tree whose strength of pruning cross-validation on these rows chooses."""
    path = DecisionTreeClassifier(random_state=0).cost_complexity_pruning_path(table, labels)
    alphas = np.unique(np.maximum(path.ccp_alphas, 0))
    some = np.unique(np.linspace(0, len(alphas) - 1, STRENGTHS).astype(int))
    grid = {"ccp_alpha": alphas[some]}
    # Parts with equal shares of the labels need a label that is in each of them.
    most = np.unique(labels, return_counts=True)[1].max()
    parts = PARTS if most >= PARTS else KFold(PARTS, shuffle=True, random_state=0)
    return GridSearchCV(DecisionTreeClassifier(random_state=0), grid, cv=parts).fit(table, labels)


def ripper(table, train, python, timeout):
    """RIPPER's answer to a split, as plain data."""
    columns = {name: cells(column) for name, column in table.columns.items()}
    labels = np.array(table.labels)
    job = {
        "columns": {name: column[train].tolist() for name, column in columns.items()},
        "unseen": {name: column[~train].tolist() for name, column in columns.items()},
        "labels": labels[train].tolist(),
        "timeout": timeout,
        "seed": 0,
    }
    found = environments.answered(RIPPER, python, job)
    if "predicted" not in found:
        return found
    right = np.array(found["predicted"]) == labels[~train]
    return {"accuracy": float(right.mean())} | {k: found[k] for k in ("rules", "seconds")}


def priced(table, train, peer, python, timeout):
    """The cheapest of a peer's models as a program of our first language, or why there is none.

    It is charged the bits that say which language it is, as ours is.
    """
    try:
        task = task_of(table, train)
        specs = languages_of(task)
        found = reach_peers.answer(SimpleNamespace(task=task, dsl=specs[0]), peer, python, timeout)
    except synth.SynthError as error:
        return {"skip": str(error)}
    if "total" in found:
        found["total"] += codes.language_bits(len(specs))
    return found


def majority(table, train):
    """The held-out accuracy of the most frequent training label."""
    return _accuracy(_majority(table, train), table, ~train)


def _majority(table, train):
    values, counts = np.unique(np.array(table.labels)[train], return_counts=True)
    return values[counts.argmax()]


def _accuracy(label, table, rows):
    return float((np.array(table.labels)[rows] == label).mean())
