"""Some conclusions survive a change of language: the same tasks are compared under several priors.

The tasks are the six kinds of categories of Shepard, Hovland and Jenkins (I is the easiest for
people, VI the hardest), each with all the functions of its kind, and 4-bit parity.  Accuracies are
exact means over all splits.  The experiment also measures how far two DSLs agree on
all functions: the rank correlation of -log2 P, and the largest difference of their least bits.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from synth.exact import (
    EverySplit,
    bits_of,
    categories,
    named_functions,
    npn_classes,
    prior_of,
)
from synth.experiments.base import refuse_repeated, setting
from synth.experiments.fits import rank_correlation
from synth.experiments.rows import RowKinds, share, verdict
from synth.report import shades

GROUP = "priors"
QUICK = {"variables": 3}
CONTROL = (
    "Under a uniform prior over functions, all six kinds have the same bits, and every accuracy on "
    "unseen rows is exactly ½."
)
COLUMNS = ("kind", "dsl", "what", "least_bits", "prior_bits", "accuracy", "correlation")
PANELS = 2
SUMMARY = {
    "kinds_by_probability": "kinds of categories, by the mean of -log2 P over their functions",
    "least_accuracy_on_parity": "lowest accuracy on parity",
    "rank_correlation": "rank correlation of -log2 P",
    "invariance_constant_bits": "largest difference of least bits (invariance constant)",
    "control_accuracies": "control: accuracies under a uniform prior",
    "verdict": "verdict",
}

UNIFORM = "uniform"
ROWS = RowKinds(
    (
        "kind", "dsl", "other", "what", "functions", "rows", "least_bits", "prior_bits",
        "prior_bits_least", "prior_bits_most", "accuracy", "correlation", "constant",
    ),
    category="kind dsl what functions least_bits prior_bits prior_bits_least prior_bits_most "
    "accuracy",
    parity="kind dsl what rows least_bits prior_bits accuracy",
    pair="kind dsl other what correlation constant",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    dsls: tuple[str, ...] = setting(
        (
            "boolean:basis=and-or-not",
            "boolean:basis=and-or-xor-not",
            "boolean:basis=nand",
            "boolean:basis=anf",
        ),
        "Boolean DSLs to compare.",
    )
    variables: int = setting(
        4, "Number of input variables of parity and of the functions compared.", low=3, high=4
    )


def run(settings, map):
    refuse_repeated(settings.dsls, "dsls")
    names = [*settings.dsls, None]  # None: uniform over functions
    for rows in map(_categories, names):
        yield from rows
    for rows in map(_parity, [(name, settings.variables) for name in names]):
        yield from rows
    pairs = [(a, b, settings.variables) for a, b in combinations(settings.dsls, 2)]
    yield from map(_pair, pairs)


def _shared(dsl, variables):
    """(prior, K, name) of a DSL; of the uniform law over functions if it is None."""
    if dsl is not None:
        return prior_of(dsl, variables), bits_of(dsl, variables), dsl
    size = 2**variables
    prior = _Uniform(np.full(2**size, 2.0**-size), size)
    return prior, np.full(2**size, float(size)), UNIFORM


@dataclass(frozen=True)
class _Uniform:
    """All functions are equally likely."""

    masses: np.ndarray
    rows: int
    mass: float = 1.0
    margin: float = 0.0

    @property
    def bits(self):
        return -np.log2(self.masses)


def _categories(dsl):
    """Bits of each kind, and its mean accuracy over all functions and all splits of the 8 rows."""
    prior, bits, called = _shared(dsl, 3)
    classes, rows = npn_classes(3), []
    for name, number in categories().items():
        members = np.flatnonzero(classes == classes[number])
        accuracies = [EverySplit(prior, f).bayes_accuracy[1:255].mean() for f in members.tolist()]
        rows.append(
            ROWS(
                "category",
                kind="category",
                dsl=called,
                what=f"type {name}",
                functions=len(members),
                least_bits=float(bits[members].mean()),
                prior_bits=float(prior.bits[members].mean()),
                prior_bits_least=float(prior.bits[members].min()),
                prior_bits_most=float(prior.bits[members].max()),
                accuracy=float(np.mean(accuracies)),
            )
        )
    return rows


def _parity(item):
    """Accuracy on parity of all variables; it is below ½ if a prior anti-learns."""
    dsl, variables = item
    prior, bits, called = _shared(dsl, variables)
    number = named_functions(variables)[f"parity {variables}"]
    every = EverySplit(prior, number)
    accuracies = every.by_size(every.bayes_accuracy)
    return [
        ROWS(
            "parity",
            kind="parity",
            dsl=called,
            what=f"parity {variables}",
            rows=known,
            least_bits=float(bits[number]),
            prior_bits=float(prior.bits[number]),
            accuracy=float(accuracies[known]),
        )
        for known in range(1, 2**variables)
    ]


def _pair(item):
    """How far two DSLs agree on the functions that both can express."""
    a, b, variables = item
    priors = [prior_of(name, variables) for name in (a, b)]
    bits = [bits_of(name, variables) for name in (a, b)]
    both = (priors[0].masses > 0) & (priors[1].masses > 0)
    x, y = priors[0].bits[both], priors[1].bits[both]
    return ROWS(
        "pair",
        kind="pair",
        dsl=a,
        other=b,
        what=f"{int(both.sum()):,} functions",
        correlation=rank_correlation(x, y),
        constant=float(np.abs(bits[0][both] - bits[1][both]).max()),
    )


def summarise(rows):
    orders, easy = {}, {}
    for row in rows:
        if row["kind"] == "category":
            order = orders.setdefault(row["dsl"], [])
            if row["prior_bits"] is not None:  # None if no program computes some member
                order.append((row["prior_bits"], row["what"][5:]))
            easy.setdefault(row["dsl"], {})[row["what"]] = row["accuracy"]
    worst = {}
    for row in rows:
        if row["kind"] == "parity":
            worst[row["dsl"]] = min(row["accuracy"], worst.get(row["dsl"], 1))
    pairs = {f"{r['dsl']}, {r['other']}": r for r in rows if r["kind"] == "pair"}
    uniform = [*easy.get(UNIFORM, {}).values(), worst.get(UNIFORM, 0.5)]
    found = {
        "kinds_by_probability": {
            dsl: " < ".join(name for _, name in sorted(found)) or "none"
            for dsl, found in orders.items()
            if dsl != UNIFORM
        },
        "least_accuracy_on_parity": worst,
        "rank_correlation": {names: r["correlation"] for names, r in pairs.items()},
        "invariance_constant_bits": {names: r["constant"] for names, r in pairs.items()},
        "control_accuracies": sorted({round(a, 12) for a in uniform}),
    }
    return found | {"verdict": _verdict(found)}


def _verdict(found):
    """found: the figures of the summary."""
    first, of = share(
        order.split(" < ")[0] == "I" for order in found["kinds_by_probability"].values()
    )
    claim = [(first, f"kind I is the likeliest in {of} languages")]
    orders = len(set(found["kinds_by_probability"].values()))
    known = [c for c in found["rank_correlation"].values() if c is not None]
    if known:
        least = min(known)
        words = f"-log2 P of two languages has a rank correlation of {least:.2f} or more"
        claim.append((least > 0, f"{words} (the kinds come in {orders} different orders)"))
    far = max(abs(a - 0.5) for a in found["control_accuracies"])
    words = f"under a uniform prior every accuracy is within {far:.1g} of 1/2"
    return verdict(claim, [(far < 1e-9, words)])


CAPTION = """Each line is the exact Bayes predictor of one language, which is named by its
primitives (anf has and, exclusive or and true); "uniform" gives every function the same
probability. (a) Categories of three features, from the kind that people find easiest (I) to the
hardest (VI). All languages predict kind I; only those with exclusive or are not misled by kind VI,
a parity. (b) Parity of all inputs. Each row misleads the languages without exclusive or further;
those with it learn the parity from a few rows."""


def draw(rows, axes):
    left, right = axes
    dsls = list(dict.fromkeys(r["dsl"] for r in rows))
    for dsl, color in zip(dsls, shades(len(dsls)), strict=True):
        name = dsl.removeprefix("boolean:basis=")
        style = {"color": color, "label": name}
        mine = [r for r in rows if r["kind"] == "category" and r["dsl"] == dsl]
        left.plot([r["what"][5:] for r in mine], [r["accuracy"] for r in mine], ".-", **style)
        mine = [r for r in rows if r["kind"] == "parity" and r["dsl"] == dsl]
        right.plot([r["rows"] for r in mine], [r["accuracy"] for r in mine], ".-", **style)
    left.set_xlabel("kind of category")
    left.set_ylabel("Bayes accuracy on unseen rows")
    right.axhline(0.5, color="grey", linestyle=":", linewidth=1)
    right.set_xlabel("training rows")
    left.set_title("kinds of categories")
    right.set_title("parity")
