"""What reach finds for the fifteen tasks of `reach_tasks.py`, and for their permuted twins.

    python bench/reach.py [--labels true|permuted] [--seeds N] [--moves N] [--tasks TEXT]
                          [--threads N] [--memory BYTES] [--out FILE] [--stale] [--markdown]
                          [--json FILE]

Each task is searched once for each seed, the whole chain in one run: the enumeration with its
default share, then reach with a fixed number of moves.  There is no limit of time, so that a row
depends on its seed and the code only.  With `--labels permuted` each seed permutes the training
labels; then the table, or a program that says the same everywhere, is the right answer.  The twins
of a task have the same inputs, so that one enumeration serves all of them.

Finished searches are kept in `--out` with a checksum and are not run again.  A kept row of other
code is run again, unless `--stale` takes it.
"""

import statistics
import time
from functools import cache
from pathlib import Path

import document
import kept
import reach_tasks

import synth
from synth.engine import reach as stage

#: Two totals are equal if they print as the same number.
EQUAL = 0.05
#: How many twins are searched at once, and kept.
TWINS = 10
#: The least held-out accuracy that counts as right.
RIGHT = 0.99


def main(arguments=None):
    options = parse(arguments)
    rows = []
    print(head(options.labels))
    for one, items in runs(options):
        rows.append(summed(one, items, options.labels))
        print(line(rows[-1]), flush=True)
    print(summary(rows, options.labels))
    if options.markdown:
        print(markdown(rows))
    settings = {k: getattr(options, k) for k in ("labels", "seeds", "moves", "threads", "memory")}
    return document.write(options.json, settings=settings, rows=rows)


def parse(arguments):
    parser = document.parser(__doc__, "reach")
    parser.add_argument("--labels", choices=("true", "permuted"), default="true")
    parser.add_argument("--seeds", type=int, default=5, help="searches of each task (default: 5)")
    parser.add_argument(
        "--moves", type=int, default=4000, help="moves of each search (default: 4000)"
    )
    parser.add_argument(
        "--tasks",
        action="append",
        metavar="TEXT",
        help="only tasks whose name contains this; may be repeated",
    )
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", type=int, default=2 * 10**9, help="bytes (default: 2e9)")
    parser.add_argument(
        "--out", type=Path, default=document.HERE / "results" / "reach.jsonl", help="kept searches"
    )
    parser.add_argument("--stale", action="store_true", help="take kept searches of other code")
    parser.add_argument("--markdown", action="store_true", help="print the table")
    options = parser.parse_args(arguments)
    for name in ("seeds", "moves", "threads", "memory"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} {getattr(options, name)}; allowed: 1 and more")
    if not chosen(options.tasks):
        parser.error(f"--tasks {' '.join(options.tasks)}; allowed: a part of a task's name")
    return options


def chosen(texts):
    """The tasks whose name contains one of the texts; all without any."""
    return [one for one in every() if not texts or any(text in one.name for text in texts)]


@cache
def every():
    """The fifteen tasks, made once."""
    return tuple(make() for make in reach_tasks.TASKS)


def runs(options):
    """Yields (task, rows of all seeds) for each task."""
    files = kept.Kept(options.out)
    if files.damaged:
        numbers = ", ".join(map(str, files.damaged))
        print(f"{options.out}: damaged, not taken: line {numbers}")
    now = "any" if options.stale else kept.code(reach_tasks.__file__)
    at_once = 1 if options.labels == "true" else TWINS
    for one in chosen(options.tasks):
        keys = [key(one, seed, options) for seed in range(options.seeds)]
        rows = [files.get(each) for each in keys]
        left = [k for k, row in enumerate(rows) if row is None or now not in ("any", row["code"])]
        for seeds in (left[k : k + at_once] for k in range(0, len(left), at_once)):
            for seed, row in zip(seeds, searched(one, seeds, options), strict=True):
                rows[seed] = files.keep(keys[seed], row | {"code": now})
        yield one, rows


def key(one, seed, options):
    """What a kept row is of."""
    asked = {name: getattr(options, name) for name in ("labels", "moves", "memory")}
    return {"task": one.name, "seed": seed} | asked


def searched(one, seeds, options):
    """Search one task with one seed, or its twins of some seeds; return rows of plain data."""
    true = options.labels == "true"
    tasks = [one.task] if true else [one.task.permuted(seed) for seed in seeds]
    begin = time.perf_counter()
    last = {"enumeration": begin}

    def progress(what):
        if not isinstance(what, stage.Reaches):
            last["enumeration"] = time.perf_counter()

    search = synth.Search(
        tasks,
        one.dsl,
        moves=options.moves,
        seed=seeds[0] if true else 0,
        threads=options.threads,
        seconds=None,
        memory=options.memory,
    )
    search.run(progress=progress)
    seconds = {
        "enumeration_seconds": last["enumeration"] - begin,
        "reach_seconds": (time.perf_counter() - last["enumeration"]) / len(tasks),
    }
    return [described(found) | seconds for found in search.results]


