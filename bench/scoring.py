"""How fast real behaviours are scored, beside NumPy's matrix-vector product over the same bank.

    python bench/scoring.py [--rows N] [--behaviours N] [--pairs N]

Behaviours are random columns of 100 rows.  *stored* are scored from an array of float32, compared
with a bound.  *streamed* are made by an addition in float64, in blocks, scored and forgotten.
*labellings* are scores of 20 labellings at once, streamed.  *pairs* are sums of two, scored from
their likeness.  Each figure is the median of nine; ratios are of runs in turn.
"""

import argparse
import time

import numpy as np

from synth.engine import pairing
from synth.kernels import pairs as kernels

BLOCK, TURNS = 4096, 9


def timed(work):
    started = time.process_time()
    work()
    return time.process_time() - started


def beside(work, reference):
    """The median seconds of both, and the median of the ratios with the least and the greatest."""
    work(), reference()
    both = np.array([(timed(work), timed(reference)) for _ in range(TURNS)])
    ratios = both[:, 1] / both[:, 0]
    return *np.median(both, axis=0), (np.median(ratios), ratios.min(), ratios.max())


def room(count, labels, dtype):
    return np.empty((count, labels), dtype), np.empty(count, dtype), np.empty(count, dtype)


def stored(bank, labels):
    """Scores of an array of behaviours, block by block; returns how many are above a bound."""
    space, above = room(BLOCK, len(labels), bank.dtype), 0
    for first in range(0, len(bank), BLOCK):
        block = bank[first : first + BLOCK]
        dots, squares, apart = (part[: len(block)] for part in space)
        kernels.moments(block, labels, dots, squares, apart)
        above += int((dots[:, 0] ** 2 > 0.9 * apart).sum())
    return above


def streamed(bank, count, labels):
    """Scores of sums of a behaviour and a block of others."""
    block = np.empty((BLOCK, bank.shape[1]))
    dots, squares, apart = room(BLOCK, len(labels), float)
    above, firsts = 0, len(bank) - BLOCK + 1
    for k in range(count // BLOCK):
        first = k * 7 % firsts
        np.add(bank[k % len(bank)], bank[first : first + BLOCK], out=block)
        kernels.moments(block, labels, dots, squares, apart)
        above += int((dots**2 > 0.9 * apart[:, None]).sum())
    return above


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--behaviours", type=int, default=200_000)
    parser.add_argument("--pairs", type=int, default=20_000_000)
    given = parser.parse_args()
    rng = np.random.default_rng(0)
    n, count = given.rows, given.behaviours
    bank = rng.standard_normal((count, n), np.float32)
    labels = rng.standard_normal((20, n))
    labels -= labels.mean(axis=1, keepdims=True)
    labels /= np.linalg.norm(labels, axis=1, keepdims=True)
    one = labels[:1].astype(np.float32)
    small = bank[:4096].astype(float)
    double = bank.astype(float)
    for name, work, reference, made in (
        ("stored, float32", lambda: stored(bank, one), lambda: bank @ one[0], count),
        ("streamed, float64", lambda: streamed(small, count, labels[:1]),
         lambda: double @ labels[0], count),
        ("labellings, float64", lambda: streamed(small, count, labels),
         lambda: [double @ label for label in labels], count * len(labels)),
    ):  # fmt: skip
        ours, numpys, (ratio, least, most) = beside(work, reference)
        print(
            f"{name:20} {made / ours / 1e6:6.1f} M/s; NumPy's product {made / numpys / 1e6:6.1f} "
            f"M/s; ratio {ratio:.2f} ({least:.2f} to {most:.2f})",
            flush=True,
        )
    units = small[: int(np.sqrt(2 * given.pairs)) + 1]
    units -= units.mean(axis=1, keepdims=True)
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    bits, tried = np.linspace(3, 30, len(units)), len(units) * (len(units) - 1) // 2

    def all_pairs():
        pairing.best_sums(units, labels[0], bits, tried)

    all_pairs()
    seconds = np.median([timed(all_pairs) for _ in range(TURNS)])
    print(f"{'pairs, float64':20} {tried / seconds / 1e6:6.1f} M/s")


if __name__ == "__main__":
    main()
