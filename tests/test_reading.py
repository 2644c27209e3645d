"""Tables as people have them: written in many ways, they are read as the same table."""

import csv
import gzip
import io
import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import SynthError, TaskError
from synth.tasks import titles
from synth.tasks.cells import number_format
from synth.tasks.dates import date_format, date_of
from synth.tasks.reading import read_grid
from synth.tasks.words import in_order


def grid(tmp_path, text, name="t.csv"):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_grid(path)


def table(tmp_path, text, name="t.csv", **given):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return synth.read_table(path, **{"train": 1.0} | given)


def types(task):
    return {name: str(type_) for name, type_ in task.types.items()}


WORDS = st.sampled_from(["red", "pale blue", "x;y", "a, b", 'say "no"', "Größe", "ja", "50-60"])


@st.composite
def written(draw):
    """(bytes, names, rows): a table, and how one program or another writes it."""
    columns = draw(st.integers(2, 4))
    rows = draw(st.integers(3, 8))
    comma = draw(st.booleans())
    separator = draw(st.sampled_from(";\t|" if comma else ",;\t|"))
    names = [f"name {k}" for k in range(columns)]
    if draw(st.booleans()):
        names[0] = "Preis (EUR, netto)"
    cells = []
    for k in range(columns):
        # One column of numbers at least tells the header from the rows.
        if k == 0 or draw(st.booleans()):
            numbers = draw(st.lists(st.integers(-999, 999), min_size=rows, max_size=rows))
            cells.append([f"{n / 10}".replace(".", ",") if comma else f"{n / 10}" for n in numbers])
        else:
            cells.append(draw(st.lists(WORDS, min_size=rows, max_size=rows)))
    body = [list(row) for row in zip(*cells, strict=True)]
    file = io.StringIO()
    quoting = draw(st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]))
    end = draw(st.sampled_from(["\n", "\r\n"]))
    writer = csv.writer(file, delimiter=separator, quoting=quoting, lineterminator=end)
    extra = [""] * draw(st.integers(0, 2))  # columns that were used once
    title = draw(st.booleans())
    if title:
        writer.writerow(["Report of March", *[""] * (columns - 1), *extra])
    writer.writerows([*row, *extra] for row in [names, *body])
    text = file.getvalue()
    if not title and draw(st.booleans()):
        text = f"sep={separator}{end}{text}"
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]))
    raw = text.encode(encoding)
    return (gzip.compress(raw) if draw(st.booleans()) else raw), names, body


@settings(max_examples=300, deadline=None)
@given(written())
def test_however_a_table_is_written_it_is_read_as_it_is(tmp_path_factory, made):
    raw, names, body = made
    path = tmp_path_factory.getbasetemp() / "written.csv"
    path.write_bytes(raw)
    found = read_grid(path)
    assert list(found.names) == names
    assert [list(row) for row in found.rows] == body


def test_separators(tmp_path):
    for text in (
        "a,b\n1,x\n2,y\n",
        "a b\n1 x\n2 y\n",
        '"a" "b"\n"1" 1 "x"\n"2" 2 "y"\n',  # R: row names have no header
        "sep=;\na;b\n1;x\n2;y\n",
        "a|b\r\n\r\n1|x\r\n;|\r\n2|y\r\n".replace(";|", "|"),
        "\n\na\tb\n1\tx\n\n2\ty\n",
    ):
        found = grid(tmp_path, text)
        assert [row[-2:] for row in found.rows] == [("1", "x"), ("2", "y")]
        assert found.names[-2:] == ("a", "b")
    found = grid(tmp_path, "Preis (EUR, netto);b\n1,5;3\n2,5;4\n")
    assert found.rows == (("1,5", "3"), ("2,5", "4"))
    assert grid(tmp_path, "a\nx y\nz\n").names == ("a",)  # texts with spaces


