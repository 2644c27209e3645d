"""Some conclusions survive a change of language: the same tasks are compared under several priors.

The tasks are the six kinds of categories of Shepard, Hovland and Jenkins (I is the easiest for
people, VI the hardest) and 4-bit parity.  The experiment also measures how far two DSLs agree on
all functions: the rank correlation of -log2 P, and the largest difference of their least bits.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from synth.exact import Split, bits_of, categories, named_functions, prior_of
from synth.experiments.base import refuse_repeated, setting, spawn_seeds
from synth.experiments.fits import rank_correlation
from synth.experiments.rows import RowKinds

CONTROL = (
    "Under a uniform prior over functions, all six kinds have the same bits, and every accuracy on "
    "unseen rows is exactly ½."
)
COLUMNS = ("kind", "dsl", "what", "least_bits", "prior_bits", "accuracy", "correlation")
PANELS = 2
SUMMARY = {
    "kinds_by_probability": "kinds of categories, from likely to unlikely",
    "least_accuracy_on_parity": "lowest accuracy on parity",
    "rank_correlation": "rank correlation of -log2 P",
    "invariance_constant_bits": "largest difference of least bits (invariance constant)",
    "control_accuracies": "control: accuracies under a uniform prior",
}

UNIFORM = "uniform"
ROWS = RowKinds(
    (
        "kind", "dsl", "other", "what", "rows", "least_bits", "prior_bits", "accuracy",
        "correlation", "constant",
    ),
    category="kind dsl what least_bits prior_bits accuracy",
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
    splits: int = setting(
        30,
        "Number of random splits into training and unseen rows of parity, for each number of rows.",
        low=1,
    )
    seed: int = setting(0, "Seed for the splits.", low=0)


def run(settings, map):
    refuse_repeated(settings.dsls, "dsls")
    names = [*settings.dsls, None]  # None: uniform over functions
    for rows in map(_categories, names):
        yield from rows
    seeds = spawn_seeds(settings.seed, 1) * len(names)  # the same splits for all
    items = [(n, settings.variables, settings.splits, s) for n, s in zip(names, seeds, strict=True)]
    for rows in map(_parity, items):
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
    """Bits of each kind, and its mean accuracy over all splits of its 8 rows."""
    prior, bits, called = _shared(dsl, 3)
    kinds = categories()
    targets, accuracy = np.array(list(kinds.values())), np.zeros(len(kinds))
    splits = range(1, 255)
    for number in splits:
        train = (number >> np.arange(8) & 1).astype(bool)
        accuracy += Split(prior, train).bayes_accuracy(targets) / len(splits)
    return [
        ROWS(
            "category",
            kind="category",
            dsl=called,
            what=f"type {name}",
            least_bits=float(bits[number]),
            prior_bits=float(prior.bits[number]),
            accuracy=float(found),
        )
        for (name, number), found in zip(kinds.items(), accuracy, strict=True)
    ]


def _parity(item):
    """Accuracy on parity of all variables; it is below ½ if a prior anti-learns."""
    dsl, variables, splits, seed = item
    prior, bits, called = _shared(dsl, variables)
    size, rows = 2**variables, []
    number = named_functions(variables)[f"parity {variables}"]
    generator = np.random.default_rng(seed)
    for known in range(2, size, 2):
        accuracies = []
        for _ in range(splits):
            train = np.zeros(size, bool)
            train[generator.permutation(size)[:known]] = True
            accuracies.append(float(Split(prior, train).bayes_accuracy(number)))
        row = ROWS(
            "parity",
            kind="parity",
            dsl=called,
            what=f"parity {variables}",
            rows=known,
            least_bits=float(bits[number]),
            prior_bits=float(prior.bits[number]),
            accuracy=float(np.mean(accuracies)),
        )
        rows.append(row)
    return rows


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
            if row["prior_bits"] is not None:  # None if no program computes it
                order.append((row["prior_bits"], row["what"][5:]))
            easy.setdefault(row["dsl"], {})[row["what"]] = row["accuracy"]
    worst = {}
    for row in rows:
        if row["kind"] == "parity":
            worst[row["dsl"]] = min(row["accuracy"], worst.get(row["dsl"], 1))
    pairs = {f"{r['dsl']}, {r['other']}": r for r in rows if r["kind"] == "pair"}
    uniform = [*easy.get(UNIFORM, {}).values(), worst.get(UNIFORM, 0.5)]
    return {
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


def draw(rows, axes):
    left, right = axes
    for dsl in dict.fromkeys(r["dsl"] for r in rows):
        name = dsl.removeprefix("boolean:basis=")
        mine = [r for r in rows if r["kind"] == "category" and r["dsl"] == dsl]
        left.plot([r["what"][5:] for r in mine], [r["accuracy"] for r in mine], ".-", label=name)
        mine = [r for r in rows if r["kind"] == "parity" and r["dsl"] == dsl]
        right.plot([r["rows"] for r in mine], [r["accuracy"] for r in mine], ".-", label=name)
    left.set_xlabel("kind of category (Shepard, Hovland and Jenkins)")
    left.set_ylabel("Bayes accuracy, mean over all splits")
    right.axhline(0.5, color="grey", linestyle=":", linewidth=1)
    right.set_xlabel("training rows, parity")
    right.set_ylabel("Bayes accuracy on unseen rows")
