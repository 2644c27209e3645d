"""Experiments: how they are found, what makes their options, and what is kept of a run."""

import dataclasses
import json
import os
import re
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

import synth
from synth import experiments
from synth.cli import main
from synth.errors import ExperimentError, RunError, SettingError, SweepError, TaskError
from synth.experiments import runner
from synth.experiments.base import setting, settings_of, spawn_seeds, uninterrupted
from synth.experiments.rows import RowKinds, key_part, sentences_of
from synth.records import ExperimentRun, plain
from synth.runs.executors import executor
from synth.runs.sweeps import Interrupted
from synth.verification import verify

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "bench"))

import net  # noqa: E402

COINS = '''\
"""The mean of tosses nears the coin's chance as their number grows.

Two lines say more.
"""

import time
from dataclasses import dataclass

import numpy as np

from synth.experiments.base import setting, spawn_seeds

CONTROL = "a coin with chance 0: every mean is 0"


@dataclass(frozen=True)
class Settings:
    tosses: tuple[int, ...] = setting((4, 64), "tosses a coin", low=1)
    chances: tuple[float, ...] = setting((0.0, 0.5), "chances of heads", low=0, high=1)
    names: tuple[str, ...] = setting(("one", "two"), "coins")
    kind: str = setting("fair", "kind of coin", choices=("fair", "bent"))
    wait: float = setting(0.0, "seconds a toss takes", low=0, high=9)
    broken: int | None = setting(None, "the item that fails")
    loud: bool = setting(False, "say more")
    seed: int = setting(0, "of the tosses", low=0)


def toss(item):
    number, tosses, chance, seed, wait, broken = item
    if number == broken:
        raise ZeroDivisionError("the coin is lost")
    time.sleep(wait)
    generator = np.random.default_rng(seed)
    return {"tosses": tosses, "chance": chance, "mean": np.mean(generator.random(tosses) < chance)}


def run(settings, map):
    cases = [(t, c) for c in settings.chances for t in settings.tosses]
    seeds = spawn_seeds(settings.seed, len(cases))
    items = [
        (k, t, c, seed, settings.wait, settings.broken)
        for k, ((t, c), seed) in enumerate(zip(cases, seeds, strict=True))
    ]
    for item, row in zip(items, map(toss, items), strict=False):
        far = abs(row["mean"] - row["chance"])
        yield {"item": item[0], **row, "far": far, "none": float("nan")}


def summarise(rows):
    return {"rows": len(rows), "farthest": max(r["far"] for r in rows), "parts": {"a": [1, 2.5]}}


def draw(rows, axes):
    for chance in sorted({r["chance"] for r in rows}):
        part = [r for r in rows if r["chance"] == chance]
        axes.plot([r["tosses"] for r in part], [r["mean"] for r in part], label=f"chance {chance}")
    axes.set_xscale("log")
    axes.set_xlabel("tosses")
    axes.set_ylabel("mean")
'''

PANELS = '''\
"""Two panels hold two pictures."""

from dataclasses import dataclass

CONTROL = "no picture"
PANELS = 2
COLUMNS = ("y",)


@dataclass(frozen=True)
class Settings:
    count: int = 40


def run(settings, map):
    return [{"x": k, "y": k * k, "text": "word " * 9} for k in map(abs, range(settings.count))]


def summarise(rows):
    return {"last": rows[-1]["y"]}


def draw(rows, axes):
    axes[0].plot([r["x"] for r in rows], [r["y"] for r in rows])
    axes[1].imshow([[1, 2], [3, 4]])
'''


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    """A distribution whose entry points name two experiments, and some that are none."""
    folder = tmp_path / "site"
    info = folder / "own_experiments-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "own_coins.py").write_text(COINS)
    (folder / "own_panels.py").write_text(PANELS)
    (folder / "own_broken.py").write_text('"""It is broken."""\n1 / 0\n')
    (folder / "own_bare.py").write_text('"""It has nothing."""\n')
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: own-experiments\nVersion: 1.0\n")
    lines = [f"own-{n} = own_{n}" for n in ("coins", "panels", "broken", "bare")]
    (info / "entry_points.txt").write_text("[synth.experiments]\n" + "\n".join(lines) + "\n")
    monkeypatch.syspath_prepend(str(folder))
    yield folder
    for name in ("own_coins", "own_panels", "own_broken", "own_bare"):
        sys.modules.pop(name, None)


def run(*arguments, code=0):
    result = CliRunner().invoke(main, ["run", *map(str, arguments)])
    assert result.exit_code == code, result.output + repr(result.exception)
    if code == 2:
        assert "Traceback" not in result.stderr
    return result.stdout if code != 2 else result.stderr


#: Files of the folder that are not experiments, besides those whose names begin with _.
PARTS = {"base", "catalogue", "fits", "rows", "runner"}


