"""Steps per second of the grokking lab's dynamics, on one core with 961 inputs.

    python bench/dynamics.py [--repeats N] [--json FILE]

Each line is the median of several runs in this process, with compiled kernels.  The lines of a
table are measured in turn, so that other work on the machine affects all of them.  There is no peer
to compare with.  The lines with a single kind of move, and the rate of random draws alone, show
what limits the speed.
"""

import statistics
import time

import document
import numpy as np
from numba import njit

from synth.dynamics.chain import Chain, make_world
from synth.dynamics.strength import Strengths

TASK = "mod-mul:p=31,train=0.5"
STEPS = 4_000_000


def metropolis(max_bits, proposals, moves="prior", decay=1.0):
    world = make_world(TASK, max_bits=max_bits)
    one = Chain(world, beta=30.0, decay=decay, proposals=proposals, moves=moves, seed=0)
    one.advance(100_000)
    what = f"Metropolis, {len(world.bits):,} behaviours, {proposals:.0%} proposals"
    return f"{what} ({moves}), decay {decay:g}", STEPS, lambda: one.advance(STEPS)


def strengths():
    one = Strengths(make_world(TASK, max_bits=14), decay=1e-4, spread=0.4, clock=1000.0)
    one.advance(10)
    return "strength dynamics", 2000, lambda: one.advance(2000)


@njit
def draws(generator, count):
    total = 0.0
    for _ in range(count):
        total += generator.random()
    return total


def random_numbers():
    generator = np.random.default_rng(0)
    draws(generator, 1)
    return "three random numbers and nothing else", STEPS, lambda: draws(generator, 3 * STEPS)


def main():
    parser = document.parser(__doc__, "dynamics")
    parser.add_argument("--repeats", type=int, default=7)
    options = parser.parse_args()
    jobs = [
        metropolis(14, 0.5),
        metropolis(14, 0.5, decay=0.0),
        metropolis(22, 0.5, decay=0.0),
        metropolis(14, 0.0),
        metropolis(14, 1.0),
        metropolis(14, 0.5, "regrow"),
        metropolis(14, 1.0, "regrow"),
        random_numbers(),
        strengths(),
    ]
    seconds = [[] for _ in jobs]
    for _ in range(options.repeats):
        for (_, _, run), times in zip(jobs, seconds, strict=True):
            begin = time.perf_counter()
            run()
            times.append(time.perf_counter() - begin)
    rows = [
        {"what": what, "steps_a_second": steps / statistics.median(times)}
        for (what, steps, _), times in zip(jobs, seconds, strict=True)
    ]
    for row in rows:
        print("{what:<66} {steps_a_second:14,.0f} a second".format(**row), flush=True)
    document.write(options.json, rows=rows)


if __name__ == "__main__":
    main()
