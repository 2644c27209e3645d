"""Sweeps: the same rows on threads, processes and a cluster, even if workers die."""

import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import distributed
import psutil
import pytest

import synth
from synth.errors import SettingError, SweepError, TaskError
from synth.report.matrix import comparison_text, emphasised
from synth.runs import executors
from synth.runs.executors import executor
from synth.runs.items import Item, run_items, search_item
from synth.runs.sweeps import sweep
from tests.command import run
from tests.sweeping import CLOSING, backwards, deadly, interrupted, noted, picky, settings

ROOT = Path(__file__).parent.parent

pytestmark = CLOSING


@pytest.fixture(scope="module")
def processes():
    with executor(workers=2) as made:
        yield made


@pytest.fixture
def pool(request):
    """An executor by name."""
    if request.param == "here":
        yield None
    elif request.param == "threads":
        with ThreadPoolExecutor(2) as made:
            yield made
    elif request.param == "processes":
        yield request.getfixturevalue("processes")
    elif request.param == "own processes":
        with ProcessPoolExecutor(2, get_context("spawn")) as made:
            yield made
    elif request.param == "client":
        cluster = request.getfixturevalue("cluster")
        with distributed.Client(cluster, set_as_default=False) as client:
            yield client.get_executor()
    else:
        cluster = request.getfixturevalue("cluster")
        with executor(cluster=cluster.scheduler_address) as made:
            yield made


def on(*names):
    return pytest.mark.parametrize("pool", names, indirect=True)


SPECS = ("parity:n=5,k=2", "mod-add:p=13", "conjunction:n=6,k=2", "monk:1")


def searches():
    return [
        Item(spec, seed=seed, limits={"max_bits": 12, "seconds": None})
        for spec in SPECS
        for seed in range(2)
    ]


def rows(answers):
    """Documents without the parts that depend on the machine."""
    return [{k: v for k, v in a.items() if k not in ("seconds", "settings")} for a in answers]


@pytest.fixture(scope="module")
def expected():
    return rows(sweep(search_item, searches()))


@on("threads", "processes", "client", "cluster")
def test_rows_do_not_depend_on_the_executor(pool, expected):
    assert rows(sweep(search_item, searches(), executor=pool)) == expected
    assert len({json.dumps(row) for row in expected}) == len(expected) == 8


class Killer:
    """A progress function that kills a worker during an item, after some are finished."""

    def __init__(self, folder):
        self.folder = folder
        self.killed = None

    def __call__(self, finished):
        while finished >= 2 and self.killed is None:
            for start in self.folder.glob("*.start"):
                if start.with_suffix(".end").exists() or not start.read_text().endswith("\n"):
                    continue
                self.killed = int(start.stem)
                os.kill(int(start.read_text().split()[-1]), signal.SIGKILL)
                return


def after_a_kill(pool, folder):
    killer = Killer(folder)
    items = [(folder, number, item) for number, item in enumerate(searches())]
    found = rows(sweep(noted, items, executor=pool, progress=killer))
    starts = {int(p.stem): len(p.read_text().split()) for p in folder.glob("*.start")}
    assert starts[killer.killed] == 2  # the item was running, and was run again
    assert sum(starts.values()) < 2 * len(items)  # finished items were not
    return found


@pytest.mark.parametrize(
    ("pool", "allowed"),
    [pytest.param("cluster", 3, marks=pytest.mark.slow), ("client", 0)],
    indirect=["pool"],
    ids=["dask tries again", "synth tries again"],
)
def test_a_killed_dask_worker_costs_nothing_but_time(
    cluster, pool, tmp_path, expected, monkeypatch, allowed
):
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", allowed)
    assert after_a_kill(pool, tmp_path) == expected