def described(found):
    """What a search has found, as plain data."""
    by_program = found.chosen == "program"
    score = found.program if by_program else found.table
    return {
        "chosen": found.chosen,
        "total": found.total_bits,
        "table": found.table.bits,
        "bits": found.program.bits if by_program else None,
        "exceptions": found.program.exceptions if by_program else None,
        "accuracy": score.test_accuracy,
        "constant": by_program and is_constant(found),
        "program": found.program.text if by_program else None,
        "found_by": found.program.found_by if by_program else None,
        "log2_chance_bound": found.log2_chance_bound,
        "log2_chance_bound_uniform": found.log2_chance_bound_uniform,
        "stop_reason": found.stop_reason.value,
        "certified_bits": found.certified_bits,
        "candidates": found.candidates,
        "moves": 0 if found.reach is None else found.reach.moves,
    }


def is_constant(found):
    """Whether the program of a result says the same on all rows."""
    values, _ = found.best.outputs(found.trained_on.columns)
    return bool((values == values[0]).all())


def summed(one, items, labels):
    """One row of the table: a task and its seeds."""
    totals = [each["total"] for each in items]
    middle = sorted(items, key=lambda each: each["total"])[(len(items) - 1) // 2]
    row = {
        "task": one.name,
        "table": items[0]["table"],
        "median": statistics.median(totals),
        "totals": totals,
        "exceptions": middle["exceptions"],
        "accuracy": statistics.median(each["accuracy"] for each in items),
        "program": middle["program"],
        "moves": middle["moves"],
        "enumeration_seconds": statistics.median(e["enumeration_seconds"] for e in items),
        "reach_seconds": statistics.median(e["reach_seconds"] for e in items),
    }
    if labels == "permuted":
        programs = [e for e in items if e["chosen"] == "program" and not e["constant"]]
        bound = min(each["log2_chance_bound"] for each in items)
        return row | {"programs": len(programs), "twins": len(items), "log2_chance_bound": bound}
    known = one.shortest()[2]
    return row | {"known": known, "reached": row["median"] <= known + EQUAL}


def head(labels):
    if labels == "permuted":
        return (
            f"{'task':32}{'table':>9}{'median':>9}{'programs':>10}{'bound':>9}{'enum s':>8}"
            f"{'reach s':>9}{'moves':>7}"
        )
    return (
        f"{'task':32}{'known':>8}{'table':>9}{'median':>9}{'exc':>5}{'test':>7}{'enum s':>8}"
        f"{'reach s':>9}{'moves':>7}  reached; all totals"
    )


def line(row):
    times = f"{row['enumeration_seconds']:8.1f}{row['reach_seconds']:9.1f}{row['moves']:7}"
    if "twins" in row:
        programs = f"{row['programs']} of {row['twins']}"
        return (
            f"{row['task']:32}{row['table']:9.1f}{row['median']:9.1f}{programs:>10}"
            f"{row['log2_chance_bound']:9.1f}{times}"
        )
    return (
        f"{row['task']:32}{row['known']:8.1f}{row['table']:9.1f}{row['median']:9.1f}"
        f"{exceptions_text(row):>5}{row['accuracy']:7.3f}{times}  "
        f"{'yes' if row['reached'] else 'no'}; {totals_text(row)}"
    )


def exceptions_text(row):
    """The exceptions of the median; nothing for a table."""
    return "" if row["exceptions"] is None else str(row["exceptions"])


def totals_text(row):
    return " ".join(f"{total:.1f}" for total in row["totals"])


def summary(rows, labels):
    """What all rows say together."""
    if labels == "permuted":
        programs, twins = (sum(row[k] for row in rows) for k in ("programs", "twins"))
        least = min(row["log2_chance_bound"] for row in rows)
        return f"programs chosen in {programs} of {twins} twins; least chance bound 2^{least:.1f}"
    reached = sum(row["reached"] for row in rows)
    right = sum(row["accuracy"] >= RIGHT for row in rows)
    return (
        f"known total reached on {reached} of {len(rows)}; held-out accuracy at least {RIGHT} on "
        f"{right} of {len(rows)}"
    )


def markdown(rows):
    """The rows as a table."""
    if "twins" in rows[0]:
        cells = [
            (
                row["task"],
                f"{row['table']:.1f}",
                f"{row['median']:.1f}",
                f"{row['programs']} of {row['twins']}",
                f"2^{row['log2_chance_bound']:.1f}",
            )
            for row in rows
        ]
        return document.markdown(
            ("twins of", "table", "found (median)", "programs", "least chance bound"), cells
        )
    cells = [
        (
            row["task"],
            f"{row['known']:.1f}",
            f"{row['table']:.1f}",
            f"{row['median']:.1f}",
            totals_text(row),
            exceptions_text(row),
            f"{row['accuracy']:.3f}",
            f"{row['enumeration_seconds']:.0f} + {row['reach_seconds']:.0f}",
        )
        for row in rows
    ]
    names = ("task", "known", "table", "found", "all seeds", "exceptions", "held-out", "seconds")
    return document.markdown(names, cells)


if __name__ == "__main__":
    main()
