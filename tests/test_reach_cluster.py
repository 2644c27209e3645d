"""Chains on workers: the same results as here, whatever becomes of the workers."""

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import distributed
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import synth
from synth.engine.reach import remote, stage
from synth.engine.reach.chain import Chain
from synth.errors import SettingError, SweepError
from synth.runs import executors, sweep
from synth.runs.executors import executor
from tests.command import run
from tests.sweeping import CLOSING
from tests.test_reach import stopped
from tests.test_threads import plain

LITTLE = {"max_programs": 1500, "moves": 120, "chains": 4, "threads": 1, "memory": 10**9,
          "seconds": None}  # fmt: skip
ARGUMENTS = ("--max-programs", 1500, "--moves", 240, "--chains", 4, "--threads", 1, "--memory",
             "1GB", "--seconds", 600)  # fmt: skip

OWN = """
import numpy as np
import synth

dsl = synth.DSL("own", types=(synth.Bool,))
dsl.add(lambda a, b: ~(a & b), "Bool, Bool -> Bool", name="nand")
"""

pytestmark = CLOSING


@pytest.fixture(autouse=True)
def few_stages(monkeypatch):
    """Seed stages run here in any case, and take most of the time."""
    monkeypatch.setattr(stage, "STAGES", stage.STAGES[:1])


@pytest.fixture
def workers(cluster):
    """A `map` on the cluster, in short slices."""
    with pytest.MonkeyPatch.context() as patch, executor(cluster=cluster.scheduler_address) as pool:
        patch.setattr(remote, "SLICE", 0.05)
        yield partial(sweep, executor=pool)


@pytest.fixture
def threads(monkeypatch):
    """A `map` on threads, which does what workers do in this process."""
    monkeypatch.setattr(remote, "_repeated", remote._Repeated())
    with ThreadPoolExecutor(2) as pool:
        yield partial(sweep, executor=pool)


def document(*arguments):
    """What a command prints as JSON, but for times."""
    found = json.loads(run(*arguments, "--json"))
    for each in found.get("contrasts", [found]):
        for part in (each, each.get("structured", {}), each.get("random", {})):
            part.pop("seconds", None)
    return found


# -- states ---------------------------------------------------------------------------


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32), st.lists(st.integers(1, 7), min_size=1, max_size=6))
def test_a_chain_goes_on_from_its_state_as_if_nothing_were(seed, cuts):
    """After any numbers of moves, taken up by a new object each time."""
    problem, tools = stopped("multiplexer:a=2", programs=800)

    def fresh(seed):
        return Chain(problem, tools, np.random.default_rng(seed), 4)

    whole, parts = fresh(seed), fresh(seed)
    for chain in (whole, parts):
        chain.begin(None, sum(cuts))
    whole.work(lambda: False)
    for cut in cuts:
        kept, parts = json.loads(json.dumps(parts.state())), fresh(0)
        most = kept["moves"][0] + cut
        parts.restore(kept, lambda text: synth.Program.parse(text, problem.grammar, problem.root))
        parts.work(lambda parts=parts, most=most: parts.moves >= most)
    assert parts.state() == whole.state()
    assert whole.at_end


def test_a_state_replaces_what_was_there():
    """Of two programs that are equally good, the first that was met stays first."""
    problem, tools = stopped("parity:n=4,k=2,train=1.0", "boolean", programs=800)

    def parse(text):
        return synth.Program.parse(text, problem.grammar, problem.root)

    def met(*texts):
        chain = Chain(problem, tools, np.random.default_rng(0), 4)
        for text in texts:
            chain.found.note(parse(text))
        return chain

    first, second = met("x0", "x1"), met("x1", "x0")
    assert first.state()["found"] != second.state()["found"]
    second.restore(first.state(), parse)
    assert second.state() == first.state()


# -- equal results --------------------------------------------------------------------


