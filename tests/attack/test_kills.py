"""Searches and experiments that are killed at random moments, and resumed: equal documents."""

import functools
import json
import random
import subprocess
import sys
import time

import pytest

from tests.attack import forging

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
    """The document of a run that is not killed, the seconds that it lasts, and its command."""
    command = [sys.executable, "-m", "synth", *COMMANDS[kind], "--threads", "1"]
    command = command if kind == "search" else command[:-2]
    for _ in range(1 + (kind == "search")):  # the first may compile kernels, which takes time
        begun = time.monotonic()
        done = subprocess.run(command, check=True, capture_output=True)
    return document(done.stdout), time.monotonic() - begun, command


def wait_by_time(process, kind, generator, folder):
    """Wait for a random part of the time that the run lasts."""
    time.sleep(generator.uniform(0.3, 1.0) * whole(kind)[1])


def wait_by_lines(process, kind, generator, folder):
    """Wait for a random number of lines of the `.part` file, and for part of a line's time.

    So kills fall on all of the run, however busy the machine is.
    """
    wanted = generator.randrange(LINES + 1)
    while process.poll() is None and lines(folder) < wanted:
        time.sleep(0.002)
    time.sleep(generator.uniform(0, 0.05))


def lines(folder):
    """How many lines the `.part` file has, the first of which says what is run."""
    try:
        return (folder / "run.json.part").read_bytes().count(b"\n")
    except FileNotFoundError:
        return 0


#: By the kind of run: how long to wait before a kill, and what says how far the run then was.
WAITS = {"search": wait_by_time, "experiment": wait_by_lines}
#: The lines of a `.part` file that is complete: 108 searches.
LINES = 109


def killed_and_resumed(kind, folder, seed, kills=1):
    """Kill a run, as often as is asked; then run it to its end.

    Returns how far it was at each kill: the lines of the `.part` file of an experiment, and the
    size of a search's checkpoint.
    """
    expected, _, command = whole(kind)
    kept = ["--checkpoint", str(folder / "c"), "--every", "0.02"]
    command = [*command, *(kept if kind == "search" else ["--save", str(folder / "run.json")])]
    generator, killed = random.Random(seed), []
    for _ in range(10 * kills):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        WAITS[kind](process, kind, generator, folder)
        if process.poll() is None:
            process.kill()
            process.wait()
            killed.append(candidates(folder) if kind == "search" else lines(folder))
        process.wait()
        if len(killed) == kills:
            break
        (folder / "run.json").unlink(missing_ok=True)  # it came to its end, and begins again
    found = subprocess.run(command, check=True, capture_output=True)
    assert document(found.stdout) == expected
    hidden = [path.name for path in folder.iterdir() if path.name.startswith(".")]
    assert hidden == []
    return killed


def candidates(folder):
    """How many candidates a search has made at its checkpoint; 0 without one."""
    if not (folder / "c").exists():
        return 0
    state = json.loads(forging.unpacked(folder / "c")["manifest.json"])["state"]
    return state["candidates"]


@pytest.mark.parametrize("kind", COMMANDS)
def test_killed_once(kind, tmp_path):
    assert killed_and_resumed(kind, tmp_path, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("kind", COMMANDS)
def test_killed_fifty_times(kind, tmp_path):
    killed = []
    for seed in range(25):
        folder = tmp_path / str(seed)
        folder.mkdir()
        killed += killed_and_resumed(kind, folder, seed, kills=2)
    print(f"{kind}: {len(killed)} kills, 25 equal documents; kills at {sorted(killed)}")
    assert len(killed) >= 40
    if kind == "experiment":
        assert sum(10 < at < LINES - 10 for at in killed) >= 20
