"""Search and contrast: the chosen hypothesis against brute force, and what is promised."""

import gc
import json
import math
import signal
import threading
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import codes
from synth.dynamics import chain
from synth.dynamics.chain import make_world
from synth.engine import enumeration, regress
from synth.engine.bank import Bank
from synth.errors import DSLError, RunError, SettingError
from synth.exact import named, shortest
from synth.exact.named import least_bits
from synth.experiments import imbalance
from synth.language.types import Bool, Int, Mod, Real
from synth.verification.truth import Truth
from tests import naive
from tests.drawn import budget_of, tasks


@settings(max_examples=30, deadline=None)
@given(tasks())
def test_the_best_total_equals_brute_force(drawn):
    grammar, root, task = drawn
    most = budget_of(grammar, 600)
    result = synth.search(task, grammar.dsl, max_bits=most / 1024, seconds=None)
    best = naive.best_total(grammar, task, most, root)
    table = naive.table_bits(task.counts().tolist())
    if result.stop_reason == "exhausted" and result.program is not None:
        best = min(best, result.program.total_bits)
    if best is None:
        assert result.program is None
    elif result.stop_reason != "optimal" or best <= table:
        assert result.program.total_bits == pytest.approx(best)
    assert result.table.bits == pytest.approx(table)
    assert result.total_bits == pytest.approx(min(table, table if best is None else best))
    chosen = "table"
    if best is not None and best < table - 1e-9:
        chosen = result.program.kind
    assert result.chosen == chosen


@settings(max_examples=40, deadline=None)
@given(tasks(), st.randoms())
def test_held_out_labels_never_matter(drawn, random):
    grammar, root, task = drawn
    most = budget_of(grammar, 600) / 1024
    labels = task.labels.copy()
    possible = task.given_alphabet
    if possible is None:
        possible = [0.0, 0.5, 2.0] if root.inexact else range(root.low, root.high + 1)
    for row in np.flatnonzero(~task.train):
        labels[row] = random.choice(possible)
    other = replace(task, labels=labels)
    results = [synth.search(t, grammar.dsl, max_bits=most, seconds=None) for t in (task, other)]
    one, two = ({**r.to_dict(), "seconds": 0} for r in results)
    for document in (one, two):
        document["rows"].pop("unseen_labels")
        document.pop("source")  # it has a digest of all labels
        for part in ("program", "table"):
            if document[part]:
                document[part].pop("test_accuracy")
    assert one == two


def test_ties_are_counted_and_averaged():
    # x and y agree in training and differ on the one held-out row.
    columns = {"x": [0, 1, 1, 0], "y": [0, 1, 1, 1]}
    train = np.array([True, True, True, False])
    task = synth.Task("ties", columns, dict.fromkeys(columns, Bool), [0, 1, 1, 1], Bool, train)
    result = synth.search(task, max_bits=2)
    assert (result.program.text, result.program.ties) == ("x", 2)
    assert result.program.test_accuracy == 0.5


