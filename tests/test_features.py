"""Tables of numbers: thresholds and their bits, CSV files, and real data sets."""

import builtins
import itertools
import json
import math
import sys
from dataclasses import replace
from fractions import Fraction
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import tasks
from synth.errors import DSLError, SettingError, SynthError, TaskError
from synth.language import dsls
from synth.language.dsls import features
from synth.language.thresholds import quantile_thresholds, separating
from synth.language.types import Bool, Int, Mod, Real
from tests.command import run


def prepare(task, **given_):
    """The task as the features DSL reads it."""
    dsl = features.build()
    dsl.prepare = partial(features.prepare, **given_)
    return tasks.prepared(dsl, task)


# -- thresholds ---------------------------------------------------------------------


def cuts(values, most):
    """The pairs of distinct values that thresholds separate, found slowly with fractions."""
    distinct = sorted(set(values))
    shares = [Fraction(sum(v <= low for v in values), len(values)) for low in distinct[:-1]]
    if len(shares) <= most:
        return list(itertools.pairwise(distinct))
    chosen = set()
    for j in range(1, most + 1):
        distances = [abs(s - Fraction(j, most + 1)) for s in shares]
        chosen.add(distances.index(min(distances)))
    return [(distinct[c], distinct[c + 1]) for c in sorted(chosen)]


numbers = st.floats(-1e12, 1e12).map(lambda v: Real.check(v, "v").item()) | st.integers(-9, 9).map(
    float
)


@settings(max_examples=300, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=60), st.integers(1, 12))
def test_thresholds_stand_at_the_quantiles(values, most):
    found = quantile_thresholds(np.array(values), most)
    expected = cuts(values, most)
    assert len(found) == len(expected) <= most
    for threshold, (low, high) in zip(found, expected, strict=True):
        assert low < threshold <= high


@settings(max_examples=300, deadline=None)
@given(numbers, numbers)
def test_a_threshold_has_as_few_digits_as_separate(one, two):
    if one == two:
        return
    low, high = min(one, two), max(one, two)
    threshold = separating(low, high)
    assert low < threshold <= high
    assert threshold == separated(low, high)


tenths = st.integers(-400, 400).map(lambda v: v / 10)


@settings(max_examples=200, deadline=None)
@given(st.lists(tenths, min_size=2, max_size=40, unique=True), st.integers(1, 40))
def test_a_condition_holds_for_the_numbers_that_its_text_says(values, most):
    """Numbers are rounded in a task: 2.8 is a little less there, and yet not below 2.8."""
    given = np.array(values)
    task = synth.Task("t", {"x": given}, {"x": Real}, given > 0, Bool)
    for dsl in (f"rules:thresholds={most}", f"features:thresholds={most}"):
        for name, passed in tasks.fit(dsl, task).task.columns.items():
            assert name.startswith("x < ")
            assert passed.tolist() == [v < float(name[4:]) for v in values], name


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(tenths, tenths), min_size=3, max_size=20, unique=True))
def test_a_sum_is_below_what_its_text_says(values):
    a, b = (np.array(column) for column in zip(*values, strict=True))
    task = synth.Task("t", {"a": a, "b": b}, {"a": Real, "b": Real}, a > 0, Bool)
    for name, passed in tasks.fit("features:sums=2", task).task.columns.items():
        what, _, threshold = name.partition(" < ")
        exact = {"a": a, "b": b, "a + b": np.round(a + b, 1)}[what]
        assert passed.tolist() == (exact < float(threshold)).tolist(), name


def separated(low, high):
    """The threshold by exact fractions: the coarsest power of ten with a multiple in between.

    No coarser than the first digit of the middle, or a tenth of that of the gap.
    """
    middle, gap = Fraction(low) / 2 + Fraction(high) / 2, Fraction(high) - Fraction(low)
    for exponent in range(320, -320, -1):
        unit = Fraction(10) ** exponent
        if unit > max(abs(middle), gap / 10):
            continue
        down = middle // unit * unit
        fits = [c for c in (down, down + unit) if low < float(c) <= high]
        if fits:
            return float(min(fits, key=lambda c: (abs(c - middle), -c)))
    raise AssertionError("two numbers that differ have one in between")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (2, 3, 3), (0, 1, 1), (0.0, 1.0, 0.5), (3, 4, 4), (-1, 0, 0), (1.26, 1.31, 1.3),
        (12.77, 12.85, 12.8), (1234, 5678, 3000), (0.05, 1000, 500), (-1.0, 1.0001, 0),
        (-0.3, -0.1, -0.2), (1e-9, 3e-9, 2e-9), (1e300, 3e300, 2e300), (95, 105, 100),
        (1.0, 1.0 + 2**-40, 1.0000000000005), (0.0, 5e-324 * 2**12, 1e-320),
    ],
)  # fmt: skip
def test_thresholds_by_example(low, high, expected):
    assert separating(low, high) == expected
    assert low < expected <= high


