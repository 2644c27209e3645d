"""Cross-validated errors on numeric tables: programs, ridge regression, a pruned tree and pyoperon.

    python bench/regression.py [--seconds S] [--parts N] [--only TEXT] [--out FILE]
                               [--programs N] [--pairs N]
    python bench/regression.py --heavy [--twins N]

The tables are those of `synth run regression` that come with scikit-learn, and ten that come with
statsmodels, all with 30 to 5,000 rows and numeric columns.  Neither is loaded from a network.
pyoperon has `--seconds` of wall-clock time for each part, one thread and its default operators, of
which logarithms and the like are some; without pyoperon its column stays empty.  A row is kept in
`--out` at once, and a stopped bench goes on from there.

`--heavy` counts the permuted twins that choose a program, with labels whose tails are heavy.
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from kept import Kept, code

from synth import Real, Task
from synth.engine import regress
from synth.experiments import regression

#: Tables of statsmodels: the module, the column to predict, and the columns to predict it from.
STATSMODELS = {
    "grunfeld": ("grunfeld", "invest", ("value", "capital")),
    "engel": ("engel", "foodexp", ("income",)),
    "ccard": ("ccard", "AVGEXP", ("AGE", "INCOME", "INCOMESQ", "OWNRENT")),
    "statecrime": ("statecrime", "murder", ("hs_grad", "poverty", "single", "white", "urban")),
    "scotland": ("scotland", "YES", None),
    "star98": ("star98", "PTRATIO", None),
    "cancer": ("cancer", "cancer", ("population",)),
    "strikes": ("strikes", "duration", ("iprod",)),
    "macrodata": ("macrodata", "realgdp", ("realcons", "realinv", "realgovt", "tbilrate", "unemp")),
    "spector": ("spector", "GPA", ("TUCE", "PSI", "GRADE")),
}
ROWS = 30, 5000


def loaded(name):
    """The columns and the labels of a table."""
    if name in regression.MEASURED:
        return regression.table(regression.Settings(), name)[:2]
    from statsmodels import datasets

    module, label, inputs = STATSMODELS[name]
    frame = getattr(datasets, module).load_pandas().data
    names = [n for n in frame.columns if n != label] if inputs is None else list(inputs)
    frame = frame[[*names, label]].apply(lambda c: c.astype(float), axis=0).dropna()
    columns = {regression.word(n): frame[n].to_numpy() for n in names}
    return {n: c for n, c in columns.items() if np.ptp(c) > 0}, frame[label].to_numpy()


def operon(columns, labels, train, seconds):
    """What pyoperon predicts for all rows; None without it."""
    try:
        from pyoperon.sklearn import SymbolicRegressor
    except ImportError:
        return None
    warnings.simplefilter("ignore")
    matrix = np.column_stack(list(columns.values()))
    model = SymbolicRegressor(
        max_time=int(seconds), n_threads=1, random_state=0, generations=10**6,
        max_evaluations=10**9, optimizer_iterations=5,
        allowed_symbols="add,sub,mul,div,sqrt,exp,log,sin,constant,variable",
    )  # fmt: skip
    model.fit(matrix[train], labels[train])
    return model.predict(matrix)


def measured(name, given):
    """One row of the bench."""
    columns, labels = loaded(name)
    n = len(labels)
    assert ROWS[0] <= n <= ROWS[1], (name, n)
    settings = regression.Settings(
        parts=given.parts, max_programs=given.programs, pairs=given.pairs
    )
    parts = np.random.default_rng([settings.seed, n]).permutation(n) % settings.parts
    left, spent = {}, {}
    for part in range(settings.parts):
        train = parts != part
        begin = time.process_time()
        (found,) = regress(
            [Task("table", columns, dict.fromkeys(columns, Real), labels, Real, train)],
            settings.dsl, max_programs=settings.max_programs, pairs=settings.pairs, top=1,
            threads=1,
        )  # fmt: skip
        spent["program"] = spent.get("program", 0) + time.process_time() - begin
        predicted = {"program": found.predict(columns)}
        predicted |= regression.others(columns, labels, train, settings)
        predicted["pyoperon"] = operon(columns, labels, train, given.seconds)
        for learner, values in predicted.items():
            square = None if values is None else float(np.square(values - labels)[~train].sum())
            left.setdefault(learner, []).append(square)
    about = float(np.square(labels - labels.mean()).sum())
    found, _ = regression.searched(settings, columns, labels, np.ones(n, bool))
    row = {
        learner: None if None in each else float(np.sqrt(sum(each) / about))
        for learner, each in left.items()
    }
    used = found.chosen == "program"
    return {
        "rows": n, "inputs": len(columns), **row, "seconds": spent["program"] / settings.parts,
        "chosen": found.chosen, "bits": found.program.bits if used else None,
        "saved": found.saved_bits, "noise": found.program.noise if used else None,
        "text": found.program.text if used else None,
    }  # fmt: skip


HEAVY = {
    "1 / uniform": lambda rng, n: 1 / rng.uniform(0.002, 1, n),
    "lognormal": lambda rng, n: np.exp(2 * rng.normal(size=n)),
    "Cauchy": lambda rng, n: rng.standard_cauchy(n),
    "5% wrong": lambda rng, n: rng.normal(size=n) + np.where(rng.random(n) < 0.05, 300, 0),
}


def heavy(twins, programs, pairs):
    """Of permuted labels with heavy tails: how many choose a program, and the most bits saved."""
    for name, drawn in HEAVY.items():
        rng = np.random.default_rng(0)
        columns = {c: rng.uniform(1, 3, 100).round(2) for c in "xz"}
        labels = drawn(rng, 100).round(3)
        task = Task("tails", columns, dict.fromkeys(columns, Real), labels, Real)
        made = [task.permuted(k) for k in range(twins)]
        found = regress(made, "real:functions=true", max_programs=programs, pairs=pairs)
        chosen = [f.chosen for f in found]
        most = max(f.saved_bits for f in found)
        print(
            f"{name}: program {chosen.count('program')} of {twins}, constant "
            f"{chosen.count('constant')}, table {chosen.count('table')}; most saved {most:.1f}",
            flush=True,
        )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--parts", type=int, default=5)
    parser.add_argument("--programs", type=int, default=20_000)
    parser.add_argument("--pairs", type=int, default=200)
    parser.add_argument("--only", default="")
    parser.add_argument("--out", type=Path, default=Path("bench/results/regression.jsonl"))
    parser.add_argument("--heavy", action="store_true")
    parser.add_argument("--twins", type=int, default=20)
    given = parser.parse_args()
    if given.heavy:
        heavy(given.twins, given.programs, given.pairs)
        return
    kept, made = Kept(given.out), code(__file__)
    print("| table | rows | inputs | program | ridge | tree | pyoperon | bits | saved | noise |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in (*regression.MEASURED, *STATSMODELS):
        if given.only not in name:
            continue
        key = [name, given.parts, given.programs, given.pairs, given.seconds, made]
        row = kept.get(key) or kept.keep(key, measured(name, given))
        shown = [row[c] for c in ("program", "ridge", "tree", "pyoperon", "bits", "saved")]
        cells = ["" if v is None else f"{v:.3g}" for v in shown]
        print(
            f"| {name} | {row['rows']} | {row['inputs']} | {' | '.join(cells)} | {row['noise']} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
