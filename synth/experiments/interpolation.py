"""The error peaks at as many features as rows, unless ridge or MDL limits the features.

This is double descent.  Linear regression of least norm is fitted to noisy labels.  Its features
are the behaviours of D random programs, or D Chebyshev polynomials at random points.  Its error on
unseen rows peaks at D = n and falls again for larger D.  Two methods have no peak.  One is ridge
regression.  The other, MDL, uses only the first d features, shortest first, with the d that gives
the shortest code of the labels.
"""

from dataclasses import dataclass
from functools import lru_cache
from math import log2

import numpy as np

from synth.errors import ExperimentError
from synth.exact import sample_programs
from synth.experiments.base import setting, spawn_seeds
from synth.experiments.rows import key_part, share, verdict
from synth.language import Bool, Grammar, dsls
from synth.learners import fit_ridge, least_norm
from synth.report import COLOURS
from synth.tasks import all_rows

TIME = "about 10 s on one core"
GROUP = "noise and data"
CONTROL = (
    "Without noise, regression of least norm has no peak if the target is among the features. With "
    "noise, ridge has no peak."
)
COLUMNS = ("family", "order", "method", "noise", "features", "used", "median")
PANELS = 2
SUMMARY = {
    "peak_over_{multiple}_n_at_noise_{noise}": (
        "median error at D = n over that at D = {multiple} n, noise {noise}"
    ),
    "features_used_of_{features}_at_noise_{noise}": (
        "features that MDL uses of {features} (median), noise {noise}"
    ),
    "verdict": "verdict",
}

#: Number of variables of the programs; the domain is all rows.
VARIABLES = 9
#: The largest number of programs drawn, and of nodes of a program.
MOST_DRAWN, MOST_NODES = 2**17, 200
#: A target has this many terms, from this many shortest features.
TERMS, SHORTEST = 3, 10
#: Number of unseen points for the polynomials.
POINTS = 500
#: The least error that is drawn, since the error of a perfect fit is rounding.
FLOOR = 1e-3
METHODS = ("least norm", "ridge", "MDL")
#: The orders of a family's features.
ORDERS = {"programs": ("drawn", "shortest first"), "polynomials": ("shortest first",)}


@dataclass(frozen=True)
class Settings:
    rows: int = setting(40, "n, the number of training rows.", low=10, high=50)
    factors: tuple[float, ...] = setting(
        (0.1, 0.25, 0.5, 0.75, 0.9, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 10.0),
        "Numbers of features, as multiples of n.",
        low=0,
        high=10,
    )
    noise: tuple[float, ...] = setting(
        (0.5, 0.0), "Standard deviations of the noise; the target has standard deviation 1.", low=0
    )
    samples: int = setting(8, "Number of sets of random programs, or of points.", low=1)
    runs: int = setting(
        8, "Number of targets and training sets for each set of programs or of points.", low=1
    )
    dsl: str = setting("boolean", "Boolean DSL of the programs.")
    seed: int = setting(0, "Seed for everything random.", low=0)


def run(settings, map):
    n, seeds = settings.rows, spawn_seeds(settings.seed, settings.samples)
    counts = tuple(sorted({max(1, round(f * n)) for f in settings.factors}))
    cases = [(f, s) for f in ORDERS for s in settings.noise]
    items = [
        (family, noise, n, counts, settings.runs, settings.dsl, seed)
        for family, noise in cases
        for seed in seeds
    ]
    gathered = []
    for item, errors in zip(items, map(_errors, items), strict=False):
        gathered.append(errors)
        if len(gathered) == len(seeds):
            yield from _rows(*item[:4], gathered)
            gathered = []


def _rows(family, noise, n, counts, gathered):
    """The rows of one family and noise, from the answers for all samples."""
    for order in ORDERS[family]:
        for method in METHODS:
            # (D, runs of all samples)
            errors = np.concatenate([g[f"{order}, {method}"] for g in gathered], axis=1)
            chosen = np.concatenate([g[f"{order}, chosen"] for g in gathered], axis=1)
            for features, each, choice in zip(counts, errors, chosen, strict=True):
                used = float(np.median(choice)) if method == "MDL" else features
                low, median, high = np.quantile(each, (0.25, 0.5, 0.75)).tolist()
                yield {
                    "family": family,
                    "order": order,
                    "method": method,
                    "noise": noise,
                    "rows": n,
                    "features": features,
                    "median": median,
                    "mean": float(each.mean()),
                    "used": used,
                    "lower_quartile": low,
                    "upper_quartile": high,
                    "runs": len(each),
                }


