"""The bench of tables: which tables are in, and one tiny table from end to end."""

import math
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
sys.path.insert(1, str(Path(__file__).parent.parent / "bench" / "workers"))

import environments
import mixture
import sklearn_tree
import table_files
import table_learners
import table_rows
import tables
import translation

import synth
from synth import tasks
from synth.language import Bool, Int, Label

FEW = ["--moves", "2", "--max-programs", "500", "--splits", "2", "--memory", str(10**8)]


def rows_of(labels, columns=3, names=True):
    """Rows as R writes them: names, then columns that differ, then the label."""
    made = []
    for number, label in enumerate(labels):
        cells = [str((number * (k + 3)) % 17) for k in range(columns)]
        made.append([f'"{number + 1}"'] * names + [*cells, label])
    return made


def write(path, header, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(",".join(row) for row in [header, *rows]) + "\n")
    return path


@pytest.fixture
def folder(tmp_path):
    """A folder with a table of 80 rows: the label is "high" where a is above 8, in 10 of 12."""
    rows = []
    for number in range(80):
        a, b = number % 17, (number * 5) % 7
        label = "high" if (a > 8) != (number % 12 in (3, 9)) else "low"
        b_text = "NA" if number % 20 == 4 else f"{b}.5"
        rows.append([f'"{number + 1}"', str(a), b_text, ("red", "blue")[number % 2], label])
    place = tmp_path / table_files.ENVIRONMENT / table_files.MADE / "R" / "tiny.csv"
    write(place, ['""', "a", "b", "colour", "level"], rows)
    return tmp_path


def test_a_rule_says_which_tables_are_in(tmp_path):
    header = ['""', "a", "b", "c", "y"]
    two = ["yes", "no"] * 40
    files = {
        "good": write(tmp_path / "good.csv", header, rows_of(two)),
        "short": write(tmp_path / "short.csv", header, rows_of(two[:59])),
        "long": write(tmp_path / "long.csv", header, rows_of(two * 63)),
        "unlabelled": write(tmp_path / "u.csv", header, rows_of(two[:59] + ["NA"] * 9)),
        "quantity": write(tmp_path / "q.csv", header, rows_of(["0", "1", "2"] * 30)),
        "one": write(tmp_path / "one.csv", header, rows_of(["yes"] * 80)),
        "eleven": write(tmp_path / "e.csv", header, rows_of([f"v{k % 11}" for k in range(99)])),
        "narrow": write(tmp_path / "n.csv", ['""', "a", "y"], rows_of(two, columns=1)),
        "rare": write(tmp_path / "r.csv", header, rows_of(two + ["perhaps"] * 4)),
        "renamed": write(tmp_path / "s.csv", list("pqrs"), rows_of(two, names=False)),
        "part": write(tmp_path / "p.csv", header, rows_of(two[:70])),
        "numbers": write(tmp_path / "m.csv", list("wxyz"), rows_of(["0", "1"] * 35, names=False)),
        "ten": write(tmp_path / "t.csv", list("klmn"), rows_of([f"v{k % 10}" for k in range(60)])),
    }
    kept, left = table_files.chosen(files.items())
    assert [table.name for table in kept] == ["good", "numbers", "ten"]
    assert [(reason[0], names) for reason, names in left.items()] == [
        ("1", ["short", "long", "unlabelled"]),
        ("2", ["quantity", "one", "eleven"]),
        ("3", ["narrow"]),
        ("4", ["rare"]),
        ("5", ["renamed", "part"]),
    ]
    assert kept[0].label == "y"
    assert list(kept[0].columns) == ["a", "b", "c"]


def test_28_exports_are_named_once_each():
    files = [file for file, _ in table_files.EXPORTS]
    assert len(set(files)) == len(files) == 28
    packages = {name.partition("=")[0].lower().replace("-", "_") for name in table_files.PACKAGES}
    assert {f.partition("/")[0].lower() for f in files} <= packages | {"sklearn", "made"}


def run(folder, *more):
    given = ["--folder", folder, "--out", folder / "kept.jsonl", "--json", folder / "out.json"]
    return tables.main([str(each) for each in [*given, *FEW, *more]])


def again(*_):
    raise AssertionError("it is run again")


def test_a_tiny_table_from_end_to_end(folder, monkeypatch, capsys):
    monkeypatch.setattr(environments, "find_python", lambda *_: None)
    (row,) = run(folder, "--priced", 1, "--markdown")["rows"]
    assert (row["table"], row["rows"], row["classes"]) == ("R/tiny", 80, 2)
    first, second = row["splits"]
    ours, tree = first["ours"], first["tree"]
    assert ours["reads"]
    assert "a <" in ours["program"]
    assert ours["accuracy"] > first["majority"]["accuracy"] + 0.1
    assert ours["train_accuracy"] == 1 - ours["wrong"] / 40
    assert tree["text"].startswith("|--- a <= 8.50")
    # A tree of one comparison costs what our pick costs, or more.
    assert first["bits of tree"]["total"] >= ours["total"]
    assert "bits of tree" not in second
    assert row["ours bits"] == ours["total"]
    differences = [s["ours"]["accuracy"] - s["tree"]["accuracy"] for s in row["splits"]]
    assert row["difference"] == pytest.approx(np.mean(differences))
    assert row["error"] == pytest.approx(np.std(differences, ddof=1) / math.sqrt(2))
    shown = capsys.readouterr().out
    assert "ours is no worse than the tree on 1 of 1 (100%); asked: 80%" in shown
    assert "| R/tiny | 80 | 2 |" in shown
    assert "RIPPER: not found" in shown
    # What is kept is not run again.
    for name in ("ours", "tree", "priced"):
        monkeypatch.setattr(table_learners, name, again)
    assert run(folder, "--priced", 1)["rows"][0] == row
    with pytest.raises(AssertionError, match="again"):
        run(folder, "--priced", 1, "--moves", 3)