# -- prepared tasks -----------------------------------------------------------------


def table(rows=60, seed=0):
    """Two columns of reals, one of integers, one of residues and two of truth values."""
    generator = np.random.default_rng(seed)
    columns = {
        "a": np.round(generator.normal(size=rows), 2),
        "b": np.round(generator.normal(size=rows), 1),
        "n": generator.integers(0, 4, rows), "m": generator.integers(0, 3, rows),
        "flag": generator.integers(0, 2, rows).astype(bool), "same": np.full(rows, 7),
    }  # fmt: skip
    types = {"a": Real, "b": Real, "n": Int(0, 3), "m": Mod(3), "flag": Bool, "same": Int(7, 7)}
    labels = (columns["a"] + columns["b"] < 0.5) | columns["flag"]
    return synth.Task("table", columns, types, labels, Bool).split(0.5)


@pytest.mark.parametrize("sums", [1, 2, 3])
def test_prices(sums):
    task = table()
    prepared = prepare(task, thresholds=5, sums=sums)
    weights = prepared.input_weights
    assert sum(weights.values()) == 1
    dsl = features.build(thresholds=5, sums=sums)
    grammar = synth.Grammar(dsl, prepared.types, input_weights=weights)
    leaves = [p for p in grammar if not p.item.arguments]
    assert sum(p.probability for p in leaves) == pytest.approx(float(dsl.leaf_probability))
    assert sum(2.0**-p.bits for p in leaves) <= float(dsl.leaf_probability)
    assert sum(2.0**-p.bits for p in grammar) <= 1
    # Bits of a leaf: 1 for being a leaf, then how many columns, which columns, which threshold.
    groups = {}
    for name in prepared.columns:
        groups.setdefault(name.partition(" < ")[0], []).append(name)
    orders = {}
    for group in groups:
        orders.setdefault(group.count(" + ") + 1, []).append(group)
    # `same` is constant; four columns vary, and `flag` is a truth value.
    assert {r: len(g) for r, g in orders.items()} == {
        r: math.comb(4, r) + (r == 1) for r in range(1, sums + 1)
    }
    norm = sum(2.0**-r for r in orders)
    bits = {p.item.name: p.bits for p in leaves}
    for group, names in groups.items():
        r = group.count(" + ") + 1
        exact = 1 + r + math.log2(norm) + math.log2(len(orders[r])) + math.log2(len(names))
        for name in names:
            assert exact <= bits[name] + 1e-9
            assert bits[name] < exact + 1 / 1024 + 1e-9
    assert len(groups["a"]) == 5
    assert groups["n"] == ["n < 1", "n < 2", "n < 3"]
    assert groups["flag"] == ["flag"]


def test_comparisons_are_what_their_names_say():
    task = table()
    prepared = prepare(task, sums=3)
    for name, column in prepared.columns.items():
        left, less, threshold = name.partition(" < ")
        if less:
            names = left.split(" + ")
            seen = sum(task.columns[n] for n in names)
            part = np.abs(seen - float(threshold)) > 1e-9
            assert np.array_equal(column[part], (seen < float(threshold))[part])
            assert 0 < column[task.train].sum() < task.training
    assert prepared.settings["prepared"] == {
        "thresholds": 8, "sums": 3, "comparisons": len(prepared.columns),
    }  # fmt: skip
    assert prepared.source is task
    assert prepared.original.types == task.types


