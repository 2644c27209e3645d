"""The commands that use what was found: predict, export and score."""

import csv
import io
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

import synth
from synth.cli import main

FEW = ["--max-bits", "14", "--moves", "0", "--threads", "1", "--memory", "100MB"]


def called(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    """The folder of a table about three kinds of days, and a run that was saved there."""
    folder = tmp_path_factory.mktemp("use")
    days = [f"2024-01-{k:02}" for k in range(1, 32)] * 3
    lines = [f"{k},{day},{k % 7},{kind(day, k)}" for k, day in enumerate(days)]
    (folder / "shop.csv").write_text("no,date,visits,state\n" + "\n".join(lines) + "\n")
    found = called("search", folder / "shop.csv", *FEW, "--save", folder / "run.json")
    assert found.exit_code == 0, found.output
    return folder


def kind(day, k):
    sunday = day[-2:] in ("07", "14", "21", "28")
    return "closed" if sunday else "open"


def test_predictions_need_only_the_columns_of_the_rule(saved):
    new = saved / "new.csv"
    new.write_text("date,state,remark\n2024-02-04,closed,a\n2024-02-05,closed,\n,open,b\n")
    found = called("predict", saved / "run.json", new, "--proba")
    rows = list(csv.DictReader(io.StringIO(found.stdout)))
    assert [row["predicted state"] for row in rows] == ["closed", "open", "open"]
    assert [row["remark"] for row in rows] == ["a", "", "b"]
    shares = [float(row["probability of closed"]) for row in rows]
    assert shares[0] > 0.9 > 0.1 > shares[1]
    assert "2 of 3 rows have the predicted label" in found.stderr
    document = json.loads(called("predict", saved / "run.json", new, "--json").stdout)
    assert [row["predicted state"] for row in document["rows"]] == ["closed", "open", "open"]
    done = called("predict", saved / "run.json", new, "-o", saved / "out.csv")
    assert (done.exit_code, done.stdout) == (0, "")
    assert (saved / "out.csv").read_text().count("\n") == 4


def test_what_new_rows_have_that_no_row_had_is_said(tmp_path):
    colours = ["red", "green", "blue", "red"] * 15
    lines = [f"{c},{k * 7 % 20},{'yes' if c == 'red' else 'no'}" for k, c in enumerate(colours)]
    (tmp_path / "t.csv").write_text("colour,size,label\n" + "\n".join(lines) + "\n")
    found = called("search", tmp_path / "t.csv", *FEW, "--save", tmp_path / "run.json")
    assert found.exit_code == 0, found.output
    new = tmp_path / "new.csv"
    for rows, words in (
        ("RED,1\nblue,2\n", ""),
        ("red,1\nRuby,2\nRuby,3\n,4\npink,5\n",
         f"{new}: column colour: 1 row without a value, as no row had; column colour: 3 rows with "
         "texts that were not in the table (Ruby, pink); what the rule says there is a guess\n"),
    ):  # fmt: skip
        new.write_text("colour,k\n" + rows)
        found = called("predict", tmp_path / "run.json", new)
        assert (found.exit_code, found.stderr) == (0, words)
        assert found.stdout.count("\n") == rows.count("\n") + 1


def test_a_constant_reads_no_column(tmp_path):
    lines = [f"{k % 5},{k * k % 7},{'yes' if k % 11 == 3 else 'no'}" for k in range(40)]
    (tmp_path / "rare.csv").write_text("a,b,late\n" + "\n".join(lines) + "\n")
    few = [*FEW[2:], "--max-bits", "6"]
    found = called("search", tmp_path / "rare.csv", *few, "--save", tmp_path / "run.json", "--json")
    assert json.loads(found.stdout)["chosen"] == "constant"
    (tmp_path / "new.csv").write_text("remark\nx\ny\n")
    made = called("predict", tmp_path / "run.json", tmp_path / "new.csv", "--proba")
    assert made.exit_code == 0, made.output
    rows = list(csv.DictReader(io.StringIO(made.stdout)))
    assert [(row["predicted late"], row["remark"]) for row in rows] == [("no", "x"), ("no", "y")]
    assert float(rows[0]["probability of no"]) > 0.8
    pandas = pytest.importorskip("pandas")
    result = synth.search(tmp_path / "rare.csv", max_bits=6, threads=1, memory=10**8)
    assert result.predict(pandas.DataFrame({"x": [1, 2, 3]})).tolist() == ["no"] * 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("day,x\n1,2\n3,4\n", "no column date; given: day, x"),
        ("date,x\nsoon,2\nlate,4\n", "column date: 'soon'; allowed: dates or times, as before"),
    ],
)
def test_new_rows_that_cannot_be_read(saved, text, words):
    new = saved / "bad.csv"
    new.write_text(text)
    found = called("predict", saved / "run.json", new)
    assert (found.exit_code, found.stdout) == (2, "")
    assert words in found.stderr
    assert found.stderr.count("\n") == 1


def test_a_table_that_has_changed_is_refused(saved, tmp_path):
    document = json.loads((saved / "run.json").read_text())
    (tmp_path / "run.json").write_text(json.dumps(document))
    other = tmp_path / "shop.csv"
    other.write_text((saved / "shop.csv").read_text().replace("2024-01-02", "2024-01-03"))
    found = called("export", tmp_path / "run.json", "--table", other)
    assert found.exit_code == 2
    assert "is not as it was when the run was made" in found.stderr
    found = called("export", tmp_path / "run.json", "--table", saved / "shop.csv")
    assert found.stdout == "if weekday of date = Sunday then closed; else open\n"


