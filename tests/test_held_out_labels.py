"""Held-out labels of a table decide nothing: predictions are only compared with them."""

import itertools
import json
import math
import pickle
import random
import re
from dataclasses import replace

import numpy as np
import pytest

import synth
from synth import tasks
from synth.dynamics.chain import Chain, make_world
from synth.dynamics.strength import Strengths
from synth.errors import RunError, TaskError, TypeMismatchError
from synth.language import dsls
from synth.language.types import Bool, Int, Mod, Real
from tests.command import run

ROWS = [(i % 4, i // 4 % 4) for i in range(48)]
TRAIN, SEED = 0.7, 3

#: Label columns of each kind, by what is asked of the table: functions of two inputs 0..3.
KINDS = {
    "truth": ({}, lambda a, b: int(a < b)),
    "truth in words": ({}, lambda a, b: str(a < b)),
    "boolean": ({}, lambda a, b: "yes" if a < b else "no"),
    "two numbers": ({}, lambda a, b: 7 if a < b else -2),
    "two decimals": ({}, lambda a, b: 0.5 if a < b else 1.25),
    "classes": ({}, lambda a, b: "abc"[(a + b) % 3]),
    "integers": ({}, lambda a, b: 2 * a + b),
    "decimals": ({}, lambda a, b: a + b / 4),
    "residues": ({"modulus": 5}, lambda a, b: (a + b) % 5),
    "one of many": ({"label": "y=b"}, lambda a, b: "abc"[(a + b) % 3]),
}
#: What may stand in place of a held-out label.
OTHERS = (
    "maybe", "b", "zebra", "a b", "2.5", "1e400", "-7", "3", "0", "1", "5.0", "true", "FALSE",
    "yes", "12345678901234567890", '"0,5"', "100000000",
)  # fmt: skip


def write(tmp_path, cells):
    path = tmp_path / "t.csv"
    lines = [f"{a},{b},{cell}\n" for (a, b), cell in zip(ROWS, cells, strict=True)]
    path.write_text("a,b,y\n" + "".join(lines))
    return str(path)


def cells_of(kind):
    return [str(KINDS[kind][1](a, b)) for a, b in ROWS]


HELD_OUT = np.flatnonzero(
    ~synth.Task("t", {"x": [0, 1] * 24}, {"x": Bool}, [0, 1] * 24, Bool).split(TRAIN, SEED).train
).tolist()


def changed(kind, drawn):
    """The cells with some or all held-out labels replaced by other values or permuted."""
    cells, share = cells_of(kind), drawn.choice((0.1, 0.5, 1.0))
    pool = drawn.sample(OTHERS, drawn.randint(1, len(OTHERS))) + sorted(set(cells))
    for row in HELD_OUT:
        if drawn.random() < share:
            cells[row] = drawn.choice(pool)
    return cells


def decided(document):
    """A search document without the parts that may depend on held-out labels and clocks."""
    document = json.loads(json.dumps(document))
    for name in ("seconds", "resumed", "source"):  # the source has a digest of the whole file
        document.pop(name)
    document["rows"].pop("unseen_labels")
    for part in (document["program"], document["table"]):
        part.pop("test_accuracy")
    for branch in document["program"]["branches"] or ():
        branch.pop("test_right")
    return document


#: Kinds like another one, which the long tests ask as well.
ALIKE = ("truth", "truth in words", "two numbers", "two decimals", "classes")


@pytest.mark.parametrize(
    "kind", [pytest.param(k, marks=[pytest.mark.slow] * (k in ALIKE)) for k in KINDS]
)
def test_held_out_labels_decide_nothing(tmp_path, kind):
    given, drawn = KINDS[kind][0], random.Random(kind)
    table, limits = (
        {**given, "train": TRAIN, "seed": SEED},
        {"max_programs": 2000, "seconds": None, "moves": 0},
    )
    limits["dsl"] = "real" if kind == "decimals" else None

    def documents(cells):
        task = synth.load_task(write(tmp_path, cells), **table)
        assert np.flatnonzero(~task.train).tolist() == HELD_OUT
        both = synth.contrast(task, **limits).to_dict()
        uniform = synth.contrast(task, twin="uniform", **limits).to_dict()["random"]
        corrupted = synth.search(task.corrupted(0.3), **limits).to_dict()
        parts = both["structured"], both["random"], uniform, corrupted
        return task, [decided(p) for p in parts]

    true, expected = documents(cells_of(kind))
    assert expected[0]["chosen"] == "program" or kind in ("classes", "one of many")
    for _ in range(4):
        task, found = documents(changed(kind, drawn))
        assert found == expected
        for name in ("label_type", "alphabet", "label_names"):
            assert getattr(task, name) == getattr(true, name)


@pytest.mark.parametrize("kind", ["boolean", "integers", "one of many"])
def test_commands_are_decided_by_training_labels(tmp_path, kind):
    drawn = random.Random(kind)
    options = ["--train", TRAIN, "--seed", SEED, "--max-programs", 2000, "--moves", 0, "--json"]
    options += ["--label", KINDS[kind][0].get("label", "y")]

    def documents(cells):
        path = write(tmp_path, cells)
        both = json.loads(run("contrast", path, *options))
        (row,) = json.loads(run("compare", path, *options))["rows"]
        left_out = ("test_accuracy", "seconds")
        return (
            decided(json.loads(run("search", path, *options))),
            decided(both["structured"]),
            decided(both["random"]),
            {k: v for k, v in row.items() if k not in left_out},
        )

    expected = documents(cells_of(kind))
    for _ in range(2):
        assert documents(changed(kind, drawn)) == expected


def test_the_experiment_on_tables_is_decided_by_training_labels(tmp_path):
    def row(cells):
        path = write(tmp_path, cells)
        given = {"tables": (path,), "tasks": ("shj",), "max_programs": 2000, "moves": 8}
        return synth.run_experiment("datasets", **given).rows[1]

    train = synth.load_task(write(tmp_path, cells_of("boolean")), train=0.5).train
    cells = cells_of("boolean")
    true = row(cells)
    cells = [c if t else "maybe" for c, t in zip(cells, train, strict=True)]
    other = row(cells)
    assert (true["unseen_labels"], other["unseen_labels"]) == (0, (~train).sum())
    learners = ("mdl", "majority", "1-nn", "logit")
    counted = [f"{twin}{name}" for name in (*learners, "mixture") for twin in ("", "twin_")]
    assert {other[name] for name in counted} == {0.0}
    assert min(true[name] for name in learners) > 0
    lost = [f"{twin}{name}_loss" for name in ("mdl", "mixture") for twin in ("", "twin_")]
    assert {other[name] for name in lost} == {None}
    for name in (*counted, *lost, "unseen_labels"):
        true.pop(name), other.pop(name)
    assert true == other


@pytest.mark.parametrize("exact", [False, True])
def test_an_unknown_label_is_wrong_for_everything(tmp_path, exact):
    """Whatever value fills its place, programs that predict either value are wrong."""
    true = cells_of("boolean")
    for say, other in itertools.product(("yes", "no"), ("maybe", "0.5")):
        cells = list(true)
        there = [row for row in HELD_OUT if true[row] == say][:4]
        for row in there:
            cells[row] = other
        task = synth.load_task(write(tmp_path, cells), train=TRAIN, seed=SEED)
        result = synth.search(task, exact=exact)
        assert (result.program.exceptions, result.rows["unseen_labels"]) == (0, 4)
        assert result.program.test_accuracy == pytest.approx(1 - 4 / len(HELD_OUT))
        assert task.label_text(task.majority()) == "no"
        said = np.mean([cells[row] == "no" for row in HELD_OUT])
        assert result.table.test_accuracy == pytest.approx(said)
        text = " ".join(str(result).split())
        assert "4 of 14 held-out labels are not in training; only a program can predict" in text
    assert "not in training" in str(synth.contrast(task))
    true = synth.load_task(write(tmp_path, true), train=TRAIN, seed=SEED)
    assert "not in training" not in str(synth.search(true))


def test_an_unknown_label_is_wrong_for_what_is_read_as_its_opposite():
    """With two labels, `not [x]` would be right if the mask were applied before the inversion."""
    labels, train = [0, 1, 0, 1, 0, 1], np.array([True, True, True, True, False, False])
    columns = {"x": [1, 0, 1, 0, 1, 0]}
    unknown = np.array([False] * 5 + [True])
    task = synth.Task("t", columns, {"x": Bool}, labels, Bool, train, unknown=unknown)
    result = synth.search(task, max_bits=2)
    assert (result.program.text, result.program.inverted) == ("x", True)
    assert result.program.test_accuracy == 0.5


def test_twins_carry_unknown_labels_along(tmp_path):
    cells = cells_of("boolean")
    for row in HELD_OUT[:4]:
        cells[row] = "maybe"
    task = synth.load_task(write(tmp_path, cells), train=TRAIN, seed=SEED)
    twin = task.permuted(1)
    assert (twin.unknown.sum(), task.uniform(1).unknown.sum()) == (4, 0)
    assert np.flatnonzero(twin.unknown).tolist() != HELD_OUT[:4]
    assert not (twin.unknown & twin.train).any()
    assert task.corrupted(0.5).unknown.tolist() == task.unknown.tolist()
    # Its labels are not those of the table, so they keep their type.
    again = twin.split(TRAIN, SEED)
    assert again.labels.tolist() == twin.labels.tolist()
    with pytest.raises(TaskError, match="4 training labels are not values of Bool; only labels"):
        twin.split(1.0)


def test_a_twin_in_a_language_that_prepares_columns_has_its_own_unknown_labels():
    generator = np.random.default_rng(0)
    columns = {"x": generator.uniform(0, 1, 60)}
    labels, train = columns["x"] < 0.5, np.arange(60) < 20
    unknown = (generator.random(60) < 0.5) & ~train
    task = synth.Task("t", columns, {"x": Real}, labels, Bool, train, unknown=unknown)
    for seed in range(3):
        found = synth.contrast(task, "features", seed=seed, max_bits=12).random
        alone = synth.search(task.permuted(seed), "features", max_bits=12)
        assert found.table.test_accuracy == alone.table.test_accuracy
        assert found.trained_on.original.unknown.tolist() == task.permuted(seed).unknown.tolist()
    dsl = dsls.load_dsl("boolean")
    dsl.prepare = lambda given: replace(
        given, columns={"x": given.columns["x"] < 0.3}, types={"x": Bool}
    )
    assert tasks.prepared(dsl, task).unknown.tolist() == unknown.tolist()


def test_numbers_are_right_where_a_program_says_them(tmp_path):
    """The integers of a table are a sample, so their range is not a limit; 9.5 is not one."""
    cells, texts = cells_of("integers"), set()
    path = write(tmp_path, cells)
    for seed in range(50):
        task = synth.load_task(path, train=12, seed=seed)
        if task.label_type.high < 9 and len(task.alphabet) > 5:
            break
    nines = np.flatnonzero(np.array(cells) == "9")
    assert not task.train[nines].any()
    for other, wrong in (("9", 0), ("9.0", 0), ("9.5", 3), ("1000000000", 3), ("1e400", 3)):
        for row in nines:
            cells[row] = other
        task = synth.load_task(write(tmp_path, cells), train=12, seed=seed)
        result = synth.search(task)
        texts.add((result.program.text, result.program.exceptions))
        assert result.program.test_accuracy == pytest.approx(1 - wrong / 36)
        assert result.rows["unseen_labels"] >= 3
        # The table predicts only labels that occur in training.
        assert result.table.test_accuracy < 1 - 3 / 36
    assert texts == {("a + (a + b)", 0)}


def test_split_reads_the_labels_of_a_table_anew(tmp_path):
    drawn, refused = random.Random(1), 0
    for kind in KINDS:
        given, path = KINDS[kind][0], write(tmp_path, changed(kind, drawn))
        first = synth.load_task(path, train=TRAIN, seed=SEED, **given)
        for train, seed in ((0.5, 0), (1.0, 0), (0.8, 5)):
            try:
                wanted = synth.load_task(path, train=train, seed=seed, **given)
            except TaskError as error:
                wanted = str(error).removeprefix(f"{path}: ")
            if isinstance(wanted, str):
                refused += 1
                with pytest.raises(TaskError, match=re.escape(wanted)):
                    first.split(train, seed)
                continue
            sent = pickle.loads(pickle.dumps(first))  # noqa: S301 - as a worker gets it
            for task in (first.split(train, seed), sent.split(train, seed)):
                for name in ("label_type", "alphabet", "label_names", "settings"):
                    assert getattr(task, name) == getattr(wanted, name)
                for name in ("labels", "unknown", "train"):
                    assert np.array_equal(getattr(task, name), getattr(wanted, name))
    assert refused < len(KINDS)


def test_one_training_label_is_refused_whatever_is_held_out(tmp_path):
    for kind, first in (("boolean", "no"), ("truth", "0"), ("integers", "3"), ("decimals", "0.5")):
        for second in (first, "yes", "7"):
            cells = [second if row in HELD_OUT else first for row in range(48)]
            with pytest.raises(TaskError) as error:
                synth.load_task(write(tmp_path, cells), train=TRAIN, seed=SEED)
            assert str(error.value).endswith(
                f"column y: one label only ({first}); allowed: at least 2 among the training rows"
            ), kind
    cells = ["no"] * 48
    cells[HELD_OUT[0]] = "b"
    with pytest.raises(
        TaskError, match="has no value 'b' among the training rows; values there: n"
    ):
        synth.load_task(write(tmp_path, cells), label="y=b", train=TRAIN, seed=SEED)
    for held in (3, 4):
        train = np.array([True, True, False])
        with pytest.raises(TaskError, match=r"one label value only \(3\); allowed: at least 2"):
            synth.Task("t", {"x": [0, 1, 1]}, {"x": Bool}, [3, 3, held], Int(0, 9), train)


def test_rows_without_a_label_are_set_aside_wherever_they_are(tmp_path):
    for kind, cell in (("integers", "NA"), ("truth", "nan"), ("boolean", ""), ("integers", "-")):
        cells = cells_of(kind)
        for row in (HELD_OUT[2], 0):
            cells[row] = cell
        task = synth.load_task(write(tmp_path, cells), train=TRAIN, seed=SEED)
        assert task.rows == len(cells) - 2
        assert "2 rows have no label (y) and are set aside" in task.notes


def test_tasks_in_python():
    train = np.arange(14) < 12
    columns, types = {"x": np.arange(14)}, {"x": Int(0, 20)}
    labels = 2 * columns["x"]
    labels[13] = 27
    # A held-out 24 and a number outside the type are not in the alphabet, but 24 can be right.
    task = synth.Task("t", columns, types, labels, Int(0, 26), train)
    assert (task.alphabet, task.unseen.tolist()) == (tuple(range(0, 24, 2)), (~train).tolist())
    for dsl, limits in ((None, {}), ("integer:low=0,high=26", {}), (None, {"exact": True})):
        result = synth.search(task, dsl, max_bits=12, **limits)
        assert (result.program.text, result.program.test_accuracy) == ("x + x", 0.5)
        assert (result.rows["unseen_labels"], result.table.test_accuracy) == (2, 0.0)
    assert result.predict({"x": [12, 13]}).tolist() == [24, 26]
    with pytest.raises(TypeMismatchError, match="label column label: 27 is outside"):
        task.split(1.0)
    for type_, alphabet in ((Bool, (0, 1)), (Mod(3), (0, 1, 2))):
        labels = (~train).astype(int)
        task = synth.Task("t", columns, types, labels, type_, train)
        assert (task.alphabet, task.unseen.any()) == (alphabet, False)
        for unknown, words in (
            (train, "12 training labels are not values of"),
            ([0, 1], r"unknown must be bool of shape \(14,\)"),
        ):
            with pytest.raises(TaskError, match=words):
                replace(task, unknown=unknown)


def test_the_posterior_and_the_labs_know_no_unknown_label():
    """Two of three held-out rows have the label 0 or, in the other task, an unknown label."""
    columns = {f"x{i}": np.arange(8) >> i & 1 for i in range(3)}
    types, train = dict.fromkeys(columns, Bool), ~np.isin(np.arange(8), (4, 6, 7))
    task = synth.Task("t", columns, types, columns["x0"], Bool, train)
    other = replace(task, unknown=~train & ~task.labels)
    assert other.unknown.sum() == 2
    one, two = synth.exact_posterior(task), synth.exact_posterior(other)
    assert (one.evidence_bits, one.best) == (two.evidence_bits, two.best)
    assert np.array_equal(one.predictive, two.predictive)
    assert (one.map_accuracy, one.bayes_accuracy) == (1, 1)
    assert (two.map_accuracy, two.bayes_accuracy) == pytest.approx((1 / 3, 1 / 3))
    assert two.gibbs_accuracy == pytest.approx(two.predictive[2] / 3)
    assert two.log_loss == math.inf
    for given, wanted in ((task, 1), (other, 1 / 3)):
        world = make_world(given, max_bits=8)
        assert (len(world.truths) > 0) == (given is task)
        chain = Chain(world, seed=0, beta=30.0, decay=1.0, proposals=1.0)
        chain.advance(2000)
        strengths = Strengths(world, clock=1.0)
        strengths.advance(2000)
        for measures in (chain.measures(), strengths.measures()):
            assert measures["restricted_accuracy"] == pytest.approx(wanted)
            assert measures["test_accuracy"] == pytest.approx(wanted)


def test_a_search_goes_on_from_its_checkpoint_whatever_is_held_out(tmp_path):
    file, true = tmp_path / "kept", cells_of("integers")
    path = write(tmp_path, true)
    train = synth.load_task(path, train=0.5).train
    synth.search(synth.load_task(path, train=0.5), max_programs=20, moves=0, checkpoint=file)
    assert file.exists()
    write(tmp_path, [c if t else "maybe" for c, t in zip(true, train, strict=True)])
    found = synth.search(
        synth.load_task(path, train=0.5), max_programs=2000, moves=0, checkpoint=file
    )
    assert found.program.test_accuracy == 0
    assert found.rows["unseen_labels"] == (~train).sum()
    write(tmp_path, [c if t else "7" for c, t in zip(true, train, strict=True)])
    fresh = synth.search(synth.load_task(path, train=0.5), max_programs=2000, moves=0)
    assert decided(fresh.to_dict()) == decided(found.to_dict())
    # Other training labels belong to another search.
    write(tmp_path, true[::-1])
    with pytest.raises(RunError, match="checkpoint"):
        synth.search(synth.load_task(path, train=0.5), max_programs=2000, moves=0, checkpoint=file)
