"""With the prior, more search hardly hurts; without the prior, programs that fit get worse.

The experiment measures held-out accuracy against the search budget, for boolean functions.  For
each behaviour, it counts all programs within a budget of bits, so that every number is exact for
its training rows and labels.  It averages over random splits, and over labellings if labels are
random.  Six rules choose a prediction:

- least total: the hypothesis of least total bits, among programs with exceptions and tables.
- vote: the likelier label under the posterior 2**-total of programs and tables.
- shortest: the shortest program that is right on all training rows.
- draw: a program that is right on all training rows, drawn in proportion to its prior 2**-bits.
- uniform program: a program that is right on all training rows, all equally likely.
- uniform behaviour: one of the behaviours of the programs that are right on all training rows, with
  all these behaviours equally likely.

If no program within the budget is right on all training rows, the last four rules predict the
majority label.

Programs of hundreds of bits cannot be counted.  For them, the experiment measures how often the
chains of reach hold the simple program, by their number of moves: see `_scaling_reach`.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synth import codes
from synth.engine import SAME
from synth.errors import SettingError
from synth.exact import count_programs, likelier
from synth.experiments import _scaling_reach
from synth.experiments.base import SPLITS, setting, spawn_seeds
from synth.experiments.rows import verdict
from synth.language import Bool, Grammar, dsls
from synth.report import COLOURS, shades
from synth.tasks import all_rows

GROUP = "structure"
TIME = "about 2 minutes on one core"
CONTROL = (
    "If labels are random, every rule stays at chance, whatever the budget. If they are permuted, "
    "reach does not hold a program as short as the simple one, and held-out accuracy is that of "
    "the table, with any number of moves."
)
RULES = ("least_total", "vote", "shortest", "draw", "uniform_program", "uniform_behaviour")
COLUMNS = ("rows", "target", "own_bits", "budget", "log2_programs", *RULES)
PANELS = 4
SUMMARY = {
    "rows_{rows}_worst_change": (
        "{rows} rows, worst change from the target's own length to the largest budget"
    ),
    "rows_{rows}_loss_from_peak": (
        "{rows} rows, mean over targets, loss from the peak to the largest budget"
    ),
    "own_bits_less_log2_programs": "own length less log2 of the number of programs up to it, bits",
    "control_farthest_from_half": "control: largest distance from 1/2 on random labels",
    "reach_moves": "numbers of moves of reach",
    "reach_chance": "share of runs in which reach holds the simple program, by moves",
    "reach_test": "mean held-out accuracy of what reach chooses, by moves",
    "control_reach_programs": "control: permuted runs of reach that choose a program",
    "control_reach_saved": "control: most bits that such a program saves",
    "control_reach_test_less_table": "control: mean held-out accuracy less that of the table",
    "verdict": "verdict",
}

NO_MOVES = dict.fromkeys(_scaling_reach.KEYS)
NO_BUDGET = dict.fromkeys(
    ("rows", "target", "own_bits", "budget", "log2_programs", "behaviours", *RULES, "consistent")
)

RANDOM = "random"
TARGETS = {
    "x0": lambda x: x[0],
    "x0 & x1": lambda x: x[0] & x[1],
    "parity 2": lambda x: x[0] ^ x[1],
    "x0 & x1 | x2": lambda x: x[0] & x[1] | x[2],
    "parity 3": lambda x: x[0] ^ x[1] ^ x[2],
    "multiplexer": lambda x: np.where(x[0], x[1], x[2]),
    "majority 3": lambda x: x[0] & x[1] | x[0] & x[2] | x[1] & x[2],
}


@dataclass(frozen=True)
class Settings:
    dsl: str = setting("boolean:basis=and-or-xor-not", "Boolean DSL whose programs are counted.")
    variables: int = setting(5, "Number of input variables of the target functions.", low=3, high=6)
    targets: tuple[str, ...] = setting(
        ("x0 & x1", "parity 2", "x0 & x1 | x2", "parity 3"),
        "Target functions: " + ", ".join(TARGETS) + ".",
    )
    rows: tuple[int, ...] = setting((8, 24), "Numbers of training rows.", low=2, high=63)
    bits: float = setting(34.0, "Largest budget, in bits.", low=1, high=60)
    splits: int = setting(20, SPLITS, low=1)
    random: int = setting(15, "Number of random labellings for each split.", low=1)
    inputs: tuple[int, ...] = setting(
        (12, 18, 24), "Numbers of inputs of the targets of reach, multiples of 3.", low=3, high=60
    )
    moves: tuple[int, ...] = setting(
        (50, 200, 800, 3200), "Numbers of moves of reach.", low=1, high=10**7
    )
    chains: int = setting(8, "Number of chains of reach.", low=1, high=256)
    runs: int = setting(8, "Number of runs of reach, each with a target of its own.", low=0)
    seed: int = setting(
        0, "Seed for the splits, the random labels, and targets and moves of reach.", low=0
    )


def run(settings, map):
    size = 2**settings.variables
    for target in settings.targets:
        if target not in TARGETS:
            raise SettingError(f"targets={target}; allowed: {', '.join(TARGETS)}")
    for rows in settings.rows:
        if rows >= size:
            raise SettingError(f"rows={rows}; allowed: 2..{size - 1}, since there are {size} rows")
    common = settings.dsl, settings.variables, settings.bits, settings.targets, settings.random
    seeds = iter(spawn_seeds(settings.seed, len(settings.rows) * settings.splits))
    items = [(n, next(seeds), *common) for n in settings.rows for _ in range(settings.splits)]
    found = []
    reached = [(r, s, k, settings.moves, settings.chains)
               for k in _scaling_reach.checked(settings.inputs)
               for r, s in enumerate(spawn_seeds(settings.seed, settings.runs))]  # fmt: skip
    for item, answer in zip(items, map(_split, items), strict=False):
        found.append(answer)
        if len(found) == settings.splits:
            yield from (row | NO_MOVES for row in _mean(item[0], found))
            found = []
    for rows in map(_scaling_reach.measured, reached):
        yield from (NO_BUDGET | row for row in rows)


def _mean(rows, found):
    """The rows of the table for one number of training rows, averaged over its splits."""
    means = {key: np.mean([f[key] for f in found], axis=0) for key in (*RULES, "consistent")}
    levels = found[0]["levels"]
    for t, (target, own) in enumerate(found[0]["targets"]):
        for k, (budget, programs, behaviours) in enumerate(levels):
            yield {
                "rows": rows,
                "target": target,
                "own_bits": own,
                "budget": budget,
                "log2_programs": programs,
                "behaviours": behaviours,
                **{key: float(values[t, k]) for key, values in means.items()},
            }


def _split(item):
    """All rules for one split: lists (targets, budgets); the last target is random labels."""
    rows, seed, dsl, variables, bits, targets, random = item
    space = _space(dsl, variables, bits)
    generator = np.random.default_rng(seed)
    order = generator.permutation(2**variables)
    named = np.array([_labels(t, variables) for t in targets], bool).reshape(-1, len(order))
    drawn = generator.integers(0, 2, (random, len(order))).astype(bool)
    labels = np.concatenate([named, drawn])[:, order]
    found = _Rules(space, order, rows)
    each = [found.accuracies(y) for y in labels]
    answer = {}
    for key in (*RULES, "consistent"):
        values = np.array([e[key] for e in each])
        last = values[len(targets) :].mean(axis=0, keepdims=True)
        answer[key] = np.concatenate([values[: len(targets)], last]).tolist()
    own = [space.least_bits(y) for y in named]
    answer["targets"] = [*zip(targets, own, strict=True), (RANDOM, None)]
    answer["levels"] = space.levels()
    return answer


def _labels(target, variables):
    return TARGETS[target](list(all_rows(variables).values()))


@lru_cache(maxsize=2)
def _space(dsl, variables, bits):
    return _Space(dsl, variables, bits)


class _Space:
    """All programs within the budget, by behaviour.

    bits (L,): the budgets; values bool (m, R): the behaviours, in order of least bits; starts
    (L + 1,): the first behaviour of each budget; table: sparse (L, m), the number of programs of
    each cost and behaviour; mass: the same times 2**-bits.
    """

    def __init__(self, dsl, variables, bits):
        from scipy.sparse import csr_array

        columns = all_rows(variables)
        grammar = Grammar(dsls.load_dsl(dsl), dict.fromkeys(columns, Bool))
        counts = count_programs(grammar, columns, type=Bool, max_bits=bits)
        if not len(counts) or not counts.exact.all():
            raise SettingError(
                f"bits={bits:g}; allowed: for {variables} variables, budgets with programs, and "
                f"fewer than 2**63 programs of each cost (up to {counts.exact_bits:g} bits)"
            )
        self.counts = counts
        self.bits = counts.bits
        self.values = counts.values
        self.starts = np.searchsorted(counts.least_bits, [*counts.bits, np.inf])
        ids, numbers = (np.concatenate([level[k] for level in counts.levels]) for k in (0, 1))
        ends = np.cumsum([0, *(len(level[0]) for level in counts.levels)])
        self.table = csr_array((numbers.astype(float), ids, ends), (len(self.bits), len(counts)))
        self.columns = self.table.tocsc()
        self.mass = csr_array(self.table.multiply(np.exp2(-self.bits)[:, None]))

    def least_bits(self, values):
        place = self.counts.find(values)
        return None if place is None else float(self.counts.least_bits[place])

    def levels(self):
        """[(budget, log2 of the number of programs within it, number of behaviours within it)]."""
        programs = np.cumsum([float(p) for p in self.counts.programs])
        parts = self.bits, np.log2(programs), self.starts[1:]
        return list(zip(*(part.tolist() for part in parts), strict=True))


class _Rules:
    """The rules on one split: the first n rows of `order` are for training."""

    def __init__(self, space, order, n):
        self.space = space
        self.n = n
        self.seen = space.values[:, order[:n]].astype(np.float32)
        self.unseen = space.values[:, order[n:]]
        self.code = codes.program_totals(n, 2, False)

    def accuracies(self, labels):
        """Held-out accuracy of every rule at every budget, by name; labels bool (R,)."""
        known, truth = labels[: self.n], labels[self.n :]
        errors = (self.seen @ np.where(known, -1, 1) + known.sum()).astype(np.int64)
        ones = int(known.sum())
        table = codes.table_bits((self.n - ones, ones))[0]
        majority = 2 * ones > self.n  # a tie goes to the smaller label
        right = float((truth == majority).mean())
        return {
            "least_total": self._least(errors, truth, table, right),
            "vote": self._vote(errors, truth, table, majority),
            **self._drawn(np.flatnonzero(errors == 0), truth, right),
        }

    def _least(self, errors, truth, table, right):
        """Accuracy of what a search chooses, the mean over equal totals.

        A program that is wrong on more than half of the training rows is read as its opposite.
        """
        space, answer = self.space, []
        totals = space.counts.least_bits + self.code[errors]
        best, ties = np.inf, np.zeros(0, np.int64)
        for start, stop in zip(space.starts, space.starts[1:], strict=False):
            here = totals[start:stop]
            if len(here) and here.min() <= best + SAME:
                if here.min() < best - SAME:
                    best, ties = float(here.min()), ties[:0]
                ties = np.append(ties, start + np.flatnonzero(here <= best + SAME))
                opposite = 2 * errors[ties] > self.n
                agree = ((self.unseen[ties] ^ opposite[:, None]) == truth).mean()
            answer.append(float(agree) if best < table - SAME else right)
        return answer

    def _vote(self, errors, truth, table, majority):
        weights = np.exp2(-self.code[errors])
        says = self.unseen ^ (2 * errors > self.n)[:, None]
        both = np.column_stack([says * weights[:, None], weights])
        masses = np.cumsum(self.space.mass @ both, axis=0)
        masses += 2.0**-table * np.array([*[majority] * len(truth), True])
        p = masses[:, :-1] / masses[:, -1:]
        # Totals that differ by less than SAME are equal, so that is the precision of masses.
        return (1 - np.abs(likelier(p, SAME) - truth)).mean(axis=1).tolist()

    def _drawn(self, fit, truth, right):
        """Expected accuracy of a program that fits, chosen in four ways."""
        space = self.space
        agree = (self.unseen[fit] == truth).sum(axis=1)  # integers, so that sums are exact
        programs = space.columns[:, fit]
        both = np.column_stack([agree, np.ones(len(fit))])
        counted = programs @ both
        first = np.searchsorted(space.counts.least_bits[fit], space.bits, side="right")
        sums = np.concatenate([np.zeros((1, 2)), np.cumsum(both, axis=0)])
        shortest = np.minimum(first, first[first > 0][:1].sum())  # those of the first budget
        answer = {"consistent": first.tolist()}
        for name, weighed in (
            ("shortest", sums[shortest]),
            ("draw", np.cumsum(counted * np.exp2(-space.bits)[:, None], axis=0)),
            ("uniform_program", np.cumsum(counted, axis=0)),
            ("uniform_behaviour", sums[first]),
        ):
            some = first > 0
            share = weighed[:, 0] / np.where(some, weighed[:, 1], 1) / len(truth)
            answer[name] = np.where(some, share, right).tolist()
        return answer


def _kinds(rows):
    """The rows of budgets, and those of reach."""
    return [r for r in rows if r["moves"] is None], [r for r in rows if r["moves"] is not None]


def summarise(rows):
    rows, moved = _kinds(rows)
    found = {}
    for n in dict.fromkeys(r["rows"] for r in rows):
        curves = _named(rows, n)
        reached = [c for c in curves if c[0]["own_bits"] is not None]
        if not reached:
            continue
        found[f"rows_{n}_worst_change"] = {
            rule: min(c[-1][rule] - _at_own(c)[rule] for c in reached) for rule in RULES
        }
        mean = {rule: np.mean([[r[rule] for r in c] for c in curves], axis=0) for rule in RULES}
        found[f"rows_{n}_loss_from_peak"] = {
            rule: float(values.max() - values[-1]) for rule, values in mean.items()
        }
        found["own_bits_less_log2_programs"] = {
            c[0]["target"]: c[0]["own_bits"] - _at_own(c)["log2_programs"] for c in reached
        }
    chance = [abs(r[rule] - 0.5) for r in rows if r["target"] == RANDOM for rule in RULES]
    found |= {"control_farthest_from_half": max(chance)}
    found |= _scaling_reach.summary(moved)
    return found | {"verdict": _verdict(found)}


def _named(rows, n):
    """For each target except random labels, its rows at n training rows, by budget."""
    found = {}
    for row in rows:
        if row["rows"] == n and row["target"] != RANDOM:
            found.setdefault(row["target"], []).append(row)
    return list(found.values())


def _at_own(curve):
    """The first row whose budget reaches the target's own length."""
    return next(r for r in curve if r["budget"] >= r["own_bits"])


