"""Saved runs of many kinds of tables: new rows are predicted, and programs are scored.

The new rows lack the label and every column that the rule does not read.
"""

import csv
import datetime
import io
import json
import random

import pytest
from click.testing import CliRunner

from synth.cli import main

FEW = ["--max-programs", "400000", "--moves", "0", "--threads", "1", "--memory", "200MB"]


def whole(g, low=0, high=99):
    return g.randint(low, high)


def day(g):
    return datetime.date(2024, 1, 1) + datetime.timedelta(days=g.randint(0, 90))


def gap(g):
    return "" if g.random() < 0.3 else str(whole(g))


#: A kind: the header, a row of cells without its label, the label of a row, the columns that the
#: rule reads, and how the table is read.
KINDS = {
    "two labels": ("a,b,y", lambda g: (whole(g), whole(g)), lambda a, b: "hi" if a > 50 else "lo",
                   "a", []),
    "classes": ("a,b,y", lambda g: (whole(g), whole(g)),
                lambda a, b: "u" if a < 30 else "v" if a < 60 else "w", "a", []),
    "ordinal": ("a,b,y", lambda g: (whole(g), whole(g)),
                lambda a, b: "low" if a < 40 else "medium" if a < 80 else "high", "a", []),
    "texts": ("c,d,y", lambda g: (g.choice(["red", "light blue", "green"]), g.choice("MN")),
              lambda c, d: "yes" if c == "light blue" else "no", "c", []),
    "gaps": ("a,b,y", lambda g: (gap(g), whole(g)), lambda a, b: "none" if a == "" else "some",
             "a", []),
    "dates": ("when,b,y", lambda g: (day(g).isoformat(), whole(g)),
              lambda when, b: ("shut" if datetime.date.fromisoformat(when).weekday() == 6
                               else "open"),
              "when", []),
    "times": ("at,b,y", lambda g: (f"{whole(g, 0, 23):02}:{whole(g, 0, 59):02}", whole(g)),
              lambda at, b: "late" if at >= "18" else "early", "at", []),
    "decimal commas": ("x;b;y", lambda g: (f"{whole(g, 0, 999) / 10:.1f}".replace(".", ","),
                       whole(g)), lambda x, b: "1" if float(x.replace(",", ".")) < 50 else "0",
                       "x", []),
    "arithmetic": ("a,b,c,y", lambda g: (whole(g, 1, 9), whole(g, 1, 9), whole(g)),
                   lambda a, b, c: str(a * b), "a,b", []),
    "fractions": ("x,z,c,y", lambda g: (whole(g, 1, 99) / 8, whole(g, 1, 99) / 8, whole(g)),
                  lambda x, z, c: str(x * z), "x,z", []),
    "threshold of the label": ("a,b,y", lambda g: (whole(g), whole(g)),
                               lambda a, b: str(2 * a + 7), "a", ["--label", "y>=100"]),
}  # fmt: skip
#: What is predicted for a label, where that is not the label itself.
SAID = {
    "threshold of the label": lambda label: ">= 100" if float(label) >= 100 else "< 100",
}


def called(*arguments):
    return CliRunner().invoke(main, [str(a) for a in arguments])


def write(path, header, rows):
    sign = ";" if ";" in header else ","
    lines = [sign.join(map(str, row)) for row in rows]
    path.write_text("\n".join([header, *lines]) + "\n")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_saved_runs_predict_new_rows_and_score_programs(kind, tmp_path):
    header, drawn, label, read, options = KINDS[kind]
    generator = random.Random(4)
    cells = [drawn(generator) for _ in range(240)]
    table = write(tmp_path / "t.csv", header, [(*row, label(*row)) for row in cells[:140]])
    saved = tmp_path / "run.json"
    run = called("search", table, *options, *FEW, "--save", saved, "--json")
    assert run.exit_code == 0, run.stderr
    found = json.loads(run.stdout)
    assert found["chosen"] == "program"
    places = [header.replace(";", ",").split(",").index(name) for name in read.split(",")]
    sign = ";" if ";" in header else ","
    new = write(
        tmp_path / "new.csv",
        sign.join(["remark", *read.split(",")]),
        [("new", *(row[k] for k in places)) for row in cells[140:]],
    )
    predicted = called("predict", saved, new)
    assert predicted.exit_code == 0, predicted.stderr
    rows = list(csv.DictReader(io.StringIO(predicted.stdout)))
    wanted = [SAID.get(kind, str)(label(*row)) for row in cells[140:]]
    [name] = [n for n in rows[0] if n.startswith("predicted ")]
    right = sum(row[name] == text for row, text in zip(rows, wanted, strict=True))
    assert right >= 90, (found["program"]["rule"], rows[:3], wanted[:3])
    own = called("score", table, found["program"]["text"], *options, "--run", saved, "--json")
    assert own.exit_code == 0, own.stderr
    own = json.loads(own.stdout)
    assert own["best"] == found["program"]
    alone = ["test_accuracy"] * (found["program"]["ties"] == 1)  # or the mean of all that tie
    for key in ("bits", "exceptions", "total_bits", "train_accuracy", "rule", *alone):
        wanted = found["program"][key]
        if key == "total_bits":  # which both add up, in another order
            wanted = pytest.approx(wanted, abs=1e-9)
        assert own[key] == wanted, key
