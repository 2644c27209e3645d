"""The estimator on tables with many rows: seconds of one core and the peak of the memory.

    python bench/large.py [--rows N ...] [--columns N] [--pick] [--json FILE]

Each size has a process of its own.  Three fifths of the columns are numbers and the others truth
values; the labels follow a rule of four columns, and one in twenty is wrong.  The seconds are those
of the processor for a fit and for the predictions of 10,000 further rows, once compiled kernels are
loaded; the memory is the peak of the whole process, with scikit-learn and pandas.
"""

import json
import resource
import subprocess
import sys
import time
import warnings

import document
import numpy as np
import pandas
from threadpoolctl import threadpool_limits

import synth

ROWS, COLUMNS, ASKED = (5_000, 20_000, 100_000), 50, 10_000


def main(arguments=None):
    options = parse(arguments)
    if options.one:
        print(json.dumps(measured(*options.rows, options.columns, not options.pick)))
        return None
    rows = []
    print(f"{'rows':>8}{'columns':>8}{'fit, s':>8}{'predict, s':>11}{'GB':>6}{'right':>7}")
    for count in options.rows:
        rows.append(alone(count, options))
        print(line(rows[-1]), flush=True)
    settings = {"columns": options.columns, "pick": options.pick}
    return document.write(options.json, settings=settings, rows=rows)


def parse(arguments):
    parser = document.parser(__doc__, "large")
    add = parser.add_argument
    add("--rows", type=int, nargs="+", default=list(ROWS), help="numbers of training rows")
    add("--columns", type=int, default=COLUMNS, help="columns (default: 50)")
    add("--pick", action="store_true", help="the shortest hypothesis alone")
    add("--one", action="store_true", help="in this process, as JSON")
    options = parser.parse_args(arguments)
    if min(options.rows) < 100 or options.columns < 5:
        parser.error(
            f"--rows {min(options.rows)} --columns {options.columns}; allowed: 100 rows and "
            "5 columns, and more"
        )
    return options


def alone(rows, options):
    """What a process of its own measures."""
    command = [sys.executable, __file__, "--one", "--rows", str(rows)]
    command += ["--columns", str(options.columns), *["--pick"] * options.pick]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def table(rows, columns, seed=0):
    """A data frame of numbers and truth values, and the labels of its rows."""
    generator = np.random.default_rng(seed)
    numbers = generator.normal(size=(rows, 3 * columns // 5)).round(3)
    truths = generator.random((rows, columns - numbers.shape[1])) < 0.4
    labels = ((numbers[:, 0] > 0.3) & truths[:, 0]) | ((numbers[:, 2] > 1.5) & ~truths[:, 1])
    labels ^= generator.random(rows) < 0.05
    named = {f"n{k}": column for k, column in enumerate(numbers.T)}
    named |= {f"b{k}": column for k, column in enumerate(truths.T)}
    return pandas.DataFrame(named), labels


def measured(rows, columns, mixture):
    """Seconds and memory of a fit and of predictions."""
    frame, labels = table(rows + ASKED, columns)
    asked, right = frame[rows:], labels[rows:]
    frame, labels = frame[:rows], labels[:rows]
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = synth.ProgramClassifier(mixture=mixture)
        model.fit(frame[:200], labels[:200]).predict(asked[:200])
        began = time.process_time()
        model.fit(frame, labels)
        fitted = time.process_time()
        said = model.predict(asked)
        done = time.process_time()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return {
        "rows": rows,
        "columns": columns,
        "fit_seconds": fitted - began,
        "predict_seconds": done - fitted,
        "bytes": peak,
        "accuracy": float((said == right).mean()),
        "program": str(model.program_),
        "bits": model.bits_,
    }


def line(row):
    return (
        f"{row['rows']:8,}{row['columns']:8}{row['fit_seconds']:8.1f}{row['predict_seconds']:11.2f}"
        f"{row['bytes'] / 1e9:6.2f}{row['accuracy']:7.3f}"
    )


if __name__ == "__main__":
    main()