def _errors(item):
    """Mean squared errors on unseen rows, lists (D, runs), by "order, method".

    The numbers of features that MDL uses are under "order, chosen".
    """
    family, noise, n, counts, runs, dsl, seed = item
    generator = np.random.default_rng(spawn_seeds(seed, 2)[1])
    found = {
        (o, m): np.empty((len(counts), runs)) for o in ORDERS[family] for m in (*METHODS, "chosen")
    }
    for r in range(runs):
        # Features are ordered shortest first; the first n rows are for training.
        if family == "programs":
            features = program_features(dsl, counts[-1], seed)[generator.permutation(2**VARIABLES)]
            drawn = _drawn_order(dsl, counts[-1], seed)
        else:
            features = polynomial_features(counts[-1], generator.uniform(0, np.pi, n + POINTS))
        terms = generator.permutation(min(SHORTEST, counts[-1]))[:TERMS]
        signs = generator.choice([-1.0, 1.0], len(terms))
        target = features[:, terms] @ signs / np.sqrt(len(terms))
        labels = target[:n] + noise * generator.standard_normal(n)
        for order in ORDERS[family]:
            # The terms of the target come first, so any number of features has them.
            place = np.arange(counts[-1]) if order == "shortest first" else drawn
            if order == "drawn":
                place = np.concatenate([terms, place[~np.isin(place, terms)]])
            ordered = features[:, place]
            bits = code_bits(ordered[:n], labels)
            for k, count in enumerate(counts):
                seen, unseen = ordered[:n, :count], ordered[n:, :count]
                chosen = int(np.argmin(bits[: count + 1]))
                found[order, "chosen"][k, r] = chosen
                for method, weights in (
                    ("least norm", least_norm(seen, labels)),
                    ("ridge", ridge(seen, labels)),
                    ("MDL", np.pad(least_norm(seen[:, :chosen], labels), (0, count - chosen))),
                ):
                    far = unseen @ weights - target[n:]
                    found[order, method][k, r] = np.square(far).mean()
    # A journal of --save keeps texts as keys, and lists.
    return {", ".join(key): errors.tolist() for key, errors in found.items()}


# -- features -------------------------------------------------------------------------------


@lru_cache(maxsize=16)
def _pool(dsl, count, seed):
    """(behaviours (2**VARIABLES, count) of 1 and -1, bits (count,)), in the order drawn."""
    columns = all_rows(VARIABLES)
    grammar = Grammar(dsls.load_dsl(dsl, (Bool,)), dict.fromkeys(columns, Bool))
    drawn = 8 * count
    while drawn <= MOST_DRAWN:
        sample = sample_programs(grammar, drawn, seed=seed, type=Bool, most_nodes=MOST_NODES)
        values, defined = sample.values(columns)
        signs = np.where(values, 1.0, -1.0)
        kept = independent(signs, np.flatnonzero(defined), count)
        if len(kept) == count:
            bits = np.array([sample.program(i).bits(grammar) for i in kept])
            return signs[kept].T, bits
        drawn *= 4
    raise ExperimentError(
        f"interpolation: fewer than {count} behaviours of {MOST_DRAWN} programs of {dsl} are "
        "linearly independent; allowed: fewer rows or factors, or a DSL with more behaviours"
    )


def independent(signs, candidates, count):
    """The first `count` candidates whose signs do not depend linearly on those before.

    Parameters
    ----------
    signs : array of float64, (m, rows)
        Behaviours as 1 and -1.
    candidates : array of int, (c,)
        Places in `signs`.
    count : int
        How many to keep.

    Returns
    -------
    list of int
        Places, fewer than `count` if there are not so many.
    """
    basis, kept, seen = np.zeros((count, signs.shape[1])), [], set()
    for i in candidates.tolist():
        row = signs[i] * signs[i, 0]  # a behaviour and its opposite are one feature
        key = row.tobytes()
        if key in seen:
            continue
        seen.add(key)
        done = basis[: len(kept)]
        # Twice, since one projection leaves rounding errors.
        rest = row - done.T @ (done @ row)
        rest -= done.T @ (done @ rest)
        if rest @ rest > 1e-6 * len(row):
            basis[len(kept)] = rest / np.sqrt(rest @ rest)
            kept.append(i)
            if len(kept) == count:
                break
    return kept


def program_features(dsl, count, seed):
    """Behaviours of random programs as 1 and -1, shortest first: float64 (2**VARIABLES, count)."""
    signs, bits = _pool(dsl, count, seed)
    return signs[:, np.argsort(bits, kind="stable")]


def _drawn_order(dsl, count, seed):
    """The places, in the order shortest first, of the features drawn first, second, ..."""
    return np.argsort(np.argsort(_pool(dsl, count, seed)[1], kind="stable"), kind="stable")


def polynomial_features(count, angles):
    """Chebyshev polynomials of degree 0..count-1 at x = cos(angles): float64 (points, count).

    For uniform angles they are orthogonal, and they are scaled to a mean square of 1.
    """
    scale = np.full(count, np.sqrt(2.0))
    scale[0] = 1.0
    return np.cos(np.multiply.outer(angles, np.arange(count))) * scale


# -- learners -------------------------------------------------------------------------------


def ridge(features, labels):
    """Weights (D,) at the ridge strength of least leave-one-out error."""
    return features.T @ fit_ridge(features @ features.T, labels[:, None])[2][:, 0]