def test_every_experiment_is_found_and_listed():
    files = {p.stem for p in (ROOT / "synth" / "experiments").glob("[!_]*.py")} - PARTS
    assert {f.replace("_", "-") for f in files} | {"own-coins"} <= set(experiments.names())
    listed = run()
    assert re.search(r"^own-coins +The mean of tosses nears the coin's chance as", listed, re.M)
    headings = [line for line in listed.splitlines() if line and "  " not in line]
    known = [group.capitalize() for group in experiments.GROUPS]
    assert headings == [*known, "Others", "A time is that of the default settings."]
    assert "Two lines" not in listed
    assert max(map(len, listed.splitlines())) <= 80
    entries = json.loads(run("--json"))["experiments"]
    assert [e["name"] for e in entries] == experiments.names()
    assert "own-coins" in run("--help")


def test_the_list_takes_group_and_time_from_the_file_of_the_experiment(own):
    """No other file changes: a new heading comes after the known ones."""
    more = 'GROUP = "games of chance"\nTIME = "2 s on one core"\nCONTROL ='
    (own / "own_coins.py").write_text(COINS.replace("CONTROL =", more))
    after = run().partition("Structure\n")[2].partition("\n\n")[2]
    assert after.startswith("Games of chance\nown-coins  The mean of tosses nears")
    assert "(2 s on one core)" in " ".join(after.partition("\n\n")[0].split())
    listed = {e["name"]: e for e in json.loads(run("--json"))["experiments"]}
    assert listed["own-coins"]["group"] == "games of chance"
    assert (listed["own-panels"]["group"], listed["own-panels"]["time"]) == ("others", "")


def test_listing_imports_neither_numpy_nor_an_experiment():
    script = (
        "import sys\nfrom synth.cli import main\ntry:\n    main(['run'])\nexcept SystemExit:\n"
        "    pass\nprint(*sorted(sys.modules))"
    )
    child = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(child.stdout.splitlines()[-1].split())
    assert "synth.experiments" in loaded
    assert not {"numpy", "numba", "scipy", "matplotlib"} & loaded
    assert not {m for m in loaded if m.startswith("synth.experiments.")} - {
        "synth.experiments.base",
        "synth.experiments.catalogue",
    }


def test_built_in_experiments_have_all_their_parts():
    for name in experiments.names():
        if name.startswith("own-"):
            continue
        module = experiments.load(name)
        assert len(experiments.claim(module)) <= 100, name
        assert all(s.help for s in settings_of(module.Settings, name)), name
        assert max(map(len, run(name, "--help").splitlines())) <= 80
        page = ROOT / "docs" / "experiments" / f"{name}.md"
        assert page.is_file(), f"{name} has no page"


def test_help_has_every_setting_with_its_default_and_the_control():
    text = " ".join(run("own-coins", "--help").split())
    for words in (
        "--tosses INTEGER,... tosses a coin [default: 4,64]",
        "--chances NUMBER,... chances of heads [default: 0.0,0.5]",
        "--names TEXT,... coins [default: one,two]",
        "--kind [fair|bent] kind of coin [default: fair]",
        "--broken INTEGER the item that fails [default: none]",
        "--loud / --no-loud say more [default: false]",
        "--seed INTEGER",
        "--plot FILE",
        "--workers",
        "--cluster ADDRESS",
        "Control: a coin with chance 0",
    ):
        assert words in text


def test_help_states_one_default_and_keeps_the_points_of_a_list_apart():
    text = " ".join(run("corruption", "--help").split())
    assert "--dsl TEXT DSL. [default: the built-in DSL that fits the task] --noise" in text
    lines = [line.strip() for line in run("data", "--help").splitlines()]
    assert "and tables;" in lines
    assert "- shortest: the shortest program that is right on all training rows." in lines