@on("own processes", "cluster")
def test_an_item_that_kills_its_workers_is_named(cluster, pool, monkeypatch):
    monkeypatch.setattr(cluster.scheduler, "allowed_failures", 0)
    found = []
    with pytest.raises(SweepError, match=r"items\[3\] \(3\): its worker died 2 times") as caught:
        found.extend(sweep(deadly, range(8), executor=pool, retries=1))
    assert "\n" not in str(caught.value)
    assert found == [0, 1, 2]
    assert all(number == answer for number, answer in caught.value.finished.items())
    # A pool of processes that is broken for good is replaced.
    assert list(sweep(backwards, range(3), executor=pool)) == [0, 1, 2]


class Killing:
    """An executor in which item 1 loses its worker once; `beside`: items at its last try."""

    def __init__(self):
        self.flying, self.beside = set(), None

    def submit(self, call, function, item, *more):
        future = Future()
        if item == 1 and self.beside is None:
            self.beside = "nothing seen"
            future.set_exception(distributed.KilledWorker("task", None, 3))
            return future
        if item == 1:
            self.beside = set(self.flying)
        self.flying.add(item)

        def answer():
            self.flying.remove(item)
            future.set_result(function(item))

        threading.Timer(0.2, answer).start()
        return future


def test_a_last_try_has_the_executor_for_itself():
    pool = Killing()
    assert list(sweep(backwards, range(4), executor=pool)) == [0, 1, 2, 3]
    assert pool.beside == set()


@on("here", "threads", "processes", "cluster")
def test_order_and_errors(pool):
    assert list(sweep(backwards, range(6), executor=pool)) == [0, 1, 2, 3, 4, 5]
    answers = sweep(picky, range(100), executor=pool)
    with pytest.raises(TaskError, match=r"^three will not do$"):
        list(answers)


@on("here", "threads", "processes", "cluster")
def test_items_are_taken_as_they_are_needed(pool, monkeypatch):
    monkeypatch.setattr("synth.runs.sweeps.AHEAD", 20)
    taken = []

    def endless():
        for number in itertools.count():
            taken.append(number)
            yield number

    answers = sweep(backwards, endless(), executor=pool)
    assert list(itertools.islice(answers, 3)) == [0, 1, 2]
    answers.close()
    assert len(taken) < 500


@on("here", "threads", "processes")
def test_what_is_finished_survives_ctrl_c(pool):
    answers, found = sweep(interrupted, range(3), executor=pool), []
    with pytest.raises(KeyboardInterrupt) as caught:
        found.extend(answers)
    stop = caught.value
    assert {**dict(enumerate(found)), **stop.finished} == {0: 0, 1: 1, 2: "two, as far as it got"}
    found, stop = run_items(interrupted, range(3), executor=pool)
    assert found[2] == "two, as far as it got"
    assert isinstance(stop, KeyboardInterrupt)


def test_a_worker_has_its_part_of_the_memory_and_one_thread(cluster):
    half = synth.Limits().memory
    item, own = Item("parity"), Item("parity", limits={"memory": 10**8, "threads": 2})
    assert settings(item) == (None, {"dsl": None, "top": 10})
    with ThreadPoolExecutor(4) as pool:
        (shared, default), (_, given) = sweep(settings, [item, own], executor=pool)
    assert shared == 4
    assert default["memory"] == half // 4
    assert default["threads"] == 1
    assert (given["memory"], given["threads"]) == (10**8 // 4, 2)
    with executor(cluster=cluster.scheduler_address) as pool:
        ((shared, default),) = sweep(settings, [item], executor=pool)
    assert shared == pytest.approx(2, rel=0.05)  # dask gives each of two workers half
    assert default["memory"] == pytest.approx(half / 2, rel=0.05)


def test_paths_are_absolute_and_tasks_are_sent(processes, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("t.csv").write_text("a,b\n1,0\n0,1\n1,0\n0,1\n")
    item = Item("t.csv", "own.py:dsl")
    assert (item.task, item.dsl) == (str(tmp_path / "t.csv"), str(tmp_path / "own.py") + ":dsl")
    assert Item("parity:n=3", "boolean:nand").task == "parity:n=3"
    task = synth.load_task("t.csv")
    monkeypatch.chdir(ROOT)
    by_path, by_task = sweep(search_item, [Item(item.task), Item(task)], executor=processes)
    sources = [found.pop("source") for found in (by_path, by_task)]
    assert sources[0]["task"]["spec"] == item.task
    assert sources[0]["labels"] == sources[1]["labels"]
    assert rows([by_path]) == rows([by_task])
    assert by_path["task"] == "t.csv"


def test_what_cannot_be_sent_is_said_in_one_line(processes):
    dsl = synth.DSL("own", types=(synth.Bool,))
    dsl.add(lambda a: ~a, "Bool -> Bool", name="opposite")
    with pytest.raises(SweepError, match=r"a DSL of your own as FILE\.py:NAME"):
        synth.compare("parity:n=3", dsl, executor=processes)
    with pytest.raises(SweepError, match=r"items\[0\] \(0\) cannot be sent"):
        list(sweep(lambda number: number, range(2), executor=processes))
    assert synth.compare("parity:n=3", dsl).rows[0]["dsl"] == "own"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"executor": 3}, "executor=3; allowed: None, or an executor with a method submit"),
        ({"retries": 0}, "retries=0; allowed: 1 or more"),
    ],
)
def test_settings_of_a_sweep(given, words):
    with pytest.raises(SettingError, match=words):
        sweep(backwards, range(3), **given)


