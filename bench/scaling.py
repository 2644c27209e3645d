"""How time, memory, candidates and distinct behaviours grow with the bits of programs.

    python bench/scaling.py [--only GRAMMAR] [--longest S] [--json FILE] [--plot FILE]

Enumerates a boolean, a modular and an integer grammar up to increasing numbers of bits.  Each point
runs in a new process, so that its peak memory is its own.  A straight line is fitted to the base-2
logarithms; 2 to the power of its slope is the growth per bit.
"""

import json
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import document
import numpy as np

import synth
from synth.language.types import Bool, Mod

#: What is fitted, and the least value to fit: smaller values are start-up, not growth.
QUANTITIES = {"seconds": 0.1, "peak_bytes": 2**24, "candidates": 1000, "distinct": 1000}

#: ru_maxrss is in KiB, except on macOS, where it is in bytes.
RSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass(frozen=True)
class Case:
    """A grammar to enumerate: `make` gives (grammar, columns, type), and the bits to go up to."""

    name: str
    what: str
    make: object
    bits: tuple


def boolean():
    rows = np.arange(64)
    columns = {f"x{v}": (rows >> v & 1).astype(bool) for v in range(6)}
    return _bound("boolean", columns, Bool)


def modular():
    generator = np.random.default_rng(0)
    columns = {name: generator.integers(0, 97, 200) for name in "xy"}
    return _bound("modular:p=97", columns, Mod(97))


def integer():
    generator = np.random.default_rng(0)
    columns = {name: generator.integers(-50, 51, 20) for name in "xy"}
    return _bound("integer", columns, None)


def _bound(dsl, columns, type_):
    dsl = synth.load_dsl(dsl)
    type_ = type_ or dsl.types[0]
    return synth.Grammar(dsl, dict.fromkeys(columns, type_)), columns, type_


CASES = {
    case.name: case
    for case in (
        Case("boolean", "and, or, xor, not; 6 variables, 64 rows", boolean, range(14, 60, 3)),
        # A leaf and an operator cost 5.9 bits, so smaller steps would add nothing new.
        Case("modular", "+, -, * mod 97; x, y, 1, 2, 3, 200 rows", modular, range(10, 60, 6)),
        Case("integer", "the built-in integer DSL; x, y, 20 rows", integer, range(14, 60, 2)),
    )
}


def main(arguments=None):
    options = parse(arguments)
    if options.point:
        print(json.dumps(measure(options.point[0], float(options.point[1]))))
        return None
    rows = []
    for name in options.only or CASES:
        spent = []
        for bits in CASES[name].bits:
            rows.append(point(name, bits))
            print(line(rows[-1]), flush=True)
            spent.append(rows[-1]["seconds"])
            if foreseen(spent) > options.longest or not complete(rows[-1]):
                break
    fits = {
        name: fit_all([r for r in rows if r["grammar"] == name]) for name in options.only or CASES
    }
    for name, fitted in fits.items():
        print(f"{name}: {fit_text(fitted)}")
    grammars = {name: CASES[name].what for name in fits}
    written = document.write(options.json, grammars=grammars, rows=rows, fits=fits)
    if options.plot:
        draw(written, options.plot)
        print(f"drawn to {options.plot}")
    return written


def parse(arguments):
    parser = document.parser(__doc__, "scaling")
    parser.add_argument(
        "--only", action="append", choices=CASES, help="run this grammar only; may be repeated"
    )
    parser.add_argument(
        "--longest",
        type=float,
        default=30.0,
        metavar="S",
        help="skip points that may take longer than this many seconds (default: 30)",
    )
    parser.add_argument(
        "--plot", type=Path, metavar="FILE", help="draw a figure (needs matplotlib)"
    )
    parser.add_argument(
        "--point", nargs=2, metavar=("GRAMMAR", "BITS"), help="measure one point in this process"
    )
    return parser.parse_args(arguments)


def complete(row):
    """Whether all programs up to these bits were made before any limit."""
    return row["stop_reason"] in ("max_bits", "exhausted")


