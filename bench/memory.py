"""How well `--memory` is kept, what scoring alone saves, and how much 10 GB hold.

    python bench/memory.py [--large] [--json FILE]

Every measurement is a process of its own.  Peaks are what the resident memory grows by
at most (VmHWM of Linux), from after a small search that loads the kernels.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

import document

HERE = Path(__file__).parent


def main():
    parser = document.parser(__doc__, "memory")
    parser.add_argument("--large", action="store_true", help="also fill 10 GB, some minutes")
    parser.add_argument("--one", nargs=2, metavar=("WHAT", "SETTINGS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        what, settings = options.one
        print(json.dumps(globals()[what](**json.loads(settings))))
        return
    rows = [measured("peak", memory=m, task=task, dsl=dsl)
            for m in (2e8, 1e9, 4e9) for task, dsl in (TASKS if m < 4e9 else LARGE)]  # fmt: skip
    rows += [measured("frontier", kept=kept) for kept in (True, False)]
    if options.large:
        rows.append(measured("fill", memory=10e9))
    document.write(options.json, rows=rows)


TASKS = (
    ("parity:n=6,k=6,train=1.0", "boolean:basis=and-or-not"),
    ("parity:n=8,k=8,train=1.0", "boolean:basis=ite"),
    ("mod-x3xy:p=97,train=0.02,labels", "modular"),
)

#: Of parity of 6, 4 GB prove the shortest program.
LARGE = TASKS[1:2]


def measured(what, **settings):
    command = [sys.executable, __file__, "--one", what, json.dumps(settings)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    row = {"what": what, **settings, **json.loads(run.stdout)}
    print(json.dumps(row), flush=True)
    return row


def grown(function):
    """(what a function answers, bytes by which the resident memory peaks, seconds)."""
    Path("/proc/self/clear_refs").write_text("5")
    before = resident("VmRSS")
    begin = time.perf_counter()
    answer = function()
    return answer, resident("VmHWM") - before, time.perf_counter() - begin


def resident(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))


def peak(memory, task, dsl):
    import synth

    loaded = synth.load_task(task.removesuffix(",labels"))
    if task.endswith(",labels"):
        loaded = loaded.uniform(0)  # no program explains them, so the search goes on
    memory = int(memory)
    synth.search(loaded, dsl, memory=memory, max_bits=12)
    found, peak_, seconds = grown(lambda: synth.search(loaded, dsl, memory=memory, seconds=None))
    return {"ratio": peak_ / memory, "stop": found.stop_reason, "distinct": found.distinct,
            "kept to bits": max(e.bits for e in found.levels if e.distinct is not None),
            "scored to bits": found.certified_bits, "seconds": seconds}  # fmt: skip


def frontier(kept):
    """The same search, all behaviours kept or only those that others can use."""
    import synth
    from synth.engine.enumerator import Enumerator

    if kept:
        Enumerator.unneeded = lambda self, bank, start: False
    task, dsl = "parity:n=6,k=6,train=1.0", "boolean:basis=and-or-not"
    synth.search(task, dsl, max_bits=12)
    found, peak_, seconds = grown(lambda: synth.search(task, dsl, max_bits=41, seconds=None))
    return {"bits": found.certified_bits, "candidates": found.candidates, "peak": peak_,
            "distinct": found.distinct, "seconds": seconds}  # fmt: skip


def fill(memory):
    """Functions of 6 variables by operators and/or/xor, negated literals free."""
    sys.path.insert(0, str(HERE))
    import run

    import synth
    from synth.language.types import Bool

    columns = run.literals(6)
    grammar = synth.Grammar(run.connectives(), dict.fromkeys(columns, Bool), costs=run.operators)
    run.enumerate_(grammar, columns, 3)
    found, peak_, seconds = grown(
        lambda: synth.enumerate_programs(grammar, columns, max_bits=9, memory=int(memory))
    )
    levels = [(e.bits, e.candidates, e.distinct) for e in found.levels]
    return {"distinct": len(found), "stop": found.stop_reason, "peak": peak_, "levels": levels,
            "seconds": seconds}  # fmt: skip


if __name__ == "__main__":
    main()
