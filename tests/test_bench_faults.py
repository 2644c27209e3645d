"""The bench of planted faults and of mutants: both change what they say, and nothing hides it."""

import ast
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "bench"))

import copies
import faults
import mutants

DRAWN = mutants.mutants(count=200)


@pytest.mark.parametrize("fault", faults.FAULTS, ids=lambda fault: fault.name)
def test_the_text_of_each_fault_occurs_once(fault):
    name, text = fault.applied()
    assert text != (copies.ROOT / name).read_text()
    ast.parse(text)


def test_a_stale_fault_is_refused():
    with pytest.raises(SystemExit, match=r"occurs 0 times in synth/codes/values\.py"):
        faults.FAULTS[0]._replace(file="codes/values.py").applied()


def test_the_draw_is_the_same_twice_and_another_for_another_seed():
    assert mutants.mutants(count=200) == DRAWN
    assert mutants.mutants(seed=1, count=200) != DRAWN


def test_each_mutant_compiles_and_differs_in_its_token():
    for mutant in DRAWN:
        source = (copies.ROOT / mutant.file).read_text()
        changed = mutant.applied(source)
        compile(changed, mutant.file, "exec")
        pairs = zip(source.splitlines(), changed.splitlines(), strict=True)
        assert [k for k, (a, b) in enumerate(pairs, 1) if a != b] == [mutant.line], mutant


SOURCE = '''"""A text 3 < 4."""
if TYPE_CHECKING:
    x = 1 + 2
@njit(cache=True)
def f(a: "int | None" = 3, *, b=True) -> 3:
    """Words, 1 + 1."""
    if (a) <= (b) < c - (7):
        raise ValueError(f"{a + 1}", 1 < 2)
    a += d
    warnings.warn("5" + 5)
    m = "a" + b
    return x[a : f(b)], range(n), np.maximum(a, b << c)
'''


def test_tokens_that_are_mutated_and_those_that_are_not():
    sites = mutants._Sites(SOURCE)
    sites.visit(ast.parse(SOURCE))
    assert [(line, before, after) for line, _, _, before, after in sorted(sites.found)] == [
        (5, "3", ("4", "2")),
        (5, "True", ("False",)),
        (7, "<=", ("<", ">")),
        (7, "<", ("<=", ">=")),
        (7, "-", ("+",)),
        (7, "7", ("8", "6")),
        (9, "+=", ("-=",)),
        (12, "a", ("a + 1", "a - 1")),
        (12, "f(b)", ("f(b) + 1", "f(b) - 1")),
        (12, "n", ("n + 1", "n - 1")),
        (12, "maximum", ("minimum",)),
        (12, "<<", (">>",)),
    ]


# `relocate` of one file calls `locate` of another.
CALL = """
import numpy as np
from synth.kernels import Catch, Store, parts
words, slot = np.arange(3, dtype=np.uint64)[:, None], np.zeros(3, np.uint64)
empty = np.zeros(0, np.uint64)
catch = Catch(words, empty, empty, slot, empty, empty, empty, empty, empty)
parts.relocate(Store(words, empty, empty, np.zeros(100, np.uint64), empty,
                     np.array([3, 2, 0])), catch, 0, 3)
print(slot)
"""


def test_no_compiled_kernel_hides_a_change_of_another_file():
    name, line = "synth/kernels/store.py", "slot[b] = ((h >> HALF) * size) >> HALF"
    text = (copies.ROOT / name).read_text()
    assert text.count(line) == 1
    changed = text.replace(line, "slot[b] = size")
    with copies.Copies() as tree:
        said, folders = [], []
        for changes in ([], [(name, changed)], []):
            tree.make(changes)
            run = tree.run(["-c", CALL], 120)
            assert run.code == 0, run.text
            said.append(run.text.strip())
            folders.append(tree.kernels())
        assert len([*folders[0].rglob("*.nbi")]) == 2
        tree.drop_kernels()
        assert not folders[0].exists()
    assert said[0] == said[2] != said[1] == "[99 99 99]"
    assert folders[0] == folders[2] != folders[1]


