"""Peers: each runs in a process and an environment of its own, with one thread."""

import json
import os
import shutil
import signal
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import document

HERE = Path(__file__).resolve().parent

#: Seconds that a worker may take in addition to solving: for imports and reading the job.
SET_UP_SECONDS = 120


@dataclass(frozen=True)
class Peer:
    """A tool, or one setting of a tool.

    package is what pip installs (None for Python itself); probe is a statement that succeeds if the
    tool is there; worker is the script that runs it; chance says whether its seed matters.
    """

    name: str
    environment: str | None
    package: str | None
    probe: str | None
    worker: str
    variant: str | None = None
    chance: bool = False


def parser(description, name, seconds_of, known):
    """A parser for the options of a bench with peers.

    seconds_of says what is timed; known is the metavariable of `--only`.
    """
    made = document.parser(description, name)
    made.add_argument("--repeats", type=int, default=5, help="number of timed pairs (default: 5)")
    made.add_argument(
        "--timeout", type=float, default=60.0, help=f"seconds {seconds_of} (default: 60)"
    )
    made.add_argument(
        "--only", action="append", metavar=known, help="run this one only; may be repeated"
    )
    made.add_argument("--markdown", action="store_true", help="print the table")
    made.add_argument("--install", action="store_true", help="install missing environments first")
    made.add_argument(
        "--folder", type=Path, default=HERE / ".peers", help="folder of the environments"
    )
    return made


def parse(made, arguments, known, seconds=("timeout",)):
    """The options, checked.

    known holds the names that `--only` accepts; seconds names options that must be above 0.
    """
    options = made.parse_args(arguments)
    for name in options.only or ():
        if name not in known:
            made.error(f"--only {name}; allowed: {', '.join(known)}")
    if options.repeats < 1:
        made.error(f"--repeats {options.repeats}; allowed: 1 and more")
    for name in seconds:
        if not getattr(options, name) > 0:
            made.error(f"--{name} {getattr(options, name)}; allowed: above 0")
    return options


def install(peers, folder):
    """Make the missing environments, one for each peer, below a folder."""
    for peer in {p.environment: p for p in peers if p.package}.values():
        place = folder / peer.environment
        if has(place / "bin" / "python", peer.probe):
            continue
        shutil.rmtree(place, ignore_errors=True)
        venv.create(place, with_pip=True)
        command = [
            place / "bin" / "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            peer.package,
        ]
        run = subprocess.run(command, capture_output=True, text=True, env=clean())
        if run.returncode:
            shutil.rmtree(place)
            lines = run.stderr.splitlines()
            why = [ln.strip() for ln in lines if ln.strip().startswith(("fatal:", "ERROR:"))]
            why = why[0] if why else last(run.stderr)
            print(f"{peer.name}: pip could not install {peer.package}: {why}")


def find_python(peer, folder, given=None):
    """A Python that has the peer, or None: the given one, its environment's, or this one."""
    if peer.package is None:
        return sys.executable
    places = [given, folder / peer.environment / "bin" / "python", sys.executable]
    return next((str(p) for p in places if p is not None and has(p, peer.probe)), None)


def has(python, probe):
    """Whether a Python exists and runs a statement without error."""
    if not Path(python).is_file():
        return False
    run = subprocess.run([python, "-c", probe], capture_output=True, env=clean(), cwd="/")
    return run.returncode == 0


def clean():
    """The environment variables of workers: one thread, and no path that leads to this `synth`."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return kept | dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")


def answered(peer, python, job):
    """The worker's answer to a job with its `timeout`, or {"timeout"} or {"failed"}."""
    command = [python, str(HERE / "workers" / f"{peer.worker}.py")]
    try:
        run = subprocess.run(
            command,
            input=json.dumps(job),
            capture_output=True,
            text=True,
            timeout=job["timeout"] + SET_UP_SECONDS,
            env=clean(),
        )
    except subprocess.TimeoutExpired:
        return {"timeout": True}
    if run.returncode == -signal.SIGALRM:
        return {"timeout": True}
    if run.returncode:
        return {"failed": last(run.stderr) or f"it ended with {run.returncode}"}
    return json.loads(run.stdout.splitlines()[-1])


def last(text):
    lines = text.strip().splitlines()
    return lines[-1][:200] if lines else ""
