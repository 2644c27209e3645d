"""What other tools say about the tasks of `reach_tasks.py`, in bits of each task's own DSL.

    python bench/reach_peers.py [--tasks TEXT] [--peers NAME] [--timeout S] [--folder PATH]
                                [--install] [--out FILE] [--ours FILE] [--stale] [--markdown]
                                [--json FILE]

The peers are scikit-learn's pruned decision tree, RIPPER (wittgenstein), espresso (pyeda) and
gplearn.  Each runs in a process of its own, in the environment that `--install` makes for it, and
is given the training rows with the columns as the DSL reads them.  Its models become programs of
the task's DSL (`translation.py`), which our code prices.  If a tool gives several models (trees of
different size, rules for the labels and for their opposite), the cheapest counts.  A peer that
cannot do a task has "-".

With `--ours` the table has our totals too, from the file that `reach.py` keeps.
"""

import json
import statistics
from pathlib import Path

import document
import environments
import kept
import numpy as np
import reach
import reach_tasks
import translation
from environments import Peer

from synth import codes, tasks
from synth.language.types import Bool

#: RIPPER is given so many comparisons of a column of numbers, as it would make bins itself.
BINS = 10
#: espresso enumerates what is neither true nor false; over 64 columns it does not end in 40 s.
WIDEST = 32

PEERS = (
    Peer("tree", "sklearn", "scikit-learn", "import sklearn", "sklearn_tree"),
    Peer("RIPPER", "wittgenstein", "wittgenstein", "import wittgenstein", "wittgenstein_ripper"),
    Peer("espresso", "pyeda", "pyeda", "import pyeda.boolalg.espresso", "pyeda_espresso"),
    Peer("gplearn", "gplearn", "gplearn", "import gplearn.genetic", "gplearn_formula"),
)


def main(arguments=None):
    options = parse(arguments)
    peers = [p for p in PEERS if not options.peers or p.name in options.peers]
    if options.install:
        environments.install(peers, options.folder)
    pythons = {}
    for peer in peers:
        python = pythons[peer.name] = environments.find_python(peer, options.folder)
        if python is None:
            print(f"{peer.name}: not found; pip install {peer.package}, or try --install")
    files = kept.Kept(options.out)
    if files.damaged:
        print(f"{options.out}: damaged, not taken: line {', '.join(map(str, files.damaged))}")
    rows = []
    for one in reach.chosen(options.tasks):
        answers = {}
        for peer in peers:
            if pythons[peer.name] is not None:
                answers[peer.name] = item(one, peer, pythons[peer.name], options, files)
                print(f"{one.name:32} {peer.name:10} {said(answers[peer.name])}", flush=True)
        rows.append(summed(one, answers, options.ours))
    print(summary(rows))
    if options.markdown:
        print(markdown(rows, [peer.name for peer in peers]))
    return document.write(options.json, settings={"timeout": options.timeout}, rows=rows)


def parse(arguments):
    parser = document.parser(__doc__, "reach_peers")
    parser.add_argument(
        "--tasks",
        action="append",
        metavar="TEXT",
        help="only tasks whose name contains this; may be repeated",
    )
    names = [peer.name for peer in PEERS]
    parser.add_argument("--peers", action="append", choices=names, help="only this peer")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds (default: 60)")
    parser.add_argument("--folder", type=Path, default=document.HERE / ".peers")
    parser.add_argument("--install", action="store_true", help="make missing environments first")
    parser.add_argument("--out", type=Path, default=document.HERE / "results" / "reach_peers.jsonl")
    parser.add_argument("--ours", type=Path, help="the file that reach.py keeps")
    parser.add_argument("--stale", action="store_true", help="take kept answers of other code")
    parser.add_argument("--markdown", action="store_true", help="print the table")
    options = parser.parse_args(arguments)
    if not options.timeout > 0:
        parser.error(f"--timeout {options.timeout}; allowed: above 0")
    return options


def item(one, peer, python, options, files):
    """A peer's answer to a task, which is kept."""
    sources = [reach_tasks.__file__, __file__, translation.__file__]
    now = kept.code(*sources, document.HERE / "workers" / f"{peer.worker}.py")
    key = {"task": one.name, "peer": peer.name, "timeout": options.timeout}
    row = files.get(key)
    if row is None or (row["code"] != now and not options.stale):
        row = files.keep(key, answer(one, peer, python, options.timeout) | {"code": now})
    return row


def answer(one, peer, python, timeout):
    """The cheapest of a peer's models, priced; or {"skip"}, {"timeout"} or {"failed"}."""
    fitted = tasks.fit(one.dsl, one.task)
    reason = refusal(peer.name, fitted)
    if reason:
        return {"skip": reason}
    job, atoms = made_job(peer.name, fitted)
    found = environments.answered(peer, python, job | {"timeout": timeout, "seed": 0})
    if "models" not in found:
        return found
    translator = translation.Translator(fitted)
    best, word = None, "it has no model"
    for model in found["models"]:
        try:
            program = translator.program(filled(model, atoms))
        except translation.UntranslatableError as error:
            word = str(error)
            continue
        total, wrong, accuracy = translator.price(program)
        if best is None or total < best["total"]:
            best = {"total": total, "exceptions": wrong, "accuracy": accuracy}
            best |= {"size": program.size}
    times = {"seconds": found["seconds"], "version": found["version"]}
    return (best or {"skip": word}) | times


