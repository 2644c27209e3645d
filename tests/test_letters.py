"""Single letters as labels: their places in the alphabet are numbers, and answers are letters."""

import sqlite3
import string

import numpy as np
import pytest

import synth
from synth.language import Bool, Int, Label
from synth.verification import verify
from tests.test_rules import in_a_spreadsheet, loaded

LETTERS = string.ascii_uppercase
FEW = {"max_programs": 40_000, "moves": 0, "threads": 1, "memory": 2 * 10**8, "seconds": None}


def table(folder, labels, columns, name="letter"):
    lines = [",".join(map(str, row)) for row in zip(*columns.values(), labels, strict=True)]
    (folder / "t.csv").write_text("\n".join([",".join([*columns, name]), *lines]) + "\n")
    return synth.read_table(folder / "t.csv")


def digits(rows=80, count=2):
    numbers = np.random.default_rng(2).integers(0, 10, (rows, count))
    return {f"d{k}": numbers[:, k] for k in range(count)}


@pytest.mark.parametrize("case", [str.upper, str.lower], ids=["A", "a"])
def test_letters_are_computed_and_said(tmp_path, case):
    columns = digits()
    letters = [case(LETTERS[(2 * a + b) % 11]) for a, b in zip(*columns.values(), strict=True)]
    task = table(tmp_path, letters, columns)
    assert task.label_type == Int(0, 10)
    assert "labels are read as numbers" in " ".join(task.notes)
    result = synth.search(task, "integer:constants=2/11", **FEW)
    rule = result.rule
    assert (result.chosen, result.program.exceptions) == ("program", 0)
    assert result.program.text in ("(d1 + (d0 + d0)) % 11", "(d0 + (d0 + d1)) % 11")
    assert rule.text == f"letter({result.program.text})"
    assert result.predict(columns).tolist() == letters
    assert loaded(rule.to_python(), tmp_path)(columns).tolist() == letters
    rows = [{n: int(c[k]) for n, c in columns.items()} for k in range(80)]
    assert in_a_spreadsheet(rule, rows, list(columns)) == letters
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (d0, d1)")
    base.executemany("INSERT INTO t VALUES (:d0, :d1)", rows)
    found = base.execute(f"SELECT {rule.to_sql()} FROM t ORDER BY rowid").fetchall()
    assert [letter for (letter,) in found] == letters
    synth.save_run(result, tmp_path / "run.json")
    assert [c.what for c in verify(tmp_path / "run.json") if c.holds is False] == []


@pytest.mark.parametrize(
    ("alphabet", "p"), [("0123456789X", 11), ("0123456789abcdef", 13)], ids=["ISBN", "hexadecimal"]
)
def test_digits_stand_before_letters(tmp_path, alphabet, p):
    columns = digits(120)
    signs = [alphabet[(2 * a + b) % p] for a, b in zip(*columns.values(), strict=True)]
    task = table(tmp_path, signs, columns, "check")
    assert task.label_type == Int(0, p - 1)
    letters = f"{'X' if p == 11 else 'a'} is 10"
    assert f"labels are read as numbers: {letters}" in " ".join(task.notes)
    result = synth.search(task, f"integer:constants=2/{p}", **FEW)
    assert result.program.exceptions == 0
    assert result.predict(columns).tolist() == signs
    assert loaded(result.rule.to_python(), tmp_path)(columns).tolist() == signs
    rows = [{n: int(c[k]) for n, c in columns.items()} for k in range(120)]
    assert in_a_spreadsheet(result.rule, rows, list(columns)) == signs
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (d0, d1)")
    base.executemany("INSERT INTO t VALUES (:d0, :d1)", rows)
    found = base.execute(f"SELECT {result.rule.to_sql()} FROM t ORDER BY rowid").fetchall()
    assert [sign for (sign,) in found] == signs


def test_a_choice_says_letters(tmp_path):
    columns = digits(200, 1)
    labels = ["ACEGIKM"[min(d, 6)] for d in columns["d0"].tolist()]
    task = table(tmp_path, labels, columns)
    dsl = synth.load_dsl("rules", (*task.types.values(), task.label_type))
    fitted = synth.tasks.fit(dsl, task)
    program = synth.Program.parse("where('d0 < 1', 0, where('d0 < 2', 2, 12))", fitted.grammar)
    rule = synth.tasks.Rule(program, fitted.task)
    assert rule.text == "if d0 < 1 then A; else if d0 < 2 then C; else M"
    assert rule.branches()[0]["answer"] == "A"


def test_few_letters_are_names(tmp_path):
    columns = digits()
    grades = [LETTERS[min(d, 4)] for d in columns["d0"].tolist()]
    assert table(tmp_path, grades, columns).label_type == Label(*"ABCDE")
    mixed = ["abcdefgH"[d % 8] for d in columns["d0"].tolist()]
    assert table(tmp_path, mixed, columns).label_type.family == "Label"


def test_more_letters_than_names_may_be_are_labels(tmp_path):
    columns = {"n": np.arange(104)}
    task = table(tmp_path, [LETTERS[k % 26] for k in range(104)], columns)
    assert task.label_type == Int(0, 25)
    result = synth.search(task, "integer:constants=26", **FEW)
    assert result.rule.text == "letter(n % 26)"
    unknown = table(tmp_path, [*"ABCDEFG" * 14, *"1234"][:104], {"n": np.arange(102)})
    assert unknown.label_type.family == "Label"
    one = synth.read_table(tmp_path / "t.csv", label="letter=A")
    assert one.label_type == Bool
