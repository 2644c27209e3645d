"""New rows: predictions, Python, SQL and spreadsheets give equal answers for every kind of rule.

Some cells are empty, or hold what no row of the table had.  Predictions are compared where the
program has a value.
"""

import datetime
import random
import sqlite3

import formulas
import numpy as np
import pandas as pd
import pytest

import synth
from synth.tasks import Rule, fit
from tests.test_rules import EMPTY, loaded

ROWS, NEW, SHEET = 60, 1000, 150
ODD = {"letter": ("a", "AB", "1"), "text": ("é" * 7, "X", "a b"), "any number": ("59.5",)}


def whole(g, low=-50, high=200):
    return str(g.randint(low, high))


def day(g):
    return (datetime.date(2023, 6, 1) + datetime.timedelta(g.randint(0, 400))).isoformat()


def clock(g):
    return f"{g.randint(0, 23):02}:{g.randint(0, 59):02}"


def letter(g):
    return chr(65 + g.randint(0, 25))


def text(g):
    return g.choice("ABab") + "y" * g.randint(0, 11) + g.choice("XYxy")


#: A kind: what makes the cells of a row, their kind, the DSL, the program, and labels that it may
#: have.
KINDS = {
    "place of a letter": ((letter,), "letter", "real", "'a.place' + 1.0", ("3", "9.5", "12")),
    "letter as answer": ((whole, whole), "number", "integer", "(a + a + b) % (2 + 4 + 4)",
                         tuple("ABCDEFGHIJ")),
    "length of a text": ((text,), "text", "rules", "'a.length < 7'", ("no", "yes")),
    "ends of a text": ((text,), "text", "rules", "'a.first=A' | 'a.last=Y'", ("no", "yes")),
    "remainder": ((whole,), "any number", "rules:residues=true", "'a % 4 == 0' & ~'a % 100 == 0'",
                  ("no", "yes")),
    "rate": ((whole, whole), "number", "integer:division=true,constants=0/100",
             "round_div(a * 100, b)",
             ("3", "9", "17")),
    "fee": ((whole, whole), "number", "integer:division=true,constants=0/3/7/12/100",
            "where(b < 3, ceil_div(a, 12), a * 7 // 100)", ("3", "9", "17")),
    "label of a fee": ((whole,), "any number", "rules:labels=4.9/6.9/9.9",
                       "where('a < {0}', 4.9, where('a < {0}', 6.9, 9.9))",
                       ("4.90", "6.90", "9.90")),
    "days": ((day, day), "date", "rules:ratios=true", "'a.date - b.date < {0}'", ("no", "yes")),
    "number of days": ((day, day), "date", "integer", "'b.date' - 'a.date'", ("3", "9", "17")),
    "minutes": ((clock, clock), "time", "rules:ratios=true", "~'a.time - b.time < 0'",
                ("no", "yes")),
    "time of day": ((clock, whole), "time", "rules", "'a.time < {0}' | 'a.hour < 4'",
                    ("no", "yes")),
}  # fmt: skip


def drawn(g, kind, makers):
    cells = [maker(g) for maker in makers]
    odd = ["", *ODD.get(kind, ())]
    return [g.choice(odd) if g.random() < 0.08 else cell for cell in cells]


def rule_of(kind, folder):
    """The rule of a kind, its columns, its program, and the path of the table."""
    makers, _, spec, program, labels = KINDS[kind]
    g, names = random.Random(3), "ab"[: len(makers)]
    rows = [[*(maker(g) for maker in makers), g.choice(labels)] for _ in range(ROWS)]
    path = folder / "t.csv"
    path.write_text("\n".join(map(",".join, [[*names, "y"], *rows])) + "\n")
    fitted = fit(spec, synth.read_table(path, train=1.0))
    start = program.partition("{0}")[0].rpartition("'")[2]
    found = [n.removeprefix(start) for n in fitted.task.columns if start and n.startswith(start)]
    program = program.format(found[len(found) // 2]) if "{0}" in program else program
    parsed = synth.Program.parse(program, fitted.grammar, fitted.root)
    return Rule(parsed, fitted.task), names, program, path


def serial(cell):
    """A cell as a spreadsheet has it: dates are days, and times parts of a day."""
    if cell[4:5] == "-":
        return (datetime.date.fromisoformat(cell) - datetime.date(1899, 12, 30)).days
    if cell[2:3] == ":":
        return (int(cell[:2]) * 60 + int(cell[3:])) / 1440
    return float(cell) if cell.lstrip("-").replace(".", "").isdigit() else cell or EMPTY


def plain(value):
    """An answer as a text; None if there is none."""
    if value is None or str(value) in ("nan", "inf", "-inf", "", "#N/A", "#DIV/0!"):
        return None
    try:
        return f"{float(value) + 0:g}"
    except ValueError:
        return {"True": "1", "False": "0"}.get(str(value), str(value))


@pytest.mark.parametrize("kind", KINDS)
def test_every_language_says_the_same_of_new_rows(kind, tmp_path):
    rule, names, _, _ = rule_of(kind, tmp_path)
    makers, what, *_ = KINDS[kind]
    g = random.Random(5)
    rows = [drawn(g, what, makers) for _ in range(NEW)]
    columns = {n: np.array([row[k] for row in rows], object) for k, n in enumerate(names)}
    wanted = [plain(v) for v in rule.predict(columns).tolist()]
    pd.DataFrame(columns).to_csv(tmp_path / "new.csv", index=False)
    in_python = loaded(rule.to_python(), tmp_path)(pd.read_csv(tmp_path / "new.csv")).tolist()
    base = sqlite3.connect(":memory:")
    columns_of_numbers = ["number" in what or maker is whole for maker in makers]
    types = ", ".join(
        f"{n} {'NUMERIC' * one}" for n, one in zip(names, columns_of_numbers, strict=True)
    )
    base.execute(f"CREATE TABLE t ({types})")
    marks = ",".join("?" * len(names))
    base.executemany(f"INSERT INTO t VALUES ({marks})", [[c or None for c in r] for r in rows])
    in_sql = [v for (v,) in base.execute(f"SELECT {rule.to_sql()} FROM t ORDER BY rowid")]
    base.close()
    function = formulas.Parser().ast(rule.to_spreadsheet(tuple(names)))[1].compile()
    places = ["AB".index(cell[0]) for cell in function.inputs]
    in_sheet = [
        np.asarray(function(*(serial(row[k]) for k in places))).ravel()[0] for row in rows[:SHEET]
    ]
    in_sheet += in_sql[SHEET:]  # a thousand rows take a second
    every = ([plain(v) for v in each] for each in (in_python, in_sql, in_sheet))
    said = list(zip(*every, strict=True))
    differ = [(row, each) for row, each in zip(rows, said, strict=True) if len(set(each)) > 1]
    assert not differ, (len(differ), differ[:3])
    there = np.flatnonzero(rule.labels_of(columns)[1]).tolist()
    wrong = [(rows[k], wanted[k], said[k]) for k in there if set(said[k]) != {wanted[k]}]
    assert not wrong, (len(wrong), wrong[:3])
    assert len(there) > NEW / 2
    assert len({wanted[k] for k in there}) > 1
