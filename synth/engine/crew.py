"""Threads that work side by side on the same banks."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np

from synth import kernels
from synth.engine.limits import MOST_THREADS
from synth.errors import SettingError


def default_threads():
    """How many cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def working_time():
    """A clock, in seconds, that stands still while kernels are compiled or loaded.

    Every decision that rests on time is made by it: otherwise the first search of a process
    would take the loading of a kernel for the work that the kernel does.
    """
    return time.monotonic() - kernels.cache.stopwatch.seconds


class Crew:
    """Threads, and what each of them keeps for itself.

    threads: how many, the caller's own among them.  Raises SettingError for what is no such
    number.
    """

    def __init__(self, threads=1):
        if not isinstance(threads, (int, np.integer)) or not 1 <= threads <= MOST_THREADS:
            raise SettingError(f"threads={threads!r}; allowed: 1 and more, up to {MOST_THREADS}")
        self.threads = int(threads)
        self._pool = None
        #: Buffers, by bank: see `job.hands`.
        self.kept = {}

    def close(self):
        """Ends the threads and frees their buffers; `run` starts them again."""
        if self._pool is not None:
            self._pool.shutdown()
        self._pool = None
        self.kept.clear()  # also breaks the circle of crew and banks, whose memory is large

    def run(self, tasks):
        """Calls functions side by side, the first in this thread; all have ended on return.

        A round of two threads that have nothing to do takes 50 microseconds.
        """
        if len(tasks) > 1 and self._pool is None:
            self._pool = ThreadPoolExecutor(self.threads - 1, "synth")
        futures = [self._pool.submit(task) for task in tasks[1:]]
        try:
            first = [tasks[0]()]
        finally:
            rest = [f.result() for f in futures]
        return first + rest

    def parts(self, size):
        """The bounds of equal parts of range(size), one a thread, each a multiple of 64."""
        bounds = [size * k // self.threads // 64 * 64 for k in range(self.threads)] + [size]
        return list(pairwise(bounds))