def test_more_exceptions_than_not_speaks_for_the_other_label():
    """Over nand, `not x` costs one node more than x with every row an exception."""
    columns = {"x": np.arange(64) % 2, "y": np.arange(64) // 2 % 2}
    task = synth.Task("not", columns, dict.fromkeys(columns, Bool), 1 - columns["x"], Bool)
    result = synth.search(task.split(0.5), "boolean:nand")
    assert (result.program.text, result.program.exceptions) == ("x", 0)
    assert result.program.inverted
    assert result.program.train_accuracy == result.program.test_accuracy == 1.0
    assert result.predict(columns).tolist() == (1 - columns["x"]).tolist()
    assert result.top[0].inverted


def test_modular_addition_and_its_twin():
    task = synth.load_task("mod-add:p=31,train=0.3")
    found = synth.contrast(task, "modular")
    one, two = found.structured, found.random
    assert (one.chosen, two.chosen) == ("program", "table")
    assert one.program.text == "x + y"
    assert one.optimal
    assert one.program.test_accuracy == 1.0
    assert two.table.test_accuracy < 0.1
    assert one.table.bits == two.table.bits
    assert one.log2_chance_bound < -1000
    assert two.chance_bound == 1.0
    assert np.array_equal(one.predict(task.columns), task.labels)
    assert one.certified_bits + 1 + np.log2(task.training + 1) >= one.total_bits


def test_exhausted_search_is_certain_of_everything():
    result = synth.search(synth.load_task("shj:type=6"))
    assert result.stop_reason in ("optimal", "exhausted")
    assert result.optimal
    task = synth.load_task("parity:n=3,train=1.0").permuted(1)
    result = synth.search(task, "boolean:and-or-not", max_bits=100)
    assert result.optimal
    if result.stop_reason == "exhausted":
        assert result.certified_bits is None


def test_an_optimal_result_stays_the_best_when_searched_further():
    for spec in ("parity:n=4,k=2", "conjunction:n=5,k=2", "mod-mul:p=7", "monk:1"):
        task = synth.load_task(spec)
        result = synth.search(task)
        assert result.optimal, spec
        grammar_bits = (result.certified_bits or 0) + 4
        further = synth.search(task, max_bits=grammar_bits)
        assert further.total_bits == result.total_bits


def test_a_proven_best_ends_the_twins_search_by_another_name():
    both = synth.contrast(synth.load_task("mod-add:p=31"))
    assert (both.structured.stop_reason, both.structured.optimal) == ("optimal", True)
    assert (both.random.stop_reason, both.random.optimal) == ("structured-optimal", False)


def test_front_and_top():
    result = synth.search(synth.load_task("monk:1"), max_bits=26)
    exceptions = [p.exceptions for p in result.front]
    assert exceptions == sorted(set(exceptions), reverse=True)
    lengths = [p.bits for p in result.front]
    assert lengths == sorted(lengths)
    totals = [h.total_bits for h in result.top]
    assert totals == sorted(totals)
    assert totals[0] == result.total_bits
    assert len(result.top) == 10
    assert 0.9 < sum(h.share for h in result.top) <= 1 + 1e-9
    for h in result.top:
        if h.kind == "program":
            expected = codes.program_total(h.bits, result.rows["train"], h.exceptions, 2, False)
            assert h.total_bits == pytest.approx(expected)


def test_posterior_shares_sum_to_one_over_everything():
    result = synth.search(synth.load_task("shj:type=2"), max_bits=20, top=1000)
    assert sum(h.share for h in result.top) == pytest.approx(1.0)


def test_labels_are_mapped_back(tmp_path):
    path = tmp_path / "t.csv"
    rows = [(a, b) for a in range(6) for b in range(6)]
    path.write_text(
        "a,b,verdict\n" + "".join(f"{a},{b},{'more' if a > b else 'less'}\n" for a, b in rows)
    )
    task = synth.read_table(path, train=0.5)
    result = synth.search(task, "integer")
    assert result.program.test_accuracy == 1.0
    columns = {"a": np.array([5, 1]), "b": np.array([2, 4])}
    assert result.predict(columns).tolist() == ["more", "less"]
    table = replace(result, chosen="table")
    row = int(np.flatnonzero(task.train)[0])
    seen = {n: c[row : row + 1] for n, c in task.columns.items()}
    assert table.predict(seen).tolist() == [task.label_text(task.labels[row])]
    assert result.label_names == {"false": "less", "true": "more"}


def test_held_out_labels_do_not_even_number_the_labels(tmp_path):
    """A text label that occurs only among held-out rows changes no bit."""
    path, documents = tmp_path / "t.csv", []
    for other in ("b", "aa"):
        rows = [f"{i % 5},{'abc'[i % 3]}" for i in range(40)]
        path.write_text("x,y\n" + "\n".join(rows) + "\n")
        train = synth.read_table(path, train=0.5).train
        for i in range(40):
            rows[i] = rows[i] if train[i] else f"{i % 5},{other}"
        path.write_text("x,y\n" + "\n".join(rows) + "\n")
        document = synth.search(synth.read_table(path, train=0.5), max_bits=12).to_dict()
        for part in (document["program"], document["table"]):
            part.pop("test_accuracy")
        assert document["rows"].pop("unseen_labels") == (0 if other == "b" else 20)
        documents.append({**document, "seconds": 0, "source": None})
    assert documents[0] == documents[1]


def test_raw_text_columns_predict(tmp_path):
    path = tmp_path / "t.csv"
    rows = [("red", 0, "yes"), ("green", 1, "no"), ("blue", 2, "no")] * 20
    path.write_text("colour,n,y\n" + "".join(f"{c},{n},{y}\n" for c, n, y in rows))
    result = synth.search(str(path))
    asked = {"colour": np.array(["red", "blue", "pink"]), "n": np.array([1, 2, 3])}
    assert result.predict(asked).tolist() == ["yes", "no", "no"]


def test_predictions_beyond_the_labels():
    columns = {"x": np.arange(40) % 5}
    labels = np.array([10, 20, 30, 40, 50])[columns["x"]] // 10
    task = synth.Task("t", columns, {"x": Int(0, 9)}, labels, Int(1, 5))
    result = synth.search(task)
    assert result.program.text == "x + 1"
    assert result.predict({"x": np.array([0, 4, 9])}).tolist() == [1, 5, 10]


def test_a_number_is_predicted_that_never_was_a_label():
    a, b = np.arange(40) % 7, np.arange(40) // 7
    types = {"a": Int(0, 100), "b": Int(0, 100)}
    result = synth.search(synth.Task("line", {"a": a, "b": b}, types, 2 * a + b, Int(0, 300)))
    assert result.predict({"a": [1, 30], "b": [1, 30]}).tolist() == [3, 90]


def test_saved_and_loaded(tmp_path):
    task = synth.load_task("parity:n=4,k=2")
    result, both = synth.search(task), synth.contrast(task)
    for run in (result, both):
        path = tmp_path / "run.json"
        synth.save_run(run, path)
        loaded = synth.load_run(path)
        assert loaded.to_dict() == json.loads(path.read_text()) == run.to_dict()
        assert loaded == run
        assert [p.name for p in tmp_path.iterdir()] == ["run.json"]
    with pytest.raises(RunError, match="see `synth predict`"):
        synth.load_run(path).structured.predict(task.columns)
    with pytest.raises(RunError, match="cannot be written"):
        synth.save_run(result, tmp_path / "no" / "run.json")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is not JSON; allowed: a file that --save wrote"),
        ("[]", "is not a saved run"),
        ("{}", "is not a saved run"),
        ('{"format": "synth-run-1", "kind": "search", "x": 1}', "not a saved search"),
        ('{"format": "synth-run-1", "kind": "contrast"}', "not a saved contrast"),
    ],
)
def test_files_that_are_no_runs(tmp_path, text, words):
    path = tmp_path / "run.json"
    path.write_text(text)
    with pytest.raises(RunError, match=words):
        synth.load_run(path)
    with pytest.raises(RunError, match="cannot be read"):
        synth.load_run(tmp_path / "none.json")


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"max_bits": -1}, "max_bits=-1; allowed: 0 and more"),
        ({"max_bits": 1e9}, "allowed: 0"),
        ({"max_programs": 0}, "max_programs=0; allowed: 1 and more"),
        ({"seconds": -1}, "seconds=-1; allowed: 0 and more"),
        ({"memory": 10}, r"memory=10; allowed: 1 MiB \(1048576\) and more"),
        ({"memory": "1GB"}, "memory='1GB'; allowed"),
        ({"seconds": float("nan")}, "seconds=nan; allowed"),
        ({"top": 0}, "top=0; allowed: 1 and more"),
    ],
)
def test_limit_errors(given_, words):
    with pytest.raises(SettingError, match=words):
        synth.search(synth.load_task("parity:n=3"), **given_)


