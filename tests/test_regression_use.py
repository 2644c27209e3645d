"""What people do with a search for real labels: predict, export, draw, write a page, verify."""

import csv
import io
import json
import sqlite3

import numpy as np
import pytest

import synth
from synth import Real
from synth.language import Program, load_dsl
from synth.records import MOST_POINTS
from synth.tasks import Formula, fit, with_real_numbers
from tests.command import run

FEW = ("--max-bits", "11", "--threads", "1", "--memory", "100MB")
NORMAL = ("--noise", "normal")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A table whose labels depend on numbers, truth values and texts, and a run that was saved."""
    place = tmp_path_factory.mktemp("prices")
    rng = np.random.default_rng(0)
    area, rooms = rng.uniform(30, 90, 80).round(1), rng.integers(1, 6, 80)
    new, side = rng.random(80) < 0.5, rng.choice(["north", "south"], 80)
    price = 3 * area + 40 * (new * 1.0 - (side == "north")) + rng.normal(0, 3, 80)
    rows = zip(area, rooms, new, side, price.round(1), strict=True)
    lines = [f"{a},{r},{str(n).lower()},{s},{p}" for a, r, n, s, p in rows]
    (place / "homes.csv").write_text("area,rooms,new,side,price\n" + "\n".join(lines) + "\n")
    shown = ("--plot", place / "homes.svg", "--report", place / "homes.html")
    run("search", place / "homes.csv", *FEW, *NORMAL, "--save", place / "run.json", *shown)
    return place


@pytest.fixture(scope="module")
def found(folder):
    (made,) = synth.regress(str(folder / "homes.csv"), max_bits=11)
    assert made.chosen == "program"
    return made


def table_of(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


# -- predictions -------------------------------------------------------------------


def test_predictions_and_their_deviations_are_those_of_the_regressor(folder, found):
    """Against `ProgramRegressor`, which had its own code for deviations."""
    rng = np.random.default_rng(1)
    columns = {"x": rng.uniform(1, 3, 40).round(2), "z": rng.uniform(1, 3, 40).round(2)}
    labels = np.round(columns["x"] * columns["z"] + 0.1 * rng.normal(size=40), 2)
    task = synth.Task("t", columns, dict.fromkeys(columns, Real), labels, Real)
    (made,) = synth.regress(task, max_bits=9)
    X = np.column_stack(list(columns.values()))
    regressor = synth.ProgramRegressor(max_bits=9).fit(X, labels)
    for mine, theirs in zip(
        made.predict(columns, return_std=True), regressor.predict(X, return_std=True), strict=True
    ):
        assert mine == pytest.approx(theirs, rel=1e-9)
    # Nine of ten new labels are within 1.645 deviations; with 40 rows, 30 at least.
    values, deviations = made.predict(columns, return_std=True)
    assert (np.abs(labels - values) < 1.645 * deviations).sum() >= 30


def test_rows_without_a_value_get_the_mean(found):
    task = synth.Task(
        "t", {"x": np.arange(1.0, 31)}, {"x": Real}, np.round(60 / np.arange(1.0, 31), 4), Real
    )
    (made,) = synth.regress(task, max_bits=9)
    assert made.program.terms == ("1.0 / x",)
    values, deviations = made.predict({"x": [0.0, 2.0]}, return_std=True)
    mean, spread = task.labels.mean(), task.labels.std()
    assert (values[0], deviations[0]) == pytest.approx((mean, spread))
    assert values[1] == pytest.approx(30, abs=1e-3)


def test_the_command_predicts_from_the_columns_that_are_read(folder, found):
    new = folder / "new.csv"
    rows = [f"{a},{n},{s},{p}" for a, n, s, p in
            (("50", "true", "south", "190"), ("50", "false", "north", "110"), ("", "true", "south",
             ""))]  # fmt: skip
    new.write_text("area,new,side,price\n" + "\n".join(rows) + "\n")
    output = run("predict", folder / "run.json", new)
    made = list(csv.DictReader(io.StringIO(output)))
    columns = {k: [row[k] for row in made] for k in ("area", "new", "side")}
    values, deviations = found.predict(columns, return_std=True)
    for row, value, deviation in zip(made, values, deviations, strict=True):
        said = float(row["standard deviation of price"])
        assert said == pytest.approx(deviation, rel=5e-3)
        assert float(row["predicted price"]) == pytest.approx(value, abs=deviation * 5e-3)
    assert values[2] == pytest.approx(found.constant.intercept)  # it has no area
    document = json.loads(run("predict", folder / "run.json", new, "--json"))
    assert [str(row["predicted price"]) for row in document["rows"]] == [
        row["predicted price"] for row in made
    ]
    error = run("predict", folder / "run.json", new, "--proba", code=2)
    assert "--proba: not allowed for labels with normal noise" in error
    assert error.count("\n") == 1
    new.write_text("area,side\n50,south\n")
    assert "no column new" in run("predict", folder / "run.json", new, code=2)


# -- other languages ---------------------------------------------------------------


def formula_of(folder, terms, coefficients):
    dsl = load_dsl("real:functions=true", (Real,))
    fitted = fit(dsl, with_real_numbers(dsl, synth.load_task(str(folder / "homes.csv"))))
    programs = tuple(Program.parse(text, fitted.grammar, Real) for text in terms)
    return Formula(programs, coefficients, fitted.task)


def test_every_language_computes_the_same(folder):
    """Sums and differences of truth values are those of 1 and 0, which NumPy would refuse."""
    terms = (
        "arcsin(1.0 / rooms) + (new - 'side=north') * sqrt(area + 2.0)",
        "exp(1.0 / area) * (new + 'side=south' + new)",
    )
    formula = formula_of(folder, terms, (0.5, -1.25, 3e-2))
    table = table_of(folder / "homes.csv")
    values, defined = formula.outputs(table)
    assert defined.all()
    new, north = table["new"] == "true", table["side"] == "north"
    area, rooms = table["area"].astype(float), table["rooms"].astype(float)
    first = np.arcsin(1 / rooms) + (new * 1.0 - north) * np.sqrt(area + 2)
    second = np.exp(1 / area) * (2.0 * new + ~north)
    assert values == pytest.approx(np.array([first, second]), rel=1e-9)
    expected = 0.5 - 1.25 * first + 0.03 * second
    space = {}
    exec(formula.to_python(), space)
    assert space["predict"](table) == pytest.approx(expected, rel=1e-9)
    base = sqlite3.connect(":memory:")
    base.execute("create table t (area real, rooms integer, new text, side text)")
    names = ("area", "rooms", "new", "side")
    rows = zip(*(table[n].tolist() for n in names), strict=True)
    base.executemany("insert into t values (?, ?, ?, ?)", rows)
    answers = [row[0] for row in base.execute(f"select {formula.to_sql()} from t")]
    assert answers == pytest.approx(expected, rel=1e-9)
    said = formula.to_sympy()
    for k in range(3):
        places = {
            "area": area[k], "rooms": rooms[k], "new": bool(new[k]),
            "side = north": bool(north[k]), "side = south": not north[k],
        }  # fmt: skip
        here = said.subs({s: places[s.name] for s in said.free_symbols})
        assert float(here) == pytest.approx(expected[k], rel=1e-9)
    assert "(1 if new)" in formula.text
    assert formula.columns == ("rooms", "new", "side", "area")
    there = "=IF(AND(ISNUMBER(B2),ISNUMBER(A2)),"
    assert formula.to_spreadsheet(names).startswith(there + "(0.5-(1.25*(ASIN(1.0/B2)+")
    assert r"\sqrt{" in formula.to_latex()
    assert formula.to_latex().startswith(r"0.5 - 1.25 \cdot \left(\arcsin\left(\frac{1.0}")


def test_the_command_exports_what_the_run_shows(folder, found):
    """Coefficients have the digits of the text, which change no prediction much."""
    document = json.loads((folder / "run.json").read_text())
    texts = {
        to: run("export", folder / "run.json", "--to", to)
        for to in ("words", "python", "sql", "sympy", "latex", "excel")
    }
    assert found.program.shown[0] == pytest.approx(found.program.intercept, rel=0.1)
    for number in map(abs, found.program.shown):
        assert all(f"{number:g}" in text for text in texts.values())
        assert f"{number:g}" in document["program"]["text"]
    space = {}
    exec(texts["python"], space)
    table = table_of(folder / "homes.csv")
    values, deviations = found.predict(table, return_std=True)
    assert (np.abs(space["predict"](table) - values) <= deviations / 9).all()


@pytest.mark.parametrize(
    ("coefficients", "text"),
    [
        ((0.0, 1.0, -1.0), "area - rooms"),
        ((0.0, -2.5, 1e-7), "-2.5 * area + 1e-07 * rooms"),
        ((3.0, -1.0, 2.0), "3 - area + 2 * rooms"),
    ],
)
def test_signs_and_ones_in_a_formula(folder, coefficients, text):
    formula = formula_of(folder, ("area", "rooms"), coefficients)
    assert formula.text == text
    table = table_of(folder / "homes.csv")
    space = {}
    exec(formula.to_python(), space)
    made = coefficients[0] + np.array(coefficients[1:]) @ formula.outputs(table)[0]
    assert space["predict"](table) == pytest.approx(made, rel=1e-12, abs=1e-12)


def test_the_numbers_of_a_text_are_read_back(found):
    for entry in (found.constant, *found.top):
        close = np.abs(np.subtract(entry.shown, [entry.intercept, *entry.slopes]))
        assert (close <= np.array(entry.errors) / 15).all(), entry.text


# -- the figure, the page, verification --------------------------------------------


def test_the_figure_shows_labels_and_what_is_left_of_them(found):
    whole, rest = found.plot().axes
    task = found.trained_on
    for axes, left in ((whole, False), (rest, True)):
        shown = {line.get_label(): line.get_xydata() for line in axes.get_lines()}
        for name, rows in (("training rows", task.train), ("unseen rows", ~task.train)):
            predicted = found.program.predict(found.fitted.columns)[rows]
            labels = task.labels[rows] - predicted * left
            assert shown[name] == pytest.approx(np.column_stack([predicted, labels]))


def test_the_page_has_both_charts_and_all_figures(folder, found):
    page = (folder / "homes.html").read_text()
    for text in ("Labels by predictions", "Labels less predictions", "with normal noise, needs",
                 "Best sums of programs", "histogram of"):  # fmt: skip
        assert text in page
    again = folder / "again.html"
    run("report", folder / "run.json", "-o", again)
    assert again.read_text() == page
    assert (folder / "homes.svg").read_text().count("<svg") == 1


def test_a_contrast_has_a_figure_and_a_page_too(folder):
    place = folder / "contrast"
    shown = ("--plot", f"{place}.svg", "--report", f"{place}.html", "--save", f"{place}.json")
    few = ("--max-bits", "8", "--threads", "1", "--twins", "3")
    run("contrast", folder / "homes.csv", *few, *NORMAL, *shown)
    page = (folder / "contrast.html").read_text()
    assert "Labels by predictions, random twin" in page
    assert "Rank of the true labels" in page
    assert len(synth.load_run(f"{place}.json").plot().axes) == 4
    assert "def predict(table):" in run("export", f"{place}.json", "--to", "python")
    assert "FAILS" not in run("verify", f"{place}.json")


def test_many_rows_are_shown_evenly():
    x = np.arange(1200.0)
    task = synth.Task("t", {"x": x}, {"x": Real}, np.round(2 * x + np.sin(7 * x), 2), Real)
    (made,) = synth.regress(task, max_bits=4)
    assert len(made.points.label) == MOST_POINTS
    assert made.points.label[0] == task.labels[0]
    assert made.points.label[-1] == task.labels[-1]
    assert "500 of 1,200 rows, evenly spaced." in synth.report.page.make_page([made])


def test_wrong_points_are_found(folder):
    document = json.loads((folder / "run.json").read_text())
    assert "fail" not in run("verify", folder / "run.json").splitlines()[-1]
    forged = folder / "forged.json"
    for key, wrong in (("predicted", 1.0), ("label", 1.0), ("train", None)):
        changed = json.loads(json.dumps(document))
        first = changed["points"][key][0]
        changed["points"][key][0] = not first if wrong is None else first + wrong
        forged.write_text(json.dumps(changed))
        lines = run("verify", forged, code=1).splitlines()
        assert [line.split()[1] for line in lines if line.startswith("FAILS")] == [f"points.{key}"]


def test_an_older_file_has_no_points(folder):
    document = json.loads((folder / "run.json").read_text())
    del document["points"]
    old = folder / "old.json"
    old.write_text(json.dumps(document))
    assert "FAILS" not in run("verify", old)
    run("report", old, "-o", folder / "old.html")
    assert synth.load_run(old).plot().axes == []