def foreseen(spent):
    """The seconds that the next point may take, estimated from the earlier points."""
    # Short runs are mostly start-up and say nothing about growth.
    return spent[-1] * max([1.0, *(b / a for a, b in pairwise(spent[-3:]) if a > 0.05)])


def point(name, bits):
    """One point, measured in its own process."""
    command = [sys.executable, str(Path(__file__).resolve()), "--point", name, str(bits)]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


def measure(name, bits):
    """One enumeration: seconds, peak memory above the start's, candidates, behaviours.

    A small untimed enumeration first loads the kernels.
    """
    grammar, columns, type_ = CASES[name].make()
    synth.enumerate_programs(grammar, columns, type=type_, max_bits=CASES[name].bits[0])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.perf_counter()
    found = synth.enumerate_programs(grammar, columns, type=type_, max_bits=bits)
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {
        "grammar": name,
        "bits": bits,
        "seconds": seconds,
        "peak_bytes": peak * RSS_UNIT,
        "candidates": found.candidates,
        "distinct": len(found),
        "stop_reason": found.stop_reason,
    }


def fit(bits, values):
    """The fit of log2(values) on bits: {slope, error, intercept, growth, points}.

    error is the standard error of the slope, growth the factor per bit.  None for fewer than 3
    points.
    """
    if len(bits) < 3:
        return None
    from scipy.stats import linregress

    fitted = linregress(bits, np.log2(values))
    return {
        "slope": float(fitted.slope),
        "error": float(fitted.stderr),
        "intercept": float(fitted.intercept),
        "growth": float(2**fitted.slope),
        "points": len(bits),
    }


def fit_all(rows):
    """A fit for each quantity, to the complete rows in which it is large enough."""
    fitted = {}
    for quantity, least in QUANTITIES.items():
        kept = [r for r in rows if r[quantity] >= least and complete(r)]
        fitted[quantity] = fit([r["bits"] for r in kept], [r[quantity] for r in kept])
    return fitted


def line(row):
    return (
        f"{row['grammar']:<8} {row['bits']:4g} bits  {row['seconds']:8.3f} s  "
        f"{row['peak_bytes'] / 2**20:8.1f} MiB  {row['candidates']:>13,} candidates  "
        f"{row['distinct']:>11,} distinct"
    )


def fit_text(fitted):
    parts = [
        f"{quantity.removesuffix('_bytes')} ×{f['growth']:.3f} a bit (2^({f['slope']:.3f} ± "
        f"{f['error']:.3f}), {f['points']} points)"
        for quantity, f in fitted.items()
        if f
    ]
    return "; ".join(parts) or "too few points to fit"


def draw(measured, path):
    """Four logarithmic panels over bits, with the fitted lines."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    titles = {
        "seconds": "seconds",
        "peak_bytes": "peak memory (MiB)",
        "candidates": "candidates",
        "distinct": "distinct behaviours",
    }
    figure, axes = pyplot.subplots(2, 2, figsize=(10, 7.5), sharex=True, layout="constrained")
    for axis, (quantity, title) in zip(axes.flat, titles.items(), strict=True):
        scale = 2.0**-20 if quantity == "peak_bytes" else 1.0
        for colour, name in enumerate(measured["fits"]):
            rows = [r for r in measured["rows"] if r["grammar"] == name and r[quantity] > 0]
            bits = np.array([r["bits"] for r in rows])
            values = np.array([r[quantity] for r in rows])
            fitted = measured["fits"][name][quantity]
            label = name if fitted is None else f"{name}, ×{fitted['growth']:.2f} a bit"
            axis.plot(bits, values * scale, "o", color=f"C{colour}", markersize=5, label=label)
            if fitted is not None:
                kept = bits[values >= QUANTITIES[quantity]]
                drawn = 2.0 ** (fitted["intercept"] + fitted["slope"] * kept)
                axis.plot(kept, drawn * scale, "--", color=f"C{colour}", linewidth=1)
        axis.set_yscale("log")
        axis.set_title(title)
        axis.grid(True, alpha=0.3)
        axis.legend(fontsize=8, frameon=False)
    for axis in axes[1]:
        axis.set_xlabel("bits of the longest programs")
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