def _verdict(found):
    """Whether the prior protects; found: the figures of the summary."""
    changes = [v for key, v in found.items() if key.endswith("_worst_change")]
    claim = []
    if changes:
        prior = min(c[rule] for c in changes for rule in RULES[:4])
        words = f"rules with the prior change by {prior:+.3f} at worst beyond the target's length"
        claim.append((prior > -0.1, words))
        without = min(c[rule] for c in changes for rule in RULES[4:])
        claim.append((without < prior, f"rules without the prior change by {without:+.3f}"))
    for name, means in found.get("reach_chance", {}).items():
        if len(means) > 1:
            words = (
                f"reach holds the program of {name} in {means[0]:.2f} to {means[-1]:.2f} of runs"
            )
            claim.append((means[-1] > means[0], f"{words} with more moves"))
    far = found["control_farthest_from_half"]
    control = [(far <= 0.05, f"on random labels all rules are within {far:.3f} of 1/2")]
    if "control_reach_test_less_table" in found:
        less, programs = found["control_reach_test_less_table"], found["control_reach_programs"]
        words = f"reach chooses a program in {programs} permuted runs, {less:+.3f} from the table"
        control.append((abs(less) <= 0.02, words))
    return verdict(claim, control)


CAPTION = """Rules for choosing among all programs of up to so many bits. (a, b) Their accuracy on
unseen rows as the budget grows, from few and from more training rows. Of the programs that fit, the
shortest, or one drawn by the prior (draw), hardly gets worse; a program or behaviour drawn with
equal chances does. "Least total" and "vote" also have exceptions and the table, which wins from few
rows. Orange: random labels. (c) Target by target: most rise to 1 when the budget reaches the
target's length (mark). (d) How many searches find a program of hundreds of bits."""