def test_all_learners_have_the_same_rows(folder):
    (table,), _ = table_files.tables(folder)
    train = table_learners.split(table, 3, 30)
    assert train.sum() == 30
    assert (train == table_learners.split(table, 3, 30)).all()
    assert (train != table_learners.split(table, 4, 30)).any()
    task = table_learners.task_of(table, train)
    assert (task.train == train).all()
    texts = [task.label_text(value) for value in task.labels.tolist()]
    assert texts == table.labels
    # What is one-hot is told by the training rows; gaps stay gaps.
    columns = {name: table_learners.cells(c) for name, c in table.columns.items()}
    encoder, shaped = table_learners.encoded(columns, train)
    names = [n.partition("__")[2] for n in encoder.get_feature_names_out()]
    assert names == ["colour_blue", "colour_red", "a", "b"]
    assert np.isnan(shaped[:, 3]).sum() == 4


@pytest.mark.slow
def test_permutations_count_the_picks_that_read_inputs(folder, monkeypatch, capsys):
    given = ("--labels", "permuted", "--permutations", 3)
    (row,) = run(folder, *given)["rows"]
    assert (row["reads"], row["twins"]) == (0, 3)
    assert row["log2_chance_bound"] > -10
    assert "a pick reads inputs in 0 of 3 permutations" in capsys.readouterr().out
    # The true labels are no permutation: there a pick reads inputs.
    monkeypatch.setattr(synth.Task, "permuted", lambda self, seed: self)
    (row,) = run(folder, *given, "--out", folder / "other.jsonl", "--markdown")["rows"]
    assert row["reads"] == 3
    assert row["margin"] > 0
    shown = capsys.readouterr().out
    assert "in more than 1 of 200 of: R/tiny" in shown
    assert "| R/tiny | 80 | 3 of 3 |" in shown


def test_a_table_that_is_refused_counts_as_the_most_frequent_label(folder, monkeypatch):
    def refuse(*_, **__):
        raise synth.SynthError("no such table")

    monkeypatch.setattr(synth, "read_table", refuse)
    monkeypatch.setattr(environments, "find_python", lambda *_: None)
    (row,) = run(folder, "--priced", 0)["rows"]
    assert row["ours"] == row["majority"]
    assert row["errors"] == ["no such table"]
    assert not row["no worse"]


def test_reads_say_what_came_of_each_file(folder, monkeypatch, capsys):
    names = (("made/R/tiny.csv", "level"), ("made/R/tiny.csv", "colour"), ("made/R/tiny.csv", "x"))
    monkeypatch.setattr(table_files, "EXPORTS", names)
    rows = run(folder, "--reads")["rows"]
    assert [row.get("labels") for row in rows] == [["low", "high"], ["blue", "red"], None]
    shown = capsys.readouterr().out
    assert "accepted at the first try: 2 of 3" in shown
    assert "refused   made/R/tiny.csv, label x" in shown
    assert "          missing values: b 4" in shown


@pytest.mark.parametrize("wrong", [["--splits", "0"], ["--priced", "-1"], ["--timeout", "0"]])
def test_wrong_options_are_refused(wrong, capsys):
    with pytest.raises(SystemExit):
        tables.parse(wrong)
    assert "allowed" in capsys.readouterr().err


def test_ripper_learns_labels_from_the_rarest_on(monkeypatch):
    asked = []

    class Ripper:
        def __init__(self, random_state):
            self.ruleset_ = SimpleNamespace(rules=["one"])

        def fit(self, frame, y, pos_class):
            asked.append((len(frame), sum(y)))
            self.values = {v for v, each in zip(frame["c0"], y, strict=True) if each}

        def predict(self, frame):
            return [value in self.values for value in frame["c0"]]

    monkeypatch.setitem(sys.modules, "wittgenstein", SimpleNamespace(RIPPER=Ripper))
    import wittgenstein_table

    # The median of the training rows stands for a missing number: 2.
    labels = ["rare"] * 2 + ["some"] * 3 + ["most"] * 5
    column = [1.0] * 2 + [2.0] * 3 + [3.0] * 4 + [float("nan")]
    unseen = {"x": [3.0, 2.0, 1.0, float("nan")]}
    job = {"columns": {"x": column}, "labels": labels, "unseen": unseen, "seed": 0}
    assert wittgenstein_table.predictions(job) == (["most", "some", "rare", "some"], 2)
    assert asked == [(10, 2), (8, 3)]


