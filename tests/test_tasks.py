"""The built-in tasks against their sources, twins, and splits."""

import itertools
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth import tasks
from synth.errors import SettingError, SynthError, TaskError, TypeMismatchError
from synth.language.types import Bool, Complex, Int
from synth.tasks import all_rows, functions


@pytest.mark.parametrize("name", tasks.names())
def test_every_task_is_made_and_described(name):
    task = tasks.load_task(name)
    assert task.training >= 1
    assert len(task.alphabet) >= 2
    text, settings_ = tasks.describe(name)
    assert text
    assert {"train", "seed"} <= set(settings_)
    same = tasks.load_task(name)
    assert np.array_equal(same.labels, task.labels)
    assert np.array_equal(same.train, task.train)


def test_shepard_hovland_jenkins_types():
    """The true vertices of the cube form a face, two antipodal edges, a bent path, a claw, a path
    of three with a separate vertex, and four separate vertices."""
    cube = nx.hypercube_graph(3)
    shapes = {}
    for number in range(1, 7):
        task = tasks.load_task(f"shj:type={number}")
        rows = zip(*(task.columns[f"x{i}"].astype(int) for i in range(3)), strict=True)
        true = [tuple(map(int, r)) for r, y in zip(rows, task.labels, strict=True) if y]
        shapes[number] = sorted(d for _, d in cube.subgraph(true).degree())
    assert shapes == {
        1: [2, 2, 2, 2], 2: [1, 1, 1, 1], 3: [1, 1, 2, 2],
        4: [1, 1, 1, 3], 5: [0, 1, 1, 2], 6: [0, 0, 0, 0],
    }  # fmt: skip


def test_boolean_tasks():
    task = tasks.load_task("parity:n=5,k=2")
    assert np.array_equal(task.labels, task.columns["x0"] ^ task.columns["x1"])
    task = tasks.load_task("majority:5")
    assert np.array_equal(task.labels, sum(task.columns[f"x{i}"].astype(int) for i in range(5)) > 2)
    task = tasks.load_task("multiplexer:a=2")
    assert task.rows == 64
    for row in range(64):
        bits = [int(task.columns[f"x{i}"][row]) for i in range(6)]
        assert task.labels[row] == bits[2 + bits[0] + 2 * bits[1]]
    task = tasks.load_task("conjunction:n=4,k=2")
    assert task.labels.sum() == 4
    wide = tasks.load_task("parity:n=40,k=3,rows=500")
    assert wide.rows == 500
    assert len({tuple(r) for r in np.array(list(wide.columns.values())).T.tolist()}) == 500


def test_monk_problems():
    """Thrun et al. 1991: 432 rows; 216, 142 and 228 of them are true."""
    rules = {
        1: lambda a: a[0] == a[1] or a[4] == 1,
        2: lambda a: sum(v == 1 for v in a) == 2,
        3: lambda a: (a[4] == 3 and a[3] == 1) or (a[4] != 4 and a[1] != 3),
    }
    for problem, true, train in ((1, 216, 124), (2, 142, 169), (3, 228, 122)):
        task = tasks.load_task(f"monk:{problem}")
        assert (task.rows, task.training) == (432, train)
        rows = zip(*(c.tolist() for c in task.columns.values()), strict=True)
        clean = np.array([rules[problem](a) for a in rows])
        assert clean.sum() == true
        wrong = np.flatnonzero(task.labels != clean)
        assert len(wrong) == (6 if problem == 3 else 0)
        assert task.train[wrong].all()


def test_tic_tac_toe():
    """958 end positions, 626 won by x; 16 are draws (Aha 1991)."""
    task = tasks.load_task("tic-tac-toe")
    assert (task.rows, int(task.labels.sum()), len(task.columns)) == (958, 626, 27)
    cells = np.array(list(task.columns.values())).reshape(9, 3, 958)
    assert (cells.sum(axis=1) == 1).all()
    lines = [(0, 1, 2), (3, 4, 5), (6, 7, 8), (0, 3, 6), (1, 4, 7), (2, 5, 8), (0, 4, 8), (2, 4, 6)]
    won = {
        m: np.any([cells[list(line), k].all(axis=0) for line in lines], axis=0)
        for k, m in enumerate("xo")
    }
    assert np.array_equal(won["x"], task.labels)
    assert int((~won["x"] & ~won["o"]).sum()) == 16


