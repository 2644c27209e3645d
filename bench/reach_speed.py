"""The time of reach's pass over a pool of booleans, against a plain popcount pass in C++.

    python bench/reach_speed.py [--repeats N] [--rows N] [--words N] [--contexts N] [--json FILE]

Both sides count, for each row of the pool and each context, the training rows on which the filled
program is wrong; the plain pass (`popcount.cpp`, compiled on the spot with `-O3 -march=native`)
keeps the fewest.  Ours also looks up a weight for each count and adds the weights, from which a row
is drawn.  Both run in this process with one thread, in turn.  A ratio above 1 says how many times
longer the plain pass takes.
"""

import ctypes
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import document
import numpy as np

from synth.kernels import reach as kernels

#: Rows of a block, as a pool makes them.
BLOCK = 2048
#: A pass takes 2 ms, and one that loses its core takes ten times as long: the least of some counts.
PASSES = 9


def main(arguments=None):
    parser = document.parser(__doc__, "reach_speed")
    parser.add_argument("--repeats", type=int, default=15, help="timed pairs (default: 15)")
    parser.add_argument("--rows", type=int, default=65_536, help="rows of the pool")
    parser.add_argument("--words", type=int, default=16, help="words of 64 training rows")
    parser.add_argument("--contexts", type=int, default=6)
    options = parser.parse_args(arguments)
    for name in ("repeats", "rows", "words", "contexts"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} {getattr(options, name)}; allowed: 1 and more")
    shape = options.rows, options.words, options.contexts
    with tempfile.TemporaryDirectory() as folder:
        row = measured(shape, options.repeats, compiled(Path(folder)))
    print(text(row))
    return document.write(options.json, rows=[row])


def compiled(folder):
    """The plain pass as a function, None if there is no compiler."""
    compiler = next(filter(None, map(shutil.which, ("g++", "clang++", "c++"))), None)
    if compiler is None:
        print("no C++ compiler found: the plain pass is left out")
        return None
    target = folder / "popcount.so"
    flags = ["-O3", "-march=native", "-std=c++17", "-shared", "-fPIC"]
    source = document.HERE / "popcount.cpp"
    subprocess.run([compiler, *flags, str(source), "-o", str(target)], check=True)
    return ctypes.CDLL(str(target)).plain_pass


class Pass:
    """One pass over a drawn pool, by both sides.

    Parameters
    ----------
    rows, words, contexts : int
        The size of the pool in rows, of a row in words, and the number of contexts.
    """

    def __init__(self, rows, words, contexts):
        generator = np.random.default_rng(0)

        def drawn(*shape):
            return generator.integers(0, 2**64, shape, np.uint64)

        self.rows, self.base, self.change = (
            drawn(rows, words),
            drawn(contexts, words),
            drawn(contexts, words),
        )
        self.columns = np.ascontiguousarray(self.rows.T)
        starts = np.arange(0, rows, BLOCK)
        stops = np.minimum(starts + BLOCK, rows)
        self.blocks = np.stack([starts, stops, np.zeros_like(starts)], axis=1)
        self.prices = np.tile(np.array([0, 1], np.int64), (contexts, 1))
        self.factors = np.ones((contexts, len(starts)))
        self.code = np.arange(64 * words + 1, dtype=np.float64)
        self.weights = 2.0**-self.code
        self.scratch, self.sums = np.empty(BLOCK, np.int64), np.empty((contexts, len(starts)))
        self.best = np.zeros(2, np.int64)

    def ours(self):
        """The fewest wrong training rows by `pass_bits`."""
        return int(
            kernels.pass_bits(
                self.columns,
                self.blocks,
                self.base,
                self.change,
                self.prices,
                self.factors,
                self.weights,
                self.code,
                self.scratch,
                self.sums,
                self.best,
            )
        )

    def plain(self, function):
        """The same by the plain pass."""
        contexts, words = self.base.shape
        least = np.empty(contexts, np.int64)
        sizes = [ctypes.c_int64(size) for size in (len(self.rows), words, contexts)]
        arrays = [a.ctypes.data_as(ctypes.c_void_p) for a in (self.base, self.change)]
        begin = self.rows.ctypes.data_as(ctypes.c_void_p)
        end = least.ctypes.data_as(ctypes.c_void_p)
        function(begin, *sizes[:2], *arrays, sizes[2], end)
        return int(least.min())


def measured(shape, repeats, function):
    """Both sides in turn: nanoseconds for each row and context, and the ratio of times."""
    work = Pass(*shape)
    found, ours, theirs = work.ours(), [], []  # the first pass compiles
    if function is not None and work.plain(function) != found:
        raise AssertionError(f"the plain pass finds {work.plain(function)}, ours {found}")
    for _ in range(repeats):
        ours.append(seconds(work.ours))
        if function is not None:
            theirs.append(seconds(lambda: work.plain(function)))
    each = 1e9 / (shape[0] * shape[2])
    row = {"shape": shape, "fewest": found, "ours ns": statistics.median(ours) * each}
    if function is not None:
        ratios = sorted(a / b for a, b in zip(theirs, ours, strict=True))
        row |= {"plain ns": statistics.median(theirs) * each, "ratio": statistics.median(ratios)}
        row |= {"least": ratios[0], "most": ratios[-1]}
    return row


def seconds(run):
    """The least time of PASSES passes."""
    found = []
    for _ in range(PASSES):
        begin = time.perf_counter()
        run()
        found.append(time.perf_counter() - begin)
    return min(found)


def text(row):
    rows, words, contexts = row["shape"]
    said = f"{rows:,} rows of {words} words, {contexts} contexts: ours {row['ours ns']:.3g} ns"
    if "ratio" in row:
        said += f" a row and context, plain {row['plain ns']:.3g} ns, ratio "
        said += document.ratio_text(row)
    return said


if __name__ == "__main__":
    main()