def test_an_executor_that_is_gone():
    pool = ThreadPoolExecutor(1)
    pool.shutdown()
    with pytest.raises(SweepError, match="the executor takes no more items"):
        list(sweep(backwards, range(3), executor=pool))


# This test is the last one that uses these processes, since it breaks them.
@on("processes")
def test_a_killed_process_costs_nothing_but_time(pool, tmp_path, expected):
    assert after_a_kill(pool, tmp_path) == expected


# Comparisons.


TWO_BY_TWO = (
    "compare", "parity:n=5,k=2", "mod-add:p=13", "conjunction:n=5,k=2",
    "--dsl", "boolean", "--dsl", "boolean:nand", "--max-bits", "16",
)  # fmt: skip


def compared(*arguments):
    document = json.loads(run(*arguments, "--json"))
    for row in document["rows"]:
        row.pop("seconds")
    return document


def test_compare_is_the_same_on_workers_and_on_a_cluster(cluster, tmp_path):
    here = compared(*TWO_BY_TWO, "--seeds", 2)
    assert here == compared(*TWO_BY_TWO, "--seeds", 2, "--workers", 2)
    assert here == compared(*TWO_BY_TWO, "--seeds", 2, "--cluster", cluster.scheduler_address)
    asked = [(r["task"], r["dsl"], r["seed"]) for r in here["rows"]]
    assert asked == list(itertools.product(TWO_BY_TWO[1:4], ("boolean", "boolean:nand"), (0, 1)))
    saved = tmp_path / "run.json"
    text = run(*TWO_BY_TWO, "--save", saved)
    assert run("show", saved) == text
    assert json.loads(run("show", saved, "--json")) == json.loads(saved.read_text())


def test_rows_are_what_a_search_finds():
    found = compared(*TWO_BY_TWO, "--seeds", 2, "--train", 20, "--labels", "permuted")["rows"]
    for row in (found[1], found[-1]):
        one = json.loads(run(
            "search", row["task"], "--dsl", row["dsl"], "--seed", row["seed"], "--train", 20,
            "--labels", "permuted", "--max-bits", 16, "--json",
        ))  # fmt: skip
        for key in ("chosen", "total_bits", "saved_bits", "certified_bits", "stop_reason"):
            assert row[key] == one[key], key
        assert row["program"] == one["program"]["text"]
        assert row["test_accuracy"] == one[row["chosen"]]["test_accuracy"]
    assert found[1]["program"] != found[0]["program"]