def test_lines_and_names(tmp_path):
    found = grid(tmp_path, "Report,,\n,,\na,,a\n1,,2\n\n3,4\n")
    assert found.names == ("a", "column2", "a.2")
    assert found.rows == (("1", "", "2"), ("3", "4", ""))
    assert found.lines == (4, 6)
    assert found.unnamed == {"column2"}
    assert found.notes == (
        "line 1 is left out as a title: 'Report'",
        "1 lines have too few cells: those at their ends are missing",
        "line 3, column 2: no name; it is called column2",
        "line 3: column a appears again; it is called a.2",
    )
    found = grid(tmp_path, "a,a,a.2,\n1,2,3,x\n")
    assert found.names == ("a", "a.3", "a.2", "column4")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("0,0,no\n1,2,yes\n", ("c1", "c2", "c3")),
        ("2024-01-01,x\n2024-01-02,y\n", ("c1", "c2")),
        ("1.5,\n2.5,x\n", ("c1", "c2")),
        ("country,2019,2020,2021\nX,1,2,3\nY,4,5,6\n", ("country", "2019", "2020", "2021")),
        ("country,price,7\nX,1,2\nY,4,5\n", ("country", "price", "7")),
        ("x,y\na,b\nc,d\n", ("x", "y")),
        ("2x,y\n1,b\n2,d\n", ("2x", "y")),
        ("red,big\nblue,small\nred,small\nblue,big\n", ("c1", "c2")),
        ("red,big\nblue,small\nred,small\n", ("red", "big")),
    ],
)
def test_headers(tmp_path, text, names):
    assert grid(tmp_path, text).names == names


def test_cells_above_a_header_that_are_data_are_no_titles(tmp_path):
    found = grid(tmp_path, "1,,\n2,3,x\n4,5,y\n")
    assert found.names == ("c1", "c2", "c3")
    assert len(found.rows) == 3


@pytest.mark.parametrize(
    ("cells", "plain"),
    [
        (["1", "-2.5", "+.5", "1e3"], ["1", "-2.5", "+.5", "1e3"]),
        (["3.0", "4."], ["3", "4"]),
        (["1,5", "2"], ["1.5", "2"]),
        (["1,234", "12"], ["1234", "12"]),
        (["0,941", "3,281"], ["0.941", "3.281"]),  # no group of thousands begins with 0
        (["1,234.5", "12"], ["1234.5", "12"]),
        (["1.234,5", "12"], ["1234.5", "12"]),
        (["1 234,5", "12"], ["1234.5", "12"]),
        (["1'234", "12.5"], ["1234", "12.5"]),
        (["$5", "-$1,000.50"], ["5", "-1000.50"]),
        (["5 €", "2,5 €"], ["5", "2.5"]),
        (["23%", "7 %"], ["23", "7"]),
        (["23%", "7"], ["23", "7"]),
    ],
)
def test_formats_of_numbers(cells, plain):
    format_ = number_format(cells)
    assert [format_.plain(cell) for cell in cells] == plain


@pytest.mark.parametrize(
    "cells", [["a"], ["$5", "5 €"], ["12-31"], ["1,5", "1.5"], ["5 sheep"], ["$5%"], ["--5"], [""]]
)
def test_what_is_no_number(cells):
    assert number_format(cells) is None


def dates(*cells):
    place = date_format(cells)
    return None if place is None else [str(date_of(cell, place)) for cell in cells]


def test_formats_of_dates():
    leap = "2024-02-29 00:00:00"
    assert dates("2024-02-29") == dates("29.2.2024") == dates("2/29/2024") == [leap]
    assert dates("13/01/2024", "1/2/2024") == ["2024-01-13 00:00:00", "2024-02-01 00:00:00"]
    assert dates("1/13/2024", "1/2/2024") == ["2024-01-13 00:00:00", "2024-01-02 00:00:00"]
    assert dates("2024-02-29T10:05:00Z", "2024-3-1 7:00") == [
        "2024-02-29 10:05:00", "2024-03-01 07:00:00",
    ]  # fmt: skip
    names = (
        "Feb 29, 2024",
        "29-Feb-24",
        "29. Februar 2024",
        "Thu, 29 febr. 2024",
        "29 février 2024",
    )
    short = ("29.2.24", "2/29/24", "29-02-2024", "2024.02.29", "29. 2. 2024")
    assert all(dates(cell) == [leap] for cell in names + short)
    assert dates("2/29/2024, 12:05 AM", "2/9/2024, 1:05 p.m.") == [
        "2024-02-29 00:05:00", "2024-02-09 13:05:00",
    ]  # fmt: skip
    assert dates("1.2.69", "1.2.68") == ["1969-02-01 00:00:00", "2068-02-01 00:00:00"]
    for cells in (("2023-02-29",), ("1.2.3",), ("Moon 5, 2024",), ("5 Ju 2024",), ("13:00 PM",),
                  ("x",), ("1/2/2024",), ("2024-01-01 25:00",),
                  ("13/1/2024", "1/13/2024"), ("2024-01-01", "1.2.2024")):  # fmt: skip
        assert dates(*cells) is None, cells


