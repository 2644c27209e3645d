"""The least L1 norm finds a sparse target from few rows; the least L2 norm needs every row.

Targets are sums of a few parities (Walsh functions) of the variables, and the dictionary holds
all parities.  Both norms fit the training rows exactly, but only the L1 norm prefers few terms,
as a prior for short programs does.
"""

import math
from dataclasses import dataclass

import numpy as np

from synth.experiments.base import setting, spawn_seeds
from synth.experiments.rows import verdict
from synth.learners import least_norm
from synth.report import shades

TIME = "about 20 s on one core"
GROUP = "noise and data"
QUICK = {"variables": 5, "terms": (1, 2), "rows": (4, 8, 12, 16, 24, 32), "runs": 20}
CONTROL = (
    "All weights of a dense target are drawn from a normal distribution. There is nothing sparse "
    "to find, and the least L1 norm needs as many rows as the least L2 norm."
)
COLUMNS = ("target", "terms", "rows", "norm", "exact", "error", "sign_accuracy")
PANELS = 2
SUMMARY = {
    "rows_needed": "rows from which on 90% of runs are exact",
    "least_error_ratio": "least ratio of held-out errors, L1 to L2",
    "verdict": "verdict",
}

#: Weights that differ by less than this count as equal; labels are of size 1.
TOLERANCE = 1e-6
#: A number of rows is enough if this share of runs is exact.
ENOUGH = 0.9


@dataclass(frozen=True)
class Settings:
    variables: int = setting(
        7, "Number of variables; there are 2**variables parities.", low=2, high=9
    )
    terms: tuple[int, ...] = setting(
        (1, 2, 4, 8), "Numbers of parities in a target.", low=1, high=512
    )
    rows: tuple[int, ...] = setting(
        (4, 6, 8, 11, 16, 23, 32, 45, 64, 120, 128),
        "Numbers of training rows, at most 2**variables.",
        low=1,
        high=512,
    )
    runs: int = setting(40, "Number of targets for each number of training rows.", low=1)
    seed: int = setting(0, "Seed for the targets and the training rows.", low=0)


def run(settings, map):
    size = 2**settings.variables
    rows = sorted({n for n in settings.rows if n <= size})
    targets = [("sparse", k) for k in sorted({k for k in settings.terms if k <= size})]
    cases = [(*target, n) for target in [*targets, ("dense", size)] for n in rows]
    seeds = spawn_seeds(settings.seed, len(cases))
    items = [
        (*case, settings.variables, settings.runs, seed)
        for case, seed in zip(cases, seeds, strict=True)
    ]
    for found in map(_recovered, items):
        yield from found


def walsh(variables):
    """All parities of the variables: Sylvester's Hadamard matrix.

    Parameters
    ----------
    variables : int
        Number of variables.

    Returns
    -------
    float64 array of shape (2**variables, 2**variables)
        Entry (x, s) is (-1)**k, where k variables are both true in row x and in the set s.  Rows
        are orthogonal.
    """
    from scipy.linalg import hadamard

    return hadamard(2**variables).astype(np.float64)


def least_l1(features, labels):
    """Basis pursuit: the weights of least L1 norm with features @ weights = labels.

    It is solved as a linear program in the positive and the negative parts of the weights (Chen,
    Donoho and Saunders, SIAM Review 43(1), 2001).

    Parameters
    ----------
    features : array of shape (n, D)
        Of full rank, n <= D.
    labels : array of shape (n,)

    Returns
    -------
    float64 array of shape (D,)
    """
    from scipy.optimize import linprog

    count = features.shape[1]
    found = linprog(
        np.ones(2 * count), A_eq=np.hstack([features, -features]), b_eq=labels, method="highs"
    )
    return found.x[:count] - found.x[count:]


def _recovered(item):
    """One row per norm, for one kind of target and one number of training rows."""
    target, terms, rows, variables, runs, seed = item
    generator, dictionary = np.random.default_rng(seed), walsh(variables)
    size, found = len(dictionary), {"L1": [], "L2": []}
    for _ in range(runs):
        weights = np.zeros(size)
        if target == "dense":
            weights[:] = generator.standard_normal(size) / np.sqrt(size)
        else:
            support = generator.permutation(size)[:terms]
            weights[support] = generator.choice([-1.0, 1.0], terms) / np.sqrt(terms)
        order = generator.permutation(size)
        train, test = order[:rows], order[rows:]
        labels = dictionary @ weights
        for norm, solve in (("L1", least_l1), ("L2", least_norm)):
            guess = solve(dictionary[train], labels[train])
            far = dictionary[test] @ guess - labels[test]
            error = sign = np.nan
            if rows < size:
                error = np.square(far).mean() / np.square(weights).sum()
                sign = _sign_accuracy(labels[test], labels[test] + far)
            found[norm].append((np.abs(guess - weights).max() < TOLERANCE, error, sign))
    answer = []
    for norm, values in found.items():
        exact, error, sign = np.mean(values, axis=0).tolist()
        row = {
            "target": target,
            "terms": terms,
            "rows": rows,
            "norm": norm,
            "exact": exact,
            "error": error if rows < size else None,
            "sign_accuracy": sign if rows < size else None,
            "runs": runs,
            "dictionary": size,
        }
        answer.append(row)
    return answer


