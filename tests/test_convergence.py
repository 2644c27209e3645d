"""Convergence: learners of all kinds against slow references, the claims, and the controls."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

import synth
from synth import tasks
from synth.dynamics.chain import Chain
from synth.dynamics.drawn import drawn_programs, drawn_world
from synth.errors import SettingError, TypeMismatchError
from synth.exact.sampling import sample_programs
from synth.experiments import convergence, runner
from synth.language.types import Bool, Complex
from synth.learners import language_learner as learners
from synth.learners import pairwise, similarity
from synth.learners.language_learner import Learner, Searcher
from synth.records import plain
from synth.tasks import digits as encodings

#: `tests/test_experiments.py` runs the experiment in small, too.
pytestmark = pytest.mark.slow

BASES = ("anf", "nand")
SMALL = {
    "bases": BASES, "targets": ("x0 & x1", "x2 ^ x3"), "rows": (4, 12), "splits": 80, "random": 1,
    "p": 7, "seeds": 2, "draws": 2, "samples": 120_000, "steps": 150_000, "permutations": 20,
}  # fmt: skip


@pytest.fixture(scope="module")
def found():
    return synth.run_experiment("convergence", **SMALL)


def rows_of(found, row, **wanted):
    return [r for r in found.rows if r["row"] == row and all(r[k] == v for k, v in wanted.items())]


def mean(rows, key="agreement"):
    return float(np.mean([r[key] for r in rows]))


# -- what it shows ----------------------------------------------------------------


def test_two_bases_come_to_agree_and_not_on_random_labels(found):
    basis = {"relation": "basis", "rows": 12}
    structured = rows_of(found, "agreement", **basis, target="x0 & x1", labels="true")
    assert len(structured) == 1
    assert mean(structured) >= 0.95
    random = rows_of(found, "agreement", **basis, labels="random")
    assert mean(random) <= 0.75
    assert mean(random, "accuracy") == pytest.approx(0.5, abs=0.06)
    before = rows_of(found, "agreement", relation="basis", rows=4, target="x0 & x1", labels="true")
    assert mean(before) < mean(structured) - 0.05
    assert mean(structured, "aligned") >= mean(structured) - 0.03
    assert mean(random, "agreement_null") == pytest.approx(0.5, abs=0.1)
    for null in ("agreement_null", "aligned_null"):
        assert mean(structured, null) < mean(structured) - 0.3


def test_shuffled_inputs_are_learnt_as_something_else(found):
    same = rows_of(
        found, "agreement", relation="encoding", rows=12, target="x0 & x1", labels="true"
    )
    shuffled = rows_of(found, "agreement", relation="shuffled", rows=12, labels="true")
    assert mean(same) > 0.9
    assert mean(shuffled) < 0.65


def test_sums_and_products_of_roots_are_one_linear_map_apart(found):
    for row in rows_of(found, "steps", relation="sum and product", set="joint, inner"):
        assert row["r2"] >= 0.99
        # Of the six waves that make up what is one-hot the product has the two of its
        # frequency, so that it maps to a third at most.
        assert 0.25 < row["back"] <= 1 / 3
        assert row["cka"] == pytest.approx(math.sqrt(1 / 3), abs=0.03)
    for row in rows_of(found, "steps", relation="sum and product", set="joint"):
        assert row["r2"] >= 0.99
        assert row["back"] >= 0.99
        assert abs(row["r2_null"]) < 0.1
        assert row["r2_p"] == pytest.approx(1 / 21)
    unrelated = rows_of(found, "steps", relation="unrelated residues")
    unrelated += rows_of(found, "steps", relation="unrelated")
    assert len(unrelated) == 3
    for row in unrelated:
        for name in ("r2", "back", "cka"):
            assert row[name] < row[f"{name}_null"] + 2 * row[f"{name}_spread"]


def test_frequencies_differ_and_are_the_same_up_to_an_automorphism(found):
    for left_out in pairwise.LEFT_OUT:
        inner = {"set": "inner", "left_out": left_out}
        (apart,) = rows_of(found, "steps", relation="frequencies", **inner)
        (aligned,) = rows_of(found, "steps", relation="frequencies, aligned", **inner)
        assert max(apart["r2"], apart["back"], apart["cka"]) < 0.1
        assert min(aligned["r2"], aligned["back"], aligned["cka"]) > 0.99
        assert aligned["r2_null"] < 0.3


def test_debiased_cka_of_random_features_is_none_and_plain_is_half(found):
    rows = rows_of(found, "random features")
    assert all(abs(r["cka"]) <= 0.05 for r in rows)
    assert all(r["plain"] >= 0.5 for r in rows if r["count"] >= 16)
    assert len([r for r in rows if r["count"] >= 16]) == 3


def test_searches_of_sums_agree_and_shuffled_ones_do_not(found):
    def row(relation, labels="true", which="joint"):
        (one,) = rows_of(found, "searches", relation=relation, labels=labels, set=which,
                         target="x + y")  # fmt: skip
        return one

    for relation in ("seeds", "languages"):
        assert row(relation)["agreement"] == row(relation)["accuracy"] == 1
        assert row(relation)["r2"] > 0.99
    assert row("relabelled")["agreement"] < 0.4
    assert row("relabelled")["aligned"] == 1
    assert row("shuffled")["aligned"] < 0.5
    assert row("languages", "random")["aligned"] < 0.6
    digits = rows_of(found, "searches", target="x0 & x1", set="joint")
    assert {r["relation"] for r in digits} == {"seeds", "languages"}
    assert mean(digits) > 0.8


def test_the_graph_shares_the_behaviours_of_both(found):
    (graph,) = rows_of(found, "graph")
    of = [of for _, of, _ in graph["nodes"]]
    # x2, x3 and x2 ^ x3 are in both; only nand has steps between.
    assert of.count("both") == 3
    assert graph["pair"] == "anf, nand"
    assert "one" not in of
    assert of.count("other") == 3


def test_the_figure_and_the_text(found, tmp_path):
    found.plot(tmp_path / "x.png")
    assert (tmp_path / "x.png").stat().st_size > 20_000
    from synth.report.experiment import experiment_text

    assert "agreement of two bases on unseen rows, 12 of 16" in experiment_text(found)
    assert json.dumps(found.to_dict(), allow_nan=False)


# -- slow references --------------------------------------------------------------


def test_agreement_is_that_of_lists_of_ties():
    one, other = (Learner(f"boolean:basis={b}", "binary") for b in ("anf", "nand"))
    targets, sizes = ("x2 ^ x3",), (6,)
    common = targets, sizes, 1, 1, 11
    says = [learners.shortest_item((each, *common))["says"] for each in (one, other)]
    rows = convergence._agreements(("basis", one.name, other.name, *says, *common))
    assert [r["labels"] for r in rows] == ["true", "random"]
    expected = {"true": [], "random": []}
    accuracy = {"true": [], "random": []}
    found = [each.shortest() for each in (one, other)]
    spaces = [(space.bits.tolist(), space.values.tolist()) for space in found]
    for known, drawn in learners.splits_of(6, 1, 1, 11):
        unseen = [r for r in range(16) if r not in known]
        for labels, y in (("true", encodings.BITS[2] ^ encodings.BITS[3]),
                          ("random", drawn[0])):  # fmt: skip
            ties = []
            for bits, said in spaces:
                fit = [(b, v) for b, v in zip(bits, said, strict=True)
                       if all(v[r] == y[r] for r in known)]  # fmt: skip
                ties.append([v for b, v in fit if b == fit[0][0]])
            same = [a[r] == b[r] for a in ties[0] for b in ties[1] for r in unseen]
            expected[labels].append(np.mean(same))
            right = [np.mean([v[r] == y[r] for v in t for r in unseen]) for t in ties]
            accuracy[labels].append(np.mean(right))
    for row in rows:
        assert row["agreement"] == pytest.approx(np.mean(expected[row["labels"]]))
        assert row["accuracy"] == pytest.approx(np.mean(accuracy[row["labels"]]))
        assert row["count"] == 1


def drawn(count=3000, seed=0, task="parity:n=3,k=2,train=5", dsl="boolean:basis=and-or-not"):
    task = synth.load_task(task)
    found = tasks.fit(dsl, task)
    loaded, task = found.dsl, found.task
    grammar = synth.Grammar(loaded, task.types)
    sample = sample_programs(grammar, count, seed=seed, type=loaded.type_for(task.label_type))
    return task, grammar, drawn_programs(sample, task.columns)


def test_drawn_programs_are_each_there_once():
    for task, dsl in (("parity:n=3,k=2,train=5", "boolean:basis=nand"), ("mod-add:p=5", "fourier")):
        task, grammar, found = drawn(600, 3, task, dsl)
        texts = [found.program(i).text for i in range(len(found))]
        assert len(set(texts)) == len(texts) > 30
        for i in range(0, len(found), 7):
            program = found.program(i)
            assert found.bits[i] == program.bits(grammar)
            assert found.values[i].tolist() == program.evaluate(task.columns).tolist()
        # Every finished program with a value is one of them.
        for i in range(0, len(found.sample), 11):
            program = found.sample.program(i)
            defined = program.outputs(task.columns)[1].all()
            assert (program.text in texts) == defined


def test_the_law_of_searches_among_drawn_programs():
    """Shares against 2**(-2 bits - beta errors), by chi-square; nothing is memorised."""
    task, _, found = drawn(300)
    world = drawn_world(task, found)
    chain = Chain(world, beta=2.0, decay=1.0, proposals=1.0, seed=1)
    errors = (found.values[:, task.train] != task.labels[task.train]).sum(axis=1)
    weights = np.exp2(-2 * found.bits - 2.0 * errors)
    counts = np.zeros(len(found))
    chain.advance(1000)
    for _ in range(30_000):
        chain.advance(10)
        counts[chain.program] += 1
    assert chain.held.sum() == 0
    expected = weights / weights.sum() * counts.sum()
    often = expected >= 20
    wanted = np.append(expected[often], expected[~often].sum())
    seen = np.append(counts[often], counts[~often].sum())
    value, degrees = ((seen - wanted) ** 2 / wanted).sum(), len(wanted) - 1
    assert (value - degrees) / math.sqrt(2 * degrees) < 8
    wrong = np.exp2(-found.bits - 2.0 * errors)
    wrong = wrong / wrong.sum() * counts.sum()
    assert ((counts - wrong)[often] ** 2 / wrong[often]).sum() > 10 * value


def test_drawn_worlds_refuse_what_they_cannot_search():
    task, _, found = drawn(200)
    fitted = tasks.fit("fourier", synth.load_task("mod-add:p=5"))
    loaded, residues = fitted.dsl, fitted.task
    sample = sample_programs(synth.Grammar(loaded, residues.types), 50, type=Complex)
    numbers = drawn_programs(sample, residues.columns)
    with pytest.raises(TypeMismatchError, match="programs of Complex; allowed: Mod"):
        drawn_world(residues, numbers)
    with pytest.raises(SettingError, match="regrow among drawn programs; allowed: prior"):
        Chain(drawn_world(task, found), moves="regrow")
    with pytest.raises(SettingError, match="none with a value on every row; allowed: more"):
        drawn_world(task, replace(found, places=found.places[:0]))


@pytest.mark.parametrize("left_out", pairwise.LEFT_OUT)
def test_rows_are_left_out_by_inputs_or_outputs(left_out):
    """x0 ^ x1 and x0 & x1 are fitted on the rows of one output, and judged on the other's."""
    learner = Learner("boolean:basis=and-or-xor-not", "binary")
    one, other = (learner, "(x0 ^ x1) & x2", "inner"), (learner, "(x0 & x1) | x3", "inner")
    found = pairwise.compare_steps(one, other, 5, seed=3, left_out=left_out)
    xor, both, x2 = (
        learner.program(text).evaluate(learner.columns) for text in ("x0 ^ x1", "x0 & x1", "x2")
    )
    folds = similarity.row_folds(16, 5, 3) if left_out == "inputs" else (xor & x2).astype(int)
    error = total = 0.0
    for fold in set(folds.tolist()):
        train, test = folds != fold, folds == fold
        # One truth value from another: what is best is the mean of each, shrunk to that of all.
        errors = []
        for shrunk in similarity.RIDGES:
            x = (xor - xor.mean()) / xor.std()
            y = (both - both.mean()) / both.std()
            a, b = x[train] - x[train].mean(), y[train] - y[train].mean()
            strength = shrunk * (a @ a)
            slope = a @ b / (a @ a + strength) if a @ a > 1e-9 else 0.0
            leverage = a * a / (a @ a + strength) if a @ a > 1e-9 else 0 * a
            out = (b - slope * a) / (1 - 1 / train.sum() - leverage)
            guess = y[train].mean() + slope * (x[test] - x[train].mean())
            errors.append((out @ out, ((y[test] - guess) ** 2).sum()))
        error += min(errors, key=lambda pair: pair[0])[1]
        total += ((y[test] - y[train].mean()) ** 2).sum()
    assert found["r2"] == pytest.approx(1 - error / total)