def test_words_of_more_languages_are_in_order():
    assert in_order(["x-large", "large", "small", "medium"])[0::3] == ["small", "x-large"]
    assert in_order(["hoch", "mittel", "tief"]) == ["tief", "mittel", "hoch"]
    assert in_order(["alto", "bajo", "medio"]) == ["bajo", "medio", "alto"]


def test_dates(tmp_path):
    rows = "".join(f"2024-01-{k:02},{int(k % 7 == 0)}\n" for k in range(1, 29))
    task = table(tmp_path, "day,sunday\n" + rows)
    days = [f"day.weekday={d}" for d in ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday")]
    assert list(task.types) == ["day.day", *days, "day.weekday=Saturday", "day.weekday=Sunday"]
    # Sundays were on the 7th, the 14th, ...
    found = synth.search(task, moves=0)
    assert found.program.text == "'day.weekday=Sunday'"
    unseen = {"day": np.array(["2025-06-01", "2025-06-02"])}
    assert found.predict(unseen).tolist() == ["1", "0"]
    rows = "".join(f"2024-01-02 {k:02}:00,{int(k > 11)}\n" for k in range(24))
    task = table(tmp_path, "at,late\n" + rows)
    assert types(task)["at.hour"] == "Int(0, 23)"
    assert "at.minute" not in task.types


@pytest.mark.parametrize(
    ("header", "rows", "values", "note"),
    [
        # Another column tells the sign before decimals, or else the separator likely does.
        ("a;b;y", ["950;94,5;0", "1.200;3,25;1"], [950, 1200], "'1.200' is read as 1200"),
        ("a;b;y", ["950;94.5;0", "1.200;3.25;1"], [950, 1.2], "'1.200' is read as 1.2"),
        ("a;y", ["950;0", "1.200;1"], [950, 1200], "'1.200' is read as 1200"),
        ("a,y", ["950,0", "1.200,1"], [950, 1.2], "'1.200' is read as 1.2"),
        ("a;b;y", ["0,820;9,4;0", "3,281;1,5;1"], [0.82, 3.281], None),
        ("a;b;y", ["2,820;9,4;0", "3,281;1,5;1"], [2.82, 3.281], "'2,820' is read as 2.82"),
        ("a,b,y", ['"2,820",9.4,0', '"3,281",1.5,1'], [2820, 3281], "'2,820' is read as 2820"),
        ("a,y", ["1.234.567,0", "1.200,1"], [1234567, 1200], None),
    ],
)
def test_points_and_commas(tmp_path, header, rows, values, note):
    task = table(tmp_path, "\n".join([header, *rows]))
    assert np.allclose(task.columns["a"], values, rtol=1e-9)
    notes = [f"column a: {note}"] if note else []
    assert [n for n in task.notes if n.startswith("column a:")] == notes
    # Numbers that are no texts any more are taken as they are.
    one = {name: np.array(task.columns[name][:1]) for name in task.columns}
    assert np.allclose(task.encode(one)["a"], values[:1], rtol=1e-9)


def test_codes_are_texts(tmp_path):
    task = table(tmp_path, "plz,y\n01154,0\n80331,1\n01154,0\n")
    assert list(task.types) == ["plz=01154", "plz=80331"]
    assert types(table(tmp_path, "month,y\n01,0\n12,1\n"))["month"] == "Int(1, 12)"


def test_a_column_of_nearly_numbers_says_where_it_is_none(tmp_path):
    rows = [f"{k},{k % 3},{k % 2}" for k in range(23)]
    rows[6] = "~40,0,1"
    task = table(tmp_path, "x,z,y\n" + "\n".join(rows))
    assert task.notes == (
        "left out: x (22 of 23 cells are numbers; line 8 has '~40', which --na '~40' reads as "
        "missing); --keep COLUMN uses one all the same",
    )


def test_numbers_as_people_write_them(tmp_path):
    text = "".join(f"{k}%,${k % 3},{k}.0,10{k:012},{k % 2}\n" for k in range(20))
    task = table(tmp_path, "rate,fee,whole,loan,y\n" + text)
    assert types(task) == {"rate": "Int(0, 19)", "fee": "Int(0, 2)", "whole": "Int(0, 19)"}
    assert task.notes == (
        "left out: loan (20 different numbers for 20 rows: an identifier); "
        "--keep COLUMN uses one all the same",
        "numbers with a unit: rate (%), fee ($)",
    )
    kept = table(tmp_path, "rate,fee,whole,loan,y\n" + text, keep=["loan"])
    assert types(kept)["loan"] == "Real"


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (("1.5K", "900", "2 K", "750"), (1500, 900, 2000, 750)),
        (("1M", "2.25K", "-3K", "0.5M"), (1_000_000, 2250, -3000, 500_000)),
        (("1,5K", "2,25K", "0", "1M"), (1500, 2250, 0, 1_000_000)),
        (("5K", "3K", "2K", "1K"), (5, 3, 2, 1)),
    ],
)
def test_thousands_and_millions_beside_other_numbers(cells, read, tmp_path):
    """Throughout a column they are its unit."""
    lines = "".join(f'"{cells[k % 4]}",{k % 3},{k % 2}\n' for k in range(40))
    task = table(tmp_path, "x,z,y\n" + lines)
    assert [float(v) for v in task.columns["x"][:4]] == list(read)
    assert ("numbers with a unit: x (K)" in task.notes) == (cells[0] == "5K")


