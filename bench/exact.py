"""Time and memory of exact priors, posteriors, counts and samples.

    python bench/exact.py [--repeats N] [--json FILE] [--large]

Each line is the median of several runs, each in its own process, with compiled kernels.  `--large`
adds 24 rows, which takes some minutes and some GB.  There is no peer to compare with: no other
software computes these priors.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

import document
import numpy as np

import synth
from synth.exact.sampling import behaviour_counts
from synth.language.types import Bool, Mod

AND_OR_NOT, XOR = "boolean:basis=and-or-not", "boolean:basis=and-or-xor-not"


def ten_inputs(rows):
    chosen = np.random.default_rng(0).choice(1024, rows, replace=False)
    return {f"x{v}": (chosen >> v & 1).astype(bool) for v in range(10)}


def prior(dsl, columns, relative=False):
    return lambda: synth.exact_prior(dsl, columns, relative=relative)


def posterior():
    rows = np.random.default_rng(1).choice(1024, 20, replace=False)
    columns = {f"x{v}": (rows >> v & 1).astype(bool) for v in range(10)}
    labels = columns["x0"] & columns["x3"]
    task = synth.Task("t", columns, dict.fromkeys(columns, Bool), labels, Bool, np.arange(20) < 14)
    return lambda: synth.exact_posterior(task, XOR)


def counts():
    dsl = synth.load_dsl("modular:p=7")
    columns = {"x": np.arange(49) // 7, "y": np.arange(49) % 7}
    grammar = synth.Grammar(dsl, dict.fromkeys(columns, Mod(7)))
    return lambda: synth.count_programs(grammar, columns, max_bits=40)


def samples():
    drawn = synth.exact_prior(XOR, 4)
    return lambda: behaviour_counts(drawn.grammar, drawn.columns, 10**7)


JOBS = {
    "65,536 functions of 4 variables, and/or/not": lambda: prior(AND_OR_NOT, 4),
    "the same, every digit": lambda: prior(AND_OR_NOT, 4, True),
    "65,536 functions of 4 variables, and/or/xor/not": lambda: prior(XOR, 4),
    "the same, every digit ": lambda: prior(XOR, 4, True),
    "20 rows of 10 inputs, and/or/xor/not": lambda: prior(XOR, ten_inputs(20)),
    "22 rows of 10 inputs, and/or/xor/not": lambda: prior(XOR, ten_inputs(22)),
    "posterior of 14 of 20 rows": posterior,
    "programs mod 7 up to 40 bits, counted": counts,
    "10,000,000 samples over 4 variables": samples,
}
LARGE = {"24 rows of 10 inputs, and/or/xor/not": lambda: prior(XOR, ten_inputs(24))}


def main():
    parser = document.parser(__doc__, "exact")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--large", action="store_true", help="also measure 24 rows")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measured(options.one, options.repeats)))
        return
    rows = []
    for what in [*JOBS, *(LARGE if options.large else ())]:
        repeats = 1 if what in LARGE else options.repeats
        command = [sys.executable, __file__, "--one", what, "--repeats", str(repeats)]
        run = subprocess.run(command, check=True, capture_output=True, text=True)
        rows.append(json.loads(run.stdout))
        print("{what:<50} {seconds:8.2f} s  {grown:6.2f} GB".format(**rows[-1]), flush=True)
    document.write(options.json, rows=rows)


def measured(what, repeats):
    synth.exact_prior(XOR, 2, relative=True)
    job = (JOBS | LARGE)[what]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        job()
        seconds.append(time.perf_counter() - begin)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "what": what,
        "seconds": statistics.median(seconds),
        "most": max(seconds),
        "grown": grown * 1024 / 1e9,
    }


if __name__ == "__main__":
    main()