def test_how_learners_and_targets_are_related():
    plain, twice, none = (Learner("modular", factor, 7) for factor in (1, 2, 0))
    roots = Learner("fourier", 1, 7)
    assert pairwise.relation(plain, plain) == "seeds"
    assert pairwise.relation(plain, roots) == "languages"
    assert pairwise.relation(roots, twice) == "relabelled"
    assert pairwise.relation(none, plain) == "shuffled"
    assert encodings.apart("x0 & x1", "x2 ^ x3")
    assert not encodings.apart("multiplexer", "x2 ^ x3")
    assert not encodings.apart("x0", "x0")


# -- learners and encodings -------------------------------------------------------


def test_encodings_are_of_the_same_things():
    bits = np.arange(16)[:, None] >> np.arange(4) & 1 == 1
    binary, types = encodings.digit_columns("binary")
    np.testing.assert_array_equal(np.stack(list(binary.values()), axis=1), bits)
    assert set(types.values()) == {Bool}
    gray = np.stack(list(encodings.digit_columns("gray")[0].values()), axis=1)
    for r in range(15):
        if r % 4 < 3:  # to the next digit a
            assert (gray[r] != gray[r + 1]).sum() == 1
        if r < 12:  # to the next digit b
            assert (gray[r] != gray[r + 4]).sum() == 1
    one_hot, _ = encodings.digit_columns("one-hot")
    for r in range(16):
        assert {n for n, c in one_hot.items() if c[r]} == {f"a{r % 4}", f"b{r // 4}"}
    shuffled = np.stack(list(encodings.digit_columns("shuffled")[0].values()), axis=1)
    assert sorted(map(tuple, shuffled.tolist())) == sorted(map(tuple, bits.tolist()))
    assert (shuffled != bits).any()
    with pytest.raises(SettingError, match="encoding=roman; allowed: binary, gray, one-hot"):
        encodings.digit_columns("roman")