def test_other_errors():
    task = synth.load_task("parity:n=3")
    with pytest.raises(SettingError, match="twin='sorted'; allowed: permuted, uniform"):
        synth.contrast(task, twin="sorted")
    with pytest.raises(
        DSLError,
        match=r"no DSL 'lisp'; known: boolean, features, fourier, integer, loops, machines",
    ):
        synth.search(task, "lisp")
    with pytest.raises(DSLError, match="DSL modular:p=5 has no type for Bool"):
        synth.search(task, "modular:p=5")
    with pytest.raises(SettingError, match="basis='or'; allowed: and-or, and-or-not"):
        synth.search(task, "boolean:or")
    mixed = synth.Task("m", {"x": [0, 1]}, {"x": Mod(5)}, [0, 1], Bool)
    with pytest.raises(
        DSLError, match=r"no built-in DSL fits columns and labels of Bool, Mod\(5\)"
    ):
        synth.search(mixed)
    dsl = synth.DSL("no-bool", types=(Bool, Int(0, 9)))
    wide = synth.Task("w", {"x": [0, 1]}, {"x": Int(0, 9)}, [0, 1], Bool)
    with pytest.raises(DSLError, match="has no program of type Bool over the columns"):
        synth.search(wide, dsl)
    grammar = synth.Grammar(synth.load_dsl("integer"), {"x": Int(0, 9)})
    with pytest.raises(DSLError, match="type=None; give one of the grammar's types"):
        synth.enumerate_programs(grammar, {"x": [1]})
    with pytest.raises(DSLError, match="type=<function Int"):
        synth.enumerate_programs(grammar, {"x": [1]}, type=Int)
    with pytest.raises(SettingError, match="no limit second=3; allowed: max_bits, max_programs"):
        synth.search(task, second=3)
    with pytest.raises(DSLError, match="no column for input x"):
        synth.enumerate_programs(grammar, {"y": [1]}, type=Bool)