@pytest.mark.parametrize("p", [7, 97])
def test_modular_tasks(p):
    formulas = {
        "mod-add": lambda x, y: x + y, "mod-sub": lambda x, y: x - y, "mod-mul": lambda x, y: x * y,
        "mod-div": lambda x, y: x * pow(y, -1, p), "mod-x2y2": lambda x, y: x**2 + y**2,
        "mod-x2xyy2": lambda x, y: x**2 + x * y + y**2, "mod-x3xy": lambda x, y: x**3 + x * y,
        "mod-x3xy2y": lambda x, y: x**3 + x * y**2 + y,
    }  # fmt: skip
    for name, formula in formulas.items():
        task = tasks.load_task(f"{name}:p={p}")
        divides = name == "mod-div"
        assert task.rows == p * (p - 1 if divides else p)
        pairs = list(zip(task.columns["x"].tolist(), task.columns["y"].tolist(), strict=True))
        assert len(set(pairs)) == task.rows
        assert task.labels.tolist() == [formula(x, y) % p for x, y in pairs]


def test_twins():
    task = tasks.load_task("mod-add:p=31")
    permuted = task.permuted(3)
    assert np.array_equal(permuted.counts(), task.counts())
    assert np.array_equal(np.bincount(permuted.labels), np.bincount(task.labels))
    for part in (task.train, ~task.train):
        assert not np.array_equal(permuted.labels[part], task.labels[part])
    assert np.array_equal(permuted.train, task.train)
    assert np.array_equal(task.permuted(3).labels, permuted.labels)
    assert not np.array_equal(task.permuted(4).labels, permuted.labels)
    uniform = task.uniform(3)
    assert set(uniform.labels.tolist()) <= set(range(31))
    assert 0.01 < (uniform.labels == task.labels).mean() < 0.08
    for fraction in (0, 0.25, 1):
        corrupted = task.corrupted(fraction, 3)
        changed = corrupted.labels != task.labels
        assert not changed[~task.train].any()
        expected = fraction * task.training * 30 / 31
        assert abs(changed.sum() - expected) <= 4 * expected**0.5
    with pytest.raises(TaskError, match=r"allowed: fractions 0\.\.1"):
        task.corrupted(2)
    assert [t.labelling for t in (task, permuted, uniform)] == ["true", "permuted", "uniform"]


def test_uniform_labels_may_leave_a_value_out():
    """There are as many label values as there were, though few rows rarely have them all."""
    labels = [0, 3, 6, 5, 9]  # 9 is held out, and no label value
    columns, train = {"x": [0, 1, 0, 1, 0]}, [True, True, True, True, False]
    task = tasks.Task("few", columns, {"x": Bool}, labels, Int(0, 9), train)
    for seed in range(20):
        twin = task.uniform(seed)
        assert twin.alphabet == task.alphabet == (0, 3, 5, 6)
        assert set(twin.labels.tolist()) <= set(task.alphabet)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.data())
def test_training_rows(rows, data):
    columns, labels = {"x": np.arange(rows) % 2}, np.arange(rows) % 2
    task = synth.Task("t", columns, {"x": Bool}, labels, Bool)
    count = data.draw(st.integers(1, rows))
    assert task.split(count, 1).training == count
    assert task.split(1.0).training == rows
    fraction = data.draw(st.floats(0, 1))
    if round(fraction * rows) >= 1:
        assert task.split(fraction).training == round(fraction * rows)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: tasks.load_task("parity:n=3,train=0"), r"set of 0 rows; allowed: 1\.\.8"),
        (lambda: tasks.load_task("parity:n=3,train=0.01"), "a training set of 0 rows"),
        (lambda: tasks.load_task("parity:n=3,train=9"), "a training set of 9 rows"),
        (lambda: tasks.load_task("parity:n=3,train=1.5"), r"train 1.5; allowed: a fraction 0\.\.1"),
        (lambda: tasks.load_task("parity:n=x"), "parity:n=x: n='x'; allowed: an integer"),
        (lambda: tasks.load_task("parity:q=1"), "'q'; settings: n, k, rows, train, seed"),
        (lambda: tasks.load_task("parity:n=3,n=4"), "n is given twice"),
        (lambda: tasks.load_task("parity:4,n=4"), "n is given twice"),
        (lambda: tasks.load_task("parity:n=4,2"), "'2' needs a key, because it follows one"),
        (lambda: tasks.load_task("shj:1,2,3,4,5"), "5 values without a key"),
        (lambda: tasks.load_task("parity:n=4,k=5"), r"k=5; allowed: 1\.\.4"),
        (lambda: tasks.load_task("majority:4"), "n=4; allowed: odd numbers"),
        (lambda: tasks.load_task("monk:4"), "problem=4; allowed: 1, 2, 3"),
        (lambda: tasks.load_task("mod-add:p=1000"), r"p=1000; allowed: 2\.\.251"),
        (lambda: tasks.load_task("mod-div:p=9"), "p=9; allowed: primes"),
        (lambda: tasks.load_task("parity:n=3,seed=-1"), "seed -1; allowed: 0 or more"),
        (lambda: tasks.load_task("nonsense"), "no task 'nonsense'; known: "),
        (lambda: tasks.load_task("plants.cvs"), "no task or file 'plants.cvs'"),
        (lambda: tasks.load_task("parity:n=3", label="x0"), "--label x0: only for CSV files"),
    ],
)  # fmt: skip
def test_task_errors(make, words):
    with pytest.raises((TaskError, SettingError), match=words):
        make()


