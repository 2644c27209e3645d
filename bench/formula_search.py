"""Formulas of three published lists, found from 100 rows without noise and with it.

    python bench/formula_search.py --out FILE [--noise 0 0.01 0.1] [--rows N] [--seed N]
        [--programs N] [--twins N] [--only NAME,NAME*] [--processes N]

A formula is *recovered* if the program that is chosen, fitted again to rows without noise, says
them up to 1e-9 of their size, and no term of it can be left out.  It is *found* if the total bits
are no more than those of the formula itself as a program of the language, on the same rows: under
noise a shorter formula can be wrong, and then no search under this code finds the true one.
`--twins` permutes the labels so many times and counts the labellings that choose a program.
A row is kept in `--out` at once, with a checksum of the source, and a stopped bench goes on from
there.  Nothing depends on time: a search ends after `--programs`.
"""

import argparse
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
from formula_lists import FORMULAS, PROGRAMS
from kept import Kept, code

from synth import Real, Task, load_dsl
from synth.codes import PROGRAM_FLAG, real
from synth.codes.real_rounding import rounded_line
from synth.engine import regress
from synth.language import Program
from synth.records import LeastSquares
from synth.tasks import fit

DSL = "real:functions=true"
#: The step of labels, as a share of their standard deviation.
STEP = 1e-6
#: Inputs and programs have 40 bits, so a formula is met to about 1e-12 of the largest term.
NEAR = 1e-9
#: The file of formulas decides a row too.
LISTS = Path(__file__).with_name("formula_lists.py")


def drawn(formula, rows, noise, seed):
    """The task of a formula, and the labels without noise."""
    columns, exact = formula.drawn(rows, seed)
    columns = {name: Real.rounded(column)[0] for name, column in columns.items()}
    exact = formula.formula(*columns.values())
    generator = np.random.default_rng([seed, 1, *formula.name.encode()])
    labels = exact + noise * exact.std() * generator.standard_normal(rows)
    step = STEP * exact.std()
    task = Task(
        formula.name, columns, dict.fromkeys(columns, Real), np.round(labels / step) * step, Real
    )
    return task, exact, step


def measured(formula, rows, noise, seed, programs):
    """One row of the bench."""
    task, exact, step = drawn(formula, rows, noise, seed)
    started = time.process_time()
    (found,) = regress(task, DSL, precision=step, max_programs=programs, seconds=None, threads=1)
    spent = time.process_time() - started
    best = found.program
    columns = [p.outputs(task.columns)[0] for p in best.programs]
    truth = truth_bits(formula, task, step)
    return {
        "chosen": found.chosen,
        "text": best.text,
        "bits": best.bits,
        "total_bits": found.total_bits,
        "truth_bits": truth,
        "found": truth is not None and bool(found.total_bits <= truth + 1e-6),
        "recovered": found.chosen == "program" and bool(is_met(columns, exact)),
        "seconds": spent,
    }


def is_met(columns, exact):
    """Whether columns say labels, and none of them can be left out."""
    some = [[c for k, c in enumerate(columns) if k != out] for out in range(len(columns))]
    return left(columns, exact) < NEAR and all(left(s, exact) >= NEAR for s in some)


def left(columns, exact):
    """What a fit leaves, as a share of the labels' size."""
    size = np.sqrt(np.square(exact).sum())
    return np.sqrt(LeastSquares(columns, exact).rss) / size


def truth_bits(formula, task, step):
    """The total bits of the formula itself, or None."""
    text = PROGRAMS.get(formula.name)
    if text is None:
        return None
    fitted = fit(load_dsl(DSL, (Real,)), task)
    program = Program.parse(text, fitted.grammar)
    values, defined = program.outputs(task.columns)
    if not defined.all():
        return None
    scale = real.Scale.of(task.labels, step)
    labels = scale.rounded(task.labels)
    rss = LeastSquares([values], labels).rss
    bits = program.bits(fitted.grammar)
    about = real.squares(labels, scale)
    normal = float(real.program_total([bits], rss, about, task.rows, scale))
    line = rounded_line(values, scale.place(labels), scale)
    if line is None:
        return normal
    named = PROGRAM_FLAG + real.NOISES["rounding"] + real.sum_bits(1)
    return min(normal, named + bits + line.bits)


