"""Prequential regret: the mixture's log-loss on any target is at most K(f) bits, in any order.

Labels are predicted row by row, each from the labels before it.  The mixture over all programs
pays -log2 P(labels) in total, whatever the order.  It is compared with a uniform prior over
functions, the three nearest rows, and a table of label counts (Krichevsky-Trofimov).  The bound K
is checked for every function; the learners are compared on some targets, in some orders.
"""

import math
from dataclasses import dataclass

import numpy as np

from synth.exact import bits_of, named_functions, prior_of
from synth.experiments.base import setting, spawn_seeds
from synth.experiments.rows import verdict
from synth.learners import neighbours
from synth.report import COLOURS, shades

GROUP = "priors"
QUICK = {"variables": 3}
CONTROL = (
    "On random targets, the mixture pays about one bit per row or more, as the other learners do. "
    "The mean of 2**-bits over all functions is exactly 2**-rows."
)
COLUMNS = ("target", "learner", "rows", "bits", "least_bits")
SUMMARY = {
    "bits_after_all_rows": "bits after all rows",
    "largest_order_error": "largest difference of any order's total from -log2 P, bits",
    "functions_above_k": "functions, of all, for which the mixture pays more than K",
    "control_least_bits": "control: fewest bits of a random target",
    "control_kraft": "control: sum of 2**-bits over all functions",
    "verdict": "verdict",
}


#: The target whose row has the mean over all functions.
ALL = "all functions"


@dataclass(frozen=True)
class Settings:
    dsl: str = setting("boolean:basis=and-or-not", "Boolean DSL whose programs are mixed.")
    variables: int = setting(4, "Number of input variables of the target functions.", low=2, high=4)
    orders: int = setting(20, "Number of random orders of the rows.", low=1)
    random: int = setting(20, "Number of random targets.", low=1)
    seed: int = setting(0, "Seed for the orders and the random targets.", low=0)


def run(settings, map):
    targets = list(named_functions(settings.variables).items())
    generator = np.random.default_rng(settings.seed)
    drawn = generator.integers(0, 2**2**settings.variables, settings.random)
    targets += [("random", int(number)) for number in drawn]
    seeds = spawn_seeds(settings.seed, len(targets))
    items = [
        (settings.dsl, settings.variables, name, number, settings.orders, seed)
        for (name, number), seed in zip(targets, seeds, strict=True)
    ]
    for rows in map(_losses, items):
        yield from rows
    yield _all_functions(settings.dsl, settings.variables)


def _all_functions(dsl, variables):
    """What the mixture pays for all rows of every function, which is exact: -log2 P."""
    prior = prior_of(dsl, variables)
    bits, least = prior.bits + np.log2(prior.mass), bits_of(dsl, variables)
    return {
        "target": ALL,
        "number": None,
        "learner": "mixture",
        "rows": 2**variables,
        "bits": float(bits.mean()),
        "least_bits": float(least.mean()),
        "prior_bits": float(bits.mean()),
        "order_error": 0.0,
        "functions": len(bits),
        "above_k": int(np.count_nonzero(bits > least + 1e-9)),
        "kraft": float(np.sum(2.0**-bits)),
    }


def _losses(item):
    """The cumulative log-loss of every learner after each row, averaged over orders."""
    dsl, variables, name, target, orders, seed = item
    prior, size = prior_of(dsl, variables), 2**variables
    inputs = np.array(list(prior.columns.values())).T
    labels = prior.values(target)
    generator, sums, totals = np.random.default_rng(seed), {}, []
    for _ in range(orders):
        order = generator.permutation(size)
        losses = {
            "mixture": _mixture(prior, order, labels),
            "uniform over functions": np.ones(size),
            "3 nearest rows": _nearest(inputs[order], labels[order]),
            "table of counts": _counts(labels[order]),
        }
        totals.append(losses["mixture"].sum())
        for learner, bits in losses.items():
            sums[learner] = sums.get(learner, 0) + np.cumsum(bits) / orders
    whole = prior.bits[target] + np.log2(prior.mass)
    off = np.abs(np.array(totals) - whole).max() if np.isfinite(whole) else 0.0
    return [
        {
            "target": name,
            "number": target,
            "learner": learner,
            "rows": t + 1,
            "bits": float(bits[t]),
            "least_bits": float(bits_of(dsl, variables)[target]),
            "prior_bits": float(whole),
            "order_error": float(off),
            "functions": 1,
            "above_k": None,
            "kraft": None,
        }
        for learner, bits in sums.items()
        for t in range(size)
    ]