def test_held_out_rows_and_labels_have_no_part_in_the_thresholds():
    task = table()
    columns = {n: c.copy() for n, c in task.columns.items()}
    for name in ("a", "b"):
        columns[name][~task.train] = 1e6 * np.arange((~task.train).sum())
    columns["n"][~task.train] = 0
    labels = task.labels.copy()
    labels[~task.train] ^= True
    one = prepare(task)
    two = prepare(replace(task, columns=columns))
    three = prepare(replace(task, labels=labels))
    four = prepare(task.permuted(1))
    for other in (two, three, four):
        assert list(one.columns) == list(other.columns)
        assert one.input_weights == other.input_weights
        for name in one.columns:
            assert np.array_equal(one.columns[name][task.train], other.columns[name][task.train])
    # Another split makes other thresholds from its own training rows.
    again = one.split(0.5, seed=9)
    assert again.source is None
    assert list(prepare(again).columns) == list(prepare(task.split(0.5, seed=9)).columns)
    moved = prepare(replace(task, columns=columns, train=np.ones(60, bool)))
    assert list(moved.columns) != list(one.columns)


@pytest.mark.parametrize("seed", range(5))
def test_predictions_from_the_original_columns(seed):
    task = table(seed=seed)
    result = synth.search(task, max_bits=22)
    assert result.dsl == "features:thresholds=8"
    seen = result.predict(task.columns)
    prepared = prepare(task)
    expected = result.best.evaluate(prepared.columns) ^ result.program.inverted
    assert np.array_equal(seen, expected)
    assert np.mean(seen == task.labels) > 0.7
    one = {n: c[:1] for n, c in task.columns.items()}
    assert result.predict(one)[0] == seen[0]
    with pytest.raises(SynthError, match=r"no column (b|flag); given: a"):
        result.predict({"a": [1.0]})
    # No comparison with a missing number is true.
    gap = result.predict({**one, "a": [math.nan]})
    assert gap == result.predict({**one, "a": [1e300]})


def test_the_table_knows_rows_by_their_own_columns():
    task = table()
    result = replace(synth.search(task, max_bits=4), chosen="table")
    row = int(np.flatnonzero(task.train & (task.labels != task.majority()))[0])
    near = {n: c[row : row + 1].copy() for n, c in task.columns.items()}
    assert result.predict(near)[0] == task.labels[row]
    # Within the same thresholds, but not the same row.
    near["a"] = near["a"] + 1e-6
    assert result.predict(near)[0] == task.majority()


def test_results_name_the_original_columns(tmp_path):
    task = table()
    both = synth.contrast(task, "features:thresholds=3,sums=1", max_bits=12)
    for result in (both.structured, both.random):
        document = result.to_dict()
        assert document["inputs"] == {n: str(t) for n, t in task.types.items()}
        assert document["settings"]["prepared"]["sums"] == 1
        assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert both.structured.dsl == "features:thresholds=3,sums=1"
    synth.save_run(both, tmp_path / "run.json")
    assert synth.load_run(tmp_path / "run.json") == both


def test_a_program_of_the_result_is_read_back():
    prepared = prepare(table())
    result = synth.search(prepared, "features", max_bits=20)
    grammar = synth.Grammar(features.build(), prepared.types, input_weights=prepared.input_weights)
    program = synth.Program.parse(result.program.text, grammar)
    assert program.bits(grammar) == result.program.bits


def test_the_search_equals_one_over_columns_made_by_hand():
    """Comparisons given as plain columns with explicit weights have the same best total."""
    task = table()
    prepared = prepare(task, thresholds=2, sums=1)
    by_hand = synth.Task(
        "by hand", prepared.columns, prepared.types, task.labels, Bool, task.train,
        input_weights=prepared.input_weights,
    )  # fmt: skip
    dsl = synth.load_dsl("boolean:and-or-not")
    one = synth.search(task, "features:thresholds=2,sums=1", max_bits=20)
    two = synth.search(by_hand, dsl, max_bits=20)
    assert one.total_bits == two.total_bits
    assert [replace(h, rule=None) for h in one.top] == list(two.top)


def test_without_numbers_nothing_changes():
    task = synth.load_task("conjunction:n=6,k=2")
    assert prepare(task) is task
    result = synth.search(task, "features")
    assert result.program.text == "x0 & x1"
    assert "prepared" not in result.settings


