"""Differences and ratios of columns of one unit, as tests of rules."""

import random
import sqlite3
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import synth
from synth.errors import TaskError
from synth.language import Bool, Int, Real
from synth.language.columns import TypedColumns
from synth.language.comparisons import MOST_RELATED, pairs_of, relations_of
from synth.language.dsls import load_dsl, rules
from synth.tasks import prepared, without_labels
from synth.verification import verify
from tests.test_rules import in_a_spreadsheet, loaded

SMALL = {"max_programs": 30_000, "moves": 0, "threads": 1, "memory": 2 * 10**8}


def table(folder, rule, rows=600):
    generator = random.Random(8)
    drawn = [(generator.randint(40, 300) / 8, generator.randint(40, 300) / 8) for _ in range(rows)]
    lines = [f"{a},{b},{rule(a, b)}" for a, b in drawn]
    (folder / "t.csv").write_text("\n".join(["long_mm,wide_mm,kind", *lines]) + "\n")
    return synth.read_table(folder / "t.csv")


def given(columns, types):
    train = np.ones(len(next(iter(columns.values()))), bool)
    return TypedColumns("t", columns, types, train, "y", Bool, ("0", "1"))


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (lambda a, b: "thin" if a / b > 1.5 else "round", "long_mm / wide_mm"),
        (lambda a, b: "more" if a - b > 4 else "less", "long_mm - wide_mm"),
    ],
    ids=["ratio", "difference"],
)
def test_they_are_found_and_predict_new_rows(tmp_path, rule, words):
    result = synth.search(table(tmp_path, rule), **SMALL)
    assert (result.dsl, result.chosen) == ("rules:ratios=true", "program")
    assert words in result.rule.text
    by_language = {each.dsl: each.total_bits for each in result.languages}
    assert by_language["rules:ratios=true"] < by_language["rules"] - 8
    new = np.array([(10.0, 20.0), (30.0, 12.0)])
    said = result.predict({"long_mm": new[:, 0], "wide_mm": new[:, 1]})
    assert said.tolist() == [rule(a, b) for a, b in new.tolist()]
    synth.save_run(result, tmp_path / "run.json")
    claims = verify(tmp_path / "run.json")
    assert [c.what for c in claims if c.holds is False] == []


def test_columns_of_one_unit_have_typical_values_that_are_alike():
    columns = {
        "a": np.array([2, 4, 6, 8]),
        "b": np.array([10.0, 12.0, np.nan, 14.0]),
        "far": np.array([100, 200, 300, 400]),
        "zero": np.array([0, 3, 4, 5]),
        "below": np.array([-4, -5, -6, -7]),
        "flag": np.array([True, False, True, True]),
    }
    types = {n: Bool if n == "flag" else Real if n == "b" else Int(-10, 400) for n in columns}
    found = list(pairs_of(given(columns, types)))
    assert found == ["a - b", "a - zero", "b - zero", "a / b"]


def test_without_two_such_columns_the_language_is_left_out(tmp_path):
    lonely = given(
        {"a": np.arange(1, 9), "b": np.arange(8) * 1000}, {"a": Int(1, 9), "b": Int(0, 7000)}
    )
    with pytest.raises(TaskError, match="no two columns of numbers are of one unit"):
        rules.prepare(lonely, ratios=True)
    many = {f"c{k}": np.arange(1, 9) for k in range(13)}
    assert pairs_of(given(many, dict.fromkeys(many, Int(1, 8)))) == {}
    lines = [f"{k},{k * 1000},{k % 2}" for k in range(1, 60)]
    (tmp_path / "u.csv").write_text("\n".join(["a,b,y", *lines]) + "\n")
    result = synth.search(synth.read_table(tmp_path / "u.csv"), max_bits=6, **SMALL)
    assert not any("ratios" in each.dsl for each in result.languages)


def test_a_test_names_the_column_difference_or_ratio_and_then_the_test(tmp_path):
    task = table(tmp_path, lambda a, b: int(a > b))
    dsl = load_dsl("rules:ratios=true", (*task.types.values(), task.label_type))
    weights = prepared(dsl, task).input_weights
    shares = {}
    for name, weight in weights.items():
        shares.setdefault(name.partition(" <")[0], []).append(weight)
    assert set(shares) == {"long_mm", "wide_mm", "long_mm - wide_mm", "long_mm / wide_mm"}
    assert all(sum(each) == 1 / 4 and len(set(each)) == 1 for each in map(list, shares.values()))


def sides(rows, unit):
    generator = random.Random(4)
    for _ in range(rows):
        yield tuple(generator.randint(2, 20) * unit for _ in range(3))