def test_residues_are_called_otherwise():
    p = 7
    names = encodings.residue_names(p, 3)
    x, y = np.divmod(np.arange(p * p), p)
    np.testing.assert_array_equal((names[x] + names[y]) % p, names[(x + y) % p])
    shuffled = encodings.residue_names(p, 0)
    assert sorted(shuffled.tolist()) == list(range(p))
    assert ((shuffled[x] + shuffled[y]) % p != shuffled[(x + y) % p]).any()
    columns, _ = encodings.residue_columns(p, 3)
    np.testing.assert_array_equal(columns["y"], 3 * y % p)
    with pytest.raises(SettingError, match="factor=14; allowed: 0, or a number coprime to 7"):
        encodings.residue_names(p, 14)


def test_learners_see_and_call_things_in_their_own_way():
    twice = Learner("modular", 2, 7)
    assert twice.name == "modular times 2"
    assert Learner("modular", 0, 7).name == "modular shuffled"
    assert Learner("boolean:basis=nand", "binary").name == "nand"
    assert Learner("boolean:basis=nand", "gray").name == "nand gray"
    assert Learner("fourier:frequencies=5", 1, 7).name == "fourier 5"
    x, y = np.divmod(np.arange(49), 7)
    np.testing.assert_array_equal(twice.called((x + y) % 7), 2 * (x + y) % 7)
    found = [
        Searcher(twice, 4000, seed).search(
            twice.called((x + y) % 7), np.arange(49) % 2 == 0, 50_000
        )
        for seed in (1, 1, 2)
    ]
    assert found[0][0] == found[1][0]
    np.testing.assert_array_equal(found[2][1], 2 * (x + y) % 7)