def test_every_language_is_exported(saved):
    texts = {
        language: called("export", saved / "run.json", "--to", language).stdout
        for language in ("words", "python", "sql", "excel")
    }
    assert "def predict(table):" in texts["python"]
    assert texts["sql"].startswith("CASE WHEN ")
    # The date is in the second column of the file.
    assert "WEEKDAY(B2,2)=7" in texts["excel"]


def test_a_primitive_without_a_translation_is_named():
    dsl = synth.DSL("odd", types=(synth.Int(-1000, 1000),))
    dsl.add(lambda a: a * a * a - 7, "Int -> Int", name="strange")
    grammar = synth.Grammar(dsl, {"x": synth.Int(-5, 5)})
    program = synth.Program.parse("strange(x)", grammar)
    task = synth.Task("t", {"x": [1, 2]}, {"x": synth.Int(-5, 5)}, [1, 2], synth.Int(-5, 5))
    from synth.tasks import Rule

    for write in ("to_python", "to_sql"):
        with pytest.raises(synth.SynthError, match="primitive strange has no translation"):
            getattr(Rule(program, task), write)()


def test_an_export_without_sympy_says_how_to_install_it(saved):
    code = (
        "import sys; sys.modules['sympy'] = None; from synth.cli import main;"
        "main(['export', sys.argv[1], '--to', 'sympy'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(saved / "run.json")], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "pip install 'synth-mdl[sympy]'" in done.stderr


def test_score_takes_a_program_as_people_write_it(saved):
    table = saved / "shop.csv"
    run = called("score", table, "not 'date.weekday=Sunday'", "--run", saved / "run.json")
    assert run.exit_code == 0, run.stderr
    assert "best found" in run.stdout
    own = json.loads(called("score", table, "visits == 3", "--json", *FEW).stdout)
    assert own["exceptions"] > own["best"]["exceptions"] == 0
    same = json.loads(called("score", table, own["best"]["text"], "--json", *FEW).stdout)
    for key in ("bits", "exceptions", "total_bits", "train_accuracy", "test_accuracy", "rule"):
        assert same[key] == same["best"][key], key


@pytest.mark.parametrize(
    ("program", "words"),
    [
        ("visits < 3 |", "is not an expression: invalid syntax at character"),
        ("(visits < 3) | vists", "character 16: vists is not an input or a constant"),
        ("max(visits", "'(' was never closed at character 4"),
    ],
)
def test_mistakes_in_programs_are_placed(saved, program, words):
    found = called("score", saved / "shop.csv", program, *FEW)
    assert found.exit_code == 2
    assert words in found.stderr
    assert found.stderr.count("\n") == 1


def test_a_comparison_of_features_needs_no_quotes(saved):
    table = saved / "shop.csv"
    found = called("score", table, "visits >= 1 and not visits < 3", "--dsl", "features", *FEW)
    assert "~'visits < 1' & ~'visits < 3'" in found.stdout, found.stderr
    assert "if visits < 3 then closed; else open" in found.stdout
    found = called("score", table, "visits < 2.5", "--dsl", "features", *FEW)
    assert "visits < 2.5 is no comparison of the DSL; known: the nearest of " in found.stderr
    assert "thresholds: visits < 1, visits < 2, visits < 3" in found.stderr
    # As a rule in words has it, with one sign for "equal".
    both = "~(visits < 3) & 'date.weekday=Sunday'", "visits >= 3 and date.weekday = Sunday"
    one, two = (called("score", table, text, "--dsl", "features", *FEW) for text in both)
    assert one.stdout == two.stdout != "", two.stderr


SHOP, RUN, NEW = "shop.csv", "run.json", "rows.csv"


@pytest.mark.parametrize(
    ("command", "kept", "words"),
    [
        (("search", SHOP, *FEW, "--save", SHOP), SHOP, "--save shop.csv: allowed: a name that"),
        (("search", SHOP, *FEW, "--report", SHOP), SHOP, "ends in .html, .htm"),
        (("search", SHOP, *FEW, "--checkpoint", SHOP), SHOP, "the command reads this file"),
        (("search", SHOP, *FEW, "--test", NEW, "--checkpoint", NEW), NEW, "reads this file"),
        (("contrast", SHOP, *FEW, "--save", SHOP), SHOP, "ends in .json"),
        (("compare", SHOP, *FEW, "--save", SHOP), SHOP, "ends in .json"),
        (("run", "sparsity", "--save", SHOP), SHOP, "--save shop.csv: allowed: a name that ends"),
        (("explore", SHOP), SHOP, "for yours: synth contrast shop.csv --report page.html"),
        (("report", RUN, "-o", RUN), RUN, "-o run.json: the command reads this file"),
        (("report", RUN, "-o", SHOP), SHOP, "ends in .html, .htm"),
        (("predict", RUN, NEW, "-o", NEW), NEW, "-o rows.csv: the command reads this file"),
        (("predict", RUN, NEW, "-o", "./run.json"), RUN, "the command reads this file"),
        (("export", RUN, "-o", RUN), RUN, "the command reads this file"),
        (("export", RUN, "--table", SHOP, "-o", SHOP), SHOP, "the command reads this file"),
    ],
)
def test_no_output_replaces_what_the_command_reads(saved, monkeypatch, command, kept, words):
    monkeypatch.chdir(saved)
    (saved / NEW).write_text("no,date,visits,state\n99,2024-02-04,3,closed\n")
    before = (saved / kept).read_bytes()
    found = called(*command)
    assert (found.exit_code, found.stderr.count("\n")) == (2, 1), found.output
    assert words in found.stderr
    assert (saved / kept).read_bytes() == before