def code_bits(features, labels):
    """Bits of the labels given the first 0, 1, ..., D features, minus the bits given none.

    The number d of features is in Elias's gamma code.  The labels are coded by Bayes's mixture over
    weights, normal with covariance g σ² (FᵀF)^-1, and over σ², with density 1/σ².  Let r be the
    rank of the features and R² the share of the labels' sum of squares that they explain.  The
    mixture saves ½ (n - r) log2(1 + g) - ½ n log2(1 + g (1 - R²)) bits, here with g = n (Zellner,
    1986; Liang et al., Journal of the American Statistical Association 103, 2008, who also fit a
    mean).  It saves nothing if r = n, so features that fit anything are never chosen.

    Parameters
    ----------
    features : array, (n, D)
        The features in order.
    labels : array, (n,)
        The labels, not all 0.

    Returns
    -------
    array of float64, (D + 1,)
    """
    n, count = features.shape
    total = left = labels @ labels
    basis, bits = np.zeros((0, n)), [1.0]
    for d in range(1, count + 1):
        column = features[:, d - 1]
        rest = column - basis.T @ (basis @ column)
        rest -= basis.T @ (basis @ rest)
        if len(basis) < n and rest @ rest > 1e-12 * (column @ column):
            basis = np.vstack([basis, rest / np.sqrt(rest @ rest)])
            left = max(left - (basis[-1] @ labels) ** 2, 0.0)
        rank = len(basis)
        spread = 1 + n * (left / total if rank < n else 0.0)
        saved = (n - rank) / 2 * log2(1 + n) - n / 2 * log2(spread)
        bits.append(2 * int(log2(d + 1)) + 1 - saved)
    return np.array(bits)


# -- the summary and the figure ----------------------------------------------------------


def _cases(rows):
    """{(family, order, noise, method): {features: median error}}."""
    cases = {}
    for row in rows:
        key = row["family"], row["order"], row["noise"], row["method"]
        cases.setdefault(key, {})[row["features"]] = row["median"]
    return cases


def summarise(rows):
    n, found = rows[0]["rows"], {}
    key = "family", "order", "method", "noise", "features"
    used = {tuple(r[k] for k in key): r["used"] for r in rows}
    for (family, order, noise, method), errors in _cases(rows).items():
        most, case, at_noise = max(errors), f"{family}, {order}", f"at_noise_{key_part(noise)}"
        if method == "MDL":
            part = found.setdefault(f"features_used_of_{most}_{at_noise}", {})
            part[case] = used[family, order, method, noise, most]
        if n not in errors or most == n:
            continue
        part = found.setdefault(f"peak_over_{key_part(most / n)}_n_{at_noise}", {})
        ratio = errors[n] / errors[most] if errors[most] else None
        part.setdefault(case, {})[method] = ratio
    return found | {"verdict": _verdict(rows)}


def _verdict(rows):
    """Whether the error at D = n is more than twice that at the most features, by method."""
    n, peaks = rows[0]["rows"], {}
    loudest = max(r["noise"] for r in rows)
    for (_, _, noise, method), errors in _cases(rows).items():
        if n in errors and max(errors) > n and noise in (0, loudest):
            peaks.setdefault((method, noise > 0), []).append(errors[n] > 2 * errors[max(errors)])
    peak, of = share(peaks.get(("least norm", True), ()))
    claim = [(peak, f"regression of least norm has a peak in {of} cases with noise")]
    for method in ("ridge", "MDL"):
        none, of = share(not p for p in peaks.get((method, True), ()))
        claim.append((none, f"{method} has none in {of} cases with noise"))
    none, of = share(not p for p in peaks.get(("least norm", False), ()))
    return verdict(claim, [(none, f"without noise the least norm has no peak in {of} cases")])


CAPTION = """Regression on the first D features, trained on n rows with noisy labels; the vertical
line is D = n. The weights of least norm fit all labels from there on, and their squared error has a
peak: double descent. Ridge, which fits less closely, has no such peak; nor has the least norm if
labels have no noise. MDL takes only as many features as pay for themselves, and its error stays low
once the features suffice. Errors below 0.001 are drawn there. (a) Features are programs, as drawn
from the prior (for MDL, the shortest first). (b) Features are polynomials, by degree."""


def draw(rows, axes):
    n = rows[0]["rows"]
    loudest = max(r["noise"] for r in rows)
    lines = (
        ("least norm", loudest, {"color": "C8", "linestyle": "-"}),
        ("ridge", loudest, {"color": "C9", "linestyle": "-."}),
        ("MDL", loudest, {"color": COLOURS["program"], "linestyle": "-"}),
        ("least norm", 0.0, {"color": "0.55", "linestyle": ":"}),
    )
    cases = _cases(rows)
    for each, family in zip(axes, ORDERS, strict=True):
        for method, noise, style in lines:
            order = ORDERS[family][-1 if method == "MDL" else 0]
            errors = cases.get((family, order, noise, method))
            if errors is None or (noise == loudest) == (style["linestyle"] == ":"):
                continue
            label = f"{method}, no noise" if style["linestyle"] == ":" else method
            x = sorted(errors)
            each.plot(x, [max(errors[d], FLOOR) for d in x], label=label, **style)
        each.axvline(n, color="0.8", linewidth=1, zorder=0)
        each.set_xscale("log")
        each.set_yscale("log")
        each.set_title(f"features: {family}")
        each.set_xlabel("number of features D")
        each.set_ylabel("median error on unseen rows")