def test_too_many_comparisons():
    task = table()
    many = prepare(task, most=10_000)
    assert many.settings["prepared"]["sums"] == 2
    singles = prepare(task, sums=1).settings["prepared"]["comparisons"]
    few = prepare(task, most=singles)
    assert synth.search(task, f"features:most={singles}", max_bits=9).dsl == (
        f"features:thresholds=8,most={singles}"
    )
    assert few.settings["prepared"] == {
        "thresholds": 8, "sums": 1, "comparisons": singles,
    }  # fmt: skip
    for given_, words in (
        ({"most": singles, "sums": 2}, "sums of 2 of 5 columns make more than"),
        ({"most": 3}, "sums of 1 of 5 columns make more than 3 comparisons; allowed: fewer sums"),
    ):
        with pytest.raises(TaskError, match=words):
            prepare(task, **given_)


def test_sums_of_huge_numbers():
    """An infinite sum is above every threshold and does not make one."""
    columns = {"a": [1e308, 1e308, 1.0, 2.0, -1e308, 3.0], "b": [1e308, 1.0, 1.0, 5.0, -1e308, 2]}
    task = synth.Task("huge", columns, dict.fromkeys("ab", Real), [1, 1, 0, 0, 0, 0], Bool)
    prepared = prepare(task)
    sums = [n for n in prepared.columns if " + " in n]
    assert sums
    for name in sums:
        assert "inf" not in name
        assert not prepared.columns[name][0]
        assert prepared.columns[name][4] or "-" in name


def test_rounding_errors_make_no_threshold():
    """0.1 + 0.2 and 0.3 + 0.0 are equal sums."""
    columns = {"a": [0.1, 0.3, 0.7, 0.1], "b": [0.2, 0.0, 0.6, 0.2]}
    task = synth.Task("sums", columns, dict.fromkeys("ab", Real), [0, 1, 1, 0], Bool)
    names = [n for n in prepare(task).columns if n.startswith("a + b")]
    assert names == ["a + b < 0.8"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: dsls.load_dsl("features:thresholds=0"), r"thresholds=0; allowed: 1\.\.1000"),
        (lambda: dsls.load_dsl("features:sums=4"), r"sums=4; allowed: 1\.\.3"),
        (lambda: dsls.load_dsl("features:most=70000"), r"most=70000; allowed: 1\.\.65000"),
        (lambda: dsls.load_dsl("features:thresholds=x"), "thresholds='x'; allowed: an integer"),
        (lambda: dsls.load_dsl("features:quantiles=3"), "no setting 'quantiles'; settings: thr"),
        (
            lambda: synth.search(
                synth.Task("t", {"x": [1.0, 1.0]}, {"x": Real}, [0, 1], Bool), max_bits=3
            ),
            "task t: all columns are constant on the training rows",
        ),
        (
            lambda: prepare(
                synth.Task(
                    "t", {"x": [1, 2, 5], "x < 2": [1, 0, 0]}, {"x": Int(0, 9), "x < 2": Bool},
                    [0, 1, 1], Bool,
                )
            ),
            "two columns make the same comparison; rename",
        ),
        (
            lambda: synth.search(
                synth.Task("t", {"x": [1.0, 2, 3]}, {"x": Real}, [0.5, 1.5, 7], Real)
            ),
            r"task t: 3 different numbers as labels \(0.5, 1.5, 7.0\); the features DSL needs two: "
            ".* --label 'label>=1.5', or give a DSL for Real labels with --dsl",
        ),
        (
            lambda: synth.search(
                synth.Task("t", {"z": [1j, 2]}, {"z": synth.Complex}, [0, 1], Bool)
            ),
            "no built-in DSL fits columns and labels of Bool, Complex",
        ),
        (
            lambda: synth.search(
                synth.Task("t", {"z": [1j, 2]}, {"z": synth.Complex}, [0, 1], Bool), "features"
            ),
            "column z is Complex; the features DSL takes Real, Int, Mod, Bool",
        ),
    ],
)  # fmt: skip
def test_errors(make, words):
    with pytest.raises((DSLError, SettingError, TaskError), match=words):
        make()


# -- weights of inputs and prepared DSLs ----------------------------------------------


