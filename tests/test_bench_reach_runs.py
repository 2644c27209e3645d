"""The benches of reach: what is kept is not run again, and peers are priced as what they say."""

import sys
from itertools import islice
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))
sys.path.insert(1, str(Path(__file__).parent.parent / "bench" / "workers"))

import environments
import kept
import reach
import reach_peers
import reach_speed
import reach_tasks
import sklearn_tree
import translation

import synth
from synth import tasks
from synth.language import Bool, Program

FOUND = {
    "chosen": "program", "total": 200.0, "table": 514.0, "bits": 190.0, "exceptions": 0,
    "accuracy": 1.0, "constant": False, "program": "x0", "found_by": "reach", "moves": 10,
    "log2_chance_bound": -3.5, "enumeration_seconds": 1.0, "reach_seconds": 2.0,
}  # fmt: skip


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """A function that runs the bench on one task with a search that is only recorded."""
    asked = []

    def searched(one, seeds, options):
        asked.extend((one.name, options.labels, seed, options.moves) for seed in seeds)
        return [FOUND | {"total": FOUND["total"] + 100 * seed} for seed in seeds]

    def run(*arguments):
        asked.clear()
        given = ["--tasks", "parity of 5", "--moves", "10", "--out", tmp_path / "kept.jsonl"]
        given += ["--json", tmp_path / "reach.json", *arguments]
        return reach.main([str(each) for each in given])["rows"], list(asked)

    monkeypatch.setattr(reach, "searched", searched)
    run.file = tmp_path / "kept.jsonl"
    return run


def test_what_is_kept_is_not_run_again(runs, capsys):
    name = "parity of 5 of 10"
    (row,), asked = runs("--seeds", 2)
    assert asked == [(name, "true", 0, 10), (name, "true", 1, 10)]
    assert row["totals"] == [200, 300]
    assert row["median"] == 250
    assert not row["reached"]
    (row,), asked = runs("--seeds", 3)
    assert asked == [(name, "true", 2, 10)]
    assert row["totals"] == [200, 300, 400]
    assert runs("--seeds", 1)[1] == []
    (row,), _ = runs("--seeds", 1, "--markdown")
    assert row["reached"]
    shown = capsys.readouterr().out
    assert "known total reached on 1 of 1; held-out accuracy at least 0.99 on 1 of 1" in shown
    assert f"| {name} | 216.4 | 514.0 | 200.0 | 200.0 | 0 | 1.000 | 1 + 2 |" in shown
    # Other moves and other labels are other searches.
    assert runs("--seeds", 1, "--moves", 20)[1] == [(name, "true", 0, 20)]
    assert runs("--seeds", 1, "--labels", "permuted")[1] == [(name, "permuted", 0, 10)]


def test_twins_are_summed(runs, capsys, monkeypatch):
    (row,), _ = runs("--labels", "permuted", "--seeds", 2)
    assert (row["programs"], row["twins"]) == (2, 2)
    assert "programs chosen in 2 of 2 twins; least chance bound 2^-3.5" in capsys.readouterr().out
    # A constant program is as good as the table.
    constant = FOUND | {"constant": True}
    monkeypatch.setattr(reach, "searched", lambda _, seeds, __: [constant] * len(seeds))
    (row,), _ = runs("--labels", "permuted", "--seeds", 3)
    assert (row["programs"], row["twins"]) == (2, 3)


def test_a_damaged_line_is_run_again(runs, capsys):
    runs("--seeds", 3)
    lines = runs.file.read_text().splitlines()
    lines[1] = lines[1].replace("300.0", "100.0")
    runs.file.write_text("\n".join(lines)[:-40])  # and the last line is cut short
    (row,), asked = runs("--seeds", 3)
    assert [seed for _, _, seed, _ in asked] == [1, 2]
    assert row["totals"] == [200, 300, 400]
    assert "damaged, not taken: line 2, 3" in capsys.readouterr().out
    assert runs("--seeds", 3)[1] == []
    assert kept.Kept(runs.file).damaged == [2, 3]