@pytest.mark.parametrize("unit", [1, 0.1], ids=["whole", "decimal"])
@pytest.mark.parametrize(
    ("rule", "program"),
    [
        (lambda a, b, c: 2 * max(a, b, c) < a + b + c, "triangle(a, b, c)"),
        (lambda a, b, c: b < a + c, "b < a + c"),
        (lambda a, b, c: b == a + c, "b == a + c"),
        (lambda a, b, c: a == b, "a == b"),
    ],
    ids=["triangle", "sum", "equal to a sum", "equal"],
)
def test_columns_are_compared_with_sums_of_others(tmp_path, unit, rule, program):
    """A sum of decimal numbers, such as 0.1 + 0.2, equals the decimal number that it should be."""
    tenths = [tuple(map(round, each)) for each in sides(600, 1)]
    rows = [(*(round(x * unit, 1) for x in each), rule(*each)) for each in tenths]
    lines = [",".join(map(str, row)) for row in rows]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c,ok", *lines]) + "\n")
    result = synth.search(synth.read_table(tmp_path / "t.csv"), "rules:ratios=true", **SMALL)
    assert result.program.text.strip("~'") == program
    assert (result.program.exceptions, result.program.test_accuracy) == (0, 1)
    columns = {n: np.array([row[k] for row in rows]) for k, n in enumerate("abc")}
    expected = [row[3] for row in rows]
    assert result.predict(columns).tolist() == expected
    rule, answers = result.rule, [str(answer).lower() for answer in expected]
    assert as_truth(loaded(rule.to_python(), tmp_path)(columns).tolist()) == answers
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (a, b, c)")
    base.executemany("INSERT INTO t VALUES (?, ?, ?)", [row[:3] for row in rows])
    found = base.execute(f"SELECT {rule.to_sql()} FROM t ORDER BY rowid").fetchall()
    assert as_truth(value for (value,) in found) == answers
    texts = [dict(zip("abc", row, strict=False)) for row in rows[:40]]
    assert as_truth(in_a_spreadsheet(rule, texts, ["a", "b", "c"])) == answers[:40]
    synth.save_run(result, tmp_path / "run.json")
    assert [c.what for c in verify(tmp_path / "run.json") if c.holds is False] == []


def as_truth(values):
    return [{"1": "true", "0": "false"}.get(str(v), str(v).lower()) for v in values]


def test_relations_are_of_inputs_of_training_rows_alone():
    columns = {n: np.array(values) for n, values in
               {"a": [1, 2, 5, 9], "b": [3, 2, 6, 1], "c": [4, 3, 4, 1]}.items()}  # fmt: skip
    one = given(columns, dict.fromkeys(columns, Int(1, 9)))
    found = relations_of(pairs_of(one), one)
    assert found.keys() >= {"a == b", "triangle(a, b, c)", "c == a + b", "a < b + c"}
    assert "b == a + c" not in found  # never true
    first = replace(one, train=np.array([True, True, True, False]))
    assert "a < b + c" not in relations_of(pairs_of(first), first)  # true of all training rows
    many = {f"c{k}": np.arange(1, 9) for k in range(MOST_RELATED + 1)}
    wide = given(many, dict.fromkeys(many, Int(1, 8)))
    assert pairs_of(wide)
    assert relations_of(pairs_of(wide), wide) == {}


def test_relations_share_the_bits_of_two_columns(tmp_path):
    lines = [f"{a},{b},{c},{int(a > b)}" for a, b, c in sides(80, 1)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,c,y", *lines]) + "\n")
    task = synth.read_table(tmp_path / "t.csv")
    dsl = load_dsl("rules:ratios=true", (*task.types.values(), task.label_type))
    weights = prepared(dsl, task).input_weights
    assert sum(weights.values()) == 1
    # Three columns, three differences, three ratios, and the two signs of relations.
    below = [n for n in weights if n.startswith("triangle") or ("<" in n and n[-1] in "abc")]
    assert {weights[n] for n in below} == {Fraction(1, 11 * len(below))}


def test_units_that_the_table_says_are_not_mixed(tmp_path):
    days = [f"2024-{k % 5 + 1:02}-{k % 28 + 1:02}" for k in range(60)]
    lines = [
        f"{day},${k % 9 + 1}.50,{k % 7 + 1} €,{k % 8 + 1} €,{k % 11 + 1},{k % 2}"
        for k, day in enumerate(days)
    ]
    (tmp_path / "t.csv").write_text("\n".join(["day,fee,net,paid,age,y", *lines]) + "\n")
    found = pairs_of(without_labels(synth.read_table(tmp_path / "t.csv")))
    assert list(found) == ["net - paid", "net / paid"]