@settings(max_examples=60, deadline=None)
@given(st.lists(st.fractions(Fraction(1, 1000), 1000), min_size=1, max_size=8), st.booleans())
def test_weights_of_inputs_share_out_the_leaves(weights, constant):
    dsl = synth.DSL("d", leaf_probability=0.25)
    dsl.add(np.logical_and, "Bool, Bool -> Bool", name="both")
    if constant:
        dsl.constant(True, Bool, weight=3)
    inputs = {f"x{i}": Bool for i in range(len(weights))}
    given_ = {f"x{i}": w for i, w in enumerate(weights) if w != 1}
    grammar = synth.Grammar(dsl, inputs, input_weights=given_)
    total = sum(weights) + 3 * constant
    for i, weight in enumerate(weights):
        (production,) = [p for p in grammar if p.item.name == f"x{i}"]
        assert production.probability == weight / total / 4
        assert Fraction(1, 2) ** production.units <= (weight / total / 4) ** 1024
    assert sum(2.0**-p.bits for p in grammar) <= 1 + 1e-12
    assert grammar.mass()[Bool] <= 1


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"input_weights": {"x": 0}}, "input x: weight 0; allowed: numbers above 0"),
        ({"input_weights": {"x": "much"}}, "input x: weight 'much'; allowed: "),
        ({"input_weights": {"y": 1}}, "input_weights: no input y; known: x"),
        ({"input_weights": {"x": 1}, "costs": lambda i: 1}, "cannot be combined with costs"),
    ],
)
def test_wrong_weights_of_inputs(given_, words):
    with pytest.raises(DSLError, match=words):
        synth.Grammar(synth.load_dsl("boolean"), {"x": Bool}, **given_)


def halved(given_):
    """Replace every column of integers by whether they are odd."""
    columns = odd(given_.columns)
    return replace(given_, columns=columns, types=dict.fromkeys(columns, Bool), express=odd)


def odd(columns):
    return {f"{n} odd": c % 2 == 1 for n, c in columns.items()}


