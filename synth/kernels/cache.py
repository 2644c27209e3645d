"""Where compiled kernels are kept between runs.

numba tries NUMBA_CACHE_DIR, `__pycache__` next to the kernels, and the user's cache folder. If
it can write to none of them, it refuses to compile. In that case this module makes a folder that
lasts as long as this process and the processes that it starts.

numba recompiles a kernel if its file has changed, but not if the change is in a file that it uses,
and it fails if a name that a kept kernel refers to is gone. So all kept kernels are removed when
any kernel file has changed. A kept kernel is machine code, which numba runs as it finds it: so the
checksum of each file is kept too, and a file that is damaged is removed before it can be loaded.
"""

import atexit
import hashlib
import os
import shutil
import tempfile
import threading
import time
import warnings
import zlib
from pathlib import Path

from numba import __version__ as numba_version
from numba import config, njit
from numba.core.event import Listener, register

from synth.errors import CacheWarning

#: A folder that is removed when this process ends; None if none had to be made.
temporary_folder = None


#: The checksums of kept files: a line of name and CRC-32 for each file written; the last counts.
SUMS = "synth-kernels.sums"
_KEPT = "*.nb[ic]"


def _probe():
    """Never compiled; only asked where its cache would be."""


def folder():
    """The folder where kernels are kept; None if no folder can be written."""
    try:
        return njit(cache=True)(_probe).stats.cache_path
    except RuntimeError:
        return None


def ensure():
    """Provides a folder for compiled kernels, and warns if it is only a temporary one."""
    global temporary_folder
    where = folder()
    if where is not None:
        renew(Path(where))
        stopwatch.sums = Sums(Path(where))
        return
    temporary_folder = made = tempfile.mkdtemp(prefix="synth-kernels-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    # Processes that this one starts read it from the environment.
    os.environ["NUMBA_CACHE_DIR"] = config.CACHE_DIR = made
    warnings.warn(
        "no folder to keep compiled kernels in can be written, so every run compiles them again; "
        "set NUMBA_CACHE_DIR to a folder that can be written",
        CacheWarning,
        stacklevel=2,
    )


def renew(where):
    """Remove the kernels in a folder unless they were compiled from the files that are here.

    where: the folder, a Path.  Nothing is done if it cannot be changed.
    """
    digest = hashlib.sha256(numba_version.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + source.read_bytes())
    stamp, wanted = where / "synth-kernels.stamp", digest.hexdigest().encode()
    try:
        if stamp.exists() and stamp.read_bytes() == wanted:
            return
        where.mkdir(parents=True, exist_ok=True)
        for kept in (*where.glob(_KEPT), where / SUMS):
            kept.unlink(missing_ok=True)
        stamp.write_bytes(wanted)
    except OSError:
        return


class Sums:
    """The checksums of the kernels in a folder; at the start, damaged kernels are removed.

    250 files take 20 ms. A file without a checksum counts as damaged: the process that wrote it was
    killed, or is about to write the checksum; it keeps the kernel in memory.
    """

    def __init__(self, where):
        self.where, self.known, self.changed = where, {}, None
        try:
            lines = (where / SUMS).read_text(errors="replace").splitlines()
        except OSError:
            lines = []
        sums = dict(line.rpartition(" ")[::2] for line in lines)
        for file in sorted(where.glob(_KEPT)):
            try:
                if sums.get(file.name) == _sum(file):
                    self.known[file.name] = _stat(file)
                else:
                    file.unlink(missing_ok=True)
            except OSError:
                continue

    def note(self):
        """Write the checksums of files that are new or changed."""
        try:
            changed = self.where.stat().st_mtime_ns
            if changed == self.changed:
                return
            self.changed, lines = changed, []
            for file in self.where.glob(_KEPT):
                stat = _stat(file)
                if self.known.get(file.name) != stat:
                    self.known[file.name] = stat
                    lines.append(f"{file.name} {_sum(file)}\n")
            if lines:
                with (self.where / SUMS).open("a") as out:
                    out.write("".join(lines))
        except OSError:  # the kernels of this process are not affected
            return


def _sum(file):
    return f"{zlib.crc32(file.read_bytes()):08x}"


def _stat(file):
    found = file.stat()
    return found.st_mtime_ns, found.st_size


class Stopwatch(Listener):
    """The seconds that this process has spent compiling kernels or loading compiled ones."""

    def __init__(self):
        self.seconds, self.depth, self.began = 0.0, 0, 0.0
        self.lock = threading.Lock()
        self.sums = None

    def on_start(self, event):
        # Compiling a kernel compiles those that it calls, and other threads wait for the compiler.
        with self.lock:
            if not self.depth:
                self.began = time.monotonic()
            self.depth += 1

    def on_end(self, event):
        with self.lock:
            self.depth -= 1
            if not self.depth:
                if self.sums is not None:
                    self.sums.note()
                self.seconds += time.monotonic() - self.began


stopwatch = Stopwatch()
# This lock is held while a kernel is compiled or read from the cache; "numba:compile" is not held
# for the latter.
register("numba:compiler_lock", stopwatch)
ensure()