@pytest.mark.parametrize("task", ["multiplexer:a=2", "mod-x3xy:p=7"])
@pytest.mark.parametrize("seconds", [0.0, 60.0])
def test_workers_change_nothing(threads, monkeypatch, task, seconds):
    """Whether a chain is returned after every move or at its end."""
    monkeypatch.setattr(remote, "SLICE", seconds)
    states = []
    for map_ in (threads, None):
        search = synth.Search(task, map=map_, **LITTLE)
        assert search.run().reach.moves == LITTLE["moves"]
        states.append((plain(search.result), search._reaches.state()))
    assert states[0] == states[1]
    assert any(chain["program"] for chain in states[0][1][0]["chains"])


def test_a_cluster_changes_nothing(cluster, workers, tmp_path):
    at = ("--cluster", cluster.scheduler_address)
    arguments = ("contrast", "parity:n=8,k=3", "--seed", 2, *ARGUMENTS)
    here = document(*arguments)
    assert document(*arguments, *at) == here
    assert here["structured"]["program"]["found_by"] == "reach"
    assert here["random"]["reach"]["moves"] == 240
    (tmp_path / "own.py").write_text(OWN)
    own = ("search", "multiplexer:a=2", "--dsl", tmp_path / "own.py:dsl", *ARGUMENTS)
    assert document(*own, *at) == document(*own)


class Killer:
    """A `map` that kills a worker while chains are worked off."""

    def __init__(self, cluster, workers):
        self.cluster, self.workers, self.calls, self.killed = cluster, workers, 0, []

    def __call__(self, function, items, until):
        self.calls += 1
        items = list(items)
        if self.calls == 2:  # all workers have begun before, so that this is in mid-round
            items = [replace(item, seconds=60.0) for item in items]
            threading.Thread(target=self.kill).start()
        return self.workers(function, items, until=until)

    def kill(self):
        with distributed.Client(self.cluster, set_as_default=False) as client:
            busy, until = [], time.monotonic() + 20
            while not busy and time.monotonic() < until:
                busy = [pid for pid, tasks in client.run(_busy).values() if tasks]
        os.kill(busy[0], signal.SIGKILL)
        self.killed += busy[:1]


def _busy(dask_worker):
    return os.getpid(), len(dask_worker.state.executing)


def test_a_worker_that_is_killed_costs_nothing_but_time(cluster, workers):
    much = {**LITTLE, "moves": 1200}
    killer = Killer(cluster, workers)
    found = synth.search("multiplexer:a=2", map=killer, **much)
    assert killer.killed
    assert plain(found) == plain(synth.search("multiplexer:a=2", **much))


def test_stopped_and_resumed_elsewhere(threads, monkeypatch, tmp_path):
    """A search that begins on workers goes on here, and the other way round."""
    task, file = "multiplexer:a=2", tmp_path / "kept"
    monkeypatch.setattr(remote, "SLICE", 0.0)
    whole = synth.search(task, **LITTLE)
    for map_, most in ((threads, 10), (None, 25), (threads, 10**9)):
        search = synth.Search(task, checkpoint=file, every=0, map=map_, **LITTLE)

        def late(extra=0.0, search=search, most=most):
            reach = search._reaches and next(iter(search._reaches.each.values()))
            return reach is not None and reach.moves >= most

        monkeypatch.setattr(search._watch, "is_late", late)
        search.run()
        assert search._reaches.each
        if most < LITTLE["moves"]:
            assert most <= search.result.reach.moves < LITTLE["moves"]
    assert plain(search.result) == plain(whole)


def test_a_stop_does_not_wait_for_workers(monkeypatch):
    """`--seconds` ends the wait for a chain, and what was returned before stays."""
    release = threading.Event()

    def slow(item):
        release.wait(60)
        return remote.work_off(item)

    with ThreadPoolExecutor(2) as pool:

        def workers(function, items, until):
            return sweep(slow, items, executor=pool, until=until)

        began = time.monotonic()
        found = synth.search("multiplexer:a=2", map=workers, **{**LITTLE, "seconds": 3.0})
        taken = time.monotonic() - began
        release.set()
    assert found.stop_reason == "seconds"
    assert found.reach.moves == 0
    assert found.program is not None
    assert taken < 30


