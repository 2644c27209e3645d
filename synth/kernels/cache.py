"""Where compiled kernels are kept between runs.

numba tries NUMBA_CACHE_DIR, `__pycache__` beside the kernels and the user's cache folder, and
where none can be written refuses to compile.  Then a folder is made that lasts as long as this
process and those that it starts.
"""

import atexit
import os
import shutil
import tempfile
import threading
import time
import warnings

from numba import config, njit
from numba.core.event import Listener, register

from synth.errors import CacheWarning

#: A folder that goes with this process, where one had to be made.
temporary_folder = None


def _probe():
    """Compiled never; only asked where it would be kept."""


def folder():
    """Where kernels are kept; None where no folder can be written."""
    try:
        return njit(cache=True)(_probe).stats.cache_path
    except RuntimeError:
        return None


def ensure():
    """Sees to it that there is a folder.  Warns where it is not one that lasts."""
    global temporary_folder
    if folder() is not None:
        return
    temporary_folder = made = tempfile.mkdtemp(prefix="synth-kernels-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    # Processes that this one starts take it from the environment.
    os.environ["NUMBA_CACHE_DIR"] = config.CACHE_DIR = made
    warnings.warn(
        "no folder to keep compiled kernels in can be written, so that every run compiles them "
        "anew; NUMBA_CACHE_DIR=FOLDER names one",
        CacheWarning,
        stacklevel=2,
    )


class Stopwatch(Listener):
    """How long this process has been compiling kernels or loading compiled ones: seconds."""

    def __init__(self):
        self.seconds, self.depth, self.began = 0.0, 0, 0.0
        self.lock = threading.Lock()

    def on_start(self, event):
        # A kernel compiles those that it calls, and other threads wait for the compiler.
        with self.lock:
            if not self.depth:
                self.began = time.monotonic()
            self.depth += 1

    def on_end(self, event):
        with self.lock:
            self.depth -= 1
            if not self.depth:
                self.seconds += time.monotonic() - self.began


stopwatch = Stopwatch()
# Held while a kernel is compiled, and while one is read from the cache ("numba:compile" is not).
register("numba:compiler_lock", stopwatch)
ensure()
