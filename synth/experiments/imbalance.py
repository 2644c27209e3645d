"""Rare classes: while n H is below the bits of the rule, a table or constant wins over the rule.

The target is x * y modulo a prime k.  Each of x and y is 0 with a probability that makes the
labels other than 0 as rare as wanted; all labels other than 0 are equally likely.  The rule and
its |p| bits stay the same.  Only H, the bits that a label is worth, changes.

The frequency table costs n H and a logarithm.  The constant program 0 costs the number and places
of its exceptions, and log2(k - 1) bits for each.  The hypothesis of least total bits is chosen
among tables and all programs up to some number of bits, in the DSL `modular` with the constants 0
and 1.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synth import codes, tasks
from synth.engine import SAME, enumerate_programs
from synth.experiments.base import setting, spawn_seeds
from synth.experiments.rows import share, verdict
from synth.language import Grammar
from synth.language.dsls import modular
from synth.report import COLOURS, shades

GROUP = "noise and data"
TIME = "about 6 s on one core"
QUICK = {"runs": 50}
CONTROL = (
    "The labels are permuted among the rows, so they are as rare as before. The target then wins "
    "only if one or two rare rows fall into place by chance, which many rows hardly ever do."
)
COLUMNS = (
    "k", "labels", "rate", "n", "target", "constant", "other", "table", "pays", "accuracy",
    "balanced", "entropy", "excess",
)  # fmt: skip
PANELS = 3
SUMMARY = {
    "by_rate": "by rate",
    "pays_from_n": "pays from n",
    "chosen_from_n": "chosen in half of the runs from n",
    "bits_over_entropy": "|p| / H",
    "constant_wins_at_n": "constant wins at n",
    "excess_outside_bounds": (
        "largest distance of the frequency table's excess over n H from its bounds, bits"
    ),
    "control_target_share": (
        "control: largest share of runs in which the target wins on permuted labels, by n"
    ),
    "verdict": "verdict",
}

KINDS = ("target", "constant", "other", "table")


@dataclass(frozen=True)
class Settings:
    labels: tuple[int, ...] = setting(
        (2, 7),
        "Values of k, the number of label values, which is also the modulus.",
        choices=(2, 3, 5, 7, 11, 13),
    )
    rates: tuple[float, ...] = setting(
        (0.5, 0.2, 0.1, 0.05, 0.02, 0.01),
        "Probabilities of a label other than 0.",
        low=1e-6,
        high=1,
    )
    rows: tuple[int, ...] = setting(
        (5, 10, 20, 40, 80, 160, 320, 640),
        "Values of n, the number of training rows.",
        low=1,
        high=10**6,
    )
    runs: int = setting(100, "Number of draws of training rows for each case.", low=1)
    bits: float = setting(12.0, "Largest number of bits of a program.", low=9, high=40)
    seed: int = setting(0, "Seed for the training rows.", low=0)


def run(settings, map):
    cases = [
        (k, labels, rate, n)
        for k in settings.labels
        for labels in ("true", "permuted")
        for rate in settings.rates
        for n in settings.rows
    ]
    seeds = spawn_seeds(settings.seed, len(cases))
    items = [(*c, s, settings.bits, settings.runs) for c, s in zip(cases, seeds, strict=True)]
    yield from map(_case, items)


def _case(item):
    """One row of the table: how often each kind is chosen, and its accuracy on unseen rows."""
    k, labels, rate, n, seed, bits, runs = item
    space = _space(k, bits)
    weights, truth = _chances(k, rate), space.labels
    generator = np.random.default_rng(seed)
    found = []
    for _ in range(runs):
        drawn = generator.choice(len(truth), n, p=weights)
        given = truth[drawn]
        if labels == "permuted":
            given = generator.permutation(given)
        found.append(_chosen(space, drawn, given, weights))
    means = {key: float(np.mean([f[key] for f in found])) for key in found[0]}
    if labels == "permuted":  # there is no rule to be right about
        means["accuracy"] = means["balanced"] = None
    return {
        "k": k,
        "labels": labels,
        "rate": rate,
        "n": n,
        **means,
        "entropy": _entropy(rate, k),
        "target_bits": space.target_bits,
        "constant_bits": space.constant_bits,
        "pays_n": _pays(rate, k, space),
        "predicted": _predicted(rate, n, space) if k == 2 else None,
        "runs": runs,
    }


def _chances(k, rate):
    """The probability of every pair (x, y), float64 (k * k,), so that x y is not 0 at this rate."""
    one = np.full(k, math.sqrt(rate) / (k - 1))
    one[0] = 1 - math.sqrt(rate)
    return np.outer(one, one).ravel()


def _entropy(rate, k):
    """Bits of one label, H."""
    parts = [1 - rate, *[rate / (k - 1)] * (k - 1)]
    return -sum(p * math.log2(p) for p in parts if p > 0)


def _chosen(space, drawn, given, weights):
    """The least total on one draw: the share of each kind among ties, and accuracies."""
    n, k = len(drawn), space.k
    joint = np.bincount(drawn * k + given, minlength=len(space.labels) * k)
    errors = n - (space.says @ joint).astype(np.int64)
    opposite = (k == 2) & (2 * errors > n)
    totals = space.bits + codes.program_totals(n, k, False)[errors]
    counts = np.bincount(given, minlength=k)
    table = codes.table_bits(counts)[0]
    target, zero = totals[space.kinds == 0], totals[space.zero]
    rival = min([table, *zero.tolist()])
    answer = dict.fromkeys(KINDS, 0.0)
    answer["pays"] = bool((target < rival - SAME).any())
    if totals.min() < table - SAME:
        ties = np.flatnonzero(totals <= totals.min() + SAME)
        for kind in KINDS[:3]:
            answer[kind] = float((space.kinds[ties] == KINDS.index(kind)).mean())
        says = np.where(opposite[ties, None], 1 - space.values[ties], space.values[ties])
    else:
        answer["table"] = 1.0
        says = np.full((1, len(space.labels)), np.argmax(counts))
    right = says == space.labels
    recalls = [
        (right[:, here] @ weights[here]) / weights[here].sum()
        for here in (space.labels == c for c in range(k))
        if weights[here].sum() > 0
    ]
    answer["accuracy"] = float((right @ weights).mean())
    answer["balanced"] = float(np.mean(recalls))
    share = counts[counts > 0] / n
    answer["excess"] = codes.frequency_table_bits(counts) + float(n * (share @ np.log2(share)))
    return answer


def _pays(rate, k, space):
    """The least n at which the target beats the constant and the tables, with mean counts."""

    def rivals(n):
        rare = n * rate
        counts = [n - rare, *[rare / (k - 1)] * (k - 1)]
        orders = codes.log2_factorial(n) - sum(map(codes.log2_factorial, counts))
        yield codes.TABLE_FLAG + codes.log2_binomial(n + k - 1, k - 1) + orders
        yield codes.uniform_table_bits(n, k)
        if space.constant_bits is not None:
            yield codes.program_total(space.constant_bits, n, min(rare, n), k, False)

    target = space.target_bits
    if target is None:
        return None
    pays = (
        n
        for n in range(1, 10**5)
        if codes.program_total(target, n, 0, k, False) < min(rivals(n)) - SAME
    )
    return next(pays, None)


def _predicted(rate, n, space):
    """The probability, by a binomial law, that two labels have counts for which the target wins."""
    from scipy.stats import binom

    if space.target_bits is None:
        return 0.0
    rare = np.arange(n + 1)
    totals = codes.program_totals(n, 2, False)
    rival = np.array([codes.table_bits((n - e, e))[0] for e in rare.tolist()])
    if space.constant_bits is not None:
        rival = np.minimum(rival, space.constant_bits + totals)
    pays = space.target_bits + totals[0] < rival - SAME
    return min(1.0, float(binom.pmf(rare, n, rate)[pays].sum()))


@lru_cache(maxsize=8)
def _space(k, bits):
    return _Space(k, bits)


class _Space:
    """All behaviours of programs up to some number of bits, on all pairs of residues.

    bits float64 (m,); values int64 (m, k * k); labels int64 (k * k,), x y; kinds int64 (m,): places
    in KINDS; zero bool (m,): the constant 0; target_bits, constant_bits: the least, or None;
    says float64 (m, k * k * k): which label each behaviour gives on each pair.
    """

    def __init__(self, k, bits):
        task = tasks.load_task(f"mod-mul:p={k}")
        grammar = Grammar(modular.build(p=k, constants=(0, 1)), task.types)
        found = enumerate_programs(
            grammar, task.columns, type=task.label_type, max_bits=bits
        ).whole()
        self.k = k
        self.bits = found.bits
        self.values = found.values.astype(np.int64)
        self.labels = task.labels.astype(np.int64)
        target = (self.values == self.labels).all(axis=1)
        constant = (self.values == self.values[:, :1]).all(axis=1)
        self.kinds = np.where(target, 0, np.where(constant, 1, 2))
        self.target_bits = min(self.bits[target].tolist(), default=None)
        # Only the constant 0 is a rival, since 0 is the frequent label.
        self.zero = constant & (self.values[:, 0] == 0)
        self.constant_bits = min(self.bits[self.zero].tolist(), default=None)
        self.says = (self.values[:, :, None] == np.arange(k)).reshape(len(self.values), -1)
        self.says = self.says.astype(np.float64)


def summarise(rows):
    true, permuted = ([r for r in rows if r["labels"] == kind] for kind in ("true", "permuted"))
    first = {}
    for r in true:
        case = f"k={r['k']}, rate {r['rate']:g}"
        found = first.setdefault(
            case,
            {
                "pays_from_n": r["pays_n"],
                "chosen_from_n": None,
                "bits_over_entropy": r["target_bits"] and r["target_bits"] / r["entropy"],
                "constant_wins_at_n": [],
            },
        )
        if r["target"] >= 0.5 and found["chosen_from_n"] is None:
            found["chosen_from_n"] = r["n"]
        if r["constant"] >= 0.5:
            found["constant_wins_at_n"].append(r["n"])
    return {
        "by_rate": first,
        "excess_outside_bounds": max(
            max(codes.TABLE_FLAG - r["excess"], r["excess"] - _most(r["n"], r["k"]), 0.0)
            for r in rows
        ),
        "control_target_share": {
            str(n): max(r["target"] for r in permuted if r["n"] == n)
            for n in dict.fromkeys(r["n"] for r in permuted)
        },
        "verdict": _verdict(true, permuted),
    }


def _most(n, k):
    """The most bits that the frequency table costs beyond n H: the flag and the counts."""
    return codes.TABLE_FLAG + codes.log2_binomial(n + k - 1, k - 1)


def _verdict(true, permuted):
    """true, permuted: the rows by labels."""
    known = [r for r in true if r["target_bits"]]
    few = [r["target"] < 0.5 for r in known if r["n"] * r["entropy"] < r["target_bits"]]
    many = [r["target"] >= 0.5 for r in known if r["n"] * r["entropy"] > 4 * r["target_bits"]]
    before, of_few = share(few)
    after, of_many = share(many)
    claim = [
        (before, f"where n H < |p|, the rule loses in most runs in {of_few} settings"),
        (after, f"where n H > 4 |p|, the rule wins in most runs in {of_many} settings"),
    ]
    control = []
    if permuted:
        wins = float(np.mean([r["target"] for r in permuted]))
        control.append((wins <= 0.1, f"with permuted labels the rule wins {wins:.3f} of the runs"))
    return verdict(claim, control)


#: What wins: its mark, its fill, its colour and its name.
_MARKS = {
    "target": ("o", "full", COLOURS["program"], "the rule"),
    "table": ("o", "none", COLOURS["table"], "the table"),
    "constant": ("s", "none", "black", "the constant 0"),
    "other": ("x", "full", "black", "another program"),
}

CAPTION = """n is the number of training rows, and H the entropy of a label in bits. (a, b) Each
mark is a setting, and shows what has the fewest total bits in most of its draws. Above the line,
the rule costs less than the table and the constant if each label comes as often as expected; most
draws have fewer of the rare labels, so the marks change a little above it. (c) How much more a
table of labels, coded by their frequencies, costs than n H: the mean grows like log n and stays
below its bound (dotted)."""


def draw(rows, axes):
    true = [r for r in rows if r["labels"] == "true"]
    ks = sorted({r["k"] for r in true})
    for ax, k in zip(axes, (ks[0], ks[-1]), strict=False):
        mine = [r for r in true if r["k"] == k]
        for kind, (mark, fill, color, name) in _MARKS.items():
            part = [r for r in mine if max(KINDS, key=lambda name: r[name]) == kind]
            x, y = ([r[key] for r in part] for key in ("rate", "n"))
            style = {"color": color, "fillstyle": fill, "linestyle": "none"}
            ax.plot(x, y, mark, label=name if part else None, **style)
        curve = sorted({(r["rate"], r["pays_n"]) for r in mine if r["pays_n"] is not None})
        if curve:
            ax.plot(*zip(*curve, strict=True), color=COLOURS["program"], label="the rule pays from")
        ax.set_xscale("log")
        ax.set_yscale("log")
        ax.set_ylim(top=30 * max(r["n"] for r in mine))  # room for the legend
        ax.legend(loc="upper left", ncols=2)
        ax.set_title(f"what wins, with {k} label values")
        ax.set_xlabel("probability of a label other than 0")
        ax.set_ylabel("training rows n")
    right = axes[2]
    for k, color in zip(ks, shades(len(ks)), strict=True):
        part = [r for r in true if r["k"] == k]
        sizes = sorted({r["n"] for r in part})
        mean = [np.mean([r["excess"] for r in part if r["n"] == n]) for n in sizes]
        right.plot(sizes, mean, "-", color=color, label=f"{k} label values")
        bounds = [_most(n, k) for n in sizes]
        right.plot(sizes, bounds, ":", color=color, linewidth=0.8, label=f"bound for {k}")
    right.axhline(codes.TABLE_FLAG, color="grey", linestyle=":", linewidth=0.8)
    right.set_xscale("log")
    right.set_title("the bits of the frequency table beyond n H")
    right.set_xlabel("training rows n")
    right.set_ylabel("bits beyond n H")
