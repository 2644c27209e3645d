"""What a table becomes: order and spellings of texts, thresholds, rows held out, data frames."""

import csv
import io
import pickle
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.errors import SynthError, TaskError
from synth.tasks.held_out import Split
from synth.tasks.reading import read_grid
from synth.tasks.words import SCALES, as_spelled, in_order, said_spellings, spellings


def written(tmp_path, rows, name="t.csv"):
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    (tmp_path / name).write_text(file.getvalue())
    return tmp_path / name


def table(tmp_path, rows, **options):
    return synth.read_table(written(tmp_path, rows), **{"train": 1.0} | options)


@pytest.mark.parametrize(
    "texts",
    [
        ["nein", "ja"], ["no", "Yes"], ["non", "oui"], ["N", "J"], ["false", "t"],
        ["0-9g/day", "10-19", "20-29", "30+"], ["<20", "20-29", ">29"], ["20", "over 20"],
        ["grade 2", "grade 10"], ["low", "Medium", "high"], ["S", "M", "XL"], ["mild", "hot"],
        ["Jan", "feb", "March"], ["nie", "selten", "oft"], ["2seater", "suv"], ["b1", "b2", "c"],
        ["a 1", "b 1"], ["Setosa", "virginica"], ["unacc", "acc", "good", "vgood"],
    ],
)  # fmt: skip
def test_texts_are_in_the_order_of_people(texts):
    assert in_order(texts) == in_order(texts[::-1]) == texts


def test_scales_have_each_word_once():
    for scale in SCALES:
        assert sorted(set(scale.values())) == list(range(max(scale.values()) + 1))
        assert all(word == word.casefold().strip() for word in scale)


def test_spellings():
    texts = ["Yes", "yes", "YES", "Yes", "no", "pale  blue", "pale blue", "pale blue"]
    known = spellings(texts)
    assert [as_spelled(t, known) for t in ("yES", "NO", "Pale Blue", "x")] == [
        "Yes", "no", "pale blue", "x",
    ]  # fmt: skip
    assert said_spellings(texts) == ["Yes (also YES, yes)", "pale blue (also pale  blue)"]
    # Genotypes and short codes differ in case on purpose.
    for texts in (["AA", "Aa", "aa"], ["AaBb", "aabb", "AABB"], ["m", "M"]):
        assert said_spellings(texts) == []
        assert [as_spelled(t, spellings(texts)) for t in texts] == texts


def test_spellings_of_labels_and_of_inputs_are_one(tmp_path):
    rows = [
        ["c", "y"],
        ["Red", "Ja"],
        ["red", "nein"],
        ["BLUE", "ja"],
        ["Red", "NEIN"],
        ["blue", "ja"],
    ]
    task = table(tmp_path, rows)
    assert list(task.types) == ["c=Red", "c=blue"]
    assert task.label_names == {0: "nein", 1: "ja"}
    assert task.labels.tolist() == [1, 0, 1, 0, 1]
    assert task.encode({"c": ["RED", "blue"]})["c=Red"].tolist() == [True, False]
    task = table(tmp_path, rows, label="c=red")
    assert (task.labels.tolist(), task.label_names[1]) == ([1, 1, 0, 1, 0], "red")


SIGNS = [("<", np.less), ("<=", np.less_equal), (">", np.greater), (">=", np.greater_equal)]


@given(st.lists(st.integers(-50, 50), min_size=4, max_size=12, unique=True), st.data())
@settings(max_examples=60, deadline=None)
def test_thresholds_on_labels(tmp_path_factory, numbers, data):
    value = data.draw(st.sampled_from(numbers))
    sign, holds = data.draw(st.sampled_from(SIGNS))
    right = holds(np.array(numbers) / 4, value / 4)
    shown = [f"({-n / 4})" if n < 0 else str(n / 4) for n in numbers]
    path = tmp_path_factory.getbasetemp()
    rows = [["x", "y"], *([k * k % 7, text] for k, text in enumerate(shown))]
    given = {"label": f"y {sign} {value / 4}"}
    if right.all() or not right.any():
        with pytest.raises(TaskError, match="one label only"):
            table(path, rows, **given)
    else:
        task = table(path, rows, **given)
        assert task.labels.astype(bool).tolist() == right.tolist()
        assert task.label_names[1] == f"{sign} {value / 4}"


