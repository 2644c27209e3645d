"""A checkpoint is refused if its DSL computes something else, however the change was made."""

import functools
import subprocess
import sys

import numpy as np
import pytest

import synth
from synth.errors import RunError
from tests.test_threads import plain

INT = synth.Int(-1000, 1000)
COLUMNS = {"a": np.repeat(np.arange(-6, 6), 12), "b": np.tile(np.arange(-6, 6), 12)}


class Times:
    def __init__(self, by):
        self.by = by

    def __call__(self, a):
        return a * self.by

    def scaled(self, a):
        return a * self.by


def by_a_global(by):
    namespace = {"BY": by}
    exec("def body(a):\n    return a * BY", namespace)
    return namespace["body"]


def by_a_helper(by):
    namespace = {}
    exec(f"def helper(a):\n    return a * {by}\n\ndef body(a):\n    return helper(a)", namespace)
    return namespace["body"]


def by_a_list(by):
    held = [by]
    return lambda a: a * held[0]


def by_a_keyword(by):
    def body(a, *, by=by):
        return a * by

    return body


def by_a_closure(by):
    return lambda a: a * by


def by_a_table(by):
    table = np.arange(-1000, 1001) * by
    return lambda a: table[a + 1000]


#: Ways to write the same body whose factor is outside its own code.
WAYS = {
    "global": by_a_global,
    "helper": by_a_helper,
    "list": by_a_list,
    "keyword": by_a_keyword,
    "closure": by_a_closure,
    "table": by_a_table,
    "callable": Times,
    "bound method": lambda by: Times(by).scaled,
    "partial": lambda by: functools.partial(np.multiply, by),
    "frompyfunc": lambda by: _whole(np.frompyfunc(lambda a: a * by, 1, 1)),
    "vectorize": lambda by: np.vectorize(lambda a: a * by, otypes=[np.int64]),
    "literal": lambda by: (lambda a: a * 3) if by == 3 else (lambda a: a * 5),
}


def _whole(function):
    return lambda a: function(a).astype(np.int64)


def dsl(body):
    made = synth.DSL("own", types=(INT,))
    made.add(body, f"{INT} -> {INT}", name="scaled")
    made.add(np.add, f"{INT}, {INT} -> {INT}", name="plus", symbol="+", commutative=True)
    made.constant(1, INT)
    return made


@pytest.mark.parametrize("way", WAYS)
def test_a_body_that_changed_is_refused_and_the_same_one_not(way, tmp_path):
    labels = COLUMNS["a"] * 5 + COLUMNS["b"]
    task = synth.Task("t", COLUMNS, dict.fromkeys("ab", synth.Int(-6, 5)), labels, INT)
    given = {"checkpoint": tmp_path / "c", "every": 0, "memory": 10**8, "seconds": None}
    synth.search(task, dsl(WAYS[way](3)), max_programs=3000, moves=0, **given)
    with pytest.raises(RunError, match="is a checkpoint of another search: another DSL"):
        synth.search(task, dsl(WAYS[way](5)), max_programs=4000, moves=0, **given)
    found = synth.search(task, dsl(WAYS[way](3)), max_programs=4000, moves=0, **given)
    del given["checkpoint"], given["every"]
    alone = synth.search(task, dsl(WAYS[way](3)), max_programs=4000, moves=0, **given)
    assert plain(found) == plain(alone)


def test_a_body_that_changed_where_nobody_asked_is_refused_by_its_rows(tmp_path):
    """The fixed arguments miss the change, and the rows that the search has made do not."""
    labels = COLUMNS["a"] * 5 + COLUMNS["b"]
    task = synth.Task("t", COLUMNS, dict.fromkeys("ab", synth.Int(-6, 5)), labels, INT)
    given = {"checkpoint": tmp_path / "c", "every": 0, "memory": 10**8, "seconds": None}

    def but(a):
        rare = np.array([v in (-23, 29, 31, 37, 41, 43, 47) for v in a.tolist()])
        return np.where(rare, 0, a * 3)

    synth.search(task, dsl(lambda a: a * 3), max_programs=3000, moves=0, **given)
    with pytest.raises(RunError, match=r"another DSL|is not what its program computes"):
        synth.search(task, dsl(but), max_programs=4000, moves=0, **given)


@pytest.mark.slow
def test_on_the_command_line(tmp_path):
    """A helper's constant in a file: one line, exit 2."""
    lines = [
        "import numpy as np",
        "from synth import DSL, Int",
        "K = 3",
        "d = DSL('own', types=(Int(-1000, 1000),))",
        "def helper(a):",
        "    return a * K",
        "@d.primitive()",
        "def scaled(a: Int) -> Int:",
        "    return helper(a)",
        "@d.primitive(symbol='+', commutative=True)",
        "def plus(a: Int, b: Int) -> Int:",
        "    return a + b",
        "d.constant(1, Int)",
    ]
    (tmp_path / "d.py").write_text("\n".join(lines))
    rows = [f"{a},{b},{5 * a + 2 * b}" for a in range(-6, 6) for b in range(-6, 6)]
    (tmp_path / "t.csv").write_text("\n".join(["a,b,y", *rows]))
    command = [
        sys.executable,
        "-m",
        "synth",
        "search",
        "t.csv",
        "--dsl",
        "d.py:d",
        "--train",
        "1.0",
    ]
    command += ["--memory", "100MB", "--checkpoint", "c", "--every", "0", "--moves", "0"]
    command += ["--max-programs"]
    first = subprocess.run([*command, "3000"], cwd=tmp_path, capture_output=True, text=True)
    assert first.returncode == 0, first.stderr
    lines[2] = "K = 5"
    (tmp_path / "d.py").write_text("\n".join(lines))
    second = subprocess.run([*command, "200000"], cwd=tmp_path, capture_output=True, text=True)
    assert second.returncode == 2
    assert second.stderr.count("\n") == 1
    assert "another DSL" in second.stderr
