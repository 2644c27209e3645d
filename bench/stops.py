"""How long a search goes on after its limit: `--exact` on 20 tasks, with --seconds and Ctrl-C.

    python bench/stops.py [--seconds 20] [--tasks N]

The overrun is the work beyond the limit, without the time to compile and load kernels; for
Ctrl-C, the time from the signal to the result.  Searches that end by a proof before that do not
count.
"""

import argparse
import os
import signal
import statistics
import threading
import time

import synth

TASKS = (
    "parity:n=6,k=6",
    "parity:n=7,k=7",
    "parity:n=8,k=8",
    "parity:n=10,k=4",
    "majority:n=5,train=1.0",
    "majority:n=7",
    "multiplexer:a=2",
    "multiplexer:a=3",
    "monk:1",
    "monk:2",
    "monk:3",
    "tic-tac-toe",
    "conjunction:n=10,k=6",
    "mod-add:p=31 permuted",
    "mod-mul:p=31 permuted",
    "mod-mul:p=97 permuted",
    "mod-x3xy:p=11 permuted",
    "mod-x3xy:p=31 permuted",
    "mod-x3xy:p=53 permuted",
    "mod-x2y2:p=31 permuted",
)


def loaded(task):
    """The task of a name, with its labels permuted where the name says so."""
    name, _, twin = task.partition(" ")
    made = synth.load_task(name)
    return made.permuted(0) if twin else made


def overrun(task, seconds, pressed):
    """Seconds that an exact search takes beyond its limit, None if it ends before that."""
    limit = None if pressed else seconds
    search = synth.Search(loaded(task), exact=True, seconds=limit)
    at = []

    def press():
        at.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(seconds, press)
    if pressed:
        timer.start()
    try:
        found = search.run()
        ended = time.monotonic()
    finally:
        timer.cancel()
    if found.stop_reason != ("interrupted" if pressed else "seconds"):
        return None
    if not pressed and found.seconds < seconds:
        return None  # all contexts were tried
    return ended - at[0] if pressed else found.seconds - seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="the limit")
    parser.add_argument("--tasks", type=int, default=len(TASKS), help="only the first N tasks")
    asked = parser.parse_args()
    # A shell starts what runs in the background with Ctrl-C ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    found = {"--seconds": [], "Ctrl-C": []}
    print(f"{'task':<24}{'--seconds':>12}{'Ctrl-C':>12}")
    for task in TASKS[: asked.tasks]:
        try:
            synth.search(loaded(task), exact=True, seconds=2)  # loads the kernels
            cells = [overrun(task, asked.seconds, pressed) for pressed in (False, True)]
        except synth.errors.SynthError as error:
            print(f"{task:<24}{error}")
            continue
        for kept, cell in zip(found.values(), cells, strict=True):
            kept += [] if cell is None else [cell]
        shown = ["proven" if c is None else f"{c:.3f} s" for c in cells]
        print(f"{task:<24}{shown[0]:>12}{shown[1]:>12}", flush=True)
    for name, values in found.items():
        if values:
            middle = statistics.median(values)
            print(f"{name}: {len(values)} runs, median {middle:.3f} s, largest {max(values):.3f} s")


if __name__ == "__main__":
    main()