def refusal(name, fitted):
    """Why a peer cannot do a task, None if it can."""
    families = {each.family for each in fitted.task.types.values()}
    if name == "tree":
        return "residues have no order" if fitted.root.family == "Mod" else None
    if name in ("RIPPER", "espresso") and fitted.root != Bool:
        return "its labels are true or false"
    if name == "espresso":
        if families != {"Bool"}:
            return "its columns are true or false"
        if len(fitted.task.columns) > WIDEST:
            return f"more than {WIDEST} columns"
    if name == "gplearn" and families != {fitted.root.family}:
        return "it has one type"
    return None


def made_job(name, fitted):
    """(the job as plain data, the models that stand for columns of the bench's own)."""
    task, atoms = fitted.task, {}
    columns = {n: c[task.train] for n, c in task.columns.items()}
    if name == "RIPPER":
        columns, atoms = compared(columns, task.types)
    labels = task.labels[task.train]
    if name == "espresso":
        columns, labels = agreed(columns, labels)
    job = {"columns": {n: c.tolist() for n, c in columns.items()}, "labels": labels.tolist()}
    if name == "gplearn":
        job |= language(fitted)
    return job, atoms


def language(fitted):
    """The operators, the constants and the modulus of a DSL, as gplearn's worker takes them."""
    translator = translation.Translator(fitted)
    back = {v: k for k, v in translation.NAMES.items()}
    every = {back.get(n, n) for n in translator.primitives}
    known = ("and", "or", "xor", "not", "add", "sub", "mul", "ite")
    modulus = int(fitted.root.size) if fitted.root.family == "Mod" else None
    constants = [int(v) for v in translator.constants]
    operators = [n for n in known if n in every]
    if fitted.root.family == "Int":
        operators = [n for n in operators if n not in ("and", "or", "not")]
    return {"operators": operators, "constants": constants, "modulus": modulus}


def compared(columns, types):
    """Boolean columns: those of booleans, and comparisons of those of numbers."""
    made, atoms = {}, {}
    for name, column in columns.items():
        if types[name] == Bool:
            made[name] = column
            continue
        cuts = np.unique(np.quantile(column, np.arange(1, BINS) / BINS, method="lower"))
        for cut in cuts[cuts < column.max()].tolist():
            made[f"{name} > {cut}"] = column > cut
            atoms[f"{name} > {cut}"] = ["above", name, cut]
    return made, atoms


def agreed(columns, labels):
    """Each row of the columns once, with the label that it has most often."""
    table = np.array(list(columns.values())).T
    rows, place = np.unique(table, axis=0, return_inverse=True)
    true = np.bincount(place.ravel(), labels, len(rows)) * 2 > np.bincount(place.ravel())
    return dict(zip(columns, rows.T, strict=True)), true


def filled(model, atoms):
    """A model with the bench's own columns replaced by what they stand for."""
    if isinstance(model, list):
        return [model[0], *(filled(part, atoms) for part in model[1:])]
    return atoms.get(model, model) if isinstance(model, str) else model


def summed(one, answers, ours):
    """One row of the table."""
    _, _, known, _ = one.shortest()
    task = one.task
    counts = [int((task.labels[task.train] == value).sum()) for value in task.alphabet]
    totals = our_totals(one.name, ours)
    return {
        "task": one.name,
        "known": known,
        "table": codes.table_bits(counts)[0],
        "ours": statistics.median(totals) if totals else None,
        "answers": answers,
    }


def our_totals(name, path):
    """Our totals for a task in the file of `reach.py`, those with the most moves."""
    if path is None or not path.exists():
        return []
    by_moves = {}
    for key, row in kept.Kept(path).items():
        if key["task"] == name and key["labels"] == "true":
            by_moves.setdefault(key["moves"], []).append(row["total"])
    return by_moves[max(by_moves)] if by_moves else []


def said(row):
    if "total" in row:
        return (
            f"{row['total']:9.1f} bits, {row['exceptions']} exceptions, held-out "
            f"{row['accuracy']:.3f}, {row['seconds']:.1f} s"
        )
    return "-  " + json.dumps({k: v for k, v in row.items() if k != "code"})


def summary(rows):
    """On how many tasks every answer of a peer is longer than ours, and than the known program."""
    words = []
    for what in ("ours", "known"):
        there = [row for row in rows if row[what] is not None]
        least = [
            all(row[what] < a["total"] for a in row["answers"].values() if "total" in a)
            for row in there
        ]
        words.append(f"{what} has the fewest bits on {sum(least)} of {len(there)}")
    return "; ".join(words)


def cell(row):
    """What the table says of a peer: its total and its exceptions."""
    if row is None or "total" not in row:
        return "> time" if row and "timeout" in row else "-"
    return f"{row['total']:.1f} ({row['exceptions']})"


def markdown(rows, names):
    cells = [
        (
            row["task"],
            "" if row["ours"] is None else f"{row['ours']:.1f}",
            f"{row['known']:.1f}",
            f"{row['table']:.1f}",
            *(cell(row["answers"].get(name)) for name in names),
        )
        for row in rows
    ]
    return document.markdown(("task", "ours", "known", "table", *names), cells)


if __name__ == "__main__":
    main()
