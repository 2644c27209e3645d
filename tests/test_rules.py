"""Rules in words and in other languages mean what programs mean, gaps included."""

import csv
import importlib.util
import operator
import random
import re
import sqlite3
from functools import partial

import formulas
import numpy as np
import pytest
from schedula import EMPTY

import synth
from synth.language import Bool, Input, Real
from synth.language.dsls import features
from synth.language.notation.spreadsheet import cells_of
from synth.tasks import Rule, fit
from tests.rule_reader import Reader, date

NAMES = ("age", "dose of x", "ash", "smoker", "colour", "flag", "day", "town", "seat", "note")
SEATS, NOTES = "ABCDEFGHI", "abcxyz"
COLOURS = ("red", "light blue", "not known", "")
TOWNS = [f"T{k}" for k in range(20)]
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def drawn_row(generator, sparse=False):
    """A row of cells as a CSV file has them; sparse: any cell may be empty, and texts unseen."""
    row = {
        "age": str(generator.randint(1, 9)),
        "dose of x": generator.choice(["", f"{generator.randint(0, 40) / 10}"]),
        "ash": f"{generator.randint(0, 40) / 10}",
        "smoker": generator.choice(["yes", "no"]),
        "colour": generator.choice(COLOURS),
        "flag": generator.choice(["true", "false"]),
        "day": "202{}-0{}-1{}".format(*(generator.randint(1, 9) for _ in range(3))),
        "town": generator.choice(TOWNS),
        "seat": generator.choice(["", *SEATS]),
        "note": "".join(generator.choice(NOTES) for _ in range(generator.randint(6, 9))),
    }
    if sparse:
        row |= {name: "" for name in NAMES if generator.random() < 0.1}
        row |= {
            n: "unseen" for n in ("colour", "town", "smoker", "seat") if generator.random() < 0.05
        }
    return row


def written(path, rows, labels=None):
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*NAMES, *(["class"] if labels else [])])
        for k, row in enumerate(rows):
            writer.writerow([row[n] for n in NAMES] + ([labels[k]] if labels else []))
    return path


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """A table with two classes, and one with three; of each the task with its DSL."""
    generator = random.Random(5)
    folder, found = tmp_path_factory.mktemp("tables"), {}
    for classes in (("ill", "well"), ("0", "1"), ("A", "B c", "or")):
        rows = [drawn_row(generator) for _ in range(80)]
        labels = [generator.choice(classes) for _ in rows]
        path = written(folder / f"{len(found)}.csv", rows, labels)
        found[classes] = fit(conditions(), synth.read_table(path, keep=["note"]))
    return found


def conditions():
    """A DSL with all kinds of connectives over the comparisons of `features`."""
    dsl = synth.DSL("conditions", types=(Bool,))
    two = "Bool, Bool -> Bool"
    dsl.add(np.logical_and, two, name="and_", symbol="&", commutative=True)
    dsl.add(np.logical_or, two, name="or_", symbol="|", commutative=True)
    dsl.add(np.logical_xor, two, name="xor", symbol="^", commutative=True)
    dsl.add(np.equal, two, name="eq", symbol="==", commutative=True)
    dsl.add(np.logical_not, "Bool -> Bool", name="not_", symbol="~")
    dsl.add(lambda a, b: ~(a & b), two, name="nand", commutative=True)
    dsl.add(lambda a, b: ~a | b, two, name="implies")
    dsl.add(lambda a, b: a & ~b, two, name="without")
    dsl.add(np.where, "Bool, Bool, Bool -> Bool", name="ite")
    dsl.constant(True, Bool)
    dsl.prepare = partial(features.prepare, thresholds=3, sums=2)
    return dsl