def twins(formula, rows, noise, seed, programs, count):
    """How many permuted labellings choose a program, and the most bits that one saves."""
    task, _, step = drawn(formula, rows, noise, seed)
    made = [task.permuted(k) for k in range(count)]
    found = regress(made, DSL, precision=step, max_programs=programs, seconds=None, threads=1)
    return {
        "programs": sum(f.chosen == "program" for f in found),
        "twins": count,
        "most_saved": max(f.saved_bits or 0.0 for f in found),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--noise", type=float, nargs="*", default=[0.0, 0.01, 0.1])
    parser.add_argument("--rows", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--programs", type=int, default=1_000_000)
    parser.add_argument("--twins", type=int, default=0)
    parser.add_argument("--only", default="*", help="names, separated by commas; * is any text")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    kept, source = Kept(given.out), code(LISTS)
    names = given.only.split(",")
    chosen = [f for f in FORMULAS if any(fnmatchcase(f.name, name) for name in names)]
    settings = given.rows, given.seed, given.programs, given.twins
    about = {
        (noise, formula.name): [formula.name, noise, *settings, source]
        for noise in given.noise
        for formula in chosen
    }
    left = [item for item, key in about.items() if kept.get(key) is None]
    for item, row in run(left, settings, given.processes):
        kept.keep(about[item], row)
        print(f"{item[1]:18} {item[0]:4} ", said(row), flush=True)
    for noise in given.noise:
        rows = [kept.get(about[noise, formula.name]) for formula in chosen]
        print(totals(chosen, rows, noise, given.twins), flush=True)


def run(items, settings, processes):
    """Yields each (noise, name) with its row, as they are finished."""
    if processes == 1:
        for item in items:
            yield item, row_of(item, settings)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        futures = {pool.submit(row_of, item, settings): item for item in items}
        for future in as_completed(futures):
            yield futures[future], future.result()


def row_of(item, settings):
    """One row of the bench."""
    (noise, name), (rows, seed, programs, count) = item, settings
    formula = next(f for f in FORMULAS if f.name == name)
    if count:
        return twins(formula, rows, noise, seed, programs, count)
    return measured(formula, rows, noise, seed, programs)


def said(row):
    """A row as text."""
    if "twins" in row:
        return f"{row['programs']} of {row['twins']}, at most {row['most_saved']:.1f} bits saved"
    marks = ("recovered" if row["recovered"] else "-", "found" if row["found"] else "-")
    truth = row["truth_bits"]
    beside = "" if truth is None else f" ({truth:.1f})"
    return f"{marks[0]:9} {marks[1]:5} {row['total_bits']:7.1f}{beside}  {row['text']}"


def totals(formulas, rows, noise, count):
    """What is printed at the end of a level of noise."""
    if count:
        return f"noise {noise}: {sum(r['programs'] for r in rows)} of {count * len(rows)} twins"
    plain = [r for f, r in zip(formulas, rows, strict=True) if not f.inner]
    inner = [r for f, r in zip(formulas, rows, strict=True) if f.inner]
    told = [r for r in rows if r["truth_bits"] is not None]
    return (
        f"noise {noise}: recovered {sum(r['recovered'] for r in plain)} of {len(plain)}, with an "
        f"inner constant {sum(r['recovered'] for r in inner)} of {len(inner)}; found "
        f"{sum(r['found'] for r in told)} of {len(told)}; "
        f"{np.median([r['seconds'] for r in rows]):.1f} s (median, processor)"
    )


if __name__ == "__main__":
    main()