def test_options_of_every_type():
    document = json.loads(
        run(
            "own-coins", "--tosses", "8, 16", "--chances", "1", "--names", "a:n=6,k=3,b,c:1",
            "--kind", "bent", "--loud", "--wait", "0", "--broken", "77", "--seed", "5", "--json",
        )
    )  # fmt: skip
    assert document["settings"] == {
        "tosses": [8, 16], "chances": [1.0], "names": ["a:n=6,k=3", "b", "c:1"], "kind": "bent",
        "wait": 0.0, "broken": 77, "loud": True, "seed": 5,
    }  # fmt: skip
    assert [r["mean"] for r in document["rows"]] == [1.0, 1.0]
    assert document["rows"][0]["none"] is None
    assert document.keys() >= {"experiment", "settings", "rows", "summary", "version"}
    assert document["version"] == synth.__version__
    same = synth.run_experiment(
        "own-coins", tosses=(8, 16), chances=[1], names=["a:n=6,k=3", "b", "c:1"], kind="bent",
        loud=True, broken=77, seed=5,
    )  # fmt: skip
    assert same.to_dict() == {**document, "seconds": same.seconds}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense",), "synth: no experiment 'nonsense'; known: "),
        (("own-broken",), "experiment own-broken (own_broken) fails: ZeroDivisionError"),
        (("own-bare",), "experiment own-bare: CONTROL is None; a module needs CONTROL"),
        (("own-coins", "--tosses", "0"), "--tosses=0; allowed: integers of at least 1,"),
        (("own-coins", "--tosses", "1,two"), "--tosses=1,two; allowed: integers"),
        (("own-coins", "--tosses", ""), "--tosses=; allowed: integers"),
        (
            ("own-coins", "--chances", "1.5"),
            "--chances=1.5; allowed: numbers 0..1, separated by commas",
        ),
        (("own-coins", "--chances", "nan"), "--chances=nan; allowed: numbers 0..1"),
        (("own-coins", "--kind", "round"), "--kind=round; allowed: fair, bent"),
        (("own-coins", "--seed", "-1"), "--seed=-1; allowed: an integer of at least 0"),
        (("own-coins", "--wait", "ten"), "--wait=ten; allowed: a number 0..9"),
        (("own-coins", "--sides", "6"), "No such option"),
        (("own-coins", "--workers", "0"), "0 is not in the range x>=1"),
        (("own-coins", "--plot", "x.gif"), "--plot x.gif: allowed: a name that ends in .png"),
        (("own-coins", "--plot", "no/x.png"), "--plot no/x.png: "),
        (("own-coins", "--save", "no/x.json"), "--save no/x.json: "),
        (("own-coins", "more"), "unexpected extra argument"),
    ],
)
def test_errors_are_one_line_and_exit_2(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["run", *arguments])
    assert (result.exit_code, result.stdout) == (2, "")
    assert words in result.stderr
    assert result.stderr.count("\n") == 1


def test_bad_settings_in_python():
    for bad, words in (
        ({"sides": 6}, "experiment own-coins: no setting sides; allowed: tosses, chances, names,"),
        ({"tosses": 2.5}, "tosses=2.5; allowed: integers of at least 1"),
        ({"tosses": True}, "tosses=True; allowed"),
        ({"tosses": ()}, "tosses=; allowed"),
        ({"loud": 1}, "loud=1; allowed: true or false"),
        ({"kind": None}, "kind=None; allowed: fair, bent"),
        ({"chances": float("inf")}, "chances=inf; allowed"),
    ):
        with pytest.raises(SettingError, match=re.escape(words)):
            synth.run_experiment("own-coins", **bad)
    assert synth.run_experiment("own-coins", tosses=3, chances=1).settings["tosses"] == [3]
    with pytest.raises(ExperimentError, match=r"no experiment 'own-dice'; known: .*own-coins"):
        synth.run_experiment("own-dice")


def test_settings_that_no_command_line_can_take(own):
    for line, words in (
        ("x: dict = None", "setting x is <class 'dict'>; allowed: int, float"),
        ("plot: int = 1", "setting plot: these names are taken: cluster, "),
        ("x: int = setting(3, '', high=2)", "the default x=3; allowed: an integer of at most 2"),
        ("x: int", "setting x has no default"),
        ("x: tuple[int, str] = (1, '')", "allowed: int, float, bool, str, or a tuple"),
    ):
        text = COINS.replace('    loud: bool = setting(False, "say more")', f"    {line}")
        (own / "own_coins.py").write_text(
            text.replace("class Settings:", "class Settings:\n    " + line)
        )
        sys.modules.pop("own_coins", None)
        (own / "own_coins.py").touch()
        with pytest.raises((ExperimentError, SettingError), match=re.escape(words)):
            synth.run_experiment("own-coins")


def test_rows_of_the_first_kind_are_printed_before_others(own):
    found = synth.run_experiment("own-coins")
    path = [{"row": "path", "step": k} for k in range(50)]
    rows = ({"row": "run", "step": 111}, *path, {"row": "run", "step": 222})
    said = str(dataclasses.replace(found, rows=rows, columns=("step",))).splitlines()
    head = next(k for k, line in enumerate(said) if line.split()[:1] == ["step"])
    assert [line.split()[0] for line in said[head + 1 : head + 4]] == ["111", "222", "0"]


def test_quick_settings(own):
    said = run("own-coins", "--quick", code=2)
    assert said.startswith(
        "synth: --quick: experiment own-coins has no quick settings (QUICK); run"
    )
    more = 'QUICK = {"tosses": (2,), "chances": (0.5,)}\nCONTROL ='
    (own / "own_coins.py").write_text(COINS.replace("CONTROL =", more))
    sys.modules.pop("own_coins", None)
    settings = json.loads(run("own-coins", "--quick", "--tosses", "7", "--json"))["settings"]
    assert (settings["tosses"], settings["chances"]) == ([7], [0.5])
    assert json.loads(run("own-coins", "--json"))["settings"]["tosses"] == [4, 64]


def test_quick_settings_are_settings():
    for name in experiments.names():
        if not name.startswith("own-"):
            module = experiments.load(name)
            runner.make_settings(module.Settings, getattr(module, "QUICK", {}), name)