def test_named_functions():
    expected = {
        "true": lambda a, b, c, d: True,
        "x0": lambda a, b, c, d: a,
        "x0 & x1": lambda a, b, c, d: a and b,
        "parity 2": lambda a, b, c, d: (a + b) % 2,
        "x2 ^ x3": lambda a, b, c, d: c != d,
        "x0 & x1 | x2": lambda a, b, c, d: (a and b) or c,
        "majority 3": lambda a, b, c, d: a + b + c >= 2,
        "multiplexer": lambda a, b, c, d: b if a else c,
        "parity 3": lambda a, b, c, d: (a + b + c) % 2,
        "x0 & x1 | x2 & x3": lambda a, b, c, d: (a and b) or (c and d),
        "parity 4": lambda a, b, c, d: (a + b + c + d) % 2,
    }
    x = list(all_rows(4).values())
    rows = list(zip(*(column.tolist() for column in x), strict=True))
    assert list(functions.NAMED) == list(expected)
    for name, function in functions.NAMED.items():
        values = function(x)
        assert values.dtype == bool, name
        assert values.tolist() == [bool(expected[name](*row)) for row in rows], name


def test_both_sets_of_categories_have_the_same_types():
    """Up to the symmetries of the cube: permutations and negations of the three features."""

    def forms(members):
        for order in itertools.permutations(range(3)):
            for flip in range(8):
                turned = (sum((m >> v & 1) << order[v] for v in range(3)) ^ flip for m in members)
                yield tuple(sorted(turned))

    pairs = zip(functions.CATEGORIES.items(), functions.TASK_CATEGORIES.items(), strict=True)
    for (kind, one), (other, two) in pairs:
        assert kind == other
        assert min(forms(one)) == min(forms(two))
    assert len({min(forms(m)) for m in functions.CATEGORIES.values()}) == 6


def test_own_tasks_are_checked():
    pandas = pytest.importorskip("pandas")
    types = {"x": Int(0, 5)}
    good = synth.Task("t", {"x": [1, 2]}, types, [3, 4], Int(0, 9))
    assert good.alphabet == (3, 4)
    with pytest.raises(TaskError, match="among the training rows"):
        good.split(1)
    frame = pandas.DataFrame({"x": [1, 2], "y": [3, 4]})
    framed = synth.Task("t", frame[["x"]], types, frame["y"], Int(0, 9))
    assert (framed.columns["x"].tolist(), framed.labels.tolist()) == ([1, 2], [3, 4])
    for arguments, words in (
        (({}, {}, [0, 1], Bool), "has no input column"),
        (({"x": []}, types, [], Bool), "has no rows"),
        (({"x": [1, 2, 3]}, types, [0, 1], Bool), r"column x has shape \(3,\)"),
        (({"x": [1, 9]}, types, [0, 1], Bool), "column x: 9 is outside"),
        (({"x": [1, 2]}, types, [3, 3], Int(0, 9)), "one label value only"),
        (({"x": [1, 2]}, types, [0, 1], Bool, [False, False]), "training set has 0 rows"),
        (({"x": [1, 2]}, types, [0, 1], Bool, [1, 0]), "train must be bool"),
        (({"x": [1, 2]}, {"y": Bool}, [0, 1], Bool), "column x has no type; allowed: Bool"),
        (({"x": [1, 2]}, {"x": int}, [0, 1], Bool), "column x: type int; allowed"),
        (({"x": [1, 2]}, {"x": Int}, [0, 1], Bool), r"column x: type Int; allowed: .* Int\(low"),
        (({"x": [1, 2]}, types, [0, 1], "Bool"), "label_type 'Bool'; allowed"),
        (({"x": [1, 2]}, types, [1, 2], Int(0, 9), None, (1, 3)), "label 2 is not among"),
    ):
        with pytest.raises((TaskError, TypeMismatchError), match=words):
            synth.Task("t", *arguments)