def test_a_command_ends_with_what_it_started_when_its_time_is_over():
    with copies.Copies() as tree:
        tree.make([])
        run = tree.run(["-c", "print('begun', flush=True)\nwhile True: pass"], 1)
        assert (run.code, run.text) == (None, "begun\n")
        assert tree.run(["-c", "raise SystemExit(3)"], 60).code == 3
    assert not tree.folder.exists()


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (
            "tests/a.py::test_b[x y] PASSED\ntests/a.py::test_c[1] FAILED [9%]",
            1,
            "tests/a.py::test_c",
        ),
        ("tests/a.py::test_b ", -27, "tests/a.py::test_b (it hangs)"),
        ("tests/a.py::test_b ", -11, "tests/a.py::test_b (the process died)"),
        ("ImportError while loading", 4, "the import: ImportError while loading"),
    ],
)
def test_what_killed_a_mutant_is_read(text, code, said):
    assert mutants.killer(text, code) == said


def test_an_endless_loop_in_a_test_ends_the_process():
    endless = "def test_a():\n    pass\n\n\ndef test_b():\n    while True:\n        pass\n"
    with copies.Copies() as tree:
        text = (copies.ROOT / "bench" / "hanging.py").read_text()
        quick = text.replace("MOST = 200", "MOST = 1")
        tree.make([("tests/test_endless.py", endless), ("bench/hanging.py", quick)])
        options = mutants.parse([])
        run = mutants.ran(["tests/test_endless.py"], tree, options, 60)
    assert mutants.killer(run.text, run.code) == "tests/test_endless.py::test_b (it hangs)"


def test_a_test_that_fails_without_a_mutant_kills_none():
    text = "def test_a():\n    raise ValueError\n\n\ndef test_b():\n    assert 1 < 1.5\n"
    options = mutants.parse([])
    with copies.Copies() as tree:
        sound = mutants.Sound(tree, options)
        tree.make([("tests/test_own.py", text)])
        assert not sound.passes("tests/test_own.py::test_a")
        assert sound.passes("tests/test_own.py::test_b")
        assert sound.broken == ["tests/test_own.py::test_a"]
        run = mutants.ran(["tests/test_own.py"], tree, options, 60, sound.broken)
    assert run.code == 0
    assert "1 passed" in run.text


def test_some_copies_are_used_at_a_time_and_an_error_ends_them_all():
    ended = []

    def work(number, tree):
        if number == 3:
            raise KeyError(number)
        tree.make([])
        text = f"import time; time.sleep({100 * (number == 2)}); print({number})"
        found = tree.run(["-c", text], 9)
        ended.append(number)
        return found

    with copies.Copies() as one, copies.Copies() as two:
        said = copies.in_copies(work, [0, 1, 5, 4], [one, two])
        assert [int(run.text) for run in said] == [0, 1, 5, 4]
        one.over = two.over = False
        with pytest.raises(KeyError):
            copies.in_copies(work, [2, 3, 1], [one, two])
        assert ended[4:] in ([], [1])  # what sleeps does not come to its end
        assert one.over
        with pytest.raises(RuntimeError, match="ended"):
            one.make([])


def test_a_file_of_tests_that_needs_a_missing_package_is_left_out(monkeypatch):
    monkeypatch.setattr(mutants, "ATTACK", ("tests/test_own.py",))
    monkeypatch.setattr(mutants, "TESTS", ("other",))
    text = "import no_such_package\n"
    options = mutants.parse([])
    with copies.Copies() as tree:
        sound = mutants.Sound(tree, options)
        tree.make(
            [("tests/test_own.py", text), ("tests/test_other.py", "def test_a():\n    pass\n")]
        )
        sound.leave_out_unreadable()
    assert sound.broken == ["tests/test_own.py"]