def test_an_experiment_from_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("coins.py").write_text(COINS + '\nprint("loaded")\n')
    document = json.loads(run("coins.py", "--tosses", "3,40", "--json"))
    assert document["experiment"] == "coins.py"
    same = synth.run_experiment("own-coins", tosses=(3, 40))
    assert document["rows"] == list(same.rows)
    assert json.loads(run("coins.py", "--tosses", "3,40", "--workers", "2", "--json"))[
        "rows"
    ] == list(same.rows)
    assert "--tosses INTEGER,..." in run("coins.py", "--help")
    run("coins.py", "--save", "run.json", "--plot", "coins.png")
    assert Path("coins.png").exists()
    assert "coins.py: The mean of tosses" in str(synth.load_run("run.json"))
    # An edit is seen.
    Path("coins.py").write_text(COINS.replace("tosses nears", "throws nears"))
    assert "The mean of throws" in run("coins.py", "--tosses", "3")


def test_a_file_that_is_no_experiment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert run("none.py", code=2) == "synth: none.py: no such file\n"
    Path("bare.py").write_text('"""It has nothing."""\n')
    assert "synth: experiment bare.py: CONTROL is None; a module needs CONTROL" in run(
        "bare.py", code=2
    )
    Path("broken.py").write_text("\n1 / 0\n")
    said = "synth: broken.py, line 2: ZeroDivisionError: division by zero\n"
    assert run("broken.py", code=2) == said
    with pytest.raises(ExperimentError, match=r"no experiment 'coin'; known: .*or give FILE\.py"):
        synth.run_experiment("coin")


def test_processes_give_the_same_rows():
    here = synth.run_experiment("own-coins", tosses=(5, 50, 500), seed=3)
    with executor(workers=2) as pool:
        there = synth.run_experiment("own-coins", executor=pool, tosses=(5, 50, 500), seed=3)
    assert here.rows == there.rows
    assert len({r["mean"] for r in here.rows}) > 2
    assert json.loads(run("own-coins", "--workers", "2", "--json"))["rows"] == list(
        synth.run_experiment("own-coins").rows
    )


def test_seeds_belong_to_items():
    assert spawn_seeds(7, 5)[:3] == spawn_seeds(7, 3)
    assert len({*spawn_seeds(7, 1000), *spawn_seeds(8, 1000)}) == 2000
    assert all(type(s) is int and 0 <= s < 2**53 for s in spawn_seeds(0, 100))


def test_saved_runs_are_shown_as_they_were(tmp_path):
    path = tmp_path / "run.json"
    text = run("own-coins", "--save", path)
    assert CliRunner().invoke(main, ["show", str(path)]).stdout == text
    shown = json.loads(CliRunner().invoke(main, ["show", str(path), "--json"]).stdout)
    assert shown == json.loads(path.read_text())
    loaded = synth.load_run(path)
    assert isinstance(loaded, ExperimentRun)
    assert loaded.to_dict() == shown


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rows": [3]}, "not a saved experiment"),
        ({"summary": []}, "summary is []"),
        ({"settings": None}, "settings is None"),
        ({"seconds": "long"}, "seconds is 'long'"),
        ({"extra": 1}, "extra"),
    ],
)
def test_damaged_runs_are_refused(tmp_path, change, words):
    path = tmp_path / "run.json"
    run("own-coins", "--save", path)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(RunError, match=re.escape(words)):
        synth.load_run(path)
    result = CliRunner().invoke(main, ["show", str(path)])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)


def test_text_has_rows_summary_and_control_in_eighty_columns():
    text = run("own-coins")
    assert max(map(len, text.splitlines())) <= 80
    for words in ("item  tosses  chance   mean", "farthest: ", "control: a coin with", "seed=0"):
        assert words in text
    text = run("own-panels")
    assert max(map(len, text.splitlines())) <= 80
    assert re.search(r"^ *y +x +text$", text, re.M)  # as COLUMNS says
    assert "... and 10 more of 40 rows" in text


@pytest.mark.slow
def test_rows_of_a_path_differ_by_their_step():
    text = run("grokking", "--steps", "1000", "--runs", "1")
    assert max(map(len, text.splitlines())) <= 80
    shown = [line for line in text.splitlines() if re.match(r"decay .* path$", line)]
    assert len(shown) > 5
    assert len(set(shown)) == len(shown)