def test_a_threshold_on_dates_and_an_exact_name_first(tmp_path):
    rows = [["x", "day"], *([k, f"{k + 1}.2.2024"] for k in range(9))]
    assert table(tmp_path, rows, label="day>=2024-02-05").labels.tolist() == [0] * 4 + [1] * 5
    assert table(tmp_path, rows, label="day>=5.2.2024").labels.tolist() == [0] * 4 + [1] * 5
    rows = [["x", "age>=57", "age"], *([k, k % 2, 55 + k] for k in range(6))]
    assert table(tmp_path, rows, label="age>=57").labels.tolist() == [0, 1] * 3
    assert table(tmp_path, rows, label="age>=57=0").labels.tolist() == [1, 0] * 3


@given(st.integers(3, 40), st.integers(2, 6), st.floats(0.2, 0.8), st.integers(0, 9))
def test_groups_are_held_out_whole_and_last_rows_last(rows, groups, train, seed):
    numbers = np.arange(rows) % min(groups, rows)
    mask = Split(rows, groups=numbers).mask(0.5, seed)
    held = {g for g in set(numbers.tolist()) if not mask[numbers == g].any()}
    assert all(mask[numbers == g].all() for g in set(numbers.tolist()) - held)
    assert len(held) == min(groups, rows) - round(0.5 * min(groups, rows))
    ordered = Split(rows, ordered=True).mask(train, seed)
    assert ordered.tolist() == sorted(ordered.tolist(), reverse=True)
    assert ordered.sum() == Split(rows).mask(train, seed).sum() == round(train * rows)


def test_a_split_of_ones_own_stays(tmp_path):
    rows = [["g", "x", "part", "y"]]
    rows += [[f"g{k // 5}", k * 3 % 7, ["a", "b"][k % 3 > 0], k % 2] for k in range(30)]
    task = table(tmp_path, rows, test="part=a", train=None)
    assert task.train.tolist() == [k % 3 > 0 for k in range(30)]
    assert not any(name.startswith("part") for name in task.types)
    assert pickle.loads(pickle.dumps(task)).permuted(1).train.tolist() == task.train.tolist()  # noqa: S301
    with pytest.raises(TaskError, match=r"train 0\.5: the test set says which rows"):
        task.split(0.5)
    task = table(tmp_path, rows, test="g", train=None)
    for seed in range(5):
        train = task.split(0.5, seed).train.reshape(6, 5)
        assert (train.all(axis=1) | ~train.any(axis=1)).all()
        assert train.sum() == 15
    task = table(tmp_path, rows, test="x>=5", train=None)
    assert "x" in task.types
    assert (task.columns["x"][task.train] < 5).all()
    for test, words in (
        ("x>=9", "test x>=9: no row is held out"),
        ("x>=0", "test x>=0: every row is held out"),
        ("part=c", "has no value 'c'; values there: a, b"),
        ("nothing.csv", r"test 'nothing\.csv'; allowed: COLUMN=VALUE"),
    ):
        with pytest.raises(TaskError, match=words):
            table(tmp_path, rows, test=test, train=None)


TRAIN = [["a", "c", "d", "y"], *([k, "pqr"[k % 3], k % 4, k % 2] for k in range(12))]


def with_test(tmp_path, rows, **options):
    path = written(tmp_path, rows, "test.csv")
    return table(tmp_path, TRAIN, test=str(path), train=None, **options)


def test_a_test_set_in_a_file_of_its_own(tmp_path):
    alone = table(tmp_path, TRAIN)
    task = with_test(tmp_path, [["y", "c", "a", "d"], [1, "q", 99, 0], [0, "new", 3, 1]])
    assert (task.rows, task.training) == (14, 12)
    assert task.train.tolist() == [True] * 12 + [False] * 2
    assert task.columns["a"][12:].tolist() == [99, 3]
    assert task.types == alone.types | {"a": synth.Int(0, 99)}
    assert [task.columns[f"c={v}"][13] for v in "pqr"] == [False] * 3
    assert "2 of 14 rows are held out: " in "".join(task.notes)
    found = synth.search(task, max_bits=8, moves=0, threads=1)
    assert found.rows["test"] == 2
    # A test set never decides the types of columns, whatever is in it.
    task = with_test(tmp_path, [["a", "c", "d", "y"], ["x", "", "7", 1], ["", "p", "oops", 0]])
    assert {n: t for n, t in task.types.items() if n[0] == "c"} == {
        n: t for n, t in alone.types.items() if n[0] == "c"
    }
    assert np.isnan(task.columns["a"][12:]).all()
    assert not np.isnan(task.columns["a"][:12]).any()
    assert "a 1 ('x'), d 1 ('oops')" in "".join(task.notes)