def test_ctrl_c_returns_the_best_so_far():
    task = synth.load_task("multiplexer:a=3")
    calls = []

    def soon(engine):
        """Half a second after the search is under way, however long compiling took."""
        if not calls:
            threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
        calls.append(engine)

    result = synth.search(task, max_bits=200, seconds=600, progress=soon)
    assert result.stop_reason == "interrupted"
    assert result.program is not None
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_search_outside_the_main_thread():
    found = []
    task = synth.load_task("parity:n=3")
    thread = threading.Thread(target=lambda: found.append(synth.search(task)))
    thread.start()
    thread.join()
    assert found[0].program.test_accuracy is not None


def test_columns_must_fit_the_dsl():
    task = synth.Task("big", {"x": [0, 10**7]}, {"x": Int(0, 10**7)}, [0, 1], Bool)
    with pytest.raises(DSLError, match=r"input x: DSL integer has no type for Int\(0, 10000000\)"):
        synth.search(task, "integer:low=-10,high=10")
    assert synth.search(task).program is not None  # the default is wide enough


def test_a_program_wrong_on_exactly_half_is_read_as_it_is():
    columns = {"x": np.arange(8) % 2, "y": np.arange(8) // 2 % 2}
    task = synth.Task("half", columns, dict.fromkeys(columns, Bool), columns["y"], Bool)
    result = synth.search(task, max_bits=2)
    (half,) = [h for h in result.top if h.text == "x"]
    assert (half.exceptions, half.inverted) == (4, False)


def test_an_exact_search_begins_with_the_least_memory():
    assert synth.search("parity:n=3", exact=True, memory=2**20).optimal


def test_numbers_of_numpy_are_numbers():
    result = synth.search(
        "parity:n=3", memory=5e6, max_bits=np.float32(12), max_programs=1e3, top=np.int64(3)
    )
    assert json.loads(json.dumps(result.to_dict()))["settings"]["memory"] == 5_000_000


def test_little_reach_is_no_error():
    for spec in ("monk:1", "mod-add:p=5"):
        for most in (0, 1, 2, 5, 7):
            assert synth.search(spec, max_bits=most).stop_reason in ("max_bits", "optimal")


@pytest.mark.parametrize("columns", [{"x": [1], "y": [1, 2]}, {"x": [[1]], "y": [[1]]}])
def test_columns_of_wrong_shapes(columns):
    grammar = synth.Grammar(synth.load_dsl("integer"), {"x": Int(0, 9), "y": Int(0, 9)})
    with pytest.raises(DSLError, match="columns of shapes"):
        synth.enumerate_programs(grammar, columns, type=Bool, max_bits=5)


def test_html_escapes_what_strangers_wrote():
    columns = {"<script>": np.arange(8) % 2}
    task = synth.Task("<b>", columns, {"<script>": Bool}, columns["<script>"], Bool)
    for run in (synth.search(task), synth.contrast(task)):
        html = run._repr_html_()
        assert "<script>" not in html
        assert "&lt;script&gt;" in html
        assert "<b>" not in html


def test_random_labels_beat_the_table_as_seldom_as_kraft_says():
    """n = 60, two labels, 3,000 draws: *any* hypothesis saves c bits with chance 2**-c at most.

    One enumeration, all labellings at once, and the search itself on some of them.
    """
    generator = np.random.default_rng(5)
    rows = generator.permutation(64)[:60]
    columns = {f"x{v}": (rows >> v & 1).astype(bool) for v in range(6)}
    types = dict.fromkeys(columns, Bool)
    dsl = synth.load_dsl("boolean")
    found = synth.enumerate_programs(synth.Grammar(dsl, types), columns, max_bits=16)
    behaviours = found.values.astype(np.float32)
    labellings = generator.random((3000, 60)) < 0.5
    # Exceptions of every behaviour on every labelling, or of its negation.
    errors = behaviours @ (1.0 - labellings.T) + (1.0 - behaviours) @ labellings.T.astype(
        np.float32
    )
    errors = np.rint(errors).astype(int)
    n = 60
    data = np.array([1 + math.log2(n + 1) + math.log2(math.comb(n, e)) for e in range(n + 1)])
    totals = (found.bits[:, None] + data[errors]).min(axis=0)
    ones = labellings.sum(axis=1)
    frequency = [math.log2(n + 1) + math.log2(math.comb(n, k)) for k in ones.tolist()]
    totals = np.minimum(totals, 2 + np.minimum(n, frequency))
    for c in (0, 1, 2, 5):
        assert np.mean(totals <= n - c) <= 2.0**-c
    assert np.mean(totals <= n) > 0  # some do
    for labels, total in zip(labellings[:5], totals, strict=False):
        task = synth.Task("drawn", columns, types, labels, Bool)
        assert synth.search(task, dsl, max_bits=16).total_bits == pytest.approx(total)


@pytest.mark.parametrize("reason", ["interrupted", "memory", "seconds", "max_programs"])
def test_a_part_of_the_programs_is_not_taken_for_all(monkeypatch, reason):
    """What is cut short says so, and those who need every program refuse it."""
    whole = enumeration.enumerate_programs

    def part(*given, **limits):
        found = whole(*given, **limits)
        found.stop_reason = reason
        return found

    for module in (enumeration, shortest, named, chain, imbalance):
        monkeypatch.setattr(module, "enumerate_programs", part)
    columns = {f"x{v}": (np.arange(8) >> v & 1).astype(bool) for v in range(3)}
    grammar = synth.Grammar(synth.load_dsl("boolean"), dict.fromkeys(columns, Bool))
    error = KeyboardInterrupt if reason == "interrupted" else SettingError
    for use in (
        lambda: enumeration.enumerate_programs(grammar, columns, max_bits=9).whole(),
        lambda: shortest.Shortest(grammar, columns, max_bits=9),
        lambda: least_bits(synth.exact_prior("boolean", 2)),
        lambda: make_world("mod-mul:p=5,train=0.5", max_bits=8),
        lambda: imbalance._Space(3, 9.0),
    ):
        with pytest.raises(error, match=None if reason == "interrupted" else f"since {reason}"):
            use()


@pytest.mark.parametrize(("value", "text"), [(8e-320, "0.0"), (0.5 + 2.0**-40, "0.5")])
def test_a_constant_is_written_as_the_label_that_it_is_compared_with(value, text):
    dsl = synth.DSL("negation", types=(Real,))
    dsl.add(np.negative, "Real -> Real", name="minus")
    labels = np.array([0.0, 0.5, 0.0 if text == "0.0" else 0.5])
    task = synth.Task("t", {"x": np.full(3, value)}, {"x": Real}, labels, Real)
    result = synth.search(task, dsl, max_bits=3, moves=0)
    said = result.program
    assert (said.text, said.written, said.kind, said.exceptions) == (text, "x", "constant", 1)
    assert Truth(task, dsl).judged(1, task.columns["x"]).constant == text


@pytest.mark.parametrize(
    ("task", "settings"),
    [
        ("parity:n=5", {"moves": 0}),
        ("parity:n=5", {"moves": 60}),
        ("parity:n=5", {"checkpoint": "kept.part", "moves": 60}),
        ("parity:n=4,k=2", {"exact": True, "moves": 60}),
        pytest.param("monk:1", {"threads": 2, "moves": 60}, marks=pytest.mark.slow),
        ("mod-x2xyy2:p=7", {"threads": 2, "moves": 60}),
        pytest.param("tic-tac-toe", {"moves": 30}, marks=pytest.mark.slow),
        ("examples/measured.csv", {"dsl": "real:functions=true"}),
    ],
)
def test_rows_are_freed_when_a_search_ends(task, settings, tmp_path, monkeypatch):
    """No reference cycle keeps them: a second search would need new memory from the system."""
    made, begin = [], Bank.__init__
    search = synth.search
    if task.endswith(".csv"):
        task, search = synth.load_task(Path(__file__).parent.parent / task), regress
    monkeypatch.chdir(tmp_path)

    def noted(bank, *given, **named):
        begin(bank, *given, **named)
        made.append(weakref.ref(bank))

    monkeypatch.setattr(Bank, "__init__", noted)
    gc.collect()
    gc.disable()
    try:
        search(task, max_programs=20_000, seconds=None, **settings)
        kept = sum(bank() is not None for bank in made)
    finally:
        gc.enable()
    assert made
    assert kept == 0
