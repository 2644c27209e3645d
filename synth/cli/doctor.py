"""The environment of synth (versions, cores, compiled kernels), and the compilation of kernels."""

import importlib.util
import platform
import time
from importlib.metadata import PackageNotFoundError, entry_points, version
from pathlib import Path

from synth import engine, tasks
from synth._version import __version__
from synth.dynamics import (
    Chain,
    Strengths,
    connectivity,
    make_world,
    markov_chain,
    program_landscape,
)
from synth.engine import default_memory, default_threads, memory_limits
from synth.exact import (
    behaviour_counts,
    bits_of,
    count_programs,
    exact_posterior,
    exact_prior,
    sample_programs,
)
from synth.language import Grammar, dsls

CORE = ("numpy", "numba", "llvmlite", "scipy", "networkx", "click")
#: The extras of the package: a module that each one installs, and the name of its distribution.
EXTRAS = {
    "plot": ("matplotlib", "matplotlib"),
    "cluster": ("distributed", "distributed"),
    "sklearn": ("sklearn", "scikit-learn"),
    "sympy": ("sympy", "sympy"),
    "xlsx": ("openpyxl", "openpyxl"),
    "notebook": ("ipykernel", "ipykernel"),
}
GROUPS = ("synth.dsls", "synth.tasks", "synth.experiments")


def health():
    """Describes the environment, as plain data.

    Returns
    -------
    dict
        "versions" of synth, Python and libraries; "system"; "cores", the number of usable
        cores; "memory", the default limit of a search in bytes; "memory limits", the bytes of
        "machine", "container" and "ulimit", where known; "kernels", a dict of their
        "folder", the number "compiled", and whether they "last" beyond this process; "extras",
        the installed module of each extra, or None; "entry points", the names in each group.
    """
    folder = engine.kernel_folder()
    return {
        "versions": {
            "synth": __version__,
            "python": platform.python_version(),
            **{name: _version(name) for name in CORE},
        },
        "system": f"{platform.system()} {platform.machine()}",
        "cores": default_threads(),
        "memory": default_memory(),
        "memory limits": memory_limits(),
        "kernels": {
            "folder": folder,
            "compiled": _compiled(folder),
            "last": engine.kernels_are_kept(),
        },
        "extras": {
            extra: f"{name} {_version(name)}" if importlib.util.find_spec(module) else None
            for extra, (module, name) in EXTRAS.items()
        },
        "entry points": {
            group: sorted(e.name for e in entry_points(group=group)) for group in GROUPS
        },
    }


def warm(progress=None):
    """Runs a small job of each kind, so that all kernels are compiled and kept.

    Parameters
    ----------
    progress : callable, optional
        Called with the number of finished jobs and the number of all jobs.

    Returns
    -------
    dict
        The "folder" of the kernels, the number that was "compiled" now, whether they "last"
        beyond this process, and the "seconds" it took.
    """
    folder, begin = engine.kernel_folder(), time.monotonic()
    before = _compiled(folder)
    for done, job in enumerate(_JOBS):
        if progress:
            progress(done, len(_JOBS))
        job()
    return {
        "folder": folder,
        "compiled": _compiled(folder) - before,
        "last": engine.kernels_are_kept(),
        "seconds": time.monotonic() - begin,
    }


def _version(name):
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _compiled(folder):
    """The number of compiled kernels in a folder."""
    return sum(1 for _ in Path(folder).glob("*.nbc"))


def _searches():
    """At least one search for each way in which candidates are made and scored."""
    for task, dsl, limits in (
        ("parity:n=6,k=3", None, {}),
        ("parity:n=7,k=3", None, {}),
        ("majority:n=5,train=1.0", None, {"threads": 1, "max_bits": 24}),
        ("mod-add:p=11", None, {"max_bits": 18}),
        ("mod-add:p=11", "fourier", {}),
        ("monk:1", None, {"max_bits": 20}),
        ("tic-tac-toe", None, {"seconds": 3}),  # without a limit of bits, indices are wider
    ):
        for threads in (1, 2):
            given = {"seconds": 5, "threads": threads, **limits}
            engine.contrast(task, dsl, **given)
            engine.search(task, dsl, exact=True, **given)


def _exact():
    prior = exact_prior("boolean", 3)
    bits_of("boolean:basis=and-or-not", 3)
    exact_posterior("parity:n=3,k=2,train=5")
    task = tasks.load_task("parity:n=4")
    # This has enough functions for an index to grow.
    count_programs(Grammar(dsls.load_dsl("boolean"), task.types), task.columns, max_bits=24)
    sample_programs(prior.grammar, 100).values(prior.columns)
    behaviour_counts(prior.grammar, prior.columns, 100)
    added = tasks.fit(None, tasks.load_task("mod-add:p=5"))
    count_programs(added.grammar, added.task.columns, max_bits=8)
    sample_programs(added.grammar, 100).values(added.task.columns)


def _dynamics():
    world = make_world("mod-mul:p=5,train=0.5", max_bits=9)
    for moves in ("prior", "regrow"):
        Chain(world, moves=moves).seek(10)
    markov_chain(make_world("parity:n=3,k=2,train=4", max_bits=9)).law()
    Strengths(world, decay=0.001, spread=0.2, clock=10.0).advance(3)


def _landscapes():
    fitted = tasks.fit(None, tasks.load_task("parity:n=3,k=2"))
    task = fitted.task
    made = program_landscape(fitted.grammar, task.columns, max_bits=9, type=fitted.root)
    made.rewired()
    errors = (made.values[made.behaviour] != task.labels).sum(axis=1)
    connectivity.clusters(made, errors == 0, [9.0])
    connectivity.percolation(made, runs=1)
    connectivity.descend(made, errors)
    connectivity.reachable(made, errors)


_JOBS = (_searches, _exact, _dynamics, _landscapes)