def test_rows_of_other_code_are_run_again_unless_they_are_taken(runs, monkeypatch):
    runs("--seeds", 1)
    monkeypatch.setattr(kept, "code", lambda *_: "other")
    assert runs("--seeds", 1, "--stale")[1] == []
    assert len(runs("--seeds", 1)[1]) == 1


def test_the_code_is_what_decides(tmp_path):
    file = tmp_path / "more.py"
    file.write_text("1")
    before = kept.code(file)
    assert kept.code(file) == before
    file.write_text("2")
    assert kept.code(file) != before


@pytest.mark.parametrize("wrong", [["--seeds", "0"], ["--tasks", "none such"]])
def test_wrong_options_are_refused(wrong, capsys):
    with pytest.raises(SystemExit):
        reach.parse(wrong)
    assert "allowed" in capsys.readouterr().err


def small(text="parity:n=3,k=2,train=6", dsl=None):
    task = synth.load_task(text)
    return reach_tasks.Reach(task.name, task, dsl, "x0 ^ x1")


def test_a_search_gives_all_that_is_listed():
    one = small()
    options = reach.parse(["--moves", "8"])
    (row,) = reach.searched(one, [0], options)
    assert FOUND.keys() <= row.keys()
    assert not row["constant"]
    found = synth.search(one.task)
    assert row["total"] == found.total_bits
    assert row["moves"] == 0
    options.labels = "permuted"
    rows = reach.searched(one, [3, 4], options)
    twins = [synth.search(one.task.permuted(seed), moves=0) for seed in (3, 4)]
    assert [each["total"] for each in rows] == [twin.total_bits for twin in twins]
    fitted = tasks.fit(one.dsl, one.task)
    for text, constant in (("x0 & ~x0", True), ("x0 & x1", False)):
        best = Program.parse(text, fitted.grammar, fitted.root)
        assert reach.is_constant(SimpleNamespace(best=best, trained_on=one.task)) == constant


def fitted_trees(fitted):
    """Yields (predictions, the tree as nested lists) for all strengths of pruning."""
    task = fitted.task
    table = np.array(list(task.columns.values()), float).T
    boolean = [task.types[name] == Bool for name in task.columns]
    for model in sklearn_tree.fitted(table[task.train], task.labels[task.train]):
        yield model.predict(table), sklearn_tree.nested(model, list(task.columns), boolean)


@pytest.mark.parametrize("name", ["multiplexer of 3", "parity of 5 of 10", "digit sum by 3"])
def test_a_tree_becomes_a_program_with_its_predictions(name):
    one = reach.chosen([name])[0]
    fitted = tasks.fit(one.dsl, one.task)
    translator = translation.Translator(fitted)
    sizes = set()
    for predicted, tree in islice(fitted_trees(fitted), 0, None, 6):
        program = translator.program(tree)
        sizes.add(program.size)
        assert (program.evaluate(fitted.task.columns) == predicted).all()
        _, wrong, accuracy = translator.price(program)
        right = predicted == fitted.task.labels
        assert wrong == np.count_nonzero(~right[fitted.task.train])
        assert accuracy == right[~fitted.task.train].mean()
    assert max(sizes) > 100
    assert len(sizes) > 2


def test_a_tree_of_numbers_becomes_a_program_that_is_right_on_its_rows():
    """Between two training values all thresholds are one to a tree."""
    one = reach.chosen(["piecewise"])[0]
    fitted = tasks.fit(one.dsl, one.task)
    translator = translation.Translator(fitted)
    predicted, tree = next(fitted_trees(fitted))
    values = translator.program(tree).evaluate(fitted.task.columns)
    assert (values == predicted)[fitted.task.train].all()
    assert len(np.unique(values)) > 50