def truth(name, row):
    """What an input says of a row of cells, told from its name alone."""
    if name.endswith(" is missing"):
        return row[name.removesuffix(" is missing")] == ""
    if found := re.fullmatch(r"(.+)\.weekday=(\w+)", name):
        there = date(row[found[1]])
        return there is not None and DAYS[there.weekday()] == found[2]
    if found := re.fullmatch(r"(.+) < (.+)", name):
        total = 0.0
        for part in found[1].split(" + "):
            column, _, piece = part.partition(".")
            if row[column] == "":
                return False
            total += piece_of(row[column], piece)
            if np.isnan(total):
                return False
        # A sum of real numbers, and what it is compared with, are rounded.
        sides = np.array([total, float(found[2])])
        below, threshold = Real.coarse(sides) if "+" in name else sides
        return bool(below < threshold)
    column, equals, text = name.partition("=")
    if column in ("note.first", "note.last"):
        return (row["note"][:1] if column == "note.first" else row["note"][-1:]) == text
    if equals:
        if text == "other" and column == "town":
            return row[column] not in ("", *KEPT)
        return row[column] == text and text != ""
    return row[column] == "true"


def piece_of(cell, piece):
    """The number that a cell holds, or a piece of it."""
    if piece == "date":
        return (date(cell) - date("1899-12-30")).days
    if piece == "length":
        return len(cell)
    if piece == "place":
        return SEATS.index(cell) if cell in SEATS else np.nan
    return getattr(date(cell), piece) if piece else float(cell)


KEPT = []


def naive(program, row):
    """The value of a program on a row, part by part."""
    head = program.head
    if head.arguments:
        arguments = [np.array([naive(a, row)]) for a in program.arguments]
        return head.function(*arguments)[0]
    return truth(head.name, row) if isinstance(head, Input) else head.value


def labelled(task, value, inverted=False):
    """The label of a value."""
    return task.label_names[int(value) != inverted if len(task.alphabet) == 2 else int(value)]


def cells(rows):
    """Columns of cells, for a list of rows."""
    return {name: np.array([row[name] for row in rows], object) for name in NAMES}


def typed(row):
    """A row as data frames and spreadsheets have it."""
    made = {n: row[n] or None for n in NAMES}
    for name in ("age", "dose of x", "ash"):
        made[name] = None if row[name] == "" else float(row[name])
    made["age"] = None if made["age"] is None else int(made["age"])
    made["flag"] = None if row["flag"] == "" else row["flag"] == "true"
    made["day"] = date(row["day"])
    return made


def grown(grammar, type_, generator, depth):
    """A program of a type, drawn at random."""
    group = [p.item for p in grammar.productions[type_]]
    leaves = [item for item in group if not item.arguments]
    heads = [item for item in group if item.arguments]
    item = generator.choice(heads if heads and generator.random() < depth / 4 else leaves)
    arguments = [grown(grammar, a, generator, depth - 1) for a in item.arguments]
    return synth.Program(item, arguments)


def drawn_rule(tables, generator):
    """A task, a program of it and its rule."""
    classes = generator.choice(list(tables))
    fitted = tables[classes]
    inputs = fitted.task.columns
    KEPT[:] = [n.removeprefix("town=") for n in inputs if n.startswith("town=")]
    program = grown(fitted.grammar, fitted.root, generator, 4)
    inverted = len(classes) == 2 and generator.random() < 0.5
    return fitted.task, program, Rule(program, fitted.task, inverted)


@pytest.mark.parametrize("seed", range(60))
def test_a_rule_in_words_means_what_its_program_means(tables, seed):
    generator = random.Random(seed)
    task, program, rule = drawn_rule(tables, generator)
    reader = Reader(rule.text, NAMES, ("light blue", "B c"), {"town": KEPT})
    for row in [drawn_row(generator) for _ in range(25)]:
        wanted = labelled(task, naive(program, row), rule.inverted)
        found = reader.value(typed(row))
        found = str(int(found)) if isinstance(found, bool | np.bool_) else str(found)
        assert found == wanted, (program.text, rule.text, row)


@pytest.mark.parametrize("seed", range(60))
def test_new_rows_get_the_label_that_the_program_says(tables, seed):
    generator = random.Random(seed)
    task, program, rule = drawn_rule(tables, generator)
    rows = [drawn_row(generator, sparse=True) for _ in range(25)]
    wanted = [labelled(task, naive(program, row), rule.inverted) for row in rows]
    table = {name: column for name, column in cells(rows).items() if name in rule.columns}
    assert rule.predict(table or {"any": np.zeros(25)}).tolist() == wanted, program.text