def test_columns_that_say_nothing(tmp_path):
    rows = [
        f'"{k}",{k},u{k},same,{k % 2},{k % 2},{"abc"[k % 3]},word{k // 2 % 20},{k % 4}'
        for k in range(80)
    ]
    text = '"",order_id,who,one,x,x2,c,many,y\n' + "\n".join(rows) + "\n"
    task = table(tmp_path, text, label="x")
    many = sorted(sorted(f"word{k}" for k in range(20))[:15], key=lambda word: int(word[4:]))
    assert [n for n in task.types if n.startswith("many=")] == [
        *(f"many={word}" for word in many),
        "many=other",
    ]
    assert task.notes == (
        "line 1, column 1: no name; it is called row",
        "left out: row (row names), order_id (numbers the rows), "
        "who (80 different texts for 80 rows), one (always same); "
        "--keep COLUMN uses one all the same",
        "rare texts are one value, other: many (15 of 20)",
    )
    assert "x2" in task.types  # equal to the label, not to an input
    task = table(tmp_path, text, keep=("order_id", "one"))
    assert {"order_id", "one=same"} <= set(task.types)
    assert "x2 (equal to x)" in task.notes[1]


GAPS = "n,flag,colour,y\n1,0,red,0\n,1,blue,1\n3,NA,?,0\n4.5,1,red,1\n"


def test_missing_values(tmp_path):
    task = table(tmp_path, GAPS)
    assert types(task) == {
        "n": "Real", "n is missing": "Bool", "flag": "Bool", "flag is missing": "Bool",
        "colour=blue": "Bool", "colour=red": "Bool", "colour is missing": "Bool",
    }  # fmt: skip
    assert np.array_equal(task.columns["n"], [1, np.nan, 3, 4.5], equal_nan=True)
    assert task.columns["n is missing"].tolist() == [False, True, False, False]
    assert task.columns["flag"].tolist() == [False, True, False, True]
    assert task.columns["colour is missing"].tolist() == [False, False, True, False]
    assert task.columns["colour=red"].tolist() == [True, False, False, True]
    assert task.notes == ("missing values: n 1, flag 1, colour 1; comparisons with them are false",)
    # A comparison with a gap is false, and its negation true.
    found = synth.search(task, "features", moves=0)
    program = synth.Program.parse("~'n < 2'", found.best and synth_grammar(task))
    prepared = synth_prepared(task)
    assert program.evaluate(prepared.columns).tolist() == [False, True, True, True]


def synth_prepared(task):
    from synth.tasks import fit

    return fit("features", task).task


def synth_grammar(task):
    from synth.tasks import fit

    return fit("features", task).grammar


