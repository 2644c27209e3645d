"""Threads that work on the same banks, and the clock of their work."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np

from synth import kernels
from synth.engine.limits import MOST_THREADS
from synth.errors import SettingError


def working_time():
    """A clock, in seconds, that stands still while kernels are compiled or loaded.

    Every decision about time uses it.  Otherwise the first search of a process would mistake
    the loading of a kernel for the work that the kernel does.
    """
    return time.monotonic() - kernels.cache.stopwatch.seconds


class Crew:
    """A number of threads, and the buffers of each.

    Parameters
    ----------
    threads : int
        The number of threads, the caller's own included.

    Raises
    ------
    SettingError
        If that is not an integer from 1 to `MOST_THREADS`.
    """

    def __init__(self, threads=1):
        if not isinstance(threads, (int, np.integer)) or not 1 <= threads <= MOST_THREADS:
            raise SettingError(f"threads={threads!r}; allowed: 1 and more, up to {MOST_THREADS}")
        self.threads = int(threads)
        self._pool = None
        #: Buffers by bank: see `job.Hands`.  Banks refer to their crew.
        self.kept = WeakKeyDictionary()

    def close(self):
        """End the threads and free their buffers; `run` starts them again."""
        if self._pool is not None:
            self._pool.shutdown()
        self._pool = None
        self.kept.clear()

    def run(self, tasks):
        """Call functions in parallel, the first in this thread, and wait for all of them.

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
        """Bounds of equal parts of range(size), one for each thread, all multiples of 64."""
        bounds = [size * k // self.threads // 64 * 64 for k in range(self.threads)] + [size]
        return list(pairwise(bounds))
