"""What the workers of tests run: functions of a module that is quick to import."""

import os
import signal
import time

import pytest

from synth.errors import TaskError
from synth.runs.sweeps import Interrupted, share

#: When a cluster closes, dask sometimes leaves a socket or a process to the garbage collector.
CLOSING = [
    pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning"),
]


def noted(given):
    """A search that leaves a line with its process in a file when it starts, and when it ends."""
    folder, number, item = given
    with open(folder / f"{number}.start", "a") as file:
        print(os.getpid(), file=file)
    from synth.runs.items import search_item  # not by all, since it takes a while

    answer = number if item is None else search_item(item)
    time.sleep(0.3)
    (folder / f"{number}.end").touch()
    return answer


def backwards(number):
    time.sleep(0.2 - 0.05 * number if number < 4 else 0)
    return number


def picky(number):
    if number == 3:
        raise TaskError("three will not do")
    return number


def deadly(number):
    if number == 3:
        time.sleep(0.1)
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.02)
    return number


def settings(item):
    return share(), item.settings()


def interrupted(number):
    if number == 2:
        time.sleep(0.5)
        raise Interrupted("two, as far as it got")
    return number