def loaded(source, folder):
    """The function of a source text, read from a file as a user does."""
    path = folder / "rule.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location("rule", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.predict


def in_python(rule, rows, folder):
    columns = [typed(row) for row in rows]
    table = {name: np.array([row[name] for row in columns], object) for name in NAMES}
    return loaded(rule.to_python(), folder)(table)


def in_sqlite(rule, rows):
    base = sqlite3.connect(":memory:")
    names = ", ".join(f'"{name}"' for name in NAMES)
    base.execute(f"CREATE TABLE t ({names})")
    made = []
    for row in map(typed, rows):
        row["day"] = None if row["day"] is None else row["day"].date().isoformat()
        made.append([row[n] for n in NAMES])
    base.executemany(f"INSERT INTO t VALUES ({','.join('?' * len(NAMES))})", made)
    found = [value for (value,) in base.execute(f"SELECT {rule.to_sql()} FROM t ORDER BY rowid")]
    base.close()
    return found


@pytest.mark.parametrize("seed", range(60))
def test_python_and_sql_give_the_same_labels(tables, seed, tmp_path):
    generator = random.Random(seed)
    _, _, rule = drawn_rule(tables, generator)
    rows = [drawn_row(generator, sparse=True) for _ in range(40)]
    wanted = rule.predict(cells(rows)).tolist()
    said = in_python(rule, rows, tmp_path)
    assert list(map(str, said.tolist())) == wanted, rule.to_python()
    assert list(map(str, in_sqlite(rule, rows))) == wanted, rule.to_sql()


def in_a_spreadsheet(rule, rows, header=NAMES):
    """The answers of the rule's formula, by a library that evaluates formulas."""
    where = cells_of(header)
    function = formulas.Parser().ast(rule.to_spreadsheet(header))[1].compile()
    names = {cell: name for name, cell in where.items()}
    read, found = [names[cell] for cell in function.inputs], []
    for row in map(typed, rows) if header == NAMES else rows:
        if row.get("day") is not None:  # a spreadsheet counts days
            row["day"] = (row["day"] - date("1899-12-30")).days
        given = [EMPTY if row[name] is None else row[name] for name in read]
        found.append(np.asarray(function(*given)).ravel()[0])
    return found


@pytest.mark.parametrize("seed", range(20))
def test_spreadsheets_give_the_same_labels(tables, seed):
    generator = random.Random(seed)
    _, _, rule = drawn_rule(tables, generator)
    rows = [drawn_row(generator, sparse=True) for _ in range(20)]
    said = in_a_spreadsheet(rule, rows)
    assert list(map(str, said)) == rule.predict(cells(rows)).tolist(), rule.text


#: Truth values as languages without them have them.
NUMBERS = {"True": "1", "False": "0"}
# Kinds of rules, each on 1,000 rows: the table, the DSL and the program.
KINDS = {
    "threshold": ("features", "age < {0}"),
    "gaps": ("features", "~('dose of x < {0}')"),
    "text": ("features", "'colour=light blue' | 'smoker=no'"),
    "many texts": ("features", "'town=other' & ~'town={0}'"),
    "truth": ("features", "flag | 'colour is missing'"),
    "date": ("features", "'day.weekday=Sunday' | 'day.year < {0}'"),
    "sum": ("features:sums=2", "~('age + ash < {0}')"),
    "classes": ("features", "where('age < {0}', A, where('colour=red', 'B c', 'or'))"),
    "arithmetic": ("integer", "a * (b + 2) % 3 + where(a < b, 1, max(a, b - 4))"),
    "condition": ("integer", "(a + b < 4) | ~(a == 3)"),
    "division": ("integer:division=true", "a // 3 * b - b // (a * a + 1)"),
    "bits": ("integer:bits=true", "(a & 4 | b) ^ (a << 1) ^ b >> 2"),
}
#: Kinds whose rules are conditions; and those that spreadsheets compute with 0 and more alone.
CONDITIONS, FROM_ZERO = ("condition",), ("bits",)