def test_figures_of_pairs_are_means():
    learner = Learner("boolean:basis=and-or-xor-not", "binary")
    texts = ("x0 & x1 | x2", "x0 ^ x1 & x3", "x0")
    ends = []
    for k, text in enumerate(texts):
        said = synth.Program.parse(text, learner.grammar).evaluate(learner.columns)
        ends.append({"text": text, "said": said.astype(int).tolist(), "unseen": [0, 3, 5 + k],
                     "right": k / 4})  # fmt: skip
    pairs = [((learner, ends[a]), (learner, ends[b])) for a, b in ((0, 1), (0, 1), (1, 0), (0, 2))]
    found = pairwise.mean_figures(pairs, "joint", 5)
    each = [
        pairwise.compare_steps((learner, texts[a], "joint"), (learner, texts[b], "joint"), 5)
        for a, b in ((0, 1), (0, 1), (1, 0))
    ]
    assert found["count"] == 3
    none = [(learner, text, "joint") for text in ("x0", "x1")]
    assert pairwise.compare_steps(*none, 5) is None
    for name in ("r2", "back", "cka", "plain_null"):
        assert found[name] == pytest.approx(np.mean([e[name] for e in each]))
    same = [np.mean([ends[a]["said"][r] == ends[b]["said"][r] for r in ends[a]["unseen"]])
            for a, b in ((0, 1), (0, 1), (1, 0), (0, 2))]  # fmt: skip
    assert found["agreement"] == pytest.approx(np.mean(same))
    assert found["accuracy"] == pytest.approx(np.mean([0.125, 0.125, 0.125, 0.25]))