def test_the_matrix():
    text = run(*TWO_BY_TWO)
    lines = text.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[0].split() == ["total", "bits", "boolean", "boolean:nand", "table"]
    assert lines[1].split() == ["parity:n=5,k=2", "14.7*", "18.0", "18.0"]
    assert lines[2].split() == ["mod-add:p=13", "-", "(1)", "-", "(2)", "-"]
    assert lines[3].split() == ["conjunction:n=5,k=2", "14.7", "12.7*", "16.9"]
    assert "(1) input x: DSL boolean:and-or-xor-not has no type for Mod(13)" in text
    assert "x0 ^ x1" in text
    by_default = compared("compare", "parity:n=4,k=2", "mod-add:p=7", "--max-bits", 9)
    assert [r["dsl"] for r in by_default["rows"]] == ["boolean:and-or-xor-not", "modular:p=7"]
    text = run("compare", "conjunction:n=6,k=2", "--seeds", 2, "--max-bits", 4)
    cell, low_high, table, again = text.splitlines()[1].split()[1:]
    assert (cell + low_high, table + again) == ("28.0(27.2..28.7)*?", "30.3(28.7..31.8)")


def test_many_dsls_are_shown_in_blocks(tmp_path):
    (tmp_path / "some.py").write_text(
        "import numpy as np, synth\n"
        + "".join(
            f"number_{k} = synth.DSL('number {k}', types=(synth.Bool,))\n"
            f"number_{k}.add(np.logical_not, 'Bool -> Bool', name='f{k}')\n"
            for k in range(9)
        )
    )
    chosen = [("--dsl", f"{tmp_path}/some.py:number_{k}") for k in range(9)]
    text = run("compare", "parity:n=3,k=1", *itertools.chain(*chosen))
    assert max(map(len, text.splitlines())) <= 80
    assert text.count("total bits  ") == 3
    assert all(f"some.py:number_{k}" in text for k in range(9))


def test_contrasts_as_a_sweep(cluster):
    one = run("contrast", "parity:n=6,k=2", "--max-bits", "12")
    assert (
        run("contrast", "parity:n=6,k=2", "--max-bits", "12", "--workers", 1).split("searched")[0]
        == one.split("searched")[0]
    )
    arguments = ("contrast", "parity:n=6,k=2", "--max-bits", "12", "--seeds", 3, "--seed", 4)
    text = run(*arguments, "--cluster", cluster.scheduler_address)
    assert text == run(*arguments)
    assert text.count("twin, seed") == 3
    assert "parity:n=6,k=2, seed 6  x0 ^ x1" in text
    found = json.loads(run(*arguments, "--json"))["contrasts"]
    alone = json.loads(run("contrast", "parity:n=6,k=2", "--max-bits", 12, "--seed", 6, "--json"))
    assert found[2]["random"]["top"] == alone["random"]["top"]
    assert [c["structured"]["settings"]["seed"] for c in found] == [4, 5, 6]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("compare",), "Missing argument 'TASK...'"),
        (("compare", "nonsense"), "no task 'nonsense'"),
        (("compare", "parity", "parity"), "tasks: parity appears twice; names must be distinct"),
        (("compare", "parity", "--dsl", "lisp"), "no DSL 'lisp'"),
        (("compare", "parity", "--dsl", "none.py:dsl"), "none.py: no such file"),
        (("compare", "parity", "--dsl", "boolean:x"), "boolean: basis='x'; allowed: and-or"),
        (("compare", "parity", "--max-bits", "-1"), "max_bits=-1.0; allowed: 0 and more"),
        (("compare", "parity", "--seeds", "0"), "0 is not in the range x>=1"),
        (("compare", "parity", "--workers", "0"), "0 is not in the range x>=1"),
        (
            ("compare", "parity", "--workers", "2", "--cluster", "x:1"),
            "workers=2 cannot be combined with cluster=x:1",
        ),
        (("compare", "parity", "--cluster", "nowhere"), "cluster=nowhere: missing port number"),
        (("compare", "parity", "--cluster", "tcp://127.0.0.1:1"), "127.0.0.1:1: no answer within"),
        (
            ("contrast", "--save-data", "--save", "x.json"),
            "--save-data: allowed only with a TASK",
        ),
        (
            ("contrast", "parity", "--seeds", "2", "--save", "no/x.json"),
            "--save no/x.json: ",
        ),
    ],
)
def test_errors_are_one_line_and_exit_2(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(executors, "PATIENCE", 1)
    began = time.monotonic()
    assert words in run(*arguments, code=2)
    assert time.monotonic() - began < 8


def test_a_worker_of_another_version_that_joins_later_is_named(cluster, monkeypatch):
    with executor(cluster=cluster.scheduler_address) as pool:
        monkeypatch.setattr("synth.runs.executors.__version__", "0.0.9")
        found = sweep(abs, [-1], executor=pool)
        with pytest.raises(SweepError, match=r"synth is .* which joined later; allowed: 0\.0\.9"):
            next(found)


def test_clusters_that_will_not_do(cluster, monkeypatch):
    address = cluster.scheduler_address
    worker = next(iter(cluster.scheduler_info["workers"]))
    monkeypatch.setattr(executors, "PATIENCE", 1)
    arguments = ("compare", "parity:n=3", "--cluster")
    assert f"cluster={worker}: it is a Worker" in run(*arguments, worker, code=2)
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as empty:
        at = empty.scheduler_address
        assert f"the scheduler has no workers; start some with: dask worker {at}" in run(
            *arguments, at, code=2
        )
    monkeypatch.setattr(executors, "__version__", "9.9")
    assert f"synth is {synth.__version__} on tcp://" in run(*arguments, address, code=2)
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "pip install 'synth-mdl[cluster]'" in run(*arguments, address, code=2)


@pytest.mark.slow
def test_a_scheduler_that_is_lost(tmp_path):
    def start(*command):
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *command, "--no-dashboard"], cwd=ROOT,
            stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip

    file = tmp_path / "scheduler.json"
    scheduler = start("scheduler", "--port", "0", "--scheduler-file", str(file))
    worker = start("worker", "--scheduler-file", str(file), "--nthreads", "1")
    try:
        while not file.exists():
            time.sleep(0.1)
        time.sleep(5)
        with executor(cluster=json.loads(file.read_text())["address"]) as pool:
            items = [(tmp_path, number, None) for number in range(300)]
            answers = sweep(noted, items, executor=pool)
            assert next(answers) == 0
            scheduler.kill()
            with pytest.raises(SweepError, match="the connection to the scheduler is lost"):
                list(answers)
    finally:
        for process in (worker, scheduler):
            process.kill()
            process.wait()


