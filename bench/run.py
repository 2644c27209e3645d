"""Speed and memory as ratios; the two sides of each pair are measured in turn within one run.

    python bench/run.py [--repeats N] [--json FILE]

Prints a line for each measurement and writes all of them as JSON.  The C++ references are compiled
on the spot.  Without a compiler they are left out, with a message.
"""

import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import document
import numpy as np

import synth
from synth.language.types import Bool, Mod

HERE = Path(__file__).parent


def main():
    parser = document.parser(__doc__, "run")
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        fused = compile_fused(Path(folder))
        for measure in (booleans, blocks, nodes, wide_rows):
            for row in measure(fused, options.repeats, Path(folder)):
                rows.append(row)
                report(row)
    for row in (bytes_per_behaviour(), *start_up(options.repeats)):
        rows.append(row)
        report(row)
    document.write(options.json, rows=rows)


def report(row):
    parts = [
        f"{k} {v:,.3g}" if isinstance(v, float) else f"{k} {v:,}"
        for k, v in row.items()
        if k not in ("what", "note")
    ]
    print(f"{row['what']:<44} {'; '.join(parts)}  {row.get('note', '')}".rstrip(), flush=True)


def compile_fused(folder):
    """The path of the compiled C++ reference, or None if there is no compiler."""
    compiler = next(filter(None, map(shutil.which, ("g++", "clang++", "c++"))), None)
    if compiler is None:
        print("no C++ compiler found: the fused loops are left out")
        return None
    target = folder / "fused"
    flags = ["-O3", "-march=native", "-std=c++17"]
    subprocess.run([compiler, *flags, str(HERE / "fused.cpp"), "-o", str(target)], check=True)
    return target


def run_fused(fused, *arguments):
    """(candidates, distinct, seconds) of one run of the reference."""
    text = subprocess.run(
        [str(fused), *map(str, arguments)], check=True, capture_output=True, text=True
    ).stdout
    made, distinct, seconds = text.split()
    return int(made), int(distinct), float(seconds)


def enumerate_(grammar, columns, most, threads=1):
    """(candidates without leaves, distinct, seconds) of one enumeration."""
    begin = time.perf_counter()
    found = synth.enumerate_programs(grammar, columns, max_bits=most, threads=threads)
    seconds = time.perf_counter() - begin
    return found.candidates - found.levels[0].candidates, len(found), seconds


def paired(what, fused, arguments, grammar, columns, most, repeats):
    """Both sides in turn; the ratio is theirs over ours, so above 1 we are faster."""
    enumerate_(grammar, columns, most)  # compiles, and lets the system allocate memory
    found, ours, theirs = [], [], []
    for _ in range(repeats):
        made, distinct, seconds = enumerate_(grammar, columns, most)
        ours.append(made / seconds / 1e6)
        if fused is not None:
            other = run_fused(fused, *arguments)
            assert other[:2] == (made, distinct), (what, other, made, distinct)
            theirs.append(made / other[2] / 1e6)
            found.append(other[2] / seconds)
    row = {
        "what": what,
        "candidates": made,
        "distinct": distinct,
        "ours M/s": statistics.median(ours),
    }
    if fused is not None:
        row |= {
            "fused C++ M/s": statistics.median(theirs),
            "ratio": statistics.median(found),
            "least ratio": min(found),
            "most ratio": max(found),
        }
    return row


def literals(n):
    rows = np.arange(2**n)
    columns = {f"x{v}": (rows >> v & 1).astype(bool) for v in range(n)}
    return columns | {f"n{v}": ~columns[f"x{v}"] for v in range(n)}


def connectives():
    dsl = synth.DSL("and-or-xor")
    for name, body in (("and_", np.logical_and), ("or_", np.logical_or), ("xor", np.logical_xor)):
        dsl.add(body, "Bool, Bool -> Bool", name=name, commutative=True)
    dsl.constant(False, Bool)
    dsl.constant(True, Bool)
    return dsl


def operators(item):
    """Costs that count operators."""
    return float(bool(item.arguments))


def booleans(fused, repeats, folder):
    for n, most in ((4, 7), (5, 5), (6, 4)):
        columns = literals(n)
        grammar = synth.Grammar(connectives(), dict.fromkeys(columns, Bool), costs=operators)
        what = f"booleans, {n} variables, {most} operators"
        yield paired(what, fused, ("bool", n, most), grammar, columns, most, repeats)
    yield against_python(repeats)


def blocks(fused, repeats, folder):
    """One and two threads compared with the limit of one core: hashes first, slots prefetched."""
    if fused is None:
        return
    for n, most in ((4, 7), (5, 5), (5, 6), (6, 4)):
        columns = literals(n)
        grammar = synth.Grammar(connectives(), dict.fromkeys(columns, Bool), costs=operators)
        runs = {1: [], 2: [], "C++": [], "C++ twice": []}
        for threads in (1, 2):
            enumerate_(grammar, columns, most, threads)
        for _ in range(repeats):
            for threads in (1, 2):
                made, distinct, seconds = enumerate_(grammar, columns, most, threads)
                runs[threads].append(seconds)
            other = run_fused(fused, "block", n, most)
            assert other[:2] == (made, distinct)
            runs["C++"].append(other[2])
            runs["C++ twice"].append(side_by_side(fused, "block", n, most))
        yield {
            "what": f"booleans, {n} variables, {most} operators, blocks",
            "ours M/s": made / statistics.median(runs[1]) / 1e6,
            "blocked C++ M/s": made / statistics.median(runs["C++"]) / 1e6,
            **ratios("one thread", runs["C++"], runs[1]),
            **ratios("two threads over one", runs[1], runs[2]),
            **ratios("two threads", runs["C++"], runs[2]),
            # The gain from the machine's second core: twice the work, in two processes.
            "two C++ processes over one": statistics.median(
                2 * a / b for a, b in zip(runs["C++"], runs["C++ twice"], strict=True)
            ),
        }