@pytest.mark.slow
def test_answers_survive_a_journal(tmp_path):
    given = {"bases": ("anf", "nand"), "rows": (12,), "splits": 2, "seeds": 2, "draws": 1,
             "samples": 5000, "steps": 2000, "permutations": 10, "p": 7}  # fmt: skip
    made = runner.make_settings(convergence.Settings, given, "convergence")
    journal = runner.Journal(
        tmp_path / "part", "convergence", runner.plain_settings(made), convergence.__name__
    )
    rows = [plain(r) for r in convergence.run(made, runner._Work(None, None, journal))]
    journal.close(False)
    again = synth.run_experiment("convergence", journal=tmp_path / "part", **given)
    assert again.rows == tuple(rows)
    assert len({tuple(r) for r in rows}) == 1  # the same keys in every row


def test_what_is_refused():
    with pytest.raises(SettingError, match=r"p=9; allowed: primes, 7\.\.31"):
        synth.run_experiment("convergence", p=9)
    with pytest.raises(SettingError, match="bases=nand; allowed: at least two"):
        synth.run_experiment("convergence", bases=("nand",))
    with pytest.raises(SettingError, match="nand is given twice"):
        synth.run_experiment("convergence", bases=("nand", "nand"))
    with pytest.raises(SettingError, match="x0 is given twice"):
        synth.run_experiment("convergence", targets=("x0", "x0"))
    with pytest.raises(SettingError, match="12 is given twice"):
        synth.run_experiment("convergence", rows=(12, 12))
    with pytest.raises(SettingError, match="rows=16; allowed: "):
        synth.run_experiment("convergence", rows=(16,))