@pytest.mark.parametrize("name", ["tic-tac-toe", "leap year", "polynomial mod 31"])
def test_a_program_is_priced_as_the_known_ones_are(name):
    one = reach.chosen([name])[0]
    fitted = tasks.fit(one.dsl, one.task)
    translator = translation.Translator(fitted)
    program = Program.parse(one.program, fitted.grammar, fitted.root)
    _, wrong, total, accuracy = one.known()
    assert translator.price(program) == (total, wrong, accuracy)


def test_expressions_mean_what_they_say():
    fitted = tasks.fit(None, small().task)
    translator = translation.Translator(fitted)
    x0, x1, x2 = (fitted.task.columns[n] for n in ("x0", "x1", "x2"))
    for model, values in (
        (["or", ["and", "x0", ["not", "x1"], "x2"], ["xor", "x1", "x2"]], x0 & ~x1 & x2 | x1 ^ x2),
        (["not", ["or", ["and"], "x0"]], x0 & False),
        (["not", ["or", "x2"]], ~x2),
        (["or"], x0 & False),
        (["if", "x0", ["if", "x1", True, False], "x2"], np.where(x0, x1, x2)),
        (["if", "x0", "x1", True], ~x0 | x1),
        (["if", "x0", False, "x1"], ~x0 & x1),
    ):
        assert (translator.program(model).evaluate(fitted.task.columns) == values).all(), model
    with pytest.raises(translation.UntranslatableError, match="no add"):
        translator.program(["add", "x0", "x1"])


def test_numbers_are_made_of_constants():
    task = reach.chosen(["leap year"])[0]
    translator = translation.Translator(tasks.fit(task.dsl, task.task))
    columns = translator.fitted.task.columns
    for value in (4, 8, 104, 500, 3996, -12):
        assert (translator.program(value).evaluate(columns) == value).all()
    assert translator.program(800).text == "400 + 400"
    with pytest.raises(translation.UntranslatableError, match="no number 7"):
        translator.program(7)


def test_a_peer_runs_is_priced_and_is_kept(tmp_path, monkeypatch, capsys):
    one = small("multiplexer:a=2,train=48,seed=1")
    monkeypatch.setattr(reach, "chosen", lambda texts: [one])
    monkeypatch.setattr(reach_tasks.Reach, "shortest", lambda self: (1.0, 0, 2.0, 1.0))
    monkeypatch.setattr(environments, "find_python", lambda *_: sys.executable)
    files = ["--out", str(tmp_path / "kept.jsonl"), "--json", str(tmp_path / "peers.json")]
    given = [*files, "--peers", "tree", "--folder", str(tmp_path)]
    row = reach_peers.main(given)["rows"][0]["answers"]["tree"]
    translator = translation.Translator(tasks.fit(one.dsl, one.task))
    trees = [translator.program(tree) for _, tree in fitted_trees(translator.fitted)]
    least = min(map(translator.price, trees), key=lambda price: price[0])
    assert (row["total"], row["exceptions"], row["accuracy"]) == least
    monkeypatch.setattr(environments, "answered", None)
    assert reach_peers.main([*given, "--markdown"])["rows"][0]["answers"]["tree"] == row
    shown = capsys.readouterr().out
    assert f"| {one.name} |  | 2.0 | 50.0 | {row['total']:.1f} (" in shown
    assert "ours has the fewest bits on 0 of 0; known has the fewest bits on 1 of 1" in shown
    monkeypatch.setattr(environments, "find_python", lambda *_: None)
    reach_peers.main(given)
    assert "tree: not found; pip install scikit-learn" in capsys.readouterr().out


def test_both_sides_of_the_pass_agree(tmp_path, capsys):
    shape = ["--rows", "5000", "--words", "3", "--contexts", "2", "--repeats", "2"]
    (row,) = reach_speed.main([*shape, "--json", str(tmp_path / "speed.json")])["rows"]
    work = reach_speed.Pass(5000, 3, 2)
    wrong = [
        np.bitwise_count(work.base[c] ^ (work.rows & work.change[c])).sum(axis=1) for c in (0, 1)
    ]
    assert row["fewest"] == np.min(wrong)
    assert "ratio" in row or "no C++ compiler" in capsys.readouterr().out
