"""Searches and experiments that are killed at random moments, and resumed: equal documents."""

import functools
import json
import random
import subprocess
import sys
import time

import pytest

COMMANDS = {
    "search": ("search", "parity:n=6,k=6,train=1.0", "--dsl", "boolean:basis=and-or-not",
               "--max-bits", "27", "--seconds", "600", "--json"),
    "experiment": ("run", "corruption", "--task", "mod-add:p=7", "--rows", "8", "--runs", "6",
                   "--max-bits", "10", "--json"),
}  # fmt: skip


def document(text):
    """A document without what depends on time and on whether it was resumed."""
    aside = ("seconds", "resumed", "settings")
    return {k: v for k, v in json.loads(text).items() if k not in aside}


@functools.cache
def whole(kind):
    """The document of a run that is not killed, and the seconds that it lasts."""
    command = [sys.executable, "-m", "synth", *COMMANDS[kind], "--threads", "1"]
    command = command if kind == "search" else command[:-2]
    for _ in range(2):  # the first may compile kernels
        begun = time.monotonic()
        done = subprocess.run(command, check=True, capture_output=True)
    return document(done.stdout), time.monotonic() - begun, command


def killed_and_resumed(kind, folder, seed, kills=1):
    """Kill a run, as often as is asked; then run it to its end."""
    expected, lasts, command = whole(kind)
    kept = ["--checkpoint", str(folder / "c"), "--every", "0.02"]
    command = [*command, *(kept if kind == "search" else ["--save", str(folder / "run.json")])]
    generator, killed = random.Random(seed), 0
    for _ in range(10 * kills):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(generator.uniform(0.3, 1.0) * lasts)
        if process.poll() is None:
            process.kill()
            killed += 1
        process.wait()
        if killed == kills:
            break
    found = subprocess.run(command, check=True, capture_output=True)
    assert document(found.stdout) == expected
    hidden = [path.name for path in folder.iterdir() if path.name.startswith(".")]
    assert hidden == []
    return killed


@pytest.mark.parametrize("kind", COMMANDS)
def test_killed_three_times(kind, tmp_path):
    assert killed_and_resumed(kind, tmp_path, seed=1, kills=3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", COMMANDS)
def test_killed_fifty_times(kind, tmp_path):
    killed = 0
    for seed in range(25):
        folder = tmp_path / str(seed)
        folder.mkdir()
        killed += killed_and_resumed(kind, folder, seed, kills=2)
    print(f"{kind}: {killed} kills, 25 equal documents")
    assert killed >= 40