def test_a_tree_of_named_labels_becomes_a_program_over_integers():
    """Numbers of labels are not those of comparisons."""
    a = np.arange(60) % 20
    columns, types = {"a": a, "b": a % 2 == 0}, {"a": Int(0, 19), "b": Bool}
    labels = np.select([a < 6, a % 2 == 0], [2, 0], 1)
    task = synth.Task("t", columns, types, labels, Label("p", "q", "r"), np.arange(60) < 40)
    fitted = tasks.fit("integer", task)
    table = np.array(list(columns.values()), float).T
    model = next(sklearn_tree.fitted(table[task.train], labels[task.train]))
    program = translation.Translator(fitted).program(
        sklearn_tree.nested(model, ["a", "b"], [False, True])
    )
    assert program.text == "where2(2 + 4 <= a, where2(b, p, q), r)"
    assert (program.evaluate(columns) == labels).all()


def test_a_split_alone_has_no_error():
    splits = [{"ours": {"accuracy": 0.5}, "tree": {"accuracy": 0.75}}]
    assert table_rows.paired(splits, "ours", "tree") == (-0.25, 0.0)


def test_a_program_that_says_the_other_label_is_shown_as_such():
    """The code charges a program with n - e exceptions of n as it charges its negation with e."""
    for inverted, text in ((False, "a | b"), (True, "not: a | b")):
        score = SimpleNamespace(text="a | b", inverted=inverted)
        assert table_learners.written(score) == text


def test_means_are_of_tables_on_which_all_have_answered():
    row = dict.fromkeys(("no worse", "predictable"), True)
    row |= {f"{n} {what}": None for n in table_rows.LEARNERS for what in ("bits", "seconds")}
    first = row | {"ours": 0.5, "tree": 0.5, "RIPPER": None, "majority": 0.5}
    second = row | {"ours": 0.9, "tree": 0.8, "RIPPER": 0.7, "majority": 0.6}
    shown = table_rows.summary([first, second])
    assert "mean accuracy on 1 tables: ours 0.900, tree 0.800, RIPPER 0.700" in shown
    shown = table_rows.summary([first, first])
    assert "mean accuracy on 2 tables: ours 0.500, tree 0.500, majority 0.500" in shown


def test_a_name_that_no_table_has_is_said(folder):
    with pytest.raises(SystemExit, match="no table's name contains nothing"):
        tables.main(["--folder", str(folder), "--tables", "nothing"])


@pytest.mark.slow
def test_the_mixture_is_measured_beside_its_peers(folder, tmp_path, capsys):
    options = ["--folder", str(folder), "--splits", "2", "--out", str(tmp_path / "kept.jsonl")]
    document = mixture.main([*options, "--json", str(tmp_path / "mixture.json")])
    (row,) = document["rows"]
    for name in mixture.LEARNERS:
        assert 0.5 < row[name]["accuracy"] <= 1
    for name in ("mixture", "tree", "logistic", "forest"):
        assert 0 < row[name]["loss"] < 2  # the label is noisy, and the tree is sure
        assert 0 <= row[name]["calibration"] < 0.5
    said = capsys.readouterr().out
    assert "no worse on" in said
    assert "mean calibration: mixture" in said
    kept = (tmp_path / "kept.jsonl").read_text()
    again = mixture.main([*options, "--json", str(tmp_path / "again.json")])
    assert again["rows"] == document["rows"]
    assert (tmp_path / "kept.jsonl").read_text() == kept  # nothing was run again


def test_calibration_is_the_mean_difference_in_bins_of_equal_count():
    sure = np.repeat([0.6, 0.9], 50)
    right = np.array([1] * 30 + [0] * 20 + [1] * 35 + [0] * 15)
    every = mixture.calibration(sure, right)
    assert every >= abs((sure - right).mean())
    exact = np.tile([1, 1, 1, 0, 0], 10)  # six of ten in every bin
    assert mixture.calibration(np.full(50, 0.6), exact) == pytest.approx(0)
    assert mixture.calibration(np.full(50, 0.8), exact) == pytest.approx(0.2)


def test_a_tree_is_pruned_where_no_label_is_in_five_rows():
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(12), 3)
    found = table_learners.pruned(generator.random((36, 3)), labels)
    assert found.best_estimator_.get_n_leaves() >= 1


def test_bins_of_the_reliability_figure_have_equally_many_rows(tmp_path):
    generator = np.random.default_rng(0)
    sure = generator.uniform(0.5, 1, 4000)
    right = generator.random(4000) < sure
    rows = [{n: {"sure": sure, "right": right} for n in mixture.LEARNERS}]
    bins = mixture.reliability(rows, "mixture")
    assert bins.shape == (10, 2)
    assert bins[:, 0] == pytest.approx(np.linspace(0.525, 0.975, 10), abs=0.01)
    assert bins[:, 1] == pytest.approx(bins[:, 0], abs=0.08)
    mixture.drawn(rows, tmp_path / "reliability.png")
    assert (tmp_path / "reliability.png").stat().st_size > 1000
