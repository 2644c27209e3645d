"""No Ctrl-C is lost, wherever it comes; other signals only do what the program asked for."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

import synth
from synth.engine import interrupting_signal, interrupts


def test_no_ctrl_c_is_swallowed():
    """After a short search's last check too: a loop around it would go on for ever."""
    task = synth.load_task("parity:n=8,k=3")
    synth.search(task)
    began = time.perf_counter()
    synth.search(task)
    lasts = time.perf_counter() - began
    generator, noticed = random.Random(1), 0
    for _ in range(100):
        timer = threading.Timer(generator.uniform(0, lasts), os.kill, (os.getpid(), signal.SIGINT))
        try:
            timer.start()
            found = synth.search(task)
            inside = not timer.is_alive()
            timer.join()
            time.sleep(0)  # a signal that came after the search is raised here
            assert not inside or found.stop_reason == "interrupted"
        except KeyboardInterrupt:
            timer.join()
        noticed += 1
    assert noticed == 100


def pressed_unasked():
    with interrupts() as interrupted:
        assert not interrupted()
        signal.raise_signal(signal.SIGINT)


def pressed_twice():
    with interrupts() as interrupted:
        signal.raise_signal(signal.SIGINT)
        assert interrupted()
        signal.raise_signal(signal.SIGINT)


def test_a_signal_after_the_last_question_is_handed_on():
    with pytest.raises(KeyboardInterrupt):
        pressed_unasked()
    with interrupts() as interrupted:
        signal.raise_signal(signal.SIGINT)
        assert interrupted()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_ctrl_c_interrupts_at_once():
    with pytest.raises(KeyboardInterrupt):
        pressed_twice()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_other_signals_count_only_if_the_program_handles_them(number):
    kept = signal.getsignal(number)
    try:
        signal.signal(number, signal.SIG_DFL)
        with interrupts():
            assert signal.getsignal(number) is signal.SIG_DFL
        signal.signal(number, lambda *_: pytest.fail("the search takes it"))
        with interrupts() as interrupted:
            signal.raise_signal(number)
            assert interrupted()
        assert interrupting_signal() == number
    finally:
        signal.signal(number, kept)


@pytest.mark.parametrize(
    ("number", "status"),
    [
        (signal.SIGTERM, 143),
        pytest.param(signal.SIGHUP, 129, marks=pytest.mark.slow),
        pytest.param(signal.SIGINT, 130, marks=pytest.mark.slow),
    ],
)
def test_a_stopped_command_prints_the_best_so_far_and_goes_on(number, status, tmp_path):
    """With a checkpoint, from which the search ends as if it had not been stopped."""
    command = [sys.executable, "-m", "synth", "search", "tic-tac-toe", "--max-bits", "36"]
    command += ["--seconds", "600", "--threads", "1", "--json"]
    whole = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    file = tmp_path / "kept"
    command += ["--checkpoint", str(file)]
    for share in (0.6, 0.4, 0.2, 0.1):  # on a busy machine the process may be done by then
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        time.sleep(share * whole["seconds"] + 1)
        process.send_signal(number)
        cut = json.loads(process.communicate()[0])
        if process.returncode == status:
            break
        file.unlink(missing_ok=True)
    assert process.returncode == status
    assert cut["stop_reason"] == "interrupted"
    assert file.exists()
    found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    for document in (whole, found):
        del document["seconds"], document["resumed"]
    assert found == whole


@pytest.mark.slow
def test_a_stopped_experiment_says_which_signal(tmp_path):
    command = [sys.executable, "-m", "synth", "run", "grokking", "--save", "kept.json"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    while process.poll() is None and not (tmp_path / "kept.json.part").exists():
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=60)
    assert process.returncode == 143


def test_an_interrupted_search_that_had_ended_ends_again_as_it_was(monkeypatch):
    search = synth.Search("parity:n=6,k=3")
    advance = synth.Search._advance

    def pressed(self, progress=None):
        advance(self, progress)
        if self._engine.stop_reason is not None:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(synth.Search, "_advance", pressed)
    first = search.run()
    assert (first.stop_reason, first.optimal) == ("interrupted", True)
    monkeypatch.undo()
    assert search.run().stop_reason == "optimal"