def _mixture(prior, order, labels):
    """-log2 of the probability of each label given those before it, in bits, (rows,)."""
    agree, before, bits = prior.masses.copy(), prior.mass, []
    for row in order.tolist():
        agree.reshape(-1, 2, 2**row)[:, 0 if labels[row] else 1] = 0
        after = agree.sum()
        bits.append(np.log2(before / after) if after else np.inf)
        before = after or 1.0
    return np.array(bits)


def _nearest(inputs, labels):
    bits = []
    for t in range(len(labels)):
        (near,) = neighbours(inputs[:t], inputs[t : t + 1], 3)
        same = np.count_nonzero(labels[near] == labels[t])
        bits.append(-np.log2((same + 0.5) / (len(near) + 1)))
    return np.array(bits)


def _counts(labels):
    bits = []
    for t in range(len(labels)):
        bits.append(-np.log2((np.count_nonzero(labels[:t] == labels[t]) + 0.5) / (t + 1)))
    return np.array(bits)


def summarise(rows):
    last = max(r["rows"] for r in rows)
    whole = [r for r in rows if r["rows"] == last]
    totals = {}  # a total of None is infinite: no program has the labels
    for row in whole:
        totals.setdefault(row["target"], {}).setdefault(row["learner"], []).append(row["bits"])
    mixture = [r for r in whole if r["learner"] == "mixture" and r["bits"] is not None]
    found = {
        "bits_after_all_rows": {
            target: {learner: _mean(bits) for learner, bits in found.items()}
            for target, found in totals.items()
        },
        "largest_order_error": max((r["order_error"] for r in mixture), default=None),
        "functions_above_k": sum(r["above_k"] for r in whole if r["target"] == ALL),
        "control_least_bits": min(
            (r["bits"] for r in mixture if r["target"] == "random"), default=None
        ),
        "control_kraft": next((r["kraft"] for r in whole if r["target"] == ALL), None),
    }
    return found | {"verdict": _verdict(found, last)}


def _mean(values):
    return None if None in values else float(np.mean(values))


def _verdict(found, rows):
    """found: the figures of the summary; rows: the number of rows of a target."""
    above, error = found["functions_above_k"], found["largest_order_error"]
    claim = [(above == 0, f"the mixture pays more than K for {above} functions")]
    if error is not None:
        words = f"orders change the sum by {error:.1g} bits at most"
        claim.append((error < 1e-6, words))
    control = []
    if (kraft := found["control_kraft"]) is not None:
        words = f"the mean of 2**-bits is 2**{math.log2(kraft) - rows:.6g} for {rows} rows"
        control.append((abs(kraft - 1) < 1e-6, words))
    for learner, bits in found["bits_after_all_rows"].get("random", {}).items():
        if bits is not None:
            words = f"{learner} pays {bits:.1f} bits on random targets"
            control.append((bits >= 0.9 * rows, words))
    return verdict(claim, control)


CAPTION = """Rows come one by one, and the exact mixture of all programs predicts each label from
those before it. A line is the sum of its losses, in bits: it becomes flat when the mixture has
learned the function, and never exceeds K(f), the bits of the function's shortest program. On random
functions it goes on to grow, by more than the one bit for each row that guessing costs."""


def draw(rows, axes):
    names = list(dict.fromkeys(r["target"] for r in rows if r["target"] != ALL))
    last = max(r["rows"] for r in rows)
    colors = dict(zip(names, shades(len(names)), strict=True))
    colors["random"] = COLOURS["random labels"]
    for name in names:
        mine = [r for r in rows if r["target"] == name and r["learner"] == "mixture"]
        mean = [_mean([r["bits"] for r in mine if r["rows"] == t + 1]) for t in range(last)]
        style = "--" if name == "random" else "-"
        axes.plot(range(1, last + 1), mean, style, color=colors[name], label=name)
    axes.plot([0, last], [0, last], ":", color="grey", label="one bit per row")
    axes.set_xlabel("rows predicted")
    axes.set_ylabel("loss of the mixture so far, bits")