def whole_table(path, rows, labels):
    """A table of two columns of whole numbers."""
    lines = [f"{a},{b},{labels(a, b)}" for a, b in rows]
    path.write_text("\n".join(["a,b,class", *lines]) + "\n")
    return path


def kind_of_rule(kind, tables, folder, count=1000):
    """The rule of a kind, the names of its columns, and rows of cells."""
    generator = random.Random(7)
    spec, text = KINDS[kind]
    if spec.startswith("integer"):
        low = 0 if kind in FROM_ZERO else -5
        pairs = [(generator.randint(low, 9), generator.randint(low, 9)) for _ in range(count + 60)]
        said = operator.lt if kind in CONDITIONS else operator.add
        fitted = fit(spec, synth.read_table(whole_table(folder / "t.csv", pairs[:60], said)))
        cells = [{"a": str(a), "b": str(b)} for a, b in pairs[60:]]
        program = synth.Program.parse(text, fitted.grammar, fitted.root)
        return Rule(program, fitted.task), ("a", "b"), cells
    task = tables["A", "B c", "or"] if kind == "classes" else tables["ill", "well"]
    fitted = fit(spec, task.task.original)
    names = list(fitted.task.columns)
    starts = re.findall(r"'?([\w .+]+(?: < |=))\{0\}", text)
    found = [n.removeprefix(s) for s in starts for n in names if n.startswith(s)]
    program = synth.Program.parse(text.format(*found[1:2]), fitted.grammar, fitted.root)
    rows = [drawn_row(generator, sparse=True) for _ in range(count)]
    return Rule(program, fitted.task, kind == "truth"), NAMES, rows


@pytest.mark.parametrize("kind", KINDS)
def test_every_language_gives_the_same_labels_on_a_thousand_rows(kind, tables, tmp_path):
    rule, names, rows = kind_of_rule(kind, tables, tmp_path)
    columns = {name: np.array([row[name] for row in rows], object) for name in names}
    wanted = list(map(str, rule.predict(columns).tolist()))
    assert len(set(wanted)) > 1
    wanted = [NUMBERS.get(label, label) for label in wanted]
    if names == NAMES:
        said = in_python(rule, rows, tmp_path).tolist()
        asked = in_sqlite(rule, rows)
    else:
        table = {name: column.astype(int) for name, column in columns.items()}
        said = loaded(rule.to_python(), tmp_path)(table).tolist()
        base = sqlite3.connect(":memory:")
        base.execute("CREATE TABLE t (a, b)")
        base.executemany(
            "INSERT INTO t VALUES (?, ?)",
            list(zip(*map(np.ndarray.tolist, table.values()), strict=True)),
        )
        asked = [v for (v,) in base.execute(f"SELECT {rule.to_sql()} FROM t ORDER BY rowid")]
        base.close()
    assert [NUMBERS.get(str(v), str(v)) for v in said] == wanted
    assert list(map(str, asked)) == wanted


