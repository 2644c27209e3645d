"""A copy of the tree in which a line is changed, and commands that run in it.

What a change does must not be hidden by a kernel that was compiled before it, and a kernel is also
compiled from the files of the kernels that it calls.  So the folder of compiled kernels has a name
that depends on all kernel files: copies with equal kernels share it, others have one of their own.
"""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path
from queue import SimpleQueue
from typing import NamedTuple

import psutil

ROOT = Path(__file__).resolve().parent.parent
#: What the tests need.
PARTS = ("synth", "tests", "bench", "docs", "examples", "pyproject.toml", "README.md", "Makefile")
#: A command that waits for something is ended after so many times the time that it may work.
PATIENCE = 20
_LEFT_OUT = shutil.ignore_patterns("__pycache__", "results", ".peers", "*.nb[ic]", ".hypothesis")


class Run(NamedTuple):
    """How a command ended.

    Parameters
    ----------
    code : int or None
        Its exit status; None if its time was over.
    seconds : float
        The processor time that it took, with what it started.  It does not depend on what else the
        machine does.
    text : str
        The end of what it printed.
    """

    code: int | None
    seconds: float
    text: str


class Copies:
    """Copies of the tree, one after another in one place; use it in a `with` statement.

    Attributes
    ----------
    over : bool
        Set it, from any thread, to end what runs: `make` and `run` then raise RuntimeError.
    """

    over = False

    def __enter__(self):
        # So that what runs in a copy ends with this process.
        self._before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        self.folder = Path(tempfile.mkdtemp(prefix="synth-copies-"))
        return self

    def __exit__(self, *_):
        signal.signal(signal.SIGTERM, self._before)
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def tree(self):
        """The present copy."""
        return self.folder / "tree"

    def make(self, changes):
        """Make a new copy in place of the last one.

        changes: (file, text) pairs, the file relative to the root of the tree.
        """
        self._check()
        shutil.rmtree(self.tree, ignore_errors=True)
        self.tree.mkdir()
        for name in PARTS:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.tree / name, ignore=_LEFT_OUT)
            elif source.exists():
                shutil.copy2(source, self.tree / name)
        for file, text in changes:
            (self.tree / file).write_text(text)

    def kernels(self):
        """The folder of compiled kernels of the present copy."""
        found = hashlib.sha256()
        for path in sorted((self.tree / "synth" / "kernels").glob("*.py")):
            found.update(path.name.encode() + path.read_bytes())
        return self.folder / f"kernels-{found.hexdigest()[:16]}"

    def drop_kernels(self):
        """Remove the compiled kernels of the present copy."""
        shutil.rmtree(self.kernels(), ignore_errors=True)

    def run(self, arguments, seconds, **environment):
        """Run Python in the present copy for so many seconds of processor time; returns a `Run`."""
        settings = {
            "PYTHONPATH": os.pathsep.join([str(self.tree), str(self.tree / "bench")]),
            "NUMBA_CACHE_DIR": str(self.kernels()),
            "OMP_NUM_THREADS": "1",
        }
        with tempfile.TemporaryFile(dir=self.folder) as out:
            process = psutil.Popen(
                [sys.executable, *arguments],
                cwd=self.tree,
                env=os.environ | settings | environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_prepared,
            )
            try:
                code, taken = self._waited(process, seconds)
            finally:
                # What it has started ends with it.
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            out.seek(0)
            text = out.read().decode(errors="replace")
        return Run(code, taken, text[-20_000:])

    def _waited(self, process, seconds):
        """The exit status of a process, None if its time was over, and its processor time."""
        taken, ends = 0.0, time.monotonic() + PATIENCE * seconds + 60
        while taken < seconds and time.monotonic() < ends:
            self._check()
            with contextlib.suppress(psutil.NoSuchProcess):
                every = [process, *process.children(recursive=True)]
                times = [each.cpu_times() for each in every]
                taken = max(taken, sum(sum(each[:4]) for each in times))
            with contextlib.suppress(subprocess.TimeoutExpired, psutil.TimeoutExpired):
                return process.wait(0.2), taken
        return None, taken

    def _check(self):
        if self.over:
            raise RuntimeError("the bench has ended")


def in_copies(work, items, trees):
    """The list of work(item, tree) for all items, as many at a time as there are copies.

    The first error ends them all, whichever item it is of.
    """
    if len(trees) == 1:
        return [work(item, trees[0]) for item in items]  # in this thread, which Ctrl-C ends
    free = SimpleQueue()
    for tree in trees:
        free.put(tree)

    def one(item):
        tree = free.get()
        try:
            return work(item, tree)
        finally:
            free.put(tree)

    with ThreadPoolExecutor(len(trees)) as pool:
        futures = [pool.submit(one, item) for item in items]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for each in done:
                each.result()
            return [each.result() for each in futures]
        finally:
            for tree in trees:
                tree.over = True
            pool.shutdown(wait=False, cancel_futures=True)


def _prepared():
    """In the new process, before its program begins."""
    # A bench in the background ignores Ctrl-C, and tests send it.
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    # A changed line may ask for all memory there is: then Linux ends this process first.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")