def children(pid):
    return psutil.Process(pid).children(recursive=True)


def ended(processes):
    """Whether processes end within some seconds; an orphan stays as a zombie."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        left = [p for p in processes if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
        if not left:
            return True
        time.sleep(0.1)
    return False


SLOW_DSL = """\
import time
from synth import load_dsl
def dsl(types):
    with open("loads", "a") as file:
        file.write("x")
    return load_dsl("boolean", types)
def stuck(types):
    if len(types) > 5:
        time.sleep(100)
    return dsl(types)
"""


@pytest.mark.parametrize(
    "more",
    [
        pytest.param(("own.py:dsl",), marks=pytest.mark.slow),
        ("own.py:stuck", "--workers", "2"),
    ],
    ids=["here", "processes"],
)
def test_ctrl_c_prints_the_rows_that_are_finished(more, tmp_path):
    (tmp_path / "own.py").write_text(SLOW_DSL)
    command = (
        sys.executable, "-m", "synth", "compare", "parity:n=4,k=2", "multiplexer:a=3",
        "--seconds", "100", "--json", "--dsl", *more,
    )  # fmt: skip
    child = subprocess.Popen(
        command, cwd=tmp_path, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, start_new_session=True,
    )  # fmt: skip
    # Each search loads its DSL: when the second load is seen, the first search has ended.
    here, loads, deadline = "--workers" not in more, tmp_path / "loads", time.monotonic() + 60
    while not loads.exists() or len(loads.read_text()) < (2 if here else 1):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(1)
    workers = children(child.pid)
    # Workers ignore Ctrl-C, both during a search and while they wait.
    for worker in workers:
        worker.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert all(w.is_running() and w.status() != psutil.STATUS_ZOMBIE for w in workers)
    # In a terminal, the whole process group receives the signal.
    os.killpg(child.pid, signal.SIGINT)
    out, err = child.communicate(timeout=20)
    assert (child.returncode, err) == (130, "")
    document = json.loads(out)
    assert document["stop_reason"] == "interrupted"
    first, *others = document["rows"]
    assert first["task"] == "parity:n=4,k=2"
    assert first["stop_reason"] in ("optimal", "exhausted")
    # In this process, the interrupted search has a row; searches of workers have none.
    assert [r["stop_reason"] for r in others] == (["interrupted"] if here else [])
    assert here or len(workers) >= 2
    assert ended(workers)


def test_a_search_that_is_to_ignore_ctrl_c_goes_on():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        found = synth.search(
            "parity:n=5,k=2", progress=lambda engine: signal.raise_signal(signal.SIGINT)
        )
    finally:
        signal.signal(signal.SIGINT, before)
    assert found.stop_reason == "optimal"


def test_workers_end_with_a_parent_that_is_killed():
    code = (
        "import time\nfrom synth.runs.executors import executor\n"
        "with executor(workers=2) as pool:\n"
        "    jobs = [pool.submit(time.sleep, 100) for _ in range(2)]\n"
        "    while not all(job.running() for job in jobs): time.sleep(0.1)\n"
        "    time.sleep(2)\n    print('ready', flush=True)\n    time.sleep(100)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT
    )
    assert parent.stdout.readline() == b"ready\n"
    workers = children(parent.pid)
    parent.kill()
    parent.communicate()
    assert ended(workers)
    assert len(workers) >= 2


def test_which_dsl_leads_in_all_and_chance_bounds():
    compared = synth.compare(
        ["parity:n=5,k=2", "conjunction:n=6,k=2", "monk:1"],
        ["boolean", "boolean:nand"],
        max_bits=14,
    )
    text = comparison_text(compared)
    totals = {}
    for row in compared.rows:
        if not row["error"]:
            totals[row["dsl"]] = totals.get(row["dsl"], 0) + row["total_bits"]
            one = synth.search(row["task"], row["dsl"], max_bits=14, seconds=None)
            assert row["log2_chance_bound"] == one.log2_chance_bound
    first, second = sorted(totals.values())
    said = " ".join(text.split())
    assert f"has {second - first:.1f} bits fewer than boolean:nand over the 2 tasks" in said
    assert "description of the DSLs is not counted" in said
    bold = emphasised(text)
    assert bold.count("\x1b[1m") == text.count("*") - text.count("*:")
    assert bold.replace("\x1b[1m", "").replace("\x1b[0m", "") == text
    old = compared.to_dict()
    for row in old["rows"]:
        del row["log2_chance_bound"]
    assert "-" in comparison_text(synth.Comparison.from_dict(old))


def test_several_contrasts_are_saved_in_a_file_each(tmp_path, monkeypatch):
    from synth.cli import contrasting
    from synth.records import load_run

    limits = {"max_bits": 9.0}
    tasks = ("parity:n=4,k=2", "mod-add:p=7,train=0.5")
    monkeypatch.setattr(contrasting, "_SET", [(task, limits) for task in tasks])
    place = str(tmp_path / "set.json")
    shown = json.loads(run("contrast", "--save", place, "--json"))["contrasts"]
    names = ["set-parity-n-4-k-2.json", "set-mod-add-p-7-train-0.5.json"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names)
    for name, contrast in zip(names, shown, strict=True):
        assert load_run(tmp_path / name).to_dict() == contrast
    # With several seeds of one task, the seed tells the files apart.
    arguments = ("contrast", tasks[0], "--max-bits", 9, "--seeds", 2, "--seed", 5, "--save-data")
    run(*arguments, "--save", str(tmp_path / "seeds.json"))
    for seed in (5, 6):
        found = load_run(tmp_path / f"seeds-seed-{seed}.json")
        assert found.structured.settings["seed"] == seed
        assert found.structured.data is not None
