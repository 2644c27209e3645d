"""The command line: its output, its errors, and how it stops."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import synth
from synth.cli import main
from tests.command import run

ROOT = Path(__file__).parent.parent


SEARCH_KEYS = {
    "task", "dsl", "rows", "chosen", "program", "table", "total_bits", "saved_bits",
    "chance_bound", "certified_bits", "optimal", "stop_reason", "candidates", "distinct",
    "seconds", "front", "top", "settings", "version",
}  # fmt: skip


def test_search_json_has_what_the_contract_asks():
    document = json.loads(run("search", "parity:n=5,k=2", "--json"))
    assert document.keys() >= SEARCH_KEYS
    assert document["rows"] == {"train": 16, "test": 16, "labels": 2, "unseen_labels": 0}
    assert document["program"].keys() >= {
        "text", "bits", "exceptions", "total_bits", "train_accuracy", "test_accuracy", "ties",
    }  # fmt: skip
    assert document["table"].keys() >= {"bits", "kind", "train_accuracy", "test_accuracy"}
    assert document["chosen"] == "program"
    assert document["optimal"] is True
    assert document["version"] == synth.__version__
    top = json.loads(run("search", "parity:n=5,k=2", "--json", "--top", "3"))["top"]
    assert len(top) == 3


def test_a_search_that_was_resumed_says_so(tmp_path):
    file = tmp_path / "kept"
    command = ["search", "parity:n=5", "--checkpoint", str(file), "--every", "0"]
    said = [CliRunner().invoke(main, command) for _ in range(2)]
    assert [r.stderr for r in said] == ["", f"synth: resumed from {file}\n"]
    assert run("search", "parity:n=6", "--checkpoint", file, code=2).startswith("synth: ")


@pytest.mark.parametrize("task", ["mod-add", "mod-x3xy"])
def test_contrast_of_modular_tasks(task):
    document = json.loads(run("contrast", f"{task}:p=97,train=0.3", "--dsl", "modular", "--json"))
    structured, random = document["structured"], document["random"]
    assert structured.keys() >= SEARCH_KEYS
    assert (structured["chosen"], random["chosen"]) == ("program", "table")
    assert structured["optimal"] is True
    assert structured["program"]["test_accuracy"] == 1.0
    assert random["table"]["test_accuracy"] < 0.03


def reads(path, *arguments, code=0):
    """The output of a command, and how often it opened a file in this process."""
    opened, watching = [], True

    def hook(event, details):
        if watching and event == "open" and str(details[0]) == str(path):
            opened.append(details[1])

    sys.addaudithook(hook)  # a hook cannot be removed
    try:
        return run(*arguments, code=code), len(opened)
    finally:
        watching = False


def test_a_contrast_reads_a_file_once(tmp_path, monkeypatch):
    path = tmp_path / "t.csv"
    rows = [(a, b, c, a ^ b) for a in (0, 1) for b in (0, 1) for c in range(6)]
    path.write_text("a,b,c,y\n" + "".join(f"{a},{b},{c},{y}\n" for a, b, c, y in rows))
    monkeypatch.setattr(synth.Contrast, "from_dict", None)  # one process needs no JSON
    text, count = reads(path, "contrast", path, "--train", "0.7")
    assert "t.csv" in text
    assert count == 1
    text, count = reads(path, "contrast", path, "--seeds", 3, "--seed", 4, "--json")
    assert count == 1
    for seed, found in zip((4, 5, 6), json.loads(text)["contrasts"], strict=True):
        alone = json.loads(run("contrast", path, "--seed", seed, "--json"))
        for part in ("structured", "random"):
            for document in (found[part], alone[part]):
                del document["seconds"], document["source"]["task"]  # of several, a step splits
            assert found[part] == alone[part]
    # The test can fail: a comparison reads the file more than once.
    assert reads(path, "search", path, "--train", 2000, code=2)[1] == 1
    assert reads(path, "compare", path)[1] > 1


@pytest.mark.slow
def test_contrast_without_a_task_fits_eighty_columns():
    text = run("contrast")
    assert "x + y" in text
    assert max(map(len, text.splitlines())) <= 80
    found = json.loads(run("contrast", "--json"))["contrasts"]
    assert len(found) == 4
    for both in found:
        one, two = both["structured"], both["random"]
        assert (one["chosen"], two["chosen"]) == ("program", "table")
        assert one["program"]["test_accuracy"] > one["table"]["test_accuracy"] + 0.05
    assert [b["structured"]["program"]["test_accuracy"] for b in found[:3]] == [1.0, 1.0, 1.0]
    assert found[0]["random"]["table"]["test_accuracy"] < 0.03


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "monk:3", "--max-bits", "20"),
        ("search", "tic-tac-toe", "--max-bits", "24"),
        ("contrast", "mod-x2y2:p=13"),
        ("tasks",),
        ("dsls",),
        ("tasks", "parity"),
        ("dsls", "boolean"),
        ("dsls", "modular:p=7"),
    ],
)
def test_text_fits_eighty_columns(arguments):
    text = run(*arguments)
    assert text.strip()
    assert max(map(len, text.splitlines())) <= 80


def test_saved_runs_are_shown_as_they_were(tmp_path):
    for command in ("search", "contrast"):
        path = tmp_path / f"{command}.json"
        text = run(command, "conjunction:n=5,k=2", "--save", path)
        assert run("show", path) == text == f"{synth.load_run(path)}\n"
        assert json.loads(run("show", path, "--json")) == json.loads(path.read_text())


def test_shells_complete_tasks_and_dsls_and_files():
    def complete(line, given):
        settings = {"_SYNTH_COMPLETE": "bash_complete", "COMP_WORDS": f"synth {line} {given}"}
        settings["COMP_CWORD"] = str(len(line.split()) + 1)
        return CliRunner().invoke(main, env=settings, prog_name="synth").output.split()

    assert complete("search", "mon") == ["file,mon", "plain,monk"]
    assert complete("compare monk:1 parity", "wi") == ["file,wi", "plain,wine"]
    assert complete("contrast monk:1 --dsl", "mod") == ["file,mod", "plain,modular"]
    assert complete("dsls", "exam") == ["file,exam"]


def test_lists_name_everything():
    assert "mod-x3xy2y" in run("tasks")
    names = [t["name"] for t in json.loads(run("tasks", "--json"))["tasks"]]
    assert {"parity", "monk", "tic-tac-toe", "mod-div"} <= set(names)
    assert json.loads(run("tasks", "parity", "--json"))["settings"]["train"] == 0.5
    assert [
        d["name"] for d in json.loads(run("dsls", "--json"))["dsls"]
    ] == synth.language.dsls.names()
    shown = json.loads(run("dsls", "boolean:nand", "--json"))
    assert [p["name"] for p in shown["primitives"]] == ["nand"]


def test_labels_and_corruption():
    clean, twin, drawn, noisy = (
        json.loads(run("search", "mod-add:p=31", "--json", "--max-bits", "12", *more))
        for more in ((), ("--labels", "permuted"), ("--labels", "uniform"), ("--corrupt", "0.2"))
    )
    assert [r["chosen"] for r in (clean, twin, drawn, noisy)] == [
        "program", "table", "table", "program",
    ]  # fmt: skip
    assert noisy["program"]["exceptions"] > 50
    assert noisy["program"]["test_accuracy"] == 1.0
    more = ("--json", "--labels", "permuted", "--seed", 5, "--max-bits", "12")
    again = json.loads(run("search", "mod-add:p=31", *more))
    assert again["top"] != twin["top"]


def test_train_as_fraction_and_as_count():
    for given, train in (("0.25", 8), ("1.0", 32), ("12", 12)):
        document = json.loads(run("search", "parity:n=5", "--train", given, "--json"))
        assert document["rows"]["train"] == train
    assert document["settings"]["train"] == 12


TABLE = "a,b\n1,0\n0,1\n1,0\n0,1\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("search", "nonsense"), "synth: no task 'nonsense'; known: parity,"),
        (("search", "paritty"), "; did you mean parity?"),
        (("search", "parity", "--dsl", "bolean"), "; did you mean boolean?"),
        (("run", "corupton"), "; did you mean corruption?"),
        (("search", "none.csv"), "synth: none.csv: cannot be read: No such file"),
        (("search", "parity:n=99"), "n=99; allowed: 1..62"),
        (("search", "parity", "--dsl", "lisp"), "no DSL 'lisp'; known: boolean"),
        (("search", "parity", "--dsl", "none.py:dsl"), "none.py: no such file"),
        (
            ("search", "parity", "--dsl", "own.py"),
            "own.py names no DSL; allowed: FILE.py:NAME",
        ),
        (("search", "parity", "--dsl", "none.py"), "none.py: no such file"),
        (("search", "parity", "--dsl", "own.py:nothing"), "own.py has no nothing; DSLs in it: dsl"),
        (("search", "parity", "--dsl", "own.py:number"), "is neither a DSL nor a function"),
        (("search", "parity", "--dsl", "bad.py:dsl"), "bad.py, line 2: ZeroDivisionError"),
        (("search", "parity", "--dsl", "syntax.py:dsl"), "syntax.py, line 1: SyntaxError"),
        (
            ("search", "parity", "--dsl", "own.py:wrong"),
            "own.py:wrong: primitive f answers 1 to arguments",
        ),
        (("search", "parity", "--max-bits", "-3"), "max_bits=-3.0; allowed: 0 and more"),
        (("search", "parity", "--max-programs", "0"), "max_programs=0; allowed: 1 and more"),
        (("search", "parity", "--memory", "1KB"), "memory=1000; allowed: 1 MiB"),
        (("search", "parity", "--memory", "lots"), "'lots'; allowed: bytes, or a number with"),
        (("search", "parity", "--train", "much"), "'much'; allowed: a fraction such as 0.5"),
        (("search", "parity", "--train", "2000"), "training set of 2000 rows; allowed: 1..1024"),
        (("search", "parity", "--seed", "-1"), "-1 is not in the range x>=0"),
        (("search", "parity", "--top", "0"), "top=0; allowed: 1 and more"),
        (("search", "parity", "--corrupt", "1.5"), "corrupt 1.5; allowed: fractions 0..1"),
        (("search", "parity", "--labels", "none"), "'none' is not one of"),
        (("search", "parity", "--label", "x0"), "--label x0: only for CSV files"),
        (("search", "t.csv", "--label", "c"), "t.csv: no column 'c'; columns: a, b"),
        (("search", "t.csv", "--modulus", "1"), "the modulus must be an integer"),
        (("search",), "Missing argument 'TASK'"),
        (("contrast", "--dsl", "modular"), "--dsl modular: allowed only with a TASK"),
        (("contrast", "parity", "--labels", "true"), "'true' is not one of"),
        (("tasks", "nonsense"), "no task 'nonsense'"),
        (("dsls", "nonsense"), "no DSL 'nonsense'"),
        (("show", "none.json"), "none.json cannot be read: No such file"),
        (("show", "t.csv"), "t.csv is not JSON; allowed: a file that --save wrote"),
        (("search", "parity:n=3", "--save", "no/run.json"), "--save no/run.json: "),
        (("search", "parity", "--dsl", "exit.py:dsl"), "exit.py, line 2: SystemExit: 3"),
        (("search", "parity", "--dsl", "own.py:fails"), "own.py:fails fails: ValueError: no"),
        (("search", "parity", "--dsl", "own.py:quits"), "primitive quits fails: SystemExit: 3"),
        (("show", "damaged.json"), "damaged.json is damaged: "),
        (("search", "parity", "--drop", "x0"), "--drop x0: only for CSV files"),
        (("nonsense",), "No such command 'nonsense'"),
    ],
)
def test_errors_are_one_line_and_exit_2(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text(TABLE)
    Path("own.py").write_text(
        "import synth\ndsl = synth.DSL('own')\nnumber = 3\nwrong = synth.DSL('wrong')\n"
        "wrong.add(lambda a: 1, 'Bool -> Bool', name='f')\n"
        "def fails(types):\n    raise ValueError('no')\n"
        "quits = synth.DSL('quits')\nimport sys\n"
        "quits.add(lambda a: sys.exit(3), 'Bool -> Bool', name='quits')\n"
    )
    Path("bad.py").write_text("import synth\n1 / 0\n")
    Path("exit.py").write_text("import sys\nsys.exit(3)\n")
    Path("syntax.py").write_text("dsl = = 3\n")
    if "damaged.json" in arguments:
        run("search", "parity:n=3", "--save", "good.json")
        document = {**json.loads(Path("good.json").read_text()), "log2_chance_bound": "q"}
        Path("damaged.json").write_text(json.dumps(document))
    text = run(*arguments, code=2)
    assert words in text
    assert text.count("\n") == 1


def test_a_save_that_fails_late_loses_nothing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("run.json").mkdir()
    monkeypatch.setattr("os.access", lambda *_: True)
    result = CliRunner().invoke(main, ["search", "parity:n=3", "--save", "run.json/x/y.json"])
    assert result.exit_code == 2
    assert "chosen" in result.stdout
    assert "cannot be written" in result.stderr


def test_without_a_command_there_is_help():
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 2
    assert "Commands:" in result.stderr
    assert len(result.stderr.splitlines()) > 5


def test_an_interrupted_set_says_what_was_not_run(monkeypatch):
    def interrupted(task, **settings):
        monkeypatch.undo()
        found = searches.contrast(task, max_bits=4)
        parts = (replace(r, stop_reason="interrupted") for r in (found.structured, found.random))
        return synth.Contrast(*parts)

    from dataclasses import replace

    from synth import engine
    from synth.engine import searches

    monkeypatch.setattr(engine, "contrast", interrupted)
    text = " ".join(run("contrast", code=130).split())
    assert "CUT SHORT: interrupted" in text
    assert "not run" in text
    assert "tic-tac-toe" in text


TEN_LINES = """\
import numba, numpy as np
from synth import DSL, Bool, Int
dsl = DSL("ten", types=(Int(0, 99), Bool))
dsl.add(lambda a, b: np.where(a > b, a - b, 0), "Int, Int -> Int", name="monus")
dsl.add(np.equal, "Int, Int -> Bool", symbol="==", commutative=True)
@numba.vectorize
def bits(n):
    return (n & 1) + (n >> 1 & 1) + (n >> 2 & 1) + (n >> 3 & 1)