@pytest.mark.parametrize("count", [50, pytest.param(1000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("kind", KINDS)
def test_spreadsheets_give_the_same_labels_on_many_rows(kind, count, tables, tmp_path):
    rule, names, rows = kind_of_rule(kind, tables, tmp_path, count)
    columns = {name: np.array([row[name] for row in rows], object) for name in names}
    wanted = [NUMBERS.get(str(v), str(v)) for v in rule.predict(columns).tolist()]
    if names != NAMES:
        rows = [{name: int(cell) for name, cell in row.items()} for row in rows]
    said = [str(v).removesuffix(".0") for v in in_a_spreadsheet(rule, rows, names)]
    assert said == wanted


def test_real_numbers_are_computed_alike_in_every_language(tmp_path):
    generator = random.Random(3)
    drawn = [(generator.randint(1, 400) / 8, generator.randint(1, 400) / 8) for _ in range(1060)]
    whole_table(tmp_path / "t.csv", drawn[:60], operator.mul)
    fitted = fit("real", synth.read_table(tmp_path / "t.csv"))
    program = synth.Program.parse("(a + b) / 2.0 - a / (b + 1.0) * b", fitted.grammar, fitted.root)
    rule = Rule(program, fitted.task)
    a, b = np.array(drawn[60:]).T
    wanted = rule.predict({"a": a, "b": b})
    np.testing.assert_allclose(wanted, (a + b) / 2 - a / (b + 1) * b, atol=1e-9)
    said = loaded(rule.to_python(), tmp_path)({"a": a, "b": b})
    np.testing.assert_allclose(said, wanted, atol=1e-9)
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (a, b)")
    base.executemany("INSERT INTO t VALUES (?, ?)", drawn[60:])
    asked = [v for (v,) in base.execute(f"SELECT {rule.to_sql()} FROM t ORDER BY rowid")]
    base.close()
    np.testing.assert_allclose(asked, wanted, atol=1e-9)
    rows = [{"a": one, "b": other} for one, other in drawn[60:160]]
    shown = np.array(in_a_spreadsheet(rule, rows, ("a", "b")), float)
    np.testing.assert_allclose(shown, wanted[:100], atol=1e-9)


def test_times_of_day_are_read_alike_in_python_and_sql(tmp_path):
    generator = random.Random(6)
    drawn = [(f"{generator.randint(0, 23):02}:{generator.randint(0, 59):02}", "uv"[k % 2])
             for k in range(1060)]  # fmt: skip
    whole_table(tmp_path / "t.csv", drawn[:60], lambda at, b: at < "12:30")
    fitted = fit("integer", synth.read_table(tmp_path / "t.csv"))
    text = "('a.hour' + 'a.hour' < 'a.minute') | ('a.hour' == 4 * 4)"
    rule = Rule(synth.Program.parse(text, fitted.grammar, fitted.root), fitted.task)
    times = [at for at, _ in drawn[60:]] + [""]
    hours, minutes = ([int(at.split(":")[k]) for at in times[:-1]] for k in (0, 1))
    wanted = [2 * h < m or h == 16 for h, m in zip(hours, minutes, strict=True)] + [False]
    columns = {"a": np.array(times, object)}
    assert [NUMBERS.get(label, label) == "1" for label in map(str, rule.predict(columns))] == wanted
    said = loaded(rule.to_python(), tmp_path)(columns)
    assert [NUMBERS.get(str(v), str(v)) == "1" for v in said] == wanted
    base = sqlite3.connect(":memory:")
    base.execute("CREATE TABLE t (a)")
    base.executemany("INSERT INTO t VALUES (?)", [(at or None,) for at in times])
    asked = [v for (v,) in base.execute(f"SELECT {rule.to_sql()} FROM t ORDER BY rowid")]
    base.close()
    assert [v == 1 for v in asked] == wanted


def test_choices_between_names_are_written_in_dsls_with_a_choice_of_their_own(tmp_path):
    lines = [f"{k},{'fizz' if k % 3 == 0 else 'buzz' if k % 4 == 0 else 'none'}" for k in range(60)]
    (tmp_path / "t.csv").write_text("n,said\n" + "\n".join(lines) + "\n")
    fitted = fit("integer", synth.read_table(tmp_path / "t.csv"))
    text = "where2(n % 3 < 1, fizz, where2(n % 4 < 1, buzz, none))"
    rule = Rule(synth.Program.parse(text, fitted.grammar, fitted.root), fitted.task)
    said = "if n % 3 < 1 then fizz; else if n % 4 < 1 then buzz; else none"
    assert rule.text == said
    assert [b["train_right"] for b in rule.branches()] == [b["train"] for b in rule.branches()]
    assert "WHEN" in rule.to_sql()


def test_a_true_or_false_label_keeps_its_words():
    columns = {"a": np.arange(40) % 7, "b": np.arange(40) * 3 % 5}
    task = synth.Task.from_frame(columns | {"ok": columns["a"] > 3}, label="ok")
    branches = synth.search(task, max_programs=20_000, moves=0).program.branches
    assert [(b.condition, b.answer) for b in branches] == [("a >= 4", "true"), (None, "false")]