def test_what_else_can_be_done_about_missing_values(tmp_path):
    task = table(tmp_path, GAPS, missing="drop-rows")
    assert (task.rows, task.columns["n"].tolist()) == (2, [1, 4.5])
    assert task.notes == ("2 rows are left out for missing values: n 1, flag 1, colour 1",)
    text = "m,n,y\n1,,0\n2,3,1\n"
    task = table(tmp_path, text, missing="drop-columns")
    assert list(task.types) == ["m"]
    assert task.notes == ("left out for missing values: n 1",)
    with pytest.raises(TaskError, match="missing values: n 1; allowed: none, as --missing error"):
        table(tmp_path, text, missing="error")
    # The texts for missing values can be changed.
    task = table(tmp_path, "n,y\n1,0\n-9,1\n2,1\n", na=["-9"])
    assert task.columns["n is missing"].tolist() == [False, True, False]
    task = table(tmp_path, "c,y\nNA,0\nx,1\n", na=[])
    assert list(task.types) == ["c=NA", "c=x"]


def test_among_numbers_more_texts_stand_for_missing_values(tmp_path):
    task = table(tmp_path, "n,c,y\n7,-,0\n-,none,1\nnone,x,-\n.,x,1\n")
    assert types(task)["n"] == "Real"
    assert task.columns["n is missing"].tolist() == [False, True, True]
    assert {"c=-", "c=none", "c=x"} <= set(task.types)
    assert "1 row has no label (y) and is set aside" in task.notes
    # A label that is asked for by its text is a label.
    task = table(tmp_path, "n,y\n1,NA\n2,b\n3,NA\n", label="y=NA")
    assert task.labels.tolist() == [1, 0, 1]


def test_predictions_from_the_columns_of_the_file(tmp_path):
    rows = "".join(f"{k}%,{'' if k == 3 else 'ab'[k % 2]},{k % 2}\n" for k in range(20))
    task = table(tmp_path, "rate,c,y\n" + rows)
    assert pickle.loads(pickle.dumps(task)).encode({"rate": ["5%"], "c": ["a"]})  # noqa: S301
    found = synth.search(task, "integer", max_bits=14)
    assert (found.program.text, found.program.inverted) == ("'c=a'", True)
    assert found.predict({"rate": ["3%", "30%"], "c": ["a", ""]}).tolist() == ["0", "1"]
    # What the program does not read may be anything.
    assert found.predict({"rate": ["x", ""], "c": ["a", "b"]}).tolist() == ["0", "1"]
    with pytest.raises(SynthError, match="no column c; given: rate"):
        found.predict({"rate": ["3%"]})
    late = table(tmp_path, "rate,y\n" + "".join(f"{k}%,{int(k > 9)}\n" for k in range(20)))
    found = synth.search(late, "features", max_bits=14)
    assert found.rule.text == "rate >= 9"
    # A comparison with a missing number is false, in a column without any until now too.
    assert found.predict({"rate": ["8.5%", "", "12"]}).tolist() == ["0", "1", "1"]
    with pytest.raises(SynthError, match="column rate: 'x'; allowed: numbers, as before"):
        found.predict({"rate": ["x"]})