def table(tmp_path, text, train=1.0, **given):
    path = tmp_path / "t.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return synth.load_task(str(path), train=train, **given)


def test_types_are_inferred(tmp_path):
    rows = "".join(
        f"{i % 2},{'true' if i % 3 else 'FALSE'},{i},"
        f"{'red' if i % 2 else 'pale blue'},{i * 7 % 5}\n"
        for i in range(12)
    )
    task = table(tmp_path, "flag,truth,number,colour,label\n" + rows)
    assert [str(t) for t in task.types.values()] == ["Bool", "Bool", "Int(0, 11)", "Bool", "Bool"]
    assert list(task.columns) == ["flag", "truth", "number", "colour=pale blue", "colour=red"]
    assert str(task.label_type) == "Int(0, 4)"
    assert set(task.alphabet) <= {0, 1, 2, 3, 4}
    residues = table(tmp_path, "flag,truth,number,colour,label\n" + rows, modulus=12)
    assert [str(t) for t in residues.types.values()][::2] == ["Mod(12)", "Mod(12)", "Bool"]
    assert str(residues.label_type) == "Mod(12)"


def test_labels_of_any_kind(tmp_path):
    def labels(*cells, **given):
        text = "x,y\n" + "".join(f"{i % 2},{c}\n" for i, c in enumerate(cells))
        task = table(tmp_path, text, **given)
        return str(task.label_type), task.label_names, task.labels.tolist()

    assert labels("no", "yes", "no") == ("Bool", {0: "no", 1: "yes"}, [0, 1, 0])
    named = {0: "a", 1: "b", 2: "c"}
    assert labels("a", "c", "b") == ("Label('a', 'b', 'c')", named, [0, 2, 1])
    assert labels("5", "-3", "5") == ("Bool", {0: "-3", 1: "5"}, [1, 0, 1])
    assert labels("5", "-3", "8") == ("Int(-3, 8)", None, [5, -3, 8])
    assert labels("true", "False") == ("Bool", None, [1, 0])
    assert labels("1", "0") == ("Bool", {0: "0", 1: "1"}, [1, 0])
    assert list(table(tmp_path, "id,a,b\nu1,0,1\nu2,1,0\n", drop=("id",)).columns) == ["a"]
    text = "a,id,b\n1,,0\n0,u2,1\n"  # a dropped column may have missing values
    for drop in (("id",), "id", iter(["id"])):
        assert list(table(tmp_path, text, drop=drop).columns) == ["a"]
    task = table(tmp_path, "who,x\nme,1\nyou,0\n", label="who")
    assert (task.label, list(task.columns)) == ("who", ["x"])


def test_separators_quotes_and_marks(tmp_path):
    for text in ("a;b\n1;0\n0;1\n", "a\tb\n1\t0\n0\t1\n", "\ufeffa,b\r\n1,0\r\n\r\n0, 1\r\n"):
        assert table(tmp_path, text).columns["a"].tolist() == [True, False]
    task = table(tmp_path, 'a,b\n"x, y",0\nz,1\n')
    assert list(task.columns) == ["a=x, y", "a=z"]


TURNED = "".join(f"{i % 2},word{i}\n" for i in range(17))