def test_what_a_test_set_lacks_is_said(tmp_path):
    task = with_test(tmp_path, [["a", "y", "z"], [3, 1, 2], [4, 0, 2]])
    assert list(task.types) == ["a"]
    assert "left out, since the test set lacks them: c, d" in task.notes
    assert "columns of the test set alone are not used: z" in task.notes
    for rows, words in (
        (
            [["a", "c"], [1, "p"], [2, "q"]],
            r"test set .*test\.csv: no column 'y', which has the labels",
        ),
        ([["b", "y"], [1, 0], [2, 1]], "none of the input columns"),
    ):
        with pytest.raises(TaskError, match=words):
            with_test(tmp_path, rows)


def test_saved_runs_with_a_test_set_are_verified(tmp_path, monkeypatch):
    written(tmp_path, [["a", "c", "d", "y"], [3, "p", 1, 0], [5, "q", 2, 1]], "test.csv")
    written(tmp_path, TRAIN)
    monkeypatch.chdir(tmp_path)
    found = synth.search(synth.load_task("t.csv", test="test.csv"), max_bits=8, moves=0, threads=1)
    synth.save_run(found, "run.json")
    monkeypatch.chdir("/")
    claims = synth.verify(tmp_path / "run.json")
    assert not [c for c in claims if c.holds is False]


CELLS = {
    "numbers": st.one_of(st.none(), st.floats(-99, 99).map(lambda x: round(x, 2))),
    "whole": st.integers(-9, 9),
    "texts": st.sampled_from(["red", "pale blue", "x;y", None]),
    "truth": st.booleans(),
}


@given(st.data(), st.integers(4, 9))
@settings(max_examples=40, deadline=None)
def test_frames_are_read_as_files_are(tmp_path_factory, data, rows):
    pandas = pytest.importorskip("pandas")
    polars = pytest.importorskip("polars")
    columns = {
        name: data.draw(st.lists(cells, min_size=rows, max_size=rows))
        for name, cells in CELLS.items()
    }
    columns["y"] = [("no", "yes")[k % 2] for k in range(rows)]
    frame = pandas.DataFrame(columns)
    path = tmp_path_factory.getbasetemp() / "frame.csv"
    frame.to_csv(path, index=False)
    try:
        read = synth.read_table(path, train=1.0)
    except SynthError as error:
        with pytest.raises(type(error)):
            synth.Task.from_frame(frame, train=1.0)
        return
    for one in (frame, polars.DataFrame(columns), columns):
        task = synth.Task.from_frame(one, train=1.0)
        assert (task.types, task.notes) == (read.types, read.notes)
        for name in task.types:
            assert np.array_equal(task.columns[name], read.columns[name], equal_nan=True)


def test_frames_of_other_kinds():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({
        "i": pandas.array([1, None, 3, 4], dtype="Int64"),
        "c": pandas.Categorical(["u", "v", "u", "v"]),
        "t": pandas.to_datetime(["2024-01-01", "2024-01-02", None, "2024-02-04"]),
        "y": [True, False, True, False],
    })  # fmt: skip
    task = synth.Task.from_frame(frame, name="mine", label="y", train=1.0)
    assert (task.name, task.label, task.labels.tolist()) == ("mine", "y", [1, 0, 1, 0])
    assert np.array_equal(task.columns["i"], [1, np.nan, 3, 4], equal_nan=True)
    assert task.columns["t is missing"].tolist() == [False, False, True, False]
    asked = task.encode(frame.drop(columns="y"))
    assert all(np.array_equal(asked[n], task.columns[n], equal_nan=True) for n in task.types)
    for bad, words in (
        (5, "int; allowed: a data frame of pandas, polars or pyarrow"),
        (pandas.DataFrame(), "a data frame without rows"),
        (pandas.DataFrame([[1, 2]], columns=["a", "a"]), "twice|same"),
        ({"a": [1], "b": [1, 2]}, "columns of different lengths"),
    ):
        with pytest.raises(TaskError, match=words):
            synth.Task.from_frame(bad)
    with pytest.raises(TaskError, match="option 'labl'; allowed: label, drop"):
        synth.Task.from_frame(frame, labl="y")
    with pytest.raises(TaskError, match="not for a data frame"):
        synth.Task.from_frame(frame, test=__file__)