def test_a_dsl_of_ones_own_may_prepare():
    dsl = synth.DSL("odd", prepare=halved)
    dsl.add(np.logical_xor, "Bool, Bool -> Bool", name="xor", symbol="^", commutative=True)
    columns = {"a": np.arange(36) % 6, "b": np.arange(36) // 6}
    labels = (columns["a"] + columns["b"]) % 2
    task = synth.Task("odd", columns, dict.fromkeys("ab", Int(0, 9)), labels, Bool)
    result = synth.search(task.split(0.5), dsl)
    assert result.program.text == "'a odd' ^ 'b odd'"
    assert result.predict({"a": [3, 8], "b": [3, 9]}).tolist() == [False, True]
    for prepare, words in (
        (lambda given_: None, "DSL odd: prepare returns NoneType; allowed: TypedColumns"),
        (lambda given_: given_.columns["c"], "DSL odd fails: KeyError: 'c'"),
        (lambda given_: replace(given_, label_type=Mod(2)), "odd: prepare changes the task"),
        (lambda given_: replace(given_, train=~given_.train), "odd: prepare changes the task"),
    ):
        dsl.prepare = prepare
        with pytest.raises(DSLError, match=words):
            synth.search(task.split(0.5), dsl)


# -- CSV files ------------------------------------------------------------------------


def write(path, head, rows):
    path.write_text("\n".join([head, *(",".join(map(str, r)) for r in rows)]) + "\n")
    return path


@pytest.fixture
def flowers(tmp_path):
    """Three kinds described by two lengths, one of them integers."""
    generator = np.random.default_rng(3)
    rows = []
    for i in range(90):
        length, width = round(generator.uniform(0, 10), 1), int(generator.integers(1, 9))
        kind = "rose" if length + width < 8 else "tulip" if length < 6 else "lily"
        rows.append((f"{length}e0" if i == 0 else length, width, "sunny" if i % 3 else "wet", kind))
    return write(tmp_path / "flowers.csv", "length,width,place,kind", rows)


def test_a_table_with_reals_end_to_end(flowers):
    task = synth.read_table(flowers, label="kind=rose")
    assert [str(t) for t in task.types.values()] == ["Real", "Int(1, 8)", "Bool", "Bool"]
    assert task.label_names == {0: "not rose", 1: "rose"}
    options = "--label", "kind=rose", "--dsl", "features"
    document = json.loads(run("contrast", flowers, *options, "--json"))
    one, two = document["structured"], document["random"]
    assert (one["chosen"], two["chosen"]) == ("program", "table")
    assert "length + width <" in one["program"]["text"]
    assert one["program"]["test_accuracy"] > 0.9
    assert one["inputs"] == {
        "length": "Real", "width": "Int(1, 8)", "place=sunny": "Bool", "place=wet": "Bool",
    }  # fmt: skip
    assert one["label_names"] == {"false": "not rose", "true": "rose"}
    result = synth.search(task, "features")
    asked = {"length": [1.5, 9.0], "width": [1, 8], "place": ["wet", "sunny"]}
    assert result.predict(asked).tolist() == ["rose", "not rose"]
    text = run("search", flowers, *options)
    assert "prepared" in text
    assert max(map(len, text.splitlines())) <= 80


def test_several_labels_get_a_way_out(flowers, tmp_path):
    limits = ("--max-programs", "3000", "--moves", "8", "--threads", "1")
    assert "where(" in run("search", flowers, *limits)  # texts are chosen by their names
    numbered = write(tmp_path / "numbers.csv", "x,y", [(k + 0.5, k % 3) for k in range(30)])
    words = run("search", numbered, "--dsl", "features", code=2)
    assert "task numbers.csv: 3 labels (0, 1, 2); the features DSL needs two" in words
    assert "--label y=0" in words
    assert "rules" in run("search", numbered, *limits)  # numbers are chosen too
    run("search", flowers, "--label", "kind=lily", "--max-bits", "10")


def test_whole_numbers_keep_their_dsl(tmp_path):
    rows = [(i % 7, i % 5, int(i % 7 < i % 5)) for i in range(70)]
    path = write(tmp_path / "whole.csv", "a,b,y", rows)
    found = synth.search(path)
    assert found.dsl in ("integer", "rules:ratios=true")
    assert found.program.rule == "a < b"
    assert {each.dsl for each in found.languages} >= {"integer", "rules"}
    result = synth.search(path, "features:sums=1", max_bits=20)
    assert result.settings["prepared"]["sums"] == 1
    assert "a < " in result.program.text


@pytest.mark.parametrize(
    ("rows", "given_", "words"),
    [
        ([("1.5", 0), ("nan", 1)], ("--missing", "error"), "missing values: x 1; allowed: none"),
        ([("1.5", 0), ("nan", 1)], ("--dsl", "real"), "column x has missing values (1), where"),
        ([("1.5", 0), ("-inf", 1)], (), "line 3, column x: '-inf' among numbers is infinite"),
        ([("1.5", 0), ("Infinity", 1)], (), "'Infinity' among numbers is infinite; allowed: fin"),
        ([("1.5", 0), ("1e999", 1)], (), "line 3, column x: 1e999 is too large"),
        ([(1, "0.5"), (2, "0.50")], (), "column y: one label only"),
        (
            [(1, "a"), (2, "b")],
            ("--label", "y=c"),
            "column y has no value 'c' among the training rows; values there: a, b",
        ),
        ([(1, "a"), (2, "a")], ("--label", "y=a"), "column y: one label only (a)"),
        ([(1, "a"), (2, "b")], ("--label", "z=a"), "no column 'z=a'; columns: x, y"),
        ([(1.5, 0), (2, 1)], ("--dsl", "features:thresholds=0"), "thresholds=0; allowed: 1..1000"),
        ([(1.5, 0), (2, 1)], ("--dsl", "integer"), "input x: DSL integer has no type for Real"),
    ],
)
def test_table_errors(tmp_path, rows, given_, words):
    path = write(tmp_path / "t.csv", "x,y", rows)
    assert words in run("search", path, "--train", "1.0", *given_, code=2)


def test_labels_of_reals(tmp_path):
    def labels(*cells):
        path = write(tmp_path / "t.csv", "x,y", list(enumerate(cells)))
        task = synth.read_table(path, train=1.0)
        return str(task.label_type), task.label_names, task.labels.tolist()

    assert labels("0.5", "-1e1", "0.50") == ("Bool", {0: "-10.0", 1: "0.5"}, [True, False, True])
    assert labels("0.5", "1", "2.25") == ("Real", None, [0.5, 1.0, 2.25])
    rows = [(1, "c", 1.5), (2, "d", 2.5), (5, "c", 3.5)]
    path = write(tmp_path / "t.csv", "a,a=b,y", rows)
    task = synth.read_table(path, label="a=b=c")
    assert task.labels.tolist() == [True, False, True]
    assert synth.read_table(path, label="a=b").label_names == {0: "c", 1: "d"}


# -- real data sets -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "most", "accuracy"),
    [
        pytest.param("digits", 24, 0.97, marks=pytest.mark.slow),
        ("iris", 20, 0.9), ("iris:label=setosa", 20, 0.95),
        ("wine", 21, 0.85), ("breast-cancer", 27, 0.9),
    ],
)  # fmt: skip
def test_real_data_beside_its_twin(name, most, accuracy):
    both = synth.contrast(tasks.load_task(name), max_bits=most, seconds=60)
    one, two = both.structured, both.random
    assert (one.chosen, two.chosen) == ("program", "table")
    assert one.dsl == "features:thresholds=8"
    assert one.program.test_accuracy > accuracy
    assert one.program.test_accuracy > one.table.test_accuracy + 0.2
    assert one.saved_bits > 25
    assert one.log2_chance_bound < -15
    assert two.saved_bits < 0
    assert len(one.program.text) < 80
    task = one.trained_on.original
    names = np.array(list(task.label_names.values()))
    seen = one.predict(task.columns)
    if one.program.ties == 1:
        correct = np.mean((seen == names[task.labels.astype(int)])[~task.train])
        assert correct == one.program.test_accuracy