def test_an_item_that_fails_leaves_the_rows_before_it(tmp_path):
    with pytest.raises(SweepError, match="own-coins fails after 2 rows: ZeroDivisionError: the"):
        synth.run_experiment("own-coins", broken=2)
    with pytest.raises(ZeroDivisionError):
        synth.run_experiment("own-coins", broken=0)
    path = tmp_path / "run.json"
    result = CliRunner().invoke(
        main, ["run", "own-coins", "--broken", "2", "--json", "--save", str(path)]
    )
    assert result.exit_code == 2
    assert result.stderr.startswith("synth: experiment own-coins fails after 2 rows")
    document = json.loads(result.stdout)
    assert [r["item"] for r in document["rows"]] == [0, 1]
    assert (document["stop_reason"], document["summary"]["rows"]) == ("failed", 2)
    assert json.loads(path.read_text()) == document
    with executor(workers=2) as pool, pytest.raises(SweepError) as caught:
        synth.run_experiment("own-coins", executor=pool, broken=3, wait=1.0)
    rows = caught.value.partial.rows
    assert [r["item"] for r in rows] == list(range(len(rows)))


@pytest.mark.parametrize("more", [pytest.param((), marks=pytest.mark.slow), ("--workers", "2")])
def test_ctrl_c_leaves_the_rows_before_it(own, tmp_path, more):
    path = tmp_path / "run.json"
    arguments = ("own-coins", "--wait", "0.4", "--tosses", ",".join(map(str, range(1, 41))))
    child = subprocess.Popen(
        [sys.executable, "-m", "synth", "run", *arguments, "--json", "--save", str(path), *more],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{own}"}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    part, deadline = tmp_path / "run.json.part", time.monotonic() + 60
    while not part.exists() or part.read_bytes().count(b"\n") < 5:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    assert err == ""
    document = json.loads(out)
    assert document["stop_reason"] == "interrupted"
    assert 1 <= len(document["rows"]) < 80
    assert [r["item"] for r in document["rows"]] == list(range(len(document["rows"])))
    assert json.loads(path.read_text()) == document


@pytest.mark.parametrize("stop", [Interrupted(finished={1: 10, 3: 30}), SweepError("lost")])
def test_answers_that_were_ready_are_handed_on_as_far_as_there_is_no_gap(monkeypatch, stop):
    def sweep(function, items, **_):
        yield function(items[0])
        raise stop

    stop.finished = {1: 10, 3: 30}
    monkeypatch.setattr(runner, "sweep", sweep)
    work = runner._Work(None, None)
    assert list(work(abs, [0, -10, -20, -30])) == [0, 10]
    assert work.stop is stop
    assert list(work(abs, [5])) == []


def test_ctrl_c_within_a_search_is_no_row():
    found = synth.search("parity:n=3", max_bits=3)
    assert uninterrupted(found) is found
    from dataclasses import replace

    with pytest.raises(KeyboardInterrupt):
        uninterrupted(replace(found, stop_reason="interrupted"))


@pytest.mark.parametrize("name", ["own-coins", "own-panels"])
@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_figures(tmp_path, name, suffix):
    path, again = tmp_path / f"figure{suffix}", tmp_path / f"again{suffix}"
    saved = tmp_path / "run.json"
    run(name, "--plot", path, "--save", saved)
    data = path.read_bytes()
    assert data.startswith({".png": b"\x89PNG", ".svg": b"<?xml", ".pdf": b"%PDF"}[suffix])
    if suffix == ".png":
        wide, high = struct.unpack(">II", data[16:24])
        # Two panels of 3.8 inches, or one of 6.4, at 150 points per inch; the height also holds the
        # title and, where there is one, the caption.
        assert wide == (960 if name == "own-coins" else 1140)
        assert high == (630 if name == "own-coins" else 480) + 24
    result = CliRunner().invoke(main, ["show", str(saved), "--plot", str(again)])
    assert result.exit_code == 0, result.output
    assert again.read_bytes() == data


def test_figures_leave_pyplot_alone(tmp_path):
    script = (
        "import sys, matplotlib, synth\nbefore = matplotlib.rcParams.copy()\n"
        f"synth.run_experiment('own-coins').plot({str(tmp_path / 'x.png')!r})\n"
        "assert matplotlib.rcParams.copy() == before\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT, env=environment)


def test_a_plot_that_cannot_be_is_refused_before_the_work(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(runner, "run_experiment", lambda *_, **__: pytest.fail("it ran"))
    text = run("own-coins", "--plot", tmp_path / "x.png", code=2)
    assert "matplotlib is not installed; pip install 'synth-mdl[plot]'" in text
    assert text.count("\n") == 1


def test_show_draws_a_saved_search_and_says_why_not_a_comparison(tmp_path):
    path, drawn = tmp_path / "run.json", tmp_path / "x.png"
    CliRunner().invoke(main, ["search", "parity:n=3", "--save", str(path)])
    result = CliRunner().invoke(main, ["show", str(path), "--plot", str(drawn)])
    assert (result.exit_code, result.stderr) == (0, f"wrote {drawn}\n")
    assert drawn.stat().st_size > 5000
    more = ["show", str(path), "--plot", str(drawn), "--panel", "b"]
    said = CliRunner().invoke(main, more).stderr
    assert said == "synth: --panel 2: allowed only for a run of `synth run`\n"
    CliRunner().invoke(main, ["compare", "parity:n=3", "--save", str(path)])
    result = CliRunner().invoke(main, ["show", str(path), "--plot", str(drawn)])
    assert result.exit_code == 2
    assert "a comparison has no figure; `synth report` shows it" in result.stderr


def test_an_error_in_the_file_of_an_experiment_is_one_line_that_names_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for old, new, words in (
        (
            "summarise(rows)",
            "summarise(settings, rows)",
            ": summarise is called as summarise(rows)",
        ),
        ("CONTROL = ", "1 / 0\nCONTROL = ", ", line 13: ZeroDivisionError: division by zero"),
        ("(rows):", "(rows):\n    return absent\n", ", line 50: NameError: name 'absent' is not"),
    ):
        Path("own_file.py").write_text(COINS.replace(old, new, 1))
        said = run("own_file.py", "--tosses", "2", code=2).removeprefix("synth: experiment ")
        assert said.removeprefix("synth: ").startswith(f"own_file.py{words}")
        assert said.count("\n") == 1


def test_plain():
    import numpy as np

    given = {1: np.int64(2), "a": (np.float64("inf"), np.array([[True]]), None, "x")}
    assert plain(given) == {"1": 2, "a": [None, [[True]], None, "x"]}
    assert json.dumps(plain(given), allow_nan=False)
    with pytest.raises(TypeError, match="is not JSON-serialisable"):
        plain({"a": {1}})


def test_what_an_experiment_raises_first_is_raised_as_it_is(own):
    (own / "own_panels.py").write_text(
        PANELS.replace("return [", "from synth.errors import TaskError; raise TaskError('no'); [")
    )
    sys.modules.pop("own_panels", None)
    with pytest.raises(TaskError, match="no"):
        synth.run_experiment("own-panels")


def test_setting_fields_are_plain_dataclass_fields():
    from dataclasses import make_dataclass

    kind = make_dataclass("S", [("a", int, setting(3, "three", low=1))], frozen=True)
    (found,) = settings_of(kind, "s")
    assert (found.option, found.default, found.help, found.low) == ("--a", 3, "three", 1)
    with pytest.raises(ExperimentError, match="must be a frozen dataclass"):
        settings_of(make_dataclass("S", ["a"]), "s")


# -- long sweeps that go on -------------------------------------------------------


def test_a_killed_run_goes_on_from_its_journal(own, tmp_path):
    """SIGKILL in the middle, the last line cut; then the rows of a run that was not killed."""
    path = tmp_path / "run.json"
    part = tmp_path / "run.json.part"
    settings = ["--tosses", ",".join(map(str, range(1, 21))), "--wait", "0.05"]
    command = [sys.executable, "-m", "synth", "run", "own-coins", *settings, "--save", str(path)]
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{own}"}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as process:
        begun = time.monotonic()
        while process.poll() is None and time.monotonic() - begun < 60:
            if part.exists() and part.read_bytes().count(b"\n") > 8:
                break
            time.sleep(0.01)
        process.kill()
    assert not path.exists()
    kept = part.read_bytes()
    part.write_bytes(kept + b'{"map": 0, "ans')
    first = {"tosses": tuple(range(1, 21)), "wait": 0.05}
    numbers = []
    found = synth.run_experiment(
        "own-coins",
        journal=part,
        progress=lambda done, count: numbers.append((done, count)),
        **first,
    )
    assert found.rows == synth.run_experiment("own-coins", **(first | {"wait": 0.0})).rows
    assert not part.exists()
    # What was there was not done again.
    assert numbers[0][0] >= kept.count(b"\n") - 1
    assert numbers[-1] == (40, 40)


def test_a_journal_of_another_run_is_refused(tmp_path):
    path = tmp_path / "run.json"
    failed = CliRunner().invoke(main, ["run", "own-coins", "--broken", "2", "--save", str(path)])
    assert failed.exit_code == 2
    part = tmp_path / "run.json.part"
    lines = part.read_text().splitlines()
    assert json.loads(lines[0])["experiment"] == "own-coins"
    assert len(lines) == 3
    again = CliRunner().invoke(main, ["run", "own-coins", "--save", str(path)])
    assert again.exit_code == 2
    assert "run.json.part holds rows of another run: settings" in again.stderr
    assert again.stderr.count("\n") == 1
    part.write_text(json.dumps({**json.loads(lines[0]), "version": "0.0"}) + "\n")
    with pytest.raises(RunError, match=r'version was "0\.0", and is now'):
        synth.run_experiment("own-coins", broken=2, journal=part)
    part.write_text("[]\n")
    with pytest.raises(RunError, match="another run: experiment was null"):
        synth.run_experiment("own-coins", journal=part)
    with pytest.raises(RunError, match="cannot be written"):
        synth.run_experiment("own-coins", journal=tmp_path / "none" / "x")


SMALL = {
    "convergence-exact": {"variables": 2, "rows": (1, 2), "random": 3},
    "counting": {"variables": (2,), "nodes": 4},
    "grokking": {"steps": 3000, "runs": 1},
    "posterior": {"variables": 2, "rows": (1, 2), "splits": 2, "random": 3},
    "priors": {"variables": 3},
    "regret": {"variables": 2, "orders": 2, "random": 2},
    "corruption": {"rows": (12,), "runs": 2},
    "data": {"tasks": ("mod-add:p=7",), "rows": (4, 8), "runs": 3, "bits": 10.0},
    "imbalance": {"runs": 2},
    "reach": {"task": "multiplexer:a=2", "moves": (20, 40), "programs": 300, "runs": 1},
    "lengths": {
        "languages": ("parity",), "lengths": (3,), "dsl": "machines", "tests": 20, "steps": 20,
    },
    "machines": {
        "transducers": 4, "states": 3, "length": 8, "all_states": 2, "all_length": 6,
        "program_states": 2, "letters": 3, "seed": 1,
    },
    "mixture": {
        "tasks": ("parity:n=4,k=2",), "rows": (8,), "runs": 1, "max_programs": 500, "moves": 0,
        "steps": 10, "width": 4,
    },
    "noise": {"rows": (20,), "noise": (0.1,), "runs": 2, "max_bits": 9.5},
    "paradox": {"tasks": ("parity:n=6,k=2",), "max_programs": 2000, "moves": 0, "steps": 200},
    "regression": {
        "tables": ("x * z + x",), "rows": 30, "parts": 2, "max_programs": 300, "pairs": 0,
        "dsl": "real",
    },
}  # fmt: skip


#: Those that take ten seconds even so.
LONG = (
    "mixture",
    "paradox",
    "grokking",
    "counting",
    "convergence-exact",
    "posterior",
    "priors",
    "lengths",
    "regret",
)


@pytest.mark.parametrize(
    "name",
    [pytest.param(n, marks=[pytest.mark.slow] * (n in LONG)) for n in SMALL],
)
def test_answers_survive_a_journal(name, tmp_path):
    """The same rows from answers that were written down and read again."""
    plainly = synth.run_experiment(name, **SMALL[name])
    path = tmp_path / "part"
    module = experiments.load(name)
    journal = runner.Journal(path, name, plainly.settings, module.__name__)
    given = runner.make_settings(module.Settings, SMALL[name], name)
    rows = [plain(row) for row in module.run(given, runner._Work(None, None, journal))]
    assert rows == list(plainly.rows)
    journal.close(False)
    again = synth.run_experiment(name, journal=path, **SMALL[name])
    assert again.rows == plainly.rows
    assert not path.exists()


# -- rows and summaries ----------------------------------------------------------------


def test_kinds_of_rows_are_records_of_one_table():
    rows = RowKinds(("row", "a", "b"), one="row a", two="row b")
    assert rows("one", row="one", a=1) == {"row": "one", "a": 1, "b": None}
    for given in ({"row": "one"}, {"row": "one", "a": 1, "b": 2}, {"row": "one", "c": 1}):
        with pytest.raises(TypeError, match="a row of kind one"):
            rows("one", **given)
    with pytest.raises(TypeError, match="no columns"):
        RowKinds(("a",), one="a b")


def test_keys_of_a_summary_have_sentences():
    templates = {"share": "share of runs", "error_at_{noise}_of_{n}": "error at {noise}, n = {n}"}
    summary = {"share": 1, "other": {"parity:n=6": {"error_at_0_5_of_20": 2}}}
    found = sentences_of(templates, summary)
    assert found == {"share": "share of runs", "error_at_0_5_of_20": "error at 0.5, n = 20"}
    assert [key_part(v) for v in (0.5, 12, 1e-7)] == ["0_5", "12", "0_0000001"]


#: Options that make the small settings of bench/net.txt quicker.
QUICKER = {
    "convergence": "--splits 2 --permutations 10 --samples 1000 --steps 1000",
    "library": "--families xor --rounds 1",
    "network-prior": "--networks 2000 --sweep 1000",
    "network-program": "--p 7 --steps 100",
}


#: Rows of each experiment's control, and values that spoil it.
SPOILT = {
    "convergence": ({"relation": "shuffled"}, {"agreement": 1.0}),
    "convergence-exact": ({"target": "random"}, {"accuracy": 0.9}),
    "corruption": ({"noise": 1.0}, {"table": 0.0}),
    "counting": ({"kind": "shuffled rank correlation"}, {"value": -0.99}),
    "data": ({"labels": "random"}, {"total_error": 0.0}),
    "datasets": ({}, {"twin_chosen": "program"}),
    "extrapolation": ({"kind": "score", "labels": "permuted"}, {"right_outside": 1.0}),
    "fourier": ({"row": "noise", "kind": "permuted phases"}, {"accuracy": 1.0}),
    "grokking": ({"row": "run", "kind": "no decay"}, {"generalised_at": 5}),
    "grokking-exact": ({}, {"standard_error": 1e9}),
    "heatmaps": ({"program": "random labels"}, {"largest": 0.9}),
    "imbalance": ({"labels": "permuted"}, {"target": 1.0}),
    "interpolation": ({"noise": 0.0, "method": "least norm", "features": 20}, {"median": 1e9}),
    "landscape": ({"row": "length", "graph": "rewired"}, {"largest": 1.0}),
    "lengths": ({}, {"twin_chosen": "program"}),
    "library": ({"row": "family", "labels": "permuted"}, {"abstractions": 3}),
    "machines": ({"row": "map"}, {"control_slope": -1.0}),
    "mixture": ({}, {"twin_saved": 1000.0}),
    "network-grokking": ({"row": "run", "kind": "no decay"}, {"test_accuracy": 1.0}),
    "network-labels": ({"labels": "permuted"}, {"network": 1.0}),
    "network-posterior": ({"row": "rule", "rule": "uniform"}, {"accuracy": 1.0}),
    "network-prior": ({"sweep": "main"}, {"permuted": 0.9}),
    "network-program": ({"row": "path", "kind": "random labels"}, {"r2": 0.9}),
    "network-sparsity": ({"labels": "random"}, {"test_accuracy": 1.0, "train_accuracy": 1.0}),
    "paradox": ({"labels": "permuted"}, {"chosen": "program"}),
    "phases": ({"sweep": "random labels"}, {"generalised_at": 3}),
    "posterior": ({"target": "all functions"}, {"bayes": 0.9}),
    "priors": ({"kind": "category", "dsl": "uniform"}, {"accuracy": 0.9}),
    "reach": ({"labels": "permuted", "simplicity": "with"}, {"chosen": "program"}),
    "regression": ({}, {"twins": 1000}),
    "regret": ({"target": "all functions"}, {"kraft": 2.0}),
    "scaling": ({"target": "random"}, {"shortest": 1.0}),
    "sparsity": ({"target": "dense", "norm": "L1"}, {"exact": 1.0}),
}


#: Those whose summaries take seven seconds and more.
LONG_SUMMARIES = ("convergence", "datasets", "grokking", "mixture", "network-prior")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(n, marks=[pytest.mark.slow] * (n in LONG_SUMMARIES))
        for n in experiments.names()
    ],
)
def test_summaries_have_identifiers_sentences_and_a_verdict_and_can_be_verified(
    name, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    if name in SMALL:
        found = synth.run_experiment(name, **SMALL[name])
    else:
        for file, text in net.INPUTS.items():
            Path(file).write_text(text)
        *_, arguments = (a for a in net.commands()[0].values() if a[2:4] == ["run", name])
        run(*arguments[3:-2], *QUICKER.get(name, "").split(), "--save", "run.json")
        found = synth.load_run("run.json")
    assert found.summary
    synth.save_run(found, tmp_path / "saved.json")
    checked = verify(tmp_path / "saved.json")
    assert [c.what for c in checked if c.holds is not True] == ["rows"]
    assert {f"summary.{key}" for key in found.summary} <= {c.what for c in checked if c.holds}
    for key in found.summary:
        assert key.isidentifier(), key
        assert key == key.lower()
        assert found.sentences[key].startswith("control: ") == key.startswith("control_"), key
    pattern = r"Claim (holds|does not hold|is not tested).*?: .*; (control .*)\."
    said = re.fullmatch(pattern, found.summary["verdict"])
    if name in SPOILT:
        where, values = SPOILT[name]
        rows = [r | values if where.items() <= r.items() else r for r in found.rows]
        assert rows != list(found.rows), "no row of the control"
        spoilt = re.fullmatch(pattern, experiments.load(name).summarise(rows)["verdict"])
        assert spoilt[2] != said[2]
        assert not spoilt[2].startswith("control holds: ")


def test_sentences_reach_the_dicts_of_a_summary():
    found = synth.run_experiment("data", **SMALL["data"])
    assert found.summary["steps"]["mod-add:p=7"]["pays_from_n"] > 0
    text = str(found)
    assert "pays from n" in text
    assert "pays_from_n" not in text


@pytest.mark.parametrize("name", experiments.names())
def test_templates_of_summaries_agree_with_their_sentences(name):
    for key, sentence in experiments.summary_sentences(name).items():
        fields = re.findall(r"{(\w+)}", key)
        assert key.format(**dict.fromkeys(fields, "x")).isidentifier(), key
        assert set(re.findall(r"{(\w+)}", sentence)) == set(fields), key


def test_sentences_are_read_without_importing(monkeypatch, tmp_path):
    """A saved run is shown in words, and its experiment is not loaded for that."""
    for name in experiments.names():
        if name.startswith("own-"):
            continue
        module = experiments.load(name)
        assert experiments.summary_sentences(name) == dict(getattr(module, "SUMMARY", {}))
