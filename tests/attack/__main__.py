"""Attack with fresh seeds until the time is over: `python -m tests.attack --help`."""

import argparse
import itertools
import multiprocessing
import random
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tests.attack.attacks import ATTACKS
from tests.attack.rounds import ROUND, Round, again, attack

#: Seconds that rounds may go on after the time is over: shrinking takes five minutes at most.
GRACE = 600


def arguments(given):
    parser = argparse.ArgumentParser(
        "python -m tests.attack",
        description="Random tasks; every claim of every result is held against brute force.",
        epilog="Exit status: 0 if no claim is false, 1 if one is.",
    )
    add = parser.add_argument
    add("--minutes", type=float, default=60, help="how long new rounds are begun (default 60)")
    add("--seed", type=int, help="the first seed; by default drawn, and printed")
    add("--processes", type=int, default=2, help="number of processes (default 2)")
    add("--stop-first", action="store_true", help="end at the first false claim, unshrunk")
    add("--attack", action="append", choices=ATTACKS, help="only this attack; may be repeated")
    add("--again", metavar="FILE", help="run the case that a failure has left, and nothing else")
    return parser.parse_args(given)


def main(given=None):
    asked = arguments(given)
    if asked.again:
        if not Path(asked.again).is_file():
            print(f"--again {asked.again}: no such file; allowed: a file that a failure left")
            return 2
        done = again(asked.again)
        print("\n".join([*done.case, *(done.false or ["no claim is false"])]))
        return int(bool(done.false))
    seed = random.SystemRandom().randrange(10**6) if asked.seed is None else asked.seed
    print(f"seeds from {seed}, {ROUND} tasks a round")
    done = []
    for each in rounds(asked, seed):
        done.append(each)
        told(each)
        if each.false and asked.stop_first:
            break
    print(table(done))
    return int(any(each.false for each in done))


def rounds(asked, seed):
    """Rounds as they end; those that have begun when the time is over are waited for."""
    ends = time.monotonic() + 60 * asked.minutes
    names = itertools.cycle(asked.attack or ATTACKS)
    begun = {}
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(asked.processes, mp_context=context)
    try:
        for each in itertools.count(seed):
            name = next(names)
            given = attack, name, each, ROUND, not asked.stop_first
            try:
                future = pool.submit(*given)
            except BrokenProcessPool:  # a process died in an earlier round, which has failed
                pool = ProcessPoolExecutor(asked.processes, mp_context=context)
                future = pool.submit(*given)
            begun[future] = name, each
            while len(begun) >= asked.processes:
                yield from _ended(begun, ends)
            if time.monotonic() >= ends:
                break
        while begun:
            yield from _ended(begun, ends)
    finally:
        for process in list((pool._processes or {}).values()):
            process.terminate()
        pool.shutdown(cancel_futures=True)


def _ended(begun, ends):
    left = max(0, ends - time.monotonic()) + GRACE
    ended, running = wait(begun, left, FIRST_COMPLETED)
    for future in ended or list(running):
        name, seed = begun.pop(future)
        if not ended:
            yield Round(name, seed, false=["the round does not end"])
            continue
        try:
            yield future.result()
        except BrokenProcessPool:
            yield Round(name, seed, false=["the process of this round, or one beside it, died"])


def told(done):
    """Print a round, and keep what has failed."""
    claims = sum(done.checked.values())
    print(f"{done.attack}, seed {done.seed}: {done.tasks} tasks, {claims} claims", flush=True)
    if done.false:
        print("FALSE", *done.false, *done.case, sep="\n  ")
        print(f"  kept; again by: python -m tests.attack --again {done.keep()}", flush=True)


def table(done):
    """Tasks and claims by attack, and claims by kind, in 80 columns."""
    lines = ["", f"{'attack':24}{'rounds':>10}{'tasks':>12}{'claims':>14}{'false':>10}"]
    for name in ATTACKS:
        group = [d for d in done if d.attack == name]
        claims = sum(sum(d.checked.values()) for d in group)
        false = sum(bool(d.false) for d in group)
        tasks = sum(d.tasks for d in group)
        lines.append(f"{name:24}{len(group):10,}{tasks:12,}{claims:14,}{false:10,}")
    kinds = sum((d.checked for d in done), Counter())
    lines += ["", f"{'claim':24}{'checked':>10}"]
    lines += [f"{kind:24}{count:10,}" for kind, count in sorted(kinds.items())]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