def side_by_side(fused, *arguments):
    """The longer time of two simultaneous runs of the reference."""
    command = [str(fused), *map(str, arguments)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    return max(float(run.communicate()[0].split()[2]) for run in both)


def ratios(what, theirs, ours):
    found = [a / b for a, b in zip(theirs, ours, strict=True)]
    return {
        what: statistics.median(found),
        f"{what}, least": min(found),
        f"{what}, most": max(found),
    }


def nodes(fused, repeats, folder):
    """All functions of 4 variables by the number of nodes over and/or/not."""
    rows = np.arange(16)
    columns = {f"x{v}": (rows >> v & 1).astype(bool) for v in range(4)}
    dsl = synth.load_dsl("boolean:basis=and-or-not")
    grammar = synth.Grammar(dsl, dict.fromkeys(columns, Bool), costs=lambda item: 1)
    what = "booleans, 4 variables, all by nodes"
    yield paired(what, fused, ("direct", 99), grammar, columns, None, repeats)
    runs = {1: [], 2: [], "C++": []}
    enumerate_(grammar, columns, None, 2)
    for _ in range(repeats):
        for threads in (1, 2):
            runs[threads].append(enumerate_(grammar, columns, None, threads)[2])
        if fused is not None:
            runs["C++"].append(run_fused(fused, "direct", 99)[2])
    row = {"what": what + ", two threads", **ratios("two threads over one", runs[1], runs[2])}
    if fused is not None:
        row |= ratios("two threads", runs["C++"], runs[2])
    yield row


def against_python(repeats):
    """The same enumeration in plain Python, with integers as rows and a set to tell them apart."""
    columns, most = literals(4), 7
    grammar = synth.Grammar(connectives(), dict.fromkeys(columns, Bool), costs=operators)
    found = []
    enumerate_(grammar, columns, most)
    for _ in range(max(1, repeats // 2)):
        made, distinct, seconds = enumerate_(grammar, columns, most)
        begin = time.perf_counter()
        plain = plain_python(4, most)
        other = time.perf_counter() - begin
        assert plain == (made, distinct)
        found.append(other / seconds)
    return {
        "what": "booleans, 4 variables, 7 operators, Python",
        "candidates": made,
        "plain Python M/s": made / other / 1e6,
        "ratio": statistics.median(found),
    }


def plain_python(n, most):
    size = 2**n
    full = 2**size - 1
    variables = [sum(1 << r for r in range(size) if r >> v & 1) for v in range(n)]
    levels = [[0, full, *variables, *(full ^ x for x in variables)]]
    seen, made = set(levels[0]), 0
    for level in range(1, most + 1):
        new = []
        for i in range((level - 1) // 2 + 1):
            j = level - 1 - i
            for a, x in enumerate(levels[i]):
                for y in levels[j][a if i == j else 0 :]:
                    made += 3
                    for z in (x & y, x | y, x ^ y):
                        if z not in seen:
                            seen.add(z)
                            new.append(z)
        levels.append(new)
    return made, len(seen)


def wide_rows(fused, repeats, folder):
    generator = np.random.default_rng(0)
    for rows, most in ((64, 4), (256, 4), (2000, 4)):
        columns = {f"c{k}": generator.integers(0, 97, rows) for k in range(5)}
        file = folder / f"columns-{rows}"
        file.write_bytes(b"".join(c.astype(np.uint8).tobytes() for c in columns.values()))
        dsl = synth.load_dsl("modular:p=97,constants=")
        grammar = synth.Grammar(dsl, dict.fromkeys(columns, Mod(97)), costs=operators)
        what = f"residues mod 97, {rows} rows, {most} operators"
        yield paired(what, fused, ("mod", rows, most, file), grammar, columns, most, repeats)


def bytes_per_behaviour():
    """The resident memory that an enumeration adds, per distinct boolean behaviour."""
    code = (
        f"import os, sys; sys.path.insert(0, {str(HERE)!r})\n"
        "import run, synth\nfrom synth.language.types import Bool\n"
        "columns = run.literals(6)\n"
        "grammar = synth.Grammar(run.connectives(), dict.fromkeys(columns, Bool),"
        " costs=run.operators)\n"
        "page = os.sysconf('SC_PAGE_SIZE')\n"
        "resident = lambda: page * int(open('/proc/self/statm').read().split()[1])\n"
        "run.enumerate_(grammar, columns, 4)\nbefore = resident()\n"
        "found = synth.enumerate_programs(grammar, columns, max_bits=5)\n"
        "print(len(found), found._engine.nbytes, resident() - before)\n"
    )
    text = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    distinct, held, resident = map(int, text.stdout.split())
    return {
        "what": "bytes a distinct boolean behaviour, 64 rows",
        "distinct": distinct,
        "held": held / distinct,
        "resident": resident / distinct,
    }


def start_up(repeats):
    """Whole processes, with compiled kernels."""
    commands = {
        "synth --help": ["--help"],
        "synth search parity:n=6,k=3": ["search", "parity:n=6,k=3"],
        "synth contrast": ["contrast"],
    }
    for what, arguments in commands.items():
        seconds = []
        for k in range(repeats + 1):
            begin = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "synth", *arguments], check=True, stdout=subprocess.DEVNULL
            )
            if k:  # the first run warms the caches
                seconds.append(time.perf_counter() - begin)
        yield {"what": what, "seconds": statistics.median(seconds), "most": max(seconds)}


if __name__ == "__main__":
    main()