def test_a_sweep_ends_when_it_is_told_to():
    for pool in (None, ThreadPoolExecutor(1)):
        seen = []
        for answer in sweep(abs, range(9), executor=pool, until=lambda seen=seen: len(seen) >= 3):
            seen.append(answer)
        assert seen == list(range(len(seen)))
        assert 3 <= len(seen) < 9
        if pool is not None:
            pool.shutdown()


# -- what will not do -----------------------------------------------------------------


def test_a_dsl_that_cannot_be_sent_is_refused_at_once(threads):
    dsl = synth.DSL("own", types=(synth.Bool,))
    dsl.add(lambda a: ~a, "Bool -> Bool", name="opposite")
    with pytest.raises(SettingError, match=r"dsl=own: .* give it as FILE\.py:NAME"):
        synth.search("parity:n=3", dsl, map=threads)
    with pytest.raises(SettingError, match="map cannot be combined with exact"):
        synth.search("parity:n=3", map=threads, exact=True)


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("numpy", "numpy is .*, and other where the search runs"),
        ("dsl", "the DSL computes something else"),
        ("task", "the task has other values"),
        ("banks", "the enumeration found other programs"),
    ],
)
def test_workers_that_differ_are_refused(threads, monkeypatch, tmp_path, key, words):
    given_, file = remote.recipe_of, tmp_path / "kept"

    def altered(*arguments):
        made = given_(*arguments)
        return replace(made, about={**made.about, key: "other"})

    monkeypatch.setattr("synth.engine.driver.recipe_of", altered)
    with pytest.raises(SweepError, match=f"cannot make moves of this search: {words}") as caught:
        synth.search("multiplexer:a=2", map=threads, checkpoint=file, **LITTLE)
    partial_ = caught.value.partial
    assert partial_.stop_reason == "failed"
    assert partial_.program is not None
    monkeypatch.setattr("synth.engine.driver.recipe_of", given_)
    found = synth.search("multiplexer:a=2", map=threads, checkpoint=file, **LITTLE)
    assert plain(found) == plain(synth.search("multiplexer:a=2", **LITTLE))


def test_a_file_that_workers_lack(cluster, tmp_path):
    """It is there when the search starts, and gone when a worker asks for it."""
    file = tmp_path / "own.py"
    file.write_text(OWN)

    with executor(cluster=cluster.scheduler_address) as pool:

        def workers(function, items, until):
            file.unlink(missing_ok=True)
            return sweep(function, items, executor=pool, until=until)

        with pytest.raises(synth.SynthError, match=r"own\.py: no such file"):
            synth.search("multiplexer:a=2", f"{file}:dsl", map=workers, **LITTLE)


def test_a_cluster_whose_workers_are_gone(monkeypatch):
    monkeypatch.setattr(executors, "MOST_IDLE", 1)
    monkeypatch.setattr(executors, "LOOK", 0.2)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0"
        ) as running,
        executor(cluster=running.scheduler_address) as pool,
    ):
        running.scale(0)
        running.sync(running._correct_state)
        with pytest.raises(SweepError, match="the scheduler has had no workers for"):
            list(sweep(abs, [1], executor=pool))


def test_workers_whose_memory_is_full(monkeypatch):
    monkeypatch.setattr(executors, "MOST_IDLE", 0.05)
    monkeypatch.setattr(executors, "LOOK", 0)

    class Client:
        status = "paused", "running"

        def scheduler_info(self, n_workers):
            return {"workers": dict(enumerate({"status": s} for s in self.status))}

    pool = executors._Cluster(Client())
    assert pool.what_is_lost() is None
    Client.status = "paused", "paused"
    assert pool.what_is_lost() is None  # not for long yet
    time.sleep(0.1)
    assert "since their memory is full (give them more, or" in pool.what_is_lost()


def test_commands_refuse_in_one_line(cluster):
    address = cluster.scheduler_address
    search = ("search", "parity:n=3", "--cluster")
    assert "cluster=nowhere: missing port number" in run(*search, "nowhere", code=2)
    assert f"--cluster {address}: not allowed with --exact" in run(
        *search, address, "--exact", code=2
    )
    both = ("contrast", "parity:n=3", "--workers", 2, "--cluster", address)
    assert "workers=2 cannot be combined with cluster=" in run(*both, code=2)