def draw(rows, axes):
    *axes, last = axes
    rows, moved = _kinds(rows)
    _scaling_reach.draw(moved, last)
    sizes = sorted({r["rows"] for r in rows})
    for ax, n in zip(axes, (sizes[0], sizes[-1]), strict=False):
        random = [r for r in rows if r["rows"] == n and r["target"] == RANDOM]
        x = [r["budget"] for r in random]
        for rule, color in zip(RULES, ("C0", "C2", "C4", "C9", "black", "0.5"), strict=True):
            style = {"color": COLOURS["random labels"], "linestyle": "-", "linewidth": 0.8}
            ax.plot(x, [r[rule] for r in random], **style)
            y = np.mean([[r[rule] for r in c] for c in _named(rows, n)], axis=0)
            ax.plot(x, y, color=color, label=rule.replace("_", " "))
        ax.set(ylim=(0, 1.03), title=f"{n} training rows", ylabel="accuracy on unseen rows")
        ax.set_xlabel("budget, bits of the longest program")
        ax.legend(loc="lower left", ncols=2)
    right = axes[-1]
    named = _named(rows, sizes[-1])
    for curve, color in zip(named, shades(len(named)), strict=True):
        programs = [r["log2_programs"] for r in curve]
        accuracies = [r["least_total"] for r in curve]
        right.step(programs, accuracies, where="post", color=color, label=curve[0]["target"])
        if curve[0]["own_bits"] is not None:
            own = _at_own(curve)
            right.plot(own["log2_programs"], own["least_total"], "o", color=color)
    right.set(ylim=(0, 1.03), title="target by target", ylabel="accuracy of least total")
    right.set_xlabel("log2 of the number of programs tried")
    right.legend(loc="lower right")