@given(st.data())
@settings(max_examples=80, deadline=None)
def test_a_row_like_others_is_never_a_footer(tmp_path_factory, data):
    """The last row has texts that appear above, or numbers only; gaps may be anywhere."""
    rows = data.draw(st.integers(4, 9))
    words = st.sampled_from(["Total", "Source: x", "note", "b", ""])
    last = rows - 1
    columns = []
    for k in range(3):
        if k == 2 or data.draw(st.booleans()):
            numbers = st.lists(st.integers(1, 99), min_size=rows, max_size=rows)
            columns.append(list(map(str, data.draw(numbers))))
        else:
            texts = data.draw(st.lists(words, min_size=rows, max_size=rows))
            texts[0], texts[last] = data.draw(st.permutations(["Total", "b"]))
            texts[1] = texts[last]
            columns.append(texts)
    body = [list(row) for row in zip(*columns, strict=True)]
    path = written(tmp_path_factory.getbasetemp(), [["p", "q", "r"], *body], "footer.csv")
    assert [list(row) for row in read_grid(path).rows] == body


def test_codes_for_missing_values_are_said_and_kept(tmp_path):
    rows = [["t", "u", "v", "y"]]
    for k in range(20):
        near, once = 99 if k % 4 == 0 else 90 + k % 9, -9 if k == 3 else k % 3
        rows.append([-999 if k % 5 == 0 else k, near, once, k % 2])
    task = table(tmp_path, rows)
    said = [note for note in task.notes if "appears" in note]
    assert said == [
        "-999 appears 4 times in t, far below all others; --na -999 reads it as missing"
    ]
    assert (task.columns["t"] == -999).sum() == 4
    rows[2][0] = "NA"  # --na sets all texts, so the advice has the ones that are there
    task = table(tmp_path, rows)
    assert any("--na NA,-999 reads it as missing" in note for note in task.notes)
    task = table(tmp_path, rows, na=["NA", "-999", "n.d."])
    assert np.isnan(task.columns["t"]).sum() == 5
    assert "no cell is 'n.d.', which --na names" in task.notes


def test_a_word_of_the_column_is_no_total(tmp_path):
    rows = [["brand", "x", "y"], ["Total", 1, 0], ["Kix", 2, 1], ["Kix", 4, 1], ["Life", 3, 0]]
    kept = read_grid(written(tmp_path, [*rows, ["TOTAL", "", 1]]))
    assert (len(kept.rows), kept.notes) == (5, ())
    rows[1][0] = "Cheerios"
    assert len(read_grid(written(tmp_path, [*rows, ["TOTAL", "", 1]])).rows) == 4


@pytest.mark.parametrize(("rows", "training"), [(49, 49), (50, 25)])
def test_small_tables_train_on_all_rows_unless_asked(tmp_path, rows, training):
    cells = [("x", "y"), *((k, k % 2) for k in range(rows))]
    task = table(tmp_path, cells, train=None)
    assert task.training == training
    assert any("all are for training" in note for note in task.notes) is (training == rows)
    assert task.settings["train"] == training / rows
    for asked in ({"train": 0.5}, {"train": 24}, {"train": None, "test": "last"}):
        task = table(tmp_path, cells, **asked)
        assert 24 <= task.training <= 25
        assert not any("all are for training" in note for note in task.notes)


def test_a_frame_or_a_label_in_place_of_a_task_is_answered_with_what_makes_one(tmp_path):
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [k % 7 for k in range(60)], "buys": ["yes", "no"] * 30})
    frame.to_csv(tmp_path / "shop.csv", index=False)
    makes = re.escape("synth.Task.from_frame(frame, label=...)")
    for take in (synth.search, synth.contrast, synth.Search, synth.load_task, synth.compare):
        given = [frame] if take is synth.compare else frame
        with pytest.raises(SynthError, match=makes) as caught:
            take(given)
        assert len(str(caught.value)) < 200
    for take in (synth.search, synth.contrast):
        with pytest.raises(SynthError, match=makes):
            take(frame, label="buys")
        with pytest.raises(SynthError) as caught:
            take(str(tmp_path / "shop.csv"), label="buys")
        assert "synth.load_task(..., label='buys')" in str(caught.value)
        assert "synth.Task.from_frame(..., label='buys')" in str(caught.value)
    task = synth.load_task(tmp_path / "shop.csv", label="buys")
    assert synth.search(task, max_bits=4, moves=0).task == "shop.csv"
