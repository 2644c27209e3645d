"""Different languages, seeds and encodings find the same function and share some steps.

Learners of functions of 4 bits differ in their language (boolean bases) or in the encoding of the
16 inputs.  On unseen rows, a learner predicts what the shortest program that is right on the
training rows computes (if several programs are shortest, the mean over them).  The experiment also
compares stochastic searches over programs drawn from the prior, across seeds and languages, on the
same functions and on addition modulo p (by sums and by roots of unity).

Then the steps of programs are compared.  Joint steps are the values of subexpressions that read at
least two inputs; inner steps are joint steps other than the output.  They are compared by the R² of
a linear map, on rows that were left out, and by linear CKA (see `synth.learners.similarity`).

The column `aligned` is the agreement up to the symmetries of the target; for searches, up to
multiplying all labels by a constant (x -> cx).  Agreement, `aligned` and all measures of steps are
shown with their chance level, which is measured with the rows permuted.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from synth.errors import SettingError
from synth.experiments._convergence_report import CAPTION as CAPTION
from synth.experiments._convergence_report import draw as draw
from synth.experiments._convergence_report import summarise as summarise
from synth.experiments.base import SPLITS, refuse_repeated, setting, sizes_below, spawn_seeds
from synth.experiments.rows import RowKinds
from synth.learners import Learner, agreement, pairwise, sharing, similarity
from synth.learners import language_learner as learners
from synth.tasks import BITS, DIGITS, TARGETS, apart

GROUP = "structure"
CONTROL = (
    "The same comparisons are made on random labels, on unrelated tasks and with shuffled inputs. "
    "Every measure of steps is repeated with the rows of one program permuted."
)
COLUMNS = (
    "row", "relation", "pair", "target", "labels", "rows", "set", "left_out", "agreement",
    "aligned", "r2", "back", "cka", "plain", "r2_null", "cka_null",
)  # fmt: skip
PANELS = 5
HEIGHT = 3.8
SUMMARY = {
    "agreement_of_bases_at_{rows}_rows": (
        "agreement of two bases on unseen rows, {rows} of 16 for training"
    ),
    "agreement_of_encodings_at_{rows}_rows": (
        "agreement of two encodings on unseen rows, {rows} of 16 for training"
    ),
    "steps": "steps",
    "searches": "searches",
    "r2_null": "r2 null",
    "cka_null": "cka null",
    "agreement_null": "agreement null",
    "aligned_null": "aligned null",
    "control_random_labels": "control: agreement of two bases on random labels",
    "control_unseen_rows_permuted": "control: agreement of two bases with unseen rows permuted",
    "control_inputs_shuffled": "control: agreement with inputs shuffled",
    "control_random_features": "control: CKA of random features, by their number",
    "verdict": "verdict",
}

BASES = ("and-or-not", "and-or-xor-not", "anf", "nand", "ite")
#: The steps of one program, those of the other, and what is left out.  A map to the output learns
#: nothing about an output that is left out.
STEPS = (
    ("joint", "joint", "inputs"),
    ("inner", "inner", "inputs"),
    ("inner", "inner", "outputs"),
)
#: A sum of residues has no inner steps.
SUM_STEPS = STEPS[0], ("joint", "inner", "inputs")
#: Numbers of random features, and the number of pairs of each.
WIDTHS, PAIRS = (1, 2, 4, 8, 16, 32, 64), 200

FIGURES = [name + ending for name in pairwise.STEPS for ending in pairwise.ENDINGS]
MEAN_FIGURES = [name for name in FIGURES if not name.endswith("_p")]
ROWS = RowKinds(
    (
        "row", "relation", "pair", "target", "labels", "rows", "set", "left_out", "count",
        "accuracy", *pairwise.PREDICTIONS, *FIGURES, "nodes", "edges",
    ),
    agreement=" ".join(
        ("row relation pair target labels rows count accuracy", *pairwise.PREDICTIONS)
    ),
    features="row count cka plain cka_spread plain_spread",
    steps=" ".join(("row relation pair target set left_out", *FIGURES)),
    searches=" ".join(
        ("row relation target labels set count accuracy", *pairwise.PREDICTIONS, *MEAN_FIGURES)
    ),
    graph="row target pair nodes edges",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    bases: tuple[str, ...] = setting(
        ("and-or-not", "anf", "nand", "ite"), "Boolean bases, at least two.", choices=BASES
    )
    targets: tuple[str, ...] = setting(
        ("x0 & x1", "x2 ^ x3", "multiplexer", "x0 & x1 | x2 & x3"),
        "Target functions of 4 bits.",
        choices=TARGETS,
    )
    rows: tuple[int, ...] = setting(
        (2, 4, 6, 8, 10, 12, 14), "Numbers of training rows.", low=0, high=15
    )
    splits: int = setting(100, SPLITS, low=1)
    random: int = setting(3, "Number of random labellings for each split.", low=1)
    p: int = setting(11, "Modulus p of the addition, a prime.", low=7, high=31)
    seeds: int = setting(3, "Number of stochastic searches in each language.", low=2)
    draws: int = setting(3, "Number of training sets for the stochastic searches.", low=1)
    samples: int = setting(
        200_000,
        "Number of programs that each search draws; for addition modulo p, an eighth of it.",
        low=1000,
    )
    steps: int = setting(1_000_000, "Number of steps of each search.", low=1000)
    permutations: int = setting(
        100, "Number of permutations of the rows for the chance levels.", low=10
    )
    seed: int = setting(0, "Seed for everything random.", low=0)


def run(settings, map):
    refuse_repeated(settings.bases, "bases")
    refuse_repeated(settings.targets, "targets")
    refuse_repeated([*map(str, settings.rows)], "rows")
    if len(settings.bases) < 2:
        raise SettingError(f"bases={','.join(settings.bases)}; allowed: at least two")
    if any(settings.p % d == 0 for d in range(2, settings.p)):
        raise SettingError(f"p={settings.p}; allowed: primes, 7..31")
    sizes = sizes_below(settings.rows, 16)
    seeds = spawn_seeds(settings.seed, 5)
    yield from map(_random_features, [(width, seeds[0]) for width in WIDTHS])
    every = [Learner(f"boolean:basis={basis}", "binary") for basis in settings.bases]
    every += [Learner(every[0].dsl, encoding) for encoding in DIGITS[1:]]
    common = settings.targets, sizes, settings.splits, settings.random, seeds[1]
    answers = map(learners.shortest_item, [(one, *common) for one in every])
    learned = dict(zip(every, answers, strict=False))
    if len(learned) < len(every):
        return
    items = [
        (relation, one.name, other.name, learned[one]["says"], learned[other]["says"], *common)
        for relation, one, other in _pairs(every)
    ]
    for rows in map(_agreements, items):
        yield from rows
    yield from _steps(settings, learned, seeds[2], map)
    yield from _searches(settings, seeds[3:], map)
    yield _graph(settings, learned)


# -- the shortest programs --------------------------------------------------------


def _pairs(every):
    """(relation, one, other) of learners in two bases, or of the first basis in two encodings."""
    first = next(iter(every))
    for one, other in combinations(every, 2):
        if other.encoding == "binary":
            yield "basis", one, other
        elif one == first:
            yield "shuffled" if other.encoding == "shuffled" else "encoding", one, other


def _agreements(item):
    """How often two learners agree: a row for each size, target and kind of labels.

    The item has what both learners say, as given by `learners.shortest_item`.
    """
    relation, one, other, *says, targets, sizes, splits, random, seed = item
    moves, flips = agreement.signed_permutations(4), np.array([[0, 1], [1, 0]])
    truths = [TARGETS[target](BITS) for target in targets]
    generator, rows = np.random.default_rng(seed), []
    for s, size in enumerate(sizes):
        given = list(learners.splits_of(size, splits, random, seed))
        unseen = np.array([~np.isin(np.arange(16), known) for known, _ in given])
        labels = np.array([[*truths, *drawn] for _, drawn in given])
        orders = generator.permuted(np.tile(np.arange(16), (*labels.shape[:2], 1)), axis=-1)
        mine, theirs = (np.stack([1 - p, p], axis=-1) for p in (np.array(each[s]) for each in says))
        # Random labels have no symmetries of their own: they are tried with those of each target.
        for t, target in enumerate(targets):
            symmetries = agreement.automorphisms(truths[t], moves, flips)
            kinds = {"true": slice(t, t + 1), "random": slice(len(targets), None)}
            for kind, some in kinds.items():
                pair, every = (mine[:, some], theirs[:, some]), unseen[:, None]
                truth = agreement.certain(labels[:, some], 2)
                right = [agreement.agreement(each, truth, every) for each in pair]
                figures = pairwise.compare_predictions(*pair, symmetries, every, orders[:, some])
                rows.append(
                    ROWS(
                        "agreement",
                        row="agreement",
                        relation=relation,
                        pair=f"{one}, {other}",
                        target=target,
                        labels=kind,
                        rows=size,
                        count=truth.shape[0] * truth.shape[1],
                        accuracy=sum(right) / 2,
                        **figures,
                    )
                )
    return rows


# -- steps ------------------------------------------------------------------------


def _steps(settings, learned, seed, map):
    """Rows of the steps of the targets' shortest programs, and of addition in two languages."""
    asked = []
    for relation, target, one, other in _step_pairs(settings, learned):
        moved = "aligned" in relation
        count = max(10, settings.permutations // (5 if moved else 1))
        steps = SUM_STEPS if relation == "sum and product" else STEPS
        for mine, theirs, left_out in steps[:1] if "unrelated" in relation else steps:
            named = {
                "relation": relation,
                "target": target,
                "set": mine if mine == theirs else f"{mine}, {theirs}",
                "left_out": left_out,
                "pair": f"{one[0].name}, {other[0].name}",
            }
            item = ((*one, mine), (*other, theirs), left_out, count, seed, moved)
            asked.append((named, item))
    answers = map(_compared, [item for _, item in asked])
    for (named, _), found in zip(asked, answers, strict=False):
        if found is not None:
            yield ROWS("steps", row="steps", **named, **found)


def _step_pairs(settings, learned):
    """(relation, target, (learner, text), (learner, text)) of the programs to compare."""
    programs = {learner: found["programs"] for learner, found in learned.items()}
    pairs = []
    for relation, one, other in _pairs(learned):
        texts = zip(settings.targets, programs[one], programs[other], strict=True)
        pairs += [
            (relation, target, (one, mine), (other, theirs)) for target, mine, theirs in texts
        ]
        for a, b in combinations(range(len(settings.targets)), 2):
            targets = settings.targets[a], settings.targets[b]
            if relation == "basis" and apart(*targets):
                ends = (one, programs[one][a]), (other, programs[other][b])
                pairs.append(("unrelated", ", ".join(targets), *ends))
    return pairs + _residue_pairs(settings.p)


def _compared(item):
    *pair, left_out, count, seed, moved = item
    return pairwise.compare_steps(*pair, count, seed, left_out=left_out, up_to_units=moved)


def _residue_pairs(p):
    """The same for addition modulo p."""
    plain, twice = Learner("modular", 1, p), Learner("modular", 2, p)
    roots = {k: Learner(f"fourier:frequencies={k}", 1, p) for k in (1, 5)}
    add, sub = "read{0}(e{0}(x) * e{0}(y))", "read{0}(e{0}(x) * conj(e{0}(y)))"
    one, five = ((roots[k], add.format(k)) for k in (1, 5))
    less = roots[1], sub.format(1)
    return [
        ("sum and product", "x + y", (plain, "x + y"), one),
        ("sum and product", "x - y", (plain, "x - y"), less),
        ("frequencies", "x + y", one, five),
        ("frequencies, aligned", "x + y", one, five),
        ("relabelled", "x + y", (plain, "x + y"), (twice, "x + y")),
        ("unrelated residues", "x + y, x - y", (plain, "x + y"), less),
        ("unrelated residues", "x + y, x * y", (plain, "x + y"), (plain, "x * y")),
    ]


# -- stochastic searches ----------------------------------------------------------


def _searches(settings, seeds, map):
    """Rows of pairs of stochastic searches, the mean over pairs with one relation and target."""
    every = _searchers(settings)
    items = [
        # Trees of residues are evaluated one by one, so fewer of them are drawn.
        (
            learner,
            settings.samples // (8 if learner.p else 1),
            seed,
            settings.targets,
            settings.draws,
            settings.steps,
            seeds[0],
        )
        for learner, seed in zip(every, spawn_seeds(seeds[1], len(every)), strict=True)
    ]
    groups = _grouped(zip(every, map(learners.search_ends, items), strict=False))
    few = max(4, settings.permutations // 20)
    asked = [
        (key, which, pairs, few, seeds[0])
        for key, pairs in groups.items()
        for which in (("joint",) if key[0] == "unrelated" else ("joint", "inner"))
    ]
    answers = map(_mean_figures, asked)
    for (key, which, *_), figures in zip(asked, answers, strict=False):
        relation, target, labels = key
        yield ROWS(
            "searches",
            row="searches",
            relation=relation,
            target=target,
            labels=labels,
            set=which,
            **dict.fromkeys(MEAN_FIGURES) | figures,
        )


def _searchers(settings):
    """The learners of all searches, each as often as there are seeds."""
    digits = [Learner(f"boolean:basis={basis}", "binary") for basis in settings.bases]
    residues = [("modular", 1), ("fourier", 1), ("modular", 2), ("modular", 0)]
    kinds = digits + [Learner(*each, settings.p) for each in residues]
    return [learner for learner in kinds for _ in range(settings.seeds)]


def _grouped(answers):
    """{(relation, targets, labels): pairs of (learner, end)} of searches on one training set."""
    ends, groups = {}, {}
    for learner, found in answers:
        for end in found:
            key = bool(learner.p), end["draw"], end["labels"]
            ends.setdefault(key, []).append((learner, end))
    for each in ends.values():
        for one, other in combinations(each, 2):
            relation = _relation(one, other)
            if relation is not None:
                targets = ", ".join(sorted({end["target"] for _, end in (one, other)}))
                key = relation, targets, one[1]["labels"]
                groups.setdefault(key, []).append((one, other))
    return groups


def _relation(one, other):
    """How two searches on one training set are related; None if they are not compared."""
    (a, mine), (b, theirs) = one, other
    if mine["target"] != theirs["target"]:
        return "unrelated" if apart(mine["target"], theirs["target"]) else None
    return None if a == b and a.encoding == 0 else pairwise.relation(a, b)


def _mean_figures(item):
    _, which, pairs, count, seed = item
    return pairwise.mean_figures(pairs, which, count, seed)


# -- random features, and a graph -------------------------------------------------


def _random_features(item):
    """The row of linear CKA, plain and debiased, between random features of 16 rows."""
    width, seed = item
    generator, found = np.random.default_rng([seed, width]), []
    for _ in range(PAIRS):
        one, other = generator.normal(size=(2, 16, width))
        found.append([similarity.cka(one, other, debiased) for debiased in (True, False)])
    (cka, plain), (cka_spread, plain_spread) = np.mean(found, axis=0), np.std(found, axis=0)
    return ROWS(
        "features",
        row="random features",
        count=width,
        cka=float(cka),
        plain=float(plain),
        cka_spread=float(cka_spread),
        plain_spread=float(plain_spread),
    )


def _graph(settings, learned):
    """The row of the last target's programs in the first two bases, joined in one graph."""
    pair = list(learned.items())[:2]
    programs = [learner.program(found["programs"][-1]) for learner, found in pair]
    graph = sharing.union_graph(*programs, pair[0][0].columns)
    return ROWS(
        "graph",
        row="graph",
        target=settings.targets[-1],
        pair=", ".join(learner.name for learner, _ in pair),
        nodes=[[n, d["of"], d["texts"]] for n, d in graph.nodes(data=True)],
        edges=[list(edge) for edge in graph.edges],
    )