def _sign_accuracy(labels, predicted):
    """The share of nonzero labels whose sign is predicted; a prediction of 0 counts ½."""
    signs = np.where(np.abs(predicted) < TOLERANCE, 0.0, np.sign(predicted))
    kept = np.abs(labels) > TOLERANCE
    return float((1 + signs * np.sign(labels))[kept].mean() / 2) if kept.any() else 1.0


def _needed(rows):
    """The least number of rows from which on enough runs are exact, or None."""
    needed = None
    for row in sorted(rows, key=lambda r: -r["rows"]):
        if row["exact"] < ENOUGH:
            break
        needed = row["rows"]
    return needed


def _cases(rows):
    """{(target, terms, norm): rows}."""
    cases = {}
    for row in rows:
        cases.setdefault((row["target"], row["terms"], row["norm"]), []).append(row)
    return cases


def _name(target, terms):
    return "dense" if target == "dense" else f"{terms} term{'s' * (terms > 1)}"


def summarise(rows):
    needed, errors = {}, {}
    for (target, terms, norm), mine in _cases(rows).items():
        needed.setdefault(_name(target, terms), {})[norm] = _needed(mine)
        errors.setdefault((target, terms), {})[norm] = {r["rows"]: r["error"] for r in mine}
    advantage = {}
    for (target, terms), by in errors.items():
        ratios = [by["L1"][n] / by["L2"][n] for n in by["L1"] if by["L2"][n]]
        advantage[_name(target, terms)] = min(ratios) if ratios else None
    found = {"rows_needed": needed, "least_error_ratio": advantage}
    return found | {"verdict": _verdict(found)}


def _verdict(found):
    """Whether L1 needs fewer rows; found: the figures of the summary."""
    needed = found["rows_needed"]
    words = {
        name: f"L1 needs {by.get('L1') or 'more than all'} rows and L2 "
        f"{by.get('L2') or 'more than all'} ({name})"
        for name, by in needed.items()
    }

    def fewer(by):
        return (by.get("L1") or math.inf) < (by.get("L2") or math.inf)

    claim = [(fewer(by), words[name]) for name, by in needed.items() if name != "dense"]
    control = [(not fewer(by), words[name]) for name, by in needed.items() if name == "dense"]
    return verdict(claim, control)


CAPTION = """A target is a sum of a few parities; a learner must find its weights from few rows. L1
takes the weights of least sum of magnitudes, L2 those of least sum of squares. (a) The share of
runs in which all weights are right: the fewer the terms, the fewer rows L1 needs. L2 needs all
rows, as does L1 on a dense target. (b) The error on unseen rows; 1 is that of a table, which knows
nothing about them. L2 never does better."""


def draw(rows, axes):
    left, right = axes
    sizes = sorted({r["terms"] for r in rows})
    colors = dict(zip(sizes, shades(len(sizes)), strict=True))
    for (target, terms, norm), mine in _cases(rows).items():
        if norm == "L2" and terms > sizes[0]:
            continue  # the L2 curve is the same for every target
        mine = sorted(mine, key=lambda r: r["rows"])
        name = "L2, any" if norm == "L2" else f"L1, {_name(target, terms)}"
        style = {"color": "black", "linestyle": "--"} if norm == "L2" else {"color": colors[terms]}
        if target == "dense":
            style = {"color": "0.55", "linestyle": ":"}
        x, y = [r["rows"] for r in mine], [r["exact"] for r in mine]
        (line,) = left.plot(x, y, marker=".", **style)
        middle = _crossing(x, y)
        if middle is not None and target != "dense":
            left.annotate(
                "L2, any; L1, dense" if norm == "L2" else name,
                middle,
                xytext=(-7, 0),
                textcoords="offset points",
                rotation=90,
                ha="right",
                va="center",
                fontsize="small",
                color=line.get_color(),
            )
        seen = [r for r in mine if r["error"] is not None]
        style.setdefault("color", line.get_color())
        right.plot([r["rows"] for r in seen], [r["error"] for r in seen], label=name, **style)
    shown = sorted({r["rows"] for r in rows})
    ticks = [2**k for k in range(10) if shown[0] <= 2**k <= shown[-1]]
    for each in axes:
        each.set_xscale("log", base=2)
        each.set_xticks(ticks, list(map(str, ticks)))
        each.set_xlabel(f"training rows, of {rows[0]['dictionary']}")
    left.set_title("all weights are right")
    left.set_ylabel("share of runs")
    right.set_title("error on unseen rows")
    right.set_ylabel("error / variance of labels")


def _crossing(x, y):
    """Where y first passes ½, on straight lines in log2 x between points; None if it never does."""
    for k in range(1, len(x)):
        if y[k - 1] < 0.5 <= y[k]:
            share = (0.5 - y[k - 1]) / (y[k] - y[k - 1])
            return 2 ** (np.log2(x[k - 1]) + share * np.log2(x[k] / x[k - 1])), 0.5
    return None