dsl.add(bits, "Int -> Int")
dsl.constant(0, Int)
"""


def test_a_dsl_of_ten_lines(tmp_path):
    """Plain NumPy, a ufunc and a compiled loop; the rule that is found needs all three."""
    assert len(TEN_LINES.splitlines()) == 10
    (tmp_path / "ten.py").write_text(TEN_LINES)
    rows = [(a, b, int(bin(max(a - b, 0)).count("1") == b)) for a in range(16) for b in range(16)]
    table = "a,b,y\n" + "".join(f"{a},{b},{y}\n" for a, b, y in rows)
    (tmp_path / "t.csv").write_text(table)
    arguments = (tmp_path / "t.csv", "--dsl", f"{tmp_path / 'ten.py'}:dsl", "--json")
    document = json.loads(run("search", *arguments))
    assert document["program"]["text"] == "b == bits(monus(a, b))"
    assert document["program"]["test_accuracy"] == 1.0
    assert document["optimal"]


def test_every_command_has_help():
    for name, command in main.commands.items():
        text = run(name, "--help")
        assert command.help
        assert "Usage" in text
        assert max(map(len, text.splitlines())) <= 80
    assert run("--version").strip() == f"synth, version {synth.__version__}"


def process(*arguments, **given):
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **given.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, "-m", "synth", *arguments], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, **given,
    )  # fmt: skip


def test_ctrl_c_prints_the_best_so_far_and_exits_130(tmp_path):
    saved, kept = tmp_path / "run.json", tmp_path / "kept"
    child = process("search", "multiplexer:a=3", "--json", "--seconds", "60", "--save", str(saved),
                    "--checkpoint", str(kept), "--every", "0.2")  # fmt: skip
    # The search must have begun.
    deadline = time.monotonic() + 120
    while not kept.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    document = json.loads(out)
    assert document["stop_reason"] == "interrupted"
    assert document["program"]["text"]
    assert json.loads(saved.read_text()) == document
    assert err == f"wrote {saved}\n"


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [
        ("--memory", "50MB", "memory"),
        ("--seconds", "1", "seconds"),
        ("--max-programs", "1000", "max_programs"),
        ("--max-bits", "12", "max_bits"),
    ],
)
def test_limits(limit, value, reason):
    document = json.loads(run("search", "multiplexer:a=3", "--json", limit, value, "--moves", "0"))
    assert document["stop_reason"] == reason
    assert document["program"]["text"]
    if reason == "max_programs":
        assert document["candidates"] == 1000


def test_progress_only_on_a_terminal():
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "synth", "search", "parity:n=4", "--json"],
        stdout=subprocess.PIPE, stderr=follower, cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    out, _ = child.communicate(timeout=120)
    os.close(follower)
    shown = os.read(leader, 10**6).decode()
    os.close(leader)
    assert json.loads(out)["chosen"]
    assert "programs" in shown