def test_even_and_odd_digits():
    task = tasks.load_task("digits:classes=even-odd,train=300")
    both = synth.contrast(task, "features:sums=1", max_bits=18, seconds=60)
    assert (both.structured.chosen, both.random.chosen) == ("program", "table")
    assert both.structured.program.test_accuracy > both.structured.table.test_accuracy + 0.15
    assert task.rows == 1797
    assert (task.training, int(task.labels.sum())) == (300, 906)


def test_the_output_of_a_wide_table_fits_eighty_columns():
    text = run("contrast", "digits", "--max-bits", "22")
    assert max(map(len, text.splitlines())) <= 80
    assert "64: p00 Real, p01 Real," in text
    assert "comparisons" in text
    document = json.loads(run("search", "digits", "--json", "--max-bits", "15"))
    assert len(document["inputs"]) == 64
    assert document["rows"] == {"train": 180, "test": 180, "labels": 2, "unseen_labels": 0}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("digits:classes=0-0", "digits: classes=0-0; allowed: two digits such as 0-1, or even-odd"),
        ("digits:classes=12-3", "allowed: two digits"),
        ("digits:classes=7", "allowed: two digits"),
        ("iris:label=rose", "iris: label=rose; allowed: setosa, versicolor, virginica"),
        ("wine:label=3", "wine: label=3; allowed: class_0, class_1, class_2"),
    ],
)
def test_settings_of_real_data(spec, words):
    with pytest.raises(SettingError, match=words):
        tasks.load_task(spec)


def test_without_scikit_learn_it_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.partition(".")[0] == "sklearn":
            raise ModuleNotFoundError("No module named 'sklearn'", name="sklearn")
        return real(name, *rest)

    for name in [n for n in sys.modules if n.partition(".")[0] == "sklearn"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    for name in ("digits", "iris", "wine", "breast-cancer"):
        words = run("search", name, code=2)
        assert f"task {name} needs scikit-learn, which is not installed" in words
        assert "pip install 'synth-mdl[sklearn]'" in words
    # Lists and descriptions of tasks do not need it.
    assert "digits" in run("tasks")
    assert "even-odd" in run("tasks", "digits")


def test_pairs_of_digits():
    for pair in itertools.islice(itertools.permutations(range(10), 2), 0, 90, 17):
        task = tasks.load_task(f"digits:{pair[0]}-{pair[1]}")
        assert task.label_names == {0: str(pair[0]), 1: str(pair[1])}
        assert 350 <= task.rows <= 370