def test_workbooks(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    import datetime

    book = openpyxl.Workbook()
    for row in (
        ["A report"], [], ["when", "size", "ok", "price"],
        [datetime.datetime(2024, 1, 1), 5, True, 1.5], [datetime.date(2024, 3, 2), None, False, 2],
    ):  # fmt: skip
        book.active.append(row)
    path = tmp_path / "t.xlsx"
    book.save(path)
    found = read_grid(path)
    assert found.names == ("when", "size", "ok", "price")
    assert found.rows == (("2024-01-01", "5", "True", "1.5"), ("2024-03-02", "", "False", "2"))
    assert synth.read_table(path, label="ok", train=1.0).labels.tolist() == [1, 0]
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(TaskError, match="a damaged workbook, or none"):
        read_grid(path)


def test_of_a_workbook_the_first_sheet_with_a_table_is_read(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["Read me first"])
    for k in range(2):
        sheet = book.create_sheet(f"Data {k}")
        for row in ([], [None, "a", None, "y"], *([None, n + k, None, n % 2] for n in range(4))):
            sheet.append(row)
    book.save(tmp_path / "t.xlsx")
    found = read_grid(tmp_path / "t.xlsx")
    assert (found.names, found.rows[1]) == (("a", "y"), ("1", "1"))
    [note] = found.notes
    assert note.startswith("sheet 'Data 0' is read, and not 'Sheet', 'Data 1'; ")


def test_a_row_of_data_is_no_line_of_units(tmp_path):
    for text in (
        "sex,age,y\nm,,1\nf,5,0\nf,6,1\n",  # a row with a gap
        "size,age,y\nm,3,1\ns,5,0\nl,6,1\n",
        "kind,y\nm,1\ns,0\nl,1\n",
    ):
        assert not grid(tmp_path, text.encode()).notes, text


def test_files_that_hold_no_table(tmp_path):
    for raw, words in (
        (b"\x1f\x8bxx", "cannot be unpacked"),
        (gzip.compress(b"a,b\n1,2\n" * 99)[:-20], "cannot be unpacked"),
        (b"\xff\xfea\0,\0\n", "neither text in utf-16"),
        (b"\x7fELF\0\0\0\1\2\3\0\0\xff", "binary, not text"),
        (b"a,b\n1,2\n1,2,3\n", "line 3: 3 cells; allowed: 2, one for each column"),
        (b'a,b\n1,"2\n', "unexpected end of data"),
        (b"", "empty; allowed"),
    ):
        with pytest.raises(TaskError, match=words):
            grid(tmp_path, raw)


def test_row_numbers_are_left_out_under_their_usual_names(tmp_path):
    for name in ("Unnamed: 0", "Nr.", "lfd. Nr", "#", "order_id", "orderId"):
        task = table(
            tmp_path, f"{name},a,y\n" + "".join(f"{k},{k % 3},{k % 2}\n" for k in range(9))
        )
        assert list(task.types) == ["a"], name
    for name in ("x", "paid", "valid", "grid"):
        assert name in table(tmp_path, f"{name},a,y\n1,0,0\n2,1,1\n3,5,0\n").types


def test_single_quotes_are_quotes_if_all_names_have_them(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{k} 'a b' {k % 2}" for k in range(60)]
    path.write_text("\n".join(["'OBS' 'of what' 'GRADE'", *rows]))
    task = synth.read_table(path, label="GRADE", keep=["OBS", "of what"])
    assert set(task.columns) >= {"OBS"}
    path.write_text("\n".join(["name,it's", *(f"it's {k},{k % 2}" for k in range(60))]))
    assert synth.read_table(path, keep=["name"]).label == "it's"


def test_spaces_may_stand_between_a_quote_and_a_separator(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f'"a{k % 3}"  , "x, y"   ,{k % 2}' for k in range(60)]
    path.write_text("\n".join(["name  ,   what, y", *rows]))
    grid = read_grid(path)
    assert grid.names == ("name", "what", "y")
    assert grid.rows[1] == ("a1", "x, y", "1")
    path.write_text("\n".join(["a, b", *(rf'"N. \"Bo\" E{k}",   {k % 2}' for k in range(9))]))
    assert read_grid(path).rows[0] == ('N. "Bo" E0', "0")
    path.write_text('a,b\n"x" y,1\n"z",2\n')
    with pytest.raises(TaskError, match="line 2: ',' expected after"):
        read_grid(path)


def test_a_line_of_counts_above_the_data_is_left_out(tmp_path):
    path = tmp_path / "t.csv"
    rows = [f"{k / 7:.3f},{k % 5},{k * 3 % 11},{k % 2}" for k in range(60)]
    path.write_text("\n".join(["60,3", *rows]))
    task = synth.read_table(path)
    assert list(task.columns) == ["c1", "c2", "c3"]
    assert task.rows == 60
    assert "line 1 is left out: 2 cells, all others 4: '60, 3'" in task.notes
    path.write_text("\n".join(["60,3", "a,b,c,y", *rows]))
    task = synth.read_table(path)
    assert (list(task.columns), task.label) == (["a", "b", "c"], "y")


def test_a_header_is_told_from_rows_that_are_alike():
    def lines(*texts):
        return [(k, text.split(",")) for k, text in enumerate(texts, 1)]

    notes = []
    printed = lines("name,age,sex", "Ann,7,f", "name,age,sex", "Bo,9,m")
    assert titles.without_repeats(printed, notes) == [printed[0], printed[1], printed[3]]
    assert notes == ["line 3 is left out: the header appears again"]
    for rows in (
        lines("red,round,yes", "blue,long,no", "red,round,yes"),  # a table without a header
        lines("a,1,yes", "b,2,no", "a,1,yes"),
        lines("x,x", "1,2", "x,x"),
        lines("name", "7", "name"),
        lines("name,age", "Ann,7"),
    ):
        notes = []
        assert titles.without_repeats(rows, notes) == rows
        assert notes == []