@pytest.mark.parametrize(
    ("text", "given", "words"),
    [
        ("", {}, "empty; allowed: a line of column names"),
        ("\n\n", {}, "empty; allowed"),
        ("a,b\n", {}, "no rows; allowed"),
        ("a,b\n1,0\n,1\n", {"missing": "error"}, "missing values: a 1; allowed: none"),
        ("a,b\n,0\n,1\n", {}, r"no column can be an input: a \(no values\); --keep COLUMN"),
        ("a,b\n1,0\n2,0\n", {"keep": "c"}, "no column 'c' to keep; columns: a"),
        ("a,b\n1,0\n,1\n", {"missing": "none"}, "missing='none'; allowed: indicator, drop-rows"),
        ("a,b\n1,?\n2,\n", {}, "column b: no row has a label; allowed: 2 and more"),
        ("a,b\n1,0\n,1\n", {"missing": "drop-columns"}, "every column has missing values: a 1"),
        ("a,c,b\n1,,0\n,1,1\n", {"missing": "drop-rows"}, "every row has missing values: a 1, c 1"),
        ("a,b\n1.5,0\ninf,1\n", {}, "line 3, column a: 'inf' among numbers is infinite"),
        ("b,a\n1.5,0\n-inf,1\n", {"label": "b"}, "line 3, column b: '-inf' among numbers is inf"),
        ("a,b\n1,0\n1,2,3\n", {}, "line 3: 3 cells; allowed: 2"),
        ("a,b\n1,1\n0,1\n", {}, r"column b: one label only \(1\); allowed: at least 2"),
        ("a,b\n1,true\n0,TRUE\n", {}, "column b: one label only"),
        ("b,a\n" + TURNED, {}, "the 17th different text; .* --label COLUMN=VALUE"),
        (
            "b,a\n" + TURNED,
            {},
            "line 18, column a: 'word16' is the 17th different text",
        ),
        (b"\x89PNG\r\n\x1a\n\0\0", {}, "binary, not text; allowed: a table as text"),
        ("a\n1\n0\n", {}, "one column only, a; allowed: inputs and a label"),
        ("a,b\n1,0\n0,1\n", {"label": "c"}, "no column 'c'; columns: a, b"),
        ("a,b\n1,0\n0,1\n", {"drop": ("c",)}, "no column 'c' to drop; columns: a, b"),
        ("a,b\n1,0\n0,1\n", {"drop": "c"}, "no column 'c' to drop; columns: a, b"),
        ("a,b\n1,0\n0,1\n", {"drop": ("a", "b")}, "every column is dropped; allowed: inputs"),
        ("a,b\n3,0\n9,1\n", {"modulus": 7}, r"line 3, column a: 9 is outside 0\.\.6"),
        ("a,b\n3,0\n9,1\n", {"modulus": 1}, "the modulus must be"),
        ("b,a\n3,0\n" + "9" * 23 + ",1\n", {"label": "b"}, "line 3, column b: 9+ is outside"),
        ('a,b\n"x,0\n', {}, "line [23]: unexpected end of data"),
        ("a,b\n1,0\n0,1\n", {"train": 0}, r"a training set of 0 rows; allowed: 1\.\.2"),
        ("a=x,a,b\n1,x,0\n0,y,1\n", {}, "column a=x would appear twice"),
    ],
)  # fmt: skip
def test_table_errors(tmp_path, text, given, words):
    with pytest.raises(SynthError, match=words) as caught:
        table(tmp_path, text, **given)
    assert "\n" not in str(caught.value)


def test_files_that_are_not_there(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(TaskError, match="cannot be read: "):
            synth.load_task(str(path))


def test_every_row_order_gives_the_same_labels(tmp_path):
    for order in itertools.permutations(["1,a", "0,b", "1,c"]):
        task = table(tmp_path, "x,y\n" + "\n".join(order) + "\n", train=1.0)
        assert task.label_names == {0: "a", 1: "b", 2: "c"}


def test_labels_that_differ_by_rounding_alone_are_counted_where_they_stand():
    """Their real parts are equal as labels are compared, so that the imaginary ones decide."""
    low, high = complex(1 + 2**-38, 1), complex(1, 2)
    for labels in ([low, high, high], [5e-320 + 0j, 0.1j, 0.1j]):
        task = tasks.Task("t", {"x": [0, 1, 1]}, {"x": Bool}, labels, Complex)
        for each in (task, replace(task, given_alphabet=tuple(labels))):
            assert each.counts().tolist() == [1, 2]
            assert each.majority() == pytest.approx(labels[1])
        for seed in range(6):
            twin = task.uniform(seed)
            said = Complex.coarse(twin.labels)
            for value, count in zip(twin.alphabet, twin.counts(), strict=True):
                assert (said == Complex.coarse(np.array(value))).sum() == count
